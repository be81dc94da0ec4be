/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing Canonical Form and fingerprints, against other implementations. */
#include "format/avro/fingerprint.h"
#include "unit/format/corpus.h"

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/avro/"

static struct treaty_str hex(const struct corpus_case *c, const uint8_t *bytes,
                             size_t len)
{
    struct treaty_buf out;
    struct treaty_str text;

    treaty_buf_init(&out, 0);
    treaty_buf_put_hex(&out, bytes, len);
    text = treaty_arena_dup(c->arena, treaty_buf_str(&out));
    treaty_buf_release(&out);
    return text;
}

static void check_prints(const struct corpus_case *c,
                         const struct treaty_schema *schema)
{
    struct treaty_avro_fingerprints prints;
    struct treaty_buf form;

    treaty_buf_init(&form, 0);
    CHECK_INT(treaty_avro_put_parsing_form(schema, &form, NULL), TREATY_OK);
    corpus_case_same(c, "form", treaty_buf_str(&form),
                     corpus_case_get(c, "form"));
    treaty_buf_release(&form);
    CHECK_INT(treaty_avro_fingerprint(schema, &prints, NULL), TREATY_OK);
    corpus_case_same(c, "crc64",
                     treaty_arena_printf(c->arena, "%016llx",
                                         (unsigned long long)prints.crc64),
                     corpus_case_get(c, "crc64"));
    corpus_case_same(c, "md5", hex(c, prints.md5, sizeof(prints.md5)),
                     corpus_case_get(c, "md5"));
    corpus_case_same(c, "sha256", hex(c, prints.sha256, sizeof(prints.sha256)),
                     corpus_case_get(c, "sha256"));
}

static void check_case(const struct corpus_case *c)
{
    struct treaty_source source = {.text = corpus_case_get(c, "schema"),
                                   .strictness = TREATY_STORED};
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};

    if (treaty_schema_parse(NULL, &source, &schema, &err) != TREATY_OK)
        tap_fail(c->file, c->number, "%s", err.message);
    else
        check_prints(c, schema);
    treaty_schema_unref(schema);
    tap_add_passed(1);
}

static void agrees_with_others(void)
{
    corpus_each_case(CORPUS "fingerprints.test", check_case);
}

/* The specification gives the fingerprint of no bytes at all. */
static void begins_where_the_specification_says(void)
{
    CHECK(treaty_crc64_avro("", 0) == UINT64_C(0xc15d213aa4d7a795));
}

TAP_MAIN({"agrees with others", agrees_with_others},
         {"begins where the specification says",
          begins_where_the_specification_says})
