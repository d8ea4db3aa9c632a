#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest: what "wireguard-reorder test" says of a tunnel of the kernel's own
# module, and what then happens there, with that module and with the one under
# test ($WGR_KO), default settings. One UDP flow; the module under test keeps the
# order of flows by default, and "test" judges by that of the peer: with one flow
# they are the same.
#
#   ci/bench/foretold.sh [OPTION...] PATH...
#
#   --seconds N    of the flow (20), after --omit N (0): "test" and the module both
#                  begin with knowing nothing of the path
#   --udp-mbit N   its rate (10)
#   --tap 1        a test of each path, as TAP: nothing comes out of order, and what
#                  was said and what came are at most this far apart: 1 in 100 of
#                  the packets, or 0.5 ms and a fifth of the delay
#
# PATH is one of path.sh. Prints a table in Markdown, and each verdict under it.
# The command is built before (make cli). Best on the travelling kernel, where the
# same path is the same whatever else the machine does:
#
#   WGR_KO=$(ci/vm/module.sh travel) ci/vm/uml.sh travel --cpus 1 -- ci/bench/foretold.sh 50:10:n2
set -euo pipefail

# shellcheck source=ci/bench/measure.sh
. "$(dirname "${BASH_SOURCE[0]}")/measure.sh"

command=$here/../../src/cli/wireguard-reorder
seconds=20
omit=0
udp_mbit=10
tap=''

# figure NAME LINE: of what the receiver prints.
figure()
{
	sed -n "s/.*\b$1=\([0-9.]*\).*/\1/p" <<<"$2"
}

somebody_listens()
{
	[[ -n $(at b sed 1d /proc/net/packet) ]]
}

# foretell: what "test" says of a flow, in $verdict and, per cent and ms, in ${said[@]}:
# swapped, late, delay. The flow itself in $stock.
foretell()
{
	local listener text=/run/foretold

	at b "$command" -j test wg0 --time $((seconds + 2)) >"$text" 2>"$text.said" &
	listener=$!
	wait_for 20 somebody_listens
	stock=$(udp_flow "$seconds")
	wait "$listener" || { cat "$text.said"; return 1; }
	read -r -a said < <(python3 - "$text" <<-'END'
		import json, sys
		streams = [s for s in json.load(open(sys.argv[1]))["streams"] if s["direction"] == "received"]
		stream = max(streams, key=lambda s: s["packets"])
		policy, packets = stream["policies"][0], stream["packets"]
		print("%.2f %.2f %.2f" % (100 * stream["swapped"] / packets, 100 * policy["late"] / packets,
		                          policy["delay_mean_ns"] / 1e6), stream["verdict"])
		END
	)
	verdict=${said[*]:3}
}

# share PART WHOLE: per cent.
share()
{
	awk -v part="$1" -v whole="$2" 'BEGIN { printf "%.2f", 100 * part / whole }'
}

# apart NAME SAID CAME LIMIT: says so.
apart()
{
	awk -v said="$2" -v came="$3" -v limit="$4" 'BEGIN { d = said - came; exit !(d > limit || -d > limit) }' || return 1
	echo "# apart: $1: $2 was said, $3 came"
}

measure()
{
	local ours_line late delay wrong=0

	use stock
	build "$1"
	tunnels
	[[ $omit == 0 ]] || udp_flow "$omit" >/dev/null
	foretell
	clear_hosts >/dev/null 2>&1

	use ours
	build "$1"
	tunnels
	[[ $omit == 0 ]] || udp_flow "$omit" >/dev/null
	at b "$command" reset wg0
	ours_line=$(udp_flow "$seconds")
	late=$(at b "$command" stats wg0 late)
	late=$(share "$late" "$(at b "$command" stats wg0 authenticated)")
	delay=$(awk -v ours="$(figure delay_ms "$ours_line")" -v stock="$(figure delay_ms "$stock")" 'BEGIN { printf "%.2f", ours - stock }')
	clear_hosts >/dev/null 2>&1

	local sent swapped left
	sent=$(figure sent "$stock")
	swapped=$(share "$(figure out_of_order "$stock")" "$sent")
	left=$(share "$(figure out_of_order "$ours_line")" "$sent")
	echo "${tap:+# }| $1 | ${said[0]} | $swapped | $left | ${said[1]} | $late | ${said[2]} | $delay |"
	verdicts+="- $1: $verdict"$'\n'
	[[ -n $tap ]] || return 0
	[[ $left == 0.00 ]] || { echo "# $1: with ours $left % came out of order"; wrong=1; }
	! apart "$1: swapped, %" "${said[0]}" "$swapped" 1 || wrong=1
	! apart "$1: late, %" "${said[1]}" "$late" 1 || wrong=1
	! apart "$1: delay, ms" "${said[2]}" "$delay" "$(awk -v d="$delay" 'BEGIN { print 0.5 + (d > 0 ? d : 0) / 5 }')" || wrong=1
	tests=$((tests + 1))
	[[ $wrong == 0 ]] || { failed=$((failed + 1)); echo -n 'not '; }
	echo "ok $tests - foretold: $1"
}

main()
{
	local path tests=0 failed=0 verdicts='' verdict stock
	local -a said

	options "seconds omit udp-mbit tap" "$@"
	[[ ${#rest[@]} -gt 0 ]] || usage
	[[ -x $command ]] || { echo "not built: src/cli/wireguard-reorder (make cli)" >&2; exit 1; }
	path_modules
	echo "${tap:+# }| path | swapped: said, % | stock, % | ours, % | late: said, % | ours, % | delay: said, ms | ours, ms |"
	echo "${tap:+# }|---|---|---|---|---|---|---|---|"
	for path in "${rest[@]}"; do
		measure "$path"
	done
	[[ -z $tap ]] || echo "1..$tests"
	[[ -n $tap ]] || echo
	printf '%s' "$verdicts" | sed "${tap:+s/^/# /}"
	[[ $failed == 0 ]]
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
