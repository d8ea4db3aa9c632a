#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Measure what pictures need beyond run.sh, on a user-mode kernel, and draw them.
#
#   ci/bench/pictures.sh [--kernel NAME] [--draw | --short] [FOLDER]
#
#   --kernel NAME  fast or travel (travel), as for run.sh
#   --draw         measure nothing, draw from the data that is there
#   --short        measure for seconds: tries this program, and is no measurement
#
# FOLDER is ci/doc, the pictures of README and its pages, if it is not given. It gets
#
#   onset.tsv, onset.svg   goodput second by second as jitter begins (onset.sh)
#   held.tsv, held.svg     displacement, and delay that is added (held.sh)
#   goodput.svg            goodput against jitter, from FOLDER/rows.tsv, which
#                          run.sh writes, or from results.tsv
#   profile.svg            what a packet's instructions are spent on, from
#                          FOLDER/profile.tsv, which profile.sh writes, or from this one's
#
# Takes some minutes.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
before=200:10
after=200:10:n3
paths=(200:10:n1 200:10:e5/10 200:10:a15)
pairs=3 seconds=30 change=10 flow=15 omit=10
kernel=travel
measure=yes
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=ci/bench/machine.sh
. "$here/machine.sh"

usage()
{
	sed -n '3,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2
	exit 2
}

# guest NAME COLUMNS SCRIPT [ARGUMENT...]: what the script measures becomes
# NAME.tsv, once it has ended well.
guest()
{
	local name=$1 columns=$2 script=$3 said
	shift 3

	machine "$kernel" 1800 "$work/$name" bash -c \
		"uname -r >\"\$WGR_RESULTS/kernel\"; '$here/$script' --tsv \"\$WGR_RESULTS/rows\" $*"
	said="# $(date -u +%F), user-mode kernel $(<"$work/$name/kernel") ($kernel): ci/bench/$script $*"
	{
		echo '# SPDX-License-Identifier: GPL-2.0'
		echo "$said"
		printf '#%s\n' "${columns// /$'\t'}"
		cat "$work/$name/rows"
	} >"$work/$name.tsv"
	mv "$work/$name.tsv" "$folder/$name.tsv"
}

# draw NAME DATA
draw()
{
	[[ -e $2 ]] || { echo "no ${2#"$top/"}, so no $1.svg" >&2; return; }
	"$here/plot/data.py" "$1" "$2" "$here/required.tsv" >"$work/data.gp"
	gnuplot -e "out='$work/$1.svg'" "$here/plot/style.gp" "$work/data.gp" "$here/plot/$1.gp"
	sed '1a <!-- SPDX-License-Identifier: GPL-2.0 -->' "$work/$1.svg" >"$work/drawn"
	mv "$work/drawn" "$folder/$1.svg"
	chmod 644 "$folder/$1.svg"
	echo "${folder#"$top/"}/$1.svg"
}

main()
{
	local rows

	while [[ ${1:-} == --* ]]; do
		case $1 in
		--draw)  measure=no ;;
		--short) pairs=1 seconds=12 change=5 flow=3 omit=2 ;;
		--kernel) kernel=${2:?a kernel}; shift ;;
		*)       usage ;;
		esac
		shift
	done
	[[ $# -le 1 ]] || usage
	folder=${1:-$top/ci/doc}
	mkdir -p "$folder"
	folder=$(cd "$folder" && pwd)
	if [[ $measure == yes ]]; then
		make -s --no-print-directory -C "$top" cli
		guest onset 'path module run second goodput' onset.sh \
			--pairs "$pairs" --seconds "$seconds" --change "$change" "$before" "$after"
		guest held 'path figure from packets' held.sh --seconds "$flow" --omit "$omit" "${paths[@]}"
	fi
	rows=$folder/rows.tsv
	[[ -e $rows ]] || rows=$here/results.tsv
	draw goodput "$rows"
	draw onset "$folder/onset.tsv"
	draw held "$folder/held.tsv"
	rows=$folder/profile.tsv
	[[ -e $rows ]] || rows=$here/profile.tsv
	draw profile "$rows"
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
