/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/corpus/protobuf/payloads: what a reader makes of what is on the wire.
 * Each payload also runs cut at every length; what is read is written again.
 */
#include "proto_support.h"
#include "unit/format/corpus.h"

#define FOLDER TREATY_SOURCE_DIR "/tests/corpus/protobuf/payloads/"

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
        else if (treaty_str_eq_z(word, "always"))
            options.utf8_always = true;
        else if (treaty_str_eq_z(word, "keep"))
            options.keep_unknown = true;
        else if (treaty_str_eq_z(word, "sort"))
            options.deterministic = true;
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
        if (notes[i].guarded && !notes[i].path.len)
            continue; /* the limits */
        if (out->len)
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

/* One case with what is made of it. */
struct setup {
    const struct corpus_case *c;
    struct treaty_plan *decode;
    struct treaty_plan *encode;
    const struct treaty_type *type;
};

static void decode_prefixes(const struct setup *s, struct treaty_str payload)
{
    for (size_t len = 0; len < payload.len; len++) {
        struct treaty_buf out;

        treaty_buf_init(&out, 0);
        proto_decode_all(s->decode, s->type, treaty_str_sub(payload, 0, len),
                         &out);
        treaty_buf_release(&out);
    }
}

/* What is read, written, is `want`, or the payload itself. */
static void write_again(const struct setup *s, struct treaty_str payload,
                        struct treaty_str want)
{
    struct treaty_arena arena = {0};
    struct treaty_error err = {0};
    struct treaty_buf bytes;
    struct treaty_buf hex;
    void *record = calloc(1, s->type->size + 1);

    treaty_buf_init(&bytes, 0);
    treaty_buf_init(&hex, 0);
    if (treaty_plan_decode(s->decode, payload, record, &arena, &err) ==
        TREATY_OK) {
        if (proto_encode_all(s->encode, record, &bytes, &err) == TREATY_OK)
            treaty_buf_put_hex(&hex, bytes.data, bytes.len);
        else
            treaty_buf_printf(&hex, "! %s %s", treaty_code_name(err.code) + 7,
                              err.path);
        corpus_case_same(s->c, "written again", treaty_buf_str(&hex), want);
    }
    treaty_buf_release(&bytes);
    treaty_buf_release(&hex);
    free(record);
    treaty_arena_release(&arena);
}

/* "payload: HEX", the record on the next line, then maybe "writes: HEX". */
static void run_payloads(const struct setup *s)
{
    struct treaty_str rest = s->c->lines;
    struct treaty_str line;

    while (treaty_str_split(&rest, '\n', &line)) {
        struct treaty_str payload;
        struct treaty_str ahead = rest;
        struct treaty_buf out;

        if (!treaty_str_starts(line, TREATY_STR("payload:")))
            continue;
        payload = support_hex(s->c->arena, treaty_str_sub(line, 8, line.len));
        treaty_buf_init(&out, 0);
        proto_decode_all(s->decode, s->type, payload, &out);
        decode_prefixes(s, payload);
        if (!treaty_str_split(&ahead, '\n', &line))
            line = TREATY_STR("nothing");
        corpus_case_same(s->c, "value", treaty_buf_str(&out), line);
        if (treaty_str_split(&ahead, '\n', &line) &&
            treaty_str_starts(line, TREATY_STR("writes:")))
            write_again(s, payload,
                        treaty_str_trim(treaty_str_sub(line, 7, line.len)));
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
    struct setup s = {.c = c};
    struct treaty_error err = {0};

    if (!layout)
        return;
    s.type = layout->root;
    if (treaty_proto_decode_plan(writer, reader, layout, &options, &s.decode,
                                 &err) ||
        treaty_proto_encode_plan(reader, layout, &options, &s.encode, &err)) {
        tap_fail(c->file, c->number, "%s", err.message);
    } else {
        check_notes(c, s.decode);
        run_payloads(&s);
    }
    treaty_plan_unref(s.decode);
    treaty_plan_unref(s.encode);
    treaty_layout_unref(layout);
}

static void run_case(const struct corpus_case *c)
{
    struct treaty_str reader_text = corpus_case_get(c, "reader");
    struct treaty_schema *writer = proto_schema(corpus_case_get(c, "writer"));
    struct treaty_schema *reader = NULL;

    if (!reader_text.data)
        reader_text = corpus_case_get(c, "writer");
    reader = proto_schema(reader_text);
    if (writer && reader)
        run_pair(c, writer, reader);
    else
        tap_fail(c->file, c->number, "schema");
    treaty_schema_unref(writer);
    treaty_schema_unref(reader);
}

static void values(void)
{
    corpus_each_case(FOLDER "values.test", run_case);
}

static void pairs(void)
{
    corpus_each_case(FOLDER "pairs.test", run_case);
}

static void faults(void)
{
    corpus_each_case(FOLDER "faults.test", run_case);
}

TAP_MAIN({"values", values}, {"pairs of schemas", pairs},
         {"bad payloads", faults})
