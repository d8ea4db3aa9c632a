#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What make says when something is missing: one line that names it, and failure.
# TAP on standard output. Needs root, to drop it.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
# shellcheck source=ci/lib/sources.sh
. "$top/ci/lib/sources.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0
failed=0

verdict()
{
	number=$((number + 1))
	if [[ $1 == 0 ]]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		sed 's/^/# /' "$work/said"
		failed=1
	fi
}

# one_line DESCRIPTION WORDS COMMAND...: the command fails with a single line of
# output, and WORDS (a pattern) are in it.
one_line()
{
	local what=$1 words=$2 rc=0 bad=0
	shift 2

	"$@" >"$work/said" 2>&1 || rc=$?
	[[ $rc != 0 && $(wc -l <"$work/said") == 1 ]] || bad=1
	grep -q -E -- "$words" "$work/said" || bad=1
	verdict "$bad" "$what"
}

make_here()
{
	make --no-print-directory -C "$work/tree" "$@"
}

as_nobody()
{
	setpriv --reuid 65534 --regid 65534 --clear-groups \
		make --no-print-directory -C "$work/tree" "$@"
}

# A PATH with all that make needs, and nothing of what is to be missing; and a
# running kernel that nobody has headers of.
without()
{
	local missing=$1 tool
	shift

	rm -rf "$work/tools"
	mkdir "$work/tools"
	for tool in make sed uname id ls cat grep cp mv rm mkdir rmdir mktemp \
			env find dkms dpkg-query dpkg-buildpackage; do
		if [[ $tool != "$missing" ]] && command -v "$tool" >/dev/null; then
			ln -s "$(command -v "$tool")" "$work/tools/$tool"
		fi
	done
	printf '#!/bin/sh\necho 9.8.7-none\n' >"$work/uname"
	if [[ $missing == headers ]]; then
		rm "$work/tools/uname"
		install "$work/uname" "$work/tools/uname"
	fi
	PATH=$work/tools make --no-print-directory -C "$work/tree" SBIN="$work/none" "$@"
}

# Where rpm has our package.
with_rpm()
{
	mkdir -p "$work/rpm"
	printf '#!/bin/sh\n[ "$*" = "-q --quiet wireguard-reorder-dkms" ]\n' >"$work/rpm/rpm"
	chmod +x "$work/rpm/rpm"
	PATH=$work/rpm:$PATH make_here "$@"
}

