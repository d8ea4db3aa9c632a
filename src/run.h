/* SPDX-License-Identifier: GPL-2.0 */
/*
 * run.h - datagrams to one peer that go down the network stack together.
 *
 * One packet carries the others in its frag_list (SKB_GSO_UDP_L4 with
 * SKB_GSO_FRAGLIST), each with headers of its own. Routing, netfilter and queues
 * see it once; a device that cannot send it has it taken apart, without copying.
 * No hardware is asked to cut anything.
 */
#ifndef WGR_RUN_H
#define WGR_RUN_H

#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/types.h>
#include <linux/udp.h>

struct dst_entry;
struct net;
struct sock;

/**
 * struct wgr_run - datagrams that are alike
 * @first: linked through ->next; NULL for none
 * @last: the end of them
 * @count: how many
 * @bytes: sum of their lengths, without UDP and IP headers
 */
struct wgr_run {
	struct sk_buff *first;
	struct sk_buff *last;
	unsigned int count;
	unsigned int bytes;
};

/**
 * struct wgr_run_headers - what is in front of each datagram of a run
 * @family: AF_INET or AF_INET6
 * @v4: IPv4 header, without length, identification and checksum
 * @v6: IPv6 header, without length
 * @udp: UDP header, without length and checksum
 */
struct wgr_run_headers {
	sa_family_t family;
	union {
		struct iphdr v4;
		struct ipv6hdr v6;
	};
	struct udphdr udp;
};

/* Finds out whether this kernel takes runs apart as it should; once. */
void wgr_run_setup(void);

/* Waits until what was sent has been freed, but no longer than a second. */
void wgr_run_settle(void);

/**
 * wgr_run_takes() - may a datagram follow in the run?
 * @run: has one at least
 * @skb: linear and not shared, as all of the run
 *
 * All but the last are of one length, of one flow and of one socket.
 */
bool wgr_run_takes(const struct wgr_run *run, const struct sk_buff *skb);
void wgr_run_add(struct wgr_run *run, struct sk_buff *skb);
/* The first datagram, which is in the run no more; NULL when it is empty. */
struct sk_buff *wgr_run_pop(struct wgr_run *run);

/**
 * wgr_run_together() - may the run go as one packet?
 * @run: what is to be sent
 * @dst: the route
 * @family: AF_INET or AF_INET6
 *
 * Not where one datagram would have to be fragmented, where something on the way
 * changes headers that it would find in the first datagram only, nor where the
 * device's queue may shape what leaves.
 */
bool wgr_run_together(const struct wgr_run *run, const struct dst_entry *dst, sa_family_t family);

/**
 * wgr_run_send() - send the run as one packet
 * @run: two datagrams at least; taken unless -ENOMEM is returned
 * @dst: the route; its reference is taken with the run
 * @sk: the tunnel's socket
 * @headers: what each datagram gets
 *
 * Return: as ip_local_out() does; -ENOMEM when nothing was done.
 */
int wgr_run_send(struct wgr_run *run, struct dst_entry *dst, struct sock *sk,
		 const struct wgr_run_headers *headers);

#endif
