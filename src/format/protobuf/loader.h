/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_PROTOBUF_LOADER_H
#define TREATY_SRC_FORMAT_PROTOBUF_LOADER_H

/*
 * What the stages of a load share, and the order of them:
 *
 *     load.c             the text, its imports, theirs: each file once
 *     parse*.c           one file
 *     link*.c            full names, then what each name in a file means
 *     features.c         what follows from syntax, edition and options
 *     check*.c           what protoc says of a linked file
 *
 * A stage objects on behalf of an authority and goes on; it fails only where
 * no tree can be made. Since the first objection of an authority is the one
 * that is kept, a load that failed has both.
 */
#include "format/protobuf/load.h"

enum {
    /* Sets of authorities. */
    TREATY_PROTO_BY_REFERENCE = 1 << TREATY_PROTO_REFERENCE,
    TREATY_PROTO_BY_PROTOC = 1 << TREATY_PROTO_PROTOC,
    TREATY_PROTO_BY_BOTH = TREATY_PROTO_BY_REFERENCE | TREATY_PROTO_BY_PROTOC,
};

/* A full name is no longer than this: each of many fields has one. */
enum { TREATY_PROTO_NAME_MAX = 1024 };

struct treaty_proto_loader {
    struct treaty_arena *arena; /* what the tree keeps */
    struct treaty_arena scratch;
    struct treaty_proto_tree *tree;
    const struct treaty_source *source;
    struct treaty_limits limits;      /* with the defaults filled in */
    struct treaty_map files;          /* path -> struct treaty_proto_file */
    struct treaty_map declarations;   /* check_declaration.c's indexes */
    struct treaty_proto_file **order; /* those of the tree, with room */
    uint32_t order_room;
    uint32_t imported_count; /* the first files of the tree: those that the
                                text imports, and itself; 0: not known yet */
    bool loads_strays;       /* others are being loaded */
    uint32_t stray_rounds;   /* how often that was done */
    uint32_t *visible; /* by file's index: the last one that sees it, + 1 */
    struct treaty_proto_file **seen; /* those that the last one sees */
    uint32_t visible_room;           /* of either */
    struct treaty_error *err;
};

/* Keep the objection for each of `authorities` that has none yet. */
void treaty_proto_object(struct treaty_proto_loader *loader,
                         unsigned authorities, enum treaty_code code,
                         const struct treaty_proto_file *file, size_t pos,
                         const char *format, ...) TREATY_PRINTF(6, 7);
/* The same with a sentence that is made already. */
void treaty_proto_object_text(struct treaty_proto_loader *loader,
                              unsigned authorities, enum treaty_code code,
                              const struct treaty_proto_file *file, size_t pos,
                              const char *message);

/* Describe a failure at a place of `file` in `loader->err`; `code`. */
enum treaty_code treaty_proto_fail(struct treaty_proto_loader *loader,
                                   enum treaty_code code,
                                   const struct treaty_proto_file *file,
                                   size_t pos, const char *format, ...)
    TREATY_PRINTF(5, 6);
enum treaty_code treaty_proto_fail_v(struct treaty_proto_loader *loader,
                                     enum treaty_code code,
                                     const struct treaty_proto_file *file,
                                     size_t pos, const char *format,
                                     va_list args);

/* Is it for protoc to say something of this load? */
static inline bool
treaty_proto_is_checked(const struct treaty_proto_loader *loader)
{
    return loader->source->strictness != TREATY_STORED;
}

/* Have all objected who might? Then the load fails, however it goes on. */
static inline bool
treaty_proto_is_lost(const struct treaty_proto_loader *loader)
{
    const struct treaty_proto_objection *o = loader->tree->objections;

    return treaty_proto_is_checked(loader) &&
           o[TREATY_PROTO_REFERENCE].raised && o[TREATY_PROTO_PROTOC].raised;
}

/* Parse `file->text` into `file`, whose path is set, too. */
TREATY_MUST_CHECK enum treaty_code
treaty_proto_parse_file(struct treaty_proto_loader *loader,
                        struct treaty_proto_file *file);

/* Find and parse the file that is imported as `path`; `*ret` NULL when nobody
 * has it. One that is new is appended to the tree's. */
TREATY_MUST_CHECK enum treaty_code
treaty_proto_load_import(struct treaty_proto_loader *loader,
                         struct treaty_str path,
                         struct treaty_proto_file **ret);

/* Enter the names of `file` into the tree's symbols, and give its messages
 * their full names and ids. */
TREATY_MUST_CHECK enum treaty_code
treaty_proto_link_names(struct treaty_proto_loader *loader,
                        struct treaty_proto_file *file);

/* Resolve the names that `file` uses, and set what follows from them. */
TREATY_MUST_CHECK enum treaty_code
treaty_proto_link_uses(struct treaty_proto_loader *loader,
                       struct treaty_proto_file *file);

/* `foo_bar` as `fooBar`, or `FooBar` when `first_up`; at most `name.len`
 * characters. The length. */
size_t treaty_proto_put_camel(char *out, struct treaty_str name, bool first_up);

/* All that protoc refuses in a linked file. */
TREATY_MUST_CHECK enum treaty_code
treaty_proto_check(struct treaty_proto_loader *loader,
                   const struct treaty_proto_file *file);

#endif
