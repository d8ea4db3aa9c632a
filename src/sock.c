// SPDX-License-Identifier: GPL-2.0
/* sock.c - the UDP sockets of a device. */
#include "sock.h"

#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/addrconf.h>
#include <net/dst_cache.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>
#include <net/udp.h>
#include <net/udp_tunnel.h>

#include "wgr.h"

/* Port pairs tried when any port will do and IPv6 finds it in use. */
#define PORT_TRIES 100

/**
 * struct trip - a datagram on its way out
 * @socks: of the device it comes from
 * @sk: socket it leaves by
 * @endpoint: where to and from
 * @cache: route kept for the next one, or NULL
 * @sourceless: the source is gone, or of no use there
 * @fresh: the route was looked up here
 */
struct trip {
	struct wgr_socks *socks;
	struct sock *sk;
	const struct wgr_endpoint *endpoint;
	struct dst_cache *cache;
	bool sourceless;
	bool fresh;
};

static struct rtable *look_up4(struct trip *trip, struct flowi4 *flow)
{
	*flow = (struct flowi4) {
		.daddr = trip->endpoint->to.v4.sin_addr.s_addr,
		.saddr = trip->sourceless ? 0 : trip->endpoint->from4.s_addr,
		.fl4_dport = trip->endpoint->to.v4.sin_port,
		.fl4_sport = inet_sk(trip->sk)->inet_sport,
		.flowi4_proto = IPPROTO_UDP,
		.flowi4_mark = trip->socks->fwmark,
	};
	security_sk_classify_flow(trip->sk, flowi4_to_flowi_common(flow));
	return ip_route_output_flow(sock_net(trip->sk), flow, trip->sk);
}

/* There is no way out from the source, or it is by another interface now. */
static bool source_lost4(struct trip *trip, struct rtable *rt)
{
	const struct wgr_endpoint *endpoint = trip->endpoint;

	if (trip->sourceless || !endpoint->from4.s_addr)
		return false;
	return IS_ERR(rt) || (endpoint->ifindex &&
			      rt->dst.dev->ifindex != endpoint->ifindex);
}

static struct rtable *route4(struct trip *trip, struct flowi4 *flow)
{
	__be32 from = trip->endpoint->from4.s_addr;
	struct rtable *rt;

	trip->sourceless = from &&
			   !inet_confirm_addr(sock_net(trip->sk), NULL, 0, from,
					      RT_SCOPE_HOST);
	rt = look_up4(trip, flow);
	if (source_lost4(trip, rt)) {
		if (!IS_ERR(rt))
			ip_rt_put(rt);
		trip->sourceless = true;
		rt = look_up4(trip, flow);
	}
	trip->fresh = true;
	if (!IS_ERR(rt) && trip->cache)
		dst_cache_set_ip4(trip->cache, &rt->dst, flow->saddr);
	return rt;
}

/* The device or something before it does not take many at once. */
static bool refused(int ret)
{
	return ret == -EINVAL || ret == -EIO || ret == -EMSGSIZE || ret == -EOPNOTSUPP;
}

static void note_refused(struct wgr_socks *socks, int ret)
{
	if (READ_ONCE(socks->single))
		return;
	WRITE_ONCE(socks->single, true);
	netdev_info(socks->dev, "Many datagrams at once were refused (error %d): they are sent one at a time until the interface is set up again\n",
		    -ret);
}

/* Return: false and nothing is done, if each has to go alone. */
static bool send_together(struct trip *trip, struct wgr_run *run, struct dst_entry *dst,
			  const struct wgr_run_headers *headers)
{
	unsigned int count = run->count, bytes = run->bytes;
	int ret;

	if (count < 2 || READ_ONCE(trip->socks->single) ||
	    !wgr_run_together(run, dst, headers->family))
		return false;
	ret = wgr_run_send(run, dst, trip->sk, headers);
	if (ret == -ENOMEM && run->first)
		return false;
	if (refused(ret))
		note_refused(trip->socks, ret);
	if (net_xmit_eval(ret))
		DEV_STATS_ADD(trip->socks->dev, tx_dropped, count);
	else
		dev_sw_netstats_tx_add(trip->socks->dev, count, bytes);
	return true;
}

