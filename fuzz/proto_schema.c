/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Protobuf parser on any bytes: one schema, or two with a NUL between them.
 * What must hold:
 *
 * 1. A failure has a place within the text, or none, and a message.
 * 2. What is accepted as new is accepted as stored, with the same canonical
 *    text.
 * 3. A canonical or normalised text is UTF-8, and submitted gives itself.
 *    Normalising takes empty oneofs away but leaves their line, as the
 *    reference does, and such a text normalises to another. And the reference
 *    puts a backslash in the path of an import or in a reserved name between
 *    quotes as it is, so that the text still parses, but says another path or
 *    name: ids hang on it, so it stays, and these files are left out. So are
 *    those whose normalised text it could not read, as where a message is used
 *    that defines the entries of a map, and that normalising takes away.
 * 4. Each message is found by name and by the indexes that this gives.
 * 5. By Confluent's rules a schema reads what it wrote.
 */
#include "base/str.h"
#include "base/utf8.h"
#include "format/protobuf/canonical.h"
#include "format/protobuf/format.h"

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
                                   enum treaty_strictness strictness)
{
    struct treaty_source source = {.text = text, .strictness = strictness};
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};
    enum treaty_code code =
        treaty_schema_parse(&treaty_format_protobuf, &source, &schema, &err);

    REQUIRE((code == TREATY_OK) == (schema != NULL));
    if (code)
        check_error(&err, code, text.len);
    else if (schema->objection.code)
        check_error(&schema->objection, schema->objection.code, text.len);
    return schema;
}

static bool has_empty_oneof(const struct treaty_schema *schema)
{
    const struct treaty_proto_file *file = treaty_proto_tree(schema)->file;
    const struct treaty_proto_message *m =
        treaty_proto_next_message(file, NULL);

    for (; m; m = treaty_proto_next_message(file, m)) {
        for (uint32_t i = 0; i < m->oneof_count; i++) {
            if (m->oneofs[i].field_count == 0)
                return true;
        }
    }
    return false;
}

static bool has_backslash(const struct treaty_proto_ranges *reserved,
                          uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < reserved[i].count; k++) {
            struct treaty_str name = reserved[i].items[k].reference;

            if (name.data && treaty_str_has(name, '\\'))
                return true;
        }
    }
    return false;
}

static bool enums_have_backslash(struct treaty_proto_enum *const *enums,
                                 uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (has_backslash(enums[i]->reserved, enums[i]->reserved_count))
            return true;
    }
    return false;
}

static bool file_has_backslash(const struct treaty_schema *schema)
{
    const struct treaty_proto_file *file = treaty_proto_tree(schema)->file;
    const struct treaty_proto_message *m =
        treaty_proto_next_message(file, NULL);
    bool ret = enums_have_backslash(file->enums, file->enum_count);

    for (uint32_t i = 0; i < file->import_count; i++)
        ret = ret || treaty_str_has(file->imports[i].reference, '\\');
    for (; m; m = treaty_proto_next_message(file, m))
        ret = ret || has_backslash(m->reserved, m->reserved_count) ||
              enums_have_backslash(m->enums, m->enum_count);
    return ret;
}

static bool has_reference_text(const struct treaty_schema *schema)
{
    return treaty_proto_has_reference_text(treaty_proto_tree(schema));
}

/* Does the reference's text say other paths or names than it was made of? */
static bool is_reread_differently(const struct treaty_schema *schema)
{
    return has_reference_text(schema) && file_has_backslash(schema);
}

/*
 * May the text of `again`, which normalises `schema`, normalise to another?
 * What the reference refuses in `schema` may be gone from that.
 */
static bool may_normalize_again(const struct treaty_schema *schema,
                                const struct treaty_schema *again)
{
    return has_empty_oneof(schema) || is_reread_differently(schema) ||
           (has_reference_text(again) && file_has_backslash(schema)) ||
           (has_reference_text(schema) && !has_reference_text(again));
}

static void check_normalized(const struct treaty_schema *schema)
{
    struct treaty_schema *again;
    struct treaty_buf once;
    struct treaty_buf twice;

    treaty_buf_init(&once, 0);
    treaty_buf_init(&twice, 0);
    REQUIRE(treaty_proto_normalize(schema, &once, NULL) == TREATY_OK);
    REQUIRE(treaty_utf8_valid(treaty_buf_str(&once)));
    again = parse(treaty_buf_str(&once), TREATY_STORED);
    REQUIRE(again);
    REQUIRE(treaty_proto_normalize(again, &twice, NULL) == TREATY_OK);
    REQUIRE(may_normalize_again(schema, again) ||
            treaty_str_eq(treaty_buf_str(&once), treaty_buf_str(&twice)));
    treaty_schema_unref(again);
    treaty_buf_release(&once);
    treaty_buf_release(&twice);
}

static void check_canonical(const struct treaty_schema *schema)
{
    struct treaty_schema *again = parse(schema->canonical, TREATY_STORED);

    REQUIRE(again && treaty_utf8_valid(schema->canonical));
    REQUIRE(is_reread_differently(schema) ||
            treaty_str_eq(again->canonical, schema->canonical));
    treaty_schema_unref(again);
}

static void check_parts(struct treaty_schema *schema)
{
    const struct treaty_proto_file *file = treaty_proto_tree(schema)->file;
    const struct treaty_proto_message *m =
        treaty_proto_next_message(file, NULL);

    for (; m; m = treaty_proto_next_message(file, m)) {
        struct treaty_schema *named = NULL;
        struct treaty_schema *found = NULL;
        size_t len = 0;

        REQUIRE(treaty_proto_part(schema, m->full, &named, NULL) == TREATY_OK);
        REQUIRE(treaty_proto_part_at(named, named->indexes, &len, &found,
                                     NULL) == TREATY_OK);
        REQUIRE(len == named->indexes.len);
        REQUIRE(treaty_proto_part_of(found) == treaty_proto_part_of(named));
        treaty_schema_unref(named);
        treaty_schema_unref(found);
    }
}

static void check_compare(const struct treaty_schema *reader,
                          const struct treaty_schema *writer)
{
    struct treaty_arena arena = {0};
    struct treaty_findings findings = {.arena = &arena};
    enum treaty_code code = treaty_proto_compare(reader, writer, &findings);

    REQUIRE(code == TREATY_OK);
    if (reader == writer)
        REQUIRE(findings.breaking == 0);
    treaty_arena_release(&arena);
}

static void count_loss(void *ctx, const struct treaty_proto_loss *loss)
{
    size_t len = *(const size_t *)ctx;

    REQUIRE(loss->pos <= len || loss->pos == TREATY_NO_OFFSET);
}

static struct treaty_schema *check_schema(struct treaty_str text)
{
    struct treaty_schema *new = parse(text, TREATY_NEW);
    struct treaty_schema *stored = parse(text, TREATY_STORED);

    if (new)
        REQUIRE(stored && treaty_str_eq(new->canonical, stored->canonical));
    treaty_schema_unref(stored);
    /* What is no UTF-8 never gets here through the API. */
    if (new &&treaty_utf8_valid(text)) {
        check_canonical(new);
        check_normalized(new);
        check_parts(new);
        check_compare(new, new);
        treaty_proto_losses(treaty_proto_tree(new), count_loss, &text.len);
    }
    return new;
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
        (void)treaty_proto_equivalent(a, b);
    }
    treaty_schema_unref(a);
    treaty_schema_unref(b);
    return 0;
}
