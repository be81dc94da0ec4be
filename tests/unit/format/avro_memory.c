/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that runs out at any point: parsing, printing, normalising and
 * comparing report TREATY_ENOMEM and leak nothing.
 */
#include "harness/starve.h"
#include "unit/format/corpus.h"

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/avro/"

/* What is done to a line while memory runs out; its code. */
static enum treaty_code use(const struct treaty_source *source,
                            const struct treaty_schema *other)
{
    struct treaty_schema *schema = NULL;
    struct treaty_arena arena = {0};
    struct treaty_findings findings = {.arena = &arena};
    struct treaty_error err = {0};
    struct treaty_buf out;
    enum treaty_code code = treaty_schema_parse(NULL, source, &schema, &err);

    if (code)
        return code;
    treaty_buf_init(&out, 0);
    code = schema->format->normalize(schema, &out, &err);
    treaty_buf_clear(&out);
    if (code != TREATY_ENOMEM)
        code = treaty_schema_render(schema, TREATY_STR("resolved"), &out, NULL,
                                    &err);
    if (!code)
        code = schema->format->compare(schema, other, &findings);
    if (!code)
        code = schema->format->compare(other, schema, &findings);
    treaty_buf_release(&out);
    treaty_schema_unref(schema);
    treaty_arena_release(&arena);
    return code;
}

static void check_line(const struct corpus_line *line)
{
    long at = 0;
    bool hit;
    struct treaty_source source =
        corpus_source(line->arena, corpus_text(line->json, "new"),
                      treaty_json_get(line->json, "new_references"));
    struct treaty_source old =
        corpus_source(line->arena, corpus_text(line->json, "old"),
                      treaty_json_get(line->json, "old_references"));
    struct treaty_schema *other = NULL;
    enum treaty_code code;
    long before;

    if (line->number % 7)
        return;
    CHECK_INT(treaty_schema_parse(NULL, &old, &other, NULL), TREATY_OK);
    before = starve_live;
    do {
        starve_at(++at);
        code = use(&source, other);
        hit = starve_end();
        if (code && code != TREATY_ENOMEM)
            tap_fail(line->file, line->number, "code %d at allocation %ld",
                     code, at);
        if (starve_live != before)
            tap_fail(line->file, line->number, "a leak at allocation %ld", at);
        before = starve_live;
    } while (hit);
    treaty_schema_unref(other);
    tap_add_passed(1);
}

/* A refusal may lose its path to lack of memory, but never its code. */
static void check_refused(const struct corpus_line *line)
{
    long at = 0;
    bool hit;
    struct treaty_source source =
        corpus_source(line->arena, corpus_text(line->json, "schema"),
                      treaty_json_get(line->json, "references"));
    struct treaty_schema *schema = NULL;
    enum treaty_code want = treaty_schema_parse(NULL, &source, &schema, NULL);

    treaty_schema_unref(schema);
    if (!want)
        return;
    do {
        long before = starve_live;
        struct treaty_error err = {0};
        enum treaty_code code;

        starve_at(++at);
        code = treaty_schema_parse(NULL, &source, &schema, &err);
        hit = starve_end();
        if (code != want && code != TREATY_ENOMEM)
            tap_fail(line->file, line->number, "code %d at allocation %ld",
                     code, at);
        if (starve_live != before)
            tap_fail(line->file, line->number, "a leak at allocation %ld", at);
    } while (hit);
    tap_add_passed(1);
}

static void runs_out_while_used(void)
{
    if (!STARVE_CAN) {
        tap_skip("a sanitizer has the allocator");
        return;
    }
    corpus_each(CORPUS "pairs.jsonl", check_line);
}

static void runs_out_while_refused(void)
{
    if (!STARVE_CAN) {
        tap_skip("a sanitizer has the allocator");
        return;
    }
    corpus_each(CORPUS "parse.jsonl", check_refused);
}

TAP_MAIN({"runs out while used", runs_out_while_used},
         {"runs out while refused", runs_out_while_refused})
