# SPDX-License-Identifier: GPL-2.0
"""A WireGuard peer in user space that is free to misbehave.

It speaks both roles of the handshake and keeps as many sessions alive as a test wants. Every field of every message can
be set by hand: a data packet may carry any counter, index, tag, type or length, and leave from any socket.
Nothing here knows how the receiver orders packets; that is for the tests. What is random here, keys too, follows from the
seed that begin() is given.
"""

import ctypes
import hashlib
import hmac
import os
import random
import select
import socket
import struct
import time

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

INITIATION, RESPONSE, COOKIE, DATA = 1, 2, 3, 4
INITIATION_LEN, RESPONSE_LEN, COOKIE_LEN = 148, 92, 64
REJECT_AFTER_MESSAGES = 2 ** 64 - 2 ** 13 - 1
REPLAY_WINDOW = 8192 - 64

TAI_BASE = 2 ** 62 + 10
# A receiver takes 50 initiations a second from one peer; an honest one stays below that.
INITIATION_SPACING = 0.03


# Of all peers; there is none before a test has said what it begins with.
_chance = None


def begin(seed):
    """What is drawn from now on is the same for the same seed. Before all else."""
    global _chance  # pylint: disable=global-statement
    # Not what a test draws from the same number.
    _chance = random.Random("peer %d" % seed)


def drawn(length):
    if _chance is None:
        raise RuntimeError("wgpeer.begin(seed) comes first")
    return _chance.randbytes(length)


def blake(*parts, size=32, key=b""):
    """BLAKE2s of the concatenated parts, keyed when a key is given."""
    return hashlib.blake2s(b"".join(parts), digest_size=size, key=key).digest()


def derive(chain, secret, count):
    """The protocol's key derivation (HKDF over HMAC-BLAKE2s): `count` keys of 32 bytes."""
    root = hmac.new(chain, secret, hashlib.blake2s).digest()
    keys, last = [], b""
    for number in range(1, count + 1):
        last = hmac.new(root, last + bytes([number]), hashlib.blake2s).digest()
        keys.append(last)
    return keys


def aead_nonce(counter):
    return struct.pack("<IQ", 0, counter)


def xchacha_subkey(key, nonce16):
    """HChaCha20, taken from one ordinary block: subtracting the input words undoes the final addition."""
    block = Cipher(algorithms.ChaCha20(key, nonce16), mode=None).encryptor().update(bytes(64))
    words = struct.unpack("<16I", block)
    before = struct.unpack("<4I", b"expand 32-byte k") + (0,) * 8 + struct.unpack("<4I", nonce16)
    picked = [(words[i] - before[i]) & 0xFFFFFFFF for i in (0, 1, 2, 3, 12, 13, 14, 15)]
    return struct.pack("<8I", *picked)


def xseal(key, nonce24, plain, aad):
    return ChaCha20Poly1305(xchacha_subkey(key, nonce24[:16])).encrypt(bytes(4) + nonce24[16:], plain, aad)


def xopen(key, nonce24, sealed, aad):
    return ChaCha20Poly1305(xchacha_subkey(key, nonce24[:16])).decrypt(bytes(4) + nonce24[16:], sealed, aad)


