// SPDX-License-Identifier: GPL-2.0
/* run.c - datagrams to one peer that go down the network stack together. */
#include "run.h"

#include <compat/egress.h>
#include <compat/hooks.h>
#include <linux/moduleparam.h>
#include <linux/netfilter.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/wait.h>
#include <net/checksum.h>
#include <net/dst.h>
#include <net/gso.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/sch_generic.h>
#include <net/udp.h>

#include "protocol/messages.h"
#include "wgr.h"

/* What all kernels take as segments of one packet. */
#define RUN_MOST 64

/* The length of IPv4 has 16 bits. */
#define BYTES_MOST (U16_MAX - sizeof(struct ipv6hdr) - sizeof(struct udphdr))

static bool gso = true;
module_param(gso, bool, 0644);
MODULE_PARM_DESC(gso, "Hand datagrams to the network stack many at a time; off for a device or a rule that takes one at a time only (default on)");

/* Families whose runs this kernel takes apart as it should. */
static bool works4, works6;

/* ---- which datagrams ---- */

/*
 * Charged to its socket by its size: the first of a run can be charged with the
 * rest. Other destructors do more than that.
 */
static bool charge_moves(const struct sk_buff *skb)
{
	const struct sock *sk = skb->sk;

	if (!skb->destructor || skb->destructor == sock_wfree)
		return true;
	return sk && sk_fullsock(sk) && sk->sk_protocol == IPPROTO_TCP &&
	       skb->destructor != sock_efree && skb->destructor != sock_edemux;
}

/* Devices choose queues by the flow inside, and so they are to see each. */
static bool same_flow(const struct sk_buff *a, const struct sk_buff *b)
{
	return a->hash == b->hash && a->l4_hash == b->l4_hash && a->sw_hash == b->sw_hash;
}

static bool plain(const struct sk_buff *skb)
{
	return !skb_shinfo(skb)->tx_flags && charge_moves(skb);
}

bool wgr_run_takes(const struct wgr_run *run, const struct sk_buff *skb)
{
	const struct sk_buff *first = run->first;

	return run->count < RUN_MOST && run->bytes + skb->len <= BYTES_MOST &&
	       run->last->len == first->len && skb->len <= first->len &&
	       skb->sk == first->sk && skb->destructor == first->destructor &&
	       same_flow(skb, first) && plain(skb) && plain(first);
}

void wgr_run_add(struct wgr_run *run, struct sk_buff *skb)
{
	skb_mark_not_on_list(skb);
	if (run->first)
		run->last->next = skb;
	else
		run->first = skb;
	run->last = skb;
	run->count++;
	run->bytes += skb->len;
}

struct sk_buff *wgr_run_pop(struct wgr_run *run)
{
	struct sk_buff *skb = run->first;

	if (!skb)
		return NULL;
	run->first = skb->next;
	run->count--;
	run->bytes -= skb->len;
	skb_mark_not_on_list(skb);
	return skb;
}

/* ---- which ways ---- */

static unsigned int ip_len(sa_family_t family)
{
	return family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
}

static bool fits(const struct wgr_run *run, const struct dst_entry *dst, unsigned int headers)
{
	/* Nobody makes room in front of the others later. */
	unsigned int link = LL_RESERVED_SPACE(dst->dev) + dst->header_len;

	return headers + run->first->len <= dst_mtu(dst) &&
	       headers + sizeof(struct wgr_msg_data) + link <= WGR_HEADROOM;
}

/*
 * A queue that shapes what leaves sends a run in one go, too, and all else waits for that:
 * at 1 Mbit/s two datagrams of TCP are 23 ms for a call.  Known are those that do not.
 */
static bool shapes(const struct Qdisc *queue)
{
	static const char *const not_shaping[] = { "noqueue", "pfifo_fast", "fq", "fq_codel" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(not_shaping); i++)
		if (!strcmp(queue->ops->id, not_shaping[i]))
			return false;
	return true;
}

/* One that only orders flows may have filters all the same, and these act on packets. */
static bool has_filters(struct Qdisc *queue)
{
	const struct Qdisc_class_ops *classes = queue->ops->cl_ops;
	const struct tcf_block *block;

	if (!classes || !classes->tcf_block)
		return false;
	block = classes->tcf_block(queue, 0, NULL);
	return block && !list_empty(&block->chain_list);
}

/* Which of a device's queues it will be is not known yet. */
static bool queues_part(struct net_device *dev)
{
	const struct Qdisc_ops *known = NULL;
	unsigned int i;

	for (i = 0; i < dev->real_num_tx_queues; i++) {
		struct Qdisc *queue = rcu_dereference_bh(netdev_get_tx_queue(dev, i)->qdisc);

		if (queue->ops != known && shapes(queue))
			return true;
		if (has_filters(queue))
			return true;
		known = queue->ops;
	}
	return false;
}

