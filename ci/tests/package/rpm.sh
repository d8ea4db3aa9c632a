#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The .rpm: what is in it, and its life in a root that poses as Fedora: Debian's
# kernel and DKMS, which goes by /etc/os-release, behind a package that stands
# for the dependencies. TAP on standard output. Needs root.
#
#   ci/tests/package/rpm.sh [SUITE]      whose kernel and DKMS (default: bookworm)
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
# shellcheck source=ci/lib/debian.sh
. "$top/ci/lib/debian.sh"
# shellcheck source=ci/tests/package/root.sh
. "$top/ci/tests/package/root.sh"

# Private mounts: whatever happens, they go when this process does.
if [[ ${WGR_UNSHARED:-} != "$$" ]]; then
	[[ $(id -u) == 0 ]] || { echo "Bail out! needs root"; exit 1; }
	"$top/ci/setup.sh" package
	exec unshare --mount --propagation private \
		env "WGR_UNSHARED=$$" bash "${BASH_SOURCE[0]}" "$@"
fi

suite=${1:-bookworm}
mkdir -p "$WGR_CACHE"
work=$(mktemp -d "$WGR_CACHE/.run-package.XXXXXX")
trap 'umount -R "$work"/*/root 2>/dev/null; rm -rf "$work"' EXIT
number=0
failed=0
ours=$(sed -n 's/.*WGR_VERSION "\(.*\)"/\1/p' "$top/src/version.h")
next=$ours.1

# point DESCRIPTION COMMAND...
point()
{
	local what=$1 rc=0
	shift

	number=$((number + 1))
	"$@" >"$work/said" 2>&1 || rc=$?
	if [[ $rc == 0 ]]; then
		echo "ok $number - rpm, $suite: $what"
	else
		echo "not ok $number - rpm, $suite: $what"
		tail -n 40 "$work/said" | sed 's/^/# /'
		failed=1
	fi
}

# What stands for the packages of a Fedora.
make_dependencies()
{
	{
		printf '%s\n' 'Name: dependencies' 'Version: 1' 'Release: 1' 'Summary: Stand-in' \
			'License: GPL-2.0-only' 'BuildArch: noarch'
		printf 'Provides: %s\n' /bin/sh coreutils dkms findutils gawk grep kmod make sed util-linux
		printf '%s\n' '%description' 'None.' '%files'
	} >"$work/dependencies.spec"
	rpmbuild --quiet -bb --define "_topdir $work/topdir" "$work/dependencies.spec"
}

# The same package a version on.
make_next()
{
	mkdir "$work/next"
	cp -R "$top"/{Makefile,dkms.conf,src,rpm,COPYING,README.md} "$work/next"
	sed -i "s/\"$ours\"/\"$next\"/" "$work/next/src/version.h" "$work/next/dkms.conf"
	sed -i "s/^\(Version: *\).*/\1$next/" "$work/next/rpm/wireguard-reorder.spec"
	make -s -C "$work/next" rpm
}

# Debian's rpm installs nothing unless it is told that this is not for Debian.
rpm_here()
{
	rpm --force-debian --root "$dir/root" --dbpath /var/lib/rpm --define '_pkgverify_level none' "$@"
}

in_root()
{
	chroot "$dir/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"
}

named()
{
	in_root modinfo -k "$kver" -n wireguard
}

contents()
{
	local f

	rpm -qpl "$rpm" >"$work/list"
	for f in /usr/libexec/wireguard-reorder/wireguard-reorder-package \
			/usr/lib/depmod.d/wireguard-reorder.conf \
			/usr/lib/kernel/install.d/45-wireguard-reorder.install \
			"/usr/src/wireguard-reorder-$ours"/{dkms.conf,Makefile,src/version.h,src/main.c}; do
		grep -x -F "$f" "$work/list" || { echo "$f is not in it"; return 1; }
	done
	if grep -E '/(ci|debian|rpm|dist)(/|$)|[.](o|ko|cmd)$|@' "$work/list"; then
		return 1
	fi
	[[ $(rpm -qp --qf '%{ARCH} %{VERSION}' "$rpm") == "noarch $ours" ]]
}

source_rpm()
{
	[[ $(rpm -qp --qf '%{VERSION}' "$top"/dist/wireguard-reorder-"$ours"-*.src.rpm) == "$ours" ]] &&
		rpm -qpl "$top"/dist/wireguard-reorder-"$ours"-*.src.rpm | grep -F "wireguard-reorder-$ours.tar.gz"
}

