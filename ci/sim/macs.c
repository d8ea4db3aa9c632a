// SPDX-License-Identifier: GPL-2.0
/*
 * macs.c - what mac1, mac2 and cookies prove: checks beside checks.c, made as those are.
 *
 * Each message carries who made its macs and for which key and address, which the core
 * does not see: it has to come to the same.
 */
#include "sim.h"

/* Section 5.4.7 of the paper: so long is a secret used for cookies. */
#define SECRET_LIVES	(120 * S)

/* So many handshakes that wait are load: of 4096 places. */
#define CROWD		512

/* Whom an end has given a cookie, by address. */
#define GIVEN		4096

static u32 given[ENDS][GIVEN];

/* When each end made the secret that its cookies are of, boot time, 0 for none. */
static u64 made[ENDS];

void macs_forget(const struct end *end)
{
	made[number_of(end)] = 0;
	memset(given[number_of(end)], 0, sizeof(given[0]));
}

u64 name_of_key(const u8 public[WGR_KEY_LEN])
{
	u64 name;

	memcpy(&name, public, sizeof(name));
	return name;
}

bool is_zero_mac(const u8 mac[WGR_MAC_LEN])
{
	static const u8 zero[WGR_MAC_LEN];

	return !memcmp(mac, zero, WGR_MAC_LEN);
}

/* It is sent as it is: what is on it was made for whom it is sent to. */
void macs_sent(struct link *l, struct gram *gram)
{
	u32 kind = wgr_message_kind(gram->bytes, gram->len);

	if (kind != WGR_MSG_INITIATION && kind != WGR_MSG_RESPONSE)
		return;
	gram->mac_key = name_of_key(l->public);
	gram->mac2_for = is_zero_mac(gram->bytes + gram->len - WGR_MAC_LEN) ? 0 : l->model.cookie_for;
	l->model.stamped = gram->id;
}

void macs_made_secret(const struct end *end)
{
	/* Cookies of the one before are worth nothing. */
	macs_forget(end);
	made[number_of(end)] = boot_ns(end);
}

static bool has_secret(const struct end *end)
{
	u64 since = made[number_of(end)];
	u64 grain = end->coarse_ns > end->was_coarse ? end->coarse_ns : end->was_coarse;

	return since && boot_ns(end) <= since + SECRET_LIVES + grain + S / HZ;
}

void check_gives_cookie(const struct end *end, const struct gram *gram)
{
	int me = number_of(end);

	if (gram->mac_key != name_of_key(end->identity.public))
		wrong("end %d gives a cookie for a message whose mac1 is wrong", me);
	if (!has_secret(end))
		wrong("end %d gives a cookie of a secret that is too old", me);
	given[me][gram->from % GIVEN] = gram->from;
}

static bool has_cookie(const struct end *end, const struct gram *gram)
{
	return has_secret(end) && gram->mac2_for == gram->from && given[number_of(end)][gram->from % GIVEN] == gram->from;
}

/* At an eighth of the places for handshakes, and for a second after that was so. */
void check_load(struct end *end, u64 now, bool loaded)
{
	bool crowded = end->waits >= CROWD;

	if (crowded)
		end->crowded = now;
	if (loaded != (crowded || (end->crowded && now < end->crowded + S)))
		wrong("end %d is %sunder load while %llu handshakes wait", number_of(end), loaded ? "" : "not ", end->waits);
}

/* @right: mac1 is taken for right. @worked_on: the message is, so far. */
void check_macs(const struct end *end, const struct gram *gram, bool right, bool loaded, bool worked_on)
{
	bool good = end->identity.set && gram->mac_key == name_of_key(end->identity.public);

	if (right != good)
		wrong("end %d takes a %s mac1 for a %s one", number_of(end), good ? "right" : "wrong", good ? "wrong" : "right");
	if (worked_on && !right)
		wrong("end %d works on a message whose mac1 is wrong", number_of(end));
	if (worked_on && loaded && !has_cookie(end, gram))
		wrong("end %d is under load and works on a message without its cookie of that address", number_of(end));
	if (!worked_on)
		return;
	w.tally.past_mac1 += gram->forged;
	w.tally.past_mac2 += gram->forged && loaded;
}

/* Only the answer to what was sent last is one, and only once. */
void check_takes_cookie(struct end *end, int link, const struct gram *gram)
{
	struct model *m = &end->link[link].model;

	if (gram->forged)
		wrong("end %d takes a cookie that was changed", number_of(end));
	if (gram->end != link || gram->cause != m->stamped)
		wrong("end %d takes a cookie for another message than it sent last to end %d", number_of(end), link);
	m->stamped = 0;
	m->cookie_for = gram->about;
}
