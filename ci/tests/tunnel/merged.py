#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Datagrams of a peer in bundles, a bad one in each bundle.

  merged.py FORM PRIVATE-KEY THEIR-PUBLIC-KEY ADDRESS PORT OUR-INNER THEIR-INNER

FORM: "burst", of all lengths and many at a time, for a device there to merge; "segments",
which the network stack hands on as one packet; "unsummed", alone and without checksums. Inside are
numbered datagrams for "seqtest.py receive". Prints bundles=N good=N bad=N; the seed of what is
random is $WGR_SEED, or drawn and printed.
"""

import base64
import os
import random
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "peer"))
import wgpeer as wg  # noqa: E402
from rig import drawn_seed  # noqa: E402

HEAD = struct.Struct("!4sQQ")
SINK_PORT = 7777
SOL_UDP, UDP_SEGMENT, UDP_NO_CHECK6_TX, SO_NO_CHECK = 17, 103, 101, 11
BUNDLES, IN_BUNDLE = 40, 16
FORMS = "burst", "segments", "unsummed"


class Sender:
    """A peer with a session, and what it has sent."""

    def __init__(self, peer, ours, theirs, rng):
        self.peer = peer
        self.ours = ours
        self.theirs = theirs
        self.random = rng
        self.session = peer.initiate()
        self.number = self.good = self.bad = 0
        self.last = b""

    def inner(self, kind, size):
        make = wg.udp6 if ":" in self.ours else wg.udp4
        head = HEAD.pack(kind, self.number, time.monotonic_ns())
        return make(self.ours, self.theirs, head + bytes(size - len(head)), dport=SINK_PORT)

    def datagram(self, size, good):
        data = self.session.seal_next(self.inner(b"data", size))
        if good:
            self.good += 1
            self.number += 1
            self.last = data
            return data
        self.bad += 1
        return self.spoil(data)

    def spoil(self, data):
        """Its number is that of the next good one: delivered all the same, it would be one too many."""
        kind = self.random.choice(("tag", "text", "type", "index", "counter", "again"))
        # All of a bundle are of one length.
        if kind == "again" and len(self.last) == len(data):
            return self.last
        at = {"tag": len(data) - 1, "again": len(data) - 1, "text": 20, "type": 0, "index": 5, "counter": 9}[kind]
        return data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1:]

    def bundle(self, sizes):
        bad = self.random.randrange(len(sizes))
        return [self.datagram(size, i != bad) for i, size in enumerate(sizes)]

    def burst(self):
        """Some of one length, some of another."""
        sizes = []
        while len(sizes) < IN_BUNDLE:
            sizes += [self.random.randrange(600, 1300)] * self.random.randrange(1, 6)
        self.peer.send(*self.bundle(sizes[:IN_BUNDLE]))

    def segments(self):
        """All of one length but the last."""
        size = self.random.randrange(600, 1300)
        data = self.bundle([size] * (IN_BUNDLE - 1) + [100])
        control = [(SOL_UDP, UDP_SEGMENT, struct.pack("=H", len(data[0])))]
        self.peer.sock.sendmsg([b"".join(data)], control, 0, self.peer.remote)

    def unsummed(self):
        self.peer.send(*self.bundle([100] * IN_BUNDLE))

    def end(self):
        time.sleep(0.3)
        for _ in range(5):
            self.peer.send(self.session.seal_next(self.inner(b"end!", HEAD.size)))
            time.sleep(0.05)


def main():
    form, private, public, address, port, ours, theirs = sys.argv[1:]
    assert form in FORMS
    seed = drawn_seed()
    wg.begin(seed)
    print(f"# seed {seed}", file=sys.stderr)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    peer = wg.Peer(base64.b64decode(public), (address, int(port)), family=family,
                   key=wg.Key(base64.b64decode(private)), local="::" if family == socket.AF_INET6 else "0.0.0.0")
    sender = Sender(peer, ours, theirs, random.Random(seed))
    if form == "unsummed":
        if family == socket.AF_INET6:
            peer.sock.setsockopt(SOL_UDP, UDP_NO_CHECK6_TX, 1)
        else:
            peer.sock.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
    for _ in range(BUNDLES):
        getattr(sender, form)()
        time.sleep(0.002)
    if form == "unsummed" and family == socket.AF_INET6:
        peer.sock.setsockopt(SOL_UDP, UDP_NO_CHECK6_TX, 0)
    sender.end()
    print(f"bundles={BUNDLES} good={sender.good} bad={sender.bad}")


main()
