#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The demo's figures.

  report.py head                               the first line of the table file
  report.py row ROUND PATH RECOVERY MODULE UDP IPERF
                                               a line of it: UDP is what
                                               seqtest.py printed ('' if UDP was
                                               not measured), IPERF a file with
                                               iperf3's account
  report.py line FILE N                        the last N lines, for people
  report.py plot FILE                          what plot.gp draws
  report.py table FILE JITTER                  the table and what it shows

table ends with status 1 if ours delivered anything out of order, or if the run
proves nothing.
"""

import json
import statistics
import sys

COLUMNS = ("round", "path", "tcp_recovery", "module", "udp_sent", "udp_received",
           "udp_out_of_order", "udp_lost", "tcp_mbit_s", "tcp_retransmissions")
# Mbit/s, as in inside.sh.
RATE = 30
MODULES = ("stock", "ours")
# (path, tcp_recovery), in the order of the table.
CASES = (("in-order", "1"), ("jittery", "1"), ("jittery", "0"))


def read(name):
    with open(name, encoding="utf-8") as f:
        lines = [line.rstrip("\n").split("\t") for line in f]
    return [dict(zip(COLUMNS, line)) for line in lines[1:]]


def row(number, path, recovery, module, udp, iperf):
    with open(iperf, encoding="utf-8") as f:
        end = json.load(f)["end"]
    counts = dict(word.split("=") for word in udp.split())
    goodput = end["sum_received"]["bits_per_second"] / 1e6
    values = [number, path, recovery, module]
    values += [counts.get(k, "-") for k in ("sent", "received", "out_of_order", "lost")]
    values += [f"{goodput:.2f}", end["sum_sent"]["retransmits"]]
    print(*values, sep="\t")


def line(name, count):
    rows = read(name)[-int(count):]
    said = [f"{r['udp_out_of_order']} of {r['udp_received']} out of order, {r['udp_lost']} lost"
            for r in rows if r["udp_sent"] != "-"]
    said += [f"TCP{' (tcp_recovery=0)' if r['tcp_recovery'] == '0' else ''} {r['tcp_mbit_s']} Mbit/s,"
             f" {r['tcp_retransmissions']} retransmitted" for r in rows]
    print("; ".join(said))


class Figures:
    """What the rounds gave for one case and module."""

    def __init__(self, rows, case, module):
        mine = [r for r in rows if (r["path"], r["tcp_recovery"]) == case and r["module"] == module]
        udp = [r for r in mine if r["udp_sent"] != "-"]
        self.sent = sum(int(r["udp_sent"]) for r in udp)
        self.received = sum(int(r["udp_received"]) for r in udp)
        self.out_of_order = sum(int(r["udp_out_of_order"]) for r in udp)
        self.lost = sum(int(r["udp_lost"]) for r in udp)
        self.goodput = [float(r["tcp_mbit_s"]) for r in mine]
        self.retransmissions = [int(r["tcp_retransmissions"]) for r in mine]

    def percent(self):
        return 100 * self.out_of_order / self.received if self.received else 0.0


def spread(values, form):
    return f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def plot(name):
    rows = read(name)
    # A block for each module: case, out of order in percent, then median,
    # least and most of goodput and of retransmissions.
    for module in MODULES:
        for number, case in enumerate(CASES):
            f = Figures(rows, case, module)
            print(number, f"{f.percent():.2f}" if f.received else "NaN",
                  *(f"{g(v):g}" for v in (f.goodput, f.retransmissions)
                    for g in (statistics.median, min, max)))
        print("\n")


def table(name, jitter):
    rows = read(name)
    got = {(c, m): Figures(rows, c, m) for c in CASES for m in MODULES}
    titles = (f"path that keeps the order ({RATE} Mbit/s, 20 ms round trip)",
              f"path that jitters (each packet up to {jitter} earlier or later)",
              "the same, with a TCP that minds reordering more (tcp_recovery=0)")

    print(f"{'received by':<34}{'stock':>24}{'ours':>24}")
    for case, title in zip(CASES, titles):
        both = [got[case, m] for m in MODULES]
        lines = []
        if case[1] == "1":
            lines = [("UDP packets out of order", [f"{f.out_of_order} of {f.received}" for f in both]),
                     ("UDP packets lost", [f"{f.lost} of {f.sent}" for f in both])]
        lines += [("TCP goodput, Mbit/s", [spread(f.goodput, ".1f") for f in both]),
                  ("TCP segments sent again", [spread(f.retransmissions, ".0f") for f in both])]
        print(title)
        for what, words in lines:
            print(f"  {what:<32}{words[0]:>24}{words[1]:>24}")
    rounds = len({r["round"] for r in rows})
    print(f"Rounds: {rounds}, UDP added up, TCP the median (least to most).")
    if statistics.median(got[CASES[0], "stock"].goodput) < 0.75 * RATE:
        print(f"NOTE: not even stock came near the path's {RATE} Mbit/s on the path that keeps the order. "
              "The\nmachine is slow or busy, and TCP shows that rather than the path.")
    print()
    return verdict(got)


def verdict(got):
    ours = [got[c, "ours"] for c in CASES]
    wrong = sum(f.out_of_order for f in ours)
    jittery = [got[CASES[1], m] for m in MODULES]

    # What stock loses on a slow machine is no reason: it is told, and what arrived shows the order.
    if any(f.received < f.sent * 0.9 for f in ours):
        print("FAILED: more than a tenth of the UDP packets did not get through ours, so this run proves nothing.")
        return 1
    if wrong:
        print(f"FAILED: ours delivered {wrong} packets out of order.")
        return 1
    if not jittery[0].out_of_order:
        print("FAILED: the path did not reorder anything, so this run proves nothing.")
        return 1
    print(f"Seen: on the path that jitters, stock delivered {jittery[0].percent():.1f} % of the packets out of "
          f"order and lost {jittery[0].lost};\nours delivered none of {sum(f.received for f in ours)} "
          f"out of order on either path, and lost {jittery[1].lost} on that one.")
    said = []
    for case, where in zip(CASES, ("in order", "with jitter", "with jitter and tcp_recovery=0")):
        stock, own = (statistics.median(got[case, m].goodput) for m in MODULES)
        said.append(f"{own / stock:.2f} times stock's {where}" if stock else f"{own:.1f} Mbit/s, stock none {where}")
    print(f"TCP goodput with ours: {', '.join(said)}.")
    return 0


def main():
    commands = {"head": lambda: print(*COLUMNS, sep="\t"),
                "row": row, "line": line, "plot": plot, "table": table}
    if len(sys.argv) < 2 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    return commands[sys.argv[1]](*sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main() or 0)
