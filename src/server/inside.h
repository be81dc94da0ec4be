/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_SERVER_INSIDE_H
#define TREATY_SRC_SERVER_INSIDE_H

/* What the files of the service share. */
#include "server/server.h"

#include "base/json.h"

#include <stdatomic.h>

struct treaty_server_watch;
struct treaty_server_work;

struct treaty_server {
    struct treaty_server_options options;
    struct treaty_registry *registry;
    struct treaty_http_server *http;
    struct treaty_registry_reader **readers; /* one a loop */
    size_t reader_count;
    struct treaty_server_watch *watch; /* watch.c */
};

/* routes.c */
extern const struct treaty_http_route treaty_server_routes[];
extern const size_t treaty_server_route_count;

/* Handlers, by file. All are treaty_http_handler_fn. */
#define TREATY_SERVER_HANDLERS(X)                                              \
    /* root.c */                                                               \
    X(root)                                                                    \
    X(health_live)                                                             \
    X(health_ready)                                                            \
    X(metrics)                                                                 \
    /* schemas.c */                                                            \
    X(schema_types)                                                            \
    X(schema_by_id)                                                            \
    X(schema_text_by_id)                                                       \
    X(schema_subjects)                                                         \
    X(schema_versions)                                                         \
    X(schema_by_guid)                                                          \
    X(schema_guid_ids)                                                         \
    /* subjects.c */                                                           \
    X(subject_list)                                                            \
    X(subject_lookup)                                                          \
    X(subject_delete)                                                          \
    /* versions.c */                                                           \
    X(version_list)                                                            \
    X(version_get)                                                             \
    X(version_text)                                                            \
    X(version_referenced_by)                                                   \
    X(version_register)                                                        \
    X(version_delete)                                                          \
    /* compatibility.c */                                                      \
    X(compatibility_one)                                                       \
    X(compatibility_all)                                                       \
    /* config.c */                                                             \
    X(config_get)                                                              \
    X(config_put)                                                              \
    X(config_delete)                                                           \
    /* mode.c */                                                               \
    X(mode_get)                                                                \
    X(mode_put)                                                                \
    X(mode_delete)

#define TREATY_SERVER_DECLARE(name)                                            \
    void treaty_server_##name(struct treaty_http_request *req, void *app);
TREATY_SERVER_HANDLERS(TREATY_SERVER_DECLARE)
#undef TREATY_SERVER_DECLARE

/*
 * params.c. A query flag is on when it says "true" in any case, as in the
 * reference. A number that is none is TREATY_ENOROUTE, since there a parameter
 * that does not convert makes the resource not found.
 */
bool treaty_server_flag(struct treaty_http_request *req, const char *name);
TREATY_MUST_CHECK enum treaty_code
treaty_server_page(struct treaty_http_request *req, struct treaty_page *ret,
                   struct treaty_error *err);
/* `deletedOnly` beats `deleted`. */
enum treaty_deleted treaty_server_deleted(struct treaty_http_request *req);
/* The n-th path parameter as a subject, an id, a version. */
TREATY_MUST_CHECK enum treaty_code
treaty_server_subject(const struct treaty_http_request *req, size_t n,
                      struct treaty_str *ret, struct treaty_error *err);
TREATY_MUST_CHECK enum treaty_code
treaty_server_id(const struct treaty_http_request *req, size_t n, int64_t *ret,
                 struct treaty_error *err);
TREATY_MUST_CHECK enum treaty_code
treaty_server_version(const struct treaty_http_request *req, size_t n,
                      int32_t *ret, struct treaty_error *err);

/* The catalog for the length of a handler. */
const struct treaty_catalog *
treaty_server_pin(struct treaty_server *server,
                  const struct treaty_http_request *req);
void treaty_server_unpin(struct treaty_server *server,
                         const struct treaty_http_request *req);

/*
 * render.c. JSON that is written piece by piece on the heap and copied to the
 * request at the end; a failure on the way becomes a reply of its own.
 */
