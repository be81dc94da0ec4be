/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "format/avro/schema.h"

static const char *const kind_names[] = {
    [TREATY_AVRO_NULL] = "null",     [TREATY_AVRO_BOOLEAN] = "boolean",
    [TREATY_AVRO_INT] = "int",       [TREATY_AVRO_LONG] = "long",
    [TREATY_AVRO_FLOAT] = "float",   [TREATY_AVRO_DOUBLE] = "double",
    [TREATY_AVRO_BYTES] = "bytes",   [TREATY_AVRO_STRING] = "string",
    [TREATY_AVRO_FIXED] = "fixed",   [TREATY_AVRO_ENUM] = "enum",
    [TREATY_AVRO_RECORD] = "record", [TREATY_AVRO_ARRAY] = "array",
    [TREATY_AVRO_MAP] = "map",       [TREATY_AVRO_UNION] = "union",
};

const char *treaty_avro_kind_name(enum treaty_avro_kind kind)
{
    return kind_names[kind];
}

struct treaty_str treaty_avro_type_name(const struct treaty_avro_node *node)
{
    if (treaty_avro_is_named(node->kind))
        return node->full;
    return treaty_str_z(kind_names[node->kind]);
}

const struct treaty_avro_field *
treaty_avro_field_find(const struct treaty_avro_node *record,
                       struct treaty_str name)
{
    return treaty_map_find(&record->names, name);
}

int32_t treaty_avro_symbol_find(const struct treaty_avro_node *enumeration,
                                struct treaty_str symbol)
{
    const struct treaty_str *found =
        treaty_map_find(&enumeration->names, symbol);

    if (!found)
        return -1;
    return (int32_t)(found - enumeration->symbols);
}
