/* SPDX-License-Identifier: Apache-2.0 */
#include "record/gen.h"

#include "base/error.h"
#include "base/map.h"
#include "base/rng.h"
#include "base/str.h"
#include "base/utf8.h"
#include "record/gen_text.h"
#include "record/text_inside.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/*
 * The type tree is copied once into nodes that hold only what filling needs.
 *
 * Invariants:
 * 1. `height` is the least number of nested nodes that a finite value needs;
 *    HEIGHT_NONE marks a type without values. It is a fixpoint over the graph.
 * 2. Depth counts the arrays, maps and pointers around a value: a record can
 *    contain itself only through them. Below `DEPTH_SOFT` choices are free;
 * from there on each choice takes the one of least height, so events end.
 * 3. One event draws from one random sequence, in the order of the fields; of a
 *    message in that of their numbers, as a registry may write them in another
 *    order than they came in.
 */
enum {
    DEPTH_SOFT = 4,
    HEIGHT_NONE = UINT32_MAX,
};

struct node {
    enum treaty_kind kind;
    uint32_t height;
    const struct treaty_type *type;
    size_t offset;      /* in the parent; UNION branches: of the value */
    uint32_t index;     /* of the field or branch in the parent's type */
    int32_t number;     /* of a message's field; of a oneof the least one */
    struct node *child; /* first of `child_count` */
    uint32_t child_count;
    const uint32_t *symbols; /* ENUM: those to choose among; NULL: all */
    uint32_t symbol_count;
    bool is_identity;
    bool is_set;             /* UNION: the first branch, "not set", is out */
    enum treaty_known known; /* RECORD */
    struct treaty_gen_text text; /* STRING: which text, and how long */
    struct node *shared; /* the node that was copied first for this type */
};

struct treaty_gen {
    struct treaty_arena arena;
    struct treaty_layout *layout;
    struct node *root;
    enum treaty_gen_style style;
    bool carries_identity;
};

struct builder {
    struct treaty_gen *gen;
    struct type_slot *slots; /* open addressing by type pointer */
    size_t used;
    size_t size;
};

struct type_slot {
    const struct treaty_type *type;
    struct node *node;
};

struct filler {
    const struct treaty_gen *gen;
    const struct treaty_gen_identity *identity;
    struct treaty_arena *arena;
    struct treaty_rng rng;
};

/* Building. */

static struct type_slot *find_slot(struct type_slot *slots, size_t size,
                                   const struct treaty_type *type)
{
    size_t at = ((uintptr_t)type >> 4) * 0x9E3779B97F4A7C15u & (size - 1);

    while (slots[at].type && slots[at].type != type)
        at = (at + 1) & (size - 1);
    return &slots[at];
}

static bool grow_slots(struct builder *b)
{
    size_t size = b->size ? b->size * 2 : 64;
    struct type_slot *slots =
        TREATY_ARENA_NEW_N(&b->gen->arena, struct type_slot, size);

    if (!slots)
        return false;
    for (size_t i = 0; i < b->size; i++) {
        if (b->slots[i].type)
            *find_slot(slots, size, b->slots[i].type) = b->slots[i];
    }
    b->slots = slots;
    b->size = size;
    return true;
}

static bool remember(struct builder *b, const struct treaty_type *type,
                     struct node *node)
{
    if (b->used * 2 >= b->size && !grow_slots(b))
        return false;
    *find_slot(b->slots, b->size, type) = (struct type_slot){type, node};
    b->used++;
    return true;
}

/*
 * Enums with numbers of their own. The zero that proto3 asks for, so that a
 * value nobody set has a name, is no value that a business would send; and of
 * two names of one number, a reader sees the first.
 */

static bool ends_word(struct treaty_str name, struct treaty_str word)
{
    if (!treaty_str_ends(name, word))
        return false;
    return name.len == word.len || name.data[name.len - word.len - 1] == '_';
}

static bool is_worth_sending(struct treaty_str name, int32_t number)
{
    return number != 0 || (!ends_word(name, TREATY_STR("UNSPECIFIED")) &&
                           !ends_word(name, TREATY_STR("UNKNOWN")));
}

