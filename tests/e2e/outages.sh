#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# suite: full
#
# A hundred registry outages, while members of a group come and go every few
# seconds and always need schemas that they have not seen: every event is
# processed.
. "$(dirname "$0")/../harness/tap.sh"

need_kafka
schemas=$TREATY_SOURCE/schemas
port=$(free_port)
topic=outages-$$
outages=100
rate=150
seconds=75
export TREATY_REGISTRY_URL=http://127.0.0.1:$port
mkdir "$tmp/seen"

run_registry()
{
    "$TREATY" registry -store "sqlite:$tmp/registry.db" \
        -listen "127.0.0.1:$port" >>"$tmp/registry.log" 2>&1 &
    registry=$!
}

# Down for a tenth to half a second, up for a fifth to three fifths.
flap()
{
    local i

    for ((i = 0; i < outages; i++)); do
        kill -9 $registry
        wait $registry 2>/dev/null
        sleep "0.$((RANDOM % 40 + 10))"
        run_registry
        sleep "0.$((RANDOM % 40 + 20))"
    done
}

# One place in the group: a member that lives one to four seconds, then
# another one.
hold_place()
{
    local i=0 member

    while [ ! -e "$tmp/enough" ]; do
        i=$((i + 1))
        "$TREATY" consumer -bootstrap "$KAFKA" -topic "$topic" -group g \
            -schema "$schemas/order-v2.avsc" -X fetch.min.bytes=1 -o json \
            -report "$tmp/seen/$1.$i.report" -quiet \
            >"$tmp/seen/$1.$i.events" 2>"$tmp/seen/$1.$i.err" &
        member=$!
        sleep "$((RANDOM % 3 + 1)).$((RANDOM % 10))"
        kill -INT $member
        wait $member || echo "member $1.$i: $?" >>"$tmp/failed"
    done
}

run_registry
wait_for_port "$port" || bail "the registry does not listen"
for version in 1 2 3 4; do
    check_exit "version $version is registered" 0 \
        "$TREATY" producer -bootstrap "$KAFKA" -topic "$topic" -quiet \
        -schema "$schemas/order-v$version.avsc" -count 1
done
for version in 1 2 3 4; do
    spawn "producer$version" "$TREATY" producer -bootstrap "$KAFKA" \
        -topic "$topic" -schema "$schemas/order-v$version.avsc" -quiet \
        -rate $rate -count $((rate * seconds)) \
        -X linger.ms=50 -X sticky.partitioning.linger.ms=20
    producers+=("$pid")
done
sleep 2
for place in 1 2 3 4; do
    hold_place $place &
    places+=($!)
    tap_pids+=($!)
done
flap
for pid in "${producers[@]}"; do
    wait "$pid" || not_ok "a producer ends well" "status $?"
done
ok "$outages outages are over"
touch "$tmp/enough"
wait "${places[@]}"
check_exit "a last member reads the rest" 0 \
    "$TREATY" consumer -bootstrap "$KAFKA" -topic "$topic" -group g \
    -schema "$schemas/order-v2.avsc" -o json -exit -quiet
cp "$tmp/out" "$tmp/seen/last.events"

check_eq "no member fails" "$(cat "$tmp/failed" 2>/dev/null)" ""
waits=$(cat "$tmp"/seen/*.report | grep -o '"waits":[0-9]*' |
    awk -F: '{ n += $2 } END { print n + 0 }')
note "$(ls "$tmp"/seen/*.report | wc -l) members, $waits waits"
check "members had to wait for the registry" test "$waits" -ge 5
cat "$tmp"/seen/*.events | grep -o '"order_id":"[0-9a-f]*"' | sort |
    uniq -c >"$tmp/ids"
note "$(awk '{ n += $1 - 1 } END { print n + 0 }' "$tmp/ids") seen again"
check_eq "every event is processed" "$(wc -l <"$tmp/ids")" \
    $((4 * rate * seconds + 4))
check_eq "nothing is quarantined" \
    "$(cat "$tmp"/seen/*.report | grep -c '"rejected":[1-9]')" 0
kill $registry
done_testing
