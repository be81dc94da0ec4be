/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/str.h"
#include "record/text.h"

/*
 * Where a path has led so far. A path is walked step by step: a name goes into
 * a record, `[n]` into an array, `{key}` into a map; optionals, unions and
 * pointers are passed through without a step of their own.
 */
struct place {
    const struct treaty_type *type;
    const char *at; /* NULL: the value is absent */
};

struct walk {
    struct treaty_str path;
    size_t pos;
    struct place place;
    struct treaty_error *err;
};

static enum treaty_code refuse(struct walk *w, const char *why)
{
    return treaty_fail(w->err, TREATY_EUSAGE, w->pos, "path \"%.*s\": %s",
                       TREATY_STR_ARG(w->path), why);
}

/* Pass what has no step in a path. False when a null is met. */
static bool pass_through(struct place *place)
{
    while (place->at) {
        const struct treaty_type *type = place->type;
        int32_t branch;

        switch (type->kind) {
        case TREATY_KIND_OPTIONAL:
            if (!place->at[type->flag_offset])
                return false;
            *place = (struct place){type->item, place->at + type->value_offset};
            break;
        case TREATY_KIND_POINTER:
            place->type = type->item;
            memcpy(&place->at, place->at, sizeof(place->at));
            break;
        case TREATY_KIND_UNION:
            memcpy(&branch, place->at, sizeof(branch));
            if (branch < 0 || (uint32_t)branch >= type->field_count)
                return false;
            *place = (struct place){type->fields[branch].type,
                                    place->at + type->fields[branch].offset};
            break;
        default:
            return type->kind != TREATY_KIND_NULL;
        }
    }
    return false;
}

static enum treaty_code step_name(struct walk *w)
{
    size_t from = w->pos;
    struct treaty_str name;

    while (w->pos < w->path.len && !strchr(".[{", w->path.data[w->pos]))
        w->pos++;
    name = treaty_str_sub(w->path, from, w->pos - from);
    if (w->place.type->kind != TREATY_KIND_RECORD)
        return refuse(w, "only a record has fields");
    for (uint32_t i = 0; i < w->place.type->field_count; i++) {
        const struct treaty_field *field = &w->place.type->fields[i];

        if (!treaty_str_eq(field->name, name))
            continue;
        w->place = (struct place){field->type, w->place.at + field->offset};
        return TREATY_OK;
    }
    w->pos = from;
    return refuse(w, "there is no such field");
}

static bool closed_part(struct walk *w, char close, struct treaty_str *ret)
{
    struct treaty_str rest = treaty_str_sub(w->path, w->pos + 1, SIZE_MAX);

    ret->len = treaty_str_find(rest, close);
    ret->data = rest.data;
    if (ret->len == rest.len)
        return false;
    w->pos += ret->len + 2;
    return true;
}

static enum treaty_code step_index(struct walk *w)
{
    size_t from = w->pos;
    struct treaty_array array;
    struct treaty_str digits;
    uint64_t index;

    if (w->place.type->kind != TREATY_KIND_ARRAY)
        return refuse(w, "only an array has items");
    if (!closed_part(w, ']', &digits) || !treaty_str_to_u64(digits, &index)) {
        w->pos = from;
        return refuse(w, "expected [NUMBER]");
    }
    memcpy(&array, w->place.at, sizeof(array));
    if (index >= array.count) {
        w->place.at = NULL;
        return TREATY_OK;
    }
    w->place.at =
        (const char *)array.items + index * treaty_type_stride(w->place.type);
    w->place.type = w->place.type->item;
    return TREATY_OK;
}

/* Keys of other kinds are written as in JSON: "-7", "true". */
static bool is_key(const struct treaty_type *key, const char *at,
                   struct treaty_str text)
{
    struct treaty_str have;
    struct treaty_buf buf;
    bool same;

    if (!key || key->kind == TREATY_KIND_STRING) {
        memcpy(&have, at, sizeof(have));
        return treaty_str_eq(have, text);
    }
    treaty_buf_init(&buf, 0);
    treaty_record_write(&buf, key, at, TREATY_TEXT_PLAIN);
    same = treaty_str_eq(treaty_buf_str(&buf), text);
    treaty_buf_release(&buf);
    return same;
}

