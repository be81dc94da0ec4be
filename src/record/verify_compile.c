/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/str.h"
#include "record/text.h"
#include "record/verify_match.h"
#include "record/verify_step.h"

struct memo {
    struct step *step;
    const struct memo *next;
};

struct compiler {
    struct treaty_arena *arena;
    struct treaty_match match;
    const struct memo *memos; /* RECORD steps */
    bool failed;
};

static struct step *compile(struct compiler *c,
                            const struct treaty_type *writer,
                            const struct treaty_type *reader,
                            struct treaty_str path);

struct step *treaty_step_new(struct treaty_arena *arena, enum action action,
                             const struct treaty_type *writer,
                             const struct treaty_type *reader,
                             struct treaty_str path)
{
    struct step *step = TREATY_ARENA_NEW(arena, struct step);

    if (!step)
        return NULL;
    step->action = action;
    step->writer = writer;
    step->reader = reader;
    step->path = path;
    return step;
}

bool treaty_step_give(struct treaty_arena *arena, struct step *step,
                      uint32_t count)
{
    step->count = count;
    step->steps = TREATY_ARENA_NEW_N(arena, struct step *, (size_t)count + 1);
    return step->steps != NULL;
}

static struct step *new_step(struct compiler *c, enum action action,
                             const struct treaty_type *writer,
                             const struct treaty_type *reader,
                             struct treaty_str path)
{
    struct step *step = treaty_step_new(c->arena, action, writer, reader, path);

    if (!step)
        c->failed = true;
    return step;
}

static bool give_steps(struct compiler *c, struct step *step, uint32_t count)
{
    if (treaty_step_give(c->arena, step, count))
        return true;
    c->failed = true;
    return false;
}

/* A step around one inner step. */
static struct step *wrap(struct compiler *c, enum action action,
                         const struct treaty_type *writer,
                         const struct treaty_type *reader, struct step *inner)
{
    struct step *step;

    if (!inner)
        return NULL;
    step = new_step(c, action, writer, reader, inner->path);
    if (!step || !give_steps(c, step, 1))
        return NULL;
    step->steps[0] = inner;
    return step;
}

static struct step *compile_default(struct compiler *c,
                                    const struct treaty_field *field,
                                    struct treaty_str path)
{
    struct step *step = new_step(c, ACT_NEVER, NULL, field->type, path);
    const struct treaty_json *value;
    enum treaty_code code;
    void *expected;

    if (!step || !field->fallback.data)
        return step;
    expected = treaty_arena_calloc(c->arena, 1, field->type->size + 1);
    if (!expected) {
        c->failed = true;
        return NULL;
    }
    code = treaty_json_parse(c->arena, field->fallback, NULL, &value, NULL);
    if (!code)
        code = treaty_record_read(c->arena, field->type, value,
                                  TREATY_TEXT_PLAIN, expected, NULL);
    if (code == TREATY_ENOMEM)
        c->failed = true;
    if (code)
        return step;
    step->action = ACT_CONST;
    step->expected = expected;
    return step;
}

static struct treaty_str join_path(struct compiler *c, struct treaty_str path,
                                   struct treaty_str name)
{
    struct treaty_str full = name;

    if (path.len)
        full = treaty_arena_join(c->arena, path, '.', name);
    if (!full.data)
        c->failed = true;
    return full;
}

static struct step *compile_field(struct compiler *c,
                                  const struct treaty_field *from,
                                  const struct treaty_field *field,
                                  struct treaty_str path)
{
    struct treaty_str full = join_path(c, path, field->name);
    struct step *inner;
    struct step *placed;

    if (from)
        inner = compile(c, from->type, field->type, full);
    else
        inner = compile_default(c, field, full);
    if (!inner)
        return NULL;
    /* A step can be shared; its place in this record is a copy's own. */
    placed = treaty_arena_alloc(c->arena, sizeof(*placed));
    if (!placed) {
        c->failed = true;
        return NULL;
    }
    *placed = *inner;
    placed->writer_at = from ? from->offset : 0;
    placed->reader_at = field->offset;
    return placed;
}

static bool remember(struct compiler *c, struct step *step)
{
    struct memo *memo = TREATY_ARENA_NEW(c->arena, struct memo);

    if (!memo) {
        c->failed = true;
        return false;
    }
    memo->step = step;
    memo->next = c->memos;
    c->memos = memo;
    return true;
}

static struct step *compile_record(struct compiler *c,
                                   const struct treaty_type *writer,
                                   const struct treaty_type *reader,
                                   struct treaty_str path)
{
    struct step *step = new_step(c, ACT_RECORD, writer, reader, path);

    const struct treaty_field **sources =
        treaty_match_fields(&c->match, writer, reader);

