// SPDX-License-Identifier: GPL-2.0
/*
 * test.c - the command "test": does a path swap packets, and would order help?
 *
 * It looks at packets outside of the tunnel, and so it is all the same which module
 * runs, or whether one does: a capture from elsewhere will do.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "access.h"
#include "capture.h"
#include "cli.h"
#include "format.h"
#include "hist.h"
#include "json.h"
#include "link.h"
#include "parse.h"
#include "say.h"
#include "stream.h"
#include "tunnel.h"
#include "verdict.h"

/* How long it listens if nobody says how long, microseconds. */
#define LISTEN_US 30000000

/* A stream with fewer packets is not worth its lines. */
#define FEW 10

/**
 * struct test - what is looked at, and what was seen
 * @cli: options
 * @capture: where packets come from
 * @port: UDP port of the one interface that was asked for, or 0
 * @time_us: how long to listen, microseconds
 * @begin: when that began, monotonic clock, seconds
 * @streams: what was seen
 * @tunnels: tunnels of this machine, so that streams can be told by names
 * @count: how many
 */
struct test {
	const struct cli *cli;
	struct capture capture;
	uint16_t port;
	uint32_t time_us;
	double begin;
	struct streams streams;
	struct tunnel *tunnels;
	size_t count;
};

static atomic_bool told_to_end;

static void end(int signal)
{
	(void)signal;
	told_to_end = true;
}

