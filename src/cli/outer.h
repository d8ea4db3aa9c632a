/* SPDX-License-Identifier: GPL-2.0 */
/*
 * outer.h - WireGuard's data packets as they are seen from outside a tunnel.
 *
 * Encrypted as they are, each begins with what its order can be told by: a number
 * that the receiver gave to the session, and a counter. Nothing says that a packet is
 * authentic, so whatever looks like one is taken for one.
 */
#ifndef OUTER_H
#define OUTER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An address and port; of its members only those that tell it from others are set. */
union outer_end {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/**
 * enum outer_way - which way a packet went, as far as that is known
 * @OUTER_PASSED: not known
 * @OUTER_RECEIVED: it came to this machine
 * @OUTER_SENT: it was sent by this machine
 */
enum outer_way {
	OUTER_PASSED,
	OUTER_RECEIVED,
	OUTER_SENT,
};

/**
 * struct outer - a data packet
 * @ns: when it was seen, nanoseconds since 1970
 * @from: who sent it
 * @to: who was to receive it
 * @way: which way it went
 * @index: the receiver's number for the session
 * @counter: the packet's number in the session
 */
struct outer {
	int64_t ns;
	union outer_end from;
	union outer_end to;
	enum outer_way way;
	uint32_t index;
	uint64_t counter;
};

/**
 * struct outer_frame - what was captured
 * @link: its link type, one of DLT_ of libpcap
 * @ns: when, nanoseconds since 1970
 * @data: bytes
 * @len: how many bytes there are
 * @cut: the frame was longer
 */
struct outer_frame {
	int link;
	int64_t ns;
	const uint8_t *data;
	size_t len;
	bool cut;
};

typedef void (*outer_take)(void *data, const struct outer *outer);

/* Whether frames of a link type can be read. */
bool outer_knows(int link);

/*
 * Calls @take with each data packet that a frame has: mostly none or one; more where
 * the kernel keeps several of one flow together. Return: false if it is cut off before
 * it can be told whether it has any.
 */
bool outer_read(const struct outer_frame *frame, outer_take take, void *data);

/* Whether two are the same address and port. */
bool outer_same_end(const union outer_end *one, const union outer_end *other);

#endif
