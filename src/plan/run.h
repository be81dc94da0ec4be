/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_PLAN_RUN_H
#define TREATY_SRC_PLAN_RUN_H

/*
 * What the loops share with the slow paths around them (decode.c, encode.c).
 * The loops are compiled twice, the slow paths once.
 */
#include "plan/op.h"

#define TREATY_LIKELY(x) __builtin_expect(!!(x), 1)
#define TREATY_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define TREATY_COLD __attribute__((cold, noinline))

/* Levels that need no memory; more are put on the arena or the heap. */
enum { TREATY_FRAMES_INLINE = 16 };

/* One level: an array, a map or a call that is being worked on. */
struct treaty_plan_frame {
    const struct treaty_op *site; /* the operation that opened it */
    char *base;                   /* the struct to go back to */
    struct treaty_array *array;   /* NULL of a call, and when skipping */
    size_t left;                  /* items of the block at hand */
    size_t cap;                   /* of `array`; skipping: items so far */
    size_t level;                 /* frames below this one */
};

/*
 * Frames lie in one piece, so `top - top->level` is the first; that one stands
 * for the event itself. Room for them doubles at each power of two.
 */
static inline bool treaty_frames_are_full(size_t level)
{
    return level >= TREATY_FRAMES_INLINE && (level & (level - 1)) == 0;
}

/* One decode. */
struct treaty_decode {
    struct {
        size_t memory;        /* put on the arena so far */
        uint32_t depth;       /* of counted calls */
        uint32_t empty_items; /* without bytes of their own, so far */
    } used;
    struct treaty_arena *arena;
    enum treaty_code code;
};

extern const treaty_decode_fn treaty_decode_portable;
extern const treaty_encode_fn treaty_encode_portable;
#if defined(__x86_64__)
extern const treaty_decode_fn treaty_decode_x86_64_v3;
extern const treaty_encode_fn treaty_encode_x86_64_v3;
#endif

/* Where a decode stands, for the slow paths. */
struct treaty_decode_place {
    struct treaty_error *err;
    const uint8_t *start; /* of the payload */
    const struct treaty_plan *plan;
    const struct treaty_op *op;
    const struct treaty_plan_frame *frame; /* the innermost */
    const uint8_t *at;                     /* the byte that is at fault */
    const uint8_t *end;
};

/* Describe a failure at `place`; its code, which may be a better one. */
enum treaty_code treaty_decode_fail(const struct treaty_decode_place *place,
                                    enum treaty_code code) TREATY_COLD;

/* Why what starts at `at` could not be read. */
enum treaty_code treaty_decode_why(const uint8_t *at, const uint8_t *end,
                                   size_t bytes_max) TREATY_COLD;
enum treaty_code treaty_decode_why_length(const uint8_t *at,
                                          const uint8_t *end) TREATY_COLD;
enum treaty_code treaty_decode_why_block(const uint8_t *at,
                                         const uint8_t *end) TREATY_COLD;

/* A varint of up to 10 bytes, byte by byte; `next` is NULL when it is bad. */
struct treaty_varint {
    const uint8_t *next;
    uint64_t value;
};

struct treaty_varint treaty_decode_varint(const uint8_t *at,
                                          const uint8_t *end);

/*
 * The functions below give NULL or false with the reason in `run->code`.
 *
 * Memory for `count` more items of the array of `frame`; the address of the
 * first new one. `rest` is what the event has left for them.
 */
char *treaty_decode_grow(struct treaty_decode *run,
                         const struct treaty_plan *plan,
                         struct treaty_plan_frame *frame, uint64_t count,
                         size_t rest) TREATY_COLD;

/* Memory from the arena within the plan's limit. */
void *treaty_decode_alloc(struct treaty_decode *run,
                          const struct treaty_plan *plan,
                          size_t size) TREATY_COLD;

/* More frames: those up to `top`, the innermost, in their new place. */
struct treaty_plan_frame *
treaty_decode_deepen(struct treaty_decode *run, const struct treaty_plan *plan,
                     struct treaty_plan_frame *top) TREATY_COLD;

/* Of the entries that share a key, the last one stays. */
bool treaty_decode_unique(struct treaty_decode *run,
                          const struct treaty_plan *plan,
                          struct treaty_plan_frame *frame) TREATY_COLD;

/* Replace what is not UTF-8 in the `struct treaty_str` at `at`. */
bool treaty_decode_replace(struct treaty_decode *run,
                           const struct treaty_plan *plan,
                           char *at) TREATY_COLD;

/* One level of an encode. */
struct treaty_encode_frame {
    const struct treaty_op *site;
    const char *base;
    size_t left;
    size_t count; /* of items; 0 of a call */
    size_t level; /* frames below this one */
};

/* One encode. */
struct treaty_proto_sorted;

struct treaty_encode {
    struct treaty_buf *out; /* `len` moves at the end, and when it grows */
    struct treaty_error *err;
    uint32_t depth;
    void *heap; /* frames, once the inline ones are used up */
    struct treaty_proto_sorted *sorted; /* maps put in order (Protobuf) */
    enum treaty_code code;              /* why a slow path failed */
};

struct treaty_encode_place {
    const struct treaty_plan *plan;
    const struct treaty_op *op;
    const struct treaty_encode_frame *frame;
    const char *base;
};

/* Describe a failure at `place`; `code`, which the loops return. */
/* The operation that `code` begins with, if it is a pair. */
uint8_t treaty_encode_first(uint8_t code) TREATY_COLD;

enum treaty_code treaty_encode_fail(struct treaty_encode *run,
                                    const struct treaty_encode_place *place,
                                    enum treaty_code code) TREATY_COLD;

/*
 * Room for `extra` bytes and TREATY_ENCODE_ROOM more behind `at`, which may
 * move: its new address, or NULL with the reason in `run->out->failed`.
 */
char *treaty_encode_grow(struct treaty_encode *run, char *at,
                         size_t extra) TREATY_COLD;

/*
 * The `used` frames of `size` bytes each, in memory for twice as many that
 * `run` owns. They are not read when they were there already.
 */
void *treaty_encode_move_frames(struct treaty_encode *run, const void *frames,
                                size_t used, size_t size) TREATY_COLD;

/* More frames: those up to `top`, the innermost, in their new place. */
struct treaty_encode_frame *
treaty_encode_deepen(struct treaty_encode *run,
                     struct treaty_encode_frame *top) TREATY_COLD;

/* `s` with U+FFFD for what is not UTF-8: its length, and the text itself. */
size_t treaty_encode_replaced_len(struct treaty_str s) TREATY_COLD;
char *treaty_encode_replace(char *at, struct treaty_str s) TREATY_COLD;

#endif
