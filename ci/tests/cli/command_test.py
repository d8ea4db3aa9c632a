#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The whole command with made-up answers of the kernel (fake_kernel.c) and a made-up system.

  command_test.py PROGRAM

Prints TAP. The program is built with sanitizers: what they say fails the test in which they say it.
"""

import base64
import json
import fcntl
import os
import pathlib
import pty
import re
import resource
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

import jsonschema
from prometheus_client.parser import text_string_to_metric_families

from system import KERNEL, PROGRAM, System, build_id, ours, stock, work
from tap import Tap

HERE = pathlib.Path(__file__).resolve().parent
CLI = HERE.parents[2] / "src" / "cli"
SCHEMA = json.loads((CLI / "schema.json").read_text())
FIRST_KEY = "AAAAERERERERERERERERERERERERERERERERERERERE="
STATS = ["authenticated", "in_order", "reordered", "released_filled", "released_timed_out", "released_passed",
         "released_overflowed", "released_flushed", "late", "duplicate", "discarded", "held", "max_held", "gaps_opened",
         "gaps_filled", "gaps_timed_out", "gaps_passed", "gaps_overflowed", "gaps_reset", "gaps_open", "wait_ns",
         "max_hold_ns", "epochs", "epoch_changes", "epoch_held", "starved", "extent", "hold", "released_ahead", "released_behind",
         "late_ahead", "late_unknown"]
OLD = "the module that is loaded, 1.2.0, has no scope: load version 1.3.0 or later"

tap = Tap()
refused = tap.refused


def test_help():
    system = System()
    result = system.run("--help")
    tap.point(result.returncode == 0 and not result.stderr, "--help", result.stderr)
    for command in ("status", "show", "stats", "dump", "watch", "set", "apply", "reset", "switch", "doctor", "export", "test"):
        tap.point(re.search(rf"^  {command}\b", result.stdout, re.M), f"--help names {command}", result.stdout)
    tap.point("[window N] [scope S] [--save]" in result.stdout, "--help names what can be set", result.stdout)
    version = re.search(r'WGR_VERSION "(.*)"', (CLI.parent / "version.h").read_text())[1]
    tap.same(system.run("--version").stdout, f"wireguard-reorder {version}\n", "--version")
    tap.same(system.run("-V").returncode, 0, "-V")


def test_usage():
    s = ours()
    refused(s.run("frobnicate"), 2, 'no command "frobnicate"', "--help")
    refused(s.run("--frob"), 2, 'no option "--frob"')
    refused(s.run("-q"), 2, 'no option "-q"')
    refused(s.run("show", "-jq"), 2, 'no option "-q"')
    refused(s.run("--frob=1"), 2, 'no option "--frob=1"')
    refused(s.run("--json=1"), 2, '--json takes no value: leave "=1" out')
    refused(s.run("set", "wg0", "mode", "off", "--save=x"), 2, '--save takes no value: leave "=x" out')
    refused(s.run("export", "--all-n="), 2, '--all-n takes no value: leave "=" out')
    refused(s.run("switch"), 2, "switch needs to know to which module: give ours or stock")
    refused(s.run("switch", "theirs", "stock"), 2, 'switch takes ours or stock, not "theirs"')
    refused(s.run("switch", "ours", "stock"), 2, 'switch takes one of ours and stock, not "stock" as well')
    refused(s.run("-n"), 2, "-n needs a value")
    refused(s.run("watch", "--count"), 2, "--count needs a value")
    refused(s.run("status", "--count", "3"), 2, "status takes neither --count")
    refused(s.run("show", "--yes"), 2, "show takes no --yes")
    refused(s.run("watch", "--time", "3"), 2, "watch takes neither --time")
    refused(s.run("show", "--pcap=x"), 2, "show takes neither --time nor --pcap")
    for command in ("status", "doctor", "export"):
        refused(s.run(command, "wg0"), 2, f'{command} takes nothing, not "wg0"')
    for command in ("show", "dump", "watch"):
        refused(s.run(command, "wg0", "wg1"), 2, '"wg1"')
        refused(s.run(command, "wg0/x"), 2, '"wg0/x" is no name', "15 characters")
        refused(s.run(command, "no0"), 1, "no0: no such interface", "create it first")
    refused(s.run("stats"), 2, "stats needs the name")
    refused(s.run("stats", "wg0", "frobs"), 2, 'no figure "frobs"', "stats wg0")
    refused(s.run("stats", "wg0", "late", "held"), 2, '"held"')
    refused(s.run("stats", "no0"), 1, "no0: no such interface")
    refused(s.run("export", "-j"), 2, "leave --json out")
    refused(s.run("switch"), 2, "ours or stock")
    refused(s.run("switch", "other"), 2, '"other"')
    refused(s.run("switch", "ours", "-j"), 2, "leave --json out")
    refused(s.run("switch", "ours", "-n", "1"), 2, "leave --netns out")
    refused(s.run("-n", "no-such-namespace", "show"), 2, '"no-such-namespace"', "ip netns list")


def test_set():
    s = ours()
    for words in (("mode", "adaptive"), ("mode", "fixed", "hold", "5ms"), ("hold-max", "800us"), ("window", "4096"),
                  ("mode", "off", "hold", "1s", "hold-max", "0", "window", "64")):
        result = s.run("set", "wg0", *words)
        tap.point(result.returncode == 0 and not result.stdout + result.stderr, f"set wg0 {' '.join(words)}", result.stderr)
    refused(s.run("set"), 2, "set needs an interface")
    refused(s.run("set", "wg0"), 2, "set wg0 needs settings")
    refused(s.run("set", "wg0", "wait", "5ms"), 2, 'no setting "wait"', "hold-max")
    refused(s.run("set", "wg0", "hold"), 2, "hold needs a value", "5ms")
    refused(s.run("set", "wg0", "hold", "5"), 2, 'hold "5"', "unit", "5ms")
    refused(s.run("set", "wg0", "mode", "on"), 2, 'mode "on"', "adaptive, fixed or off")
    refused(s.run("set", "wg0", "window", "8k"), 2, 'window "8k"')
    refused(s.run("set", "wg0", "hold", "5ms", "hold", "6ms"), 2, "hold is given twice")
    # Each name of a setting, spelled either way, and with the unit in the name a bare number.
    for words in (("hold_max", "100ms"), ("hold-max-us", "100000"), ("hold_max_us", "100000"), ("hold_us", "5000"), ("hold-us", "5ms"),
                  ("hold_max_us", "0.1s")):
        result = s.run("set", "wg0", *words)
        tap.point(result.returncode == 0 and not result.stdout + result.stderr, f"set wg0 {' '.join(words)}", result.stderr)
    refused(s.run("set", "wg0", "hold_max", "100000"), 2, 'hold_max "100000"', "unit")
    refused(s.run("set", "wg0", "hold_us", "1000001"), 2, "wg0: hold_us 1000001: hold_us: give 0 to 1000000")
    refused(s.run("set", "wg0", "hold-max", "5ms", "hold_max_us", "5"), 2, "hold-max is given twice")
    for words in (("scope", "flow"), ("scope", "peer"), ("mode", "fixed", "scope", "auto"), ("hold-max", "5s"), ("window", "32768")):
        result = s.run("set", "wg0", *words)
        tap.point(result.returncode == 0 and not result.stdout + result.stderr, f"set wg0 {' '.join(words)}", result.stderr)
    refused(s.run("set", "wg0", "scope", "flows"), 2, 'scope "flows": give flow, peer or auto')
    refused(s.run("set", "wg0", "scope"), 2, "scope needs a value: give flow, peer or auto")
    refused(s.run("set", "wg0", "hold-max", "5.1s"), 2, "wg0: hold-max 5.1s: hold_max_us: give 0 to 5000000 microseconds")
    refused(s.run("set", "wg0", "window", "65536"), 2, "wg0: window 65536: window: give a power of two from 64 to 32768")
    # What is wrong is said, and not something else.
    refused(s.run("set", "wg0", "hold", "1ns"), 2, 'hold "1ns"', "whole number of microseconds")
    refused(s.run("set", "wg0", "hold-max", "1.5us"), 2, 'hold-max "1.5us"', "whole number of microseconds")
    refused(s.run("set", "wg0", "hold-max", "99999s"), 2, 'hold-max "99999s"', "give a shorter time")
    refused(s.run("set", "wg0", "hold", "-1ms"), 2, 'hold "-1ms"', "nothing below zero")
    refused(s.run("set", "wg0", "hold", "-.5s"), 2, 'hold "-.5s"', "nothing below zero")
    refused(s.run("set", "wg0", "window", "-5", "mode", "off"), 2, 'window "-5"', "nothing below zero")
    refused(s.run("set", "wg0", "hold", "5s"), 2, "wg0: hold 5s: hold_us: give 0 to 1000000 microseconds")
    refused(s.run("set", "wg0", "mode", "off", "window", "63"), 2, "wg0: window 63: window: give a power of two from 64")
    refused(s.run("set", "wg0", "mode", "off", "window", "63", FAKE_QUIET=1), 2, "wg0: mode off window 63: Numerical result")
    refused(s.run("set", "no0", "mode", "off"), 1, "no0: mode off: no such interface")


CONF = """\
# what all have
[*]
hold-max = 100ms
window=4096     # packets

[wg1]
  hold-max = 30ms
