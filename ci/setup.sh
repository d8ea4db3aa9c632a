#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Install what a part of the project needs on a Debian machine.
#
#   ci/setup.sh [GROUP...]
#
# Groups: build unit lint cli vm uml package repo cross kernels demo bench all (the default).
# Only what is missing is installed, so a second call costs a fraction of a
# second. Needs root only if something is missing.
set -euo pipefail

group_packages()
{
	case $1 in
	# The kernel's own tools, for building modules against its headers.
	build)   echo make gcc bc flex bison kmod cpio xz-utils libelf-dev libssl-dev libdw-dev dpkg-dev ;;
	unit)    echo make gcc clang python3 libc6-dev libssl-dev libclang-rt-14-dev ;;
	lint)    echo make shellcheck sparse python3 codespell gettext po-debconf perl libc6-dev libc6-dev-i386 \
		      gcc-s390x-linux-gnu ;;
	# The command, and what its tests read its output with.
	cli)     echo make gcc clang pkg-config libc6-dev libmnl-dev libjansson-dev libpcap-dev iproute2 kmod util-linux \
		      python3 python3-jsonschema python3-prometheus-client mandoc valgrind zsh shellcheck strace ;;
	vm)      echo qemu-system-x86 qemu-system-arm gcc-aarch64-linux-gnu busybox-static cpio kmod xz-utils e2fsprogs \
		      iproute2 iputils-ping iptables nftables ncat iperf3 ethtool procps psmisc \
		      tcpdump python3 python3-cryptography wireguard-tools wireguard-go \
		      debian-archive-keyring udev systemd ;;
	package) echo debhelper dh-dkms dkms dpkg-dev fakeroot lintian rpm rpmlint patchelf openssl shellcheck mmdebstrap \
		      gcc pkg-config libc6-dev libmnl-dev libjansson-dev libpcap-dev \
		      qemu-system-x86 qemu-user-static e2fsprogs debian-archive-keyring ;;
	# What "make repo" needs, from the packages on.
	repo)    echo make gcc pkg-config libc6-dev libmnl-dev libjansson-dev libpcap-dev debhelper dh-dkms dpkg-dev \
		      fakeroot rpm patchelf apt-utils createrepo-c gnupg ;;
	# Packages for other architectures are made in a root.
	cross)   echo mmdebstrap debian-archive-keyring dpkg-dev ;;
	# Headers come with tools, and roots with compilers. The emulators of riscv64 and s390x
	# are in misc.
	kernels) echo make binutils kmod dpkg-dev mmdebstrap debian-archive-keyring qemu-system-misc qemu-system-ppc ;;
	# Only what "make demo" uses: people wait for it.
	demo)    echo mount kmod iproute2 iputils-ping nftables iperf3 ethtool procps openssl python3 wireguard-tools \
		      debian-archive-keyring ffmpeg ngtcp2-client gnuplot-nox; group_packages build ;;
	bench)   echo python3-dpkt pkg-config liblwip-dev libmnl-dev libjansson-dev libpcap-dev
		 group_packages vm; group_packages package; group_packages demo ;;
	uml)     group_packages build; group_packages vm ;;
	all)     local g; for g in build unit lint cli vm package demo; do group_packages "$g"; done ;;
	*)       echo "setup.sh: no group '$1'" >&2; return 1 ;;
	esac
}

# The compiler's run-time library carries the compiler's version in its name,
# so take the name that goes with this machine's clang.
adjust()
{
	if [[ $1 == libclang-rt-14-dev ]]; then
		local v
		v=$(apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9]\+\)$/\1/p' | head -n 1)
		[[ -n $v ]] && echo "libclang-rt-$v-dev"
	else
		echo "$1"
	fi
}

main()
{
	local g p words missing=()

	[[ $# -gt 0 ]] || set -- all
	command -v apt-get >/dev/null || {
		echo "setup.sh: no apt-get here: install what 'group_packages' in $0 lists by hand" >&2
		exit 1
	}
	for g in "$@"; do
		words=$(group_packages "$g")
		for p in $words; do
			if [[ $p == libclang-rt-14-dev ]] && dpkg-query -W -f '${Status} ' 'libclang-rt-*-dev' 2>/dev/null | grep -q 'ok installed'; then
				continue
			fi
			dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
		done
	done
	[[ ${#missing[@]} -gt 0 ]] || return 0
	if [[ $(id -u) != 0 ]]; then
		echo "setup.sh: not installed: ${missing[*]}; run $0 $* as root" >&2
		exit 1
	fi
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq -o DPkg::Lock::Timeout=600 >/dev/null
	local wanted=()
	for p in $(printf '%s\n' "${missing[@]}" | sort -u); do
		wanted+=("$(adjust "$p")")
	done
	echo "setup.sh: installing ${wanted[*]}" >&2
	# The list may hold empty words where adjust() found no name.
	# shellcheck disable=SC2046
	apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=600 \
		$(printf '%s\n' "${wanted[@]}") </dev/null >/dev/null
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
