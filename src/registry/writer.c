/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/writer.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"
#include "contract/contract.h"
#include "registry/record.h"

/* So many records share one tidying up while a journal is read. */
#define LOAD_STEP 256

typedef enum treaty_code (*write_fn)(struct treaty_batch *batch,
                                     struct treaty_task *task);

static const write_fn rules[] = {
    [TREATY_TASK_REGISTER] = treaty_rule_register,
    [TREATY_TASK_SET_CONFIG] = treaty_rule_set_config,
    [TREATY_TASK_DELETE_CONFIG] = treaty_rule_delete_config,
    [TREATY_TASK_SET_MODE] = treaty_rule_set_mode,
    [TREATY_TASK_DELETE_MODE] = treaty_rule_delete_mode,
    [TREATY_TASK_DELETE_SUBJECT] = treaty_rule_delete_subject,
    [TREATY_TASK_DELETE_VERSION] = treaty_rule_delete_version,
};

/* --- Loading ------------------------------------------------------------- */

struct load {
    struct treaty_builder *builder;
    struct treaty_catalog safe; /* as of the last tidying up */
    size_t count;
};

static enum treaty_code load_record(void *ctx,
                                    const struct treaty_journal_record *record,
                                    struct treaty_error *err)
{
    struct load *load = ctx;

    if (treaty_builder_apply(load->builder, record) != TREATY_OK)
        return treaty_fail_nomem(err);
    if (++load->count % LOAD_STEP != 0)
        return TREATY_OK;
    /* Nobody reads this catalog yet: what was replaced can go at once. */
    treaty_share_free_list(treaty_share_publish(&load->builder->share));
    load->safe = load->builder->work;
    return TREATY_OK;
}

/* Free a catalog that nobody has seen. `safe` is its state when its last
 * changes began, which may have stopped in the middle. */
static void discard(struct treaty_builder *b, const struct treaty_catalog *safe)
{
    treaty_share_abort(&b->share);
    b->work = *safe;
    treaty_builder_clear(b);
    treaty_share_free_list(treaty_share_publish(&b->share));
    treaty_builder_release(b);
}

static enum treaty_code load(struct treaty_journal *journal,
                             struct treaty_builder *ret,
                             struct treaty_error *err)
{
    struct load load = {.builder = ret};
    enum treaty_code code;

    treaty_builder_init(ret);
    ret->loading = true;
    code = treaty_journal_read(journal, 0, load_record, &load, err);
    if (code == TREATY_OK && treaty_builder_finish_load(ret) != TREATY_OK)
        code = treaty_fail_nomem(err);
    if (code != TREATY_OK)
        discard(ret, &load.safe);
    else
        treaty_share_free_list(treaty_share_publish(&ret->share));
    return code;
}

/* Show `builder.work` to the readers, in `object` made for it. */
static void publish(struct treaty_writer *w, struct treaty_catalog *object)
{
    const struct treaty_catalog *old = atomic_load(&w->published);
    struct treaty_share_head *garbage;

    *object = w->builder.work;
    treaty_share_drop(&w->builder.share, old);
    garbage = treaty_share_publish(&w->builder.share);
    atomic_store(&w->published, object);
    treaty_epochs_retire(w->epochs, garbage);
}

/* Put a freshly read catalog in the place of everything there was. */
static enum treaty_code reload(struct treaty_writer *w,
                               struct treaty_error *err)
{
    struct treaty_builder fresh;
    struct treaty_builder old = w->builder;
    struct treaty_catalog *object;
    enum treaty_code code = load(w->options->journal, &fresh, err);

    if (code != TREATY_OK)
        return code;
    object = treaty_share_alloc(&fresh.share, sizeof(*object));
    if (!object) {
        discard(&fresh, &fresh.work);
        return treaty_fail_nomem(err);
    }
    w->builder = fresh;
    w->skipped = fresh.skipped;
    /* Drops the old catalog object, too, into the new batch's garbage. */
    publish(w, object);
    treaty_builder_clear(&old);
    treaty_epochs_retire(w->epochs, treaty_share_publish(&old.share));
    treaty_builder_release(&old);
    w->stale = false;
    return TREATY_OK;
}

