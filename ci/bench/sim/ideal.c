// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>

#include "ideal.h"

static int sent_before(const void *a, const void *b)
{
	const struct arrival *x = *(const struct arrival * const *)a;
	const struct arrival *y = *(const struct arrival * const *)b;

	if (x->epoch != y->epoch)
		return x->epoch < y->epoch ? -1 : 1;
	return x->counter < y->counter ? -1 : x->counter > y->counter;
}

static int flow_by_flow(const void *a, const void *b)
{
	const struct arrival *x = *(const struct arrival * const *)a;
	const struct arrival *y = *(const struct arrival * const *)b;

	if (x->flow != y->flow)
		return x->flow < y->flow ? -1 : 1;
	return sent_before(a, b);
}

/* In the order sent, one flow behind the other if they are told apart. */
static const struct arrival **as_sent(const struct trace *trace)
{
	const struct arrival **sent = calloc(trace->count + 1, sizeof(const struct arrival *));
	size_t i;

	if (!sent)
		abort();
	for (i = 0; i < trace->count; i++)
		sent[i] = &trace->arrival[i];
	qsort(sent, trace->count, sizeof(const struct arrival *),
	      trace->by_flow ? flow_by_flow : sent_before);
	return sent;
}

/* For each, when the first packet came that was sent after it; at the end never. */
static s64 *missed_from(const struct arrival **sent, const struct trace *trace)
{
	s64 *from = calloc(trace->count + 1, sizeof(*from));
	s64 first = S64_MAX;
	size_t i;

	if (!from)
		abort();
	for (i = trace->count; i--;) {
		if (trace->by_flow && i + 1 < trace->count && sent[i]->flow != sent[i + 1]->flow)
			first = S64_MAX;
		from[i] = first;
		if (sent[i]->ns < first)
			first = sent[i]->ns;
	}
	return from;
}

struct ideal ideal(const struct trace *trace, s64 limit_ns, s64 from_ns)
{
	const struct arrival **sent = as_sent(trace);
	s64 *missed_ns = missed_from(sent, trace);
	struct ideal sum = { 0 };
	s64 out_ns = 0;
	size_t i;

	for (i = 0; i < trace->count; i++) {
		bool counts = sent[i]->ns >= from_ns;
		bool late = missed_ns[i] < sent[i]->ns && sent[i]->ns - missed_ns[i] > limit_ns;

		if (trace->by_flow && i && sent[i]->flow != sent[i - 1]->flow)
			out_ns = 0;
		sum.arrived += counts;
		sum.late += counts && late;
		if (late)
			continue;
		if (sent[i]->ns > out_ns)
			out_ns = sent[i]->ns;
		if (counts)
			sum.delay_ns += out_ns - sent[i]->ns;
	}
	free(missed_ns);
	free(sent);
	return sum;
}
