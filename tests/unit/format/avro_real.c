/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Real schemas, read in place from the corpus of public repositories, against
 * what Apache Avro says of them: acceptance, Parsing Canonical Form,
 * fingerprint, and the differences between successive versions.
 */
#include "format/avro/fingerprint.h"
#include "unit/format/corpus.h"

#include <stdlib.h>

enum { TEXT_MAX = 16 << 20 };

static char folder[1024];

/* The folder, or NULL after marking the test as skipped. */
static const char *find_folder(const char *file)
{
    const char *env = getenv("TREATY_REAL_CORPUS");
    char path[1200];
    FILE *probe;

    if (env)
        (void)snprintf(folder, sizeof(folder), "%s/avro", env);
    else
        (void)snprintf(folder, sizeof(folder),
                       TREATY_SOURCE_DIR "/../shared/corpus/real/avro");
    (void)snprintf(path, sizeof(path), "%s/%s", folder, file);
    probe = fopen(path, "rb");
    if (!probe) {
        tap_skip("no corpus of real schemas at %s", folder);
        return NULL;
    }
    fclose(probe);
    return folder;
}

static struct treaty_schema *parse_file(const struct corpus_line *line,
                                        const char *member,
                                        enum treaty_strictness strictness,
                                        struct treaty_error *err)
{
    struct treaty_str name = corpus_text(line->json, member);
    struct treaty_str path = treaty_arena_printf(line->arena, "%s/%.*s", folder,
                                                 (int)name.len, name.data);
    struct treaty_source source = {.strictness = strictness};
    struct treaty_schema *schema = NULL;

    if (treaty_file_read(line->arena, path.data, TEXT_MAX, &source.text, err) !=
            TREATY_OK ||
        treaty_schema_parse(NULL, &source, &schema, err) != TREATY_OK)
        return NULL;
    return schema;
}

static void check_fingerprint(const struct corpus_line *line,
                              const struct treaty_schema *schema,
                              const struct treaty_json *java)
{
    struct treaty_avro_fingerprints prints;
    struct treaty_buf form;

    treaty_buf_init(&form, 0);
    CHECK_INT(treaty_avro_put_parsing_form(schema, &form, NULL), TREATY_OK);
    CHECK_INT(treaty_avro_fingerprint(schema, &prints, NULL), TREATY_OK);
    corpus_same(line, "parsing form", treaty_buf_str(&form),
                corpus_text(line->json, "canonical"));
    corpus_same(line, "crc64",
                treaty_arena_printf(line->arena, "%016llx",
                                    (unsigned long long)prints.crc64),
                corpus_text(java, "crc64_avro"));
    treaty_buf_release(&form);
}

static void check_file(const struct corpus_line *line)
{
    const struct treaty_json *java = treaty_json_get(line->json, "java");
    bool want = corpus_true(java, "accept");
    struct treaty_error err = {0};
    struct treaty_schema *schema = parse_file(line, "file", TREATY_NEW, &err);

    if (want != (schema != NULL))
        tap_fail(line->file, line->number, "%s: %s",
                 schema ? "accepted" : "refused", err.message);
    if (want && schema && corpus_text(line->json, "canonical").data)
        check_fingerprint(line, schema, java);
    treaty_schema_unref(schema);
    tap_add_passed(1);
}

static void files_agree(void)
{
    char path[1200];

    if (!find_folder("facts.jsonl"))
        return;
    (void)snprintf(path, sizeof(path), "%s/facts.jsonl", folder);
    corpus_each(path, check_file);
}

static void versions_agree(void)
{
    char path[1200];

    if (!find_folder("histories_versions.jsonl"))
        return;
    (void)snprintf(path, sizeof(path), "%s/histories_versions.jsonl", folder);
    corpus_each(path, check_file);
}

static void check_direction(const struct corpus_line *line,
                            const char *direction,
                            const struct treaty_schema *reader,
                            const struct treaty_schema *writer)
{
    const struct treaty_json *verdict = treaty_json_get(line->json, direction);
    const struct treaty_json *want =
        treaty_json_get(verdict, "incompatibilities")->child;
    struct treaty_findings findings = {.arena = line->arena};
    const struct treaty_finding *f;

    CHECK_INT(reader->format->compare(reader, writer, &findings), TREATY_OK);
    for (f = findings.first; f && want; f = f->next, want = want->next) {
        corpus_same(line, direction, treaty_str_z(f->rule),
                    corpus_text(want, "type"));
        corpus_same(line, direction, f->path, corpus_text(want, "location"));
        corpus_same(line, direction, f->detail, corpus_text(want, "message"));
    }
    if (f || want)
        tap_fail(line->file, line->number, "%s: %s finding", direction,
                 f ? "one more" : "a missing");
}

static void check_pair(const struct corpus_line *line)
{
    struct treaty_error err = {0};
    struct treaty_schema *old = parse_file(line, "old", TREATY_STORED, &err);
    struct treaty_schema *new = parse_file(line, "new", TREATY_STORED, &err);

    if (old && new) {
        check_direction(line, "backward", new, old);
        check_direction(line, "forward", old, new);
    } else {
        tap_fail(line->file, line->number, "refused: %s", err.message);
    }
    treaty_schema_unref(old);
    treaty_schema_unref(new);
    tap_add_passed(1);
}

static void histories_agree(void)
{
    char path[1200];

    if (!find_folder("histories_pairs.jsonl"))
        return;
    (void)snprintf(path, sizeof(path), "%s/histories_pairs.jsonl", folder);
    corpus_each(path, check_pair);
}

TAP_MAIN({"real files", files_agree}, {"real versions", versions_agree},
         {"real histories", histories_agree})
