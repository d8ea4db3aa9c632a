# SPDX-License-Identifier: GPL-2.0
"""What the tests of the user-space peer share: an interface in a namespace of its own, a tap on it, TAP output.

                 one network namespace, gone with the process
    wgpeer.Peer ---- UDP over lo, any port, 127/8 or ::1 ----> IFNAME ----> Tap (packet socket, kernel timestamps)
"""

import base64
import ctypes
import errno
import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

import wgpeer as wg

# The control socket of a user-space implementation is not in the namespace, so the name is one of a kind.
IFNAME = "wgt%d" % os.getpid()
PORT = 51820
MTU = 1420
INNER4, INNER6 = "10.77.0.1", "fd77::1"
SINK_PORT = 7000
MARK = b"wgt!"

# A timer may be late by this much on a quiet kernel; emulation needs more.
TOLERANCE_US = int(os.environ.get("TOLERANCE_US", "1000"))


class Failure(Exception):
    """An expectation of a test that did not hold."""


class Slow(Failure):
    """Something came, but late. The machine may have been busy: worth another try, see Report.case()."""


def need(condition, text, *values):
    if not condition:
        raise Failure(text % values if values else text)


def drawn_seed():
    """What random choices begin with: WGR_SEED if it is set, else something new. To be printed."""
    seed = os.environ.get("WGR_SEED")
    try:
        return int(seed, 0) if seed else int.from_bytes(os.urandom(4), "little")
    except ValueError:
        sys.exit("WGR_SEED: '%s' is no number" % seed)


def run(*command, stdin=None):
    done = subprocess.run(command, input=stdin, capture_output=True, check=False, timeout=120)
    if done.returncode:
        raise RuntimeError("%s: %s" % (" ".join(command), done.stderr.decode().strip()))
    return done.stdout.decode()


class KernelLog:
    """What the kernel reports from the moment this is made. Reads the real log, not a ring of its own."""

    BAD = re.compile(r"BUG:|WARNING:|KASAN|UBSAN|Oops|general protection|Call Trace|"
                     r"INFO: (task|possible|rcu|suspicious)|possible (circular|recursive)|sleeping function|"
                     r"refcount_t|rcu.*(stall|detected)|unregister_netdevice|soft lockup|hard LOCKUP|"
                     r"NULL pointer|unable to handle|list_(add|del) corruption")

    def __init__(self):
        try:
            self.fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
            os.lseek(self.fd, 0, os.SEEK_END)
        except OSError:
            self.fd = None

    def reports(self):
        """New lines that look like a kernel complaint."""
        bad = []
        for _ in range(1000000 if self.fd is not None else 0):
            try:
                record = os.read(self.fd, 8192).decode(errors="replace")
            except OSError as error:
                # EPIPE: the ring overtook us; the next read goes on with the oldest record that is left.
                if error.errno == errno.EPIPE:
                    continue
                break
            text = record.partition(";")[2].partition("\n")[0]
            if self.BAD.search(text):
                bad.append(text)
        return bad


class LookUps:
    """Counts how often a route for what leaves by the interface's port is looked up, from when this is made."""

    def __init__(self):
        self.dir = tempfile.mkdtemp()
        self.there = subprocess.run(["mount", "-t", "tracefs", "none", self.dir], check=False,
                                    stderr=subprocess.DEVNULL).returncode == 0 and \
            os.path.isdir(self.dir + "/events/fib/fib_table_lookup")
        if self.there:
            self._write("trace", "")
            self._write("events/fib/fib_table_lookup/filter", "sport == %d" % PORT)
            self._write("events/fib/fib_table_lookup/enable", "1")

    def _write(self, name, text):
        with open(os.path.join(self.dir, name), "w", encoding="ascii") as file:
            file.write(text)

    def end(self):
        """How many there were; None on a kernel that does not tell."""
        if not self.there:
            return None
        self._write("events/fib/fib_table_lookup/enable", "0")
        with open(self.dir + "/trace", encoding="ascii") as file:
            return sum(1 for line in file if "fib_table_lookup" in line)


class Delivery:
    """One packet that came out of the interface."""

    def __init__(self, stamp, packet):
        self.stamp = stamp
        self.packet = packet
        at = packet.find(MARK, 20, 64)
        self.tag = struct.unpack_from("!IQ", packet, at + 4) if at >= 0 else None


