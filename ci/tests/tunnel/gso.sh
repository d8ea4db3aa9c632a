#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest: many datagrams handed to the network stack as one packet, and what
# devices, rules and paths make of it. TAP.
set -euo pipefail
# Or what fails while somebody watches would not.
shopt -s inherit_errexit

# shellcheck source=ci/tests/tunnel/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

parameter=/sys/module/wireguard/parameters/gso

# watched HOST DEVICE COMMAND...: prints what wire.py saw meanwhile.
watched()
{
	local host=$1 device=$2 dir watcher
	shift 2

	dir=$(mktemp -d)
	alone "$host" "$device"
	at "$host" python3 "$TUNNEL_DIR/wire.py" "$device" "$dir/stop" >"$dir/out" &
	watcher=$!
	wait_for 30 grep -q ready "$dir/out"
	"$@" >&2
	touch "$dir/stop"
	wait "$watcher"
	tail -n 1 "$dir/out"
	rm -r "$dir"
}

# alone HOST DEVICE: it sends one datagram at a time.
alone()
{
	at "$1" ethtool -K "$2" tx-udp-segmentation off
}

# correct LINE [COUNT]: so many datagrams at least (300), each of them right.
correct()
{
	local name

	echo "$1"
	for name in bad_ip bad_udp bad_length same_id; do
		equal "$name" "$(field "$name" "$1")" 0
	done
	[[ $(field datagrams "$1") -ge ${2:-300} ]] || { echo "too few datagrams"; return 1; }
}

# share FAMILY: packets that a's device has sent, in percent of the tunnel's.
share()
{
	pair "$1"
	ping_ok a 192.168.241.2 1
	share_now
	clear_hosts
}

# The same of a pair that is there.
share_now()
{
	local outer inner

	outer=$(at a cat /sys/class/net/eth0/statistics/tx_packets)
	inner=$(at a cat /sys/class/net/wg0/statistics/tx_packets)
	carries a b 192.168.241.2 8192 >&2
	outer=$(($(at a cat /sys/class/net/eth0/statistics/tx_packets) - outer))
	inner=$(($(at a cat /sys/class/net/wg0/statistics/tx_packets) - inner))
	echo "$outer packets for $inner datagrams" >&2
	echo $((outer * 100 / inner))
}

together()
{
	local percent

	percent=$(share "$1")
	[[ $percent -le 50 ]] || { echo "$percent %: hardly any go together"; return 1; }
}

test_together_4() { together 4; }
test_together_6() { together 6; }

test_off()
{
	local percent

	echo off >"$parameter"
	percent=$(share 4)
	echo on >"$parameter"
	[[ $percent -ge 95 ]] || { echo "$percent %: datagrams go together though that is off"; return 1; }
}

# With a module that is made so (ci/vm/module.sh KERNEL refusing). Only what was in
# the first run is lost; setting up the interface is another try.
test_refused()
{
	local before said percent

	[[ -n ${REFUSING:-} ]] || skip "nothing refuses"
	before=$(dmesg | grep -c 'Many datagrams at once were refused' || true)
	percent=$(share 4)
	said=$(dmesg | grep -c 'Many datagrams at once were refused')
	# a sends data, and b runs of acknowledgements perhaps.
	[[ $((said - before)) -ge 1 && $((said - before)) -le 2 ]] || { echo "said $((said - before)) times"; return 1; }
	[[ $percent -ge 95 ]] || { echo "$percent %: datagrams go together though that is refused"; return 1; }
}

