/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_PROTOBUF_MATCH_H
#define TREATY_SRC_FORMAT_PROTOBUF_MATCH_H

/*
 * Two lists side by side, by name or by number: what is in both, and what only
 * one of them has. Both are sorted once and walked together, so that a message
 * of 100,000 fields costs no more than its share.
 */
#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

/* An element of a list under its key; one of name and number is left zero. */
struct treaty_proto_entry {
    struct treaty_str name;
    int64_t number;
    uint32_t index; /* among its siblings, as its caller counts */
    uint32_t order; /* in the list, before it was sorted */
    const void *element;
};

struct treaty_proto_index {
    struct treaty_proto_entry *items;
    size_t count;
    size_t size;
};

/* Room for `size` entries, on `arena`. */
TREATY_MUST_CHECK enum treaty_code
treaty_proto_index_init(struct treaty_proto_index *list,
                        struct treaty_arena *arena, size_t size);

/* The next place, cleared; there is room for it. */
struct treaty_proto_entry *
treaty_proto_index_add(struct treaty_proto_index *index);

/* Sort by key. Of entries with the same key the last one added stays. */
void treaty_proto_index_sort(struct treaty_proto_index *list);

/* The entry of a sorted list that has the key of `key`, or NULL. */
const struct treaty_proto_entry *
treaty_proto_index_find(const struct treaty_proto_index *list,
                        const struct treaty_proto_entry *key);

/* A walk over two sorted lists. */
struct treaty_proto_match {
    const struct treaty_proto_index *old;
    const struct treaty_proto_index *new;
    size_t old_at;
    size_t new_at;
};

/*
 * The next key: its entries, or NULL for the side that lacks it. False at the
 * end of both.
 */
bool treaty_proto_match_next(struct treaty_proto_match *match,
                             const struct treaty_proto_entry **ret_old,
                             const struct treaty_proto_entry **ret_new);

#endif
