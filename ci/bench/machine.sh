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
# module as $WGR_KO; see ci/vm/uml.sh.
machine()
{
	local kernel=$1 timeout=$2 results=$3 options=(--realtime)
	shift 3

	[[ $kernel != travel ]] || options=(--cpus 1)
	# Who reads this file has set it.
	# shellcheck disable=SC2154
	WGR_KO=$("$top/ci/vm/module.sh" "$kernel") "$top/ci/vm/uml.sh" "$kernel" "${options[@]}" \
		--timeout "$timeout" --results "$results" -- "$@"
}
