#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What gains how much by order: applications.sh on all its paths, on the user-mode
# kernel with a clock of its own, so that the machine may do other things besides.
#
#   ci/bench/gains.sh [PAIRS [KINDS [PATH...]]]   (5; all; the five of README)
#
# Takes about half an hour. The rows are kept in dist/bench/applications.tsv, and
# another call adds to them; the table is left in dist/bench/applications.md.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
pairs=${1:-5}
kinds=${2:-udp,cubic,bbr,norack,ngtcp2,quicgo,lwip,video,rtp}
shift $(($# < 2 ? $# : 2))
paths=("$@")
[[ $# -gt 0 ]] || paths=(30:10 30:10:j1 30:10:j2 30:10:e5/3 30:10:a15)
rows=$top/dist/bench/applications.tsv

mkdir -p "$top/dist/bench"
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
WGR_KO=$("$top/ci/vm/module.sh" travel)
export WGR_KO
servers=$("$here/servers.sh")
for path in "${paths[@]}"; do
	for kind in ${kinds//,/ }; do
		rm -f "$results/rows"
		# The limit is far above what the runs take, for a guest that hangs.
		"$top/ci/vm/uml.sh" travel --cpus 1 --env WGR_SERVERS="$servers" \
			--timeout $((pairs * 120 + 120)) --results "$results" -- bash -c \
			"'$here/applications.sh' --pairs $pairs --kinds $kind --tsv \"\$WGR_RESULTS/rows\" '$path'"
		cat "$results/rows" >>"$rows"
	done
done
"$here/applications.py" table "$rows" >"$top/dist/bench/applications.md"
cat "$top/dist/bench/applications.md"; exit
