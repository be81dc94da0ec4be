/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_BASE_JSON_H
#define TREATY_SRC_BASE_JSON_H

/*
 * JSON as schemas need it: each node knows its byte offset, a number keeps its
 * exact text, members keep their order and their duplicates.
 *
 *     {"name": "qty", "type": ["null", 1.50]}
 *      |       |              ^ node.pos
 *      |       node.text = qty (escapes resolved, UTF-8)
 *      node.name_pos of the member
 *
 * Documents are read-only trees on the caller's arena; texts without escapes
 * are views into the input, which must live as long as the tree.
 *
 * Reading follows RFC 8259; each deviation is a flag, since the formats differ
 * in what their reference parsers let pass. Texts must be UTF-8.
 */
#include "base/arena.h"
#include "base/buf.h"

#include <stdbool.h>

enum treaty_json_kind {
    TREATY_JSON_NULL,
    TREATY_JSON_BOOL,
    TREATY_JSON_NUMBER,
    TREATY_JSON_STRING,
    TREATY_JSON_ARRAY,
    TREATY_JSON_OBJECT,
};

struct treaty_json {
    enum treaty_json_kind kind;
    bool truth;             /* BOOL */
    bool is_integer;        /* NUMBER without fraction and exponent */
    uint32_t count;         /* children of ARRAY and OBJECT */
    size_t pos;             /* offset of the first byte of the value */
    size_t end;             /* offset past its last byte */
    size_t name_pos;        /* of the member name, for children of an OBJECT */
    struct treaty_str name; /* member name, escapes resolved */
    struct treaty_str text; /* STRING: contents; others but containers: exact
                               spelling */
    const struct treaty_json *child; /* first of ARRAY and OBJECT, or NULL */
    const struct treaty_json *next;  /* the following sibling, or NULL */
};

enum {
    TREATY_JSON_COMMENTS = 1 << 0, /* slash-slash and slash-star comments */
    TREATY_JSON_NAN = 1 << 1,      /* NaN, Infinity, -Infinity as NUMBER */
    TREATY_JSON_TRAILING = 1 << 2, /* ignore what follows the first value */
    TREATY_JSON_DUPLICATES_FAIL = 1 << 3, /* a repeated member is an error */
    /* Half a surrogate pair (\ud800 alone) becomes "?" instead of an error. */
    TREATY_JSON_LONE_SURROGATES = 1 << 4,
};

struct treaty_json_options {
    unsigned flags;
    uint32_t depth_max; /* 0: 256 */
    size_t size_max;    /* of the text in bytes; 0: 16 MiB */
    size_t value_max;   /* of values in it, at some 90 bytes each; 0: any */
};

/*
 * Parse `text`. On failure `err` has the offset and a message made for people
 * ("string value must be in double quotes"); TREATY_EJSON, TREATY_EUTF8,
 * TREATY_EDEPTH, TREATY_ELIMIT, TREATY_EDUPLICATE or TREATY_ENOMEM.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_json_parse(struct treaty_arena *arena, struct treaty_str text,
                  const struct treaty_json_options *options,
                  const struct treaty_json **ret, struct treaty_error *err);

/* The member `name` of an object: the last one given, or NULL. */
const struct treaty_json *treaty_json_get(const struct treaty_json *object,
                                          const char *name);
const struct treaty_json *treaty_json_get_str(const struct treaty_json *object,
                                              struct treaty_str name);

/* True when a later member of the same object has the same name. */
bool treaty_json_is_shadowed(const struct treaty_json *member);

/* NUMBER as an integer; false when it has a fraction or does not fit. */
bool treaty_json_to_i64(const struct treaty_json *number, int64_t *ret);
/* NUMBER as the nearest double (infinite past the range). */
bool treaty_json_to_double(const struct treaty_json *number, double *ret);

/*
 * Deep equality: numbers by exact spelling, objects in any member order, the
 * last one of members that were given twice.
 */
bool treaty_json_eq(const struct treaty_json *a, const struct treaty_json *b);

/* "object", "string", ... with an article, for messages: "an object". */
const char *treaty_json_kind_text(enum treaty_json_kind kind);

/*
 * Writing. `quote` writes a string with its quotes, escaping only `"`, `\` and
 * controls below U+0020 (short forms first, else as Jackson: \u001F);
 * everything else is raw UTF-8. `write` prints a tree compactly, numbers in
 * their exact spelling.
 */
void treaty_json_quote(struct treaty_buf *out, struct treaty_str s);
void treaty_json_write(struct treaty_buf *out, const struct treaty_json *value);

/*
 * Double and float as Java prints them (base/decimal.h): "1.0", "1.0E10",
 * "1.6777216E7"; "NaN" and "Infinity", which are no JSON, bare.
 */
void treaty_json_put_double(struct treaty_buf *out, double value);
void treaty_json_put_float(struct treaty_buf *out, float value);

/*
 * A small builder for objects that are written member by member. It keeps the
 * commas; nesting is the caller's.
 *
 *     struct treaty_json_writer w = {out};
 *     treaty_json_begin_object(&w);
 *     treaty_json_member_str(&w, "subject", subject);
 *     treaty_json_member_i64(&w, "id", id);
 *     treaty_json_end_object(&w);
 */
struct treaty_json_writer {
    struct treaty_buf *out;
    bool need_comma;
};

void treaty_json_begin_object(struct treaty_json_writer *w);
void treaty_json_end_object(struct treaty_json_writer *w);
void treaty_json_begin_array(struct treaty_json_writer *w);
void treaty_json_end_array(struct treaty_json_writer *w);
/* Starts a member; a value must follow. */
void treaty_json_key(struct treaty_json_writer *w, const char *name);
void treaty_json_value_str(struct treaty_json_writer *w, struct treaty_str s);
void treaty_json_value_i64(struct treaty_json_writer *w, int64_t value);
void treaty_json_value_bool(struct treaty_json_writer *w, bool value);
void treaty_json_value_null(struct treaty_json_writer *w);
/* Text that is JSON already. */
void treaty_json_value_raw(struct treaty_json_writer *w, struct treaty_str raw);
void treaty_json_member_str(struct treaty_json_writer *w, const char *name,
                            struct treaty_str s);
void treaty_json_member_i64(struct treaty_json_writer *w, const char *name,
                            int64_t value);
void treaty_json_member_bool(struct treaty_json_writer *w, const char *name,
                             bool value);

#endif
