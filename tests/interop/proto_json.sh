#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# suite: full
#
# ProtoJSON of events of every kind against that of protobuf's own library in
# Python: what we print it prints and reads, and what it prints we read.
. "$(dirname "$0")/../harness/tap.sh"

here=$TREATY_SOURCE/tests/interop
venv=$TREATY_SOURCE/build/venv-protoc
requirements=$here/protoc_requirements.txt
need_program python3
need_kafka

# One virtual environment serves all runs until the requirements change.
if ! cmp -s "$requirements" "$venv/requirements.txt"; then
    rm -rf "$venv"
    python3 -m venv "$venv" >&2 || bail "python3 -m venv failed"
    "$venv/bin/pip" install -q -r "$requirements" >&2 ||
        bail "pip could not install $(cat "$requirements")"
    cp "$requirements" "$venv/requirements.txt"
fi

port=$(free_port)
export TREATY_REGISTRY_URL=http://127.0.0.1:$port
spawn registry "$TREATY" registry -store memory: -listen "127.0.0.1:$port"
wait_for_port "$port" || bail "the registry does not listen"

# Their texts through a topic and back are ours again: order of maps aside.
sorted()
{
    "$venv/bin/python" -c 'import json, sys
for line in sorted(json.dumps(json.loads(line).get("value")
                   if sys.argv[1] == "event" else json.loads(line),
                   sort_keys=True) for line in sys.stdin):
    print(line)' "$1"
}

for name in two three; do
    schema=$here/json/$name.proto
    "$TREATY" gen -schema "$schema" -edge -count 500 -seed 11 -o raw >events
    "$TREATY" gen -schema "$schema" -edge -count 500 -seed 11 -o json >texts
    while IFS= read -r line; do
        case $line in
        "ok "*) ok "${line#ok }" ;;
        "not ok "*) not_ok "${line#not ok }" "in proto_json.py" ;;
        *) note "${line:0:400}" ;;
        esac
    done < <("$venv/bin/python" "$here/proto_json.py" "$schema" events texts \
        theirs 2>&1 || echo "not ok proto_json.py ends well")
    check_exit "$name.proto: their texts are read" 0 "$TREATY" producer \
        -bootstrap "$KAFKA" -topic "json-$name-$$" -schema "$schema" \
        -in theirs -quiet
    check_exit "$name.proto: and printed" 0 "$TREATY" consumer \
        -bootstrap "$KAFKA" -topic "json-$name-$$" -exit -o json -quiet
    sorted event <out >back
    sorted text <texts >wanted
    check "$name.proto: as they were" cmp back wanted
done

done_testing
