#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Schemas that refer to others, over real brokers: imported files that are
# registered first, references that are in the registry already, one topic with
# several messages.
. "$(dirname "$0")/../harness/tap.sh"

need_kafka
port=$(free_port)
export TREATY_REGISTRY_URL=http://127.0.0.1:$port
spawn registry "$TREATY" registry -store memory: -listen "127.0.0.1:$port"
wait_for_port "$port" || bail "the registry does not listen"

mkdir -p files/lib
cat >files/lib/money.proto <<'END'
syntax = "proto3";
package lib;
import "lib/currency.proto";
message Money { int64 cents = 1; Currency currency = 2; }
END
cat >files/lib/currency.proto <<'END'
syntax = "proto3";
package lib;
enum Currency { CURRENCY_UNSPECIFIED = 0; EUR = 1; USD = 2; }
END
cat >shop.proto <<'END'
syntax = "proto3";
package shop;
import "lib/money.proto";
message Bought { string sku = 1; lib.Money price = 2; }
message Returned { string sku = 1; oneof why { string note = 2; int32 code = 3; } }
END
cat >item.avsc <<'END'
{"type": "record", "name": "Item", "namespace": "shop", "fields": [
    {"name": "sku", "type": "string"}, {"name": "price", "type": "lib.Money"}]}
END
cat >money.avsc <<'END'
{"type": "record", "name": "Money", "namespace": "lib", "fields": [
    {"name": "cents", "type": "long"}]}
END

produce()
{
    "$TREATY" producer -bootstrap "$KAFKA" -quiet "$@"
}

consume()
{
    "$TREATY" consumer -bootstrap "$KAFKA" -exit -quiet "$@"
}

# The number at a path of the report in $tmp/out: count GROUP NAME.
count()
{
    grep -o "\"$1\":{[^}]*}" "$tmp/out" | grep -o "\"$2\":[0-9]*" |
        cut -d: -f2
}

subjects()
{
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    printf 'GET /subjects HTTP/1.0\r\n\r\n' >&3
    tail -1 <&3
    exec 3>&-
}

topic=shop-$$
check_exit "imported files are registered, too" 0 \
    produce -topic "$topic" -schema shop.proto -I files -count 100 -seed 1
check_eq "before the schema" "$(subjects | tr -d ' ')" \
    "[\"lib/currency.proto\",\"lib/money.proto\",\"$topic-value\"]"
check_exit "another message of the schema goes to the same topic" 0 \
    produce -topic "$topic" -schema shop.proto -I files -message shop.Returned \
    -count 100 -seed 2
check_exit "each event is read as what it is" 0 consume -topic "$topic" -verify
check_eq "all of them" "$(count verified events)" 200
check_eq "as they were written" "$(count verified mismatched)" 0
check_exit "the schema need not be at hand" 0 \
    produce -topic "$topic" -count 50 -seed 3
check_eq "to write more" "$(count events acked)" 50
check_exit "and they are printed" 0 consume -topic "$topic" -o json
check_has "with their message" "$(cat out)" \
    '"message":"shop.Returned","value":{"sku":'
check_has "and what was imported" "$(cat out)" '"price":{"cents":"'

# One message of a topic that has two: the other is not what was asked for.
check_exit "a reader asks for one message" 0 consume -topic "$topic" \
    -schema shop.proto -I files -message shop.Returned -verify \
    -quarantine-max-ratio 1 -group one
check_eq "and gets it" "$(count events consumed)" 100
check_eq "the others are put aside" "$(count events rejected)" 150

# Indexes that point nowhere, and some that are cut.
printf '%s\n' "k1 00000000030212" "k2 000000000302" |
    "$TREATY_BUILD/tests/kafka_put" "$KAFKA" "broken-$$"
check_exit "a frame of no message is put aside" 0 consume -topic "broken-$$" \
    -quarantine-max-ratio 1
check_has "with its reason" "$(cat out)" "broken-$$-value/unknown-message\":1"
check_has "as is one without its message" "$(cat out)" \
    "broken-$$-value/not-a-frame\":1"

# References that are known already.
other=other-$$
check_exit "references name what the registry has" 0 produce -topic "$other" \
    -schema shop.proto -reference lib/money.proto=lib/money.proto:1 -count 10
check_exit "readers may, too" 0 consume -topic "$other" -schema shop.proto \
    -reference lib/money.proto=lib/money.proto:1 -verify
check_eq "and read all" "$(count verified events)" 10
check_exit "one that is not there is told of" 2 produce -topic "$other" \
    -schema shop.proto -reference lib/money.proto=lib/money.proto:9 -count 1
check_exit "so is one that is none" 2 produce -topic "$other" \
    -schema shop.proto -reference lib/money.proto -count 1
check_has "with what it should be" "$(cat err)" "NAME=SUBJECT:VERSION"

# Avro has references as well, and JSON lines go through them.
check_exit "a named type is registered" 0 produce -topic "money-$$" \
    -schema money.avsc -subject lib.Money -count 1
printf '%s\n' '{"sku":"a","price":{"cents":5}}' \
    '{"sku":"b","price":{"cents":"x"}}' >items
check_exit "lines are read with what it refers to" 1 produce \
    -topic "avro-$$" -schema item.avsc -reference lib.Money=lib.Money:1 \
    -in items
check_has "down to a fault in it" "$(cat err)" "items:2:29: /price/cents"
check_exit "and the good ones are there" 0 consume -topic "avro-$$" -o json
check_has "as they were" "$(cat out)" '"value":{"sku":"a","price":{"cents":5}}'

printf '%s\n' '{"sku":"a","price":{"cents":5,"currency":"EUR"}}' \
    '{"sku":"b","price":{"currency":"EURO"}}' >items
check_exit "JSON lines are ProtoJSON in Protobuf" 1 produce \
    -topic "json-$$" -schema shop.proto -I files -in items
check_has "with the place of a fault" "$(cat err)" \
    "items:2:32: /price/currency"
check_exit "the good ones are written" 0 consume -topic "json-$$" -o json
check_has "and come back" "$(cat out)" \
    '"value":{"sku":"a","price":{"cents":"5","currency":"EUR"}}'

done_testing
