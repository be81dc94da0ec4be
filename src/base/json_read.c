/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON reader: RFC 8259 without recursion. What is open is a chain of
 * frames, the innermost first; they and the tables that find repeated names
 * lie on a scratch arena that goes away with the call.
 *
 * The whole text is checked for UTF-8 first, so the code below may copy bytes
 * without looking at them.
 */
#include "base/error.h"
#include "base/json.h"
#include "base/json_token.h"
#include "base/map.h"
#include "base/str.h"
#include "base/utf8.h"

enum {
    DEPTH_DEFAULT = 256,
    SIZE_DEFAULT = 16 << 20,
    FEW_MEMBERS = 8, /* up to here names are compared one by one */
};

struct frame {
    struct frame *outer;
    struct treaty_json *node; /* the open array or object */
    struct treaty_json *last; /* its newest child, or NULL */
    struct treaty_map names;  /* used past FEW_MEMBERS */
};

struct reader {
    struct treaty_json_lexer lexer;
    struct treaty_arena *arena;
    struct treaty_arena scratch;
    struct frame *top;   /* NULL: nothing is open */
    struct frame *spare; /* closed frames, to be used again */
    uint32_t depth;
    uint32_t depth_max;
    size_t values;
    size_t value_max;
};

static bool is_object(const struct frame *frame)
{
    return frame->node->kind == TREATY_JSON_OBJECT;
}

static char closer_of(const struct frame *frame)
{
    return is_object(frame) ? '}' : ']';
}

static enum treaty_code open_frame(struct reader *r, struct treaty_json *node,
                                   enum treaty_json_kind kind)
{
    struct frame *frame = r->spare;

    if (r->depth == r->depth_max)
        return treaty_fail(r->lexer.err, TREATY_EDEPTH, node->pos,
                           "nested more than %u deep", r->depth_max);
    if (frame)
        r->spare = frame->outer;
    else
        frame = treaty_arena_alloc(&r->scratch, sizeof(*frame));
    if (!frame)
        return treaty_fail_nomem(r->lexer.err);

    node->kind = kind;
    *frame = (struct frame){.outer = r->top, .node = node};
    treaty_map_init(&frame->names, &r->scratch);
    r->top = frame;
    r->depth++;
    r->lexer.at++;
    return TREATY_OK;
}

static void close_frame(struct reader *r)
{
    struct frame *frame = r->top;

    r->lexer.at++;
    frame->node->end = r->lexer.at;
    r->top = frame->outer;
    frame->outer = r->spare;
    r->spare = frame;
    r->depth--;
}

/* The value that begins here; a container is only opened. */
static enum treaty_code read_value(struct reader *r, struct treaty_json *node)
{
    struct treaty_json_lexer *lexer = &r->lexer;

    node->pos = lexer->at;
    if (r->values == r->value_max)
        return treaty_fail(lexer->err, TREATY_ELIMIT, node->pos,
                           "more than %zu values", r->value_max);
    r->values++;
    switch (treaty_json_peek(lexer)) {
    case '{':
        return open_frame(r, node, TREATY_JSON_OBJECT);
    case '[':
        return open_frame(r, node, TREATY_JSON_ARRAY);
    case '"':
        node->kind = TREATY_JSON_STRING;
        return treaty_json_read_string(lexer, r->arena, &node->text,
                                       &node->end);
    default:
        return treaty_json_read_scalar(lexer, node);
    }
}

static enum treaty_code fail_repeated(struct reader *r,
                                      const struct treaty_json *member)
{
    return treaty_fail(r->lexer.err, TREATY_EDUPLICATE, member->name_pos,
                       "member given twice: \"%.*s\"",
                       TREATY_STR_ARG(member->name));
}

/* Find the names of the first members, once there are too many to compare. */
static enum treaty_code index_names(struct frame *frame)
{
    const struct treaty_json *member = frame->node->child;
    enum treaty_code code = TREATY_OK;

    for (; member && !code; member = member->next)
        code = treaty_map_put(&frame->names, member->name, frame);
    return code;
}

/* Refuse `member`, which is not linked in yet, when its name was given. */
static enum treaty_code check_repeated(struct reader *r,
                                       const struct treaty_json *member)
{
    struct frame *frame = r->top;
    const struct treaty_json *other = frame->node->child;
    enum treaty_code code = TREATY_OK;

    if (frame->node->count < FEW_MEMBERS) {
        for (; other; other = other->next) {
            if (treaty_str_eq(other->name, member->name))
                return fail_repeated(r, member);
        }
        return TREATY_OK;
    }
    if (frame->node->count == FEW_MEMBERS)
        code = index_names(frame);
    if (treaty_map_find(&frame->names, member->name))
        return fail_repeated(r, member);
    if (!code)
        code = treaty_map_put(&frame->names, member->name, frame);
    if (code)
        return treaty_fail_nomem(r->lexer.err);
    return TREATY_OK;
}

/* `"name" :` and the blanks after it. */
static enum treaty_code read_name(struct reader *r, struct treaty_json *member)
{
    struct treaty_json_lexer *lexer = &r->lexer;
    enum treaty_code code;
    size_t end;

    if (treaty_json_peek(lexer) != '"')
        return treaty_json_fail_name(lexer);
    member->name_pos = lexer->at;
    code = treaty_json_read_string(lexer, r->arena, &member->name, &end);
    if (code)
        return code;
    if (lexer->flags & TREATY_JSON_DUPLICATES_FAIL) {
        code = check_repeated(r, member);
        if (code)
            return code;
    }
    code = treaty_json_skip_blanks(lexer);
    if (code)
        return code;
    if (treaty_json_peek(lexer) != ':')
        return treaty_json_fail_colon(lexer, member->name);
    lexer->at++;
    return treaty_json_skip_blanks(lexer);
}

