/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_PLAN_PROTO_RUN_H
#define TREATY_SRC_PLAN_PROTO_RUN_H

/*
 * What the loops of Protobuf share with the slow paths around them
 * (proto_decode.c, proto_required.c, proto_encode.c). The loops are compiled
 * twice, the slow paths once.
 */
#include "plan/proto.h"
#include "plan/run.h"
#include "wire/tag.h"

/* One message that is being read; the first is the event. */
struct treaty_proto_frame {
    const struct treaty_proto_read *site;   /* what opened it */
    const struct treaty_proto_read *resume; /* what goes on behind it */
    char *base;                             /* the rest: of the one around */
    const uint8_t *end;
    const struct treaty_proto_program *program;
    uint64_t seen;
    const uint8_t *body; /* its own first byte */
    uint32_t group;      /* its field's number, 0: it has a length */
};

/* One decode. */
struct treaty_proto_decode {
    struct treaty_decode d;
    const struct treaty_plan *plan;
    const uint8_t *start;
    const uint8_t *stop;  /* of the payload */
    const uint8_t *fault; /* set by item and packed when they fail */
    struct treaty_proto_frame *frames; /* the first one */
    size_t depth; /* of frames, when there is no room for one more */
    bool drops;   /* the map entry at hand has a value of no use */
    bool lacks;   /* a message ended without a required field */
};

extern const treaty_decode_fn treaty_proto_decode_portable;
extern const treaty_encode_fn treaty_proto_encode_portable;
#if defined(__x86_64__)
extern const treaty_decode_fn treaty_proto_decode_x86_64_v3;
extern const treaty_encode_fn treaty_proto_encode_x86_64_v3;
#endif

/* Where a decode stands when it fails. */
struct treaty_proto_read_place {
    struct treaty_error *err;
    const struct treaty_proto_decode *run;
    const struct treaty_proto_read *op; /* NULL: between fields */
    const struct treaty_proto_frame *frame;
    const char *base;
    const uint8_t *at;
};

enum treaty_code
treaty_proto_decode_fail(const struct treaty_proto_read_place *place,
                         enum treaty_code code) TREATY_COLD;

/* Why a length and what it counts could not be read. */
enum treaty_code treaty_proto_why_length(const uint8_t *at,
                                         const uint8_t *end) TREATY_COLD;

/* The operation for a tag, or TREATY_PROTO_NONE. */
uint32_t treaty_proto_find_op(const struct treaty_proto_program *program,
                              uint32_t tag);
const struct treaty_proto_tag *
treaty_proto_find_tag(const struct treaty_proto_program *program, uint32_t tag);

/* The symbol of a number that is not among the dense ones. */
int32_t treaty_proto_symbol(const struct treaty_proto_symbols *symbols,
                            int32_t number);

/*
 * Behind the value of a field with `tag`, which starts at `at`; NULL with the
 * reason in `*code`. Groups may be nested `depth` deep.
 */
const uint8_t *treaty_proto_skip(const uint8_t *at, const uint8_t *end,
                                 uint32_t tag, uint32_t depth,
                                 enum treaty_code *code);

/*
 * The functions below give NULL or false with the reason in `run->d.code`.
 *
 * Step over the value of a field that the reader does not know; keep it all,
 * from `tag_at` on, where the program says so.
 */
const uint8_t *treaty_proto_unknown(struct treaty_proto_decode *run,
                                    const struct treaty_proto_program *program,
                                    char *base, const uint8_t *tag_at,
                                    const uint8_t *end);

/* Keep the field from `from` to `to` as unknown, if the program keeps any. */
bool treaty_proto_keep(struct treaty_proto_decode *run,
                       const struct treaty_proto_program *program, char *base,
                       const uint8_t *from, const uint8_t *to) TREATY_COLD;

/* Room for one more item, whose address is returned; it is not counted yet. */
char *treaty_proto_grow(struct treaty_proto_decode *run,
                        const struct treaty_proto_item_row *items,
                        struct treaty_array *array);

/* Append the value at `at`, or all of those from `at` to `end`. */
const uint8_t *treaty_proto_item(struct treaty_proto_decode *run,
                                 const struct treaty_proto_program *program,
                                 const struct treaty_proto_read *op, char *base,
                                 const uint8_t *at, const uint8_t *end);
const uint8_t *treaty_proto_packed(struct treaty_proto_decode *run,
                                   const struct treaty_proto_program *program,
                                   const struct treaty_proto_read *op,
                                   char *base, const uint8_t *at,
                                   const uint8_t *end);

