#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest: order at the receiver behind a path that reorders. TAP.
#
#   a ---- r ---- b     r's side towards b delays each packet by 1 ms, give or
#                       take 0.8 ms, which netem does by letting them overtake
#
# With the kernel's own module ($WGR_KO empty) it measures and judges nothing
# but the path.
set -euo pipefail

# shellcheck source=ci/tests/tunnel/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# path DELAY...: netem's words for what r does to packets on their way to b.
path()
{
	new_keys
	host a r b
	wire a eth0 10.9.1.1/24,fd91::1/64 r ra 10.9.1.254/24,fd91::fe/64
	wire b eth0 10.9.2.2/24,fd92::2/64 r rb 10.9.2.254/24,fd92::fe/64
	at r sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	ip -n a route add default via 10.9.1.254
	ip -n b route add default via 10.9.2.254
	ip -n a -6 route add default via fd91::fe
	ip -n b -6 route add default via fd92::fe
	# Merged packets would be delayed as one.
	at r ethtool -K ra gro off gso off tso off >/dev/null
	at r ethtool -K rb gro off gso off tso off >/dev/null
	at a ethtool -K eth0 gso off tso off tx-udp-segmentation off >/dev/null
	tunnel a wg0 "$key1" 1 192.168.241.1/24,fd00::1/64
	tunnel b wg0 "$key2" 2 192.168.241.2/24,fd00::2/64
	at a wg set wg0 peer "$pub2" allowed-ips 192.168.241.2/32,fd00::2/128 endpoint "${to_b:-10.9.2.2}:2"
	at b wg set wg0 peer "$pub1" allowed-ips 192.168.241.1/32,fd00::1/128
	ping_ok a 192.168.241.2
	# Not before: it may lose packets, and all pings are to be answered.
	at r tc qdisc add dev rb root netem limit 10000 "$@"
}

# judge COUNTS: no packet out of order, none twice.
judge()
{
	echo "tunnel: $1"
	module_is_ours || return 0
	equal 'out of order' "$(field out_of_order "$1")" 0
	equal 'duplicates' "$(field duplicate "$1")" 0
}

# few_lost COUNTS SHARE: not more than SHARE in a thousand.
few_lost()
{
	(($(field lost "$1") * 1000 <= $(field sent "$1") * $2))
}

# in_order SHARE FROM TO ADDRESS [sequence options]: a stream comes in order,
# every time, and at least once with few losses.
in_order()
{
	local share=$1 try out
	shift

	for try in 1 2 3 4; do
		out=$(sequence "$@")
		judge "$out"
		! few_lost "$out" "$share" || return 0
		module_is_ours || return 0
	done
	echo "more than $share in 1000 lost, $try times in a row"
	return 1
}

# The path itself must reorder, or the tests below prove nothing.
reorders()
{
	local out

	out=$(sequence a b "$1" --count 2000 --rate "${rate:-2000}")
	echo "path:   $out"
	[[ $(field out_of_order "$out") -gt 50 ]]
}

rate=2000
[[ -n ${WGR_QUICK:-} ]] && count=4000 || count=10000

order_4()
{
	path delay 1ms 0.8ms
	reorders 10.9.2.2
	in_order 5 a b 192.168.241.2 --count "$count" --rate "$rate"
}

order_6()
{
	to_b='[fd92::2]'
	path delay 1ms 0.8ms
	reorders fd92::2
	in_order 5 a b fd00::2 --count "$count" --rate "$rate"
}

# Losses and duplicates on top: what is there still comes in order, once.
order_loss_duplicates()
{
	path delay 1ms 0.8ms loss 2% duplicate 2%
	in_order 30 a b 192.168.241.2 --count "$count" --rate "$rate"
}

# More skew than the wait: late packets are lost, never delivered late.
test_order_beyond_hold()
{
	path delay 20ms 15ms
	judge "$(sequence a b 192.168.241.2 --count 4000 --rate 1000)"
}

test_order_both_ways()
{
	local one

	path delay 1ms 0.8ms
	at r tc qdisc add dev ra root netem limit 10000 delay 1ms 0.8ms
	sequence a b 192.168.241.2 --count "$count" --rate "$rate" >"$WGR_RESULTS/one" &
	one=$!
	sequence b a fd00::1 --count "$count" --rate "$rate" >"$WGR_RESULTS/other"
	wait "$one"
	judge "$(<"$WGR_RESULTS/one")"
	judge "$(<"$WGR_RESULTS/other")"
}

# TCP on a path that jitters: no collapse.
test_tcp_jitter()
{
	local plain jitter

	path delay 1ms
	plain=$(goodput a b 192.168.241.2 "${WGR_TCP_SECONDS:-5}")
	at r tc qdisc replace dev rb root netem limit 10000 delay 1ms 0.5ms
	jitter=$(goodput a b 192.168.241.2 "${WGR_TCP_SECONDS:-5}")
	echo "Mbit/s without jitter $plain, with $jitter"
	module_is_ours || return 0
	python3 -c "import sys; sys.exit(not $jitter > 0.1 * $plain)"
}

