/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/floor_http.h"

#define H2O_USE_LIBUV 0
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wundef"
#include <h2o.h>
#include <h2o/http1.h>
#pragma GCC diagnostic pop

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>

static h2o_iovec_t body;
static h2o_accept_ctx_t accept_ctx;

static int on_request(h2o_handler_t *self, h2o_req_t *req)
{
    static h2o_generator_t generator;

    (void)self;
    req->res.status = 200;
    req->res.reason = "OK";
    req->res.content_length = body.len;
    h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL,
                   H2O_STRLIT("application/json"));
    h2o_start_response(req, &generator);
    h2o_send(req, &body, 1, H2O_SEND_STATE_FINAL);
    return 0;
}

static void on_accept(h2o_socket_t *listener, const char *err)
{
    h2o_socket_t *sock;

    if (err)
        return;
    for (int i = 0; i < 16; i++) {
        sock = h2o_evloop_socket_accept(listener);
        if (!sock)
            return;
        h2o_accept(&accept_ctx, sock);
    }
}

static int listen_anywhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, len) != 0 ||
        listen(fd, 1024) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        exit(1);
    printf("listening on :%u\n", ntohs(address.sin_port));
    (void)fflush(stdout);
    return fd;
}

void bench_floor_http(size_t size)
{
    static h2o_globalconf_t config;
    static h2o_context_t context;
    h2o_hostconf_t *host;
    h2o_socket_t *listener;

    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGTERM, SIG_DFL);
    body.base = malloc(size + 1);
    body.len = size;
    if (!body.base)
        exit(1);
    memset(body.base, 'x', size);
    h2o_config_init(&config);
    host = h2o_config_register_host(
        &config, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    h2o_create_handler(h2o_config_register_path(host, "/", 0),
                       sizeof(h2o_handler_t))
        ->on_req = on_request;
    h2o_context_init(&context, h2o_evloop_create(), &config);
    accept_ctx.ctx = &context;
    accept_ctx.hosts = config.hosts;
    listener = h2o_evloop_socket_create(context.loop, listen_anywhere(),
                                        H2O_SOCKET_FLAG_DONT_READ);
    h2o_socket_read_start(listener, on_accept);
    for (;;)
        (void)h2o_evloop_run(context.loop, INT32_MAX);
}
