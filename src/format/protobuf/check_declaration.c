/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A range of extensions may declare who extends it:
 *
 *     extensions 4 to 9 [declaration = {
 *         number: 4 full_name: ".shop.note" type: "string"
 *     }];
 *
 * and once it does, or has `verification = DECLARATION`, whoever extends it
 * must be declared, and as it is.
 */
#include "format/protobuf/check.h"
#include "format/protobuf/lex.h"
#include "format/protobuf/number.h"

#include "base/error.h"

struct declaration {
    const struct treaty_proto_option *option;
    uint64_t number;
    struct treaty_str full_name; /* .data NULL: not given */
    struct treaty_str type;
    bool is_reserved;
    bool is_repeated;
};

static bool is_true(const struct treaty_proto_value *value)
{
    return treaty_str_eq_z(value->text, "true");
}

static struct declaration read_declaration(const struct treaty_proto_option *o)
{
    struct declaration d = {.option = o};

    if (o->value.kind != TREATY_PROTO_VALUE_MESSAGE)
        return d;
    for (uint32_t i = 0; i < o->value.count; i++) {
        const struct treaty_proto_member *member = &o->value.members[i];
        const struct treaty_proto_value *value = &member->value;

        if (treaty_str_eq_z(member->name, "number"))
            (void)treaty_proto_read_integer(value->text, &d.number);
        else if (treaty_str_eq_z(member->name, "full_name"))
            d.full_name = value->text;
        else if (treaty_str_eq_z(member->name, "type"))
            d.type = value->text;
        else if (treaty_str_eq_z(member->name, "reserved"))
            d.is_reserved = is_true(value);
        else if (treaty_str_eq_z(member->name, "repeated"))
            d.is_repeated = is_true(value);
    }
    return d;
}

static bool is_declaration(const struct treaty_proto_option *o)
{
    return o->part_count == 1 && !o->parts[0].is_extension &&
           treaty_str_eq_z(o->parts[0].name, "declaration");
}

static bool is_in_range(const struct treaty_proto_range *range, uint64_t number)
{
    return range->first > 0 && number >= (uint64_t)range->first &&
           (range->to_max || number <= (uint64_t)range->last);
}

static bool is_in_ranges(const struct treaty_proto_ranges *ranges,
                         uint64_t number)
{
    for (uint32_t i = 0; i < ranges->count; i++) {
        if (is_in_range(&ranges->items[i], number))
            return true;
    }
    return false;
}

/* A full name here begins with a dot. */
static bool is_rooted(struct treaty_str name)
{
    struct treaty_str rest = treaty_str_sub(name, 1, name.len);
    struct treaty_str part;

    if (!name.len || name.data[0] != '.')
        return false;
    while (treaty_str_split(&rest, '.', &part)) {
        if (!treaty_proto_is_ident(part))
            return false;
    }
    return true;
}

/* Each range of a statement has all of its options. */
static void check_number(struct treaty_proto_checker *c,
                         const struct treaty_proto_ranges *ranges,
                         const struct declaration *d)
{
    for (uint32_t i = 0; i < ranges->count; i++) {
        if (!is_in_range(&ranges->items[i], d->number))
            treaty_proto_refuse(c, TREATY_ESCHEMA, ranges->items[i].pos,
                                "the declared number %llu is not in the range",
                                (unsigned long long)d->number);
    }
}

static void check_declaration(struct treaty_proto_checker *c,
                              const struct treaty_proto_ranges *ranges,
                              const struct declaration *d)
{
    const size_t pos = d->option->pos;
    const bool is_named = d->full_name.data && d->type.data;

    check_number(c, ranges, d);
    if (!is_named && (d->full_name.data || d->type.data || !d->is_reserved))
        treaty_proto_refuse(c, TREATY_ESCHEMA, pos,
                            "a declaration has a full_name and a type");
    if (d->full_name.data && !is_rooted(d->full_name))
        treaty_proto_refuse(
            c, TREATY_ESCHEMA, pos,
            "the full_name of a declaration is a full name that "
            "begins with a dot");
    if (d->type.data && !is_rooted(d->type) &&
        treaty_proto_scalar_find(d->type) == TREATY_PROTO_UNRESOLVED)
        treaty_proto_refuse(c, TREATY_ESCHEMA, pos,
                            "the type of a declaration is a scalar, or begins "
                            "with a dot");
}

/* Enter `key` into `map`; what is there already stays, and is refused. */
static void enter(struct treaty_proto_checker *c, struct treaty_map *map,
                  struct treaty_str key, const struct declaration *d)
{
    if (treaty_map_find(map, key))
        treaty_proto_refuse(c, TREATY_EDUPLICATE, d->option->pos,
                            "\"%.*s\" is declared already",
                            TREATY_STR_ARG(key));
    else if (treaty_map_put(map, key, c) != TREATY_OK)
        c->code = treaty_fail_nomem(c->loader->err);
}

