#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Who includes whom in src/, held against how the module is built up. Says what breaks a rule, and exits with 1.

  layers.py [SRC]

A file and its header count as one. In a circle of files that include each other nothing can be understood, tested or
changed alone: four may be in one, since peers hold sessions, sessions hold peers, and both ways of a packet know both.
protocol/ and reorder/ include only what is beside them, and of the kernel only what their port.h does.
"""

import pathlib
import re
import sys

CIRCLE = {"peer", "rx", "session", "tx"}
PURE = ("protocol", "reorder")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.M)


def includes(path):
    return INCLUDE.findall(path.read_text(encoding="utf-8"))


def impure(folder):
    """What a pure part takes from elsewhere."""
    files = sorted(folder.rglob("*.[ch]"))
    if not files:
        yield "%s: has no files" % folder
    for path in files:
        if path.parent != folder:
            yield "%s: a folder in a pure part" % path.relative_to(folder.parent)
        if re.search(r"^\s*extern\b[^\n]*\(", path.read_text(encoding="utf-8"), re.M):
            yield "%s/%s: extern: what is used is included" % (folder.name, path.name)
        for kind, name in includes(path):
            if kind == "<" and path.name != "port.h":
                yield "%s/%s: <%s>: only port.h includes what is outside" % (folder.name, path.name, name)
            if kind == '"' and ("/" in name or not (folder / name).is_file()):
                yield '%s/%s: "%s": is not of %s/' % (folder.name, path.name, name, folder.name)


def graph(src):
    """The files of the module, and those that each includes."""
    rooms = {}
    for path in sorted(src.glob("*.[ch]")) + sorted(src.glob("control/*.[ch]")):
        room = str(path.relative_to(src).with_suffix(""))
        targets = {str(pathlib.PurePath(name).with_suffix("")) for kind, name in includes(path) if kind == '"'}
        rooms.setdefault(room, set()).update(targets - {room})
    return {room: targets & set(rooms) for room, targets in rooms.items()}


def reached(rooms, start):
    seen, todo = set(), [start]
    while todo:
        for room in rooms[todo.pop()] - seen:
            seen.add(room)
            todo.append(room)
    return seen


def circles(rooms):
    """Each set of files that reach each other, once."""
    reach = {room: reached(rooms, room) for room in rooms}
    return {frozenset(other for other in reach[room] if room in reach[other]) for room in rooms if room in reach[room]}


def main():
    src = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2] / "src")
    wrong = [line for name in PURE for line in impure(src / name)]
    for circle in circles(graph(src)):
        if not circle <= CIRCLE:
            wrong.append("these include each other: " + ", ".join(sorted(circle)))
    print("\n".join(sorted(wrong)), end="\n" if wrong else "")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
