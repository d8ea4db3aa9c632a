// SPDX-License-Identifier: GPL-2.0
/* doctor_order.c - checks of settings against what was counted under them. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "file.h"
#include "format.h"
#include "home.h"
#include "look.h"
#include "parse.h"
#include "say.h"
#include "tunnel.h"

/* One in this many is a lot. */
#define MANY 1000

/* What the kernel takes (src/settings.c); without a scope it is an older module. */
#define WINDOW_MAX 32768
#define HOLD_US_MAX 1000000
#define HOLD_MAX_US_MAX 5000000
#define OLD_WINDOW_MAX 16384
#define OLD_HOLD_MAX_US_MAX 1000000

#define REMEDY 128

/**
 * struct subject - what is judged: an interface, or a peer with settings of its own
 * @doctor: whom to tell
 * @settings: in force for it
 * @is_peer: whether it is a peer
 * @name: what it is called
 * @set: how the command begins that sets something for it
 */
struct subject {
	const struct doctor *doctor;
	const struct order_settings *settings;
	bool is_peer;
	char name[IFNAMSIZ + KEY_TEXT + 8];
	char set[IFNAMSIZ + KEY_TEXT + 32];
};

static struct subject subject_of(const struct doctor *d, const struct order_settings *settings,
				 const uint8_t *key)
{
	struct subject s = { .doctor = d, .settings = settings, .is_peer = key };
	char text[KEY_TEXT] = "";

	if (key)
		key_print(key, text);
	snprintf(s.name, sizeof(s.name), "%s%s%s", settings->ifname, key ? ": peer " : "", text);
	snprintf(s.set, sizeof(s.set), "wireguard-reorder set %s%s%s", settings->ifname,
		 key ? " peer " : "", text);
	return s;
}

/* There may be thousands of peers: what is well is not said of each. */
static void __printf(3, 4) well(const struct subject *s, const char *check, const char *format,
				...)
{
	char text[512];
	va_list args;

	if (s->is_peer)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	doctor_note(s->doctor, DOCTOR_OK, check, NULL, "%s", text);
}

static uint32_t window_most(const struct order_settings *settings)
{
	return settings->scope == ORDER_UNKNOWN ? OLD_WINDOW_MAX : WINDOW_MAX;
}

/* What the wait, or its ceiling, may be set to. */
static uint32_t most_us(const struct order_settings *settings)
{
	if (settings->mode == WG_REORDER_MODE_FIXED)
		return HOLD_US_MAX;
	return settings->scope == ORDER_UNKNOWN ? OLD_HOLD_MAX_US_MAX : HOLD_MAX_US_MAX;
}

/* The setting that is the wait, or its ceiling, and its value. */
static const char *wait_name(const struct order_settings *settings)
{
	return settings->mode == WG_REORDER_MODE_FIXED ? "hold" : "hold-max";
}

static uint32_t wait_us(const struct order_settings *settings)
{
	return settings->mode == WG_REORDER_MODE_FIXED ? settings->hold_us : settings->hold_max_us;
}

/* Twice as long, in whole milliseconds, no longer than there may be. */
static uint32_t longer_ms(const struct order_settings *settings)
{
	uint32_t us = wait_us(settings), most = most_us(settings);

	if (us >= most / 2)
		return most / 1000;
	return us > 500 ? (2 * us + 999) / 1000 : 1;
}

/* The wait is at its ceiling and packets come later still. */
static bool at_ceiling(const struct order_settings *settings, const uint64_t *v)
{
	return settings->mode == WG_REORDER_MODE_FIXED ||
	       v[WG_REORDER_STAT_WAIT_NS] >= settings->hold_max_us * (uint64_t)900;
}

/*
 * The wait that would have been enough, in whole milliseconds: for the packet that
 * was latest and a quarter more, or, if that was not measured, twice what it is.
 */
