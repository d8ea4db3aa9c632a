# SPDX-License-Identifier: GPL-2.0
"""
Faults put into src/protocol and src/reorder that the simulator must notice: (row of ci/sim/CLAUSES.md, what it breaks,
file, text, what takes its place, words of the check that is to notice it). The text must be there once.
"""

ALARMS, DATA, ENGINE, HANDSHAKE = "protocol/alarms.c", "protocol/data.h", "reorder/engine.c", "protocol/handshake.c"
KEYS, LIMITS, MAC, RANK = "protocol/keys.h", "protocol/limits.h", "protocol/mac.c", "protocol/rank.c"
REPLAY, SLOTS = "protocol/replay.c", "protocol/slots.c"

PSK = "5.2 preshared key"
MAC1 = "5.3, 5.4.4 mac1"
COOKIES = "5.3, 5.4.7 denial of service, cookies"
HANDSHAKES = "5.4 handshake"
AUTHENTIC = "5.4.6 data: authenticity"
RENEW = "6.1 timers: REKEY-AFTER-TIME, -MESSAGES"
REJECT = "6.1, 6.2 REJECT-AFTER-TIME, -MESSAGES"
ANSWERED = "6.2 who answered"
END = "6.3 keys end"
RETRY = "6.4 retry"
PASSIVE = "6.5 passive keepalive"
SILENCE = "6.5 silence"
ROAMING = "2.1 roaming"
ORDER = "ours: order"
STALLS = "ours: nothing stalls"

JITTER = "get_random_u32_below(TICKS(WGR_RETRY_JITTER_MS) + 1)"
AGED = "!wgr_aged(keys->birth_ns, WGR_REJECT_AFTER_S, now_ns)"

