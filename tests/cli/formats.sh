#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The tables of docs/formats/avro-or-protobuf.md are what the gate and the
# decoders say: each row is made here and looked for on the page.
. "$(dirname "$0")/../harness/tap.sh"

page=$(cat "$TREATY_SOURCE/docs/formats/avro-or-protobuf.md")
avro=$TREATY_SOURCE/schemas
proto=$avro/order/protobuf
events=20

accepts()
{
    "$TREATY" compat-check -level "$1" -against "$2" -proposed "$3" \
        "${@:4}" >out 2>err
}

# The strongest level at which one schema may follow another: OLD NEW [FLAG...]
level()
{
    local found=none

    ! accepts FORWARD "$@" || found=FORWARD
    ! accepts BACKWARD "$@" || found=BACKWARD
    ! accepts FULL "$@" || found=FULL
    echo $found
}

yes_or_no()
{
    if accepts BACKWARD "$@"; then
        echo yes
    else
        echo no
    fi
}

# FROM TO
verdicts()
{
    check_has "verdicts on $2" "$page" "| \`$2\` \
| $(level "$avro/$1.avsc" "$avro/$2.avsc") \
| $(level "$proto/$1.proto" "$proto/$2.proto") \
| $(yes_or_no "$proto/$1.proto" "$proto/$2.proto" -rules wire) \
| $(yes_or_no "$proto/$1.proto" "$proto/$2.proto" -rules wire-json) |"
}

for version in 2 3 4 5 6 7; do
    verdicts order-v$((version - 1)) order-v$version
done
mistakes="broken-add-required broken-int-to-string broken-remove-without-default
broken-rename-without-alias broken-enum-symbol-removed"
for mistake in $mistakes; do
    verdicts order-v4 "$mistake"
done

# What becomes of MEMBER in events of WRITER: each is read, or some stop the
# decoder, lack it, or have a number where its name should be.
outcome()
{
    local writer=$1 reader=$2 member=$3 hex result=read

    while read -r hex; do
        if ! "$TREATY" frame -payload "$hex" -writer "$writer" \
            -reader "$reader" -o json >out 2>err; then
            result=fails
        elif ! grep -q "\"$member\":" out; then
            result=lost
        elif [ "$member" = status ] && grep -q '"status":[0-9]' out; then
            result=number
        fi
    done < <("$TREATY" gen -schema "$writer" -count $events -o hex)
    echo $result
}

# WRITER READER, and the member in Avro's JSON and in Protobuf's
events_of()
{
    check_has "$2 reads $1" "$page" "| \`$1\` | \`$2\` | \`$3\` \
| $(outcome "$avro/$1.avsc" "$avro/$2.avsc" "$3") \
| $(outcome "$proto/$1.proto" "$proto/$2.proto" "$4") |"
}

events_of order-v4 broken-int-to-string qty qty
events_of broken-remove-without-default order-v4 currency currency
events_of order-v4 broken-rename-without-alias total_cents totalCents
events_of broken-rename-without-alias order-v4 amount_cents amountCents
events_of order-v4 broken-enum-symbol-removed status status
events_of order-v4 broken-add-required order_id orderId
events_of order-v5 order-v4 qty qty
events_of order-v6 order-v5 status status
events_of order-v6 order-v7 total_cents totalCents
events_of order-v7 order-v6 amount_cents amountCents

check_exit "what is cut does not refuse" 0 "$TREATY" compat-check -losses \
    -level FORWARD -against "$proto/order-v4.proto" \
    -proposed "$proto/order-v5.proto"
check_has "but is told" "$(cat out err)" \
    "truncated at treaty.example.Order/items[]/qty"

# Bytes of an event: FILE
size()
{
    "$TREATY" gen -schema "$1" -count 1000 -o hex |
        awk '{ n += length($0) / 2 } END { printf "%.0f", n / NR }'
}

for version in 1 2 3 4; do
    check_has "sizes of version $version" "$page" "| \`order-v$version\` \
| $(size "$avro/order-v$version.avsc") \
| $(size "$proto/order-v$version.proto") |"
done

# A wrong idea of what wrote an event.
wrong()
{
    "$TREATY" frame -payload "$("$TREATY" gen -schema "$1" -count 1 -o hex)" \
        -writer "$2" -o json 2>/dev/null
}

check_has "Avro puts the e-mail into the address" \
    "$(wrong "$avro/order-v3.avsc" "$avro/order-v4.avsc")" \
    '"shipping_address":"deliver.call8175@shop.example"'
check_has "Protobuf does not" \
    "$(wrong "$proto/order-v3.proto" "$proto/order-v4.proto")" \
    '"shippingAddress":"12 ship order Street'

# What is not there.
cat >note.avsc <<'END'
{"type": "record", "name": "R", "fields":
 [{"name": "note", "type": ["null", "string"], "default": null}]}
END
echo 'syntax = "proto3"; message R { optional string note = 1; int32 n = 2; }' \
    >note.proto
check_eq "an absent string is a byte in Avro" \
    "$("$TREATY" frame -payload 00 -writer note.avsc -o json)" '{"note":null}'
check_eq "and none in Protobuf, as is a zero" \
    "$("$TREATY" frame -payload '' -writer note.proto -o json)" '{}'
done_testing
