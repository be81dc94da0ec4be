/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_TESTS_HARNESS_SCHEMA_PAIR_H
#define TREATY_TESTS_HARNESS_SCHEMA_PAIR_H

/*
 * Random pairs of Avro schemas: a writer's, and a reader's that is a mutation
 * of it. Both are written in one go, so each place either says the same in
 * both or differs in a way that evolution knows: a field added, dropped,
 * renamed or moved, a number widened or narrowed, a symbol gone, a union grown.
 */
#include "base/buf.h"
#include "base/rng.h"

struct schema_pair {
    struct treaty_buf writer;
    struct treaty_buf reader;
};

/* A mutation from here on makes unions of records that are hard to tell. */
enum { SCHEMA_PAIR_WILD = 100 };

/* `mutation`: how many places in a thousand differ. Release it afterwards. */
void schema_pair_make(struct treaty_rng *rng, unsigned mutation,
                      struct schema_pair *ret);
void schema_pair_release(struct schema_pair *pair);

#endif
