// SPDX-License-Identifier: GPL-2.0
#include "inner.h"

/* Protocol numbers, as IANA has them. */
enum {
	HOP_BY_HOP = 0,
	ICMP = 1,
	TCP = 6,
	UDP = 17,
	DCCP = 33,
	ROUTING = 43,
	FRAGMENT = 44,
	ICMP6 = 58,
	DESTINATION = 60,
	SCTP = 132,
	UDP_LITE = 136,
};

#define V4_HEADER	20
#define V6_HEADER	40

/* RFC 8200, section 4.1 knows fewer than that in a row. */
#define MOST_EXTENSIONS	8

/* Layout of a key: what kind, the protocol, something of 4 bytes, addresses. */
#define KEY_KIND	0
#define KEY_PROTOCOL	1
#define KEY_ID		4
#define KEY_ADDRESSES	8

enum kind {
	KIND_NONE,
	KIND_ADDRESSES,
	KIND_PORTS,
	KIND_ECHO,
	KIND_FRAGMENT,
};

static void put_id(struct wgr_flow_key *key, enum kind kind, const u8 *id, size_t len)
{
	key->bytes[KEY_KIND] = kind;
	memcpy(key->bytes + KEY_ID, id, len);
}

static bool is_echo(const u8 *header, u8 protocol)
{
	if (protocol == ICMP)
		return header[0] == 8 || header[0] == 0;
	return header[0] == 128 || header[0] == 129;
}

/* @header: behind IP's own, @len bytes of it are there. */
static void read_transport(const u8 *header, size_t len, u8 protocol, struct wgr_flow_key *key)
{
	key->bytes[KEY_PROTOCOL] = protocol;
	switch (protocol) {
	case TCP:
	case UDP:
	case DCCP:
	case SCTP:
	case UDP_LITE:
		if (len >= 4)
			put_id(key, KIND_PORTS, header, 4);
		break;
	case ICMP:
	case ICMP6:
		if (len >= 6 && is_echo(header, protocol))
			put_id(key, KIND_ECHO, header + 4, 2);
		break;
	}
}

static void read_v4(const u8 *packet, size_t len, struct wgr_flow_key *key)
{
	size_t own = (size_t)(packet[0] & 15) * 4;

	key->bytes[KEY_KIND] = KIND_ADDRESSES;
	key->bytes[KEY_PROTOCOL] = packet[9];
	memcpy(key->bytes + KEY_ADDRESSES, packet + 12, 8);
	/* More fragments, or not the first one. */
	if ((packet[6] & 0x3f) | packet[7])
		put_id(key, KIND_FRAGMENT, packet + 4, 2);
	else if (own >= V4_HEADER && own <= len)
		read_transport(packet + own, len - own, packet[9], key);
}

static void read_v6(const u8 *packet, size_t len, struct wgr_flow_key *key)
{
	size_t at = V6_HEADER, left = MOST_EXTENSIONS;
	u8 protocol = packet[6];

	key->bytes[KEY_KIND] = KIND_ADDRESSES;
	memcpy(key->bytes + KEY_ADDRESSES, packet + 8, 32);
	while (protocol == HOP_BY_HOP || protocol == ROUTING || protocol == DESTINATION) {
		if (!left-- || len - at < 8 || len - at < 8 * ((size_t)packet[at + 1] + 1))
			return;
		protocol = packet[at];
		at += 8 * ((size_t)packet[at + 1] + 1);
	}
	if (protocol != FRAGMENT)
		read_transport(packet + at, len - at, protocol, key);
	else if (len - at >= 8)
		put_id(key, KIND_FRAGMENT, packet + at + 4, 4);
}

void wgr_inner_key(const u8 *packet, size_t len, struct wgr_flow_key *key)
{
	memset(key, 0, sizeof(*key));
	if (len >= V4_HEADER && packet[0] >> 4 == 4)
		read_v4(packet, len, key);
	else if (len >= V6_HEADER && packet[0] >> 4 == 6)
		read_v6(packet, len, key);
}

bool wgr_inner_bursts(const struct wgr_flow_key *key)
{
	return key->bytes[KEY_KIND] == KIND_PORTS && key->bytes[KEY_PROTOCOL] == TCP;
}
