/* SPDX-License-Identifier: Apache-2.0 */
#include "format/protobuf/descriptor_read.h"

#include "base/error.h"
#include "base/utf8.h"
#include "format/protobuf/descriptor_number.h"
#include "format/protobuf/load.h"
#include "format/protobuf/number.h"

/*
 * How the default of a type is spelled, and what kind of value it is. Numbers
 * stand for themselves; strings are not quoted; bytes are escaped.
 */
static enum treaty_proto_value_kind kind_of(int64_t type,
                                            struct treaty_str text)
{
    uint64_t integer;
    double number;

    if (type == TREATY_PROTO_STRING || type == TREATY_PROTO_BYTES)
        return TREATY_PROTO_VALUE_STRING;
    if (treaty_proto_read_integer(text, &integer) ||
        treaty_proto_read_number(text, &number))
        return TREATY_PROTO_VALUE_NUMBER;
    return TREATY_PROTO_VALUE_IDENT;
}

/* At most three octal digits at `*at`, as a byte. */
static char read_octal(struct treaty_str s, size_t *at)
{
    int byte = 0;

    for (int i = 0;
         i < 3 && *at < s.len && s.data[*at] >= '0' && s.data[*at] <= '7'; i++)
        byte = byte * 8 + (s.data[(*at)++] - '0');
    return (char)byte;
}

/* The character that an escape at `*at`, behind the backslash, stands for. */
static char read_escape(struct treaty_str s, size_t *at)
{
    static const char plain[] = "abfnrtv";
    static const char special[] = "\a\b\f\n\r\t\v";
    char c = s.data[*at];
    const char *found = c ? strchr(plain, c) : NULL;

    if (c >= '0' && c <= '7')
        return read_octal(s, at);
    (*at)++;
    return found ? special[found - plain] : c;
}

static struct treaty_str unescape(struct treaty_proto_reader *r,
                                  struct treaty_str s)
{
    char *out = treaty_proto_reader_make(r, s.len + 1);
    size_t len = 0;

    for (size_t at = 0; out && at < s.len;) {
        char c = s.data[at++];

        out[len++] = c == '\\' && at < s.len ? read_escape(s, &at) : c;
    }
    return (struct treaty_str){out, len};
}

static struct treaty_proto_option *make_option(struct treaty_proto_reader *r,
                                               struct treaty_str name)
{
    struct treaty_proto_option *option =
        treaty_proto_reader_make(r, sizeof(*option));
    struct treaty_proto_name_part *part =
        treaty_proto_reader_make(r, sizeof(*part));

    if (!option || !part)
        return NULL;
    part->name = name;
    part->pos = TREATY_NO_OFFSET;
    option->parts = part;
    option->part_count = 1;
    option->pos = TREATY_NO_OFFSET;
    option->value.pos = TREATY_NO_OFFSET;
    option->value.end = TREATY_NO_OFFSET;
    return option;
}

static bool is_name(struct treaty_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = (char)(s.data[i] | 0x20);
        bool is_digit = s.data[i] >= '0' && s.data[i] <= '9';

        if (!(c >= 'a' && c <= 'z') && s.data[i] != '_' && !(i && is_digit))
            return false;
    }
    return s.len > 0;
}

static bool is_full_name(struct treaty_str s)
{
    struct treaty_str part;

    while (treaty_str_split(&s, '.', &part))
        if (!is_name(part))
            return false;
    return true;
}

void treaty_proto_raw_count(struct treaty_proto_reader *r, const char *at)
{
    if (r->names++ == r->names_max)
        treaty_proto_reader_fail(r, at, "more than %u names and ranges",
                                 r->names_max);
}

struct treaty_str treaty_proto_raw_text(struct treaty_proto_reader *r,
                                        const struct treaty_proto_wire_field *f)
{
    struct treaty_str text = treaty_arena_dup(r->arena, f->bytes);

    if (!treaty_utf8_valid(f->bytes))
        treaty_proto_reader_fail(r, f->start, "field %u is not UTF-8",
                                 f->number);
    if (!text.data)
        (void)treaty_proto_reader_make(r, SIZE_MAX); /* says so */
    return text;
}

