#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The package's own autopkgtest (debian/tests/load) in a virtual machine: a
# Debian system with the .deb installed, booted with its own kernel. TAP on
# standard output. Needs root.
#
#   ci/tests/package/load.sh [SUITE]         (default: bookworm)
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
# shellcheck source=ci/lib/cache.sh
. "$top/ci/lib/cache.sh"
suite=${1:-bookworm}
packages=(linux-image-amd64 linux-headers-amd64 dkms mount iproute2 procps iputils-ping ethtool
	  iperf3 python3-minimal wireguard-tools)

# Private mounts: whatever happens, they go when this process does.
if [[ ${WGR_UNSHARED:-} != "$$" ]]; then
	[[ $(id -u) == 0 ]] || { echo "Bail out! needs root"; exit 1; }
	"$top/ci/setup.sh" package vm
	exec unshare --mount --propagation private \
		env "WGR_UNSHARED=$$" bash "${BASH_SOURCE[0]}" "$@"
fi

work=$(mktemp -d "$WGR_CACHE/.run-load.XXXXXX")
trap 'umount -R "$work/root" 2>/dev/null; rm -rf "$work"' EXIT
make -s -C "$top" deb >&2
root=$("$top/ci/vm/root.sh" "$suite" "${packages[@]}")
mkdir "$work"/{upper,scratch,root,results}
mount -t overlay overlay "$work/root" -o "lowerdir=$root,upperdir=$work/upper,workdir=$work/scratch"
mount -t proc proc "$work/root/proc"
cp "$top"/dist/wireguard-reorder-dkms_*_all.deb "$work/root/root"
if ! chroot "$work/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive sh -c 'dpkg -i /root/*.deb' >"$work/dpkg.log" 2>&1 </dev/null; then
	sed 's/^/# /' "$work/dpkg.log"
	echo "Bail out! the package could not be installed"
	exit 1
fi
grep "^wireguard-reorder: " "$work/dpkg.log" | sed "s/^/# /"
umount "$work/root/proc"
cp "$top/debian/tests/load" "$work/results"
rc=0
"$top/ci/vm/qemu.sh" --root "$work/root" --results "$work/results" --cpus 1 --memory 1024 --timeout 900 \
	-- sh /run/wgr/load >"$work/said" 2>&1 || rc=$?
# Its lines as test points, with what else was said before them.
awk '/^ok: / { sub(/^ok: /, "ok " ++n " - "); print; next } { print "# " $0 }' "$work/said"
points=$(grep -c '^ok: ' "$work/said" || true)
if [[ $rc != 0 ]]; then
	echo "not ok $((points + 1)) - the test ended with status $rc"
	points=$((points + 1))
fi
echo "1..$points"
exit "$rc"
