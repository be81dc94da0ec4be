/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_SCHEMA_H
#define TREATY_SRC_FORMAT_SCHEMA_H

/*
 * For the formats: how a parse begins. What a schema keeps of its source is
 * the same in every format.
 */
#include "format/format.h"

/* `limits` with the defaults in place of zeros. */
struct treaty_limits treaty_limits_fill(struct treaty_limits limits);

/*
 * A schema with one count whose text and references are copies on its arena;
 * canonical text, name and root are left to the format. TREATY_ESCHEMATOOLARGE
 * when the text is past its limit, or TREATY_ENOMEM.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_schema_new(const struct treaty_format *format,
                  const struct treaty_source *source,
                  struct treaty_schema **ret, struct treaty_error *err);

/* A part of `whole`, with one count; name, part and indexes are left to the
 * format. NULL when out of memory. */
struct treaty_schema *treaty_schema_part_new(struct treaty_schema *whole);

#endif
