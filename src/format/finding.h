/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_FINDING_H
#define TREATY_SRC_FORMAT_FINDING_H

/*
 * What a comparison found: data, not text. Sentences for people are made at
 * the edge (contract/), from the rule and the detail.
 */
#include "base/arena.h"

struct treaty_finding {
    const char *rule;         /* its published name: "TYPE_MISMATCH", ... */
    struct treaty_str path;   /* as Confluent writes it: "/fields/0/type" */
    struct treaty_str detail; /* Avro: Confluent's additional info, exactly */
    size_t reader_pos;        /* byte offsets in the texts as parsed, */
    size_t writer_pos;        /* or TREATY_NO_OFFSET */
    bool breaking; /* false: found and harmless (Protobuf, JSON Schema) */
    const struct treaty_finding *next;
};

/*
 * Whose rules a comparison follows. Those of a registry have a direction: can
 * this reader read that writer? The others judge a change as such: the reader
 * is then the new schema and the writer the old one.
 */
enum treaty_rules {
    TREATY_RULES_CONFLUENT,     /* the newest that we know: 8.5 */
    TREATY_RULES_CONFLUENT_8_3, /* where Protobuf's oneofs were judged apart */
    TREATY_RULES_WIRE,          /* buf's of this name; Protobuf only */
    TREATY_RULES_WIRE_JSON,
};

/* A list in order of discovery, on `arena`; the caller says which `rules`. */
struct treaty_findings {
    struct treaty_arena *arena;
    enum treaty_rules rules;
    const struct treaty_finding *first;
    struct treaty_finding *last;
    size_t count;
    size_t breaking;
};

/* Append a copy of `f` (texts must already lie on the arena or be static). */
TREATY_MUST_CHECK enum treaty_code
treaty_findings_add(struct treaty_findings *list,
                    const struct treaty_finding *f);

#endif