static uint64_t enough_ms(const struct order_settings *settings, uint64_t late_us)
{
	uint64_t enough_us = late_us + late_us / 4;

	if (enough_us <= wait_us(settings))
		return longer_ms(settings);
	return (enough_us + 999) / 1000;
}

static void warn_hold(const struct subject *s, const struct order_stats *since, uint64_t late_us)
{
	const struct order_settings *settings = s->settings;
	uint64_t ms = enough_ms(settings, late_us);
	char remedy[REMEDY], by[FORMAT_ROOM];

	if (wait_us(settings) >= most_us(settings) || ms > most_us(settings) / 1000)
		snprintf(remedy, sizeof(remedy), "look for what delays packets on the path so long");
	else
		snprintf(remedy, sizeof(remedy), "%s %s %" PRIu64 "ms", s->set,
			 wait_name(settings), ms);
	doctor_note(s->doctor, DOCTOR_WARN, "hold", remedy,
		    "%s: %" PRIu64 " of the last %" PRIu64 " packets came too late%s%s: it may not wait longer",
		    s->name, order_late_own(since),
		    since->value[WG_REORDER_STAT_AUTHENTICATED],
		    late_us ? ", by up to " : "",
		    late_us ? format_ns(&(struct format){}, by, late_us * 1000) : "");
}

/* A longer wait is of use to those only that their own flow has overtaken. */
static void check_hold(const struct subject *s, const struct order_stats *since,
		       uint64_t late_us)
{
	uint64_t late = order_late_own(since), all = since->value[WG_REORDER_STAT_AUTHENTICATED];
	bool few = late * MANY <= all;

	if (!few && at_ceiling(s->settings, since->value))
		warn_hold(s, since, late_us);
	else
		well(s, "hold", "%s: %" PRIu64 " of the last %" PRIu64 " packets came too late%s",
		     s->name, late, all, few ? "" : "; the wait may still grow");
}

/* The table of flows is bounded: see what the header says of the figure. */
static void check_flows(const struct subject *s, const uint64_t *v)
{
	uint64_t unknown = v[WG_REORDER_STAT_LATE_UNKNOWN], all = v[WG_REORDER_STAT_AUTHENTICATED];

	if (unknown * MANY > all)
		doctor_note(s->doctor, DOCTOR_WARN, "flows",
			    "see who in the tunnel sends by so many flows at once, and spread them over several peers",
			    "%s: %" PRIu64 " of the last %" PRIu64 " packets were dropped as it was not known any more whether their own flow had overtaken them: there are more flows at once than can be told apart",
			    s->name, unknown, all);
}

static void check_window(const struct subject *s, const uint64_t *v)
{
	const struct order_settings *settings = s->settings;
	uint64_t overflowed = v[WG_REORDER_STAT_GAPS_OVERFLOWED];
	char remedy[REMEDY];

	if (v[WG_REORDER_STAT_STARVED])
		doctor_note(s->doctor, DOCTOR_WARN, "memory",
			    "raise the module parameter held_max, or add memory",
			    "%s: %" PRIu64 " packets went up early for want of memory",
			    s->name, v[WG_REORDER_STAT_STARVED]);
	if (!overflowed || v[WG_REORDER_STAT_MAX_HELD] < settings->window) {
		well(s, "window", "%s: at most %" PRIu64 " of %u were held",
		     s->name, v[WG_REORDER_STAT_MAX_HELD], settings->window);
		return;
	}
	if (settings->window >= window_most(settings))
		snprintf(remedy, sizeof(remedy), "%s %s %uus", s->set,
			 wait_name(settings), wait_us(settings) / 2);
	else
		snprintf(remedy, sizeof(remedy), "%s window %u", s->set, 2 * settings->window);
	doctor_note(s->doctor, DOCTOR_WARN, "window", remedy,
		    "%s: %" PRIu64 " gaps were given up as %u packets were held already",
		    s->name, overflowed, settings->window);
}

