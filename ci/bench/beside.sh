#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest: what a call and a ping suffer beside bulk transfers in the same
# tunnel, and what those get, by the kernel's own module and by the one under test
# ($WGR_KO) in turn.
#
#   ci/bench/beside.sh [OPTION...] PATH...
#
#   --pairs N      runs of each module for each path and kind (5)
#   --seconds N    of each run (10), after --omit N (3) that do not count
#   --kinds LIST   of the bulk: tcpN, N connections of TCP (tcp1), or udp, half as
#                  much again as the path carries, forwarded from a host behind a
#   --modules LIST stock, ours, and peer: ours with scope=peer (stock,ours)
#   --tsv FILE     append "path kind module goodput call_lost call_out_of_order
#                  call_ms call_p99_ms ping_ms ping_p99_ms swapped late" for each
#                  run; swapped: packets of any flow that come out overtaken by
#                  their own flow (swaps.py), late: drops of the receiving tunnel
#
# PATH is one of path.sh. The call is 50 datagrams of 172 bytes a second (G.711),
# the ping five a second, unevenly spaced (ping.py) and without its first second, in
# which a flow is not known yet. Both go the way of the data. Both ends run the same
# module, with its default settings or those in $WGR_PARAMETERS.
set -euo pipefail

# shellcheck source=ci/bench/measure.sh
. "$(dirname "${BASH_SOURCE[0]}")/measure.sh"

pairs=5
seconds=10
omit=3
kinds=tcp1
modules=stock,ours
tsv=''
out=$(mktemp)
parameters=${WGR_PARAMETERS:-}

late()
{
	at b cat /sys/class/net/wg0/statistics/rx_dropped
}

# A host whose packets a forwards.
behind_a()
{
	host h
	wire h lan 10.8.0.2/24 a lan 10.8.0.1/24
	at a sysctl -qw net.ipv4.ip_forward=1
	ip -n h route add default via 10.8.0.1
	at b wg set wg0 peer "$pub1" allowed-ips 192.168.241.1/32,10.8.0.0/24
	ip -n b route add 10.8.0.0/24 dev wg0
}

# bulk PATH KIND: both its ends, until it is over; TCP tells of itself on stdout.
bulk()
{
	local kind=$2 rate server

	if [[ $kind == udp ]]; then
		behind_a
		rate=$((${1%%:*} * 1500000 / 8 / 1400))
		sequence_port=7778 sequence h b 192.168.241.2 --count $((rate * (seconds + omit))) --rate "$rate" --size 1372
		return
	fi
	at b iperf3 -s -1 -p 5201 >/dev/null 2>&1 &
	server=$!
	wait_for 10 listens b 5201
	at a timeout $((seconds + omit + 60)) iperf3 -c 192.168.241.2 -p 5201 -P "${kind#tcp}" -t "$seconds" -O "$omit" -J
	wait "$server" || true
}

run()
{
	local path=$1 kind=$2 module=$3 port=5201 beside=$((seconds - 2)) times call was
	local -a jobs

	WGR_PARAMETERS=$parameters
	[[ $module != peer ]] || WGR_PARAMETERS+=' scope=peer'
	use "${module/peer/ours}"
	build "$path"
	tunnels
	[[ $kind != udp ]] || port=7778
	bulk "$path" "$kind" >"$out.bulk" &
	jobs=($!)
	pause $((omit + 1))
	was=$(late)
	at b timeout "$beside" tcpdump -n -B 65536 -i wg0 -Q in -s 64 -w - ip 2>"$out.said" | "$here/swaps.py" "$port" >"$out.swaps" &
	jobs+=($!)
	at a "$here/ping.py" --apart 0.2 --count $((beside * 5)) --skip 5 192.168.241.2 >"$out.ping" 2>>"$out.said" &
	jobs+=($!)
	call=$(sequence a b 192.168.241.2 --count $((beside * 50)) --rate 50 --size 172)
	wait "${jobs[@]}" || true
	times=$(<"$out.ping")
	printf '%s\t' "$path" "$kind" "$module" "$(field mbit "$(<"$out.swaps")")" "$(field lost "$call")" \
		"$(field out_of_order "$call")" "$(field delay_ms "$call")" "$(field delay_p99_ms "$call")" \
		"${times% *}" "${times#* }" "$(field swapped "$(<"$out.swaps")")" >>"$out"
	echo $(($(late) - was)) >>"$out"
	tail -n 1 "$out"
	clear_hosts >/dev/null 2>&1
}

main()
{
	local path kind module i

	options "pairs seconds omit kinds modules tsv" "$@"
	[[ ${#rest[@]} -gt 0 ]] || usage
	path_modules
	for path in "${rest[@]}"; do
		for kind in ${kinds//,/ }; do
			for ((i = 0; i < pairs; i++)); do
				for module in ${modules//,/ }; do
					run "$path" "$kind" "$module"
				done
			done
		done
	done
	"$here/beside.py" "$out"
	[[ -z $tsv ]] || cat "$out" >>"$tsv"
	rm -f "$out" "$out".*
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
