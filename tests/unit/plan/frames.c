/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frames that the reference serializer wrote: each decodes to the value it
 * was made of, and the value encodes to the same bytes.
 */
#include "../format/corpus.h"
#include "support.h"

/* Frames that carry the schema's id begin with five bytes of it. */
static struct treaty_str payload_of(const struct corpus_line *line)
{
    struct treaty_str frame =
        support_hex(line->arena, corpus_text(line->json, "frame"));

    if (treaty_json_get(line->json, "schema_id"))
        frame = treaty_str_sub(frame, 5, frame.len);
    return frame;
}

/*
 * The client registers the branch of a top-level union that it writes; then
 * the value is that of the branch.
 */
static const struct treaty_json *value_of(const struct corpus_line *line)
{
    const struct treaty_json *value = treaty_json_get(line->json, "value");

    if (treaty_str_starts(corpus_text(line->json, "schema"), TREATY_STR("[")) &&
        corpus_text(line->json, "registered").data)
        value = value->child;
    return value;
}

static void check_encode(const struct corpus_line *line,
                         const struct treaty_schema *schema,
                         const struct treaty_layout *layout,
                         struct treaty_str want)
{
    const struct treaty_plan_options options = {.bare_bytes = true};
    struct treaty_plan *plan = NULL;
    void *record = calloc(1, layout->root->size + 1);
    struct treaty_error err;
    struct treaty_buf out;

    treaty_buf_init(&out, 0);
    if (schema->format->encode_plan(schema, layout, &options, &plan, &err) ||
        treaty_record_read(line->arena, layout->root, value_of(line),
                           TREATY_TEXT_AVRO, record, &err))
        tap_fail(line->file, line->number, "%s", err.message);
    for (int i = 0; plan && i < 2; i++) {
        if (i == 1)
            treaty_plan_set_portable(plan);
        treaty_buf_clear(&out);
        CHECK_INT(treaty_plan_encode(plan, record, &out, &err), TREATY_OK);
        (void)corpus_same(line, "encoded", treaty_buf_str(&out), want);
    }
    treaty_buf_release(&out);
    treaty_plan_unref(plan);
    free(record);
}

/* Members in the corpus stand in another order and spelling than we write. */
static void check_value(const struct corpus_line *line, struct treaty_str text)
{
    const struct treaty_json *got = NULL;

    if (treaty_json_parse(line->arena, text, NULL, &got, NULL) != TREATY_OK ||
        !treaty_json_eq(got, value_of(line)))
        tap_fail(line->file, line->number, "decoded %.*s", (int)text.len,
                 text.data);
}

static void check_frame(const struct corpus_line *line)
{
    const struct treaty_plan_options options = {.bare_bytes = true};
    struct treaty_schema *schema =
        support_parse(corpus_text(line->json, "registered").data
                          ? corpus_text(line->json, "registered")
                          : corpus_text(line->json, "schema"));
    struct treaty_layout *layout = schema ? support_layout(schema) : NULL;
    struct treaty_str payload = payload_of(line);
    struct treaty_plan *plan = NULL;
    struct treaty_error err;
    struct treaty_buf out;

    /* A top-level null is a record without a value: there is no frame. */
    if (!corpus_text(line->json, "frame").data || !layout)
        goto out;
    treaty_buf_init(&out, 0);
    if (schema->format->decode_plan(schema, schema, layout, &options, &plan,
                                    &err) != TREATY_OK) {
        tap_fail(line->file, line->number, "%s", err.message);
        goto out;
    }
    support_decode_all(plan, layout->root, payload, &out);
    check_value(line, treaty_buf_str(&out));
    support_decode_prefixes(plan, layout->root, payload);
    check_encode(line, schema, layout, payload);
    treaty_buf_release(&out);
    tap_add_passed(1);
out:
    treaty_plan_unref(plan);
    treaty_layout_unref(layout);
    treaty_schema_unref(schema);
}

static void frames(void)
{
    corpus_each(TREATY_SOURCE_DIR "/tests/corpus/avro/frames.jsonl",
                check_frame);
}

TAP_MAIN({"frames of the reference serializer", frames})
