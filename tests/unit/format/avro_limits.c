/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits, each at its value and one past it, and texts that are made to be
 * slow.
 */
#include "base/buf.h"
#include "format/avro/fingerprint.h"
#include "format/avro/schema.h"
#include "harness/tap.h"

#include <time.h>

enum { NAMES = 65536, DEPTH = 256, TEXT = 1 << 20 };

/* A text far past the limit on texts is let through to meet the others. */
static const struct treaty_limits wide = {.text_max = 64 << 20};

static enum treaty_code parse(const struct treaty_buf *text,
                              struct treaty_limits limits,
                              struct treaty_error *err)
{
    struct treaty_source source = {.text = treaty_buf_str(text),
                                   .limits = limits};
    struct treaty_schema *schema = NULL;
    enum treaty_code code = treaty_schema_parse(NULL, &source, &schema, err);

    treaty_schema_unref(schema);
    return code;
}

static void put_enum(struct treaty_buf *out, int symbols)
{
    treaty_buf_clear(out);
    treaty_buf_put_z(out, "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[");
    for (int i = 0; i < symbols; i++)
        treaty_buf_printf(out, "%s\"S%d\"", i ? "," : "", i);
    treaty_buf_put_z(out, "]}");
}

static void put_record(struct treaty_buf *out, int fields)
{
    treaty_buf_clear(out);
    treaty_buf_put_z(out, "{\"type\":\"record\",\"name\":\"R\",\"fields\":[");
    for (int i = 0; i < fields; i++)
        treaty_buf_printf(out, "%s{\"name\":\"f%d\",\"type\":\"int\"}",
                          i ? "," : "", i);
    treaty_buf_put_z(out, "]}");
}

static void put_types(struct treaty_buf *out, int types)
{
    treaty_buf_clear(out);
    treaty_buf_put_z(out, "[");
    for (int i = 0; i < types; i++)
        treaty_buf_printf(out,
                          "%s{\"type\":\"fixed\",\"name\":\"F%d\",\"size\":1}",
                          i ? "," : "", i);
    treaty_buf_put_z(out, "]");
}

/* Both sides of a limit on names; the refusal says which one it is. */
static void check_names(void (*put)(struct treaty_buf *, int), const char *what)
{
    struct treaty_error err = {0};
    struct treaty_buf text;

    treaty_buf_init(&text, 0);
    put(&text, NAMES);
    CHECK_INT(parse(&text, wide, &err), TREATY_OK);
    put(&text, NAMES + 1);
    CHECK_INT(parse(&text, wide, &err), TREATY_ELIMIT);
    CHECK_STR_Z(treaty_str_z(err.message), what);
    treaty_buf_release(&text);
}

static void symbols(void)
{
    check_names(put_enum, "the schema has more than 65536 enum symbols");
}

static void fields(void)
{
    check_names(put_record, "the schema has more than 65536 fields");
}

static void types(void)
{
    check_names(put_types, "the schema has more than 65536 named types");
}

static void put_arrays(struct treaty_buf *out, int depth)
{
    treaty_buf_clear(out);
    for (int i = 0; i < depth; i++)
        treaty_buf_put_z(out, "{\"type\":\"array\",\"items\":");
    treaty_buf_put_z(out, "\"int\"");
    for (int i = 0; i < depth; i++)
        treaty_buf_put_c(out, '}');
}

static void nesting(void)
{
    struct treaty_error err = {0};
    struct treaty_buf text;

    treaty_buf_init(&text, 0);
    put_arrays(&text, DEPTH);
    CHECK_INT(parse(&text, (struct treaty_limits){0}, &err), TREATY_OK);
    put_arrays(&text, DEPTH + 1);
    CHECK_INT(parse(&text, (struct treaty_limits){0}, &err), TREATY_ELIMIT);
    CHECK_INT(err.code, TREATY_ELIMIT);
    CHECK_STR_Z(treaty_str_z(err.message), "nested more than 256 deep");
    put_arrays(&text, 10000);
    CHECK_INT(parse(&text, (struct treaty_limits){0}, &err), TREATY_ELIMIT);
    treaty_buf_release(&text);
}

static void length(void)
{
    struct treaty_error err = {0};
    struct treaty_buf text;

    treaty_buf_init(&text, 0);
    treaty_buf_put_z(&text, "\"int\"");
    while (text.len < TEXT)
        treaty_buf_put_c(&text, ' ');
    CHECK_INT(parse(&text, (struct treaty_limits){0}, &err), TREATY_OK);
    treaty_buf_put_c(&text, ' ');
    CHECK_INT(parse(&text, (struct treaty_limits){0}, &err),
              TREATY_ESCHEMATOOLARGE);
    CHECK_STR_Z(treaty_str_z(err.message),
                "the schema has 1048577 bytes; the limit is 1048576");
    treaty_buf_release(&text);
}

