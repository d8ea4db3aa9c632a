#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The packages of "make kmod": what is in them, that they are the same in every bit
# wherever they are made, and their life on machines without a compiler: a Debian root,
# and the same that poses as RHEL, where other kernels borrow the module. What is built
# is a module that takes seconds; with WGR_MODULE=whole it is ours, which takes minutes.
# TAP on standard output. Needs root.
#
#   ci/tests/package/kmod.sh [deb|change|rpm...]        (default: all three lives)
set -euo pipefail

# shellcheck source=ci/tests/package/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
package_test "$0" "$@"

about="prebuilt: "
next=$ours.1
name=wireguard-reorder
# Those of RHEL: what the module is for, and two that can borrow it.
el=5.14.0-570.12.1.el9_6.x86_64
el_later=5.14.0-570.62.1.el9_6.x86_64
el_last=5.14.0-611.5.1.el9_7.x86_64

# kdir RELEASE [ARCH]: print a build directory for a kernel of that name.
kdir()
{
	local dir=$work/kdir-$1 from

	if [[ ! -d $dir ]]; then
		from=$("$top/ci/vm/kernels.sh" headers bookworm "${2:+generic}${2:-cloud}" 2>/dev/null ||
			"$top/ci/vm/kernels.sh" headers bookworm generic "${2:-amd64}")
		mkdir -p "$dir/include/config"
		cp -a "$from"/{Makefile,Module.symvers,arch} "$dir"
		cp -a "$from/include/generated" "$dir/include"
		cp -a "$from"/include/config/auto.conf "$dir/include/config"
		cp -a "$from/.kernelvariables" "$dir" 2>/dev/null || true
		ln -s "$from"/{scripts,tools,.config} "$dir"
		echo "#define UTS_RELEASE \"$1\"" >"$dir/include/generated/utsrelease.h"
		echo "$1" >"$dir/include/config/kernel.release"
	fi
	echo "$dir"
}

# kmod TREE RELEASE [VARIABLE=...]: make them there.
kmod()
{
	nice -n 19 make -s -C "$1" kmod "KDIR=$work/kdir-$2" "${@:3}" >"$work/made" 2>&1 || { cat "$work/made"; return 1; }
}

# In other circumstances: everything that could show in a package.
elsewhere()
(
	export TZ=Asia/Kathmandu LC_ALL=C.UTF-8 LANG=tr_TR.UTF-8
	umask 077
	cp -a "$work/tree" "$work/a longer name" && mv "$work/a longer name" "$work/another" && rm -rf "$work/another/dist" &&
		kmod "$work/another" "$k1" "${sign[@]}" && kmod "$work/another" "$el" "${sign[@]}"
)

same_bits()
{
	elsewhere && (cd "$work/tree/dist" && sha256sum -- *.deb *.rpm) >"$work/sums" &&
		(cd "$work/another/dist" && sha256sum -c "$work/sums" && [[ $(find . -type f | wc -l) == 4 ]])
}

deb_of()
{
	echo "$work/tree/dist/${name}-modules-${1}_${2:-$ours}_amd64.deb"
}

module_in()
{
	rm -rf "$work/unpacked"
	mkdir "$work/unpacked"
	case $1 in
	*.deb) dpkg-deb -x "$1" "$work/unpacked" ;;
	*.rpm) (cd "$work/unpacked" && rpm2cpio "$1" | cpio -id --quiet) ;;
	esac
	find "$work/unpacked" -name wireguard.ko
}

signed()
{
	local ko

	ko=$(module_in "$(deb_of "$k1")")
	[[ $(modinfo -F signer "$ko") == 'test of make kmod' && $(modinfo -F vermagic "$ko") == "$k1 "* &&
	   $(modinfo -F version "$ko") == "$ours" ]] && ! readelf -S "$ko" | grep '[.]debug_info' &&
		openssl x509 -inform DER -in "${ko%/*}/certificate.der" -noout -subject | grep 'test of make kmod' &&
		! grep -rq 'PRIVATE KEY' "$work/unpacked"
}

