#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Orders over real brokers: a producer on version 1, consumers on version 2,
# garbage into the quarantine and back, a tombstone, a registry that goes away.
# ORDERS_FORMAT is avro, or protobuf (orders_protobuf.sh).
. "$(dirname "$0")/../harness/tap.sh"

need_kafka
format=${ORDERS_FORMAT:-avro}
if [ "$format" = protobuf ]; then
    schemas=$TREATY_SOURCE/schemas/order/protobuf
    ending=proto
    # A frame of message 0 whose first field is longer than what is there.
    cut=0000000001000a24
    printed='"version":1,"message":"treaty.example.Order","value":{"orderId":'
    item='"message":"Item","value":{"sku":"a","qty":1,"priceCents":"5"}'
else
    schemas=$TREATY_SOURCE/schemas
    ending=avsc
    cut=0000000001
    printed='"version":1,"value":{"order_id":'
    item='"value":{"sku":"a","qty":1,"price_cents":5}'
fi
port=$(free_port)
topic=orders-$$
export TREATY_REGISTRY_URL=http://127.0.0.1:$port

start_registry()
{
    spawn registry "$TREATY" registry -store "sqlite:$tmp/registry.db" \
        -listen "127.0.0.1:$port"
    registry=$pid
    wait_for_port "$port" || bail "the registry does not listen:
$(cat "$tmp/registry.err")"
}

# The number at a path of the report in $tmp/out: count GROUP NAME.
count()
{
    grep -o "\"$1\":{[^}]*}" "$tmp/out" | grep -o "\"$2\":[0-9]*" |
        cut -d: -f2
}

put()
{
    printf '%s\n' "$@" |
        "$TREATY_BUILD/tests/kafka_put" "$KAFKA" "$topic"
}

consume()
{
    "$TREATY" consumer -bootstrap "$KAFKA" -topic "$topic" -quiet "$@"
}

start_registry

check_exit "a producer registers version 1 and writes" 0 \
    "$TREATY" producer -bootstrap "$KAFKA" -topic "$topic" -seed 7 \
    -schema "$schemas/order-v1.$ending" -compat BACKWARD -count 500
check_eq "all events are acknowledged" "$(count events acked)" 500

check_exit "another level is refused" 2 \
    "$TREATY" producer -bootstrap "$KAFKA" -topic "$topic" -count 1 \
    -schema "$schemas/order-v1.$ending" -compat FULL
check_has "by name" "$(cat "$tmp/err")" "has the level BACKWARD, not FULL"
check_exit "a breaking schema is refused" 1 \
    "$TREATY" producer -bootstrap "$KAFKA" -topic "$topic" -count 1 \
    -schema "$schemas/broken-add-required.$ending"

check_exit "version 2 reads what version 1 wrote" 0 \
    consume -group g1 -schema "$schemas/order-v2.$ending" -exit -verify
check_eq "every event" "$(count events consumed)" 500
check_eq "and nothing differs" "$(count verified mismatched)" 0
check_eq "every event is compared" "$(count verified events)" 500
check_has "no sequence is missing" "$(cat "$tmp/out")" \
    '"first":0,"last":499,"seen":500,"duplicates":0,"missing":0'
check_has "the writer's version is known" "$(cat "$tmp/out")" \
    '"versions":{"1":500}'
check_eq "the registry is asked once" "$(count registry requests)" 1

check_exit "events are printed" 0 consume -offset -3 -o json \
    -schema "$schemas/order-v2.$ending" -exit
check_has "with a default that the writer lacks" "$(cat "$tmp/out")" \
    "$printed"

# Garbage between good events; ids and payloads that nobody can read.
put "k1 ffee a=1 b=2" "k2 -" "k3 000000ffff00" "k4 $cut" "k5 00"
check_exit "the group goes on past garbage" 0 \
    consume -group g1 -schema "$schemas/order-v2.$ending" -exit -verify
check_eq "four records are quarantined" "$(count events copied)" 4
check_eq "the tombstone is not" "$(count events tombstones)" 1
check_eq "nothing came twice" "$(count events consumed)" 1
check_has "reasons are counted" "$(cat "$tmp/out")" \
    "\"$topic-value/unknown-id\":1"
check_has "each one" "$(cat "$tmp/out")" "\"$topic-value/not-a-frame\":2"
check_has "of them" "$(cat "$tmp/out")" "\"$topic-value/truncated\":1"

check_exit "quarantined records can be looked at" 0 \
    "$TREATY" consumer -bootstrap "$KAFKA" -topic "$topic.quarantine" -o hex \
    -exit -quiet
sort "$tmp/out" -t'"' -k 8 >"$tmp/quarantine"
check_eq "four of them" "$(wc -l <"$tmp/quarantine")" 4
line=$(grep '"key":"k1"' "$tmp/quarantine")
check_has "with their value" "$line" '"value_hex":"ffee"'
check_has "their headers" "$line" \
    '{"name":"a","value":"1"},{"name":"b","value":"2"}'
