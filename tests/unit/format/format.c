/* SPDX-License-Identifier: Apache-2.0 */
/* What is the same in every format: rows, counts, GUIDs. */
#include "format/format.h"
#include "harness/tap.h"

static void rows_are_found_by_name(void)
{
    CHECK(treaty_format_find(TREATY_STR("AVRO")) == &treaty_format_avro);
    CHECK(treaty_format_find(TREATY_STR("avro")) == &treaty_format_avro);
    CHECK(treaty_format_find(TREATY_STR("")) == &treaty_format_avro);
    CHECK(treaty_format_find(TREATY_STR("AVR")) == NULL);
    CHECK(treaty_format_find(TREATY_STR("AVROX")) == NULL);
    CHECK(treaty_format_list()[0] == &treaty_format_avro);
}

static void a_schema_lives_as_long_as_its_counts(void)
{
    const struct treaty_reference reference = {TREATY_STR("r.N"),
                                               TREATY_STR("r-value"), 3};
    const struct treaty_source source = {.text = TREATY_STR(" \"int\" "),
                                         .references = &reference,
                                         .reference_count = 1};
    struct treaty_schema *schema = NULL;

    CHECK_INT(treaty_schema_parse(NULL, &source, &schema, NULL), TREATY_OK);
    CHECK(treaty_schema_ref(schema) == schema);
    treaty_schema_unref(schema);
    CHECK_STR_Z(schema->canonical, "\"int\"");
    CHECK_STR_Z(schema->text, " \"int\" ");
    CHECK_INT(schema->reference_count, 1);
    CHECK(schema->references[0].name.data != reference.name.data);
    CHECK_STR_Z(schema->references[0].subject, "r-value");
    CHECK_INT(schema->references[0].version, 3);
    treaty_schema_unref(schema);
    treaty_schema_unref(NULL);
}

/* With and without dashes, in any case; nothing else. */
static void guids_are_read(void)
{
    static const char *const wrong[] = {
        "",
        "00112233-4455-6677-8899-aabbccddeef",
        "00112233-4455-6677-8899-aabbccddeefff",
        "0011223344556677-8899-aabbccddeeff--",
        "00112233+4455-6677-8899-aabbccddeeff",
        "00112233-4455-6677-8899-aabbccddeefg",
        "00112233-4455-6677-8899-aabbccddee f",
        "00112233445566778899aabbccddeef",
        "00112233445566778899aabbccddeeg0",
    };
    uint8_t guid[16] = {0};
    char text[37];

    CHECK(treaty_guid_parse(TREATY_STR("00112233-4455-6677-8899-AABBccddeeFF"),
                            guid));
    treaty_guid_print(guid, text);
    CHECK_STR_Z(treaty_str_z(text), "00112233-4455-6677-8899-aabbccddeeff");
    CHECK(treaty_guid_parse(TREATY_STR("ffeeddccbbaa99887766554433221100"),
                            guid));
    treaty_guid_print(guid, text);
    CHECK_STR_Z(treaty_str_z(text), "ffeeddcc-bbaa-9988-7766-554433221100");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        CHECK(!treaty_guid_parse(treaty_str_z(wrong[i]), guid));
    CHECK_INT(guid[0], 0xff); /* untouched by the wrong ones */
}

/* Name, subject and version of each reference count, in their order. */
static void references_count_in_guids(void)
{
    const struct treaty_reference a = {TREATY_STR("a"), TREATY_STR("s"), 1};
    const struct treaty_reference b = {TREATY_STR("b"), TREATY_STR("s"), 1};
    const struct treaty_reference c = {TREATY_STR("a"), TREATY_STR("s"), 2};
    const struct treaty_reference lists[][2] = {{a, b}, {b, a}, {a, a}, {c, b}};
    uint8_t guids[4][16];

    for (size_t i = 0; i < 4; i++) {
        CHECK_INT(
            treaty_schema_guid(TREATY_STR("\"int\""), lists[i], 2, guids[i]),
            TREATY_OK);
        for (size_t j = 0; j < i; j++)
            CHECK(memcmp(guids[i], guids[j], 16) != 0);
    }
}

TAP_MAIN({"rows are found by name", rows_are_found_by_name},
         {"a schema lives as long as its counts",
          a_schema_lives_as_long_as_its_counts},
         {"GUIDs are read", guids_are_read},
         {"references count in GUIDs", references_count_in_guids})
