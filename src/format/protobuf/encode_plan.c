/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a schema and a layout to an encode plan. Fields are written in the order
 * of their numbers, whatever their order in the text, lists packed where the
 * schema says so, and unknown fields behind the known ones: the same struct
 * always gives the same bytes, but for maps, which are written as they lie
 * unless the options ask for the order of their keys.
 *
 * `used` counts the bytes that have been written at most since an operation
 * last made sure of room (see plan/proto_encode_loop.h).
 */
#include "base/error.h"
#include "base/str.h"
#include "format/protobuf/codec.h"
#include "plan/build.h"

#include <stdlib.h>

enum {
    NUMBER_MAX = 10,
    TAG_MAX = 8, /* they are stored whole */
    USED_MAX = TREATY_ENCODE_ROOM - 2 * (NUMBER_MAX + TAG_MAX),
};

/* A program to be compiled. */
struct job {
    const struct treaty_proto_message *message;
    const struct treaty_type *type;
    uint32_t number;
    struct treaty_str path;
    struct job *next;
};

struct compiler {
    struct treaty_builder b;
    struct treaty_arena scratch;
    struct treaty_plan_options options;
    struct treaty_buf writes; /* rows of the tables, as bytes */
    struct treaty_buf names;
    struct treaty_buf lists;
    struct treaty_buf numbers;
    struct treaty_buf jumps;
    struct treaty_buf entries; /* of programs: their first operation */
    struct treaty_map jobs;
    struct treaty_map enums;
    struct job *first_job;
    struct job *last_job;
    uint32_t used;
    enum treaty_code code; /* the first field that cannot be written */
    struct treaty_error *err;
};

static uint32_t row_count(const struct treaty_buf *rows, size_t size)
{
    return (uint32_t)(rows->len / size);
}

static uint32_t here(const struct compiler *c)
{
    return row_count(&c->writes, sizeof(struct treaty_proto_write));
}

/* Operations. */

static uint32_t emit(struct compiler *c, const struct treaty_proto_write *op,
                     struct treaty_str name)
{
    uint32_t at = here(c);

    treaty_buf_put_mem(&c->writes, op, sizeof(*op));
    treaty_buf_put_mem(&c->names, &name, sizeof(name));
    if (at >= c->b.op_max)
        c->b.too_large = true;
    return at;
}

static uint32_t emit_plain(struct compiler *c, uint8_t code, size_t off,
                           uint32_t arg, struct treaty_str name)
{
    const struct treaty_proto_write op = {
        .code = code, .off = (uint32_t)off, .arg = arg};

    return emit(c, &op, name);
}

static void patch(struct compiler *c, uint32_t op, uint32_t arg)
{
    if (c->writes.failed == TREATY_OK)
        ((struct treaty_proto_write *)(void *)c->writes.data)[op].arg = arg;
}

/* See to room for an operation that writes a number. */
static void use_number(struct compiler *c)
{
    if (c->used + TAG_MAX + NUMBER_MAX > USED_MAX) {
        (void)emit_plain(c, TREATY_WRITE_CHECK, 0, 0, TREATY_STR(""));
        c->used = 0;
    }
    c->used += TAG_MAX + NUMBER_MAX;
}

static struct treaty_str keep_name(struct compiler *c, struct treaty_str name)
{
    struct treaty_str copy = treaty_arena_dup(&c->b.arena, name);

    if (!copy.data)
        c->b.failed = true;
    return copy.data ? copy : TREATY_STR("");
}

/* Programs. Calls name the job first; its operation is put in at the end. */
static uint32_t enter(struct compiler *c,
                      const struct treaty_proto_message *message,
                      const struct treaty_type *type)
{
    const void *parts[2] = {message, type};
    struct treaty_str key = {(const char *)parts, sizeof(parts)};
    struct job *job = treaty_map_find(&c->jobs, key);
    const uint32_t none = 0;

    if (job)
        return job->number;
    job = TREATY_ARENA_NEW(&c->scratch, struct job);
    key = treaty_arena_dup(&c->scratch, key);
    if (!job || !key.data || treaty_map_put(&c->jobs, key, job) != TREATY_OK) {
        c->b.failed = true;
        return 0;
    }
    *job = (struct job){
        .message = message,
        .type = type,
        .number = row_count(&c->entries, sizeof(none)),
        .path = treaty_arena_dup(&c->scratch, treaty_buf_str(&c->b.path)),
    };
    if (!job->path.data)
        c->b.failed = true;
    treaty_buf_put_mem(&c->entries, &none, sizeof(none));
    if (c->last_job)
        c->last_job->next = job;
    else
        c->first_job = job;
    c->last_job = job;
    return job->number;
}

