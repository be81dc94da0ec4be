/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `normalize=true` makes of options:
 *
 *     [(b).y = 2, (a) = "s", (b).x = 0x1F]   ->   (a) = "s",
 *                                                 (p.b) = {
 *                                                   x: 31,
 *                                                   y: 2
 *                                                 }
 *
 * A list of one is its element. Numbers go through the format that Java's
 * DecimalFormat has by default, so they keep three decimals; the sorting of
 * elements is in print.c.
 */
#include "format/protobuf/load.h"
#include "format/protobuf/print.h"

#include "base/str.h"

#include <stdlib.h>

enum {
    DECIMALS = 3,
    /* Digits before the point, which an exponent may ask for; more than any
     * double has. Past it a number stays as it is. */
    INTEGER_MAX = 1000,
    EXPONENT_MAX = 1000000000, /* so that sums do not overflow */
};

/* The extension that `name` means within `scope`, innermost first. */
static const struct treaty_proto_field *
find_extension(struct treaty_proto_printer *p, struct treaty_str name)
{
    struct treaty_str scope = p->scope;
    const struct treaty_proto_field *field = NULL;

    if (name.len && name.data[0] == '.')
        return treaty_proto_find(p->tree, TREATY_PROTO_SYMBOL_EXTENSION, name);
    while (scope.len && !field) {
        struct treaty_str full =
            treaty_arena_join(&p->scratch, scope, '.', name);

        if (!full.data) {
            treaty_proto_print_nomem(p);
            return NULL;
        }
        field = treaty_proto_find(p->tree, TREATY_PROTO_SYMBOL_EXTENSION, full);
        scope = treaty_str_before_last(scope, '.');
    }
    if (!field)
        field = treaty_proto_find(p->tree, TREATY_PROTO_SYMBOL_EXTENSION, name);
    return field;
}

void treaty_proto_normalize_name(struct treaty_proto_printer *p,
                                 const struct treaty_proto_option *option,
                                 struct treaty_proto_line *line)
{
    line->extension = find_extension(p, line->name);
    if (line->extension)
        line->name = line->extension->full;
    for (uint32_t i = option->part_count; i > 1; i--) {
        const struct treaty_proto_name_part *part = &option->parts[i - 1];
        struct treaty_proto_shown map =
            treaty_proto_shown_new(p, TREATY_PROTO_SHOWN_MAP);
        struct treaty_str key = part->name;

        if (part->is_extension)
            key = treaty_arena_printf(&p->scratch, "[%.*s]", (int)key.len,
                                      key.data);
        if (!key.data)
            treaty_proto_print_nomem(p);
        treaty_proto_shown_add(p, &map, key, &line->value);
        line->value = map;
    }
}

static const struct treaty_proto_field *
member_field(const struct treaty_proto_message *message, struct treaty_str name)
{
    return message ? treaty_proto_field_by_name(message, name) : NULL;
}

static bool is_repeated(const struct treaty_proto_field *field)
{
    return field && (field->label == TREATY_PROTO_REPEATED || field->is_map);
}

/* Add the members of `from`, a value of `type` if that is known, to `to`. */
static void join_maps(struct treaty_proto_printer *p,
                      struct treaty_proto_shown *to,
                      const struct treaty_proto_shown *from,
                      const struct treaty_proto_message *type)
{
    for (uint32_t i = 0; i < from->count; i++) {
        const struct treaty_proto_shown_entry *entry = &from->entries[i];
        const struct treaty_proto_field *field = member_field(type, entry->key);
        struct treaty_proto_shown *before =
            treaty_proto_shown_find(to, entry->key);

        if (before && before->kind == TREATY_PROTO_SHOWN_MAP &&
            entry->value.kind == TREATY_PROTO_SHOWN_MAP && !is_repeated(field))
            join_maps(p, before, &entry->value,
                      field ? field->ref.message : NULL);
        else
            treaty_proto_shown_add(p, to, entry->key, &entry->value);
    }
}

/* Settings of members of one option become one setting. */
static void join_lines(struct treaty_proto_printer *p,
                       struct treaty_proto_lines *lines)
{
    struct treaty_map seen;
    uint32_t kept = 0;

