// SPDX-License-Identifier: GPL-2.0
/* The command's parts: reading words, writing numbers, histograms, messages, advice. */
#include <errno.h>
#include <inttypes.h>
#include <linux/genetlink.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "file.h"
#include "format.h"
#include "hist.h"
#include "home.h"
#include "judge.h"
#include "key.h"
#include "nl.h"
#include "order.h"
#include "parcel.h"
#include "parse.h"
#include "program.h"
#include "seed.h"
#include "tap.h"
#include "util.h"

static void test_times(void)
{
	static const struct {
		const char *text;
		uint32_t us;
	} good[] = {
		{ "0", 0 }, { "0ms", 0 }, { "5ms", 5000 }, { "800us", 800 }, { "0.5s", 500000 },
		{ "1s", 1000000 }, { "1.25ms", 1250 }, { "0.001ms", 1 }, { "5000ns", 5 },
		{ "4294967295us", UINT32_MAX }, { "800\302\265s", 800 }, { ".5ms", 500 },
	};
	static const char *const bad[] = {
		"", "5", "ms", "5 ms", "5m", "-5ms", "+5ms", "1.5us", "1ns", "5ms ", "5.ms", ".ms",
		"5MS", "1e3us", "4294967296us", "99999999999s", "0x5ms", "5.5.5ms", "4295s", "0.5",
	};
	uint32_t us;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		us = 77;
		tap_ok(parse_time(good[i].text, &us) && us == good[i].us, "time %s is %u us",
		       good[i].text, us);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		tap_ok(!parse_time(bad[i], &us), "\"%s\" is no time", bad[i]);
}

