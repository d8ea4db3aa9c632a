#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The part of walk.sh that runs in the machine: what README says is in the files
# install, verify, typed and remove beside this one; without the first it is installed.
#
#   walked.sh NUMBER ABOUT VERSION
#
#   machine  wg0, cable0 ==== cable1, wg0  namespace far, from which packets
#                                          come out of order
set -uo pipefail

number=$1 about=$2 version=$3
here=$(cd "$(dirname "$0")" && pwd)
kernel=$(uname -r)
examples=/usr/share/wireguard-reorder/examples
failed=0
sys=''
# shellcheck source=ci/tests/package/look.sh
. "$here/look.sh"

said()
{
	grep -F -- "$1" /tmp/log || { cat /tmp/log; return 1; }
}

loaded()
{
	cat "/sys/module/wireguard/$1"
}

stock_runs()
{
	[[ $(loaded srcversion) == "$stock" && $(loaded version) != "$version" ]] || {
		echo "what runs is version $(loaded version)"
		return 1
	}
}

installed()
{
	(cd /root/dist && sh -eu "$here/install") </dev/null >/tmp/log 2>&1 || { cat /tmp/log; return 1; }
}

tunnel()
{
	local home far

	home=$(wg genkey)
	far=$(wg genkey)
	ip netns add far && ip link add cable0 type veth peer name cable1 netns far &&
		ip addr add 192.0.2.1/24 dev cable0 && ip link set cable0 up &&
		ip -n far addr add 192.0.2.2/24 dev cable1 && ip -n far link set cable1 up || return
	printf '%s\n' '[Interface]' "PrivateKey = $home" 'Address = 198.51.100.1/24' 'ListenPort = 1000' '[Peer]' \
		"PublicKey = $(wg pubkey <<<"$far")" 'AllowedIPs = 198.51.100.2/32' 'Endpoint = 192.0.2.2:1000' \
		>/etc/wireguard/wg0.conf
	printf '%s\n' '[Interface]' "PrivateKey = $far" 'ListenPort = 1000' '[Peer]' \
		"PublicKey = $(wg pubkey <<<"$home")" 'AllowedIPs = 198.51.100.1/32' >/tmp/far.conf
	ip -n far link add wg0 type wireguard && ip netns exec far wg setconf wg0 /tmp/far.conf &&
		ip -n far addr add 198.51.100.2/24 dev wg0 && ip -n far link set wg0 up &&
		wg-quick up wg0 && ping -q -c 3 -W 10 198.51.100.2
}

# Packets from the far end, one after the other on their way but not as they come.
out_of_order()
{
	tc -n far qdisc add dev cable1 root netem delay 20ms 10ms limit 10000 &&
		ip netns exec far ping -q -f -c 2000 -W 2 198.51.100.1
}

# comes: the far end sends, for as long as two screens take, and enough for a verdict.
comes()
{
	ip netns exec far ping -q -f -l 20 -w 20 198.51.100.1 >/dev/null
}

# shows COMMAND TEXT...: it is one that README shows, and says all that.
shows()
{
	local command=$1 words
	shift

	grep -x -F -- "$command" "$here/typed" || { echo "README does not show '$command'"; return 1; }
	# At a terminal, as readers see it; watch goes on for ever.
	TERM=linux timeout "${limit:-5}" script -q -e -c "stty cols 80 rows 24; $command" /dev/null >/tmp/log 2>&1 || [[ $? == 124 ]] || { cat /tmp/log; return 1; }
	sed -i 's/\x1b\[[0-9;?]*[A-Za-z]//g; s/\r//g' /tmp/log
	for words; do
		grep -q -E -- "$words" /tmp/log || { echo "no '$words' in:"; cat /tmp/log; return 1; }
	done
	sed "s/^/#   /" /tmp/log >&3
}

# The pages that README names are where it says, packed or not.
pages()
{
	local folder name

	folder=$(<"$here/pages")
	while read -r name; do
		ls "$folder/$name"* || return
	done <"$here/page-names"
	[[ $(wc -l <"$here/page-names") -gt 1 ]]
}

setting()
{
	cat "/sys/class/net/wg0/reorder/$1"
}

# again: the tunnel is made anew.
again()
{
	wg-quick down wg0 && wg-quick up wg0 && udevadm settle --timeout 60 && ping -q -c 3 -W 10 198.51.100.2
}

peer_set()
{
	local line

	line=$(sed "s|KEY|$(wg show wg0 peers)|" "$here/set-peer")
	sh -euc "$line" && peer_is && sh -euc "$line --save"
}

peer_is()
{
	wireguard-reorder show wg0 | grep "settings of its own: mode off"
}

# configured NAME: of the tunnel of wg-quick.
configured()
{
	sed -n "s/^$1 = //p" /etc/wireguard/wg0.conf
}

# example FILE [SED_EXPRESSION]: one that the package brings, filled in for this machine.
example()
{
	sed "s|A\{20,\}E=|$(configured PublicKey)|; s|192.0.2.0/24|198.51.100.2/32|; s|192.0.2.1/24|198.51.100.1/24|
		s|203.0.113.1:51820|192.0.2.2:1000|; ${2:-}" "$examples/$1"
}

soon()
{
	local i

	for ((i = 0; i < 120; i++)); do
		! "$@" || return 0
		sleep 1
	done
	return 1
}

