/* SPDX-License-Identifier: Apache-2.0 */
/* The slow paths of the loops that decode Protobuf. */
#include "base/error.h"
#include "base/str.h"
#include "plan/path.h"
#include "plan/proto_read.h"

enum { GROUPS_MAX = 1024 }; /* inside each other: it recurses */

enum treaty_code treaty_proto_why_length(const uint8_t *at, const uint8_t *end)
{
    struct treaty_varint length = treaty_decode_varint(at, end);

    if (!length.next)
        return treaty_decode_why(at, end, 10);
    return length.value > INT32_MAX ? TREATY_ELENGTH : TREATY_ETRUNCATED;
}

/* Tables. */

const struct treaty_proto_tag *
treaty_proto_find_tag(const struct treaty_proto_program *program, uint32_t tag)
{
    uint32_t low = 0;
    uint32_t high = program->tag_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (program->tags[middle].tag < tag)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < program->tag_count && program->tags[low].tag == tag)
        return &program->tags[low];
    return NULL;
}

uint32_t treaty_proto_find_op(const struct treaty_proto_program *program,
                              uint32_t tag)
{
    const struct treaty_proto_tag *row = treaty_proto_find_tag(program, tag);

    return row ? row->op : (uint32_t)TREATY_PROTO_NONE;
}

