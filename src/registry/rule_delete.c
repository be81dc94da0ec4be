/* SPDX-License-Identifier: Apache-2.0 */
/* Soft and permanent deletion of subjects and versions. */
#include "base/error.h"
#include "base/str.h"
#include "registry/record.h"
#include "registry/rules.h"

static enum treaty_code emit_tombstone(struct treaty_batch *batch,
                                       struct treaty_buf *key,
                                       struct treaty_error *err)
{
    return treaty_batch_emit(batch, key, NULL, err);
}

static enum treaty_code fail_referenced(const struct treaty_version *v,
                                        struct treaty_error *err)
{
    return treaty_fail(err, TREATY_EREFERENCED, TREATY_NO_OFFSET,
                       "other schemas refer to version %d of subject '%.*s'",
                       v->version, TREATY_STR_ARG(v->subject));
}

/* Which referrers protect: soft-deleted ones only against losing the text. */
static enum treaty_deleted protectors(bool permanent)
{
    return permanent ? TREATY_WITH_DELETED : TREATY_LIVE;
}

static enum treaty_code check_subject(const struct treaty_catalog *catalog,
                                      struct treaty_str name, bool permanent,
                                      struct treaty_error *err)
{
    const struct treaty_subject *s = treaty_catalog_find_subject(catalog, name);
    enum treaty_code code;

    if (!s)
        return treaty_fail(err, TREATY_ENOSUBJECT, TREATY_NO_OFFSET,
                           "subject '%.*s' not found", TREATY_STR_ARG(name));
    if (s->live == 0 && !permanent)
        return treaty_fail(err, TREATY_ESUBJECTSOFT, TREATY_NO_OFFSET,
                           "subject '%.*s' was soft-deleted already; delete "
                           "it permanently to be rid of it",
                           TREATY_STR_ARG(name));
    code = treaty_rule_writable(catalog, name, err);
    if (code != TREATY_OK)
        return code;
    if (s->live > 0 && permanent)
        return treaty_fail(err, TREATY_ESUBJECTLIVE, TREATY_NO_OFFSET,
                           "subject '%.*s' must be soft-deleted before it can "
                           "be deleted permanently",
                           TREATY_STR_ARG(name));
    return TREATY_OK;
}

/* The versions that go, none of which may be referred to from elsewhere. */
static enum treaty_code list_doomed(const struct treaty_batch *batch,
                                    struct treaty_str name,
                                    struct treaty_task *task,
                                    struct treaty_version_list *ret)
{
    const struct treaty_catalog *catalog = &batch->builder->work;
    enum treaty_deleted which =
        task->permanent ? TREATY_WITH_DELETED : TREATY_LIVE;
    enum treaty_code code = treaty_catalog_versions(
        catalog, name, which, task->arena, ret, &task->error);

    for (size_t i = 0; code == TREATY_OK && i < ret->count; i++) {
        if (treaty_catalog_is_referenced(catalog, ret->items[i],
                                         protectors(task->permanent), name))
            code = fail_referenced(ret->items[i], &task->error);
    }
    return code;
}

static enum treaty_code list_numbers(struct treaty_task *task,
                                     const struct treaty_version_list *doomed)
{
    int32_t *numbers =
        TREATY_ARENA_NEW_N(task->arena, int32_t, doomed->count + 1);

    if (!numbers)
        return treaty_fail_nomem(&task->error);
    for (size_t i = 0; i < doomed->count; i++)
        numbers[i] = doomed->items[i]->version;
    task->ret_deleted = numbers;
    task->ret_deleted_count = doomed->count;
    return TREATY_OK;
}

/* One record marks every version up to its own. */
static enum treaty_code emit_delete_subject(struct treaty_batch *batch,
                                            struct treaty_str name,
                                            struct treaty_task *task)
{
    struct treaty_buf key;
    struct treaty_buf value;
    enum treaty_code code;

    treaty_buf_init(&key, 0);
    treaty_buf_init(&value, 0);
    treaty_record_subject_key(&key, "DELETE_SUBJECT", name);
    treaty_buf_put_z(&value, "{\"subject\":");
    treaty_json_quote(&value, name);
    treaty_buf_put_z(&value, ",\"version\":");
    treaty_buf_put_i64(&value, task->ret_deleted[task->ret_deleted_count - 1]);
    treaty_buf_put_c(&value, '}');
    code = treaty_batch_emit(batch, &key, &value, &task->error);
    treaty_buf_release(&key);
    treaty_buf_release(&value);
    return code;
}

/*
 * Every version, then what belonged to the subject. The DELETE_SUBJECT record
 * goes, too: it has nothing left to mark.
 */
static enum treaty_code emit_purge(struct treaty_batch *batch,
                                   struct treaty_str name,
                                   struct treaty_task *task)
{
    const struct treaty_catalog *catalog = &batch->builder->work;
    bool has_config = treaty_catalog_own_config(catalog, name) != NULL;
    bool has_mode = treaty_catalog_own_mode(catalog, name) != NULL;
    enum treaty_code code = TREATY_OK;
    struct treaty_buf key;