struct treaty_str treaty_proto_raw_name(struct treaty_proto_reader *r,
                                        const struct treaty_proto_wire_field *f)
{
    struct treaty_str text = treaty_proto_raw_text(r, f);

    if (!is_name(f->bytes))
        treaty_proto_reader_fail(r, f->start, "\"%.*s\" is not a name",
                                 TREATY_STR_ARG(f->bytes));
    treaty_proto_raw_count(r, f->start);
    return text;
}

struct treaty_str
treaty_proto_raw_full_name(struct treaty_proto_reader *r,
                           const struct treaty_proto_wire_field *f)
{
    struct treaty_str text = treaty_proto_raw_text(r, f);
    struct treaty_str name = f->bytes;

    if (name.len && name.data[0] == '.')
        name = treaty_str_sub(name, 1, name.len);
    if (name.len == 0 || !is_full_name(name))
        treaty_proto_reader_fail(r, f->start, "\"%.*s\" is not a full name",
                                 TREATY_STR_ARG(f->bytes));
    return text;
}

static void take_name(struct treaty_proto_reader *r, void *to,
                      const struct treaty_proto_wire_field *f)
{
    ((struct treaty_proto_raw_field *)to)->field->name =
        treaty_proto_raw_name(r, f);
}

static void take_extendee(struct treaty_proto_reader *r, void *to,
                          const struct treaty_proto_wire_field *f)
{
    ((struct treaty_proto_raw_field *)to)->extendee =
        treaty_proto_raw_full_name(r, f);
}

static void take_number(struct treaty_proto_reader *r, void *to,
                        const struct treaty_proto_wire_field *f)
{
    (void)r;
    ((struct treaty_proto_raw_field *)to)->field->number = (int32_t)f->value;
}

static void take_label(struct treaty_proto_reader *r, void *to,
                       const struct treaty_proto_wire_field *f)
{
    if (f->value < TREATY_PROTO_OPTIONAL || f->value > TREATY_PROTO_REPEATED)
        treaty_proto_reader_fail(r, f->start, "there is no label %llu",
                                 (unsigned long long)f->value);
    ((struct treaty_proto_raw_field *)to)->label = (int64_t)f->value;
}

static void take_type(struct treaty_proto_reader *r, void *to,
                      const struct treaty_proto_wire_field *f)
{
    if (f->value < TREATY_PROTO_DOUBLE || f->value > TREATY_PROTO_SINT64)
        treaty_proto_reader_fail(r, f->start, "there is no type %llu",
                                 (unsigned long long)f->value);
    ((struct treaty_proto_raw_field *)to)->type = (int64_t)f->value;
}

static void take_type_name(struct treaty_proto_reader *r, void *to,
                           const struct treaty_proto_wire_field *f)
{
    ((struct treaty_proto_raw_field *)to)->type_name =
        treaty_proto_raw_full_name(r, f);
}

static void take_default(struct treaty_proto_reader *r, void *to,
                         const struct treaty_proto_wire_field *f)
{
    ((struct treaty_proto_raw_field *)to)->default_text =
        treaty_proto_raw_text(r, f);
}

static void take_options(struct treaty_proto_reader *r, void *to,
                         const struct treaty_proto_wire_field *f)
{
    (void)r;
    ((struct treaty_proto_raw_field *)to)->options = f->bytes;
}

static void take_oneof(struct treaty_proto_reader *r, void *to,
                       const struct treaty_proto_wire_field *f)
{
    if (f->value > INT32_MAX)
        treaty_proto_reader_fail(r, f->start, "a negative index of a oneof");
    ((struct treaty_proto_raw_field *)to)->oneof = (int32_t)f->value;
}

static void take_json_name(struct treaty_proto_reader *r, void *to,
                           const struct treaty_proto_wire_field *f)
{
    struct treaty_proto_option *option =
        make_option(r, TREATY_STR("json_name"));

    if (!option)
        return;
    option->value.kind = TREATY_PROTO_VALUE_STRING;
    option->value.text = treaty_proto_raw_text(r, f);
    option->value.reference = option->value.text;
    ((struct treaty_proto_raw_field *)to)->field->json_name = option;
}

