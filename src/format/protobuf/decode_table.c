/* SPDX-License-Identifier: Apache-2.0 */
/* The tables beside the programs of a decode plan: symbols, defaults, tags. */
#include "base/error.h"
#include "base/str.h"
#include "format/protobuf/compile.h"

#include <assert.h>
#include <stdlib.h>

enum {
    DENSE_MAX = 256,   /* numbers of an enum that are looked up at once */
    DIRECT_MAX = 1024, /* tags of a message that are: fields below 128 */
};

/* Symbols. */

static int compare_pairs(const void *a, const void *b)
{
    const struct treaty_proto_pair *x = a;
    const struct treaty_proto_pair *y = b;

    return (x->number > y->number) - (x->number < y->number);
}

/* Numbers of the layout's symbols first: the lowest ordinal wins a number. */
static uint32_t list_pairs(const struct treaty_proto_enum *reader,
                           const struct treaty_type *type,
                           struct treaty_proto_pair *pairs)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < type->symbol_count; i++) {
        const struct treaty_proto_constant *constant =
            treaty_proto_constant_meant(reader, type->symbols[i]);

        if (constant)
            pairs[count++] = (struct treaty_proto_pair){
                (int32_t)constant->number, (int32_t)i};
    }
    for (uint32_t i = 0; i < reader->constant_count; i++)
        pairs[count++] = (struct treaty_proto_pair){
            (int32_t)reader->constants[i].number, TREATY_PROTO_UNNAMED};
    return count;
}

/* Of pairs with one number the one with the lowest symbol, a real one. */
static uint32_t drop_aliases(struct treaty_proto_pair *pairs, uint32_t count)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < count; i++) {
        struct treaty_proto_pair *last = kept ? &pairs[kept - 1] : NULL;
        bool is_better;

        if (!last || last->number != pairs[i].number) {
            pairs[kept++] = pairs[i];
            continue;
        }
        is_better = pairs[i].symbol >= 0 &&
                    (last->symbol < 0 || pairs[i].symbol < last->symbol);
        if (is_better)
            last->symbol = pairs[i].symbol;
    }
    return kept;
}

/* From the lowest number on, or from 0 where that is in reach. */
static void make_dense(struct treaty_proto_compiler *c,
                       const struct treaty_proto_pair *pairs, uint32_t count,
                       struct treaty_proto_symbols *row)
{
    int64_t last;
    int32_t *dense;

    if (count == 0)
        return;
    row->low = pairs[0].number;
    last = pairs[0].number;
    for (uint32_t i = 0; i < count; i++) {
        if ((int64_t)pairs[i].number - row->low < DENSE_MAX)
            last = pairs[i].number;
    }
    row->count = (uint32_t)(last - row->low + 1);
    dense = treaty_arena_alloc(&c->b.arena, row->count * sizeof(*dense));
    if (!dense) {
        c->b.failed = true;
        return;
    }
    for (uint32_t i = 0; i < row->count; i++)
        dense[i] = TREATY_PROTO_UNDEFINED;
    for (uint32_t i = 0; i < count && pairs[i].number <= last; i++)
        dense[pairs[i].number - row->low] = pairs[i].symbol;
    row->dense = dense;
}

