/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_TESTS_UNIT_RECORD_MESSAGE_H
#define TREATY_TESTS_UNIT_RECORD_MESSAGE_H

/*
 * Layouts of messages by hand, as record/type.h has them, for tests of this
 * room, which knows no schema. Everything lies on one arena.
 */
#include "base/str.h"
#include "record/type.h"

static struct treaty_arena message_arena;

struct message_field {
    const char *name;
    const char *json; /* or NULL */
    int32_t number;
    const struct treaty_type *type;
    bool must;
};

static inline struct treaty_type *message_type(enum treaty_kind kind)
{
    struct treaty_type *type =
        TREATY_ARENA_NEW(&message_arena, struct treaty_type);

    type->kind = kind;
    return type;
}

static inline const struct treaty_type *message_leaf(enum treaty_kind kind)
{
    struct treaty_type *type = message_type(kind);

    treaty_type_place(type, NULL);
    return type;
}

/* An OPTIONAL, ARRAY, POINTER or MAP of `item`; `key` of a MAP, or NULL. */
static inline const struct treaty_type *
message_of(enum treaty_kind kind, const struct treaty_type *item,
           const struct treaty_type *key)
{
    struct treaty_type *type = message_type(kind);

    type->item = item;
    type->key = key;
    treaty_type_place(type, NULL);
    return type;
}

static inline struct treaty_field *
message_fields(const struct message_field *from, uint32_t count)
{
    struct treaty_field *fields =
        TREATY_ARENA_NEW_N(&message_arena, struct treaty_field, count + 1);

    for (uint32_t i = 0; i < count; i++) {
        fields[i].name = treaty_str_z(from[i].name);
        fields[i].json = treaty_str_z(from[i].json);
        fields[i].number = from[i].number;
        fields[i].type = from[i].type;
        fields[i].must = from[i].must;
    }
    return fields;
}

/* Into `type`, which may be in use already where that is in a POINTER. */
static inline const struct treaty_type *
message_fill(struct treaty_type *type, const char *name,
             const struct message_field *from, uint32_t count)
{
    type->name = treaty_str_z(name);
    type->is_message = true;
    type->field_count = count;
    treaty_type_place(type, message_fields(from, count));
    return type;
}

/* A oneof of these members. */
static inline const struct treaty_type *
message_oneof(const struct message_field *from, uint32_t count)
{
    struct message_field all[16] = {
        {"", NULL, 0, message_leaf(TREATY_KIND_NULL), false}};
    struct treaty_type *type = message_type(TREATY_KIND_UNION);

    for (uint32_t i = 0; i < count; i++)
        all[i + 1] = from[i];
    type->field_count = count + 1;
    treaty_type_place(type, message_fields(all, count + 1));
    return type;
}

static inline const struct treaty_type *
message_enum(const char *name, const struct treaty_str *symbols,
             const int32_t *numbers, uint32_t count, bool is_open)
{
    struct treaty_type *type = message_type(TREATY_KIND_ENUM);

    type->name = treaty_str_z(name);
    type->symbols = symbols;
    type->numbers = numbers;
    type->symbol_count = count;
    type->is_open = is_open;
    treaty_type_place(type, NULL);
    return type;
}

#define MESSAGE(name, ...)                                                     \
    message_fill(message_type(TREATY_KIND_RECORD), (name),                     \
                 (const struct message_field[]){__VA_ARGS__},                  \
                 sizeof((const struct message_field[]){__VA_ARGS__}) /         \
                     sizeof(struct message_field))
#define ONEOF(...)                                                             \
    message_oneof((const struct message_field[]){__VA_ARGS__},                 \
                  sizeof((const struct message_field[]){__VA_ARGS__}) /        \
                      sizeof(struct message_field))

#endif
