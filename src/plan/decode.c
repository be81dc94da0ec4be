/* SPDX-License-Identifier: Apache-2.0 */
/* The slow paths of the decode loops: memory, repeated keys, failures. */
#include "plan/run.h"

#include "base/error.h"
#include "base/str.h"
#include "base/utf8.h"
#include "plan/path.h"

#include <string.h>

struct treaty_varint treaty_decode_varint(const uint8_t *at, const uint8_t *end)
{
    const struct treaty_varint bad = {0};
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 70 && at < end; shift += 7) {
        uint8_t byte = *at++;

        if (shift == 63 && byte > 1)
            return bad; /* more than 64 bits */
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return (struct treaty_varint){at, value};
    }
    return bad;
}

enum treaty_code treaty_decode_why(const uint8_t *at, const uint8_t *end,
                                   size_t bytes_max)
{
    size_t n = 0;

    while (n < bytes_max && at + n < end && at[n] >= 0x80)
        n++;
    if (n < bytes_max && at + n == end)
        return TREATY_ETRUNCATED;
    return TREATY_EVARINT;
}

enum treaty_code treaty_decode_why_length(const uint8_t *at, const uint8_t *end)
{
    struct treaty_varint length = treaty_decode_varint(at, end);

    if (!length.next)
        return treaty_decode_why(at, end, 10);
    return length.value & 1 ? TREATY_ELENGTH : TREATY_ETRUNCATED;
}

/* The count was readable or not; else it was the size behind it. */
enum treaty_code treaty_decode_why_block(const uint8_t *at, const uint8_t *end)
{
    struct treaty_varint count = treaty_decode_varint(at, end);

    if (!count.next)
        return treaty_decode_why(at, end, 10);
    return treaty_decode_why_length(count.next, end);
}

static void *no_memory(struct treaty_decode *run, enum treaty_code code)
{
    run->code = code;
    return NULL;
}

void *treaty_decode_alloc(struct treaty_decode *run,
                          const struct treaty_plan *plan, size_t size)
{
    void *memory;

    if (size > plan->options.memory_max - run->used.memory)
        return no_memory(run, TREATY_ELIMIT);
    memory = treaty_arena_alloc(run->arena, size);
    if (!memory)
        return no_memory(run, TREATY_ENOMEM);
    run->used.memory += size;
    return memory;
}

/* Items that take no bytes could be counted in billions for free. */
static bool pay_for_empty(struct treaty_decode *run, uint64_t count)
{
    if (count > TREATY_EMPTY_ITEMS_MAX - run->used.empty_items) {
        run->code = TREATY_ELIMIT;
        return false;
    }
    run->used.empty_items += (uint32_t)count;
    return true;
}

static char *move_items(struct treaty_decode *run,
                        const struct treaty_plan *plan,
                        struct treaty_plan_frame *frame, size_t cap)
{
    size_t stride = plan->loops[frame->site->arg].stride;
    const char *old = frame->array->items;
    char *items;

    /* Both factors are bounded: by the event's size and by a record's. */
    if (stride && cap > plan->options.memory_max / stride)
        return no_memory(run, TREATY_ELIMIT);
    items = treaty_decode_alloc(run, plan, cap * stride);
    if (!items)
        return NULL;
    if (old)
        memcpy(items, old, frame->array->count * stride);
    frame->array->items = items;
    frame->cap = cap;
    return items;
}

char *treaty_decode_grow(struct treaty_decode *run,
                         const struct treaty_plan *plan,
                         struct treaty_plan_frame *frame, uint64_t count,
                         size_t rest)
{
    const struct treaty_plan_loop *loop = &plan->loops[frame->site->arg];
    size_t have = frame->array->count;
    char *items = frame->array->items;

    if (loop->item_min && count > rest / loop->item_min)
        return no_memory(run, TREATY_ETRUNCATED);
    if (!loop->item_min && !pay_for_empty(run, count))
        return NULL;
    if (!items || count > frame->cap - have) {
        size_t cap = have + count;

        /* Twice as much, so that many small blocks copy little. */
        if (have > count)
            cap = 2 * have;
        items = move_items(run, plan, frame, cap);
        if (!items)
            return NULL;
    }
    frame->left = count;
    frame->array->count = have + count;
    return items + have * loop->stride;
}

struct treaty_plan_frame *treaty_decode_deepen(struct treaty_decode *run,
                                               const struct treaty_plan *plan,
                                               struct treaty_plan_frame *top)
{
    size_t used = top->level + 1;
    struct treaty_plan_frame *frames =
        treaty_decode_alloc(run, plan, 2 * used * sizeof(*frames));

    if (!frames)
        return NULL;
    memcpy(frames, top - top->level, used * sizeof(*frames));
    return frames + top->level;
}

/* The key of an entry, which starts with it. */
static struct treaty_str key_of(const char *entry)
{
    struct treaty_str key;

    memcpy(&key, entry, sizeof(key));
    return key;
}

/* Entries found by key: slots hold an entry's number + 1, 0 when free. */
struct key_index {
    uint32_t *slots;
    size_t mask;
};

