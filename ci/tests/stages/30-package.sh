#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The package's life in a throw-away system, and what make says.
# quick: no
cd "$(dirname "$0")/../../.." || exit
rc=0
ci/tests/package/make.sh || rc=$?
ci/tests/package/quick.sh || rc=$?
exit "$rc"
