/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames to structs. A frame's schema leads to a plan in three steps, each of
 * which fills the one before it:
 *
 *     the scratch's last plan     this thread's previous event, no shared data
 *     the deserializer's table    read without a lock
 *     the client's caches         under locks, asking the registry once
 */
#include "base/error.h"
#include "serde/sample.h"
#include "serde/serde.h"
#include "serde/side.h"

#include <assert.h>
#include <stdatomic.h>

struct treaty_deserializer {
    struct treaty_client *client;
    uint64_t serial; /* no two of a process have the same, ever */
    struct treaty_side own;
    uint8_t own_guid[16];
    struct treaty_plan_options plan_options;
    bool no_wait;
    size_t record_size;
    pthread_mutex_t lock; /* guards the arena and writing to the table */
    struct treaty_arena arena;
    struct treaty_table plans; /* of struct treaty_cached_plan */
};

/* A plan from the schema to itself shows at once whether the layout fits. */
static enum treaty_code check_layout(struct treaty_deserializer *deserializer,
                                     struct treaty_error *err)
{
    const struct treaty_schema *schema = deserializer->own.schema;
    struct treaty_plan *plan = NULL;
    enum treaty_code code =
        schema->format->decode_plan(schema, schema, deserializer->own.layout,
                                    &deserializer->plan_options, &plan, err);

    if (code != TREATY_OK)
        return code;
    deserializer->record_size = treaty_plan_record_size(plan);
    treaty_plan_unref(plan);
    return TREATY_OK;
}

static enum treaty_code make_own(struct treaty_deserializer *deserializer,
                                 const struct treaty_deserializer_options *o,
                                 struct treaty_error *err)
{
    struct treaty_given given = {
        .text = o->schema,
        .format = o->format,
        .references = o->references,
        .reference_count = o->reference_count,
        .bindings = o->bindings,
        .binding_count = o->binding_count,
        .record_size = o->record_size,
    };
    const struct treaty_schema *schema;
    enum treaty_code code =
        treaty_side_make(deserializer->client, &given, &deserializer->own, err);

    if (code != TREATY_OK)
        return code;
    schema = deserializer->own.schema;
    code = treaty_schema_guid(schema->canonical, schema->references,
                              schema->reference_count, deserializer->own_guid);
    if (code != TREATY_OK)
        return treaty_fail(err, code, TREATY_NO_OFFSET,
                           "a schema's GUID cannot be made");
    return check_layout(deserializer, err);
}

static enum treaty_code
set_up(struct treaty_deserializer *deserializer,
       const struct treaty_deserializer_options *options,
       struct treaty_error *err)
{
    if (options->schema)
        return make_own(deserializer, options, err);
    if (options->bindings)
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "bindings need a reader's schema");
    return TREATY_OK;
}

enum treaty_code
treaty_deserializer_new(struct treaty_client *client,
                        const struct treaty_deserializer_options *options,
                        struct treaty_deserializer **ret,
                        struct treaty_error *err)
{
    static _Atomic uint64_t serials;
    struct treaty_arena arena;
    struct treaty_deserializer *deserializer;
    enum treaty_code code;

    treaty_arena_init(&arena, 0, &client->arena.alloc);
    deserializer = TREATY_ARENA_NEW(&arena, struct treaty_deserializer);
    if (!deserializer)
        return treaty_fail_nomem(err);
    deserializer->client = client;
    deserializer->arena = arena;
    deserializer->serial = atomic_fetch_add(&serials, 1) + 1;
    deserializer->no_wait = options->no_wait;
    deserializer->plan_options = (struct treaty_plan_options){
        .utf8 = options->utf8,
        .walk_to_end = options->walk_to_end,
        .depth_max = options->depth_max,
        .memory_max = options->memory_max,
    };
    pthread_mutex_init(&deserializer->lock, NULL);
    code = set_up(deserializer, options, err);
    if (code != TREATY_OK) {
        treaty_deserializer_free(deserializer);
        return code;
    }
    *ret = deserializer;
    return TREATY_OK;
}

void treaty_deserializer_free(struct treaty_deserializer *deserializer)
{
    struct treaty_arena arena;

    if (!deserializer)
        return;
    treaty_side_release(&deserializer->own);
    pthread_mutex_destroy(&deserializer->lock);
    /* The deserializer itself lies on its arena. */
    arena = deserializer->arena;
    treaty_arena_release(&arena);
}

static struct treaty_table_key key_of(const struct treaty_frame *frame)
{
    return frame->by_guid ? treaty_table_key_of_guid(frame->guid)
                          : treaty_table_key_of_id(frame->id);
}

static enum treaty_code keep_locked(struct treaty_deserializer *deserializer,
                                    struct treaty_table_key key,
                                    struct treaty_cached_plan *plan)
{
    if (treaty_table_find(&deserializer->plans, key))
        return TREATY_OK;
    return treaty_table_add(&deserializer->plans, &deserializer->arena, key,
                            plan);
}

/* Without memory this event still has its plan, and the next one asks the
 * client again. */
static void keep(struct treaty_deserializer *deserializer,
                 struct treaty_table_key key, struct treaty_cached_plan *plan)
{
    pthread_mutex_lock(&deserializer->lock);
    (void)keep_locked(deserializer, key, plan);
    pthread_mutex_unlock(&deserializer->lock);
}

