#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The program behind the packages in made-up systems, and the .rpm in a root that poses as Fedora.
# quick: no
cd "$(dirname "$0")/../../.." || exit
rc=0
ci/tests/package/program.sh || rc=$?
ci/tests/package/rpm.sh || rc=$?
exit "$rc"
