#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The command "switch": bridges stand for tunnels, in network namespaces of the real kernel, and scripts for kmod.

  switch_test.py PROGRAM

Needs root and makes namespaces of its own. Prints TAP. Addresses, routes and all that is rtnetlink are real; what the family
"wireguard" answers comes from fake_kernel.c.
"""

import base64
import json
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import sys
import time

from system import KERNEL, PROGRAM, System, build_id, stock, work
from tap import Tap

INSIDE = "WGR_SWITCH_TEST"
tap = Tap()


def ip(*words, netns=None):
    where = ["nsenter", f"--net={netns}"] if netns else []
    return subprocess.run([*where, "ip", *words], capture_output=True, text=True, check=True).stdout


def programs(s, unload="", load=""):
    """Stand-ins of kmod's programs; @unload and @load come first in theirs."""
    loaded = s.root / "sys/module/wireguard"
    s.program("rmmod", f"""
        echo "rmmod $*" >>{work}/log
        {unload}
        for n in $(ip -o link show type bridge | sed 's/^[0-9]*: \\([^:@]*\\).*/\\1/'); do ip link del $n; done
        [ ! -e {work}/blue ] || nsenter --net={work}/blue ip link del wg1
        rm -r {loaded}
        """)
    put = f"""
        {load}
        mkdir -p {loaded}
        echo live >{loaded}/initstate
        sed -n 's/^srcversion: *//p' "$file" >{loaded}/srcversion
        sed -n 's/^version: *//p' "$file" >{loaded}/version
        """
    s.program("insmod", f'echo "insmod $*" >>{work}/log\nfile=$1\n{put}')
    s.program("modprobe", f"""
        echo "modprobe $*" >>{work}/log
        [ "$1" != -a ] || exit 0
        file=$(modinfo -k {KERNEL} -n wireguard)
        {put}
        """)


def system(**how):
    """The stock module runs and carries wg0; ours is installed."""
    s = stock()
    programs(s, **how)
    (s.root / "proc").mkdir()
    (s.root / "proc/sys").symlink_to("/proc/sys")
    (work / "log").write_text("")
    for link in ("wg0", "wg1", "veth0"):
        subprocess.run(["ip", "link", "del", link], capture_output=True, check=False)
    tunnel()
    return s


def tunnel():
    ip("link", "add", "wg0", "index", "77", "mtu", "1380", "type", "bridge")
    ip("link", "set", "wg0", "group", "5", "txqueuelen", "500", "alias", "to the office", "up")
    ip("link", "property", "add", "dev", "wg0", "altname", "office")
    ip("addr", "add", "198.51.100.1/24", "dev", "wg0")
    ip("addr", "add", "198.51.100.5/24", "dev", "wg0")
    ip("addr", "add", "10.1.0.1", "peer", "10.1.0.2", "dev", "wg0")
    ip("addr", "add", "fd00::1/64", "dev", "wg0", "nodad")
    ip("addr", "add", "192.0.2.77/32", "dev", "wg0", "valid_lft", "1000", "preferred_lft", "900")
    ip("route", "add", "10.7.0.0/16", "dev", "wg0")
    # The kernel names it before the one by which its gateway is reached.
    ip("route", "add", "10.6.0.0/16", "via", "10.7.0.1", "dev", "wg0")
    ip("route", "add", "10.8.0.0/16", "via", "198.51.100.2", "dev", "wg0", "metric", "50", "mtu", "1300")
    ip("route", "add", "default", "dev", "wg0", "table", "51820")
    ip("route", "add", "10.9.0.0/16", "via", "192.0.2.200", "dev", "wg0", "onlink", "src", "198.51.100.5")
    ip("-6", "route", "add", "fd07::/48", "dev", "wg0", "metric", "33")
    ip("-6", "route", "add", "default", "dev", "wg0", "table", "51820")
    ip("link", "add", "veth0", "type", "veth", "peer", "name", "veth1")
    ip("link", "set", "veth0", "up")
    ip("link", "set", "veth1", "up")
    ip("addr", "add", "203.0.113.1/24", "dev", "veth0")
    ip("addr", "add", "fd12::1/64", "dev", "veth0", "nodad")
    ip("route", "add", "10.10.0.0/16", "nexthop", "via", "198.51.100.2", "dev", "wg0", "nexthop", "via", "203.0.113.2", "dev",
       "veth0")
    ip("-6", "route", "add", "fd10::/48", "nexthop", "via", "fd00::2", "dev", "wg0", "nexthop", "via", "fd00::3", "dev", "wg0")
    # The other next hop stays, and must not be there twice.
    ip("-6", "route", "add", "fd11::/48", "nexthop", "via", "fd00::2", "dev", "wg0", "nexthop", "via", "fd12::2", "dev",
       "veth0")
    ip("rule", "add", "iif", "wg0", "lookup", "51820")
    with open("/proc/sys/net/ipv4/conf/wg0/rp_filter", "w", encoding="ascii") as file:
        file.write("2")
    # The other cable's end comes up by itself, and its addresses after it.
    for _ in range(100):
        if "fd12::1" in ip("-6", "route", "show", "table", "local") and "state UP" in ip("link", "show", "veth1"):
            break
        time.sleep(0.05)
    routes_to_addresses()


def routes_to_addresses():
    """Wait for them: the kernel sets those of IPv6 some time after the addresses."""
    for _ in range(100):
        local = ip("-6", "route", "show", "table", "local")
        if all(f"local {a} " in local for a in re.findall(r"inet6 (\S+)/", ip("-6", "addr", "show", "scope", "global"))):
            return
        time.sleep(0.05)