/* What is told to who gave no time: the fault, not another one. */
static void test_wrong_times(void)
{
	static const struct {
		const char *text;
		const char *part;
	} wrong[] = {
		{ "", NULL }, { "5", NULL }, { "5 ms", NULL },
		{ "5.5.5ms", NULL }, { "ms", NULL }, { "-5ms", NULL },
		{ "5MS", NULL }, { "1ns", "whole number of microseconds" },
		{ "1.5us", "whole number of microseconds" }, { "0.0001ms", "whole number of microseconds" },
		{ "1001ns", "whole number of microseconds" }, { "4295s", "shorter" },
		{ "4294967296us", "shorter" }, { "99999999999s", "shorter" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		const char *said = parse_time_wrong(wrong[i].text);

		tap_ok(wrong[i].part ? said && strstr(said, wrong[i].part) : !said, "\"%s\": %s",
		       wrong[i].text, said ? said : "no time");
	}
}

static void test_words(void)
{
	uint32_t n = 0;

	tap_ok(parse_same_name("hold-max", "hold_max") && parse_same_name("a_b-c", "a-b_c") &&
	       parse_same_name("", ""), "names that are the same but for dashes");
	tap_ok(!parse_same_name("hold-max", "hold") && !parse_same_name("hold", "hold-max") &&
	       !parse_same_name("hold-max", "holdmax") && !parse_same_name("a", "b"),
	       "names that are not");
	tap_ok(parse_number("0", 0, 5, &n) && n == 0, "number 0");
	tap_ok(parse_number("4294967295", 0, UINT32_MAX, &n) && n == UINT32_MAX, "largest number");
	tap_ok(!parse_number("4294967296", 0, UINT32_MAX, &n), "a number that is too large");
	tap_ok(!parse_number("0", 1, 5, &n), "a number below the range");
	tap_ok(!parse_number("", 0, 5, &n) && !parse_number("5x", 0, 9, &n) &&
	       !parse_number("-1", 0, 9, &n) && !parse_number(" 1", 0, 9, &n), "no numbers");
	tap_ok(parse_mode("adaptive", &n) && n == 0 && parse_mode("fixed", &n) && n == 1 &&
	       parse_mode("off", &n) && n == 2, "all modes");
	tap_ok(!parse_mode("Off", &n) && !parse_mode("", &n) && !parse_mode("0", &n), "no modes");
	tap_ok(!strcmp(parse_mode_name(1), "fixed") && !strcmp(parse_mode_name(9), "unknown"),
	       "names of modes");
	tap_ok(parse_scope("flow", &n) && n == WG_REORDER_SCOPE_FLOW && parse_scope("peer", &n) &&
	       n == WG_REORDER_SCOPE_PEER && parse_scope("auto", &n) && n == WG_REORDER_SCOPE_AUTO &&
	       !parse_scope("flows", &n) && !parse_scope("", &n) && !parse_scope("0", &n),
	       "all scopes");
	tap_ok(!strcmp(parse_scope_name(1), "peer") && !strcmp(parse_scope_name(9), "unknown"),
	       "names of scopes");
	tap_ok(parse_ifname("wg0") && parse_ifname("a23456789012345"), "names of interfaces");
	tap_ok(!parse_ifname("") && !parse_ifname("a234567890123456") && !parse_ifname("a/b") &&
	       !parse_ifname("a b") && !parse_ifname("..") && !parse_ifname("a:b"),
	       "no names of interfaces");
}

static void test_keys(void)
{
	uint8_t key[KEY_LEN], again[KEY_LEN];
	char text[KEY_TEXT];
	unsigned int i, same = 0;

	srand((unsigned int)seed_taken());
	for (i = 0; i < 200; i++) {
		for (unsigned int j = 0; j < KEY_LEN; j++)
			key[j] = rand();
		key_print(key, text);
		same += strlen(text) == 44 && key_parse(text, again) &&
			!memcmp(key, again, KEY_LEN);
	}
	tap_ok(same == 200, "keys come back from their text");
	memset(key, 0xff, KEY_LEN);
	key_print(key, text);
	tap_ok(!strcmp(text, "//////////////////////////////////////////8="), "all ones: %s", text);
	memset(key, 0, KEY_LEN);
	key_print(key, text);
	tap_ok(!strcmp(text, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), "zeros: %s", text);
	text[42] = 'B';
	tap_ok(!key_parse(text, key), "bits that belong to no byte");
	tap_ok(!key_parse("", key) && !key_parse("AAAA=", key), "too short");
	tap_ok(!key_parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", key), "no padding");
	tap_ok(!key_parse("AAAAAAAAAAAAAAAAAAAA*AAAAAAAAAAAAAAAAAAAAAA=", key), "no digit");
}

static void is(const char *got, const char *wanted)
{
	tap_ok(!strcmp(got, wanted), "\"%s\"%s%s", wanted, strcmp(got, wanted) ? ", got " : "",
	       strcmp(got, wanted) ? got : "");
}

static void test_numbers(void)
{
	const struct format text = {}, plain = { .plain = true }, colour = { .colour = true };
	char to[FORMAT_ROOM];

	is(format_ns(&text, to, 0), "0 ms");
	is(format_ns(&text, to, 999), "999 ns");
	is(format_ns(&text, to, 1000), "1.00 us");
	is(format_ns(&text, to, 1250000), "1.25 ms");
	is(format_ns(&text, to, 20100000), "20.1 ms");
	is(format_ns(&text, to, 999999), "1.00 ms");
	is(format_ns(&text, to, 50000000000), "50.0 s");
	is(format_ns(&text, to, 5000000000000), "5000 s");
	is(format_ns(&plain, to, 1250000), "1250000 ns");
	is(format_us(&text, to, 1250), "1.25 ms");
	is(format_us(&plain, to, 1250), "1250 us");
	is(format_us(&text, to, UINT32_MAX), "4295 s");
	is(format_ns(&colour, to, 1250000), "1.25 \033[36mms\033[0m");
	is(format_bytes(&text, to, 0), "0 B");
	is(format_bytes(&text, to, 1023), "1023 B");
	is(format_bytes(&text, to, 1536), "1.50 KiB");
	is(format_bytes(&text, to, UINT64_MAX), "16384 PiB");
	is(format_bytes(&plain, to, 1536), "1536 B");
	is(format_share(to, 0, 0), "0.00 %");
	is(format_share(to, 1, 1), "100 %");
	is(format_share(to, 999999, 1000000), "99.99 %");
	is(format_share(to, 1, 1000000), "0.01 %");
	is(format_share(to, 1, 3), "33.33 %");
	is(format_ago(&text, to, 100, 100), "Now");
	is(format_ago(&text, to, 100, 101), "1 second ago");
	is(format_ago(&text, to, 0, 90061), "1 day, 1 hour, 1 minute, 1 second ago");
	is(format_ago(&text, to, 0, 2 * 365 * 86400 + 120), "2 years, 2 minutes ago");
	is(format_ago(&text, to, 102, 101), "in the future (the clock was set back)");
	is(format_ago(&plain, to, 102, 101), "102");
	is(format_ago(&colour, to, 100, 102), "2 \033[36mseconds\033[0m ago");
	is(format_period(&text, to, 25), "25 seconds");
	is(format_period(&plain, to, 90), "90 s");
	/* All units in colour: the longest text there is. */
	tap_ok(strlen(format_ago(&colour, to, 0, 99 * 365 * 86400L + 200 * 86400 + 86399)) <
	       FORMAT_ROOM, "the longest time fits");
}

static void test_endpoints(void)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(51820),
				   .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(1),
				  .sin_addr.s_addr = htonl(0xc0000201) };
	char to[FORMAT_ROOM];

	is(format_endpoint(to, (void *)&v4), "192.0.2.1:1");
	is(format_endpoint(to, (void *)&v6), "[::1]:51820");
	v6.sin6_scope_id = 3;
	is(format_endpoint(to, (void *)&v6), "[::1%3]:51820");
}