    treaty_map_init(&seen, &p->scratch);
    for (uint32_t i = 0; i < lines->count; i++) {
        const struct treaty_proto_line *line = &lines->lines[i];
        bool joins = line->is_extension && !is_repeated(line->extension) &&
                     line->value.kind == TREATY_PROTO_SHOWN_MAP;
        struct treaty_proto_line *before =
            joins ? treaty_map_find(&seen, line->name) : NULL;

        if (before) {
            join_maps(p, &before->value, &line->value,
                      line->extension ? line->extension->ref.message : NULL);
            continue;
        }
        lines->lines[kept] = *line;
        if (joins &&
            treaty_map_put(&seen, line->name, &lines->lines[kept]) != TREATY_OK)
            treaty_proto_print_nomem(p);
        kept++;
    }
    lines->count = kept;
}

static void sort_lines(struct treaty_proto_printer *p,
                       struct treaty_proto_lines *lines)
{
    struct treaty_proto_items items = treaty_proto_items_new(p, lines->count);
    struct treaty_proto_line *sorted = TREATY_ARENA_NEW_N(
        &p->scratch, struct treaty_proto_line, (size_t)lines->count + 1);

    for (uint32_t i = 0; i < lines->count; i++)
        treaty_proto_items_add(&items, &lines->lines[i], 0,
                               lines->lines[i].name);
    treaty_proto_items_order(p, &items);
    if (!sorted) {
        treaty_proto_print_nomem(p);
        return;
    }
    for (uint32_t i = 0; i < items.count; i++)
        sorted[i] = *(const struct treaty_proto_line *)items.items[i].element;
    lines->lines = sorted;
}

static int compare_keys(const void *a, const void *b)
{
    const struct treaty_proto_shown_entry *x = a;
    const struct treaty_proto_shown_entry *y = b;

    return treaty_str_cmp(x->key, y->key);
}

/* A decimal number without its sign, taken apart. */
struct decimal {
    struct treaty_str integer;
    struct treaty_str fraction;
    int64_t exponent;
};

static struct treaty_str cut_digits(struct treaty_str *rest)
{
    struct treaty_str ret = {rest->data, 0};

    while (ret.len < rest->len && rest->data[ret.len] >= '0' &&
           rest->data[ret.len] <= '9')
        ret.len++;
    *rest = treaty_str_sub(*rest, ret.len, rest->len);
    return ret;
}

static bool cut_char(struct treaty_str *rest, char a, char b)
{
    if (rest->len == 0 || (rest->data[0] != a && rest->data[0] != b))
        return false;
    *rest = treaty_str_sub(*rest, 1, rest->len);
    return true;
}

/* `1`, `1.`, `.5`, `1e-5`, `1.5f`; false for anything else. */
static bool read_decimal(struct treaty_str rest, struct decimal *ret)
{
    struct decimal d = {.integer = cut_digits(&rest)};
    bool has_exponent;
    bool is_negative;

    if (cut_char(&rest, '.', '.'))
        d.fraction = cut_digits(&rest);
    if (d.integer.len + d.fraction.len == 0)
        return false;
    has_exponent = cut_char(&rest, 'e', 'E');
    is_negative = has_exponent && cut_char(&rest, '-', '-');
    if (has_exponent && !is_negative)
        (void)cut_char(&rest, '+', '+');
    if (has_exponent && !treaty_str_to_i64(cut_digits(&rest), &d.exponent))
        return false;
    if (d.exponent > EXPONENT_MAX)
        d.exponent = EXPONENT_MAX;
    if (is_negative)
        d.exponent = -d.exponent;
    (void)cut_char(&rest, 'f', 'F');
    *ret = d;
    return rest.len == 0;
}

/* `0x1F` and `017`; false for anything else. */
static bool read_based(struct treaty_str text, uint64_t *ret)
{
    bool is_hex = text.len > 2 && text.data[0] == '0' &&
                  (text.data[1] == 'x' || text.data[1] == 'X');
    uint64_t base = is_hex ? 16 : 8;
    uint64_t value = 0;

    if (text.len < 2 || text.data[0] != '0')
        return false;
    for (size_t i = is_hex ? 2 : 1; i < text.len; i++) {
        int digit = treaty_hex_digit(text.data[i]);

        if (digit < 0 || (uint64_t)digit >= base ||
            value > (UINT64_MAX - (uint64_t)digit) / base)
            return false;
        value = value * base + (uint64_t)digit;
    }
    *ret = value;
    return true;
}

/*
 * Digits of a number, `point` of them before the point; digits that are not
 * there are zeros. `data` has a spare one in front for a carry.
 */
struct digits {
    char *data;
    int64_t len;
    int64_t point;
};

static bool gather_digits(struct treaty_arena *arena, const struct decimal *d,
                          struct digits *ret)
{
    size_t len = d->integer.len + d->fraction.len;
    char *data = treaty_arena_alloc(arena, len + 1);
    size_t zeros = 1;

