#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The tunnel on a distribution kernel: what depends on the kernel most.
# quick: no
# alone: yes
set -uo pipefail
# shellcheck source=ci/tests/stage.sh
. "$(dirname "$0")/../stage.sh"

tests="test_modinfo test_create_delete test_tunnel_4 test_tunnel_6_psk test_counters test_roaming test_mtu"
tests+=" test_ecn test_namespaces test_churn test_unload test_readme_keeps_settings test_readme_settings_and_stock"
on_qemu basics 900 env TESTS="$tests" ci/tests/tunnel/basics.sh
# The user-mode kernel has no cake, and sends large packets of IPv6 in another form.
on_qemu flows 600 env TESTS="test_cake test_super_packets" ci/tests/tunnel/flows.sh
# The rest of it in stages 35 and 60, and all in 47.
tests="test_together_4 test_wire_6 test_vxlan_4 test_vxlan_6 test_charges"
on_qemu gso 900 env TESTS="$tests" ci/tests/tunnel/gso.sh
stage_end
