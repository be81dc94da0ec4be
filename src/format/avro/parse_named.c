/* SPDX-License-Identifier: Apache-2.0 */
/* Records with their fields, enums and fixed (Avro 1.12, "Complex Types"). */
#include "base/error.h"
#include "base/str.h"
#include "format/avro/parser.h"

enum treaty_code treaty_avro_count_name(struct treaty_avro_parser *p,
                                        size_t *count, const char *what,
                                        size_t pos)
{
    size_t max = p->tree->limits.names_max;

    if (*count == max)
        return treaty_fail(p->err, TREATY_ELIMIT, pos,
                           "the schema has more than %zu %s", max, what);
    ++*count;
    return TREATY_OK;
}

/* `doc`, which counts only as a string. */
static enum treaty_code read_doc(struct treaty_avro_parser *p,
                                 const struct treaty_avro_members *members,
                                 struct treaty_str *ret)
{
    struct treaty_str doc = treaty_avro_member_text(members, KEY_DOC);

    if (!doc.data)
        return TREATY_OK;
    *ret = treaty_java_keep_str(&p->keep, doc);
    return ret->data ? TREATY_OK : treaty_fail_nomem(p->err);
}

/*
 * The strings of "aliases", each once, as fullnames when `ns` is given (the
 * namespace of the type that has them) and as they are for a field.
 */
static enum treaty_code read_alias(struct treaty_avro_parser *p,
                                   const struct treaty_json *json,
                                   const struct treaty_str *ns,
                                   struct treaty_str *ret)
{
    struct treaty_avro_spelling spelling = {.name = json->text};
    struct treaty_avro_name name;
    enum treaty_code code;

    if (!ns) {
        *ret = treaty_java_keep_str(&p->keep, json->text);
        return ret->data ? TREATY_OK : treaty_fail_nomem(p->err);
    }
    spelling.enclosing = *ns;
    if (treaty_avro_name_resolve(p->arena, &spelling, &name) != TREATY_OK)
        return treaty_fail_nomem(p->err);
    if (p->strictness != TREATY_STORED) {
        code = treaty_avro_identifier_check(name.name, p->strictness,
                                            "the alias", json->pos, p->err);
        if (code)
            return code;
    }
    *ret = treaty_java_keep_str(&p->keep, name.full);
    return ret->data ? TREATY_OK : treaty_fail_nomem(p->err);
}

static enum treaty_code read_aliases(struct treaty_avro_parser *p,
                                     const struct treaty_json *json,
                                     const struct treaty_str *ns,
                                     const struct treaty_str **ret,
                                     uint32_t *ret_count)
{
    struct treaty_map seen;
    struct treaty_str *aliases;
    uint32_t count = 0;

    if (!json)
        return TREATY_OK;
    if (json->kind != TREATY_JSON_ARRAY)
        return treaty_fail(p->err, TREATY_ESCHEMA, json->pos,
                           "\"aliases\" must be an array of names, not %s",
                           treaty_json_kind_text(json->kind));
    aliases = TREATY_ARENA_NEW_N(p->arena, struct treaty_str, json->count + 1);
    if (!aliases)
        return treaty_fail_nomem(p->err);
    treaty_map_init(&seen, &p->scratch);
    for (const struct treaty_json *c = json->child; c; c = c->next) {
        enum treaty_code code;

        if (c->kind != TREATY_JSON_STRING)
            return treaty_fail(p->err, TREATY_ESCHEMA, c->pos,
                               "an alias must be a name in quotes, not %s",
                               treaty_json_kind_text(c->kind));
        code = read_alias(p, c, ns, &aliases[count]);
        if (code)
            return code;
        if (treaty_map_find(&seen, aliases[count]))
            continue;
        if (treaty_map_put(&seen, aliases[count], aliases) != TREATY_OK)
            return treaty_fail_nomem(p->err);
        count++;
    }
    *ret = aliases;
    *ret_count = count;
    return TREATY_OK;
}

static enum treaty_code read_order(struct treaty_avro_parser *p,
                                   const struct treaty_json *json,
                                   enum treaty_avro_order *ret)
{
    static const char *const orders[] = {
        [TREATY_AVRO_ASCENDING] = "ascending",
        [TREATY_AVRO_DESCENDING] = "descending",
        [TREATY_AVRO_IGNORE] = "ignore",
    };

    if (!json)
        return TREATY_OK;
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        if (json->kind == TREATY_JSON_STRING &&
            treaty_str_eq_nocase(json->text, treaty_str_z(orders[i]))) {
            *ret = (enum treaty_avro_order)i;
            return TREATY_OK;
        }
    }
    return treaty_fail(p->err, TREATY_ESCHEMA, json->pos,
                       "\"order\" must be \"ascending\", \"descending\" or "
                       "\"ignore\"");
}

