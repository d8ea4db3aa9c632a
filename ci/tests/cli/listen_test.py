#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The command "test" that listens, to datagrams between two network namespaces.

  listen_test.py PROGRAM

Needs root and makes namespaces of its own. Prints TAP.
"""

import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time

from system import PROGRAM, ours, stock, work
from tap import Tap

INSIDE = "WGR_LISTEN_TEST"
tap = Tap()


def ip(*words, netns=None):
    where = ["nsenter", f"--net={netns}"] if netns else []
    subprocess.run([*where, "ip", *words], check=True)


def two_ends():
    """This namespace has 198.51.100.7, the other one 192.0.2.1, as the first peer of the made-up wg0."""
    other = work / "other"
    if not other.exists():
        other.touch()
        subprocess.run(["unshare", f"--net={other}", "true"], check=True)
        ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", str(other))
        for netns, mine, its in ((None, "198.51.100.7", "192.0.2.1"), (other, "192.0.2.1", "198.51.100.7")):
            ip("link", "set", "lo", "up", netns=netns)
            ip("link", "set", "eth0", "up", netns=netns)
            ip("addr", "add", mine, "peer", its, "dev", "eth0", netns=netns)
    return other


SENDER = """
import socket, struct, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("192.0.2.1", 2000))
lost = [int(n) for n in sys.argv[2:]]
def send(n, port=51820, index=99):
    s.sendto(struct.pack("<IIQ", 4, index, n) + bytes(64), ("198.51.100.7", port))
send(0, 51821, 98)
for n in range(0, int(sys.argv[1]), 10):
    for k in (0, 1, 2, 4, 5, 6, 3, 7, 8, 9):
        if n + k not in lost:
            send(n + k)
    time.sleep(0.001)
