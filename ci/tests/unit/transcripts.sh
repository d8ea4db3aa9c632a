#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Have transcript_test talk with wireguard-go and write down what is said, as
# vectors: ci/tests/unit/transcripts/. Needs root, /dev/net/tun and the packages
# wireguard-go, wireguard-tools and iproute2 (ci/setup.sh vm).
#
#   ci/tests/unit/transcripts.sh
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$here/build/gcc/transcript_test
ns=wgr-transcripts-$$
dev=wgrt$$
work=$(mktemp -d)

finish()
{
	ip netns pids "$ns" 2>/dev/null | xargs -r kill || true
	ip netns delete "$ns" 2>/dev/null || true
	rm -rf "$work"
}
trap finish EXIT

# Keys as they stand in transcript_test.c.
their_secret=$(printf '\x48\x01\x02\x03%028d' 0 | tr 0 '\0' | head -c 31 | cat - <(printf '\x40') | base64)
our_public=$(printf '\x50\x04\x05\x06%028d' 0 | tr 0 '\0' | head -c 31 | cat - <(printf '\x41') | base64 | wg pubkey)
printf '\x07\x08\x09%029d' 0 | tr 0 '\0' | base64 >"$work/psk"
echo "$their_secret" >"$work/secret"

inside()
{
	ip netns exec "$ns" "$@"
}

# A new wireguard-go for each, so that none remembers what was said before.
start()
{
	ip netns add "$ns"
	inside ip link set lo up
	inside wireguard-go "$dev" >/dev/null 2>&1
	inside wg set "$dev" private-key "$work/secret" listen-port 51820 peer "$our_public" \
		allowed-ips 10.77.0.2/32 endpoint 127.0.0.1:51821 "$@"
	inside ip address add 10.77.0.1/24 dev "$dev"
	inside ip link set "$dev" up
}

stop()
{
	ip netns pids "$ns" | xargs -r kill
	sleep 0.2
	ip netns delete "$ns"
}

# talk KIND [WORDS FOR wg set]
talk()
{
	local kind=$1
	shift

	start "$@"
	# What it has to send makes it begin.
	[[ $kind != they-begin* ]] || (sleep 0.5 && inside ping -q -c 1 -W 2 10.77.0.2 >/dev/null) &
	inside "$program" record "$kind" "$work/$kind.txt"
	wait
	stop
	mv "$work/$kind.txt" "$here/transcripts/"
}

make -s -C "$here" "build/gcc/transcript_test"
mkdir -p "$here/transcripts"
talk we-begin
talk we-begin-psk preshared-key "$work/psk"
talk they-begin
talk they-begin-psk preshared-key "$work/psk"
talk under-load
