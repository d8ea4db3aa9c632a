#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What many peers of one interface cost: crowd.sh with the kernel's own module and
# ours, on the user-mode kernel "fast". The machine is to do nothing else meanwhile.
#
#   ci/bench/peers.sh [OPTION...]
#
#   OPTION  of crowd.sh: --counts, --most, --rounds
#
# A line for each figure goes to dist/bench/peers.tsv. Takes two minutes.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=ci/bench/machine.sh
. "$here/machine.sh"

# For the guest's shell.
# shellcheck disable=SC2016
rows '--counts --most --rounds' crowd.sh 1800 \
	'stock=stock ours=$WGR_KO' "$@"; exit
