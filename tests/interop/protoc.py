# SPDX-License-Identifier: Apache-2.0
"""Ask protoc about every text of the corpus: protoc.py CORPUS.

A paragraph that has a line "protoc: accepts" or "protoc: refuses" is a case;
its text is what stands behind "| ". Imports are found in CORPUS/imports.
"""

import os
import sys
import tempfile

import grpc_tools
from grpc_tools import protoc

WELL_KNOWN = os.path.join(os.path.dirname(grpc_tools.__file__), "_proto")


def cases(path):
    """Yield (line number, expected verdict, text)."""
    number = 1
    with open(path, encoding="utf-8", newline="") as file:
        content = file.read()
    for paragraph in content.split("\n\n"):
        lines = paragraph.split("\n")
        verdict = None
        text = []
        for line in lines:
            if line.startswith("protoc: "):
                verdict = line[len("protoc: "):]
            elif line.startswith("|"):
                text.append(line[2:])
        if verdict:
            yield number, verdict, "\n".join(text)
        number += len(lines) + 1


def ask(folder, imports, text):
    """protoc's verdict; what it prints is of no interest."""
    with open(os.path.join(folder, "case.proto"), "w", encoding="utf-8",
              newline="") as file:
        file.write(text)
    saved = os.dup(2)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    try:
        status = protoc.main(["protoc", "-I" + folder, "-I" + imports,
                              "-I" + WELL_KNOWN, "-o" + os.devnull,
                              "case.proto"])
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(silence)
    return "refuses" if status else "accepts"


def main(corpus):
    imports = os.path.join(corpus, "imports")
    for name in sorted(os.listdir(corpus)):
        if not name.endswith(".test"):
            continue
        count = 0
        wrong = []
        with tempfile.TemporaryDirectory() as folder:
            for number, verdict, text in cases(os.path.join(corpus, name)):
                count += 1
                said = ask(folder, imports, text)
                if said != verdict:
                    wrong.append("%s:%d: protoc %s" % (name, number, said))
        for line in wrong:
            print("# " + line)
        if wrong:
            print("not ok protoc agrees with %s: %d of %d differ" %
                  (name, len(wrong), count))
        elif count:
            print("ok protoc agrees with %d texts of %s" % (count, name))


main(sys.argv[1])