/* Enums. */

static void fill_numbers(struct compiler *c,
                         const struct treaty_proto_enum *enumeration,
                         const struct treaty_type *type,
                         struct treaty_proto_numbers *row)
{
    int32_t *numbers = TREATY_ARENA_NEW_N(&c->b.arena, int32_t,
                                          (size_t)type->symbol_count + 1);
    bool *known =
        TREATY_ARENA_NEW_N(&c->b.arena, bool, (size_t)type->symbol_count + 1);

    if (!numbers || !known) {
        c->b.failed = true;
        return;
    }
    for (uint32_t i = 0; i < type->symbol_count; i++) {
        const struct treaty_proto_constant *constant =
            treaty_proto_constant_meant(enumeration, type->symbols[i]);

        known[i] = constant != NULL;
        numbers[i] = constant ? (int32_t)constant->number : 0;
    }
    row->numbers = numbers;
    row->known = known;
    row->count = type->symbol_count;
}

static uint32_t numbers_row(struct compiler *c,
                            const struct treaty_proto_enum *enumeration,
                            const struct treaty_type *type)
{
    const void *parts[2] = {enumeration, type};
    struct treaty_str key = {(const char *)parts, sizeof(parts)};
    uintptr_t known = (uintptr_t)treaty_map_find(&c->enums, key);
    struct treaty_proto_numbers row = {0};
    uint32_t number = row_count(&c->numbers, sizeof(row));

    if (known)
        return (uint32_t)known - 1;
    key = treaty_arena_dup(&c->scratch, key);
    if (!key.data ||
        treaty_map_put(&c->enums, key, (void *)(uintptr_t)(number + 1)) !=
            TREATY_OK) {
        c->b.failed = true;
        return 0;
    }
    fill_numbers(c, enumeration, type, &row);
    treaty_buf_put_mem(&c->numbers, &row, sizeof(row));
    return number;
}

/* Fields. */

/* One field under way. */
struct slot {
    const struct treaty_proto_field *field;
    struct treaty_proto_seat spot;
    struct treaty_str name;
    bool always; /* it is written whatever its value is */
};

static struct treaty_proto_write start(const struct slot *slot, uint8_t code,
                                       bool is_packed)
{
    struct treaty_proto_write op = {
        .code = code,
        .off = (uint32_t)slot->spot.off,
    };
    uint32_t wire =
        is_packed ? (uint32_t)TREATY_WIRE_LEN : treaty_proto_wire(slot->field);

    if (wire == TREATY_WIRE_GROUP)
        op.marks = TREATY_WRITES_GROUP;
    op.tag_len = treaty_proto_tag_bytes(
        (uint32_t)slot->field->number << 3 | wire, op.tag);
    return op;
}

/* The operation that always writes, and the one that leaves out zero. */
static const struct {
    uint8_t always;
    uint8_t unless_zero;
} scalar_ops[] = {
    [TREATY_PROTO_AS_INT32] = {TREATY_WRITE_INT32, TREATY_WRITE_INT32_IF},
    [TREATY_PROTO_AS_INT64] = {TREATY_WRITE_INT64, TREATY_WRITE_INT64_IF},
    [TREATY_PROTO_AS_SINT32] = {TREATY_WRITE_SINT32, TREATY_WRITE_SINT32_IF},
    [TREATY_PROTO_AS_SINT64] = {TREATY_WRITE_SINT64, TREATY_WRITE_SINT64_IF},
    [TREATY_PROTO_AS_BOOL] = {TREATY_WRITE_BOOL, TREATY_WRITE_BOOL_IF},
    [TREATY_PROTO_AS_ENUM] = {TREATY_WRITE_ENUM, TREATY_WRITE_ENUM_IF},
    [TREATY_PROTO_AS_FIXED32] = {TREATY_WRITE_FIXED32, TREATY_WRITE_FIXED32_IF},
    [TREATY_PROTO_AS_FIXED64] = {TREATY_WRITE_FIXED64, TREATY_WRITE_FIXED64_IF},
    [TREATY_PROTO_AS_STRING] = {TREATY_WRITE_STRING, TREATY_WRITE_STRING_IF},
    [TREATY_PROTO_AS_REPLACED] = {TREATY_WRITE_STRING_REPLACE,
                                  TREATY_WRITE_STRING_REPLACE_IF},
    [TREATY_PROTO_AS_BYTES] = {TREATY_WRITE_BYTES, TREATY_WRITE_BYTES_IF},
    [TREATY_PROTO_AS_UINT32] = {TREATY_WRITE_UINT32, TREATY_WRITE_UINT32_IF},
};

