#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Against wireguard-go.
# quick: no
set -uo pipefail
# shellcheck source=ci/tests/stage.sh
. "$(dirname "$0")/../stage.sh"

on_uml fast go 900 ci/tests/tunnel/interop.sh
stage_end
