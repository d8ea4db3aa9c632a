#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The command wireguard-reorder without the module, under sanitisers and valgrind.
# quick: yes
cd "$(dirname "$0")/../../.." || exit
exec make -s -j2 --no-print-directory -C ci/tests/cli check
