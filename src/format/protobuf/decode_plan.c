/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From (writer, reader, layout) to a decode plan. Fields are matched by their
 * numbers. What the wire holds does not depend on the reader, so the writer's
 * schema serves two ends only: the order in which fields are expected, with
 * what the reader does not know stepped over without a search; and what can be
 * said beforehand of all its events (decode_note.c).
 *
 * A program is laid out as
 *
 *     the writer's fields, by number, each in the form that it writes
 *     END
 *     what else the reader takes: other forms, fields that the writer lacks,
 *     each ending in a JUMP to the field of the next number
 */
#include "base/error.h"
#include "base/str.h"
#include "format/protobuf/compile.h"

/* One program being laid out. */
struct layout {
    struct treaty_proto_compiler *c;
    const struct treaty_proto_job *job;
    struct treaty_proto_spots index;
    struct treaty_buf tags;  /* struct treaty_proto_tag */
    struct treaty_buf maps;  /* struct treaty_proto_map */
    struct treaty_buf names; /* of required fields */
    uint32_t required_count;
    bool finishes;
};

/* A form of a field: the tag that it has on the wire. */
struct form {
    uint32_t tag;
    bool is_packed;
};

static uint32_t row_count(const struct treaty_buf *rows, size_t size)
{
    return (uint32_t)(rows->len / size);
}

static uint32_t here(const struct treaty_proto_compiler *c)
{
    return row_count(&c->reads, sizeof(struct treaty_proto_read));
}

/* Operations. */

static void emit(struct treaty_proto_compiler *c,
                 const struct treaty_proto_read *op, struct treaty_str name)
{
    treaty_buf_put_mem(&c->reads, op, sizeof(*op));
    treaty_buf_put_mem(&c->names, &name, sizeof(name));
    if (here(c) > c->b.op_max)
        c->b.too_large = true;
}

static void emit_plain(struct treaty_proto_compiler *c, uint8_t code,
                       size_t off, uint32_t arg)
{
    const struct treaty_proto_read op = {
        .code = code, .kind = code, .off = (uint32_t)off, .arg = arg};

    emit(c, &op, TREATY_STR(""));
}

/* An operation that expects `tag`. */
static struct treaty_proto_read expect(uint8_t kind, uint32_t tag)
{
    struct treaty_proto_read op = {.code = kind, .kind = kind};
    uint8_t bytes[8];

    op.tag_len = treaty_proto_tag_bytes(tag, bytes);
    op.is_group = (tag & 7) == TREATY_WIRE_GROUP;
    op.tag[0] = bytes[0];
    op.tag[1] = bytes[1];
    if (op.tag_len > 2 || op.is_group)
        op.code = (uint8_t)(kind + TREATY_READ_FAR_END);
    else if (op.tag_len == 2)
        op.code = (uint8_t)(kind + TREATY_READ_WIDE_END);
    return op;
}

static struct form form_of(const struct treaty_proto_field *field, bool packed)
{
    uint32_t wire = packed ? TREATY_WIRE_LEN : treaty_proto_wire(field);

    return (struct form){(uint32_t)field->number << 3 | wire, packed};
}

/* The form in which the field is written. */
static struct form written_form(const struct treaty_proto_field *field)
{
    return form_of(field, field->is_packed && treaty_proto_may_pack(field));
}

static bool takes_form(const struct treaty_proto_field *reader,
                       const struct form *form)
{
    uint32_t wire = form->tag & 7;

    return wire == treaty_proto_wire(reader) ||
           (wire == TREATY_WIRE_LEN && treaty_proto_may_pack(reader));
}

bool treaty_proto_takes(const struct treaty_proto_field *reader,
                        const struct treaty_proto_field *writer)
{
    struct form form = written_form(writer);

    return takes_form(reader, &form);
}

/* The names of operations live on the plan. */
static struct treaty_str keep_name(struct layout *l, struct treaty_str name)
{
    struct treaty_str copy = treaty_arena_dup(&l->c->b.arena, name);

    if (!copy.data)
        l->c->b.failed = true;
    return copy.data ? copy : TREATY_STR("");
}

