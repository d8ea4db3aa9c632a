#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In the second of two machines (ci/vm/pair.sh): our module here against the
# kernel's own in the first, in both roles, and renewed in the middle of a
# transfer. TAP.
set -euo pipefail

# shellcheck source=ci/tests/tunnel/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

remote=$WGR_TREE/ci/vm/remote

far()
{
	"$remote" "$@"
}

# meet OUTSIDE [PSK]: a tunnel between the machines: .1 the kernel's module in
# the first, .2 ours here. Neither has made a handshake yet.
meet()
{
	local to_far=10.8.0.1 to_near=10.8.0.2

	if [[ $1 == 6 ]]; then
		to_far='[fd08::1]'
		to_near='[fd08::2]'
	fi
	new_keys
	far ip link del wg0 >/dev/null || true
	ip link del wg0 2>/dev/null || true
	far ip link add wg0 type wireguard
	far bash -c "wg set wg0 private-key <(echo $key1) listen-port 1 peer $pub2 allowed-ips 192.168.241.2/32,fd00::2/128 endpoint $to_near:2"
	ip link add wg0 type wireguard
	wg set wg0 private-key <(echo "$key2") listen-port 2 peer "$pub1" allowed-ips 192.168.241.1/32,fd00::1/128 endpoint "$to_far:1"
	if [[ ${2:-} == psk ]]; then
		far bash -c "wg set wg0 peer $pub2 preshared-key <(echo $psk)"
		wg set wg0 peer "$pub1" preshared-key <(echo "$psk")
	fi
	far ip addr add 192.168.241.1/24 dev wg0
	far ip addr add fd00::1/64 dev wg0
	ip addr add 192.168.241.2/24 dev wg0
	ip addr add fd00::2/64 dev wg0
	far ip link set wg0 up
	ip link set wg0 up
}

answers()
{
	far ping -q -n -c 3 -i 0.2 -W 3 "$1" | grep -q ' 0% packet loss'
}

gets()
{
	ping -q -n -c 3 -i 0.2 -W 3 "$1" | grep -q ' 0% packet loss'
}

# stream_in/stream_out ADDRESS [options]: numbered datagrams from the other
# side to here, from here to there.
stream_in()
{
	local address=$1 receiver out
	shift

	out=$(mktemp)
	python3 "$TUNNEL_DIR/seqtest.py" receive --port 7777 >"$out" &
	receiver=$!
	wait_for 20 here_listens 7777
	far python3 "$TUNNEL_DIR/seqtest.py" send --port 7777 "$@" "$address"
	wait "$receiver"
	cat "$out"
}

stream_out()
{
	local address=$1 out
	shift

	far bash -c "python3 $TUNNEL_DIR/seqtest.py receive --port 7778 >/run/stream 2>&1 & until ss -ulnH 'sport = 7778' | grep -q .; do sleep 0.1; done" >/dev/null
	python3 "$TUNNEL_DIR/seqtest.py" send --port 7778 "$@" "$address"
	far bash -c "until [[ -s /run/stream ]]; do sleep 0.2; done; cat /run/stream; rm /run/stream"
}

here_listens()
{
	[[ -n $(ss -ulnH "sport = $1") ]]
}

tcp()
{
	local out

	far bash -c "iperf3 -s -D -1 --pidfile /run/iperf3.pid >/dev/null 2>&1; sleep 0.5"
	out=$(timeout 60 iperf3 -c 192.168.241.1 -t 3 -J "$@") || { echo "$out" | tail -n 3; return 1; }
	python3 -c 'import json,sys; print("TCP", round(json.load(sys.stdin)["end"]["sum_received"]["bits_per_second"]/1e6, 1), "Mbit/s")' <<<"$out"
}

