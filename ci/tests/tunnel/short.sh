#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest: what shows in minutes, on the slowest of emulated machines, that the
# module works there: the tunnel, order, and what no honest peer sends. TAP.
#
#   ci/tests/tunnel/short.sh
set -euo pipefail

here=$(dirname "${BASH_SOURCE[0]}")
rc=0

# part COMMAND...: each loads the module; that it unloads is part of it.
part()
{
	"$@" || rc=1
	rmmod wireguard || rc=1
}

part env TESTS='test_modinfo test_create_delete test_tunnel_4_psk test_tunnel_6' "$here/basics.sh"
# Timers are as late as the emulator's turn on the CPU.
export TOLERANCE_US=${TOLERANCE_US:-50000}
part env WGR_PARAMETERS=hold_us=100000 "$here/peer.sh" order_test.py --only 1,2,5,7
part "$here/peer.sh" fuzz_test.py --seconds 10
exit "$rc"