mode = fixed
hold-max = 20ms ; the last one counts
"""


class Kept:
    """Settings that interfaces have, in the order mode, hold, hold-max, window; the scope is apart."""

    def __init__(self):
        self.folder = work / "kept"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()

    def of(self, ifname):
        try:
            return [int(x) for x in (self.folder / ifname).read_text().split()][:4]
        except FileNotFoundError:
            return None

    def scope(self, ifname):
        try:
            return ["flow", "peer", "auto"][int((self.folder / ifname).read_text().split()[4])]
        except FileNotFoundError:
            return None


def applied(text, *words, ifs="wg0 wg1"):
    """What comes of that file: the result, and the settings of both interfaces."""
    s = ours()
    kept = Kept()
    if text is not None:
        s.file("etc/wireguard-reorder.conf").write_bytes(text if isinstance(text, bytes) else text.encode())
    result = s.run("apply", *words, FAKE_SETTINGS=kept.folder, FAKE_IFS=ifs)
    return result, kept.of("wg0"), kept.of("wg1")


def test_apply():
    for words in ((), ("all",)):
        result, wg0, wg1 = applied(CONF, *words)
        tap.same((result.returncode, result.stdout + result.stderr, wg0, wg1),
                 (0, "", [0, 5000, 100000, 4096], [1, 5000, 20000, 4096]), f"apply {' '.join(words)}")
    result, wg0, wg1 = applied(CONF, "wg1")
    tap.same((result.returncode, wg0, wg1), (0, None, [1, 5000, 20000, 4096]), "apply of one interface")
    # As udev has it.
    tap.same(applied(CONF, "--", "wg1")[2], [1, 5000, 20000, 4096], "apply -- wg1")
    result, wg0, wg1 = applied("[wg0]\nmode = off\n[*]\nmode = fixed\nhold = 0.5s\n")
    tap.same((wg0, wg1), ([2, 500000, 50000, 8192], [1, 500000, 50000, 8192]), "an interface goes before all, wherever it stands")
    for text in (None, "", "\n\n# nothing\n", "[*]\n[wg0]\n"):
        result, wg0, wg1 = applied(text)
        tap.same((result.returncode, result.stderr, wg0, wg1), (0, "", None, None), f"apply: nothing to do: {text!r}")
    tap.same(applied(CONF.replace("\n", "\r\n"))[1], [0, 5000, 100000, 4096], "apply: lines as of DOS")
    tap.same(applied("\ufeff" + CONF)[1], [0, 5000, 100000, 4096], "apply: a mark of the encoding at the beginning")
    result, wg0, wg1 = applied("\ufeff[wg0]\nmode = off\n\ufeff[wg1]\nhold = 9ms\n")
    tap.same((result.stderr, wg0, wg1), ("", [2, 5000, 50000, 8192], [1, 9000, 50000, 8192]), "apply: and in the middle")
    tap.same(applied(CONF.rstrip("\n"))[2], [1, 5000, 20000, 4096], "apply: no end of the last line")
    result, wg0, wg1 = applied((CLI.parent / "dist/examples/wireguard-reorder.conf").read_text())
    tap.same((result.returncode, result.stderr, wg0, wg1), (0, "", [0, 5000, 500000, 8192], [1, 5000, 250000, 8192]), "apply: the example")
    refused(ours().run("apply", "wg0", "wg1"), 2, '"wg1"')
    refused(ours().run("apply", "wg0/x"), 2, '"wg0/x" is no name')
    refused(applied(CONF, "no0")[0], 1, "no0: no such interface")
    s = ours()
    s.file("etc/wireguard-reorder.conf", CONF)
    refused(s.run("apply", FAKE_EPERM=1), 4, "this needs root")
    # What is as it is to be is not set again: hold-max begins anew each time.
    kept = Kept()
    s.file("etc/wireguard-reorder.conf", "[*]\nhold-max = 50ms\n")
    s.run("apply", FAKE_SETTINGS=kept.folder)
    tap.same(kept.of("wg0"), None, "apply: what is so already is left alone")


def test_apply_scope():
    s = ours()
    kept = Kept()
    env = {"FAKE_SETTINGS": kept.folder, "FAKE_IFS": "wg0 wg1"}
    conf = s.file("etc/wireguard-reorder.conf", "[*]\nscope = peer\n[wg1]\nscope = flow\nmode = adaptive\n")
    tap.same((s.run("apply", **env).returncode, kept.scope("wg0"), kept.scope("wg1")), (0, "peer", "flow"), "apply: scopes")
    # It shows "flow", as that is what "auto" comes to: but the mode would change that.
    for mode in ("adaptive", "fixed"):
        s.run("set", "wg0", "mode", "adaptive", "scope", "auto", **env)
        conf.write_text(f"[wg0]\nmode = {mode}\nscope = flow\n")
        tap.same((s.run("apply", "wg0", **env).returncode, kept.scope("wg0")), (0, "flow"), f"apply: the scope of the file goes before that of the mode: {mode}")
    conf.write_text("[wg0]\nscope = auto\n")
    tap.same((s.run("apply", "wg0", **env).returncode, kept.scope("wg0")), (0, "auto"), "apply: scope auto")
    # What is judged goes on where nothing has changed.
    (s.root / "run").mkdir()
    seen = {**env, "FAKE_PEERS": 1, "FAKE_IFS": "wg0"}
    hold_finding(s, **seen)
    s.run("apply", "wg0", **{**seen, "FAKE_PACKETS": 3000})
    said = hold_finding(s, **{**seen, "FAKE_PACKETS": 5000})
    tap.point("of the last 4000 packets" in said, "apply: what doctor judges goes on if nothing is changed", said)
    # An older module: the line is named, and the others are set.
    conf.write_text("[wg0]\nscope = flow\nwindow = 4096\n")
    refused(s.run("apply", "wg0", FAKE_OLD=1, **env), 2, "etc/wireguard-reorder.conf:2: scope flow for wg0: " + OLD)
    tap.same(kept.of("wg0")[3], 4096, "... and the rest is applied")
    tap.same((s.run("set", "wg0", "scope", "peer", "--save", **env).returncode, "scope = peer\n" in conf.read_text()), (0, True), "set scope --save")


def test_old_module():
    """A module of 1.2.0, which has no scope and fewer figures."""
    s = ours()
    s.file("etc/wireguard-reorder.conf", "[*]\n")
    kept = Kept()
    env = {"FAKE_OLD": 1, "FAKE_SETTINGS": kept.folder}
    refused(s.run("set", "wg0", "window", "4096", "scope", "peer", "--save", **env), 1, "wg0: scope peer: " + OLD)
    tap.same((kept.of("wg0"), (s.root / "etc/wireguard-reorder.conf").read_text()), (None, "[*]\n"), "old module: nothing of it is set or saved")
    tap.same(s.run("set", "wg0", "window", "4096", **env).returncode, 0, "old module: other settings are set")
    shown = s.run("show", **env).stdout
    tap.point("  window: 4096 packets\n" in shown and "scope" not in shown, "old module: show", shown)
    show = valid(s.run("show", "-j", **env), "show")["interfaces"][0]
    tap.same((show["scope"], show["totals"]["late_unknown"]), (None, 0), "old module: show -j")
    tap.same(s.run("dump", **env).stdout.splitlines()[0].split("\t")[-4:], ["0"] * 4, "old module: dump")
    found = families(s.run("export", **env))
    tap.same((len(found["scope_info"].samples), len(found["mode_info"].samples)), (0, 1), "old module: export")
    tap.same(valid(s.run("doctor", "-j", **env), "doctor")["worst"], "ok", "old module: doctor")
    tap.point(s.run("watch", "--count", "1", "--interval", "10ms", **env).stdout.startswith("wg0: "), "old module: watch")


def fake_key(number):
    """The key of a peer of fake_kernel.c."""
    return base64.b64encode(bytes([number * 7 % 256, number >> 8, number % 256]) + b"\x11" * 29).decode()


NO_OWN = "the module that is loaded, 1.2.0, has no settings of single peers: load version 1.4.0 or later"


def test_peer_settings():
    s = ours()
    kept = Kept()
    env = {"FAKE_SETTINGS": kept.folder, "FAKE_PEERS": 3}
    k0, k1 = fake_key(0), fake_key(1)

    def of(number):
        """Of peer @number: what JSON says is in force, and what of it is its own."""
        peers = valid(s.run("show", "-j", **env), "show")["interfaces"][0]["peers"]
        settings = next(p for p in peers if p["public_key"] == fake_key(number))["settings"]
        return [settings[x] for x in ("mode", "hold_us", "hold_max_us", "window", "scope")], settings["own"]

    adaptive = ["adaptive", 5000, 50000, 8192, "flow"]
    tap.same(of(1), (adaptive, []), "a peer has the settings of its interface")
    result = s.run("set", "wg0", "peer", k1, "mode", "fixed", "hold-max", "7ms", **env)
    tap.same((result.returncode, result.stdout + result.stderr), (0, ""), "set IF peer KEY")
    tap.same(of(1), (["fixed", 5000, 7000, 8192, "peer"], ["mode", "hold_max_us"]), "of its own")
    tap.same((of(0), kept.of("wg0")), ((adaptive, []), None), "and of nobody else's")
    s.run("set", "wg0", "window", "64", "hold", "9ms", **env)
    tap.same(of(1), (["fixed", 9000, 7000, 64, "peer"], ["mode", "hold_max_us"]), "what is not its own goes with the interface")
    text = s.run("show", **env).stdout
    tap.same(re.findall(r"^peer: (\S+)\n(?:  .*\n)*?  settings of its own: (.*)$", text, re.M), [(k1, "mode fixed, hold-max 7ms")],
             "show: of which peers they are")
    tap.point("ok   settings: wg0: 1 of 3 peers have settings of their own" in s.run("doctor", **env).stdout, "doctor: how many peers have such")
    tap.same(s.run("set", "wg0", "peer", k1, "mode", "default", **env).returncode, 0, "default")
    tap.same(of(1)[1], ["hold_max_us"], "one is the interface's again")
    tap.same(s.run("set", "wg0", "peer", k1, "window", "128", "hold-max", "default", **env).returncode, 0, "default beside another")
    tap.same(of(1)[1], ["window"], "one is, another is not")
    tap.same(s.run("set", "wg0", "peer", k1, "default", **env).returncode, 0, "default alone")
    tap.same(of(1)[1], [], "all are")

    for words, code, parts in (
            (("peer",), 2, ["peer needs a public key"]),
            (("peer", "x", "mode", "off"), 2, ['"x" is no public key: give 44 characters']),
            (("peer", k0[:-2] + "==", "mode", "off"), 2, ["is no public key"]),
            (("peer", k0), 2, ["set wg0 needs settings: mode, hold", "or default for the interface's"]),
            (("peer", k0, "mode"), 2, ["mode needs a value"]),
            (("peer", k0, "mode", "x"), 2, ['mode "x": give adaptive, fixed or off, or default for the interface']),
            (("peer", k0, "mode", "off", "mode", "default"), 2, ["mode is given twice"]),
            (("peer", k0, "default", "mode", "off"), 2, ['there is no setting "default"']),
            (("peer", k0, "hold", "2s"), 2, [f"wg0: peer {k0} hold 2s: hold_us: give 0 to 1000000"]),
            (("peer", fake_key(9), "mode", "off"), 1, [f"peer {fake_key(9)} mode off: the interface has no peer with this"]),
            (("mode", "default"), 2, ['mode "default": give adaptive, fixed or off']),
            (("default",), 2, ['there is no setting "default"'])):
        refused(s.run("set", "wg0", *words, **env), code, *parts)
    for old in {"FAKE_OLD": 1}, {"FAKE_NO_OWN": 1}:
        refused(s.run("set", "wg0", "peer", k0, "mode", "off", "scope", "peer", **env, **old), 1, f"wg0: peer {k0} mode off scope peer: {NO_OWN}")
        tap.same(of(0)[1], [], "an older module: nothing is set")
        valid(s.run("show", "-j", **env, **old), "show")


def test_peer_save():
    s = ours()
    kept = Kept()
    env = {"FAKE_SETTINGS": kept.folder}
    k0, k1 = fake_key(0), fake_key(1)
    conf = s.file("etc/wireguard-reorder.conf", f"[wg0]\nmode = off\n\n[wg0  peer\t{k1}] # mine\nmode = off\nwindow = 64\nmode = fixed\n")

    def saved(*words):
        result = s.run("set", "wg0", "peer", *words, "--save", **env)
        tap.same((result.returncode, result.stdout + result.stderr), (0, ""), f"set wg0 peer {' '.join(words)} --save")
        return conf.read_text()

    before = conf.read_text()
    tap.same(saved(k1, "window", "128"), before.replace("64", "128"), "in the section of that peer, however that is spelled")
    tap.same(saved(k0, "mode", "adaptive", "hold", "1ms"), before.replace("64", "128") + f"\n[wg0 peer {k0}]\nmode = adaptive\nhold = 1ms\n",
             "a new section")
    tap.point("mode = " not in saved(k1, "mode", "default").split("[wg0 ")[1], "default: all lines that say it go", conf.read_text())
    tap.same(saved(k1, "default").split("[wg0 ")[1].count("="), k1.count("=") , "default alone: all lines of the peer go")
    tap.point("[wg0]\nmode = off\n" in conf.read_text() and "hold = 1ms" in conf.read_text(), "and no others")


def test_peer_apply():
    s = ours()
    k0, k1 = fake_key(0), fake_key(1)

    def own(kept, number):
        try:
            return (kept.folder / f"wg0.{number}").read_text().split("\n")[:-1]
        except FileNotFoundError:
            return None

    def applied_to(text, *words, before=None, **more):
        kept = Kept()
        conf = s.file("etc/wireguard-reorder.conf", text)
        if before:
            (kept.folder / "wg0.1").write_text(before)
        return conf, s.run("apply", *words, FAKE_SETTINGS=kept.folder, **more), kept

    text = f"[wg0 peer {k1}]\nmode = off\nwindow = 64\n[wg0]\nmode = fixed\n[wg1 peer {k0}]\nmode = off\n[wg0 peer {k1}]\nwindow = 128\n"
    _, result, kept = applied_to(text, "wg0")
    tap.same((result.returncode, result.stderr, own(kept, 1), own(kept, 0), kept.of("wg0")[0]), (0, "", ["5 2", "8 128"], None, 1),
             "apply IF: of a peer the last line that says it, whatever is said of its interface")
    # As udev calls it when peers were added.
    _, result, kept = applied_to(text, "--new-peers", "--", "wg0")
    tap.same((result.returncode, result.stderr, own(kept, 1), kept.of("wg0")), (0, "", ["5 2", "8 128"], None), "--new-peers: the interface is left alone")
    _, result, kept = applied_to(text, "--new-peers", "wg0", before="7 9\n")
    tap.same((result.returncode, own(kept, 1)), (0, ["7 9"]), "--new-peers: and so are peers with settings of their own")
    _, result, kept = applied_to(f"[wg0 peer {k1}]\nmode = default\nwindow = 64\n", "wg0", before="5 2\n7 9\n8 64\n")
    tap.same((result.returncode, own(kept, 1)), (0, ["7 9", "8 64"]), "default in the file")
    # Nothing to do, nothing is written.
    _, result, kept = applied_to(f"[wg0 peer {k1}]\nmode = off\n", "wg0", before="5 2 \n")
    tap.same((result.returncode, own(kept, 1)), (0, ["5 2 "]), "what is so is left alone")
    # A peer that is not there yet.
    other = fake_key(5)
    text = f"[wg0 peer {other}]\nmode = off\n[wg0 peer {k0}]\nmode = off\n"
    _, result, kept = applied_to(text, "wg0")
    tap.same((result.returncode, result.stderr, own(kept, 0)), (0, "", ["5 2"]), "a peer that may come later")
    _, result, kept = applied_to(text)
    refused(result, 2, f"conf:1: wg0 has no peer {other} now")
    tap.same(own(kept, 0), ["5 2"], "... and the rest is applied")
    # What is wrong is named with its line, and the rest goes on.
    for bad in (f"[wg0 peer {k0[:-1]}]", "[wg0 peer x]", "[wg0 peer]", f"[* peer {k0}]", f"[wg0 pear {k0}]", f"[wg0 peer {k0} x]", f"[wg/0 peer {k0}]",
                f"[wg0 peers {k0}]", f"[averyveryverylongname peer {k0}]", f"[wg0 peer {k0}x]", f"[wg0 peer {k0[:-2]}==]"):
        _, result, kept = applied_to(f"{bad}\nmode = off\n[wg0 peer {k1}]\nmode = off\n", "wg0")
        refused(result, 2, f"conf:1: {bad[:40]}", "is no section: give [*], the name of an interface, such as [wg0], or [wg0 peer KEY]")
        tap.same((own(kept, 0), own(kept, 1)), (None, ["5 2"]), f"... and the rest is applied: {bad}")
    _, result, kept = applied_to(f"[wg0 peer {k0}]\nmode = on\nwindow = 32\nhold = 1ms\n[wg0]\nmode = default\n", "wg0")
    tap.same(re.findall(r"conf:(\d+): (.*?):", result.stderr), [("2", 'mode "on"'), ("6", 'mode "default"'), ("3", f"window 32 for wg0 peer {k0}")], "values")
    tap.same((result.returncode, own(kept, 0)), (2, ["6 1000"]), "... and the rest is applied")
    _, result, kept = applied_to(f"[wg0 peer {k0}]\nmode = off\n", "wg0", FAKE_NO_OWN=1)
    refused(result, 2, f"conf:2: mode off for wg0 peer {k0}: {NO_OWN}")
    # One fault does not hide another one.
    _, result, kept = applied_to(f"[wg0 peer {k0}]\nhold = 5s\nwindow = 128\n[wg0 peer {other}]\nmode = off\n")
    tap.same([line.split(": ", 2)[1].split(":")[-1] + ": " + line.split(": ", 2)[2].split(":")[0] for line in result.stderr.splitlines()],
             [f"2: hold 5000ms for wg0 peer {k0}", f"4: wg0 has no peer {other} now"], "a value that is refused, and a peer that is not there")
    tap.same((result.returncode, own(kept, 0)), (2, ["8 128"]), "... and the rest is applied")
    refused(s.run("show", "--new-peers"), 2, "show takes no --new-peers")
    # Doctor judges what came since something changed, and not since it was only set again.
    (s.root / "run").mkdir()
    seen = {"FAKE_SETTINGS": Kept().folder, "FAKE_PEERS": 2}
    s.file("etc/wireguard-reorder.conf", f"[wg0 peer {k0}]\nscope = peer\n")
    for again in False, True:
        s.run("apply", "wg0", **{**seen, "FAKE_PACKETS": 7000 if again else 3000})
        said = hold_finding(s, **{**seen, "FAKE_PACKETS": 9000 if again else 5000})
        # Of one peer: the other has settings of its own.
        tap.point(f"of the last {4000 if again else 2000} packets" in said, f"apply: what doctor judges: set {'again' if again else 'first'}", said)


def test_links():
    """Pages lead to what is there, in the tree and as they are packed, and README names them all."""
    tree = CLI.parents[1]
    pages = sorted((tree / "src/dist").glob("*.md"))
    for page in tree / "README.md", tree / "ci/README.md", *pages:
        result = subprocess.run([tree / "ci/lib/links.py", page], capture_output=True, text=True)
        tap.point(result.returncode == 0, f"links of {page.relative_to(tree)}", result.stdout, result.stderr)
    missing = [page.name for page in pages if f"src/dist/{page.name}" not in (tree / "README.md").read_text()]
    tap.point(not missing, "README.md has all pages for users", missing)
    for what, files, least in ("all pages", [], [page.name for page in pages] + ["README.md", "applications.md", "profile.svg"]), ("README alone", ["README.md"], ["README.md"]):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([tree / "src/dist/pages", folder, *files], check=True)
            there = {path.name for path in pathlib.Path(folder).iterdir()}
            result = subprocess.run([tree / "ci/lib/links.py", folder], capture_output=True, text=True)
            tap.point(result.returncode == 0, f"links of {what}, packed", result.stdout, result.stderr)
            tap.point(there >= set(least), f"{what}, packed", there)
            kept = "](two-lines.md)" in pathlib.Path(folder, "README.md").read_text()
            tap.same(kept, "two-lines.md" in least, f"{what}, packed: links to what lies beside")


def test_advice():
    """The page advises what doctor does."""
    row = next(line for line in (CLI.parent / "dist/troubleshooting.md").read_text().splitlines() if "of unknown flows |" in line)
    said = re.search(r'"(see who in the tunnel[^"]*)"', (CLI / "doctor_order.c").read_text())[1]
    tap.point(said in row and "set wg0 scope" not in row, "troubleshooting: what doctor says of unknown flows", row)


def test_pages():
    """Command lines in the pages for users are understood."""
    runs = ("set", "show", "apply", "reset", "stats", "dump", "export", "doctor", "status")
    for page in CLI.parents[1] / "README.md", *sorted((CLI.parent / "dist").glob("*.md")), CLI / "wireguard-reorder.8":
        text = page.read_text()
        lines = re.findall(r"`(?:sudo )?wireguard-reorder ([^`]+)`", text.replace("\n", " "))
        lines += re.findall(r"^ {4}(?:\$ |PostUp = )?wireguard-reorder (.*)$", text, re.M) + re.findall(r"^\.Dl wireguard-reorder (.*)$", text, re.M)
        lines = [re.sub(r"\s*(#|\|\||;).*", "", line).replace("KEY", fake_key(0)).replace("%i", "wg0") for line in lines]
        lines = [re.sub(r"peer [A-Za-z0-9+/]{43}=", f"peer {fake_key(0)}", line) for line in lines]
        lines = [line for line in lines if line.strip("- j").split(" ")[0] in runs]
        tap.point(lines or page.name in ("how-it-works.md", "measured.md", "packages.md", "tested.md"), f"{page.name}: {len(lines)} commands")
        for line in lines:
            s = ours()
            (s.root / "etc").mkdir(exist_ok=True)
            words = [w if not w.startswith("/var") else str(s.file("x.prom")) for w in line.split()]
            result = s.run(*words, FAKE_SETTINGS=Kept().folder)
            tap.point(result.returncode in (0, 6, 7), f"{page.name}: wireguard-reorder {line}", result.returncode, result.stderr)


def test_apply_many_peers():
    """1000 peers with a section each: soon, as udev waits. By the CPU's time, which others do not take."""
    s = ours()
    kept = Kept()
    s.file("etc/wireguard-reorder.conf", "".join(f"[wg0 peer {fake_key(n)}]\nmode = off\nwindow = 64\n" for n in range(1000)))
    start = os.times()
    result = s.run("apply", "--new-peers", "wg0", FAKE_SETTINGS=kept.folder, FAKE_PEERS=1000)
    took = os.times().children_user + os.times().children_system - start.children_user - start.children_system
    tap.same((result.returncode, len(list(kept.folder.iterdir()))), (0, 1000), "apply: 1000 peers")
    tap.point(took < 10, f"in {took:.1f} s of the CPU's")


