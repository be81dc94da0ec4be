/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_RECORD_VERIFY_STEP_H
#define TREATY_SRC_RECORD_VERIFY_STEP_H

/*
 * What a verifier is made of; record/verify.h is the module's face.
 *
 * One step compares one value of the reader with what the writer had for it.
 * Steps form a graph: a pair of record types is compiled once, so a record
 * that contains itself ends in a step that exists already.
 */
#include "record/type.h"

enum action {
    ACT_NEVER, /* these two types never agree */
    ACT_NULL,
    ACT_BYTES, /* equal memory: booleans, fixed */
    ACT_INT,
    ACT_LONG,
    ACT_INT_TO_LONG,
    ACT_FLOAT,
    ACT_DOUBLE,
    ACT_VIEW, /* strings and bytes */
    ACT_ENUM,
    ACT_RECORD,
    ACT_ITEMS,
    ACT_MAP,
    ACT_CONST,         /* the reader's default */
    ACT_FROM_OPTIONAL, /* the writer may have null */
    ACT_TO_OPTIONAL,
    ACT_FROM_UNION,
    ACT_TO_UNION,
    ACT_FROM_POINTER,
    ACT_TO_POINTER,
};

struct step {
    enum action action;
    const struct treaty_type *writer;
    const struct treaty_type *reader;
    struct treaty_str path;
    size_t writer_at; /* offsets of the two values in their parents */
    size_t reader_at;
    size_t size;          /* BYTES */
    size_t writer_stride; /* ITEMS, MAP */
    size_t reader_stride;
    int32_t branch;   /* TO_UNION: the reader's; TO_OPTIONAL: 0 null, 1 value */
    int32_t *symbols; /* ENUM: the reader's symbol for each of the writer's */
    const void *expected; /* CONST */
    struct step **steps;  /* RECORD: fields; FROM_UNION: branches; else one */
    uint32_t count;
};

/*
 * The steps for a pair of types, on `arena`; NULL when memory ran out.
 */
struct step *treaty_verify_compile(struct treaty_arena *arena,
                                   const struct treaty_type *writer,
                                   const struct treaty_type *reader);

#endif
