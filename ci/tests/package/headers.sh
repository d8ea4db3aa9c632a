#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# README's lines for apt on a machine with a kernel that is not the common one, and
# without its headers, and in a container, which has no kernel at all: that kernel
# gets ours, its headers and those of later ones, and no kernel comes. The real apt
# in Debian roots; everything but the kernel is fetched. TAP on standard output.
# Needs root.
#
#   ci/tests/package/headers.sh [SUITE...]      (default: bookworm trixie)
#
# Formats are dpkg's.
# shellcheck disable=SC2016
set -euo pipefail

# shellcheck source=ci/tests/package/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
package_test "$0" "$@"

# kernels_of: the installed packages that have or bring kernels.
kernels_of()
{
	in_root dpkg-query -W -f '${db:Status-Status} ${Package} ${Version}\n' 'linux-image-*' 'linux-binary-*' \
		'linux-modules-*' 2>/dev/null | grep '^installed' || :
}

has()
{
	[[ $(in_root dpkg-query -W -f '${db:Status-Status}' "$1") == installed ]]
}

# The machine as its owner has it; it runs its kernel, and this test another.
fresh()
{
	ready_to_start
	cat /etc/resolv.conf >"$sys/etc/resolv.conf"
	printf '%s\n' 'APT::Get::Assume-Yes "true";' 'APT::Sandbox::User "root";' 'Acquire::Retries "3";' \
		'Binary::apt::APT::Keep-Downloaded-Packages "true";' \
		>"$sys/etc/apt/apt.conf.d/99tests"
	mkdir -p "$sys/root/dist" "$WGR_CACHE/apt/archives-$suite"
	find "$WGR_CACHE/apt/archives-$suite" -name '*.deb' -mtime "+$WGR_CACHE_DAYS" -delete
	cp "$top"/dist/*.deb "$sys/root/dist"
	mount --bind "$WGR_CACHE/apt/archives-$suite" "$sys/var/cache/apt/archives"
	mkdir -p "$sys/var/cache/apt/archives/partial"
	in_root apt-get -qq update
}

lines()
{
	readme_block "Debian, " >"$sys/root/lines"
	in_root sh -euc "cd /root/dist; . /root/lines" >"$work/said" 2>&1 || { cat "$work/said"; return 1; }
}

no_other_kernel()
{
	diff <(printf %s "$before") <(printf %s "$(kernels_of)")
}

ours_named()
{
	[[ $(named "$running") == "/lib/modules/$running/updates/dkms/wireguard.ko"* &&
	   $(field version "$(named "$running")") == "$ours" ]] || { cat "$work/said"; return 1; }
}

follows()
{
	has "linux-headers-$running" && has linux-headers-cloud-amd64
}

same_stock()
{
	[[ $(sha256sum <"$sys$(stock_file "$running")") == "$stock" ]]
}

# bookworm's dkms brings headers of its own choice wherever it is installed.
no_headers()
{
	[[ $suite == bookworm ]] || ! in_root dpkg-query -W -f '${db:Status-Status} ${Package}\n' 'linux-headers-*' | grep '^installed'
}

no_kernel_here()
{
	grep 'no kernel is installed here' "$work/said"
}

# begin NAME: a system of that suite.
begin()
{
	dir=$work/$suite-$1
	mount_root "$dir" "$root"
	sys=$dir/root
	about="$suite, $1: "
	fresh
	running=$(ls "$sys/lib/modules")
	printf '#!/bin/sh\n[ "$*" = -r ] && echo %s || exec /usr/bin/uname.own "$@"\n' "$running" >"$work/uname"
	mv "$sys/usr/bin/uname" "$sys/usr/bin/uname.own"
	install "$work/uname" "$sys/usr/bin/uname"
	before=$(kernels_of)
	stock=$(sha256sum <"$sys$(stock_file "$running")")
}

end()
{
	unmount_below "$dir"
	rm -rf "$dir"
}

make -s -C "$top" deb >&2
[[ $# -gt 0 ]] || set -- bookworm trixie
for suite; do
	root=$(bare_root_of "$suite")
	begin cloud
	point "README's lines" lines
	point "no other kernel has come" no_other_kernel
	point "the running kernel has ours" ours_named
	point "its headers are there, and what brings those of later ones" follows
	point "apt purges it" in_root apt-get -qq purge wireguard-reorder-dkms
	point "and the kernel's own module is what it was" same_stock
	end
	begin container
	point "without a kernel" in_root sh -c 'apt-get -qq purge "linux-image-*" && rm -rf /lib/modules/* && rm /usr/bin/uname'
	mv "$sys/usr/bin/uname.own" "$sys/usr/bin/uname"
	before=''
	point "README's lines" lines
	point "no kernel has come" no_other_kernel
	point "nor headers" no_headers
	point "that is said" no_kernel_here
	end
done
echo "1..$number"
exit "$failed"
