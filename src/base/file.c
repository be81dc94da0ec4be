/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include "base/buf.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 64 * 1024 };

static enum treaty_code fail_io(const char *verb, const char *path,
                                struct treaty_error *err)
{
    char reason[128];

    /* The GNU form: the text need not be in `reason`. */
    return treaty_fail(err, TREATY_EIO, TREATY_NO_OFFSET, "cannot %s %s: %s",
                       verb, path, strerror_r(errno, reason, sizeof(reason)));
}

/* Append all of `fd` to `buf`. False with errno set when reading fails. */
static bool slurp(int fd, struct treaty_buf *buf)
{
    for (;;) {
        size_t want = CHUNK;
        char *at;
        ssize_t n;

        if (buf->max && buf->max - buf->len < want)
            want = buf->max - buf->len;
        at = treaty_buf_reserve(buf, want);
        if (!at || want == 0)
            return true;
        n = read(fd, at, want);
        if (n < 0 && errno != EINTR)
            return false;
        if (n == 0)
            return true;
        if (n > 0)
            buf->len += (size_t)n;
    }
}

enum treaty_code treaty_file_read(struct treaty_arena *arena, const char *path,
                                  size_t size_max, struct treaty_str *ret,
                                  struct treaty_error *err)
{
    enum treaty_code code = TREATY_OK;
    struct treaty_buf buf;
    struct treaty_str text;
    bool standard = strcmp(path, "-") == 0;
    int fd = STDIN_FILENO;

    /* One byte more than allowed tells a full file from one too long. */
    treaty_buf_init(&buf, size_max ? size_max + 1 : 0);
    if (!standard)
        fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail_io("open", path, err);
    if (!slurp(fd, &buf)) {
        code = fail_io("read", path, err);
        goto out;
    }
    if (size_max && buf.len > size_max) {
        code = treaty_fail(err, TREATY_ELIMIT, TREATY_NO_OFFSET,
                           "%s is larger than %zu bytes", path, size_max);
        goto out;
    }
    code = treaty_buf_status(&buf, err);
    if (code)
        goto out;
    text = treaty_arena_dup(arena, treaty_buf_str(&buf));
    if (!text.data) {
        code = treaty_fail_nomem(err);
        goto out;
    }
    *ret = text;
out:
    if (!standard)
        (void)close(fd);
    treaty_buf_release(&buf);
    return code;
}
