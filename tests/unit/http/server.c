/* SPDX-License-Identifier: Apache-2.0 */
/* The server over real loopback sockets: every trap of h2o that we know of,
 * every limit at its edge, and requests that visit another thread. */
#include "http/http.h"

#include "base/clock.h"
#include "base/map.h"
#include "harness/net.h"
#include "harness/tap.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BODY_MAX = 100000, HEAD_MAX = 16384, URL_MAX = 8192 };

static atomic_int held;
static atomic_int released;

static void get_param(struct treaty_http_request *req, void *app)
{
    (void)app;
    treaty_http_reply(req, 200, treaty_http_param(req, 0));
}

static void get_query(struct treaty_http_request *req, void *app)
{
    struct treaty_str value = treaty_http_query(req, "q");

    (void)app;
    treaty_http_reply(req, 200, value.data ? value : TREATY_STR("(none)"));
}

static void post_echo(struct treaty_http_request *req, void *app)
{
    (void)app;
    treaty_http_reply(req, 200, treaty_http_body(req));
}

static void get_text(struct treaty_http_request *req, void *app)
{
    (void)app;
    treaty_http_reply_as(req, 200, "text/plain", TREATY_STR("text"));
}

static void get_much(struct treaty_http_request *req, void *app)
{
    static char much[1 << 20];

    (void)app;
    treaty_http_reply(req, 200, (struct treaty_str){much, sizeof(much)});
}

static void count_release(void *ctx)
{
    atomic_fetch_add((atomic_int *)ctx, 1);
}

/* Requests that wait for `answer_all`, and the thread that brings them back. */
static struct {
    pthread_mutex_t lock;
    struct treaty_http_request *items[64];
    size_t count;
} waiting = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void answer_one(struct treaty_http_request *req, void *data)
{
    (void)data;
    treaty_http_reply(req, 200, treaty_http_body(req));
}

static void post_later(struct treaty_http_request *req, void *app)
{
    (void)app;
    atomic_fetch_add(&held, 1);
    CHECK(treaty_http_hold(req, count_release, &released));
    if (!CHECK(!treaty_http_suspend(req)))
        return;
    pthread_mutex_lock(&waiting.lock);
    waiting.items[waiting.count++] = req;
    pthread_mutex_unlock(&waiting.lock);
}

static size_t waiting_count(void)
{
    size_t count;

    pthread_mutex_lock(&waiting.lock);
    count = waiting.count;
    pthread_mutex_unlock(&waiting.lock);
    return count;
}

static void wait_for_waiting(size_t count)
{
    for (int i = 0; i < 500 && waiting_count() < count; i++)
        treaty_clock_sleep_ms(10);
    CHECK_INT(waiting_count(), count);
}

/* Reads what the suspended requests own, too: it must still be there. */
static void answer_all(void)
{
    pthread_mutex_lock(&waiting.lock);
    for (size_t i = 0; i < waiting.count; i++) {
        CHECK_STR_Z(treaty_http_path(waiting.items[i]), "/later");
        treaty_http_resume(waiting.items[i], answer_one, NULL);
    }
    waiting.count = 0;
    pthread_mutex_unlock(&waiting.lock);
}

static const struct treaty_http_route routes[] = {
    {"GET", "/p/{x}", get_param, 0},
    {"GET", "/q", get_query, 0},
    {"POST", "/echo", post_echo, 0},
    {"POST", "/later", post_later, 0},
    {"GET", "/text", get_text, TREATY_HTTP_ANY_ACCEPT},
    {"GET", "/much", get_much, 0},
};

static const struct treaty_http_media produces[] = {
    {"application/vnd.x+json", 1000}, {"application/json", 500}};
static const char *const consumes[] = {"application/json"};

static struct treaty_http_server *start_with(struct treaty_http_options options)
{
    struct treaty_http_server *server = NULL;
    struct treaty_error err;

    options.listen = "127.0.0.1:0";
    options.routes = routes;
    options.route_count = sizeof(routes) / sizeof(routes[0]);
    options.produces = produces;
    options.produces_count = 2;
    options.consumes = consumes;
    options.consumes_count = 1;
    options.body_max = BODY_MAX;
    if (treaty_http_server_start(&options, &server, &err)) {
        tap_fail(__FILE__, __LINE__, "%s", err.message);
        exit(1);
    }
    return server;
}

