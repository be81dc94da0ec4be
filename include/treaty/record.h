/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_RECORD_H
#define TREATY_RECORD_H

/*
 * An event in memory: one plain C struct, whatever format it came from.
 *
 *     boolean, int32 ... double    itself
 *     string, bytes                struct treaty_str, a view
 *     fixed(n)                     n bytes in place
 *     enum                         struct treaty_enum
 *     optional                     a `bool` flag and the value in place
 *     union                        an `int32_t` branch and the value in place
 *     record                       in place; behind a pointer when recursive
 *     array                        struct treaty_array of items
 *     map                          struct treaty_array of {treaty_str key;
 * value}
 *
 * Views point into the frame, or into the arena that the decode was given, and
 * are valid until the frame, that arena or the client goes.
 */
#include <treaty/base.h>

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

enum treaty_kind {
    TREATY_KIND_NULL, /* takes no room */
    TREATY_KIND_BOOL,
    TREATY_KIND_INT32,
    TREATY_KIND_INT64,
    TREATY_KIND_UINT32,
    TREATY_KIND_UINT64,
    TREATY_KIND_FLOAT,
    TREATY_KIND_DOUBLE,
    TREATY_KIND_STRING,
    TREATY_KIND_BYTES,
    TREATY_KIND_FIXED,
    TREATY_KIND_ENUM,
    TREATY_KIND_OPTIONAL,
    TREATY_KIND_UNION,
    TREATY_KIND_RECORD,
    TREATY_KIND_ARRAY,
    TREATY_KIND_MAP,
    TREATY_KIND_POINTER, /* to a record that contains itself; NULL: absent */
};

/*
 * `symbol` is the ordinal in the layout's own list, mapped by name; -1 when
 * the value on the wire has no symbol there. `raw` is the number on the wire.
 */
struct treaty_enum {
    int32_t symbol;
    int32_t raw;
};

struct treaty_array {
    void *items; /* NULL when empty */
    size_t count;
};

/* What becomes of a string that is not UTF-8. */
enum treaty_utf8_policy {
    TREATY_UTF8_ERROR,   /* an invalid string fails the event */
    TREATY_UTF8_REPLACE, /* bad sequences become U+FFFD, on the arena */
    TREATY_UTF8_PASS,    /* strings are not looked at */
};

/*
 * One row of an application's layout. Paths join field names with dots;
 * `[]` steps into the items of an array and `{}` into the values of a map:
 *
 *     {"order_id",    offsetof(struct order, order_id), TREATY_KIND_STRING}
 *     {"items",       offsetof(struct order, items),    TREATY_KIND_ARRAY}
 *     {"items[]",     0, TREATY_KIND_RECORD, sizeof(struct item)}
 *     {"items[].qty", offsetof(struct item, qty),       TREATY_KIND_INT32}
 *
 * Offsets count from the start of the innermost struct: the root, the item or
 * the map entry. A record that lies in place needs no row of its own: its
 * fields are offsets in the struct around it ("customer.name").
 */
struct treaty_binding {
    const char *path;
    size_t offset;
    enum treaty_kind kind;
    size_t size; /* FIXED; a RECORD item: its struct; a RECORD in a map: the
                    entry, key included; else 0 */
    const char *const *symbols; /* ENUM: names in ordinal order, NULL at end */
    bool optional;      /* the value may be absent; `flag_offset` counts */
    size_t flag_offset; /* of the `bool` that says that it is present */
};

struct treaty_layout;

/* One value of a record, for users that know no struct of it. */
struct treaty_value {
    enum treaty_kind kind;    /* NULL: absent */
    struct treaty_str symbol; /* ENUM: its name, `.data` NULL without one */
    const void *at;           /* the value itself, in the record */
    union {
        int64_t i64;           /* BOOL, INT32, INT64 */
        uint64_t u64;          /* UINT32, UINT64 */
        double f64;            /* FLOAT, DOUBLE */
        struct treaty_str str; /* STRING, BYTES, FIXED */
        struct treaty_enum enumeration;
        struct treaty_array array; /* ARRAY, MAP: its count is of use */
    } as;
};

/*
 * The value at `path` ("customer.name", "items[2].sku", "labels{eu}"; "" is the
 * record). Optionals and unions need no step. An index or key that is not
 * there, or anything below a null, is an absent value. TREATY_EUSAGE, with the
 * offset in the path, when the path does not fit the layout.
 */
TREATY_API TREATY_MUST_CHECK enum treaty_code
treaty_record_get(const struct treaty_layout *layout, const void *record,
                  const char *path, struct treaty_value *ret,
                  struct treaty_error *err);

#ifdef __cplusplus
}
#endif
#endif
