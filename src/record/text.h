/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_RECORD_TEXT_H
#define TREATY_SRC_RECORD_TEXT_H

/*
 * Events as JSON, both ways, in one of two forms:
 *
 *     plain    {"note": "call first", "total": 12}
 *     Avro     {"note": {"string": "call first"}, "total": {"long": 12}}
 *
 * They differ in unions only: Avro's JSON encoding names the branch. Reading
 * the plain form takes the first branch that the value fits. In both, bytes
 * and fixed are strings with one character (U+0000 to U+00FF) a byte, an enum
 * is its symbol, and what JSON numbers cannot say is "NaN", "Infinity" or
 * "-Infinity".
 *
 * The plain form of a message is ProtoJSON (protobuf.dev, "ProtoJSON Format"):
 *
 *     {"note": "call first", "total": "12", "at": "2026-11-22T10:00:00Z"}
 *
 * Reading takes both names of a field, and numbers in quotes. A Timestamp,
 * Duration or FieldMask that its text cannot say, because it is out of range,
 * is written field by field, and read so, too, as is an Any whose message the
 * schema does not have.
 */
#include "base/json.h"
#include "record/type.h"

enum treaty_text_form { TREATY_TEXT_PLAIN, TREATY_TEXT_AVRO };

/*
 * Append `record` of `type`. An enum without a symbol is written as its number
 * on the wire. Failures stick to `out` (treaty_buf_status).
 */
void treaty_record_write(struct treaty_buf *out, const struct treaty_type *type,
                         const void *record, enum treaty_text_form form);

/*
 * Fill `record` (cleared by the caller) from `value`. Fields that are missing
 * take their default; optional ones without a default, and those of messages,
 * are absent. Strings are views into the tree, the rest lies on `arena`. On
 * failure: TREATY_EVALUE or TREATY_ETYPE with the offset in the text, the path,
 * and what was expected.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_record_read(struct treaty_arena *arena, const struct treaty_type *type,
                   const struct treaty_json *value, enum treaty_text_form form,
                   void *record, struct treaty_error *err);

/* Avro's name of a branch of this type: "long", "map", a full name... */
struct treaty_str treaty_type_branch_name(const struct treaty_type *type);

#endif
