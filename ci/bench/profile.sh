#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What the instructions of a packet are spent on, with the kernel's own module and
# with ours: shares by group, on Debian's 6.1 in an emulated machine whose clock
# counts instructions; the same whatever else this machine does.
#
#   ci/bench/profile.sh [OPTION...]
#
#   OPTION  of shares.sh: --rounds, --kinds, --symbols
#
# A line for each group goes to dist/bench/profile.tsv. Takes about a minute for each
# round of each module.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)

main()
{
	local ours results

	case ${1:---} in
	--rounds|--kinds|--symbols|--) ;;
	*) sed -n '3,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2 ;;
	esac
	results=$(mktemp -d)
	# Now, since it is gone when this ends.
	# shellcheck disable=SC2064
	trap "rm -rf '$results'" EXIT
	ours=$("$top/ci/vm/module.sh" bookworm)
	mkdir -p "$top/dist/bench"
	"$top/ci/vm/qemu.sh" --icount --timeout 3600 --results "$results" -- \
		bash -c "'$here/shares.sh' --tsv \"\$WGR_RESULTS/rows\" $* stock=stock ours=$ours"
	cat "$results/rows" >>"$top/dist/bench/profile.tsv"
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
