# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# For tests of the packages in roots: a folder $work with private mounts, roots,
# packages made from this tree, test points. The first thing a test does:
#
#   . "$(dirname "$0")/lib.sh"
#   package_test "$0" "$@"

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
# shellcheck source=ci/lib/debian.sh
. "$top/ci/lib/debian.sh"
# shellcheck source=ci/lib/sources.sh
. "$top/ci/lib/sources.sh"
# shellcheck source=ci/tests/package/root.sh
. "$top/ci/tests/package/root.sh"
# shellcheck source=ci/tests/package/look.sh
. "$top/ci/tests/package/look.sh"
# For those that read this.
# shellcheck disable=SC2034
failed=0
# shellcheck disable=SC2034
ours=$(sed -n 's/.*WGR_VERSION "\(.*\)"/\1/p' "$top/src/version.h")
number=0

# package_test PROGRAM ARGUMENT...: start again with private mounts: whatever
# happens, they go when this process does.
package_test()
{
	if [[ ${WGR_UNSHARED:-} != "$$" ]]; then
		[[ $(id -u) == 0 ]] || { echo "Bail out! needs root"; exit 1; }
		"$top/ci/setup.sh" package
		exec unshare --mount --propagation private env "WGR_UNSHARED=$$" bash "$@"
	fi
	mkdir -p "$WGR_CACHE"
	find "$WGR_CACHE" -maxdepth 1 -name '.run-package.*' -mmin +600 -exec rm -rf {} +
	work=$(mktemp -d "$WGR_CACHE/.run-package.XXXXXX")
	trap package_test_end EXIT
}

# unmount_below FOLDER: whatever is mounted there.
unmount_below()
{
	awk -v w="$1/" 'index($5, w) == 1 { print $5 }' /proc/self/mountinfo | sort -r | xargs -r umount -l
}

