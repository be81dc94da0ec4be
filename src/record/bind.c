/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An application's layout from its table of bindings.
 *
 * The rows make a tree of slots first: one slot a step of a path, whether a
 * row stands for it or not. Types are made of it when all rows are known.
 *
 *     {"customer.name", 8, STRING}     root
 *     {"items", 24, ARRAY}              |- customer        (no row: in place)
 *     {"items[]", 0, RECORD, 24}        |   '- name        at 8
 *     {"items[].qty", 16, INT32}        '- items           at 24
 *                                           '- []          24 bytes each
 *                                               '- qty     at 16
 *
 * Offsets count from the innermost struct, so a record in place is a type of
 * offset 0 that is as large as the struct around it.
 */
#include "record/type.h"

#include "base/error.h"
#include "base/str.h"

struct slot {
    struct treaty_str name; /* "[]" of items, "{}" of map values */
    const struct treaty_binding *row;
    size_t row_number;
    struct slot *first;
    struct slot *last;
    struct slot *next;
    uint32_t count;
};

struct binder {
    struct treaty_arena arena; /* of the layout */
    struct treaty_arena scratch;
    struct slot root;
    struct treaty_error *err;
    enum treaty_code code;
};

/* Remember the first failure and name the row. */
static void refuse(struct binder *b, const struct slot *slot, const char *why)
{
    if (b->code != TREATY_OK)
        return;
    if (!slot->row) {
        b->code = treaty_fail(b->err, TREATY_EBIND, TREATY_NO_OFFSET,
                              "\"%.*s\": %s", TREATY_STR_ARG(slot->name), why);
        return;
    }
    b->code = treaty_fail(b->err, TREATY_EBIND, TREATY_NO_OFFSET,
                          "row %zu, \"%s\": %s", slot->row_number,
                          slot->row->path, why);
    if (b->err)
        treaty_error_set_path(b->err, treaty_str_z(slot->row->path));
}

static void *fail_nomem(struct binder *b)
{
    b->code = treaty_fail_nomem(b->err);
    return NULL;
}

/* Paths. */

static bool is_step_end(char c)
{
    return c == '.' || c == '[' || c == '{';
}

/* Cut the next step off `*path`; false when it is malformed. */
static bool next_step(struct treaty_str *path, bool is_first,
                      struct treaty_str *ret)
{
    size_t len = 0;

    if (treaty_str_starts(*path, TREATY_STR("[]")) ||
        treaty_str_starts(*path, TREATY_STR("{}"))) {
        *ret = treaty_str_sub(*path, 0, 2);
        *path = treaty_str_sub(*path, 2, path->len);
        return !is_first;
    }
    if (!is_first) {
        if (path->data[0] != '.')
            return false;
        *path = treaty_str_sub(*path, 1, path->len);
    }
    while (len < path->len && !is_step_end(path->data[len]))
        len++;
    *ret = treaty_str_sub(*path, 0, len);
    *path = treaty_str_sub(*path, len, path->len);
    return len > 0;
}

static struct slot *find_slot(struct binder *b, struct slot *parent,
                              struct treaty_str name)
{
    struct slot *slot;

    for (slot = parent->first; slot; slot = slot->next) {
        if (treaty_str_eq(slot->name, name))
            return slot;
    }
    slot = TREATY_ARENA_NEW(&b->scratch, struct slot);
    if (!slot)
        return fail_nomem(b);
    slot->name = name;
    if (parent->last)
        parent->last->next = slot;
    else
        parent->first = slot;
    parent->last = slot;
    parent->count++;
    return slot;
}

static void add_row(struct binder *b, const struct treaty_binding *row,
                    size_t number)
{
    struct slot wrong = {.row = row, .row_number = number};
    struct treaty_str path = treaty_str_z(row->path);
    struct slot *slot = &b->root;
    bool is_first = true;

    if (path.len == 0) {
        refuse(b, &wrong, "the path is empty");
        return;
    }
    while (path.len) {
        struct treaty_str step;

        if (!next_step(&path, is_first, &step)) {
            refuse(b, &wrong, "the path is malformed");
            return;
        }
        slot = find_slot(b, slot, step);
        if (!slot)
            return;
        is_first = false;
    }
    if (slot->row) {
        refuse(b, &wrong, "the path was bound by an earlier row");
        return;
    }
    slot->row = row;
    slot->row_number = number;
}

