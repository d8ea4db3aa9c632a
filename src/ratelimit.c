// SPDX-License-Identifier: GPL-2.0
/*
 * ratelimit.c - handshakes that one source address may ask for under load.
 *
 * The table is rows of a few buckets each. A keyed hash of the source chooses
 * the row, so that nobody can aim at the row of somebody else. Nothing is
 * allocated and nothing swept while it is in use.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/siphash.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "protocol/bucket.h"
#include "ratelimit.h"

/*
 * A source that asks once occupies its bucket for 50 ms. Ten thousand new
 * sources a second, more than a CPU has key exchanges to spend on, thus fill
 * 500 of these 4096 buckets.
 */
#define ROWS	512U

/**
 * struct limit_row - the buckets of the sources with one hash
 * @lock: guards @buckets
 * @buckets: of up to WGR_BUCKET_ROW sources
 */
struct limit_row {
	spinlock_t lock;
	struct wgr_bucket buckets[WGR_BUCKET_ROW];
};

struct wgr_ratelimit {
	siphash_key_t key;
	struct limit_row rows[ROWS];
};

struct wgr_ratelimit *wgr_ratelimit_new(void)
{
	struct wgr_ratelimit *limit;
	unsigned int i;

	limit = kvzalloc(sizeof(*limit), GFP_KERNEL);
	if (!limit)
		return NULL;

	get_random_bytes(&limit->key, sizeof(limit->key));
	for (i = 0; i < ROWS; i++)
		spin_lock_init(&limit->rows[i].lock);
	return limit;
}

void wgr_ratelimit_free(struct wgr_ratelimit *limit)
{
	kvfree(limit);
}

/*
 * One number for the source. IPv4 addresses are given the numbers of an
 * IPv6 prefix that is multicast and so never the source of a packet.
 */
static bool source_of(const struct sk_buff *skb, u64 *source)
{
	__be64 prefix;

	switch (ip_hdr(skb)->version) {
	case 4:
		*source = 0xffffffff00000000ULL | be32_to_cpu(ip_hdr(skb)->saddr);
		return true;
	case 6:
		memcpy(&prefix, &ipv6_hdr(skb)->saddr, sizeof(prefix));
		*source = be64_to_cpu(prefix);
		return true;
	default:
		return false;
	}
}

bool wgr_ratelimit_allow(struct wgr_ratelimit *limit, const struct sk_buff *skb)
{
	struct limit_row *row;
	bool allowed;
	u64 source;

	if (!source_of(skb, &source))
		return false;

	row = &limit->rows[siphash_1u64(source, &limit->key) % ROWS];
	spin_lock_bh(&row->lock);
	/* Read under the lock, or another CPU's later time might come first. */
	allowed = wgr_bucket_take(row->buckets, source, ktime_get_boottime_ns());
	spin_unlock_bh(&row->lock);
	return allowed;
}