static void put_scalar(struct compiler *c, const struct slot *slot)
{
    enum treaty_proto_scalar as =
        treaty_proto_scalar_of(slot->field, &c->options);
    bool makes_room =
        as >= TREATY_PROTO_AS_STRING && as <= TREATY_PROTO_AS_BYTES;
    struct treaty_proto_write op = start(
        slot, slot->always ? scalar_ops[as].always : scalar_ops[as].unless_zero,
        false);

    if (slot->field->ref.enumeration)
        op.arg = numbers_row(c, slot->field->ref.enumeration, slot->spot.type);
    if (!makes_room)
        use_number(c);
    (void)emit(c, &op, slot->name);
    /* What writes nothing leaves the room as it was. */
    if (makes_room && slot->always)
        c->used = 0;
}

static void put_message(struct compiler *c, const struct slot *slot)
{
    const struct treaty_type *type = slot->spot.type;
    bool is_pointer = type->kind == TREATY_KIND_POINTER;
    struct treaty_proto_write op = start(
        slot, is_pointer ? TREATY_WRITE_POINTER : TREATY_WRITE_MESSAGE, false);

    op.arg = enter(c, slot->field->ref.message, is_pointer ? type->item : type);
    if (is_pointer && slot->always)
        op.marks |= TREATY_WRITES_REQUIRED;
    (void)emit(c, &op, slot->name);
    if (!is_pointer || slot->always)
        c->used = 0;
}

static void put_list(struct compiler *c, const struct slot *slot)
{
    const struct treaty_proto_field *field = slot->field;
    const struct treaty_type *type = slot->spot.type;
    bool is_map = type->kind == TREATY_KIND_MAP;
    bool is_packed = field->is_packed && treaty_proto_may_pack(field);
    struct treaty_proto_list_row list = {
        .stride = treaty_type_stride(type),
        .key_size = type->key ? (uint32_t)type->key->size : 0,
        .is_signed = type->key && (type->key->kind == TREATY_KIND_INT32 ||
                                   type->key->kind == TREATY_KIND_INT64),
    };
    struct treaty_proto_write op = start(
        slot, is_packed ? TREATY_WRITE_PACKED : TREATY_WRITE_ITEMS, is_packed);

    if (is_map && c->options.deterministic)
        op.marks |= TREATY_WRITES_SORTED;
    if (field->ref.message) {
        op.code = TREATY_WRITE_MESSAGES;
        list.entry = enter(c, field->ref.message, is_map ? type : type->item);
    } else {
        list.as = treaty_proto_scalar_of(field, &c->options);
    }
    if (field->ref.enumeration)
        list.row = numbers_row(c, field->ref.enumeration, type->item);
    op.arg = row_count(&c->lists, sizeof(list));
    treaty_buf_put_mem(&c->lists, &list, sizeof(list));
    (void)emit(c, &op, slot->name);
}

/* A value, whose flag or branch is seen to. */
static void put_value(struct compiler *c, const struct slot *slot)
{
    size_t mark = treaty_build_push(&c->b, TREATY_STR("/"));

    (void)treaty_build_push(&c->b, slot->name);
    if (treaty_proto_is_many(slot->field))
        put_list(c, slot);
    else if (slot->field->ref.message)
        put_message(c, slot);
    else
        put_scalar(c, slot);
    treaty_build_pop(&c->b, mark);
}

