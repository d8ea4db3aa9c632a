#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Medians of the rows that beside.sh writes.

  beside.py ROWS [REQUIRED]

A line for each path, kind and module. With REQUIRED, a file like
required-beside.tsv, another for each of its rows that was measured, which says
whether that is reached and else what is not; status 1 if one is not, or has no
rows. What misses by its median is judged by all runs, as by medians.py: a ping's mean of
jittering times differs from run to run by more than a bound of 0.3 ms.
"""

import collections
import statistics
import sys

from medians import shown_below, table

FIGURES = ("goodput call_lost call_out_of_order call_ms call_p99_ms ping_ms ping_p99_ms swapped late").split()
REQUIREMENTS = "path kind of_stock of_peer call_lost call_ms call_p99_ms ping_ms ping_p99_ms what".split()
# Goodput is rounded to that, and a window's ends cut off a packet or not.
ROUNDED = 0.01
# Bounds of ours by stock's, "FACTOR+MORE".
BOUNDED = "call_lost call_ms call_p99_ms ping_ms ping_p99_ms".split()


class Figures:
    """What the runs of one path, kind and module gave."""

    def __init__(self):
        self.columns = collections.defaultdict(list)

    def add(self, row):
        for name in FIGURES:
            self.columns[name].append(float(row[name]))

    def median(self, name):
        return statistics.median(self.columns[name])

    def text(self):
        return (" ".join(f"{name} {self.median(name):.2f}" for name in FIGURES) +
                f" ({len(self.columns['goodput'])} runs)")


def misses(wanted, modules):
    """What of the requirements is not reached, in words; and what is only level."""
    found, level = [], []
    ours, stock = modules["ours"], modules["stock"]
    for name, other in (("of_stock", stock), ("of_peer", modules.get("peer"))):
        if wanted[name] == "-":
            continue
        if other is None:
            found.append(f"{name} not measured")
            continue
        share = float(wanted[name])
        if ours.median("goodput") + 1.5 * ROUNDED < share * other.median("goodput"):
            if shown_below(ours.columns["goodput"], other.columns["goodput"], share):
                found.append(f"{name} below {share:g}")
            else:
                level.append(f"level ({name})")
    for name in BOUNDED:
        if wanted[name] == "-":
            continue
        factor, more = map(float, wanted[name].split("+"))
        bounds = [factor * value + more for value in stock.columns[name]]
        if ours.median(name) > statistics.median(bounds):
            if shown_below(bounds, ours.columns[name]):
                found.append(f"{name} above {factor:g} times stock's plus {more:g}")
            else:
                level.append(f"level ({name})")
    for name in ("swapped", "call_out_of_order"):
        if sum(ours.columns[name]):
            found.append(f"{name}: {sum(ours.columns[name]):g} in all")
    return found, level


def main():
    runs = collections.defaultdict(dict)
    for row in table(sys.argv[1], ["path", "kind", "module"] + FIGURES):
        runs[row["path"], row["kind"]].setdefault(row["module"], Figures()).add(row)
    for (path, kind), modules in runs.items():
        for module, figures in modules.items():
            print(f"median {path} {kind} {module}: {figures.text()}")
    missed = 0
    for wanted in table(sys.argv[2], REQUIREMENTS) if len(sys.argv) > 2 else []:
        modules = runs[wanted["path"], wanted["kind"]]
        if "ours" in modules and "stock" in modules:
            found, level = misses(wanted, modules)
        else:
            found, level = ["not measured"], []
        missed += bool(found)
        print(f"{wanted['path']} {wanted['kind']} ({wanted['what']}): " + (", ".join(found + level) or "reached"))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
