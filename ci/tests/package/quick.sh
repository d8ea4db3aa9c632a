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
# shellcheck source=ci/tests/package/root.sh
. "$top/ci/tests/package/root.sh"

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
	local suite=$1 dir

	package_root "$suite"
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
