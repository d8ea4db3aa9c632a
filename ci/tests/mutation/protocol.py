#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Puts each fault of protocol_mutations.py into a copy of src/protocol, or of what is around it without the kernel, and
sees to it that the unit tests or the simulator notice: see runner.py.

    protocol.py [PART-OF-A-NAME...]     all faults, or those whose name has the part
    protocol.py --texts                 only whether all can be put in
"""
import os
import sys

import protocol_mutations
import runner
from runner import SEED, SIM, SRC, UNIT

CORE = ("alarms", "bucket", "handshake", "keys", "load", "mac", "rank", "replay", "slots", "tai64n")
# What is around the core, and is no more than a lock.
GLUE = ("noise",)
# What looks for headers of the kernel.
KERNEL = (*GLUE, "noise_test", "kstub")
ORDER = tuple(sorted(name[:-2] for name in os.listdir(os.path.join(SRC, "reorder")) if name.endswith(".c")))
STORIES = ("main", "world", "end", "checks", "clocks", "chance", "script", "attacker", "macs", "fake")

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
    ("noise_test", ("noise", "handshake", "keys", "replay", "slots", "tai64n")),
    ("transcript_test", ("handshake", "keys", "mac", "replay", "slots", "tai64n")),
)
ALL = [name for name, _ in TESTS]
# What in a header shows where it is used: which tests are worth a try. Of others it is all.
USED_IN = {"keys.h": ("slots_test", "handshake_test"), "slots.h": ("slots_test",), "alarms.h": ("alarms_test",),
           "limits.h": ("slots_test", "alarms_test"), "data.h": ("data_test", "handshake_test", "transcript_test"),
           "messages.h": ("handshake_test",),
           "tai64n.h": ("tai64n_test", "handshake_test")}

# Stories: at first, and for a fault that none has noticed so far.
FEW, MANY = 30, 500


class Bench(runner.Bench):
    """Builds what is asked for, once for the faultless core, and anew for what a fault is in."""

    def __init__(self, work):
        super().__init__(work, cpu_seconds=120)
        self.known = {}

    def built(self, where, name, copy, touched, options=()):
        """The object of where/name.c against the core in `copy`, if it is touched by the fault."""
        key = (where, name, options)
        if not touched and key in self.known:
            return self.known[key]
        tree = copy if touched else SRC
        kernel = ["-I", os.path.join(UNIT, "kstub")] if name in KERNEL else []
        folder = {"unit": UNIT, "glue": tree, "sim": SIM, "core": os.path.join(tree, "protocol"),
                  "order": os.path.join(SRC, "reorder")}[where]
        output = os.path.join(self.work, "%s%s-%s-%s.o" % ("mutant" if touched else "whole", "-low" * bool(options), where, name))
        runner.build([*CC, *options, *kernel, "-I", tree, "-c", "-o", output, os.path.join(folder, name + ".c")])
        if not touched:
            self.known[key] = output
        return output

    def link(self, name, objects, *libraries):
        output = os.path.join(self.work, name)
        runner.build([*CC, "-o", output, *objects, *libraries])
        return output

    def unit(self, test, parts, copy, file):
        header = file.endswith(".h")
        objects = [self.built("unit", test, copy, header), self.built("sim", "port", copy, header)]
        objects += [self.built("glue" if part in GLUE else "core", part, copy, header or file == part + ".c") for part in parts]
        if any(part in GLUE for part in parts):
            objects.append(self.built("unit", "kstub", copy, False))
        return self.link(test, objects, "-lcrypto")

    def simulator(self, copy, file):
        header = file.endswith(".h")
        objects = [self.built("sim", name, copy, header, tuple(LOW)) for name in STORIES]
        objects += [self.built("core", part, copy, header or file == part + ".c", tuple(LOW)) for part in CORE]
        objects += [self.built("order", part, copy, False, tuple(LOW)) for part in ORDER]
        return self.link("sim", objects)

    def noticed_by(self, copy=None, path=""):
        file = os.path.basename(path)
        for test, parts in TESTS:
            if file and (test not in USED_IN.get(file, ALL) if file.endswith(".h") else file[:-2] not in parts):
                continue
            said = self.run(self.unit(test, parts, copy, file))
            if said is not None:
                return "%s: %s" % (test, said)
        program = self.simulator(copy, file)
        scripts = os.path.join(SIM, "scripts")
        said = self.run(program, *[os.path.join(scripts, name) for name in sorted(os.listdir(scripts))])
        for count in (FEW, MANY):
            said = said or self.run(program, "-s", SEED, "-n", str(count), "-q")
        return "sim: " + said if said else None


if __name__ == "__main__":
    faults = [(what, file if file[:-2] in GLUE else "protocol/" + file, old, new)
              for what, file, old, new in protocol_mutations.MUTATIONS]
    sys.exit(runner.main(faults, ("protocol", "reorder", *[part + end for part in GLUE for end in (".c", ".h")], "wgr.h"), Bench))
