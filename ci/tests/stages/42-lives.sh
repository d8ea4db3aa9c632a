#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What happens without a packet to cause it, at its time; sessions, cookies and
# secrets that grow old; hours of tunnel. On a clock that jumps, so most of it
# costs nothing, and every time is exact.
# quick: no
set -uo pipefail
# shellcheck source=ci/tests/stage.sh
. "$(dirname "$0")/../stage.sh"

uml_options=(--cpus 1)
on_uml travel alarms 120 ci/tests/tunnel/peer.sh alarms_test.py
on_uml travel lives 120 ci/tests/tunnel/peer.sh lives_test.py
# What the tests ask for is what the kernel's own does, too.
on_uml travel lives-stock 120 env WGR_KO= ci/tests/tunnel/peer.sh lives_test.py --stock
on_uml travel keys 120 ci/tests/tunnel/peer.sh order_test.py --only 8,10,13
# With wireguard-go: 43-lives-go.
on_uml travel hours 600 env TESTS='test_at_once test_ours' ci/tests/tunnel/lives.sh
stage_end
