/* SPDX-License-Identifier: Apache-2.0 */
/* What protoc refuses in a message as a whole. */
#include "format/protobuf/check.h"

#include "base/error.h"

/* The name that JSON has for a field that says nothing of it. */
static struct treaty_str default_json_name(struct treaty_proto_checker *c,
                                           const struct treaty_proto_field *f)
{
    char *out;
    size_t len;

    if (!f->json_name)
        return f->json;
    out = treaty_arena_alloc_aligned(c->scratch, f->name.len + 1, 1);
    if (!out) {
        c->code = treaty_fail_nomem(c->loader->err);
        return f->name;
    }
    len = treaty_proto_put_camel(out, f->name, false);
    return (struct treaty_str){out, len};
}

static bool has_own_json_name(struct treaty_proto_checker *c,
                              const struct treaty_proto_field *f)
{
    return f->json_name && !treaty_str_eq(f->json, default_json_name(c, f));
}

/*
 * Two fields must not have one name in JSON, neither by their own rules nor,
 * as field masks do not know those, by default. A message with the older
 * rules may still have a default name twice.
 */
static void check_json_names(struct treaty_proto_checker *c,
                             const struct treaty_proto_message *m, bool own)
{
    const bool is_lenient = m->features.at[TREATY_PROTO_JSON_FORMAT] ==
                            TREATY_PROTO_JSON_LEGACY_BEST_EFFORT;
    struct treaty_map names;

    treaty_map_init(&names, c->scratch);
    for (uint32_t i = 0; i < m->field_count && !c->code; i++) {
        struct treaty_proto_field *field = m->fields[i];
        struct treaty_str name =
            own ? field->json : default_json_name(c, field);
        const struct treaty_proto_field *same;
        void *found = NULL;
        bool are_own;

        if (treaty_map_add(&names, name, field, &found) != TREATY_OK)
            c->code = treaty_fail_nomem(c->loader->err);
        same = found;
        are_own = own && same && has_own_json_name(c, field) &&
                  has_own_json_name(c, same);
        if (same && (are_own || !is_lenient))
            treaty_proto_refuse(c, TREATY_EDUPLICATE, field->name_pos,
                                "in JSON, \"%.*s\" and \"%.*s\" are both "
                                "called \"%.*s\"; give one of them another "
                                "json_name, and field masks another name",
                                TREATY_STR_ARG(same->name),
                                TREATY_STR_ARG(field->name),
                                TREATY_STR_ARG(name));
    }
}

/* Do names in JSON differ from those of the fields? These do not collide. */
static bool has_odd_names(const struct treaty_proto_message *m, bool *ret_own)
{
    bool are_odd = false;

    *ret_own = false;
    for (uint32_t i = 0; i < m->field_count; i++) {
        *ret_own |= m->fields[i]->json_name != NULL;
        are_odd |= treaty_str_has(m->fields[i]->name, '_');
    }
    return are_odd || *ret_own;
}

static void check_json(struct treaty_proto_checker *c,
                       const struct treaty_proto_message *m)
{
    bool has_own;

    if (!has_odd_names(m, &has_own) ||
        treaty_proto_option_true(&m->options,
                                 "deprecated_legacy_json_field_conflicts"))
        return;
    check_json_names(c, m, false);
    if (has_own)
        check_json_names(c, m, true);
}

static void check_reserved_names(struct treaty_proto_checker *c,
                                 const struct treaty_proto_message *m)
{
    struct treaty_proto_reserved_names reserved = {
        .statements = m->reserved,
        .count = m->reserved_count,
    };

    if (!m->reserved_count)
        return;
    treaty_proto_reserve_names(c, &reserved);
    for (uint32_t i = 0; i < m->field_count; i++) {
        if (treaty_map_find(&reserved.names, m->fields[i]->name))
            treaty_proto_refuse(c, TREATY_ESCHEMA, m->fields[i]->name_pos,
                                "the name \"%.*s\" is reserved",
                                TREATY_STR_ARG(m->fields[i]->name));
    }
}

static void check_range(struct treaty_proto_checker *c,
                        const struct treaty_proto_range *range,
                        int64_t number_max)
{
    if (range->name.data)
        return;
    if (range->first <= 0)
        treaty_proto_refuse(c, TREATY_ESCHEMA, range->pos,
                            "the numbers of fields begin at 1");
    if (range->last > number_max)
        treaty_proto_refuse(c, TREATY_ESCHEMA, range->pos,
                            "the numbers of fields end at %lld",
                            (long long)number_max);
}

static void check_ranges(struct treaty_proto_checker *c,
                         const struct treaty_proto_ranges *statements,
                         uint32_t count, int64_t number_max)
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < statements[i].count; j++)
            check_range(c, &statements[i].items[j], number_max);
    }
}

/* What editions and the text format inherit from the first Protobuf. */
static void check_message_set(struct treaty_proto_checker *c,
                              const struct treaty_proto_message *m)
{
    if (c->file->syntax == TREATY_PROTO_3)
        treaty_proto_refuse(c, TREATY_ESCHEMA, m->pos,
                            "proto3 has no message sets; use "
                            "google.protobuf.Any");
    if (m->field_count)
        treaty_proto_refuse(c, TREATY_ESCHEMA, m->fields[0]->name_pos,
                            "a message set has extensions only, no fields");
}

void treaty_proto_check_message(struct treaty_proto_checker *c,
                                const struct treaty_proto_message *m)
{
    const bool is_set =
        treaty_proto_option_true(&m->options, "message_set_wire_format");
    const struct treaty_proto_option *entry =
        treaty_proto_option_find(&m->options, "map_entry");

    /* Descriptors do say it, and so does the text that one was stored as. */
    if (entry && entry->pos != TREATY_NO_OFFSET && m->file->path.len == 0)
        treaty_proto_refuse(c, TREATY_ESCHEMA, entry->pos,
                            "\"map_entry\" is set by the compiler alone; write "
                            "map<key, value>");
    if (is_set)
        check_message_set(c, m);
    if (m->extensions_count && c->file->syntax == TREATY_PROTO_3)
        treaty_proto_refuse(c, TREATY_ESCHEMA, m->extensions[0].pos,
                            "proto3 has no extension ranges; use "
                            "google.protobuf.Any");
    for (uint32_t i = 0; i < m->field_count; i++)
        treaty_proto_check_field(c, m->fields[i]);
    check_ranges(c, m->reserved, m->reserved_count, INT32_MAX);
    check_ranges(c, m->extensions, m->extensions_count,
                 is_set ? INT32_MAX : TREATY_PROTO_FIELD_MAX);
    for (uint32_t i = 0; i < m->extensions_count; i++)
        treaty_proto_check_declarations(c, &m->extensions[i]);
    treaty_proto_check_message_numbers(c, m);
    check_reserved_names(c, m);
    check_json(c, m);
}