def tai64n(nanoseconds=None):
    if nanoseconds is None:
        nanoseconds = time.time_ns()
    return struct.pack(">QI", TAI_BASE + nanoseconds // 10 ** 9, nanoseconds % 10 ** 9)


class Key:
    """A static or ephemeral X25519 pair."""

    def __init__(self, private=None):
        self._pair = X25519PrivateKey.from_private_bytes(private or drawn(32))
        self.private = self._pair.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        self.public = self._pair.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def shared(self, public):
        return self._pair.exchange(X25519PublicKey.from_public_bytes(public))


class Transcript:
    """Running hash and chaining key of one Noise handshake."""

    def __init__(self, responder_public):
        self.chain = blake(b"Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s")
        self.hash = blake(self.chain, b"WireGuard v1 zx2c4 Jason@zx2c4.com")
        self.absorb(responder_public)

    def absorb(self, data):
        self.hash = blake(self.hash, data)

    def stir(self, secret):
        self.chain, = derive(self.chain, secret, 1)

    def stir_key(self, secret):
        self.chain, key = derive(self.chain, secret, 2)
        return key

    def stir_psk(self, psk):
        self.chain, mixed, key = derive(self.chain, psk, 3)
        self.absorb(mixed)
        return key

    def seal(self, key, plain):
        sealed = ChaCha20Poly1305(key).encrypt(aead_nonce(0), plain, self.hash)
        self.absorb(sealed)
        return sealed

    def open(self, key, sealed):
        plain = ChaCha20Poly1305(key).decrypt(aead_nonce(0), sealed, self.hash)
        self.absorb(sealed)
        return plain


class Session:
    """One pair of transport keys. Sending takes any counter; receiving remembers every counter it saw."""

    def __init__(self, send_key, recv_key, local_index, remote_index):
        self.sealer = ChaCha20Poly1305(send_key)
        self.opener = ChaCha20Poly1305(recv_key)
        self.local_index = local_index
        self.remote_index = remote_index
        self.next_counter = 0
        self.seen = []

    def seal(self, counter, plain=b"", pad=True, index=None, kind=DATA, reserved=b"\0\0\0"):
        """A data packet with the given counter. An empty plaintext makes a keepalive."""
        if pad:
            plain += bytes(-len(plain) % 16)
        head = bytes([kind]) + reserved
        head += struct.pack("<IQ", self.remote_index if index is None else index, counter)
        return head + self.sealer.encrypt(aead_nonce(counter), plain, b"")

    def seal_next(self, plain=b"", **options):
        packet = self.seal(self.next_counter, plain, **options)
        self.next_counter += 1
        return packet

    def forge(self, counter, length=64):
        """A packet with this session's receiver index whose tag cannot be right."""
        return struct.pack("<IIQ", DATA, self.remote_index, counter) + drawn(length + 16)

    def open(self, message):
        """(counter, plaintext) of a data packet from the other side; raises InvalidTag or ValueError."""
        kind, index, counter = struct.unpack_from("<IIQ", message)
        if kind != DATA or index != self.local_index:
            raise ValueError("not a data packet of this session")
        plain = self.opener.decrypt(aead_nonce(counter), message[16:], b"")
        self.seen.append(counter)
        return counter, plain


class Initiation:
    """An initiation that was sent and waits for its answer."""

    def __init__(self, message, index, ephemeral, transcript):
        self.message = message
        self.index = index
        self.ephemeral = ephemeral
        self.transcript = transcript


class _Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("len", ctypes.c_size_t)]


class _Msghdr(ctypes.Structure):
    _fields_ = [("name", ctypes.c_void_p), ("namelen", ctypes.c_uint), ("iov", ctypes.POINTER(_Iovec)),
                ("iovlen", ctypes.c_size_t), ("control", ctypes.c_void_p), ("controllen", ctypes.c_size_t),
                ("flags", ctypes.c_int)]


class _Mmsghdr(ctypes.Structure):
    _fields_ = [("hdr", _Msghdr), ("len", ctypes.c_uint)]


_libc = ctypes.CDLL(None, use_errno=True)


def _sockaddr(family, address):
    if family == socket.AF_INET:
        return struct.pack("=H", family) + struct.pack("!H", address[1]) + socket.inet_aton(address[0]) + bytes(8)
    return (struct.pack("=H", family) + struct.pack("!HI", address[1], 0) +
            socket.inet_pton(socket.AF_INET6, address[0]) + bytes(4))


class Burst:
    """Datagrams laid out beforehand, sent with one system call for each 1024, so that spacing is the kernel's."""

    LIMIT = 1024

    def __init__(self, sock, address, datagrams):
        self.sock = sock
        self.count = len(datagrams)
        self._name = ctypes.create_string_buffer(_sockaddr(sock.family, address))
        self._data = [ctypes.create_string_buffer(d, max(len(d), 1)) for d in datagrams]
        self._iov = (_Iovec * self.count)()
        self._msgs = (_Mmsghdr * self.count)()
        for i, datagram in enumerate(datagrams):
            self._iov[i].base = ctypes.addressof(self._data[i])
            self._iov[i].len = len(datagram)
            header = self._msgs[i].hdr
            header.name = ctypes.addressof(self._name)
            header.namelen = len(self._name) - 1
            header.iov = ctypes.pointer(self._iov[i])
            header.iovlen = 1

    def send(self):
        """Times (CLOCK_REALTIME, ns) just before and just after."""
        done = 0
        before = time.time_ns()
        while done < self.count:
            part = min(self.count - done, self.LIMIT)
            sent = _libc.sendmmsg(self.sock.fileno(), ctypes.byref(self._msgs[done]), part, 0)
            if sent <= 0:
                number = ctypes.get_errno()
                raise OSError(number, "sendmmsg: " + os.strerror(number))
            done += sent
        return before, time.time_ns()


