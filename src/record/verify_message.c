/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages through a reader's eyes. Fields meet by number, whether they lie in
 * a oneof or not; what the writer did not put on the wire is unset in the
 * reader; integers, booleans and enums are read as one another, and cut to what
 * the reader's type holds. (A layout does not know sint64 from int64, whose
 * cuts differ: a sint64 that a sint32 cannot hold is told as a difference.)
 */
#include "record/text_inside.h"
#include "record/verify_step.h"

#include "base/str.h"

struct memo {
    struct step *step;
    const struct memo *next;
};

struct compiler {
    struct treaty_arena *arena;
    const struct memo *memos; /* of pairs of messages */
};

/* Where a writer has a number. */
struct source {
    const struct treaty_field *field;
    uint32_t branch; /* of a oneof; else 0 */
};

bool treaty_verify_is_unset(const struct treaty_type *type, const char *at)
{
    int32_t branch;

    if (type->kind != TREATY_KIND_UNION)
        return treaty_text_is_unset(type, at);
    memcpy(&branch, at, sizeof(branch));
    return branch == 0;
}

static struct step *compile_value(struct compiler *c,
                                  const struct treaty_type *writer,
                                  const struct treaty_type *reader,
                                  struct treaty_str path);

static struct treaty_str key_of(const int32_t *number)
{
    return (struct treaty_str){(const char *)number, sizeof(*number)};
}

static bool put_source(struct compiler *c, struct treaty_map *sources,
                       const struct treaty_field *field, uint32_t branch)
{
    struct source *source = TREATY_ARENA_NEW(c->arena, struct source);
    const int32_t *number =
        branch ? &field->type->fields[branch].number : &field->number;

    if (!source)
        return false;
    *source = (struct source){field, branch};
    return treaty_map_put(sources, key_of(number), source) == TREATY_OK;
}

static bool put_sources(struct compiler *c, struct treaty_map *sources,
                        const struct treaty_type *writer)
{
    for (uint32_t i = 0; i < writer->field_count; i++) {
        const struct treaty_field *field = &writer->fields[i];

        if (!treaty_text_is_oneof(writer, field)) {
            if (!put_source(c, sources, field, 0))
                return false;
            continue;
        }
        for (uint32_t b = 1; b < field->type->field_count; b++) {
            if (!put_source(c, sources, field, b))
                return false;
        }
    }
    return true;
}

/* Say in `step` when the writer's value is there, and give its type. */
static const struct treaty_type *place_source(struct step *step,
                                              const struct source *source)
{
    const struct treaty_field *field = source->field;
    const struct treaty_type *type = field->type;

    step->writer = type;
    step->writer_at = field->offset;
    if (source->branch) {
        step->presence = PRESENCE_BRANCH;
        step->branch = (int32_t)source->branch;
        step->value_at = type->fields[source->branch].offset;
        return type->fields[source->branch].type;
    }
    if (type->kind == TREATY_KIND_OPTIONAL) {
        step->presence = PRESENCE_FLAG;
        step->value_at = type->value_offset;
        return type->item;
    }
    step->presence = field->must ? PRESENCE_ALWAYS : PRESENCE_NONZERO;
    return type;
}

static const struct treaty_type *value_of(const struct treaty_type *reader)
{
    return reader->kind == TREATY_KIND_OPTIONAL ? reader->item : reader;
}

/* A value of the reader, and where it comes from, or NULL. */
static struct step *compile_source(struct compiler *c,
                                   const struct source *source,
                                   const struct treaty_field *field,
                                   struct treaty_str path)
{
    struct step *step =
        treaty_step_new(c->arena, ACT_FIELD, NULL, field->type, path);
    const struct treaty_type *value;

    if (!path.data || !step || !treaty_step_give(c->arena, step, 1))
        return NULL;
    step->reader_at = field->offset;
    if (!source)
        return step;
    value = place_source(step, source);
    step->steps[0] = compile_value(c, value, value_of(field->type), path);
    return step->steps[0] ? step : NULL;
}

