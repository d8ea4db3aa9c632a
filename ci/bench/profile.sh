#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What the instructions of a packet are spent on, with the kernel's own module, with ours
# and without a tunnel: by group of functions, on Debian's 6.1 in an emulated machine of
# one CPU. They are counted by the emulator, all of them: the same whatever else this
# machine does, and nothing in the guest samples.
#
#   ci/bench/profile.sh [--symbols N] [OPTION...]
#
#   --symbols N  also print so many functions that take most (0)
#   OPTION       of count.sh: --kinds (tcp1,udp64), --rounds (1)
#
# A line for each group goes to dist/bench/profile.tsv. Takes about a minute for each
# round of each module.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)

main()
{
	local ours symbols=0 rounds=1 kinds=tcp1,udp64

	while [[ $# -gt 0 ]]; do
		case $1=${2:+given} in
		--symbols=given) symbols=$2 ;;
		--rounds=given)  rounds=$2 ;;
		--kinds=given)   kinds=$2 ;;
		*) sed -n '3,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2 ;;
		esac
		shift 2
	done
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	mkdir -p "$work/counts" "$top/dist/bench"
	cc -O2 -Wall -Wextra -shared -fPIC -fvisibility=hidden -o "$work/plugin.so" "$here/profile/plugin.c"
	cc -O2 -Wall -Wextra -o "$work/mark" "$here/profile/mark.c"
	ours=$("$top/ci/vm/module.sh" bookworm)
	"$top/ci/vm/qemu.sh" --icount --qemu "-plugin $work/plugin.so,out=$work/counts" \
		--timeout 3600 --results "$work/results" -- bash -c \
		"'$here/count.sh' --tsv \"\$WGR_RESULTS/rows\" --mark '$work/mark' --rounds $rounds --kinds $kinds stock=stock ours=$ours bare=bare"
	"$here/profile/groups.py" "$work/results" "$work/counts" "$symbols" "$top/dist/bench/profile.tsv"
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
