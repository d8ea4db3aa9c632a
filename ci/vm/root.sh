#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A Debian system with some packages, made once and kept in the cache: for a
# chroot, or for qemu.sh --root. Prints its directory, which stays as it is: to
# change something there, put an overlay over it. Needs root.
#
#   ci/vm/root.sh SUITE PACKAGE...
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=ci/lib/debian.sh
. "$here/../lib/debian.sh"

# Manuals, and drivers of what no guest has, are two thirds of it.
excluded=(
	'/usr/share/doc/*' '/usr/share/man/*' '/usr/share/locale/*'
	'/lib/modules/*/kernel/drivers/gpu/*' '/lib/modules/*/kernel/drivers/media/*'
	'/lib/modules/*/kernel/drivers/infiniband/*' '/lib/modules/*/kernel/sound/*'
	'/lib/modules/*/kernel/drivers/net/ethernet/*' '/lib/modules/*/kernel/drivers/net/wireless/*'
)

# BUILDER: DIR SUITE PACKAGE...
make_root()
{
	local dir=$1 suite=$2 words options
	shift 2

	words=$(IFS=,; echo "$*")
	# What the machine is told about its mirror holds in the root as well.
	options=$(apt-config dump | grep -E '^Acquire::(Check-|https?::Proxy)' || true)
	# Guests bring an initramfs of their own: none is to be made.
	wgr_sources "$suite" | INITRD=No mmdebstrap --variant=apt --mode=root --architectures=amd64 --quiet \
		--include="$words" "${excluded[@]/#/--dpkgopt=path-exclude=}" \
		--aptopt="${options:-# nothing special}" "$suite" "$dir/root" - || return
	printf '%s\n' 'root/boot/vmlinuz-*' '*/modules.dep' '*/wireguard.ko*' >"$dir/.precious"
}

main()
{
	local suite=${1:-} versions dir

	if [[ $# -lt 2 ]]; then
		sed -n '3,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2
		exit 2
	fi
	shift
	wgr_apt_update "$suite"
	versions=$(wgr_apt "$suite" apt-cache policy "$@" | grep -E '^[^ ]|Candidate:')
	dir=$(wgr_cache_get "root-$suite" "$versions ${excluded[*]} $(declare -f make_root)" \
		make_root "$suite" "$@")
	echo "$dir/root"
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
