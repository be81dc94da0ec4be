/* SPDX-License-Identifier: Apache-2.0 */
#include "http/inside.h"

#include "base/error.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* "host:port" and "[v6]:port" in two terminated texts. */
static bool split_address(const char *text, char *host, size_t host_size,
                          const char **port)
{
    const char *colon = strrchr(text, ':');
    size_t len;

    if (!colon)
        return false;
    len = (size_t)(colon - text);
    *port = colon + 1;
    if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
        text++;
        len -= 2;
    }
    if (len >= host_size)
        return false;
    memcpy(host, text, len);
    host[len] = '\0';
    return true;
}

/* Both families of addresses, with what we need to know of them. */
static unsigned port_of(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET6)
        return ntohs(
            ((const struct sockaddr_in6 *)(const void *)address)->sin6_port);
    return ntohs(((const struct sockaddr_in *)(const void *)address)->sin_port);
}

static void describe(struct treaty_http_server *server)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    char host[64] = "";
    const char *scheme = server->tls ? "https" : "http";
    const struct sockaddr *name = (const struct sockaddr *)&address;

    memset(&address, 0, sizeof(address));
    if (getsockname(server->listen_fd, (struct sockaddr *)&address, &len) != 0)
        return;
    server->port = port_of(name);
    (void)getnameinfo(name, len, host, sizeof(host), NULL, 0, NI_NUMERICHOST);
    (void)snprintf(server->url, sizeof(server->url),
                   name->sa_family == AF_INET6 ? "%s://[%s]:%u" : "%s://%s:%u",
                   scheme, host, server->port);
}

/* A connection inherits these from the listener. */
static void set_options(const struct treaty_http_server *server, int fd)
{
    int on = 1;
    unsigned timeout = (unsigned)server->options.user_timeout_ms;

    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout,
                     sizeof(timeout));
}

static enum treaty_code open_socket(struct treaty_http_server *server,
                                    const struct addrinfo *info,
                                    struct treaty_error *err)
{
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    IPPROTO_TCP);

    if (fd < 0)
        return treaty_fail(err, TREATY_EIO, TREATY_NO_OFFSET, "%s: %s",
                           server->options.listen, strerror(errno));
    set_options(server, fd);
    if (bind(fd, info->ai_addr, info->ai_addrlen) != 0 ||
        listen(fd, H2O_SOMAXCONN) != 0) {
        int cause = errno;

        (void)close(fd);
        return treaty_fail(err, TREATY_EIO, TREATY_NO_OFFSET, "%s: %s",
                           server->options.listen, strerror(cause));
    }
    server->listen_fd = fd;
    describe(server);
    return TREATY_OK;
}

enum treaty_code treaty_http_listen(struct treaty_http_server *server,
                                    struct treaty_error *err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE};
    struct addrinfo *info;
    char host[256];
    const char *port;
    enum treaty_code code;
    int status;

    if (!split_address(server->options.listen, host, sizeof(host), &port))
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "\"%s\" is not an address like 127.0.0.1:8081",
                           server->options.listen);
    status = getaddrinfo(host[0] ? host : NULL, port, &hints, &info);
    if (status != 0)
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET, "%s: %s",
                           server->options.listen, gai_strerror(status));
    code = open_socket(server, info, err);
    freeaddrinfo(info);
    return code;
}