static void test_histograms(void)
{
	uint64_t none[4] = {}, some[4] = { 50, 49, 0, 1 }, more[4] = { 60, 49, 0, 3 }, left[4];
	char bars[3 * 4 + 1];

	tap_ok(hist_most(0) == 1 && hist_most(3) == 15 && hist_most(31) == 4294967295,
	       "the ends of bins");
	tap_ok(hist_percentile(none, 4, 50) == 0, "no percentile of nothing");
	tap_ok(hist_percentile(some, 4, 50) == 1, "the median: half are in the first bin");
	tap_ok(hist_percentile(some, 4, 51) == 3, "a little more is in the second");
	tap_ok(hist_percentile(some, 4, 99) == 3 && hist_percentile(some, 4, 100) == 15,
	       "99 and 100 percent");
	some[3] = UINT64_MAX / 2;
	tap_ok(hist_percentile(some, 4, 99) == 15, "large numbers do not overflow");
	some[3] = 1;
	tap_ok(hist_sum(some, 4) == 50 + 49 * 3 + 12, "the sum: %g", hist_sum(some, 4));
	hist_bars(some, 4, true, bars);
	is(bars, "\u2588\u2587 \u2581");
	hist_bars(some, 4, false, bars);
	is(bars, "@# .");
	hist_bars(none, 4, true, bars);
	is(bars, "    ");
	hist_since(more, some, 4, left);
	tap_ok(left[0] == 10 && !left[1] && left[3] == 2, "what came since");
	hist_since(some, more, 4, left);
	tap_ok(left[0] == 50 && left[1] == 49 && left[3] == 1, "after a reset all came since");
}

/* Lines as they are in /proc/net/udp. */
static void test_home(void)
{
	static const char text[] =
		"   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n"
		"  334: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 14041 2 000000002e0fb3ff 0\n"
		"12345: 00000000:CA6C 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 0 2 0000000035a1be62 7\n";
	uint64_t drops = 1;

	tap_ok(home_sockets(text, 0xca6c, NULL) == 1 && home_sockets(text, 0x35, NULL) == 1, "sockets");
	tap_ok(!home_sockets(text, 0xca6d, NULL) && !home_sockets(NULL, 1, NULL) &&
	       !home_sockets("", 1, NULL), "no socket");
	tap_ok(home_sockets(text, 0xca6c, &drops) == 1 && home_sockets(text, 0x35, &drops) == 1 && drops == 8,
	       "what they dropped");
}

