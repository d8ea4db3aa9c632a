#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Measure both modules on the paths of a table of what is required, on a user-mode
# kernel, and say whether ours reaches that.
#
#   ci/bench/run.sh [--kernel NAME] [KINDS [PAIRS [PATH...]]]
#                   required.tsv, by goodput.sh (cubic,bbr,norack,udp; 5; all)
#   ci/bench/run.sh [--kernel NAME] --beside [KINDS [PAIRS [PATH...]]]
#                   required-beside.tsv, by beside.sh (kinds of the table; 5; all)
#
#   --kernel NAME   fast or travel (see ci/vm/uml.sh): travel, but for "order", the
#                   path that only the CPUs bound
#
# All of it takes two hours and half an hour, so the rows are kept in
# dist/bench/rows.tsv or rows-beside.tsv and another call adds to them; remove that
# file to begin anew. On the kernel "fast" nothing else may run on the machine
# meanwhile; "travel" gives the same figures whatever does.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
kernel=''
program=goodput
table=$here/required.tsv
rows=$top/dist/bench/rows.tsv
# shellcheck source=ci/bench/machine.sh
. "$here/machine.sh"

# measure PATH KIND PAIRS
measure()
{
	local with=${kernel:-travel} words="--pairs $3 --kinds $2"

	[[ $1 != order || -n $kernel ]] || with=fast
	# What is compared with scope=peer, too.
	[[ $program != beside || $1 != 50:10:[na]* ]] || words+=' --modules stock,ours,peer'
	rm -f "$results/rows"
	# The limit is far above what the runs take, for a guest that hangs.
	machine "$with" $(($3 * 600 + 120)) "$results" \
		bash -c "'$here/$program.sh' $words --tsv \"\$WGR_RESULTS/rows\" '$1'"
	cat "$results/rows" >>"$rows"
}

# wanted PATH: whether it was asked for; all are if none is named.
wanted()
{
	local path

	[[ ${#paths[@]} -gt 0 ]] || return 0
	for path in "${paths[@]}"; do
		[[ $path != "$1" ]] || return 0
	done
	return 1
}

goodput()
{
	local path kind

	[[ ${#paths[@]} -gt 0 ]] || mapfile -t paths < <(grep -v '^#' "$table" | cut -f 1)
	for path in "${paths[@]}"; do
		for kind in ${kinds//,/ }; do
			measure "$path" "$kind" "$pairs"
		done
	done
	"$here/medians.py" "$rows" "$table"
}

beside()
{
	local path kind

	while read -r path kind; do
		! wanted "$path" || [[ $kinds != all && ,$kinds, != *,$kind,* ]] || measure "$path" "$kind" "$pairs"
	done < <(grep -v '^#' "$table" | cut -f 1,2)
	"$here/beside.py" "$rows" "$table"
}

main()
{
	kinds=cubic,bbr,norack,udp
	while [[ ${1:-} == --* ]]; do
		case $1 in
		--kernel) kernel=${2:?a kernel}; shift ;;
		--beside) program=beside table=$here/required-beside.tsv rows=$top/dist/bench/rows-beside.tsv kinds=all ;;
		*)        sed -n '3,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2 ;;
		esac
		shift
	done
	kinds=${1:-$kinds}
	pairs=${2:-5}
	shift $(($# < 2 ? $# : 2))
	paths=("$@")
	mkdir -p "$top/dist/bench"
	results=$(mktemp -d)
	trap 'rm -rf "$results"' EXIT
	"$program"
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
