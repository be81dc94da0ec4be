/* SPDX-License-Identifier: Apache-2.0 */
/* What a task is answered with: a schema, in the form that was asked for. */
#include "base/error.h"
#include "base/json.h"
#include "base/locate.h"
#include "base/str.h"
#include "registry/rules.h"

enum treaty_code treaty_rule_answer(struct treaty_task *task,
                                    const struct treaty_version *version)
{
    const struct treaty_entry *from = version->entry;
    struct treaty_entry *e = TREATY_ARENA_NEW(task->arena, struct treaty_entry);
    struct treaty_str bytes;

    if (!e)
        return treaty_fail_nomem(&task->error);
    bytes = treaty_arena_dup(task->arena, from->reply);
    *e = *from;
    e->references = NULL; /* `references_json` tells them */
    e->type = treaty_arena_dup(task->arena, from->type);
    e->extra = treaty_arena_dup(task->arena, from->extra);
    task->ret_version = *version;
    task->ret_version.entry = e;
    task->ret_version.subject = treaty_arena_dup(task->arena, version->subject);
    if (version->original_json.len)
        task->ret_version.original_json =
            treaty_arena_dup(task->arena, version->original_json);
    if (!bytes.data || !e->type.data || !e->extra.data ||
        !task->ret_version.subject.data ||
        (version->original_json.len && !task->ret_version.original_json.data))
        return treaty_fail_nomem(&task->error);
    e->reply = bytes;
    e->guid_text.data = bytes.data + (from->guid_text.data - from->reply.data);
    e->text_json.data = bytes.data + (from->text_json.data - from->reply.data);
    if (from->references_json.len)
        e->references_json.data =
            bytes.data + (from->references_json.data - from->reply.data);
    return TREATY_OK;
}

static bool is_canonical(struct treaty_str how)
{
    return how.len == 0 || treaty_str_eq_nocase(how, TREATY_STR("default"));
}

/* The entry that is answered with, with another text. */
static enum treaty_code replace_text(struct treaty_task *task,
                                     struct treaty_str text_json)
{
    struct treaty_entry *e = TREATY_ARENA_NEW(task->arena, struct treaty_entry);

    if (!e || !text_json.data)
        return treaty_fail_nomem(&task->error);
    *e = *task->ret_version.entry;
    e->text_json = text_json;
    task->ret_version.entry = e;
    return TREATY_OK;
}

static enum treaty_code render_stored(struct treaty_task *task,
                                      const struct treaty_schema *schema)
{
    struct treaty_str text_json = {0};
    struct treaty_buf text;
    struct treaty_buf quoted;
    enum treaty_code code;

    treaty_buf_init(&text, 0);
    treaty_buf_init(&quoted, 0);
    code = treaty_schema_render(schema, task->how, &text, NULL, &task->error);
    if (code == TREATY_OK)
        code = treaty_buf_status(&text, &task->error);
    if (code == TREATY_OK) {
        treaty_json_quote(&quoted, treaty_buf_str(&text));
        code = treaty_buf_status(&quoted, &task->error);
    }
    if (code == TREATY_OK) {
        text_json = treaty_arena_dup(task->arena, treaty_buf_str(&quoted));
        code = replace_text(task, text_json);
    }
    treaty_buf_release(&text);
    treaty_buf_release(&quoted);
    return code;
}

enum treaty_code treaty_rule_render(const struct treaty_prepare *p,
                                    struct treaty_task *task)
{
    struct treaty_version *v = &task->ret_version;
    struct treaty_parsed *stored;
    enum treaty_code code;

    if (is_canonical(task->how))
        return TREATY_OK;
    if (treaty_str_eq_nocase(task->how, TREATY_STR("original")))
        return v->original_json.data ? replace_text(task, v->original_json)
                                     : TREATY_OK;
    /* A kind of schema that we do not know has no other forms. */
    if (!v->entry->format)
        return TREATY_OK;
    code =
        treaty_prepare_stored(p, treaty_catalog_by_id(p->catalog, v->entry->id),
                              &stored, &task->error);
    if (code != TREATY_OK)
        return code;
    code = render_stored(task, stored->schema);
    treaty_parsed_unref(stored);
    return code;
}

enum treaty_code treaty_rule_reply(const struct treaty_prepare *p,
                                   struct treaty_task *task,
                                   const struct treaty_version *version)
{
    enum treaty_code code = treaty_rule_answer(task, version);

    if (code != TREATY_OK)
        return code;
    return treaty_rule_render(p, task);
}

/* Of the uses of an id, the one that came first. */
static enum treaty_code find_first_use(const struct treaty_prepare *p,
                                       struct treaty_task *task,
                                       const struct treaty_version **ret)
{
    struct treaty_version_list uses;
    enum treaty_code code =
        treaty_catalog_uses(p->catalog, task->id, TREATY_WITH_DELETED, p->arena,
                            &uses, &task->error);

    if (code != TREATY_OK)
        return code;
    *ret = uses.items[0];
    for (size_t i = 1; i < uses.count; i++) {
        if (uses.items[i]->ts_ms < (*ret)->ts_ms)
            *ret = uses.items[i];
    }
    return TREATY_OK;
}

enum treaty_code treaty_rule_get(const struct treaty_prepare *p,
                                 struct treaty_task *task)
{
    enum treaty_deleted deleted =
        task->deleted ? TREATY_WITH_DELETED : TREATY_LIVE;
    const struct treaty_version *v = NULL;
    struct treaty_str subject;
    enum treaty_code code;

    if (task->id > 0) {
        code = find_first_use(p, task, &v);
    } else {
        code = treaty_subject_parse(task->subject, &subject, &task->error);
        if (code == TREATY_OK)
            code = treaty_catalog_version(p->catalog, subject, task->version,
                                          deleted, &v, &task->error);
    }
    if (code != TREATY_OK)
        return code;
    return treaty_rule_reply(p, task, v);
}

/* In one line, with its place. */
enum treaty_code treaty_rule_note(struct treaty_task *task,
                                  const struct treaty_schema *schema)
{
    const struct treaty_error *o = &schema->objection;
    struct treaty_place place;

    if (o->code == TREATY_OK)
        return TREATY_OK;
    if (o->offset > schema->text.len) {
        task->ret_objection =
            treaty_arena_dup(task->arena, treaty_str_z(o->message));
    } else {
        place = treaty_locate(schema->text, o->offset);
        task->ret_objection =
            treaty_arena_printf(task->arena, "%s (line %zu, column %zu)",
                                o->message, place.line, place.column);
    }
    return task->ret_objection.data ? TREATY_OK
                                    : treaty_fail_nomem(&task->error);
}
