#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The reorder engine and the protocol under a fuzzer, for a short time, from kept
# corpora; and how much of the protocol all tests reach.
# quick: no
set -uo pipefail
# shellcheck source=ci/tests/stage.sh
. "$(dirname "$0")/../stage.sh"

make -s --no-print-directory -C ci/tests/fuzz check || stage_failed=1
make -s --no-print-directory -C ci/tests/fuzz WHAT=protocol check || stage_failed=1
ci/tests/fuzz/coverage.sh || stage_failed=1
stage_end
