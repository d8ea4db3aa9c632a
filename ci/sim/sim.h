/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sim.h - ends made of src/protocol and src/reorder, the network between them,
 * and what is checked while they live.
 *
 *     script  -->  world: time, clocks, paths  -->  ends: what the module does with
 *     (given, or                                     the core, without its packets,
 *     made of a seed)                                locks and queues
 *                                                       |
 *                                      checks: what must never, and always be
 *
 * A run is a function of its script, which begins with a seed. Time is true time,
 * ns from the beginning; each end has clocks of its own, see clocks.c.
 */
#ifndef SIM_H
#define SIM_H

#include <stdio.h>

#include "port.h"
#include "protocol/alarms.h"
#include "protocol/bucket.h"
#include "protocol/data.h"
#include "protocol/handshake.h"
#include "protocol/load.h"
#include "protocol/mac.h"
#include "protocol/slots.h"
#include "reorder/engine.h"

#define ENDS		5
#define MS		1000000ULL
#define S		1000000000ULL

/* Packets that wait for keys, a peer; the newest are kept. */
#define STAGED		128

/* The longest message here: a handshake's, or data with a short packet. */
#define GRAM		160

/* Nobody's address, as is the next: messages to it are lost, and forgers send from it. */
#define NOWHERE		1

/**
 * struct packet - what one end says to another, inside the tunnel
 * @from: end
 * @to: end
 * @seq: how many were said before by @from to @to
 * @pad: so that it is whole for the padding
 */
struct packet {
	u32 from;
	u32 to;
	u64 seq;
};

/**
 * struct gram - a datagram on its way, or kept by those who listen
 * @id: of its own
 * @from: address
 * @to: address
 * @end: who made it
 * @link: for whom
 * @cause: of a response or cookie: @id of the message it answers
 * @stamp: of an initiation: the wall clock as of its stamp, or a little after the one before
 * @about: address it was sent to, whoever has it now
 * @psk: name of the preshared key that its sender had
 * @said: of data: one more than the number of the packet in it
 * @owed: the network brings it as it is, and it is the first copy
 * @mac_key: of a handshake message: the key its mac1 was made for, see name_of_key(); 0 if mac1 is wrong
 * @mac2_for: the address that the cookie was given to with which its mac2 was made, 0 for none
 * @forged: not as an end made it
 * @len: of @bytes
 */
struct gram {
	u64 id;
	u32 from;
	u32 to;
	int end;
	int link;
	u64 cause;
	u64 stamp;
	u32 about;
	u32 mac2_for;
	u64 psk;
	u64 said;
	bool owed;
	u64 mac_key;
	bool forged;
	size_t len;
	u8 bytes[GRAM] __attribute__((aligned(8)));
};

/**
 * struct session - keys with what the simulator knows of them
 * @keys: the core's
 * @next: session of the same end
 * @link: whose
 * @born: boot time of its end, exact, when the keys were made; 0 before
 * @gram: message that gave it its name
 * @out: one more than the highest counter handed up
 * @top: one more than the highest counter accepted
 * @foreign: a packet has come with a counter that is not its sender's next one
 */
struct session {
	struct wgr_keys keys;
	struct session *next;
	int link;
	u64 born;
	u64 gram;
	u64 out;
	u64 top;
	bool foreign;
};