    /* Its array of steps exists before it can be found: copies share that. */
    if (!step || !sources || !give_steps(c, step, reader->field_count) ||
        !remember(c, step))
        return NULL;
    for (uint32_t i = 0; i < reader->field_count; i++) {
        step->steps[i] = compile_field(c, sources[i], &reader->fields[i], path);
        if (!step->steps[i])
            return NULL;
    }
    return step;
}

static struct step *compile_enum(struct compiler *c,
                                 const struct treaty_type *writer,
                                 const struct treaty_type *reader,
                                 struct treaty_str path)
{
    struct step *step = new_step(c, ACT_ENUM, writer, reader, path);
    int32_t fallback = -1;

    if (!step)
        return NULL;
    step->count = writer->symbol_count;
    step->symbols =
        TREATY_ARENA_NEW_N(c->arena, int32_t, writer->symbol_count + 1);
    if (!step->symbols) {
        c->failed = true;
        return NULL;
    }
    for (uint32_t r = 0; r < reader->symbol_count && reader->fallback_symbol;
         r++) {
        if (treaty_str_eq(reader->symbols[r], *reader->fallback_symbol))
            fallback = (int32_t)r;
    }
    for (uint32_t w = 0; w < writer->symbol_count; w++) {
        step->symbols[w] = fallback;
        for (uint32_t r = 0; r < reader->symbol_count; r++) {
            if (treaty_str_eq(writer->symbols[w], reader->symbols[r]))
                step->symbols[w] = (int32_t)r;
        }
    }
    return step;
}

/* A value that goes into a branch of the reader's union; -1: into none. */
static struct step *compile_branch(struct compiler *c,
                                   const struct treaty_type *writer,
                                   const struct treaty_type *reader,
                                   int32_t branch, struct treaty_str path)
{
    bool is_optional = reader->kind == TREATY_KIND_OPTIONAL;
    struct step *step;

    if (branch < 0)
        return new_step(c, ACT_NEVER, writer, reader, path);
    if (is_optional && branch == reader->null_branch)
        return new_step(c, ACT_TO_OPTIONAL, writer, reader, path);
    step =
        wrap(c, is_optional ? ACT_TO_OPTIONAL : ACT_TO_UNION, writer, reader,
             compile(c, writer,
                     is_optional ? reader->item : reader->fields[branch].type,
                     path));
    if (step)
        step->branch = is_optional ? 1 : branch;
    return step;
}

/* Branch `number` of the writer's union, whatever the reader has there. */
static struct step *
compile_from_branch(struct compiler *c, const struct treaty_type *writer,
                    uint32_t number, const struct treaty_type *branch,
                    const struct treaty_type *reader, struct treaty_str path)
{
    if (!treaty_match_is_union(reader))
        return compile(c, branch, reader, path);
    return compile_branch(
        c, branch, reader,
        treaty_match_branch(&c->match, writer, number, reader), path);
}

static struct step *compile_from_union(struct compiler *c,
                                       const struct treaty_type *writer,
                                       const struct treaty_type *reader,
                                       struct treaty_str path)
{
    struct step *step = new_step(c, ACT_FROM_UNION, writer, reader, path);

    if (!step || !give_steps(c, step, writer->field_count))
        return NULL;
    for (uint32_t i = 0; i < writer->field_count; i++) {
        step->steps[i] = compile_from_branch(
            c, writer, i, writer->fields[i].type, reader, path);
        if (!step->steps[i])
            return NULL;
    }
    return step;
}

static struct step *compile_items(struct compiler *c, enum action action,
                                  const struct treaty_type *writer,
                                  const struct treaty_type *reader,
                                  struct treaty_str path)
{
    struct treaty_str inside =
        treaty_arena_printf(c->arena, "%.*s%s", TREATY_STR_ARG(path),
                            action == ACT_MAP ? "{}" : "[]");
    struct step *step;

    if (!inside.data)
        c->failed = true;
    step = wrap(c, action, writer, reader,
                compile(c, writer->item, reader->item, inside));
    if (!step)
        return NULL;
    step->writer_stride = treaty_type_stride(writer);
    step->reader_stride = treaty_type_stride(reader);
    return step;
}

