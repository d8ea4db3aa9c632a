# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Debian roots with a kernel, its headers and DKMS, for tests of packages to
# change as they like: from the cache, with a folder of the test's own over it.
# Read by lib.sh; needs a folder $work.

# The packages of the kernel that a root of SUITE has. bullseye's is the older one
# of its own archive, since its security archive lists files that are gone; the
# newer one is what arrives there later.
root_kernel()
{
	case $1 in
	bullseye) echo linux-image-5.10.0-30-cloud-amd64 linux-headers-5.10.0-30-cloud-amd64 ;;
	*) echo linux-image-cloud-amd64 linux-headers-cloud-amd64 ;;
	esac
}

# Builder for the cache: DIR SUITE PACKAGE...
make_root()
{
	local dir=$1 suite=$2 options
	shift 2

	# What the machine is told about its mirror holds in the root as well.
	options=$(apt-config dump | grep -E '^Acquire::(Check-|https?::Proxy)' || true)
	wgr_sources "$suite" |
	nice -n 19 mmdebstrap --variant=apt --mode=root --architectures=amd64 --quiet \
		--include="$(IFS=,; echo "$*"),dkms" \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--aptopt="${options:-# nothing special}" \
		"$suite" "$dir/root" - || return
	cp "$dir"/root/lib/modules/*/kernel/drivers/net/wireguard/wireguard.ko* "$dir" || return
	printf '%s\n' 'wireguard.ko*' 'root/lib/modules/*/modules.dep' >"$dir/.precious"
}

# root_of SUITE [PACKAGE...]: print the folder of one, with more packages.
root_of()
{
	local suite=$1 version kernel entry
	shift

	read -r -a kernel < <(root_kernel "$suite")
	version=$(wgr_deb_version "$suite" "${kernel[0]}") || return
	entry=$(wgr_cache_get "package-$suite${1:+-$1}" "$version ${kernel[*]} $* $(declare -f make_root)" \
		make_root "$suite" "${kernel[@]}" "$@") || return
	echo "$entry/root"
}

# Builder for the cache: DIR SUITE
make_bare()
{
	local options

	options=$(apt-config dump | grep -E '^Acquire::(Check-|https?::Proxy)' || true)
	wgr_sources "$2" |
	nice -n 19 mmdebstrap --variant=apt --mode=root --architectures=amd64 --quiet --include=linux-image-cloud-amd64 \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--aptopt="${options:-# nothing special}" "$2" "$1/root" - || return
	printf '%s\n' 'root/lib/modules/*/modules.dep' >"$1/.precious"
}

# bare_root_of SUITE: print the folder of one with a kernel, and neither headers nor what
# compiles.
bare_root_of()
{
	local version entry

	version=$(wgr_deb_version "$1" linux-image-cloud-amd64) || return
	entry=$(wgr_cache_get "package-bare-$1" "$version $(declare -f make_bare)" make_bare "$1") || return
	echo "$entry/root"
}

# mount_root DIR LOWER[:LOWER...]: mount them on DIR/root, with DIR/upper over
# them.
mount_root()
{
	mkdir -p "$1"/{upper,work,root}
	mount -t overlay overlay "$1/root" -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work"
	mount -t proc proc "$1/root/proc"
}

# package_root SUITE: mount one on $dir/root; sets $dir.
package_root()
{
	local root

	# shellcheck disable=SC2154
	dir=$work/$1
	root=$(root_of "$1")
	mount_root "$dir" "$root"
}

# Builder for the cache: DIR SUITE ROOT: what may arrive in such a root: first/
# has the packages of its kernel, second/ those of another, dkms-older/ and
# dkms-newer/ the DKMS of other releases.
make_arrivals()
{
	local dir=$1 suite=$2 root=$3 from=$2 first second apt

	case $suite in
	bookworm|trixie) from=$suite-backports ;;
	sid) from=trixie ;;
	esac
	mkdir "$dir"/{first,second}
	mount_root "$dir/.make" "$root" || return
	# Its variables may be gone when it runs.
	# shellcheck disable=SC2064
	trap "umount -R '$dir/.make/root' 2>/dev/null || :" EXIT
	root=$dir/.make/root
	cat /etc/resolv.conf >"$root/etc/resolv.conf"
	[[ $from == "$suite"* ]] || wgr_sources "$from" >"$root/etc/apt/sources.list.d/from.list" || return
	apt=(chroot "$root" env -C /tmp DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 nice -n 19
		apt-get -qq -o APT::Sandbox::User=root -o Acquire::Retries=3)
	"${apt[@]}" update || return
	first=$(ls "$root/lib/modules")
	"${apt[@]}" download "linux-image-$first" "linux-headers-$first" &&
		mv "$root"/tmp/*.deb "$dir/first" || return
	second=$(chroot "$root" apt-get -s --allow-downgrades install "linux-image-cloud-amd64/$from" |
		sed -n 's/^Inst linux-image-\([0-9][^ ]*\).*/\1/p')
	[[ $from != *-backports ]] || apt+=(-t "$from")
	"${apt[@]}" --no-install-recommends -d -y install "linux-image-$second" "linux-headers-$second" &&
		mv "$root"/var/cache/apt/archives/*.deb "$dir/second" || return
	echo "$first" >"$dir/first/version"
	echo "$second" >"$dir/second/version"
	umount -R "$root" && rm -rf "$dir/.make" || return
	case $suite in
	bullseye) wgr_deb_fetch bookworm "$dir/dkms-newer" dkms ;;
	bookworm) wgr_deb_fetch trixie "$dir/dkms-newer" dkms ;;
	*)
		wgr_deb_fetch bookworm "$dir/dkms-older" dkms &&
			wgr_deb_fetch "$suite" "$dir/dkms-newer" dkms ;;
	esac
}

# arrivals_of SUITE: print the folder of those.
arrivals_of()
{
	local root

	root=$(root_of "$1") || return
	wgr_cache_get "package-arrivals-$1" "$root $(declare -f make_arrivals)" make_arrivals "$1" "$root"
}
