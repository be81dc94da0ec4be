#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `treaty compat-check` against a registry.
. "$(dirname "$0")/../harness/tap.sh"

s=$TREATY_SOURCE/schemas
port=$(free_port)
registry=http://127.0.0.1:$port
spawn registry "$TREATY" registry -store memory: -listen "127.0.0.1:$port"
wait_for_port "$port" || bail "the registry does not listen"
check_exit "a subject without versions takes anything" 0 "$TREATY" compat-check \
    -registry "$registry" -subject orders-value -proposed "$s/order-v1.avsc"
stop_process "$pid"
check_exit "a registry that is down ends with 2" 2 "$TREATY" compat-check \
    -registry "$registry" -subject orders-value -proposed "$s/order-v1.avsc"
done_testing
