#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `treaty frame`, offline: pieces, values, and what does not decode.
. "$(dirname "$0")/../harness/tap.sh"

cat >w.avsc <<'END'
{"type": "record", "name": "R", "fields": [
    {"name": "id", "type": "int"},
    {"name": "name", "type": "string"},
    {"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["A", "B"]}}]}
END
cat >r.avsc <<'END'
{"type": "record", "name": "R", "fields": [
    {"name": "name", "type": "string"},
    {"name": "id", "type": "long"},
    {"name": "extra", "type": ["null", "string"], "default": null}]}
END

check_exit "a payload decodes" 0 "$TREATY" frame -writer w.avsc \
    -payload "06 04 68 69 02" -o json
check_eq "into its value" "$(cat out)" '{"id":3,"name":"hi","e":"B"}'
check_exit "a reader may differ" 0 "$TREATY" frame -writer w.avsc \
    -reader r.avsc -payload 0604686902 -o json
check_eq "and reads in its own way" "$(cat out)" '{"name":"hi","id":3,"extra":null}'
check_exit "Avro's form names branches" 0 "$TREATY" frame -writer r.avsc \
    -payload 046869060200 -o avro-json
check_eq "as Avro's JSON encoding does" "$(cat out)" \
    '{"name":"hi","id":3,"extra":{"string":""}}'

check_exit "a frame is shown piece by piece" 0 "$TREATY" frame -writer w.avsc \
    -frame 00000000070604686902
check_has "the magic byte" "$(cat out)" "0000  00 "
check_has "the schema id" "$(grep 'schema id' out)" " 7"
check_has "a field" "$(grep '^0007' out)" '68 69'
check_has "the enum's symbol" "$(grep '^0009' out)" "1 = B"
check_has "and the value" "$(tail -1 out)" '"name":"hi"'

printf '\0\0\0\0\7\6\4hi\2' >frame.bin
check_exit "a file will do" 0 "$TREATY" frame -writer w.avsc -o json frame.bin

check_exit "odd digits are told" 2 "$TREATY" frame -writer w.avsc -payload 0 -o json
check_exit "a short payload ends with 1" 1 "$TREATY" frame -writer w.avsc \
    -payload 060468 -o json
check_has "and says where" "$(cat err)" "byte"
check_exit "text is no frame" 1 "$TREATY" frame -writer w.avsc -frame 7b22 -o json
check_exit "an enum symbol out of range does not decode" 1 "$TREATY" frame \
    -writer w.avsc -payload 0604686904 -o json
echo '{"type": "record", "name": "R"}' >bad.avsc
check_exit "a bad schema ends with 2" 2 "$TREATY" frame -writer bad.avsc -payload 00
check_has "and has a place" "$(cat err)" "bad.avsc:1:"
check_exit "two records are one too many" 2 "$TREATY" frame -writer w.avsc \
    -payload 00 -frame 00
check_exit "a payload needs a writer" 2 "$TREATY" frame -payload 00
done_testing