static struct treaty_http_server *start(void)
{
    return start_with((struct treaty_http_options){.loop_count = 2});
}

#define OK_END " HTTP/1.1\r\nHost: a\r\n"
#define CLOSE "Connection: close\r\n\r\n"

static void expect(struct treaty_http_server *server, const char *request,
                   int status, const char *body)
{
    struct tap_reply reply;

    tap_ask(treaty_http_server_port(server), request, &reply);
    if (reply.status != status)
        tap_fail(__FILE__, __LINE__, "%.60s: status %d, not %d: %.*s", request,
                 reply.status, status, (int)reply.body.len, reply.body.data);
    else if (body)
        CHECK_STR_Z(reply.body, body);
    tap_reply_free(&reply);
}

static void answers(void)
{
    struct treaty_http_server *server = start();

    expect(server, "GET /p/a" OK_END "\r\n", 200, "a");
    expect(server, "GET /p/a%2Fb%20c" OK_END "\r\n", 200, "a/b c");
    expect(server, "GET /p/.." OK_END "\r\n", 200, "..");
    expect(server, "GET /p//" OK_END "\r\n", 200, "");
    expect(server, "GET http://x:1/p/a?b" OK_END "\r\n", 200, "a");
    expect(server, "GET /q?a=1&q=x+y%26" OK_END "\r\n", 200, "x y&");
    expect(server, "GET /q" OK_END "\r\n", 200, "(none)");
    expect(server, "GET /q?q=%zz" OK_END "\r\n", 400,
           "{\"error_code\":400,\"message\":\"the query is not "
           "percent-encoded UTF-8\"}");
    expect(server, "POST /echo" OK_END "Content-Length: 2\r\n\r\n{}", 200,
           "{}");
    expect(server,
           "POST /echo" OK_END "Transfer-Encoding: chunked\r\n\r\n"
           "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
           200, "{}");
    expect(server, "HEAD /p/abc" OK_END "\r\n", 200, "");
    treaty_http_server_stop(server);
}

static void refuses_what_it_does_not_know(void)
{
    struct treaty_http_server *server = start();
    struct tap_reply reply;

    expect(server, "GET /nowhere" OK_END "\r\n", 404,
           "{\"error_code\":404,\"message\":\"HTTP 404: no such route\"}");
    expect(server, "GET *" OK_END "\r\n", 404, NULL);
    expect(server, "GET /p/%FF" OK_END "\r\n", 400, NULL);
    expect(server, "GET /p/a" OK_END "Accept: text/html\r\n\r\n", 406, NULL);
    expect(server, "GET /text" OK_END "Accept: text/html\r\n\r\n", 200, "text");
    expect(server,
           "POST /echo" OK_END
           "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}",
           415, NULL);
    tap_ask(treaty_http_server_port(server), "PUT /p/a" OK_END "\r\n", &reply);
    CHECK_INT(reply.status, 405);
    CHECK_STR_Z(tap_reply_header(&reply, "allow"), "GET");
    CHECK_STR_Z(reply.body, "{\"error_code\":405,\"message\":\"HTTP 405: "
                            "method not allowed here\"}");
    tap_reply_free(&reply);
    treaty_http_server_stop(server);
}

/* Lower-case hexadecimal in groups of 8-4-4-4-12, version 4, variant 1. */
static bool is_uuid4(struct treaty_str s)
{
    static const char form[] = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";

    if (s.len != sizeof(form) - 1)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        const char *set = form[i] == 'x' ? "0123456789abcdef" : "89ab";

        if (form[i] == 'x' || form[i] == 'y' ? !strchr(set, s.data[i])
                                             : s.data[i] != form[i])
            return false;
    }
    return true;
}

/* Every digit turns up, and no id twice. */
static void makes_request_ids(void)
{
    struct treaty_http_server *server = start();
    struct treaty_map seen;
    struct treaty_arena arena = {0};
    bool digits[128] = {0};

    treaty_map_init(&seen, &arena);
    for (int i = 0; i < 64; i++) {
        struct tap_reply reply;
        struct treaty_str id;

        tap_ask(treaty_http_server_port(server), "GET /p/a" OK_END "\r\n",
                &reply);
        id = treaty_arena_dup(&arena, tap_reply_header(&reply, "x-request-id"));
        CHECK(is_uuid4(id));
        CHECK(!treaty_map_find(&seen, id));
        CHECK(!treaty_map_put(&seen, id, &seen));
        for (size_t k = 0; k < id.len; k++)
            digits[id.data[k] & 127] = true;
        tap_reply_free(&reply);
    }
    for (const char *c = "0123456789abcdef-"; *c; c++)
        CHECK(digits[(unsigned char)*c]);
    treaty_arena_release(&arena);
    treaty_http_server_stop(server);
}

