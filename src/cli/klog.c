// SPDX-License-Identifier: GPL-2.0
/* klog.c - what the module has said in the kernel's log. */
#include "klog.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"

/* No record is longer, and the kernel gives a record to a read, whole or not at all. */
#define RECORD 16384

/* The number in "wg0: peer 1 (192.0.2.1:51820): a packet came 84213 us after ..." */
static uint64_t late_us(const char *text, const char *ifname)
{
	static const char peer[] = ": peer ", came[] = ": a packet came ";
	size_t len = strlen(ifname);
	const char *number;

	if (strncmp(text, ifname, len) || strncmp(text + len, peer, strlen(peer)))
		return 0;
	number = strstr(text, came);
	return number ? strtoull(number + strlen(came), NULL, 10) : 0;
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
static uint64_t read_log(FILE *log, const char *ifname, uint64_t *seq)
{
	uint64_t after = *seq, number, us, most = 0;
	const char *text;
	char *line = NULL;
	size_t room = 0;

	while (next_line(log, &line, &room)) {
		text = strchr(line, ';');
		if (!text || sscanf(line, "%*u,%" SCNu64, &number) != 1 || number <= after)
			continue;
		*seq = number;
		us = late_us(text + 1, ifname);
		most = us > most ? us : most;
	}
	free(line);
	return most;
}

uint64_t klog_late(const char *ifname, uint64_t *seq)
{
	char path[PATH_MAX], buffer[RECORD];
	uint64_t most = 0;
	FILE *log;
	int fd;

	file_path(path, "/dev/kmsg");
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	log = fd < 0 ? NULL : fdopen(fd, "r");
	if (log) {
		setvbuf(log, buffer, _IOFBF, sizeof(buffer));
		most = read_log(log, ifname, seq);
		fclose(log);
	} else if (fd >= 0) {
		close(fd);
	}
	return most;
}
