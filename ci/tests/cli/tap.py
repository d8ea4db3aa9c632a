# SPDX-License-Identifier: GPL-2.0
"""Test points for the tests of the command, as TAP."""

import traceback


class Tap:
    def __init__(self):
        self.run = self.failed = 0

    def point(self, good, name, *why):
        self.run += 1
        if not good:
            self.failed += 1
            for text in why:
                print("\n".join("#   " + line for line in str(text).splitlines()))
        print(f"{'ok' if good else 'not ok'} {self.run} - {name}", flush=True)
        return good

    def same(self, got, wanted, name):
        return self.point(got == wanted, name, f"got    {got!r}", f"wanted {wanted!r}")

    def refused(self, result, code, *parts):
        """Nothing but one line of an error, which has all of these parts, and that status."""
        lines = result.stderr.splitlines()
        good = (result.returncode == code and not result.stdout and len(lines) == 1 and lines[0].startswith("wireguard-reorder: ") and
                all(part in lines[0] for part in parts))
        return self.point(good, f"{' '.join(map(str, result.args[1:]))}: refused: {parts[0]}",
                          f"status {result.returncode}, wanted {code} and {parts}", result.stdout, result.stderr)

    def tests(self, functions):
        """Run them all: an exception is a failed test point."""
        for function in functions:
            try:
                function()
            except Exception:  # pylint: disable=broad-except
                self.point(False, function.__name__, traceback.format_exc())

    def done(self):
        print(f"1..{self.run}")
        return self.failed != 0 or not self.run
