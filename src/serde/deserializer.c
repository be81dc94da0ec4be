/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames to structs. A frame's schema, and the message that it names there,
 * lead to a plan in three steps, each of which fills the one before it:
 *
 *     the scratch's last plan     this thread's previous event, no shared data
 *     the deserializer's tables   read without a lock
 *     the client's caches         under locks, asking the registry once
 *
 * Only the third step parses indexes. The others compare them as bytes, which
 * is right because a list of indexes tells its own length: none is the
 * beginning of another.
 */
#include "base/error.h"
#include "base/str.h"
#include "serde/sample.h"
#include "serde/serde.h"
#include "serde/side.h"

#include <assert.h>
#include <stdatomic.h>

/*
 * Where an id leads. When its schema may have several messages, `plan` is NULL
 * and `parts` has a route for each that was met, by the indexes as written.
 */
struct route {
    const struct treaty_cached_plan *plan;
    struct treaty_str indexes;
    struct treaty_table parts;
};

struct treaty_deserializer {
    struct treaty_client *client;
    uint64_t serial; /* no two of a process have the same, ever */
    struct treaty_side own;
    uint8_t own_guid[16];
    struct treaty_plan_options plan_options;
    bool no_wait;
    size_t record_size;
    pthread_mutex_t lock; /* guards the arena and writing to the tables */
    struct treaty_arena arena;
    struct treaty_table routes; /* of struct route */
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

/*
 * By which plans are kept: the GUID of the schema, into which the texts of
 * files that were brought along go as if they were subjects.
 */
static enum treaty_code identify(struct treaty_deserializer *deserializer,
                                 struct treaty_error *err)
{
    const struct treaty_brought *brought = &deserializer->own.brought;
    const struct treaty_schema *schema = deserializer->own.schema;
    size_t count = schema->reference_count + brought->count;
    struct treaty_reference *all = TREATY_ARENA_NEW_N(
        &deserializer->arena, struct treaty_reference, count + 1);
    enum treaty_code code;

    if (!all)
        return treaty_fail_nomem(err);
    for (size_t i = 0; i < count; i++) {
        if (i < schema->reference_count)
            all[i] = schema->references[i];
        else
            all[i].subject = brought->files[i - schema->reference_count].text;
    }
    code = treaty_schema_guid(schema->canonical, all, count,
                              deserializer->own_guid);
    if (code == TREATY_OK)
        return TREATY_OK;
    return treaty_fail(err, code, TREATY_NO_OFFSET,
                       "a schema's GUID cannot be made");
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
        .imports = &o->imports,
        .message = o->message,
        .bindings = o->bindings,
        .binding_count = o->binding_count,
        .record_size = o->record_size,
    };
    enum treaty_code code =
        treaty_side_make(deserializer->client, &deserializer->arena, &given,
                         &deserializer->own, err);

    if (code == TREATY_OK)
        code = identify(deserializer, err);
    if (code != TREATY_OK)
        return code;
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

static struct treaty_table_key key_of_part(struct treaty_str indexes)
{
    uint8_t bytes[TREATY_INDEXES_KEPT + 1] = {0};

    memcpy(bytes, indexes.data, indexes.len);
    bytes[TREATY_INDEXES_KEPT] = (uint8_t)indexes.len;
    return treaty_table_key_of_guid(bytes);
}

/* Does the frame have these indexes, where it may have some? */
static inline bool has_indexes(const struct treaty_frame *frame,
                               const char *indexes, size_t len)
{
    struct treaty_str said = treaty_frame_indexes(frame);

    if (frame->by_guid ? said.len != len : said.len < len)
        return false;
    return len == 0 || memcmp(said.data, indexes, len) == 0;
}

static const struct route *find_part(const struct route *whole,
                                     const struct treaty_frame *frame)
{
    struct treaty_str said = treaty_frame_indexes(frame);

    said.len = treaty_frame_indexes_len(said);
    if (said.len == 0 || said.len > TREATY_INDEXES_KEPT)
        return NULL;
    return (const struct route *)treaty_table_find(&whole->parts,
                                                   key_of_part(said));
}

static const struct route *
find_route(const struct treaty_deserializer *deserializer,
           const struct treaty_frame *frame, struct treaty_table_key key)
{
    const struct route *route =
        (const struct route *)treaty_table_find(&deserializer->routes, key);

    if (route && !route->plan)
        route = find_part(route, frame);
    if (!route || !has_indexes(frame, route->indexes.data, route->indexes.len))
        return NULL;
    return route;
}

/* The plan if it is at hand, and then the bytes of the frame's indexes. */
static const struct treaty_cached_plan *
find_plan(const struct treaty_deserializer *deserializer,
          const struct treaty_frame *frame, struct treaty_scratch *scratch,
          size_t *ret_len)
{
    struct treaty_table_key key = key_of(frame);
    struct treaty_last_found *last = &scratch->last;
    const struct route *route;

    if (last->serial == deserializer->serial &&
        treaty_table_key_eq(last->key, key) &&
        has_indexes(frame, last->indexes, last->indexes_len)) {
        *ret_len = last->indexes_len;
        return (const struct treaty_cached_plan *)last->value;
    }
    route = find_route(deserializer, frame, key);
    if (!route)
        return NULL;
    *last = (struct treaty_last_found){
        .serial = deserializer->serial,
        .key = key,
        .value = route->plan,
        .indexes_len = (uint8_t)route->indexes.len,
    };
    if (route->indexes.len)
        memcpy(last->indexes, route->indexes.data, route->indexes.len);
    *ret_len = route->indexes.len;
    return route->plan;
}

/* The route under `key`, made of `made` if it is new; NULL without memory. */
static struct route *add_locked(struct treaty_deserializer *deserializer,
                                struct treaty_table *table,
                                struct treaty_table_key key,
                                const struct route *made)
{
    struct treaty_arena *arena = &deserializer->arena;
    struct route *route = (struct route *)treaty_table_find(table, key);

    if (route)
        return route;
    route = TREATY_ARENA_NEW(arena, struct route);
    if (!route)
        return NULL;
    route->plan = made->plan;
    if (made->indexes.len) {
        route->indexes = treaty_arena_dup(arena, made->indexes);
        if (!route->indexes.data)
            return NULL;
    }
    if (treaty_table_add(table, arena, key, route) != TREATY_OK)
        return NULL;
    return route;
}

/*
 * A writer may spell indexes in many ways (with needless bytes, for one), and
 * each kept one takes memory for good: so only those two that writers use.
 */
static bool is_usual(const struct route *route)
{
    return route->indexes.len <= TREATY_INDEXES_KEPT &&
           (treaty_str_eq(route->indexes, route->plan->written->indexes) ||
            treaty_str_eq(route->indexes, (struct treaty_str){"\2\0", 2}));
}

static void keep_locked(struct treaty_deserializer *deserializer,
                        struct treaty_table_key key, const struct route *made)
{
    static const struct route whole;
    struct route *route;