/* The slot of `key`, or the free one where it belongs. */
static uint32_t *find_slot(const struct key_index *index, const char *entries,
                           size_t stride, struct treaty_str key)
{
    size_t at = treaty_str_hash(key) & index->mask;

    while (index->slots[at]) {
        const char *entry = entries + (index->slots[at] - 1) * stride;

        if (treaty_str_eq(key_of(entry), key))
            break;
        at = (at + 1) & index->mask;
    }
    return &index->slots[at];
}

/* Move each entry to the place of the first one with its key. */
static void keep_last(const struct key_index *index, struct treaty_array *map,
                      size_t stride)
{
    char *entries = map->items;
    size_t kept = 0;

    for (size_t i = 0; i < map->count; i++) {
        const char *entry = entries + i * stride;
        uint32_t *slot = find_slot(index, entries, stride, key_of(entry));

        if (*slot == 0)
            *slot = (uint32_t)++kept;
        memmove(entries + (*slot - 1) * stride, entry, stride);
    }
    map->count = kept;
}

static bool has_repeated_key(const struct treaty_array *map, size_t stride)
{
    const char *entries = map->items;

    for (size_t i = 1; i < map->count; i++) {
        struct treaty_str key = key_of(entries + i * stride);

        for (size_t k = 0; k < i; k++) {
            if (treaty_str_eq(key_of(entries + k * stride), key))
                return true;
        }
    }
    return false;
}

enum { FEW_ENTRIES = 8 };

bool treaty_decode_unique(struct treaty_decode *run,
                          const struct treaty_plan *plan,
                          struct treaty_plan_frame *frame)
{
    size_t stride = plan->loops[frame->site->arg].stride;
    struct treaty_array *map = frame->array;
    struct key_index index;
    size_t slots = 16;

    if (map->count <= FEW_ENTRIES && !has_repeated_key(map, stride))
        return true;
    if (map->count > UINT32_MAX / 4) {
        run->code = TREATY_ELIMIT;
        return false;
    }
    while (slots < 2 * map->count)
        slots *= 2;
    index.slots = treaty_decode_alloc(run, plan, slots * sizeof(*index.slots));
    if (!index.slots)
        return false;
    memset(index.slots, 0, slots * sizeof(*index.slots));
    index.mask = slots - 1;
    keep_last(&index, map, stride);
    return true;
}

bool treaty_decode_replace(struct treaty_decode *run,
                           const struct treaty_plan *plan, char *at)
{
    struct treaty_str text;
    char *out;

    memcpy(&text, at, sizeof(text));
    if (treaty_utf8_valid(text))
        return true;
    out = treaty_decode_alloc(run, plan, treaty_encode_replaced_len(text));
    if (!out)
        return false;
    text.len = (size_t)(treaty_encode_replace(out, text) - out);
    text.data = out;
    memcpy(at, &text, sizeof(text));
    return true;
}

static size_t item_number(const struct treaty_plan_frame *frame)
{
    size_t count = frame->array ? frame->array->count : frame->cap;

    return count - frame->left;
}

/* The path in this event: of each open level its place, then the operation. */
static void print_path(const struct treaty_decode_place *place,
                       struct treaty_path *path)
{
    const struct treaty_plan *plan = place->plan;
    const struct treaty_plan_frame *top = place->frame;

    for (const struct treaty_plan_frame *f = top - top->level + 1; f <= top;
         f++) {
        bool is_loop = f->site->code == TREATY_DECODE_LOOP ||
                       f->site->code == TREATY_DECODE_SKIP_LOOP;

        treaty_path_put_op(path, plan, f->site);
        /* A level whose own header is at fault has no item yet. */
        if (is_loop && f->site != place->op && f->left)
            treaty_path_put_index(path, item_number(f));
    }
    if (top->level == 0 || top->site != place->op)
        treaty_path_put_op(path, plan, place->op);
}

/* The fail that an enum's table names for the symbol at hand, or NULL. */
static const struct treaty_plan_note *
enum_fail(const struct treaty_decode_place *place)
{
    const struct treaty_plan *plan = place->plan;
    const int32_t *table = plan->ints + place->op->arg;
    struct treaty_varint raw = treaty_decode_varint(place->at, place->end);
    int32_t symbol;

    if (!raw.next || (raw.value & 1) || raw.value >> 1 >= (uint64_t)table[0])
        return NULL;
    symbol = table[1 + (raw.value >> 1)];
    return symbol < -1 ? &plan->fails[-2 - symbol] : NULL;
}

enum treaty_code treaty_decode_fail(const struct treaty_decode_place *place,
                                    enum treaty_code code)
{
    const struct treaty_plan *plan = place->plan;
    const struct treaty_plan_note *note = NULL;
    struct treaty_path path = {0};

    if (place->op->code == TREATY_DECODE_FAIL &&
        place->op->arg < plan->fail_count)
        note = &plan->fails[place->op->arg];
    if (code == TREATY_ESYMBOL)
        note = enum_fail(place);
    if (note)
        code = note->code;

    if (!place->err)
        return code;
    treaty_fail(place->err, code, (size_t)(place->at - place->start), "%s",
                note ? note->text.data : treaty_code_text(code));
    print_path(place, &path);
    treaty_error_set_path(place->err, treaty_path_str(&path));
    return code;
}
