#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What README tells its readers, done word for word on a fresh Debian machine:
# from nothing to "ours is running, here are its counters", and back. The machine
# is a virtual one, started by its systemd with its own kernel, with neither
# headers nor DKMS; apt works there as anywhere, but for packages that are in its
# folder of downloads already. TAP on standard output. Needs root. Emulation
# makes it some 20 minutes.
#
#   ci/tests/package/walk.sh [SUITE]      (default: bookworm)
set -euo pipefail

# shellcheck source=ci/tests/package/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
package_test "$0" "$@"
suite=${1:-bookworm}

# after LINE: the block of commands that follows this line of README.
after()
{
	awk -v line="$1" '
		found && /^    / { print substr($0, 5); printed = 1; next }
		found && printed { exit }
		index($0, line) == 1 { found = 1 }' "$top/README.md" | grep .
}

# What README shows with a prompt, one command a line.
typed()
{
	sed -n 's/^    \$ //p' "$top/README.md" | grep .
}

# quoted COMMAND: the first in README's text that begins so.
quoted()
{
	grep -o -m 1 "\`$1[^\`]*\`" "$top/README.md" | tr -d '\`'
}

# The machine as its owner has it.
fresh()
{
	local conf

	conf=$(apt-config dump | grep -E '^Acquire::(Check-|https?::Proxy)') || true
	printf '%s\n' "$conf" 'APT::Get::Assume-Yes "true";' >"$sys/etc/apt/apt.conf.d/99tests"
	ready_to_start
	cat /etc/resolv.conf >"$sys/etc/resolv.conf"
	mkdir -p "$sys/root/dist"
	cp "$top"/dist/*.deb "$sys/root/dist"
	in_root apt-get -qq -o APT::Sandbox::User=root update
	# Headers are of the newest kernel; so is that of an owner who keeps up.
	in_root apt-get -qq -o APT::Sandbox::User=root install linux-image-amd64
}

# Fetch what the line of README installs.
download()
{
	local line

	line=$(after "Debian:") || return
	in_root sh -euc "cd /root/dist; ${line/apt install/apt-get -o APT::Sandbox::User=root --download-only install}"
}

make -s -C "$top" deb >&2
"$top/ci/setup.sh" vm
root=$("$top/ci/vm/root.sh" "$suite" linux-image-amd64 systemd-sysv dbus udev mount iproute2 procps iputils-ping \
	wireguard-tools)
mount_root "$work/machine" "$root"
sys=$work/machine/root
about="$suite: "
point "a fresh machine" fresh
point "the mirror has what README installs" download
results=$work/results
mkdir "$results"
after "Debian:" >"$results/install"
after "## Verify" >"$results/verify"
typed >"$results/typed"
quoted "apt purge" >"$results/remove"
in_machine 4096 5400 walked.sh "$ours"
echo "1..$number"
exit "$failed"
