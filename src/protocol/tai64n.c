// SPDX-License-Identifier: GPL-2.0
/*
 * tai64n.c - the time stamp of a handshake initiation.
 */
#include "tai64n.h"

/* 1970 in TAI64: 2^62, and the 10 s by which TAI was ahead of UTC then. */
#define EPOCH_1970	((1ULL << 62) + 10)

static void store_be(u8 *out, unsigned int bytes, u64 value)
{
	while (bytes--) {
		out[bytes] = value & 0xff;
		value >>= 8;
	}
}

void wgr_tai64n_pack(u8 out[WGR_TAI64N_LEN], s64 sec, u32 nsec)
{
	store_be(out, 8, EPOCH_1970 + (u64)sec);
	store_be(out + 8, 4, nsec & ~(WGR_TAI64N_GRAIN_NS - 1));
}

static u64 load_be(const u8 *in, unsigned int bytes)
{
	u64 value = 0;

	while (bytes--)
		value = value << 8 | *in++;
	return value;
}

/* The least label that is greater. */
static void step(u8 stamp[WGR_TAI64N_LEN])
{
	u64 nsec = load_be(stamp + 8, 4) + WGR_TAI64N_GRAIN_NS;

	if (nsec >= NSEC_PER_SEC) {
		store_be(stamp, 8, load_be(stamp, 8) + 1);
		nsec = 0;
	}
	store_be(stamp + 8, 4, nsec);
}

void wgr_tai64n_next(u8 stamp[WGR_TAI64N_LEN], s64 sec, u32 nsec)
{
	u8 label[WGR_TAI64N_LEN];

	wgr_tai64n_pack(label, sec, nsec);
	if (memcmp(label, stamp, sizeof(label)) > 0)
		memcpy(stamp, label, sizeof(label));
	else
		step(stamp);
}
