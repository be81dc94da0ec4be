/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors: what the reference and protoc make of small texts, and what
 * becomes of bytes that are no descriptor.
 */
#include "base/base64.h"
#include "base/error.h"
#include "format/protobuf/descriptor.h"
#include "format/protobuf/format.h"
#include "format/protobuf/load.h"
#include "format/protobuf/put.h"
#include "unit/format/corpus.h"

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/protobuf/"

/* What the reference makes of it, in base64. */
static enum treaty_code put_reference(const struct treaty_schema *schema,
                                      struct treaty_buf *out,
                                      struct treaty_error *err)
{
    struct treaty_buf bytes;
    enum treaty_code code;

    treaty_buf_init(&bytes, 0);
    code = treaty_proto_put_reference_descriptor(treaty_proto_tree(schema),
                                                 &bytes, err);
    treaty_base64_put(out, TREATY_BASE64, treaty_buf_str(&bytes));
    treaty_buf_release(&bytes);
    return code;
}

static void check_serialized(const struct corpus_line *line)
{
    struct treaty_str want = corpus_text(line->json, "serialized");
    struct treaty_source source =
        corpus_source(line->arena, corpus_text(line->json, "schema"),
                      treaty_json_get(line->json, "references"));
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};
    struct treaty_buf out;

    if (!want.data)
        return;
    treaty_buf_init(&out, 0);
    if (treaty_schema_parse(&treaty_format_protobuf, &source, &schema, &err) !=
            TREATY_OK ||
        put_reference(schema, &out, &err) != TREATY_OK)
        tap_fail(line->file, line->number, "%s", err.message);
    else if (corpus_same(line, "serialized", treaty_buf_str(&out), want))
        tap_add_passed(1);
    treaty_schema_unref(schema);
    treaty_buf_release(&out);
}

static void serialized_agrees(void)
{
    corpus_each(CORPUS "parse.jsonl", check_serialized);
}

/* Files of descriptors.test, each of which may import those before it. */
static struct treaty_arena kept;
static struct treaty_import files[32];
static size_t file_count;

static void keep_file(struct treaty_str name, struct treaty_str text)
{
    struct treaty_import *file = &files[file_count++];

    file->reference.name = treaty_arena_dup(&kept, name);
    file->reference.subject = file->reference.name;
    file->reference.version = 1;
    file->text = treaty_arena_dup(&kept, text);
}

static struct treaty_str put_base64(struct treaty_arena *arena,
                                    struct treaty_str bytes)
{
    struct treaty_buf out;
    struct treaty_str text;

    treaty_buf_init(&out, 0);
    treaty_base64_put(&out, TREATY_BASE64, bytes);
    text = treaty_arena_dup(arena, treaty_buf_str(&out));
    treaty_buf_release(&out);
    return text;
}

static void check_bytes(const struct corpus_case *c,
                        const struct treaty_proto_tree *tree,
                        struct treaty_str name, const char *what)
{
    struct treaty_error err = {0};
    struct treaty_buf out;

    treaty_buf_init(&out, 0);
    if (treaty_proto_put_descriptor(tree, tree->file, name, &out, &err) !=
        TREATY_OK)
        tap_fail(c->file, c->number, "%s: %s", what, err.message);
    else
        corpus_case_same(c, what, put_base64(c->arena, treaty_buf_str(&out)),
                         corpus_case_get(c, "descriptor"));
    treaty_buf_release(&out);
}

static void check_protoc(const struct corpus_case *c)
{
    struct treaty_str name = corpus_case_get(c, "file");
    struct treaty_source source = {.text = corpus_case_text(c),
                                   .imports = files,
                                   .import_count = file_count,
                                   .strictness = TREATY_STRICT};
    struct treaty_arena arena = {0};
    struct treaty_error err = {0};
    struct treaty_proto_tree *tree;

    if (treaty_proto_load(&arena, &source, &tree, &err) != TREATY_OK) {
        corpus_case_same(c, "error", treaty_str_z(err.message),
                         corpus_case_get(c, "error"));
    } else {
        check_bytes(c, tree, name, "descriptor");
        keep_file(name, source.text);
        tap_add_passed(1);
    }
    treaty_arena_release(&arena);
}

