#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The command wireguard-reorder with the module, on a user-mode kernel and on a
# distribution kernel.
# quick: no
set -uo pipefail
# shellcheck source=ci/tests/stage.sh
. "$(dirname "$0")/../stage.sh"

make -s --no-print-directory cli || { echo "not ok - the command cannot be built"; exit 1; }
on_uml fast cli 900 ci/tests/cli/in_guest.sh
# Emulated, it takes many times as long: what differs between kernels and modules.
on_qemu cli-qemu 900 env WGR_CLI_LIMIT_MS=10000 \
	TESTS="test_status test_stock test_switch test_doctor" \
	ci/tests/cli/in_guest.sh
stage_end
