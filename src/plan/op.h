/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_PLAN_OP_H
#define TREATY_SRC_PLAN_OP_H

/*
 * The operations of a plan and the tables beside them. Formats emit them
 * (plan/build.h), the loops run them (plan/decode_loop.h, encode_loop.h), and
 * nobody else looks.
 *
 * An operation is 8 bytes: what to do, a small argument, the offset in the
 * struct at hand, and a large argument that often is the number of a row in a
 * side table:
 *
 *     byte   0      1     2-3    4-7
 *            code   a     off    arg
 *
 * A struct may be larger than `off` reaches: then a SHIFT moves the base of
 * the struct before the operation and back after it.
 */
#include "plan/plan.h"

struct treaty_op {
    uint8_t code;
    uint8_t a;
    uint16_t off;
    uint32_t arg;
};

/*
 * Decoding. "number" is a zigzag varint, checked against 32 or 64 bits.
 *
 *   STOP            the event is read
 *   RETURN          leave a CALL
 *   JUMP            go on at operation `arg`
 *   FAIL            raise fail `arg`
 *   SHIFT           move the struct's base by `arg` (signed)
 *   COPY            put default image `arg` over the struct
 *   INT ... STRING  read what the writer wrote, store what the reader wants
 *   FIXED           copy `arg` bytes
 *   ENUM            read a number, store what table `arg` says
 *   SKIP_BYTES      `arg` bytes; SKIP_NUMBERS, SKIP_STRINGS: `arg` of them
 *   SET_FLAG        store `a` in a `bool`
 *   SET_BRANCH      store `arg` in an `int32_t`
 *   NULLABLE        read a branch: if it is `a`, clear the flag and go to
 *                   `arg`, else set the flag
 *   UNION           read a branch, go where table `arg` says
 *   LOOP            read blocks of items: loop `arg`, up to its NEXT
 *   NEXT            the end of an item: `off` its stride, `arg` operations
 *                   back
 *   FAR_NEXT        the same for a stride that `off` cannot hold, and for
 *                   maps, where it drops entries whose key comes again
 *   SKIP_LOOP/NEXT  the same without storing
 *   CALL            run call `arg` on the part at `off`
 *   POINTER         the same on new memory, whose address is stored
 *   REST            all that is left, as one view
 */
#define TREATY_DECODE_OPS(X)                                                   \
    X(STOP)                                                                    \
    X(RETURN)                                                                  \
    X(JUMP)                                                                    \
    X(FAIL)                                                                    \
    X(SHIFT)                                                                   \
    X(COPY)                                                                    \
    X(BOOL)                                                                    \
    X(INT)                                                                     \
    X(LONG)                                                                    \
    X(FLOAT)                                                                   \
    X(DOUBLE)                                                                  \
    X(INT_TO_LONG)                                                             \
    X(INT_TO_FLOAT)                                                            \
    X(INT_TO_DOUBLE)                                                           \
    X(LONG_TO_FLOAT)                                                           \
    X(LONG_TO_DOUBLE)                                                          \
    X(FLOAT_TO_DOUBLE)                                                         \
    X(STRING)                                                                  \
    X(STRING_REPLACE)                                                          \
    X(BYTES)                                                                   \
    X(FIXED)                                                                   \
    X(ENUM)                                                                    \
    X(SKIP_BYTES)                                                              \
    X(SKIP_NUMBERS)                                                            \
    X(SKIP_STRINGS)                                                            \
    X(SET_FLAG)                                                                \
    X(SET_BRANCH)                                                              \
    X(NULLABLE)                                                                \
    X(UNION)                                                                   \
    X(LOOP)                                                                    \
    X(NEXT)                                                                    \
    X(FAR_NEXT)                                                                \
    X(SKIP_LOOP)                                                               \
    X(SKIP_NEXT)                                                               \
    X(CALL)                                                                    \
    X(POINTER)                                                                 \
    X(REST)

/*
 * Encoding: the same shapes, the other way. CONST appends bytes `arg`, BYTE
 * the byte `a`; CHECK makes room; BRANCH appends nothing itself but goes where
 * table `arg` says for the branch that the struct holds.
 */