def state(netns=None):
    """All that is to be as before; addresses that a bridge makes up from its random MAC are left out, and lifetimes."""
    said = []
    for words in (("-d", "link", "show"), ("addr", "show"), ("route", "show", "table", "all"),
                  ("-6", "route", "show", "table", "all"), ("rule", "show")):
        lines = ip(*words, netns=netns).splitlines()
        said += sorted(" ".join(w for w in line.split()) for line in lines)
    gone = ("fe80", "link/ether", "valid_lft", "ff00::/8", "bridge ", "veth1@veth0:", "veth0@veth1:")
    kept = [line for line in said if not any(g in line for g in gone)]
    if not netns:
        with open("/proc/sys/net/ipv4/conf/wg0/rp_filter", encoding="ascii") as file:
            kept.append("rp_filter " + file.read())
    return "\n".join(kept)


def log():
    return (work / "log").read_text().splitlines()


def messages(path):
    """What was set in the family wireguard: for each message its attributes."""
    out = []
    for line in path.read_text().splitlines():
        data = bytes.fromhex(line)
        out.append((data[16], attributes(data[20:])))
    return out


def attributes(data):
    found = []
    while len(data) >= 4:
        size, kind = struct.unpack("=HH", data[:4])
        found.append((kind & 0x3fff, data[4:size]))
        data = data[(size + 3) & ~3:]
    return found


def settled(before, netns=None):
    """The state, as soon as it is that, see routes_to_addresses()."""
    end = time.monotonic() + 5
    while (after := state(netns)) != before and time.monotonic() < end:
        time.sleep(0.05)
    return after


def same_state(before, name):
    after = settled(before)
    missing = "\n".join(sorted(set(before.splitlines()) - set(after.splitlines())))
    more = "\n".join(sorted(set(after.splitlines()) - set(before.splitlines())))
    return tap.point(before == after, name, "gone:\n" + missing, "new:\n" + more)


def test_to_ours():
    s = system()
    before = state()
    sent = work / "sent"
    result = s.run("switch", "ours", "--yes", FAKE_LOG=sent, FAKE_PEERS=3)
    tap.point(result.returncode == 0 and not result.stderr, "switch ours", result.stdout, result.stderr)
    tap.point("stock is running; to be loaded: ours 1.2.0" in result.stdout and
              re.search("  wg0: up, peers: 3, addresses: [67], routes: 10\n", result.stdout) and
              "ours 1.2.0 is running, srcversion OURS1; interfaces brought back: 1" in result.stdout, "it says what it does",
              result.stdout)
    tap.same(log(), ["rmmod wireguard", "modprobe wireguard"], "modprobe, where that loads ours")
    same_state(before, "link, addresses, routes and sysctls are as before")
    said = messages(sent)
    tap.same([command for command, _ in said], [1, 1, 1, 1], "keys and peers are set in as many messages as they came")
    first = dict(said[0][1])
    tap.point(first[2] == b"wg0\0" and first[3] == b"\xa5" * 32 and first[6] == struct.pack("=H", 51820) and
              first[7] == struct.pack("=I", 0xca6c) and first[5] == struct.pack("=I", 1) and 1 not in first and 4 not in first,
              "key, port, mark; all other peers go", first)
    peers = [dict(attributes(peer)) for _, message in said for peer in [p for _, p in attributes(dict(message)[8])]]
    tap.same([peer[1][:3] for peer in peers], [bytes((7 * i, 0, i)) for i in (0, 1, 2, 2)], "each peer, the last in two parts")
    tap.same([sorted(peer) for peer in peers], [[1, 2, 4, 5, 9]] * 3 + [[1, 9]], "what a peer has, and no counters")
    tap.same(peers[0][2], b"\x5c" * 32, "preshared keys")
    tap.same([len(attributes(peer[9])) for peer in peers], [2, 2, 2, 1], "allowed addresses")
    result = s.run("switch", "ours", "--yes")
    tap.point(result.returncode == 0 and result.stdout == "ours 1.2.0 is running already\n", "once more: nothing to do",
              result.stdout)


def test_to_stock():
    s = system()
    s.load("OURS1")
    before = state()
    result = s.run("switch", "stock", "--yes")
    tap.point(result.returncode == 0 and "This lasts until the next restart, when ours is loaded again." in result.stdout,
              "switch stock", result.stdout, result.stderr)
    tap.same(log(), ["rmmod wireguard", "modprobe -a libcurve25519 udp_tunnel",
                     f"insmod {s.root}/lib/modules/{KERNEL}/kernel/drivers/net/wireguard/wireguard.ko"],
             "insmod, and what it needs before")
    same_state(before, "all as before")
    # The settings of order that fake_kernel.c gives are asked for again where the module keeps some.
    (s.root / f"lib/modules/{KERNEL}/kernel/drivers/net/wireguard/wireguard.ko").unlink()
    s.load("OURS1")
    (work / "log").write_text("")
    s.run("switch", "stock", "--yes")
    tap.point(log()[-1].endswith(f"stock/{KERNEL}/wireguard.ko"), "from the copy, if DKMS has moved the file away", log())


def second():
    """Another tunnel in the same namespace; each has routes that need the other one."""
    ip("link", "add", "wg1", "index", "78", "type", "bridge")
    ip("addr", "add", "198.51.101.1/24", "dev", "wg1")
    ip("addr", "add", "fd01::1/64", "dev", "wg1", "nodad")
    ip("link", "set", "wg1", "up")
    both = ("nexthop", "via", "198.51.100.2", "dev", "wg0", "nexthop", "via", "198.51.101.2", "dev", "wg1", "weight", "3")
    ip("route", "add", "10.20.0.0/16", *both)
    ip("-6", "route", "add", "fd20::/48", "nexthop", "via", "fd00::2", "dev", "wg0", "nexthop", "via", "fd01::2", "dev", "wg1",
       "weight", "3")
    ip("route", "add", "10.21.0.0/16", "dev", "wg0", "src", "198.51.101.1")
    ip("route", "add", "10.22.0.0/16", "dev", "wg1", "src", "198.51.100.1")
    ip("-6", "route", "add", "fd21::/48", "dev", "wg0", "src", "fd01::1")
    ip("-6", "route", "add", "fd22::/48", "dev", "wg1", "src", "fd00::1")
    routes_to_addresses()


