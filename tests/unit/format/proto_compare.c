/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Confluent's verdict on every pair of .proto files, both ways, with every
 * difference, the harmless ones too; and the verdicts of release 8.3.
 */
#include "format/protobuf/format.h"
#include "unit/format/corpus.h"

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/protobuf/"

static struct treaty_str list_wanted(const struct corpus_line *line,
                                     const struct treaty_json *verdict,
                                     const char *which)
{
    const struct treaty_json *list = treaty_json_get(verdict, which);
    const struct treaty_json *d = list ? list->child : NULL;
    struct treaty_str *lines = TREATY_ARENA_NEW_N(
        line->arena, struct treaty_str, list ? list->count + 1 : 1);
    size_t count = 0;

    for (; d; d = d->next) {
        struct treaty_str type = d->child->text;
        struct treaty_str path = d->child->next->text;

        lines[count++] =
            treaty_arena_printf(line->arena, "%.*s %.*s", (int)type.len,
                                type.data, (int)path.len, path.data);
    }
    return corpus_sort_lines(line->arena, lines, count);
}

static struct treaty_str list_found(const struct corpus_line *line,
                                    const struct treaty_findings *findings,
                                    bool breaking)
{
    struct treaty_str *lines =
        TREATY_ARENA_NEW_N(line->arena, struct treaty_str, findings->count + 1);
    size_t count = 0;

    for (const struct treaty_finding *f = findings->first; f; f = f->next) {
        if (f->breaking != breaking)
            continue;
        lines[count++] = treaty_arena_printf(line->arena, "%s %.*s", f->rule,
                                             (int)f->path.len, f->path.data);
    }
    return corpus_sort_lines(line->arena, lines, count);
}

static void check_direction(const struct corpus_line *line,
                            const char *direction,
                            const struct treaty_schema *reader,
                            const struct treaty_schema *writer)
{
    const struct treaty_json *verdict = treaty_json_get(line->json, direction);
    struct treaty_findings findings = {.arena = line->arena};

    CHECK_INT(reader->format->compare(reader, writer, &findings), TREATY_OK);
    if ((findings.breaking == 0) != corpus_true(verdict, "compatible"))
        tap_fail(line->file, line->number, "%s: wrong verdict", direction);
    corpus_same(line, direction, list_found(line, &findings, true),
                list_wanted(line, verdict, "differences"));
    corpus_same(line, direction, list_found(line, &findings, false),
                list_wanted(line, verdict, "harmless"));
    tap_add_passed(1);
}

/* What release 8.3 says, where the corpus has it say something else. */
static void check_release(const struct corpus_line *line, const char *direction,
                          const struct treaty_schema *reader,
                          const struct treaty_schema *writer)
{
    const struct treaty_json *other =
        treaty_json_get(line->json, "release_8_3_1");
    const struct treaty_json *said =
        other ? treaty_json_get(other, direction) : NULL;
    struct treaty_findings findings = {.arena = line->arena,
                                       .rules = TREATY_RULES_CONFLUENT_8_3};
    bool want =
        corpus_true(treaty_json_get(line->json, direction), "compatible");

    if (said)
        want = said->truth;
    CHECK_INT(reader->format->compare(reader, writer, &findings), TREATY_OK);
    if ((findings.breaking == 0) != want)
        tap_fail(line->file, line->number, "%s: wrong verdict of 8.3",
                 direction);
    tap_add_passed(1);
}

static void check_line(const struct corpus_line *line)
{
    struct treaty_schema *old = corpus_parse_side(line, &treaty_format_protobuf,
                                                  "old", "old_references");
    struct treaty_schema *new = corpus_parse_side(line, &treaty_format_protobuf,
                                                  "new", "new_references");

    if (old && new) {
        check_direction(line, "backward", new, old);
        check_direction(line, "forward", old, new);
        check_release(line, "backward", new, old);
        check_release(line, "forward", old, new);
    }
    treaty_schema_unref(old);
    treaty_schema_unref(new);
}

static void agrees_on_every_pair(void)
{
    corpus_each(CORPUS "pairs.jsonl", check_line);
}

TAP_MAIN({"agrees on every pair", agrees_on_every_pair})