static enum treaty_code ask(struct treaty_deserializer *deserializer,
                            const struct treaty_frame *frame,
                            const struct treaty_cached_plan **ret,
                            struct treaty_error *err)
{
    struct treaty_plan_request request = {
        .reader = deserializer->own.schema,
        .layout = deserializer->own.layout,
        .options = deserializer->plan_options,
    };
    struct treaty_cached_plan *plan;
    enum treaty_code code =
        treaty_client_schema(deserializer->client, frame, deserializer->no_wait,
                             &request.writer, err);

    if (code != TREATY_OK)
        return code;
    memcpy(request.reader_guid, deserializer->own_guid,
           sizeof(request.reader_guid));
    code = treaty_client_plan(deserializer->client, &request, &plan, err);
    if (code != TREATY_OK)
        return code;
    keep(deserializer, key_of(frame), plan);
    *ret = plan;
    return TREATY_OK;
}

/* The plan if it is at hand. */
static const struct treaty_cached_plan *
find_plan(const struct treaty_deserializer *deserializer,
          struct treaty_table_key key, struct treaty_scratch *scratch)
{
    struct treaty_last_found *last = &scratch->last;
    void *value;

    if (last->serial == deserializer->serial &&
        treaty_table_key_eq(last->key, key))
        return (const struct treaty_cached_plan *)last->value;
    value = treaty_table_find(&deserializer->plans, key);
    if (value)
        *last = (struct treaty_last_found){deserializer->serial, key, value};
    return (const struct treaty_cached_plan *)value;
}

enum treaty_code
treaty_deserializer_find(struct treaty_deserializer *deserializer,
                         const struct treaty_message *message,
                         struct treaty_scratch *scratch,
                         struct treaty_found *ret, struct treaty_error *err)
{
    const struct treaty_telemetry *telemetry = &deserializer->client->telemetry;
    const struct treaty_cached_plan *plan;
    struct treaty_frame frame;
    enum treaty_code code =
        treaty_frame_parse(message->value, message->header, &frame, err);

    if (code != TREATY_OK)
        return code;
    plan = find_plan(deserializer, key_of(&frame), scratch);
    treaty_counter_add(plan ? telemetry->hits : telemetry->misses, 1);
    if (!plan) {
        code = ask(deserializer, &frame, &plan, err);
        if (code != TREATY_OK)
            return code;
    }
    if (!plan->plan)
        return treaty_fail_again(err, plan->failure);
    ret->frame = frame;
    ret->plan = plan;
    return TREATY_OK;
}

static enum treaty_code decode(const struct treaty_found *found, void *record,
                               struct treaty_scratch *scratch,
                               struct treaty_error *err)
{
    enum treaty_code code = treaty_plan_decode(
        found->plan->plan, found->frame.payload, record, &scratch->arena, err);

    if (code != TREATY_OK && err && err->offset != TREATY_NO_OFFSET)
        err->offset += found->frame.payload_at;
    return code;
}

enum treaty_code treaty_deserializer_decode(
    struct treaty_deserializer *deserializer, const struct treaty_found *found,
    void *record, struct treaty_scratch *scratch, struct treaty_error *err)
{
    uint64_t began;
    enum treaty_code code;

    if (!treaty_sample_is_due(scratch))
        return decode(found, record, scratch, err);
    began = treaty_clock_mono_ns();
    code = decode(found, record, scratch, err);
    treaty_sample_end(deserializer->client->telemetry.deserialize_time, began);
    return code;
}

enum treaty_code treaty_deserialize(struct treaty_deserializer *deserializer,
                                    const struct treaty_message *message,
                                    void *record,
                                    struct treaty_scratch *scratch,
                                    struct treaty_error *err)
{
    struct treaty_found found = {0};
    enum treaty_code code;

    if (!deserializer->own.schema)
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "without a reader's schema the size of a record "
                           "is not known: use treaty_deserialize_event");
    code =
        treaty_deserializer_find(deserializer, message, scratch, &found, err);
    if (code != TREATY_OK)
        return code;
    assert(found.plan);
    return treaty_deserializer_decode(deserializer, &found, record, scratch,
                                      err);
}

enum treaty_code
treaty_deserialize_event(struct treaty_deserializer *deserializer,
                         const struct treaty_message *message,
                         struct treaty_scratch *scratch,
                         struct treaty_event *ret, struct treaty_error *err)
{
    struct treaty_found found = {0};
    const struct treaty_cached_schema *writer;
    void *record;
    enum treaty_code code =
        treaty_deserializer_find(deserializer, message, scratch, &found, err);

    if (code != TREATY_OK)
        return code;
    assert(found.plan);
    /* One byte more, since the layout of "null" has no size. */
    record = treaty_arena_calloc(&scratch->arena, 1,
                                 treaty_plan_record_size(found.plan->plan) + 1);
    if (!record)
        return treaty_fail_nomem(err);
    code =
        treaty_deserializer_decode(deserializer, &found, record, scratch, err);
    if (code != TREATY_OK)
        return code;
    writer = found.plan->writer;
    *ret = (struct treaty_event){
        .record = record,
        .layout = found.plan->layout,
        .id = writer->id,
    };
    if (found.frame.by_guid)
        ret->guid = (struct treaty_str){(const char *)writer->guid,
                                        sizeof(writer->guid)};
    return TREATY_OK;
}

size_t
treaty_deserializer_record_size(const struct treaty_deserializer *deserializer)
{
    return deserializer->record_size;
}

const struct treaty_layout *
treaty_deserializer_layout(const struct treaty_deserializer *deserializer)
{
    return deserializer->own.layout;
}

const struct treaty_schema *
treaty_deserializer_schema(const struct treaty_deserializer *deserializer)
{
    return deserializer->own.schema;
}
