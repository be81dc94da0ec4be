/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_RECORD_TYPE_H
#define TREATY_SRC_RECORD_TYPE_H

/*
 * Types: what an event in memory looks like, for every format alike. A type
 * says its kind, its parts, and where each part lies, exactly as a C compiler
 * would place it; a `struct treaty_layout` is a frozen tree of them.
 *
 *     struct order {                RECORD size 40, align 8
 *         struct treaty_str id;       "id"     STRING    at 0
 *         struct treaty_enum status;  "status" ENUM      at 16
 *         bool has_note;              "note"   OPTIONAL  at 24, flag +0,
 *         int32_t note;                                  value +4
 *         ...
 *
 * A layout that a format derives from a schema also carries what projecting
 * one schema's events onto another needs: aliases and defaults. Layouts made
 * from bindings have none.
 *
 * A message of Protobuf is a RECORD with `is_message`, whose fields are zero
 * until they are set. Its natural layout:
 *
 *     int64 a = 1;                 INT64
 *     required int64 b = 2;        INT64, `must`
 *     optional int64 c = 3;        OPTIONAL of INT64
 *     Other d = 4;                 OPTIONAL of RECORD; where it contains
 *                                  itself, or is larger than 512 bytes,
 *                                  OPTIONAL of POINTER
 *     repeated int64 e = 5;        ARRAY
 *     map<int32, string> f = 6;    MAP with a `key`
 *     oneof g { A x = 7; }         UNION, number 0, called "g"; its branch 0 is
 *                                  a NULL, that none is set, and then one
 *                                  branch a member, called "x", number 7
 *
 * Trees are graphs where a record contains itself: only through POINTER, ARRAY
 * or MAP. Walkers of types carry a depth or a memo.
 */
#include <treaty/record.h>

#include "base/arena.h"
#include "base/buf.h"

struct treaty_type;

/* A field of a RECORD, or a branch of a UNION. */
struct treaty_field {
    struct treaty_str
        name; /* of a branch: its type's (full)name, "string"... */
    const struct treaty_type *type;
    size_t offset; /* from the start of the RECORD or UNION */
    const struct treaty_str *aliases; /* further names, from a reader schema */
    size_t alias_count;
    struct treaty_str fallback; /* the default as JSON; .data NULL: none */

    /* Of a message. */
    struct treaty_str json; /* its name in JSON; .data NULL: as `name` */
    int32_t number;         /* on the wire; of a oneof 0 */
    bool must;              /* `required`: it is never left out */
};

struct treaty_type {
    enum treaty_kind kind;
    uint32_t align;
    size_t size; /* of one value in memory; the stride of array items */
    struct treaty_str name;    /* fullname of RECORD, ENUM, FIXED; else empty */
    struct treaty_str logical; /* "timestamp-millis", "decimal"...; or empty */
    int32_t precision;         /* decimal */
    int32_t scale;
    const struct treaty_field *fields; /* RECORD: fields; UNION: branches */
    uint32_t field_count;
    uint32_t symbol_count;
    const struct treaty_str *symbols;         /* ENUM */
    const struct treaty_str *fallback_symbol; /* ENUM default, or NULL */
    const struct treaty_str *aliases; /* of RECORD, ENUM, FIXED: full names */
    size_t alias_count;
    const struct treaty_type *item; /* OPTIONAL ARRAY MAP POINTER */
    size_t flag_offset;  /* OPTIONAL: the `bool`, from the field's offset */
    size_t value_offset; /* OPTIONAL: the value. MAP: the value in an entry */
    int32_t null_branch; /* OPTIONAL from ["null",T]: 0, from [T,"null"]: 1 */

    /* Protobuf. */
    bool is_message;        /* RECORD: as above; its JSON is ProtoJSON */
    bool is_open;           /* ENUM: a number without a symbol is a value */
    const int32_t *numbers; /* ENUM: of the symbols; NULL: 0, 1, 2... */
    const struct treaty_type *key; /* MAP: of its keys; NULL: STRING */
    bool keeps_unknown; /* RECORD: has room for what its reader did not know */
    size_t unknown_offset; /* of it: a treaty_array of treaty_str, pieces of the
                              event to be written back as they are. Not a field:
                              only the codec sees it */
    struct treaty_any *any; /* RECORD google.protobuf.Any, or NULL: what knows
                               the messages that may be in it */
};

/*
 * A MAP's entries are `{key; value}`, the key being a `struct treaty_str`, or
 * what `key` says, in the first 8 bytes. Stride of an entry.
 */
size_t treaty_type_stride(const struct treaty_type *type);

/* The number of an ENUM's symbol. */
static inline int32_t treaty_type_number(const struct treaty_type *type,
                                         uint32_t symbol)
{
    return type->numbers ? type->numbers[symbol] : (int32_t)symbol;
}

/*
 * The messages that a google.protobuf.Any may hold, for those who print and
 * read it. A format makes one with a layout and frees it with that. Safe to
 * use by many threads at once.
 */
struct treaty_any_message {
    const struct treaty_type *type;
};

struct treaty_any {
    /* The message of that full name; NULL: there is none, or no memory. It
     * lives as long as the layout. */
    const struct treaty_any_message *(*find)(struct treaty_any *any,
                                             struct treaty_str name);
    enum treaty_code (*decode)(const struct treaty_any_message *message,
                               struct treaty_str payload, void *record,
                               struct treaty_arena *arena);
    enum treaty_code (*encode)(const struct treaty_any_message *message,
                               const void *record, struct treaty_buf *out,
                               struct treaty_error *err);
    void (*free)(struct treaty_any *any);
};

/*
 * A layout: one type tree on an arena of its own, shared by count. What is
 * read is immutable.
 */
struct treaty_layout {
    struct treaty_arena arena;
    const struct treaty_type *root;
    uint64_t fingerprint;   /* of the tree: kinds, names, offsets, symbols */
    struct treaty_any *any; /* of its types that have one; owned, or NULL */
    int refs;               /* atomic */
};

struct treaty_layout *treaty_layout_ref(struct treaty_layout *layout);
void treaty_layout_unref(struct treaty_layout *layout);

/*
 * Make a layout of a placed tree that lies on `arena`, which it takes over,
 * leaving an empty one. TREATY_ENOMEM leaves `arena` as it was.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_layout_make(struct treaty_arena *arena, const struct treaty_type *root,
                   struct treaty_layout **ret, struct treaty_error *err);

/*
 * An application's own layout from its table of bindings; `size` is that of
 * its struct. TREATY_EBIND names the row that is wrong.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_layout_from_bindings(const struct treaty_binding *rows, size_t count,
                            size_t size, struct treaty_layout **ret,
                            struct treaty_error *err);

/*
 * Place the parts of `type` as a C compiler would and set its size and align:
 * for builders that derive a layout from a schema. Children must be placed.
 */
void treaty_type_place(struct treaty_type *type, struct treaty_field *fields);

/* Bytes of the largest record; the decoders' arithmetic counts on it. */
enum { TREATY_RECORD_MAX = 16 << 20 };

/* The same for what a schema says, which may be too large: TREATY_ELIMIT. */
TREATY_MUST_CHECK enum treaty_code
treaty_type_place_within(struct treaty_type *type, struct treaty_field *fields,
                         struct treaty_error *err);

#endif
