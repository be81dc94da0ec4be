/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_AVRO_RESOLVE_H
#define TREATY_SRC_FORMAT_AVRO_RESOLVE_H

/*
 * Schema resolution: the questions that two schemas answer together, as the
 * Java reader answers them. It departs from the specification on purpose in
 * places (records match whatever their names, a union takes an exact type
 * before an earlier branch that would do), and so do we, since every consumer
 * on the JVM behaves that way. Nothing is emitted here.
 *
 * The reader's aliases rename what the writer declares before anything is
 * compared: named types by fullname, fields by (record, field).
 */
#include "format/avro/schema.h"

struct treaty_avro_resolver {
    struct treaty_arena *arena; /* scratch */
    const struct treaty_avro_tree *reader;
    struct treaty_map renames;   /* alias -> the reader's node */
    struct treaty_map verdicts;  /* what is known of pairs of records */
    struct treaty_map **aliases; /* by record id: alias -> field, once asked */
    bool is_same;                /* no alias counts */
    bool failed;                 /* memory ran out; answers mean nothing */
};

/* Aliases do nothing between equal schemas, so `writer` is asked for too. */
void treaty_avro_resolver_init(struct treaty_avro_resolver *res,
                               struct treaty_arena *arena,
                               const struct treaty_avro_tree *writer,
                               const struct treaty_avro_tree *reader);
/* To read what the reader's own schema wrote. */
void treaty_avro_resolver_init_same(struct treaty_avro_resolver *res,
                                    struct treaty_arena *arena,
                                    const struct treaty_avro_tree *reader);

/* The fullname under which the reader sees the writer's named type. */
struct treaty_str treaty_avro_seen_as(const struct treaty_avro_resolver *res,
                                      const struct treaty_avro_node *writer);

/* The name under which it sees a field of the writer's record. */
struct treaty_str
treaty_avro_field_seen_as(struct treaty_avro_resolver *res,
                          const struct treaty_avro_node *writer,
                          const struct treaty_avro_field *field);

/* True when aliases give two fields of the record one name. */
bool treaty_avro_fields_collide(struct treaty_avro_resolver *res,
                                const struct treaty_avro_node *writer);
/* True when aliases give two branches of the union one name. */
bool treaty_avro_branches_collide(const struct treaty_avro_resolver *res,
                                  const struct treaty_avro_node *writer);

/* Why a value cannot be resolved whatever it holds. */
enum treaty_avro_mismatch {
    TREATY_AVRO_MATCH,
    TREATY_AVRO_TYPE,    /* neither equal nor a promotion */
    TREATY_AVRO_NAME,    /* of an enum or a fixed */
    TREATY_AVRO_SIZE,    /* of a fixed */
    TREATY_AVRO_MISSING, /* a field of the reader that has no default */
    TREATY_AVRO_BRANCH,  /* no branch of the reader's union takes it */
};

/* Looks no deeper than the value itself; a writer's union always matches. */
enum treaty_avro_mismatch
treaty_avro_match(struct treaty_avro_resolver *res,
                  const struct treaty_avro_node *writer,
                  const struct treaty_avro_node *reader);

/* The branch of the reader's union that takes a value of `writer`, or -1. */
int32_t treaty_avro_pick_branch(struct treaty_avro_resolver *res,
                                const struct treaty_avro_node *writer,
                                const struct treaty_avro_node *reader);

/*
 * Do both say the same, names, defaults and logical types included, but for
 * aliases, docs and other attributes? False means nothing when memory ran out,
 * which sets `*failed`.
 */
bool treaty_avro_equal(struct treaty_arena *scratch,
                       const struct treaty_avro_tree *a,
                       const struct treaty_avro_tree *b, bool *failed);

/* Two unions whose branches correspond one to one, by position. */
bool treaty_avro_same_union(struct treaty_avro_resolver *res,
                            const struct treaty_avro_node *writer,
                            const struct treaty_avro_node *reader);

#endif
