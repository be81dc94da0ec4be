/* SPDX-License-Identifier: Apache-2.0 */
/* One type: a name, an object or a union (Avro 1.12, "Schema Declaration"). */
#include "base/error.h"
#include "base/str.h"
#include "format/avro/parser.h"

/* The words that may stand in "type" and are not names. */
struct word {
    struct treaty_str text;
    enum treaty_avro_kind kind;
    bool is_error;
};

#define WORD(text, kind)                                                       \
    {                                                                          \
        TREATY_STR_INIT(text), kind, false                                     \
    }
#define TREATY_STR_INIT(literal)                                               \
    {                                                                          \
        (literal), sizeof(literal) - 1                                         \
    }

static const struct word primitives[] = {
    WORD("string", TREATY_AVRO_STRING), WORD("long", TREATY_AVRO_LONG),
    WORD("int", TREATY_AVRO_INT),       WORD("null", TREATY_AVRO_NULL),
    WORD("double", TREATY_AVRO_DOUBLE), WORD("boolean", TREATY_AVRO_BOOLEAN),
    WORD("bytes", TREATY_AVRO_BYTES),   WORD("float", TREATY_AVRO_FLOAT),
};

static const struct word constructors[] = {
    WORD("record", TREATY_AVRO_RECORD),
    WORD("enum", TREATY_AVRO_ENUM),
    WORD("array", TREATY_AVRO_ARRAY),
    WORD("map", TREATY_AVRO_MAP),
    WORD("fixed", TREATY_AVRO_FIXED),
    {TREATY_STR_INIT("error"), TREATY_AVRO_RECORD, true},
};

static const struct word *find_word(const struct word *words, size_t count,
                                    struct treaty_str text)
{
    for (size_t i = 0; i < count; i++) {
        if (treaty_str_eq(words[i].text, text))
            return &words[i];
    }
    return NULL;
}

static const struct word *find_primitive(struct treaty_str text)
{
    return find_word(primitives, sizeof(primitives) / sizeof(primitives[0]),
                     text);
}

static const struct word *find_constructor(struct treaty_str text)
{
    return find_word(constructors,
                     sizeof(constructors) / sizeof(constructors[0]), text);
}

static const struct treaty_str key_names[KEY_COUNT] = {
    [KEY_TYPE] = TREATY_STR_INIT("type"),
    [KEY_NAME] = TREATY_STR_INIT("name"),
    [KEY_NAMESPACE] = TREATY_STR_INIT("namespace"),
    [KEY_DOC] = TREATY_STR_INIT("doc"),
    [KEY_ALIASES] = TREATY_STR_INIT("aliases"),
    [KEY_FIELDS] = TREATY_STR_INIT("fields"),
    [KEY_SYMBOLS] = TREATY_STR_INIT("symbols"),
    [KEY_SIZE] = TREATY_STR_INIT("size"),
    [KEY_ITEMS] = TREATY_STR_INIT("items"),
    [KEY_VALUES] = TREATY_STR_INIT("values"),
    [KEY_DEFAULT] = TREATY_STR_INIT("default"),
    [KEY_ORDER] = TREATY_STR_INIT("order"),
};

static enum treaty_avro_key key_of(struct treaty_str name)
{
    for (int key = 0; key < KEY_COUNT; key++) {
        if (treaty_str_eq(key_names[key], name))
            return (enum treaty_avro_key)key;
    }
    return KEY_COUNT;
}

void treaty_avro_members_read(struct treaty_avro_members *members,
                              const struct treaty_json *object)
{
    *members = (struct treaty_avro_members){0};
    for (const struct treaty_json *m = object->child; m; m = m->next) {
        enum treaty_avro_key key = key_of(m->name);

        if (key != KEY_COUNT)
            members->at[key] = m;
    }
}

struct treaty_str
treaty_avro_member_text(const struct treaty_avro_members *members,
                        enum treaty_avro_key key)
{
    const struct treaty_json *member = members->at[key];

    if (!member || member->kind != TREATY_JSON_STRING)
        return (struct treaty_str){0};
    return member->text;
}

static bool is_reserved(struct treaty_str name, unsigned reserved)
{
    enum treaty_avro_key key = key_of(name);

    return key != KEY_COUNT && (reserved & (1u << key));
}

static bool has_props(const struct treaty_json *object, unsigned reserved)
{
    for (const struct treaty_json *m = object->child; m; m = m->next) {
        if (!is_reserved(m->name, reserved))
            return true;
    }
    return false;
}

static enum treaty_code keep_prop(struct treaty_avro_parser *p,
                                  const struct treaty_json *member,
                                  struct treaty_avro_prop *ret)
{
    ret->name = treaty_java_keep_str(&p->keep, member->name);
    ret->value = treaty_java_keep_json(&p->keep, member);
    if (!ret->name.data || !ret->value)
        return treaty_fail_nomem(p->err);
    return TREATY_OK;
}