def test_two():
    s = system()
    second()
    before = state()
    result = s.run("switch", "ours", "--yes", FAKE_IFS="wg0 wg1")
    tap.point(result.returncode == 0 and "interfaces brought back: 2" in result.stdout and not result.stderr,
              "two that need one another", result.stdout, result.stderr)
    same_state(before, "two that need one another: all as before")


def test_refused_route():
    """One route is refused, as an address of another interface has gone: the others come back all the same."""
    s = system(unload="ip addr del 203.0.113.9/24 dev veth0 2>/dev/null")
    second()
    ip("addr", "add", "203.0.113.9/24", "dev", "veth0")
    ip("route", "add", "10.5.0.0/16", "dev", "wg0", "src", "203.0.113.9")
    before = ip("route", "show")
    result = s.run("switch", "ours", "--yes", FAKE_IFS="wg0 wg1")
    tap.point(result.returncode == 5 and "wg0: setting its routes: " in result.stderr and "wg1:" not in result.stderr,
              "a route that is refused", result.returncode, result.stderr)
    left = [line for line in before.splitlines() if not line.startswith("10.5.0.0/16")]
    tap.same(ip("route", "show").splitlines(), left, "a route that is refused: all others are there")


def test_flags():
    for up in ("up", "down"):
        s = system()
        ip("link", "set", "wg0", up, "multicast", "off", "arp", "off", "allmulticast", "on", "promisc", "on")
        before = re.search("<.*>", ip("link", "show", "wg0"))[0]
        result = s.run("switch", "ours", "--yes")
        tap.point(result.returncode == 0 and "PROMISC" in before and "NOARP" in before, f"flags: {up}", before, result.stderr)
        tap.same(re.search("<.*>", ip("link", "show", "wg0"))[0], before, f"flags: as before, {up}")


SYSCTLS = {"ipv4/conf/all/send_redirects": "1", "ipv4/conf/wg0/send_redirects": "1", "ipv4/conf/wg1/send_redirects": "0",
           "ipv6/conf/wg0/mtu": "1290", "ipv6/conf/wg0/stable_secret": "fd00:0000:0000:0000:0000:0000:0000:0007",
           "ipv6/conf/wg0/addr_gen_mode": "1"}


def sysctl(name, value=None):
    path = pathlib.Path("/proc/sys/net", name)
    if value:
        path.write_text(value, encoding="ascii")
    return path.read_text(encoding="ascii").strip()


def test_sysctls():
    """What changes as an interface comes up, and what the module changes for all then: a loader's stand-in does that."""
    s = system(load="for n in /proc/sys/net/ipv4/conf/*/send_redirects; do echo 0 >$n; done")
    second()
    for name, value in SYSCTLS.items():
        sysctl(name, value)
    result = s.run("switch", "ours", "--yes", FAKE_IFS="wg0 wg1")
    tap.point(result.returncode == 0 and not result.stderr, "sysctls", result.stderr)
    tap.same({name: sysctl(name) for name in SYSCTLS}, SYSCTLS, "sysctls: as before")


def test_equal_routes():
    """Routes with one prefix and metric, and some of them over an interface that stays."""
    s = system()
    second()
    for words in (("10.30.0.0/16", "dev", "wg0"), ("10.30.0.0/16", "dev", "wg1"), ("10.30.0.0/16", "dev", "veth0"),
                  ("10.31.0.0/16", "via", "198.51.100.2", "dev", "wg0"), ("10.31.0.0/16", "via", "198.51.100.3", "dev", "wg0"),
                  ("10.32.0.0/16", "nexthop", "via", "198.51.100.2", "dev", "wg0", "nexthop", "via", "198.51.101.2", "dev", "wg1"),
                  ("10.32.0.0/16", "nexthop", "via", "198.51.100.3", "dev", "wg0", "nexthop", "via", "198.51.101.3", "dev", "wg1")):
        ip("route", "append", *words)
    for words in (("fd30::/48", "dev", "wg0"), ("fd30::/48", "dev", "wg1"), ("fd30::/48", "dev", "veth0"),
                  ("fd31::/48", "via", "fd00::2", "dev", "wg0"), ("fd31::/48", "dev", "wg1"), ("fd31::/48", "dev", "veth0"),
                  ("fd32::/48", "via", "fd12::2", "dev", "veth0"), ("fd32::/48", "via", "fd00::2", "dev", "wg0")):
        ip("-6", "route", "append", *words)
    before = state()
    tap.same((ip("route").count("10.30.0.0/16"), ip("-6", "route").count("fd30::/48")), (3, 3), "equal routes: there are some")
    result = s.run("switch", "ours", "--yes", FAKE_IFS="wg0 wg1")
    tap.point(result.returncode == 0 and not result.stderr, "equal routes", result.stderr)
    same_state(before, "equal routes: all as before")


