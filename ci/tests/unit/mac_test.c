// SPDX-License-Identifier: GPL-2.0
/* Macs and cookies: what they are bound to, how long they last. SEED=n repeats a run. */
#include "port.h"
#include "protocol/mac.h"
#include "seed.h"
#include "tap.h"

#define S	1000000000ULL

static struct wgr_checker checker;	/* of the one under load */
static struct wgr_jar jar;		/* of the one who asks */
static struct wgr_msg_initiation msg;
static u64 now_ns;

static const struct wgr_source v4 = { .bytes = { 192, 0, 2, 1, 0xca, 0x6c }, .len = 6 };
static const struct wgr_source v6 = { .bytes = { 0x20, 1, 0xd, 0xb8, [15] = 1, 0xca, 0x6c }, .len = 18 };

static void begin(void)
{
	u8 public[WGR_KEY_LEN];

	memset(&checker, 0, sizeof(checker));
	get_random_bytes(public, sizeof(public));
	wgr_checker_set_key(&checker, public);
	wgr_jar_init(&jar, public);
	get_random_bytes(&msg, sizeof(msg));
	now_ns = 50 * S;
}

static void stamp(void)
{
	wgr_jar_stamp(&jar, &msg, sizeof(msg), now_ns);
}

static enum wgr_mac_verdict judged(const struct wgr_source *source, bool want_mac2)
{
	return wgr_mac_check(&checker, &msg, sizeof(msg), source, want_mac2, now_ns);
}

static void reply_to(const struct wgr_source *source, struct wgr_msg_cookie *reply)
{
	if (!wgr_checker_has_secret(&checker, now_ns))
		wgr_checker_renew(&checker, now_ns);
	wgr_cookie_reply(&checker, reply, &msg, sizeof(msg), source, cpu_to_le32(7));
}

static bool gets_cookie(const struct wgr_source *source)
{
	struct wgr_msg_cookie reply;

	stamp();
	reply_to(source, &reply);
	return wgr_jar_take(&jar, &reply, now_ns);
}

/* Where there is no key its place is zero, which anybody can make a mac1 with. */
static void make_mac1_of_nothing(void)
{
	const u8 zero[WGR_KEY_LEN] = { 0 };

	blake2s(zero, sizeof(zero), (u8 *)&msg, offsetof(struct wgr_msg_initiation, macs),
		msg.macs.mac1, WGR_MAC_LEN);
}

static void mac1(void)
{
	u8 other[WGR_KEY_LEN];
	size_t i;
	bool good = true;

	begin();
	stamp();
	tap_ok(judged(&v4, false) == WGR_MAC_1, "mac1 is right");
	tap_ok(judged(&v4, true) == WGR_MAC_1, "and no more than that without a cookie");
	for (i = 0; i < offsetof(struct wgr_msg_initiation, macs) + WGR_MAC_LEN; i++) {
		((u8 *)&msg)[i] ^= 1 << port_random() % 8;
		good &= judged(&v4, true) == WGR_MAC_BAD;
		stamp();
	}
	tap_ok(good, "not with any byte that is wrong");
	wgr_checker_set_key(&checker, NULL);
	tap_ok(judged(&v4, false) == WGR_MAC_BAD, "nor without a key");
	make_mac1_of_nothing();
	tap_ok(judged(&v4, false) == WGR_MAC_BAD, "not even if it was made without one, too");
	stamp();
	get_random_bytes(other, sizeof(other));
	wgr_checker_set_key(&checker, other);
	tap_ok(judged(&v4, false) == WGR_MAC_BAD, "nor with another key");
}

static void admission(void)
{
	tap_ok(wgr_mac_admission(WGR_MAC_BAD, false) == WGR_REFUSE &&
	       wgr_mac_admission(WGR_MAC_BAD, true) == WGR_REFUSE, "wrong macs are not answered");
	tap_ok(wgr_mac_admission(WGR_MAC_1, false) == WGR_ADMIT, "without load mac1 is enough");
	tap_ok(wgr_mac_admission(WGR_MAC_1, true) == WGR_GIVE_COOKIE, "with load it gets a cookie");
	tap_ok(wgr_mac_admission(WGR_MAC_2, true) == WGR_ADMIT_LIMITED, "mac2 is let in, not too often");
	tap_ok(sizeof(struct wgr_msg_cookie) < sizeof(struct wgr_msg_response),
	       "a cookie is shorter than what it answers");
}

