# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# For programs on this machine that measure in a guest: which kernel, and how it
# is started. They set $top, the tree.
#
# "travel" gives the same figures whatever else the machine does, and its time passes
# as fast as it can; but its CPU is infinitely fast, so nothing that the CPU bounds
# may be read from it. "fast" has two CPUs and wants the machine for itself.

# machine KERNEL TIMEOUT RESULTS COMMAND...: runs the command on it with the tree's
# module as $WGR_KO, and $cpus CPUs if that is set; see ci/vm/uml.sh.
machine()
{
	local kernel=$1 timeout=$2 results=$3 options=(--realtime)
	shift 3

	[[ $kernel != travel ]] || options=(--cpus 1)
	[[ -z ${cpus:-} ]] || options+=(--cpus "$cpus")
	# Who reads this file has set it.
	# shellcheck disable=SC2154
	WGR_KO=$("$top/ci/vm/module.sh" "$kernel") "$top/ci/vm/uml.sh" "$kernel" "${options[@]}" \
		--timeout "$timeout" --results "$results" -- "$@"
}

# rows OPTIONS PROGRAM TIMEOUT MODULES [OPTION...]: what a program prints of these modules on
# "fast", with one of the options before others, if any, goes to a table in dist/bench that
# has the caller's name.
rows()
{
	local known=$1 program=$2 timeout=$3 modules=$4 name results
	shift 4

	name=$(basename "$0" .sh)
	if [[ $# -gt 0 && " $known " != *" $1 "* ]]; then
		sed -n '3,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2
		exit 2
	fi
	results=$(mktemp -d)
	# Now, since it is gone when this ends.
	# shellcheck disable=SC2064
	trap "rm -rf '$results'" EXIT
	mkdir -p "$top/dist/bench"
	machine fast "$timeout" "$results" bash -c \
		"'$top/ci/bench/$program' --tsv \"\$WGR_RESULTS/rows\" $* $modules"
	cat "$results/rows" >>"$top/dist/bench/$name.tsv"
}
