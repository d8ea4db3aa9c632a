#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest: how long the module under test ($WGR_KO) holds packets back for one
# that never comes, by its own trace points.
#
#   ci/bench/lost.sh [OPTION...] PATH...
#
#   --seconds N    of the UDP flow that is looked at (15), after --omit N (10)
#   --udp-mbit N   its rate (50)
#
# PATH is one of path.sh. A line for each: gaps that were given up, how many
# because every path of the peer had passed them, the mean and longest time that
# what came after them had waited, and packets that came late.
set -euo pipefail

# shellcheck source=ci/bench/measure.sh
. "$(dirname "${BASH_SOURCE[0]}")/measure.sh"

seconds=15
omit=10
tracing=/sys/kernel/tracing

measure()
{
	local line

	use ours
	build "$1"
	tunnels
	udp_flow "$omit" >/dev/null
	echo >$tracing/trace
	echo 1 >$tracing/events/wg_reorder/gap_given_up/enable
	echo 1 >$tracing/events/wg_reorder/packet_late/enable
	line=$(udp_flow "$seconds")
	echo 0 >$tracing/events/wg_reorder/enable
	awk -v path="$1" -v line="$line" '
		/packet_late:/ { late++ }
		/gap_given_up:/ {
			given_up++
			passed += /cause=passed/
			sub(/.*waited_ns=/, "")
			sum += $1
			if ($1 > most) most = $1
		}
		END {
			printf "%s: %d given up (%d passed), waited %.3f ms each, at most %.3f; %d late; %s\n",
				path, given_up, passed, given_up ? sum / given_up / 1e6 : 0, most / 1e6, late, line
		}' $tracing/trace
	clear_hosts >/dev/null 2>&1
}

main()
{
	local path

	options "seconds omit udp-mbit" "$@"
	[[ ${#rest[@]} -gt 0 ]] || usage
	path_modules
	mountpoint -q $tracing || mount -t tracefs none $tracing
	# All of the events, and nothing of one CPU lost for want of room.
	echo 8192 >$tracing/buffer_size_kb
	for path in "${rest[@]}"; do
		measure "$path"
	done
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
