/* SPDX-License-Identifier: GPL-2.0 */
/* data.h - data packets: sealed, opened and padded, where they lie. */
#ifndef WGR_PROTOCOL_DATA_H
#define WGR_PROTOCOL_DATA_H

#include "keys.h"

/**
 * wgr_data_padding() - bytes of zeros behind a packet
 * @len: of the inner packet
 * @mtu: of its route, 0 for none
 *
 * Up to units of 16 bytes, but within the MTU.
 */
static inline unsigned int wgr_data_padding(unsigned int len, unsigned int mtu)
{
	unsigned int padded;

	if (unlikely(!mtu))
		return ALIGN(len, WGR_PAD) - len;
	/* What is longer than the MTU is taken as cut into pieces of it. */
	if (unlikely(len > mtu))
		len %= mtu;
	padded = ALIGN(len, WGR_PAD);
	return (padded < mtu ? padded : mtu) - len;
}

/**
 * wgr_data_seal() - make a data message of a padded packet
 * @keys: of the current session
 * @msg: the packet is at @msg->sealed, with room for the tag behind it, and
 *	WGR_AEAD_ROOM bytes in front of it that are overwritten
 * @len: of the packet, with its padding
 * @counter: from wgr_keys_take_counter()
 */
static inline void wgr_data_seal(const struct wgr_keys *keys, struct wgr_msg_data *msg,
				 size_t len, u64 counter)
{
	wgr_aead_seal(msg->sealed, len, counter, keys->send_key);
	msg->head.type = cpu_to_le32(WGR_MSG_DATA);
	msg->receiver = keys->remote;
	msg->counter = cpu_to_le64(counter);
}

/**
 * wgr_data_open() - check a data message, and make a packet of it
 * @keys: with the receiver index in it; wgr_keys_readable() is true
 * @msg: the packet comes to be at @msg->sealed
 * @len: of the message, WGR_MSG_DATA_MIN at least
 * @counter: of the message
 *
 * Return: false if it is not authentic. Whether it was seen before, @keys->replay
 * has to tell then.
 */
static inline bool wgr_data_open(const struct wgr_keys *keys, struct wgr_msg_data *msg,
				 size_t len, u64 counter)
{
	return wgr_aead_open(msg->sealed, len - sizeof(*msg), counter, keys->recv_key);
}

#endif
