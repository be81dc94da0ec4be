/* SPDX-License-Identifier: Apache-2.0 */
/* Registering, in the order of confluent.md 1.4. */
#include "base/error.h"
#include "base/json.h"
#include "base/str.h"
#include "registry/record.h"
#include "registry/rules.h"

/* One registration on its way through the checks. */
struct registration {
    struct treaty_batch *batch;
    struct treaty_task *task;
    struct treaty_prepare p;
    struct treaty_str subject;
    struct treaty_prepared sent;
};

enum treaty_code treaty_rule_writable(const struct treaty_catalog *catalog,
                                      struct treaty_str subject,
                                      struct treaty_error *err)
{
    struct treaty_str mode;
    enum treaty_code code =
        treaty_catalog_mode(catalog, subject, true, &mode, err);

    if (code != TREATY_OK || !treaty_str_starts(mode, TREATY_STR("READONLY")))
        return code;
    if (!subject.data)
        return treaty_fail(err, TREATY_EREADONLY, TREATY_NO_OFFSET,
                           "the registry is in read-only mode");
    return treaty_fail(err, TREATY_EREADONLY, TREATY_NO_OFFSET,
                       "subject '%.*s' is in read-only mode",
                       TREATY_STR_ARG(subject));
}

static struct treaty_prepare prepare_of(struct treaty_batch *batch)
{
    return (struct treaty_prepare){
        .catalog = &batch->builder->work,
        .cache = batch->cache,
        .options = batch->options,
        .arena = &batch->arena,
    };
}

/* No text at all means the latest version's schema, which is there. */
static enum treaty_code register_nothing(struct registration *r)
{
    const struct treaty_subject *s =
        treaty_catalog_find_subject(r->p.catalog, r->subject);
    const struct treaty_version *latest = s ? treaty_subject_latest(s) : NULL;

    if (!latest)
        return treaty_fail(&r->task->error, TREATY_ESCHEMA, TREATY_NO_OFFSET,
                           "the schema is empty");
    return treaty_rule_reply(&r->p, r->task, latest);
}

/* Checks that need no parsing. */
static enum treaty_code check_request(struct registration *r)
{
    enum treaty_code code =
        treaty_rule_writable(r->p.catalog, r->subject, &r->task->error);

    if (code != TREATY_OK)
        return code;
    if (r->task->id > 0)
        return treaty_fail(&r->task->error, TREATY_EREADONLY, TREATY_NO_OFFSET,
                           "subject '%.*s' is not in import mode: the id "
                           "cannot be chosen",
                           TREATY_STR_ARG(r->subject));
    return TREATY_OK;
}

static enum treaty_code check_compatible(struct registration *r)
{
    enum treaty_code code;

    if (r->task->force)
        return TREATY_OK;
    code = treaty_rule_compare(&r->p, r->subject, r->sent.parsed->schema, NULL,
                               r->task);
    if (code != TREATY_OK || r->task->ret_compatible)
        return code;
    return treaty_fail(&r->task->error, TREATY_EINCOMPATIBLE, TREATY_NO_OFFSET,
                       "the schema is incompatible with an earlier one of "
                       "subject '%.*s'",
                       TREATY_STR_ARG(r->subject));
}

static enum treaty_code choose_version(struct registration *r, int32_t *ret)
{
    int32_t highest = treaty_subject_highest(
        treaty_catalog_find_subject(r->p.catalog, r->subject));

    if (highest == INT32_MAX)
        return treaty_fail(&r->task->error, TREATY_ELIMIT, TREATY_NO_OFFSET,
                           "subject '%.*s' has no version number left",
                           TREATY_STR_ARG(r->subject));
    if (r->task->version > 0 && r->task->version != highest + 1)
        return treaty_fail(&r->task->error, TREATY_ESCHEMA, TREATY_NO_OFFSET,
                           "the next version of subject '%.*s' is %d, not %d",
                           TREATY_STR_ARG(r->subject), highest + 1,
                           r->task->version);
    *ret = highest + 1;
    return TREATY_OK;
}

/* The id of the same content, or a new one, above every id ever tried. */
static enum treaty_code choose_id(struct registration *r,
                                  const struct treaty_entry *same, int32_t *ret)
{
    int32_t *floor = r->batch->id_floor;

    if (same) {
        *ret = same->id;
        return TREATY_OK;
    }
    if (*floor < r->p.catalog->id_max)
        *floor = r->p.catalog->id_max;
    if (*floor == INT32_MAX)
        return treaty_fail(&r->task->error, TREATY_ELIMIT, TREATY_NO_OFFSET,
                           "no schema id is left");
    *ret = ++*floor;
    r->batch->gave_id = true;
    return TREATY_OK;
}

/* The text as it was submitted, unless that is the one which is stored. */
static struct treaty_str quote_original(const struct registration *r,
                                        struct treaty_buf *out)
{
    treaty_json_quote(out, r->sent.parsed->schema->text);
    if (treaty_str_eq(treaty_buf_str(out), r->sent.content.text_json))
        return (struct treaty_str){0};
    return treaty_buf_str(out);
}

