#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `treaty gen` and `treaty frame` in Protobuf: the same events as in Avro, JSON
# as ProtoJSON has it, messages by name and by index, imported files.
. "$(dirname "$0")/../harness/tap.sh"

avro=$TREATY_SOURCE/schemas
proto=$avro/order/protobuf

# The JSON of messages as that of records: names, and numbers without quotes.
as_avro()
{
    sed -e 's/"orderId"/"order_id"/; s/"accountId"/"account_id"/' \
        -e 's/"amountCents"/"amount_cents"/; s/"priceCents"/"price_cents"/g' \
        -e 's/"customerEmail"/"customer_email"/' \
        -e 's/"shippingAddress"/"shipping_address"/' \
        -e 's/"userAgent"/"user_agent"/; s/"traceId"/"trace_id"/' \
        -e 's/\(_id\|_cents\|"ts"\)":"\([0-9]*\)"\([,}]\)/\1":\2\3/g' \
        -e 's/"ts":"\([0-9]*\)"/"ts":\1/; s/"order_id":\([0-9]*\),/"order_id":"\1",/'
}
for version in 1 2 3 4; do
    "$TREATY" gen -schema "$avro/order-v$version.avsc" -count 200 -seed 5 |
        sed 's/,"[a-z_]*":null//g' >avro.json
    check_exit "events of version $version are made" 0 "$TREATY" gen \
        -schema "$proto/order-v$version.proto" -count 200 -seed 5
    as_avro <out >proto.json
    check "as in Avro" cmp avro.json proto.json
done

check_exit "a format may be named" 0 "$TREATY" gen -format protobuf \
    -schema "$proto/order-v1.proto" -count 1
check_exit "there are only some" 2 "$TREATY" gen -format thrift \
    -schema "$proto/order-v1.proto"
check_has "which is told" "$(cat err)" 'no format "thrift"'
check_exit "a schema of another format is told of" 2 "$TREATY" gen \
    -format avro -schema "$proto/order-v1.proto"
check_exit "Avro's JSON is for Avro" 2 "$TREATY" gen -o avro-json \
    -schema "$proto/order-v1.proto"
check_has "which is told, too" "$(cat err)" "is for Avro"

"$TREATY" gen -schema "$proto/order-v3.proto" -edge -count 20 -o hex >edge.hex
"$TREATY" gen -schema "$proto/order-v3.proto" -edge -count 20 -o json >edge.json
while read -r hex; do
    "$TREATY" frame -writer "$proto/order-v3.proto" -payload "$hex" -o json
done <edge.hex >frame.json
check "what gen writes, frame reads" cmp edge.json frame.json

cat >shop.proto <<'END'
syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";
import "lib/money.proto";
message Bought {
  message Line { string sku = 1; lib.Money price = 2; }
  repeated Line lines = 1;
  google.protobuf.Timestamp at = 2;
  map<int32, bool> flags = 3;
  oneof how { string card = 4; int64 voucher = 5; }
}
message Returned { Bought what = 1; }
END
mkdir -p files/lib
cat >files/lib/money.proto <<'END'
syntax = "proto3";
package lib;
message Money { int64 cents = 1; }
END
check_exit "an import that nobody has is told of" 2 \
    "$TREATY" gen -schema shop.proto
check_has "by name" "$(cat err)" "lib/money.proto"
check_exit "-I says where it is" 0 "$TREATY" gen -schema shop.proto -I files \
    -count 1 -o json
check_has "the first message is made" "$(cat out)" '{"lines":[{"sku":'
check_exit "another is asked for by name" 0 "$TREATY" gen -schema shop.proto \
    -I files -count 1 -seed 3 -message shop.Returned
check_has "and made" "$(cat out)" '{"what":{'
check_exit "one that is not there is refused" 2 "$TREATY" gen \
    -schema shop.proto -I files -message shop.Lost
check_has "by its name" "$(cat err)" "shop.Lost"

frame()
{
    "$TREATY" gen -schema shop.proto -I files -count 1 -seed 3 -id 7 \
        -o hex "$@"
}
check_eq "the first message is one byte" "$(frame | cut -c1-12)" 000000000700
check_eq "another has a list" \
    "$(frame -message shop.Returned | cut -c1-14)" 00000000070202
check_eq "one inside another, too" \
    "$(frame -message shop.Bought.Line | cut -c1-16)" 0000000007040000

check_exit "a frame says which message it is" 0 "$TREATY" frame -writer \
    shop.proto -I files -frame "$(frame -message shop.Bought.Line)"
check_has "in the dump" "$(tr -s ' ' <out)" \
    "0005 04 00 00 message indexes shop.Bought.Line"
check_has "and reads it" "$(tail -1 out)" '{"sku":'
check_exit "so does a header" 0 "$TREATY" frame -writer shop.proto -I files \
    -frame "$(frame -message shop.Returned | cut -c15-)" \
    -header 01000102030405060708090a0b0c0d0e0f0202
check_has "behind the GUID" "$(tr -s ' ' <out)" \
    "header message indexes shop.Returned"
check_has "and the payload is bare" "$(tail -1 out)" '{"what":{'
check_exit "a header without indexes is none" 1 "$TREATY" frame \
    -writer shop.proto -I files -frame 0a00 \
    -header 01000102030405060708090a0b0c0d0e0f

# Through the eyes of another version: by number, whatever the name.
event=$("$TREATY" gen -schema "$proto/order-v3.proto" -count 1 -seed 8 -o hex)
check_exit "another version reads it" 0 "$TREATY" frame -o json \
    -writer "$proto/order-v3.proto" -reader "$proto/order-v7.proto" \
    -payload "$event"
check_has "by number" "$(cat out)" '"totalCents":"'
check_eq "without what it lacks" "$(grep -c customerEmail out)" 0
printf 'syntax = "proto3"; message Any { string id = 1; }' >any.proto
check_exit "whose message has another name, too" 0 "$TREATY" frame -o json \
    -writer "$proto/order-v3.proto" -reader any.proto -payload "$event"
check_has "by number as well" "$(cat out)" '{"id":"00000000'
check_exit "a message is read as the reader's of its name" 0 "$TREATY" frame \
    -o json -writer shop.proto -reader shop.proto -I files \
    -message shop.Bought.Line -payload 0a0161
check_eq "not as its first" "$(cat out)" '{"sku":"a"}'

check_exit "indexes that point nowhere are told of" 1 "$TREATY" frame \
    -writer shop.proto -I files -frame 00000000070212
check_exit "so are those that are cut" 1 "$TREATY" frame \
    -writer shop.proto -I files -frame 000000000702
check_exit "a payload's message is asked for by name" 0 "$TREATY" frame \
    -writer shop.proto -I files -message shop.Bought.Line \
    -payload 0a016112020805 -o json
check_eq "and read" "$(cat out)" '{"sku":"a","price":{"cents":"5"}}'
check_exit "a frame's is not" 2 "$TREATY" frame -writer shop.proto -I files \
    -message shop.Bought.Line -frame 000000000700
check_exit "an event that is cut is not read" 1 "$TREATY" frame \
    -writer shop.proto -I files -payload 0a05
check_has "with its path" "$(cat err)" "lines"

done_testing
