#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Against wireguard-go, and against the kernel's own module in a second machine.
# quick: no
# alone: yes
# wide: yes
set -uo pipefail
# shellcheck source=ci/tests/stage.sh
. "$(dirname "$0")/../stage.sh"

on_qemu go 1200 ci/tests/tunnel/interop.sh
on_pair stock 1200 ci/tests/tunnel/stock.sh
stage_end
