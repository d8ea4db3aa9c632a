#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What the pictures are drawn from, as text that gnuplot reads.

  data.py goodput ROWS REQUIRED    medians of the rows of goodput.sh, TCP (cubic)
  data.py onset ROWS REQUIRED      medians of the rows of onset.sh
  data.py held ROWS REQUIRED       shares of the packets in the rows of held.sh
  data.py profile ROWS REQUIRED    medians of the rows of profile.sh

Paths are called what REQUIRED, a file like required.tsv, calls them. Status 1
if ROWS has nothing to draw.
"""

import collections
import statistics
import sys

MODULES = ("stock", "ours")


def table(name):
    with open(name, encoding="ascii") as rows:
        return [line.rstrip("\n").split("\t") for line in rows if line.strip() and not line.startswith("#")]


def spread(values):
    return f"{statistics.median(values):g} {min(values):g} {max(values):g}"


def print_block(name, lines):
    print(f"${name} << END", *lines, "END", sep="\n")


def way(path):
    """Rate and delay of a path in words, its parts."""
    rate, delay, *parts = path.split(":")
    return f"{rate} Mbit/s, {2 * float(delay):g} ms round trip", parts


def goodput(rows, names):
    runs = collections.defaultdict(list)
    for path, kind, module, value, *_ in rows:
        if kind == "cubic" and path != "order":
            runs[path, module].append(float(value))
    paths = [p for p in dict.fromkeys(p for p, _ in runs) if all((p, m) in runs for m in MODULES)]
    if not paths:
        return 1
    jitter, others = {}, []
    for path in paths:
        parts = way(path)[1]
        if not parts:
            jitter[path] = 0
        elif len(parts) == 1 and parts[0].startswith("n"):
            jitter[path] = float(parts[0][1:])
        else:
            others.append(path)
    print(f'headline = "TCP (cubic) through a tunnel, {way(paths[0])[0]}"')
    print(f"rows = {len(others)}")
    # Of each a block for stock, and one for ours.
    print_block("jitter", [line for module in MODULES for line in
                           [f"{jitter[p]:g} {spread(runs[p, module])}"
                            for p in sorted(jitter, key=jitter.get)] + ["\n"]])
    print_block("others", [line for module in MODULES for line in
                           [f'{number} "{names.get(p, p)}" {spread(runs[p, module])}'
                            for number, p in enumerate(others)] + ["\n"]])
    return 0


def onset(rows, names):
    runs = collections.defaultdict(list)
    paths = {}
    for path, module, _, second, value in rows:
        runs[module, int(second)].append(float(value))
        paths[int(second)] = path
    if not paths:
        return 1
    before, after = paths[min(paths)], paths[max(paths)]
    print(f'headline = "One TCP connection (cubic) through a tunnel, {way(before)[0]}"')
    print(f'after = "{names.get(after, after)}"')
    print(f"change = {max(s for s, p in paths.items() if p == before)}")
    print(f"last = {max(paths)}")
    for module in MODULES:
        # A second is drawn in its middle.
        print_block(module, [f"{s - 0.5} {spread(runs[module, s])}" for s in sorted(paths) if runs[module, s]])
    return 0


def held(rows, names):
    figures = collections.defaultdict(dict)
    for path, name, begin, packets in rows:
        figures[path].setdefault(name, []).append((begin, int(packets)))
    if not figures:
        return 1
    extent, hold = [], []
    for path, figure in figures.items():
        every = figure["authenticated"][0][1]
        label = names.get(path, path)
        extent += [f'"{label}"'] + [f"{begin} {100 * n / every:.4g}" for begin, n in figure["extent"]] + ["\n"]
        bins = figure["hold"]
        hold += [f'"{label}"']
        for number, (begin, _) in enumerate(bins):
            longer = sum(n for _, n in bins[number:])
            # 1 us and below is nothing; the last ones say that there was none.
            if int(begin) >= 1024 and (longer or bins[number - 1][1]):
                hold.append(f"{int(begin) / 1e6:g} {100 * longer / every:.4g}")
        hold += ["\n"]
    print('headline = "UDP through a tunnel, '
          f'{way(next(iter(figures)))[0]}: what the module counted"')
    print(f"paths = {len(figures)}")
    print_block("extent", extent)
    print_block("hold", hold)
    return 0


def profile(rows, _names):
    runs = collections.defaultdict(list)
    for kind, module, _, group, instructions, *_ in rows:
        runs[kind, module, group].append(float(instructions))
    if not runs:
        return 1
    kinds, modules, groups = (list(dict.fromkeys(key[i] for key in runs)) for i in range(3))
    print('headline = "Instructions for each packet, both ends and what is between them"')
    print(f"kinds = {len(kinds)}")
    print(f"groups = {len(groups)}")
    print("titles =", quoted(TRAFFIC.get(kind, kind) for kind in kinds))
    print("names =", quoted(groups))
    print_block("profile", [line for kind in kinds for line in
                            [" ".join([f'"{WITHOUT.get(module, module)}"'] +
                                      [f"{statistics.median(runs[kind, module, group]):g}" for group in groups])
                             for module in modules] + ["\n"]])
    return 0


def quoted(words):
    """What gnuplot's word() takes apart again."""
    return "'" + " ".join(f'"{word}"' for word in words) + "'"


TRAFFIC = {"tcp1": "TCP, one connection", "udp64": "UDP of 64 bytes", "rr": "a ping and its answer"}
WITHOUT = {"bare": "no tunnel"}


def main():
    commands = {"goodput": goodput, "onset": onset, "held": held, "profile": profile}
    if len(sys.argv) != 4 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    names = {row[0]: row[-1] for row in table(sys.argv[3])}
    return commands[sys.argv[1]](table(sys.argv[2]), names)


if __name__ == "__main__":
    sys.exit(main())
