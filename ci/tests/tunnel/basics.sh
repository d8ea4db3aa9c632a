#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest: what a user of the interface sees, with nobody but our own
# module on both sides. TAP.
set -euo pipefail

# shellcheck source=ci/tests/tunnel/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

test_modinfo()
{
	local aliases version

	module_is_ours || skip "not our module"
	aliases=$(modinfo -F alias "$WGR_KO")
	grep -qx rtnl-link-wireguard <<<"$aliases"
	grep -qx net-pf-16-proto-16-family-wireguard <<<"$aliases"
	equal license "$(modinfo -F license "$WGR_KO")" 'GPL v2'
	version=$(sed -n 's/.*WGR_VERSION "\(.*\)"/\1/p' "$WGR_TREE/src/version.h")
	equal version "$(modinfo -F version "$WGR_KO")" "$version"
	equal 'version of the loaded module' "$(</sys/module/wireguard/version)" "$version"
}

test_create_delete()
{
	local i

	host a
	for i in 1 2 3 4 5 6 7 8; do
		ip -n a link add "wg$i" type wireguard
		ip -n a link set "wg$i" up
	done
	fails ip -n a link add wg1 type wireguard
	equal kind "$(ip -n a -d -j link show wg3 | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["linkinfo"]["info_kind"])')" wireguard
	equal mtu "$(at a cat /sys/class/net/wg3/mtu)" 1420
	for i in 1 2 3 4; do
		ip -n a link del "wg$i"
	done
	equal 'interfaces left' "$(at a wg show interfaces | wc -w)" 4
	# The rest goes with the namespace.
}

test_settings_come_back()
{
	host a
	new_keys
	ip -n a link add wg0 type wireguard
	at a wg set wg0 private-key <(echo "$key1") listen-port 4711 fwmark 0x1234
	at a wg set wg0 peer "$pub2" preshared-key <(echo "$psk") endpoint 10.1.2.3:4 \
		persistent-keepalive 25 allowed-ips 10.0.0.0/8,fd00::/64,192.168.7.7/32
	at a wg set wg0 peer "$pub3" endpoint '[fd01::5]:6'
	at a wg showconf wg0 >"$WGR_RESULTS/conf"
	grep -q '^ListenPort = 4711' "$WGR_RESULTS/conf"
	grep -q '^FwMark = 0x1234' "$WGR_RESULTS/conf"
	grep -qF "PrivateKey = $key1" "$WGR_RESULTS/conf"
	grep -qF "PresharedKey = $psk" "$WGR_RESULTS/conf"
	grep -q '^Endpoint = 10.1.2.3:4' "$WGR_RESULTS/conf"
	grep -qF 'Endpoint = [fd01::5]:6' "$WGR_RESULTS/conf"
	grep -q '^PersistentKeepalive = 25' "$WGR_RESULTS/conf"
	equal 'allowed ips' "$(at a wg show wg0 allowed-ips | grep -F "$pub2" | cut -f 2 | tr ' ' '\n' | sort | paste -sd ,)" \
		10.0.0.0/8,192.168.7.7/32,fd00::/64
	# Moving an address to another peer takes it from the first.
	at a wg set wg0 peer "$pub3" allowed-ips 10.0.0.0/8
	equal 'allowed ips left' "$(at a wg show wg0 allowed-ips | grep -F "$pub2" | cut -f 2 | tr ' ' '\n' | sort | paste -sd ,)" \
		192.168.7.7/32,fd00::/64
	at a wg set wg0 peer "$pub2" remove
	equal peers "$(at a wg show wg0 peers)" "$pub3"
	# What was read goes in again and reads the same.
	at a wg showconf wg0 >"$WGR_RESULTS/conf"
	ip -n a link add wg1 type wireguard
	sed -i 's/4711/4712/' "$WGR_RESULTS/conf"
	at a wg setconf wg1 "$WGR_RESULTS/conf"
	diff <(at a wg showconf wg1) "$WGR_RESULTS/conf"
}

