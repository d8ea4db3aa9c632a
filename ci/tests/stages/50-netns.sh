#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The kernel's own self-test, unmodified.
# quick: no
# alone: yes
set -uo pipefail
# shellcheck source=ci/tests/stage.sh
. "$(dirname "$0")/../stage.sh"

netns=$(ci/vm/kernels.sh netns bookworm) || exit
on_qemu netns 1500 ci/tests/netns.sh "$netns"
stage_end
