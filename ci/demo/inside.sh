#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Runs in the two guests of demo.sh: carries out what the host asks for, one
# step after the other. A step is a file of shell commands that appears in the
# results directory; what it says and its status are left beside it.
#
#   namespace a          namespace r                    the receiving guest
#   wg0 ─ a0 ─────────── r0 ────── eth0 ═══════════════ eth0 ─ wg0
#         30 Mbit/s      10 ms     10 ms, with jitter
#
# Sending: 10.8.0.1 outside, 10.7.0.1 inside; receiving: 10.9.0.2 and 10.7.0.2.

stock_file()
{
	echo "/lib/modules/$(uname -r)/kernel/drivers/net/wireguard/wireguard.ko"
}

# loaded FILE: which module runs; fails unless it came from that file.
loaded()
{
	local running

	running=$(</sys/module/wireguard/srcversion)
	if [[ $running != "$(modinfo -F srcversion "$1")" ]]; then
		echo "the running module is not that of $1"
		return 1
	fi
	echo "$1, version $(</sys/module/wireguard/version)"
}

# load stock|ours: that module in place of the one that runs.
load()
{
	local dep file

	ip link del wg0 2>/dev/null || true
	[[ ! -e /sys/module/wireguard ]] || rmmod wireguard
	if [[ $1 == ours ]]; then
		file=$(modinfo -n wireguard)
		[[ $file == /lib/modules/*/updates/* ]] || {
			echo "modprobe would load $file, which the package did not put there"
			return 1
		}
		modprobe wireguard
	else
		file=$(stock_file)
		for dep in $(modinfo -F depends "$file" | tr , ' '); do
			modprobe "$dep"
		done
		insmod "$file"
	fi
	loaded "$file"
}

# wait_for COMMAND...: until it succeeds, a minute at most.
wait_for()
{
	local end=$((SECONDS + 60))

	until "$@" >/dev/null 2>&1; do
		if ((SECONDS >= end)); then
			echo "waited in vain for: $*"
			return 1
		fi
		sleep 0.2
	done
}

receiver_network()
{
	ip addr add 10.9.0.2/24 dev eth0
	ip link set eth0 up
	ip route add 10.8.0.0/24 via 10.9.0.1
}

# receiver_tunnel stock|ours
receiver_tunnel()
{
	load "$1"
	ip link add wg0 type wireguard
	wg set wg0 private-key /run/wgr/key listen-port 51820 \
		peer "$(</run/wgr/peer)" allowed-ips 10.7.0.1/32
	ip addr add 10.7.0.2/24 dev wg0
	ip link set wg0 up
}

sender_network()
{
	modprobe -a sch_netem sch_tbf veth
	ip netns add a
	ip netns add r
	ip link set eth0 netns r
	ip -n r link add r0 type veth peer name a0 netns a
	# A datagram is to meet the path by itself, not in a bundle.
	ip netns exec a ethtool -K a0 tso off gso off gro off tx-udp-segmentation off
	ip netns exec r ethtool -K r0 tso off gso off gro off tx-udp-segmentation off
	ip netns exec r sysctl -qw net.ipv4.ip_forward=1
	ip -n a addr add 10.8.0.1/24 dev a0
	ip -n r addr add 10.8.0.2/24 dev r0
	ip -n r addr add 10.9.0.1/24 dev eth0
	ip -n a link set lo up
	ip -n a link set a0 up
	ip -n r link set r0 up
	ip -n r link set eth0 up
	ip -n a route add default via 10.8.0.2
	# What TCP learnt of the path in one run is not to help the next.
	ip netns exec a sysctl -qw net.ipv4.tcp_no_metrics_save=1
	# netem with a rate of its own keeps the order: limit the rate before it.
	tc -n a qdisc add dev a0 root tbf rate 30mbit burst 8kb limit 250kb
	tc -n r qdisc add dev r0 root netem delay 10ms limit 10000
	tc -n r qdisc add dev eth0 root netem delay 10ms limit 10000
}

# path JITTER: what is added to or taken from the delay of 10 ms, at random;
# 0 for none.
path()
{
	if [[ $1 == 0 ]]; then
		tc -n r qdisc replace dev eth0 root netem delay 10ms limit 10000
	else
		tc -n r qdisc replace dev eth0 root netem delay 10ms "$1" limit 10000
	fi
}

# A new tunnel, since the other end has forgotten the old one's keys.
sender_tunnel()
{
	ip -n a link del wg0 2>/dev/null || true
	[[ -e /sys/module/wireguard ]] || modprobe wireguard
	loaded "$(stock_file)"
	ip -n a link add wg0 type wireguard
	ip netns exec a wg set wg0 private-key /run/wgr/key \
		peer "$(</run/wgr/peer)" allowed-ips 10.7.0.2/32 endpoint 10.9.0.2:51820
	ip -n a addr add 10.7.0.1/24 dev wg0
	ip -n a link set wg0 up
	wait_for ip netns exec a ping -q -c 1 -W 2 10.7.0.2
}

# listens -u|-t PORT
listens()
{
	[[ -n $(ss "$1" -lnH "sport = $2") ]]
}

udp_receive()
{
	setsid python3 /run/wgr/seqtest.py receive >/run/wgr/udp 2>&1 </dev/null &
	echo $! >/run/udp.pid
	wait_for listens -u 7777
}

udp_done()
{
	! kill -0 "$(</run/udp.pid)"
}

# udp_result: the line that the receiver prints at the end.
udp_result()
{
	wait_for udp_done
	cat /run/wgr/udp
}

udp_send()
{
	ip netns exec a python3 /run/wgr/seqtest.py send --count "$1" --rate "$2" 10.7.0.2
}

tcp_receive()
{
	setsid iperf3 -s -1 >/run/wgr/tcp 2>&1 </dev/null &
	wait_for listens -t 5201
}

# tcp_send SECONDS RECOVERY: prints iperf3's account, without the first two
# seconds; RECOVERY is net.ipv4.tcp_recovery.
tcp_send()
{
	ip netns exec a sysctl -qw net.ipv4.tcp_recovery="$2"
	ip netns exec a timeout $(($1 + 60)) iperf3 -c 10.7.0.2 -J -O 2 -t "$1"
}

main()
{
	local n=1 status

	cd /run/wgr || exit 1
	# For waits without a process, which would disturb what is measured.
	exec {never}<> <(:)
	while :; do
		until [[ -e step-$n ]]; do
			read -r -t 0.2 -u "$never"
		done
		[[ $(<"step-$n") != end ]] || exit 0
		# shellcheck disable=SC1090
		(set -eo pipefail; . "./step-$n") >"step-$n.out" 2>&1 </dev/null
		status=$?
		echo "$status" >"step-$n.new"
		mv "step-$n.new" "step-$n.status"
		n=$((n + 1))
	done
}

main
