/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that runs out while two .proto files are compared, by any rules. */
#include "format/protobuf/format.h"
#include "harness/starve.h"
#include "unit/format/corpus.h"

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/protobuf/"

static const enum treaty_rules rules[] = {
    TREATY_RULES_CONFLUENT,
    TREATY_RULES_CONFLUENT_8_3,
    TREATY_RULES_WIRE,
    TREATY_RULES_WIRE_JSON,
};

static enum treaty_code compare(const struct treaty_schema *new,
                                const struct treaty_schema *old,
                                enum treaty_rules which)
{
    struct treaty_arena arena = {0};
    struct treaty_findings findings = {.arena = &arena, .rules = which};
    enum treaty_code code = new->format->compare(new, old, &findings);

    treaty_arena_release(&arena);
    return code;
}

static void run_out(const char *file, int number,
                    const struct treaty_schema *new,
                    const struct treaty_schema *old, enum treaty_rules which)
{
    long at = 0;
    bool hit;

    do {
        long before = starve_live;
        enum treaty_code code;

        starve_at(++at);
        code = compare(new, old, which);
        hit = starve_end();
        if (code != TREATY_ENOMEM && (code || hit))
            tap_fail(file, number, "code %d at allocation %ld", code, at);
        if (starve_live != before)
            tap_fail(file, number, "a leak at allocation %ld", at);
    } while (hit);
    tap_add_passed(1);
}

static void check_line(const struct corpus_line *line)
{
    struct treaty_schema *old = corpus_parse_side(line, &treaty_format_protobuf,
                                                  "old", "old_references");
    struct treaty_schema *new = corpus_parse_side(line, &treaty_format_protobuf,
                                                  "new", "new_references");

    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        run_out(line->file, line->number, new, old, rules[i]);
    treaty_schema_unref(old);
    treaty_schema_unref(new);
}

/* A case of wire.test has its files behind "<" and ">". */
static struct treaty_schema *parse_case(const struct corpus_case *c, char mark)
{
    struct treaty_source source = {.strictness = TREATY_STORED};
    struct treaty_str rest = c->lines;
    struct treaty_schema *schema = NULL;
    struct treaty_str line;

    while (treaty_str_split(&rest, '\n', &line)) {
        if (line.len && line.data[0] == mark)
            source.text = treaty_str_sub(line, 2, line.len);
    }
    CHECK_INT(
        treaty_schema_parse(&treaty_format_protobuf, &source, &schema, NULL),
        TREATY_OK);
    return schema;
}

static void check_case(const struct corpus_case *c)
{
    struct treaty_schema *old;
    struct treaty_schema *new;

    if (!corpus_case_get(c, "case").data)
        return;
    old = parse_case(c, '<');
    new = parse_case(c, '>');
    run_out(c->file, c->number, new, old, TREATY_RULES_WIRE_JSON);
    treaty_schema_unref(old);
    treaty_schema_unref(new);
}

static void runs_out_while_comparing(void)
{
    if (!STARVE_CAN) {
        tap_skip("a sanitizer has the allocator");
        return;
    }
    corpus_each(CORPUS "pairs.jsonl", check_line);
    corpus_each_case(CORPUS "wire.test", check_case);
}

TAP_MAIN({"runs out while comparing", runs_out_while_comparing})
