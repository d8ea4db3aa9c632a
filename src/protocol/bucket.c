// SPDX-License-Identifier: GPL-2.0
/*
 * bucket.c - token buckets that need no sweeping.
 *
 * Instead of a number of tokens and a time of the last refill a bucket keeps
 * the one moment that follows from both: when it is full again. Each token
 * taken moves that moment away by the time one token needs to come back.
 */
#include "bucket.h"

#define DEPTH_NS	(WGR_BUCKET_TOKENS * WGR_BUCKET_TOKEN_NS)

bool wgr_bucket_take(struct wgr_bucket row[WGR_BUCKET_ROW], u64 source,
		     u64 now_ns)
{
	struct wgr_bucket *vacant = NULL;
	unsigned int i;

	for (i = 0; i < WGR_BUCKET_ROW; i++) {
		struct wgr_bucket *bucket = &row[i];

		if (bucket->full_ns <= now_ns) {
			vacant = bucket;
		} else if (bucket->source == source) {
			if (bucket->full_ns - now_ns > DEPTH_NS - WGR_BUCKET_TOKEN_NS)
				return false;
			bucket->full_ns += WGR_BUCKET_TOKEN_NS;
			return true;
		}
	}

	/*
	 * All taken: refuse. Throwing somebody else's bucket out would hand a
	 * full one to whoever makes up enough sources; letting the source pass
	 * would leave nothing of the limit exactly when it is needed.
	 */
	if (!vacant)
		return false;

	vacant->source = source;
	vacant->full_ns = now_ns + WGR_BUCKET_TOKEN_NS;
	return true;
}