static void sets_headers(void)
{
    struct treaty_http_server *server = start();
    unsigned port = treaty_http_server_port(server);
    struct tap_reply reply;

    tap_ask(port, "GET /p/a" OK_END "\r\n", &reply);
    CHECK_STR_Z(tap_reply_header(&reply, "content-type"),
                "application/vnd.x+json");
    CHECK_STR_Z(tap_reply_header(&reply, "cache-control"),
                "no-cache, no-store, must-revalidate");
    CHECK_STR_Z(tap_reply_header(&reply, "x-xss-protection"), "1; mode=block");
    CHECK(is_uuid4(tap_reply_header(&reply, "x-request-id")));
    CHECK(!tap_reply_header(&reply, "server").data);
    tap_reply_free(&reply);
    tap_ask(port,
            "GET /p/a" OK_END
            "Accept: application/json\r\nX-Request-ID: mine 1\r\n\r\n",
            &reply);
    CHECK_STR_Z(tap_reply_header(&reply, "content-type"), "application/json");
    CHECK_STR_Z(tap_reply_header(&reply, "x-request-id"), "mine 1");
    tap_reply_free(&reply);
    treaty_http_server_stop(server);
}

/* A request of `n` bytes in its target, or in its head, or in its body. */
static void send_sized(struct treaty_http_server *server, const char *format,
                       size_t n, int status)
{
    struct treaty_buf buf;
    struct tap_reply reply;
    const char *hole = strchr(format, '@');

    treaty_buf_init(&buf, 0);
    treaty_buf_printf(&buf, "%.*s", (int)(hole - format), format);
    for (size_t i = 0; i < n; i++)
        treaty_buf_put_c(&buf, 'x');
    treaty_buf_put_z(&buf, hole + 1);
    treaty_buf_put_c(&buf, '\0');
    tap_ask(treaty_http_server_port(server), buf.data, &reply);
    if (reply.status != status)
        tap_fail(__FILE__, __LINE__, "%.30s with %zu: status %d, not %d",
                 format, n, reply.status, status);
    if (status != 200)
        CHECK_STR_Z(treaty_str_sub(reply.body, 0, 14), "{\"error_code\":");
    tap_reply_free(&reply);
    treaty_buf_release(&buf);
}

static void limits_heads_and_urls(void)
{
    struct treaty_http_server *server = start();
    const char url[] = "GET /p/@" OK_END CLOSE;
    const char head[] = "GET /p/a" OK_END "X: @\r\n" CLOSE;
    size_t rest = sizeof(head) - 2; /* all of the head but what fills it */

    send_sized(server, url, URL_MAX - 3, 200);
    send_sized(server, url, URL_MAX - 2, 414);
    send_sized(server, head, HEAD_MAX - rest, 200);
    send_sized(server, head, HEAD_MAX - rest + 1, 431);
    send_sized(server, head, 300000, 431);
    treaty_http_server_stop(server);
}

/* h2o's own limit: 100 lines, whatever they say. */
static void limits_header_lines(void)
{
    struct treaty_http_server *server = start();

    for (int lines = 100; lines <= 101; lines++) {
        struct treaty_buf buf;

        treaty_buf_init(&buf, 0);
        treaty_buf_put_z(&buf, "GET /p/a HTTP/1.1\r\n");
        for (int i = 0; i < lines - 1; i++)
            treaty_buf_printf(&buf, "X-%d: 1\r\n", i);
        treaty_buf_put_z(&buf, CLOSE);
        treaty_buf_put_c(&buf, '\0');
        expect(server, buf.data, lines == 100 ? 200 : 400,
               lines == 100 ? "a" : "Bad Request");
        treaty_buf_release(&buf);
    }
    treaty_http_server_stop(server);
}

