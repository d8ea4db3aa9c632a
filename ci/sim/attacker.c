// SPDX-License-Identifier: GPL-2.0
/*
 * attacker.c - who listens on all paths: he sends again what was sent, to whom he likes, and changed.
 *
 * He knows all public keys, so that mac1 is right when he wants it to be. He has an address, where cookies get
 * to him, so mac2 is right too for what he sends from there. He has no secret of theirs.
 */
#include "sim.h"

/* For him it stands still: cookies that are too old he sends all the same. */
#define NO_TIME		1

/* Macs on what he sends to an end, by the key that it has. */
static struct {
	u8 public[WGR_KEY_LEN];
	struct wgr_jar jar;
} to_end[ENDS];

void attack_begin(void)
{
	memset(to_end, 0, sizeof(to_end));
}

static bool has_macs(const struct gram *gram)
{
	u32 kind = wgr_message_kind(gram->bytes, gram->len);

	return kind == WGR_MSG_INITIATION || kind == WGR_MSG_RESPONSE;
}

/* Macs anew, as far as he can make them. Return: false if there is no room for any. */
bool attack_stamp(struct gram *gram, int to)
{
	const u8 *public = w.end[to].identity.public;
	const u8 *mac2 = gram->bytes + gram->len - WGR_MAC_LEN;

	if (!has_macs(gram) || !w.end[to].identity.set)
		return false;
	if (memcmp(to_end[to].public, public, WGR_KEY_LEN)) {
		memcpy(to_end[to].public, public, WGR_KEY_LEN);
		wgr_jar_init(&to_end[to].jar, public);
	}
	wgr_jar_stamp(&to_end[to].jar, gram->bytes, gram->len, NO_TIME);
	gram->mac_key = name_of_key(public);
	gram->mac2_for = is_zero_mac(mac2) ? 0 : NOWHERE;
	return true;
}

/* What was sent to his address. */
void attack_hears(const struct gram *gram)
{
	if (wgr_message_kind(gram->bytes, gram->len) == WGR_MSG_COOKIE)
		wgr_jar_take(&to_end[gram->end].jar, (const void *)gram->bytes, NO_TIME);
}

/*
 * Whether what an end has to find out is different from @old. Nothing vouches for the sender's
 * index in a handshake message but its macs, and for the receiver's in a cookie reply or in data nothing: what is
 * in data is for who finds the keys of it, and who was given a wrong name before may be sent a right one. mac2 counts
 * under load alone.
 */
static bool differs(const struct gram *old, const struct gram *gram, bool stamped)
{
	size_t from = 8, to = gram->len;

	/* Nobody else makes what is shorter than that. */
	if (gram->len != old->len || gram->len < from)
		return true;
	if (has_macs(old) && !stamped) {
		from = 0;
		to -= WGR_MAC_LEN;
	} else if (has_macs(old)) {
		to -= sizeof(struct wgr_msg_macs);
	}
	return memcmp(gram->bytes, old->bytes, 4) || memcmp(gram->bytes + from, old->bytes + from, to - from);
}

/* @gram is @old with other bytes: says so. With @stamped the macs are made anew. */
void attack_alters(const struct gram *old, struct gram *gram, int to, bool stamped)
{
	stamped = stamped && attack_stamp(gram, to);
	gram->forged |= differs(old, gram, stamped);
	if (!stamped && gram->forged)
		gram->mac_key = 0;
	if (!stamped && memcmp(old->bytes, gram->bytes, gram->len))
		gram->mac2_for = 0;
	/* With the number of the old one it would be what an answer is waited for. */
	if (gram->forged)
		gram->id = ++w.grams;
}

/* An initiation is new to who has forgotten all, and whoever takes an answer, or a wrong name, does not begin. */
static void disturbs(const struct gram *gram, int to)
{
	if (gram->end >= 0 && gram->link == to &&
	    (w.end[to].started_ever > 1 || gram->bytes[0] == WGR_MSG_INITIATION || gram->bytes[0] == WGR_MSG_RESPONSE))
		w.fair[to][gram->end] = w.fair[gram->end][to] = w.now;
}

