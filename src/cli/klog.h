/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klog.h - what the module has said in the kernel's log.
 *
 * The log is read once, when it is asked for first.
 */
#ifndef KLOG_H
#define KLOG_H

#include <stddef.h>
#include <stdint.h>

#include "format.h"

/**
 * struct klog_whose - of whom lines are wanted
 * @ifname: of which interface
 * @ends: of its peers at these addresses, or NULL for all of its peers
 * @count: how many
 */
struct klog_whose {
	const char *ifname;
	const char (*ends)[FORMAT_ROOM];
	size_t count;
};

/* The number of the last line, 0 if the log cannot be read. */
uint64_t klog_last(void);

/**
 * klog_late() - by how much packets came too late, as the module measured it
 * @whose: of whom
 * @after: number of a line of the log: only later ones count
 *
 * The module says it at most once a minute for each peer.
 *
 * Return: the most, microseconds after a packet sent later; 0 if nothing was said.
 */
uint64_t klog_late(const struct klog_whose *whose, uint64_t after);

#endif
