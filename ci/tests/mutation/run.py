#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Puts each fault of mutations.py into a copy of src/reorder and sees to it that
the unit tests notice: the directed ones, then the random one for a few arrivals.
TAP.

    run.py [PART-OF-A-NAME...]      all faults, or those whose name has the part

A fault that cannot be put in, because the text it replaces is gone or is there
more than once, is a failure too: it must be brought up to date.
"""
import os
import shutil
import subprocess
import sys
import tempfile

import mutations

HERE = os.path.dirname(os.path.abspath(__file__))
UNIT = os.path.join(HERE, "..", "unit")
SRC = os.path.join(HERE, "..", "..", "..", "src")
PARTS = ("absent", "engine", "flows", "hold", "inner", "marks", "paths")

# No sanitizers: building takes most of the time, and a test notices by itself.
CC = [os.environ.get("CC", "gcc"), "-std=gnu11", "-O1", "-w", "-I", UNIT]

# Programs in the order in which they are run: what they are made of.
PROGRAMS = (
    ("hold_test", ("hold_test",), ("hold",)),
    ("marks_test", ("marks_test",), ("marks",)),
    ("paths_test", ("paths_test",), ("paths",)),
    ("flows_test", ("flows_test",), ("flows",)),
    ("absent_test", ("absent_test",), ("absent",)),
    ("inner_test", ("inner_test",), ("inner",)),
    ("engine_test", ("engine_test",), PARTS),
    ("scope_test", ("scope_test", "oracle"), PARTS),
    ("excuse_test", ("excuse_test",), PARTS),
    ("engine_random", ("engine_random", "oracle"), PARTS),
)
# The tests' random choices; SEED repeats a run.
SEED = os.environ.get("SEED") or str(int.from_bytes(os.urandom(4), "little"))
ENVIRONMENT = dict(os.environ, SEED=SEED, ARRIVALS="150000")

# Random walks besides the first, for a fault that none has noticed so far.
MORE_SEEDS = 4

# Far more than any of them takes; some faults never end.
SECONDS = 8


def compile_object(source, include, output):
    """Compile; None or what the compiler said."""
    done = subprocess.run(CC + ["-I", include, "-c", "-o", output, source],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          universal_newlines=True, check=False)
    return None if done.returncode == 0 else done.stdout


def link(objects, output):
    subprocess.run(CC + ["-o", output] + objects, check=True)


def run(program, seed=SEED):
    """Run one test program: None if it passed, else the first thing it said was wrong."""
    try:
        done = subprocess.run([program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              universal_newlines=True, errors="replace", env=dict(ENVIRONMENT, SEED=seed),
                              timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return "no end"
    for line in done.stdout.splitlines():
        if line.startswith("not ok"):
            return line.partition(" - ")[2]
    if done.returncode < 0:
        return "signal %d" % -done.returncode
    return None if done.returncode == 0 else "status %d" % done.returncode


class Bench:
    """Objects of the tests and of the faultless parts, made once."""

    def __init__(self, work):
        self.work = work
        self.objects = {}
        for name in sorted({t for p in PROGRAMS for t in p[1]}):
            self.objects[name] = self.build(name, os.path.join(UNIT, name + ".c"), SRC)
        for name in PARTS:
            self.objects[name] = self.build(name, os.path.join(SRC, "reorder", name + ".c"), SRC)

    def build(self, name, source, include):
        output = os.path.join(self.work, name + ".o")
        said = compile_object(source, include, output)
        if said is not None:
            sys.exit(said)
        return output

    def noticed_by(self, changed=None, replacement=None):
        """Which program notices, and what it says; None if none does."""
        for name, tests, parts in PROGRAMS:
            if changed and changed not in parts:
                continue
            objects = [replacement if part == changed else self.objects[part]
                       for part in tests + parts]
            program = os.path.join(self.work, name)
            link(objects, program)
            said = run(program)
            # What shows in one random walk of some is to be noticed in every run of this.
            for more in range(1, MORE_SEEDS + 1 if changed and name == "engine_random" else 1):
                said = said or run(program, str(int(SEED) + more * 1000003))
            if said is not None:
                return "%s: %s" % (name, said)
        return None


def try_mutation(bench, work, file, old, new):
    """Put one fault in: (noticed, why or why not)."""
    copy = os.path.join(work, "src")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(os.path.join(SRC, "reorder"), os.path.join(copy, "reorder"))
    path = os.path.join(copy, "reorder", file)
    with open(path, encoding="utf-8") as f:
        text = f.read()
    if text.count(old) != 1:
        return False, "the text to replace is there %d times" % text.count(old)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace(old, new))
    replacement = os.path.join(work, "mutant.o")
    said = compile_object(path, copy, replacement)
    if said is not None:
        return False, "does not compile: " + said
    noticed = bench.noticed_by(file[:-2], replacement)
    return noticed is not None, noticed or "no test notices"


def main():
    chosen = [m for m in mutations.MUTATIONS
              if len(sys.argv) < 2 or any(part in m[0] for part in sys.argv[1:])]
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
