# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# A Debian root with a kernel, its headers and DKMS, for tests of packages to
# change as they like: from the cache, with a folder of the test's own over it.
# For scripts that have read ci/lib/debian.sh and have a folder $work.

kernel=(linux-image-cloud-amd64 linux-headers-cloud-amd64)

# Builder for the cache: DIR SUITE
make_root()
{
	local dir=$1 suite=$2 options

	# What the machine is told about its mirror holds in the root as well.
	options=$(apt-config dump | grep -E '^Acquire::(Check-|https?::Proxy)' || true)
	wgr_sources "$suite" |
	mmdebstrap --variant=apt --mode=root --architectures=amd64 --quiet \
		--include="$(IFS=,; echo "${kernel[*]}"),dkms" \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--aptopt="${options:-# nothing special}" \
		"$suite" "$dir/root" - || return
	cp "$dir"/root/lib/modules/*/kernel/drivers/net/wireguard/wireguard.ko* "$dir" || return
	printf '%s\n' 'wireguard.ko*' 'root/lib/modules/*/modules.dep' >"$dir/.precious"
}

# package_root SUITE: mount one on $dir/root; sets $dir.
package_root()
{
	local version root

	# shellcheck disable=SC2154
	dir=$work/$1
	version=$(wgr_deb_version "$1" "${kernel[0]}")
	root=$(wgr_cache_get "package-$1" "$version $(declare -f make_root)" make_root "$1")
	mkdir -p "$dir"/{upper,work,root}
	mount -t overlay overlay "$dir/root" \
		-o "lowerdir=$root/root,upperdir=$dir/upper,workdir=$dir/work"
	mount -t proc proc "$dir/root/proc"
}