struct treaty_server_page {
    struct treaty_buf buf;
    struct treaty_json_writer json;
};

void treaty_server_begin(struct treaty_server_page *page);
/* Reply 200 with what was written, or with the failure. */
void treaty_server_finish(struct treaty_server_page *page,
                          struct treaty_http_request *req);
/* The Schema object of listings and look-ups. */
void treaty_server_put_version(struct treaty_json_writer *w,
                               const struct treaty_server *server,
                               const struct treaty_version *version);
/* "guid" and "schemaType", as far as the release has them. */
void treaty_server_put_kind(struct treaty_json_writer *w,
                            const struct treaty_server *server,
                            const struct treaty_entry *entry);
/* The config object, its level under `level_key`. */
void treaty_server_put_config(struct treaty_json_writer *w,
                              const struct treaty_config *config,
                              const char *level_key);

/*
 * body.c. The JSON body as an object: TREATY_EENTITY when there is none,
 * TREATY_EREQUEST when it is not JSON or not an object, TREATY_ELIMIT when it
 * holds more than 100,000 values.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_server_body(struct treaty_http_request *req,
                   const struct treaty_json **ret, struct treaty_error *err);
/* A member that is text, null or absent (.data NULL); TREATY_EREQUEST. */
TREATY_MUST_CHECK enum treaty_code
treaty_server_body_str(const struct treaty_json *body, const char *name,
                       struct treaty_str *ret, struct treaty_error *err);
/* A RegisterSchemaRequest, into the task: a `read` of struct
 * treaty_server_work. TREATY_EREQUEST, TREATY_EENTITY. */
TREATY_MUST_CHECK enum treaty_code
treaty_server_body_schema(struct treaty_server_work *work,
                          struct treaty_error *err);

/*
 * task.c. A task of the registry for one request, on the request's arena, with
 * the request's parts kept. NULL after answering that memory ran out.
 */
struct treaty_server_work {
    struct treaty_task task; /* first, so that `put` finds the rest */
    struct treaty_server *server;
    struct treaty_http_request *req;
    /* Writes the reply of a task that went well. NULL: it is the text of the
     * task's schema and nothing else. */
    void (*put)(struct treaty_json_writer *w, const struct treaty_task *task);
    int32_t id_max; /* to tell along with a schema, or 0 */
    /* Takes the task's inputs from the request's body. */
    enum treaty_code (*read)(struct treaty_server_work *work,
                             struct treaty_error *err);
};

static inline const struct treaty_server_work *
treaty_server_work_of(const struct treaty_task *task)
{
    return (const struct treaty_server_work *)task;
}

struct treaty_server_work *
treaty_server_work_new(struct treaty_server *server,
                       struct treaty_http_request *req,
                       enum treaty_task_kind kind);
/* Answer with `err` when `code` says that the request failed already; otherwise
 * run the task, here or on a thread of the registry, and answer with its
 * outcome. */
void treaty_server_work_run(struct treaty_server_work *work,
                            enum treaty_code code,
                            const struct treaty_error *err);
/* The same after `work->read`; a large body is read on a thread of the registry
 * as well, since it would keep the loop's other clients waiting. */
void treaty_server_work_read(struct treaty_server_work *work);

/*
 * The form of a schema's text that the request asks for with `format`, .data
 * NULL when it is the stored one, which is at hand: anything else takes a task.
 */
struct treaty_str treaty_server_form(struct treaty_http_request *req);

/* watch.c: counts and durations of requests, and what the registry knows. */
TREATY_MUST_CHECK enum treaty_code
treaty_server_watch_new(struct treaty_server *server, struct treaty_error *err);
void treaty_server_watch_free(struct treaty_server *server);
void treaty_server_watch_done(void *app, const struct treaty_http_done *done);
/* A schema was taken that its format's own compiler objects to. */
void treaty_server_watch_objection(struct treaty_server *server);
/* Set the gauges to what is the case now. */
void treaty_server_watch_gather(struct treaty_server *server,
                                const struct treaty_http_request *req);

#endif
