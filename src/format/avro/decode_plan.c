/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From (writer, reader, layout) to a decode plan. The writer's order is
 * followed; each value goes where the layout has it, in the reader's type.
 *
 * Records are compiled in place, in the program of the struct around them,
 * except where that would never end (a record inside itself) or take too much
 * (deep nests, very many operations): then they become subprograms, one for
 * each (writer, reader, type), compiled when the rest is done.
 *
 * What the writer does not give comes from a default image. One image covers
 * one struct with everything that lies in place in it; the branches of a union
 * overlap, so each has its own.
 */
#include "format/avro/compile.h"

#include "base/error.h"
#include "base/str.h"

#include <assert.h>

enum {
    NEST_MAX = 24,        /* of records in place */
    IN_PLACE_MAX = 20000, /* operations, after which records are called */
    FAR = INT16_MAX,      /* offsets past it move the base */
    LOOK_MAX = 256,       /* steps of a look ahead */
};

static void put_value(struct treaty_avro_compiler *c,
                      const struct treaty_avro_node *w,
                      const struct treaty_avro_node *r,
                      const struct treaty_type *t, size_t off);

/* Subprograms. */

bool treaty_avro_wants_call(const struct treaty_avro_compiler *c,
                            const struct treaty_avro_node *writer,
                            const struct treaty_avro_node *reader)
{
    if (!c->open)
        return false; /* the program's own record */
    if (c->open->depth >= NEST_MAX || treaty_build_at(&c->b) > IN_PLACE_MAX)
        return true;
    for (const struct treaty_avro_open *o = c->open; o; o = o->outer) {
        if (o->writer == writer && o->reader == reader)
            return true;
    }
    return false;
}

uint32_t treaty_avro_sub(struct treaty_avro_compiler *c,
                         const struct treaty_avro_sub *sub)
{
    const void *parts[3] = {sub->writer, sub->reader, sub->type};
    struct treaty_str key = {(const char *)parts, sizeof(parts)};
    struct treaty_avro_sub *known = treaty_map_find(&c->subs, key);
    const struct treaty_plan_call call = {
        .counted = c->facts.endless[sub->writer->id],
        .size = sub->type ? sub->type->size : 0,
    };

    if (known)
        return known->call;
    known = TREATY_ARENA_NEW(&c->scratch, struct treaty_avro_sub);
    key = treaty_arena_dup(&c->scratch, key);
    if (!known || !key.data ||
        treaty_map_put(&c->subs, key, known) != TREATY_OK) {
        c->b.failed = true;
        return 0;
    }
    *known = *sub;
    known->call = treaty_build_call(&c->b, &call);
    known->path = treaty_arena_dup(&c->scratch, treaty_buf_str(&c->b.path));
    if (c->last_sub)
        c->last_sub->next = known;
    else
        c->first_sub = known;
    c->last_sub = known;
    if (call.counted)
        c->has_recursion = true;
    return known->call;
}

/* Default images. */

static void open_image(struct treaty_avro_compiler *c,
                       struct treaty_avro_image *image, size_t off,
                       const struct treaty_type *t)
{
    *image = (struct treaty_avro_image){
        .outer = c->image,
        .origin = c->base + off,
        .size = t->size,
        .low = t->size,
        .base = c->base,
    };
    image->op = treaty_avro_emit(c, TREATY_DECODE_COPY, 0, 0, 0);
    c->image = image;
}

/* The first operation that is of use: the COPY, if it has anything to copy. */
static uint32_t close_image(struct treaty_avro_compiler *c,
                            struct treaty_avro_image *image)
{
    bool is_used = image->low < image->high;
    size_t len = is_used ? image->high - image->low : 0;
    size_t low = is_used ? image->low : 0;
    uint32_t row =
        treaty_build_bytes(&c->b, is_used ? image->bytes + low : NULL, len,
                           image->origin + low - image->base);

    treaty_build_patch(&c->b, image->op, row);
    c->image = image->outer;
    return is_used ? image->op : image->op + 1;
}

