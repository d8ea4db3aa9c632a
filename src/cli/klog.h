/* SPDX-License-Identifier: GPL-2.0 */
/* klog.h - what the module has said in the kernel's log. */
#ifndef KLOG_H
#define KLOG_H

#include <stdint.h>

/**
 * klog_late() - by how much packets came too late, as the module measured it
 * @ifname: of which interface
 * @seq: number of a line of the log: only later ones count; set to the last one
 *
 * The module says it at most once a minute for each peer.
 *
 * Return: the most, microseconds after a packet sent later; 0 if nothing was said,
 * or the log cannot be read.
 */
uint64_t klog_late(const char *ifname, uint64_t *seq);

#endif
