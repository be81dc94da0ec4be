/* SPDX-License-Identifier: Apache-2.0 */
#include "format/avro/java_json.h"

#include "base/map.h"
#include "base/str.h"

#include <math.h>

enum { FEW_MEMBERS = 8 }; /* up to here names are compared one by one */

struct treaty_str treaty_java_keep_str(const struct treaty_java_keep *keep,
                                       struct treaty_str s)
{
    uintptr_t from = (uintptr_t)keep->text.data;
    uintptr_t at = (uintptr_t)s.data;

    if (s.data && at >= from && at <= from + keep->text.len)
        return s;
    return treaty_arena_dup(keep->arena, s);
}

/* Put `member` in the place of one with its name, or at the end. */
static void add_member(const struct treaty_json **list, uint32_t *count,
                       const struct treaty_json *member)
{
    for (uint32_t i = 0; i < *count; i++) {
        if (treaty_str_eq(list[i]->name, member->name)) {
            list[i] = member;
            return;
        }
    }
    list[(*count)++] = member;
}

static bool add_members_by_map(struct treaty_arena *arena,
                               const struct treaty_json **list, uint32_t *count,
                               const struct treaty_json *object)
{
    struct treaty_map seen;

    treaty_map_init(&seen, arena);
    for (const struct treaty_json *m = object->child; m; m = m->next) {
        const struct treaty_json **slot = treaty_map_find(&seen, m->name);

        if (!slot) {
            slot = &list[(*count)++];
            if (treaty_map_put(&seen, m->name, (void *)slot) != TREATY_OK)
                return false;
        }
        *slot = m;
    }
    return true;
}

const struct treaty_json **treaty_java_members(struct treaty_arena *arena,
                                               const struct treaty_json *object,
                                               uint32_t *ret_count)
{
    const struct treaty_json **list = TREATY_ARENA_NEW_N(
        arena, const struct treaty_json *, object->count + 1);
    uint32_t count = 0;

    if (!list)
        return NULL;
    if (object->count > FEW_MEMBERS) {
        if (!add_members_by_map(arena, list, &count, object))
            return NULL;
    } else {
        for (const struct treaty_json *m = object->child; m; m = m->next)
            add_member(list, &count, m);
    }
    *ret_count = count;
    return list;
}

/* What Java prints for a double; the words are those that JSON lacks. */
static struct treaty_str spell_double(struct treaty_arena *arena, double value)
{
    struct treaty_buf out;
    struct treaty_str text = {0};

    if (isnan(value))
        return TREATY_STR("NaN");
    if (isinf(value))
        return value > 0 ? TREATY_STR("Infinity") : TREATY_STR("-Infinity");
    treaty_buf_init(&out, 0);
    treaty_json_put_double(&out, value);
    if (treaty_buf_status(&out, NULL) == TREATY_OK)
        text = treaty_arena_dup(arena, treaty_buf_str(&out));
    treaty_buf_release(&out);
    return text;
}

static bool keep_number(const struct treaty_java_keep *keep,
                        const struct treaty_json *value,
                        struct treaty_json *copy)
{
    double number;

    if (value->is_integer) {
        copy->text = treaty_str_eq_z(value->text, "-0")
                         ? TREATY_STR("0")
                         : treaty_java_keep_str(keep, value->text);
        return copy->text.data != NULL;
    }
    if (!treaty_json_to_double(value, &number))
        return false;
    copy->text = spell_double(keep->arena, number);
    return copy->text.data != NULL;
}

static struct treaty_json *new_copy(const struct treaty_java_keep *keep,
                                    const struct treaty_json *value)
{
    struct treaty_json *copy =
        TREATY_ARENA_NEW(keep->arena, struct treaty_json);

    if (!copy)
        return NULL;
    *copy = *value;
    copy->child = NULL;
    copy->next = NULL;
    copy->count = 0;
    if (keep->no_positions) {
        copy->pos = TREATY_NO_OFFSET;
        copy->end = TREATY_NO_OFFSET;
        copy->name_pos = TREATY_NO_OFFSET;
    }
    return copy;
}

/* The children that count: all of an array's. */
static const struct treaty_json **list_children(struct treaty_arena *arena,
                                                const struct treaty_json *value,
                                                uint32_t *ret_count)
{
    const struct treaty_json **list;
    uint32_t count = 0;

    if (value->kind == TREATY_JSON_OBJECT)
        return treaty_java_members(arena, value, ret_count);
    list =
        TREATY_ARENA_NEW_N(arena, const struct treaty_json *, value->count + 1);
    if (!list)
        return NULL;
    for (const struct treaty_json *c = value->child; c; c = c->next)
        list[count++] = c;
    *ret_count = count;
    return list;
}

