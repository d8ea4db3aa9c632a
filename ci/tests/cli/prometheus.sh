#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Print the folder with promtool and prometheus-node-exporter of the distribution,
# for the test of what "export" writes. They are unpacked in the cache: installed,
# they would bring services along.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
# shellcheck source=ci/lib/cache.sh
. "$top/ci/lib/cache.sh"
# shellcheck source=ci/lib/debian.sh
. "$top/ci/lib/debian.sh"

suite=bookworm

# BUILDER: DIR PACKAGE...
unpack()
{
	local dir=$1 deb
	shift

	wgr_deb_fetch "$suite" "$dir/debs" "$@"
	for deb in "$dir"/debs/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$dir" ./usr/bin
	done
	rm -r "$dir/debs" "$dir/usr/bin/prometheus"
}

dir=$(wgr_cache_get prometheus "$suite" unpack prometheus prometheus-node-exporter)
echo "$dir/usr/bin"