# on_the_wire FAMILY [SETTING...]: of a's device.
on_the_wire()
{
	local line family=$1
	shift

	pair "$family"
	alone a eth0
	[[ $# == 0 ]] || at a ethtool -K eth0 "$@"
	at a sysctl -qw net.ipv4.tcp_ecn=1
	at b sysctl -qw net.ipv4.tcp_ecn=1
	line=$(watched b eth0 carries a b 192.168.241.2)
	correct "$line" 1000
	equal "packets that carry many" "$(field whole "$line")" 0
	# Data and what answers it say that they understand ECN.
	[[ $(field tos "$line") == *02:* ]]
	equal "hop limits" "$(field ttl "$line")" 64
}

test_wire_4() { on_the_wire 4; }
test_wire_6() { on_the_wire 6; }
test_wire_4_without_offload() { on_the_wire 4 tx off; }
test_wire_6_without_offload() { on_the_wire 6 tx off; }

# counted VALUES COUNTS: of "00:5,02:7" those of VALUES, which is an expression.
counted()
{
	tr ',' '\n' <<<"$2" | grep -E "^($1):" | paste -sd ,
}

# Each datagram has the ECN of the packet in it, and nothing else of its DS field; that
# packet keeps all of it. In front of one that met congestion it says that it can be told.
test_each_mark()
{
	local line

	pair 4
	ping_ok a 192.168.241.2 1
	alone a eth0
	sequence a b 192.168.241.2 --count 1500 --rate 100000 --size 500 --tos 00,b9,02,2b,01 --each 3 >"$WGR_RESULTS/marks" &
	line=$(watched b eth0 wait_for 30 grep -q tos= "$WGR_RESULTS/marks")
	wait
	echo "inside: $(cat "$WGR_RESULTS/marks")"
	correct "$line" 1500
	equal inside "$(field tos "$(cat "$WGR_RESULTS/marks")")" 00:300,01:300,02:300,2b:300,b9:300
	equal outside "$(counted '01|02' "$(field tos "$line")")" 01:600,02:600
}

# A queue or a router that marks a run marks its first datagram only. That is enough for a TCP
# that slows down once for all marks of a round trip, but not for one that counts them.
test_scalable()
{
	local percent

	pair 4
	ping_ok a 192.168.241.2 1
	at a nft add table ip t || skip "no nftables"
	at a nft add chain ip t c '{ type filter hook output priority 0; }'
	at a nft add rule ip t c oifname wg0 ip ecn set ect0
	percent=$(share_now)
	[[ $percent -le 60 ]] || { echo "$percent %: ECT(0) is no reason"; return 1; }
	at a nft flush chain ip t c
	at a nft add rule ip t c oifname wg0 ip ecn set ect1
	percent=$(share_now)
	[[ $percent -ge 95 ]] || { echo "$percent %: ECT(1) goes together"; return 1; }
}

# The length of a datagram goes down from one to the next in a run only at its end.
test_lengths()
{
	local size line

	pair 4
	alone a eth0
	for size in 1 17 100 1000 1420; do
		line=$(watched b eth0 sequence a b 192.168.241.2 --count 400 --rate 100000 --size $((size > 20 ? size : 20)))
		correct "$line" 100
	done
}

# What rules write into the first datagram's header, all have.
marked()
{
	local line table=$1 chain=$2 rule=$3

	pair 4
	alone a eth0
	alone b eth0
	at a nft add table "$table" t || skip "no nftables"
	at a nft add chain "$table" t c "$chain"
	# Several words.
	# shellcheck disable=SC2086
	at a nft add rule "$table" t c udp sport 1 $rule
	line=$(watched a eth0 carries a b 192.168.241.2)
	correct "$line" 300
	echo "$line" | grep -qE 'tos=([0-9a-f]+:[0-9]+,)*20:[0-9]{3}' || { echo "too few are marked"; return 1; }
	# b's have 00, and are answers only.
	line=$(watched b eth0 at a ping -q -f -c 50 192.168.241.2)
	equal "what b sees of a and itself" "$(field tos "$line" | sed 's/:[0-9]*//g')" 00,20
}

test_marked_by_output() { marked ip '{ type filter hook output priority 0; }' 'ip dscp set cs1'; }
test_marked_by_postrouting() { marked ip '{ type filter hook postrouting priority 0; }' 'ip dscp set cs1'; }

# alternate CHAIN: with rules in it that count datagrams each goes alone.
alternate()
{
	local percent

	at a nft add table ip t || skip "no nftables"
	at a nft add chain ip t c "$1"
	at a nft add rule ip t c udp sport 1 meta mark set numgen inc mod 2
	percent=$(share_now)
	at a nft delete table ip t
	[[ $percent -ge 95 ]] || { echo "$1: $percent %: datagrams go together where each may have a way of its own"; return 1; }
}

# Or packets in turn over two lines would be bundles in turn. A firewall is no reason to
# send them alone.
test_in_turn_by_output()
{
	pair 4
	ping_ok a 192.168.241.2 1
	alternate '{ type route hook output priority mangle; }'
	alternate '{ type route hook output priority 0; }'
	alternate '{ type filter hook output priority raw; }'
	at a nft add table ip t
	at a nft add chain ip t c '{ type filter hook output priority 0; }'
	at a nft add rule ip t c udp sport 1 counter accept
	[[ $(share_now) -lt 60 ]]
}

test_marked_on_the_device()
{
	local line

	pair 4
	alone a eth0
	modprobe -qa sch_ingress act_pedit cls_matchall || true
	at a tc qdisc add dev eth0 clsact || skip "no clsact"
	at a tc filter add dev eth0 egress protocol ip matchall action pedit ex munge ip tos set 0x20 pipe csum ip ||
		skip "no pedit"
	line=$(watched b eth0 carries a b 192.168.241.2)
	correct "$line" 300
	# Those without are b's own.
	[[ $(field tos "$line") == *20:* ]]
	line=$(watched a eth0 carries a b 192.168.241.2)
	equal "packets that carry many" "$(field whole "$line")" 0
}

# What tc copies to another device are datagrams as they should be, and so is what goes on.
mirrored()
{
	local line

	line=$(watched a copies carries a b 192.168.241.2)
	correct "$line" 300
	line=$(watched b eth0 carries a b 192.168.241.2)
	correct "$line" 300
}

mirror()
{
	pair 4
	modprobe -qa dummy act_mirred cls_matchall sch_ingress || true
	ip -n a link add copies type dummy
	ip -n a link set copies up
	alone a copies
	alone a eth0
}

test_mirrored()
{
	mirror
	at a tc qdisc add dev eth0 clsact || skip "no clsact"
	at a tc filter add dev eth0 egress matchall action mirred egress mirror dev copies || skip "no mirred"
	mirrored
}

test_mirrored_by_queue()
{
	mirror
	at a tc qdisc add dev eth0 root handle 1: fq_codel || skip "no fq_codel"
	at a tc filter add dev eth0 parent 1: matchall flowid 1:1 action mirred egress mirror dev copies pass || skip "no mirred"
	mirrored
}

# At the other end, where what comes is one packet as well.
test_mirrored_on_arrival()
{
	local line

	pair 4
	modprobe -qa dummy act_mirred cls_matchall sch_ingress || true
	ip -n b link add copies type dummy
	ip -n b link set copies up
	alone b copies
	at b tc qdisc add dev eth0 clsact || skip "no clsact"
	at b tc filter add dev eth0 ingress matchall action mirred egress mirror dev copies || skip "no mirred"
	line=$(watched b copies carries a b 192.168.241.2)
	correct "$line" 300
}

# queued HOST LEAST CHAIN [--whole]: a program is asked about each packet outside, so often at least.
queued()
{
	local dir asked line

	dir=$(mktemp -d)
	modprobe -qa nfnetlink_queue nft_queue || true
	at "$1" nft add table ip q || skip "no nftables"
	at "$1" nft add chain ip q c "$3"
	at "$1" nft add rule ip q c udp dport 2 queue num 5 || skip "no queue"
	at "$1" python3 "$TUNNEL_DIR/queue.py" 5 "$dir/stop" "${@:4}" >"$dir/out" &
	asked=$!
	wait_for 30 grep -q ready "$dir/out"
	line=$(watched b eth0 carries a b 192.168.241.2)
	touch "$dir/stop"
	wait "$asked"
	asked_line=$(tail -n 1 "$dir/out")
	echo "$asked_line"
	correct "$line" 300
	[[ $(field packets "$asked_line") -ge $2 ]] || { echo "hardly anybody was asked"; return 1; }
	rm -r "$dir"
}

test_queued_by_output()
{
	pair 4
	alone a eth0
	queued a 1000 '{ type filter hook output priority 0; }'
}

test_queued_whole_by_output()
{
	pair 4
	alone a eth0
	queued a 20 '{ type filter hook output priority 0; }' --whole
	# And they are not taken apart for that.
	[[ $(field whole "$asked_line") -ge 10 ]]
}

test_queued_by_postrouting()
{
	pair 4
	alone a eth0
	queued a 1000 '{ type filter hook postrouting priority 0; }'
}

test_queued_by_router()
{
	routed 4
	queued r 1000 '{ type filter hook forward priority 0; }'
}

# What is looked at here comes as one packet.
test_queued_by_input()
{
	pair 4
	queued b 1000 '{ type filter hook input priority 0; }'
}

# A program that holds what it is asked about, and is killed then: nothing of it stays,
# and the module can go.
test_queue_dies()
{
	local asked

	pair 4
	ping_ok a 192.168.241.2 1
	modprobe -qa nfnetlink_queue nft_queue || true
	at a nft add table ip q || skip "no nftables"
	at a nft add chain ip q c '{ type filter hook output priority 0; }'
	at a nft add rule ip q c udp dport 2 queue num 5 || skip "no queue"
	at a python3 "$TUNNEL_DIR/queue.py" 5 "$WGR_RESULTS/never" --hold >"$WGR_RESULTS/held" &
	asked=$!
	wait_for 30 grep -q ready "$WGR_RESULTS/held"
	# Without an answer, and more than any queue holds.
	at a timeout 5 ncat -u --send-only 192.168.241.2 5203 </dev/zero || true
	wait_for 20 grep -q held "$WGR_RESULTS/held"
	ip -n a link del wg0
	kill -KILL "$asked"
	wait "$asked" || true
	wait_for 20 grep -qx 0 /sys/module/wireguard/refcnt
	clear_hosts
	module_unload
	module_load
}

# Behind a queue that shapes nobody waits for more than a datagram.
test_shaped()
{
	pair 4
	ping_ok a 192.168.241.2 1
	at a tc qdisc add dev eth0 root tbf rate 100mbit burst 100kb limit 10000000 || skip "no tbf"
	[[ $(share_now) -ge 95 ]]
	at a tc qdisc del dev eth0 root
	[[ $(share_now) -lt 60 ]]
}

# alone_below DEVICE: what a sends by it goes together, but not when the queue of eth0 below
# shapes, or when something there may look into each datagram.
alone_below()
{
	local percent

	percent=$(share_now)
	[[ $percent -le 60 ]] || { echo "$percent %: hardly any go together by $1"; return 1; }
	at a tc qdisc add dev eth0 root tbf rate 100mbit burst 100kb limit 10000000 || skip "no tbf"
	percent=$(share_now)
	[[ $percent -ge 95 ]] || { echo "$percent %: datagrams go together by $1 though a queue below shapes"; return 1; }
	at a tc qdisc del dev eth0 root
	modprobe -qa sch_ingress act_csum cls_matchall || true
	at a tc qdisc add dev eth0 clsact || skip "no clsact"
	at a tc filter add dev eth0 egress protocol ip matchall action csum ip
	percent=$(share_now)
	[[ $percent -ge 95 ]] || { echo "$percent %: datagrams go together by $1 though a filter is below"; return 1; }
	at a tc qdisc del dev eth0 clsact
	[[ $(share_now) -le 60 ]]
}

test_below_vlan()
{
	vlans
	ping_ok a 192.168.241.2 1
	alone_below v5
}

test_below_bridge()
{
	bridged
	ping_ok a 192.168.241.2 1
	alone_below br0
}

test_below_bond()
{
	bonded active-backup
	ping_ok a 192.168.241.2 1
	alone_below bond0
}

# A VLAN over a bridge over a bond.
test_below_all()
{
	bonded active-backup
	ip -n a link add br0 type bridge
	ip -n a addr flush dev bond0
	ip -n a link set bond0 master br0
	ip -n a link set br0 up
	ip -n a link add link br0 name v5 type vlan id 5
	ip -n b link add link bond0 name v5 type vlan id 5
	ip -n a addr add 10.9.5.1/24 dev v5
	ip -n b addr add 10.9.5.2/24 dev v5
	ip -n a link set v5 up
	ip -n b link set v5 up
	at a wg set wg0 peer "$pub2" endpoint 10.9.5.2:2
	ping_ok a 192.168.241.2 1
	alone_below v5
}

# Each queue of a device may be another.
test_shaped_second_queue()
{
	local percent

	# Read by pair.
	# shellcheck disable=SC2317
	wire()
	{
		ip link add "$2" netns "$1" numtxqueues 2 type veth peer name "$5" netns "$4" numrxqueues 2
		ip -n "$1" addr add "${3%,*}" dev "$2"
		ip -n "$4" addr add "${6%,*}" dev "$5"
		ip -n "$1" link set "$2" up
		ip -n "$4" link set "$5" up
	}
	pair 4
	ping_ok a 192.168.241.2 1
	at a tc qdisc add dev eth0 root handle 1: mq || skip "no mq"
	at a tc qdisc add dev eth0 parent 1:1 fq_codel
	at a tc qdisc add dev eth0 parent 1:2 fq_codel
	[[ $(share_now) -le 60 ]]
	at a tc qdisc replace dev eth0 parent 1:2 tbf rate 100mbit burst 100kb limit 10000000
	percent=$(share_now)
	[[ $percent -ge 95 ]] || { echo "$percent %: datagrams go together though one of the queues shapes"; return 1; }
}

# A queue that does not shape may have filters, and these may change headers.
test_filters_of_queue()
{
	local line percent

	pair 4
	ping_ok a 192.168.241.2 1
	modprobe -qa act_pedit act_csum cls_matchall sch_fq_codel || true
	at a tc qdisc add dev eth0 root handle 1: fq_codel || skip "no fq_codel"
	[[ $(share_now) -le 60 ]]
	at a tc filter add dev eth0 parent 1: protocol ip matchall flowid 1:1 action pedit ex munge ip tos set 0x20 pipe csum ip pass ||
		skip "no pedit"
	alone a eth0
	line=$(watched b eth0 carries a b 192.168.241.2)
	correct "$line" 300
	# Those without are b's own.
	[[ $(counted 20 "$(field tos "$line")") =~ :[0-9]{4} ]] || { echo "too few are marked"; return 1; }
	at a tc filter del dev eth0 parent 1:
	at a ethtool -K eth0 tx-udp-segmentation on
	[[ $(share_now) -le 60 ]]
}

# Each datagram comes in fragments, and none is lost for that.
in_fragments()
{
	local line

	line=$(watched b eth0 carries a b 192.168.241.2)
	echo "$line"
	equal "packets that carry many" "$(field whole "$line")" 0
	[[ $(field fragments "$line") -gt 300 ]]
}

# No datagram is longer than the path.
small_path()
{
	pair "$1"
	ip -n a link set eth0 mtu 1280
	in_fragments
}

test_small_path_4() { small_path 4; }
test_small_path_6() { small_path 6; }

# The path gets smaller, and larger, while data is on its way.
path_changes()
{
	local mtu changer

	pair "$1"
	(
		for mtu in 1300 1500 1280 1400 1500 1280 1500; do
			pause 0.4
			ip -n a link set eth0 mtu "$mtu"
		done
	) &
	changer=$!
	carries_while "$changer" a b 192.168.241.2
	carries a b 192.168.241.2
}

test_path_changes_4() { path_changes 4; }
test_path_changes_6() { path_changes 6; }

# routed FAMILY: a - r - b, and what r sends to b is alone.
routed()
{
	local to_a=10.9.1.1 to_b=10.9.2.2

	[[ $1 == 4 ]] || { to_a=fd09:1::1; to_b=fd09:2::2; }
	new_keys
	host a r b
	wire a eth0 10.9.1.1/24,fd09:1::1/64 r ra 10.9.1.9/24,fd09:1::9/64
	wire r rb 10.9.2.9/24,fd09:2::9/64 b eth0 10.9.2.2/24,fd09:2::2/64
	at r sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	ip -n a route add default via 10.9.1.9
	ip -n a route add default via fd09:1::9
	ip -n b route add default via 10.9.2.9
	ip -n b route add default via fd09:2::9
	tunnel a wg0 "$key1" 1 192.168.241.1/24,fd00::1/64
	tunnel b wg0 "$key2" 2 192.168.241.2/24,fd00::2/64
	[[ $1 == 4 ]] || to_b="[$to_b]"
	at a wg set wg0 peer "$pub2" allowed-ips 192.168.241.2/32,fd00::2/128 endpoint "$to_b:2"
	at b wg set wg0 peer "$pub1" allowed-ips 192.168.241.1/32,fd00::1/128
	alone r rb
}

# A router far away gets a smaller path behind it, and a larger one; over IPv6 it says so.
path_learned()
{
	local mtu changer line

	routed "$1"
	ping_ok a 192.168.241.2 1
	(
		for mtu in 1300 1500 1290 1400 1280; do
			pause 0.4
			ip -n r link set rb mtu "$mtu"
		done
	) &
	changer=$!
	carries_while "$changer" a b 192.168.241.2
	line=$(watched b eth0 carries a b 192.168.241.2)
	echo "$line"
	[[ $(field fragments "$line") -gt 300 ]] || { echo "the path did not change"; return 1; }
	[[ $1 == 4 ]] || ip -n a -6 route get fd09:2::2 | grep -q 'mtu 1280'
}

test_path_learned_4() { path_learned 4; }
test_path_learned_6() { path_learned 6; }

# masquerades 4|6 HOST DEVICE: translates the addresses of what it sends there, and b gets all of it.
masquerades()
{
	local line table=ip

	[[ $1 == 4 ]] || table=ip6
	at "$2" nft add table "$table" t || skip "no nftables"
	at "$2" nft add chain "$table" t c '{ type nat hook postrouting priority 100; }'
	at "$2" nft add rule "$table" t c oifname "$3" meta l4proto udp masquerade to :4000-4001 || skip "no masquerade"
	line=$(watched b eth0 carries a b 192.168.241.2)
	correct "$line" 1000
	[[ $(field ports "$line") == 2,400[01] ]]
}

# A router does that with what it forwards.
translated()
{
	routed "$1"
	masquerades "$1" r rb
}

test_translated_4() { translated 4; }
test_translated_6() { translated 6; }

# So may either end.
translated_here()
{
	pair "$1"
	alone a eth0
	masquerades "$1" a eth0
}

test_translated_here_4() { translated_here 4; }
test_translated_here_6() { translated_here 6; }

translated_there()
{
	local line table=ip to='10.9.0.2:77'

	[[ $1 == 4 ]] || { table=ip6; to='[fd09::2]:77'; }
	pair "$1"
	modprobe -q nft_redir || true
	at b nft add table "$table" t || skip "no nftables"
	at b nft add chain "$table" t c '{ type nat hook prerouting priority -100; }'
	at b nft add rule "$table" t c udp dport 77 dnat to "${to/:77/:2}" || skip "no dnat"
	at a wg set wg0 peer "$pub2" endpoint "$to"
	ping_ok a 192.168.241.2 1
	carries a b 192.168.241.2
	carries b a 192.168.241.1
	equal 'dropped by b' "$(at b cat /sys/class/net/wg0/statistics/rx_errors)" 0
}

test_translated_there_4() { translated_there 4; }
test_translated_there_6() { translated_there 6; }

# What is in order for those who keep track of connections: one, with all its packets.
test_tracked()
{
	local line host

	routed 4
	for host in a r b; do
		at "$host" nft add table ip t || skip "no nftables"
		at "$host" sysctl -qw net.netfilter.nf_conntrack_checksum=1
		at "$host" nft add chain ip t c '{ type filter hook '"$([[ $host == r ]] && echo forward || echo input)"' priority 0; }'
		at "$host" nft add rule ip t c ct state invalid counter drop || skip "no ct"
		at "$host" nft add rule ip t c udp dport '{ 1, 2 }' ct state new counter
	done
	line=$(watched b eth0 carries a b 192.168.241.2)
	correct "$line" 1000
	for host in a r b; do
		at "$host" nft list chain ip t c
		equal "what $host calls invalid" "$(at "$host" nft list chain ip t c | sed -n 's/.*invalid counter packets \([0-9]*\).*/\1/p')" 0
	done
}

# A router with a smaller path behind it cuts each datagram into fragments.
test_small_behind_router()
{
	routed 4
	ip -n r link set rb mtu 1000
	in_fragments
}

# Through a bridge, a VLAN, a bond and another tunnel.
bridged()
{
	pair 4
	ip -n a link add br0 type bridge || skip "no bridge"
	ip -n a addr flush dev eth0
	ip -n a link set eth0 master br0
	ip -n a addr add 10.9.0.1/24 dev br0
	ip -n a link set br0 up
}

test_bridge()
{
	local line

	bridged
	alone a eth0
	line=$(watched b eth0 carries a b 192.168.241.2)
	correct "$line" 300
}

# Between the two, by itself and with filters of IP in it.
test_bridge_between()
{
	local line

	new_keys
	host a r b
	wire a eth0 10.9.0.1/24 r ra 10.9.9.1/32
	wire r rb 10.9.9.2/32 b eth0 10.9.0.2/24
	ip -n r link add br0 type bridge || skip "no bridge"
	ip -n r link set ra master br0
	ip -n r link set rb master br0
	ip -n r link set br0 up
	tunnel a wg0 "$key1" 1 192.168.241.1/24
	tunnel b wg0 "$key2" 2 192.168.241.2/24
	at a wg set wg0 peer "$pub2" allowed-ips 192.168.241.2/32 endpoint 10.9.0.2:2
	at b wg set wg0 peer "$pub1" allowed-ips 192.168.241.1/32
	ping_ok a 192.168.241.2 1
	[[ $(share_now) -le 60 ]]
	alone r rb
	line=$(watched b eth0 carries a b 192.168.241.2)
	correct "$line" 300
	modprobe -q br_netfilter || true
	at r sysctl -qw net.bridge.bridge-nf-call-iptables=1 2>/dev/null || return 0
	at r iptables-legacy -A FORWARD -p udp -m conntrack --ctstate INVALID -j DROP
	line=$(watched b eth0 carries a b 192.168.241.2)
	correct "$line" 300
}

# bonded MODE: two cables between a and b, and a bond of them at either end.
bonded()
{
	local h

	modprobe -q bonding || true
	new_keys
	host a b
	wire a eth0 10.9.9.1/32 b eth0 10.9.9.2/32
	wire a eth1 10.9.9.3/32 b eth1 10.9.9.4/32
	for h in a b; do
		ip -n "$h" link add bond0 type bond mode "$1" miimon 50 || skip "no bonding"
		for d in eth0 eth1; do
			ip -n "$h" addr flush dev "$d"
			ip -n "$h" link set "$d" down
			ip -n "$h" link set "$d" master bond0
		done
		ip -n "$h" link set bond0 up
	done
	ip -n a addr add 10.9.0.1/24 dev bond0
	ip -n b addr add 10.9.0.2/24 dev bond0
	tunnel a wg0 "$key1" 1 192.168.241.1/24
	tunnel b wg0 "$key2" 2 192.168.241.2/24
	at a wg set wg0 peer "$pub2" allowed-ips 192.168.241.2/32 endpoint 10.9.0.2:2
	at b wg set wg0 peer "$pub1" allowed-ips 192.168.241.1/32
}

# Over both cables in turn.
test_bond_in_turn()
{
	local line

	bonded balance-rr
	ping_ok a 192.168.241.2 1
	alone a eth0
	alone a eth1
	line=$(watched b bond0 carries a b 192.168.241.2)
	correct "$line" 300
	[[ $(at b cat /sys/class/net/eth0/statistics/rx_packets) -gt 100 ]]
	[[ $(at b cat /sys/class/net/eth1/statistics/rx_packets) -gt 100 ]]
}

# From one to the other while data is on its way.
test_bond_changes()
{
	local changer i

	bonded active-backup
	ping_ok a 192.168.241.2 1
	(
		for i in 0 1 0 1; do
			pause 0.4
			ip -n a link set bond0 type bond active_slave "eth$i"
			ip -n b link set bond0 type bond active_slave "eth$i"
		done
	) &
	changer=$!
	carries_while "$changer" a b 192.168.241.2
}

vlans()
{
	pair 4
	ip -n a link add link eth0 name v5 type vlan id 5 || skip "no VLAN"
	ip -n b link add link eth0 name v5 type vlan id 5
	ip -n a addr add 10.9.5.1/24 dev v5
	ip -n b addr add 10.9.5.2/24 dev v5
	ip -n a link set v5 up
	ip -n b link set v5 up
	at a wg set wg0 peer "$pub2" endpoint 10.9.5.2:2
}

test_vlan()
{
	local line

	vlans
	alone a eth0
	line=$(watched b v5 carries a b 192.168.241.2)
	correct "$line" 300
}

# The room in front of each datagram is enough for another tunnel's headers.
tunnelled()
{
	local line

	pair "$1"
	ip -n a link add x0 type vxlan id 7 local "$2" remote "$3" dstport 4789 || skip "no vxlan"
	ip -n b link add x0 type vxlan id 7 local "$3" remote "$2" dstport 4789
	ip -n a addr add fd09:7::1/64 dev x0 nodad
	ip -n b addr add fd09:7::2/64 dev x0 nodad
	ip -n a link set x0 up
	ip -n b link set x0 up
	at a wg set wg0 peer "$pub2" endpoint "[fd09:7::2]:2"
	# What fits into a datagram of that.
	ip -n a link set wg0 mtu 1340
	ip -n b link set wg0 mtu 1340
	alone a eth0
	line=$(watched b x0 carries a b 192.168.241.2)
	correct "$line" 300
}

test_vxlan_4() { tunnelled 4 10.9.0.1 10.9.0.2; }
test_vxlan_6() { tunnelled 6 fd09::1 fd09::2; }

# WireGuard in WireGuard.
test_nested()
{
	pair 4
	tunnel a wg1 "$key3" 11 192.168.7.1/24
	tunnel b wg1 "$key2" 12 192.168.7.2/24
	at a wg set wg1 peer "$pub2" allowed-ips 192.168.7.2/32 endpoint 192.168.241.2:12
	at b wg set wg1 peer "$pub3" allowed-ips 192.168.7.1/32
	carries a b 192.168.7.2
}

# Down and up while data is on its way, and sockets opened anew: none of it ends the flow.
test_down_up()
{
	local i changer

	pair 4
	(
		for i in 1 2 3 4 5; do
			pause 0.3
			ip -n a link set wg0 down
			ip -n a link set wg0 up
			pause 0.2
			at a wg set wg0 listen-port $((100 + i))
		done
	) &
	changer=$!
	carries_while "$changer" a b 192.168.241.2
}

# Either end moves: another address, another port, another family; while data is on its way.
test_roams()
{
	local i changer

	pair 4
	at a sysctl -qw net.ipv4.conf.eth0.promote_secondaries=1
	ip -n a addr add 10.9.0.77/24 dev eth0
	ip -n b addr add 10.9.0.78/24 dev eth0
	ping_ok a 192.168.241.2 1
	(
		for i in 1 2 3; do
			pause 0.3
			at a wg set wg0 listen-port $((100 + i)) peer "$pub2" endpoint '[fd09::2]:2'
			pause 0.3
			at a wg set wg0 peer "$pub2" endpoint 10.9.0.78:2
			pause 0.3
			ip -n a addr del 10.9.0.$((i % 2 ? 1 : 77))/24 dev eth0
			pause 0.1
			ip -n a addr add 10.9.0.$((i % 2 ? 1 : 77))/24 dev eth0
			at b wg set wg0 peer "$pub1" endpoint "[fd09::1]:$((100 + i))"
		done
	) &
	changer=$!
	carries_while "$changer" a b 192.168.241.2
	carries b a 192.168.241.1
}

# The other end's sockets, too, which is who tells it where it is.
test_down_up_there()
{
	local i changer

	pair 4
	at b wg set wg0 peer "$pub1" persistent-keepalive 1
	ping_ok a 192.168.241.2 1
	(
		for i in 1 2 3 4; do
			pause 0.3
			ip -n b link set wg0 down
			ip -n b link set wg0 up
			pause 0.3
			at b wg set wg0 listen-port $((200 + i))
			at b ping -q -c 1 -W 1 192.168.241.1 >/dev/null || true
		done
	) &
	changer=$!
	carries_while "$changer" a b 192.168.241.2
}

# merged FORM [FAMILY]: bundles from a peer that is no module, at address .3 inside; each with one bad datagram.
merged()
{
	local sent got receiver to=10.9.0.2 ours=192.168.241.3 theirs=192.168.241.2

	[[ ${2:-4} == 4 ]] || { to=fd09::2; ours=fd00::3; theirs=fd00::2; }
	at b wg set wg0 peer "$pub3" allowed-ips 192.168.241.3/32,fd00::3/128
	at b python3 "$TUNNEL_DIR/seqtest.py" receive >"$WGR_RESULTS/got" &
	receiver=$!
	wait_for 20 udp_listens b 7777
	at a python3 "$TUNNEL_DIR/merged.py" "$1" "$key3" "$pub2" "$to" 2 "$ours" "$theirs" >"$WGR_RESULTS/sent"
	wait "$receiver"
	sent=$(cat "$WGR_RESULTS/sent")
	got=$(cat "$WGR_RESULTS/got")
	echo "$sent; $got"
	equal duplicate "$(field duplicate "$got")" 0
	equal out_of_order "$(field out_of_order "$got")" 0
	equal lost "$(field lost "$got")" 0
	equal received "$(field received "$got")" "$(field good "$sent")"
	# And five that say how many there were; what came again is authentic, and counted as such.
	equal 'taken as good' "$(at b ethtool -S wg0 |
		awk '$1 == "authenticated:" { n += $2 } $1 == "duplicate:" { n -= $2 } END { print n }')" $(($(field good "$sent") + 5))
}

# judged_alone FAMILY FORM [SETTING...]: of b's device, where bundles come as one packet each.
judged_alone()
{
	local line family=$1 form=$2
	shift 2

	pair "$family"
	# What one poll after the other brings is merged, too: here each brings one.
	at b sh -c 'echo 5000000 >/sys/class/net/eth0/gro_flush_timeout'
	[[ $# == 0 ]] || at b ethtool -K eth0 "$@" || skip "no $*"
	line=$(watched b eth0 merged "$form" "$family")
	echo "$line"
	[[ $(field whole "$line") -ge 20 ]] || { echo "too few came together"; return 1; }
}

test_merged_by_device_4() { judged_alone 4 burst gro on rx-gro-list on; }
test_merged_by_device_6() { judged_alone 6 burst gro on rx-gro-list on; }
test_merged_by_sender_4() { judged_alone 4 segments; }
test_merged_by_sender_6() { judged_alone 6 segments; }

# A datagram of IPv4 may come without a checksum, one of IPv6 may not.
test_without_checksums()
{
	pair 4
	merged unsummed 4
	fails merged unsummed 6
	equal 'received over IPv6' "$(field received "$(cat "$WGR_RESULTS/got")")" 0
}

# What a tap sees where runs go whole: one packet for many datagrams, as README's page says.
test_tapped()
{
	local line

	pair 4
	ping_ok a 192.168.241.2 1
	at a tcpdump -i eth0 -n -l -c 400 'udp dst port 2' >"$WGR_RESULTS/tapped" 2>/dev/null &
	pause 1
	carries a b 192.168.241.2 8192
	wait
	awk '{ if ($NF > most) most = $NF } END { print "longest:", most; exit most <= 9000 }' "$WGR_RESULTS/tapped"
	alone a eth0
	at a tcpdump -i eth0 -n -l -c 400 'udp dst port 2' >"$WGR_RESULTS/tapped" 2>/dev/null &
	pause 1
	carries a b 192.168.241.2 8192
	wait
	awk '{ if ($NF > most) most = $NF } END { print "longest:", most; exit most > 1480 }' "$WGR_RESULTS/tapped"
}

backlog()
{
	at a tc -s -j qdisc show dev eth0 | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["backlog"])'
}

some_backlog()
{
	[[ $(backlog) -gt 10000 ]]
}

# What stands in a device's queue is charged to the socket inside, which waits then; it
# is given back when the queue is thrown away, too.
test_charges()
{
	local most=0 now i

	pair 4
	ping_ok a 192.168.241.2 1
	modprobe -q sch_fq || true
	at a tc qdisc add dev eth0 root fq maxrate 1mbit flow_limit 10000 || skip "no fq"
	at b timeout 150 ncat --recv-only -l 192.168.241.2 5202 >/dev/null &
	wait_for 20 listens b 5202
	at a timeout 150 ncat --send-only 192.168.241.2 5202 </dev/zero &
	wait_for 60 some_backlog
	for ((i = 0; i < 20; i++)); do
		now=$(backlog)
		[[ $now -le $most ]] || most=$now
		pause 0.2
	done
	echo "at most $most bytes in the queue, and $(cat /sys/module/wireguard/refcnt) references on the module"
	[[ $most -lt 400000 ]] || { echo "too much: the socket does not wait"; return 1; }
	# Several words.
	# shellcheck disable=SC2046
	kill -STOP $(ip netns pids a)
	at a tc qdisc del dev eth0 root
	wait_for 60 drained
	# Packets hold the module as long as they are charged.
	wait_for 20 grep -qx 0 /sys/module/wireguard/refcnt
	# shellcheck disable=SC2046
	kill -KILL $(ip netns pids a)
}

# What the socket inside has sent has arrived.
drained()
{
	ss -N a -tnH 'dport = 5202' | awk '{ exit $3 != 0 }'
}

test_unload()
{
	pair 4
	carries a b 192.168.241.2
	clear_hosts
	module_unload
	module_load
}

trap clear_hosts EXIT
module_load
modprobe -qa veth bridge 8021q vxlan sch_tbf nf_tables nft_chain_nat nft_masq || true
[[ -e $parameter ]] || { echo "1..0 # SKIP the module sends one datagram at a time"; exit 0; }
# Each test of this file, in its order.
mapfile -t tests < <(sed -n 's/^\(test_[a-z0-9_]*\)().*/\1/p' "${BASH_SOURCE[0]}")
run_tests "${tests[@]}"
