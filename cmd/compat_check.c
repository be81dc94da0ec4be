/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `treaty compat-check`: the gate. May the proposed schema follow what is
 * there? Exit status 0: yes, 1: no, 2: could not tell.
 *
 *     new.avsc:14:5: breaks consumers that read orders-value version 3
 *         READER_FIELD_MISSING_DEFAULT_VALUE at /fields/11 (warehouse): ...
 *         {"name": "warehouse", "type": "string"}
 *         ^
 *         do: give the field of the new schema a "default"; ...
 */
#include "base/error.h"
#include "base/locate.h"
#include "base/str.h"
#include "client/closure.h"
#include "cmd/command.h"
#include "cmd/flags.h"
#include "cmd/registry_options.h"
#include "cmd/schema_file.h"
#include "contract/contract.h"

#include <treaty/treaty.h>

#include <stdio.h>

enum { HISTORY_MAX = 10000 };

struct options {
    const char *proposed;
    const char *subject;
    struct treaty_registry_options registry;
    const char *level;
    const char *format;
    struct treaty_flag_list against;
};

static const struct treaty_flag flags[] = {
    {"proposed", "FILE", "the schema to check (\"-\": standard input)",
     TREATY_FLAG_TEXT, offsetof(struct options, proposed), 0, 0},
    {"subject", "NAME", "check against the versions of this subject",
     TREATY_FLAG_TEXT, offsetof(struct options, subject), 0, 0},
    TREATY_REGISTRY_FLAGS(struct options, registry),
    {"against", "FILE",
     "check against this schema, without a registry; give older ones after "
     "newer ones",
     TREATY_FLAG_LIST, offsetof(struct options, against), 0, 0},
    {"level", "LEVEL",
     "NONE, BACKWARD, FORWARD, FULL or one of them with _TRANSITIVE; else the "
     "subject's, or BACKWARD",
     TREATY_FLAG_TEXT, offsetof(struct options, level), 0, 0},
    {"format", "FORMAT", "avro", TREATY_FLAG_TEXT,
     offsetof(struct options, format), 0, 0},
};

static const struct treaty_usage usage = {
    .command = "compat-check",
    .about = "Tells whether a schema may follow those before it, and if not, "
             "where,\nwhy and what to do.\n"
             "Exit status: 0 compatible, 1 incompatible, 2 could not tell.",
    .flags = flags,
    .flag_count = sizeof(flags) / sizeof(flags[0]),
};

struct gate {
    struct options opt;
    struct treaty_arena arena;
    struct treaty_schema *proposed;
    enum treaty_level level;
    struct treaty_past *history;  /* newest first */
    struct treaty_schema **owned; /* the schemas in it */
    size_t history_count;
    struct treaty_client *client;
    struct treaty_scratch *scratch;
};

static bool complain(const char *what, const struct treaty_error *err)
{
    fprintf(stderr, "treaty compat-check: %s: %s\n", what, err->message);
    return false;
}

static bool parse_level(struct gate *gate, struct treaty_str text)
{
    if (treaty_level_parse(text, &gate->level))
        return true;
    fprintf(stderr,
            "treaty compat-check: \"%.*s\" is no compatibility level; there "
            "are NONE, BACKWARD, FORWARD and FULL, the last three also with "
            "_TRANSITIVE\n",
            TREATY_STR_ARG(text));
    return false;
}

static bool reserve_history(struct gate *gate, size_t count)
{
    gate->history =
        TREATY_ARENA_NEW_N(&gate->arena, struct treaty_past, count + 1);
    gate->owned =
        TREATY_ARENA_NEW_N(&gate->arena, struct treaty_schema *, count + 1);
    return gate->history && gate->owned;
}

static void keep(struct gate *gate, int32_t version,
                 struct treaty_schema *schema)
{
    gate->owned[gate->history_count] = schema;
    gate->history[gate->history_count++] =
        (struct treaty_past){version, schema};
}

/* Offline: the files, newest first. */
static bool load_files(struct gate *gate)
{
    struct treaty_schema *schema = NULL;

    if (!reserve_history(gate, gate->opt.against.count))
        return false;
    for (size_t i = 0; i < gate->opt.against.count; i++) {
        if (!treaty_schema_file_load(gate->opt.against.items[i],
                                     gate->opt.format, &schema))
            return false;
        keep(gate, 0, schema);
    }
    return true;
}

