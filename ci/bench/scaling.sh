#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What one stream gains from more CPUs, with the kernel's own module and with ours: cpus.sh
# on the user-mode kernel "fast" with one, two and four of them. What this machine has
# not so many of shows only that more do not cost. It is to do nothing else meanwhile.
#
#   ci/bench/scaling.sh [OPTION...]
#
#   OPTION  of cpus.sh: --pairs, --seconds, --kinds (tcp1)
#
# A line for each run, the number of CPUs in front, goes to dist/bench/scaling.tsv. Takes
# some minutes.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=ci/bench/machine.sh
. "$here/machine.sh"

main()
{
	local cpus

	[[ $# -eq 0 || " --pairs --seconds --kinds " == *" $1 "* ]] ||
		{ sed -n '3,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2; }
	results=$(mktemp -d)
	trap 'rm -rf "$results"' EXIT
	mkdir -p "$top/dist/bench"
	for cpus in 1 2 4; do
		echo "CPUs: $cpus"
		# For the guest's shell.
		# shellcheck disable=SC2016
		machine fast 3600 "$results/$cpus" bash -c "'$here/cpus.sh' --tsv \"\$WGR_RESULTS/rows\" \
			--kinds tcp1 $* "'stock=stock ours=$WGR_KO bare=bare'
		sed "s/^/$cpus\t/" "$results/$cpus/rows" >>"$top/dist/bench/scaling.tsv"
	done
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
