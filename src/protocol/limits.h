/* SPDX-License-Identifier: GPL-2.0 */
/*
 * limits.h - the limits of the protocol ("WireGuard: Next Generation Kernel
 * Network Tunnel", sections 6.1 and 6.5). Seconds unless the name says otherwise.
 */
#ifndef WGR_PROTOCOL_LIMITS_H
#define WGR_PROTOCOL_LIMITS_H

#include "port.h"

/* Nothing lives long enough to use up so many: tests may set them lower. */
#ifndef WGR_REKEY_AFTER_MESSAGES
#define WGR_REKEY_AFTER_MESSAGES	(1ULL << 60)
#define WGR_REJECT_AFTER_MESSAGES	(U64_MAX - (1ULL << 13))
#endif

#define WGR_REKEY_AFTER_S		120
#define WGR_REJECT_AFTER_S		180
#define WGR_REKEY_TIMEOUT_S		5
#define WGR_REKEY_ATTEMPT_S		90
#define WGR_KEEPALIVE_S			10
#define WGR_FORGET_KEYS_S		(3 * WGR_REJECT_AFTER_S)

/* A retry is put off by up to a third of a second so that both ends part. */
#define WGR_RETRY_JITTER_MS		333

/*
 * Begun so close to each other two handshakes may each be meant to be the one: as
 * long as a message takes, on the longest of paths. What chance puts off a retry by
 * parts two sides on any shorter one.
 */
#define WGR_AT_ONCE_NS			(WGR_RETRY_JITTER_MS * 1000000ULL)

/* Initiations that one peer may have answered, a second. */
#define WGR_INITIATIONS_PER_S		50

/* Handshake messages that wait for a CPU, a device. */
#define WGR_MAX_HANDSHAKES		4096

/* The wire: padding of the inner packet, and the tag behind it. */
#define WGR_PAD				16
#define WGR_TAG_LEN			16

/* True at @now_ns if @birth_ns of the same clock lies @seconds or more back. */
static inline bool wgr_aged(u64 birth_ns, u64 seconds, u64 now_ns)
{
	return now_ns >= birth_ns + seconds * NSEC_PER_SEC;
}

#endif