/* The rest of a look ahead: does a value of `t` need a default image? */
static bool may_default(struct treaty_avro_compiler *c,
                        const struct treaty_avro_node *w,
                        const struct treaty_avro_node *r,
                        const struct treaty_type *t, int *steps)
{
    uint32_t given = 0;

    if (t->kind == TREATY_KIND_OPTIONAL)
        return t->item->kind == TREATY_KIND_RECORD;
    if (t->kind != TREATY_KIND_RECORD)
        return false;
    if (w->kind != TREATY_AVRO_RECORD || r->kind != TREATY_AVRO_RECORD ||
        t->keeps_unknown)
        return true;
    for (uint32_t i = 0; i < w->field_count; i++) {
        struct treaty_str name =
            treaty_avro_field_seen_as(&c->res, w, &w->fields[i]);
        const struct treaty_avro_field *rf = treaty_avro_field_find(r, name);
        const struct treaty_field *tf;

        if (!rf)
            continue;
        tf = treaty_avro_type_field(t, rf->name, rf->index);
        if (!tf)
            continue;
        given++;
        (*steps)++;
        if (*steps > LOOK_MAX ||
            may_default(c, w->fields[i].type, rf->type, tf->type, steps))
            return true;
    }
    return given < t->field_count;
}

/* Defaults. */

static enum treaty_code compile(struct treaty_avro_compiler *c,
                                const struct treaty_avro_node *w,
                                const struct treaty_avro_node *r,
                                const struct treaty_type *t,
                                struct treaty_plan **ret);

static const struct treaty_avro_facts *
reader_facts(struct treaty_avro_compiler *c)
{
    struct treaty_avro_facts *facts;

    if (c->reader_facts)
        return c->reader_facts;
    facts = TREATY_ARENA_NEW(&c->scratch, struct treaty_avro_facts);
    if (!facts ||
        treaty_avro_facts_find(&c->scratch, c->reader, c->reader->root, facts,
                               NULL) != TREATY_OK) {
        c->b.failed = true;
        return NULL;
    }
    c->reader_facts = facts;
    return facts;
}

/* Read the bytes of a default into `at`; what it holds lies on the plan. */
static bool read_default(struct treaty_avro_compiler *c,
                         const struct treaty_avro_field *rf,
                         const struct treaty_type *t, struct treaty_str bytes,
                         uint8_t *at)
{
    const struct treaty_avro_facts *facts = reader_facts(c);
    struct treaty_avro_compiler own = {.reader = c->reader};
    struct treaty_plan *plan = NULL;
    enum treaty_code code;

    bytes = treaty_arena_dup(&c->b.arena, bytes);
    if (!facts || !bytes.data) {
        c->b.failed = true;
        return true;
    }
    own.facts = *facts;
    treaty_avro_resolver_init_same(&own.res, &own.scratch, c->reader);
    code = compile(&own, rf->type, rf->type, t, &plan);
    if (code == TREATY_OK)
        code = treaty_plan_decode(plan, bytes, at, &c->b.arena, NULL);
    treaty_plan_unref(plan);
    if (code == TREATY_ENOMEM)
        c->b.failed = true;
    return code == TREATY_OK || code == TREATY_ENOMEM;
}

/* Memory for the image, cleared, once something goes into it. */
static uint8_t *image_at(struct treaty_avro_compiler *c, size_t position,
                         size_t size)
{
    struct treaty_avro_image *image = c->image;
    size_t at = position - image->origin;

    assert(position >= image->origin && at + size <= image->size);
    if (!image->bytes)
        image->bytes = treaty_arena_calloc(&c->scratch, 1, image->size + 1);
    if (!image->bytes) {
        c->b.failed = true;
        return NULL;
    }
    if (at < image->low)
        image->low = at;
    if (at + size > image->high)
        image->high = at + size;
    return image->bytes + at;
}

static bool put_default(struct treaty_avro_compiler *c,
                        const struct treaty_avro_field *rf,
                        const struct treaty_field *tf, size_t off)
{
    uint8_t *at = image_at(c, c->base + off, tf->type->size);
    struct treaty_buf bytes;
    bool ok;

    if (!at)
        return true;
    treaty_buf_init(&bytes, 0);
    ok = treaty_avro_put_default(&bytes, rf->type, rf->default_json);
    if (bytes.failed != TREATY_OK)
        c->b.failed = true;
    ok = ok && read_default(c, rf, tf->type, treaty_buf_str(&bytes), at);
    treaty_buf_release(&bytes);
    return ok || c->b.failed;
}

