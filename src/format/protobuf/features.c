/* SPDX-License-Identifier: Apache-2.0 */
#include "format/protobuf/features.h"

#include "format/protobuf/load.h"

enum { VALUES_MAX = 3 };

/* The names of the features and of their values, 1 first. */
static const struct {
    const char *name;
    const char *values[VALUES_MAX];
} features[TREATY_PROTO_FEATURES] = {
    [TREATY_PROTO_FIELD_PRESENCE] = {"field_presence",
                                     {"EXPLICIT", "IMPLICIT",
                                      "LEGACY_REQUIRED"}},
    [TREATY_PROTO_ENUM_TYPE] = {"enum_type", {"OPEN", "CLOSED"}},
    [TREATY_PROTO_REPEATED_ENCODING] = {"repeated_field_encoding",
                                        {"PACKED", "EXPANDED"}},
    [TREATY_PROTO_UTF8_VALIDATION] = {"utf8_validation",
                                      {NULL, "VERIFY", "NONE"}},
    [TREATY_PROTO_MESSAGE_ENCODING] = {"message_encoding",
                                       {"LENGTH_PREFIXED", "DELIMITED"}},
    [TREATY_PROTO_JSON_FORMAT] = {"json_format",
                                  {"ALLOW", "LEGACY_BEST_EFFORT"}},
};

static const struct treaty_proto_features defaults[] = {
    [TREATY_PROTO_UNSAID] = {{1, 2, 2, 3, 1, 2}},
    [TREATY_PROTO_2] = {{1, 2, 2, 3, 1, 2}},
    [TREATY_PROTO_3] = {{2, 1, 1, 2, 1, 1}},
    [TREATY_PROTO_EDITION] = {{1, 1, 1, 2, 1, 1}},
};

const char *treaty_proto_feature_name(enum treaty_proto_feature feature)
{
    return features[feature].name;
}

static uint8_t find_value(enum treaty_proto_feature feature,
                          struct treaty_str word)
{
    for (int i = 0; i < VALUES_MAX; i++) {
        const char *name = features[feature].values[i];

        if (name && treaty_str_eq_z(word, name))
            return (uint8_t)(i + 1);
    }
    return UINT8_MAX;
}

/* `features = { name: VALUE }`. */
static uint8_t find_member(const struct treaty_proto_value *value,
                           enum treaty_proto_feature feature, size_t *ret_pos)
{
    uint8_t found = 0;

    if (value->kind != TREATY_PROTO_VALUE_MESSAGE)
        return 0;
    for (uint32_t i = 0; i < value->count; i++) {
        const struct treaty_proto_member *member = &value->members[i];

        if (member->is_extension ||
            !treaty_str_eq_z(member->name, features[feature].name))
            continue;
        found = find_value(feature, member->value.text);
        *ret_pos = member->value.pos;
    }
    return found;
}

uint8_t treaty_proto_feature_set(const struct treaty_proto_options *options,
                                 enum treaty_proto_feature feature,
                                 size_t *ret_pos)
{
    uint8_t found = 0;

    for (uint32_t i = 0; i < options->count; i++) {
        const struct treaty_proto_option *option = &options->items[i];
        uint8_t value = 0;

        if (option->parts[0].is_extension ||
            !treaty_str_eq_z(option->parts[0].name, "features"))
            continue;
        if (option->part_count == 1) {
            value = find_member(&option->value, feature, ret_pos);
        } else if (option->part_count == 2 && !option->parts[1].is_extension &&
                   treaty_str_eq_z(option->parts[1].name,
                                   features[feature].name)) {
            value = find_value(feature, option->value.text);
            *ret_pos = option->value.pos;
        }
        if (value)
            found = value;
    }
    return found;
}

static void apply(struct treaty_proto_features *set,
                  const struct treaty_proto_options *options)
{
    size_t unused;

    for (int i = 0; options->count && i < TREATY_PROTO_FEATURES; i++) {
        uint8_t value = treaty_proto_feature_set(
            options, (enum treaty_proto_feature)i, &unused);

        if (value && value != UINT8_MAX)
            set->at[i] = value;
    }
}

void treaty_proto_settle_file(struct treaty_proto_file *file)
{
    file->features = defaults[file->syntax];
    if (file->syntax == TREATY_PROTO_EDITION)
        apply(&file->features, &file->options);
}

