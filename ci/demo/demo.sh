#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Show what order is worth: the kernel's own module and ours in turn, in a user-mode
# kernel, on a path that keeps the order, on one that jitters and on two lines of 10
# and 25 ms that take packets in turn. What numbered packets, TCP, QUIC and a video
# stream make of each is told in a sentence, and is in the picture dist/demo.png, with
# the same frame of the video as either received it; all figures are in dist/demo.tsv.
# Three minutes; the first time seven, to build that kernel.
#
#   ci/demo/demo.sh [--short] [FOLDER]     (dist)
#
#   --short    two lines alone, once and for a second: tries this program, and is no
#              measurement
#
# The clock in there stands still while there is work to do, so what else the machine
# does is in no figure. Ends with status 1 if ours delivered anything out of order, or
# something in between went wrong.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=ci/lib/cache.sh
. "$top/ci/lib/cache.sh"
# shellcheck source=ci/demo/stills.sh
. "$top/ci/demo/stills.sh"
# shellcheck source=ci/demo/progress.sh
. "$top/ci/demo/progress.sh"

lines=30:10:a15
# What is measured: seconds that it takes on an idle CPU, runs of each module, kind, path.
# The longest first.
work=(
	"27 3 quicgo $lines"
	"27 3 quicgo 30:10:j1"
	"25 3 cubic $lines"
	"25 3 cubic 30:10:j1"
	"23 3 ngtcp2 $lines"
	"23 3 ngtcp2 30:10:j1"
	"14 1 video $lines"
	"14 1 video 30:10:j1"
	"9 1 cubic 30:10"
	"9 1 quicgo 30:10"
	"8 1 ngtcp2 30:10"
	"5 1 udp $lines"
	"5 1 udp 30:10:j1"
)
seconds=4
workers=$(nproc)
folder=$top/dist
declare -A job

usage()
{
	sed -n '3,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2
	exit 2
}

die()
{
	progress_clear
	echo "demo: $1" >&2
	if [[ -s ${2:-} ]]; then
		tail -n 15 "$2" | sed 's/^/    /' >&2
	fi
	echo "demo: the run failed after $SECONDS s; its logs are in $log" >&2
	exit 1
}

# end_all: each job is a process group of its own, and goes with us.
end_all()
{
	local pid

	for pid in "${!job[@]}"; do
		kill -TERM -- "-$pid" 2>/dev/null || true
	done
	wait
}

# start COST WORDS LOG COMMAND...: in the background; its process is $started.
start()
{
	local cost=$1 words=$2 file=$3
	shift 3

	progress_begin "$cost" "$words"
	set -m
	"$@" >"$file.out" 2>"$file.err" </dev/null &
	started=$!
	set +m
	job[$started]="$cost $file"
}

