#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""When a WireGuard interface does something by itself: keepalives, repeated handshakes, giving up.

Run as root; makes a network namespace of its own. Prints TAP. Every time is to be right to 2 % and TOLERANCE_US. All
cases wait at the same time, each on peers of its own.
  --stock            the kernel's own module is under test: its times are as exact as its timers are
  --only WORD        cases whose name has this word
  --seed N           repeat the choices of an earlier run (WGR_SEED, too)
"""

import argparse
import concurrent.futures
import sys
import threading
import time

import wgpeer as wg
from rig import TOLERANCE_US, KernelLog, Report, Rig, Slow, drawn_seed, need

REKEY_TIMEOUT, JITTER, KEEPALIVE = 5, 0.334, 10
INITIATIONS = 20
# Peers for each case: a timer that is late by chance is on time for one of them by chance.
PEERS = 8


class Alarms:
    """Each case measures on a few peers at a time and returns a list of seconds."""

    def __init__(self, rig, stock):
        self.rig = rig
        self.lock = threading.Lock()
        self.share = 1.13 if stock else 1.02

    def peer(self):
        with self.lock:
            made = self.rig.add()
            made.point_here()
        return made

    def remove(self, peer):
        with self.lock:
            peer.remove()

    @staticmethod
    def on_peers(function):
        """What `function` returns, from as many threads as there are peers; each begins at another time."""
        def one(number):
            time.sleep(0.17 * number)
            return function()

        with concurrent.futures.ThreadPoolExecutor(PEERS) as pool:
            return list(pool.map(one, range(PEERS)))

    def within(self, took, least, most):
        """All `took` between `least` and `most` seconds, and how late an alarm may be."""
        took = sorted(took)
        text = "%.2f to %.2f s, to be %.2f to %.2f" % (took[0], took[-1], least, most)
        need(took[0] > least - 0.1, "too early: %s", text)
        if took[-1] > most * self.share + TOLERANCE_US / 1e6:
            raise Slow("too late: " + text)

    @staticmethod
    def answered_data(peer, session):
        """Seconds from a data packet that nobody answers to the keepalive."""
        peer.wg.drain(0.05)
        peer.send(peer.data(session, session.next_counter))
        session.next_counter += 1
        began = time.monotonic()
        got = peer.wg.next_data(30, keepalive=True)
        took = time.monotonic() - began
        need(got and got[0] is session and not got[2], "no keepalive: %s", got)
        return took

    # The cases: name, what is measured, least and most seconds.

    def passive(self):
        """A passive keepalive 10 s after data."""
        peer = self.peer()
        took = self.answered_data(peer, peer.session())
        self.remove(peer)
        return took

    def beside_far(self):
        """A passive keepalive that is due just after another alarm."""
        peer = self.peer()
        session = peer.session()
        peer.send(session.seal_next())
        time.sleep(0.1)
        peer.set("persistent-keepalive", str(2 * KEEPALIVE))
        got = peer.wg.next_data(3, keepalive=True)
        need(got, "no keepalive when they are switched on")
        time.sleep(KEEPALIVE + 0.2)
        # What is sent and what comes puts the persistent one off, so this one comes first.
        took = self.answered_data(peer, session)
        self.remove(peer)
        return took

    def retry(self):
        """An initiation that is not answered is repeated after 5 s and up to a third."""
        peer = self.peer()
        peer.poke()
        need(peer.wg.wait_for((wg.INITIATION,), 30), "no initiation")
        began = time.monotonic()
        need(peer.wg.wait_for((wg.INITIATION,), 30), "no second initiation")
        took = time.monotonic() - began
        self.remove(peer)
        return took

    def silence(self):
        """Data that nobody answers brings a handshake after 15 s and up to a third."""
        peer = self.peer()
        session = peer.session()
        peer.send(session.seal_next())
        # A handshake of ours counts as one for the other side, too.
        time.sleep(REKEY_TIMEOUT + 0.2)
        peer.wg.drain(0.05)
        peer.poke()
        began = time.monotonic()
        need(peer.wg.wait_for((wg.INITIATION,), 30), "no initiation")
        took = time.monotonic() - began
        self.remove(peer)
        return took

    def give_up(self):
        """As many initiations as the kernel's own sends, then nothing, until there is data again."""
        peer = self.peer()
        peer.poke()
        times = []
        while peer.wg.wait_for((wg.INITIATION,), 2 * REKEY_TIMEOUT + 1):
            times.append(time.monotonic())
            need(len(times) <= INITIATIONS, "more than %d initiations", INITIATIONS)
        need(len(times) == INITIATIONS, "%d initiations before giving up, not %d", len(times), INITIATIONS)
        peer.poke()
        need(peer.wg.wait_for((wg.INITIATION,), 2), "no initiation for new data")
        self.remove(peer)
        return [b - a for a, b in zip(times, times[1:])]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stock", action="store_true", help="the kernel's own module is under test")
    parser.add_argument("--only", default="", metavar="WORD")
    parser.add_argument("--seed", type=int, default=drawn_seed())
    options = parser.parse_args()
    report, log, rig = Report(), KernelLog(), Rig(options.seed)
    report.note("seed %d", options.seed)
    alarms = Alarms(rig, options.stock)
    silence = KEEPALIVE + REKEY_TIMEOUT
    cases = [(alarms.passive, KEEPALIVE, KEEPALIVE), (alarms.beside_far, KEEPALIVE, KEEPALIVE),
             (alarms.silence, silence, silence + JITTER), (alarms.retry, REKEY_TIMEOUT, REKEY_TIMEOUT + JITTER),
             (alarms.give_up, REKEY_TIMEOUT, REKEY_TIMEOUT + JITTER)]
    cases = [case for case in cases if options.only in case[0].__name__]

    def measure(function):
        return function() if function == alarms.give_up else alarms.on_peers(function)

    def check(case, futures):
        function, least, most = case
        # The first time it has been under way with all others.
        future = futures.pop(function.__name__, None)
        took = future.result() if future else measure(function)
        report.note("%s: %.2f to %.2f s", function.__name__, min(took), max(took))
        alarms.within(took, least, most)

    with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
        futures = {case[0].__name__: pool.submit(measure, case[0]) for case in cases}
        for case in cases:
            report.case(case[0].__doc__, lambda case=case: check(case, futures))
    return rig.end(report, log)


if __name__ == "__main__":
    sys.exit(main())