static void drop(struct wgr_run *run)
{
	struct sk_buff *skb;

	while ((skb = wgr_run_pop(run)))
		kfree_skb(skb);
}

static bool send_together4(struct trip *trip, struct wgr_run *run, struct rtable *rt,
			   __be32 from, u8 ds)
{
	const struct sockaddr_in *to = &trip->endpoint->to.v4;
	struct wgr_run_headers headers = {
		.family = AF_INET,
		.v4 = {
			.version = 4,
			.ihl = sizeof(struct iphdr) / 4,
			.tos = ds,
			.ttl = ip4_dst_hoplimit(&rt->dst),
			.protocol = IPPROTO_UDP,
			.saddr = from,
			.daddr = to->sin_addr.s_addr,
		},
		.udp = {
			.source = inet_sk(trip->sk)->inet_sport,
			.dest = to->sin_port,
		},
	};

	return send_together(trip, run, &rt->dst, &headers);
}

static void send_each4(struct trip *trip, struct wgr_run *run, struct rtable *rt,
		       __be32 from, u8 ds)
{
	struct sk_buff *skb;

	while ((skb = wgr_run_pop(run))) {
		if (run->first)
			dst_hold(&rt->dst);
		/* The outer packet may be fragmented whatever the inner one says. */
		skb->ignore_df = 1;
		udp_tunnel_xmit_skb(rt, trip->sk, skb, from,
				    trip->endpoint->to.v4.sin_addr.s_addr, ds,
				    ip4_dst_hoplimit(&rt->dst), 0,
				    inet_sk(trip->sk)->inet_sport,
				    trip->endpoint->to.v4.sin_port, false, false, 0);
	}
}

static int send4(struct trip *trip, struct wgr_run *run, u8 ds)
{
	struct flowi4 flow = {};
	struct rtable *rt = NULL;

	if (trip->cache)
		rt = dst_cache_get_ip4(trip->cache, &flow.saddr);
	if (!rt)
		rt = route4(trip, &flow);
	if (IS_ERR(rt)) {
		drop(run);
		return PTR_ERR(rt);
	}
	if (!send_together4(trip, run, rt, flow.saddr, ds))
		send_each4(trip, run, rt, flow.saddr, ds);
	return 0;
}

#if IS_ENABLED(CONFIG_IPV6)
static struct dst_entry *look_up6(struct trip *trip, struct flowi6 *flow)
{
	const struct sockaddr_in6 *to = &trip->endpoint->to.v6;

	*flow = (struct flowi6) {
		.daddr = to->sin6_addr,
		.saddr = trip->sourceless ? in6addr_any : trip->endpoint->from6,
		.fl6_dport = to->sin6_port,
		.fl6_sport = inet_sk(trip->sk)->inet_sport,
		.flowi6_proto = IPPROTO_UDP,
		.flowi6_mark = trip->socks->fwmark,
		.flowi6_oif = to->sin6_scope_id,
	};
	security_sk_classify_flow(trip->sk, flowi6_to_flowi_common(flow));
	return ip6_dst_lookup_flow(sock_net(trip->sk), trip->sk, flow, NULL);
}

static struct dst_entry *route6(struct trip *trip, struct flowi6 *flow)
{
	const struct in6_addr *from = &trip->endpoint->from6;
	struct dst_entry *dst;

	trip->sourceless = !ipv6_addr_any(from) &&
			   !ipv6_chk_addr(sock_net(trip->sk), from, NULL, 0);
	dst = look_up6(trip, flow);
	trip->fresh = true;
	if (!IS_ERR(dst) && trip->cache)
		dst_cache_set_ip6(trip->cache, dst, &flow->saddr);
	return dst;
}

static bool send_together6(struct trip *trip, struct wgr_run *run, struct dst_entry *dst,
			   const struct in6_addr *from, u8 ds)
{
	const struct sockaddr_in6 *to = &trip->endpoint->to.v6;
	struct wgr_run_headers headers = {
		.family = AF_INET6,
		.v6 = {
			.nexthdr = IPPROTO_UDP,
			.hop_limit = ip6_dst_hoplimit(dst),
			.saddr = *from,
			.daddr = to->sin6_addr,
		},
		.udp = {
			.source = inet_sk(trip->sk)->inet_sport,
			.dest = to->sin6_port,
		},
	};

	ip6_flow_hdr(&headers.v6, ds, 0);
	return send_together(trip, run, dst, &headers);
}