    treaty_buf_init(&key, 0);
    for (size_t i = 0; code == TREATY_OK && i < task->ret_deleted_count; i++) {
        treaty_record_schema_key(&key, name, task->ret_deleted[i]);
        code = emit_tombstone(batch, &key, &task->error);
    }
    if (code == TREATY_OK && has_config) {
        treaty_record_subject_key(&key, "CONFIG", name);
        code = emit_tombstone(batch, &key, &task->error);
    }
    if (code == TREATY_OK && has_mode) {
        treaty_record_subject_key(&key, "MODE", name);
        code = emit_tombstone(batch, &key, &task->error);
    }
    if (code == TREATY_OK) {
        treaty_record_subject_key(&key, "DELETE_SUBJECT", name);
        code = emit_tombstone(batch, &key, &task->error);
    }
    treaty_buf_release(&key);
    return code;
}

enum treaty_code treaty_rule_delete_subject(struct treaty_batch *batch,
                                            struct treaty_task *task)
{
    struct treaty_version_list doomed;
    struct treaty_str name;
    enum treaty_code code =
        treaty_subject_parse(task->subject, &name, &task->error);

    if (code == TREATY_OK)
        code = check_subject(&batch->builder->work, name, task->permanent,
                             &task->error);
    if (code == TREATY_OK)
        code = list_doomed(batch, name, task, &doomed);
    if (code == TREATY_OK)
        code = list_numbers(task, &doomed);
    if (code != TREATY_OK)
        return code;
    return task->permanent ? emit_purge(batch, name, task)
                           : emit_delete_subject(batch, name, task);
}

static enum treaty_code find_version(const struct treaty_catalog *catalog,
                                     struct treaty_str name,
                                     const struct treaty_task *task,
                                     const struct treaty_version **ret,
                                     struct treaty_error *err)
{
    enum treaty_code code = treaty_catalog_version(
        catalog, name, task->version, TREATY_WITH_DELETED, ret, err);

    if (code != TREATY_OK || !(*ret)->deleted || task->permanent)
        return code;
    return treaty_fail(err, TREATY_EVERSIONSOFT, TREATY_NO_OFFSET,
                       "version %d of subject '%.*s' was soft-deleted "
                       "already; delete it permanently to be rid of it",
                       (*ret)->version, TREATY_STR_ARG(name));
}

static enum treaty_code check_version(const struct treaty_catalog *catalog,
                                      const struct treaty_version *v,
                                      bool permanent, struct treaty_error *err)
{
    enum treaty_code code = treaty_rule_writable(catalog, v->subject, err);

    if (code != TREATY_OK)
        return code;
    if (treaty_catalog_is_referenced(catalog, v, protectors(permanent),
                                     (struct treaty_str){0}))
        return fail_referenced(v, err);
    if (!permanent || v->deleted)
        return TREATY_OK;
    return treaty_fail(err, TREATY_EVERSIONLIVE, TREATY_NO_OFFSET,
                       "version %d of subject '%.*s' must be soft-deleted "
                       "before it can be deleted permanently",
                       v->version, TREATY_STR_ARG(v->subject));
}

/* The version's record again, marked or gone. */
static enum treaty_code emit_version(struct treaty_batch *batch,
                                     const struct treaty_version *v,
                                     struct treaty_task *task)
{
    const struct treaty_entry *e = v->entry;
    struct treaty_schema_record record = {
        .subject = v->subject,
        .version = v->version,
        .id = e->id,
        .deleted = true,
        .content = {.text_json = e->text_json,
                    .references = e->references,
                    .reference_count = e->reference_count},
        .type = e->type,
        .extra = e->extra,
        .original_json = v->original_json,
    };
    struct treaty_buf key;
    struct treaty_buf value;
    enum treaty_code code;

    memcpy(record.content.guid, e->guid, sizeof(e->guid));
    treaty_buf_init(&key, 0);
    treaty_buf_init(&value, 0);
    treaty_record_schema_key(&key, v->subject, v->version);
    treaty_record_schema_value(&value, &record);
    code = treaty_batch_emit(batch, &key, task->permanent ? NULL : &value,
                             &task->error);
    treaty_buf_release(&key);
    treaty_buf_release(&value);
    return code;
}

enum treaty_code treaty_rule_delete_version(struct treaty_batch *batch,
                                            struct treaty_task *task)
{
    const struct treaty_catalog *catalog = &batch->builder->work;
    const struct treaty_version *v;
    struct treaty_str name;
    enum treaty_code code =
        treaty_subject_parse(task->subject, &name, &task->error);

    if (code == TREATY_OK)
        code = find_version(catalog, name, task, &v, &task->error);
    if (code == TREATY_OK)
        code = check_version(catalog, v, task->permanent, &task->error);
    if (code == TREATY_OK)
        code = treaty_rule_answer(task, v);
    if (code != TREATY_OK)
        return code;
    return emit_version(batch, v, task);
}