def test_apply_other_module():
    """With the kernel's own module, or none, there is nothing to do and nothing to say."""
    for system in (stock, System):
        s = system()
        s.file("etc/wireguard-reorder.conf", CONF + "rubbish\n")
        for words in (("apply",), ("apply", "wg0")):
            result = s.run(*words)
            tap.same((result.returncode, result.stdout, result.stderr), (0, "", ""), f"{system.__name__}: {' '.join(words)}")


def test_apply_bad():
    conf = "etc/wireguard-reorder.conf"
    for bad, number, parts in (
            ("[*]\nhold-min = 5ms\nwindow = 4096\n", 2, ('no setting "hold-min"', "mode, hold, hold-max, window or scope")),
            ("[*]\nwindow = 4096\nhold-max = 100\n", 3, ('hold-max "100"', "unit, such as 50ms")),
            ("[*]\nwindow = 4096\nhold-max = 100 m\n", 3, ('hold-max "100 m"', "unit")),
            ("[*]\nwindow = 4096\nhold-max =\n", 3, ('hold-max ""', "unit")),
            ("[*]\nmode = on\nwindow = 4096\n", 2, ('mode "on"', "adaptive, fixed or off")),
            ("[*]\nwindow = 4096\nhold-max = 6s\n", 3, ("hold-max 6000ms for wg0: hold_max_us: give 0 to 5000000",)),
            ("[*]\nwindow = 4096\nhold = -1ms\n", 3, ('hold "-1ms": there is nothing below zero',)),
            ("[*]\nwindow = 4096\nwindow = -64\n", 3, ('window "-64": there is nothing below zero',)),
            ("[*]\nwindow = 4096\nscope = all\n", 3, ('scope "all": give flow, peer or auto',)),
            ("mode = off\n[*]\nwindow = 4096\n", 1, ('"mode" stands before any section', "[wg0]")),
            ("[*]\nwindow = 4096\n[w g]\nmode = off\n", 3, ("[w g] is no section", "[*]")),
            ("[*]\nwindow = 4096\n[wg0\nmode = off\n", 3, ('"[wg0" is no section', "end its line with ]")),
            ("[*]\nwindow = 4096\n[wg0] mode = off\nmode = off\n", 3, ('"[wg0] mode = off" is no section', "up to the next section")),
            ("[*]\nwindow = 4096\nmode off\n", 3, ('"mode off" is not understood',)),
            ("[*]\nwindow = 4096\n[wg7]\nmode = off\n", 3, ('no WireGuard interface is called "wg7" now', "there is wg0")),
            (b"[*]\nwindow = 4096\n\xff\x1b[2J = 3\n", 3, ('no setting "??[2J"',)),
            (b"[*]\nwindow = 4096\n\xff\xfe\0\1 = 3\n", 3, ('"??" is not understood',))):
        result, wg0, _ = applied(bad, ifs="wg0")
        refused(result, 2, f"{conf}:{number}: ", *parts)
        tap.same(wg0, [0, 5000, 50000, 4096], "... and the rest is applied")
    result, _, wg1 = applied("[wg0]\nmode = off\n[wg1\nmode = off\n", "wg1")
    refused(result, 2, f"{conf}:3: ", '"[wg1" is no section')
    tap.same(wg1, None, "a head that is not closed, behind a section that does not concern the interface")
    # For one interface, only what concerns it; each line is named once.
    text = "[*]\nhold = 7\n[wg0]\nhold = 8\n[wg1]\nhold = 9\nmode = off\n"
    result, _, wg1 = applied(text, "wg1")
    tap.same(re.findall(r":(\d+): ", result.stderr), ["2", "6"], "apply of one interface: lines that concern it")
    tap.same(wg1, [2, 5000, 50000, 8192], "... and the rest is applied")
    tap.same(re.findall(r":(\d+): ", applied(text)[0].stderr), ["2", "4", "6"], "apply: each line once")
    s = ours()
    s.file("etc/wireguard-reorder.conf/x")
    refused(s.run("apply"), 1, conf, "Is a directory")


def test_save():
    s = ours()
    kept = Kept()
    env = {"FAKE_SETTINGS": kept.folder, "FAKE_IFS": "wg0 wg1 wg2"}
    conf = s.file("etc/wireguard-reorder.conf", CONF.rstrip("\n"))
    conf.chmod(0o640)

    def saved(*words):
        result = s.run("set", *words, "--save", **env)
        tap.same((result.returncode, result.stdout + result.stderr), (0, ""), f"set {' '.join(words)} --save")
        return conf.read_text()

    tap.same(saved("wg1", "hold-max", "0.2s"), CONF.replace("hold-max = 20ms ; the last one counts", "hold-max = 200ms"),
             "the line that counts is changed, all else stays")
    tap.same(conf.stat().st_mode & 0o777, 0o640, "mode as before")
    changed = saved("wg1", "hold", "800us", "mode", "off")
    tap.point("mode = off\nhold-max = 200ms\nhold = 800us\n" in changed and "fixed" not in changed, "a new line comes behind its section", changed)
    tap.point(saved("wg2", "window", "1024") == changed + "\n[wg2]\nwindow = 1024\n", "a new section comes last", conf.read_text())
    shutil.rmtree(kept.folder)
    kept.folder.mkdir()
    tap.same(s.run("apply", **env).returncode, 0, "what was saved can be applied")
    tap.same([kept.of(x) for x in ("wg0", "wg1", "wg2")],
             [[0, 5000, 100000, 4096], [2, 800, 200000, 4096], [2, 5000, 100000, 1024]], "and is what was set")
    # Names are spelled either way there, too, and are one setting however they are.
    conf.write_text("[wg0]\nhold_max_us = 70000\nwindow = 1024\n")
    tap.same(s.run("apply", "wg0", **env).returncode, 0, "a name with its unit, and a number")
    tap.same(kept.of("wg0")[2], 70000, "is applied")
    tap.same(saved("wg0", "hold-max", "80ms").count("hold"), 1, "is replaced where it is saved by another name")
    conf.write_text("[wg0]\nhold-max = 1ns\n")
    refused(s.run("apply", "wg0", **env), 2, 'wireguard-reorder.conf:2: hold-max "1ns": give a whole number of microseconds')
    conf.write_text("[wg0]\nhold = 1ms\n[wg1\nmode = fixed\n")
    tap.same(saved("wg0", "mode", "off"), "[wg0]\nhold = 1ms\nmode = off\n[wg1\nmode = fixed\n", "what is behind a head that is not closed is left alone")
    conf.write_text(changed)
    before = conf.read_text()
    refused(s.run("set", "wg0", "hold", "5s", "--save", **env), 2, "give 0 to 1000000")
    refused(s.run("set", "no0", "mode", "off", "--save", **env), 1, "no0: mode off: no such interface")
    refused(s.run("set", "wg0", "--save", **env), 2, "set wg0 needs settings")
    refused(s.run("show", "--save"), 2, "show takes no --save")
    tap.same(conf.read_text(), before, "what is refused is not saved")
    many = [f"wg{n}" for n in range(30)]
    calls = [subprocess.Popen([PROGRAM, "set", x, "hold", "1ms", "--save"], env=s.env({"FAKE_IFS": " ".join(many)})) for x in many]
    tap.same([call.wait() for call in calls], [0] * len(many), "many at once")
    tap.same(set(re.findall(r"^\[(wg\d+)\]$", conf.read_text(), re.M)), set(many), "and all of them are saved")
    conf.unlink()
    new = saved("wg0", "mode", "adaptive")
    tap.point(new.startswith("#") and new.endswith("\n[wg0]\nmode = adaptive\n"), "a new file", new)
    tap.same(conf.stat().st_mode & 0o777, 0o644, "that all may read")
    conf.unlink()
    conf.symlink_to(s.file("etc/elsewhere"))
    saved("wg0", "mode", "off")
    tap.point(conf.is_symlink() and "mode = off" in (s.root / "etc/elsewhere").read_text(), "a link stays one")
    shutil.rmtree(s.root / "etc")
    refused(s.run("set", "wg0", "mode", "off", "--save", **env), 1, "wg0: set, but not saved in /etc/wireguard-reorder.conf: No such file")
    s = stock()
    refused(s.run("set", "wg0", "mode", "off", "--save"), 3, "stock module is running")
    tap.point(not (s.root / "etc/wireguard-reorder.conf").exists(), "with another module nothing is saved")
    # The interface of that name is one, and the section is all.
    s = ours()
    kept = Kept()
    env = {"FAKE_SETTINGS": kept.folder, "FAKE_IFS": "wg0 *"}
    conf = s.file("etc/wireguard-reorder.conf", CONF)
    for words in ("mode", "off"), ("peer", fake_key(0), "mode", "off"):
        refused(s.run("set", "*", *words, "--save", **env), 2, 'set "*" takes no --save', "[*] is all interfaces")
    tap.same((conf.read_text(), kept.of("*")), (CONF, None), "and nothing is set or saved")
    tap.same((s.run("set", "*", "mode", "off", **env).returncode, kept.of("*")[0]), (0, 2), "without --save it is set")
    # As some editors begin a file: it is no part of what is said, and stays.
    conf.write_text("\ufeff[wg0]\nmode = off\n")
    tap.same(s.run("set", "wg0", "mode", "fixed", "--save", **env).returncode, 0, "a mark at the beginning")
    tap.same(conf.read_text(), "\ufeff[wg0]\nmode = fixed\n", "it stays where it is")


