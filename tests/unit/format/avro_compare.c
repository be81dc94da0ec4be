/* SPDX-License-Identifier: Apache-2.0 */
/* Confluent's verdict on every pair, both ways, with every difference. */
#include "unit/format/corpus.h"

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/avro/"

/* Pairs whose canonical and normalised texts are in the corpus too. */
struct side {
    const char *text;
    const char *references;
    const char *canonical;
    const char *normalized;
    const char *normalize_fails;
};

static const struct side sides[] = {
    {"old", "old_references", "old_canonical", "old_normalized",
     "old_normalize_fails"},
    {"new", "new_references", "new_canonical", "new_normalized",
     "new_normalize_fails"},
};

static void check_texts(const struct corpus_line *line, const struct side *side,
                        const struct treaty_schema *schema)
{
    struct treaty_str canonical = corpus_text(line->json, side->canonical);
    struct treaty_str normalized = corpus_text(line->json, side->normalized);
    bool fails = corpus_true(line->json, side->normalize_fails);
    struct treaty_buf out;

    if (!canonical.data)
        canonical = corpus_text(line->json, side->text);
    if (!normalized.data)
        normalized = canonical;
    corpus_same(line, side->canonical, schema->canonical, canonical);
    treaty_buf_init(&out, 0);
    if (schema->format->normalize(schema, &out, NULL) != TREATY_OK) {
        if (!fails)
            tap_fail(line->file, line->number, "%s: fails", side->normalized);
    } else {
        corpus_same(line, side->normalized, treaty_buf_str(&out), normalized);
    }
    treaty_buf_release(&out);
}

static struct treaty_str list_wanted(const struct corpus_line *line,
                                     const struct treaty_json *verdict)
{
    const struct treaty_json *list = treaty_json_get(verdict, "differences");
    struct treaty_str *lines =
        TREATY_ARENA_NEW_N(line->arena, struct treaty_str, list->count + 1);
    size_t count = 0;

    if (corpus_true(verdict, "exception"))
        return TREATY_STR("exception");
    for (const struct treaty_json *d = list->child; d; d = d->next) {
        const struct treaty_json *type = d->child;

        lines[count++] = treaty_arena_printf(
            line->arena, "%.*s %.*s %.*s", (int)type->text.len, type->text.data,
            (int)type->next->text.len, type->next->text.data,
            (int)type->next->next->text.len, type->next->next->text.data);
    }
    return corpus_sort_lines(line->arena, lines, count);
}

static struct treaty_str list_found(const struct corpus_line *line,
                                    const struct treaty_findings *findings)
{
    struct treaty_str *lines =
        TREATY_ARENA_NEW_N(line->arena, struct treaty_str, findings->count + 1);
    size_t count = 0;

    for (const struct treaty_finding *f = findings->first; f; f = f->next) {
        if (strcmp(f->rule, "READER_FIELD_AMBIGUOUS") == 0)
            return TREATY_STR("exception");
        lines[count++] = treaty_arena_printf(
            line->arena, "%s %.*s %.*s", f->rule, (int)f->path.len,
            f->path.data, (int)f->detail.len, f->detail.data);
        if (f->reader_pos == TREATY_NO_OFFSET &&
            !treaty_json_get(line->json, "new_references"))
            tap_fail(line->file, line->number, "a finding without position");
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

    if (reader->format->compare(reader, writer, &findings) != TREATY_OK)
        tap_fail(line->file, line->number, "%s: no verdict", direction);
    if ((findings.breaking == 0) != corpus_true(verdict, "compatible"))
        tap_fail(line->file, line->number, "%s: wrong verdict", direction);
    corpus_same(line, direction, list_found(line, &findings),
                list_wanted(line, verdict));
    tap_add_passed(1);
}

static void check_line(const struct corpus_line *line)
{
    struct treaty_schema *old =
        corpus_parse_side(line, NULL, sides[0].text, sides[0].references);
    struct treaty_schema *new =
        corpus_parse_side(line, NULL, sides[1].text, sides[1].references);

    if (old && new) {
        check_texts(line, &sides[0], old);
        check_texts(line, &sides[1], new);
        check_direction(line, "backward", new, old);
        check_direction(line, "forward", old, new);
    }
    treaty_schema_unref(old);
    treaty_schema_unref(new);
}

static void agrees_on_every_pair(void)
{
    corpus_each(CORPUS "pairs.jsonl", check_line);
}

/* The positions of the first difference, as the texts from there on. */
static void check_places(const char *old_text, const char *new_text,
                         const char *writer_place, const char *reader_place)
{
    struct treaty_arena arena = {0};
    struct treaty_findings findings = {.arena = &arena};
    struct treaty_source old = {.text = treaty_str_z(old_text)};
    struct treaty_source new = {.text = treaty_str_z(new_text)};
    struct treaty_schema *writer = NULL;
    struct treaty_schema *reader = NULL;

    CHECK_INT(treaty_schema_parse(NULL, &old, &writer, NULL), TREATY_OK);
    CHECK_INT(treaty_schema_parse(NULL, &new, &reader, NULL), TREATY_OK);
    CHECK_INT(treaty_format_avro.compare(reader, writer, &findings), TREATY_OK);
    if (CHECK(findings.count > 0)) {
        CHECK(strncmp(new_text + findings.first->reader_pos, reader_place,
                      strlen(reader_place)) == 0);
        CHECK(strncmp(old_text + findings.first->writer_pos, writer_place,
                      strlen(writer_place)) == 0);
    }
    treaty_schema_unref(writer);
    treaty_schema_unref(reader);
    treaty_arena_release(&arena);
}

/* A type is where it is used, a name where it is defined. */
static void points_at_the_places(void)
{
    check_places("{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                 "{\"name\":\"a\",\"type\":\"string\"}]}",
                 "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                 "{\"name\":\"a\",\"type\":\"R\"}]}",
                 "\"string\"}]}", "\"R\"}]}");
    check_places("[\"null\",\"int\"]", "[\"null\"]", "\"int\"", "[");
    check_places("{\"type\":\"array\",\"items\":[\"int\",\"bytes\"]}",
                 "{\"type\":\"array\",\"items\":\"long\"}", "\"bytes\"]",
                 "\"long\"");
    check_places("{\"type\":\"map\",\"values\":{\"type\":\"fixed\","
                 "\"name\":\"F\",\"size\":1}}",
                 "{\"type\":\"map\",\"values\":{\"type\":\"fixed\","
                 "\"name\":\"G\",\"size\":1}}",
                 "{\"type\":\"fixed\",\"name\":\"F\"",
                 "{\"type\":\"fixed\",\"name\":\"G\"");
    check_places("{\"type\":\"record\",\"name\":\"R\",\"fields\":[]}",
                 "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                 "{\"type\":\"int\",\"name\":\"new\"}]}",
                 "{\"type\":\"record\"", "\"new\"}]}");
}

TAP_MAIN({"agrees on every pair", agrees_on_every_pair},
         {"points at the places", points_at_the_places})