static int parts(struct net_device *dev, struct netdev_nested_priv *unused)
{
	return wgr_compat_egress_filters(dev) || queues_part(dev);
}

/* The device, or one that it hands packets on to: of a bridge, of a bond, below a VLAN. */
static bool device_parts(struct net_device *dev)
{
	struct netdev_nested_priv unused = {};

	return parts(dev, &unused) || netdev_walk_all_lower_dev_rcu(dev, parts, &unused);
}

/* What it meets has no more to do with it than with any other packet. */
static bool simple(const struct dst_entry *dst)
{
	return !dst_xfrm(dst) && !dst->lwtstate && !netif_is_l3_master(dst->dev) &&
	       !netif_is_l3_slave(dst->dev) && !device_parts(dst->dev);
}

bool wgr_run_together(const struct wgr_run *run, const struct dst_entry *dst, sa_family_t family)
{
	unsigned int headers = ip_len(family) + sizeof(struct udphdr);

	return READ_ONCE(gso) && (family == AF_INET ? works4 : works6) &&
	       fits(run, dst, headers) && simple(dst) &&
	       !wgr_compat_rules_part(dev_net(dst->dev), family);
}

/* ---- whose memory ---- */

/**
 * struct charge - what the socket of a run is charged with
 * @destructor: of each of its datagrams
 * @truesize: of all of them
 *
 * Not all kernels leave the first one's truesize at the sum when they take it apart.
 */
struct charge {
	void (*destructor)(struct sk_buff *skb);
	unsigned int truesize;
};

static atomic_t charges = ATOMIC_INIT(0);
static DECLARE_WAIT_QUEUE_HEAD(no_charges);

static void give_back(struct sk_buff *skb)
{
	struct charge *charge = skb_shinfo(skb)->destructor_arg;
	unsigned int truesize = skb->truesize;

	skb->truesize = charge->truesize;
	charge->destructor(skb);
	skb->truesize = truesize;
	kfree(charge);
	if (atomic_dec_and_test(&charges))
		wake_up(&no_charges);
	module_put(THIS_MODULE);
}

void wgr_run_settle(void)
{
	wait_event_timeout(no_charges, !atomic_read(&charges), HZ);
}

/* The first one answers for the rest: parts of a packet must have no owner. */
static bool move_charge(struct wgr_run *run)
{
	struct sk_buff *head = run->first, *skb;
	struct charge *charge;

	if (!head->destructor)
		return true;
	charge = kmalloc(sizeof(*charge), GFP_ATOMIC);
	if (!charge)
		return false;
	charge->destructor = head->destructor;
	charge->truesize = head->truesize;
	for (skb = head->next; skb; skb = skb->next) {
		charge->truesize += skb->truesize;
		skb->destructor = NULL;
		skb->sk = NULL;
	}
	/* Packets may outlive the interface. */
	__module_get(THIS_MODULE);
	atomic_inc(&charges);
	skb_shinfo(head)->destructor_arg = charge;
	head->destructor = give_back;
	return true;
}

/* ---- headers ---- */

static __sum16 checksum(const struct wgr_run_headers *headers, const struct udphdr *udp,
			unsigned int len)
{
	__wsum sum = csum_partial(udp, len, 0);

	if (headers->family == AF_INET)
		return csum_tcpudp_magic(headers->v4.saddr, headers->v4.daddr, len,
					 IPPROTO_UDP, sum);
	return csum_ipv6_magic(&headers->v6.saddr, &headers->v6.daddr, len, IPPROTO_UDP, sum);
}

/*
 * Headers in front of one datagram, as if it went alone. Checksums are made here:
 * whoever takes the run apart leaves them as they are.
 */
static void dress(struct sk_buff *skb, const struct wgr_run_headers *headers)
{
	unsigned int len = skb->len + sizeof(struct udphdr);
	struct udphdr *udp;

	skb_set_transport_header(skb, -(int)sizeof(*udp));
	skb_set_network_header(skb, -(int)(sizeof(*udp) + ip_len(headers->family)));
	memcpy(skb_network_header(skb), &headers->v4, ip_len(headers->family));
	udp = udp_hdr(skb);
	*udp = headers->udp;
	udp->len = htons(len);
	udp->check = 0;
	udp->check = checksum(headers, udp, len) ?: CSUM_MANGLED_0;
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb->csum_level = 0;
}

