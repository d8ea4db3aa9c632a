#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Against the kernel's own module in a second machine.
# quick: no
set -uo pipefail
# shellcheck source=ci/tests/stage.sh
. "$(dirname "$0")/../stage.sh"

# One way of starting by each side, outside either kind of address.
tests="test_stock_starts_6_psk test_ours_starts_4_psk test_roaming test_order_behind_jitter test_rekey_in_transfer"
on_pair stock 1200 env TESTS="$tests" ci/tests/tunnel/stock.sh
stage_end