def test_tentative():
    """An address that the kernel has yet to check when the route that names it is set."""
    s = system()
    second()
    ip("addr", "add", "fd00::9/64", "dev", "wg0")
    while "tentative" in ip("addr", "show", "dev", "wg0"):
        time.sleep(0.1)
    ip("-6", "route", "add", "fd40::/48", "dev", "wg0", "src", "fd00::9")
    ip("-6", "route", "add", "fd41::/48", "via", "fd01::2", "dev", "wg1", "src", "fd00::9")
    before = ip("-6", "route", "show")
    result = s.run("switch", "ours", "--yes", FAKE_IFS="wg0 wg1")
    tap.point(result.returncode == 0 and not result.stderr, "a source that is tentative", result.stderr)
    tap.same(sorted(ip("-6", "route", "show").splitlines()), sorted(before.splitlines()), "a source that is tentative: all as before")


# Of the second peer of fake_kernel.c.
KEY1 = base64.b64encode(bytes([7, 0, 1]) + b"\x11" * 29).decode()


def test_settings_lost():
    """The stock module keeps no settings: what it cannot keep is said, and how to have it again."""
    s = system()
    kept = work / "kept"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir()
    for name, value in (("mode", "adaptive"), ("hold_us", "5000"), ("hold_max_us", "50000"), ("window", "8192"), ("scope", "auto")):
        s.file(f"sys/module/wireguard/parameters/{name}", value + "\n")
    s.load("OURS1")
    part = "not kept by the stock module; with ours again: wireguard-reorder set wg0"
    for values, wanted in (("0 5000 50000 8192", None), ("1 7000 80500 4096", "mode fixed hold 7ms hold-max 80500us window 4096"),
                           ("0 5000 100000 8192", "hold-max 100ms"), ("0 5000 50000 8192 0", None),
                           ("0 5000 50000 8192 1", "scope peer"), ("1 5000 50000 8192 0", "mode fixed scope flow"),
                           ("1 5000 50000 8192 1", "mode fixed")):
        (kept / "wg0").write_text(values.replace(" ", "\n") + "\n")
        result = s.run("switch", "stock", FAKE_SETTINGS=kept)
        tap.point(result.returncode == 2 and (part in result.stdout if wanted else "not kept" not in result.stdout) and
                  (not wanted or f"{part} {wanted}\n" in result.stdout), f"switch stock: what it does not keep: {wanted}", result.stdout, result.stderr)
    # Of a single peer it says so, too.
    (kept / "wg0.1").write_text("5 2\n8 64\n")
    result = s.run("switch", "stock", FAKE_SETTINGS=kept)
    tap.point(f"{part} mode fixed\n    {part} peer {KEY1} mode off window 64\n" in result.stdout,
              "switch stock: settings of a peer's own", result.stdout, result.stderr)
    (kept / "wg0.1").unlink()
    result = s.run("switch", "stock", FAKE_SETTINGS=kept, FAKE_OLD=1)
    tap.point(f"{part} mode fixed\n" in result.stdout, "switch stock: a module that has no scope", result.stdout, result.stderr)
    s.load("STOCK1")
    result = s.run("switch", "ours", FAKE_SETTINGS=kept)
    tap.point("not kept" not in result.stdout, "switch ours: there is nothing to keep", result.stdout)


def test_settings_carried():
    """From one module of ours to another one; what was never set goes on as the module has it."""
    kept = work / "kept"
    new = "0\\n5000\\n50000\\n8192\\n2\\n"
    for values, wanted in (("0 7000 100000 4096 1", None), ("1 5000 50000 8192 0", None), ("0 5000 50000 8192 2", None),
                           ("1 5000 50000 8192 2", None), ("0 5000 50000 8192 0", "0 5000 50000 8192 2"),
                           ("1 5000 50000 8192 1", "1 5000 50000 8192 2")):
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir()
        (kept / "wg0").write_text(values.replace(" ", "\n") + "\n")
        s = system(unload=f"printf '{new}' >{kept}/wg0")
        s.load("OURS0")
        result = s.run("switch", "ours", "--yes", FAKE_SETTINGS=kept)
        tap.same((result.returncode, result.stderr, (kept / "wg0").read_text().split()), (0, "", (wanted or values).split()),
                 f"switch ours: settings go along: {values}")
    # Those of a peer's own; the peer that udev's rule was quicker for loses what it had not.
    own = kept / "wg0.1"
    own.write_text("5 2\n10 1\n")
    s = system(unload=f"rm {own}; echo '8 64' >{own}")
    s.load("OURS0")
    result = s.run("switch", "ours", "--yes", FAKE_SETTINGS=kept)
    tap.same((result.returncode, result.stderr, own.read_text()), (0, "", "5 2\n10 1\n"), "switch ours: settings of a peer's own go along")
    s = system()
    s.load("OURS0")
    result = s.run("switch", "ours", "--yes", FAKE_SETTINGS=kept, FAKE_NO_OWN="OURS1")
    tap.same((result.returncode, result.stderr), (0, "wireguard-reorder: wg0: the settings of order of some of its peers could not be restored: "
                                                  "the module that is loaded, 1.2.0, has no settings of single peers: load version 1.4.0 or later\n"),
             "switch ours: a module that has none for peers")
    own.unlink()
    # From a module without a scope, to one, and both.
    lost = "wireguard-reorder: wg0: its scope peer could not be restored: the module that is loaded, 1.2.0, has no scope: load version 1.3.0 or later\n"
    for old, said in (("OURS0", ""), ("OURS1", lost), ("1", "")):
        (kept / "wg0").write_text("0\n7000\n50000\n4096\n1\n")
        s = system(unload=f"printf '{new}' >{kept}/wg0")
        s.load("OURS0")
        result = s.run("switch", "ours", "--yes", FAKE_SETTINGS=kept, FAKE_OLD=old)
        tap.same((result.returncode, result.stderr, (kept / "wg0").read_text().split()), (0, said, ["0", "7000", "50000", "4096", "2"]),
                 f"switch ours: a module without a scope: {old}")


