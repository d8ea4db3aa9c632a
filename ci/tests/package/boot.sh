#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Debian systems with the package, started by their systemd with their own
# kernel in a virtual machine: tunnels of wg-quick and of systemd-networkd over
# our module; and again after the package was purged, over the kernel's own. TAP
# on standard output. Needs root.
#
#   ci/tests/package/boot.sh [SUITE...]   (default: bullseye bookworm trixie sid)
set -euo pipefail

# shellcheck source=ci/tests/package/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
package_test "$0" "$@"

# boot_root SUITE: print the folder of such a system, before our package comes.
boot_root()
{
	local kernel=(linux-image-amd64 linux-headers-amd64)

	# See root_kernel().
	[[ $1 != bullseye ]] || kernel=(linux-image-5.10.0-30-amd64 linux-headers-5.10.0-30-amd64)
	"$top/ci/vm/root.sh" "$1" "${kernel[@]}" dkms systemd-sysv dbus udev mount iproute2 procps iputils-ping \
		wireguard-tools
}

# Keys of the machine and of the far end.
keys()
{
	local side

	for side in home far; do
		private[$side]=$(wg genkey)
		public[$side]=$(wg pubkey <<<"${private[$side]}")
	done
}

# from_readme EXPRESSION: the lines that it picks out of README, without what is
# before its brackets.
from_readme()
{
	sed -n "s/^ *\\($1\\)/\\1/p" "$top/README.md" | grep .
}

networkd_conf()
{
	local net=$sys/etc/systemd/network

	mkdir -p "$net"
	cat >"$net/home0.netdev" <<-'END'
		[NetDev]
		Name=home0
		Kind=veth
		[Peer]
		Name=far0
	END
	cat >"$net/home0.network" <<-'END'
		[Match]
		Name=home0
		[Network]
		Address=192.0.2.1/24
	END
	cat >"$net/wg1.netdev" <<-END
		[NetDev]
		Name=wg1
		Kind=wireguard
		[WireGuard]
		PrivateKey=${private[home]}
		ListenPort=1001
		[WireGuardPeer]
		PublicKey=${public[far]}
		AllowedIPs=198.51.100.6/32
		Endpoint=192.0.2.2:2001
	END
	cat >"$net/wg1.network" <<-'END'
		[Match]
		Name=wg1
		[Network]
		Address=198.51.100.5/30
	END
}

# quick_conf [LINE]: for wg-quick, with one more line for the interface.
quick_conf()
{
	cat >"$sys/etc/wireguard/wg0.conf" <<-END
		[Interface]
		Address = 198.51.100.1/30
		PrivateKey = ${private[home]}
		ListenPort = 1000
		${1:-}
		[Peer]
		PublicKey = ${public[far]}
		AllowedIPs = 198.51.100.2/32
		Endpoint = 192.0.2.2:2000
	END
}

# far_conf NUMBER: for wg, the far end of wgNUMBER.
far_conf()
{
	cat >"$sys/etc/wireguard/far$1.conf" <<-END
		[Interface]
		PrivateKey = ${private[far]}
		ListenPort = 200$1
		[Peer]
		PublicKey = ${public[home]}
		AllowedIPs = 198.51.100.$((1 + 4 * $1))/32
		Endpoint = 192.0.2.1:100$1
	END
}

# What there is on a machine before our package comes.
prepare()
{
	mkdir -p "$sys/packages" "$sys"/etc/{wireguard,udev/rules.d}
	ready_to_start
	in_root systemctl enable systemd-networkd >/dev/null 2>&1
	keys
	networkd_conf
	far_conf 0
	far_conf 1
}

# The milliseconds that installing takes beside what DKMS does, after it.
own_time()
{
	local dkms=$sys/usr/sbin/dkms begin took

	mv "$dkms" "$dkms.real"
	cat >"$dkms" <<-'END'
		#!/bin/bash
		[[ -z ${TIMED:-} ]] || exec dkms.real "$@"
		export TIMED=1
		begin=$(date +%s%N) rc=0
		dkms.real "$@" || rc=$?
		echo $(($(date +%s%N) - begin)) >>/packages/times
		exit $rc
	END
	chmod 755 "$dkms"
	begin=$(date +%s%N)
	in_root sh -c 'dpkg -i /packages/*.deb' || return
	took=$(($(date +%s%N) - begin))
	mv "$dkms.real" "$dkms"
	awk -v took="$took" '{ took -= $1 } END { printf "%.0f\n", took / 1e6 }' "$sys/packages/times" >"$work/own-time"
}

run_suite()
{
	local suite=$1 dir=$work/$1 root about results=$work/results-$1
	local -A private=() public=()

	root=$(boot_root "$suite")
	mount_root "$dir" "$root"
	sys=$dir/root
	prepare
	mkdir "$results"
	about="$suite: "
	cp "$(variant deb "$ours" whole)" "$sys/packages"
	point "the package is installed" own_time
	point "in less than 2 s beside DKMS's work: $(<"$work/own-time") ms" test "$(<"$work/own-time")" -lt 2000
	quick_conf "$(from_readme 'PostUp = .*')"
	echo 'ACTION=="add", SUBSYSTEM=="net", KERNEL=="wg1", ATTR{reorder/hold_max_us}="500000"' \
		>"$sys/etc/udev/rules.d/90-wireguard.rules"
	about="$suite, ours: "
	in_machine 1024 900 booted.sh ours "$ours"
	about="$suite: "
	point "the package is purged" in_root dpkg --purge wireguard-reorder-dkms
	# With the same line, which may do no harm there.
	quick_conf "$(from_readme 'PostUp = .*')"
	about="$suite, stock: "
	in_machine 1024 900 booted.sh stock "$ours"
	unmount_below "$dir"
	rm -rf "$dir"
}

"$top/ci/setup.sh" vm
[[ $# -gt 0 ]] || set -- bullseye bookworm trixie sid
for suite; do
	run_suite "$suite"
done
echo "1..$number"
exit "$failed"
