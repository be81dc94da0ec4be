#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# suite: full
#
# One of three brokers is killed under load, and comes back: nothing that was
# acknowledged is lost, nothing comes twice out of the producers, and the
# consumers catch up.
. "$(dirname "$0")/../harness/tap.sh"

schemas=$TREATY_SOURCE/schemas
kafka=$TREATY_SOURCE/tools/kafka
export TREATY_KAFKA_DIR=$tmp/kafka
trap '"$kafka" stop; tap_cleanup' EXIT
port=$(free_port)
topic=killed
rate=500
seconds=40
export TREATY_REGISTRY_URL=http://127.0.0.1:$port

KAFKA=$("$kafka" start) || bail "no brokers"
spawn registry "$TREATY" registry -store memory: -listen "127.0.0.1:$port"
wait_for_port "$port" || bail "the registry does not listen"

check_exit "the topic is there" 0 \
    "$TREATY" producer -bootstrap "$KAFKA" -topic $topic -quiet -seed 1 \
    -schema "$schemas/order-v3.avsc" -count 1
spawn consumer "$TREATY" consumer -bootstrap "$KAFKA" -topic $topic -group g \
    -schema "$schemas/order-v4.avsc" -verify -instances 3 -quiet \
    -X fetch.min.bytes=1
consumer=$pid
spawn producer "$TREATY" producer -bootstrap "$KAFKA" -topic $topic -quiet \
    -schema "$schemas/order-v3.avsc" -seed 2 -instances 4 -rate $rate \
    -count $((rate * seconds)) -X queue.buffering.max.messages=100000
producer=$pid

sleep 8
check "a broker is killed" "$kafka" kill 2
sleep 12
check "it comes back" "$kafka" restart 2
wait "$producer"
check_eq "the producer ends well" $? 0
check_has "with every event acknowledged" "$(cat "$tmp/producer.out")" \
    "\"acked\":$((4 * rate * seconds)),\"failed\":0"

# What the group has not read yet is read within seconds.
sleep 8
stop_process "$consumer" INT
check_eq "the consumers end well" "$status" 0
report=$(cat "$tmp/consumer.out")
note "$report"
check_has "nothing differs" "$report" '"mismatched":0'
check_eq "each producer's events are all there" \
    "$(grep -o "\"first\":0,\"last\":$((rate * seconds - 1)),\"seen\":$((rate * \
        seconds)),\"duplicates\":[0-9]*,\"missing\":0" <<<"$report" | wc -l)" 4

# In the log each event stands once: the producers are idempotent.
check_exit "all of it is read again" 0 \
    "$TREATY" consumer -bootstrap "$KAFKA" -topic $topic -exit -verify -quiet
check_eq "the log has every event" "$(grep -o '"consumed":[0-9]*' "$tmp/out")" \
    "\"consumed\":$((4 * rate * seconds + 1))"
check_eq "and none twice" "$(grep -c '"duplicates":[1-9]' "$tmp/out")" 0
done_testing
