#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The long lives of sessions, handshakes, cookies and secrets: what takes minutes to come about.

Run as root, under the user-mode kernel `travel`, whose clock jumps over what is slept: some hours take a minute. Every
time is then exact, so each case says when at the latest something must still be so, and when at the earliest not any more.
Makes a network namespace of its own. Prints TAP.
  --stock            the kernel's own module is under test: its timers are late by up to an eighth
  --only WORD        cases whose name has this word
  --seed N           repeat the choices of an earlier run (WGR_SEED, too)
"""

import argparse
import base64
import contextlib
import os
import random
import re
import socket
import struct
import sys
import time

import wgpeer as wg
from rig import IFNAME, PORT, KernelLog, Report, Rig, drawn_seed, need, run

# Seconds, as in the paper.
REKEY_AFTER, REJECT_AFTER, REKEY_TIMEOUT, KEEPALIVE, ATTEMPT = 120, 180, 5, 10, 90
JITTER = 0.334
FORGET_AFTER = 3 * REJECT_AFTER
RENEW_FOR_RECEIVING = REJECT_AFTER - KEEPALIVE - REKEY_TIMEOUT
COOKIE_SECRET, COOKIE_KEPT = 120, 115
INITIATIONS = 20
# Under load: handshakes a second of one address, and how many at once.
RATE, BURST = 20, 5

# Nearer to a limit than this nothing is tried: ticks of 10 ms, of both the session's birth and now.
NEAR = 0.1

# What wakes a machine that sleeps.
WAKES = "/sys/class/rtc/rtc0/wakealarm"
DEBUG_CONTROL = "/sys/kernel/debug/dynamic_debug/control"


class Destroyed:
    """When the module says that a session's memory was wiped, from the moment this is made."""

    LINE = re.compile(r": Session (\d+) of peer (\d+) (created|destroyed)")

    def __init__(self):
        self.fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self.fd, 0, os.SEEK_END)
        self.alive = {}

    def read(self):
        """{session: peer} of those that were made since then and are still there."""
        while True:
            try:
                record = os.read(self.fd, 8192).decode(errors="replace")
            except BlockingIOError:
                return self.alive
            found = self.LINE.search(record)
            if found and found[3] == "created":
                self.alive[found[1]] = found[2]
            elif found:
                self.alive.pop(found[1], None)

    def count(self):
        return len(self.read())

    def close(self):
        os.close(self.fd)