/* A field while its program is laid out. */
struct slot {
    const struct treaty_proto_field *writer; /* or NULL */
    const struct treaty_proto_field *reader; /* or NULL */
    struct treaty_proto_seat spot;           /* of the reader's */
    uint32_t items;                          /* row of a list */
    int32_t required;                        /* its number, or NONE */
    uint32_t message;                        /* program of what it holds */
    uint32_t emitted; /* the tag in the expected order, or 0 */
    uint32_t after;   /* the operation behind its place in that order */
};

/* The program for the message that a field holds, in `type`. */
static uint32_t enter(struct layout *l, const struct slot *slot,
                      const struct treaty_type *type)
{
    const struct treaty_proto_field *reader = slot->reader;
    const struct treaty_proto_field *writer = slot->writer;
    bool is_read = writer && treaty_proto_takes(reader, writer);
    struct treaty_proto_job job = {
        .writer = is_read ? writer->ref.message : NULL,
        .reader = reader->ref.message,
        .type = type->kind == TREATY_KIND_POINTER ? type->item : type,
    };
    size_t mark = treaty_build_push(&l->c->b, TREATY_STR("/"));
    uint32_t program;

    (void)treaty_build_push(&l->c->b, reader->name);
    if (treaty_proto_is_many(reader))
        (void)treaty_build_push(&l->c->b, treaty_proto_is_map_field(reader)
                                              ? TREATY_STR("{}")
                                              : TREATY_STR("[]"));
    program = treaty_proto_get_program(l->c, &job);
    treaty_build_pop(&l->c->b, mark);
    return program;
}

/* Lists. */

static uint32_t add_items(struct layout *l,
                          const struct treaty_proto_item_row *items)
{
    uint32_t row = row_count(&l->c->items, sizeof(*items));

    treaty_buf_put_mem(&l->c->items, items, sizeof(*items));
    l->c->has_lists = true;
    return row;
}

/* Few large items, more small ones. */
static uint32_t first_room(size_t stride)
{
    if (stride > 512)
        return 1;
    return stride > 64 ? 4 : 8;
}

static void add_list(struct layout *l, struct slot *slot)
{
    const struct treaty_proto_field *field = slot->reader;
    const struct treaty_type *type = slot->spot.type;
    bool is_map = type->kind == TREATY_KIND_MAP;
    struct treaty_proto_item_row items = {.stride = treaty_type_stride(type)};
    struct treaty_proto_map map = {.off = (uint32_t)slot->spot.off};

    items.first = first_room(items.stride);
    if (field->ref.message)
        slot->message = enter(l, slot, is_map ? type : type->item);
    items.message = slot->message;
    if (!field->ref.message)
        items.as = treaty_proto_scalar_of(field, &l->c->options);
    if (field->ref.enumeration)
        items.row =
            treaty_proto_symbols_row(l->c, field->ref.enumeration, type->item);
    slot->items = add_items(l, &items);
    if (is_map) {
        map.items = slot->items;
        map.key_size = type->key ? (uint32_t)type->key->size : 0;
        treaty_buf_put_mem(&l->maps, &map, sizeof(map));
        l->finishes = true;
    }
}

/* Single values. */

static const uint8_t single_ops[] = {
    [TREATY_PROTO_AS_INT32] = TREATY_READ_INT32,
    [TREATY_PROTO_AS_INT64] = TREATY_READ_INT64,
    [TREATY_PROTO_AS_SINT32] = TREATY_READ_SINT32,
    [TREATY_PROTO_AS_SINT64] = TREATY_READ_SINT64,
    [TREATY_PROTO_AS_BOOL] = TREATY_READ_BOOL,
    [TREATY_PROTO_AS_ENUM] = TREATY_READ_ENUM,
    [TREATY_PROTO_AS_FIXED32] = TREATY_READ_FIXED32,
    [TREATY_PROTO_AS_FIXED64] = TREATY_READ_FIXED64,
    [TREATY_PROTO_AS_STRING] = TREATY_READ_STRING,
    [TREATY_PROTO_AS_REPLACED] = TREATY_READ_STRING_REPLACE,
    [TREATY_PROTO_AS_BYTES] = TREATY_READ_BYTES,
    [TREATY_PROTO_AS_UINT32] = TREATY_READ_INT32,
};

