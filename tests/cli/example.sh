#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The example of the documentation, against a registry.
. "$(dirname "$0")/../harness/tap.sh"

port=$(free_port)
spawn registry "$TREATY" registry -listen "127.0.0.1:$port" -store memory:
registry=$pid
wait_for_port "$port" || bail "the registry does not start"

export TREATY_REGISTRY_URL=http://127.0.0.1:$port
check_eq "writes one version and reads the next" \
    "$("$TREATY_BUILD/docs/example")" "11 bytes: db-1 is in zone here"
check_has "the schema is registered" \
    "$(curl -s "$TREATY_REGISTRY_URL/subjects")" '"pings-value"'

export TREATY_REGISTRY_URL=http://me:secret@127.0.0.1:1
out=$("$TREATY_BUILD/docs/example")
check_has "says why it cannot ask" "$out" \
    "TREATY_EUNREACHABLE: http://127.0.0.1:1 cannot be asked"
check "tells no secret" test "${out/secret/}" = "$out"
stop_process "$registry"
done_testing