int32_t treaty_proto_symbol(const struct treaty_proto_symbols *symbols,
                            int32_t number)
{
    uint32_t low = 0;
    uint32_t high = symbols->pair_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (symbols->pairs[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < symbols->pair_count && symbols->pairs[low].number == number)
        return symbols->pairs[low].symbol;
    return TREATY_PROTO_UNDEFINED;
}

/* Stepping over what is unknown. */

static const uint8_t *skip_group(const uint8_t *at, const uint8_t *end,
                                 uint32_t number, uint32_t depth,
                                 enum treaty_code *code)
{
    while (at) {
        struct treaty_varint tag = treaty_decode_varint(at, end);

        if (!tag.next || tag.value > UINT32_MAX) {
            *code = tag.next ? TREATY_EVARINT : treaty_decode_why(at, end, 10);
            return NULL;
        }
        if (tag.value == (number << 3 | TREATY_WIRE_GROUP_END))
            return tag.next;
        at = treaty_proto_skip(tag.next, end, (uint32_t)tag.value, depth, code);
    }
    return NULL;
}

static const uint8_t *skip_bytes(const uint8_t *at, const uint8_t *end,
                                 size_t len, enum treaty_code *code)
{
    if (len <= (size_t)(end - at))
        return at + len;
    *code = TREATY_ETRUNCATED;
    return NULL;
}

static const uint8_t *skip_view(const uint8_t *at, const uint8_t *end,
                                enum treaty_code *code)
{
    const uint8_t *from;
    const uint8_t *next = read_view(at, end, &from);

    if (!next)
        *code = treaty_proto_why_length(at, end);
    return next;
}

static const uint8_t *skip_varint(const uint8_t *at, const uint8_t *end,
                                  enum treaty_code *code)
{
    uint64_t raw;
    const uint8_t *next = read_short(at, end, &raw);

    if (!next)
        *code = treaty_decode_why(at, end, 10);
    return next;
}

/* NOLINTNEXTLINE(misc-no-recursion): `depth` ends it. */
const uint8_t *treaty_proto_skip(const uint8_t *at, const uint8_t *end,
                                 uint32_t tag, uint32_t depth,
                                 enum treaty_code *code)
{
    if (depth > GROUPS_MAX)
        depth = GROUPS_MAX;
    *code = TREATY_ETAG;
    if (tag >> 3 == 0)
        return NULL;
    switch (tag & 7) {
    case TREATY_WIRE_VARINT:
        return skip_varint(at, end, code);
    case TREATY_WIRE_64:
        return skip_bytes(at, end, 8, code);
    case TREATY_WIRE_LEN:
        return skip_view(at, end, code);
    case TREATY_WIRE_GROUP:
        *code = TREATY_EDEPTH;
        return depth ? skip_group(at, end, tag >> 3, depth - 1, code) : NULL;
    case TREATY_WIRE_32:
        return skip_bytes(at, end, 4, code);
    default: /* the end of no group, or no wire type at all */
        return NULL;
    }
}

/* Arrays. */

char *treaty_proto_grow(struct treaty_proto_decode *run,
                        const struct treaty_proto_item_row *items,
                        struct treaty_array *array)
{
    size_t count = array->count;
    size_t used = count * items->stride;
    size_t extra = (count ? count : items->first) * items->stride;
    struct treaty_arena *arena = run->d.arena;
    char *old = array->items;
    char *memory;

    if (count && (count < items->first || (count & (count - 1))))
        return old + used;
    /* The newest piece of the arena grows where it is. */
    if (count && old + used == arena->next &&
        extra <= (size_t)(arena->end - arena->next) &&
        extra <= run->plan->options.memory_max - run->d.used.memory) {
        arena->next += extra;
        run->d.used.memory += extra;
        return old + used;
    }
    memory = treaty_decode_alloc(&run->d, run->plan, used + extra);
    if (!memory)
        return NULL;
    if (old && used)
        memcpy(memory, old, used);
    array->items = memory;
    return memory + used;
}

/* Room for `count` more at once; the same function of the count. */
static char *grow_by(struct treaty_proto_decode *run,
                     const struct treaty_proto_item_row *items,
                     struct treaty_array *array, size_t count)
{
    size_t used = array->count * items->stride;
    size_t room = items->first;
    size_t cap = items->first;
    char *memory;

    while (array->count && cap < array->count)
        cap *= 2;
    while (room < array->count + count)
        room *= 2;
    if (array->count && room == cap)
        return (char *)array->items + used;
    if (room > run->plan->options.memory_max / (items->stride + 1)) {
        run->d.code = TREATY_ELIMIT;
        return NULL;
    }
    memory = treaty_decode_alloc(&run->d, run->plan, room * items->stride);
    if (!memory)
        return NULL;
    if (array->items)
        memcpy(memory, array->items, used);
    array->items = memory;
    return memory + used;
}

/* What a program keeps besides its fields. */

static const struct treaty_proto_item_row kept_items = {
    .stride = sizeof(struct treaty_str),
    .first = 2,
};

bool treaty_proto_keep(struct treaty_proto_decode *run,
                       const struct treaty_proto_program *program, char *base,
                       const uint8_t *from, const uint8_t *to)
{
    struct treaty_array *kept = (void *)(base + program->unknown_off);
    struct treaty_str *piece = NULL;

    if (!program->keeps_unknown)
        return true;
    if (kept->count)
        piece = (struct treaty_str *)kept->items + kept->count - 1;
    if (piece && piece->data + piece->len == (const char *)from) {
        piece->len += (size_t)(to - from);
        return true;
    }
    piece = (void *)((kept->count & (kept_items.first - 1))
                         ? (char *)kept->items + kept->count * kept_items.stride
                         : treaty_proto_grow(run, &kept_items, kept));
    if (!piece)
        return false;
    *piece = (struct treaty_str){(const char *)from, (size_t)(to - from)};
    kept->count++;
    return true;
}

const uint8_t *treaty_proto_unknown(struct treaty_proto_decode *run,
                                    const struct treaty_proto_program *program,
                                    char *base, const uint8_t *tag_at,
                                    const uint8_t *end)
{
    uint64_t tag = 0;
    const uint8_t *at = read_short(tag_at, end, &tag);
    uint32_t depth = run->plan->options.depth_max;

    if (at)
        at = treaty_proto_skip(at, end, (uint32_t)tag, depth, &run->d.code);
    if (at && TREATY_UNLIKELY(program->keeps_unknown) &&
        !treaty_proto_keep(run, program, base, tag_at, at))
        return NULL;
    return at;
}

static size_t put_varint(char *to, uint64_t raw)
{
    size_t len = 0;

    while (raw >= 0x80) {
        to[len++] = (char)(raw | 0x80);
        raw >>= 7;
    }
    to[len++] = (char)raw;
    return len;
}

/* Keep what has no bytes of its own: a tag with a value made for it. */
static bool keep_made(struct treaty_proto_decode *run,
                      const struct treaty_proto_program *program, char *base,
                      uint32_t tag, struct treaty_str body)
{
    char *piece;
    size_t len;

    if (!program->keeps_unknown)
        return true;
    piece = treaty_decode_alloc(&run->d, run->plan, 20 + body.len);
    if (!piece)
        return false;
    len = put_varint(piece, tag);
    if ((tag & 7) == TREATY_WIRE_LEN)
        len += put_varint(piece + len, body.len);
    memcpy(piece + len, body.data, body.len);
    len += body.len;
    return treaty_proto_keep(run, program, base, (const uint8_t *)piece,
                             (const uint8_t *)piece + len);
}

/* Scalars in arrays. */

/* One value at `at` into `slot`; `*fits` is cleared for what has no place. */
static const uint8_t *read_number(struct treaty_proto_decode *run,
                                  const struct treaty_proto_item_row *items,
                                  const uint8_t *at, const uint8_t *end,
                                  char *slot, bool *fits)
{
    uint64_t raw;
    uint32_t raw32;
    bool truth;
    int64_t i64;
    int32_t i32;
    struct treaty_enum value;
    const struct treaty_proto_symbols *row;
    const uint8_t *next = read_short(at, end, &raw);

    if (!next) {
        run->d.code = treaty_decode_why(at, end, 10);
        return NULL;
    }
    raw32 = (uint32_t)raw;
    switch (items->as) {
    case TREATY_PROTO_AS_INT64:
        memcpy(slot, &raw, sizeof(raw));
        break;
    case TREATY_PROTO_AS_SINT32:
        i32 = (int32_t)unzigzag(raw32);
        memcpy(slot, &i32, sizeof(i32));
        break;
    case TREATY_PROTO_AS_SINT64:
        i64 = unzigzag(raw);
        memcpy(slot, &i64, sizeof(i64));
        break;
    case TREATY_PROTO_AS_BOOL:
        truth = raw != 0;
        memcpy(slot, &truth, sizeof(truth));
        break;
    case TREATY_PROTO_AS_ENUM:
        row = &run->plan->proto->symbols[items->row];
        value.raw = (int32_t)raw32;
        value.symbol = treaty_proto_symbol(row, value.raw);
        *fits = value.symbol != TREATY_PROTO_UNDEFINED || !row->is_closed;
        if (value.symbol < 0)
            value.symbol = -1;
        memcpy(slot, &value, sizeof(value));
        break;
    default:
        memcpy(slot, &raw32, sizeof(raw32));
        break;
    }
    return next;
}

static const uint8_t *read_fixed(struct treaty_proto_decode *run, size_t size,
                                 const uint8_t *at, const uint8_t *end,
                                 char *slot)
{
    if ((size_t)(end - at) < size) {
        run->d.code = TREATY_ETRUNCATED;
        return NULL;
    }
    if (size == 4) {
        uint32_t value = load32(at);

        memcpy(slot, &value, sizeof(value));
    } else {
        uint64_t value = load64(at);

        memcpy(slot, &value, sizeof(value));
    }
    return at + size;
}

static const uint8_t *read_text(struct treaty_proto_decode *run,
                                enum treaty_proto_scalar as, const uint8_t *at,
                                const uint8_t *end, char *slot)
{
    const uint8_t *from;
    const uint8_t *next = read_view(at, end, &from);
    struct treaty_str view;

    if (!next) {
        run->d.code = treaty_proto_why_length(at, end);
        return NULL;
    }
    view = (struct treaty_str){(const char *)from, (size_t)(next - from)};
    memcpy(slot, &view, sizeof(view));
    if (as == TREATY_PROTO_AS_BYTES || !find_high_bits(from, next, run->stop))
        return next;
    if (as == TREATY_PROTO_AS_REPLACED)
        return treaty_decode_replace(&run->d, run->plan, slot) ? next : NULL;
    if (treaty_utf8_valid(view))
        return next;
    run->d.code = TREATY_EUTF8;
    run->fault = from + treaty_utf8_check(view);
    return NULL;
}

static const uint8_t *read_scalar(struct treaty_proto_decode *run,
                                  const struct treaty_proto_item_row *items,
                                  const uint8_t *at, const uint8_t *end,
                                  char *slot, bool *fits)
{
    run->fault = at;
    if (items->as >= TREATY_PROTO_AS_STRING &&
        items->as <= TREATY_PROTO_AS_BYTES)
        return read_text(run, items->as, at, end, slot);
    if (items->as == TREATY_PROTO_AS_FIXED32)
        return read_fixed(run, 4, at, end, slot);
    if (items->as == TREATY_PROTO_AS_FIXED64)
        return read_fixed(run, 8, at, end, slot);
    return read_number(run, items, at, end, slot, fits);
}

/* The field number of an operation on varints that a closed enum has. */
static uint32_t varint_tag(const struct treaty_proto_decode *run,
                           const struct treaty_proto_program *program,
                           const struct treaty_proto_read *op)
{
    uint32_t number = (uint32_t)(op - run->plan->proto->reads);

    for (uint32_t i = 0; i < program->tag_count; i++) {
        if (program->tags[i].op == number)
            return program->tags[i].tag & ~7U;
    }
    return 0;
}

const uint8_t *treaty_proto_item(struct treaty_proto_decode *run,
                                 const struct treaty_proto_program *program,
                                 const struct treaty_proto_read *op, char *base,
                                 const uint8_t *at, const uint8_t *end)
{
    const struct treaty_proto_item_row *items =
        &run->plan->proto->items[op->arg];
    struct treaty_array *array = (void *)(base + op->off);
    bool fits = true;
    char *slot;
    const uint8_t *next;

    run->fault = at;

    if (array->count & (items->first - 1))
        slot = (char *)array->items + array->count * items->stride;
    else
        slot = treaty_proto_grow(run, items, array);
    if (!slot)
        return NULL;
    next = read_scalar(run, items, at, end, slot, &fits);
    if (!next)
        return NULL;
    if (fits) {
        array->count++;
        return next;
    }
    if (!keep_made(run, program, base, varint_tag(run, program, op),
                   (struct treaty_str){(const char *)at, (size_t)(next - at)}))
        return NULL;
    return next;
}

/* How many values there are; every varint has one byte below 0x80. */
static size_t count_values(enum treaty_proto_scalar as, const uint8_t *at,
                           const uint8_t *end)
{
    size_t count = 0;

    if (as == TREATY_PROTO_AS_FIXED32)
        return (size_t)(end - at) / 4;
    if (as == TREATY_PROTO_AS_FIXED64)
        return (size_t)(end - at) / 8;
    for (; at < end; at++)
        count += *at < 0x80;
    return count;
}

const uint8_t *treaty_proto_packed(struct treaty_proto_decode *run,
                                   const struct treaty_proto_program *program,
                                   const struct treaty_proto_read *op,
                                   char *base, const uint8_t *at,
                                   const uint8_t *end)
{
    const struct treaty_proto_item_row *items =
        &run->plan->proto->items[op->arg];
    struct treaty_array *array = (void *)(base + op->off);
    size_t count = count_values(items->as, at, end);
    char *slot = NULL;

    run->fault = at;
    if (count) {
        slot = grow_by(run, items, array, count);
        if (!slot)
            return NULL;
    }
    for (; count; count--) {
        bool fits = true;
        const uint8_t *next = read_scalar(run, items, at, end, slot, &fits);

        if (!next)
            return NULL;
        if (!fits &&
            !keep_made(
                run, program, base, varint_tag(run, program, op),
                (struct treaty_str){(const char *)at, (size_t)(next - at)}))
            return NULL;
        slot += fits ? items->stride : 0;
        array->count += fits;
        at = next;
    }
    if (at == end)
        return at;
    run->d.code = TREATY_ETRUNCATED; /* the last one is cut */
    run->fault = at;
    return NULL;
}

/* Messages. */

char *treaty_proto_pointer(struct treaty_proto_decode *run,
                           const struct treaty_proto_program *program, char *at)
{
    char *part = treaty_decode_alloc(&run->d, run->plan, program->size);

    if (!part)
        return NULL;
    copy_defaults(part, program);
    memcpy(at, &part, sizeof(part));
    return part;
}

struct treaty_proto_frame *
treaty_proto_deepen(struct treaty_proto_decode *run,
                    struct treaty_proto_frame *top,
                    const struct treaty_proto_frame **limit)
{
    size_t used = (size_t)(top - run->frames) + 1;
    struct treaty_proto_frame *frames;

    run->depth = used - 1;
    if (used > run->plan->options.depth_max) {
        run->d.code = TREATY_EDEPTH;
        return NULL;
    }
    frames =
        treaty_decode_alloc(&run->d, run->plan, 2 * used * sizeof(*frames));
    if (!frames)
        return NULL;
    memcpy(frames, run->frames, used * sizeof(*frames));
    run->frames = frames;
    *limit = frames + treaty_proto_last_frame(run->plan, 2 * used);
    return frames + used - 1;
}

/* The bytes of a key, which starts its entry. */
static struct treaty_str key_of(const char *entry,
                                const struct treaty_proto_map *map)
{
    struct treaty_str key = {entry, map->key_size};

    if (map->key_size == 0)
        memcpy(&key, entry, sizeof(key));
    return key;
}

struct key_index {
    uint32_t *slots; /* an entry's number + 1, 0 when free */
    size_t mask;
};

/* The slot of `key`, or the free one where it belongs. */
static uint32_t *find_slot(const struct key_index *index, const char *entries,
                           size_t stride, const struct treaty_proto_map *map,
                           struct treaty_str key)
{
    size_t at = treaty_str_hash(key) & index->mask;

    while (index->slots[at]) {
        const char *entry = entries + (index->slots[at] - 1) * stride;

        if (treaty_str_eq(key_of(entry, map), key))
            break;
        at = (at + 1) & index->mask;
    }
    return &index->slots[at];
}

static bool has_repeated_key(const struct treaty_array *array, size_t stride,
                             const struct treaty_proto_map *map)
{
    const char *entries = array->items;

    for (size_t i = 1; i < array->count; i++) {
        struct treaty_str key = key_of(entries + i * stride, map);

        for (size_t k = 0; k < i; k++) {
            if (treaty_str_eq(key_of(entries + k * stride, map), key))
                return true;
        }
    }
    return false;
}

enum { FEW_ENTRIES = 8 };

/* Of the entries that share a key the last one stays, in the first's place. */
static bool keep_last(struct treaty_proto_decode *run,
                      struct treaty_array *array,
                      const struct treaty_proto_map *map)
{
    size_t stride = run->plan->proto->items[map->items].stride;
    struct key_index index;
    char *entries = array->items;
    size_t slots = 16;
    size_t kept = 0;

    if (array->count <= FEW_ENTRIES && !has_repeated_key(array, stride, map))
        return true;
    while (slots < 2 * array->count)
        slots *= 2;
    index.slots =
        treaty_decode_alloc(&run->d, run->plan, slots * sizeof(*index.slots));
    if (!index.slots)
        return false;
    memset(index.slots, 0, slots * sizeof(*index.slots));
    index.mask = slots - 1;
    for (size_t i = 0; i < array->count; i++) {
        const char *entry = entries + i * stride;
        uint32_t *slot =
            find_slot(&index, entries, stride, map, key_of(entry, map));

        if (*slot == 0)
            *slot = (uint32_t)++kept;
        memmove(entries + (*slot - 1) * stride, entry, stride);
    }
    array->count = kept;
    return true;
}

/* Take the entry back and keep its bytes. */
static bool drop_entry(struct treaty_proto_decode *run,
                       const struct treaty_proto_frame *top, const uint8_t *end)
{
    const struct treaty_proto_read *site = top->site;
    struct treaty_array *array = (void *)(top->base + site->off);
    struct treaty_str body = {(const char *)top->body,
                              (size_t)(end - top->body)};
    uint32_t tag = varint_tag(run, top->program, site) | TREATY_WIRE_LEN;

    run->drops = false;
    array->count--;
    return keep_made(run, top->program, top->base, tag, body);
}

bool treaty_proto_finish(struct treaty_proto_decode *run,
                         const struct treaty_proto_program *program, char *base,
                         const struct treaty_proto_frame *top,
                         const uint8_t *end, uint64_t seen)
{
    if ((seen & program->required) != program->required ||
        program->required_count > TREATY_PROTO_REQUIRED_MAX)
        run->lacks = true;
    for (uint32_t i = 0; i < program->map_count; i++) {
        const struct treaty_proto_map *map = &program->maps[i];
        struct treaty_array *array = (void *)(base + map->off);

        if (array->count > 1 && !keep_last(run, array, map))
            return false;
    }
    return !run->drops || drop_entry(run, top, end);
}

/* Failures. */

static const char *describe(const struct treaty_proto_read_place *place,
                            enum treaty_code code)
{
    static const char *const texts[] = {
        [TREATY_WIRE_GROUP_END] = "a group ends here that did not begin",
        [6] = "wire type 6 does not exist",
        [7] = "wire type 7 does not exist",
    };
    struct treaty_varint tag;

    if (code == TREATY_ETRUNCATED && !place->op && place->frame->group)
        return "the event ends before the group that was begun";
    if (code != TREATY_ETAG || place->op)
        return treaty_code_text(code);
    tag = treaty_decode_varint(place->at, place->run->stop);
    if (!tag.next || tag.value >> 3 == 0)
        return "no field has number 0";
    if ((tag.value & 7) < sizeof(texts) / sizeof(texts[0]) &&
        texts[tag.value & 7])
        return texts[tag.value & 7];
    return treaty_code_text(code);
}

static void put_name(struct treaty_path *path,
                     const struct treaty_proto_decode *run,
                     const struct treaty_proto_read *op)
{
    const struct treaty_proto_code *proto = run->plan->proto;
    struct treaty_str name = proto->names[op - proto->reads];

    if (!name.len)
        return;
    treaty_path_put(path, TREATY_STR("/"));
    treaty_path_put(path, name);
}

static void put_index(struct treaty_path *path, const char *base,
                      const struct treaty_proto_read *op, bool is_new)
{
    struct treaty_array array;

    memcpy(&array, base + op->off, sizeof(array));
    treaty_path_put_index(path, array.count - (is_new ? 0 : 1));
}

enum treaty_code
treaty_proto_decode_fail(const struct treaty_proto_read_place *place,
                         enum treaty_code code)
{
    const struct treaty_proto_frame *top = place->frame;
    struct treaty_path path = {0};

    if (!place->err)
        return code;
    treaty_fail(place->err, code, (size_t)(place->at - place->run->start), "%s",
                describe(place, code));
    for (const struct treaty_proto_frame *f = place->run->frames + 1; f <= top;
         f++) {
        put_name(&path, place->run, f->site);
        if (f->site->kind == TREATY_READ_MESSAGES)
            put_index(&path, f->base, f->site, false);
    }
    if (place->op) {
        put_name(&path, place->run, place->op);
        if (place->op->kind == TREATY_READ_ITEM)
            put_index(&path, place->base, place->op, true);
    }
    treaty_error_set_path(place->err, treaty_path_str(&path));
    return code;
}
