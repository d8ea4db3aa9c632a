#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Puts each fault of mutations.py into a copy of src/reorder and sees to it that
the unit tests notice: the directed ones, then the random one for a few arrivals.
See runner.py.

    run.py [PART-OF-A-NAME...]      all faults, or those whose name has the part
    run.py --texts                  only whether all can be put in
"""
import os
import sys

import mutations
import runner
from runner import SEED, SRC, UNIT

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

# Random walks besides the first, for a fault that none has noticed so far.
MORE_SEEDS = 16

# Of CPU, far more than any of them takes; some faults never end.
CPU_SECONDS = 8


class Bench(runner.Bench):
    """Objects of the tests and of the faultless parts, made once."""

    def __init__(self, work):
        super().__init__(work, CPU_SECONDS, {"ARRIVALS": "150000"})
        self.objects = {}
        for name in sorted({t for p in PROGRAMS for t in p[1]}):
            self.objects[name] = self.built(name, os.path.join(UNIT, name + ".c"), SRC)
        for name in PARTS:
            self.objects[name] = self.built(name, os.path.join(SRC, "reorder", name + ".c"), SRC)

    def built(self, name, source, include):
        output = os.path.join(self.work, name + ".o")
        runner.build([*CC, "-I", include, "-c", "-o", output, source])
        return output

    def noticed_by(self, copy=None, path=""):
        changed = os.path.basename(path)[:-2]
        objects = dict(self.objects)
        if changed:
            objects[changed] = self.built("mutant", os.path.join(copy, path), copy)
        for name, tests, parts in PROGRAMS:
            if changed and changed not in parts:
                continue
            program = os.path.join(self.work, name)
            runner.build([*CC, "-o", program] + [objects[part] for part in tests + parts])
            said = self.run(program)
            # What shows in one random walk of some is to be noticed in every run of this.
            for more in range(1, MORE_SEEDS + 1 if changed and name == "engine_random" else 1):
                said = said or self.run(program, SEED=str(int(SEED) + more * 1000003))
            if said is not None:
                return "%s: %s" % (name, said)
        return None


if __name__ == "__main__":
    faults = [(what, "reorder/" + file, old, new) for what, file, old, new in mutations.MUTATIONS]
    sys.exit(runner.main(faults, ("reorder",), Bench))
