/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/proto_reference.h"

#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"

struct message;

/* One value: a number, text, or a message. */
struct value {
    uint64_t number;
    struct treaty_str text;
    struct message *message;
    struct value *next;
};

/* What was read of a field; a single one keeps one value. */
struct values {
    struct value *first;
    struct value *last;
};

struct message {
    const struct treaty_proto_message *type;
    struct values *fields;  /* by position in the type */
    struct treaty_buf kept; /* as printed */
    size_t kept_end;        /* behind the last piece, in the payload */
    struct message *other;  /* of all that were made */
};

struct reader {
    struct treaty_arena arena;
    const char *start; /* of the payload */
    struct message *all;
    bool failed;
};

static bool read_message(struct reader *r, struct message *m,
                         struct treaty_str *in, uint32_t group);

static uint64_t fail(struct reader *r)
{
    r->failed = true;
    return 0;
}

static uint64_t varint(struct reader *r, struct treaty_str *in)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < 10 && in->len; i++) {
        uint8_t byte = (uint8_t)*in->data;

        in->data++;
        in->len--;
        if (i == 9 && byte > 1)
            return fail(r);
        value |= (uint64_t)(byte & 127) << (7 * i);
        if (byte < 128)
            return value;
    }
    return fail(r);
}

static struct treaty_str cut(struct reader *r, struct treaty_str *in,
                             uint64_t len)
{
    struct treaty_str piece = {in->data, 0};

    if (len > in->len) {
        (void)fail(r);
        return piece;
    }
    piece.len = (size_t)len;
    in->data += len;
    in->len -= (size_t)len;
    return piece;
}

static uint64_t fixed(struct reader *r, struct treaty_str *in, size_t len)
{
    struct treaty_str piece = cut(r, in, len);
    uint64_t value = 0;

    for (size_t i = 0; i < piece.len; i++)
        value |= (uint64_t)(uint8_t)piece.data[i] << (8 * i);
    return value;
}

static void skip(struct reader *r, struct treaty_str *in, uint32_t tag)
{
    struct message none = {0};

    switch (tag & 7) {
    case 0:
        (void)varint(r, in);
        return;
    case 1:
        (void)cut(r, in, 8);
        return;
    case 2:
        (void)cut(r, in, varint(r, in));
        return;
    case 3:
        (void)read_message(r, &none, in, tag >> 3);
        return;
    case 5:
        (void)cut(r, in, 4);
        return;
    default:
        (void)fail(r);
        return;
    }
}

static uint32_t wire_of(const struct treaty_proto_field *field)
{
    if (field->is_delimited)
        return 3;
    if (field->ref.message)
        return 2;
    if (field->ref.enumeration)
        return 0;
    switch (field->ref.type) {
    case TREATY_PROTO_DOUBLE:
    case TREATY_PROTO_FIXED64:
    case TREATY_PROTO_SFIXED64:
        return 1;
    case TREATY_PROTO_FLOAT:
    case TREATY_PROTO_FIXED32:
    case TREATY_PROTO_SFIXED32:
        return 5;
    case TREATY_PROTO_STRING:
    case TREATY_PROTO_BYTES:
        return 2;
    default:
        return 0;
    }
}

static bool is_many(const struct treaty_proto_field *field)
{
    return field->presence == TREATY_PROTO_MANY;
}

static struct message *new_message(struct reader *r,
                                   const struct treaty_proto_message *type)
{
    struct message *m = TREATY_ARENA_NEW(&r->arena, struct message);

    m->type = type;
    m->fields =
        TREATY_ARENA_NEW_N(&r->arena, struct values, type->field_count + 1);
    m->other = r->all;
    r->all = m;
    return m;
}

/* A new value; of a field that is not repeated the only one. */
static struct value *add(struct reader *r, struct message *m, uint32_t i)
{
    struct value *value = TREATY_ARENA_NEW(&r->arena, struct value);
    struct values *list = &m->fields[i];

    if (!is_many(m->type->fields[i]) || !list->first)
        list->first = value;
    else
        list->last->next = value;
    list->last = value;
    return value;
}

