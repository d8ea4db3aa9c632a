#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# In the first machine of pair.sh, for each call of remote: one command line
# from standard input, its output and, on a line of its own, its status.
IFS= read -r line
rc=0
bash -c "$line" 2>&1 </dev/null || rc=$?
printf '\n%s\n' "wgr-status $rc"
