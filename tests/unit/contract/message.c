/* SPDX-License-Identifier: Apache-2.0 */
/* What people are told: each rule's sentence and advice, and the rest. */
#include "contract/contract.h"
#include "format/protobuf/wire_rules.h"
#include "harness/tap.h"

static const char *const rules[] = {
    "FIXED_SIZE_MISMATCH",
    "TYPE_MISMATCH",
    "NAME_MISMATCH",
    "MISSING_ENUM_SYMBOLS",
    "MISSING_UNION_BRANCH",
    "READER_FIELD_MISSING_DEFAULT_VALUE",
    "READER_FIELD_AMBIGUOUS",
    "PACKAGE_CHANGED",
    "MESSAGE_REMOVED",
    "FIELD_KIND_CHANGED",
    "FIELD_SCALAR_KIND_CHANGED",
    "FIELD_NAMED_TYPE_CHANGED",
    "FIELD_NUMERIC_LABEL_CHANGED",
    "REQUIRED_FIELD_ADDED",
    "REQUIRED_FIELD_REMOVED",
    "ONEOF_FIELD_REMOVED",
    "MULTIPLE_FIELDS_MOVED_TO_ONEOF",
    "FIELD_MOVED_TO_EXISTING_ONEOF",
};

/* Those that have no direction: buf's. */
static const char *const undirected[] = {
#define RULE_NAME(name, wire, json) #name,
    TREATY_PROTO_WIRE_RULES(RULE_NAME)
#undef RULE_NAME
};

static bool holds(struct treaty_str text, const char *part)
{
    return memmem(text.data, text.len, part, strlen(part)) != NULL;
}

/* The reader is the new schema or the old one, and no letter is left over. */
static void each_rule_speaks(void)
{
    struct treaty_arena arena = {0};

    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        const struct treaty_finding finding = {.rule = rules[i]};
        struct treaty_str back =
            treaty_finding_sentence(&arena, &finding, TREATY_BACKWARD);
        struct treaty_str forth =
            treaty_finding_sentence(&arena, &finding, TREATY_FORWARD);
        struct treaty_str advice =
            treaty_finding_advice(&arena, &finding, TREATY_BACKWARD);

        CHECK(holds(back, "the new schema") || holds(back, "the old schema"));
        CHECK(!treaty_str_eq(back, forth));
        CHECK(!holds(back, "%") && !holds(forth, "%") && !holds(advice, "%"));
        CHECK(advice.len > 10);
        for (size_t j = 0; j < i; j++) {
            const struct treaty_finding other = {.rule = rules[j]};

            CHECK(!treaty_str_eq(back, treaty_finding_sentence(
                                           &arena, &other, TREATY_BACKWARD)));
        }
    }
    treaty_arena_release(&arena);
}

static void each_undirected_rule_speaks(void)
{
    const struct treaty_finding unknown = {.rule = "SOMETHING_ELSE"};
    struct treaty_arena arena = {0};
    struct treaty_str general =
        treaty_finding_sentence(&arena, &unknown, TREATY_BACKWARD);

    for (size_t i = 0; i < sizeof(undirected) / sizeof(undirected[0]); i++) {
        const struct treaty_finding finding = {.rule = undirected[i]};
        struct treaty_str sentence =
            treaty_finding_sentence(&arena, &finding, TREATY_BACKWARD);

        CHECK(!treaty_str_eq(sentence, general));
        CHECK(!holds(sentence, "%"));
        CHECK(treaty_finding_advice(&arena, &finding, TREATY_BACKWARD).len >
              10);
    }
    treaty_arena_release(&arena);
}

static void an_unknown_rule_speaks_too(void)
{
    const struct treaty_finding finding = {.rule = "SOMETHING_ELSE"};
    struct treaty_arena arena = {0};

    CHECK_STR_Z(treaty_finding_sentence(&arena, &finding, TREATY_FORWARD),
                "the old schema cannot read all that the new schema writes");
    treaty_arena_release(&arena);
}

static void a_sentence_in_full(void)
{
    const struct treaty_finding finding = {.rule = "MISSING_UNION_BRANCH"};
    struct treaty_arena arena = {0};

    CHECK_STR_Z(treaty_finding_sentence(&arena, &finding, TREATY_BACKWARD),
                "the union in the new schema has no branch for a type that "
                "the old schema writes");
    CHECK_STR_Z(treaty_finding_advice(&arena, &finding, TREATY_FORWARD),
                "keep the branch in the old schema's union");
    treaty_arena_release(&arena);
}

/* Schemas of different formats are not compared at all. */
static void formats_differ(void)
{
    static const struct treaty_format other = {.name = "OTHER"};
    const struct treaty_source source = {.text = TREATY_STR("\"int\"")};
    struct treaty_schema alien = {.format = &other,
                                  .canonical = TREATY_STR("int")};
    const struct treaty_past past = {4, &alien};
    const struct treaty_history history = {&past, 1};
    struct treaty_contract_options options = {.level = TREATY_LEVEL_BACKWARD,
                                              .plans = true};
    struct treaty_arena arena = {0};
    const struct treaty_str *messages;
    struct treaty_schema *schema = NULL;
    struct treaty_verdict verdict;
    size_t count = 0;

    CHECK_INT(treaty_schema_parse(NULL, &source, &schema, NULL), TREATY_OK);
    CHECK_INT(treaty_contract_check(&arena, schema, &history, &options,
                                    &verdict, NULL),
              TREATY_OK);
    CHECK(!verdict.compatible && !verdict.sound);
    CHECK(verdict.failed && verdict.failed->types_differ);
    CHECK_INT(treaty_verdict_messages(&arena, &verdict, &messages, &count),
              TREATY_OK);
    if (CHECK_INT(count, 4)) {
        CHECK(holds(messages[0], "OTHER"));
        CHECK_STR_Z(messages[1], "{oldSchemaVersion: 4}");
        CHECK_STR_Z(messages[2], "{oldSchema: 'int'}");
        CHECK_STR_Z(messages[3],
                    "{validateFields: 'false', compatibility: 'BACKWARD'}");
    }
    treaty_schema_unref(schema);
    treaty_arena_release(&arena);
}

/* What the order of an upgrade is called, all different. */
static void upgrades_have_names(void)
{
    for (int i = TREATY_UPGRADE_ANY; i <= TREATY_UPGRADE_NONE; i++) {
        for (int j = TREATY_UPGRADE_ANY; j < i; j++)
            CHECK(strcmp(treaty_upgrade_text((enum treaty_upgrade)i),
                         treaty_upgrade_text((enum treaty_upgrade)j)) != 0);
    }
}

TAP_MAIN({"each rule speaks", each_rule_speaks},
         {"each undirected rule speaks", each_undirected_rule_speaks},
         {"an unknown rule speaks too", an_unknown_rule_speaks_too},
         {"a sentence in full", a_sentence_in_full},
         {"formats differ", formats_differ},
         {"upgrades have names", upgrades_have_names})