/* The last entry with the key: what a reader of a map keeps. */
static enum treaty_code step_key(struct walk *w)
{
    const struct treaty_type *type = w->place.type;
    struct treaty_array array;
    struct treaty_str key;

    if (type->kind != TREATY_KIND_MAP)
        return refuse(w, "only a map has keys");
    if (!closed_part(w, '}', &key))
        return refuse(w, "expected {KEY}");
    memcpy(&array, w->place.at, sizeof(array));
    w->place.at = NULL;
    for (size_t i = array.count; i-- > 0 && !w->place.at;) {
        const char *entry =
            (const char *)array.items + i * treaty_type_stride(type);

        if (is_key(type->key, entry, key))
            w->place = (struct place){type->item, entry + type->value_offset};
    }
    return TREATY_OK;
}

static enum treaty_code take_step(struct walk *w)
{
    switch (w->path.data[w->pos]) {
    case '[':
        return step_index(w);
    case '{':
        return step_key(w);
    case '.':
        w->pos++;
        return step_name(w);
    default:
        return step_name(w);
    }
}

/* Copy a scalar out of place, widened. */
static void load_number(const struct place *place, struct treaty_value *ret)
{
    int32_t i32;
    uint32_t u32;
    float f32;

    switch (place->type->kind) {
    case TREATY_KIND_BOOL:
        ret->as.i64 = *place->at != 0;
        return;
    case TREATY_KIND_INT32:
        memcpy(&i32, place->at, sizeof(i32));
        ret->as.i64 = i32;
        return;
    case TREATY_KIND_UINT32:
        memcpy(&u32, place->at, sizeof(u32));
        ret->as.u64 = u32;
        return;
    case TREATY_KIND_FLOAT:
        memcpy(&f32, place->at, sizeof(f32));
        ret->as.f64 = (double)f32;
        return;
    case TREATY_KIND_DOUBLE:
        memcpy(&ret->as.f64, place->at, sizeof(ret->as.f64));
        return;
    default: /* the 64-bit integers */
        memcpy(&ret->as.i64, place->at, sizeof(ret->as.i64));
        return;
    }
}

static void load_enum(const struct place *place, struct treaty_value *ret)
{
    struct treaty_enum value;

    memcpy(&value, place->at, sizeof(value));
    ret->as.enumeration = value;
    ret->symbol = (struct treaty_str){0};
    if (value.symbol >= 0 && (uint32_t)value.symbol < place->type->symbol_count)
        ret->symbol = place->type->symbols[value.symbol];
}

static void load(const struct place *place, struct treaty_value *ret)
{
    struct treaty_value value = {.kind = place->type->kind, .at = place->at};

    switch (place->type->kind) {
    case TREATY_KIND_STRING:
    case TREATY_KIND_BYTES:
        memcpy(&value.as.str, place->at, sizeof(value.as.str));
        break;
    case TREATY_KIND_FIXED:
        value.as.str = (struct treaty_str){place->at, place->type->size};
        break;
    case TREATY_KIND_ENUM:
        load_enum(place, &value);
        break;
    case TREATY_KIND_ARRAY:
    case TREATY_KIND_MAP:
        memcpy(&value.as.array, place->at, sizeof(value.as.array));
        break;
    case TREATY_KIND_RECORD:
        break;
    default:
        load_number(place, &value);
        break;
    }
    *ret = value;
}

enum treaty_code treaty_record_get(const struct treaty_layout *layout,
                                   const void *record, const char *path,
                                   struct treaty_value *ret,
                                   struct treaty_error *err)
{
    struct walk w = {.path = treaty_str_z(path), .err = err};
    enum treaty_code code = TREATY_OK;
    bool there;

    w.place = (struct place){layout->root, record};
    there = pass_through(&w.place);
    while (there && w.pos < w.path.len && !code) {
        code = take_step(&w);
        there = !code && pass_through(&w.place);
    }
    if (code)
        return code;
    if (there)
        load(&w.place, ret);
    else
        *ret = (struct treaty_value){.kind = TREATY_KIND_NULL};
    return TREATY_OK;
}
