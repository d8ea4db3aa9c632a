// SPDX-License-Identifier: GPL-2.0
/* merge.c - data messages of one session go up to their socket together. */
#include "merge.h"

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/moduleparam.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/gro.h>
#include <net/ip.h>
#include <net/udp.h>

#include "protocol/messages.h"

/* Datagrams in a chain, as many as the kernel's own chains have. */
#define MOST 64

/* What is read of a datagram: its headers, and which session it is of. */
#define SEEN	(sizeof(struct wgr_msg_header) + sizeof(__le32))
#define HEADERS_MOST	(sizeof(struct ipv6hdr) + sizeof(struct udphdr))

static bool merge = true;
module_param(merge, bool, 0644);
MODULE_PARM_DESC(merge, "Datagrams that a device has collected go up to the sockets of interfaces brought up from now on together; off where a device or kernel gets that wrong (default on)");

bool wgr_merge_wanted(void)
{
	return READ_ONCE(merge);
}

/* Bytes of the headers before our message, as far as such datagrams are merged. */
static unsigned int headers_len(const struct sock *sk)
{
	return sizeof(struct udphdr) + (sk->sk_family == AF_INET ? sizeof(struct iphdr) :
								    sizeof(struct ipv6hdr));
}

static const struct udphdr *udp_at(const struct sock *sk, const u8 *headers)
{
	return (const void *)(headers + headers_len(sk) - sizeof(struct udphdr));
}

static const struct wgr_msg_data *message_at(const struct sock *sk, const u8 *headers)
{
	return (const void *)(headers + headers_len(sk));
}

/* Right before the UDP header: no options and no further headers. */
static bool plain_ip(const struct sock *sk, const u8 *headers)
{
	const struct ipv6hdr *ip6 = (const void *)headers;
	const struct iphdr *ip = (const void *)headers;

	if (sk->sk_family == AF_INET)
		return ip->version == 4 && ip->ihl == 5 && ip->protocol == IPPROTO_UDP;
	return ip6->version == 6 && ip6->nexthdr == IPPROTO_UDP;
}

/* The stack and the far ends see one header for all: what each says there counts. */
static bool same_ip(const struct sock *sk, const u8 *a, const u8 *b)
{
	const struct ipv6hdr *a6 = (const void *)a, *b6 = (const void *)b;
	const struct iphdr *a4 = (const void *)a, *b4 = (const void *)b;

	if (sk->sk_family == AF_INET)
		return a4->tos == b4->tos && a4->ttl == b4->ttl &&
		       a4->frag_off == b4->frag_off &&
		       a4->saddr == b4->saddr && a4->daddr == b4->daddr;
	return !memcmp(a6, b6, sizeof(__be32)) && a6->hop_limit == b6->hop_limit &&
	       ipv6_addr_equal(&a6->saddr, &b6->saddr) &&
	       ipv6_addr_equal(&a6->daddr, &b6->daddr);
}

static bool is_data(const struct sock *sk, const u8 *headers, const struct sk_buff *skb)
{
	unsigned int len = skb_gro_len(skb);

	return plain_ip(sk, headers) && len >= WGR_MSG_DATA_MIN &&
	       ntohs(udp_at(sk, headers)->len) == len + sizeof(struct udphdr) &&
	       message_at(sk, headers)->head.type == cpu_to_le32(WGR_MSG_DATA);
}

/*
 * Whether @skb may follow in the chain that @first begins. The first one is the
 * longest: the path's MTU is compared with it alone if they are sent on.
 */
static bool fits(const struct sock *sk, struct sk_buff *first, const u8 *headers,
		 const struct sk_buff *skb)
{
	const u8 *before = first->data + skb_gro_offset(skb) - headers_len(sk);

	return NAPI_GRO_CB(first)->is_flist && NAPI_GRO_CB(first)->count < MOST &&
	       first->len + skb_gro_len(skb) <= IP_MAX_MTU &&
	       first->ip_summed == skb->ip_summed &&
	       skb_gro_len(skb) <= skb_shinfo(first)->gso_size &&
	       same_ip(sk, before, headers) &&
	       message_at(sk, before)->receiver == message_at(sk, headers)->receiver;
}

/* Appends it; from then on its data begins behind its headers. */
static bool chain(const struct sock *sk, struct sk_buff *first, struct sk_buff *skb)
{
	unsigned int offset = skb_gro_offset(skb);
	struct sk_buff *last = NAPI_GRO_CB(first)->last;

	if (!pskb_may_pull(skb, offset))
		return false;
	/* Not before a tag of a VLAN, which the first one will have lost. */
	skb_set_network_header(skb, offset - headers_len(sk));
	skb_set_transport_header(skb, offset - sizeof(struct udphdr));
	skb_orphan(skb);
	__skb_pull(skb, offset);
	if (last == first)
		skb_shinfo(first)->frag_list = skb;
	else
		last->next = skb;
	NAPI_GRO_CB(first)->last = skb;
	NAPI_GRO_CB(first)->count++;
	first->len += skb->len;
	first->data_len += skb->len;
	first->truesize += skb->truesize;
	NAPI_GRO_CB(skb)->same_flow = 1;
	return true;
}

/*
 * Waits for more. The kernel ends a chain as it ends its own ones, which leaves headers
 * and checksums of all as they came, unless it takes it for another tunnel's.
 */
static void begin_chain(struct sk_buff *skb)
{
	NAPI_GRO_CB(skb)->is_flist = 1;
	NAPI_GRO_CB(skb)->encap_mark = 0;
}

static struct sk_buff *flow_of(struct list_head *head)
{
	struct sk_buff *p;

	list_for_each_entry(p, head, list) {
		if (NAPI_GRO_CB(p)->same_flow)
			return p;
	}
	return NULL;
}

struct sk_buff *wgr_merge_receive(struct sock *sk, struct list_head *head,
				  struct sk_buff *skb)
{
	int offset = skb_gro_offset(skb) - headers_len(sk);
	struct sk_buff *first = flow_of(head);
	u8 room[HEADERS_MOST + SEEN] __aligned(4);
	const u8 *headers = NULL;

	if (offset >= 0 && !NAPI_GRO_CB(skb)->flush)
		headers = skb_header_pointer(skb, offset, headers_len(sk) + SEEN, room);
	/* What goes up at once must not pass what waits. */
	if (!headers || !is_data(sk, headers, skb)) {
		NAPI_GRO_CB(skb)->flush = 1;
		return first;
	}
	if (first && fits(sk, first, headers, skb) && chain(sk, first, skb))
		return NAPI_GRO_CB(first)->count == MOST ? first : NULL;
	begin_chain(skb);
	return first;
}