static void put_flagged(struct compiler *c, struct slot *slot)
{
    uint32_t before = c->used;
    uint32_t op;

    if (slot->field->presence == TREATY_PROTO_MUST) {
        (void)emit_plain(c, TREATY_WRITE_REQUIRE, slot->spot.flag_off, 0,
                         slot->name);
        put_value(c, slot);
        return;
    }
    op = emit_plain(c, TREATY_WRITE_UNLESS, slot->spot.flag_off, 0, slot->name);
    put_value(c, slot);
    patch(c, op, here(c));
    if (c->used < before)
        c->used = before;
}

static void refuse(struct compiler *c, const struct treaty_proto_field *field)
{
    if (c->code != TREATY_OK)
        return;
    c->code = treaty_fail(
        c->err, TREATY_EBIND,
        field->parent && field->parent->file->path.len ? TREATY_NO_OFFSET
                                                       : field->pos,
        "the layout has no field \"%.*s\", which the schema requires",
        TREATY_STR_ARG(field->name));
    if (c->err)
        treaty_error_set_path(c->err, treaty_buf_str(&c->b.path));
}

/*
 * Members of one oneof do not lie next to each other in the order of numbers,
 * so each asks for its own branch.
 */
static void put_member(struct compiler *c, struct slot *slot,
                       uint32_t branch_count)
{
    uint32_t before = c->used;
    uint32_t table = row_count(&c->jumps, sizeof(uint32_t));
    uint32_t inside;
    uint32_t after;

    treaty_buf_put_mem(&c->jumps, &branch_count, sizeof(branch_count));
    for (uint32_t i = 0; i < branch_count; i++)
        treaty_buf_put_mem(&c->jumps, &i, sizeof(i));
    (void)emit_plain(c, TREATY_WRITE_CHOOSE, slot->spot.union_off, table,
                     slot->field->oneof->name.len
                         ? keep_name(c, slot->field->oneof->name)
                         : slot->name);
    inside = here(c);
    put_value(c, slot);
    after = here(c);
    if (c->jumps.failed == TREATY_OK) {
        uint32_t *rows = (uint32_t *)(void *)c->jumps.data + table + 1;

        for (uint32_t i = 0; i < branch_count; i++)
            rows[i] = (int32_t)i == slot->spot.branch ? inside : after;
    }
    if (c->used < before)
        c->used = before;
}

/* How many branches the union of a field has: its oneof's members and none. */
static uint32_t branches_of(const struct slot *slot)
{
    return slot->field->oneof->field_count + 1;
}

static void put_field(struct compiler *c,
                      const struct treaty_proto_spots *index,
                      const struct treaty_proto_field *field)
{
    struct slot slot = {.field = field};
    bool in_entry = index->record->kind == TREATY_KIND_MAP;

    treaty_proto_spots_find(index, field, &slot.spot);
    if (!slot.spot.type) {
        if (field->presence == TREATY_PROTO_MUST)
            refuse(c, field);
        return;
    }
    slot.name = keep_name(c, field->name);
    slot.always = in_entry || field->presence != TREATY_PROTO_IMPLICIT;
    if (slot.spot.in_union)
        put_member(c, &slot, branches_of(&slot));
    else if (slot.spot.has_flag)
        put_flagged(c, &slot);
    else
        put_value(c, &slot);
}

static void put_unknown(struct compiler *c, const struct treaty_type *type)
{
    if (c->options.keep_unknown && type->keeps_unknown)
        (void)emit_plain(c, TREATY_WRITE_UNKNOWN, type->unknown_offset, 0,
                         TREATY_STR(""));
}

static void compile_job(struct compiler *c, const struct job *job)
{
    size_t count = 0;
    struct treaty_proto_twins *fields =
        treaty_proto_pair_fields(&c->scratch, NULL, job->message, &count);
    size_t mark = treaty_build_push(&c->b, job->path);
    struct treaty_proto_spots index;
    uint32_t entry = here(c);

    if (!fields || !treaty_proto_spots_init(&index, &c->scratch, job->type)) {
        c->b.failed = true;
        return;
    }
    /* A program starts with the tag and the length that OPEN wrote. */
    c->used = TAG_MAX + 1;
    for (size_t i = 0; i < count; i++)
        put_field(c, &index, fields[i].reader);
    put_unknown(c, job->type);
    (void)emit_plain(c, TREATY_WRITE_END, 0, 0, TREATY_STR(""));
    if (c->entries.failed == TREATY_OK)
        memcpy(c->entries.data + job->number * sizeof(entry), &entry,
               sizeof(entry));
    treaty_build_pop(&c->b, mark);
}