/* A field of the reader that the writer does not have. */
static void put_missing(struct treaty_avro_compiler *c,
                        const struct treaty_avro_node *w,
                        const struct treaty_avro_field *rf,
                        const struct treaty_field *tf, size_t off)
{
    struct treaty_plan_note note = {
        .rule = "missing-default",
        .writer_pos = w->pos,
        .reader_pos = rf->pos,
        .code = TREATY_EUNREADABLE,
    };
    size_t mark = treaty_avro_step(c, rf->name);

    if (!rf->default_json) {
        treaty_avro_refuse_as(c, &note,
                              "the writer has no field \"%.*s\", and the "
                              "reader gives it no default",
                              TREATY_STR_ARG(rf->name));
    } else if (!put_default(c, rf, tf, off)) {
        note.rule = "bad-default";
        note.guarded = true;
        treaty_avro_refuse_as(c, &note,
                              "the default of the reader's field \"%.*s\" is "
                              "not a value of its type",
                              TREATY_STR_ARG(rf->name));
    }
    treaty_build_pop(&c->b, mark);
}

/* Records. */

/* Which field of the writer each field of the reader comes from, + 1. */
static uint32_t *find_sources(struct treaty_avro_compiler *c,
                              const struct treaty_avro_node *w,
                              const struct treaty_avro_node *r)
{
    uint32_t *sources =
        TREATY_ARENA_NEW_N(&c->scratch, uint32_t, r->field_count);

    if (!sources) {
        c->b.failed = true;
        return NULL;
    }
    for (uint32_t i = 0; i < w->field_count; i++) {
        const struct treaty_avro_field *rf = treaty_avro_field_find(
            r, treaty_avro_field_seen_as(&c->res, w, &w->fields[i]));

        if (rf)
            sources[rf->index] = i + 1;
    }
    return sources;
}

static void put_missing_fields(struct treaty_avro_compiler *c,
                               const struct treaty_avro_node *w,
                               const struct treaty_avro_node *r,
                               const struct treaty_type *t, size_t off)
{
    const uint32_t *sources = find_sources(c, w, r);

    if (t->keeps_unknown) /* Avro knows of nothing unknown */
        (void)image_at(c, c->base + off + t->unknown_offset,
                       sizeof(struct treaty_array));
    for (uint32_t i = 0; sources && i < r->field_count; i++) {
        const struct treaty_avro_field *rf = &r->fields[i];
        const struct treaty_field *tf;

        if (sources[i])
            continue;
        tf = treaty_avro_type_field(t, rf->name, i);
        if (tf)
            put_missing(c, w, rf, tf, off + tf->offset);
    }
}

static void put_field(struct treaty_avro_compiler *c,
                      const struct treaty_avro_node *w,
                      const struct treaty_avro_field *wf,
                      const struct treaty_avro_node *r,
                      const struct treaty_type *t, size_t off)
{
    const struct treaty_avro_field *rf =
        treaty_avro_field_find(r, treaty_avro_field_seen_as(&c->res, w, wf));
    const struct treaty_field *tf = NULL;

    if (rf)
        tf = treaty_avro_type_field(t, rf->name, rf->index);
    if (tf) {
        put_value(c, wf->type, rf->type, tf->type, off + tf->offset);
        return;
    }
    if (!rf) {
        const struct treaty_plan_note note = {
            .rule = "dropped-field",
            .writer_pos = wf->pos,
            .reader_pos = r->pos,
        };

        treaty_avro_note_loss(c, &note, "the reader has no field \"%.*s\"",
                              TREATY_STR_ARG(wf->name));
    }
    treaty_avro_skip(c, wf->type);
}

