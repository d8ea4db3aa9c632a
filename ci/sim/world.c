// SPDX-License-Identifier: GPL-2.0
/*
 * world.c - what happens next, and the paths between ends.
 *
 * Who listens on a path keeps some of what is sent, to send it again, or changed.
 */
#include <stdlib.h>

#include "sim.h"

struct world w;

/* Datagrams that are kept by who listens. */
#define KEPT	2048

/* Messages of one kind on a path: of so many in a row a fair one loses one at most. */
#define IN_A_ROW	3

static struct happening *heap;
static u32 heap_n, heap_room;
static u64 heap_number;

static bool before(const struct happening *a, const struct happening *b)
{
	return a->at != b->at ? a->at < b->at : a->number < b->number;
}

void happens(u64 at, enum kind kind, int end, int link, u64 value, u64 more, struct gram *gram)
{
	struct happening one = {
		.at = at, .number = heap_number++, .kind = kind, .end = end, .link = link,
		.value = value, .more = more, .gram = gram,
	};
	u32 i;

	if (heap_n == heap_room) {
		heap_room = heap_room ? 2 * heap_room : 1024;
		heap = realloc(heap, heap_room * sizeof(*heap));
		if (!heap)
			abort();
	}
	for (i = heap_n++; i && before(&one, &heap[(i - 1) / 2]); i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = one;
}

static struct happening take(void)
{
	struct happening first = heap[0], last = heap[--heap_n];
	u32 i = 0, child;

	while ((child = 2 * i + 1) < heap_n) {
		if (child + 1 < heap_n && before(&heap[child + 1], &heap[child]))
			child++;
		if (!before(&heap[child], &last))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = last;
	return first;
}

int who_has(u32 address)
{
	int i;

	for (i = 0; i < w.ends; i++) {
		if (w.end[i].address == address)
			return i;
	}
	return -1;
}

/* Hosts of 16 ports each: the next is of another host every other time. */
u32 new_address(void)
{
	w.addresses += chance_below(2) ? 1 : 16;
	return w.addresses;
}

static bool is_handshake(const struct gram *gram)
{
	return gram->bytes[0] != WGR_MSG_DATA;
}

/* A fair path loses by chance, but never so much in a row that nobody could talk. */
static bool is_lost(struct path *path, const struct gram *gram)
{
	u8 *lost = &path->lost[is_handshake(gram)];
	bool loses;

	if (is_handshake(gram) && path->no_handshakes > w.now)
		return true;
	loses = chance_percent(path->loss);
	if (path->loss < 30 && *lost & ((1 << (IN_A_ROW - 1)) - 1))
		loses = false;
	*lost = *lost << 1 | loses;
	return loses;
}

static void break_something(struct gram *gram)
{
	/* Behind mac1 is what counts under load alone. */
	size_t len = is_handshake(gram) && gram->bytes[0] != WGR_MSG_COOKIE ? gram->len - WGR_MAC_LEN : gram->len;

	gram->bytes[chance_below(len)] ^= 1 << chance_below(8);
	gram->forged = true;
	gram->mac_key = 0;
	gram->mac2_for = 0;
}

void bring(const struct gram *gram, u64 delay, bool forged)
{
	struct gram *copy = malloc(sizeof(*copy));

	if (!copy)
		abort();
	*copy = *gram;
	copy->forged |= forged;
	happens(w.now + delay, ARRIVAL, 0, 0, 0, 0, copy);
}

static void keep(const struct gram *gram)
{
	u32 at = w.kept_n;

	if (at < KEPT)
		w.kept_n++;
	else
		at = chance_below(KEPT);
	w.kept[at] = *gram;
}

void transmit(struct end *end, int link, u32 to, const void *bytes, size_t len, u64 cause, u64 said)
{
	struct gram gram = {
		.id = ++w.grams, .from = end->address, .to = to, .about = to, .end = number_of(end), .link = link,
		.cause = cause, .stamp = end->link[link].model.stamp, .len = len,
		.psk = name_of_key(w.psk[number_of(end)][link]), .said = said,
	};
	int other = who_has(to);
	struct path *path = &w.path[gram.end][other < 0 ? link : other];
	int copies;

	memcpy(gram.bytes, bytes, len);
	if (end->at_hand && end->at_hand->from == to)
		end->bytes_out += len;
	macs_sent(&end->link[link], &gram);
	keep(&gram);
	if (to == NOWHERE)
		attack_hears(&gram);
	w.tally.grams++;
	if (is_lost(path, &gram))
		return;
	gram.owed = other == link && gram.said;
	for (copies = chance_percent(path->doubled) ? 2 : 1; copies; copies--) {
		struct gram sent = gram;

		gram.owed = false;
		if (chance_percent(path->broken))
			break_something(&sent);
		bring(&sent, path->delay + chance_below(path->jitter + 1), false);
	}
}

static void arrive(struct gram *gram)
{
	int i = who_has(gram->to);

	if (i >= 0 && w.end[i].frozen > w.now && w.end[i].asleep <= w.now) {
		/* It waits in a queue, in the order of arrival. */
		happens(w.end[i].frozen, ARRIVAL, 0, 0, 0, 0, gram);
		return;
	}
	if (i >= 0)
		end_receive(&w.end[i], gram);
	if (i == gram->link && gram->owed && !gram->forged)
		check_arrived(&w.end[i], gram);
	free(gram);
}

/* ---- fairness ---- */

static bool path_is_fair(int a, int b)
{
	const struct path *path = &w.path[a][b];

	return path->loss < 30 && path->broken < 2 && path->delay + path->jitter <= 500 * MS && path->no_handshakes <= w.now;
}

/* Knows the other one as it is. */
static bool is_configured(int a, int b)
{
	const struct link *l = &w.end[a].link[b];

	return l->known && w.end[a].identity.set && !memcmp(l->public, w.end[b].identity.public, WGR_KEY_LEN) &&
	       !memcmp(w.psk[a][b], w.psk[b][a], WGR_KEY_LEN);
}

/*
 * Who has forgotten its last stamp goes by the wall clock, and if that has been set
 * back meanwhile it is refused until the clock is where it was: nothing helps then.
 */
static bool is_in_time(int a, int b)
{
	u64 sent = w.end[a].link[b].model.stamp, taken = w.end[b].link[a].model.stamp_wall;

	return sent >= taken || wall_ns(&w.end[a]) > taken + 10 * S;
}

static bool is_there(int a)
{
	return w.end[a].up && runs(&w.end[a]) && w.end[a].late_ns <= 100 * MS;
}

bool is_fair(int a, int b)
{
	return path_is_fair(a, b) && path_is_fair(b, a) && is_configured(a, b) && is_configured(b, a) &&
	       is_in_time(a, b) && is_in_time(b, a) &&
	       is_there(a) && is_there(b) && w.end[a].link[b].endpoint == w.end[b].address;
}

bool is_lossy(int a, int b)
{
	return w.path[a][b].loss || w.path[b][a].loss || w.path[a][b].broken || w.path[b][a].broken;
}

/* ---- time ---- */

/* Each end says something to another, from time to time. */
static void say(const struct happening *h)
{
	link_say(&w.end[h->end], h->link);
	if (h->value > 1)
		happens(w.now + h->more, SAY, h->end, h->link, h->value - 1, h->more, NULL);
}

static void audit(void)
{
	int a, b;

	check_audit();
	for (a = 0; a < w.ends; a++) {
		for (b = 0; b < w.ends; b++) {
			if (a != b && !is_fair(a, b))
				w.fair[a][b] = w.now;
		}
	}
	happens(w.now + S, AUDIT, 0, 0, 0, 0, NULL);
}

static void calm(const struct happening *h)
{
	struct end *end = &w.end[h->end];
	u64 n;

	/* What waited is gone with who has restarted. */
	if (end->started_ever != h->more)
		return;
	end->waits -= h->value;
	for (n = 0; n < h->value; n++)
		wgr_load_less(&end->load);
}

/* Ticks stood still, so what rings by them does so later. */
static void wake(const struct happening *h)
{
	struct end *end = &w.end[h->end];
	int i;

	if (end->asleep != w.now)
		return;
	end->slept += h->value;
	for (i = 0; i < w.ends; i++)
		check_slept(end, i, h->value);
	end_wake(end);
	for (i = 0; i < w.ends; i++) {
		if (end->link[i].known && end->link[i].ring_at) {
			end->link[i].ring_at = w.now;
			happens(w.now, RING, h->end, i, w.now, 0, NULL);
		}
	}
}

bool world_step(void)
{
	struct happening h = take();

	w.now = h.at;
	w.tally.events++;
	switch (h.kind) {
	case ARRIVAL:
		arrive(h.gram);
		break;
	case RING:
		if (w.end[h.end].link[h.link].ring_at == h.value)
			end_ring(&w.end[h.end], h.link);
		break;
	case ORDER:
		end_order(&w.end[h.end], h.link);
		break;
	case SAY:
		say(&h);
		break;
	case AUDIT:
		audit();
		break;
	case CALM:
		calm(&h);
		break;
	case WAKE:
		wake(&h);
		break;
	case INTERVAL_SET:
		link_interval(&w.end[h.end], h.link, h.value);
		break;
	case LINE:
		if (!h.value)
			return false;
		script_do((const struct line *)(size_t)h.value);
		break;
	}
	return !wrong_text[0];
}

void world_clear(void)
{
	int i;

	for (i = 0; i < w.ends; i++)
		end_stop(&w.end[i]);
	while (heap_n)
		free(take().gram);
	heap_number = 0;
}

void world_begin(u64 seed, int ends)
{
	static const u16 rates[] = { 100, 250, 300, 1000 };
	struct tally tally = w.tally;
	struct gram *kept = w.kept ? w.kept : malloc(KEPT * sizeof(*kept));
	bool verbose = w.verbose;
	int a, b;

	if (!kept)
		abort();
	memset(&w, 0, sizeof(w));
	w.tally = tally;
	w.kept = kept;
	w.verbose = verbose;
	w.seed = seed;
	w.ends = ends;
	w.now = S;
	w.addresses = 64;
	port_seed(seed);
	chance_seed(seed);
	port_hz = rates[chance_below(ARRAY_SIZE(rates))];
	w.low_resolution = chance_below(2);
	check_begin();
	attack_begin();
	for (a = 0; a < ends; a++) {
		get_random_bytes(w.end[a].secret, WGR_KEY_LEN);
		w.end[a].address = new_address();
		end_start(&w.end[a], false);
		for (b = 0; b < ends; b++)
			w.path[a][b] = (struct path){ .delay = 10 * MS };
	}
	for (a = 0; a < ends; a++) {
		for (b = 0; b < ends; b++) {
			if (a != b)
				link_add(&w.end[a], b);
		}
	}
	happens(w.now + S, AUDIT, 0, 0, 0, 0, NULL);
}
