/* SPDX-License-Identifier: Apache-2.0 */
#include "format/protobuf/format.h"

#include "base/base64.h"
#include "base/error.h"
#include "base/str.h"
#include "format/protobuf/canonical.h"
#include "format/protobuf/descriptor.h"
#include "format/schema.h"

/*
 * Indentation makes a text longer, up to this many times where it is stored
 * already. A new one must fit the limit with its canonical text, too, or it
 * could not be loaded once it is stored.
 */
enum { STORED_GROWTH = 16 };

static size_t canonical_max(const struct treaty_source *source)
{
    size_t text_max = treaty_limits_fill(source->limits).text_max;

    if (source->strictness != TREATY_STORED)
        return text_max;
    return text_max > SIZE_MAX / STORED_GROWTH ? 0 : text_max * STORED_GROWTH;
}

/* What the reference finds in a text of the tree. */
struct judgement {
    bool refuses;  /* it objects */
    bool has_text; /* of the file that the text is, there is one of its own */
};

static enum treaty_code judge(const struct treaty_proto_tree *tree,
                              const struct treaty_source *source,
                              enum treaty_proto_text which,
                              struct judgement *ret, struct treaty_error *err)
{
    struct treaty_source again = *source;
    struct treaty_arena scratch = {0};
    struct treaty_proto_tree *printed = NULL;
    struct treaty_buf out;
    enum treaty_code code;

    *ret = (struct judgement){.refuses = true};
    treaty_buf_init(&out, canonical_max(source));
    code = treaty_proto_put_text(tree, which, &out, err);
    again.text = treaty_buf_str(&out);
    again.strictness = TREATY_STORED;
    if (!code)
        code = treaty_proto_load(&scratch, &again, &printed, err);
    if (!code) {
        ret->refuses = printed->objections[TREATY_PROTO_REFERENCE].raised;
        ret->has_text = treaty_proto_has_reference_text(printed);
    }
    treaty_arena_release(&scratch);
    treaty_buf_release(&out);
    return code == TREATY_ENOMEM ? code : TREATY_OK;
}

/*
 * A file that the reference refuses is printed without losses, and that text
 * must be refused for the same reason, or it would print otherwise when it is
 * submitted. So the text is asked, and the normalised one as well, from which
 * the reason may be gone: it is without the messages that maps define.
 */
static enum treaty_code judge_texts(struct treaty_proto_tree *tree,
                                    const struct treaty_source *source,
                                    struct treaty_error *err)
{
    struct judgement found = {.refuses = true};
    enum treaty_code code = TREATY_OK;

    if (tree->file->syntax == TREATY_PROTO_EDITION)
        return TREATY_OK; /* every text of it is one, which is refused */
    if (tree->objections[TREATY_PROTO_REFERENCE].raised)
        code = judge(tree, source, TREATY_PROTO_CANONICAL, &found, err);
    tree->is_misspelled = !found.refuses;
    if (code || treaty_proto_has_reference_text(tree))
        return code;
    code = judge(tree, source, TREATY_PROTO_NORMALIZED, &found, err);
    tree->is_mended_normalized = !code && found.has_text;
    return code;
}

static enum treaty_code put_canonical(struct treaty_schema *schema,
                                      const struct treaty_source *source,
                                      struct treaty_error *err)
{
    struct treaty_buf out;
    enum treaty_code code;

    treaty_buf_init(&out, canonical_max(source));
    code = treaty_proto_put_text(treaty_proto_tree(schema),
                                 TREATY_PROTO_CANONICAL, &out, err);
    if (code == TREATY_ELIMIT)
        code =
            treaty_fail(err, TREATY_ESCHEMATOOLARGE, TREATY_NO_OFFSET,
                        "the canonical text is longer than %zu bytes", out.max);
    if (!code)
        schema->canonical =
            treaty_arena_dup(&schema->arena, treaty_buf_str(&out));
    treaty_buf_release(&out);
    if (!code && !schema->canonical.data)
        code = treaty_fail_nomem(err);
    return code;
}

