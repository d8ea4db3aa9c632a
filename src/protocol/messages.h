/* SPDX-License-Identifier: GPL-2.0 */
/* messages.h - the messages as they stand on the wire, little-endian. */
#ifndef WGR_PROTOCOL_MESSAGES_H
#define WGR_PROTOCOL_MESSAGES_H

#include "port.h"

#define WGR_KEY_LEN	32
#define WGR_HASH_LEN	32
#define WGR_MAC_LEN	16
#define WGR_STAMP_LEN	12
#define WGR_AEAD_TAG	16
#define WGR_COOKIE_LEN	16
#define WGR_XNONCE_LEN	24

enum wgr_msg_type {
	WGR_MSG_INITIATION = 1,
	WGR_MSG_RESPONSE = 2,
	WGR_MSG_COOKIE = 3,
	WGR_MSG_DATA = 4,
};

/* Type byte and three reserved zero bytes, read as one number. */
struct wgr_msg_header {
	__le32 type;
} __packed;

/* Proofs behind each handshake message: of knowing our key, of the address. */
struct wgr_msg_macs {
	u8 mac1[WGR_MAC_LEN];
	u8 mac2[WGR_MAC_LEN];
} __packed;

struct wgr_msg_initiation {
	struct wgr_msg_header head;
	__le32 sender;
	u8 ephemeral[WGR_KEY_LEN];
	u8 sealed_static[WGR_KEY_LEN + WGR_AEAD_TAG];
	u8 sealed_stamp[WGR_STAMP_LEN + WGR_AEAD_TAG];
	struct wgr_msg_macs macs;
} __packed;

struct wgr_msg_response {
	struct wgr_msg_header head;
	__le32 sender;
	__le32 receiver;
	u8 ephemeral[WGR_KEY_LEN];
	u8 sealed_nothing[WGR_AEAD_TAG];
	struct wgr_msg_macs macs;
} __packed;

struct wgr_msg_cookie {
	struct wgr_msg_header head;
	__le32 receiver;
	u8 nonce[WGR_XNONCE_LEN];
	u8 sealed_cookie[WGR_COOKIE_LEN + WGR_AEAD_TAG];
} __packed;

struct wgr_msg_data {
	struct wgr_msg_header head;
	__le32 receiver;
	__le64 counter;
	u8 sealed[];
} __packed;

static_assert(sizeof(struct wgr_msg_initiation) == 148);
static_assert(sizeof(struct wgr_msg_response) == 92);
static_assert(sizeof(struct wgr_msg_cookie) == 64);
static_assert(sizeof(struct wgr_msg_data) == 16);

/* The shortest data packet: a keepalive, no plaintext but the tag. */
#define WGR_MSG_DATA_MIN (sizeof(struct wgr_msg_data) + WGR_AEAD_TAG)

/**
 * wgr_message_kind() - what a datagram may be
 * @bytes: what it carries; at least sizeof(struct wgr_msg_data) of them, or @len,
 *	can be read
 * @len: how many bytes there are
 *
 * Return: the type of message that it is as long as, of enum wgr_msg_type; 0 for none.
 */
static inline u32 wgr_message_kind(const void *bytes, size_t len)
{
	const struct wgr_msg_header *head = bytes;
	u32 type;

	if (unlikely(len < WGR_MSG_DATA_MIN))
		return 0;
	type = le32_to_cpu(head->type);
	switch (type) {
	case WGR_MSG_DATA:
		return type;
	case WGR_MSG_INITIATION:
		return len == sizeof(struct wgr_msg_initiation) ? type : 0;
	case WGR_MSG_RESPONSE:
		return len == sizeof(struct wgr_msg_response) ? type : 0;
	case WGR_MSG_COOKIE:
		return len == sizeof(struct wgr_msg_cookie) ? type : 0;
	}
	return 0;
}

#endif
