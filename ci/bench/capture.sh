#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest: capture what comes out of a path, for the simulator.
#
#   ci/bench/capture.sh PATH FILE [RATE [SECONDS]]
#   ci/bench/capture.sh PATH FILE flows [SECONDS]
#
# PATH is one of path.sh. FILE becomes a trace (see sim/README.md) of a UDP flow
# of RATE packets of 1200 bytes a second (1000) for SECONDS (4); or of four TCP
# connections, a call of 50 packets a second and a ping, told apart.
set -euo pipefail

# shellcheck source=ci/bench/measure.sh
. "$(dirname "${BASH_SOURCE[0]}")/measure.sh"

[[ $# -ge 2 ]] || usage
path=$1
file=$2
rate=${3:-1000}
seconds=${4:-4}
raw=$(mktemp)

path_modules
use ours
build "$path"
tunnels
if [[ $rate == flows ]]; then
	single a wg0
	at b iperf3 -s -1 -p 5201 >/dev/null 2>&1 &
	wait_for 10 listens b 5201
	at a tcpdump -U -n -i wg0 -Q out -s 80 -w "$raw.inside" 2>"$raw.inside.said" &
	inside=$!
	wait_for 10 test -s "$raw.inside"
fi
at b tcpdump -U -n -i b0 --time-stamp-precision=nano -s 80 -w "$raw" udp dst port 2 2>"$raw.said" &
recorder=$!
wait_for 10 test -s "$raw"
if [[ $rate == flows ]]; then
	at a iperf3 -c 192.168.241.2 -p 5201 -P 4 -t "$seconds" >/dev/null &
	bulk=$!
	at a ping -n -i 0.2 -c $((seconds * 5)) 192.168.241.2 >/dev/null &
	sequence a b 192.168.241.2 --count $((seconds * 50)) --rate 50 --size 172
	wait "$bulk"
	kill "$inside"
	wait "$inside" || true
else
	sequence a b 192.168.241.2 --count $((rate * seconds)) --rate "$rate" --size 1200
fi
kill "$recorder" || cat "$raw.said"
wait "$recorder" || true
{
	echo '# SPDX-License-Identifier: GPL-2.0'
	echo "# Captured: ci/bench/capture.sh $path FILE $rate $seconds"
	echo '# arrival/ns epoch counter path flow'
	if [[ $rate == flows ]]; then
		/usr/bin/python3 "$here/sim/from_pcap.py" --inside "$raw.inside" "$raw"
	else
		/usr/bin/python3 "$here/sim/from_pcap.py" "$raw"
	fi
} >"$file"
rm -f "$raw" "$raw".*
