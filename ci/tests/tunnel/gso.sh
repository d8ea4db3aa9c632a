#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest: many datagrams handed to the network stack as one packet, and what
# devices, rules and paths make of it. TAP.
set -euo pipefail

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
test_small_path()
{
	pair 4
	ip -n a link set eth0 mtu 1000
	in_fragments
}

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
	carries a b 192.168.241.2 16384
	wait "$changer"
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

# A router translates the addresses of what it forwards.
translated()
{
	local line table=ip

	[[ $1 == 4 ]] || table=ip6
	routed "$1"
	at r nft add table "$table" t || skip "no nftables"
	at r nft add chain "$table" t c '{ type nat hook postrouting priority 100; }'
	at r nft add rule "$table" t c oifname rb masquerade to :4000-4001 2>/dev/null ||
		at r nft add rule "$table" t c oifname rb meta l4proto udp masquerade to :4000-4001 || skip "no masquerade"
	line=$(watched b eth0 carries a b 192.168.241.2)
	correct "$line" 1000
	[[ $(field ports "$line") == 2,400[01] ]]
}

test_translated_4() { translated 4; }
test_translated_6() { translated 6; }

# A router with a smaller path behind it cuts each datagram into fragments.
test_small_behind_router()
{
	routed 4
	ip -n r link set rb mtu 1000
	in_fragments
}

# Through a bridge, a VLAN and another tunnel.
test_bridge()
{
	local line

	pair 4
	ip -n a link add br0 type bridge || skip "no bridge"
	ip -n a addr flush dev eth0
	ip -n a link set eth0 master br0
	ip -n a addr add 10.9.0.1/24 dev br0
	ip -n a link set br0 up
	alone a eth0
	line=$(watched b eth0 carries a b 192.168.241.2)
	correct "$line" 300
}

test_vlan()
{
	local line

	pair 4
	ip -n a link add link eth0 name v5 type vlan id 5 || skip "no VLAN"
	ip -n b link add link eth0 name v5 type vlan id 5
	ip -n a addr add 10.9.5.1/24 dev v5
	ip -n b addr add 10.9.5.2/24 dev v5
	ip -n a link set v5 up
	ip -n b link set v5 up
	at a wg set wg0 peer "$pub2" endpoint 10.9.5.2:2
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
	carries a b 192.168.241.2 16384
	wait "$changer"
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
run_tests test_together_4 test_together_6 test_shaped test_off test_refused test_wire_4 test_wire_6 \
	test_wire_4_without_offload test_wire_6_without_offload test_lengths test_marked_by_output test_marked_by_postrouting \
	test_in_turn_by_output test_marked_on_the_device test_small_path test_path_changes_4 test_path_changes_6 test_translated_4 \
	test_translated_6 test_small_behind_router test_bridge test_vlan test_vxlan_4 test_vxlan_6 test_nested \
	test_down_up test_charges test_unload
