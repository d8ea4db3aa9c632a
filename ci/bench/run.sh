#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Measure both modules on the paths of required.tsv, on the user-mode kernel, and
# say whether ours reaches what is required there.
#
#   ci/bench/run.sh [KINDS [PAIRS [PATH...]]]   (cubic,bbr,norack,udp; 5; all)
#
# All of it takes about three hours, so the rows are kept in dist/bench/rows.tsv
# and another call adds to them; remove that file to begin anew. Nothing else
# may run on the machine meanwhile.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
kinds=${1:-cubic,bbr,norack,udp}
pairs=${2:-5}
shift $(($# < 2 ? $# : 2))
[[ $# -gt 0 ]] || mapfile -t paths < <(grep -v '^#' "$here/required.tsv" | cut -f 1)
[[ $# == 0 ]] || paths=("$@")
rows=$top/dist/bench/rows.tsv

mkdir -p "$top/dist/bench"
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
WGR_KO=$("$top/ci/vm/module.sh" fast)
export WGR_KO
for path in "${paths[@]}"; do
	for kind in ${kinds//,/ }; do
		rm -f "$results/rows"
		# The limit is far above what the runs take, for a guest that hangs.
		"$top/ci/vm/uml.sh" fast --realtime --timeout $((pairs * 120 + 120)) --results "$results" -- \
			bash -c "'$here/goodput.sh' --pairs $pairs --kinds $kind --tsv \"\$WGR_RESULTS/rows\" '$path'"
		cat "$results/rows" >>"$rows"
	done
done
echo
"$here/medians.py" "$rows" "$here/required.tsv"; exit
