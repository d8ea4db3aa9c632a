#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest: what a call and a ping suffer beside bulk transfers in the same
# tunnel, by the kernel's own module and by the one under test ($WGR_KO) in turn.
#
#   ci/bench/beside.sh [OPTION...] PATH...
#
#   --pairs N      runs of each module for each path (5)
#   --seconds N    of each run (15), after --omit N (3) that do not count
#   --streams N    TCP connections (1)
#   --tsv FILE     append "path module goodput call_lost call_out_of_order
#                  call_ms call_p99_ms ping_ms ping_p99_ms" for each run
#
# PATH is one of path.sh. The call is 50 datagrams of 172 bytes a second (G.711),
# the ping five a second; both go the way of the data. Both ends run the same
# module, with its default settings or those in $WGR_PARAMETERS.
set -euo pipefail

# shellcheck source=ci/bench/measure.sh
. "$(dirname "${BASH_SOURCE[0]}")/measure.sh"

pairs=5
seconds=15
omit=3
streams=1
tsv=''
out=$(mktemp)

# Mean and 99th percentile of ping's times on stdin, ms.
ping_times()
{
	sed -n 's/.*time=\([0-9.]*\) ms/\1/p' | sort -n |
		awk '{ t[NR] = $1; sum += $1 } END { printf "%.2f %.2f\n", sum / NR, t[int(NR * 0.99 + 0.99)] }'
}

run()
{
	local path=$1 module=$2 server bulk ping call goodput times

	use "$module"
	build "$path"
	tunnels
	at b iperf3 -s -1 -p 5201 >/dev/null 2>&1 &
	server=$!
	wait_for 10 listens b 5201
	at a timeout $((seconds + omit + 60)) iperf3 -c 192.168.241.2 -p 5201 -P "$streams" -t "$seconds" \
		-O "$omit" -J >"$out.tcp" &
	bulk=$!
	pause "$omit"
	at a ping -n -i 0.2 -c $((seconds * 5 - 10)) 192.168.241.2 >"$out.ping" &
	ping=$!
	call=$(sequence a b 192.168.241.2 --count $((seconds * 50 - 100)) --rate 50 --size 172)
	wait "$bulk" "$ping" || true
	wait "$server" || true
	goodput=$(python3 -c 'import json, sys
print(round(json.load(sys.stdin)["end"]["sum_received"]["bits_per_second"] / 1e6, 2))' <"$out.tcp")
	times=$(ping_times <"$out.ping")
	printf '%s\t' "$path" "$module" "$goodput" "$(field lost "$call")" "$(field out_of_order "$call")" \
		"$(field delay_ms "$call")" "$(field delay_p99_ms "$call")" >>"$out"
	printf '%s\t%s\n' "${times% *}" "${times#* }" >>"$out"
	tail -n 1 "$out"
	clear_hosts >/dev/null 2>&1
}

medians()
{
	python3 - "$out" <<'EOF'
import collections, statistics, sys
NAMES = "goodput call_lost call_out_of_order call_ms call_p99_ms ping_ms ping_p99_ms".split()
runs = collections.defaultdict(list)
for line in open(sys.argv[1], encoding="ascii"):
    path, module, *figures = line.split("\t")
    runs[path, module].append([float(f) for f in figures])
for (path, module), rows in runs.items():
    medians = [statistics.median(column) for column in zip(*rows)]
    print(f"median {path} {module}:", *(f"{n} {m:.2f}" for n, m in zip(NAMES, medians)), f"({len(rows)} runs)")
EOF
}

main()
{
	local path i

	options "pairs seconds omit streams tsv" "$@"
	[[ ${#rest[@]} -gt 0 ]] || usage
	path_modules
	for path in "${rest[@]}"; do
		for ((i = 0; i < pairs; i++)); do
			run "$path" stock
			run "$path" ours
		done
	done
	medians
	[[ -z $tsv ]] || cat "$out" >>"$tsv"
	rm -f "$out" "$out".*
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
