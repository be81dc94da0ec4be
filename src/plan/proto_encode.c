/* SPDX-License-Identifier: Apache-2.0 */
/* The slow paths of the loops that encode Protobuf. */
#include "base/error.h"
#include "base/str.h"
#include "plan/path.h"
#include "plan/proto_run.h"
#include "plan/write.h"

#include "base/utf8.h"

#include <stdlib.h>

enum { NUMBER_MAX = 10 };

char *treaty_proto_put_length(char *length_at, size_t len, char *at)
{
    char bytes[NUMBER_MAX + 8];
    size_t width = (size_t)(write_varint_slowly(bytes, len) - bytes);

    memmove(length_at + width, length_at + 1, len);
    memcpy(length_at, bytes, width);
    return at + width - 1;
}

/* Maps in the order of their keys. */

static int compare_numbers(uint64_t a, uint64_t b, bool is_signed)
{
    if (is_signed)
        return ((int64_t)a > (int64_t)b) - ((int64_t)a < (int64_t)b);
    return (a > b) - (a < b);
}

static uint64_t load_key(const char *entry,
                         const struct treaty_proto_list_row *list)
{
    uint32_t key32 = 0;
    uint64_t key64;

    if (list->key_size == sizeof(key64)) {
        memcpy(&key64, entry, sizeof(key64));
        return key64;
    }
    if (list->key_size == sizeof(bool))
        return (uint64_t)(*entry != 0);
    memcpy(&key32, entry, sizeof(key32));
    return list->is_signed ? (uint64_t)(int64_t)(int32_t)key32 : key32;
}

static int compare_entries(const struct treaty_proto_list_row *list,
                           const char *a, const char *b)
{
    struct treaty_str x;
    struct treaty_str y;

    if (list->key_size)
        return compare_numbers(load_key(a, list), load_key(b, list),
                               list->is_signed);
    memcpy(&x, a, sizeof(x));
    memcpy(&y, b, sizeof(y));
    return treaty_str_cmp(x, y);
}

/* Merge two runs that are in order; entries of one key stay as they are. */
static void merge(const struct treaty_proto_list_row *list, const char **from,
                  size_t middle, size_t end, const char **to)
{
    size_t left = 0;
    size_t right = middle;

    for (size_t i = 0; i < end; i++) {
        bool takes_left = left < middle &&
                          (right == end ||
                           compare_entries(list, from[left], from[right]) <= 0);

        to[i] = takes_left ? from[left++] : from[right++];
    }
}

static void sort(const struct treaty_proto_list_row *list, const char **entries,
                 const char **spare, size_t count)
{
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t i = 0; i < count; i += 2 * width) {
            size_t end = count - i < 2 * width ? count - i : 2 * width;
            size_t middle = end < width ? end : width;

            merge(list, entries + i, middle, end, spare + i);
        }
        memcpy(entries, spare, count * sizeof(*entries));
    }
}

const char *const *treaty_proto_sort(struct treaty_encode *run,
                                     const struct treaty_proto_list_row *list,
                                     const struct treaty_array *map)
{
    struct treaty_proto_sorted *sorted;

    if (map->count > SIZE_MAX / (4 * sizeof(char *)))
        return NULL;
    sorted =
        malloc(sizeof(*sorted) + 2 * map->count * sizeof(sorted->entries[0]));
    if (!sorted)
        return NULL;
    sorted->other = run->sorted;
    run->sorted = sorted;
    for (size_t i = 0; i < map->count; i++)
        sorted->entries[i] = (const char *)map->items + i * list->stride;
    sort(list, sorted->entries, sorted->entries + map->count, map->count);
    return sorted->entries;
}

void treaty_proto_drop_sorted(struct treaty_encode *run)
{
    while (run->sorted) {
        struct treaty_proto_sorted *other = run->sorted->other;

        free(run->sorted);
        run->sorted = other;
    }
}

struct treaty_proto_out_frame *
treaty_proto_out_deepen(struct treaty_encode *run,
                        struct treaty_proto_out_frame *top)
{
    size_t used = top->level + 1;
    struct treaty_proto_out_frame *frames =
        treaty_encode_move_frames(run, top - top->level, used, sizeof(*frames));

    return frames ? frames + used - 1 : NULL;
}