static void protoc_agrees(void)
{
    corpus_each_case(CORPUS "descriptors.test", check_protoc);
    treaty_arena_release(&kept);
    file_count = 0;
}

/* Options that descriptor.proto does not define, in one of three places. */
static bool has_extensions(struct treaty_str text)
{
    return memmem(text.data, text.len, "[(", 2) ||
           memmem(text.data, text.len, "option (", 8) ||
           memmem(text.data, text.len, "(pb.", 4);
}

/* A descriptor that is read gives itself when all its options are known. */
static void check_again(const struct corpus_case *c)
{
    struct treaty_str name = corpus_case_get(c, "file");
    struct treaty_limits limits = {0};
    struct treaty_source source = {.imports = files,
                                   .import_count = file_count,
                                   .strictness = TREATY_STRICT};
    struct treaty_arena arena = {0};
    struct treaty_error err = {0};
    struct treaty_proto_file *file;
    struct treaty_proto_tree *tree;

    if (!corpus_case_get(c, "descriptor").data)
        return;
    if (treaty_proto_read_base64(&arena, corpus_case_get(c, "descriptor"),
                                 &limits, &file, &err) != TREATY_OK ||
        treaty_proto_load_file(&arena, &source, file, &tree, &err) != TREATY_OK)
        tap_fail(c->file, c->number, "read: %s", err.message);
    else if (!has_extensions(c->lines))
        check_bytes(c, tree, name, "descriptor of a descriptor");
    keep_file(name, corpus_case_text(c));
    treaty_arena_release(&arena);
}

static void reads_what_protoc_writes(void)
{
    corpus_each_case(CORPUS "descriptors.test", check_again);
    treaty_arena_release(&kept);
    file_count = 0;
}

/*
 * A schema as clients in Python and JavaScript send it: the text that it is
 * kept as, and where it is wrong when it is.
 */
static void check_sent(const struct corpus_case *c)
{
    struct treaty_str want = corpus_case_get(c, "error");
    struct treaty_source source = {.text = corpus_case_get(c, "sent"),
                                   .strictness = TREATY_STRICT};
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};
    enum treaty_code code =
        treaty_schema_parse(&treaty_format_protobuf, &source, &schema, &err);

    if (want.data) {
        corpus_case_same(c, "error", treaty_str_z(err.message), want);
        CHECK_INT(code, TREATY_ESCHEMA);
    } else if (code != TREATY_OK) {
        tap_fail(c->file, c->number, "%s", err.message);
    } else {
        corpus_case_same(
            c, "canonical", schema->canonical,
            treaty_arena_printf(c->arena, "%.*s\n",
                                TREATY_STR_ARG(corpus_case_text(c))));
        CHECK(!schema->objection.code);
    }
    treaty_schema_unref(schema);
    tap_add_passed(1);
}

static void takes_base64(void)
{
    corpus_each_case(CORPUS "sent.test", check_sent);
}

/*
 * What was sent as a descriptor is stored as a text that says `map_entry`,
 * which protoc would not have; it does not mind it in what is imported.
 */
static void imports_what_was_sent(void)
{
    static const char text[] =
        "syntax = \"proto3\"; message M { repeated .M.TagsEntry tags = 1; "
        "message TagsEntry { option map_entry = true; string key = 1; "
        "string value = 2; } }";
    struct treaty_import import = {.reference = {.name = TREATY_STR("m.proto")},
                                   .text = treaty_str_z(text)};
    struct treaty_source source = {
        .text = TREATY_STR("syntax = \"proto3\"; import \"m.proto\"; "
                           "message N { M m = 1; }"),
        .imports = &import,
        .import_count = 1,
        .strictness = TREATY_STRICT};
    struct treaty_schema *schema = NULL;
    struct treaty_error err;

    CHECK_INT(
        treaty_schema_parse(&treaty_format_protobuf, &source, &schema, &err),
        TREATY_OK);
    treaty_schema_unref(schema);
    source.text = import.text;
    CHECK_INT(
        treaty_schema_parse(&treaty_format_protobuf, &source, &schema, &err),
        TREATY_ESCHEMA);
}