/* The whole: what its lengths say until it is taken apart. */
static void dress_whole(struct sk_buff *head, struct net *net, sa_family_t family)
{
	__skb_push(head, ip_len(family) + sizeof(struct udphdr));
	udp_hdr(head)->len = htons(head->len - ip_len(family));
	if (family == AF_INET) {
		ip_hdr(head)->tot_len = htons(head->len);
		__ip_select_ident(net, ip_hdr(head), skb_shinfo(head)->gso_segs);
		ip_send_check(ip_hdr(head));
		head->protocol = htons(ETH_P_IP);
	} else {
		ipv6_hdr(head)->payload_len = htons(head->len - ip_len(family));
		head->protocol = htons(ETH_P_IPV6);
	}
}

/* Makes one packet of the run. */
static struct sk_buff *join(struct wgr_run *run, const struct wgr_run_headers *headers)
{
	struct sk_buff *head = run->first, *skb;

	skb_shinfo(head)->gso_size = head->len;
	skb_shinfo(head)->gso_segs = run->count;
	skb_shinfo(head)->gso_type = SKB_GSO_UDP_L4 | SKB_GSO_FRAGLIST;
	dress(head, headers);
	for (skb = head->next; skb; skb = skb->next) {
		dress(skb, headers);
		head->truesize += skb->truesize;
	}
	skb_shinfo(head)->frag_list = head->next;
	skb_mark_not_on_list(head);
	head->data_len = run->bytes - head->len;
	head->len = run->bytes;
	*run = (struct wgr_run){};
	return head;
}

/* ---- sending ---- */

static bool changed(struct sk_buff *skb, const struct sk_buff *member)
{
	if (skb->protocol == htons(ETH_P_IP))
		return ip_hdr(skb)->tos != ip_hdr(member)->tos ||
		       ip_hdr(skb)->ttl != ip_hdr(member)->ttl;
	return memcmp(ipv6_hdr(skb), ipv6_hdr(member), sizeof(__be32)) ||
	       ipv6_hdr(skb)->hop_limit != ipv6_hdr(member)->hop_limit;
}

/* What rules have made of the first datagram's header is for all of them. */
static void spread(struct sk_buff *skb)
{
	struct sk_buff *member;

	skb_walk_frags(skb, member)
		if (skb->protocol == htons(ETH_P_IP)) {
			ip_hdr(member)->tos = ip_hdr(skb)->tos;
			ip_hdr(member)->ttl = ip_hdr(skb)->ttl;
		} else {
			memcpy(ipv6_hdr(member), ipv6_hdr(skb), sizeof(__be32));
			ipv6_hdr(member)->hop_limit = ipv6_hdr(skb)->hop_limit;
		}
}

/* What a rule queues goes on without us, who may be unloaded by then. */
static int output(struct net *net, struct sock *sk, struct sk_buff *skb, u8 family)
{
	struct dst_entry *dst = skb_dst(skb);
	int ret = nf_hook(family, NF_INET_LOCAL_OUT, net, sk, skb, NULL, dst->dev, dst->output);

	if (ret != 1)
		return ret;
	if (skb_has_frag_list(skb) && changed(skb, skb_shinfo(skb)->frag_list))
		spread(skb);
	return skb_dst(skb)->output(net, sk, skb);
}

int wgr_run_send(struct wgr_run *run, struct dst_entry *dst, struct sock *sk,
		 const struct wgr_run_headers *headers)
{
	struct net *net = sock_net(sk);
	struct sk_buff *head;

	if (!move_charge(run))
		return -ENOMEM;
	head = join(run, headers);
	dress_whole(head, net, headers->family);
	skb_dst_set(head, dst);
	/* IP reads there what is special about the packet: nothing. */
	memset(head->cb, 0, max(sizeof(struct inet_skb_parm), sizeof(struct inet6_skb_parm)));
	return output(net, sk, head, headers->family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6);
}

/* ---- does this kernel take them apart? ---- */

/* Three datagrams, and what is inside them; the last is shorter. */
#define TRY_COUNT 3
#define TRY_LEN 32

static struct sk_buff * __init try_datagram(unsigned int len, u8 fill)
{
	struct sk_buff *skb = alloc_skb(WGR_HEADROOM + TRY_LEN, GFP_KERNEL);

	if (!skb)
		return NULL;
	skb_reserve(skb, WGR_HEADROOM);
	memset(skb_put(skb, len), fill, len);
	return skb;
}

