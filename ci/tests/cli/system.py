# SPDX-License-Identifier: GPL-2.0
"""A system that is made up, for the tests of the command."""

import gzip
import lzma
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
KERNEL = "6.1.0-9-test"
work = pathlib.Path(tempfile.mkdtemp())


# What compresses modules of that suffix.
PACK = {".gz": gzip.compress, ".xz": lzma.compress,
        ".zst": lambda data: subprocess.run(["zstd", "-qc"], input=data, capture_output=True, check=True).stdout}


def build_id(build):
    return build.encode().ljust(20, b"-")


def note(build):
    """The note with that build id; nothing if there is none. Another note comes before it."""
    return b"" if not build else (struct.pack("=III4s4x", 4, 4, 5, b"GNU\0") + struct.pack("=III4s", 4, 20, 3, b"GNU\0") +
                                  build_id(build))


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
                for f in updates/dkms updates/wireguard-reorder extra/wireguard-reorder weak-updates/wireguard-reorder kernel/drivers/net/wireguard; do
                    file="{self.root}/lib/modules/$2/$f/wireguard.ko"
                    [ ! -f "$file" ] || {{ echo "$file"; exit 0; }}
                done
                echo "modinfo: ERROR: Module wireguard not found." >&2; exit 1
            fi
            case $1 in
            *.xz) exec xz -dc "$1" ;;
            *.gz) exec gzip -dc "$1" ;;
            *.zst) exec zstd -dcq "$1" ;;
            esac
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

    def module(self, path, ours, srcversion, more="", build="", version=None):
        what = "that keeps the order of packets" if ours else "by others"
        text = (f"filename: {path}\ndescription:    WireGuard secure network tunnel {what}\n"
                f"version:        {version or ('1.2.0' if ours else '1.0.0')}\nsrcversion:     {srcversion}\n"
                f"vermagic:       {KERNEL} SMP\ndepends:        libcurve25519,udp_tunnel\n{more}")
        # Behind what modinfo says of it, as notes are: at a multiple of 4.
        path = self.file(path)
        pack = PACK.get(path.suffix, bytes)
        path.write_bytes(pack(text.encode() + b"\n" * (-len(text.encode()) % 4) + note(build)))
        return path

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

    def prebuilt(self, release=KERNEL, folder="updates"):
        """As packages of "make kmod" bring it."""
        self.module(f"lib/modules/{release}/{folder}/wireguard-reorder/wireguard.ko", True, "OURS1")
        self.module(f"var/lib/wireguard-reorder/stock/{release}/wireguard.ko", False, "STOCK1")

    def load(self, srcversion, version="1.2.0", build=""):
        self.file("sys/module/wireguard/initstate", "live\n")
        self.file("sys/module/wireguard/srcversion", srcversion + "\n")
        self.file("sys/module/wireguard/version", version + "\n")
        self.file("sys/module/wireguard/notes/.note.gnu.build-id").write_bytes(note(build))

    def env(self, more):
        return {"PATH": f"{self.bin}:{os.environ['PATH']}", "WGR_ROOT": str(self.root), "WGR_RELEASE": KERNEL,
                "LC_ALL": "C.UTF-8", **{k: str(v) for k, v in more.items()}}

    def run(self, *words, program=PROGRAM, **more):
        return subprocess.run([program, *words], env=self.env(more), capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL, check=False)


def ours(name="root"):
    system = System(name)
    system.kernel()
    system.dkms()
    system.load("OURS1")
    return system


def stock(name="root"):
    system = System(name)
    system.kernel()
    system.dkms()
    system.load("STOCK1", "1.0.0")
    return system