class Peer:
    """The peer itself: a static key, a socket, and whatever handshakes and sessions a test makes with them."""

    def __init__(self, remote_public, remote_address, family=socket.AF_INET, psk=None, key=None, local=None):
        self.key = key or Key()
        self.remote_public = remote_public
        self.psk = psk or bytes(32)
        self.remote = remote_address
        self.sock = self.open_socket(family, local)
        self.sessions = {}
        self.cookie = None
        self.unanswered = 0
        self.backlog = []
        self._last_initiation = 0.0
        self._extra = []

    @staticmethod
    def open_socket(family, local=None, port=0):
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        sock.bind((local or ("127.0.0.1" if family == socket.AF_INET else "::1"), port))
        return sock

    def another_socket(self, local=None, port=0):
        sock = self.open_socket(self.sock.family, local, port)
        self._extra.append(sock)
        return sock

    def close(self):
        for sock in [self.sock] + self._extra:
            sock.close()

    def port(self):
        return self.sock.getsockname()[1]

    # Sending and receiving datagrams

    def send(self, *datagrams, sock=None, remote=None):
        return Burst(sock or self.sock, remote or self.remote, datagrams).send()

    def receive(self, timeout, sock=None):
        """The next datagram as (bytes, address), or None after the timeout (seconds)."""
        sock = sock or self.sock
        if not select.select([sock], [], [], max(timeout, 0))[0]:
            return None
        return sock.recvfrom(65535)

    def wait_for(self, kinds, timeout, sock=None):
        """The next message of one of these types; others stay in the backlog for a later call."""
        for i, message in enumerate(self.backlog):
            if message[0] in kinds:
                return self.backlog.pop(i)
        end = time.monotonic() + timeout
        while True:
            got = self.receive(end - time.monotonic(), sock)
            if got is None:
                return None
            message = got[0]
            if message and message[0] in kinds:
                return message
            self.backlog.append(message)

    def drain(self, quiet=0.0):
        """Everything that has arrived and arrives until `quiet` seconds pass without a datagram."""
        found, self.backlog = self.backlog, []
        for _ in range(100000):
            got = self.receive(quiet)
            if got is None:
                break
            found.append(got[0])
        return found

    def next_data(self, timeout, keepalive=False):
        """(session, counter, plaintext) of the next data packet, without keepalives unless they are asked for."""
        end = time.monotonic() + timeout
        while True:
            message = self.wait_for((DATA,), max(end - time.monotonic(), 0))
            if message is None:
                return None
            session = self.sessions.get(struct.unpack_from("<I", message, 4)[0])
            if session is None:
                raise ValueError("data packet for an index that was never handed out")
            counter, plain = session.open(message)
            if plain or keepalive:
                return session, counter, plain

    # mac1, mac2 and cookies

    def add_macs(self, message, to_public=None, cookie=None):
        message += blake(message, size=16, key=blake(b"mac1----", to_public or self.remote_public))
        return message + (blake(message, size=16, key=cookie) if cookie else bytes(16))

    def macs_of(self, message):
        """("mac1 is right", "mac2 or None if it is all zeros") of a message that the other side sent."""
        good = blake(message[:-32], size=16, key=blake(b"mac1----", self.key.public)) == message[-32:-16]
        return good, (None if message[-16:] == bytes(16) else message[-16:])

    def read_cookie(self, message, mac1):
        """The cookie in a cookie reply to our message that carried `mac1`."""
        key = blake(b"cookie--", self.remote_public)
        return xopen(key, message[8:32], message[32:64], mac1)

    def make_cookie_reply(self, index, mac1, cookie):
        nonce = drawn(24)
        key = blake(b"cookie--", self.key.public)
        return struct.pack("<II", COOKIE, index) + nonce + xseal(key, nonce, cookie, mac1)

    # Handshake, initiator's side

    def make_initiation(self, timestamp=None, cookie=None):
        ephemeral, index = Key(), struct.unpack("<I", drawn(4))[0]
        noise = Transcript(self.remote_public)
        message = struct.pack("<II", INITIATION, index) + ephemeral.public
        noise.stir(ephemeral.public)
        noise.absorb(ephemeral.public)
        key = noise.stir_key(ephemeral.shared(self.remote_public))
        message += noise.seal(key, self.key.public)
        key = noise.stir_key(self.key.shared(self.remote_public))
        message += noise.seal(key, timestamp or tai64n())
        return Initiation(self.add_macs(message, cookie=cookie), index, ephemeral, noise)

    def take_response(self, started, message):
        """The session that a response to our initiation makes; raises InvalidTag or ValueError."""
        kind, their_index, our_index = struct.unpack_from("<III", message)
        if kind != RESPONSE or len(message) != RESPONSE_LEN or our_index != started.index:
            raise ValueError("not an answer to this initiation")
        if not self.macs_of(message)[0]:
            raise ValueError("wrong mac1 in the response")
        noise, their_ephemeral = started.transcript, message[12:44]
        noise.stir(their_ephemeral)
        noise.absorb(their_ephemeral)
        noise.stir(started.ephemeral.shared(their_ephemeral))
        noise.stir(self.key.shared(their_ephemeral))
        noise.open(noise.stir_psk(self.psk), message[44:60])
        send_key, recv_key = derive(noise.chain, b"", 2)
        return self._keep(Session(send_key, recv_key, our_index, their_index))

    def pace(self):
        """Sleep until the other side may be asked for a handshake again."""
        wait = self._last_initiation + INITIATION_SPACING - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        self._last_initiation = time.monotonic()

    def initiate(self, timeout=1.5, sock=None):
        """A whole handshake from our side, in up to three tries; follows a cookie reply if there is one.

        The other side may rightly drop an initiation that it gets round to too soon after the last one. `unanswered`
        counts these, for tests that allow none.
        """
        for _ in range(3):
            self.pace()
            started = self.make_initiation(cookie=self.cookie)
            self.send(started.message, sock=sock)
            answer = self.wait_for((RESPONSE, COOKIE), timeout, sock)
            while answer is not None and answer[0] == RESPONSE and answer[8:12] != started.message[4:8]:
                # Of an earlier try that was given up.
                answer = self.wait_for((RESPONSE, COOKIE), timeout, sock)
            if answer is None:
                self.unanswered += 1
            elif answer[0] == RESPONSE:
                return self.take_response(started, answer)
            else:
                self.cookie = self.read_cookie(answer, started.message[-32:-16])
        raise TimeoutError("no answer to three initiations")

    # Handshake, responder's side

    def take_initiation(self, message):
        """(their index, their ephemeral, their static key, timestamp, transcript); raises InvalidTag or ValueError."""
        if len(message) != INITIATION_LEN or struct.unpack_from("<I", message)[0] != INITIATION:
            raise ValueError("not an initiation")
        if not self.macs_of(message)[0]:
            raise ValueError("wrong mac1 in the initiation")
        noise, ephemeral = Transcript(self.key.public), message[8:40]
        noise.stir(ephemeral)
        noise.absorb(ephemeral)
        static = noise.open(noise.stir_key(self.key.shared(ephemeral)), message[40:88])
        timestamp = noise.open(noise.stir_key(self.key.shared(static)), message[88:116])
        return struct.unpack_from("<I", message, 4)[0], ephemeral, static, timestamp, noise

    def make_response(self, message):
        """(response, session) for an initiation from the other side."""
        their_index, ephemeral, static, _, noise = self.take_initiation(message)
        if static != self.remote_public:
            raise ValueError("initiation from somebody else")
        ours, index = Key(), struct.unpack("<I", drawn(4))[0]
        answer = struct.pack("<III", RESPONSE, index, their_index) + ours.public
        noise.stir(ours.public)
        noise.absorb(ours.public)
        noise.stir(ours.shared(ephemeral))
        noise.stir(ours.shared(static))
        answer += noise.seal(noise.stir_psk(self.psk), b"")
        recv_key, send_key = derive(noise.chain, b"", 2)
        session = self._keep(Session(send_key, recv_key, index, their_index))
        return self.add_macs(answer), session

    def respond(self, timeout=7.0):
        """Wait for an initiation and answer it."""
        message = self.wait_for((INITIATION,), timeout)
        if message is None:
            raise TimeoutError("no initiation came")
        answer, session = self.make_response(message)
        self.send(answer)
        return session

    def _keep(self, session):
        self.sessions[session.local_index] = session
        return session


