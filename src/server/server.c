/* SPDX-License-Identifier: Apache-2.0 */
#include "server/inside.h"

#include "base/error.h"

#include <stdlib.h>

/* Confluent's three, in its order of preference, and what it takes. */
static const struct treaty_http_media produces[] = {
    {"application/vnd.schemaregistry.v1+json", 1000},
    {"application/vnd.schemaregistry+json", 900},
    {"application/json", 500},
};

static const char *const consumes[] = {
    "application/vnd.schemaregistry.v1+json",
    "application/vnd.schemaregistry+json",
    "application/json",
    "application/octet-stream",
};

static enum treaty_code make_readers(struct treaty_server *server, size_t count,
                                     struct treaty_error *err)
{
    server->readers = (struct treaty_registry_reader **)calloc(
        count, sizeof(struct treaty_registry_reader *));
    if (!server->readers)
        return treaty_fail_nomem(err);
    for (size_t i = 0; i < count; i++) {
        server->readers[i] = treaty_registry_reader_new(server->registry);
        if (!server->readers[i])
            return treaty_fail_nomem(err);
        server->reader_count++;
    }
    return TREATY_OK;
}

static enum treaty_code listen_on(struct treaty_server *server,
                                  struct treaty_error *err)
{
    const struct treaty_server_options *options = &server->options;
    struct treaty_http_options http = {
        .listen = options->listen,
        .loop_count = options->thread_count,
        .tls_cert = options->tls_cert,
        .tls_key = options->tls_key,
        .routes = treaty_server_routes,
        .route_count = treaty_server_route_count,
        .produces = produces,
        .produces_count = sizeof(produces) / sizeof(produces[0]),
        .consumes = consumes,
        .consumes_count = sizeof(consumes) / sizeof(consumes[0]),
        .app = server,
        .done = treaty_server_watch_done,
    };

    return treaty_http_server_start(&http, &server->http, err);
}

enum treaty_code
treaty_server_start(const struct treaty_server_options *options,
                    struct treaty_server **ret, struct treaty_error *err)
{
    struct treaty_server *server =
        (struct treaty_server *)calloc(1, sizeof(*server));
    enum treaty_code code;

    if (!server)
        return treaty_fail_nomem(err);
    server->options = *options;
    if (!server->options.thread_count)
        server->options.thread_count = 1;
    server->registry = options->registry;
    code = treaty_server_watch_new(server, err);
    if (!code)
        code = make_readers(server, server->options.thread_count, err);
    if (!code)
        code = listen_on(server, err);
    if (code)
        treaty_server_stop(server);
    else
        *ret = server;
    return code;
}

const char *treaty_server_url(const struct treaty_server *server)
{
    return treaty_http_server_url(server->http);
}

unsigned treaty_server_port(const struct treaty_server *server)
{
    return treaty_http_server_port(server->http);
}

void treaty_server_stop(struct treaty_server *server)
{
    if (!server)
        return;
    treaty_http_server_stop(server->http);
    for (size_t i = 0; i < server->reader_count; i++)
        treaty_registry_reader_free(server->readers[i]);
    free(server->readers);
    treaty_server_watch_free(server);
    free(server);
}