# kernel LINE...: a kernel build directory with that configuration.
kernel()
{
	rm -rf "$work/kernel"
	mkdir -p "$work/kernel/include/config"
	touch "$work/kernel/Makefile"
	[[ $# == 0 ]] || printf '%s\n' "$@" >"$work/kernel/include/config/auto.conf"
}

# Readable for a user without rights, unlike what may lie above the tree.
chmod 755 "$work"
mkdir "$work/tree"
cp -R "$top"/{Makefile,dkms.conf,src,debian,rpm,COPYING,README.md} "$work/tree"
make_here clean

one_line "no headers of the running kernel" 'linux-headers-9[.]8[.]7-none' \
	without headers
one_line "the same for make install" 'linux-headers-9[.]8[.]7-none|dkms is missing' \
	without headers install
one_line "KDIR does not exist" 'KDIR=/nonexistent is not a kernel build' \
	make_here module KDIR=/nonexistent
one_line "KDIR is some other folder" 'is not a kernel build' make_here KDIR=/usr
kernel
one_line "KDIR is not configured" 'is not prepared' make_here KDIR="$work/kernel"
kernel CONFIG_WIREGUARD=y
one_line "a kernel without modules" 'CONFIG_MODULES=y' make_here KDIR="$work/kernel"
kernel CONFIG_MODULES=y CONFIG_WIREGUARD=y CONFIG_NET_UDP_TUNNEL=y \
	CONFIG_CRYPTO_LIB_CHACHA20POLY1305=y CONFIG_CRYPTO_LIB_CURVE25519=y
one_line "WireGuard built in" 'WireGuard built in.*CONFIG_WIREGUARD=m' \
	make_here KDIR="$work/kernel"
one_line "make kmod for a kernel that has it built in" 'WireGuard built in.*CONFIG_WIREGUARD=m' \
	make_here kmod KDIR="$work/kernel"
one_line "make kmod without headers" 'linux-headers-9[.]8[.]7-none' without headers kmod
one_line "make kmod with a KDIR that does not exist" 'KDIR=/nonexistent is not a kernel build' \
	make_here kmod KDIR=/nonexistent
kernel CONFIG_MODULES=y CONFIG_WIREGUARD=m CONFIG_NET_UDP_TUNNEL=y \
	CONFIG_CRYPTO_LIB_CHACHA20POLY1305=y CONFIG_CRYPTO_LIB_CURVE25519=y
one_line "make kmod with a key and no certificate" 'MODSIGNKEY and MODSIGNCERT go together' \
	make_here kmod KDIR="$work/kernel" MODSIGNKEY=/etc/passwd
one_line "make kmod with a key that is not there" 'there is no key MODSIGNKEY=/nonexistent' \
	make_here kmod KDIR="$work/kernel" MODSIGNKEY=/nonexistent MODSIGNCERT=/etc/passwd
one_line "make kmod with a certificate that is not there" 'there is no certificate MODSIGNCERT=/nonexistent' \
	make_here kmod KDIR="$work/kernel" MODSIGNKEY=/etc/passwd MODSIGNCERT=/nonexistent
one_line "make kmod with a format that is none" 'FORMAT=tar is neither deb nor rpm' \
	make_here kmod KDIR="$work/kernel" FORMAT=tar
kernel CONFIG_MODULES=y CONFIG_NET_UDP_TUNNEL=y
one_line "a kernel without the libraries" 'CONFIG_WIREGUARD=m there selects' \
	make_here KDIR="$work/kernel"
one_line "make install without root" 'needs root: sudo make install' as_nobody install
one_line "make uninstall without root" 'needs root: sudo make uninstall' as_nobody uninstall
one_line "make install without dkms" 'dkms is missing' without dkms install
one_line "make install over the .rpm" 'is installed: rpm -e it first' with_rpm install
one_line "make uninstall of the .rpm" 'is installed: rpm -e it first' with_rpm uninstall
one_line "make deb without its tools" 'apt install build-essential dpkg-dev debhelper' without dpkg-buildpackage deb
one_line "make rpm without its tools" 'apt install rpm' without rpmbuild rpm
one_line "make cli without its libraries" 'apt install libmnl-dev' make_here cli CPPFLAGS=-nostdinc

make_here help >"$work/said"
bad=0
for target in module cli install uninstall deb rpm kmod repo demo check check-quick lint clean help; do
	grep -q "^  make $target  " "$work/said" || bad=1
done
verdict "$bad" "make help names every target"

touch "$work/tree/src/cli"/{main.o,wireguard-reorder}
touch "$work/tree/src"/{a.o,a.ko,a.mod.c,.a.o.cmd,modules.order,Module.symvers}
mkdir -p "$work/tree/src/compat/generated"
make_here clean
rc=0
diff <(cd "$top/src" && find . -type f ! -path './compat/generated/*' ! -name '*.o' ! -name '.*' \
		! -name '*.ko' ! -path ./cli/wireguard-reorder ! -name '*.mod' ! -name '*.mod.c' ! -name '*.order' ! -name '*.symvers' | sort) \
	<(cd "$work/tree/src" && find . -type f | sort) >"$work/said" || rc=$?
verdict "$rc" "make clean leaves the sources and nothing else"

# As after "su" without "-".
mkdir "$work/sbin"
install "$work/uname" "$work/sbin/dkms"
rc=0
without dkms need-dkms SBIN="$work/sbin" >"$work/said" 2>&1 || rc=$?
verdict "$rc" "dkms is found in sbin"

# pack FOLDER FORMAT...: build packages in a copy of the tree that is there.
pack()
{
	local format
	mkdir -p "$work/$1"
	wgr_sources "$top" "$work/$1"
	for format in "${@:2}"; do
		make --no-print-directory -C "$work/$1" "$format" || return
	done
}

# In other circumstances: where temporary files cannot be run, and everything else that
# could show in a package.
elsewhere()
(
	export TMPDIR=$work/noexec TZ=Asia/Kathmandu LC_ALL=C.UTF-8 LANG=tr_TR.UTF-8
	mkdir "$TMPDIR" && mount -t tmpfs -o noexec tmpfs "$TMPDIR" || return
	umask 077
	pack 'other/place' deb rpm || return
	find "$work/other" -path '*/dist/.build*' | grep . && return 1
	return 0
)
export -f wgr_sources pack elsewhere
export top work
rc=0
{ pack one deb rpm && unshare --mount --propagation private bash -c elsewhere; } >"$work/said" 2>&1 || rc=$?
verdict "$rc" "packages are built where temporary files cannot be run, and leave nothing behind"
rc=0
# The source package has the tree.
"$top/ci/lib/links.py" "$work"/one/dist/*{dkms,tools}[-_]*.{deb,rpm} >"$work/said" 2>&1 || rc=$?
verdict "$rc" "links of packed pages lead to what lies beside"

# packed deb|rpm: the files in those packages.
packed()
{
	local f

	for f in "$work"/one/dist/*{dkms,tools}[-_]*."$1"; do
		case $1 in
		deb) dpkg-deb -c "$f" | sed 's|.* [.]/|/|; s|/$||' ;;
		rpm) rpm -qpl "$f" ;;
		esac
	done
}
rc=0
for format in deb rpm; do
	packed "$format" >"$work/packed-$format"
	for page in README.md two-lines.md applications.md order.svg profile.svg; do
		grep -x -F "/usr/share/doc/wireguard-reorder-tools/$page" "$work/packed-$format" || rc=1
	done
done >"$work/said"
verdict "$rc" "all pages are where README says, with their pictures"

# man_files: what the manual page has below /usr is in the .deb and in the .rpm, and what it
# names without a folder is in one of those.
man_files()
{
	local man=$work/one/src/cli/wireguard-reorder.8 version folders format folder f rc=0

	version=$(sed -n 's/.*WGR_VERSION "\(.*\)"/\1/p' "$work/one/src/version.h")
	folders=$(sed -n "s| Ns Ar version Ns Pa |$version|; s|^.It Pa \(/usr/.*\)|\1|p" "$man")
	for format in deb rpm; do
		while read -r f; do
			grep -q -x -F "$f" "$work/packed-$format" || { echo "$f is not in the .$format"; rc=1; }
		done <<<"$folders"
		while read -r f; do
			for folder in $folders; do
				! grep -q -x -F "$folder/$f" "$work/packed-$format" || continue 2
			done
			echo "where $f is in the .$format is not said"
			rc=1
		done < <(grep -o -E '^[.]Pa [a-z][^ ]*[.](h|yaml)' "$man" | sed 's/^.Pa //' | sort -u)
	done
	return "$rc"
}
rc=0
man_files >"$work/said" || rc=$?
verdict "$rc" "files of the manual page are where it says"
rc=0
(cd "$work/one/dist" && sha256sum -- *.deb *.rpm) >"$work/sums" 2>"$work/said" || rc=$?
(cd "$work/other/place/dist" && sha256sum -c "$work/sums" && [[ $(find . -type f | wc -l) == 5 ]]) >>"$work/said" 2>&1 || rc=$?
verdict "$rc" "built twice, packages are the same in every bit"

echo "1..$number"
exit "$failed"