/* Gaps that nothing ever fills are losses: to wait for them is of no use. */
static void check_use(const struct subject *s, const uint64_t *v)
{
	uint64_t opened = v[WG_REORDER_STAT_GAPS_OPENED];
	char remedy[REMEDY];

	if (opened < LOOK_ENOUGH || v[WG_REORDER_STAT_GAPS_FILLED] * MANY > opened)
		return;
	snprintf(remedy, sizeof(remedy), "%s mode adaptive", s->set);
	if (s->settings->mode == WG_REORDER_MODE_FIXED)
		doctor_note(s->doctor, DOCTOR_WARN, "use", remedy,
			    "%s: %" PRIu64 " of %" PRIu64 " missing packets ever came: waiting is of no use there",
			    s->name, v[WG_REORDER_STAT_GAPS_FILLED], opened);
	else
		well(s, "use", "%s: its path loses packets and hardly swaps any; nothing is gained or lost there",
		     s->name);
}

/* Who turned it off for a peer alone has said so. */
static void warn_off(const struct subject *s)
{
	char remedy[REMEDY];

	if (s->is_peer)
		return;
	snprintf(remedy, sizeof(remedy), "%s mode adaptive", s->set);
	doctor_note(s->doctor, DOCTOR_WARN, "mode", remedy,
		    "%s: is off, packets go up in the order in which they come", s->name);
}

void doctor_check_figures(const struct doctor *d, const struct order_settings *settings,
			  const uint8_t *key, const struct order_stats *since,
			  uint64_t late_us)
{
	const struct subject s = subject_of(d, settings, key);
	const uint64_t *v = since->value;

	if (settings->mode == WG_REORDER_MODE_OFF) {
		warn_off(&s);
		return;
	}
	if (v[WG_REORDER_STAT_AUTHENTICATED] < LOOK_ENOUGH) {
		well(&s, "hold", "%s: too few packets yet to tell, %" PRIu64 " since it was made or its settings were changed",
		     s.name, v[WG_REORDER_STAT_AUTHENTICATED]);
		return;
	}
	check_hold(&s, since, late_us);
	check_flows(&s, v);
	check_window(&s, v);
	check_use(&s, v);
}

/*
 * The module takes all that its sockets are given, and no buffer can be full. So
 * what they drop is what UDP does not give them: it looks at checksums and at
 * policies of IPsec before.
 */
static void check_socket(const struct doctor *d, const char *ifname)
{
	struct tunnel tunnel = {};
	uint64_t drops = 0;
	char *v4, *v6;

	if (!tunnel_read(ifname, &tunnel)) {
		v4 = file_text("/proc/self/net/udp");
		v6 = file_text("/proc/self/net/udp6");
		home_sockets(v4, tunnel.port, &drops);
		home_sockets(v6, tunnel.port, &drops);
		free(v4);
		free(v6);
		if (drops)
			doctor_note(d, DOCTOR_WARN, "socket",
				    "see whether \"nstat -az UdpInCsumErrors\" grows: then a card or the path damages them",
				    "%s: its sockets dropped %" PRIu64 " datagrams: damaged ones, or for want of IPsec",
				    ifname, drops);
		else
			doctor_note(d, DOCTOR_OK, "socket", NULL, "%s: no datagram was dropped",
				    ifname);
	}
	tunnel_free(&tunnel);
}

/*
 * Peers with settings of their own are judged by these, each for itself, and the
 * interface by the others. The kernel's log names a peer by where it is.
 */

static size_t add_end(const struct tunnel_peer *peer, char end[FORMAT_ROOM])
{
	if (!peer->endpoint.any.sa_family)
		return 0;
	format_endpoint(end, &peer->endpoint.any);
	return 1;
}

