#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The generic netlink family "wireguard": what it takes, refuses and gives back.

  netlink_test.py [--stock] [--quick] [--only WORD] [--seed N]

Runs as root with the module loaded, in a network namespace of its own; prints
TAP. Messages are put together byte by byte, because a library would not send
what is wrong. Errors are those of the kernel's own module; --stock is for
running against that one and leaves out what it does not have everywhere: error
texts, requests that are refused as a whole, the description of attributes, the
removal of one allowed IP, dumps that go on behind a removed peer.
"""

import argparse
import ctypes
import errno
import ipaddress
import os
import random
import re
import socket
import struct
import subprocess
import sys
import threading
import time
import traceback

# linux/netlink.h, linux/genetlink.h
NETLINK_GENERIC, SOL_NETLINK, NETLINK_EXT_ACK = 16, 270, 11
NLMSG_ERROR, NLMSG_DONE, GENL_ID_CTRL = 2, 3, 16
F_REQUEST, F_MULTI, F_ACK, F_DUMP_INTR, F_CAPPED, F_TLVS, F_DUMP = 1, 2, 4, 16, 0x100, 0x200, 0x300
NESTED = 0x8000
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000

# linux/wireguard.h
GET, SET = 0, 1
D_IFINDEX, D_IFNAME, D_PRIVATE, D_PUBLIC, D_FLAGS, D_PORT, D_FWMARK, D_PEERS = range(1, 9)
P_KEY, P_PSK, P_FLAGS, P_ENDPOINT, P_KEEPALIVE, P_TIME, P_RX, P_TX, P_IPS, P_VERSION = range(1, 11)
A_FAMILY, A_ADDR, A_CIDR, A_FLAGS = range(1, 5)
REPLACE_PEERS = 1
REMOVE_ME, REPLACE_IPS, UPDATE_ONLY = 1, 2, 4

IFNAME = "wgn0"


def attr(kind, data=b""):
    """An attribute; data is bytes, or a list of attributes for a nest."""
    if isinstance(data, list):
        kind, data = kind | NESTED, b"".join(data)
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def u8(kind, value):
    return attr(kind, struct.pack("=B", value))


def u16(kind, value):
    return attr(kind, struct.pack("=H", value))


def u32(kind, value):
    return attr(kind, struct.pack("=I", value))


def key(number):
    """A peer's public key: any 32 bytes will do."""
    return struct.pack(">Q", number + 1) + bytes(range(24))


def prefix(text, flags=None):
    """An entry of the allowed IPs; host bits stay set."""
    address, length = text.split("/")
    ip = ipaddress.ip_address(address)
    family = socket.AF_INET if ip.version == 4 else socket.AF_INET6
    more = [] if flags is None else [u32(A_FLAGS, flags)]
    return attr(0, [u16(A_FAMILY, family), attr(A_ADDR, ip.packed), u8(A_CIDR, int(length))] + more)


def peer(public, *attrs):
    return attr(0, [attr(P_KEY, public), *attrs])


def ips(*texts):
    return attr(P_IPS, [prefix(t) for t in texts])


def sockaddr(address, port):
    ip = ipaddress.ip_address(address)
    if ip.version == 4:
        return struct.pack("=H", socket.AF_INET) + struct.pack(">H", port) + ip.packed + bytes(8)
    return struct.pack("=H", socket.AF_INET6) + struct.pack(">HI", port, 0) + ip.packed + bytes(4)


def parse(data):
    """(type without flags, payload, offset of the header) of each attribute."""
    at = 0
    while at + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, at)
        assert 4 <= length <= len(data) - at, f"attribute of length {length} in {len(data) - at} bytes"
        yield kind & 0x3FFF, data[at + 4:at + length], at
        at += (length + 3) & ~3


class Answer:
    """What an NLMSG_ERROR says: errno (0 for success), text, the attribute it is about, the request as it came back."""

    def __init__(self, flags, body, request):
        self.errno = -struct.unpack_from("=i", body)[0]
        self.text, self.about, self.echo = "", None, b""
        rest = 4 + 16
        if self.errno and not flags & F_CAPPED:
            length, = struct.unpack_from("=I", body, 4)
            self.echo = body[4:4 + length]
            rest = 4 + ((length + 3) & ~3)
        if flags & F_TLVS:
            for kind, data, _ in parse(body[rest:]):
                if kind == 1:
                    self.text = data.rstrip(b"\0").decode()
                elif kind == 2:
                    offset, = struct.unpack("=I", data)
                    self.about = struct.unpack_from("=H", request, offset + 2)[0] & 0x3FFF

    def __str__(self):
        return f"{errno.errorcode.get(self.errno, self.errno)} {self.text!r}"


class Netlink:
    def __init__(self, size=65536):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
        self.sock.bind((0, 0))
        self.sock.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        self.sock.settimeout(60)
        self.size = size
        self.seq = 0
        self.request = b""
        self.family = GENL_ID_CTRL
        self.family = self._resolve()

    def close(self):
        self.sock.close()

    def send(self, cmd, attrs=b"", flags=F_ACK, version=1):
        self.seq += 1
        body = struct.pack("=BBH", cmd, version, 0) + attrs
        self.request = struct.pack("=IHHII", 16 + len(body), self.family, F_REQUEST | flags, self.seq, 0) + body
        self.sock.send(self.request)

    def receive(self):
        """The messages of one datagram: (type, flags, payload)."""
        data, got = self.sock.recv(self.size), []
        while data:
            length, kind, flags, seq, _ = struct.unpack_from("=IHHII", data)
            assert seq == self.seq, "an answer to another request"
            got.append((kind, flags, data[16:length]))
            data = data[(length + 3) & ~3:]
        return got

    def ask(self, cmd, attrs=b"", flags=F_ACK, version=1):
        """Send a request and give what the kernel says about it; data that comes before is passed over."""
        self.send(cmd, attrs, flags, version)
        while True:
            for kind, flags, body in self.receive():
                if kind == NLMSG_ERROR:
                    return Answer(flags, body, self.request)
                if kind == NLMSG_DONE:
                    return Answer(0, bytes(4), self.request)

    def _resolve(self):
        self.send(3, attr(2, b"wireguard\0"), 0)
        kind, flags, body = self.receive()[0]
        if kind == NLMSG_ERROR:
            raise SystemExit("no family wireguard: load the module first")
        return next(struct.unpack("=H", data)[0] for t, data, _ in parse(body[4:]) if t == 1)


class Peer:
    def __init__(self):
        self.attrs, self.ips, self.messages = {}, [], 0

    def number(self, kind, form="=H"):
        return struct.unpack(form, self.attrs[kind])[0]


