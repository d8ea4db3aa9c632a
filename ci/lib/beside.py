#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Runs commands side by side, and puts out what each has said in their order: TAP of several programs stays apart.

  beside.py JOBS COMMAND...     JOBS at a time, the first ones first; each COMMAND is a line for the shell

Status: 0 if that of all was; else standard error names those of which it was not.
"""

import concurrent.futures
import subprocess
import sys


def run(command):
    return subprocess.run(command, shell=True, stdin=subprocess.DEVNULL, capture_output=True, check=False)


commands = sys.argv[2:]
failed = []
with concurrent.futures.ThreadPoolExecutor(int(sys.argv[1])) as pool:
    for command, done in zip(commands, pool.map(run, commands)):
        print(f"# {command}", flush=True)
        for stream, said in ((sys.stdout, done.stdout), (sys.stderr, done.stderr)):
            stream.buffer.write(said)
            stream.flush()
        if done.returncode:
            failed.append(f"{command} (status {done.returncode})")
if failed or not commands:
    sys.exit("failed: " + ", ".join(failed))
