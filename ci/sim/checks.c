// SPDX-License-Identifier: GPL-2.0
/*
 * checks.c - what must never, and what must always be.
 *
 * A model of what the paper says, beside the core and not made of it: it knows from
 * the simulator when keys were made, what was sent and what answers what. CLAUSES.md says
 * which clause is checked where. What is allowed for is a tick of the coarse clock, late timers,
 * and time for which an end did not run.
 */
#include <stdarg.h>
#include <stdlib.h>

#include "sim.h"

/* Of the paper, section 6.1 and 6.5, once more: not those that are tested. */
#define REKEY_AFTER	(120 * S)
#define REJECT_AFTER	(180 * S)
#define ATTEMPT_COUNT	20
#define REKEY_TIMEOUT	(5 * S)
#define KEEPALIVE	(10 * S)
#define JITTER		(334 * MS)
#define FORGET		(3 * REJECT_AFTER)
#define LAST_MINUTE	(REJECT_AFTER - KEEPALIVE - REKEY_TIMEOUT)
/* Stamps follow each other at least so far apart, and what is reckoned by that is off by no more than so much. */
#define GRAIN		(17 * MS)
#define STAMPS_OFF	(S / 2)
#ifdef WGR_REKEY_AFTER_MESSAGES
#define REKEY_MESSAGES	WGR_REKEY_AFTER_MESSAGES
#define REJECT_MESSAGES	WGR_REJECT_AFTER_MESSAGES
#endif

/* Data gets through in this time, while some is said all the time: see check_flow(). */
#define FLOWS		(15 * S)
#define FLOWS_AGAIN	(35 * S)
/* Under load each side may have to ask for a cookie first, and more than once. */
#define FLOWS_LOADED	(50 * S)

/*
 * Of what the network brings in a time without disturbance so much may be lost at an end: this, and one of a hundred. By
 * the paper nothing is, but what is under way while two handshakes follow each other, as of three sets of
 * keys the oldest goes: a packet now and then, of a path's half second. In 5,000 stories it was no more than 3 at a time.
 */
#define LOST_MOST	8
#define LOST_SHARE	100

/* Counters so far behind are taken at least, if they are new. */
#define WINDOW		2000

/* What chance puts off the retries of a series by spreads over this much: else one of 10^8 by chance. */
#define SPREAD		(100 * MS)

/* Handshake messages of a host, under load: so many at once, and one more in such a time. */
#define BURST		5
#define BURST_GAP	(50 * MS)
#define HOSTS		256

char wrong_text[256];
const char *wrong_rule;

void wrong(const char *format, ...)
{
	va_list args;
	int n;

	if (wrong_text[0])
		return;
	wrong_rule = format;
	n = snprintf(wrong_text, sizeof(wrong_text), "%.3f s: ", (double)w.now / S);
	va_start(args, format);
	vsnprintf(wrong_text + n, sizeof(wrong_text) - n, format, args);
	va_end(args);
}

/* ---- a key with a nonce twice ---- */

struct used {
	u64 key;
	u64 next;
};

#define USED	(1u << 16)

static struct used used[USED];
static u32 used_n;

/* What each end has accepted of what another one said, a bit for each. */
#define SAID	(1u << 17)

static u64 accepted[ENDS][ENDS][SAID / 64];

/* When each host may have a whole burst again, boot time of each end. */
static u64 burst[ENDS][HOSTS];

void check_begin(void)
{
	memset(accepted, 0, sizeof(accepted));
	memset(used, 0, sizeof(used));
	memset(burst, 0, sizeof(burst));
	used_n = 0;
	wrong_text[0] = 0;
	port_sealed = check_sealed;
}

void check_sealed(const u8 bytes[32], u64 nonce)
{
	u64 key;
	u32 i;

	memcpy(&key, bytes, sizeof(key));
	key ^= bytes[31];
	for (i = key % USED; used[i].key && used[i].key != key; i = (i + 1) % USED)
		;
	if (used[i].key && nonce < used[i].next)
		wrong("nonce %llu is used again with the same key", nonce);
	if (!used[i].key && ++used_n > USED / 2) {
		/* Long lives have many: those of long ago are forgotten. */
		memset(used, 0, sizeof(used));
		used_n = 0;
		i = key % USED;
	}
	used[i] = (struct used){ .key = key, .next = nonce + 1 };
}