# made_by MANAGER: the tunnel, which gets what the file of settings says.
made_by()
{
	printf '%s\n' '[wg0]' 'hold-max = 600ms' "[wg0 peer $(configured PublicKey)]" 'mode = off' >/etc/wireguard-reorder.conf
	"${1}_files" && ip link del wg0 && "${1}_starts" && soon ping -q -c 1 -W 2 198.51.100.2 >/dev/null 2>&1 &&
		udevadm settle --timeout 60 && [[ $(setting hold_max_us) == 600000 ]] && peer_is
}

from_examples()
{
	made_by "$1" && return
	journalctl -q --no-pager | grep -i 'wg0\|networkd\|NetworkManager' | tail -n 20
	ip addr show dev wg0
	wireguard-reorder show
	return 1
}

# The key lies where the example says.
networkd_files()
{
	local key

	key=$(sed -n 's/^PrivateKeyFile=//p' "$examples/wg0.netdev")
	(umask 077 && configured PrivateKey >"$key") && chown root:systemd-network "$key" && chmod 640 "$key" || return
	example wg0.netdev >/etc/systemd/network/wg0.netdev && example wg0.network >/etc/systemd/network/wg0.network
}

networkd_starts()
{
	systemctl restart systemd-networkd
}

networkmanager_files()
{
	systemctl stop systemd-networkd.socket systemd-networkd
	rm /etc/systemd/network/wg0.*
	(umask 077 && example wg0.nmconnection "s|^private-key=.*|private-key=$(configured PrivateKey)|" \
		>/etc/NetworkManager/system-connections/wg0.nmconnection)
}

networkmanager_starts()
{
	systemctl start NetworkManager && soon nmcli connection up wg0
}

# wg_quick_again: without a manager.
wg_quick_again()
{
	systemctl stop NetworkManager
	rm /etc/NetworkManager/system-connections/wg0.* /etc/wireguard-reorder.conf
	! ip link del wg0 2>/dev/null || echo "there was one still"
	wg-quick up wg0 && udevadm settle --timeout 60 && ping -q -c 3 -W 10 198.51.100.2
}

healthy()
{
	local rc=0

	wireguard-reorder doctor >/tmp/log || rc=$?
	sed "s/^/#   /" /tmp/log >&3
	# It may warn.
	[[ $rc == 0 || $rc == 6 ]]
}

# kept COMMAND...: it works, and the tunnel does after it.
kept()
{
	"$@" && ping -q -c 3 -W 10 198.51.100.2
}

removed()
{
	sh -eu "$here/remove" </dev/null && [[ $(named "$kernel") == "$(stock_file "$kernel")" ]]
}

exec 3>&1
echo "# $(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release), $kernel"
# Some versions of DKMS put it away.
stock=$(<"$here/stock")
# Else they were before the machine was started.
if [[ -e $here/install ]]; then
	modprobe wireguard
	point "the kernel's own module runs" stock_runs
	point "README's line installs the packages" installed
	point "which say what will be loaded" said "kernel $kernel: ours will be loaded"
fi
mapfile -t verify <"$here/verify"
for line in "${verify[@]}"; do
	point "README's ${line%%  *}" sh -euc "$line"
done
point "ours runs" test "$(loaded version)" = "$version"
point "a tunnel, packets in order" tunnel
point "and out of order" out_of_order
point "the command shows kernels and interfaces" shows wireguard-reorder \
	"^wireguard-reorder/$version, ${kernel//+/[+]}, .*: installed, running, on disk: ours $version, .*backup of stock: yes" \
	"^loaded: ours $version, " '^wg0: adaptive, hold at most 250 ms, window 8192'
point "and what was put in order" shows "wireguard-reorder show" '^ *arrived in order: ' '^ *reordered: [1-9]' '^ *gaps: [1-9]'
comes &
point "and watches it" shows "wireguard-reorder watch wg0" '[1-9][0-9]*/s packets' 'displacement'
wait
point "and finds nothing broken" healthy
limit=20
comes &
point "and tells what order is worth" shows "wireguard-reorder test wg0 --time 8" 'received, wg0, peer ' 'verdict: order would cost'
wait
mapfile -t tune <"$here/tune"
for line in "${tune[@]}"; do
	point "README's ${line%%  *}" sh -euc "$line"
done
point "is so then" test "$(setting hold_max_us)" = 500000
point "README's $(<"$here/set")" sh -eu "$here/set"
point "with --save" sh -euc "$(<"$here/set") --save"
point "README's $(<"$here/set-peer")" peer_set
point "the tunnel is made anew" again
point "what was saved is so" test "$(setting hold_max_us)" = 500000
point "and that of the peer" peer_is
point "systemd-networkd makes it, by the example" from_examples networkd
point "NetworkManager makes it, by the example" from_examples networkmanager
point "and wg-quick again, without saved settings" wg_quick_again
point "README's pages are there" pages
point "it switches to the other module" kept wireguard-reorder switch stock --yes
point "which runs then" stock_runs
point "and back" kept wireguard-reorder switch ours --yes
point "so that ours runs" test "$(loaded version)" = "$version"
point "README's line removes the module" removed
point "the tunnel has stayed" ping -q -c 3 -W 10 198.51.100.2
wg-quick down wg0 >/dev/null 2>&1
ip netns del far
sleep 1
rmmod wireguard
modprobe wireguard
point "the kernel's own runs again" stock_runs
exit "$failed"
