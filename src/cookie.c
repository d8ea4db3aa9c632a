// SPDX-License-Identifier: GPL-2.0
/*
 * cookie.c - mac1, mac2 and cookie replies: proof of address under load.
 *
 * mac1 shows that the sender knows whom it writes to and is on every handshake
 * message. A device under load answers with a cookie instead of a handshake;
 * mac2, made with that cookie, then shows that the sender gets what is sent to
 * its address. The cookie is a function of the address, so none has to be kept.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/ktime.h>
#include <linux/random.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <linux/udp.h>
#include <crypto/blake2s.h>
#include <crypto/chacha20poly1305.h>
#include <crypto/utils.h>

#include "cookie.h"
#include "device.h"
#include "peer.h"
#include "session.h"

#define LABEL_LEN	8

/* How long a secret makes cookies, and cookies made with it are honoured. */
#define SECRET_S	120

/* A cookie is put away while it may still be honoured on its arrival. */
#define COOKIE_S	(SECRET_S - 5)

static void derive_key(u8 key[WGR_KEY_LEN], const char label[LABEL_LEN + 1],
		       const u8 public[WGR_KEY_LEN])
{
	struct blake2s_ctx blake;

	blake2s_init(&blake, WGR_KEY_LEN);
	blake2s_update(&blake, label, LABEL_LEN);
	blake2s_update(&blake, public, WGR_KEY_LEN);
	blake2s_final(&blake, key);
}

/* The two macs at the end of a message of @len bytes. */
static size_t macs_at(size_t len)
{
	return len - sizeof(struct wgr_msg_macs);
}

static void make_mac1(u8 mac[WGR_MAC_LEN], const u8 key[WGR_KEY_LEN],
		      const void *msg, size_t len)
{
	blake2s(key, WGR_KEY_LEN, msg, macs_at(len), mac, WGR_MAC_LEN);
}

/* Unlike mac1 it covers the other mac. */
static void make_mac2(u8 mac[WGR_MAC_LEN], const u8 cookie[WGR_COOKIE_LEN],
		      const void *msg, size_t len)
{
	blake2s(cookie, WGR_COOKIE_LEN, msg,
		macs_at(len) + offsetof(struct wgr_msg_macs, mac2), mac, WGR_MAC_LEN);
}

/* The cookie of the address and port that @skb came from. */
static void make_cookie(u8 cookie[WGR_COOKIE_LEN],
			const struct wgr_cookie_checker *checker,
			const struct sk_buff *skb)
{
	__be16 port = udp_hdr(skb)->source;
	struct blake2s_ctx blake;

	blake2s_init_key(&blake, WGR_COOKIE_LEN, checker->secret,
			 sizeof(checker->secret));
	if (ip_hdr(skb)->version == 4)
		blake2s_update(&blake, (const u8 *)&ip_hdr(skb)->saddr,
			       sizeof(struct in_addr));
	else
		blake2s_update(&blake, (const u8 *)&ipv6_hdr(skb)->saddr,
			       sizeof(struct in6_addr));
	blake2s_update(&blake, (const u8 *)&port, sizeof(port));
	blake2s_final(&blake, cookie);
}

static bool secret_in_force(const struct wgr_cookie_checker *checker)
{
	return checker->secret_birth_ns &&
	       !wgr_has_aged(checker->secret_birth_ns, SECRET_S);
}

/* Takes the lock for reading, with a secret that is in force. */
static void lock_with_secret(struct wgr_cookie_checker *checker)
{
	down_read(&checker->lock);
	if (secret_in_force(checker))
		return;
	up_read(&checker->lock);

	down_write(&checker->lock);
	if (!secret_in_force(checker)) {
		get_random_bytes(checker->secret, sizeof(checker->secret));
		checker->secret_birth_ns = ktime_get_coarse_boottime_ns();
	}
	downgrade_write(&checker->lock);
}

void wgr_cookie_checker_init(struct wgr_cookie_checker *checker)
{
	memset(checker, 0, sizeof(*checker));
	init_rwsem(&checker->lock);
}

void wgr_cookie_checker_set_key(struct wgr_cookie_checker *checker,
				const u8 *public)
{
	down_write(&checker->lock);
	checker->keyed = public;
	if (public) {
		derive_key(checker->mac1_key, "mac1----", public);
		derive_key(checker->seal_key, "cookie--", public);
	} else {
		memzero_explicit(checker->mac1_key, sizeof(checker->mac1_key));
		memzero_explicit(checker->seal_key, sizeof(checker->seal_key));
	}
	up_write(&checker->lock);
}