print("sent", flush=True)
"""


def send(other, count, *lost):
    return subprocess.Popen(["nsenter", f"--net={other}", sys.executable, "-c", SENDER, str(count), *map(str, lost)], stdout=subprocess.PIPE, text=True)


class Listener:
    """The command, which tells on a terminal of its own how far it is."""

    def __init__(self, system, *words):
        self.main, tty = pty.openpty()
        self.child = subprocess.Popen([PROGRAM, "test", *words], env=system.env({}), stdout=subprocess.PIPE, stderr=tty, text=True)
        os.close(tty)
        self.said = ""

    def read(self, until=None):
        """What it says, to its end or until it has said that."""
        end = time.monotonic() + 30
        while not (until and until in self.said) and select.select([self.main], [], [], max(0, end - time.monotonic()))[0]:
            try:
                self.said += os.read(self.main, 65536).decode()
            except OSError:
                break

    def listens(self):
        """Wait until it does: what is missing from then on is lost."""
        self.read("listening: 0 s")
        return self

    def end(self):
        """Its status, what it printed, and what it said besides how far it was."""
        self.read()
        out, _ = self.child.communicate(timeout=30)
        os.close(self.main)
        return self.child.returncode, out, re.sub(r"\rlistening: [^\r\n]*", "", self.said).strip()


def part(found, wanted):
    return {key: found.get(key) for key in wanted}


def test_listen():
    """Three of them, all at once."""
    other = two_ends()
    named = [(name, words, Listener(s, *words, "--time", "5", "-j")) for name, s, words in
             (("ours", ours(), ()), ("stock", stock("stock"), ()), ("stock, one interface", stock("one"), ("wg0",)))]
    for _, _, listener in named:
        listener.listens()
    begin = time.monotonic()
    # Lost just before the end of what is sent, but well before the end of the test.
    sender = send(other, 5000, 4990, 4991)
    for name, words, listener in named:
        code, out, err = listener.end()
        took = time.monotonic() - begin
        said = json.loads(out) if out else {"streams": [{}]}
        found = said["streams"][0]
        wanted = {"from": "192.0.2.1:2000", "to": "198.51.100.7:51820", "direction": "received", "packets": 4998, "swapped": 500, "lost": 2, "extent_p99": 3}
        tap.same((code, err, part(found, wanted)), (0, "", wanted), f"listening, {name}")
        tap.point(3 < took < 10 and found.get("behind_max_ns", 0) > 0 and found["policies"][0]["swapped"] == 0, f"listening, {name}: for 5 s", took, found)
        # Bridges stand for WireGuard interfaces here, and there is none: only the one that is named is known.
        tap.same((found.get("interface"), found.get("public_key"), len(said["streams"])),
                 ("wg0", "AAAAERERERERERERERERERERERERERERERERERERERE=", 1) if words else (None, None, 2 if not words else 1), f"listening, {name}: whose it is")
    sender.communicate()


def test_middle():
    """It begins to listen while packets come, however long it takes to: none of those counts as lost."""
    other = two_ends()
    sender = send(other, 1000000)
    time.sleep(0.2)
    # Sanitizers and strace do not go together.
    words = ["strace", "-f", "-qq", "-o", os.devnull, "-e", "trace=bind,setsockopt", "-e", "inject=bind,setsockopt:delay_exit=100000",
             PROGRAM.parent / "plain", "test", "--time", "2.5", "-j"]
    result = subprocess.run(words, env=ours().env({}), capture_output=True, text=True, check=False)
    sender.kill()
    sender.communicate()
    stream = json.loads(result.stdout)["streams"][0]
    tap.point(result.returncode == 0 and not result.stderr and stream["packets"] > 100 and not stream["lost"], "it begins in the middle", result.returncode,
              result.stderr, part(stream, {"packets": 0, "lost": 0}))


def test_interrupted():
    """Ctrl-C gives the result so far, as does SIGTERM."""
    other = two_ends()
    told = [(number, Listener(s, "--time", "600", "-j").listens()) for number, s in ((signal.SIGINT, ours()), (signal.SIGTERM, ours("second")))]
    send(other, 2000).communicate(timeout=30)
    time.sleep(0.5)
    for number, listener in told:
        listener.child.send_signal(number)
        begin = time.monotonic()
        code, out, err = listener.end()
        tap.point(code == 0 and not err and json.loads(out)["streams"][0]["packets"] == 2000 and time.monotonic() - begin < 5,
                  f"{number.name}: the result so far", code, out, err)


def test_progress():
    """On a terminal it says how far it is."""
    other = two_ends()
    listener = Listener(ours(), "--time", "3").listens()
    send(other, 1500).communicate(timeout=30)
    _, out, _ = listener.end()
    text = listener.said
    tap.point(len(re.findall(r"\rlistening: \d s of 3, \d+ packets", text)) >= 3 and "\rlistening: 3 s of 3, 1501 packets" in text and text.endswith("\n"),
              "progress while it listens", repr(text))
    tap.point("packets: 1500, swapped 10.00 %" in out and "\r" not in out, "and none of it in the result", out)


def test_rights():
    two_ends()
    tap.refused(ours().run("test", "--time", "0.2"), 1, "no data packet of WireGuard was seen: is anything sent")
    command = work / "command"
    shutil.copy(PROGRAM, command)
    work.chmod(0o755)
    command.chmod(0o755)
    result = subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all",
                             command, "test", "--time", "1"], env={"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False)
    tap.refused(result, 4, "to listen needs root (CAP_NET_RAW)", "sudo")
    tap.refused(ours().run("test", "wg0", FAKE_EPERM=1), 4, "wg0: this needs root (CAP_NET_ADMIN)", "sudo")


if INSIDE not in os.environ:
    # Mounts are private, too: files that namespaces are bound to go with it.
    os.execvpe("unshare", ["unshare", "--net", "--mount", sys.executable, *sys.argv], {**os.environ, INSIDE: "1"})
tap.tests([test_listen, test_middle, test_interrupted, test_progress, test_rights])
subprocess.run(["umount", work / "other"], check=False)
shutil.rmtree(work)
sys.exit(tap.done())
