#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Medians of the rows that goodput.sh writes.

  medians.py ROWS [REQUIRED]

A line for each path and kind: goodput of both modules in Mbit/s with their
ratio, and for ours its ratio to the first path (in order); packets dropped at
the receiver and, for UDP, out of order, over all runs. With REQUIRED, a file
like required.tsv, each line also says whether that is reached; status 1 if one
is not. Two modules that are equally good miss "at least as much" every second
time: where a median is below what is required but the runs do not show it, by
the U test of Mann and Whitney at 5 %, the line says "level" and no more.
"""

import collections
import math
import statistics
import sys

COLUMNS = ("path kind module goodput retransmitted sent lost out_of_order late").split()
REQUIREMENTS = ("path of_stock of_first late what").split()


def table(name, columns):
    with open(name, encoding="ascii") as rows:
        return [dict(zip(columns, line.rstrip("\n").split("\t"))) for line in rows if not line.startswith("#")]


def shown_below(ours, others, share=1.0):
    """Whether the runs show ours to be below that share of the others (Mann and Whitney 1947, normal approximation).

    Of fewer than four runs each no order is rarer than 5 %: then it is taken to be shown.
    """
    if min(len(ours), len(others)) < 4:
        return True
    above = sum((o > s * share) + 0.5 * (o == s * share) for o in ours for s in others)
    pairs = len(ours) * len(others)
    return above <= pairs / 2 - 1.645 * math.sqrt(pairs * (len(ours) + len(others) + 1) / 12)


class Figures:
    """What the runs of one path and kind gave."""

    def __init__(self, runs):
        self.runs = runs
        self.stock, self.ours = (statistics.median(self.goodputs(m)) for m in ("stock", "ours"))
        self.of_stock = self.ours / self.stock if self.stock else 0
        self.of_first = 1.0

    def goodputs(self, module):
        return [float(r["goodput"]) for r in self.runs[module]]

    def total(self, module, column):
        return sum(int(r[column]) for r in self.runs[module])

    def text(self, path, kind):
        said = (f"median {path} {kind}: stock {self.stock:.1f}, ours {self.ours:.1f}, ratio {self.of_stock:.3f}, "
                f"of ours first {self.of_first:.3f}; {len(self.runs['ours'])} pairs; "
                f"dropped {self.total('ours', 'late')}")
        if kind == "udp":
            for module in ("stock", "ours"):
                said += (f"; {module} {self.total(module, 'out_of_order')} out of order,"
                         f" {self.total(module, 'lost')} lost of {self.total(module, 'sent')}")
        return said

    def misses(self, kind, wanted):
        """What of the requirements is not reached, in words; and what is only level."""
        found, level = [], []
        if kind == "udp":
            if self.total("ours", "out_of_order"):
                found.append("out of order")
            if wanted["late"] != "-" and self.total("ours", "late") * 10000 > \
                    float(wanted["late"]) * self.total("ours", "sent"):
                found.append(f"more than {wanted['late']} in 10,000 late")
            return found, level
        if wanted["of_stock"] != "-" and self.of_stock < float(wanted["of_stock"]):
            if shown_below(self.goodputs("ours"), self.goodputs("stock"), float(wanted["of_stock"])):
                found.append(f"of_stock below {wanted['of_stock']}")
            else:
                level.append("level with stock")
        if wanted["of_first"] != "-" and self.of_first < float(wanted["of_first"]):
            found.append(f"of_first below {wanted['of_first']}")
        return found, level


def main():
    runs = collections.defaultdict(lambda: {"stock": [], "ours": []})
    for row in table(sys.argv[1], COLUMNS):
        runs[row["path"], row["kind"]][row["module"]].append(row)
    required = {r["path"]: r for r in table(sys.argv[2], REQUIREMENTS)} if len(sys.argv) > 2 else {}
    first, missed = {}, 0
    for (path, kind), modules in runs.items():
        if not modules["stock"] or not modules["ours"]:
            continue
        figures = Figures(modules)
        figures.of_first = figures.ours / first.setdefault(kind, figures.ours)
        verdict = ""
        if path in required:
            misses, level = figures.misses(kind, required[path])
            missed += bool(misses)
            verdict = "; " + (", ".join(misses + level) or "reached")
        print(figures.text(path, kind) + verdict)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