    if (made->indexes.len == 0) {
        (void)add_locked(deserializer, &deserializer->routes, key, made);
        return;
    }
    if (!is_usual(made))
        return;
    route = add_locked(deserializer, &deserializer->routes, key, &whole);
    if (route)
        (void)add_locked(deserializer, &route->parts,
                         key_of_part(made->indexes), made);
}

/* Without memory this event still has its plan, and the next one asks the
 * client again. */
static void keep(struct treaty_deserializer *deserializer,
                 struct treaty_table_key key, const struct route *made)
{
    pthread_mutex_lock(&deserializer->lock);
    keep_locked(deserializer, key, made);
    pthread_mutex_unlock(&deserializer->lock);
}

/* Take the indexes off the frame and find the plan of what they name. */
static enum treaty_code ask_for_plan(struct treaty_deserializer *deserializer,
                                     struct treaty_plan_request *request,
                                     struct treaty_frame *frame,
                                     struct treaty_cached_plan **ret,
                                     struct treaty_error *err)
{
    enum treaty_code code = treaty_schema_of_frame(
        request->writer->schema, frame, &request->written, err);

    if (code != TREATY_OK)
        return code;
    code = treaty_client_plan(deserializer->client, request, ret, err);
    treaty_schema_unref(request->written);
    return code;
}

/* The plan of a frame that is met for the first time; `frame` loses its
 * indexes. */
static enum treaty_code ask(struct treaty_deserializer *deserializer,
                            struct treaty_frame *frame,
                            const struct treaty_cached_plan **ret,
                            struct treaty_error *err)
{
    struct treaty_plan_request request = {
        .reader = deserializer->own.schema,
        .layout = deserializer->own.layout,
        .options = deserializer->plan_options,
    };
    struct treaty_str before = treaty_frame_indexes(frame);
    struct treaty_cached_plan *plan = NULL;
    struct route made = {0};
    enum treaty_code code =
        treaty_client_schema(deserializer->client, frame, deserializer->no_wait,
                             &request.writer, err);

    if (code != TREATY_OK)
        return code;
    memcpy(request.reader_guid, deserializer->own_guid,
           sizeof(request.reader_guid));
    code = ask_for_plan(deserializer, &request, frame, &plan, err);
    if (code != TREATY_OK)
        return code;
    made.plan = plan;
    made.indexes =
        treaty_str_sub(before, 0, before.len - treaty_frame_indexes(frame).len);
    keep(deserializer, key_of(frame), &made);
    *ret = plan;
    return TREATY_OK;
}

static void take_off(struct treaty_frame *frame, size_t len)
{
    if (frame->by_guid)
        return;
    frame->payload.data += len;
    frame->payload.len -= len;
    frame->payload_at += len;
}

enum treaty_code
treaty_deserializer_find(struct treaty_deserializer *deserializer,
                         const struct treaty_message *message,
                         struct treaty_scratch *scratch,
                         struct treaty_found *ret, struct treaty_error *err)
{
    const struct treaty_telemetry *telemetry = &deserializer->client->telemetry;
    struct treaty_frame *frame = &ret->frame;
    const struct treaty_cached_plan *plan;
    size_t indexes_len = 0;
    enum treaty_code code =
        treaty_frame_parse(message->value, message->header, frame, err);

    if (code != TREATY_OK)
        return code;
    plan = find_plan(deserializer, frame, scratch, &indexes_len);
    treaty_counter_add(plan ? telemetry->hits : telemetry->misses, 1);
    if (plan)
        take_off(frame, indexes_len);
    else
        code = ask(deserializer, frame, &plan, err);
    if (code != TREATY_OK)
        return code;
    if (!plan->plan)
        return treaty_fail_again(err, plan->failure);
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
        .message = found.plan->written->name,
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
