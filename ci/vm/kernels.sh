#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Kernels and kernel sources of the distribution, from the cache.
#
#   ci/vm/kernels.sh image SUITE [FLAVOUR [ARCH]]
#                                          directory with vmlinuz, version and
#                                          root/ (lib/modules inside);
#                                          FLAVOUR: generic, cloud, rt; ARCH: amd64
#                                          or another of ci/lib/arch.sh
#   ci/vm/kernels.sh headers SUITE [FLAVOUR [ARCH]]
#                                          a build directory: KDIR of make module;
#                                          for other ARCHes with CROSS_COMPILE
#   ci/vm/kernels.sh source SUITE          the kernel's source, as a package
#                                          linux-source-X.Y.tar.xz unpacked in part:
#                                          tools/testing/selftests/wireguard, scripts
#   ci/vm/kernels.sh tree SUITE            enough of the source to build ARCH=um
#   ci/vm/kernels.sh netns SUITE           path of the unmodified netns.sh
#   ci/vm/kernels.sh checkpatch SUITE      path of checkpatch.pl
#   ci/vm/kernels.sh wg SUITE              folder with its wg, which brings its own
#                                          libc: self-tests want the one of their time
#
# SUITE: bookworm (6.1) or any other release, sid for the newest; see also
# ci/lib/debian.sh. Prints a path.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=ci/lib/debian.sh
. "$here/../lib/debian.sh"
# shellcheck source=ci/lib/arch.sh
. "$here/../lib/arch.sh"

unpack_all()
{
	local deb dir=$1
	shift

	for deb in "$@"; do
		dpkg-deb --fsys-tarfile "$deb" | tar -C "$dir" -x --no-same-owner \
			--exclude='./usr/share/doc' --exclude='./usr/share/lintian' \
			--exclude='*/drivers/gpu/*' --exclude='*/drivers/media/*' \
			--exclude='*/drivers/infiniband/*' --exclude='*/kernel/sound/*'
	done
}

# BUILDER: DIR SUITE PACKAGE=VERSION
make_image()
{
	local dir=$1 suite=$2 packages=("$3") version name part from

	# Since 7.2 what used to be one package is several that it depends on.
	for name in base binary modules; do
		part=$(wgr_deb_depends "$suite" "$3" "linux-$name-[0-9].*") || continue
		packages+=("$part=${3#*=}")
	done
	wgr_deb_fetch "$suite" "$dir/debs" "${packages[@]}"
	mkdir "$dir/root"
	unpack_all "$dir/root" "$dir"/debs/*.deb
	rm -r "$dir/debs"
	# Merged and unmerged /usr alike: one place for the modules.
	if [[ -d $dir/root/usr/lib/modules ]]; then
		mkdir -p "$dir/root/lib"
		mv "$dir/root/usr/lib/modules" "$dir/root/lib/modules"
	fi
	version=$(ls "$dir/root/lib/modules")
	echo "$version" >"$dir/version"
	for name in vmlinuz config; do
		# Where nothing unpacks it before it starts it is vmlinux.
		for from in "$name" "${name/vmlinuz/vmlinux}"; do
			for part in "$dir/root/boot/$from-$version" "$dir/root/lib/modules/$version/$from"; do
				[[ ! -e $part ]] || break 2
			done
		done
		mv "$part" "$dir/$name"
	done
	depmod -b "$dir/root" "$version"
	printf '%s\n' vmlinuz version '*/wireguard/*' '*/modules.dep*' >"$dir/.precious"
}

# The headers' makefiles name each other by the path where packages are
# installed: point them into the cache. The tools that builds call have to run
# here, whichever architecture the headers are for.
make_headers()
{
	local dir=$1 final=$2 suite=$3 headers=$4 version=$5 common kbuild f base

	common=$(wgr_deb_depends "$suite" "$headers=$version" 'linux-headers-.*-common.*')
	kbuild=$(wgr_deb_depends "$suite" "$headers=$version" 'linux-kbuild-.*')
	wgr_deb_fetch "$suite" "$dir/debs" "$headers=$version" "$common"
	WGR_DEB_ARCH=amd64 wgr_deb_fetch "$suite" "$dir/debs" "$kbuild"
	unpack_all "$dir" "$dir"/debs/*.deb
	rm -r "$dir/debs"
	base=$dir/usr/src/$headers
	while read -r f; do
		sed -i "s:/usr/src/linux-headers:$final/usr/src/linux-headers:g; s:/usr/lib/linux-kbuild:$final/usr/lib/linux-kbuild:g" "$f"
	done < <(grep -rlIE '/usr/(src/linux-headers|lib/linux-kbuild)' "$base" --include=Makefile --include='*.mk' --include='.kernelvariables' --include='.config' || true)
	# Absolute links become links into the cache.
	find "$dir/usr" -type l | while read -r f; do
		base=$(readlink "$f")
		[[ $base != /usr/* ]] || ln -sfn "$final$base" "$f"
	done
	printf '%s\n' '*/Makefile' '*/autoconf.h' '*/modpost' '*/Module.symvers' >"$dir/.precious"
}

