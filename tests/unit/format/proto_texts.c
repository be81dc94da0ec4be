/* SPDX-License-Identifier: Apache-2.0 */
/* What the reference registry stores and normalises of Protobuf's texts. */
#include "base/base64.h"
#include "format/protobuf/canonical.h"
#include "format/protobuf/descriptor.h"
#include "format/protobuf/format.h"
#include "format/protobuf/load.h"
#include "unit/format/corpus.h"

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/protobuf/"

static enum treaty_code parse(const struct treaty_source *source,
                              struct treaty_schema **ret,
                              struct treaty_error *err)
{
    return treaty_schema_parse(&treaty_format_protobuf, source, ret, err);
}

static void check_rendering(const struct corpus_line *line,
                            const struct treaty_schema *schema, const char *how,
                            bool is_known, struct treaty_str want)
{
    struct treaty_buf out;
    bool known = !is_known;

    treaty_buf_init(&out, 0);
    if (treaty_schema_render(schema, treaty_str_z(how), &out, &known, NULL) !=
        TREATY_OK)
        tap_fail(line->file, line->number, "no text for format=%s", how);
    if (known != is_known)
        tap_fail(line->file, line->number, "format=%s is%s known", how,
                 known ? "" : " not");
    corpus_same(line, how, treaty_buf_str(&out), want);
    treaty_buf_release(&out);
}

static void check_guid(const struct corpus_line *line,
                       const struct treaty_schema *schema)
{
    uint8_t guid[16] = {0};
    char text[37];

    if (treaty_schema_guid(schema->canonical, schema->references,
                           schema->reference_count, guid) != TREATY_OK)
        tap_fail(line->file, line->number, "no GUID");
    treaty_guid_print(guid, text);
    corpus_same(line, "guid", treaty_str_z(text),
                corpus_text(line->json, "guid"));
}

/* A text that is submitted again gives itself, unless the line says not. */
static void check_stable(const struct corpus_line *line,
                         struct treaty_source source, struct treaty_str text,
                         const char *member)
{
    const struct treaty_json *flag = treaty_json_get(line->json, member);
    bool want = !flag || flag->truth;
    struct treaty_schema *schema = NULL;
    struct treaty_error err;
    bool same = false;

    source.text = text;
    if (parse(&source, &schema, &err) == TREATY_OK)
        same = treaty_str_eq(schema->canonical, text);
    treaty_schema_unref(schema);
    if (same != want)
        tap_fail(line->file, line->number, "%s: %.*s", member, (int)text.len,
                 text.data);
}

/* A normalised text is stable when normalising it again gives it. */
static void check_normal_stable(const struct corpus_line *line,
                                struct treaty_source source,
                                struct treaty_str text)
{
    const struct treaty_json *flag =
        treaty_json_get(line->json, "normal_stable");
    bool want = !flag || flag->truth;
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};
    struct treaty_buf again;

    treaty_buf_init(&again, 0);
    source.text = text;
    if (parse(&source, &schema, &err) != TREATY_OK)
        tap_fail(line->file, line->number, "normalised: %s", err.message);
    else if (treaty_proto_normalize(schema, &again, &err) != TREATY_OK)
        tap_fail(line->file, line->number, "normalised: %s", err.message);
    else if (treaty_str_eq(treaty_buf_str(&again), text) != want)
        tap_fail(line->file, line->number, "normalised twice:\n%.*s",
                 (int)again.len, again.data);
    treaty_schema_unref(schema);
    treaty_buf_release(&again);
}

static void check_normalized(const struct corpus_line *line,
                             const struct treaty_source *source,
                             const struct treaty_schema *schema,
                             struct treaty_str want)
{
    struct treaty_buf out;
    struct treaty_error err = {0};

    treaty_buf_init(&out, 0);
    if (treaty_proto_normalize(schema, &out, &err) != TREATY_OK)
        tap_fail(line->file, line->number, "normalising: %s", err.message);
    else if (corpus_same(line, "normalized", treaty_buf_str(&out), want))
        check_normal_stable(line, *source, treaty_buf_str(&out));
    treaty_buf_release(&out);
}

static struct treaty_str or_else(struct treaty_str text,
                                 struct treaty_str other)
{
    return text.data ? text : other;
}

