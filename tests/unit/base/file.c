/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include "harness/tap.h"

#include <fcntl.h>
#include <unistd.h>

static char path[] = "/tmp/treaty-file-XXXXXX";

/* A file of `len` bytes at `path`. */
static void make_file(size_t len)
{
    int fd = mkstemp(path);
    static char bytes[1000000];

    if (!CHECK(fd >= 0 && len <= sizeof(bytes)))
        return;
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)(i % 251);
    CHECK_INT(write(fd, bytes, len), len);
    (void)close(fd);
}

static void remove_file(void)
{
    (void)unlink(path);
    memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
}

static void reads_whole_files(void)
{
    static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 1000000};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct treaty_arena arena = {0};
        struct treaty_str text = {0};

        make_file(sizes[i]);
        CHECK_INT(treaty_file_read(&arena, path, 0, &text, NULL), TREATY_OK);
        CHECK_INT(text.len, sizes[i]);
        CHECK_INT(text.data[text.len], '\0');
        if (text.len)
            CHECK_INT((unsigned char)text.data[text.len - 1],
                      (sizes[i] - 1) % 251);
        treaty_arena_release(&arena);
        remove_file();
    }
}

static void limit_holds(void)
{
    struct treaty_arena arena = {0};
    struct treaty_str text = {0};
    struct treaty_error err;

    make_file(100000);
    CHECK_INT(treaty_file_read(&arena, path, 100000, &text, &err), TREATY_OK);
    CHECK_INT(text.len, 100000);
    text = (struct treaty_str){0};
    CHECK_INT(treaty_file_read(&arena, path, 99999, &text, &err),
              TREATY_ELIMIT);
    CHECK(!text.data);
    CHECK(strstr(err.message, "is larger than 99999 bytes") != NULL);
    treaty_arena_release(&arena);
    remove_file();
}

static void tells_why_not(void)
{
    struct treaty_arena arena = {0};
    struct treaty_str text = {0};
    struct treaty_error err;

    CHECK_INT(treaty_file_read(&arena, "/nowhere/at all", 0, &text, &err),
              TREATY_EIO);
    CHECK_STR_Z(treaty_str_z(err.message),
                "cannot open /nowhere/at all: No such file or directory");
    CHECK_INT(treaty_file_read(&arena, "/tmp", 0, &text, &err), TREATY_EIO);
    CHECK_STR_Z(treaty_str_z(err.message), "cannot read /tmp: Is a directory");
    CHECK(!text.data);
    treaty_arena_release(&arena);
}

static void out_of_memory(void)
{
    struct treaty_arena arena;
    struct treaty_str text = {0};

    make_file(2000);
    treaty_arena_init(&arena, 1000, NULL);
    CHECK_INT(treaty_file_read(&arena, path, 0, &text, NULL), TREATY_ENOMEM);
    CHECK(!text.data);
    treaty_arena_release(&arena);
    remove_file();
}

static void standard_input(void)
{
    struct treaty_arena arena = {0};
    struct treaty_str text = {0};
    int saved = dup(STDIN_FILENO);
    int fd;

    make_file(300);
    fd = open(path, O_RDONLY);
    (void)dup2(fd, STDIN_FILENO);
    (void)close(fd);
    CHECK_INT(treaty_file_read(&arena, "-", 0, &text, NULL), TREATY_OK);
    CHECK_INT(text.len, 300);
    CHECK(fcntl(STDIN_FILENO, F_GETFD) >= 0); /* it is not ours to close */
    if (saved >= 0) {
        (void)dup2(saved, STDIN_FILENO);
        (void)close(saved);
    }
    treaty_arena_release(&arena);
    remove_file();
}

TAP_MAIN({"reads whole files", reads_whole_files}, {"limit holds", limit_holds},
         {"tells why not", tells_why_not}, {"out of memory", out_of_memory},
         {"standard input", standard_input})