/* --- One batch ------------------------------------------------------------ */

static bool reserve(struct treaty_batch *batch)
{
    size_t capacity = batch->capacity ? batch->capacity * 2 : 64;
    struct treaty_journal_record *records;

    if (batch->count < batch->capacity)
        return true;
    records = TREATY_ARENA_NEW_N(&batch->arena, struct treaty_journal_record,
                                 capacity);
    if (!records)
        return false;
    if (batch->count)
        memcpy(records, batch->records, batch->count * sizeof(*records));
    batch->records = records;
    batch->capacity = capacity;
    return true;
}

static enum treaty_code emit(struct treaty_batch *batch,
                             const struct treaty_buf *key,
                             const struct treaty_buf *value)
{
    struct treaty_journal_record record = {.ts_ms = batch->now_ms};

    if (treaty_buf_status(key, NULL) != TREATY_OK ||
        (value && treaty_buf_status(value, NULL) != TREATY_OK) ||
        !reserve(batch))
        return TREATY_ENOMEM;
    record.key = treaty_arena_dup(&batch->arena, treaty_buf_str(key));
    if (value)
        record.value = treaty_arena_dup(&batch->arena, treaty_buf_str(value));
    if (!record.key.data || (value && !record.value.data))
        return TREATY_ENOMEM;
    batch->records[batch->count++] = record;
    batch->bytes += record.key.len + record.value.len;
    return treaty_builder_apply(batch->builder, &record);
}

enum treaty_code treaty_batch_emit(struct treaty_batch *batch,
                                   struct treaty_buf *key,
                                   struct treaty_buf *value,
                                   struct treaty_error *err)
{
    enum treaty_code code = emit(batch, key, value);

    treaty_buf_clear(key);
    if (value)
        treaty_buf_clear(value);
    if (code == TREATY_OK)
        return TREATY_OK;
    batch->broken = true;
    return treaty_fail_nomem(err);
}

/* The highest id given is written with the batch that raised it. */
static enum treaty_code emit_high_id(struct treaty_batch *batch,
                                     struct treaty_error *err)
{
    struct treaty_buf key;
    struct treaty_buf value;
    enum treaty_code code;

    treaty_buf_init(&key, 0);
    treaty_buf_init(&value, 0);
    treaty_record_high_id_key(&key);
    treaty_buf_put_z(&value, "{\"id\":");
    treaty_buf_put_i64(&value, batch->builder->work.id_max);
    treaty_buf_put_c(&value, '}');
    code = treaty_batch_emit(batch, &key, &value, err);
    treaty_buf_release(&key);
    treaty_buf_release(&value);
    return code;
}

static enum treaty_code commit(struct treaty_writer *w,
                               struct treaty_batch *batch,
                               struct treaty_error *err)
{
    uint64_t start = treaty_clock_mono_ns();
    enum treaty_code code = treaty_journal_append(
        w->options->journal, batch->records, batch->count, err);

    w->commit_ns += treaty_clock_mono_ns() - start;
    if (code == TREATY_OK) {
        w->batches++;
        w->records += batch->count;
        return TREATY_OK;
    }
    w->commits_failed++;
    w->stale = true;
    if (code != TREATY_ESTORE && err)
        err->code = TREATY_ESTORE;
    return TREATY_ESTORE;
}

static void abort_batch(struct treaty_writer *w)
{
    treaty_share_abort(&w->builder.share);
    w->builder.work = *atomic_load(&w->published);
}

static void run_tasks(struct treaty_batch *batch, struct treaty_task *list)
{
    for (struct treaty_task *t = list; t && !batch->broken; t = t->next) {
        t->error = (struct treaty_error){.offset = TREATY_NO_OFFSET};
        t->code = rules[t->kind](batch, t);
    }
}

/* Everything between taking the tasks and knowing that they are durable. */
static enum treaty_code run_batch(struct treaty_writer *w,
                                  struct treaty_batch *batch,
                                  struct treaty_task *list,
                                  struct treaty_error *err)
{
    struct treaty_catalog *object;
    enum treaty_code code = TREATY_OK;

