#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest: TCP goodput through a tunnel, the kernel's own module and the one
# under test ($WGR_KO) in turn, on one kernel.
#
#   ci/bench/goodput.sh PAIRS SECONDS PATH...
#
# PATH is "order" (a bare cable, as fast as the CPUs) or RATE:DELAY:JITTER[:normal]
# (Mbit/s, ms, ms): each way has DELAY, the way of the data is up to JITTER longer
# or shorter, evenly distributed, or normally with that deviation. Both ends of
# the tunnel run the same module.
#
#   namespace a            namespace r            namespace b
#   wg0 ─ a0 ───────────── r0      r1 ─────────── b0 ─ wg0
#         rate, delay back         delay, jitter
#
# Prints a line for each run, "path module Mbit/s", and the medians of each
# path with their ratio. The first second of a run does not count.
set -euo pipefail

# shellcheck source=ci/tests/tunnel/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../tests/tunnel/lib.sh"

ours=${WGR_KO:?WGR_KO: the module to measure}
out=$(mktemp)

use()
{
	[[ ! -e /sys/module/wireguard ]] || rmmod wireguard
	rm -f /etc/modprobe.d/wireguard-under-test.conf
	WGR_KO=
	[[ $1 == stock ]] || WGR_KO=$ours
	# Without parameters: the defaults are what is measured.
	# shellcheck disable=SC2119
	module_load
}

# build PATH: hosts and the way between them.
build()
{
	local rate delay jitter shape h

	new_keys
	host a r b
	wire a a0 10.9.1.1/24 r r0 10.9.1.2/24
	wire r r1 10.9.2.2/24 b b0 10.9.2.1/24
	at r sysctl -qw net.ipv4.ip_forward=1
	ip -n a route add default via 10.9.1.2
	ip -n b route add default via 10.9.2.2
	for h in a b; do
		at "$h" sysctl -qw net.ipv4.tcp_no_metrics_save=1
	done
	[[ $1 != order ]] || return 0
	IFS=: read -r rate delay jitter shape <<<"$1"
	# netem with a rate of its own keeps the order: limit the rate before it.
	tc -n a qdisc add dev a0 root tbf rate "${rate}mbit" burst 16kb limit 500kb
	tc -n r qdisc add dev r0 root netem delay "${delay}ms" limit 20000
	if [[ $jitter == 0 ]]; then
		tc -n r qdisc add dev r1 root netem delay "${delay}ms" limit 20000
	else
		tc -n r qdisc add dev r1 root netem delay "${delay}ms" "${jitter}ms" \
			${shape:+distribution "$shape"} limit 20000
	fi
	# Each datagram meets the path by itself, not in a bundle.
	at a ethtool -K a0 tso off gso off gro off tx-udp-segmentation off
	at r ethtool -K r0 tso off gso off gro off tx-udp-segmentation off
	at r ethtool -K r1 tso off gso off gro off tx-udp-segmentation off
}

run()
{
	local path=$1 module=$2 seconds=$3 mbit

	use "$module"
	build "$path"
	tunnel a wg0 "$key1" 1 192.168.241.1/24
	tunnel b wg0 "$key2" 2 192.168.241.2/24
	at a wg set wg0 peer "$pub2" allowed-ips 192.168.241.2/32 endpoint 10.9.2.1:2
	at b wg set wg0 peer "$pub1" allowed-ips 192.168.241.1/32
	ping_ok a 192.168.241.2 2 >/dev/null || true
	mbit=$(goodput a b 192.168.241.2 "$seconds" -O 1)
	echo "$path $module $mbit" | tee -a "$out"
	clear_hosts >/dev/null 2>&1
}

pairs=$1
seconds=$2
shift 2
modprobe -qa sch_netem sch_tbf veth || true
for path in "$@"; do
	for ((i = 0; i < pairs; i++)); do
		run "$path" stock "$seconds"
		run "$path" ours "$seconds"
	done
done
python3 - "$out" <<'PY'
import collections, statistics, sys
runs = collections.defaultdict(list)
for line in open(sys.argv[1]):
    path, module, mbit = line.split()
    runs[path, module].append(float(mbit))
for path in dict.fromkeys(p for p, _ in runs):
    stock, ours = (statistics.median(runs[path, m]) for m in ("stock", "ours"))
    print(f"median {path}: stock {stock:.1f}, ours {ours:.1f}, ratio {ours / stock:.3f}")
PY
rm -f "$out"
