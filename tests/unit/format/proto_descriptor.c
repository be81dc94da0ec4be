/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors: what the reference and protoc make of small texts, and what
 * becomes of bytes that are no descriptor.
 */
#include "format/protobuf/descriptor.h"
#include "format/protobuf/format.h"
#include "format/protobuf/load.h"
#include "unit/format/corpus.h"

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/protobuf/"

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
        treaty_schema_render(schema, TREATY_STR("serialized"), &out, NULL,
                             &err) != TREATY_OK)
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

TAP_MAIN({"serialized", serialized_agrees})