make_source()
{
	local dir=$1 suite=$2 package=$3

	wgr_deb_fetch "$suite" "$dir/debs" "$package"
	dpkg-deb --fsys-tarfile "$dir"/debs/*.deb | tar -x -O --wildcards '*.tar.xz' |
		tar -C "$dir" -xJ --strip-components=1 --no-same-owner --wildcards \
			'*/tools/testing/selftests/wireguard' '*/tools/testing/selftests/kselftest*' \
			'*/scripts/checkpatch.pl' '*/scripts/const_structs.checkpatch' \
			'*/scripts/spelling.txt' '*/scripts/spdxcheck.py' '*/scripts/kernel-doc*' \
			'*/tools/lib/python' '*/Documentation/netlink/specs/wireguard.yaml' '*/COPYING' 2>"$dir/err" ||
		! grep -v 'Not found in archive\|exit status\|previous errors' "$dir/err" >&2
	rm -r "$dir/debs" "$dir/err"
	[[ -f $dir/scripts/checkpatch.pl ]]
	echo '*' >"$dir/.precious"
}

# Sources of drivers and machines that a user-mode kernel never builds are two
# thirds of the tree. Kconfig and makefiles stay, they are read all the same.
make_tree()
{
	local dir=$1 suite=$2 package=$3

	wgr_deb_fetch "$suite" "$dir/debs" "$package"
	dpkg-deb --fsys-tarfile "$dir"/debs/*.deb | tar -x -O --wildcards '*.tar.xz' |
		tar -C "$dir" -xJ --strip-components=1 --no-same-owner \
			--exclude='*/drivers/gpu/*.[chS]' --exclude='*/drivers/media/*.[ch]' \
			--exclude='*/drivers/net/ethernet/*.[ch]' --exclude='*/drivers/net/wireless/*.[ch]' \
			--exclude='*/drivers/infiniband/*.[ch]' --exclude='*/drivers/scsi/*.[ch]' \
			--exclude='*/drivers/staging/*.[ch]' --exclude='*/sound/*.[ch]' \
			--exclude='*/arch/[a-tv-w]*/*.[chS]' --exclude='*.dts' --exclude='*.dtsi' \
			--exclude='*/Documentation/*.rst' --exclude='*/Documentation/*.yaml' \
			--exclude='*/tools/perf/*' --exclude='*/tools/testing/*'
	rm -r "$dir/debs"
}

# BUILDER: DIR FINAL SUITE
make_wg()
{
	local dir=$1 libs=$2/usr/lib/x86_64-linux-gnu

	wgr_deb_fetch "$3" "$dir/debs" wireguard-tools libc6
	unpack_all "$dir" "$dir"/debs/*.deb
	rm -r "$dir/debs"
	mkdir "$dir/bin"
	printf '#!/bin/sh\nexec %s --library-path %s %s "$@"\n' \
		"$libs/ld-linux-x86-64.so.2" "$libs" "$2/usr/bin/wg" >"$dir/bin/wg"
	chmod 755 "$dir/bin/wg"
	echo bin/wg >"$dir/.precious"
}

main()
{
	local what=${1:-} suite=${2:-} flavour=${3:+$3-} arch=${4:-amd64} version package key dir

	[[ $flavour != generic- ]] || flavour=

	case $what in
	image)
		WGR_DEB_ARCH=$arch
		package=linux-image-$flavour$(wgr_arch flavour "$arch")
		version=$(wgr_deb_version "$suite" "$package")
		package=$(wgr_deb_depends "$suite" "$package" 'linux-image-.*')
		wgr_cache_get "image-$suite" "2 $flavour${arch#amd64}$version" make_image "$suite" "$package=$version"
		;;
	headers)
		WGR_DEB_ARCH=$arch
		package=linux-headers-$flavour$(wgr_arch flavour "$arch")
		version=$(wgr_deb_version "$suite" "$package")
		package=$(wgr_deb_depends "$suite" "$package" 'linux-headers-.*')
		key="3 $flavour${arch#amd64}$version"
		dir=$WGR_CACHE/headers-$suite-$(printf '%s' "$key" | wgr_hash)
		wgr_cache_get "headers-$suite" "$key" make_headers "$dir" "$suite" "$package" "$version" >/dev/null
		echo "$dir/usr/src/$package"
		;;
	wg)
		key="1 $(wgr_deb_version "$suite" wireguard-tools) $(wgr_deb_version "$suite" libc6)"
		dir=$WGR_CACHE/wg-$suite-$(printf '%s' "$key" | wgr_hash)
		wgr_cache_get "wg-$suite" "$key" make_wg "$dir" "$suite" >/dev/null
		echo "$dir/bin"
		;;
	source|netns|checkpatch|tree)
		version=$(wgr_deb_version "$suite" linux-source)
		package=$(wgr_deb_depends "$suite" linux-source 'linux-source-.*')
		if [[ $what == tree ]]; then
			wgr_cache_get "tree-$suite" "1 $version" make_tree "$suite" "$package=$version"
			return
		fi
		dir=$(wgr_cache_get "source-$suite" "2 $version" make_source "$suite" "$package=$version")
		case $what in
		netns)      echo "$dir/tools/testing/selftests/wireguard/netns.sh" ;;
		checkpatch) echo "$dir/scripts/checkpatch.pl" ;;
		*)          echo "$dir" ;;
		esac
		;;
	*)
		sed -n '3,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2
		exit 2
		;;
	esac
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
