/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/corpus/avro/resolve.test: what a reader makes of what a writer wrote.
 * Each payload also runs cut at every length, and at random bytes.
 */
#include "../format/corpus.h"
#include "base/rng.h"
#include "support.h"

static struct treaty_plan_options options_of(const struct corpus_case *c)
{
    struct treaty_str text = corpus_case_get(c, "options");
    struct treaty_plan_options options = {0};
    struct treaty_str word;

    while (treaty_str_split(&text, ' ', &word)) {
        if (treaty_str_eq_z(word, "replace"))
            options.utf8 = TREATY_UTF8_REPLACE;
        else if (treaty_str_eq_z(word, "pass"))
            options.utf8 = TREATY_UTF8_PASS;
        else if (treaty_str_eq_z(word, "walk"))
            options.walk_to_end = true;
        else
            tap_fail(c->file, c->number, "option \"%.*s\"", (int)word.len,
                     word.data);
    }
    return options;
}

/* "rule path, rule path", guarded ones with a star. */
static void list_notes(const struct treaty_plan_note *notes, size_t count,
                       struct treaty_buf *out)
{
    for (size_t i = 0; i < count; i++) {
        if (i)
            treaty_buf_put_z(out, ", ");
        treaty_buf_printf(out, "%s%s %.*s", notes[i].rule,
                          notes[i].guarded ? "*" : "", (int)notes[i].path.len,
                          notes[i].path.data);
        if (notes[i].text.len == 0)
            treaty_buf_put_z(out, " (no text)");
        while (out->len && out->data[out->len - 1] == ' ')
            out->len--;
    }
}

static void check_notes(const struct corpus_case *c,
                        const struct treaty_plan *plan)
{
    struct treaty_buf out;
    size_t count;
    const struct treaty_plan_note *notes = treaty_plan_fails(plan, &count);

    treaty_buf_init(&out, 0);
    list_notes(notes, count, &out);
    corpus_case_same(c, "fails", treaty_buf_str(&out),
                     corpus_case_get(c, "fails"));
    treaty_buf_clear(&out);
    notes = treaty_plan_losses(plan, &count);
    list_notes(notes, count, &out);
    corpus_case_same(c, "losses", treaty_buf_str(&out),
                     corpus_case_get(c, "losses"));
    treaty_buf_release(&out);
}

/* Bytes that are not an event, or are one by chance. */
static void run_random(struct treaty_plan *plan, const struct treaty_type *type)
{
    struct treaty_rng rng;
    char bytes[48];

    treaty_rng_init(&rng, 7);
    for (int i = 0; i < 20; i++) {
        size_t len = treaty_rng_below(&rng, sizeof(bytes) + 1);
        struct treaty_buf out;

        for (size_t k = 0; k < len; k++)
            bytes[k] =
                (char)(treaty_rng_next(&rng) >> treaty_rng_below(&rng, 64));
        treaty_buf_init(&out, 0);
        support_decode_all(plan, type, (struct treaty_str){bytes, len}, &out);
        treaty_buf_release(&out);
    }
}

/* A line "payload" and the line after it, as often as the case has them. */
static void run_payloads(const struct corpus_case *c, struct treaty_plan *plan,
                         const struct treaty_type *type)
{
    struct treaty_str rest = c->lines;
    struct treaty_str line;

    while (treaty_str_split(&rest, '\n', &line)) {
        struct treaty_str payload;
        struct treaty_buf out;

        if (!treaty_str_starts(line, TREATY_STR("payload:")))
            continue;
        payload = support_hex(c->arena, treaty_str_sub(line, 8, line.len));
        treaty_buf_init(&out, 0);
        support_decode_all(plan, type, payload, &out);
        support_decode_prefixes(plan, type, payload);
        if (!treaty_str_split(&rest, '\n', &line))
            line = TREATY_STR("nothing");
        corpus_case_same(c, "value", treaty_buf_str(&out), line);
        treaty_buf_release(&out);
        tap_add_passed(1);
    }
}

static void run_pair(const struct corpus_case *c,
                     const struct treaty_schema *writer,
                     const struct treaty_schema *reader)
{
    const struct treaty_plan_options options = options_of(c);
    struct treaty_layout *layout = support_layout(reader);
    struct treaty_plan *plan = NULL;
    struct treaty_error err;

    if (reader->format->decode_plan(writer, reader, layout, &options, &plan,
                                    &err) != TREATY_OK) {
        tap_fail(c->file, c->number, "%s", err.message);
    } else {
        check_notes(c, plan);
        run_payloads(c, plan, layout->root);
        run_random(plan, layout->root);
    }
    treaty_plan_unref(plan);
    treaty_layout_unref(layout);
}

static void run_case(const struct corpus_case *c)
{
    struct treaty_str reader_text = corpus_case_get(c, "reader");
    struct treaty_schema *writer = support_parse(corpus_case_get(c, "writer"));
    struct treaty_schema *reader = NULL;

    if (!reader_text.data)
        reader_text = corpus_case_get(c, "writer");
    reader = support_parse(reader_text);
    if (writer && reader)
        run_pair(c, writer, reader);
    else
        tap_fail(c->file, c->number, "schema");
    treaty_schema_unref(writer);
    treaty_schema_unref(reader);
}

static void corpus(void)
{
    corpus_each_case(TREATY_SOURCE_DIR "/tests/corpus/avro/resolve.test",
                     run_case);
}

TAP_MAIN({"resolution", corpus})
