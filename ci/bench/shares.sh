#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest whose clock counts instructions: what a flow's instructions are spent on,
# in both ends of a tunnel and all between them, with several modules.
#
#   ci/bench/shares.sh [OPTION...] NAME=FILE...
#
#   --rounds N     of each module for each kind (3)
#   --kinds LIST   of count.sh, but rr (tcp1)
#   --symbols N    also print so many functions that take most (0)
#   --tsv FILE     append "kind module round group share" for each group (groups.py):
#                  percent of all instructions but those of an idle CPU
#
# FILE is one of ends.sh. The kernel's own sampling looks where the CPU is after each
# 100,000 instructions; what runs without interrupts is seen where they are allowed again.
# See profile.sh.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${WGR_KO:=}"
# shellcheck source=ci/bench/measure.sh
WGR_KO=${WGR_KO:-none} . "$here/measure.sh"

rounds=3
kinds=tcp1
symbols=0
tsv=''
out=$(mktemp)
# shellcheck source=ci/bench/ends.sh
. "$here/ends.sh"

shares()
{
	local kind=$1 name=${2%%=*} file=${2#*=} round=$3 client server

	ready "$file"
	[[ $kind != fwd* ]] || { behind_a; allow_c; }
	[[ $kind != *g ]] || at b ethtool -K b0 gro on
	# Until it is killed: programs may be long in coming, and the clock runs on meanwhile.
	traffic "$kind" 3600
	pause 0.5
	perf record -q -N -a -e cpu-clock -c 100000 -o "$out.data" -- sleep 1.5 >/dev/null 2>"$out.said" ||
		{ cat "$out.said"; return 1; }
	kill "$client"
	wait "$client" "$server" || true
	perf script -i "$out.data" -F ip 2>/dev/null |
		python3 "$here/groups.py" "$kind" "$name" "$round" "$symbols" | tee "$out.groups"
	grep -v '^#' "$out.groups" >>"$out"
	clear_hosts >/dev/null 2>&1
}

medians()
{
	python3 - "$out" <<'END'
import collections, statistics, sys
rows = collections.defaultdict(lambda: collections.defaultdict(list))
for line in open(sys.argv[1], encoding="ascii"):
    kind, module, _, group, share = line.split("\t")
    rows[kind, group][module].append(float(share))
for (kind, group), modules in rows.items():
    print(f"median {kind} {group}: " + ", ".join(
        f"{module} {statistics.median(values):.1f} %" for module, values in modules.items()))
END
}

main()
{
	options "rounds kinds symbols tsv" "$@"
	[[ ${#rest[@]} -gt 0 ]] || usage
	command -v perf >/dev/null || { echo "perf is missing: install linux-perf (ci/setup.sh bench)" >&2; exit 1; }
	path_modules
	in_turn "$rounds" shares
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
