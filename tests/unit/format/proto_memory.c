/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that runs out at any point: parsing, printing, normalising and taking
 * parts report TREATY_ENOMEM and leak nothing.
 */
#include "format/protobuf/format.h"
#include "harness/starve.h"
#include "unit/format/corpus.h"

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/protobuf/"

static const char *const forms[] = {"ignore_extensions", "original", "",
                                    "serialized"};

/* The last part that there is, which is new unless it is the first message. */
static enum treaty_code take_part(struct treaty_schema *schema,
                                  struct treaty_error *err)
{
    const struct treaty_proto_file *file = treaty_proto_tree(schema)->file;
    struct treaty_schema *part = NULL;
    enum treaty_code code = TREATY_OK;

    if (file->message_count)
        code = treaty_proto_part(
            schema, file->messages[file->message_count - 1]->full, &part, err);
    treaty_schema_unref(part);
    return code;
}

/* What is done to a text while memory runs out; its code. */
static enum treaty_code use(const struct treaty_source *source)
{
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};
    struct treaty_buf out;
    enum treaty_code code =
        treaty_schema_parse(&treaty_format_protobuf, source, &schema, &err);

    if (code)
        return code;
    treaty_buf_init(&out, 0);
    code = treaty_proto_normalize(schema, &out, &err);
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]) && !code; i++) {
        treaty_buf_clear(&out);
        code = treaty_schema_render(schema, treaty_str_z(forms[i]), &out, NULL,
                                    &err);
    }
    if (!code)
        code = take_part(schema, &err);
    treaty_buf_release(&out);
    treaty_schema_unref(schema);
    return code;
}

static void run_out(const char *file, int number,
                    const struct treaty_source *source)
{
    long at = 0;
    bool hit;
    enum treaty_code want = use(source);

    do {
        long before = starve_live;
        enum treaty_code code;

        starve_at(++at);
        code = use(source);
        hit = starve_end();
        if (code != want && code != TREATY_ENOMEM)
            tap_fail(file, number, "code %d at allocation %ld", code, at);
        if (starve_live != before)
            tap_fail(file, number, "a leak at allocation %ld", at);
    } while (hit);
    tap_add_passed(1);
}

static void check_line(const struct corpus_line *line)
{
    struct treaty_source source =
        corpus_source(line->arena, corpus_text(line->json, "schema"),
                      treaty_json_get(line->json, "references"));

    if (line->number % 2)
        run_out(line->file, line->number, &source);
}

static void check_case(const struct corpus_case *c)
{
    struct treaty_source source = {.text = corpus_case_get(c, "text")};

    run_out(c->file, c->number, &source);
}

/* The last form is a text, too: the file as a descriptor. */
static void check_descriptor(const struct corpus_line *line)
{
    struct treaty_source source =
        corpus_source(line->arena, corpus_text(line->json, "serialized"),
                      treaty_json_get(line->json, "references"));

    if (source.text.data && line->number % 3 == 0)
        run_out(line->file, line->number, &source);
}

static void runs_out(void)
{
    if (!STARVE_CAN) {
        tap_skip("a sanitizer has the allocator");
        return;
    }
    corpus_each(CORPUS "parse.jsonl", check_line);
    corpus_each_case(CORPUS "texts.test", check_case);
    corpus_each(CORPUS "parse.jsonl", check_descriptor);
}

TAP_MAIN({"runs out", runs_out})