/* Online: what the registry has, as far as the level asks. */
static bool fetch_level(struct gate *gate)
{
    struct treaty_str text;
    struct treaty_error err;
    enum treaty_code code;

    if (gate->opt.level)
        return true;
    code = treaty_client_get_level(gate->client, gate->opt.subject,
                                   gate->scratch, &text, &err);
    if (code == TREATY_ENOCONFIG)
        code = treaty_client_get_level(gate->client, NULL, gate->scratch, &text,
                                       &err);
    if (code)
        return complain("asking for the level", &err);
    return parse_level(gate, text);
}

static bool keep_version(struct gate *gate, int32_t version)
{
    struct treaty_manner manner = {.limited = false};
    struct treaty_schema *schema;
    struct treaty_schema_info info;
    struct treaty_error err;

    if (treaty_client_get_version(gate->client, gate->opt.subject, version,
                                  gate->scratch, &info, &err))
        return complain("fetching a version", &err);
    if (treaty_client_parse(gate->client, &info, TREATY_STORED, manner, &schema,
                            &err))
        return complain("parsing a stored version", &err);
    keep(gate, info.version, schema);
    return true;
}

static bool fetch_history(struct gate *gate)
{
    struct treaty_numbers versions;
    struct treaty_error err;
    enum treaty_code code = treaty_client_versions(
        gate->client, gate->opt.subject, gate->scratch, &versions, &err);
    size_t count;

    if (code == TREATY_ENOSUBJECT)
        return true; /* the first schema of its subject follows nothing */
    if (code)
        return complain("listing the versions", &err);
    count = versions.count;
    if (!treaty_level_is_transitive(gate->level) && count > 1)
        count = 1;
    if (count > HISTORY_MAX || !reserve_history(gate, count))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!keep_version(gate, versions.items[versions.count - 1 - i]))
            return false;
    }
    return true;
}

static bool ask_registry(struct gate *gate)
{
    struct treaty_client_options options = {0};
    struct treaty_error err;

    gate->scratch = treaty_scratch_new(0, NULL);
    if (!gate->scratch || !treaty_registry_options_read(&gate->opt.registry,
                                                        &gate->arena, &options))
        return false;
    if (treaty_client_new(&options, &gate->client, &err))
        return complain("registry", &err);
    return fetch_level(gate) && fetch_history(gate);
}

static bool prepare(struct gate *gate)
{
    if (!gate->opt.proposed) {
        fputs("treaty compat-check: give -proposed FILE, the schema to check\n",
              stderr);
        return false;
    }
    if (!gate->opt.subject == !gate->opt.against.count) {
        fputs("treaty compat-check: give either -subject NAME or -against "
              "FILE\n",
              stderr);
        return false;
    }
    if (gate->opt.level && !parse_level(gate, treaty_str_z(gate->opt.level)))
        return false;
    if (!treaty_schema_file_load(gate->opt.proposed, gate->opt.format,
                                 &gate->proposed))
        return false;
    return gate->opt.subject ? ask_registry(gate) : load_files(gate);
}

/* Reporting. */

static const char *past_name(struct gate *gate, const struct treaty_past *past)
{
    if (!past->version)
        return gate->opt.against.items[past - gate->history];
    return treaty_arena_printf(&gate->arena, "%s version %d", gate->opt.subject,
                               (int)past->version)
        .data;
}

/* The line of the proposed file with a caret, indented. */
static void print_place(struct gate *gate, size_t offset, const char *what)
{
    struct treaty_error err = {.offset = offset};
    struct treaty_buf out;

    (void)snprintf(err.message, sizeof(err.message), "%s", what);
    treaty_buf_init(&out, 0);
    treaty_locate_print(&out, gate->opt.proposed, gate->proposed->text, &err);
    printf("%.*s", TREATY_STR_ARG(treaty_buf_str(&out)));
    treaty_buf_release(&out);
}

static const char *breaks(struct gate *gate, const struct treaty_comparison *o)
{
    const char *past = past_name(gate, o->past);

    if (o->direction == TREATY_BACKWARD)
        return treaty_arena_printf(&gate->arena, "cannot read what %s wrote",
                                   past)
            .data;
    return treaty_arena_printf(&gate->arena, "cannot be read by %s", past).data;
}

static void print_finding(struct gate *gate, const struct treaty_comparison *o,
                          const struct treaty_finding *f)
{
    bool back = o->direction == TREATY_BACKWARD;

    print_place(gate, back ? f->reader_pos : f->writer_pos, breaks(gate, o));
    printf(
        "    %s at %.*s: %.*s\n", f->rule,
        TREATY_STR_ARG(f->path.len ? f->path : TREATY_STR("/")),
        TREATY_STR_ARG(treaty_finding_sentence(&gate->arena, f, o->direction)));
    if (f->detail.len)
        printf("    found: %.*s\n", TREATY_STR_ARG(f->detail));
    printf("    do: %.*s\n\n", TREATY_STR_ARG(treaty_finding_advice(
                                   &gate->arena, f, o->direction)));
}

