#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `treaty gen`: the same seed gives the same bytes; wrong use is told.
. "$(dirname "$0")/../harness/tap.sh"

schemas=$TREATY_SOURCE/schemas

check_exit "events are made" 0 "$TREATY" gen -schema "$schemas/order-v3.avsc" \
    -count 50 -seed 7 -o hex
cp "$tmp/out" first
check_eq "as many as asked for" "$(wc -l <first)" 50
"$TREATY" gen -schema "$schemas/order-v3.avsc" -count 50 -seed 7 -o hex >again
check_eq "the same seed gives the same bytes" "$(cmp first again && echo same)" same
"$TREATY" gen -schema "$schemas/order-v3.avsc" -count 50 -seed 8 -o hex >other
check_eq "another seed gives others" "$(cmp -s first other || echo differs)" differs
"$TREATY" gen -schema "$schemas/order-v3.avsc" -count 25 -seed 7 -first 25 -o hex >tail
check_eq "a run may be continued" "$(tail -25 first | cmp - tail && echo same)" same

"$TREATY" gen -schema "$schemas/order-v1.avsc" -schema "$schemas/order-v4.avsc" \
    -id 1 -id 4 -count 100 -o hex >mixed
check_eq "a mixture has both ids" "$(cut -c1-10 mixed | sort -u | tr '\n' ' ')" \
    "0000000001 0000000004 "
check_eq "raw output has a length before each event" \
    "$("$TREATY" gen -schema "$schemas/order-v1.avsc" -count 1 -seed 3 -o raw |
        od -An -tu1 -N4 | awk '{print $1*16777216+$2*65536+$3*256+$4}')" \
    "$(($("$TREATY" gen -schema "$schemas/order-v1.avsc" -count 1 -seed 3 -o raw |
        wc -c) - 4))"

# What gen writes, frame reads: as JSON both say the same.
"$TREATY" gen -schema "$schemas/order-v3.avsc" -edge -count 20 -o hex >edge.hex
"$TREATY" gen -schema "$schemas/order-v3.avsc" -edge -count 20 -o json >edge.json
while read -r hex; do
    "$TREATY" frame -writer "$schemas/order-v3.avsc" -payload "$hex" -o json
done <edge.hex >edge.back
check_eq "what gen writes frame reads" "$(cmp edge.json edge.back && echo same)" same

check_exit "without a schema it says so" 2 "$TREATY" gen -count 1
check_has "and how" "$(cat err)" "-schema FILE"
check_exit "a missing file is told" 2 "$TREATY" gen -schema nowhere.avsc
check_has "by name" "$(cat err)" "nowhere.avsc"
echo '{"type":"enum","name":"E","symbols":[]}' >empty.avsc
check_exit "a type without values is refused" 2 "$TREATY" gen -schema empty.avsc
check_exit "an id out of range is refused" 2 "$TREATY" gen \
    -schema "$schemas/order-v1.avsc" -id 2147483648
check_exit "a full disk is told" 2 "$TREATY" gen \
    -schema "$schemas/order-v1.avsc" -out /dev/full
done_testing
