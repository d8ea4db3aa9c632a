#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# All that is tested of datagrams that go down the network stack together, on the kernel
# of the distribution and on the one that looks for errors; stages 35, 40 and 60 have a part.
# quick: no
# wide: yes
set -uo pipefail
# shellcheck source=ci/tests/stage.sh
. "$(dirname "$0")/../stage.sh"

on_qemu gso 1800 ci/tests/tunnel/gso.sh
on_uml debug gso-debug 1200 ci/tests/tunnel/gso.sh
stage_end
