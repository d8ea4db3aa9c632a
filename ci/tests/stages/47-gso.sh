#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What is tested of datagrams that go down the network stack together, on the kernel
# of the distribution and on the one that looks for errors; stages 35, 40 and 60 have a part.
# quick: no
# wide: yes
set -uo pipefail
# shellcheck source=ci/tests/stage.sh
. "$(dirname "$0")/../stage.sh"

tests="test_together_4 test_together_6 test_off test_wire_4 test_wire_6 test_wire_4_without_offload"
tests+=" test_wire_6_without_offload test_lengths test_marked_by_output test_marked_by_postrouting"
tests+=" test_in_turn_by_output test_marked_on_the_device test_mirrored_by_queue test_queued_whole_by_output"
tests+=" test_queued_by_input test_queue_dies test_shaped test_below_all test_filters_of_queue test_small_path_4"
tests+=" test_path_changes_4 test_path_changes_6 test_path_learned_6 test_translated_4 test_translated_6"
tests+=" test_translated_here_6 test_translated_there_6 test_small_behind_router test_bridge test_bond_in_turn"
tests+=" test_vlan test_vxlan_4 test_vxlan_6 test_nested test_down_up test_roams test_merged_by_device_4"
tests+=" test_merged_by_device_6 test_merged_by_sender_4 test_charges test_unload"
on_qemu gso 2700 env TESTS="$tests" ci/tests/tunnel/gso.sh
on_uml debug gso-debug 2400 ci/tests/tunnel/gso.sh
stage_end
