/* SPDX-License-Identifier: Apache-2.0 */
/* Messages and enums as text: the sections between the braces. */
#include "format/protobuf/print.h"

#include "base/str.h"

/* The highest number of a field; a range up to it is one up to `max`. */
enum { NUMBER_MAX = 536870911 };

static void put_range(struct treaty_proto_printer *p,
                      const struct treaty_proto_range *range)
{
    bool is_one = !range->has_to ||
                  (treaty_proto_normalizes(p) && range->first == range->last);

    if (range->name.data && range->is_ident) {
        treaty_buf_put(p->out, range->name);
        return;
    }
    if (range->name.data) {
        treaty_proto_print_quoted(
            p, treaty_proto_shown_name(p, range->name, range->reference));
        return;
    }
    treaty_buf_put_i64(p->out, range->first);
    if (is_one)
        return;
    treaty_buf_put_z(p->out, " to ");
    if (range->to_max || range->last == NUMBER_MAX)
        treaty_buf_put_z(p->out, "max");
    else
        treaty_buf_put_i64(p->out, range->last);
}

static void put_ranges_line(struct treaty_proto_printer *p, const char *word,
                            const struct treaty_proto_ranges *ranges)
{
    treaty_proto_print_indent(p);
    treaty_buf_put_z(p->out, word);
    for (uint32_t i = 0; i < ranges->count; i++) {
        treaty_buf_put_z(p->out, i > 0 ? ", " : " ");
        put_range(p, &ranges->items[i]);
    }
    treaty_proto_print_inline(p, &ranges->options, NULL);
    treaty_buf_put_z(p->out, ";\n");
}

/* One statement for each range, which keeps the options of its own. */
static struct treaty_proto_items
split_ranges(struct treaty_proto_printer *p,
             const struct treaty_proto_ranges *ranges, uint32_t count)
{
    struct treaty_proto_items items;
    struct treaty_proto_ranges *single;
    size_t room = 0;

    for (uint32_t i = 0; i < count; i++)
        room += ranges[i].count;
    items = treaty_proto_items_new(p, room);
    single =
        TREATY_ARENA_NEW_N(&p->scratch, struct treaty_proto_ranges, room + 1);
    if (!single) {
        treaty_proto_print_nomem(p);
        return items;
    }
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < ranges[i].count; k++) {
            const struct treaty_proto_range *range = &ranges[i].items[k];

            *single = ranges[i];
            single->items = range;
            single->count = 1;
            treaty_proto_items_add(
                &items, single++, range->name.data ? INT64_MAX : range->first,
                treaty_proto_shown_name(p, range->name, range->reference));
        }
    }
    return items;
}

static void put_ranges(struct treaty_proto_printer *p, const char *word,
                       const struct treaty_proto_ranges *ranges, uint32_t count)
{
    struct treaty_proto_items items;

    if (!treaty_proto_normalizes(p)) {
        for (uint32_t i = 0; i < count; i++)
            put_ranges_line(p, word, &ranges[i]);
        return;
    }
    items = split_ranges(p, ranges, count);
    /* Numbers by their first, then names. */
    treaty_proto_items_order(p, &items);
    for (uint32_t i = 0; i < items.count; i++)
        put_ranges_line(p, word, items.items[i].element);
}

static void put_constant(struct treaty_proto_printer *p,
                         const struct treaty_proto_constant *constant)
{
    treaty_proto_print_indent(p);
    treaty_buf_put(p->out, constant->name);
    treaty_buf_put_z(p->out, " = ");
    treaty_buf_put_i64(p->out, constant->number);
    treaty_proto_print_inline(p, &constant->options, NULL);
    treaty_buf_put_z(p->out, ";\n");
}

static void put_enum_body(struct treaty_proto_printer *p,
                          const struct treaty_proto_enum *enumeration,
                          const struct treaty_proto_lines *options)
{
    struct treaty_proto_items constants =
        treaty_proto_items_new(p, enumeration->constant_count);

    put_ranges(p, "reserved", enumeration->reserved,
               enumeration->reserved_count);
    treaty_proto_print_lines(p, options);
    for (uint32_t i = 0; i < enumeration->constant_count; i++) {
        const struct treaty_proto_constant *constant =
            &enumeration->constants[i];

        treaty_proto_items_add(&constants, constant, constant->number,
                               constant->name);
    }
    treaty_proto_items_order(p, &constants);
    for (uint32_t i = 0; i < constants.count; i++)
        put_constant(p, constants.items[i].element);
}

