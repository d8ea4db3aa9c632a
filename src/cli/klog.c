// SPDX-License-Identifier: GPL-2.0
/* klog.c - what the module has said in the kernel's log. */
#include "klog.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "say.h"

/* No record is longer, and the kernel gives a record to a read, whole or not at all. */
#define RECORD 16384

/**
 * struct late - a line that tells of a packet that was too late
 * @seq: its number
 * @us: by how much, microseconds
 * @ifname: the interface
 * @end: where the peer was, as format_endpoint() writes it
 */
struct late {
	uint64_t seq;
	uint64_t us;
	char ifname[IFNAMSIZ];
	char end[FORMAT_ROOM];
};

/**
 * struct klog - what has been read
 * @read: whether it has
 * @last: number of the last line
 * @late: lines about packets that were too late
 * @count: how many
 */
struct klog {
	bool read;
	uint64_t last;
	struct late *late;
	size_t count;
};

static struct klog klog;

/* In brackets, and with an IPv6 address its flow and scope are behind a slash. */
static void read_end(const char *text, char end[FORMAT_ROOM])
{
	const char *from = strchr(text, '(');

	if (from)
		snprintf(end, FORMAT_ROOM, "%.*s", (int)strcspn(from + 1, "/)"), from + 1);
}

/* Such as "wg0: peer 1 (192.0.2.1:51820): a packet came 84213 us after ..." */
static void read_text(const char *text, uint64_t seq)
{
	static const char peer[] = ": peer ", came[] = ": a packet came ";
	const char *name_end = strstr(text, peer), *number = strstr(text, came);
	struct late *late;

	if (!name_end || !number || name_end - text >= IFNAMSIZ)
		return;
	klog.late = say_alloc(klog.late, (klog.count + 1) * sizeof(*klog.late));
	late = &klog.late[klog.count++];
	*late = (struct late){ .seq = seq };
	late->us = strtoull(number + strlen(came), NULL, 10);
	memcpy(late->ifname, text, name_end - text);
	read_end(name_end, late->end);
}

/* The next line, also where the kernel has overwritten what was to be read. */
static bool next_line(FILE *log, char **line, size_t *room)
{
	while (getline(line, room, log) < 0) {
		if (!ferror(log) || errno != EPIPE)
			return false;
		clearerr(log);
	}
	return true;
}

/* A line is "priority,sequence,time,flags;text"; what belongs to it begins with a space. */
static void read_lines(FILE *log)
{
	char *line = NULL, *text;
	size_t room = 0;
	uint64_t seq;

	while (next_line(log, &line, &room)) {
		text = strchr(line, ';');
		if (!text || sscanf(line, "%*u,%" SCNu64, &seq) != 1)
			continue;
		klog.last = seq;
		read_text(text + 1, seq);
	}
	free(line);
}

static void read_log(void)
{
	char path[PATH_MAX], buffer[RECORD];
	FILE *log;
	int fd;

	if (klog.read)
		return;
	klog.read = true;
	file_path(path, "/dev/kmsg");
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	log = fd < 0 ? NULL : fdopen(fd, "r");
	if (log) {
		setvbuf(log, buffer, _IOFBF, sizeof(buffer));
		read_lines(log);
		fclose(log);
	} else if (fd >= 0) {
		close(fd);
	}
}

uint64_t klog_last(void)
{
	read_log();
	return klog.last;
}

static bool is_of(const struct late *late, const struct klog_whose *whose)
{
	size_t i;

	if (strcmp(late->ifname, whose->ifname))
		return false;
	for (i = 0; i < whose->count && whose->ends; i++) {
		if (!strcmp(late->end, whose->ends[i]))
			return true;
	}
	return !whose->ends;
}

uint64_t klog_late(const struct klog_whose *whose, uint64_t after)
{
	uint64_t most = 0;
	size_t i;

	read_log();
	for (i = 0; i < klog.count; i++) {
		if (klog.late[i].seq > after && klog.late[i].us > most &&
		    is_of(&klog.late[i], whose))
			most = klog.late[i].us;
	}
	return most;
}