enum treaty_code treaty_avro_read_props(struct treaty_avro_parser *p,
                                        const struct treaty_json *object,
                                        unsigned reserved,
                                        struct treaty_avro_props *ret)
{
    const struct treaty_json **members;
    struct treaty_avro_prop *props;
    uint32_t member_count = 0;
    uint32_t count = 0;

    if (!has_props(object, reserved))
        return TREATY_OK;
    members = treaty_java_members(&p->scratch, object, &member_count);
    props = TREATY_ARENA_NEW_N(p->arena, struct treaty_avro_prop, member_count);
    if (!members || !props)
        return treaty_fail_nomem(p->err);
    for (uint32_t i = 0; i < member_count; i++) {
        enum treaty_code code;

        if (is_reserved(members[i]->name, reserved))
            continue;
        code = keep_prop(p, members[i], &props[count++]);
        if (code)
            return code;
    }
    *ret = (struct treaty_avro_props){props, count};
    return TREATY_OK;
}

struct treaty_avro_node *treaty_avro_new_node(struct treaty_avro_parser *p,
                                              enum treaty_avro_kind kind,
                                              size_t pos)
{
    struct treaty_avro_node *node =
        TREATY_ARENA_NEW(p->arena, struct treaty_avro_node);

    if (!node) {
        (void)treaty_fail_nomem(p->err);
        return NULL;
    }
    node->kind = kind;
    node->id = p->tree->node_count++;
    node->pos = treaty_avro_pos(p, pos);
    node->item_pos = TREATY_NO_OFFSET;
    node->imported = p->imported;
    node->default_symbol = -1;
    return node;
}

enum treaty_code treaty_avro_check_later(struct treaty_avro_parser *p,
                                         const struct treaty_avro_node *node)
{
    struct treaty_avro_check *check =
        TREATY_ARENA_NEW(&p->scratch, struct treaty_avro_check);

    if (!check)
        return treaty_fail_nomem(p->err);
    check->node = node;
    *p->checks_end = check;
    p->checks_end = &check->next;
    return TREATY_OK;
}

/*
 * What stands for a type that is not known yet: to the checks made meanwhile
 * it is a record without fields, as it is in the reference.
 */
static enum treaty_code add_pending(struct treaty_avro_parser *p,
                                    struct treaty_str full, size_t pos,
                                    const struct treaty_avro_node **slot)
{
    struct treaty_avro_pending *pending =
        TREATY_ARENA_NEW(&p->scratch, struct treaty_avro_pending);
    struct treaty_avro_node *node =
        TREATY_ARENA_NEW(&p->scratch, struct treaty_avro_node);

    if (!pending || !node)
        return treaty_fail_nomem(p->err);
    node->kind = TREATY_AVRO_RECORD;
    node->full = treaty_arena_join(&p->scratch, TREATY_STR("?"), '.', full);
    if (!node->full.data)
        return treaty_fail_nomem(p->err);
    *pending = (struct treaty_avro_pending){slot, full, pos, NULL};
    *p->pending_end = pending;
    p->pending_end = &pending->next;
    *slot = node;
    return TREATY_OK;
}

static enum treaty_code parse_name(struct treaty_avro_parser *p,
                                   const struct treaty_json *json,
                                   struct treaty_str ns,
                                   const struct treaty_avro_node **slot)
{
    const struct word *primitive = find_primitive(json->text);
    const struct treaty_avro_node *known;
    struct treaty_str full = json->text;

    if (primitive) {
        *slot = treaty_avro_new_node(p, primitive->kind, json->pos);
        return *slot ? TREATY_OK : TREATY_ENOMEM;
    }
    if (ns.len && !treaty_str_has(json->text, '.'))
        full = treaty_arena_join(&p->scratch, ns, '.', json->text);
    if (!full.data)
        return treaty_fail_nomem(p->err);
    known = treaty_map_find(&p->tree->names, full);
    if (!known)
        known = treaty_map_find(&p->tree->names, json->text);
    if (!known)
        return add_pending(p, full, json->pos, slot);
    *slot = known;
    return TREATY_OK;
}