/* What is waited for, as the paper has it: see checks.c. All true time but where said. */
struct model {
	u64 got_data;		/* data came and nothing was sent since */
	u64 sent_data;		/* data was sent and nothing came since */
	u64 sent_any;		/* something was sent last */
	u64 got_any;
	u64 used_born;		/* of the session of the packet accepted last */
	u64 used;		/* when that came */
	u64 used_other;		/* when one of another session came last */
	u64 initiation;		/* one was sent last */
	u64 initiation_boot;	/* the same, boot time */
	u64 answered;		/* one of theirs was answered last */
	u64 retry_from;		/* what the retry is counted from, 0 if none is due */
	u64 switched;		/* the interval of persistent keepalives was set */
	u64 wish;		/* what asks for a handshake happened last */
	u64 known;		/* keys were made last */
	u64 another_key;	/* its private key was changed, boot time */
	u64 secret;		/* a handshake was begun last */
	u32 retries;		/* initiations that nothing asked for, since something did */
	u64 retry_least;	/* of those: how soon one came after another */
	u64 retry_most;
	bool may_repeat;	/* what forgets the last initiation has happened */
	u64 stamp;		/* wall clock as of the greatest stamp sent */
	u64 stamp_wall;		/* @stamp of the newest initiation that was accepted */
	u64 stamp_taken;	/* gram of the newest initiation that was accepted */
	u64 stamped;		/* gram that was sent last with macs on it, until a cookie answers it */
	u32 cookie_for;		/* address that the cookie at hand was given to */
	u64 asked;		/* first packet said that nothing has been handed up of since */
	u64 asked_last;
	u64 delivered;		/* something of ours was handed up last */
	u32 says;		/* since @asked */
	u64 calm;		/* what follows is of a time without disturbance, since then */
	u32 owed;		/* packets of ours that have come to the other end */
	u32 refused;		/* those it did not take */
	u32 taken;		/* those it did, as of the last audit, */
	u32 taken_now;		/* and so far */
	u32 up;			/* those handed up */
	u64 up_epoch;		/* what was handed up last */
	u64 up_counter;
	u64 up_seq;
	u64 up_born;
	bool up_any;
};

/**
 * struct link - a peer of an end
 * @known: it is configured
 * @hs: the core's, like those that follow
 * @public: the peer's key as it is configured
 * @pending: named by the handshake under way
 * @staged: sequence numbers of what waits for keys; an empty packet for U64_MAX
 * @endpoint: address, 0 for none
 * @interval_s: of the persistent keepalive
 * @ring_at: true time at which the timer is armed for, 0 for not
 * @ring_tick: the same as a tick
 * @said: packets so far
 */
struct link {
	bool known;
	struct wgr_handshake hs;
	struct wgr_jar jar;
	struct wgr_alarms alarms;
	struct wgr_slots slots;
	struct wgr_ranks ranks;
	struct wgr_reorder order;
	u8 public[WGR_KEY_LEN];
	struct session *pending;
	u64 staged[STAGED];
	u32 staged_n;
	u32 endpoint;
	u16 interval_s;
	u64 ring_at;
	unsigned long ring_tick;
	u64 order_at;
	u64 said;
	u64 initiation_gram;
	struct model model;
};

/**
 * struct end - who speaks
 * @up: its interface is
 * @asleep: suspended, until then
 * @frozen: does nothing, until then
 * @address: where it is
 * @born: true time of its last start
 * @slept: so long was it suspended in all since then
 * @boot: what its boot time clock showed at @born
 * @tick0: what its tick clock showed then
 * @wall: what its wall clock is off
 * @coarse_ns: grain of its coarse clock
 * @was_coarse: the same before it was changed last, or shortly before that
 * @late_ns: so late may its timers be
 * @was_late: the same before: what was armed then may be so late still
 * @wheel: its timers are of the kernel's wheel
 * @was_wheel: they were before
 * @waits: so many handshake messages wait besides, counted beside the core
 * @crowded: one came while too many did, last, by the coarse clock of boot time; 0 for never
 */
struct end {
	bool up;
	u64 asleep;
	u64 frozen;
	u32 address;
	u64 born;
	u64 slept;
	u64 boot;
	unsigned long tick0;
	s64 wall;
	u64 coarse_ns;
	u64 was_coarse;
	u64 late_ns;
	u64 was_late;
	bool wheel;
	bool was_wheel;
	u64 waits;
	u64 crowded;
	u8 secret[WGR_KEY_LEN];
	struct wgr_identity identity;
	struct wgr_checker checker;
	struct wgr_load load;
	struct wgr_bucket buckets[WGR_BUCKET_ROW];
	struct session *sessions;
	struct link link[ENDS];
	u64 started_ever;
	u64 stepped;		/* a clock of its was, or it stood still, last */
	u64 bytes_out;		/* during the message at hand, to where it came from */
	const struct gram *at_hand;
};