uint32_t treaty_proto_symbols_row(struct treaty_proto_compiler *c,
                                  const struct treaty_proto_enum *reader,
                                  const struct treaty_type *type)
{
    const void *parts[2] = {reader, type};
    struct treaty_str key = {(const char *)parts, sizeof(parts)};
    uintptr_t known = (uintptr_t)treaty_map_find(&c->enums, key);
    struct treaty_proto_symbols row = {.is_closed = reader->is_closed};
    struct treaty_proto_pair *pairs;
    uint32_t number = (uint32_t)(c->symbols.len / sizeof(row));

    if (known)
        return (uint32_t)known - 1;
    pairs = TREATY_ARENA_NEW_N(&c->scratch, struct treaty_proto_pair,
                               (size_t)type->symbol_count +
                                   reader->constant_count + 1);
    key = treaty_arena_dup(&c->scratch, key);
    if (!pairs || !key.data ||
        treaty_map_put(&c->enums, key, (void *)(uintptr_t)(number + 1)) !=
            TREATY_OK) {
        c->b.failed = true;
        return 0;
    }
    row.pair_count = list_pairs(reader, type, pairs);
    qsort(pairs, row.pair_count, sizeof(*pairs), compare_pairs);
    row.pair_count = drop_aliases(pairs, row.pair_count);
    row.pairs =
        treaty_build_freeze(&c->b, pairs, row.pair_count * sizeof(*pairs));
    make_dense(c, pairs, row.pair_count, &row);
    treaty_buf_put_mem(&c->symbols, &row, sizeof(row));
    return number;
}

/* Defaults. */

static void put(struct treaty_proto_image *image, size_t at, const void *value,
                size_t size)
{
    memcpy(image->bytes + at, value, size);
}

static void put_enum(struct treaty_proto_compiler *c,
                     const struct treaty_proto_field *field,
                     const struct treaty_type *type, size_t at,
                     struct treaty_proto_image *image)
{
    const struct treaty_proto_enum *enumeration = field->ref.enumeration;
    uint32_t row = treaty_proto_symbols_row(c, enumeration, type);
    const struct treaty_proto_constant *constant = NULL;
    struct treaty_enum value = {-1, treaty_proto_enum_zero(enumeration)};

    if (field->default_value)
        constant = treaty_proto_constant_by_name(
            enumeration, field->default_value->value.text);
    if (constant)
        value.raw = (int32_t)constant->number;
    if ((row + 1) * sizeof(struct treaty_proto_symbols) <= c->symbols.len) {
        const struct treaty_proto_symbols *rows = (void *)c->symbols.data;

        value.symbol = treaty_proto_symbol(&rows[row], value.raw);
    }
    if (value.symbol < 0)
        value.symbol = -1;
    put(image, at, &value, sizeof(value));
}

static bool is_float(const struct treaty_type *type)
{
    return type->kind == TREATY_KIND_FLOAT || type->kind == TREATY_KIND_DOUBLE;
}

static void put_float(const struct treaty_proto_value *value,
                      const struct treaty_type *type, size_t at,
                      struct treaty_proto_image *image)
{
    double number = 0;
    float narrow;

    if (!treaty_proto_default_double(value, &number))
        return;
    narrow = (float)number;
    if (type->kind == TREATY_KIND_FLOAT)
        put(image, at, &narrow, sizeof(narrow));
    else
        put(image, at, &number, sizeof(number));
}

/* The default of proto2 and editions, if the field has one. */
static void put_default(struct treaty_proto_compiler *c,
                        const struct treaty_proto_field *field,
                        const struct treaty_type *type, size_t at,
                        struct treaty_proto_image *image)
{
    const struct treaty_proto_value *value = &field->default_value->value;
    struct treaty_str text;
    bool truth = treaty_str_eq_z(value->text, "true");
    uint64_t number;

    if (type->kind == TREATY_KIND_BOOL) {
        put(image, at, &truth, sizeof(truth));
    } else if (type->kind == TREATY_KIND_STRING ||
               type->kind == TREATY_KIND_BYTES) {
        text = treaty_arena_dup(&c->b.arena, value->text);
        c->b.failed |= !text.data;
        put(image, at, &text, sizeof(text));
    } else if (is_float(type)) {
        put_float(value, type, at, image);
    } else if (treaty_proto_default_integer(value, &number)) {
        uint32_t narrow = (uint32_t)number;

        if (type->size == sizeof(narrow))
            put(image, at, &narrow, sizeof(narrow));
        else
            put(image, at, &number, sizeof(number));
    }
}

