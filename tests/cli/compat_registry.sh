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

# A subject whose schema refers to another one.
post()
{
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    printf 'POST %s HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' \
        "$1" "${#2}" "$2" >&3
    cat <&3
    exec 3>&-
}
post /subjects/money/versions '{"schema":"{\"type\":\"record\",\"name\":\"Money\",\"fields\":[{\"name\":\"cents\",\"type\":\"long\"}]}"}' >/dev/null
check_has "a schema with a reference is registered" "$(post /subjects/bill/versions \
    '{"schema":"{\"type\":\"record\",\"name\":\"Bill\",\"fields\":[{\"name\":\"sum\",\"type\":\"Money\"}]}","references":[{"name":"Money","subject":"money","version":1}]}')" \
    '"version":1'
cat >bill.avsc <<'END'
{"type": "record", "name": "Bill", "fields": [{"name": "sum", "type":
    {"type": "record", "name": "Money", "fields": [
        {"name": "cents", "type": "long"},
        {"name": "currency", "type": "string"}]}}]}
END
check_exit "what it refers to is checked, too" 1 "$TREATY" compat-check \
    -registry "$registry" -subject bill -proposed bill.avsc
check_has "and named" "$(cat out)" "READER_FIELD_MISSING_DEFAULT_VALUE"

cat >bill2.avsc <<'END'
{"type": "record", "name": "Bill", "fields": [{"name": "sum", "type": "Money"},
    {"name": "note", "type": "string", "default": ""}]}
END
check_exit "the proposed one may refer to schemas, too" 0 "$TREATY" compat-check \
    -registry "$registry" -subject bill -reference Money=money:1 \
    -proposed bill2.avsc
check_exit "or must define what it uses" 2 "$TREATY" compat-check \
    -registry "$registry" -subject bill -proposed bill2.avsc

stop_process "$pid"
check_exit "a registry that is down ends with 2" 2 "$TREATY" compat-check \
    -registry "$registry" -subject orders-value -proposed "$s/order-v1.avsc"
done_testing
