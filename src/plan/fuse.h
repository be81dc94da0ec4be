/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_PLAN_FUSE_H
#define TREATY_SRC_PLAN_FUSE_H

/* Operations that are often neighbours, and the one that does both. */
#include <stddef.h>
#include <stdint.h>

struct treaty_fuse_pair {
    uint8_t first;
    uint8_t second;
    uint8_t joined;
};

/* What to run in place of `first` where `second` follows: `first`, if none. */
uint8_t treaty_fuse_join(const struct treaty_fuse_pair *pairs, size_t count,
                         uint8_t first, uint8_t second);

#endif