static void emit_skip(struct layout *l, uint32_t tag, struct treaty_str name)
{
    static const struct {
        uint8_t code;
        uint8_t arg;
    } skips[] = {
        [TREATY_WIRE_VARINT] = {TREATY_READ_SKIP_VARINT, 0},
        [TREATY_WIRE_64] = {TREATY_READ_SKIP_BYTES, 8},
        [TREATY_WIRE_LEN] = {TREATY_READ_SKIP_VIEW, 0},
        [TREATY_WIRE_GROUP] = {TREATY_READ_SKIP_GROUP, 0},
        [TREATY_WIRE_GROUP_END] = {TREATY_READ_END, 0}, /* no field's */
        [TREATY_WIRE_32] = {TREATY_READ_SKIP_BYTES, 4},
    };
    struct treaty_proto_read op = expect(skips[tag & 7].code, tag);

    op.arg = skips[tag & 7].arg;
    emit(l->c, &op, name);
}

/* See that the branch or the flag of a message is on before it is read. */
static void emit_select(struct layout *l, const struct slot *slot, uint32_t tag,
                        struct treaty_str name)
{
    const struct treaty_proto_seat *spot = &slot->spot;
    struct treaty_proto_select select = {
        .is_flag = spot->has_flag,
        .branch = spot->branch,
        .value_off = (uint32_t)spot->off,
    };
    struct treaty_proto_read op = expect(TREATY_READ_SELECT, tag);

    if (!treaty_proto_fill_value(l->c, slot->reader, spot->type, &select))
        l->c->b.failed = true;
    op.off = (uint32_t)(spot->in_union ? spot->union_off : spot->flag_off);
    op.arg = row_count(&l->c->selects, sizeof(select));
    treaty_buf_put_mem(&l->c->selects, &select, sizeof(select));
    emit(l->c, &op, name);
}

static void emit_message(struct layout *l, const struct slot *slot,
                         uint32_t tag, struct treaty_str name)
{
    const struct treaty_proto_seat *spot = &slot->spot;
    bool is_pointer = spot->type->kind == TREATY_KIND_POINTER;
    struct treaty_proto_read op =
        expect(is_pointer ? TREATY_READ_POINTER : TREATY_READ_MESSAGE, tag);
    bool selects = spot->in_union || (slot->reader->oneof && spot->has_flag);

    if (selects)
        emit_select(l, slot, tag, name);
    op.off = (uint32_t)spot->off;
    op.arg = slot->message;
    emit(l->c, &op, name);
    if (spot->has_flag && !selects)
        emit_plain(l->c, TREATY_READ_FLAG, spot->flag_off, 0);
}

static void emit_scalar(struct layout *l, const struct slot *slot, uint32_t tag,
                        struct treaty_str name)
{
    const struct treaty_proto_field *field = slot->reader;
    const struct treaty_proto_seat *spot = &slot->spot;
    enum treaty_proto_scalar as = treaty_proto_scalar_of(field, &l->c->options);
    struct treaty_proto_read op = expect(single_ops[as], tag);

    op.off = (uint32_t)spot->off;
    if (field->ref.enumeration)
        op.arg =
            treaty_proto_symbols_row(l->c, field->ref.enumeration, spot->type);
    emit(l->c, &op, name);
    if (spot->has_flag)
        emit_plain(l->c, TREATY_READ_FLAG, spot->flag_off, 0);
    if (spot->in_union)
        emit_plain(l->c, TREATY_READ_BRANCH, spot->union_off,
                   (uint32_t)spot->branch);
}

/* Members of a oneof that are bound one by one: the others are unset. */
static void emit_clears(struct layout *l, const struct slot *slot)
{
    const struct treaty_proto_oneof *oneof = slot->reader->oneof;

    for (uint32_t i = 0;
         oneof && !slot->spot.in_union && i < oneof->field_count; i++) {
        struct treaty_proto_seat other;

        if (oneof->fields[i] == slot->reader)
            continue;
        treaty_proto_spots_find(&l->index, oneof->fields[i], &other);
        if (other.type && other.has_flag)
            emit_plain(l->c, TREATY_READ_CLEAR, other.flag_off, 0);
    }
}

static void emit_items(struct layout *l, const struct slot *slot,
                       const struct form *form, struct treaty_str name)
{
    uint8_t kind = TREATY_READ_ITEM;
    struct treaty_proto_read op;

    if (slot->reader->ref.message)
        kind = TREATY_READ_MESSAGES;
    if (form->is_packed)
        kind = TREATY_READ_PACKED;
    op = expect(kind, form->tag);
    op.off = (uint32_t)slot->spot.off;
    op.arg = slot->items;
    emit(l->c, &op, name);
}

