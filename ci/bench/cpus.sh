#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest: how fast it goes where the CPUs are the bound, with several modules in
# turn. For the user-mode kernel "fast" on a machine that does nothing else.
#
#   ci/bench/cpus.sh [OPTION...] NAME=FILE...
#
#   --pairs N      runs of each (5)
#   --seconds N    of each (5)
#   --kinds LIST   tcp1, tcp8 (connections), udp64, udp1372 (bytes, as fast as they
#                  can be sent: what arrives), peers16 (so many peers of one end, every
#                  other one receiving): Mbit/s; rtt, rttload (of small packets, idle and
#                  beside tcp1): us, p50 and p99 (all)
#   --tsv FILE     append "kind module round figure" for each
#
# FILE is one of ends.sh. Prints medians, and the ratio of each to the first one in
# the same round: median, least and most.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${WGR_KO:=}"
# shellcheck source=ci/bench/measure.sh
WGR_KO=${WGR_KO:-none} . "$here/measure.sh"

pairs=5
seconds=5
kinds=tcp1,tcp8,udp64,udp1372,peers16,rtt,rttload
tsv=''
out=$(mktemp)
# shellcheck source=ci/bench/ends.sh
. "$here/ends.sh"

# flow FROM PORT [iperf3 options]: Mbit/s that arrive.
flow()
{
	local from=$1 port=$2 server
	shift 2

	at b iperf3 -s -1 -p "$port" >/dev/null 2>&1 &
	server=$!
	wait_for 60 listens b "$port" >&2
	at "$from" timeout $((seconds + 60)) iperf3 -c "$target" -p "$port" -t "$seconds" -O 1 -J "$@" |
		python3 -c 'import json, sys
end = json.load(sys.stdin)["end"]
sums = end.get("sum_received") or end["sum"]
print(round(sums["bits_per_second"] * (1 - sums.get("lost_percent", 0) / 100) / 1e6, 1))'
	wait "$server" || true
}

# Packets that come out at b in $seconds while a sends all it can, as Mbit/s of what
# is in them.
flood()
{
	local bytes=$1 was is sender
	local count="/sys/class/net/$way_out/statistics/rx_packets"

	at b iperf3 -s -1 -p 5201 >/dev/null 2>&1 &
	wait_for 60 listens b 5201 >&2
	at a iperf3 -c "$target" -p 5201 -u -b 0 -l "$bytes" -t $((seconds + 2)) >/dev/null 2>&1 &
	sender=$!
	pause 1
	was=$(at b cat "$count")
	pause "$seconds"
	is=$(at b cat "$count")
	wait "$sender" || true
	awk "BEGIN { printf \"%.1f\n\", ($is - $was) * $bytes * 8 / $seconds / 1e6 }"
}

# Microseconds: "p50 p99".
round_trip()
{
	at a ping -n -i 0.005 -c $((seconds * 200)) "$target" |
		sed -n 's/.*time=\([0-9.]*\) ms/\1/p' | sort -n |
		awk '{ t[NR] = $1 * 1000 } END { printf "%.0f %.0f\n", t[int((NR + 1) / 2)], t[int(NR * 0.99 + 0.99)] }'
}

# So many hosts beside a, each with a tunnel of its own to b.
more_peers()
{
	local i key

	for ((i = 1; i <= $1; i++)); do
		key=$(wg genkey)
		host "p$i"
		wire "p$i" e0 "10.8.$i.1/24" r "e$i" "10.8.$i.2/24"
		ip -n "p$i" route add default via "10.8.$i.2"
		tunnel "p$i" wg0 "$key" 1 "192.168.$i.1/32"
		ip -n "p$i" route add 192.168.241.2 dev wg0
		at "p$i" wg set wg0 peer "$pub2" allowed-ips 192.168.241.2/32 endpoint 10.9.2.1:2
		at b wg set wg0 peer "$(wg pubkey <<<"$key")" allowed-ips "192.168.$i.1/32"
		ip -n b route add "192.168.$i.1" dev wg0
		wait_for 30 ping_ok "p$i" 192.168.241.2 1
	done
}

many()
{
	local i pids=()

	more_peers "$1" >&2
	for ((i = 1; i <= $1; i++)); do
		# Every other one receives.
		if ((i % 2)); then
			flow "p$i" $((5201 + i)) >"$out.$i" &
		else
			flow "p$i" $((5201 + i)) -R >"$out.$i" &
		fi
		pids+=($!)
	done
	wait "${pids[@]}"
	cat "$out".[0-9]* | awk '{ sum += $1 } END { printf "%.1f\n", sum }'
	rm -f "$out".[0-9]*
}

# row KIND MODULE ROUND FIGURE
row()
{
	printf '%s\t%s\t%s\t%s\n' "$@" | tee -a "$out"
}

measure()
{
	local kind=$1 name=${2%%=*} file=${2#*=} round=$3 p50 p99 load

	# What has one name cannot have sixteen of them.
	[[ $kind != peers* || ( $file != go && $file != bare && $file != *,* ) ]] || return 0
	ready "$file"
	case $kind in
	tcp*)   row "$kind" "$name" "$round" "$(flow a 5201 -P "${kind#tcp}")" ;;
	udp*)   row "$kind" "$name" "$round" "$(flood "${kind#udp}")" ;;
	peers*) row "$kind" "$name" "$round" "$(many "${kind#peers}")" ;;
	rtt*)
		load=''
		if [[ $kind == rttload ]]; then
			seconds=$((seconds + 4)) flow a 5201 >/dev/null &
			load=$!
			pause 2
		fi
		read -r p50 p99 < <(round_trip)
		row "$kind-p50" "$name" "$round" "$p50"
		row "$kind-p99" "$name" "$round" "$p99"
		[[ -z $load ]] || wait "$load" ;;
	esac
	clear_hosts >/dev/null 2>&1
}

medians()
{
	python3 - "$out" <<'END'
import collections, statistics, sys
rows = collections.defaultdict(lambda: collections.defaultdict(dict))
for line in open(sys.argv[1], encoding="ascii"):
    kind, module, number, figure = line.split("\t")
    rows[kind][module][number] = float(figure)
for kind, modules in rows.items():
    first = next(iter(modules.values()))
    for module, figures in modules.items():
        ratios = [figures[n] / first[n] for n in figures if first.get(n)]
        print(f"median {kind} {module}: {statistics.median(figures.values()):.1f}, "
              f"{statistics.median(ratios):.3f} of the first, from {min(ratios):.3f} to {max(ratios):.3f}")
END
}

main()
{
	options "pairs seconds kinds tsv" "$@"
	[[ ${#rest[@]} -gt 0 ]] || usage
	path_modules
	in_turn "$pairs" measure
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
