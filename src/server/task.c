/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that become tasks of the registry.
 *
 *     handler (loop) -> try -> reply                    what is known already
 *                    -> suspend, submit -> [registry] -> done -> resume
 *                                                (loop) -> reply
 */
#include "server/inside.h"

#include "base/error.h"
#include "base/locate.h"
#include "base/str.h"

/* Bodies of more bytes are read elsewhere: this takes half a millisecond. */
enum { BODY_LARGE = 64 << 10 };

struct treaty_server_work *
treaty_server_work_new(struct treaty_server *server,
                       struct treaty_http_request *req,
                       enum treaty_task_kind kind)
{
    struct treaty_arena *arena = treaty_http_arena(req);
    struct treaty_server_work *work = NULL;
    struct treaty_error err;

    if (!treaty_http_keep(req))
        work = TREATY_ARENA_NEW(arena, struct treaty_server_work);
    if (!work) {
        (void)treaty_fail_nomem(&err);
        treaty_http_reply_error(req, &err);
        return NULL;
    }
    work->server = server;
    work->req = req;
    work->task.kind = kind;
    work->task.arena = arena;
    return work;
}

/*
 * A check that asks for reasons gets this one, too: a schema that cannot be
 * parsed is not compatible with anything.
 */
static bool is_verdict(const struct treaty_task *task)
{
    return task->kind == TREATY_TASK_CHECK && task->verbose &&
           treaty_code_rest_error(task->code) ==
               treaty_code_rest_error(TREATY_ESCHEMA);
}

static void put_invalid(struct treaty_json_writer *w,
                        const struct treaty_task *task)
{
    treaty_json_begin_object(w);
    treaty_json_member_bool(w, "is_compatible", false);
    treaty_json_key(w, "messages");
    treaty_json_begin_array(w);
    treaty_json_value_str(w, treaty_str_z(task->error.message));
    treaty_json_end_array(w);
    treaty_json_end_object(w);
}

/* The refusal with every difference, as Confluent words it: `..., details:
 * [first, second, ...]`. Empty without memory. */
static struct treaty_str put_details(const struct treaty_task *task)
{
    struct treaty_str text = {0};
    struct treaty_buf buf;

    treaty_buf_init(&buf, 0);
    treaty_buf_printf(&buf, "%s, details: [", task->error.message);
    for (size_t i = 0; i < task->ret_message_count; i++) {
        treaty_buf_put_z(&buf, i ? ", " : "");
        treaty_buf_put(&buf, task->ret_messages[i]);
    }
    treaty_buf_put_c(&buf, ']');
    if (!treaty_buf_status(&buf, NULL))
        text = treaty_arena_dup(task->arena, treaty_buf_str(&buf));
    treaty_buf_release(&buf);
    return text;
}

/*
 * The reason with its place in the schema's text: `... (line 3, column 14, at
 * /fields/2/type)`. Empty when it has no place.
 */
static struct treaty_str put_place(const struct treaty_task *task)
{
    const struct treaty_error *err = &task->error;
    struct treaty_place place;

    if (err->offset == TREATY_NO_OFFSET || !task->schema.text.data ||
        err->offset > task->schema.text.len)
        return (struct treaty_str){0};
    place = treaty_locate(task->schema.text, err->offset);
    return treaty_arena_printf(task->arena, "%s (line %zu, column %zu%s%s)",
                               err->message, place.line, place.column,
                               err->path[0] ? ", at " : "", err->path);
}

/* As before 8.0, where 40901 was 409. */
static void refuse_before_8(struct treaty_server_work *work,
                            struct treaty_str message)
{
    struct treaty_str body = {0};
    struct treaty_server_page page;
    struct treaty_error err;

    treaty_server_begin(&page);
    treaty_json_begin_object(&page.json);
    treaty_json_member_i64(&page.json, "error_code", 409);
    treaty_json_member_str(&page.json, "message", message);
    treaty_json_end_object(&page.json);
    if (!treaty_buf_status(&page.buf, NULL))
        body = treaty_arena_dup(work->task.arena, treaty_buf_str(&page.buf));
    treaty_buf_release(&page.buf);
    if (body.data) {
        treaty_http_reply(work->req, 409, body);
        return;
    }
    (void)treaty_fail_nomem(&err);
    treaty_http_reply_error(work->req, &err);
}

