#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest: what the sender's devices and their queues see of the flows in a
# tunnel. TAP.
#
#   h ---- a ---- b     the tunnel is between a and b; h's packets are forwarded
#
# With the kernel's own module ($WGR_KO empty) it prints what that does.
set -euo pipefail

# shellcheck source=ci/tests/tunnel/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

flows=40

# sender OUTSIDE: pair, and h behind a. OUTSIDE: 4 or 6.
sender()
{
	pair "$1"
	host h
	wire h lan 10.8.0.2/24,fd08::2/64 a lan 10.8.0.1/24,fd08::1/64
	at a sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	ip -n h route add default via 10.8.0.1
	ip -n h -6 route add default via fd08::1
	at b wg set wg0 peer "$pub1" allowed-ips 192.168.241.1/32,fd00::1/128,10.8.0.0/24,fd08::/64
	ip -n b route add 10.8.0.0/24 dev wg0
	ip -n b -6 route add fd08::/64 dev wg0
	# What a queue counts are datagrams, not super-packets of them.
	at a ethtool -K eth0 gso off tso off tx-udp-segmentation off >/dev/null
	ping_ok h 192.168.241.2
}

# Each of these fills the queue for a second or two, and prints how many flows
# are in it then.

fq()
{
	at a tc qdisc add dev eth0 root handle 1: tbf rate 1mbit burst 3kb limit 2000000
	at a tc qdisc add dev eth0 parent 1:1 handle 2: fq flow_limit 100
	"$@"
	at a tc -s -j qdisc show dev eth0 |
		python3 -c 'import json,sys; print([q["flows"] for q in json.load(sys.stdin) if q["kind"] == "fq"][0])'
}

fq_codel()
{
	at a tc qdisc add dev eth0 root handle 1: tbf rate 1mbit burst 3kb limit 2000000
	at a tc qdisc add dev eth0 parent 1:1 handle 2: fq_codel target 10s interval 20s
	"$@"
	at a tc class show dev eth0 | grep -c '^class fq_codel' || true
}

cake()
{
	at a tc qdisc add dev eth0 root handle 1: cake bandwidth 1mbit besteffort flows
	"$@"
	at a tc -s -j qdisc show dev eth0 | python3 -c '
import json, sys
tin = [q for q in json.load(sys.stdin) if q["kind"] == "cake"][0]["tins"][0]
print(tin["sparse_flows"] + tin["bulk_flows"] + tin["unresponsive_flows"])'
}

# seen QUEUE OUTSIDE: it sees all flows, wherever they come from. Some of them may
# share a place in its table.
seen()
{
	local queue=$1 from words to n bad=0 out=10.9.0.2
	shift

	[[ $1 == 4 ]] || out=fd09::2
	sender "$1"
	for from in h a 'a --connect'; do
		for to in 192.168.241.2 fd00::2; do
			read -ra words <<<"$from"
			n=$("$queue" at "${words[0]}" python3 "$TUNNEL_DIR/flows.py" send --flows "$flows" "${words[@]:1}" "$to")
			at a tc qdisc del dev eth0 root
			echo "$queue: of $flows flows from $from to $to over $out it sees $n"
			((n >= flows * 4 / 5 && n <= flows + 3)) || bad=1
		done
	done
	! module_is_ours || [[ $bad == 0 ]]
}

test_fq()         { seen fq 4; }
test_fq_codel_6() { seen fq_codel 6; }

test_cake()
{
	modprobe -q sch_cake || skip 'this kernel has no cake'
	seen cake 4
}

# What has no ports is a flow too: a ping passes what fills the queue.
test_ping_passes()
{
	local rtt

	sender 4
	rtt=$(fq_codel pinged | sed -n 's:.*= [0-9.]*/\([0-9.]*\)/.*:\1:p')
	echo "ping beside a queue of half a second: $rtt ms"
	! module_is_ours || python3 -c "import sys; sys.exit(not $rtt < 100)"
}

pinged()
{
	at a python3 "$TUNNEL_DIR/flows.py" send --flows 1 --count 150 192.168.241.2
	at a ping -q -n -c 4 -i 0.1 -W 3 192.168.241.2
}