# end_below FOLDER: what still runs in a root there, such as gpg's agents, which dnf starts.
end_below()
{
	local p

	for p in /proc/[0-9]*; do
		[[ $(readlink "$p/root" 2>/dev/null) != "$1"/* ]] || kill "${p#/proc/}" 2>/dev/null || :
	done
}

package_test_end()
{
	end_below "$work"
	unmount_below "$work"
	rm -rf "$work"
}

# in_root COMMAND...: in the system below $sys. One job at a time: nproc, which
# DKMS asks, goes by OMP_NUM_THREADS; and no kernel's initial file system is made.
in_root()
{
	${alone:-} chroot "$sys" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root \
		DEBIAN_FRONTEND=noninteractive OMP_NUM_THREADS=1 INITRD=No "$@" </dev/null
}

# readme_block LINE: the block of commands that follows a line of README that begins so.
readme_block()
{
	awk -v line="$1" '
		found && /^    / { print substr($0, 5); printed = 1; next }
		found && printed { exit }
		index($0, line) == 1 { found = 1 }' "$top/README.md" | grep .
}

# A system that was not started before is asked who it is; this one does not sync.
ready_to_start()
{
	printf 'force-unsafe-io\n' >"$sys/etc/dpkg/dpkg.cfg.d/tests"
	echo 0123456789abcdef0123456789abcdef >"$sys/etc/machine-id"
}

# in_machine MEMORY SECONDS SCRIPT ARGUMENT...: start the system below $sys by its
# systemd, with that one of these scripts in it, and take its points for ours.
# $results is shared with it. The script gets the last number and $about too.
in_machine()
{
	local memory=$1 seconds=$2 script=$3 rc=0
	shift 3

	# Who calls this has set it.
	# shellcheck disable=SC2154
	cp "$top/ci/tests/package/$script" "$top/ci/tests/package/look.sh" "$results"
	umount "$sys/proc"
	"$top/ci/vm/qemu.sh" --root "$sys" --systemd --results "$results" --memory "$memory" --timeout "$seconds" \
		-- bash "/run/wgr/$script" "$number" "$about" "$@" 2>&1 | tee "$work/said" || rc=$?
	mount -t proc proc "$sys/proc"
	number=$((number + $(grep -c -E '^(not )?ok ' "$work/said" || true)))
	# What is wrong with the machine itself is a failed test too.
	[[ $rc == 0 ]] || grep -q '^not ok' "$work/said" || point "the machine ends with status 0, not $rc" false
	# For those that read this.
	# shellcheck disable=SC2034
	! grep -q '^not ok' "$work/said" || failed=1
}

# set_version TREE VERSION
set_version()
{
	sed -i "s/\(WGR_VERSION \|^PACKAGE_VERSION=\)\".*\"/\1\"$2\"/" "$1/src/version.h" "$1/dkms.conf"
	sed -i "s/^\(Version: *\).*/\1$2/" "$1/rpm/wireguard-reorder.spec"
	sed -i "1s/(.*)/($2)/" "$1/debian/changelog"
}

# variant_tree TREE VERSION KIND: a copy of this tree; see variant.
variant_tree()
{
	local tree=$1

	mkdir "$tree"
	wgr_sources "$top" "$tree"
	case $3 in
	broken) echo '#error this one is meant to fail' >>"$tree/src/main.c" ;;
	standin)
		# What the command is made of stays: its package is made too.
		find "$tree/src" -mindepth 1 -maxdepth 1 ! -name cli ! -name dist ! -name reorder ! -name uapi \
			! -name version.h -exec rm -r {} +
		cp "$top"/ci/tests/package/standin/* "$tree/src" ;;
	esac
	set_version "$tree" "$2"
}

# Builder for the cache: DIR FORMAT VERSION KIND
make_variant()
{
	local tree=$1/tree

	variant_tree "$tree" "$3" "$4"
	nice -n 19 make -s -C "$tree" "$2"
	mv "$tree"/dist/*-dkms[-_]* "$1"
	rm -r "$tree"
}

# variant FORMAT VERSION whole|broken|standin: print the .deb or .rpm (FORMAT) of
# this tree with that version; with the module as it is, or one that no compiler
# takes, or one that is built in seconds.
variant()
{
	local sources entry

	sources=$(cd "$top" && find Makefile dkms.conf src debian rpm ci/doc ci/bench/applications.md ci/tests/package/standin -type f \
		! -name '*.o' ! -name '.*' ! -name '*.ko' ! -name '*.mod*' ! -path '*/generated/*' ! -path src/cli/wireguard-reorder \
		-exec sha256sum {} + | sort)
	entry=$(wgr_cache_get "package-$3-$1" "$* $sources $(declare -f make_variant variant_tree set_version)" \
		make_variant "$@") || return
	echo "$entry"/*."$1"
}

# build_rpm SPEC FOLDER: leave its packages there.
build_rpm()
{
	rm -rf "$work/topdir"
	nice -n 19 rpmbuild --quiet -bb --define "_topdir $work/topdir" --define '_binary_payload w1.gzdio' \
		--define '__os_install_post %{nil}' --define 'debug_package %{nil}' \
		--define '_build_id_links none' "$1" &&
		mkdir -p "$2" && mv "$work"/topdir/RPMS/*/*.rpm "$2"
}

# dependencies FOLDER [MORE...]: a package for what ours wants, in Debian roots that
# pose as others.
dependencies()
{
	{
		printf '%s\n' 'Name: dependencies' 'Version: 1' 'Release: 1' 'Summary: Stand-in' \
			'License: GPL-2.0-only' 'BuildArch: noarch'
		printf 'Provides: %s\n' /bin/sh coreutils dkms findutils gawk grep kmod make sed util-linux \
			"${@:2}"
		printf '%s\n' '%description' 'None.' '%files'
	} >"$work/dependencies.spec"
	build_rpm "$work/dependencies.spec" "$1"
}
