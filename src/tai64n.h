/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tai64n.h - the time stamp of a handshake initiation.
 */
#ifndef WGR_TAI64N_H
#define WGR_TAI64N_H

#include <linux/types.h>

#define WGR_TAI64N_LEN	12

/*
 * Stamps are multiples of this many ns of a second: the least power of two
 * that is not below a 50th, as peers take at most 50 initiations a second.
 */
#define WGR_TAI64N_GRAIN_NS	(1U << 25)

/**
 * wgr_tai64n_pack() - a label for a moment, without its fine time
 * @out: seconds in 8 bytes and nanoseconds in 4, both big-endian, so that
 *	memcmp() orders labels by time
 * @sec: seconds since 1970 UTC, may be negative
 * @nsec: 0 to 999999999, rounded down to a multiple of WGR_TAI64N_GRAIN_NS
 *
 * A later moment never gets a smaller label.
 */
void wgr_tai64n_pack(u8 out[WGR_TAI64N_LEN], s64 sec, u32 nsec);

/**
 * wgr_tai64n_now() - a label for the present moment
 * @out: as for wgr_tai64n_pack(); from the wall clock, so it goes back when
 *	that is set back
 */
void wgr_tai64n_now(u8 out[WGR_TAI64N_LEN]);

#endif