static void emit_value(struct layout *l, const struct slot *slot,
                       const struct form *form)
{
    struct treaty_str name = keep_name(l, slot->reader->name);

    if (!slot->spot.type)
        emit_skip(l, form->tag, name);
    else if (treaty_proto_is_many(slot->reader))
        emit_items(l, slot, form, name);
    else if (slot->reader->ref.message)
        emit_message(l, slot, form->tag, name);
    else
        emit_scalar(l, slot, form->tag, name);
    emit_clears(l, slot);
}

/* Fields. */

static int32_t oneof_number(const struct treaty_proto_field *field)
{
    if (!field->oneof)
        return TREATY_PROTO_NONE;
    return (int32_t)field->oneof->index;
}

/* The row of the closed enum that the field holds, or NONE. */
static int32_t closed_row(struct layout *l, const struct slot *slot)
{
    const struct treaty_proto_enum *enumeration = slot->reader->ref.enumeration;
    const struct treaty_type *type = slot->spot.type;

    if (!enumeration || !enumeration->is_closed || !type)
        return TREATY_PROTO_NONE;
    if (treaty_proto_is_many(slot->reader))
        type = type->item;
    if (l->job->type->kind == TREATY_KIND_MAP)
        l->finishes = true;
    return (int32_t)treaty_proto_symbols_row(l->c, enumeration, type);
}

/* The field in one form, and its row in the table. */
static void emit_form(struct layout *l, const struct slot *slot,
                      const struct form *form)
{
    const struct treaty_proto_field *field = slot->reader;
    struct treaty_proto_tag tag = {
        .tag = form->tag,
        .op = here(l->c),
        .message = TREATY_PROTO_NONE,
        .required = slot->required,
        .oneof = oneof_number(field),
        .closed = closed_row(l, slot),
        .is_repeated = treaty_proto_is_many(field),
        .is_packed = form->is_packed,
    };

    if (field->ref.message && slot->spot.type)
        tag.message = (int32_t)slot->message;
    emit_value(l, slot, form);
    if (slot->required >= 0 && slot->required < TREATY_PROTO_REQUIRED_MAX)
        emit_plain(l->c, TREATY_READ_SEEN, 0, (uint32_t)slot->required);
    treaty_buf_put_mem(&l->tags, &tag, sizeof(tag));
}

/* A field that the reader does not have: step over it, unless it is kept. */
static void emit_unknown(struct layout *l,
                         const struct treaty_proto_field *writer)
{
    struct form form = written_form(writer);
    struct treaty_proto_tag tag = {
        .tag = form.tag,
        .op = here(l->c),
        .message = TREATY_PROTO_NONE,
        .required = TREATY_PROTO_NONE,
        .oneof = TREATY_PROTO_NONE,
        .closed = TREATY_PROTO_NONE,
    };

    if (l->c->options.keep_unknown && l->job->type->keeps_unknown)
        return;
    emit_skip(l, form.tag, keep_name(l, writer->name));
    treaty_buf_put_mem(&l->tags, &tag, sizeof(tag));
}

/* The expected order: what the writer writes, or all there is without one. */
static void emit_expected(struct layout *l, struct slot *slot)
{
    struct form form;

    if (slot->writer) {
        form = written_form(slot->writer);
        if (slot->reader && takes_form(slot->reader, &form))
            slot->emitted = form.tag;
        else
            emit_unknown(l, slot->writer);
        /* Packed is what the reader takes for packed. */
        form.is_packed = slot->reader && treaty_proto_may_pack(slot->reader) &&
                         (form.tag & 7) == TREATY_WIRE_LEN;
    } else if (!l->job->writer) {
        form = written_form(slot->reader);
        slot->emitted = form.tag;
    }
    if (slot->emitted)
        emit_form(l, slot, &form);
    slot->after = here(l->c);
}

/* What else the reader takes of a field. */
static void emit_others(struct layout *l, const struct slot *slot)
{
    for (int packed = 0; slot->reader && packed < 2; packed++) {
        struct form form = form_of(slot->reader, packed);

        if (packed && !treaty_proto_may_pack(slot->reader))
            continue;
        if (form.tag == slot->emitted)
            continue;
        emit_form(l, slot, &form);
        emit_plain(l->c, TREATY_READ_JUMP, 0, slot->after);
    }
}

