#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
The corpus is one text file, so that the tree holds no binary files and not
hundreds of small ones: a list of inputs as hexadecimal digits.

    corpus.py unpack FILE FOLDER    a file for each input; FOLDER must not exist
    corpus.py pack FOLDER FILE
"""
import json
import os
import sys


def unpack(file, folder):
    with open(file, encoding="ascii") as f:
        inputs = json.load(f)
    os.makedirs(folder)
    for number, text in enumerate(inputs):
        with open(os.path.join(folder, "%04d" % number), "wb") as f:
            f.write(bytes.fromhex(text))


def pack(folder, file):
    inputs = []
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as f:
            inputs.append(f.read().hex())
    # Short ones first: what they find is easier to understand.
    inputs.sort(key=lambda text: (len(text), text))
    with open(file, "w", encoding="ascii") as f:
        json.dump(inputs, f, indent=0)
        f.write("\n")


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in ("pack", "unpack"):
        sys.exit(__doc__)
    (pack if sys.argv[1] == "pack" else unpack)(sys.argv[2], sys.argv[3])


if __name__ == "__main__":
    main()