static void check_peer(const struct doctor *d, const struct order_settings *interface,
		       const struct order_peer *peer, const struct tunnel *tunnel)
{
	struct look_at at = look_at_peer(interface, peer);
	struct order_stats since;
	char end[1][FORMAT_ROOM];
	uint64_t late_us;
	size_t i;

	at.whose.ends = end;
	for (i = 0; i < tunnel->count && !at.whose.count; i++) {
		if (!memcmp(tunnel->peers[i].key, peer->key, KEY_LEN))
			at.whose.count = add_end(&tunnel->peers[i], end[0]);
	}
	late_us = look_since(&at, &since);
	doctor_check_figures(d, &at.settings, peer->key, &since, late_us);
}

/* Those of its peers that go by its settings. */
static void check_others(const struct doctor *d, struct look_at *at,
			 const struct order_report *report, const struct tunnel *tunnel)
{
	char (*ends)[FORMAT_ROOM] = say_alloc(NULL, (tunnel->count + 1) * sizeof(*ends));
	const struct order_peer *peer;
	struct order_stats since;
	uint64_t late_us;
	size_t i;

	for (i = 0; i < tunnel->count; i++) {
		peer = order_find(report, tunnel->peers[i].key);
		if (peer && !peer->own)
			at->whose.count += add_end(&tunnel->peers[i], ends[at->whose.count]);
	}
	/* Without peers with their own it is all that the log has, wherever they were then. */
	at->whose.ends = at->apart ? ends : NULL;
	late_us = look_since(at, &since);
	doctor_check_figures(d, &at->settings, NULL, &since, late_us);
	free(ends);
}

static size_t count_ordered(const struct order_report *report)
{
	size_t i, count = 0;

	for (i = 0; i < report->count; i++)
		count += report->peers[i].own &&
			 report->peers[i].settings.mode != WG_REORDER_MODE_OFF;
	return count;
}

static void check_own(const struct doctor *d, const struct look_at *at,
		      const struct order_report *report, const struct tunnel *tunnel)
{
	size_t i;

	doctor_note(d, DOCTOR_OK, "settings", NULL, "%s: %zu of %zu peers have settings of their own, and are judged by these; \"show\" has them",
		    report->ifname, at->apart, report->count);
	for (i = 0; i < report->count; i++) {
		if (report->peers[i].own)
			check_peer(d, &at->settings, &report->peers[i], tunnel);
	}
}

static void check_report(const struct doctor *d, const struct order_settings *settings,
			 const struct order_report *report)
{
	struct look_at at = look_at_interface(settings, report);
	size_t ordered = count_ordered(report);
	struct tunnel tunnel = {};

	if (at.apart)
		tunnel_read(settings->ifname, &tunnel);
	if (settings->mode == WG_REORDER_MODE_OFF && ordered)
		doctor_note(d, DOCTOR_OK, "mode", NULL, "%s: is off, but for %zu of %zu peers, which have settings of their own",
			    settings->ifname, ordered, report->count);
	else if (!at.apart || at.apart < report->count || settings->mode == WG_REORDER_MODE_OFF)
		check_others(d, &at, report, &tunnel);
	if (at.apart)
		check_own(d, &at, report, &tunnel);
	tunnel_free(&tunnel);
}

static void check_interface(const struct doctor *d, struct order *order,
			    const struct order_settings *settings)
{
	struct order_report report = {};

	if (!order_read(order, settings->ifname, &report)) {
		order_sort(&report);
		check_report(d, settings, &report);
	}
	order_free(&report);
	check_socket(d, settings->ifname);
}

void doctor_check_order(const struct doctor *d)
{
	struct order_settings *list;
	struct order order;
	size_t i, count;
	int err;

	if (order_open(&order))
		return;
	err = order_list(&order, &list, &count);
	if (err)
		doctor_note(d, DOCTOR_WARN, "settings", "sudo wireguard-reorder doctor",
			    err == -EPERM ? "root is needed to see what was counted" :
					    "what was counted cannot be read");
	for (i = 0; i < count && !err; i++)
		check_interface(d, &order, &list[i]);
	free(list);
	order_close(&order);
}
