/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From h2o's request to the application's handler: limits, route, content
 * types. The first check that fails answers.
 */
#include "http/inside.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"
#include "http/head.h"
#include "http/negotiate.h"
#include "http/url.h"

static struct treaty_str from_iovec(h2o_iovec_t v)
{
    return (struct treaty_str){v.base, v.len};
}

static void release_parts(struct treaty_http_request *req)
{
    struct treaty_http_hold *hold = req->holds;

    for (; hold; hold = hold->next)
        hold->fn(hold->ctx);
    treaty_arena_release(&req->arena);
}

void treaty_http_request_unref(struct treaty_http_request *req)
{
    struct treaty_http_loop *loop = req->loop;

    if (--req->refs)
        return;
    release_parts(req);
    if (loop->spare_count == TREATY_HTTP_SPARE_MAX) {
        free(req);
        return;
    }
    req->next_free = loop->spare;
    loop->spare = req;
    loop->spare_count++;
}

static struct treaty_http_request *take_spare(struct treaty_http_loop *loop)
{
    struct treaty_http_request *req = loop->spare;

    if (!req)
        return (struct treaty_http_request *)malloc(sizeof(*req));
    loop->spare = req->next_free;
    loop->spare_count--;
    return req;
}

void treaty_http_free_spare(struct treaty_http_loop *loop)
{
    while (loop->spare) {
        struct treaty_http_request *req = loop->spare;

        loop->spare = req->next_free;
        free(req);
    }
}

/* h2o is done with the request: it was answered, or its client has gone. */
static void on_dispose(void *slot)
{
    struct treaty_http_request *req = *(struct treaty_http_request **)slot;

    if (req->conn)
        req->conn->busy = false;
    req->h2o = NULL;
    req->conn = NULL;
    treaty_http_request_unref(req);
}

struct treaty_http_conn *treaty_http_conn_of(const h2o_req_t *h2o)
{
    h2o_socket_t *sock = h2o->conn->callbacks->get_socket(h2o->conn);

    return (struct treaty_http_conn *)sock->on_close.data;
}

static struct treaty_http_request *new_request(h2o_req_t *h2o)
{
    struct treaty_http_conn *conn = treaty_http_conn_of(h2o);
    struct treaty_http_request *req = take_spare(conn->loop);
    struct treaty_http_request **slot;

    if (!req)
        return NULL;
    memset(req, 0, offsetof(struct treaty_http_request, headers));
    slot = (struct treaty_http_request **)h2o_mem_alloc_shared(
        &h2o->pool, sizeof(struct treaty_http_request *), on_dispose);
    *slot = req;
    req->refs = 1;
    req->h2o = h2o;
    req->conn = conn;
    req->loop = conn->loop;
    conn->busy = true;
    req->method = from_iovec(h2o->input.method);
    req->body = from_iovec(h2o->entity);
    req->is_head = treaty_str_eq(req->method, TREATY_STR("HEAD"));
    return req;
}

/* The bytes that h2o has of this request, its head in front. */
static struct treaty_str raw_bytes(const struct treaty_http_request *req)
{
    const h2o_buffer_t *input = req->conn->sock->input;

    return (struct treaty_str){input->bytes, input->size};
}

/* What follows on the connection cannot be believed. */
static void close_after(struct treaty_http_request *req)
{
    req->h2o->http1_is_persistent = 0;
    treaty_http_linger(req->conn);
}

/*
 * h2o's limit on the head is compiled in (100 headers, 408 KiB) and it takes
 * ambiguous lengths, so both are checked here, before anything is believed.
 */
static bool check_head(struct treaty_http_request *req)
{
    const struct treaty_http_options *options = &req->loop->server->options;
    struct treaty_str bytes = raw_bytes(req);

    if (bytes.len > options->head_max &&
        treaty_head_size(bytes) > options->head_max) {
        close_after(req);
        treaty_http_refuse(req, TREATY_EHEADERS,
                           "the request head exceeds %zu bytes",
                           options->head_max);
        return false;
    }
    if (req->body.len > options->body_max) {
        treaty_http_refuse(req, TREATY_ETOOLARGE,
                           "the request body exceeds %zu bytes",
                           options->body_max);
        return false;
    }
    if (req->h2o->entity.base && treaty_head_is_ambiguous(treaty_str_sub(
                                     bytes, 0, treaty_head_size(bytes)))) {
        close_after(req);
        treaty_http_refuse(req, TREATY_EREQUEST,
                           "more than one header says how long the body is");
        return false;
    }
    return true;
}

/* A copy, since it is asked for also when the connection is gone. */
static enum treaty_code parse_query(struct treaty_http_request *req,
                                    struct treaty_str query)
{
    if (!query.data)
        return TREATY_OK;
    query = treaty_arena_dup(&req->arena, query);
    if (!query.data)
        return TREATY_ENOMEM;
    return treaty_url_query_parse(&req->arena, query, &req->query);
}