/* A path in one direction: percent, and ns. */
struct path {
	u32 loss;
	u32 doubled;
	u32 broken;
	u64 delay;
	u64 jitter;
	u64 no_handshakes;	/* until then */
	u8 lost[2];		/* of the last messages of a kind, a bit each */
};

struct tally {
	u64 runs, ns, tunnel_ns, grams, packets, delivered, late, handshakes, restarts, given_up, events;
	u64 replayed, reflected, strayed, forged, past_mac1, past_mac2, unproved;
};

struct world {
	u64 now;
	u64 seed;
	int ends;
	struct end end[ENDS];
	struct path path[ENDS][ENDS];
	u8 psk[ENDS][ENDS][WGR_KEY_LEN];	/* as [who][with whom] has it */
	u64 fair[ENDS][ENDS];		/* when it was last not fair, true time */
	u64 grams;
	u32 addresses;
	struct gram *kept;		/* what was ever sent, a choice of it */
	u32 kept_n;
	u64 flooded[ENDS];		/* until then */
	u64 disturbed;			/* something was done to an end or path last */
	struct tally tally;
	bool low_resolution;		/* timers ring at ticks */
	bool verbose;
};

extern struct world w;

/* What went wrong first, empty if nothing did. */
extern char wrong_text[256];
extern const char *wrong_rule;
__attribute__((format(printf, 1, 2))) void wrong(const char *format, ...);

/* chance.c: of the network and of the stories, not of the core. */
void chance_seed(u64 seed);
u64 chance(void);
u64 chance_below(u64 ceil);
bool chance_percent(u32 percent);

/* clocks.c */
u64 boot_ns(const struct end *end);		/* exact */
u64 coarse_boot_ns(const struct end *end);	/* as of the last tick */
unsigned long ticks(const struct end *end);
u64 wall_ns(const struct end *end);
void wall_clock(const struct end *end, s64 *sec, u32 *nsec);
unsigned long wheel_tick(unsigned long tick, unsigned long now);
u64 wheel_late(const struct end *end, u64 ns);
u64 when_rings(const struct end *end, unsigned long tick);	/* true time, of a timer armed now */
bool runs(const struct end *end);		/* neither frozen nor asleep */
u64 runs_again(const struct end *end);

/* world.c */
enum kind { ARRIVAL, RING, ORDER, SAY, AUDIT, LINE, CALM, WAKE, INTERVAL_SET };
struct happening {
	u64 at;
	u64 number;
	enum kind kind;
	int end;
	int link;
	u64 value;
	u64 more;
	struct gram *gram;
};
void happens(u64 at, enum kind kind, int end, int link, u64 value, u64 more, struct gram *gram);
void world_begin(u64 seed, int ends);
void world_clear(void);
bool world_step(void);		/* false at the end */
int who_has(u32 address);	/* the end, -1 for nobody */
void transmit(struct end *end, int link, u32 to, const void *bytes, size_t len, u64 cause, u64 said);
void bring(const struct gram *gram, u64 delay, bool forged);	/* a copy arrives */
u32 new_address(void);
bool is_fair(int a, int b);
bool is_lossy(int a, int b);