/* Put operations in the place of the numbers of programs. */
static void land(struct compiler *c)
{
    struct treaty_proto_write *writes = (void *)c->writes.data;
    struct treaty_proto_list_row *lists = (void *)c->lists.data;
    const uint32_t *entries = (const void *)c->entries.data;

    if (c->writes.failed != TREATY_OK || c->lists.failed != TREATY_OK ||
        c->entries.failed != TREATY_OK)
        return;
    for (uint32_t i = 0; i < here(c); i++) {
        if (writes[i].code == TREATY_WRITE_MESSAGE ||
            writes[i].code == TREATY_WRITE_POINTER)
            writes[i].arg = entries[writes[i].arg];
        if (writes[i].code == TREATY_WRITE_MESSAGES)
            lists[writes[i].arg].entry = entries[lists[writes[i].arg].entry];
    }
}

static const void *freeze(struct compiler *c, struct treaty_buf *rows)
{
    void *copy = treaty_arena_alloc(&c->b.arena, rows->len ? rows->len : 1);

    if (!copy || rows->failed != TREATY_OK)
        c->b.failed = true;
    else if (rows->len)
        memcpy(copy, rows->data, rows->len);
    treaty_buf_release(rows);
    return copy;
}

static struct treaty_proto_code *freeze_code(struct compiler *c)
{
    struct treaty_proto_code *code =
        TREATY_ARENA_NEW(&c->b.arena, struct treaty_proto_code);
    struct treaty_proto_code tables = {
        .writes = freeze(c, &c->writes),
        .names = freeze(c, &c->names),
        .lists = freeze(c, &c->lists),
        .numbers = freeze(c, &c->numbers),
        .jumps = freeze(c, &c->jumps),
    };

    if (!code || c->entries.failed != TREATY_OK)
        c->b.failed = true;
    treaty_buf_release(&c->entries);
    if (!code)
        return NULL;
    *code = tables; /* the event's program is the first one */
    return code;
}

static enum treaty_code compile(struct compiler *c,
                                const struct treaty_proto_message *message,
                                const struct treaty_type *type,
                                struct treaty_plan **ret)
{
    struct treaty_build_spec spec = {
        .way = TREATY_PLAN_ENCODES,
        .record_size = type->size,
        .options = &c->options,
    };

    treaty_build_init(&c->b);
    treaty_map_init(&c->jobs, &c->scratch);
    treaty_map_init(&c->enums, &c->scratch);
    (void)enter(c, message, type);
    while (c->first_job && !c->b.failed && !c->b.too_large) {
        const struct job *job = c->first_job;

        c->first_job = job->next;
        if (!job->next)
            c->last_job = NULL;
        compile_job(c, job);
    }
    land(c);
    treaty_proto_fuse_writes((void *)c->writes.data, here(c));
    spec.proto = freeze_code(c);
    treaty_arena_release(&c->scratch);
    if (c->code != TREATY_OK && !c->b.failed) {
        treaty_build_release(&c->b);
        return c->code;
    }
    return treaty_build_finish(&c->b, &spec, ret, c->err);
}

enum treaty_code
treaty_proto_encode_plan(const struct treaty_schema *schema,
                         const struct treaty_layout *layout,
                         const struct treaty_plan_options *options,
                         struct treaty_plan **ret, struct treaty_error *err)
{
    const struct treaty_proto_message *message = treaty_proto_part_of(schema);
    struct compiler c = {.err = err};
    enum treaty_code code;

    if (!message)
        return treaty_fail(err, TREATY_ENOMESSAGE, TREATY_NO_OFFSET,
                           "the schema has no message");
    code = treaty_proto_fit(layout->root, message, err);
    if (code != TREATY_OK)
        return code;
    if (options)
        c.options = *options;
    return compile(&c, message, layout->root, ret);
}
