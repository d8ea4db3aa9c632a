// SPDX-License-Identifier: GPL-2.0
/* Which flow an inner packet is of, lies included. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "reorder/inner.h"
#include "tap.h"

static u8 packet[256];

static struct wgr_flow_key key_of(size_t len)
{
	/* In memory of just that length, so that reading on is noticed. */
	u8 *copy = malloc(len + !len);
	struct wgr_flow_key key;

	memcpy(copy, packet, len);
	memset(&key, 0xaa, sizeof(key));
	wgr_inner_key(copy, len, &key);
	free(copy);
	return key;
}

static bool same(struct wgr_flow_key a, struct wgr_flow_key b)
{
	return !memcmp(&a, &b, sizeof(a));
}

static void v4(u8 protocol, size_t own)
{
	memset(packet, 0, sizeof(packet));
	packet[0] = (u8)(0x40 | own / 4);
	packet[9] = protocol;
	memcpy(packet + 12, "\x0a\x01\x02\x03\x0a\x04\x05\x06", 8);
	memcpy(packet + own, "\x10\x01\x00\x35\xab\xcd\x00\x01", 8);
}

static void v6(u8 next)
{
	memset(packet, 0, sizeof(packet));
	packet[0] = 0x60;
	packet[6] = next;
	packet[8] = 0xfd;
	packet[24] = 0xfd;
	packet[39] = 2;
	memcpy(packet + 40, "\x10\x01\x00\x35\xab\xcd\x00\x01", 8);
}

/* Whether changing a byte makes it another flow. */
static bool matters(size_t at, size_t len)
{
	struct wgr_flow_key before = key_of(len), after;

	packet[at] ^= 1;
	after = key_of(len);
	packet[at] ^= 1;
	return !same(before, after);
}

static bool ports(void)
{
	static const u8 with[] = { 6, 17, 33, 132, 136 };
	bool good = true;
	size_t i;

	for (i = 0; i < sizeof(with); i++) {
		v4(with[i], 20);
		good &= matters(12, 60) && matters(19, 60) && matters(20, 60) && matters(23, 60) &&
			!matters(24, 60) && !matters(8, 60) && !matters(1, 60) && !matters(4, 60);
		v6(with[i]);
		good &= matters(8, 80) && matters(39, 80) && matters(40, 80) && matters(43, 80) &&
			!matters(44, 80) && !matters(7, 80) && !matters(1, 80);
	}
	v4(17, 24);
	good &= matters(24, 60) && !matters(20, 60);
	/* TCP and UDP by the same ports are two flows. */
	v4(17, 20);
	return good && matters(9, 60);
}

static bool others(void)
{
	bool good;

	/* ESP, GRE, IPIP: one flow from end to end. */
	v4(50, 20);
	good = !matters(20, 60) && matters(19, 60);
	v4(47, 20);
	good &= !matters(20, 60);
	v6(50);
	return good && !matters(40, 80) && matters(39, 80);
}

static bool echo(void)
{
	bool good;

	v4(1, 20);
	packet[20] = 8;
	good = matters(24, 60) && matters(25, 60) && !matters(26, 60) && !matters(22, 60);
	packet[20] = 3;
	good &= !matters(24, 60);
	v6(58);
	packet[40] = 128;
	good &= matters(44, 80) && !matters(46, 80);
	packet[40] = 135;
	return good && !matters(44, 80);
}

/* Only the first has ports, and all of one datagram are one flow. */
/* Only TCP is known to send all it has at once. */
static bool bursts(void)
{
	static const u8 other[] = { 1, 17, 33, 50, 58, 132, 136 };
	struct wgr_flow_key key;
	bool good = true;
	size_t i;

	v4(6, 20);
	key = key_of(60);
	good &= wgr_inner_bursts(&key);
	key = key_of(23);
	good &= !wgr_inner_bursts(&key);
	v6(6);
	key = key_of(80);
	good &= wgr_inner_bursts(&key);
	for (i = 0; i < sizeof(other); i++) {
		v4(other[i], 20);
		key = key_of(60);
		good &= !wgr_inner_bursts(&key);
	}
	return good;
}

static bool fragments(void)
{
	struct wgr_flow_key first, last;
	bool good;

	v4(17, 20);
	packet[6] = 0x20;
	first = key_of(60);
	good = !matters(20, 60) && matters(4, 60) && matters(5, 60);
	packet[6] = 0;
	packet[7] = 185;
	packet[20] ^= 0x55;
	last = key_of(60);
	good &= same(first, last);
	/* "Do not fragment" alone is none. */
	v4(17, 20);
	packet[6] = 0x40;
	good &= matters(20, 60) && !matters(4, 60);
	v6(44);
	packet[40] = 17;
	good &= matters(44, 80) && matters(47, 80) && !matters(42, 80) && !matters(48, 80);
	/* Cut off: by addresses. */
	return good && same(key_of(47), key_of(40));
}

static bool extensions(void)
{
	size_t at, i;
	bool good;

	v6(0);
	packet[40] = 60;
	packet[41] = 1;
	packet[56] = 6;
	packet[57] = 0;
	good = matters(64, 100) && matters(67, 100) && !matters(68, 100);
	/* Longer than the packet: by addresses. */
	packet[41] = 200;
	good &= !matters(64, 100) && matters(39, 100);
	/* A chain without an end. */
	v6(0);
	for (i = 0, at = 40; at + 8 <= sizeof(packet); i++, at += 8)
		packet[at] = packet[at + 1] = 0;
	return good && !matters(200, sizeof(packet));
}

static bool short_ones(void)
{
	struct wgr_flow_key none = { { 0 } };
	size_t len;

	v4(6, 20);
	for (len = 0; len < 20; len++)
		if (!same(key_of(len), none))
			return false;
	/* No ports, or a header that is longer than the packet: by addresses. */
	for (len = 20; len < 24; len++)
		if (!same(key_of(len), key_of(20)))
			return false;
	packet[0] = 0x4f;
	if (!same(key_of(59), key_of(20)))
		return false;
	packet[0] = 0x41;
	if (!same(key_of(59), key_of(20)))
		return false;
	v6(6);
	for (len = 0; len < 40; len++)
		if (!same(key_of(len), none))
			return false;
	packet[0] = 0x50;
	return same(key_of(80), none);
}

static bool anything(u64 seed)
{
	u64 i, z = seed;
	size_t k;

	for (i = 0; i < 200000; i++) {
		for (k = 0; k < 80; k++) {
			z = z * 6364136223846793005 + 1442695040888963407;
			packet[k] = (u8)(z >> 40);
		}
		packet[0] = (u8)(z >> 33 & 1 ? 0x60 : 0x40 | (packet[0] & 15));
		/* Mostly what leads on. */
		if (z >> 34 & 3)
			packet[6] = (u8[]){ 0, 43, 44, 60 }[z >> 36 & 3];
		key_of(z >> 50 & 127);
	}
	return true;
}

int main(void)
{
	const char *text = getenv("SEED");
	u64 seed = text ? strtoull(text, NULL, 0) : (u64)time(NULL);

	printf("# SEED=%llu\n", seed);
	tap_ok(ports(), "addresses, protocol and ports");
	tap_ok(others(), "what has no ports goes by addresses");
	tap_ok(echo(), "echo goes by its identifier");
	tap_ok(bursts(), "a connection sends bursts");
	tap_ok(fragments(), "fragments go by their identification");
	tap_ok(extensions(), "extension headers are passed over, within bounds");
	tap_ok(short_ones(), "too short for it: what is there counts");
	tap_ok(anything(seed), "random bytes are read within their bounds");
	return tap_done();
}
