#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `treaty compat-check` on .proto files: imports, references, both authorities,
# both releases and buf's rules.
. "$(dirname "$0")/../harness/tap.sh"
. "$TREATY_SOURCE/tests/harness/registry.sh"

gate()
{
    local name=$1 want=$2

    shift 2
    check_exit "$name" "$want" "$TREATY" compat-check "$@"
}

mkdir -p lib/common
cat >lib/common/money.proto <<'END'
syntax = "proto3";
package common;
message Money { int64 cents = 1; }
END
cat >old.proto <<'END'
syntax = "proto3";
package shop;
import "common/money.proto";
message Order {
  string id = 1;
  common.Money total = 2;
  oneof pay { string card = 3; int32 cash = 4; }
}
message Note { string text = 1; }
END
sed 's/int32 cash = 4;/int32 cash = 4; bytes token = 5;/' old.proto >added.proto
sed 's/string id = 1/fixed32 id = 1/' old.proto >type.proto
sed 's/string id = 1/string number = 1/' old.proto >renamed.proto
sed 's/oneof pay { string card = 3; int32 cash = 4; }/string card = 3; int32 cash = 4;/' \
    old.proto >dissolved.proto
sed 's/oneof pay { string card = 3;/string card = 3; oneof pay {/' \
    old.proto >moved.proto

gate "a member more may follow" 0 -I lib -proposed added.proto -against old.proto
gate "another type may not" 1 -I lib -proposed type.proto -against old.proto
check_eq "it is told where" "$(head -1 out)" \
    "type.proto:5:3: cannot read what old.proto wrote"
check_has "by which rule" "$(cat out)" \
    "    FIELD_SCALAR_KIND_CHANGED at #/Order/1: "
check_has "from what to what" "$(cat out)" "    found: string -> fixed32"
check_has "where the other has it" "$(cat out)" \
    "    there: line 5, column 3 of old.proto"
check_has "and what to do" "$(cat out)" "    do: keep the old field"
gate "what is imported must be found" 2 -proposed added.proto -against old.proto
check_has "the import is pointed at" "$(cat err)" "added.proto:3:8: "
gate "an ending may be overruled" 2 -format avro -I lib -proposed added.proto \
    -against old.proto

gate "a name is free to change" 0 -I lib -proposed renamed.proto -against old.proto
gate "also on the wire" 0 -rules wire -I lib -proposed renamed.proto \
    -against old.proto
gate "but not in JSON" 1 -rules wire-json -I lib -proposed renamed.proto \
    -against old.proto
check_has "by buf's name" "$(cat out)" "    FIELD_SAME_JSON_NAME at #/shop.Order/1: "
check_has "whose rules these are is told" "$(tail -2 out)" \
    "buf's rules of the category WIRE_JSON say incompatible"
gate "buf's rules are Protobuf's alone" 2 -rules wire \
    -proposed "$TREATY_SOURCE/schemas/order-v1.avsc" \
    -against "$TREATY_SOURCE/schemas/order-v1.avsc"
check_has "which is told" "$(cat err)" "-rules wire and wire-json are for Protobuf"

gate "release 8.5 lets a member leave its oneof" 0 -I lib \
    -proposed moved.proto -against old.proto
gate "8.3 does not" 1 -compat-version 8.3 -I lib -proposed moved.proto \
    -against old.proto
check_has "and says why" "$(cat out)" ONEOF_FIELD_REMOVED
gate "both let all of a oneof go" 0 -compat-version 8.3 -I lib \
    -proposed dissolved.proto -against old.proto

# Any message of the file may be on the topic, and the plan sees what the rules
# do not look at.
cat >group1.proto <<'END'
syntax = "proto2";
message A { optional int32 x = 1; }
message B { optional group G = 1 { required int32 y = 2; } }
END
sed 's/required int32 y/required string y/' group1.proto >group2.proto
gate "the second message is checked as well" 1 -proposed group2.proto \
    -against group1.proto
check_has "by the plan" "$(cat out)" "required at B/"
check_has "against the registry's rules" "$(cat out)" \
    "the registry's rules say compatible"

# A change that everybody accepts and that loses data.
cat >packed1.proto <<'END'
syntax = "proto3";
message A { repeated int32 x = 1; string s = 2; }
END
sed 's/repeated int32/int32/; s/string s = 2; //' packed1.proto >packed2.proto
gate "a list may become a number" 0 -proposed packed2.proto -against packed1.proto
check_eq "which is all that is said" "$(wc -l <out)" 2
gate "but -losses tells" 0 -losses -proposed packed2.proto -against packed1.proto
check_has "that it is not read" "$(head -1 out)" \
    "packed2.proto:2:13: note: not all that packed1.proto wrote is read"
