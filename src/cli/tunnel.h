/* SPDX-License-Identifier: GPL-2.0 */
/* tunnel.h - the netlink family "wireguard": what is shown of a tunnel. */
#ifndef TUNNEL_H
#define TUNNEL_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "key.h"
#include "nl.h"

/**
 * struct tunnel_peer - a peer
 * @key: public key
 * @preshared: whether there is a preshared key, too
 * @endpoint: where it is reached; family 0 if that is not known
 * @keepalive_s: seconds, 0 if off
 * @handshake: time of the latest handshake, seconds since 1970, 0 if none
 * @rx_bytes: received
 * @tx_bytes: sent
 * @allowed: its allowed addresses, with commas between them, or NULL
 */
struct tunnel_peer {
	uint8_t key[KEY_LEN];
	bool preshared;
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} endpoint;
	uint16_t keepalive_s;
	int64_t handshake;
	uint64_t rx_bytes;
	uint64_t tx_bytes;
	char *allowed;
};

/**
 * struct tunnel - an interface
 * @ifname: its name
 * @has_key: whether it has a private key, and so a public one
 * @key: its public key
 * @port: UDP port
 * @fwmark: mark of what it sends, 0 for none
 * @peers: array
 * @count: how many
 */
struct tunnel {
	char ifname[IFNAMSIZ];
	bool has_key;
	uint8_t key[KEY_LEN];
	uint16_t port;
	uint32_t fwmark;
	struct tunnel_peer *peers;
	size_t count;
};

/*
 * Opens a socket and begins the request for all that an interface has; it is then
 * to be sent. Return: 0 or -errno. To be closed in any case.
 */
int tunnel_ask(struct nl *nl, const char *ifname);

/* Into one that is all zeros, each peer once. Return: 0 or -errno. To be freed in any case. */
int tunnel_read(const char *ifname, struct tunnel *tunnel);
void tunnel_free(struct tunnel *tunnel);

/* Peers with the latest handshake first, those without one last. */
void tunnel_sort(struct tunnel *tunnel);

#endif