static struct treaty_json *keep_value(const struct treaty_java_keep *keep,
                                      const struct treaty_json *value);

static bool keep_children(const struct treaty_java_keep *keep,
                          const struct treaty_json *value,
                          struct treaty_json *copy)
{
    uint32_t count = 0;
    const struct treaty_json **list = list_children(keep->arena, value, &count);
    struct treaty_json *last = NULL;

    for (uint32_t i = 0; list && i < count; i++) {
        struct treaty_json *child = keep_value(keep, list[i]);

        if (!child)
            return false;
        child->name = treaty_java_keep_str(keep, list[i]->name);
        if (list[i]->name.data && !child->name.data)
            return false;
        if (last)
            last->next = child;
        else
            copy->child = child;
        last = child;
    }
    copy->count = count;
    return list != NULL;
}

/* The name of the copy is left to the caller. */
static struct treaty_json *keep_value(const struct treaty_java_keep *keep,
                                      const struct treaty_json *value)
{
    struct treaty_json *copy = new_copy(keep, value);
    bool ok = copy != NULL;

    if (!ok)
        return NULL;
    switch (value->kind) {
    case TREATY_JSON_NULL:
    case TREATY_JSON_BOOL:
        break;
    case TREATY_JSON_NUMBER:
        ok = keep_number(keep, value, copy);
        break;
    case TREATY_JSON_STRING:
        copy->text = treaty_java_keep_str(keep, value->text);
        ok = copy->text.data != NULL;
        break;
    case TREATY_JSON_ARRAY:
    case TREATY_JSON_OBJECT:
        ok = keep_children(keep, value, copy);
        break;
    }
    return ok ? copy : NULL;
}

const struct treaty_json *
treaty_java_keep_json(const struct treaty_java_keep *keep,
                      const struct treaty_json *value)
{
    struct treaty_json *copy = keep_value(keep, value);

    if (copy)
        copy->name = (struct treaty_str){0};
    return copy;
}

bool treaty_java_parse_double(struct treaty_str text, double *ret)
{
    struct treaty_str s = treaty_str_trim(text);
    bool negative = s.len && s.data[0] == '-';

    if (s.len && (s.data[0] == '-' || s.data[0] == '+'))
        s = treaty_str_sub(s, 1, s.len);
    if (treaty_str_eq_z(s, "NaN")) {
        *ret = (double)NAN;
        return true;
    }
    if (treaty_str_eq_z(s, "Infinity")) {
        *ret = negative ? -(double)INFINITY : (double)INFINITY;
        return true;
    }
    if (s.len && memchr("fFdD", s.data[s.len - 1], 4))
        s.len--;
    if (s.len == 0 || s.data[0] == '-' || s.data[0] == '+' ||
        !treaty_str_to_double(s, ret))
        return false;
    if (negative)
        *ret = -*ret;
    return true;
}

const struct treaty_json *
treaty_java_number(const struct treaty_java_keep *keep, double value,
                   const struct treaty_json *at)
{
    struct treaty_json *number = new_copy(keep, at);

    if (!number)
        return NULL;
    number->kind = TREATY_JSON_NUMBER;
    number->is_integer = false;
    number->name = (struct treaty_str){0};
    number->text = spell_double(keep->arena, value);
    return number->text.data ? number : NULL;
}

/* A letter shows a word: NaN, Infinity, -Infinity. */
static void put_number(struct treaty_buf *out, struct treaty_str text)
{
    char last = text.data[text.len - 1];

    if (last >= '0' && last <= '9')
        treaty_buf_put(out, text);
    else
        treaty_json_quote(out, text);
}

void treaty_java_json_put(struct treaty_buf *out,
                          const struct treaty_json *value)
{
    const bool is_object = value->kind == TREATY_JSON_OBJECT;

    if (value->kind == TREATY_JSON_NUMBER) {
        put_number(out, value->text);
        return;
    }
    if (!is_object && value->kind != TREATY_JSON_ARRAY) {
        treaty_json_write(out, value);
        return;
    }
    treaty_buf_put_c(out, is_object ? '{' : '[');
    for (const struct treaty_json *c = value->child; c; c = c->next) {
        if (c != value->child)
            treaty_buf_put_c(out, ',');
        if (is_object) {
            treaty_json_quote(out, c->name);
            treaty_buf_put_c(out, ':');
        }
        treaty_java_json_put(out, c);
    }
    treaty_buf_put_c(out, is_object ? '}' : ']');
}
