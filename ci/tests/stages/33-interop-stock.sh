#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Against the kernel's own module in a second machine.
# quick: no
set -uo pipefail
# shellcheck source=ci/tests/stage.sh
. "$(dirname "$0")/../stage.sh"

on_pair stock 1200 ci/tests/tunnel/stock.sh
stage_end