/* Where both have the value and nothing else, its step is enough. */
static struct step *simplify(struct compiler *c, struct step *field)
{
    struct step *step;

    if (field->reader->kind == TREATY_KIND_OPTIONAL ||
        (field->presence != PRESENCE_NONZERO &&
         field->presence != PRESENCE_ALWAYS))
        return field;
    /* A step can be shared; its place in this message is a copy's own. */
    step = treaty_arena_alloc(c->arena, sizeof(*step));
    if (!step)
        return NULL;
    *step = *field->steps[0];
    step->writer_at = field->writer_at;
    step->reader_at = field->reader_at;
    return step;
}

static struct treaty_str join_path(struct compiler *c, struct treaty_str path,
                                   struct treaty_str name)
{
    if (!path.len)
        return name;
    return treaty_arena_join(c->arena, path, '.', name);
}

static struct step *compile_oneof(struct compiler *c,
                                  const struct treaty_map *sources,
                                  const struct treaty_field *field,
                                  struct treaty_str path)
{
    const struct treaty_type *type = field->type;
    struct step *step = treaty_step_new(c->arena, ACT_ONEOF, NULL, type, path);

    if (!path.data || !step ||
        !treaty_step_give(c->arena, step, type->field_count))
        return NULL;
    step->reader_at = field->offset;
    for (uint32_t i = 1; i < type->field_count; i++) {
        const struct treaty_field *branch = &type->fields[i];

        step->steps[i] =
            compile_source(c, treaty_map_find(sources, key_of(&branch->number)),
                           branch, join_path(c, path, branch->name));
        if (!step->steps[i])
            return NULL;
    }
    return step;
}

static struct step *compile_field(struct compiler *c,
                                  const struct treaty_map *sources,
                                  const struct treaty_type *reader,
                                  const struct treaty_field *field,
                                  struct treaty_str path)
{
    struct treaty_str full = join_path(c, path, field->name);
    struct step *step;

    if (treaty_text_is_oneof(reader, field))
        return compile_oneof(c, sources, field, full);
    step = compile_source(c, treaty_map_find(sources, key_of(&field->number)),
                          field, full);
    return step ? simplify(c, step) : NULL;
}

static bool compile_fields(struct compiler *c, struct step *step)
{
    struct treaty_map sources;
    bool ok;

    treaty_map_init(&sources, NULL);
    ok = put_sources(c, &sources, step->writer);
    for (uint32_t i = 0; ok && i < step->reader->field_count; i++) {
        step->steps[i] = compile_field(c, &sources, step->reader,
                                       &step->reader->fields[i], step->path);
        ok = step->steps[i] != NULL;
    }
    treaty_map_release(&sources);
    return ok;
}

static struct step *compile_message(struct compiler *c,
                                    const struct treaty_type *writer,
                                    const struct treaty_type *reader,
                                    struct treaty_str path)
{
    struct step *step;
    struct memo *memo;

    for (const struct memo *m = c->memos; m; m = m->next) {
        if (m->step->writer == writer && m->step->reader == reader)
            return m->step;
    }
    step = treaty_step_new(c->arena, ACT_RECORD, writer, reader, path);
    memo = TREATY_ARENA_NEW(c->arena, struct memo);
    /* Its array of steps exists before it can be found: copies share that. */
    if (!step || !memo ||
        !treaty_step_give(c->arena, step, reader->field_count))
        return NULL;
    *memo = (struct memo){step, c->memos};
    c->memos = memo;
    return compile_fields(c, step) ? step : NULL;
}

static struct step *compile_inner(struct compiler *c, enum action action,
                                  const struct treaty_type *writer,
                                  const struct treaty_type *reader,
                                  struct step *inner)
{
    struct step *step;

    if (!inner)
        return NULL;
    step = treaty_step_new(c->arena, action, writer, reader, inner->path);
    if (!step || !treaty_step_give(c->arena, step, 1))
        return NULL;
    step->steps[0] = inner;
    return step;
}

