#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `treaty registry` as a program: how it starts, answers, stops, starts again
# with what it had, and what it refuses.
. "$(dirname "$0")/../harness/tap.sh"

. "$TREATY_SOURCE/tests/harness/registry.sh"

start first -store "sqlite:$tmp/store.db"
first=$pid
check_has "it says where it listens" "$url" http://127.0.0.1:
ask GET /subjects
check_eq "it answers" "$code $body" "200 []"
ask POST /subjects/a/versions '{"schema":"\"int\""}'
check_has "it registers" "$code $body" '200 {"id":1,"version":1,'
ask PUT /config/a '{"compatibility":"FULL"}'
check_eq "it configures" "$code $body" '200 {"compatibility":"FULL"}'

check_exit "a second one on the same store is refused" 2 \
    "$TREATY" registry -listen 127.0.0.1:0 -store "sqlite:$tmp/store.db"
check_has "with the reason" "$(cat "$tmp/err")" store.db
check_exit "a port that is taken is refused" 2 \
    "$TREATY" registry -listen "127.0.0.1:$port" -store memory:
check_has "with the reason" "$(cat "$tmp/err")" "Address already in use"
ask GET /schemas/ids/1
check_has "the first one goes on" "$code $body" '200 {"guid":'

ask GET /metrics
for name in $(echo "$body" | sed -n 's/^# TYPE \(treaty_[a-z_]*\) .*/\1/p'); do
    check "the manual tells what $name is" \
        grep -q "$name" "$TREATY_SOURCE/docs/man/treaty-registry.1.in"
done

stop_process "$first"
check_eq "it stops with status 0 when asked to" "$status" 0
check_has "and says so" "$(cat "$tmp/first.err")" stopping

start second -store "sqlite:$tmp/store.db" -threads 4 -log json
ask GET /subjects/a/versions/latest
check_has "what was registered is there again" "$code $body" \
    '200 {"subject":"a","version":1,"id":1,'
ask GET /config/a
check_eq "and what was configured" "$code $body" \
    '200 {"compatibilityLevel":"FULL"}'
stop_process "$pid" INT
check_eq "an interrupt stops it too" "$status" 0
check_has "the log is JSON when asked for" "$(cat "$tmp/second.err")" \
    '"level":"info"'

start third -store "sqlite:$tmp/store.db"
stop_process "$pid" KILL
start fourth -store "sqlite:$tmp/store.db"
ask GET /subjects
check_eq "being killed loses nothing" "$code $body" '200 ["a"]'
stop_process "$pid"

# What protoc refuses is taken or not, and stays once it was taken.
loose='syntax = \"proto3\"; message M { int32 a = 19000; }'
start loose -store "sqlite:$tmp/loose.db"
ask POST /subjects/l/versions "{\"schemaType\":\"PROTOBUF\",\"schema\":\"$loose\"}"
check_has "what only protoc refuses is taken" "$code $body" '200 {"id":1,'
check_has "and logged" "$(cat "$tmp/loose.err")" \
    'subject=l version=1 id=1 reason="'
stop_process "$pid"
start strict -store "sqlite:$tmp/loose.db" -validation protoc
ask GET /schemas/ids/1/schema
check_has "a strict registry serves what is stored" "$code $body" \
    '200 syntax = "proto3";'
ask POST /subjects/l/versions "{\"schemaType\":\"PROTOBUF\",\"schema\":\"$loose\"}"
check_has "and takes it for what it is" "$code $body" '200 {"id":1,"version":1,'
ask POST /compatibility/subjects/l/versions/1?verbose=true \
    '{"schemaType":"PROTOBUF","schema":"syntax = \"proto3\"; message M { int32 a = 1; }"}'
check_eq "and compares with it" "$code $body" '200 {"is_compatible":true}'
ask POST /subjects/m/versions "{\"schemaType\":\"PROTOBUF\",\"schema\":\"$loose /* */\"}"
check_has "elsewhere it refuses it" "$code $body" '422 {"error_code":42201,'
stop_process "$pid"

start old -store memory: -compat-version 7
ask POST /subjects/a/versions '{"schema":"\"int\""}'
check_eq "a release before 8.0 answers with the id alone" "$code $body" \
    '200 {"id":1}'
ask POST /subjects/a/versions '{"schema":"\"string\""}'
check_has "and with the old code" "$code $body" '409 {"error_code":409,'
stop_process "$pid"

start fifth -store memory: -compat FORWARD_TRANSITIVE
ask GET /config
check_eq "the default level is a flag" "$code $body" \
    '200 {"compatibilityLevel":"FORWARD_TRANSITIVE"}'
stop_process "$pid"

check_exit "an unknown level is refused" 2 \
    "$TREATY" registry -listen 127.0.0.1:0 -store memory: -compat SIDEWAYS
check_has "by name" "$(cat "$tmp/err")" SIDEWAYS
check_exit "an unknown store is refused" 2 \
    "$TREATY" registry -listen 127.0.0.1:0 -store paper:x
check_exit "a certificate needs its key" 2 \
    "$TREATY" registry -store memory: -tls-cert x
check_exit "an address that is none is refused" 2 \
    "$TREATY" registry -store memory: -listen 8081
check_has "with an example of one" "$(cat "$tmp/err")" 127.0.0.1:8081
check_exit "help is help" 0 "$TREATY" registry --help
check_has "and tells the defaults" "$(cat "$tmp/out")" "default 127.0.0.1:8081"

check_exit "an unknown command is refused" 2 "$TREATY" regsitry
check_has "with a suggestion" "$(cat "$tmp/err")" 'did you mean "registry"?'
check_exit "no command at all is wrong usage" 2 "$TREATY"
check_exit "the version is told" 0 "$TREATY" --version
check_has "by number" "$(cat "$tmp/out")" "treaty "

done_testing
