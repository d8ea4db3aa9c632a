/* SPDX-License-Identifier: GPL-2.0 */
/*
 * merge.h - data messages of one session go up to their socket together.
 *
 * Where the device below collects what it receives (GRO), datagrams that came one
 * right after the other are chained, as they are, and take one trip through
 * netfilter, routing and the look-up of the socket. There the kernel takes the chain
 * apart, so that each is judged alone as if it had come alone. Nothing is copied, and
 * the kernel can send the chain on, in single datagrams, if it is not for here
 * after all.
 */
#ifndef WGR_MERGE_H
#define WGR_MERGE_H

#include <linux/types.h>

struct list_head;
struct sk_buff;
struct sock;

/* Whether new sockets are to do so: the module's parameter "merge". */
bool wgr_merge_wanted(void);

/**
 * wgr_merge_receive() - look whether a datagram goes with one before it
 * @sk: socket that both are for
 * @head: datagrams that have come just before; those of the same flow are marked
 * @skb: datagram, with its GRO offset behind the UDP header
 *
 * Context: softirqs disabled, RCU read section.
 * Return: which of @head has to go up now, or NULL.
 */
struct sk_buff *wgr_merge_receive(struct sock *sk, struct list_head *head,
				  struct sk_buff *skb);

#endif
