#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A ping whose requests are not evenly spaced.

  ping.py [--count N] [--apart SECONDS] [--skip N] [--seed N] ADDRESS

Prints mean and 99th percentile of the times, ms. Requests are APART seconds apart in
the mean, evenly distributed from half as much to half as much again: what takes turns
with other traffic, as that of two lines, would else give them all to one line for as
long as a run takes. The first SKIP are sent and not counted. What gets no answer in
three seconds is not counted either; status 1 if nothing was answered.
"""

import argparse
import os
import random
import select
import socket
import struct
import sys
import time

ECHO_REQUEST, ECHO_REPLY = 8, 0
WAIT = 3


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def request(ident, number):
    payload = bytes(56)
    head = struct.pack("!BBHHH", ECHO_REQUEST, 0, 0, ident, number)
    return struct.pack("!BBHHH", ECHO_REQUEST, 0, checksum(head + payload), ident, number) + payload


def replied(packet, ident):
    """The number of the request that a packet with its IPv4 header answers, or None."""
    kind, _, _, of, number = struct.unpack_from("!BBHHH", packet, (packet[0] & 15) * 4)
    return number if kind == ECHO_REPLY and of == ident else None


def listen(sock, until, ident, sent, times):
    """Notes in times what comes until then."""
    while (left := until - time.monotonic()) > 0:
        if not select.select([sock], [], [], left)[0]:
            return
        number = replied(sock.recv(2048), ident)
        if number in sent:
            times[number] = (time.monotonic() - sent.pop(number)) * 1000


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--apart", type=float, default=0.2)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("address")
    args = parser.parse_args()
    print(f"SEED={args.seed}", file=sys.stderr)
    draw = random.Random(args.seed)
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    sock.connect((args.address, 0))
    ident = os.getpid() & 0xffff
    sent, times = {}, {}
    for number in range(args.count):
        sent[number] = time.monotonic()
        sock.send(request(ident, number))
        listen(sock, time.monotonic() + args.apart * draw.uniform(0.5, 1.5), ident, sent, times)
    listen(sock, time.monotonic() + WAIT, ident, sent, times)
    counted = sorted(spent for number, spent in times.items() if number >= args.skip)
    if not counted:
        sys.exit(f"no answer from {args.address}")
    print(f"{sum(counted) / len(counted):.2f} {counted[max(0, -(-99 * len(counted) // 100) - 1)]:.2f}")


if __name__ == "__main__":
    main()
