#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest: the files of src/dist/two-lines.md, taken out of the page and used as
# it says. TAP.
#
#   two_lines.sh turns|short|both|expect   packets in turn, for any kernel of the tests;
#                                   the half of that which says most; all on both
#                                   lines, for one with nft_dup_ipv4; what the page says
#                                   is to be expected, for "travel"
#
#   home line1 ── provider1 ── n1 ┐
#                                 net n0 ── eth0 server
#   home line2 ── provider2 ── n2 ┘
#
# The lines have a rate and a delay each, and providers that drop what does not
# have their address.
set -euo pipefail

# shellcheck source=ci/bench/path.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../bench/path.sh"

page=$WGR_TREE/src/dist/two-lines.md
inside=10.77.0.1

# file HOST NAME: what the page has under "At home, `NAME`:" or "At the server, ...".
file()
{
	local where=${1/server/the server}

	awk -v where="At $where, " -v name="\`$2\`" '
		index($0, where) == 1 && index($0, name) && /:$/ { found = 1 }
		found && /^```/ { if (within) exit; within = 1; next }
		within { print; some = 1 }
		END { exit !some }' "$page" || {
		echo "$page has no $2 for $1" >&2
		return 1
	}
}

# put HOST PATH: that file below /etc, where only that host sees it, with keys.
put()
{
	local to=/etc/netns/$1/${2#/etc/}

	mkdir -p "${to%/*}" "${2%/*}"
	file "$1" "$2" | sed "s|HOME_PRIVATE_KEY|$key1|; s|HOME_PUBLIC_KEY|$pub1|
		s|SERVER_PRIVATE_KEY|$key2|; s|SERVER_PUBLIC_KEY|$pub2|" >"$to"
	chmod 600 "$to"
}

# page_runs HOST NAME: the commands that the page has there, on that host.
page_runs()
{
	local commands

	commands=$(file "$1" "$2")
	at "$1" bash -e <<<"$commands"
}

# line NUMBER RATE DELAY HOME_ADDRESS GATEWAY: Mbit/s and ms, each way. In front of
# the narrow place there is what keeps its queue short, as the page says.
line()
{
	local provider=provider$1 end

	host "$provider"
	wire home "line$1" "$4/24" "$provider" home "$5/24"
	wire "$provider" net "10.0.$1.2/24" net "n$1" "10.0.$1.1/24"
	at "$provider" sysctl -qw net.ipv4.ip_forward=1
	ip -n "$provider" route add default via "10.0.$1.1"
	# What is for a cable that is out ends here. By the default route it would go back and forth until
	# its TTL is used up, and a slow machine would have no time for the other line.
	ip -n "$provider" route add blackhole "${4%.*}.0/24" metric 1000
	ip -n net route add "$4" via "10.0.$1.2"
	for end in "home line$1" "$provider home"; do
		# Two words.
		# shellcheck disable=SC2086
		single $end
		tc -n "${end% *}" qdisc add dev "${end#* }" root handle 1: tbf rate "$2mbit" burst 16kb limit 100kb
		tc -n "${end% *}" qdisc add dev "${end#* }" parent 1:1 fq_codel
	done
	tc -n "$provider" qdisc add dev net root netem delay "$3ms" limit 10000
	tc -n net qdisc add dev "n$1" root netem delay "$3ms" limit 10000
	at "$provider" nft -f - <<-END
		table ip provider {
			set dead { type ifname; }
			chain forward {
				type filter hook forward priority 0
				iifname home ip saddr != $4 counter drop
				iifname @dead drop
			}
		}
	END
}

# lines RATE1 DELAY1 RATE2 DELAY2
lines()
{
	new_keys
	host home net server
	wire net n0 192.0.2.1/24 server eth0 192.0.2.10/24
	at net sysctl -qw net.ipv4.ip_forward=1
	line 1 "$1" "$2" 198.51.100.2 198.51.100.1
	line 2 "$3" "$4" 203.0.113.2 203.0.113.1
	ip -n server route add default via 192.0.2.1
	file home 'ip route' | sed 's/^/route add /' | ip -n home -batch -
	# As strict as a system may be before it has the page's file, and a gateway as homes have it.
	at home sysctl -qw net.ipv4.conf.line1.rp_filter=1 net.ipv4.conf.line2.rp_filter=1
	at home nft -f - <<-'END'
		table ip gateway {
			chain postrouting {
				type nat hook postrouting priority srcnat
				oifname { line1, line2 } masquerade
			}
		}
	END
	put home /etc/sysctl.d/60-two-lines.conf
	page_runs home sysctl
	# From the page.
	# shellcheck disable=SC2094
	file home /usr/local/sbin/two-lines >/usr/local/sbin/two-lines
	chmod 755 /usr/local/sbin/two-lines
	at home sysctl -qw net.ipv4.tcp_no_metrics_save=1
	at server sysctl -qw net.ipv4.tcp_no_metrics_save=1
}

# configured NFT_FILE RATE1 DELAY1 RATE2 DELAY2: and the files for wg-quick.
configured()
{
	local host

	lines "${@:2}"
	for host in home server; do
		put "$host" "/etc/wireguard/$1.nft"
		put "$host" /etc/wireguard/wg0.conf
		sed -i "s|/two-lines[.]nft|/$1.nft|" "/etc/netns/$host/wireguard/wg0.conf"
	done
}

# weighted: what the page has for unequal lines in place of the lines that it names.
weighted()
{
	local host line

	for host in home server; do
		line=$(file "$host" numgen)
		sed -i "/numgen/c $line" "/etc/netns/$host/wireguard/two-lines.nft"
	done
}

up()
{
	at server wg-quick up wg0 2>/dev/null
	at home wg-quick up wg0 2>/dev/null
	wait_for 10 at home ping -q -c 1 -W 1 "$inside"
	# Both have heard by both lines then.
	at home ping -q -c 6 -i 0.1 "$inside" >/dev/null
}

# arrives FROM TO ADDRESS [options]: all that is sent, once and in order.
arrives()
{
	local out

	out=$(sequence "$@")
	echo "$1 to $2: $out"
	equal lost "$(field lost "$out")" 0
	equal duplicate "$(field duplicate "$out")" 0
	equal 'out of order' "$(field out_of_order "$out")" 0
}

# dies, revives LINE: behind the modem, so that only silence tells.
dies() { at "provider$1" nft add element ip provider dead '{ home, net }'; }
revives() { at "provider$1" nft delete element ip provider dead '{ home, net }'; }

# leads TABLE DEVICE
leads() { ip -n home route show table "$1" | grep -qw "$2"; }

# hears NUMBER: the server does, by so many lines.
hears() { [[ $(at server nft list set ip two_lines heard | grep -o expires | wc -l) == "$1" ]]; }

# sent LINE: packets that home has sent by it.
sent()
{
	at home cat "/sys/class/net/line$1/statistics/tx_packets"
}

least()
{
	awk -v what="$1" -v got="$2" -v least="$3" 'BEGIN {
		if (got >= least) exit
		print what ": " got ", which is less than " least
		exit 1
	}'
}

# figures MODULE RATE: leaves up, down (goodput, Mbit/s) and swapped of two lines of that rate.
figures()
{
	local out

	use "$1"
	configured two-lines "$2" 10 "$2" 25
	up
	up=$(goodput home server "$inside" 4 -O 1)
	# The queue is behind the sender here, so that TCP finds its rate by losses: in 4 s it
	# had 28 to 35 Mbit/s with either module.
	down=$(goodput home server "$inside" 12 -O 3 -R)
	out=$(sequence home server "$inside" --count 1000 --rate 500)
	swapped=$(field out_of_order "$out")
	echo "$1, two of $2: $up Mbit/s up, $down down; $swapped of 1000 datagrams out of order"
}

# over_stock LINES: up and down against what stock had by them.
over_stock()
{
	local stock

	read -r -a stock <"$WGR_RESULTS/stock-$1"
	least 'up against stock' "$up" "$(awk "BEGIN { print 0.9 * ${stock[0]} }")"
	least 'down against stock' "$down" "$(awk "BEGIN { print 0.9 * ${stock[1]} }")"
}

# stock_over RATE, ours_over RATE: one after the other.
stock_over()
{
	figures stock "$1"
	# Or the rest would prove nothing.
	least swapped "$swapped" 200
	echo "$up $down" >"$WGR_RESULTS/stock-$1"
}

ours_over()
{
	local up down swapped alone

	figures ours "$1"
	equal swapped "$swapped" 0
	at home nft delete table ip two_lines
	at server nft delete table ip two_lines
	alone=$(goodput home server "$inside" 4 -O 1)
	echo "by one line of $1: $alone Mbit/s up, $(goodput home server "$inside" 12 -O 3 -R) down"
	least up "$up" "$(awk "BEGIN { print 1.6 * $alone }")"
	least down "$down" "$(awk "BEGIN { print 1.4 * $alone }")"
	over_stock "$1"
}

test_stock_over_two_lines() { stock_over 20; }
test_ours_over_two_lines() { ours_over 20; }
test_stock_over_two_lines_of_50() { stock_over 50; }
test_ours_over_two_lines_of_50() { ours_over 50; }

# begun: Mbit/s in the first two seconds of a connection.
begun()
{
	goodput home server "$inside" 2
}

test_start_of_a_connection()
{
	local after n

	use ours
	configured two-lines 50 10 50 25
	up
	for n in 1 2 3; do
		echo "in its first two seconds: $(begun) Mbit/s"
	done
	put home /etc/tmpfiles.d/hystart.conf
	page_runs home systemd-tmpfiles
	for n in 1 2 3; do
		after=$(begun)
		echo "with what the page says: $after Mbit/s"
		least 'connection '"$n" "$after" 70
	done
	# It is the whole kernel's.
	echo 3 >/sys/module/tcp_cubic/parameters/hystart_detect
}

# Single packets of a connection look like a call, while something else is out of order.
# All that it sends then in one go has to wait for one another.
test_connection_that_pauses()
{
	local receiver

	use ours
	configured two-lines 50 10 50 25
	up
	at server timeout 60 ncat -k --recv-only -l "$inside" 5202 >/dev/null &
	receiver=$!
	wait_for 20 listens server 5202
	at home python3 - "$inside" <<-'EOF'
		import socket, sys, time
		# Each in a socket of its own: none is of the flow of another.
		beside = [socket.socket(type=socket.SOCK_DGRAM) for _ in range(2)]
		for _ in range(12):
		    peer = socket.create_connection((sys.argv[1], 5202))
		    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
		    for size in [1] * 5 + [10000]:
		        for one in beside:
		            one.sendto(bytes(100), (sys.argv[1], 9))
		        time.sleep(0.05)
		        peer.sendall(bytes(size))
		        time.sleep(0.05)
		    peer.close()
	EOF
	kill "$receiver"
	at server ethtool -S wg0 | grep 'gaps_filled: [1-9]'
	at server ethtool -S wg0 | grep 'late: 0$'
}

# unequal MODULE: leaves up, down and swapped of lines of 20 and 10 Mbit/s.
unequal()
{
	local one two out

	use "$1"
	configured two-lines 20 10 10 25
	weighted
	up
	one=$(sent 1)
	two=$(sent 2)
	up=$(goodput home server "$inside" 4 -O 1)
	echo "$1: 20 and 10 Mbit/s, 2 to 1: $up Mbit/s up, $(($(sent 1) - one)) packets by the first, $(($(sent 2) - two)) by the second"
	down=$(goodput home server "$inside" 12 -O 3 -R)
	echo "$down Mbit/s down"
	out=$(sequence home server "$inside" --count 1000 --rate 500)
	swapped=$(field out_of_order "$out")
	echo "$swapped of 1000 datagrams out of order"
}

test_stock_over_unequal_lines()
{
	unequal stock
	least swapped "$swapped" 200
	echo "$up $down" >"$WGR_RESULTS/stock-unequal"
}

test_ours_over_unequal_lines()
{
	local up down swapped

	unequal ours
	equal swapped "$swapped" 0
	least up "$up" 22
	least down "$down" 22
	over_stock unequal
}

test_line_dies_and_comes_back()
{
	local begin before

	use ours
	configured two-lines 20 10 20 25
	up
	wait_for 5 hears 2
	dies 2
	begin=$SECONDS
	wait_for 8 leads 102 line1
	wait_for 8 hears 1
	echo "noticed at both ends after $((SECONDS - begin)) s"
	arrives home server "$inside" --count 500 --rate 500
	arrives server home 10.77.0.2 --count 500 --rate 500
	revives 2
	wait_for 8 leads 102 line2
	wait_for 8 hears 2
	before=$(sent 2)
	arrives home server "$inside" --count 500 --rate 500
	least 'packets by the line that came back' "$(($(sent 2) - before))" 240
}

test_cable_is_out()
{
	use ours
	configured two-lines 20 10 20 25
	up
	# Linux looks at carriers once a second at most, and they have only just come.
	pause 3
	ip -n provider1 link set home down
	arrives home server "$inside" --count 1000 --rate 500
	wait_for 8 hears 1
	arrives server home 10.77.0.2 --count 500 --rate 500
}

# networkd HOST FOLDER: it runs in that host's namespace with the files of that folder, by
# itself: without udev, which a /sys that cannot be written tells it.
networkd()
{
	# Expanded there.
	# shellcheck disable=SC2016
	at "$1" unshare --mount bash -euc '
		mount -o remount,ro,bind /sys
		mkdir "/run/networkd-$1"
		cp -a "$2/." "/run/networkd-$1"
		mkdir -p /run/systemd
		mount -t tmpfs -o mode=755 none /run/systemd
		mkdir /run/systemd/netif
		chown systemd-network:systemd-network /run/systemd/netif
		mv "/run/networkd-$1"/* /run/systemd
		exec env SYSTEMD_LOG_TARGET=console /lib/systemd/systemd-networkd' networkd "$1" "$2" 2>&1 | sed -n '/Unknown\|Failed\|invalid\|permissive/p' &
}

# networkd_files HOST NAME...: the page's, with keys, in a folder that this prints.
networkd_files()
{
	local run name host=$1
	shift

	run=$(mktemp -d)
	mkdir -m 755 "$run/network" "$run/networkd.conf.d"
	for name; do
		file "$host" "/etc/systemd/network/$name" |
			sed "s|HOME_PRIVATE_KEY|$key1|; s|HOME_PUBLIC_KEY|$pub1|
				s|SERVER_PRIVATE_KEY|$key2|; s|SERVER_PUBLIC_KEY|$pub2|" >"$run/network/$name"
	done
	chgrp systemd-network "$run/network/20-wg0.netdev"
	chmod 640 "$run/network/20-wg0.netdev"
	echo "$run"
}

# setting HOST NAME [DROP_IN]: what the page's service has there, with that file of the
# page's beside it, in which an empty one takes back what was said before.
setting()
{
	local folder=/etc/systemd/system text

	text=$(file "$1" "$folder/two-lines.service" && { [[ -z ${3:-} ]] || file "$1" "$folder/two-lines.service.d/$3"; })
	awk -v name="$2=" 'index($0, name) == 1 { sub(name, ""); all = $0 == "" ? "" : all $0 "\n" } END { printf "%s", all }' <<<"$text"
}

# service HOST SETTING [DROP_IN]: runs it.
service()
{
	setting "$@" | at "$1" bash -e
}

test_networkd()
{
	local run n

	use ours
	configured two-lines 20 10 20 25
	run=$(networkd_files home 10-line1.network 10-line2.network 20-wg0.netdev 20-wg0.network)
	file home /etc/systemd/networkd.conf.d/two-lines.conf >"$run/networkd.conf.d/two-lines.conf"
	for n in 1 2; do
		file home "10-line$n.network" >>"$run/network/10-line$n.network"
	done
	# All of it is to come from those files.
	ip -n home addr flush dev line1
	ip -n home addr flush dev line2
	networkd home "$run"
	networkd server "$(networkd_files server 20-wg0.netdev 20-wg0.network)"
	service server ExecStart
	service home ExecStartPre
	service home ExecStart &
	wait_for 15 at home ping -q -c 1 -W 1 "$inside"
	wait_for 5 leads 102 line2
	wait_for 5 shaped
	equal 'rules' "$(ip -n home rule show | grep -c fwmark)" 2
	equal MTU "$(at home cat /sys/class/net/wg0/mtu) $(at server cat /sys/class/net/wg0/mtu)" '1412 1412'
	wait_for 5 hears 2
	arrives home server "$inside" --count 500 --rate 500
	leads 101 line1
	arrives server home 10.77.0.2 --count 500 --rate 500
	service server ExecStop
	fails at server nft list table ip two_lines
}

# As far as a kernel without nft_dup_ipv4 goes: the rules are loaded without the copies.
test_service_for_both_lines()
{
	local host run name device said

	use ours
	configured both-lines 20 10 20 25
	for host in home server; do
		name=ExecStart
		device=eth0
		[[ $host == server ]] || { name=ExecStartPre; device=line2; }
		run=$(mktemp -d)
		mkdir "$run/two-lines.service.d"
		file "$host" /etc/systemd/system/two-lines.service >"$run/two-lines.service"
		file "$host" /etc/systemd/system/two-lines.service.d/both-lines.conf >"$run/two-lines.service.d/both-lines.conf"
		# By what it says, since it takes unknown settings.
		said=$(systemd-analyze verify --man=no "$run/two-lines.service" 2>&1) || { echo "$said"; return 1; }
		equal "$host's service" "$(sed -n '/two-lines/p' <<<"$said")" ''
		equal "$host's rules" "$(setting "$host" "$name" both-lines.conf)" '/usr/sbin/nft -f /etc/wireguard/both-lines.nft'
		equal "$host's rules without it" "$(setting "$host" "$name")" '/usr/sbin/nft -f /etc/wireguard/two-lines.nft'
		# The device that the rules name is the one that is waited for.
		grep -F "device \"$device\"" "/etc/netns/$host/wireguard/both-lines.nft"
		for name in Wants After; do
			setting "$host" "$name" both-lines.conf | grep -x "sys-subsystem-net-devices-${device}[.]device"
		done
		sed -i 's/dup to [^ ]* device "[a-z0-9]*"//' "/etc/netns/$host/wireguard/both-lines.nft"
	done
	service home ExecStartPre both-lines.conf
	service server ExecStart both-lines.conf
	for host in home server; do
		at "$host" nft list table ip two_lines | grep -c 'chain both'
	done
	setting home ExecStopPost both-lines.conf | sed 's/^-//' | at home bash -e
	fails at home nft list table ip two_lines
}

test_taken_down()
{
	use ours
	configured two-lines 20 10 20 25
	up
	at home wg-quick down wg0 2>/dev/null
	at server wg-quick down wg0 2>/dev/null
	equal 'rules of nft' "$(at server nft list tables; at home nft list tables)" 'table ip gateway'
	equal 'rules of ip' "$(ip -n home rule show pref 101; ip -n home rule show pref 102)" ''
	fails kill -0 "$(cat /run/two-lines.pid)"
}

# goes_on FROM TO ADDRESS: while now the one line fails and now the other.
goes_on()
{
	local receiver

	arrives "$@" --count 2400 --rate 200 &
	receiver=$!
	pause 2
	dies 1
	pause 2
	revives 1
	# Both at a time is more than is promised.
	wait_for 8 leads 101 line1
	pause 1
	ip -n provider2 link set home down
	wait "$receiver" || {
		at "$2" ethtool -S wg0 | grep -E 'late|timed'
		return 1
	}
	ip -n provider2 link set home up
}

# patient: an emulated machine stands still for longer than the hold that is the default.
patient()
{
	local host

	for host in home server; do
		at "$host" sh -c 'cd /sys/class/net/wg0/reorder && echo 1000000 >hold_us && echo fixed >mode'
	done
}

test_every_packet_on_both_lines()
{
	local before

	use ours
	configured both-lines 20 10 20 25
	up
	patient
	before=$(sent 2)
	arrives home server "$inside" --count 500 --rate 500
	least 'packets by the second line' "$(($(sent 2) - before))" 500
	goes_on home server "$inside"
	wait_for 8 leads 102 line2
	goes_on server home 10.77.0.2
	# As two-lines.service loads them.
	at home nft delete table ip two_lines
	at server nft delete table ip two_lines
	service home ExecStartPre both-lines.conf
	service server ExecStart both-lines.conf
	before=$(sent 2)
	arrives home server "$inside" --count 500 --rate 500
	least 'packets by the second line' "$(($(sent 2) - before))" 500
}

# shaped: both lines are, as the page says.
shaped()
{
	tc -n home qdisc show dev line1 | grep 'qdisc cake.*root.*bandwidth 19Mbit besteffort' &&
		tc -n home qdisc show dev line2 | grep 'qdisc cake.*root.*bandwidth 9500Kbit besteffort'
}

test_shaping()
{
	use ours
	configured two-lines 20 10 20 25
	file home wg0.conf | sed -i '/^MTU/r /dev/stdin' /etc/netns/home/wireguard/wg0.conf
	up
	shaped
	# By default the hold is adaptive.
	[[ -z ${emulated:-} ]] || patient
	arrives home server "$inside" --count 500 --rate 500
}

path_modules
ours=${WGR_KO:-}
case ${1:-} in
turns) tests=(test_stock_over_two_lines test_ours_over_two_lines test_line_dies_and_comes_back test_cable_is_out
              test_taken_down test_networkd) ;;
short) tests=(test_stock_over_two_lines test_ours_over_two_lines test_start_of_a_connection test_connection_that_pauses
              test_stock_over_unequal_lines test_ours_over_unequal_lines test_line_dies_and_comes_back test_shaping
              test_networkd test_service_for_both_lines) ;;
both)  emulated=yes
       tests=(test_every_packet_on_both_lines test_shaping) ;;
expect) tests=(test_stock_over_two_lines test_ours_over_two_lines test_stock_over_two_lines_of_50
              test_ours_over_two_lines_of_50 test_start_of_a_connection test_stock_over_unequal_lines
              test_ours_over_unequal_lines) ;;
*)     echo 'two_lines.sh turns|short|both|expect' >&2; exit 2 ;;
esac
run_tests "${tests[@]}"; exit
