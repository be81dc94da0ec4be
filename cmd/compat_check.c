/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `treaty compat-check`: the gate. May the proposed schema follow what is
 * there? Exit status 0: yes, 1: no, 2: could not tell.
 */
#include "base/error.h"
#include "base/str.h"
#include "client/closure.h"
#include "cmd/command.h"
#include "cmd/flags.h"
#include "cmd/gate.h"
#include "cmd/schema_file.h"

#include <treaty/treaty.h>

#include <stdio.h>

enum { HISTORY_MAX = 10000 };

/* The choices of -validation, in their order. */
static const enum treaty_strictness strictnesses[] = {TREATY_STRICT,
                                                      TREATY_NEW};

static const struct treaty_flag flags[] = {
    {"proposed", "FILE", "the schema to check (\"-\": standard input)",
     TREATY_FLAG_TEXT, offsetof(struct treaty_gate_options, proposed), 0, 0},
    {"subject", "NAME", "check against the versions of this subject",
     TREATY_FLAG_TEXT, offsetof(struct treaty_gate_options, subject), 0, 0},
    TREATY_REGISTRY_FLAGS(struct treaty_gate_options, registry),
    {"against", "FILE",
     "check against this schema, without a registry; give older ones after "
     "newer ones",
     TREATY_FLAG_LIST, offsetof(struct treaty_gate_options, against), 0, 0},
    {"level", "LEVEL",
     "NONE, BACKWARD, FORWARD, FULL or one of them with _TRANSITIVE; else the "
     "subject's, or BACKWARD",
     TREATY_FLAG_TEXT, offsetof(struct treaty_gate_options, level), 0, 0},
    TREATY_FORMAT_FLAG(struct treaty_gate_options, format),
    TREATY_FOLDER_FLAG(struct treaty_gate_options, imports),
    {"reference", "NAME=SUBJECT:VERSION",
     "a schema of the registry that the proposed one refers to",
     TREATY_FLAG_LIST, offsetof(struct treaty_gate_options, imports.texts), 0,
     0},
    {"validation", "protoc|reference",
     "whose word counts for the proposed Protobuf schema: what protoc refuses "
     "is refused, or what the reference registry takes is taken",
     TREATY_FLAG_CHOICE, offsetof(struct treaty_gate_options, validation), 0,
     0},
    {"rules", "confluent|wire|wire-json",
     "whose rules: the registry's, or for Protobuf those of buf's categories "
     "WIRE and WIRE_JSON",
     TREATY_FLAG_CHOICE, offsetof(struct treaty_gate_options, rules), 0, 0},
    {"compat-version", "8.5|8.3", "which release's rules the registry has",
     TREATY_FLAG_CHOICE, offsetof(struct treaty_gate_options, compat_version),
     0, 0},
    {"losses", NULL,
     "also tell what events decode to something else, or lose, without an "
     "error",
     TREATY_FLAG_BOOL, offsetof(struct treaty_gate_options, losses), 0, 0},
};

static const struct treaty_usage usage = {
    .command = "compat-check",
    .about = "Tells whether a schema may follow those before it, and if not, "
             "where,\nwhy and what to do.\n"
             "Exit status: 0 compatible, 1 incompatible, 2 could not tell.",
    .flags = flags,
    .flag_count = sizeof(flags) / sizeof(flags[0]),
};

bool treaty_gate_complain(const char *what, const struct treaty_error *err)
{
    fprintf(stderr, "treaty compat-check: %s: %s\n", what, err->message);
    return false;
}

static bool parse_level(struct treaty_gate *gate, struct treaty_str text)
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

static bool reserve_history(struct treaty_gate *gate, size_t count)
{
    gate->history =
        TREATY_ARENA_NEW_N(&gate->arena, struct treaty_past, count + 1);
    gate->owned =
        TREATY_ARENA_NEW_N(&gate->arena, struct treaty_schema *, count + 1);
    return gate->history && gate->owned;
}

static void keep(struct treaty_gate *gate, int32_t version,
                 struct treaty_schema *schema)
{
    gate->owned[gate->history_count] = schema;
    gate->history[gate->history_count++] =
        (struct treaty_past){version, schema};
}

/* Offline: the files, newest first. */
static bool load_files(struct treaty_gate *gate)
{
    struct treaty_schema *schema = NULL;

    if (!reserve_history(gate, gate->opt.against.count))
        return false;
    for (size_t i = 0; i < gate->opt.against.count; i++) {
        const struct treaty_schema_file file = {
            .path = gate->opt.against.items[i],
            .format = gate->opt.format,
            .imports = &gate->opt.imports,
            .client = gate->client,
            .strictness = TREATY_STORED,
        };

        if (!treaty_schema_file_open(&file, &schema))
            return false;
        keep(gate, 0, schema);
    }
    return true;
}