/* Only where the plan alone objects: else the findings have said it. */
static void print_fails(struct gate *gate, const struct treaty_comparison *o)
{
    bool back = o->direction == TREATY_BACKWARD;

    if (!o->checked || o->sound || !o->compatible)
        return;
    for (size_t i = 0; i < o->fail_count; i++) {
        const struct treaty_plan_note *note = &o->fails[i];

        if (note->guarded)
            continue;
        print_place(gate, back ? note->reader_pos : note->writer_pos,
                    breaks(gate, o));
        printf("    %s at %.*s: %.*s\n", note->rule, TREATY_STR_ARG(note->path),
               TREATY_STR_ARG(note->text));
        printf("    the registry's rules accept this change, yet such an event "
               "does not decode\n\n");
    }
}

static void print_outcome(struct gate *gate, const struct treaty_comparison *o)
{
    if (o->types_differ)
        printf("%s: is %s, but %s is %s\n\n", gate->opt.proposed,
               gate->proposed->format->name, past_name(gate, o->past),
               o->past->schema->format->name);
    for (const struct treaty_finding *f = o->findings.first; f; f = f->next) {
        if (f->breaking)
            print_finding(gate, o, f);
    }
    print_fails(gate, o);
}

/* Both directions against the newest version, whatever the level. */
static bool upgrade_order(struct gate *gate, enum treaty_upgrade *ret)
{
    const struct treaty_history newest = {gate->history, 1};
    struct treaty_contract_options options = {.level = TREATY_LEVEL_FULL,
                                              .plans = true};
    struct treaty_verdict verdict;
    struct treaty_error err;
    bool backward = true;
    bool forward = true;

    if (treaty_contract_check(&gate->arena, gate->proposed, &newest, &options,
                              &verdict, &err))
        return complain("checking", &err);
    for (const struct treaty_comparison *o = verdict.outcomes; o; o = o->next) {
        bool good = o->compatible && o->sound;

        if (o->direction == TREATY_BACKWARD)
            backward = good;
        else
            forward = good;
    }
    *ret = treaty_upgrade_order(backward, forward);
    return true;
}

static int report(struct gate *gate, const struct treaty_verdict *verdict)
{
    bool good = verdict->compatible && verdict->sound;
    enum treaty_upgrade upgrade;

    for (const struct treaty_comparison *o = verdict->outcomes; o; o = o->next)
        print_outcome(gate, o);
    printf("%s: %s at level %.*s", gate->opt.proposed,
           good ? "compatible" : "INCOMPATIBLE",
           TREATY_STR_ARG(treaty_level_name(gate->level)));
    if (!gate->history_count) {
        printf("; the subject \"%s\" has no version yet\n", gate->opt.subject);
        return 0;
    }
    if (verdict->compatible != verdict->sound)
        printf(" (the registry's rules say %s)",
               verdict->compatible ? "compatible" : "incompatible");
    if (!upgrade_order(gate, &upgrade))
        return 2;
    printf("\nupgrade order: %s\n", treaty_upgrade_text(upgrade));
    return good ? 0 : 1;
}

static int run(struct gate *gate)
{
    struct treaty_contract_options options = {
        .level = gate->level, .plans = true, .all = true};
    struct treaty_history history;
    struct treaty_verdict verdict;
    struct treaty_error err;

    if (!prepare(gate))
        return 2;
    options.level = gate->level;
    history = (struct treaty_history){gate->history, gate->history_count};
    if (treaty_contract_check(&gate->arena, gate->proposed, &history, &options,
                              &verdict, &err)) {
        (void)complain("checking", &err);
        return 2;
    }
    return report(gate, &verdict);
}

int treaty_cmd_compat_check(int argc, char **argv)
{
    struct gate gate = {.opt = {.format = "avro"},
                        .level = TREATY_LEVEL_BACKWARD};
    int status;

    if (!treaty_flags_parse(&usage, &argc, argv, &gate.opt, &status))
        return status;
    status = run(&gate);
    treaty_schema_unref(gate.proposed);
    for (size_t i = 0; i < gate.history_count; i++)
        treaty_schema_unref(gate.owned[i]);
    treaty_client_free(gate.client);
    treaty_scratch_free(gate.scratch);
    treaty_arena_release(&gate.arena);
    return status;
}
