#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest: what many peers of one interface cost, with several modules in turn.
#
#   ci/bench/crowd.sh [OPTION...] NAME=FILE...
#
#   --counts LIST  of peers (20000,100000)
#   --most N       for the kernel's own, whose removal takes 35 ms for each (1000)
#   --rounds N     (3)
#   --tsv FILE     append "kind peers module round figure" for each: add, dump and
#                  remove all (seconds), one (removing one of them, milliseconds),
#                  memory (bytes of one peer)
#
# FILE is a module, or "stock" for the kernel's own. Each peer has a key and an address
# inside. The interface is down while they are added, and "wg" does it all. See peers.sh.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${WGR_KO:=}"
# shellcheck source=ci/bench/measure.sh
WGR_KO=${WGR_KO:-none} . "$here/measure.sh"

counts=20000,100000
most=1000
rounds=3
tsv=''
dir=$(mktemp -d)

# Any 32 bytes are a public key.
configuration()
{
	python3 - "$1" <<-'END'
		import base64, hashlib, sys
		for i in range(int(sys.argv[1])):
		    key = base64.b64encode(hashlib.sha256(b"%d" % i).digest()).decode()
		    print(f"[Peer]\nPublicKey = {key}\nAllowedIPs = 10.{i >> 16}.{i >> 8 & 255}.{i & 255}/32")
	END
}

# took COMMAND...: seconds.
took()
{
	local begin=${EPOCHREALTIME/./}

	"$@"
	awk "BEGIN { print (${EPOCHREALTIME/./} - $begin) / 1e6 }"
}

free_bytes()
{
	awk '/^MemFree|^KReclaimable/ { sum += $2 } END { printf "%.0f", sum * 1024 }' /proc/meminfo
}

dump()
{
	at a wg show wg0 dump >"$dir/dump"
}

remove_all()
{
	at a wg setconf wg0 /dev/null
}

# row KIND PEERS MODULE ROUND FIGURE
row()
{
	printf '%s\t%s\t%s\t%s\t%s\n' "$@" | tee -a "$dir/rows"
}

# measure PEERS NAME ROUND
measure()
{
	local n=$1 name=$2 round=$3 free first

	host a
	ip -n a link add wg0 type wireguard
	free=$(free_bytes)
	row add "$n" "$name" "$round" "$(took at a wg setconf wg0 "$dir/$n")"
	row memory "$n" "$name" "$round" $(((free - $(free_bytes)) / n))
	row dump "$n" "$name" "$round" "$(took dump)"
	[[ $(wc -l <"$dir/dump") == $((n + 1)) ]] || { echo "the dump is not of $n peers"; return 1; }
	first=$(sed -n '2s/\t.*//p' "$dir/dump")
	row one "$n" "$name" "$round" "$(awk "BEGIN { print 1000 * $(took at a wg set wg0 peer "$first" remove) }")"
	row remove "$n" "$name" "$round" "$(took remove_all)"
	clear_hosts
}

crowds()
{
	local file=${1#*=} name=${1%%=*} n last=''

	# Read there.
	# shellcheck disable=SC2034
	ours=$file
	if [[ $file == stock ]]; then use stock; else use ours; fi
	for n in ${counts//,/ }; do
		if [[ $file == stock && $n -gt $most ]]; then
			n=$most
			[[ $n != "$last" ]] || continue
		fi
		last=$n
		[[ -e $dir/$n ]] || configuration "$n" >"$dir/$n"
		measure "$n" "$name" "$2"
	done
}

main()
{
	local round module

	options "counts most rounds tsv" "$@"
	[[ ${#rest[@]} -gt 0 ]] || usage
	for ((round = 1; round <= rounds; round++)); do
		for module in "${rest[@]}"; do
			crowds "$module" "$round"
		done
	done
	[[ -z $tsv ]] || cat "$dir/rows" >>"$tsv"
	rm -r "$dir"
}

# On one line: the shell may read on in a file that has changed meanwhile.
main "$@"; exit