/*
 * What the corpus of the reference does not have: public imports go last, a
 * list stands outside of an aggregate, a leading dot, and what cannot be set is
 * lost.
 */
static void serializes_the_rest(void)
{
    static const char text[] =
        "syntax = \"proto3\"; import public \"m.proto\"; "
        "import \"confluent/meta.proto\"; import \"m.proto\"; "
        "option optimize_for = FASTER; option (confluent.file_meta).nosuch = 1;"
        "option java_package.x = \"y\"; "
        "message N { option (.confluent.message_meta).doc = \"d\"; "
        "M m = 1 [(confluent.field_meta).tags = [\"a\", \"b\"]]; }";
    static const char want[] =
        "CgdkZWZhdWx0GhRjb25mbHVlbnQvbWV0YS5wcm90bxoHbS5wcm90byIiCgFOEhUKAW0YAS"
        "gLMgFNQgmCRAYaAWEaAWI6BoJEAwoBZFABYgZwcm90bzM=";
    struct treaty_import import = {
        .reference = {.name = TREATY_STR("m.proto")},
        .text = TREATY_STR("syntax = \"proto3\"; message M {}")};
    struct treaty_source source = {
        .text = treaty_str_z(text), .imports = &import, .import_count = 1};
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};
    struct treaty_buf out;

    treaty_buf_init(&out, 0);
    if (treaty_schema_parse(&treaty_format_protobuf, &source, &schema, &err) !=
            TREATY_OK ||
        put_reference(schema, &out, &err) != TREATY_OK)
        tap_fail(__FILE__, __LINE__, "%s", err.message);
    CHECK_STR_Z(treaty_buf_str(&out), want);
    treaty_schema_unref(schema);
    treaty_buf_release(&out);
}

/* Bytes that are no descriptor, and what is said of them. */
struct hostile {
    const char *hex;
    const char *want;
    size_t offset;
};

