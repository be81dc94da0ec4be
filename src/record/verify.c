/* SPDX-License-Identifier: Apache-2.0 */
#include "record/verify.h"

#include "base/error.h"
#include "base/str.h"
#include "record/text.h"
#include "record/verify_step.h"

#include <stdlib.h>

struct treaty_verify {
    struct treaty_arena arena;
    struct treaty_layout *writer;
    struct treaty_layout *reader;
    struct step *root;
};

struct run {
    treaty_mismatch_fn report;
    void *ctx;
    size_t mismatches;
};

static void check(struct run *run, const struct step *step, const char *w,
                  const char *r);

static void mismatch(struct run *run, const struct step *step)
{
    run->mismatches++;
    if (run->report)
        run->report(run->ctx, step->path);
}

static double number_at(const struct treaty_type *type, const char *at)
{
    int32_t i32;
    int64_t i64;
    float f32;
    double f64;

    switch (type->size) {
    case sizeof(int32_t):
        if (type->kind == TREATY_KIND_FLOAT) {
            memcpy(&f32, at, sizeof(f32));
            return (double)f32;
        }
        memcpy(&i32, at, sizeof(i32));
        return (double)i32;
    default:
        if (type->kind == TREATY_KIND_DOUBLE) {
            memcpy(&f64, at, sizeof(f64));
            return f64;
        }
        memcpy(&i64, at, sizeof(i64));
        return (double)i64;
    }
}

/* Rounded once, from the exact integer, as a decoder must do it. */
static float narrow_at(const struct treaty_type *type, const char *at)
{
    int64_t i64;

    if (type->kind != TREATY_KIND_INT64)
        return (float)number_at(type, at);
    memcpy(&i64, at, sizeof(i64));
    return (float)i64;
}

static bool same_double(double a, double b)
{
    return memcmp(&a, &b, sizeof(a)) == 0 || (a != a && b != b);
}

static bool same_view(const char *w, const char *r)
{
    struct treaty_str a;
    struct treaty_str b;

    memcpy(&a, w, sizeof(a));
    memcpy(&b, r, sizeof(b));
    return treaty_str_eq(a, b);
}

static bool same_widened(const char *w, const char *r)
{
    int32_t narrow;
    int64_t wide;

    memcpy(&narrow, w, sizeof(narrow));
    memcpy(&wide, r, sizeof(wide));
    return narrow == wide;
}

static bool same_symbol(const struct step *step, const char *w, const char *r)
{
    struct treaty_enum a;
    struct treaty_enum b;

    memcpy(&a, w, sizeof(a));
    memcpy(&b, r, sizeof(b));
    return a.symbol >= 0 && (uint32_t)a.symbol < step->count &&
           step->symbols[a.symbol] == b.symbol;
}

/* Deep equality of two values of one type: a default and what was decoded. */
static bool same_text(const struct treaty_type *type, const void *a,
                      const void *b)
{
    struct treaty_buf one;
    struct treaty_buf two;
    bool same;

    treaty_buf_init(&one, 0);
    treaty_buf_init(&two, 0);
    treaty_record_write(&one, type, a, TREATY_TEXT_AVRO);
    treaty_record_write(&two, type, b, TREATY_TEXT_AVRO);
    same = treaty_str_eq(treaty_buf_str(&one), treaty_buf_str(&two));
    treaty_buf_release(&one);
    treaty_buf_release(&two);
    return same;
}

static bool same_default(const struct step *step, const char *r)
{
    switch (step->reader->kind) {
    case TREATY_KIND_OPTIONAL:
        if (!r[step->reader->flag_offset])
            return !((const char *)step->expected)[step->reader->flag_offset];
        return same_text(step->reader, step->expected, r);
    case TREATY_KIND_STRING:
    case TREATY_KIND_BYTES:
        return same_view(step->expected, r);
    case TREATY_KIND_BOOL:
    case TREATY_KIND_INT32:
    case TREATY_KIND_INT64:
        return memcmp(step->expected, r, step->reader->size) == 0;
    default:
        return same_text(step->reader, step->expected, r);
    }
}

/* Keys of messages are of many kinds, those of Avro texts. */
static void check_key(struct run *run, const struct step *step, const char *w,
                      const char *r)
{
    if (step->count > 1)
        check(run, step->steps[1], w, r);
    else if (!same_view(w, r))
        mismatch(run, step);
}

static void check_items(struct run *run, const struct step *step, const char *w,
                        const char *r)
{
    struct treaty_array from;
    struct treaty_array to;

    memcpy(&from, w, sizeof(from));
    memcpy(&to, r, sizeof(to));
    if (from.count != to.count) {
        mismatch(run, step);
        return;
    }
    w = from.items;
    r = to.items;
    for (size_t i = 0; i < from.count; i++) {
        if (step->action == ACT_MAP)
            check_key(run, step, w, r);
        check(run, step->steps[0], w + step->writer->value_offset,
              r + step->reader->value_offset);
        w += step->writer_stride;
        r += step->reader_stride;
    }
}

