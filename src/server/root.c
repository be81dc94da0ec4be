/* SPDX-License-Identifier: Apache-2.0 */
/* `/`, health and metrics. */
#include "server/inside.h"

#include "base/error.h"
#include "base/str.h"

void treaty_server_root(struct treaty_http_request *req, void *app)
{
    (void)app;
    treaty_http_reply(req, 200, TREATY_STR("{}"));
}

/* The loop that answers is alive; that is all there is to ask. */
void treaty_server_health_live(struct treaty_http_request *req, void *app)
{
    (void)app;
    treaty_http_reply(req, 200, TREATY_STR("{\"status\":\"UP\"}"));
}

/* The journal has been read before the first connection is accepted, so who
 * reaches this gets answers; a catalog can be had to prove it. */
void treaty_server_health_ready(struct treaty_http_request *req, void *app)
{
    struct treaty_server *server = (struct treaty_server *)app;
    bool ready = treaty_server_pin(server, req) != NULL;

    treaty_server_unpin(server, req);
    if (ready)
        treaty_http_reply(req, 200, TREATY_STR("{\"status\":\"UP\"}"));
    else
        treaty_http_reply(req, 503, TREATY_STR("{\"status\":\"DOWN\"}"));
}

void treaty_server_metrics(struct treaty_http_request *req, void *app)
{
    struct treaty_server *server = (struct treaty_server *)app;
    struct treaty_error err;
    struct treaty_str body = {0};
    struct treaty_buf buf;

    treaty_server_watch_gather(server, req);
    treaty_buf_init(&buf, 0);
    treaty_metrics_write(server->options.metrics, &buf);
    treaty_metrics_write_process(&buf);
    if (!treaty_buf_status(&buf, &err))
        body = treaty_arena_dup(treaty_http_arena(req), treaty_buf_str(&buf));
    treaty_buf_release(&buf);
    if (body.data) {
        treaty_http_reply_as(req, 200, "text/plain; version=0.0.4", body);
        return;
    }
    (void)treaty_fail_nomem(&err);
    treaty_http_reply_error(req, &err);
}
