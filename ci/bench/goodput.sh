#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest: what TCP and UDP get through a tunnel, by the kernel's own module
# and by the one under test ($WGR_KO) in turn, on one kernel.
#
#   ci/bench/goodput.sh [OPTION...] PATH...
#
#   --pairs N      runs of each module for each path and kind (5)
#   --seconds N    of each TCP run (15), after --omit N (5) that do not count
#   --kinds LIST   cubic, bbr, norack (cubic with tcp_recovery=0), udp (cubic)
#   --udp-mbit N   rate of UDP (50); it runs as long as TCP does
#   --tsv FILE     append "path kind module goodput retransmitted sent lost
#                  out_of_order late" for each run
#
# PATH is "order" (a bare cable, as fast as the CPUs) or RATE:DELAY[:PART...],
# Mbit/s and ms for each way; parts, for the way of the data:
#
#   jX    jitter, up to X ms shorter or longer, evenly distributed
#   nX    jitter, normally distributed with deviation X ms
#   eP/X  P % of the packets come X ms early
#   aX    packets alternate between this path and one that is X ms longer
#   sX    as aX, and what takes the other path has another source address
#   lP    P % of the packets are lost
#
#   namespace a            namespace r            namespace b
#   wg0 ─ a0 ───────────── r0      r1 ─────────── b0 ─ wg0
#         rate, delay back         delay, parts
#
# Both ends of the tunnel run the same module, with its default settings or
# those in $WGR_PARAMETERS. Prints a line for each run, and for each path the
# medians and their ratio.
set -euo pipefail

# shellcheck source=ci/tests/tunnel/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../tests/tunnel/lib.sh"

ours=${WGR_KO:?WGR_KO: the module to measure}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
pairs=5
seconds=15
omit=5
kinds=cubic
udp_mbit=50
tsv=''
out=$(mktemp)

usage()
{
	sed -n '3,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2
	exit 2
}

use()
{
	[[ ! -e /sys/module/wireguard ]] || rmmod wireguard
	rm -f /etc/modprobe.d/wireguard-under-test.conf
	WGR_KO=
	[[ $1 == stock ]] || WGR_KO=$ours
	# The parameters are for ours only, and it reads them from there.
	# shellcheck disable=SC2119
	module_load
}

# One datagram after the other meets the path, not bundles of them.
single()
{
	at "$1" ethtool -K "$2" tso off gso off gro off tx-udp-segmentation off
}

# alternate EXTRA [NEW_SOURCE]: every other packet takes a path EXTRA longer.
alternate()
{
	tc -n r qdisc add dev r1 root handle 1: prio bands 2 priomap 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
	tc -n r qdisc add dev r1 parent 1:1 netem delay "${delay}ms" limit 20000
	tc -n r qdisc add dev r1 parent 1:2 netem delay "$(plus "$delay" "$1")ms" limit 20000
	at r nft add table ip paths
	at r nft add chain ip paths out '{ type filter hook postrouting priority 300; }'
	at r nft add chain ip paths second
	at r nft add rule ip paths second meta priority set 1:2
	if [[ -n ${2:-} ]]; then
		# Without connection tracking: that knows one address for a flow.
		at r nft add rule ip paths second ip saddr set "$2"
		at r nft add chain ip paths in '{ type filter hook prerouting priority -300; }'
		at r nft add rule ip paths in iifname r1 ip daddr "$2" ip daddr set 10.9.1.1
	fi
	at r nft add rule ip paths out oif r1 meta priority set 1:1
	at r nft add rule ip paths out oif r1 ip protocol udp numgen inc mod 2 1 jump second
}

plus()
{
	awk "BEGIN { print $1 + $2 }"
}

