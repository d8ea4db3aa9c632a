#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Run the tests: every executable tests/stages/NN-NAME.sh, in order, two at a
# time, and after them those that want to be alone.
#
#   ci/tests/run.sh [quick] [NAME...]    all, the quick ones, or those named
#                                        (part of a stage's name is enough)
#
# A stage prints TAP and ends with a status other than 0 if it failed. Lines
# "# quick: yes" and "# alone: yes" near its top say that it belongs to the
# quick ones, and that nothing else may run beside it (it depends on timing).
# "# wide: yes" is for what runs only when it is named. In quick runs it finds
# WGR_QUICK=1. It may write to the directory in
# $WGR_STAGE_RESULTS, which stays until the next run.
#
#   WGR_JOBS      how many stages at a time (2; quick ones, which wait more than they
#                 work, 4)
#   WGR_STAGE_TIMEOUT   seconds for each stage (3000)
#
# Prints each stage's outcome, what failed, and what time it took, as it ends; at the end
# "N passed, N failed". Status: 0 only if nothing failed and something passed.
set -euo pipefail

tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$tests/../.."
# shellcheck source=ci/lib/cache.sh
. ci/lib/cache.sh

jobs=${WGR_JOBS:-2}
limit=${WGR_STAGE_TIMEOUT:-3000}
# One for each tree, so that two may be tested at a time.
results=${WGR_CACHE}/results-$(printf '%s' "$PWD" | wgr_hash)
passed=0
failed=0
skipped=0
declare -A pid_of=() began=()

clock()
{
	printf '[%02d:%02d]' $((SECONDS / 60)) $((SECONDS % 60))
}

has()
{
	head -n 20 "$tests/stages/$1.sh" | grep -q "^# $2: yes"
}

# Every stage is a process group of its own and goes with us.
end_all()
{
	local name

	for name in "${!pid_of[@]}"; do
		kill -TERM -- "-${pid_of[$name]}" 2>/dev/null || true
	done
	for name in "${!pid_of[@]}"; do
		wait "${pid_of[$name]}" 2>/dev/null || true
	done
}

start_stage()
{
	local name=$1

	rm -rf "${results:?}/$name"
	mkdir -p "$results/$name"
	echo "$(clock) $name ..."
	began[$name]=$SECONDS
	set -m
	(
		exec </dev/null >"$results/$name/tap" 3>"$results/$name/stderr" 2>"$results/$name/cpu"
		export WGR_STAGE_RESULTS=$results/$name
		# timeout is a group of its own: it has to be this process.
		# shellcheck disable=SC2016
		exec timeout -k 30 "$limit" bash -c 'TIMEFORMAT="%0U + %0S"; time "$0" 2>&3 3>&-' \
			"$tests/stages/$name.sh"
	) &
	pid_of[$name]=$!
	set +m
}

# finish_stage NAME STATUS: count and tell.
finish_stage()
{
	local name=$1 rc=$2 tap=$results/$1/tap ok not_ok skip planned cpu why=''

	ok=$(grep -c '^ok ' "$tap" || true)
	skip=$(grep -c '^ok .*# SKIP' "$tap" || true)
	not_ok=$(grep -c '^not ok ' "$tap" || true)
	planned=$(awk -F'[. ]' '/^1\.\.[0-9]+/ { n += $3 } END { print n + 0 }' "$tap")
	ok=$((ok - skip))
	# A stage fails by its results, by its status, or by stopping half way.
	if [[ $rc == 124 || $rc == 137 ]]; then
		why="no end after $limit s"
	elif [[ $rc != 0 && $not_ok == 0 ]]; then
		why="ended with status $rc"
	elif [[ $planned -gt $((ok + skip + not_ok)) ]]; then
		why="$planned results planned, $((ok + skip + not_ok)) there"
	elif [[ $((ok + skip + not_ok)) == 0 ]]; then
		why="no results"
	fi
	[[ -z $why ]] || not_ok=$((not_ok + 1))
	if [[ $not_ok -gt 0 ]]; then
		# Each failure with the comments around it.
		awk '/^not ok / { print; keep = 30; next }
		     /^#/ { if (keep-- > 0) print; else { held = held $0 "\n" } next }
		     { keep = 0; held = "" }' "$tap" | head -n 200 | sed 's/^/    /'
		if [[ -n $why ]]; then
			echo "    not ok - $name: $why; the end of what it said:"
			tail -q -n 15 "$tap" "$results/$name/stderr" | sed 's/^/      /'
		fi
	fi
	# The shell may have something to say there, too.
	cpu=$(grep -xE '[0-9]+ \+ [0-9]+' "$results/$name/cpu") || cpu=0
	passed=$((passed + ok))
	failed=$((failed + not_ok))
	skipped=$((skipped + skip))
	echo "$(clock) $name: $ok passed, $not_ok failed, $skip skipped, $((SECONDS - began[$name])) s," \
		"$((cpu)) s of CPU"
	unset "pid_of[$name]" "began[$name]"
}

# Wait until fewer than $1 stages run.
reap_below()
{
	local name rc

	while ((${#pid_of[@]} >= $1)); do
		for name in "${!pid_of[@]}"; do
			if ! kill -0 "${pid_of[$name]}" 2>/dev/null; then
				rc=0
				wait "${pid_of[$name]}" || rc=$?
				finish_stage "$name" "$rc"
			fi
		done
		((${#pid_of[@]} < $1)) || sleep 0.3
	done
}

main()
{
	local f name names=() only=() w chosen

	if [[ ${1:-} == quick ]]; then
		export WGR_QUICK=1
		jobs=${WGR_JOBS:-4}
		shift
	fi
	only=("$@")
	for f in "$tests"/stages/*.sh; do
		[[ -x $f ]] || continue
		name=$(basename "$f" .sh)
		if [[ ${#only[@]} -gt 0 ]]; then
			chosen=0
			for w in "${only[@]}"; do
				[[ $name != *"$w"* ]] || chosen=1
			done
			[[ $chosen == 1 ]] || continue
		elif [[ -n ${WGR_QUICK:-} ]] && ! has "$name" quick; then
			continue
		elif has "$name" wide; then
			continue
		fi
		names+=("$name")
	done
	mkdir -p "$results"
	trap end_all EXIT
	trap 'exit 130' INT TERM HUP
	# Those that want the machine for themselves come last: no CPU idles before each.
	for name in ${names[@]+"${names[@]}"}; do
		! has "$name" alone || continue
		reap_below "$jobs"
		start_stage "$name"
	done
	for name in ${names[@]+"${names[@]}"}; do
		has "$name" alone || continue
		reap_below 1
		start_stage "$name"
	done
	reap_below 1
	echo "logs: $results; $skipped skipped, $((SECONDS / 60)) min $((SECONDS % 60)) s"
	echo "$passed passed, $failed failed"
	[[ $failed == 0 && $passed -gt 0 ]]
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