class Tap:
    """Everything the interface hands up, with the kernel's time of delivery."""

    # The form of 64 bits, whatever the size of a long.
    SO_TIMESTAMPNS = 64
    SO_RCVBUFFORCE = 33
    OUTGOING = 4

    def __init__(self, ifname):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
        self.sock.setsockopt(socket.SOL_SOCKET, self.SO_RCVBUFFORCE, 1 << 25)
        self.sock.setsockopt(socket.SOL_SOCKET, self.SO_TIMESTAMPNS, 1)
        self.sock.bind((ifname, 3))
        self.sock.setblocking(False)
        # The kernel switches its receive timestamps on from a work item.
        time.sleep(0.1)

    def one(self, timeout):
        """The next delivery, or None when `timeout` seconds brought none."""
        end = time.monotonic() + timeout
        while True:
            try:
                data, controls, _, address = self.sock.recvmsg(65535, 128)
            except BlockingIOError:
                left = end - time.monotonic()
                if left <= 0 or not select.select([self.sock], [], [], left)[0]:
                    return None
                continue
            if address[2] == self.OUTGOING:
                continue
            stamp = None
            for level, kind, value in controls:
                if level == socket.SOL_SOCKET and kind == self.SO_TIMESTAMPNS:
                    seconds, nanoseconds = struct.unpack("=qq", value[:16])
                    stamp = seconds * 10 ** 9 + nanoseconds
            return Delivery(stamp, data)

    def collect(self, count, timeout=3.0, quiet=0.0):
        """Tagged deliveries until there are `count`, then all that come until `quiet` seconds bring no more."""
        found = []
        end = time.monotonic() + timeout
        while len(found) < count:
            got = self.one(end - time.monotonic())
            if got is None:
                return found
            if got.tag is not None:
                found.append(got)
        for _ in range(1000000):
            got = self.one(quiet)
            if got is None:
                break
            if got.tag is not None:
                found.append(got)
        return found

    def clear(self):
        self.collect(0)


class Endpoint:
    """A peer configured on the interface, with its user-space half."""

    def __init__(self, rig, number, peer, inner4, inner6):
        self.rig = rig
        self.number = number
        self.wg = peer
        self.inner4 = inner4
        self.inner6 = inner6
        self.epoch = 0
        self.epochs = {}

    def session(self, role="initiator"):
        """A new session, from our initiation or from one that a packet sent to us provokes."""
        if role == "initiator":
            session = self.wg.initiate()
        else:
            self.poke()
            session = self.wg.respond()
        return self.adopt(session)

    def adopt(self, session):
        self.epoch += 1
        self.epochs[session] = self.epoch
        return session

    def tag(self, session, counter):
        return self.epochs[session], counter

    def inner(self, session, counter, size=0, source=None):
        """A tagged IPv4 packet; `source` overrides the address that crypto-key routing allows."""
        payload = MARK + struct.pack("!IQ", *self.tag(session, counter)) + bytes(size)
        return wg.udp4(source or self.inner4, INNER4, payload, dport=SINK_PORT)

    def data(self, session, counter, size=0, source=None):
        return session.seal(counter, self.inner(session, counter, size, source))

    def datas(self, session, counters):
        return [self.data(session, counter) for counter in counters]

    def send(self, *datagrams, sock=None, remote=None):
        return self.wg.send(*datagrams, sock=sock, remote=remote)

    def poke(self, payload=b"poke"):
        """Make the interface want to send a packet to this peer."""
        self.rig.sink.sendto(payload, (self.inner4, 7001))

    def point_here(self):
        """Tell the interface where this peer is, so that it can start a handshake."""
        host = self.wg.sock.getsockname()[0]
        where = "[%s]:%d" if ":" in host else "%s:%d"
        self.set("endpoint", where % (host, self.wg.port()))

    def set(self, *words, stdin=None):
        run("wg", "set", IFNAME, "peer", self.name(), *words, stdin=stdin)

    def name(self):
        return base64.b64encode(self.wg.key.public).decode()

    def shown(self, what):
        """The fields of this peer in `wg show IFNAME <what>`."""
        for line in run("wg", "show", IFNAME, what).splitlines():
            words = line.split("\t")
            if words[0] == self.name():
                return words[1:]
        raise Failure("the peer is gone from wg show")

    def endpoint(self):
        return self.shown("endpoints")[0]

    def rx_bytes(self):
        return int(self.shown("transfer")[0])

    def remove(self):
        self.set("remove")
        self.wg.close()


