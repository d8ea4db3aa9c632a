#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest: the command wireguard-reorder with the module. TAP.
#
#   a ==== b     a cable and a tunnel, see pair in ci/tests/tunnel/lib.sh
#
# The command is built before (make cli). $WGR_KO is installed as DKMS would, on
# top of the kernel's modules, so that both modules can be loaded by modprobe.
set -euo pipefail

# shellcheck source=ci/tests/tunnel/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../tunnel/lib.sh"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
command=$here/../../../src/cli/wireguard-reorder
schema=$here/../../../src/cli/schema.json
kernel=$(uname -r)
version=$(modinfo -F version "$WGR_KO")
dkms=/var/lib/dkms/wireguard-reorder
scratch=/run/cli-test

wgr()
{
	"$command" "$@"
}

# status WANTED PART COMMAND...: it ends with that status and one line that has PART.
status()
{
	local wanted=$1 part=$2 rc=0 said
	shift 2

	said=$("$@" 2>&1 >/dev/null) || rc=$?
	[[ $rc == "$wanted" && $said == *"$part"* && $said != *$'\n'* ]] || {
		echo "status $rc, '$said'; wanted $wanted, '$part': $*"
		return 1
	}
}

# has PART TEXT
has()
{
	[[ $2 == *"$1"* ]] || {
		echo "'$1' is not in:"
		echo "$2"
		return 1
	}
}

# valid NAME: what comes in is JSON and fits that part of the schema.
valid()
{
	# It is Python's text.
	# shellcheck disable=SC2016
	/usr/bin/python3 -c '
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
schema["anyOf"] = [{"$ref": "#/$defs/" + sys.argv[2]}]
for text in sys.stdin.read().split("\n") if sys.argv[2] == "watch" else [sys.stdin.read()]:
    if text:
        jsonschema.Draft202012Validator(schema).validate(json.loads(text))
' "$schema" "$1"
}

# The modules that are needed, in place of all: depmod reads each, which takes an
# emulated machine longer than all tests.
few_modules()
{
	local tree=$scratch/modules file name

	modprobe -q -a veth sch_netem sch_fq_codel ipip vxlan 8021q bonding || true
	mkdir -p "$tree"
	cp "/lib/modules/$kernel"/modules.{builtin,builtin.modinfo,order} "$tree/" 2>/dev/null || true
	for name in wireguard udp_tunnel ip6_udp_tunnel $(modinfo -F depends "$WGR_KO" | tr , ' '); do
		for file in $(modprobe --show-depends "$name" | sed -n 's/^insmod //p'); do
			(cd "/lib/modules/$kernel" && cp --parents "${file#"/lib/modules/$kernel/"}" "$tree/")
		done
	done
	mount -o bind "$tree" "/lib/modules/$kernel"
}

# As DKMS and the package leave things behind.
install_ours()
{
	mkdir -p "$scratch"
	mount -t tmpfs scratch "$scratch"
	stock_file=$(modinfo -n wireguard)
	few_modules
	mkdir -p "/lib/modules/$kernel/updates/dkms" "$dkms/$version/source" \
		"$dkms/$version/$kernel/$(uname -m)/module" "/var/lib/wireguard-reorder/stock/$kernel" /etc/depmod.d
	cp "$stock_file" "/var/lib/wireguard-reorder/stock/$kernel/"
	cp "$WGR_KO" "/lib/modules/$kernel/updates/dkms/wireguard.ko"
	cp "$WGR_KO" "$dkms/$version/$kernel/$(uname -m)/module/wireguard.ko"
	: >"$dkms/kernel-$kernel-$(uname -m)"
	echo 'override wireguard * updates/dkms' >/etc/depmod.d/wireguard-reorder.conf
	depmod "$kernel"
}

srcversion()
{
	cat /sys/module/wireguard/srcversion
}

# load ours|stock
load()
{
	[[ ! -e /sys/module/wireguard ]] || rmmod wireguard
	rm -f /etc/modprobe.d/wireguard-under-test.conf
	if [[ $1 == ours ]]; then
		modprobe wireguard
	else
		modprobe -q -a udp_tunnel ip6_udp_tunnel || true
		local dep
		for dep in $(modinfo -F depends "$stock_file" | tr , ' '); do
			modprobe "$dep"
		done
		insmod "$stock_file"
	fi
}

# runs ours|stock: that one is loaded.
runs()
{
	local file=$stock_file

	[[ $1 == stock ]] || file=$WGR_KO
	equal "what runs" "$(srcversion)" "$(modinfo -F srcversion "$file")"
}

test_status()
{
	local said

	load ours
	pair
	said=$(wgr -n a)
	has "wireguard-reorder/$version, $kernel, $(uname -m): installed, running, on disk: ours $version" "$said"
	has "backup of stock: yes" "$said"
	has "loaded: ours $version, srcversion $(srcversion)" "$said"
	has "wg0: adaptive, hold at most 250 ms, window 8192, scope flow" "$said"
	equal "the default command" "$(wgr -n a status)" "$said"
	wgr -n a -j status | valid status
	ip link add wg9 type wireguard
	has "wg9 (down): adaptive" "$(wgr)"
	ip link del wg9
}

