#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest: what becomes of one TCP connection through a tunnel, second by
# second, as the path begins to disturb the order; with the kernel's own module
# and with the one under test ($WGR_KO) in turn, on one kernel.
#
#   ci/bench/onset.sh [OPTION...] BEFORE AFTER
#
#   --pairs N      runs of each module (3)
#   --seconds N    of each run (30)
#   --change N     the second at which BEFORE becomes AFTER (10)
#   --tsv FILE     append "path module run second goodput" for each second, path
#                  being the one of that second
#
# BEFORE and AFTER are of path.sh, at one rate and without a second path (a, s).
# Goodput is what the receiving end counts, Mbit/s.
set -euo pipefail

# shellcheck source=ci/bench/measure.sh
. "$(dirname "${BASH_SOURCE[0]}")/measure.sh"

pairs=3
seconds=30
change=10
tsv=''
out=$(mktemp)

# The connection for control, and the one that is measured.
connected()
{
	[[ $(ss -N b -tnH state established 'sport = 5201' | wc -l) -ge 2 ]]
}

# intervals BEFORE AFTER MODULE RUN: the rows of the receiver's account on
# standard input; what is left of a second at the end is none.
intervals()
{
	python3 -c '
import json, sys
before, after, module, run, change = sys.argv[1:]
for interval in json.load(sys.stdin)["intervals"]:
    got = interval["sum"]
    if got["seconds"] < 0.5:
        continue
    second = round(got["end"])
    path = before if second <= int(change) else after
    print(path, module, run, second, round(got["bits_per_second"] / 1e6, 1), sep="\t")
' "$@" "$change"
}

run()
{
	local before=$1 after=$2 module=$3 number=$4 server client
	local -a parts

	use "$module"
	build "$before"
	tunnels
	at a sysctl -qw net.ipv4.tcp_recovery=1 net.ipv4.tcp_congestion_control=cubic
	at b iperf3 -s -1 -p 5201 -i 1 -J >"$out" 2>&1 &
	server=$!
	wait_for 10 listens b 5201
	at a timeout $((seconds + 60)) iperf3 -c 192.168.241.2 -p 5201 -t "$seconds" >/dev/null &
	client=$!
	wait_for 20 connected
	pause "$change"
	IFS=: read -r -a parts <<<"$after"
	disturb "${parts[@]:1}"
	wait "$client"
	wait "$server"
	intervals "$before" "$after" "$module" "$number" <"$out" >"$out.rows"
	cat "$out.rows"
	[[ -z $tsv ]] || cat "$out.rows" >>"$tsv"
	clear_hosts >/dev/null 2>&1
}

main()
{
	local i

	options "pairs seconds change tsv" "$@"
	set -- "${rest[@]}"
	[[ $# == 2 && ${1%%:*} == "${2%%:*}" && "$1 $2" != *:[as]* ]] || usage
	path_modules
	for ((i = 1; i <= pairs; i++)); do
		run "$1" "$2" stock "$i"
		run "$1" "$2" ours "$i"
	done
	rm -f "$out" "$out.rows"
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