test_many_peers()
{
	local n=${WGR_PEERS:-300} i got

	host a
	ip -n a link add wg0 type wireguard
	# Any 32 bytes are a public key.
	python3 - "$n" >"$WGR_RESULTS/peers" <<-'EOF'
		import base64, hashlib, sys
		for i in range(int(sys.argv[1])):
		    key = base64.b64encode(hashlib.sha256(b"%d" % i).digest()).decode()
		    print(f"[Peer]\nPublicKey = {key}")
		    print(f"AllowedIPs = 10.{i >> 8}.{i & 255}.0/24, fd00:{i:x}::/64, fd01:{i:x}::/64")
	EOF
	at a wg setconf wg0 "$WGR_RESULTS/peers"
	got=$(at a wg show wg0 peers | sort -u | wc -l)
	equal 'peers in the dump' "$got" "$n"
	got=$(at a wg show wg0 allowed-ips | cut -f 2 | wc -w)
	equal 'allowed ips in the dump' "$got" "$((3 * n))"
	# All at once, then again one by one while the interface is up.
	at a wg setconf wg0 /dev/null
	equal 'peers after removal' "$(at a wg show wg0 peers | wc -l)" 0
	ip -n a link set wg0 up
	at a wg setconf wg0 "$WGR_RESULTS/peers"
	i=0
	at a wg show wg0 peers >"$WGR_RESULTS/peers"
	for got in $(head -n 10 "$WGR_RESULTS/peers"); do
		at a wg set wg0 peer "$got" remove
		i=$((i + 1))
	done
	equal 'peers removed' "$(at a wg show wg0 peers | wc -l)" "$((n - i))"
}

free_bytes()
{
	awk '/^MemFree|^KReclaimable/ { sum += $2 } END { printf "%.0f", sum * 1024 }' /proc/meminfo
}

# A peer without packets or sessions takes less than 6 KiB, with an address of its own.
test_memory()
{
	local n=4000 free bytes

	module_is_ours || skip "not our module"
	! grep -q ' kasan_report\b' /proc/kallsyms || skip "this kernel guards all memory with more"
	host a
	ip -n a link add wg0 type wireguard
	python3 - "$n" >"$WGR_RESULTS/peers" <<-'EOF'
		import base64, hashlib, sys
		for i in range(int(sys.argv[1])):
		    key = base64.b64encode(hashlib.sha256(b"%d" % i).digest()).decode()
		    print(f"[Peer]\nPublicKey = {key}\nAllowedIPs = 10.0.{i >> 8}.{i & 255}/32")
	EOF
	# What it takes once only.
	at a wg setconf wg0 "$WGR_RESULTS/peers"
	at a wg setconf wg0 /dev/null
	pause 1
	free=$(free_bytes)
	at a wg setconf wg0 "$WGR_RESULTS/peers"
	bytes=$(((free - $(free_bytes)) / n))
	echo "$bytes bytes"
	[[ $bytes -lt 6144 ]]
}

both_ways()
{
	ping_ok a 192.168.241.2
	ping_ok b 192.168.241.1
	ping_ok a fd00::2
	ping_ok b fd00::1
	carries a b 192.168.241.2
	carries b a fd00::1
}

# threads: how many the polls of all peers have.
threads()
{
	pgrep -c '^napi/wg' || true
}

no_threads()
{
	[[ $(threads) == 0 ]]
}

# What comes alone does not wait for a worker.
test_lone()
{
	local there parameter=/sys/module/wireguard/parameters/threaded_peers

	module_is_ours || skip "not our module"
	[[ ! -w $parameter ]] || echo 0 >"$parameter"
	pair 4
	ping_ok a 192.168.241.2
	there=$(python3 "$TUNNEL_DIR/lone.py" a b 192.168.241.2 50)
	echo "$there of 50"
	[[ $there -ge 45 ]]
}