/* A longer one than 200 bytes is not the caller's to choose. */
static void limits_request_ids(void)
{
    struct treaty_http_server *server = start();
    char id[202];

    memset(id, 'i', sizeof(id));
    for (int len = 200; len <= 201; len++) {
        struct tap_reply reply;
        char request[300];

        (void)snprintf(request, sizeof(request),
                       "GET /p/a" OK_END "X-Request-ID: %.*s\r\n\r\n", len, id);
        tap_ask(treaty_http_server_port(server), request, &reply);
        CHECK_INT(tap_reply_header(&reply, "x-request-id").len,
                  len == 200 ? 200 : 36);
        tap_reply_free(&reply);
    }
    treaty_http_server_stop(server);
}

static void limits_bodies(void)
{
    struct treaty_http_server *server = start();
    char text[200];

    for (size_t n = BODY_MAX; n <= BODY_MAX + 2; n++) {
        int status = n <= BODY_MAX ? 200 : 413;

        (void)snprintf(text, sizeof(text),
                       "POST /echo" OK_END "Content-Length: %zu\r\n\r\n@", n);
        send_sized(server, text, n, status);
        (void)snprintf(
            text, sizeof(text),
            "POST /echo" OK_END
            "Transfer-Encoding: chunked\r\n\r\n%zx\r\n@\r\n0\r\n\r\n",
            n);
        send_sized(server, text, n, status);
    }
    treaty_http_server_stop(server);
}

/* h2o's own refusals, which it words in plain text. */
static void words_errors_of_h2o_in_json(void)
{
    static const struct {
        const char *request;
        int status;
        const char *body;
    } rows[] = {
        {"POST /echo" OK_END "Expect: coffee\r\nContent-Length: 2\r\n\r\n{}",
         417,
         "{\"error_code\":417,\"message\":\"only 100-continue may be "
         "expected\"}"},
        {"POST /echo" OK_END "Content-Length: 99999999\r\n\r\n", 413,
         "{\"error_code\":413,\"message\":\"the request body exceeds the "
         "limit\"}"},
        {"POST /echo" OK_END "Content-Length: x\r\n\r\n", 400,
         "{\"error_code\":400,\"message\":\"the length of the body cannot be "
         "understood\"}"},
        {"POST /echo" OK_END "Transfer-Encoding: gzip\r\n\r\n", 400,
         "{\"error_code\":400,\"message\":\"the length of the body cannot be "
         "understood\"}"},
    };
    struct treaty_http_server *server = start();

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tap_reply reply;

        tap_ask(treaty_http_server_port(server), rows[i].request, &reply);
        CHECK_INT(reply.status, rows[i].status);
        CHECK_STR_Z(reply.body, rows[i].body);
        CHECK_STR_Z(tap_reply_header(&reply, "content-type"),
                    "application/json");
        tap_reply_free(&reply);
    }
    treaty_http_server_stop(server);
}

static void refuses_ambiguous_lengths(void)
{
    struct treaty_http_server *server = start();

    expect(server,
           "POST /echo" OK_END
           "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
           400,
           "{\"error_code\":400,\"message\":\"more than one header says how "
           "long the body is\"}");
    expect(server,
           "POST /echo" OK_END "Content-Length: 2\r\n"
           "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
           400, NULL);
    expect(server,
           "GET /p/a" OK_END "Content-Length: 0\r\nContent-Length: 44\r\n\r\n",
           400, NULL);
    treaty_http_server_stop(server);
}

