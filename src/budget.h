/* SPDX-License-Identifier: GPL-2.0 */
/*
 * budget.h - how much memory held packets may take in the whole module.
 *
 * Each peer has a window of packets; that many peers with a full one, or packets
 * that are large, do not use up the memory is seen to here. What counts is what
 * a packet really takes, with all that belongs to it. A peer takes memory in
 * batches, so that packets which come and go do not all touch the one counter.
 */
#ifndef WGR_BUDGET_H
#define WGR_BUDGET_H

#include <linux/types.h>

/**
 * struct wgr_credit - the memory that one peer has
 * @bytes: that it has taken from the budget
 * @used: of these by packets
 *
 * The caller sees to it that only one context at a time works on a credit.
 */
struct wgr_credit {
	unsigned long bytes;
	unsigned long used;
};

/**
 * wgr_credit_take() - one packet more is to be held
 * @credit: of the peer
 * @bytes: that the packet takes
 *
 * Return: false if the module would hold more than it may; nothing is taken then.
 */
bool wgr_credit_take(struct wgr_credit *credit, unsigned int bytes);

/* A packet for which @bytes were taken is held no longer. */
void wgr_credit_give(struct wgr_credit *credit, unsigned int bytes);

/* Gives back to the budget what is not needed. */
void wgr_credit_trim(struct wgr_credit *credit);

#endif
