/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_TESTS_HARNESS_PROTO_PAIR_H
#define TREATY_TESTS_HARNESS_PROTO_PAIR_H

/*
 * Random pairs of .proto files: three messages and an enum, and the same after
 * some changes that a careless developer might make. Every text that comes out
 * is valid. The message in question is the first one, M.
 */
#include "base/buf.h"
#include "base/rng.h"

struct proto_pair {
    struct treaty_buf writer;
    struct treaty_buf reader;
};

/* `wildness` in percent: how often something changes. */
void proto_pair_make(struct treaty_rng *rng, unsigned wildness,
                     struct proto_pair *ret);
void proto_pair_release(struct proto_pair *pair);

#endif