static const struct hostile hostile[] = {
    {"0a", "the input ends within a number", 1},
    {"0a 05 61", "5 bytes are announced, and 1 are left", 2},
    {"0a ffffffff07 61", "2147483647 bytes are announced, and 1 are left", 6},
    {"0a ffffffffffffffffff01 61",
     "18446744073709551615 bytes are announced, and 1 are left", 11},
    {"0a ffffffffffffffffffff01", "a number has more than 64 bits", 1},
    {"50 ffffffffffffffffff02", "a number has more than 64 bits", 1},
    {"00 00", "no field has the number 0", 0},
    {"0e", "there is no wire type 6", 0},
    {"0f", "there is no wire type 7", 0},
    {"8080808010 00", "no field has the number 536870912", 0},
    {"10 01", "field 2 has the wire type 0, which does not fit it", 0},
    {"f90f 0000", "8 bytes are announced, and 2 are left", 2},
    {"fd0f 0000", "4 bytes are announced, and 2 are left", 2},
    {"fb0f", "a group is never closed", 0},
    {"fb0f f40f", "the end of another group", 2},
    {"fc0f", "a group ends that never began", 0},
    {"62 06 70726f746f34", "there is no syntax \"proto4\"", 0},
    {"62 08 65646974696f6e73", "the edition is missing", 0},
    {"70 01 62 08 65646974696f6e73", "there is no edition 1", 0},
    {"12 03 612e2e", "\"a..\" is not a full name", 0},
    {"12 05 613b20783b", "\"a; x;\" is not a full name", 0},
    {"50 00", "there is no dependency 0", 0},
    {"58 ffffffffffffffffff01", "there is no dependency -1", 0},
    {"22 03 0a 01 ff", "field 1 is not UTF-8", 2},
    {"62 01 80", "field 12 is not UTF-8", 0},
    {"1a 03 61 22 62", "a dependency is not a path", 0},
    {"1a 03 61 5c 62", "a dependency is not a path", 0},
    {"1a 00", "a dependency is not a path", 0},
    {"1a 01 c3", "field 3 is not UTF-8", 0},
    {"22 00", "a message has no name", 0},
    {"22 03 0a 01 31", "\"1\" is not a name", 2},
    {"22 05 0a 03 6d2d6e", "\"m-n\" is not a name", 2},
    {"22 05 0a 01 6d 12 00", "a field has no name", 7},
    {"22 08 0a 01 6d 12 03 0a 01 61", "the field \"a\" has no type", 7},
    {"22 0a 0a 01 6d 12 05 0a 01 61 28 13", "there is no type 19", 10},
    {"22 0a 0a 01 6d 12 05 0a 01 61 28 00", "there is no type 0", 10},
    {"22 0a 0a 01 6d 12 05 0a 01 61 20 04", "there is no label 4", 10},
    {"22 0c 0a 01 6d 12 07 0a 01 61 28 05 48 00", "there is no oneof 0", 7},
    {"22 15 0a 01 6d 12 10 0a 01 61 28 05 48 ffffffffffffffffff01",
     "a negative index of a oneof", 12},
    {"22 0d 0a 01 6d 12 08 0a 01 61 28 0a 32 01 6d",
     "the message of the group \"a\" is not defined beside it", 7},
    {"22 0f 0a 01 6d 12 0a 0a 01 61 28 05 3a 03 61206a",
     "\"a j\" is no default", 7},
    {"2a 00", "an enum has no name", 0},
    {"2a 05 0a 01 65 12 00", "an enum's value has no name", 5},
    {"32 00", "a service has no name", 0},
    {"32 05 0a 01 73 12 00", "a method lacks its name or types", 5},
    {"3a 05 0a 01 61 28 05", "an extension does not say of what", 2},
    {"22 05 0a 01 6d 42 00", "a oneof has no name", 5},
    {"42 02 0a", "2 bytes are announced, and 1 are left", 2},
    {"42 01 0a", "the input ends within a number", 3},
    {"42 02 08 01",
     "the option google.protobuf.FileOptions.java_package has the wire "
     "type 0, which does not fit it",
     2},
};

static size_t from_hex(const char *hex, char *out)
{
    size_t len = 0;

    for (; hex[0] && hex[1]; hex += *hex == ' ' ? 1 : 2) {
        unsigned byte = 0;

        if (*hex != ' ' && sscanf(hex, "%2x", &byte) == 1)
            out[len++] = (char)byte;
    }
    return len;
}

static void refuses_hostile_bytes(void)
{

    for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
        struct treaty_arena arena = {0};
        struct treaty_limits limits = {0};
        struct treaty_error err = {0};
        struct treaty_proto_file *file = NULL;
        char room[64];
        size_t len = from_hex(hostile[i].hex, room);
        char *bytes =
            malloc(len + !len); /* so that a tool sees a byte too far */

        memcpy(bytes, room, len);
        CHECK_INT(treaty_proto_read_descriptor(&arena,
                                               (struct treaty_str){bytes, len},
                                               &limits, &file, &err),
                  TREATY_ESCHEMA);
        CHECK_STR_Z(treaty_str_z(err.message), hostile[i].want);
        CHECK_INT(err.offset, hostile[i].offset);
        CHECK(!file);
        free(bytes);
        treaty_arena_release(&arena);
    }
}

