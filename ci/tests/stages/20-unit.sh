#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What is free of the kernel, in user space under sanitisers.
# quick: yes
cd "$(dirname "$0")/../../.." || exit
[[ -z ${WGR_QUICK:-} ]] || export PACKETS=6
exec make -s -j2 --no-print-directory -C ci/tests/unit check
