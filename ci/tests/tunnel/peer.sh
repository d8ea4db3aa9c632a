#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In a guest: the module against the test peer in user space. TAP.
#
#   ci/tests/tunnel/peer.sh PROGRAM [ARGUMENT...]     one of ci/tests/peer
set -euo pipefail

# shellcheck source=ci/tests/tunnel/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

program=$1
# What is measured there is the fixed wait.
[[ $program != order_test.py ]] || WGR_PARAMETERS="mode=fixed window=2048 ${WGR_PARAMETERS:-}"
module_load
shift
cd "$TUNNEL_DIR/../peer"
python3 "$program" "$@"; exit
