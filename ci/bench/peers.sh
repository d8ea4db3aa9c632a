#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What many peers of one interface cost: crowd.sh with the kernel's own module and
# ours, on the user-mode kernel "fast". The machine is to do nothing else meanwhile.
#
#   ci/bench/peers.sh [OPTION...]
#
#   OPTION  of crowd.sh: --counts, --most, --rounds
#
# A line for each figure goes to dist/bench/peers.tsv. Takes two minutes.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=ci/bench/machine.sh
. "$here/machine.sh"

main()
{
	case ${1:---} in
	--counts|--most|--rounds|--) ;;
	*) sed -n '3,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2 ;;
	esac
	results=$(mktemp -d)
	trap 'rm -rf "$results"' EXIT
	mkdir -p "$top/dist/bench"
	# For the guest's shell.
	# shellcheck disable=SC2016
	machine fast 1800 "$results" bash -c \
		"'$here/crowd.sh' --tsv \"\$WGR_RESULTS/rows\" $*"' stock=stock ours=$WGR_KO'
	cat "$results/rows" >>"$top/dist/bench/peers.tsv"
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
