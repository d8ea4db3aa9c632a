#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The package's own autopkgtest in a virtual machine: loading, reloading, removing under tunnels.
# quick: no
cd "$(dirname "$0")/../../.." || exit
exec ci/tests/package/load.sh
