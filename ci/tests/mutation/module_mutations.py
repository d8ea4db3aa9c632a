# SPDX-License-Identifier: GPL-2.0
"""
Faults put into the module around src/protocol: (what, file of src, text, what takes its place, the case of
lives_test.py or alarms_test.py that notices). The text must be there once.
"""

MUTATIONS = (
    # Suspend, and links that go down.
    ("suspend keeps keys", "interface.c", "\t\twgr_sessions_end_handshake(peer);\n\t\twgr_sessions_clear(peer);\n",
     "\t\twgr_sessions_end_handshake(peer);\n", "suspend"),
    ("suspend keeps the handshake", "interface.c", "\t\twgr_sessions_end_handshake(peer);\n\t\twgr_sessions_clear(peer);\n",
     "\t\twgr_sessions_clear(peer);\n", "suspend"),
    ("suspend is not noticed", "interface.c", "\t\tforget_all_session_keys();\n", "", "suspend"),
    ("stays asleep", "interface.c", "\t\tWRITE_ONCE(wgr->asleep, false);\n", "", "suspend"),
    ("a link that goes down keeps keys", "peer.c", "\t\twgr_tx_drop_staged(peer);\n\t\twgr_sessions_clear(peer);\n",
     "\t\twgr_tx_drop_staged(peer);\n", "down"),
    ("a link that goes down keeps the handshake", "peer.c", "\twgr_sessions_end_handshake(peer);\n\twgr_rx_release(peer);\n",
     "\twgr_rx_release(peer);\n", "down"),
    ("a link that goes down keeps its alarms", "peer.c", "\twgr_timers_stop(&peer->timers);\n", "", "down"),
    ("a link that comes up waits before it begins", "peer.c", "\t\twgr_alarms_forget_initiation(&peer->timers.alarms);\n", "",
     "down"),
    ("a link that goes down keeps what waits", "peer.c", "\t\twgr_tx_drop_staged(peer);\n\t\twgr_sessions_clear(peer);\n",
     "\t\twgr_sessions_clear(peer);\n", "down"),

    # Another private key.
    ("a changed key keeps the handshake", "interface.c", "\twgr_sessions_end_handshake(peer);\n\twgr_noise_stop_sending(",
     "\twgr_noise_stop_sending(", "another_key"),
    ("a changed key keeps sessions for sending", "interface.c", "\twgr_noise_stop_sending(&peer->noise);\n", "", "another_key"),
    ("a changed key waits before it begins", "interface.c", "\twgr_alarms_forget_initiation(&peer->timers.alarms);\n", "",
     "another_key"),
    ("a changed key keeps the shared secret", "interface.c", "\t\twgr_noise_precompute(&peer->noise, &wgr->identity);\n", "",
     "another_key"),
    ("a changed key keeps that of mac1", "interface.c",
     "\twgr_cookie_checker_set_key(&wgr->cookies, wgr->identity.set ?\n\t\t\t\t   wgr->identity.public : NULL);\n", "",
     "another_key"),
    ("a preshared key is not changed", "control/netlink.c", "\twgr_noise_set_psk(&peer->noise, nla_data(attr));\n", "",
     "another_psk"),

    # Peers that go.
    ("a removed peer keeps its sessions", "peer.c", "\tstop_alarms(peer);\n\twgr_sessions_clear(peer);\n\twgr_rx_stop(peer);\n",
     "\tstop_alarms(peer);\n\twgr_rx_stop(peer);\n", "removed"),
    ("a removed peer keeps its handshake", "peer.c", "\twgr_session_let_go(wgr_noise_close(&peer->noise));\n",
     "\twgr_noise_close(&peer->noise);\n", "removed"),

    # Alarms.
    ("a near alarm waits for a far one", "timers.c", "return armed && !time_after(armed, due);", "return armed;", "beside_far"),
    ("an alarm that was set meanwhile is lost", "timers.c", "\tif (next)\n\t\tarm(timers, next);\n", "", "gives_up"),
    ("giving up keeps what waits", "tx.c", "\tif (actions & WGR_DO_GIVE_UP)\n\t\tgive_up(peer);\n", "", "gives_up"),
    ("no initiation for an alarm", "tx.c", "\tif (actions & WGR_DO_INITIATE)\n\t\tqueue_initiation(peer);\n", "", "gives_up"),
    ("no keepalive for an alarm", "tx.c", "\tif (actions & WGR_DO_KEEPALIVE ||\n\t    (", "\tif ((", "passive"),
    ("no persistent keepalive", "tx.c", "(actions & WGR_DO_PERSISTENT && READ_ONCE(timers->keepalive_s))", "0", "persistent"),
    ("switched off, one more keepalive comes", "tx.c", "(actions & WGR_DO_PERSISTENT && READ_ONCE(timers->keepalive_s))",
     "(actions & WGR_DO_PERSISTENT)", "persistent"),
    ("keys are never forgotten", "tx.c", "\tif (actions & WGR_DO_FORGET)\n\t\tqueue_forget(peer);\n", "", "forgets"),
    ("sessions are not forgotten", "tx.c", "\twgr_sessions_end_handshake(peer);\n\twgr_sessions_clear(peer);\n",
     "\twgr_sessions_end_handshake(peer);\n", "forgets"),
    ("the handshake is not forgotten", "tx.c", "\twgr_sessions_end_handshake(peer);\n\twgr_sessions_clear(peer);\n",
     "\twgr_sessions_clear(peer);\n", "forgets"),
    ("what was answered is repeated", "handshakes.c", "\twgr_timers_handshake_done(&peer->timers);\n", "", "answered_in_the_end"),
    ("what the other side asked for is repeated", "rx.c", "\t\twgr_timers_handshake_done(&peer->timers);\n", "", "other_side_begins"),
    ("what waits for the other side's handshake goes on waiting", "rx.c",
     "\t\twgr_timers_handshake_done(&peer->timers);\n\t\twgr_tx_push(peer);\n", "\t\twgr_timers_handshake_done(&peer->timers);\n",
     "other_side_begins"),
    ("who has just answered begins", "tx.c", "\twgr_timers_sent_any(&peer->timers);\n"
     "\t/* The other side will hardly need one more from us for a while. */\n\tnote_initiation(peer);\n",
     "\twgr_timers_sent_any(&peer->timers);\n", "other_side_begins"),
    ("a handshake tells not where the peer is", "handshakes.c", "\t\twgr_endpoint_set(&peer->endpoint, &endpoint);\n", "\t\t;\n",
     "other_side_begins"),
    ("a handshake is not heard", "handshakes.c", "\twgr_timers_got_any(&peer->timers);\n", "", "other_side_begins"),
    ("no persistent keepalive when a link comes up", "interface.c", "\t\twgr_tx_interval_changed(peer);\n", "", "persistent"),
    ("new keys set no alarm", "session.c", "\tif (begun)\n\t\twgr_timers_got_keys(&peer->timers);\n", "", "forgets"),
    ("what is sent is not noted", "tx.c", "\telse if (data)\n\t\twgr_timers_sent_data(&peer->timers);\n", "", "silence"),
    ("what comes is not noted", "rx.c", "\twgr_timers_got_any(&peer->timers);\n", "", "silence"),
    ("data that comes is not noted", "rx.c", "\tif (news->data)\n\t\twgr_timers_got_data(&peer->timers);\n", "", "passive"),
    ("no renewal as it sends", "tx.c", "\tif (unlikely(wgr_keys_renew_for_sending(&session->keys, now_ns)))\n\t\twgr_tx_ask_handshake(peer);\n",
     "\t(void)now_ns;\n", "renews_its_own"),
    ("no renewal as it receives", "rx.c",
     "\tif (unlikely(wgr_slots_renew_for_receiving(&peer->noise.slots, &session->keys, now_ns)))\n\t\twgr_tx_ask_handshake(peer);\n",
     "\t(void)now_ns;\n", "renews_for_receiving"),

    # Load, cookies, limits.
    ("the rate limit is off", "handshakes.c", "return wgr_ratelimit_allow(wgr->ratelimit, skb);", "return true;", "rate_limit"),
    ("all sources share a limit", "ratelimit.c", "*source = 0xffffffff00000000ULL | be32_to_cpu(ip_hdr(skb)->saddr);", "*source = 1;",
     "rate_limit"),
    ("all sources of IPv6 share a limit", "ratelimit.c", "*source = be64_to_cpu(prefix);", "*source = 1;", "rate_limit"),
    ("never under load", "handshakes.c", "\twgr_load_more(&load);\n", "", "cookie_secret"),
    ("load never ends", "handshakes.c", "\tif (skb)\n\t\twgr_load_less(&load);\n", "", "cookie_secret"),
    ("a cookie is not bound to the address", "cookie.c", "\t\tadd_bytes(&source, &ip_hdr(skb)->saddr, sizeof(struct in_addr));\n",
     "\t\tadd_bytes(&source, \"none\", sizeof(struct in_addr));\n", "cookie_address"),
    ("a cookie is not bound to the IPv6 address", "cookie.c", "\t\tadd_bytes(&source, &ipv6_hdr(skb)->saddr, sizeof(struct in6_addr));\n",
     "\t\tadd_bytes(&source, &ipv6_hdr(skb)->saddr, 8);\n", "cookie_address"),
    ("a cookie is not bound to the port", "cookie.c", "\tadd_bytes(&source, &udp_hdr(skb)->source, sizeof(__be16));\n", "",
     "cookie_secret"),
    ("the cookie secret is drawn each time", "cookie.c",
     "\tif (wgr_checker_has_secret(&checker->checker, wgr_now_ns()))\n\t\treturn;\n\tup_read(&checker->lock);\n\n"
     "\tdown_write(&checker->lock);\n\tif (!wgr_checker_has_secret(&checker->checker, wgr_now_ns()))\n\t\t",
     "\tup_read(&checker->lock);\n\n\tdown_write(&checker->lock);\n\t", "cookie_secret"),
    ("a cookie is not taken", "handshakes.c", "\twgr_cookie_take(&session->peer->jar, msg);\n", "", "keeps_cookie"),
)
