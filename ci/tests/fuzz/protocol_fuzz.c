// SPDX-License-Identifier: GPL-2.0
/*
 * The protocol under whatever a fuzzer thinks of, between ends of the simulator.
 *
 * An input is a list of operations, each one byte that says which, and what it
 * needs after that; what is missing at the end counts as zeros. Messages come as they
 * are, changed, cut, or authentic with a counter that no honest end gives, to whom they were
 * for, to their sender or to another one, with macs made anew or not; things
 * happen to ends and paths; time passes. What the simulator checks is checked here.
 */
#include <stdint.h>
#include <stdlib.h>

#include "reorder/inner.h"
#include "sim.h"
#include "input.h"

enum operation {
	PASS,			/* time, in ms */
	PASS_LONG,		/* in seconds */
	TALK,
	RAW,			/* all bytes are the input's */
	CHANGED,		/* a message that was sent, with bytes of it changed */
	CUT,			/* the same, with another length */
	AGAIN,			/* as it was */
	AUTHENTIC,		/* an empty packet with any counter */
	EVENT,
	INNER,
	LOADED,			/* so many handshakes wait that cookies are asked for */
	OPERATIONS
};

static void sound(void)
{
	if (!wrong_text[0])
		return;
	fprintf(stderr, "problem: %s\n", wrong_text);
	abort();
}

static void pass(u64 ns)
{
	u64 until = w.now + ns;

	/* The end of this is a line, too. */
	happens(until, LINE, 0, 0, 0, 0, NULL);
	while (world_step())
		;
	sound();
}

static struct gram *kept(void)
{
	return w.kept_n ? &w.kept[bytes(2) % w.kept_n] : NULL;
}

/* To whom it was for, mostly; else back to its sender, or to anybody. */
static int receiver(const struct gram *gram)
{
	u8 which = byte();

	switch (which % 4) {
	case 0:
		return which / 4 % w.ends;
	case 1:
		return gram->end < 0 ? 0 : gram->end;
	default:
		return gram->link;
	}
}

static void send(struct gram *gram, int to)
{
	attack_send(gram, to, 0);
	pass(MS);
}

static void raw(void)
{
	struct gram old = { .from = NOWHERE, .end = -1, .link = byte() % w.ends, .forged = true }, gram;
	bool stamped = byte() % 2;
	size_t i;

	old.len = byte() % GRAM;
	gram = old;
	for (i = 0; i < gram.len; i++)
		gram.bytes[i] = byte();
	attack_alters(&old, &gram, old.link, stamped);
	send(&gram, old.link);
}

static void changed(bool cut)
{
	struct gram *old = kept(), gram;
	u8 how = byte();
	int to;

	if (!old)
		return;
	gram = *old;
	to = receiver(old);
	if (cut)
		gram.len = byte() % GRAM;
	else
		gram.bytes[byte() % gram.len] ^= byte();
	if (how & 1)
		attack_names(&gram, to, byte() % 8);
	if (how & 2)
		gram.from = NOWHERE;
	attack_alters(old, &gram, to, how & 4);
	send(&gram, to);
}

static void again(void)
{
	struct gram *old = kept(), gram;

	if (!old)
		return;
	gram = *old;
	send(&gram, receiver(old));
}

/* What only who has the keys can make. */
static void authentic(void)
{
	int from = byte() % w.ends, to = (from + 1) % w.ends;
	struct wgr_keys *keys = w.end[from].link[to].slots.current_;
	struct gram gram = { .from = w.end[from].address, .end = from, .link = to, .id = ++w.grams };
	u64 counter = bytes(byte() % 9);

	if (!keys || counter >= WGR_REJECT_AFTER_MESSAGES)
		return;
	gram.len = WGR_MSG_DATA_MIN;
	port_sealed = NULL;
	wgr_data_seal(keys, (struct wgr_msg_data *)gram.bytes, 0, counter);
	port_sealed = check_sealed;
	check_foreign(&w.end[to], &gram);
	send(&gram, to);
}

static void does(char *text)
{
	FILE *file = fmemopen(text, strlen(text), "r");
	struct script script;

	if (!file)
		abort();
	if (script_read(&script, file, NULL) && script.n && script.line[0].at == S)
		script_do(&script.line[0]);
	fclose(file);
	script_free(&script);
	sound();
}

static void event(void)
{
	char text[128];
	int n;

	/* As a script says it, so that it may be wrong in every way, too. */
	n = snprintf(text, sizeof(text), "seed 1\nends %d\n0 ", w.ends);
	for (; n < (int)sizeof(text) - 8; n++) {
		text[n] = byte();
		if (!text[n] || text[n] == '\n')
			break;
	}
	strcpy(text + n, "\n1 end\n");
	does(text);
}

static void loaded(void)
{
	char text[128];
	int to = byte() % w.ends;

	snprintf(text, sizeof(text), "ends %d\n0 flood %d 600 %d\n1 end\n", w.ends, to, 1 + byte() % 20);
	does(text);
	attack_asks(to);
	sound();
}

static void inner(void)
{
	struct wgr_flow_key key;
	u8 packet[128];
	size_t i, len = byte() % sizeof(packet);

	for (i = 0; i < len; i++)
		packet[i] = byte();
	wgr_inner_key(packet, len, &key);
}

/* What changes bytes and leaves macs as they are gets no further than those. */
static void tell(void)
{
	fprintf(stderr, "forged: %llu, past mac1: %llu, past mac2: %llu; reflected: %llu, gone astray: %llu\n", w.tally.forged,
		w.tally.past_mac1, w.tally.past_mac2, w.tally.reflected, w.tally.strayed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool begun;
	int steps = 0;

	if (!begun) {
		wgr_handshake_setup();
		atexit(tell);
	}
	begun = true;
	at = data;
	end = data + size;
	world_begin(byte(), 2 + byte() % 2);
	while (at < end && steps++ < 200) {
		switch ((enum operation)(byte() % OPERATIONS)) {
		case PASS:
			pass(bytes(2) * MS);
			break;
		case PASS_LONG:
			pass(bytes(2) % 700 * S);
			break;
		case TALK:
			link_say(&w.end[0], 1);
			if (byte() % 2)
				link_say(&w.end[1], 0);
			pass(20 * MS);
			break;
		case RAW:
			raw();
			break;
		case CHANGED:
			changed(false);
			break;
		case CUT:
			changed(true);
			break;
		case AGAIN:
			again();
			break;
		case AUTHENTIC:
			authentic();
			break;
		case EVENT:
			event();
			break;
		case INNER:
			inner();
			break;
		case LOADED:
			loaded();
			break;
		case OPERATIONS:
			break;
		}
		sound();
	}
	world_clear();
	sound();
	return 0;
}
