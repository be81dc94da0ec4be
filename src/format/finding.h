/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_FINDING_H
#define TREATY_SRC_FORMAT_FINDING_H

/*
 * What a comparison found: data, not text. Sentences for people are made at
 * the edge (contract/), from the rule and the detail.
 */
#include "base/arena.h"

struct treaty_finding {
    const char *rule;         /* Confluent's name: "TYPE_MISMATCH", ... */
    struct treaty_str path;   /* as Confluent writes it: "/fields/0/type" */
    struct treaty_str detail; /* Confluent's additional info, exactly */
    size_t reader_pos;        /* byte offsets in the texts as parsed, */
    size_t writer_pos;        /* or TREATY_NO_OFFSET */
    bool breaking; /* false: found and harmless (Protobuf, JSON Schema) */
    const struct treaty_finding *next;
};

/* A list in order of discovery, on `arena`. */
struct treaty_findings {
    struct treaty_arena *arena;
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
