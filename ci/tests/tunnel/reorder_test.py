#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Settings and statistics of order: the generic netlink family "wg-reorder", sysfs, parameters, ethtool, trace points.

  reorder_test.py [--quick] [--only WORD] [--seed N]

Runs as root with the module loaded, in namespaces of its own; prints TAP. Traffic comes from the peer of ci/tests/peer.
"""

import array
import contextlib
import ctypes
import errno
import fcntl
import os
import pathlib
import random
import re
import socket
import struct
import subprocess
import sys
import threading
import time
import traceback

import netlink_test as nt
from netlink_test import CLONE_NEWNET, CLONE_NEWUSER, F_ACK, F_DUMP, F_DUMP_INTR, F_MULTI, IFNAME, \
    NLMSG_DONE, NLMSG_ERROR, Answer, Skip, attr, in_child, key, parse, run, u8, u16, u32, unshare

HERE = pathlib.Path(__file__).resolve().parent
UAPI = HERE.parents[2] / "src" / "uapi"
PARAMETERS = pathlib.Path("/sys/module/wireguard/parameters")
CLONE_NEWNS = 0x20000

# linux/wg_reorder.h; test_header holds these against it.
GET, SET, GET_STATS, RESET_STATS = range(4)
A_PAD, A_IFINDEX, A_IFNAME, A_KEY, A_MODE, A_HOLD, A_HOLD_MAX, A_WINDOW, A_STATS, A_SCOPE, A_OWN = range(1, 12)
STATS = """pad authenticated in_order reordered released_filled released_timed_out released_passed released_overflowed
    released_flushed late duplicate discarded held max_held gaps_opened gaps_filled gaps_timed_out gaps_passed
    gaps_overflowed gaps_reset gaps_open wait_ns max_hold_ns epochs epoch_changes epoch_held starved extent hold released_ahead
    released_behind late_ahead late_unknown""".split()
EXTENT_BINS, HOLD_BINS = 16, 32
INHERIT = 0xFFFFFFFF
MODES = ["adaptive", "fixed", "off"]
SCOPES = ["flow", "peer", "auto"]
SETTINGS = {"mode": A_MODE, "hold_us": A_HOLD, "hold_max_us": A_HOLD_MAX, "window": A_WINDOW, "scope": A_SCOPE}
DEFAULTS = {"mode": 0, "hold_us": 5000, "hold_max_us": 250000, "window": 8192, "scope": 0}


def name_of(ifname=IFNAME):
    return attr(A_IFNAME, ifname.encode() + b"\0")


def key_of(public):
    return attr(A_KEY, public)


def words(**settings):
    return b"".join(u32(SETTINGS[which], value) for which, value in settings.items())


class Link(nt.Netlink):
    """A socket for the family wg-reorder."""

    def _resolve(self):
        self.send(3, attr(2, b"wg-reorder\0"), 0)
        kind, _, body = self.receive()[0]
        if kind == NLMSG_ERROR:
            raise SystemExit("no family wg-reorder: load the module first")
        self.described = {t: data for t, data, _ in parse(body[4:])}
        return struct.unpack("=H", self.described[1])[0]

    def talk(self, cmd, attrs=b"", flags=F_ACK):
        """The messages of an answer, each a dictionary of its attributes, and the Answer that ends it."""
        self.send(cmd, attrs, flags)
        said, self.changed = [], False
        while True:
            for kind, about, body in self.receive():
                self.changed |= bool(about & F_DUMP_INTR)
                if kind in (NLMSG_ERROR, NLMSG_DONE):
                    return said, Answer(about, body if kind == NLMSG_ERROR else bytes(4), self.request)
                assert body[0] == cmd and body[1] == 1, f"an answer of command {body[0]}, version {body[1]}"
                said.append({t: data for t, data, _ in parse(body[4:])})

    def settings(self, which=None):
        said, answer = self.talk(GET, which or name_of())
        assert not answer.errno and len(said) == 1, f"{answer}, {len(said)} messages"
        return self.read_settings(said[0])

    @staticmethod
    def read_settings(message):
        return {name: struct.unpack("=I", message[kind])[0] for name, kind in SETTINGS.items()}

    @staticmethod
    def read_own(message):
        """The names of those that are the peer's own."""
        bits, = struct.unpack("=I", message[A_OWN])
        assert bits < 1 << len(SETTINGS), f"{bits:#x}"
        return [name for n, name in enumerate(SETTINGS) if bits & 1 << n]

    def peer_settings(self, public, ifname=IFNAME):
        """What is in force for a peer, and what of it is its own."""
        said, answer = self.talk(GET, name_of(ifname) + key_of(public))
        assert not answer.errno and len(said) == 1, f"{answer}, {len(said)} messages"
        assert set(said[0]) == {A_IFINDEX, A_IFNAME, A_KEY, A_OWN, *SETTINGS.values()} and said[0][A_KEY] == public
        return self.read_settings(said[0]), self.read_own(said[0])


def figures(data):
    """What a nest of statistics says, by name; both histograms as lists."""
    found = {}
    for kind, value, _ in parse(data):
        if STATS[kind - 1] == "pad":
            continue
        numbers = list(struct.unpack(f"={len(value) // 8}Q", value))
        found[STATS[kind - 1]] = numbers if STATS[kind - 1] in ("extent", "hold") else numbers[0]
    assert set(found) == set(STATS) - {"pad"}, f"missing or too much: {set(found) ^ (set(STATS) - {'pad'})}"
    assert len(found["extent"]) == EXTENT_BINS and len(found["hold"]) == HOLD_BINS
    return found


def balanced(f):
    """The sums that the description promises."""
    assert f["authenticated"] == sum(f[n] for n in ("in_order", "reordered", "held", "late", "duplicate", "discarded")), f
    assert f["reordered"] == sum(n for name, n in f.items() if name.startswith("released_")), f
    assert f["gaps_opened"] == sum(n for name, n in f.items() if name.startswith("gaps_") and name != "gaps_opened"), f
    return f


class Dump:
    """A dump of statistics that may be read in steps: step() until it returns False."""

    def __init__(self, size=65536, which=None):
        self.link = Link(size)
        self.totals, self.peers, self.order = None, {}, []
        self.own = {}           # settings of peers that have some of their own, and their names
        self.again = set()      # peers that came twice: removed and made anew meanwhile
        self.messages, self.changed, self.answer = 0, False, None
        self.link.send(GET_STATS, which or name_of(), F_DUMP)

    def step(self):
        for kind, flags, body in self.link.receive():
            self.changed |= bool(flags & F_DUMP_INTR)
            if kind in (NLMSG_ERROR, NLMSG_DONE):
                self.answer = Answer(flags, body, self.link.request) if kind == NLMSG_ERROR else None
                self.link.close()
                assert self.changed or not self.again, "a peer twice, although nothing has changed"
                return False
            assert flags & F_MULTI and body[0] == GET_STATS, "not a part of a dump"
            self.messages += 1
            self._message({t: data for t, data, _ in parse(body[4:])})
        return True

    def _message(self, attrs):
        shown = balanced(figures(attrs.pop(A_STATS)))
        assert attrs.pop(A_IFINDEX)
        if self.messages == 1:
            assert set(attrs) == {A_IFNAME}, f"the totals do not come first: {set(attrs)}"
            self.totals = shown
            return
        public = attrs.pop(A_KEY)
        if A_OWN in attrs:
            self.own[public] = Link.read_settings(attrs), Link.read_own(attrs)
            for kind in A_OWN, *SETTINGS.values():
                attrs.pop(kind)
        assert not attrs, f"attributes {set(attrs)} too much"
        if public in self.peers:
            self.again.add(public)
        self.peers[public] = shown
        self.order.append(public)

    def all(self):
        while self.step():
            pass
        return self


