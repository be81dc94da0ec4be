/* SPDX-License-Identifier: Apache-2.0 */
/* The inputs that fuzzing began with or found, as ordinary tests. */
#include "../../../fuzz/http_request.c"

#include "base/file.h"
#include "harness/tap.h"

#include <dirent.h>
#include <stdio.h>

#define CORPUS TREATY_SOURCE_DIR "/tests/corpus/fuzz/http_request"

/* Each input whole, and cut off after each of its bytes. */
static void run_input(struct treaty_str input)
{
    for (size_t len = 0; len <= input.len; len++)
        CHECK_INT(LLVMFuzzerTestOneInput((const uint8_t *)input.data, len), 0);
}

static void inputs_hold(void)
{
    DIR *dir = opendir(CORPUS);
    size_t ran = 0;

    if (!CHECK(dir))
        return;
    for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        struct treaty_arena arena = {0};
        struct treaty_str input = {0};
        char path[512];

        if (e->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof(path), "%s/%s", CORPUS, e->d_name);
        CHECK_INT(treaty_file_read(&arena, path, 0, &input, NULL), TREATY_OK);
        run_input(input);
        ran++;
        treaty_arena_release(&arena);
    }
    (void)closedir(dir);
    CHECK(ran >= 8);
    tap_add_passed(ran);
}

TAP_MAIN({"inputs hold", inputs_hold})
