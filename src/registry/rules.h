/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_REGISTRY_RULES_H
#define TREATY_SRC_REGISTRY_RULES_H

/*
 * The rules, one function a kind of task. Questions look at a catalog; writes
 * look at the catalog of the batch so far, and only when every check has
 * passed emit records, which apply to it at once.
 */
#include "registry/builder.h"
#include "registry/prepare.h"

/* A batch in the making. */
struct treaty_batch {
    struct treaty_builder *builder;
    struct treaty_cache *cache;
    const struct treaty_registry_options *options;
    struct treaty_arena arena; /* the records, and scratch of the checks */
    struct treaty_journal_record *records;
    size_t count;
    size_t capacity;
    size_t bytes;
    int32_t *id_floor; /* no id up to this one may be given (again) */
    bool gave_id;
    bool broken; /* memory ran out between the records of one task */
    int64_t now_ms;
};

/*
 * Add a record and apply it. `value` NULL: a tombstone. Both buffers are
 * emptied. TREATY_ENOMEM breaks the batch.
 */
TREATY_MUST_CHECK enum treaty_code treaty_batch_emit(struct treaty_batch *batch,
                                                     struct treaty_buf *key,
                                                     struct treaty_buf *value,
                                                     struct treaty_error *err);

/* Writes. */
enum treaty_code treaty_rule_register(struct treaty_batch *batch,
                                      struct treaty_task *task);
enum treaty_code treaty_rule_set_config(struct treaty_batch *batch,
                                        struct treaty_task *task);
enum treaty_code treaty_rule_delete_config(struct treaty_batch *batch,
                                           struct treaty_task *task);
enum treaty_code treaty_rule_set_mode(struct treaty_batch *batch,
                                      struct treaty_task *task);
enum treaty_code treaty_rule_delete_mode(struct treaty_batch *batch,
                                         struct treaty_task *task);
enum treaty_code treaty_rule_delete_subject(struct treaty_batch *batch,
                                            struct treaty_task *task);
enum treaty_code treaty_rule_delete_version(struct treaty_batch *batch,
                                            struct treaty_task *task);

/* Questions. TREATY_EBUSY when `p->cached_only` and something must be parsed.
 */
enum treaty_code treaty_rule_lookup(const struct treaty_prepare *p,
                                    struct treaty_task *task);
enum treaty_code treaty_rule_check(const struct treaty_prepare *p,
                                   struct treaty_task *task);
enum treaty_code treaty_rule_get(const struct treaty_prepare *p,
                                 struct treaty_task *task);
/* The part of registering that needs no write: is it there already? */
enum treaty_code treaty_rule_find_registered(const struct treaty_prepare *p,
                                             struct treaty_task *task);

/* Parts that several rules share. */

/* TREATY_EREADONLY unless writes are allowed to `subject` (.data NULL: to the
 * global configuration). */
TREATY_MUST_CHECK enum treaty_code
treaty_rule_writable(const struct treaty_catalog *catalog,
                     struct treaty_str subject, struct treaty_error *err);

/* Copy `version` and what it shows to the task's arena. */
TREATY_MUST_CHECK enum treaty_code
treaty_rule_answer(struct treaty_task *task,
                   const struct treaty_version *version);

/*
 * Put the text of that copy into the form that the task asks for; "original"
 * is the version's own. A failure leaves the copy as it was.
 */
enum treaty_code treaty_rule_render(const struct treaty_prepare *p,
                                    struct treaty_task *task);

/* Both. */
TREATY_MUST_CHECK enum treaty_code
treaty_rule_reply(const struct treaty_prepare *p, struct treaty_task *task,
                  const struct treaty_version *version);

/* Tell what the format's own compiler says against a schema that was sent. */
TREATY_MUST_CHECK enum treaty_code
treaty_rule_note(struct treaty_task *task, const struct treaty_schema *schema);

/*
 * A live version of the subject that means the same though its text differs:
 * references spelled out or not. NULL in `*ret` for none.
 */
TREATY_MUST_CHECK enum treaty_code treaty_rule_find_equivalent(
    const struct treaty_prepare *p, struct treaty_str subject,
    const struct treaty_prepared *sent, bool deleted,
    const struct treaty_version **ret, struct treaty_error *err);

/*
 * Check `proposed` against one version, or with NULL against those the
 * subject's level asks for; fills the task's verdict and messages.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_rule_compare(const struct treaty_prepare *p, struct treaty_str subject,
                    struct treaty_schema *proposed,
                    const struct treaty_version *only,
                    struct treaty_task *task);

#endif
