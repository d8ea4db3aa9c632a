# SPDX-License-Identifier: GPL-2.0
"""
What checks by mutation have in common: faults are put into a copy of the source, one at a time, tests are run
against it, and each fault must be noticed. TAP.

A fault is (what, file, text, what takes its place), and more where the check wants it. One that cannot be put in,
because the text it replaces is gone or is there more than once, is a failure too: it must be brought up to date. So
is one with which a program could not be built or did not run: what was not tried has not been noticed. A program has
run if it says what was wrong, or dies by what it did, or gives as many results as it does without a fault.
"""
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.join(HERE, "..", "..", "..")
UNIT = os.path.join(HERE, "..", "unit")
SIM = os.path.join(HERE, "..", "..", "sim")
SRC = os.path.join(TOP, "src")
# The tests' random choices; SEED repeats a run.
SEED = os.environ.get("SEED") or str(int.from_bytes(os.urandom(4), "little"))
if not SEED.isdigit():
    sys.exit("SEED: '%s' is no number" % SEED)

# What has no end is a fault that is noticed, a machine that has other things to do is not: CPU time, and patience.
SECONDS = 1800
# Signals that a program brings upon itself.
OWN_SIGNALS = (signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP)


class Broken(Exception):
    """What could not be built, or did not run: it tells nothing about the fault."""


def build(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True,
                          check=False)
    if done.returncode:
        raise Broken("cannot be built: " + done.stdout)


def results(lines):
    """How many there are, if none is skipped and all are there that were planned; else 0."""
    count = sum(line.startswith("ok ") for line in lines)
    skipped = any(re.match(r"ok .*# *skip", line, re.IGNORECASE) for line in lines)
    return count if "1..%d" % count in lines and not skipped else 0


class Bench:
    """Runs tests: `noticed_by(copy, file, ...)` of those who are made of it says which notices what, or None."""

    def __init__(self, work, cpu_seconds=None, environment=None):
        self.work = work
        self.cpu_seconds = cpu_seconds
        self.environment = environment or {}
        self.counts = {}

    def limit(self):
        if self.cpu_seconds:
            resource.setrlimit(resource.RLIMIT_CPU, (self.cpu_seconds, self.cpu_seconds + 5))

    def start(self, command, environment):
        """What it printed, and its status."""
        try:
            # Some look for their files where they are at home.
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True,
                                  errors="replace", timeout=SECONDS, cwd=UNIT, preexec_fn=self.limit, check=False,
                                  env={**os.environ, "SEED": SEED, **self.environment, **environment})
        except subprocess.TimeoutExpired:
            raise Broken("%s: no end in %d s" % (command[0], SECONDS)) from None
        return done.stdout.splitlines(), done.returncode

    def run(self, *command, **environment):
        """The first thing that it said was wrong, or None if it gave the results that it gives without a fault."""
        lines, status = self.start(command, environment)
        for line in lines:
            if line.startswith("not ok"):
                return line.partition(" - ")[2] or line
        if status == -signal.SIGXCPU:
            return "no end"
        if -status in OWN_SIGNALS:
            return "signal %d" % -status
        count = results(lines)
        if status or not count:
            raise Broken("%s: status %d, %d results" % (command[0], status, count))
        if self.counts.setdefault(command, count) != count:
            raise Broken("%s: %d results, not %d" % (command[0], count, self.counts[command]))
        return None


def put_in(work, parts, file, old, new):
    """A copy of `parts` of src, folders or files, with a fault in it."""
    copy = os.path.join(work, "src")
    shutil.rmtree(copy, ignore_errors=True)
    for part in parts:
        whole = os.path.isdir(os.path.join(SRC, part))
        os.makedirs(os.path.dirname(os.path.join(copy, part)), exist_ok=True)
        (shutil.copytree if whole else shutil.copy)(os.path.join(SRC, part), os.path.join(copy, part))
    path = os.path.join(copy, file)
    with open(path, encoding="utf-8") as f:
        text = f.read()
    if text.count(old) != 1:
        raise Broken("the text to replace is there %d times" % text.count(old))
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace(old, new))
    return copy


def tell(number, good, what, why):
    """One result; `why` may have several lines."""
    if good:
        print("ok %d - %s" % (number, what), flush=True)
    else:
        print("not ok %d - %s\n# %s" % (number, what, why.replace("\n", "\n# ")), flush=True)


def attempt(noticed_by, *arguments):
    """(what noticed or None, what was broken or None)"""
    try:
        return noticed_by(*arguments), None
    except Broken as error:
        return None, str(error)


def texts(mutations):
    """Whether each can be put in, without trying it: what is tried seldom gets out of date unseen. Status."""
    with tempfile.TemporaryDirectory() as work:
        wrong = [(what, attempt(put_in, work, (file,), file, old, new)[1]) for what, file, old, new, *_ in mutations]
    wrong = ["%s: %s" % (what, broken) for what, broken in wrong if broken]
    tell(1, not wrong, "%d faults of %s can be put in" % (len(mutations), os.path.basename(sys.argv[0])), "\n".join(wrong))
    print("1..1")
    return 1 if wrong else 0


def chosen(mutations):
    """All, or those whose name has a word of the command line."""
    return [m for m in mutations if len(sys.argv) < 2 or any(word in m[0] for word in sys.argv[1:])]


def main(mutations, parts, bench_class):
    """Tries what is chosen of the faults, or with --texts only puts them in; status."""
    if sys.argv[1:] == ["--texts"]:
        return texts(mutations)
    mutations = chosen(mutations)
    failed = 0
    print("# SEED=" + SEED)
    with tempfile.TemporaryDirectory() as work:
        said = None
        bench, broken = attempt(bench_class, work)
        # A test that fails without a fault would notice every one.
        if bench:
            said, broken = attempt(bench.noticed_by)
        tell(1, not (said or broken), "without a fault all tests pass", said or broken or "")
        if said or broken:
            print("1..1")
            return 1
        for number, (what, file, old, new, *more) in enumerate(mutations, 2):
            said, broken = attempt(lambda: bench.noticed_by(put_in(work, parts, file, old, new), file, *more))
            failed += not said
            tell(number, said, "caught: %s (%s)" % (what, said) if said else "not caught: " + what,
                 broken or "no test notices")
    print("1..%d" % (len(mutations) + 1))
    return 1 if failed or not mutations else 0