void treaty_proto_check_declarations(struct treaty_proto_checker *c,
                                     const struct treaty_proto_ranges *ranges)
{
    const struct treaty_proto_options *options = &ranges->options;
    const struct treaty_proto_option *verification =
        treaty_proto_option_find(options, "verification");
    struct treaty_map seen; /* numbers and full names, which begin with a dot */

    treaty_map_init(&seen, c->scratch);
    for (uint32_t i = 0; i < options->count && !treaty_proto_is_refused(c);
         i++) {
        struct declaration d;
        struct treaty_str number;

        if (!is_declaration(&options->items[i]))
            continue;
        d = read_declaration(&options->items[i]);
        number = treaty_arena_printf(c->scratch, "%llu",
                                     (unsigned long long)d.number);
        if (!number.data) {
            c->code = treaty_fail_nomem(c->loader->err);
            return;
        }
        if (verification &&
            treaty_str_eq_z(verification->value.text, "UNVERIFIED"))
            treaty_proto_refuse(c, TREATY_ESCHEMA, verification->pos,
                                "a range with declarations is verified");
        check_declaration(c, ranges, &d);
        enter(c, &seen, number, &d);
        if (d.full_name.data)
            enter(c, &seen, d.full_name, &d);
    }
}

/* The type as a declaration spells it: "int32", ".shop.Order". */
static bool is_type(const struct treaty_proto_field *field,
                    struct treaty_str type)
{
    const struct treaty_proto_ref *ref = &field->ref;
    const struct treaty_str simple = treaty_str_sub(type, 1, type.len);

    if (ref->message)
        return treaty_str_eq(ref->message->full, simple);
    if (ref->enumeration)
        return treaty_str_eq(ref->enumeration->full, simple);
    return treaty_str_eq_z(type, treaty_proto_type_name(ref->type));
}

static void compare(struct treaty_proto_checker *c,
                    const struct treaty_proto_field *field,
                    const struct declaration *d)
{
    const bool is_repeated = field->label == TREATY_PROTO_REPEATED;

    if (d->is_reserved)
        treaty_proto_refuse(c, TREATY_ESCHEMA, field->number_pos,
                            "number %lld is declared as reserved",
                            (long long)field->number);
    else if (!treaty_str_eq(treaty_str_sub(d->full_name, 1, d->full_name.len),
                            field->full))
        treaty_proto_refuse(c, TREATY_ESCHEMA, field->name_pos,
                            "number %lld is declared for \"%.*s\"",
                            (long long)field->number,
                            TREATY_STR_ARG(d->full_name));
    else if (!is_type(field, d->type))
        treaty_proto_refuse(
            c, TREATY_ETYPE, field->ref.pos, "\"%.*s\" is declared as \"%.*s\"",
            TREATY_STR_ARG(field->name), TREATY_STR_ARG(d->type));
    else if (is_repeated != d->is_repeated)
        treaty_proto_refuse(c, TREATY_ESCHEMA, field->pos,
                            "\"%.*s\" is declared %s",
                            TREATY_STR_ARG(field->name),
                            d->is_repeated ? "repeated" : "not repeated");
}

/* The declarations of a statement by number, made when it is first needed, as
 * each of many extensions asks. */
struct index {
    const struct treaty_proto_ranges *ranges; /* its bytes are the key */
    struct treaty_map numbers;                /* -> declaration */
    bool must;                                /* everyone be declared */
};

static struct treaty_str
pointer_key(const struct treaty_proto_ranges *const *ranges)
{
    return (struct treaty_str){(const char *)ranges, sizeof(*ranges)};
}

static void fill_index(struct treaty_proto_checker *c, struct index *index)
{
    const struct treaty_proto_options *options = &index->ranges->options;
    struct treaty_arena *arena = &c->loader->scratch;

    const struct treaty_proto_option *verification =
        treaty_proto_option_find(options, "verification");

    index->must = verification &&
                  treaty_str_eq_z(verification->value.text, "DECLARATION");
    treaty_map_init(&index->numbers, arena);
    for (uint32_t i = 0; i < options->count; i++) {
        struct declaration *d = TREATY_ARENA_NEW(arena, struct declaration);

        if (!d) {
            c->code = treaty_fail_nomem(c->loader->err);
            return;
        }
        if (!is_declaration(&options->items[i]))
            continue;
        *d = read_declaration(&options->items[i]);
        if (treaty_map_put(&index->numbers,
                           (struct treaty_str){(const char *)&d->number,
                                               sizeof(d->number)},
                           d) != TREATY_OK)
            c->code = treaty_fail_nomem(c->loader->err);
    }
}

static const struct index *find_index(struct treaty_proto_checker *c,
                                      const struct treaty_proto_ranges *ranges)
{
    struct index *index =
        treaty_map_find(&c->loader->declarations, pointer_key(&ranges));

    if (index)
        return index;
    index = TREATY_ARENA_NEW(&c->loader->scratch, struct index);
    if (index)
        index->ranges = ranges;
    if (!index ||
        treaty_map_put(&c->loader->declarations, pointer_key(&index->ranges),
                       index) != TREATY_OK) {
        c->code = treaty_fail_nomem(c->loader->err);
        return NULL;
    }
    fill_index(c, index);
    return index;
}

void treaty_proto_check_declared(struct treaty_proto_checker *c,
                                 const struct treaty_proto_field *field,
                                 const struct treaty_proto_ranges *ranges)
{
    const uint64_t number = (uint64_t)field->number;
    const struct index *index;
    const struct declaration *d;

    if (!ranges->options.count || !is_in_ranges(ranges, number))
        return;
    index = find_index(c, ranges);
    if (!index)
        return;
    d = treaty_map_find(
        &index->numbers,
        (struct treaty_str){(const char *)&number, sizeof(number)});
    if (d)
        compare(c, field, d);
    else if (index->must || index->numbers.live)
        treaty_proto_refuse(c, TREATY_ESCHEMA, field->number_pos,
                            "the range of number %lld does not declare it",
                            (long long)field->number);
}
