/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that the reference's answers do not reach, a case a paragraph. */
#include "unit/format/corpus.h"

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/avro/"

static struct treaty_str code_text(enum treaty_code code)
{
    return treaty_str_z(treaty_code_name(code));
}

static struct treaty_schema *parse(const struct corpus_case *c,
                                   enum treaty_strictness strictness,
                                   enum treaty_code *ret_code)
{
    struct treaty_source source = {.text = corpus_case_text(c),
                                   .strictness = strictness};
    struct treaty_schema *schema = NULL;

    *ret_code = treaty_schema_parse(NULL, &source, &schema, NULL);
    return schema;
}

/* "normalized" is left out where it is the canonical text. */
static void check_texts(const struct corpus_case *c,
                        const struct treaty_schema *schema)
{
    struct treaty_str want = corpus_case_get(c, "normalized");
    struct treaty_str got;
    struct treaty_buf out;
    enum treaty_code code;

    treaty_buf_init(&out, 0);
    corpus_case_same(c, "canonical", schema->canonical,
                     corpus_case_get(c, "canonical"));
    code = schema->format->normalize(schema, &out, NULL);
    got = code ? code_text(code) : treaty_buf_str(&out);
    corpus_case_same(c, "normalized", got,
                     want.data ? want : schema->canonical);
    treaty_buf_release(&out);
}

static void check_case(const struct corpus_case *c)
{
    struct treaty_str refused = corpus_case_get(c, "refused");
    struct treaty_str stored = corpus_case_get(c, "stored");
    struct treaty_schema *schema;
    enum treaty_code code;

    schema = parse(c, TREATY_NEW, &code);
    corpus_case_same(c, "refused", code ? code_text(code) : TREATY_STR(""),
                     refused);
    if (schema)
        check_texts(c, schema);
    treaty_schema_unref(schema);

    schema = parse(c, TREATY_STORED, &code);
    corpus_case_same(c, "stored", code ? code_text(code) : TREATY_STR(""),
                     stored.data ? stored : refused);
    if (schema && refused.data)
        check_texts(c, schema);
    treaty_schema_unref(schema);
    tap_add_passed(1);
}

static void texts_follow_the_rules(void)
{
    corpus_each_case(CORPUS "texts.test", check_case);
}

TAP_MAIN({"texts follow the rules", texts_follow_the_rules})