# reap: wait for one of the jobs to end, telling how far it is. Its log is then $ended.
reap()
{
	local pid rc

	while :; do
		for pid in "${!job[@]}"; do
			kill -0 "$pid" 2>/dev/null && continue
			rc=0
			wait "$pid" || rc=$?
			ended=${job[$pid]#* }
			progress_end "${job[$pid]%% *}"
			unset "job[$pid]"
			[[ $rc == 0 ]] || die "$(basename "$ended") ended with status $rc:" "$(complaint "$ended")"
			return
		done
		progress_tell
		sleep 0.5
	done
}

# complaint LOG: what of it to show.
complaint()
{
	if [[ -s $1.err ]]; then echo "$1.err"; else echo "$1.out"; fi
}

step()
{
	start "$@"
	reap
}

# measure COST PAIRS KIND PATH: in a guest; its rows are added to the table.
measure()
{
	local dir=$log/${3}-${4//[:\/]/-}

	mkdir "$dir"
	# As many at a time as there are workers.
	start $(($1 / workers)) "measuring ($3, $("$top/ci/demo/report.py" path "$4"))" "$dir/guest" \
		"$top/ci/vm/uml.sh" travel --cpus 1 --env WGR_SERVERS="$servers" --timeout 900 --results "$dir" -- bash -c \
		"'$top/ci/bench/applications.sh' --pairs $2 --seconds $seconds --kinds $3 \
			--tsv \"\$WGR_RESULTS/rows\" --keep \"\$WGR_RESULTS\" $4"
}

measure_all()
{
	local item words

	for item in "${work[@]}"; do
		[[ ${#job[@]} -lt $workers ]] || { reap; cat "$(dirname "$ended")/rows" >>"$tsv"; }
		read -r -a words <<<"$item"
		measure "${words[@]}"
	done
	while [[ ${#job[@]} -gt 0 ]]; do
		reap
		cat "$(dirname "$ended")/rows" >>"$tsv"
	done
}

draw()
{
	local video=$log/video-${lines//:/-} frame

	# The frame before which and after which half of stock's frames are.
	frame=$(stills_frame "$video/clip.ts" "$video/${lines//:/-}-video-stock.ts")
	stills_take "$video/clip.ts" "$video/${lines//:/-}-video-stock.ts" "$frame" "$log/stock.png"
	stills_take "$video/clip.ts" "$video/${lines//:/-}-video-ours.ts" "$frame" "$log/ours.png"
	"$top/ci/demo/report.py" plot "$tsv" "$frame" >"$log/data.gp"
	gnuplot -e "out='$log/demo.png'; stock_still='$log/stock.png'; ours_still='$log/ours.png'" \
		"$log/data.gp" "$top/ci/demo/plot.gp"
}

main()
{
	local item words fetch=1 kernel=1

	while [[ ${1:-} == --* ]]; do
		[[ $1 == --short ]] || usage
		seconds=1
		work=("6 1 ngtcp2 $lines" "12 1 video $lines" "5 1 cubic $lines" "4 1 quicgo $lines" "3 1 udp $lines")
		shift
	done
	[[ $# -le 1 ]] || usage
	folder=${1:-$folder}
	mkdir -p "$folder"
	folder=$(cd "$folder" && pwd)
	log=$folder/demo-log
	tsv=$folder/demo.tsv
	exec {lock}>"$folder/.demo-lock"
	flock -n "$lock" || { echo "demo: another one is running with $folder" >&2; exit 1; }
	rm -rf "$log" "$tsv" "$folder/demo.png"
	mkdir "$log"
	trap end_all EXIT
	trap 'exit 130' INT TERM HUP

	for item in "${work[@]}"; do
		read -r -a words <<<"$item"
		progress_expect $((words[0] / workers))
	done
	progress_expect 20
	# What is there already takes no time.
	compgen -G "$WGR_CACHE/tree-sid-*/Makefile" >/dev/null || fetch=60
	compgen -G "$WGR_CACHE/uml-travel-*/linux" >/dev/null || kernel=200
	progress_expect $((fetch + kernel))
	step "$fetch" "fetching the kernel's source" "$log/tree" "$top/ci/vm/kernels.sh" tree sid
	step "$kernel" "building a user-mode kernel" "$log/kernel" "$top/ci/vm/uml.sh" travel --kdir
	step 15 "building the module" "$log/module" "$top/ci/vm/module.sh" travel
	WGR_KO=$(<"$log/module.out")
	export WGR_KO
	step 1 "fetching two web servers" "$log/servers" "$top/ci/bench/servers.sh"
	servers=$(<"$log/servers.out")
	printf '#path\tkind\tmodule\tmeasure\tvalue\n' >"$tsv"
	measure_all
	step 5 "drawing" "$log/draw" draw
	cp "$log/demo.png" "$folder/"
	progress_clear
	"$top/ci/demo/report.py" sentences "$tsv" || die "the figures above are not what they should be"
	echo "See ${folder#"$top"/}/demo.png; all figures are in demo.tsv beside it. It took $SECONDS s."
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