/* Types. `room` is the size of the struct that offsets count in. */

static const struct treaty_type *
make_type(struct binder *b, const struct slot *slot, size_t room, size_t base);

static struct treaty_type *new_type(struct binder *b, enum treaty_kind kind)
{
    struct treaty_type *type = TREATY_ARENA_NEW(&b->arena, struct treaty_type);

    if (!type)
        return fail_nomem(b);
    type->kind = kind;
    return type;
}

static const struct treaty_type *make_enum(struct binder *b,
                                           const struct slot *slot)
{
    struct treaty_type *type = new_type(b, TREATY_KIND_ENUM);
    const char *const *names = slot->row->symbols;
    struct treaty_str *symbols;
    uint32_t count = 0;

    if (!names) {
        refuse(b, slot, "an enum needs the list of its symbols");
        return NULL;
    }
    while (names[count])
        count++;
    symbols = TREATY_ARENA_NEW_N(&b->arena, struct treaty_str, count + 1);
    if (!type || !symbols)
        return fail_nomem(b);
    for (uint32_t i = 0; i < count; i++) {
        symbols[i] = treaty_arena_dup(&b->arena, treaty_str_z(names[i]));
        if (!symbols[i].data)
            return fail_nomem(b);
    }
    type->symbols = symbols;
    type->symbol_count = count;
    treaty_type_place(type, NULL);
    return type;
}

/* Where the value of an optional and its flag start, whichever is first. */
static size_t start_of(const struct slot *slot, size_t base)
{
    size_t at = slot->row ? slot->row->offset : base;

    if (slot->row && slot->row->kind == TREATY_KIND_RECORD)
        at = base;
    if (slot->row && slot->row->optional && slot->row->flag_offset < at)
        at = slot->row->flag_offset;
    return at;
}

static const struct treaty_type *
make_record(struct binder *b, const struct slot *slot, size_t room, size_t base)
{
    struct treaty_type *type = new_type(b, TREATY_KIND_RECORD);
    struct treaty_field *fields =
        TREATY_ARENA_NEW_N(&b->arena, struct treaty_field, slot->count);
    uint32_t i = 0;

    if (!type || !fields)
        return fail_nomem(b);
    for (const struct slot *part = slot->first; part; part = part->next) {
        fields[i].name = treaty_arena_dup(&b->arena, part->name);
        fields[i].type = make_type(b, part, room, base);
        fields[i].offset = start_of(part, base) - base;
        if (!fields[i].name.data)
            return fail_nomem(b);
        if (!fields[i].type)
            return NULL;
        i++;
    }
    type->fields = fields;
    type->field_count = slot->count;
    type->align = 1;
    type->size = room - base;
    return type;
}

static const struct slot *only_child(struct binder *b, const struct slot *slot,
                                     const char *name, const char *why)
{
    if (slot->count == 1 && treaty_str_eq_z(slot->first->name, name))
        return slot->first;
    refuse(b, slot, why);
    return NULL;
}

/* The struct of an item: what a record's row says, else the value alone. */
static const struct treaty_type *make_item(struct binder *b,
                                           const struct slot *slot, size_t base)
{
    const struct treaty_binding *row = slot->row;
    size_t room = SIZE_MAX;

    if (!row) {
        refuse(b, slot,
               "the items of an array and the values of a map need a "
               "row of their own");
        return NULL;
    }
    if (row->kind == TREATY_KIND_RECORD) {
        room = row->size;
        if (room <= base) {
            refuse(b, slot, "the size of its struct is missing");
            return NULL;
        }
    } else if (start_of(slot, base) != base) {
        refuse(b, slot,
               "an item starts at 0, and the value of a map behind "
               "the key");
        return NULL;
    }
    return make_type(b, slot, room, base);
}

static const struct treaty_type *make_items(struct binder *b,
                                            const struct slot *slot)
{
    bool is_map = slot->row->kind == TREATY_KIND_MAP;
    struct treaty_type *type = new_type(b, slot->row->kind);
    const struct slot *item =
        is_map ? only_child(b, slot, "{}",
                            "a map needs a row for its values, "
                            "PATH{}, and no other")
               : only_child(b, slot, "[]",
                            "an array needs a row for its "
                            "items, PATH[], and no other");

    if (!type || !item)
        return NULL;
    type->item = make_item(b, item, is_map ? sizeof(struct treaty_str) : 0);
    if (!type->item)
        return NULL;
    treaty_type_place(type, NULL);
    return type;
}

