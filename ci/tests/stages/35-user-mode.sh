#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The heart of it on a user-mode kernel, which boots in two seconds.
# quick: yes
set -uo pipefail
# shellcheck source=ci/tests/stage.sh
. "$(dirname "$0")/../stage.sh"

on_uml fast basics 300 env TESTS="test_modinfo test_create_delete test_memory test_tunnel_4_psk test_tunnel_6 test_roaming test_down_up test_lone test_threads test_readme_keeps_settings test_readme_settings_and_stock" ci/tests/tunnel/basics.sh
# Others run beside it: within a hold of 5 ms it is not always given a turn.
on_uml fast peer 300 env TOLERANCE_US=20000 WGR_PARAMETERS=hold_us=25000 ci/tests/tunnel/peer.sh order_test.py --only 1,2,4,5,7,8
on_uml fast flows 300 env TESTS=test_fq ci/tests/tunnel/flows.sh
tests="test_together_4 test_wire_4"
if [[ -z ${WGR_QUICK:-} ]]; then
	tests+=" test_shaped test_off test_wire_6 test_translated_4 test_marked_by_output test_in_turn_by_output test_charges"
	tests+=" test_each_mark test_scalable test_below_vlan test_shaped_second_queue test_filters_of_queue"
	tests+=" test_translated_here_4 test_queue_dies test_roams test_merged_by_device_4"
fi
on_uml fast gso 600 env TESTS="$tests" ci/tests/tunnel/gso.sh
if [[ -z ${WGR_QUICK:-} ]]; then
	module_options=(refusing)
	on_uml fast gso-refused 300 env REFUSING=1 TESTS=test_refused ci/tests/tunnel/gso.sh
fi
stage_end