# disturb DELAY PART...: the way of the data, from r to b; the way back.
disturb()
{
	local delay=$1 back=$1 part how='' jitter='' loss=''
	shift

	for part in "$@"; do
		case $part in
		j*) jitter="${part#j}ms" ;;
		n*) jitter="${part#n}ms distribution normal" ;;
		l*) loss="loss ${part#l}%" ;;
		e*/*)
			# The early ones are not delayed here, so all is there.
			back=$(plus "$delay" "$(plus "$delay" "-${part#*/}")")
			delay=${part#*/}
			how="reorder ${part#e}"
			how="${how%/*}%" ;;
		a*) alternate "${part#a}" ;;
		s*) alternate "${part#s}" 10.9.1.9 ;;
		*)  echo "unknown part of a path: $part"; usage ;;
		esac
	done
	tc -n r qdisc add dev r0 root netem delay "${back}ms" limit 20000
	# Several words each.
	# shellcheck disable=SC2086
	[[ -n $(at r nft list tables) ]] ||
		tc -n r qdisc add dev r1 root netem delay "${delay}ms" $jitter $loss $how limit 20000
}

# build PATH: hosts and the way between them.
build()
{
	local parts

	new_keys
	host a r b
	wire a a0 10.9.1.1/24 r r0 10.9.1.2/24
	wire r r1 10.9.2.2/24 b b0 10.9.2.1/24
	at r sysctl -qw net.ipv4.ip_forward=1
	ip -n a route add default via 10.9.1.2
	ip -n b route add default via 10.9.2.2
	at a sysctl -qw net.ipv4.tcp_no_metrics_save=1
	at b sysctl -qw net.ipv4.tcp_no_metrics_save=1
	[[ $1 != order ]] || return 0
	IFS=: read -r -a parts <<<"$1"
	# netem with a rate of its own keeps the order: limit the rate before it.
	tc -n a qdisc add dev a0 root tbf rate "${parts[0]}mbit" burst 16kb limit 500kb
	disturb "${parts[@]:1}"
	single a a0
	single r r0
	single r r1
}

tunnels()
{
	tunnel a wg0 "$key1" 1 192.168.241.1/24
	tunnel b wg0 "$key2" 2 192.168.241.2/24
	at a wg set wg0 peer "$pub2" allowed-ips 192.168.241.2/32 endpoint 10.9.2.1:2
	at b wg set wg0 peer "$pub1" allowed-ips 192.168.241.1/32
	ping_ok a 192.168.241.2 2 >/dev/null || true
}

# Packets that were dropped at the receiving end: late ones among them.
dropped()
{
	at b cat /sys/class/net/wg0/statistics/rx_dropped
}

# Prints "goodput retransmitted - - -".
tcp()
{
	local server

	at a sysctl -qw net.ipv4.tcp_recovery=1 net.ipv4.tcp_congestion_control="${1/norack/cubic}"
	[[ $1 != norack ]] || at a sysctl -qw net.ipv4.tcp_recovery=0
	at b iperf3 -s -1 -p 5201 >/dev/null 2>&1 &
	server=$!
	wait_for 10 listens b 5201
	at a timeout $((seconds + omit + 60)) iperf3 -c 192.168.241.2 -p 5201 -t "$seconds" -O "$omit" -J |
		python3 -c 'import json, sys
end = json.load(sys.stdin)["end"]
print(round(end["sum_received"]["bits_per_second"] / 1e6, 1), end["sum_sent"]["retransmits"], "- - -")'
	wait "$server" || true
}

# Prints "goodput - sent lost out_of_order", after a run that does not count.
udp()
{
	local rate=$((udp_mbit * 1000000 / 8 / 1400)) line

	sequence a b 192.168.241.2 --count $((rate * omit)) --rate "$rate" --size 1372 >/dev/null
	late=$(dropped)
	line=$(sequence a b 192.168.241.2 --count $((rate * seconds)) --rate "$rate" --size 1372)
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
		tcp "$kind" >"$out.run"
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

	while [[ ${1:-} == --* ]]; do
		case $1 in
		--pairs)    pairs=$2 ;;
		--seconds)  seconds=$2 ;;
		--omit)     omit=$2 ;;
		--kinds)    kinds=$2 ;;
		--udp-mbit) udp_mbit=$2 ;;
		--tsv)      tsv=$2 ;;
		*)          usage ;;
		esac
		shift 2
	done
	[[ $# -gt 0 ]] || usage
	modprobe -qa sch_netem sch_tbf sch_prio veth tcp_bbr || true
	for path in "$@"; do
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