static const struct treaty_type *make_leaf(struct binder *b,
                                           const struct slot *slot)
{
    enum treaty_kind kind = slot->row->kind;
    struct treaty_type *type;

    if (kind == TREATY_KIND_UNION || kind == TREATY_KIND_POINTER ||
        kind == TREATY_KIND_OPTIONAL) {
        refuse(b, slot,
               "unions and pointers cannot be bound by a table; an "
               "optional value is bound by its own kind and a flag");
        return NULL;
    }
    type = new_type(b, kind);
    if (!type)
        return NULL;
    type->size = slot->row->size; /* of a FIXED; others get theirs */
    treaty_type_place(type, NULL);
    return type;
}

/* The value without its flag. */
static const struct treaty_type *
make_value(struct binder *b, const struct slot *slot, size_t room, size_t base)
{
    enum treaty_kind kind = slot->row ? slot->row->kind : TREATY_KIND_RECORD;

    if (kind == TREATY_KIND_RECORD)
        return make_record(b, slot, room, base);
    if (kind == TREATY_KIND_ARRAY || kind == TREATY_KIND_MAP)
        return make_items(b, slot);
    if (slot->count) {
        refuse(b, slot, "only records, arrays and maps have parts");
        return NULL;
    }
    if (kind == TREATY_KIND_ENUM)
        return make_enum(b, slot);
    return make_leaf(b, slot);
}

static bool lies_in(size_t at, size_t size, size_t room)
{
    return at <= room && size <= room - at;
}

static bool check_place(struct binder *b, const struct slot *slot,
                        const struct treaty_type *type, size_t room,
                        size_t base)
{
    const struct treaty_binding *row = slot->row;

    if (!row || row->kind == TREATY_KIND_RECORD)
        return true;
    if (row->offset < base || !lies_in(row->offset, type->size, room))
        refuse(b, slot, "it lies outside its struct");
    else if (row->offset % type->align)
        refuse(b, slot, "its offset is not aligned");
    return b->code == TREATY_OK;
}

static const struct treaty_type *make_optional(struct binder *b,
                                               const struct slot *slot,
                                               const struct treaty_type *item,
                                               size_t room, size_t base)
{
    struct treaty_type *type = new_type(b, TREATY_KIND_OPTIONAL);
    size_t start = start_of(slot, base);
    bool is_record = item->kind == TREATY_KIND_RECORD;
    size_t value_end;

    if (!type)
        return NULL;
    if (slot->row->flag_offset < base ||
        !lies_in(slot->row->flag_offset, sizeof(bool), room)) {
        refuse(b, slot, "its flag lies outside its struct");
        return NULL;
    }
    type->item = item;
    type->flag_offset = slot->row->flag_offset - start;
    type->value_offset = (is_record ? base : slot->row->offset) - start;
    type->align = item->align;
    value_end = type->value_offset + item->size;
    type->size = type->flag_offset + sizeof(bool);
    if (type->size < value_end)
        type->size = value_end;
    type->size = (type->size + type->align - 1) / type->align * type->align;
    return type;
}

static const struct treaty_type *
make_type(struct binder *b, const struct slot *slot, size_t room, size_t base)
{
    const struct treaty_type *value = make_value(b, slot, room, base);

    if (!value || !check_place(b, slot, value, room, base))
        return NULL;
    if (slot->row && slot->row->optional)
        return make_optional(b, slot, value, room, base);
    return value;
}

enum treaty_code treaty_layout_from_bindings(const struct treaty_binding *rows,
                                             size_t count, size_t size,
                                             struct treaty_layout **ret,
                                             struct treaty_error *err)
{
    struct binder b = {.err = err};
    const struct treaty_type *root = NULL;

    for (size_t i = 0; i < count && b.code == TREATY_OK; i++)
        add_row(&b, &rows[i], i);
    if (b.code == TREATY_OK)
        root = make_record(&b, &b.root, size, 0);
    if (root && b.code == TREATY_OK)
        b.code = treaty_layout_make(&b.arena, root, ret, err);
    treaty_arena_release(&b.scratch);
    treaty_arena_release(&b.arena);
    return b.code;
}
