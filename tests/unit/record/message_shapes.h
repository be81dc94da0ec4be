/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_TESTS_UNIT_RECORD_MESSAGE_SHAPES_H
#define TREATY_TESTS_UNIT_RECORD_MESSAGE_SHAPES_H

/* Messages with everything in them. */
#include "message.h"

#define L(kind) message_leaf(TREATY_KIND_##kind)
#define OPT(item) message_of(TREATY_KIND_OPTIONAL, (item), NULL)
#define MANY(item) message_of(TREATY_KIND_ARRAY, (item), NULL)
#define MAP(key, item) message_of(TREATY_KIND_MAP, (item), (key))

static inline const struct treaty_type *color(bool is_open)
{
    static const struct treaty_str symbols[] = {
        {"NONE", 4}, {"RED", 3}, {"CRIMSON", 7}, {"BLUE", 4}};
    static const int32_t numbers[] = {0, 5, 5, -2};

    return message_enum("x.Color", symbols, numbers, 4, is_open);
}

/* Every kind, with implicit presence. */
static inline const struct treaty_type *scalars(void)
{
    return MESSAGE("x.All", {"a_bool", "aBool", 1, L(BOOL), false},
                   {"a_int32", "aInt32", 2, L(INT32), false},
                   {"a_int64", "aInt64", 3, L(INT64), false},
                   {"a_uint32", "aUint32", 4, L(UINT32), false},
                   {"a_uint64", "aUint64", 5, L(UINT64), false},
                   {"a_float", "aFloat", 6, L(FLOAT), false},
                   {"a_double", "aDouble", 7, L(DOUBLE), false},
                   {"a_string", "aString", 8, L(STRING), false},
                   {"a_bytes", "aBytes", 9, L(BYTES), false},
                   {"a_enum", "aEnum", 10, color(true), false},
                   {"many", NULL, 11, MANY(L(INT64)), false});
}

static inline const struct treaty_type *value_type(void)
{
    static const struct treaty_str symbols[] = {{"NULL_VALUE", 10}};
    struct treaty_type *value = message_type(TREATY_KIND_RECORD);
    const struct treaty_type *strukt = MESSAGE(
        "google.protobuf.Struct", {"fields", NULL, 1, MAP(NULL, value), false});
    const struct treaty_type *list = MESSAGE(
        "google.protobuf.ListValue", {"values", NULL, 1, MANY(value), false});
    const struct treaty_type *null =
        message_enum("google.protobuf.NullValue", symbols, NULL, 1, true);
    const struct treaty_type *kind =
        ONEOF({"null_value", "nullValue", 1, null, false},
              {"number_value", "numberValue", 2, L(DOUBLE), false},
              {"string_value", "stringValue", 3, L(STRING), false},
              {"bool_value", "boolValue", 4, L(BOOL), false},
              {"struct_value", "structValue", 5, strukt, false},
              {"list_value", "listValue", 6, list, false});
    struct message_field fields[] = {{"kind", NULL, 0, kind, false}};

    return message_fill(value, "google.protobuf.Value", fields, 1);
}

static inline const struct treaty_type *time_type(const char *name)
{
    return MESSAGE(name, {"seconds", NULL, 1, L(INT64), false},
                   {"nanos", NULL, 2, L(INT32), false});
}

/* What has structure: presence, oneofs, maps, recursion, well-known types. */
static inline const struct treaty_type *shapes(void)
{
    struct treaty_type *self = message_type(TREATY_KIND_RECORD);
    const struct treaty_type *pointer =
        message_of(TREATY_KIND_POINTER, self, NULL);
    const struct treaty_type *mask =
        MESSAGE("google.protobuf.FieldMask",
                {"paths", NULL, 1, MANY(L(STRING)), false});
    const struct treaty_type *wrapper = MESSAGE(
        "google.protobuf.Int64Value", {"value", NULL, 1, L(INT64), false});
    struct message_field fields[] = {
        {"opt", NULL, 1, OPT(L(INT32)), false},
        {"next_one", "nextOne", 2, OPT(pointer), false},
        {"choice", NULL, 0,
         ONEOF({"as_text", "asText", 3, L(STRING), false},
               {"as_number", "n", 4, L(INT32), false},
               {"as_value", "asValue", 5, value_type(), false}),
         false},
        {"by_id", "byId", 6, MAP(L(INT64), L(STRING)), false},
        {"by_flag", "byFlag", 7, MAP(L(BOOL), self), false},
        {"at", NULL, 8, OPT(time_type("google.protobuf.Timestamp")), false},
        {"took", NULL, 9, OPT(time_type("google.protobuf.Duration")), false},
        {"mask", NULL, 10, OPT(mask), false},
        {"count", NULL, 11, OPT(wrapper), false},
        {"json", NULL, 12, OPT(value_type()), false},
        {"by_name", "byName", 13, MAP(NULL, L(UINT64)), false},
    };

    return message_fill(self, "x.Shapes", fields, 11);
}

static inline const struct treaty_type *with_required(void)
{
    return MESSAGE("x.Must", {"id", NULL, 1, L(INT32), true},
                   {"tag", NULL, 2, OPT(color(false)), false});
}

static inline void forget_messages(void)
{
    treaty_arena_release(&message_arena);
    message_arena = (struct treaty_arena){0};
}

#endif
