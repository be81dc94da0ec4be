/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/net.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_MS 60000
#define REPLY_MAX (64u << 20)

int tap_connect(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 &&
        connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    tap_fail(__FILE__, __LINE__, "cannot connect to port %u", port);
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

bool tap_send(int fd, struct treaty_str bytes)
{
    while (bytes.len) {
        ssize_t n = send(fd, bytes.data, bytes.len, MSG_NOSIGNAL);

        if (n <= 0)
            return false;
        bytes = treaty_str_sub(bytes, (size_t)n, bytes.len);
    }
    return true;
}

bool tap_send_z(int fd, const char *text)
{
    return tap_send(fd, treaty_str_z(text));
}

static bool wait_readable(int fd, int ms)
{
    struct pollfd pollfd = {.fd = fd, .events = POLLIN};

    return poll(&pollfd, 1, ms) == 1;
}

/* Append what comes next to `*data`; 0 at the end or after too long a wait. */
static size_t read_more(int fd, char **data, size_t len, size_t want)
{
    char *grown = realloc(*data, len + want + 1);
    ssize_t n;

    if (!grown)
        return 0;
    *data = grown;
    grown[len] = '\0';
    if (!wait_readable(fd, WAIT_MS))
        return 0;
    n = recv(fd, grown + len, want, 0);
    if (n <= 0)
        return 0;
    grown[len + (size_t)n] = '\0';
    return (size_t)n;
}

static size_t content_length(const struct tap_reply *reply)
{
    struct treaty_str text = tap_reply_header(reply, "content-length");
    uint64_t n;

    if (!text.data || !treaty_str_to_u64(text, &n) || n > REPLY_MAX)
        return 0;
    return (size_t)n;
}

/* Byte by byte, since what follows the head may belong to the next reply. */
static size_t read_head(int fd, char **data)
{
    size_t len = 0;

    while (len < 4 || memcmp(*data + len - 4, "\r\n\r\n", 4) != 0) {
        if (len > 65536 || !read_more(fd, data, len, 1))
            return 0;
        len++;
    }
    return len;
}

static int status_of(struct treaty_str head)
{
    int64_t status;

    if (!treaty_str_starts(head, TREATY_STR("HTTP/1.1 ")) ||
        !treaty_str_to_i64(treaty_str_sub(head, 9, 3), &status))
        return 0;
    return (int)status;
}

void tap_read_reply(int fd, bool is_head, struct tap_reply *ret)
{
    size_t head_len;
    size_t want;
    size_t got = 0;

    memset(ret, 0, sizeof(*ret));
    head_len = read_head(fd, &ret->data);
    if (!head_len)
        return;
    ret->head = (struct treaty_str){ret->data, head_len};
    ret->status = status_of(ret->head);
    want = is_head ? 0 : content_length(ret);
    while (got < want) {
        size_t n = read_more(fd, &ret->data, head_len + got, want - got);

        if (!n) {
            ret->status = 0;
            break;
        }
        got += n;
    }
    ret->head.data = ret->data;
    ret->body = (struct treaty_str){ret->data + head_len, got};
}

void tap_reply_free(struct tap_reply *reply)
{
    free(reply->data);
    memset(reply, 0, sizeof(*reply));
}

struct treaty_str tap_reply_header(const struct tap_reply *reply,
                                   const char *name)
{
    struct treaty_str rest = reply->head;
    struct treaty_str line;

    while (treaty_str_split(&rest, '\n', &line)) {
        size_t colon = treaty_str_find(line, ':');

        if (colon < line.len &&
            treaty_str_eq_nocase(treaty_str_sub(line, 0, colon),
                                 treaty_str_z(name)))
            return treaty_str_trim(treaty_str_sub(line, colon + 1, line.len));
    }
    return (struct treaty_str){0};
}

bool tap_is_closed(int fd, int ms)
{
    char c;

    return wait_readable(fd, ms) && recv(fd, &c, 1, 0) <= 0;
}

void tap_ask(unsigned port, const char *request, struct tap_reply *ret)
{
    int fd = tap_connect(port);

    memset(ret, 0, sizeof(*ret));
    if (fd < 0)
        return;
    (void)tap_send_z(fd, request);
    tap_read_reply(fd, strncmp(request, "HEAD ", 5) == 0, ret);
    (void)close(fd);
}
