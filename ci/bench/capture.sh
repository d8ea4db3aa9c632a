#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest: capture what comes out of a path, for the simulator.
#
#   ci/bench/capture.sh PATH FILE [RATE [SECONDS]]
#
# PATH is one of path.sh. FILE becomes a trace (see sim/README.md) of a UDP flow
# of RATE packets of 1200 bytes a second (1000) for SECONDS (4).
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
at b tcpdump -U -n -i b0 --time-stamp-precision=nano -s 80 -w "$raw" udp dst port 2 2>"$raw.said" &
recorder=$!
wait_for 10 test -s "$raw"
sequence a b 192.168.241.2 --count $((rate * seconds)) --rate "$rate" --size 1200
kill "$recorder" || cat "$raw.said"
wait "$recorder" || true
{
	echo '# SPDX-License-Identifier: GPL-2.0'
	echo "# Captured: ci/bench/capture.sh $path FILE $rate $seconds"
	echo '# arrival/ns epoch counter path'
	/usr/bin/python3 "$here/sim/from_pcap.py" "$raw"
} >"$file"
rm -f "$raw" "$raw.said"