static void check_accepted(const struct corpus_line *line,
                           const struct treaty_source *source)
{
    struct treaty_str want = corpus_text(line->json, "canonical");
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};

    if (parse(source, &schema, &err) != TREATY_OK) {
        tap_fail(line->file, line->number, "refused: %s", err.message);
        return;
    }
    corpus_same(line, "canonical", schema->canonical, want);
    corpus_same(line, "name", schema->name,
                or_else(corpus_text(line->json, "name"), TREATY_STR("")));
    check_guid(line, schema);
    check_stable(line, *source, schema->canonical, "stable");
    check_normalized(line, source, schema,
                     or_else(corpus_text(line->json, "normalized"), want));
    check_rendering(
        line, schema, "Ignore_Extensions", true,
        or_else(corpus_text(line->json, "ignore_extensions"), want));
    check_rendering(line, schema, "original", true, source->text);
    check_rendering(line, schema, "resolved", false, want);
    treaty_schema_unref(schema);
}

/* What the reference refuses has no text of its; protoc may still take it. */
static void check_refused(const struct corpus_line *line,
                          const struct treaty_source *source)
{
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};

    if (parse(source, &schema, &err) != TREATY_OK)
        return;
    if (treaty_proto_has_reference_text(treaty_proto_tree(schema)))
        tap_fail(line->file, line->number, "the reference would refuse this");
    check_stable(line, *source, schema->canonical, "stable");
    treaty_schema_unref(schema);
}

static void check_line(const struct corpus_line *line)
{
    struct treaty_source source =
        corpus_source(line->arena, corpus_text(line->json, "schema"),
                      treaty_json_get(line->json, "references"));

    if (corpus_true(line->json, "accepted"))
        check_accepted(line, &source);
    else
        check_refused(line, &source);
    tap_add_passed(1);
}

static void agrees_with_the_reference(void)
{
    corpus_each(CORPUS "parse.jsonl", check_line);
}

static void check_side(const struct corpus_line *line, const char *text,
                       const char *references, const char *canonical,
                       const char *normalized)
{
    struct treaty_source source =
        corpus_source(line->arena, corpus_text(line->json, text),
                      treaty_json_get(line->json, references));
    struct treaty_str want =
        or_else(corpus_text(line->json, canonical), source.text);
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};

    if (parse(&source, &schema, &err) != TREATY_OK) {
        tap_fail(line->file, line->number, "refused: %s", err.message);
        return;
    }
    corpus_same(line, canonical, schema->canonical, want);
    check_normalized(line, &source, schema,
                     or_else(corpus_text(line->json, normalized), want));
    treaty_schema_unref(schema);
}

static void check_pair(const struct corpus_line *line)
{
    check_side(line, "old", "old_references", "old_canonical",
               "old_normalized");
    check_side(line, "new", "new_references", "new_canonical",
               "new_normalized");
    tap_add_passed(1);
}

static void agrees_on_pairs(void)
{
    corpus_each(CORPUS "pairs.jsonl", check_pair);
}

/*
 * The reference's serializer registers what its descriptor prints as, and
 * clients may send that descriptor itself.
 */
static void check_frame(const struct corpus_line *line)
{
    struct treaty_str want = corpus_text(line->json, "registered");
    struct treaty_source source =
        corpus_source(line->arena, corpus_text(line->json, "schema"),
                      treaty_json_get(line->json, "references"));
    struct treaty_schema *schema = NULL;
    struct treaty_schema *sent = NULL;
    struct treaty_error err = {0};
    struct treaty_buf bytes;
    struct treaty_buf out;

    if (!want.data || corpus_true(line->json, "normalize"))
        return;
    treaty_buf_init(&bytes, 0);
    treaty_buf_init(&out, 0);
    if (parse(&source, &schema, &err) == TREATY_OK &&
        treaty_proto_put_reference_descriptor(treaty_proto_tree(schema), &bytes,
                                              &err) == TREATY_OK) {
        treaty_base64_put(&out, TREATY_BASE64, treaty_buf_str(&bytes));
        source.text = treaty_buf_str(&out);
        (void)parse(&source, &sent, &err);
    }
    if (!sent)
        tap_fail(line->file, line->number, "%s", err.message);
    else if (corpus_same(line, "registered", sent->canonical, want))
        tap_add_passed(1);
    treaty_schema_unref(sent);
    treaty_schema_unref(schema);
    treaty_buf_release(&bytes);
    treaty_buf_release(&out);
}

static void prints_descriptors(void)
{
    corpus_each(CORPUS "frames.jsonl", check_frame);
}

TAP_MAIN({"agrees with the reference", agrees_with_the_reference},
         {"agrees on pairs", agrees_on_pairs},
         {"prints descriptors", prints_descriptors})