static void take_optional_3(struct treaty_proto_reader *r, void *to,
                            const struct treaty_proto_wire_field *f)
{
    (void)r;
    ((struct treaty_proto_raw_field *)to)->is_optional_3 = f->value != 0;
}

static const struct treaty_proto_rule rules[] = {
    {TREATY_FIELD_NAME, TREATY_WIRE_LEN, take_name},
    {TREATY_FIELD_EXTENDEE, TREATY_WIRE_LEN, take_extendee},
    {TREATY_FIELD_NUMBER, TREATY_WIRE_VARINT, take_number},
    {TREATY_FIELD_LABEL, TREATY_WIRE_VARINT, take_label},
    {TREATY_FIELD_TYPE, TREATY_WIRE_VARINT, take_type},
    {TREATY_FIELD_TYPE_NAME, TREATY_WIRE_LEN, take_type_name},
    {TREATY_FIELD_DEFAULT, TREATY_WIRE_LEN, take_default},
    {TREATY_FIELD_OPTIONS, TREATY_WIRE_LEN, take_options},
    {TREATY_FIELD_ONEOF, TREATY_WIRE_VARINT, take_oneof},
    {TREATY_FIELD_JSON_NAME, TREATY_WIRE_LEN, take_json_name},
    {TREATY_FIELD_PROTO3_OPTIONAL, TREATY_WIRE_VARINT, take_optional_3},
    {0, TREATY_WIRE_VARINT, NULL},
};

void treaty_proto_raw_read(struct treaty_proto_reader *r,
                           struct treaty_proto_raw_fields *fields,
                           struct treaty_str bytes)
{
    struct treaty_proto_field *field =
        treaty_proto_reader_make(r, sizeof(*field));
    struct treaty_proto_raw_field *raw = treaty_proto_reader_push(
        r, &fields->items, &fields->count, sizeof(*raw));

    if (!field || !raw)
        return;
    raw->field = field;
    raw->start = bytes.data;
    raw->oneof = -1;
    raw->label = TREATY_PROTO_OPTIONAL; /* as descriptor.proto's default */
    field->pos = TREATY_NO_OFFSET;
    field->name_pos = TREATY_NO_OFFSET;
    field->number_pos = TREATY_NO_OFFSET;
    field->ref.pos = TREATY_NO_OFFSET;
    treaty_proto_reader_run(r, bytes, rules, raw);
    if (!field->name.data)
        treaty_proto_reader_fail(r, bytes.data, "a field has no name");
    field->number_text =
        treaty_arena_printf(r->arena, "%lld", (long long)field->number);
}

/* What the text of such a file would say: proto3 says `optional` only where
 * it makes a difference, and editions never do. */
static enum treaty_proto_label label_of(const struct treaty_proto_file *file,
                                        const struct treaty_proto_raw_field *f)
{
    if (f->label != TREATY_PROTO_OPTIONAL || f->is_optional_3)
        return (enum treaty_proto_label)f->label;
    if (f->oneof >= 0 || !treaty_proto_is_2(file))
        return TREATY_PROTO_NO_LABEL;
    return TREATY_PROTO_OPTIONAL;
}

static void settle_default(struct treaty_proto_reader *r,
                           struct treaty_proto_raw_field *raw)
{
    struct treaty_str text = raw->default_text;
    struct treaty_proto_option *option;
    enum treaty_proto_value_kind kind;

    if (!text.data)
        return;
    option = make_option(r, TREATY_STR("default"));
    if (!option)
        return;
    option->value.reference = text;
    if (raw->type == TREATY_PROTO_BYTES)
        text = unescape(r, text);
    kind = kind_of(raw->type, text);
    if (kind != TREATY_PROTO_VALUE_STRING && text.len && text.data[0] == '-') {
        option->value.negative = true;
        text = treaty_str_sub(text, 1, text.len);
        kind = kind_of(raw->type, text);
    }
    if (kind == TREATY_PROTO_VALUE_IDENT && !is_name(text))
        treaty_proto_reader_fail(r, raw->start, "\"%.*s\" is no default",
                                 TREATY_STR_ARG(text));
    option->value.kind = kind;
    option->value.text = text;
    raw->field->default_value = option;
}

