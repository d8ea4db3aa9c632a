#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# How fast it goes where the CPUs are the bound: cpus.sh with the kernel's own module,
# ours, ours at one end, wireguard-go and no tunnel, on the user-mode kernel "fast".
# The machine is to do nothing else meanwhile.
#
#   ci/bench/speed.sh [OPTION...]
#
#   OPTION  of cpus.sh: --pairs, --seconds, --kinds
#
# A line for each run goes to dist/bench/speed.tsv. Takes half an hour.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=ci/bench/machine.sh
. "$here/machine.sh"

# For the guest's shell.
# shellcheck disable=SC2016
rows '--pairs --seconds --kinds' cpus.sh 7200 \
	'stock=stock ours=$WGR_KO sender=$WGR_KO,stock receiver=stock,$WGR_KO go=go bare=bare' "$@"; exit
