/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ProtoJSON that was tampered with: made events as text, with bytes changed,
 * cut out and doubled. What must hold:
 *
 * 1. A failure has a place in the text, and a message.
 * 2. What was read and is written reads again and is written the same.
 */
#include "base/buf.h"
#include "base/file.h"
#include "base/rng.h"
#include "base/utf8.h"
#include "harness/model.h"
#include "harness/tap.h"
#include "record/gen.h"
#include "record/text.h"

enum { TRIES = 6000, TEXT_MAX = 1200 };

static struct model open_every(void)
{
    struct treaty_arena arena = {0};
    struct treaty_str text = {"", 0};
    struct model model;

    CHECK_INT(treaty_file_read(
                  &arena, TREATY_SOURCE_DIR "/tests/interop/json/three.proto",
                  1 << 20, &text, NULL),
              TREATY_OK);
    model = model_open_proto(text.data);
    treaty_arena_release(&arena);
    return model;
}

static void tamper(struct treaty_buf *text, struct treaty_rng *rng)
{
    static const char *const pieces[] = {"\"",
                                         "{",
                                         "}",
                                         "[",
                                         "]",
                                         ",",
                                         ":",
                                         "null",
                                         "1e9",
                                         "-",
                                         ".5",
                                         "true",
                                         "\"@type\":\"x/x.In\",",
                                         "\"value\":",
                                         "\"\\u0000\"",
                                         "=",
                                         "_",
                                         "Z"};
    size_t at = (size_t)treaty_rng_below(rng, text->len);
    size_t len = (size_t)treaty_rng_below(rng, 12);
    struct treaty_str rest;
    const char *piece;

    if (at + len > text->len)
        len = text->len - at;
    switch (treaty_rng_below(rng, 3)) {
    case 0: /* another byte */
        text->data[at] = (char)(32 + treaty_rng_below(rng, 95));
        return;
    case 1: /* some less */
        memmove(text->data + at, text->data + at + len, text->len - at - len);
        text->len -= len;
        return;
    default: /* a piece more, over what was there */
        piece =
            pieces[treaty_rng_below(rng, sizeof(pieces) / sizeof(pieces[0]))];
        rest = treaty_str_z(piece);
        if (at + rest.len <= text->len)
            memcpy(text->data + at, rest.data, rest.len);
    }
}

static enum treaty_code convert(const struct model *model, struct treaty_str in,
                                struct treaty_buf *out,
                                struct treaty_error *err)
{
    const struct treaty_type *type = model->layout->root;
    struct treaty_arena arena = {0};
    void *record = treaty_arena_calloc(&arena, 1, type->size + 1);
    const struct treaty_json *value = NULL;
    enum treaty_code code = treaty_json_parse(&arena, in, NULL, &value, err);

    if (!code)
        code = treaty_record_read(&arena, type, value, TREATY_TEXT_PLAIN,
                                  record, err);
    if (!code)
        treaty_record_write(out, type, record, TREATY_TEXT_PLAIN);
    treaty_arena_release(&arena);
    return code;
}

/* True when it was read. */
static bool check_text(const struct model *model, struct treaty_str text)
{
    struct treaty_error err = {0};
    struct treaty_buf once;
    struct treaty_buf twice;
    bool ok;

    treaty_buf_init(&once, 0);
    treaty_buf_init(&twice, 0);
    ok = convert(model, text, &once, &err) == TREATY_OK;
    if (!ok) {
        CHECK(err.message[0] != '\0');
        CHECK(err.offset <= text.len);
        CHECK(treaty_utf8_valid(treaty_str_z(err.message)));
    } else if (convert(model, treaty_buf_str(&once), &twice, &err) ||
               !treaty_str_eq(treaty_buf_str(&once), treaty_buf_str(&twice))) {
        tap_fail(__FILE__, __LINE__, "%.*s\n  is %.*s\n  is %.*s (%s)",
                 (int)text.len, text.data, (int)once.len, once.data,
                 (int)twice.len, twice.data ? twice.data : "", err.message);
    }
    treaty_buf_release(&once);
    treaty_buf_release(&twice);
    return ok;
}

static void make(struct treaty_gen *gen, const struct model *model,
                 uint64_t sequence, struct treaty_buf *out)
{
    struct treaty_gen_identity identity = {0, sequence, 77};
    struct treaty_arena arena = {0};
    void *record =
        treaty_arena_calloc(&arena, 1, model->layout->root->size + 1);

    treaty_buf_clear(out);
    CHECK_INT(treaty_gen_event(gen, &identity, record, &arena), TREATY_OK);
    treaty_record_write(out, model->layout->root, record, TREATY_TEXT_PLAIN);
    treaty_arena_release(&arena);
}

static void tampered_texts_do_no_harm(void)
{
    struct model model = open_every();
    struct treaty_gen *gen = NULL;
    struct treaty_rng rng;
    struct treaty_buf text;
    int tries = tap_is_slow() ? TRIES / 40 : TRIES;
    int read = 0;

    treaty_rng_init(&rng, 5);
    treaty_buf_init(&text, 0);
    CHECK_INT(treaty_gen_new(model.layout, TREATY_GEN_EDGE, &gen, NULL),
              TREATY_OK);
    for (int i = 0; i < tries; i++) {
        size_t from;

        make(gen, &model, (uint64_t)i / 16, &text);
        /* A part of it is enough: the rest is cut, and the object closed. */
        from = (size_t)treaty_rng_below(&rng, TEXT_MAX);
        if (from < text.len) {
            while (from && text.data[from] != ',')
                from--;
            text.len = from;
            treaty_buf_put_c(&text, '}');
        }
        for (uint64_t n = treaty_rng_below(&rng, 3); n && text.len; n--)
            tamper(&text, &rng);
        if (text.len)
            read += check_text(&model, treaty_buf_str(&text));
    }
    tap_note("%d of %d texts could be read", read, tries);
    CHECK(read > tries / 10);
    treaty_buf_release(&text);
    treaty_gen_free(gen);
    model_close(&model);
}

/* What is found beside the beaten path. */
static void odd_texts(void)
{
    static const char *const texts[] = {
        "{\"any\":{\"@type\":\"a/x.In\",\"@type\":\"a/x.In\"}}",
        "{\"any\":{\"typeUrl\":\"a/x.In\",\"value\":\"CAE=\"}}",
        "{\"any\":{\"@type\":\"/google.protobuf.Any\",\"value\":{}}}",
        "{\"any\":{\"@type\":\"/google.protobuf.Value\",\"value\":null}}",
        "{\"any\":{\"@type\":\"/google.protobuf.Empty\"}}",
        "{\"value\":{\"numberValue\":1}}",
        "{\"mUint32\":{\"1\":null,\"1\":[]}}",
        "{\"mask\":\",\"}",
        "{\"mask\":\"A.B,\"}",
        "{\"mask\":{\"paths\":[\"\"]}}",
        "{\"wString\":\"\"}",
        "{\"pNull\":null}",
        "{\"pNull\":\"NULL_VALUE\",\"pInt\":null}",
        "{\"manyValues\":[null,[null],{\"\":null}]}",
        "{\"at\":{\"nanos\":1000000000}}",
    };
    struct model model = open_every();

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        CHECK(check_text(&model, treaty_str_z(texts[i])) || i == 0);
    model_close(&model);
}

TAP_MAIN({"tampered texts do no harm", tampered_texts_do_no_harm},
         {"odd texts", odd_texts})
