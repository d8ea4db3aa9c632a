#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Two virtual machines with a cable between them, since the kernel's own module
# and ours cannot be loaded in one kernel. The first does what the second tells
# it; a script of the tree runs in the second.
#
#   ci/vm/pair.sh [OPTION of qemu.sh...] -- SCRIPT [ARGUMENT...]
#
# In both, eth0 is up: 10.8.0.1 and fd08::1 in the first, 10.8.0.2 and fd08::2
# in the second, where the script runs. There, "$WGR_TREE/ci/vm/remote" runs a
# command line in the first and has its output and exit status:
#
#   ci/vm/remote modprobe wireguard
#
# WGR_KO is for the second only, and so are options of qemu.sh in
# --second "OPTIONS", such as its --arch. --results keeps DIR (of the second) and
# DIR/first.
#
# Example:
#   WGR_KO=$(ci/vm/module.sh bookworm) ci/vm/pair.sh -- ci/tests/tunnel/stock.sh
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

results=''
keep=0
first_pid=''

cleanup()
{
	if [[ -n $first_pid ]]; then
		# qemu.sh ends its guest when it is told to end.
		kill -TERM "$first_pid" 2>/dev/null || true
		wait "$first_pid" 2>/dev/null || true
	fi
	rm -f "$results/cable"
	[[ $keep == 1 ]] || rm -rf "$results"
}

main()
{
	local options=() second=() timeout=600 i rc=0

	while [[ $# -gt 0 && $1 != -- ]]; do
		case $1 in
		--results) results=$2; keep=1; shift ;;
		--timeout) timeout=$2; shift ;;
		--second)  read -r -a second <<<"$2"; shift ;;
		--no-scan|--verbose|--icount) options+=("$1") ;;
		--*) options+=("$1" "$2"); shift ;;
		*)
			sed -n '3,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2
			exit 2 ;;
		esac
		shift
	done
	[[ $# -ge 2 ]] || { "$0" --help_ 2>&1 | cat >&2; exit 2; }
	shift
	[[ -n $results ]] || results=$(mktemp -d "${TMPDIR:-/tmp}/wgr-pair.XXXXXX")
	mkdir -p "$results/first"
	trap cleanup EXIT
	trap 'exit 130' INT TERM HUP
	rm -f "$results/cable" "$results/first/status"

	WGR_KO='' "$here/qemu.sh" ${options[@]+"${options[@]}"} --timeout $((timeout + 20)) --results "$results/first" \
		--link "$results/cable" --listen --env WGR_HOSTNAME=first \
		-- ci/vm/pair-guest.sh first >"$results/first/said" 2>&1 &
	first_pid=$!
	for ((i = 0; i < 1200; i++)); do
		[[ ! -S $results/cable ]] || break
		kill -0 "$first_pid" 2>/dev/null || break
		sleep 0.1
	done
	"$here/qemu.sh" ${options[@]+"${options[@]}"} ${second[@]+"${second[@]}"} \
		--timeout "$timeout" --results "$results" \
		--link "$results/cable" --env WGR_HOSTNAME=second \
		-- ci/vm/pair-guest.sh second "$@" || rc=$?
	# The first ends when the second has told it to, and its log counts too.
	for ((i = 0; i < 150; i++)); do
		kill -0 "$first_pid" 2>/dev/null || break
		sleep 0.1
	done
	if kill -0 "$first_pid" 2>/dev/null; then
		echo "# the first machine did not end by itself"
	else
		wait "$first_pid" || i=$?
		first_pid=''
		if [[ $rc == 0 && -s $results/first/status && $(<"$results/first/status") != 0 ]]; then
			rc=99
		fi
		if grep -q "kernel's log holds a report" "$results/first/said"; then
			cat "$results/first/said"
			rc=99
		fi
	fi
	exit "$rc"
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
