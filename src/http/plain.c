/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h2o answers some requests by itself, in plain text: 413 and 400 while it
 * reads a body, 417 for an expectation. It binds them to the host's fallback
 * path, so a filter there sees them all, and rewrites them as JSON.
 */
#include "http/inside.h"

#include "base/error.h"
#include "base/str.h"

struct rewrite {
    h2o_ostream_t super;
    h2o_iovec_t body;
};

static void send_instead(h2o_ostream_t *self, h2o_req_t *h2o, h2o_iovec_t *bufs,
                         size_t count, h2o_send_state_t state)
{
    struct rewrite *rewrite = (struct rewrite *)(void *)self;

    (void)bufs;
    (void)count;
    h2o_ostream_send_next(self, h2o, &rewrite->body, 1, state);
}

struct plain_error {
    int status;
    enum treaty_code code;
    const char *text;
};

static const struct plain_error *find_error(int status)
{
    static const struct plain_error errors[] = {
        {400, TREATY_EREQUEST, "the length of the body cannot be understood"},
        {413, TREATY_ETOOLARGE, "the request body exceeds the limit"},
        {417, TREATY_EEXPECT, "only 100-continue may be expected"},
    };

    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (errors[i].status == status)
            return &errors[i];
    return NULL;
}

static void on_setup(h2o_filter_t *self, h2o_req_t *h2o, h2o_ostream_t **slot)
{
    const struct plain_error *error = find_error(h2o->res.status);
    struct treaty_arena arena = {0};
    struct rewrite *rewrite;
    struct treaty_str body;

    (void)self;
    if (!error) {
        h2o_setup_next_ostream(h2o, slot);
        return;
    }
    treaty_http_linger(treaty_http_conn_of(h2o));
    body =
        treaty_http_error_body(&arena, error->code, treaty_str_z(error->text));
    rewrite =
        (struct rewrite *)(void *)h2o_add_ostream(h2o, sizeof(*rewrite), slot);
    rewrite->super.do_send = send_instead;
    rewrite->body = h2o_strdup(&h2o->pool, body.data, body.len);
    treaty_arena_release(&arena);
    h2o->res.content_length = rewrite->body.len;
    h2o_set_header(&h2o->pool, &h2o->res.headers, H2O_TOKEN_CONTENT_TYPE,
                   H2O_STRLIT("application/json"), 1);
    h2o_setup_next_ostream(h2o, &rewrite->super.next);
}

void treaty_http_plain_register(h2o_pathconf_t *conf)
{
    h2o_filter_t *filter = h2o_create_filter(conf, sizeof(*filter));

    filter->on_setup_ostream = on_setup;
}
