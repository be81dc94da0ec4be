/* SPDX-License-Identifier: Apache-2.0 */
#include "format/schema.h"

#include "base/error.h"
#include "base/str.h"

/*
 * A schema lies on its own arena, which the struct itself carries, so the last
 * count takes the arena out before releasing it.
 */
enum {
    TEXT_MAX = 1 << 20,
    DEPTH_MAX = 256,
    NAMES_MAX = 65536,
};

struct treaty_limits treaty_limits_fill(struct treaty_limits limits)
{
    if (!limits.text_max)
        limits.text_max = TEXT_MAX;
    if (!limits.depth_max)
        limits.depth_max = DEPTH_MAX;
    if (!limits.names_max)
        limits.names_max = NAMES_MAX;
    return limits;
}

static enum treaty_code copy_references(struct treaty_schema *schema,
                                        const struct treaty_source *source)
{
    struct treaty_arena *arena = &schema->arena;
    struct treaty_reference *copy = TREATY_ARENA_NEW_N(
        arena, struct treaty_reference, source->reference_count);

    if (!copy && source->reference_count)
        return TREATY_ENOMEM;
    for (size_t i = 0; i < source->reference_count; i++) {
        copy[i] = source->references[i];
        copy[i].name = treaty_arena_dup(arena, copy[i].name);
        copy[i].subject = treaty_arena_dup(arena, copy[i].subject);
        if (!copy[i].name.data || !copy[i].subject.data)
            return TREATY_ENOMEM;
    }
    schema->references = copy;
    schema->reference_count = source->reference_count;
    return TREATY_OK;
}

enum treaty_code treaty_schema_new(const struct treaty_format *format,
                                   const struct treaty_source *source,
                                   struct treaty_schema **ret,
                                   struct treaty_error *err)
{
    size_t text_max = treaty_limits_fill(source->limits).text_max;
    struct treaty_arena arena;
    struct treaty_schema *schema;

    if (source->text.len > text_max)
        return treaty_fail(err, TREATY_ESCHEMATOOLARGE, TREATY_NO_OFFSET,
                           "the schema has %zu bytes; the limit is %zu",
                           source->text.len, text_max);
    treaty_arena_init(&arena, 0, NULL);
    schema = TREATY_ARENA_NEW(&arena, struct treaty_schema);
    if (!schema) {
        treaty_arena_release(&arena);
        return treaty_fail_nomem(err);
    }
    *schema = (struct treaty_schema){.format = format, .arena = arena};
    schema->refs = 1;
    schema->text = treaty_arena_dup(&schema->arena, source->text);
    if (!schema->text.data || copy_references(schema, source) != TREATY_OK) {
        treaty_schema_unref(schema);
        return treaty_fail_nomem(err);
    }
    *ret = schema;
    return TREATY_OK;
}

struct treaty_schema *treaty_schema_part_new(struct treaty_schema *whole)
{
    struct treaty_arena arena;
    struct treaty_schema *part;

    treaty_arena_init(&arena, 0, NULL);
    part = TREATY_ARENA_NEW(&arena, struct treaty_schema);
    if (!part) {
        treaty_arena_release(&arena);
        return NULL;
    }
    /* Everything but the count, which other threads change meanwhile. */
    *part = (struct treaty_schema){
        .format = whole->format,
        .arena = arena,
        .text = whole->text,
        .canonical = whole->canonical,
        .name = whole->name,
        .references = whole->references,
        .reference_count = whole->reference_count,
        .root = whole->root,
        .part = whole->part,
        .indexes = whole->indexes,
        .whole = treaty_schema_ref(whole->whole ? whole->whole : whole),
        .objection = whole->objection,
        .refs = 1,
    };
    return part;
}

enum treaty_code treaty_schema_parse(const struct treaty_format *format,
                                     const struct treaty_source *source,
                                     struct treaty_schema **ret,
                                     struct treaty_error *err)
{
    if (!format)
        format = &treaty_format_avro;
    return format->parse(source, ret, err);
}

enum treaty_code treaty_schema_render(const struct treaty_schema *schema,
                                      struct treaty_str how,
                                      struct treaty_buf *out, bool *ret_known,
                                      struct treaty_error *err)
{
    bool is_default =
        how.len == 0 || treaty_str_eq_nocase(how, TREATY_STR("default"));
    bool is_original = treaty_str_eq_nocase(how, TREATY_STR("original"));
    bool known = is_default || is_original;
    enum treaty_code code = TREATY_OK;

    if (!known)
        code = schema->format->render(schema, how, out, &known, err);
    if (code)
        return code;
    if (is_original)
        treaty_buf_put(out, schema->text);
    else if (is_default || !known)
        treaty_buf_put(out, schema->canonical);
    if (ret_known)
        *ret_known = known;
    return treaty_buf_status(out, err);
}

struct treaty_schema *treaty_schema_ref(struct treaty_schema *schema)
{
    __atomic_add_fetch(&schema->refs, 1, __ATOMIC_RELAXED);
    return schema;
}

void treaty_schema_unref(struct treaty_schema *schema)
{
    while (schema &&
           __atomic_sub_fetch(&schema->refs, 1, __ATOMIC_ACQ_REL) == 0) {
        struct treaty_arena arena = schema->arena;
        struct treaty_schema *whole = schema->whole;

        treaty_arena_release(&arena);
        schema = whole;
    }
}