/* ---- memory ---- */

void check_wiped(const void *memory, size_t len, const char *what)
{
	const u8 *byte = memory;
	size_t i;

	for (i = 0; i < len; i++) {
		if (byte[i]) {
			wrong("%s: not wiped", what);
			return;
		}
	}
}

void check_idle(const struct wgr_handshake *hs)
{
	if (hs->state != WGR_HANDSHAKE_IDLE)
		wrong("a handshake that is over is in state %d", hs->state);
	check_wiped(hs->secret, sizeof(hs->secret), "the secret of a handshake that is over");
	check_wiped(hs->initiator_ephemeral, sizeof(hs->initiator_ephemeral), "the ephemeral key of a handshake that is over");
	check_wiped(&hs->transcript, sizeof(hs->transcript), "the transcript of a handshake that is over");
}

void check_gone(const struct session *session)
{
	if (!session->keys.unsendable || !session->keys.unreadable)
		wrong("keys that left may still be used");
}

void check_over(struct end *end)
{
	if (end->sessions)
		wrong("end %d is over and has keys", number_of(end));
	memset(burst[number_of(end)], 0, sizeof(burst[0]));
}

void check_link(struct end *end, int link)
{
	memset(&end->link[link].model, 0, sizeof(end->link[link].model));
	end->link[link].model.known = w.now;
}

/* Its keys, and the handshake under way. Alarms stay. */
void check_loses_keys(struct end *end, int link)
{
	w.fair[number_of(end)][link] = w.now;
	w.fair[link][number_of(end)] = w.now;
}

/* What happened to it meanwhile, as a peer that was added, is as of now. */
static void move_on(u64 *moment, u64 ns)
{
	if (*moment)
		*moment = *moment + ns < w.now ? *moment + ns : w.now;
}

/* It has slept for so long, which no alarm has seen. */
void check_slept(struct end *end, int link, u64 ns)
{
	struct model *m = &end->link[link].model;

	move_on(&m->got_data, ns);
	move_on(&m->sent_data, ns);
	move_on(&m->sent_any, ns);
	move_on(&m->got_any, ns);
	move_on(&m->initiation, ns);
	move_on(&m->answered, ns);
	move_on(&m->retry_from, ns);
	move_on(&m->known, ns);
	move_on(&m->secret, ns);
}

/* All that is waited for is void. */
void check_loses_all(struct end *end, int link)
{
	struct model *m = &end->link[link].model;

	m->got_data = 0;
	m->sent_data = 0;
	m->retry_from = 0;
	m->asked = 0;
	m->says = 0;
	check_loses_keys(end, link);
}

/* ---- how old may it be, and how late ---- */

/* What the clock that the core is given, ticks and late timers may be off. */
static u64 slack(const struct end *end)
{
	u64 late = end->late_ns > end->was_late ? end->late_ns : end->was_late;

	return end->coarse_ns + late + 2 * S / HZ;
}

/* The same for keys that may seem older than they are: what grain the clock had when they were made is not known. */
static u64 early_by(const struct end *end)
{
	return slack(end) + (end->was_coarse > S ? end->was_coarse : S);
}

static u64 age_of(const struct end *end, const struct session *session)
{
	return boot_ns(end) - session->born;
}

/* ---- sending ---- */

void check_sends_data(struct end *end, int link, const struct session *session, u64 counter, bool empty, bool staged)
{
	struct model *m = &end->link[link].model;
	u64 age = age_of(end, session);

	(void)staged;
	if (!session->born)
		wrong("end %d sends with keys that there are not", number_of(end));
	if (session->born < m->another_key)
		wrong("end %d sends with keys of its former private key", number_of(end));
	if (age > REJECT_AFTER + slack(end))
		wrong("end %d sends with keys of %.1f s", number_of(end), (double)age / S);
	if (counter >= REJECT_MESSAGES)
		wrong("end %d sends message %llu with the same keys", number_of(end), counter);
	if (!session->keys.initiator && !session->out && !session->keys.replay.end)
		wrong("end %d sends with keys that the other side has not shown", number_of(end));
	/* An empty packet is due: 10 s after data, at the interval, or to show that we have the keys. */
	if (empty && counter && !end->link[link].interval_s &&
	    (!m->got_data || w.now + slack(end) < m->got_data + KEEPALIVE) && m->wish != w.now)
		wrong("end %d sends a keepalive that nothing asks for", number_of(end));
	/* It has to ask for new ones now; check_audit() sees whether it does. */
	if ((session->keys.initiator && age > REKEY_AFTER + slack(end)) || counter > REKEY_MESSAGES + 1) {
		if (!m->retry_from && w.now > m->answered + REKEY_TIMEOUT + slack(end) &&
		    w.now > m->initiation + REKEY_TIMEOUT + slack(end))
			m->retry_from = w.now - REKEY_TIMEOUT;
	}
}

