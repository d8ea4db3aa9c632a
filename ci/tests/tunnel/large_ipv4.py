#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Allow an interface super-packets of IPv4 of so many bytes, which older versions of ip cannot say.

  large_ipv4.py INTERFACE BYTES

A kernel that knows no such setting takes no notice of it.
"""

import os
import socket
import struct
import sys

RTM_NEWLINK, NLM_F_REQUEST, NLM_F_ACK = 16, 1, 4
IFLA_GSO_IPV4_MAX_SIZE, IFLA_GRO_IPV4_MAX_SIZE = 63, 64


def main():
    size = int(sys.argv[2])
    body = struct.pack("=BxHiII", 0, 0, socket.if_nametoindex(sys.argv[1]), 0, 0)
    for kind in (IFLA_GSO_IPV4_MAX_SIZE, IFLA_GRO_IPV4_MAX_SIZE):
        body += struct.pack("=HHI", 8, kind, size)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as sock:
        sock.send(struct.pack("=IHHII", 16 + len(body), RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, 1, 0) + body)
        error = -struct.unpack_from("=i", sock.recv(4096), 16)[0]
    if error:
        sys.exit("%s: no super-packets of IPv4 of %d bytes: %s" % (sys.argv[1], size, os.strerror(error)))


if __name__ == "__main__":
    main()