def test_reset():
    s = ours()
    tap.same(s.run("reset", "wg0").returncode, 0, "reset wg0")
    tap.same(s.run("reset", "wg0", "peer", FIRST_KEY).returncode, 0, "reset of one peer")
    refused(s.run("reset"), 2, "reset needs the name")
    refused(s.run("reset", "wg0", "pear", FIRST_KEY), 2, '"pear" is not understood')
    refused(s.run("reset", "wg0", "peer"), 2, '"peer" is not understood')
    refused(s.run("reset", "wg0", "peer", "AAAA"), 2, '"AAAA" is no public key')
    other = FIRST_KEY.replace("ER", "FR")
    refused(s.run("reset", "wg0", "peer", other), 1, f"wg0: peer {other}", "no peer with this public key")


def test_rights():
    s = ours()
    for words in (("show",), ("stats", "wg0"), ("dump",), ("watch",), ("set", "wg0", "mode", "off"), ("reset", "wg0"),
                  ("export",)):
        refused(s.run(*words, FAKE_EPERM=1), 4, "this needs root", "sudo")
    result = s.run("doctor", FAKE_EPERM=1)
    tap.point(result.returncode == 6 and "warn settings: root is needed" in result.stdout, "doctor without rights",
              result.stdout)


def test_stock():
    s = stock()
    for words in (("show",), ("show", "wg0"), ("stats", "wg0"), ("dump",), ("watch",), ("set", "wg0", "mode", "off"),
                  ("reset", "wg0")):
        refused(s.run(*words), 3, "stock module is running, version 1.0.0", "switch ours")
    result = s.run()
    tap.point(result.returncode == 0 and "\nloaded: stock 1.0.0, srcversion STOCK1\n" in result.stdout,
              "status with the stock module", result.stdout, result.stderr)
    shutil.rmtree(s.root / "sys/module/wireguard")
    refused(s.run("show"), 3, "no wireguard module is loaded", "modprobe wireguard")


SHOWN = """\
interface: wg0
  public key: d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3c=
  listening port: 51820
  fwmark: 0xca6c
  mode: adaptive
  hold at most: 50.0 ms
  window: 8192 packets
  scope: flow

peer: AAAAERERERERERERERERERERERERERERERERERERERE=
  preshared key: (hidden)
  endpoint: 192.0.2.1:2000
  allowed ips: 10.0.0.0/32, fd00::100:0:0/128
  latest handshake: 1 minute, 5 seconds ago
  transfer: 0 B received, 5 B sent
  persistent keepalive: every 25 seconds
  arrived in order: 98.90 % of 1000 packets
  reordered: 9, late 1
  gaps: 3 filled, 2 timed out
  hold: 50.0 ms now
  waited: 0.90 %, p50 2.10 ms, p99 20.1 ms, 20.1 ms at most
  extent: p50 1, p99 7 packets

peer: BwABERERERERERERERERERERERERERERERERERERERE=
  endpoint: [::1]:2001
  allowed ips: 10.0.0.1/32, fd00::1:100:0:0/128, fd00::1:200:0:0/128
  transfer: 1.50 KiB received, 5 B sent
  arrived in order: 98.90 % of 1000 packets
  reordered: 9, late 1
  gaps: 3 filled, 2 timed out
  hold: 50.0 ms now
  waited: 0.90 %, p50 2.10 ms, p99 20.1 ms, 20.1 ms at most
  extent: p50 1, p99 7 packets
"""


def test_show():
    s = ours()
    shown = re.sub("1 minute, 6 seconds ago", "1 minute, 5 seconds ago", s.run("show").stdout)
    tap.same(shown, SHOWN, "show")
    tap.same(re.sub("1 minute, 6 seconds ago", "1 minute, 5 seconds ago", s.run("show", "wg0").stdout), SHOWN, "show wg0")
    both = s.run("show", "all", FAKE_IFS="wg0 wg1 wg2").stdout
    tap.same(re.findall(r"^interface: (.*)", both, re.M), ["wg0", "wg1", "wg2"], "show all")
    tap.point("  mode: fixed\n  hold: 5.00 ms\n" in both and "  mode: off\n  window" in both, "what matters in each mode", both)
    tap.same(re.findall("^  scope: (.*)", both, re.M), ["flow", "peer", "flow"], "show: scopes, which are auto")
    flows = s.run("show", FAKE_AHEAD=4, FAKE_BEHIND=3, FAKE_LATE=8, FAKE_LATE_AHEAD=2, FAKE_LATE_UNKNOWN=1).stdout
    tap.point("  reordered: 16, late 8\n  past other flows: 4 ahead of what was missing, 3 behind what others sent later\n"
              "  late: 5 behind their own flow, 2 behind one of it that went ahead, 1 of unknown flows\n" in flows, "show: what flows did", flows)
    tap.point(not re.search("past other|  late:", shown), "show: nothing of that where there was nothing")
    plain = s.run("show", "-p").stdout
    # The units are those of JSON: hold_max_us, wait_ns, hold_p50_ns, rx_bytes, persistent_keepalive_s.
    tap.point(all(part in plain for part in ("  hold at most: 50000 us\n", "  hold: 50000000 ns now\n", "p50 2097151 ns, p99 20100000 ns",
                                             "  transfer: 1536 B received, 5 B sent\n", "  persistent keepalive: every 25 s\n")),
              "show -p", plain)
    tap.point("\033" not in shown, "no colours where it is no terminal")
    # The latest handshake comes first.
    later = re.findall(r"^peer: (.*)", s.run("show", FAKE_PEERS="5").stdout, re.M)
    tap.point(later[0] == FIRST_KEY and later[-1].startswith("BwAB"), "peers by their handshakes", later)
    secret = s.run("show", "-j").stdout + s.run("show").stdout
    tap.point("paWl" not in secret and "XFxc" not in secret, "no private or preshared key is shown")


def read_terminal(main, until=None, seconds=20):
    """What comes from a terminal, to its end or until it has some text."""
    out, end = b"", time.monotonic() + seconds
    while select.select([main], [], [], max(0, end - time.monotonic()))[0]:
        try:
            data = os.read(main, 65536)
        except OSError:
            break
        out += data
        if until and until.encode() in out:
            break
    return out.decode(errors="replace").replace("\r\n", "\n")


