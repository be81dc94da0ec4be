/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/inputs.h"

#include "base/file.h"
#include "harness/tap.h"

#include <dirent.h>
#include <stdio.h>

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/fuzz"

static void run_file(const char *path, void (*run)(char *data, size_t len))
{
    struct treaty_arena arena = {0};
    struct treaty_str input = {0};

    if (CHECK_INT(treaty_file_read(&arena, path, 0, &input, NULL), TREATY_OK))
        run((char *)(uintptr_t)input.data, input.len);
    treaty_arena_release(&arena);
}

void inputs_each(const char *target, size_t at_least,
                 void (*run)(char *data, size_t len))
{
    char path[512];
    size_t ran = 0;
    DIR *dir;

    (void)snprintf(path, sizeof(path), CORPUS "/%s", target);
    dir = opendir(path);
    if (!CHECK(dir))
        return;
    for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        if (e->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof(path), CORPUS "/%s/%s", target, e->d_name);
        run_file(path, run);
        ran++;
    }
    (void)closedir(dir);
    CHECK(ran >= at_least);
    tap_add_passed(ran);
}

void inputs_try(inputs_target *target, const char *data, size_t len)
{
    for (int front = 0; front < 2; front++) {
        struct tap_guard guard = tap_guard_copy(data, len, front);

        CHECK_INT(target((const uint8_t *)guard.data, len), 0);
        tap_guard_free(&guard);
    }
}

void inputs_try_prefixes(inputs_target *target, const char *data, size_t len)
{
    for (size_t n = len; n <= len; n--)
        inputs_try(target, data, n);
}
