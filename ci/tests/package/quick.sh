#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The package's life in a Debian root with a kernel, its headers and DKMS:
# install, install again, remove, purge; and a module that cannot be built.
# TAP on standard output. Needs root.
#
#   ci/tests/package/quick.sh [SUITE...]         (default: bookworm)
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
# shellcheck source=ci/lib/debian.sh
. "$top/ci/lib/debian.sh"

kernel=(linux-image-cloud-amd64 linux-headers-cloud-amd64)

# BUILDER: DIR SUITE
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

# A .deb of this tree whose module no compiler takes.
make_broken()
{
	mkdir "$work/broken"
	cp -R "$top"/{Makefile,dkms.conf,src,debian} "$work/broken"
	echo '#error this one is meant to fail' >>"$work/broken/src/main.c"
	make -s -C "$work/broken" deb >&2
}

run_suite()
{
	local suite=$1 version root dir=$work/$1

	version=$(wgr_deb_version "$suite" "${kernel[0]}")
	root=$(wgr_cache_get "package-$suite" "$version $(declare -f make_root)" make_root "$suite")
	mkdir -p "$dir"/{upper,work,root}
	mount -t overlay overlay "$dir/root" \
		-o "lowerdir=$root/root,upperdir=$dir/upper,workdir=$dir/work"
	mount -t proc proc "$dir/root/proc"
	mkdir "$dir/root/debs" "$dir/root/debs/broken"
	cp "$top"/dist/wireguard-reorder-dkms_*_all.deb "$dir/root/debs"
	cp "$work"/broken/dist/wireguard-reorder-dkms_*_all.deb "$dir/root/debs/broken"
	mkdir "$dir/root/debs/tree"
	cp -R "$top"/{Makefile,dkms.conf,src} "$dir/root/debs/tree"
	cp "$top/ci/tests/package/inside.sh" "$dir/root/debs"
	chroot "$dir/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive bash /debs/inside.sh "$suite" "$ours" "$number"
}

# Private mounts: whatever happens, they go when this process does.
if [[ ${WGR_UNSHARED:-} != "$$" ]]; then
	[[ $(id -u) == 0 ]] || { echo "Bail out! needs root"; exit 1; }
	"$top/ci/setup.sh" package
	exec unshare --mount --propagation private \
		env "WGR_UNSHARED=$$" bash "${BASH_SOURCE[0]}" "$@"
fi

mkdir -p "$WGR_CACHE"
find "$WGR_CACHE" -maxdepth 1 -name '.run-package.*' -mmin +600 -exec rm -rf {} +
work=$(mktemp -d "$WGR_CACHE/.run-package.XXXXXX")
trap 'umount -R "$work"/*/root 2>/dev/null; rm -rf "$work"' EXIT
ours=$(sed -n 's/.*WGR_VERSION "\(.*\)"/\1/p' "$top/src/version.h")
make -s -C "$top" deb >&2
make_broken

number=0 failed=0
for suite in "${@:-bookworm}"; do
	# Not as a condition: that would switch off "set -e" within.
	set +e
	(set -e; run_suite "$suite") >"$work/tap"
	rc=$?
	set -e
	cat "$work/tap"
	if [[ $rc != 0 ]]; then
		failed=1
		# Without points of its own it did not get as far as the tests.
		grep -q '^not ok' "$work/tap" || {
			echo "Bail out! the tests of $suite did not come to their end"
			exit 1
		}
	fi
	number=$((number + $(grep -c -E '^(not )?ok ' "$work/tap")))
done
echo "1..$number"
exit "$failed"