    if (w->stale) {
        w->reloads++;
        code = reload(w, err);
        if (code != TREATY_OK)
            return TREATY_ESTORE;
    }
    /* What publishing needs is had before the commit, so that nothing can
     * fail after it. */
    object = treaty_share_alloc(&w->builder.share, sizeof(*object));
    if (!object)
        return treaty_fail_nomem(err);
    run_tasks(batch, list);
    if (!batch->broken && batch->gave_id)
        code = emit_high_id(batch, err);
    if (batch->broken)
        code = treaty_fail_nomem(err);
    if (code == TREATY_OK && batch->count > 0)
        code = commit(w, batch, err);
    if (code != TREATY_OK || batch->count == 0)
        abort_batch(w);
    else
        publish(w, object);
    return code;
}

void treaty_writer_run(struct treaty_writer *w, struct treaty_task *list)
{
    struct treaty_error err = {.offset = TREATY_NO_OFFSET};
    struct treaty_batch batch = {
        .builder = &w->builder,
        .cache = w->cache,
        .options = w->options,
        .id_floor = &w->id_floor,
        .now_ms = treaty_clock_wall_ms(),
    };
    struct treaty_task *next;
    enum treaty_code code;

    treaty_arena_init(&batch.arena, 0, NULL);
    code = run_batch(w, &batch, list, &err);
    for (struct treaty_task *t = list; t; t = next) {
        next = t->next; /* `done` gives the task away */
        if (code != TREATY_OK) {
            t->code = code;
            t->error = err;
        }
        t->done(t, t->ctx);
    }
    treaty_arena_release(&batch.arena);
}

/* --- Start and end ---------------------------------------------------------
 */

/* Leave the default level in the journal, where the SQL views find it. */
static enum treaty_code keep_default_level(struct treaty_writer *w,
                                           struct treaty_batch *batch,
                                           struct treaty_error *err)
{
    struct treaty_str wanted = w->options->default_level;
    struct treaty_setting setting = {0};
    enum treaty_level level;
    struct treaty_buf key;
    struct treaty_buf value;
    struct treaty_str have = TREATY_STR("BACKWARD");
    enum treaty_code code;

    if (w->builder.work.default_level)
        have = w->builder.work.default_level->value;
    if (!treaty_level_parse(wanted, &level))
        return treaty_fail(err, TREATY_ELEVEL, TREATY_NO_OFFSET,
                           "'%.*s' is not a compatibility level",
                           TREATY_STR_ARG(wanted));
    setting.value = treaty_level_name(level);
    if (treaty_str_eq(have, setting.value))
        return TREATY_OK;
    treaty_buf_init(&key, 0);
    treaty_buf_init(&value, 0);
    treaty_record_default_level_key(&key);
    treaty_record_config_value(&value, &setting);
    code = treaty_batch_emit(batch, &key, &value, err);
    if (code == TREATY_OK)
        code = commit(w, batch, err);
    treaty_buf_release(&key);
    treaty_buf_release(&value);
    return code;
}

enum treaty_code treaty_writer_start(struct treaty_writer *w,
                                     struct treaty_error *err)
{
    struct treaty_batch batch = {.builder = &w->builder,
                                 .now_ms = treaty_clock_wall_ms()};
    struct treaty_catalog *object;
    struct treaty_catalog safe;
    enum treaty_code code = load(w->options->journal, &w->builder, err);

    if (code != TREATY_OK)
        return code;
    safe = w->builder.work;
    w->skipped = w->builder.skipped;
    treaty_arena_init(&batch.arena, 0, NULL);
    if (w->options->default_level.len)
        code = keep_default_level(w, &batch, err);
    treaty_arena_release(&batch.arena);
    object = treaty_share_alloc(&w->builder.share, sizeof(*object));
    if (code == TREATY_OK && !object)
        code = treaty_fail_nomem(err);
    if (code != TREATY_OK) {
        discard(&w->builder, &safe);
        return code;
    }
    publish(w, object);
    return TREATY_OK;
}

void treaty_writer_release(struct treaty_writer *w)
{
    struct treaty_builder *b = &w->builder;

    treaty_share_drop(&b->share, atomic_load(&w->published));
    treaty_builder_clear(b);
    treaty_share_free_list(treaty_share_publish(&b->share));
    treaty_builder_release(b);
}
