#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# On a distribution kernel: all of what other stages leave out there because it is
# slow, and has been run on a user-mode kernel.
# quick: no
# alone: yes
# wide: yes
set -uo pipefail
# shellcheck source=ci/tests/stage.sh
. "$(dirname "$0")/../stage.sh"

on_qemu basics 1200 ci/tests/tunnel/basics.sh
on_pair stock 1200 ci/tests/tunnel/stock.sh
on_qemu paths 900 ci/tests/tunnel/order.sh
# An emulated machine's timers are as good as the emulator's turn on the CPU, and what
# is to be sent within the usual hold mostly is not.
on_qemu order 900 env TOLERANCE_US=20000 WGR_PARAMETERS=hold_us=25000 ci/tests/tunnel/peer.sh order_test.py
on_qemu fuzz 600 env TOLERANCE_US=20000 ci/tests/tunnel/peer.sh fuzz_test.py
on_qemu netlink 900 ci/tests/tunnel/peer.sh ../tunnel/netlink_test.py
stage_end
