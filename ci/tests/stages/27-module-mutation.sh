#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Faults put on purpose into what is around the protocol: locks, timers, work queues. Each
# is built and lived through in a guest: a quarter of a minute of CPU and more.
# wide: yes
cd "$(dirname "$0")/../../.." || exit
exec ci/tests/mutation/module.py