static void put_fields(struct treaty_avro_compiler *c,
                       const struct treaty_avro_node *w,
                       const struct treaty_avro_node *r,
                       const struct treaty_type *t, size_t off)
{
    const struct treaty_avro_open open = {
        .writer = w,
        .reader = r,
        .outer = c->open,
        .depth = c->open ? c->open->depth + 1 : 0,
    };
    const struct treaty_plan_note collision = {
        .rule = "duplicate-field",
        .writer_pos = w->pos,
        .reader_pos = r->pos,
        .code = TREATY_EUNREADABLE,
    };

    if (treaty_avro_fields_collide(&c->res, w)) {
        treaty_avro_refuse_as(c, &collision,
                              "the reader's aliases give two fields of %.*s "
                              "the same name",
                              TREATY_STR_ARG(w->full));
        return;
    }
    c->open = &open;
    put_missing_fields(c, w, r, t, off);
    for (uint32_t i = 0; i < w->field_count; i++) {
        size_t mark = treaty_avro_step(c, w->fields[i].name);

        put_field(c, w, &w->fields[i], r, t, off);
        treaty_build_pop(&c->b, mark);
    }
    c->open = open.outer;
}

static void put_record(struct treaty_avro_compiler *c,
                       const struct treaty_avro_node *w,
                       const struct treaty_avro_node *r,
                       const struct treaty_type *t, size_t off)
{
    bool is_pointer = t->kind == TREATY_KIND_POINTER;
    const struct treaty_avro_sub sub = {
        .writer = w,
        .reader = r,
        .type = is_pointer ? t->item : t,
    };

    if (is_pointer)
        (void)treaty_avro_emit(c, TREATY_DECODE_POINTER, 0, off,
                               treaty_avro_sub(c, &sub));
    else if (treaty_avro_wants_call(c, w, r))
        (void)treaty_avro_emit(c, TREATY_DECODE_CALL, 0, off,
                               treaty_avro_sub(c, &sub));
    else
        put_fields(c, w, r, t, off);
}

/* Arrays and maps. */

static uint8_t string_op(const struct treaty_avro_compiler *c)
{
    static const uint8_t ops[] = {
        [TREATY_UTF8_ERROR] = TREATY_DECODE_STRING,
        [TREATY_UTF8_REPLACE] = TREATY_DECODE_STRING_REPLACE,
        [TREATY_UTF8_PASS] = TREATY_DECODE_BYTES,
    };

    return ops[c->options.utf8];
}

/* The operations of one item, whose struct begins at 0. */
static void put_item(struct treaty_avro_compiler *c,
                     const struct treaty_avro_node *w,
                     const struct treaty_avro_node *r,
                     const struct treaty_type *t)
{
    bool is_map = t->kind == TREATY_KIND_MAP;
    size_t off = is_map ? t->value_offset : 0;
    int steps = 0;
    struct treaty_avro_image image;
    bool has_image = may_default(c, w->item, r->item, t->item, &steps);

    if (has_image)
        open_image(c, &image, off, t->item);
    if (is_map)
        (void)treaty_avro_emit(c, string_op(c), 0, 0, 0);
    put_value(c, w->item, r->item, t->item, off);
    if (has_image)
        (void)close_image(c, &image);
}

static void put_next(struct treaty_avro_compiler *c, uint32_t body,
                     const struct treaty_plan_loop *loop)
{
    uint32_t back = treaty_build_at(&c->b) - body;

    if (loop->is_map || loop->stride > UINT16_MAX)
        (void)treaty_avro_emit(c, TREATY_DECODE_FAR_NEXT, 0, 0, back);
    else
        (void)treaty_avro_emit(c, TREATY_DECODE_NEXT, 0, loop->stride, back);
}

static void put_items(struct treaty_avro_compiler *c,
                      const struct treaty_avro_node *w,
                      const struct treaty_avro_node *r,
                      const struct treaty_type *t, size_t off)
{
    bool is_map = t->kind == TREATY_KIND_MAP;
    uint32_t least = c->facts.least[w->item->id];
    const struct treaty_plan_loop loop = {
        .stride = treaty_type_stride(t),
        .is_map = is_map,
        .item_min =
            is_map +
            (least > TREATY_AVRO_LEAST_MAX ? TREATY_AVRO_LEAST_MAX : least),
    };
    uint32_t row = treaty_build_loop(&c->b, &loop);
    size_t base = c->base;
    size_t mark;
    size_t program;
    uint32_t body;

    c->has_arrays = true;
    if (loop.item_min == 0)
        c->has_empty_items = true;
    (void)treaty_avro_emit(c, TREATY_DECODE_LOOP, 0, off, row);
    mark =
        treaty_build_push(&c->b, is_map ? TREATY_STR("{}") : TREATY_STR("[]"));
    program = treaty_build_begin(&c->b);
    c->base = 0;
    body = treaty_avro_label(c);
    put_item(c, w, r, t);
    put_next(c, body, &loop);
    c->base = base;
    treaty_build_end(&c->b, program);
    treaty_build_pop(&c->b, mark);
    if (!c->b.failed)
        treaty_build_loop_at(&c->b, row)->after = treaty_avro_label(c);
}