# A thread for each peer where the kernel's own module has that, up to a number of
# peers; whoever turns them on beyond it is obeyed.
test_threads()
{
	local i state=/sys/class/net/wg0/threaded default=64

	module_is_ours || skip "not our module"
	grep -q ' netif_threaded_enable\b' /proc/kallsyms || skip "this kernel's own module has no threads"
	[[ $(getconf _NPROCESSORS_CONF) -gt 2 ]] || default=0
	equal default "$(</sys/module/wireguard/parameters/threaded_peers)" "$default"
	echo 3 >/sys/module/wireguard/parameters/threaded_peers
	pair 4
	equal 'at first' "$(at a cat "$state")" 1
	equal 'threads of one peer on each side' "$(threads)" 2
	for i in 1 2; do at a wg set wg0 peer "$(wg genkey | wg pubkey)"; done
	equal 'threads of three peers and one' "$(threads)" 4
	ping_ok a 192.168.241.2
	at a wg set wg0 peer "$(wg genkey | wg pubkey)"
	equal 'with four peers' "$(at a cat "$state")" 0
	equal 'threads of four peers and one' "$(threads)" 1
	ping_ok a 192.168.241.2
	at a sh -c "echo 1 >$state"
	for i in 1 2; do at a wg set wg0 peer "$(wg genkey | wg pubkey)"; done
	equal 'when asked for' "$(threads)" 7
	ping_ok a 192.168.241.2
	at a wg set wg0 peer "$pub2" remove
	equal 'after a removal' "$(threads)" 6
	# Namespaces go when the kernel finds time.
	clear_hosts
	wait_for 20 no_threads
	echo 0 >/sys/module/wireguard/parameters/threaded_peers
	pair 4
	equal 'with 0' "$(at a cat "$state")" 0
	equal 'threads with 0' "$(threads)" 0
	ping_ok a 192.168.241.2
	echo "$default" >/sys/module/wireguard/parameters/threaded_peers
}

test_tunnel_4()     { pair 4; both_ways; }
test_tunnel_6()     { pair 6; both_ways; }
test_tunnel_4_psk() { pair 4 psk; both_ways; }
test_tunnel_6_psk() { pair 6 psk; both_ways; }

test_wrong_psk()
{
	pair 4 psk
	at b wg set wg0 peer "$pub1" preshared-key <(wg genpsk)
	fails at a ping -q -c 2 -W 1 192.168.241.2
	equal 'handshake time' "$(latest a wg0)" 0
	at b wg set wg0 peer "$pub1" preshared-key <(echo "$psk")
	# The next attempt comes five seconds after the last.
	wait_for 12 at a ping -q -c 1 -W 1 192.168.241.2
}

test_wrong_key()
{
	pair 4
	at b wg set wg0 peer "$pub1" remove
	at b wg set wg0 peer "$pub3" allowed-ips 192.168.241.1/32
	fails at a ping -q -c 2 -W 1 192.168.241.2
	equal 'handshake time' "$(latest a wg0)" 0
}

test_counters()
{
	local before after

	pair 4
	ping_ok a 192.168.241.2
	before=$(at a wg show wg0 transfer | cut -f 2,3)
	at a ping -q -c 10 -i 0.1 -s 1000 192.168.241.2 >/dev/null
	after=$(at a wg show wg0 transfer | cut -f 2,3)
	# 10 datagrams of 1000 + 8 + 20 bytes, padded to 16, and 32 around each.
	equal 'bytes received' "$((${after%%$'\t'*} - ${before%%$'\t'*}))" "$((10 * (1040 + 32)))"
	equal 'bytes sent' "$((${after##*$'\t'} - ${before##*$'\t'}))" "$((10 * (1040 + 32)))"
	equal 'errors' "$(at a cat /sys/class/net/wg0/statistics/rx_errors)" 0
}

test_no_peer_unreachable()
{
	local out

	pair 4
	ip -n a route add 10.99.0.0/16 dev wg0
	out=$(at a ping -c 1 -W 1 10.99.0.1 2>&1 || true)
	grep -qE 'Required key not available|Destination Host Unreachable' <<<"$out" || {
		echo "no peer: $out"
		return 1
	}
	at a wg set wg0 peer "$pub3" allowed-ips 10.99.0.0/16
	out=$(at a ping -c 1 -W 1 10.99.0.1 2>&1 || true)
	grep -qE 'Destination address required|Destination Host Unreachable' <<<"$out" || {
		echo "no endpoint: $out"
		return 1
	}
}

