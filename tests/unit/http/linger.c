/* SPDX-License-Identifier: Apache-2.0 */
/* Refusals of requests whose body is still coming: the client that sends all
 * of it first must find the reply, and one that never ends is cut off. */
#include "http/http.h"

#include "base/clock.h"
#include "harness/net.h"
#include "harness/tap.h"

#include <stdlib.h>
#include <unistd.h>

enum { MIB = 1 << 20 };

static void post_nothing(struct treaty_http_request *req, void *app)
{
    (void)app;
    treaty_http_reply(req, 200, TREATY_STR("{}"));
}

static struct treaty_http_server *start(struct treaty_http_options options)
{
    static const struct treaty_http_route routes[] = {
        {"POST", "/p", post_nothing, 0}};
    static const struct treaty_http_media produces[] = {
        {"application/json", 1000}};
    struct treaty_http_server *server = NULL;
    struct treaty_error err;

    options.listen = "127.0.0.1:0";
    options.routes = routes;
    options.route_count = 1;
    options.produces = produces;
    options.produces_count = 1;
    if (treaty_http_server_start(&options, &server, &err)) {
        tap_fail(__FILE__, __LINE__, "%s", err.message);
        exit(1);
    }
    return server;
}

static int begin(const struct treaty_http_server *server, const char *head)
{
    int fd = tap_connect(treaty_http_server_port(server));

    CHECK(tap_send_z(fd, "POST /p HTTP/1.1\r\nHost: a\r\n"));
    CHECK(tap_send_z(fd, head));
    return fd;
}

/* Send `count` MiB, or fewer when the peer goes away: how many went out. */
static int send_mib(int fd, int count)
{
    static char block[MIB];
    int sent = 0;

    memset(block, 'x', sizeof(block));
    while (sent < count &&
           tap_send(fd, (struct treaty_str){block, sizeof(block)}))
        sent++;
    return sent;
}

static void wait_for_none(const struct treaty_http_server *server, int ms)
{
    for (int i = 0; i < ms && treaty_http_server_connections(server); i += 10)
        treaty_clock_sleep_ms(10);
    CHECK_INT(treaty_http_server_connections(server), 0);
}

static void expect_reply(int fd, int status, const char *body)
{
    struct tap_reply reply;

    tap_read_reply(fd, false, &reply);
    CHECK_INT(reply.status, status);
    CHECK_STR_Z(reply.body, body);
    tap_reply_free(&reply);
    CHECK(tap_is_closed(fd, 1000));
}

static void finds_the_reply_after_sending(void)
{
    static const struct {
        const char *head;
        int mib;
        int status;
        const char *body;
    } rows[] = {
        {"Content-Length: 20971520\r\n\r\n", 20, 413,
         "{\"error_code\":413,\"message\":\"the request body exceeds the "
         "limit\"}"},
        {"Transfer-Encoding: chunked\r\n\r\n1400000\r\n", 20, 413,
         "{\"error_code\":413,\"message\":\"the request body exceeds the "
         "limit\"}"},
        {"Expect: coffee\r\nContent-Length: 5242880\r\n\r\n", 5, 417,
         "{\"error_code\":417,\"message\":\"only 100-continue may be "
         "expected\"}"},
        {"Content-Length: x\r\n\r\n", 5, 400,
         "{\"error_code\":400,\"message\":\"the length of the body cannot be "
         "understood\"}"},
        {"Content-Length: 1\r\nContent-Length: 5242880\r\n\r\n", 5, 400,
         "{\"error_code\":400,\"message\":\"more than one header says how "
         "long the body is\"}"},
    };
    struct treaty_http_server *server = start(
        (struct treaty_http_options){.loop_count = 1, .linger_ms = 60000});

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int fd = begin(server, rows[i].head);

        CHECK_INT(send_mib(fd, rows[i].mib), rows[i].mib);
        expect_reply(fd, rows[i].status, rows[i].body);
        (void)close(fd);
    }
    wait_for_none(server, 2000);
    treaty_http_server_stop(server);
}

/* What the kernel holds by itself is some megabytes in both directions. */
static void drops_so_many_bytes(void)
{
    struct treaty_http_server *server = start((struct treaty_http_options){
        .loop_count = 1, .linger_max = 2 * MIB, .linger_ms = 60000});
    int fd = begin(server, "Content-Length: 99999999\r\n\r\n");

    CHECK(send_mib(fd, 64) < 64);
    wait_for_none(server, 2000);
    (void)close(fd);
    treaty_http_server_stop(server);
}

static void drops_up_to_the_limit(void)
{
    for (int more = 0; more < 2; more++) {
        struct treaty_http_server *server = start((struct treaty_http_options){
            .loop_count = 1, .linger_max = 5 * MIB, .linger_ms = 60000});
        int fd = begin(server, "Content-Length: 99999999\r\n\r\n");
        struct tap_reply reply;

        tap_read_reply(fd, false, &reply); /* so what comes now is dropped */
        CHECK_INT(reply.status, 413);
        tap_reply_free(&reply);
        CHECK(tap_is_closed(fd, 1000)); /* in one direction */
        CHECK_INT(send_mib(fd, 5), 5);
        if (more)
            CHECK(tap_send_z(fd, "x"));
        if (more)
            wait_for_none(server, 2000);
        else
            treaty_clock_sleep_ms(200);
        CHECK_INT(treaty_http_server_connections(server), more ? 0 : 1);
        (void)close(fd);
        treaty_http_server_stop(server);
    }
}

static void waits_so_long(void)
{
    struct treaty_http_server *server =
        start((struct treaty_http_options){.loop_count = 1, .linger_ms = 100});
    int fd = begin(server, "Content-Length: 99999999\r\n\r\n");
    struct tap_reply reply;

    tap_read_reply(fd, false, &reply);
    CHECK_INT(reply.status, 413);
    tap_reply_free(&reply);
    wait_for_none(server, 3000); /* the guard looks once a second */
    (void)close(fd);
    treaty_http_server_stop(server);
}

/* More of them at a time than may have two descriptors, and a stop. */
static void stops_meanwhile(void)
{
    enum { COUNT = 40 };
    struct treaty_http_server *server =
        start((struct treaty_http_options){.loop_count = 1});
    uint64_t began = treaty_clock_mono_ns();
    int fds[COUNT];

    for (int i = 0; i < COUNT; i++)
        fds[i] = begin(server, "Content-Length: 99999999\r\n\r\n");
    for (int i = 0; i < COUNT; i++) {
        struct tap_reply reply;

        tap_read_reply(fds[i], false, &reply);
        CHECK_INT(reply.status, 413);
        tap_reply_free(&reply);
    }
    CHECK(treaty_http_server_connections(server) > 0);
    treaty_http_server_stop(server);
    CHECK((treaty_clock_mono_ns() - began) / 1000000 < 4000);
    for (int i = 0; i < COUNT; i++)
        (void)close(fds[i]);
}

TAP_MAIN({"a client that sends all finds the reply",
          finds_the_reply_after_sending},
         {"one that never ends is cut off", drops_so_many_bytes},
         {"after the limit, not at it", drops_up_to_the_limit},
         {"one that never closes is cut off", waits_so_long},
         {"a server stops meanwhile", stops_meanwhile})