class Lives:
    """Each case has a peer or more of its own, and the time for itself."""

    def __init__(self, rig, seed, stock):
        self.rig = rig
        self.random = random.Random(seed)
        self.stock = stock
        self.late = 1.13 if stock else 1.001

    # What the cases are made of

    def peer(self, **options):
        made = self.rig.add(**options)
        made.point_here()
        return made

    @staticmethod
    def until(moment):
        time.sleep(max(moment - time.monotonic(), 0))

    def session(self, role, peer=None):
        """(peer, session in use on both sides, when it was made); the interface's role."""
        peer = peer or self.peer()
        if role == "responder":
            session = peer.session("initiator")
            made = time.monotonic()
            # It takes a session into use only when it has seen that the other side has it.
            peer.send(session.seal_next())
            time.sleep(0.01)
        else:
            session = peer.session("responder")
            made = time.monotonic()
            time.sleep(0.01)
            # An answer to what asked for it, or it will be taken for lost.
            self.keepalive(peer, session)
        peer.wg.drain(0.05)
        return peer, session, made

    @staticmethod
    def keepalive(peer, session):
        """A packet that asks for nothing."""
        peer.send(session.seal_next())
        time.sleep(0.01)

    @staticmethod
    def is_taken(peer, session):
        """Whether a packet of this session counts as received."""
        before = peer.rx_bytes()
        peer.send(session.seal_next())
        time.sleep(0.01)
        return peer.rx_bytes() > before

    @staticmethod
    def kinds(peer, seconds=0.05):
        """The kinds of messages that have come and come within `seconds`."""
        return [message[0] for message in peer.wg.drain(seconds)]

    def sends(self, peer):
        """What is sent for a packet that wants out."""
        peer.wg.drain()
        peer.poke()
        return self.kinds(peer)

    def silent(self, peer, seconds, what):
        found = self.kinds(peer, seconds)
        need(not found, "%s: message of type %s", what, found)

    def took(self, began, least, most, what):
        took = time.monotonic() - began
        need(least - 0.02 <= took <= most * self.late + 0.02, "%s after %.3f s, not %.2f to %.2f", what, took, least, most)

    def next_is(self, peer, kind, most, what):
        message = peer.wg.wait_for((wg.INITIATION, wg.RESPONSE, wg.COOKIE, wg.DATA), most * self.late + 0.1)
        need(message is not None, "no %s within %.1f s", what, most)
        need(message[0] == kind, "a message of type %d instead of %s", message[0], what)
        return message

    # Sessions that grow old

    def old_for_receiving(self, role):
        peer, session, made = self.session(role)
        self.until(made + REJECT_AFTER - NEAR)
        need(self.is_taken(peer, session), "refused before its time")
        self.until(made + REJECT_AFTER + NEAR)
        need(not self.is_taken(peer, session), "taken after its time")
        peer.remove()

    def old_for_receiving_responder(self):
        """What the interface answered for it takes for 180 s."""
        self.old_for_receiving("responder")

    def old_for_receiving_initiator(self):
        """What the interface began it takes for 180 s."""
        self.old_for_receiving("initiator")

    def old_for_sending(self):
        """It sends for 180 s, then it asks for a new session."""
        peer, _, made = self.session("responder")
        self.until(made + REJECT_AFTER - NEAR)
        need(self.sends(peer) == [wg.DATA], "not sent before its time was over")
        self.until(made + REJECT_AFTER + NEAR)
        need(self.sends(peer) == [wg.INITIATION], "sent after its time, or no new session asked for")
        peer.remove()

    def renews_its_own(self):
        """Who began a session renews it as it sends after 120 s, not before."""
        peer, session, made = self.session("initiator")
        self.until(made + REKEY_AFTER - NEAR)
        need(self.sends(peer) == [wg.DATA], "renewed before its time")
        self.until(made + REKEY_AFTER + NEAR)
        peer.poke()
        first = peer.wg.next_data(0.1)
        need(first and first[0] is session, "the old session was not used")
        again = peer.adopt(peer.wg.respond(0.1))
        peer.wg.drain(0.05)
        peer.poke()
        got = peer.wg.next_data(0.1)
        need(got and got[0] is again, "the new session was not used")
        peer.remove()

    def renews_no_others(self):
        """Who answered does not renew as it sends or receives, as long as the session lasts."""
        peer, session, made = self.session("responder")
        for age in (REKEY_AFTER + NEAR, RENEW_FOR_RECEIVING + NEAR, REJECT_AFTER - NEAR):
            self.until(made + age)
            self.keepalive(peer, session)
            need(self.sends(peer) == [wg.DATA], "renewed what the other side has to")
        peer.remove()

    def renews_for_receiving(self):
        """Who began a session and only receives renews it after 165 s, not before."""
        peer, session, made = self.session("initiator")
        self.until(made + RENEW_FOR_RECEIVING - NEAR)
        self.keepalive(peer, session)
        self.silent(peer, 0.05, "renewed before its time")
        self.until(made + RENEW_FOR_RECEIVING + NEAR)
        self.keepalive(peer, session)
        need(self.kinds(peer) == [wg.INITIATION], "not renewed")
        peer.remove()

    @contextlib.contextmanager
    def sessions(self):
        """The sessions that are there, of those that are made from now on."""
        if not os.path.exists(DEBUG_CONTROL):
            run("mount", "-t", "debugfs", "none", "/sys/kernel/debug")
        with open(DEBUG_CONTROL, "w", encoding="ascii") as file:
            file.write("module wireguard +p")
        log = Destroyed()
        try:
            yield log
        finally:
            log.close()
            with open(DEBUG_CONTROL, "w", encoding="ascii") as file:
                file.write("module wireguard -p")

    def forgets(self):
        """Keys are wiped 540 s after the last session was made, and not before."""
        with self.sessions() as log:
            peer, _, _ = self.session("responder")
            time.sleep(FORGET_AFTER - 100)
            _, _, made = self.session("responder", peer)
            need(log.count() == 2, "%d sessions after two handshakes", log.count())
            self.until(made + FORGET_AFTER - 0.5)
            need(log.count() == 2, "forgotten before the time: %d are left of two", log.count())
            self.until(made + FORGET_AFTER * self.late + 0.5)
            need(log.count() == 0, "%d sessions are still there", log.count())
            # A handshake that nobody answers has a secret, too. What asks for it again stops after 90 s.
            need(self.sends(peer) == [wg.INITIATION], "no initiation")
            began = time.monotonic()
            need(log.count() == 1, "no session for the handshake")
            self.until(began + (ATTEMPT + 2 * REKEY_TIMEOUT + INITIATIONS * JITTER + FORGET_AFTER) * self.late)
            need(log.count() == 0, "the secret of a handshake is still there")
            peer.remove()

    # Handshakes that nobody answers

    def gives_up(self):
        """20 initiations in 95 to 102 s, then silence for an hour; what waited is dropped; data begins anew."""
        peer = self.peer()
        peer.poke(b"old")
        began = time.monotonic()
        times = []
        while peer.wg.wait_for((wg.INITIATION,), 2 * REKEY_TIMEOUT):
            times.append(time.monotonic())
            need(len(times) <= INITIATIONS, "more than %d initiations", INITIATIONS)
        need(len(times) == INITIATIONS, "%d initiations before giving up, not %d", len(times), INITIATIONS)
        gaps = [b - a for a, b in zip(times, times[1:])]
        need(min(gaps) > REKEY_TIMEOUT - 0.02, "a retry after %.3f s", min(gaps))
        need(max(gaps) < (REKEY_TIMEOUT + JITTER) * self.late + 0.02, "a retry after %.3f s", max(gaps))
        need(max(gaps) - min(gaps) > JITTER / 4, "all retries after %.3f to %.3f s: no jitter", min(gaps), max(gaps))
        need(ATTEMPT < times[-1] - began < (ATTEMPT + REKEY_TIMEOUT + INITIATIONS * JITTER) * self.late,
             "given up after %.2f s", times[-1] - began)
        self.silent(peer, 3600, "after giving up")
        peer.poke(b"new")
        session = peer.adopt(peer.wg.respond(0.1))
        got = peer.wg.next_data(0.1)
        need(got and got[0] is session and got[2][28:31] == b"new", "what waited when it gave up is sent: %s", got)
        need(peer.wg.next_data(0.1) is None, "more than one packet for one")
        # And it gives up again after as many.
        time.sleep(REJECT_AFTER + 1)
        peer.wg.drain()
        peer.poke()
        count = 0
        while peer.wg.wait_for((wg.INITIATION,), 2 * REKEY_TIMEOUT):
            count += 1
        need(count == INITIATIONS, "%d initiations the second time", count)
        peer.remove()

    def answered_in_the_end(self):
        """An answer to the last initiation but one of them still makes a session, an answer to an older one does not."""
        peer = self.peer()
        peer.poke()
        old = peer.wg.wait_for((wg.INITIATION,), 1)
        for _ in range(INITIATIONS - 2):
            last = peer.wg.wait_for((wg.INITIATION,), 2 * REKEY_TIMEOUT)
        for message in (old, last):
            answer, session = peer.wg.make_response(message)
            peer.send(answer)
            got = peer.wg.next_data(0.1)
            need(bool(got) == (message is last), "answer to the %s one: %s", "last" if message is last else "first", got)
        need(got[0] is session, "another session is used")
        self.silent(peer, 2 * REKEY_TIMEOUT, "an initiation after the answer")
        peer.remove()

    def other_side_begins(self):
        """A handshake of the other side does for ours: what waited goes out, nothing is repeated, nothing begins."""
        peer = self.peer()
        peer.poke(b"old")
        need(peer.wg.wait_for((wg.INITIATION,), 1), "no initiation")
        # Not so soon that each side might insist on its own.
        time.sleep(1)
        session = peer.session("initiator")
        self.silent(peer, 0.1, "something before the other side has shown that it has the keys")
        self.keepalive(peer, session)
        got = peer.wg.next_data(0.1)
        need(got and got[0] is session and got[2][28:31] == b"old", "what waited is not sent: %s", got)
        self.silent(peer, 2 * REKEY_TIMEOUT, "an initiation is repeated that another handshake did for")
        # Heard is what is heard, data or not; and who has just answered has no reason to begin.
        peer.send(peer.data(session, session.next_counter))
        session.next_counter += 1
        need(self.sends(peer) == [wg.DATA], "not sent")
        time.sleep(REKEY_TIMEOUT + KEEPALIVE - 6)
        peer.session("initiator")
        self.silent(peer, REKEY_TIMEOUT + 3, "a handshake for a silence that has ended with one")
        peer.remove()
        # Where it is, its handshake tells; it has not shown that it has the keys.
        peer = self.rig.add()
        peer.session("initiator")
        need(not self.sends(peer), "a handshake begins right after another was answered")
        peer.remove()

    # Keepalives and silence

    def passive(self):
        """A passive keepalive 10 s after the first data, one for all that came; none if something was sent."""
        peer, session, _ = self.session("responder")
        peer.send(peer.data(session, session.next_counter))
        session.next_counter += 1
        began = time.monotonic()
        time.sleep(3)
        peer.send(peer.data(session, session.next_counter))
        session.next_counter += 1
        self.next_is(peer, wg.DATA, KEEPALIVE, "keepalive")
        self.took(began, KEEPALIVE, KEEPALIVE, "keepalive")
        self.silent(peer, 3 * KEEPALIVE, "another keepalive for nothing")
        peer.send(peer.data(session, session.next_counter))
        session.next_counter += 1
        time.sleep(5)
        need(self.sends(peer) == [wg.DATA], "nothing sent")
        # What is sent is not answered: that is the handshake after 15 s.
        self.silent(peer, KEEPALIVE + REKEY_TIMEOUT - 0.2, "a keepalive though something was sent")
        peer.remove()

    def silence(self):
        """What is sent and not answered within 15 s asks for a handshake; any answer puts that off."""
        peer, session, _ = self.session("responder")
        time.sleep(REKEY_TIMEOUT + 1)
        peer.poke()
        time.sleep(14)
        self.keepalive(peer, session)
        need(self.kinds(peer) == [wg.DATA], "not only what was to be sent")
        self.silent(peer, 3 * KEEPALIVE, "a handshake though there was an answer")
        peer.poke()
        began = time.monotonic()
        peer.wg.wait_for((wg.DATA,), 0.1)
        # More that is sent meanwhile does not put it off.
        for _ in range(7):
            time.sleep(2)
            need(self.sends(peer) == [wg.DATA], "not sent")
        self.next_is(peer, wg.INITIATION, KEEPALIVE + REKEY_TIMEOUT, "handshake")
        least = KEEPALIVE + REKEY_TIMEOUT
        self.took(began, least, least + JITTER, "a handshake for silence")
        peer.remove()

    def persistent(self):
        """Persistent keepalives at their time, put off by what passes, without an end."""
        peer, session, _ = self.session("responder")
        peer.set("persistent-keepalive", "25")
        began = time.monotonic()
        peer.wg.drain(0.05)
        for number in range(1, 4):
            self.next_is(peer, wg.DATA, 26, "keepalive")
            self.took(began, number * 25, number * 25, "persistent keepalive %d" % number)
        time.sleep(20)
        self.keepalive(peer, session)
        began = time.monotonic()
        self.next_is(peer, wg.DATA, 26, "keepalive")
        self.took(began, 25, 25, "persistent keepalive after a packet")
        peer.set("persistent-keepalive", "0")
        self.silent(peer, 60, "one more after they are switched off")
        peer.set("persistent-keepalive", "25")
        # Without a session it goes on asking for one: also after giving up.
        time.sleep(900)
        peer.wg.drain()
        time.sleep(300)
        need(wg.INITIATION in self.kinds(peer), "given up for good")
        peer.wg.drain()
        run("ip", "link", "set", IFNAME, "down")
        run("ip", "link", "set", IFNAME, "up")
        need(self.kinds(peer) == [wg.INITIATION], "no keepalive when the link comes up")
        peer.set("persistent-keepalive", "0")
        time.sleep(ATTEMPT + 3 * REKEY_TIMEOUT + INITIATIONS)
        peer.wg.drain()
        self.silent(peer, 1000, "switched off")
        peer.remove()

    # Cookies

    def keeps_cookie(self):
        """A cookie is used for 115 s, not 120."""
        peer = self.peer()
        peer.poke()
        message = peer.wg.wait_for((wg.INITIATION,), 1)
        cookie = self.random.randbytes(16)
        reply = peer.wg.make_cookie_reply(struct.unpack_from("<I", message, 4)[0], message[-32:-16], cookie)
        peer.send(reply)
        came = time.monotonic()
        # Once more with another one: a message is answered once.
        peer.send(peer.wg.make_cookie_reply(struct.unpack_from("<I", message, 4)[0], message[-32:-16], bytes(16)))
        used = []
        while time.monotonic() < came + COOKIE_SECRET + 10:
            message = peer.wg.wait_for((wg.INITIATION,), 2 * REKEY_TIMEOUT)
            if message is None:
                peer.poke()
                continue
            age = time.monotonic() - came
            good, mac2 = peer.wg.macs_of(message)
            need(good, "wrong mac1")
            if mac2:
                need(mac2 == wg.blake(message[:-16], size=16, key=cookie), "mac2 is of another cookie")
            used.append((age, mac2 is not None))
        need(all(age < COOKIE_SECRET for age, mac2 in used if mac2), "a cookie is used after its time: %s", used)
        need(all(age > COOKIE_KEPT - NEAR for age, mac2 in used if not mac2), "a cookie is not used: %s", used)
        need(len(used) > 20, "only %d initiations", len(used))
        peer.remove()

    def overload(self):
        self.flood.send()

    def asked(self, peer, cookie, sock=None):
        """The answer to an initiation while the interface is under load, and the initiation."""
        time.sleep(1 / RATE)
        started = peer.wg.make_initiation(cookie=cookie)
        self.overload()
        peer.send(started.message, sock=sock)
        return started, peer.wg.wait_for((wg.COOKIE, wg.RESPONSE), 1, sock)

    def is_taken_from(self, peer, cookie, sock=None):
        _, answer = self.asked(peer, cookie, sock)
        need(answer is not None, "no answer at all")
        return answer[0] == wg.RESPONSE

    @contextlib.contextmanager
    def loaded(self, **options):
        """A peer, and the means to keep the interface under load."""
        peer = self.peer(**options)
        junk = struct.pack("<II", wg.INITIATION, 7) + wg.Key().public + self.random.randbytes(76)
        # From an address of its own, which the limit does not count with the peer.
        flooder = wg.Peer(self.rig.key.public, ("127.0.0.1", PORT), local="127.0.0.99")
        self.flood = wg.Burst(flooder.sock, flooder.remote, [flooder.add_macs(junk)] * 1000)
        yield peer
        time.sleep(1.5)
        need(self.is_calm(peer), "load does not end")
        flooder.close()
        peer.remove()

    @staticmethod
    def is_calm(peer):
        started = peer.wg.make_initiation()
        peer.send(started.message)
        return peer.wg.wait_for((wg.COOKIE, wg.RESPONSE), 1)[0] == wg.RESPONSE

    def cookie_of(self, peer):
        started, answer = self.asked(peer, None)
        need(answer and answer[0] == wg.COOKIE, "no cookie under load")
        return peer.wg.read_cookie(answer, started.message[-32:-16])

    def cookie_secret(self):
        """A cookie that was given out is good for 120 s, for one address and port."""
        with self.loaded() as peer:
            cookie = self.cookie_of(peer)
            began = time.monotonic()
            need(self.is_taken_from(peer, cookie), "the cookie is not taken")
            need(not self.is_taken_from(peer, cookie, peer.wg.another_socket()), "it is taken from another port")
            need(self.cookie_of(peer) == cookie, "the secret changes all the time")
            self.until(began + COOKIE_SECRET - 2)
            need(self.is_taken_from(peer, cookie), "the cookie is not taken any more")
            self.until(began + COOKIE_SECRET + 1)
            need(not self.is_taken_from(peer, cookie), "the cookie is still taken")
            need(self.cookie_of(peer) != cookie, "the secret is still the same")

    def cookie_address(self):
        """A cookie that was given out is good for one address of either family, were the port the same."""
        families = [(socket.AF_INET, "127.0.0.8", "127.0.0.9")]
        if self.rig.ipv6:
            families.append((socket.AF_INET6, "fd78::8", "fd78::9"))
            for address in families[-1][1:]:
                run("ip", "address", "add", address + "/128", "dev", "lo", "nodad")
        for family, ours, theirs in families:
            with self.loaded(outer=family, local=ours) as peer:
                cookie = self.cookie_of(peer)
                need(self.is_taken_from(peer, cookie), "the cookie is not taken")
                other = peer.wg.another_socket(theirs, peer.wg.port())
                need(not self.is_taken_from(peer, cookie, other), "it is taken from %s, too", theirs)

    def limited(self, family, ours, theirs):
        """What comes of asking from one address too often, and once from another one."""
        with self.loaded(outer=family, local=ours) as peer:
            other = self.peer(outer=family, local=theirs)
            cookie, its_cookie = self.cookie_of(peer), self.cookie_of(other)
            time.sleep(1)
            answered, asked = 0, 80
            self.overload()
            began = time.monotonic()
            for number in range(asked):
                # Others' messages keep up the load for a second.
                if number % 20 == 10:
                    self.overload()
                peer.send(peer.wg.make_initiation(cookie=cookie).message)
                answered += peer.wg.wait_for((wg.RESPONSE,), 0) is not None
                self.until(began + (number + 1) / (2 * RATE))
            answered += self.kinds(peer).count(wg.RESPONSE)
            right = BURST + asked // 2
            need(right - 4 <= answered <= right + 4, "%d of %d answered, to be %d", answered, asked, right)
            for _ in range(BURST + 1):
                self.overload()
                peer.send(peer.wg.make_initiation(cookie=cookie).message)
            need(self.kinds(peer, 0.01).count(wg.RESPONSE) <= BURST, "there is no limit")
            other.send(other.wg.make_initiation(cookie=its_cookie).message)
            need(other.wg.wait_for((wg.RESPONSE,), 0.1), "another address, %s, is not answered", theirs)
            time.sleep(2)
            peer.wg.drain()
            other.remove()

    def rate_limit(self):
        """Under load each address is answered 20 times a second after the first five, whatever it asks for."""
        self.limited(socket.AF_INET, "127.0.0.8", "127.0.0.9")
        if self.rig.ipv6:
            # Those of one network share a limit.
            for address in ("fd7a::8", "fd7b::9"):
                run("ip", "address", "add", address + "/128", "dev", "lo", "nodad")
            self.limited(socket.AF_INET6, "fd7a::8", "fd7b::9")

    # Clocks that step

    @contextlib.contextmanager
    def wall_clock(self, step):
        """The wall clock is `step` seconds off."""
        time.clock_settime(time.CLOCK_REALTIME, time.time() + step)
        try:
            yield
        finally:
            time.clock_settime(time.CLOCK_REALTIME, time.time() - step)

    def stamp_of(self, peer, message):
        return peer.wg.take_initiation(message)[3]

    def clock_steps(self, step):
        peer, session, made = self.session("responder")
        other = self.peer()
        other.poke()
        before = self.stamp_of(other, other.wg.wait_for((wg.INITIATION,), 1))
        with self.wall_clock(step):
            began = time.monotonic()
            message = other.wg.wait_for((wg.INITIATION,), (REKEY_TIMEOUT + JITTER) * self.late + 0.1)
            need(message is not None, "no retry in time")
            self.took(began, REKEY_TIMEOUT - 0.1, REKEY_TIMEOUT + JITTER, "a retry")
            # The kernel's own goes by the clock alone, and is refused until that is where it was.
            need(self.stock or self.stamp_of(other, message) > before, "a stamp that is not greater")
            session2 = other.wg.make_response(message)
            other.send(session2[0])
            need(other.wg.next_data(0.1), "no session")
            if step < 0:
                # The other side's clock goes back too, and its stamps with it.
                peer.send(peer.wg.make_initiation().message)
                self.silent(peer, 0.1, "an initiation older than the last one is answered")
            self.until(made + REJECT_AFTER - NEAR)
            need(self.is_taken(peer, session), "a session ends with the wall clock")
            need(self.sends(peer) == [wg.DATA], "a session ends with the wall clock for sending")
            self.until(made + REJECT_AFTER + NEAR)
            need(not self.is_taken(peer, session), "a session lives on with the wall clock")
        for each in (peer, other):
            each.remove()

    def clock_back(self):
        """The wall clock goes back by a day: stamps still grow, sessions live as long, retries are in time."""
        self.clock_steps(-86400)

    def clock_forward(self):
        """The wall clock goes forward by a day: sessions live as long, retries are in time."""
        self.clock_steps(86400)

    @staticmethod
    def machine_sleeps():
        before = time.clock_gettime(time.CLOCK_BOOTTIME)
        with open(WAKES, "w", encoding="ascii") as file:
            file.write("+20")
        with open("/sys/power/state", "w", encoding="ascii") as file:
            file.write("mem")
        slept = time.clock_gettime(time.CLOCK_BOOTTIME) - before
        need(slept > 15, "slept for %.1f s only", slept)

    def renewing(self):
        """(peer, initiation): a handshake is under way, and nothing waits for it."""
        peer, _, made = self.session("initiator")
        self.until(made + REKEY_AFTER + NEAR)
        peer.poke()
        message = peer.wg.wait_for((wg.INITIATION,), 0.1)
        need(message, "no renewal")
        peer.wg.drain()
        return peer, message

    def suspend_renewing(self):
        """A machine that sleeps forgets a handshake, too, that nothing waits for."""
        peer, message = self.renewing()
        self.machine_sleeps()
        answer, _ = peer.wg.make_response(message)
        peer.send(answer)
        self.silent(peer, 0.1, "a handshake from before is finished")
        peer.remove()

    def suspend(self):
        """A machine that sleeps has no keys, and asks for new ones."""
        peer, session, _ = self.session("responder")
        other = self.peer()
        other.poke()
        message = other.wg.wait_for((wg.INITIATION,), 1)
        self.machine_sleeps()
        need(not self.is_taken(peer, session), "keys from before are still there")
        need(self.sends(peer) == [wg.INITIATION], "no new session is asked for")
        answer, _ = other.wg.make_response(message)
        other.send(answer)
        need(wg.DATA not in self.kinds(other, 0.1), "a handshake from before is finished")
        self.session("responder", peer)
        need(self.sends(peer) == [wg.DATA], "no session after sleeping")
        for each in (peer, other):
            each.remove()

    # Keys and peers that change

    def down(self):
        """An interface that goes down loses keys, handshakes and what waits, and begins anew when it comes up."""
        peer, session, _ = self.session("responder")
        other = self.peer()
        other.poke(b"old")
        message = other.wg.wait_for((wg.INITIATION,), 1)
        run("ip", "link", "set", IFNAME, "down")
        run("ip", "link", "set", IFNAME, "up")
        need(not self.is_taken(peer, session), "keys from before are still there")
        other.wg.drain()
        answer, _ = other.wg.make_response(message)
        other.send(answer)
        need(not self.kinds(other, 0.1), "a handshake from before is finished, or goes on")
        self.silent(other, 2 * REKEY_TIMEOUT, "an initiation from before is repeated")
        need(self.sends(peer) == [wg.INITIATION], "no new session is asked for at once")
        # It does not wait for the time that has to pass between two, either.
        other.poke(b"lost")
        need(other.wg.wait_for((wg.INITIATION,), 1), "no initiation")
        run("ip", "link", "set", IFNAME, "down")
        run("ip", "link", "set", IFNAME, "up")
        other.wg.drain()
        other.poke(b"new")
        again = other.adopt(other.wg.respond(0.1))
        got = other.wg.next_data(0.1)
        need(got and got[0] is again and got[2][28:31] == b"new", "what waited before is sent: %s", got)
        for each in (peer, other):
            each.remove()

    def another_key(self):
        """A new private key ends handshakes under way, sending, and what was made with the old one."""
        key = self.rig.key
        peer, session, _ = self.session("responder")
        other = self.peer()
        other.poke()
        message = other.wg.wait_for((wg.INITIATION,), 1)
        answer, _ = other.wg.make_response(message)
        new = wg.Key()
        self.rig.set_key(new)
        try:
            other.send(answer)
            need(other.wg.next_data(0.1) is None, "a handshake of the old key is finished")
            peer.wg.drain()
            peer.send(peer.wg.make_initiation().message)
            self.silent(peer, 0.1, "an initiation to the old key is answered")
            peer.wg.remote_public = new.public
            peer.poke()
            # Static key and shared secret are the new ones, or this raises.
            session = peer.adopt(peer.wg.respond(0.1))
            got = peer.wg.next_data(0.1)
            need(got and got[0] is session, "no session with the new key: %s", got)
            time.sleep(0.1)
            self.session("responder", peer)
        finally:
            self.rig.set_key(key)
        for each in (peer, other):
            each.remove()

    def another_key_ends(self):
        """A new private key ends a handshake, too, that nothing waits for."""
        key = self.rig.key
        with self.sessions() as log:
            peer, _ = self.renewing()
            need(log.count() == 2, "%d sessions and handshakes, not two", log.count())
            self.rig.set_key(wg.Key())
            time.sleep(1)
            left = log.count()
            self.rig.set_key(key)
            need(left == 1, "%d sessions and handshakes are left", left)
        peer.remove()

    def another_psk(self):
        """A new preshared key goes for the next handshake in both roles, and no other does."""
        psk = self.random.randbytes(32)
        peer, _, _ = self.session("responder", self.peer(psk=psk))
        new = self.random.randbytes(32)
        peer.set("preshared-key", "/proc/self/fd/0", stdin=base64.b64encode(new))
        started = peer.wg.make_initiation()
        peer.send(started.message)
        answer = peer.wg.wait_for((wg.RESPONSE,), 1)
        with contextlib.suppress(Exception):
            peer.wg.take_response(started, answer)
            need(False, "the old preshared key is used")
        peer.wg.psk = new
        time.sleep(REKEY_TIMEOUT + 1)
        self.session("responder", peer)
        peer.wg.psk = psk
        time.sleep(REJECT_AFTER + 1)
        peer.wg.drain()
        peer.poke()
        peer.wg.respond(0.1)
        need(peer.wg.next_data(0.1) is None, "an answer with the old preshared key is taken")
        peer.wg.psk = new
        peer.adopt(peer.wg.respond(2 * REKEY_TIMEOUT))
        need(peer.wg.next_data(0.1), "no session with the new one")
        peer.remove()

    def removed_leaves_nothing(self):
        """What a removed peer had of sessions and handshakes goes with it."""
        with self.sessions() as log:
            peer, _ = self.renewing()
            need(log.count() == 2, "%d sessions and handshakes, not two", log.count())
            peer.remove()
            time.sleep(1)
            need(log.count() == 0, "%d sessions and handshakes are left", log.count())

    def removed(self):
        """A removed peer may not begin, finish or use anything."""
        peer, session, _ = self.session("responder")
        peer.wg.drain(0.05)
        peer.poke()
        started = peer.wg.make_initiation()
        peer.set("remove")
        peer.wg.drain(0.05)
        peer.send(started.message, session.seal_next(), peer.data(session, 9))
        self.silent(peer, 60, "said something")
        peer.wg.close()


