/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/import_options.h"

#include "base/error.h"
#include "base/file.h"
#include "base/str.h"

#include <unistd.h>

#define FILE_MAX ((size_t)1 << 24)

static struct treaty_str find(void *ctx, const char *path)
{
    const struct treaty_import_options *options = ctx;
    struct treaty_str text = {0};

    for (size_t i = 0; i < options->folders.count && !text.data; i++) {
        struct treaty_str full = treaty_arena_join(
            options->arena, treaty_str_z(options->folders.items[i]), '/',
            treaty_str_z(path));

        if (full.data && access(full.data, R_OK) == 0 &&
            treaty_file_read(options->arena, full.data, FILE_MAX, &text, NULL))
            text = (struct treaty_str){0};
    }
    return text;
}

struct treaty_import_source
treaty_import_options_source(const struct treaty_import_options *options)
{
    struct treaty_import_source source = {0};

    if (options->folders.count) {
        source.find = find;
        source.ctx = (void *)(uintptr_t)options;
    }
    return source;
}

/* The name ends at the first '=', the subject at the last ':'. */
static bool parse_reference(struct treaty_str text,
                            struct treaty_reference *ret)
{
    size_t name_len = treaty_str_find(text, '=');
    struct treaty_str rest = treaty_str_sub(text, name_len + 1, text.len);
    int64_t version = 0;

    ret->name = treaty_str_sub(text, 0, name_len);
    ret->subject = treaty_str_before_last(rest, ':');
    if (!treaty_str_to_i64(treaty_str_after_last(rest, ':'), &version) ||
        version < 1 || version > INT32_MAX)
        return false;
    ret->version = (int32_t)version;
    return ret->name.len && ret->subject.len;
}

enum treaty_code
treaty_import_options_read(struct treaty_import_options *options,
                           struct treaty_arena *arena, struct treaty_error *err)
{
    size_t count = options->texts.count;
    struct treaty_reference *references =
        TREATY_ARENA_NEW_N(arena, struct treaty_reference, count + 1);

    if (!references)
        return treaty_fail_nomem(err);
    for (size_t i = 0; i < count; i++) {
        const char *text = options->texts.items[i];

        if (!parse_reference(treaty_str_z(text), &references[i]))
            return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                               "-reference %s: expected NAME=SUBJECT:VERSION, "
                               "the version a number from 1",
                               text);
    }
    options->arena = arena;
    options->references = references;
    options->reference_count = count;
    return TREATY_OK;
}