test_source_check()
{
	local errors

	pair 4
	ping_ok a 192.168.241.2
	errors=$(at b cat /sys/class/net/wg0/statistics/rx_errors)
	ip -n a addr add 192.168.241.77/32 dev wg0
	fails at a ping -q -c 3 -i 0.2 -W 1 -I 192.168.241.77 192.168.241.2
	equal 'receive errors' "$(at b cat /sys/class/net/wg0/statistics/rx_errors)" "$((errors + 3))"
	# What was refused leaves no hole in the order: the next is not held back.
	ping_ok a 192.168.241.2
}

test_roaming()
{
	local i

	pair 4
	ping_ok a 192.168.241.2
	equal endpoint "$(at b wg show wg0 endpoints | cut -f 2)" 10.9.0.1:1
	# A new address, a new port, another family; the peer follows.
	ip -n a addr add 10.9.0.77/24 dev eth0
	ip -n a addr del 10.9.0.1/24 dev eth0
	ip -n a addr add 10.9.0.77/24 dev eth0 2>/dev/null || true
	ping_ok a 192.168.241.2
	equal endpoint "$(at b wg show wg0 endpoints | cut -f 2)" 10.9.0.77:1
	at a wg set wg0 listen-port 99
	ping_ok a 192.168.241.2
	equal endpoint "$(at b wg show wg0 endpoints | cut -f 2)" 10.9.0.77:99
	at a wg set wg0 peer "$pub2" endpoint '[fd09::2]:2'
	ping_ok a 192.168.241.2
	equal endpoint "$(at b wg show wg0 endpoints | cut -f 2)" '[fd09::1]:99'
	for i in 1 2 3; do
		at a wg set wg0 peer "$pub2" endpoint 10.9.0.2:2
		ping_ok a fd00::2 1
		equal endpoint "$(at b wg show wg0 endpoints | cut -f 2)" 10.9.0.77:99
		at a wg set wg0 peer "$pub2" endpoint '[fd09::2]:2'
		ping_ok a fd00::2 1
		equal endpoint "$(at b wg show wg0 endpoints | cut -f 2)" '[fd09::1]:99'
	done
}

test_mtu()
{
	local out

	pair 4
	ping_ok a 192.168.241.2
	at a ping -q -c 2 -W 2 -M 'do' -s $((1420 - 28)) 192.168.241.2
	out=$(at a ping -c 1 -W 1 -M 'do' -s $((1421 - 28)) 192.168.241.2 2>&1 || true)
	grep -q 'mtu.1420' <<<"$out"
	# The full tunnel packet is 1420 + 80 bytes: it must just fit over IPv6 too.
	at a wg set wg0 peer "$pub2" endpoint '[fd09::2]:2'
	at a ping -q -c 2 -W 2 -M 'do' -s $((1420 - 28)) 192.168.241.2
	ip -n a link set wg0 mtu 1280
	ip -n b link set wg0 mtu 9000
	at a ping -q -c 2 -W 2 -s 4000 192.168.241.2
	at b ping -q -c 2 -W 2 -s 8000 192.168.241.1
	fails ip -n a link set wg0 mtu 2147483647
	carries b a 192.168.241.1
}

test_persistent_keepalive()
{
	local before

	pair 4
	at a wg set wg0 peer "$pub2" persistent-keepalive 1
	wait_for 5 handshaken b wg0
	before=$(at b wg show wg0 transfer | cut -f 2)
	pause 3.5
	# Three or four keepalives of 32 bytes.
	[[ $(at b wg show wg0 transfer | cut -f 2) -ge $((before + 96)) ]]
	at a wg set wg0 peer "$pub2" persistent-keepalive off
	pause 1
	before=$(at b wg show wg0 transfer | cut -f 2)
	pause 2
	equal 'bytes received when off' "$(at b wg show wg0 transfer | cut -f 2)" "$before"
}

handshaken()
{
	[[ $(latest "$1" "$2") != 0 ]]
}

