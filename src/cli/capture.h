/* SPDX-License-Identifier: GPL-2.0 */
/* capture.h - packets from the network, or from a file that somebody captured. */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <stdint.h>

#include "outer.h"

/**
 * struct capture - where packets come from
 * @pcap: libpcap's
 * @file: name of the file, or NULL if it listens
 * @frames: how many there were
 * @cut: how many of them were captured too short to be told
 * @since_ns: what came before this is left out, nanoseconds of the frames' clock
 */
struct capture {
	struct pcap *pcap;
	const char *file;
	uint64_t frames;
	uint64_t cut;
	int64_t since_ns;
};

/*
 * Each: an exit code, after one line of text if it is not %CLI_OK. To be closed in any
 * case.
 */
int capture_open(struct capture *capture, const char *file);

/* Listens on all interfaces; to one UDP port only if @port is not 0. */
int capture_listen(struct capture *capture, uint16_t port);

/**
 * capture_read() - take what there is
 * @capture: from where
 * @wait_ms: how long to wait if nothing is there, milliseconds
 * @take: called with each data packet
 * @data: for @take
 * @end: set when a file has come to its end
 */
int capture_read(struct capture *capture, int wait_ms, outer_take take, void *data, bool *end);

/* Packets that were lost on the way to this program. */
uint64_t capture_missed(const struct capture *capture);

void capture_close(struct capture *capture);

#endif
