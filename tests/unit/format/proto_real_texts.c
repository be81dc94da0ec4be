/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The canonical text of real files: parsed again it prints the same, and so
 * does the normalised one.
 */
#include "format/protobuf/canonical.h"
#include "format/protobuf/format.h"
#include "unit/format/proto_library.h"

static struct treaty_schema *parse(const struct corpus_line *line,
                                   struct treaty_str text)
{
    struct treaty_source source = library_source(text);
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};

    if (treaty_schema_parse(&treaty_format_protobuf, &source, &schema, &err) !=
        TREATY_OK)
        tap_fail(line->file, line->number, "refused at %zu: %s", err.offset,
                 err.message);
    return schema;
}

static void note_loss(void *ctx, const struct treaty_proto_loss *loss)
{
    const struct corpus_line *line = *(const struct corpus_line **)ctx;

    tap_note("%s:%d: at %zu, %.*s: %s", line->file, line->number, loss->pos,
             (int)loss->element.len, loss->element.data, loss->what);
}

static void check_again(const struct corpus_line *line,
                        const struct treaty_schema *schema)
{
    struct treaty_schema *again = parse(line, schema->canonical);

    if (!again)
        return;
    corpus_same(line, "printed again", again->canonical, schema->canonical);
    treaty_schema_unref(again);
}

static void check_normalized(const struct corpus_line *line,
                             const struct treaty_schema *schema)
{
    struct treaty_schema *again = NULL;
    struct treaty_buf once;
    struct treaty_buf twice;

    treaty_buf_init(&once, 0);
    treaty_buf_init(&twice, 0);
    CHECK_INT(treaty_proto_normalize(schema, &once, NULL), TREATY_OK);
    again = parse(line, treaty_buf_str(&once));
    if (again) {
        CHECK_INT(treaty_proto_normalize(again, &twice, NULL), TREATY_OK);
        corpus_same(line, "normalised again", treaty_buf_str(&twice),
                    treaty_buf_str(&once));
    }
    treaty_schema_unref(again);
    treaty_buf_release(&once);
    treaty_buf_release(&twice);
}

static void check_text(const struct corpus_line *line, struct treaty_str text)
{
    struct treaty_schema *schema = parse(line, text);

    if (!schema)
        return;
    treaty_proto_losses(treaty_proto_tree(schema), note_loss, &line);
    check_again(line, schema);
    check_normalized(line, schema);
    treaty_schema_unref(schema);
    tap_add_passed(1);
}

static void check_file(const struct corpus_line *line)
{
    struct treaty_str path = corpus_text(line->json, "import_path");

    check_text(line, library_read(line->arena, "src/", path));
}

static void check_version(const struct corpus_line *line)
{
    struct treaty_str path = corpus_text(line->json, "file");

    check_text(line, library_read(line->arena, "", path));
}

static void files_print_the_same_again(void)
{
    library_each("facts.jsonl", check_file);
}

static void versions_print_the_same_again(void)
{
    library_each("histories_versions.jsonl", check_version);
}

TAP_MAIN({"real texts", files_print_the_same_again},
         {"real texts of histories", versions_print_the_same_again})