static void bound_to_address(const struct wgr_source *home, const char *what)
{
	struct wgr_source elsewhere;
	bool good = true;
	int i;

	begin();
	tap_ok(gets_cookie(home), "%s: a cookie", what);
	stamp();
	tap_ok(judged(home, true) == WGR_MAC_2, "%s: mac2 is right", what);
	tap_ok(judged(home, false) == WGR_MAC_1, "%s: which nobody asks for without load", what);
	for (i = 0; i < home->len; i++) {
		elsewhere = *home;
		elsewhere.bytes[i] ^= 1 << port_random() % 8;
		good &= judged(&elsewhere, true) == WGR_MAC_1;
	}
	tap_ok(good, "%s: from no other address or port", what);
	msg.macs.mac2[port_random() % WGR_MAC_LEN] ^= 1;
	tap_ok(judged(home, true) == WGR_MAC_1, "%s: nor with another mac2", what);
}

/* Nobody can make mac2 who knows that no cookie was ever given: the secret is zero then. */
static void never_given(void)
{
	u8 cookie[WGR_COOKIE_LEN], zero[WGR_HASH_LEN] = { 0 };

	begin();
	stamp();
	blake2s(zero, sizeof(zero), v4.bytes, v4.len, cookie, sizeof(cookie));
	blake2s(cookie, sizeof(cookie), (u8 *)&msg, sizeof(msg) - WGR_MAC_LEN, msg.macs.mac2,
		WGR_MAC_LEN);
	tap_ok(judged(&v4, true) == WGR_MAC_1, "a cookie that was never given is worth nothing");
}

static void replies(void)
{
	struct wgr_msg_cookie reply, other;

	begin();
	stamp();
	reply_to(&v4, &reply);
	tap_ok(le32_to_cpu(reply.head.type) == WGR_MSG_COOKIE && le32_to_cpu(reply.receiver) == 7,
	       "a reply for who asked");
	reply_to(&v4, &other);
	tap_ok(memcmp(reply.nonce, other.nonce, sizeof(reply.nonce)) != 0, "each with its own nonce");
	reply.sealed_cookie[port_random() % sizeof(reply.sealed_cookie)] ^= 4;
	tap_ok(!wgr_jar_take(&jar, &reply, now_ns) && jar.awaiting, "a spoiled one is not taken");
	tap_ok(wgr_jar_take(&jar, &other, now_ns), "the right one is");
	tap_ok(!wgr_jar_take(&jar, &other, now_ns), "once");
	msg.sender ^= 1;
	stamp();
	tap_ok(!wgr_jar_take(&jar, &other, now_ns), "and only for the message that it answers");
	begin();
	tap_ok(!wgr_jar_take(&jar, &other, now_ns), "nor by who has sent nothing");
}

static void lasting(void)
{
	u64 given_ns;

	begin();
	tap_ok(gets_cookie(&v6), "a cookie");
	given_ns = now_ns;
	now_ns = given_ns + 115 * S - 1;
	stamp();
	tap_ok(judged(&v6, true) == WGR_MAC_2, "it is used for 115 s");
	now_ns += 1;
	stamp();
	tap_ok(judged(&v6, true) == WGR_MAC_1, "not longer");

	begin();
	tap_ok(gets_cookie(&v6), "a cookie");
	given_ns = now_ns;
	now_ns = given_ns + 100 * S;
	stamp();
	now_ns = given_ns + 120 * S - 1;
	tap_ok(judged(&v6, true) == WGR_MAC_2 && wgr_checker_has_secret(&checker, now_ns),
	       "its secret is good for 120 s");
	now_ns += 1;
	tap_ok(judged(&v6, true) == WGR_MAC_1 && !wgr_checker_has_secret(&checker, now_ns), "not longer");
	wgr_checker_renew(&checker, now_ns);
	tap_ok(judged(&v6, true) == WGR_MAC_1, "and a new one makes other cookies");
	tap_ok(gets_cookie(&v6), "which one has to ask for");
	stamp();
	tap_ok(judged(&v6, true) == WGR_MAC_2, "to be let in again");
}

int main(void)
{
	port_seed(seed_taken());
	mac1();
	admission();
	bound_to_address(&v4, "IPv4");
	bound_to_address(&v6, "IPv6");
	never_given();
	replies();
	lasting();
	return tap_done();
}
