/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_HTTP_HTTP_H
#define TREATY_SRC_HTTP_HTTP_H

/*
 * An HTTP/1.1 server on h2o's event loops, wrapped once. What it serves is a
 * const table of routes; it knows nothing of schemas.
 *
 *     accept --> loop 0 --> limits --> route --> negotiate --> handler -->
 * reply
 *            \-> loop 1 ...                                     |           ^
 *                                             suspend, other thread, resume
 *
 * Rules, cited by number elsewhere in this room:
 *
 * 1. A request belongs to the loop that accepted its connection. It is read,
 *    answered and freed there and nowhere else.
 * 2. A handler answers exactly once: with one of the treaty_http_reply
 *    functions before it returns, or, after treaty_http_suspend, in the
 *    function that treaty_http_resume names.
 * 3. Whatever a reply points to lives on the request's arena, is static, or is
 *    kept by treaty_http_hold: sending may end long after the call.
 * 4. While a request is suspended its parts and its arena stay where they are,
 *    even when the client hangs up.
 *
 * h2o 2.2.5 reads a whole body before it calls us, has no limit on the head
 * that one could set, and answers some broken requests by itself; the .c files
 * say what is done about each. Its answer to a head that cannot be parsed at
 * all (400, plain text, then close) comes without a request and stays as it is.
 */
#include "base/arena.h"
#include "base/buf.h"

#include <stdbool.h>

struct treaty_http_server;
struct treaty_http_request;

enum {
    TREATY_HTTP_PARAMS_MAX = 4,
    TREATY_HTTP_SEGMENTS_MAX = 16,
};

/*
 * Called on the request's loop. `app` is that of the options.
 */
typedef void (*treaty_http_handler_fn)(struct treaty_http_request *req,
                                       void *app);

enum {
    /* The route has a content type of its own; Accept is not looked at. */
    TREATY_HTTP_ANY_ACCEPT = 1 << 0,
};

/*
 * A row of the table. A pattern is a path; `{name}` stands for one segment and
 * becomes the next of the request's params. HEAD is answered by GET's row.
 */
struct treaty_http_route {
    const char *method;
    const char *pattern;
    treaty_http_handler_fn handler;
    unsigned flags;
};

/* What the application learns of each finished request, for metrics. */
struct treaty_http_done {
    size_t loop;
    size_t route; /* its row, or route_count when no row matched */
    int status;
    size_t bytes; /* of the body */
    uint64_t ns;  /* from the handler's start to the reply */
};

struct treaty_http_media {
    const char *type; /* "application/json" */
    int q;            /* the server's preference, 1 to 1000 */
};

/* Valid when zeroed, but for `routes` and `produces`. */
struct treaty_http_options {
    const char *listen;   /* "127.0.0.1:8081"; port 0: any free one */
    size_t loop_count;    /* 1 */
    const char *tls_cert; /* PEM chain and key; NULL: no TLS */
    const char *tls_key;

    const struct treaty_http_route *routes;
    size_t route_count;
    const struct treaty_http_media *produces; /* the best one first */
    size_t produces_count;
    const char *const *consumes; /* media types of bodies */
    size_t consumes_count;
    void *app;
    void (*done)(void *app, const struct treaty_http_done *done);

    /* Open connections; more wait unaccepted. 64 fewer than the process may
     * have file descriptors. */
    size_t connection_max;
    size_t body_max;             /* 16 MiB: 413 */
    size_t head_max;             /* 16 KiB: 431 */
    size_t url_max;              /* 8 KiB: 414 */
    uint64_t request_timeout_ms; /* of idling, head and body each; 75 s */
    uint64_t user_timeout_ms;    /* of bytes sent but not acknowledged; 30 s */
    uint64_t slow_grace_ms;      /* before a slow request is shut; 5 s */
    uint64_t slow_rate;          /* bytes a second; 1,024 */
    uint64_t linger_ms;  /* for a client that sends on after a refusal; 5 s */
    uint64_t linger_max; /* and its bytes that are dropped; 64 MiB */
    uint64_t drain_ms;   /* for open requests, when stopping; 10 s */
};

