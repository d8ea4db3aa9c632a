/* SPDX-License-Identifier: GPL-2.0 */
/* ratelimit.h - handshakes that one source address may ask for under load. */
#ifndef WGR_RATELIMIT_H
#define WGR_RATELIMIT_H

#include <linux/types.h>

struct sk_buff;
struct wgr_ratelimit;

/**
 * wgr_ratelimit_new() - a table of token buckets
 *
 * 20 handshakes a second with a burst of 5, for each IPv4 address or IPv6 /64.
 * The table has a fixed size (about 70 KiB); a source is forgotten as soon as
 * its bucket is full again, a quarter of a second after its last handshake at
 * the latest.
 *
 * Context: process.
 * Return: the table, or NULL without memory.
 */
struct wgr_ratelimit *wgr_ratelimit_new(void);

/* Frees a table that nobody asks any more; NULL is fine. */
void wgr_ratelimit_free(struct wgr_ratelimit *limit);

/**
 * wgr_ratelimit_allow() - may this handshake message be worked on?
 * @limit: table
 * @skb: outer IP header at its network_header
 *
 * Context: process or softirq.
 * Return: false if the source has used up what it may ask for, or if too many
 * other sources that fall into the same part of the table are active.
 */
bool wgr_ratelimit_allow(struct wgr_ratelimit *limit, const struct sk_buff *skb);

#endif
