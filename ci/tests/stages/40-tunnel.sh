#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The tunnel on a distribution kernel.
# quick: no
# alone: yes
set -uo pipefail
# shellcheck source=ci/tests/stage.sh
. "$(dirname "$0")/../stage.sh"

on_qemu basics 1200 ci/tests/tunnel/basics.sh
stage_end