test_show()
{
	local said

	load ours
	pair 4 psk
	ping_ok a 192.168.241.2
	said=$(wgr -n a show)
	has "interface: wg0
  public key: $pub1
  listening port: 1
  mode: adaptive" "$said"
	has "peer: $pub2
  preshared key: (hidden)
  endpoint: 10.9.0.2:2
  allowed ips: 192.168.241.2/32, fd00::2/128
  latest handshake: " "$said"
	has "arrived in order: 100 % of " "$said"
	has "waited: no packet" "$said"
	has "late 0" "$said"
	[[ $said != *"$key1"* && $said != *"$psk"* ]]
	wgr -n a -j show | valid show
	equal "peers and endpoints as wg shows them" "$(grep -E '^(peer|  endpoint|  allowed ips):' <<<"$said")" \
		"$(at a wg show | grep -E '^(peer|  endpoint|  allowed ips):')"
}

test_stats_and_dump()
{
	local row

	load ours
	pair
	ping_ok a 192.168.241.2
	equal "a figure" "$(wgr -n a stats wg0 authenticated)" "$(wgr -n a stats wg0 | sed -n 's/^authenticated: //p')"
	equal "as ethtool has it" "$(wgr -n a stats wg0 in_order)" "$(at a ethtool -S wg0 | sed -n 's/^ *in_order: //p')"
	wgr -n a stats wg0 -j | valid stats_command
	row=$(wgr -n a dump)
	equal "the key" "$(cut -f 1 <<<"$row")" "$pub2"
	equal "the interface" "$(cut -f 2 <<<"$row")" wg0
	equal "columns" "$(tr '\t' '\n' <<<"$row" | wc -l)" 34
	wgr -n a -j dump wg0 | valid dump
}

test_set_and_reset()
{
	load ours
	pair
	wgr -n a set wg0 mode fixed hold 7ms hold-max 80ms window 4096
	equal "settings" "$(at a sh -c 'cd /sys/class/net/wg0/reorder && cat mode hold_us hold_max_us window' | xargs)" \
		"fixed 7000 80000 4096"
	has "scope: peer" "$(wgr -n a show)"
	wgr -n a set wg0 mode adaptive
	has "mode: adaptive" "$(wgr -n a show)"
	has "scope: flow" "$(wgr -n a show)"
	wgr -n a set wg0 scope peer window 32768 hold-max 5s
	equal "the largest" "$(at a sh -c 'cd /sys/class/net/wg0/reorder && cat scope window hold_max_us' | xargs)" "peer 32768 5000000"
	has "scope: peer" "$(wgr -n a show)"
	has '"scope": "peer"' "$(wgr -n a -j show)"
	has 'wireguard_reorder_scope_info{netns="a",interface="wg0",scope="peer"} 1' "$(wgr -n a export)"
	wgr -n a set wg0 scope auto
	has "scope: flow" "$(wgr -n a show)"
	ping_ok a 192.168.241.2
	wgr -n a reset wg0 peer "$pub2"
	equal "after a reset of the peer" "$(wgr -n a dump | cut -f 3)" 0
	ping_ok a 192.168.241.2
	wgr -n a reset wg0
	equal "after a reset" "$(wgr -n a stats wg0 in_order)" 0
}

test_bad_values()
{
	load ours
	pair
	status 2 "wg0: hold 2s: hold_us: give 0 to 1000000 microseconds" wgr -n a set wg0 mode off hold 2s
	status 2 "wg0: window 100: window: give a power of two from 64 to 32768 packets" wgr -n a set wg0 window 100
	status 2 'scope "all": give flow, peer or auto' wgr -n a set wg0 scope all
	status 2 "wg0: hold-max 6s: hold_max_us: give 0 to 5000000" wgr -n a set wg0 hold-max 6s
	status 2 'hold "5": give a time with its unit' wgr -n a set wg0 hold 5
	has "mode: adaptive" "$(wgr -n a show)"
	status 1 "no0: no such interface" wgr -n a show no0
	status 1 "eth0: not an interface of type wireguard" wgr -n a stats eth0
	status 1 "the interface has no peer with this public key" wgr -n a reset wg0 peer "$pub1"
	status 2 '"nowhere"' wgr -n nowhere show
}

test_watch()
{
	local said

	load ours
	pair
	at a ping -q -n -c 30 -i 0.1 192.168.241.2 >/dev/null &
	said=$(wgr -n a watch wg0 --count 3 --interval 0.5)
	wait
	equal "lines" "$(grep -c '^wg0: ' <<<"$said")" 3
	grep -q -E '^wg0: [1-9][0-9]*/s packets' <<<"$said"
	wgr -n a -j watch --count 2 --interval 0.2 | valid watch
}

test_export()
{
	load ours
	pair
	ping_ok a 192.168.241.2
	wgr -n a export >"$scratch/metrics"
	grep -q "^wireguard_reorder_in_order_packets_total{netns=\"a\",interface=\"wg0\",public_key=\"$pub2\"} [1-9]" "$scratch/metrics"
	/usr/bin/python3 -c '
import sys
from prometheus_client.parser import text_string_to_metric_families
assert len(list(text_string_to_metric_families(open(sys.argv[1]).read()))) > 25' "$scratch/metrics"
	# Both ends, and one in a namespace of a process, without a name.
	host c
	ip -n c link add wg0 type wireguard
	ip netns exec c sleep 600 &
	pause 1
	ip netns del c
	wgr export --all-netns --output "$scratch/metrics"
	kill %%
	wait %% || true
	equal "interfaces" "$(sed -n 's/^wireguard_reorder_interface_late_packets_total{\(.*\)} 0/\1/p' "$scratch/metrics" |
		sed 's/[0-9]*\]/N]/' | sort | paste -sd ' ')" \
		'netns="a",interface="wg0" netns="b",interface="wg0" netns="net:[N]",interface="wg0"'
}