/* A group's message is a sibling of the field, by the last part of its name. */
static void settle_group(struct treaty_proto_reader *r,
                         const struct treaty_proto_owner *owner,
                         struct treaty_proto_raw_field *raw)
{
    struct treaty_str name = treaty_str_after_last(raw->type_name, '.');

    raw->field->is_group = true;
    raw->field->ref.name = name;
    for (uint32_t i = 0; i < owner->message_count; i++)
        if (treaty_str_eq(owner->messages[i]->name, name))
            raw->field->ref.message = owner->messages[i];
    if (raw->field->ref.message)
        raw->field->ref.message->is_group = true;
    else
        treaty_proto_reader_fail(r, raw->start,
                                 "the message of the group \"%.*s\" is not "
                                 "defined beside it",
                                 TREATY_STR_ARG(raw->field->name));
}

void treaty_proto_raw_settle(struct treaty_proto_reader *r,
                             const struct treaty_proto_owner *owner,
                             struct treaty_proto_raw_field *raw)
{
    struct treaty_proto_field *field = raw->field;
    bool is_named = raw->type == TREATY_PROTO_UNRESOLVED ||
                    raw->type == TREATY_PROTO_MESSAGE ||
                    raw->type == TREATY_PROTO_ENUM;

    field->parent = owner->message;
    field->label = label_of(owner->file, raw);
    field->ref.name = raw->type_name;
    if (raw->type == TREATY_PROTO_GROUP) {
        settle_group(r, owner, raw);
    } else if (!is_named) {
        field->ref.type = (enum treaty_proto_type)raw->type;
        field->ref.name = treaty_str_z(treaty_proto_type_name(field->ref.type));
    } else if (!raw->type_name.data) {
        treaty_proto_reader_fail(r, raw->start,
                                 "the field \"%.*s\" has no type",
                                 TREATY_STR_ARG(field->name));
    }
    settle_default(r, raw);
    field->options =
        treaty_proto_raw_options(r, TREATY_PROTO_TARGET_FIELD, raw->options);
}

static struct treaty_proto_extend *
add_extend(struct treaty_proto_reader *r,
           const struct treaty_proto_raw_field *raw,
           struct treaty_proto_extend **extends, uint32_t *count)
{
    struct treaty_proto_extend *last = *count ? &(*extends)[*count - 1] : NULL;

    if (last && treaty_str_eq(last->extendee.name, raw->extendee))
        return last;
    last = treaty_proto_reader_push(r, extends, count, sizeof(*last));
    if (!last)
        return NULL;
    last->pos = TREATY_NO_OFFSET;
    last->extendee.name = raw->extendee;
    last->extendee.pos = TREATY_NO_OFFSET;
    return last;
}

void treaty_proto_raw_extends(struct treaty_proto_reader *r,
                              const struct treaty_proto_owner *owner,
                              struct treaty_proto_raw_fields *raw,
                              struct treaty_proto_extend **ret,
                              uint32_t *ret_count)
{
    struct treaty_proto_extend *extends = NULL;
    uint32_t count = 0;

    for (uint32_t i = 0; i < raw->count && r->code == TREATY_OK; i++) {
        struct treaty_proto_extend *extend;
        struct treaty_proto_field **slot;

        if (!raw->items[i].extendee.data) {
            treaty_proto_reader_fail(r, raw->items[i].start,
                                     "an extension does not say of what");
            return;
        }
        extend = add_extend(r, &raw->items[i], &extends, &count);
        if (!extend)
            return;
        slot =
            treaty_proto_reader_push(r, &extend->fields, &extend->field_count,
                                     sizeof(struct treaty_proto_field *));
        if (!slot)
            return;
        *slot = raw->items[i].field;
        /* JSON knows extensions by their full names, and no text may say
         * otherwise, though compilers write it. */
        (*slot)->json_name = NULL;
        treaty_proto_raw_settle(r, owner, &raw->items[i]);
    }
    for (uint32_t i = 0; i < count; i++) /* the array moved until now */
        for (uint32_t k = 0; k < extends[i].field_count; k++)
            extends[i].fields[k]->extendee = &extends[i].extendee;
    *ret = extends;
    *ret_count = count;
}