static void answer_error(struct treaty_server_work *work)
{
    struct treaty_task *task = &work->task;
    struct treaty_str details;

    task->error.code = task->code;
    if (task->ret_message_count)
        details = put_details(task);
    else
        details = put_place(task);
    if (details.data && task->code == TREATY_EINCOMPATIBLE &&
        work->server->options.is_before_8)
        refuse_before_8(work, details);
    else if (details.data)
        treaty_http_reply_error_text(work->req, task->code, details);
    else
        treaty_http_reply_error(work->req, &task->error);
}

/*
 * What the format's own compiler objects to goes into a header, since the
 * reply is as the reference words it; a schema that it refuses is news.
 */
static void tell_objection(struct treaty_server_work *work)
{
    struct treaty_server *server = work->server;
    struct treaty_task *task = &work->task;
    struct treaty_str text = treaty_arena_dup(task->arena, task->ret_objection);
    char *at = (char *)(uintptr_t)text.data;

    for (size_t i = 0; i < text.len; i++) {
        if (at[i] < ' ' || at[i] > '~')
            at[i] = '?';
    }
    if (text.data)
        treaty_http_add_header(work->req, "treaty-objection", text);
    if (!task->ret_added)
        return;
    treaty_server_watch_objection(server);
    if (server->options.on_objection)
        server->options.on_objection(task);
}

/* The bare text, which is JSON for Avro. */
static void answer_text(struct treaty_server_work *work)
{
    struct treaty_task *task = &work->task;
    struct treaty_str text =
        treaty_entry_text(task->ret_version.entry, task->arena);

    if (text.data) {
        treaty_http_reply(work->req, 200, text);
        return;
    }
    (void)treaty_fail_nomem(&task->error);
    treaty_http_reply_error(work->req, &task->error);
}

static void answer(struct treaty_server_work *work)
{
    struct treaty_task *task = &work->task;
    struct treaty_server_page page;

    if (task->ret_objection.data)
        tell_objection(work);
    if (task->code && !is_verdict(task)) {
        answer_error(work);
        return;
    }
    if (!work->put) {
        answer_text(work);
        return;
    }
    treaty_server_begin(&page);
    if (task->code)
        put_invalid(&page.json, task);
    else
        work->put(&page.json, task);
    treaty_server_finish(&page, work->req);
}

static void on_resume(struct treaty_http_request *req, void *data)
{
    (void)req;
    answer((struct treaty_server_work *)data);
}

/* On a thread of the registry. */
static void on_done(struct treaty_task *task, void *ctx)
{
    struct treaty_server_work *work = (struct treaty_server_work *)ctx;

    (void)task;
    treaty_http_resume(work->req, on_resume, work);
}

static void submit(struct treaty_server_work *work)
{
    struct treaty_task *task = &work->task;
    struct treaty_error err;
    enum treaty_code code;

    if (treaty_http_suspend(work->req)) {
        (void)treaty_fail_nomem(&err);
        treaty_http_reply_error(work->req, &err);
        return;
    }
    task->done = on_done;
    task->ctx = work;
    /* From here on the task is the registry's, unless it refuses. */
    code = treaty_registry_submit(work->server->registry, task);
    if (!code)
        return;
    task->code = treaty_fail(&task->error, code, TREATY_NO_OFFSET,
                             "too many requests wait already");
    on_done(task, work);
}

void treaty_server_work_run(struct treaty_server_work *work,
                            enum treaty_code code,
                            const struct treaty_error *err)
{
    struct treaty_server *server = work->server;

    if (code)
        treaty_http_reply_error(work->req, err);
    else if (treaty_registry_try(server->readers[treaty_http_loop(work->req)],
                                 &work->task))
        answer(work);
    else
        submit(work);
}

/* On a thread of the registry. */
static void on_prepare(struct treaty_task *task, void *ctx)
{
    struct treaty_server_work *work = (struct treaty_server_work *)ctx;

    task->code = work->read(work, &task->error);
    /* A place in the body is none in the schema. */
    task->error.offset = TREATY_NO_OFFSET;
}

void treaty_server_work_read(struct treaty_server_work *work)
{
    struct treaty_error err;
    enum treaty_code code;

    if (treaty_http_body(work->req).len > BODY_LARGE) {
        work->task.prepare = on_prepare;
        submit(work);
        return;
    }
    code = work->read(work, &err);
    treaty_server_work_run(work, code, &err);
}
