/* SPDX-License-Identifier: Apache-2.0 */
#include "journal/lock.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The process id that the owner left in the file, or 0. */
static long read_owner(int fd)
{
    char text[24] = "";
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
    char *end;
    long pid;

    if (n <= 0)
        return 0;
    pid = strtol(text, &end, 10);
    return *end == '\n' && pid > 0 ? pid : 0;
}

static enum treaty_code fail_locked(const char *store, int fd,
                                    struct treaty_error *err)
{
    long owner = read_owner(fd);

    if (owner == (long)getpid())
        return treaty_fail(err, TREATY_ELOCKED, TREATY_NO_OFFSET,
                           "%s is open in this process already", store);
    return treaty_fail(err, TREATY_ELOCKED, TREATY_NO_OFFSET,
                       "%s is in use by another registry (process %ld holds "
                       "%s.lock); a store has one server at a time",
                       store, owner, store);
}

/* The id is a courtesy to whoever comes second; failing to leave it is no
 * reason not to start. */
static void write_owner(int fd)
{
    char text[24];
    int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

    if (ftruncate(fd, 0) == 0 && n > 0)
        (void)!pwrite(fd, text, (size_t)n, 0);
}

enum treaty_code treaty_journal_lock(const char *store, int *ret,
                                     struct treaty_error *err)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    enum treaty_code code;
    char path[PATH_MAX];
    int fd;

    if (snprintf(path, sizeof(path), "%s.lock", store) >= (int)sizeof(path))
        return treaty_fail(err, TREATY_EIO, TREATY_NO_OFFSET,
                           "the path of the store is too long");
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0)
        return treaty_fail(err, TREATY_EIO, TREATY_NO_OFFSET, "%s: %s", path,
                           strerror(errno));
    if (fcntl(fd, F_OFD_SETLK, &lock) == 0) {
        write_owner(fd);
        *ret = fd;
        return TREATY_OK;
    }
    if (errno == EAGAIN || errno == EACCES)
        code = fail_locked(store, fd, err);
    else
        code = treaty_fail(err, TREATY_EIO, TREATY_NO_OFFSET, "%s: %s", path,
                           strerror(errno));
    (void)close(fd);
    return code;
}

void treaty_journal_unlock(int fd)
{
    if (fd >= 0)
        (void)close(fd);
}