static struct step *compile_items(struct compiler *c,
                                  const struct treaty_type *writer,
                                  const struct treaty_type *reader,
                                  struct treaty_str path)
{
    static const struct treaty_type text = {.kind = TREATY_KIND_STRING};
    bool is_map = reader->kind == TREATY_KIND_MAP;
    struct treaty_str inside = treaty_arena_printf(
        c->arena, "%.*s%s", (int)path.len, path.data, is_map ? "{}" : "[]");
    struct step *step = treaty_step_new(c->arena, is_map ? ACT_MAP : ACT_ITEMS,
                                        writer, reader, path);

    if (!inside.data || !step ||
        !treaty_step_give(c->arena, step, is_map ? 2 : 1))
        return NULL;
    step->writer_stride = treaty_type_stride(writer);
    step->reader_stride = treaty_type_stride(reader);
    step->steps[0] = compile_value(c, writer->item, reader->item, inside);
    if (is_map)
        step->steps[1] =
            compile_value(c, writer->key ? writer->key : &text,
                          reader->key ? reader->key : &text, inside);
    return step->steps[step->count - 1] && step->steps[0] ? step : NULL;
}

/* The action for a leaf of the reader's kind from one of the writer's. */
static enum action leaf_action(enum treaty_kind writer, enum treaty_kind reader)
{
    static const enum action same[] = {
        [TREATY_KIND_BOOL] = ACT_VARINT,   [TREATY_KIND_INT32] = ACT_INT,
        [TREATY_KIND_INT64] = ACT_LONG,    [TREATY_KIND_UINT32] = ACT_INT,
        [TREATY_KIND_UINT64] = ACT_LONG,   [TREATY_KIND_FLOAT] = ACT_FLOAT,
        [TREATY_KIND_DOUBLE] = ACT_DOUBLE, [TREATY_KIND_STRING] = ACT_VIEW,
        [TREATY_KIND_BYTES] = ACT_VIEW,    [TREATY_KIND_ENUM] = ACT_NUMBERED,
        [TREATY_KIND_POINTER] = ACT_NEVER,
    };
    static const uint32_t varints =
        1u << TREATY_KIND_BOOL | 1u << TREATY_KIND_INT32 |
        1u << TREATY_KIND_INT64 | 1u << TREATY_KIND_UINT32 |
        1u << TREATY_KIND_UINT64 | 1u << TREATY_KIND_ENUM;
    static const uint32_t views =
        1u << TREATY_KIND_STRING | 1u << TREATY_KIND_BYTES;

    if (writer == reader)
        return same[reader];
    if (varints >> writer & varints >> reader & 1)
        return ACT_VARINT;
    return views >> writer & views >> reader & 1 ? ACT_VIEW : ACT_NEVER;
}

static struct step *compile_value(struct compiler *c,
                                  const struct treaty_type *writer,
                                  const struct treaty_type *reader,
                                  struct treaty_str path)
{
    if (writer->kind == TREATY_KIND_POINTER)
        return compile_inner(c, ACT_FROM_POINTER, writer, reader,
                             compile_value(c, writer->item, reader, path));
    if (reader->kind == TREATY_KIND_POINTER)
        return compile_inner(c, ACT_TO_POINTER, writer, reader,
                             compile_value(c, writer, reader->item, path));
    if (writer->kind != reader->kind)
        return treaty_step_new(c->arena,
                               leaf_action(writer->kind, reader->kind), writer,
                               reader, path);
    if (reader->kind == TREATY_KIND_RECORD)
        return compile_message(c, writer, reader, path);
    if (reader->kind == TREATY_KIND_ARRAY || reader->kind == TREATY_KIND_MAP)
        return compile_items(c, writer, reader, path);
    return treaty_step_new(c->arena, leaf_action(writer->kind, reader->kind),
                           writer, reader, path);
}

struct step *treaty_verify_compile_message(struct treaty_arena *arena,
                                           const struct treaty_type *writer,
                                           const struct treaty_type *reader)
{
    struct compiler c = {.arena = arena};

    return compile_message(&c, writer, reader, TREATY_STR(""));
}