static void mark(struct treaty_proto_image *image, size_t at, size_t size)
{
    if (at < image->low)
        image->low = at;
    if (at + size > image->high)
        image->high = at + size;
}

static const struct treaty_str empty = {"", 0};

/* One field, unset. */
static void fill_field(struct treaty_proto_compiler *c,
                       const struct treaty_proto_field *field,
                       const struct treaty_proto_seat *spot, size_t base,
                       struct treaty_proto_image *image)
{
    size_t at = base + spot->off;

    if (spot->has_flag)
        mark(image, base + spot->flag_off, sizeof(bool));
    if (spot->in_union) {
        mark(image, base + spot->union_off, sizeof(int32_t));
        return;
    }
    if (spot->type->kind == TREATY_KIND_RECORD) {
        treaty_proto_fill_record(c, field->ref.message, spot->type, at, image);
        return;
    }
    mark(image, at, spot->type->size);
    if (treaty_proto_is_many(field))
        return;
    if (spot->type->kind == TREATY_KIND_STRING ||
        spot->type->kind == TREATY_KIND_BYTES)
        put(image, at, &empty, sizeof(empty)); /* there, and not NULL */
    if (field->ref.enumeration)
        put_enum(c, field, spot->type, at, image);
    else if (field->default_value && !field->ref.message)
        put_default(c, field, spot->type, at, image);
}

void treaty_proto_fill_record(struct treaty_proto_compiler *c,
                              const struct treaty_proto_message *reader,
                              const struct treaty_type *type, size_t at,
                              struct treaty_proto_image *image)
{
    struct treaty_proto_spots index;

    if (!treaty_proto_spots_init(&index, &c->scratch, type)) {
        c->b.failed = true;
        return;
    }
    for (uint32_t i = 0; i < reader->field_count; i++) {
        struct treaty_proto_seat spot;

        treaty_proto_spots_find(&index, reader->fields[i], &spot);
        if (spot.type)
            fill_field(c, reader->fields[i], &spot, at, image);
    }
    if (type->keeps_unknown)
        mark(image, at + type->unknown_offset, sizeof(struct treaty_array));
}

/* The room that a program's struct takes: of an entry, its stride. */
static size_t room_of(const struct treaty_type *type)
{
    return type->kind == TREATY_KIND_MAP ? treaty_type_stride(type)
                                         : type->size;
}

static bool fill(struct treaty_proto_compiler *c,
                 const struct treaty_proto_message *reader,
                 const struct treaty_type *type,
                 struct treaty_proto_image *image)
{
    size_t size = room_of(type);

    *image = (struct treaty_proto_image){
        .bytes = treaty_arena_calloc(&c->scratch, 1, size + 1),
        .low = size,
    };
    if (!image->bytes) {
        c->b.failed = true;
        return false;
    }
    treaty_proto_fill_record(c, reader, type, 0, image);
    if (image->low > image->high)
        image->low = image->high;
    return true;
}

void treaty_proto_fill(struct treaty_proto_compiler *c,
                       const struct treaty_proto_message *reader,
                       const struct treaty_type *type,
                       struct treaty_proto_program *program)
{
    struct treaty_proto_image image;

    if (!fill(c, reader, type, &image))
        return;
    program->image_at = (uint32_t)image.low;
    program->image_len = (uint32_t)(image.high - image.low);
    program->image =
        treaty_build_freeze(&c->b, image.bytes + image.low, program->image_len);
}

bool treaty_proto_fill_value(struct treaty_proto_compiler *c,
                             const struct treaty_proto_field *field,
                             const struct treaty_type *type,
                             struct treaty_proto_select *select)
{
    struct treaty_proto_image image;
    static void *const none = NULL;

