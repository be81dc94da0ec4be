/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_AVRO_SCHEMA_H
#define TREATY_SRC_FORMAT_AVRO_SCHEMA_H

/*
 * An Avro schema as parsed: a graph of nodes on the schema's arena.
 *
 *     {"type": "record", "name": "a.Node", "fields": [     RECORD a.Node
 *         {"name": "value", "type": "int"},                  value -> INT
 *         {"name": "next", "type": ["null", "Node"]}]}       next  -> UNION
 *                                                              NULL, a.Node (*)
 *
 * Invariants, true of every schema that parse returned:
 *
 *  1. A named type (record, enum, fixed) is one node, however often it is
 *     used: a reference is a pointer to it, (*) above, so the graph has
 *     cycles, each of which passes through a RECORD. Walkers carry a depth or
 *     a memo indexed by `id`.
 *  2. Every name is resolved: no node stands for an unknown type.
 *  3. Primitive, array, map and union nodes belong to one place in the text.
 *  4. Field names within a record and symbols within an enum differ; the
 *     branches of a union differ in kind, or in fullname where named.
 *  5. A default passed the reference's shallow check if the schema was parsed
 *     as TREATY_NEW, else no check at all; it need not fit its type. The
 *     reader of a default must be prepared for any JSON.
 *  6. Types that came from an import have `imported` set and no positions:
 *     every offset in them is TREATY_NO_OFFSET.
 *  7. Defaults and attributes are copies in the reference's own terms: a
 *     repeated member is there once, at the first place with the last value;
 *     a number with a fraction or exponent is spelled as Java prints the
 *     double. Where the text gave a string for a float or double ("NaN",
 *     "1.5"), it has become a NUMBER, spelled NaN, Infinity or -Infinity where
 *     it is not finite.
 */
#include "base/json.h"
#include "base/map.h"
#include "format/format.h"

enum treaty_avro_kind {
    TREATY_AVRO_NULL,
    TREATY_AVRO_BOOLEAN,
    TREATY_AVRO_INT,
    TREATY_AVRO_LONG,
    TREATY_AVRO_FLOAT,
    TREATY_AVRO_DOUBLE,
    TREATY_AVRO_BYTES,
    TREATY_AVRO_STRING,
    TREATY_AVRO_FIXED,
    TREATY_AVRO_ENUM,
    TREATY_AVRO_RECORD,
    TREATY_AVRO_ARRAY,
    TREATY_AVRO_MAP,
    TREATY_AVRO_UNION,
};

enum treaty_avro_order {
    TREATY_AVRO_ASCENDING,
    TREATY_AVRO_DESCENDING,
    TREATY_AVRO_IGNORE,
};

/* Attributes that Avro does not define, in the order of the text. */
struct treaty_avro_prop {
    struct treaty_str name;
    const struct treaty_json *value;
};

struct treaty_avro_props {
    const struct treaty_avro_prop *items;
    uint32_t count;
};

struct treaty_avro_node;

struct treaty_avro_field {
    struct treaty_str name;
    struct treaty_str doc; /* .data NULL when absent */
    const struct treaty_avro_node *type;
    const struct treaty_json *default_json; /* NULL: none; see 7 above */
    const struct treaty_str *aliases;
    uint32_t alias_count;
    uint32_t index; /* in the record */
    enum treaty_avro_order order;
    struct treaty_avro_props props;
    size_t pos;      /* of the field's `{` */
    size_t name_pos; /* of the value of "name" */
    size_t type_pos; /* of the value of "type": a definition or a reference */
};

struct treaty_avro_node {
    enum treaty_avro_kind kind;
    uint32_t id;   /* below `node_count` of the tree, unique in it */
    size_t pos;    /* of the definition: its `{`, `[` or `"` */
    bool imported; /* defined by a reference, not by this text */
    bool is_error; /* "type": "error", which is a record otherwise */

    /*
     * Named types. `full` is "a.b.C", `ns` "a.b" (empty: none), `name` "C".
     * Aliases are fullnames.
     */
    struct treaty_str full;
    struct treaty_str ns;
    struct treaty_str name;
    struct treaty_str doc; /* .data NULL when absent */
    const struct treaty_str *aliases;
    uint32_t alias_count;

    /* The logical type if the kind allows it and its attributes are sound,
     * as in "decimal"; else empty and the value is of the plain kind. */
    struct treaty_str logical;
    int32_t precision; /* of a decimal */
    int32_t scale;

    const struct treaty_avro_field *fields; /* RECORD */
    uint32_t field_count;
    uint32_t required_count; /* fields without a default */

    uint32_t symbol_count; /* ENUM */
    const struct treaty_str *symbols;
    int32_t default_symbol; /* its ordinal, or -1 */

    uint32_t size; /* FIXED, in bytes; may be 0 */

    uint32_t branch_count;               /* UNION; may be 0 */
    const struct treaty_avro_node *item; /* ARRAY items, MAP values */
    const struct treaty_avro_node *const *branches;
    size_t item_pos;          /* of the value of "items" or "values" */
    const size_t *branch_pos; /* of each branch */

    struct treaty_avro_props props;
    struct treaty_map names; /* of fields and symbols; see the functions */
};

/* What `schema->root` points to. */
struct treaty_avro_tree {
    const struct treaty_avro_node *root;
    uint32_t node_count;
    struct treaty_map names; /* fullname -> node; reached from root or not */
    /* The root of each import, in the order of the source. */
    const struct treaty_avro_node **import_roots;
    size_t import_count;
    enum treaty_strictness strictness; /* as parsed, for parsing again */
    struct treaty_limits limits;
};

static inline const struct treaty_avro_tree *
treaty_avro_tree(const struct treaty_schema *schema)
{
    return (const struct treaty_avro_tree *)schema->root;
}

static inline bool treaty_avro_is_named(enum treaty_avro_kind kind)
{
    return kind == TREATY_AVRO_FIXED || kind == TREATY_AVRO_ENUM ||
           kind == TREATY_AVRO_RECORD;
}

/* "int", "record", ... as in a schema. */
const char *treaty_avro_kind_name(enum treaty_avro_kind kind);

/* What Avro calls the type in a union: the fullname, else the kind's name. */
struct treaty_str treaty_avro_type_name(const struct treaty_avro_node *node);

/* The field or NULL; the ordinal or -1. By hash, whatever the size. */
const struct treaty_avro_field *
treaty_avro_field_find(const struct treaty_avro_node *record,
                       struct treaty_str name);
int32_t treaty_avro_symbol_find(const struct treaty_avro_node *enumeration,
                                struct treaty_str symbol);

/*
 * True when `value` may stand as a default of `node`, by the reference's
 * check for new schemas. It looks at kinds and ranges, into items, values and
 * fields, at any branch of a union; not at symbols, lengths of fixed, or
 * characters of bytes.
 */
bool treaty_avro_default_fits(const struct treaty_avro_node *node,
                              const struct treaty_json *value);

/* The first branch of the union that the default fits, or -1. */
int32_t treaty_avro_default_branch(const struct treaty_avro_node *node,
                                   const struct treaty_json *value);

#endif
