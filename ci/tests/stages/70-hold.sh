#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# How long packets are held, and by how many CPUs they are sent, on a kernel without
# checks and with nothing beside it.
# quick: no
# alone: yes
set -uo pipefail
# shellcheck source=ci/tests/stage.sh
. "$(dirname "$0")/../stage.sh"

# Without it the host delays one timer in five by a tick of its own at times.
uml_options=(--realtime)
on_uml fast hold 900 ci/tests/tunnel/peer.sh order_test.py
on_uml fast learn 600 ci/tests/tunnel/peer.sh hold_test.py
on_uml fast sender 120 env TESTS=test_sender_keeps_to_a_queue ci/tests/tunnel/order.sh
on_uml fast flows 180 env TESTS=test_flow_keeps_to_a_queue ci/tests/tunnel/flows.sh
stage_end