class Dump:
    """A dump that may be read in steps: step() until it returns False."""

    def __init__(self, size=65536, which=None):
        self.link = Netlink(size)
        self.device, self.peers = {}, {}
        self.again = set()      # peers that came again after others had come
        self.messages, self.changed, self.answer = 0, False, None
        self._last = None
        self.link.send(GET, which or attr(D_IFNAME, IFNAME.encode() + b"\0"), F_DUMP)

    def step(self):
        for kind, flags, body in self.link.receive():
            self.changed |= bool(flags & F_DUMP_INTR)
            if kind == NLMSG_ERROR:
                self.answer = Answer(flags, body, self.link.request)
                return self.end()
            if kind == NLMSG_DONE:
                assert self.changed or not self.again, "a peer twice, although nothing has changed"
                return self.end()
            assert flags & F_MULTI and body[0] == GET, "not a part of a dump"
            self.messages += 1
            self._message(body[4:])
        return True

    def all(self):
        while self.step():
            pass
        return self

    def end(self):
        self.link.close()
        return False

    def _message(self, data):
        for kind, value, _ in parse(data):
            if kind == D_PEERS:
                for _, entry, _ in parse(value):
                    self._peer(entry)
            else:
                assert self.device.setdefault(kind, value) == value, f"device attribute {kind} in two versions"

    def _peer(self, data):
        attrs = {kind: value for kind, value, _ in parse(data) if kind}
        public = attrs.pop(P_KEY)
        given = self.peers.setdefault(public, Peer())
        if given.messages and self._last != public:
            self.again.add(public)      # removed and made anew meanwhile
        elif given.messages:
            assert not set(attrs) - {P_IPS}, "the state of a peer twice"
        self._last = public
        given.messages += 1
        for _, entry, _ in parse(attrs.pop(P_IPS, b"")):
            fields = {kind: value for kind, value, _ in parse(entry)}
            ip = ipaddress.ip_address(fields[A_ADDR])
            assert fields[A_FAMILY] == struct.pack("=H", 2 if ip.version == 4 else 10)
            given.ips.append(f"{ip}/{fields[A_CIDR][0]}")
        given.attrs.update(attrs)


class Skip(Exception):
    """A test that says nothing about what it runs on."""


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr.strip()}"
    return done.stdout


def unshare(what):
    if ctypes.CDLL(None, use_errno=True).unshare(what):
        raise OSError(ctypes.get_errno(), "unshare")