static void send_each6(struct trip *trip, struct wgr_run *run, struct dst_entry *dst,
		       const struct in6_addr *from, u8 ds)
{
	struct sk_buff *skb;

	while ((skb = wgr_run_pop(run))) {
		if (run->first)
			dst_hold(dst);
		skb->ignore_df = 1;
		udp_tunnel6_xmit_skb(dst, trip->sk, skb, skb->dev, from,
				     &trip->endpoint->to.v6.sin6_addr, ds,
				     ip6_dst_hoplimit(dst), 0,
				     inet_sk(trip->sk)->inet_sport,
				     trip->endpoint->to.v6.sin6_port, false, 0);
	}
}

static int send6(struct trip *trip, struct wgr_run *run, u8 ds)
{
	struct dst_entry *dst = NULL;
	struct flowi6 flow = {};

	if (trip->cache)
		dst = dst_cache_get_ip6(trip->cache, &flow.saddr);
	if (!dst)
		dst = route6(trip, &flow);
	if (IS_ERR(dst)) {
		drop(run);
		return PTR_ERR(dst);
	}
	if (!send_together6(trip, run, dst, &flow.saddr, ds))
		send_each6(trip, run, dst, &flow.saddr, ds);
	return 0;
}
#else
static int send6(struct trip *trip, struct wgr_run *run, u8 ds)
{
	drop(run);
	return -EAFNOSUPPORT;
}
#endif

/* Sends @run to @trip's endpoint; the caller is in an RCU read section. */
static int travel(struct trip *trip, struct wgr_run *run, u8 ds)
{
	struct wgr_socks *socks = trip->socks;
	sa_family_t family = trip->endpoint->to.any.sa_family;
	u32 mark = READ_ONCE(socks->fwmark);
	struct sk_buff *skb;
	int ret = -ENONET;

	for (skb = run->first; skb; skb = skb->next) {
		skb->dev = socks->dev;
		skb->mark = mark;
	}
	if (family == AF_INET) {
		trip->sk = rcu_dereference_bh(socks->sock4);
		if (trip->sk)
			return send4(trip, run, ds);
	} else if (family == AF_INET6) {
		trip->sk = rcu_dereference_bh(socks->sock6);
		if (trip->sk)
			return send6(trip, run, ds);
	} else {
		ret = -EDESTADDRREQ;
	}
	drop(run);
	return ret;
}

int wgr_sock_send(struct wgr_socks *socks, struct wgr_endpoint_cell *cell, bool keep,
		  struct wgr_run *run, u8 ds)
{
	unsigned int bytes = run->bytes;
	struct wgr_endpoint endpoint;
	struct trip trip = { .socks = socks, .endpoint = &endpoint };
	struct wgr_way *way;
	int ret;

	way = wgr_endpoint_read(cell, &endpoint);
	if (keep)
		trip.cache = &way->route;
	ret = travel(&trip, run, ds);
	/* It leads elsewhere by now: what was cached is the route of before. */
	if (trip.fresh && !wgr_endpoint_is(cell, way, &endpoint))
		dst_cache_reset(&way->route);
	return ret ?: bytes;
}

struct sk_buff *wgr_sock_message(const void *msg, size_t len)
{
	struct sk_buff *skb = alloc_skb(len + WGR_HEADROOM, GFP_ATOMIC);

	if (!skb)
		return NULL;
	skb_reserve(skb, WGR_HEADROOM);
	skb_set_inner_network_header(skb, 0);
	skb_put_data(skb, msg, len);
	return skb;
}

int wgr_sock_reply(struct wgr_socks *socks, const struct sk_buff *in,
		   const void *msg, size_t len)
{
	struct wgr_endpoint endpoint;
	struct trip trip = { .socks = socks, .endpoint = &endpoint };
	struct wgr_run run = {};
	struct sk_buff *skb;
	int ret;

	if (!wgr_endpoint_of(&endpoint, in))
		return -EAFNOSUPPORT;
	skb = wgr_sock_message(msg, len);
	if (!skb)
		return -ENOMEM;
	wgr_run_add(&run, skb);
	rcu_read_lock_bh();
	ret = travel(&trip, &run, 0);
	rcu_read_unlock_bh();
	return ret;
}

