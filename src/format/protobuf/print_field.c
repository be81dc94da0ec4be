/* SPDX-License-Identifier: Apache-2.0 */
/* Fields as text, and what gathers them: oneofs, groups, extends. */
#include "format/protobuf/print.h"

#include "base/str.h"

static const char *const labels[] = {
    [TREATY_PROTO_NO_LABEL] = "",
    [TREATY_PROTO_OPTIONAL] = "optional ",
    [TREATY_PROTO_REQUIRED] = "required ",
    [TREATY_PROTO_REPEATED] = "repeated ",
};

/* The entries of the map that `field` is though not written as one; or NULL. */
static const struct treaty_proto_message *
map_entry(const struct treaty_proto_field *field)
{
    const struct treaty_proto_message *entry = field->ref.message;

    if (field->is_map || field->label != TREATY_PROTO_REPEATED || !entry ||
        !entry->is_map_entry)
        return NULL;
    return entry;
}

static const struct treaty_proto_ref *
entry_type(const struct treaty_proto_message *entry, const char *name)
{
    for (uint32_t i = 0; i < entry->field_count; i++) {
        if (treaty_str_eq_z(entry->fields[i]->name, name))
            return &entry->fields[i]->ref;
    }
    return NULL;
}

static void put_map(struct treaty_proto_printer *p,
                    const struct treaty_proto_ref *key,
                    const struct treaty_proto_ref *value)
{
    treaty_buf_put_z(p->out, "map<");
    treaty_proto_print_type(p, key);
    treaty_buf_put_z(p->out, ", ");
    treaty_proto_print_type(p, value);
    treaty_buf_put_c(p->out, '>');
}

/* Label and type. Normalising makes a map of what is one on the wire. */
static void put_field_type(struct treaty_proto_printer *p,
                           const struct treaty_proto_field *field)
{
    const struct treaty_proto_message *entry =
        treaty_proto_normalizes(p) ? map_entry(field) : NULL;
    const struct treaty_proto_ref *key =
        entry ? entry_type(entry, "key") : NULL;
    const struct treaty_proto_ref *value =
        entry ? entry_type(entry, "value") : NULL;

    if (field->is_map) {
        put_map(p, &field->key, &field->value);
        return;
    }
    if (key && value) {
        put_map(p, key, value);
        return;
    }
    treaty_buf_put_z(p->out, labels[field->label]);
    treaty_proto_print_type(p, &field->ref);
}

static void put_field(struct treaty_proto_printer *p,
                      const struct treaty_proto_field *field)
{
    treaty_proto_print_indent(p);
    put_field_type(p, field);
    treaty_buf_put_c(p->out, ' ');
    treaty_buf_put(p->out, field->name);
    treaty_buf_put_z(p->out, " = ");
    treaty_buf_put_i64(p->out, field->number);
    treaty_proto_print_inline(p, &field->options, field);
    treaty_buf_put_z(p->out, ";\n");
}

static void put_group(struct treaty_proto_printer *p,
                      const struct treaty_proto_field *field);

static void put_fields(struct treaty_proto_printer *p,
                       const struct treaty_proto_items *items)
{
    for (uint32_t i = 0; i < items->count; i++) {
        const struct treaty_proto_field *field = items->items[i].element;

        if (field->is_group)
            put_group(p, field);
        else
            put_field(p, field);
    }
}

struct treaty_proto_items
treaty_proto_pick_fields(struct treaty_proto_printer *p,
                         struct treaty_proto_field *const *fields,
                         uint32_t count, bool are_groups, bool with_oneofs)
{
    struct treaty_proto_items ret = treaty_proto_items_new(p, count);

    for (uint32_t i = 0; i < count; i++) {
        const struct treaty_proto_field *field = fields[i];

        if (field->is_group == are_groups && (with_oneofs || !field->oneof))
            treaty_proto_items_add(&ret, field, field->number,
                                   (struct treaty_str){0});
    }
    /* Groups keep their order even in a normalised text. */
    if (!are_groups)
        treaty_proto_items_order(p, &ret);
    return ret;
}

void treaty_proto_print_fields(struct treaty_proto_printer *p, bool *begun,
                               const struct treaty_proto_items *items)
{
    if (!items->count)
        return;
    treaty_proto_print_section(p, begun);
    put_fields(p, items);
}

static void put_oneof(struct treaty_proto_printer *p,
                      const struct treaty_proto_oneof *oneof)
{
    struct treaty_proto_lines options =
        treaty_proto_option_lines(p, &oneof->options, NULL);
    struct treaty_proto_items fields = treaty_proto_pick_fields(
        p, oneof->fields, oneof->field_count, false, true);
    struct treaty_proto_items groups = treaty_proto_pick_fields(
        p, oneof->fields, oneof->field_count, true, true);
    bool begun = false;

    treaty_proto_print_indent(p);
    treaty_buf_put_z(p->out, "oneof ");
    treaty_buf_put(p->out, oneof->name);
    treaty_buf_put_z(p->out, " {");
    p->depth++;
    if (options.count)
        treaty_proto_print_section(p, &begun);
    treaty_proto_print_lines(p, &options);
    treaty_proto_print_fields(p, &begun, &fields);
    treaty_proto_print_fields(p, &begun, &groups);
    p->depth--;
    treaty_proto_print_closing(p, begun);
}

static int64_t first_number(const struct treaty_proto_oneof *oneof)
{
    int64_t least = INT64_MAX;

    for (uint32_t i = 0; i < oneof->field_count; i++) {
        if (oneof->fields[i]->number < least)
            least = oneof->fields[i]->number;
    }
    return least;
}