test_passive_keepalive()
{
	local before

	pair 4
	ping_ok a 192.168.241.2
	at b iptables-legacy -I OUTPUT -o wg0 -j DROP
	before=$(at a wg show wg0 transfer | cut -f 2)
	# One-way traffic: nothing comes back but, after 10 s, a keepalive.
	at a ping -q -c 1 -W 1 192.168.241.2 && return 1
	equal 'bytes received at once' "$(at a wg show wg0 transfer | cut -f 2)" "$before"
	pause 10.5
	equal 'bytes received after 10 s' "$(at a wg show wg0 transfer | cut -f 2)" "$((before + 32))"
}

test_fwmark()
{
	pair 4
	at a wg set wg0 fwmark 0x77
	at a iptables-legacy -A OUTPUT -m mark --mark 0x77 -p udp --dport 2
	ping_ok a 192.168.241.2
	[[ $(at a iptables-legacy -nvxL OUTPUT | awk '/0x77/ { print $1 }') -ge 4 ]]
}

test_padding()
{
	local out size

	pair 4
	ping_ok a 192.168.241.2
	at a tcpdump -i eth0 -n -c 5 -w "$WGR_RESULTS/padding.pcap" 'udp dst port 2 and udp[8] = 4' 2>/dev/null &
	out=$!
	pause 2
	for size in 1 7 16 100 501; do
		at a ping -q -c 1 -W 2 -s "$size" 192.168.241.2 >/dev/null
	done
	wait "$out"
	for size in $(tcpdump -n -r "$WGR_RESULTS/padding.pcap" 2>/dev/null | sed 's/.*length.* \([0-9]*\)$/\1/'); do
		equal "padding of a datagram of $size" $(((size - 32) % 16)) 0
	done
}

# The outer header tells of congestion on the way, the inner one takes it over;
# what kind of service it is stays inside.
test_ecn()
{
	pair 4
	ping_ok a 192.168.241.2
	at b iptables-legacy -t mangle -A PREROUTING -i eth0 -p udp --dport 2 -m ecn --ecn-ip-ect 2 -j MARK --set-mark 1
	at b iptables-legacy -t mangle -A INPUT -i wg0 -m ecn --ecn-ip-ect 3 -j MARK --set-mark 3
	at a ping -q -c 3 -i 0.2 -Q 0xba 192.168.241.2 >/dev/null
	equal 'ECT(0) outside' "$(at b iptables-legacy -t mangle -nvxL PREROUTING | awk '/MARK/ { print $1 }')" 3
	equal 'CE inside' "$(at b iptables-legacy -t mangle -nvxL INPUT | awk '/MARK/ { print $1 }')" 0
	# Mark every datagram on its way as one that met congestion.
	at a tc qdisc add dev eth0 root handle 1: prio
	at a tc filter add dev eth0 parent 1: protocol ip u32 match ip dport 2 0xffff \
		action pedit munge ip tos set 0x03 retain 0x03 pipe action csum ip and udp || skip "no act_pedit"
	at a ping -q -c 3 -i 0.2 -Q 0xba 192.168.241.2 >/dev/null
	equal 'CE inside' "$(at b iptables-legacy -t mangle -nvxL INPUT | awk '/MARK/ { print $1 }')" 3
}

# The socket stays where the interface was born.
test_namespaces()
{
	new_keys
	host a b inner
	wire a eth0 10.9.0.1/24 b eth0 10.9.0.2/24
	ip -n a link add wg0 type wireguard
	at a wg set wg0 private-key <(echo "$key1") listen-port 1
	ip -n a link set wg0 netns inner
	at inner wg set wg0 peer "$pub2" allowed-ips 0.0.0.0/0 endpoint 10.9.0.2:2
	ip -n inner addr add 192.168.241.1/24 dev wg0
	ip -n inner link set wg0 up
	tunnel b wg0 "$key2" 2 192.168.241.2/24
	at b wg set wg0 peer "$pub1" allowed-ips 192.168.241.1/32
	ping_ok inner 192.168.241.2
	ping_ok b 192.168.241.1
	[[ -n $(ss -N a -ulnH 'sport = 1') ]]
	[[ -z $(ss -N inner -ulnH 'sport = 1') ]]
	# A new port there, too.
	at inner wg set wg0 listen-port 3
	[[ -n $(ss -N a -ulnH 'sport = 3') ]]
	ping_ok inner 192.168.241.2
	# The birth place goes: the interface stays, deaf, and can be removed.
	# shellcheck disable=SC2046
	kill $(ip netns pids a) 2>/dev/null || true
	ip netns del a
	pause 1
	at inner wg show wg0 >/dev/null
	fails at inner ping -q -c 1 -W 1 192.168.241.2
	ip -n inner link set wg0 down
	ip -n inner link set wg0 up || true
	ip -n inner link del wg0
}

