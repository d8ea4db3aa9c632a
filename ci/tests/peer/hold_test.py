#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""How an interface learns to wait, what its settings do while packets flow, and what it says of it.

Run as root with the module loaded; makes namespaces of its own. Prints TAP. TOLERANCE_US as in order_test.py.
  --only WORD[,WORD...]    only the cases whose method has one of these in its name
  --seed N                 repeat the choices of an earlier run (WGR_SEED, too)
"""

import argparse
import ctypes
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import order_test
from rig import IFNAME, TOLERANCE_US, KernelLog, Report, Rig, drawn_seed, need, run

# The family wg-reorder, for settings of single peers.
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "tunnel"))
import reorder_test as rt  # pylint: disable=wrong-import-position

CLONE_NEWNS = 0x20000
# Packets in order after which a path counts as calm; as in the engine.
CALM = 512


class Settings:
    """The interface's files under /sys, seen from the namespace of this process."""

    def __init__(self):
        # The host's /sys shows the interfaces of another network namespace.
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS):
            raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWNS)")
        run("mount", "--make-rprivate", "/")
        self.sys = tempfile.mkdtemp()
        run("mount", "-t", "sysfs", "none", self.sys)

    def file(self, name):
        return "%s/class/net/%s/reorder/%s" % (self.sys, IFNAME, name)

    def set(self, **values):
        for name, value in values.items():
            with open(self.file(name), "w", encoding="ascii") as file:
                file.write("%s\n" % value)

    def learn(self, hold_us=5000, hold_max_us=50000, window=8192):
        """As if the interface were new: another mode and back forgets what was learned."""
        self.set(mode="fixed", window=window, hold_us=hold_us, hold_max_us=hold_max_us)
        self.set(mode="adaptive")


def set_own(peer, **settings):
    """Settings that are the peer's own, as numbers."""
    link = rt.Link()
    _, answer = link.talk(rt.SET, rt.name_of(IFNAME) + rt.key_of(peer.wg.key.public) + rt.words(**settings))
    need(not answer.errno, "%s", answer)
    link.close()


class Trace:
    """The module's trace points; `there` is false on a kernel without."""

    def __init__(self):
        self.dir = tempfile.mkdtemp()
        self.there = subprocess.run(["mount", "-t", "tracefs", "none", self.dir], check=False,
                                    stderr=subprocess.DEVNULL).returncode == 0 and \
            os.path.isdir(self.dir + "/events/wg_reorder")

    def write(self, name, text):
        with open(os.path.join(self.dir, name), "w", encoding="ascii") as file:
            file.write(text)

    def record(self, on):
        if on:
            self.write("trace", "")
        self.write("events/wg_reorder/enable", "1" if on else "0")

    def events(self):
        """(name, rest of the line) of each event so far."""
        found = []
        with open(self.dir + "/trace", encoding="ascii") as file:
            for line in file:
                if not line.startswith("#"):
                    words = line.split(": ", 2)
                    found.append((words[1], words[2].strip()))
        return found


