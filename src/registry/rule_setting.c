/* SPDX-License-Identifier: Apache-2.0 */
/* Setting and deleting configurations and modes. */
#include "base/error.h"
#include "base/str.h"
#include "contract/contract.h"
#include "registry/record.h"
#include "registry/rules.h"

static const struct treaty_str modes[] = {
    {"READWRITE", 9},
    {"READONLY", 8},
};

/* The scope of a task: a subject's name, or .data NULL for the global one. */
static enum treaty_code get_scope(struct treaty_task *task,
                                  struct treaty_str *ret)
{
    *ret = (struct treaty_str){0};
    if (!task->subject.data)
        return TREATY_OK;
    return treaty_subject_parse(task->subject, ret, &task->error);
}

static enum treaty_code emit(struct treaty_batch *batch, const char *keytype,
                             struct treaty_str scope, struct treaty_buf *value,
                             struct treaty_error *err)
{
    struct treaty_buf key;
    enum treaty_code code;

    treaty_buf_init(&key, 0);
    treaty_record_subject_key(&key, keytype, scope);
    code = treaty_batch_emit(batch, &key, value, err);
    treaty_buf_release(&key);
    return code;
}

/* Copies for the caller, who outlives the catalog. */
static enum treaty_code answer_config(struct treaty_task *task,
                                      struct treaty_str level,
                                      enum treaty_tristate normalize)
{
    task->ret_config = (struct treaty_config){.normalize = normalize};
    if (!level.data)
        return TREATY_OK;
    task->ret_config.level = treaty_arena_dup(task->arena, level);
    if (!task->ret_config.level.data)
        return treaty_fail_nomem(&task->error);
    return TREATY_OK;
}

static enum treaty_code answer_mode(struct treaty_task *task,
                                    struct treaty_str mode)
{
    task->ret_mode = treaty_arena_dup(task->arena, mode);
    if (!task->ret_mode.data)
        return treaty_fail_nomem(&task->error);
    return TREATY_OK;
}

static enum treaty_code parse_level(struct treaty_str text,
                                    struct treaty_str *ret,
                                    struct treaty_error *err)
{
    enum treaty_level level;

    if (!treaty_level_parse(text, &level))
        return treaty_fail(err, TREATY_ELEVEL, TREATY_NO_OFFSET,
                           "'%.*s' is not a compatibility level: give NONE, "
                           "BACKWARD, FORWARD or FULL, the last three also "
                           "with _TRANSITIVE",
                           TREATY_STR_ARG(text));
    *ret = treaty_level_name(level);
    return TREATY_OK;
}

/* What is configured, changed by what the request says. */
static enum treaty_code merge(const struct treaty_setting *old,
                              struct treaty_task *task,
                              struct treaty_setting *ret)
{
    const struct treaty_config_change *change = &task->config;
    enum treaty_code code = TREATY_OK;

    if (old) {
        ret->value = old->value;
        ret->normalize = old->normalize;
        ret->extra = old->extra;
    }
    if (change->has_normalize)
        ret->normalize = change->value.normalize;
    if (change->has_level && !change->value.level.data)
        ret->value = (struct treaty_str){0};
    else if (change->has_level)
        code = parse_level(change->value.level, &ret->value, &task->error);
    return code;
}

enum treaty_code treaty_rule_set_config(struct treaty_batch *batch,
                                        struct treaty_task *task)
{
    const struct treaty_catalog *catalog = &batch->builder->work;
    struct treaty_setting setting = {0};
    struct treaty_buf value;
    enum treaty_code code = get_scope(task, &setting.scope);

    if (code == TREATY_OK)
        code = merge(treaty_catalog_own_config(catalog, setting.scope), task,
                     &setting);
    if (code == TREATY_OK)
        code = treaty_rule_writable(catalog, setting.scope, &task->error);
    if (code == TREATY_OK)
        code = answer_config(task, setting.value, setting.normalize);
    if (code != TREATY_OK)
        return code;
    treaty_buf_init(&value, 0);
    treaty_record_config_value(&value, &setting);
    code = emit(batch, "CONFIG", setting.scope, &value, &task->error);
    treaty_buf_release(&value);
    return code;
}