check_has "nor what is gone" "$(cat out)" "dropped-field at A/s"
check_has "which the other has" "$(cat out)" "there: line 2, column "

# What protoc refuses and the reference takes.
cat >loose.proto <<'END'
syntax = "proto3";
message A { int32 x = 19000; }
END
gate "protoc has the say" 2 -proposed loose.proto -against loose.proto
check_has "with its reason and place" "$(cat err)" "loose.proto:2:"
gate "unless the reference has it" 0 -validation reference -proposed loose.proto \
    -against loose.proto
check_has "then the objection is a note" "$(cat out)" "note: protoc objects: "

cat >lossy.proto <<'END'
syntax = "proto2";
message A { optional string s = 1 [default = "\u00e9"]; }
END
gate "what a registry does not keep" 0 -proposed lossy.proto -against lossy.proto
check_has "is noted" "$(cat out)" "note: the text that a registry keeps loses it"

# Against a registry, with what the proposed schema refers to.
start registry -store memory:
json()
{
    sed 's/\\/\\\\/g; s/"/\\"/g' "$1" | awk '{printf "%s\\n", $0}'
}
ask POST /subjects/money/versions \
    "{\"schemaType\":\"PROTOBUF\",\"schema\":\"$(json lib/common/money.proto)\"}"
check_has "an import is registered" "$code $body" '200 {'
refs='"references":[{"name":"common/money.proto","subject":"money","version":1}]'
ask POST /subjects/order/versions \
    "{\"schemaType\":\"PROTOBUF\",\"schema\":\"$(json old.proto)\",$refs}"
check_has "and what imports it" "$code $body" '200 {'
ref=common/money.proto=money:1
gate "a reference stands for an import" 0 -registry "$url" -subject order \
    -reference "$ref" -proposed added.proto
gate "the level is the subject's" 1 -registry "$url" -subject order \
    -reference "$ref" -proposed type.proto
check_has "the version is named" "$(head -1 out)" "order version 1"
gate "a reference that is none" 2 -registry "$url" -subject order \
    -reference "common/money.proto=money:2" -proposed added.proto
gate "or is written wrongly" 2 -registry "$url" -subject order \
    -reference "common/money.proto" -proposed added.proto
ask POST "/compatibility/subjects/order/versions/latest?verbose=true" \
    "{\"schemaType\":\"PROTOBUF\",\"schema\":\"$(json type.proto)\",$refs}"
check_has "the registry says the same" "$body" \
    '{errorType:\"FIELD_SCALAR_KIND_CHANGED\", description:\"'
ask POST /compatibility/subjects/order/versions/latest \
    "{\"schemaType\":\"PROTOBUF\",\"schema\":\"$(json moved.proto)\",$refs}"
check_has "as release 8.5" "$body" '"is_compatible":true'

# The same change under a new version of what is referred to.
ask PUT /config/money '{"compatibility":"NONE"}'
ask POST /subjects/money/versions \
    "{\"schemaType\":\"PROTOBUF\",\"schema\":\"$(json lib/common/money.proto |
        sed 's/int64/string/')\"}"
check_has "an import changes" "$code $body" '"version":2'
ask POST "/compatibility/subjects/order/versions/latest?verbose=true" \
    "{\"schemaType\":\"PROTOBUF\",\"schema\":\"$(json old.proto)\",${refs/1\}/2\}}}"
check_has "which is seen where it is used" "$body" "at path '#/Order/2'"
check_has "and where it is" "$body" "at path '#/Money/1'"
gate "by the gate as well" 1 -registry "$url" -subject order \
    -reference common/money.proto=money:2 -proposed old.proto
check_has "at the field that uses it" "$(cat out)" "old.proto:6:3: "
stop_process "$pid"

start release -store memory: -compat-version 8.3
ask POST /subjects/money/versions \
    "{\"schemaType\":\"PROTOBUF\",\"schema\":\"$(json lib/common/money.proto)\"}"
ask POST /subjects/order/versions \
    "{\"schemaType\":\"PROTOBUF\",\"schema\":\"$(json old.proto)\",$refs}"
ask POST /compatibility/subjects/order/versions/latest \
    "{\"schemaType\":\"PROTOBUF\",\"schema\":\"$(json moved.proto)\",$refs}"
check_has "or as 8.3 when asked to" "$body" '"is_compatible":false'
stop_process "$pid"

done_testing
