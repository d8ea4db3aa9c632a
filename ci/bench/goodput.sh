#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest: what TCP and UDP get through a tunnel, by the kernel's own module
# and by the one under test ($WGR_KO) in turn, on one kernel.
#
#   ci/bench/goodput.sh [OPTION...] PATH...
#
#   --pairs N      runs of each module for each path and kind (5)
#   --seconds N    of each TCP run (10), after --omit N (5) that do not count
#   --kinds LIST   cubic, bbr, norack (cubic with tcp_recovery=0), udp (cubic)
#   --udp-mbit N   rate of UDP (50); it runs as long as TCP does
#   --tsv FILE     append "path kind module goodput retransmitted sent lost
#                  out_of_order late" for each run
#
# PATH is one of path.sh.
#
# Both ends of the tunnel run the same module, with its default settings or
# those in $WGR_PARAMETERS. Prints a line for each run, and for each path the
# medians and their ratio.
set -euo pipefail

# shellcheck source=ci/bench/measure.sh
. "$(dirname "${BASH_SOURCE[0]}")/measure.sh"

pairs=5
seconds=10
omit=5
kinds=cubic
tsv=''
out=$(mktemp)

# Packets that were dropped at the receiving end: late ones among them.
dropped()
{
	at b cat /sys/class/net/wg0/statistics/rx_dropped
}

# Prints "goodput - sent lost out_of_order", after a run that does not count.
udp()
{
	local line

	udp_flow "$omit" >/dev/null
	late=$(dropped)
	line=$(udp_flow "$seconds")
	echo "$(($(field received "$line") * 1372 * 8 / seconds / 1000000)) -" \
		"$(field sent "$line") $(field lost "$line") $(field out_of_order "$line")"
}

run()
{
	local path=$1 kind=$2 module=$3 late
	local -a result

	use "$module"
	build "$path"
	tunnels
	late=$(dropped)
	if [[ $kind == udp ]]; then
		udp >"$out.run"
	else
		tcp_flow "$kind" >"$out.run"
		sed -i 's/$/ - - -/' "$out.run"
	fi
	read -r -a result <"$out.run"
	late=$(($(dropped) - late))
	printf '%s\t' "$path" "$kind" "$module" "${result[@]}" >>"$out"
	echo "$late" >>"$out"
	tail -n 1 "$out"
	clear_hosts >/dev/null 2>&1
}

main()
{
	local path kind i

	options "pairs seconds omit kinds udp-mbit tsv" "$@"
	[[ ${#rest[@]} -gt 0 ]] || usage
	path_modules
	for path in "${rest[@]}"; do
		for kind in ${kinds//,/ }; do
			for ((i = 0; i < pairs; i++)); do
				run "$path" "$kind" stock
				run "$path" "$kind" ours
			done
		done
	done
	"$here/medians.py" "$out"
	[[ -z $tsv ]] || cat "$out" >>"$tsv"
	rm -f "$out" "$out.run"
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
