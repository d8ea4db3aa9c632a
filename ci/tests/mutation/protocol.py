#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Puts each fault of protocol_mutations.py into a copy of src/protocol and sees to it that the unit tests or the
simulator notice. TAP.

    protocol.py [PART-OF-A-NAME...]     all faults, or those whose name has the part

A fault that cannot be put in, because the text it replaces is gone or is there more than once, is a failure too: it
must be brought up to date.
"""
import os
import shutil
import subprocess
import sys
import tempfile

import protocol_mutations as mutations

HERE = os.path.dirname(os.path.abspath(__file__))
UNIT = os.path.join(HERE, "..", "unit")
SIM = os.path.join(HERE, "..", "..", "sim")
SRC = os.path.join(HERE, "..", "..", "..", "src")
CORE = ("alarms", "bucket", "handshake", "keys", "load", "mac", "rank", "replay", "slots", "tai64n")
ORDER = tuple(sorted(name[:-2] for name in os.listdir(os.path.join(SRC, "reorder")) if name.endswith(".c")))
STORIES = ("main", "world", "end", "checks", "clocks", "chance", "script", "fake")

CC = [os.environ.get("CC", "gcc"), "-std=gnu11", "-O1", "-w", "-I", UNIT, "-I", SIM]
# Counters that come to their end, as in ci/sim/Makefile.
LOW = ["-DWGR_REKEY_AFTER_MESSAGES=1000", "-DWGR_REJECT_AFTER_MESSAGES=3000"]

# Programs in the order in which they are run: parts of the core in them.
TESTS = (
    ("tai64n_test", ("tai64n",)),
    ("replay_test", ("replay",)),
    ("bucket_test", ("bucket",)),
    ("load_test", ("load",)),
    ("rank_test", ("rank",)),
    ("alarms_test", ("alarms",)),
    ("slots_test", ("slots", "keys", "replay")),
    ("mac_test", ("mac",)),
    ("handshake_test", ("handshake", "keys", "replay", "tai64n")),
)
# What in a header shows where it is used: which tests are worth a try.
USED_IN = {"keys.h": ("slots_test", "handshake_test"), "slots.h": ("slots_test",), "alarms.h": ("alarms_test",),
           "limits.h": ("slots_test", "alarms_test"), "data.h": ("handshake_test",), "messages.h": ("handshake_test",),
           "tai64n.h": ("tai64n_test", "handshake_test")}
SEED = os.environ.get("SEED") or str(int.from_bytes(os.urandom(4), "little"))

# Stories: at first, and for a fault that none has noticed so far.
FEW, MANY = 30, 500
SECONDS = 60


class Broken(Exception):
    """What does not compile."""


def compile_object(source, include, output, more=()):
    done = subprocess.run(CC + list(more) + ["-I", include, "-c", "-o", output, source], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, universal_newlines=True, check=False)
    if done.returncode:
        raise Broken("does not compile: " + done.stdout)
    return output


def run(*command):
    """None if it passed, else the first thing it said was wrong."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True,
                              errors="replace", env=dict(os.environ, SEED=SEED), timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return "no end"
    for line in done.stdout.splitlines():
        if line.startswith("not ok"):
            return line.partition(" - ")[2]
    if done.returncode < 0:
        return "signal %d" % -done.returncode
    return None if done.returncode == 0 else "status %d" % done.returncode


