/* SPDX-License-Identifier: Apache-2.0 */
/* Looking up and checking: rules that change nothing. */
#include "base/error.h"
#include "base/str.h"
#include "contract/contract.h"
#include "registry/rules.h"

/* So many versions may be compared with on an event loop. */
#define TRY_VERSIONS 4

/* Texts can only differ and mean the same where references are involved. */
static bool may_be_equivalent(const struct treaty_version *v,
                              const struct treaty_prepared *sent, bool deleted)
{
    return (deleted || !v->deleted) &&
           v->entry->format == sent->content.format &&
           (v->entry->reference_count > 0 || sent->content.reference_count > 0);
}

static enum treaty_code is_equivalent(const struct treaty_prepare *p,
                                      const struct treaty_version *v,
                                      const struct treaty_prepared *sent,
                                      bool *ret, struct treaty_error *err)
{
    struct treaty_parsed *stored;
    enum treaty_code code = treaty_prepare_stored(p, v->entry, &stored, err);

    if (code != TREATY_OK)
        return code;
    *ret = v->entry->format->equivalent(sent->parsed->schema, stored->schema);
    treaty_parsed_unref(stored);
    return TREATY_OK;
}

enum treaty_code treaty_rule_find_equivalent(const struct treaty_prepare *p,
                                             struct treaty_str subject,
                                             const struct treaty_prepared *sent,
                                             bool deleted,
                                             const struct treaty_version **ret,
                                             struct treaty_error *err)
{
    const struct treaty_subject *s =
        treaty_catalog_find_subject(p->catalog, subject);
    const struct treaty_version *v;
    struct treaty_sorted_cursor c;

    *ret = NULL;
    if (!s || (s->referring == 0 && sent->content.reference_count == 0))
        return TREATY_OK;
    if (p->cached_only && treaty_sorted_count(&s->versions) > TRY_VERSIONS)
        return TREATY_EBUSY; /* an event loop does not walk a history */
    c = treaty_sorted_from(&s->versions, NULL, NULL);
    for (v = treaty_sorted_next(&c); v; v = treaty_sorted_next(&c)) {
        bool same = false;
        enum treaty_code code = TREATY_OK;

        if (may_be_equivalent(v, sent, deleted))
            code = is_equivalent(p, v, sent, &same, err);
        /* One that cannot be parsed any more is equal to nothing. */
        if (code == TREATY_ENOMEM || code == TREATY_EBUSY)
            return code;
        if (code == TREATY_OK && same)
            *ret = v; /* the newest one wins, as in the reference */
    }
    return TREATY_OK;
}

/* The version of the subject that has this content, or NULL in `*ret`. */
static enum treaty_code
find_use(const struct treaty_prepare *p, struct treaty_str subject,
         const struct treaty_prepared *sent, bool deleted,
         const struct treaty_version **ret, struct treaty_error *err)
{
    const struct treaty_entry *entry =
        treaty_catalog_by_content(p->catalog, &sent->content);

    *ret = NULL;
    if (entry)
        *ret = treaty_catalog_use_in(p->catalog, entry->id, subject, deleted);
    if (*ret)
        return TREATY_OK;
    return treaty_rule_find_equivalent(p, subject, sent, deleted, ret, err);
}

/* The same for a text that is canonical as it was sent; NULL: parse it. */
static const struct treaty_version *
find_verbatim(const struct treaty_prepare *p, struct treaty_str subject,
              const struct treaty_task_schema *sent, bool deleted)
{
    const struct treaty_entry *entry = treaty_prepare_verbatim(p, sent);

    if (!entry)
        return NULL;
    return treaty_catalog_use_in(p->catalog, entry->id, subject, deleted);
}

static enum treaty_code fail_lookup(const struct treaty_prepare *p,
                                    struct treaty_str subject,
                                    struct treaty_task *task)
{
    const struct treaty_subject *s =
        treaty_catalog_find_subject(p->catalog, subject);

    if (!s || (s->live == 0 && !task->deleted))
        return treaty_fail(&task->error, TREATY_ENOSUBJECT, TREATY_NO_OFFSET,
                           "subject '%.*s' not found", TREATY_STR_ARG(subject));
    return treaty_fail(&task->error, TREATY_ENOSCHEMA, TREATY_NO_OFFSET,
                       "subject '%.*s' has no such schema",
                       TREATY_STR_ARG(subject));
}

