# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Names that an architecture of Debian has elsewhere.
#
#   . ci/lib/arch.sh
#   wgr_arch triplet s390x

# wgr_arch WHAT ARCH: the flavour of its common kernel in Debian, "kernel" for the
# kernel's own ARCH, "triplet", which names compilers, or "rpm".
wgr_arch()
{
	awk -v what="$1" -v arch="$2" '
		NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i }
		NR > 1 && $1 == arch { print $column[what]; found = 1 }
		END { exit !found }
	' <<-'END' || { echo "no architecture $2 is known here" >&2; return 1; }
		name    flavour     kernel    triplet              rpm
		amd64   amd64       x86_64    x86_64-linux-gnu     x86_64
		arm64   arm64       arm64     aarch64-linux-gnu    aarch64
		armhf   armmp       arm       arm-linux-gnueabihf  armv7hl
		i386    686-pae     i386      i686-linux-gnu       i686
		ppc64el powerpc64le powerpc   powerpc64le-linux-gnu ppc64le
		riscv64 riscv64     riscv     riscv64-linux-gnu    riscv64
		s390x   s390x       s390      s390x-linux-gnu      s390x
	END
}

# wgr_cross ARCH: what make is told to build a module for it on amd64, a line each.
wgr_cross()
{
	[[ $1 != amd64 ]] || return 0
	echo "ARCH=$(wgr_arch kernel "$1")"
	# One compiler makes both kinds.
	[[ $1 == i386 ]] || echo "CROSS_COMPILE=$(wgr_arch triplet "$1")-"
}