/* Messages in messages: { name: "m" nested_type { ... } }. */
static void check_depth(uint32_t depth, enum treaty_code want)
{
    struct treaty_limits limits = {.depth_max = 100};
    struct treaty_arena arena = {0};
    struct treaty_error err = {0};
    struct treaty_proto_file *file;
    struct treaty_buf all;
    struct treaty_buf inner;

    treaty_buf_init(&all, 0);
    treaty_buf_init(&inner, 0);
    for (uint32_t i = 0; i < depth; i++) {
        treaty_buf_clear(&all);
        treaty_proto_put_bytes(&all, 1, TREATY_STR("m"));
        if (i)
            treaty_proto_put_bytes(&all, 3, treaty_buf_str(&inner));
        treaty_buf_clear(&inner);
        treaty_buf_put(&inner, treaty_buf_str(&all));
    }
    treaty_buf_clear(&all);
    treaty_proto_put_bytes(&all, 4, treaty_buf_str(&inner));
    CHECK_INT(treaty_proto_read_descriptor(&arena, treaty_buf_str(&all),
                                           &limits, &file, &err),
              want);
    treaty_arena_release(&arena);
    treaty_buf_release(&all);
    treaty_buf_release(&inner);
}

/* The file itself is the first level. */
static void bounds_depth(void)
{
    check_depth(99, TREATY_OK);
    check_depth(100, TREATY_ESCHEMA);
    check_depth(10000, TREATY_ESCHEMA);
}

static void check_names(uint32_t count, enum treaty_code want)
{
    struct treaty_limits limits = {.names_max = 100};
    struct treaty_arena arena = {0};
    struct treaty_proto_file *file;
    struct treaty_buf all;

    treaty_buf_init(&all, 0);
    for (uint32_t i = 0; i < count; i++) {
        size_t at = treaty_proto_put_open(&all, 4);

        treaty_proto_put_bytes(&all, 1, TREATY_STR("m"));
        treaty_proto_put_close(&all, at);
    }
    CHECK_INT(treaty_proto_read_descriptor(&arena, treaty_buf_str(&all),
                                           &limits, &file, NULL),
              want);
    treaty_arena_release(&arena);
    treaty_buf_release(&all);
}

static void bounds_names(void)
{
    check_names(100, TREATY_OK);
    check_names(101, TREATY_ESCHEMA);
}

/* Every beginning of a descriptor is read or refused, and nothing behind it
 * is looked at. */
static void check_prefixes(const struct corpus_case *c)
{
    struct treaty_limits limits = {0};
    struct treaty_buf bytes;

    treaty_buf_init(&bytes, 0);
    CHECK(treaty_base64_get(&bytes, TREATY_BASE64,
                            corpus_case_get(c, "descriptor")));
    for (size_t len = 0; len < bytes.len; len += tap_is_slow() ? 17 : 1) {
        struct treaty_arena arena = {0};
        struct treaty_error err = {0};
        struct treaty_proto_file *file;
        char *copy = malloc(len ? len : 1);

        memcpy(copy, bytes.data, len);
        if (treaty_proto_read_descriptor(&arena, (struct treaty_str){copy, len},
                                         &limits, &file, &err) != TREATY_OK &&
            err.offset > len)
            tap_fail(c->file, c->number, "offset %zu of %zu", err.offset, len);
        free(copy);
        treaty_arena_release(&arena);
    }
    treaty_buf_release(&bytes);
}

static void ends_anywhere(void)
{
    corpus_each_case(CORPUS "descriptors.test", check_prefixes);
}

TAP_MAIN({"serialized", serialized_agrees}, {"protoc agrees", protoc_agrees},
         {"reads what protoc writes", reads_what_protoc_writes},
         {"takes base64", takes_base64},
         {"imports what was sent", imports_what_was_sent},
         {"serializes the rest", serializes_the_rest},
         {"refuses hostile bytes", refuses_hostile_bytes},
         {"bounds depth", bounds_depth}, {"bounds names", bounds_names},
         {"ends anywhere", ends_anywhere})
