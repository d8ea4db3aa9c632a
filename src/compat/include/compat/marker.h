/* SPDX-License-Identifier: GPL-2.0 */
/* A probe that finds this header sees the shims (probe/control.fail_shim.c). */
