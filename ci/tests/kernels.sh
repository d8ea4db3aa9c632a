#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The module built against the headers of all kernels that it is for, each by
# the compiler of its release. What is wanted is a module without a warning that
# says it is for that kernel. One kernel of each version is started in a virtual
# machine, with the self-test of its own source; so is the user-mode kernel that
# looks for errors of memory and of locking. One kernel of each other architecture
# that can be emulated is started with tests of the tunnel, of order and of what no
# honest peer sends; the one of the other byte order also against amd64. Needs root;
# TAP and a table on standard output.
#
#   ci/tests/kernels.sh [WORD...]     only kernels whose line in the list below
#                                     has all the words
#
# WGR_JOBS is what each make gets as -j (default: all CPUs). With WGR_START=no none is
# started, which leaves a minute for each. $WGR_STAGE_RESULTS (or
# a folder in the cache) keeps what the machines said, in folders named by kernel.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=ci/lib/debian.sh
. "$top/ci/lib/debian.sh"
# shellcheck source=ci/lib/arch.sh
. "$top/ci/lib/arch.sh"

# Suite (see ci/lib/debian.sh) or user-mode (see ci/vm/uml.sh), flavour,
# architecture, compiler, and how to start it: "run" for the self-test, "tunnel" for
# tests that the slowest of emulated machines ends in minutes, "pair" for a tunnel to
# the kernel's own module on amd64. Oldest first.
kernels()
{
	cat <<-'EOF'
		bullseye-release   generic amd64   gcc run
		bullseye-release   generic arm64   gcc
		bullseye-release   generic armhf   gcc
		bullseye-release   generic i386    gcc
		bullseye           generic amd64   gcc
		bullseye           cloud   amd64   gcc
		bullseye           rt      amd64   gcc
		bookworm-release   generic amd64   gcc
		bookworm           generic amd64   gcc run
		bookworm           cloud   amd64   gcc
		bookworm           rt      amd64   gcc
		bookworm           generic arm64   gcc run tunnel
		bookworm           generic armhf   gcc tunnel
		bookworm           generic i386    gcc tunnel
		bookworm           generic ppc64el gcc tunnel
		bookworm           generic s390x   gcc tunnel pair
		bookworm-backports generic amd64   gcc
		bookworm-backports cloud   amd64   gcc
		bookworm-backports rt      amd64   gcc
		bookworm-backports generic armhf   gcc
		bookworm-backports generic ppc64el gcc
		bookworm-backports generic s390x   gcc
		trixie             generic amd64   gcc run
		trixie             cloud   amd64   gcc
		trixie             rt      amd64   gcc
		trixie             generic arm64   gcc
		trixie             generic riscv64 gcc tunnel
		trixie-backports   generic amd64   gcc run
		trixie-backports   cloud   amd64   gcc
		trixie-backports   rt      amd64   gcc
		trixie-backports   generic amd64   clang
		trixie-backports   generic arm64   gcc
		sid                generic amd64   gcc run
		sid                cloud   amd64   gcc
		sid                rt      amd64   gcc
		sid                generic amd64   clang
		sid                generic arm64   gcc
		sid                generic armhf   gcc
		sid                generic ppc64el gcc
		sid                generic riscv64 gcc
		sid                generic s390x   gcc
		user-mode          debug   um      gcc run
	EOF
}

# kernels_with WORD...: those lines of the list that have them all.
kernels_with()
{
	local line word

	kernels | while read -r line; do
		for word; do
			[[ " $line " == *" $word "* ]] || continue 2
		done
		echo "$line"
	done
}

# The compiler's name as Debian's headers have it, such as gcc-12.
compiler_of()
{
	sed -n 's/^ *CC *=.*)\(gcc-[0-9]*\)$/\1/p' "$1/.kernelvariables"
}

