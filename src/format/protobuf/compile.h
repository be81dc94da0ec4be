/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_PROTOBUF_COMPILE_H
#define TREATY_SRC_FORMAT_PROTOBUF_COMPILE_H

/*
 * The compiler from a writer's message, a reader's message and a layout to a
 * decode plan: what its parts share. decode_plan.c makes the programs,
 * decode_table.c the tables beside them, and decode_note.c says what fails or
 * is lost.
 */
#include "format/protobuf/codec.h"
#include "plan/build.h"

/* A program to be compiled. */
struct treaty_proto_job {
    const struct treaty_proto_message *writer; /* NULL: it has none */
    const struct treaty_proto_message *reader;
    const struct treaty_type *type; /* RECORD, or the MAP of an entry */
    uint32_t program;
    struct treaty_str path; /* of the first place that enters it */
    struct treaty_proto_job *next;
};

struct treaty_proto_compiler {
    struct treaty_builder b; /* notes, paths and the plan's arena */
    struct treaty_arena scratch;
    struct treaty_plan_options options;
    struct treaty_buf reads; /* rows of the tables, as bytes */
    struct treaty_buf names;
    struct treaty_buf programs;
    struct treaty_buf items;
    struct treaty_buf selects;
    struct treaty_buf symbols;
    struct treaty_map jobs;  /* by (writer, reader, type) */
    struct treaty_map enums; /* row + 1, by (enum, type) */
    struct treaty_map noted; /* pairs of messages with notes */
    const bool *satisfiable; /* of the writer's messages, by id */
    struct treaty_proto_job *first_job;
    struct treaty_proto_job *last_job;
    bool has_lists;
    bool skips_groups;
    struct treaty_error *err;
};

/* The number of the program for a job, whose `program` and `path` are set
 * here; compiled later if it is new. */
uint32_t treaty_proto_get_program(struct treaty_proto_compiler *c,
                                  const struct treaty_proto_job *job);

/* A row of enum symbols for the reader's enum in a layout's type. */
uint32_t treaty_proto_symbols_row(struct treaty_proto_compiler *c,
                                  const struct treaty_proto_enum *reader,
                                  const struct treaty_type *type);

/*
 * Put the defaults of `reader` into `image`, which stands for a cleared value
 * of `type`. `low` and `high` bound what has to be stored.
 */
struct treaty_proto_image {
    uint8_t *bytes;
    size_t low;
    size_t high;
};

void treaty_proto_fill_record(struct treaty_proto_compiler *c,
                              const struct treaty_proto_message *reader,
                              const struct treaty_type *type, size_t at,
                              struct treaty_proto_image *image);

/* The defaults of a program, frozen on the plan. */
void treaty_proto_fill(struct treaty_proto_compiler *c,
                       const struct treaty_proto_message *reader,
                       const struct treaty_type *type,
                       struct treaty_proto_program *program);

/* A cleared struct or pointer for a branch that comes on. */
bool treaty_proto_fill_value(struct treaty_proto_compiler *c,
                             const struct treaty_proto_field *field,
                             const struct treaty_type *type,
                             struct treaty_proto_select *select);

/* Sort the rows and freeze them, with the direct table, in `program`. */
void treaty_proto_freeze_tags(struct treaty_proto_compiler *c,
                              struct treaty_buf *rows,
                              struct treaty_proto_program *program);

/*
 * Note what can fail or is lost between the job's messages, unless that was
 * done at another place already or no event has such a message.
 */
void treaty_proto_note(struct treaty_proto_compiler *c,
                       const struct treaty_proto_job *job,
                       const struct treaty_proto_twins *matches, size_t count);

/* The limits that a valid event can still run into; at the very end. */
void treaty_proto_note_limits(struct treaty_proto_compiler *c);

/* Does some value of each message exist? By id; NULL: out of memory. */
bool *treaty_proto_find_satisfiable(struct treaty_arena *arena,
                                    const struct treaty_proto_message *root,
                                    uint32_t message_count);

/* Does the reader take a value of the writer's field from the wire at all? */
bool treaty_proto_takes(const struct treaty_proto_field *reader,
                        const struct treaty_proto_field *writer);

#endif
