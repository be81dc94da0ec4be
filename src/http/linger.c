/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Closing politely. Some refusals come before the body has been read, and a
 * socket that is closed with unread bytes in it resets the connection: the
 * client, still sending, may then lose the reply that says why. So the reply
 * is followed by the end of our stream, and what still comes is read and
 * dropped until the client closes, or has had its share of bytes or time.
 *
 * h2o closes by itself and has no such thing. A second descriptor of the
 * socket, taken when a request is refused, outlives h2o's; the connection stays
 * in the loop's list with it, and counts as open.
 */
#include "http/inside.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

/* A loop's connections that have two descriptors at a time: few, since the
 * limit on connections allows one each, and short, until the reply is sent. */
enum { TWICE_MAX = 16 };

void treaty_http_linger(struct treaty_http_conn *conn)
{
    if (conn->second_fd >= 0 || conn->loop->twice == TWICE_MAX)
        return;
    conn->second_fd = fcntl(h2o_socket_get_fd(conn->sock), F_DUPFD_CLOEXEC, 0);
    if (conn->second_fd >= 0)
        conn->loop->twice++;
}

static void on_drop(h2o_socket_t *sock, const char *err)
{
    struct treaty_http_conn *conn = (struct treaty_http_conn *)sock->data;

    conn->dropped += sock->input->size;
    h2o_buffer_consume(&sock->input, sock->input->size);
    if (err || conn->dropped > conn->loop->server->options.linger_max)
        h2o_socket_close(sock);
}

bool treaty_http_linger_begin(struct treaty_http_conn *conn)
{
    struct treaty_http_loop *loop = conn->loop;
    int fd = conn->second_fd;

    if (fd < 0)
        return false;
    conn->second_fd = -1;
    loop->twice--;
    if (conn->shut || loop->stopping) {
        (void)close(fd);
        return false;
    }
    (void)shutdown(fd, SHUT_WR);
    conn->linger_by_ms = treaty_http_now_ms() + loop->server->options.linger_ms;
    conn->sock = h2o_evloop_socket_create(loop->ctx.loop, fd, 0);
    conn->sock->data = conn;
    conn->sock->on_close.cb = treaty_http_conn_closed;
    conn->sock->on_close.data = conn;
    h2o_socket_read_start(conn->sock, on_drop);
    return true;
}
