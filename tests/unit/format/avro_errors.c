/* SPDX-License-Identifier: Apache-2.0 */
/* What the parser says about wrong schemas, and where. */
#include "base/locate.h"
#include "unit/format/corpus.h"

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/avro/"

static void check_error(const struct corpus_case *c, struct treaty_str text,
                        const struct treaty_error *err)
{
    struct treaty_place place = treaty_locate(text, err->offset);

    if (err->offset > text.len)
        tap_fail(c->file, c->number, "no place in the text");
    corpus_case_same(
        c, "at",
        treaty_arena_printf(c->arena, "%zu:%zu", place.line, place.column),
        corpus_case_get(c, "at"));
    corpus_case_same(c, "path", treaty_str_z(err->path),
                     corpus_case_get(c, "path"));
    corpus_case_same(c, "message", treaty_str_z(err->message),
                     corpus_case_get(c, "message"));
}

static void check_case(const struct corpus_case *c)
{
    struct treaty_source source = {.text = corpus_case_text(c)};
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};

    if (treaty_schema_parse(NULL, &source, &schema, &err) == TREATY_OK)
        tap_fail(c->file, c->number, "accepted");
    else
        check_error(c, source.text, &err);
    treaty_schema_unref(schema);
    tap_add_passed(1);
}

static void points_at_the_place(void)
{
    corpus_each_case(CORPUS "errors.test", check_case);
}

/* In an import the place is in another text, so it is only named. */
static void names_the_import(void)
{
    const struct treaty_import import = {
        .reference = {.name = TREATY_STR("ref.Addr")},
        .text = TREATY_STR("{\"type\": \"record\", \"name\": \"Addr\"}"),
    };
    struct treaty_source source = {
        .text = TREATY_STR("\"int\""), .imports = &import, .import_count = 1};
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};

    CHECK(treaty_schema_parse(NULL, &source, &schema, &err) == TREATY_ESCHEMA);
    CHECK(err.offset == TREATY_NO_OFFSET);
    CHECK_STR_Z(treaty_str_z(err.message),
                "in the reference \"ref.Addr\": record \"Addr\" needs "
                "\"fields\", an array");
}

TAP_MAIN({"points at the place", points_at_the_place},
         {"names the import", names_the_import})