static void prepare_slot(struct layout *l, const struct treaty_proto_twins *m,
                         struct slot *slot)
{
    struct treaty_str name;

    *slot = (struct slot){
        .writer = m->writer,
        .reader = m->reader,
        .required = TREATY_PROTO_NONE,
    };
    if (!m->reader)
        return;
    treaty_proto_spots_find(&l->index, m->reader, &slot->spot);
    if (slot->spot.type && treaty_proto_is_many(m->reader))
        add_list(l, slot);
    else if (slot->spot.type && m->reader->ref.message)
        slot->message = enter(l, slot, slot->spot.type);
    if (m->reader->presence != TREATY_PROTO_MUST)
        return;
    slot->required = (int32_t)l->required_count++;
    name = keep_name(l, m->reader->name);
    treaty_buf_put_mem(&l->names, &name, sizeof(name));
    l->finishes = true;
}

static void lay_out(struct layout *l, struct slot *slots, size_t count,
                    struct treaty_proto_program *program)
{
    program->entry = here(l->c);
    for (size_t i = 0; i < count; i++)
        emit_expected(l, &slots[i]);
    emit_plain(l->c, TREATY_READ_END, 0, 0);
    for (size_t i = 0; i < count; i++)
        emit_others(l, &slots[i]);
}

static uint64_t required_bits(uint32_t count)
{
    if (count >= TREATY_PROTO_REQUIRED_MAX)
        return UINT64_MAX;
    return (UINT64_C(1) << count) - 1;
}

static void freeze_program(struct layout *l,
                           struct treaty_proto_program *program)
{
    const struct treaty_type *type = l->job->type;
    struct treaty_builder *b = &l->c->b;

    program->size = type->size;
    program->finishes = l->finishes;
    program->is_entry = type->kind == TREATY_KIND_MAP;
    program->keeps_unknown = type->keeps_unknown && l->c->options.keep_unknown;
    program->unknown_off = (uint32_t)type->unknown_offset;
    program->required_count = l->required_count;
    program->required = required_bits(l->required_count);
    program->required_names =
        treaty_build_freeze(b, l->names.data, l->names.len);
    program->maps = treaty_build_freeze(b, l->maps.data, l->maps.len);
    program->map_count = row_count(&l->maps, sizeof(struct treaty_proto_map));
    treaty_proto_fill(l->c, l->job->reader, type, program);
    treaty_proto_freeze_tags(l->c, &l->tags, program);
}

static void compile_job(struct treaty_proto_compiler *c,
                        const struct treaty_proto_job *job)
{
    struct layout l = {.c = c, .job = job};
    struct treaty_proto_program program = {0};
    size_t count = 0;
    struct treaty_proto_twins *matches =
        treaty_proto_pair_fields(&c->scratch, job->writer, job->reader, &count);
    struct slot *slots =
        TREATY_ARENA_NEW_N(&c->scratch, struct slot, count + 1);
    size_t mark = treaty_build_push(&c->b, job->path);

    if (!matches || !slots ||
        !treaty_proto_spots_init(&l.index, &c->scratch, job->type)) {
        c->b.failed = true;
        return;
    }
    for (size_t i = 0; i < count; i++)
        prepare_slot(&l, &matches[i], &slots[i]);
    lay_out(&l, slots, count, &program);
    treaty_proto_note(c, job, matches, count);
    freeze_program(&l, &program);
    treaty_build_pop(&c->b, mark);
    if (c->programs.failed == TREATY_OK)
        memcpy(c->programs.data + job->program * sizeof(program), &program,
               sizeof(program));
    c->b.failed |= l.tags.failed || l.maps.failed || l.names.failed;
    treaty_buf_release(&l.tags);
    treaty_buf_release(&l.maps);
    treaty_buf_release(&l.names);
}

/* Jobs. */

