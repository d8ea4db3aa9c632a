/* SPDX-License-Identifier: GPL-2.0 */
#ifndef WGR_COMPAT_NET_UDP_TUNNEL_H
#define WGR_COMPAT_NET_UDP_TUNNEL_H

#include_next <net/udp_tunnel.h>

#include <linux/build_bug.h>

/* There is no way to give them: none must be wanted. */
#define WGR_COMPAT_NO_FLAGS(flags) \
	BUILD_BUG_ON(!__builtin_constant_p(flags) || (flags))

#ifndef WGR_HAVE_UDP_TUNNEL_XMIT_SKB_IPCB
static __always_inline void
wgr_compat_tunnel_xmit(struct rtable *rt, struct sock *sk, struct sk_buff *skb,
		       __be32 src, __be32 dst, u8 tos, u8 ttl, __be16 df,
		       __be16 src_port, __be16 dst_port, bool xnet,
		       bool nocheck, u16 ipcb_flags)
{
	WGR_COMPAT_NO_FLAGS(ipcb_flags);
	udp_tunnel_xmit_skb(rt, sk, skb, src, dst, tos, ttl, df, src_port,
			    dst_port, xnet, nocheck);
}

#define udp_tunnel_xmit_skb wgr_compat_tunnel_xmit
#endif

#ifndef WGR_HAVE_UDP_TUNNEL6_XMIT_SKB_IPCB
static __always_inline void
wgr_compat_tunnel6_xmit(struct dst_entry *dst, struct sock *sk,
			struct sk_buff *skb, struct net_device *dev,
			const struct in6_addr *saddr,
			const struct in6_addr *daddr, u8 prio, u8 ttl,
			__be32 label, __be16 src_port, __be16 dst_port,
			bool nocheck, u16 ip6cb_flags)
{
	WGR_COMPAT_NO_FLAGS(ip6cb_flags);
	/* Addresses are only read, whatever the prototype says. */
	udp_tunnel6_xmit_skb(dst, sk, skb, dev, (struct in6_addr *)saddr,
			     (struct in6_addr *)daddr, prio, ttl, label,
			     src_port, dst_port, nocheck);
}

#define udp_tunnel6_xmit_skb wgr_compat_tunnel6_xmit
#endif

#ifdef WGR_HAVE_UDP_TUNNEL_SOCK_SOCKET
static inline void
wgr_compat_tunnel_sock_setup(struct net *net, struct sock *sk,
			     struct udp_tunnel_sock_cfg *cfg)
{
	setup_udp_tunnel_sock(net, sk->sk_socket, cfg);
}

static inline void wgr_compat_tunnel_sock_release(struct sock *sk)
{
	udp_tunnel_sock_release(sk->sk_socket);
}

#define setup_udp_tunnel_sock wgr_compat_tunnel_sock_setup
#define udp_tunnel_sock_release wgr_compat_tunnel_sock_release
#endif

#endif