/* Messages from the kernel that are cut short or odd must do no harm. */
static void test_attributes(void)
{
	const struct nlattr *table[4];
	union {
		struct nlmsghdr head;
		char room[256];
	} m = {};
	struct genlmsghdr *genl;
	char text[4];

	mnl_nlmsg_put_header(&m);
	genl = mnl_nlmsg_put_extra_header(&m.head, sizeof(*genl));
	(void)genl;
	mnl_attr_put_u16(&m.head, 1, 5);
	mnl_attr_put_strz(&m.head, 2, "abcdef");
	mnl_attr_put_u32(&m.head, 9, 1);
	nl_parse(table, 3, &m.head, sizeof(*genl));
	tap_ok(table[1] && table[2] && !table[3], "attributes by type, unknown ones passed over");
	tap_ok(nl_u16(table[1]) == 5 && nl_u32(table[1]) == 0 && nl_u64(table[3]) == 0,
	       "values that are too short or absent are 0");
	nl_string(table[2], text, sizeof(text));
	is(text, "abc");
	nl_string(NULL, text, sizeof(text));
	is(text, "");
	m.head.nlmsg_len = NLMSG_HDRLEN;
	nl_parse(table, 3, &m.head, sizeof(*genl));
	tap_ok(!table[1] && !table[2], "a message without its header");
	m.head.nlmsg_len = NLMSG_HDRLEN + 8;
	((struct nlattr *)(m.room + NLMSG_HDRLEN + 4))->nla_len = 200;
	nl_parse(table, 3, &m.head, sizeof(*genl));
	tap_ok(!table[1], "an attribute that is longer than its message");
}

static void test_parcel(void)
{
	struct nlmsghdr message = { .nlmsg_len = NLMSG_HDRLEN, .nlmsg_type = 0 };
	const struct nlmsghdr *at = NULL;
	struct parcel parcel = {};
	unsigned int i, right = 0;

	tap_ok(!parcel_next(&parcel, NULL), "nothing in an empty parcel");
	for (i = 0; i < 1000; i++) {
		message.nlmsg_type = i;
		parcel_add(&parcel, &message);
	}
	for (i = 0; (at = parcel_next(&parcel, at)); i++)
		right += at->nlmsg_type == i;
	tap_ok(i == 1000 && right == 1000, "messages come out as they went in");
	parcel_wipe(&parcel);
	tap_ok(!parcel.data && !parcel.len, "an empty one is left");
}

static void test_program(void)
{
	const char *const echo[] = { "echo", "one", NULL }, *const no[] = { "no-such-one", NULL };
	const char *const many[] = { "head", "-c", "300000", "/dev/zero", NULL };
	const char *const rc[] = { "sh", "-c", "echo why >&2; exit 3", NULL };
	const char *const dies[] = { "sh", "-c", "kill -9 $$", NULL };
	char text[64], lines[] = "one\ntwo\n\n";

	tap_ok(!program_run(text, sizeof(text), echo) && !strcmp(text, "one\n"), "output");
	tap_ok(program_run(text, sizeof(text), no) == 127, "no such program");
	tap_ok(program_run(text, sizeof(text), rc) == 3 && !strcmp(text, "why\n"),
	       "status and errors");
	tap_ok(!program_run(text, sizeof(text), many), "more output than there is room");
	tap_ok(program_run(text, sizeof(text), dies) == -1, "ended by a signal");
	is(program_last_line(lines), "two");
}

/* What doctor says about figures. */

static enum doctor_level worst;
static char said[4096];

static void take(void *data, enum doctor_level level, const char *check, const char *remedy,
		 const char *text)
{
	(void)data, (void)text;
	worst = level > worst ? level : worst;
	if (level)
		snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s: %s|", check,
			 remedy);
}

static void advise_late(const struct order_settings *settings, const struct order_stats *since,
			uint64_t late_us, const char *wanted)
{
	const struct doctor doctor = { .note = take };

	worst = DOCTOR_OK;
	*said = 0;
	doctor_check_figures(&doctor, settings, NULL, since, late_us);
	is(said, wanted);
}

