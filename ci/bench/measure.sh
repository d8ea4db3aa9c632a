# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# What the programs that measure on paths have in common: options, the module
# under test, and the flows of UDP and TCP. They set the defaults of their options
# after reading this file.

: "${WGR_KO:?WGR_KO: the module to measure}"
# For use() of path.sh.
# shellcheck disable=SC2034
ours=$WGR_KO
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# What UDP takes if no option says otherwise, Mbit/s.
udp_mbit=50
# shellcheck source=ci/bench/path.sh
. "$here/path.sh"

# The head of the program, and out.
usage()
{
	sed -n '3,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2
	exit 2
}

# options NAMES ARGUMENT...: each "--NAME VALUE" in front sets the variable of that
# name, with "_" for "-"; what follows is left in ${rest[@]}.
options()
{
	local name names=$1
	shift

	while [[ ${1:-} == --* ]]; do
		name=${1#--}
		[[ " $names " == *" $name "* && $# -ge 2 ]] || usage
		printf -v "${name//-/_}" %s "$2"
		shift 2
	done
	# For who reads this file.
	# shellcheck disable=SC2034
	rest=("$@")
}

# udp_flow SECONDS: from a to b at $udp_mbit; prints what sequence does.
udp_flow()
{
	local rate=$((udp_mbit * 1000000 / 8 / 1400))

	sequence a b 192.168.241.2 --count $((rate * $1)) --rate "$rate" --size 1372
}

# tcp_flow KIND: from a to b for $seconds after $omit; cubic, bbr, or norack (cubic
# with tcp_recovery=0). Prints "goodput retransmitted", Mbit/s and segments.
tcp_flow()
{
	local server

	at a sysctl -qw net.ipv4.tcp_recovery=1 net.ipv4.tcp_congestion_control="${1/norack/cubic}"
	[[ $1 != norack ]] || at a sysctl -qw net.ipv4.tcp_recovery=0
	at b iperf3 -s -1 -p 5201 >/dev/null 2>&1 &
	server=$!
	wait_for 10 listens b 5201
	# Both are options of who reads this file.
	# shellcheck disable=SC2154
	at a timeout $((seconds + omit + 60)) iperf3 -c 192.168.241.2 -p 5201 -t "$seconds" -O "$omit" -J |
		python3 -c 'import json, sys
end = json.load(sys.stdin)["end"]
print(round(end["sum_received"]["bits_per_second"] / 1e6, 1), end["sum_sent"]["retransmits"])'
	wait "$server" || true
}
