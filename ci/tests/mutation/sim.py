#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Puts each fault of sim_mutations.py into a copy of src/protocol and src/reorder, and sees to it that the simulator
notices it by the check that is meant, within few stories or by a script: so it is the checks that are tried, and no unit test
makes up for one that sees nothing. Each row of ci/sim/CLAUSES.md that names a check has to have a fault. See runner.py.

    sim.py [PART-OF-A-NAME...]      all faults, or those whose name has the part
"""
import os
import re
import sys

# The same stories each time unless the environment has another seed: what is noticed in few stories of one is so in few of
# any, but not each time in as few.
os.environ.setdefault("SEED", "1")

# pylint: disable=wrong-import-position
import runner
import sim_mutations
from runner import SEED, SIM, SRC

# The objects that have a fault put into them.
NAMES = {part: tuple(sorted(name[:-2] for name in os.listdir(os.path.join(SRC, part)) if name.endswith(".c")))
         for part in ("protocol", "reorder")}
STORIES = ("main", "world", "end", "checks", "clocks", "chance", "script", "attacker", "macs", "fake")

# As in ci/sim/Makefile, but for what costs time.
CC = [os.environ.get("CC", "gcc"), "-std=gnu11", "-O1", "-w", "-I", SIM,
      "-DWGR_REKEY_AFTER_MESSAGES=1000", "-DWGR_REJECT_AFTER_MESSAGES=3000"]

# Stories that are tried at most, and without a fault.
MOST = 60


class Bench(runner.Bench):
    """Objects of the faultless parts, made once."""

    def __init__(self, work):
        super().__init__(work, cpu_seconds=60)
        self.whole = {}

    def built(self, name, source, include, kind="whole"):
        output = os.path.join(self.work, "%s-%s.o" % (kind, name))
        runner.build([*CC, "-I", include, "-c", "-o", output, source])
        return output

    def program(self, copy, path):
        """The simulator with a fault in `path` of `copy`."""
        header = path.endswith(".h")
        sources = [(name, os.path.join(SIM, name + ".c")) for name in STORIES]
        sources += [(part + "-" + name, os.path.join(part, name + ".c")) for part, names in NAMES.items() for name in names]
        objects = []
        for name, source in sources:
            if copy and (header or source == path):
                objects.append(self.built(name, os.path.join(copy, source), copy, "mutant"))
                continue
            if name not in self.whole:
                self.whole[name] = self.built(name, os.path.join(SRC, source), SRC)
            objects.append(self.whole[name])
        output = os.path.join(self.work, "sim")
        runner.build([*CC, "-o", output, *objects])
        return output

    def noticed_by(self, copy=None, path="", rule=""):
        program = self.program(copy, path)
        first, end = int(SEED), int(SEED) + MOST
        others = []
        while first < end:
            said = self.run(program, "-s", str(first), "-n", str(end - first), "-q")
            if said is None:
                break
            if rule in said:
                return said
            others.append(said)
            story = re.match(r"story of seed (\d+)", said)
            # Who died of it does not say in which.
            first = int(story.group(1)) + 1 if story else end
        said = self.run(program, *[os.path.join(SIM, "scripts", name) for name in sorted(os.listdir(os.path.join(SIM, "scripts")))])
        if said is None or rule in said:
            return said
        others.append(said)
        raise runner.Broken("noticed, but not as '%s':\n%s" % (rule, "\n".join(others)))


def rows():
    """Clauses of the table whose checks are the simulator's."""
    with open(os.path.join(SIM, "CLAUSES.md"), encoding="utf-8") as file:
        cells = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in file if line.startswith("|")]
    return [cell[0] for cell in cells if len(cell) == 3 and re.search(r"`(check_\w+|end_receive)`", cell[2])]


def uncovered():
    """What is wrong between the two tables."""
    clauses = {clause for clause, *_ in sim_mutations.MUTATIONS}
    return ["no fault for '%s' of CLAUSES.md" % row for row in rows() if row not in clauses] + \
           ["CLAUSES.md has no '%s'" % clause for clause in sorted(clauses - set(rows()))]


if __name__ == "__main__":
    wrong = uncovered()
    if wrong:
        print("not ok 1 - each clause has a fault\n# %s\n1..1" % "\n# ".join(wrong))
        sys.exit(1)
    faults = [("%s: %s" % (clause, what), file, old, new, rule)
              for clause, what, file, old, new, rule in sim_mutations.MUTATIONS]
    sys.exit(runner.main(faults, ("protocol", "reorder", "wgr.h"), Bench))