static int compare_symbols(const void *a, const void *b, void *ctx)
{
    const struct treaty_type *type = ctx;
    int32_t x = type->numbers[*(const uint32_t *)a];
    int32_t y = type->numbers[*(const uint32_t *)b];

    return x < y ? -1 : x > y;
}

/* Choose among them; false without memory. */
static bool choose_symbols(const struct treaty_type *type, struct node *node,
                           uint32_t *symbols, struct treaty_map *met)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < type->symbol_count; i++) {
        const int32_t *number = &type->numbers[i];
        struct treaty_str key = {(const char *)number, sizeof(*number)};

        if (treaty_map_find(met, key))
            continue;
        if (treaty_map_put(met, key, node))
            return false;
        if (is_worth_sending(type->symbols[i], *number))
            symbols[count++] = i;
    }
    if (count) {
        qsort_r(symbols, count, sizeof(*symbols), compare_symbols,
                (void *)(uintptr_t)type);
        node->symbols = symbols;
        node->symbol_count = count;
    }
    return true;
}

static bool build_symbols(struct builder *b, struct node *node,
                          const struct treaty_type *type)
{
    struct treaty_map met;
    uint32_t *symbols;
    bool ok;

    node->symbol_count = type->symbol_count;
    if (!type->numbers)
        return true;
    symbols = TREATY_ARENA_NEW_N(&b->gen->arena, uint32_t,
                                 (size_t)type->symbol_count + 1);
    if (!symbols)
        return false;
    treaty_map_init(&met, NULL);
    ok = choose_symbols(type, node, symbols, &met);
    treaty_map_release(&met);
    return ok;
}

static bool build(struct builder *b, struct node *node,
                  const struct treaty_type *type, struct treaty_str name);

/* The least number of a oneof's members, else the field's own. */
static int32_t number_of(const struct treaty_field *field)
{
    int32_t least = field->number;

    if (field->type->kind != TREATY_KIND_UNION)
        return least;
    for (uint32_t i = 0; i < field->type->field_count; i++) {
        int32_t number = field->type->fields[i].number;

        if (number && (!least || number < least))
            least = number;
    }
    return least;
}

