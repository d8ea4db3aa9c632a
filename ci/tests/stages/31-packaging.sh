#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The program behind the packages in made-up systems, the .rpm in a root that poses as Fedora, the
# prebuilt module, and the note about Secure Boot.
# quick: no
cd "$(dirname "$0")/../../.." || exit
rc=0
ci/tests/package/program.sh || rc=$?
ci/tests/package/rpm.sh || rc=$?
ci/tests/package/kmod.sh || rc=$?
ci/tests/package/secure_boot.sh || rc=$?
exit "$rc"