/* A float or double may have its default in quotes: "NaN", "1.5". */
static enum treaty_code keep_default(struct treaty_avro_parser *p,
                                     const struct treaty_json *json,
                                     struct treaty_avro_field *field)
{
    enum treaty_avro_kind kind = field->type->kind;
    double value;

    if (json->kind != TREATY_JSON_STRING ||
        (kind != TREATY_AVRO_FLOAT && kind != TREATY_AVRO_DOUBLE))
        field->default_json = treaty_java_keep_json(&p->keep, json);
    else if (treaty_java_parse_double(json->text, &value))
        field->default_json = treaty_java_number(&p->keep, value, json);
    else
        return treaty_avro_fail_default(p, field, json);
    return field->default_json ? TREATY_OK : treaty_fail_nomem(p->err);
}

static enum treaty_code read_default(struct treaty_avro_parser *p,
                                     const struct treaty_json *json,
                                     struct treaty_avro_field *field)
{
    enum treaty_code code;

    if (!json)
        return TREATY_OK;
    code = keep_default(p, json, field);
    if (code || p->strictness == TREATY_STORED ||
        treaty_avro_default_fits(field->type, field->default_json))
        return code;
    return treaty_avro_fail_default(p, field, json);
}

static enum treaty_code read_field_name(struct treaty_avro_parser *p,
                                        const struct treaty_json *json,
                                        const struct treaty_json *name,
                                        struct treaty_avro_field *field)
{
    if (!name || name->kind != TREATY_JSON_STRING)
        return treaty_fail(p->err, TREATY_ENAME, name ? name->pos : json->pos,
                           name ? "the name of a field must be a string"
                                : "the field has no \"name\"");
    field->name = treaty_java_keep_str(&p->keep, name->text);
    field->name_pos = treaty_avro_pos(p, name->pos);
    if (!field->name.data)
        return treaty_fail_nomem(p->err);
    return treaty_avro_identifier_check(field->name, p->strictness,
                                        "the field name", name->pos, p->err);
}

static enum treaty_code parse_field(struct treaty_avro_parser *p,
                                    const struct treaty_json *json,
                                    struct treaty_str ns,
                                    struct treaty_avro_field *field)
{
    struct treaty_avro_members members;
    const struct treaty_json *type;
    enum treaty_code code;

    if (json->kind != TREATY_JSON_OBJECT)
        return treaty_fail(p->err, TREATY_ESCHEMA, json->pos,
                           "a field must be an object with \"name\" and "
                           "\"type\", not %s",
                           treaty_json_kind_text(json->kind));
    treaty_avro_members_read(&members, json);
    field->pos = treaty_avro_pos(p, json->pos);
    code = read_field_name(p, json, members.at[KEY_NAME], field);
    if (code)
        return code;
    type = members.at[KEY_TYPE];
    if (!type)
        return treaty_fail(p->err, TREATY_ESCHEMA, json->pos,
                           "field \"%.*s\" has no \"type\"",
                           TREATY_STR_ARG(field->name));
    field->type_pos = treaty_avro_pos(p, type->pos);
    code = treaty_avro_parse_type(p, type, ns, &field->type);
    if (!code)
        code = read_doc(p, &members, &field->doc);
    if (!code)
        code = read_order(p, members.at[KEY_ORDER], &field->order);
    if (!code)
        code = read_default(p, members.at[KEY_DEFAULT], field);
    if (!code)
        code = read_aliases(p, members.at[KEY_ALIASES], NULL, &field->aliases,
                            &field->alias_count);
    if (code)
        return code;
    return treaty_avro_read_props(p, json, TREATY_AVRO_FIELD_RESERVED,
                                  &field->props);
}

static enum treaty_code add_field(struct treaty_avro_parser *p,
                                  struct treaty_avro_node *node,
                                  struct treaty_avro_field *field,
                                  const struct treaty_json *json)
{
    if (treaty_map_find(&node->names, field->name))
        return treaty_fail(p->err, TREATY_EDUPLICATE, json->pos,
                           "record \"%.*s\" has two fields called \"%.*s\"",
                           TREATY_STR_ARG(node->full),
                           TREATY_STR_ARG(field->name));
    if (treaty_map_put(&node->names, field->name, field) != TREATY_OK)
        return treaty_fail_nomem(p->err);
    if (!field->default_json)
        node->required_count++;
    return TREATY_OK;
}

