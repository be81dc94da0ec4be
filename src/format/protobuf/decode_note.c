/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be said of all events beforehand: what fails, and what is lost
 * without a sound. Protobuf reads almost anything: a value that does not fit
 * is an unknown field, and a number that is too large is cut. So there are few
 * failures and many losses here.
 */
#include "base/error.h"
#include "base/str.h"
#include "format/protobuf/compile.h"

#include <stdarg.h>
#include <stdio.h>

/* One pair of fields under way. */
struct pair {
    struct treaty_proto_compiler *c;
    const struct treaty_proto_field *w;
    const struct treaty_proto_field *r;
};

/* Offsets count in the schema's own text, not in that of an import. */
static size_t place_of(const struct treaty_proto_message *message, size_t pos)
{
    if (!message || message->file->path.len)
        return TREATY_NO_OFFSET;
    return pos;
}

static size_t field_pos(const struct treaty_proto_field *field)
{
    return field ? place_of(field->parent, field->pos) : TREATY_NO_OFFSET;
}

static struct treaty_plan_note start(const struct pair *p, const char *rule)
{
    return (struct treaty_plan_note){
        .rule = rule,
        .writer_pos = field_pos(p->w),
        .reader_pos = field_pos(p->r),
    };
}

static void finish(const struct pair *p, const struct treaty_plan_note *begun,
                   const char *format, va_list args)
{
    struct treaty_plan_note note = *begun;
    char text[TREATY_MESSAGE_MAX];
    int len = vsnprintf(text, sizeof(text), format, args);

    if (len < 0)
        len = 0;
    if ((size_t)len >= sizeof(text))
        len = (int)sizeof(text) - 1;
    note.text = (struct treaty_str){text, (size_t)len};
    if (note.code == TREATY_OK)
        (void)treaty_build_loss(&p->c->b, &note);
    else
        (void)treaty_build_fail(&p->c->b, &note);
}

static void lose(const struct pair *p, const char *rule, const char *format,
                 ...) TREATY_PRINTF(3, 4);

static void lose(const struct pair *p, const char *rule, const char *format,
                 ...)
{
    struct treaty_plan_note note = start(p, rule);
    va_list args;

    va_start(args, format);
    finish(p, &note, format, args);
    va_end(args);
}

/* A failure that the types make, or, `guarded`, certain values. */
struct fault {
    const char *rule;
    enum treaty_code code;
    bool guarded;
};

static void refuse(const struct pair *p, struct fault fault, const char *format,
                   ...) TREATY_PRINTF(3, 4);

static void refuse(const struct pair *p, struct fault fault, const char *format,
                   ...)
{
    struct treaty_plan_note note = start(p, fault.rule);
    va_list args;

    note.code = fault.code;
    note.guarded = fault.guarded;
    va_start(args, format);
    finish(p, &note, format, args);
    va_end(args);
}

static const char *type_name(const struct treaty_proto_field *field)
{
    if (field->ref.message)
        return treaty_proto_wire(field) == TREATY_WIRE_GROUP ? "a group"
                                                             : "a message";
    if (field->ref.enumeration)
        return "an enum";
    return treaty_proto_type_name(field->ref.type);
}

static bool is_packed(const struct treaty_proto_field *field)
{
    return field->is_packed && treaty_proto_may_pack(field);
}

/* Numbers. */

/* What a varint of a type may be; `low` and `high` as the reader counts. */
struct range {
    int64_t low;
    uint64_t high;
};

static struct range range_of(const struct treaty_proto_field *field)
{
    if (field->ref.enumeration)
        return (struct range){INT32_MIN, INT32_MAX};
    switch (field->ref.type) {
    case TREATY_PROTO_INT64:
    case TREATY_PROTO_SINT64:
        return (struct range){INT64_MIN, INT64_MAX};
    case TREATY_PROTO_UINT64:
        return (struct range){0, UINT64_MAX};
    case TREATY_PROTO_UINT32:
        return (struct range){0, UINT32_MAX};
    case TREATY_PROTO_BOOL:
        return (struct range){0, 1};
    default:
        return (struct range){INT32_MIN, INT32_MAX};
    }
}

static bool is_zigzag(const struct treaty_proto_field *field)
{
    return !field->ref.enumeration && (field->ref.type == TREATY_PROTO_SINT32 ||
                                       field->ref.type == TREATY_PROTO_SINT64);
}

static void note_varint(const struct pair *p)
{
    struct range w = range_of(p->w);
    struct range r = range_of(p->r);

    if (is_zigzag(p->w) != is_zigzag(p->r))
        lose(p, "reinterpreted", "%s is read as %s, which is another number",
             type_name(p->w), type_name(p->r));
    else if (w.low < r.low || w.high > r.high)
        lose(p, "truncated", "%s does not fit into %s: numbers are cut",
             type_name(p->w), type_name(p->r));
}

