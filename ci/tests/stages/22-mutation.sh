#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Faults put into the reorder engine on purpose: the unit tests must notice each.
# quick: no
cd "$(dirname "$0")/../../.." || exit
exec ci/tests/mutation/run.py