# A packet on a quiet line goes straight up.
test_no_added_delay()
{
	local rtt

	path delay 1ms
	rtt=$(at a ping -q -n -c 100 -i 0.02 192.168.241.2 | sed -n 's:.*= \([0-9.]*\)/.*:\1:p')
	echo "shortest round trip $rtt ms over a path of 1 ms"
	module_is_ours || return 0
	python3 -c "import sys; sys.exit(not $rtt < 5.5)"
}

# figure HOST NAME: a figure of its tunnel.
figure()
{
	at "$1" ethtool -S wg0 | sed -n "s/^ *$2: //p"
}

# A device with a queue for each CPU, of which one is slower: a sender that put a
# flow's packets into both in turn would swap them itself. At full speed; see
# test_flow_keeps_to_a_queue in flows.sh for several flows.
test_sender_keeps_to_a_queue()
{
	local try swapped all before=0 others=0

	module_is_ours || return 0
	pair 4
	at b ethtool -L eth0 rx 2
	at a ethtool -L eth0 tx 2
	at a sh -c 'echo 1 >/sys/class/net/eth0/queues/tx-0/xps_cpus
		    echo 2 >/sys/class/net/eth0/queues/tx-1/xps_cpus'
	at a tc qdisc replace dev eth0 root handle 1: mq
	at a tc qdisc replace dev eth0 parent 1:2 netem delay 0.3ms limit 10000
	ping_ok a 192.168.241.2
	# Where the machine stands still in between, the sender may well move.
	for try in 1 2 3; do
		goodput a b 192.168.241.2 "${WGR_TCP_SECONDS:-5}"
		swapped=$(($(figure b reordered) - before))
		all=$(($(figure b authenticated) - others))
		echo "try $try: swapped $swapped of $all"
		[[ $((swapped * 500)) -gt $all ]] || return 0
		before=$((before + swapped))
		others=$((others + all))
	done
	echo "more than 1 in 500 swapped, $try times in a row"
	return 1
}

# fair_uplink SPARSE: the share of a bulk flow that b gets of what it is sent, in
# percent, while a sparse flow of as many packets a second goes beside it. A flow
# queue on the sender's uplink holds the bulk flow for longer than any hold and lets
# the sparse one pass it, as each router does that shapes its uplink.
fair_uplink()
{
	local bulk

	sequence h b 192.168.241.2 --count 2000 --rate 400 --size 1300 >"$WGR_RESULTS/bulk" &
	bulk=$!
	sleep 1
	sequence_port=7778 sequence h b 192.168.241.2 --count $(($1 * 3)) --rate "$1" --size 60 >"$WGR_RESULTS/sparse"
	wait "$bulk"
	judge "$(<"$WGR_RESULTS/bulk")" >&2
	judge "$(<"$WGR_RESULTS/sparse")" >&2
	echo "$(($(field received "$(<"$WGR_RESULTS/bulk")") * 100 / 2000))"
}

# What merely other flows have overtaken goes up, and nothing of a flow out of order.
test_flow_queue()
{
	local share wait

	pair 4
	host h
	wire h eth0 10.9.3.2/24 a lan 10.9.3.1/24
	at a sysctl -qw net.ipv4.ip_forward=1
	ip -n h route add default via 10.9.3.1
	at b wg set wg0 peer "$pub1" allowed-ips 192.168.241.1/32,10.9.3.0/24
	ip -n b route add 10.9.3.0/24 dev wg0
	ping_ok a 192.168.241.2
	at a tc qdisc replace dev eth0 root handle 1: tbf rate 4mbit burst 5kb limit 2000000
	at a tc qdisc add dev eth0 parent 1:1 fq flow_limit 100
	share=$(fair_uplink 50)
	echo "of the bulk flow $share %"
	module_is_ours || return 0
	at b ethtool -S wg0 | grep -E 'late|behind|ahead' | xargs
	# A machine that stands still swaps some by itself.
	[[ $(at b cat /sys/class/net/wg0/statistics/rx_dropped) -le 20 && $share -ge 45 ]]
	wait=$(figure b wait_ns)
	echo "wait $wait ns"
	[[ $wait -le 1000000 ]]
	# The whole peer in order: that drops what was passed.
	at b sh -c 'echo peer >/sys/class/net/wg0/reorder/scope'
	share=$(fair_uplink 50)
	echo "in scope peer $share %"
	[[ $(figure b late) -gt 200 ]]
}

# The path shares the CPU with everything else: when the machine stalls, packets
# are later than netem was told, and later than the module waits by itself. Tests
# that ask for few losses let it wait longer.
patient()
{
	module_unload
	WGR_PARAMETERS="mode=fixed hold_us=200000" module_load
	"$@"
	clear_hosts
	module_unload
	module_load
}

test_order_4()               { patient order_4; }
test_order_6()               { patient order_6; }
test_order_loss_duplicates() { patient order_loss_duplicates; }

tests=(test_order_4 test_order_6 test_order_loss_duplicates test_order_beyond_hold
       test_order_both_ways test_tcp_jitter test_no_added_delay test_flow_queue)
# Only where it is named: nothing else may take the CPUs meanwhile.
[[ " ${TESTS:-} " != *' test_sender_keeps_to_a_queue '* ]] || tests+=(test_sender_keeps_to_a_queue)

modprobe -q sch_netem || true
module_load
run_tests "${tests[@]}"; exit
