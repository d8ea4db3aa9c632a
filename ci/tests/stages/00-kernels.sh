#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The user-mode kernels, which later stages run on: built if they are not in the cache.
# quick: no
set -uo pipefail
# shellcheck source=ci/tests/stage.sh
. "$(dirname "$0")/../stage.sh"

echo 1..3
n=0
for flavour in debug fast travel; do
	n=$((n + 1))
	if ci/vm/uml.sh "$flavour" --kdir >/dev/null 2>"$WGR_STAGE_RESULTS/$flavour.log"; then
		echo "ok $n - user-mode kernel $flavour"
	else
		sed 's/^/# /' "$WGR_STAGE_RESULTS/$flavour.log"
		echo "not ok $n - user-mode kernel $flavour"
		stage_failed=1
	fi
	cat "$WGR_STAGE_RESULTS/$flavour.log" >&2
done
stage_end
