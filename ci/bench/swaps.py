#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""How often the packets of a flow come out of a tunnel swapped.

  tcpdump -i INTERFACE -Q in -s 64 -w - ip | swaps.py [PORT]

Linux numbers the packets of each connected socket in IPv4's identification,
retransmitted ones too: one that is lower than the one before it in its flow of TCP
or UDP has been overtaken, whatever became of the others. Prints one line:

  flows=N packets=N swapped=N mbit=F

A bundle that was merged on the way up counts as one packet. mbit is what came for
PORT, or for any, without headers, Mbit/s from the first to the last of those. The
interface is to have no link layer, as with tunnels.
"""

import socket
import struct
import sys

FILE = struct.Struct("=IHHiIII")
MAGIC = (0xa1b2c3d4, 0xa1b23c4d)
RAW = (12, 101)
RECORD = struct.Struct("=IIII")
PORTS = struct.Struct("!HH")


def flow_of(data):
    """(addresses, protocol, ports), destination port and octets without headers, or None for what has no ports."""
    head = (data[0] & 15) * 4
    if data[9] not in (socket.IPPROTO_TCP, socket.IPPROTO_UDP) or len(data) < head + 13:
        return None, 0, 0
    if data[6] & 0x1f or data[7]:
        return None, 0, 0
    inner = data[head + 12] >> 4 << 2 if data[9] == socket.IPPROTO_TCP else 8
    octets = struct.unpack_from("!H", data, 2)[0] - head - inner
    return (data[12:20], data[9], data[head:head + 4]), PORTS.unpack_from(data, head)[1], octets


def packets_of(stream):
    """Time in seconds and first bytes of each."""
    head = FILE.unpack(stream.read(FILE.size))
    if head[0] not in MAGIC or head[-1] not in RAW:
        sys.exit("swaps.py: this is no capture of an interface without a link layer")
    while True:
        record = stream.read(RECORD.size)
        if len(record) < RECORD.size:
            return
        seconds, parts, length, _ = RECORD.unpack(record)
        data = stream.read(length)
        if len(data) >= 20 and data[0] >> 4 == 4:
            yield seconds + parts * (1e-6 if head[0] == MAGIC[0] else 1e-9), data


def main():
    if len(sys.argv) > 2:
        sys.exit(__doc__)
    wanted = int(sys.argv[1]) if len(sys.argv) == 2 else None
    last, packets, swapped, octets, times = {}, 0, 0, 0, []
    for now, data in packets_of(sys.stdin.buffer):
        flow, port, length = flow_of(data)
        if flow is None:
            continue
        number = struct.unpack_from("!H", data, 4)[0]
        packets += 1
        if wanted in (None, port):
            # What the first one brought took the time before it.
            octets += length if times else 0
            times = [times[0] if times else now, now]
        if flow in last and (number - last[flow]) & 0x8000:
            swapped += 1
        else:
            last[flow] = number
    mbit = octets * 8 / (times[1] - times[0]) / 1e6 if times and times[1] > times[0] else 0
    print(f"flows={len(last)} packets={packets} swapped={swapped} mbit={mbit:.2f}")


if __name__ == "__main__":
    main()