/* Where it was not measured by how much packets are late. */
static void advise(const struct order_settings *settings, const struct order_stats *since,
		   const char *wanted)
{
	advise_late(settings, since, 0, wanted);
}

static void test_advice(void)
{
	struct order_settings s = { .ifname = "wg0", .mode = WG_REORDER_MODE_ADAPTIVE,
				    .hold_us = 5000, .hold_max_us = 50000, .window = 8192 };
	struct order_stats t = { .value = { [WG_REORDER_STAT_AUTHENTICATED] = 100000 } };
	uint64_t *v = t.value;

	advise(&s, &t, "");
	v[WG_REORDER_STAT_LATE] = 101;
	v[WG_REORDER_STAT_WAIT_NS] = 10000000;
	advise(&s, &t, "");
	v[WG_REORDER_STAT_WAIT_NS] = 50000000;
	advise(&s, &t, "hold: wireguard-reorder set wg0 hold-max 100ms|");
	/* Measured: a quarter more than the latest. */
	advise_late(&s, &t, 60000, "hold: wireguard-reorder set wg0 hold-max 75ms|");
	advise_late(&s, &t, 210001, "hold: wireguard-reorder set wg0 hold-max 263ms|");
	advise_late(&s, &t, 800000, "hold: wireguard-reorder set wg0 hold-max 1000ms|");
	advise_late(&s, &t, 4000000, "hold: wireguard-reorder set wg0 hold-max 5000ms|");
	advise_late(&s, &t, 4000001, "hold: look for what delays packets on the path so long|");
	/* Said when less was waited: that tells nothing of now. */
	advise_late(&s, &t, 30000, "hold: wireguard-reorder set wg0 hold-max 100ms|");
	s.hold_max_us = 900000;
	v[WG_REORDER_STAT_WAIT_NS] = 900000000;
	advise(&s, &t, "hold: wireguard-reorder set wg0 hold-max 1800ms|");
	s.hold_max_us = 2500000;
	v[WG_REORDER_STAT_WAIT_NS] = 2500000000;
	advise(&s, &t, "hold: wireguard-reorder set wg0 hold-max 5000ms|");
	s.hold_max_us = 5000000;
	v[WG_REORDER_STAT_WAIT_NS] = 5000000000;
	advise(&s, &t, "hold: look for what delays packets on the path so long|");
	/* A module without a scope takes no more than it did. */
	s.scope = ORDER_UNKNOWN;
	s.hold_max_us = 900000;
	advise(&s, &t, "hold: wireguard-reorder set wg0 hold-max 1000ms|");
	advise_late(&s, &t, 810000, "hold: look for what delays packets on the path so long|");
	s.scope = WG_REORDER_SCOPE_FLOW;
	s.mode = WG_REORDER_MODE_FIXED;
	advise(&s, &t, "hold: wireguard-reorder set wg0 hold 10ms|");
	advise_late(&s, &t, 810000, "hold: look for what delays packets on the path so long|");
	s.hold_us = 0;
	advise(&s, &t, "hold: wireguard-reorder set wg0 hold 1ms|");
	s.hold_us = 5001;
	advise(&s, &t, "hold: wireguard-reorder set wg0 hold 11ms|");
	/* To wait is of no use to those that their own flow has not overtaken, or that nobody knows. */
	v[WG_REORDER_STAT_LATE_AHEAD] = 1;
	advise(&s, &t, "");
	v[WG_REORDER_STAT_LATE_AHEAD] = 0;
	v[WG_REORDER_STAT_LATE_UNKNOWN] = 1;
	advise(&s, &t, "");
	v[WG_REORDER_STAT_LATE_UNKNOWN] = 101;
	advise(&s, &t, "flows: see who in the tunnel sends by so many flows at once, and spread them over several peers|");
	v[WG_REORDER_STAT_LATE_UNKNOWN] = 0;
	v[WG_REORDER_STAT_LATE] = 100;
	advise(&s, &t, "");
	v[WG_REORDER_STAT_GAPS_OVERFLOWED] = 5;
	v[WG_REORDER_STAT_MAX_HELD] = 8192;
	advise(&s, &t, "window: wireguard-reorder set wg0 window 16384|");
	s.window = 16384;
	v[WG_REORDER_STAT_MAX_HELD] = 16384;
	advise(&s, &t, "window: wireguard-reorder set wg0 window 32768|");
	s.scope = ORDER_UNKNOWN;
	advise(&s, &t, "window: wireguard-reorder set wg0 hold 2500us|");
	s.scope = WG_REORDER_SCOPE_FLOW;
	s.window = 32768;
	v[WG_REORDER_STAT_MAX_HELD] = 32768;
	advise(&s, &t, "window: wireguard-reorder set wg0 hold 2500us|");
	s.mode = WG_REORDER_MODE_ADAPTIVE;
	advise(&s, &t, "window: wireguard-reorder set wg0 hold-max 450000us|");
	s.mode = WG_REORDER_MODE_FIXED;
	v[WG_REORDER_STAT_GAPS_OVERFLOWED] = 0;
	v[WG_REORDER_STAT_STARVED] = 1;
	advise(&s, &t, "memory: raise the module parameter held_max, or add memory|");
	v[WG_REORDER_STAT_STARVED] = 0;
	v[WG_REORDER_STAT_GAPS_OPENED] = 5000;
	advise(&s, &t, "use: wireguard-reorder set wg0 mode adaptive|");
	v[WG_REORDER_STAT_GAPS_FILLED] = 50;
	advise(&s, &t, "");
	s.mode = WG_REORDER_MODE_OFF;
	advise(&s, &t, "mode: wireguard-reorder set wg0 mode adaptive|");
	tap_ok(worst == DOCTOR_WARN, "that is a warning");
}

