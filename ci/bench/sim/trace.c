// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "reorder/engine.h"
#include "trace.h"

/* A capture that spans more is a mistake in it, and would take all memory. */
#define SENT_MOST	(1ULL << 28)
#define EPOCHS_MOST	(1U << 20)
#define FLOWS_MOST	(1U << 20)

static void *must(void *memory)
{
	if (!memory) {
		fputs("out of memory\n", stderr);
		exit(2);
	}
	return memory;
}

void trace_add(struct trace *trace, const struct arrival *arrival)
{
	if (trace->count == trace->room) {
		trace->room = trace->room ? 2 * trace->room : 1024;
		trace->arrival = must(realloc(trace->arrival,
					      trace->room * sizeof(*trace->arrival)));
	}
	trace->arrival[trace->count++] = *arrival;
}

/* Packets of the same moment stay as they were sent, so that runs repeat. */
static int earlier(const void *a, const void *b)
{
	const struct arrival *x = a;
	const struct arrival *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	if (x->epoch != y->epoch)
		return x->epoch < y->epoch ? -1 : 1;
	return x->counter < y->counter ? -1 : x->counter > y->counter;
}

static void find_epochs(struct trace *trace)
{
	const struct arrival *a;

	for (a = trace->arrival; a < trace->arrival + trace->count; a++) {
		if (a->epoch >= trace->epochs)
			trace->epochs = a->epoch + 1;
		if (a->flow >= trace->flows)
			trace->flows = a->flow + 1;
	}
	trace->epoch = must(calloc(trace->epochs + 1, sizeof(*trace->epoch)));
}

static void find_sent(struct trace *trace)
{
	const struct arrival *a;
	struct sent *sent;
	u64 end;
	size_t i;
	u32 e;

	/* Twice over the list: from where, then how far. */
	for (a = trace->arrival; a < trace->arrival + trace->count; a++) {
		sent = &trace->epoch[a->epoch];
		if (!sent->count || a->counter < sent->base)
			sent->base = a->counter;
		sent->count = 1;
	}
	for (a = trace->arrival; a < trace->arrival + trace->count; a++) {
		sent = &trace->epoch[a->epoch];
		end = a->counter - sent->base + 1;
		if (end > sent->count)
			sent->count = end;
	}
	for (e = 0; e < trace->epochs; e++) {
		if (trace->epoch[e].count > SENT_MOST) {
			fputs("counters are too far apart\n", stderr);
			exit(2);
		}
		trace->epoch[e].came = must(calloc(trace->epoch[e].count + 1, 1));
	}
	for (i = 0; i < trace->count; i++) {
		sent = &trace->epoch[trace->arrival[i].epoch];
		sent->came[trace->arrival[i].counter - sent->base] = 1;
	}
}

void trace_finish(struct trace *trace)
{
	s64 start;
	size_t i;

	if (!trace->count)
		return;
	qsort(trace->arrival, trace->count, sizeof(*trace->arrival), earlier);
	start = trace->arrival[0].ns;
	for (i = 0; i < trace->count; i++)
		trace->arrival[i].ns -= start;
	find_epochs(trace);
	trace->by_flow |= trace->flows > 1;
	find_sent(trace);
}

void trace_free(struct trace *trace)
{
	u32 e;

	for (e = 0; e < trace->epochs; e++)
		free(trace->epoch[e].came);
	free(trace->epoch);
	free(trace->arrival);
	memset(trace, 0, sizeof(*trace));
}

int trace_comes(const struct trace *trace, u32 epoch, u64 counter)
{
	const struct sent *sent = &trace->epoch[epoch];

	if (counter < sent->base || counter - sent->base >= sent->count)
		return -1;
	return sent->came[counter - sent->base];
}

s64 trace_length(const struct trace *trace)
{
	return trace->count ? trace->arrival[trace->count - 1].ns : 0;
}

/* Compressed ones through gzip. */
static FILE *open_file(const char *file, bool *pipe)
{
	const char *end = strrchr(file, '.');
	char command[512];

	*pipe = end && !strcmp(end, ".gz");
	if (!*pipe)
		return fopen(file, "r");
	if (strchr(file, '\'') || snprintf(command, sizeof(command), "gzip -dc '%s'", file) >=
				  (int)sizeof(command)) {
		fprintf(stderr, "%s: no name for a trace\n", file);
		exit(2);
	}
	return popen(command, "r");
}

void trace_read(struct trace *trace, const char *file)
{
	bool pipe;
	FILE *from = must(open_file(file, &pipe));
	unsigned int number = 0;
	struct arrival a;
	char line[256];

	while (fgets(line, sizeof(line), from)) {
		number++;
		line[strcspn(line, "#\n")] = 0;
		if (!line[strspn(line, " \t\r")])
			continue;
		a.flow = 0;
		if (sscanf(line, "%lld %u %llu %u %u", &a.ns, &a.epoch, &a.counter, &a.path,
			   &a.flow) < 4 ||
		    a.path >= WGR_PATHS || a.epoch >= EPOCHS_MOST || a.flow >= FLOWS_MOST ||
		    a.ns < 0) {
			fprintf(stderr, "%s:%u: not an arrival\n", file, number);
			exit(2);
		}
		trace_add(trace, &a);
	}
	if (pipe ? pclose(from) : fclose(from)) {
		fprintf(stderr, "%s: cannot be read\n", file);
		exit(2);
	}
	trace_finish(trace);
}

void trace_write(const struct trace *trace, FILE *to)
{
	const struct arrival *a;

	for (a = trace->arrival; a < trace->arrival + trace->count; a++) {
		fprintf(to, "%lld %u %llu %u", a->ns, a->epoch, a->counter, a->path);
		fprintf(to, trace->flows > 1 ? " %u\n" : "\n", a->flow);
	}
}
