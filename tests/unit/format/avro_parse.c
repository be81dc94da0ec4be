/* SPDX-License-Identifier: Apache-2.0 */
/* What the reference registry accepts, stores and normalises. */
#include "unit/format/corpus.h"

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/avro/"

static struct treaty_str
print(const struct corpus_line *line, const struct treaty_schema *schema,
      enum treaty_code (*fn)(const struct treaty_schema *, struct treaty_buf *,
                             struct treaty_error *),
      enum treaty_code *ret_code)
{
    struct treaty_buf out;
    struct treaty_str text;

    treaty_buf_init(&out, 0);
    *ret_code = fn(schema, &out, NULL);
    text = treaty_arena_dup(line->arena, treaty_buf_str(&out));
    treaty_buf_release(&out);
    return text;
}

static void check_refused(const struct corpus_line *line,
                          struct treaty_source *source)
{
    bool as_stored = corpus_true(line->json, "accepted_as_stored");
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};
    enum treaty_code code = treaty_schema_parse(NULL, source, &schema, &err);

    if (code == TREATY_OK)
        tap_fail(line->file, line->number, "accepted, but is to be refused");
    else if (err.message[0] == '\0' || err.code != code)
        tap_fail(line->file, line->number, "refused without a message");
    treaty_schema_unref(schema);
    schema = NULL;

    source->strictness = TREATY_STORED;
    code = treaty_schema_parse(NULL, source, &schema, &err);
    if ((code == TREATY_OK) != as_stored)
        tap_fail(line->file, line->number, "as stored: %s (%s)",
                 code ? "refused" : "accepted", code ? err.message : "");
    treaty_schema_unref(schema);
}

static void check_guid(const struct corpus_line *line,
                       const struct treaty_schema *schema)
{
    uint8_t guid[16];
    uint8_t parsed[16];
    char text[37];

    if (treaty_schema_guid(schema->canonical, schema->references,
                           schema->reference_count, guid) != TREATY_OK)
        tap_fail(line->file, line->number, "no GUID");
    treaty_guid_print(guid, text);
    corpus_same(line, "guid", treaty_str_z(text),
                corpus_text(line->json, "guid"));
    if (!treaty_guid_parse(treaty_str_z(text), parsed) ||
        memcmp(parsed, guid, sizeof(guid)) != 0)
        tap_fail(line->file, line->number, "the GUID does not read back");
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
    if (treaty_schema_parse(NULL, &source, &schema, &err) == TREATY_OK)
        same = treaty_str_eq(schema->canonical, text);
    if (same != want)
        tap_fail(line->file, line->number, "%s: %.*s", member, (int)text.len,
                 text.data);
    treaty_schema_unref(schema);
}

static void check_normalized(const struct corpus_line *line,
                             const struct treaty_source *source,
                             const struct treaty_schema *schema)
{
    bool fails = corpus_true(line->json, "normalize_fails");
    struct treaty_str want = corpus_text(line->json, "normalized");
    enum treaty_code code;
    struct treaty_str got =
        print(line, schema, schema->format->normalize, &code);

    if (!want.data)
        want = corpus_text(line->json, "canonical");
    if (fails || code) {
        if (!fails || code != TREATY_ESCHEMA)
            tap_fail(line->file, line->number, "normalising: code %d", code);
        return;
    }
    if (corpus_same(line, "normalized", got, want))
        check_stable(line, *source, got, "normal_stable");
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

static void check_accepted(const struct corpus_line *line,
                           const struct treaty_source *source)
{
    struct treaty_str resolved = corpus_text(line->json, "resolved");
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};
    enum treaty_code code = treaty_schema_parse(NULL, source, &schema, &err);

    if (code) {
        tap_fail(line->file, line->number, "refused: %s", err.message);
        return;
    }
    corpus_same(line, "canonical", schema->canonical,
                corpus_text(line->json, "canonical"));
    corpus_same(line, "name", schema->name, corpus_text(line->json, "name"));
    check_guid(line, schema);
    check_stable(line, *source, schema->canonical, "stable");
    check_normalized(line, source, schema);
    if (resolved.data)
        check_rendering(line, schema, "Resolved", true, resolved);
    check_rendering(line, schema, "Original", true, schema->text);
    check_rendering(line, schema, "", true, schema->canonical);
    check_rendering(line, schema, "serialized", false, schema->canonical);
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

TAP_MAIN({"agrees with the reference", agrees_with_the_reference})
