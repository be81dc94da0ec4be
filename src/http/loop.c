/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event loop: a thread, its h2o context, and the connections it accepted.
 *
 * All loops listen on one socket (each on its own descriptor of it), not on
 * one each with SO_REUSEPORT: then a second server on the same port would be
 * let in silently.
 */
#include "http/inside.h"

#include "base/error.h"

#include <unistd.h>

/* A circle: accepting adopts, what is adopted is forgotten in the end, and
 * that may be the time to accept again. */
static void on_accept(h2o_socket_t *listener, const char *err);

void treaty_http_conn_closed(void *data)
{
    struct treaty_http_conn *conn = (struct treaty_http_conn *)data;
    struct treaty_http_loop *loop = conn->loop;

    if (treaty_http_linger_begin(conn))
        return;
    if (conn->prev)
        conn->prev->next = conn->next;
    else
        loop->conns = conn->next;
    if (conn->next)
        conn->next->prev = conn->prev;
    atomic_fetch_sub_explicit(&loop->conn_count, 1, memory_order_relaxed);
    free(conn);
    if (loop->is_full && loop->listener) {
        loop->is_full = false;
        h2o_socket_read_start(loop->listener, on_accept);
    }
}

void treaty_http_loop_adopt(struct treaty_http_loop *loop, h2o_socket_t *sock)
{
    struct treaty_http_conn *conn =
        (struct treaty_http_conn *)calloc(1, sizeof(*conn));

    if (!conn) {
        h2o_socket_close(sock);
        return;
    }
    conn->loop = loop;
    conn->sock = sock;
    conn->second_fd = -1;
    conn->next = loop->conns;
    if (conn->next)
        conn->next->prev = conn;
    loop->conns = conn;
    atomic_fetch_add_explicit(&loop->conn_count, 1, memory_order_relaxed);
    sock->on_close.cb = treaty_http_conn_closed;
    sock->on_close.data = conn;
    h2o_accept(&loop->accept, sock);
}

/*
 * Without a limit of our own the process would run out of descriptors, and a
 * listener that stays readable but cannot be accepted from keeps a loop busy.
 */
static bool is_full(const struct treaty_http_loop *loop)
{
    const struct treaty_http_options *options = &loop->server->options;
    size_t share = options->connection_max / options->loop_count;

    return atomic_load_explicit(&loop->conn_count, memory_order_relaxed) >=
           (share ? share : 1);
}

/* Enough to empty the queue in turns, so that one loop does not take all. */
#define ACCEPT_MAX 16

static void on_accept(h2o_socket_t *listener, const char *err)
{
    struct treaty_http_loop *loop = (struct treaty_http_loop *)listener->data;

    if (err)
        return;
    for (int i = 0; i < ACCEPT_MAX; i++) {
        h2o_socket_t *sock;

        if (is_full(loop)) {
            loop->is_full = true;
            h2o_socket_read_stop(listener);
            return;
        }
        sock = h2o_evloop_socket_accept(listener);
        if (!sock)
            return;
        treaty_http_loop_adopt(loop, sock);
    }
}

static void on_tick(h2o_timeout_entry_t *entry)
{
    struct treaty_http_loop *loop =
        H2O_STRUCT_FROM_MEMBER(struct treaty_http_loop, tick, entry);

    treaty_http_guard(loop);
    h2o_timeout_link(loop->ctx.loop, &loop->ctx.one_sec_timeout, entry);
}

/* Nobody new, nothing new: what has been read of a request is answered. */
static void begin_stop(struct treaty_http_loop *loop)
{
    struct treaty_http_conn *conn = loop->conns;

    if (loop->stopping)
        return;
    loop->stopping = true;
    loop->stop_by_ms = treaty_http_now_ms() + loop->server->options.drain_ms;
    if (loop->listener)
        h2o_socket_close(loop->listener);
    loop->listener = NULL;
    /* What h2o_context_request_shutdown does, without its HTTP/2 timer. */
    loop->ctx.shutdown_requested = 1;
    for (; conn; conn = conn->next)
        if (!conn->busy && conn->sock->input->size == 0)
            treaty_http_conn_shut(conn);
}

static void on_control(h2o_multithread_receiver_t *receiver,
                       h2o_linklist_t *messages)
{
    /* There is one message, and it is sent once. */
    if (!h2o_linklist_is_empty(messages))
        h2o_linklist_unlink(messages->next);
    begin_stop(
        H2O_STRUCT_FROM_MEMBER(struct treaty_http_loop, control, receiver));
}

static enum treaty_code start_listening(struct treaty_http_loop *loop,
                                        struct treaty_error *err)
{
    int fd = dup(loop->server->listen_fd);

    if (fd < 0)
        return treaty_fail(err, TREATY_EIO, TREATY_NO_OFFSET,
                           "no more file descriptors");
    loop->listener =
        h2o_evloop_socket_create(loop->ctx.loop, fd, H2O_SOCKET_FLAG_DONT_READ);
    loop->listener->data = loop;
    h2o_socket_read_start(loop->listener, on_accept);
    return TREATY_OK;
}

enum treaty_code treaty_http_loop_init(struct treaty_http_loop *loop,
                                       struct treaty_error *err)
{
    struct treaty_http_server *server = loop->server;
    uint64_t seed;

    treaty_rng_system(&seed, sizeof(seed));
    treaty_rng_init(&loop->rng, seed);
    h2o_context_init(&loop->ctx, h2o_evloop_create(), &server->config);
    loop->accept.ctx = &loop->ctx;
    loop->accept.hosts = server->config.hosts;
    loop->accept.ssl_ctx = server->tls;
    h2o_multithread_register_receiver(loop->ctx.queue, &loop->receiver,
                                      treaty_http_on_message);
    h2o_multithread_register_receiver(loop->ctx.queue, &loop->control,
                                      on_control);
    loop->tick.cb = on_tick;
    h2o_timeout_link(loop->ctx.loop, &loop->ctx.one_sec_timeout, &loop->tick);
    if (server->listen_fd < 0)
        return TREATY_OK;
    return start_listening(loop, err);
}

void treaty_http_loop_run(struct treaty_http_loop *loop)
{
    while (!loop->stopping || loop->conns || loop->suspended)
        (void)h2o_evloop_run(loop->ctx.loop, INT32_MAX);
}

void treaty_http_loop_release(struct treaty_http_loop *loop)
{
    h2o_evloop_t *evloop = loop->ctx.loop;

    if (loop->listener)
        h2o_socket_close(loop->listener);
    h2o_timeout_unlink(&loop->tick);
    h2o_multithread_unregister_receiver(loop->ctx.queue, &loop->receiver);
    h2o_multithread_unregister_receiver(loop->ctx.queue, &loop->control);
    h2o_context_dispose(&loop->ctx);
    /* Closed sockets are freed at the end of a turn. */
    (void)h2o_evloop_run(evloop, 0);
    h2o_evloop_destroy(evloop);
    treaty_http_free_spare(loop);
}
