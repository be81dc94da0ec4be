/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_AVRO_CANONICAL_H
#define TREATY_SRC_FORMAT_AVRO_CANONICAL_H

/*
 * The texts that a parsed schema prints as. They decide ids, GUIDs and
 * look-ups, so they follow the reference to the byte (confluent.md 5.5):
 *
 *     canonical   what is stored and served; the types that the roots of
 *                 imports define are names
 *     resolved    the same with every type spelled out
 *     normalized  canonical text of the schema after it has been rewritten:
 *                 attributes and aliases sorted, defaults in the terms of
 *                 their types (normalize.c)
 *
 * Avro's Parsing Canonical Form is none of these: see fingerprint.h.
 */
#include "format/avro/schema.h"

/*
 * Append the text to `out`. A definition is printed where its name is used
 * first, which may nest deeper than the text did: past `depth_max` levels the
 * result is TREATY_ELIMIT.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_avro_put_canonical(const struct treaty_avro_tree *tree,
                          bool inline_imports, uint32_t depth_max,
                          struct treaty_buf *out, struct treaty_error *err);

#endif