# nobody WORD...: the command without any rights, from where everybody may read it.
nobody()
{
	cp "$command" "$scratch/command"
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
		"$scratch/command" "$@"
}

test_unprivileged()
{
	local word

	load ours
	ip link add wg9 type wireguard
	for word in show dump export "stats wg9" "reset wg9" "set wg9 mode off" watch; do
		# Several words.
		# shellcheck disable=SC2086
		status 4 "this needs root" nobody $word
	done
	status 4 "switch needs root" nobody switch stock --yes
	has "wg9 (down): adaptive, hold at most" "$(nobody)"
	has "warn settings: root is needed" "$(nobody doctor || true)"
	ip link del wg9
}

test_stock()
{
	local word

	load stock
	pair
	for word in show dump "stats wg0" "reset wg0" "set wg0 mode off" watch; do
		# Several words.
		# shellcheck disable=SC2086
		status 3 "stock module is running" wgr -n a $word
	done
	has "loaded: stock " "$(wgr -n a)"
	has "wg0: unknown (the stock module keeps no order)" "$(wgr -n a)"
	has "fail loaded: the stock module is running; remedy: wireguard-reorder switch ours" "$(wgr -n a doctor || true)"
	has 'wireguard_reorder_module_info{module="stock",' "$(wgr export)"
	clear_hosts
	rmmod wireguard
	status 3 "no wireguard module is loaded" wgr show
	has 'wireguard_reorder_module_info{module="none",' "$(wgr export)"
	[[ ! -e /sys/module/wireguard ]] || { echo "a question has loaded the module"; return 1; }
}

# many_peers COUNT: a configuration.
many_peers()
{
	# It is Python's text.
	# shellcheck disable=SC2016
	/usr/bin/python3 -c '
import base64, sys
for i in range(int(sys.argv[1])):
    key = base64.b64encode(b"%032d" % i).decode()
    print(f"[Peer]\nPublicKey = {key}\nAllowedIPs = 10.{i >> 16}.{i >> 8 & 255}.{i & 255}/32")' "$1"
}

# An emulated machine takes longer, and says so by this.
limit_ms=${WGR_CLI_LIMIT_MS:-3000}

# in_time LINES PATTERN WORD...: the command has that many lines like that, in time; once
# in three tries, as others want the CPU too.
in_time()
{
	local lines=$1 pattern=$2 begin took try
	shift 2

	for try in 1 2 3; do
		begin=$(date +%s%N)
		wgr "$@" >"$scratch/out"
		took=$((($(date +%s%N) - begin) / 1000000))
		echo "$*: $took ms"
		equal "$*" "$(grep -c -E -- "$pattern" "$scratch/out")" "$lines"
		((took >= limit_ms)) || return 0
	done
	echo "$*: too slow in each of $try tries"
	return 1
}

test_many_peers()
{
	load ours
	ip link add wg9 type wireguard
	many_peers 3000 >"$scratch/peers"
	wg setconf wg9 "$scratch/peers"
	in_time 3000 '^peer: ' show
	in_time 3000 '^ *"endpoint"' -j show wg9
	in_time 3000 '^[A-Za-z0-9+/]{43}=\s' dump wg9
	in_time 3000 '^wireguard_reorder_authenticated_packets_total\{.*public_key=' export
	in_time 2 '^wg9: ' watch --count 2 --interval 10ms
	in_time 1 '^wg9 \(down\): ' status
	ip link del wg9
}

test_many_interfaces()
{
	local i

	load ours
	for i in $(seq 300); do
		echo "link add wgm$i group 7 type wireguard"
	done | ip -batch -
	many_peers 100 >"$scratch/peers"
	for i in $(seq 10 10 300); do
		wg setconf "wgm$i" "$scratch/peers"
	done
	in_time 3000 '^peer: ' show
	in_time 300 '"listening_port"' -j show
	in_time 3000 '^[A-Za-z0-9+/]{43}=\s' dump
	in_time 3000 '^wireguard_reorder_authenticated_packets_total\{.*public_key=' export
	in_time 600 '^wgm[0-9]*: ' watch --count 2 --interval 10ms
	in_time 300 '^wgm[0-9]*( \(down\))?: ' status
	ip link del group 7
}

# All that is to be there again; counters and lifetimes go on.
configuration()
{
	local netns=$1 dev=$2

	at "$netns" wg showconf "$dev" | sort
	ip -n "$netns" -d link show "$dev" | grep -o -E 'mtu [0-9]+|alias .*|qlen [0-9]+|^[0-9]+: [^@:]*'
	ip -n "$netns" -o addr show dev "$dev" | sed 's/\\.*//' | sort
	ip -n "$netns" route show table all dev "$dev" | sort
	ip -n "$netns" -6 route show table all dev "$dev" | sed 's/ expires [^ ]*//' | sort
	at "$netns" sysctl -n "net.ipv4.conf.$dev.rp_filter" "net.ipv6.conf.$dev.forwarding"
}