/* Each type names the next one, so the canonical text nests them all. */
static void put_forward_chain(struct treaty_buf *out, int types)
{
    treaty_buf_clear(out);
    treaty_buf_put_z(out, "{\"type\":\"record\",\"name\":\"R\",\"fields\":[");
    for (int i = 0; i < types; i++)
        treaty_buf_printf(out,
                          "%s{\"name\":\"f%d\",\"type\":{\"type\":\"record\","
                          "\"name\":\"T%d\",\"fields\":[{\"name\":\"x\","
                          "\"type\":[\"null\",\"T%d\"]}]}}",
                          i ? "," : "", i, i, (i + 1) % types);
    treaty_buf_put_z(out, "]}");
}

static void nesting_of_what_is_printed(void)
{
    struct treaty_error err = {0};
    struct treaty_buf text;

    treaty_buf_init(&text, 0);
    put_forward_chain(&text, 60);
    CHECK_INT(parse(&text, wide, &err), TREATY_OK);
    put_forward_chain(&text, 20000);
    CHECK_INT(parse(&text, wide, &err), TREATY_ELIMIT);
    treaty_buf_release(&text);
}

static struct treaty_schema *must_parse(const struct treaty_buf *text)
{
    struct treaty_source source = {.text = treaty_buf_str(text),
                                   .limits = wide};
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};

    CHECK_INT(treaty_schema_parse(NULL, &source, &schema, &err), TREATY_OK);
    return schema;
}

/*
 * Chains of pairs may be longer than any text nests: the types are defined in
 * a branch that is never compared, and then met from the last one on.
 */
