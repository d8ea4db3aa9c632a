// SPDX-License-Identifier: GPL-2.0
/*
 * tunnel.c - the netlink family "wireguard": what is shown of a tunnel.
 *
 * The kernel gives private and preshared keys along. They stay in the buffer of
 * the socket, which is wiped as it is closed.
 */
#include "tunnel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/wireguard.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "distinct.h"
#include "say.h"

/* Lists of allowed addresses grow by this much. */
#define STEP 256

static const uint8_t no_key[KEY_LEN];

static void add_allowed(struct tunnel_peer *peer, const char *text)
{
	size_t old = peer->allowed ? strlen(peer->allowed) : 0, room = old + strlen(text) + 3;

	if (!peer->allowed || old / STEP != room / STEP)
		peer->allowed = say_alloc(peer->allowed, (room / STEP + 1) * STEP);
	sprintf(peer->allowed + old, "%s%s", old ? ", " : "", text);
}

static void read_allowed(const struct nlattr *entry, struct tunnel_peer *peer)
{
	const struct nlattr *table[WGALLOWEDIP_A_MAX + 1];
	char text[INET6_ADDRSTRLEN + 4];
	struct in6_addr address;
	bool v4;

	nl_parse_nest(table, WGALLOWEDIP_A_MAX, entry);
	v4 = nl_u16(table[WGALLOWEDIP_A_FAMILY]) == AF_INET;
	if (!nl_bytes(table[WGALLOWEDIP_A_IPADDR], &address, v4 ? 4 : 16))
		return;
	inet_ntop(v4 ? AF_INET : AF_INET6, &address, text, sizeof(text));
	sprintf(text + strlen(text), "/%u", nl_u8(table[WGALLOWEDIP_A_CIDR_MASK]));
	add_allowed(peer, text);
}

static void read_endpoint(const struct nlattr *attr, struct tunnel_peer *peer)
{
	size_t len = mnl_attr_get_payload_len(attr);

	if (len > sizeof(peer->endpoint))
		len = sizeof(peer->endpoint);
	memcpy(&peer->endpoint, mnl_attr_get_payload(attr), len);
}

/* What comes once for a peer; its allowed addresses may take several messages. */
static void read_state(const struct nlattr **table, struct tunnel_peer *peer)
{
	const struct nlattr *psk = table[WGPEER_A_PRESHARED_KEY];

	peer->keepalive_s = nl_u16(table[WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL]);
	peer->handshake = nl_u64(table[WGPEER_A_LAST_HANDSHAKE_TIME]);
	peer->rx_bytes = nl_u64(table[WGPEER_A_RX_BYTES]);
	peer->tx_bytes = nl_u64(table[WGPEER_A_TX_BYTES]);
	if (psk && mnl_attr_get_payload_len(psk) == KEY_LEN)
		peer->preshared = memcmp(mnl_attr_get_payload(psk), no_key, KEY_LEN);
	if (table[WGPEER_A_ENDPOINT])
		read_endpoint(table[WGPEER_A_ENDPOINT], peer);
}

static struct tunnel_peer *peer_of(struct tunnel *tunnel, const uint8_t *key, bool *is_new)
{
	struct tunnel_peer *last = tunnel->count ? &tunnel->peers[tunnel->count - 1] : NULL;

	*is_new = !last || memcmp(last->key, key, KEY_LEN);
	if (!*is_new)
		return last;
	/* Powers of two are when there is no room left. */
	if (!(tunnel->count & (tunnel->count - 1)))
		tunnel->peers = say_alloc(tunnel->peers, sizeof(*tunnel->peers) *
					  (tunnel->count ? 2 * tunnel->count : 1));
	last = &tunnel->peers[tunnel->count++];
	*last = (struct tunnel_peer){};
	memcpy(last->key, key, KEY_LEN);
	return last;
}

static void read_peer(const struct nlattr *entry, struct tunnel *tunnel)
{
	const struct nlattr *table[WGPEER_A_MAX + 1], *allowed;
	struct tunnel_peer *peer;
	uint8_t key[KEY_LEN];
	bool is_new;

	nl_parse_nest(table, WGPEER_A_MAX, entry);
	if (!nl_bytes(table[WGPEER_A_PUBLIC_KEY], key, sizeof(key)))
		return;
	peer = peer_of(tunnel, key, &is_new);
	if (is_new)
		read_state(table, peer);
	if (!table[WGPEER_A_ALLOWEDIPS])
		return;
	mnl_attr_for_each_nested(allowed, table[WGPEER_A_ALLOWEDIPS])
		read_allowed(allowed, peer);
}

static int take_tunnel(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *table[WGDEVICE_A_MAX + 1], *peer;
	struct tunnel *tunnel = data;

	nl_parse(table, WGDEVICE_A_MAX, message, sizeof(struct genlmsghdr));
	if (table[WGDEVICE_A_IFNAME])
		nl_string(table[WGDEVICE_A_IFNAME], tunnel->ifname, sizeof(tunnel->ifname));
	if (table[WGDEVICE_A_LISTEN_PORT])
		tunnel->port = nl_u16(table[WGDEVICE_A_LISTEN_PORT]);
	if (table[WGDEVICE_A_FWMARK])
		tunnel->fwmark = nl_u32(table[WGDEVICE_A_FWMARK]);
	if (table[WGDEVICE_A_PUBLIC_KEY])
		tunnel->has_key = nl_bytes(table[WGDEVICE_A_PUBLIC_KEY], tunnel->key, KEY_LEN);
	if (!table[WGDEVICE_A_PEERS])
		return 0;
	mnl_attr_for_each_nested(peer, table[WGDEVICE_A_PEERS])
		read_peer(peer, tunnel);
	return 0;
}

int tunnel_ask(struct nl *nl, const char *ifname)
{
	struct nlmsghdr *request;
	uint16_t family;
	int err;

	err = nl_open(nl, NETLINK_GENERIC);
	if (!err)
		err = nl_family(nl, WG_GENL_NAME, &family);
	if (err)
		return err;
	request = nl_begin_genl(nl, family, WG_CMD_GET_DEVICE, NLM_F_DUMP);
	mnl_attr_put_strz(request, WGDEVICE_A_IFNAME, ifname);
	return 0;
}

static void drop_peer(void *peer)
{
	free(((struct tunnel_peer *)peer)->allowed);
}

int tunnel_read(const char *ifname, struct tunnel *tunnel)
{
	int err, try = 0;
	struct nl nl;

	err = tunnel_ask(&nl, ifname);
	while (!err) {
		tunnel_free(tunnel);
		err = nl_talk(&nl, take_tunnel, tunnel);
		if (!nl.changed || ++try >= NL_TRIES)
			break;
	}
	if (nl.changed)
		tunnel->count = distinct(tunnel->peers, tunnel->count, sizeof(*tunnel->peers),
					 sizeof(tunnel->peers->key), drop_peer);
	nl_close(&nl);
	return err;
}

void tunnel_free(struct tunnel *tunnel)
{
	size_t i;

	for (i = 0; i < tunnel->count; i++)
		free(tunnel->peers[i].allowed);
	free(tunnel->peers);
	*tunnel = (struct tunnel){};
}

static int compare_handshakes(const void *one, const void *other)
{
	int64_t first = ((const struct tunnel_peer *)one)->handshake;
	int64_t second = ((const struct tunnel_peer *)other)->handshake;

	return (first < second) - (first > second);
}

void tunnel_sort(struct tunnel *tunnel)
{
	if (tunnel->count)
		qsort(tunnel->peers, tunnel->count, sizeof(*tunnel->peers), compare_handshakes);
}