/* A member of a oneof comes on: the others go. */
static void clear_others(struct message *m, uint32_t i)
{
    const struct treaty_proto_oneof *oneof = m->type->fields[i]->oneof;

    for (uint32_t k = 0; oneof && k < m->type->field_count; k++) {
        if (k != i && m->type->fields[k]->oneof == oneof)
            m->fields[k] = (struct values){0};
    }
}

static bool has_constant(const struct treaty_proto_enum *enumeration,
                         int32_t number)
{
    for (uint32_t i = 0; i < enumeration->constant_count; i++) {
        if (enumeration->constants[i].number == number)
            return true;
    }
    return false;
}

static void keep(struct reader *r, struct message *m, const char *from,
                 const char *to, bool joins)
{
    if (!m->type || r->failed)
        return;
    if (!joins || !m->kept.len || m->kept_end != (size_t)(from - r->start))
        treaty_buf_put_z(&m->kept, " ~");
    treaty_buf_put_hex(&m->kept, from, (size_t)(to - from));
    m->kept_end = joins ? (size_t)(to - r->start) : SIZE_MAX;
}

static uint64_t number(struct reader *r, struct treaty_str *in, uint32_t wire)
{
    if (wire == 0)
        return varint(r, in);
    return fixed(r, in, wire == 1 ? 8 : 4);
}

/* One number; false when a closed enum has no constant for it. */
static bool take_number(struct reader *r, struct message *m, uint32_t i,
                        uint64_t raw)
{
    const struct treaty_proto_enum *e = m->type->fields[i]->ref.enumeration;

    if (e && e->is_closed && !has_constant(e, (int32_t)(uint32_t)raw))
        return false;
    clear_others(m, i);
    add(r, m, i)->number = raw;
    return true;
}

static void put_made(struct reader *r, struct message *m, uint32_t tag,
                     struct treaty_str value)
{
    char bytes[24];
    size_t len = 0;

    if (r->failed)
        return;
    for (; tag >= 128; tag >>= 7)
        bytes[len++] = (char)(tag | 128);
    bytes[len++] = (char)tag;
    memcpy(bytes + len, value.data, value.len);
    treaty_buf_put_z(&m->kept, " ~");
    treaty_buf_put_hex(&m->kept, bytes, len + value.len);
    m->kept_end = SIZE_MAX;
}

static void take_packed(struct reader *r, struct message *m, uint32_t i,
                        struct treaty_str in)
{
    const struct treaty_proto_field *field = m->type->fields[i];

    while (in.len && !r->failed) {
        const char *from = in.data;
        uint64_t raw = number(r, &in, wire_of(field));

        if (!r->failed && !take_number(r, m, i, raw))
            put_made(r, m, (uint32_t)field->number << 3,
                     (struct treaty_str){from, (size_t)(in.data - from)});
    }
}

/* A map's entry: the last of a key stays, in the first one's place. */
static void join_entry(struct message *m, uint32_t i)
{
    struct value *last = m->fields[i].last;
    const struct value *key = last->message->fields[0].first;

    for (struct value *v = m->fields[i].first; v != last; v = v->next) {
        const struct value *other = v->message->fields[0].first;
        struct value *before;
        uint64_t a = key ? key->number : 0;
        uint64_t b = other ? other->number : 0;
        struct treaty_str s = key ? key->text : (struct treaty_str){0};
        struct treaty_str t = other ? other->text : (struct treaty_str){0};

        if (m->type->fields[i]->ref.message->fields[0]->ref.type ==
                TREATY_PROTO_INT32 &&
            (uint32_t)a == (uint32_t)b)
            a = b;
        if (m->type->fields[i]->ref.message->fields[0]->ref.type ==
            TREATY_PROTO_BOOL) {
            a = a != 0;
            b = b != 0;
        }
        if (a != b || !treaty_str_eq(s, t))
            continue;
        v->message = last->message;
        for (before = m->fields[i].first; before->next != last;)
            before = before->next;
        before->next = NULL;
        m->fields[i].last = before;
        return;
    }
}

