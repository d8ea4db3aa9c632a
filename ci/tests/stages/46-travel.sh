#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What goes by the clock alone, on a kernel whose clock jumps: the page about two
# lines in short, and whether "wireguard-reorder test" foretells what comes.
# quick: no
set -uo pipefail
# shellcheck source=ci/tests/stage.sh
. "$(dirname "$0")/../stage.sh"

make -s --no-print-directory cli || { echo "not ok - the command cannot be built"; exit 1; }
uml_options=(--cpus 1)
# The limits are for a guest that hangs: one that others leave little of the machine takes its time.
on_uml travel two-lines 600 ci/tests/tunnel/two_lines.sh short
on_uml travel foretold 600 ci/bench/foretold.sh --tap 1 --seconds 10 --udp-mbit 5 50:10 50:10:n2 50:10:a15 50:10:e5/3 50:10:n1:l0.5
stage_end
