/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_RECORD_GEN_H
#define TREATY_SRC_RECORD_GEN_H

/*
 * Events from a seed: same layout, same identity, same event, on every
 * machine. A producer makes events this way, and a consumer that knows the
 * writer's schema makes them again to check what it decoded.
 *
 * An event's identity travels with it. A record with a string field `order_id`
 * carries it inside, as 36 hex digits:
 *
 *     0000000c 000000000a41 00000000deadbeef
 *     producer  sequence      seed
 *
 * For other records the identity goes into headers of the message, which is
 * the caller's business.
 */
#include "record/type.h"

struct treaty_gen_identity {
    uint32_t producer;
    uint64_t sequence; /* below 2^48 */
    uint64_t seed;
};

enum {
    TREATY_GEN_IDENTITY_LEN = 36, /* hex digits of an identity */
};

enum treaty_gen_style {
    TREATY_GEN_LIKELY, /* what a business would send: sizes by field name */
    TREATY_GEN_EDGE,   /* every branch and symbol, nulls, bounds, odd strings */
};

struct treaty_gen;

/*
 * Prepare a generator; it holds a count of `layout`. TREATY_EVALUE with the
 * path when no value of the type exists (a record that must contain itself,
 * an enum without symbols).
 */
TREATY_MUST_CHECK enum treaty_code treaty_gen_new(struct treaty_layout *layout,
                                                  enum treaty_gen_style style,
                                                  struct treaty_gen **ret,
                                                  struct treaty_error *err);
void treaty_gen_free(struct treaty_gen *gen);

/* True when the events carry their identity in `order_id`. */
bool treaty_gen_carries_identity(const struct treaty_gen *gen);

/*
 * Fill `record`. Arrays, maps and odd strings go on `arena`; the other strings
 * are views into the generator. TREATY_ENOMEM is the only failure.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_gen_event(const struct treaty_gen *gen,
                 const struct treaty_gen_identity *identity, void *record,
                 struct treaty_arena *arena);

/* The 36 digits of `identity`, and back; false for any other text. */
void treaty_gen_identity_print(const struct treaty_gen_identity *identity,
                               char ret[TREATY_GEN_IDENTITY_LEN]);
bool treaty_gen_identity_parse(struct treaty_str text,
                               struct treaty_gen_identity *ret);

#endif
