#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Figures of applications.sh.

  applications.py medians ROWS             a line for each path, kind and measure
  applications.py table ROWS [short]       what is told of them as a table in Markdown, stock / ours:
                                           median (least to most), or the medians alone
  applications.py rating MS LOST SENT      the R factor of a call, 0 to 93: its 99th percentile of
                                           delay, and what was lost of what was sent

The R factor (ITU-T G.107, with its default values, for G.711 in packets of 20 ms): 93.2 less what
delay and loss take. The player plays each packet at the 99th percentile of the delay, so the hundredth
that comes later is lost to it. Of delay (Cole and Rosenbluth, 2001, whose fit to G.107 this is) 0.024 a ms
and 0.11 more beyond 177.3 ms; of loss 95 p / (p + 25.1), p in percent (G.113, appendix I: G.711 with
concealment). Above 90 a call is called very good, above 80 good, below 70 many are not satisfied.
"""

import collections
import statistics
import sys

MODULES = ("stock", "ours")
# What of a kind is told, in the order of the table: kind, measure, words.
TOLD = (
    ("udp", "out_of_order", "UDP, 20 Mbit/s: packets out of order, of {sent}"),
    ("cubic", "mbit", "TCP, Linux, cubic: Mbit/s"),
    ("norack", "mbit", "... without RACK: Mbit/s"),
    ("bbr", "mbit", "TCP, Linux, bbr: Mbit/s"),
    ("lwip", "mbit", "TCP of a program, lwIP: Mbit/s"),
    ("ngtcp2", "mbit", "QUIC, ngtcp2, cubic: Mbit/s"),
    ("quicgo", "mbit", "QUIC, quic-go (caddy): Mbit/s"),
    ("video", "intact", "MPEG-TS over UDP, 6 Mbit/s: frames intact, of {frames}"),
    ("rtp", "intact", "the same in RTP, to ffmpeg: frames intact, of {frames}"),
    ("video", "call_r", "a call beside it: R factor"),
    ("video", "names_ms", "DNS beside it: ms, mean"),
    ("video", "ping_ms", "ping beside it: ms, mean"),
    ("video", "ping_p99_ms", "... 99th percentile"),
)
PATHS = {"": "in order", "j1": "jitter ±1 ms", "j2": "jitter ±2 ms", "e5/3": "5 % come 3 ms early",
         "a15": "two lines, 10 and 25 ms, in turn"}


def rating(delay, lost, sent):
    mouth_to_ear = float(delay) + 20
    loss = 100 * int(lost) / max(1, int(sent)) + 1
    of_delay = 0.024 * mouth_to_ear + 0.11 * max(0, mouth_to_ear - 177.3)
    return 93.2 - of_delay - 95 * loss / (loss + 25.1)


def read(name):
    """[path, kind, measure][module]: the values of all runs."""
    values = collections.defaultdict(lambda: collections.defaultdict(list))
    with open(name, encoding="ascii") as rows:
        for line in rows:
            if line.strip() and not line.startswith("#"):
                path, kind, module, measure, value = line.rstrip("\n").split("\t")
                values[path, kind, measure][module].append(float(value))
    return values


def short(value, values):
    """Counts as they are, what is measured with a digit behind the point."""
    return f"{value:.{0 if all(v == int(v) for v in values) else 1}f}"


def middle(values):
    return short(statistics.median(values), values)


def spread(values):
    median, least, most = (short(f(values), values) for f in (statistics.median, min, max))
    return median if least == most else f"{median} ({least} to {most})"


def medians(name):
    for (path, kind, measure), runs in read(name).items():
        print(f"median {path} {kind} {measure}:",
              ", ".join(f"{m} {spread(runs[m])}" for m in MODULES if runs[m]))


def what(path):
    return PATHS.get(":".join(path.split(":")[2:]), path)


def table(name, form=""):
    values = read(name)
    known = list(PATHS.values())
    paths = sorted({path for path, _, _ in values}, key=lambda p: known.index(what(p)) if what(p) in known else len(known))
    cell = middle if form == "short" else spread
    print("| through the tunnel |", " | ".join(map(what, paths)), "|")
    print("|---" * (1 + len(paths)) + "|")
    for kind, measure, words in TOLD:
        runs = [values.get((p, kind, measure)) for p in paths]
        if any(runs):
            totals = {m: middle(v["ours"]) for (_, k, m), v in values.items() if k == kind and m in ("sent", "frames")}
            cells = (" / ".join(cell(r[m]) for m in MODULES) if r else "–" for r in runs)
            print(f"| {words.format(**totals)} |", " | ".join(cells), "|")


def main():
    commands = {"medians": (medians, (1,)), "table": (table, (1, 2)),
                "rating": (lambda *values: print(f"{rating(*values):.1f}"), (3,))}
    if len(sys.argv) < 2 or sys.argv[1] not in commands or len(sys.argv) - 2 not in commands[sys.argv[1]][1]:
        sys.exit(__doc__)
    commands[sys.argv[1]][0](*sys.argv[2:])


if __name__ == "__main__":
    main()
