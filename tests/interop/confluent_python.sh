#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# suite: full
#
# The official Python client against `treaty registry`, unchanged, and both
# ways with Treaty's producer and consumer over real brokers.
. "$(dirname "$0")/../harness/tap.sh"

here=$TREATY_SOURCE/tests/interop
venv=$TREATY_SOURCE/build/venv
need_program python3
need_kafka

# One virtual environment serves all runs until the requirements change.
if ! cmp -s "$here/requirements.txt" "$venv/requirements.txt"; then
    rm -rf "$venv"
    python3 -m venv "$venv" >&2 || bail "python3 -m venv failed"
    "$venv/bin/pip" install -q -r "$here/requirements.txt" >&2 ||
        bail "pip could not install $(cat "$here/requirements.txt")"
    cp "$here/requirements.txt" "$venv/requirements.txt"
fi

port=$(free_port)
spawn registry "$TREATY" registry -store memory: -listen "127.0.0.1:$port"
wait_for_port "$port" || bail "the registry does not listen"
export REGISTRY=http://127.0.0.1:$port
export SCHEMAS=$TREATY_SOURCE/schemas

# The Python side prints a line a result: "ok NAME" or "not ok NAME: WHY".
python_steps()
{
    local line

    while IFS= read -r line; do
        case $line in
        "ok "*) ok "${line#ok }" ;;
        "not ok "*) not_ok "${line#not ok }" "in confluent.py" ;;
        *) note "$line" ;;
        esac
    done < <("$venv/bin/python" "$here/confluent.py" "$@" 2>&1 ||
        echo "not ok confluent.py $1 ends well")
}

python_steps registry
python_steps produce from-python 200
check_exit "treaty consumer reads what Python wrote" 0 \
    "$TREATY" consumer -bootstrap "$KAFKA" -registry "$REGISTRY" \
    -topic from-python -schema "$SCHEMAS/order-v2.avsc" -offset beginning \
    -count 200 -exit -o json
check_eq "all 200 events came" "$(grep -c '"order_id"' "$tmp/out")" 200
check_has "a field that the writer lacks has its default" \
    "$(head -1 "$tmp/out")" '"customer_email":null'

check_exit "treaty producer writes 200 events" 0 \
    "$TREATY" producer -bootstrap "$KAFKA" -registry "$REGISTRY" \
    -topic from-treaty -schema "$SCHEMAS/order-v3.avsc" -count 200 -seed 7
python_steps consume from-treaty 200

stop_process "$pid"
check_eq "the registry stops cleanly" "$status" 0
done_testing