/* Have both trees the same descriptor, as the reference makes it? */
static enum treaty_code compare_trees(const struct treaty_proto_tree *a,
                                      const struct treaty_proto_tree *b,
                                      bool *ret_same, struct treaty_error *err)
{
    struct treaty_buf x;
    struct treaty_buf y;
    enum treaty_code code;

    treaty_buf_init(&x, 0);
    treaty_buf_init(&y, 0);
    code = treaty_proto_put_reference_descriptor(a, &x, err);
    if (!code)
        code = treaty_proto_put_reference_descriptor(b, &y, err);
    if (!code)
        *ret_same = treaty_str_eq(treaty_buf_str(&x), treaty_buf_str(&y));
    treaty_buf_release(&x);
    treaty_buf_release(&y);
    return code;
}

/*
 * A descriptor may say what no text can, since its names are not held against
 * the grammar: a field of the type "option" would be an option. What is stored
 * is the text, so it must mean the same.
 */
static enum treaty_code check_descriptor(const struct treaty_schema *schema,
                                         const struct treaty_source *source,
                                         struct treaty_error *err)
{
    struct treaty_source again = *source;
    struct treaty_arena scratch = {0};
    struct treaty_proto_tree *tree;
    enum treaty_code code;
    bool is_same = false;

    again.text = schema->canonical;
    again.strictness = TREATY_NEW;
    code = treaty_proto_load(&scratch, &again, &tree, err);
    if (!code)
        code = compare_trees(treaty_proto_tree(schema), tree, &is_same, err);
    treaty_arena_release(&scratch);
    if (code == TREATY_ENOMEM || is_same)
        return code;
    return treaty_fail(err, TREATY_ESCHEMA, TREATY_NO_OFFSET,
                       "no .proto text says what the descriptor says");
}

static void note_objection(struct treaty_schema *schema,
                           const struct treaty_proto_tree *tree)
{
    const struct treaty_proto_objection *said =
        &tree->objections[TREATY_PROTO_PROTOC];
    bool is_here = said->file == tree->file;

    if (said->raised)
        (void)treaty_fail(&schema->objection, said->code,
                          is_here ? said->pos : TREATY_NO_OFFSET, "%s",
                          said->message);
}

/* What a text is known by: its first message, or its first enum if that is all
 * it has. */
static void name_schema(struct treaty_schema *schema,
                        const struct treaty_proto_file *file)
{
    schema->name = TREATY_STR("");
    schema->indexes = TREATY_STR("");
    if (file->message_count) {
        schema->part = file->messages[0];
        schema->name = file->messages[0]->full;
        schema->indexes = (struct treaty_str){"", 1};
    } else if (file->enum_count) {
        schema->name = file->enums[0]->full;
    }
}

/* From a text, or from a descriptor in base64. */
static enum treaty_code load(struct treaty_arena *arena,
                             const struct treaty_source *source,
                             struct treaty_proto_tree **ret,
                             struct treaty_error *err)
{
    struct treaty_proto_file *file = NULL;
    enum treaty_code code;

    if (!treaty_proto_is_base64(source->text))
        return treaty_proto_load(arena, source, ret, err);
    code = treaty_proto_read_base64(arena, source->text, &source->limits, &file,
                                    err);
    return code ? code : treaty_proto_load_file(arena, source, file, ret, err);
}

enum treaty_code treaty_proto_parse(const struct treaty_source *source,
                                    struct treaty_schema **ret,
                                    struct treaty_error *err)
{
    struct treaty_source copy = *source;
    struct treaty_proto_tree *tree = NULL;
    struct treaty_schema *schema;
    enum treaty_code code =
        treaty_schema_new(&treaty_format_protobuf, source, &schema, err);

    if (code)
        return code;
    copy.text = schema->text;
    code = load(&schema->arena, &copy, &tree, err);
    if (!code)
        code = judge_texts(tree, &copy, err);
    if (!code) {
        schema->root = tree;
        name_schema(schema, tree->file);
        if (source->strictness != TREATY_STORED)
            note_objection(schema, tree);
        code = put_canonical(schema, source, err);
    }
    if (!code && treaty_proto_is_base64(schema->text))
        code = check_descriptor(schema, &copy, err);
    if (code) {
        treaty_schema_unref(schema);
        return code;
    }
    *ret = schema;
    return TREATY_OK;
}

