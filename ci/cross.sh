#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The command's packages, .deb and .rpm, for other architectures than this machine's, in
# dist: what "make repo ARCHS=..." runs. The compilers are Debian's for amd64, in a root
# of bookworm, which has the oldest libraries; of trixie where bookworm does not have the
# architecture. Needs root.
#
#   ci/cross.sh [ARCH...]        amd64 arm64 armhf i386 ppc64el riscv64 s390x
#
# armhf: since trixie times have 64 bits there, and packages for bookworm (and Raspberry
# Pi OS of its time) do not fit.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=ci/lib/debian.sh
. "$top/ci/lib/debian.sh"
# shellcheck source=ci/lib/arch.sh
. "$top/ci/lib/arch.sh"
# shellcheck source=ci/lib/sources.sh
. "$top/ci/lib/sources.sh"

die()
{
	echo "make repo: $*" >&2
	exit 1
}

# Builder for the cache: DIR SUITE ARCH PACKAGE...
make_cross_root()
{
	local dir=$1 suite=$2 arch=$3 options
	shift 3

	options=$(apt-config dump | grep -E '^Acquire::(Check-|https?::Proxy)' || true)
	WGR_DEB_ARCH=$arch wgr_sources "$suite" |
	nice -n 19 mmdebstrap --variant=apt --mode=root --architectures="amd64,$arch" --quiet \
		--include="$(IFS=,; echo "$*")" \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--aptopt="${options:-# nothing special}" "$suite" "$dir/root" - || return
	printf '%s\n' "root/usr/bin/*-gcc-[0-9]*" >"$dir/.precious"
}

# cross_root ARCH: print the folder of a root that compiles for it.
cross_root()
{
	local arch=$1 suite=bookworm triplet packages version entry

	[[ $arch != riscv64 ]] || suite=trixie
	triplet=$(wgr_arch triplet "$arch")
	packages=(build-essential "gcc-${triplet//_/-}" debhelper dh-dkms rpm patchelf)
	[[ $arch == amd64 ]] || packages+=("libc6-dev:$arch")
	for package in libmnl-dev libjansson-dev libpcap-dev pkg-config; do
		packages+=("$package:$arch")
	done
	version=$(WGR_DEB_ARCH=$arch wgr_deb_version "$suite" libpcap-dev) || return
	entry=$(wgr_cache_get "cross-$suite-$arch" "$version ${packages[*]} $(declare -f make_cross_root)" \
		make_cross_root "$suite" "$arch" "${packages[@]}") || return
	echo "$entry/root"
}

# pack ARCH: in the mount namespace of its own.
pack()
{
	local arch=$1 triplet root

	triplet=$(wgr_arch triplet "$arch")
	root=$(cross_root "$arch") || die "ARCHS: nothing can be built for $arch with what the mirror has"
	mkdir -p "$work/$arch"/{upper,work,root}
	mount -t overlay overlay "$work/$arch/root" -o "lowerdir=$root,upperdir=$work/$arch/upper,workdir=$work/$arch/work"
	mount -t proc proc "$work/$arch/root/proc"
	mkdir "$work/$arch/root/tree"
	wgr_sources "$top" "$work/$arch/root/tree"
	chroot "$work/$arch/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root nice -n 19 \
		sh -ec "make -s -C /tree clean && make -s -C /tree deb DEBARCH=$arch &&
			CC=$triplet-gcc STRIP=$triplet-strip PKG_CONFIG=$triplet-pkg-config make -s -C /tree rpm RPMARCH=$(wgr_arch rpm "$arch")" \
		</dev/null >"$work/said" 2>&1 || { cat "$work/said" >&2; die "ARCHS: the command for $arch cannot be built"; }
	mv "$work/$arch/root/tree"/dist/*-tools[-_]*."$(wgr_arch rpm "$arch")".rpm \
		"$work/$arch/root/tree"/dist/*-tools_*_"$arch".deb "$top/dist"
}

# finish: mounts are this namespace's and go with it.
finish()
{
	awk -v w="$work/" 'index($5, w) == 1 { print $5 }' /proc/self/mountinfo | sort -r | xargs -r umount -l
	rm -rf "$work"
}

main()
{
	local arch own others=()

	own=$(dpkg --print-architecture)
	for arch; do
		wgr_arch triplet "$arch" >/dev/null 2>&1 ||
			die "ARCHS=$arch is no architecture that this is for: amd64 arm64 armhf i386 ppc64el riscv64 s390x"
		[[ $arch == "$own" ]] || others+=("$arch")
	done
	[[ ${#others[@]} -gt 0 ]] || return 0
	[[ $own == amd64 ]] || die "ARCHS: for other architectures than its own only amd64 builds, this is $own"
	[[ $(id -u) == 0 ]] || die "ARCHS: other architectures need root"
	if [[ ${WGR_UNSHARED:-} != "$$" ]]; then
		"$top/ci/setup.sh" cross
		exec unshare --mount --propagation private env "WGR_UNSHARED=$$" bash "$0" "$@"
	fi
	mkdir -p "$WGR_CACHE" "$top/dist"
	work=$(mktemp -d "$WGR_CACHE/.run-cross.XXXXXX")
	trap finish EXIT
	for arch in "${others[@]}"; do
		pack "$arch"
		ls "$top/dist"/*-tools_*_"$arch".deb
	done
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
