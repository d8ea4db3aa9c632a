#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Medians of the rows that goodput.sh writes.

  medians.py FILE

A line for each path and kind: goodput of both modules in Mbit/s with their
ratio, and for ours its ratio to the first path (in order); packets dropped at
the receiver and, for UDP, out of order, over all runs.
"""

import collections
import statistics
import sys

COLUMNS = ("path kind module goodput retransmitted sent lost out_of_order late").split()


def main():
    runs = collections.defaultdict(list)
    with open(sys.argv[1], encoding="ascii") as rows:
        for line in rows:
            row = dict(zip(COLUMNS, line.split()))
            runs[row["path"], row["kind"], row["module"]].append(row)
    first = {}
    for path, kind in dict.fromkeys((p, k) for p, k, _ in runs):
        stock, ours = (runs[path, kind, m] for m in ("stock", "ours"))
        was, now = (statistics.median(float(r["goodput"]) for r in rows) for rows in (stock, ours))
        first.setdefault(kind, now)
        text = (f"median {path} {kind}: stock {was:.1f}, ours {now:.1f}, ratio {now / was:.3f}, "
                f"of ours first {now / first[kind]:.3f}; {len(ours)} pairs; "
                f"dropped {sum(int(r['late']) for r in ours)}")
        if kind == "udp":
            for name, rows in (("stock", stock), ("ours", ours)):
                text += (f"; {name} {sum(int(r['out_of_order']) for r in rows)} out of order,"
                         f" {sum(int(r['lost']) for r in rows)} lost"
                         f" of {sum(int(r['sent']) for r in rows)}")
        print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