def statistics():
    """Totals and peers of the interface that is there."""
    found = Dump().all()
    assert not found.answer, f"refused: {found.answer}"
    return found


def drop_capabilities():
    """Still root as far as files are concerned."""
    header = struct.pack("=Ii", 0x20080522, 0)
    if ctypes.CDLL(None, use_errno=True).capset(header, bytes(24)):
        raise OSError(ctypes.get_errno(), "capset")


def write(path, text):
    """0 or the errno of writing a file at once. It is not to be created, which sysfs would refuse in words of its own."""
    try:
        file = os.open(path, os.O_WRONLY)
    except OSError as error:
        return error.errno
    try:
        os.write(file, text.encode())
    except OSError as error:
        return error.errno
    finally:
        os.close(file)
    return 0


class Traffic:
    """An interface that packets of chosen counters come by, in a process of its own (in_child)."""

    def __init__(self):
        sys.path.insert(0, str(HERE.parent / "peer"))
        try:
            import rig          # pylint: disable=import-outside-toplevel
        except ImportError as missing:
            raise Skip(f"no test peer: {missing}") from missing
        self.ifname = rig.IFNAME
        self.rig = rig.Rig(random.getrandbits(32))
        self.link = Link()
        self.peer = self.session = None
        self.counter = 0

    def set(self, **settings):
        _, answer = self.link.talk(SET, name_of(self.ifname) + words(**settings))
        assert not answer.errno, f"refused: {answer}"

    def begin(self):
        """A peer with a session whose first packet has been delivered."""
        self.peer = self.rig.add()
        self.next_key()

    def next_key(self):
        self.session = self.peer.session()
        self.counter = 0
        self.rig.tap.clear()
        self.send(0)
        self.delivered(0)

    def send(self, *counters):
        """Counters from the next one on."""
        self.peer.send(*self.peer.datas(self.session, [self.counter + n for n in counters]))

    def delivered(self, *counters, after=0.0):
        wanted = [self.peer.tag(self.session, self.counter + n) for n in counters]
        got = [d.tag for d in self.rig.tap.collect(len(wanted), quiet=after)]
        assert got == wanted, f"delivered {got}, not {wanted}"

    def advance(self, count):
        self.counter += count

    def stats(self):
        found = Dump(which=name_of(self.ifname)).all()
        return found.totals, list(found.peers.values())


def with_traffic(function):
    """Run a test with traffic; its text must be "done", a reason to skip or what is wrong."""
    def inside():
        try:
            function(Traffic())
        except Skip as reason:
            return f"skip {reason}"
        except BaseException as error:
            lines = ", ".join(str(frame.lineno) for frame in traceback.extract_tb(error.__traceback__))
            return f"{type(error).__name__}: {error} (lines {lines})"
        return "done"

    said = in_child(inside)
    if said.startswith("skip "):
        raise Skip(said[5:])
    assert said == "done", said


