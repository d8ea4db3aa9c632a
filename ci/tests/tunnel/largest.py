#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Print how large the largest packets were that were sent by an interface until SIGINT: "ipv4=BYTES ipv6=BYTES"."""

import signal
import socket
import sys

OUTGOING = 4


def main():
    largest = {0x0800: 0, 0x86dd: 0}
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
    sock.bind((sys.argv[1], 3))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        while True:
            # The length of the whole, of which one byte is read.
            size, address = sock.recvfrom_into(bytearray(1), 0, socket.MSG_TRUNC)
            if address[2] == OUTGOING and address[1] in largest:
                largest[address[1]] = max(largest[address[1]], size)
    except KeyboardInterrupt:
        print("ipv4=%d ipv6=%d" % (largest[0x0800], largest[0x86dd]))


if __name__ == "__main__":
    main()