static int compare_numbers(const void *a, const void *b)
{
    const struct node *x = a;
    const struct node *y = b;

    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static bool build_fields(struct builder *b, struct node *node,
                         const struct treaty_type *type)
{
    node->child_count = type->field_count;
    node->child =
        TREATY_ARENA_NEW_N(&b->gen->arena, struct node, type->field_count + 1);
    if (!node->child)
        return false;
    for (uint32_t i = 0; i < type->field_count; i++) {
        node->child[i].index = i;
        node->child[i].number = number_of(&type->fields[i]);
    }
    /* Before anything points to them; those of Avro have no numbers. */
    qsort(node->child, type->field_count, sizeof(*node->child),
          compare_numbers);
    for (uint32_t i = 0; i < type->field_count; i++) {
        struct node *child = &node->child[i];
        const struct treaty_field *field = &type->fields[child->index];

        child->offset = field->offset;
        if (!build(b, child, field->type, field->name))
            return false;
    }
    return true;
}

static bool build_item(struct builder *b, struct node *node,
                       const struct treaty_type *type, struct treaty_str name)
{
    node->child_count = 1;
    node->child = TREATY_ARENA_NEW(&b->gen->arena, struct node);
    if (!node->child)
        return false;
    if (type->kind == TREATY_KIND_OPTIONAL || type->kind == TREATY_KIND_MAP)
        node->child->offset = type->value_offset;
    return build(b, node->child, type->item, name);
}

/* Records are copied once a type: they are what can contain itself. */
static bool build(struct builder *b, struct node *node,
                  const struct treaty_type *type, struct treaty_str name)
{
    node->kind = type->kind;
    node->type = type;
    node->height = HEIGHT_NONE;
    node->text = treaty_gen_text_for(name);
    if (type->item)
        return build_item(b, node, type, name);
    if (type->kind == TREATY_KIND_UNION)
        return build_fields(b, node, type);
    if (type->kind == TREATY_KIND_ENUM)
        return build_symbols(b, node, type);
    if (type->kind != TREATY_KIND_RECORD)
        return true;

    struct type_slot *slot =
        b->size ? find_slot(b->slots, b->size, type) : NULL;

    if (slot && slot->type) {
        node->shared = slot->node;
        return true;
    }
    if (!remember(b, type, node) || !build_fields(b, node, type))
        return false;
    if (type->is_message)
        node->known = treaty_known_of(type);
    /* A google.protobuf.Value that says nothing is invalid. */
    node->child->is_set = node->known == TREATY_KNOWN_VALUE;
    return true;
}

/* Heights (invariant 1): repeat until nothing changes. */

static uint32_t plus_one(uint32_t height)
{
    return height == HEIGHT_NONE ? HEIGHT_NONE : height + 1;
}

static uint32_t least_child(const struct node *node)
{
    uint32_t least = HEIGHT_NONE;

    for (uint32_t i = 0; i < node->child_count; i++) {
        if (node->child[i].height < least)
            least = node->child[i].height;
    }
    return least;
}

static uint32_t most_child(const struct node *node)
{
    uint32_t most = 0;

    for (uint32_t i = 0; i < node->child_count; i++) {
        if (node->child[i].height > most)
            most = node->child[i].height;
    }
    return most;
}

static uint32_t height_of(const struct node *node)
{
    if (node->shared)
        return node->shared->height;
    switch (node->kind) {
    case TREATY_KIND_RECORD:
        return plus_one(most_child(node));
    case TREATY_KIND_UNION:
    case TREATY_KIND_POINTER:
        return plus_one(least_child(node));
    case TREATY_KIND_ENUM:
        return node->type->symbol_count ? 1 : HEIGHT_NONE;
    default: /* a leaf, or a container that may be empty */
        return 1;
    }
}

static bool settle(struct node *node)
{
    bool changed = false;
    uint32_t height;

    for (uint32_t i = 0; i < node->child_count; i++)
        changed |= settle(&node->child[i]);
    height = height_of(node);
    changed |= height != node->height;
    node->height = height;
    return changed;
}

static void mark_identity(struct treaty_gen *gen)
{
    const struct treaty_type *type = gen->root->type;

    if (type->kind != TREATY_KIND_RECORD)
        return;
    for (uint32_t i = 0; i < type->field_count; i++) {
        struct node *child = &gen->root->child[i];
        const struct treaty_field *field = &type->fields[child->index];

        if (field->type->kind == TREATY_KIND_STRING &&
            treaty_str_eq(field->name, TREATY_STR("order_id"))) {
            child->is_identity = true;
            gen->carries_identity = true;
        }
    }
}

enum treaty_code treaty_gen_new(struct treaty_layout *layout,
                                enum treaty_gen_style style,
                                struct treaty_gen **ret,
                                struct treaty_error *err)
{
    struct treaty_gen *gen = calloc(1, sizeof(*gen));
    struct builder b = {.gen = gen};

    if (!gen)
        return treaty_fail_nomem(err);
    gen->layout = treaty_layout_ref(layout);
    gen->style = style;
    gen->root = TREATY_ARENA_NEW(&gen->arena, struct node);
    if (!gen->root || !build(&b, gen->root, layout->root, layout->root->name)) {
        treaty_gen_free(gen);
        return treaty_fail_nomem(err);
    }
    while (settle(gen->root)) {
    }
    if (gen->root->height == HEIGHT_NONE) {
        treaty_gen_free(gen);
        return treaty_fail(err, TREATY_EVALUE, TREATY_NO_OFFSET,
                           "no value of this schema exists: a record must "
                           "contain itself, or an enum has no symbols");
    }
    mark_identity(gen);
    *ret = gen;
    return TREATY_OK;
}

void treaty_gen_free(struct treaty_gen *gen)
{
    if (!gen)
        return;
    treaty_layout_unref(gen->layout);
    treaty_arena_release(&gen->arena);
    free(gen);
}

bool treaty_gen_carries_identity(const struct treaty_gen *gen)
{
    return gen->carries_identity;
}

/* Filling. */

static bool edgy(const struct filler *f)
{
    return f->gen->style == TREATY_GEN_EDGE;
}

static int64_t edge_i64(struct filler *f, int64_t least, int64_t most)
{
    uint64_t bits = treaty_rng_next(&f->rng);

    switch (bits & 7) {
    case 0:
        return 0;
    case 1:
        return -1;
    case 2:
        return least;
    case 3:
        return most;
    case 4:
        return (int64_t)(bits >> 8 & 127) - 64;
    default:
        /* Any width, so that every varint length occurs. */
        bits = treaty_rng_next(&f->rng) >> (bits >> 8 & 63);
        return (int64_t)(least == INT32_MIN ? bits & INT32_MAX : bits);
    }
}

static double edge_double(struct filler *f)
{
    static const double odd[] = {0.0,     -0.0,    1.5,         -2.25,
                                 DBL_MAX, DBL_MIN, DBL_EPSILON, 16777217.0};
    uint64_t bits = treaty_rng_next(&f->rng);

    switch (bits & 15) {
    case 0:
        return (double)NAN;
    case 1:
        return (double)INFINITY;
    case 2:
        return -(double)INFINITY;
    default:
        return odd[(bits >> 4) % (sizeof(odd) / sizeof(odd[0]))];
    }
}

static double likely_double(struct filler *f)
{
    return (double)treaty_rng_below(&f->rng, 100000000) / 100.0;
}

static void fill_int32(struct filler *f, const struct node *node, void *at)
{
    int32_t value;

    if (edgy(f))
        value = (int32_t)edge_i64(f, INT32_MIN, INT32_MAX);
    else
        value =
            (int32_t)treaty_gen_text_number(&node->text, &f->rng, INT32_MAX);
    memcpy(at, &value, sizeof(value));
}

static void fill_int64(struct filler *f, const struct node *node, void *at)
{
    int64_t value;

    if (edgy(f))
        value = edge_i64(f, INT64_MIN, INT64_MAX);
    else
        value = treaty_gen_text_number(&node->text, &f->rng, INT64_MAX);
    memcpy(at, &value, sizeof(value));
}

static void fill_float(struct filler *f, void *at)
{
    float value = (float)(edgy(f) ? edge_double(f) : likely_double(f));

    memcpy(at, &value, sizeof(value));
}

static void fill_double(struct filler *f, void *at)
{
    double value = edgy(f) ? edge_double(f) : likely_double(f);

    memcpy(at, &value, sizeof(value));
}

static bool fill_identity(struct filler *f, struct treaty_str *at)
{
    char *digits =
        treaty_arena_alloc_aligned(f->arena, TREATY_GEN_IDENTITY_LEN, 1);

    if (!digits)
        return false;
    treaty_gen_identity_print(f->identity, digits);
    *at = (struct treaty_str){digits, TREATY_GEN_IDENTITY_LEN};
    return true;
}

static void fill_string(struct filler *f, const struct node *node,
                        struct treaty_str *at)
{
    if (edgy(f))
        *at = treaty_gen_text_odd(&f->rng);
    else
        *at = treaty_gen_text_pick(&node->text, &f->rng);
}

static void fill_bytes(struct filler *f, char *at, size_t len)
{
    for (size_t done = 0; done < len; done += sizeof(uint64_t)) {
        uint64_t bits = treaty_rng_next(&f->rng);
        size_t rest = len - done;

        memcpy(at + done, &bits, rest < sizeof(bits) ? rest : sizeof(bits));
    }
}

static bool fill_byte_string(struct filler *f, struct treaty_str *at)
{
    size_t len = (size_t)treaty_rng_below(&f->rng, edgy(f) ? 70 : 24);
    char *data = treaty_arena_alloc_aligned(f->arena, len + 1, 1);

    if (!data)
        return false;
    fill_bytes(f, data, len);
    *at = (struct treaty_str){data, len};
    return true;
}

static void fill_enum(struct filler *f, const struct node *node, void *at)
{
    uint32_t symbol = (uint32_t)treaty_rng_below(&f->rng, node->symbol_count);
    struct treaty_enum value;

    if (node->symbols)
        symbol = node->symbols[symbol];
    value.symbol = (int32_t)symbol;
    value.raw = treaty_type_number(node->type, symbol);

    memcpy(at, &value, sizeof(value));
}

static bool fill(struct filler *f, const struct node *node, char *at,
                 uint32_t depth);

static bool fill_optional(struct filler *f, const struct node *node, char *at,
                          uint32_t depth)
{
    uint64_t bound = edgy(f) ? 2 : 32;
    bool present = treaty_rng_below(&f->rng, bound) != 0;

    if (depth >= DEPTH_SOFT || node->child->height == HEIGHT_NONE)
        present = false;
    at[node->type->flag_offset] = present;
    if (!present)
        return true;
    return fill(f, node->child, at + node->child->offset, depth);
}

static const struct node *choose_branch(struct filler *f,
                                        const struct node *node, uint32_t depth)
{
    const struct node *first = &node->child[node->is_set];
    uint32_t count = node->child_count - node->is_set;
    const struct node *least = first;
    uint64_t start = treaty_rng_below(&f->rng, count);

    for (uint32_t i = 0; i < count; i++) {
        const struct node *branch = &first[(start + i) % count];

        if (branch->height != HEIGHT_NONE && depth < DEPTH_SOFT)
            return branch;
        if (branch->height < least->height)
            least = branch;
    }
    return least;
}

static bool fill_union(struct filler *f, const struct node *node, char *at,
                       uint32_t depth)
{
    const struct node *branch = choose_branch(f, node, depth);
    int32_t number = (int32_t)branch->index;

    memcpy(at, &number, sizeof(number));
    return fill(f, branch, at + branch->offset, depth);
}

static size_t choose_count(struct filler *f, const struct node *node,
                           uint32_t depth)
{
    if (depth >= DEPTH_SOFT || node->child->height == HEIGHT_NONE)
        return 0;
    if (!edgy(f))
        return 3 + (size_t)treaty_rng_below(&f->rng, 4);
    return (size_t)treaty_rng_below(&f->rng, depth > 2 ? 3 : 5);
}

/* A key that none of the others is: there are fewer of them than eight. */
static void fill_key(struct filler *f, const struct treaty_type *key, size_t i,
                     char *at)
{
    struct treaty_str text;
    uint64_t bits;
    uint32_t narrow;

    if (!key || key->kind == TREATY_KIND_STRING) {
        text = treaty_gen_text_key(i, &f->rng);
        memcpy(at, &text, sizeof(text));
        return;
    }
    bits = treaty_rng_next(&f->rng);
    bits = edgy(f) ? (bits & ~UINT64_C(7)) | i : i + 1;
    narrow = (uint32_t)bits;
    if (key->kind == TREATY_KIND_BOOL)
        *at = (char)(i & 1);
    else if (key->size == sizeof(narrow))
        memcpy(at, &narrow, sizeof(narrow));
    else
        memcpy(at, &bits, sizeof(bits));
}

static size_t choose_map_count(struct filler *f, const struct node *node,
                               uint32_t depth)
{
    const struct treaty_type *key = node->type->key;
    size_t count = choose_count(f, node, depth);

    if (key && key->kind == TREATY_KIND_BOOL && count > 2)
        return 2;
    return count;
}

static bool fill_items(struct filler *f, const struct node *node, char *at,
                       uint32_t depth)
{
    struct treaty_array array = {NULL, choose_map_count(f, node, depth)};
    size_t stride = treaty_type_stride(node->type);

    if (array.count) {
        array.items =
            treaty_arena_calloc(f->arena, array.count, stride ? stride : 1);
        if (!array.items)
            return false;
    }
    memcpy(at, &array, sizeof(array));
    for (size_t i = 0; i < array.count; i++) {
        char *item = (char *)array.items + i * stride;

        if (node->kind == TREATY_KIND_MAP)
            fill_key(f, node->type->key, i, item);
        if (!fill(f, node->child, item + node->child->offset, depth + 1))
            return false;
    }
    return true;
}

static bool fill_pointer(struct filler *f, const struct node *node, char *at,
                         uint32_t depth)
{
    size_t size = node->type->item->size;
    void *record = treaty_arena_calloc(f->arena, 1, size ? size : 1);

    if (!record)
        return false;
    memcpy(at, &record, sizeof(record));
    return fill(f, node->child, record, depth + 1);
}

/*
 * Well-known types have values that are none: a year 12000, a duration of two
 * signs, a path with spaces, a JSON number that is not finite. They are turned
 * into some that are.
 */

static int64_t clamp(int64_t value, int64_t least, int64_t most)
{
    if (value < least)
        return least;
    return value > most ? most : value;
}

static void mend_time(const struct node *node, char *at)
{
    bool is_point = node->known == TREATY_KNOWN_TIMESTAMP;
    struct treaty_time time;

    memcpy(&time.seconds, at + node->child[0].offset, sizeof(time.seconds));
    memcpy(&time.nanos, at + node->child[1].offset, sizeof(time.nanos));
    if (is_point)
        time.seconds =
            clamp(time.seconds, TREATY_TIMESTAMP_MIN, TREATY_TIMESTAMP_MAX);
    else
        time.seconds = clamp(time.seconds, 1 - TREATY_DURATION_MAX,
                             TREATY_DURATION_MAX - 1);
    time.nanos %= TREATY_NANOS_MAX + 1;
    if ((time.nanos < 0 && (is_point || time.seconds > 0)) ||
        (time.nanos > 0 && !is_point && time.seconds < 0))
        time.nanos = -time.nanos;
    memcpy(at + node->child[0].offset, &time.seconds, sizeof(time.seconds));
    memcpy(at + node->child[1].offset, &time.nanos, sizeof(time.nanos));
}

static void mend_mask(const struct node *node, char *at)
{
    static const struct treaty_str paths[] = {
        {"note", 4}, {"user_id", 7}, {"items.price_cents", 17}};
    struct treaty_array array;
    struct treaty_str *path;

    memcpy(&array, at + node->child[0].offset, sizeof(array));
    path = array.items;
    for (size_t i = 0; i < array.count; i++)
        path[i] = paths[path[i].len % (sizeof(paths) / sizeof(paths[0]))];
}

static void mend_json(const struct node *node, char *at)
{
    const struct node *kind = node->child;
    int32_t branch;
    double number;

    at += kind->offset;
    memcpy(&branch, at, sizeof(branch));
    if (kind->child[branch].kind != TREATY_KIND_DOUBLE)
        return;
    at += kind->child[branch].offset;
    memcpy(&number, at, sizeof(number));
    if (!isfinite(number))
        memset(at, 0, sizeof(number));
}

static void mend(const struct node *node, char *at)
{
    switch (node->known) {
    case TREATY_KNOWN_NOT:
    case TREATY_KNOWN_BARE:
        return;
    case TREATY_KNOWN_ANY: /* an empty one: words are no message's name */
        memset(at, 0, node->type->size);
        return;
    case TREATY_KNOWN_TIMESTAMP:
    case TREATY_KNOWN_DURATION:
        mend_time(node, at);
        return;
    case TREATY_KNOWN_FIELD_MASK:
        mend_mask(node, at);
        return;
    case TREATY_KNOWN_VALUE:
        mend_json(node, at);
        return;
    }
}

static bool fill_record(struct filler *f, const struct node *node, char *at,
                        uint32_t depth)
{
    const struct node *end;

    if (node->shared)
        node = node->shared;
    end = node->child + node->child_count;
    for (const struct node *child = node->child; child < end; child++) {
        if (!fill(f, child, at + child->offset, depth))
            return false;
    }
    mend(node, at);
    return true;
}

/* NOLINTNEXTLINE(readability-function-size): one flat switch over the kinds */
static bool fill(struct filler *f, const struct node *node, char *at,
                 uint32_t depth)
{
    switch (node->kind) {
    case TREATY_KIND_NULL:
        return true;
    case TREATY_KIND_BOOL:
        *at = (char)(treaty_rng_next(&f->rng) & 1);
        return true;
    case TREATY_KIND_INT32:
    case TREATY_KIND_UINT32:
        fill_int32(f, node, at);
        return true;
    case TREATY_KIND_INT64:
    case TREATY_KIND_UINT64:
        fill_int64(f, node, at);
        return true;
    case TREATY_KIND_FLOAT:
        fill_float(f, at);
        return true;
    case TREATY_KIND_DOUBLE:
        fill_double(f, at);
        return true;
    case TREATY_KIND_STRING:
        if (node->is_identity && !edgy(f))
            return fill_identity(f, (struct treaty_str *)(void *)at);
        fill_string(f, node, (struct treaty_str *)(void *)at);
        return true;
    case TREATY_KIND_BYTES:
        return fill_byte_string(f, (struct treaty_str *)(void *)at);
    case TREATY_KIND_FIXED:
        fill_bytes(f, at, node->type->size);
        return true;
    case TREATY_KIND_ENUM:
        fill_enum(f, node, at);
        return true;
    case TREATY_KIND_OPTIONAL:
        return fill_optional(f, node, at, depth);
    case TREATY_KIND_UNION:
        return fill_union(f, node, at, depth);
    case TREATY_KIND_RECORD:
        return fill_record(f, node, at, depth);
    case TREATY_KIND_ARRAY:
    case TREATY_KIND_MAP:
        return fill_items(f, node, at, depth);
    case TREATY_KIND_POINTER:
        return fill_pointer(f, node, at, depth);
    }
    return true;
}

enum treaty_code treaty_gen_event(const struct treaty_gen *gen,
                                  const struct treaty_gen_identity *identity,
                                  void *record, struct treaty_arena *arena)
{
    struct filler f = {.gen = gen, .identity = identity, .arena = arena};

    treaty_rng_init(&f.rng, identity->seed ^
                                (uint64_t)identity->producer << 40 ^
                                identity->sequence * 0x9E3779B97F4A7C15u);
    memset(record, 0, gen->layout->root->size);
    return fill(&f, gen->root, record, 0) ? TREATY_OK : TREATY_ENOMEM;
}

/* Identities. */

static char *put_hex(char *at, uint64_t value, int digits)
{
    static const char hex[] = "0123456789abcdef";

    for (int i = digits - 1; i >= 0; i--) {
        at[i] = hex[value & 15];
        value >>= 4;
    }
    return at + digits;
}

void treaty_gen_identity_print(const struct treaty_gen_identity *identity,
                               char ret[TREATY_GEN_IDENTITY_LEN])
{
    ret = put_hex(ret, identity->producer, 8);
    ret = put_hex(ret, identity->sequence, 12);
    (void)put_hex(ret, identity->seed, 16);
}

static bool get_hex(struct treaty_str digits, uint64_t *ret)
{
    uint64_t value = 0;

    for (size_t i = 0; i < digits.len; i++) {
        char c = digits.data[i];

        if (c >= '0' && c <= '9')
            value = value << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            value = value << 4 | (uint64_t)(c - 'a' + 10);
        else
            return false;
    }
    *ret = value;
    return true;
}

bool treaty_gen_identity_parse(struct treaty_str text,
                               struct treaty_gen_identity *ret)
{
    uint64_t producer = 0;
    uint64_t sequence = 0;
    uint64_t seed = 0;

    if (text.len != TREATY_GEN_IDENTITY_LEN)
        return false;
    if (!get_hex(treaty_str_sub(text, 0, 8), &producer) ||
        !get_hex(treaty_str_sub(text, 8, 12), &sequence) ||
        !get_hex(treaty_str_sub(text, 20, 16), &seed))
        return false;
    ret->producer = (uint32_t)producer;
    ret->sequence = sequence;
    ret->seed = seed;
    return true;
}
