/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_CMD_GATE_H
#define TREATY_CMD_GATE_H

/* What the parts of `treaty compat-check` share. */
#include "cmd/import_options.h"
#include "cmd/registry_options.h"
#include "contract/contract.h"

struct treaty_gate_options {
    const char *proposed;
    const char *subject;
    struct treaty_registry_options registry;
    const char *level;
    const char *format; /* NULL: by the file's ending */
    struct treaty_import_options imports;
    struct treaty_flag_list against;
    int rules;
    int compat_version;
    int validation;
    bool losses;
};

/* The choices of -rules, in their order. */
enum { TREATY_GATE_CONFLUENT, TREATY_GATE_WIRE, TREATY_GATE_WIRE_JSON };

struct treaty_gate {
    struct treaty_gate_options opt;
    struct treaty_arena arena;
    struct treaty_schema *proposed;
    enum treaty_level level;
    struct treaty_past *history;  /* newest first */
    struct treaty_schema **owned; /* the schemas in it */
    size_t history_count;
    struct treaty_client *client;
    struct treaty_scratch *scratch;
};

/* The rules that were asked for; for `upgrade`, those with a direction. */
enum treaty_rules treaty_gate_rules(const struct treaty_gate *gate,
                                    bool upgrade);

/* Tell of an error on standard error; false. */
bool treaty_gate_complain(const char *what, const struct treaty_error *err);

/* Print the verdict; the exit status. */
int treaty_gate_report(struct treaty_gate *gate,
                       const struct treaty_verdict *verdict);

#endif
