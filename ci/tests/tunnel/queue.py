#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Lets pass what a rule of netfilter hands to this program (NFQUEUE), until the file is there.

  queue.py NUMBER FILE [--whole|--hold]

Whole: packets that carry many datagrams come as they are; otherwise the kernel takes them
apart first. Hold: none is let pass, and "held" is printed when there are some. Prints "ready",
and then one line: packets=N whole=N
"""

import os
import socket
import struct
import sys

NETLINK_NETFILTER = 12
SUBSYSTEM = 3 << 8
PACKET, VERDICT, CONFIG = (SUBSYSTEM | kind for kind in range(3))
CFG_CMD, CFG_PARAMS, CFG_MAXLEN, CFG_MASK, CFG_FLAGS = range(1, 6)
BIND, COPY_PACKET, F_GSO = 1, 2, 4
PACKET_HDR, VERDICT_HDR, CAP_LEN, PAYLOAD = 1, 2, 13, 10
ACCEPT = 1
REQUEST, ACK = 1, 4
SO_RCVBUFFORCE = 33
LINK = 1500
# Of what is held, so many are "some"; its sender soon has to wait.
HELD = 4


def attribute(kind, data):
    return struct.pack("=HH", len(data) + 4, kind) + data + bytes(-len(data) % 4)


def attributes(data):
    """{kind: value}."""
    found = {}
    while len(data) >= 4:
        length, kind = struct.unpack("=HH", data[:4])
        found[kind & 0x3fff] = data[4:length]
        data = data[length + 3 & ~3:]
    return found


class Queue:
    """One queue of netfilter's."""

    def __init__(self, number, whole):
        self.number = number
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        self.sock.bind((0, 0))
        self.configure(attribute(CFG_CMD, struct.pack("!BxH", BIND, 0)))
        self.configure(attribute(CFG_PARAMS, struct.pack("!IB", 0xffff, COPY_PACKET)))
        self.configure(attribute(CFG_MAXLEN, struct.pack("!I", 100000)))
        if whole:
            self.configure(attribute(CFG_FLAGS, struct.pack("!I", F_GSO)) +
                           attribute(CFG_MASK, struct.pack("!I", F_GSO)))
        self.sock.settimeout(0.1)

    def send(self, kind, flags, data):
        head = struct.pack("=IHHII", 20 + len(data), kind, flags, 0, 0)
        self.sock.send(head + struct.pack("!BBH", 0, 0, self.number) + data)

    def configure(self, data):
        self.send(CONFIG, REQUEST | ACK, data)
        error, = struct.unpack("=i", self.sock.recv(65536)[16:20])
        if error:
            raise OSError(-error, os.strerror(-error))

    def one(self, hold):
        """Lets the next packet pass, or not. Its length; None when there was none."""
        try:
            message = self.sock.recv(1 << 18)
        except TimeoutError:
            return None
        found = attributes(message[20:])
        if not hold:
            self.send(VERDICT, REQUEST, attribute(VERDICT_HDR, struct.pack("!I", ACCEPT) + found[PACKET_HDR][:4]))
        return struct.unpack("!I", found[CAP_LEN])[0] if CAP_LEN in found else len(found[PAYLOAD])


def main():
    number, stop = sys.argv[1:3]
    hold = "--hold" in sys.argv
    queue = Queue(int(number), "--whole" in sys.argv)
    print("ready", flush=True)
    packets = whole = 0
    while True:
        length = queue.one(hold)
        if length is None:
            if os.path.exists(stop):
                break
            continue
        packets += 1
        if hold and packets == HELD:
            print("held", flush=True)
        whole += length > LINK
    print(f"packets={packets} whole={whole}")


main()