static void put_chain(struct treaty_buf *out, int types)
{
    treaty_buf_clear(out);
    treaty_buf_put_z(out, "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                          "{\"name\":\"h\",\"type\":[\"null\"");
    for (int i = 0; i < types; i++)
        treaty_buf_printf(out,
                          ",{\"type\":\"record\",\"name\":\"T%d\","
                          "\"fields\":[{\"name\":\"x\",\"type\":"
                          "[\"null\",\"T%d\"]}]}",
                          i, i > 0 ? i - 1 : 0);
    treaty_buf_printf(out, "]},{\"name\":\"t\",\"type\":\"T%d\"}]}", types - 1);
}

static void comparison_is_as_deep_as_the_stack(void)
{
    static const struct {
        int types;
        enum treaty_code code;
    } rows[] = {{300, TREATY_OK}, {30000, TREATY_ELIMIT}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct treaty_arena arena = {0};
        struct treaty_findings findings = {.arena = &arena};
        struct treaty_schema *reader;
        struct treaty_schema *writer;
        struct treaty_buf text;

        treaty_buf_init(&text, 0);
        put_chain(&text, rows[i].types);
        reader = must_parse(&text);
        treaty_buf_clear(&text);
        treaty_buf_printf(&text,
                          "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                          "{\"name\":\"h\",\"type\":\"null\"}");
        for (int n = 0; n < rows[i].types; n++)
            treaty_buf_printf(&text,
                              ",{\"name\":\"f%d\",\"type\":{\"type\":"
                              "\"record\",\"name\":\"T%d\",\"fields\":["
                              "{\"name\":\"x\",\"type\":[\"null\",\"T%d\"]}]}}",
                              n, n, n > 0 ? n - 1 : 0);
        treaty_buf_printf(&text, ",{\"name\":\"t\",\"type\":\"T%d\"}]}",
                          rows[i].types - 1);
        writer = must_parse(&text);
        CHECK_INT(treaty_format_avro.compare(reader, writer, &findings),
                  rows[i].code);
        treaty_schema_unref(reader);
        treaty_schema_unref(writer);
        treaty_arena_release(&arena);
        treaty_buf_release(&text);
    }
}

/* Imports that refer to one another nest without end once they are inlined. */
static void imports_are_inlined_so_deep(void)
{
    enum { IMPORTS = 5000 };
    struct treaty_arena arena = {0};
    struct treaty_import *imports =
        TREATY_ARENA_NEW_N(&arena, struct treaty_import, IMPORTS);
    struct treaty_source source = {.imports = imports, .import_count = IMPORTS};
    struct treaty_avro_fingerprints prints;
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};
    struct treaty_buf out;

    for (int i = 0; i < IMPORTS; i++) {
        struct treaty_str before =
            i > 0 ? treaty_arena_printf(&arena, "T%d", i - 1)
                  : TREATY_STR("int");

        imports[i].text = treaty_arena_printf(
            &arena,
            "{\"type\":\"record\",\"name\":\"T%d\",\"fields\":[{\"name\":"
            "\"x\",\"type\":\"%s\"}]}",
            i, before.data);
    }
    source.text = TREATY_STR("\"T4999\"");
    CHECK_INT(treaty_schema_parse(NULL, &source, &schema, &err), TREATY_OK);
    if (schema) {
        treaty_buf_init(&out, 0);
        CHECK_STR_Z(schema->canonical, "\"T4999\"");
        CHECK_INT(treaty_schema_render(schema, TREATY_STR("resolved"), &out,
                                       NULL, &err),
                  TREATY_ELIMIT);
        CHECK(!schema->format->equivalent(schema, schema));
        treaty_buf_clear(&out);
        CHECK_INT(schema->format->normalize(schema, &out, &err), TREATY_OK);
        CHECK_INT(treaty_avro_fingerprint(schema, &prints, &err),
                  TREATY_ELIMIT);
        treaty_buf_release(&out);
    }
    treaty_schema_unref(schema);
    treaty_arena_release(&arena);
}

/* Each record holds the one before twice, so differences multiply. */
static void put_doubling(struct treaty_buf *out, int records, const char *leaf)
{
    treaty_buf_clear(out);
    treaty_buf_printf(out,
                      "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                      "{\"name\":\"t\",\"type\":{\"type\":\"record\","
                      "\"name\":\"T0\",\"fields\":[{\"name\":\"x\","
                      "\"type\":\"%s\"}]}}",
                      leaf);
    for (int i = 1; i < records; i++)
        treaty_buf_printf(out,
                          ",{\"name\":\"f%d\",\"type\":{\"type\":\"record\","
                          "\"name\":\"T%d\",\"fields\":["
                          "{\"name\":\"a\",\"type\":\"T%d\"},"
                          "{\"name\":\"b\",\"type\":\"T%d\"}]}}",
                          i, i, i - 1, i - 1);
    treaty_buf_put_z(out, "]}");
}

static void comparison_is_bounded(void)
{
    struct treaty_findings findings = {0};
    struct treaty_arena arena = {0};
    struct treaty_schema *reader;
    struct treaty_schema *writer;
    struct treaty_buf text;

    treaty_buf_init(&text, 0);
    findings.arena = &arena;
    put_doubling(&text, 200, "int");
    reader = must_parse(&text);
    put_doubling(&text, 200, "string");
    writer = must_parse(&text);
    if (CHECK(reader && writer)) {
        CHECK_INT(treaty_format_avro.compare(reader, writer, &findings),
                  TREATY_OK);
        CHECK_INT(findings.count, 10000);
        CHECK_INT(findings.breaking, 10000);
    }
    treaty_schema_unref(reader);
    treaty_schema_unref(writer);
    treaty_arena_release(&arena);
    treaty_buf_release(&text);
}

/*
 * Time grows with the length of these texts, so the largest take well under a
 * second; were any of them quadratic, they would take minutes.
 */
static void stays_fast(void)
{
    clock_t from = clock(); /* processor time: others may be busy */
    struct treaty_error err = {0};
    struct treaty_buf text;

    treaty_buf_init(&text, 0);
    treaty_buf_put_z(&text, "{\"type\":\"int\"");
    for (int i = 0; i < NAMES; i++)
        treaty_buf_printf(&text, ",\"p%d\":%d", i, i);
    treaty_buf_put_c(&text, '}');
    CHECK_INT(parse(&text, wide, &err), TREATY_OK);

    treaty_buf_clear(&text);
    treaty_buf_put_z(&text, "{\"type\":\"record\",\"name\":\"R\",\"fields\":[],"
                            "\"aliases\":[\"A\"");
    for (int i = 0; i < NAMES; i++)
        treaty_buf_printf(&text, ",\"A%d\"", i);
    treaty_buf_put_z(&text, "]}");
    CHECK_INT(parse(&text, wide, &err), TREATY_OK);

    put_record(&text, 30000);
    text.len -= 2;
    treaty_buf_put_z(&text, ",{\"name\":\"d\",\"type\":{\"type\":\"map\","
                            "\"values\":\"int\"},\"default\":{\"x\":1");
    for (int i = 0; i < NAMES; i++)
        treaty_buf_printf(&text, ",\"m%d\":%d", NAMES - i, i);
    treaty_buf_put_z(&text, "}}]}");
    CHECK_INT(parse(&text, wide, &err), TREATY_OK);
    CHECK(tap_is_slow() || clock() - from < 5 * CLOCKS_PER_SEC);
    treaty_buf_release(&text);
}

TAP_MAIN({"symbols", symbols}, {"fields", fields}, {"types", types},
         {"nesting", nesting}, {"length", length},
         {"nesting of what is printed", nesting_of_what_is_printed},
         {"comparison is bounded", comparison_is_bounded},
         {"comparison is as deep as the stack",
          comparison_is_as_deep_as_the_stack},
         {"imports are inlined so deep", imports_are_inlined_so_deep},
         {"stays fast", stays_fast})
