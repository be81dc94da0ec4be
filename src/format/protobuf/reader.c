/* SPDX-License-Identifier: Apache-2.0 */
#include "format/protobuf/reader.h"

#include "base/error.h"

enum {
    GROUP_DEPTH_MAX = 100,
    NUMBER_MAX = 536870911,
};

void treaty_proto_reader_fail(struct treaty_proto_reader *r, const char *at,
                              const char *format, ...)
{
    va_list args;

    if (r->code != TREATY_OK)
        return;
    va_start(args, format);
    r->code = treaty_fail_v(r->err, TREATY_ESCHEMA,
                            (size_t)(at - r->input.data), format, args);
    va_end(args);
}

static void fail_nomem(struct treaty_proto_reader *r)
{
    if (r->code == TREATY_OK)
        r->code = treaty_fail_nomem(r->err);
}

void *treaty_proto_reader_make(struct treaty_proto_reader *r, size_t size)
{
    void *made = treaty_arena_calloc(r->arena, 1, size);

    if (!made)
        fail_nomem(r);
    return made;
}

/* Room doubles whenever the count reaches a power of two. */
void *treaty_proto_reader_push(struct treaty_proto_reader *r, void *items,
                               uint32_t *count, size_t size)
{
    void **array = items;
    uint32_t used = *count;

    if (r->code != TREATY_OK)
        return NULL;
    if ((used & (used - 1)) == 0) {
        size_t room = used ? (size_t)used * 2 : 1;
        void *grown = treaty_arena_calloc(r->arena, room, size);

        if (!grown) {
            fail_nomem(r);
            return NULL;
        }
        if (used)
            memcpy(grown, *array, used * size);
        *array = grown;
    }
    *count = used + 1;
    return (char *)*array + used * size;
}

static uint64_t read_varint(struct treaty_proto_reader *r,
                            struct treaty_str *rest)
{
    const char *start = rest->data;
    uint64_t value = 0;

    for (int shift = 0; shift < 70; shift += 7) {
        unsigned char byte;

        if (rest->len == 0) {
            treaty_proto_reader_fail(r, start,
                                     "the input ends within a number");
            return 0;
        }
        byte = (unsigned char)*rest->data;
        *rest = treaty_str_sub(*rest, 1, rest->len);
        if (shift == 63 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    treaty_proto_reader_fail(r, start, "a number has more than 64 bits");
    return 0;
}

static struct treaty_str cut(struct treaty_proto_reader *r,
                             struct treaty_str *rest, uint64_t len)
{
    struct treaty_str bytes;

    if (len > rest->len) {
        treaty_proto_reader_fail(r, rest->data,
                                 "%llu bytes are announced, and %zu are left",
                                 (unsigned long long)len, rest->len);
        return (struct treaty_str){0};
    }
    bytes = treaty_str_sub(*rest, 0, (size_t)len);
    *rest = treaty_str_sub(*rest, (size_t)len, rest->len);
    return bytes;
}

static uint64_t read_fixed(struct treaty_proto_reader *r,
                           struct treaty_str *rest, size_t size)
{
    struct treaty_str bytes = cut(r, rest, size);
    uint64_t value = 0;

    for (size_t i = 0; i < bytes.len; i++)
        value |= (uint64_t)(unsigned char)bytes.data[i] << (8 * i);
    return value;
}

static void read_tag(struct treaty_proto_reader *r, struct treaty_str *rest,
                     struct treaty_proto_wire_field *ret)
{
    uint64_t tag;

    ret->start = rest->data;
    tag = read_varint(r, rest);
    ret->number = (uint32_t)(tag >> 3);
    ret->wire = (enum treaty_wire_type)(tag & 7);
    if (tag >> 3 == 0 || tag >> 3 > NUMBER_MAX)
        treaty_proto_reader_fail(r, ret->start, "no field has the number %llu",
                                 (unsigned long long)(tag >> 3));
    else if ((tag & 7) > TREATY_WIRE_32)
        treaty_proto_reader_fail(r, ret->start, "there is no wire type %u",
                                 (unsigned)(tag & 7));
}

/* All but groups. */
static void read_value(struct treaty_proto_reader *r, struct treaty_str *rest,
                       struct treaty_proto_wire_field *f)
{
    if (f->wire == TREATY_WIRE_VARINT)
        f->value = read_varint(r, rest);
    else if (f->wire == TREATY_WIRE_64)
        f->value = read_fixed(r, rest, 8);
    else if (f->wire == TREATY_WIRE_32)
        f->value = read_fixed(r, rest, 4);
    else if (f->wire == TREATY_WIRE_LEN)
        f->bytes = cut(r, rest, read_varint(r, rest));
}

/* Skip what a group holds, up to its end. */
static void skip_group(struct treaty_proto_reader *r, struct treaty_str *rest,
                       const struct treaty_proto_wire_field *group)
{
    uint32_t open[GROUP_DEPTH_MAX] = {group->number};
    size_t depth = 1;

    while (depth && r->code == TREATY_OK) {
        struct treaty_proto_wire_field f = {0};

        if (rest->len == 0) {
            treaty_proto_reader_fail(r, group->start,
                                     "a group is never closed");
            return;
        }
        read_tag(r, rest, &f);
        if (f.wire == TREATY_WIRE_GROUP_END) {
            if (f.number != open[--depth])
                treaty_proto_reader_fail(r, f.start,
                                         "the end of another group");
        } else if (f.wire != TREATY_WIRE_GROUP) {
            read_value(r, rest, &f);
        } else if (depth == GROUP_DEPTH_MAX) {
            treaty_proto_reader_fail(r, f.start,
                                     "groups are nested too deeply");
        } else {
            open[depth++] = f.number;
        }
    }
}

bool treaty_proto_reader_next(struct treaty_proto_reader *r,
                              struct treaty_str *rest,
                              struct treaty_proto_wire_field *ret)
{
    if (rest->len == 0 || r->code != TREATY_OK)
        return false;
    *ret = (struct treaty_proto_wire_field){0};
    read_tag(r, rest, ret);
    if (r->code != TREATY_OK)
        return false;
    if (ret->wire == TREATY_WIRE_GROUP_END)
        treaty_proto_reader_fail(r, ret->start,
                                 "a group ends that never began");
    else if (ret->wire == TREATY_WIRE_GROUP)
        skip_group(r, rest, ret);
    else
        read_value(r, rest, ret);
    return r->code == TREATY_OK;
}

static const struct treaty_proto_rule *
find_rule(struct treaty_proto_reader *r, const struct treaty_proto_rule *rules,
          const struct treaty_proto_wire_field *f)
{
    bool is_known = false;

    for (; rules->take; rules++) {
        if (rules->number == f->number && rules->wire == f->wire)
            return rules;
        is_known = is_known || rules->number == f->number;
    }
    if (is_known)
        treaty_proto_reader_fail(
            r, f->start,
            "field %u has the wire type %u, which does not "
            "fit it",
            f->number, (unsigned)f->wire);
    return NULL;
}

void treaty_proto_reader_run(struct treaty_proto_reader *r,
                             struct treaty_str bytes,
                             const struct treaty_proto_rule *rules, void *to)
{
    struct treaty_proto_wire_field f;

    if (r->depth == r->depth_max) {
        treaty_proto_reader_fail(r, bytes.data, "nested too deeply");
        return;
    }
    r->depth++;
    while (treaty_proto_reader_next(r, &bytes, &f)) {
        const struct treaty_proto_rule *rule = find_rule(r, rules, &f);

        if (rule)
            rule->take(r, to, &f);
    }
    r->depth--;
}
