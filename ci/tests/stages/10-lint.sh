#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Style and consistency.
# quick: yes
cd "$(dirname "$0")/../../.." || exit
exec ci/lint.sh