test_switch()
{
	local before_a before_b said

	load stock
	pair 4 psk
	ip -n a link set wg0 mtu 1380 alias 'to b' txqueuelen 321
	ip -n a route add 10.77.0.0/16 dev wg0 metric 9
	ip -n a route add 10.66.0.0/16 via 10.77.0.9 dev wg0
	ip -n a route add default dev wg0 table 77
	ip -n a -6 route add fd77::/48 dev wg0
	at a sysctl -qw net.ipv4.conf.wg0.rp_filter=2
	at a wg set wg0 fwmark 0x77 peer "$pub2" persistent-keepalive 25
	ping_ok a 192.168.241.2
	before_a=$(configuration a wg0)
	before_b=$(configuration b wg0)

	said=$(wgr switch ours --yes)
	has "wg0 (namespace a): up, peers: 1, addresses: 2, routes: 4" "$said"
	has "interfaces brought back: 2" "$said"
	runs ours
	equal "a" "$(configuration a wg0)" "$before_a"
	equal "b" "$(configuration b wg0)" "$before_b"
	ping_ok a 192.168.241.2
	ping_ok b fd00::1
	has "is running already" "$(wgr switch ours --yes)"

	has "until the next restart" "$(wgr switch stock --yes)"
	runs stock
	equal "a, and back" "$(configuration a wg0)" "$before_a"
	ping_ok a 192.168.241.2
}

# all_of NETNS: all that is to be there again of all its interfaces.
all_of()
{
	ip -n "$1" -o link show | grep -o '^[0-9]*: [^@:]*.*<[^>]*>' | sort
	ip -n "$1" -o addr show | sed 's/\\.*//; s/ stable-privacy//' | sort
	ip -n "$1" route show table all | sort
	ip -n "$1" -6 route show table all | sort
	at "$1" sysctl -a 2>/dev/null | grep -E '^net\.ipv[46]\.conf\.(all|wg[01])\.'
}

# as_before BEFORE: a's interfaces have all that they had.
as_before()
{
	diff -u0 <(echo "$1") <(all_of a)
}

# second: wg1 in a, beside wg0; each has routes that need the other one.
second()
{
	ip -n a link add wg1 type wireguard
	ip -n a addr add 192.168.242.1/24 dev wg1
	ip -n a addr add fd01::1/64 dev wg1
	ip -n a link set wg1 up
	ip -n a route add 10.2.0.0/16 dev wg0 src 192.168.242.1
	ip -n a route add 10.3.0.0/16 dev wg1 src 192.168.241.1
	ip -n a -6 route add fd20::/48 nexthop via fd00::2 dev wg0 nexthop via fd01::2 dev wg1 weight 3
	# Not all kernels have that.
	ip -n a route add 10.4.0.0/16 nexthop dev wg0 nexthop dev wg1 weight 3 || true
}

test_switch_two()
{
	local before dev

	load stock
	pair
	second
	for dev in wg0 wg1; do
		ip -n a route append 10.5.0.0/16 dev "$dev"
		ip -n a -6 route append fd21::/48 dev "$dev"
	done
	ip -n a route append 10.5.0.0/16 dev eth0
	ip -n a -6 route append fd21::/48 dev eth0
	before=$(all_of a)
	has "interfaces brought back: 3" "$(wgr switch ours --yes)"
	as_before "$before"
	equal "equal routes" "$(ip -n a route show 10.5.0.0/16 | wc -l) $(ip -n a -6 route show fd21::/48 | wc -l)" "3 3"
	ping_ok a 192.168.241.2
}

# As somebody has set them, and the module would have them otherwise as it comes up.
test_switch_flags_and_sysctls()
{
	local before

	load stock
	pair
	ip -n a link add wg1 type wireguard
	ip -n a link set wg1 promisc on arp on
	ip -n a link set wg0 multicast on allmulticast on
	at a sysctl -qw net.ipv4.conf.all.send_redirects=1 net.ipv4.conf.wg0.send_redirects=1 \
		net.ipv6.conf.wg0.mtu=1300 net.ipv6.conf.wg0.addr_gen_mode=0
	before=$(all_of a)
	wgr switch ours --yes
	as_before "$before"
	wgr switch stock --yes
	as_before "$before"
	ping_ok a 192.168.241.2
}

tentative()
{
	[[ -n $(ip -n a -6 addr show tentative) ]]
}

# Addresses that the kernel checks for a second or two, and routes that name them.
test_switch_tentative()
{
	local before

	load stock
	pair
	second
	ip -n a link set wg1 down
	ip -n a link set wg1 arp on
	at a sysctl -qw net.ipv6.conf.wg1.accept_dad=1
	ip -n a link set wg1 up
	ip -n a addr add fd01::1/64 dev wg1
	wait_for 10 fails tentative
	ip -n a -6 route add fd22::/48 dev wg1 src fd01::1
	ip -n a -6 route add fd23::/48 dev wg0 src fd01::1
	before=$(all_of a)
	wgr switch ours --yes
	wait_for 10 fails tentative
	as_before "$before"
}

# on_top NAME ARGUMENT...: that interface would go with wg0, if the kernel has the kind.
on_top()
{
	if ! ip -n a link add "$@" 2>/dev/null; then
		echo "not there: $*"
		return
	fi
	status 1 "wg0 (namespace a): on top of it, and gone with it, would be: $1 (namespace a): remove" wgr switch ours --yes
	runs stock
	ip -n a link del "$1"
}