static enum treaty_code parse_fields(struct treaty_avro_parser *p,
                                     const struct treaty_json *json,
                                     const struct treaty_avro_members *members,
                                     struct treaty_avro_node *node)
{
    const struct treaty_json *list = members->at[KEY_FIELDS];
    struct treaty_avro_field *fields;
    uint32_t i = 0;

    if (!list || list->kind != TREATY_JSON_ARRAY)
        return treaty_fail(p->err, TREATY_ESCHEMA, list ? list->pos : json->pos,
                           "record \"%.*s\" needs \"fields\", an array",
                           TREATY_STR_ARG(node->full));
    fields =
        TREATY_ARENA_NEW_N(p->arena, struct treaty_avro_field, list->count + 1);
    if (!fields)
        return treaty_fail_nomem(p->err);
    for (const struct treaty_json *c = list->child; c; c = c->next, i++) {
        enum treaty_code code =
            treaty_avro_count_name(p, &p->field_count, "fields", c->pos);

        fields[i].index = i;
        if (!code)
            code = parse_field(p, c, node->ns, &fields[i]);
        if (!code)
            code = add_field(p, node, &fields[i], c);
        if (code)
            return code;
    }
    node->fields = fields;
    node->field_count = list->count;
    return treaty_avro_check_later(p, node);
}

static enum treaty_code add_symbol(struct treaty_avro_parser *p,
                                   struct treaty_avro_node *node,
                                   const struct treaty_json *json,
                                   struct treaty_str *ret)
{
    enum treaty_code code =
        treaty_avro_count_name(p, &p->symbol_count, "enum symbols", json->pos);

    if (code)
        return code;
    if (json->kind != TREATY_JSON_STRING)
        return treaty_fail(p->err, TREATY_ENAME, json->pos,
                           "an enum symbol must be a name in quotes, not %s",
                           treaty_json_kind_text(json->kind));
    code = treaty_avro_identifier_check(json->text, p->strictness, "the symbol",
                                        json->pos, p->err);
    if (code)
        return code;
    if (treaty_map_find(&node->names, json->text))
        return treaty_fail(p->err, TREATY_EDUPLICATE, json->pos,
                           "enum \"%.*s\" has the symbol \"%.*s\" twice",
                           TREATY_STR_ARG(node->full),
                           TREATY_STR_ARG(json->text));
    *ret = treaty_java_keep_str(&p->keep, json->text);
    if (!ret->data || treaty_map_put(&node->names, *ret, ret) != TREATY_OK)
        return treaty_fail_nomem(p->err);
    return TREATY_OK;
}

/* The enum's own default, which counts only as a string. */
static enum treaty_code read_default_symbol(struct treaty_avro_parser *p,
                                            const struct treaty_json *json,
                                            struct treaty_avro_node *node)
{
    if (!json || json->kind != TREATY_JSON_STRING)
        return TREATY_OK;
    node->default_symbol = treaty_avro_symbol_find(node, json->text);
    if (node->default_symbol >= 0)
        return TREATY_OK;
    return treaty_fail(p->err, TREATY_EDEFAULT, json->pos,
                       "the default \"%.*s\" is not among the symbols of enum "
                       "\"%.*s\"",
                       TREATY_STR_ARG(json->text), TREATY_STR_ARG(node->full));
}

static enum treaty_code parse_symbols(struct treaty_avro_parser *p,
                                      const struct treaty_json *json,
                                      const struct treaty_avro_members *members,
                                      struct treaty_avro_node *node)
{
    const struct treaty_json *list = members->at[KEY_SYMBOLS];
    struct treaty_str *symbols;
    uint32_t i = 0;

    if (!list || list->kind != TREATY_JSON_ARRAY)
        return treaty_fail(p->err, TREATY_ESCHEMA, list ? list->pos : json->pos,
                           "enum \"%.*s\" needs \"symbols\", an array",
                           TREATY_STR_ARG(node->full));
    symbols = TREATY_ARENA_NEW_N(p->arena, struct treaty_str, list->count + 1);
    if (!symbols)
        return treaty_fail_nomem(p->err);
    for (const struct treaty_json *c = list->child; c; c = c->next) {
        enum treaty_code code = add_symbol(p, node, c, &symbols[i++]);

        if (code)
            return code;
    }
    node->symbols = symbols;
    node->symbol_count = list->count;
    return read_default_symbol(p, members->at[KEY_DEFAULT], node);
}

static enum treaty_code parse_size(struct treaty_avro_parser *p,
                                   const struct treaty_json *json,
                                   const struct treaty_avro_members *members,
                                   struct treaty_avro_node *node)
{
    const struct treaty_json *size = members->at[KEY_SIZE];
    int64_t value;

