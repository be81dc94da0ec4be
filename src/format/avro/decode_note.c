/* SPDX-License-Identifier: Apache-2.0 */
/* What a decode plan says of itself: failures, losses, limits. */
#include "format/avro/compile.h"

#include "base/error.h"
#include "base/str.h"

#include <stdio.h>

enum { TEXT_MAX = 320 };

typedef uint32_t (*add_fn)(struct treaty_builder *,
                           const struct treaty_plan_note *);

static uint32_t add(struct treaty_avro_compiler *c, add_fn add_to,
                    const struct treaty_plan_note *note, const char *format,
                    va_list args)
{
    struct treaty_plan_note full = *note;
    char text[TEXT_MAX];
    int len = vsnprintf(text, sizeof(text), format, args);

    if (len < 0)
        len = 0;
    if (len >= TEXT_MAX)
        len = TEXT_MAX - 1;
    full.text = (struct treaty_str){text, (size_t)len};
    return add_to(&c->b, &full);
}

uint32_t treaty_avro_note_fail(struct treaty_avro_compiler *c,
                               const struct treaty_plan_note *note,
                               const char *format, ...)
{
    va_list args;
    uint32_t number;

    va_start(args, format);
    number = add(c, treaty_build_fail, note, format, args);
    va_end(args);
    return number;
}

void treaty_avro_note_loss(struct treaty_avro_compiler *c,
                           const struct treaty_plan_note *note,
                           const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)add(c, treaty_build_loss, note, format, args);
    va_end(args);
}

void treaty_avro_refuse_as(struct treaty_avro_compiler *c,
                           const struct treaty_plan_note *note,
                           const char *format, ...)
{
    va_list args;
    uint32_t number;

    va_start(args, format);
    number = add(c, treaty_build_fail, note, format, args);
    va_end(args);
    (void)treaty_avro_emit(c, TREATY_DECODE_FAIL, 0, 0, number);
}

void treaty_avro_unreachable(struct treaty_avro_compiler *c)
{
    (void)treaty_avro_emit(c, TREATY_DECODE_FAIL, 0, 0, UINT32_MAX);
}

void treaty_avro_refuse(struct treaty_avro_compiler *c,
                        enum treaty_avro_mismatch why,
                        const struct treaty_avro_node *writer,
                        const struct treaty_avro_node *reader)
{
    static const struct {
        const char *rule;
        const char *text;
    } reasons[] = {
        [TREATY_AVRO_MATCH] = {"none", "%.*s, %.*s"},
        [TREATY_AVRO_TYPE] = {"type",
                              "the writer's %.*s cannot be read as %.*s"},
        [TREATY_AVRO_NAME] = {"name", "the writer's %.*s and the reader's %.*s "
                                      "have different names"},
        [TREATY_AVRO_SIZE] = {"size", "the writer's fixed %.*s and the "
                                      "reader's %.*s differ in size"},
        [TREATY_AVRO_MISSING] = {"missing-default",
                                 "the writer's record %.*s lacks a field that "
                                 "%.*s requires"},
        [TREATY_AVRO_BRANCH] = {"no-branch", "the writer's %.*s fits no branch "
                                             "of the reader's %.*s"},
    };
    const struct treaty_plan_note note = {
        .rule = reasons[why].rule,
        .writer_pos = writer->pos,
        .reader_pos = reader->pos,
        .code = TREATY_EUNREADABLE,
    };
    struct treaty_str from = treaty_avro_type_name(writer);
    struct treaty_str to = treaty_avro_type_name(reader);
    char text[TEXT_MAX];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    /* The formats are those of the table, all with the same arguments. */
    (void)snprintf(text, sizeof(text), reasons[why].text, TREATY_STR_ARG(from),
                   TREATY_STR_ARG(to));
#pragma GCC diagnostic pop
    treaty_avro_refuse_as(c, &note, "%s", text);
}

/* [writer][reader]: how many bits of a number survive; 0: all of them. */
static const uint8_t bits_kept[TREATY_AVRO_UNION + 1][TREATY_AVRO_UNION + 1] = {
    [TREATY_AVRO_INT] = {[TREATY_AVRO_FLOAT] = 24},
    [TREATY_AVRO_LONG] = {[TREATY_AVRO_FLOAT] = 24, [TREATY_AVRO_DOUBLE] = 53},
};

static bool same_logical(const struct treaty_avro_node *a,
                         const struct treaty_avro_node *b)
{
    return treaty_str_eq(a->logical, b->logical) &&
           a->precision == b->precision && a->scale == b->scale;
}

static struct treaty_str plain_or(struct treaty_str logical)
{
    return logical.len ? logical : TREATY_STR("plain");
}

void treaty_avro_note_change(struct treaty_avro_compiler *c,
                             const struct treaty_avro_node *writer,
                             const struct treaty_avro_node *reader)
{
    struct treaty_plan_note note = {
        .writer_pos = writer->pos,
        .reader_pos = reader->pos,
    };
    unsigned bits = bits_kept[writer->kind][reader->kind];

    if (bits) {
        note.rule = "precision";
        treaty_avro_note_loss(c, &note, "%s to %s keeps %u bits of the number",
                              treaty_avro_kind_name(writer->kind),
                              treaty_avro_kind_name(reader->kind), bits);
    }
    if (!same_logical(writer, reader)) {
        note.rule = "logical-type";
        treaty_avro_note_loss(c, &note,
                              "%.*s is read as %.*s without conversion",
                              TREATY_STR_ARG(plain_or(writer->logical)),
                              TREATY_STR_ARG(plain_or(reader->logical)));
    }
    if (writer->kind == TREATY_AVRO_BYTES &&
        reader->kind == TREATY_AVRO_STRING &&
        c->options.utf8 == TREATY_UTF8_ERROR) {
        note.rule = "utf8";
        note.guarded = true;
        note.code = TREATY_EUTF8;
        (void)treaty_avro_note_fail(
            c, &note, "bytes that are not UTF-8 cannot be read as a string");
    }
}

void treaty_avro_note_limits(struct treaty_avro_compiler *c)
{
    struct treaty_plan_note note = {
        .writer_pos = TREATY_NO_OFFSET,
        .reader_pos = TREATY_NO_OFFSET,
        .guarded = true,
    };
    unsigned depth_max = c->options.depth_max ? c->options.depth_max : 128;

    if (c->has_recursion) {
        note.rule = "depth-limit";
        note.code = TREATY_EDEPTH;
        (void)treaty_avro_note_fail(
            c, &note, "an event may be nested more than %u deep", depth_max);
    }
    if (c->has_arrays) {
        note.rule = "memory-limit";
        note.code = TREATY_ELIMIT;
        (void)treaty_avro_note_fail(
            c, &note, "an event may hold more items than memory is given for");
    }
    if (c->has_empty_items) {
        note.rule = "items-limit";
        note.code = TREATY_ELIMIT;
        (void)treaty_avro_note_fail(
            c, &note, "an event may hold more than %d items without contents",
            (int)TREATY_EMPTY_ITEMS_MAX);
    }
}