check_has "where they come from" "$line" \
    "{\"name\":\"treaty.quarantine.topic\",\"value\":\"$topic\"}"
check_has "and why" "$line" \
    '{"name":"treaty.quarantine.reason","value":"not-a-frame"}'
check_has "the schema id is told" "$(grep '"key":"k3"' "$tmp/quarantine")" \
    '{"name":"treaty.quarantine.schema_id","value":"65535"}'

check_exit "they are sent back" 0 consume -requeue
check_eq "all four" "$(count events requeued)" 4
check_exit "once" 0 consume -requeue
check_eq "only" "$(count events requeued)" 0
check_exit "those that fail again are passed" 0 \
    consume -group g1 -schema "$schemas/order-v2.$ending" -exit
check_eq "all four of them" "$(count events failed_again)" 4
check_eq "and not quarantined again" "$(count events copied)" 0

# The registry goes away while a new version is on its way.
check_exit "version 3 is produced" 0 \
    "$TREATY" producer -bootstrap "$KAFKA" -topic "$topic" -seed 8 \
    -schema "$schemas/order-v3.$ending" -count 300
stop_process "$registry"
spawn waiting "$TREATY" consumer -bootstrap "$KAFKA" -topic "$topic" \
    -group g1 -schema "$schemas/order-v2.$ending" -exit -verify -quiet
waiting=$pid
waits_for_registry()
{
    grep -q 'waits for the registry' "$tmp/waiting.err"
}
check "a consumer without its registry waits" wait_until 20 waits_for_registry
sleep 1
check "and does not give up" kill -0 "$waiting"
start_registry
wait "$waiting"
check_eq "it ends well once the registry is back" "$?" 0
mv "$tmp/waiting.out" "$tmp/out"
check_eq "with every event" "$(count events consumed)" 300
check_eq "none of them quarantined" "$(count events rejected)" 0
check_eq "all as written" "$(count verified mismatched)" 0

# Four instances of a producer and of a consumer.
check_exit "instances share the work" 0 \
    "$TREATY" producer -bootstrap "$KAFKA" -topic "$topic" -seed 9 \
    -schema "$schemas/order-v4.$ending" -count 500 -instances 4
check_eq "and the report is of all" "$(count events acked)" 2000
check_exit "a group of four reads it all" 0 \
    consume -group g1 -reader-version latest -exit -verify -instances 4
check_eq "each event once" "$(count events consumed)" 2000
check_eq "as it was written" "$(count verified mismatched)" 0

# Too much garbage stops a partition until somebody says that it may go on.
topic=garbage-$$
put "k ff" "k fe" "k fd"
spawn stopping "$TREATY" consumer -bootstrap "$KAFKA" -topic "$topic" \
    -group g -quarantine-max-ratio 0.0001 -exit -quiet
stopping=$pid
stopped()
{
    [ "$(grep -c 'stopped: too many' "$tmp/stopping.err")" = "$1" ]
}
check "above the ratio a partition stops" wait_until 20 stopped 1
kill -USR1 "$stopping"
check "it goes on when told to, and stops again" wait_until 20 stopped 2
kill -USR1 "$stopping"
wait "$stopping"
check_eq "until all is quarantined" "$?" 0
mv "$tmp/stopping.out" "$tmp/out"
check_eq "each once" "$(count events copied)" 3
check_has "and each is counted once" "$(cat "$tmp/out")" \
    "\"$topic-value/not-a-frame\":3"

# Events come in as JSON lines, too.
printf '%s\n' \
    '{"sku":"a","qty":1,"price_cents":5}' \
    '{"sku":"b","qty":"two","price_cents":5}' \
    '{"sku":"c","qty":3,"price_cents":5' \
    '' \
    '{"sku":"d","qty":4,"price_cents":6}' >"$tmp/items"
cat >"$tmp/item.proto" <<'END'
syntax = "proto3";
message Item { string sku = 1; int32 qty = 2; int64 price_cents = 3; }
END
cat >"$tmp/item.avsc" <<'END'
{"type":"record","name":"Item","fields":[{"name":"sku","type":"string"},
{"name":"qty","type":"int"},{"name":"price_cents","type":"long"}]}
END
check_exit "bad lines are told of" 1 \
    "$TREATY" producer -bootstrap "$KAFKA" -topic "items-$$" -key sku \
    -schema "$tmp/item.$ending" -in "$tmp/items"
check_has "by line and column" "$(cat "$tmp/err")" "items:2:18: "
check_has "each one" "$(cat "$tmp/err")" "items:3:"
check_exit "the others are there" 0 \
    "$TREATY" consumer -bootstrap "$KAFKA" -topic "items-$$" -o json -exit
check_has "with their key" "$(cat "$tmp/out")" '"key":"d"'
check_has "and value" "$(cat "$tmp/out")" \
    "$item"
check_eq "and no others" "$(wc -l <"$tmp/out")" 2

done_testing
