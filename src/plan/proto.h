/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_PLAN_PROTO_H
#define TREATY_SRC_PLAN_PROTO_H

/*
 * Programs that read and write Protobuf. They differ from plan/op.h in that
 * the wire says which field comes next: each operation names the tag that it
 * expects, the commonest order of fields is one operation after the other, and
 * what comes out of order is found by its tag.
 *
 *     Order { id = 1; qty = 2; repeated Item items = 3; }
 *
 *     0  STRING    tag 0A          <- entry; a tag that is another one is
 *     1  INT32     tag 10             looked up in the message's table
 *     2  MESSAGES  tag 1A          predicts itself
 *     3  END                       at the end of the bytes: the message is read
 *
 * Each message is a program of its own, one for each (writer, reader, type),
 * and so are map entries. A submessage opens a frame.
 */
#include "plan/op.h"

#include "base/map.h"

/*
 * Decoding. The first group compares the tag and reads a value; the second is
 * run after a value was stored (and skipped when it was not, as for a number
 * that a closed enum does not have).
 *
 *   END            the message should end here
 *   INT32 ...      store a varint, cut to its type; SINT: unzigzag it
 *   BOOL           any varint but 0 is true
 *   ENUM           store the number and the symbol that enum row `arg` says
 *   FIXED32/64     store 4 or 8 bytes
 *   STRING         a view, UTF-8 checked; STRING_REPLACE, BYTES
 *   MESSAGE        read message `arg` into the struct at `off`
 *   POINTER        the same behind a pointer, new memory if it is NULL
 *   MESSAGES       the same into a new item: items row `arg`; maps, too
 *   ITEM           append one scalar: items row `arg`
 *   PACKED         append all scalars of a packed field: items row `arg`
 *   SELECT         see that the branch or flag of select row `arg` is on, its
 *                  value cleared if it was not, and run the next operation
 *                  without comparing the tag
 *   SKIP_VARINT, SKIP_BYTES (`arg` of them), SKIP_VIEW, SKIP_GROUP
 *
 *   FLAG           set the `bool` at `off`; CLEAR: clear it
 *   BRANCH         store `arg` in the `int32_t` at `off`
 *   SEEN           required field `arg` is there
 *   JUMP           go on at operation `arg`
 *
 * MESSAGE, POINTER and MESSAGES read a group when `is_group`.
 */
#define TREATY_PROTO_READS(X)                                                  \
    X(END)                                                                     \
    X(INT32)                                                                   \
    X(INT64)                                                                   \
    X(SINT32)                                                                  \
    X(SINT64)                                                                  \
    X(BOOL)                                                                    \
    X(ENUM)                                                                    \
    X(FIXED32)                                                                 \
    X(FIXED64)                                                                 \
    X(STRING)                                                                  \
    X(STRING_REPLACE)                                                          \
    X(BYTES)                                                                   \
    X(MESSAGE)                                                                 \
    X(POINTER)                                                                 \
    X(MESSAGES)                                                                \
    X(ITEM)                                                                    \
    X(PACKED)                                                                  \
    X(SELECT)                                                                  \
    X(SKIP_VARINT)                                                             \
    X(SKIP_BYTES)                                                              \
    X(SKIP_VIEW)                                                               \
    X(SKIP_GROUP)                                                              \
    X(FLAG)                                                                    \
    X(CLEAR)                                                                   \
    X(BRANCH)                                                                  \
    X(SEEN)                                                                    \
    X(JUMP)

/*
 * Pairs that often stand next to each other, run as one operation, as in
 * plan/op.h: plan/proto_fuse.c puts them in.
 */