class Rig:
    """The interface under test and the peers on it."""

    def __init__(self, seed=None, userspace=None):
        """All keys follow from the seed, the interface's and those of peers; without one it is drawn and told."""
        if seed is None:
            seed = drawn_seed()
            Report.note("seed %d", seed)
        wg.begin(seed)
        self.userspace = None
        self.key = wg.Key()
        self.peers = 0
        self.ipv6 = True
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(0x40000000):
            raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWNET)")
        # One CPU for all that is sent: packets then arrive in the order of the system calls.
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        run("ip", "link", "set", "lo", "up")
        if userspace:
            # PR_SET_PDEATHSIG: it must not outlive a run that is killed.
            self.userspace = subprocess.Popen([userspace, "-f", IFNAME], env={**os.environ, "LOG_LEVEL": "silent"},
                                              stderr=subprocess.DEVNULL,
                                              preexec_fn=lambda: libc.prctl(1, signal.SIGTERM))
            self._wait_for_socket()
        else:
            run("ip", "link", "add", IFNAME, "type", "wireguard")
        self.set_key(self.key, "listen-port", str(PORT))
        run("ip", "link", "set", IFNAME, "mtu", str(MTU), "up")
        run("ip", "address", "add", INNER4 + "/16", "dev", IFNAME)
        try:
            run("ip", "address", "add", INNER6 + "/16", "dev", IFNAME, "nodad")
        except RuntimeError:
            self.ipv6 = False
        self.tap = Tap(IFNAME)
        # Takes what is delivered, so that no port-unreachable message goes back through the tunnel.
        self.sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sink.bind((INNER4, SINK_PORT))
        self.sink.setblocking(False)

    @staticmethod
    def set_key(key, *words, ifname=IFNAME):
        run("wg", "set", ifname, *words, "private-key", "/proc/self/fd/0", stdin=base64.b64encode(key.private))

    def another_interface(self, key, port):
        """One more, without peers; its name. The caller deletes it."""
        name = IFNAME + "b"
        run("ip", "link", "add", name, "type", "wireguard")
        self.set_key(key, "listen-port", str(port), ifname=name)
        run("ip", "link", "set", name, "up")
        return name

    def _wait_for_socket(self):
        for _ in range(100):
            if os.path.exists("/var/run/wireguard/%s.sock" % IFNAME):
                return
            time.sleep(0.05)
        raise RuntimeError("the user-space implementation did not start")

    def close(self):
        self.tap.sock.close()
        self.sink.close()
        if self.userspace:
            self.userspace.terminate()
            self.userspace.wait(10)
        else:
            run("ip", "link", "del", IFNAME)

    def end(self, report, log):
        """The last case of a test: what is left of it. Return: its exit status."""
        def clean():
            self.close()
            bad = log.reports()
            need(not bad, "%s", "\n".join(bad[:20]))

        report.case("the interface goes, and the kernel log is clean", clean)
        return report.end()

    def add(self, psk=None, outer=socket.AF_INET, key=None, local=None):
        """A new peer with inner addresses of its own."""
        self.peers += 1
        number = self.peers
        host = "127.0.0.1" if outer == socket.AF_INET else "::1"
        peer = wg.Peer(self.key.public, (host, PORT), outer, psk, key, local)
        inner4 = "10.77.%d.2" % number
        inner6 = "fd77::%x:2" % number
        made = Endpoint(self, number, peer, inner4, inner6)
        words = ["allowed-ips", "%s/32,%s/128" % (inner4, inner6)]
        if psk:
            words = ["preshared-key", "/proc/self/fd/0"] + words
        made.set(*words, stdin=base64.b64encode(psk) if psk else None)
        return made

    def drain_sink(self):
        """Payloads that reached a UDP socket through the stack."""
        found = []
        for _ in range(100000):
            try:
                found.append(self.sink.recv(65535))
            except BlockingIOError:
                break
        return found

    @staticmethod
    def rx_dropped():
        stats = json.loads(run("ip", "-s", "-j", "link", "show", "dev", IFNAME))[0]["stats64"]["rx"]
        return stats["dropped"]

    @staticmethod
    def parameter(name, default):
        try:
            with open("/sys/module/wireguard/parameters/" + name, encoding="ascii") as file:
                return int(file.read())
        except (OSError, ValueError):
            return default


class Report:
    """TAP, one line for each case, and its exit status."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    @staticmethod
    def note(text, *values):
        print("# " + (text % values if values else text), flush=True)

    # Seconds to wait before each further try of a case.
    PAUSES = (0, 1, 2, 4)

    def case(self, name, function):
        """Run one case. Only a Slow one is repeated: what is slow by itself is slow every time."""
        self.count += 1
        began = time.monotonic()
        try:
            for pause in self.PAUSES:
                try:
                    function()
                    break
                except Slow as error:
                    self.note("%s; again in %d s", error, pause)
                    time.sleep(pause)
            else:
                function()
            good = True
        # A broken peer raises many kinds of errors; each of them is a failed case, never the end of the run.
        except Exception as error:  # pylint: disable=broad-except
            good = False
            for line in ("%s: %s" % (type(error).__name__, error)).splitlines():
                self.note(line)
            where = error.__traceback__
            while where is not None:
                self.note("  at %s:%d", os.path.basename(where.tb_frame.f_code.co_filename), where.tb_lineno)
                where = where.tb_next
        self.failed += not good
        took = time.monotonic() - began
        print("%sok %d - %s (%.1f s)" % ("" if good else "not ", self.count, name, took), flush=True)

    def skip(self, name, why):
        """A case that cannot be run here."""
        self.count += 1
        print("ok %d - %s # SKIP %s" % (self.count, name, why), flush=True)

    def end(self):
        print("1..%d" % self.count, flush=True)
        self.note("%d of %d passed", self.count - self.failed, self.count)
        return 1 if self.failed or not self.count else 0