/* By age it is for who began, as he sends, or late as he receives. */
void check_renews(struct end *end, const struct session *session, bool sends)
{
	u64 early = early_by(end);

	if (sends && session->keys.send_counter > REKEY_MESSAGES)
		return;
	if (!session->keys.initiator)
		wrong("end %d renews what the other end began", number_of(end));
	if (age_of(end, session) + early < (sends ? REKEY_AFTER : LAST_MINUTE))
		wrong("end %d renews keys of %.1f s", number_of(end), (double)age_of(end, session) / S);
}

void check_wish(struct end *end, int link)
{
	struct model *m = &end->link[link].model;

	m->wish = w.now;
	m->retries = 0;
}

/* The series begins anew, even when it is too soon after another initiation for one more. */
void check_silence(struct end *end, int link, bool begins)
{
	struct model *m = &end->link[link].model;
	u64 since = boot_ns(end) - m->initiation_boot;
	u64 grain = end->coarse_ns > end->was_coarse ? end->coarse_ns : end->was_coarse;

	if (w.now + S / HZ < m->got_any + KEEPALIVE + REKEY_TIMEOUT)
		wrong("end %d notices a silence that there is not", number_of(end));
	if (!begins && (!m->initiation || since > REKEY_TIMEOUT + grain + S / HZ))
		wrong("end %d does nothing about a silence that it notices", number_of(end));
	m->wish = w.now;
	m->sent_data = 0;
	m->retries = 0;
}

/*
 * What chance puts retries off by, of ends whose timers are as they should be: it has to be chance. Only of a series
 * that no wish began anew, as in others what is put off for long is not seen.
 */
static void check_spread(const struct end *end, const struct model *m)
{
	if (!end->late_ns && !end->was_late && !end->wheel && !end->was_wheel && end->coarse_ns == S / HZ && end->stepped + 600 * S < w.now &&
	    m->retry_most - m->retry_least < SPREAD)
		wrong("end %d tries again every %.3f to %.3f s", number_of(end), (double)m->retry_least / S,
		      (double)m->retry_most / S);
}

/* The time for which no second one may be sent goes by the boot clock, which goes on in sleep. */
void check_sends_initiation(struct end *end, int link)
{
	struct model *m = &end->link[link].model;
	u64 since = boot_ns(end) - m->initiation_boot;
	u64 late = slack(end) + wheel_late(end, REKEY_TIMEOUT + JITTER);
	u64 early = (end->coarse_ns > end->was_coarse ? end->coarse_ns : end->was_coarse) + S / HZ;
	bool retry = m->wish != w.now;

	if (m->initiation && !m->may_repeat && since + early < REKEY_TIMEOUT)
		wrong("end %d sends initiations %.3f s apart", number_of(end), (double)since / S);
	/* The retry of who has answered meanwhile is put off by the boot clock. */
	if (retry && (!m->retry_from || (since + early < REKEY_TIMEOUT && !m->may_repeat)))
		wrong("end %d begins a handshake that nothing asks for, %.3f s after the last, %.3f after a wish", number_of(end),
		      (double)(w.now - m->retry_from) / S, (double)(w.now - m->wish) / S);
	if (retry && m->retry_from && w.now > m->retry_from + REKEY_TIMEOUT + JITTER + late + 100 * MS &&
	    end->stepped + REKEY_TIMEOUT + JITTER + late < w.now)
		wrong("end %d repeats after %.3f s", number_of(end), (double)(w.now - m->retry_from) / S);
	m->retries += retry;
	if (m->retries > ATTEMPT_COUNT - 1)
		wrong("end %d does not give up: retry %u", number_of(end), m->retries);
	if (retry && (m->retries == 1 || w.now - m->initiation < m->retry_least))
		m->retry_least = w.now - m->initiation;
	if (retry && (m->retries == 1 || w.now - m->initiation > m->retry_most))
		m->retry_most = w.now - m->initiation;
	if (w.verbose)
		printf("# %.3f end %d initiates to %d, retry %u\n", (double)(w.now - S) / S, number_of(end), link, m->retries);
	/* A clock that is set back does not take stamps with it. */
	m->stamp = wall_ns(end) > m->stamp ? wall_ns(end) : m->stamp + GRAIN;
	m->may_repeat = false;
	m->initiation = w.now;
	m->initiation_boot = boot_ns(end);
	m->retry_from = w.now;
	m->secret = w.now;
}

