#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The datagrams of UDP that a device of this host sends and receives, checked as they are.

  wire.py DEVICE FILE

Until the file is there. Prints "ready", and then one line:

  packets=N datagrams=N fragments=N whole=N bad_ip=N bad_udp=N bad_length=N same_id=N
  tos=HEX:N,HEX:N ttl=N,N ports=N,N

A whole is a packet that carries many datagrams (packets longer than the device's MTU); it is
counted, and looked at no further. Of checksums those are judged that the sender has
finished: a device may be asked to do it. Identifications are the same if they are that of
the datagram just before, from the same sender.
"""

import collections
import os
import socket
import struct
import sys

ETH_P_ALL = 3
SOL_PACKET, PACKET_AUXDATA, CSUM_NOT_READY = 263, 8, 8
SO_RCVBUFFORCE = 33


def total(data):
    """The Internet checksum of it, 0 if it is right."""
    if len(data) % 2:
        data += b"\0"
    value = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while value >> 16:
        value = (value & 0xffff) + (value >> 16)
    return value ^ 0xffff


class Count(collections.Counter):
    """What has been seen."""

    def __init__(self, mtu):
        super().__init__()
        self.mtu = mtu
        self.tos = collections.Counter()
        self.ttl = set()
        self.ports = set()
        self.last = {}

    def udp(self, pseudo, data, finished):
        if len(data) < 8:
            self["bad_length"] += 1
            return
        port, _, length, checksum = struct.unpack("!4H", data[:8])
        self.ports.add(port)
        self["datagrams"] += 1
        self["bad_length"] += length != len(data)
        if finished:
            self["bad_udp"] += checksum == 0 or total(pseudo + struct.pack("!II", len(data), 17) + data) != 0

    def v4(self, packet, finished):
        length, ident, offset, ttl, protocol = struct.unpack("!HHHBB", packet[2:10])
        if protocol != 17:
            return
        packet = packet[:length]
        self["bad_ip"] += total(packet[:20]) != 0
        self.tos[packet[1]] += 1
        self.ttl.add(ttl)
        if offset & 0x3fff:
            self["fragments"] += 1
            return
        self["same_id"] += self.last.get(packet[12:16]) == ident
        self.last[packet[12:16]] = ident
        self.udp(packet[12:20], packet[20:], finished)

    def v6(self, packet, finished):
        first, length, after, ttl = struct.unpack("!IHBB", packet[:8])
        self["fragments"] += after == 44
        if after != 17:
            return
        self.tos[first >> 20 & 0xff] += 1
        self.ttl.add(ttl)
        self["bad_length"] += length != len(packet) - 40
        self.udp(packet[8:40], packet[40:], finished)

    def packet(self, protocol, packet, finished):
        if protocol not in (0x800, 0x86dd):
            return
        self["packets"] += 1
        if len(packet) > self.mtu:
            self["whole"] += 1
        elif protocol == 0x800:
            self.v4(packet, finished)
        else:
            self.v6(packet, finished)

    def __str__(self):
        names = "packets datagrams fragments whole bad_ip bad_udp bad_length same_id"
        figures = [f"{name}={self[name]}" for name in names.split()]
        figures.append("tos=" + ",".join(f"{value:02x}:{n}" for value, n in sorted(self.tos.items())))
        figures.append("ttl=" + ",".join(map(str, sorted(self.ttl))))
        figures.append("ports=" + ",".join(map(str, sorted(self.ports))))
        return " ".join(figures)


def main():
    device, stop = sys.argv[1:]
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
    sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    sock.bind((device, ETH_P_ALL))
    sock.settimeout(0.1)
    print("ready", flush=True)
    with open(f"/sys/class/net/{device}/mtu", encoding="ascii") as mtu:
        count = Count(int(mtu.read()))
    while True:
        try:
            packet, extra, _, address = sock.recvmsg(1 << 16, 256)
        except TimeoutError:
            if os.path.exists(stop):
                break
            continue
        status = next((struct.unpack("=I", data[:4])[0] for level, kind, data in extra
                       if level == SOL_PACKET and kind == PACKET_AUXDATA), CSUM_NOT_READY)
        count.packet(address[1], packet, not status & CSUM_NOT_READY)
    print(count)


main()
