/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_PROTOBUF_READER_H
#define TREATY_SRC_FORMAT_PROTOBUF_READER_H

/*
 * Taking protobuf apart by hand, for descriptors: one field after the other,
 * each handed to whoever asked for its number. Unknown numbers are skipped,
 * and nothing is believed: a length that reaches past the end of what holds it
 * is an error before it is used.
 */
#include "base/arena.h"
#include "base/str.h"
#include "format/protobuf/put.h"

struct treaty_proto_reader {
    struct treaty_arena *arena;
    struct treaty_str input; /* the whole of it, for offsets */
    uint32_t depth;
    uint32_t depth_max;
    uint32_t names;
    uint32_t names_max;
    bool knows_confluent; /* the file imports Confluent's options */
    struct treaty_error *err;
    enum treaty_code code; /* the first failure sticks */
};

struct treaty_proto_wire_field {
    uint32_t number;
    enum treaty_wire_type wire;
    uint64_t value;          /* of a varint or a fixed one */
    struct treaty_str bytes; /* of a length-delimited one */
    const char *start;       /* of its tag */
};

typedef void (*treaty_proto_take_fn)(
    struct treaty_proto_reader *r, void *to,
    const struct treaty_proto_wire_field *field);

/* What to do with a field; `take` NULL ends a table of them. */
struct treaty_proto_rule {
    uint32_t number;
    enum treaty_wire_type wire;
    treaty_proto_take_fn take;
};

/* The next field of `*rest`, which becomes what is behind it; false at the
 * end and after a failure. */
bool treaty_proto_reader_next(struct treaty_proto_reader *r,
                              struct treaty_str *rest,
                              struct treaty_proto_wire_field *ret);

/* Hand every field of `bytes` to the rule for it. One that has a rule but
 * another wire type is a failure. Counts a level of depth. */
void treaty_proto_reader_run(struct treaty_proto_reader *r,
                             struct treaty_str bytes,
                             const struct treaty_proto_rule *rules, void *to);

/* Fail at `at`, a place in the input; nothing after a failure. */
void treaty_proto_reader_fail(struct treaty_proto_reader *r, const char *at,
                              const char *format, ...) TREATY_PRINTF(3, 4);

/* One more element of `size` bytes, cleared, at the end of an array on the
 * arena; NULL after a failure. The array moves. */
void *treaty_proto_reader_push(struct treaty_proto_reader *r, void *items,
                               uint32_t *count, size_t size);

/* Cleared memory, or NULL after a failure. */
void *treaty_proto_reader_make(struct treaty_proto_reader *r, size_t size);

#endif
