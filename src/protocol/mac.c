// SPDX-License-Identifier: GPL-2.0
/* mac.c - mac1, mac2 and cookie replies: proof of address under load. */
#include "mac.h"

#include "limits.h"

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
	blake2s_update(&blake, (const u8 *)label, LABEL_LEN);
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

/* The cookie of an address and port. */
static void make_cookie(u8 cookie[WGR_COOKIE_LEN], const struct wgr_checker *checker,
			const struct wgr_source *source)
{
	blake2s(checker->secret, sizeof(checker->secret), source->bytes, source->len,
		cookie, WGR_COOKIE_LEN);
}

void wgr_checker_set_key(struct wgr_checker *checker, const u8 *public)
{
	checker->keyed = public;
	if (public) {
		derive_key(checker->mac1_key, "mac1----", public);
		derive_key(checker->seal_key, "cookie--", public);
	} else {
		memzero_explicit(checker->mac1_key, sizeof(checker->mac1_key));
		memzero_explicit(checker->seal_key, sizeof(checker->seal_key));
	}
}

bool wgr_checker_has_secret(const struct wgr_checker *checker, u64 now_ns)
{
	return checker->secret_birth_ns &&
	       !wgr_aged(checker->secret_birth_ns, SECRET_S, now_ns);
}

void wgr_checker_renew(struct wgr_checker *checker, u64 now_ns)
{
	get_random_bytes(checker->secret, sizeof(checker->secret));
	checker->secret_birth_ns = now_ns;
}

/* True if mac2 was made with the cookie of the address it came from. */
static bool mac2_is_right(const struct wgr_checker *checker, const void *msg, size_t len,
			  const struct wgr_source *source, u64 now_ns)
{
	const struct wgr_msg_macs *macs = msg + macs_at(len);
	u8 cookie[WGR_COOKIE_LEN];
	u8 right[WGR_MAC_LEN];

	/* Without this, the first secret of all would be known: zero. */
	if (!wgr_checker_has_secret(checker, now_ns))
		return false;

	make_cookie(cookie, checker, source);
	make_mac2(right, cookie, msg, len);
	memzero_explicit(cookie, sizeof(cookie));
	return !crypto_memneq(macs->mac2, right, sizeof(right));
}

static bool mac1_is_right(const struct wgr_checker *checker, const void *msg, size_t len)
{
	const struct wgr_msg_macs *macs = msg + macs_at(len);
	u8 right[WGR_MAC_LEN];

	if (!checker->keyed)
		return false;
	make_mac1(right, checker->mac1_key, msg, len);
	return !crypto_memneq(macs->mac1, right, sizeof(right));
}

enum wgr_mac_verdict wgr_mac_check(const struct wgr_checker *checker, const void *msg, size_t len,
			       const struct wgr_source *source, bool want_mac2, u64 now_ns)
{
	if (!mac1_is_right(checker, msg, len))
		return WGR_MAC_BAD;
	if (want_mac2 && mac2_is_right(checker, msg, len, source, now_ns))
		return WGR_MAC_2;
	return WGR_MAC_1;
}

enum wgr_admission wgr_mac_admission(enum wgr_mac_verdict verdict, bool loaded)
{
	if (verdict == WGR_MAC_BAD)
		return WGR_REFUSE;
	if (!loaded)
		return WGR_ADMIT;
	return verdict == WGR_MAC_2 ? WGR_ADMIT_LIMITED : WGR_GIVE_COOKIE;
}

void wgr_cookie_reply(const struct wgr_checker *checker, struct wgr_msg_cookie *reply,
		      const void *msg, size_t len, const struct wgr_source *source,
		      __le32 sender)
{
	const struct wgr_msg_macs *macs = msg + macs_at(len);
	u8 cookie[WGR_COOKIE_LEN];

	reply->head.type = cpu_to_le32(WGR_MSG_COOKIE);
	reply->receiver = sender;
	get_random_bytes(reply->nonce, sizeof(reply->nonce));
	make_cookie(cookie, checker, source);
	xchacha20poly1305_encrypt(reply->sealed_cookie, cookie, sizeof(cookie),
				  macs->mac1, sizeof(macs->mac1), reply->nonce,
				  checker->seal_key);
	memzero_explicit(cookie, sizeof(cookie));
}

void wgr_jar_init(struct wgr_jar *jar, const u8 public[WGR_KEY_LEN])
{
	memset(jar, 0, sizeof(*jar));
	derive_key(jar->mac1_key, "mac1----", public);
	derive_key(jar->open_key, "cookie--", public);
}

void wgr_jar_stamp(struct wgr_jar *jar, void *msg, size_t len, u64 now_ns)
{
	struct wgr_msg_macs *macs = msg + macs_at(len);

	make_mac1(macs->mac1, jar->mac1_key, msg, len);
	memcpy(jar->last_mac1, macs->mac1, sizeof(jar->last_mac1));
	jar->awaiting = true;

	if (jar->cookie_birth_ns && !wgr_aged(jar->cookie_birth_ns, COOKIE_S, now_ns))
		make_mac2(macs->mac2, jar->cookie, msg, len);
	else
		memset(macs->mac2, 0, sizeof(macs->mac2));
}

bool wgr_jar_take(struct wgr_jar *jar, const struct wgr_msg_cookie *msg, u64 now_ns)
{
	u8 cookie[WGR_COOKIE_LEN];

	if (!jar->awaiting ||
	    !xchacha20poly1305_decrypt(cookie, msg->sealed_cookie, sizeof(msg->sealed_cookie),
				       jar->last_mac1, sizeof(jar->last_mac1), msg->nonce,
				       jar->open_key))
		return false;
	memcpy(jar->cookie, cookie, sizeof(jar->cookie));
	jar->cookie_birth_ns = now_ns;
	jar->awaiting = false;
	memzero_explicit(cookie, sizeof(cookie));
	return true;
}
