# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# For tests that run inside a guest: results as TAP, the module under test,
# hosts made of network namespaces.
#
# Each test is a function; run_tests calls those it is given, each in a
# subshell of its own under errexit, so that any command that fails fails the
# test. What a test prints goes out as TAP comments.

TUNNEL_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export WG_HIDE_KEYS=never

# Load the module under test, $WGR_KO, with the parameters in $WGR_PARAMETERS,
# or the kernel's own if there is none. What it depends on is loaded before it.
module_load()
{
	local dep

	modprobe -q udp_tunnel || true
	modprobe -q ip6_udp_tunnel || true
	if [[ -n ${WGR_KO:-} ]]; then
		while read -r dep; do
			modprobe -q "$dep" || true
		done < <(modinfo -F depends "$WGR_KO" | tr ',' '\n' | grep .)
		# Nothing may bring in the kernel's own while ours is out.
		echo 'install wireguard /bin/false' >/etc/modprobe.d/wireguard-under-test.conf
		# Several words.
		# shellcheck disable=SC2086
		insmod "$WGR_KO" ${WGR_PARAMETERS:-}
	else
		modprobe wireguard
	fi
}

module_unload()
{
	rmmod wireguard
}

module_is_ours()
{
	[[ -n ${WGR_KO:-} ]]
}

# pause SECONDS without a process.
pause()
{
	local fd
	exec {fd}<> <(:)
	read -r -t "$1" -u "$fd" || true
	exec {fd}>&-
}

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for()
{
	local end=$((SECONDS + $1))
	shift

	until "$@" >/dev/null 2>&1; do
		if ((SECONDS >= end)); then
			echo "waited in vain for: $*"
			return 1
		fi
		sleep 0.1
	done
}

# equal WHAT GOT WANTED
equal()
{
	if [[ $2 != "$3" ]]; then
		echo "$1: got '$2', want '$3'"
		return 1
	fi
}

# fails COMMAND...: it must fail.
fails()
{
	if "$@" >/dev/null 2>&1; then
		echo "this should have failed: $*"
		return 1
	fi
}

at()
{
	local host=$1
	shift
	ip netns exec "$host" "$@"
}

# host NAME...: network namespaces, with lo up and no duplicate address
# detection to wait for.
host()
{
	local h

	for h in "$@"; do
		ip netns add "$h"
		ip -n "$h" link set lo up
		at "$h" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
			net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
	done
}

