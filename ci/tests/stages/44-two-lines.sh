#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The page about one tunnel over two lines, as it is written.
# quick: no
# alone: yes
# wide: yes
set -uo pipefail
# shellcheck source=ci/tests/stage.sh
. "$(dirname "$0")/../stage.sh"

uml_options=(--realtime)
on_uml fast turns 300 ci/tests/tunnel/two_lines.sh turns
# The user-mode kernel has no nft_dup_ipv4.
on_qemu both 400 ci/tests/tunnel/two_lines.sh both
stage_end
