/* SPDX-License-Identifier: Apache-2.0 */
/* The inputs that fuzzing began with or found, as ordinary tests. */
#include "../../../fuzz/frame.c"

#include "base/file.h"
#include "harness/tap.h"

#include <dirent.h>

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/fuzz/frame"

static void run_file(const char *name)
{
    struct treaty_arena arena = {0};
    struct treaty_str input = {0};
    char path[512];

    (void)snprintf(path, sizeof(path), "%s/%s", CORPUS, name);
    CHECK_INT(treaty_file_read(&arena, path, 0, &input, NULL), TREATY_OK);
    for (int front = 0; front < 2; front++) {
        struct tap_guard guard = tap_guard_copy(input.data, input.len, front);

        CHECK_INT(
            LLVMFuzzerTestOneInput((const uint8_t *)guard.data, input.len), 0);
        tap_guard_free(&guard);
    }
    treaty_arena_release(&arena);
}

static void inputs_hold(void)
{
    DIR *dir = opendir(CORPUS);
    size_t ran = 0;

    if (!CHECK(dir))
        return;
    for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        if (e->d_name[0] == '.')
            continue;
        run_file(e->d_name);
        ran++;
    }
    (void)closedir(dir);
    CHECK(ran >= 8);
    tap_add_passed(ran);
}

TAP_MAIN({"inputs hold", inputs_hold})
