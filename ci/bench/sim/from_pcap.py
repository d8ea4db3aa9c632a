#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A trace for the simulator from a capture of WireGuard's datagrams.

  from_pcap.py [--inside FILE] FILE [DESTINATION]

FILE is of tcpdump's (Ethernet or "any"). Data packets to DESTINATION (an
address), or to whoever got the first one, are printed in the order of their
arrival: nanoseconds, epoch, counter, path. Each new receiver index begins an
epoch, each source address and port is a path; of more than four, the fifth and
those after it count as the fourth.

--inside is of the sender's tunnel interface, outgoing packets only, from the same
one on: the first of it has the lowest counter. It says which flow each is of.
"""

import socket
import struct
import sys

import dpkt

DATA = struct.Struct("<B3xIQ")
PATHS = 4


def datagrams(reader):
    """Time in ns, IP header, UDP header of each."""
    link = {dpkt.pcap.DLT_EN10MB: dpkt.ethernet.Ethernet, dpkt.pcap.DLT_LINUX_SLL: dpkt.sll.SLL,
            dpkt.pcap.DLT_RAW: dpkt.ip.IP}.get(reader.datalink())
    if not link:
        sys.exit(f"link type {reader.datalink()} of the capture is not known: capture at an Ethernet interface")
    for time, frame in reader:
        try:
            packet = link(frame)
        except dpkt.UnpackError:
            continue
        inner = packet if link is dpkt.ip.IP else packet.data
        if isinstance(getattr(inner, "data", None), dpkt.udp.UDP):
            yield int(time * 1000000000), inner, inner.data


def inner_flow(packet):
    """What tells it from others, as the module does: addresses and ports."""
    ends = packet.src, packet.dst, packet.p
    if isinstance(packet.data, (dpkt.tcp.TCP, dpkt.udp.UDP)):
        return ends + (packet.data.sport, packet.data.dport)
    return ends


def flows_inside(name):
    """Numbers of the flows of the packets sent, in the order sent."""
    numbers, flows = {}, []
    with open(name, "rb") as file:
        for _, packet in dpkt.pcap.UniversalReader(file):
            flows.append(numbers.setdefault(inner_flow(dpkt.ip.IP(packet)), len(numbers)))
    return flows


def arrivals(reader, wanted):
    epochs, paths = {}, {}
    begin = None
    for ns, outer, udp in datagrams(reader):
        payload = bytes(udp.data)
        if len(payload) < DATA.size + 16:
            continue
        kind, index, counter = DATA.unpack_from(payload)
        wanted = wanted or outer.dst
        if kind != 4 or outer.dst != wanted:
            continue
        begin = ns if begin is None else begin
        epoch = epochs.setdefault(index, len(epochs))
        path = paths.setdefault((outer.src, udp.sport), len(paths))
        yield ns - begin, epoch, counter, min(path, PATHS - 1)


def address(text):
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


def main():
    args = sys.argv[1:]
    inside = flows_inside(args[1]) if args[:1] == ["--inside"] and len(args) > 2 else None
    args = args[2:] if inside else args
    if len(args) not in (1, 2) or args[0].startswith("-"):
        sys.exit(__doc__)
    with open(args[0], "rb") as file:
        reader = dpkt.pcap.UniversalReader(file)
        found = list(arrivals(reader, address(args[1]) if len(args) == 2 else None))
    lowest = min((counter for _, epoch, counter, _ in found if not epoch), default=0)
    for arrival in found:
        if not inside:
            print(*arrival)
        elif not arrival[1] and arrival[2] - lowest < len(inside):
            print(*arrival, inside[arrival[2] - lowest])


if __name__ == "__main__":
    main()