    if (!data)
        return false;
    data[0] = '0';
    memcpy(data + 1, d->integer.data, d->integer.len);
    if (d->fraction.len)
        memcpy(data + 1 + d->integer.len, d->fraction.data, d->fraction.len);
    while (zeros < len + 1 && data[zeros] == '0')
        zeros++;
    ret->data = data + zeros - 1;
    ret->len = (int64_t)(len + 2 - zeros);
    ret->point = (int64_t)(d->integer.len + 2 - zeros) + d->exponent;
    return true;
}

/* Cut to `DECIMALS`, the nearest, of two the even one. */
static void round_digits(struct digits *n)
{
    int64_t keep = n->point + DECIMALS;
    bool is_up;

    if (keep < 1) {
        n->len = 0;
        return;
    }
    if (keep >= n->len)
        return;
    is_up = n->data[keep] > '5';
    for (int64_t i = keep + 1; n->data[keep] == '5' && i < n->len; i++)
        is_up = is_up || n->data[i] != '0';
    if (n->data[keep] == '5' && (n->data[keep - 1] - '0') % 2 == 1)
        is_up = true;
    n->len = keep;
    for (int64_t i = keep - 1; is_up && i >= 0; i--) {
        is_up = n->data[i] == '9';
        n->data[i] = is_up ? '0' : (char)(n->data[i] + 1);
    }
}

static char digit_at(const struct digits *n, int64_t at)
{
    return at >= 0 && at < n->len ? n->data[at] : '0';
}

/* Plain notation, without zeros that say nothing. */
static size_t put_digits(char *out, const struct digits *n)
{
    size_t len = 0;
    size_t end;

    for (int64_t i = 0; i < n->point; i++) {
        if (len > 0 || digit_at(n, i) != '0')
            out[len++] = digit_at(n, i);
    }
    if (len == 0)
        out[len++] = '0';
    end = len++;
    out[end] = '.';
    for (int64_t i = 0; i < DECIMALS; i++) {
        out[len++] = digit_at(n, n->point + i);
        if (out[len - 1] != '0')
            end = len;
    }
    return end;
}

static void show_digits(struct treaty_proto_printer *p, const struct decimal *d,
                        struct treaty_proto_shown *value)
{
    struct digits digits;
    size_t room;
    char *out;

    if (!gather_digits(&p->scratch, d, &digits)) {
        treaty_proto_print_nomem(p);
        return;
    }
    if (digits.point > INTEGER_MAX)
        return;
    round_digits(&digits);
    room = (size_t)(digits.point > 0 ? digits.point : 0) + DECIMALS + 2;
    out = treaty_arena_alloc(&p->scratch, room);
    if (!out) {
        treaty_proto_print_nomem(p);
        return;
    }
    value->text = (struct treaty_str){out, put_digits(out, &digits)};
}

/* What is no number, such as `inf`, stays as it is. */
static void normalize_number(struct treaty_proto_printer *p,
                             struct treaty_proto_shown *value)
{
    struct decimal d;
    uint64_t based;

    if (value->text.len && value->text.data[0] == '-') {
        value->negative = !value->negative;
        value->text = treaty_str_sub(value->text, 1, value->text.len);
    }
    if (read_based(value->text, &based)) {
        value->text =
            treaty_arena_printf(&p->scratch, "%llu", (unsigned long long)based);
        if (!value->text.data)
            treaty_proto_print_nomem(p);
    } else if (read_decimal(value->text, &d)) {
        show_digits(p, &d, value);
    }
}

static void normalize_value(struct treaty_proto_printer *p,
                            struct treaty_proto_shown *value)
{
    if (value->kind == TREATY_PROTO_SHOWN_NUMBER)
        normalize_number(p, value);
    for (uint32_t i = 0; i < value->count; i++)
        normalize_value(p, &value->entries[i].value);
    if (value->kind == TREATY_PROTO_SHOWN_MAP && value->count > 1)
        qsort(value->entries, value->count, sizeof(*value->entries),
              compare_keys);
    if (value->kind == TREATY_PROTO_SHOWN_LIST && value->count == 1) {
        struct treaty_proto_shown only = value->entries[0].value;

        *value = only;
    }
}

void treaty_proto_normalize_lines(struct treaty_proto_printer *p,
                                  struct treaty_proto_lines *lines)
{
    join_lines(p, lines);
    sort_lines(p, lines);
    for (uint32_t i = 0; i < lines->count; i++)
        normalize_value(p, &lines->lines[i].value);
}