    if (!size || !treaty_json_to_i64(size, &value) || value < 0 ||
        value > INT32_MAX)
        return treaty_fail(p->err, TREATY_ESCHEMA, size ? size->pos : json->pos,
                           "fixed \"%.*s\" needs \"size\", a whole number of "
                           "bytes from 0 to 2147483647",
                           TREATY_STR_ARG(node->full));
    node->size = (uint32_t)value;
    return TREATY_OK;
}

static enum treaty_code parse_body(struct treaty_avro_parser *p,
                                   const struct treaty_json *json,
                                   const struct treaty_avro_members *members,
                                   struct treaty_avro_node *node)
{
    if (node->kind == TREATY_AVRO_RECORD)
        return parse_fields(p, json, members, node);
    if (node->kind == TREATY_AVRO_ENUM)
        return parse_symbols(p, json, members, node);
    return parse_size(p, json, members, node);
}

/* Where the namespace of a type is spelled: in its name, if that has dots. */
static size_t namespace_pos(const struct treaty_avro_members *members)
{
    const struct treaty_json *name = members->at[KEY_NAME];
    const struct treaty_json *ns = members->at[KEY_NAMESPACE];

    if (ns && !treaty_str_has(name->text, '.'))
        return ns->pos;
    return name->pos;
}

static enum treaty_code read_name(struct treaty_avro_parser *p,
                                  const struct treaty_json *json,
                                  const struct treaty_avro_members *members,
                                  struct treaty_str ns,
                                  struct treaty_avro_node *node)
{
    const struct treaty_json *member = members->at[KEY_NAME];
    struct treaty_avro_spelling spelling = {
        .name = treaty_avro_member_text(members, KEY_NAME),
        .ns = treaty_avro_member_text(members, KEY_NAMESPACE),
        .enclosing = ns,
    };
    struct treaty_avro_name_place place;
    struct treaty_avro_name name;

    if (!spelling.name.data)
        return treaty_fail(p->err, TREATY_ENAME,
                           member ? member->pos : json->pos,
                           member ? "the name of a type must be a string"
                                  : "the type has no \"name\"");
    if (treaty_avro_name_resolve(&p->scratch, &spelling, &name) != TREATY_OK)
        return treaty_fail_nomem(p->err);
    node->full = treaty_arena_dup(p->arena, name.full);
    if (!node->full.data)
        return treaty_fail_nomem(p->err);
    name = treaty_avro_name_split(node->full);
    node->ns = name.ns;
    node->name = name.name;
    place.name = member->pos;
    place.ns = namespace_pos(members);
    return treaty_avro_name_check(&name, p->strictness, &place, p->err);
}

/* Make a complete type known, unless it repeats one that is. */
static enum treaty_code define(struct treaty_avro_parser *p,
                               struct treaty_avro_node *node, size_t pos,
                               const struct treaty_avro_node **slot)
{
    const struct treaty_avro_node *known =
        treaty_map_find(&p->tree->names, node->full);

    if (known && treaty_avro_same_definition(known, node)) {
        *slot = known;
        return TREATY_OK;
    }
    if (known)
        return treaty_fail(p->err, TREATY_EDUPLICATE, pos,
                           "\"%.*s\" is defined twice, differently; give one "
                           "of them another name",
                           TREATY_STR_ARG(node->full));
    if (treaty_map_put(&p->tree->names, node->full, node) != TREATY_OK)
        return treaty_fail_nomem(p->err);
    *slot = node;
    return TREATY_OK;
}

enum treaty_code treaty_avro_parse_named(struct treaty_avro_parser *p,
                                         const struct treaty_json *json,
                                         struct treaty_str ns,
                                         struct treaty_avro_node *node,
                                         const struct treaty_avro_node **slot)
{
    const bool is_enum = node->kind == TREATY_AVRO_ENUM;
    struct treaty_avro_members members;
    enum treaty_code code =
        treaty_avro_count_name(p, &p->type_count, "named types", json->pos);

    if (code)
        return code;
    treaty_map_init(&node->names, p->arena);
    treaty_avro_members_read(&members, json);
    code = read_name(p, json, &members, ns, node);
    if (!code)
        code = read_doc(p, &members, &node->doc);
    if (!code)
        code = parse_body(p, json, &members, node);
    if (!code)
        code = treaty_avro_read_props(p, json,
                                      is_enum ? TREATY_AVRO_ENUM_RESERVED
                                              : TREATY_AVRO_TYPE_RESERVED,
                                      &node->props);
    if (!code)
        code = read_aliases(p, members.at[KEY_ALIASES], &node->ns,
                            &node->aliases, &node->alias_count);
    if (code)
        return code;
    treaty_avro_read_logical(node);
    return define(p, node, json->pos, slot);
}
