/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tai64n.h - the time stamp of a handshake initiation.
 */
#ifndef WGR_TAI64N_H
#define WGR_TAI64N_H

#include "port.h"

#define WGR_TAI64N_LEN	12

/*
 * Stamps are multiples of this many ns of a second: the greatest power of two
 * that is not above a 50th. Peers take initiations that are a 50th of a second
 * apart, so two such must not get the same stamp.
 */
#define WGR_TAI64N_GRAIN_NS	(1U << 24)

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
 * wgr_tai64n_next() - a label for the present moment, never used before
 * @stamp: the label given last, all zero for none; becomes the new one
 * @sec: what the wall clock says, as above
 * @nsec: the same
 *
 * It is from the wall clock. When that is set back, or two moments are closer
 * than labels can be, it is the one that follows the last: the other side takes
 * no stamp that is not greater than all before, and would refuse all handshakes
 * until the clock is where it was. The paper asks for greater stamps and leaves
 * open where they come from; the kernel's own module forgets the last one.
 */
void wgr_tai64n_next(u8 stamp[WGR_TAI64N_LEN], s64 sec, u32 nsec);

#endif