static void note_fixed(const struct pair *p)
{
    if (p->w->ref.type != p->r->ref.type)
        lose(p, "reinterpreted", "the bits of %s are read as %s",
             type_name(p->w), type_name(p->r));
}

/* Enums. */

static const struct treaty_proto_constant *
twin_of(const struct pair *p, const struct treaty_proto_constant *constant)
{
    return treaty_proto_constant_by_number(p->r->ref.enumeration,
                                           constant->number);
}

static void note_constant(const struct pair *p,
                          const struct treaty_proto_constant *constant)
{
    const struct treaty_proto_constant *twin = twin_of(p, constant);
    const struct fault missing = {"required", TREATY_EREQUIRED, false};
    bool is_closed = p->r->ref.enumeration->is_closed;
    struct treaty_str name = constant->name;

    if (twin && !treaty_str_eq(twin->name, name) &&
        !treaty_proto_constant_by_name(p->r->ref.enumeration, name))
        lose(p, "enum-renamed", "%.*s is read as %.*s", TREATY_STR_ARG(name),
             TREATY_STR_ARG(twin->name));
    if (twin)
        return;
    if (!is_closed)
        lose(p, "enum-symbol",
             "the reader has no constant %.*s = %d: its number is kept",
             TREATY_STR_ARG(name), (int)constant->number);
    else if (p->r->presence == TREATY_PROTO_MUST)
        refuse(p, missing,
               "the reader has no constant %.*s = %d, so the field, which it "
               "requires, is missing",
               TREATY_STR_ARG(name), (int)constant->number);
    else
        lose(p, "enum-symbol",
             "the reader has no constant %.*s = %d: the field is left unset",
             TREATY_STR_ARG(name), (int)constant->number);
}

/* The reader's enum is closed, and the writer may send any number. */
static void note_any_number(const struct pair *p)
{
    const struct fault missing = {"required", TREATY_EREQUIRED, true};

    if (p->r->presence == TREATY_PROTO_MUST)
        refuse(p, missing,
               "a number that is no constant leaves the field, which the "
               "reader requires, unset");
    else
        lose(p, "enum-symbol",
             "a number that is no constant of the reader leaves the field "
             "unset");
}

static void note_enum(const struct pair *p)
{
    const struct treaty_proto_enum *writer = p->w->ref.enumeration;
    bool is_closed = p->r->ref.enumeration->is_closed;

    for (uint32_t i = 0; writer && i < writer->constant_count; i++)
        note_constant(p, &writer->constants[i]);
    if (is_closed && (!writer || !writer->is_closed))
        note_any_number(p);
}

/* Lengths: strings, bytes, messages, packed numbers. */

static void note_text(const struct pair *p)
{
    const struct fault bad = {"utf8", TREATY_EUTF8, true};
    enum treaty_proto_scalar as = treaty_proto_scalar_of(p->r, &p->c->options);
    bool is_checked = p->w->ref.type == TREATY_PROTO_STRING &&
                      !p->w->ref.message && p->w->checks_utf8;

    if (as == TREATY_PROTO_AS_STRING && !is_checked)
        refuse(p, bad, "what is not UTF-8 cannot be read as a string");
    if (p->w->ref.message || is_packed(p->w))
        lose(p, "reinterpreted", "the bytes of %s%s are read as %s",
             is_packed(p->w) ? "packed " : "", type_name(p->w),
             type_name(p->r));
}

static void note_length(const struct pair *p)
{
    struct fault bad = {"type", TREATY_ETRUNCATED, false};
    bool packs = treaty_proto_may_pack(p->r);

    if (p->w->ref.message && p->r->ref.message)
        return; /* a pair of its own */
    bad.guarded = p->w->ref.message || packs || is_packed(p->w);
    if (p->r->ref.message || packs)
        refuse(p, bad, "the bytes of %s%s are read as %s%s",
               is_packed(p->w) ? "packed " : "", type_name(p->w),
               packs ? "packed " : "", type_name(p->r));
    else
        note_text(p);
}

static void note_type(const struct pair *p)
{
    uint32_t wire =
        is_packed(p->w) ? (uint32_t)TREATY_WIRE_LEN : treaty_proto_wire(p->w);

    /* Both forms of the same field hold the same values. */
    if (is_packed(p->w) && treaty_proto_may_pack(p->r) &&
        treaty_proto_wire(p->w) == treaty_proto_wire(p->r))
        wire = treaty_proto_wire(p->w);
    else if (wire == TREATY_WIRE_LEN) {
        note_length(p);
        return;
    }
    if (p->r->ref.enumeration)
        note_enum(p);
    if (wire == TREATY_WIRE_VARINT)
        note_varint(p);
    else if (wire != TREATY_WIRE_GROUP)
        note_fixed(p);
}