named_for_kernel()
{
	local deb rpm

	deb=$(deb_of "$k1")
	dpkg-deb -f "$deb" Depends
	[[ $(dpkg-deb -f "$deb" Architecture) == amd64 ]] && dpkg-deb -f "$deb" Depends | grep -F " linux-image-$k1 |" &&
		dpkg-deb -f "$deb" Depends | grep -F "$name-kmod-common (>= $ours)" || return
	rpm=$(echo "$work/tree/dist/kmod-$name-$ours"-1*.x86_64.rpm)
	rpm -qp --requires "$rpm"
	rpm -qp --requires "$rpm" | grep -x "kernel-uname-r >= $el" &&
		rpm -qpl "$rpm" | grep -x "/lib/modules/$el/extra/$name/wireguard.ko"
}

# Fedora's have the kernel in their name; nothing else may borrow it.
fedora()
{
	local k=6.11.4-301.fc41.x86_64

	kdir "$k" >/dev/null && kmod "$work/tree" "$k" && grep 'not signed' "$work/made" &&
		rpm -qp --requires "$work/tree/dist/kmod-$name-$k-$ours"-1*.x86_64.rpm | grep -x "kernel-uname-r = $k"
}

# The architecture is the module's.
arm64()
{
	local k=6.1.0-9-arm64 deb

	kdir "$k" arm64 >/dev/null && kmod "$work/tree" "$k" ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- || return
	deb=$work/tree/dist/$name-modules-${k}_${ours}_arm64.deb
	[[ $(dpkg-deb -f "$deb" Architecture) == arm64 ]] && dpkg-deb -f "$deb" Depends | grep -F " linux-image-$k |" &&
		kmod "$work/tree" "$k" ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- FORMAT=rpm &&
		rpm -qp --qf '%{ARCH}\n' "$work/tree/dist/kmod-$name-$k-$ours"-1*.rpm | grep -x aarch64
}

# refuses WORDS VARIABLE=...: one line says what is wrong with the key.
refuses()
{
	! make -s -C "$work/tree" kmod "KDIR=$work/kdir-$k1" "${@:2}" >"$work/said" 2>&1 || return
	cat "$work/said"
	[[ $(grep -c '^make kmod: ' "$work/said") == 1 ]] && grep -E -- "^make kmod: .*$1" "$work/said"
}

