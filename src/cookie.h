/* SPDX-License-Identifier: GPL-2.0 */
/* cookie.h - mac1, mac2 and cookie replies: proof of address under load. */
#ifndef WGR_COOKIE_H
#define WGR_COOKIE_H

#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/types.h>

#include "protocol/messages.h"
#include "wgr.h"

/**
 * struct wgr_cookie_checker - what a device needs to check macs and give cookies
 * @lock: guards the rest; innermost
 * @keyed: there is a public key; without one no mac can be right
 * @mac1_key: key of mac1 on messages to us, from our public key
 * @seal_key: key that seals our cookie replies, from our public key
 * @secret: makes cookies out of addresses; first made when one is asked for,
 *	new when the next one is asked for 2 minutes later
 * @secret_birth_ns: boot time clock, 0 for no secret yet
 */
struct wgr_cookie_checker {
	struct rw_semaphore lock;
	bool keyed;
	u8 mac1_key[WGR_KEY_LEN];
	u8 seal_key[WGR_KEY_LEN];
	u8 secret[WGR_HASH_LEN];
	u64 secret_birth_ns;
};

/**
 * struct wgr_cookie_jar - what a peer needs to put macs on messages to it
 * @lock: guards the rest; innermost
 * @mac1_key: key of mac1 on messages to the peer, from its public key
 * @open_key: key that opens the peer's cookie replies
 * @cookie: the cookie received last
 * @cookie_birth_ns: when it came (boot time clock), 0 for none
 * @last_mac1: mac1 of the message sent last; a cookie reply must answer it
 * @awaiting: a message has been sent that no cookie reply has answered yet
 */
struct wgr_cookie_jar {
	struct mutex lock;
	u8 mac1_key[WGR_KEY_LEN];
	u8 open_key[WGR_KEY_LEN];
	u8 cookie[WGR_COOKIE_LEN];
	u64 cookie_birth_ns;
	u8 last_mac1[WGR_MAC_LEN];
	bool awaiting;
};

enum wgr_cookie_verdict {
	WGR_COOKIE_BAD,		/* mac1 is wrong: not for us, say nothing */
	WGR_COOKIE_MAC1,	/* mac1 right, mac2 absent or wrong */
	WGR_COOKIE_MAC2,	/* the sender owns its address */
};

/* All of these run in process context. */

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
 * @msg: linear handshake message, its macs last
 * @len: of the whole message in bytes
 * @skb: its outer IP and UDP headers (network_header, transport_header) give
 *	source address and port
 * @want_mac2: we are under load, so mac2 is worth checking
 *
 * Return: WGR_COOKIE_MAC2 only with @want_mac2.
 */
enum wgr_cookie_verdict wgr_cookie_check(struct wgr_cookie_checker *checker,
					 const void *msg, size_t len,
					 const struct sk_buff *skb,
					 bool want_mac2);

/**
 * wgr_cookie_make_reply() - a cookie for the sender of a handshake message
 * @checker: of the device
 * @reply: filled
 * @msg: the message, its macs last
 * @len: of it in bytes
 * @skb: as above
 * @sender: sender index in the message
 */
void wgr_cookie_make_reply(struct wgr_cookie_checker *checker,
			   struct wgr_msg_cookie *reply, const void *msg,
			   size_t len, const struct sk_buff *skb,
			   __le32 sender);

/**
 * wgr_cookie_read_reply() - keep the cookie a peer sent us
 * @wgr: device it arrived on; the receiver index in it names the peer
 * @msg: the reply
 *
 * It is ignored unless it answers the last message to that peer and no other
 * reply has answered that one.
 */
void wgr_cookie_read_reply(struct wgr_device *wgr,
			   const struct wgr_msg_cookie *msg);

#endif
