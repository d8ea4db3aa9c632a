#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest: datagrams that b's device has collected go up to the socket together,
# and each of them is judged alone. TAP.
#
#   a ---- r ==== b ---- c     r lets go of many at once; b sends on to c what is
#                              not for itself
set -euo pipefail

# shellcheck source=ci/tests/tunnel/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

count=1000

# hosts OUTSIDE: 4 or 6; what b's rules see of WireGuard is counted.
hosts()
{
	new_keys
	host a r b
	wire a eth0 10.9.1.1/24,fd09:1::1/64 r r0 10.9.1.2/24,fd09:1::2/64
	wire r r1 10.9.2.2/24,fd09:2::2/64 b eth0 10.9.2.1/24,fd09:2::1/64
	at r sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	ip -n a route add default via 10.9.1.2
	ip -n a -6 route add default via fd09:1::2
	ip -n b route add default via 10.9.2.2
	ip -n b -6 route add default via fd09:2::2
	tc -n r qdisc add dev r1 root netem delay 30ms limit 20000
	at r ethtool -K r1 gso off tso off tx-udp-segmentation off >/dev/null
	at b ethtool -K eth0 gro on >/dev/null
	tunnel a wg0 "$key1" 1 192.168.241.1/24
	tunnel b wg0 "$key2" 2 192.168.241.2/24
	to=10.9.2.1
	[[ $1 == 4 ]] || to='[fd09:2::1]'
	at a wg set wg0 peer "$pub2" allowed-ips 192.168.241.2/32 endpoint "$to:2"
	at b wg set wg0 peer "$pub1" allowed-ips 192.168.241.1/32
	at b nft add table inet seen
	at b nft add chain inet seen in '{ type filter hook input priority 0; }'
	at b nft add rule inet seen in udp dport 2 counter
	wait_for 30 ping_ok a 192.168.241.2 1
}

# counted HOST CHAIN: packets that its only counter has seen.
counted()
{
	at "$1" nft list chain inet seen "$2" | sed -n 's/.*counter packets \([0-9]*\) .*/\1/p'
}

errors()
{
	at b cat /sys/class/net/wg0/statistics/rx_errors
}

# burst [SIZE [PORT]]: numbered datagrams in many bursts, as the path lets them go.
burst()
{
	sequence_port=${2:-7777} sequence a b 192.168.241.2 --count "$count" --rate 100000 --size "${1:-1000}"
}

merging()
{
	echo "$1" >/sys/module/wireguard/parameters/merge
	ip -n b link set wg0 down
	ip -n b link set wg0 up
	wait_for 30 ping_ok a 192.168.241.2 1
}

# whole LINE: of sequence.
whole()
{
	echo "$1"
	equal lost "$(field lost "$1")" 0
	equal 'out of order' "$(field out_of_order "$1")" 0
}

# together OUTSIDE
together()
{
	local was seen

	hosts "$1"
	was=$(counted b in)
	whole "$(burst)"
	seen=$(($(counted b in) - was))
	echo "$seen trips for $count datagrams"
	[[ $seen -lt $((count / 2)) ]] || return 1
	equal errors "$(errors)" 0
}

test_together_4() { together 4; }
test_together_6() { together 6; }

test_off()
{
	local was

	hosts 4
	merging N
	was=$(counted b in)
	whole "$(burst)"
	[[ $(($(counted b in) - was)) -ge $count ]] || { echo 'they were merged'; return 1; }
	merging Y
	was=$(counted b in)
	whole "$(burst)"
	[[ $(($(counted b in) - was)) -lt $((count / 2)) ]]
}

# Datagrams of two sizes, in turn, and every seventh of all is changed on its way.
test_broken()
{
	local was spoilt first second

	hosts 4
	at r nft add table inet seen
	at r nft add chain inet seen way '{ type filter hook forward priority 0; }'
	# Bytes 40 to 43 of the message, behind the UDP header: of what is sealed.
	at r nft add rule inet seen way udp dport 2 meta length 300-1400 numgen inc mod 7 3 counter @th,384,32 set 0x5a5a5a5a
	was=$(counted b in)
	burst 1000 >"$WGR_RESULTS/first" &
	burst 300 7778 >"$WGR_RESULTS/second"
	wait $!
	first=$(<"$WGR_RESULTS/first")
	second=$(<"$WGR_RESULTS/second")
	spoilt=$(counted r way)
	echo "$first" "$second" "$spoilt spoilt, $(errors) errors, $(($(counted b in) - was)) trips"
	[[ $spoilt -gt $((count / 7)) ]]
	equal errors "$(errors)" "$spoilt"
	equal received $(($(field received "$first") + $(field received "$second"))) \
		$((2 * count - spoilt))
	equal 'out of order' "$(field out_of_order "$first")$(field out_of_order "$second")" 00
	[[ $(($(counted b in) - was)) -lt $count ]]
}

# Not for b after all, though a socket of b's has the port: each goes on as it came, and
# with a checksum of its own.
test_sent_on()
{
	local was

	hosts 4
	host c
	wire b to_c 10.9.3.1/24 c eth0 10.9.3.2/24
	at b sysctl -qw net.ipv4.ip_forward=1
	at b ethtool -K to_c tx off gso off >/dev/null
	ip -n c route add default via 10.9.3.1
	tunnel c wg0 "$key3" 2 192.168.241.3/24
	at c wg set wg0 peer "$pub1" allowed-ips 192.168.241.1/32
	at b nft add table ip turn
	at b nft add chain ip turn pre '{ type nat hook prerouting priority -100; }'
	at b nft add chain ip turn post '{ type nat hook postrouting priority 100; }'
	at b nft add rule ip turn pre udp dport 2 dnat to 10.9.3.2
	at b nft add chain inet seen on '{ type filter hook forward priority 0; }'
	at b nft add rule inet seen on udp dport 2 counter
	at a wg set wg0 peer "$pub2" remove
	# Another port, which nothing is known of to connection tracking.
	at a wg set wg0 listen-port 5 peer "$pub3" allowed-ips 192.168.241.3/32 endpoint 10.9.2.1:2
	wait_for 30 ping_ok a 192.168.241.3 1
	was=$(counted b on)
	whole "$(sequence a c 192.168.241.3 --count "$count" --rate 100000 --size 1000)"
	was=$(($(counted b on) - was))
	echo "$was trips for $count datagrams"
	[[ $was -lt $((count / 2)) ]]
}

# Sockets come and go while bursts arrive.
test_rebound()
{
	local i sender

	hosts 4
	burst >"$WGR_RESULTS/sent" &
	sender=$!
	for i in 1 2 3 4 5 6; do
		at b wg set wg0 listen-port $((2 + i))
		at b wg set wg0 listen-port 2
		ip -n b link set wg0 down
		ip -n b link set wg0 up
		pause 0.1
	done
	wait "$sender" || true
	wait_for 30 ping_ok a 192.168.241.2 1
	whole "$(burst)"
}

modprobe -qa sch_netem veth nft_numgen nft_nat || true
module_load
run_tests test_together_4 test_together_6 test_off test_broken test_sent_on test_rebound; exit