# tools SUITE: a root with what builds modules on that release, for the architectures
# that the list has with it; clang where the list asks for it.
tools()
{
	local release=${1%-*} suite kdir kbuild gcc name packages

	kdir=$("$top/ci/vm/kernels.sh" headers "$release") || return
	gcc=$(compiler_of "$kdir")
	if [[ -z $gcc ]]; then
		echo "the headers of $release name no compiler" >&2
		return 1
	fi
	packages=(make "$gcc")
	while read -r name; do
		packages+=("$gcc-$(wgr_arch triplet "$name")")
	done < <(kernels | awk -v release="$release" '
			{ sub(/-.*/, "", $1) }
			$1 == release && $3 !~ /^(amd64|i386)$/ && !seen[$3]++ { print $3 }')
	# What the headers' own tools run with.
	while read -r suite; do
		kdir=$("$top/ci/vm/kernels.sh" headers "$suite") || return
		kbuild=$(wgr_deb_depends "$suite" "$(basename "$kdir")" 'linux-kbuild-.*') || return
		for name in 'libelf.*' pahole; do
			packages+=("$(wgr_deb_depends "$suite" "$kbuild" "$name")") || unset 'packages[-1]'
		done
	done < <(kernels | cut -d ' ' -f 1 | grep -x -E "$release(-backports)?" | sort -u)
	if kernels | grep -q "^${release}[ -].* clang\$"; then
		packages+=(clang lld llvm)
	fi
	"$top/ci/vm/root.sh" "$release" "${packages[@]}"
}

# inside ROOT COMMAND...: run it in that root, which sees the cache and $work and
# stays as it is.
inside()
{
	local root=$1
	shift

	rm -rf "${work:?}"/overlay
	mkdir -p "$work"/overlay/{upper,work,root}
	# shellcheck disable=SC2016
	unshare --mount bash -euc '
		root=$1 work=$2
		shift 2
		at=$work/overlay/root
		mount -t overlay overlay "$at" \
			-o "lowerdir=$root,upperdir=$work/overlay/upper,workdir=$work/overlay/work"
		mkdir -p "$at$WGR_CACHE" "$at$work/tree"
		mount --bind -o ro "$WGR_CACHE" "$at$WGR_CACHE"
		mount --bind "$work/tree" "$at$work/tree"
		mount -t proc proc "$at/proc"
		exec chroot "$at" env -i HOME=/ LC_ALL=C \
			PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
	' inside "$root" "$work" "$@"
}

# That tools are others than those that built the kernel is meant to be so for
# clang, and for the rest it is the release's own doing.
warnings()
{
	grep -i 'warning' "$1" |
		grep -vE 'warning: (the compiler|pahole version) differs from the one used to build the kernel'
}

# What stays in memory: all sections that are loaded.
loaded_size()
{
	local size sum=0

	while read -r size; do
		sum=$((sum + 16#$size))
	done < <(LC_ALL=C readelf -SW "$1" |
		 sed -nE 's/^ *\[ *[0-9]+\] +[^ ]+ +[A-Z_]+ +[0-9a-f]{8,16} [0-9a-f]+ ([0-9a-f]+) [0-9a-f]+ +[WXMSILGTCEop]*A.*/\1/p')
	echo "$sum"
}

made_by()
{
	if LC_ALL=C readelf -p .comment "$1" | grep -q 'clang version'; then
		echo clang
	else
		echo gcc
	fi
}

# Debian's headers set CC whatever LLVM says, and their configuration is what
# came of asking gcc: these are the answers that clang gives instead.
as_clang=(
	CC=clang CONFIG_CC_IS_GCC= CONFIG_CC_IS_CLANG=y CONFIG_GCC_VERSION=0
	CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT= CONFIG_UBSAN_BOUNDS_STRICT= CONFIG_FTRACE_MCOUNT_USE_CC=
	CONFIG_CC_IMPLICIT_FALLTHROUGH=-Wimplicit-fallthrough
	# The headers have address spaces of CPUs that are named as gcc names them.
	KCFLAGS=-Wno-duplicate-decl-specifier
)

# build_for SUITE FLAVOUR ARCH COMPILER: sets $ko, $release, $compiler, $size and
# $warned; what went wrong is in $work/log.
build_for()
{
	local suite=$1 flavour=$2 arch=$3 kdir root arguments=() cross

	kdir=$("$top/ci/vm/kernels.sh" headers "$suite" "$flavour" "$arch" 2>"$work/log") || return
	root=$(tools "$suite" 2>"$work/log") || return
	: >"$work/log"
	release=$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' "$kdir/include/generated/utsrelease.h")
	case $compiler in
	gcc)   compiler=$(compiler_of "$kdir") ;;
	clang) arguments+=(LLVM=1 "${as_clang[@]}")
	       compiler=$(basename "$root"/usr/lib/llvm-*)
	       compiler=${compiler/llvm/clang} ;;
	esac
	mapfile -t cross < <(wgr_cross "$arch")

	rm -rf "$work/tree"
	mkdir "$work/tree"
	cp -R "$top/Makefile" "$top/src" "$work/tree"
	make -s -C "$work/tree" clean
	inside "$root" make -s -C "$work/tree" module "KDIR=$kdir" -j"${WGR_JOBS:-$(nproc)}" \
		${cross[@]+"${cross[@]}"} ${arguments[@]+"${arguments[@]}"} >"$work/log" 2>&1 || return
	cp "$work/tree/src/compat/generated/have.h" "$work/have/$release-$compiler"
	ko=$work/tree/src/wireguard.ko
	if [[ $(modinfo -F vermagic "$ko") != "$release "* ]]; then
		echo "error: the module is for $(modinfo -F vermagic "$ko")" >>"$work/log"
		return 1
	fi
	# It says of itself who made it: "clang version 19" or "GCC: (Debian 12...".
	if [[ $(made_by "$ko") != "${compiler%-*}" ]]; then
		echo "error: the module was made by $(made_by "$ko"), not $compiler" >>"$work/log"
		return 1
	fi
}

# build_user_mode FLAVOUR: the same for that one.
build_user_mode()
{
	ko=$("$top/ci/vm/module.sh" "$1" 2>"$work/log") || return
	cp "${ko%/*}/log" "$work/log"
	release=$(modinfo -F vermagic "$ko")
	release=${release%% *}
}

# build SUITE FLAVOUR ARCH COMPILER: sets $size and $warned too.
build()
{
	release='-' compiler=$4 size='-' warned='-'
	case $1 in
	user-mode) build_user_mode "$2" ;;
	*)         build_for "$@" ;;
	esac || return
	size=$(loaded_size "$ko")
	warned=$(warnings "$work/log" | wc -l) || true
	[[ $warned == 0 ]]
}