#define TREATY_PROTO_READ_PAIRS(X)                                             \
    X(STRING, STRING)                                                          \
    X(STRING, INT64)                                                           \
    X(STRING, INT32)                                                           \
    X(STRING, ENUM)                                                            \
    X(STRING, FIXED64)                                                         \
    X(STRING, MESSAGES)                                                        \
    X(STRING, END)                                                             \
    X(INT64, STRING)                                                           \
    X(INT64, INT64)                                                            \
    X(INT64, INT32)                                                            \
    X(INT64, ENUM)                                                             \
    X(INT64, MESSAGES)                                                         \
    X(INT64, END)                                                              \
    X(INT32, STRING)                                                           \
    X(INT32, INT64)                                                            \
    X(INT32, INT32)                                                            \
    X(INT32, END)                                                              \
    X(ENUM, STRING)                                                            \
    X(ENUM, INT64)                                                             \
    X(FIXED64, STRING)                                                         \
    X(FIXED64, FIXED64)                                                        \
    X(FIXED64, END)                                                            \
    X(SKIP_VIEW, SKIP_VIEW)                                                    \
    X(SKIP_VIEW, END)                                                          \
    X(SKIP_VARINT, END)

/*
 * The code of an operation says how its tag is compared, too: tags of one byte
 * by the plain codes, those of two by `WIDE` ones, and `FAR` ones are always
 * looked up: longer tags, and groups, whose number the loop wants.
 */
enum treaty_proto_read_code {
#define TREATY_PROTO_ENUM(name) TREATY_READ_##name,
#define TREATY_PROTO_WIDE(name) TREATY_READ_WIDE_##name,
#define TREATY_PROTO_FAR(name) TREATY_READ_FAR_##name,
#define TREATY_PROTO_PAIR(x, y) TREATY_READ_##x##_AND_##y,
    TREATY_PROTO_READS(TREATY_PROTO_ENUM) TREATY_PROTO_READS(TREATY_PROTO_WIDE)
        TREATY_PROTO_READS(TREATY_PROTO_FAR)
            TREATY_PROTO_READ_PAIRS(TREATY_PROTO_PAIR)
#undef TREATY_PROTO_ENUM
#undef TREATY_PROTO_WIDE
#undef TREATY_PROTO_FAR
#undef TREATY_PROTO_PAIR
};

/* `tag` holds the first bytes of the tag as they stand in memory. */
struct treaty_proto_read {
    uint8_t code;
    uint8_t kind; /* the plain code */
    uint8_t tag[2];
    uint8_t tag_len;
    bool is_group;
    uint32_t off;
    uint32_t arg;
};

/* No operation, no message. */
enum { TREATY_PROTO_NONE = -1 };

/* A known tag of a message. */
struct treaty_proto_tag {
    uint32_t tag;
    uint32_t op;
    /* The rest is for the check of required fields (plan/proto_required.c). */
    int32_t message;  /* that the field holds, or TREATY_PROTO_NONE */
    int32_t required; /* its number among the required ones, or NONE */
    int32_t oneof;    /* that it is a member of, or NONE */
    int32_t closed;   /* its enum row, if that is closed, or NONE */
    bool is_repeated;
    bool is_packed; /* this tag is the packed form */
};

/* A map of a message: entries whose key comes again are dropped. */
struct treaty_proto_map {
    uint32_t off;
    uint32_t items;    /* row */
    uint32_t key_size; /* 0: a struct treaty_str */
};

enum { TREATY_PROTO_REQUIRED_MAX = 64 };

struct treaty_proto_program {
    uint32_t entry;
    const uint32_t *direct; /* operation by tag, for small tags; NONE: not */
    uint32_t direct_count;
    uint32_t tag_count;
    const struct treaty_proto_tag *tags; /* all of them, sorted */
    const uint8_t *image;                /* defaults, put at image_at */
    uint32_t image_len;
    uint32_t image_at;
    size_t size;        /* of the struct */
    bool finishes;      /* END has more to do */
    bool is_entry;      /* of a map */
    bool keeps_unknown; /* at unknown_off; only if the plan's options say so */
    uint32_t unknown_off;
    uint64_t required; /* bits of SEEN; all of them if there are too many */
    uint32_t required_count;
    const struct treaty_str *required_names;
    const struct treaty_proto_map *maps;
    uint32_t map_count;
};

