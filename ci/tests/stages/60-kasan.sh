#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The tunnel on a user-mode kernel: Memory errors and undefined behaviour.
# quick: no
set -uo pipefail
# shellcheck source=ci/tests/stage.sh
. "$(dirname "$0")/../stage.sh"

on_uml kasan basics 900 ci/tests/tunnel/basics.sh
on_uml kasan lifetimes 600 ci/tests/tunnel/lifetimes.sh
on_uml kasan order 900 ci/tests/tunnel/order.sh
on_uml kasan peer 900 env TOLERANCE_US=20000 WGR_PARAMETERS=hold_us=25000 ci/tests/tunnel/peer.sh order_test.py
on_uml kasan fuzz 600 env TOLERANCE_US=20000 ci/tests/tunnel/peer.sh fuzz_test.py
on_uml kasan netlink 900 ci/tests/tunnel/peer.sh ../tunnel/netlink_test.py
on_uml kasan hold 600 env TOLERANCE_US=20000 ci/tests/tunnel/peer.sh hold_test.py
on_uml kasan reorder 900 ci/tests/tunnel/peer.sh ../tunnel/reorder_test.py
# At full speed there is hardly a backlog by the time that workers are waited for.
module_options=(slow)
on_uml kasan backlog 300 env TESTS=test_down_with_backlog ci/tests/tunnel/lifetimes.sh
stage_end
