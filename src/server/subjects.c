/* SPDX-License-Identifier: Apache-2.0 */
/* `/subjects`: list, look up by content, delete. */
#include "server/inside.h"

#include "base/error.h"
#include "base/str.h"

static enum treaty_code find_subjects(struct treaty_http_request *req,
                                      const struct treaty_catalog *catalog,
                                      struct treaty_subject_list *list,
                                      struct treaty_error *err)
{
    struct treaty_str prefix = treaty_http_query(req, "subjectPrefix");
    struct treaty_page window;
    enum treaty_code code = treaty_server_page(req, &window, err);

    if (code)
        return code;
    if (!prefix.data)
        prefix = TREATY_STR(":*:");
    code = treaty_catalog_subjects(catalog, prefix, treaty_server_deleted(req),
                                   window, treaty_http_arena(req), list);
    return code ? treaty_fail_nomem(err) : TREATY_OK;
}

void treaty_server_subject_list(struct treaty_http_request *req, void *app)
{
    struct treaty_server *server = (struct treaty_server *)app;
    const struct treaty_catalog *catalog = treaty_server_pin(server, req);
    struct treaty_subject_list list;
    struct treaty_server_page page;
    struct treaty_error err;

    if (find_subjects(req, catalog, &list, &err)) {
        treaty_http_reply_error(req, &err);
    } else {
        treaty_server_begin(&page);
        treaty_json_begin_array(&page.json);
        for (size_t i = 0; i < list.count; i++)
            treaty_json_value_str(&page.json, list.items[i]);
        treaty_json_end_array(&page.json);
        treaty_server_finish(&page, req);
    }
    treaty_server_unpin(server, req);
}

static void put_found(struct treaty_json_writer *w,
                      const struct treaty_task *task)
{
    treaty_server_put_version(w, treaty_server_work_of(task)->server,
                              &task->ret_version);
}

void treaty_server_subject_lookup(struct treaty_http_request *req, void *app)
{
    struct treaty_server_work *work = treaty_server_work_new(
        (struct treaty_server *)app, req, TREATY_TASK_LOOKUP);

    if (!work)
        return;
    work->put = put_found;
    work->read = treaty_server_body_schema;
    work->task.subject = treaty_http_param(req, 0);
    work->task.deleted = treaty_server_flag(req, "deleted");
    work->task.how = treaty_server_form(req);
    treaty_server_work_read(work);
}

static void put_deleted(struct treaty_json_writer *w,
                        const struct treaty_task *task)
{
    treaty_json_begin_array(w);
    for (size_t i = 0; i < task->ret_deleted_count; i++)
        treaty_json_value_i64(w, task->ret_deleted[i]);
    treaty_json_end_array(w);
}

void treaty_server_subject_delete(struct treaty_http_request *req, void *app)
{
    struct treaty_server_work *work = treaty_server_work_new(
        (struct treaty_server *)app, req, TREATY_TASK_DELETE_SUBJECT);

    if (!work)
        return;
    work->put = put_deleted;
    work->task.subject = treaty_http_param(req, 0);
    work->task.permanent = treaty_server_flag(req, "permanent");
    treaty_server_work_run(work, TREATY_OK, NULL);
}
