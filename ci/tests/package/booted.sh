#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The part of boot.sh that runs in a machine that its systemd has started: two
# tunnels, made by systemd-networkd and by wg-quick as configured there, and the
# module that carries them.
#
#   booted.sh NUMBER ABOUT ours|stock VERSION
#
#   machine  home0 ==== far0  namespace far
#            wg0 (wg-quick), wg1 (networkd)   and its end of both: wg0, wg1
set -uo pipefail

number=$1 about=$2 expected=$3 version=$4
failed=0
sys=''
# shellcheck source=ci/tests/package/look.sh
. "$(dirname "$0")/look.sh"

soon()
{
	local i

	for ((i = 0; i < 60; i++)); do
		! "$@" || return 0
		sleep 1
	done
	return 1
}

equal()
{
	[[ $1 == "$2" ]] || { echo "it is '$1', not '$2'"; return 1; }
}

no_unit_failed()
{
	local units

	units=$(systemctl list-units --failed --no-legend --plain | cut -d ' ' -f 1)
	[[ -z $units ]] || {
		# Names without spaces.
		# shellcheck disable=SC2086
		systemctl status --no-pager --full $units
		return 1
	}
}

# That the loaded one is the file is what srcversion says.
right_module()
{
	local kernel file

	kernel=$(uname -r)
	file=$(named "$kernel")
	equal "$(cat /sys/module/wireguard/srcversion)" "$(field srcversion "$file")" || return
	case $expected in
	ours)  equal "$file" "$(echo "/lib/modules/$kernel/updates/dkms/wireguard.ko"*)" &&
		equal "$(cat /sys/module/wireguard/version)" "$version" ;;
	stock) equal "$file" "$(stock_file "$kernel")" && [[ ! -e /sys/module/wireguard/parameters/hold_us ]] ;;
	esac
}

far_end()
{
	local i

	ip netns add far && ip link set far0 netns far && ip -n far addr add 192.0.2.2/24 dev far0 &&
		ip -n far link set far0 up || return
	for i in 0 1; do
		ip -n far link add "wg$i" type wireguard &&
			ip netns exec far wg setconf "wg$i" "/etc/wireguard/far$i.conf" &&
			ip -n far addr add 198.51.100.$((2 + 4 * i))/30 dev "wg$i" &&
			ip -n far link set "wg$i" up || return
	done
}

pinged()
{
	ping -q -c 5 -i 0.2 -W 10 "$1"
}

both_in_use()
{
	equal "$(wg show all latest-handshakes | awk '$3 > 0' | wc -l)" 2
}

setting()
{
	equal "$(cat "/sys/class/net/$1/reorder/hold_max_us")" 500000
}

up_for_networkd()
{
	networkctl status wg1 --no-pager | grep -E 'State: (routable|degraded) \(configured\)'
}

echo "# $(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release), $(uname -r), $(systemctl --version | head -n 1)"
point "systemd has started the machine" soon systemctl is-active multi-user.target
point "systemd-networkd has made wg1" soon test -e /sys/class/net/wg1
point "that module is in use" right_module
point "there is a far end" far_end
point "wg-quick makes wg0 as a service" systemctl start wg-quick@wg0
point "a ping through wg0" pinged 198.51.100.2
point "a ping through wg1" soon pinged 198.51.100.6
point "wg shows handshakes of both" both_in_use
point "networkd takes wg1 for configured" soon up_for_networkd
if [[ $expected == ours ]]; then
	point "README's PostUp for wg-quick has set wg0" setting wg0
	point "a rule for udev has set wg1" soon setting wg1
fi
point "wg-quick takes wg0 down" systemctl stop wg-quick@wg0
point "and it is gone" test ! -e /sys/class/net/wg0
point "wg-quick makes it again" systemctl start wg-quick@wg0
point "a ping through it" pinged 198.51.100.2
point "no unit has failed" no_unit_failed
exit "$failed"
