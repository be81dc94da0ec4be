/* SPDX-License-Identifier: Apache-2.0 */
/* Features, and what else editions have changed. */
#include "format/protobuf/check.h"

#include "base/error.h"

static const struct treaty_proto_option *
find_features(const struct treaty_proto_options *options)
{
    for (uint32_t i = 0; i < options->count; i++) {
        const struct treaty_proto_name_part *part = options->items[i].parts;

        if (!part->is_extension && treaty_str_eq_z(part->name, "features"))
            return &options->items[i];
    }
    return NULL;
}

/* Features that came later. */
static const char *const later[] = {
    "enforce_naming_style",
    "default_symbol_visibility",
};

static void check_later(struct treaty_proto_checker *c,
                        const struct treaty_proto_option *option)
{
    for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
        bool is_set = option->part_count > 1 &&
                      treaty_str_eq_z(option->parts[1].name, later[i]);

        for (uint32_t j = 0; option->part_count == 1 && j < option->value.count;
             j++)
            is_set |= option->value.kind == TREATY_PROTO_VALUE_MESSAGE &&
                      treaty_str_eq_z(option->value.members[j].name, later[i]);
        if (is_set)
            treaty_proto_refuse(c, TREATY_ESCHEMA, option->pos,
                                "edition 2023 has no feature \"%s\" yet",
                                later[i]);
    }
}

static void check_options(struct treaty_proto_checker *c,
                          const struct treaty_proto_options *options)
{
    const struct treaty_proto_option *option = find_features(options);

    if (!option)
        return;
    if (c->file->syntax != TREATY_PROTO_EDITION) {
        treaty_proto_refuse(c, TREATY_ESCHEMA, option->pos,
                            "only editions have features");
        return;
    }
    check_later(c, option);
    for (int i = 0; i < TREATY_PROTO_FEATURES; i++) {
        const enum treaty_proto_feature feature = (enum treaty_proto_feature)i;
        size_t pos = option->pos;
        uint8_t value = treaty_proto_feature_set(options, feature, &pos);

        if (value == UINT8_MAX)
            treaty_proto_refuse(c, TREATY_ESCHEMA, pos,
                                "\"%s\" has no such value",
                                treaty_proto_feature_name(feature));
    }
}

static void check_file(struct treaty_proto_checker *c)
{
    const struct treaty_proto_options *options = &c->file->options;
    const struct treaty_proto_option *utf8 =
        treaty_proto_option_find(options, "java_string_check_utf8");
    size_t pos = 0;

    check_options(c, options);
    if (treaty_proto_feature_set(options, TREATY_PROTO_FIELD_PRESENCE, &pos) ==
        TREATY_PROTO_PRESENCE_LEGACY_REQUIRED)
        treaty_proto_refuse(c, TREATY_ESCHEMA, pos,
                            "fields cannot be required by default; say so at "
                            "each of them");
    if (utf8 && c->file->syntax == TREATY_PROTO_EDITION)
        treaty_proto_refuse(c, TREATY_ESCHEMA, utf8->pos,
                            "editions have features.(pb.java).utf8_validation "
                            "instead");
}

static void check_enum(struct treaty_proto_checker *c,
                       const struct treaty_proto_enum *e)
{
    check_options(c, &e->options);
    for (uint32_t i = 0; i < e->constant_count; i++)
        check_options(c, &e->constants[i].options);
}

static void check_extends(struct treaty_proto_checker *c,
                          const struct treaty_proto_extend *extends,
                          uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < extends[i].field_count; j++)
            check_options(c, &extends[i].fields[j]->options);
    }
}

static void check_message(struct treaty_proto_checker *c,
                          const struct treaty_proto_message *m)
{
    check_options(c, &m->options);
    for (uint32_t i = 0; i < m->field_count; i++)
        check_options(c, &m->fields[i]->options);
    for (uint32_t i = 0; i < m->oneof_count; i++)
        check_options(c, &m->oneofs[i].options);
    for (uint32_t i = 0; i < m->enum_count; i++)
        check_enum(c, m->enums[i]);
    for (uint32_t i = 0; i < m->extensions_count; i++)
        check_options(c, &m->extensions[i].options);
    check_extends(c, m->extends, m->extend_count);
}

static void check_service(struct treaty_proto_checker *c,
                          const struct treaty_proto_service *s)
{
    check_options(c, &s->options);
    for (uint32_t i = 0; i < s->rpc_count; i++)
        check_options(c, &s->rpcs[i].options);
}