/* Is the entry's value one that its closed enum lacks? Then all of it is
 * unknown: its message kept the value. */
static bool is_unfit(const struct message *entry)
{
    const struct treaty_proto_enum *e = entry->type->fields[1]->ref.enumeration;

    return e && e->is_closed && entry->kept_end == SIZE_MAX - 1;
}

static void take_message(struct reader *r, struct message *m, uint32_t i,
                         struct treaty_str *in, uint32_t group)
{
    const struct treaty_proto_field *field = m->type->fields[i];
    struct value *value = m->fields[i].last;

    clear_others(m, i);
    if (is_many(field) || !value || !value->message) {
        value = add(r, m, i);
        value->message = new_message(r, field->ref.message);
    }
    (void)read_message(r, value->message, in, group);
}

static bool is_entry(const struct message *m)
{
    return m->type && m->type->is_map_entry;
}

static void take_entry(struct reader *r, struct message *m, uint32_t i,
                       struct treaty_str body, uint32_t tag)
{
    struct values before = m->fields[i];
    struct treaty_str rest = body;
    struct value *last = before.last;
    char len[12];
    struct treaty_buf made = {0};
    size_t n = 0;

    take_message(r, m, i, &rest, 0);
    if (r->failed)
        return;
    if (!is_unfit(m->fields[i].last->message)) {
        join_entry(m, i);
        return;
    }
    m->fields[i] = before;
    if (last)
        last->next = NULL;
    for (n = body.len; n >= 128; n >>= 7) {
        len[0] = (char)(n | 128);
        treaty_buf_put_mem(&made, len, 1);
    }
    len[0] = (char)n;
    treaty_buf_put_mem(&made, len, 1);
    treaty_buf_put(&made, body);
    n = 0;
    for (; tag >= 128; tag >>= 7)
        len[n++] = (char)(tag | 128);
    len[n++] = (char)tag;
    treaty_buf_put_z(&m->kept, " ~");
    treaty_buf_put_hex(&m->kept, len, n);
    treaty_buf_put_hex(&m->kept, made.data, made.len);
    m->kept_end = SIZE_MAX;
    treaty_buf_release(&made);
}

static void take_length(struct reader *r, struct message *m, uint32_t i,
                        struct treaty_str body)
{
    const struct treaty_proto_field *field = m->type->fields[i];
    uint32_t tag = (uint32_t)field->number << 3 | 2;

    if (field->ref.message && field->ref.message->is_map_entry)
        take_entry(r, m, i, body, tag);
    else if (field->ref.message)
        take_message(r, m, i, &body, 0);
    else if (wire_of(field) != 2)
        take_packed(r, m, i, body);
    else if (field->checks_utf8 && !treaty_utf8_valid(body))
        (void)fail(r);
    else {
        clear_others(m, i);
        add(r, m, i)->text = body;
    }
}

/* The field of a tag in a form that its type takes, or the field count. */
static uint32_t find(const struct message *m, uint32_t tag)
{
    uint32_t i = 0;

    if (!m->type)
        return 0;
    for (; i < m->type->field_count; i++) {
        const struct treaty_proto_field *field = m->type->fields[i];
        uint32_t wire = wire_of(field);
        bool packs = is_many(field) && wire != 2 && wire != 3;

        if (field->number == (int64_t)(tag >> 3) &&
            (wire == (tag & 7) || (packs && (tag & 7) == 2)))
            break;
    }
    return i;
}

static void read_field(struct reader *r, struct message *m,
                       struct treaty_str *in, uint32_t tag, const char *from)
{
    uint32_t i = find(m, tag);

    if (!m->type || i == m->type->field_count) {
        skip(r, in, tag);
        if (m->type && !is_entry(m))
            keep(r, m, from, in->data, true);
    } else if ((tag & 7) == 2) {
        take_length(r, m, i, cut(r, in, varint(r, in)));
    } else if ((tag & 7) == 3) {
        take_message(r, m, i, in, tag >> 3);
    } else {
        const char *at = in->data;
        uint64_t raw = number(r, in, tag & 7);

        if (r->failed || take_number(r, m, i, raw))
            return;
        if (is_entry(m))
            m->kept_end = SIZE_MAX - 1;
        else if (is_many(m->type->fields[i]))
            put_made(r, m, tag,
                     (struct treaty_str){at, (size_t)(in->data - at)});
        else
            keep(r, m, from, in->data, true);
    }
}

