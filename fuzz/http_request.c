/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes on a connection: the server answers with well-formed replies whose
 * errors are JSON, closes in the end, and holds on to nothing.
 */
#include "http/inside.h"

#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "http/head.h"
#include "http/negotiate.h"
#include "http/url.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a handler is given of the target has been decoded and is UTF-8. */
static void echo(struct treaty_http_request *req, void *app)
{
    struct treaty_str value = treaty_http_query(req, "q");

    (void)app;
    if (!treaty_utf8_valid(value))
        abort();
    for (size_t i = 0; i < treaty_http_param_count(req); i++)
        if (!treaty_utf8_valid(treaty_http_param(req, i)))
            abort();
    treaty_http_reply(req, 200, value.data ? value : treaty_http_body(req));
}

static const struct treaty_http_route routes[] = {
    {"GET", "/", echo, 0},
    {"POST", "/s/{s}", echo, 0},
    {"GET", "/s/{s}/v/{v}", echo, 0},
    {"GET", "/any", echo, TREATY_HTTP_ANY_ACCEPT},
};

static struct treaty_http_server *start(void)
{
    static const struct treaty_http_media produces[] = {
        {"application/json", 1000}};
    static const char *const consumes[] = {"application/json"};
    static const struct treaty_http_options options = {
        .routes = routes,
        .route_count = sizeof(routes) / sizeof(routes[0]),
        .produces = produces,
        .produces_count = 1,
        .consumes = consumes,
        .consumes_count = 1,
        .head_max = 600,
        .url_max = 200,
        .body_max = 1000,
    };
    struct treaty_http_server *server;

    (void)signal(SIGPIPE, SIG_IGN);
    if (treaty_http_server_make(&options, &server, NULL))
        abort();
    server->loops = calloc(1, sizeof(*server->loops));
    if (!server->loops)
        abort();
    server->loops->server = server;
    if (treaty_http_loop_init(server->loops, NULL))
        abort();
    return server;
}

/* The body of an error must be JSON with its two members. */
static void check_error(struct treaty_str body)
{
    struct treaty_arena arena = {0};
    const struct treaty_json *json;

    if (treaty_json_parse(&arena, body, NULL, &json, NULL) ||
        !treaty_json_get(json, "error_code") ||
        !treaty_json_get(json, "message"))
        abort();
    treaty_arena_release(&arena);
}

static size_t find_end(struct treaty_str s)
{
    for (size_t i = 0; i + 4 <= s.len; i++)
        if (memcmp(s.data + i, "\r\n\r\n", 4) == 0)
            return i + 4;
    return 0;
}

static size_t length_of(struct treaty_str head)
{
    struct treaty_str line;
    uint64_t length = 0;

    while (treaty_str_split(&head, '\n', &line))
        if (treaty_str_starts(line, TREATY_STR("Content-Length: ")) &&
            !treaty_str_to_u64(treaty_str_trim(treaty_str_sub(line, 16, 20)),
                               &length))
            abort();
    return (size_t)length;
}

/* Replies follow each other without a byte between them. The body of one to
 * HEAD is missing; no method of ours makes the fuzzer's replies so. */
static void check_replies(struct treaty_str rest, bool may_be_head)
{
    while (rest.len) {
        size_t head = find_end(rest);
        size_t length = length_of(treaty_str_sub(rest, 0, head));
        bool is_plain = treaty_str_starts(
            rest,
            TREATY_STR("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain"));

        if (is_plain || may_be_head)
            return;
        if (!head || !treaty_str_starts(rest, TREATY_STR("HTTP/1.1 ")))
            abort();
        if (treaty_str_starts(rest, TREATY_STR("HTTP/1.1 100"))) {
            rest = treaty_str_sub(rest, head, rest.len);
            continue;
        }
        if (length > rest.len - head)
            abort();
        if (rest.data[9] == '4')
            check_error(treaty_str_sub(rest, head, length));
        rest = treaty_str_sub(rest, head + length, rest.len);
    }
}

/*
 * Serve the other end of `fd` until the server closes it; the replies. They
 * are read as they come, since one that finds no room waits for its client.
 */
static struct treaty_str serve(struct treaty_http_loop *loop, int fd, int peer)
{
    static char replies[1 << 20];
    h2o_evloop_t *evloop = loop->ctx.loop;
    struct treaty_str all = {replies, 0};
    ssize_t n;

    treaty_http_loop_adopt(
        loop, h2o_evloop_socket_create(evloop, fd,
                                       H2O_SOCKET_FLAG_IS_ACCEPTED_CONNECTION));
    for (int i = 0; i < 5000 && loop->conns; i++) {
        (void)h2o_evloop_run(evloop, 0);
        n = recv(peer, replies + all.len, sizeof(replies) - all.len, 0);
        all.len += n > 0 ? (size_t)n : 0;
    }
    if (loop->conns)
        abort();
    n = recv(peer, replies + all.len, sizeof(replies) - all.len, 0);
    all.len += n > 0 ? (size_t)n : 0;
    return all;
}

/*
 * The parts that read text, each on the same bytes: on a block of just their
 * size, so that one byte too far is seen, which inside h2o's buffer it is not.
 */
static void read_parts(const struct treaty_router *router, const uint8_t *data,
                       size_t size)
{
    static const struct treaty_http_media types[] = {{"a/b", 1}, {"a/c", 2}};
    struct treaty_arena arena = {0};
    struct treaty_router_match match = {0};
    struct treaty_str text = {malloc(size ? size : 1), size};
    struct treaty_str value = {0};
    struct treaty_url_query query;

    if (!text.data)
        abort();
    memcpy((char *)(uintptr_t)text.data, data, size);
    if (treaty_head_size(text) > size)
        abort();
    (void)treaty_head_is_ambiguous(text);
    if (!treaty_url_decode(&arena, text, true, &value) && value.len > size)
        abort();
    if (!treaty_url_query_parse(&arena, text, &query) &&
        treaty_url_query_find(&query, "q").len > size)
        abort();
    (void)treaty_url_without_authority(text);
    (void)treaty_negotiate_accept(types, 2, text);
    if (!treaty_router_find(router, TREATY_STR("GET"), text, &arena, &match) &&
        match.route >= router->route_count)
        abort();
    treaty_arena_release(&arena);
    free((void *)(uintptr_t)text.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct treaty_http_server *server;
    int pair[2];

    if (!server)
        server = start();
    read_parts(&server->router, data, size);
    if (size > 16384 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) != 0)
        return 0;
    if (send(pair[0], data, size, 0) != (ssize_t)size)
        abort();
    (void)shutdown(pair[0], SHUT_WR);
    check_replies(serve(server->loops, pair[1], pair[0]),
                  memmem(data, size, "HEAD", 4) != NULL);
    (void)close(pair[0]);
    return 0;
}
