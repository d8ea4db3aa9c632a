#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Hours of tunnel with wireguard-go at the other end, in both roles: six hours each,
# some minutes of the machine's.
# wide: yes
set -uo pipefail
# shellcheck source=ci/tests/stage.sh
. "$(dirname "$0")/../stage.sh"

uml_options=(--cpus 1)
on_uml travel hours-go 1500 env TESTS='test_go_answers test_go_starts' ci/tests/tunnel/lives.sh
stage_end