/* How often it is there. */

static void note_count(const struct pair *p)
{
    bool many = treaty_proto_is_many(p->w);

    if (many && !treaty_proto_is_many(p->r) && p->w->ref.message)
        lose(p, "repeated-merged", "all items become one, merged together");
    else if (many && !treaty_proto_is_many(p->r))
        lose(p, "repeated-to-single", "of several items the last one is kept");
    if (treaty_proto_is_map_field(p->r) && !treaty_proto_is_map_field(p->w))
        lose(p, "map-key",
             "of several items with one key the last one is "
             "kept");
}

static bool is_same_default(const struct pair *p)
{
    const struct treaty_proto_option *w = p->w->default_value;
    const struct treaty_proto_option *r = p->r->default_value;

    if (!w || !r)
        return w == r;
    return w->value.negative == r->value.negative &&
           treaty_str_eq(w->value.text, r->value.text);
}

static void note_absence(const struct pair *p)
{
    const struct fault missing = {"required", TREATY_EREQUIRED, false};
    bool is_single = !treaty_proto_is_many(p->w) &&
                     !treaty_proto_is_many(p->r) && !p->w->ref.message &&
                     !p->r->ref.message;

    if (p->r->presence == TREATY_PROTO_MUST &&
        p->w->presence != TREATY_PROTO_MUST)
        refuse(p, missing,
               "the writer may leave the field out, which the reader requires");
    if (p->w->presence == TREATY_PROTO_MUST || !is_single)
        return;
    if (!is_same_default(p))
        lose(p, "default", "left out, the field has another default");
    if (p->w->presence == TREATY_PROTO_EXPLICIT &&
        p->r->presence == TREATY_PROTO_IMPLICIT)
        lose(p, "presence", "the reader cannot tell 0 from left out");
}

static void note_unread(const struct pair *p)
{
    const struct fault missing = {"required", TREATY_EREQUIRED, false};
    struct treaty_str name = p->r ? p->r->name : p->w->name;

    if (p->r && p->r->presence == TREATY_PROTO_MUST && p->w)
        refuse(p, missing,
               "%s is not read as %s, so field \"%.*s\", which the reader "
               "requires, is missing",
               type_name(p->w), type_name(p->r), TREATY_STR_ARG(name));
    else if (p->r && p->r->presence == TREATY_PROTO_MUST)
        refuse(p, missing,
               "the writer has no field \"%.*s\", which the reader requires",
               TREATY_STR_ARG(name));
    else if (p->r && p->w)
        lose(p, "wire-type",
             "%s%s is not read as %s: the field is unknown to the reader",
             is_packed(p->w) ? "packed " : "", type_name(p->w),
             type_name(p->r));
    else if (p->w && !p->c->options.keep_unknown)
        lose(p, "dropped-field", "the reader has no field \"%.*s\"",
             TREATY_STR_ARG(name));
    if (p->w && treaty_proto_wire(p->w) == TREATY_WIRE_GROUP)
        p->c->skips_groups = true;
}

/* A required message that has no value: no event has the writer's. */
static bool is_possible(const struct treaty_proto_compiler *c,
                        const struct treaty_proto_field *writer)
{
    return !writer || !writer->ref.message ||
           c->satisfiable[writer->ref.message->id];
}

static void note_twins(struct treaty_proto_compiler *c,
                       const struct treaty_proto_job *job,
                       const struct treaty_proto_twins *match)
{
    const struct pair p = {c, match->writer, match->reader};
    size_t mark = treaty_build_push(&c->b, TREATY_STR("/"));

    (void)treaty_build_push(&c->b, p.w ? p.w->name : p.r->name);
    if (p.w && p.r && treaty_proto_takes(p.r, p.w)) {
        if (!job->writer->is_map_entry)
            note_absence(&p); /* an entry always has both */
        if (!treaty_str_eq(p.w->name, p.r->name))
            lose(&p, "renamed-field", "number %lld is read as \"%.*s\"",
                 (long long)p.r->number, TREATY_STR_ARG(p.r->name));
        if (is_possible(c, p.w)) {
            note_count(&p);
            note_type(&p);
        }
    } else {
        note_unread(&p);
    }
    treaty_build_pop(&c->b, mark);
}