def on_terminal(s, *words, size=(0, 0), **env):
    """The command, begun on a terminal of that many lines and columns, and its other end."""
    main, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    child = subprocess.Popen([PROGRAM, *words], env=s.env({"TERM": "xterm", **env}), stdin=other, stdout=other, stderr=other,
                             start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    os.close(other)
    return child, main


def terminal(s, *words, **env):
    """What the command prints on a terminal."""
    child, main = on_terminal(s, *words, **env)
    out = read_terminal(main)
    child.wait()
    os.close(main)
    return out


def screens(out):
    """The pictures that were drawn, as lists of lines without colours."""
    drawn = [part.split("\033[J")[0] for part in out.split("\033[H")[1:]]
    return [re.sub(r"\033\[[0-9;?]*[a-zA-Z]|\r", "", part).split("\n") for part in drawn]


def test_terminal():
    s = ours()
    colours = terminal(s, "show")
    tap.point("\033[32m\033[1minterface\033[0m: \033[32mwg0\033[0m\n" in colours and
              "\033[33m\033[1mpeer\033[0m: \033[33m" in colours and "  \033[1mendpoint\033[0m: " in colours and
              "1 \033[36mminute\033[0m" in colours, "colours on a terminal", repr(colours[:300]))
    tap.point("\033" not in terminal(s, "show", NO_COLOR="1"), "NO_COLOR")
    tap.point("\033" in terminal(s, "show", NO_COLOR=""), "NO_COLOR that is empty")
    picture = terminal(s, "watch", "--count", "1", "--interval", "0.1", FAKE_STEP=work / "step")
    tap.point("\033[H" in picture and "displacement" in picture and "\u2588 \u2583" in picture and "32768 packets" in picture,
              "watch draws bars on a terminal", picture)
    for term in ("dumb", ""):
        for words in (("show",), ("watch", "--count", "1", "--interval", "0.1")):
            plain = terminal(s, *words, TERM=term)
            tap.point("\033" not in plain and "wg0" in plain, f"TERM={term}: {words[0]} prints lines", repr(plain))


def test_locale():
    s = ours()
    words = ("watch", "--count", "1", "--interval", "0.1")
    for locale in ("C", "POSIX"):
        picture = terminal(s, *words, LC_ALL=locale, FAKE_STEP=work / "ascii")
        tap.point(picture.isascii() and re.search(r"displacement +1 \|@ -", picture), f"LC_ALL={locale}: bars of ASCII", picture)
    tap.point("\u2588" in terminal(s, *words, LC_ALL="C.UTF-8", FAKE_STEP=work / "utf8"), "bars of Unicode")


def test_screen():
    """Watch takes the terminal's whole screen, and no more than it has."""
    s = ours()
    out = terminal(s, "watch", "--count", "1", "--interval", "0.1")
    body, after = out.split("\033[?1049l")
    tap.point(body.startswith("\033[?1049h") and "\033[" not in after.replace("\033[32m", "").replace("\033[36m", "").replace("\033[0m", "")
              and "displacement" in after, "another screen, and the last picture stays", repr(out))
    for ifs, size in ((1, (24, 80)), (6, (24, 80)), (40, (24, 80)), (300, (10, 30)), (3, (2, 200)), (2, (1, 1))):
        names = " ".join(f"wg{i}" for i in range(ifs))
        out = screens(terminal(s, "watch", "--count", "1", "--interval", "0.1", size=size, FAKE_IFS=names, FAKE_STEP=work / "size"))
        tap.point(len(out) == 2 and all(len(lines) <= size[0] and all(len(line) <= size[1] for line in lines) for lines in out),
                  f"watch: {ifs} interfaces on {size[0]} lines of {size[1]}", out)
    tap.point("and 291 with less to do" in out_of(s, 300, (10, 30))[1][-1], "watch: those that do not fit are counted")
    busy = out_of(s, 40, (5, 80), FAKE_BUSY="wg33")[1]
    tap.point(busy[0].startswith("wg33: ") and len(busy) == 5 and "and 36 with less" in busy[4], "watch: the busiest come first", busy)
    six = out_of(s, 6, (24, 80), FAKE_BUSY="wg4")[1]
    tap.point(six[0] == "wg4" and sum("displacement" in line for line in six) == 4 and len(six) == 22, "watch: bars for the busiest", six)


def out_of(s, ifs, size, **env):
    return screens(terminal(s, "watch", "--count", "1", "--interval", "0.1", size=size, FAKE_STEP=work / "out",
                            FAKE_IFS=" ".join(f"wg{i}" for i in range(ifs)), **env))


def test_screen_signals():
    s = ours()
    child, main = on_terminal(s, "watch", "--interval", "60", size=(24, 80))
    begin = time.monotonic()
    out = read_terminal(main, "\033[J")
    took = time.monotonic() - begin
    tap.point("wg0" in out and "50.0 " in out and took < 5, f"watch: something before the first interval is over, after {took:.1f} s", repr(out))
    fcntl.ioctl(main, termios.TIOCSWINSZ, struct.pack("HHHH", 3, 20, 0, 0))
    drawn = screens(read_terminal(main, "\033[J"))
    tap.point(drawn and len(drawn[0]) <= 3 and all(len(line) <= 20 for line in drawn[0]), "watch: another size", drawn)
    os.write(main, b"\x1a")
    out = read_terminal(main, "\033[?1049l")
    tap.point("\033[?1049l" in out and os.waitpid(child.pid, os.WUNTRACED)[1] & 0xff == 0x7f, "watch: stopped by ctrl-Z", repr(out))
    child.send_signal(signal.SIGCONT)
    tap.point("\033[?1049h" in read_terminal(main, "\033[J"), "watch: and on again")
    os.write(main, b"\x03")
    out = read_terminal(main)
    tap.same((child.wait(10), out.count("\033[?1049l")), (0, 1), "watch: ctrl-C gives the screen back")
    os.close(main)


def test_closed():
    """Started with what it reads and prints to closed: nothing else may take its place."""
    s = ours()
    for redirect in ("<&-", "2>&-", "<&- 2>&-"):
        result = subprocess.run(["sh", "-c", f'exec "$0" show {redirect}', PROGRAM], env=s.env({}), capture_output=True, text=True, check=False)
        tap.point(result.returncode == 0 and result.stdout.startswith("interface: wg0\n"), f"show {redirect}", result)
    for redirect in (">&-", "<&- >&-"):
        for words in ("show", "export", "-j dump", "set wg0 mode off", "status", "--help", "-V"):
            result = subprocess.run(["sh", "-c", f'exec "$0" {words} {redirect}', PROGRAM], env=s.env({}), stderr=subprocess.PIPE,
                                    text=True, check=False)
            wanted = (0, "") if words.startswith("set") else (1, "wireguard-reorder: the output could not be written: Bad file descriptor\n")
            tap.same((result.returncode, result.stderr), wanted, f"{words} {redirect}")
    result = subprocess.run(["sh", "-c", 'exec "$0" show no0 >&- 2>&- <&-', PROGRAM], env=s.env({}), check=False)
    tap.same(result.returncode, 1, "all closed")
    # The kernel's own sockets: nothing that is printed may get into one.
    result = subprocess.run(["strace", "-f", "-e", "trace=socket,write,sendto", "sh", "-c", f'exec "{PROGRAM.parent / "plain"}" status >&-'],
                            env=s.env({}), capture_output=True, text=True, check=False)
    tap.point("socket(AF_NETLINK" in result.stderr and not re.search(r"^(\[.*\] )?socket\(.*= [012]$", result.stderr, re.M),
              "no socket takes the place of one of them", result.stderr[-2000:])


def valid(result, name):
    """JSON that fits the schema; what it says."""
    if not tap.point(result.returncode in (0, 6, 7) and not result.stderr, f"{name}: prints JSON", result.stderr):
        return None
    said = json.loads(result.stdout)
    try:
        jsonschema.Draft202012Validator({**SCHEMA, "anyOf": [{"$ref": f"#/$defs/{name}"}]}).validate(said)
        jsonschema.Draft202012Validator(SCHEMA).validate(said)
        tap.point(True, f"{name}: fits the schema")
    except jsonschema.ValidationError as wrong:
        tap.point(False, f"{name}: fits the schema", wrong)
    return said


def test_json():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    s = ours()
    show = valid(s.run("show", "-j", FAKE_IFS="wg0 wg1"), "show")["interfaces"]
    tap.same([i["interface"] for i in show], ["wg0", "wg1"], "show -j: interfaces")
    first = show[0]["peers"][0]
    tap.same((first["hold_p50_ns"], first["hold_p99_ns"]), (2097151, 20100000), "show -j: what waiting costs")
    tap.point(first["stats"]["in_order"] == 989 and first["extent_p99"] == 7 and first["preshared_key"] and
              first["allowed_ips"] == ["10.0.0.0/32", "fd00::100:0:0/128"], "show -j: a peer", first)
    valid(s.run("--json", "show", FAKE_IFS=""), "show")
    stats = valid(s.run("stats", "wg0", "--json"), "stats_command")
    tap.same(stats["stats"]["authenticated"], 2000, "stats -j")
    tap.same(valid(s.run("stats", "wg0", "late", "--json"), "stats_command"), {"interface": "wg0", "stats": {"late": 2}},
             "stats -j of one figure")
    tap.same(len(valid(s.run("dump", "-j", FAKE_PEERS=9), "dump")["peers"]), 9, "dump -j")
    lines = s.run("-j", "watch", "--count", "2", "--interval", "10ms").stdout.splitlines()
    tap.same(len(lines), 2, "watch -j: a line a look")
    for line in lines:
        valid(subprocess.CompletedProcess([], 0, line, ""), "watch")
    states = {"held", "max_held", "gaps_open", "wait_ns", "max_hold_ns"}
    since = json.loads(lines[1])["since"]
    tap.same((set(STATS) - set(since), set(since) - set(STATS)), (states, set()), "watch -j: differences of what counts up only")
    tap.same(set(json.loads(lines[1])["now"]), set(STATS), "watch -j: all figures of now")
    lines = s.run("-j", "watch", "--count", "2", "--interval", "10ms", FAKE_STEP=work / "flows", FAKE_BEHIND=3, FAKE_PEERS=1).stdout.splitlines()
    tap.same(json.loads(lines[1])["since"]["released_behind"], 3, "watch -j: what came since")
    tap.same([i["scope"] for i in show], ["flow", "peer"], "show -j: scopes")
    tap.same(show[0]["totals"]["late_unknown"], 0, "show -j: figures of flows")
    tap.same(valid(s.run("-j"), "status")["loaded"]["module"], "ours", "status -j")
    tap.same(valid(s.run("-j", "doctor"), "doctor")["worst"], "ok", "doctor -j")
    tap.same(valid(stock().run("-j"), "status")["loaded"]["module"], "stock", "status -j with the stock module")
    tap.same(valid(System("empty").run("-j"), "status")["kernels"], [], "status -j on an empty system")


def test_stats_and_dump():
    s = ours()
    lines = s.run("stats", "wg0").stdout.splitlines()
    tap.same([line.split(":")[0] for line in lines], STATS, "stats: all names")
    tap.same(s.run("stats", "wg0", "late").stdout, "2\n", "stats: one figure")
    tap.same((s.run("stats", "wg0", "gaps-timed-out").stdout, s.run("stats", "wg0", "in-order", "-j").stdout.split()),
             ("4\n", ["{", '"interface":', '"wg0",', '"stats":', "{", '"in_order":', "1978", "}", "}"]), "stats: a name spelled the other way")
    tap.same(s.run("stats", "wg0", "extent").stdout, "6 0 2" + 13 * " 0" + "\n", "stats: a histogram")
    flows = {"FAKE_AHEAD": 4, "FAKE_BEHIND": 3, "FAKE_LATE": 8, "FAKE_LATE_AHEAD": 2, "FAKE_LATE_UNKNOWN": 1, "FAKE_PEERS": 1}
    for name, value in (("released_ahead", 4), ("released-behind", 3), ("late_ahead", 2), ("late_unknown", 1)):
        tap.same(s.run("stats", "wg0", name, **flows).stdout, f"{value}\n", f"stats: {name}")
    tap.same(s.run("dump", **flows).stdout.split("\t")[-4:], ["4", "3", "2", "1\n"], "dump: figures of flows come last")
    header = (CLI.parent / "uapi/linux/wg_reorder.h").read_text()
    enum = re.findall(r"^\tWG_REORDER_STAT_(\w+),", header, re.M)
    tap.same([line.split(":")[0].upper() for line in lines], enum[2:], "stats: as the header has them")
    rows = [line.split("\t") for line in s.run("dump", FAKE_IFS="wg0 wg1").stdout.splitlines()]
    tap.same([(row[0][:4], row[1]) for row in rows], [("AAAA", "wg0"), ("BwAB", "wg0"), ("AAAA", "wg1"), ("BwAB", "wg1")],
             "dump: key first, then the interface")
    tap.same({len(row) for row in rows}, {2 + len(STATS)}, "dump: columns")
    # Columns stay where they were in 1.2.0.
    tap.same((rows[0][2], rows[0][28].count(","), rows[0][29].count(",")), ("1000", 15, 31), "dump: figures and histograms")


def test_many_peers():
    s = ours()
    plain = PROGRAM.parent / "plain"
    for words in (("show",), ("dump",), ("show", "-j"), ("export",)):
        # Time on a CPU: others may want it, too.
        begin = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
        result = s.run(*words, program=plain, FAKE_PEERS=1000)
        took = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - begin
        tap.point(result.returncode == 0 and took < 0.5, f"1000 peers: {' '.join(words)} in {took:.2f} s", result.stderr)
    tap.same(s.run("dump", FAKE_PEERS=1000).stdout.count("\n"), 1000, "1000 peers in dump")
    tap.same(s.run("show", FAKE_PEERS=1000).stdout.count("  arrived in order: 98.90 %"), 1000,
             "1000 peers in show, each with its figures")


def test_watch():
    s = ours()
    step = work / "watch"
    lines = s.run("watch", "--count", "3", "--interval", "0.1", FAKE_STEP=step).stdout.splitlines()
    tap.same(len(lines), 3, "watch: a line a look")
    rate = [float(re.search(r"([0-9.]+)/s packets", line)[1]) for line in lines]
    tap.point(all(5000 < r < 25000 for r in rate), "watch: rates", lines)
    tap.point(re.match(r"wg0: \d+/s packets, \d+/s reordered, \d+/s late, \d+/s filled, \d+/s timed out, 0 held, hold 50.0 ms$",
                       lines[0]), "watch: a line", lines[0])
    tap.same(s.run("watch", "wg1", "--count=1", "--interval=10ms", FAKE_IFS="wg0 wg1").stdout[:4], "wg1:", "watch of one")
    refused(s.run("watch", "--count", "0"), 2, '--count "0"', "from 1 on")
    refused(s.run("watch", "--count", "x"), 2, '--count "x"')
    for bad in ("0", "x", "-1", "0.001", "9999"):
        refused(s.run("watch", f"--interval={bad}"), 2, f'--interval "{bad}"', "0.01 to 4000")
    test_watch_again()
    child = subprocess.Popen([PROGRAM, "watch", "--interval", "0.1"], env=s.env({}), stdout=subprocess.PIPE, text=True)
    child.stdout.readline()
    child.terminate()
    child.communicate(timeout=10)
    tap.same(child.returncode, 0, "watch ends when it is told to")


def test_watch_again():
    """An interface, and then the module, goes and comes back, and several look on."""
    s = ours()
    gone = work / "gone"
    gone.write_text("")
    looking = [(words, subprocess.Popen([PROGRAM, *words, "--interval", "0.1"], env=s.env({"FAKE_GONE_FILE": gone}), stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)) for words in (("watch", "wg0"), ("watch", "wg0", "-j"), ("watch",))]
    first = [child.stdout.readline() for _, child in looking]
    gone.write_text("wg0")
    time.sleep(0.5)
    s.load("STOCK1", "1.0.0")
    time.sleep(0.5)
    gone.write_text("")
    s.load("OURS1")
    time.sleep(0.5)
    for (words, child), before in zip(looking, first):
        child.terminate()
        out, err = child.communicate(timeout=10)
        name, out_of_json = " ".join(words), "-j" in words
        tap.point(child.returncode == 0 and not err and "wg0" in before and "wg0" in out.splitlines()[-1] and "gone" not in out.splitlines()[-1],
                  f"{name}: goes on when it is back", child.returncode, out, err)
        tap.same(out.count("wg0 is gone: waiting for it to come back\n"), 0 if out_of_json or "wg0" not in words else 1, f"{name}: says once that it is gone")
        tap.same(out.count("is gone"), 0 if out_of_json else 1, f"{name}: and nothing more")


def families(result):
    return {f.name.removeprefix("wireguard_reorder_"): f for f in text_string_to_metric_families(result.stdout)}


def series(family):
    """Value of each sample of a family by its labels, those that are empty left out."""
    return {tuple(sorted((k, v) for k, v in x.labels.items() if v)): x.value for x in family.samples}


def test_export():
    s = ours()
    result = s.run("export", FAKE_IFS='wg0 w"\\1')
    tap.point("\n".join(families(result)).count("\n") > 25 and result.stdout.endswith("\n"), "export can be read", result.stderr)
    tap.point(all(re.match(r"(# (HELP|TYPE) )?wireguard_reorder_", line) for line in result.stdout.splitlines()),
              "export: one prefix")
    found = families(result)
    late = found["late_packets"]
    tap.point(late.type == "counter" and all(sample.name.endswith("_total") for sample in late.samples), "export: counters",
              late)
    tap.same({sample.labels["interface"] for sample in late.samples}, {"wg0", 'w"\\1'}, "export: names with odd characters")
    tap.same(len(result.stdout.splitlines()) - len(set(result.stdout.splitlines())), 0, "export: no line twice")
    for name, bins in (("extent_packets", 16), ("hold_seconds", 23), ("interface_extent_packets", 16),
                       ("interface_hold_seconds", 23)):
        family = found[name]
        mine = [x for x in family.samples if x.labels.get("public_key", FIRST_KEY) == FIRST_KEY and x.labels["interface"] == "wg0"]
        buckets = [(float(x.labels["le"]), x.value) for x in mine if x.name.endswith("_bucket")]
        total = [x.value for x in mine if x.name.endswith("_count")]
        tap.point(family.type == "histogram" and len(buckets) == bins and buckets == sorted(buckets) and
                  [b[1] for b in buckets] == sorted(b[1] for b in buckets) and buckets[-1] == (float("inf"), total[0]),
                  f"export: histogram {name}", buckets)
    tap.same(found["wait_seconds"].samples[0].value, 0.05, "export: seconds")
    for line in result.stdout.splitlines():
        if line.startswith("# TYPE") and not line.endswith(("counter", "gauge", "histogram")):
            tap.point(False, "export: types", line)
    wg0 = (("interface", "wg0"),)
    tap.same([series(found[name])[wg0] for name in
              ("interface_late_packets", "interface_authenticated_packets", "setting_hold_seconds", "setting_hold_max_seconds",
               "window_packets")], [2, 2000, 0.005, 0.05, 8192], "export: totals and settings of an interface")
    tap.same({len(x) for x in series(found["interface_late_packets"])}, {1}, "export: totals have no label but their interface")
    scopes = families(s.run("export", FAKE_IFS="wg0 wg1"))["scope_info"]
    tap.same([(x.labels["interface"], x.labels["scope"], x.value) for x in scopes.samples], [("wg0", "flow", 1), ("wg1", "peer", 1)],
             "export: scopes")
    flows = families(s.run("export", FAKE_AHEAD=4, FAKE_BEHIND=3, FAKE_LATE=8, FAKE_LATE_AHEAD=2, FAKE_LATE_UNKNOWN=1, FAKE_PEERS=1))
    tap.same([(flows[x].type, flows[x].samples[0].value, flows["interface_" + x].samples[0].value) for x in
              ("released_ahead_packets", "released_behind_packets", "late_ahead_packets", "late_unknown_packets")],
             [("counter", n, n) for n in (4, 3, 2, 1)], "export: figures of flows")
    for name in ("late_packets", "in_order_packets"):
        tap.same(sum(v for k, v in series(found[name]).items() if wg0[0] in k), series(found[f"interface_{name}"])[wg0],
                 f"export: the peers' {name} are the interface's")


def test_export_module():
    for system, module, version in ((ours, "ours", "1.2.0"), (stock, "stock", "1.0.0"), (System, "none", "")):
        result = system().run("export")
        labels = families(result)["module_info"].samples[0].labels
        tap.point(result.returncode == 0 and not result.stderr and labels["module"] == module and labels["version"] == version,
                  f"export says which module runs: {module}", labels, result.stderr)


def test_export_idle():
    s = ours()
    few = s.run("export", FAKE_PEERS=1).stdout.count("\n")
    many = families(s.run("export", FAKE_PEERS=500, FAKE_IDLE=1))
    text = s.run("export", FAKE_PEERS=500, FAKE_IDLE=1).stdout
    tap.same(text.count("\n"), few + 499, "export: one series of a peer that nothing has come from")
    tap.same((len(many["authenticated_packets"].samples), len(many["late_packets"].samples)), (500, 1), "export: idle peers")
    text = s.run("export", FAKE_PEERS=9, FAKE_ORDERLY=1)
    found = families(text)
    tap.same((len(found["hold_seconds"].samples), len(found["in_order_packets"].samples),
              len(found["interface_hold_seconds"].samples) > 20), (0, 9, True), "export: no histograms where all came in order")


def test_export_names():
    s = ours()
    for name, shown in ((b"w\xff", "w\\xff"), (b"w\xc3\xa4", "w\u00e4"), (b"\xed\xa0\x80", "\\xed\\xa0\\x80"),
                        (b"a\xe2\x82", "a\\xe2\\x82"), (b"\xc0\xafb", "\\xc0\\xafb"), (b"\xf0\x9f\x98\x80", "\U0001f600")):
        env = {**{k.encode(): v.encode() for k, v in s.env({}).items()}, b"FAKE_IFS": name}
        result = subprocess.run([PROGRAM, "export"], env=env, capture_output=True, check=False)
        try:
            got = {x.labels["interface"] for x in families(subprocess.CompletedProcess([], 0, result.stdout.decode()))["late_packets"].samples}
        except UnicodeDecodeError as wrong:
            got = wrong
        tap.same(got, {shown}, f"export: the name {name}")


def no_rights(s, *words):
    """The command as root that files' modes hold for."""
    return subprocess.run(["setpriv", "--bounding-set=-dac_override,-dac_read_search", PROGRAM, *words], env=s.env({}), capture_output=True,
                          text=True, timeout=60, stdin=subprocess.DEVNULL, check=False)


def test_files_refused():
    """Rights to a file that are missing are told by the exit code, whichever file it is."""
    s = ours()
    folder = work / "theirs"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    folder.chmod(0o555)
    refused(no_rights(s, "export", "--output", folder / "x.prom"), 4, "x.prom: Permission denied: try it with sudo, or give")
    tap.same(list(folder.iterdir()), [], "export: nothing is left there")
    capture = s.file("a.pcap")
    capture.chmod(0)
    refused(no_rights(s, "test", "--pcap", capture), 4, "a.pcap: cannot be read as a capture: Permission denied")
    refused(s.run("test", "--pcap", capture), 1, "a.pcap: cannot be read as a capture")
    conf = s.file("etc/wireguard-reorder.conf", "[*]\n")
    conf.chmod(0)
    refused(no_rights(s, "apply"), 4, "wireguard-reorder.conf: Permission denied")
    refused(no_rights(s, "set", "wg0", "window", "64", "--save"), 4, "wg0: set, but not saved in /etc/wireguard-reorder.conf: Permission denied")
    conf.unlink()
    conf.parent.chmod(0o555)
    refused(no_rights(s, "set", "wg0", "window", "64", "--save"), 4, "wg0: set, but not saved in /etc/wireguard-reorder.conf: Permission denied")


def test_ranges():
    """What an error says of a range, help and the page say before."""
    page = (CLI / "wireguard-reorder.8").read_text().split("\n.It Cm ")
    said = System().run("--help").stdout
    for command, option, letter in ("watch", "--interval", "S"), ("test", "--time", "T"):
        tap.point(re.search(rf"{option} {letter}.*\n.*; {letter}: seconds, 0\.01 to 4000$", said, re.M), f"--help: the range of {option}", said)
        part = next(part for part in page if part.startswith(command))
        tap.point("seconds, 0.01 to 4000 (" in part, f"the page: the range of {option}", part)


def test_export_file():
    s = ours()
    folder = work / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    out = folder / "a.prom"
    wanted = s.run("export").stdout
    result = s.run("export", "--output", out)
    tap.point(result.returncode == 0 and not result.stdout + result.stderr and out.read_text() == wanted, "export --output",
              result.stderr)
    tap.same(out.stat().st_mode & 0o777, 0o644, "export --output: all may read a new file")
    out.chmod(0o640)
    with out.open(encoding="utf-8") as old:
        out.write_text("before\n")
        s.run("export", f"--output={out}")
        tap.point(old.read() == "before\n" and out.read_text() == wanted, "export --output: another file takes its name")
    tap.same(out.stat().st_mode & 0o777, 0o640, "export --output: mode as before")
    link = folder / "link"
    link.symlink_to("a.prom")
    out.write_text("before\n")
    s.run("export", "--output", link)
    tap.point(link.is_symlink() and out.read_text() == wanted, "export --output: a link stays one")
    refused(s.run("export", "--output", out, FAKE_EPERM=1), 4, "needs root")
    tap.same(out.read_text(), wanted, "export --output: what could not be read leaves the file as it was")
    refused(s.run("export", "--output", "/dev/null"), 2, "/dev/null: there is something that is no file")
    refused(s.run("export", "--output", folder), 2, "that is no file")
    refused(s.run("export", "--output", folder / "no/a.prom"), 1, "No such file")
    tap.same(sorted(x.name for x in folder.iterdir()), ["a.prom", "link"], "export --output: nothing else is left")
    refused(s.run("show", "--output", out), 2, "show takes neither --all-netns nor --output")


def in_netns(count, *words):
    """The command in namespaces of its own, others beside it; needs root, as all of this does."""
    make = "; ".join(f"ip netns add wgr{n}" for n in range(count))
    return ["unshare", "--net", "--mount", "sh", "-c", f"mount -t tmpfs none /run && mkdir /run/netns && {make}; exec \"$@\"",
            "sh", PROGRAM, *words]


def test_export_netns():
    s = ours()
    (s.root / "run").mkdir()
    (s.root / "run/netns").symlink_to("/run/netns")
    (s.root / "proc/self").mkdir(parents=True)
    (s.root / "proc/self/ns").symlink_to("/proc/self/ns")
    result = subprocess.run(in_netns(2, "export", "--all-netns"), env=s.env({}), capture_output=True, text=True, check=False)
    found = families(result)
    tap.same(sorted({x.labels["netns"] for x in found["late_packets"].samples}), ["", "wgr0", "wgr1"],
             "export --all-netns: each network namespace")
    tap.same([(x.labels["netns"], x.labels["module"]) for x in found["module_info"].samples], [("", "ours")],
             "export --all-netns: one module")
    lines = result.stdout.splitlines()
    tap.same(len(lines) - len(set(lines)), 0, "export --all-netns: no series twice")
    both = []
    for n in range(2):
        one = subprocess.run(in_netns(2, "-n", f"wgr{n}", "export"), env=s.env({}), capture_output=True, text=True, check=False)
        both += [x for x in one.stdout.splitlines() if not x.startswith("#")]
    tap.same((len(both) > 100, len(both) - len(set(both))), (True, 0), "export -n: files of several namespaces do not clash")
    refused(s.run("-n", "1", "export", "--all-netns"), 2, "give one of them")
    refused(s.run("show", "--all-netns"), 2, "that is for \"export\"")


def test_interrupted():
    """Peers come and go while they are read."""
    s = ours()
    good = {words: s.run(*words).stdout for words in (("export",), ("dump",), ("show", "-j"))}
    for words, wanted in good.items():
        tap.same(re.sub("handshake\": [0-9]*", "", s.run(*words, FAKE_CHANGED=4).stdout), re.sub("handshake\": [0-9]*", "", wanted),
                 f"{words[0]}: read again after four that were interrupted")
    # All of them are: what came twice is there once, as it was last.
    samples = [line.rsplit(" ", 1)[0] for line in s.run("export", FAKE_CHANGED=99).stdout.splitlines()]
    tap.same(len(samples) - len(set(samples)), 0, "export: no series twice, though all were interrupted")
    rows = [line.split("\t")[:3] for line in s.run("dump", FAKE_CHANGED=99).stdout.splitlines()]
    tap.point(len(rows) == 2 and [FIRST_KEY, "wg0", "2000"] in rows, "dump: no peer twice, and the last figures", rows)
    shown = json.loads(s.run("show", "-j", FAKE_CHANGED=99).stdout)["interfaces"]
    tap.same([len(i["peers"]) for i in shown], [2], "show: no peer twice")
    tap.same(s.run("show", FAKE_CHANGED=99, FAKE_PEERS=300).stdout.count("peer: "), 300, "show: 300 peers")


def test_gone():
    """An interface that goes between the list and the look at it."""
    s = ours()
    gone = {"FAKE_IFS": "wg0 wg1 wg2", "FAKE_GONE": "wg0"}
    left = {"FAKE_IFS": "wg1 wg2"}
    for words in (("show",), ("show", "all"), ("show", "-j"), ("dump",), ("dump", "all", "-j"), ("export",),
                  ("watch", "--count", "1", "--interval", "10ms")):
        result = s.run(*words, **gone)
        names = re.findall(r"wg\d", result.stdout)
        tap.point(result.returncode == 0 and not result.stderr and list(dict.fromkeys(names)) == left["FAKE_IFS"].split(),
                  f"without the one that is gone: {' '.join(words)}", result.stdout, result.stderr)
    tap.point(not s.run("show", **gone).stdout.startswith("\n"), "show: no empty line in the place of the first")
    for words in (("show", "wg0"), ("dump", "wg0"), ("stats", "wg0"), ("watch", "wg0", "--count", "1")):
        refused(s.run(*words, **gone), 1, "wg0: no such interface")


def status_line(s):
    return s.run().stdout.splitlines()[0]


def test_status():
    s = ours()
    tap.same(status_line(s), f"wireguard-reorder/1.2.0, {KERNEL}, x86_64: installed, running, on disk: ours 1.2.0, "
             "srcversion OURS1, backup of stock: yes", "status: all well")
    s.module(f"var/lib/dkms/wireguard-reorder/1.1.0/{KERNEL}/x86_64/module/wireguard.ko", True, "OURS0")
    tap.point(status_line(s).startswith("wireguard-reorder/1.2.0, "), "status: of several versions the newest", status_line(s))
    s.load("OURS2")
    tap.point(status_line(s).endswith("yes (another module is loaded than the one on disk)"), "status: another is loaded")
    s.load("OURS1")
    shutil.rmtree(s.root / "var/lib/wireguard-reorder")
    tap.point(status_line(s).endswith("no (no copy of the stock module is kept)"), "status: no backup")
    s.module(f"lib/modules/{KERNEL}/updates/dkms/wireguard.ko", True, "OURS9")
    tap.point("(the file installed is not the one built)" in status_line(s), "status: another file is installed")
    (s.root / f"lib/modules/{KERNEL}/updates/dkms/wireguard.ko").unlink()
    tap.point("(the stock module goes before ours)" in status_line(s), "status: stock goes before ours")
    (s.root / f"lib/modules/{KERNEL}/kernel/drivers/net/wireguard/wireguard.ko").unlink()
    tap.point("(no wireguard module: built in, or missing)" in status_line(s), "status: none", status_line(s))
    s = System()
    s.kernel()
    tap.same(status_line(s), f"wireguard-reorder, {KERNEL}: not in DKMS, running, on disk: stock 1.0.0, srcversion STOCK1, "
             "backup of stock: no", "status: nothing of ours")
    s.dkms(state="added")
    s.kernel("6.12-other")
    s.file("lib/modules/gone/extra/x")
    lines = s.run().stdout.splitlines()
    tap.point(len(lines) == 3 and lines[1].startswith("wireguard-reorder/1.2.0, 6.12-other: added, on disk: stock") and
              lines[2] == "loaded: none", "status: several kernels", lines)
    s.dkms(state="built")
    tap.point(": built, running" in status_line(s), "status: built")
    s.file("sys/module/wireguard/version", "1.0.0\n")
    out = s.run().stdout
    tap.point("loaded: stock 1.0.0, built in\n" in out and "(WireGuard is built into this kernel" in out, "status: built in",
              out)


def test_same():
    """Two builds of one source, and of one that is the same for srcversion."""
    updates = f"lib/modules/{KERNEL}/updates/dkms/wireguard.ko"
    another = "(another module is loaded than the one on disk)"
    for suffix in ("", ".xz", ".gz", ".zst"):
        s = ours()
        (s.root / updates).unlink()
        s.program("modinfo", f'''
            case $1 in
            -k) echo {s.root}/{updates}{suffix} ;;
            *.xz) xz -dc "$1" ;;
            *.gz) gzip -dc "$1" ;;
            *.zst) zstd -dcq "$1" ;;
            *) cat "$1" ;;
            esac''')
        s.module(updates + suffix, True, "OURS1", build="one")
        s.load("OURS1", build="one")
        kernel = valid(s.run("-j"), "status")
        tap.same([kernel["loaded"]["build_id"], kernel["kernels"][0]["on_disk"]["build_id"]], [build_id("one").hex()] * 2,
                 f"status: build ids{suffix}")
        tap.point(another not in status_line(s), f"status: the same build{suffix}", status_line(s))
        s.load("OURS1", build="two")
        tap.point(another in status_line(s), f"status: another build of the same source{suffix}", status_line(s))
        found(s, "disk", "warn", "another module runs", f"another build of the same source{suffix}")
        s.load("OURS1", version="1.1.9", build="one")
        tap.point(another in status_line(s), f"status: another version{suffix}", status_line(s))
    s.load("OURS0", build="one")
    tap.point(another not in status_line(s), "status: the same build, whatever its source is said to be", status_line(s))
    s.load("OURS1")
    tap.point(another not in status_line(s), "status: the same source, where the kernel shows no build id", status_line(s))
    s.load("OURS0")
    tap.point(another in status_line(s), "status: other sources", status_line(s))


def finding(s, check, **env):
    result = s.run("doctor", **env)
    lines = [line for line in result.stdout.splitlines() if line[5:].startswith(check + ":")]
    return result.returncode, "\n".join(lines)


def found(s, check, level, part, name, **env):
    code, line = finding(s, check, **env)
    wanted = {"ok": 0, "warn": 6, "fail": 7}[level]
    tap.point(any(x.startswith(level) and part in x for x in line.splitlines()) and code in (0, 6, 7) and code >= wanted and
              (level == "ok" or "; remedy: " in line), f"doctor: {name}", f"status {code}", line)


def test_doctor():
    s = ours()
    s.file("proc/self/net/netstat", "TcpExt: A TCPSACKReorder B\nTcpExt: 1 7 2\nIpExt: X\nIpExt: 4\n")
    result = s.run("doctor")
    tap.point(result.returncode == 0 and not result.stderr and all(x.startswith("ok   ") for x in result.stdout.splitlines()),
              "doctor: all well", result.stdout, result.stderr)
    checks = {line[5:].split(":")[0] for line in result.stdout.splitlines()}
    tap.same(checks, {"loaded", "disk", "dkms", "headers", "signature", "secure-boot", "initramfs", "owners", "hold", "window",
                      "socket", "tcp"}, "doctor: all checks")
    found(s, "tcp", "ok", "met reordering 7 times", "TCP counters")
    found(s, "hold", "warn", "set wg0 hold-max 100ms", "hold ceiling too low", FAKE_LATE=5)
    found(s, "hold", "ok", "0 of the last 2000 packets", "a longer hold is no help to what its own flow has not overtaken", FAKE_LATE=5, FAKE_LATE_AHEAD=5)
    found(s, "flows", "warn", "10 of the last 2000 packets were dropped as it was not known any more", "too many flows", FAKE_LATE=5, FAKE_LATE_UNKNOWN=5)
    s.file("proc/self/net/udp", "  sl local\n 1: 00000000:CA6C 00000000:0000 07 0:0 00:0 0 0 0 0 2 0 37\n")
    found(s, "socket", "warn", "dropped 37 datagrams", "socket drops")
    s.load("OURS2")
    found(s, "disk", "warn", "another module runs than the one on disk", "another is loaded")
    s.load("STOCK1", "1.0.0")
    found(s, "loaded", "fail", "switch ours", "the stock module runs")
    shutil.rmtree(s.root / "sys/module/wireguard")
    found(s, "loaded", "warn", "modprobe wireguard", "nothing is loaded")
    s.file("proc/sys/kernel/modules_disabled", "1\n")
    found(s, "loaded", "fail", "no wireguard module is loaded, and that stays so", "none can be loaded")
    s.load("STOCK1", "1.0.0")
    found(s, "loaded", "fail", "modules_disabled is 1; remedy: restart", "the stock module cannot be unloaded")
    s.load("OURS2")
    found(s, "loaded", "ok", "ours 1.2.0 is running", "nothing to say of that while ours runs")
    found(s, "disk", "warn", "remedy: restart", "but another cannot be loaded either")
    s = ours()
    shutil.rmtree(s.root / f"lib/modules/{KERNEL}/build")
    for name, words in (("debian", f"apt install linux-headers-{KERNEL}"), ("fedora", f"dnf install kernel-devel-{KERNEL}"),
                        ("opensuse-leap", "zypper install kernel-test-devel")):
        s.file("etc/os-release", f"ID={name}\n")
        found(s, "headers", "fail", f"remedy: {words}", f"no headers on {name}")
    program = s.file("usr/libexec/wireguard-reorder/wireguard-reorder-package", "#!/bin/sh\n"
                     '[ "$*" = "headers 6.1.0-9-test" ] && echo "apt install linux-headers-6.1.0-9-test linux-headers-test"\n')
    program.chmod(0o755)
    found(s, "headers", "fail", f"remedy: apt install linux-headers-{KERNEL} linux-headers-test", "no headers, and the package "
          "knows which")
    program.write_text("#!/bin/sh\necho 'wireguard-reorder: none any more' >&2\n"
                       "echo 'wireguard-reorder:     to mend: upgrade the kernel' >&2\n")
    found(s, "headers", "fail", "remedy: upgrade the kernel", "no headers, and the package knows why")
    (s.root / f"var/lib/dkms/wireguard-reorder/kernel-{KERNEL}-x86_64").unlink()
    found(s, "dkms", "fail", f"dkms install -m wireguard-reorder -v 1.2.0 -k {KERNEL}", "built, not installed")
    shutil.rmtree(s.root / f"var/lib/dkms/wireguard-reorder/1.2.0/{KERNEL}")
    found(s, "dkms", "fail", "is not built", "not built")
    shutil.rmtree(s.root / "var/lib/dkms")
    found(s, "dkms", "fail", "install the package", "unknown to DKMS")
    (s.root / f"lib/modules/{KERNEL}/updates/dkms/wireguard.ko").unlink()
    found(s, "disk", "fail", "which is not ours", "stock is on disk")
    shutil.rmtree(s.root / "lib")
    found(s, "disk", "fail", "has no folder in /lib/modules", "a kernel that was removed")


def hold_finding(s, **env):
    return next(line for line in s.run("doctor", **env).stdout.splitlines() if line[5:].startswith("hold:"))


def test_prebuilt():
    """A module that a package has brought, where DKMS is not needed."""
    for folder in ("updates", "extra", "weak-updates"):
        s = System()
        s.kernel()
        shutil.rmtree(s.root / f"lib/modules/{KERNEL}/build")
        s.prebuilt(folder=folder)
        s.load("OURS1")
        tap.same(status_line(s), f"wireguard-reorder/1.2.0, {KERNEL}: prebuilt, running, on disk: ours 1.2.0, "
                 "srcversion OURS1, backup of stock: yes", f"status: prebuilt, {folder}")
        code, line = finding(s, "prebuilt")
        tap.point(code == 0 and line == f"ok   prebuilt: a package has brought version 1.2.0 for kernel {KERNEL}",
                  f"doctor: prebuilt, {folder}: neither DKMS nor headers are wanted", code, line)
    tap.same(valid(s.run("-j"), "status")["kernels"][0]["dkms"], "prebuilt", "status -j: prebuilt")
    shutil.rmtree(s.root / f"lib/modules/{KERNEL}/weak-updates")
    s.load("STOCK1", "1.0.0")
    s.kernel("6.1.0-8-test")
    s.prebuilt("6.1.0-8-test")
    found(s, "prebuilt", "fail", f"the prebuilt module is for kernel 6.1.0-8-test, and {KERNEL} runs", "prebuilt, for another kernel")
    tap.same(finding(s, "headers")[1], "", "doctor: nobody is sent for headers then")
    s.prebuilt()
    s.file("sys/module/module/parameters/sig_enforce", "Y\n")
    found(s, "signature", "fail", "make kmod with MODSIGNKEY", "prebuilt, not signed")


def test_doctor_looks():
    """Settings are judged by what came under them."""
    s = ours()
    kept = work / "settings"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir()
    (s.root / "run").mkdir()
    late = {"FAKE_SETTINGS": kept, "FAKE_LATE": 5, "FAKE_PEERS": 1}
    said = hold_finding(s, **late)
    tap.point(said.startswith("warn") and "5 of the last 1000 packets" in said and "set wg0 hold-max 100ms" in said,
              "doctor: the first look is at all that came", said)
    tap.same(hold_finding(s, **late), said, "doctor: says the same again where nothing came since")
    tap.same(s.run("set", "wg0", "hold-max", "100ms", **late).returncode, 0, "its advice is followed")
    for _ in range(3):
        again = hold_finding(s, **late)
        tap.point(again.startswith("ok") and "too few packets" in again, "doctor: nothing came under the new settings", again)
    # Late under the new settings too, and what it has measured is in the kernel's log.
    worse = {**late, "FAKE_LATE": 25, "FAKE_PACKETS": 3000, "FAKE_WAIT_US": 100000}
    log = s.file("dev/kmsg", "".join(f"4,{n},{n}000,-;{text}\n SUBSYSTEM=net\n" for n, text in (
        (7, "wg0: peer 1 (192.0.2.1:1): a packet came 104000 us after one sent later, which is longer than"),
        (8, "wg1: peer 1 (192.0.2.1:1): a packet came 900000 us after one sent later, which is longer than"),
        (9, "wg0: peer 2 (192.0.2.2:1): a packet came 120000 us after one sent later, which is longer than"),
        (10, "wg0: peer 2 (192.0.2.2:1): a packet came 101000 us after one sent later, which is longer than"))))
    said = hold_finding(s, **worse)
    tap.point("20 of the last 2000 packets came too late, by up to 120 ms" in said and "set wg0 hold-max 150ms" in said,
              "doctor: goes by what the module has measured", said)
    fine = {**worse, "FAKE_PACKETS": 23000}
    said = hold_finding(s, **fine)
    tap.point(said.startswith("ok") and "0 of the last 20000 packets" in said, "doctor: ok after 20,000 packets in order", said)
    # Changed by others than the command, and by it: lines of before count no more.
    (kept / "wg0").write_text("0\n5000\n70000\n8192\n")
    tap.point("too few packets" in hold_finding(s, **fine), "doctor: settings changed by others")
    s.run("set", "wg0", "hold-max", "50ms", **fine)
    said = hold_finding(s, **{**fine, "FAKE_PACKETS": 25000, "FAKE_LATE": 45})
    tap.point("20 of the last 2000 packets came too late: " in said and "set wg0 hold-max 100ms" in said,
              "doctor: what was measured under other settings does not count", said)
    # A reset, or another interface of that name.
    said = hold_finding(s, **{**late, "FAKE_LATE": 0, "FAKE_PACKETS": 1500})
    tap.point("0 of the last 1500 packets" in said, "doctor: counters began anew", said)
    # More came after a reset by the command than had come before.
    s.run("reset", "wg0", **{**late, "FAKE_LATE": 0, "FAKE_PACKETS": 0})
    said = hold_finding(s, **{**late, "FAKE_LATE": 90, "FAKE_PACKETS": 9000})
    tap.point("90 of the last 9000 packets" in said, "doctor: all since a reset", said)
    # Why packets were late counts from then on, too: 50 of them were ahead before.
    flows = {**late, "FAKE_LATE": 50, "FAKE_LATE_AHEAD": 50, "FAKE_LATE_UNKNOWN": 0}
    s.run("set", "wg0", "hold-max", "50ms", **{**flows, "FAKE_PACKETS": 9000})
    said = hold_finding(s, **{**flows, "FAKE_LATE": 90, "FAKE_PACKETS": 11000})
    tap.point("40 of the last 2000 packets" in said, "doctor: why they were late is counted since, too", said)
    flows["FAKE_LATE_UNKNOWN"] = 50
    s.run("set", "wg0", "hold-max", "50ms", **{**flows, "FAKE_PACKETS": 12000, "FAKE_LATE": 100})
    tap.point("flows:" not in s.run("doctor", **{**flows, "FAKE_PACKETS": 14000, "FAKE_LATE": 100}).stdout,
              "doctor: and what was unknown before is no news")
    log.unlink()
    note = next((s.root / "run/wireguard-reorder").iterdir())
    note.write_text("{ damaged")
    tap.point("0 of the last 1500 packets" in hold_finding(s, **{**late, "FAKE_LATE": 0, "FAKE_PACKETS": 1500}),
              "doctor: a note that is damaged is none")
    s.run("set", "wg0", "hold-max", "50ms", **{**late, "FAKE_PACKETS": 0})
    tap.point(not list((s.root / "run/wireguard-reorder").iterdir()), "no note where nothing has come yet")


def test_doctor_own():
    """Peers with settings of their own are judged by these, and the interface by the others."""
    s = ours()
    (s.root / "run").mkdir()
    k1 = fake_key(1)
    fixed, adaptive = "1\n50000\n250000\n8192\n", "0\n5000\n250000\n8192\n"

    def doctor(interface, own, **more):
        """With the settings of wg0, and of its peer 1: its findings of warnings, all findings, exit code."""
        kept = Kept()
        (kept.folder / "wg0").write_text(interface)
        (kept.folder / "wg0.1").write_text(own)
        for note in (s.root / "run").glob("*/*"):
            note.unlink()
        result = s.run("doctor", **{"FAKE_SETTINGS": kept.folder, "FAKE_PEERS": 3, "FAKE_WORSE": 1, **more})
        lines = result.stdout.splitlines()
        return [line for line in lines if not line.startswith("ok ")], lines, result.returncode

    def warns(got, remedy, *parts):
        bad, lines, code = got
        tap.point(code == 6 and len(bad) == 1 and bad[0].endswith(f"; remedy: wireguard-reorder set wg0 peer {k1} {remedy}") and
                  all(part in bad[0] for part in (f": wg0: peer {k1}: ", *parts)), f"doctor: {remedy} for the peer alone", code, *lines)

    def fine(got, *parts, name):
        _, lines, code = got
        tap.point(code == 0 and all(any(line.startswith("ok ") and part in line for line in lines) for part in parts), f"doctor: {name}", code, *lines)

    late = {"FAKE_LATE": 5}
    got = doctor(fixed, "6 1000\n", **late)
    warns(got, "hold 2ms", "5 of the last 1000 packets came too late")
    tap.point("ok   hold: wg0: 0 of the last 2000 packets came too late" in got[1], "doctor: what was late is not the interface's", *got[1])
    tap.point("ok   settings: wg0: 1 of 3 peers have settings of their own, and are judged by these; \"show\" has them" in got[1], "doctor: it says so", *got[1])
    # By how much, in the kernel's log: of that peer, of another one, of one of another interface.
    log = s.file("dev/kmsg", "".join(f"4,{n},{n}000,-;{text} us after one sent later\n" for n, text in (
        (7, "wg0: peer 2 ([::1]:2001/0%0): a packet came 20000"), (8, "wg0: peer 1 (192.0.2.1:2000): a packet came 90000"),
        (9, "wg1: peer 4 ([::1]:2001/0%0): a packet came 80000"))))
    warns(doctor(fixed, "6 1000\n", **late), "hold 25ms", "by up to 20.0 ms")
    # The other way round: what that one measured tells nothing of the interface.
    bad, lines, _ = doctor("1\n1000\n250000\n8192\n", "6 400000\n", FAKE_LATE=5, FAKE_WORSE=0)
    tap.point(any("of the last 2000 packets came too late, by up to 90.0 ms" in line and line.endswith("set wg0 hold 113ms") for line in bad) and len(bad) == 1,
              "doctor: the interface by the lines of the others", *lines)
    log.unlink()
    # The ceiling of its own; the interface's wait may still grow.
    warns(doctor(adaptive, "7 20000\n", FAKE_WAIT_US=20000, **late), "hold-max 40ms")
    fine(doctor(adaptive, "7 200000\n", FAKE_WAIT_US=20000, **late), "hold: wg0: 0 of the last 2000", name="its wait may still grow")
    # Of the two that have it, each has its own.
    full = {"FAKE_OVERFLOWED": 3, "FAKE_MAX_HELD": 64}
    warns(doctor(adaptive, "8 64\n", **full), "window 128", "3 gaps were given up as 64 packets were held already")
    fine(doctor(adaptive, "8 128\n", **full), "window: wg0: at most 64 of 8192", name="nothing is said of a window that was not full")
    # Turned off for all but one, as is advised, or for one.
    off = "2\n5000\n250000\n8192\n"
    got = doctor(off, "5 0\n")
    fine(got, "mode: wg0: is off, but for 1 of 3 peers, which have settings of their own", name="off, but for one peer")
    warns(doctor(off, "5 0\n7 50000\n", **late), "hold-max 100ms")
    fine(doctor(adaptive, "5 2\n", **late), "hold: wg0: 0 of the last 2000", name="off for one peer")
    bad, lines, code = doctor(off, "7 9000\n")
    tap.point(code == 6 and [line.endswith("set wg0 mode adaptive") for line in bad] == [True], "doctor: off for all, whatever else is a peer's own", *lines)
    # Each has its look: what came before it was set, or before a reset, counts no more, and others' go on.
    kept = Kept()
    env = {"FAKE_SETTINGS": kept.folder, "FAKE_WORSE": 1, "FAKE_LATE": 5, "FAKE_PACKETS": 2000}
    s.run("set", "wg0", "peer", k1, "mode", "fixed", "hold", "1ms", **env)
    after = {**env, "FAKE_LATE": 10, "FAKE_PACKETS": 5000}
    tap.point("5 of the last 3000 packets" in finding(s, "hold", **after)[1], "doctor: what came since it was set", finding(s, "hold", **after)[1])
    s.run("set", "wg0", "peer", fake_key(0), "window", "64", **after)
    tap.point(f"{k1}: 5 of the last 3000 packets" in finding(s, "hold", **after)[1], "doctor: another peer's are set", finding(s, "hold", **after)[1])
    s.run("reset", "wg0", **{**env, "FAKE_PACKETS": 10, "FAKE_LATE": 0})
    after = {**env, "FAKE_LATE": 90, "FAKE_PACKETS": 9000}
    tap.point(f"{k1}: 90 of the last 8990 packets" in finding(s, "hold", **after)[1], "doctor: since a reset", finding(s, "hold", **after)[1])
    of_peer = "look-*-wg0-" + base64.b64decode(k1).hex()
    tap.same(len(list((s.root / "run/wireguard-reorder").glob(of_peer))), 1, "a look at a peer is kept")
    s.run("set", "wg0", "peer", k1, "default", **after)
    tap.same(list((s.root / "run/wireguard-reorder").glob(of_peer)), [], "and not where it has none of its own any more")


def test_doctor_signing():
    s = ours()
    found(s, "signature", "ok", "does not ask for it", "no signature needed")
    s.file("sys/module/module/parameters/sig_enforce", "Y\n")
    found(s, "signature", "fail", "insists on signatures", "no signature where one is needed")
    s.file("sys/module/module/parameters/sig_enforce", "N\n")
    s.file("sys/kernel/security/lockdown", "none [integrity] confidentiality\n")
    found(s, "signature", "fail", "insists on signatures", "lockdown")
    s.module(f"var/lib/dkms/wireguard-reorder/1.2.0/{KERNEL}/x86_64/module/wireguard.ko", True, "OURS1", "signer: DKMS key\n")
    found(s, "signature", "ok", "signed by DKMS key", "a signature")
    s.file("sys/firmware/efi/efivars/SecureBoot-8be4df61", "\x07\0\0\0\0")
    found(s, "secure-boot", "ok", "off", "Secure Boot is off")
    s.file("sys/firmware/efi/efivars/SecureBoot-8be4df61", "\x07\0\0\0\x01")
    s.program("mokutil", 'echo "$2 is already enrolled"; exit 1')
    found(s, "secure-boot", "ok", "is enrolled", "the key is enrolled")
    s.program("mokutil", 'echo "$2 is already in db"; exit 1')
    found(s, "secure-boot", "ok", "is enrolled", "the key is one of the firmware's own")
    s.program("mokutil", 'echo "$2 is not enrolled"')
    found(s, "secure-boot", "fail", "mokutil --import", "the key is not enrolled")


def test_doctor_others():
    s = ours()
    s.module(f"lib/modules/{KERNEL}/extra/wireguard.ko", False, "OTHER")
    found(s, "owners", "warn", "extra/wireguard.ko could be loaded instead", "another file")
    s = ours()
    s.file("etc/modprobe.d/x.conf", "options wireguard hold_us=1\nblacklist wireguard\n")
    found(s, "owners", "warn", "x.conf keeps modprobe from loading it: blacklist wireguard", "a black list")
    # All folders of modprobe, each way to write it, and what another file of that name hides.
    for folder in ("etc", "run", "usr/local/lib", "usr/lib", "lib"):
        for line in ("blacklist wireguard", "blacklist   wireguard  ", "\tblacklist\twireguard", "install wireguard /bin/false",
                     "install \\\nwireguard /bin/true"):
            s = ours()
            s.file(f"{folder}/modprobe.d/y.conf", f"# no\nblacklist wireguardx\ninstall wireguard2 x\n#blacklist wireguard\n{line}\n")
            code, lines = finding(s, "owners")
            tap.point(code == 6 and lines.count("\n") == 0 and f"/{folder}/modprobe.d/y.conf keeps modprobe from loading it" in lines,
                      f"doctor: /{folder}/modprobe.d: {line!r}", code, lines)
    for word, level in (("modprobe.blacklist=wireguard", "warn"), ("module_blacklist=a,wireguard,b", "warn"), ("modprobe.blacklist=wireguardx,y", "ok"),
                        ("xmodule_blacklist=wireguard", "ok")):
        s = ours()
        s.file("proc/cmdline", f"root=/dev/sda1 {word} quiet\n")
        found(s, "owners", level, f"command line keeps modprobe from loading it: {word}" if level == "warn" else "nothing else claims", word)
    s = ours()
    s.file("usr/lib/modprobe.d/z.conf", "blacklist wireguard\n")
    s.file("etc/modprobe.d/z.conf", "# nothing of that\n")
    found(s, "owners", "ok", "nothing else claims", "a file that another one hides")
    s = ours()
    s.file("var/lib/dkms/wireguard/1.0/source/x")
    found(s, "owners", "warn", "DKMS has another module", "another of DKMS")
    s = ours()
    (s.root / "usr").mkdir()
    (s.root / "lib").rename(s.root / "usr/lib")
    (s.root / "lib").symlink_to("usr/lib")
    s.program("modinfo", f"""
        if [ "$1" = -k ]; then echo "{s.root}/usr/lib/modules/$2/updates/dkms/wireguard.ko"; else cat "$1"; fi
        """)
    found(s, "owners", "ok", "nothing else claims the module", "the same file by another path")
    s = ours()
    image = s.file(f"boot/initrd.img-{KERNEL}")
    s.program("lsinitramfs", "yes /a/file | head -n 100000; echo usr/lib/modules/x/wireguard.ko")
    found(s, "initramfs", "ok", "the same wireguard", "an initial file system that is up to date")
    os.utime(image, (1, 1))
    found(s, "initramfs", "warn", f"update-initramfs -u -k {KERNEL}", "an older copy in the initial file system")
    s.program("lsinitramfs", "echo usr/lib/modules/x/other.ko")
    found(s, "initramfs", "ok", "no wireguard", "no copy in the initial file system")
    s.program("lsinitramfs", "echo cannot open >&2; exit 1")
    found(s, "initramfs", "warn", "cannot be looked into", "an initial file system that cannot be read")


def package(s):
    """The package's program, as it is installed."""
    program = s.file("usr/libexec/wireguard-reorder/wireguard-reorder-package",
                     (CLI.parent / "dist/wireguard-reorder-package").read_text().replace("@VERSION@", "1.2.0"))
    program.chmod(0o755)


def test_doctor_words():
    """Remedies that can be typed as they are, and that lose nothing."""
    s = ours()
    package(s)
    own = f"lib/modules/{KERNEL}/kernel/drivers/net/wireguard/wireguard.ko"
    s.program("modinfo", f"""
        if [ "$1" = -k ]; then echo "{s.root}/{own}"; else cat "$1"; fi
        """)
    s.file("etc/depmod.d/zz.conf", "# mine\noverride wireguard * kernel/drivers/net/wireguard\n")
    found(s, "disk", "fail", "for so says /etc/depmod.d/zz.conf line 2 (override wireguard * kernel/drivers/net/wireguard)",
          "the line of depmod.d that decides")
    found(s, "owners", "ok", "nothing else", "nobody is told to remove ours")
    s = ours()
    package(s)
    s.file("sys/module/module/parameters/sig_enforce", "Y\n")
    s.file("sys/firmware/efi/efivars/SecureBoot-8be4df61", "\x07\0\0\0\x01")
    s.file("etc/dkms/framework.conf.d/a.conf", "mok_certificate=/a.der\n")
    s.file("etc/dkms/framework.conf.d/b.conf", 'mok_certificate="$dkms_tree/b.der" # ours\n')
    s.program("mokutil", 'echo "$2 is not enrolled"')
    found(s, "secure-boot", "fail", f"mokutil --import {s.root}/var/lib/dkms/b.der, ", "the certificate is the one of DKMS")
    build = f"dkms unbuild -m wireguard-reorder -v 1.2.0 -k {KERNEL}; dkms install -m wireguard-reorder -v 1.2.0 -k {KERNEL}"
    s.program("openssl", "true")
    found(s, "signature", "fail", f"in a chroot or an image; remedy: {build}", "not signed: the reason")
    s.program("openssl", "exit 127")
    found(s, "signature", "fail", f"signatures; remedy: install openssl, then {build}", "not signed without openssl")
    for place in ("boot", "boot/efi", "efi"):
        for name, lists in ((f"0123/{KERNEL}/initrd", "lsinitramfs"), (f"EFI/Linux/0123-{KERNEL}.efi", "lsinitrd"),
                            (f"EFI/Linux/0123-{KERNEL}+3-0.efi", "lsinitrd")):
            s = ours()
            os.utime(s.file(f"{place}/{name}"), (1, 1))
            s.program(lists, "echo usr/lib/modules/x/wireguard.ko")
            found(s, "initramfs", "warn", f"remedy: kernel-install add {KERNEL} /lib/modules/{KERNEL}/vmlinuz",
                  f"an older copy in {place}/{name}")
    s.program("lsinitramfs", "true")
    s.program("lsinitrd", "exit 127")
    found(s, "initramfs", "warn", "cannot be looked into", "a unified image and nothing to look into it")


def test_output():
    s = ours()
    with open("/dev/full", "w", encoding="utf-8") as full:
        result = subprocess.run([PROGRAM, "dump"], env=s.env({"FAKE_PEERS": "100"}), stdout=full, stderr=subprocess.PIPE,
                                text=True, check=False)
    tap.point(result.returncode == 1 and "could not be written: No space" in result.stderr, "a full disk", result.stderr)


tap.tests([test_help, test_usage, test_set, test_apply, test_apply_scope, test_peer_settings, test_peer_save, test_peer_apply, test_apply_many_peers, test_pages, test_links, test_old_module, test_apply_other_module, test_apply_bad, test_save,
           test_reset, test_rights, test_stock, test_show, test_terminal, test_locale, test_screen, test_screen_signals,
           test_closed, test_json,
           test_stats_and_dump, test_many_peers, test_watch, test_export, test_export_module,
           test_export_idle, test_export_names, test_files_refused, test_ranges, test_advice, test_export_file, test_export_netns, test_interrupted, test_gone, test_status, test_same, test_doctor, test_prebuilt, test_doctor_looks, test_doctor_own, test_doctor_signing,
           test_doctor_others, test_doctor_words, test_output])
shutil.rmtree(work)
sys.exit(tap.done())