# What goes with a tunnel keeps it from going; what stays works on.
test_switch_on_top()
{
	load stock
	pair
	on_top vx5 type vxlan id 5 remote 192.168.241.2 dstport 4789 dev wg0
	on_top vlan5 link wg0 type vlan id 5
	if ip -n a link add bond5 type bond mode active-backup fail_over_mac active 2>/dev/null; then
		ip -n a link set wg0 down
		ip -n a link set wg0 master bond5
		status 1 "wg0 (namespace a): it is part of a bond" wgr switch ours --yes
		ip -n a link del bond5
		ip -n a addr replace 192.168.241.1/24 dev wg0
		ip -n a link set wg0 up
	fi
	ip -n a link add ip5 type ipip local 192.168.241.1 remote 192.168.241.2 dev wg0 || skip "the kernel has no tunnels of IP"
	ip -n b link add ip5 type ipip local 192.168.241.2 remote 192.168.241.1
	ip -n a addr add 10.5.0.1/24 dev ip5
	ip -n b addr add 10.5.0.2/24 dev ip5
	ip -n a link set ip5 up
	ip -n b link set ip5 up
	ping_ok a 10.5.0.2
	wgr switch ours --yes
	ping_ok a 10.5.0.2
}

# What gets lost is said before.
test_switch_lost()
{
	local index

	load stock
	ip link add wg9 type wireguard
	index=$(cat /sys/class/net/wg9/ifindex)
	ip link set wg9 up
	tc qdisc replace dev wg9 root fq_codel
	mkdir -p /run/systemd/resolve/netif
	: >"/run/systemd/resolve/netif/$index"
	has "not brought back: its queueing discipline (fq_codel), its DNS servers (resolvectl)" "$(wgr switch ours --yes)"
	rm "/run/systemd/resolve/netif/$index"
	ip link del wg9
}

# away MADE: a's wg0 was made in a and is in c: "moved", or made with c as its namespace.
away()
{
	ip -n a link del wg0
	host c
	if [[ $1 == moved ]]; then
		ip -n a link add wg0 type wireguard
		ip -n a link set wg0 netns c
	else
		ip -n a link add wg0 netns c type wireguard
	fi
	at c wg set wg0 private-key <(echo "$key1") listen-port 1 peer "$pub2" allowed-ips 192.168.241.2/32 endpoint 10.9.0.2:2
	ip -n c addr add 192.168.241.1/24 dev wg0
	ip -n c link set wg0 up
	ping_ok c 192.168.241.2
}

# Its datagrams go on leaving where it was made.
test_switch_moved()
{
	local before

	load stock
	pair
	away moved
	before=$(configuration c wg0)
	wgr switch ours --yes
	runs ours
	equal "c" "$(configuration c wg0)" "$before"
	ping_ok c 192.168.241.2
}

# Where it was made, both its name and its index are another one's.
test_switch_moved_taken()
{
	local before index

	load stock
	pair
	away made
	index=$(at c cat /sys/class/net/wg0/ifindex)
	ip -n a -o link show | grep -q "^$index: " || ip -n a link add taken index "$index" type veth peer name taken2
	ip -n a link add wg0 type wireguard
	before=$(configuration c wg0)
	wgr switch ours --yes
	runs ours
	equal "c" "$(configuration c wg0)" "$before"
	equal "a" "$(ip -n a -o link show type wireguard | wc -l)" 1
	ping_ok c 192.168.241.2
	wgr switch stock --yes
	equal "c, and back" "$(configuration c wg0)" "$before"
	ping_ok c 192.168.241.2
}

# Its port is another one's where it is: of a tunnel, or of a process.
test_switch_moved_port()
{
	local before other

	load stock
	pair
	away moved
	ip -n c link add wg1 type wireguard
	at c wg set wg1 listen-port 1
	ip -n c link set wg1 up
	status 1 "(namespace c): its port 1 is in use in several network namespaces" wgr switch ours --yes
	runs stock
	ip -n c link del wg1
	at c python3 -c '
import socket, time
user = socket.socket(type=socket.SOCK_DGRAM)
user.bind(("", 1))
time.sleep(600)' &
	other=$!
	wait_for 20 udp_listens c 1
	before=$(configuration c wg0)
	wgr switch ours --yes
	equal "c" "$(configuration c wg0)" "$before"
	ping_ok c 192.168.241.2
	kill "$other"
	wait "$other" || true
}

