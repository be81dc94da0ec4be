/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_AVRO_PARSER_H
#define TREATY_SRC_FORMAT_AVRO_PARSER_H

/*
 * The parser's own state, shared by its files:
 *
 *     parse.c         a source: imports in order, then the text, then link
 *     parse_type.c    one type: a name, an object, a union; arrays, maps
 *     parse_named.c   records with their fields, enums, fixed
 *     default.c       does a default fit its type?
 *     logical.c       are the attributes of a logical type sound?
 *     link.c          names used before they are defined; unions; defaults
 *
 * A text is read from left to right. A name is looked up among the types that
 * are complete by then, first in the namespace around it, then in none; one
 * that is not found is remembered under its fullname and looked up again at
 * the end, there only under that name. (A record is complete after its last
 * field, so a record without namespace is not seen from inside itself by a
 * field of another namespace.) This is the reference's order; it decides
 * which texts are accepted.
 */
#include "format/avro/java_json.h"
#include "format/avro/name.h"
#include "format/avro/schema.h"

/* The members that Avro defines somewhere. */
enum treaty_avro_key {
    KEY_TYPE,
    KEY_NAME,
    KEY_NAMESPACE,
    KEY_DOC,
    KEY_ALIASES,
    KEY_FIELDS,
    KEY_SYMBOLS,
    KEY_SIZE,
    KEY_ITEMS,
    KEY_VALUES,
    KEY_DEFAULT,
    KEY_ORDER,
    KEY_COUNT,
};

/* An object taken apart: the last value of each member, or NULL. */
struct treaty_avro_members {
    const struct treaty_json *at[KEY_COUNT];
};

/* A name that was not known where it was used. */
struct treaty_avro_pending {
    const struct treaty_avro_node **slot; /* holds a placeholder */
    struct treaty_str full;
    size_t pos;
    struct treaty_avro_pending *next;
};

/* A node whose parts can be checked only when all names are known. */
struct treaty_avro_check {
    const struct treaty_avro_node *node; /* UNION or RECORD */
    struct treaty_avro_check *next;
};

struct treaty_avro_parser {
    struct treaty_arena *arena; /* what the schema keeps */
    struct treaty_arena scratch;
    struct treaty_avro_tree *tree;
    struct treaty_java_keep keep;
    enum treaty_strictness strictness;
    bool imported;
    size_t field_count; /* so far, for the limits */
    size_t symbol_count;
    size_t type_count;
    struct treaty_avro_pending *pending; /* newest first */
    struct treaty_avro_pending **pending_end;
    struct treaty_avro_check *checks; /* in the order of the text */
    struct treaty_avro_check **checks_end;
    struct treaty_error *err;
};

/* Offset to keep in the tree. */
static inline size_t treaty_avro_pos(const struct treaty_avro_parser *p,
                                     size_t pos)
{
    return p->imported ? TREATY_NO_OFFSET : pos;
}

/* Parse one type where namespace `ns` is in force, and store it in `slot`. */
TREATY_MUST_CHECK enum treaty_code
treaty_avro_parse_type(struct treaty_avro_parser *p,
                       const struct treaty_json *json, struct treaty_str ns,
                       const struct treaty_avro_node **slot);

/* The same for the bodies of named types, whose kind is in `node`. */
TREATY_MUST_CHECK enum treaty_code
treaty_avro_parse_named(struct treaty_avro_parser *p,
                        const struct treaty_json *json, struct treaty_str ns,
                        struct treaty_avro_node *node,
                        const struct treaty_avro_node **slot);

void treaty_avro_members_read(struct treaty_avro_members *members,
                              const struct treaty_json *object);

/* The text of a string member; `.data` NULL when absent or not a string. */
struct treaty_str
treaty_avro_member_text(const struct treaty_avro_members *members,
                        enum treaty_avro_key key);

/* The members of `object` that `reserved` (bits of keys) does not name. */
TREATY_MUST_CHECK enum treaty_code
treaty_avro_read_props(struct treaty_avro_parser *p,
                       const struct treaty_json *object, unsigned reserved,
                       struct treaty_avro_props *ret);

enum {
    TREATY_AVRO_TYPE_RESERVED =
        1 << KEY_TYPE | 1 << KEY_NAME | 1 << KEY_NAMESPACE | 1 << KEY_DOC |
        1 << KEY_ALIASES | 1 << KEY_FIELDS | 1 << KEY_SYMBOLS | 1 << KEY_SIZE |
        1 << KEY_ITEMS | 1 << KEY_VALUES,
    TREATY_AVRO_ENUM_RESERVED = TREATY_AVRO_TYPE_RESERVED | 1 << KEY_DEFAULT,
    TREATY_AVRO_FIELD_RESERVED = 1 << KEY_TYPE | 1 << KEY_NAME | 1 << KEY_DOC |
                                 1 << KEY_ALIASES | 1 << KEY_DEFAULT |
                                 1 << KEY_ORDER,
};

/* A cleared node with the next id, or NULL. */
struct treaty_avro_node *treaty_avro_new_node(struct treaty_avro_parser *p,
                                              enum treaty_avro_kind kind,
                                              size_t pos);

/* Remember `node` for treaty_avro_link. */
TREATY_MUST_CHECK enum treaty_code
treaty_avro_check_later(struct treaty_avro_parser *p,
                        const struct treaty_avro_node *node);

/* Set `logical`, `precision` and `scale` from the attributes. */
void treaty_avro_read_logical(struct treaty_avro_node *node);

/* TREATY_EDEFAULT, with a sentence on why `json` does not fit the field. */
enum treaty_code treaty_avro_fail_default(struct treaty_avro_parser *p,
                                          const struct treaty_avro_field *field,
                                          const struct treaty_json *json);

/* Resolve what is pending, then check unions and defaults. */
TREATY_MUST_CHECK enum treaty_code
treaty_avro_link(struct treaty_avro_parser *p);

/*
 * True when the reference takes two definitions of one name for the same:
 * documentation and aliases do not count. Both may hold placeholders.
 */
bool treaty_avro_same_definition(const struct treaty_avro_node *a,
                                 const struct treaty_avro_node *b);

/* TREATY_ELIMIT when `count` is past the limit on names. */
TREATY_MUST_CHECK enum treaty_code
treaty_avro_count_name(struct treaty_avro_parser *p, size_t *count,
                       const char *what, size_t pos);

#endif
