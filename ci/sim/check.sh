#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The simulator: scripts that went wrong once, scripts that are wrong, and more
# than a thousand hours that a seed makes up: fewer, or more than 90 s of CPU for
# them, are a failure. TAP.
#
#   ci/sim/check.sh BUILD SEED [STORIES]
set -uo pipefail

build=$1 seed=$2 stories=${3:-800}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
count=0
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

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

# lived COMMAND...: the same output is in $said, too.
lived()
{
	"$@" 2>&1 | tee "$said"
}

# enough OUTPUT: what is missing of hours, depth and speed in what a run of stories has told, if anything is.
enough()
{
	local tells='([0-9]+) hours of tunnel,.* ([0-9]+) of them past mac1,.* events, ([0-9]+)\.([0-9]) s'

	if [[ ! $1 =~ $tells ]]; then
		echo "it does not tell how much it lived through"
	elif ((BASH_REMATCH[1] < 1000)); then
		echo "${BASH_REMATCH[1]} hours of tunnel, at least 1000 are wanted"
	elif ((BASH_REMATCH[2] < 1)); then
		echo "0 forged messages past mac1, at least 1 is wanted"
	elif ((BASH_REMATCH[3] * 10 + BASH_REMATCH[4] > 900)); then
		echo "${BASH_REMATCH[3]}.${BASH_REMATCH[4]} s of CPU, at most 90 are wanted"
	fi
}

# refused RULE LINE...: a script of these lines ends with one line that names the last of them.
refused()
{
	local rule=$1 said
	shift

	said=$(printf '%s\n' "$@" | "$build/fast" - 2>&1 >/dev/null)
	compared "refused: ${*: -1}" "$said" "-:$#: $rule"
}

# refused_file NAME LINE RULE: what a script of its own in $work is refused for.
refused_file()
{
	local said

	said=$("$build/fast" "$work/$1" 2>&1 >/dev/null)
	compared "refused: $1" "$said" "$work/$1:$2: $3"
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
refused "the last line is 'SECONDS end'" '1 fair'
refused "time goes back to 0.500 s" '1 fair' '0.5 end'
refused "nothing comes after the line 'SECONDS end', what is '0.5'?" '1 end' '0.5 fair'
refused "nothing comes after the line 'SECONDS end', what is '2'?" '1 fair' '1 end' '2 end'
refused "nothing comes after the line 'SECONDS end', what is 'ends'?" '1 fair' '1 end' 'ends 2'
refused "there is one line 'seed N', this is another" 'seed 1' 'ends 2' 'seed 1'
refused "there is one line 'ends N', this is another" 'ends 2' 'ends 3'
refused "'seed N' and 'ends N', 2 to 5 of them, come first" 'seed 0x5'
refused "'seed N' and 'ends N', 2 to 5 of them, come first" 'seed +5'
refused "'seed N' and 'ends N', 2 to 5 of them, come first" 'ends 1'
refused "'seed N' and 'ends N', 2 to 5 of them, come first" 'seed'
refused "behind its time a line has a verb, or 'end'" '1'
refused "wheel: argument 2 is 0 for no or 1 for yes, not '2'" '1 wheel 0 2'
for time in 0x5 1e3 +1 .5 5. 1.2.3 1.-5 inf 10000000.1 10000001 0.1234567890 '1,5' 18446744073709551617; do
	refused "a line begins with its time in seconds, 0 to 10000000, not with '$time'" "$time fair"
done
for number in 0x5 +5 1.5 5x -5; do
	refused "loss: argument 3 is a percentage of 0 to 100, not '$number'" "1 loss 0 1 $number"
done
refused "wall: argument 2 is seconds, -100000 to 100000, not '--5'" '1 wall 0 --5'
refused "wall: argument 2 is seconds, -100000 to 100000, not '-100001'" '1 wall 0 -100001'
refused "a line has no more than 510 characters" 'seed 1' "$(printf '# %0509d' 0)"
refused "a line ends with LF alone, not with CR and LF" $'seed 1\r'
refused "a line is plain text, character 3 is a byte of value 27" $'1 \efair'

mkdir "$work/folder"
: >"$work/empty"
printf 'seed 1\n1 fair\0\n2 end\n' >"$work/nul"
printf '# nothing\n\n' >"$work/comments"
refused_file folder 1 "a script is a file of text, this cannot be read: Is a directory"
refused_file empty 1 "a script has a line that does something"
refused_file nul 2 "a line is plain text, character 7 is a byte of value 0"
refused_file comments 2 "a script has a line that does something"

option "sim: -s is a number, 0 to 18446744073709551615, not '12x'" -s 12x -n 1
option "sim: -n is a number, 0 to 18446744073709551615, not '-1'" -n -1
option "sim: -t is a number, 0 to 18446744073709551615, not ''" -t ''
option "sim: -s is a number, 0 to 18446744073709551615, not '0x5'" -s 0x5 -n 1
option "sim: -p is a number, 0 to 18446744073709551615, not '1 2'" -p '1 2'
option 'usage: sim [-v] SCRIPT... | -n COUNT | -t SECONDS [-s SEED] [-o FILE] [-q] | -p SEED' -t 0
option 'usage: sim [-v] SCRIPT... | -n COUNT | -t SECONDS [-s SEED] [-o FILE] [-q] | -p SEED' -n 1 nosuch.txt
option 'usage: sim [-v] SCRIPT... | -n COUNT | -t SECONDS [-s SEED] [-o FILE] [-q] | -p SEED' -s 5 nosuch.txt
option "$build/none.txt: No such file or directory" "$build/none.txt"
SEED=x option "sim: SEED is a number, 0 to 18446744073709551615, not 'x'" -n 1

# A run that lives through too little, or takes too long for it, shows less than it seems to.
compared "too few hours of tunnel are" "$(enough '# 9 hours, 999 hours of tunnel, 1 of them past mac1, 3 events, 89.9 s')" \
	"999 hours of tunnel, at least 1000 are wanted"
compared "too much CPU time is" "$(enough '# 9 hours, 1000 hours of tunnel, 1 of them past mac1, 3 events, 90.1 s')" \
	"90.1 s of CPU, at most 90 are wanted"
compared "messages that stop at mac1 are" "$(enough '# 1000 hours of tunnel, 0 of them past mac1, 3 events, 90.0 s')" \
	"0 forged messages past mac1, at least 1 is wanted"
compared "a run that does not tell is" "$(enough 'ok 1 - 800 stories')" "it does not tell how much it lived through"
compared "enough is" "$(enough '# 1000 hours of tunnel, 1 of them past mac1, 3 events, 90.0 s')" ""

said=$work/said
told "$stories stories of seed $seed" lived "$build/fast" -s "$seed" -n "$stories"
compared "they are enough" "$(enough "$(<"$said")")" ""
told "with the real cryptography and limits" "$build/real" -s "$seed" -n 8
told "with address and undefined behaviour checks" "$build/checked" -s "$seed" -n 25

echo "1..$count"
exit "$failed"
