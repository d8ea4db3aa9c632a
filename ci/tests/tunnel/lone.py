#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""How many of N datagrams, each after a pause, have come out before their sender goes on.

  lone.py FROM TO ADDRESS N

FROM and TO are namespaces, ADDRESS is TO's. Prints the number. Whoever sends has a CPU that
nobody else gets meanwhile: what is left to a worker there comes too late.
"""

import ctypes
import os
import socket
import sys
import time

CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def socket_in(namespace):
    with open(f"/run/netns/{namespace}", "rb") as file:
        if libc.setns(file.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def main():
    sender, receiver, address, count = sys.argv[1:]
    ends = socket_in(sender), socket_in(receiver)
    ends[1].bind((address, 0))
    ends[1].setblocking(False)
    ends[0].connect(ends[1].getsockname())
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    there = 0
    for _ in range(int(count)):
        time.sleep(0.02)
        ends[0].send(b"alone")
        try:
            there += ends[1].recv(100) == b"alone"
        except BlockingIOError:
            # It is on its way, and is not to be taken for the next one.
            time.sleep(0.02)
            ends[1].recv(100)
    print(there)


if __name__ == "__main__":
    main()