def in_child(function):
    """Run a function in a process of its own; give what it returns (a string)."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            said = function()
        except BaseException as error:      # all of it goes to the parent
            said = f"{type(error).__name__}: {error}"
        os.write(writer, said.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as stream:
        said = stream.read()
    os.waitpid(child, 0)
    return said


class Runner:
    """Runs the test_ methods of a subclass, each with an interface of its own."""

    what = ""       # what the titles begin with
    connect = None  # makes self.link

    def __init__(self, args):
        self.args = args
        self.link = None

    def fresh(self):
        self.link = self.connect()
        run("ip", "link", "add", IFNAME, "type", "wireguard")

    def clean(self):
        if self.link:
            self.link.close()
        subprocess.run(["ip", "link", "del", IFNAME], capture_output=True, timeout=120, check=False)

    def run(self):
        """All tests as TAP. Return: how many failed."""
        names = [name for name in dir(self) if name.startswith("test_") and self.args.only in name]
        print(f"1..{len(names)}")
        failures = 0
        for number, name in enumerate(names, 1):
            title = name[5:].replace("_", " ")
            begin = time.monotonic()
            try:
                self.fresh()
                getattr(self, name)()
                print(f"ok {number} - {self.what}: {title} # {time.monotonic() - begin:.1f} s")
            except Skip as reason:
                print(f"ok {number} - {self.what}: {title} # SKIP {reason}")
            except Exception as error:
                failures += 1
                print(f"not ok {number} - {self.what}: {title}")
                place = traceback.extract_tb(error.__traceback__)
                lines = ", ".join(str(frame.lineno) for frame in place)
                print(f"# {type(error).__name__}: {error} (lines {lines})")
            self.clean()
            sys.stdout.flush()
        return failures


class Tests(Runner):
    what = "netlink"
    connect = Netlink

    def __init__(self, args):
        super().__init__(args)
        self.stock = args.stock
        self.name = attr(D_IFNAME, IFNAME.encode() + b"\0")

    # What tests are made of.

    def set(self, *attrs):
        """A request that has to succeed."""
        answer = self.link.ask(SET, self.name + b"".join(attrs))
        assert not answer.errno, f"refused: {answer}"
        return answer

    def set_peers(self, *peers):
        """As many requests as it takes: an attribute holds less than 64 KiB."""
        batch, size = [], 0
        for entry in peers:
            if size + len(entry) > 50000:
                self.set(attr(D_PEERS, batch))
                batch, size = [], 0
            batch.append(entry)
            size += len(entry)
        return self.set(attr(D_PEERS, batch))

    def refused(self, what, attrs, wanted, text=None, about=None, cmd=SET, flags=F_ACK, named=True):
        """A request that has to fail: with one of the errors wanted, for our module with a text and the attribute."""
        wanted = wanted if isinstance(wanted, tuple) else (wanted,)
        answer = self.link.ask(cmd, (self.name if named else b"") + attrs, flags)
        assert answer.errno in (wanted if self.stock else wanted[:1]), \
            f"{what}: {answer}, not {errno.errorcode.get(wanted[0], 0)}"
        if self.stock:
            return
        # Some kernels pass on no text about the beginning of a dump.
        if text is not None and (answer.text or cmd != GET):
            assert text in answer.text, f"{what}: nothing of {text!r} in {answer}"
        if about is not None and (answer.about is not None or cmd != GET):
            assert answer.about == about, f"{what}: blames attribute {answer.about}, not {about}"

    def peers_are(self, **wanted):
        """Peers by name: k3=["10.0.0.0/24"] is key(3) with that prefix and no other."""
        found = {public: sorted(p.ips) for public, p in Dump().all().peers.items()}
        wanted = {key(int(name[1:])): sorted(texts) for name, texts in wanted.items()}
        assert found == wanted, f"peers are {found}"

    # Which interface.

    def test_interface(self):
        index = socket.if_nametoindex(IFNAME)
        for cmd, flags in ((GET, F_DUMP), (SET, F_ACK)):
            def refused(what, attrs, *rest, cmd=cmd, flags=flags):
                self.refused(what, attrs, *rest, cmd=cmd, flags=flags, named=False)
            refused("neither", b"", errno.EBADR, "either the index or the name")
            refused("both", self.name + u32(D_IFINDEX, index), errno.EBADR, "either the index or the name")
            refused("no such name", attr(D_IFNAME, b"nowhere\0"), errno.ENODEV, "no such interface", D_IFNAME)
            refused("no such index", u32(D_IFINDEX, 99999), errno.ENODEV, "no such interface", D_IFINDEX)
            refused("index 0", u32(D_IFINDEX, 0), errno.ENODEV, "no such interface")
            refused("another type", attr(D_IFNAME, b"lo\0"), errno.EOPNOTSUPP, "wireguard", D_IFNAME)
            refused("another type by index", u32(D_IFINDEX, 1), errno.EOPNOTSUPP, "wireguard", D_IFINDEX)
            refused("long name", attr(D_IFNAME, b"x" * 16 + b"\0"), errno.EINVAL, None, D_IFNAME)
            refused("unended name", attr(D_IFNAME, b"x" * 15), errno.EINVAL, None, D_IFNAME)
            refused("short index", attr(D_IFINDEX, b"\1\0"), errno.EINVAL, None, D_IFINDEX)
        found = Dump(which=u32(D_IFINDEX, index)).all()
        assert not found.answer, f"dump by index refused: {found.answer}"
        assert found.device[D_IFNAME] == IFNAME.encode() + b"\0"
        assert found.device[D_IFINDEX] == struct.pack("=I", index)

    def test_commands(self):
        self.refused("get without dump", b"", errno.EOPNOTSUPP, cmd=GET)
        self.refused("set as a dump", b"", errno.EOPNOTSUPP, flags=F_DUMP)
        self.refused("unknown command", b"", errno.EOPNOTSUPP, cmd=7)

    def test_policy(self):
        """The kernel can describe what the family takes: all that is in linux/wireguard.h, and no warning about it."""
        if self.stock:
            raise Skip("it differs from version to version")
        link = Netlink()
        link.family, family = GENL_ID_CTRL, link.family
        link.send(10, u16(1, family), F_DUMP)
        kinds, more = {}, True
        while more:
            for kind, _, body in link.receive():
                more = kind not in (NLMSG_DONE, NLMSG_ERROR)
                policies = [value for t, value, _ in parse(body[4:]) if t == 8] if more else []
                for number, value, _ in (p for policy in policies for p in parse(policy)):
                    kinds.setdefault(number, set()).update(t for t, _, _ in parse(value))
        link.close()
        wanted = {0: set(range(1, 9)), 1: set(range(1, 11)), 2: set(range(1, 5))}
        assert kinds == wanted, f"{kinds}"

    # Malformed requests.

    def malformed(self):
        """(what, attributes, errors: ours then others the kernel's own may give, text, attribute)"""
        inval, nosup = errno.EINVAL, (errno.EOPNOTSUPP, errno.EINVAL)

        def one(*attrs):
            return attr(D_PEERS, [peer(key(1), *attrs)])

        def allowed(*attrs):
            return one(attr(P_IPS, [prefix("10.9.0.0/16"), attr(0, list(attrs))]))

        v4, v6 = u16(A_FAMILY, socket.AF_INET), u16(A_FAMILY, socket.AF_INET6)
        ip4, ip6 = attr(A_ADDR, bytes(4)), attr(A_ADDR, bytes(16))
        key_text, peer_key_text, ip_text = "WGDEVICE_A_PRIVATE_KEY", "WGPEER_A_PUBLIC_KEY", "WGALLOWEDIP_A_IPADDR"
        cidr_text = "WGALLOWEDIP_A_CIDR_MASK"

        yield "private key of 31 bytes", attr(D_PRIVATE, bytes(31)), errno.ERANGE, key_text, D_PRIVATE
        yield "private key of 33 bytes", attr(D_PRIVATE, bytes(33)), errno.ERANGE, key_text, D_PRIVATE
        yield "empty private key", attr(D_PRIVATE), errno.ERANGE, key_text, D_PRIVATE
        yield "device key of 31 bytes", attr(D_PUBLIC, bytes(31)), errno.ERANGE, "_PUBLIC_KEY", D_PUBLIC
        yield "device flags unknown", u32(D_FLAGS, 2), nosup, "WGDEVICE_A_FLAGS", D_FLAGS
        yield "device flags, top bit", u32(D_FLAGS, 1 << 31 | 1), nosup, "WGDEVICE_A_FLAGS", D_FLAGS
        yield "device flags of 2 bytes", u16(D_FLAGS, 1), inval, None, D_FLAGS
        yield "port of 4 bytes", u32(D_PORT, 1), inval, None, D_PORT
        yield "port of 1 byte", u8(D_PORT, 1), inval, None, D_PORT
        yield "mark of 8 bytes", attr(D_FWMARK, bytes(8)), inval, None, D_FWMARK
        yield "unknown attribute", u32(9, 0), inval, None, 9
        yield "attribute 0", u32(0, 0), inval, None, 0
        yield "peers without nest flag", attr(D_PEERS, peer(key(1))), inval, None, D_PEERS
        yield "peer without nest flag", attr(D_PEERS, [attr(0, attr(P_KEY, key(1)))]), inval
        yield "peer without key", attr(D_PEERS, [attr(0, [u16(P_KEEPALIVE, 1)])]), inval, peer_key_text
        yield "empty peer", attr(D_PEERS, [attr(0, [])]), inval, peer_key_text
        yield "second peer without key", attr(D_PEERS, [peer(key(1)), attr(0, [])]), inval, peer_key_text
        yield "peer too short for anything", attr(D_PEERS, [attr(0, b"\1\0")]), (errno.ERANGE, inval)
        for size in 0, 31, 33, 64:
            bad = attr(D_PEERS, [peer(key(1)), attr(0, [attr(P_KEY, bytes(size))])])
            yield f"public key of {size} bytes", bad, errno.ERANGE, peer_key_text, P_KEY
            yield f"preshared key of {size} bytes", one(attr(P_PSK, bytes(size))), errno.ERANGE, "_PRESHARED_KEY", P_PSK
        yield "peer flags unknown", one(u32(P_FLAGS, 8)), nosup, "WGPEER_A_FLAGS", P_FLAGS
        yield "peer flags all", one(u32(P_FLAGS, 0xFFFFFFFF)), nosup, "WGPEER_A_FLAGS", P_FLAGS
        yield "keepalive of 4 bytes", one(u32(P_KEEPALIVE, 1)), inval, None, P_KEEPALIVE
        yield "unknown peer attribute", one(u32(11, 0)), inval, None, 11
        yield "short endpoint", one(attr(P_ENDPOINT, bytes(15))), errno.ERANGE, "WGPEER_A_ENDPOINT", P_ENDPOINT
        yield "empty endpoint", one(attr(P_ENDPOINT)), errno.ERANGE, "WGPEER_A_ENDPOINT", P_ENDPOINT
        yield "short handshake time", one(attr(P_TIME, bytes(8))), errno.ERANGE, "LAST_HANDSHAKE_TIME", P_TIME
        for version in 0, 2, 0xFFFFFFFF:
            yield f"version {version}", one(u32(P_VERSION, version)), errno.EPFNOSUPPORT, \
                "WGPEER_A_PROTOCOL_VERSION", P_VERSION
        yield "allowed IPs without nest flag", one(attr(P_IPS, prefix("10.0.0.0/8"))), inval, None, P_IPS
        yield "allowed IP without family", allowed(ip4, u8(A_CIDR, 8)), inval, "WGALLOWEDIP_A_FAMILY"
        yield "allowed IP without address", allowed(v4, u8(A_CIDR, 8)), inval, "_IPADDR"
        yield "allowed IP without length", allowed(v4, ip4), inval, "_CIDR_MASK"
        yield "empty allowed IP", allowed(), inval, "WGALLOWEDIP_A_FAMILY"
        yield "unknown family", allowed(u16(A_FAMILY, 1), ip4, u8(A_CIDR, 8)), inval, "AF_INET6 (10)", A_FAMILY
        yield "family 0", allowed(u16(A_FAMILY, 0), ip4, u8(A_CIDR, 8)), inval, "AF_INET (2)", A_FAMILY
        yield "family of 4 bytes", allowed(u32(A_FAMILY, 2), ip4, u8(A_CIDR, 8)), inval, None, A_FAMILY
        yield "/33 of IPv4", allowed(v4, ip4, u8(A_CIDR, 33)), inval, cidr_text, A_CIDR
        yield "/129 of IPv6", allowed(v6, ip6, u8(A_CIDR, 129)), inval, cidr_text, A_CIDR
        yield "/255 of IPv6", allowed(v6, ip6, u8(A_CIDR, 255)), inval, cidr_text, A_CIDR
        yield "IPv6 address as IPv4", allowed(v4, ip6, u8(A_CIDR, 8)), inval, ip_text, A_ADDR
        yield "IPv4 address as IPv6", allowed(v6, ip4, u8(A_CIDR, 8)), inval, ip_text, A_ADDR
        yield "address of 5 bytes", allowed(v4, attr(A_ADDR, bytes(5)), u8(A_CIDR, 8)), inval, ip_text, A_ADDR
        yield "address of 3 bytes", allowed(v4, attr(A_ADDR, bytes(3)), u8(A_CIDR, 8)), errno.ERANGE, ip_text, A_ADDR
        yield "address of 17 bytes", allowed(v6, attr(A_ADDR, bytes(17)), u8(A_CIDR, 8)), inval, ip_text, A_ADDR
        yield "allowed IP flags unknown", allowed(v4, ip4, u8(A_CIDR, 8), u32(A_FLAGS, 2)), nosup, \
            "WGALLOWEDIP_A_FLAGS", A_FLAGS
        yield "unknown allowed IP attribute", allowed(v4, ip4, u8(A_CIDR, 8), u32(5, 0)), inval, None, 5
        # Lengths that do not fit into what is around them.
        yield "attribute of length 3", struct.pack("=HH", 3, D_FLAGS) + bytes(4), inval
        yield "attribute past the end", struct.pack("=HH", 40, D_FLAGS) + bytes(4), inval
        yield "bytes left over", u32(D_FLAGS, 0) + b"\5\0", inval
        cut = [attr(P_KEY, key(1)), struct.pack("=HH", 36, P_PSK) + bytes(8)]
        yield "peer cut off", attr(D_PEERS, [attr(0, cut)]), inval
        yield "allowed IP cut off", allowed(v4, u8(A_CIDR, 8), struct.pack("=HH", 8, A_ADDR) + bytes(3)), inval

    def test_malformed(self):
        self.set(u16(D_PORT, 1234), attr(D_PEERS, [peer(key(0), ips("10.0.0.0/24"))]))
        count = 0
        for what, attrs, wanted, *more in self.malformed():
            # What comes before the mistake is right, and must not be done.
            self.refused(what, u32(D_FWMARK, 5) + attrs, wanted, *more)
            count += 1
            found = Dump().all()
            if not self.stock:
                assert found.device[D_FWMARK] == bytes(4), f"{what}: refused, and done by half"
                assert set(found.peers) == {key(0)}, f"{what}: refused, and a peer was made"
        print(f"# {count} malformed requests")
        if not self.stock:
            self.peers_are(k0=["10.0.0.0/24"])

    def test_odd_but_taken(self):
        """What is strange and nevertheless no error, as programs may rely on it."""
        self.set(attr(D_PEERS, []))
        self.set(attr(D_PEERS, [peer(key(1), u32(P_VERSION, 1), attr(P_IPS, []))]))
        self.set(attr(D_PEERS, [peer(key(1), u32(P_FLAGS, 0))]), u32(D_FLAGS, 0))
        # Read-only attributes are passed over.
        self.set(attr(D_PEERS, [peer(key(1), attr(P_RX, bytes(8)), attr(P_TX, b"\1" * 8), attr(P_TIME, b"\1" * 16))]))
        self.set(attr(D_PUBLIC, key(9)))
        found = Dump().all()
        assert D_PUBLIC not in found.device, "a public key without a private one"
        assert found.peers[key(1)].number(P_TX, "=Q") == 0
        assert found.peers[key(1)].attrs[P_TIME] == bytes(16)
        # An array that is cut off ends where it ends.
        self.set(attr(D_PEERS | NESTED, peer(key(2)) + struct.pack("=HH", 200, NESTED) + bytes(8)))
        assert key(2) in Dump().all().peers
        # A key that no handshake is possible with is a peer like any other.
        self.set(u32(D_FLAGS, REPLACE_PEERS), attr(D_PEERS, [peer(bytes(32), ips("10.0.0.1/32"))]))
        assert Dump().all().peers[bytes(32)].ips == ["10.0.0.1/32"]

    def test_endpoint(self):
        self.set(attr(D_PEERS, [peer(key(1), attr(P_ENDPOINT, sockaddr("192.0.2.1", 1000)))]))

        def shown():
            return Dump().all().peers[key(1)].attrs.get(P_ENDPOINT)

        v4, v6 = sockaddr("192.0.2.1", 1000), sockaddr("2001:db8::1", 2000)
        assert shown() == v4, f"{shown()}"
        for what, bad in (("IPv4 in 28 bytes", v4 + bytes(12)), ("IPv6 in 16 bytes", v6[:16]),
                          ("IPv6 in 32 bytes", v6 + bytes(4)), ("family 1", b"\1\0" + v4[2:]), ("zeros", bytes(16))):
            answer = self.set(attr(D_PEERS, [peer(key(1), attr(P_ENDPOINT, bad), u16(P_KEEPALIVE, 7))]))
            assert shown() == v4, f"{what} was taken"
            if not self.stock:
                assert "WGPEER_A_ENDPOINT ignored" in answer.text, f"{what}: no warning"
        assert Dump().all().peers[key(1)].number(P_KEEPALIVE) == 7
        self.set(attr(D_PEERS, [peer(key(1), attr(P_ENDPOINT, v6))]))
        assert shown() == v6, f"{shown()}"
        self.set(attr(D_PEERS, [peer(key(2))]))
        assert P_ENDPOINT not in Dump().all().peers[key(2)].attrs

    # What is set can be read back.

    def test_device(self):
        found = Dump().all()
        assert not found.peers and D_PRIVATE not in found.device and D_PUBLIC not in found.device
        assert found.device[D_PORT] == bytes(2) and found.device[D_FWMARK] == bytes(4)
        secret = bytes(range(1, 33))
        self.set(attr(D_PRIVATE, secret), u16(D_PORT, 4321), u32(D_FWMARK, 0x12345678))
        found = Dump().all()
        clamped = bytes([secret[0] & 248]) + secret[1:31] + bytes([secret[31] & 127 | 64])
        assert found.device[D_PRIVATE] == clamped
        # RFC 7748 X25519(clamped, 9), computed apart from the kernel.
        assert found.device[D_PUBLIC].hex() == "07a37cbc142093c8b755dc1b10e86cb426374ad16aa853ed0bdfc0b2b86d1c7c"
        assert struct.unpack("=H", found.device[D_PORT]) == (4321,)
        assert struct.unpack("=I", found.device[D_FWMARK]) == (0x12345678,)
        self.set(attr(D_PRIVATE, bytes(32)))
        found = Dump().all()
        assert D_PRIVATE not in found.device and D_PUBLIC not in found.device, "zeros do not remove the key"
        assert struct.unpack("=H", found.device[D_PORT]) == (4321,), "the port went with the key"

    def test_peer(self):
        psk = bytes(range(32))
        self.set(attr(D_PEERS, [peer(key(1), attr(P_PSK, psk), u16(P_KEEPALIVE, 25),
                                     ips("10.1.2.77/24", "fd00::5/64"))]))
        found = Dump().all().peers[key(1)]
        assert found.attrs[P_PSK] == psk
        assert found.number(P_KEEPALIVE) == 25
        assert found.number(P_VERSION, "=I") == 1
        assert found.number(P_RX, "=Q") == found.number(P_TX, "=Q") == 0
        assert found.attrs[P_TIME] == bytes(16)
        assert sorted(found.ips) == ["10.1.2.0/24", "fd00::/64"], "host bits are kept"
        # What a request does not name stays.
        self.set(attr(D_PEERS, [peer(key(1), attr(P_PSK, bytes(32)))]))
        found = Dump().all().peers[key(1)]
        assert found.attrs[P_PSK] == bytes(32) and found.number(P_KEEPALIVE) == 25
        assert sorted(found.ips) == ["10.1.2.0/24", "fd00::/64"]

    def test_prefixes(self):
        everything = ["0.0.0.0/0", "128.0.0.0/1", "10.0.0.1/32", "::/0", "8000::/1", "fd00::1/128"]
        self.set(attr(D_PEERS, [peer(key(1), ips(*everything))]))
        self.peers_are(k1=everything)
        # A prefix has one owner: the last it was given to.
        self.set(attr(D_PEERS, [peer(key(2), ips("10.0.0.1/32", "::/0"))]))
        self.peers_are(k1=[t for t in everything if t not in ("10.0.0.1/32", "::/0")], k2=["10.0.0.1/32", "::/0"])
        # Given again, or twice in a request: once.
        self.set(attr(D_PEERS, [peer(key(2), ips("::/0", "10.0.0.1/32", "10.0.0.1/32"))]))
        assert sorted(Dump().all().peers[key(2)].ips) == ["10.0.0.1/32", "::/0"]

    def test_remove_prefix(self):
        known = self.link.ask(SET, self.name + attr(D_PEERS, [peer(key(1), attr(P_IPS, [prefix("10.0.0.0/8", 0)]))]))
        if self.stock and known.errno == errno.EINVAL:
            raise Skip("not in this version of the kernel's own module")
        self.set(attr(D_PEERS, [peer(key(1), ips("10.0.0.0/8", "10.1.0.0/16", "fd00::/8")),
                                peer(key(2), ips("11.0.0.0/8"))]))

        def remove(number, *texts):
            self.set(attr(D_PEERS, [peer(key(number), attr(P_IPS, [prefix(t, REMOVE_ME) for t in texts]))]))

        remove(1, "10.1.7.7/16")
        self.peers_are(k1=["10.0.0.0/8", "fd00::/8"], k2=["11.0.0.0/8"])
        # Another's, of another length, not there: nothing happens.
        remove(1, "11.0.0.0/8", "10.0.0.0/9", "fd00::/7", "1.2.3.4/32")
        self.peers_are(k1=["10.0.0.0/8", "fd00::/8"], k2=["11.0.0.0/8"])
        # In the order of the request.
        self.set(attr(D_PEERS, [peer(key(1), attr(P_IPS, [prefix("12.0.0.0/8", 0), prefix("12.0.0.0/8", REMOVE_ME),
                                                          prefix("fd00::/8", REMOVE_ME), prefix("fd00::/8")]))]))
        self.peers_are(k1=["10.0.0.0/8", "fd00::/8"], k2=["11.0.0.0/8"])
        remove(1, "10.0.0.0/8", "fd00::/8")
        self.peers_are(k1=[], k2=["11.0.0.0/8"])

    def test_flags(self):
        self.set(attr(D_PEERS, [peer(key(n), ips(f"10.{n}.0.0/16")) for n in range(4)]))
        self.set(attr(D_PEERS, [peer(key(1), u32(P_FLAGS, REMOVE_ME))]))
        self.peers_are(k0=["10.0.0.0/16"], k2=["10.2.0.0/16"], k3=["10.3.0.0/16"])
        self.set(attr(D_PEERS, [peer(key(1), u32(P_FLAGS, REMOVE_ME), ips("1.1.1.1/32"))]))    # not there: fine
        self.set(attr(D_PEERS, [peer(key(2), u32(P_FLAGS, REPLACE_IPS), ips("10.20.0.0/16", "10.21.0.0/16"))]))
        self.set(attr(D_PEERS, [peer(key(3), u32(P_FLAGS, REPLACE_IPS))]))
        self.peers_are(k0=["10.0.0.0/16"], k2=["10.20.0.0/16", "10.21.0.0/16"], k3=[])
        self.set(attr(D_PEERS, [peer(key(9), u32(P_FLAGS, UPDATE_ONLY), ips("10.9.0.0/16")),
                                peer(key(0), u32(P_FLAGS, UPDATE_ONLY), u16(P_KEEPALIVE, 3), ips("10.90.0.0/16"))]))
        self.peers_are(k0=["10.0.0.0/16", "10.90.0.0/16"], k2=["10.20.0.0/16", "10.21.0.0/16"], k3=[])
        assert Dump().all().peers[key(0)].number(P_KEEPALIVE) == 3
        # Removed wins over the rest of what is asked for.
        self.set(attr(D_PEERS, [peer(key(0), u32(P_FLAGS, REMOVE_ME | UPDATE_ONLY | REPLACE_IPS), ips("10.0.0.0/16"))]))
        self.peers_are(k2=["10.20.0.0/16", "10.21.0.0/16"], k3=[])
        # Removed and made again in one request: a new peer.
        self.set(attr(D_PEERS, [peer(key(2), u32(P_FLAGS, REMOVE_ME)), peer(key(2), ips("10.2.0.0/16"))]))
        self.peers_are(k2=["10.2.0.0/16"], k3=[])
        self.set(u32(D_FLAGS, REPLACE_PEERS), attr(D_PEERS, [peer(key(7), ips("10.7.0.0/16"))]))
        self.peers_are(k7=["10.7.0.0/16"])
        self.set(u32(D_FLAGS, REPLACE_PEERS))
        self.peers_are()

    def test_own_key(self):
        first, second = bytes([8]) * 32, bytes([16]) * 32
        self.set(attr(D_PRIVATE, first))
        public = Dump().all().device[D_PUBLIC]
        # Ourselves as a peer: passed over, the rest of the request is done.
        self.set(attr(D_PEERS, [peer(public, ips("10.0.0.1/32")), peer(key(1))]))
        self.peers_are(k1=[])
        # A peer that a new key turns into ourselves goes.
        self.set(attr(D_PRIVATE, second), attr(D_PEERS, [peer(public, ips("10.0.0.1/32"))]))
        assert public in Dump().all().peers
        self.set(attr(D_PRIVATE, first))
        self.peers_are(k1=[])
        # Without a key of our own nobody is ourselves.
        self.set(attr(D_PRIVATE, bytes(32)), attr(D_PEERS, [peer(public)]))
        assert public in Dump().all().peers

    def test_port(self):
        blocker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        blocker.bind(("0.0.0.0", 5555))
        self.set(u16(D_PORT, 5555))         # down: only noted
        assert subprocess.run(["ip", "link", "set", IFNAME, "up"], capture_output=True, check=False).returncode, \
            "up although the port is taken"
        self.set(u16(D_PORT, 5556))
        run("ip", "link", "set", IFNAME, "up")
        self.refused("port in use", u16(D_PORT, 5555), errno.EADDRINUSE, "WGDEVICE_A_LISTEN_PORT", D_PORT)
        blocker.close()
        self.set(u16(D_PORT, 5555))
        assert self.bound(5555) and not self.bound(5556), "the sockets are not on the new port"
        self.set(u16(D_PORT, 0))
        port, = struct.unpack("=H", Dump().all().device[D_PORT])
        assert port and self.bound(port), "no port was chosen"
        assert not self.bound(5555)

    @staticmethod
    def bound(port):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("0.0.0.0", port))
            except OSError as error:
                assert error.errno == errno.EADDRINUSE
                return True
        return False

    def test_keepalive_now(self):
        """Switching keepalives on opens the path at once, if the interface is up."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listener.bind(("127.0.0.1", 0))

        def initiation(seconds):
            listener.settimeout(seconds)
            try:
                return listener.recv(2000)[:4] == b"\1\0\0\0"
            except socket.timeout:
                return False

        public = key(1)[:31] + b"\1"
        self.set(attr(D_PRIVATE, bytes([8]) * 32),
                 attr(D_PEERS, [peer(public, attr(P_ENDPOINT, sockaddr("127.0.0.1", listener.getsockname()[1])))]))
        self.set(attr(D_PEERS, [peer(public, u16(P_KEEPALIVE, 600))]))
        assert not initiation(0.5), "the interface is down, and something was sent"
        self.set(attr(D_PEERS, [peer(public, u16(P_KEEPALIVE, 0))]))
        run("ip", "link", "set", IFNAME, "up")
        assert not initiation(0.5), "something was sent although nobody asked for it"
        self.set(attr(D_PEERS, [peer(public, u16(P_KEEPALIVE, 600))]))
        assert initiation(3), "nothing was sent"
        listener.close()

    # Who may.

    def test_unprivileged(self):
        def ask(cmd, flags):
            os.setgroups([])
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)
            return str(Netlink().ask(cmd, self.name, flags).errno)

        for cmd, flags in ((GET, F_DUMP), (SET, F_ACK)):
            said = in_child(lambda: ask(cmd, flags))
            assert said == str(errno.EPERM), f"command {cmd} said {said} to nobody in particular"

    def test_namespaces(self):
        """The owner of a namespace configures its interfaces, but not sockets that live in another's."""
        with open("/proc/sys/user/max_user_namespaces", encoding="ascii") as limit:
            if limit.read().strip() == "0":
                raise Skip("no user namespaces here")
        run("ip", "link", "add", "wgn1", "type", "wireguard")
        ready, go = os.pipe(), os.pipe()

        def inside():
            unshare(CLONE_NEWUSER | CLONE_NEWNET)
            os.write(ready[1], b"x")
            os.read(go[0], 1)
            run("ip", "link", "add", "own", "type", "wireguard")
            link, said = Netlink(), []
            for name, attrs in (("own", u16(D_PORT, 9) + u32(D_FWMARK, 9)),
                                ("wgn1", u16(D_PORT, 9)), ("wgn1", u32(D_FWMARK, 9)),
                                ("wgn1", u16(D_PORT, 9) + attr(D_PEERS, [peer(key(1))])),
                                ("wgn1", attr(D_PRIVATE, bytes([8]) * 32) + attr(D_PEERS, [peer(key(2))]))):
                answer = link.ask(SET, attr(D_IFNAME, name.encode() + b"\0") + attrs)
                said.append(f"{name}:{answer.errno}")
            count = len(Dump(which=attr(D_IFNAME, b"wgn1\0")).all().peers)
            return " ".join(said) + f" {count}"

        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            try:
                said = inside()
            except BaseException as error:      # all of it goes to the parent
                said = f"{type(error).__name__}: {error}"
                os.write(ready[1], b"x")
            os.write(writer, said.encode())
            os._exit(0)
        os.close(writer)
        os.read(ready[0], 1)
        # With an id map its process is root in there, and nobody elsewhere.
        for which in "uid", "gid":
            with open(f"/proc/{child}/{which}_map", "w", encoding="ascii") as stream:
                stream.write("0 0 1")
        run("ip", "link", "set", "wgn1", "netns", str(child))
        os.write(go[1], b"x")
        with os.fdopen(reader) as stream:
            said = stream.read()
        os.waitpid(child, 0)
        for fd in ready + go:
            os.close(fd)
        assert said == "own:0 wgn1:1 wgn1:1 wgn1:1 wgn1:0 1", said

    def test_secrets_wiped(self):
        """A refused request comes back to its sender, and no secret in it."""
        blocker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        blocker.bind(("0.0.0.0", 5555))
        run("ip", "link", "set", IFNAME, "up")
        secret, psk = b"\x5a" * 32, b"\xa5" * 32
        request = self.name + u16(D_PORT, 5555) + attr(D_PRIVATE, secret) + \
            attr(D_PEERS, [peer(key(n), attr(P_PSK, psk)) for n in range(3)])
        answer = self.link.ask(SET, request)
        assert answer.errno == errno.EADDRINUSE, str(answer)
        assert len(answer.echo) == len(self.link.request), "the request did not come back"
        assert secret not in answer.echo, "the private key came back"
        if not self.stock:
            assert psk not in answer.echo, "a preshared key came back"
        blocker.close()

    # Dumps of more than one message.

    def fill(self, count, each=3):
        self.set_peers(*(peer(key(n), u16(P_KEEPALIVE, n & 0xFFFF), ips(*self.addresses(n, each)))
                         for n in range(count)))

    @staticmethod
    def addresses(n, each=3):
        return [f"10.{n >> 8}.{n & 255}.{i}/32" if i % 2 else f"fd00::a:{n + 1:x}:{i + 1:x}/128" for i in range(each)]

    def complete(self, found, numbers, each=3):
        """Every peer of these numbers is there, once and with all its allowed IPs."""
        for n in numbers:
            assert key(n) in found.peers, f"peer {n} is missing"
            shown = found.peers[key(n)]
            assert shown.number(P_KEEPALIVE) == n & 0xFFFF, f"peer {n} has another's state"
            assert sorted(shown.ips) == sorted(self.addresses(n, each)), f"peer {n} has {len(shown.ips)} allowed IPs"

    def test_many_peers(self):
        count = 300 if self.args.quick else 3000
        self.fill(count)
        for size in 4096, 32768:
            found = Dump(size).all()
            assert not found.changed, "nothing has changed, and the dump says so"
            assert len(found.peers) == count
            assert list(found.peers) == [key(n) for n in range(count)], "not in the order of creation"
            self.complete(found, range(count))
            print(f"# {count} peers in {found.messages} messages")
            assert found.messages > count // 200, "the messages are too few for this to be a test"
        begin = time.monotonic()
        self.set(u32(D_FLAGS, REPLACE_PEERS))
        print(f"# removed in {time.monotonic() - begin:.2f} s")
        assert not Dump().all().peers

    def test_many_prefixes(self):
        count = 1000 if self.args.quick else 5000
        texts = [f"10.{n >> 8}.{n & 255}.0/24" if n % 3 else f"fd00:{n + 1:x}::/32" for n in range(count)]
        self.set(attr(D_PEERS, [peer(key(1), ips("1.1.1.1/32"))]))
        for at in range(0, count, 1000):
            self.set(attr(D_PEERS, [peer(key(2), ips(*texts[at:at + 1000]))]))
        self.set(attr(D_PEERS, [peer(key(3), ips("3.3.3.3/32"))]))
        for size in 4096, 32768:
            found = Dump(size).all()
            assert not found.changed
            big = found.peers[key(2)]
            assert big.messages > 1 or size > 4096, "it fits into one message: not a test"
            assert len(big.ips) == count and set(big.ips) == set(texts)
            assert found.peers[key(1)].ips == ["1.1.1.1/32"] and found.peers[key(3)].ips == ["3.3.3.3/32"]
            print(f"# {count} allowed IPs in {big.messages} messages")

    def test_many_sizes(self):
        """Whatever ends up at the end of a message, nothing is lost there."""
        for each in (0, 1) if self.args.quick else (0, 1, 2, 5, 17, 60, 61, 130):
            self.set(u32(D_FLAGS, REPLACE_PEERS))
            self.fill(130, each)
            for size in 4096, 8192:
                found = Dump(size).all()
                assert len(found.peers) == 130
                self.complete(found, range(130), each)

    # A dump and changes at the same time.

    def begin_dump(self, count):
        """A dump of this many peers after its first message; the kernel has made a few more messages already."""
        self.fill(count)
        dump = Dump(4096)
        assert dump.step()
        assert len(dump.peers) < count // 3, "too few messages for this to be a test"
        return dump

    def test_remove_while_dumped(self):
        count = 200
        dump = self.begin_dump(count)
        # Those in the middle, so the one where the dump stands goes with them.
        stay = [*range(10), *range(count - 20, count)]
        assert key(9) in dump.peers, "the first message holds less than what stays in front"
        self.set_peers(*(peer(key(n), u32(P_FLAGS, REMOVE_ME)) for n in range(10, count - 20)))
        dump.all()
        assert dump.changed, "the configuration has changed, and the dump does not say so"
        if not self.stock:
            self.complete(dump, stay)
            assert not dump.again, "the dump began anew"
        assert set(Dump().all().peers) == {key(n) for n in stay}

    def test_remove_all_while_dumped(self):
        dump = self.begin_dump(600)
        self.set(u32(D_FLAGS, REPLACE_PEERS))
        dump.all()
        assert dump.changed, "the configuration has changed, and the dump does not say so"
        # A new dump has nothing of it.
        found = Dump().all()
        assert not found.peers and not found.changed

    def test_add_while_dumped(self):
        dump = self.begin_dump(600)
        self.set_peers(*(peer(key(n), u16(P_KEEPALIVE, n), ips(*self.addresses(n))) for n in range(600, 620)))
        dump.all()
        assert dump.changed
        self.complete(dump, range(620))

    def test_prefixes_change_while_dumped(self):
        texts = [f"10.{n >> 8}.{n & 255}.0/24" for n in range(1500)]
        self.set(attr(D_PEERS, [peer(key(1), ips(*texts))]))
        dump = Dump(4096)
        assert dump.step()
        # Every other one goes to another peer, some of them have been given.
        self.set(attr(D_PEERS, [peer(key(2), ips(*texts[::2]))]))
        dump.all()
        assert dump.changed
        shown = dump.peers[key(1)].ips
        assert len(shown) == len(set(shown)), "one was given twice"
        if not self.stock:
            assert set(texts[1::2]) <= set(shown), "one that stayed is missing"

    def test_concurrent(self):
        """Peers that stay are in every dump, while others come and go on another CPU."""
        count, enough = 150, 3 if self.args.quick else 10
        stayed = {key(n) for n in range(count)}
        self.fill(count)
        stop, failed = threading.Event(), []

        def churn():
            link, rng = Netlink(), random.Random(self.args.seed)
            while not stop.wait(rng.choice((0, 0, 0, 0, 1)) * rng.random()):
                some = [count + rng.randrange(200) for _ in range(20)]
                entries = [peer(key(n), u32(P_FLAGS, rng.choice((0, REMOVE_ME, REPLACE_IPS))),
                                ips(*self.addresses(n, rng.randrange(8)))) for n in some]
                # And one that stays, changed to what it is.
                n = rng.randrange(count)
                entries.append(peer(key(n), u32(P_FLAGS, REPLACE_IPS), ips(*self.addresses(n))))
                answer = link.ask(SET, self.name + attr(D_PEERS, entries))
                if answer.errno:
                    failed.append(str(answer))
            link.close()

        thread = threading.Thread(target=churn)
        thread.start()
        coherent = flagged = 0
        try:
            end = time.monotonic() + 60
            while (coherent < enough or flagged < enough) and time.monotonic() < end:
                found = Dump(random.choice((4096, 8192))).all()
                if not found.changed or not self.stock:
                    assert set(found.peers) >= stayed, "a peer that stayed is missing"
                    assert not found.again & stayed, "a peer that stayed came twice"
                if found.changed:
                    flagged += 1
                else:
                    coherent += 1
                    self.complete(found, range(count))
        finally:
            stop.set()
            thread.join()
        print(f"# {coherent} coherent dumps, {flagged} flagged")
        assert not failed, failed[0]
        assert flagged, "no change fell into a dump: not a test"
        self.complete(Dump().all(), range(count))

    def test_interface_gone_while_dumped(self):
        dump = self.begin_dump(100)
        with subprocess.Popen(["ip", "link", "del", IFNAME]) as deletion:
            time.sleep(0.5)
            dump.all()
            assert deletion.wait(30) == 0
        assert IFNAME not in os.listdir("/sys/class/net")

    def test_dump_given_up(self):
        for turn in range(20):
            dump = Dump(4096) if turn else self.begin_dump(100)
            dump.step()
            dump.end()
        # Whatever the dumps held is let go: the interface can leave.
        begin = time.monotonic()
        run("ip", "link", "del", IFNAME)
        assert time.monotonic() - begin < 20, "something held on to the interface"

    # Anything at all.

    def test_random(self):
        """Damaged copies of a good request: an answer to each, and a configuration that can be dumped."""
        rng = random.Random(self.args.seed)
        run("ip", "link", "set", IFNAME, "up")
        good = u32(D_FWMARK, 0) + attr(D_PRIVATE, bytes([8]) * 32) + attr(D_PEERS, [
            peer(key(1), attr(P_PSK, key(2)), attr(P_ENDPOINT, sockaddr("127.0.0.1", 9)), u16(P_KEEPALIVE, 0),
                 u32(P_FLAGS, REPLACE_IPS), u32(P_VERSION, 1), ips("10.0.0.0/24", "fd00::/64")),
            peer(key(2), ips("10.0.1.0/24"))])
        seen = {}
        for _ in range(300 if self.args.quick else 1500):
            data = bytearray(good)
            for _ in range(rng.choice((1, 1, 1, 2, 4))):
                at = rng.randrange(len(data))
                change = rng.randrange(4)
                if change == 0:
                    data[at] ^= 1 << rng.randrange(8)
                elif change == 1:
                    data[at] = rng.randrange(256)
                elif change == 2:
                    del data[at:at + rng.randrange(1, 9)]
                    data = data or bytearray(1)
                else:
                    data[at:at] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 9)))
            answer = self.link.ask(SET, self.name + bytes(data))
            seen[answer.errno] = seen.get(answer.errno, 0) + 1
        print("# " + ", ".join(f"{errno.errorcode.get(e, 'taken')} {n}" for e, n in sorted(seen.items())))
        known = {0, errno.EINVAL, errno.ERANGE, errno.EOPNOTSUPP, errno.EPFNOSUPPORT, errno.EBADR, errno.ENODEV,
                 errno.EADDRINUSE}
        assert set(seen) <= known, f"unheard-of errors: {set(seen) - known}"
        assert seen.get(0) and len(seen) > 3, "not much of a mixture"
        Dump().all()
        self.set(u32(D_FLAGS, REPLACE_PEERS), attr(D_PEERS, [peer(key(5))]))
        self.peers_are(k5=[])

    def test_wg(self):
        """The program that everybody uses agrees."""
        try:
            run("wg", "--version")
        except FileNotFoundError as missing:
            raise Skip("wg is not installed") from missing
        self.fill(300)
        lines = run("wg", "show", IFNAME, "allowed-ips").splitlines()
        assert len(lines) == 300, f"wg sees {len(lines)} peers"
        for n, line in enumerate(lines):
            shown = re.split(r"\s", line)[1:]
            assert sorted(shown) == sorted(self.addresses(n)), f"wg sees {line!r}"


def options_of(text):
    """What every netlink test takes; text: its documentation."""
    options = argparse.ArgumentParser(description=text.split("\n", maxsplit=1)[0])
    options.add_argument("--quick", action="store_true", default=bool(os.environ.get("WGR_QUICK")))
    options.add_argument("--only", default="", metavar="WORD", help="tests whose name has this word")
    given = os.environ.get("WGR_SEED")
    options.add_argument("--seed", type=int, default=int(given, 0) if given else int.from_bytes(os.urandom(4), "little"),
                         help="repeat an earlier run (WGR_SEED, too); drawn and printed otherwise")
    return options


def main():
    options = options_of(__doc__)
    options.add_argument("--stock", action="store_true", help="the kernel's own module is loaded")
    args = options.parse_args()

    unshare(CLONE_NEWNET)
    run("ip", "link", "set", "lo", "up")
    print(f"# seed {args.seed}")
    random.seed(args.seed)
    return 1 if Tests(args).run() else 0


if __name__ == "__main__":
    sys.exit(main())
