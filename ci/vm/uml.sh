#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Run a script of the tree under a user-mode kernel with checks built in.
#
#   ci/vm/uml.sh FLAVOUR [OPTION...] -- SCRIPT [ARGUMENT...]
#   ci/vm/uml.sh FLAVOUR --kdir        print the build directory (made first if
#                                      it is not in the cache): KDIR of
#                                      make module KDIR=... ARCH=um
#
# FLAVOUR: fast (no checks) or debug (memory errors, undefined behaviour, locks,
# RCU, sleeping where it must not, freed objects in use), both SMP; travel (one
# CPU, a clock that jumps to the next thing to do and costs nothing for work: hours
# in seconds, whatever the machine does besides). See ci/vm/config; all are from
# the newest source package. --timeout is the machine's time, not the guest's.
#
#   --timeout SECONDS hard limit (600)
#   --cpus N, --memory MB (2, 2048)
#   --results DIR     writable in the guest as $WGR_RESULTS; keeps console.log
#                     (a temporary one is made and removed otherwise)
#   --env NAME=VALUE  for the script; WGR_KO WGR_QUICK WGR_SEED pass by themselves
#   --realtime        before all else on the machine, where that is allowed: the
#                     host's scheduler otherwise keeps two of the guest's CPUs
#                     on one of its own for milliseconds, which no measurement
#                     of short times survives
#   --no-scan         do not look for the kernel's reports in the log
#   --verbose         print the guest's log too
#
# Exit status and everything else as with qemu.sh. stock module: modprobe
# wireguard in the guest.
#
# Example:
#   make module KDIR="$(ci/vm/uml.sh debug --kdir)" ARCH=um
#   WGR_KO=$PWD/src/wireguard.ko ci/vm/uml.sh debug -- ci/tests/tunnel/run.sh
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=ci/lib/guest.sh
. "$here/../lib/guest.sh"

# BUILDER: DIR FINAL FLAVOUR TREE. Leaves build/ (the KDIR), linux, lib/modules.
make_kernel()
{
	local dir=$1 final=$2 flavour=$3 tree=$4 build log rc=0 begin=$SECONDS lost version walk=()

	mkdir "$dir/build"
	build=$dir/build
	log=$dir/build.log
	cat "$here/config/uml-base.config" "$here/config/uml-$flavour.config" >"$dir/wanted"
	echo "building the user-mode kernel '$flavour' (some minutes)"
	make -s -C "$tree" ARCH=um O="$build" KCONFIG_ALLCONFIG="$dir/wanted" allnoconfig >"$log" 2>&1
	# Options that have gone or changed name would be lost without a word.
	lost=$(grep -xE 'CONFIG_[A-Z0-9_]+=.*' "$dir/wanted" | grep -v '=n$' | grep -vxFf "$build/.config" || true)
	if [[ -n $lost ]]; then
		echo "not to be had in this kernel: ${lost//$'\n'/ }"
		return 1
	fi
	# What is to be read before the walk over stacks, see there.
	[[ ! -f $here/config/uml-$flavour.h ]] || walk=("CFLAGS_stacktrace.o=-include $here/config/uml-$flavour.h")
	make -s -C "$tree" ARCH=um O="$build" ${walk[@]+"${walk[@]}"} -j"$(nproc)" linux modules >>"$log" 2>&1 || rc=$?
	if [[ $rc != 0 ]]; then
		tail -n 30 "$log"
		return "$rc"
	fi
	make -s -C "$tree" ARCH=um O="$build" INSTALL_MOD_PATH="$dir" modules_install >>"$log" 2>&1
	version=$(ls "$dir/lib/modules")
	# These point into the directory where it was built.
	rm -f "$dir/lib/modules/$version/build" "$dir/lib/modules/$version/source"
	mv "$build/linux" "$dir/linux"
	# What builds of external modules never read.
	find "$build" -name scripts -prune -o \( -name '*.o' -o -name '*.a' -o -name '*.cmd' \
		-o -name '*.mod.c' -o -name '*.mod' -o -name '*.order' -o -name 'vmlinux*' \) \
		-type f ! -path '*/arch/*/kernel/vdso/*' -print0 | xargs -0 rm -f
	grep -rlI "$dir" "$build" --include=Makefile --include='.config*' | xargs -r sed -i "s:$dir:$final:g"
	[[ ! -L $build/source ]] || ln -sfn "$tree" "$build/source"
	printf '%s\n' linux 'lib/modules/*' 'build/Module.symvers' 'build/include/generated/autoconf.h' >"$dir/.precious"
	echo "built '$flavour' in $((SECONDS - begin)) s"
}

# uml_kernel FLAVOUR: its directory in the cache.
uml_kernel()
{
	local flavour=$1 tree key dir

	[[ -f $here/config/uml-$flavour.config ]] || guest_usage
	tree=$("$here/kernels.sh" tree sid)
	key="1 $tree $(wgr_hash_files "$here"/config/uml-{base,"$flavour"}.*) $(gcc -dumpfullversion)"
	dir=$WGR_CACHE/uml-$flavour-$(printf '%s' "$key" | wgr_hash)
	wgr_cache_get "uml-$flavour" "$key" make_kernel "$dir" "$flavour" "$tree"
}

scheduler=()

realtime()
{
	if chrt --rr 1 true 2>/dev/null; then
		scheduler=(chrt --rr 1)
	else
		echo 'no real-time scheduling here: short times will be blurred' >&2
	fi
}

main()
{
	local flavour=${1:-} dir shm clock=()

	[[ -n $flavour ]] || guest_usage
	shift
	if [[ ${1:-} == --kdir ]]; then
		dir=$(uml_kernel "$flavour")
		echo "$dir/build"
		return
	fi
	while [[ $# -gt 0 && $1 != -- ]]; do
		if [[ $1 == --realtime ]]; then
			realtime
			shift
			continue
		fi
		guest_option "$@"
		[[ $guest_taken -gt 0 ]] || guest_usage
		shift "$guest_taken"
	done
	[[ $# -ge 2 ]] || guest_usage
	shift
	dir=${WGR_UML_DIR:-$(uml_kernel "$flavour")}
	guest_environment+=(WGR_CHANNEL=/dev/tty1)
	[[ $flavour != travel ]] || clock=(time-travel=inf-cpu)
	guest_prepare "$@"

	# The guest's memory is a file: keep it off the disk if there is room.
	shm=$guest_results
	if [[ $(df --output=avail -m /dev/shm 2>/dev/null | tail -n 1) -gt $guest_memory ]]; then
		shm=/dev/shm
	fi
	uml()
	{
		TMPDIR=$shm exec ${scheduler[@]+"${scheduler[@]}"} "$dir/linux" "mem=${guest_memory}M" "ncpus=$guest_cpus" seccomp=on \
			rootfstype=hostfs rootflags=/ ro "init=$here/uml-init.sh" \
			"uml_dir=$guest_results/uml" panic=-1 printk.devkmsg=on loglevel=8 \
			${clock[@]+"${clock[@]}"} con=null con0=null,fd:1 con1=null,fd:3 console=tty0 \
			"WGR_RUN=$guest_results" "WGR_MODULES=$dir" \
			>"$guest_results/console.log" 2>&1 3>>"$guest_results/output.log"
	}
	guest_run uml
	guest_finish
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
