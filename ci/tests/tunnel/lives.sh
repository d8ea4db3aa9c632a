#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest whose clock jumps (ci/vm/uml.sh travel): hours of tunnel, of our
# module against itself and against an independent implementation, wireguard-go,
# in both roles. TAP.
#
#   ci/tests/tunnel/lives.sh      TESTS="name ..." for some
set -euo pipefail

# shellcheck source=ci/tests/tunnel/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

hours=${WGR_HOURS:-1}

# lossless HOST ADDRESS COUNT INTERVAL: so many pings, each answered.
lossless()
{
	local out

	out=$(at "$1" ping -q -n -c "$3" -i "$4" -W 3 "$2" | grep -E 'packet loss')
	echo "$1: $out"
	grep -q ' 0% packet loss' <<<"$out"
}

# Sessions are renewed all the time, by the end that began the first one, and
# nothing is lost or handed up twice, whoever has something to say.
long_life()
{
	local count=$((hours * 3600)) began first out

	lossless a 192.168.241.2 1 1
	first=$(latest a "$(dev a)")
	began=$(date +%s)
	lossless a 192.168.241.2 "$count" 1
	out=$(($(latest a "$(dev a)") - first))
	[[ $out -ge $((count - 130)) ]] || { echo "the last session is $out s younger than the first after $count s"; return 1; }
	[[ $(($(date +%s) - began)) -ge $((count - 2)) ]]
	# One end speaks, the other only listens, and then speaks after it.
	sequence_alone a b 192.168.241.2 "$((count / 8))"
	sequence_alone b a fd00::1 "$((count / 8))"
}

# sequence_alone FROM TO ADDRESS SECONDS: one numbered datagram a second; the receiver says nothing.
sequence_alone()
{
	local out

	out=$(sequence "$1" "$2" "$3" --count "$4" --rate 1)
	echo "$out"
	equal lost "$(field lost "$out")" 0
	equal 'out of order' "$(field out_of_order "$out")" 0
}

# Pauses of every length that means something to the protocol, and then it goes on.
pauses()
{
	local seconds

	for seconds in 4 9 11 14 16 24 89 91 110 119 121 164 166 179 181 239 241 539 541 599 3700; do
		pause "$seconds"
		lossless a 192.168.241.2 2 0.2 || { echo "from a after $seconds s"; return 1; }
		pause "$seconds"
		lossless b 192.168.241.1 2 0.2 || { echo "from b after $seconds s"; return 1; }
	done
}

# dead_path SECONDS: nothing gets through for so long; then it goes on by itself.
dead_path()
{
	local ping end

	at a ping -q -n -i 1 192.168.241.2 >/dev/null 2>&1 &
	ping=$!
	for end in a b; do tc -n "$end" qdisc add dev eth0 root netem loss 100%; done
	pause "$1"
	for end in a b; do tc -n "$end" qdisc del dev eth0 root; done
	# Two retries may be lost before it, and the last of them begins a new series of attempts.
	pause 12
	kill "$ping"
	lossless a 192.168.241.2 5 0.2 || { echo "from a after $1 s without a path"; return 1; }
	lossless b 192.168.241.1 5 0.2 || { echo "from b after $1 s without a path"; return 1; }
}

# An end that loses its state is noticed within 15 s of speaking to it, and so is
# one that begins anew.
loses_state()
{
	ip -n b link set "$(dev b)" down
	ip -n b link set "$(dev b)" up
	at a ping -q -n -i 1 -w 22 192.168.241.2 >/dev/null || true
	lossless a 192.168.241.2 3 0.2
	ip -n b link set "$(dev b)" down
	ip -n b link set "$(dev b)" up
	lossless b 192.168.241.1 3 0.2
}

lives()
{
	local GO_HOSTS=$1 seconds
	shift

	pair "$@"
	ping_ok a 192.168.241.2
	long_life
	pauses
	for seconds in 3 20 60 100 200 700; do
		dead_path "$seconds"
	done
	loses_state
}

# Both have something to say at the same time and pace, so both begin at once, and
# again at once if that comes to nothing.
test_at_once()
{
	local way

	pair
	for way in a b; do tc -n "$way" qdisc add dev eth0 root netem delay 100ms; done
	at a ping -q -n -i 0.2 -c 20 192.168.241.2 >/dev/null 2>&1 &
	at b ping -q -n -i 0.2 -c 20 192.168.241.1 >/dev/null 2>&1 &
	pause 2
	lossless a 192.168.241.2 2 0.2
	lossless b 192.168.241.1 2 0.2
}

test_ours()     { lives '' 4 psk; }
test_go_answers() { lives b 6; }
test_go_starts() { lives a 4; }

# ping takes a clock that shows zero for one that it has not read.
pause 1
modprobe -q tun || true
module_load
run_tests test_at_once test_ours test_go_answers test_go_starts; exit
