#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Puts each fault of module_mutations.py into the module around src/protocol and sees to it that a test in a guest
notices, on the user-mode kernel whose clock jumps: see runner.py. What is not touched is not built again.

    module.py [PART-OF-A-NAME...]       all faults, or those whose name has the part
    module.py --texts                   only whether all can be put in
"""
import os
import shutil
import subprocess
import sys

import module_mutations
import runner
from runner import SRC, TOP

ALARMS = ("beside_far",)


class Bench(runner.Bench):
    """The module, built in one place again and again."""

    def __init__(self, work):
        super().__init__(work)
        self.tree = os.path.join(work, "tree")
        os.mkdir(self.tree)
        shutil.copy(os.path.join(TOP, "Makefile"), self.tree)
        shutil.copytree(SRC, os.path.join(self.tree, "src"), ignore=shutil.ignore_patterns("*.o", "*.ko", "*.cmd", "*.mod*"))
        kdir = subprocess.run([os.path.join(TOP, "ci", "vm", "uml.sh"), "travel", "--kdir"], stdout=subprocess.PIPE,
                              universal_newlines=True, check=True).stdout.strip()
        self.make = ["make", "-s", "-C", self.tree, "module", "KDIR=" + kdir, "ARCH=um", "-j%d" % (os.cpu_count() or 1)]

    def lives_through(self, case):
        """What it says of the module that is there, or None."""
        program = "alarms_test.py" if case in ALARMS else "lives_test.py"
        return self.run(os.path.join(TOP, "ci", "vm", "uml.sh"), "travel", "--cpus", "1", "--timeout", "120", "--",
                        os.path.join(TOP, "ci", "tests", "tunnel", "peer.sh"), program, "--only", case,
                        WGR_KO=os.path.join(self.tree, "src", "wireguard.ko"))

    def noticed_by(self, copy=None, file="", case=None):
        place = os.path.join(self.tree, "src", file)
        if copy:
            shutil.copy(os.path.join(copy, file), place)
        try:
            runner.build(self.make)
            for name in [case] if case else sorted({fault[4] for fault in CHOSEN}):
                said = self.lives_through(name)
                if said:
                    return "%s: %s" % (name, said)
            return None
        finally:
            if copy:
                shutil.copy(os.path.join(SRC, file), place)


CHOSEN = runner.chosen(module_mutations.MUTATIONS)

if __name__ == "__main__":
    faults = module_mutations.MUTATIONS
    sys.exit(runner.main(faults, sorted({fault[1] for fault in faults}), Bench))