/* New memory with the program's defaults, its address stored at `at`. */
char *treaty_proto_pointer(struct treaty_proto_decode *run,
                           const struct treaty_proto_program *program,
                           char *at) TREATY_COLD;

/*
 * One frame more than those up to `top`, of which `*limit` was the last one
 * that there was room for, or that the plan's limit on depth allows.
 */
struct treaty_proto_frame *
treaty_proto_deepen(struct treaty_proto_decode *run,
                    struct treaty_proto_frame *top,
                    const struct treaty_proto_frame **limit) TREATY_COLD;

/* The number of the last one of `count` frames that may be used. */
static inline size_t treaty_proto_last_frame(const struct treaty_plan *plan,
                                             size_t count)
{
    if (count - 1 > plan->options.depth_max)
        return plan->options.depth_max;
    return count - 1;
}

/* What is to be done at the end of a message besides leaving it. */
bool treaty_proto_finish(struct treaty_proto_decode *run,
                         const struct treaty_proto_program *program, char *base,
                         const struct treaty_proto_frame *top,
                         const uint8_t *end, uint64_t seen);

/*
 * Find out whether the event, in which some part of a message lacks a required
 * field, lacks it as a whole. TREATY_EREQUIRED, described in `err`.
 */
enum treaty_code
treaty_proto_check_required(const struct treaty_proto_decode *run,
                            struct treaty_error *err) TREATY_COLD;

/* One message or list that is being written. */
struct treaty_proto_out_frame {
    const struct treaty_proto_write *site;
    const struct treaty_proto_write *entry; /* of the message */
    const char *base;                       /* of the struct around */
    char *length_at;                        /* the byte for its length */
    size_t left;                            /* items behind this one */
    size_t count;                           /* of items */
    size_t stride;           /* of items; 0 if `next` says where they are */
    const char *const *next; /* its next entries */
    size_t level;
};

/*
 * treaty_encode_grow for a loop whose innermost frame is `top`: the places of
 * lengths move with the rest.
 */
char *treaty_proto_out_grow(struct treaty_encode *run,
                            struct treaty_proto_out_frame *top, char *at,
                            size_t extra) TREATY_COLD;

/* Entries of a map in the order of their keys; freed when the encode ends. */
struct treaty_proto_sorted {
    struct treaty_proto_sorted *other;
    const char *entries[];
};

struct treaty_proto_write_place {
    const struct treaty_plan *plan;
    const struct treaty_proto_write *op;
    const struct treaty_proto_out_frame *frame;
    const char *base;
};

enum treaty_code
treaty_proto_encode_fail(struct treaty_encode *run,
                         const struct treaty_proto_write_place *place,
                         enum treaty_code code) TREATY_COLD;

void treaty_proto_drop_sorted(struct treaty_encode *run) TREATY_COLD;

/* The entries of `map` sorted; NULL when memory has run out. */
const char *const *
treaty_proto_sort(struct treaty_encode *run,
                  const struct treaty_proto_list_row *list,
                  const struct treaty_array *map) TREATY_COLD;

struct treaty_proto_out_frame *
treaty_proto_out_deepen(struct treaty_encode *run,
                        struct treaty_proto_out_frame *top) TREATY_COLD;

/*
 * The number of a value of an enum: its symbol's, or the one that it came with
 * when it has no symbol. False when there is none.
 */
static inline bool treaty_proto_number(const struct treaty_proto_numbers *all,
                                       struct treaty_enum value, int32_t *ret)
{
    if (TREATY_LIKELY((uint32_t)value.symbol < all->count)) {
        *ret = all->numbers[value.symbol];
        return all->known[value.symbol];
    }
    *ret = value.raw;
    return value.symbol == -1;
}

/* The operation that `code` begins with, if it is a pair. */
uint8_t treaty_proto_write_first(uint8_t code) TREATY_COLD;

/*
 * Write a list of scalars; where the next byte goes, or NULL with the reason
 * in `run->code`.
 */
char *treaty_proto_put_items(const struct treaty_plan *plan,
                             struct treaty_encode *run,
                             struct treaty_proto_out_frame *top,
                             const struct treaty_proto_write *op,
                             const struct treaty_array *array, char *at);

/*
 * Put a length where one byte was left for it at `length_at`, moving the body
 * of `len` bytes that ends at `at`. There is room for 4 bytes more. The new
 * end.
 */
char *treaty_proto_put_length(char *length_at, size_t len, char *at);

#endif
