/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `/config`: of all, and of a subject. The level is `compatibilityLevel` where
 * a configuration is shown, and `compatibility` where one is set.
 */
#include "server/inside.h"

#include "base/error.h"
#include "base/str.h"

/* The subject in the path, or .data NULL for the global configuration. */
static enum treaty_code scope_of(const struct treaty_http_request *req,
                                 struct treaty_str *ret,
                                 struct treaty_error *err)
{
    *ret = (struct treaty_str){0};
    if (!treaty_http_param_count(req))
        return TREATY_OK;
    return treaty_server_subject(req, 0, ret, err);
}

void treaty_server_config_get(struct treaty_http_request *req, void *app)
{
    struct treaty_server *server = (struct treaty_server *)app;
    const struct treaty_catalog *catalog = treaty_server_pin(server, req);
    struct treaty_config config;
    struct treaty_server_page page;
    struct treaty_error err;
    struct treaty_str scope;
    enum treaty_code code = scope_of(req, &scope, &err);

    if (!code)
        code = treaty_catalog_config(catalog, scope,
                                     treaty_server_flag(req, "defaultToGlobal"),
                                     &config, &err);
    if (code) {
        treaty_http_reply_error(req, &err);
    } else {
        treaty_server_begin(&page);
        treaty_server_put_config(&page.json, &config, "compatibilityLevel");
        treaty_server_finish(&page, req);
    }
    treaty_server_unpin(server, req);
}

static void put_set(struct treaty_json_writer *w,
                    const struct treaty_task *task)
{
    treaty_server_put_config(w, &task->ret_config, "compatibility");
}

static void put_removed(struct treaty_json_writer *w,
                        const struct treaty_task *task)
{
    treaty_server_put_config(w, &task->ret_config, "compatibilityLevel");
}

static enum treaty_code take_level(const struct treaty_json *body,
                                   struct treaty_config_change *change,
                                   struct treaty_error *err)
{
    change->has_level = treaty_json_get(body, "compatibility") != NULL;
    return treaty_server_body_str(body, "compatibility", &change->value.level,
                                  err);
}

static enum treaty_code take_normalize(const struct treaty_json *body,
                                       struct treaty_config_change *change,
                                       struct treaty_error *err)
{
    const struct treaty_json *member = treaty_json_get(body, "normalize");

    if (!member)
        return TREATY_OK;
    if (member->kind != TREATY_JSON_NULL && member->kind != TREATY_JSON_BOOL)
        return treaty_fail(err, TREATY_EREQUEST, member->pos,
                           "\"normalize\" must be true, false or null");
    change->has_normalize = true;
    if (member->kind == TREATY_JSON_BOOL)
        change->value.normalize = member->truth ? TREATY_TRUE : TREATY_FALSE;
    return TREATY_OK;
}

static enum treaty_code read_change(struct treaty_server_work *work,
                                    struct treaty_error *err)
{
    struct treaty_config_change *change = &work->task.config;
    const struct treaty_json *body;
    enum treaty_code code = treaty_server_body(work->req, &body, err);

    if (code)
        return code;
    code = take_level(body, change, err);
    if (code)
        return code;
    return take_normalize(body, change, err);
}

static struct treaty_server_work *
work_on_config(struct treaty_http_request *req, void *app,
               enum treaty_task_kind kind)
{
    struct treaty_server_work *work =
        treaty_server_work_new((struct treaty_server *)app, req, kind);

    if (work && treaty_http_param_count(req))
        work->task.subject = treaty_http_param(req, 0);
    return work;
}

void treaty_server_config_put(struct treaty_http_request *req, void *app)
{
    struct treaty_server_work *work =
        work_on_config(req, app, TREATY_TASK_SET_CONFIG);

    if (!work)
        return;
    work->put = put_set;
    work->read = read_change;
    treaty_server_work_read(work);
}

void treaty_server_config_delete(struct treaty_http_request *req, void *app)
{
    struct treaty_server_work *work =
        work_on_config(req, app, TREATY_TASK_DELETE_CONFIG);

    if (!work)
        return;
    work->put = put_removed;
    treaty_server_work_run(work, TREATY_OK, NULL);
}