enum treaty_code treaty_proto_normalize(const struct treaty_schema *schema,
                                        struct treaty_buf *out,
                                        struct treaty_error *err)
{
    return treaty_proto_put_text(treaty_proto_tree(schema),
                                 TREATY_PROTO_NORMALIZED, out, err);
}

/*
 * protoc's descriptor, since it says what the file means; of a file that
 * protoc would not take, the one that the reference makes. Neither knows the
 * file's name; the reference calls it "default".
 */
static enum treaty_code put_serialized(const struct treaty_schema *schema,
                                       struct treaty_buf *out,
                                       struct treaty_error *err)
{
    const struct treaty_proto_tree *tree = treaty_proto_tree(schema);
    struct treaty_buf bytes;
    enum treaty_code code;

    treaty_buf_init(&bytes, 0);
    code = treaty_proto_put_descriptor(tree, tree->file, TREATY_STR("default"),
                                       &bytes, err);
    if (code == TREATY_ESCHEMA) {
        treaty_buf_clear(&bytes);
        code = treaty_proto_put_reference_descriptor(tree, &bytes, err);
    }
    if (!code)
        treaty_base64_put(out, TREATY_BASE64, treaty_buf_str(&bytes));
    treaty_buf_release(&bytes);
    return code ? code : treaty_buf_status(out, err);
}

enum treaty_code treaty_proto_render(const struct treaty_schema *schema,
                                     struct treaty_str how,
                                     struct treaty_buf *out, bool *ret_known,
                                     struct treaty_error *err)
{
    *ret_known = true;
    if (treaty_str_eq_nocase(how, TREATY_STR("serialized")))
        return put_serialized(schema, out, err);
    *ret_known = treaty_str_eq_nocase(how, TREATY_STR("ignore_extensions"));
    if (!*ret_known)
        return TREATY_OK;
    return treaty_proto_put_text(treaty_proto_tree(schema), TREATY_PROTO_PLAIN,
                                 out, err);
}

static bool same_references(const struct treaty_schema *a,
                            const struct treaty_schema *b)
{
    if (a->reference_count != b->reference_count)
        return false;
    for (size_t i = 0; i < a->reference_count; i++) {
        const struct treaty_reference *x = &a->references[i];
        const struct treaty_reference *y = &b->references[i];

        if (!treaty_str_eq(x->name, y->name) ||
            !treaty_str_eq(x->subject, y->subject) || x->version != y->version)
            return false;
    }
    return true;
}

/* An import cannot be spelled out in a .proto, so there is nothing to resolve
 * and only what prints alike is the same. */
bool treaty_proto_equivalent(const struct treaty_schema *a,
                             const struct treaty_schema *b)
{
    return treaty_str_eq(a->canonical, b->canonical) && same_references(a, b);
}

/* The row speaks of losses as every format may have them. */
struct losses {
    treaty_loss_fn give;
    void *ctx;
};

static void pass_on(void *ctx, const struct treaty_proto_loss *loss)
{
    const struct losses *losses = ctx;
    const struct treaty_loss passed = {loss->what, loss->element, loss->pos};

    losses->give(losses->ctx, &passed);
}

static void list_losses(const struct treaty_schema *schema, treaty_loss_fn give,
                        void *ctx)
{
    struct losses losses = {give, ctx};

    treaty_proto_losses(treaty_proto_tree(schema), pass_on, &losses);
}

static const struct treaty_difference_form difference = {
    "{errorType:\"", "\", description:\"", NULL, "\"}"};

const struct treaty_format treaty_format_protobuf = {
    .name = "PROTOBUF",
    .parse = treaty_proto_parse,
    .imports = treaty_proto_imports,
    .part = treaty_proto_part,
    .part_at = treaty_proto_part_at,
    .pair = treaty_proto_pair,
    .normalize = treaty_proto_normalize,
    .render = treaty_proto_render,
    .losses = list_losses,
    .layout = treaty_proto_layout,
    .decode_plan = treaty_proto_decode_plan,
    .encode_plan = treaty_proto_encode_plan,
    .compare = treaty_proto_compare,
    .difference = &difference,
    .equivalent = treaty_proto_equivalent,
    .annotate = treaty_proto_annotate,
};