/* How one item of a repeated scalar is read. */
enum treaty_proto_scalar {
    TREATY_PROTO_AS_INT32,
    TREATY_PROTO_AS_INT64,
    TREATY_PROTO_AS_SINT32,
    TREATY_PROTO_AS_SINT64,
    TREATY_PROTO_AS_BOOL,
    TREATY_PROTO_AS_ENUM,
    TREATY_PROTO_AS_FIXED32,
    TREATY_PROTO_AS_FIXED64,
    TREATY_PROTO_AS_STRING, /* never packed from here on */
    TREATY_PROTO_AS_REPLACED,
    TREATY_PROTO_AS_BYTES,
    TREATY_PROTO_AS_UINT32, /* encoding: read as INT32 */
};

/*
 * A repeated field. Room for items is a function of their count, so nobody
 * has to remember it: `first`, a power of two, then doubled each time that the
 * count reaches a power of two.
 */
struct treaty_proto_item_row {
    size_t stride;
    uint32_t first;
    uint32_t message;                           /* of MESSAGES */
    const struct treaty_proto_program *program; /* the same */
    enum treaty_proto_scalar as;
    uint32_t row; /* enum row of AS_ENUM */
};

/* Make sure that a oneof's branch is on, or an optional's flag. */
struct treaty_proto_select {
    bool is_flag;
    int32_t branch;
    uint32_t value_off; /* of the value, from the struct */
    const uint8_t *image;
    uint32_t image_len;
    uint32_t image_at; /* in the value */
};

/* The symbols of numbers; a number without entry has none. */
struct treaty_proto_pair {
    int32_t number;
    int32_t symbol;
};

enum {
    TREATY_PROTO_UNNAMED = -1, /* a constant, but the layout lacks it */
    TREATY_PROTO_UNDEFINED = -2,
};

struct treaty_proto_symbols {
    int32_t low;
    uint32_t count;       /* of `dense` */
    const int32_t *dense; /* from number `low` on: symbol, or the above */
    bool is_closed;
    const struct treaty_proto_pair *pairs; /* all, sorted by number */
    uint32_t pair_count;
};

/*
 * Encoding. An operation with an `_IF` at its end writes nothing when the
 * value is its type's zero.
 *
 *   END            the message is written
 *   UNLESS         go on at `arg` when the `bool` at `off` is clear
 *   REQUIRE        fail when it is
 *   CHOOSE         go where jump table `arg` says for the branch at `off`
 *   CHECK          make room
 *   MESSAGE        tag, length and program `arg` of the struct at `off`
 *   POINTER        the same behind a pointer, nothing if it is NULL;
 *                  fail if it is marked REQUIRED
 *   MESSAGES       the same for each item of items row `arg`
 *   ITEMS, PACKED  all scalars of items row `arg`
 *   UNKNOWN        what was kept, as it is
 */
#define TREATY_PROTO_WRITES(X)                                                 \
    X(END)                                                                     \
    X(JUMP)                                                                    \
    X(UNLESS)                                                                  \
    X(REQUIRE)                                                                 \
    X(CHOOSE)                                                                  \
    X(CHECK)                                                                   \
    X(INT32)                                                                   \
    X(INT64)                                                                   \
    X(UINT32)                                                                  \
    X(SINT32)                                                                  \
    X(SINT64)                                                                  \
    X(BOOL)                                                                    \
    X(ENUM)                                                                    \
    X(FIXED32)                                                                 \
    X(FIXED64)                                                                 \
    X(STRING)                                                                  \
    X(STRING_REPLACE)                                                          \
    X(BYTES)                                                                   \
    X(INT32_IF)                                                                \
    X(INT64_IF)                                                                \
    X(UINT32_IF)                                                               \
    X(SINT32_IF)                                                               \
    X(SINT64_IF)                                                               \
    X(BOOL_IF)                                                                 \
    X(ENUM_IF)                                                                 \
    X(FIXED32_IF)                                                              \
    X(FIXED64_IF)                                                              \
    X(STRING_IF)                                                               \
    X(STRING_REPLACE_IF)                                                       \
    X(BYTES_IF)                                                                \
    X(MESSAGE)                                                                 \
    X(POINTER)                                                                 \
    X(MESSAGES)                                                                \
    X(ITEMS)                                                                   \
    X(PACKED)                                                                  \
    X(UNKNOWN)

