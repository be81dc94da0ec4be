/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options as text. The reference keeps the value of an option as a tree of its
 * own, in which a member that is set again makes a list of what it had:
 *
 *     { a: 1 b { c: 2 } b { c: 3 } }   ->   {
 *                                             a: 1,
 *                                             b: [
 *                                               {
 *                                                 c: 2
 *                                               },
 *                                               ...
 */
#include "format/protobuf/print.h"

#include "base/str.h"
#include "base/utf8.h"

/* Options of the reference's own, which stay where extensions are ignored. */
static const char kept_prefix[] = "confluent.";

struct treaty_proto_shown
treaty_proto_shown_new(struct treaty_proto_printer *p,
                       enum treaty_proto_shown_kind kind)
{
    struct treaty_proto_shown ret = {.kind = kind};

    if (kind != TREATY_PROTO_SHOWN_MAP)
        return ret;
    ret.index = TREATY_ARENA_NEW(&p->scratch, struct treaty_map);
    if (ret.index)
        treaty_map_init(ret.index, &p->scratch);
    else
        treaty_proto_print_nomem(p);
    return ret;
}

/* One entry more, at the end; NULL when memory ran out. */
static struct treaty_proto_shown_entry *append(struct treaty_proto_printer *p,
                                               struct treaty_proto_shown *to)
{
    uint32_t room = to->room ? to->room * 2 : 4;
    struct treaty_proto_shown_entry *grown;

    if (to->count < to->room)
        return &to->entries[to->count++];
    grown =
        TREATY_ARENA_NEW_N(&p->scratch, struct treaty_proto_shown_entry, room);
    if (!grown) {
        treaty_proto_print_nomem(p);
        return NULL;
    }
    if (to->count)
        memcpy(grown, to->entries, to->count * sizeof(*grown));
    to->entries = grown;
    to->room = room;
    return &to->entries[to->count++];
}

static void append_value(struct treaty_proto_printer *p,
                         struct treaty_proto_shown *list,
                         const struct treaty_proto_shown *value)
{
    struct treaty_proto_shown_entry *entry = append(p, list);

    if (entry)
        entry->value = *value;
}

/* Append to a list what is one value or a list of them. */
static void append_all(struct treaty_proto_printer *p,
                       struct treaty_proto_shown *list,
                       const struct treaty_proto_shown *value)
{
    if (value->kind != TREATY_PROTO_SHOWN_LIST) {
        append_value(p, list, value);
        return;
    }
    for (uint32_t i = 0; i < value->count; i++)
        append_value(p, list, &value->entries[i].value);
}

struct treaty_proto_shown *
treaty_proto_shown_find(const struct treaty_proto_shown *map,
                        struct treaty_str key)
{
    uintptr_t number =
        map->index ? (uintptr_t)treaty_map_find(map->index, key) : 0;

    return number ? &map->entries[number - 1].value : NULL;
}

static void make_list(struct treaty_proto_printer *p,
                      struct treaty_proto_shown *value)
{
    struct treaty_proto_shown list =
        treaty_proto_shown_new(p, TREATY_PROTO_SHOWN_LIST);

    if (value->kind == TREATY_PROTO_SHOWN_LIST)
        return;
    append_value(p, &list, value);
    *value = list;
}

void treaty_proto_shown_add(struct treaty_proto_printer *p,
                            struct treaty_proto_shown *to,
                            struct treaty_str key,
                            const struct treaty_proto_shown *value)
{
    struct treaty_proto_shown *before = treaty_proto_shown_find(to, key);
    struct treaty_proto_shown_entry *entry;

    if (before) {
        make_list(p, before);
        append_all(p, before, value);
        return;
    }
    entry = append(p, to);
    if (!entry || !to->index)
        return;
    *entry = (struct treaty_proto_shown_entry){key, *value};
    if (treaty_map_put(to->index, key, (void *)(uintptr_t)to->count) !=
        TREATY_OK)
        treaty_proto_print_nomem(p);
}

static struct treaty_str member_key(struct treaty_proto_printer *p,
                                    const struct treaty_proto_member *member)
{
    struct treaty_str key = member->name;

    if (member->is_extension)
        key =
            treaty_arena_printf(&p->scratch, "[%.*s]", (int)key.len, key.data);
    if (!key.data)
        treaty_proto_print_nomem(p);
    return key;
}

static struct treaty_proto_shown
show_value(struct treaty_proto_printer *p,
           const struct treaty_proto_value *value);

static struct treaty_proto_shown
show_message(struct treaty_proto_printer *p,
             const struct treaty_proto_value *value)
{
    struct treaty_proto_shown map =
        treaty_proto_shown_new(p, TREATY_PROTO_SHOWN_MAP);

    for (uint32_t i = 0; i < value->count; i++) {
        struct treaty_proto_shown child =
            show_value(p, &value->members[i].value);

        treaty_proto_shown_add(p, &map, member_key(p, &value->members[i]),
                               &child);
    }
    return map;
}

static struct treaty_proto_shown
show_list(struct treaty_proto_printer *p,
          const struct treaty_proto_value *value)
{
    struct treaty_proto_shown list =
        treaty_proto_shown_new(p, TREATY_PROTO_SHOWN_LIST);

    for (uint32_t i = 0; i < value->count; i++) {
        struct treaty_proto_shown child = show_value(p, &value->items[i]);

        append_value(p, &list, &child);
    }
    return list;
}

static struct treaty_proto_shown
show_value(struct treaty_proto_printer *p,
           const struct treaty_proto_value *value)
{
    struct treaty_proto_shown ret = {TREATY_PROTO_SHOWN_WORD};

    ret.negative = value->negative;
    ret.text = value->text;
    switch (value->kind) {
    case TREATY_PROTO_VALUE_IDENT:
        break;
    case TREATY_PROTO_VALUE_NUMBER:
        ret.kind = TREATY_PROTO_SHOWN_NUMBER;
        break;
    case TREATY_PROTO_VALUE_STRING:
        ret.kind = TREATY_PROTO_SHOWN_STRING;
        ret.text = p->is_lossless ? value->text : value->reference;
        break;
    case TREATY_PROTO_VALUE_MESSAGE:
        return show_message(p, value);
    case TREATY_PROTO_VALUE_LIST:
        return show_list(p, value);
    }
    return ret;
}

bool treaty_proto_default_is_quoted(const struct treaty_proto_field *field)
{
    return field->ref.type == TREATY_PROTO_STRING;
}

/* Whether the reference takes the default of such a field for a number. */
static bool has_number_default(const struct treaty_proto_field *field)
{
    enum treaty_proto_type type = field->ref.type;

    return type != TREATY_PROTO_UNRESOLVED && type != TREATY_PROTO_BOOL &&
           type != TREATY_PROTO_ENUM && type != TREATY_PROTO_MESSAGE &&
           type != TREATY_PROTO_GROUP;
}

static void quote_default(struct treaty_proto_printer *p,
                          struct treaty_proto_shown *value)
{
    value->kind = TREATY_PROTO_SHOWN_STRING;
    if (!value->negative)
        return;
    value->negative = false;
    value->text = treaty_arena_printf(&p->scratch, "-%.*s",
                                      (int)value->text.len, value->text.data);
    if (!value->text.data)
        treaty_proto_print_nomem(p);
}

/*
 * The reference keeps a default as bare text and quotes it if the field is a
 * string, so quotes of others get lost.
 */
static struct treaty_proto_shown
show_default(struct treaty_proto_printer *p,
             const struct treaty_proto_field *field)
{
    struct treaty_proto_shown ret = show_value(p, &field->default_value->value);

    if (p->is_lossless)
        return ret;
    if (treaty_proto_default_is_quoted(field)) {
        quote_default(p, &ret);
        return ret;
    }
    if (ret.kind == TREATY_PROTO_SHOWN_STRING)
        ret.text = treaty_proto_default_word(&field->default_value->value);
    if (ret.kind == TREATY_PROTO_SHOWN_STRING ||
        ret.kind == TREATY_PROTO_SHOWN_NUMBER)
        ret.kind = has_number_default(field) ? TREATY_PROTO_SHOWN_NUMBER
                                             : TREATY_PROTO_SHOWN_WORD;
    return ret;
}

static bool is_kept(const struct treaty_proto_printer *p,
                    const struct treaty_proto_option *option)
{
    if (p->which != TREATY_PROTO_PLAIN || !option->parts[0].is_extension)
        return true;
    return treaty_str_starts(option->parts[0].name, treaty_str_z(kept_prefix));
}

/* What follows the first part of a name: ".a.(b.c)". */
static struct treaty_str show_path(struct treaty_proto_printer *p,
                                   const struct treaty_proto_option *option)
{
    struct treaty_str path = {"", 0};

    for (uint32_t i = 1; i < option->part_count && path.data; i++) {
        const struct treaty_proto_name_part *part = &option->parts[i];

        path = treaty_arena_printf(
            &p->scratch, part->is_extension ? "%.*s.(%.*s)" : "%.*s.%.*s",
            (int)path.len, path.data, (int)part->name.len, part->name.data);
    }
    if (!path.data)
        treaty_proto_print_nomem(p);
    return path;
}

static struct treaty_proto_line *add_line(struct treaty_proto_lines *lines,
                                          const char *name)
{
    struct treaty_proto_line *line = &lines->lines[lines->count++];

    *line =
        (struct treaty_proto_line){.name = treaty_str_z(name), .path = {"", 0}};
    return line;
}

static void add_option(struct treaty_proto_printer *p,
                       struct treaty_proto_lines *lines,
                       const struct treaty_proto_option *option)
{
    struct treaty_proto_line *line = add_line(lines, "");

    line->name = option->parts[0].name;
    line->is_extension = option->parts[0].is_extension;
    line->value = show_value(p, &option->value);
    if (treaty_proto_normalizes(p) && line->is_extension)
        treaty_proto_normalize_name(p, option, line);
    else
        line->path = show_path(p, option);
}

struct treaty_proto_lines
treaty_proto_option_lines(struct treaty_proto_printer *p,
                          const struct treaty_proto_options *options,
                          const struct treaty_proto_field *field)
{
    struct treaty_proto_lines ret = {0};

    if (options->count == 0 &&
        !(field && (field->default_value || field->json_name)))
        return ret;
    ret.lines = TREATY_ARENA_NEW_N(&p->scratch, struct treaty_proto_line,
                                   (size_t)options->count + 2);
    if (!ret.lines) {
        treaty_proto_print_nomem(p);
        return ret;
    }
    for (uint32_t i = 0; i < options->count; i++) {
        if (is_kept(p, &options->items[i]))
            add_option(p, &ret, &options->items[i]);
    }
    if (field && field->default_value)
        add_line(&ret, "default")->value = show_default(p, field);
    if (field && field->json_name)
        add_line(&ret, "json_name")->value =
            show_value(p, &field->json_name->value);
    if (treaty_proto_normalizes(p))
        treaty_proto_normalize_lines(p, &ret);
    return ret;
}

/* Byte -> the letter behind a backslash; both authorities read these. */
static const char escapes[256] = {
    ['\a'] = 'a', ['\b'] = 'b', ['\f'] = 'f',  ['\n'] = 'n',  ['\r'] = 'r',
    ['\t'] = 't', ['\v'] = 'v', ['\\'] = '\\', ['\''] = '\'', ['"'] = '"',
};

/* Length of the character at `at`, 0 for a byte that is none. */
static size_t character_length(struct treaty_str text, size_t at)
{
    size_t end = at;
    uint32_t cp = treaty_utf8_next(text, &end);

    return cp == 0xFFFD && end == at + 1 ? 0 : end - at;
}

/*
 * In a text that is the reference's, whatever has no letter stands as it is.
 * In ours, what is no character or a control is octal.
 */
void treaty_proto_print_string(struct treaty_proto_printer *p,
                               struct treaty_str text)
{
    size_t at = 0;

    treaty_buf_put_c(p->out, '"');
    while (at < text.len) {
        unsigned char c = (unsigned char)text.data[at];
        size_t len = p->is_lossless ? character_length(text, at) : 1;

        if (escapes[c])
            treaty_buf_printf(p->out, "\\%c", escapes[c]);
        else if (p->is_lossless && (len == 0 || c < 0x20 || c == 0x7F))
            treaty_buf_printf(p->out, "\\%03o", c);
        else
            treaty_buf_put_mem(p->out, text.data + at, len);
        at += len ? len : 1;
    }
    treaty_buf_put_c(p->out, '"');
}

static void put_value(struct treaty_proto_printer *p,
                      const struct treaty_proto_shown *value);

static void put_entries(struct treaty_proto_printer *p,
                        const struct treaty_proto_shown *value)
{
    p->depth++;
    for (uint32_t i = 0; i < value->count; i++) {
        treaty_proto_print_indent(p);
        if (value->kind == TREATY_PROTO_SHOWN_MAP) {
            treaty_buf_put(p->out, value->entries[i].key);
            treaty_buf_put_z(p->out, ": ");
        }
        put_value(p, &value->entries[i].value);
        treaty_buf_put_z(p->out, i + 1 < value->count ? ",\n" : "\n");
    }
    p->depth--;
    treaty_proto_print_indent(p);
}

static void put_value(struct treaty_proto_printer *p,
                      const struct treaty_proto_shown *value)
{
    if (value->negative)
        treaty_buf_put_c(p->out, '-');
    switch (value->kind) {
    case TREATY_PROTO_SHOWN_WORD:
    case TREATY_PROTO_SHOWN_NUMBER:
        treaty_buf_put(p->out, value->text);
        break;
    case TREATY_PROTO_SHOWN_STRING:
        treaty_proto_print_string(p, value->text);
        break;
    case TREATY_PROTO_SHOWN_MAP:
        treaty_buf_put_z(p->out, "{\n");
        put_entries(p, value);
        treaty_buf_put_c(p->out, '}');
        break;
    case TREATY_PROTO_SHOWN_LIST:
        treaty_buf_put_z(p->out, "[\n");
        put_entries(p, value);
        treaty_buf_put_c(p->out, ']');
        break;
    }
}

static void put_line(struct treaty_proto_printer *p,
                     const struct treaty_proto_line *line)
{
    if (line->is_extension)
        treaty_buf_put_c(p->out, '(');
    treaty_buf_put(p->out, line->name);
    if (line->is_extension)
        treaty_buf_put_c(p->out, ')');
    treaty_buf_put(p->out, line->path);
    treaty_buf_put_z(p->out, " = ");
    put_value(p, &line->value);
}

void treaty_proto_print_lines(struct treaty_proto_printer *p,
                              const struct treaty_proto_lines *lines)
{
    for (uint32_t i = 0; i < lines->count; i++) {
        treaty_proto_print_indent(p);
        treaty_buf_put_z(p->out, "option ");
        put_line(p, &lines->lines[i]);
        treaty_buf_put_z(p->out, ";\n");
    }
}

static void put_bracketed(struct treaty_proto_printer *p,
                          const struct treaty_proto_lines *lines)
{
    p->depth++;
    for (uint32_t i = 0; i < lines->count; i++) {
        treaty_buf_put_z(p->out, i > 0 ? ",\n" : "\n");
        treaty_proto_print_indent(p);
        put_line(p, &lines->lines[i]);
    }
    p->depth--;
    treaty_buf_put_c(p->out, '\n');
    treaty_proto_print_indent(p);
}

void treaty_proto_print_inline(struct treaty_proto_printer *p,
                               const struct treaty_proto_options *options,
                               const struct treaty_proto_field *field)
{
    struct treaty_proto_lines lines =
        treaty_proto_option_lines(p, options, field);

    if (lines.count == 0)
        return;
    treaty_buf_put_z(p->out, " [");
    if (lines.count == 1)
        put_line(p, &lines.lines[0]);
    else
        put_bracketed(p, &lines);
    treaty_buf_put_c(p->out, ']');
}