/* Members of one oneof here that may be set together there. */
static void note_oneof(struct treaty_proto_compiler *c,
                       const struct treaty_proto_job *job,
                       const struct treaty_proto_oneof *oneof)
{
    const struct treaty_proto_field *first = NULL;

    for (uint32_t i = 0; i < oneof->field_count; i++) {
        const struct treaty_proto_field *w =
            treaty_proto_field_by_number(job->writer, oneof->fields[i]->number);
        const struct pair p = {c, w, oneof->fields[i]};

        if (!w || !treaty_proto_takes(p.r, w))
            continue;
        if (!first) {
            first = w;
            continue;
        }
        if (w->oneof && w->oneof == first->oneof)
            continue;
        lose(&p, "oneof",
             "the writer may set both \"%.*s\" and \"%.*s\", of which the "
             "reader keeps the last one",
             TREATY_STR_ARG(first->name), TREATY_STR_ARG(w->name));
        return;
    }
}

/* Is it the first time that these two meet? */
static bool is_new(struct treaty_proto_compiler *c,
                   const struct treaty_proto_job *job)
{
    const void *parts[2] = {job->writer, job->reader};
    struct treaty_str key = {(const char *)parts, sizeof(parts)};

    if (treaty_map_find(&c->noted, key))
        return false;
    key = treaty_arena_dup(&c->scratch, key);
    if (!key.data || treaty_map_put(&c->noted, key, c) != TREATY_OK)
        c->b.failed = true;
    return true;
}

void treaty_proto_note(struct treaty_proto_compiler *c,
                       const struct treaty_proto_job *job,
                       const struct treaty_proto_twins *matches, size_t count)
{
    if (!job->writer || !c->satisfiable[job->writer->id] || !is_new(c, job))
        return;
    for (uint32_t i = 0; i < job->reader->oneof_count; i++)
        note_oneof(c, job, &job->reader->oneofs[i]);
    for (size_t i = 0; i < count; i++)
        note_twins(c, job, &matches[i]);
}

/* Limits. */

/* Looking for the longest way through programs, no further than `most`. */
struct depths {
    const struct treaty_proto_program *programs;
    uint32_t *known; /* 0: not yet */
    uint32_t most;
};

/* NOLINTNEXTLINE(misc-no-recursion): `level` ends it. */
static uint32_t depth_from(const struct depths *d, uint32_t at, uint32_t level)
{
    enum { UNDER_WAY = UINT32_MAX };
    const struct treaty_proto_program *program = &d->programs[at];
    uint32_t deepest = 0;

    if (d->known[at] == UNDER_WAY || level > d->most)
        return d->most + 1;
    if (d->known[at])
        return d->known[at];
    d->known[at] = UNDER_WAY;
    for (uint32_t i = 0; i < program->tag_count; i++) {
        int32_t part = program->tags[i].message;
        uint32_t depth;

        if (part == TREATY_PROTO_NONE)
            continue;
        depth = depth_from(d, (uint32_t)part, level + 1);
        if (depth > deepest)
            deepest = depth;
    }
    d->known[at] = deepest > d->most ? d->most + 1 : deepest + 1;
    return d->known[at];
}

static bool is_deep(struct treaty_proto_compiler *c, uint32_t depth_max)
{
    const struct treaty_proto_program *programs =
        (const void *)c->programs.data;
    size_t count = c->programs.len / sizeof(*programs);
    uint32_t *known = TREATY_ARENA_NEW_N(&c->scratch, uint32_t, count + 1);
    const struct depths depths = {programs, known, depth_max};

    if (!known || !count || c->programs.failed != TREATY_OK) {
        c->b.failed = true;
        return false;
    }
    /* The event itself is no level. */
    return depth_from(&depths, 0, 0) - 1 > depth_max;
}

void treaty_proto_note_limits(struct treaty_proto_compiler *c)
{
    uint32_t depth_max = c->options.depth_max ? c->options.depth_max : 128;
    struct treaty_plan_note note = {
        .writer_pos = TREATY_NO_OFFSET,
        .reader_pos = TREATY_NO_OFFSET,
        .guarded = true,
    };

    if (c->skips_groups || is_deep(c, depth_max)) {
        note.rule = "depth-limit";
        note.code = TREATY_EDEPTH;
        note.text = TREATY_STR("an event may be nested more deeply than is "
                               "read");
        (void)treaty_build_fail(&c->b, &note);
    }
    if (c->has_lists) {
        note.rule = "memory-limit";
        note.code = TREATY_ELIMIT;
        note.text = TREATY_STR("an event may hold more items than memory is "
                               "given for");
        (void)treaty_build_fail(&c->b, &note);
    }
}