#define TREATY_PROTO_WRITE_PAIRS(X)                                            \
    X(STRING_IF, STRING_IF)                                                    \
    X(STRING_IF, INT64_IF)                                                     \
    X(STRING_IF, INT32_IF)                                                     \
    X(STRING_IF, ENUM_IF)                                                      \
    X(STRING_IF, END)                                                          \
    X(INT64_IF, STRING_IF)                                                     \
    X(INT64_IF, INT64_IF)                                                      \
    X(INT64_IF, ENUM_IF)                                                       \
    X(INT64_IF, MESSAGES)                                                      \
    X(INT64_IF, END)                                                           \
    X(INT32_IF, STRING_IF)                                                     \
    X(INT32_IF, INT64_IF)                                                      \
    X(INT32_IF, INT32_IF)                                                      \
    X(INT32_IF, END)                                                           \
    X(ENUM_IF, STRING_IF)                                                      \
    X(ENUM_IF, INT64_IF)

enum treaty_proto_write_code {
#define TREATY_PROTO_ENUM(name) TREATY_WRITE_##name,
#define TREATY_PROTO_PAIR(x, y) TREATY_WRITE_##x##_AND_##y,
#define TREATY_PROTO_TWIN(x, y) TREATY_WRITE_##x##_AND_##y##_TWIN,
    TREATY_PROTO_WRITES(TREATY_PROTO_ENUM)
        TREATY_PROTO_WRITE_PAIRS(TREATY_PROTO_PAIR)
            TREATY_PROTO_WRITE_PAIRS(TREATY_PROTO_TWIN)
#undef TREATY_PROTO_ENUM
#undef TREATY_PROTO_PAIR
#undef TREATY_PROTO_TWIN
};

/* Of the messages that an operation writes. */
enum {
    TREATY_WRITES_REQUIRED = 1, /* fail if it is missing */
    /* From here on the end of each is out of the common. */
    TREATY_WRITES_GROUP = 2,
    TREATY_WRITES_SORTED = 4, /* entries of a map in the order of their keys */
    TREATY_WRITES_WHOLE = 8,  /* the event itself, which nothing opened */
};

struct treaty_proto_write {
    uint8_t code;
    uint8_t tag_len;
    uint8_t marks;
    uint32_t off;
    uint32_t arg;
    uint8_t tag[8]; /* written whole; `tag_len` bytes of it count */
};

/* A repeated field or a map, and how its entries are put in order. */
struct treaty_proto_list_row {
    size_t stride;
    uint32_t entry; /* operation */
    enum treaty_proto_scalar as;
    uint32_t row;      /* numbers row of AS_ENUM */
    bool is_signed;    /* the key */
    uint32_t key_size; /* 0: a struct treaty_str */
};

/* Numbers of the layout's symbols; `names` says which are there. */
struct treaty_proto_numbers {
    uint32_t count;
    const int32_t *numbers;
    const bool *known;
};

/* What a plan of Protobuf holds instead of operations of plan/op.h. */
struct treaty_proto_code {
    const struct treaty_proto_read *reads;
    const struct treaty_proto_write *writes;
    const struct treaty_str *names; /* of each operation: its field, or "" */
    const struct treaty_proto_program *programs; /* [0] is the event's */
    const struct treaty_proto_item_row *items;
    const struct treaty_proto_select *selects;
    const struct treaty_proto_symbols *symbols;
    const struct treaty_proto_list_row *lists;
    const struct treaty_proto_numbers *numbers;
    const uint32_t *jumps; /* CHOOSE: count, then operations */
    uint32_t entry;        /* encoding: the first operation of the event */
};

/* Join neighbours into the pairs above; a format does so before it freezes. */
void treaty_proto_fuse_reads(struct treaty_proto_read *reads, size_t count);
void treaty_proto_fuse_writes(struct treaty_proto_write *writes, size_t count);

#endif