/* Online: what the registry has, as far as the level asks. */
static bool fetch_level(struct treaty_gate *gate)
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
        return treaty_gate_complain("asking for the level", &err);
    return parse_level(gate, text);
}

static bool keep_version(struct treaty_gate *gate, int32_t version)
{
    struct treaty_manner manner = {.limited = false};
    struct treaty_schema *schema;
    struct treaty_schema_info info;
    struct treaty_error err;

    if (treaty_client_get_version(gate->client, gate->opt.subject, version,
                                  gate->scratch, &info, &err))
        return treaty_gate_complain("fetching a version", &err);
    if (treaty_client_parse(gate->client, &info, TREATY_STORED, manner, &schema,
                            &err))
        return treaty_gate_complain("parsing a stored version", &err);
    keep(gate, info.version, schema);
    return true;
}

static bool fetch_history(struct treaty_gate *gate)
{
    struct treaty_numbers versions;
    struct treaty_error err;
    enum treaty_code code = treaty_client_versions(
        gate->client, gate->opt.subject, gate->scratch, &versions, &err);
    size_t count;

    if (code == TREATY_ENOSUBJECT)
        return true; /* the first schema of its subject follows nothing */
    if (code)
        return treaty_gate_complain("listing the versions", &err);
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

/* The registry is not asked yet. */
static bool open_client(struct treaty_gate *gate)
{
    struct treaty_client_options options = {0};
    struct treaty_error err;

    gate->scratch = treaty_scratch_new(0, NULL);
    if (!gate->scratch || !treaty_registry_options_read(&gate->opt.registry,
                                                        &gate->arena, &options))
        return false;
    if (treaty_client_new(&options, &gate->client, &err))
        return treaty_gate_complain("registry", &err);
    return true;
}

static bool open_proposed(struct treaty_gate *gate)
{
    const struct treaty_schema_file file = {
        .path = gate->opt.proposed,
        .format = gate->opt.format,
        .imports = &gate->opt.imports,
        .client = gate->client,
        .strictness = strictnesses[gate->opt.validation],
    };

    return treaty_schema_file_open(&file, &gate->proposed);
}

static bool check_usage(struct treaty_gate *gate)
{
    struct treaty_error err;

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
    if (treaty_import_options_read(&gate->opt.imports, &gate->arena, &err))
        return treaty_gate_complain("usage", &err);
    return !gate->opt.level || parse_level(gate, treaty_str_z(gate->opt.level));
}

static bool prepare(struct treaty_gate *gate)
{
    const bool online = gate->opt.subject || gate->opt.imports.reference_count;

    if (!check_usage(gate))
        return false;
    if (online && !open_client(gate))
        return false;
    if (!open_proposed(gate))
        return false;
    if (gate->opt.subject)
        return fetch_level(gate) && fetch_history(gate);
    return load_files(gate);
}

enum treaty_rules treaty_gate_rules(const struct treaty_gate *gate,
                                    bool upgrade)
{
    static const enum treaty_rules undirected[] = {
        [TREATY_GATE_WIRE] = TREATY_RULES_WIRE,
        [TREATY_GATE_WIRE_JSON] = TREATY_RULES_WIRE_JSON,
    };

    if (!upgrade && gate->opt.rules != TREATY_GATE_CONFLUENT)
        return undirected[gate->opt.rules];
    return gate->opt.compat_version ? TREATY_RULES_CONFLUENT_8_3
                                    : TREATY_RULES_CONFLUENT;
}

/* A format may lack the rules that were asked for. */
static int explain(const struct treaty_gate *gate, enum treaty_code code,
                   const struct treaty_error *err)
{
    if (code == TREATY_EUSAGE)
        fprintf(stderr,
                "treaty compat-check: -rules wire and wire-json are for "
                "Protobuf; %s is %s\n",
                gate->opt.proposed, gate->proposed->format->name);
    else
        (void)treaty_gate_complain("checking", err);
    return 2;
}

static int run(struct treaty_gate *gate)
{
    struct treaty_contract_options options = {.plans = true, .all = true};
    struct treaty_history history;
    struct treaty_verdict verdict;
    struct treaty_error err;
    enum treaty_code code;

    if (!prepare(gate))
        return 2;
    options.level = gate->level;
    options.rules = treaty_gate_rules(gate, false);
    history = (struct treaty_history){gate->history, gate->history_count};
    code = treaty_contract_check(&gate->arena, gate->proposed, &history,
                                 &options, &verdict, &err);
    return code ? explain(gate, code, &err)
                : treaty_gate_report(gate, &verdict);
}

int treaty_cmd_compat_check(int argc, char **argv)
{
    struct treaty_gate gate = {.level = TREATY_LEVEL_BACKWARD};
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
