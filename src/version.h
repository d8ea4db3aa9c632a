/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one version of the module, of its DKMS entry and of its packages.
 *
 * It must stay above the 1.0.0 that the kernel's own module carries: some
 * versions of DKMS refuse to install anything that is not strictly newer, say
 * that they did, and delete the kernel's own module when ours is removed.
 */
#ifndef WGR_VERSION_H
#define WGR_VERSION_H

#define WGR_VERSION "1.4.1"

#endif
