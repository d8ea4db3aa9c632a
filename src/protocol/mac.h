/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mac.h - mac1, mac2 and cookie replies: proof of address under load.
 *
 * mac1 shows that the sender knows whom it writes to and is on every handshake
 * message. A machine under load answers with a cookie instead of a handshake;
 * mac2, made with that cookie, then shows that the sender gets what is sent to
 * its address. The cookie is a function of the address, so none has to be kept.
 *
 * All times are of the boot time clock.
 */
#ifndef WGR_PROTOCOL_MAC_H
#define WGR_PROTOCOL_MAC_H

#include "messages.h"

/**
 * struct wgr_checker - what it takes to check macs and give cookies
 * @keyed: there is a public key; without one no mac can be right
 * @mac1_key: key of mac1 on messages to us, from our public key
 * @seal_key: key that seals our cookie replies, from our public key
 * @secret: makes cookies out of addresses
 * @secret_birth_ns: 0 for no secret yet
 *
 * All zeros is a checker without a key.
 */
struct wgr_checker {
	bool keyed;
	u8 mac1_key[WGR_KEY_LEN];
	u8 seal_key[WGR_KEY_LEN];
	u8 secret[WGR_HASH_LEN];
	u64 secret_birth_ns;
};

/**
 * struct wgr_jar - what it takes to put macs on messages to a peer
 * @mac1_key: key of mac1 on messages to the peer, from its public key
 * @open_key: key that opens the peer's cookie replies
 * @cookie: the cookie received last
 * @cookie_birth_ns: when it came, 0 for none
 * @last_mac1: mac1 of the message sent last; a cookie reply must answer it
 * @awaiting: a message has been sent that no cookie reply has answered yet
 */
struct wgr_jar {
	u8 mac1_key[WGR_KEY_LEN];
	u8 open_key[WGR_KEY_LEN];
	u8 cookie[WGR_COOKIE_LEN];
	u64 cookie_birth_ns;
	u8 last_mac1[WGR_MAC_LEN];
	bool awaiting;
};

/* The longest: an IPv6 address and a port. */
#define WGR_SOURCE_MAX	18

/**
 * struct wgr_source - where a message came from
 * @bytes: address and port, in network order
 * @len: of @bytes: 6 with IPv4, 18 with IPv6
 */
struct wgr_source {
	u8 bytes[WGR_SOURCE_MAX];
	u8 len;
};

enum wgr_mac_verdict {
	WGR_MAC_BAD,		/* mac1 is wrong: not for us, say nothing */
	WGR_MAC_1,		/* mac1 right, mac2 absent or wrong */
	WGR_MAC_2,		/* the sender owns its address */
};

/* What becomes of a handshake message. */
enum wgr_admission {
	WGR_REFUSE,		/* drop it, say nothing */
	WGR_ADMIT,		/* work on it */
	WGR_ADMIT_LIMITED,	/* if its address has not asked for too much */
	WGR_GIVE_COOKIE,	/* send a cookie instead */
};

/* Our public key changed (NULL: there is none). */
void wgr_checker_set_key(struct wgr_checker *checker, const u8 *public);

/**
 * wgr_mac_check() - judge the macs of a handshake message
 * @checker: ours
 * @msg: handshake message, its macs last
 * @len: of the whole message in bytes
 * @source: where it came from
 * @want_mac2: we are under load, so mac2 is worth checking
 * @now_ns: time
 *
 * Return: WGR_MAC_2 only with @want_mac2.
 */
enum wgr_mac_verdict wgr_mac_check(const struct wgr_checker *checker, const void *msg, size_t len,
			       const struct wgr_source *source, bool want_mac2, u64 now_ns);

/* What follows from a verdict, with or without load. */
enum wgr_admission wgr_mac_admission(enum wgr_mac_verdict verdict, bool loaded);

/* True if cookies may be made; else wgr_checker_renew() has to come first. */
bool wgr_checker_has_secret(const struct wgr_checker *checker, u64 now_ns);

/* A new secret to make cookies with: those given before are worth nothing now. */
void wgr_checker_renew(struct wgr_checker *checker, u64 now_ns);

/**
 * wgr_cookie_reply() - a cookie for the sender of a handshake message
 * @checker: ours; wgr_checker_has_secret() is true
 * @reply: filled
 * @msg: the message, its macs last
 * @len: of it in bytes
 * @source: where it came from
 * @sender: sender index in the message
 */
void wgr_cookie_reply(const struct wgr_checker *checker, struct wgr_msg_cookie *reply,
		      const void *msg, size_t len, const struct wgr_source *source,
		      __le32 sender);

/* The jar of a new peer with this public key. */
void wgr_jar_init(struct wgr_jar *jar, const u8 public[WGR_KEY_LEN]);

/**
 * wgr_jar_stamp() - put mac1, and mac2 while there is a cookie, on a message
 * @jar: of the peer it goes to
 * @msg: a handshake message, its macs last
 * @len: of the whole message in bytes
 * @now_ns: time
 */
void wgr_jar_stamp(struct wgr_jar *jar, void *msg, size_t len, u64 now_ns);

/**
 * wgr_jar_take() - keep the cookie a peer sent us
 * @jar: of the peer
 * @msg: the reply
 * @now_ns: time
 *
 * Return: false, and nothing has changed, unless it answers the last message to
 * that peer and no other reply has answered that one.
 */
bool wgr_jar_take(struct wgr_jar *jar, const struct wgr_msg_cookie *msg, u64 now_ns);

#endif
