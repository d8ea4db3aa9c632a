#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What is asked of the time that packets wait, on simulated paths.
# quick: no
cd "$(dirname "$0")/../../.." || exit
exec make -s --no-print-directory -C ci/bench/sim check
