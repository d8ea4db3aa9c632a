// SPDX-License-Identifier: GPL-2.0
// exported: setup_udp_tunnel_sock udp_tunnel_sock_release
#include <net/udp_tunnel.h>

static inline void probe(struct net *net, struct socket *sock,
			 struct udp_tunnel_sock_cfg *cfg)
{
	setup_udp_tunnel_sock(net, sock, cfg);
	udp_tunnel_sock_release(sock);
}
