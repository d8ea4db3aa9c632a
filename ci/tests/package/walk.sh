#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What README tells its readers, done word for word on fresh Debian machines: from
# nothing to "ours is running, here are its counters", and back. The packages are
# made on one that has make and nothing more, a root. The other one is virtual,
# started by its systemd with its own kernel, with neither headers nor DKMS; apt
# works there as anywhere, but for packages that are in its folder of downloads
# already. TAP on standard output. Needs root. It takes 35 minutes of CPU, nearly
# all of them for DKMS in the emulated machine: 56 minutes beside four other jobs,
# for each.
#
#   ci/tests/package/walk.sh [--quick] [SUITE...]   (default: bookworm trixie)
#
#   --quick    the packages are installed before the machine is started, by this
#              one's CPU: a quarter of the time, but nobody sees ours being loaded
set -euo pipefail

# shellcheck source=ci/tests/package/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
package_test "$0" "$@"

# What README and its page about the command show with a prompt, one command a line.
typed()
{
	sed -n 's/^    \$ //p' "$top/README.md" "$top/src/dist/command.md" | grep .
}

# quoted COMMAND: the first in README's text that begins so.
quoted()
{
	grep -o -m 1 "\`$1[^\`]*\`" "$top/README.md" | tr -d '\`'
}

# online: apt works there as anywhere.
online()
{
	local conf

	conf=$(apt-config dump | grep -E '^Acquire::(Check-|https?::Proxy)') || true
	printf '%s\n' "$conf" 'APT::Get::Assume-Yes "true";' 'APT::Sandbox::User "root";' >"$sys/etc/apt/apt.conf.d/99tests"
	cat /etc/resolv.conf >"$sys/etc/resolv.conf"
	in_root apt-get -qq update
}

# made: the packages, on a machine that has nothing but make for it, and is given what it asks for.
made()
{
	local line said wanted rc=0

	line=$(quoted "make deb") && online && in_root apt-get -qq install make >/dev/null || return
	variant_tree "$sys/root/tree" "$ours" whole
	said=$(in_root sh -c "cd /root/tree && $line" 2>&1) || rc=$?
	echo "$said"
	# Else this would try nothing.
	[[ $rc != 0 ]] || { echo "it wanted nothing"; return 1; }
	wanted=$(grep -o -m 1 'apt install [a-z0-9 -]*' <<<"$said") || return
	in_root sh -c "$wanted && cd /root/tree && $line"
}

# fresh PACKAGE...: the machine as its owner has it, with these.
fresh()
{
	ready_to_start
	# The root is made without.
	echo 'path-include=/usr/share/doc/wireguard-reorder*' >>"$sys/etc/dpkg/dpkg.cfg.d/tests"
	mkdir -p "$sys/root/dist"
	cp "$@" "$sys/root/dist"
	# It has its turn.
	in_root systemctl -q disable NetworkManager
	# Headers are of the newest kernel; so is that of an owner who keeps up.
	online && in_root apt-get -qq install linux-image-amd64
}

# Fetch what the lines of README install: the second one is what the package says.
download()
{
	local line get='apt-get --download-only install'

	line=$(readme_block "Debian, " | head -n 1) || return
	sed "s/@VERSION@/$ours/" "$top/src/dist/wireguard-reorder-package" >"$sys/root/program"
	in_root sh -euc "cd /root/dist; ${line/apt install/$get}" &&
		line=$(in_root sh /root/program headers) && in_root sh -euc "${line/apt install/$get}"
}

# its_kernel: the one that will run.
its_kernel()
{
	find "$sys/lib/modules" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -V | tail -n 1
}

# installed_before: the lines of README, as if its kernel were the one that runs.
installed_before()
{
	local kernel

	kernel=$(its_kernel)
	printf '#!/bin/sh\n[ "$*" != -r ] || { echo %s; exit; }\nexec /usr/bin/uname "$@"\n' "$kernel" >"$sys/usr/local/bin/uname"
	chmod 755 "$sys/usr/local/bin/uname"
	in_root env PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin sh -euc "cd /root/dist; $(<"$results/install")" >"$work/log" 2>&1 || {
		cat "$work/log"
		return 1
	}
	rm "$sys/usr/local/bin/uname"
	grep -F "kernel $kernel: ours will be loaded" "$work/log"
}

# texts FOLDER: what the machine is to do and to find.
texts()
{
	readme_block "Debian, " >"$1/install"
	readme_block "## Verify" >"$1/verify"
	readme_block "## Tune" >"$1/tune"
	quoted "wireguard-reorder set wg0 hold-max" >"$1/set"
	quoted "wireguard-reorder set wg0 peer" >"$1/set-peer"
	quoted "/usr/share/doc/" >"$1/pages"
	grep -o '(src/dist/[a-z-]*\.md)' "$top/README.md" | sed 's|.*/||; s/)//' | sort -u >"$1/page-names"
	typed >"$1/typed"
	quoted "apt purge" >"$1/remove"
}

# run_suite SUITE
run_suite()
{
	local dir=$work/$1 root about="$1: " results=$work/results-$1

	root=$("$top/ci/vm/root.sh" "$1" linux-image-amd64 systemd-sysv dbus udev mount iproute2 procps iputils-ping \
		wireguard-tools network-manager)
	mount_root "$dir/workshop" "$root"
	sys=$dir/workshop/root
	point "README's line makes the packages, with what it asks for" made
	mount_root "$dir/machine" "$root"
	sys=$dir/machine/root
	point "a fresh machine" fresh "$dir"/workshop/root/root/tree/dist/*.deb
	point "the mirror has what README installs" download
	mkdir "$results"
	texts "$results"
	field srcversion "$(stock_file "$(its_kernel)")" >"$results/stock"
	if [[ -n $quick ]]; then
		point "README's line installs the packages" installed_before
		rm "$results/install"
	fi
	in_machine 4096 5400 walked.sh "$ours"
	unmount_below "$dir"
	rm -rf "$dir"
}

"$top/ci/setup.sh" vm
quick=''
if [[ ${1:-} == --quick ]]; then
	quick=yes
	shift
fi
[[ $# -gt 0 ]] || set -- bookworm trixie
for suite; do
	run_suite "$suite"
done
echo "1..$number"
exit "$failed"