linted()
{
	local f list=()

	for f in "$work"/tree/dist/*"$ours"_*.deb; do
		[[ $f == *arm64* ]] || list+=("$f")
	done
	lintian --pedantic --display-info --allow-root --suppress-tags newer-standards-version \
		--fail-on error,warning,info,pedantic "${list[@]}" || return
	rpmlint --config "$top/rpm/rpmlint.toml" "$work"/tree/dist/*-"$ours"-1*.rpm "$top/rpm/kmod.spec" >"$work/linted" 2>&1 || :
	cat "$work/linted"
	grep -E '^ *[0-9]+ packages and 1 specfiles checked' "$work/linted" && ! grep -E ': [EW]: ' "$work/linted"
}

# README is in the package for any of them.
pages()
{
	"$top/ci/lib/links.py" "$work"/tree/dist/*-kmod-common[-_]*.{deb,rpm}
}

no_compiler()
{
	! in_root sh -c 'command -v gcc || command -v cc || command -v make || command -v dkms'
}

# ours_named KVER FOLDER [VERSION]: also by alias, which is what autoloading asks.
ours_named()
{
	echo "named: $(named "$1")"
	[[ $(named "$1") == "/lib/modules/$1/$2/$name/wireguard.ko" &&
	   $(in_root modinfo -k "$1" -F version wireguard) == "${3:-$ours}" &&
	   $(in_root modprobe -S "$1" -D rtnl-link-wireguard | tail -n 1) == *"/$2/$name/wireguard.ko"* ]]
}

stock_named()
{
	echo "named: $(named "$1")"
	[[ $(named "$1") == "$(stock_file "$1")" && $(sha256sum <"$sys$(stock_file "$1")") == "$stock" ]]
}

copy_kept()
{
	cat "$sys/var/lib/$name/stock/$1"/sha256 && sha256sum "$sys/var/lib/$name/stock/$1"/wireguard.ko* &&
		[[ "$(cat "$sys/var/lib/$name/stock/$1"/wireguard.ko* | sha256sum)" == "$stock" ]]
}

# says WORDS COMMAND...
says()
{
	"${@:2}" >"$work/said" 2>&1 || { cat "$work/said"; return 1; }
	cat "$work/said"
	grep -E -- "$1" "$work/said"
}

apt()
{
	in_root apt-get -y -o APT::Sandbox::User=root -o Dpkg::Use-Pty=0 "$@"
}

# another_kernel KVER: beside the first, as far as modprobe looks.
another_kernel()
{
	mkdir -p "$sys/lib/modules/$1/kernel/drivers/net" &&
		cp -R "$sys/lib/modules/$k1/kernel/drivers/net/wireguard" "$sys/lib/modules/$1/kernel/drivers/net" &&
		cp -P "$sys/lib/modules/$k1"/modules.{order,builtin} "$sys/lib/modules/$1" && in_root depmod "$1" 2>/dev/null
}

# refused WORDS COMMAND...: a package manager that does not do it.
refused()
{
	! "${@:2}" >"$work/said" 2>&1 || return
	cat "$work/said"
	grep -E -i -- "$1" "$work/said"
}

deb_life()
{
	sys=$work/deb/root
	mount_root "$work/deb" "$base"
	ready_to_start
	mkdir "$sys/debs"
	cp "$work"/tree/dist/*_amd64.deb "$work"/tree/dist/*common_*.deb "$sys/debs"
	cp "$(variant deb "$ours" standin)" "$sys/debs/$name-dkms_${ours}_all.deb"
	another_kernel 6.1.0-99-cloud-amd64
	in_root depmod "$k1"
	stock=$(sha256sum <"$sys$(stock_file "$k1")")
	before=$(state)
	about="prebuilt, deb: "
	point "nothing compiles here" no_compiler
	point "apt installs it, and it says that ours will be loaded" says "kernel $k1: ours will be loaded \\(/lib/modules/$k1/updates/$name/wireguard.ko, version $ours" \
		apt install "/debs/$name-kmod-common_${ours}_all.deb" "/debs/$name-modules-${k1}_${ours}_amd64.deb"
	point "ours is named, in updates" ours_named "$k1" updates
	point "a copy of the kernel's own module is kept" copy_kept "$k1"
	point "the other kernel keeps its own" stock_named 6.1.0-99-cloud-amd64
	point "and as it is updated, it says that it has none of ours, and where that comes from" \
		says "6.1.0-99-cloud-amd64: no prebuilt module of ours is there for it" \
		in_root run-parts --report --exit-on-error --arg=6.1.0-99-cloud-amd64 /etc/kernel/postinst.d
	point "the package for DKMS is refused beside it" refused "conflict" in_root dpkg -i "/debs/$name-dkms_${ours}_all.deb"
	point "apt upgrades it" says "version $next" \
		apt install "/debs/$name-kmod-common_${next}_all.deb" "/debs/$name-modules-${k1}_${next}_amd64.deb"
	point "the newer one is named" ours_named "$k1" updates "$next"
	point "apt removes both" apt purge "$name-modules-$k1" "$name-kmod-common"
	point "the kernel's own module is named" stock_named "$k1"
	point "nothing is left behind" same_state
	point "both once more" apt install "/debs/$name-kmod-common_${ours}_all.deb" "/debs/$name-modules-${k1}_${ours}_amd64.deb"
	point "the program is gone before the module" in_root dpkg --purge --force-depends "$name-kmod-common"
	point "the module is removed all the same" in_root dpkg --purge "$name-modules-$k1"
	point "and the kernel's own is named" stock_named "$k1"
}

# Between the two packages, where DKMS is.
change_life()
{
	sys=$work/change/root
	mount_root "$work/change" "$(root_of bookworm)"
	ready_to_start
	mkdir "$sys/debs"
	cp "$work"/tree/dist/*_amd64.deb "$work"/tree/dist/*common_*.deb "$sys/debs"
	cp "$(variant deb "$ours" standin)" "$sys/debs/$name-dkms_${ours}_all.deb"
	in_root depmod "$k1"
	stock=$(sha256sum <"$sys$(stock_file "$k1")")
	about="prebuilt, deb and DKMS: "
	apt install "/debs/$name-dkms_${ours}_all.deb" >"$work/said" 2>&1
	point "the prebuilt module is refused beside the package for DKMS" refused "conflict" \
		in_root dpkg -i "/debs/$name-kmod-common_${ours}_all.deb"
	point "apt puts it in its place" apt install "/debs/$name-kmod-common_${ours}_all.deb" "/debs/$name-modules-${k1}_${ours}_amd64.deb"
	point "the prebuilt one is named" ours_named "$k1" updates
	point "and the other way" apt install "/debs/$name-dkms_${ours}_all.deb"
	point "DKMS's is named" test "$(named "$k1")" = "/lib/modules/$k1/updates/dkms/wireguard.ko"
	point "apt purges that" apt purge "$name-dkms"
	point "the kernel's own module is named" stock_named "$k1"
}

# What RHEL has: links for each kernel of the same kind. Here all that are called so.
weak_modules()
{
	cat >"$sys/usr/sbin/weak-modules" <<-'END'
		#!/bin/bash
		echo "weak-modules $*" >>/var/log/weak-modules
		link()
		{
			local k=${1%%/extra/*}

			[[ -e $1 && $2 != "${k##*/}" && $2 == *.el9_* ]] || return 0
			mkdir -p "/lib/modules/$2/weak-updates/wireguard-reorder"
			ln -sf "$1" "/lib/modules/$2/weak-updates/wireguard-reorder"
			depmod "$2" 2>/dev/null
		}
		case $1 in
		--add-modules)
			while read -r f; do for d in /lib/modules/*; do link "$f" "${d##*/}"; done; done ;;
		--remove-modules)
			while read -r f; do
				for l in /lib/modules/*/weak-updates/wireguard-reorder/*; do
					[[ $(readlink "$l") != "$f" ]] || rm "$l"
				done
			done ;;
		--add-kernel)
			for f in /lib/modules/*/extra/wireguard-reorder/wireguard.ko; do link "$f" "$2"; done ;;
		esac
	END
	chmod 755 "$sys/usr/sbin/weak-modules"
}

