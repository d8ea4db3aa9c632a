#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Says which links of pages in Markdown lead nowhere, and exits with 1 if any does.

  links.py PAGE|FOLDER|PACKAGE...     of a folder, a .deb or a .rpm all pages in it; there has to be one
"""

import pathlib
import re
import subprocess
import sys
import tempfile


def broken(page):
    """Links to files that are not there, and to headings that the page itself does not have."""
    text = page.read_text()
    here = {re.sub("[^a-z0-9 -]", "", line.lower()).replace(" ", "-") for line in re.findall(r"^#+ (.*)$", text, re.M)}
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        to, _, heading = link.partition("#")
        if not to and heading not in here or "://" not in link and not (page.parent / to).exists():
            yield link


UNPACK = {".deb": 'dpkg-deb -x "$1" .', ".rpm": 'rpm2cpio "$1" | cpio -id --quiet'}


def found(where):
    if where.suffix in UNPACK:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["sh", "-ec", UNPACK[where.suffix], "sh", where.resolve()], cwd=folder, check=True)
            return found(pathlib.Path(folder))
    pages = sorted(where.rglob("*.md")) if where.is_dir() else [where]
    return [f"{page.name}: {link}" for page in pages for link in broken(page)] + ["no page"] * (not pages)


def main():
    lines = [f"{where}: {line}" for where in sys.argv[1:] for line in found(pathlib.Path(where))]
    for line in lines:
        print(line)
    return bool(lines)


if __name__ == "__main__":
    sys.exit(main())