/* The second time it ends at once. */
static void listen_to_signals(void)
{
	struct sigaction action = { .sa_handler = end, .sa_flags = SA_RESETHAND };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/*
 * Names.
 */

static void read_tunnels(struct test *test)
{
	struct link *links = NULL;
	size_t i, count = 0;

	link_list(&links, &count);
	test->tunnels = say_alloc(NULL, (count + 1) * sizeof(*test->tunnels));
	for (i = 0; i < count; i++) {
		struct tunnel tunnel = {};

		/* Without rights to see them they have no names, that is all. */
		if (!tunnel_read(links[i].ifname, &tunnel))
			test->tunnels[test->count++] = tunnel;
		else
			tunnel_free(&tunnel);
	}
	free(links);
}

/* The one that was asked for. Return: an exit code, after one line if it is not %CLI_OK. */
static int read_tunnel(struct test *test, const char *ifname)
{
	struct tunnel *tunnel = say_alloc(NULL, sizeof(*tunnel));
	int err;

	*tunnel = (struct tunnel){};
	test->tunnels = tunnel;
	test->count = 1;
	if (access_check_name(ifname))
		return CLI_USAGE;
	err = tunnel_read(ifname, tunnel);
	if (err == -EPERM) {
		say("%s: this needs root (CAP_NET_ADMIN): try it with sudo", ifname);
		return CLI_ROOT;
	}
	if (err) {
		say("%s: is no WireGuard interface that can be read: %s", ifname, strerror(-err));
		return CLI_FAILED;
	}
	test->port = tunnel->port;
	if (test->port)
		return CLI_OK;
	say("%s: has no port as it has never been up: there is nothing to listen to", ifname);
	return CLI_FAILED;
}

/* Endpoints that were learned while it listened, or have moved: they have a name, too. */
static void read_again(struct test *test)
{
	size_t i, before = test->count;
	struct tunnel *now;

	test->tunnels = say_alloc(test->tunnels, (2 * before + 1) * sizeof(*test->tunnels));
	for (i = 0; i < before; i++) {
		now = &test->tunnels[test->count];
		*now = (struct tunnel){};
		if (!tunnel_read(test->tunnels[i].ifname, now))
			test->count++;
		else
			tunnel_free(now);
	}
}

static const struct tunnel_peer *peer_at(const struct tunnel *tunnel, const union outer_end *end)
{
	size_t i;

	for (i = 0; i < tunnel->count; i++) {
		if (outer_same_end((const void *)&tunnel->peers[i].endpoint, end))
			return &tunnel->peers[i];
	}
	return NULL;
}

/**
 * struct name - whose a stream is
 * @ifname: name of the interface, or NULL if it is none of this machine's
 * @peer: the peer
 * @way: which way it goes
 */
struct name {
	const char *ifname;
	const struct tunnel_peer *peer;
	enum outer_way way;
};

static struct name name_of(const struct test *test, const struct stream *stream)
{
	struct name name = { .way = stream->way };
	const struct tunnel *tunnel;
	size_t i;

	for (i = 0; i < test->count && !name.peer; i++) {
		tunnel = &test->tunnels[i];
		if (ntohs(stream->to.v4.sin_port) == tunnel->port)
			name.peer = peer_at(tunnel, &stream->from);
		if (!name.peer && ntohs(stream->from.v4.sin_port) == tunnel->port)
			name.peer = peer_at(tunnel, &stream->to);
		name.ifname = name.peer ? tunnel->ifname : NULL;
	}
	return name;
}

/*
 * As text.
 */

static const char *way_name(enum outer_way way)
{
	static const char *const names[] = {
		[OUTER_PASSED] = "", [OUTER_RECEIVED] = "received", [OUTER_SENT] = "sent",
	};

	return names[way];
}

static uint64_t late_percentile(const struct stream *stream, unsigned int percent)
{
	uint64_t ns = hist_percentile(stream->late, STREAM_LATE_BINS, percent);

	return ns < (uint64_t)stream->late_most_ns ? ns : (uint64_t)stream->late_most_ns;
}

static uint64_t hold_percentile(const struct judge *judge, unsigned int percent)
{
	uint64_t bins[WGR_HOLD_BINS], ns;

	ns = hist_percentile(judge_holds(judge, bins), WGR_HOLD_BINS, percent);
	return ns < (uint64_t)judge->most_ns ? ns : (uint64_t)judge->most_ns;
}

static void print_judge(const struct format *f, const struct judge *judge)
{
	char hold[FORMAT_ROOM] = "", swapped[FORMAT_ROOM], late[FORMAT_ROOM], mean[FORMAT_ROOM];
	char most[FORMAT_ROOM], wait[FORMAT_ROOM];
	uint64_t packets = judge->handed + judge->late;

	if (judge_mode(judge) == WG_REORDER_MODE_FIXED)
		format_us(f, hold, judge_hold_us(judge));
	printf("  %s%s%s%s%s: %s swapped, %s too late", format_colour(f, FORMAT_BOLD),
	       parse_mode_name(judge_mode(judge)), *hold ? " " : "", hold,
	       format_colour(f, FORMAT_RESET), format_share(swapped, judge->swapped, packets),
	       format_share(late, judge->late, packets));
	if (judge_mode(judge) != WG_REORDER_MODE_OFF)
		printf(", delay %s on average, %s at most, hold %s in the end",
		       format_ns(f, mean, judge_mean_ns(judge)), format_ns(f, most, judge->most_ns),
		       format_ns(f, wait, judge_wait_ns(judge)));
	putchar('\n');
}

static void print_heading(const struct format *f, const struct name *name,
			  const struct stream *stream)
{
	char from[FORMAT_ROOM], to[FORMAT_ROOM], key[KEY_TEXT];

	printf("%s%s to %s%s", format_colour(f, FORMAT_YELLOW),
	       format_endpoint(from, &stream->from.any), format_endpoint(to, &stream->to.any),
	       format_colour(f, FORMAT_RESET));
	if (name->way != OUTER_PASSED)
		printf(", %s", way_name(name->way));
	if (name->peer) {
		key_print(name->peer->key, key);
		printf(", %s, peer %s", name->ifname, key);
	}
	putchar('\n');
}

static void print_stream(const struct format *f, const struct name *name,
			 const struct stream *stream)
{
	char one[FORMAT_ROOM], other[FORMAT_ROOM], most[FORMAT_ROOM], verdict[VERDICT_ROOM];
	unsigned int i;

	print_heading(f, name, stream);
	printf("  packets: %" PRIu64 ", swapped %s, lost %s", stream->packets,
	       format_share(one, stream->swapped, stream->packets),
	       format_share(other, stream->lost, stream->packets + stream->lost));
	if (stream->again)
		printf(", %" PRIu64 " seen again", stream->again);
	if (stream->odd)
		printf(", %" PRIu64 " not believed", stream->odd);
	putchar('\n');
	if (stream->swapped) {
		printf("  extent: p50 %" PRIu64 ", p99 %" PRIu64 " packets\n",
		       hist_percentile(stream->extent, STREAM_EXTENT_BINS, 50),
		       hist_percentile(stream->extent, STREAM_EXTENT_BINS, 99));
		printf("  behind by: p50 %s, p99 %s, %s at most\n",
		       format_ns(f, one, late_percentile(stream, 50)),
		       format_ns(f, other, late_percentile(stream, 99)),
		       format_ns(f, most, stream->late_most_ns));
	}
	for (i = 0; i < JUDGE_POLICIES && name->way != OUTER_SENT; i++)
		print_judge(f, &stream->judge[i]);
	printf("  %sverdict%s: %s\n", format_colour(f, FORMAT_BOLD),
	       format_colour(f, FORMAT_RESET), verdict_print(f, stream, verdict));
}

static void print_text(const struct test *test)
{
	const struct format f = { .plain = test->cli->plain, .colour = test->cli->colour };
	const struct streams *streams = &test->streams;
	size_t i, shown = 0;

	for (i = 0; i < streams->count; i++) {
		struct name name = name_of(test, streams->all[i]);

		/* The first has the most. */
		if (i && streams->all[i]->packets < FEW)
			break;
		if (shown++)
			putchar('\n');
		print_stream(&f, &name, streams->all[i]);
	}
	if (shown < streams->count)
		printf("\nand %zu with fewer than %d packets\n", streams->count - shown, FEW);
}

/*
 * As JSON.
 */

static json_t *judge_json(const struct judge *judge)
{
	json_t *object = json_object();

	json_add_string(object, "mode", parse_mode_name(judge_mode(judge)));
	json_add_number(object, "hold_us", judge_hold_us(judge));
	json_add_number(object, "handed_up", judge->handed);
	json_add_number(object, "swapped", judge->swapped);
	json_add_number(object, "late", judge->late);
	json_add_number(object, "delayed", judge->delayed);
	json_add_number(object, "delay_mean_ns", judge_mean_ns(judge));
	json_add_number(object, "delay_max_ns", judge->most_ns);
	json_add_number(object, "hold_p50_ns", hold_percentile(judge, 50));
	json_add_number(object, "hold_p99_ns", hold_percentile(judge, 99));
	json_add_number(object, "wait_ns", judge_wait_ns(judge));
	return object;
}

static void add_name(json_t *object, const struct name *name, const struct stream *stream)
{
	char text[FORMAT_ROOM];

	json_add_string(object, "from", format_endpoint(text, &stream->from.any));
	json_add_string(object, "to", format_endpoint(text, &stream->to.any));
	json_add_string(object, "direction", way_name(name->way));
	json_add_string(object, "interface", name->peer ? name->ifname : "");
	if (name->peer)
		json_add_key(object, "public_key", name->peer->key);
	else
		json_add_string(object, "public_key", "");
}

static json_t *stream_json(const struct name *name, const struct stream *stream)
{
	const struct format plain = {};
	json_t *object = json_object(), *policies = json_array();
	char verdict[VERDICT_ROOM];
	unsigned int i;

	add_name(object, name, stream);
	json_add_number(object, "sessions", stream->sessions);
	json_add_number(object, "packets", stream->packets);
	json_add_number(object, "swapped", stream->swapped);
	json_add_number(object, "lost", stream->lost);
	json_add_number(object, "seen_again", stream->again);
	json_add_number(object, "not_believed", stream->odd);
	json_add_number(object, "extent_p50",
			hist_percentile(stream->extent, STREAM_EXTENT_BINS, 50));
	json_add_number(object, "extent_p99",
			hist_percentile(stream->extent, STREAM_EXTENT_BINS, 99));
	json_add_number(object, "behind_p50_ns", late_percentile(stream, 50));
	json_add_number(object, "behind_p99_ns", late_percentile(stream, 99));
	json_add_number(object, "behind_max_ns", stream->late_most_ns);
	for (i = 0; i < JUDGE_POLICIES; i++)
		json_array_append_new(policies, judge_json(&stream->judge[i]));
	json_object_set_new(object, "policies", policies);
	json_add_string(object, "verdict", verdict_print(&plain, stream, verdict));
	return object;
}

static void print_json(const struct test *test)
{
	json_t *object = json_object(), *array = json_array();
	size_t i;

	for (i = 0; i < test->streams.count; i++) {
		struct name name = name_of(test, test->streams.all[i]);

		json_array_append_new(array, stream_json(&name, test->streams.all[i]));
	}
	json_add_string(object, "file", test->capture.file ? test->capture.file : "");
	json_add_number(object, "missed", capture_missed(&test->capture));
	json_add_number(object, "left_out", test->streams.left_out);
	json_object_set_new(object, "streams", array);
	json_print(object, false);
}

/*
 * Listening.
 */

static int compare_streams(const void *one, const void *other)
{
	const struct stream *a = *(struct stream *const *)one;
	const struct stream *b = *(struct stream *const *)other;

	return a->packets < b->packets ? 1 : a->packets > b->packets ? -1 : 0;
}

static void take(void *data, const struct outer *outer)
{
	streams_take(data, outer);
}

/* On a terminal, over what stands there; a line's end when it is over. */
static void show_progress(const struct test *test, double since)
{
	if (test->capture.file)
		fprintf(stderr, "\rreading: %" PRIu64 " packets ", test->streams.packets);
	else
		fprintf(stderr, "\rlistening: %.0f s of %.0f, %" PRIu64 " packets ", since,
			test->time_us / 1e6, test->streams.packets);
}

/* Return: an exit code, after one line of text if it is not %CLI_OK. */
static int look_on(struct test *test)
{
	bool shows = isatty(STDERR_FILENO), ended = false;
	double since = 0, next = 0;
	int code = CLI_OK;

	listen_to_signals();
	test->begin = now();
	while (!code && !ended && !told_to_end) {
		if (shows && since >= next) {
			show_progress(test, since);
			next = since + 1;
		}
		code = capture_read(&test->capture, 100, take, &test->streams, &ended);
		since = now() - test->begin;
		ended = ended || (!test->capture.file && since >= test->time_us / 1e6);
	}
	if (shows) {
		show_progress(test, since);
		fputc('\n', stderr);
	}
	return code;
}

/* So much of a frame has a data packet's counter, with all heads that are usual before it. */
#define SNAPLEN 128

static void say_cut(const struct capture *capture)
{
	say("%s: %" PRIu64 " of its %" PRIu64 " packets were captured too short to be told: capture again with \"tcpdump -s %d\"",
	    capture->file, capture->cut, capture->frames, SNAPLEN);
}

/* What a result must be read with. */
static void say_limits(const struct test *test)
{
	uint64_t missed = capture_missed(&test->capture);

	if (missed)
		say("%" PRIu64 " packets came too fast to be looked at: the figures of losses are too high",
		    missed);
	if (test->capture.cut)
		say_cut(&test->capture);
	if (test->streams.left_out)
		say("%" PRIu64 " packets were left out: no more than %d streams are told apart",
		    test->streams.left_out, STREAM_MOST);
}

/* When it ended: a file ends with its last packet. */
static int64_t end_ns(const struct test *test)
{
	struct timespec time;

	if (test->capture.file)
		return 0;
	clock_gettime(CLOCK_REALTIME, &time);
	return time.tv_sec * (int64_t)1000000000 + time.tv_nsec;
}

static int print(struct test *test)
{
	streams_end(&test->streams, end_ns(test));
	if (!test->streams.count) {
		if (test->capture.cut)
			say_cut(&test->capture);
		else if (test->capture.file)
			say("%s: no data packet of WireGuard is among its %" PRIu64 " packets",
			    test->capture.file, test->capture.frames);
		else
			say("no data packet of WireGuard was seen: is anything sent through the tunnel?");
		return CLI_FAILED;
	}
	qsort(test->streams.all, test->streams.count, sizeof(*test->streams.all),
	      compare_streams);
	say_limits(test);
	(test->cli->json ? print_json : print_text)(test);
	return CLI_OK;
}

/* Return: an exit code, after one line of text if it is not %CLI_OK. */
static int open_capture(struct test *test, const char *ifname)
{
	int code;

	if (test->cli->pcap)
		return capture_open(&test->capture, test->cli->pcap);
	if (ifname) {
		code = read_tunnel(test, ifname);
		if (code)
			return code;
	} else {
		read_tunnels(test);
	}
	return capture_listen(&test->capture, test->port);
}

static int run(struct test *test, const char *ifname)
{
	int code = open_capture(test, ifname);

	if (code)
		return code;
	code = look_on(test);
	if (!test->cli->pcap)
		read_again(test);
	/* What came before a fault is shown all the same. */
	if (!code || test->streams.count)
		return print(test) || code;
	return code;
}

static void forget(struct test *test)
{
	size_t i;

	for (i = 0; i < test->count; i++)
		tunnel_free(&test->tunnels[i]);
	free(test->tunnels);
	streams_free(&test->streams);
	capture_close(&test->capture);
}

int test_command(const struct cli *cli, int count, char **words)
{
	struct test test = { .cli = cli, .time_us = LISTEN_US };
	int code;

	if (count > 1)
		return say_usage("test takes one interface, not \"%s\" as well", words[1]);
	if (cli->pcap && count)
		return say_usage("test takes an interface or --pcap, not both: a capture is read as a whole");
	if (cli->pcap && cli->time)
		return say_usage("test takes --time or --pcap, not both: a capture is read to its end");
	if (cli->time && !parse_seconds(cli->time, &test.time_us))
		return say_usage("--time \"%s\": give seconds, from 0.01 to 4000", cli->time);
	code = run(&test, count ? words[0] : NULL);
	forget(&test);
	return code;
}
