#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest: what must let go when something else goes away, and what must not
# travel with a packet. Best on a kernel with checks.
#
#   ci/tests/tunnel/lifetimes.sh      TAP; TESTS="name ..." for some
set -euo pipefail

# shellcheck source=ci/tests/tunnel/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The inner packet's connection belongs to it, not to the datagram it is in.
test_nat_inside_ipv6_outside()
{
	local seen

	pair 6
	at a ip addr add 10.66.0.1/32 dev lo
	at a nft -f - <<-'RULES'
	table ip nat {
		chain post {
			type nat hook postrouting priority 100;
			oifname "wg0" masquerade
		}
	}
	table ip6 nat6 {
		chain post {
			type nat hook postrouting priority 100;
			ip6 saddr fc99::/16 masquerade
		}
	}
	table inet watch {
		chain out {
			type filter hook output priority 0;
			meta nfproto ipv6 udp dport 2 ct protocol icmp counter
		}
	}
	RULES
	ping_ok a 192.168.241.2
	at a ping -q -n -c 3 -i 0.2 -W 3 -I 10.66.0.1 192.168.241.2
	seen=$(at a nft list table inet watch | grep -o 'packets [0-9]*')
	equal "datagrams with an inner connection" "$seen" "packets 0"
}

# Routes over a namespace that goes do not outlive it, nor hold it up.
test_namespaces_go()
{
	pair 6
	ping_ok a 192.168.241.2
	# The sockets stay in a.
	ip netns add c
	ip -n a link set wg0 netns c
	ip -n c link set lo up
	ip -n c addr add 192.168.241.1/24 dev wg0
	ip -n c link set wg0 up
	ping_ok c 192.168.241.2
	ip netns del a
	ip netns del b
	sleep 1
	ip netns del c
	wait_for 20 no_interface_left
	fails grep -q "waiting for" <(dmesg | sed -n '/wgr-test: test_namespaces_go/,$p')
}

no_interface_left()
{
	# Held by every interface of ours, in whatever namespace.
	[[ $(</sys/module/wireguard/refcnt) == 0 ]] && ! pgrep -f '^\[kworker.*wgr-hs' >/dev/null
}

# Peers, interfaces and links go and come while packets are everywhere.
test_removal_under_load()
{
	local i

	pair
	ping_ok a 192.168.241.2
	at b iperf3 -s >/dev/null 2>&1 &
	wait_for 10 listens b 5201
	at a timeout 20 iperf3 -c 192.168.241.2 -t 15 -u -b 100M -P 2 >/dev/null 2>&1 &
	at b timeout 20 ping -q -f 192.168.241.1 >/dev/null 2>&1 &
	for ((i = 0; i < 12; i++)); do
		at b wg set wg0 peer "$pub1" remove
		at b wg set wg0 peer "$pub1" allowed-ips 192.168.241.1/32 endpoint 10.9.0.1:1
		at a ip link set wg0 down
		at a ip link set wg0 up
		at a wg set wg0 private-key <(echo "$key3")
		at a wg set wg0 private-key <(echo "$key1")
		at a wg show wg0 dump >/dev/null
	done
	ip -n b link del wg0
	tunnel b wg0 "$key2" 2 192.168.241.2/24
	at b wg set wg0 peer "$pub1" allowed-ips 192.168.241.1/32 endpoint 10.9.0.1:1
	wait_for 20 ping_ok a 192.168.241.2
}

# An end goes down while workers have packets of both its lines: datagrams come
# in bundles, which a slow module (see ci/vm/module.sh) takes more time to decrypt
# than all grace periods. Only when named.
test_down_with_backlog()
{
	local i

	pair
	ping_ok a 192.168.241.2
	for i in a b; do
		ip -n "$i" link set eth0 mtu 65000
		ip -n "$i" link set wg0 mtu 60000
	done
	tc -n a qdisc add dev eth0 root netem slot 1000ms 1000ms packets 4000 limit 20000
	at a timeout 60 python3 "$TUNNEL_DIR/seqtest.py" send --count 400000 --rate 8000 --size 30000 \
		192.168.241.2 >/dev/null 2>&1 &
	at b timeout 60 ping -q -f 192.168.241.1 >/dev/null 2>&1 &
	at b python3 - <<-'END'
		import fcntl, os, random, socket, struct, time
		seed = int(os.environ.get("WGR_SEED") or int.from_bytes(os.urandom(4), "little"))
		print("# seed", seed, flush=True)
		random.seed(seed)
		control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		for _ in range(40):
		    for flags in (0, 1):
		        time.sleep(random.uniform(0, 1.2) if not flags else 0)
		        # SIOCSIFFLAGS; IFF_UP is 1. A program for each change would come too late.
		        fcntl.ioctl(control, 0x8914, struct.pack("16sh22x", b"wg0", flags))
	END
	tc -n a qdisc del dev eth0 root
	wait_for 30 ping_ok a 192.168.241.2
}

# A key that arrives late is used at once, not after the retry time.
test_key_comes_last()
{
	local begin=$SECONDS

	pair
	at a wg set wg0 private-key /dev/null
	fails at a ping -q -c 1 -W 1 192.168.241.2
	at a wg set wg0 private-key <(echo "$key1")
	wait_for 3 ping_ok a 192.168.241.2
	((SECONDS - begin < 9))
}

# While the random generator has no seed nobody waits for it, least of all a link
# that goes down. Only when named: it needs a module that can be told when it
# has (see ci/vm/module.sh).
test_down_without_seed()
{
	local seeded=/sys/module/wireguard/parameters/seeded begin i

	pair
	trap 'echo 1 >/sys/module/wireguard/parameters/seeded' EXIT
	echo 0 >"$seeded"
	for i in 1 2; do
		fails at a ping -q -c 1 -W 1 192.168.241.2
		begin=${EPOCHREALTIME//.}
		ip -n a link set wg0 down
		((${EPOCHREALTIME//.} - begin < 1000000))
		ip -n a link set wg0 up
	done
	fails at a ping -q -c 1 -W 1 192.168.241.2
	equal 'handshake without a seed' "$(latest a wg0)" 0
	# What waits goes as soon as there is one, not when 5 s are over.
	at a timeout 20 ping -q -c 1 -W 3 192.168.241.2 &
	sleep 0.3
	echo 1 >"$seeded"
	wait $!
}

test_unload_with_packets_held()
{
	pair
	ping_ok a 192.168.241.2
	at b tc qdisc add dev eth0 root netem delay 3ms 3ms || skip "no netem"
	at b timeout 3 ping -q -f 192.168.241.1 >/dev/null 2>&1 &
	sleep 1
	module_unload
	# shellcheck disable=SC2119
	module_load
}

modprobe -qa sch_netem veth || true
# shellcheck disable=SC2119
module_load
rc=0
tests=(test_nat_inside_ipv6_outside test_namespaces_go test_removal_under_load test_key_comes_last
	test_unload_with_packets_held)
for t in test_down_with_backlog test_down_without_seed; do
	[[ " ${TESTS:-} " != *" $t "* ]] || tests+=("$t")
done
run_tests "${tests[@]}" || rc=$?
module_unload
exit "$rc"
