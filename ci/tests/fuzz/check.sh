#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# check.sh FUZZER CORPUS BUILD [OPTION...]: replay every input of the corpus,
# then fuzz from there for a while. TAP. The corpus is not written to. SEED
# repeats the choices of an earlier run.
set -euo pipefail

fuzzer=$1
corpus=$2
build=$3
shift 3
number=0
failed=0

# point DESCRIPTION LOG COMMAND...: a test point; the log's end if it fails.
point()
{
	local what=$1 log=$2 rc=0
	shift 2

	number=$((number + 1))
	"$@" >"$log" 2>&1 || rc=$?
	sed -n 's/^INFO: Seed: /# SEED=/p' "$log"
	sed -n 's/^forged: /# &/p' "$log"
	sed -n 's/^stat::number_of_executed_units: *\([0-9]*\)/# executed: \1/p' "$log"
	sed -n 's/^#[0-9]*\t\(DONE\|INITED\) *\(cov: [0-9]* ft: [0-9]*\).*/# \2/p' "$log" | tail -n 1
	if [[ $rc == 0 ]]; then
		echo "ok $number - $what"
		return
	fi
	grep -h -E '^problem:|SUMMARY|runtime error|Test unit written' "$log" | sed 's/^/# /' || true
	tail -n 20 "$log" | sed 's/^/# /'
	echo "not ok $number - $what"
	failed=1
}

mapfile -t inputs < <(find "$corpus" -type f | LC_ALL=C sort)
mkdir -p "$build/new"
point "every input of the corpus (${#inputs[@]})" "$build/replay.log" \
	"$fuzzer" "$@" "${inputs[@]}"
point "$SECONDS_TO_FUZZ s of new inputs" "$build/fuzz.log" \
	"$fuzzer" "$@" ${SEED:+"-seed=$SEED"} "-max_total_time=$SECONDS_TO_FUZZ" "$build/new" "$corpus"
echo "1..$number"
exit "$failed"