void treaty_proto_check_features(struct treaty_proto_checker *c)
{
    const struct treaty_proto_file *file = c->file;
    const struct treaty_proto_message *m;

    check_file(c);
    for (m = treaty_proto_next_message(file, NULL); m;
         m = treaty_proto_next_message(file, m))
        check_message(c, m);
    for (uint32_t i = 0; i < file->enum_count; i++)
        check_enum(c, file->enums[i]);
    check_extends(c, file->extends, file->extend_count);
    for (uint32_t i = 0; i < file->service_count; i++)
        check_service(c, &file->services[i]);
}

/* Why a field cannot say something of its presence, or NULL. */
static const char *judge_presence(const struct treaty_proto_field *field,
                                  uint8_t value)
{
    if (field->extendee && value == TREATY_PROTO_PRESENCE_LEGACY_REQUIRED)
        return "an extension cannot be required";
    if (field->oneof)
        return "a member of a oneof always has presence";
    if (field->presence == TREATY_PROTO_MANY)
        return "what is repeated has no presence";
    if (field->extendee)
        return "an extension always has presence";
    if (field->ref.message && value == TREATY_PROTO_PRESENCE_IMPLICIT)
        return "a message always has presence";
    return NULL;
}

static const char *judge_repeated(const struct treaty_proto_field *field,
                                  uint8_t value)
{
    if (field->presence != TREATY_PROTO_MANY)
        return "only what is repeated has such an encoding";
    if (value == TREATY_PROTO_REPEATED_PACKED &&
        (field->is_map || !treaty_proto_is_packable(field->ref.type)))
        return "only numbers, bools and enums can be packed";
    return NULL;
}

static const char *judge_utf8(const struct treaty_proto_field *field,
                              uint8_t value)
{
    (void)value;
    if (field->ref.type == TREATY_PROTO_STRING ||
        (field->is_map && (field->key.type == TREATY_PROTO_STRING ||
                           field->value.type == TREATY_PROTO_STRING)))
        return NULL;
    return "only strings are UTF-8";
}

static const char *judge_encoding(const struct treaty_proto_field *field,
                                  uint8_t value)
{
    (void)value;
    return field->ref.message && !field->is_map
               ? NULL
               : "only a message has such an encoding";
}

typedef const char *(*judge_fn)(const struct treaty_proto_field *field,
                                uint8_t value);

/* By feature, what a field that sets it must be. */
static const judge_fn judges[TREATY_PROTO_FEATURES] = {
    [TREATY_PROTO_FIELD_PRESENCE] = judge_presence,
    [TREATY_PROTO_REPEATED_ENCODING] = judge_repeated,
    [TREATY_PROTO_UTF8_VALIDATION] = judge_utf8,
    [TREATY_PROTO_MESSAGE_ENCODING] = judge_encoding,
};

/* What follows from features that the field may have inherited. */
static void check_implicit(struct treaty_proto_checker *c,
                           const struct treaty_proto_field *field)
{
    const struct treaty_proto_enum *e = field->ref.enumeration;

    if (field->presence != TREATY_PROTO_IMPLICIT)
        return;
    if (field->default_value)
        treaty_proto_refuse(c, TREATY_EDEFAULT, field->default_value->pos,
                            "a field with implicit presence has no default");
    if (e && e->is_closed)
        treaty_proto_refuse(c, TREATY_ETYPE, field->ref.pos,
                            "enum \"%.*s\" is closed; a field with implicit "
                            "presence needs an open one",
                            TREATY_STR_ARG(e->full));
}

void treaty_proto_check_field_features(struct treaty_proto_checker *c,
                                       const struct treaty_proto_field *field)
{
    const struct treaty_proto_option *packed =
        treaty_proto_option_find(&field->options, "packed");

    if (packed)
        treaty_proto_refuse(c, TREATY_ESCHEMA, packed->pos,
                            "editions have features.repeated_field_encoding "
                            "instead of \"packed\"");
    check_implicit(c, field);
    for (int i = 0; i < TREATY_PROTO_FEATURES; i++) {
        size_t pos = field->name_pos;
        uint8_t value = treaty_proto_feature_set(
            &field->options, (enum treaty_proto_feature)i, &pos);
        const char *why = value && judges[i] ? judges[i](field, value) : NULL;

        if (why)
            treaty_proto_refuse(c, TREATY_ESCHEMA, pos, "%s", why);
    }
}