/* end.c */
int number_of(const struct end *end);
void end_start(struct end *end, bool anew);
void end_stop(struct end *end);
void end_key(struct end *end, const u8 secret[WGR_KEY_LEN]);
void end_sleep(struct end *end);
void end_wake(struct end *end);
void end_up(struct end *end);
void end_down(struct end *end);
void link_add(struct end *end, int link);
void link_remove(struct end *end, int link);
void link_say(struct end *end, int link);
void link_begin(struct end *end, int link);
void link_spend(struct end *end, int link);
void link_interval(struct end *end, int link, u16 seconds);
void link_psk(struct end *end, int link, const u8 psk[WGR_KEY_LEN]);
void end_receive(struct end *end, struct gram *gram);
void end_ring(struct end *end, int link);
void end_order(struct end *end, int link);
struct session *session_of(const struct wgr_keys *keys);

/* checks.c: told by end.c what happens, true or not. */
void check_sealed(const u8 key[32], u64 nonce);
void check_sends_data(struct end *end, int link, const struct session *session, u64 counter, bool empty, bool staged);
void check_sends_initiation(struct end *end, int link);
void check_sends_response(struct end *end, int link);
void check_renews(struct end *end, const struct session *session, bool sends);
void check_wish(struct end *end, int link);
void check_silence(struct end *end, int link, bool begins);
void check_accepts(struct end *end, int link, const struct session *session, struct gram *gram, u64 counter,
		   const struct packet *packet);
void check_roams(struct end *end, int link, struct session *session, u64 counter, u32 from, u32 before);
void check_keys(struct end *end, int link, struct session *session);
void check_hands_up(struct end *end, int link, struct session *session, const struct packet *packet, u64 counter,
		    const struct wgr_item *item);
void check_handshake_message(struct end *end, int link, const struct gram *gram, const struct wgr_handshake *before,
			     bool moved);
void check_gives_up(struct end *end, int link);
void check_handshake_done(struct end *end, int link);
void check_arrived(struct end *end, const struct gram *gram);
void check_foreign(struct end *end, const struct gram *gram);
void check_admits(struct end *end, u64 host, bool admits);
void check_gone(const struct session *session);
void check_idle(const struct wgr_handshake *hs);
void check_wiped(const void *memory, size_t len, const char *what);
void check_over(struct end *end);
void check_forgets(struct end *end, int link);
void check_persists(struct end *end, int link);
void check_audit(void);
void check_rings(struct end *end, int link);
void check_begin(void);
void check_link(struct end *end, int link);
void check_loses_all(struct end *end, int link);
void check_loses_keys(struct end *end, int link);
void check_slept(struct end *end, int link, u64 ns);

/* macs.c: the same for macs and cookies. */
u64 name_of_key(const u8 public[WGR_KEY_LEN]);
bool is_zero_mac(const u8 mac[WGR_MAC_LEN]);
void macs_forget(const struct end *end);
void macs_made_secret(const struct end *end);
void macs_sent(struct link *l, struct gram *gram);
void check_load(struct end *end, u64 now, bool loaded);
void check_macs(const struct end *end, const struct gram *gram, bool right, bool loaded, bool worked_on);
void check_gives_cookie(const struct end *end, const struct gram *gram);
void check_takes_cookie(struct end *end, int link, const struct gram *gram);

/* attacker.c */
void attack_begin(void);
void attack_asks(int to);
void attack_hears(const struct gram *gram);
bool attack_stamp(struct gram *gram, int to);
void attack_alters(const struct gram *old, struct gram *gram, int to, bool stamped);
void attack_names(struct gram *gram, int to, u64 skip);
void attack_send(struct gram *gram, int to, u64 delay);
void replay(int to, u64 count);
void forge(int to, u64 count);

/* script.c */
struct line {
	u64 at;
	int verb;
	u64 arg[4];
};
struct script {
	u64 seed;
	int ends;
	u32 n;
	struct line *line;
	u64 end;
};
/* Decimal digits, nothing else, and not too many. */
bool number_read(const char *word, u64 *value);
/* What is wrong is told by one line on stderr, but not without a @name. */
bool script_read(struct script *script, FILE *file, const char *name);
void script_write(const struct script *script, FILE *file);
void script_make(struct script *script, u64 seed);
void script_free(struct script *script);
void script_do(const struct line *line);

#endif
