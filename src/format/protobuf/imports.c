/* SPDX-License-Identifier: Apache-2.0 */
/* What a text imports, known without having what it imports. */
#include "base/error.h"
#include "format/protobuf/builtin.h"
#include "format/protobuf/descriptor.h"
#include "format/protobuf/format.h"
#include "format/protobuf/loader.h"
#include "format/schema.h"

static enum treaty_code list_imports(struct treaty_arena *arena,
                                     const struct treaty_proto_file *file,
                                     struct treaty_str **ret, size_t *ret_count)
{
    struct treaty_str *list =
        TREATY_ARENA_NEW_N(arena, struct treaty_str, file->import_count + 1);
    size_t n = 0;

    if (!list)
        return TREATY_ENOMEM;
    for (uint32_t i = 0; i < file->import_count; i++) {
        struct treaty_str path = file->imports[i].path;

        if (treaty_proto_builtin(path).data)
            continue;
        list[n] = treaty_arena_dup(arena, path);
        if (!list[n++].data)
            return TREATY_ENOMEM;
    }
    *ret = list;
    *ret_count = n;
    return TREATY_OK;
}

/* A descriptor in base64 has a list of them. */
static enum treaty_code imports_of_descriptor(struct treaty_arena *arena,
                                              struct treaty_str text,
                                              struct treaty_str **ret,
                                              size_t *ret_count,
                                              struct treaty_error *err)
{
    static const struct treaty_limits defaults;
    struct treaty_arena scratch;
    struct treaty_proto_file *file;
    enum treaty_code code;

    treaty_arena_init(&scratch, 0, NULL);
    code = treaty_proto_read_base64(&scratch, text, &defaults, &file, err);
    if (code == TREATY_OK) {
        code = list_imports(arena, file, ret, ret_count);
        if (code != TREATY_OK)
            code = treaty_fail_nomem(err);
    }
    treaty_arena_release(&scratch);
    return code;
}

/* The tree is for the parser alone, which puts objections there. */
static enum treaty_code imports_of_text(struct treaty_arena *arena,
                                        struct treaty_str text,
                                        struct treaty_str **ret,
                                        size_t *ret_count,
                                        struct treaty_error *err)
{
    static const struct treaty_limits defaults;
    const struct treaty_source source = {
        .text = text,
        .strictness = TREATY_STORED,
    };
    struct treaty_error own;
    struct treaty_proto_tree tree = {0};
    struct treaty_proto_file file = {.path = TREATY_STR(""), .text = text};
    struct treaty_proto_loader loader = {
        .tree = &tree,
        .source = &source,
        .limits = treaty_limits_fill(defaults),
        .err = err ? err : &own,
    };
    struct treaty_arena scratch;
    enum treaty_code code;

    treaty_arena_init(&scratch, 0, NULL);
    tree.arena = &scratch;
    tree.file = &file;
    loader.arena = &scratch;
    treaty_arena_init(&loader.scratch, 0, NULL);
    code = treaty_proto_parse_file(&loader, &file);
    if (code == TREATY_OK) {
        code = list_imports(arena, &file, ret, ret_count);
        if (code != TREATY_OK)
            code = treaty_fail_nomem(err);
    }
    treaty_arena_release(&loader.scratch);
    treaty_arena_release(&scratch);
    return code;
}

enum treaty_code treaty_proto_imports(struct treaty_arena *arena,
                                      struct treaty_str text,
                                      struct treaty_str **ret,
                                      size_t *ret_count,
                                      struct treaty_error *err)
{
    if (treaty_proto_is_base64(text))
        return imports_of_descriptor(arena, text, ret, ret_count, err);
    return imports_of_text(arena, text, ret, ret_count, err);
}
