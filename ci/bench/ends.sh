# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# For programs that measure with several modules: the ends of a tunnel over a bare
# cable.
#
# FILE is a module, "FILE:PARAMETER=VALUE" with a parameter of ours, "stock" for the
# kernel's own, "go" for wireguard-go, "bare" for no tunnel and packets of the same size,
# with which no device helps: what is left is what everybody has to do. "stock,FILE" has
# the kernel's own send and the module receive, "FILE,stock" the other way round. They have read measure.sh, and $out is a
# file of theirs.

# They set these and read those.
# shellcheck disable=SC2154,SC2034

# Where the traffic goes, and the interface where it comes out.
target=192.168.241.2
way_out=wg0

# A host whose packets a forwards.
behind_a()
{
	host c
	wire c c0 10.9.3.1/24 a a1 10.9.3.2/24
	ip -n c route add default via 10.9.3.2
	at a sysctl -qw net.ipv4.ip_forward=1
}

allow_c()
{
	local wg=wg

	if [[ $way_out == b0 ]]; then
		ip -n r route add 10.9.3.0/24 via 10.9.1.1
		return
	fi
	# One of the two knows it.
	[[ ! -e /sys/module/wireguarx ]] || at b wg show wg0 >/dev/null 2>&1 || wg=$out.renamed/wg
	at b "$wg" set "$way_out" peer "$pub1" allowed-ips 192.168.241.1/32,10.9.3.0/24
	ip -n b route add 10.9.3.0/24 dev "$way_out"
}

# Two modules of one name do not fit into one kernel, so ours gets another of the same
# length, and so does a "wg" that asks for it.
rename_ours()
{
	local dir=$out.renamed

	mkdir -p "$dir"
	LC_ALL=C sed s/wireguard/wireguarx/g "$1" >"$dir/wireguarx.ko"
	LC_ALL=C sed s/wireguard/wireguarx/g "$(command -v wg)" >"$dir/wg"
	chmod +x "$dir/wg"
	insmod "$dir/wireguarx.ko"
}

# end HOST MODULE KEY PORT ADDRESS PUBLIC ADDRESS [ENDPOINT]: one end of a tunnel
# between two modules.
end()
{
	local wg=wg kind=wireguard
	[[ $2 == stock ]] || wg=$out.renamed/wg kind=wireguarx

	ip -n "$1" link add wg0 type "$kind"
	at "$1" "$wg" set wg0 private-key <(echo "$3") listen-port "$4" peer "$6" \
		allowed-ips "$7" ${8:+endpoint "$8"}
	ip -n "$1" addr add "$5" dev wg0
	ip -n "$1" link set wg0 up
}

# mixed SENDER RECEIVER: one of them is "stock".
mixed()
{
	use stock
	rename_ours "${1/#stock/$2}"
	build order
	end a "$1" "$key1" 1 192.168.241.1/24 "$pub2" 192.168.241.2/32 10.9.2.1:2
	end b "$2" "$key2" 2 192.168.241.2/24 "$pub1" 192.168.241.1/32
	wait_for 30 ping_ok a 192.168.241.2 1
}

# No tunnel, but packets of its size, and as many of them.
bare()
{
	local host dev

	target=10.9.2.1 way_out=b0
	build order
	for dev in a:a0 r:r0 r:r1 b:b0; do
		host=${dev%:*} dev=${dev#*:}
		ip -n "$host" link set "$dev" mtu 1420
		single "$host" "$dev"
	done
}

go()
{
	local GO_HOSTS='a b'

	modprobe -q tun || true
	# wg asks it by a socket that all namespaces see: two names.
	way_out=gb0
	build order
	tunnel a ga0 "$key1" 1 192.168.241.1/24
	tunnel b gb0 "$key2" 2 192.168.241.2/24
	at a wg set ga0 peer "$pub2" allowed-ips 192.168.241.2/32 endpoint 10.9.2.1:2
	at b wg set gb0 peer "$pub1" allowed-ips 192.168.241.1/32
	wait_for 30 ping_ok a 192.168.241.2 1
}

# ready FILE: hosts, and what is between them.
ready()
{
	target=192.168.241.2 way_out=wg0
	[[ ! -e /sys/module/wireguarx ]] || rmmod wireguarx
	case $1 in
	bare)  bare ;;
	go)    go ;;
	*,*)   mixed "${1%,*}" "${1#*,}" ;;
	*)
		ours=${1%%:*}
		WGR_PARAMETERS=${1#"$ours"}
		WGR_PARAMETERS=${WGR_PARAMETERS#:}
		if [[ $1 == stock ]]; then use stock; else use ours; fi
		build order
		tunnels ;;
	esac
}

# in_turn ROUNDS COMMAND: "COMMAND KIND NAME=FILE ROUND" for each of $kinds and each of
# ${rest[@]}, those in turn; then medians, and the rows to $tsv.
in_turn()
{
	local rounds=$1 each=$2 kind round module

	for kind in ${kinds//,/ }; do
		for ((round = 1; round <= rounds; round++)); do
			for module in "${rest[@]}"; do
				"$each" "$kind" "$module" "$round"
			done
		done
	done
	medians
	[[ -z $tsv ]] || cat "$out" >>"$tsv"
	rm -rf "$out" "$out".*
}