void treaty_proto_print_oneofs(struct treaty_proto_printer *p,
                               const struct treaty_proto_message *message,
                               bool *begun)
{
    struct treaty_proto_items items =
        treaty_proto_items_new(p, message->oneof_count);

    for (uint32_t i = 0; i < message->oneof_count; i++) {
        const struct treaty_proto_oneof *oneof = &message->oneofs[i];

        /* An empty one vanishes, but the section it began stays begun, as in
         * the reference's text. */
        if (oneof->field_count > 0 || !treaty_proto_normalizes(p))
            treaty_proto_items_add(&items, oneof, first_number(oneof),
                                   (struct treaty_str){0});
    }
    treaty_proto_items_order(p, &items);
    if (message->oneof_count)
        treaty_proto_print_section(p, begun);
    for (uint32_t i = 0; i < items.count; i++)
        put_oneof(p, items.items[i].element);
}

/* Of a group, the reference prints the fields and nothing else. */
static void put_group_body(struct treaty_proto_printer *p,
                           const struct treaty_proto_message *message)
{
    struct treaty_str outer = treaty_proto_print_enter(p, message->full);
    struct treaty_proto_items fields = treaty_proto_pick_fields(
        p, message->fields, message->field_count, false, true);
    bool begun = false;

    p->depth++;
    treaty_proto_print_fields(p, &begun, &fields);
    p->depth--;
    treaty_proto_print_closing(p, begun);
    p->scope = outer;
}

static void put_group(struct treaty_proto_printer *p,
                      const struct treaty_proto_field *field)
{
    const struct treaty_proto_message *message = field->ref.message;

    treaty_proto_print_indent(p);
    treaty_buf_put_z(p->out, labels[field->label]);
    treaty_buf_put_z(p->out, "group ");
    treaty_buf_put(p->out, message ? message->name : field->ref.name);
    treaty_buf_put_z(p->out, " = ");
    treaty_buf_put_i64(p->out, field->number);
    if (p->is_lossless)
        treaty_proto_print_inline(p, &field->options, field);
    treaty_buf_put_z(p->out, " {");
    if (p->is_lossless && message)
        treaty_proto_print_body(p, message);
    else if (message)
        put_group_body(p, message);
    else
        treaty_buf_put_z(p->out, "}\n");
}

/* The fields of one `extend`, or of several that normalising joins. */
static void put_extend(struct treaty_proto_printer *p,
                       const struct treaty_proto_ref *extendee,
                       struct treaty_proto_items *fields)
{
    bool begun = fields->count > 0;

    treaty_proto_items_order(p, fields);
    treaty_proto_print_indent(p);
    treaty_buf_put_z(p->out, "extend ");
    treaty_proto_print_type(p, extendee);
    treaty_buf_put_z(p->out, begun ? " {\n" : " {");
    p->depth++;
    put_fields(p, fields);
    p->depth--;
    treaty_proto_print_closing(p, begun);
}

/* The fields of one statement, as it stands. */
static void put_one_extend(struct treaty_proto_printer *p,
                           const struct treaty_proto_extend *extend)
{
    struct treaty_proto_items fields =
        treaty_proto_items_new(p, extend->field_count);

    for (uint32_t i = 0; i < extend->field_count; i++)
        treaty_proto_items_add(&fields, extend->fields[i], 0,
                               (struct treaty_str){0});
    put_extend(p, &extend->extendee, &fields);
}

/* All statements that extend one message. */
struct extend_group {
    const struct treaty_proto_ref *extendee;
    struct treaty_proto_items fields;
    size_t room;
};

static struct treaty_str extendee_name(const struct treaty_proto_ref *ref)
{
    return ref->message ? ref->message->full : ref->name;
}

/*
 * Put each statement in the group of its message, in `ret_of`; `groups` has
 * room for one group a statement. The number of groups, 0 without memory.
 */
static uint32_t group_extends(struct treaty_proto_printer *p,
                              const struct treaty_proto_extend *extends,
                              uint32_t count, struct extend_group *groups,
                              struct extend_group **ret_of)
{
    struct treaty_map map;
    uint32_t used = 0;

    treaty_map_init(&map, &p->scratch);
    for (uint32_t i = 0; i < count; i++) {
        struct treaty_str name = extendee_name(&extends[i].extendee);
        struct extend_group *group = treaty_map_find(&map, name);

        if (!group) {
            group = &groups[used++];
            group->extendee = &extends[i].extendee;
            if (treaty_map_put(&map, name, group) != TREATY_OK)
                return 0;
        }
        group->room += extends[i].field_count;
        ret_of[i] = group;
    }
    return used;
}

static void put_grouped_extends(struct treaty_proto_printer *p,
                                const struct treaty_proto_extend *extends,
                                uint32_t count)
{
    struct extend_group *groups =
        TREATY_ARENA_NEW_N(&p->scratch, struct extend_group, count);
    struct extend_group **of =
        TREATY_ARENA_NEW_N(&p->scratch, struct extend_group *, count);
    uint32_t used =
        groups && of ? group_extends(p, extends, count, groups, of) : 0;

    if (!used) {
        treaty_proto_print_nomem(p);
        return;
    }
    for (uint32_t i = 0; i < used; i++)
        groups[i].fields = treaty_proto_items_new(p, groups[i].room);
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < extends[i].field_count; k++)
            treaty_proto_items_add(&of[i]->fields, extends[i].fields[k],
                                   extends[i].fields[k]->number,
                                   (struct treaty_str){0});
    }
    for (uint32_t i = 0; i < used; i++)
        put_extend(p, groups[i].extendee, &groups[i].fields);
}

void treaty_proto_print_extends(struct treaty_proto_printer *p,
                                const struct treaty_proto_extend *extends,
                                uint32_t count)
{
    if (count && treaty_proto_normalizes(p)) {
        put_grouped_extends(p, extends, count);
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        put_one_extend(p, &extends[i]);
}
