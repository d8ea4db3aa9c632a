/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bucket.h - token buckets that need no sweeping.
 *
 * A bucket that has filled up again says no more than one that was never
 * there, so its place can be given away at once. No kernel calls, no lock.
 */
#ifndef WGR_BUCKET_H
#define WGR_BUCKET_H

#include "port.h"

/* One token comes back in this time: 20 a second. */
#define WGR_BUCKET_TOKEN_NS	50000000ULL

/* Tokens in a full bucket: the burst. */
#define WGR_BUCKET_TOKENS	5

/* Buckets in a row: sources that share a hash and are told apart. */
#define WGR_BUCKET_ROW		8

/**
 * struct wgr_bucket - what one source has left
 * @source: whose bucket it is
 * @full_ns: when it will be full again; in the past: nobody's bucket
 */
struct wgr_bucket {
	u64 source;
	u64 full_ns;
};

/**
 * wgr_bucket_take() - take a token
 * @row: WGR_BUCKET_ROW buckets, all zero in the beginning
 * @source: who wants it
 * @now_ns: time, never less than in the call before for this row
 *
 * Return: false if @source has none left, or if it has no bucket and every
 * bucket of the row is in use by others.
 */
bool wgr_bucket_take(struct wgr_bucket row[WGR_BUCKET_ROW], u64 source,
		     u64 now_ns);

#endif
