/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_RECORD_GEN_TEXT_H
#define TREATY_SRC_RECORD_GEN_TEXT_H

/*
 * Texts and numbers for generated events, chosen by the name of the field: a
 * `currency` is three capitals, a `note` a few sentences. Texts are views into
 * pools that are made once a process and never change.
 */
#include <treaty/base.h>

#include "base/rng.h"

enum treaty_gen_class {
    TREATY_GEN_WORDS, /* lower-case words */
    TREATY_GEN_NOTE,  /* words; one text in ten is not ASCII */
    TREATY_GEN_HEX,
    TREATY_GEN_CODE, /* capitals and digits */
    TREATY_GEN_CURRENCY,
    TREATY_GEN_EMAIL,
    TREATY_GEN_ADDRESS,
    TREATY_GEN_AGENT,
};

/* What a field name asks for. Lengths in bytes, numbers inclusive. */
struct treaty_gen_text {
    enum treaty_gen_class class;
    uint32_t len_min;
    uint32_t len_span; /* one more than the difference to the longest */
    int64_t number_min;
    int64_t number_span;
};

struct treaty_gen_text treaty_gen_text_for(struct treaty_str field_name);

struct treaty_str treaty_gen_text_pick(const struct treaty_gen_text *text,
                                       struct treaty_rng *rng);

/* A number of the field's range, cut to 0 .. `most`. */
int64_t treaty_gen_text_number(const struct treaty_gen_text *text,
                               struct treaty_rng *rng, int64_t most);

/* Empty, long, multi-byte, with quotes or NUL: what breaks careless code. */
struct treaty_str treaty_gen_text_odd(struct treaty_rng *rng);

/* A map key; different for each `i`. */
struct treaty_str treaty_gen_text_key(size_t i, struct treaty_rng *rng);

#endif
