#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Credentials given as flags or in a URL are in no list of processes and in no
# message.
. "$(dirname "$0")/../harness/tap.sh"

# Nobody listens there, so that the program stays while it tries again.
port=$(free_port)
schema=$TREATY_SOURCE/schemas/order-v1.avsc

# The program runs, has become treaty-stream, and shows no secret.
hidden()
{
    tr '\0' ' ' <"/proc/$1/cmdline" >line || return 1
    grep -q compat-check line && ! grep -q hunter2 line
}

hides()
{
    local name=$1

    shift
    spawn client "$TREATY" compat-check -subject s -proposed "$schema" "$@"
    # It starts with them, reads its flags, and wipes them out.
    if wait_until 5 hidden "$pid"; then
        ok "$name: hidden from the list of processes"
    else
        not_ok "$name: hidden from the list of processes" \
            "$(tr '\0' ' ' <"/proc/$pid/cmdline")"
    fi
    wait "$pid"
    check_eq "$name: hidden from messages" \
        "$(cat client.out client.err | grep -c hunter2)" 0
    check_has "$name: yet the failure is told" "$(cat client.err)" "127.0.0.1"
}

hides user -registry "http://127.0.0.1:$port" -registry-user=ann:hunter2
hides token -registry "http://127.0.0.1:$port" -registry-token hunter2
hides url -registry "http://ann:hunter2@127.0.0.1:$port"
TREATY_REGISTRY_PASSWORD=hunter2 hides environment \
    -registry "http://127.0.0.1:$port" -registry-user ann
done_testing
