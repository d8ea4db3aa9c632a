#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What happens without a packet to cause it, at its time; mostly waiting.
# quick: no
set -uo pipefail
# shellcheck source=ci/tests/stage.sh
. "$(dirname "$0")/../stage.sh"

on_uml fast alarms 600 env TOLERANCE_US=20000 ci/tests/tunnel/peer.sh alarms_test.py
stage_end