class Bench:
    """Builds what is asked for, once for the faultless core, and anew for what a fault is in."""

    def __init__(self, work):
        self.work = work
        self.known = {}

    def built(self, where, name, mutant, touched):
        """The object of where/name.c against the core in `mutant`, if it is touched by the fault."""
        sim = where != "unit" and name != "port"
        source = {"unit": UNIT, "sim": SIM, "core": os.path.join(mutant if touched else SRC, "protocol"),
                  "order": os.path.join(SRC, "reorder")}[where]
        key = (where, name, sim)
        if not touched and key in self.known:
            return self.known[key]
        output = os.path.join(self.work, "%s-%s-%s.o" % ("mutant" if touched else "whole", where, name))
        compile_object(os.path.join(source, name + ".c"), mutant if touched else SRC, output)
        if not touched:
            self.known[key] = output
        return output

    def low(self, where, name, mutant, touched):
        """The same for the simulator, with limits that are reached."""
        key = (where, name, "low")
        if not touched and key in self.known:
            return self.known[key]
        source = {"sim": SIM, "core": os.path.join(mutant if touched else SRC, "protocol"),
                  "order": os.path.join(SRC, "reorder")}[where]
        output = os.path.join(self.work, "%s-low-%s-%s.o" % ("mutant" if touched else "whole", where, name))
        compile_object(os.path.join(source, name + ".c"), mutant if touched else SRC, output, LOW)
        if not touched:
            self.known[key] = output
        return output

    def link(self, name, objects, *libraries):
        output = os.path.join(self.work, name)
        subprocess.run(CC + ["-o", output] + objects + list(libraries), check=True)
        return output

    def unit(self, test, parts, mutant, file):
        header = file is not None and file.endswith(".h")
        objects = [self.built("unit", test, mutant, header), self.built("sim", "port", mutant, header)]
        objects += [self.built("core", part, mutant, header or file == part + ".c") for part in parts]
        return self.link(test, objects, "-lcrypto")

    def simulator(self, mutant, file):
        header = file is not None and file.endswith(".h")
        objects = [self.low("sim", name, mutant, header) for name in STORIES]
        objects += [self.low("core", part, mutant, header or file == part + ".c") for part in CORE]
        objects += [self.low("order", part, mutant, False) for part in ORDER]
        return self.link("sim", objects)

    def noticed_by(self, mutant=None, file=None):
        """Which program notices, and what it says; None if none does."""
        for test, parts in TESTS:
            if file and (test not in USED_IN.get(file, ()) if file.endswith(".h") else file[:-2] not in parts):
                continue
            said = run(self.unit(test, parts, mutant, file))
            if said is not None:
                return "%s: %s" % (test, said)
        program = self.simulator(mutant, file)
        scripts = os.path.join(SIM, "scripts")
        said = run(program, *[os.path.join(scripts, name) for name in sorted(os.listdir(scripts))])
        for count in (FEW, MANY) if file else (FEW,):
            said = said or run(program, "-s", SEED, "-n", str(count), "-q")
        return "sim: " + said if said else None


def try_mutation(bench, work, file, old, new):
    """Put one fault in: (noticed, why or why not)."""
    copy = os.path.join(work, "src")
    shutil.rmtree(copy, ignore_errors=True)
    for part in ("protocol", "reorder"):
        shutil.copytree(os.path.join(SRC, part), os.path.join(copy, part))
    path = os.path.join(copy, "protocol", file)
    with open(path, encoding="utf-8") as f:
        text = f.read()
    if text.count(old) != 1:
        return False, "the text to replace is there %d times" % text.count(old)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace(old, new))
    try:
        noticed = bench.noticed_by(copy, file)
    except Broken as error:
        return False, str(error)
    return noticed is not None, noticed or "no test notices"


def main():
    chosen = [m for m in mutations.MUTATIONS if len(sys.argv) < 2 or any(part in m[0] for part in sys.argv[1:])]
    failed = 0
    print("# SEED=" + SEED)
    with tempfile.TemporaryDirectory() as work:
        bench = Bench(work)
        # A test that fails without a fault would notice every one.
        said = bench.noticed_by()
        print("%sok 1 - without a fault all tests pass" % ("not " if said else ""))
        if said:
            print("# " + said)
            print("1..1")
            return 1
        for number, (what, file, old, new) in enumerate(chosen, 2):
            good, why = try_mutation(bench, work, file, old, new)
            failed += not good
            if good:
                print("ok %d - caught: %s (%s)" % (number, what, why), flush=True)
            else:
                print("not ok %d - not caught: %s" % (number, what))
                print("# " + why.replace("\n", "\n# "), flush=True)
    print("1..%d" % (len(chosen) + 1))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
