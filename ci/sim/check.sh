#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The simulator: scripts that went wrong once, scripts that are wrong, and more
# than a thousand hours that a seed makes up. TAP.
#
#   ci/sim/check.sh BUILD SEED [STORIES]
set -uo pipefail

build=$1 seed=$2 stories=${3:-800}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
count=0
failed=0

# result STATUS NAME: of a program whose output comes on standard input.
result()
{
	count=$((count + 1))
	if [[ $1 == 0 ]]; then
		echo "ok $count - $2"
	else
		failed=1
		echo "not ok $count - $2"
	fi
}

# told NAME COMMAND...: what it says are comments; its status counts.
told()
{
	local name=$1 out rc=0
	shift

	out=$("$@" 2>&1) || rc=$?
	# A result in it would count as one.
	sed 's/^# //; s/^/# /' <<<"$out"
	result "$rc" "$name"
}

# refused RULE LINE...: a script of these lines ends with one line that names the last of them.
refused()
{
	local rule=$1 said
	shift

	said=$(printf '%s\n' "$@" | "$build/fast" - 2>&1 >/dev/null)
	compared "refused: ${*: -1}" "$said" "-:$#: $rule"
}

# option RULE ARGUMENT...: with these the program ends with one line.
option()
{
	local rule=$1 said
	shift

	said=$("$build/fast" "$@" 2>&1 >/dev/null)
	compared "refused: $*" "$said" "$rule"
}

# compared NAME SAID WANTED
compared()
{
	[[ $2 == "$3" ]]
	result $? "$1"
	[[ $2 == "$3" ]] || printf '# said: %s\n# not:  %s\n' "$2" "$3"
}

for script in "$here"/scripts/*.txt; do
	for kind in fast real checked; do
		told "$(basename "$script" .txt), $kind" "$build/$kind" "$script"
	done
done

refused "there is no verb 'shout'" 'seed 1' '1 shout 0 1'
refused "say: argument 2 is another end than the first, not '0'" '1 say 0 0 1 1'
refused "say: argument 1 is an end, 0 to one less than there are, not '2'" 'ends 2' '1 say 2 0 1 1'
refused "say: argument 4 is missing: milliseconds, 0 to 10000" '1 say 0 1 1'
refused "loss: argument 3 is a percentage of 0 to 100, not '101'" '1 loss 0 1 101'
refused "say: argument 3 is a count of 1 to 20000, not '0'" '1 say 0 1 0 1'
refused "wall: argument 2 is seconds, -100000 to 100000, not 'x'" '1 wall 0 x'
refused "fair: takes no more than 0 arguments, what is '1'?" '1 fair 1'
refused "time goes back to 1.000 s" '2 fair' '1 fair'
refused "a line begins with its time in seconds, 0 to 10000000, not with 'fair'" 'fair'
refused "'seed N' and 'ends N', 2 to 5 of them, come first" 'ends 6'
refused "'seed N' and 'ends N', 2 to 5 of them, come first" '1 fair' 'seed 1'
refused "'seed N' and 'ends N', 2 to 5 of them, come first" 'seed -1'
refused "'seed N' and 'ends N', 2 to 5 of them, come first" 'seed 18446744073709551616'
refused "the line is complete, what is '2'?" 'seed 1 2'
refused "the line is complete, what is 'now'?" '1 end now'
refused "a line begins with its time in seconds, 0 to 10000000, not with 'nan'" 'nan fair'
refused "a line begins with its time in seconds, 0 to 10000000, not with '-1'" '-1 fair'
refused "say: argument 3 is a count of 1 to 20000, not '99999999999999999999'" '1 say 0 1 99999999999999999999 1'
refused "a script has a line that does something" '# nothing'
refused "the last line is 'SECONDS end', not before the others" '1 fair'

option "sim: -s is a number, 0 to 18446744073709551615, not '12x'" -s 12x -n 1
option "sim: -n is a number, 0 to 18446744073709551615, not '-1'" -n -1
option "sim: -t is a number, 0 to 18446744073709551615, not ''" -t ''
option 'usage: sim [-v] SCRIPT... | -n COUNT | -t SECONDS [-s SEED] [-o FILE] [-q] | -p SEED' -t 0
option "$build/none.txt: No such file or directory" "$build/none.txt"
SEED=x option "sim: SEED is a number, 0 to 18446744073709551615, not 'x'" -n 1

told "$stories stories of seed $seed" "$build/fast" -s "$seed" -n "$stories"
told "with the real cryptography and limits" "$build/real" -s "$seed" -n 8
told "with address and undefined behaviour checks" "$build/checked" -s "$seed" -n 25

echo "1..$count"
exit "$failed"
