/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Avro parser on any bytes: one schema, or two with a NUL between them.
 * What must hold:
 *
 * 1. A failure has a place within the text, or none, and a message.
 * 2. What is accepted as new is accepted as stored, with the same canonical
 *    text.
 * 3. A canonical or normalised text that is submitted gives itself. The
 *    reference refuses some: a name without namespace that is used, where a
 *    namespace is in force, before its type is complete (TREATY_ETYPE), or a
 *    definition that such a name then repeats (TREATY_EDUPLICATE). And an
 *    alias in no namespace is printed as one in the type's own: read again it
 *    is another, perhaps equal to a second one or in need of its full name.
 * 4. A schema reads what it wrote, unless an alias names a sibling field.
 * 5. The canonical text says all that the text said, to its Parsing Canonical
 *    Form and to everything beside that, unless two types have one name, one of
 * them without namespace: where the other is used inside itself its short name
 * then means the first, once it is read again. The reference has this fault
 * too.
 */
#include "base/str.h"
#include "base/utf8.h"
#include "format/avro/fingerprint.h"
#include "format/avro/java_json.h"
#include "format/avro/schema.h"

#ifdef TREATY_FUZZ
#include "mutate.h"
#endif

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(cond)                                                          \
    do {                                                                       \
        if (!(cond))                                                           \
            abort();                                                           \
    } while (0)

static void check_error(const struct treaty_error *err, enum treaty_code code,
                        size_t len)
{
    REQUIRE(err->code == code);
    REQUIRE(err->offset <= len || err->offset == TREATY_NO_OFFSET);
    REQUIRE(err->message[0] != '\0');
    REQUIRE(treaty_utf8_valid(treaty_str_z(err->message)));
    REQUIRE(treaty_utf8_valid(treaty_str_z(err->path)));
}

static struct treaty_schema *parse(struct treaty_str text,
                                   enum treaty_strictness strictness,
                                   enum treaty_code *ret_code)
{
    struct treaty_source source = {.text = text, .strictness = strictness};
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};

    *ret_code = treaty_schema_parse(NULL, &source, &schema, &err);
    REQUIRE((*ret_code == TREATY_OK) == (schema != NULL));
    if (*ret_code)
        check_error(&err, *ret_code, text.len);
    return schema;
}

static struct treaty_avro_fingerprints
print_of(const struct treaty_schema *schema)
{
    struct treaty_avro_fingerprints prints;

    REQUIRE(treaty_avro_fingerprint(schema, &prints, NULL) == TREATY_OK);
    return prints;
}

/* Two types called the same, one of them in no namespace? */
static bool has_homonyms(const struct treaty_schema *schema)
{
    const struct treaty_map *names = &treaty_avro_tree(schema)->names;
    const struct treaty_map_entry *e = treaty_map_next(names, NULL);

    for (; e; e = treaty_map_next(names, e)) {
        if (treaty_str_has(e->key, '.') &&
            treaty_map_find(names, treaty_str_after_last(e->key, '.')))
            return true;
    }
    return false;
}

/* Does a type in a namespace have an alias in none? */
static bool has_bare_alias(const struct treaty_avro_node *node)
{
    for (uint32_t i = 0; node->ns.len && i < node->alias_count; i++) {
        if (!treaty_str_has(node->aliases[i], '.'))
            return true;
    }
    return false;
}

static bool has_bare_aliases(const struct treaty_schema *schema)
{
    const struct treaty_map *names = &treaty_avro_tree(schema)->names;
    const struct treaty_map_entry *e = treaty_map_next(names, NULL);

    for (; e; e = treaty_map_next(names, e)) {
        if (has_bare_alias(e->value))
            return true;
    }
    return false;
}

/*
 * A number for all that the reachable types say; the order in which they are
 * met is that of the text, which printing keeps.
 */
struct digest {
    uint64_t value;
    bool *seen;
};

static void mix(struct digest *d, struct treaty_str s)
{
    d->value = d->value * 31 + treaty_str_hash(s) + (s.data ? 1 : 0);
}

static void mix_number(struct digest *d, int64_t number)
{
    d->value = d->value * 31 + (uint64_t)number;
}

static void mix_json(struct digest *d, const struct treaty_json *value)
{
    struct treaty_buf text;

    mix_number(d, value != NULL);
    if (!value)
        return;
    treaty_buf_init(&text, 0);
    treaty_java_json_put(&text, value);
    mix(d, treaty_buf_str(&text));
    treaty_buf_release(&text);
}

static void mix_props(struct digest *d, const struct treaty_avro_props *props)
{
    mix_number(d, props->count);
    for (uint32_t i = 0; i < props->count; i++) {
        mix(d, props->items[i].name);
        mix_json(d, props->items[i].value);
    }
}

