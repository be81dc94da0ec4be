/* SPDX-License-Identifier: Apache-2.0 */
/* `/compatibility`: would this schema be taken? */
#include "server/inside.h"

#include "base/error.h"

static void put_verdict(struct treaty_json_writer *w,
                        const struct treaty_task *task)
{
    treaty_json_begin_object(w);
    treaty_json_member_bool(w, "is_compatible", task->ret_compatible);
    if (task->verbose && task->ret_message_count) {
        treaty_json_key(w, "messages");
        treaty_json_begin_array(w);
        for (size_t i = 0; i < task->ret_message_count; i++)
            treaty_json_value_str(w, task->ret_messages[i]);
        treaty_json_end_array(w);
    }
    treaty_json_end_object(w);
}

static void check(struct treaty_http_request *req, struct treaty_server *server,
                  bool one)
{
    struct treaty_server_work *work =
        treaty_server_work_new(server, req, TREATY_TASK_CHECK);
    struct treaty_error err;
    enum treaty_code code = TREATY_OK;

    if (!work)
        return;
    work->put = put_verdict;
    work->read = treaty_server_body_schema;
    work->task.subject = treaty_http_param(req, 0);
    work->task.verbose = treaty_server_flag(req, "verbose");
    work->task.version = TREATY_VERSION_HISTORY;
    if (one)
        code = treaty_server_version(req, 1, &work->task.version, &err);
    if (code)
        treaty_server_work_run(work, code, &err);
    else
        treaty_server_work_read(work);
}

/* Against that one version, whatever the level says about others. */
void treaty_server_compatibility_one(struct treaty_http_request *req, void *app)
{
    check(req, (struct treaty_server *)app, true);
}

/* Against what registering would compare it with. */
void treaty_server_compatibility_all(struct treaty_http_request *req, void *app)
{
    check(req, (struct treaty_server *)app, false);
}
