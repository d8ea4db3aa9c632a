#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Several flows of numbered UDP datagrams at once, each from a port of its own.

  flows.py send [--flows 40] [--count 8] [--size 500] [--rate N] [--connect] [--hop] [--port 7100] ADDRESS
  flows.py receive [--port 7100]

--connect: by connected sockets. --hop: the sender changes its CPU after every few datagrams. --rate: datagrams a
second, of all flows together; 0 for as fast as can be.
The receiver stops after a silent second, at the latest two minutes after it began, and prints one line:

  flows=N received=N out_of_order=N

A datagram is out of order if one of the same flow with a higher number came before it.
"""

import argparse
import os
import socket
import struct
import time

HEAD = struct.Struct("!II")


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def send(args):
    target = (args.address, args.port)
    socks = [socket.socket(family_of(args.address), socket.SOCK_DGRAM) for _ in range(args.flows)]
    if args.connect:
        for sock in socks:
            sock.connect(target)
    cpus = sorted(os.sched_getaffinity(0))
    pad = bytes(max(0, args.size - HEAD.size))
    begin, sent = time.monotonic(), 0
    for number in range(args.count):
        for flow, sock in enumerate(socks):
            if args.hop and sent % 5 == 0:
                os.sched_setaffinity(0, {cpus[sent // 5 % len(cpus)]})
            wait = begin + sent / args.rate - time.monotonic() if args.rate else 0
            if wait > 0:
                time.sleep(wait)
            data = HEAD.pack(flow, number) + pad
            try:
                if args.connect:
                    sock.send(data)
                else:
                    sock.sendto(data, target)
            except (ConnectionRefusedError, BlockingIOError):
                pass
            sent += 1


def receive(args):
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    # SO_RCVBUFFORCE, which has no name in older versions of the library.
    sock.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)
    sock.bind(("::", args.port))
    highest = {}
    received = out_of_order = 0
    end = time.monotonic() + 120
    # As long as the first datagram may take.
    sock.settimeout(30)
    while time.monotonic() < end:
        try:
            flow, number = HEAD.unpack_from(sock.recv(65535))
        except TimeoutError:
            break
        sock.settimeout(1)
        received += 1
        out_of_order += number < highest.get(flow, -1)
        highest[flow] = max(number, highest.get(flow, -1))
    print("flows=%d received=%d out_of_order=%d" % (len(highest), received, out_of_order))


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    sender = commands.add_parser("send")
    sender.add_argument("--flows", type=int, default=40)
    sender.add_argument("--count", type=int, default=8)
    sender.add_argument("--size", type=int, default=500)
    sender.add_argument("--rate", type=float, default=0)
    sender.add_argument("--connect", action="store_true")
    sender.add_argument("--hop", action="store_true")
    sender.add_argument("address")
    receiver = commands.add_parser("receive")
    for each in (sender, receiver):
        each.add_argument("--port", type=int, default=7100)
    args = parser.parse_args()
    if args.command == "send":
        send(args)
    else:
        receive(args)


if __name__ == "__main__":
    main()
