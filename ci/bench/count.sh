#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest whose clock counts instructions: what a packet costs, in both ends
# of a tunnel and all between them, with several modules.
#
#   ci/bench/count.sh [OPTION...] NAME=FILE...
#
#   --rounds N     of each module for each kind (3)
#   --kinds LIST   tcp1, tcp8 (connections), udp64, udp1372 (bytes), rr (a ping and
#                  its answer), fwd1 (tcp1 from a third host, whose packets the
#                  sending end forwards); with a g behind it, b's cable collects what it
#                  receives (GRO), as network cards do (all but those)
#   --aead FILE    a module that times cryptography alone (ci/bench/aead), for rows of
#                  the kinds seal0, seal96, seal1424, open0, open96, open1424
#   --mark FILE    profile/mark, to tell the emulator's plugin when to count; what
#                  functions there are then goes to $WGR_RESULTS/symbols-N for the
#                  N-th line of --tsv
#   --tsv FILE     append "kind module round instructions packets idle" for each
#                  round: how many instructions there were for each packet, packets
#                  that were counted (rr: pings), and the share of the time in which
#                  nothing was to be done, which is left out
#
# FILE is one of ends.sh. The path is a bare cable that keeps order, everything is on
# one CPU. See instructions.sh.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${WGR_KO:=}"
ours=''
# shellcheck source=ci/bench/measure.sh
WGR_KO=${WGR_KO:-none} . "$here/measure.sh"

rounds=3
kinds=tcp1,tcp8,udp64,udp1372,rr,fwd1
tsv=''
aead=''
mark=''
out=$(mktemp)
symbols=$(mktemp -d)
# shellcheck source=ci/bench/ends.sh
. "$here/ends.sh"

# Seconds that have passed, hundredths of those that were idle, and packets that have
# come out at b.
readings()
{
	local cpu up packets

	read -r up _ </proc/uptime
	read -r _ _ _ _ cpu _ </proc/stat
	packets=$(at b cat "/sys/class/net/$way_out/statistics/rx_packets")
	echo "$up $cpu $packets"
}

mark()
{
	[[ -z $mark ]] || "$mark" "$1"
}

# load KIND: traffic for some seconds, in the background: by $client to $server.
load()
{
	local options from=a kind=${1%g}

	case $kind in
	tcp*) options=(-P "${kind#tcp}") ;;
	fwd*) options=(-P "${kind#fwd}") from=c ;;
	udp*) options=(-u -b 0 -l "${kind#udp}") ;;
	esac
	at b iperf3 -s -1 -p 5201 >/dev/null 2>&1 &
	server=$!
	# Where the host is slow to give a program, its clock runs on meanwhile.
	wait_for 600 listens b 5201 >&2
	at "$from" iperf3 -c "$target" -p 5201 -t 2 "${options[@]}" >/dev/null 2>&1 &
	client=$!
}

# window KIND: prints "instructions packets idle". Each mark comes right before a reading, which
# takes its time: so what is between the marks is as long as what is between the readings.
window()
{
	local -a before after
	local client='' server=''

	if [[ $1 == rr* ]]; then
		at a ping -q -f -c 200 "$target" >/dev/null
		mark begin
		read -ra before < <(readings)
		at a ping -q -f -c 4000 "$target" >/dev/null
	else
		load "$1"
		pause 0.5
		mark begin
		read -ra before < <(readings)
		pause 1
	fi
	mark end
	read -ra after < <(readings)
	[[ -z $client ]] || wait "$client" "$server" || true
	awk -v b="${before[*]}" -v a="${after[*]}" 'BEGIN {
		split(b, was); split(a, is)
		all = (is[1] - was[1]) * 1e9; idle = (is[2] - was[2]) * 1e7; packets = is[3] - was[3]
		printf "%.0f\t%d\t%.4f\n", (all - idle) / packets, packets, idle / all }'
}

count()
{
	local kind=$1 name=${2%%=*} file=${2#*=} round=$3

	ready "$file"
	[[ $kind != fwd* ]] || { behind_a; allow_c; }
	[[ $kind != *g ]] || at b ethtool -K b0 gro on
	printf '%s\t' "$kind" "$name" "$round" >>"$out"
	window "$kind" >"$out.window" || { cat "$out.window"; return 1; }
	cat "$out.window" >>"$out"
	[[ -z $mark ]] || cat /proc/kallsyms >"$symbols/symbols-$(wc -l <"$out")"
	tail -n 1 "$out"
	clear_hosts >/dev/null 2>&1
}

# Rows of cryptography alone: the module refuses to stay.
alone()
{
	# It is no file of this kernel's, so nobody loads what it needs.
	modprobe libchacha20poly1305
	insmod "$aead" 2>/dev/null || true
	dmesg | sed -n 's/.*aead: \([0-9]*\) \([0-9]*\) \([0-9]*\)$/seal\1 \2\nopen\1 \3/p' |
		while read -r kind instructions; do
			printf '%s\taead\t1\t%s\t500\t0\n' "$kind" "$instructions"
		done | tee -a "$out"
}

medians()
{
	python3 - "$out" <<'END'
import collections, statistics, sys
rows = collections.defaultdict(lambda: collections.defaultdict(list))
for line in open(sys.argv[1], encoding="ascii"):
    kind, module, _, instructions, *_ = line.split("\t")
    rows[kind][module].append(int(instructions))
for kind, modules in rows.items():
    first = None
    for module, values in modules.items():
        median = statistics.median(values)
        first = first or median
        print(f"median {kind} {module}: {median:.0f} instructions, {median / first:.3f} of the first,"
              f" from {min(values)} to {max(values)}")
END
}

main()
{
	options "rounds kinds aead mark tsv" "$@"
	[[ ${#rest[@]} -gt 0 ]] || usage
	path_modules
	[[ -z $aead ]] || alone
	in_turn "$rounds" count
	# All at once: where time counts instructions, a file outside is slow.
	[[ -z $mark ]] || cp "$symbols"/* "$WGR_RESULTS/"
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