char *treaty_proto_out_grow(struct treaty_encode *run,
                            struct treaty_proto_out_frame *top, char *at,
                            size_t extra)
{
    const char *old = run->out->data;

    at = treaty_encode_grow(run, at, extra);
    if (!at)
        return NULL;
    for (size_t i = 0; i < top->level; i++) {
        struct treaty_proto_out_frame *frame = top - i;

        frame->length_at = run->out->data + (frame->length_at - old);
    }
    return at;
}

/* Lists of scalars. */

struct list_writer {
    const struct treaty_plan *plan;
    struct treaty_encode *run;
    struct treaty_proto_out_frame *top;
    const struct treaty_proto_write *op;
    const struct treaty_proto_list_row *list;
    char *at;
    enum treaty_code code;
};

static bool need(struct list_writer *w, size_t extra)
{
    struct treaty_buf *out = w->run->out;
    size_t left = (size_t)(out->data + out->cap - w->at);

    if (extra <= left && left - extra >= TREATY_ENCODE_ROOM)
        return true;
    w->at = treaty_proto_out_grow(w->run, w->top, w->at, extra);
    w->code = w->at ? TREATY_OK : out->failed;
    return w->at != NULL;
}

static void put_tag(struct list_writer *w)
{
    memcpy(w->at, w->op->tag, sizeof(w->op->tag));
    w->at += w->op->tag_len;
}

static bool put_text(struct list_writer *w, const char *item)
{
    struct treaty_str value;
    size_t len;

    memcpy(&value, item, sizeof(value));
    len = value.len;
    if (w->list->as == TREATY_PROTO_AS_REPLACED)
        len = treaty_encode_replaced_len(value);
    if (w->list->as == TREATY_PROTO_AS_STRING && !treaty_utf8_valid(value)) {
        w->code = TREATY_EUTF8;
        return false;
    }
    if (!need(w, len))
        return false;
    put_tag(w);
    w->at = write_short(w->at, len);
    if (w->list->as == TREATY_PROTO_AS_REPLACED)
        w->at = treaty_encode_replace(w->at, value);
    else if (len)
        w->at = (char *)memcpy(w->at, value.data, len) + len;
    return true;
}

static bool put_enum(struct list_writer *w, const char *item)
{
    struct treaty_enum value;
    int32_t number;

    memcpy(&value, item, sizeof(value));
    if (!treaty_proto_number(&w->plan->proto->numbers[w->list->row], value,
                             &number)) {
        w->code = TREATY_EVALUE;
        return false;
    }
    w->at = write_varint_slowly(w->at, (uint64_t)(int64_t)number);
    return true;
}

/* A number without its tag; there is room for it. */
static bool put_number(struct list_writer *w, const char *item)
{
    uint32_t u32 = 0;
    uint64_t u64 = 0;
    bool is_wide = w->list->as == TREATY_PROTO_AS_INT64 ||
                   w->list->as == TREATY_PROTO_AS_SINT64 ||
                   w->list->as == TREATY_PROTO_AS_FIXED64;

    if (w->list->as == TREATY_PROTO_AS_BOOL)
        u32 = *item != 0;
    else if (is_wide)
        memcpy(&u64, item, sizeof(u64));
    else
        memcpy(&u32, item, sizeof(u32));
    switch (w->list->as) {
    case TREATY_PROTO_AS_INT32:
        u64 = (uint64_t)(int64_t)(int32_t)u32;
        break;
    case TREATY_PROTO_AS_SINT32:
        u64 = (uint32_t)zigzag((int32_t)u32);
        break;
    case TREATY_PROTO_AS_SINT64:
        u64 = zigzag((int64_t)u64);
        break;
    case TREATY_PROTO_AS_FIXED32:
        for (unsigned i = 0; i < 4; i++)
            *w->at++ = (char)(u32 >> 8 * i);
        return true;
    case TREATY_PROTO_AS_FIXED64:
        for (unsigned i = 0; i < 8; i++)
            *w->at++ = (char)(u64 >> 8 * i);
        return true;
    case TREATY_PROTO_AS_ENUM:
        return put_enum(w, item);
    case TREATY_PROTO_AS_INT64:
        break;
    default:
        u64 = u32;
        break;
    }
    w->at = write_varint_slowly(w->at, u64);
    return true;
}