# The command's package is for one architecture, and needs the libraries.
tools_rpm()
{
	local tools

	tools=$(echo "$top"/dist/wireguard-reorder-tools-"$ours"-*.rpm)
	[[ $(rpm -qp --qf '%{ARCH}' "$tools") == "$(rpm --eval '%{_arch}')" ]] &&
		rpm -qpl "$tools" | grep -x -F /usr/sbin/wireguard-reorder &&
		rpm -qp --requires "$tools" | grep 'libjansson[.]so' &&
		rpm -qp --requires "$tools" | grep 'libmnl[.]so'
}

linted()
{
	! rpmlint --config "$top/rpm/rpmlint.toml" "$top"/dist/wireguard-reorder-*.rpm \
		"$top/rpm/wireguard-reorder.spec" | tee /dev/stderr | grep -E ': [EW]: '
}

scriptlets_parse()
{
	local tag

	for tag in POSTIN PREUN POSTTRANS; do
		rpm -qp --qf "%{$tag}\n" "$rpm" >"$work/scriptlet"
		[[ $(tail -n 1 "$work/scriptlet") == 'exit 0' ]] && dash -n "$work/scriptlet" &&
			shellcheck -s sh -e SC2086 "$work/scriptlet" || return
	done
}

# ours_named VERSION
ours_named()
{
	echo "named: $(named)"
	[[ $(named) == "/lib/modules/$kver/extra/${own##*/}" &&
	   $(in_root modinfo -k "$kver" -F version wireguard) == "$1" ]]
}

installs()
{
	rpm_here "$@" 2>&1 | tee "$work/rpm.log"
	grep -F "kernel $kver: ours will be loaded" "$work/rpm.log"
}

stock_back()
{
	echo "named: $(named)"
	[[ $(named) == "$own" && $(sha256sum <"$dir/root$own") == "$stock" ]]
}

copy_kept()
{
	[[ $(sha256sum <"$dir/root/var/lib/wireguard-reorder/stock/$kver/${own##*/}") == "$stock" ]]
}

old_gone()
{
	in_root dkms status wireguard-reorder
	[[ ! -e $dir/root/var/lib/dkms/wireguard-reorder/$ours && ! -e $dir/root/usr/src/wireguard-reorder-$ours ]]
}

# Every file that may be left behind.
state()
{
	(cd "$dir/root" && { find etc lib/modules usr var/lib/dkms var/lib/wireguard-reorder \
		\( -type f -exec sha256sum {} + \) -o -printf '%y %p %l\n' 2>/dev/null || :; } |
		grep -v __pycache__ | LC_ALL=C sort)
}

same_state()
{
	diff <(echo "$before") <(state)
}

# Built for a new kernel by DKMS, as kernel-install would have it.
new_kernel()
{
	in_root /usr/lib/kernel/install.d/45-wireguard-reorder.install remove "$kver" &&
		[[ ! -e $dir/root/var/lib/wireguard-reorder/stock/$kver ]] &&
		in_root /usr/lib/kernel/install.d/45-wireguard-reorder.install add "$kver" /boot /boot/vmlinuz &&
		copy_kept
}

make -s -C "$top" rpm >&2
rpm=$(echo "$top"/dist/wireguard-reorder-dkms-*.noarch.rpm)
make_dependencies >&2
make_next >&2
package_root "$suite"
kver=$(ls "$dir/root/lib/modules")
own=$(cd "$dir/root" && echo lib/modules/*/kernel/drivers/net/wireguard/wireguard.ko*)
own=/$own
printf 'NAME=Fedora\nID=fedora\nVERSION_ID=42\n' >"$dir/root/etc/os-release.new"
rm "$dir/root/etc/os-release"
mv "$dir/root/etc/os-release.new" "$dir/root/etc/os-release"
in_root depmod "$kver"
stock=$(sha256sum <"$dir/root$own")
# Folders that belong to packages of a Fedora.
mkdir -p "$dir/root"/usr/lib/{depmod.d,kernel/install.d} "$dir/root/usr/share/licenses"
rpm_here -i "$work"/topdir/RPMS/noarch/dependencies-*.rpm
before=$(state)

point "the package has what belongs in it" contents
point "the source package has the source" source_rpm
point "the package of the command is for this architecture" tools_rpm
point "scriptlets are sound, and none can fail" scriptlets_parse
point "rpmlint has nothing to say" linted
point "it installs, and says that ours will be loaded" installs -i "$rpm"
point "ours is named, in extra/" ours_named "$ours"
point "a copy of the kernel's own module is kept" copy_kept
point "a kernel removed and installed again" new_kernel
point "a newer package replaces it" installs -U "$work"/next/dist/wireguard-reorder-dkms-*.noarch.rpm
point "the newer one is named" ours_named "$next"
point "nothing is left of the older one" old_gone
point "it is erased" rpm_here -e wireguard-reorder-dkms
point "the kernel's own module is named, as it was" stock_back
point "nothing is left behind" same_state

echo "1..$number"
exit "$failed"
