/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard against slow clients. h2o has one timer for idling, head and body
 * together, so a client that sends a byte now and then could hold a connection
 * for as long as that timer runs. Once a second we ask the kernel how much has
 * come on each connection with an unfinished request. The kernel counts what a
 * busy loop has not read yet, so its slowness is not held against the client.
 *
 * Slow readers need no guard of ours: TCP_USER_TIMEOUT on the listener ends a
 * connection whose peer takes nothing.
 */
#include "http/inside.h"

#include "base/clock.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

uint64_t treaty_http_now_ms(void)
{
    return treaty_clock_mono_ns() / 1000000;
}

static bool lingers_too_long(const struct treaty_http_conn *conn,
                             uint64_t now_ms)
{
    return conn->linger_by_ms && now_ms >= conn->linger_by_ms;
}

/* h2o sees the end of the stream and closes, in its own time and order. */
void treaty_http_conn_shut(struct treaty_http_conn *conn)
{
    if (conn->shut)
        return;
    conn->shut = true;
    (void)shutdown(h2o_socket_get_fd(conn->sock), SHUT_RDWR);
}

static uint64_t bytes_received(const struct treaty_http_conn *conn)
{
    struct tcp_info info;
    socklen_t len = sizeof(info);

    memset(&info, 0, sizeof(info));
    if (getsockopt(h2o_socket_get_fd(conn->sock), IPPROTO_TCP, TCP_INFO, &info,
                   &len) != 0)
        return conn->sock->bytes_read;
    return info.tcpi_bytes_received;
}

static bool is_too_slow(struct treaty_http_conn *conn, uint64_t now_ms)
{
    const struct treaty_http_options *options = &conn->loop->server->options;
    uint64_t received;
    uint64_t elapsed;

    if (conn->busy || conn->sock->input->size == 0) {
        conn->coming_since_ms = 0;
        return false;
    }
    received = bytes_received(conn);
    if (!conn->coming_since_ms) {
        size_t had = conn->sock->input->size;

        conn->coming_since_ms = now_ms;
        conn->coming_from = received > had ? received - had : 0;
        return false;
    }
    elapsed = now_ms - conn->coming_since_ms;
    return elapsed > options->slow_grace_ms &&
           received - conn->coming_from < options->slow_rate * elapsed / 1000;
}

void treaty_http_guard(struct treaty_http_loop *loop)
{
    struct treaty_http_conn *conn = loop->conns;
    uint64_t now_ms = treaty_http_now_ms();
    bool is_over = loop->stopping && now_ms >= loop->stop_by_ms;

    for (; conn; conn = conn->next)
        if (is_over || lingers_too_long(conn, now_ms) ||
            is_too_slow(conn, now_ms))
            treaty_http_conn_shut(conn);
}