void attack_send(struct gram *gram, int to, u64 delay)
{
	gram->to = w.end[to].address;
	w.tally.forged += gram->forged;
	w.tally.replayed += !gram->forged;
	w.tally.reflected += gram->end == to;
	w.tally.strayed += gram->end >= 0 && gram->end != to && gram->link != to;
	if (!gram->forged)
		disturbs(gram, to);
	bring(gram, delay, false);
}

static size_t receiver_at(const struct gram *gram)
{
	return gram->bytes[0] == WGR_MSG_RESPONSE ? 8 : 4;
}

/* The name of something that there is, as who listens knows it. */
void attack_names(struct gram *gram, int to, u64 skip)
{
	struct session *s;

	for (s = w.end[to].sessions; s && s->next && skip--; s = s->next)
		;
	if (s)
		memcpy(gram->bytes + receiver_at(gram), &s->keys.index, sizeof(s->keys.index));
}

/* What was sent, but for a choice of the data that is most of it. */
static const struct gram *some_kept(void)
{
	const struct gram *gram = &w.kept[chance_below(w.kept_n)];
	int more = chance_below(16);

	while (gram->bytes[0] == WGR_MSG_DATA && more--)
		gram = &w.kept[chance_below(w.kept_n)];
	return gram;
}

/*
 * To whom it was for, from where it came: who sees it is on the path, and is nearer. Of the rest
 * some come too: to their sender, or to one they were not for, who has to find out even if macs and index are right.
 */
void replay(int to, u64 count)
{
	while (count-- && w.kept_n) {
		const struct gram *old = some_kept();
		struct gram gram = *old;

		if (gram.link != to && chance_below(2))
			continue;
		if (gram.link != to && chance_below(2)) {
			if (gram.bytes[0] != WGR_MSG_INITIATION)
				attack_names(&gram, to, chance_below(8));
			attack_alters(old, &gram, to, true);
		}
		/* Nothing vouches for the index there. */
		if (gram.link == to && gram.bytes[0] == WGR_MSG_COOKIE && chance_below(2))
			attack_names(&gram, to, chance_below(8));
		if (gram.link != to && chance_below(2))
			gram.from = old->to;
		attack_send(&gram, to, chance_below(10 * MS));
	}
}

static void make_up(struct gram *gram)
{
	size_t at;

	gram->len = (u8[]){ 148, 92, 64, 32, 64, 80, 16, 31 }[chance_below(8)];
	gram->bytes[0] = 1 + chance_below(4);
	for (at = 8; at < gram->len; at++)
		gram->bytes[at] = chance();
}

/* An initiation that nobody made, from his own address: under load it gets him a cookie. */
void attack_asks(int to)
{
	struct gram gram = { .from = NOWHERE, .to = w.end[to].address, .end = -1, .link = to, .forged = true, .id = ++w.grams,
			     .len = sizeof(struct wgr_msg_initiation), .bytes = { WGR_MSG_INITIATION } };

	if (runs(&w.end[to]) && attack_stamp(&gram, to))
		end_receive(&w.end[to], &gram);
}

/* Of a message that was sent, or of nothing, with the name of something that there is; half with macs made anew. */
void forge(int to, u64 count)
{
	attack_asks(to);
	while (count--) {
		struct gram old = { .from = NOWHERE, .end = -1, .link = to, .forged = true }, gram;

		if (w.kept_n && chance_below(3))
			old = *some_kept();
		else
			make_up(&old);
		gram = old;
		if (chance_below(2))
			attack_names(&gram, to, chance_below(8));
		if (chance_below(8))
			gram.bytes[chance_below(gram.len)] ^= 1 << chance_below(8);
		else
			gram.len = chance_below(gram.len) + 1;
		/* Or from another port of that host, for which his cookie is not. */
		if (chance_below(2))
			gram.from = NOWHERE + !chance_below(3);
		attack_alters(&old, &gram, to, chance_below(2));
		attack_send(&gram, to, chance_below(10 * MS));
	}
}
