/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_REGISTRY_PREPARE_H
#define TREATY_SRC_REGISTRY_PREPARE_H

/*
 * From what a client sends to what can be compared: find the format, resolve
 * the references, parse, canonicalise or normalise.
 */
#include "registry/cache.h"
#include "registry/registry.h"
#include "registry/state.h"

/* Where and how; the same for every schema of a task. */
struct treaty_prepare {
    const struct treaty_catalog *catalog;
    struct treaty_cache *cache;
    const struct treaty_registry_options *options;
    struct treaty_arena *arena;
    bool cached_only; /* TREATY_EBUSY instead of parsing */
};

/* A schema that was sent. `content` lends from `parsed` and the arena. */
struct treaty_prepared {
    struct treaty_parsed *parsed; /* unref it */
    struct treaty_content content;
};

enum treaty_purpose {
    TREATY_TO_REGISTER, /* every check; live references only */
    TREATY_TO_FIND,     /* what is stored already is found */
};

/*
 * TREATY_ESCHEMA and its kin when it is no valid schema, an unknown type or a
 * reference that cannot be resolved; TREATY_ESCHEMATOOLARGE past a limit.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_prepare_sent(const struct treaty_prepare *p,
                    const struct treaty_task_schema *sent,
                    enum treaty_purpose purpose, struct treaty_prepared *ret,
                    struct treaty_error *err);

/*
 * The entry whose canonical text and references are exactly what was sent, or
 * NULL: clients often send what they were given, and that needs no parsing.
 */
const struct treaty_entry *
treaty_prepare_verbatim(const struct treaty_prepare *p,
                        const struct treaty_task_schema *sent);

/* The parsed form of a stored schema; unref it. */
TREATY_MUST_CHECK enum treaty_code
treaty_prepare_stored(const struct treaty_prepare *p,
                      const struct treaty_entry *entry,
                      struct treaty_parsed **ret, struct treaty_error *err);

#endif