/* Enums. */

/* The layout's ordinal of a symbol, or -1. */
static int32_t ordinal_in(const struct treaty_type *t, struct treaty_str symbol,
                          uint32_t hint)
{
    if (hint < t->symbol_count && treaty_str_eq(t->symbols[hint], symbol))
        return (int32_t)hint;
    for (uint32_t i = 0; i < t->symbol_count; i++) {
        if (treaty_str_eq(t->symbols[i], symbol))
            return (int32_t)i;
    }
    return -1;
}

static void note_symbol(struct treaty_avro_compiler *c,
                        const struct treaty_avro_node *w,
                        const struct treaty_avro_node *r, uint32_t symbol,
                        uint32_t table)
{
    struct treaty_str name = w->symbols[symbol];
    struct treaty_plan_note note = {
        .rule = "enum-symbol",
        .writer_pos = w->pos,
        .reader_pos = r->pos,
        .code = TREATY_ESYMBOL,
    };
    uint32_t number;

    if (r->default_symbol >= 0) {
        note.rule = "enum-default";
        treaty_avro_note_loss(c, &note, "symbol %.*s becomes the default %.*s",
                              TREATY_STR_ARG(name),
                              TREATY_STR_ARG(r->symbols[r->default_symbol]));
        return;
    }
    number = treaty_avro_note_fail(c, &note, "the reader has no symbol %.*s",
                                   TREATY_STR_ARG(name));
    treaty_build_set_int(&c->b, table, symbol, TREATY_ENUM_FAIL(number));
}

static void put_enum(struct treaty_avro_compiler *c,
                     const struct treaty_avro_node *w,
                     const struct treaty_avro_node *r,
                     const struct treaty_type *t, size_t off)
{
    uint32_t table = treaty_build_ints(&c->b, w->symbol_count, -1);

    for (uint32_t i = 0; i < w->symbol_count; i++) {
        int32_t symbol = treaty_avro_symbol_find(r, w->symbols[i]);

        if (symbol < 0) {
            note_symbol(c, w, r, i, table);
            symbol = r->default_symbol;
        }
        if (symbol >= 0)
            treaty_build_set_int(
                &c->b, table, i,
                ordinal_in(t, r->symbols[symbol], (uint32_t)symbol));
    }
    (void)treaty_avro_emit(c, TREATY_DECODE_ENUM, 0, off, table);
}

/* Values that are neither records nor unions nor hold others. */

#define STRINGY TREATY_DECODE_STRING /* by the policy on UTF-8 */

static const uint8_t leaf_ops[TREATY_AVRO_UNION + 1][TREATY_AVRO_UNION + 1] = {
    [TREATY_AVRO_BOOLEAN] = {[TREATY_AVRO_BOOLEAN] = TREATY_DECODE_BOOL},
    [TREATY_AVRO_INT] = {[TREATY_AVRO_INT] = TREATY_DECODE_INT,
                         [TREATY_AVRO_LONG] = TREATY_DECODE_INT_TO_LONG,
                         [TREATY_AVRO_FLOAT] = TREATY_DECODE_INT_TO_FLOAT,
                         [TREATY_AVRO_DOUBLE] = TREATY_DECODE_INT_TO_DOUBLE},
    [TREATY_AVRO_LONG] = {[TREATY_AVRO_LONG] = TREATY_DECODE_LONG,
                          [TREATY_AVRO_FLOAT] = TREATY_DECODE_LONG_TO_FLOAT,
                          [TREATY_AVRO_DOUBLE] = TREATY_DECODE_LONG_TO_DOUBLE},
    [TREATY_AVRO_FLOAT] = {[TREATY_AVRO_FLOAT] = TREATY_DECODE_FLOAT,
                           [TREATY_AVRO_DOUBLE] =
                               TREATY_DECODE_FLOAT_TO_DOUBLE},
    [TREATY_AVRO_DOUBLE] = {[TREATY_AVRO_DOUBLE] = TREATY_DECODE_DOUBLE},
    [TREATY_AVRO_BYTES] = {[TREATY_AVRO_BYTES] = TREATY_DECODE_BYTES,
                           [TREATY_AVRO_STRING] = STRINGY},
    [TREATY_AVRO_STRING] = {[TREATY_AVRO_BYTES] = TREATY_DECODE_BYTES,
                            [TREATY_AVRO_STRING] = STRINGY},
    [TREATY_AVRO_FIXED] = {[TREATY_AVRO_FIXED] = TREATY_DECODE_FIXED},
};