static bool read_message(struct reader *r, struct message *m,
                         struct treaty_str *in, uint32_t group)
{
    while (in->len && !r->failed) {
        const char *from = in->data;
        uint64_t tag = varint(r, in);

        if (tag > UINT32_MAX || tag >> 3 == 0)
            return fail(r);
        if ((tag & 7) == 4)
            return tag >> 3 == group ? true : fail(r);
        read_field(r, m, in, (uint32_t)tag, from);
    }
    return group ? fail(r) : !r->failed;
}

/* Required fields, and the print. */

static bool is_complete(const struct message *m)
{
    for (uint32_t i = 0; i < m->type->field_count; i++) {
        if (m->type->fields[i]->presence == TREATY_PROTO_MUST &&
            !m->fields[i].first)
            return false;
        for (const struct value *v = m->fields[i].first; v; v = v->next) {
            if (v->message && !is_complete(v->message))
                return false;
        }
    }
    return true;
}

static void print_message(const struct message *m, bool kept,
                          struct treaty_buf *out);

static void print_enum(const struct treaty_proto_enum *e, uint64_t raw,
                       struct treaty_buf *out)
{
    int32_t value = (int32_t)(uint32_t)raw;

    for (uint32_t i = 0; i < e->constant_count; i++) {
        if (e->constants[i].number == value) {
            treaty_buf_put(out, e->constants[i].name);
            treaty_buf_printf(out, "(%d)", value);
            return;
        }
    }
    treaty_buf_printf(out, "?(%d)", value);
}