MUTATIONS = (
    ("5.1 silence", "answers more than was asked", "protocol/messages.h",
     "return len == sizeof(struct wgr_msg_response) ? type : 0;", "return len >= 48 ? type : 0;", "to who has proved nothing"),
    ("5.1, 5.4.2 replay of an initiation", "an initiation is taken again", HANDSHAKE, "is_replay(hs, draft) ||\n", "0 ||\n",
     "takes an initiation again"),
    (PSK, "the preshared key does not count", HANDSHAKE, "\tmix_keys(t, psk, WGR_KEY_LEN, more, ARRAY_SIZE(more));",
     "\tmix_keys(t, all_zero, WGR_KEY_LEN, more, ARRAY_SIZE(more));\n\t(void)psk;", "another preshared key"),
    (PSK, "only the one who answers knows it", HANDSHAKE, "mix_psk(t, draft->psk, draft->key);",
     "mix_psk(t, all_zero, draft->key);", "nothing of what end"),
    (MAC1, "it is not looked at", MAC, "\tif (!mac1_is_right(checker, msg, len))\n", "\tif (!checker->keyed)\n", "mac1 for a"),
    (COOKIES, "no proof of address under load", MAC, ": WGR_GIVE_COOKIE;", ": WGR_ADMIT;", "without its cookie"),
    (COOKIES, "a cookie is not bound to the address", MAC, "source->bytes, source->len,", "source->bytes + source->len - 2, 2,",
     "without its cookie"),
    (COOKIES, "a cookie is not bound to the port", MAC, "source->bytes, source->len,", "source->bytes, source->len - 2,",
     "without its cookie"),
    (COOKIES, "its secret is never renewed", MAC,
     "checker->secret_birth_ns &&\n\t       !wgr_aged(checker->secret_birth_ns, SECRET_S, now_ns)", "checker->secret_birth_ns", "without its cookie"),
    (COOKIES, "a cookie reply is taken twice", MAC, "\tjar->awaiting = false;\n", "", "takes a cookie for another message"),
    (COOKIES, "the rate limit is off", MAC, "? WGR_ADMIT_LIMITED :", "? WGR_ADMIT :", "messages of a host at once"),
    (COOKIES, "who finds no bucket passes", "protocol/bucket.c", "\t\t\t\treturn false;\n\t\t\tbucket->full_ns",
     "\t\t\t\treturn true;\n\t\t\tbucket->full_ns", "messages of a host at once"),
    (COOKIES, "under load nobody gets in", MAC, "? WGR_ADMIT_LIMITED :", "? WGR_REFUSE :", "nothing of what end"),
    (HANDSHAKES, "what is refused ends the handshake", HANDSHAKE, "\tif (!may_begin(hs) || !is_authentic(hs, draft, msg) ||",
     "\twgr_handshake_clear(hs);\n\tif (!may_begin(hs) || !is_authentic(hs, draft, msg) ||", "that is refused moves the handshake"),
    (HANDSHAKES, "an initiation is taken without proof", HANDSHAKE, "!is_authentic(hs, draft, msg) || ",
     "(is_authentic(hs, draft, msg), 0) || ", "takes a message that end"),
    ("5.4 secrets", "an ended handshake keeps its secret", HANDSHAKE,
     "\tmemzero_explicit(hs->secret, sizeof(hs->secret));\n\tmemzero_explicit(hs->init", "\tmemzero_explicit(hs->init",
     "the secret of a handshake that is over"),
    ("5.4 secrets", "an ended handshake keeps its transcript", HANDSHAKE,
     "\tmemzero_explicit(&hs->transcript, sizeof(hs->transcript));\n", "", "the transcript of a handshake"),
    ("5.4 secrets", "drafts are not wiped", HANDSHAKE, "\tmemzero_explicit(draft, sizeof(*draft));\n", "\t(void)draft;\n", "a draft"),
    ("5.4.5 transport keys", "both send with the second", HANDSHAKE, "keys->initiator ? keys->send_key : keys->recv_key, t->chain",
     "keys->initiator ? keys->send_key : keys->send_key, t->chain", "whose keys it has"),
    ("5.4.6 data: nonce", "a counter is given twice", KEYS, "WRITE_ONCE(keys->send_counter, counter + 1)",
     "WRITE_ONCE(keys->send_counter, counter + (counter % 64 != 63))", "is used again"),
    (AUTHENTIC, "a packet is taken twice", REPLAY, "|| *word & bit", "", "twice"),
    (AUTHENTIC, "a changed packet is taken", DATA, "return wgr_aead_open(msg->sealed, len - sizeof(*msg), counter, keys->recv_key);",
     "return wgr_aead_open(msg->sealed, len - sizeof(*msg), counter, keys->recv_key) || counter % 16 == 3;",
     "accepts a packet that was changed"),
    ("5.4.6 confirmation", "who answers sends at once", SLOTS, "\tif (keys->initiator)\n", "\tif (true)\n", "has not shown"),
    (RENEW, "20 s too late", LIMITS, "WGR_REKEY_AFTER_S\t\t120", "WGR_REKEY_AFTER_S\t\t140", "does not try again"),
    (RENEW, "not by number of messages", KEYS, "READ_ONCE(keys->send_counter) > WGR_REKEY_AFTER_MESSAGES", "false",
     "does not try again"),
    (REJECT, "receives with keys of any age", KEYS, "!READ_ONCE(keys->unreadable) &&\n\t       " + AGED,
     "!READ_ONCE(keys->unreadable)", "accepts a packet with keys of"),
    (REJECT, "sends with keys of any age", KEYS, "return !READ_ONCE(keys->unsendable) &&\n\t       " + AGED,
     "return !READ_ONCE(keys->unsendable)", "sends with keys of"),
    (REJECT, "sends any number of messages", KEYS, "likely(keys->send_counter < WGR_REJECT_AFTER_MESSAGES - packets)", "true",
     "sends message"),
    (REJECT, "receives any number of messages", REPLAY, "if (counter >= WGR_REJECT_AFTER_MESSAGES)\n\t\treturn false;\n", "",
     "accepts message"),
    ("6.2 last minute", "who only receives asks for nothing", "protocol/slots.h", "\tkeys->asked = true;\n\treturn true;",
     "\tkeys->asked = true;\n\treturn false;", "does not try again"),
    (ANSWERED, "renews, too", KEYS, "(keys->initiator && wgr_aged(keys->birth_ns, WGR_REKEY_AFTER_S, now_ns))",
     "wgr_aged(keys->birth_ns, WGR_REKEY_AFTER_S, now_ns)", "renews what the other end began"),
    (ANSWERED, "renews before it is time", LIMITS, "WGR_REKEY_AFTER_S\t\t120", "WGR_REKEY_AFTER_S\t\t100", "renews keys of"),
    (END, "keys are never forgotten", ALARMS,
     "return wgr_alarm_set(alarms, WGR_ALARM_FORGET, now,\n\t\t\t     (unsigned long)WGR_FORGET_KEYS_S * HZ);",
     "(void)now;\n\treturn 0;", "keeps keys that are"),
    (END, "keys are never wiped", "protocol/keys.c", "\tmemzero_explicit(keys, sizeof(*keys));\n", "\t(void)keys;\n",
     "keys that nobody uses: not wiped"),
    (END, "keys that left may still be used", "protocol/keys.c", "\tWRITE_ONCE(keys->unreadable, true);\n", "",
     "keys that left may still be used"),
    (RETRY, "never gives up", ALARMS, "if (attempts >= MAX_ATTEMPTS)", "if (0)", "does not give up"),
    (RETRY, "gives up one attempt too early", ALARMS, "WGR_REKEY_TIMEOUT_S + 1)", "WGR_REKEY_TIMEOUT_S)", "gives up after"),
    (RETRY, "gives up one attempt too late", ALARMS, "WGR_REKEY_TIMEOUT_S + 1)", "WGR_REKEY_TIMEOUT_S + 2)", "does not give up"),
    (RETRY, "says nothing when it gives up", ALARMS, "\treturn WGR_DO_GIVE_UP;", "\treturn 0;", "does not give up"),
    (RETRY, "a wish does not begin the attempts anew", ALARMS,
     "\tWRITE_ONCE(alarms->attempts, 0);\n\treturn wgr_alarms_may_initiate", "\treturn wgr_alarms_may_initiate", "gives up after"),
    (RETRY, "no jitter", ALARMS, JITTER, "0", "tries again every"),
    (RETRY, "twice the jitter", ALARMS, JITTER, JITTER.replace("TICKS", "2 * TICKS"), "repeats after"),
    (RETRY, "an initiation is not repeated", ALARMS,
     "return wgr_alarm_set(alarms, WGR_ALARM_RETRY, now,\n\t\t\t     wgr_alarms_jittered(WGR_REKEY_TIMEOUT_S));", "(void)now;\n\treturn 0;",
     "does not try again"),
    (RETRY, "initiations without a pause", ALARMS, "return !last_ns || wgr_aged(last_ns, WGR_REKEY_TIMEOUT_S, now_ns);",
     "return (last_ns, now_ns);", "s apart"),
    (PASSIVE, "there is none", ALARMS, "\t\treturn WGR_DO_KEEPALIVE;", "\t\treturn 0;", "sends no keepalive"),
    (PASSIVE, "a second late", LIMITS, "WGR_KEEPALIVE_S\t\t\t10", "WGR_KEEPALIVE_S\t\t\t11", "sends no keepalive"),
    (PASSIVE, "although something was sent", "protocol/alarms.h",
     "\twgr_alarm_clear(alarms, WGR_ALARM_KEEPALIVE);\n\treturn wgr_alarms_passed", "\treturn wgr_alarms_passed",
     "a keepalive that nothing asks for"),
    (SILENCE, "nothing is done about it", ALARMS, "(wgr_alarms_ask(alarms, now_ns) ? WGR_DO_INITIATE : 0)", "0 * now_ns",
     "about a silence"),
    (SILENCE, "it is noticed 10 s late", "protocol/alarms.h", "wgr_alarms_jittered(WGR_KEEPALIVE_S + WGR_REKEY_TIMEOUT_S)",
     "wgr_alarms_jittered(2 * WGR_KEEPALIVE_S + WGR_REKEY_TIMEOUT_S)", "does nothing about a silence"),
    (SILENCE, "although something came", "protocol/alarms.h",
     "\twgr_alarm_clear(alarms, WGR_ALARM_SILENCE);\n\treturn wgr_alarms_passed", "\treturn wgr_alarms_passed",
     "a silence that there is not"),
    ("persistent keepalive", "there is none", ALARMS, "\t\treturn WGR_DO_PERSISTENT;", "\t\treturn 0;", "no persistent keepalive"),
    (ROAMING, "an older packet moves the peer", RANK, "if (rank->epoch && counter < rank->top)", "if (0)", "an older packet came from"),
    (ROAMING, "the newest packet moves nobody", RANK, "\treturn ahead;\n", "\treturn false;\n", "its newest packet came from"),
    ("ours: another private key", "sessions go on", SLOTS, "\tstop_sending(look_in(slots->current_));\n", "",
     "of its former private key"),
    (ORDER, "what is behind the output is taken", ENGINE, "if (!lane || item->counter < lane->next || lane->spent)\n\t\treturn come_behind(",
     "if (!lane || lane->spent)\n\t\treturn come_behind(", "hands up"),
    (ORDER, "a new epoch does not wait for the old one", ENGINE,
     "\t\tif (lane == &r->lane[0] && lane->next == item->counter)\n", "\t\tif (lane->next == item->counter)\n", "hands up"),
    (ORDER, "a due packet goes before those sent before it", ENGINE,
     "\t\trelease(r, lane_lowest(&r->lane[0]), cause, out);\n\t} while",
     "\t\trelease(r, lane_at(&r->lane[0], counter), cause, out);\n\t} while", "hands up"),
    (STALLS, "every second packet is refused", DATA, "return wgr_aead_open(", "return counter % 2 == 0 && wgr_aead_open(",
     "whose keys it has"),
    (STALLS, "of keys of a minute one of ten packets is refused", KEYS, "\treturn smp_load_acquire(&keys->ready) &&",
     "\treturn !(wgr_aged(keys->birth_ns, 60, now_ns) && now_ns / 1000000 % 10 == 0) &&\n\t       smp_load_acquire(&keys->ready) &&",
     "whose keys it has"),
    (STALLS, "every second packet is late", ENGINE, "if (!lane || item->counter < lane->next || lane->spent)\n\t\treturn come_behind(",
     "if (!lane || item->counter < lane->next || lane->spent || item->counter % 2)\n\t\treturn come_behind(", "though nothing has happened"),
    (STALLS, "new keys that are not ours go at once", SLOTS, "\tgone->keys[0] = swap_slot(slots->next, keys);",
     "\tgone->keys[0] = swap_slot(slots->next, NULL);\n\tgone->keys[2] = keys;", "nothing of what end"),
    (STALLS, "who answers loses the keys that are in use", SLOTS, "\tgone->keys[0] = swap_slot(slots->next, keys);",
     "\tgone->keys[0] = swap_slot(slots->next, keys);\n\tgone->keys[2] = swap_slot(slots->current_, NULL);", "has no keys for"),
    (STALLS, "the window of counters is narrow", "protocol/replay.h", "WGR_REPLAY_BITS\t\t65536U", "WGR_REPLAY_BITS\t\t64U",
     "whose keys it has"),
    ("ours: ranks", "a straggler of a new session makes the old one late for ever", RANK,
     "return rank->epoch < open_epoch && goes_on(ahead, rank, now_ns);", "return false && goes_on(ahead, rank, now_ns) && open_epoch;",
     "nothing of what end"),
    ("ours: begun at once", "neither insists on its own handshake", HANDSHAKE, "msg->ephemeral, WGR_KEY_LEN) > 0;",
     "msg->ephemeral, WGR_KEY_LEN) > 9999;", "nothing of what end"),
    ("ours: alarms", "a passive keepalive half a second late", "protocol/alarms.h", "(unsigned long)WGR_KEEPALIVE_S * HZ);",
     "(unsigned long)WGR_KEEPALIVE_S * HZ + HZ / 2);", "sends no keepalive"),
    ("ours: clocks", "keys are as old as the boot", HANDSHAKE, "keys->birth_ns = now_ns;", "keys->birth_ns = 1;", "nothing of what end"),
)
