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

#include <stdbool.h>

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

    /* Of messages. */
    ACT_NUMBERED, /* an enum, by number */
    ACT_VARINT,   /* an integer, boolean or enum as another of them */
    ACT_FIELD,    /* a value that may not be on the wire */
    ACT_ONEOF,
};

/* When a field of a writer's message is on the wire. */
enum presence {
    PRESENCE_NEVER, /* the writer has no such field */
    PRESENCE_ALWAYS,
    PRESENCE_FLAG,
    PRESENCE_NONZERO,
    PRESENCE_BRANCH, /* where the oneof is at `branch` */
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
    const void *expected;   /* CONST */
    enum presence presence; /* FIELD */
    size_t value_at;        /* FIELD: the writer's value, from `writer_at` */
    struct step **steps; /* RECORD: fields; FROM_UNION, ONEOF: branches; MAP of
                            a message: value and key; else one, or none */
    uint32_t count;
};

/* A step without inner ones; NULL without memory. */
struct step *treaty_step_new(struct treaty_arena *arena, enum action action,
                             const struct treaty_type *writer,
                             const struct treaty_type *reader,
                             struct treaty_str path);
/* Room for inner ones. */
bool treaty_step_give(struct treaty_arena *arena, struct step *step,
                      uint32_t count);

/*
 * The steps for a pair of types, on `arena`; NULL when memory ran out. Two
 * messages agree by Protobuf's rules.
 */
struct step *treaty_verify_compile(struct treaty_arena *arena,
                                   const struct treaty_type *writer,
                                   const struct treaty_type *reader);
struct step *treaty_verify_compile_message(struct treaty_arena *arena,
                                           const struct treaty_type *writer,
                                           const struct treaty_type *reader);

/* Is it what a reader has for a field that is not on the wire? */
bool treaty_verify_is_unset(const struct treaty_type *type, const char *at);

#endif
