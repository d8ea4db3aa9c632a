/* SPDX-License-Identifier: GPL-2.0 */
/*
 * budget.h - how many packets the module may hold in all.
 *
 * Each peer has a window; that many peers with a full one do not use up the
 * memory is seen to here. A peer takes places in batches, so that packets which
 * come and go do not all touch the one counter.
 */
#ifndef WGR_BUDGET_H
#define WGR_BUDGET_H

#include <linux/types.h>

/**
 * struct wgr_credit - the places that one peer has
 * @places: that it has taken; the caller sees to it that only one context at a
 *	time works on a credit
 */
struct wgr_credit {
	unsigned int places;
};

/**
 * wgr_credit_take() - see that there is a place for one more
 * @credit: of the peer
 * @used: packets that the peer holds
 *
 * Return: false if the module holds as many as it may.
 */
bool wgr_credit_take(struct wgr_credit *credit, unsigned int used);

/**
 * wgr_credit_trim() - give back what is not needed
 * @credit: of the peer
 * @used: packets that the peer holds; 0 gives back all
 */
void wgr_credit_trim(struct wgr_credit *credit, unsigned int used);

#endif
