/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_REGISTRY_WRITER_H
#define TREATY_SRC_REGISTRY_WRITER_H

/*
 * The writer: from a list of tasks to one commit and one new catalog. It owns
 * the catalog under construction; between batches that is the published one.
 */
#include "registry/epoch.h"
#include "registry/rules.h"

struct treaty_writer {
    const struct treaty_registry_options *options;
    struct treaty_cache *cache;
    struct treaty_epochs *epochs;
    struct treaty_builder builder;
    _Atomic(const struct treaty_catalog *) published;
    int32_t id_floor;
    bool stale; /* an append failed: read the journal again */
    _Atomic uint64_t batches;
    _Atomic uint64_t records;
    _Atomic uint64_t commits_failed;
    _Atomic uint64_t reloads;
    _Atomic uint64_t commit_ns;
    _Atomic uint64_t skipped;
};

/* Read the journal and publish the first catalog. */
TREATY_MUST_CHECK enum treaty_code
treaty_writer_start(struct treaty_writer *writer, struct treaty_error *err);

/* Free the published catalog; no reader may be left. */
void treaty_writer_release(struct treaty_writer *writer);

/* Carry out a list of tasks as one batch and call each `done`. */
void treaty_writer_run(struct treaty_writer *writer, struct treaty_task *list);

#endif