# A device with a queue for each CPU, of which one is slower: each flow keeps to
# one of them, and so to its order, whatever CPU it is sent from; and both are used.
# What keeps its order is handed up by a far end that looks at it, too.
test_flow_keeps_to_a_queue()
{
	local mode by from words out slow all late receiver

	sender 4
	at b ethtool -L eth0 rx 2
	# Keeps the order of each queue, where backlogs of CPUs would not.
	at b ethtool -K eth0 gro on
	at a ethtool -L eth0 tx 2
	at a tc qdisc replace dev eth0 root handle 1: mq
	at a tc qdisc replace dev eth0 parent 1:2 netem delay 3ms limit 10000
	for by in hash xps; do
		[[ $by == hash ]] || at a sh -c 'echo 1 >/sys/class/net/eth0/queues/tx-0/xps_cpus
						    echo 2 >/sys/class/net/eth0/queues/tx-1/xps_cpus'
		for from in a h 'a --connect'; do
			for mode in off adaptive; do
				at b sh -c "echo $mode >/sys/class/net/wg0/reorder/mode" || ! module_is_ours
				slow=$(through_slow)
				late=$(at b cat /sys/class/net/wg0/statistics/rx_dropped)
				at b python3 "$TUNNEL_DIR/flows.py" receive >"$WGR_RESULTS/flows" &
				receiver=$!
				wait_for 20 udp_listens b 7100
				read -ra words <<<"$from"
				at "${words[0]}" python3 "$TUNNEL_DIR/flows.py" send --flows 16 --count 100 --rate 2000 --hop \
					"${words[@]:1}" 192.168.241.2
				wait "$receiver"
				out=$(<"$WGR_RESULTS/flows")
				slow=$(($(through_slow) - slow))
				late=$(($(at b cat /sys/class/net/wg0/statistics/rx_dropped) - late))
				all=$(field received "$out")
				echo "by $by, from $from, far end $mode: $out, $late late, $slow through the slow queue"
				module_is_ours || continue
				equal 'out of order in their flow' "$(field out_of_order "$out")" 0
				equal 'late' "$late" 0
				((all >= 1550 && slow * 10 > all && slow * 10 < all * 9))
			done
		done
	done
}

# Datagrams that have gone through the slow queue so far.
through_slow()
{
	at a tc -s -j qdisc show dev eth0 |
		python3 -c 'import json,sys; print([q["packets"] for q in json.load(sys.stdin) if q["kind"] == "netem"][0])'
}

# The largest packets that a hands to its tunnel while it sends to b.
largest_sent()
{
	local reader

	# Not by the function, which would stand between us and the program.
	ip netns exec a python3 "$TUNNEL_DIR/largest.py" wg0 >"$WGR_RESULTS/largest" &
	reader=$!
	carries a b fd00::2 16384 >&2
	carries a b 192.168.241.2 16384 >&2
	kill -INT "$reader"
	wait "$reader"
	cat "$WGR_RESULTS/largest"
}

# Those of IPv4 came later.
are_super()
{
	(($(field ipv6 "$1") > 65536)) || return 1
	! grep -q ' netif_set_gso_ipv4_max_size\b' /proc/kallsyms || (($(field ipv4 "$1") > 65536))
}

# Super-packets beyond 64 KiB, which an agent may ask for on all devices.
test_super_packets()
{
	local most

	pair 4
	if ! ip -n a link set wg0 gso_max_size 196608 gro_max_size 196608 2>"$WGR_RESULTS/refused"; then
		[[ $(at a ip -d link show wg0) == *tso_max_size* ]] || skip 'this kernel has no super-packets beyond 64 KiB'
		cat "$WGR_RESULTS/refused"
		return 1
	fi
	at a python3 "$TUNNEL_DIR/large_ipv4.py" wg0 196608
	# As large as may be, however slow the machine is.
	at a sysctl -qw net.ipv4.tcp_min_tso_segs=120 net.ipv4.tcp_tso_win_divisor=1
	ping_ok a 192.168.241.2
	# How large they get depends on how much else the machine does.
	for _ in 1 2 3; do
		most=$(largest_sent)
		echo "$most"
		! are_super "$most" || break
	done
	are_super "$most"
	equal 'errors and drops of the sender' \
		"$(at a sh -c 'cat /sys/class/net/wg0/statistics/tx_errors /sys/class/net/wg0/statistics/tx_dropped' | paste -sd ' ')" '0 0'
}

# A peer whose packets come in by one interface and is reached by another: the
# source that was asked is not where the route leads, which is found out once.
test_asymmetric_route()
{
	local found trace="$WGR_RESULTS/trace"

	pair 4
	wire a eth1 10.9.1.1/24 b eth1 10.9.1.2/24
	ip -n a addr add 10.9.7.1/32 dev lo
	ip -n a route add 10.9.0.2 dev eth0 src 10.9.7.1
	ip -n b route add 10.9.7.1 via 10.9.1.1 dev eth1 src 10.9.0.2
	ping_ok a 192.168.241.2
	mkdir "$trace"
	mount -t tracefs none "$trace" || true
	[[ -d $trace/events/fib/fib_table_lookup ]] || skip 'this kernel does not tell of look-ups'
	# From the port of b's tunnel.
	echo 'sport == 2' >"$trace/events/fib/fib_table_lookup/filter"
	echo 1 >"$trace/events/fib/fib_table_lookup/enable"
	at a ping -q -n -c 40 -i 0.02 192.168.241.2
	echo 0 >"$trace/events/fib/fib_table_lookup/enable"
	found=$(grep -c fib_table_lookup "$trace/trace" || true)
	equal endpoint "$(at b wg show wg0 endpoints | cut -f 2)" 10.9.7.1:1
	echo "tables looked up for 40 replies: $found"
	! module_is_ours || ((found < 20))
}

tests=(test_fq test_fq_codel_6 test_cake test_ping_passes test_flow_keeps_to_a_queue test_super_packets
       test_asymmetric_route)

for module in sch_fq sch_fq_codel sch_tbf sch_netem; do
	modprobe -q "$module" || true
done
module_load
run_tests "${tests[@]}"; exit