# hold HOST: keep it by a socket alone, which no name leads to. Sets $holder.
hold()
{
	coproc holder_of { exec python3 -c '
import ctypes, os, socket, sys
setns = ctypes.CDLL(None).setns
other = os.open("/run/netns/" + sys.argv[1], os.O_RDONLY)
own = os.open("/proc/self/ns/net", os.O_RDONLY)
assert not setns(other, 0)
kept = socket.socket()
assert not setns(own, 0)
os.close(other)
print("held", flush=True)
sys.stdin.read()' "$1"; }
	# coproc sets it.
	# shellcheck disable=SC2154
	holder=$holder_of_PID
	read -r -u "${holder_of[0]}"
	ip netns del "$1"
}

# An interface that cannot be found shows by its thread, and is not lost.
test_switch_hidden()
{
	local which

	for which in stock ours; do
		load "$which"
		pair
		host c
		ip -n c link add wg0 type wireguard
		hold c
		status 1 "WireGuard interfaces: 3, of which 2 can be found" wgr switch "$([[ $which == ours ]] && echo stock || echo ours)" --yes
		runs "$which"
		ping_ok a 192.168.241.2
		kill "$holder"
		wait "$holder" || true
		clear_hosts
		# Namespaces go some time after the last that holds them.
		pause 1
	done
}

# Many allowed addresses and peers take several messages.
test_switch_many()
{
	local before i

	load stock
	host a
	ip -n a link add wg0 type wireguard
	# The stock module takes long to let go of more.
	many_peers 200 >"$scratch/peers"
	for i in $(seq 0 4 255); do
		printf 'AllowedIPs = fd00:%x::/32, fd00:%x::/32, 172.16.%d.0/24\n' "$i" $((i + 1)) "$i"
	done >>"$scratch/peers"
	at a wg setconf wg0 "$scratch/peers"
	before=$(at a wg showconf wg0 | sort | sha256sum)
	wgr switch ours --yes
	equal "peers" "$(at a wg showconf wg0 | sort | sha256sum)" "$before"
}

test_switch_failure()
{
	local before

	load stock
	pair
	ping_ok a 192.168.241.2
	before=$(configuration a wg0)
	# The file that is to be loaded is none for this kernel.
	cp "/lib/modules/$kernel/updates/dkms/wireguard.ko" "$scratch/good"
	LC_ALL=C sed -i 's/vermagic=[0-9]/vermagic=x/' "/lib/modules/$kernel/updates/dkms/wireguard.ko"
	! wgr switch ours --yes 2>"$scratch/said" || { echo "that should have failed"; return 1; }
	cp "$scratch/good" "/lib/modules/$kernel/updates/dkms/wireguard.ko"
	has "all interfaces are as they were before" "$(<"$scratch/said")"
	runs stock
	equal "configuration" "$(configuration a wg0)" "$before"
	ping_ok a 192.168.241.2
}

test_switch_refused()
{
	load stock
	pair
	status 2 "give --yes" bash -c "'$command' switch ours </dev/null"
	runs stock
	ping_ok a 192.168.241.2
}

test_doctor()
{
	local said rc=0

	load ours
	pair
	ping_ok a 192.168.241.2
	said=$(wgr -n a doctor) || rc=$?
	has "ok   loaded: ours $version is running" "$said"
	has "ok   disk: /lib/modules/$kernel/updates/dkms/wireguard.ko is ours" "$said"
	has "ok   dkms: version $version is installed" "$said"
	has "ok   owners: nothing else claims the module" "$said"
	has "ok   hold: wg0: too few packets" "$said"
	has "ok   socket: wg0: no datagram was dropped" "$said"
	has "ok   tcp: TCP has met reordering" "$said"
	# Its checksum is wrong; that of a shorter one is looked at before there is a socket.
	at a python3 -c '
import socket, struct
out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
out.sendto(struct.pack("!4H", 9, 2, 208, 1) + bytes(200), ("10.9.0.2", 0))'
	has "warn socket: wg0: its sockets dropped 1 datagrams" "$(wgr -n b doctor || true)"
	# There are no headers in the guest.
	[[ $rc == 7 ]]
	wgr -n a -j doctor | valid doctor || equal "status" "${PIPESTATUS[*]}" "7 0"
}

# A hold that is too short for the path: doctor says which one would do, by what
# the module has measured, and is content once packets come in order.
test_doctor_advice()
{
	local said remedy ms

	modprobe -q sch_netem || true
	load ours
	pair
	at a ethtool -K eth0 gso off tso off tx-udp-segmentation off >/dev/null
	tc -n a qdisc add dev eth0 root netem limit 10000 delay 20ms 15ms
	wgr -n b set wg0 mode fixed hold 100us
	sequence a b 192.168.241.2 --count 4000 --rate 1000
	said=$(wgr -n b doctor || true)
	has "packets came too late, by up to " "$said"
	remedy=$(sed -n 's/^warn hold: wg0: .*; remedy: wireguard-reorder //p' <<<"$said")
	ms=${remedy#set wg0 hold }
	ms=${ms%ms}
	((ms >= 1 && ms <= 60)) || { echo "remedy: $remedy"; return 1; }
	has "remedy: wireguard-reorder $remedy" "$(wgr -n b doctor || true)"
	# Several words.
	# shellcheck disable=SC2086
	wgr -n b $remedy
	has "ok   hold: wg0: too few packets yet to tell" "$(wgr -n b doctor || true)"
	tc -n a qdisc del dev eth0 root
	sequence a b 192.168.241.2 --count 4000 --rate 1000
	has "ok   hold: wg0: 0 of the last 4" "$(wgr -n b doctor || true)"
}

somebody_listens()
{
	[[ -n $(at "$1" sed 1d /proc/net/packet) ]]
}

# path_once MODULE NETEM...: a path under that module: what "test" says of it, and what
# the receiver inside the tunnel gets, in $said and $got.
path_once()
{
	local module=$1 listener
	shift

	clear_hosts
	load "$module"
	pair
	at a ethtool -K eth0 gso off tso off tx-udp-segmentation off >/dev/null
	ping_ok a 192.168.241.2
	tc -n a qdisc add dev eth0 root netem limit 10000 "$@"
	wgr -n b -j test wg0 --time 7 >"$scratch/said" &
	listener=$!
	wait_for 20 somebody_listens b
	got=$(sequence a b 192.168.241.2 --count 1500 --rate 1000)
	wait "$listener"
	valid test <"$scratch/said"
	said=$(/usr/bin/python3 -c '
import json, sys
s = [s for s in json.load(open(sys.argv[1]))["streams"] if s["direction"] == "received"][0]
p = s["policies"][0]
print("packets=%d swapped=%d lost=%d late=%d delay_us=%d key=%s verdict=%s" % (s["packets"], s["swapped"], s["lost"], p["late"],
      p["delay_mean_ns"] / 1000, s["public_key"], s["verdict"]))' "$scratch/said")
}

# A peer whose endpoint is learned while "test" listens has its name all the same.
test_path_name()
{
	local listener said

	load stock
	pair
	at b wg set wg0 peer "$pub1" remove
	at b wg set wg0 peer "$pub1" allowed-ips 192.168.241.1/32
	equal "endpoint" "$(at b wg show wg0 endpoints | cut -f 2)" "(none)"
	wgr -n b -j test wg0 --time 12 >"$scratch/said" &
	listener=$!
	wait_for 20 somebody_listens b
	wait_for 20 ping_ok a 192.168.241.2
	sequence a b 192.168.241.2 --count 300 --rate 1000 >/dev/null
	wait "$listener"
	said=$(grep -c -F "\"public_key\": \"$pub1\"" "$scratch/said")
	((said > 0)) || { cat "$scratch/said"; return 1; }
}

# near NAME ONE OTHER: the same but for 1 % of the packets and some.
near()
{
	local apart=$(($2 - $3))

	((${apart#-} <= 30)) || { echo "$1: $2 and $3"; return 1; }
}

# What "test" says of a path with the stock module loaded, and what then happens with
# ours: the receiver inside is the judge.
test_path()
{
	local said got module name words

	modprobe -q sch_netem || true
	while IFS=: read -r name words; do
		for module in stock ours; do
			# Several words.
			# shellcheck disable=SC2086
			path_once "$module" $words
			echo "# $name, $module: $said; inside: $got"
			[[ $said == *"key=$pub1 "* ]] || { echo "whose: $said"; return 1; }
			if [[ $module == stock ]]; then
				near "swapped" "$(field swapped "$said")" "$(field out_of_order "$got")"
				near "lost" "$(field lost "$said")" "$(field lost "$got")"
			else
				equal "out of order with ours" "$(field out_of_order "$got")" 0
				# What the module itself counted.
				near "swapped" "$(field swapped "$said")" \
					$(($(wgr -n b stats wg0 gaps_filled) + $(wgr -n b stats wg0 late)))
			fi
		done
	done <<-'LIST'
		in order:delay 5ms
		jitter of 1 ms:delay 5ms 1ms distribution normal
		5 % early:delay 10ms reorder 5%
		loss of 1 %:delay 5ms loss 1%
		jitter of 3 ms and loss of 1 %:delay 10ms 3ms distribution normal loss 1%
	LIST
}

# with_udev: the rule of the tools package, which calls the command of this tree.
with_udev()
{
	local rules=/run/udev/rules.d

	[[ -x /lib/systemd/systemd-udevd ]] || skip "no udev"
	mkdir -p "$rules"
	sed "s|/usr/sbin/wireguard-reorder|$command|" "$here/../../../src/dist/90-wireguard-reorder.rules" \
		>"$rules/90-wireguard-reorder.rules"
	grep -q "$command apply" "$rules/90-wireguard-reorder.rules"
	# One before it leaves its socket behind.
	rm -f /run/udev/control
	SYSTEMD_LOG_TARGET=console /lib/systemd/systemd-udevd --debug >"$scratch/udev.log" 2>&1 &
	udev=$!
	wait_for 20 test -S /run/udev/control
	udevadm control --ping --timeout 20
}

without_udev()
{
	kill "$udev"
	wait "$udev" || true
	rm -f /etc/wireguard-reorder.conf
}

# setting IF: its mode and what waits may reach, as the file below has them.
setting()
{
	(cd "/sys/class/net/$1/reorder" 2>/dev/null && cat mode hold_max_us | xargs)
}

is_set()
{
	[[ $(setting "$1") == "$2" ]]
}

# The file of settings, by whatever an interface is made.
test_settings_file()
{
	load ours
	with_udev
	printf '[*]\nhold-max = 90ms\n[wg8]\nmode = fixed\n[wg9]\nhold-max = 80ms\n' >/etc/wireguard-reorder.conf
	ip link add wg8 type wireguard
	wait_for 20 is_set wg8 "fixed 90000"
	# Its new name counts, and what it has else stays.
	ip link set wg8 name wg9
	wait_for 20 is_set wg9 "fixed 80000"
	ip link del wg9
	new_keys
	printf '[Interface]\nPrivateKey = %s\nAddress = 10.5.5.1/24\n' "$key1" >"$scratch/wg9.conf"
	chmod 600 "$scratch/wg9.conf"
	wg-quick up "$scratch/wg9.conf"
	wait_for 20 is_set wg9 "adaptive 80000"
	# Set and saved, it is the same when it is made anew.
	wgr set wg9 mode off hold-max 70ms --save
	wg-quick down "$scratch/wg9.conf"
	wg-quick up "$scratch/wg9.conf"
	wait_for 20 is_set wg9 "off 70000"
	wg-quick down "$scratch/wg9.conf"
	without_udev
}

# The settings of a single peer, which comes after its interface and goes before it.
own_of()
{
	wgr -j show "$1" | /usr/bin/python3 -c '
import json, sys
for peer in json.load(sys.stdin)["interfaces"][0]["peers"]:
    if peer["public_key"] == sys.argv[1]:
        settings = peer["settings"]
        print(settings["mode"], settings["window"], ",".join(settings["own"]))
' "$2"
}

has_own()
{
	[[ $(own_of "$1" "$2") == "$3" ]]
}

test_settings_peer()
{
	load ours
	with_udev
	new_keys
	printf '[wg9]\nwindow = 128\n[wg9 peer %s]\nmode = off\n' "$pub2" >/etc/wireguard-reorder.conf
	printf '[Interface]\nPrivateKey = %s\n[Peer]\nPublicKey = %s\nAllowedIPs = 10.5.5.2\n' "$key1" "$pub2" >"$scratch/wg9.conf"
	chmod 600 "$scratch/wg9.conf"
	wg-quick up "$scratch/wg9.conf"
	wait_for 20 has_own wg9 "$pub2" "off 128 mode" || { tail -n 50 "$scratch/udev.log"; return 1; }
	# The interface's settings do not touch it, and only what is asked for is its own.
	wgr set wg9 mode fixed window 64
	equal "its own" "$(own_of wg9 "$pub2")" "off 64 mode"
	# What somebody has set meanwhile stays when other peers come.
	wgr set wg9 peer "$pub2" mode adaptive
	wg set wg9 peer "$(wg genkey | wg pubkey)"
	udevadm settle --timeout 20
	equal "set by hand" "$(own_of wg9 "$pub2")" "adaptive 64 mode"
	has "settings of its own: mode adaptive" "$(wgr show wg9)"
	# Saved, it is there when the peer is made anew, by "wg" alone too.
	wgr set wg9 peer "$pub2" mode fixed hold 3ms window default --save
	wg set wg9 peer "$pub2" remove
	wg set wg9 peer "$pub2"
	wait_for 20 has_own wg9 "$pub2" "fixed 64 mode,hold_us"
	wg setconf wg9 <(printf '[Peer]\nPublicKey = %s\n' "$pub2")
	wait_for 20 has_own wg9 "$pub2" "fixed 64 mode,hold_us"
	wgr set wg9 peer "$pub2" default
	equal "default" "$(own_of wg9 "$pub2")" "fixed 64 "
	wg-quick down "$scratch/wg9.conf"
	without_udev
	# Where there is no udev: as README says.
	printf '[wg9 peer %s]\nmode = off\n' "$pub2" >/etc/wireguard-reorder.conf
	sed -i "/^PrivateKey/a PostUp = $command apply %i" "$scratch/wg9.conf"
	wg-quick up "$scratch/wg9.conf"
	equal "PostUp" "$(own_of wg9 "$pub2")" "off 8192 mode"
	wg-quick down "$scratch/wg9.conf"
	rm /etc/wireguard-reorder.conf
}

test_settings_networkd()
{
	local networkd units=/run/systemd/network key=/etc/systemd/network/wg0.key

	[[ -x /lib/systemd/systemd-networkd ]] || skip "no networkd"
	load ours
	with_udev
	mkdir -p "$units" "${key%/*}"
	cp "$here/../../../src/dist/examples/"wg0.net* "$units/"
	cp "$here/../../../src/dist/examples/wireguard-reorder.conf" /etc/
	new_keys
	# As the example says.
	(umask 027; echo "$key1" >"$key")
	chgrp systemd-network "$key"
	/lib/systemd/systemd-networkd >"$scratch/networkd.log" 2>&1 &
	networkd=$!
	wait_for 30 is_set wg0 "adaptive 500000" || { cat "$scratch/networkd.log"; return 1; }
	wait_for 20 has_address wg0
	equal "peers of the example" "$(wg show wg0 endpoints | cut -f 2)" 203.0.113.1:51820
	kill "$networkd"
	wait "$networkd" || true
	ip link del wg0
	rm -r "$units" "$key"
	without_udev
}

has_address()
{
	[[ -n $(ip -4 -o addr show dev "$1") ]]
}

# With the kernel's own module the rule finds nothing to do, and says nothing.
test_settings_stock()
{
	load stock
	with_udev
	printf '[*]\nhold-max = 90ms\nwhat is this\n' >/etc/wireguard-reorder.conf
	ip link add wg9 type wireguard
	udevadm settle --timeout 20
	wait_for 20 grep -q "wg9: .*apply -- wg9.* succeeded" "$scratch/udev.log" || { tail -n 50 "$scratch/udev.log"; return 1; }
	fails grep "what is this" "$scratch/udev.log"
	equal "apply" "$(wgr apply 2>&1)" ""
	ip link del wg9
	without_udev
}

test_settings_bad()
{
	load ours
	ip link add wg9 type wireguard
	printf '[*]\nhold-max = 9s\nwindow = 1024\n' >/etc/wireguard-reorder.conf
	status 2 "/etc/wireguard-reorder.conf:2: hold-max 9000ms for wg9: hold_max_us: give 0 to 5000000" wgr apply wg9
	equal "the rest" "$(cat /sys/class/net/wg9/reorder/window)" 1024
	printf '[wg7]\nwindow = 2048\n' >/etc/wireguard-reorder.conf
	status 2 '/etc/wireguard-reorder.conf:1: no WireGuard interface is called "wg7" now: there is wg9' wgr apply
	rm /etc/wireguard-reorder.conf
	equal "without a file" "$(wgr apply 2>&1)" ""
	ip link del wg9
}

tests=(test_status test_show test_stats_and_dump test_set_and_reset test_bad_values test_watch test_export
       test_unprivileged test_stock test_many_peers test_many_interfaces test_switch test_switch_two
       test_switch_flags_and_sysctls test_switch_tentative test_switch_on_top test_switch_lost test_switch_moved
       test_switch_moved_taken test_switch_moved_port
       test_switch_hidden test_switch_many test_switch_failure test_switch_refused test_doctor test_doctor_advice test_path test_path_name
       test_settings_file
       test_settings_peer test_settings_networkd test_settings_stock test_settings_bad)

[[ -x $command ]] || { echo "1..0 # no $command: run make cli first"; exit 1; }
install_ours
run_tests "${tests[@]}"; exit