class Suite(order_test.Suite):
    """The cases. Each begins with a peer of its own and an interface that knows nothing."""

    def __init__(self, rig, report, settings, seed):
        super().__init__(rig, report, True, seed)
        self.settings = settings
        self.log = KernelLog()

    def figures(self):
        """What ethtool counts, of all peers so far."""
        lines = run("ethtool", "-S", IFNAME).splitlines()[1:]
        return {name.strip(): int(value) for name, value in (line.split(":") for line in lines)}

    def wait_ms(self):
        """The wait in force; every case has only one peer."""
        return self.figures()["wait_ns"] / 1e6

    def lone(self, **settings):
        self.settings.learn(**settings)
        return self.flow()

    def skip_one(self, peer, session, wait=3.0):
        """Send a packet behind one that is never sent. Return: how long until it was delivered, in ms."""
        number = session.next_counter + 1
        session.next_counter += 2
        before, after = peer.send(peer.data(session, number))
        got = self.rig.tap.collect(1, wait)
        need(len(got) == 1 and got[0].tag == peer.tag(session, number), "delivered %s", [d.tag for d in got])
        return (got[0].stamp - (before + after) // 2) / 1e6

    def swap(self, peer, session, apart_s):
        """Send two in the wrong order, so far apart. Return: what was delivered, the real distance in ms."""
        first = session.next_counter
        session.next_counter += 2
        one, two = peer.datas(session, [first, first + 1])
        start, _ = peer.send(two)
        time.sleep(apart_s)
        _, end = peer.send(one)
        got = self.rig.tap.collect(2, 0.3)
        return [d.tag[1] - first for d in got], (end - start) / 1e6

    def balance(self):
        f = self.figures()
        need(f["authenticated"] == sum(f[n] for n in ("in_order", "reordered", "held", "late", "duplicate",
                                                      "discarded")), "packets do not balance: %s", f)
        need(f["gaps_opened"] == sum(f["gaps_" + n] for n in ("open", "filled", "timed_out", "passed", "overflowed",
                                                              "reset")), "gaps do not balance: %s", f)
        return f

    def losses_end_the_wait(self):
        peer, session = self.lone()
        delays = [self.skip_one(peer, session) for _ in range(30)]
        self.report.note("ms until delivery behind a loss: %s", " ".join("%.1f" % d for d in delays))
        need(delays[0] >= 4.9, "the first wait was shorter than the 5 ms to begin with")
        # What adds next to nothing is always kept.
        need(self.wait_ms() <= 1, "still waits %.2f ms after 30 losses", self.wait_ms())
        self.in_time(sorted(delays[-10:])[5] < 1 + TOLERANCE_US / 1000, "slow with hardly a wait")
        peer.remove()

    def late_packets_bring_it_back(self):
        peer, session = self.lone()
        for _ in range(30):
            self.skip_one(peer, session)
        # One alone may be chance, some in a row show how long they would have taken.
        shortest = 50
        for late in range(5):
            got, apart = self.swap(peer, session, 0.008)
            if got == [0, 1]:
                break
            need(got == [1], "delivered %s", got)
            self.in_time(apart < 30, "%.1f ms apart, 8 asked for", apart)
            shortest = min(shortest, apart)
        need(1 <= late <= 4, "%d late in a row", late)
        wait = self.wait_ms()
        need(shortest < wait <= 50, "waits %.1f ms after %d late by %.1f ms", wait, late, shortest)
        for _ in range(20):
            got, apart = self.swap(peer, session, 0.008)
            if apart < wait:
                self.same(got, [0, 1])
        self.report.note("waits %.1f ms", self.wait_ms())
        peer.remove()

    def later_than_the_ceiling(self):
        peer, session = self.lone(hold_us=1000, hold_max_us=10000)
        before, wait = self.figures()["late"], self.wait_ms()
        for _ in range(3):
            got, _ = self.swap(peer, session, 0.06)
            need(got == [1], "delivered %s", got)
        need(self.figures()["late"] == before + 3, "late packets are not counted")
        need(self.wait_ms() <= wait, "waits longer for what cannot be reached: %.1f ms", self.wait_ms())
        lines = [line for line in self.kernel_lines() if "raise hold_max_us" in line]
        need(len(lines) == 1, "%d lines about it in the log: %s", len(lines), lines)
        need(IFNAME in lines[0] and "127.0.0.1" in lines[0], "the line does not say who: %s", lines[0])
        need("of this interface" in lines[0], "the line does not say whose: %s", lines[0])
        peer.remove()
        # Where it is the peer's own the interface's would not reach it.
        peer, session = self.lone(hold_us=1000, hold_max_us=50000)
        set_own(peer, hold_max_us=10000)
        got, _ = self.swap(peer, session, 0.06)
        need(got == [1], "delivered %s", got)
        lines = [line for line in self.kernel_lines() if "raise hold_max_us of this peer" in line]
        need(len(lines) == 1, "%d lines about it in the log: %s", len(lines), lines)
        peer.remove()

    @staticmethod
    def kernel_lines():
        return run("dmesg").splitlines()

    def off_releases_what_is_held(self):
        peer, session = self.lone(hold_us=1000000)
        self.settings.set(mode="fixed")
        peer.send(*peer.datas(session, [3, 5, 2]))
        self.expect_nothing_yet()
        self.settings.set(mode="off")
        self.expect([peer.tag(session, n) for n in (2, 3, 5)])
        peer.send(*peer.datas(session, [7, 6, 4]))
        self.expect([peer.tag(session, n) for n in (7, 6, 4)])
        self.settings.set(mode="fixed")
        peer.send(*peer.datas(session, [1, 8]))
        self.expect([peer.tag(session, 8)], quiet=0.05)
        self.balance()
        peer.remove()

    def expect_nothing_yet(self, seconds=0.05):
        got = self.tags(0, seconds)
        need(not got, "delivered too early: %s", got)

    def changes_while_packets_flow(self):
        peer, session = self.lone(hold_us=500000, hold_max_us=500000)
        modes = [{"mode": "fixed"}, {"window": 1024}, {"mode": "adaptive"}, {"hold_max_us": 400000},
                 {"window": 16384}, {"hold_us": 300000}]
        number, wanted = 1, []
        for turn in range(120):
            order = self.random.sample(range(12), 12)
            packets = peer.datas(session, [number + i for i in order])
            peer.send(*packets[:6])
            self.settings.set(**modes[turn % len(modes)])
            peer.send(*packets[6:])
            wanted += [peer.tag(session, number + i) for i in range(12)]
            number += 12
        self.expect(wanted)
        self.balance()
        peer.remove()

    def smaller_window_while_held(self):
        peer, session = self.lone(hold_us=1000000)
        self.settings.set(mode="fixed")
        before = self.figures()["gaps_overflowed"]
        peer.send(*peer.datas(session, range(2, 302)))
        self.expect_nothing_yet()
        self.settings.set(window=64)
        self.expect([peer.tag(session, n) for n in range(2, 302)])
        need(self.balance()["gaps_overflowed"] == before + 1, "the gap given up is not counted as overflowed")
        peer.remove()

    def no_more_room(self, held_max, count, size):
        """`count` packets behind a gap find that held packets may take no more memory than this."""
        peer, session = self.lone(hold_us=1000000)
        self.settings.set(mode="fixed")
        parameter = self.settings.sys + "/module/wireguard/parameters/held_max"
        with open(parameter, "w", encoding="ascii") as file:
            file.write(str(held_max))
        try:
            before = self.figures()
            for number in range(2, 2 + count, 10):
                peer.send(*[peer.data(session, n, size) for n in range(number, min(number + 10, 2 + count))])
            self.expect([peer.tag(session, n) for n in range(2, 2 + count)])
            after = self.balance()
        finally:
            with open(parameter, "w", encoding="ascii") as file:
                file.write("0")
        need(after["starved"] == before["starved"] + 1, "%d packets found no room", after["starved"] - before["starved"])
        need(after["gaps_overflowed"] == before["gaps_overflowed"] + 1, "the gap was not given up for room")
        peer.remove()

    def no_more_places(self):
        self.no_more_room(32, 200, 0)

    def no_more_memory(self):
        # 2 MiB are 34 of these, though they are 1024 packets of common size.
        self.no_more_room(1024, 60, 60000)

    def new_key_on_a_calm_path(self):
        peer, session = self.lone()
        for start in range(1, CALM + 500, 100):
            peer.send(*peer.datas(session, range(start, start + 100)))
            need(len(self.tags(100)) == 100, "not all delivered")
        held = self.figures()["epoch_held"]
        delays = []
        for _ in range(5):
            session = peer.session()
            _, after = peer.send(peer.data(session, 0))
            delays += [(d.stamp - after) / 1e6 for d in self.rig.tap.collect(1, 1)]
        need(len(delays) == 5, "%d of 5 delivered", len(delays))
        self.report.note("ms until delivery of the first packet of a key: %s", " ".join("%.2f" % d for d in delays))
        need(self.figures()["epoch_held"] == held, "waited at the change of keys")
        peer.remove()

    def new_key_on_a_path_that_swaps(self):
        peer, old = self.lone(hold_us=400000, hold_max_us=400000)
        # It begins with 50 ms, and two that would have taken longer show it.
        for _ in range(2):
            self.swap(peer, old, 0.2)
        number = old.next_counter
        peer.send(*peer.datas(old, [number + 1, number]))
        self.expect([peer.tag(old, number), peer.tag(old, number + 1)])
        new = peer.session()
        peer.send(peer.data(new, 0))
        self.expect_nothing_yet()
        peer.send(peer.data(old, number + 2))
        self.expect([peer.tag(old, number + 2)])
        self.expect([peer.tag(new, 0)])
        peer.remove()

    def two_paths(self):
        peer, session = self.lone(hold_us=300000, hold_max_us=300000)
        other = peer.wg.another_socket()

        def send(*numbers, sock=None):
            peer.send(*peer.datas(session, numbers), sock=sock)

        send(1)
        send(2, sock=other)
        self.expect([peer.tag(session, n) for n in (1, 2)])
        # 3 is lost. One path alone shows nothing, both do. The wait begins with 50 ms.
        before = self.figures()["gaps_passed"]
        one, two = peer.datas(session, [4, 5])
        peer.send(one)
        self.expect_nothing_yet(0.005)
        peer.send(two, sock=other)
        begin = time.monotonic()
        self.expect([peer.tag(session, n) for n in (4, 5)])
        took = time.monotonic() - begin
        self.in_time(took < 0.2, "%.0f ms until both paths had passed it", took * 1000)
        need(self.balance()["gaps_passed"] == before + 1, "not counted as passed")
        # A path that swaps its own packets proves nothing any more.
        send(7)
        send(6)
        self.expect([peer.tag(session, n) for n in (6, 7)])
        one, two = peer.datas(session, [9, 10])
        peer.send(one)
        peer.send(two, sock=other)
        self.expect_nothing_yet(0.005)
        self.expect([peer.tag(session, n) for n in (9, 10)])
        need(self.balance()["gaps_passed"] == before + 1, "a path that swaps was trusted")
        peer.remove()

    def in_order_costs_nothing(self):
        trace = Trace()
        if not trace.there:
            self.report.note("SKIP: this kernel has no trace points")
            return
        peer, session = self.lone()
        trace.record(True)
        for start in range(1, 2001, 50):
            peer.send(*peer.datas(session, range(start, start + 49)), session.seal(start + 49))
            need(len(self.tags(49)) == 49, "not all delivered")
        events = trace.events()
        need(not events, "events for packets in order: %s", events[:3])
        session.next_counter = 2001
        self.skip_one(peer, session)
        self.swap(peer, session, 0.002)
        names = {name for name, _ in trace.events()}
        trace.record(False)
        need({"gap_opened", "gap_given_up", "timer_armed", "gap_filled"} <= names, "events of gaps: %s", names)
        peer.remove()

    def books_over_all(self):
        f = self.balance()
        self.report.note("%s", " ".join("%s=%d" % item for item in f.items()))
        need(f["held"] == 0 and f["gaps_open"] == 0, "something is still held")
        run("ip", "link", "set", IFNAME, "down")
        run("ip", "link", "set", IFNAME, "up")
        need(self.balance()["authenticated"] == f["authenticated"], "the books were lost")


CASES = (
    ("a path that only loses: no wait after some ten losses", Suite.losses_end_the_wait),
    ("late packets in a row bring the wait back at once", Suite.late_packets_bring_it_back),
    ("packets later than the ceiling: dropped, not waited for, one line in the log", Suite.later_than_the_ceiling),
    ("mode off: what is held goes up in order, then as it arrives, never back", Suite.off_releases_what_is_held),
    ("settings change while packets flow: nothing lost, nothing swapped", Suite.changes_while_packets_flow),
    ("a smaller window while packets are held", Suite.smaller_window_while_held),
    ("no place left in the module: up in order, counted, nothing lost", Suite.no_more_places),
    ("no memory left for large packets: the same", Suite.no_more_memory),
    ("a new key on a calm path waits for nothing", Suite.new_key_on_a_calm_path),
    ("a new key on a path that swaps waits for the old one's packets", Suite.new_key_on_a_path_that_swaps),
    ("a gap that two paths have passed is not waited for", Suite.two_paths),
    ("packets in order: no timer, no gap, nothing held", Suite.in_order_costs_nothing),
    ("the books balance in the end, and over down and up", Suite.books_over_all),
)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="")
    parser.add_argument("--seed", type=int, default=drawn_seed())
    options = parser.parse_args()
    words = [word for word in options.only.split(",") if word]
    report, log = Report(), KernelLog()
    rig = Rig(options.seed)
    suite = Suite(rig, report, Settings(), options.seed)
    report.note("seed %d", options.seed)
    for name, function in CASES:
        if not words or any(word in function.__name__ for word in words):
            suite.settle()
            report.case(name, lambda function=function: function(suite))

    return rig.end(report, log)


if __name__ == "__main__":
    sys.exit(main())
