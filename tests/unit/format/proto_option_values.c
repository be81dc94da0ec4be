/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What protoc makes of option statements, one by one: the bytes of the options
 * message, or an objection and its place.
 */
#include "base/error.h"
#include "format/protobuf/load.h"
#include "format/protobuf/options.h"
#include "unit/format/corpus.h"

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/protobuf/"

static struct treaty_arena kept;
static struct treaty_str prelude; /* what every statement stands behind */

static struct treaty_str text_of(const struct corpus_case *c)
{
    struct treaty_str option = corpus_case_get(c, "option");

    return treaty_arena_printf(c->arena, "%.*s\nmessage M { option %.*s; }\n",
                               TREATY_STR_ARG(prelude), TREATY_STR_ARG(option));
}

static struct treaty_str put_hex(struct treaty_arena *arena,
                                 const struct treaty_proto_dynamic *message)
{
    struct treaty_buf bytes;
    struct treaty_buf hex;
    struct treaty_str text;

    treaty_buf_init(&bytes, 0);
    treaty_buf_init(&hex, 0);
    treaty_proto_dynamic_put(message, false, &bytes);
    treaty_buf_put_hex(&hex, bytes.data, bytes.len);
    text = treaty_arena_dup(arena, treaty_buf_str(&hex));
    treaty_buf_release(&bytes);
    treaty_buf_release(&hex);
    return text;
}

static void check_bytes(const struct corpus_case *c,
                        const struct treaty_proto_tree *tree)
{
    const struct treaty_proto_message *m =
        treaty_proto_find_message(tree, TREATY_STR("t.M"));
    struct treaty_proto_place place = {TREATY_PROTO_TARGET_MESSAGE, m->full,
                                       &m->options};
    struct treaty_proto_interpreter in;
    struct treaty_proto_dynamic *message;
    struct treaty_error err = {0};

    if (treaty_proto_interpreter_init(&in, tree, tree->file, &err) !=
        TREATY_OK) {
        tap_fail(c->file, c->number, "%s", err.message);
        return;
    }
    if (treaty_proto_options_read(&in, &place, &message, &err) != TREATY_OK)
        tap_fail(c->file, c->number, "%s", err.message);
    else
        corpus_case_same(c, "bytes", put_hex(c->arena, message),
                         corpus_case_get(c, "bytes"));
    treaty_proto_interpreter_release(&in);
}

static void check_error(const struct corpus_case *c, struct treaty_str text,
                        const struct treaty_error *err)
{
    struct treaty_str rest = treaty_str_sub(text, err->offset, text.len);

    corpus_case_same(c, "error", treaty_str_z(err->message),
                     corpus_case_get(c, "error"));
    corpus_case_same(c, "at",
                     treaty_str_sub(rest, 0, treaty_str_find(rest, '\n')),
                     corpus_case_get(c, "at"));
}

static void check_option(const struct corpus_case *c)
{
    struct treaty_source source = {.strictness = TREATY_STRICT};
    struct treaty_arena arena = {0};
    struct treaty_error err = {0};
    struct treaty_proto_tree *tree;

    if (corpus_case_get(c, "prelude").data) {
        prelude = treaty_arena_dup(&kept, corpus_case_text(c));
        return;
    }
    source.text = text_of(c);
    if (treaty_proto_load(&arena, &source, &tree, &err) != TREATY_OK)
        check_error(c, source.text, &err);
    else if (corpus_case_get(c, "error").data)
        tap_fail(c->file, c->number, "accepted");
    else
        check_bytes(c, tree);
    treaty_arena_release(&arena);
    tap_add_passed(1);
}

static void agrees_with_protoc(void)
{
    corpus_each_case(CORPUS "option_values.test", check_option);
    treaty_arena_release(&kept);
}

TAP_MAIN({"agrees with protoc", agrees_with_protoc})