enum treaty_code treaty_rule_lookup(const struct treaty_prepare *p,
                                    struct treaty_task *task)
{
    struct treaty_task_schema schema = task->schema;
    const struct treaty_version *v;
    struct treaty_prepared sent;
    struct treaty_str subject;
    enum treaty_code code =
        treaty_subject_parse(task->subject, &subject, &task->error);

    if (code != TREATY_OK)
        return code;
    schema.normalize =
        schema.normalize || treaty_catalog_normalizes(p->catalog, subject);
    v = find_verbatim(p, subject, &schema, task->deleted);
    if (v)
        return treaty_rule_reply(p, task, v);
    code = treaty_prepare_sent(p, &schema, TREATY_TO_FIND, &sent, &task->error);
    if (code != TREATY_OK)
        return code;
    code = find_use(p, subject, &sent, task->deleted, &v, &task->error);
    treaty_parsed_unref(sent.parsed);
    if (code != TREATY_OK)
        return code;
    if (!v)
        return fail_lookup(p, subject, task);
    return treaty_rule_reply(p, task, v);
}

/* What the client insists on, if it does. */
static bool agrees(const struct treaty_task *task,
                   const struct treaty_version *v)
{
    return (task->id <= 0 || task->id == v->entry->id) &&
           (task->version <= 0 || task->version == v->version);
}

enum treaty_code treaty_rule_find_registered(const struct treaty_prepare *p,
                                             struct treaty_task *task)
{
    struct treaty_task_schema schema = task->schema;
    const struct treaty_version *v;
    struct treaty_prepared sent;
    struct treaty_str subject;
    enum treaty_code code =
        treaty_subject_parse(task->subject, &subject, &task->error);

    if (code != TREATY_OK || treaty_str_trim(schema.text).len == 0)
        return TREATY_EBUSY;
    schema.normalize =
        schema.normalize || treaty_catalog_normalizes(p->catalog, subject);
    v = find_verbatim(p, subject, &schema, false);
    if (v && agrees(task, v))
        return treaty_rule_reply(p, task, v);
    /* What was taken once is not judged again by stricter rules. */
    code = treaty_prepare_sent(
        p, &schema, p->options->strict ? TREATY_TO_FIND : TREATY_TO_REGISTER,
        &sent, &task->error);
    if (code != TREATY_OK)
        return TREATY_EBUSY; /* the writer says what is wrong with it */
    code = find_use(p, subject, &sent, false, &v, &task->error);
    if (code == TREATY_OK)
        code = treaty_rule_note(task, sent.parsed->schema);
    treaty_parsed_unref(sent.parsed);
    if (code != TREATY_OK || !v || !agrees(task, v))
        return TREATY_EBUSY;
    return treaty_rule_reply(p, task, v);
}

/* Compare with one version; messages only when it fails. */
static enum treaty_code compare_one(const struct treaty_prepare *p,
                                    enum treaty_level level,
                                    struct treaty_schema *proposed,
                                    const struct treaty_version *v,
                                    struct treaty_task *task)
{
    struct treaty_contract_options options = {.level = level,
                                              .rules = p->options->rules};
    struct treaty_past past = {.version = v->version};
    const struct treaty_history history = {&past, 1};
    struct treaty_verdict verdict;
    struct treaty_parsed *stored;
    enum treaty_code code =
        treaty_prepare_stored(p, v->entry, &stored, &task->error);

    if (code != TREATY_OK)
        return code;
    past.schema = stored->schema;
    code = treaty_contract_check(task->arena, proposed, &history, &options,
                                 &verdict, &task->error);
    if (code == TREATY_OK && !verdict.compatible) {
        task->ret_compatible = false;
        code =
            treaty_verdict_messages(task->arena, &verdict, &task->ret_messages,
                                    &task->ret_message_count);
        if (code != TREATY_OK)
            code = treaty_fail_nomem(&task->error);
    }
    treaty_parsed_unref(stored);
    return code;
}

/* Every live version from the newest on, up to the first that fails. */
static enum treaty_code compare_history(const struct treaty_prepare *p,
                                        enum treaty_level level,
                                        struct treaty_str subject,
                                        struct treaty_schema *proposed,
                                        struct treaty_task *task)
{
    struct treaty_version_list list;
    enum treaty_code code = treaty_catalog_versions(
        p->catalog, subject, TREATY_LIVE, p->arena, &list, &task->error);

    if (code == TREATY_ENOSUBJECT)
        return TREATY_OK; /* nothing to be compatible with */
    if (p->cached_only && list.count > 1)
        return TREATY_EBUSY; /* an event loop does not walk a history */
    for (size_t i = list.count; code == TREATY_OK && i > 0; i--) {
        code = compare_one(p, level, proposed, list.items[i - 1], task);
        if (!task->ret_compatible)
            break;
    }
    return code;
}

