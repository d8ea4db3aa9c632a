#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The programs that tests call, of another architecture than the host's, as a root
# for a guest of qemu.sh --arch. The packages are unpacked and nothing of them is
# run: no emulator is needed for it, and no root. Prints its directory.
#
#   ci/vm/userland.sh SUITE ARCH
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=ci/lib/debian.sh
. "$here/../lib/debian.sh"

packages=(
	'?essential' busybox-static ethtool hostname iperf3 iproute2 iptables iputils-ping kmod
	mawk mount ncat nftables procps python3 python3-cryptography tcpdump wireguard-tools
)

download()
{
	wgr_apt "$suite" apt-get install -qq --yes --download-only --no-install-recommends \
		-o Dir::Cache::archives="$dir/debs" "${packages[@]}"
}

# BUILDER: DIR SUITE. What the packages' own scripts would have done, as far as it
# matters here.
make_userland()
{
	local dir=$1 suite=$2 root=$1/root place deb name

	mkdir -p "$root/usr" "$dir/debs/partial"
	# The archive may have moved on since its lists were fetched.
	download || { wgr_apt_update "$suite" now && download; }
	for place in bin sbin lib lib64; do
		mkdir "$root/usr/$place"
		ln -s "usr/$place" "$root/$place"
	done
	for deb in "$dir"/debs/*.deb; do
		# Folders are links by now, and packages bring them as folders.
		dpkg-deb --fsys-tarfile "$deb" | tar -C "$root" -x --no-same-owner --keep-directory-symlink \
			--exclude='./usr/share/doc' --exclude='./usr/share/man' --exclude='./usr/share/locale'
	done
	rm -r "$dir/debs"
	cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
	cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
	ln -s mawk "$root/usr/bin/awk"
	for name in iptables ip6tables; do
		ln -s "$name-nft" "$root/usr/sbin/$name"
	done
	[[ -e $root/bin/sh ]] || ln -s dash "$root/bin/sh"
	mkdir -p "$root"/{dev,proc,sys,run,tmp,mnt,root}
	printf '%s\n' 'root/usr/bin/*' 'root/usr/sbin/*' >"$dir/.precious"
}

main()
{
	local suite=${1:-} dir versions
	export WGR_DEB_ARCH=${2:-}

	if [[ $# != 2 ]]; then
		sed -n '3,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2
		exit 2
	fi
	versions=$(wgr_apt_ask "$suite" policy libc6 python3 iproute2 | grep -E '^[^ ]|Candidate:')
	dir=$(wgr_cache_get "userland-$suite-$WGR_DEB_ARCH" \
		"$versions ${packages[*]} $(declare -f make_userland)" make_userland "$suite")
	echo "$dir/root"
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