static struct sock *open_one(struct wgr_socks *socks, struct net *net,
			     struct udp_port_cfg *port)
{
	struct udp_tunnel_sock_cfg tunnel = {
		.sk_user_data = socks,
		.encap_type = 1,
		.encap_rcv = socks->receive,
	};
	struct socket *sock;
	int ret;

	ret = udp_sock_create(net, port, &sock);
	if (ret)
		return ERR_PTR(ret);
	/* What bounds the way out is the inner sockets and the lines. */
	sock->sk->sk_sndbuf = INT_MAX;
	/* Swap over the tunnel must not wait for memory of its own. */
	sk_set_memalloc(sock->sk);
	sock->sk->sk_allocation = GFP_ATOMIC;
	setup_udp_tunnel_sock(net, sock->sk, &tunnel);
	return sock->sk;
}

static void close_one(struct sock *sk)
{
	if (!sk)
		return;
	sk_clear_memalloc(sk);
	udp_tunnel_sock_release(sk);
}

static struct sock *open4(struct wgr_socks *socks, struct net *net, u16 port)
{
	struct udp_port_cfg cfg = {
		.use_udp_checksums = true,
		.local_udp_port = htons(port),
		.family = AF_INET,
	};

	return open_one(socks, net, &cfg);
}

static struct sock *open6(struct wgr_socks *socks, struct net *net, u16 port)
{
	struct udp_port_cfg cfg = {
		.use_udp6_tx_checksums = true,
		.use_udp6_rx_checksums = true,
		.local_udp_port = htons(port),
		.family = AF_INET6,
		.ipv6_v6only = true,
	};

	if (!IS_ENABLED(CONFIG_IPV6) || !ipv6_mod_enabled())
		return NULL;
	return open_one(socks, net, &cfg);
}

static int open_pair(struct wgr_socks *socks, struct net *net, u16 port,
		     struct sock *pair[2])
{
	pair[0] = open4(socks, net, port);
	if (IS_ERR(pair[0]))
		return PTR_ERR(pair[0]);
	pair[1] = open6(socks, net, ntohs(inet_sk(pair[0])->inet_sport));
	if (IS_ERR(pair[1])) {
		close_one(pair[0]);
		return PTR_ERR(pair[1]);
	}
	return 0;
}

static void replace_socks(struct wgr_socks *socks, struct sock *sock4,
			  struct sock *sock6)
{
	sock4 = rcu_replace_pointer(socks->sock4, sock4,
				    lockdep_is_held(socks->lock));
	sock6 = rcu_replace_pointer(socks->sock6, sock6,
				    lockdep_is_held(socks->lock));
	synchronize_net();
	close_one(sock4);
	close_one(sock6);
	/* Not all kernels wait for who receives themselves. */
	if (sock4 || sock6)
		synchronize_net();
}

int wgr_sock_open(struct wgr_socks *socks, u16 port)
{
	struct sock *pair[2];
	struct net *net;
	int ret, tries = port ? 1 : PORT_TRIES;

	lockdep_assert_held(socks->lock);

	rcu_read_lock();
	net = rcu_dereference(socks->birth_net);
	net = net ? maybe_get_net(net) : NULL;
	rcu_read_unlock();
	if (!net)
		return -ENONET;
	do {
		ret = open_pair(socks, net, port, pair);
	} while (ret == -EADDRINUSE && --tries);
	put_net(net);
	if (ret)
		return ret;
	socks->port = ntohs(inet_sk(pair[0])->inet_sport);
	WRITE_ONCE(socks->single, false);
	replace_socks(socks, pair[0], pair[1]);
	return 0;
}

bool wgr_sock_close(struct wgr_socks *socks)
{
	lockdep_assert_held(socks->lock);

	if (!rcu_access_pointer(socks->sock4) && !rcu_access_pointer(socks->sock6))
		return false;
	replace_socks(socks, NULL, NULL);
	return true;
}