static bool put_item(struct list_writer *w, const char *item)
{
    if (w->list->as >= TREATY_PROTO_AS_STRING &&
        w->list->as <= TREATY_PROTO_AS_BYTES)
        return put_text(w, item);
    if (!need(w, 0))
        return false;
    put_tag(w);
    return put_number(w, item);
}

static bool put_packed(struct list_writer *w, const struct treaty_array *array)
{
    size_t length_at;
    size_t len;

    if (!need(w, 0))
        return false;
    put_tag(w);
    length_at = (size_t)(w->at - w->run->out->data);
    w->at++;
    for (size_t i = 0; i < array->count; i++) {
        if (!need(w, 0) ||
            !put_number(w, (const char *)array->items + i * w->list->stride))
            return false;
    }
    if (!need(w, 0))
        return false;
    len = (size_t)(w->at - w->run->out->data) - length_at - 1;
    w->at = treaty_proto_put_length(w->run->out->data + length_at, len, w->at);
    return true;
}

char *treaty_proto_put_items(const struct treaty_plan *plan,
                             struct treaty_encode *run,
                             struct treaty_proto_out_frame *top,
                             const struct treaty_proto_write *op,
                             const struct treaty_array *array, char *at)
{
    struct list_writer w = {
        .plan = plan,
        .run = run,
        .top = top,
        .op = op,
        .list = &plan->proto->lists[op->arg],
        .at = at,
    };
    bool is_packed = op->code == TREATY_WRITE_PACKED;
    bool ok = !is_packed || put_packed(&w, array);

    for (size_t i = 0; ok && !is_packed && i < array->count; i++)
        ok = put_item(&w, (const char *)array->items + i * w.list->stride);
    if (ok && need(&w, 0))
        return w.at;
    run->code = w.code;
    return NULL;
}

/* Failures. */

static void describe(const struct treaty_proto_write_place *place,
                     enum treaty_code code, struct treaty_error *err)
{
    const char *at = place->base + place->op->off;
    struct treaty_enum symbol;
    uint8_t op = treaty_proto_write_first(place->op->code);
    int32_t branch;

    if (code == TREATY_EVALUE &&
        (op == TREATY_WRITE_ENUM || op == TREATY_WRITE_ENUM_IF)) {
        memcpy(&symbol, at, sizeof(symbol));
        treaty_fail(err, code, TREATY_NO_OFFSET,
                    "the schema has no enum constant for number %d",
                    symbol.symbol);
        return;
    }
    if (code == TREATY_EVALUE && op == TREATY_WRITE_CHOOSE) {
        memcpy(&branch, at, sizeof(branch));
        treaty_fail(err, code, TREATY_NO_OFFSET,
                    "the oneof has no member of number %d", branch);
        return;
    }
    if (code == TREATY_EVALUE &&
        (op == TREATY_WRITE_POINTER || op == TREATY_WRITE_REQUIRE)) {
        treaty_fail(err, code, TREATY_NO_OFFSET,
                    "a value is missing where the schema requires one");
        return;
    }
    treaty_fail(err, code, TREATY_NO_OFFSET, "%s", treaty_code_text(code));
}

static void put_name(struct treaty_path *path,
                     const struct treaty_proto_code *proto,
                     const struct treaty_proto_write *op)
{
    struct treaty_str name = proto->names[op - proto->writes];

    if (!name.len)
        return;
    treaty_path_put(path, TREATY_STR("/"));
    treaty_path_put(path, name);
}

enum treaty_code
treaty_proto_encode_fail(struct treaty_encode *run,
                         const struct treaty_proto_write_place *place,
                         enum treaty_code code)
{
    const struct treaty_proto_out_frame *top = place->frame;
    struct treaty_path path = {0};

    if (!run->err)
        return code;
    describe(place, code, run->err);
    for (const struct treaty_proto_out_frame *f = top - top->level + 1;
         f <= top; f++) {
        put_name(&path, place->plan->proto, f->site);
        if (f->site->code == TREATY_WRITE_MESSAGES && f->site != place->op)
            treaty_path_put_index(&path, f->count - 1 - f->left);
    }
    if (top->level == 0 || top->site != place->op)
        put_name(&path, place->plan->proto, place->op);
    treaty_error_set_path(run->err, treaty_path_str(&path));
    return code;
}