static void continues_when_expected(void)
{
    struct treaty_http_server *server = start();
    int fd = tap_connect(treaty_http_server_port(server));
    struct tap_reply reply;

    tap_send_z(fd, "POST /echo" OK_END
                   "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    tap_read_reply(fd, true, &reply);
    CHECK_INT(reply.status, 100);
    tap_reply_free(&reply);
    tap_send_z(fd, "{}");
    tap_read_reply(fd, false, &reply);
    CHECK_INT(reply.status, 200);
    CHECK_STR_Z(reply.body, "{}");
    tap_reply_free(&reply);
    (void)close(fd);
    treaty_http_server_stop(server);
}

/* HTTP/2 stays off: neither its upgrade nor its preface is taken. */
static void stays_with_http1(void)
{
    struct treaty_http_server *server = start();
    int fd = tap_connect(treaty_http_server_port(server));
    struct tap_reply reply;

    tap_send_z(fd, "GET /p/a" OK_END "Connection: Upgrade, HTTP2-Settings\r\n"
                   "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAA\r\n\r\n");
    tap_read_reply(fd, false, &reply);
    CHECK_INT(reply.status, 200);
    CHECK_STR_Z(reply.body, "a");
    tap_reply_free(&reply);
    (void)close(fd);

    fd = tap_connect(treaty_http_server_port(server));
    tap_send_z(fd, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    tap_read_reply(fd, false, &reply);
    CHECK(reply.status == 0 || reply.status == 400 || reply.status == 404);
    tap_reply_free(&reply);
    (void)close(fd);
    treaty_http_server_stop(server);
}

static void keeps_connections_and_pipelines(void)
{
    struct treaty_http_server *server = start();
    int fd = tap_connect(treaty_http_server_port(server));

    tap_send_z(fd, "GET /p/1" OK_END "\r\nPOST /echo" OK_END
                   "Content-Length: 2\r\n\r\n{}GET /p/3" OK_END "\r\n");
    for (int i = 0; i < 3; i++) {
        static const char *const bodies[] = {"1", "{}", "3"};
        struct tap_reply reply;

        tap_read_reply(fd, false, &reply);
        CHECK_INT(reply.status, 200);
        CHECK_STR_Z(reply.body, bodies[i]);
        tap_reply_free(&reply);
    }
    tap_send_z(fd, "GET /p/4" OK_END CLOSE);
    CHECK(!tap_is_closed(fd, 100));
    (void)close(fd);
    treaty_http_server_stop(server);
}

static void survives_garbage(void)
{
    static const char *const texts[] = {
        "\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST /echo HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "GET /p/a HTTP/1.1\r\n: empty\r\n\r\n",
        "GET /p/a HTTP/1.1\r\nA: b\r\n folded: c\r\n\r\n",
    };
    struct treaty_http_server *server = start();

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        int fd = tap_connect(treaty_http_server_port(server));

        CHECK(tap_send_z(fd, texts[i]));
        (void)shutdown(fd, SHUT_WR);
        treaty_clock_sleep_ms(5);
        (void)close(fd);
    }
    expect(server, "GET /p/a" OK_END "\r\n", 200, "a");
    treaty_http_server_stop(server);
}

static void shuts_slow_clients(void)
{
    struct treaty_http_server *server =
        start_with((struct treaty_http_options){.slow_grace_ms = 500});
    unsigned port = treaty_http_server_port(server);
    int idle = tap_connect(port);
    int head = tap_connect(port);
    int body = tap_connect(port);
    struct tap_reply reply;

    tap_send_z(head, "GET /p/a HTTP/1.1\r\nHo");
    tap_send_z(body, "POST /echo" OK_END "Content-Length: 50000\r\n\r\n{");
    CHECK(tap_is_closed(head, 5000));
    CHECK(tap_is_closed(body, 5000));
    tap_send_z(idle, "GET /p/idle" OK_END "\r\n");
    tap_read_reply(idle, false, &reply);
    CHECK_STR_Z(reply.body, "idle");
    tap_reply_free(&reply);
    (void)close(idle);
    (void)close(head);
    (void)close(body);
    treaty_http_server_stop(server);
}

/* A client above the rate is left alone, however long its request takes. */
static void leaves_steady_clients_alone(void)
{
    struct treaty_http_server *server = start_with(
        (struct treaty_http_options){.slow_grace_ms = 500, .slow_rate = 1024});
    int fd = tap_connect(treaty_http_server_port(server));
    char piece[501];
    struct tap_reply reply;

    memset(piece, 'x', 500);
    piece[500] = '\0';
    tap_send_z(fd, "POST /echo" OK_END "Content-Length: 15000\r\n\r\n");
    for (int i = 0; i < 30; i++) {
        CHECK(tap_send_z(fd, piece));
        treaty_clock_sleep_ms(100);
    }
    tap_read_reply(fd, false, &reply);
    CHECK_INT(reply.status, 200);
    CHECK_INT(reply.body.len, 15000);
    tap_reply_free(&reply);
    (void)close(fd);
    treaty_http_server_stop(server);
}

/* A client that asks for much and reads nothing: the kernel gives it up. */
static void gives_up_on_clients_that_do_not_read(void)
{
    struct treaty_http_server *server =
        start_with((struct treaty_http_options){.user_timeout_ms = 1000});
    int fd = tap_connect(treaty_http_server_port(server));

    for (int i = 0; i < 16; i++)
        (void)tap_send_z(fd, "GET /much" OK_END "\r\n");
    treaty_clock_sleep_ms(100);
    CHECK_INT(treaty_http_server_connections(server), 1);
    for (int i = 0; i < 800 && treaty_http_server_connections(server); i++)
        treaty_clock_sleep_ms(10);
    CHECK_INT(treaty_http_server_connections(server), 0);
    (void)close(fd);
    treaty_http_server_stop(server);
}

static void times_out_requests(void)
{
    struct treaty_http_server *server =
        start_with((struct treaty_http_options){.request_timeout_ms = 300});
    int fd = tap_connect(treaty_http_server_port(server));

    CHECK(!tap_is_closed(fd, 100));
    CHECK(tap_is_closed(fd, 3000));
    (void)close(fd);
    treaty_http_server_stop(server);
}

static void carries_idle_connections(void)
{
    enum { IDLE = 1000 };
    struct treaty_http_server *server;
    struct rlimit limit = {0};
    int fds[IDLE];

    (void)getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max < 4096 ? limit.rlim_max : 4096;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    server = start();
    for (size_t i = 0; i < IDLE; i++)
        fds[i] = tap_connect(treaty_http_server_port(server));
    for (int i = 0; i < 500 && treaty_http_server_connections(server) < IDLE;
         i++)
        treaty_clock_sleep_ms(10);
    CHECK_INT(treaty_http_server_connections(server), IDLE);
    expect(server, "GET /p/a" OK_END "\r\n", 200, "a");
    for (size_t i = 0; i < IDLE; i++)
        (void)close(fds[i]);
    for (int i = 0; i < 500 && treaty_http_server_connections(server); i++)
        treaty_clock_sleep_ms(10);
    CHECK_INT(treaty_http_server_connections(server), 0);
    treaty_http_server_stop(server);
}

/* The limit on connections: one past it waits until another one goes. */
static void limits_connections(void)
{
    enum { MOST = 5 };
    struct treaty_http_server *server =
        start_with((struct treaty_http_options){.connection_max = MOST});
    int fds[MOST + 1];
    struct tap_reply reply;

    for (size_t i = 0; i <= MOST; i++)
        fds[i] = tap_connect(treaty_http_server_port(server));
    tap_send_z(fds[MOST], "GET /p/last" OK_END "\r\n");
    treaty_clock_sleep_ms(200);
    CHECK_INT(treaty_http_server_connections(server), MOST);
    CHECK(!tap_is_closed(fds[MOST], 100));
    (void)close(fds[0]);
    tap_read_reply(fds[MOST], false, &reply);
    CHECK_STR_Z(reply.body, "last");
    tap_reply_free(&reply);
    CHECK_INT(treaty_http_server_connections(server), MOST);
    for (size_t i = 1; i <= MOST; i++)
        (void)close(fds[i]);
    treaty_http_server_stop(server);
}

static void suspends_and_resumes(void)
{
    struct treaty_http_server *server = start();
    int fds[8];

    atomic_store(&released, 0);
    for (size_t i = 0; i < 8; i++) {
        fds[i] = tap_connect(treaty_http_server_port(server));
        tap_send_z(fds[i], "POST /later" OK_END "Content-Length: 2\r\n\r\n[]");
    }
    wait_for_waiting(8);
    expect(server, "GET /p/a" OK_END "\r\n", 200, "a");
    answer_all();
    for (size_t i = 0; i < 8; i++) {
        struct tap_reply reply;

        tap_read_reply(fds[i], false, &reply);
        CHECK_INT(reply.status, 200);
        CHECK_STR_Z(reply.body, "[]");
        tap_reply_free(&reply);
        (void)close(fds[i]);
    }
    treaty_http_server_stop(server);
    CHECK_INT(atomic_load(&released), 8);
}

/* Reset the connection, so that the server is told at once. */
static void hang_up(int fd)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};

    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    (void)close(fd);
}