rpm_here()
{
	rpm --force-debian --root "$sys" --dbpath /var/lib/rpm --define '_pkgverify_level none' "$@"
}

# A kernel of RHEL arrives: its script calls both, in this order.
el_kernel_arrives()
{
	another_kernel "$el_last" && in_root weak-modules --add-kernel "$el_last" &&
		says "kernel $el_last: ours will be loaded" \
			in_root "/usr/lib/kernel/install.d/45-$name.install" add "$el_last" /boot /boot/vmlinuz
}

rpm_life()
{
	sys=$work/rpm/root
	mount_root "$work/rpm" "$base"
	rm "$sys/etc/os-release"
	printf 'NAME="AlmaLinux"\nID="almalinux"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.6"\n' >"$sys/etc/os-release"
	another_kernel "$el"
	another_kernel "$el_later"
	mv "$sys/lib/modules/$k1" "$sys/lib/kernel-of-debian"
	mkdir -p "$sys/usr/lib/depmod.d"
	echo 'search updates extra built-in weak-updates' >"$sys/usr/lib/depmod.d/dist.conf"
	weak_modules
	dependencies "$work/dependencies" "kernel-uname-r = $el" >&2
	mkdir -p "$sys/usr/lib/kernel/install.d" "$sys/usr/share"/{licenses,doc}
	rpm_here -i "$work"/dependencies/*.rpm
	for k in $el $el_later; do in_root depmod "$k" 2>/dev/null; done
	stock=$(sha256sum <"$sys$(stock_file "$el")")
	before=$(state)
	about="prebuilt, rpm: "
	point "rpm installs it, and it says that ours will be loaded" says "kernel $el: ours will be loaded" \
		rpm_here -i "$work/tree/dist/$name-kmod-common-$ours"-1*.rpm "$work/tree/dist/kmod-$name-$ours"-1*.rpm
	point "ours is named, in extra" ours_named "$el" extra
	point "another kernel borrows it" ours_named "$el_later" weak-updates
	point "copies of the kernels' own modules are kept" eval "copy_kept $el && copy_kept $el_later"
	mv "$sys/lib/kernel-of-debian" "$sys/lib/modules/$k1"
	point "a kernel that arrives borrows it too" el_kernel_arrives
	mv "$sys/lib/modules/$k1" "$sys/lib/kernel-of-debian"
	point "the package for DKMS is refused beside it" refused "conflicts" rpm_here -i "$(variant rpm "$ours" standin)"
	point "rpm upgrades it" says "version $next" \
		rpm_here -U "$work/tree/dist/$name-kmod-common-$next"-1*.rpm "$work/tree/dist/kmod-$name-$next"-1*.rpm
	point "the newer one is named" ours_named "$el" extra "$next"
	point "and borrowed" ours_named "$el_later" weak-updates "$next"
	rm -r "$sys/lib/modules/$el_last"
	point "rpm erases both" rpm_here -e "kmod-$name" "$name-kmod-common"
	point "the kernel's own module is named" stock_named "$el"
	point "and that of the one that borrowed" stock_named "$el_later"
	rm -f "$sys/var/log/weak-modules"
	rm -rf "$sys/var/lib/$name/stock/$el_last"
	rmdir "$sys/var/lib/$name/stock" "$sys/var/lib/$name" 2>/dev/null || :
	point "nothing is left behind" same_state
}

"$top/ci/setup.sh" package vm >&2
base=$(bare_root_of bookworm)
k1=$(ls "$base/lib/modules")
kdir "$k1" >/dev/null
kdir "$el" >/dev/null
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key.pem" -out "$work/cert.pem" -days 3650 \
	-subj '/CN=test of make kmod/' 2>/dev/null
openssl genrsa -out "$work/other.pem" 2048 2>/dev/null
sign=("MODSIGNKEY=$work/key.pem" "MODSIGNCERT=$work/cert.pem")
variant_tree "$work/tree" "$ours" "${WGR_MODULE:-standin}"

point "a module for a kernel, deb" kmod "$work/tree" "$k1" "${sign[@]}"
point "and rpm, for one whose name says that it wants that" kmod "$work/tree" "$el" "${sign[@]}"
point "made elsewhere they are the same in every bit" same_bits
point "it is signed, without what debuggers want" signed
point "links of README in it lead to what lies beside" pages
point "its packages are for that kernel and architecture" named_for_kernel
point "Fedora's is for one kernel, and unsigned if there is no key" fedora
point "of another architecture if the kernel is" arm64
point "a key that is another's than the certificate's is refused" refuses "MODSIGNKEY=.*other.pem is no private key, or not the one" \
	"MODSIGNKEY=$work/other.pem" "MODSIGNCERT=$work/cert.pem"
point "so is what is no certificate" refuses "MODSIGNCERT=.*Makefile is no certificate" "MODSIGNKEY=$work/key.pem" "MODSIGNCERT=$top/Makefile"
point "lintian and rpmlint have nothing to say" linted
set_version "$work/tree" "$next"
point "a newer version" kmod "$work/tree" "$k1" "${sign[@]}"
point "a newer rpm" kmod "$work/tree" "$el" "${sign[@]}"
[[ $# -gt 0 ]] || set -- deb change rpm
for life; do
	"${life}_life"
done

echo "1..$number"
exit "$failed"