def test_closed_pipe():
    """Nobody reads what it prints: its status still says that the module is another one."""
    s = system()
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run([PROGRAM, "switch", "ours", "--yes"], env=s.env({}), stdout=writer, stderr=subprocess.PIPE,
                            stdin=subprocess.DEVNULL, text=True, check=False)
    os.close(writer)
    runs = (s.root / "sys/module/wireguard/srcversion").read_text()
    tap.point(result.returncode == 0 and runs == "OURS1\n" and "could not be written" in result.stderr, "a closed pipe",
              result.returncode, result.stderr)
    with open("/dev/full", "w", encoding="utf-8") as full:
        result = subprocess.run([PROGRAM, "switch", "ours", "--yes"], env=s.env({}), stdout=full, stderr=subprocess.PIPE,
                                text=True, check=False)
    tap.same(result.returncode, 0, "a full disk, and it runs already")


def test_down():
    s = system()
    ip("link", "set", "wg0", "down")
    before = state()
    result = s.run("switch", "ours", "--yes")
    tap.point(result.returncode == 0 and "  wg0: down, " in result.stdout, "an interface that is down", result.stdout,
              result.stderr)
    # A next hop that is dead cannot be made, and a queue that never was in use looks another way.
    before = re.sub("(?m)^nexthop via .*\n", "", before).replace("qdisc noqueue state DOWN", "qdisc noop state DOWN").replace(
        "10.10.0.0/16\n", "10.10.0.0/16 via 203.0.113.2 dev veth0\n").replace("fd11::/48 ", "fd11::/48 via fd12::2 dev veth0 ")
    after = state()
    tap.same(sorted(after.splitlines()), sorted(before.splitlines()), "stays down, other next hops stay")


def test_questions():
    s = system()
    before = state()
    result = s.run("switch", "ours")
    tap.point(result.returncode == 2 and "give --yes" in result.stderr and not log(), "nobody to ask", result.stderr)
    main, other = os.openpty()
    for answer, code in (("n\n", 1), ("\n", 1), ("y\n", 0)):
        child = subprocess.Popen([PROGRAM, "switch", "ours"], env=s.env({}), stdin=other, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True)
        os.write(main, answer.encode())
        child.communicate()
        tap.same(child.returncode, code, f"the answer {answer!r}")
        if code:
            tap.same(log(), [], "nothing has been done")
    same_state(before, "all as before")
    answer_late(s, main, other)


