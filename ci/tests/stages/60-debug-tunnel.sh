#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The tunnel on a user-mode kernel that looks for errors of memory, of locking and of context.
# quick: no
set -uo pipefail
# shellcheck source=ci/tests/stage.sh
. "$(dirname "$0")/../stage.sh"

on_uml debug basics 1200 ci/tests/tunnel/basics.sh
on_uml debug lifetimes 900 ci/tests/tunnel/lifetimes.sh
on_uml debug flows 900 ci/tests/tunnel/flows.sh
tests="test_together_6 test_shaped test_wire_4 test_path_changes_4 test_translated_4 test_nested test_down_up"
on_uml debug gso 900 env TESTS="$tests test_unload" ci/tests/tunnel/gso.sh
# At full speed there is hardly a backlog by the time that workers are waited for.
module_options=(slow)
on_uml debug backlog 600 env TESTS=test_down_with_backlog ci/tests/tunnel/lifetimes.sh
module_options=(handles)
on_uml debug seed 600 env TESTS=test_down_without_seed ci/tests/tunnel/lifetimes.sh
on_uml debug copied 600 env TOLERANCE_US=20000 ci/tests/tunnel/peer.sh order_test.py --only 1
stage_end
