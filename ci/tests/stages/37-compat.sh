#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The probes that fit the module to a kernel.
# quick: yes
cd "$(dirname "$0")/../../.." || exit
exec ci/tests/compat/probe_test.sh
