/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_PLAN_FUSE_H
#define TREATY_SRC_PLAN_FUSE_H

/*
 * Operations that are often neighbours, and the one that does both.
 *
 * A pair may have a second code, its twin, whose machine code is the same in
 * another place. A plan that has the pair more than once uses both in turn: a
 * processor foretells best where a jump goes that always goes there.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct treaty_fuse_pair {
    uint8_t first;
    uint8_t second;
    uint8_t joined;
    uint8_t twin; /* or `joined`, if it has none */
};

struct treaty_fuse {
    const struct treaty_fuse_pair *pairs;
    size_t count;
    bool twin_is_next[2][UINT8_MAX + 1]; /* by evenness of place, by code */
};

/*
 * What to run in place of `first`, the operation at `place`, where `second`
 * follows: `first`, if they are no pair.
 */
uint8_t treaty_fuse_join(struct treaty_fuse *fuse, size_t place, uint8_t first,
                         uint8_t second);

/* The operation that `code` begins with. */
uint8_t treaty_fuse_first(const struct treaty_fuse_pair *pairs, size_t count,
                          uint8_t code);

#endif