static bool __init try_run(struct wgr_run *run)
{
	struct sk_buff *skb;
	int i;

	for (i = 0; i < TRY_COUNT; i++) {
		skb = try_datagram(i < TRY_COUNT - 1 ? TRY_LEN : TRY_LEN / 2, i);
		if (!skb)
			return false;
		wgr_run_add(run, skb);
	}
	return true;
}

static struct sk_buff * __init try_whole(const struct wgr_run_headers *headers)
{
	struct wgr_run run = {};
	struct sk_buff *head;

	if (!try_run(&run)) {
		while ((head = wgr_run_pop(&run)))
			kfree_skb(head);
		return NULL;
	}
	head = join(&run, headers);
	dress_whole(head, &init_net, headers->family);
	skb_reset_mac_header(head);
	head->mac_len = 0;
	return head;
}

/* As a router does that translates addresses: in the header that it sees. */
static void __init translate(struct sk_buff *skb, struct wgr_run_headers *headers)
{
	struct udphdr *udp = udp_hdr(skb);
	__be16 whole = udp->len;

	if (headers->family == AF_INET) {
		headers->v4.saddr = htonl(INADDR_LOOPBACK + 2);
		ip_hdr(skb)->saddr = headers->v4.saddr;
	} else {
		headers->v6.saddr.s6_addr32[3] = htonl(3);
		ipv6_hdr(skb)->saddr = headers->v6.saddr;
	}
	headers->udp.source = htons(3);
	udp->source = headers->udp.source;
	/* The checksum is that of the first datagram alone. */
	udp->len = htons(sizeof(*udp) + TRY_LEN);
	udp->check = 0;
	udp->check = checksum(headers, udp, sizeof(*udp) + TRY_LEN);
	udp->len = whole;
}

static bool __init right(struct sk_buff *skb, const struct wgr_run_headers *headers, int number)
{
	unsigned int len = number < TRY_COUNT - 1 ? TRY_LEN : TRY_LEN / 2, in_front = ip_len(headers->family);
	const struct udphdr *udp = udp_hdr(skb);

	if (skb->len != in_front + sizeof(*udp) + len || skb_is_nonlinear(skb) ||
	    skb->data != skb_network_header(skb) || (u8 *)udp != skb->data + in_front)
		return false;
	if (headers->family == AF_INET ?
	    ip_hdr(skb)->saddr != headers->v4.saddr || ip_fast_csum(ip_hdr(skb), 5) ||
	    ntohs(ip_hdr(skb)->tot_len) != skb->len :
	    memcmp(&ipv6_hdr(skb)->saddr, &headers->v6.saddr, sizeof(headers->v6.saddr)) ||
	    ntohs(ipv6_hdr(skb)->payload_len) != skb->len - in_front)
		return false;
	return udp->source == headers->udp.source && ntohs(udp->len) == sizeof(*udp) + len &&
	       !checksum(headers, udp, sizeof(*udp) + len) &&
	       !memchr_inv(udp + 1, number, len);
}

static bool __init try_apart(struct wgr_run_headers *headers)
{
	struct sk_buff *head = try_whole(headers), *segs, *skb;
	bool good = true;
	int n = 0;

	if (!head)
		return false;
	translate(head, headers);
	segs = skb_gso_segment(head, 0);
	if (IS_ERR_OR_NULL(segs)) {
		kfree_skb(head);
		return false;
	}
	consume_skb(head);
	for (skb = segs; skb; skb = skb->next)
		good &= n < TRY_COUNT && right(skb, headers, n++);
	kfree_skb_list(segs);
	return good && n == TRY_COUNT;
}

void __init wgr_run_setup(void)
{
	struct wgr_run_headers v4 = {
		.family = AF_INET,
		.v4 = {
			.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP,
			.saddr = htonl(INADDR_LOOPBACK), .daddr = htonl(INADDR_LOOPBACK + 1),
		},
		.udp = { .source = htons(1), .dest = htons(2) },
	};
	struct wgr_run_headers v6 = {
		.family = AF_INET6,
		.v6 = {
			.version = 6, .nexthdr = IPPROTO_UDP, .hop_limit = 64,
			.saddr = IN6ADDR_LOOPBACK_INIT, .daddr = IN6ADDR_LOOPBACK_INIT,
		},
		.udp = { .source = htons(1), .dest = htons(2) },
	};

	works4 = try_apart(&v4);
	works6 = IS_ENABLED(CONFIG_IPV6) && try_apart(&v6);
	if (!works4 || (IS_ENABLED(CONFIG_IPV6) && !works6))
		pr_info("wireguard: this kernel gets datagrams one at a time over %s: it does not take apart what holds many\n",
			works4 ? "IPv6" : works6 ? "IPv4" : "IPv4 and IPv6");
}
