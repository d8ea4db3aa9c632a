#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The command under valgrind, if that is there: what the sanitizers do not see,
# which is memory that was never written. TAP.
#
#   valgrind_test.sh PROGRAM      built without sanitizers
set -euo pipefail

program=$1
number=0
failed=0

command -v valgrind >/dev/null || { echo "1..0 # SKIP valgrind is not installed"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/sys/module/wireguard"
echo live >"$work/sys/module/wireguard/initstate"
echo OURS >"$work/sys/module/wireguard/srcversion"
mkdir "$work/etc" "$work/run" "$work/dev"
printf '[*]\nhold = 1ms\nno\n[wg0]\nhold-max = 9s\n[wg9]\nmode=\n' >"$work/etc/wireguard-reorder.conf"
printf '4,1,1,-;wg0: peer 1 (x): a packet came 5 us after\n' >"$work/dev/kmsg"
export WGR_ROOT=$work
"$(dirname "$0")/capture_test.py" --sample >"$work/capture"

while read -r words; do
	words=${words/CAPTURE/$work\/capture}
	number=$((number + 1))
	# Several words.
	# shellcheck disable=SC2086
	if valgrind -q --error-exitcode=99 --exit-on-first-error=yes --leak-check=full \
			"$program" $words >"$work/out" 2>&1 || [[ $? != 99 ]]; then
		echo "ok $number - valgrind: $words"
	else
		tail -n 20 "$work/out" | sed 's/^/# /'
		echo "not ok $number - valgrind: $words"
		failed=1
	fi
done <<-LIST
	status
	show
	show -j
	stats wg0
	dump -j
	watch --count 1 --interval 0.05
	set wg0 mode fixed hold 5s
	reset wg0
	doctor
	export
	test --pcap CAPTURE
	test -j --pcap CAPTURE
	export --all-netns --output $work/metrics
	apply
	set wg0 mode off --save
LIST
echo "1..$number"
exit "$failed"
