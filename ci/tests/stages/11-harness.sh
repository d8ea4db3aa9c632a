#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The tests' own tools: a run fails by all that must make it fail.
# quick: yes
cd "$(dirname "$0")/../../.." || exit
exec ci/tests/harness.sh