# Inner packets

def _checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(source, target, body, protocol=17, length=None, version=4):
    head = struct.pack("!BBHHHBBH4s4s", version << 4 | 5, 0, len(body) + 20 if length is None else length, 1, 0, 64,
                       protocol, 0, socket.inet_aton(source), socket.inet_aton(target))
    return head[:10] + struct.pack("!H", _checksum(head)) + head[12:] + body


def ipv6(source, target, body, protocol=17, length=None, version=6):
    return struct.pack("!IHBB16s16s", version << 28, len(body) if length is None else length, protocol, 64,
                       socket.inet_pton(socket.AF_INET6, source), socket.inet_pton(socket.AF_INET6, target)) + body


def udp4(source, target, payload, sport=7001, dport=7000):
    return ipv4(source, target, struct.pack("!HHHH", sport, dport, len(payload) + 8, 0) + payload)


def udp6(source, target, payload, sport=7001, dport=7000):
    length = len(payload) + 8
    pseudo = (socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, target) +
              struct.pack("!II", length, 17))
    body = struct.pack("!HHHH", sport, dport, length, 0) + payload
    return ipv6(source, target, body[:6] + struct.pack("!H", _checksum(pseudo + body) or 0xFFFF) + payload)


def echo4(source, target, number, payload=b""):
    body = struct.pack("!BBHHH", 8, 0, 0, 77, number) + payload
    return ipv4(source, target, body[:2] + struct.pack("!H", _checksum(body)) + body[4:], protocol=1)
