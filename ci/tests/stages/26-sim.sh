#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The protocol, lived through by a simulator; faults put into it on purpose.
# quick: no
set -uo pipefail
# shellcheck source=ci/tests/stage.sh
. "$(dirname "$0")/../stage.sh"

make -s -C ci/sim check SEED="${SEED:-$(date +%s%N)}" || stage_failed=1
ci/tests/mutation/protocol.py || stage_failed=1
# The checks of the simulator alone, with no unit test beside them.
ci/tests/mutation/sim.py || stage_failed=1
stage_end
