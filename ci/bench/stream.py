#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Programs of the two ends of a tunnel, as small as they can be.

  stream.py send FILE MBIT ADDRESS     FILE as datagrams of 1316 bytes at a constant rate, as
                                       video is sent; with --rtp a head (RFC 3550) before each
  stream.py receive FILE               what comes, as it comes, into FILE
  stream.py answer                     answer each question, as a name server does
  stream.py ask COUNT RATE ADDRESS     ask; prints "answered=N ms=F p99_ms=F"
  stream.py sink                       take one TCP connection; prints "mbit=F", what came a
                                       second, from the first byte to the last

All take --port. Receive ends two seconds after the last datagram.
"""

import argparse
import select
import socket
import struct
import sys
import time

# The size of a question about a name of usual length, and of an answer with a few addresses.
QUESTION, ANSWER = 45, 160
STAMP = struct.Struct("!d")
RTP_MPEG_TS = 33


def udp(port):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("0.0.0.0", port))
    return sock


def paced(rate):
    """Yield at that rate, in seconds, whatever the caller takes between."""
    begin = time.monotonic()
    number = 0
    while True:
        wait = begin + number / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        yield number
        number += 1


def send(args):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect((args.address, args.port))
    with open(args.file, "rb") as clip:
        for number in paced(args.mbit * 1e6 / 8 / 1316):
            part = clip.read(1316)
            if not part:
                return
            if args.rtp:
                # The clock of this payload has 90 kHz (RFC 3551).
                part = struct.pack("!BBHII", 0x80, RTP_MPEG_TS, number & 0xffff,
                                   int(time.monotonic() * 90000) & 0xffffffff, 1) + part
            try:
                sock.send(part)
            except (ConnectionRefusedError, BlockingIOError):
                pass


def receive(args):
    sock = udp(args.port)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    sock.settimeout(30)
    with open(args.file, "wb") as clip:
        while True:
            try:
                clip.write(sock.recv(65535))
            except socket.timeout:
                return
            sock.settimeout(2)


def answer(args):
    sock = udp(args.port)
    while True:
        question, who = sock.recvfrom(65535)
        sock.sendto(question + bytes(ANSWER - len(question)), who)


def ask(args):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect((args.address, args.port))
    times = []

    def take(seconds):
        while select.select([sock], [], [], max(0, seconds))[0]:
            try:
                begun = STAMP.unpack_from(sock.recv(65535))[0]
            except ConnectionRefusedError:
                continue
            times.append((time.monotonic() - begun) * 1e3)

    begin = time.monotonic()
    for number in range(args.count):
        while time.monotonic() < begin + number / args.rate:
            take(begin + number / args.rate - time.monotonic())
        sock.send(STAMP.pack(time.monotonic()) + bytes(QUESTION - STAMP.size))
    take(2)
    times.sort()
    print(f"answered={len(times)} ms={sum(times) / max(1, len(times)):.2f} "
          f"p99_ms={times[len(times) * 99 // 100] if times else 0:.2f}")


def sink(args):
    conn = socket.create_server(("0.0.0.0", args.port)).accept()[0]
    received, begin, end = 0, None, 0.0
    while True:
        data = conn.recv(1 << 16)
        if not data:
            break
        end = time.monotonic()
        begin = begin or end
        received += len(data)
    print(f"mbit={received * 8e-6 / max(end - (begin or end), 1e-6):.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=5004)
    sub = parser.add_subparsers(dest="command", required=True)
    command = sub.add_parser("send")
    command.add_argument("--rtp", action="store_true")
    command.add_argument("file")
    command.add_argument("mbit", type=float)
    command.add_argument("address")
    command = sub.add_parser("receive")
    command.add_argument("file")
    sub.add_parser("answer")
    command = sub.add_parser("ask")
    command.add_argument("count", type=int)
    command.add_argument("rate", type=float)
    command.add_argument("address")
    sub.add_parser("sink")
    args = parser.parse_args()
    return {"send": send, "receive": receive, "answer": answer, "ask": ask, "sink": sink}[args.command](args)


if __name__ == "__main__":
    sys.exit(main() or 0)
