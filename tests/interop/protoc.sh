#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# suite: full
#
# Are the verdicts in tests/corpus/protobuf really protoc's? Those that our
# unit tests hold the checks against are asked of the protoc inside the pinned
# grpcio-tools again.
. "$(dirname "$0")/../harness/tap.sh"

here=$TREATY_SOURCE/tests/interop
venv=$TREATY_SOURCE/build/venv-protoc
requirements=$here/protoc_requirements.txt
need_program python3

# One virtual environment serves all runs until the requirements change.
if ! cmp -s "$requirements" "$venv/requirements.txt"; then
    rm -rf "$venv"
    python3 -m venv "$venv" >&2 || bail "python3 -m venv failed"
    "$venv/bin/pip" install -q -r "$requirements" >&2 ||
        bail "pip could not install $(cat "$requirements")"
    cp "$requirements" "$venv/requirements.txt"
fi

# The Python side prints a line a file: "ok NAME" or "not ok NAME: WHY".
while IFS= read -r line; do
    case $line in
    "ok "*) ok "${line#ok }" ;;
    "not ok "*) not_ok "${line#not ok }" "in protoc.py" ;;
    *) note "$line" ;;
    esac
done < <("$venv/bin/python" "$here/protoc.py" \
    "$TREATY_SOURCE/tests/corpus/protobuf" 2>&1 ||
    echo "not ok protoc.py ends well")

done_testing