# wire HOST DEV ADDRESSES HOST DEV ADDRESSES: a cable between two hosts;
# several addresses are separated by commas.
wire()
{
	local a

	ip link add "$2" netns "$1" type veth peer name "$5" netns "$4"
	for a in ${3//,/ }; do ip -n "$1" addr add "$a" dev "$2" nodad 2>/dev/null || ip -n "$1" addr add "$a" dev "$2"; done
	for a in ${6//,/ }; do ip -n "$4" addr add "$a" dev "$5" nodad 2>/dev/null || ip -n "$4" addr add "$a" dev "$5"; done
	ip -n "$1" link set "$2" up
	ip -n "$4" link set "$5" up
}

# clear_hosts: end all that runs in namespaces, remove them.
clear_hosts()
{
	local h pids

	for h in $(ip netns list | cut -d ' ' -f 1); do
		pids=$(ip netns pids "$h" 2>/dev/null || true)
		# shellcheck disable=SC2086
		[[ -z $pids ]] || kill $pids 2>/dev/null || true
		ip netns del "$h" || true
	done
}

is_go()
{
	[[ " ${GO_HOSTS:-} " == *" $1 "* ]]
}

# dev HOST: the name of its tunnel. wg asks wireguard-go by a socket that all
# namespaces see, so that one needs another name than the kernel's.
dev()
{
	if is_go "$1"; then echo go0; else echo wg0; fi
}

# tunnel HOST DEV KEY PORT ADDRESSES: a WireGuard interface with KEY (a private
# key), up. The kernel's kind, unless the host is in $GO_HOSTS.
tunnel()
{
	local a

	if is_go "$1"; then
		at "$1" env LOG_LEVEL=error wireguard-go "$2" >/dev/null 2>&1
		wait_for 10 at "$1" wg show "$2"
	else
		ip -n "$1" link add "$2" type wireguard
	fi
	at "$1" wg set "$2" private-key <(echo "$3") listen-port "$4"
	for a in ${5//,/ }; do ip -n "$1" addr add "$a" dev "$2"; done
	ip -n "$1" link set "$2" up
}

# new_keys: key1/pub1, key2/pub2, key3/pub3 and psk.
new_keys()
{
	key1=$(wg genkey); pub1=$(wg pubkey <<<"$key1")
	key2=$(wg genkey); pub2=$(wg pubkey <<<"$key2")
	key3=$(wg genkey); pub3=$(wg pubkey <<<"$key3")
	psk=$(wg genpsk)
	export key1 pub1 key2 pub2 key3 pub3 psk
}

# pair [OUTSIDE [PSK]]: hosts a and b joined by a cable, and a tunnel each, wg0
# (see dev):
# outside 10.9.0.1, .2 and fd09::1, ::2, inside 192.168.241.1, .2 and fd00::1,
# ::2. OUTSIDE: 4 or 6. PSK: psk or nothing.
pair()
{
	local to_a=10.9.0.1 to_b=10.9.0.2

	if [[ ${1:-4} == 6 ]]; then
		to_a='[fd09::1]'
		to_b='[fd09::2]'
	fi
	new_keys
	host a b
	wire a eth0 10.9.0.1/24,fd09::1/64 b eth0 10.9.0.2/24,fd09::2/64
	tunnel a "$(dev a)" "$key1" 1 192.168.241.1/24,fd00::1/64
	tunnel b "$(dev b)" "$key2" 2 192.168.241.2/24,fd00::2/64
	at a wg set "$(dev a)" peer "$pub2" allowed-ips 192.168.241.2/32,fd00::2/128 endpoint "$to_b:2"
	at b wg set "$(dev b)" peer "$pub1" allowed-ips 192.168.241.1/32,fd00::1/128 endpoint "$to_a:1"
	if [[ ${2:-} == psk ]]; then
		at a wg set "$(dev a)" peer "$pub2" preshared-key <(echo "$psk")
		at b wg set "$(dev b)" peer "$pub1" preshared-key <(echo "$psk")
	fi
}

ping_ok()
{
	at "$1" ping -q -n -c "${3:-3}" -i 0.2 -W 3 "$2" | grep -E 'packet loss' | grep -q ' 0% packet loss' || {
		echo "$1 does not get all answers from $2"
		return 1
	}
}

# some_bytes KB: that nothing makes shorter; the same with the same seed.
some_bytes()
{
	local seed=${WGR_SEED:-$RANDOM}

	echo "# seed $seed" >&2
	python3 -c 'import random, sys
sys.stdout.buffer.write(random.Random(int(sys.argv[1], 0)).randbytes(int(sys.argv[2]) << 10))' "$seed" "$1"
}

# carries FROM TO ADDRESS [KB]: TCP takes that much random data across, and it
# arrives as it was.
carries()
{
	local from=$1 to=$2 address=$3 data receiver sent

	data=$(mktemp -d)
	some_bytes "${4:-2048}" >"$data/sent"
	at "$to" timeout 120 ncat --recv-only -l "$address" 5202 >"$data/received" &
	receiver=$!
	wait_for 20 listens "$to" 5202
	at "$from" timeout 120 ncat --send-only "$address" 5202 <"$data/sent"
	wait "$receiver"
	sent=$(sha256sum <"$data/sent")
	equal 'data received' "$(sha256sum <"$data/received")" "$sent"
	rm -r "$data"
}

# carries_while PID FROM TO ADDRESS: the same, for as long as that child lives, which is
# to end well.
carries_while()
{
	local changer=$1 from=$2 to=$3 address=$4 data receiver

	data=$(mktemp -d)
	some_bytes 1024 >"$data/some"
	at "$to" timeout 120 ncat --recv-only -l "$address" 5202 | sha256sum >"$data/received" &
	receiver=$!
	wait_for 20 listens "$to" 5202
	while kill -0 "$changer" 2>/dev/null; do cat "$data/some"; done |
		tee >(sha256sum >"$data/sent") >(wc -c >"$data/bytes") |
		at "$from" timeout 120 ncat --send-only "$address" 5202
	wait "$changer"
	wait "$receiver"
	wait_for 10 test -s "$data/sent" -a -s "$data/bytes"
	echo "$(cat "$data/bytes") bytes"
	equal 'data received' "$(cat "$data/received")" "$(cat "$data/sent")"
	rm -r "$data"
}

# goodput FROM TO ADDRESS SECONDS [iperf3 options]: Mbit/s of TCP.
goodput()
{
	local from=$1 to=$2 address=$3 seconds=$4 server
	shift 4

	at "$to" iperf3 -s -1 -p 5201 >/dev/null 2>&1 &
	server=$!
	wait_for 10 listens "$to" 5201
	at "$from" timeout $((seconds + 60)) iperf3 -c "$address" -p 5201 -t "$seconds" -J "$@" |
		python3 -c 'import json,sys; print(round(json.load(sys.stdin)["end"]["sum_received"]["bits_per_second"]/1e6, 1))'
	wait "$server" || true
}

listens()
{
	[[ -n $(ss -N "$1" -tlnH "sport = $2") ]]
}

# latest HOST DEV: time of the last handshake (seconds since the epoch).
latest()
{
	at "$1" wg show "$2" latest-handshakes | cut -f 2
}

# sequence FROM TO ADDRESS [seqtest.py send options]: send numbered datagrams,
# print the receiver's count: "received lost out_of_order duplicate". To port
# $sequence_port, so that two may go at a time.
sequence()
{
	local from=$1 to=$2 address=$3 receiver out port=${sequence_port:-7777}
	shift 3

	out=$(mktemp)
	at "$to" python3 "$TUNNEL_DIR/seqtest.py" receive --port "$port" >"$out" &
	receiver=$!
	wait_for 20 udp_listens "$to" "$port"
	at "$from" python3 "$TUNNEL_DIR/seqtest.py" send --port "$port" "$@" "$address"
	wait "$receiver"
	cat "$out"
	rm -f "$out"
}

udp_listens()
{
	[[ -n $(ss -N "$1" -ulnH "sport = $2") ]]
}

# field NAME LINE: a value of a line "name=value name=value".
field()
{
	local word

	for word in $2; do
		[[ $word != "$1="* ]] || { echo "${word#*=}"; return; }
	done
	return 1
}

# skip REASON: leave the test, neither passed nor failed.
skip()
{
	echo "SKIP $*" >&8
	exit 77
}

# run_tests FUNCTION...: run them all, or those named in $TESTS, as TAP.
# Return: by exit, 1 if any failed.
run_tests()
{
	local t n=0 bad=0 rc begin out reason want=()

	for t in "$@"; do
		[[ -z ${TESTS:-} || " $TESTS " == *" $t "* ]] && want+=("$t")
	done
	echo "1..${#want[@]}"
	out=$(mktemp)
	reason=$(mktemp)
	for t in "${want[@]}"; do
		n=$((n + 1))
		begin=$SECONDS
		rc=0
		echo "wgr-test: $t" >/dev/kmsg 2>/dev/null || true
		# Not as the condition of an if: that would switch errexit off.
		set +e
		(set -eE; trap 'echo "failed: $BASH_COMMAND (lines ${BASH_LINENO[*]:0:3})" >&2' ERR; "$t") >"$out" 2>&1 8>"$reason"
		rc=$?
		set -e
		clear_hosts >/dev/null 2>&1
		if [[ $rc == 77 ]]; then
			echo "ok $n - $t # $(cat "$reason")"
			continue
		fi
		sed 's/^/#   /' "$out"
		if [[ $rc == 0 ]]; then
			echo "ok $n - $t ($((SECONDS - begin)) s)"
		else
			bad=$((bad + 1))
			echo "not ok $n - $t (status $rc, $((SECONDS - begin)) s)"
			dmesg 2>/dev/null | tail -n 8 | sed 's/^/#   kernel: /'
		fi
	done
	rm -f "$out" "$reason"
	[[ $bad == 0 ]]
}