static void test_names(void)
{
	unsigned int i, good = 0, count = 0;

	for (i = ORDER_FIRST; i <= ORDER_LAST; i = order_next(i), count++)
		good += order_name(i) && *order_name(i);
	tap_ok(order_counts_up(WG_REORDER_STAT_LATE) && order_counts_up(WG_REORDER_STAT_EPOCHS) &&
	       !order_counts_up(WG_REORDER_STAT_WAIT_NS) && !order_counts_up(WG_REORDER_STAT_HELD),
	       "which figures count up");
	tap_ok(good == count && count == ORDER_LAST - ORDER_FIRST - 1, "each figure has a name");
}

static void test_scopes(void)
{
	struct judge judge;
	unsigned int i;

	tap_ok(order_scope_in(WG_REORDER_SCOPE_AUTO, WG_REORDER_MODE_FIXED) == WG_REORDER_SCOPE_PEER &&
	       order_scope_in(WG_REORDER_SCOPE_AUTO, WG_REORDER_MODE_ADAPTIVE) == WG_REORDER_SCOPE_FLOW &&
	       order_scope_in(WG_REORDER_SCOPE_PEER, WG_REORDER_MODE_ADAPTIVE) == WG_REORDER_SCOPE_PEER &&
	       order_scope_in(WG_REORDER_SCOPE_FLOW, WG_REORDER_MODE_FIXED) == WG_REORDER_SCOPE_FLOW &&
	       order_scope_in(ORDER_UNKNOWN, WG_REORDER_MODE_FIXED) == ORDER_UNKNOWN,
	       "what a scope comes to");
	for (i = 0; i < JUDGE_POLICIES; i++) {
		judge_init(&judge, i);
		tap_ok(judge.engine.settings.scope == WGR_SCOPE_PEER, "policy %u of \"test\" sees no flows", i);
		judge_end(&judge);
	}
	judge_init(&judge, 0);
	tap_ok(judge_wait_ns(&judge) == 50000000, "the adaptive one begins with 50 ms");
	judge_end(&judge);
}

int main(void)
{
	test_times();
	test_wrong_times();
	test_words();
	test_keys();
	test_numbers();
	test_endpoints();
	test_histograms();
	test_home();
	test_attributes();
	test_parcel();
	test_program();
	test_advice();
	test_names();
	test_scopes();
	return tap_done();
}
