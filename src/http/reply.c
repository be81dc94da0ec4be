/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a handler's answer to bytes on the wire, at once or after another
 * thread has had the request.
 */
#include "http/inside.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>

#define REQUEST_ID_MAX 200

static h2o_iovec_t to_iovec(struct treaty_str s)
{
    return h2o_iovec_init(s.data, s.len);
}

static h2o_iovec_t z_to_iovec(const char *z)
{
    return h2o_iovec_init(z, strlen(z));
}

struct reason {
    int status;
    const char *text;
};

static const char *reason_of(int status)
{
    static const struct reason reasons[] = {
        {200, "OK"},
        {204, "No Content"},
        {400, "Bad Request"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {409, "Conflict"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {422, "Unprocessable Content"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
    };

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (reasons[i].status == status)
            return reasons[i].text;
    return "Status";
}

/* Eight hexadecimal digits, the highest first: each byte is spread over two,
 * and the digits above 9 are moved to the letters. */
static void put_hex32(char out[8], uint32_t bits)
{
    uint64_t x = bits;
    uint64_t letters;

    x = ((x & 0xffff0000) << 16) | (x & 0xffff);
    x = ((x << 8) & 0x00ff000000ff0000) | (x & 0x000000ff000000ff);
    x = ((x << 4) & 0x0f000f000f000f00) | (x & 0x000f000f000f000f);
    letters = ((x + 0x0606060606060606) >> 4) & 0x0101010101010101;
    x = __builtin_bswap64(x + 0x3030303030303030 + letters * ('a' - '0' - 10));
    memcpy(out, &x, 8);
}

/* A random UUID, version 4, in text: 8-4-4-4-12. */
static void make_id(struct treaty_rng *rng, char id[37])
{
    uint64_t high = treaty_rng_next(rng);
    uint64_t low = treaty_rng_next(rng);
    char digits[32];

    high = (high & ~0xf000ULL) | 0x4000ULL;
    low = (low & ~(3ULL << 62)) | (2ULL << 62);
    put_hex32(digits, (uint32_t)(high >> 32));
    put_hex32(digits + 8, (uint32_t)high);
    put_hex32(digits + 16, (uint32_t)(low >> 32));
    put_hex32(digits + 24, (uint32_t)low);
    memcpy(id, digits, 8);
    memcpy(id + 9, digits + 8, 4);
    memcpy(id + 14, digits + 12, 4);
    memcpy(id + 19, digits + 16, 4);
    memcpy(id + 24, digits + 20, 12);
    id[8] = id[13] = id[18] = id[23] = '-';
    id[36] = '\0';
}

/* The caller's X-Request-ID if it is of sane size, otherwise our own. */
static h2o_iovec_t request_id(struct treaty_http_request *req)
{
    struct treaty_str given = treaty_http_header(req, "x-request-id");

    if (given.len > 0 && given.len <= REQUEST_ID_MAX)
        return to_iovec(given);
    make_id(&req->loop->rng, req->id);
    return h2o_iovec_init(req->id, 36);
}

static void put_header(struct treaty_http_request *req, const char *name,
                       h2o_iovec_t value)
{
    struct treaty_http_header *header = &req->headers[req->header_count];

    assert(req->header_count < TREATY_HTTP_HEADERS_MAX);
    header->name = z_to_iovec(name);
    header->value = value;
    req->header_count++;
}

void treaty_http_add_header(struct treaty_http_request *req, const char *name,
                            struct treaty_str value)
{
    put_header(req, name, to_iovec(value));
}

/* h2o's list of headers gets pointers to ours, which live as long. */
static void set_headers(struct treaty_http_request *req, const char *type)
{
    h2o_headers_t *list = &req->h2o->res.headers;

    put_header(req, "content-type", z_to_iovec(type));
    put_header(req, "x-request-id", request_id(req));
    put_header(
        req, "cache-control",
        h2o_iovec_init(H2O_STRLIT("no-cache, no-store, must-revalidate")));
    put_header(req, "x-xss-protection",
               h2o_iovec_init(H2O_STRLIT("1; mode=block")));
    h2o_vector_reserve(&req->h2o->pool, list, req->header_count);
    for (size_t i = 0; i < req->header_count; i++)
        list->entries[i] =
            (h2o_header_t){&req->headers[i].name, NULL, req->headers[i].value};
    list->size = req->header_count;
}

static void tell_done(const struct treaty_http_request *req, int status,
                      size_t bytes)
{
    const struct treaty_http_options *options = &req->loop->server->options;
    struct treaty_http_done done = {req->loop->index, req->match.route, status,
                                    bytes, 0};

    if (!options->done)
        return;
    done.ns = treaty_clock_mono_ns() - req->started_ns;
    options->done(options->app, &done);
}

#define PARTS_MAX 8

/* Everything of a reply but its body; false when the client has gone. */
static bool begin_reply(struct treaty_http_request *req, int status,
                        const char *type, size_t length)
{
    tell_done(req, status, length);
    if (!req->h2o)
        return false;
    req->h2o->res.status = status;
    req->h2o->res.reason = reason_of(status);
    req->h2o->res.content_length = length;
    if (req->loop->stopping)
        req->h2o->http1_is_persistent = 0;
    set_headers(req, type);
    return true;
}

/* All replies end here. `body` follows rule 3. */
static void finish_reply(struct treaty_http_request *req,
                         struct treaty_str body)
{
    static h2o_generator_t generator; /* with nothing more to say */
    h2o_iovec_t buf = to_iovec(body);

    h2o_start_response(req->h2o, &generator);
    h2o_send(req->h2o, &buf, req->is_head ? 0 : 1, H2O_SEND_STATE_FINAL);
}

void treaty_http_reply(struct treaty_http_request *req, int status,
                       struct treaty_str body)
{
    treaty_http_reply_as(req, status, treaty_http_media_type(req), body);
}

/*
 * Bytes among many thousand others are seldom in a cache. Asking for all of
 * them at once, and making the headers meanwhile, waits for memory once
 * instead of again and again.
 */
static void fetch_ahead(struct treaty_str bytes)
{
    size_t len = bytes.len < TREATY_HTTP_SMALL ? bytes.len : TREATY_HTTP_SMALL;

    for (size_t i = 0; i < len; i += 64)
        __builtin_prefetch(bytes.data + i);
}

void treaty_http_reply_parts(struct treaty_http_request *req, int status,
                             const struct treaty_str *parts, size_t count)
{
    size_t len = 0;
    char *start = req->small;
    char *at;

    for (size_t i = 0; i < count; i++) {
        fetch_ahead(parts[i]);
        len += parts[i].len;
    }
    if (!begin_reply(req, status, treaty_http_media_type(req), len))
        return;
    if (len > sizeof(req->small))
        start = (char *)h2o_mem_alloc_pool(&req->h2o->pool, len);
    at = start;
    for (size_t i = 0; i < count; i++) {
        memcpy(at, parts[i].data, parts[i].len);
        at += parts[i].len;
    }
    finish_reply(req, (struct treaty_str){start, len});
}

void treaty_http_reply_as(struct treaty_http_request *req, int status,
                          const char *media_type, struct treaty_str body)
{
    if (begin_reply(req, status, media_type, body.len))
        finish_reply(req, body);
}

/*
 * The body of an error. Without memory for it, a constant one: whoever is
 * told of a full house needs no details.
 */
struct treaty_str treaty_http_error_body(struct treaty_arena *arena,
                                         enum treaty_code code,
                                         struct treaty_str message)
{
    static const struct treaty_str no_memory = {
        "{\"error_code\":50301,\"message\":\"out of memory\"}", 47};
    struct treaty_json_writer w;
    struct treaty_str body = {0};
    struct treaty_buf buf;

    treaty_buf_init(&buf, 0);
    w = (struct treaty_json_writer){.out = &buf};
    treaty_json_begin_object(&w);
    treaty_json_member_i64(&w, "error_code", treaty_code_rest_error(code));
    treaty_json_member_str(&w, "message", message);
    treaty_json_end_object(&w);
    if (!treaty_buf_status(&buf, NULL))
        body = treaty_arena_dup(arena, treaty_buf_str(&buf));
    treaty_buf_release(&buf);
    return body.data ? body : no_memory;
}

void treaty_http_reply_error_text(struct treaty_http_request *req,
                                  enum treaty_code code,
                                  struct treaty_str message)
{
    treaty_http_reply(req, treaty_code_http_status(code),
                      treaty_http_error_body(&req->arena, code, message));
}

void treaty_http_reply_error(struct treaty_http_request *req,
                             const struct treaty_error *err)
{
    struct treaty_str message = treaty_str_z(err->message);

    if (!message.len)
        message = treaty_str_z(treaty_code_text(err->code));
    treaty_http_reply_error_text(req, err->code, message);
}

void treaty_http_refuse(struct treaty_http_request *req, enum treaty_code code,
                        const char *format, ...)
{
    struct treaty_error err;
    va_list args;

    va_start(args, format);
    (void)treaty_fail_v(&err, code, TREATY_NO_OFFSET, format, args);
    va_end(args);
    treaty_http_reply_error(req, &err);
}

bool treaty_http_hold(struct treaty_http_request *req, void (*fn)(void *ctx),
                      void *ctx)
{
    struct treaty_http_hold *hold =
        TREATY_ARENA_NEW(&req->arena, struct treaty_http_hold);

    if (!hold)
        return false;
    *hold = (struct treaty_http_hold){fn, ctx, req->holds};
    req->holds = hold;
    return true;
}

/*
 * So that another thread may read them even when the connection is gone.
 */
enum treaty_code treaty_http_keep(struct treaty_http_request *req)
{
    struct treaty_str *parts[3 + TREATY_HTTP_PARAMS_MAX] = {
        &req->method, &req->path, &req->body};
    size_t count = 3;

    for (size_t i = 0; i < req->match.param_count; i++)
        parts[count++] = &req->match.params[i];
    for (size_t i = 0; i < count && !req->is_kept; i++) {
        struct treaty_str copy;

        if (!parts[i]->data)
            continue;
        copy = treaty_arena_dup(&req->arena, *parts[i]);
        if (!copy.data)
            return TREATY_ENOMEM;
        *parts[i] = copy;
    }
    req->is_kept = true;
    return TREATY_OK;
}

enum treaty_code treaty_http_suspend(struct treaty_http_request *req)
{
    assert(!req->is_suspended);
    if (treaty_http_keep(req))
        return TREATY_ENOMEM;
    req->is_suspended = true;
    req->refs++;
    req->loop->suspended++;
    return TREATY_OK;
}

void treaty_http_resume(struct treaty_http_request *req,
                        treaty_http_resume_fn fn, void *data)
{
    req->resume = fn;
    req->resume_data = data;
    h2o_multithread_send_message(&req->loop->receiver, &req->message);
}

void treaty_http_on_message(h2o_multithread_receiver_t *receiver,
                            h2o_linklist_t *messages)
{
    (void)receiver;
    while (!h2o_linklist_is_empty(messages)) {
        struct treaty_http_request *req = H2O_STRUCT_FROM_MEMBER(
            struct treaty_http_request, message.link, messages->next);

        h2o_linklist_unlink(&req->message.link);
        req->is_suspended = false;
        req->loop->suspended--;
        req->resume(req, req->resume_data);
        treaty_http_request_unref(req);
    }
}
