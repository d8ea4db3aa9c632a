#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Order, and what no honest peer sends, on the same kernel with checks.
# quick: no
set -uo pipefail
# shellcheck source=ci/tests/stage.sh
. "$(dirname "$0")/../stage.sh"

on_uml debug order 1200 ci/tests/tunnel/order.sh
on_uml debug peer 1200 env TOLERANCE_US=20000 WGR_PARAMETERS=hold_us=25000 ci/tests/tunnel/peer.sh order_test.py
on_uml debug fuzz 900 env TOLERANCE_US=20000 ci/tests/tunnel/peer.sh fuzz_test.py
on_uml debug netlink 1200 ci/tests/tunnel/peer.sh ../tunnel/netlink_test.py
on_uml debug hold 900 env TOLERANCE_US=20000 ci/tests/tunnel/peer.sh hold_test.py
on_uml debug reorder 1200 ci/tests/tunnel/peer.sh ../tunnel/reorder_test.py
stage_end