static void print_real(double value, bool is_float, struct treaty_buf *out)
{
    if (value != value)
        treaty_buf_put_z(out, "\"NaN\"");
    else if (value - value != 0)
        treaty_buf_put_z(out, value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    else if (is_float)
        treaty_json_put_float(out, (float)value);
    else
        treaty_json_put_double(out, value);
}

static void print_number(enum treaty_proto_type type, uint64_t raw,
                         struct treaty_buf *out)
{
    uint32_t low = (uint32_t)raw;
    double real;
    float narrow;

    switch (type) {
    case TREATY_PROTO_BOOL:
        treaty_buf_put_z(out, raw ? "true" : "false");
        return;
    case TREATY_PROTO_FLOAT:
        memcpy(&narrow, &low, sizeof(narrow));
        print_real((double)narrow, true, out);
        return;
    case TREATY_PROTO_DOUBLE:
        memcpy(&real, &raw, sizeof(real));
        print_real(real, false, out);
        return;
    case TREATY_PROTO_UINT32:
    case TREATY_PROTO_FIXED32:
        treaty_buf_put_u64(out, low);
        return;
    case TREATY_PROTO_UINT64:
    case TREATY_PROTO_FIXED64:
        treaty_buf_put_u64(out, raw);
        return;
    case TREATY_PROTO_INT64:
    case TREATY_PROTO_SFIXED64:
        treaty_buf_put_i64(out, (int64_t)raw);
        return;
    case TREATY_PROTO_SINT64:
        treaty_buf_put_i64(out, (int64_t)(raw >> 1) ^ -(int64_t)(raw & 1));
        return;
    case TREATY_PROTO_SINT32:
        treaty_buf_put_i64(out, (int32_t)(low >> 1) ^ -(int32_t)(low & 1));
        return;
    default:
        treaty_buf_put_i64(out, (int32_t)low);
        return;
    }
}

static void print_text(const struct treaty_proto_field *field,
                       struct treaty_str text, struct treaty_buf *out)
{
    if (field->ref.type == TREATY_PROTO_STRING && treaty_utf8_valid(text)) {
        treaty_json_quote(out, text);
        return;
    }
    treaty_buf_put_c(out, '<');
    treaty_buf_put_hex(out, text.data, text.len);
    treaty_buf_put_c(out, '>');
}

/* `value` NULL: the default, which is zero in the schemas of the tests. */
static void print_value(const struct treaty_proto_field *field,
                        const struct value *value, bool kept,
                        struct treaty_buf *out)
{
    struct message empty = {.type = field->ref.message};
    struct values none[32] = {{0}};

    empty.fields = none;
    if (field->ref.message)
        print_message(value ? value->message : &empty, kept, out);
    else if (field->ref.enumeration)
        print_enum(field->ref.enumeration,
                   value
                       ? value->number
                       : (uint64_t)field->ref.enumeration->constants[0].number,
                   out);
    else if (wire_of(field) == 2)
        print_text(field, value ? value->text : TREATY_STR(""), out);
    else
        print_number(field->ref.type, value ? value->number : 0, out);
}

static void print_list(const struct treaty_proto_field *field,
                       const struct values *list, bool kept,
                       struct treaty_buf *out)
{
    const struct treaty_proto_message *entry = field->ref.message;
    bool is_map = entry && entry->is_map_entry;

    treaty_buf_put_c(out, is_map ? '{' : '[');
    for (const struct value *v = list->first; v; v = v->next) {
        if (v != list->first)
            treaty_buf_put_c(out, ',');
        if (is_map) {
            print_value(entry->fields[0], v->message->fields[0].first, kept,
                        out);
            treaty_buf_put_c(out, ':');
            print_value(entry->fields[1], v->message->fields[1].first, kept,
                        out);
        } else {
            print_value(field, v, kept, out);
        }
    }
    treaty_buf_put_c(out, is_map ? '}' : ']');
}

static void print_oneof(const struct message *m,
                        const struct treaty_proto_oneof *oneof, bool kept,
                        struct treaty_buf *out)
{
    treaty_buf_put(out, oneof->name);
    treaty_buf_put_c(out, '=');
    for (uint32_t i = 0; i < m->type->field_count; i++) {
        const struct treaty_proto_field *field = m->type->fields[i];

        if (field->oneof != oneof || !m->fields[i].first)
            continue;
        treaty_buf_put(out, field->name);
        treaty_buf_put_c(out, ':');
        print_value(field, m->fields[i].first, kept, out);
        return;
    }
    treaty_buf_put_c(out, '-');
}

static void print_field(const struct message *m, uint32_t i, bool kept,
                        struct treaty_buf *out)
{
    const struct treaty_proto_field *field = m->type->fields[i];
    const struct value *value = m->fields[i].first;

    treaty_buf_put(out, field->name);
    treaty_buf_put_c(out, '=');
    if (is_many(field))
        print_list(field, &m->fields[i], kept, out);
    else if (!value && field->presence == TREATY_PROTO_EXPLICIT)
        treaty_buf_put_c(out, '-');
    else
        print_value(field, value, kept, out);
}

static void print_message(const struct message *m, bool kept,
                          struct treaty_buf *out)
{
    bool is_first = true;

    treaty_buf_put_c(out, '{');
    for (uint32_t i = 0; i < m->type->field_count; i++) {
        const struct treaty_proto_field *field = m->type->fields[i];

        if (field->oneof && field->oneof->fields[0] != field)
            continue;
        if (!is_first)
            treaty_buf_put_c(out, ' ');
        is_first = false;
        if (field->oneof)
            print_oneof(m, field->oneof, kept, out);
        else
            print_field(m, i, kept, out);
    }
    if (kept)
        treaty_buf_put(out, treaty_buf_str(&m->kept));
    treaty_buf_put_c(out, '}');
}

bool proto_reference(const struct treaty_schema *schema,
                     struct treaty_str payload, bool kept,
                     struct treaty_buf *out)
{
    struct reader r = {.start = payload.data};
    struct message *m = new_message(&r, treaty_proto_part_of(schema));
    bool ok = read_message(&r, m, &payload, 0) && is_complete(m);

    if (ok)
        print_message(m, kept, out);
    for (m = r.all; m; m = m->other)
        treaty_buf_release(&m->kept);
    treaty_arena_release(&r.arena);
    return ok;
}