static void check_from_union(struct run *run, const struct step *step,
                             const char *w, const char *r)
{
    int32_t branch;

    memcpy(&branch, w, sizeof(branch));
    if (branch < 0 || (uint32_t)branch >= step->count)
        mismatch(run, step);
    else
        check(run, step->steps[branch], w + step->writer->fields[branch].offset,
              r);
}

static void check_to_union(struct run *run, const struct step *step,
                           const char *w, const char *r)
{
    int32_t branch;

    memcpy(&branch, r, sizeof(branch));
    if (branch != step->branch)
        mismatch(run, step);
    else
        check(run, step->steps[0], w, r + step->reader->fields[branch].offset);
}

static void check_to_optional(struct run *run, const struct step *step,
                              const char *w, const char *r)
{
    if ((r[step->reader->flag_offset] != 0) != (step->branch != 0))
        mismatch(run, step);
    else if (step->branch)
        check(run, step->steps[0], w, r + step->reader->value_offset);
}

/*
 * Most values are equal leaves of three kinds; those are seen here, without a
 * call, and everything else goes the long way.
 */
static bool is_same_at_a_glance(const struct step *step, const char *w,
                                const char *r)
{
    switch (step->action) {
    case ACT_VIEW:
        return same_view(w, r);
    case ACT_INT:
        return memcmp(w, r, sizeof(int32_t)) == 0;
    case ACT_LONG:
        return memcmp(w, r, sizeof(int64_t)) == 0;
    default:
        return false;
    }
}

static void check_record(struct run *run, const struct step *step,
                         const char *w, const char *r)
{
    for (uint32_t i = 0; i < step->count; i++) {
        const struct step *field = step->steps[i];
        const char *from = w + field->writer_at;
        const char *to = r + field->reader_at;

        if (!is_same_at_a_glance(field, from, to))
            check(run, field, from, to);
    }
}

/* Messages. */

/* The first symbol with this number; -1: none. */
static int32_t symbol_of(const struct treaty_type *type, int32_t number)
{
    for (uint32_t i = 0; i < type->symbol_count; i++) {
        if (treaty_type_number(type, i) == number)
            return (int32_t)i;
    }
    return -1;
}

static bool is_branch(const char *at, int32_t branch)
{
    int32_t number;

    memcpy(&number, at, sizeof(number));
    return number == branch;
}

/* A closed enum does not take numbers that it has no name for. */
static bool is_refused(const struct step *value, const char *w)
{
    struct treaty_enum written;

    if (value->action != ACT_NUMBERED || value->reader->is_open)
        return false;
    memcpy(&written, w, sizeof(written));
    return symbol_of(value->reader, written.raw) < 0;
}

/* `w` is where the writer's field is. */
static bool is_written(const struct step *step, const char *w)
{
    bool there = false;

    switch (step->presence) {
    case PRESENCE_NEVER:
        return false;
    case PRESENCE_ALWAYS:
        there = true;
        break;
    case PRESENCE_FLAG:
        there = w[step->writer->flag_offset] != 0;
        break;
    case PRESENCE_NONZERO:
        there = !treaty_verify_is_unset(step->writer, w);
        break;
    case PRESENCE_BRANCH:
        there = is_branch(w, step->branch);
        break;
    }
    return there && !is_refused(step->steps[0], w + step->value_at);
}

static void check_field(struct run *run, const struct step *step, const char *w,
                        const char *r)
{
    const struct treaty_type *reader = step->reader;
    bool is_optional = reader->kind == TREATY_KIND_OPTIONAL;

    if (!is_written(step, w)) {
        if (!treaty_verify_is_unset(reader, r))
            mismatch(run, step);
        return;
    }
    if (is_optional && !r[reader->flag_offset])
        mismatch(run, step);
    else
        check(run, step->steps[0], w + step->value_at,
              is_optional ? r + reader->value_offset : r);
}

/*
 * The writer may have had several of its members, which were none of a oneof
 * then; the reader keeps the last, and only the wire knows which that was.
 */
static void check_oneof(struct run *run, const struct step *step, const char *w,
                        const char *r)
{
    const struct step *field;
    uint32_t written = 0;
    int32_t branch;

    memcpy(&branch, r, sizeof(branch));
    for (uint32_t i = 1; i < step->count; i++)
        written += is_written(step->steps[i], w + step->steps[i]->writer_at);
    if (branch <= 0 || (uint32_t)branch >= step->count) {
        if (written || branch)
            mismatch(run, step);
        return;
    }
    field = step->steps[branch];
    if (is_written(field, w + field->writer_at))
        check_field(run, field, w + field->writer_at, r + field->reader_at);
    else
        mismatch(run, step);
}

static int64_t varint_at(const struct treaty_type *type, const char *at)
{
    struct treaty_enum symbol;
    uint32_t u32;
    int32_t i32;
    int64_t i64;

    switch (type->kind) {
    case TREATY_KIND_BOOL:
        return *at != 0;
    case TREATY_KIND_INT32:
        memcpy(&i32, at, sizeof(i32));
        return i32;
    case TREATY_KIND_UINT32:
        memcpy(&u32, at, sizeof(u32));
        return u32;
    case TREATY_KIND_ENUM:
        memcpy(&symbol, at, sizeof(symbol));
        return symbol.raw;
    default:
        memcpy(&i64, at, sizeof(i64));
        return i64;
    }
}