class Tests(nt.Runner):
    what = "reorder"
    connect = Link

    def __init__(self, args):
        super().__init__(args)
        self.parameters = {}

    def set(self, **settings):
        _, answer = self.link.talk(SET, name_of() + words(**settings))
        assert not answer.errno, f"{settings} refused: {answer}"

    def are(self, **wanted):
        found = self.link.settings()
        assert found == {**DEFAULTS, **wanted}, f"settings are {found}"

    def refused(self, what, attrs, wanted, text="", about=None, cmd=SET, flags=F_ACK, named=True):
        _, answer = self.link.talk(cmd, (name_of() if named else b"") + attrs, flags)
        assert answer.errno == wanted, f"{what}: {answer}, not {errno.errorcode[wanted]}"
        # Some kernels pass on no text about the beginning of a dump.
        if flags == F_ACK or answer.text:
            assert text in answer.text, f"{what}: nothing of {text!r} in {answer}"
            assert about in (None, answer.about), f"{what}: blames attribute {answer.about}, not {about}"

    @staticmethod
    def change_peers(numbers, *more):
        """Add peers of family wireguard, or whatever more says."""
        link = nt.Netlink()
        numbers = list(numbers)
        for at in range(0, len(numbers), 500):
            entries = [nt.peer(key(n), *more) for n in numbers[at:at + 500]]
            answer = link.ask(nt.SET, attr(nt.D_IFNAME, IFNAME.encode() + b"\0") + attr(nt.D_PEERS, entries))
            assert not answer.errno, f"peers refused: {answer}"
        link.close()

    # The family and what it takes.

    def test_family(self):
        assert self.link.described[2] == b"wg-reorder\0"
        assert self.link.described[3] == struct.pack("=I", 1), "not version 1"
        assert self.link.described[4] == bytes(4), "a header of its own"
        commands = {}
        for _, op, _ in parse(self.link.described[6]):
            fields = {kind: struct.unpack("=I", value)[0] for kind, value, _ in parse(op)}
            commands[fields[1]] = fields[2]
        do, dump, policy, uns_admin = 2, 4, 8, 16
        assert commands == {GET: do | dump | policy | uns_admin, SET: do | policy | uns_admin,
                            GET_STATS: dump | policy | uns_admin, RESET_STATS: do | policy | uns_admin}, f"{commands}"

    def test_round_trip(self):
        self.are()
        wanted = {"mode": 1, "hold_us": 12345, "hold_max_us": 67890, "window": 64, "scope": 0}
        self.set(**wanted)
        self.are(**wanted)
        said, answer = self.link.talk(GET, u32(A_IFINDEX, socket.if_nametoindex(IFNAME)))
        assert not answer.errno and said[0][A_IFNAME] == IFNAME.encode() + b"\0"
        assert said[0][A_IFINDEX] == struct.pack("=I", socket.if_nametoindex(IFNAME))
        assert Link.read_settings(said[0]) == wanted
        assert set(said[0]) == {A_IFINDEX, A_IFNAME, *SETTINGS.values()}
        # Another interface has settings of its own, also with the same peers.
        run("ip", "link", "add", "wgn1", "type", "wireguard")
        assert self.link.settings(name_of("wgn1")) == DEFAULTS
        run("ip", "link", "del", "wgn1")

    def test_partial(self):
        self.change_peers(range(3))
        run("ip", "link", "set", IFNAME, "up")
        now = {}
        for setting, value in (("hold_us", 1), ("window", 128), ("mode", 2), ("hold_max_us", 0), ("hold_us", 1000000),
                               ("scope", 1), ("mode", 1), ("window", 32768), ("hold_max_us", 5000000), ("mode", 0),
                               ("scope", 0), ("hold_us", 0)):
            self.set(**{setting: value})
            now[setting] = value
            self.are(**now)
        self.set()
        self.are(**now)
        assert statistics().totals["wait_ns"] <= 50 * 10 ** 6

    def test_scope_auto(self):
        """Unless it is chosen the scope goes by the mode, and what is shown is what that comes to."""
        for mode, scope in ((1, 1), (0, 0), (2, 0)):
            self.set(mode=mode)
            self.are(mode=mode, scope=scope)
        self.set(scope=1)
        self.are(mode=2, scope=1)
        self.set(mode=0)
        self.are(mode=0, scope=1)
        self.set(scope=2)
        self.are(mode=0, scope=0)
        self.set(mode=1)
        self.are(mode=1, scope=1)

    def test_ranges(self):
        self.change_peers([1])
        good = {"mode": 1, "hold_us": 7, "hold_max_us": 8, "window": 64, "scope": 0}
        self.set(**good)
        window = "window: give a power of two from 64 to 32768 packets"
        scope = "scope: give flow (0), peer (1) or auto (2), which is peer if the mode is fixed"
        cases = [("mode", value, errno.EINVAL, "mode: give adaptive (0), fixed (1) or off (2)")
                 for value in (3, 256, 0xFFFFFFFF)]
        cases += [(name, value, errno.ERANGE, f"{name}: give 0 to {most} microseconds")
                  for name, most in (("hold_us", 1000000), ("hold_max_us", 5000000))
                  for value in (most + 1, 1 << 31, 0xFFFFFFFF)]
        cases += [("scope", value, errno.EINVAL, scope) for value in (3, 256, 0xFFFFFFFF)]
        cases += [("window", value, errno.ERANGE, window) for value in (0, 1, 32, 63, 32769, 65536, 0xFFFFFFFF)]
        cases += [("window", value, errno.EINVAL, window) for value in (65, 96, 1000, 16383)]
        for setting, value, wanted, text in cases:
            # All others would be right, before and after: they must not be changed either.
            for first in True, False:
                others = words(**{n: v for n, v in DEFAULTS.items() if n != setting})
                bad = words(**{setting: value})
                self.refused(f"{setting}={value}", bad + others if first else others + bad, wanted, text,
                             SETTINGS[setting])
                self.are(**good)
        print(f"# {2 * len(cases)} refused")

    # Settings of one peer.

    def set_peer(self, number, **settings):
        _, answer = self.link.talk(SET, name_of() + key_of(key(number)) + words(**settings))
        assert not answer.errno, f"{settings} of peer {number} refused: {answer}"

    def peer_is(self, number, own, **wanted):
        found = self.link.peer_settings(key(number))
        assert found == ({**DEFAULTS, **wanted}, own), f"settings of peer {number} are {found}"

    def test_peer(self):
        self.change_peers(range(3))
        for number in range(3):
            self.peer_is(number, [])
        self.set_peer(1, mode=2, window=64)
        self.peer_is(1, ["mode", "window"], mode=2, window=64)
        self.peer_is(0, [])
        self.are()
        # What is its own stays, the rest goes with the interface.
        self.set(mode=1, hold_us=77, window=128, scope=0)
        self.peer_is(1, ["mode", "window"], mode=2, hold_us=77, window=64)
        self.peer_is(0, [], mode=1, hold_us=77, window=128)
        # The same value as the interface's is one of its own, too.
        self.set_peer(1, hold_us=77)
        self.set(hold_us=5000)
        self.peer_is(1, ["mode", "hold_us", "window"], mode=2, hold_us=77, window=64)
        # Back, one by one and with others at once.
        self.set_peer(1, mode=INHERIT, hold_max_us=9)
        self.peer_is(1, ["hold_us", "hold_max_us", "window"], mode=1, hold_us=77, hold_max_us=9, window=64)
        self.set_peer(1, **{name: INHERIT for name in SETTINGS})
        self.peer_is(1, [], mode=1, window=128)
        self.set_peer(1)
        self.peer_is(1, [], mode=1, window=128)

    def test_peer_scope(self):
        """The scope of a peer goes by the mode in force for it, unless it or its interface has one."""
        self.change_peers(range(1))
        self.set_peer(0, mode=1)
        self.peer_is(0, ["mode"], mode=1, scope=1)
        self.set(scope=0)
        self.peer_is(0, ["mode"], mode=1, scope=0)
        self.set_peer(0, scope=2)
        self.peer_is(0, ["mode", "scope"], mode=1, scope=1)
        self.set_peer(0, mode=INHERIT)
        self.peer_is(0, ["scope"], scope=0)
        self.set(mode=1)
        self.peer_is(0, ["scope"], mode=1, scope=1)

    def test_peer_in_dump(self):
        self.change_peers(range(40))
        own = {n: dict(zip(SETTINGS, (n % 3, n, 2 * n, 64 << n % 9, n % 2))) for n in range(0, 40, 3)}
        for number, settings in own.items():
            self.set_peer(number, **settings)
        self.set_peer(1, hold_us=8)
        found = Dump(4096).all()
        wanted = {key(n): (settings, list(SETTINGS)) for n, settings in own.items()}
        wanted[key(1)] = {**DEFAULTS, "hold_us": 8}, ["hold_us"]
        assert found.own == wanted, f"{found.own}"
        assert len(found.peers) == 40 and not found.changed

    def test_peer_ranges(self):
        self.change_peers([1])
        good = {"mode": 1, "hold_us": 7, "hold_max_us": 8, "window": 64, "scope": 0}
        self.set_peer(1, **good)
        for setting, value, wanted in (("mode", 3, errno.EINVAL), ("hold_us", 1000001, errno.ERANGE),
                                       ("hold_max_us", 5000001, errno.ERANGE), ("window", 65536, errno.ERANGE),
                                       ("window", 96, errno.EINVAL), ("scope", 3, errno.EINVAL),
                                       ("mode", INHERIT - 1, errno.EINVAL)):
            others = words(**{n: INHERIT for n in SETTINGS if n != setting})
            for bad in words(**{setting: value}) + others, others + words(**{setting: value}):
                self.refused(f"{setting}={value}", key_of(key(1)) + bad, wanted, f"{setting}: give ", SETTINGS[setting])
                self.peer_is(1, list(SETTINGS), **good)

    def test_peer_added_again(self):
        """Who is removed and added has nothing of its own; who is only changed keeps it."""
        self.change_peers(range(2))
        self.set_peer(0, mode=2)
        self.set_peer(1, mode=2)
        self.change_peers([0], u16(nt.P_KEEPALIVE, 9))
        self.peer_is(0, ["mode"], mode=2)
        self.change_peers([0], u32(nt.P_FLAGS, nt.REMOVE_ME))
        self.refused("removed", key_of(key(0)) + words(mode=1), errno.ENOENT, "no peer", A_KEY)
        self.change_peers([0])
        self.peer_is(0, [])
        self.peer_is(1, ["mode"], mode=2)
        # All of them are replaced, as by "wg setconf".
        link = nt.Netlink()
        answer = link.ask(nt.SET, attr(nt.D_IFNAME, IFNAME.encode() + b"\0") + u32(nt.D_FLAGS, nt.REPLACE_PEERS) +
                          attr(nt.D_PEERS, [nt.peer(key(1))]))
        link.close()
        assert not answer.errno
        self.peer_is(1, [])

    def test_peer_added_told(self):
        """A uevent says that peers were added, one for each message that adds some, and no other does."""
        told = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, 15)
        told.bind((0, 1))
        told.settimeout(5)

        def events():
            """Of peers, so far; a rename marks the end."""
            end = f"wgz{random.randrange(10 ** 6)}"
            run("ip", "link", "add", end, "type", "wireguard")
            found = []
            while True:
                lines = told.recv(65536).decode().split("\0")
                values = dict(line.split("=", 1) for line in lines if "=" in line)
                if values.get("INTERFACE") == end and values["ACTION"] == "add":
                    break
                if "WIREGUARD_PEERS" in values:
                    found.append((values["ACTION"], values["INTERFACE"], values["DEVTYPE"], values["WIREGUARD_PEERS"]))
            run("ip", "link", "del", end)
            return found

        one = ("change", IFNAME, "wireguard", "added")
        with contextlib.closing(told):
            events()
            self.change_peers(range(100))
            assert events() == [one]
            self.change_peers(range(100), u16(nt.P_KEEPALIVE, 9))
            self.change_peers([200], u32(nt.P_FLAGS, nt.UPDATE_ONLY))
            self.change_peers([99], u32(nt.P_FLAGS, nt.REMOVE_ME))
            self.set_peer(5, mode=2)
            assert not events()
            self.change_peers([99])
            self.change_peers([100])
            assert events() == [one, one]

    def test_peer_with_traffic(self):
        """What is set of one peer is what becomes of its packets, and not of another's."""
        def inside(t):
            t.set(mode=1, hold_us=1000000, scope=1)
            t.begin()
            t.advance(1)
            public = next(iter(Dump(which=name_of(t.ifname)).all().peers))
            def own(**settings):
                _, answer = t.link.talk(SET, name_of(t.ifname) + key_of(public) + words(**settings))
                assert not answer.errno, f"refused: {answer}"
            # Held, as the interface says, until its own says otherwise: then it goes up at once.
            t.send(1)
            t.delivered(after=0.1)
            own(mode=2)
            t.delivered(1)
            t.send(0)
            t.delivered(0)
            t.advance(2)
            # The interface's settings are of no account for it.
            t.set(mode=1, hold_us=999999)
            t.send(1)
            t.delivered(1)
            t.send(0)
            t.delivered(0)
            t.advance(2)
            # And of account again.
            own(mode=INHERIT)
            t.send(1)
            t.delivered(after=0.1)
            t.send(0)
            t.delivered(0, 1)
        with_traffic(inside)

    def test_peer_wait_kept(self):
        """A change of the interface does not make a wait anew that is the peer's own."""
        def inside(t):
            t.begin()
            public = next(iter(Dump(which=name_of(t.ifname)).all().peers))
            _, answer = t.link.talk(SET, name_of(t.ifname) + key_of(public) + words(hold_max_us=30000))
            assert not answer.errno
            assert t.stats()[1][0]["wait_ns"] == 30 * 10 ** 6
            t.set(hold_max_us=20000)
            assert t.stats()[1][0]["wait_ns"] == 30 * 10 ** 6, "the interface's goes before the peer's own"
            _, answer = t.link.talk(SET, name_of(t.ifname) + key_of(public) + words(hold_max_us=INHERIT))
            assert not answer.errno
            assert t.stats()[1][0]["wait_ns"] == 20 * 10 ** 6
        with_traffic(inside)

    def test_peer_concurrent(self):
        """Settings of peers that come and go while they are set, and dumped."""
        self.change_peers(range(50))
        end = time.monotonic() + (2 if self.args.quick else 6)
        seen, wrong = {}, []

        def churn():
            while time.monotonic() < end:
                self.change_peers(range(0, 50, 2), u32(nt.P_FLAGS, nt.REMOVE_ME))
                self.change_peers(range(50))

        def sets():
            link, rng = Link(), random.Random(self.args.seed)
            while time.monotonic() < end:
                settings = words(mode=rng.choice((0, 1, 2, INHERIT)), window=rng.choice((64, 128, INHERIT)))
                public = key_of(key(rng.randrange(60))) if rng.randrange(4) else b""
                _, answer = link.talk(SET, name_of() + public + settings)
                seen[answer.errno] = seen.get(answer.errno, 0) + 1
            link.close()

        def dumps():
            while time.monotonic() < end:
                for settings, own in Dump(4096).all().own.values():
                    if settings["mode"] > 2 or settings["window"] not in (64, 128, 8192) or not own:
                        wrong.append((settings, own))

        threads = [threading.Thread(target=work) for work in (churn, sets, sets, dumps)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print("# " + ", ".join(f"{errno.errorcode.get(e, 'taken')} {n}" for e, n in sorted(seen.items())))
        assert not wrong, f"{wrong[:3]}"
        # An interface has no other one's to inherit.
        assert set(seen) <= {0, errno.ENOENT, errno.EINVAL, errno.ERANGE} and seen[0] > 20, f"{seen}"

    def test_interface(self):
        index = socket.if_nametoindex(IFNAME)
        for cmd, flags in ((GET, F_ACK), (SET, F_ACK), (GET_STATS, F_DUMP), (RESET_STATS, F_ACK)):
            def refused(*what, cmd=cmd, flags=flags):
                self.refused(*what, cmd=cmd, flags=flags, named=False)
            refused("neither", b"", errno.EBADR, "either the index or the name")
            refused("both", name_of() + u32(A_IFINDEX, index), errno.EBADR, "either the index or the name")
            refused("no such name", name_of("nowhere"), errno.ENODEV, "no such interface", A_IFNAME)
            refused("no such index", u32(A_IFINDEX, 99999), errno.ENODEV, "no such interface", A_IFINDEX)
            refused("index 0", u32(A_IFINDEX, 0), errno.ENODEV, "no such interface", A_IFINDEX)
            refused("another type", name_of("lo"), errno.EOPNOTSUPP, "not an interface of type wireguard", A_IFNAME)
            refused("long name", attr(A_IFNAME, b"x" * 16 + b"\0"), errno.EINVAL, "", A_IFNAME)
            refused("unended name", attr(A_IFNAME, b"x" * 15), errno.EINVAL, "", A_IFNAME)
            refused("short index", attr(A_IFINDEX, b"\1\0"), errno.EINVAL, "", A_IFINDEX)
        run("ip", "link", "del", IFNAME)
        self.refused("gone", words(hold_us=1), errno.ENODEV, "no such interface", A_IFNAME)

    def test_malformed(self):
        for setting, kind in SETTINGS.items():
            for what, bad in (("2 bytes", u16(kind, 1)), ("1 byte", u8(kind, 1)), ("empty", attr(kind)),
                              ("8 bytes", attr(kind, bytes(8))), ("nest", attr(kind, [u32(1, 1)]))):
                self.refused(f"{setting}: {what}", bad, errno.EINVAL, "", kind)
            for cmd in GET, RESET_STATS:
                self.refused(f"{setting} for command {cmd}", u32(kind, 1), errno.EINVAL, "", kind, cmd=cmd)
            for bad in u16(kind, 1), attr(kind), attr(kind, bytes(8)):
                self.refused(f"{setting} of a peer", key_of(key(1)) + bad, errno.EINVAL, "", kind)
            self.refused(f"{setting} for a dump", u32(kind, 1), errno.EINVAL, "", kind, cmd=GET_STATS, flags=F_DUMP)
        public = key_of(key(1))
        self.refused("key for a dump", public, errno.EINVAL, "", A_KEY, cmd=GET_STATS, flags=F_DUMP)
        self.refused("key for a dump of settings", public, errno.EINVAL, "name none", cmd=GET, flags=F_DUMP, named=False)
        for cmd in GET, SET, RESET_STATS:
            for size in 0, 31, 33:
                self.refused(f"key of {size} bytes", key_of(bytes(size)), errno.ERANGE, "32 bytes", A_KEY, cmd=cmd)
            self.refused("key of nobody", public, errno.ENOENT, "no peer with this public key", A_KEY, cmd=cmd)
        for kind in 0, A_PAD, A_STATS, A_OWN, A_OWN + 1, 100:
            self.refused(f"attribute {kind}", u32(kind, 0), errno.EINVAL, "", kind)
        self.refused("dump of one interface", b"", errno.EINVAL, "name none", cmd=GET, flags=F_DUMP)
        self.refused("statistics without dump", b"", errno.EOPNOTSUPP, cmd=GET_STATS)
        self.refused("set as a dump", b"", errno.EOPNOTSUPP, flags=F_DUMP)
        self.refused("unknown command", b"", errno.EOPNOTSUPP, cmd=4)
        self.are()

    def test_random(self):
        """Damaged copies of a good request: an answer to each, and settings in their ranges."""
        rng = random.Random(self.args.seed)
        self.change_peers(range(2))
        good = words(mode=1, hold_us=1, hold_max_us=2, window=128)
        seen = {}
        for _ in range(300 if self.args.quick else 1500):
            data = bytearray(good)
            for _ in range(rng.choice((1, 1, 2, 4))):
                at = rng.randrange(len(data))
                if rng.randrange(3):
                    data[at] ^= 1 << rng.randrange(8)
                else:
                    data[at:at + rng.randrange(3)] = bytes(rng.randrange(256) for _ in range(rng.randrange(5)))
                    data = data or bytearray(1)
            _, answer = self.link.talk(SET, name_of() + bytes(data))
            seen[answer.errno] = seen.get(answer.errno, 0) + 1
            now = self.link.settings()
            assert now["mode"] < 3 and now["hold_us"] <= 1000000 and now["hold_max_us"] <= 5000000, f"{now}"
            assert now["window"] in [1 << n for n in range(6, 16)] and now["scope"] < 2, f"{now}"
        print("# " + ", ".join(f"{errno.errorcode.get(e, 'taken')} {n}" for e, n in sorted(seen.items())))
        known = {0, errno.EINVAL, errno.ERANGE, errno.EBADR, errno.ENODEV, errno.EOPNOTSUPP}
        assert set(seen) <= known and len(seen) > 2, f"{seen}"

    def test_all_interfaces(self):
        # More than fit into one message, of which all that are made go at once in the end.
        count = 60
        names = [f"wgm{n}" for n in range(count)]
        batch = "".join(f"link add {name} group 7 type wireguard\n" for name in names)
        subprocess.run(["ip", "-batch", "-"], input=batch, text=True, timeout=300, check=True)
        run("ip", "link", "add", "other", "group", "7", "type", "ipip", "remote", "192.0.2.1", "local", "192.0.2.2")
        try:
            for n, name in enumerate(names):
                _, answer = self.link.talk(SET, name_of(name) + words(hold_us=n))
                assert not answer.errno
            small = Link(4096)
            said, answer = small.talk(GET, b"", F_DUMP)
            small.close()
            assert not answer.errno and not small.changed
            found = {m[A_IFNAME].rstrip(b"\0").decode(): Link.read_settings(m) for m in said}
            assert len(said) == len(found) == count + 1, f"{len(said)} messages, {len(found)} interfaces"
            assert found == {IFNAME: DEFAULTS, **{name: {**DEFAULTS, "hold_us": n} for n, name in enumerate(names)}}
        finally:
            run("ip", "link", "del", "group", "7")

    # Who may.

    def commands(self):
        return ((GET, F_ACK, name_of()), (GET, F_DUMP, b""), (SET, F_ACK, name_of()), (GET_STATS, F_DUMP, name_of()),
                (GET, F_ACK, name_of() + key_of(key(1))), (SET, F_ACK, name_of() + key_of(key(1)) + words(mode=2)),
                (RESET_STATS, F_ACK, name_of()))

    def test_unprivileged(self):
        def nobody():
            os.setgroups([])
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)

        def elsewhere():
            unshare(CLONE_NEWUSER)

        def ask(become, cmd, flags, attrs):
            become()
            return str(Link().talk(cmd, attrs, flags)[1].errno)

        for become in nobody, elsewhere, drop_capabilities:
            for cmd, flags, attrs in self.commands():
                said = in_child(lambda: ask(become, cmd, flags, attrs))     # pylint: disable=cell-var-from-loop
                assert said == str(errno.EPERM), f"command {cmd} said {said} to {become.__name__}"
        self.are()

    def test_namespaces(self):
        """The owner of a namespace sees and changes its interfaces and no others."""
        with open("/proc/sys/user/max_user_namespaces", encoding="ascii") as limit:
            if limit.read().strip() == "0":
                raise Skip("no user namespaces here")

        def inside():
            unshare(CLONE_NEWUSER | CLONE_NEWNET)
            # Root in there, so that the programs it calls are, too.
            for name, text in (("setgroups", "deny"), ("uid_map", "0 0 1"), ("gid_map", "0 0 1")):
                assert write(f"/proc/self/{name}", text) == 0, f"no {name}"
            link = Link()
            said = [str(len(link.talk(GET, b"", F_DUMP)[0]))]
            for cmd, flags, attrs in self.commands():
                if attrs:
                    said.append(str(link.talk(cmd, attrs, flags)[1].errno))
            run("ip", "link", "add", "own", "type", "wireguard")
            for cmd, flags, _ in self.commands():
                answer = link.talk(cmd, name_of("own") if (cmd, flags) != (GET, F_DUMP) else b"", flags)[1]
                said.append(str(answer.errno))
            return " ".join(said + [str(len(link.talk(GET, b"", F_DUMP)[0]))])

        said = in_child(inside)
        assert said == f"0 {' '.join([str(errno.ENODEV)] * 6)} {'0 ' * 7}1", said

    # Statistics.

    def test_many_peers(self):
        count = 200 if self.args.quick else 1000
        self.change_peers(range(count))
        for size in 4096, 32768:
            found = Dump(size).all()
            assert not found.answer and not found.changed
            assert found.order == [key(n) for n in range(count)], f"{len(found.order)} peers, or not in their order"
            assert found.messages == count + 1
            shown = {**found.totals, "wait_ns": 0}
            assert not any(n for n in shown.values() if not isinstance(n, list)), f"{shown}"
            assert found.totals["wait_ns"] == found.peers[key(0)]["wait_ns"] == 50000000
        by_index = Dump(which=u32(A_IFINDEX, socket.if_nametoindex(IFNAME))).all()
        assert by_index.order == found.order

    def begin_dump(self, count):
        self.change_peers(range(count))
        dump = Dump(4096)
        assert dump.step()
        assert len(dump.peers) < count // 3, "too few messages for this to be a test"
        return dump

    def test_remove_while_dumped(self):
        count = 200
        dump = self.begin_dump(count)
        stay = [0, 1, *range(count - 20, count)]
        self.change_peers(range(2, count - 20), u32(nt.P_FLAGS, nt.REMOVE_ME))
        dump.all()
        assert dump.changed, "peers were removed, and the dump does not say so"
        assert {key(n) for n in stay} <= set(dump.peers), "a peer that stayed is missing"
        assert dump.order == sorted(dump.order), "not in the order of the peers"
        found = Dump().all()
        assert found.order == [key(n) for n in stay] and not found.changed

    def test_remove_all_while_dumped(self):
        dump = self.begin_dump(300)
        self.change_peers(range(300), u32(nt.P_FLAGS, nt.REMOVE_ME))
        dump.all()
        assert dump.changed
        assert not Dump().all().peers

    def test_interface_gone_while_dumped(self):
        dump = self.begin_dump(200)
        with subprocess.Popen(["ip", "link", "del", IFNAME]) as deletion:
            time.sleep(0.5)
            dump.all()
            assert deletion.wait(30) == 0

    def test_dump_given_up(self):
        for turn in range(20):
            dump = Dump(4096) if turn else self.begin_dump(100)
            dump.step()
            dump.link.close()
        begin = time.monotonic()
        run("ip", "link", "del", IFNAME)
        assert time.monotonic() - begin < 20, "something held on to the interface"

    def test_concurrent(self):
        """Peers that stay are in every dump, while others come and go and settings change."""
        stayed = {key(n) for n in range(100)}
        self.change_peers(range(100))
        stop, failed = threading.Event(), []

        def churn():
            rng, link = random.Random(self.args.seed), Link()
            while not stop.is_set():
                try:
                    some = [100 + rng.randrange(50) for _ in range(10)]
                    self.change_peers(some, u32(nt.P_FLAGS, rng.choice((0, nt.REMOVE_ME))))
                    _, answer = link.talk(SET, name_of() + words(mode=rng.randrange(3), hold_us=rng.randrange(1000)))
                    assert not answer.errno, f"{answer}"
                    link.talk(RESET_STATS, name_of())
                except AssertionError as error:
                    failed.append(str(error))
            link.close()

        thread = threading.Thread(target=churn)
        thread.start()
        dumps = 0
        try:
            end = time.monotonic() + (3 if self.args.quick else 10)
            while time.monotonic() < end:
                found = Dump(random.choice((4096, 8192))).all()
                assert set(found.peers) >= stayed, "a peer that stayed is missing"
                assert not found.again & stayed, "a peer that stayed came twice"
                dumps += 1
        finally:
            stop.set()
            thread.join()
        print(f"# {dumps} dumps")
        assert not failed, failed[0]

    def test_reset_refused(self):
        self.change_peers([1])
        self.refused("unknown peer", attr(A_KEY, key(2)), errno.ENOENT, "no peer with this public key", A_KEY,
                     cmd=RESET_STATS)
        for attrs in name_of(), name_of() + attr(A_KEY, key(1)), u32(A_IFINDEX, socket.if_nametoindex(IFNAME)):
            _, answer = self.link.talk(RESET_STATS, attrs)
            assert not answer.errno, f"{answer}"

    def test_traffic(self):
        """What is counted where; a reset; totals that do not go back when a peer is removed."""
        def inside(t):
            t.set(mode=1, hold_us=300000)
            t.begin()
            t.advance(1)
            t.send(0, 1, 2)                     # in order
            t.delivered(0, 1, 2)
            t.send(5, 4, 3)                     # reversed: one held 300 ms at most
            t.delivered(3, 4, 5)
            t.send(5)                           # again
            t.send(7)                           # 6 is lost
            t.delivered(7, after=0.1)
            t.send(6)                           # and now it is late
            time.sleep(0.2)
            totals, (one,) = t.stats()
            wanted = {"authenticated": 10, "in_order": 4, "reordered": 4, "released_filled": 3, "released_timed_out": 1,
                      "late": 1, "duplicate": 1, "held": 0, "max_held": 2, "gaps_opened": 3, "gaps_filled": 2,
                      "gaps_timed_out": 1, "gaps_open": 0, "discarded": 0, "wait_ns": 300000000, "epochs": 1}
            shown = {name: one[name] for name in wanted}
            assert shown == wanted, f"{shown}"
            assert one["extent"][0] >= 1 and sum(one["extent"]) == 3, f"{one['extent']}"
            assert sum(one["hold"]) == 3 and 2 ** 28 <= one["max_hold_ns"] < 2 ** 30, f"{one}"
            assert totals == one, f"totals {totals}, peer {one}"

            t.advance(8)
            t.send(1)                           # held while the books begin anew
            time.sleep(0.05)
            _, answer = t.link.talk(RESET_STATS, name_of(t.ifname) + attr(A_KEY, t.peer.wg.key.public))
            assert not answer.errno, f"{answer}"
            totals, (one,) = t.stats()
            assert (one["authenticated"], one["held"], one["gaps_open"]) == (1, 1, 1), f"{one}"
            t.send(0)
            t.delivered(0, 1)
            totals, (one,) = t.stats()
            assert (one["authenticated"], one["reordered"], one["gaps_filled"]) == (2, 2, 1), f"{one}"

            t.peer.remove()
            totals, peers = t.stats()
            assert not peers and totals == {**one, "wait_ns": 0}, f"{totals}, {one}"
            _, answer = t.link.talk(RESET_STATS, name_of(t.ifname))
            totals, _ = t.stats()
            assert not totals["authenticated"] and not any(totals["hold"]), f"{totals}"
        with_traffic(inside)

    def test_epochs(self):
        def inside(t):
            t.set(mode=1, hold_us=50000)
            t.begin()
            t.next_key()
            _, (one,) = t.stats()
            assert (one["epochs"], one["epoch_changes"], one["epoch_held"]) == (2, 1, 1), f"{one}"
        with_traffic(inside)

    def test_discarded(self):
        def inside(t):
            t.set(mode=1, hold_us=1000000)
            t.begin()
            t.advance(1)
            t.send(1, 2)
            time.sleep(0.1)
            before, _ = t.stats()
            assert before["held"] == 2, f"{before}"
            t.peer.remove()
            after, _ = t.stats()
            assert (after["held"], after["discarded"], after["gaps_reset"]) == (0, 2, 1), f"{after}"
            assert after["authenticated"] == before["authenticated"]
        with_traffic(inside)

    def test_set_while_held(self):
        """Packets that are held when settings change go up when they have to, in order, and all of them."""
        def inside(t):
            t.begin()
            t.advance(1)
            for change in ({"mode": 2}, {"hold_us": 0}, {"window": 64, "hold_us": 0}, {"mode": 0, "hold_max_us": 0}):
                t.set(mode=1, hold_us=1000000, window=8192, hold_max_us=50000)
                t.send(3, 1, 2)
                time.sleep(0.05)
                assert t.stats()[0]["held"] == 3
                t.set(**change)
                t.delivered(1, 2, 3)
                t.advance(4)
                t.set(mode=1, hold_us=1000000)
                t.send(0)
                t.delivered(0)
                t.advance(1)
        with_traffic(inside)

    def test_set_while_traffic_flows(self):
        """No loss and no disorder, whatever is set in between (but off): swaps are far shorter than any hold."""
        def inside(t):
            rng = random.Random(self.args.seed)
            t.set(mode=1, hold_us=200000)
            t.begin()
            t.advance(1)
            stop = threading.Event()

            def changes():
                link = Link()
                while not stop.is_set():
                    attrs = words(mode=rng.choice((0, 1)), hold_us=rng.randrange(200000, 1000000),
                                  hold_max_us=rng.randrange(200000, 1000000), window=1 << rng.randrange(8, 15))
                    link.talk(SET, name_of(t.ifname) + attrs)
                link.close()

            thread = threading.Thread(target=changes)
            thread.start()
            try:
                for _ in range(20 if self.args.quick else 100):
                    batch = list(range(32))
                    for at in range(0, 32, 8):
                        part = batch[at:at + 8]
                        rng.shuffle(part)
                        batch[at:at + 8] = part
                    t.send(*batch)
                    t.delivered(*range(32))
                    t.advance(32)
            finally:
                stop.set()
                thread.join()
            totals, _ = t.stats()
            assert not totals["late"] and not totals["gaps_timed_out"], f"{totals}"
            assert totals["reordered"] > 100, "hardly anything was swapped: not a test"
        with_traffic(inside)

    # Other doors.

    def test_sysfs(self):
        base = f"/sys/class/net/{IFNAME}/reorder/"
        assert sorted(os.listdir(base)) == sorted(SETTINGS)

        def shown():
            return {name: pathlib.Path(base + name).read_text(encoding="ascii") for name in SETTINGS}

        assert shown() == {"mode": "adaptive\n", "hold_us": "5000\n", "hold_max_us": "250000\n", "window": "8192\n",
                           "scope": "flow\n"}
        for name, text, value in (("mode", "off\n", 2), ("mode", "fixed", 1), ("hold_us", "1000000\n", 1000000),
                                  ("hold_max_us", "0", 0), ("window", "64\n", 64), ("hold_us", "0x10\n", 16),
                                  ("scope", "peer\n", 1), ("scope", "flow", 0)):
            assert write(base + name, text) == 0, f"{text!r} into {name}"
            assert self.link.settings()[name] == value
            names = {"mode": MODES, "scope": SCOPES}.get(name)
            assert shown()[name] == (names[value] if names else str(value)) + "\n"
        assert write(base + "scope", "auto\n") == 0 and shown()["scope"] == "peer\n"
        before = self.link.settings()
        for name, text, wanted in (("mode", "never\n", errno.EINVAL), ("mode", "2\n", errno.EINVAL),
                                   ("mode", "off off\n", errno.EINVAL), ("mode", "\n", errno.EINVAL),
                                   ("mode", "Off\n", errno.EINVAL), ("hold_us", "1000001\n", errno.ERANGE),
                                   ("hold_us", "-1\n", errno.EINVAL), ("hold_us", "5ms\n", errno.EINVAL),
                                   ("hold_us", "\n", errno.EINVAL), ("hold_us", "99999999999\n", errno.ERANGE),
                                   ("hold_max_us", "5000001", errno.ERANGE), ("window", "63\n", errno.ERANGE),
                                   ("window", "100\n", errno.EINVAL), ("window", "65536\n", errno.ERANGE),
                                   ("scope", "host\n", errno.EINVAL), ("scope", "0\n", errno.EINVAL),
                                   ("window", "1e3\n", errno.EINVAL)):
            got = write(base + name, text)
            assert got == wanted, f"{text!r} into {name}: {got}, not {wanted}"
            assert self.link.settings() == before

    def test_sysfs_unprivileged(self):
        path = f"/sys/class/net/{IFNAME}/reorder/hold_us"

        def without():
            drop_capabilities()
            return f"{write(path, '1')} {pathlib.Path(path).read_text(encoding='ascii').strip()}"

        said = in_child(without)
        assert said == f"{errno.EPERM} 5000", said
        self.are()

    def test_sysfs_while_unregistered(self):
        """Reads and writes while interfaces come and go: no deadlock, no other error than that it is gone."""
        stop, odd = threading.Event(), set()
        allowed = {0, errno.ENOENT, errno.ENODEV, errno.EINVAL}

        def churn():
            paths = [f"/sys/class/net/wgn1/reorder/{name}" for name in SETTINGS]
            while not stop.is_set():
                odd.add(write(paths[1], "7\n"))
                for path in paths:
                    with contextlib.suppress(OSError):
                        pathlib.Path(path).read_bytes()

        threads = [threading.Thread(target=churn) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(5 if self.args.quick else 15):
                run("ip", "link", "add", "wgn1", "type", "wireguard")
                run("ip", "link", "del", "wgn1")
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        assert odd <= allowed, f"errors {odd - allowed}"

    def test_parameters(self):
        texts = {name: (PARAMETERS / name).read_text(encoding="ascii") for name in SETTINGS}
        try:
            for name, text in (("mode", "fixed\n"), ("hold_us", "11\n"), ("hold_max_us", "22\n"), ("window", "256\n"),
                               ("scope", "flow\n")):
                assert write(PARAMETERS / name, text) == 0, f"{text!r} into {name}"
                assert (PARAMETERS / name).read_text(encoding="ascii") == text
            # Those that are there stay as they are, new ones begin with these.
            self.are()
            run("ip", "link", "add", "wgn1", "type", "wireguard")
            found = self.link.settings(name_of("wgn1"))
            run("ip", "link", "del", "wgn1")
            assert found == {"mode": 1, "hold_us": 11, "hold_max_us": 22, "window": 256, "scope": 0}, f"{found}"
            for name, text, wanted in (("mode", "on\n", errno.EINVAL), ("hold_us", "1000001\n", errno.ERANGE),
                                       ("hold_max_us", "-5\n", errno.EINVAL), ("window", "65\n", errno.EINVAL),
                                       ("window", "8\n", errno.ERANGE), ("scope", "all\n", errno.EINVAL)):
                run("dmesg", "-C")
                got = write(PARAMETERS / name, text)
                assert got == wanted, f"{text!r} into {name}: {got}, not {wanted}"
                lines = [line for line in run("dmesg").splitlines() if "parameter refused" in line]
                assert len(lines) == 1 and f"\"{text.strip()}\" for {name}: give " in lines[0], f"{lines}"
        finally:
            for name, text in texts.items():
                write(PARAMETERS / name, text)

    @staticmethod
    def ethtool(command, size):
        """The answer to an ethtool request, from its header of 8 bytes on."""
        data = array.array("B", struct.pack("=II", *command) + bytes(size))
        address, _ = data.buffer_info()
        request = struct.pack("16sP16x", IFNAME.encode(), address)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            fcntl.ioctl(sock, 0x8946, request)
        return data.tobytes()

    def test_ethtool(self):
        driver = self.ethtool((3, 0), 196)
        assert driver[4:36].rstrip(b"\0") == b"wireguard", f"{driver[4:36]}"
        version = re.search(r'WGR_VERSION "(.*)"', (UAPI.parent / "version.h").read_text(encoding="ascii")).group(1)
        assert driver[36:68].rstrip(b"\0").decode() == version
        wanted = [name for name in STATS if name not in ("pad", "extent", "hold")]
        count = struct.unpack_from("=I", driver, 180)[0]
        assert count == len(wanted), f"{count} statistics"
        names = self.ethtool((0x1B, 1), 4 + 32 * count)[12:]
        names = [names[at:at + 32] for at in range(0, len(names), 32)]
        assert all(b"\0" in name for name in names), "a name of more than 31 characters"
        assert [name.split(b"\0")[0].decode() for name in names] == wanted, f"{names}"
        self.change_peers([1])
        values = struct.unpack(f"={count}Q", self.ethtool((0x1D, count), 8 * count)[8:])
        assert dict(zip(wanted, values)) == {n: v for n, v in statistics().totals.items() if n in wanted}

    def test_trace(self):
        def inside(t):
            tracing = pathlib.Path("/sys/kernel/tracing")
            subprocess.run(["mount", "-t", "tracefs", "none", str(tracing)], capture_output=True, check=False)
            events = tracing / "events" / "wg_reorder"
            if not events.exists():
                raise Skip("this kernel has no trace events")
            assert sorted(p.name for p in events.iterdir() if p.is_dir()) == [
                "gap_filled", "gap_given_up", "gap_opened", "hold_changed", "packet_ahead", "packet_behind",
                "packet_late", "timer_armed"]
            t.set(mode=1, hold_us=100000)
            t.begin()
            t.advance(1)
            assert write(tracing / "trace", "\n") == 0 and write(events / "enable", "1\n") == 0
            try:
                t.send(1, 0)
                t.delivered(0, 1)
                t.send(3)
                t.delivered(3)
                t.send(2)
                t.set(hold_us=200000)
                time.sleep(0.2)
                # A flow whose packets are far apart, and one of another flow that comes behind it.
                t.set(scope=0, hold_us=1000)
                t.advance(4)
                for counter in (1, 2, 3, 4, 5, 7):
                    t.send(counter)
                    time.sleep(0.01)
                t.peer.send(t.peer.data(t.session, t.counter + 6, source="10.99.0.1"))
                time.sleep(0.05)
                lines = (tracing / "trace").read_text(encoding="ascii")
            finally:
                write(events / "enable", "0\n")
            for wanted in (r"gap_opened: wgt\d+ peer=\d+ epoch=\d+ first=1 last=1\n",
                           r"gap_filled: wgt\d+ peer=\d+ epoch=\d+ counter=1 missing_ns=\d+\n",
                           r"gap_given_up: wgt\d+ peer=\d+ epoch=\d+ first=3 last=3 waited_ns=\d+ cause=timed_out\n",
                           r"packet_late: wgt\d+ peer=\d+ epoch=\d+ counter=3 missing_ns=\d+\n",
                           r"hold_changed: wgt\d+ peer=\d+ wait_ns=200000000\n",
                           r"packet_ahead: wgt\d+ peer=\d+ epoch=\d+ counter=12 waited_ns=0 scope=flow flow=\d+\n",
                           r"packet_behind: wgt\d+ peer=\d+ epoch=\d+ counter=11 waited_ns=0 scope=flow flow=\d+\n",
                           r"timer_armed: wgt\d+ peer=\d+ held=1 deadline_ns=\d+\n"):
                assert re.search(wanted, lines), f"nothing like {wanted} in the trace: {lines[-1500:]}"
        with_traffic(inside)

    # Descriptions.

    @staticmethod
    def header_enums():
        """{enum: [names in order]}, their values being 0, 1, ... or, with values, bits 0, 1, ..."""
        text = (UAPI / "linux" / "wg_reorder.h").read_text(encoding="ascii")
        found = {}
        for enum, body in re.findall(r"^enum (\w+) \{\n(.*?)^\};", text, re.M | re.S):
            found[enum] = re.findall(r"^\t(\w+)(?: = \d+)?,$", body, re.M)
            values = [int(n) for n in re.findall(r" = (\d+),$", body, re.M)]
            assert values in ([], [1 << n for n in range(len(found[enum]))]), f"{enum}: neither numbers nor bits"
            assert all(f" * @{name}: " in text for name in found[enum]), f"{enum}: a value without a word"
        return text, found

    def test_header(self):
        text, enums = self.header_enums()
        assert re.search(r'#define WG_REORDER_GENL_NAME\s+"wg-reorder"\n', text)
        assert enums["wg_reorder_stat"] == [f"WG_REORDER_STAT_{n.upper()}" for n in ["unspec", *STATS]]
        wanted = ["UNSPEC", "PAD", "IFINDEX", "IFNAME", "PUBLIC_KEY", "MODE", "HOLD_US", "HOLD_MAX_US", "WINDOW",
                  "STATS", "SCOPE", "OWN"]
        assert enums["wg_reorder_attr"] == [f"WG_REORDER_A_{n}" for n in wanted]
        assert enums["wg_reorder_cmd"] == [f"WG_REORDER_CMD_{n}" for n in ("GET", "SET", "GET_STATS", "RESET_STATS")]
        assert enums["wg_reorder_mode"] == [f"WG_REORDER_MODE_{n.upper()}" for n in MODES]
        assert enums["wg_reorder_own"] == [f"WG_REORDER_OWN_{n.upper()}" for n in SETTINGS]
        assert re.search(rf"#define WG_REORDER_INHERIT\s+{INHERIT:#x}U\n", text)
        assert enums["wg_reorder_scope"] == [f"WG_REORDER_SCOPE_{n.upper()}" for n in SCOPES]

    def test_yaml(self):
        """The specification has the names and values of the header."""
        try:
            import yaml         # pylint: disable=import-outside-toplevel
        except ImportError as missing:
            raise Skip("python's yaml is not installed") from missing
        spec = yaml.safe_load((UAPI / "wg-reorder.yaml").read_text(encoding="ascii"))
        _, enums = self.header_enums()
        assert spec["name"] == "wg-reorder"
        described = [(s["enum-name"], s["name-prefix"], s["attributes"]) for s in spec["attribute-sets"]]
        described += [(d["enum-name"], d["name-prefix"], d["entries"])
                      for d in spec["definitions"] if d["type"] in ("enum", "flags")]
        assert {d["name"]: d["value"] for d in spec["definitions"] if d["type"] == "const"}["inherit"] == INHERIT
        described.append((spec["operations"]["enum-name"], spec["operations"]["name-prefix"],
                          spec["operations"]["list"]))
        for enum, prefix, entries in described:
            entries = [e if isinstance(e, dict) else {"name": e} for e in entries]
            names = [(prefix + e["name"]).upper().replace("-", "_") for e in entries]
            assert names == enums.pop(enum), f"{enum}: {names}"
            assert all(e.get("value", 0) == 0 for e in entries)
        assert not enums, f"not described: {list(enums)}"


def main():
    args = nt.options_of(__doc__).parse_args()

    # With a /sys that shows the interfaces of this network namespace.
    unshare(CLONE_NEWNET | CLONE_NEWNS)
    run("mount", "--make-rprivate", "/")
    run("mount", "-t", "sysfs", "none", "/sys")
    run("ip", "link", "set", "lo", "up")
    print(f"# seed {args.seed}")
    random.seed(args.seed)
    return 1 if Tests(args).run() else 0


if __name__ == "__main__":
    sys.exit(main())