test_namespace_exit_under_traffic()
{
	local i

	for i in 1 2 3; do
		pair 4
		at a ping -q -f -w 3 192.168.241.2 >/dev/null 2>&1 &
		at b ping -q -f -w 3 fd00::1 >/dev/null 2>&1 &
		pause 0.7
		ip netns del b
		pause 0.3
		clear_hosts
		wait
	done
	echo "$i rounds"
}

test_delete_under_traffic()
{
	local i

	pair 4
	for i in 1 2 3 4; do
		at a ping -q -f -w 2 192.168.241.2 >/dev/null 2>&1 &
		pause 0.5
		ip -n b link del wg0
		tunnel b wg0 "$key2" 2 192.168.241.2/24,fd00::2/64
		at b wg set wg0 peer "$pub1" allowed-ips 192.168.241.1/32,fd00::1/128 endpoint 10.9.0.1:1
		pause 0.3
		at a wg set wg0 peer "$pub2" remove
		at a wg set wg0 peer "$pub2" allowed-ips 192.168.241.2/32,fd00::2/128 endpoint 10.9.0.2:2
		wait
		wait_for 12 at a ping -q -c 1 -W 1 192.168.241.2
	done
	echo "$i rounds"
}

test_down_up()
{
	local i

	pair 4
	ping_ok a 192.168.241.2
	for i in 1 2 3; do
		ip -n a link set wg0 down
		[[ -z $(ss -N a -ulnH 'sport = 1') ]]
		ip -n a link set wg0 up
		wait_for 12 at a ping -q -c 1 -W 1 192.168.241.2
		ip -n b link set wg0 down
		ip -n b link set wg0 up
		wait_for 12 at b ping -q -c 1 -W 1 192.168.241.1
	done
	echo "$i rounds"
}

# A port that is taken cannot be had, and the interface goes on as it was.
test_port_in_use()
{
	host a
	ip -n a link add wg0 type wireguard
	ip -n a link add wg1 type wireguard
	ip -n a link set wg0 up
	ip -n a link set wg1 up
	at a wg set wg0 listen-port 5555
	fails at a wg set wg1 listen-port 5555
	at a wg set wg1 listen-port 5556
	ip -n a link set wg1 down
	at a wg set wg1 listen-port 5555
	fails ip -n a link set wg1 up
	ip -n a link del wg0
	ip -n a link set wg1 up
}

# Settings from many processes at once, with traffic on: for the checks of a
# debugging kernel.
test_churn()
{
	local end k

	pair 4
	end=$((SECONDS + ${WGR_CHURN:-6}))
	at a ping -q -f -w $((end - SECONDS)) 192.168.241.2 >/dev/null 2>&1 &
	at b ping -q -f -w $((end - SECONDS)) fd00::1 >/dev/null 2>&1 &
	while ((SECONDS < end)); do at a wg show all dump >/dev/null; done &
	while ((SECONDS < end)); do
		k=$(wg genkey | wg pubkey)
		at a wg set wg0 peer "$k" allowed-ips 10.7.0.0/16,192.168.241.0/24 endpoint 10.9.0.9:9 persistent-keepalive 1
		at a wg set wg0 peer "$k" remove
	done &
	while ((SECONDS < end)); do
		ip -n b link add wg9 type wireguard
		at b wg set wg9 private-key <(echo "$key3") listen-port 9 peer "$pub1" endpoint 10.9.0.1:1 allowed-ips 0.0.0.0/0
		ip -n b link set wg9 up
		ip -n b link del wg9
	done &
	while ((SECONDS < end)); do
		at b wg set wg0 listen-port 22
		at b wg set wg0 listen-port 2 fwmark 7
		at b wg set wg0 fwmark 0
	done
	wait
	at a wg set wg0 peer "$pub2" allowed-ips 192.168.241.2/32,fd00::2/128
	# The last port may have come after the last ping: a hears of it from b.
	wait_for 15 at b ping -q -c 1 -W 1 192.168.241.1
	wait_for 15 at a ping -q -c 1 -W 1 192.168.241.2
}

