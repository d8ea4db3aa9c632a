#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The .rpm: what is in it, and its life in a root that poses as Fedora: Debian's
# kernel and DKMS, which goes by /etc/os-release, behind a package that stands
# for the dependencies. TAP on standard output. Needs root.
#
#   ci/tests/package/rpm.sh [SUITE]      whose kernel and DKMS (default: bookworm)
set -euo pipefail

# shellcheck source=ci/tests/package/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
package_test "$0" "$@"

suite=${1:-bookworm}
about="rpm, $suite: "
next=$ours.1

# Debian's rpm installs nothing unless it is told that this is not for Debian.
rpm_here()
{
	rpm --force-debian --root "$dir/root" --dbpath /var/lib/rpm --define '_pkgverify_level none' "$@"
}

contents()
{
	local f

	rpm -qpl "$rpm" >"$work/list"
	for f in /usr/libexec/wireguard-reorder/wireguard-reorder-package \
			/usr/lib/depmod.d/wireguard-reorder.conf \
			/usr/lib/systemd/system/dkms.service.d/wireguard-reorder.conf \
			/usr/lib/kernel/install.d/{35,45}-wireguard-reorder.install \
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
		rpm -qp --requires "$tools" | grep 'libmnl[.]so' &&
		rpm -qp --requires "$tools" | grep 'libpcap[.]so'
}

linted()
{
	# What it finds shows in its status too, and there is no telling by that what it is.
	rpmlint --config "$top/rpm/rpmlint.toml" "$top"/dist/wireguard-reorder-{dkms,tools,"$ours"}-*.rpm \
		"$top/rpm/wireguard-reorder.spec" >"$work/linted" 2>&1 || :
	cat "$work/linted"
	grep -E '^ *[0-9]+ packages and 1 specfiles checked' "$work/linted" && ! grep -E ': [EW]: ' "$work/linted"
}

scriptlets_parse()
{
	local tag

	for tag in POSTIN PREUN POSTTRANS TRANSFILETRIGGERSCRIPTS; do
		rpm -qp --qf "%{$tag}\n" "$rpm" >"$work/scriptlet"
		[[ -s $work/scriptlet ]] || return
		[[ $(tail -n 1 "$work/scriptlet") == 'exit 0' ]] && dash -n "$work/scriptlet" &&
			shellcheck -s sh -e SC2086 "$work/scriptlet" || return
	done
}

# ours_named VERSION
ours_named()
{
	echo "named: $(named "$kver")"
	[[ $(named "$kver") == "/lib/modules/$kver/extra/${own##*/}" &&
	   $(in_root modinfo -k "$kver" -F version wireguard) == "$1" ]]
}

installs()
{
	rpm_here "$@" 2>&1 | tee "$work/rpm.log"
	grep -F "kernel $kver: ours will be loaded" "$work/rpm.log"
}

stock_back()
{
	echo "named: $(named "$kver")"
	[[ $(named "$kver") == "$own" && $(sha256sum <"$dir/root$own") == "$stock" ]]
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
dependencies "$work/dependencies" >&2
package_root "$suite"
sys=$dir/root
kver=$(ls "$dir/root/lib/modules")
own=$(stock_file "$kver")
printf 'NAME=Fedora\nID=fedora\nVERSION_ID=42\n' >"$dir/root/etc/os-release.new"
rm "$dir/root/etc/os-release"
mv "$dir/root/etc/os-release.new" "$dir/root/etc/os-release"
in_root depmod "$kver"
stock=$(sha256sum <"$dir/root$own")
# Folders that belong to packages of a Fedora.
mkdir -p "$dir/root"/usr/lib/{depmod.d,kernel/install.d} "$dir/root/usr/share/licenses"
rpm_here -i "$work"/dependencies/*.rpm
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
point "a newer package replaces it" installs -U "$(variant rpm "$next" standin)"
point "the newer one is named" ours_named "$next"
point "nothing is left of the older one" old_gone
point "it is erased" rpm_here -e wireguard-reorder-dkms
point "the kernel's own module is named, as it was" stock_back
point "nothing is left behind" same_state

echo "1..$number"
exit "$failed"
