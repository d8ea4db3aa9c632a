#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The tunnel, order and crafted packets on an arm64 machine.
# quick: no
set -uo pipefail
# shellcheck source=ci/tests/stage.sh
. "$(dirname "$0")/../stage.sh"

# Read by on_qemu.
# shellcheck disable=SC2034
stage_arch=arm64
on_qemu arm64 900 ci/tests/tunnel/short.sh
stage_end