static enum treaty_code emit_schema(struct registration *r, int32_t version,
                                    int32_t id)
{
    struct treaty_schema_record record = {
        .subject = r->subject,
        .version = version,
        .id = id,
        .content = r->sent.content,
        .type = treaty_str_z(r->sent.content.format->name),
    };
    struct treaty_buf original;
    struct treaty_buf key;
    struct treaty_buf value;
    enum treaty_code code;

    treaty_buf_init(&original, 0);
    treaty_buf_init(&key, 0);
    treaty_buf_init(&value, 0);
    record.original_json = quote_original(r, &original);
    treaty_record_schema_key(&key, r->subject, version);
    treaty_record_schema_value(&value, &record);
    code = treaty_buf_status(&original, &r->task->error);
    if (code == TREATY_OK)
        code = treaty_batch_emit(r->batch, &key, &value, &r->task->error);
    treaty_buf_release(&original);
    treaty_buf_release(&key);
    treaty_buf_release(&value);
    return code;
}

/*
 * A schema that comes back takes its soft-deleted versions away, unless
 * something refers to them. Only now: its new version keeps the id in use.
 */
static enum treaty_code
remove_predecessors(struct registration *r,
                    const struct treaty_version_list *old)
{
    enum treaty_code code = TREATY_OK;
    struct treaty_buf key;

    treaty_buf_init(&key, 0);
    for (size_t i = 0; code == TREATY_OK && i < old->count; i++) {
        const struct treaty_version *v = old->items[i];

        if (!treaty_str_eq(v->subject, r->subject) ||
            treaty_catalog_is_referenced(r->p.catalog, v, TREATY_WITH_DELETED,
                                         (struct treaty_str){0}))
            continue;
        treaty_record_schema_key(&key, r->subject, v->version);
        code = treaty_batch_emit(r->batch, &key, NULL, &r->task->error);
    }
    treaty_buf_release(&key);
    return code;
}

/* Everything is checked: write it. */
static enum treaty_code add_version(struct registration *r,
                                    const struct treaty_entry *same)
{
    struct treaty_version_list old = {0};
    int32_t version = 0;
    int32_t id = 0;
    enum treaty_code code = choose_version(r, &version);

    if (code == TREATY_OK && same)
        code = treaty_catalog_uses(r->p.catalog, same->id, TREATY_ONLY_DELETED,
                                   &r->batch->arena, &old, &r->task->error);
    if (code == TREATY_OK)
        code = choose_id(r, same, &id);
    if (code == TREATY_OK)
        code = emit_schema(r, version, id);
    if (code == TREATY_OK)
        code = remove_predecessors(r, &old);
    if (code != TREATY_OK)
        return code;
    code = treaty_rule_answer(r->task, treaty_catalog_find_version(
                                           r->p.catalog, r->subject, version));
    r->task->ret_added = code == TREATY_OK;
    /* It is there now, even if its text cannot be had in another form. */
    if (code == TREATY_OK)
        (void)treaty_rule_render(&r->p, r->task);
    return code;
}

static enum treaty_code register_prepared(struct registration *r)
{
    const struct treaty_entry *same =
        treaty_catalog_by_content(r->p.catalog, &r->sent.content);
    const struct treaty_version *v = NULL;
    enum treaty_code code = TREATY_OK;

    if (same)
        v = treaty_catalog_use_in(r->p.catalog, same->id, r->subject, false);
    if (!v)
        code = treaty_rule_find_equivalent(&r->p, r->subject, &r->sent, false,
                                           &v, &r->task->error);
    if (code != TREATY_OK)
        return code;
    if (v && r->task->version > 0 && r->task->version != v->version)
        return treaty_fail(&r->task->error, TREATY_ESCHEMA, TREATY_NO_OFFSET,
                           "the schema is version %d of subject '%.*s' "
                           "already, not %d",
                           v->version, TREATY_STR_ARG(r->subject),
                           r->task->version);
    if (v)
        return treaty_rule_reply(&r->p, r->task, v);
    code = check_compatible(r);
    if (code != TREATY_OK)
        return code;
    return add_version(r, same);
}

enum treaty_code treaty_rule_register(struct treaty_batch *batch,
                                      struct treaty_task *task)
{
    struct registration r = {.batch = batch, .task = task};
    struct treaty_task_schema schema = task->schema;
    enum treaty_code code;

    r.p = prepare_of(batch);
    /* Idempotent first: what is there already needs no permission. */
    code = treaty_rule_find_registered(&r.p, task);
    if (code == TREATY_OK)
        return code;
    code = treaty_subject_parse(task->subject, &r.subject, &task->error);
    if (code == TREATY_OK)
        code = check_request(&r);
    if (code == TREATY_OK && treaty_str_trim(schema.text).len == 0)
        return register_nothing(&r);
    if (code != TREATY_OK)
        return code;
    schema.normalize =
        schema.normalize || treaty_catalog_normalizes(r.p.catalog, r.subject);
    code = treaty_prepare_sent(&r.p, &schema, TREATY_TO_REGISTER, &r.sent,
                               &task->error);
    if (code != TREATY_OK)
        return code;
    code = treaty_rule_note(task, r.sent.parsed->schema);
    if (code == TREATY_OK)
        code = register_prepared(&r);
    treaty_parsed_unref(r.sent.parsed);
    return code;
}
