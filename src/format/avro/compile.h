/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_FORMAT_AVRO_COMPILE_H
#define TREATY_SRC_FORMAT_AVRO_COMPILE_H

/*
 * The compiler from a writer's schema, a reader's schema and a layout to a
 * decode plan: what its parts share. decode_plan.c emits what stores,
 * decode_skip.c what steps over, and decode_note.c says why something fails.
 */
#include "format/avro/facts.h"
#include "format/avro/plan.h"
#include "format/avro/resolve.h"
#include "plan/build.h"

/*
 * A default image being filled: the struct that one COPY covers. Positions are
 * absolute: from the struct that the program at hand was entered with.
 */
struct treaty_avro_image {
    struct treaty_avro_image *outer;
    uint8_t *bytes; /* NULL until something goes into it */
    size_t origin;  /* position of bytes[0] */
    size_t size;
    size_t low; /* the part that was filled; empty when low >= high */
    size_t high;
    uint32_t op; /* the COPY */
    size_t base; /* position that COPY counts from */
};

/* A record that is compiled apart and called. */
struct treaty_avro_sub {
    const struct treaty_avro_node *writer;
    const struct treaty_avro_node *reader; /* NULL: skipped */
    const struct treaty_type *type;        /* NULL: skipped */
    uint32_t call;
    struct treaty_str path; /* of the first place that calls it, for notes */
    struct treaty_avro_sub *next;
};

/* Records being compiled in place, innermost first: cycles are found here. */
struct treaty_avro_open {
    const struct treaty_avro_node *writer;
    const struct treaty_avro_node *reader;
    const struct treaty_avro_open *outer;
    uint32_t depth;
};

struct treaty_avro_compiler {
    struct treaty_builder b;
    struct treaty_arena scratch;
    struct treaty_avro_resolver res;
    struct treaty_avro_facts facts;               /* of the writer */
    const struct treaty_avro_facts *reader_facts; /* once a default wants it */
    const struct treaty_avro_tree *reader;
    struct treaty_plan_options options;
    struct treaty_avro_image *image;
    const struct treaty_avro_open *open;
    struct treaty_map subs;
    struct treaty_avro_sub *first_sub; /* still to be compiled */
    struct treaty_avro_sub *last_sub;
    size_t base;     /* where the struct's base is now, after SHIFTs */
    uint32_t label;  /* the last operation that something jumps to */
    uint32_t needed; /* behind the last operation that is not a skip */
    bool has_arrays; /* for the note on memory */
    bool has_empty_items;
    bool has_recursion;
    struct treaty_error *err;
};

/* Emit an operation that stores, or that others rely on. */
static inline uint32_t treaty_avro_emit(struct treaty_avro_compiler *c,
                                        uint8_t code, uint8_t a, size_t off,
                                        uint32_t arg)
{
    uint32_t at = treaty_build_field(&c->b, code, a, off, arg);

    c->needed = treaty_build_at(&c->b);
    return at;
}

/* Something jumps to the next operation. Its number. */
static inline uint32_t treaty_avro_label(struct treaty_avro_compiler *c)
{
    c->label = treaty_build_at(&c->b);
    return c->label;
}

/* Push "/name"; the mark to pop to. */
static inline size_t treaty_avro_step(struct treaty_avro_compiler *c,
                                      struct treaty_str name)
{
    size_t mark = treaty_build_push(&c->b, (struct treaty_str){"/", 1});

    (void)treaty_build_push(&c->b, name);
    return mark;
}

/* Emit what steps over a value of `writer`. */
void treaty_avro_skip(struct treaty_avro_compiler *c,
                      const struct treaty_avro_node *writer);

/* The number of a call to (writer, reader, type), compiled later if new. */
uint32_t treaty_avro_sub(struct treaty_avro_compiler *c,
                         const struct treaty_avro_sub *sub);

/* Is the record to be called rather than compiled in place? */
bool treaty_avro_wants_call(const struct treaty_avro_compiler *c,
                            const struct treaty_avro_node *writer,
                            const struct treaty_avro_node *reader);

/*
 * What a note says: rule, positions, guarded, code; path and text are added.
 * The functions below fill in the rest.
 */

/* Emit a FAIL of the pair for which `why` is the reason. */
void treaty_avro_refuse(struct treaty_avro_compiler *c,
                        enum treaty_avro_mismatch why,
                        const struct treaty_avro_node *writer,
                        const struct treaty_avro_node *reader);

/* Emit a FAIL with a note of its own. */
void treaty_avro_refuse_as(struct treaty_avro_compiler *c,
                           const struct treaty_plan_note *note,
                           const char *format, ...) TREATY_PRINTF(3, 4);

/* A FAIL that no valid event reaches. */
void treaty_avro_unreachable(struct treaty_avro_compiler *c);

/* Add a note without an operation. For fails: the number of the note. */
uint32_t treaty_avro_note_fail(struct treaty_avro_compiler *c,
                               const struct treaty_plan_note *note,
                               const char *format, ...) TREATY_PRINTF(3, 4);
void treaty_avro_note_loss(struct treaty_avro_compiler *c,
                           const struct treaty_plan_note *note,
                           const char *format, ...) TREATY_PRINTF(3, 4);

/* Losses of a value of primitive or fixed type that goes from one to the
 * other, and what bytes may do to a string. */
void treaty_avro_note_change(struct treaty_avro_compiler *c,
                             const struct treaty_avro_node *writer,
                             const struct treaty_avro_node *reader);

/* The limits that a valid event can still run into. */
void treaty_avro_note_limits(struct treaty_avro_compiler *c);

#endif
