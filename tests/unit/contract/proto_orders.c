/* SPDX-License-Identifier: Apache-2.0 */
/* The Order schemas in Protobuf are what schemas/README.md says they are. */
#include "base/file.h"
#include "base/str.h"
#include "contract/contract.h"
#include "format/protobuf/format.h"
#include "harness/tap.h"

#include <stdio.h>

/* As strict as protoc, so that it takes them, too. */
static struct treaty_schema *load(const char *name)
{
    struct treaty_source source = {.strictness = TREATY_STRICT};
    struct treaty_arena arena = {0};
    struct treaty_schema *schema = NULL;
    struct treaty_error err = {0};
    char path[512];

    (void)snprintf(path, sizeof(path), "%s/schemas/order/protobuf/%s.proto",
                   TREATY_SOURCE_DIR, name);
    if (treaty_file_read(&arena, path, 1 << 20, &source.text, &err) ||
        treaty_schema_parse(&treaty_format_protobuf, &source, &schema, &err))
        tap_fail(path, 1, "%s at %zu", err.message, err.offset);
    else
        CHECK_STR_Z(schema->name, "treaty.example.Order");
    treaty_arena_release(&arena);
    return schema;
}

/* Versions before `proposed`, newest first. */
struct past {
    struct treaty_past items[8];
    size_t count;
};

static void add_past(struct past *past, const char *name)
{
    struct treaty_schema *schema = load(name);

    if (schema)
        past->items[past->count++] = (struct treaty_past){0, schema};
}

static void forget_past(struct past *past)
{
    for (size_t i = 0; i < past->count; i++)
        treaty_schema_unref(past->items[i].schema);
}

static bool allows(const struct past *past, struct treaty_schema *proposed,
                   enum treaty_level level, enum treaty_rules rules)
{
    struct treaty_contract_options options = {.level = level, .rules = rules};
    struct treaty_history history = {past->items, past->count};
    struct treaty_arena arena = {0};
    struct treaty_verdict verdict = {0};

    CHECK_INT(treaty_contract_check(&arena, proposed, &history, &options,
                                    &verdict, NULL),
              TREATY_OK);
    treaty_arena_release(&arena);
    return verdict.compatible;
}

static void versions_follow_each_other(void)
{
    static const bool json[] = {[2] = true,  [3] = true, [4] = true,
                                [5] = false, [6] = true, [7] = false};

    for (int version = 2; version <= 7; version++) {
        struct past all = {.count = 0};
        struct past last = {.count = 0};
        struct treaty_schema *proposed;
        char name[16];

        for (int older = version - 1; older >= 1; older--) {
            (void)snprintf(name, sizeof(name), "order-v%d", older);
            add_past(&all, name);
        }
        (void)snprintf(name, sizeof(name), "order-v%d", version - 1);
        add_past(&last, name);
        (void)snprintf(name, sizeof(name), "order-v%d", version);
        proposed = load(name);
        CHECK(allows(&all, proposed, TREATY_LEVEL_FULL_TRANSITIVE,
                     TREATY_RULES_CONFLUENT));
        CHECK(allows(&last, proposed, TREATY_LEVEL_FULL, TREATY_RULES_WIRE));
        if (allows(&last, proposed, TREATY_LEVEL_FULL,
                   TREATY_RULES_WIRE_JSON) != json[version])
            tap_fail(__FILE__, __LINE__, "%s: wire-json says otherwise", name);
        treaty_schema_unref(proposed);
        forget_past(&all);
        forget_past(&last);
    }
}

static void mistakes_are_mistakes(void)
{
    static const struct mistake {
        const char *name;
        bool backward;
        bool forward;
        bool wire;
    } mistakes[] = {
        {"broken-add-required", false, false, false},
        {"broken-int-to-string", false, false, false},
        {"broken-remove-without-default", true, true, false},
        {"broken-rename-without-alias", true, true, false},
        {"broken-enum-symbol-removed", true, true, false},
    };
    struct past last = {.count = 0};

    add_past(&last, "order-v4");
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        const struct mistake *m = &mistakes[i];
        struct treaty_schema *proposed = load(m->name);

        if (allows(&last, proposed, TREATY_LEVEL_BACKWARD,
                   TREATY_RULES_CONFLUENT) != m->backward ||
            allows(&last, proposed, TREATY_LEVEL_FORWARD,
                   TREATY_RULES_CONFLUENT) != m->forward ||
            allows(&last, proposed, TREATY_LEVEL_BACKWARD, TREATY_RULES_WIRE) !=
                m->wire)
            tap_fail(__FILE__, __LINE__, "%s is judged otherwise", m->name);
        treaty_schema_unref(proposed);
    }
    forget_past(&last);
}

TAP_MAIN({"each version may follow those before", versions_follow_each_other},
         {"each mistake is one", mistakes_are_mistakes})
