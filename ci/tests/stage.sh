# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# For stages: run tests of the tree in a guest with the tree's module.

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit
stage_failed=0

stage_end()
{
	exit "$stage_failed"
}

# in_guest NAME PROGRAM OPTIONS... -- SCRIPT...: run one guest; its directory of
# results is NAME. What is wrong with the guest itself is a failed test too.
in_guest()
{
	local name=$1 rc=0
	shift

	"$@" | tee "$WGR_STAGE_RESULTS/$name.tap" || rc=$?
	case $rc in
	0)   return ;;
	99)  echo "not ok - $name: the kernel reported an error" ;;
	124) echo "not ok - $name: the guest did not end in time" ;;
	125) echo "not ok - $name: the guest died" ;;
	*)   grep -q '^not ok' "$WGR_STAGE_RESULTS/$name.tap" || echo "not ok - $name: status $rc" ;;
	esac
	stage_failed=1
}

# Architecture of the machines that on_qemu starts.
stage_arch=amd64

# on_qemu NAME SECONDS SCRIPT [ARGUMENT...]: 6.1 of the distribution.
on_qemu()
{
	local name=$1 seconds=$2 kernel=bookworm
	shift 2

	[[ $stage_arch == amd64 ]] || kernel+=/$stage_arch
	WGR_KO=$(ci/vm/module.sh "$kernel") || { module_broken "$name"; return; }
	export WGR_KO
	in_guest "$name" ci/vm/qemu.sh --arch "$stage_arch" --timeout "$seconds" \
		--results "$WGR_STAGE_RESULTS/$name" --append log_buf_len=16M -- "$@"
}

on_pair()
{
	local name=$1 seconds=$2
	shift 2

	WGR_KO=$(ci/vm/module.sh bookworm) || { module_broken "$name"; return; }
	export WGR_KO
	in_guest "$name" ci/vm/pair.sh --timeout "$seconds" --results "$WGR_STAGE_RESULTS/$name" \
		--memory 1024 --cpus 1 -- "$@"
}

# Options of uml.sh for a stage's guests, and of module.sh.
uml_options=()
module_options=()

# on_uml FLAVOUR NAME SECONDS SCRIPT [ARGUMENT...]
on_uml()
{
	local flavour=$1 name=$2 seconds=$3
	shift 3

	WGR_KO=$(ci/vm/module.sh "$flavour" ${module_options[@]+"${module_options[@]}"}) ||
		{ module_broken "$name"; return; }
	export WGR_KO
	in_guest "$name" ci/vm/uml.sh "$flavour" --timeout "$seconds" --results "$WGR_STAGE_RESULTS/$name" \
		${uml_options[@]+"${uml_options[@]}"} -- "$@"
}

module_broken()
{
	echo "not ok - $1: the module cannot be built"
	stage_failed=1
}