def cases(lives, options):
    found = [lives.old_for_receiving_responder, lives.old_for_receiving_initiator, lives.old_for_sending,
             lives.renews_its_own, lives.renews_no_others, lives.renews_for_receiving, lives.gives_up,
             lives.answered_in_the_end, lives.other_side_begins, lives.passive, lives.silence, lives.persistent,
             lives.keeps_cookie, lives.cookie_secret, lives.cookie_address, lives.rate_limit, lives.clock_back,
             lives.clock_forward, lives.down, lives.another_key, lives.another_psk, lives.removed]
    # What the kernel's own module says of its sessions has other words.
    if not options.stock:
        found += [lives.forgets, lives.another_key_ends, lives.removed_leaves_nothing]
    found += [lives.suspend, lives.suspend_renewing]
    return [case for case in found if options.only in case.__name__]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stock", action="store_true", help="the kernel's own module is under test")
    parser.add_argument("--only", default="", metavar="WORD")
    parser.add_argument("--seed", type=int, default=drawn_seed())
    options = parser.parse_args()
    report, log, rig = Report(), KernelLog(), Rig(options.seed)
    report.note("seed %d", options.seed)
    lives = Lives(rig, options.seed, options.stock)
    for case in cases(lives, options):
        if case in (lives.suspend, lives.suspend_renewing) and not os.path.exists(WAKES):
            report.skip(case.__doc__, "no clock that wakes the machine")
            continue
        report.case(case.__doc__, case)
    return rig.end(report, log)


if __name__ == "__main__":
    sys.exit(main())