static void put_leaf(struct treaty_avro_compiler *c,
                     const struct treaty_avro_node *w,
                     const struct treaty_avro_node *r, size_t off)
{
    uint8_t op = leaf_ops[w->kind][r->kind];

    treaty_avro_note_change(c, w, r);
    if (w->kind == TREATY_AVRO_NULL)
        return;
    if (op == STRINGY)
        op = string_op(c);
    (void)treaty_avro_emit(c, op, 0, off, w->size);
}

static void put_resolved(struct treaty_avro_compiler *c,
                         const struct treaty_avro_node *w,
                         const struct treaty_avro_node *r,
                         const struct treaty_type *t, size_t off)
{
    enum treaty_avro_mismatch why;

    if (w->kind == TREATY_AVRO_RECORD && r->kind == TREATY_AVRO_RECORD) {
        put_record(c, w, r, t, off); /* says by itself what is missing */
        return;
    }
    why = treaty_avro_match(&c->res, w, r);
    if (why != TREATY_AVRO_MATCH)
        treaty_avro_refuse(c, why, w, r);
    else if (w->item)
        put_items(c, w, r, t, off);
    else if (w->kind == TREATY_AVRO_ENUM)
        put_enum(c, w, r, t, off);
    else
        put_leaf(c, w, r, off);
}

/* Unions. */

/* A value that goes into branch `number` of the reader's union. */
static void put_branch(struct treaty_avro_compiler *c,
                       const struct treaty_avro_node *w,
                       const struct treaty_avro_node *r, uint32_t number,
                       const struct treaty_type *t, size_t off)
{
    const struct treaty_avro_node *branch = r->branches[number];
    const struct treaty_field *part;
    struct treaty_avro_image image;
    bool has_image;
    int steps = 0;

    if (t->kind == TREATY_KIND_OPTIONAL) {
        bool present = branch->kind != TREATY_AVRO_NULL;

        (void)treaty_avro_emit(c, TREATY_DECODE_SET_FLAG, present,
                               off + t->flag_offset, 0);
        if (present)
            put_value(c, w, branch, t->item, off + t->value_offset);
        return;
    }
    part = treaty_avro_type_field(t, treaty_avro_type_name(branch), number);
    (void)treaty_avro_emit(c, TREATY_DECODE_SET_BRANCH, 0, off,
                           (uint32_t)(part - t->fields));
    has_image = may_default(c, w, branch, part->type, &steps);
    if (has_image)
        open_image(c, &image, off + part->offset, part->type);
    put_value(c, w, branch, part->type, off + part->offset);
    if (has_image)
        (void)close_image(c, &image);
}

/* The branch of the reader's union for branch `i` of the writer's, or -1. */
static int32_t pick(struct treaty_avro_compiler *c,
                    const struct treaty_avro_node *w, uint32_t i,
                    const struct treaty_avro_node *r, bool same)
{
    if (same)
        return (int32_t)i;
    if (w->branches[i]->kind == TREATY_AVRO_UNION)
        return -1;
    return treaty_avro_pick_branch(&c->res, w->branches[i], r);
}

static void put_reader_union(struct treaty_avro_compiler *c,
                             const struct treaty_avro_node *w,
                             const struct treaty_avro_node *r, int32_t number,
                             const struct treaty_type *t, size_t off)
{
    if (c->facts.least[w->id] == TREATY_AVRO_NEVER)
        treaty_avro_unreachable(c);
    else if (number < 0)
        treaty_avro_refuse(c, TREATY_AVRO_BRANCH, w, r);
    else
        put_branch(c, w, r, (uint32_t)number, t, off);
}