void treaty_proto_settle_message(struct treaty_proto_message *message)
{
    const struct treaty_proto_file *file = message->file;

    message->features =
        message->parent ? message->parent->features : file->features;
    if (file->syntax == TREATY_PROTO_EDITION)
        apply(&message->features, &message->options);
}

void treaty_proto_settle_enum(struct treaty_proto_enum *enumeration)
{
    const struct treaty_proto_message *parent = enumeration->parent;
    struct treaty_proto_features set =
        parent ? parent->features : enumeration->file->features;

    if (enumeration->file->syntax == TREATY_PROTO_EDITION)
        apply(&set, &enumeration->options);
    enumeration->is_closed =
        set.at[TREATY_PROTO_ENUM_TYPE] == TREATY_PROTO_ENUM_CLOSED;
}

bool treaty_proto_is_packable(enum treaty_proto_type type)
{
    return type != TREATY_PROTO_UNRESOLVED && type != TREATY_PROTO_STRING &&
           type != TREATY_PROTO_BYTES && type != TREATY_PROTO_MESSAGE &&
           type != TREATY_PROTO_GROUP;
}

static enum treaty_proto_presence
presence_of(const struct treaty_proto_field *field,
            const struct treaty_proto_features *set)
{
    const uint8_t said = set->at[TREATY_PROTO_FIELD_PRESENCE];

    if (field->is_map || field->label == TREATY_PROTO_REPEATED)
        return TREATY_PROTO_MANY;
    if (field->label == TREATY_PROTO_REQUIRED)
        return TREATY_PROTO_MUST;
    if (field->oneof || field->extendee)
        return TREATY_PROTO_EXPLICIT;
    if (said == TREATY_PROTO_PRESENCE_LEGACY_REQUIRED)
        return TREATY_PROTO_MUST;
    if (field->label == TREATY_PROTO_OPTIONAL ||
        field->ref.type == TREATY_PROTO_MESSAGE ||
        field->ref.type == TREATY_PROTO_GROUP ||
        said == TREATY_PROTO_PRESENCE_EXPLICIT)
        return TREATY_PROTO_EXPLICIT;
    return TREATY_PROTO_IMPLICIT;
}

static bool packed_of(const struct treaty_proto_field *field,
                      const struct treaty_proto_features *set)
{
    if (field->label != TREATY_PROTO_REPEATED || field->is_map ||
        !treaty_proto_is_packable(field->ref.type))
        return false;
    if (treaty_proto_option_find(&field->options, "packed"))
        return treaty_proto_option_true(&field->options, "packed");
    return set->at[TREATY_PROTO_REPEATED_ENCODING] ==
           TREATY_PROTO_REPEATED_PACKED;
}

/* The parts of a map's entry have no features but those of the map. */
static void settle_entry(struct treaty_proto_field *map)
{
    const struct treaty_proto_message *entry = map->ref.message;

    for (uint32_t i = 0; i < entry->field_count; i++) {
        struct treaty_proto_field *part = entry->fields[i];

        part->presence = TREATY_PROTO_EXPLICIT;
        part->checks_utf8 =
            map->checks_utf8 && part->ref.type == TREATY_PROTO_STRING;
    }
    map->checks_utf8 = false;
}

void treaty_proto_settle_field(const struct treaty_proto_file *file,
                               struct treaty_proto_field *field)
{
    struct treaty_proto_features set =
        field->parent ? field->parent->features : file->features;
    bool verifies;

    /* A oneof has options, but no features. */
    if (file->syntax == TREATY_PROTO_EDITION)
        apply(&set, &field->options);
    verifies = set.at[TREATY_PROTO_UTF8_VALIDATION] == TREATY_PROTO_UTF8_VERIFY;
    field->presence = presence_of(field, &set);
    field->is_packed = packed_of(field, &set);
    field->checks_utf8 =
        verifies && (field->is_map || field->ref.type == TREATY_PROTO_STRING);
    field->is_delimited = field->is_group;
    if (field->ref.type == TREATY_PROTO_MESSAGE && !field->is_map)
        field->is_delimited = set.at[TREATY_PROTO_MESSAGE_ENCODING] ==
                              TREATY_PROTO_MESSAGE_DELIMITED;
    if (field->is_map && field->ref.message)
        settle_entry(field);
}
