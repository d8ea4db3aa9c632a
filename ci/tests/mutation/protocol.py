#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Puts each fault of protocol_mutations.py into a copy of src/protocol and sees to it that the unit tests or the
simulator notice. TAP.

    protocol.py [PART-OF-A-NAME...]     all faults, or those whose name has the part

A fault that cannot be put in, because the text it replaces is gone or is there more than once, is a failure too: it
must be brought up to date. So is one with which a program could not be built or did not run: what was not tried has
not been noticed. A program has run if it says what was wrong, or dies by what it did, or gives as many results as
it does without a fault.
"""
import os
import re
import resource
import shutil
import signal
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
    ("data_test", ()),
    ("handshake_test", ("handshake", "keys", "replay", "tai64n")),
    ("transcript_test", ("handshake", "keys", "mac", "replay", "slots", "tai64n")),
)
# What in a header shows where it is used: which tests are worth a try.
USED_IN = {"keys.h": ("slots_test", "handshake_test"), "slots.h": ("slots_test",), "alarms.h": ("alarms_test",),
           "limits.h": ("slots_test", "alarms_test"), "data.h": ("data_test", "handshake_test", "transcript_test"),
           "messages.h": ("handshake_test",),
           "tai64n.h": ("tai64n_test", "handshake_test")}
SEED = os.environ.get("SEED") or str(int.from_bytes(os.urandom(4), "little"))

# Stories: at first, and for a fault that none has noticed so far.
FEW, MANY = 30, 500
# What has no end is a fault that is noticed, a machine that has other things to do is not: CPU time, and patience.
CPU_SECONDS = 120
SECONDS = 1800
# Signals that a program brings upon itself.
OWN_SIGNALS = (signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP)


class Broken(Exception):
    """What could not be built, or did not run: it tells nothing about the fault."""


def build(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True,
                          check=False)
    if done.returncode:
        raise Broken("cannot be built: " + done.stdout)


def compile_object(source, include, output, more=()):
    build(CC + list(more) + ["-I", include, "-c", "-o", output, source])
    return output


def limit():
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 5))


def start(command):
    """What it printed, and its status."""
    try:
        # Some look for their files where they are at home.
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True,
                              errors="replace", env=dict(os.environ, SEED=SEED), timeout=SECONDS, cwd=UNIT,
                              preexec_fn=limit, check=False)
    except subprocess.TimeoutExpired:
        raise Broken("%s: no end in %d s" % (command[0], SECONDS)) from None
    return done.stdout.splitlines(), done.returncode


def results(lines):
    """How many there are, if none is skipped and all are there that were planned; else 0."""
    count = sum(line.startswith("ok ") for line in lines)
    skipped = any(re.match(r"ok .*# *skip", line, re.IGNORECASE) for line in lines)
    return count if "1..%d" % count in lines and not skipped else 0


def run(*command):
    """The first thing that it said was wrong, or None; and how many results it gave."""
    lines, status = start(command)
    for line in lines:
        if line.startswith("not ok"):
            return line.partition(" - ")[2] or line, 0
    if status == -signal.SIGXCPU:
        return "no end", 0
    if -status in OWN_SIGNALS:
        return "signal %d" % -status, 0
    if status or not results(lines):
        raise Broken("%s: status %d, %d results" % (command[0], status, results(lines)))
    return None, results(lines)


class Bench:
    """Builds what is asked for, once for the faultless core, and anew for what a fault is in."""

    def __init__(self, work):
        self.work = work
        self.known = {}
        self.counts = {}

    def run(self, *command):
        """What it said was wrong, or None if it gave the results that it gives without a fault."""
        said, count = run(*command)
        if said is None and self.counts.setdefault(command, count) != count:
            raise Broken("%s: %d results, not %d" % (command[0], count, self.counts[command]))
        return said

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
        build(CC + ["-o", output] + objects + list(libraries))
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
            said = self.run(self.unit(test, parts, mutant, file))
            if said is not None:
                return "%s: %s" % (test, said)
        program = self.simulator(mutant, file)
        scripts = os.path.join(SIM, "scripts")
        said = self.run(program, *[os.path.join(scripts, name) for name in sorted(os.listdir(scripts))])
        for count in (FEW, MANY):
            said = said or self.run(program, "-s", SEED, "-n", str(count), "-q")
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
        try:
            said = bench.noticed_by()
        except Broken as error:
            said = str(error)
        print("%sok 1 - without a fault all tests pass" % ("not " if said else ""))
        if said:
            print("# " + said.replace("\n", "\n# "))
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