enum treaty_code treaty_rule_delete_config(struct treaty_batch *batch,
                                           struct treaty_task *task)
{
    const struct treaty_catalog *catalog = &batch->builder->work;
    const struct treaty_setting *old;
    struct treaty_config now;
    struct treaty_str scope;
    enum treaty_code code = get_scope(task, &scope);

    if (code != TREATY_OK)
        return code;
    old = treaty_catalog_own_config(catalog, scope);
    if (scope.data && !old)
        return treaty_fail(&task->error, TREATY_ENOSUBJECT, TREATY_NO_OFFSET,
                           "subject '%.*s' has no configuration of its own",
                           TREATY_STR_ARG(scope));
    code = treaty_rule_writable(catalog, scope, &task->error);
    if (code == TREATY_OK)
        code = treaty_catalog_config(catalog, scope, false, &now, &task->error);
    if (code == TREATY_OK)
        code = answer_config(task, now.level, now.normalize);
    if (code != TREATY_OK || !old)
        return code;
    return emit(batch, "CONFIG", scope, NULL, &task->error);
}

static const struct treaty_str *find_mode(struct treaty_str text)
{
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (treaty_str_eq_nocase(text, modes[i]))
            return &modes[i];
    }
    return NULL;
}

static enum treaty_code emit_mode(struct treaty_batch *batch,
                                  struct treaty_str scope,
                                  struct treaty_task *task)
{
    const struct treaty_str *mode = find_mode(task->mode);
    struct treaty_buf value;
    enum treaty_code code;

    if (!mode)
        return treaty_fail(&task->error, TREATY_EMODE, TREATY_NO_OFFSET,
                           "'%.*s' is not a mode: give READWRITE or READONLY",
                           TREATY_STR_ARG(task->mode));
    code = answer_mode(task, *mode);
    if (code != TREATY_OK)
        return code;
    treaty_buf_init(&value, 0);
    treaty_record_mode_value(&value, scope, *mode);
    code = emit(batch, "MODE", scope, &value, &task->error);
    treaty_buf_release(&value);
    return code;
}

enum treaty_code treaty_rule_set_mode(struct treaty_batch *batch,
                                      struct treaty_task *task)
{
    const struct treaty_catalog *catalog = &batch->builder->work;
    struct treaty_str mode;
    struct treaty_str scope;
    enum treaty_code code = get_scope(task, &scope);

    if (code != TREATY_OK)
        return code;
    if (task->mode.data)
        return emit_mode(batch, scope, task);
    if (treaty_catalog_own_mode(catalog, scope))
        code = emit(batch, "MODE", scope, NULL, &task->error);
    if (code == TREATY_OK)
        code = treaty_catalog_mode(catalog, scope, true, &mode, &task->error);
    if (code == TREATY_OK)
        code = answer_mode(task, mode);
    return code;
}

enum treaty_code treaty_rule_delete_mode(struct treaty_batch *batch,
                                         struct treaty_task *task)
{
    const struct treaty_catalog *catalog = &batch->builder->work;
    const struct treaty_setting *old;
    struct treaty_str mode;
    struct treaty_str scope;
    enum treaty_code code = get_scope(task, &scope);

    if (code != TREATY_OK)
        return code;
    old = treaty_catalog_own_mode(catalog, scope);
    if (scope.data && !old)
        return treaty_fail(&task->error, TREATY_ENOSUBJECT, TREATY_NO_OFFSET,
                           "subject '%.*s' has no mode of its own",
                           TREATY_STR_ARG(scope));
    code = treaty_catalog_mode(catalog, scope, false, &mode, &task->error);
    if (code == TREATY_OK)
        code = answer_mode(task, mode);
    if (code != TREATY_OK || !old)
        return code;
    return emit(batch, "MODE", scope, NULL, &task->error);
}