# Traffic of every kind, once the handshake is made.
traffic()
{
	local out

	answers 192.168.241.2
	gets fd00::1
	tcp
	tcp -R
	out=$(stream_in 192.168.241.2 --count 1000 --rate 500)
	echo "from there: $out"
	equal lost "$(field lost "$out")" 0
	equal 'out of order' "$(field out_of_order "$out")" 0
	out=$(stream_out fd00::1 --count 1000 --rate 500)
	echo "from here: $out"
	equal lost "$(field lost "$out")" 0
}

stock_starts() { meet "$@"; answers 192.168.241.2; traffic; }
ours_starts()  { meet "$@"; gets 192.168.241.1; traffic; }

test_stock_starts_4()     { stock_starts 4; }
test_stock_starts_6_psk() { stock_starts 6 psk; }
test_ours_starts_4_psk()  { ours_starts 4 psk; }
test_ours_starts_6()      { ours_starts 6; }

test_both_start()
{
	local i

	for i in 1 2 3; do
		meet 4
		far ping -q -c 5 -i 0.2 192.168.241.2 >/dev/null &
		ping -q -c 5 -i 0.2 192.168.241.1 >/dev/null
		wait
		answers 192.168.241.2
		gets 192.168.241.1
	done
	echo "$i times"
}

test_roaming()
{
	meet 4
	gets 192.168.241.1
	far wg set wg0 listen-port 77
	answers 192.168.241.2
	equal endpoint "$(wg show wg0 endpoints | cut -f 2)" 10.8.0.1:77
	wg set wg0 listen-port 78
	gets 192.168.241.1
	equal endpoint "$(far wg show wg0 endpoints | cut -f 2)" 10.8.0.2:78
}

# What the kernel's own module sends comes out of ours in order, whatever the
# path did to it.
test_order_behind_jitter()
{
	local out try

	meet 4
	answers 192.168.241.2
	far tc qdisc add dev eth0 root netem limit 10000 delay 1ms 0.8ms
	for try in 1 2 3; do
		out=$(stream_in 10.8.0.2 --count 2000 --rate 500)
		echo "path:   $out"
		# Or the rest would prove nothing.
		[[ $(field out_of_order "$out") -gt 5 ]]
		out=$(stream_in 192.168.241.2 --count 4000 --rate 500)
		echo "tunnel: $out"
		[[ -z ${WGR_KO:-} ]] || equal 'out of order' "$(field out_of_order "$out")" 0
		(($(field lost "$out") * 100 > $(field sent "$out"))) || break
	done
	far tc qdisc del dev eth0 root
	((try < 3 || $(field lost "$out") * 100 <= $(field sent "$out")))
}

test_rekey_in_transfer()
{
	local seconds=${WGR_REKEY_SECONDS:-140} rate=100 before out

	meet 4 psk
	gets 192.168.241.1
	before=$(latest_here)
	stream_out 192.168.241.1 --count $((seconds * rate)) --rate "$rate" >"$WGR_RESULTS/out" &
	out=$(stream_in 192.168.241.2 --count $((seconds * rate)) --rate "$rate")
	wait
	echo "from there: $out"
	equal lost "$(field lost "$out")" 0
	equal 'out of order' "$(field out_of_order "$out")" 0
	out=$(<"$WGR_RESULTS/out")
	echo "from here: $out"
	equal lost "$(field lost "$out")" 0
	[[ $(latest_here) -ge $((before + 115)) ]] || {
		echo "no new session"
		return 1
	}
}

latest_here()
{
	wg show wg0 latest-handshakes | cut -f 2
}

tests=(test_stock_starts_4 test_stock_starts_6_psk test_ours_starts_4_psk test_ours_starts_6
       test_both_start test_roaming test_order_behind_jitter)
[[ -n ${WGR_QUICK:-} ]] || tests+=(test_rekey_in_transfer)

module_load
far modprobe wireguard
far modprobe sch_netem
[[ $(far cat /sys/module/wireguard/version) == 1.0.0 ]]
run_tests "${tests[@]}"; exit