static enum treaty_code parse_union(struct treaty_avro_parser *p,
                                    const struct treaty_json *json,
                                    struct treaty_str ns,
                                    const struct treaty_avro_node **slot)
{
    struct treaty_avro_node *node =
        treaty_avro_new_node(p, TREATY_AVRO_UNION, json->pos);
    const struct treaty_avro_node **branches;
    size_t *positions;
    uint32_t i = 0;

    if (!node)
        return TREATY_ENOMEM;
    branches = TREATY_ARENA_NEW_N(p->arena, const struct treaty_avro_node *,
                                  json->count + 1);
    positions = TREATY_ARENA_NEW_N(p->arena, size_t, json->count + 1);
    if (!branches || !positions)
        return treaty_fail_nomem(p->err);
    for (const struct treaty_json *c = json->child; c; c = c->next, i++) {
        enum treaty_code code = treaty_avro_parse_type(p, c, ns, &branches[i]);

        if (code)
            return code;
        if (branches[i]->kind == TREATY_AVRO_UNION)
            return treaty_fail(p->err, TREATY_ESCHEMA, c->pos,
                               "a union may not hold a union directly; put "
                               "its branches into the outer one");
        positions[i] = treaty_avro_pos(p, c->pos);
    }
    node->branches = branches;
    node->branch_pos = positions;
    node->branch_count = json->count;
    *slot = node;
    return treaty_avro_check_later(p, node);
}

static enum treaty_code parse_primitive(struct treaty_avro_parser *p,
                                        const struct treaty_json *json,
                                        const struct word *word,
                                        const struct treaty_avro_node **slot)
{
    struct treaty_avro_node *node =
        treaty_avro_new_node(p, word->kind, json->pos);
    enum treaty_code code;

    if (!node)
        return TREATY_ENOMEM;
    code = treaty_avro_read_props(p, json, TREATY_AVRO_TYPE_RESERVED,
                                  &node->props);
    if (code)
        return code;
    treaty_avro_read_logical(node);
    *slot = node;
    return TREATY_OK;
}

static enum treaty_code parse_container(struct treaty_avro_parser *p,
                                        const struct treaty_json *json,
                                        struct treaty_str ns,
                                        struct treaty_avro_node *node)
{
    const bool is_array = node->kind == TREATY_AVRO_ARRAY;
    struct treaty_avro_members members;
    const struct treaty_json *item;
    enum treaty_code code;

    treaty_avro_members_read(&members, json);
    item = members.at[is_array ? KEY_ITEMS : KEY_VALUES];
    if (!item)
        return treaty_fail(p->err, TREATY_ESCHEMA, json->pos,
                           is_array ? "an array needs \"items\", the type of "
                                      "its items"
                                    : "a map needs \"values\", the type of "
                                      "its values");
    node->item_pos = treaty_avro_pos(p, item->pos);
    code = treaty_avro_parse_type(p, item, ns, &node->item);
    if (code)
        return code;
    return treaty_avro_read_props(p, json, TREATY_AVRO_TYPE_RESERVED,
                                  &node->props);
}

static enum treaty_code fail_no_type(struct treaty_avro_parser *p,
                                     const struct treaty_json *json,
                                     const struct treaty_json *type)
{
    if (!type)
        return treaty_fail(p->err, TREATY_ESCHEMA, json->pos,
                           "the object has no \"type\"; say which type it is");
    return treaty_fail(p->err, TREATY_ETYPE, type->pos,
                       "\"type\" of a type must be a name, not %s; write that "
                       "type here without the object around it",
                       treaty_json_kind_text(type->kind));
}

static enum treaty_code parse_object(struct treaty_avro_parser *p,
                                     const struct treaty_json *json,
                                     struct treaty_str ns,
                                     const struct treaty_avro_node **slot)
{
    const struct treaty_json *type =
        treaty_json_get_str(json, key_names[KEY_TYPE]);
    const struct word *word;
    struct treaty_avro_node *node;
    enum treaty_code code;

    if (!type || type->kind != TREATY_JSON_STRING)
        return fail_no_type(p, json, type);
    word = find_primitive(type->text);
    if (word)
        return parse_primitive(p, json, word, slot);
    word = find_constructor(type->text);
    if (!word)
        return parse_name(p, type, ns, slot);

    node = treaty_avro_new_node(p, word->kind, json->pos);
    if (!node)
        return TREATY_ENOMEM;
    node->is_error = word->is_error;
    if (treaty_avro_is_named(word->kind))
        return treaty_avro_parse_named(p, json, ns, node, slot);
    code = parse_container(p, json, ns, node);
    if (!code)
        *slot = node;
    return code;
}

enum treaty_code treaty_avro_parse_type(struct treaty_avro_parser *p,
                                        const struct treaty_json *json,
                                        struct treaty_str ns,
                                        const struct treaty_avro_node **slot)
{
    switch (json->kind) {
    case TREATY_JSON_STRING:
        return parse_name(p, json, ns, slot);
    case TREATY_JSON_OBJECT:
        return parse_object(p, json, ns, slot);
    case TREATY_JSON_ARRAY:
        return parse_union(p, json, ns, slot);
    case TREATY_JSON_NULL:
    case TREATY_JSON_BOOL:
    case TREATY_JSON_NUMBER:
        break;
    }
    return treaty_fail(p->err, TREATY_ESCHEMA, json->pos,
                       "a type is a name in quotes, an object or an array of "
                       "branches, not %s",
                       treaty_json_kind_text(json->kind));
}
