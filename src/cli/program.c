// SPDX-License-Identifier: GPL-2.0
/* program.c - other programs: modinfo, modprobe and the like. */
#include "program.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util.h"

/* Users have no sbin in their path on some distributions. */
static void widen_path(void)
{
	const char *path = getenv("PATH");
	char wide[4096];

	snprintf(wide, sizeof(wide), "%s:/usr/sbin:/sbin", path ? path : "/usr/bin:/bin");
	setenv("PATH", wide, 1);
}

static void __noreturn become(int output, const char *const *words)
{
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

	dup2(nothing, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	/* What they print is read here. */
	setenv("LC_ALL", "C", 1);
	widen_path();
	execvp(words[0], (char *const *)words);
	_exit(127);
}

/* All of it, so that the program is never left with a full pipe. Return: bytes in @to. */
static size_t read_all(int from, char *to, size_t size)
{
	char rest[4096];
	size_t used = 0;
	ssize_t len;

	do {
		if (used + 1 < size)
			len = read(from, to + used, size - used - 1);
		else
			len = read(from, rest, sizeof(rest));
		if (len > 0 && used + 1 < size)
			used += len;
	} while (len > 0);
	to[used] = 0;
	return used;
}

int program_bytes(char *to, size_t size, size_t *len, const char *const *words)
{
	int ends[2], status;
	pid_t child;

	*to = 0;
	*len = 0;
	if (pipe2(ends, O_CLOEXEC))
		return -1;
	fflush(stdout);
	child = fork();
	if (!child)
		become(ends[1], words);
	close(ends[1]);
	if (child > 0)
		*len = read_all(ends[0], to, size);
	close(ends[0]);
	if (child < 0 || waitpid(child, &status, 0) < 0 || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

int program_run(char *to, size_t size, const char *const *words)
{
	size_t len;

	return program_bytes(to, size, &len, words);
}

const char *program_last_line(char *text)
{
	size_t len = strlen(text);
	char *line;

	while (len && text[len - 1] == '\n')
		text[--len] = 0;
	line = strrchr(text, '\n');
	return line ? line + 1 : text;
}