void wgr_cookie_jar_init(struct wgr_cookie_jar *jar,
			 const u8 public[WGR_KEY_LEN])
{
	memset(jar, 0, sizeof(*jar));
	mutex_init(&jar->lock);
	derive_key(jar->mac1_key, "mac1----", public);
	derive_key(jar->open_key, "cookie--", public);
}

void wgr_cookie_stamp(struct wgr_cookie_jar *jar, void *msg, size_t len)
{
	struct wgr_msg_macs *macs = msg + macs_at(len);

	mutex_lock(&jar->lock);
	make_mac1(macs->mac1, jar->mac1_key, msg, len);
	memcpy(jar->last_mac1, macs->mac1, sizeof(jar->last_mac1));
	jar->awaiting = true;

	if (jar->cookie_birth_ns && !wgr_has_aged(jar->cookie_birth_ns, COOKIE_S))
		make_mac2(macs->mac2, jar->cookie, msg, len);
	else
		memset(macs->mac2, 0, sizeof(macs->mac2));
	mutex_unlock(&jar->lock);
}

/* True if mac2 was made with the cookie of the address @skb came from. */
static bool mac2_is_right(const struct wgr_cookie_checker *checker,
			  const void *msg, size_t len,
			  const struct sk_buff *skb)
{
	const struct wgr_msg_macs *macs = msg + macs_at(len);
	u8 cookie[WGR_COOKIE_LEN];
	u8 right[WGR_MAC_LEN];

	/* Without this, the first secret of all would be known: zero. */
	if (!secret_in_force(checker))
		return false;

	make_cookie(cookie, checker, skb);
	make_mac2(right, cookie, msg, len);
	memzero_explicit(cookie, sizeof(cookie));
	return !crypto_memneq(macs->mac2, right, sizeof(right));
}

enum wgr_cookie_verdict wgr_cookie_check(struct wgr_cookie_checker *checker,
					 const void *msg, size_t len,
					 const struct sk_buff *skb,
					 bool want_mac2)
{
	const struct wgr_msg_macs *macs = msg + macs_at(len);
	enum wgr_cookie_verdict verdict = WGR_COOKIE_BAD;
	u8 right[WGR_MAC_LEN];

	down_read(&checker->lock);
	if (checker->keyed) {
		make_mac1(right, checker->mac1_key, msg, len);
		if (!crypto_memneq(macs->mac1, right, sizeof(right)))
			verdict = WGR_COOKIE_MAC1;
	}
	if (verdict == WGR_COOKIE_MAC1 && want_mac2 &&
	    mac2_is_right(checker, msg, len, skb))
		verdict = WGR_COOKIE_MAC2;
	up_read(&checker->lock);
	return verdict;
}

void wgr_cookie_make_reply(struct wgr_cookie_checker *checker,
			   struct wgr_msg_cookie *reply, const void *msg,
			   size_t len, const struct sk_buff *skb,
			   __le32 sender)
{
	const struct wgr_msg_macs *macs = msg + macs_at(len);
	u8 cookie[WGR_COOKIE_LEN];

	reply->head.type = cpu_to_le32(WGR_MSG_COOKIE);
	reply->receiver = sender;
	get_random_bytes_wait(reply->nonce, sizeof(reply->nonce));

	lock_with_secret(checker);
	make_cookie(cookie, checker, skb);
	xchacha20poly1305_encrypt(reply->sealed_cookie, cookie, sizeof(cookie),
				  macs->mac1, sizeof(macs->mac1), reply->nonce,
				  checker->seal_key);
	up_read(&checker->lock);
	memzero_explicit(cookie, sizeof(cookie));
}

void wgr_cookie_read_reply(struct wgr_device *wgr,
			   const struct wgr_msg_cookie *msg)
{
	struct wgr_session *session = wgr_session_find(wgr, msg->receiver);
	struct wgr_cookie_jar *jar;
	u8 cookie[WGR_COOKIE_LEN];

	if (!session)
		return;

	jar = &session->peer->jar;
	mutex_lock(&jar->lock);
	if (jar->awaiting &&
	    xchacha20poly1305_decrypt(cookie, msg->sealed_cookie,
				      sizeof(msg->sealed_cookie), jar->last_mac1,
				      sizeof(jar->last_mac1), msg->nonce,
				      jar->open_key)) {
		memcpy(jar->cookie, cookie, sizeof(jar->cookie));
		jar->cookie_birth_ns = ktime_get_coarse_boottime_ns();
		jar->awaiting = false;
	}
	mutex_unlock(&jar->lock);
	memzero_explicit(cookie, sizeof(cookie));
	wgr_session_put(session);
}
