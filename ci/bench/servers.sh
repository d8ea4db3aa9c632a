#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Print the folder with the HTTP/3 servers of this machine's distribution, caddy and
# ngtcp2's gtlsserver. They are unpacked in the cache: installed, they would serve. The
# libraries of the second come with ngtcp2's client.
set -euo pipefail

# shellcheck source=ci/lib/cache.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/cache.sh"

# BUILDER: DIR PACKAGE...
unpack()
{
	local dir=$1 deb
	shift

	mkdir "$dir/debs"
	chmod 777 "$dir/debs"
	(cd "$dir/debs" && { apt-get download -q "$@" || { apt-get update -q && apt-get download -q "$@"; }; })
	for deb in "$dir"/debs/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$dir" --wildcards './usr/*bin/*'
	done
	mkdir "$dir/bin"
	mv "$dir/usr/bin/caddy" "$dir/usr/sbin/gtlsserver" "$dir/bin/"
	rm -r "${dir:?}/debs" "${dir:?}/usr"
	printf '%s\n' bin/caddy bin/gtlsserver >"$dir/.precious"
}

version=$(dpkg-query -W -f '${Version}' ngtcp2-client 2>/dev/null) ||
	{ echo 'servers.sh: ngtcp2-client is missing: run ci/setup.sh demo' >&2; exit 1; }
echo "$(wgr_cache_get servers "$version" unpack caddy ngtcp2-server)/bin"