/* One operation for the commonest union on both sides. */
static void put_nullable(struct treaty_avro_compiler *c,
                         const struct treaty_avro_node *w,
                         const struct treaty_avro_node *r,
                         const struct treaty_type *t, size_t off, bool same)
{
    uint32_t null = (uint32_t)treaty_avro_null_branch(w);
    const struct treaty_avro_node *value = w->branches[1 - null];
    int32_t number = pick(c, w, 1 - null, r, same);
    uint32_t op = treaty_avro_emit(c, TREATY_DECODE_NULLABLE, (uint8_t)null,
                                   off + t->flag_offset, 0);

    if (c->facts.least[value->id] == TREATY_AVRO_NEVER)
        treaty_avro_unreachable(c);
    else if (number < 0)
        treaty_avro_refuse(c, TREATY_AVRO_BRANCH, value, r);
    else
        put_value(c, value, r->branches[number], t->item,
                  off + t->value_offset);
    treaty_build_patch(&c->b, op, treaty_avro_label(c));
    c->needed = treaty_build_at(&c->b);
}

static void put_each_branch(struct treaty_avro_compiler *c,
                            const struct treaty_avro_node *w,
                            const struct treaty_avro_node *r,
                            const struct treaty_type *t, size_t off, bool same)
{
    uint32_t table = treaty_build_ints(&c->b, w->branch_count, 0);
    uint32_t jumps = UINT32_MAX;

    (void)treaty_avro_emit(c, TREATY_DECODE_UNION, 0, 0, table);
    for (uint32_t i = 0; i < w->branch_count; i++) {
        const struct treaty_avro_node *branch = w->branches[i];

        treaty_build_set_int(&c->b, table, i, (int32_t)treaty_avro_label(c));
        if (r->kind == TREATY_AVRO_UNION)
            put_reader_union(c, branch, r, pick(c, w, i, r, same), t, off);
        else
            put_value(c, branch, r, t, off);
        if (i + 1 < w->branch_count)
            jumps = treaty_avro_emit(c, TREATY_DECODE_JUMP, 0, 0, jumps);
    }
    treaty_build_land(&c->b, jumps, treaty_avro_label(c));
    c->needed = treaty_build_at(&c->b);
}

static void put_writer_union(struct treaty_avro_compiler *c,
                             const struct treaty_avro_node *w,
                             const struct treaty_avro_node *r,
                             const struct treaty_type *t, size_t off)
{
    bool same = treaty_avro_same_union(&c->res, w, r);
    const struct treaty_plan_note collision = {
        .rule = "duplicate-branch",
        .writer_pos = w->pos,
        .reader_pos = r->pos,
        .code = TREATY_EUNREADABLE,
    };

    if (treaty_avro_branches_collide(&c->res, w))
        treaty_avro_refuse_as(c, &collision,
                              "the reader's aliases give two branches of the "
                              "writer's union the same name");
    else if (t->kind == TREATY_KIND_OPTIONAL &&
             treaty_avro_null_branch(w) >= 0 &&
             off + t->flag_offset <= UINT16_MAX)
        put_nullable(c, w, r, t, off, same);
    else
        put_each_branch(c, w, r, t, off, same);
}

static void put_value(struct treaty_avro_compiler *c,
                      const struct treaty_avro_node *w,
                      const struct treaty_avro_node *r,
                      const struct treaty_type *t, size_t off)
{
    bool is_far = off > FAR && t->kind != TREATY_KIND_RECORD;

    if (is_far) {
        (void)treaty_avro_emit(c, TREATY_DECODE_SHIFT, 0, 0, (uint32_t)off);
        c->base += off;
    }
    if (c->facts.least[w->id] == TREATY_AVRO_NEVER)
        treaty_avro_unreachable(c);
    else if (w->kind == TREATY_AVRO_UNION)
        put_writer_union(c, w, r, t, is_far ? 0 : off);
    else if (r->kind == TREATY_AVRO_UNION)
        put_reader_union(c, w, r, treaty_avro_pick_branch(&c->res, w, r), t,
                         is_far ? 0 : off);
    else
        put_resolved(c, w, r, t, is_far ? 0 : off);
    if (is_far) {
        c->base -= off;
        (void)treaty_avro_emit(c, TREATY_DECODE_SHIFT, 0, 0,
                               (uint32_t) - (int64_t)off);
    }
}

