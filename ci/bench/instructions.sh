#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# How many instructions a packet costs with the kernel's own module and with ours,
# on Debian's 6.1 in an emulated machine whose clock counts them: the same figures,
# whatever else this machine does.
#
#   ci/bench/instructions.sh [--base COMMIT] [OPTION...]
#
#   --base COMMIT  the module of that commit, too, before ours
#   OPTION         of count.sh: --kinds, --rounds
#
# A line for each round goes to dist/bench/instructions.tsv. Takes about half a
# minute for each round of each module.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)

# module_of COMMIT FOLDER: builds it there.
module_of()
{
	git -C "$top" archive "$1" Makefile src ci/vm ci/lib | tar -x -C "$2"
	"$2/ci/vm/module.sh" bookworm
}

main()
{
	local modules=(stock=stock) base=''

	case ${1:-} in
	--base)  base=${2:?a commit}; shift 2 ;;
	-h|--help) sed -n '3,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2 ;;
	esac
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	if [[ -n $base ]]; then
		mkdir "$work/base"
		modules+=("base=$(module_of "$base" "$work/base")")
	fi
	modules+=("ours=$("$top/ci/vm/module.sh" bookworm)")
	mkdir -p "$top/dist/bench"
	"$top/ci/vm/qemu.sh" --icount --timeout 3600 --results "$work/results" -- \
		bash -c "'$here/count.sh' --tsv \"\$WGR_RESULTS/rows\" $* ${modules[*]}"
	cat "$work/results/rows" >>"$top/dist/bench/instructions.tsv"
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