number=0
failed=0
table=()
results=${WGR_STAGE_RESULTS:-$WGR_CACHE/results-$(printf '%s' "$top" | wgr_hash)/kernels}

# point WHAT COMMAND...
point()
{
	local what=$1 rc=0
	shift

	number=$((number + 1))
	"$@" || rc=$?
	if [[ $rc == 0 ]]; then
		echo "ok $number - $what"
	else
		grep -E '^wireguard:|error|warning|\*\*\*|has no|not reach' -i "$work/log" >"$work/said" || tail -n 20 "$work/log" >"$work/said"
		head -n 20 "$work/said" | sed 's/^/# /'
		echo "not ok $number - $what"
		failed=$((failed + 1))
	fi
	return $rc
}

# start SCRIPT...: run it in $guest with the module that build() has left. What the
# guest says is in $work/guest.
start()
{
	local kept

	kept=$results/$release-$(basename "$1" .sh)
	: >"$work/guest"
	rm -rf "$kept"
	mkdir -p "$kept"
	WGR_KO=$ko "$top/ci/vm/${guest[0]}" "${guest[@]:1}" --timeout 2400 --results "$kept" \
		-- "$@" >"$work/guest" 2>>"$work/log"
}

# self_test SUITE ARCH: the kernel's own.
self_test()
{
	local netns wg=() source=$1

	# That is the newest.
	[[ $1 != user-mode ]] || source=sid
	netns=$("$top/ci/vm/kernels.sh" netns "$source" 2>"$work/log") || return
	# The newest knows what any of them asks for; it is for this machine only.
	if [[ $2 == amd64 || $2 == um ]]; then
		wg=("$("$top/ci/vm/kernels.sh" wg sid 2>"$work/log")") || return
	fi
	start "$top/ci/tests/netns.sh" "$netns" ${wg[@]+"${wg[@]}"}
}