/* What a reader of `type` makes of the varint. */
static int64_t narrowed(const struct treaty_type *type, int64_t value)
{
    switch (type->kind) {
    case TREATY_KIND_BOOL:
        return value != 0;
    case TREATY_KIND_UINT32:
        return (uint32_t)value;
    case TREATY_KIND_INT32:
    case TREATY_KIND_ENUM:
        return (int32_t)(uint32_t)value;
    default:
        return value;
    }
}

static bool same_varint(const struct step *step, const char *w, const char *r)
{
    return narrowed(step->reader, varint_at(step->writer, w)) ==
           varint_at(step->reader, r);
}

static bool same_number(const struct step *step, const char *w, const char *r)
{
    struct treaty_enum a;
    struct treaty_enum b;

    memcpy(&a, w, sizeof(a));
    memcpy(&b, r, sizeof(b));
    return a.raw == b.raw && b.symbol == symbol_of(step->reader, a.raw);
}

static const char *pointed(const char *at)
{
    const char *to;

    memcpy(&to, at, sizeof(to));
    return to;
}

static void check_pointer(struct run *run, const struct step *step,
                          const char *w, const char *r)
{
    if (step->action == ACT_FROM_POINTER)
        w = pointed(w);
    else
        r = pointed(r);
    if (w && r)
        check(run, step->steps[0], w, r);
    else
        mismatch(run, step);
}

/* A leaf: are the two values the same? */
static bool same_leaf(const struct step *step, const char *w, const char *r)
{
    float f32;

    switch (step->action) {
    case ACT_NULL:
        return true;
    case ACT_BYTES:
        return memcmp(w, r, step->size) == 0;
    case ACT_INT:
        return memcmp(w, r, sizeof(int32_t)) == 0;
    case ACT_LONG:
        return memcmp(w, r, sizeof(int64_t)) == 0;
    case ACT_INT_TO_LONG:
        return same_widened(w, r);
    case ACT_FLOAT:
        memcpy(&f32, r, sizeof(f32));
        return same_double((double)narrow_at(step->writer, w), (double)f32);
    case ACT_DOUBLE:
        return same_double(number_at(step->writer, w),
                           number_at(step->reader, r));
    case ACT_VIEW:
        return same_view(w, r);
    case ACT_ENUM:
        return same_symbol(step, w, r);
    case ACT_CONST:
        return same_default(step, r);
    case ACT_VARINT:
        return same_varint(step, w, r);
    case ACT_NUMBERED:
        return same_number(step, w, r);
    default:
        return false;
    }
}

static void check(struct run *run, const struct step *step, const char *w,
                  const char *r)
{
    switch (step->action) {
    case ACT_RECORD:
        check_record(run, step, w, r);
        return;
    case ACT_ITEMS:
    case ACT_MAP:
        check_items(run, step, w, r);
        return;
    case ACT_FROM_OPTIONAL:
        if (w[step->writer->flag_offset])
            check(run, step->steps[1], w + step->writer->value_offset, r);
        else
            check(run, step->steps[0], w, r);
        return;
    case ACT_TO_OPTIONAL:
        check_to_optional(run, step, w, r);
        return;
    case ACT_FROM_UNION:
        check_from_union(run, step, w, r);
        return;
    case ACT_TO_UNION:
        check_to_union(run, step, w, r);
        return;
    case ACT_FROM_POINTER:
    case ACT_TO_POINTER:
        check_pointer(run, step, w, r);
        return;
    case ACT_FIELD:
        check_field(run, step, w, r);
        return;
    case ACT_ONEOF:
        check_oneof(run, step, w, r);
        return;
    default:
        if (!same_leaf(step, w, r))
            mismatch(run, step);
    }
}

enum treaty_code treaty_verify_new(struct treaty_layout *writer,
                                   struct treaty_layout *reader,
                                   struct treaty_verify **ret,
                                   struct treaty_error *err)
{
    struct treaty_verify *verify = calloc(1, sizeof(*verify));

    if (!verify)
        return treaty_fail_nomem(err);
    verify->writer = treaty_layout_ref(writer);
    verify->reader = treaty_layout_ref(reader);
    verify->root =
        treaty_verify_compile(&verify->arena, writer->root, reader->root);
    if (!verify->root) {
        treaty_verify_free(verify);
        return treaty_fail_nomem(err);
    }
    *ret = verify;
    return TREATY_OK;
}

void treaty_verify_free(struct treaty_verify *verify)
{
    if (!verify)
        return;
    treaty_layout_unref(verify->writer);
    treaty_layout_unref(verify->reader);
    treaty_arena_release(&verify->arena);
    free(verify);
}

size_t treaty_verify_event(const struct treaty_verify *verify,
                           const void *written, const void *decoded,
                           treaty_mismatch_fn report, void *ctx)
{
    struct run run = {.report = report, .ctx = ctx};

    check(&run, verify->root, written, decoded);
    return run.mismatches;
}