/* Leaves: the same kind, or a number that is widened. */
static struct step *compile_leaf(struct compiler *c,
                                 const struct treaty_type *writer,
                                 const struct treaty_type *reader,
                                 struct treaty_str path)
{
    static const enum action by_reader[] = {
        [TREATY_KIND_NULL] = ACT_NULL,     [TREATY_KIND_BOOL] = ACT_BYTES,
        [TREATY_KIND_INT32] = ACT_INT,     [TREATY_KIND_INT64] = ACT_LONG,
        [TREATY_KIND_UINT32] = ACT_INT,    [TREATY_KIND_UINT64] = ACT_LONG,
        [TREATY_KIND_FLOAT] = ACT_FLOAT,   [TREATY_KIND_DOUBLE] = ACT_DOUBLE,
        [TREATY_KIND_STRING] = ACT_VIEW,   [TREATY_KIND_BYTES] = ACT_VIEW,
        [TREATY_KIND_FIXED] = ACT_BYTES,   [TREATY_KIND_ENUM] = ACT_ENUM,
        [TREATY_KIND_ARRAY] = ACT_ITEMS,   [TREATY_KIND_MAP] = ACT_MAP,
        [TREATY_KIND_POINTER] = ACT_NEVER,
    };
    struct step *step;

    if (!treaty_match_types(&c->match, writer, reader))
        return new_step(c, ACT_NEVER, writer, reader, path);
    if (reader->kind == TREATY_KIND_ENUM)
        return compile_enum(c, writer, reader, path);
    if (reader->kind == TREATY_KIND_ARRAY || reader->kind == TREATY_KIND_MAP)
        return compile_items(c, by_reader[reader->kind], writer, reader, path);
    step = new_step(c, by_reader[reader->kind], writer, reader, path);
    if (!step)
        return NULL;
    step->size = reader->size;
    if (writer->size != reader->size && step->action == ACT_LONG)
        step->action = ACT_INT_TO_LONG;
    if (writer->size != reader->size && step->action == ACT_BYTES)
        step->action = ACT_NEVER;
    return step;
}

static struct step *find_memo(const struct compiler *c,
                              const struct treaty_type *writer,
                              const struct treaty_type *reader)
{
    for (const struct memo *m = c->memos; m; m = m->next) {
        if (m->step->writer == writer && m->step->reader == reader)
            return m->step;
    }
    return NULL;
}

static struct step *compile_records(struct compiler *c,
                                    const struct treaty_type *writer,
                                    const struct treaty_type *reader,
                                    struct treaty_str path)
{
    struct step *known = find_memo(c, writer, reader);

    return known ? known : compile_record(c, writer, reader, path);
}

/* Two inner steps: what a null becomes, and what a value becomes. */
static struct step *compile_from_optional(struct compiler *c,
                                          const struct treaty_type *writer,
                                          const struct treaty_type *reader,
                                          struct treaty_str path)
{
    static const struct treaty_type null_type = {.kind = TREATY_KIND_NULL};
    uint32_t null = (uint32_t)writer->null_branch;
    struct step *step = new_step(c, ACT_FROM_OPTIONAL, writer, reader, path);

    if (!step || !give_steps(c, step, 2))
        return NULL;
    step->steps[0] =
        compile_from_branch(c, writer, null, &null_type, reader, path);
    step->steps[1] =
        compile_from_branch(c, writer, 1 - null, writer->item, reader, path);
    return step->steps[0] && step->steps[1] ? step : NULL;
}

static struct step *compile(struct compiler *c,
                            const struct treaty_type *writer,
                            const struct treaty_type *reader,
                            struct treaty_str path)
{
    if (c->failed)
        return NULL;
    if (writer->kind == TREATY_KIND_UNION)
        return compile_from_union(c, writer, reader, path);
    if (writer->kind == TREATY_KIND_OPTIONAL)
        return compile_from_optional(c, writer, reader, path);
    if (treaty_match_is_union(reader))
        return compile_branch(
            c, writer, reader,
            treaty_match_type_branch(&c->match, writer, reader), path);
    if (writer->kind == TREATY_KIND_POINTER)
        return wrap(c, ACT_FROM_POINTER, writer, reader,
                    compile(c, writer->item, reader, path));
    if (reader->kind == TREATY_KIND_POINTER)
        return wrap(c, ACT_TO_POINTER, writer, reader,
                    compile(c, writer, reader->item, path));
    if (writer->kind == TREATY_KIND_RECORD &&
        reader->kind == TREATY_KIND_RECORD)
        return compile_records(c, writer, reader, path);
    return compile_leaf(c, writer, reader, path);
}

struct step *treaty_verify_compile(struct treaty_arena *arena,
                                   const struct treaty_type *writer,
                                   const struct treaty_type *reader)
{
    struct compiler c = {.arena = arena};
    struct step *step;

    if (writer->is_message && reader->is_message)
        return treaty_verify_compile_message(arena, writer, reader);
    treaty_match_init(&c.match, arena, writer, reader);
    step = compile(&c, writer, reader, TREATY_STR(""));
    return c.failed || c.match.failed ? NULL : step;
}
