/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Real .proto files and their successors, read in place from the corpus of
 * public repositories, against what `buf breaking` says of each pair under its
 * categories WIRE and WIRE_JSON: every rule, and where it points.
 */
#include "base/locate.h"
#include "format/protobuf/format.h"
#include "unit/format/proto_library.h"

#include <stdlib.h>

static struct treaty_schema *parse_file(const struct corpus_line *line,
                                        const char *member)
{
    struct treaty_source source = library_source(
        library_read(line->arena, "", corpus_text(line->json, member)));
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};

    source.strictness = TREATY_STRICT;
    if (treaty_schema_parse(&treaty_format_protobuf, &source, &schema, &err) !=
        TREATY_OK)
        tap_fail(line->file, line->number, "%s: %s", member, err.message);
    return schema;
}

static int compare_texts(const void *a, const void *b)
{
    const struct treaty_str *x = a;
    const struct treaty_str *y = b;

    return treaty_str_cmp(*x, *y);
}

/* One line a finding, sorted, so that multisets become texts. */
static struct treaty_str sort_lines(struct treaty_arena *arena,
                                    struct treaty_str *lines, size_t count)
{
    struct treaty_str all = TREATY_STR("");

    qsort(lines, count, sizeof(lines[0]), compare_texts);
    for (size_t i = 0; i < count; i++)
        all = treaty_arena_join(arena, all, '\n', lines[i]);
    return all;
}

static bool has_category(const struct treaty_json *finding,
                         const char *category)
{
    const struct treaty_json *list = treaty_json_get(finding, "categories");

    for (const struct treaty_json *c = list->child; c; c = c->next) {
        if (treaty_str_eq_z(c->text, category))
            return true;
    }
    return false;
}

static int64_t number_of(const struct treaty_json *finding, const char *name)
{
    const struct treaty_json *member = treaty_json_get(finding, name);
    int64_t number = 0;

    if (member && member->kind == TREATY_JSON_NUMBER)
        (void)treaty_json_to_i64(member, &number);
    return number;
}

static struct treaty_str list_wanted(const struct corpus_line *line,
                                     const char *category)
{
    const struct treaty_json *list = treaty_json_get(line->json, "findings");
    struct treaty_str *lines =
        TREATY_ARENA_NEW_N(line->arena, struct treaty_str, list->count + 1);
    size_t count = 0;

    for (const struct treaty_json *f = list->child; f; f = f->next) {
        struct treaty_str rule = corpus_text(f, "rule");

        if (has_category(f, category))
            lines[count++] = treaty_arena_printf(
                line->arena, "%.*s %d:%d", (int)rule.len, rule.data,
                (int)number_of(f, "line"), (int)number_of(f, "column"));
    }
    return sort_lines(line->arena, lines, count);
}

/* As compilers of .proto files count: from 1, a tab going to a multiple of 8.
 */
static int column_of(struct treaty_str text, size_t pos)
{
    size_t start = pos;
    size_t column = 0;

    while (start > 0 && text.data[start - 1] != '\n')
        start--;
    for (; start < pos; start++)
        column += text.data[start] == '\t' ? 8 - column % 8 : 1;
    return (int)column + 1;
}

static struct treaty_str list_found(const struct corpus_line *line,
                                    const struct treaty_findings *findings,
                                    struct treaty_str text)
{
    struct treaty_str *lines =
        TREATY_ARENA_NEW_N(line->arena, struct treaty_str, findings->count + 1);
    size_t count = 0;

    for (const struct treaty_finding *f = findings->first; f; f = f->next) {
        lines[count++] =
            treaty_arena_printf(line->arena, "%s %d:%d", f->rule,
                                (int)treaty_locate(text, f->reader_pos).line,
                                column_of(text, f->reader_pos));
    }
    return sort_lines(line->arena, lines, count);
}

static void check_category(const struct corpus_line *line, const char *category,
                           enum treaty_rules rules,
                           const struct treaty_schema *old,
                           const struct treaty_schema *new)
{
    struct treaty_findings findings = {.arena = line->arena, .rules = rules};

    CHECK_INT(new->format->compare(new, old, &findings), TREATY_OK);
    corpus_same(line, category, list_found(line, &findings, new->text),
                list_wanted(line, category));
    tap_add_passed(1);
}

static void check_pair(const struct corpus_line *line)
{
    struct treaty_schema *old = parse_file(line, "old");
    struct treaty_schema *new = parse_file(line, "new");

    if (old && new) {
        check_category(line, "WIRE", TREATY_RULES_WIRE, old, new);
        check_category(line, "WIRE_JSON", TREATY_RULES_WIRE_JSON, old, new);
    }
    treaty_schema_unref(old);
    treaty_schema_unref(new);
}

static void histories_agree(void)
{
    library_each("histories_pairs.jsonl", check_pair);
}

TAP_MAIN({"real histories", histories_agree})
