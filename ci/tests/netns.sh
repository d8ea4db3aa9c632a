#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest: run the kernel's own WireGuard self-test, unmodified, with the
# module's debug lines on, which is what its check for leaked objects reads.
#
#   ci/tests/netns.sh PATH-OF-NETNS.SH [FOLDER]
#
# FOLDER has the wg to use, where the machine's is older than the self-test.
set -euo pipefail

# shellcheck source=ci/tests/tunnel/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/tunnel/lib.sh"

netns=$1 tools=${2:-}

# The script takes them for granted, and loading them inside a namespace by
# themselves is not always possible.
for m in nf_conntrack nf_nat iptable_nat iptable_mangle iptable_filter ip6table_mangle \
	 xt_MASQUERADE xt_mark xt_length xt_nat nft_compat veth dummy; do
	modprobe -q "$m" || true
done
# It means iptables as it was before nftables.
mkdir -p /run/bin
for p in iptables ip6tables; do
	ln -sfn "$(command -v "$p-legacy")" "/run/bin/$p"
done
export PATH=${tools:+$tools:}/run/bin:$PATH

echo "1..3"
module_load
echo "ok 1 - the module loads"
echo 'module wireguard +p' >/sys/kernel/debug/dynamic_debug/control
rc=0
bash "$netns" </dev/null >"$WGR_RESULTS/netns.log" 2>&1 || rc=$?
if [[ $rc == 0 ]]; then
	echo "ok 2 - netns.sh"
else
	echo "not ok 2 - netns.sh (status $rc)"
	tail -n 25 "$WGR_RESULTS/netns.log" | sed 's/^/# /'
fi
# Without lines there would be nothing to find missing.
peers=$(dmesg | grep -cE 'wg[0-9]+: Peer [0-9]+ .*created' || true)
interfaces=$(dmesg | grep -cE 'wg[0-9]+: Interface .*created' || true)
if [[ $peers -gt 20 && $interfaces -gt 10 ]]; then
	echo "ok 3 - the leak check saw $interfaces interfaces and $peers peers"
else
	echo "not ok 3 - the leak check saw only $interfaces interfaces and $peers peers"
	rc=1
fi
exit "$rc"