#define TREATY_ENCODE_OPS(X)                                                   \
    X(STOP)                                                                    \
    X(RETURN)                                                                  \
    X(JUMP)                                                                    \
    X(FAIL)                                                                    \
    X(SHIFT)                                                                   \
    X(CHECK)                                                                   \
    X(CONST)                                                                   \
    X(BYTE)                                                                    \
    X(BOOL)                                                                    \
    X(INT)                                                                     \
    X(LONG)                                                                    \
    X(FLOAT)                                                                   \
    X(DOUBLE)                                                                  \
    X(STRING)                                                                  \
    X(STRING_REPLACE)                                                          \
    X(BYTES)                                                                   \
    X(FIXED)                                                                   \
    X(ENUM)                                                                    \
    X(NULLABLE)                                                                \
    X(BRANCH)                                                                  \
    X(LOOP)                                                                    \
    X(NEXT)                                                                    \
    X(FAR_NEXT)                                                                \
    X(CALL)                                                                    \
    X(POINTER)                                                                 \
    X(REST)

/*
 * Pairs that often stand next to each other, run as one operation: a jump less.
 * The first takes the code of the pair; the second stays what it is, for those
 * who jump to it. plan/fuse.c puts them in; formats need not know. Decoding,
 * each has a twin (plan/fuse.h).
 */
#define TREATY_DECODE_PAIRS(X)                                                 \
    X(STRING, STRING)                                                          \
    X(STRING, LONG)                                                            \
    X(STRING, INT)                                                             \
    X(STRING, INT_TO_LONG)                                                     \
    X(STRING, ENUM)                                                            \
    X(STRING, DOUBLE)                                                          \
    X(STRING, SKIP_STRINGS)                                                    \
    X(STRING, NEXT)                                                            \
    X(STRING, STOP)                                                            \
    X(LONG, STRING)                                                            \
    X(LONG, LONG)                                                              \
    X(LONG, INT)                                                               \
    X(LONG, ENUM)                                                              \
    X(LONG, DOUBLE)                                                            \
    X(LONG, NEXT)                                                              \
    X(LONG, STOP)                                                              \
    X(INT, STRING)                                                             \
    X(INT, LONG)                                                               \
    X(INT, INT)                                                                \
    X(INT, NEXT)                                                               \
    X(INT_TO_LONG, LONG)                                                       \
    X(ENUM, STRING)                                                            \
    X(ENUM, LONG)                                                              \
    X(DOUBLE, STRING)                                                          \
    X(DOUBLE, DOUBLE)                                                          \
    X(DOUBLE, NEXT)                                                            \
    X(SKIP_STRINGS, STRING)                                                    \
    X(NULLABLE, STRING)                                                        \
    X(NULLABLE, LONG)                                                          \
    X(NULLABLE, INT)                                                           \
    X(NULLABLE, DOUBLE)

#define TREATY_ENCODE_PAIRS(X)                                                 \
    X(STRING, STRING)                                                          \
    X(STRING, LONG)                                                            \
    X(STRING, INT)                                                             \
    X(STRING, ENUM)                                                            \
    X(STRING, DOUBLE)                                                          \
    X(STRING, NEXT)                                                            \
    X(STRING, STOP)                                                            \
    X(LONG, STRING)                                                            \
    X(LONG, LONG)                                                              \
    X(LONG, INT)                                                               \
    X(LONG, ENUM)                                                              \
    X(LONG, LOOP)                                                              \
    X(LONG, NEXT)                                                              \
    X(INT, STRING)                                                             \
    X(INT, LONG)                                                               \
    X(INT, INT)                                                                \
    X(INT, NEXT)                                                               \
    X(ENUM, STRING)                                                            \
    X(ENUM, LONG)                                                              \
    X(DOUBLE, STRING)                                                          \
    X(DOUBLE, DOUBLE)                                                          \
    X(DOUBLE, NEXT)                                                            \
    X(NULLABLE, STRING)                                                        \
    X(NULLABLE, LONG)                                                          \
    X(NULLABLE, INT)                                                           \
    X(NULLABLE, DOUBLE)

