#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Random damaged messages of every type against a WireGuard interface, for a bounded time.

Run as root; makes a network namespace of its own. Prints TAP. Passing means: an honest peer's session works all the
time and after it, a new handshake works, nothing that is not authentic came out, and the kernel log is clean.
  --seconds N        how long (default 20)
  --seed N           repeat the choices of an earlier run (WGR_SEED, too)
  --userspace PROG   test this user-space implementation instead of the kernel's
"""

import argparse
import os
import random
import struct
import sys
import time

from cryptography.exceptions import InvalidTag

import wgpeer as wg
from rig import INNER4, MARK, KernelLog, Report, Rig, drawn_seed, need


class Fuzzer:
    """Makes datagrams: authentic ones with odd contents, authentic ones damaged, and plain noise."""

    BATCH = 64

    def __init__(self, rig, seed):
        self.rig = rig
        self.random = random.Random(seed)
        self.victim = rig.add(psk=self.random.randbytes(32))
        self.sessions = [self.victim.session()]
        self.counter = 0
        self.sent = 0
        self.corpus = []

    def renew(self):
        """Fresh sessions and handshake messages, so that damage is done to things that are current."""
        peer = self.victim.wg
        peer.backlog.clear()
        try:
            self.sessions = self.sessions[-2:] + [peer.initiate(timeout=1)]
        except (TimeoutError, ValueError, InvalidTag):
            # Under load, or an answer to one of the damaged messages came first.
            pass
        index = self.sessions[-1].remote_index
        started = peer.make_initiation(cookie=self.random.choice((None, self.random.randbytes(16))))
        self.corpus = [started.message, peer.make_initiation(timestamp=self.random.randbytes(12)).message,
                       peer.add_macs(struct.pack("<III", wg.RESPONSE, 5, index) + self.random.randbytes(48)),
                       peer.make_cookie_reply(index, self.random.randbytes(16), self.random.randbytes(16))]
        for message in peer.drain():
            if message[0] == wg.INITIATION:
                try:
                    self.corpus.append(peer.make_response(message)[0])
                except (ValueError, InvalidTag):
                    pass

    def inner(self):
        """The plaintext of an authentic packet: valid, nearly valid, or noise."""
        pick = self.random.randrange(7)
        if pick == 0:
            return b""
        if pick == 1:
            return self.random.randbytes(self.random.randrange(0, 1500))
        body = self.random.randbytes(self.random.randrange(0, 200))
        if pick == 2:
            return wg.ipv4(self.victim.inner4, INNER4, body, protocol=self.random.randrange(256),
                           length=self.random.randrange(65536))
        if pick == 3:
            return wg.ipv6(self.victim.inner6, "fd77::1", body, protocol=self.random.randrange(256),
                           length=self.random.choice((0, len(body), 65535, self.random.randrange(65536))))
        if pick == 4:
            return wg.ipv6(self.victim.inner6, "fd77::1", body, protocol=self.random.choice((0, 6, 17, 43, 44, 58, 60)))
        if pick == 5:
            packet = bytearray(wg.udp4(self.victim.inner4, INNER4, body))
            packet[self.random.randrange(len(packet))] = self.random.randrange(256)
            return bytes(packet)
        return wg.ipv4(self.victim.inner4, INNER4, body, protocol=self.random.choice((1, 2, 4, 6, 17, 41, 47, 255)))

    def number(self):
        """A counter: mostly near the last one, sometimes anything. One at the end uses the key up; renew() heals."""
        self.counter += 1
        pick = self.random.random()
        if pick < 0.9:
            return max(self.counter + self.random.randint(-40, 40), 0)
        if pick < 0.995:
            return self.counter + self.random.choice((0, 64, 2047, 2048, 2049, 8127, 8128, 8192, 16384))
        return self.random.choice((2 ** 64 - 1, 2 ** 63, 2 ** 32, 2 ** self.random.randrange(64),
                                   wg.REJECT_AFTER_MESSAGES))

    def data(self):
        session = self.random.choice(self.sessions)
        return session.seal(self.number(), self.inner(), pad=self.random.random() < 0.8)

    def damage(self, message):
        message = bytearray(message)
        for _ in range(self.random.randint(1, 3)):
            pick = self.random.randrange(6)
            if pick == 0 and message:
                message[self.random.randrange(len(message))] ^= 1 << self.random.randrange(8)
            elif pick == 1:
                del message[self.random.randrange(len(message) + 1):]
            elif pick == 2:
                message += self.random.randbytes(self.random.randrange(1, 80))
            elif pick == 3 and len(message) > 4:
                message[0] = self.random.randrange(6)
            elif pick == 4 and len(message) > 16:
                at = self.random.randrange(4, len(message) - 8)
                message[at:at + 8] = self.random.choice((bytes(8), b"\xff" * 8, self.random.randbytes(8)))
            elif pick == 5 and len(message) > 8:
                message[4:8] = struct.pack("<I", self.random.choice(self.sessions).remote_index)
        return bytes(message)

    def handshake(self):
        message = self.random.choice(self.corpus)
        if self.random.random() < 0.7:
            message = self.damage(message)
            if self.random.random() < 0.5 and len(message) > 32:
                message = self.victim.wg.add_macs(message[:-32], cookie=self.random.choice((None, bytes(16))))
        return message

    def datagram(self):
        pick = self.random.random()
        if pick < 0.45:
            return self.data()
        if pick < 0.7:
            return self.damage(self.data())
        if pick < 0.95:
            return self.handshake()
        return bytes([self.random.randrange(6)]) + bytes(3) + self.random.randbytes(self.random.randrange(0, 1800))

    def batch(self):
        packets = [self.datagram() for _ in range(self.BATCH)]
        packets += self.random.choices(packets, k=self.BATCH // 8)
        self.sent += len(packets)
        self.victim.send(*packets)
        self.victim.poke()


def fuzz(rig, report, seed, seconds):
    fuzzer = Fuzzer(rig, seed)
    honest = rig.add()
    session = honest.session()
    end = time.monotonic() + seconds
    pings = batches = 0

    def ping(session):
        honest.wg.drain()
        honest.send(session.seal_next(wg.echo4(honest.inner4, INNER4, session.next_counter & 0xFFFF, b"honest")))
        got = honest.wg.next_data(3)
        need(got and b"honest" in got[2], "no echo reply after %d damaged packets", fuzzer.sent)

    while time.monotonic() < end:
        if batches % 20 == 0:
            fuzzer.renew()
        fuzzer.batch()
        batches += 1
        if batches % 25 == 0:
            ping(session)
            pings += 1
            rig.tap.clear()
            rig.drain_sink()
    report.note("%d datagrams, %d pings beside them", fuzzer.sent, pings)
    need(pings >= 1, "too slow: no ping in %d batches", batches)
    # The load that the handshakes made lasts another second.
    time.sleep(1.5)
    rig.tap.clear()
    ping(session)
    session = honest.session()
    ping(session)
    tagged = honest.data(session, session.next_counter)
    rig.tap.clear()
    honest.send(tagged)
    got = rig.tap.collect(1, 3)
    need([d.tag for d in got] == [honest.tag(session, session.next_counter)], "delivered %s", [d.tag for d in got])
    fuzzer.victim.remove()
    honest.remove()


def noise(rig, report, seed, seconds):
    """Nothing of this is authentic, so nothing may come out and nothing may change."""
    chance = random.Random(seed)
    peer = rig.add()
    session = peer.session()
    other = peer.wg.another_socket()
    peer.send(peer.data(session, 0))
    need(len(rig.tap.collect(1, 3)) == 1, "the honest packet was not delivered")
    received = peer.rx_bytes()
    end, sent = time.monotonic() + seconds, 0
    rig.tap.clear()
    while time.monotonic() < end:
        packets = []
        for _ in range(100):
            kind, body = chance.choice((1, 2, 3, 4, 4, 4)), chance.randbytes(chance.randrange(0, 300))
            index = chance.choice((session.remote_index, chance.getrandbits(32)))
            packets.append(struct.pack("<IIQ", kind, index, chance.getrandbits(64)) + MARK + body)
        peer.send(*packets, sock=other)
        sent += len(packets)
    report.note("%d datagrams of noise", sent)
    need(rig.tap.one(0.3) is None, "noise was delivered")
    need(peer.wg.receive(0.1, other) is None, "noise was answered")
    need(peer.rx_bytes() == received, "noise counts as received")
    peer.send(peer.data(session, 1))
    need([d.tag for d in rig.tap.collect(1, 3)] == [peer.tag(session, 1)], "the honest packet was not delivered")
    peer.remove()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=drawn_seed())
    parser.add_argument("--userspace", help="program to test instead of the kernel module")
    options = parser.parse_args()
    report = Report()
    report.note("seed %d, %g s", options.seed, options.seconds)
    log = KernelLog()
    rig = Rig(options.seed, options.userspace)
    report.case("noise with right and wrong indexes", lambda: noise(rig, report, options.seed, options.seconds * 0.2))
    report.case("damaged messages beside an honest session",
                lambda: fuzz(rig, report, options.seed, options.seconds * 0.8))

    return rig.end(report, log)


if __name__ == "__main__":
    sys.exit(main())
