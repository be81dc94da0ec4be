/* SPDX-License-Identifier: Apache-2.0 */
/* `/mode`: of all, and of a subject. */
#include "server/inside.h"

#include "base/error.h"
#include "base/str.h"

static enum treaty_code find_mode(struct treaty_http_request *req,
                                  const struct treaty_catalog *catalog,
                                  struct treaty_str *ret,
                                  struct treaty_error *err)
{
    struct treaty_str scope = {0};

    if (treaty_http_param_count(req)) {
        enum treaty_code code = treaty_server_subject(req, 0, &scope, err);

        if (code)
            return code;
    }
    return treaty_catalog_mode(
        catalog, scope, treaty_server_flag(req, "defaultToGlobal"), ret, err);
}

static void put_text(struct treaty_json_writer *w, struct treaty_str mode)
{
    treaty_json_begin_object(w);
    if (mode.len)
        treaty_json_member_str(w, "mode", mode);
    treaty_json_end_object(w);
}

void treaty_server_mode_get(struct treaty_http_request *req, void *app)
{
    struct treaty_server *server = (struct treaty_server *)app;
    const struct treaty_catalog *catalog = treaty_server_pin(server, req);
    struct treaty_server_page page;
    struct treaty_error err;
    struct treaty_str mode;

    if (find_mode(req, catalog, &mode, &err)) {
        treaty_http_reply_error(req, &err);
    } else {
        treaty_server_begin(&page);
        put_text(&page.json, mode);
        treaty_server_finish(&page, req);
    }
    treaty_server_unpin(server, req);
}

static void put_mode(struct treaty_json_writer *w,
                     const struct treaty_task *task)
{
    put_text(w, task->ret_mode);
}

/* An explicit null clears; leaving the member out says nothing at all. */
static enum treaty_code read_mode(struct treaty_server_work *work,
                                  struct treaty_error *err)
{
    const struct treaty_json *body;
    enum treaty_code code = treaty_server_body(work->req, &body, err);

    if (code)
        return code;
    if (!treaty_json_get(body, "mode"))
        return treaty_fail(err, TREATY_EMODE, TREATY_NO_OFFSET,
                           "the request has no member \"mode\"");
    return treaty_server_body_str(body, "mode", &work->task.mode, err);
}

static struct treaty_server_work *work_on_mode(struct treaty_http_request *req,
                                               void *app,
                                               enum treaty_task_kind kind)
{
    struct treaty_server_work *work =
        treaty_server_work_new((struct treaty_server *)app, req, kind);

    if (!work)
        return NULL;
    work->put = put_mode;
    if (treaty_http_param_count(req))
        work->task.subject = treaty_http_param(req, 0);
    return work;
}

void treaty_server_mode_put(struct treaty_http_request *req, void *app)
{
    struct treaty_server_work *work =
        work_on_mode(req, app, TREATY_TASK_SET_MODE);

    if (!work)
        return;
    work->read = read_mode;
    treaty_server_work_read(work);
}

void treaty_server_mode_delete(struct treaty_http_request *req, void *app)
{
    struct treaty_server_work *work =
        work_on_mode(req, app, TREATY_TASK_DELETE_MODE);

    if (!work)
        return;
    treaty_server_work_run(work, TREATY_OK, NULL);
}