static void mix_node(struct digest *d, const struct treaty_avro_node *node);

static void mix_field(struct digest *d, const struct treaty_avro_field *field)
{
    mix(d, field->name);
    mix(d, field->doc);
    mix_json(d, field->default_json);
    mix_number(d, field->order);
    mix_number(d, field->alias_count);
    for (uint32_t i = 0; i < field->alias_count; i++)
        mix(d, field->aliases[i]);
    mix_props(d, &field->props);
    mix_node(d, field->type);
}

static void mix_node(struct digest *d, const struct treaty_avro_node *node)
{
    mix_number(d, node->kind);
    mix(d, node->full);
    if (d->seen[node->id])
        return;
    d->seen[node->id] = true;
    mix(d, node->doc);
    mix_number(d, node->alias_count);
    for (uint32_t i = 0; i < node->alias_count; i++)
        mix(d, node->aliases[i]);
    mix(d, node->logical);
    mix_number(d, node->is_error);
    mix_number(d, node->size);
    mix_number(d, node->default_symbol);
    mix_props(d, &node->props);
    for (uint32_t i = 0; i < node->symbol_count; i++)
        mix(d, node->symbols[i]);
    for (uint32_t i = 0; i < node->field_count; i++)
        mix_field(d, &node->fields[i]);
    for (uint32_t i = 0; i < node->branch_count; i++)
        mix_node(d, node->branches[i]);
    if (node->item)
        mix_node(d, node->item);
}

static uint64_t digest_of(const struct treaty_schema *schema)
{
    const struct treaty_avro_tree *tree = treaty_avro_tree(schema);
    struct digest d = {.seen = calloc(tree->node_count + 1, sizeof(bool))};

    REQUIRE(d.seen);
    mix_node(&d, tree->root);
    free(d.seen);
    return d.value;
}

/* `text` was printed; it gives itself. */
static void check_stable(struct treaty_str text,
                         const struct treaty_schema *origin)
{
    enum treaty_code code;
    struct treaty_schema *again = parse(text, TREATY_STORED, &code);

    if (!again) {
        REQUIRE(code == TREATY_ETYPE || code == TREATY_EDUPLICATE);
        return;
    }
    REQUIRE(treaty_str_eq(again->canonical, text));
    if (origin && !has_homonyms(origin)) {
        REQUIRE(print_of(again).crc64 == print_of(origin).crc64);
        REQUIRE(digest_of(again) == digest_of(origin));
    }
    treaty_schema_unref(again);
}

static void check_texts(const struct treaty_schema *schema)
{
    struct treaty_buf out;

    if (has_bare_aliases(schema))
        return;
    check_stable(schema->canonical, schema);
    treaty_buf_init(&out, 0);
    REQUIRE(treaty_schema_render(schema, TREATY_STR("resolved"), &out, NULL,
                                 NULL) == TREATY_OK);
    REQUIRE(treaty_str_eq(treaty_buf_str(&out), schema->canonical));
    treaty_buf_clear(&out);
    if (schema->format->normalize(schema, &out, NULL) == TREATY_OK)
        check_stable(treaty_buf_str(&out), NULL);
    treaty_buf_release(&out);
}

static void check_compare(const struct treaty_schema *reader,
                          const struct treaty_schema *writer)
{
    struct treaty_arena arena = {0};
    struct treaty_findings findings = {.arena = &arena};
    enum treaty_code code = reader->format->compare(reader, writer, &findings);

    REQUIRE(code == TREATY_OK || code == TREATY_ELIMIT);
    if (reader == writer && findings.count) {
        REQUIRE(findings.count == 1);
        REQUIRE(!strcmp(findings.first->rule, "READER_FIELD_AMBIGUOUS"));
    }
    treaty_arena_release(&arena);
}

static struct treaty_schema *check_schema(struct treaty_str text)
{
    enum treaty_code code;
    struct treaty_schema *new = parse(text, TREATY_NEW, &code);
    struct treaty_schema *stored = parse(text, TREATY_STORED, &code);

    if (new)
        REQUIRE(stored && treaty_str_eq(new->canonical, stored->canonical));
    treaty_schema_unref(new);
    if (stored) {
        check_texts(stored);
        check_compare(stored, stored);
    }
    return stored;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct treaty_str rest = {(const char *)data, size};
    struct treaty_str text = {"", 0};
    struct treaty_schema *a;
    struct treaty_schema *b = NULL;

    (void)treaty_str_split(&rest, '\0', &text);
    a = check_schema(text);
    if (a && treaty_str_split(&rest, '\0', &text))
        b = check_schema(text);
    if (b) {
        check_compare(a, b);
        check_compare(b, a);
        (void)a->format->equivalent(a, b);
    }
    treaty_schema_unref(a);
    treaty_schema_unref(b);
    return 0;
}
