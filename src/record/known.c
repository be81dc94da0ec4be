/* SPDX-License-Identifier: Apache-2.0 */
#include "record/text_inside.h"

#include "base/str.h"

/*
 * A user may have a `google.protobuf.Duration` of their own making; only one
 * that has the fields of the real one is written as it.
 */
static const struct row {
    const char *name; /* behind "google.protobuf." */
    enum treaty_known known;
    enum treaty_kind kinds[2];
    uint32_t count;
} rows[] = {
    {"Timestamp",
     TREATY_KNOWN_TIMESTAMP,
     {TREATY_KIND_INT64, TREATY_KIND_INT32},
     2},
    {"Duration",
     TREATY_KNOWN_DURATION,
     {TREATY_KIND_INT64, TREATY_KIND_INT32},
     2},
    {"FieldMask", TREATY_KNOWN_FIELD_MASK, {TREATY_KIND_ARRAY}, 1},
    {"Struct", TREATY_KNOWN_BARE, {TREATY_KIND_MAP}, 1},
    {"ListValue", TREATY_KNOWN_BARE, {TREATY_KIND_ARRAY}, 1},
    {"Any", TREATY_KNOWN_ANY, {TREATY_KIND_STRING, TREATY_KIND_BYTES}, 2},
    {"Value", TREATY_KNOWN_VALUE, {TREATY_KIND_UNION}, 1},
    {"DoubleValue", TREATY_KNOWN_BARE, {TREATY_KIND_DOUBLE}, 1},
    {"FloatValue", TREATY_KNOWN_BARE, {TREATY_KIND_FLOAT}, 1},
    {"Int64Value", TREATY_KNOWN_BARE, {TREATY_KIND_INT64}, 1},
    {"UInt64Value", TREATY_KNOWN_BARE, {TREATY_KIND_UINT64}, 1},
    {"Int32Value", TREATY_KNOWN_BARE, {TREATY_KIND_INT32}, 1},
    {"UInt32Value", TREATY_KNOWN_BARE, {TREATY_KIND_UINT32}, 1},
    {"BoolValue", TREATY_KNOWN_BARE, {TREATY_KIND_BOOL}, 1},
    {"StringValue", TREATY_KNOWN_BARE, {TREATY_KIND_STRING}, 1},
    {"BytesValue", TREATY_KNOWN_BARE, {TREATY_KIND_BYTES}, 1},
};

static bool cut_package(struct treaty_str name, struct treaty_str *ret)
{
    struct treaty_str package = TREATY_STR("google.protobuf.");

    if (!treaty_str_starts(name, package))
        return false;
    *ret = treaty_str_sub(name, package.len, name.len);
    return true;
}

static bool has_shape(const struct treaty_type *record, const struct row *row)
{
    if (record->field_count != row->count)
        return false;
    for (uint32_t i = 0; i < row->count; i++) {
        if (record->fields[i].type->kind != row->kinds[i])
            return false;
    }
    return true;
}

enum treaty_known treaty_known_of(const struct treaty_type *record)
{
    struct treaty_str name;

    if (!cut_package(record->name, &name))
        return TREATY_KNOWN_NOT;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (treaty_str_eq_z(name, rows[i].name))
            return has_shape(record, &rows[i]) ? rows[i].known
                                               : TREATY_KNOWN_NOT;
    }
    return TREATY_KNOWN_NOT;
}

bool treaty_known_is_null_value(const struct treaty_type *enumeration)
{
    struct treaty_str name;

    return cut_package(enumeration->name, &name) &&
           treaty_str_eq_z(name, "NullValue");
}

bool treaty_known_accepts_null(const struct treaty_type *type)
{
    while (type->kind == TREATY_KIND_OPTIONAL ||
           type->kind == TREATY_KIND_POINTER)
        type = type->item;
    if (type->kind == TREATY_KIND_ENUM)
        return treaty_known_is_null_value(type);
    return type->kind == TREATY_KIND_RECORD &&
           treaty_known_of(type) == TREATY_KNOWN_VALUE;
}