    if (type->kind == TREATY_KIND_POINTER) {
        select->image = treaty_build_freeze(&c->b, &none, sizeof(none));
        select->image_len = sizeof(none);
        return select->image != NULL;
    }
    if (!fill(c, field->ref.message, type, &image))
        return false;
    select->image_at = (uint32_t)image.low;
    select->image_len = (uint32_t)(image.high - image.low);
    select->image =
        treaty_build_freeze(&c->b, image.bytes + image.low, select->image_len);
    return select->image != NULL;
}

/* Tags. */

static int compare_tags(const void *a, const void *b)
{
    const struct treaty_proto_tag *x = a;
    const struct treaty_proto_tag *y = b;

    return (x->tag > y->tag) - (x->tag < y->tag);
}

static void make_direct(struct treaty_proto_compiler *c,
                        const struct treaty_proto_tag *tags, uint32_t count,
                        struct treaty_proto_program *program)
{
    uint32_t *direct;
    uint32_t size = 0;

    for (uint32_t i = 0; i < count && tags[i].tag < DIRECT_MAX; i++)
        size = tags[i].tag + 1;
    direct = treaty_arena_alloc(&c->b.arena, (size + 1) * sizeof(*direct));
    if (!direct) {
        c->b.failed = true;
        return;
    }
    for (uint32_t i = 0; i < size; i++)
        direct[i] = (uint32_t)TREATY_PROTO_NONE;
    for (uint32_t i = 0; i < count && tags[i].tag < size; i++)
        direct[tags[i].tag] = tags[i].op;
    program->direct = direct;
    program->direct_count = size;
}

void treaty_proto_freeze_tags(struct treaty_proto_compiler *c,
                              struct treaty_buf *rows,
                              struct treaty_proto_program *program)
{
    struct treaty_proto_tag *tags = (void *)rows->data;
    uint32_t count = (uint32_t)(rows->len / sizeof(*tags));

    if (count)
        qsort(tags, count, sizeof(*tags), compare_tags);
    program->tags = treaty_build_freeze(&c->b, tags, rows->len);
    program->tag_count = count;
    make_direct(c, tags, count, program);
}

/* Which messages have values at all. */

/* Some required field of a message that is not known to have one? */
static bool lacks_value(const struct treaty_proto_message *message,
                        const bool *known)
{
    for (uint32_t i = 0; i < message->field_count; i++) {
        const struct treaty_proto_field *field = message->fields[i];

        if (field->presence == TREATY_PROTO_MUST && field->ref.message &&
            !known[field->ref.message->id])
            return true;
    }
    return false;
}

/* Messages in reach of `root`, each once; how many there are. */
static size_t list_messages(const struct treaty_proto_message *root,
                            const struct treaty_proto_message **list, bool *met)
{
    size_t count = 0;

    list[count++] = root;
    met[root->id] = true;
    for (size_t at = 0; at < count; at++) {
        for (uint32_t i = 0; i < list[at]->field_count; i++) {
            const struct treaty_proto_message *part =
                list[at]->fields[i]->ref.message;

            if (!part || met[part->id])
                continue;
            met[part->id] = true;
            list[count++] = part;
        }
    }
    return count;
}

bool *treaty_proto_find_satisfiable(struct treaty_arena *arena,
                                    const struct treaty_proto_message *root,
                                    uint32_t message_count)
{
    size_t room = (size_t)message_count + 1;
    bool *known = TREATY_ARENA_NEW_N(arena, bool, room);
    bool *met = TREATY_ARENA_NEW_N(arena, bool, room);
    const struct treaty_proto_message **list =
        TREATY_ARENA_NEW_N(arena, const struct treaty_proto_message *, room);
    bool changed = true;
    size_t count;

    if (!known || !met || !list)
        return NULL;
    count = list_messages(root, list, met);
    while (changed) {
        changed = false;
        for (size_t i = count; i-- > 0;) {
            if (known[list[i]->id] || lacks_value(list[i], known))
                continue;
            known[list[i]->id] = true;
            changed = true;
        }
    }
    return known;
}