enum treaty_decode_op {
#define TREATY_DECODE_ENUM(name) TREATY_DECODE_##name,
#define TREATY_DECODE_PAIR(first, second) TREATY_DECODE_##first##_AND_##second,
#define TREATY_DECODE_TWIN(first, second)                                      \
    TREATY_DECODE_##first##_AND_##second##_TWIN,
    TREATY_DECODE_OPS(TREATY_DECODE_ENUM)
        TREATY_DECODE_PAIRS(TREATY_DECODE_PAIR)
            TREATY_DECODE_PAIRS(TREATY_DECODE_TWIN)
#undef TREATY_DECODE_ENUM
#undef TREATY_DECODE_PAIR
#undef TREATY_DECODE_TWIN
};

enum treaty_encode_op {
#define TREATY_ENCODE_ENUM(name) TREATY_ENCODE_##name,
#define TREATY_ENCODE_PAIR(first, second) TREATY_ENCODE_##first##_AND_##second,
    TREATY_ENCODE_OPS(TREATY_ENCODE_ENUM)
        TREATY_ENCODE_PAIRS(TREATY_ENCODE_PAIR)
#undef TREATY_ENCODE_ENUM
#undef TREATY_ENCODE_PAIR
};

/*
 * An enum table of a decode holds the layout's ordinal of each symbol on the
 * wire, -1 where the layout has none, or this for fail `n`. That of an encode
 * holds the schema's ordinal of each of the layout's, or -1.
 */
#define TREATY_ENUM_FAIL(n) (-2 - (int32_t)(n))

/*
 * An array or a map. `item_min` is the least number of bytes that an item can
 * take on the wire; a count that the rest of the event cannot hold is refused
 * before memory is asked for. Items that may take none are capped per event.
 */
struct treaty_plan_loop {
    size_t stride;  /* of the items in memory; when skipping, the number of
                       bytes that each takes on the wire, 0 if they differ */
    uint32_t after; /* the operation behind its NEXT */
    uint32_t item_min;
    bool is_map;
};

/* A subprogram: a record that is entered more than once. */
struct treaty_plan_call {
    uint32_t entry;
    bool counted; /* on a cycle: counts against the depth limit */
    size_t size;  /* of the struct, for POINTER */
};

/* Bytes: a default image (put at `at` of the struct) or a constant. */
struct treaty_plan_bytes {
    const uint8_t *data;
    size_t len;
    size_t at;
};

/* The most items without bytes of their own in one event. */
enum { TREATY_EMPTY_ITEMS_MAX = 1 << 20 };

/* The room that every encode operation may count on; see encode_loop.h. */
enum { TREATY_ENCODE_ROOM = 256 };

struct treaty_encode;
struct treaty_proto_code;

/*
 * One decode: the address behind what was read, or the code of the failure,
 * which `err`, if given, describes: no byte lies at so low an address. One
 * word, and six arguments, travel in registers.
 */
typedef uintptr_t (*treaty_decode_fn)(const struct treaty_plan *plan,
                                      const uint8_t *data, const uint8_t *end,
                                      char *record, struct treaty_arena *arena,
                                      struct treaty_error *err);

typedef enum treaty_code (*treaty_encode_fn)(const struct treaty_plan *plan,
                                             const char *record,
                                             struct treaty_encode *run);

/* Row lengths of `ints` tables stand in front of the rows: {count, ...}. */
struct treaty_plan {
    treaty_decode_fn decode;       /* NULL in a plan that encodes */
    treaty_encode_fn encode;       /* NULL in a plan that decodes */
    const struct treaty_op *entry; /* the first one to run */
    struct treaty_op *ops;
    const struct treaty_proto_code *proto; /* of Protobuf: plan/proto.h; the
                                              operations are not used then */
    const struct treaty_plan_loop *loops;
    const struct treaty_plan_call *calls;
    const struct treaty_plan_bytes *bytes;
    const int32_t *ints;
    const uint32_t *op_paths; /* of each operation: offset in `paths` */
    const char *paths;        /* terminated, each relative to its program */
    const struct treaty_plan_note *fails;
    const struct treaty_plan_note *losses;
    size_t fail_count;
    size_t loss_count;
    uint32_t op_count;
    struct treaty_plan_options options; /* no zero left in it */
    size_t record_size;
    struct treaty_arena arena;
    int refs; /* atomic */
};

#endif
