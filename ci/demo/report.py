#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The demo's figures, from the rows of applications.sh.

  report.py path PATH            what a path is called
  report.py plot ROWS FRAME      what plot.gp draws; the stills are of that frame
  report.py sentences ROWS       what was seen, a sentence for each kind

sentences ends with status 1 if ours delivered anything out of order, or if the run
proves nothing.
"""

import os
import statistics
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench"))
# pylint: disable=wrong-import-position
import applications  # noqa: E402

MODULES = applications.MODULES
WORDS = {"": "in order", "j1": "jitter", "a15": "two lines"}
SPEEDS = (("cubic", "TCP"), ("ngtcp2", "QUIC of ngtcp2"), ("quicgo", "QUIC of a Caddy server"))


def short_name(path):
    return WORDS.get(":".join(path.split(":")[2:]), path)


class Figures:
    def __init__(self, name):
        self.values = applications.read(name)
        found = {path for path, _, _ in self.values}
        self.paths = sorted(found, key=lambda p: list(WORDS.values()).index(short_name(p)))
        self.disturbed = [p for p in self.paths if short_name(p) != "in order"]

    def has(self, path, kind, measure):
        return (path, kind, measure) in self.values

    def of(self, path, kind, measure, module):
        return statistics.median(self.values[path, kind, measure][module])

    def percent(self, path, kind, measure, whole, module):
        return 100 * self.of(path, kind, measure, module) / max(1, self.of(path, kind, whole, module))


def plot(name, frame):
    figures = Figures(name)
    panels = (("packets out of order, %", "udp", "out_of_order", "sent"),
              ("TCP (cubic), Mbit/s", "cubic", "mbit", None),
              ("QUIC (ngtcp2), Mbit/s", "ngtcp2", "mbit", None),
              ("QUIC (Caddy), Mbit/s", "quicgo", "mbit", None),
              ("video frames as sent, %", "video", "intact", "frames"))
    path = figures.disturbed[-1]
    print(f"frame = {frame}")
    for module in MODULES:
        intact, frames = (figures.of(path, "video", m, module) for m in ("intact", "frames"))
        print(f'{module}_title = "{"the kernel’s own module" if module == "stock" else "wireguard-reorder"}: '
              f'{intact:.0f} of {frames:.0f} frames as they were sent"')
    print("array panel_title[5]")
    # For each panel a block for stock and one for ours: place, name of the path, median, least, most.
    lines = []
    for number, (title, kind, measure, whole) in enumerate(panels, 1):
        for module in MODULES:
            place = 0
            for p in figures.paths:
                if figures.has(p, kind, measure):
                    values = figures.values[p, kind, measure][module]
                    part = 100 / max(1, figures.of(p, kind, whole, module)) if whole else 1
                    lines.append(f'{place} "{short_name(p)}" ' + " ".join(
                        f"{f(values) * part:.2f}" for f in (statistics.median, min, max)))
                    place += 1
            lines.append("\n")
        print(f'panel_title[{number}] = "{title}"')
    print("$panels << END", *lines, "END", sep="\n")


def where(path):
    return {"two lines": "over two lines", "jitter": "with jitter"}.get(short_name(path), short_name(path))


def listed(subject, parts):
    print(f"{subject}:", "; ".join(parts) + ".")


def packets(figures, path):
    ours = figures.of(path, "udp", "out_of_order", "ours")
    return (f"{where(path)} {figures.percent(path, 'udp', 'out_of_order', 'sent', 'stock'):.0f} % of "
            f"{figures.of(path, 'udp', 'sent', 'stock'):.0f} came up out of order with stock, "
            f"{f'{ours:.0f}' if ours else 'none'} with ours")


def speed(figures, path, kind):
    stock, ours = (figures.of(path, kind, "mbit", m) for m in MODULES)
    times = ours / max(stock, 0.01)
    return f"{where(path)} {stock:.1f} Mbit/s with stock, {ours:.1f} with ours, {times:.{0 if times >= 10 else 2}f} times as much"


def frames(figures, path):
    stock, ours = (figures.of(path, "video", "intact", m) for m in MODULES)
    return (f"{where(path)} {stock:.0f} of {figures.of(path, 'video', 'frames', 'ours'):.0f} frames came as they were "
            f"sent with stock, {ours:.0f} with ours")


def sentences(name):
    figures = Figures(name)
    paths = figures.disturbed
    print("Stock is the kernel's own WireGuard module, ours is this one. The path: 30 Mbit/s, 20 ms there and back, and\n"
          "jitter of up to 1 ms more or less, or two lines that take packets in turn, one of them 15 ms longer.")
    listed("Packets", [packets(figures, p) for p in paths])
    for kind, words in SPEEDS:
        listed(words, [speed(figures, p, kind) for p in paths if figures.has(p, kind, "mbit")])
    listed("Video", [frames(figures, p) for p in paths])
    return verdict(figures)


def verdict(figures):
    for path in figures.disturbed:
        sent, lost = (figures.of(path, "udp", m, "ours") for m in ("sent", "lost"))
        if lost > sent / 10:
            print(f"FAILED: {where(path)} more than a tenth of the packets did not get through ours, so this run proves nothing.")
            return 1
        if not figures.of(path, "udp", "out_of_order", "stock"):
            print(f"FAILED: {where(path)} nothing came out of order, so this run proves nothing.")
            return 1
        if figures.of(path, "udp", "out_of_order", "ours"):
            print(f"FAILED: {where(path)} ours delivered packets out of order.")
            return 1
    return 0


def main():
    commands = {"path": lambda path: print(short_name(path)), "plot": plot, "sentences": sentences}
    if len(sys.argv) < 3 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    return commands[sys.argv[1]](*sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main() or 0)
