# SPDX-License-Identifier: GPL-2.0
"""A system that is made up, for the tests of the command."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
KERNEL = "6.1.0-9-test"
work = pathlib.Path(tempfile.mkdtemp())


class System:
    """A made-up root with kernels and modules, and programs that take the place of kmod's."""

    def __init__(self, name="root"):
        self.root = work / name
        self.bin = work / (name + "-bin")
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.rmtree(self.bin, ignore_errors=True)
        self.bin.mkdir(parents=True)
        self.program("modinfo", f"""
            if [ "$1" = -k ]; then
                for f in updates/dkms kernel/drivers/net/wireguard; do
                    file="{self.root}/lib/modules/$2/$f/wireguard.ko"
                    [ ! -f "$file" ] || {{ echo "$file"; exit 0; }}
                done
                echo "modinfo: ERROR: Module wireguard not found." >&2; exit 1
            fi
            cat "$1"
            """)

    def program(self, name, text):
        (self.bin / name).write_text("#!/bin/sh\n" + text)
        (self.bin / name).chmod(0o755)

    def file(self, path, text=""):
        path = self.root / path.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def module(self, path, ours, srcversion, more=""):
        what = "that keeps the order of packets" if ours else "by others"
        return self.file(path, f"filename: {path}\ndescription:    WireGuard secure network tunnel {what}\n"
                         f"version:        {'1.2.0' if ours else '1.0.0'}\nsrcversion:     {srcversion}\n"
                         f"vermagic:       {KERNEL} SMP\ndepends:        libcurve25519,udp_tunnel\n{more}")

    def kernel(self, release=KERNEL):
        self.file(f"lib/modules/{release}/modules.order")
        self.file(f"lib/modules/{release}/build/include/x")
        self.module(f"lib/modules/{release}/kernel/drivers/net/wireguard/wireguard.ko", False, "STOCK1")

    def dkms(self, release=KERNEL, state="installed"):
        tree = "var/lib/dkms/wireguard-reorder"
        self.file(f"{tree}/1.2.0/source/dkms.conf")
        if state == "added":
            return
        self.module(f"{tree}/1.2.0/{release}/x86_64/module/wireguard.ko", True, "OURS1")
        if state == "installed":
            self.file(f"{tree}/kernel-{release}-x86_64")
            self.module(f"lib/modules/{release}/updates/dkms/wireguard.ko", True, "OURS1")
            self.module(f"var/lib/wireguard-reorder/stock/{release}/wireguard.ko", False, "STOCK1")

    def load(self, srcversion, version="1.2.0"):
        self.file("sys/module/wireguard/initstate", "live\n")
        self.file("sys/module/wireguard/srcversion", srcversion + "\n")
        self.file("sys/module/wireguard/version", version + "\n")

    def env(self, more):
        return {"PATH": f"{self.bin}:{os.environ['PATH']}", "WGR_ROOT": str(self.root), "WGR_RELEASE": KERNEL,
                "LC_ALL": "C.UTF-8", **{k: str(v) for k, v in more.items()}}

    def run(self, *words, program=PROGRAM, **more):
        return subprocess.run([program, *words], env=self.env(more), capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL, check=False)


def ours():
    system = System()
    system.kernel()
    system.dkms()
    system.load("OURS1")
    return system


def stock():
    system = System()
    system.kernel()
    system.dkms()
    system.load("STOCK1", "1.0.0")
    return system
