#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The reorder engine under a fuzzer, for a short time, from a kept corpus.
# quick: no
cd "$(dirname "$0")/../../.." || exit
exec make -s --no-print-directory -C ci/tests/fuzz check
