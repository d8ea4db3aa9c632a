#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In each machine of pair.sh: the cable's addresses; then in the first, take
# orders; in the second, run the script and send the first home.
set -euo pipefail

role=$1
shift
host=1
[[ $role == first ]] || host=2

sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0
ip addr add "10.8.0.$host/24" dev eth0
ip -6 addr add "fd08::$host/64" dev eth0 nodad
ip link set eth0 up

if [[ $role == first ]]; then
	ci/vm/remote --serve 10.8.0.1 &
	server=$!
	until [[ -e /run/home ]]; do
		read -r -t 0.3 <> <(:) || true
	done
	kill "$server"
	exit 0
fi

for ((i = 0; ; i++)); do
	ci/vm/remote true >/dev/null 2>&1 && break
	if ((i > 120)); then
		echo "# the first machine does not answer"
		exit 1
	fi
	read -r -t 1 <> <(:) || true
done
rc=0
"$@" || rc=$?
ci/vm/remote touch /run/home || true
exit "$rc"