uint32_t treaty_proto_get_program(struct treaty_proto_compiler *c,
                                  const struct treaty_proto_job *job)
{
    const void *parts[3] = {job->writer, job->reader, job->type};
    struct treaty_str key = {(const char *)parts, sizeof(parts)};
    struct treaty_proto_job *known = treaty_map_find(&c->jobs, key);
    static const struct treaty_proto_program empty;

    if (known)
        return known->program;
    known = TREATY_ARENA_NEW(&c->scratch, struct treaty_proto_job);
    key = treaty_arena_dup(&c->scratch, key);
    if (!known || !key.data ||
        treaty_map_put(&c->jobs, key, known) != TREATY_OK) {
        c->b.failed = true;
        return 0;
    }
    *known = *job;
    known->next = NULL;
    known->program = row_count(&c->programs, sizeof(empty));
    known->path = treaty_arena_dup(&c->scratch, treaty_buf_str(&c->b.path));
    treaty_buf_put_mem(&c->programs, &empty, sizeof(empty));
    if (!known->path.data)
        c->b.failed = true;
    if (c->last_job)
        c->last_job->next = known;
    else
        c->first_job = known;
    c->last_job = known;
    return known->program;
}

static struct treaty_proto_code *freeze(struct treaty_proto_compiler *c)
{
    struct treaty_builder *b = &c->b;
    struct treaty_proto_code *code =
        TREATY_ARENA_NEW(&b->arena, struct treaty_proto_code);
    struct treaty_buf *tables[] = {&c->reads, &c->names,   &c->programs,
                                   &c->items, &c->selects, &c->symbols};
    uint32_t item_count =
        row_count(&c->items, sizeof(struct treaty_proto_item_row));
    struct treaty_proto_item_row *items;
    const void *frozen[6];

    treaty_proto_fuse_reads((void *)c->reads.data, here(c));
    for (size_t i = 0; i < 6; i++) {
        b->failed |= tables[i]->failed != TREATY_OK;
        frozen[i] = treaty_build_freeze(b, tables[i]->data, tables[i]->len);
        treaty_buf_release(tables[i]);
    }
    if (!code) {
        b->failed = true;
        return NULL;
    }
    items = (void *)(uintptr_t)frozen[3];
    code->reads = frozen[0];
    code->names = frozen[1];
    code->programs = frozen[2];
    code->items = frozen[3];
    for (uint32_t i = 0; !b->failed && i < item_count; i++)
        items[i].program = &code->programs[items[i].message];
    code->selects = frozen[4];
    code->symbols = frozen[5];
    return code;
}

static enum treaty_code compile(struct treaty_proto_compiler *c,
                                const struct treaty_proto_job *root,
                                struct treaty_plan **ret)
{
    struct treaty_build_spec spec = {
        .way = TREATY_PLAN_DECODES,
        .record_size = root->type->size,
        .options = &c->options,
    };

    treaty_build_init(&c->b);
    treaty_map_init(&c->jobs, &c->scratch);
    treaty_map_init(&c->enums, &c->scratch);
    treaty_map_init(&c->noted, &c->scratch);
    (void)treaty_proto_get_program(c, root);
    while (c->first_job && !c->b.failed && !c->b.too_large) {
        const struct treaty_proto_job *job = c->first_job;

        c->first_job = job->next;
        if (!job->next)
            c->last_job = NULL;
        compile_job(c, job);
    }
    treaty_proto_note_limits(c);
    spec.proto = freeze(c);
    treaty_arena_release(&c->scratch);
    return treaty_build_finish(&c->b, &spec, ret, c->err);
}

enum treaty_code
treaty_proto_decode_plan(const struct treaty_schema *writer,
                         const struct treaty_schema *reader,
                         const struct treaty_layout *layout,
                         const struct treaty_plan_options *options,
                         struct treaty_plan **ret, struct treaty_error *err)
{
    struct treaty_proto_compiler c = {.err = err};
    const struct treaty_proto_job root = {
        .writer = treaty_proto_part_of(writer),
        .reader = treaty_proto_part_of(reader),
        .type = layout->root,
    };
    enum treaty_code code;

    if (!root.writer || !root.reader)
        return treaty_fail(err, TREATY_ENOMESSAGE, TREATY_NO_OFFSET,
                           "the schema has no message");
    code = treaty_proto_fit(root.type, root.reader, err);
    if (code != TREATY_OK)
        return code;
    if (options)
        c.options = *options;
    c.satisfiable = treaty_proto_find_satisfiable(
        &c.scratch, root.writer, treaty_proto_tree(writer)->message_count);
    if (!c.satisfiable) {
        treaty_arena_release(&c.scratch);
        return treaty_fail_nomem(err);
    }
    return compile(&c, &root, ret);
}
