#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest: by how many places packets come behind, and how long the module
# under test ($WGR_KO) holds them, by its own histograms.
#
#   ci/bench/held.sh [OPTION...] PATH...
#
#   --seconds N    of the UDP flow that is looked at (15), after --omit N (10)
#   --udp-mbit N   its rate (50)
#   --tsv FILE     append "path figure from packets": the figures of the flow, and
#                  each bin of "extent" (places) and "hold" (ns), which begins at
#                  "from" and ends before twice that
#
# PATH is one of path.sh. The command is built before (make cli).
set -euo pipefail

# shellcheck source=ci/bench/measure.sh
. "$(dirname "${BASH_SOURCE[0]}")/measure.sh"

command=$here/../../src/cli/wireguard-reorder
seconds=15
omit=10
tsv=''

# rows PATH: from the command's JSON on standard input.
rows()
{
	python3 -c '
import json, sys
stats = json.load(sys.stdin)["stats"]
for name in ("authenticated", "in_order", "reordered", "late"):
    print(sys.argv[1], name, "-", stats[name], sep="\t")
for name in ("extent", "hold"):
    for number, packets in enumerate(stats[name]):
        print(sys.argv[1], name, 2 ** number, packets, sep="\t")
' "$1"
}

measure()
{
	local line said

	use ours
	build "$1"
	tunnels
	udp_flow "$omit" >/dev/null
	at b "$command" reset wg0
	line=$(udp_flow "$seconds")
	said=$(at b "$command" -j stats wg0 | rows "$1")
	[[ -z $tsv ]] || echo "$said" >>"$tsv"
	awk -v path="$1" -v line="$line" '
		$2 == "hold" { held += $4 }
		$3 == "-" { count[$2] = $4 }
		END {
			printf "%s: %d packets, %d in order, %d held, %d late; %s\n", path,
				count["authenticated"], count["in_order"], held, count["late"], line
		}' <<<"$said"
	clear_hosts >/dev/null 2>&1
}

main()
{
	local path

	options "seconds omit udp-mbit tsv" "$@"
	[[ ${#rest[@]} -gt 0 ]] || usage
	[[ -x $command ]] || { echo "not built: src/cli/wireguard-reorder (make cli)" >&2; exit 1; }
	path_modules
	for path in "${rest[@]}"; do
		measure "$path"
	done
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