/* Programs. */

/* The program of a value that begins at 0. Its first operation. */
static uint32_t put_program(struct treaty_avro_compiler *c,
                            const struct treaty_avro_node *w,
                            const struct treaty_avro_node *r,
                            const struct treaty_type *t)
{
    struct treaty_avro_image image;

    c->base = 0;
    c->open = NULL;
    (void)treaty_avro_label(c);
    open_image(c, &image, 0, t);
    put_value(c, w, r, t, 0);
    return close_image(c, &image);
}

static void put_subs(struct treaty_avro_compiler *c)
{
    while (c->first_sub) {
        struct treaty_avro_sub *sub = c->first_sub;
        size_t mark = treaty_build_push(&c->b, sub->path);
        size_t program = treaty_build_begin(&c->b);
        uint32_t entry = treaty_avro_label(c);

        c->first_sub = sub->next;
        if (!sub->next)
            c->last_sub = NULL;
        c->open = NULL;
        if (sub->type)
            entry = put_program(c, sub->writer, sub->reader, sub->type);
        else
            treaty_avro_skip(c, sub->writer);
        (void)treaty_build_op(&c->b, TREATY_DECODE_RETURN, 0, 0, 0);
        if (!c->b.failed)
            treaty_build_call_at(&c->b, sub->call)->entry = entry;
        treaty_build_end(&c->b, program);
        treaty_build_pop(&c->b, mark);
    }
}

static bool is_bare(const struct treaty_avro_compiler *c,
                    const struct treaty_avro_node *w,
                    const struct treaty_avro_node *r)
{
    return c->options.bare_bytes && w->kind == TREATY_AVRO_BYTES &&
           r->kind == TREATY_AVRO_BYTES;
}

/* Compile with what `c` was prepared with; it is used up. */
static enum treaty_code compile(struct treaty_avro_compiler *c,
                                const struct treaty_avro_node *w,
                                const struct treaty_avro_node *r,
                                const struct treaty_type *t,
                                struct treaty_plan **ret)
{
    struct treaty_build_spec spec = {
        .way = TREATY_PLAN_DECODES,
        .record_size = t->size,
        .options = &c->options,
    };
    enum treaty_code code;

    treaty_build_init(&c->b);
    treaty_map_init(&c->subs, &c->scratch);
    if (is_bare(c, w, r))
        spec.entry = treaty_avro_emit(c, TREATY_DECODE_REST, 0, 0, 0);
    else
        spec.entry = put_program(c, w, r, t);
    if (!c->options.walk_to_end)
        treaty_build_cut(&c->b, c->needed);
    (void)treaty_build_op(&c->b, TREATY_DECODE_STOP, 0, 0, 0);
    put_subs(c);
    treaty_avro_note_limits(c);
    c->b.failed |= c->res.failed;
    code = treaty_build_finish(&c->b, &spec, ret, c->err);
    treaty_arena_release(&c->scratch);
    return code;
}

enum treaty_code
treaty_avro_decode_plan(const struct treaty_schema *writer,
                        const struct treaty_schema *reader,
                        const struct treaty_layout *layout,
                        const struct treaty_plan_options *options,
                        struct treaty_plan **ret, struct treaty_error *err)
{
    const struct treaty_avro_tree *from = treaty_avro_tree(writer);
    const struct treaty_avro_tree *to = treaty_avro_tree(reader);
    struct treaty_avro_compiler c = {.reader = to, .err = err};
    enum treaty_code code = treaty_avro_fit(layout->root, to->root, err);

    if (code != TREATY_OK)
        return code;
    if (options)
        c.options = *options;
    code = treaty_avro_facts_find(&c.scratch, from, from->root, &c.facts, err);
    if (code != TREATY_OK) {
        treaty_arena_release(&c.scratch);
        return code;
    }
    treaty_avro_resolver_init(&c.res, &c.scratch, from, to);
    return compile(&c, from->root, to->root, layout->root, ret);
}
