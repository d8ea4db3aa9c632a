# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Paths between the two ends of a tunnel, for measuring.
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
#   qNAME the line is shared out by this queue (fq, fq_codel, cake): flows have
#         their turns in it, and sparse ones come first. CAKE shapes by itself
#         ("besteffort flows"), the others stand behind tbf
#
#   namespace a            namespace r            namespace b
#   wg0 ─ a0 ───────────── r0      r1 ─────────── b0 ─ wg0
#         rate, delay back         delay, parts
#
# $ours is the module under test.

# shellcheck source=ci/tests/tunnel/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../tests/tunnel/lib.sh"

path_modules()
{
	modprobe -qa sch_netem sch_tbf sch_prio sch_fq sch_fq_codel sch_cake veth tcp_bbr || true
}

# use stock|ours: load this module.
use()
{
	[[ ! -e /sys/module/wireguard ]] || rmmod wireguard
	rm -f /etc/modprobe.d/wireguard-under-test.conf
	WGR_KO=
	# Who reads this file has set the one; lib.sh reads the other.
	# shellcheck disable=SC2154,SC2034
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

# alternate DELAY EXTRA LOSS [NEW_SOURCE]: every other packet takes a path EXTRA
# longer; the order within each of the two is kept.
alternate()
{
	local delay=$1 longer=$2 loss=$3 source=${4:-}

	tc -n r qdisc add dev r1 root handle 1: prio bands 2 priomap 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
	# Several words or none.
	# shellcheck disable=SC2086
	tc -n r qdisc add dev r1 parent 1:1 netem delay "${delay}ms" $loss limit 20000
	# shellcheck disable=SC2086
	tc -n r qdisc add dev r1 parent 1:2 netem delay "$(plus "$delay" "$longer")ms" $loss limit 20000
	at r nft add table ip paths
	at r nft add chain ip paths out '{ type filter hook postrouting priority 300; }'
	at r nft add chain ip paths second
	at r nft add rule ip paths second meta priority set 1:2
	if [[ -n $source ]]; then
		# Without connection tracking: that knows one address for a flow.
		at r nft add rule ip paths second ip saddr set "$source"
		at r nft add chain ip paths in '{ type filter hook prerouting priority -300; }'
		at r nft add rule ip paths in iifname r1 ip daddr "$source" ip daddr set 10.9.1.1
	fi
	at r nft add rule ip paths out oif r1 meta priority set 1:1
	at r nft add rule ip paths out oif r1 ip protocol udp numgen inc mod 2 1 jump second
}

plus()
{
	awk "BEGIN { print $1 + $2 }"
}

# disturb DELAY PART...: the way of the data, from r to b; the way back. Called
# again while packets are under way, it changes both, unless there are two paths.
disturb()
{
	local delay=$1 back=$1 part how='' jitter='' loss='' longer='' source=''
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
		a*) longer=${part#a} ;;
		s*) longer=${part#s}; source=10.9.1.9 ;;
		q*) ;;
		*)  echo "unknown part of a path: $part (see ci/bench/path.sh)" >&2; exit 2 ;;
		esac
	done
	tc -n r qdisc replace dev r0 root netem delay "${back}ms" limit 20000
	if [[ -n $longer ]]; then
		alternate "$delay" "$longer" "$loss" "$source"
	else
		# Several words each.
		# shellcheck disable=SC2086
		tc -n r qdisc replace dev r1 root netem delay "${delay}ms" $jitter $loss $how limit 20000
	fi
}

# uplink RATE PART...: what waits for the line stands in one queue, or in one for
# each flow. netem with a rate of its own keeps the order, so it is limited here.
uplink()
{
	local rate=$1 part queue=''
	shift

	for part in "$@"; do
		[[ $part != q* ]] || queue=${part#q}
	done
	if [[ $queue == cake ]]; then
		tc -n a qdisc add dev a0 root cake bandwidth "${rate}mbit" besteffort flows
		return
	fi
	tc -n a qdisc add dev a0 root handle 1: tbf rate "${rate}mbit" burst 16kb limit 500kb
	[[ -z $queue ]] || tc -n a qdisc add dev a0 parent 1:1 "$queue"
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
	uplink "${parts[0]}" "${parts[@]:2}"
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
	# Until then b does not know where a is; a handshake that is lost comes again after 5 s.
	wait_for 30 ping_ok a 192.168.241.2 1
}