/* Cut the target into path and query; refuse one that is too long. */
static bool take_target(struct treaty_http_request *req)
{
    const struct treaty_http_options *options = &req->loop->server->options;
    struct treaty_str target = from_iovec(req->h2o->input.path);
    enum treaty_code code;

    if (target.len > options->url_max) {
        treaty_http_refuse(req, TREATY_EURITOOLONG, "the URL exceeds %zu bytes",
                           options->url_max);
        return false;
    }
    target = treaty_url_without_authority(target);
    (void)treaty_str_split(&target, '?', &req->path);
    code = parse_query(req, target);
    if (code)
        treaty_http_refuse(req, code, "%s",
                           code == TREATY_ENOMEM
                               ? treaty_code_text(code)
                               : "the query is not percent-encoded UTF-8");
    return code == TREATY_OK;
}

static bool find_route(struct treaty_http_request *req)
{
    enum treaty_code code =
        treaty_router_find(&req->loop->server->router, req->method, req->path,
                           &req->arena, &req->match);

    if (!code)
        return true;
    req->match.route = req->loop->server->router.route_count;
    if (code == TREATY_EMETHOD)
        treaty_http_add_header(req, "allow", req->match.allow);
    if (code == TREATY_EREQUEST)
        treaty_http_refuse(req, code, "the path is not percent-encoded UTF-8");
    else
        treaty_http_refuse(req, code, "HTTP %d: %s",
                           treaty_code_http_status(code),
                           treaty_code_text(code));
    return false;
}

static bool check_media(struct treaty_http_request *req)
{
    const struct treaty_http_options *options = &req->loop->server->options;
    unsigned flags = options->routes[req->match.route].flags;
    struct treaty_str type = treaty_http_header(req, "content-type");
    int media =
        treaty_negotiate_accept(options->produces, options->produces_count,
                                treaty_http_header(req, "accept"));

    if (media < 0 && !(flags & TREATY_HTTP_ANY_ACCEPT)) {
        treaty_http_refuse(req, TREATY_EACCEPTABLE,
                           "HTTP 406: none of the types in Accept is served");
        return false;
    }
    req->media = media < 0 ? 0 : media;
    if (req->body.len && type.data &&
        !treaty_negotiate_consumes(options->consumes, options->consumes_count,
                                   type)) {
        treaty_http_refuse(req, TREATY_EMEDIA,
                           "HTTP 415: the content type of the body is not "
                           "one of JSON");
        return false;
    }
    return true;
}

/* The reply to a request of which nothing could be kept. */
static void refuse_without_memory(h2o_req_t *h2o)
{
    static const char body[] =
        "{\"error_code\":50301,\"message\":\"out of memory\"}";

    h2o->res.status = 503;
    h2o->res.reason = "Service Unavailable";
    h2o->res.content_length = sizeof(body) - 1;
    h2o_set_header(&h2o->pool, &h2o->res.headers, H2O_TOKEN_CONTENT_TYPE,
                   H2O_STRLIT("application/json"), 1);
    h2o_send_inline(h2o, body, sizeof(body) - 1);
}

int treaty_http_on_request(h2o_handler_t *handler, h2o_req_t *h2o)
{
    struct treaty_http_request *req = new_request(h2o);
    const struct treaty_http_options *options;

    (void)handler;
    if (!req) {
        refuse_without_memory(h2o);
        return 0;
    }
    options = &req->loop->server->options;
    if (options->done)
        req->started_ns = treaty_clock_mono_ns();
    req->match.route = options->route_count;
    if (check_head(req) && take_target(req) && find_route(req) &&
        check_media(req))
        options->routes[req->match.route].handler(req, options->app);
    return 0;
}

struct treaty_str treaty_http_method(const struct treaty_http_request *req)
{
    return req->method;
}

struct treaty_str treaty_http_path(const struct treaty_http_request *req)
{
    return req->path;
}

struct treaty_str treaty_http_body(const struct treaty_http_request *req)
{
    return req->body;
}

size_t treaty_http_param_count(const struct treaty_http_request *req)
{
    return req->match.param_count;
}

struct treaty_str treaty_http_param(const struct treaty_http_request *req,
                                    size_t n)
{
    assert(n < req->match.param_count);
    return req->match.params[n];
}

struct treaty_str treaty_http_query(struct treaty_http_request *req,
                                    const char *name)
{
    return treaty_url_query_find(&req->query, name);
}

struct treaty_str treaty_http_header(const struct treaty_http_request *req,
                                     const char *name)
{
    const h2o_headers_t *headers = &req->h2o->headers;
    size_t len = strlen(name);

    for (size_t i = 0; i < headers->size; i++) {
        const h2o_header_t *header = &headers->entries[i];

        if (header->name->len == len &&
            memcmp(header->name->base, name, len) == 0)
            return from_iovec(header->value);
    }
    return (struct treaty_str){0};
}

const char *treaty_http_media_type(const struct treaty_http_request *req)
{
    return req->loop->server->options.produces[req->media].type;
}

struct treaty_arena *treaty_http_arena(struct treaty_http_request *req)
{
    return &req->arena;
}

size_t treaty_http_loop(const struct treaty_http_request *req)
{
    return req->loop->index;
}