static enum treaty_code compare_latest(const struct treaty_prepare *p,
                                       enum treaty_level level,
                                       struct treaty_str subject,
                                       struct treaty_schema *proposed,
                                       struct treaty_task *task)
{
    const struct treaty_subject *s =
        treaty_catalog_find_subject(p->catalog, subject);
    const struct treaty_version *latest = s ? treaty_subject_latest(s) : NULL;

    if (!latest)
        return TREATY_OK;
    return compare_one(p, level, proposed, latest, task);
}

enum treaty_code treaty_rule_compare(const struct treaty_prepare *p,
                                     struct treaty_str subject,
                                     struct treaty_schema *proposed,
                                     const struct treaty_version *only,
                                     struct treaty_task *task)
{
    struct treaty_str name = treaty_catalog_level(p->catalog, subject);
    enum treaty_level level;

    task->ret_compatible = true;
    task->ret_messages = NULL;
    task->ret_message_count = 0;
    if (!treaty_level_parse(name, &level))
        return treaty_fail(&task->error, TREATY_EINTERNAL, TREATY_NO_OFFSET,
                           "the store holds an unknown level '%.*s'",
                           TREATY_STR_ARG(name));
    if (level == TREATY_LEVEL_NONE)
        return TREATY_OK;
    if (only)
        return compare_one(p, level, proposed, only, task);
    if (treaty_level_is_transitive(level))
        return compare_history(p, level, subject, proposed, task);
    return compare_latest(p, level, subject, proposed, task);
}

/* The version a check names; NULL in `*ret`: as the level asks, or none. */
static enum treaty_code find_past(const struct treaty_prepare *p,
                                  struct treaty_str subject,
                                  struct treaty_task *task,
                                  const struct treaty_version **ret)
{
    enum treaty_code code;

    *ret = NULL;
    if (task->version == TREATY_VERSION_HISTORY)
        return TREATY_OK;
    code = treaty_catalog_version(p->catalog, subject, task->version,
                                  TREATY_LIVE, ret, &task->error);
    if (code == TREATY_OK)
        return TREATY_OK;
    *ret = NULL;
    if (task->version == TREATY_VERSION_LATEST)
        return TREATY_OK;
    return treaty_fail(&task->error, TREATY_ENOVERSION, TREATY_NO_OFFSET,
                       "version %d of subject '%.*s' not found", task->version,
                       TREATY_STR_ARG(subject));
}

/* Is it the schema that is at fault, rather than we? */
static bool is_invalid_schema(enum treaty_code code)
{
    return treaty_code_http_status(code) == 422 ||
           treaty_code_rest_error(code) == 400;
}

/* With `verbose`, a schema that is no schema is a verdict, not an error. */
static enum treaty_code answer_invalid(struct treaty_task *task,
                                       enum treaty_code code)
{
    struct treaty_str *message;

    if (!task->verbose || !is_invalid_schema(code))
        return code;
    message = TREATY_ARENA_NEW(task->arena, struct treaty_str);
    if (message)
        *message =
            treaty_arena_dup(task->arena, treaty_str_z(task->error.message));
    if (!message || !message->data)
        return treaty_fail_nomem(&task->error);
    task->ret_compatible = false;
    task->ret_messages = message;
    task->ret_message_count = 1;
    return TREATY_OK;
}

enum treaty_code treaty_rule_check(const struct treaty_prepare *p,
                                   struct treaty_task *task)
{
    struct treaty_task_schema schema = task->schema;
    const struct treaty_version *past;
    struct treaty_prepared sent;
    struct treaty_str subject;
    enum treaty_code code =
        treaty_subject_parse(task->subject, &subject, &task->error);

    if (code == TREATY_OK)
        code = find_past(p, subject, task, &past);
    if (code != TREATY_OK)
        return code;
    schema.normalize =
        schema.normalize || treaty_catalog_normalizes(p->catalog, subject);
    code = treaty_prepare_sent(p, &schema, TREATY_TO_REGISTER, &sent,
                               &task->error);
    if (code != TREATY_OK)
        return answer_invalid(task, code);
    code = treaty_rule_note(task, sent.parsed->schema);
    task->ret_compatible = true;
    if (code == TREATY_OK && (past || task->version != TREATY_VERSION_LATEST))
        code = treaty_rule_compare(p, subject, sent.parsed->schema, past, task);
    treaty_parsed_unref(sent.parsed);
    return code;
}