void check_sends_response(struct end *end, int link)
{
	struct model *m = &end->link[link].model;

	m->answered = w.now;
	/* The next retry is put off by this, and by no chance. */
	m->retry_least = 0;
	/* What it had begun is void, and one more is hardly needed for a while. */
	if (m->retry_from)
		m->retry_from = w.now;
	m->initiation = w.now;
	m->initiation_boot = boot_ns(end);
	m->may_repeat = false;
}

/* Both sides have the keys, for all that this end knows. */
void check_handshake_done(struct end *end, int link)
{
	struct model *m = &end->link[link].model;

	m->retry_from = 0;
	m->retries = 0;
}

/*
 * 20 in all, of which a wish or a silence begins with one: unless that came too early after another one,
 * which is then repeated as often all the same.
 */
void check_gives_up(struct end *end, int link)
{
	struct model *m = &end->link[link].model;

	if (m->retries != ATTEMPT_COUNT - 1)
		wrong("end %d gives up after %u retries", number_of(end), m->retries);
	check_spread(end, m);
	m->retry_from = 0;
	m->asked = 0;
	m->says = 0;
	m->got_data = 0;
}

/* ---- receiving ---- */

/* Keys made so close to each other may be of handshakes begun at once: which comes first is a guess. */
#define AT_ONCE		(REKEY_TIMEOUT + S)

void check_keys(struct end *end, int link, struct session *session)
{
	struct model *m = &end->link[link].model;

	(void)session;
	m->known = w.now;
}

