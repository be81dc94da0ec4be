/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_AVRO_PLAN_H
#define TREATY_SRC_FORMAT_AVRO_PLAN_H

/* What Avro's layouts and plans share; see format/avro/format.h for them. */
#include "format/avro/format.h"
#include "format/avro/schema.h"

/* What a value of this kind is in memory; a union may also be OPTIONAL. */
enum treaty_kind treaty_avro_plain_kind(enum treaty_avro_kind kind);

/* Of ["null", T] and [T, "null"] the number of the null; else -1. */
int32_t treaty_avro_null_branch(const struct treaty_avro_node *node);

/*
 * Does `type` hold what `node` says? TREATY_EBIND with the path in the layout
 * and the reason when it does not.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_avro_fit(const struct treaty_type *type,
                const struct treaty_avro_node *node, struct treaty_error *err);

/* The field called `name`, probably number `hint`; or NULL. */
const struct treaty_field *
treaty_avro_type_field(const struct treaty_type *type, struct treaty_str name,
                       uint32_t hint);

/*
 * Append the binary encoding of a default. False when `json` is not a value of
 * `node`, which schemas are allowed to have, or when `out` has failed.
 */
bool treaty_avro_put_default(struct treaty_buf *out,
                             const struct treaty_avro_node *node,
                             const struct treaty_json *json);

#endif