void treaty_proto_print_enum(struct treaty_proto_printer *p,
                             const struct treaty_proto_enum *enumeration)
{
    struct treaty_str outer = treaty_proto_print_enter(p, enumeration->full);
    struct treaty_proto_lines options =
        treaty_proto_option_lines(p, &enumeration->options, NULL);
    bool begun = enumeration->reserved_count || options.count ||
                 enumeration->constant_count;

    treaty_proto_print_indent(p);
    treaty_buf_put_z(p->out, "enum ");
    treaty_buf_put(p->out, enumeration->name);
    treaty_buf_put_z(p->out, begun ? " {\n" : " {");
    p->depth++;
    put_enum_body(p, enumeration, &options);
    p->depth--;
    treaty_proto_print_closing(p, begun);
    p->scope = outer;
}

bool treaty_proto_stands_alone(const struct treaty_proto_printer *p,
                               const struct treaty_proto_message *message)
{
    if (message->is_group)
        return false;
    return !(treaty_proto_normalizes(p) && message->is_map_entry);
}

static void put_nested(struct treaty_proto_printer *p,
                       const struct treaty_proto_message *message, bool *begun)
{
    struct treaty_proto_items nested =
        treaty_proto_items_new(p, message->message_count);

    for (uint32_t i = 0; i < message->message_count; i++) {
        if (treaty_proto_stands_alone(p, message->messages[i]))
            treaty_proto_items_add(&nested, message->messages[i], 0,
                                   (struct treaty_str){0});
    }
    if (nested.count || message->enum_count)
        treaty_proto_print_section(p, begun);
    for (uint32_t i = 0; i < nested.count; i++)
        treaty_proto_print_message(p, nested.items[i].element);
    for (uint32_t i = 0; i < message->enum_count; i++)
        treaty_proto_print_enum(p, message->enums[i]);
}

static void put_head_sections(struct treaty_proto_printer *p,
                              const struct treaty_proto_message *message,
                              bool *begun)
{
    struct treaty_proto_lines options =
        treaty_proto_option_lines(p, &message->options, NULL);

    if (message->reserved_count)
        treaty_proto_print_section(p, begun);
    put_ranges(p, "reserved", message->reserved, message->reserved_count);
    if (options.count)
        treaty_proto_print_section(p, begun);
    treaty_proto_print_lines(p, &options);
}

static void put_extension_sections(struct treaty_proto_printer *p,
                                   const struct treaty_proto_message *message,
                                   bool *begun)
{
    if (p->which == TREATY_PROTO_PLAIN)
        return;
    if (message->extensions_count)
        treaty_proto_print_section(p, begun);
    put_ranges(p, "extensions", message->extensions, message->extensions_count);
    if (message->extend_count)
        treaty_proto_print_section(p, begun);
    treaty_proto_print_extends(p, message->extends, message->extend_count);
}

void treaty_proto_print_body(struct treaty_proto_printer *p,
                             const struct treaty_proto_message *message)
{
    struct treaty_str outer = treaty_proto_print_enter(p, message->full);
    struct treaty_proto_items fields = treaty_proto_pick_fields(
        p, message->fields, message->field_count, false, false);
    struct treaty_proto_items groups = treaty_proto_pick_fields(
        p, message->fields, message->field_count, true, false);
    bool begun = false;

    p->depth++;
    put_head_sections(p, message, &begun);
    treaty_proto_print_fields(p, &begun, &fields);
    treaty_proto_print_oneofs(p, message, &begun);
    treaty_proto_print_fields(p, &begun, &groups);
    put_extension_sections(p, message, &begun);
    put_nested(p, message, &begun);
    p->depth--;
    treaty_proto_print_closing(p, begun);
    p->scope = outer;
}

void treaty_proto_print_message(struct treaty_proto_printer *p,
                                const struct treaty_proto_message *message)
{
    treaty_proto_print_indent(p);
    treaty_buf_put_z(p->out, "message ");
    treaty_buf_put(p->out, message->name);
    treaty_buf_put_z(p->out, " {");
    treaty_proto_print_body(p, message);
}