static bool same(const struct wgr_handshake *a, const struct wgr_handshake *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* Only an answer to what was asked last, and an initiation newer than all before, moves anything. */
void check_handshake_message(struct end *end, int link, const struct gram *gram, const struct wgr_handshake *before,
			     bool moved)
{
	struct link *l = &end->link[link];
	u32 kind = wgr_message_kind(gram->bytes, gram->len);

	if (!moved) {
		if (!same(&l->hs, before))
			wrong("end %d: a message that is refused moves the handshake", number_of(end));
		return;
	}
	if (gram->forged || gram->end != link)
		wrong("end %d takes a message that end %d did not make", number_of(end), link);
	if (gram->link != number_of(end))
		wrong("end %d takes a message that was for end %d", number_of(end), gram->link);
	if (kind == WGR_MSG_RESPONSE && gram->psk != name_of_key(w.psk[number_of(end)][link]))
		wrong("end %d takes an answer made with another preshared key", number_of(end));
	if (kind == WGR_MSG_RESPONSE && gram->cause != l->initiation_gram)
		wrong("end %d takes an answer to another initiation", number_of(end));
	/* By stamp, as the other one may have lost its memory and its clock. */
	if (kind == WGR_MSG_INITIATION && (gram->stamp + STAMPS_OFF < l->model.stamp_wall ||
	    (gram->stamp < l->model.stamp_wall + STAMPS_OFF && gram->id <= l->model.stamp_taken)))
		wrong("end %d takes an initiation again, or an older one", number_of(end));
	if (kind == WGR_MSG_INITIATION) {
		l->model.stamp_taken = gram->id;
		l->model.stamp_wall = gram->stamp;
	}
}

void check_accepts(struct end *end, int link, const struct session *session, struct gram *gram, u64 counter,
		   const struct packet *packet)
{
	struct model *m = &end->link[link].model;
	u64 age = age_of(end, session);
	int me = number_of(end);
	u64 bit;

	if (gram->forged)
		wrong("end %d accepts a packet that was changed", me);
	if (gram->end != link || gram->link != me)
		wrong("end %d accepts a packet that end %d sent to end %d", me, gram->end, gram->link);
	if (age > REJECT_AFTER + slack(end))
		wrong("end %d accepts a packet with keys of %.1f s", me, (double)age / S);
	if (counter >= REJECT_MESSAGES)
		wrong("end %d accepts message %llu of the same keys", me, counter);
	if (packet && (packet->from != (u32)link || packet->to != (u32)me || packet->seq >= w.end[link].link[me].said))
		wrong("end %d accepts what nobody said", me);
	if (packet && !wrong_text[0]) {
		bit = 1ULL << packet->seq % 64;
		if (accepted[me][link][packet->seq % SAID / 64] & bit)
			wrong("end %d accepts packet %llu of end %d twice", me, packet->seq, link);
		accepted[me][link][packet->seq % SAID / 64] |= bit;
		w.end[link].link[me].model.taken_now++;
		/* Far ahead it begins anew. */
		accepted[me][link][(packet->seq + SAID / 2) % SAID / 64] = 0;
	}
	if (session->keys.initiator && age > LAST_MINUTE + slack(end) &&
	    wgr_slots_is_current(&end->link[link].slots, &session->keys) && !m->retry_from && !session->keys.asked &&
	    w.now > m->initiation + REKEY_TIMEOUT + slack(end))
		m->retry_from = w.now - REKEY_TIMEOUT;
}

/* A host's handshake messages are worked on under load up to a rate. */
void check_admits(struct end *end, u64 host, bool admits)
{
	u64 *full = &burst[number_of(end)][host % HOSTS], now = boot_ns(end);
	bool room;

	if (*full < now)
		*full = now;
	room = *full + BURST_GAP <= now + BURST * BURST_GAP;
	if (admits && !room)
		wrong("end %d is under load and works on more than %d messages of a host at once", number_of(end), BURST);
	if (admits)
		*full += BURST_GAP;
	else if (room)
		wrong("end %d is under load and refuses a host that has asked for little", number_of(end));
}

static struct session *session_by_index(const struct end *end, const struct gram *gram)
{
	struct session *s;
	u32 index;

	memcpy(&index, gram->bytes + 4, sizeof(index));
	for (s = end->sessions; s && s->keys.index != le32toh(index); s = s->next)
		;
	return s;
}

/* A packet is on its way to @end, with a counter that its maker may have used or not. */
void check_foreign(struct end *end, const struct gram *gram)
{
	struct session *s = session_by_index(end, gram);

	if (s)
		s->foreign = true;
}

/* Everything is fair, and nothing was done to anybody, since then; 0 if not for long. */
static u64 calm_since(int a, int b)
{
	u64 since = w.disturbed;
	int i;

	for (i = 0; i < 2; i++) {
		const struct end *end = &w.end[i ? b : a];

		if (w.fair[i ? b : a][i ? a : b] > since)
			since = w.fair[i ? b : a][i ? a : b];
		if (w.flooded[i ? b : a] > since)
			since = w.flooded[i ? b : a];
		if (end->stepped > since)
			since = end->stepped;
	}
	return since + FLOWS_AGAIN < w.now && is_fair(a, b) && is_fair(b, a) ? since : 0;
}

/*
 * A packet has come to @end just as it was sent to it. With keys that it has, that are of age, it has to take it,
 * whatever else happens. Of packets with keys that it has no more there may be few.
 */
void check_arrived(struct end *end, const struct gram *gram)
{
	int me = number_of(end), link = gram->end;
	struct model *theirs = &w.end[link].link[me].model;
	u64 seq = gram->said - 1, counter, calm = calm_since(link, me);
	const struct session *s = session_by_index(end, gram);
	bool taken = accepted[me][link][seq % SAID / 64] & 1ULL << seq % 64;

	if (!end->up || end->asleep > w.now)
		return;
	memcpy(&counter, gram->bytes + 8, sizeof(counter));
	counter = le64toh(counter);
	/* Whose counter has been used may be refused, or be late. */
	if (s && s->foreign) {
		theirs->calm = 0;
		return;
	}
	if (!taken && s && s->born && s->link == link && age_of(end, s) + early_by(end) < REJECT_AFTER &&
	    counter < REJECT_MESSAGES && counter + WINDOW > s->top)
		wrong("end %d refuses packet %llu of end %d, whose keys it has", me, seq, link);
	if (theirs->calm != calm) {
		theirs->calm = calm;
		theirs->owed = 0;
		theirs->refused = 0;
		theirs->taken = 0;
		theirs->taken_now = 0;
		theirs->up = 0;
	}
	/* Who has said nothing since before does not know yet what the other one has lost then. */
	if (!calm || !(theirs->owed || taken))
		return;
	theirs->owed++;
	theirs->refused += !taken;
	if (theirs->refused > LOST_MOST + theirs->owed / LOST_SHARE)
		wrong("end %d has no keys for %u of %u packets of end %d, though nothing has happened", me, theirs->refused,
		      theirs->owed, link);
}

/* What is taken is handed up: where packets do not overtake each other the order engine has no reason to wait for long. */
static void check_share(int a, int b)
{
	struct model *m = &w.end[a].link[b].model;

	if (m->calm && m->calm == calm_since(a, b) && !w.path[a][b].jitter &&
	    m->taken > m->up + LOST_MOST + m->owed / LOST_SHARE)
		wrong("end %d hands up %u of %u packets of end %d, though nothing has happened", b, m->up, m->taken, a);
	m->taken = m->taken_now;
}

/*
 * The newest packet tells where the other end is, and none from before it. Which is the newest
 * one may have to be found out where another session was in use until a moment ago.
 */
void check_roams(struct end *end, int link, struct session *session, u64 counter, u32 from, u32 before)
{
	struct model *m = &end->link[link].model;
	u32 to = end->link[link].endpoint;
	bool plain = age_of(end, session) > AT_ONCE;
	const struct session *s;

	if (m->used_born != session->born)
		m->used_other = m->used;
	m->used_born = session->born;
	m->used = w.now;
	for (s = end->sessions; s; s = s->next) {
		if (s->link == link && s->born > session->born)
			plain = false;
	}
	if (counter < session->top && to != before)
		wrong("end %d answers end %d where an older packet came from", number_of(end), link);
	if (counter >= session->top && to != from && plain && (!m->used_other || m->used_other + KEEPALIVE + REKEY_TIMEOUT + S < w.now))
		wrong("end %d does not answer end %d where its newest packet came from", number_of(end), link);
	if (counter >= session->top)
		session->top = counter + 1;
}

void check_hands_up(struct end *end, int link, struct session *session, const struct packet *packet, u64 counter,
		    const struct wgr_item *item)
{
	struct model *m = &end->link[link].model, *theirs = &w.end[link].link[number_of(end)].model;

	if (m->up_any && (item->epoch < m->up_epoch || (item->epoch == m->up_epoch && item->counter <= m->up_counter)))
		wrong("end %d hands up a packet that comes before the last one", number_of(end));
	if (session && counter < session->out)
		wrong("end %d hands up message %llu of some keys after %llu", number_of(end), counter, session->out - 1);
	if (session)
		session->out = counter + 1;
	if (m->up_any && packet->seq < m->up_seq &&
	    (!session || !m->up_born || (session->born > m->up_born + AT_ONCE && m->up_born != session->born)))
		wrong("end %d hands up packet %llu after packet %llu, far from any handshake", number_of(end), packet->seq,
		      m->up_seq);
	m->up_any = true;
	m->up_epoch = item->epoch;
	m->up_counter = item->counter;
	m->up_seq = packet->seq;
	m->up_born = session ? session->born : 0;
	w.tally.delivered++;
	theirs->up++;
	theirs->asked = 0;
	theirs->says = 0;
	theirs->delivered = w.now;
}

/* ---- always: seen from second to second ---- */

/* With a fair path data flows: within 15 s, and within 35 s after a time without. */
static void check_flow(int a, int b)
{
	struct model *m = &w.end[a].link[b].model;
	u64 fair = w.fair[a][b] > w.fair[b][a] ? w.fair[a][b] : w.fair[b][a];
	u64 from = m->asked > fair ? m->asked : fair;
	u64 most = m->delivered > fair + FLOWS_AGAIN && w.end[b].link[a].model.delivered > fair + FLOWS_AGAIN ?
		FLOWS : FLOWS_AGAIN;

	if (w.flooded[a] + most > w.now || w.flooded[b] + most > w.now)
		most = FLOWS_LOADED;
	if (m->asked && m->asked_last + 2 * S > w.now && m->asked_last > from + most && m->says > 15 &&
	    is_fair(a, b) && is_fair(b, a))
		wrong("nothing of what end %d says gets to end %d for %.1f s", a, b, (double)(m->asked_last - from) / S);
}

static void check_alarms(struct end *end, int link)
{
	struct link *l = &end->link[link];
	struct model *m = &l->model;
	u64 late = slack(end) + 100 * MS + wheel_late(end, KEEPALIVE + REKEY_TIMEOUT + JITTER);
	bool has_keys = wgr_slots_for_sending(&l->slots, coarse_boot_ns(end));

	if (m->got_data && w.now > m->got_data + KEEPALIVE + late && has_keys)
		wrong("end %d sends no keepalive for %.3f s after data", number_of(end), (double)(w.now - m->got_data) / S);
	if (m->sent_data && w.now > m->sent_data + KEEPALIVE + REKEY_TIMEOUT + JITTER + late &&
	    m->wish + KEEPALIVE + REKEY_TIMEOUT + JITTER + late < w.now &&
	    m->initiation + REKEY_TIMEOUT + JITTER + late < w.now && m->answered + KEEPALIVE < w.now)
		wrong("end %d does nothing about a silence of %.3f s", number_of(end), (double)(w.now - m->sent_data) / S);
	if (m->retry_from && w.now > m->retry_from + REKEY_TIMEOUT + JITTER + late)
		wrong("end %d does not %s for %.3f s after an initiation", number_of(end),
		      m->retries < ATTEMPT_COUNT - 1 ? "try again" : "give up", (double)(w.now - m->retry_from) / S);
	late += wheel_late(end, l->interval_s * S);
	if (l->interval_s && end->identity.set && w.now > m->known + l->interval_s * S &&
	    w.now > m->sent_any + l->interval_s * S + late && w.now > m->got_any + l->interval_s * S + late && has_keys)
		wrong("end %d sends no persistent keepalive", number_of(end));
}

static void check_memory(struct end *end, int link)
{
	struct link *l = &end->link[link];
	u64 late = slack(end) + S + wheel_late(end, FORGET);

	(void)link;
	if (l->pending && l->hs.state == WGR_HANDSHAKE_SENT_INITIATION &&
	    w.now > l->model.secret + FORGET + late && w.now > l->model.known + FORGET + late &&
	    w.now > l->model.initiation + FORGET + late + 120 * S)
		wrong("end %d keeps the secret of a handshake", number_of(end));
}

static void check_sessions(struct end *end)
{
	const struct session *s;

	for (s = end->sessions; s; s = s->next) {
		if (s->born && w.now > end->link[s->link].model.known + FORGET + slack(end) + S + wheel_late(end, FORGET))
			wrong("end %d keeps keys that are %.1f s old", number_of(end), (double)age_of(end, s) / S);
	}
}

static bool is_calm(const struct end *end)
{
	return end->up && runs(end) && end->stepped + 2 * S < w.now;
}

/* Not sooner either: what is sent with them may come yet. */
void check_forgets(struct end *end, int link)
{
	u64 known = end->link[link].model.known;

	if (w.now + early_by(end) + S < known + FORGET)
		wrong("end %d forgets keys of %.1f s", number_of(end), (double)(w.now - known) / S);
}

/* What passes either way puts a persistent keepalive off, but by another interval not the one that is due. */
void check_persists(struct end *end, int link)
{
	const struct model *m = &end->link[link].model;
	u64 passed = m->sent_any > m->got_any ? m->sent_any : m->got_any;
	u64 interval = end->link[link].interval_s * S;

	if (passed > m->switched && w.now + slack(end) < passed + interval)
		wrong("end %d sends a persistent keepalive %.1f s after something passed, not %.1f s", number_of(end),
		      (double)(w.now - passed) / S, (double)interval / S);
}

/* As it rings: what is late by less than a second the audit hardly sees. */
void check_rings(struct end *end, int link)
{
	if (is_calm(end))
		check_alarms(end, link);
}

void check_audit(void)
{
	int a, b;

	for (a = 0; a < w.ends; a++) {
		struct end *end = &w.end[a];
		bool calm = is_calm(end);

		if (calm)
			check_sessions(end);
		for (b = 0; b < w.ends; b++) {
			if (!end->link[b].known)
				continue;
			if (calm) {
				check_alarms(end, b);
				check_memory(end, b);
			}
			check_flow(a, b);
			check_share(a, b);
		}
	}
}
