/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_HTTP_INSIDE_H
#define TREATY_SRC_HTTP_INSIDE_H

/*
 * The server's own view of itself. Only files of this room include it, and
 * only here does h2o appear.
 *
 *     server --> loop (thread, h2o context) --> conn (socket) --> request
 *
 * Everything below a loop is touched by that loop's thread alone, except the
 * message that brings a suspended request back.
 */
#include "http/http.h"
#include "http/router.h"
#include "http/url.h"

#include "base/rng.h"

/* The macro must precede h2o's headers, which read it. */
#define H2O_USE_LIBUV 0
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wundef"
#include <h2o.h>
#include <h2o/http1.h>
#pragma GCC diagnostic pop

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

struct treaty_http_loop;

/*
 * An accepted connection: what h2o's own struct does not tell. It is found
 * through the socket's on_close data and freed when the socket closes.
 */
struct treaty_http_conn {
    struct treaty_http_loop *loop;
    struct treaty_http_conn *prev, *next; /* in the loop's list */
    h2o_socket_t *sock;
    bool busy;             /* a request is with its handler or being answered */
    bool shut;             /* shutdown(2) has been called */
    int second_fd;         /* of the socket, for a lingering close; or -1 */
    uint64_t linger_by_ms; /* 0: does not linger */
    uint64_t dropped;      /* bytes, while it did */
    /* Since when, and from how many bytes on, a request has been coming. */
    uint64_t coming_since_ms; /* 0: none is */
    uint64_t coming_from;
};

struct treaty_http_loop {
    struct treaty_http_server *server;
    size_t index;
    pthread_t thread;
    sem_t ready; /* posted by the thread: `code` is known */
    sem_t go;    /* the application knows its server: requests may come */
    sem_t leave; /* posted to the thread: nobody will write to it any more */
    enum treaty_code code;
    struct treaty_error *err; /* of whoever starts the loop */
    h2o_context_t ctx;
    h2o_accept_ctx_t accept;
    h2o_socket_t *listener;              /* NULL once stopping */
    bool is_full;                        /* so the listener is not read */
    h2o_multithread_receiver_t receiver; /* of resumed requests */
    h2o_multithread_receiver_t control;  /* of `stop` */
    h2o_multithread_message_t stop;
    h2o_timeout_entry_t tick; /* every second: guard.c */
    struct treaty_http_conn *conns;
    size_t twice;             /* connections with a second descriptor */
    atomic_size_t conn_count; /* written by the loop, read by anybody */
    size_t suspended;         /* requests that will come back */
    struct treaty_http_request *spare; /* and their number */
    size_t spare_count;
    bool stopping;
    uint64_t stop_by_ms;
    struct treaty_rng rng; /* for X-Request-ID */
};

struct treaty_http_server {
    struct treaty_http_options options; /* defaults filled in */
    struct treaty_router router;
    h2o_globalconf_t config;
    h2o_hostconf_t *host;
    SSL_CTX *tls;
    int listen_fd;
    unsigned port;
    char url[80];
    struct treaty_http_loop *loops;
    size_t loops_started; /* those with a thread, to be joined */
};

/* Something to do when a request is gone. */
struct treaty_http_hold {
    void (*fn)(void *ctx);
    void *ctx;
    struct treaty_http_hold *next;
};

/* Headers of our own on a reply: at most four of ours and four of the app. */
#define TREATY_HTTP_HEADERS_MAX 8

struct treaty_http_header {
    h2o_iovec_t name;
    h2o_iovec_t value;
};

/* Most schemas; what is larger pays for an allocation. */
#define TREATY_HTTP_SMALL 3072

/* Requests that a loop keeps for reuse. */
#define TREATY_HTTP_SPARE_MAX 256

struct treaty_http_request {
    h2o_multithread_message_t message; /* first: the queue hands it back */
    treaty_http_resume_fn resume;
    void *resume_data;
    h2o_req_t *h2o;                /* NULL once the client has gone */
    struct treaty_http_conn *conn; /* the same */
    struct treaty_http_loop *loop;
    unsigned refs; /* h2o's pool, and a suspension */
    bool is_kept;  /* the parts lie on the arena */
    bool is_suspended;
    bool is_head;

    struct treaty_str method;
    struct treaty_str path;
    struct treaty_url_query query; /* of a copy on the arena */
    struct treaty_str body;
    struct treaty_router_match match;
    int media; /* index in `produces` */
    struct treaty_arena arena;
    struct treaty_http_hold *holds;
    uint64_t started_ns;
    size_t header_count;

    /* From here on not cleared for each request. */
    struct treaty_http_header headers[TREATY_HTTP_HEADERS_MAX];
    char id[37];                   /* X-Request-ID when the client gave none */
    char small[TREATY_HTTP_SMALL]; /* a body that is copied, if it fits */
    struct treaty_http_request *next_free;
};

/* server.c: a server that neither listens nor runs, which is how fuzzing has
 * it; start does the rest. */
TREATY_MUST_CHECK enum treaty_code
treaty_http_server_make(const struct treaty_http_options *options,
                        struct treaty_http_server **ret,
                        struct treaty_error *err);

/* request.c: the handler that h2o calls, and requests kept for reuse. */
void treaty_http_free_spare(struct treaty_http_loop *loop);
int treaty_http_on_request(h2o_handler_t *handler, h2o_req_t *h2o);
struct treaty_http_conn *treaty_http_conn_of(const h2o_req_t *h2o);

/* reply.c: requests that came back from another thread. */
void treaty_http_on_message(h2o_multithread_receiver_t *receiver,
                            h2o_linklist_t *messages);
/* Answer with the error `code`, worded by `format`. */
void treaty_http_refuse(struct treaty_http_request *req, enum treaty_code code,
                        const char *format, ...) TREATY_PRINTF(3, 4);
struct treaty_str treaty_http_error_body(struct treaty_arena *arena,
                                         enum treaty_code code,
                                         struct treaty_str message);
void treaty_http_request_unref(struct treaty_http_request *req);

/* plain.c: turns h2o's own plain-text errors into JSON. */
void treaty_http_plain_register(h2o_pathconf_t *conf);

/* loop.c */
TREATY_MUST_CHECK enum treaty_code
treaty_http_loop_init(struct treaty_http_loop *loop, struct treaty_error *err);
/* Until a stop message has come and everything is answered. */
void treaty_http_loop_run(struct treaty_http_loop *loop);
void treaty_http_loop_release(struct treaty_http_loop *loop);
/* Serve a connected socket, which the loop owns from here on. */
void treaty_http_loop_adopt(struct treaty_http_loop *loop, h2o_socket_t *sock);
void treaty_http_conn_closed(void *conn); /* its socket has been */

/* linger.c: ask for a lingering close of a connection that h2o will close, and
 * go over to it once h2o has. False: there is none, the connection is gone. */
void treaty_http_linger(struct treaty_http_conn *conn);
bool treaty_http_linger_begin(struct treaty_http_conn *conn);

/* guard.c: shut what comes too slowly, and everything when time is up. */
void treaty_http_guard(struct treaty_http_loop *loop);
void treaty_http_conn_shut(struct treaty_http_conn *conn);
uint64_t treaty_http_now_ms(void);

/* listen.c, tls.c */
TREATY_MUST_CHECK enum treaty_code
treaty_http_listen(struct treaty_http_server *server, struct treaty_error *err);
TREATY_MUST_CHECK enum treaty_code
treaty_http_tls_open(const struct treaty_http_options *options, SSL_CTX **ret,
                     struct treaty_error *err);

#endif
