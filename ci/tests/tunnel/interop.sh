#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest: our module and an independent implementation, wireguard-go, in
# both roles; and sessions renewed in the middle of a transfer. TAP.
set -euo pipefail

# shellcheck source=ci/tests/tunnel/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

whole()
{
	echo "$1"
	equal lost "$(field lost "$1")" 0
}

# talk GO OUTSIDE [PSK]: GO (a or b) runs wireguard-go; a starts the handshake.
talk()
{
	local GO_HOSTS=$1
	shift

	pair "$@"
	ping_ok a 192.168.241.2
	ping_ok b fd00::1
	whole "$(sequence a b 192.168.241.2 --count 1000 --rate 500)"
	whole "$(sequence b a fd00::1 --count 1000 --rate 500)"
	carries a b 192.168.241.2
	carries b a fd00::1
	# The other one takes up the conversation after losing its state.
	ip -n b link set "$(dev b)" down
	ip -n b link set "$(dev b)" up
	wait_for 15 at b ping -q -c 1 -W 1 192.168.241.1
}

test_go_answers_4()     { talk b 4; }
test_go_starts_4()      { talk a 4; }
test_go_answers_6_psk() { talk b 6 psk; }
test_go_starts_6_psk()  { talk a 6 psk; }
test_go_answers_4_psk() { talk b 4 psk; }
test_go_starts_6()      { talk a 6; }

# Sessions are renewed after 120 s. All pairings at once, each with a stream in
# both directions that must not lose or disorder anything.
test_rekey_in_transfer()
{
	local seconds=${WGR_REKEY_SECONDS:-140} rate=200 w i pids=() out names=() before=()

	new_keys
	# WHO-WITH-WHOM, k for a kernel module and g for wireguard-go.
	for w in kk kg gk; do
		host "a$w" "b$w"
		wire "a$w" eth0 10.9.0.1/24,fd09::1/64 "b$w" eth0 10.9.0.2/24,fd09::2/64
		GO_HOSTS=''
		[[ ${w:0:1} == k ]] || GO_HOSTS+=" a$w "
		[[ ${w:1:1} == k ]] || GO_HOSTS+=" b$w "
		# One socket for each wireguard-go, and none for the others.
		tunnel "a$w" "a$w" "$key1" 1 192.168.241.1/24,fd00::1/64
		tunnel "b$w" "b$w" "$key2" 2 192.168.241.2/24,fd00::2/64
		at "a$w" wg set "a$w" peer "$pub2" allowed-ips 192.168.241.2/32,fd00::2/128 endpoint 10.9.0.2:2
		at "b$w" wg set "b$w" peer "$pub1" allowed-ips 192.168.241.1/32,fd00::1/128
		ping_ok "a$w" 192.168.241.2
		before+=("$(latest "a$w" "a$w")")
	done
	for w in kk kg gk; do
		sequence "a$w" "b$w" 192.168.241.2 --count $((seconds * rate)) --rate "$rate" >"$WGR_RESULTS/rekey-$w-up" &
		pids+=($!)
		names+=("$w-up")
		sequence "b$w" "a$w" fd00::1 --count $((seconds * rate)) --rate "$rate" >"$WGR_RESULTS/rekey-$w-down" &
		pids+=($!)
		names+=("$w-down")
	done
	for i in "${!pids[@]}"; do
		wait "${pids[i]}"
		out=$(<"$WGR_RESULTS/rekey-${names[i]}")
		echo "${names[i]}: $out"
		equal "${names[i]} lost" "$(field lost "$out")" 0
		equal "${names[i]} out of order" "$(field out_of_order "$out")" 0
	done
	i=0
	for w in kk kg gk; do
		[[ $(latest "a$w" "a$w") -ge $((before[i] + 115)) ]] || {
			echo "a$w made no new session"
			return 1
		}
		i=$((i + 1))
	done
}

tests=(test_go_answers_4 test_go_starts_4 test_go_answers_6_psk test_go_starts_6_psk
       test_go_answers_4_psk test_go_starts_6)
[[ -n ${WGR_QUICK:-} ]] || tests+=(test_rekey_in_transfer)

modprobe -q tun || true
# A user-space program may have to wait for a CPU; nothing is to be lost by that.
sysctl -qw net.core.rmem_default=16777216 net.core.rmem_max=16777216
module_load
run_tests "${tests[@]}"; exit
