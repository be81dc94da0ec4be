/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_AVRO_FACTS_H
#define TREATY_SRC_FORMAT_AVRO_FACTS_H

/*
 * What a plan must know of every node of a schema before it is built: how few
 * bytes a value can take, whether there is a value at all, and whether a value
 * can nest without end.
 */
#include "format/avro/schema.h"

/* No value exists: an empty enum or union, a record that must hold itself. */
#define TREATY_AVRO_NEVER UINT32_MAX

/* A sum of bytes past this counts as this; it is a lower bound still. */
enum { TREATY_AVRO_LEAST_MAX = 1 << 16 };

struct treaty_avro_facts {
    uint32_t *least; /* by node id: bytes of the shortest value, or NEVER */
    bool *endless;   /* by node id: some cycle can be reached from it */
};

/* Fill `facts`, on `arena`, for everything that can be reached from `root`. */
TREATY_MUST_CHECK enum treaty_code
treaty_avro_facts_find(struct treaty_arena *arena,
                       const struct treaty_avro_tree *tree,
                       const struct treaty_avro_node *root,
                       struct treaty_avro_facts *ret, struct treaty_error *err);

#endif