/*
 * What stands between two children, or before the closer. Leaves the reader
 * at the next child or at the closer.
 */
static enum treaty_code read_comma(struct reader *r)
{
    struct treaty_json_lexer *lexer = &r->lexer;
    char closer = closer_of(r->top);
    size_t comma = lexer->at;
    enum treaty_code code;

    if (treaty_json_peek(lexer) == closer)
        return TREATY_OK;
    if (treaty_json_peek(lexer) != ',')
        return treaty_json_fail_comma(lexer, closer);
    lexer->at++;
    code = treaty_json_skip_blanks(lexer);
    if (code)
        return code;
    if (treaty_json_peek(lexer) == closer)
        return treaty_fail(lexer->err, TREATY_EJSON, comma,
                           "trailing comma: nothing follows it before '%c'",
                           closer);
    return TREATY_OK;
}

static void link_child(struct frame *frame, struct treaty_json *child)
{
    if (frame->last)
        frame->last->next = child;
    else
        frame->node->child = child;
    frame->last = child;
    frame->node->count++;
}

/* Read one more child of the innermost container, or its end. */
static enum treaty_code read_child(struct reader *r)
{
    struct frame *frame = r->top;
    struct treaty_json *child;
    enum treaty_code code = treaty_json_skip_blanks(&r->lexer);

    if (!code && frame->last)
        code = read_comma(r);
    if (code)
        return code;
    if (treaty_json_peek(&r->lexer) == closer_of(frame)) {
        close_frame(r);
        return TREATY_OK;
    }
    if (r->lexer.at == r->lexer.text.len)
        return treaty_json_fail_comma(&r->lexer, closer_of(frame));

    child = treaty_arena_alloc_aligned(r->arena, sizeof(*child),
                                       _Alignof(struct treaty_json));
    if (!child)
        return treaty_fail_nomem(r->lexer.err);
    *child = (struct treaty_json){0};
    if (is_object(frame)) {
        code = read_name(r, child);
        if (code)
            return code;
    }
    link_child(frame, child);
    return read_value(r, child);
}

static enum treaty_code read_document(struct reader *r,
                                      struct treaty_json *root)
{
    struct treaty_json_lexer *lexer = &r->lexer;
    enum treaty_code code = treaty_json_skip_blanks(lexer);

    if (code)
        return code;
    if (lexer->at == lexer->text.len)
        return treaty_fail(lexer->err, TREATY_EJSON, lexer->at,
                           "the text is empty; a JSON value is expected");
    code = read_value(r, root);
    while (!code && r->top)
        code = read_child(r);
    if (code || (lexer->flags & TREATY_JSON_TRAILING))
        return code;
    code = treaty_json_skip_blanks(lexer);
    if (code)
        return code;
    if (lexer->at < lexer->text.len)
        return treaty_json_fail_trailing(lexer);
    return TREATY_OK;
}

/* What must hold before the first character is looked at. */
static enum treaty_code check_text(struct treaty_str text, size_t size_max,
                                   struct treaty_error *err)
{
    size_t bad;

    if (text.len > size_max)
        return treaty_fail(err, TREATY_ELIMIT, TREATY_NO_OFFSET,
                           "the text has %zu bytes; %zu are allowed", text.len,
                           size_max);
    if (treaty_str_starts(text, TREATY_STR("\xef\xbb\xbf")))
        return treaty_fail(err, TREATY_EJSON, 0,
                           "the text begins with a byte order mark (EF BB BF); "
                           "remove it");
    if (treaty_str_starts(text, TREATY_STR("\xff\xfe")) ||
        treaty_str_starts(text, TREATY_STR("\xfe\xff")))
        return treaty_fail(err, TREATY_EUTF8, 0,
                           "the text is UTF-16; save it as UTF-8");
    bad = treaty_utf8_check(text);
    if (bad < text.len)
        return treaty_fail(err, TREATY_EUTF8, bad,
                           "the text is not UTF-8: bad byte 0x%02X",
                           (unsigned)(unsigned char)text.data[bad]);
    return TREATY_OK;
}

enum treaty_code treaty_json_parse(struct treaty_arena *arena,
                                   struct treaty_str text,
                                   const struct treaty_json_options *options,
                                   const struct treaty_json **ret,
                                   struct treaty_error *err)
{
    static const struct treaty_json_options defaults;
    const struct treaty_json_options *o = options ? options : &defaults;
    size_t size_max = o->size_max ? o->size_max : SIZE_DEFAULT;
    struct reader r = {
        .lexer = {.text = text, .flags = o->flags, .err = err},
        .arena = arena,
        .depth_max = o->depth_max ? o->depth_max : DEPTH_DEFAULT,
        .value_max = o->value_max ? o->value_max : SIZE_MAX,
    };
    struct treaty_json *root;
    enum treaty_code code;

    /* `count` has 32 bits, and every child takes a byte at least. */
    if (size_max > UINT32_MAX)
        size_max = UINT32_MAX;
    code = check_text(text, size_max, err);
    if (code)
        return code;
    root = TREATY_ARENA_NEW(arena, struct treaty_json);
    if (!root)
        return treaty_fail_nomem(err);
    treaty_arena_init(&r.scratch, 0, &arena->alloc);
    code = read_document(&r, root);
    treaty_arena_release(&r.scratch);
    if (code)
        return code;
    *ret = root;
    return TREATY_OK;
}
