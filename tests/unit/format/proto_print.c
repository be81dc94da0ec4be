/* SPDX-License-Identifier: Apache-2.0 */
/* What texts print as and lose, from tests/corpus/protobuf/texts.test. */
#include "format/protobuf/canonical.h"
#include "format/protobuf/format.h"
#include "unit/format/corpus.h"

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/protobuf/"

static const struct {
    const char *name;
    enum treaty_proto_text which;
} forms[] = {
    {"canonical", TREATY_PROTO_CANONICAL},
    {"plain", TREATY_PROTO_PLAIN},
    {"normalized", TREATY_PROTO_NORMALIZED},
};

static struct treaty_schema *parse(const struct corpus_case *c,
                                   struct treaty_str text)
{
    struct treaty_source source = {.text = text};
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};

    if (treaty_schema_parse(&treaty_format_protobuf, &source, &schema, &err) !=
        TREATY_OK)
        tap_fail(c->file, c->number, "refused at %zu: %s", err.offset,
                 err.message);
    return schema;
}

static struct treaty_str print(const struct corpus_case *c,
                               const struct treaty_schema *schema,
                               struct treaty_str form)
{
    struct treaty_str ret = {0};
    struct treaty_buf out;

    treaty_buf_init(&out, 0);
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (treaty_str_eq_z(form, forms[i].name) &&
            treaty_proto_put_text(treaty_proto_tree(schema), forms[i].which,
                                  &out, NULL) == TREATY_OK)
            ret = treaty_arena_dup(c->arena, treaty_buf_str(&out));
    }
    treaty_buf_release(&out);
    return ret;
}

/* Whatever is printed can be parsed, and prints the same. */
static void check_again(const struct corpus_case *c, struct treaty_str form,
                        struct treaty_str text)
{
    struct treaty_schema *again = parse(c, text);

    if (!again)
        return;
    corpus_case_same(c, "printed again", print(c, again, form), text);
    treaty_schema_unref(again);
}

static void note_loss(void *ctx, const struct treaty_proto_loss *loss)
{
    struct treaty_buf *out = ctx;

    if (out->len)
        treaty_buf_put_z(out, "; ");
    treaty_buf_put_z(out, loss->what);
}

static void check_losses(const struct corpus_case *c,
                         const struct treaty_schema *schema)
{
    struct treaty_str want = corpus_case_get(c, "losses");
    struct treaty_buf out;

    treaty_buf_init(&out, 0);
    treaty_proto_losses(treaty_proto_tree(schema), note_loss, &out);
    corpus_case_same(c, "losses", treaty_buf_str(&out),
                     want.data ? want : TREATY_STR(""));
    treaty_buf_release(&out);
}

static void check_case(const struct corpus_case *c)
{
    struct treaty_str form = corpus_case_get(c, "form");
    struct treaty_str want = corpus_case_text(c);
    struct treaty_schema *schema = parse(c, corpus_case_get(c, "text"));
    struct treaty_str got;

    if (!schema)
        return;
    got = print(c, schema, form);
    if (want.data)
        corpus_case_same(
            c, "text", got,
            treaty_arena_printf(c->arena, "%.*s\n", (int)want.len, want.data));
    check_losses(c, schema);
    check_again(c, form, got);
    check_again(c, TREATY_STR("canonical"), schema->canonical);
    treaty_schema_unref(schema);
    tap_add_passed(1);
}

static void prints(void)
{
    corpus_each_case(CORPUS "texts.test", check_case);
}

TAP_MAIN({"prints", prints})
