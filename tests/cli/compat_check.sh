#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `treaty compat-check`: each version and each mistake of schemas/, offline;
# the exit status is the answer.
. "$(dirname "$0")/../harness/tap.sh"

s=$TREATY_SOURCE/schemas

gate()
{
    local name=$1 want=$2 level=$3 new=$4

    shift 4
    check_exit "$name" "$want" "$TREATY" compat-check -level "$level" \
        -proposed "$s/$new.avsc" "${@/#/-against=$s/}"
}

for old in 1 2 3 4; do
    for new in 1 2 3 4; do
        gate "v$new may follow v$old in full" 0 FULL order-v$new order-v$old.avsc
    done
done
gate "v4 may follow all before it" 0 FULL_TRANSITIVE order-v4 \
    order-v3.avsc order-v2.avsc order-v1.avsc
for new in 5 6 7; do
    gate "v$new reads v$((new - 1))" 0 BACKWARD order-v$new order-v$((new - 1)).avsc
    check_has "consumers go first" "$(tail -1 out)" "consumers first"
    gate "v$((new - 1)) does not read v$new" 1 FORWARD order-v$new \
        order-v$((new - 1)).avsc
done

gate "a required field is refused" 1 BACKWARD broken-add-required order-v4.avsc
check_has "with file, line and column" "$(head -1 out)" \
    "broken-add-required.avsc:"
check_has "the rule" "$(cat out)" READER_FIELD_MISSING_DEFAULT_VALUE
check_has "and advice" "$(cat out)" '    do: give the field'
gate "which old consumers could live with" 0 FORWARD broken-add-required order-v4.avsc
check_has "if producers went first" "$(tail -1 out)" "producers first"
gate "int to string is refused" 1 BACKWARD broken-int-to-string order-v4.avsc
gate "both ways" 1 FORWARD broken-int-to-string order-v4.avsc
check_has "no order works" "$(tail -1 out)" "no order works"
gate "a removed field without default is refused" 1 FORWARD \
    broken-remove-without-default order-v4.avsc
gate "a rename without alias is refused" 1 BACKWARD broken-rename-without-alias \
    order-v4.avsc
gate "a removed symbol is refused" 1 BACKWARD broken-enum-symbol-removed order-v4.avsc
gate "level NONE lets everything pass" 0 NONE broken-int-to-string order-v4.avsc

# Transitive levels look further back than the newest version.
gate "the newest one alone" 0 BACKWARD order-v7 order-v7.avsc \
    broken-int-to-string.avsc
gate "and all of them" 1 BACKWARD_TRANSITIVE order-v7 order-v7.avsc \
    broken-int-to-string.avsc

check_exit "a broken file ends with 2" 2 "$TREATY" compat-check \
    -proposed /dev/null -against "$s/order-v1.avsc"
check_exit "an unknown level ends with 2" 2 "$TREATY" compat-check \
    -level SIDEWAYS -proposed "$s/order-v1.avsc" -against "$s/order-v1.avsc"
check_has "and the levels are told" "$(cat err)" "BACKWARD"
check_exit "nothing to check against ends with 2" 2 "$TREATY" compat-check \
    -proposed "$s/order-v1.avsc"

# Where the registry's rules are content and a decoder is not.
cat >old.avsc <<'END'
{"type": "record", "name": "R", "fields": [{"name": "c", "type":
    {"type": "enum", "name": "a.C", "symbols": ["X"]}}]}
END
cat >new.avsc <<'END'
{"type": "record", "name": "R", "fields": [{"name": "c", "type": ["null",
    {"type": "enum", "name": "b.C", "symbols": ["X"]}]}]}
END
check_exit "an enum of another namespace in a union is refused" 1 "$TREATY" \
    compat-check -level BACKWARD -proposed new.avsc -against old.avsc
check_has "though the registry's rules accept it" "$(cat out)" \
    "registry's rules say compatible"

done_testing
