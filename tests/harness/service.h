/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_TESTS_HARNESS_SERVICE_H
#define TREATY_TESTS_HARNESS_SERVICE_H

/* A service of one's own, in this process, on any free port. */
#include "harness/tap.h"
#include "server/server.h"

#include <stdlib.h>

struct service {
    struct treaty_journal *journal;
    struct treaty_registry *registry;
    struct treaty_metrics *metrics;
    struct treaty_server *server;
    unsigned port;
};

/* What a service may differ in; valid when zeroed. */
struct service_settings {
    const struct treaty_journal_options *store; /* or NULL */
    bool is_strict;
    bool is_before_8;
    enum treaty_rules rules;
};

/* Over the store `url`; a test cannot go on without. */
static inline void service_start_as(struct service *s, const char *url,
                                    size_t threads,
                                    const struct service_settings *settings)
{
    struct treaty_registry_options options = {
        .strict = settings->is_strict,
        .rules = settings->rules,
    };
    struct treaty_server_options server = {
        .listen = "127.0.0.1:0",
        .thread_count = threads,
        .is_before_8 = settings->is_before_8,
    };
    struct treaty_error err;

    *s = (struct service){0};
    if (treaty_journal_open(treaty_str_z(url), settings->store, &s->journal,
                            &err))
        goto failed;
    options.journal = s->journal;
    if (treaty_registry_open(&options, &s->registry, &err))
        goto failed;
    s->metrics = treaty_metrics_new();
    server.registry = s->registry;
    server.metrics = s->metrics;
    if (treaty_server_start(&server, &s->server, &err))
        goto failed;
    s->port = treaty_server_port(s->server);
    return;

failed:
    tap_fail(__FILE__, __LINE__, "%s", err.message);
    exit(1);
}

static inline void
service_start_with(struct service *s, const char *url, size_t threads,
                   const struct treaty_journal_options *store)
{
    struct service_settings settings = {.store = store};

    service_start_as(s, url, threads, &settings);
}

static inline void service_start(struct service *s, const char *url,
                                 size_t threads)
{
    service_start_with(s, url, threads, NULL);
}

static inline void service_stop(struct service *s)
{
    treaty_server_stop(s->server);
    treaty_registry_close(s->registry);
    treaty_journal_close(s->journal);
    treaty_metrics_free(s->metrics);
}

#endif
