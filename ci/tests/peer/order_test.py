#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Delivery order, hold times and bad input of a WireGuard interface, seen from a peer that chooses every counter.

Run as root; makes a network namespace of its own. Prints TAP. TOLERANCE_US (default 1000) is how late a timer may be.
  --only N[,N...]    only these groups
  --seed N           repeat the choices of an earlier run (WGR_SEED, too)
  --stock            the module under test does not reorder: leave out what only an order-keeping one can pass
  --userspace PROG   test this user-space implementation (wireguard-go) instead of the kernel's; implies --stock
"""

import argparse
import itertools
import os
import random
import socket
import struct
import sys
import time

from cryptography.exceptions import InvalidTag

import wgpeer as wg
from rig import (INNER4, INNER6, MARK, MTU, PORT, SINK_PORT, TOLERANCE_US, KernelLog, LookUps, Report, Rig, Slow,
                 drawn_seed, need, run)

V4, V6 = socket.AF_INET, socket.AF_INET6
# Initiations at once: many more than are allowed, few enough not to count as load.
FLOOD = 100
COPIED = "/sys/module/wireguard/parameters/copied"


class Suite:
    """The groups of cases. Sequences of tags are compared as lists, so a loss, a repeat and a swap all show."""

    def __init__(self, rig, report, ordering, seed):
        self.rig = rig
        self.report = report
        self.ordering = ordering
        self.random = random.Random(seed)
        self.hold = rig.parameter("hold_us", 5000) * 1000
        self.window = rig.parameter("window", 2048)
        self.tolerance = TOLERANCE_US * 1000

    # Shared steps

    def case(self, name, function, *arguments, ordering=False):
        if ordering and not self.ordering:
            self.report.skip(name, "does not reorder")
            return
        self.report.case(name, lambda: function(*arguments))

    def flow(self, **options):
        """A peer with a session whose counter 0 has been delivered."""
        peer = self.rig.add(**options)
        session = peer.session()
        self.rig.tap.clear()
        peer.send(peer.data(session, 0))
        self.expect([peer.tag(session, 0)])
        session.next_counter = 1
        return peer, session

    def hold_s(self, factor=1.0):
        return self.hold * factor / 1e9

    def patience(self):
        return 1.0 + self.hold_s(3)

    def tags(self, count, quiet=0.0):
        return [d.tag for d in self.rig.tap.collect(count, self.patience(), quiet)]

    def same(self, got, wanted):
        """Delivered exactly so. A mere loss may be a busy machine's, which sent late what was to be sent at once."""
        if not self.ordering:
            got, wanted = sorted(got), sorted(wanted)
        text = "delivered %s, expected %s" % (got, wanted)
        if set(got) < set(wanted) and all(a < b for a, b in zip(got, got[1:])):
            raise Slow(text)
        need(got == wanted, "%s", text)

    def expect(self, wanted, quiet=0.0):
        self.same(self.tags(len(wanted), quiet), wanted)

    def expect_nothing(self, what):
        got = self.tags(0, self.hold_s(3) + 0.02)
        need(not got, "%s was delivered: %s", what, got)

    def settle(self):
        """Wait until nothing is held any more, and forget what came."""
        time.sleep(self.hold_s(1.5) + self.tolerance / 1e9)
        self.rig.tap.clear()

    def mostly(self, late, what, held=True):
        """At most one value in ten (ns) beyond the tolerance; the machine under the test is not alone in the world.

        Where nothing may be held at all, half a hold tells it from a busy machine, whatever the tolerance is.
        """
        limit = self.tolerance + self.oversleep() if held else self.hold // 2
        late = sorted(late)
        self.report.note("%s: median %.0f us, ninth decile %.0f us, largest %.0f us", what, late[len(late) // 2] / 1e3,
                         late[len(late) * 9 // 10] / 1e3, late[-1] / 1e3)
        over = sum(value > limit for value in late)
        if over * 10 > len(late):
            raise Slow("%s: %d of %d over %d us" % (what, over, len(late), limit // 1000))
        # However busy the machine is, half of the timers must be as good as on a quiet one.
        if held and late[len(late) // 2] > self.tolerance:
            raise Slow("%s: median over %d us" % (what, self.tolerance // 1000))

    def oversleep(self):
        """Ninth decile of how late (ns) a plain sleep of one hold ends: what the machine itself adds to any timer."""
        late = []
        for _ in range(20):
            began = time.monotonic_ns()
            time.sleep(self.hold_s())
            late.append(time.monotonic_ns() - began - self.hold)
        over = sorted(late)[18]
        self.report.note("a plain sleep ends %.0f us late", over / 1e3)
        return over

    @staticmethod
    def in_time(condition, text, *values):
        """Like need(), for what a busy machine can spoil: the case is tried again."""
        if not condition:
            raise Slow(text % values if values else text)

    # 1 Handshakes

    def group_1(self):
        for role, psk, outer in itertools.product(("initiator", "responder"), (False, True), (V4, V6)):
            if outer == V6 and not self.rig.ipv6:
                continue
            name = "handshake as %s, %s, IPv%d outside" % (role, "psk" if psk else "no psk", 4 if outer == V4 else 6)
            self.case(name, self.handshake, role, psk, outer)
        self.case("no data from the responder before the first packet of the initiator", self.responder_waits)
        self.case("wrong preshared key makes no session", self.wrong_psk)
        self.case("timestamp tells no fine time", self.coarse_time)
        self.case("a new private key ends sending with the old keys, not receiving", self.new_private_key)
        # Of a module made for tests, see ci/vm/module.sh.
        if os.path.exists(COPIED):
            self.case("so does a copy of the virtual machine", self.copied_machine)

    def handshake(self, role, psk, outer):
        peer = self.rig.add(psk=self.random.randbytes(32) if psk else None, outer=outer)
        if role == "responder":
            peer.point_here()
        session = peer.session(role)
        self.in_time(not peer.wg.unanswered, "the first initiation was not answered")
        if role == "responder":
            got = peer.wg.next_data(2)
            need(got and got[0] is session and got[1] == 0, "the staged packet does not come first: %s", got)
            need(b"poke" in got[2], "not the staged packet")
        self.rig.drain_sink()
        self.rig.tap.clear()
        peer.send(session.seal_next(wg.echo4(peer.inner4, INNER4, 5, b"there and back")))
        got = peer.wg.next_data(2)
        need(got is not None, "no echo reply")
        need(got[2][9] == 1 and got[2][20] == 0 and b"there and back" in got[2], "not an echo reply: %s", got[2].hex())
        payload = b"through the stack"
        peer.send(session.seal_next(wg.udp4(peer.inner4, INNER4, payload, dport=SINK_PORT)))
        if self.rig.ipv6:
            tagged = MARK + struct.pack("!IQ", *peer.tag(session, session.next_counter))
            peer.send(session.seal_next(wg.udp6(peer.inner6, INNER6, tagged, dport=SINK_PORT)))
            self.expect([peer.tag(session, session.next_counter - 1)])
        time.sleep(0.05)
        need(payload in self.rig.drain_sink(), "the UDP packet did not reach its socket")
        need(session.seen == list(range(len(session.seen))), "counters of the other side: %s", session.seen)
        need(int(peer.shown("latest-handshakes")[0]) > time.time() - 60, "latest handshake not recorded")
        peer.remove()

    def responder_waits(self):
        peer = self.rig.add()
        session = peer.session()
        peer.poke(b"too early")
        early = [m for m in peer.wg.drain(0.3) if m[0] == wg.DATA]
        need(not early, "%d data packets before ours", len(early))
        peer.send(session.seal_next())
        got = peer.wg.next_data(2)
        need(got and b"too early" in got[2], "the staged packet was not sent after the first data packet")
        peer.remove()

    def wrong_psk(self):
        peer = self.rig.add(psk=self.random.randbytes(32))
        peer.wg.psk = self.random.randbytes(32)
        try:
            peer.session()
        except InvalidTag:
            peer.remove()
            return
        need(False, "a response that fits another preshared key was taken")

    def coarse_time(self):
        peer = self.rig.add()
        peer.point_here()
        peer.poke()
        message = peer.wg.wait_for((wg.INITIATION,), 3)
        need(message is not None, "no initiation")
        _, _, static, stamp, _ = peer.wg.take_initiation(message)
        seconds, nanoseconds = struct.unpack(">QI", stamp)
        need(static == self.rig.key.public, "wrong static key in the initiation")
        off = seconds - wg.TAI_BASE - time.time()
        need(abs(off) < 100, "timestamp is %d s off", off)
        need(nanoseconds % 2 ** 20 == 0 or nanoseconds % 10 ** 6 == 0, "timestamp with fine time: %d ns", nanoseconds)
        peer.remove()

    def new_private_key(self):
        peer, session = self.flow()
        peer.wg.drain(0.05)
        self.rig.set_key(wg.Key())
        try:
            peer.send(peer.data(session, 1))
            self.expect([peer.tag(session, 1)])
            peer.poke()
            message = peer.wg.wait_for((wg.INITIATION, wg.DATA), 3)
            need(message and message[0] == wg.INITIATION, "sent with the old keys, or not at all")
        finally:
            self.rig.set_key(self.rig.key)
        peer.remove()

    def copied_machine(self):
        peer, session = self.flow()
        peer.wg.drain(0.05)
        with open(COPIED, "w", encoding="ascii") as file:
            file.write("1")
        peer.send(peer.data(session, 1))
        self.expect([peer.tag(session, 1)])
        peer.poke()
        message = peer.wg.wait_for((wg.INITIATION, wg.DATA), 3)
        need(message and message[0] == wg.INITIATION, "sent with keys that the copy has too, or not at all")
        peer.remove()

    # 2 Exact order

    def orders(self):
        """Relative counters in order of arrival."""
        yield from itertools.permutations(range(4))
        yield list(range(24))
        yield list(reversed(range(24)))
        yield [i ^ 1 for i in range(24)]
        yield [i ^ 3 for i in range(24)]
        yield list(range(0, 24, 2)) + list(range(1, 24, 2))
        yield list(range(1, 24, 2)) + list(range(0, 24, 2))
        yield list(range(12, 24)) + list(range(12))
        yield list(range(1, 24)) + [0]
        yield [23] + list(range(23))
        for size in (6, 8, 12, 16, 24, 31):
            for _ in range(4):
                yield self.random.sample(range(size), size)

    def group_2(self):
        self.case("every order of arrival within the hold is delivered in the order sent", self.exact_order)
        self.case("gaps, duplicates and long silences: strictly increasing, and the books balance", self.random_order)
        self.case("gap, then a jump past the window: in order, nothing lost", self.past_window)

    def exact_order(self):
        peer, session = self.flow()
        base, exact, cases, sent, delivered = 1, 0, 0, 0, 0
        dropped = self.rig.rx_dropped() if self.ordering else 0
        for order in self.orders():
            cases += 1
            for _ in range(4):
                size = self.random.choice((0, 1, 13, 500, 1300))
                packets = [peer.data(session, base + i, size) for i in order]
                wanted = [peer.tag(session, base + i) for i in range(len(order))]
                base += len(order)
                peer.send(*packets)
                got = self.tags(len(order))
                sent, delivered = sent + len(order), delivered + len(got)
                if self.ordering:
                    need(all(a < b for a, b in zip(got, got[1:])), "arrival %s, delivered %s", order, got)
                need(set(got) <= set(wanted) and len(got) == len(set(got)), "arrival %s, delivered %s", order, got)
                if len(got) == len(wanted):
                    exact += 1
                    break
                # The burst took longer than the hold, so late drops are right. Again.
                self.settle()
        late = self.rig.rx_dropped() - dropped if self.ordering else 0
        self.report.note("%d of %d orders complete, %d packets late", exact, cases, late)
        need(delivered + late == sent, "%d sent, %d delivered, %d late", sent, delivered, late)
        self.in_time(exact * 10 >= cases * 9, "only %d of %d orders were delivered completely", exact, cases)
        peer.remove()

    def random_order(self):
        peer, session = self.flow()
        dropped = self.rig.rx_dropped() if self.ordering else 0
        sent, copies, delivered, base = 0, 0, [], 1
        for _ in range(60):
            count = self.random.randint(1, 30)
            # Lost ones are never sent; early and late ones move by up to ten places.
            kept = [i for i in range(count) if self.random.random() > 0.1]
            kept.sort(key=lambda i: i + self.random.choice((0, 0, 0, self.random.uniform(-10, 10))))
            packets = peer.datas(session, [base + i for i in kept])
            sent += len(packets)
            repeated = [self.random.choice(packets) for _ in range(len(packets) // 8)]
            copies += len(repeated)
            if packets:
                peer.send(*(packets + repeated))
            base += count
            time.sleep(self.random.choice((0, 0, 0.002, self.hold_s(2))))
        delivered = self.tags(0, self.hold_s(2) + 0.1)
        if not self.ordering:
            need(len(delivered) == sent == len(set(delivered)), "%d sent, %d delivered", sent, len(delivered))
            peer.remove()
            return
        need(all(a < b for a, b in zip(delivered, delivered[1:])), "not strictly increasing: %s", delivered)
        gone = self.rig.rx_dropped() - dropped
        self.report.note("%d sent, %d copies, %d delivered, %d dropped", sent, copies, len(delivered), gone)
        need(len(delivered) * 2 > sent, "most packets were dropped")
        need(len(delivered) + gone == sent, "%d and %d copies sent, %d delivered, %d dropped", sent, copies,
             len(delivered), gone)
        peer.remove()

    def past_window(self):
        peer, session = self.flow()
        far = 2 + 2 * self.window
        peer.send(*peer.datas(session, [2, 4, far, far + 1, far + 3]))
        self.expect([peer.tag(session, n) for n in (2, 4, far, far + 1, far + 3)])
        peer.remove()

    # 3 Hold times

    def group_3(self):
        self.case("in-order packets are not delayed", self.no_delay)
        self.case("a gap that is never filled costs the hold, not less, not more", self.hold_time, ordering=True)
        self.case("the same with the interface idle for long before", self.hold_after_silence, ordering=True)
        self.case("a gap that is filled releases at once", self.filled, 0, ordering=True)
        self.case("a gap that is filled in the middle of the hold releases then", self.filled, 0.4, ordering=True)
        self.case("each gap has its own hold", self.two_gaps, ordering=True)

    def no_delay(self):
        peer, session = self.flow()
        delays = []
        for _ in range(40):
            _, after = peer.send(peer.data(session, session.next_counter))
            session.next_counter += 1
            delays += [d.stamp - after for d in self.rig.tap.collect(1, 1)]
            time.sleep(0.002)
        need(len(delays) == 40, "%d of 40 delivered", len(delays))
        self.mostly(delays, "delay in order", held=False)
        peer.remove()

    def measure_hold(self, rounds, pause):
        peer, session = self.flow()
        excess = []
        for _ in range(rounds):
            number = session.next_counter + 1
            before, after = peer.send(peer.data(session, number))
            session.next_counter = number + 1
            got = self.rig.tap.collect(1, self.patience())
            need(len(got) == 1 and got[0].tag == peer.tag(session, number), "delivered %s", [d.tag for d in got])
            held = got[0].stamp - before
            need(held >= self.hold, "released %d us after it was sent, hold is %d us", held // 1000, self.hold // 1000)
            excess.append(got[0].stamp - after - self.hold)
            time.sleep(pause)
        self.mostly(excess, "over the hold")
        peer.remove()

    def hold_time(self):
        self.measure_hold(40, 0.003)

    def hold_after_silence(self):
        self.measure_hold(5, 0.5)

    def filled(self, part):
        peer, session = self.flow()
        delays, tries = [], 0
        while len(delays) < 60 and tries < 60:
            tries += 1
            first = session.next_counter
            one, two = peer.datas(session, [first, first + 1])
            session.next_counter += 2
            start, _ = peer.send(two)
            if part:
                time.sleep(self.hold_s(part))
            before, after = peer.send(one)
            got = self.rig.tap.collect(2, self.patience())
            if after - start > self.hold * 0.8:
                # Slept past the hold: nothing to learn from this round.
                self.settle()
                continue
            self.same([d.tag for d in got], [peer.tag(session, first), peer.tag(session, first + 1)])
            need(got[0].stamp >= before, "delivered before the gap was filled")
            delays += [d.stamp - after for d in got]
        self.in_time(len(delays) >= 20, "this machine is too slow for the hold")
        self.mostly(delays, "release after the fill", held=False)
        peer.remove()

    def two_gaps(self):
        peer, session = self.flow()
        rest, rounds = [], 0
        for _ in range(40):
            if rounds == 15:
                break
            first = session.next_counter
            packets = peer.datas(session, [first + 1, first + 3, first + 4])
            session.next_counter += 5
            times = []
            for packet in packets:
                times.append(peer.send(packet))
                time.sleep(self.hold_s(0.2))
            got = self.rig.tap.collect(3, self.patience())
            if times[2][1] - times[0][0] > self.hold * 0.9:
                self.settle()
                continue
            rounds += 1
            self.same([d.tag[1] - first for d in got], [1, 3, 4])
            need(got[0].stamp >= times[0][0] + self.hold, "first gap given up early")
            need(got[1].stamp >= times[1][0] + self.hold, "second gap given up early")
            rest += [got[0].stamp - times[0][1] - self.hold, got[1].stamp - times[1][1] - self.hold,
                     got[2].stamp - times[1][1] - self.hold]
        self.in_time(rounds >= 5, "this machine is too slow for the hold")
        self.mostly(rest, "over each hold")
        peer.remove()

    # 4 The tail

    def group_4(self):
        self.case("a tail behind a gap is released by the timer alone", self.tail, [2, 3, 4, 5, 6, 7, 8], ordering=True)
        self.case("a tail behind many gaps too", self.tail, [3, 2, 9, 7, 8, 14, 30, 31, 40], ordering=True)
        self.case("a single packet behind a gap too", self.tail, [2], ordering=True)

    def tail(self, numbers):
        over = []
        for _ in range(10):
            peer, session = self.flow()
            before, after = peer.send(*peer.datas(session, numbers))
            got = self.rig.tap.collect(len(numbers), self.patience())
            self.same([d.tag[1] for d in got], sorted(numbers))
            need(all(d.stamp >= before + self.hold for d in got), "released before the hold was over")
            over.append(got[-1].stamp - after - self.hold)
            peer.remove()
        self.mostly(over, "last of the tail over the hold")

    # 5 Late packets

    def group_5(self):
        self.case("late packets are dropped and counted", self.late, ordering=True)
        self.case("some of a gap in time, the rest late", self.partly_late, ordering=True)

    def late(self):
        peer, session = self.flow()
        self.rig.tap.clear()
        dropped = self.rig.rx_dropped()
        peer.send(*peer.datas(session, [4, 6, 9]))
        self.expect([peer.tag(session, n) for n in (4, 6, 9)])
        peer.send(*peer.datas(session, [1, 2, 3, 5, 7, 8]))
        self.expect_nothing("a late packet")
        counted = self.rig.rx_dropped() - dropped
        need(counted == 6, "6 late packets, %d counted as dropped", counted)
        peer.send(peer.data(session, 10))
        self.expect([peer.tag(session, 10)])
        peer.remove()

    def partly_late(self):
        peer, session = self.flow()
        dropped = self.rig.rx_dropped()
        peer.send(*peer.datas(session, [5, 3, 2]))
        self.expect([peer.tag(session, n) for n in (2, 3, 5)])
        peer.send(*peer.datas(session, [1, 4, 6]))
        self.expect([peer.tag(session, 6)], quiet=self.hold_s(2))
        need(self.rig.rx_dropped() - dropped == 2, "2 late packets, %d counted", self.rig.rx_dropped() - dropped)
        peer.remove()

    # 6 Duplicates, replay window, last counters

    def group_6(self):
        self.case("duplicates of delivered packets", self.duplicates)
        self.case("duplicates of a held packet", self.duplicate_held, ordering=True)
        self.case("replay window: its edge is taken, a repeat and what is older is not", self.replay_window)
        self.case("counters at the limit", self.counter_limit)

    def duplicates(self):
        peer, session = self.flow()
        dropped = self.rig.rx_dropped()
        packets = peer.datas(session, range(1, 30))
        peer.send(*packets)
        self.expect([peer.tag(session, n) for n in range(1, 30)])
        peer.send(*(packets + packets[::-1]))
        self.expect_nothing("a replayed packet")
        twice = [p for p in peer.datas(session, range(30, 40)) for _ in range(2)]
        peer.send(*twice)
        self.expect([peer.tag(session, n) for n in range(30, 40)], quiet=0.05)
        # Nothing was lost: what the network doubled is no drop of the interface.
        need(self.rig.rx_dropped() == dropped, "%d copies counted as dropped", self.rig.rx_dropped() - dropped)
        peer.remove()

    def duplicate_held(self):
        peer, session = self.flow()
        dropped = self.rig.rx_dropped()
        one, two, three = peer.datas(session, [1, 2, 3])
        peer.send(two, two, three, two, three, one, one, two)
        self.expect([peer.tag(session, n) for n in (1, 2, 3)], quiet=self.hold_s(2))
        peer.send(peer.data(session, 5), peer.data(session, 5))
        self.expect([peer.tag(session, 5)], quiet=self.hold_s(2))
        need(self.rig.rx_dropped() == dropped, "%d copies counted as dropped", self.rig.rx_dropped() - dropped)
        peer.remove()

    def counted(self, peer, packet):
        """Whether the packet was taken as authentic and new: only then its bytes count as received."""
        before = peer.rx_bytes()
        peer.send(packet)
        time.sleep(self.hold_s(2) + 0.03)
        return peer.rx_bytes() > before

    def replay_window(self):
        peer, session = self.flow()
        top = 100000
        need(self.counted(peer, peer.data(session, top)), "the highest packet was not taken")
        edge = top - wg.REPLAY_WINDOW + 1
        need(self.counted(peer, peer.data(session, edge)), "a packet at the edge of the window was not taken")
        need(not self.counted(peer, peer.data(session, edge)), "its repeat was taken")
        need(not self.counted(peer, peer.data(session, top)), "a repeat of the highest was taken")
        need(self.counted(peer, peer.data(session, top - 1)), "the one below the highest was not taken")
        # A window may be larger than the 8128 that are promised, but not without end.
        need(not self.counted(peer, peer.data(session, top - 65536)), "a packet far below the window was taken")
        need(not self.counted(peer, peer.data(session, 0)), "a repeat of counter 0 was taken")
        got = self.tags(0, 0.05)
        wanted = {top} if self.ordering else {top, edge, top - 1}
        need({t[1] for t in got} == wanted and len(got) == len(wanted), "delivered %s", got)
        peer.remove()

    def counter_limit(self):
        peer, session = self.flow()
        # The stock module goes on for 63 more, to the end of its replay window.
        limit = wg.REJECT_AFTER_MESSAGES if self.ordering or self.rig.userspace else 2 ** 64 - wg.REPLAY_WINDOW - 2
        for number in (limit, limit + 1, 2 ** 64 - 2, 2 ** 64 - 1):
            peer.send(peer.data(session, number))
        self.expect_nothing("a packet past the last counter")
        peer.send(peer.data(session, 1))
        self.expect([peer.tag(session, 1)])
        peer.send(*peer.datas(session, [limit - 2]))
        self.expect([peer.tag(session, limit - 2)])
        peer.send(*peer.datas(session, [limit - 1]))
        self.expect([peer.tag(session, limit - 1)])
        peer.send(*peer.datas(session, [limit, 2, limit - 1]))
        self.expect_nothing("a packet after the last counter")
        # The key is used up; the next handshake starts over.
        peer.wg.drain()
        fresh = peer.session()
        peer.send(*peer.datas(fresh, [0, 1]))
        self.expect([peer.tag(fresh, 0), peer.tag(fresh, 1)])
        peer.remove()

    # 7 Forgeries and jumps

    def group_7(self):
        self.case("forged packets beside an honest flow change neither order nor time", self.forged_beside)
        self.case("a forged packet does not fill a gap", self.forged_fill, ordering=True)
        self.case("forged packets hold no memory", self.forged_memory)
        self.case("authentic packets with huge jumps: no hang, order kept", self.jumps)

    def any_counter(self, near):
        return self.random.choice((self.random.getrandbits(64), 2 ** 64 - 1, 2 ** 60 + self.random.getrandbits(8), 0,
                                   near + self.random.randint(-3, 60), 2 ** self.random.randrange(64))) % 2 ** 64

    def forged_beside(self):
        peer, session = self.flow()
        delays, forged = [], 0
        for _ in range(150):
            first = session.next_counter
            session.next_counter += 4
            noise = [session.forge(self.any_counter(first), self.random.choice((0, 16, 64, 1024))) for _ in range(30)]
            forged += len(noise)
            one, two, three, four = peer.datas(session, range(first, first + 4))
            began, ended = peer.send(*(noise[:10] + [one, three] + noise[10:20] + [two, four] + noise[20:]))
            got = self.rig.tap.collect(4, self.patience())
            if ended - began > self.hold * 0.8 and self.ordering:
                need(all(a.tag < b.tag for a, b in zip(got, got[1:])), "out of order: %s", [d.tag for d in got])
                self.settle()
                continue
            self.same([d.tag[1] - first for d in got], [0, 1, 2, 3])
            delays.append(max(d.stamp for d in got) - ended)
        self.report.note("%d forged packets", forged)
        self.in_time(len(delays) >= 30, "this machine is too slow for the hold")
        self.mostly(delays, "honest packets after the burst", held=False)
        need(forged >= 4000, "only %d forged packets", forged)
        peer.remove()

    def forged_fill(self):
        peer, session = self.flow()
        for _ in range(10):
            first = session.next_counter
            session.next_counter += 2
            before, _ = peer.send(peer.data(session, first + 1), *[session.forge(first, 48) for _ in range(20)])
            got = self.rig.tap.collect(1, self.patience())
            need([d.tag[1] for d in got] == [first + 1], "delivered %s", [d.tag for d in got])
            need(got[0].stamp >= before + self.hold, "a forged packet filled the gap")
        one, two = peer.datas(session, [session.next_counter, session.next_counter + 1])
        broken = bytearray(one)
        broken[-1] ^= 1
        peer.send(two, bytes(broken), one)
        self.expect([peer.tag(session, session.next_counter), peer.tag(session, session.next_counter + 1)])
        peer.remove()

    @staticmethod
    def available():
        with open("/proc/meminfo", encoding="ascii") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
        raise RuntimeError("no MemAvailable")

    def forged_memory(self):
        peer, session = self.flow()
        body = self.random.randbytes(1400)

        def flood(count):
            for _ in range(count // 100):
                peer.send(*[struct.pack("<IIQ", wg.DATA, session.remote_index, self.any_counter(50)) + body
                            for _ in range(100)])
                time.sleep(0.002)

        flood(500)
        before = self.available()
        total = 10000
        flood(total)
        time.sleep(0.2)
        lost = before - self.available()
        self.report.note("memory in use grew by %d KiB for %d KiB of forgeries", lost // 1024, total * 1416 // 1024)
        # Other programs take memory too, but not three times in a row.
        self.in_time(lost < total * 1416 // 2, "forged packets stay in memory: %d KiB", lost // 1024)
        peer.send(peer.data(session, 1))
        self.expect([peer.tag(session, 1)])
        peer.remove()

    def jumps(self):
        peer, session = self.flow()
        base = 0
        for exponent in (14, 20, 32, 40, 48, 62):
            base += 2 ** exponent
            began = time.monotonic()
            peer.send(*peer.datas(session, [base, base + 2, base + 1, base + 4, base + 3]))
            self.expect([peer.tag(session, base + i) for i in range(5)])
            took = time.monotonic() - began
            need(took < 0.5 + self.hold_s(2), "a jump of 2^%d took %.2f s", exponent, took)
            peer.send(*peer.datas(session, [base - 2 ** exponent + 7]))
            peer.send(*peer.datas(session, [base + 6, base + 5]))
            self.expect([peer.tag(session, base + 5), peer.tag(session, base + 6)])
            base += 6
        peer.remove()

    # 8 Order across keys

    def group_8(self):
        self.case("counter 0 of a new key lost: its other packets are delivered", self.lost_zero)
        self.case("old-key stragglers within the hold come before the new key's packets", self.stragglers,
                  ordering=True)
        self.case("old-key stragglers after the hold are dropped", self.late_stragglers, ordering=True)
        self.case("gaps in the old key are closed before the new key's packets", self.gap_then_key, ordering=True)
        self.case("the wait between two keys is the hold", self.key_wait, ordering=True)
        self.case("many sessions in a row under load keep the order", self.many_sessions)
        self.case("three sessions within the hold", self.three_sessions, ordering=True)
        self.case("the first packet of a key that has been overtaken leaves the newer one alone", self.overtaken,
                  ordering=True)
        for name, pause, counter in (("at once", 0, 0), ("after a while, with a high counter", 0.3, 2 ** 40)):
            self.case("one straggler of a key that both ends left, %s: the newer one goes on" % name, self.straggler,
                      pause, counter)
        if self.ordering:
            self.case("keys before those in use go when others are made, unless these are new", self.spent_keys)
        for first in ("theirs", "ours"):
            self.case("simultaneous handshakes, %s used first" % first, self.simultaneous, first)

    def lost_zero(self):
        peer, old = self.flow()
        peer.send(*peer.datas(old, range(1, 20)))
        self.expect([peer.tag(old, n) for n in range(1, 20)])
        new = peer.session()
        peer.send(*peer.datas(new, [1, 2, 3]))
        self.expect([peer.tag(new, n) for n in (1, 2, 3)])
        peer.send(*peer.datas(new, [4, 6, 5]))
        self.expect([peer.tag(new, n) for n in (4, 5, 6)])
        peer.remove()

    def rekeyed(self):
        """(peer, old session, new session), nothing sent with the new key so far."""
        peer, old = self.flow()
        new = peer.session()
        self.settle()
        return peer, old, new

    def stragglers(self):
        peer, old, new = self.rekeyed()
        peer.send(*(peer.datas(new, [0, 1]) + peer.datas(old, [1]) + peer.datas(new, [2]) + peer.datas(old, [3, 2])))
        self.expect([peer.tag(old, n) for n in (1, 2, 3)] + [peer.tag(new, n) for n in (0, 1, 2)])
        peer.send(*peer.datas(new, [3, 4]))
        self.expect([peer.tag(new, 3), peer.tag(new, 4)])
        peer.remove()

    def late_stragglers(self):
        peer, old, new = self.rekeyed()
        dropped = self.rig.rx_dropped()
        peer.send(*peer.datas(new, [0]))
        self.expect([peer.tag(new, 0)])
        peer.send(*peer.datas(old, [1, 2]))
        self.expect_nothing("a straggler of a closed key")
        need(self.rig.rx_dropped() - dropped == 2, "2 stragglers, %d counted", self.rig.rx_dropped() - dropped)
        peer.send(*peer.datas(new, [1]))
        self.expect([peer.tag(new, 1)])
        peer.remove()

    def gap_then_key(self):
        peer, old, new = self.rekeyed()
        peer.send(*(peer.datas(old, [2, 3]) + peer.datas(new, [1, 0]) + peer.datas(old, [1])))
        self.expect([peer.tag(old, n) for n in (1, 2, 3)] + [peer.tag(new, n) for n in (0, 1)])
        peer.remove()
        # The same gap never filled, and counter 0 of the new key lost as well.
        peer, old, new = self.rekeyed()
        peer.send(*(peer.datas(old, [2, 5]) + peer.datas(new, [1, 3])))
        self.expect([peer.tag(old, 2), peer.tag(old, 5), peer.tag(new, 1), peer.tag(new, 3)])
        peer.remove()

    def key_wait(self):
        over = []
        for _ in range(10):
            peer, _, new = self.rekeyed()
            before, after = peer.send(*peer.datas(new, [0, 1]))
            got = self.rig.tap.collect(2, self.patience())
            self.same([d.tag for d in got], [peer.tag(new, 0), peer.tag(new, 1)])
            over.append(got[-1].stamp - after - self.hold)
            need(got[0].stamp >= before, "delivered before it was sent")
            peer.remove()
        self.mostly(over, "new key over the hold")

    def many_sessions(self):
        peer, session = self.flow()
        sent, delivered = 0, []
        for _ in range(25):
            new = peer.session()
            number = session.next_counter
            packets = peer.datas(session, [number + 1, number, number + 2]) + peer.datas(new, [1, 0, 2])
            mixed = self.random.sample(packets, len(packets))
            sent += len(mixed)
            peer.send(*mixed)
            new.next_counter = 3
            session = new
        delivered = self.tags(sent, 0.05) if not self.ordering else self.tags(0, self.hold_s(3) + 0.2)
        need(len(set(delivered)) == len(delivered), "a packet was delivered twice")
        if self.ordering:
            need(all(a < b for a, b in zip(delivered, delivered[1:])), "not strictly increasing: %s", delivered)
        need(len(delivered) * 10 >= sent * (8 if self.ordering else 10), "%d of %d delivered", len(delivered), sent)
        peer.remove()

    def three_sessions(self):
        quick = 0
        for _ in range(6):
            peer, one = self.flow()
            two = peer.session()
            first = peer.datas(one, [2]) + peer.datas(two, [0, 1])
            peer.wg.pace()
            started = peer.wg.make_initiation()
            began, _ = peer.send(*first)
            # A key of which nothing has arrived gives way to the next handshake, so the third comes after that.
            time.sleep(0.001)
            peer.wg.send(started.message)
            answer = peer.wg.wait_for((wg.RESPONSE,), 3)
            self.in_time(answer is not None, "no answer to the third handshake")
            three = peer.adopt(peer.wg.take_response(started, answer))
            _, ended = peer.send(*(peer.datas(three, [0]) + peer.datas(one, [1]) + peer.datas(two, [2]) +
                                   peer.datas(three, [1])))
            got = self.tags(5, self.hold_s(3) + 0.05)
            wanted = [peer.tag(one, 2)] + [peer.tag(two, n) for n in range(3)] + [peer.tag(three, n) for n in (0, 1)]
            need(all(a < b for a, b in zip(got, got[1:])), "not strictly increasing: %s", got)
            # The third key closes the first, so its straggler goes. The second key's makes it when it is quick.
            need(set(got) <= set(wanted), "delivered %s", got)
            self.in_time(set(wanted) - set(got) <= {peer.tag(two, 2)}, "delivered only %s", got)
            if ended - began < self.hold * 0.8:
                quick += 1
                self.in_time(got == wanted, "delivered only %s", got)
            peer.remove()
        self.report.note("%d of 6 rounds within one hold", quick)

    def overtaken(self):
        peer = self.rig.add()
        peer.point_here()
        old = peer.session("responder")
        # Handshakes that both ends begin at once are closer to each other.
        time.sleep(5.1)
        new = peer.session()
        self.rig.tap.clear()
        peer.send(*peer.datas(new, [0]))
        self.expect([peer.tag(new, 0)])
        peer.send(*(peer.datas(old, [0]) + peer.datas(new, [1])))
        self.expect([peer.tag(new, 1)])
        self.settle()
        peer.send(*(peer.datas(new, [3, 2]) + peer.datas(old, [1]) + peer.datas(new, [4])))
        self.expect([peer.tag(new, n) for n in (2, 3, 4)])
        peer.remove()

    def is_taken(self, peer, packet):
        """Whether it counts as received, be it handed up or not."""
        before = peer.rx_bytes()
        peer.send(packet)
        time.sleep(0.05)
        return peer.rx_bytes() > before

    def spent_keys(self):
        peer, one = self.flow()
        two = peer.session()
        made = time.monotonic()
        peer.send(peer.data(two, 0))
        self.expect([peer.tag(two, 0)])
        # Who begins a handshake at the same time as we may still be sending with the ones before.
        peer.session()
        self.in_time(time.monotonic() < made + 4.5, "too late to tell")
        need(self.is_taken(peer, one.seal(1)), "keys are gone too soon")
        time.sleep(max(made + 5.2 - time.monotonic(), 0))
        need(self.is_taken(peer, one.seal(2)), "keys are gone though no others were made")
        peer.session()
        need(not self.is_taken(peer, one.seal(3)), "keys that are of no use any more are still there")
        need(self.is_taken(peer, two.seal(1)), "the keys in use are gone")
        self.settle()
        peer.remove()

    def straggler(self, pause, counter):
        peer = self.rig.add()
        peer.point_here()
        old = peer.session("responder")
        # Within the time that handshakes begun at once may be apart, so the order is not plain.
        time.sleep(1)
        new = peer.session()
        self.rig.tap.clear()
        peer.send(peer.data(new, 0))
        self.expect([peer.tag(new, 0)])
        time.sleep(pause)
        peer.send(peer.data(old, counter))
        # It may be handed up or not; nobody can know yet which key follows which.
        time.sleep(0.05)
        self.rig.tap.clear()
        lost, count = 0, 100
        for number in range(1, count):
            peer.send(peer.data(new, number))
            got = self.tags(1) or [None]
            lost += got[0] != peer.tag(new, number)
            need(lost <= 1, "packets up to %d of the key in use are not delivered", number)
        moved = peer.wg.another_socket("127.0.0.7")
        peer.send(peer.data(new, count), sock=moved)
        self.at(peer, moved)
        self.settle()
        peer.remove()

    def simultaneous(self, first):
        peer = self.rig.add()
        peer.point_here()
        peer.poke()
        message = peer.wg.wait_for((wg.INITIATION,), 3)
        need(message is not None, "no initiation")
        # Both initiations are under way before either is answered.
        started = peer.wg.make_initiation()
        answer, theirs = peer.wg.make_response(message)
        peer.send(answer)
        # Handshakes are processed on any CPU: the second only after the first is seen to be done.
        got = peer.wg.next_data(3)
        need(got is not None and got[0] is theirs, "the staged packet did not come")
        peer.send(started.message)
        reply = peer.wg.wait_for((wg.RESPONSE,), 3)
        need(reply is not None, "our initiation was not answered")
        ours = peer.wg.take_response(started, reply)
        order = (theirs, ours) if first == "theirs" else (ours, theirs)
        a, b = (peer.adopt(s) for s in order)
        self.rig.tap.clear()
        peer.send(*(peer.datas(a, [1, 0]) + peer.datas(b, [0, 2]) + peer.datas(a, [2]) + peer.datas(b, [1])))
        self.expect([peer.tag(a, n) for n in range(3)] + [peer.tag(b, n) for n in range(3)])
        self.settle()
        peer.send(*peer.datas(b, [3, 4]))
        self.expect([peer.tag(b, 3), peer.tag(b, 4)])
        peer.remove()

    # 9 What fills a slot

    def group_9(self):
        self.case("keepalives fill their slots", self.slot, "keepalive")
        self.case("packets with a source that is not allowed fill their slots", self.slot, "source")
        self.case("packets that are no IP fill their slots", self.slot, "garbage")

    def slot(self, kind):
        peer, session = self.flow()
        delays = []
        for swapped in (False, True) * 15:
            number = session.next_counter
            session.next_counter += 3
            if kind == "keepalive":
                middle = session.seal(number + 1)
            elif kind == "source":
                middle = peer.data(session, number + 1, source="10.99.9.9")
            else:
                middle = session.seal(number + 1, b"\0" * 40)
            one, three = peer.datas(session, [number, number + 2])
            packets = [one, three, middle] if swapped else [one, middle, three]
            began, ended = peer.send(*packets)
            got = self.rig.tap.collect(2, self.patience())
            self.same([d.tag[1] - number for d in got], [0, 2])
            if ended - began < self.hold * 0.8:
                delays.append(got[1].stamp - ended)
        self.in_time(len(delays) >= 10, "this machine is too slow for the hold")
        self.mostly(delays, "packet behind the slot", held=False)
        self.expect_nothing("a packet that should fill a slot silently")
        peer.remove()

    # 10 Bad input

    def group_10(self):
        self.case("every length 0..200 of every type: dropped without an answer", self.lengths)
        self.case("wrong type, index, key, tag, reserved bytes: dropped without an answer", self.wrong_data)
        self.case("bad initiations: no answer", self.bad_initiations)
        self.case("bad responses: no session; the good one still counts", self.bad_responses)
        self.case("a flood of initiations is held to 50 a second", self.initiation_rate)
        self.case("under load a cookie is asked for, and mac2 opens the door", self.under_load)
        if not self.rig.userspace:
            self.case("load at one interface counts at all", self.loaded_elsewhere)

    def lengths(self):
        peer, session = self.flow()
        # From a port of its own, so that an answer cannot hide among the peer's own traffic.
        other = peer.wg.another_socket()
        self.rig.tap.clear()
        began = peer.endpoint()
        started = peer.wg.make_initiation()
        good = {wg.INITIATION: started.message, wg.DATA: peer.data(session, 1, 140),
                wg.RESPONSE: peer.wg.add_macs(struct.pack("<III", 2, 1, session.remote_index) + self.random.randbytes(48)),
                wg.COOKIE: struct.pack("<II", 3, session.remote_index) + self.random.randbytes(56)}
        for kind in (0, 1, 2, 3, 4, 5, 255):
            packets = []
            whole = good.get(kind, self.random.randbytes(200))
            for length in range(201):
                junk = bytes([kind]) + bytes(3) + struct.pack("<I", session.remote_index) + self.random.randbytes(200)
                packets.append(junk[:length])
                if length != len(whole):
                    packets.append((whole + bytes(200))[:length])
            for start in range(0, len(packets), 50):
                peer.send(*packets[start:start + 50], sock=other)
                time.sleep(0.005)
        answer = peer.wg.receive(0.3, other)
        need(answer is None, "an answer of type %s", answer and answer[0][:1])
        self.expect_nothing("a malformed packet")
        need(peer.endpoint() == began, "the endpoint moved")
        peer.send(peer.data(session, 1))
        self.expect([peer.tag(session, 1)])
        peer.remove()

    def wrong_data(self):
        peer, session = self.flow()
        stranger, foreign = self.flow()
        other = peer.wg.another_socket()
        plain = peer.inner(session, 1)
        good = session.seal(1, plain)
        bad = [session.seal(1, plain, kind=kind) for kind in (0, 1, 2, 3, 5, 132)]
        bad += [session.seal(1, plain, reserved=r) for r in (b"\1\0\0", b"\0\1\0", b"\0\0\x80")]
        bad += [session.seal(1, plain, index=index) for index in
                (0, 2 ** 32 - 1, session.remote_index ^ 1, session.remote_index ^ 1 << 31, foreign.remote_index)]
        bad += [foreign.seal(1, plain, index=session.remote_index)]
        for place in list(range(8, len(good))):
            broken = bytearray(good)
            broken[place] ^= 1 << self.random.randrange(8)
            bad.append(bytes(broken))
        for packet in bad:
            peer.send(packet, sock=other)
        answer = peer.wg.receive(0.3, other)
        need(answer is None, "an answer of type %s", answer and answer[0][:1])
        self.expect_nothing("a packet that is not authentic")
        peer.send(good)
        self.expect([peer.tag(session, 1)])
        # Authentic, but sent by the wrong peer: its inner source belongs to the other one.
        peer.send(foreign.seal(1, plain))
        self.expect_nothing("a packet with another peer's source")
        stranger.remove()
        peer.remove()

    def silent(self, peer, sock, message, what):
        peer.wg.pace()
        peer.send(message, sock=sock)
        answer = peer.wg.receive(0.15, sock)
        need(answer is None, "%s was answered with type %s", what, answer and answer[0][:1])

    def bad_initiations(self):
        peer = self.rig.add()
        other = peer.wg.another_socket()
        used = peer.wg.make_initiation()
        peer.wg.pace()
        peer.send(used.message, sock=other)
        answer = peer.wg.receive(2, other)
        need(answer is not None, "the good initiation was not answered")
        session = peer.adopt(peer.wg.take_response(used, answer[0]))
        self.silent(peer, other, used.message, "a replayed initiation")
        old = peer.wg.make_initiation(timestamp=wg.tai64n(time.time_ns() - 60 * 10 ** 9))
        self.silent(peer, other, old.message, "an initiation with an old timestamp")
        message = peer.wg.make_initiation().message
        for place in (4, 20, 50, 100, 120):
            broken = bytearray(message)
            broken[place] ^= 4
            self.silent(peer, other, bytes(broken), "an initiation with byte %d changed" % place)
            if place < 116:
                # With a mac1 that is right again.
                fixed = peer.wg.add_macs(bytes(broken[:116]))
                if place != 4:
                    self.silent(peer, other, fixed, "an initiation with byte %d changed and a right mac1" % place)
        self.silent(peer, other, message[:116] + bytes(32), "an initiation without mac1")
        stranger = wg.Peer(self.rig.key.public, peer.wg.remote)
        self.silent(peer, other, stranger.make_initiation().message, "an initiation of an unknown peer")
        stranger.close()
        # The session from before is untouched by all this.
        peer.send(peer.data(session, 0))
        self.expect([peer.tag(session, 0)])
        peer.remove()

    def bad_responses(self):
        psk = self.random.randbytes(32)
        peer = self.rig.add(psk=psk)
        peer.point_here()
        peer.poke()
        message = peer.wg.wait_for((wg.INITIATION,), 3)
        need(message is not None, "no initiation")
        peer.wg.psk = self.random.randbytes(32)
        bad = [peer.wg.make_response(message)[0]]
        peer.wg.psk = psk
        answer, session = peer.wg.make_response(message)
        for place in (4, 8, 12, 43, 44, 59):
            broken = bytearray(answer)
            broken[place] ^= 1
            bad.append(bytes(broken))
            if place > 4:
                bad.append(peer.wg.add_macs(bytes(broken[:60])))
        bad += [answer[:60] + bytes(32), answer[:-1], answer + b"\0"]
        peer.send(*bad)
        need(not peer.wg.drain(0.3), "a bad response was taken or answered")
        peer.send(answer)
        peer.adopt(session)
        got = peer.wg.next_data(2)
        need(got is not None and got[0] is session, "the good response made no session")
        self.rig.tap.clear()
        peer.send(peer.data(session, 0))
        self.expect([peer.tag(session, 0)])
        peer.send(answer)
        need(not [m for m in peer.wg.drain(0.3) if m[0] != wg.DATA], "a replayed response was answered")
        peer.send(peer.data(session, 1))
        self.expect([peer.tag(session, 1)])
        peer.remove()

    def initiation_rate(self):
        peer = self.rig.add()
        now = time.time_ns()
        messages = [peer.wg.make_initiation(timestamp=wg.tai64n(now + i * 10 ** 6)).message for i in range(FLOOD)]
        began = time.monotonic()
        peer.send(*messages)
        answers, last = 0, began
        while answers < FLOOD and peer.wg.wait_for((wg.RESPONSE,), 0.3):
            answers, last = answers + 1, time.monotonic()
        self.report.note("%d of %d initiations answered in %.0f ms", answers, FLOOD, (last - began) * 1e3)
        need(answers >= 1, "not one was answered")
        need(answers <= (last - began) * 50 + 2, "%d answers in %.3f s", answers, last - began)
        time.sleep(0.05)
        # Later than all of the flood's timestamps.
        peer.wg.pace()
        started = peer.wg.make_initiation(timestamp=wg.tai64n(now + 10 ** 9))
        peer.send(started.message)
        answer = peer.wg.wait_for((wg.RESPONSE,), 3)
        need(answer is not None, "no answer after the flood")
        session = peer.adopt(peer.wg.take_response(started, answer))
        peer.send(peer.data(session, 0))
        self.expect([peer.tag(session, 0)])
        peer.remove()

    @staticmethod
    def overload(burst):
        """Send a burst from every CPU at once, before the receiver's workers get a turn."""
        children = []
        for cpu in os.sched_getaffinity(0):
            child = os.fork()
            if child:
                children.append(child)
                continue
            try:
                os.sched_setaffinity(0, {cpu})
                os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
                burst.send()
            finally:
                os._exit(0)
        for child in children:
            os.waitpid(child, 0)

    def under_load(self):
        peer = self.rig.add()
        other = peer.wg.another_socket()
        # mac1 is right, the rest is not: each costs the receiver a handshake's work and none is ever answered.
        junk = struct.pack("<II", wg.INITIATION, 7) + wg.Key().public + self.random.randbytes(76)
        flood = wg.Burst(other, peer.wg.remote, [peer.wg.add_macs(junk)] * 3500)
        for attempt in range(1, 11):
            peer.wg.pace()
            started = peer.wg.make_initiation()
            self.overload(flood)
            peer.send(started.message)
            answer = peer.wg.wait_for((wg.COOKIE, wg.RESPONSE), 3)
            if answer is not None and answer[0] == wg.COOKIE:
                break
            time.sleep(0.05)
        need(answer is not None and answer[0] == wg.COOKIE, "never asked for a cookie, not after %d floods", attempt)
        self.report.note("cookie reply at flood %d", attempt)
        index = struct.unpack_from("<I", answer, 4)[0]
        need(len(answer) == wg.COOKIE_LEN and index == started.index, "bad cookie reply")
        cookie = peer.wg.read_cookie(answer, started.message[-32:-16])
        for _ in range(10):
            # Load lasts a second after the queue was long; a wrong mac2 is as good as none.
            self.overload(flood)
            peer.wg.pace()
            wrong = peer.wg.make_initiation(cookie=self.random.randbytes(16))
            peer.send(wrong.message)
            answer = peer.wg.wait_for((wg.COOKIE, wg.RESPONSE), 3)
            if answer is not None and answer[0] == wg.COOKIE:
                break
        need(answer is not None and answer[0] == wg.COOKIE, "a wrong mac2 was taken")
        peer.wg.pace()
        started = peer.wg.make_initiation(cookie=cookie)
        peer.send(started.message)
        answer = peer.wg.wait_for((wg.COOKIE, wg.RESPONSE), 3)
        need(answer is not None and answer[0] == wg.RESPONSE, "the right mac2 was not taken")
        session = peer.adopt(peer.wg.take_response(started, answer))
        self.rig.tap.clear()
        peer.send(peer.data(session, 0))
        self.expect([peer.tag(session, 0)])
        # The load must be over before other groups make handshakes.
        time.sleep(1.3)
        peer.remove()

    def loaded_elsewhere(self):
        peer, key = self.rig.add(), wg.Key()
        name = self.rig.another_interface(key, PORT + 1)
        other = peer.wg.another_socket()
        junk = struct.pack("<II", wg.INITIATION, 7) + wg.Key().public + self.random.randbytes(76)
        flood = wg.Burst(other, ("127.0.0.1", PORT + 1), [peer.wg.add_macs(junk, to_public=key.public)] * 3500)
        kinds = []
        for _ in range(10):
            peer.wg.pace()
            started = peer.wg.make_initiation()
            self.overload(flood)
            peer.send(started.message)
            answer = peer.wg.wait_for((wg.COOKIE, wg.RESPONSE), 3)
            kinds.append(answer and answer[0])
            if kinds[-1] == wg.COOKIE:
                break
            time.sleep(0.05)
        run("ip", "link", "del", name)
        need(kinds[-1] == wg.COOKIE, "answered %s, never with a cookie", kinds)
        # The load must be over before other groups make handshakes.
        time.sleep(1.3)
        peer.remove()

    # 11 Roaming

    def group_11(self):
        self.case("the endpoint follows newer authentic packets", self.roams)
        self.case("the endpoint does not follow forgeries, replays and strangers", self.stays)
        self.case("the endpoint does not go back with an older packet", self.older, ordering=True)
        self.case("replies leave from the address that was last talked to", self.sticky)
        self.case("two addresses in turn: answers go to each, with a route for each", self.in_turn, 2, ordering=True)
        self.case("four addresses in turn", self.in_turn, 4, ordering=True)

    def at(self, peer, sock):
        host, port = sock.getsockname()[:2]
        time.sleep(0.03)
        need(peer.endpoint() == "%s:%d" % (host, port), "endpoint %s, expected %s:%d", peer.endpoint(), host, port)

    def roams(self):
        peer, session = self.flow()
        self.at(peer, peer.wg.sock)
        moved = [peer.wg.another_socket("127.0.0.%d" % i) for i in (7, 8, 9, 10)]
        peer.send(peer.data(session, 1), sock=moved[0])
        self.at(peer, moved[0])
        peer.send(session.seal(2), sock=moved[1])
        self.at(peer, moved[1])
        peer.send(peer.data(session, 3, source="10.99.9.9"), sock=moved[2])
        self.at(peer, moved[2])
        session = peer.adopt(peer.wg.initiate(sock=moved[3]))
        self.at(peer, moved[3])
        peer.send(peer.data(session, 0))
        self.at(peer, peer.wg.sock)
        peer.poke()
        need(peer.wg.next_data(2) is not None, "no data at the new endpoint")
        self.settle()
        peer.remove()

    def stays(self):
        peer, session = self.flow()
        other = peer.wg.another_socket("127.0.0.7")
        replay = peer.data(session, 1)
        peer.send(replay)
        self.at(peer, peer.wg.sock)
        astray = session.seal(2, index=session.remote_index ^ 1)
        peer.send(replay, session.forge(2), session.forge(2 ** 50), astray, sock=other)
        self.at(peer, peer.wg.sock)
        old = peer.wg.make_initiation(timestamp=wg.tai64n(1))
        peer.send(old.message, sock=other)
        self.at(peer, peer.wg.sock)
        self.settle()
        peer.remove()

    def older(self):
        peer, session = self.flow()
        new, late = peer.wg.another_socket("127.0.0.7"), peer.wg.another_socket("127.0.0.8")
        one, two, three, four, six = peer.datas(session, [1, 2, 3, 4, 6])
        peer.send(two, sock=new)
        peer.send(one, sock=late)
        self.expect([peer.tag(session, 1), peer.tag(session, 2)])
        self.at(peer, new)
        # Arrival moves it, not release: while the packet is held the endpoint is already there.
        peer.send(four, sock=late)
        self.at(peer, late)
        peer.send(three, sock=new)
        self.settle()
        self.at(peer, late)
        fresh = peer.session()
        peer.send(peer.data(fresh, 0), sock=new)
        self.at(peer, new)
        peer.send(six, sock=late)
        self.at(peer, new)
        self.settle()
        peer.remove()

    def in_turn(self, count):
        peer, session = self.flow()
        socks = [peer.wg.another_socket("127.0.0.%d" % (7 + i)) for i in range(count)]
        rounds = 80 // count

        def answers(first, last):
            for counter in range(first, last):
                sock = socks[counter % count]
                peer.send(peer.data(session, counter), sock=sock)
                self.expect([peer.tag(session, counter)])
                peer.poke()
                need(peer.wg.receive(2, sock) is not None, "no answer to where the last packet came from")

        # The kernel trusts no route that it has looked up in the jiffy in which the last one was dropped.
        answers(1, count + 1)
        time.sleep(0.05)
        look_ups = LookUps()
        answers(count + 1, (rounds + 1) * count)
        found = look_ups.end()
        self.report.note("%s look-ups for %d answers to %d addresses in turn", found, rounds * count - 1, count)
        # One for each address and CPU; without a cache all.
        most = count * os.cpu_count()
        need(not found or found <= most, "%s look-ups for %d answers, at most %d", found, rounds * count - 1, most)
        self.settle()
        peer.remove()

    def sticky(self):
        peer, session = self.flow()

        def answered_from(host):
            peer.wg.drain(0.02)
            peer.poke()
            got = peer.wg.receive(2)
            need(got is not None and got[1] == (host, PORT), "answer from %s, expected %s", got and got[1], host)

        hosts = ("127.0.0.5", "127.0.0.6")
        for number, host in enumerate(hosts, 1):
            run("ip", "address", "add", host + "/8", "dev", "lo")
            peer.send(peer.data(session, number), remote=(host, PORT))
            self.expect([peer.tag(session, number)])
            answered_from(host)
        # A source that is gone is forgotten.
        run("ip", "address", "del", hosts[1] + "/8", "dev", "lo")
        if not self.rig.userspace:
            answered_from("127.0.0.1")
        run("ip", "address", "del", hosts[0] + "/8", "dev", "lo")
        peer.remove()

    # 12 Padding and inner lengths

    def group_12(self):
        self.case("every inner length comes out as it went in", self.inner_lengths)
        self.case("inner packets that lie about themselves are dropped", self.inner_lies)
        self.case("sent packets are padded to 16 with zeros, never past the MTU", self.sent_padding)

    def inner_lengths(self):
        peer, session = self.flow()
        number = 0
        for size in list(range(0, 40)) + [500, 1001, MTU - 44]:
            for pad in (True, False):
                number += 1
                packet = peer.inner(session, number, size)
                peer.send(session.seal(number, packet, pad=pad))
                got = self.rig.tap.collect(1, self.patience())
                need(len(got) == 1 and got[0].packet == packet, "%d inner bytes came out changed", len(packet))
        if self.rig.ipv6:
            for size in range(20):
                number += 1
                tagged = MARK + struct.pack("!IQ", *peer.tag(session, number)) + bytes(size)
                packet = wg.udp6(peer.inner6, INNER6, tagged, dport=SINK_PORT)
                peer.send(session.seal(number, packet))
                got = self.rig.tap.collect(1, self.patience())
                need(len(got) == 1 and got[0].packet == packet, "IPv6 packet of %d bytes came out changed", len(packet))
        # More padding than the protocol asks for is nobody's business.
        number += 1
        packet = peer.inner(session, number)
        peer.send(session.seal(number, packet + bytes(333), pad=False))
        got = self.rig.tap.collect(1, self.patience())
        need(len(got) == 1 and got[0].packet == packet, "a generously padded packet came out changed")
        peer.remove()

    def inner_lies(self):
        peer, session = self.flow()
        body = struct.pack("!HHHH", 7001, SINK_PORT, 28, 0) + MARK + struct.pack("!IQ", 1, 999) + bytes(4)
        lies = [wg.ipv4(peer.inner4, INNER4, body, length=n) for n in (0, 1, 19, 65, 66, 1000, 65535)]
        lies += [wg.ipv4(peer.inner4, INNER4, body, version=n) for n in (0, 1, 3, 5, 6, 7, 15)]
        # wireguard-go adds the header's 40 in 16 bits, so the largest length wraps there.
        lengths = (49, 100) if self.rig.userspace else (49, 100, 65535)
        lies += [wg.ipv6(peer.inner6, INNER6, body, length=n) for n in lengths]
        lies += [wg.ipv6(peer.inner6, INNER6, body, version=n) for n in (0, 4, 5, 15)]
        whole4, whole6 = peer.inner(session, 999), wg.ipv6(peer.inner6, INNER6, body)
        lies += [whole4[:n] for n in range(1, 20)] + [whole6[:n] for n in range(1, 40)]
        lies += [bytes(n) for n in (1, 15, 16, 17, 64)]
        for number, lie in enumerate(lies, 1):
            peer.send(session.seal(number, lie, pad=len(lie) % 2 == 0))
        got = self.rig.tap.one(0.2)
        need(got is None, "a lie was delivered: %s", got and got.packet.hex())
        number = len(lies) + 1
        peer.send(peer.data(session, number))
        self.expect([peer.tag(session, number)])
        peer.remove()

    def sent_padding(self):
        peer, session = self.flow()
        peer.wg.drain(0.02)
        for size in list(range(1, 36)) + list(range(MTU - 28 - 20, MTU - 28 + 1)):
            payload = self.random.randbytes(size)
            peer.poke(payload)
            got = peer.wg.next_data(2)
            need(got is not None, "nothing sent for %d bytes", size)
            plain, inner = got[2], size + 28
            need(len(plain) == min((inner + 15) // 16 * 16, MTU), "%d inner bytes became %d", inner, len(plain))
            need(plain[28:inner] == payload and not any(plain[inner:]), "padding is not zero")
        need(session.seen == list(range(len(session.seen))), "counters of the other side: %s", session.seen)
        peer.remove()

    # 13 Timers

    def group_13(self):
        self.case("persistent keepalive every second", self.persistent)
        self.case("passive keepalive 10 s after data that nobody answers", self.passive)
        self.case("initiation repeated after 5 s, with the cookie that was handed out", self.retry_with_cookie)

    def persistent(self):
        peer, session = self.flow()
        peer.set("persistent-keepalive", "1")
        times = []
        for _ in range(3):
            got = peer.wg.next_data(3, keepalive=True)
            need(got and got[0] is session and not got[2], "no keepalive")
            times.append(time.monotonic())
        need(0.8 < times[2] - times[1] < 1.5, "keepalives %.2f s apart", times[2] - times[1])
        peer.remove()

    def passive(self):
        peer, session = self.flow()
        peer.wg.drain()
        peer.send(peer.data(session, 1))
        began = time.monotonic()
        got = peer.wg.next_data(15, keepalive=True)
        took = time.monotonic() - began
        need(got and not got[2], "no keepalive: %s", got)
        need(9 < took < 11.5, "keepalive after %.1f s", took)
        peer.remove()

    def retry_with_cookie(self):
        peer = self.rig.add()
        peer.point_here()
        peer.poke()
        message = peer.wg.wait_for((wg.INITIATION,), 3)
        need(message is not None, "no initiation")
        good, mac2 = peer.wg.macs_of(message)
        need(good and mac2 is None, "first initiation: mac1 %s, mac2 %s", good, mac2)
        began, cookie = time.monotonic(), self.random.randbytes(16)
        index = struct.unpack_from("<I", message, 4)[0]
        # One for a message that was never sent comes first and must not count.
        peer.send(peer.wg.make_cookie_reply(index, self.random.randbytes(16), self.random.randbytes(16)),
                  peer.wg.make_cookie_reply(index, message[-32:-16], cookie))
        again = peer.wg.wait_for((wg.INITIATION,), 8)
        took = time.monotonic() - began
        need(again is not None, "no second initiation")
        need(4.8 < took < 6.5, "second initiation after %.2f s", took)
        need(peer.wg.macs_of(again)[0], "wrong mac1")
        need(again[-16:] == wg.blake(again[:-16], size=16, key=cookie), "mac2 is not of our cookie")
        need(again[4:40] != message[4:40], "index and ephemeral key used twice")
        answer, session = peer.wg.make_response(again)
        peer.send(answer)
        got = peer.wg.next_data(2)
        need(got and got[0] is session, "no session after the retry")
        peer.remove()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="numbers of groups, with commas")
    parser.add_argument("--stock", action="store_true", help="the implementation under test does not reorder")
    parser.add_argument("--userspace", help="program to test instead of the kernel module")
    parser.add_argument("--seed", type=int, default=drawn_seed())
    options = parser.parse_args()
    report = Report()
    log = KernelLog()
    rig = Rig(options.seed, options.userspace)
    suite = Suite(rig, report, not (options.stock or options.userspace), options.seed)
    report.note("seed %d, hold %d us, window %d, tolerance %d us", options.seed, suite.hold // 1000, suite.window,
                TOLERANCE_US)
    chosen = [int(word) for word in options.only.split(",") if word] or range(1, 14)
    for number in chosen:
        report.note("group %d", number)
        getattr(suite, "group_%d" % number)()
        rig.tap.clear()

    return rig.end(report, log)


if __name__ == "__main__":
    sys.exit(main())