# said WORDS: a test of the guest that passed.
said()
{
	cp "$work/guest" "$work/log"
	grep "^ok .*$1" "$work/guest"
}

# kernel SUITE FLAVOUR ARCH COMPILER [WORD...]: a line of the table.
kernel()
{
	local builds=yes loads='-' passes='-' tunnel='-' pair='-' rc=0 word
	local guest=(qemu.sh --suite "$1" --arch "$3" --append log_buf_len=16M)

	[[ $1 != user-mode ]] || guest=(uml.sh "$2")
	point "$*" build "$@" || builds=no
	[[ $builds == yes && ${WGR_START:-yes} == yes ]] || set -- "${@:1:4}"
	for word in "${@:5}"; do
		rc=0
		case $word in
		run)
			loads=yes passes=yes
			self_test "$1" "$3" || rc=$?
			point "$release loads it" said 'the module loads' || loads=no
			point "$release passes its self-test" test "$rc" = 0 || passes=no ;;
		tunnel)
			loads=yes tunnel=yes
			start "$top/ci/tests/tunnel/short.sh" || rc=$?
			point "$release loads it" said test_create_delete || loads=no
			point "$release passes the tests of the tunnel" test "$rc" = 0 || tunnel=no ;;
		pair)
			pair=yes
			guest=(pair.sh --suite "$1" --second "--arch $3" --memory 1024 --cpus 1)
			start "$top/ci/tests/tunnel/stock.sh" || rc=$?
			cp "$work/guest" "$work/log"
			point "$release and amd64 understand each other" test "$rc" = 0 || pair=no ;;
		esac
	done
	table+=("$release $3 $2 $compiler: $builds / $size / $warned / $loads / $passes / $tunnel / $pair")
}

# Whether all probes have said yes for some kernel and no for another. One that never
# does either is wrong, or for what no kernel of the list differs in. Those left over
# are named.
probes_differ()
{
	cat "$work"/have/* | awk '
		/^#define WGR_HAVE_/   { seen[$2]; yes[$2] }
		/^\/\* no WGR_HAVE_/ { seen[$3]; no[$3] }
		END {
			for (name in seen) {
				if (!(name in yes))
					print "error: no kernel of the list has " name
				else if (!(name in no))
					print "error: every kernel of the list has " name
				else
					continue
				bad = 1
			}
			exit bad || !length(seen)
		}' >"$work/log"
}

# That the counting counts.
counts_warnings()
{
	printf '%s\n' 'CC main.o' "a.c:1:2: warning: unused variable 'a'" \
		'warning: the compiler differs from the one used to build the kernel' \
		'warning: pahole version differs from the one used to build the kernel' \
		'WARNING: modpost: missing MODULE_LICENSE() in a.o' >"$work/log"
	[[ $(warnings "$work/log" | wc -l) == 2 ]]
}

main()
{
	local list=() line

	if [[ $(id -u) != 0 ]]; then
		echo "kernels.sh: this needs root" >&2
		exit 2
	fi
	mapfile -t list < <(kernels_with "$@")
	if [[ ${#list[@]} == 0 ]]; then
		echo "kernels.sh: no kernel has all of: $*" >&2
		exit 2
	fi
	# Guests of other architectures see the tree and the cache, and nothing else.
	mkdir -p "$WGR_CACHE"
	find "$WGR_CACHE" -maxdepth 1 -name '.run-kernels.*' -mmin +600 -exec rm -rf {} +
	work=$(mktemp -d "$WGR_CACHE/.run-kernels.XXXXXX")
	mkdir "$work/have"
	trap 'rm -rf "$work"' EXIT
	point 'warnings are counted' counts_warnings || true
	for line in "${list[@]}"; do
		# Words of the list.
		# shellcheck disable=SC2086
		kernel $line
	done
	[[ $# -gt 0 ]] || point 'each probe passes for one kernel and fails for another' probes_differ || true
	echo "1..$number"
	echo '# kernel arch flavour compiler: builds / size / warnings / loads / netns.sh / tunnel / pair'
	printf '# %s\n' "${table[@]}"
	echo "$((number - failed)) passed, $failed failed"
	[[ $failed == 0 ]]
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