/*
 * Listen and start the loops. TREATY_EUSAGE for an address or certificate that
 * cannot be used, TREATY_EIO (the address is taken), TREATY_ENOMEM. `options`
 * is copied, what it points to must outlive the server.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_http_server_start(const struct treaty_http_options *options,
                         struct treaty_http_server **ret,
                         struct treaty_error *err);

/* The port that was got. */
unsigned treaty_http_server_port(const struct treaty_http_server *server);
/* "http://127.0.0.1:8081". */
const char *treaty_http_server_url(const struct treaty_http_server *server);
/* Open connections. */
size_t treaty_http_server_connections(const struct treaty_http_server *server);

/*
 * Stop accepting, let open requests finish for `drain_ms`, shut what is left
 * and free the server. Suspended requests must still be resumed: it waits for
 * them. Accepts NULL.
 */
void treaty_http_server_stop(struct treaty_http_server *server);

/* Questions about a request. Views live as long as it. */
struct treaty_str treaty_http_method(const struct treaty_http_request *req);
/* The path as it was sent, without the query. */
struct treaty_str treaty_http_path(const struct treaty_http_request *req);
struct treaty_str treaty_http_body(const struct treaty_http_request *req);
/* What stood for the n-th `{...}` of the pattern, decoded. */
size_t treaty_http_param_count(const struct treaty_http_request *req);
struct treaty_str treaty_http_param(const struct treaty_http_request *req,
                                    size_t n);
/*
 * The decoded value of the query parameter `name`: the first one given, ""
 * when it has none, .data NULL when it is absent.
 */
struct treaty_str treaty_http_query(struct treaty_http_request *req,
                                    const char *name);
/* The value of a header (`name` in lower case), or .data NULL. Not after a
 * suspension. */
struct treaty_str treaty_http_header(const struct treaty_http_request *req,
                                     const char *name);
/* Which of `produces` the client gets. */
const char *treaty_http_media_type(const struct treaty_http_request *req);
struct treaty_arena *treaty_http_arena(struct treaty_http_request *req);
size_t treaty_http_loop(const struct treaty_http_request *req);

/*
 * Replies. `body` follows rule 3; `parts`, eight at most, are copied. Both have
 * the negotiated content type, the third one of its own.
 */
void treaty_http_reply(struct treaty_http_request *req, int status,
                       struct treaty_str body);
void treaty_http_reply_parts(struct treaty_http_request *req, int status,
                             const struct treaty_str *parts, size_t count);
void treaty_http_reply_as(struct treaty_http_request *req, int status,
                          const char *media_type, struct treaty_str body);
/* {"error_code":...,"message":"..."} with the status of `err->code`. */
void treaty_http_reply_error(struct treaty_http_request *req,
                             const struct treaty_error *err);
/* The same with a message of any length. */
void treaty_http_reply_error_text(struct treaty_http_request *req,
                                  enum treaty_code code,
                                  struct treaty_str message);
/* Add a header to the coming reply; `name` in lower case, rule 3. */
void treaty_http_add_header(struct treaty_http_request *req, const char *name,
                            struct treaty_str value);
/* Call `fn(ctx)` on the loop when the request is gone. False: no memory. */
bool treaty_http_hold(struct treaty_http_request *req, void (*fn)(void *ctx),
                      void *ctx);

/*
 * Suspension. The handler calls suspend, hands the request to another thread,
 * and returns. That thread calls resume once; `fn` then runs on the request's
 * loop. `fn` must answer; when the client has hung up meanwhile the answer
 * goes nowhere. TREATY_ENOMEM: not suspended, answer now.
 */
typedef void (*treaty_http_resume_fn)(struct treaty_http_request *req,
                                      void *data);
TREATY_MUST_CHECK enum treaty_code
treaty_http_suspend(struct treaty_http_request *req);
/*
 * What suspend does first: copy the request's parts to its arena. For handlers
 * that hand out views into the body, which must be taken after this.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_http_keep(struct treaty_http_request *req);
void treaty_http_resume(struct treaty_http_request *req,
                        treaty_http_resume_fn fn, void *data);

#endif