# Interfaces in use do not keep the module loaded: they go with it.
test_unload()
{
	local i

	for i in 1 2 3; do
		pair 4
		at a ping -q -f -w 2 192.168.241.2 >/dev/null 2>&1 &
		pause 0.5
		module_unload
		fails at a wg show wg0
		clear_hosts
		wait
		module_load
	done
	pair 4
	both_ways
}

# wg-quick with the line that README has: the tunnel is up with either module.
readme_post_up()
{
	local line

	new_keys
	host a
	line=$(sed -n 's/^ *\(PostUp = .*\)/\1/p' "$WGR_TREE/README.md")
	printf '[Interface]\nPrivateKey = %s\nAddress = 10.5.5.1/24\n%s\n' "$key1" "$line" >"$WGR_RESULTS/wg0.conf"
	chmod 600 "$WGR_RESULTS/wg0.conf"
	at a wg-quick up "$WGR_RESULTS/wg0.conf"
	[[ -n $(ip -n a link show dev wg0 up) ]]
}

# readme_options: a modprobe that has nothing but README's line to go by.
readme_options()
{
	local tree=$WGR_RESULTS/modules

	rm -rf "$tree"
	mkdir -p "$tree/modprobe.d" "$tree/lib/modules/$(uname -r)"
	sed -n 's/^ *\(options wireguard .*\)/\1/p' "$WGR_TREE/README.md" >"$tree/modprobe.d/wireguard.conf"
	[[ -s $tree/modprobe.d/wireguard.conf ]]
	cp "$1" "$tree/lib/modules/$(uname -r)/"
	depmod -b "$tree"
	modprobe -d "$tree" -C "$tree/modprobe.d" wireguard
	ip -n a link add wg0 type wireguard
}

# The two ways that README names, as it words them.
test_readme_keeps_settings()
{
	local hold=reorder/hold_max_us

	module_is_ours || skip "not our module"
	readme_post_up
	equal 'set by wg-quick' "$(at a cat "/sys/class/net/wg0/$hold")" 500000
	at a wg-quick down "$WGR_RESULTS/wg0.conf"

	module_unload
	cp "$WGR_KO" "$WGR_RESULTS/wireguard.ko"
	readme_options "$WGR_RESULTS/wireguard.ko"
	equal 'set by modprobe' "$(at a cat "/sys/class/net/wg0/$hold")" 500000
	clear_hosts
	module_unload
	module_load
}

# And neither may do harm where the kernel's own module is loaded.
test_readme_settings_and_stock()
{
	local stock dep

	stock=$(modinfo -F filename wireguard) || skip "no module of the kernel's own"
	module_unload
	for dep in $(modinfo -F depends wireguard | tr , ' '); do
		modprobe "$dep"
	done
	insmod "$stock"
	readme_post_up
	fails at a test -e /sys/class/net/wg0/reorder
	at a wg-quick down "$WGR_RESULTS/wg0.conf"
	module_unload
	readme_options "$stock"
	clear_hosts
	module_unload
	module_load
}

tests=(test_modinfo test_create_delete test_settings_come_back test_many_peers test_memory test_threads test_tunnel_4
       test_tunnel_6 test_tunnel_4_psk test_tunnel_6_psk test_wrong_psk test_wrong_key test_counters
       test_no_peer_unreachable test_source_check test_roaming test_mtu test_persistent_keepalive
       test_passive_keepalive test_fwmark test_padding test_ecn test_namespaces
       test_namespace_exit_under_traffic test_delete_under_traffic test_down_up test_port_in_use test_lone
       test_churn test_unload test_readme_keeps_settings test_readme_settings_and_stock)

module_load
run_tests "${tests[@]}"; exit
