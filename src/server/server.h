/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_SERVER_SERVER_H
#define TREATY_SRC_SERVER_SERVER_H

/*
 * The REST service: Confluent's API over a registry. One file a resource, one
 * row a route (routes.c). Questions are answered on the event loop from the
 * catalog; whatever parses a schema, walks a history or writes becomes a task
 * of the registry, and its request waits suspended (task.c).
 */
#include "http/http.h"
#include "metrics/metrics.h"
#include "registry/registry.h"

struct treaty_server;

/* Valid when zeroed, but for `listen`, `registry` and `metrics`. */
struct treaty_server_options {
    const char *listen;   /* "127.0.0.1:8081"; port 0: any free one */
    size_t thread_count;  /* event loops; 1 */
    const char *tls_cert; /* PEM; NULL: no TLS */
    const char *tls_key;
    /* Lent; both must outlive the server. */
    struct treaty_registry *registry;
    struct treaty_metrics *metrics;
    /*
     * Reply as Confluent's releases before 8 did: a registration is answered
     * with its id alone, no GUIDs, no "schemaType" for Avro, and error_code 409
     * for what is incompatible.
     */
    bool is_before_8;
    /* Called on an event loop, if not NULL: a schema was registered that its
     * format's own compiler would refuse (the task's `ret_objection`). */
    void (*on_objection)(const struct treaty_task *task);
};

/* Codes of treaty_http_server_start. */
TREATY_MUST_CHECK enum treaty_code
treaty_server_start(const struct treaty_server_options *options,
                    struct treaty_server **ret, struct treaty_error *err);

const char *treaty_server_url(const struct treaty_server *server);
unsigned treaty_server_port(const struct treaty_server *server);

/* Answer what is open, then stop. Accepts NULL. */
void treaty_server_stop(struct treaty_server *server);

#endif
