#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# How many instructions a packet costs with the kernel's own module and with ours,
# on Debian's 6.1 in an emulated machine whose clock counts them: the same figures,
# whatever else this machine does.
#
#   ci/bench/instructions.sh [--base COMMIT] [--all] [OPTION...]
#
#   --base COMMIT  the module of that commit, too, before ours
#   --all          besides: ours at one end and the kernel's own at the other,
#                  wireguard-go, and the limit: the same traffic without a tunnel,
#                  and cryptography alone
#   OPTION         of count.sh: --kinds, --rounds
#
# A line for each round goes to dist/bench/instructions.tsv. Takes about half a
# minute for each round of each module.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)

# module_of COMMIT FOLDER: builds it there.
module_of()
{
	git -C "$top" archive "$1" Makefile src ci/vm ci/lib | tar -x -C "$2"
	"$2/ci/vm/module.sh" bookworm
}

# What times cryptography alone, for the same kernel.
aead()
{
	cp "$here/aead/aead.c" "$here/aead/Kbuild" "$work/"
	make -s -C "$("$top/ci/vm/kernels.sh" headers bookworm generic)" M="$work" modules >"$work/log" 2>&1 ||
		{ tail -n 20 "$work/log" >&2; return 1; }
	echo "$work/aead.ko"
}

main()
{
	local modules=(stock=stock) base='' all='' ours words

	while [[ ${1:-} == --* ]]; do
		case $1 in
		--base) base=${2:?a commit}; shift ;;
		--all)  all=yes ;;
		--kinds|--rounds) break ;;
		*) sed -n '3,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2 ;;
		esac
		shift
	done
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	if [[ -n $base ]]; then
		mkdir "$work/base"
		modules+=("base=$(module_of "$base" "$work/base")")
	fi
	ours=$("$top/ci/vm/module.sh" bookworm)
	modules+=("ours=$ours")
	words=$*
	if [[ -n $all ]]; then
		modules+=("sender=$ours,stock" "receiver=stock,$ours" go=go bare=bare)
		words+=" --aead $(aead)"
	fi
	mkdir -p "$top/dist/bench"
	"$top/ci/vm/qemu.sh" --icount --timeout 3600 --results "$work/results" -- \
		bash -c "'$here/count.sh' --tsv \"\$WGR_RESULTS/rows\" $words ${modules[*]}"
	cat "$work/results/rows" >>"$top/dist/bench/instructions.tsv"
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
