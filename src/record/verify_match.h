/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_RECORD_VERIFY_MATCH_H
#define TREATY_SRC_RECORD_VERIFY_MATCH_H

/*
 * The verifier's own answers to what resolves to what, asked of two layouts
 * and of nothing else. They follow the Java reader, as decoding does: the
 * reader's aliases rename what the writer declares, a record matches whatever
 * its name, and a union takes the type of the same fullname, then a record
 * whose fields match, then a promotion.
 */
#include "base/map.h"
#include "record/type.h"

struct treaty_match {
    struct treaty_arena *arena;
    struct treaty_map answers;        /* pairs of records, by their fields */
    struct treaty_map alike;          /* pairs of records, by position */
    const struct treaty_type **named; /* of the reader, each name once */
    uint32_t count;
    uint32_t room;
    bool is_same; /* equal layouts: no alias counts */
    bool failed;  /* memory ran out; answers mean nothing */
};

void treaty_match_init(struct treaty_match *match, struct treaty_arena *arena,
                       const struct treaty_type *writer,
                       const struct treaty_type *reader);

/*
 * The fields of the writer's record that become the reader's, one for each of
 * those, NULL where there is none. NULL when memory ran out.
 */
const struct treaty_field **
treaty_match_fields(struct treaty_match *match,
                    const struct treaty_type *writer,
                    const struct treaty_type *reader);

/*
 * Can a value become one of the other type? Looks no deeper than the value
 * itself, and into the names of a record's fields; a union of the writer's
 * always can.
 */
bool treaty_match_types(struct treaty_match *match,
                        const struct treaty_type *writer,
                        const struct treaty_type *reader);

/*
 * Branches, those of an OPTIONAL in the order of its schema. The reader's for
 * branch `number` of the writer's union, or for a writer's plain type; or -1.
 */
int32_t treaty_match_branch(struct treaty_match *match,
                            const struct treaty_type *writer, uint32_t number,
                            const struct treaty_type *reader);
int32_t treaty_match_type_branch(struct treaty_match *match,
                                 const struct treaty_type *writer,
                                 const struct treaty_type *reader);
bool treaty_match_is_union(const struct treaty_type *type);

#endif
