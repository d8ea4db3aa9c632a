// SPDX-License-Identifier: GPL-2.0
/* capture.c - packets from the network, or from a file that somebody captured. */
#include "capture.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <pcap/pcap.h>

#include "access.h"
#include "cli.h"
#include "say.h"

/* All of a packet: where several are kept together each has to be found. */
#define WHOLE 65535
/* Room for what comes while this program does not run. */
#define BUFFER (32 << 20)
#define NSEC_PER_SEC ((int64_t)1000000000)
/* At most so many at once, so that whoever waits for a signal sees it. */
#define BATCH 1024

/* Data packets of WireGuard begin so; libpcap finds UDP's bytes in IPv4 only. */
#define IS_DATA "udp[8:4] = 0x04000000 or (ip6 proto 17 and ip6[48:4] = 0x04000000)"

/* libpcap puts the name in front of some of what it says. */
static const char *without_name(const char *said, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(said, name, len) && !strncmp(said + len, ": ", 2) ? said + len + 2 : said;
}

int capture_open(struct capture *capture, const char *file)
{
	char said[PCAP_ERRBUF_SIZE];

	*capture = (struct capture){ .file = file, .since_ns = INT64_MIN };
	errno = 0;
	capture->pcap = pcap_open_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO,
								said);
	if (!capture->pcap) {
		int code = access_code(-errno);

		say("%s: cannot be read as a capture: %s", file, without_name(said, file));
		return code;
	}
	if (outer_knows(pcap_datalink(capture->pcap)))
		return CLI_OK;
	say("%s: link type %s is not understood: capture Ethernet or IP, or by \"tcpdump -i any\"",
	    file, pcap_datalink_val_to_name(pcap_datalink(capture->pcap)) ?: "without a name");
	return CLI_FAILED;
}

static int failed(const struct capture *capture, int code)
{
	if (code == PCAP_ERROR_PERM_DENIED) {
		say("test: to listen needs root (CAP_NET_RAW): try it with sudo");
		return CLI_ROOT;
	}
	say("test: cannot listen: %s", *pcap_geterr(capture->pcap) ? pcap_geterr(capture->pcap) :
								     pcap_statustostr(code));
	return CLI_FAILED;
}

static int set_filter(struct capture *capture, uint16_t port)
{
	struct bpf_program program;
	char text[160];
	int code;

	if (port)
		snprintf(text, sizeof(text), "udp port %u and (" IS_DATA ")", port);
	else
		snprintf(text, sizeof(text), "%s", IS_DATA);
	code = pcap_compile(capture->pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN);
	if (code)
		return failed(capture, code);
	code = pcap_setfilter(capture->pcap, &program);
	pcap_freecode(&program);
	return code ? failed(capture, code) : CLI_OK;
}

/*
 * Frames come as soon as there is a socket, and none while libpcap gives it its filter:
 * those between would be taken for lost.
 */
static void begin_now(struct capture *capture)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	capture->since_ns = now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

int capture_listen(struct capture *capture, uint16_t port)
{
	char said[PCAP_ERRBUF_SIZE];
	int code;

	*capture = (struct capture){};
	capture->pcap = pcap_create("any", said);
	if (!capture->pcap) {
		say("test: cannot listen: %s", said);
		return CLI_FAILED;
	}
	pcap_set_snaplen(capture->pcap, WHOLE);
	pcap_set_buffer_size(capture->pcap, BUFFER);
	pcap_set_timeout(capture->pcap, 100);
	pcap_set_tstamp_precision(capture->pcap, PCAP_TSTAMP_PRECISION_NANO);
	code = pcap_activate(capture->pcap);
	if (code < 0)
		return failed(capture, code);
	if (pcap_setnonblock(capture->pcap, 1, said) < 0) {
		say("test: cannot listen: %s", said);
		return CLI_FAILED;
	}
	code = set_filter(capture, port);
	begin_now(capture);
	return code;
}

/**
 * struct taker - whom frames are for
 * @capture: where they come from
 * @take: called with each data packet
 * @data: for @take
 */
struct taker {
	struct capture *capture;
	outer_take take;
	void *data;
};

static void take_frame(u_char *data, const struct pcap_pkthdr *head, const u_char *bytes)
{
	const struct taker *taker = (const void *)data;
	/* Of nanoseconds, as they were asked for. */
	struct outer_frame frame = {
		.link = pcap_datalink(taker->capture->pcap),
		.ns = head->ts.tv_sec * NSEC_PER_SEC + head->ts.tv_usec,
		.data = bytes,
		.len = head->caplen,
		.cut = head->caplen < head->len,
	};

	if (frame.ns < taker->capture->since_ns)
		return;
	/* And nothing more, should the clock be set. */
	taker->capture->since_ns = INT64_MIN;
	taker->capture->frames++;
	if (!outer_read(&frame, taker->take, taker->data))
		taker->capture->cut++;
}

int capture_read(struct capture *capture, int wait_ms, outer_take take, void *data, bool *end)
{
	struct taker taker = { capture, take, data };
	struct pollfd ready = { .events = POLLIN };
	int count;

	if (!capture->file) {
		ready.fd = pcap_get_selectable_fd(capture->pcap);
		poll(&ready, 1, wait_ms);
	}
	errno = 0;
	count = pcap_dispatch(capture->pcap, BATCH, take_frame, (u_char *)&taker);
	*end = !count && capture->file;
	/* Whoever waits for a signal sees it: a file may be a pipe that gives nothing. */
	if (count >= 0 || errno == EINTR)
		return CLI_OK;
	if (capture->file)
		say("%s: cannot be read further behind %llu packets: %s", capture->file,
		    (unsigned long long)capture->frames, pcap_geterr(capture->pcap));
	else
		say("test: cannot listen any more: %s", pcap_geterr(capture->pcap));
	return CLI_FAILED;
}

uint64_t capture_missed(const struct capture *capture)
{
	struct pcap_stat stat = {};

	if (capture->file || pcap_stats(capture->pcap, &stat))
		return 0;
	return stat.ps_drop;
}

void capture_close(struct capture *capture)
{
	if (capture->pcap)
		pcap_close(capture->pcap);
	capture->pcap = NULL;
}