static void outlives_clients_that_hang_up(void)
{
    struct treaty_http_server *server = start();

    atomic_store(&released, 0);
    for (size_t i = 0; i < 8; i++) {
        int fd = tap_connect(treaty_http_server_port(server));

        tap_send_z(fd, "POST /later" OK_END "Content-Length: 2\r\n\r\n[]");
        wait_for_waiting(i + 1);
        if (i % 2)
            hang_up(fd);
        else
            (void)close(fd);
    }
    treaty_clock_sleep_ms(50);
    answer_all();
    for (int i = 0; i < 500 && atomic_load(&released) < 8; i++)
        treaty_clock_sleep_ms(10);
    CHECK_INT(atomic_load(&released), 8);
    for (int i = 0; i < 500 && treaty_http_server_connections(server); i++)
        treaty_clock_sleep_ms(10);
    CHECK_INT(treaty_http_server_connections(server), 0);
    expect(server, "GET /p/a" OK_END "\r\n", 200, "a");
    treaty_http_server_stop(server);
}

static void *answer_soon(void *arg)
{
    (void)arg;
    treaty_clock_sleep_ms(200);
    answer_all();
    return NULL;
}

/* Stopping answers what is open and waits for what is with somebody else. */
static void drains(void)
{
    struct treaty_http_server *server = start();
    int idle = tap_connect(treaty_http_server_port(server));
    int open = tap_connect(treaty_http_server_port(server));
    pthread_t thread;
    struct tap_reply reply;

    tap_send_z(open, "POST /later" OK_END "Content-Length: 2\r\n\r\n[]");
    wait_for_waiting(1);
    CHECK(pthread_create(&thread, NULL, answer_soon, NULL) == 0);
    treaty_http_server_stop(server);
    (void)pthread_join(thread, NULL);
    CHECK(tap_is_closed(idle, 1000));
    tap_read_reply(open, false, &reply);
    CHECK_INT(reply.status, 200);
    CHECK_STR_Z(tap_reply_header(&reply, "connection"), "close");
    CHECK(tap_is_closed(open, 1000));
    tap_reply_free(&reply);
    (void)close(idle);
    (void)close(open);
}

