// SPDX-License-Identifier: GPL-2.0
/* cookie.c - mac1, mac2 and cookie replies, with the locks around them. */
#include "cookie.h"

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/udp.h>

#include "wgr.h"

static void add_bytes(struct wgr_source *source, const void *bytes, size_t len)
{
	memcpy(source->bytes + source->len, bytes, len);
	source->len += len;
}

static struct wgr_source source_of(const struct sk_buff *skb)
{
	struct wgr_source source = { .len = 0 };

	if (ip_hdr(skb)->version == 4)
		add_bytes(&source, &ip_hdr(skb)->saddr, sizeof(struct in_addr));
	else
		add_bytes(&source, &ipv6_hdr(skb)->saddr, sizeof(struct in6_addr));
	add_bytes(&source, &udp_hdr(skb)->source, sizeof(__be16));
	return source;
}

/* Takes the lock for reading, with a secret that is in force. */
static void lock_with_secret(struct wgr_cookie_checker *checker)
{
	down_read(&checker->lock);
	if (wgr_checker_has_secret(&checker->checker, wgr_now_ns()))
		return;
	up_read(&checker->lock);

	down_write(&checker->lock);
	if (!wgr_checker_has_secret(&checker->checker, wgr_now_ns()))
		wgr_checker_renew(&checker->checker, wgr_now_ns());
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
	wgr_checker_set_key(&checker->checker, public);
	up_write(&checker->lock);
}

void wgr_cookie_jar_init(struct wgr_cookie_jar *jar,
			 const u8 public[WGR_KEY_LEN])
{
	mutex_init(&jar->lock);
	wgr_jar_init(&jar->jar, public);
}

void wgr_cookie_stamp(struct wgr_cookie_jar *jar, void *msg, size_t len)
{
	mutex_lock(&jar->lock);
	wgr_jar_stamp(&jar->jar, msg, len, wgr_now_ns());
	mutex_unlock(&jar->lock);
}

enum wgr_mac_verdict wgr_cookie_check(struct wgr_cookie_checker *checker,
				  const struct sk_buff *skb, bool want_mac2)
{
	const struct wgr_source source = source_of(skb);
	enum wgr_mac_verdict verdict;

	down_read(&checker->lock);
	verdict = wgr_mac_check(&checker->checker, skb->data, skb->len, &source, want_mac2,
				wgr_now_ns());
	up_read(&checker->lock);
	return verdict;
}

void wgr_cookie_make_reply(struct wgr_cookie_checker *checker,
			   struct wgr_msg_cookie *reply, const struct sk_buff *skb,
			   __le32 sender)
{
	const struct wgr_source source = source_of(skb);

	lock_with_secret(checker);
	wgr_cookie_reply(&checker->checker, reply, skb->data, skb->len, &source, sender);
	up_read(&checker->lock);
}

void wgr_cookie_take(struct wgr_cookie_jar *jar, const struct wgr_msg_cookie *msg)
{
	mutex_lock(&jar->lock);
	wgr_jar_take(&jar->jar, msg, wgr_now_ns());
	mutex_unlock(&jar->lock);
}
