/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_CMD_IMPORT_OPTIONS_H
#define TREATY_CMD_IMPORT_OPTIONS_H

/*
 * The flags that say where the schemas are that a schema refers to: in files
 * beside it, or in the registry.
 *
 *     struct options { struct treaty_import_options imports; ... };
 *     static const struct treaty_flag flags[] = {
 *         TREATY_FOLDER_FLAG(struct options, imports),
 *         TREATY_REFERENCE_FLAG(struct options, imports), ...
 */
#include "base/arena.h"
#include "cmd/flags.h"

#include <treaty/serde.h>

struct treaty_import_options {
    struct treaty_flag_list folders;
    struct treaty_flag_list texts; /* NAME=SUBJECT:VERSION */

    /* By treaty_import_options_read. */
    struct treaty_arena *arena;
    const struct treaty_reference *references;
    size_t reference_count;
};

/* What every command with a schema file has beside it. */
#define TREATY_FORMAT_FLAG(type, member)                                       \
    {                                                                          \
        "format", "avro|protobuf",                                             \
            "format of the schema; else protobuf for a .proto, or avro",       \
            TREATY_FLAG_TEXT, offsetof(type, member), 0, 0                     \
    }

#define TREATY_MESSAGE_FLAG(type, member)                                      \
    {                                                                          \
        "message", "NAME",                                                     \
            "full name of the message; else the schema's first",               \
            TREATY_FLAG_TEXT, offsetof(type, member), 0, 0                     \
    }

#define TREATY_FOLDER_FLAG(type, member)                                       \
    {                                                                          \
        "I", "DIR", "where the files are that a schema imports",               \
            TREATY_FLAG_LIST, offsetof(type, member.folders), 0, 0             \
    }

#define TREATY_REFERENCE_FLAG(type, member)                                    \
    {                                                                          \
        "reference", "NAME=SUBJECT:VERSION",                                   \
            "a schema of the registry that the one of -schema refers to",      \
            TREATY_FLAG_LIST, offsetof(type, member.texts), 0, 0               \
    }

/*
 * Understand the references; what is made lies on `arena`, which must live as
 * long as the options are used. TREATY_EUSAGE for one that is no reference.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_import_options_read(struct treaty_import_options *options,
                           struct treaty_arena *arena,
                           struct treaty_error *err);

/* The files in the folders, the first one that has it. */
struct treaty_import_source
treaty_import_options_source(const struct treaty_import_options *options);

#endif
