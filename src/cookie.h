/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cookie.h - mac1, mac2 and cookie replies, with the locks around them.
 *
 * All of these run in process context. The locks are innermost.
 */
#ifndef WGR_COOKIE_H
#define WGR_COOKIE_H

#include <linux/mutex.h>
#include <linux/rwsem.h>

#include "protocol/mac.h"

struct sk_buff;

/**
 * struct wgr_cookie_checker - what a device needs to check macs and give cookies
 * @lock: guards @checker
 * @checker: keys, and the secret: first made when a cookie is asked for, new when
 *	the next one is asked for 2 minutes later
 */
struct wgr_cookie_checker {
	struct rw_semaphore lock;
	struct wgr_checker checker;
};

/**
 * struct wgr_cookie_jar - what a peer needs to put macs on messages to it
 * @lock: guards @jar
 * @jar: keys, and the cookie received last
 */
struct wgr_cookie_jar {
	struct mutex lock;
	struct wgr_jar jar;
};

/* A device without a key. */
void wgr_cookie_checker_init(struct wgr_cookie_checker *checker);

/* The device's public key changed (NULL: no identity). */
void wgr_cookie_checker_set_key(struct wgr_cookie_checker *checker,
				const u8 *public);

/* The jar of a new peer with this public key. */
void wgr_cookie_jar_init(struct wgr_cookie_jar *jar,
			 const u8 public[WGR_KEY_LEN]);

/**
 * wgr_cookie_stamp() - put mac1, and mac2 while there is a cookie, on a message
 * @jar: of the peer it goes to
 * @msg: a handshake message, its macs last
 * @len: of the whole message in bytes
 */
void wgr_cookie_stamp(struct wgr_cookie_jar *jar, void *msg, size_t len);

/**
 * wgr_cookie_check() - judge the macs of a handshake message
 * @checker: of the device
 * @skb: the message, linear, its macs last; its outer IP and UDP headers
 *	(network_header, transport_header) give source address and port
 * @want_mac2: we are under load, so mac2 is worth checking
 *
 * Return: WGR_MAC_2 only with @want_mac2.
 */
enum wgr_mac_verdict wgr_cookie_check(struct wgr_cookie_checker *checker,
				  const struct sk_buff *skb, bool want_mac2);

/**
 * wgr_cookie_make_reply() - a cookie for the sender of a handshake message
 * @checker: of the device
 * @reply: filled
 * @skb: the message, as above
 * @sender: sender index in the message
 */
void wgr_cookie_make_reply(struct wgr_cookie_checker *checker,
			   struct wgr_msg_cookie *reply, const struct sk_buff *skb,
			   __le32 sender);

/* Keeps the cookie a peer sent us, if it answers the last message to that peer. */
void wgr_cookie_take(struct wgr_cookie_jar *jar, const struct wgr_msg_cookie *msg);

#endif
