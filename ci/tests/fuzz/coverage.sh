#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# How many lines of src/protocol, headers too, the unit tests and the simulator with its
# kept scripts reach together, and which they do not.
#
#   ci/tests/fuzz/coverage.sh [LEAST]     fails below LEAST percent (95)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
least=${1:-95}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

flags=(-std=gnu11 -O0 -g --coverage -w -I"$root/ci/tests/unit" -I"$root/ci/sim" -I"$root/src")
low=(-DWGR_REKEY_AFTER_MESSAGES=1000 -DWGR_REJECT_AFTER_MESSAGES=3000)
core=("$root"/src/protocol/*.c)

# build NAME SOURCE...: what it leaves is apart from the others'.
build()
{
	local name=$1
	shift

	mkdir "$work/$name"
	(cd "$work/$name" && gcc "${flags[@]}" "$@")
}

sim=("$root"/ci/sim/{world,end,checks,clocks,chance,script,attacker,macs,fake}.c)
order=("$root"/src/reorder/*.c)
build sim "${low[@]}" -o sim "$root/ci/sim/main.c" "${sim[@]}" "${core[@]}" "${order[@]}"
"$work/sim/sim" "$root"/ci/sim/scripts/*.txt >/dev/null
"$work/sim/sim" -q -s "${SEED:-1}" -n 60 >/dev/null
for test in tai64n replay bucket load rank alarms slots mac handshake data; do
	build "$test" -o test "$root/ci/tests/unit/${test}_test.c" "$root/ci/sim/port.c" "${core[@]}" -lcrypto
	(cd "$root/ci/tests/unit" && "$work/$test/test" >/dev/null)
done

find "$work" -name '*.gcda' >"$work/counts"
python3 - "$work" "$root/src/protocol" "$least" <<'END'
import collections
import json
import subprocess
import sys

work, folder, least = sys.argv[1], sys.argv[2], float(sys.argv[3])
lines = collections.defaultdict(dict)
with open(work + "/counts", encoding="utf-8") as f:
    for name in f.read().split():
        told = subprocess.run(["gcov", "--json-format", "--stdout", name], stdout=subprocess.PIPE, check=True,
                              stderr=subprocess.DEVNULL).stdout
        for text in told.splitlines():
            for file in json.loads(text)["files"]:
                if file["file"].startswith(folder + "/") and file["file"].endswith((".c", ".h")):
                    known = lines[file["file"].rpartition("/")[2]]
                    for line in file["lines"]:
                        number = line["line_number"]
                        known[number] = known.get(number, 0) + line["count"]
reached = total = 0
for file, known in sorted(lines.items()):
    missed = sorted(number for number, count in known.items() if not count)
    reached += len(known) - len(missed)
    total += len(known)
    print("# %s: %d of %d lines%s" % (file, len(known) - len(missed), len(known),
                                      ", not " + " ".join(map(str, missed)) if missed else ""))
share = 100 * reached / total
print("%sok 1 - %.1f %% of the lines of src/protocol are reached, %g wanted" % ("" if share >= least else "not ", share, least))
print("1..1")
sys.exit(share < least)
END