/* What does not come within `drain_ms` is shut. */
static void does_not_drain_for_ever(void)
{
    struct treaty_http_server *server =
        start_with((struct treaty_http_options){.drain_ms = 100});
    int fd = tap_connect(treaty_http_server_port(server));
    uint64_t began;

    tap_send_z(fd, "GET /p/a HTTP/1.1\r\nHo");
    treaty_clock_sleep_ms(100);
    began = treaty_clock_mono_ns();
    treaty_http_server_stop(server);
    CHECK(treaty_clock_mono_ns() - began < 60000000000ULL);
    (void)close(fd);
}

static void refuses_bad_addresses(void)
{
    static const char *const texts[] = {"8081", "127.0.0.1:port",
                                        "no.such.host.invalid:80"};
    struct treaty_http_server *first = start();
    struct treaty_http_options options = {
        .routes = routes,
        .route_count = 1,
        .listen = treaty_http_server_url(first) + strlen("http://")};
    struct treaty_http_server *server = NULL;
    struct treaty_error err;

    CHECK_INT(treaty_http_server_start(&options, &server, &err), TREATY_EIO);
    CHECK(strstr(err.message, "Address already in use") != NULL);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        options.listen = texts[i];
        CHECK_INT(treaty_http_server_start(&options, &server, &err),
                  TREATY_EUSAGE);
    }
    CHECK(!server);
    treaty_http_server_stop(first);
}

TAP_MAIN({"answers", answers},
         {"refuses what it does not know", refuses_what_it_does_not_know},
         {"sets headers", sets_headers},
         {"makes request ids", makes_request_ids},
         {"limits heads and URLs", limits_heads_and_urls},
         {"limits bodies", limits_bodies},
         {"limits header lines", limits_header_lines},
         {"limits request ids", limits_request_ids},
         {"words errors of h2o in JSON", words_errors_of_h2o_in_json},
         {"refuses ambiguous lengths", refuses_ambiguous_lengths},
         {"continues when expected", continues_when_expected},
         {"stays with HTTP/1", stays_with_http1},
         {"keeps connections and pipelines", keeps_connections_and_pipelines},
         {"survives garbage", survives_garbage},
         {"shuts slow clients", shuts_slow_clients},
         {"leaves steady clients alone", leaves_steady_clients_alone},
         {"gives up on clients that do not read",
          gives_up_on_clients_that_do_not_read},
         {"times out requests", times_out_requests},
         {"carries idle connections", carries_idle_connections},
         {"limits connections", limits_connections},
         {"suspends and resumes", suspends_and_resumes},
         {"outlives clients that hang up", outlives_clients_that_hang_up},
         {"drains", drains},
         {"does not drain for ever", does_not_drain_for_ever},
         {"refuses bad addresses", refuses_bad_addresses})
