/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_REGISTRY_BUILDER_H
#define TREATY_SRC_REGISTRY_BUILDER_H

/*
 * Records to catalog: the only way in which a catalog comes to be, at start
 * and for each write, so that it is a function of the journal.
 *
 * Records that mean nothing to us (another keytype, another context, broken
 * JSON) are counted and passed over, as the reference does: a registry that
 * will not start helps nobody.
 */
#include "journal/journal.h"
#include "registry/state.h"

struct treaty_builder {
    struct treaty_share share;
    struct treaty_catalog work;
    struct treaty_arena scratch; /* for one record */
    uint64_t skipped;
    bool loading; /* `guids` is left for treaty_builder_finish_load */
};

void treaty_builder_init(struct treaty_builder *b);
/* Frees the scratch; the catalog's parts belong to whoever published them. */
void treaty_builder_release(struct treaty_builder *b);

/* Apply one record. TREATY_ENOMEM: abort the batch. */
TREATY_MUST_CHECK enum treaty_code
treaty_builder_apply(struct treaty_builder *b,
                     const struct treaty_journal_record *record);

/*
 * Sort the entries by GUID at once, after many records were applied with
 * `loading` set: no record looks there, and inserting one by one into memory
 * that is spread all over is the slowest part of a start.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_builder_finish_load(struct treaty_builder *b);

/* Drop every part of `work` and leave it empty. */
void treaty_builder_clear(struct treaty_builder *b);

/* Changes of the catalog, for apply.c. All may only fail for memory. */
struct treaty_version_change {
    struct treaty_str subject;
    int32_t version;
    bool deleted;
    int64_t ts_ms;
    const struct treaty_entry *entry;
    struct treaty_str original_json; /* copied */
};

bool treaty_builder_put_version(struct treaty_builder *b,
                                const struct treaty_version_change *change);
bool treaty_builder_remove_version(struct treaty_builder *b,
                                   struct treaty_str subject, int32_t version);
/* Take in an entry made with treaty_share_alloc; a use must follow. */
bool treaty_builder_add_entry(struct treaty_builder *b,
                              const struct treaty_entry *entry);

#endif