def answer_late(s, main, other):
    """What changes while the question stands."""
    for change, code, part in ((("addr", "add", "10.1.2.3/32", "dev", "wg0"), 0, ""),
                               (("link", "add", "wg2", "type", "bridge"), 1, "interfaces have come or gone meanwhile")):
        s.load("STOCK1", "1.0.0")
        (work / "log").write_text("")
        child = subprocess.Popen([PROGRAM, "switch", "ours"], env=s.env({"FAKE_IFS": "wg0 wg2"}), stdin=other,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while child.stdout.read(1) != "?":
            pass
        ip(*change)
        before = state()
        os.write(main, b"y\n")
        said = child.communicate()[1]
        tap.point(child.returncode == code and part in said and (not code or not log()), f"meanwhile: {change[0]} {change[1]}",
                  child.returncode, said)
        same_state(before, f"meanwhile: {change[0]} {change[1]}: all as it was last")
    ip("link", "del", "wg2")


def fails(name, code, *parts, steps=None, **how):
    s = system(**how)
    before = state()
    result = s.run("switch", "ours", "--yes")
    tap.point(result.returncode == code and all(p in result.stderr for p in parts), name, result.returncode, result.stderr)
    if steps is not None:
        tap.same([line.split()[0] for line in log()], steps, f"{name}: steps")
    if code != 5:
        same_state(before, f"{name}: all as before")
        tap.same((s.root / "sys/module/wireguard/srcversion").read_text(), "STOCK1\n", f"{name}: stock runs")


def test_failures():
    fails("it cannot be unloaded", 1, "rmmod: ERROR: in use", "nothing has been changed",
          unload="echo 'rmmod: ERROR: in use' >&2; exit 1", steps=["rmmod"])
    fails("ours cannot be loaded", 1, "Key was rejected", "all interfaces are as they were",
          load='case $file in *updates*) echo "Key was rejected by service" >&2; exit 1 ;; esac',
          steps=["rmmod", "modprobe", "modprobe", "insmod"])
    fails("another one is loaded than wanted", 1, "another module was loaded", "all interfaces are as they were",
          load=f'case $file in *updates*) file={work}/root/lib/modules/{KERNEL}/kernel/drivers/net/wireguard/wireguard.ko;; esac',
          steps=["rmmod", "modprobe", "rmmod", "modprobe", "insmod"])
    fails("another program is quicker", 5, "another program has made an interface of this name",
          load="ip link add wg0 type bridge")
    fails("nothing can be loaded", 5, "NO module may be loaded now", load="echo broken >&2; exit 1")


def test_upgrade():
    """An older one of ours runs, whose file an upgrade has replaced."""
    s = system()
    s.load("OURS0")
    before = state()
    result = s.run("switch", "ours", "--yes")
    tap.point(result.returncode == 0 and "srcversion OURS1; interfaces brought back: 1" in result.stdout, "upgrade", result.stdout,
              result.stderr)
    same_state(before, "upgrade: all as before")
    s = system(load='case $file in *updates*) echo "broken" >&2; exit 1 ;; esac')
    s.load("OURS0")
    result = s.run("switch", "ours", "--yes")
    tap.point(result.returncode == 1 and "all interfaces are as they were" in result.stderr, "upgrade that fails", result.stderr)
    tap.same((s.root / "sys/module/wireguard/srcversion").read_text(), "STOCK1\n", "upgrade that fails: stock runs")


def test_other_build():
    """The module that runs and the one on disk have the same srcversion."""
    updates = f"lib/modules/{KERNEL}/updates/dkms/wireguard.ko"
    note = "sys/module/wireguard/notes/.note.gnu.build-id"
    s = system(load=f'mkdir -p {work}/root/sys/module/wireguard/notes\n'
               f'tail -c 36 "$file" >{work}/root/{note}')
    for what, build, version in (("build", "one", "1.2.0"), ("version", "two", "1.1.9")):
        s.module(updates, True, "OURS1", build="two")
        s.load("OURS1", version, build=build)
        result = s.run("switch", "ours", "--yes")
        tap.point(result.returncode == 0 and "interfaces brought back: 1" in result.stdout and
                  (s.root / note).read_bytes().endswith(build_id("two")), f"other {what}", result.stdout, result.stderr)
        result = s.run("switch", "ours", "--yes")
        tap.point(result.returncode == 0 and "is running already" in result.stdout, f"other {what}: then it is the same",
                  result.stdout, result.stderr)
        ip("link", "show", "wg0")
    s.load("OURS1", build="one")
    s.program("modprobe", "true")
    s.program("insmod", "true")
    result = s.run("switch", "ours", "--yes")
    tap.point(result.returncode != 0 and "another module was loaded than" in result.stderr, "one that does not come is noticed",
              result.stdout, result.stderr)


def test_peers_refused():
    s = system()
    # The errno of a family that refuses everything once ours runs, and so does the stock one: not all is back.
    result = s.run("switch", "ours", "--yes", FAKE_SET_ERROR=22)
    tap.point(result.returncode == 5 and "wg0: setting keys and peers: Invalid argument" in result.stderr and
              "not all interfaces are back" in result.stderr, "peers are refused", result.stderr)


def test_not_begun():
    s = system()
    result = s.run("switch", "ours", "--yes", FAKE_EPERM=1)
    tap.point(result.returncode == 1 and
              "wg0: reading its peers: Operation not permitted; nothing has been changed" in result.stderr
              and not log(), "what cannot be read is not touched", result.stderr)
    s.load("UNKNOWN")
    stock_file = s.root / f"lib/modules/{KERNEL}/kernel/drivers/net/wireguard/wireguard.ko"
    kept = s.root / f"var/lib/wireguard-reorder/stock/{KERNEL}/wireguard.ko"
    for file in (stock_file, kept):
        file.rename(file.with_name("away"))
    result = s.run("switch", "ours", "--yes")
    tap.point(result.returncode == 1 and "neither the file of the module that runs" in result.stderr and not log(),
              "no file to go back to", result.stderr)
    for file in (stock_file, kept):
        file.with_name("away").rename(file)
    s.load("STOCK1", "1.0.0")
    for i, name in enumerate(("wgr-crypt-wg0", "kworker/R-wg-cr")):
        s.file(f"proc/{i + 100}/comm", name + "\n")
    result = s.run("switch", "ours", "--yes")
    tap.point(result.returncode == 1 and "WireGuard interfaces: 2, of which 1 can be found" in result.stderr and not log(),
              "one in a namespace that no way leads to", result.stderr)
    for i in range(2):
        shutil.rmtree(s.root / f"proc/{i + 100}")
    ip("nexthop", "add", "id", "9", "dev", "wg0")
    result = s.run("switch", "ours", "--yes")
    tap.point(result.returncode == 1 and "next hop objects" in result.stderr and not log(), "next hop objects", result.stderr)
    ip("nexthop", "del", "id", "9")
    shutil.rmtree(s.root / "var/lib/dkms")
    (s.root / f"lib/modules/{KERNEL}/updates/dkms/wireguard.ko").unlink()
    result = s.run("switch", "ours", "--yes")
    tap.point(result.returncode == 1 and "no module of ours is built" in result.stderr, "nothing of ours", result.stderr)
    (s.root / "sys/module/wireguard/initstate").unlink()
    result = s.run("switch", "ours", "--yes")
    tap.point(result.returncode == 1 and "built in" in result.stderr, "built in", result.stderr)
    ip("link", "del", "wg0")
    empty = System("none")
    result = empty.run("switch", "ours", "--yes")
    tap.point(result.returncode == 1 and "no folder in /lib/modules" in result.stderr, "no such kernel", result.stderr)


def on_top(s, part, name, *words):
    """Something stands on wg0, in its namespace or another one."""
    ip("link", "add", *words)
    result = s.run("switch", "ours", "--yes", FAKE_IFS="wg0 wg1")
    tap.point(result.returncode == 1 and f"wg0: on top of it, and gone with it, would be: {part}: remove" in result.stderr and
              "nothing has been changed" in result.stderr and not log(), f"on top of it: {name}", result.returncode, result.stderr)


def test_on_top():
    """What goes with a tunnel is not lost; the index alone, which counts in one namespace only, does not make it that."""
    s = system()
    blue = namespace(s)
    on_top(s, "mac5", "macvlan", "mac5", "link", "wg0", "type", "macvlan")
    ip("link", "set", "mac5", "netns", str(blue))
    on_top(s, "vx5, mac5 (namespace blue)", "vxlan, and another one in another namespace", "vx5", "type", "vxlan", "id", "5",
           "remote", "192.0.2.9", "dstport", "4789", "dev", "wg0")
    ip("link", "del", "mac5", netns=blue)
    ip("link", "set", "vx5", "netns", str(blue))
    result = s.run("switch", "ours", "--yes")
    tap.point(result.returncode == 1 and "would be: vx5 (namespace blue): remove" in result.stderr and not log(),
              "on top of it: vxlan that was moved", result.stderr)
    ip("link", "del", "vx5", netns=blue)
    # Others have the same index, on top of one and as the other end of a cable.
    ip("link", "add", "br5", "index", "77", "type", "veth", "peer", "name", "br6", netns=blue)
    ip("link", "add", "mac6", "link", "br5", "type", "macvlan", netns=blue)
    ip("link", "add", "ve5", "type", "veth", "peer", "name", "ve6", "netns", str(blue))
    result = s.run("switch", "ours", "--yes")
    tap.point(result.returncode == 0, "on top of another one with its index", result.stderr)
    ip("link", "del", "ve5")
    forget(blue)


def test_nothing_up():
    s = system()
    ip("link", "del", "wg0")
    result = s.run("switch", "ours", "--yes")
    tap.point(result.returncode == 0 and "no WireGuard interface to be taken down" in result.stdout, "no interface",
              result.stdout)
    shutil.rmtree(s.root / "sys/module/wireguard")
    (work / "log").write_text("")
    result = s.run("switch", "ours", "--yes")
    tap.point(result.returncode == 0 and log() == ["modprobe wireguard"] and "none is running" in result.stdout,
              "nothing is loaded", result.stdout, result.stderr)


def test_status_without_rights():
    """What is in /sys may be read by all; not if another namespace is asked for."""
    s = system()
    said = s.run("status", FAKE_EPERM=1).stdout
    tap.point("wg0: unknown (the stock module keeps no order)" in said, "status: the stock module", said)
    s.load("OURS1")
    said = s.run("status", FAKE_EPERM=1).stdout
    tap.point("wg0: unknown (root is needed to see its settings)" in said, "status: root is needed", said)
    for name, value in (("mode", "fixed"), ("hold_us", "7000"), ("hold_max_us", "50000"), ("window", "4096")):
        s.file(f"sys/class/net/wg0/reorder/{name}", value + "\n")
    said = s.run("status", FAKE_EPERM=1).stdout
    tap.point("wg0: fixed, hold 7.00 ms, window 4096\n" in said, "status: from files of a module without a scope", said)
    tap.same(json.loads(s.run("-j", "status", FAKE_EPERM=1).stdout)["interfaces"][0]["scope"], None, "status -j: no scope")
    s.file("sys/class/net/wg0/reorder/scope", "peer\n")
    said = s.run("status", FAKE_EPERM=1).stdout
    tap.point("wg0: fixed, hold 7.00 ms, window 4096, scope peer\n" in said, "status: from files", said)
    said = s.run("-n", str(os.getpid()), "status", FAKE_EPERM=1).stdout
    tap.point("wg0: unknown (root is needed" in said, "status: not from files with --netns", said)
    ip("link", "set", "wg0", "down")
    said = s.run("status").stdout
    tap.point("wg0 (down): adaptive, hold at most 50.0 ms, window 8192, scope flow\n" in said, "status: an interface that is down", said)


def test_connections():
    """A connection between addresses of a tunnel, and one that is none of its business."""
    s = system()
    ip("link", "set", "lo", "up")
    ends = []
    for address in ("198.51.100.1", "fd00::1", "127.0.0.1"):
        ends.append(socket.create_server((address, 4000), family=socket.AF_INET6 if ":" in address else socket.AF_INET))
        ends.append(socket.create_connection((address, 4000)))
    said = s.run("doctor").stdout
    tap.point("ok   tcp-tunnels: 4 connections, and none saw" in said, "doctor: connections through tunnels", said)
    for end in ends:
        end.close()
    said = s.run("doctor").stdout
    tap.point("ok   tcp-tunnels: no connection from an address of a tunnel" in said, "doctor: no connection", said)
    s.file("proc/self/net/netstat", "TcpExt: TCPSACKReorder TCPTSReorder\nTcpExt: 7 2\n")
    said = s.run("doctor").stdout
    tap.point("warn tcp: TCP has met reordering 9 times" in said, "doctor: reordering with the stock module", said)


def test_wiping():
    """A build that notices when memory with a key in it is given back."""
    wiped = PROGRAM.parent / "wiped"
    s = system()
    for words in (("switch", "ours", "--yes"), ("show", "wg0"), ("doctor",), ("switch", "stock", "--yes")):
        result = s.run(*words, program=wiped, FAKE_PEERS=2)
        tap.point(result.returncode in (0, 2) and not result.stderr, f"no key is left in memory: {words[0]}", result.returncode,
                  result.stderr)


def test_lost():
    """What systemd-resolved keeps by index; in other namespaces the same index is nothing to it."""
    s = system()
    s.file("run/systemd/resolve/netif/77", "SERVERS=192.0.2.53\n")
    s.file("run/systemd/resolve/netif/79", "SERVERS=192.0.2.53\n")
    blue = namespace(s)
    ip("link", "add", "wg1", "index", "79", "type", "bridge", netns=blue)
    said = s.run("switch", "ours", "--yes", FAKE_IFS="wg0 wg1").stdout
    tap.point(said.count("not brought back: its DNS servers (resolvectl)\n") == 1, "DNS servers get lost", said)
    forget(blue)


def test_qdisc():
    s = system()
    s.file("run/systemd/resolve/netif/77", "SERVERS=192.0.2.53\n")
    if subprocess.run(["tc", "qdisc", "replace", "dev", "wg0", "root", "pfifo_fast"], capture_output=True,
                      check=False).returncode:
        return
    result = s.run("switch", "ours", "--yes")
    tap.point("not brought back: its queueing discipline (pfifo_fast), its DNS servers (resolvectl)\n" in result.stdout, "what gets lost is said",
              result.stdout)


def namespace(s, name="blue"):
    """Another one that only a file leads to."""
    path = work / name
    path.touch()
    subprocess.run(["unshare", f"--net={path}", "true"], check=True)
    (s.root / "run/netns").mkdir(parents=True, exist_ok=True)
    (s.root / "run/netns" / name).symlink_to(path)
    return path


def forget(path):
    subprocess.run(["umount", path], check=True)
    path.unlink()


class Holder:
    """Another process that has a port open in another namespace; a fake /proc shows that by and by."""

    def __init__(self, netns, port):
        text = f"import socket, sys; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(('', {port})); print('', flush=True); sys.stdin.read()"
        self.child = subprocess.Popen(["nsenter", f"--net={netns}", sys.executable, "-c", text], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE)
        self.child.stdout.readline()

    def show(self, s):
        (s.root / f"proc/{self.child.pid}").mkdir()
        (s.root / f"proc/{self.child.pid}/fd").symlink_to(f"/proc/{self.child.pid}/fd")

    def end(self, s):
        self.child.communicate()
        shutil.rmtree(s.root / f"proc/{self.child.pid}")


def moved_unclear(s, blue):
    """The ports of both are in use in the other namespace, too: it matters by whom."""
    for port, name in ((51821, "wg1 (namespace blue)"), (51820, "wg0")):
        holder = Holder(blue, port)
        result = s.run("switch", "ours", "--yes", FAKE_IFS="wg0 wg1")
        tap.point(result.returncode == 1 and f"{name}: its port {port} is in use in several network namespaces" in result.stderr and
                  not log(), f"moved: {name}: not clear from where", result.stderr)
        holder.show(s)
        before, before_blue = state(), state(blue)
        result = s.run("switch", "ours", "--yes", FAKE_IFS="wg0 wg1")
        tap.point(result.returncode == 0 and not result.stderr, f"moved: {name}: clear if a process has the other socket open",
                  result.stderr)
        same_state(before, "moved: here all as before")
        tap.same(settled(before_blue, blue), before_blue, "moved: there all as before")
        holder.end(s)
        s.load("STOCK1", "1.0.0")
        (work / "log").write_text("")


def moved(s, blue):
    """The port of wg1 shows here only: so it was made here and moved there."""
    shutil.rmtree(s.root / "sys/module/wireguard")
    s.load("STOCK1", "1.0.0")
    (s.root / "proc/self").symlink_to("/proc/self")
    (work / "log").write_text("")
    result = s.run("switch", "ours", "--yes", FAKE_IFS="wg0 wg1")
    tap.point(result.returncode == 1 and "namespace in which it was made cannot be found" in result.stderr and not log(),
              "moved: its sockets show nowhere", result.stderr)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one, socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as other:
        one.bind(("0.0.0.0", 51820))
        other.bind(("::", 51821))
        old = "5.10.0-1-test"
        s.kernel(old)
        s.dkms(old)
        result = s.run("switch", "ours", "--yes", FAKE_IFS="wg0 wg1", WGR_RELEASE=old)
        tap.point(result.returncode == 1 and "its index 77 has another interface where it was made" in result.stderr and
                  not log(), "moved: old kernels cannot give it its index back", result.stderr)
        moved_unclear(s, blue)
        before, before_blue = state(), state(blue)
        result = s.run("switch", "ours", "--yes", FAKE_IFS="wg0 wg1")
        tap.point(result.returncode == 0 and "interfaces brought back: 2" in result.stdout, "moved", result.stdout,
                  result.stderr)
        same_state(before, "moved: here all as before")
        tap.same(settled(before_blue, blue), before_blue, "moved: it is in the other namespace again")


def test_namespaces():
    """wg0 here, wg1 in another namespace that only a file leads to."""
    s = system()
    blue = namespace(s)
    ip("link", "add", "wg1", "index", "77", "type", "bridge", netns=blue)
    ip("addr", "add", "198.51.100.9/24", "dev", "wg1", netns=blue)
    ip("link", "set", "wg1", "up", netns=blue)
    before, before_blue = state(), state(blue)
    result = s.run("switch", "ours", "--yes", FAKE_IFS="wg0 wg1")
    tap.point(result.returncode == 0 and "  wg1 (namespace blue): up, peers: 2, " in result.stdout and
              "interfaces brought back: 2" in result.stdout, "two namespaces", result.stdout, result.stderr)
    same_state(before, "two namespaces: here all as before")
    tap.same(settled(before_blue, blue), before_blue, "two namespaces: there all as before")
    result = s.run("-n", str(blue), "status", FAKE_IFS="wg0 wg1")
    tap.point("wg1: fixed" in result.stdout and "wg0:" not in result.stdout, "status in another namespace", result.stdout)
    moved(s, blue)
    forget(blue)


if os.geteuid():
    print("1..0 # SKIP needs root")
    sys.exit(0)
if INSIDE not in os.environ:
    # Mounts are private, too: files that namespaces are bound to go with it.
    os.execvpe("unshare", ["unshare", "--net", "--mount", sys.executable, *sys.argv], {**os.environ, INSIDE: "1"})
tap.tests([test_to_ours, test_to_stock, test_two, test_refused_route, test_flags, test_sysctls, test_equal_routes, test_tentative, test_settings_lost, test_settings_carried, test_closed_pipe, test_down, test_questions, test_failures, test_upgrade, test_other_build, test_peers_refused, test_not_begun,
           test_on_top, test_nothing_up, test_status_without_rights, test_connections, test_wiping, test_lost, test_qdisc, test_namespaces])
shutil.rmtree(work)
sys.exit(tap.done())
