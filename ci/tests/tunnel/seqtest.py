#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Numbered UDP datagrams: how many arrive, and how many out of order.

  seqtest.py receive --port 7777
  seqtest.py send --port 7777 --count 5000 --rate 2000 --size 1200 [--tos 00,b8 --each 4] ADDRESS

The sender numbers datagrams from 0 and ends with several end marks that carry
the count. The receiver stops a second after the first end mark (or after 15
silent seconds) and prints one line:

  sent=N received=N lost=N out_of_order=N duplicate=N extent=N max_gap_ms=F unread=N
  delay_ms=F delay_p99_ms=F tos=HEX:N,HEX:N

A datagram is out of order if one with a higher number came before it; extent
is the most places by which one was late (RFC 4737, singleton and extent). Unread
are those that came while the receiver was too slow to make room: no fault of the
tunnel's, though they count as lost. Delays, the mean and what 99 of 100 keep to,
say something where both have one clock. DS fields (of IPv4): those given, so many datagrams
of each in turn.
"""

import argparse
import collections
import socket
import struct
import sys
import time

HEAD = struct.Struct("!4sQQ")
IP_RECVTOS = 13


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def send(args):
    sock = socket.socket(family_of(args.address), socket.SOCK_DGRAM)
    sock.connect((args.address, args.port))
    pad = bytes(max(0, args.size - HEAD.size))
    tos = [int(value, 16) for value in args.tos.split(",")]
    begin = time.monotonic()
    gap = 1.0 / args.rate
    for number in range(args.count):
        wait = begin + number * gap - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        if len(tos) > 1 and number % args.each == 0:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, tos[number // args.each % len(tos)])
        try:
            sock.send(HEAD.pack(b"data", number, time.monotonic_ns()) + pad)
        except (ConnectionRefusedError, BlockingIOError):
            pass
    # Marks must not overtake what they end.
    time.sleep(0.3)
    if len(tos) > 1:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, 0)
    for _ in range(5):
        sock.send(HEAD.pack(b"end!", args.count, 0))
        time.sleep(0.05)


def unread(sock):
    """How many datagrams the kernel dropped for want of room in the socket (SO_MEMINFO, the last of its figures)."""
    figures = struct.Struct("=9I")
    return figures.unpack(sock.getsockopt(socket.SOL_SOCKET, 55, figures.size))[-1]


def receive(args):
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUFFORCE, 16 << 20)
    except (AttributeError, PermissionError, OSError):
        # SO_RCVBUFFORCE has no name in older versions of the library.
        sock.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)
    sock.setsockopt(socket.IPPROTO_IP, IP_RECVTOS, 1)
    sock.bind(("::", args.port))
    seen = set()
    tos = collections.Counter()
    highest = -1
    out_of_order = duplicate = extent = 0
    sent = -1
    last = None
    max_gap = 0.0
    delays = []
    now = time.monotonic()
    deadline = now + 60
    sock.settimeout(1.0)
    while now < deadline:
        try:
            data, extra, _, _ = sock.recvmsg(65535, 64)
        except socket.timeout:
            continue
        finally:
            now = time.monotonic()
        kind, number, stamp = HEAD.unpack_from(data)
        if kind == b"end!":
            if sent < 0:
                deadline = now + 1.0
            sent = number
            continue
        if sent < 0:
            deadline = now + 15
        if last is not None:
            max_gap = max(max_gap, now - last)
        last = now
        if number in seen:
            duplicate += 1
            continue
        seen.add(number)
        tos.update(value[0] for level, what, value in extra
                   if level == socket.IPPROTO_IP and what == socket.IP_TOS)
        delays.append(now * 1e3 - stamp / 1e6)
        if number < highest:
            out_of_order += 1
            extent = max(extent, highest - number)
        else:
            highest = number
    print(f"sent={sent} received={len(seen)} lost={sent - len(seen)} "
          f"out_of_order={out_of_order} duplicate={duplicate} extent={extent} "
          f"max_gap_ms={max_gap * 1000:.1f} unread={unread(sock)} "
          f"delay_ms={sum(delays) / max(1, len(delays)):.2f} "
          f"delay_p99_ms={sorted(delays)[len(delays) * 99 // 100] if delays else 0:.2f} "
          "tos=" + ",".join(f"{value:02x}:{count}" for value, count in sorted(tos.items())))
    return 0 if sent >= 0 else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = parser.add_subparsers(dest="command", required=True)
    sender = sub.add_parser("send")
    sender.add_argument("--port", type=int, default=7777)
    sender.add_argument("--count", type=int, default=5000)
    sender.add_argument("--rate", type=float, default=2000, help="datagrams a second")
    sender.add_argument("--size", type=int, default=1200, help="bytes of UDP payload")
    sender.add_argument("--tos", default="00", help="DS fields, hexadecimal, in turn")
    sender.add_argument("--each", type=int, default=4, help="datagrams of one DS field before those of the next")
    sender.add_argument("address")
    receiver = sub.add_parser("receive")
    receiver.add_argument("--port", type=int, default=7777)
    args = parser.parse_args()
    return send(args) if args.command == "send" else receive(args)


if __name__ == "__main__":
    sys.exit(main() or 0)
