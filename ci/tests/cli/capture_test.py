#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The command "test" on captures that are made up; listen_test.py has it listen.

  capture_test.py PROGRAM [SEED]
  capture_test.py --sample      prints a capture

What the command says is compared with what is worked out here in the simplest way.
Prints TAP and the seed of what is random.
"""

import bisect
import fcntl
import json
import os
import random
import re
import shutil
import socket
import struct
import subprocess
import sys
import termios
import time

import jsonschema

from system import PROGRAM, ours, work
from tap import Tap

SEED = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32)
CLI = os.path.dirname(os.path.abspath(__file__)) + "/../../../src/cli"
MS = 1000000
START = 1700000000 * 1000 * MS
ONE, OTHER = "192.0.2.1:51820", "198.51.100.7:4500"
tap = Tap()


# Frames.

def end(text):
    host, port = text.rsplit(":", 1)
    return host.strip("[]"), int(port)


def data(index, counter, size=100):
    """A data packet of WireGuard."""
    return struct.pack("<IIQ", 4, index, counter) + bytes(random.Random(counter).randrange(256) for _ in range(4)) * (size // 4 + 4)


def udp(source, to, payload):
    return struct.pack(">HHHH", end(source)[1], end(to)[1], 8 + len(payload), 0) + payload


def ip4(source, to, payload, fragment=0, options=b""):
    body = udp(source, to, payload)
    length = 20 + len(options)
    return struct.pack(">BBHHHBBH", 0x40 | length // 4, 0, (length + len(body)) & 0xffff, 1, fragment, 64, 17, 0) + \
        socket.inet_aton(end(source)[0]) + socket.inet_aton(end(to)[0]) + options + body


def ip6(source, to, payload, headers=()):
    body, following = udp(source, to, payload), 17
    for kind, extra in reversed(headers):
        body, following = bytes([following]) + extra + body, kind
    return struct.pack(">IHBB", 0x60000000, len(body) & 0xffff, following, 64) + socket.inet_pton(socket.AF_INET6, end(source)[0]) + \
        socket.inet_pton(socket.AF_INET6, end(to)[0]) + body


def ethernet(packet, tags=b""):
    return b"\x02" * 12 + tags + (b"\x08\x00" if packet[0] >> 4 == 4 else b"\x86\xdd") + packet


def sll(packet, kind=0):
    return struct.pack(">HHH8s", kind, 1, 6, b"") + (b"\x08\x00" if packet[0] >> 4 == 4 else b"\x86\xdd") + packet


def sll2(packet, kind=0):
    return (b"\x08\x00" if packet[0] >> 4 == 4 else b"\x86\xdd") + struct.pack(">HIHBB8s", 0, 3, 1, kind, 6, b"") + packet


def pcap(frames, link=1, order="<", nano=True, snap=65535):
    """A capture of (time, frame)."""
    out = struct.pack(order + "IHHiIII", 0xa1b23c4d if nano else 0xa1b2c3d4, 2, 4, 0, 0, 65535, link)
    for ns, frame in frames:
        out += struct.pack(order + "IIII", ns // 10**9, ns % 10**9 // (1 if nano else 1000), len(frame[:snap]), len(frame)) + frame[:snap]
    return out


def pcapng(frames):
    def block(kind, body):
        body += bytes(-len(body) % 4)
        return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)
    out = block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1)) + \
        block(1, struct.pack("<HHI", 1, 0, 65535) + struct.pack("<HHB3x", 9, 1, 9) + struct.pack("<HH", 0, 0))
    for ns, frame in frames:
        out += block(6, struct.pack("<IIIII", 0, ns >> 32, ns & 0xffffffff, len(frame), len(frame)) + frame)
    return out


# Paths.

def path(count, gap_ns=MS, delay=lambda n, rng: 0, lose=lambda n, rng: False, seed=0):
    """When packets arrive that are sent one after the other: (time, number), in that order."""
    rng = random.Random(seed)
    arrivals = [(START + n * gap_ns + delay(n, rng), n) for n in range(count) if not lose(n, rng)]
    return sorted(arrivals)


def frames_of(arrivals, index=77, source=ONE, to=OTHER, link=ethernet, first=0):
    return [(ns, link(ip4(source, to, data(index, first + n)))) for ns, n in arrivals]


def bin_end(number):
    return (2 << max(number.bit_length() - 1, 0)) - 1


def percentile(numbers, percent, most=None):
    """As hist_percentile() has it: the end of the bin where the share is reached."""
    if not numbers:
        return 0
    numbers = sorted(numbers)
    found = bin_end(numbers[-(-len(numbers) * percent // 100) - 1])
    return found if most is None else min(found, most)


def worked_out(arrivals):
    """What is to be said of one session that began at 0, by looking at each pair that matters."""
    top, best, late, extent = -1, [], [], []
    for ns, n in arrivals:
        if n > top:
            best.append((n, ns))
            top = n
            continue
        # The first arrival of one sent later.
        first = best[bisect.bisect_right(best, (n, 1 << 80))][1]
        late.append(ns - first)
        extent.append(top - n)
    return {"packets": len(arrivals), "swapped": len(late), "extent_p50": percentile(extent, 50), "extent_p99": percentile(extent, 99),
            "behind_p50_ns": percentile(late, 50, max(late, default=0)), "behind_p99_ns": percentile(late, 99, max(late, default=0)),
            "behind_max_ns": max(late, default=0)}


def run(content, *words, **how):
    file = work / "capture"
    file.write_bytes(content)
    return ours().run("test", "--pcap", file, *words, **how)


SCHEMA = json.loads(open(CLI + "/schema.json", encoding="utf-8").read())


def seen(content, name):
    """Its JSON, which must fit the schema."""
    result = run(content, "-j")
    if not tap.point(result.returncode == 0 and not result.stderr, f"{name}: is read", result.returncode, result.stderr):
        return {"streams": [{"packets": 0, "policies": [{}] * 3}]}
    said = json.loads(result.stdout)
    try:
        jsonschema.Draft202012Validator({**SCHEMA, "anyOf": [{"$ref": "#/$defs/test"}]}).validate(said)
    except jsonschema.ValidationError as wrong:
        tap.point(False, f"{name}: fits the schema", wrong)
    return said


def stream(content, name):
    said = seen(content, name)["streams"]
    tap.same(len(said), 1, f"{name}: one stream")
    return said[0]


def part(found, wanted):
    return {key: found.get(key) for key in wanted}


def test_paths():
    """Figures against those worked out; order never swaps, off never waits, and nothing gets lost on the way."""
    paths = {
        "in order": path(5000),
        "jitter": path(5000, delay=lambda n, rng: rng.randrange(4 * MS), seed=SEED),
        "5 % early": path(5000, delay=lambda n, rng: 0 if rng.random() < 0.05 else 10 * MS, seed=SEED),
        "two lines": path(5000, delay=lambda n, rng: (10 if n % 2 else 25) * MS),
        "loss": path(5000, lose=lambda n, rng: rng.random() < 0.01, seed=SEED),
        "jitter and loss": path(5000, delay=lambda n, rng: rng.randrange(3 * MS), lose=lambda n, rng: rng.random() < 0.01, seed=SEED),
    }
    for name, arrivals in paths.items():
        found = stream(pcap(frames_of(arrivals)), name)
        # What was sent before the first one seen is nobody's loss, nor can it be swapped.
        begin = arrivals[0][1]
        kept = [(ns, n) for ns, n in arrivals if n >= begin]
        wanted = worked_out(kept)
        tap.same(part(found, wanted), wanted, f"{name}: figures")
        last = max(n for _, n in kept)
        since = {n for _, n in kept}
        tap.same(found["lost"], sum(n not in since for n in range(begin, last) if START + n * MS < kept[-1][0] - 1030 * MS) +
                 sum(n not in since and lost_long(kept, n) for n in range(begin, last) if START + n * MS >= kept[-1][0] - 1030 * MS), f"{name}: lost")
        adaptive, fixed, off = found["policies"]
        tap.same(([p["mode"] for p in found["policies"]], off["swapped"], off["late"], off["delay_max_ns"], off["delayed"]),
                 (["adaptive", "fixed", "off"], found["swapped"], 0, 0, 0), f"{name}: off hands up as it comes")
        for policy in (adaptive, fixed):
            tap.same((policy["swapped"], policy["handed_up"] + policy["late"]), (0, found["packets"]), f"{name}: {policy['mode']} keeps the order, and all are accounted for")
        tap.point(fixed["delay_max_ns"] <= 5 * MS and adaptive["delay_max_ns"] <= 250 * MS, f"{name}: no delay is longer than the hold", found["policies"])


def lost_long(arrivals, n):
    """Whether it is missing for more than a second before the end."""
    first = min(ns for ns, m in arrivals if m > n)
    return first <= arrivals[-1][0] - 1000 * MS


def test_delay():
    """Delays that can be told by hand: 2 comes 3 ms after 3, and nothing else waits."""
    times = [(START + n * 10 * MS, n) for n in range(2000) if n != 2]
    found = stream(pcap(frames_of(sorted(times + [(START + 33 * MS, 2)]))), "one swapped")
    fixed = found["policies"][1]
    tap.same((found["swapped"], found["behind_max_ns"], fixed["delayed"], fixed["delay_max_ns"], fixed["delay_mean_ns"], fixed["late"]),
             (1, 3 * MS, 1, 3 * MS, 3 * MS // 2000, 0), "one swapped: what waits, and how long")
    found = stream(pcap(frames_of(sorted(times + [(START + 39 * MS, 2)]))), "one late")
    fixed = found["policies"][1]
    tap.same((fixed["late"], fixed["delayed"], fixed["delay_max_ns"], found["lost"]), (1, 1, 5 * MS, 0), "one late: it waits for as long as it may")


def test_verdicts():
    for wanted, arrivals in (
            (r"arrive as they were sent: there is nothing to gain from order$", path(2000)),
            (r"get lost, and none arrives swapped: there is nothing to gain from order, which would cost [0-9.]+ ms$", path(3000, lose=lambda n, rng: n % 50 == 7)),
            (r"hardly any packet arrives swapped \(0.05 %\): there is little to gain", path(4000, delay=lambda n, rng: 3 * MS if n % 2000 == 9 else 0)),
            (r"order would cost [0-9.]+ (us|ms) and save 1[0-9]\.[0-9]+ % of the packets from arriving swapped$",
             path(6000, delay=lambda n, rng: 3 * MS if n % 8 == 3 else 0)),
            # Losses make it wait hardly any more, and then 25 come 40 ms after one sent later: less than it might wait.
            (r"^order would hardly help: it would cost [0-9.]+ ms and save 0\.00 % of the packets from arriving swapped; 1\.[0-9]+ % would come too late$",
             path(2000, delay=lambda n, rng: (1525 - n) * MS + 40 * MS if 1500 <= n < 1525 else 0, lose=lambda n, rng: n % 50 == 37)),
            (r"too few packets to tell", path(500, delay=lambda n, rng: rng.randrange(4 * MS))),
            (r"would come too late: they are behind by up to [34][0-9][0-9] ms, and hold-max would have to be longer",
             path(6000, delay=lambda n, rng: (0 if n % 2 else 400) * MS))):
        found = stream(pcap(frames_of(arrivals)), wanted)
        tap.point(re.search(wanted, found["verdict"]), f"verdict: {wanted}", found)
    text = run(pcap(frames_of(path(6000, delay=lambda n, rng: 3 * MS if n % 8 == 3 else 0)))).stdout
    tap.point(re.fullmatch(r"192\.0\.2\.1:51820 to 198\.51\.100\.7:4500\n"
                           r"  packets: 6000, swapped 12\.50 %, lost 0\.00 %\n"
                           r"  extent: p50 3, p99 3 packets\n"
                           r"  behind by: p50 2\.00 ms, p99 2\.00 ms, 2\.00 ms at most\n"
                           r"  adaptive: 0\.00 % swapped, 0\.00 % too late, delay [0-9.]+ [um]s on average, 2\.00 ms at most, hold [0-9.]+ ms in the end\n"
                           r"  fixed 5\.00 ms: 0\.00 % swapped, 0\.00 % too late, delay [0-9.]+ [um]s on average, 2\.00 ms at most, hold 5\.00 ms in the end\n"
                           r"  off: 12\.50 % swapped, 0\.00 % too late\n"
                           r"  verdict: order would cost [0-9.]+ [um]s and save 12\.50 % of the packets from arriving swapped\n", text), "as text", text)


def test_sessions():
    """Keys change: another number, and counters from 0 on, in either direction at once."""
    arrivals = path(3000, delay=lambda n, rng: rng.randrange(3 * MS), seed=SEED)
    later = [(ns + 3000 * MS, n) for ns, n in arrivals]
    back = frames_of(path(2500), index=5, source=OTHER, to=ONE)
    frames = sorted(frames_of(arrivals, first=90000) + frames_of(later, index=78) + back)
    said = seen(pcap(frames), "two sessions and both directions")["streams"]
    tap.same([(s["from"], s["to"], s["sessions"]) for s in said], [(ONE, OTHER, 2), (OTHER, ONE, 1)], "two streams")
    begin = arrivals[0][1]
    first = [(ns, n) for ns, n in arrivals if n >= begin]
    tap.same((said[0]["packets"], said[0]["swapped"]), (len(first) + 3000, worked_out(first)["swapped"] + worked_out(later)["swapped"]),
             "counters of another session are no swaps")
    tap.point(said[0]["policies"][0]["late"] < 10 and said[0]["policies"][0]["swapped"] == 0, "order across sessions", said[0]["policies"])
    # The last ones of the old key come after the first ones of the new one.
    crossed = sorted(frames_of(path(1000)) + [(ns + 995 * MS, frame) for ns, frame in frames_of(path(1000), index=78)])
    found = stream(pcap(crossed), "sessions that cross")
    tap.same((found["sessions"], found["packets"], found["swapped"], found["lost"]), (2, 2000, 0, 0), "sessions that cross")
    many = []
    for i in range(50):
        many += [(ns + i * 100 * MS, frame) for ns, frame in frames_of(path(100), index=1000 + i)]
    tap.same(part(stream(pcap(many), "50 sessions"), ("sessions", "packets", "lost", "swapped")),
             {"sessions": 50, "packets": 5000, "lost": 0, "swapped": 0}, "50 sessions")


def test_lines():
    """One session over several lines: by its number, wherever it comes from."""
    arrivals = path(4000, delay=lambda n, rng: (10 if n % 2 else 25) * MS)
    lines = [(ns, ethernet(ip4(f"192.0.2.{1 + n % 2}:51820", OTHER, data(9, n)))) for ns, n in arrivals]
    found = stream(pcap(lines), "two lines with addresses of their own")
    wanted = worked_out([(ns, n) for ns, n in arrivals if n >= arrivals[0][1]])
    tap.same(part(found, wanted), wanted, "two lines with addresses of their own: figures")
    # And the next session begins on the other line.
    lines += [(ns + 5000 * MS, ethernet(ip4(f"192.0.2.{2 - n % 2}:51820", OTHER, data(10, n)))) for ns, n in path(1000)]
    tap.same(stream(pcap(lines), "two lines, two sessions")["sessions"], 2, "two lines, two sessions")
    twice = [(ns + k * 5 * MS, ethernet(ip4(f"192.0.2.{1 + k}:51820", OTHER, data(9, n)))) for ns, n in path(2000) for k in (0, 1)]
    found = stream(pcap(sorted(twice)), "each datagram on both lines")
    tap.same((found["packets"], found["seen_again"], found["swapped"], found["lost"]), (2000, 2000, 0, 0), "each datagram on both lines")


LINKS = {
    "Ethernet": (1, ethernet), "VLAN": (1, lambda p: ethernet(p, b"\x81\x00\x00\x07")),
    "two VLANs": (1, lambda p: ethernet(p, b"\x88\xa8\x00\x07\x81\x00\x00\x08")),
    "PPPoE": (1, lambda p: b"\x02" * 12 + b"\x88\x64\x11\x00\x00\x01" + struct.pack(">H", len(p) + 2) + (b"\x00\x21" if p[0] >> 4 == 4 else b"\x00\x57") + p),
    "Linux cooked": (113, sll), "Linux cooked 2": (276, sll2), "raw": (101, lambda p: p), "IPv4 or IPv6": (None, lambda p: p),
    "loopback": (0, lambda p: struct.pack("<I", 2) + p), "OpenBSD loopback": (108, lambda p: struct.pack(">I", 2) + p),
}


def test_links():
    six = "[2001:db8::1]:51820", "[2001:db8::2]:4500"
    arrivals = path(1000, delay=lambda n, rng: 3 * MS if n % 10 == 3 else 0)
    for name, (link, wrap) in LINKS.items():
        for version, make, ends in ((4, ip4, (ONE, OTHER)), (6, ip6, six)):
            frames = [(ns, wrap(make(*ends, data(1, n)))) for ns, n in arrivals]
            found = stream(pcap(frames, link if link is not None else {4: 228, 6: 229}[version]), f"{name}, IPv{version}")
            tap.same((found["from"], found["to"], found["packets"], found["swapped"]), (*ends, 1000, 100), f"{name}, IPv{version}")
    for name, make in (("IPv4 options", lambda n: ip4(ONE, OTHER, data(1, n), options=b"\x01" * 8)),
                       ("hop-by-hop and destination options", lambda n: ip6(*six, data(1, n), ((0, b"\0" + bytes(6)), (60, b"\1" + bytes(14))))),
                       ("a first fragment of IPv6", lambda n: ip6(*six, data(1, n), ((44, b"\0\0\1\0\0\0\1"),)))):
        tap.same(stream(pcap([(ns, ethernet(make(n))) for ns, n in arrivals]), name)["swapped"], 100, name)
    frames = frames_of(arrivals)
    for name, content in (("pcapng", pcapng(frames)), ("big endian", pcap(frames, order=">")), ("short frames", pcap(frames, snap=58))):
        found = stream(content, name)
        tap.same((found["packets"], found["swapped"], found["behind_max_ns"]), (1000, 100, 2 * MS), name)
    found = stream(pcap(frames, nano=False), "microseconds")
    tap.same((found["packets"], found["swapped"], found["behind_max_ns"]), (1000, 100, 2 * MS), "microseconds")
    ways = [(kind, name) for kind, name in ((0, "received"), (4, "sent"), (3, None))]
    for kind, name in ways:
        for link, wrap in ((113, sll), (276, sll2)):
            content = pcap([(ns, wrap(ip4(ONE, OTHER, data(1, n)), kind)) for ns, n in arrivals], link)
            tap.same(stream(content, f"{link}, {name}")["direction"], name, f"link type {link}: {name}")
    tap.point("sent by this machine" in run(pcap([(ns, sll(ip4(ONE, OTHER, data(1, n)), 4)) for ns, n in arrivals], 113)).stdout, "what is sent is not judged")


def test_together():
    """Several packets that the kernel hands through the stack as one."""
    frames = []
    for first in range(0, 2000, 20):
        payload = b"".join(data(1, n, 200) for n in range(first, first + 19)) + data(1, first + 19, 60)
        frames.append((START + first * MS, ethernet(ip4(ONE, OTHER, payload))))
    tap.same(part(stream(pcap(frames), "together"), ("packets", "swapped", "lost")), {"packets": 2000, "swapped": 0, "lost": 0}, "20 together, the last one shorter")
    # The same type and number in what is encrypted is no packet unless the sizes fit.
    odd = data(1, 0, 200) + data(1, 2000)[:16] + b"x" * 600
    frames = [(START, ethernet(ip4(ONE, OTHER, odd)))] + frames_of(path(2000), index=1)
    tap.same(part(stream(pcap(frames), "odd"), ("packets", "seen_again", "swapped", "lost")),
             {"packets": 2000, "seen_again": 1, "swapped": 0, "lost": 0}, "what only looks like one")


def test_not_believed():
    """Anybody can send a packet with that number."""
    frames = frames_of(path(3000))
    forged = [(START + 1000 * MS + i, ethernet(ip4("203.0.113.9:9", OTHER, data(77, (1 << 64) - 1 - i)))) for i in range(10)]
    found = stream(pcap(sorted(frames + forged)), "far ahead")
    tap.same(part(found, ("packets", "lost", "swapped", "not_believed")), {"packets": 3000, "lost": 0, "swapped": 0, "not_believed": 10}, "far ahead")
    # More streams than are told apart: the first ones are kept, the others are counted.
    frames = [(START + i * MS, ethernet(ip4(f"192.0.2.1:{1000 + i}", OTHER, data(i, 5)))) for i in range(1100)]
    result = run(pcap(frames), "-j")
    said = json.loads(result.stdout)
    tap.point(len(said["streams"]) == 1024 and said["left_out"] == 76 and "76 packets were left out" in result.stderr, "many streams", result.stderr)
    text = run(pcap(frames_of(path(2000)) + frames[:30])).stdout
    tap.point("\nand 30 with fewer than 10 packets\n" in text, "few packets: they are counted", text[-200:])


def test_bad():
    s = ours()
    good = pcap(frames_of(path(200)))
    name = str(work / "capture")
    for content, *parts in ((b"", "truncated"), (b"this is no capture at all, but it is long enough", "unknown file format"), (good[:10], "truncated"),
                            (b"\x7fELF" + bytes(500), "unknown file format"), (good[:24], "no data packet of WireGuard is among its 0 packets"),
                            (good[:30], "cannot be read further behind 0 packets: truncated"),
                            (pcap([], 127), "link type IEEE802_11_RADIO is not understood: capture Ethernet or IP"),
                            (pcap([], 200), "link type"),
                            (pcap([(START, ethernet(ip4(ONE, OTHER, b"x" * 100)))] * 5), "no data packet of WireGuard is among its 5 packets")):
        tap.refused(run(content), 1, f"{name}: ", *parts)
    tap.refused(s.run("test", "--pcap", "/no/such/file"), 1, "/no/such/file: cannot be read as a capture: No such file or directory")
    tap.refused(s.run("test", "--pcap", work), 1, f"{work}: cannot be read as a capture")
    for words, *parts in ((("wg0", "wg1"), '"wg1"'), (("wg0", "--pcap", "x"), "not both"), (("--time", "3", "--pcap", "x"), "not both"),
                          (("--time", "0"), '--time "0"', "0.01 to 4000"), (("--time=x"), '--time "x"'), (("w/g",), '"w/g" is no name')):
        tap.refused(s.run("test", *([words] if isinstance(words, str) else words)), 2, *parts)
    tap.refused(s.run("test", "no0"), 1, "no0: is no WireGuard interface that can be read: No such device")
    # Cut off in the middle: what came before is used, and the fault is told.
    result = run(good[:-30], "-j")
    tap.point(result.returncode == 1 and json.loads(result.stdout)["streams"][0]["packets"] == 199 and len(result.stderr.splitlines()) == 1 and
              "cannot be read further behind 199 packets: truncated dump file" in result.stderr, "a capture that is cut off", result.stdout, result.stderr)
    with open(work / "capture", "rb") as file:
        result = subprocess.run([PROGRAM, "test", "--pcap", "-", "-j"], env=s.env({}), stdin=file, capture_output=True, text=True, check=False)
    tap.point(json.loads(result.stdout)["streams"][0]["packets"] == 199, "from standard input", result.stderr)


def test_short():
    """A capture that ends in front of what tells a data packet says so, and how to make one."""
    six = "[2001:db8::1]:51820", "[2001:db8::2]:4500"
    four = [(START + n * MS, ethernet(ip4(ONE, OTHER, data(7, n)))) for n in range(50)]
    name = f"{work / 'capture'}: "
    advice = "were captured too short to be told: capture again with \"tcpdump -s 128\""
    for snap in (10, 20, 34, 36, 42, 43, 50, 57):
        tap.refused(run(pcap(four, snap=snap)), 1, f"{name}50 of its 50 packets {advice}")
    for link, wrap in ((1, lambda p: ethernet(p, b"\x81\x00\x00\x07")), (113, sll), (276, sll2), (101, lambda p: p)):
        frames = [(START + n * MS, wrap(ip6(*six, data(7, n)))) for n in range(50)]
        need = len(frames[0][1]) - len(data(7, 0)) + 16
        tap.refused(run(pcap(frames, link, snap=need - 1)), 1, f"{name}50 of its 50 packets {advice}")
        tap.same(run(pcap(frames, link, snap=need)).returncode, 0, f"link type {link}: one byte more is enough")
    # What is no such packet is not, however short it was captured.
    others = [(START, ethernet(ip4(ONE, OTHER, b"x" * 100)))] * 5 + [(START, ethernet(b"\x45" + bytes(8) + b"\x06" + bytes(100)))] * 3
    tap.refused(run(pcap(others, snap=50)), 1, f"{name}no data packet of WireGuard is among its 8 packets")
    tap.refused(run(pcap([(START, frame[:50]) for _, frame in four])), 1, f"{name}no data packet of WireGuard is among its 50 packets")
    # Beside those that can be told, too.
    result = run(pcap(four + [(START + n * MS, ethernet(ip6(*six, data(9, n)))) for n in range(5)], snap=60), "-j")
    tap.point(result.returncode == 0 and [x["packets"] for x in json.loads(result.stdout)["streams"]] == [50] and f"5 of its 55 packets {advice}" in result.stderr,
              "some were captured too short", result.stdout, result.stderr)


def test_damaged():
    """Nothing that a frame may hold does harm: the program is built with sanitizers."""
    rng = random.Random(SEED)
    wraps = list(LINKS.values())
    harm = []
    for _ in range(30):
        link, wrap = wraps[rng.randrange(len(wraps))]
        frames = []
        for n in range(300):
            frame = bytearray(wrap(rng.choice((ip4(ONE, OTHER, data(1, n)), ip6("[::1]:1", "[::2]:2", data(1, n), ((60, b"\1" + bytes(14)),))))))
            for _ in range(rng.randrange(4)):
                frame[rng.randrange(min(len(frame), 80))] = rng.randrange(256)
            frames.append((START + n * MS, bytes(frame[:rng.choice((len(frame), rng.randrange(len(frame) + 1)))])))
        result = run(pcap(frames, link if link is not None else 101))
        if result.returncode not in (0, 1) or "ERROR" in result.stderr or "runtime error" in result.stderr:
            harm.append(result.stderr)
    tap.same(harm, [], f"damaged frames, seed {SEED}")


def unread(pipe):
    """How many bytes stand in it."""
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0]


def process_state(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return file.read().rpartition(")")[2].split()[0]


def test_pipe():
    """A pipe that gives nothing more: it ends when it is told to, with the result so far."""
    reader, writer = os.pipe()
    child = subprocess.Popen([PROGRAM, "test", "--pcap", "-", "-j"], env=ours().env({}), stdin=reader, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             text=True)
    os.write(writer, pcap(frames_of(path(300))))
    # It has taken all there is, and waits for more.
    end = time.monotonic() + 30
    while time.monotonic() < end and child.poll() is None and (unread(reader) or process_state(child.pid) != "S"):
        time.sleep(0.01)
    child.terminate()
    out, err = child.communicate(timeout=10)
    os.close(writer)
    os.close(reader)
    tap.point(child.returncode == 0 and not err and json.loads(out)["streams"][0]["packets"] > 0, "a pipe that gives nothing more", child.returncode, out, err)


if sys.argv[1] == "--sample":
    shutil.rmtree(work)
    sys.stdout.buffer.write(pcap(frames_of(path(500, delay=lambda n, rng: rng.randrange(4 * MS), lose=lambda n, rng: n % 50 == 7))))
    sys.exit()
print(f"# seed {SEED}")
tap.tests([test_paths, test_delay, test_verdicts, test_sessions, test_lines, test_links, test_together, test_not_believed, test_bad, test_short, test_damaged, test_pipe])
shutil.rmtree(work)
sys.exit(tap.done())
