/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structs to frames. What is needed to write, the id and the plan, is made
 * once, under the lock, and then published by one pointer; events after that
 * read the pointer and nothing else that is shared.
 */
#include "base/error.h"
#include "base/str.h"
#include "serde/sample.h"
#include "serde/serde.h"
#include "serde/side.h"

#include <stdatomic.h>

/* Everything that an event needs. */
struct ready {
    int32_t id;
    uint8_t guid[16];
    struct treaty_str prefix; /* what stands before the payload, */
    struct treaty_str header; /* or in the header */
    struct treaty_plan *plan;
    struct treaty_layout *layout;
    struct treaty_schema *schema; /* one count */
};

struct treaty_serializer {
    struct treaty_client *client;
    struct treaty_arena arena;
    struct treaty_str subject; /* terminated */
    struct treaty_side own;
    struct treaty_plan *own_plan; /* of the own schema, if there is one */
    const char *message;          /* that the application asked for, or NULL */
    enum treaty_id_source id_source;
    int32_t fixed_id;
    bool normalize;
    enum treaty_frame_place place;
    struct treaty_plan_options plan_options;
    pthread_mutex_t lock;
    _Atomic(struct ready *) ready; /* NULL until the registry was asked */
};

/* "<topic>-value", "<name>" or "<topic>-<name>". */
static enum treaty_code
make_subject(struct treaty_serializer *serializer,
             const struct treaty_serializer_options *options,
             struct treaty_error *err)
{
    struct treaty_str topic = treaty_str_z(options->topic);
    struct treaty_str name = {0};
    bool by_name = options->strategy != TREATY_SUBJECT_TOPIC;
    bool by_topic = options->strategy != TREATY_SUBJECT_RECORD;

    if (serializer->own.schema)
        name = serializer->own.schema->name;
    if (by_topic && topic.len == 0)
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "a serializer needs a subject or a topic");
    if (by_name && name.len == 0)
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "the subject is to be named after the schema, "
                           "which has no name");
    if (!by_name)
        name = options->is_key ? TREATY_STR("key") : TREATY_STR("value");
    serializer->subject =
        by_topic ? treaty_arena_join(&serializer->arena, topic, '-', name)
                 : treaty_arena_dup(&serializer->arena, name);
    return TREATY_OK;
}

static enum treaty_code
set_subject(struct treaty_serializer *serializer,
            const struct treaty_serializer_options *options,
            struct treaty_error *err)
{
    enum treaty_code code = TREATY_OK;

    if (options->subject)
        serializer->subject = treaty_arena_dup(&serializer->arena,
                                               treaty_str_z(options->subject));
    else if (options->id_source != TREATY_ID_FIXED)
        code = make_subject(serializer, options, err);
    else
        serializer->subject = TREATY_STR("");
    if (code != TREATY_OK)
        return code;
    return serializer->subject.data ? TREATY_OK : treaty_fail_nomem(err);
}

static enum treaty_code
check_options(const struct treaty_serializer_options *options,
              struct treaty_error *err)
{
    bool writes_own = options->id_source == TREATY_ID_REGISTER ||
                      options->id_source == TREATY_ID_LOOK_UP;

    if (!options->schema && writes_own)
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "a serializer needs a schema, or the latest one, "
                           "or a fixed id");
    if (options->id_source == TREATY_ID_FIXED && options->fixed_id <= 0)
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "a fixed schema id must be above 0");
    return TREATY_OK;
}

/* The plan of the application's own schema shows at once whether its struct
 * fits it, whatever schema the events are written with later. */
static enum treaty_code make_own(struct treaty_serializer *serializer,
                                 const struct treaty_serializer_options *o,
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
    struct treaty_side *own = &serializer->own;
    enum treaty_code code = treaty_side_make(
        serializer->client, &serializer->arena, &given, own, err);

    if (code == TREATY_OK)
        code = treaty_brought_name(&serializer->arena, &own->brought,
                                   o->reference_strategy, err);
    if (code != TREATY_OK || !own->schema)
        return code;
    return own->schema->format->encode_plan(own->schema, own->layout,
                                            &serializer->plan_options,
                                            &serializer->own_plan, err);
}

static enum treaty_code set_up(struct treaty_serializer *serializer,
                               const struct treaty_serializer_options *options,
                               struct treaty_error *err)
{
    enum treaty_code code = check_options(options, err);

    if (code == TREATY_OK && options->message) {
        serializer->message =
            treaty_arena_dup(&serializer->arena, treaty_str_z(options->message))
                .data;
        if (!serializer->message)
            code = treaty_fail_nomem(err);
    }
    if (code == TREATY_OK)
        code = make_own(serializer, options, err);
    if (code == TREATY_OK)
        code = set_subject(serializer, options, err);
    return code;
}

enum treaty_code
treaty_serializer_new(struct treaty_client *client,
                      const struct treaty_serializer_options *options,
                      struct treaty_serializer **ret, struct treaty_error *err)
{
    struct treaty_arena arena;
    struct treaty_serializer *serializer;
    enum treaty_code code;

    treaty_arena_init(&arena, 0, &client->arena.alloc);
    serializer = TREATY_ARENA_NEW(&arena, struct treaty_serializer);
    if (!serializer)
        return treaty_fail_nomem(err);
    serializer->client = client;
    serializer->arena = arena;
    serializer->id_source = options->id_source;
    serializer->fixed_id = options->fixed_id;
    serializer->normalize = options->normalize;
    serializer->place = options->place;
    serializer->plan_options.utf8 = options->utf8;
    pthread_mutex_init(&serializer->lock, NULL);
    code = set_up(serializer, options, err);
    if (code != TREATY_OK) {
        treaty_serializer_free(serializer);
        return code;
    }
    *ret = serializer;
    return TREATY_OK;
}

static void release_ready(struct ready *ready)
{
    treaty_plan_unref(ready->plan);
    treaty_layout_unref(ready->layout);
    treaty_schema_unref(ready->schema);
}

void treaty_serializer_free(struct treaty_serializer *serializer)
{
    struct treaty_arena arena;
    struct ready *ready;

    if (!serializer)
        return;
    ready = atomic_load_explicit(&serializer->ready, memory_order_acquire);
    if (ready)
        release_ready(ready);
    treaty_plan_unref(serializer->own_plan);
    treaty_side_release(&serializer->own);
    pthread_mutex_destroy(&serializer->lock);
    /* The serializer itself lies on its arena. */
    arena = serializer->arena;
    treaty_arena_release(&arena);
}

/* The events are written with the application's own schema. */
static enum treaty_code ask_for_own(struct treaty_serializer *serializer,
                                    struct ready *ready,
                                    struct treaty_error *err)
{
    const struct treaty_schema *own = serializer->own.schema;
    struct treaty_id_request request = {
        .format = own->format,
        .text = own->text,
        .canonical = own->canonical,
        .references = own->references,
        .reference_count = own->reference_count,
        .subject = serializer->subject.data,
        .look_up = serializer->id_source == TREATY_ID_LOOK_UP,
        .normalize = serializer->normalize,
    };
    const struct treaty_cached_id *id;
    enum treaty_code code =
        treaty_brought_register(&serializer->arena, serializer->client,
                                &serializer->own.brought, &request, err);

    if (code == TREATY_OK)
        code = treaty_client_id_of(serializer->client, &request, &id, err);
    if (code != TREATY_OK)
        return code;
    ready->id = id->id;
    memcpy(ready->guid, id->guid, sizeof(ready->guid));
    ready->schema = treaty_schema_ref(serializer->own.schema);
    ready->layout = treaty_layout_ref(serializer->own.layout);
    ready->plan = treaty_plan_ref(serializer->own_plan);
    return TREATY_OK;
}

/* Their message: the one asked for, else the one called like ours. */
static enum treaty_code choose_part(const struct treaty_serializer *serializer,
                                    const struct treaty_cached_schema *theirs,
                                    struct treaty_schema **ret,
                                    struct treaty_error *err)
{
    const struct treaty_schema *own = serializer->own.schema;
    struct treaty_str name = treaty_str_z(serializer->message);

    if (!serializer->message && own &&
        treaty_schema_part(theirs->schema, own->name, ret, NULL) == TREATY_OK)
        return TREATY_OK;
    return treaty_schema_part(theirs->schema, name, ret, err);
}

/* The events are written with a schema that the registry has. */
static enum treaty_code take_theirs(struct treaty_serializer *serializer,
                                    const struct treaty_cached_schema *theirs,
                                    struct ready *ready,
                                    struct treaty_error *err)
{
    const struct treaty_schema *schema;
    enum treaty_code code =
        choose_part(serializer, theirs, &ready->schema, err);

    if (code != TREATY_OK)
        return code;
    schema = ready->schema;
    ready->id = theirs->id;
    memcpy(ready->guid, theirs->guid, sizeof(ready->guid));
    if (serializer->own.layout)
        ready->layout = treaty_layout_ref(serializer->own.layout);
    else
        code = schema->format->layout(schema, &ready->layout, err);
    if (code != TREATY_OK)
        return code;
    return schema->format->encode_plan(
        schema, ready->layout, &serializer->plan_options, &ready->plan, err);
}

static enum treaty_code ask_for_latest(struct treaty_serializer *serializer,
                                       struct ready *ready,
                                       struct treaty_error *err)
{
    const struct treaty_cached_schema *theirs;
    enum treaty_code code = treaty_client_latest(
        serializer->client, serializer->subject.data, &theirs, err);

    if (code != TREATY_OK)
        return code;
    return take_theirs(serializer, theirs, ready, err);
}

static enum treaty_code ask_for_fixed(struct treaty_serializer *serializer,
                                      struct ready *ready,
                                      struct treaty_error *err)
{
    struct treaty_frame frame = {.id = (uint32_t)serializer->fixed_id};
    const struct treaty_cached_schema *theirs;
    enum treaty_code code =
        treaty_client_schema(serializer->client, &frame, false, &theirs, err);

    if (code != TREATY_OK)
        return code;
    return take_theirs(serializer, theirs, ready, err);
}

/* `head` and the indexes behind it; .data NULL without memory. */
static struct treaty_str join_head(struct treaty_arena *arena,
                                   struct treaty_str head,
                                   struct treaty_str indexes)
{
    char *bytes = (char *)treaty_arena_alloc(arena, head.len + indexes.len);

    if (!bytes)
        return (struct treaty_str){0};
    memcpy(bytes, head.data, head.len);
    if (indexes.len)
        memcpy(bytes + head.len, indexes.data, indexes.len);
    return (struct treaty_str){bytes, head.len + indexes.len};
}

/* What goes with the payload, the same for every event. */
static enum treaty_code write_heads(struct treaty_serializer *serializer,
                                    struct ready *ready,
                                    struct treaty_error *err)
{
    struct treaty_arena *arena = &serializer->arena;
    struct treaty_str indexes = ready->schema->indexes;
    char id[TREATY_FRAME_ID_SIZE];
    char guid[TREATY_FRAME_GUID_SIZE];

    treaty_frame_write_id(id, (uint32_t)ready->id);
    treaty_frame_write_guid(guid, ready->guid);
    ready->prefix =
        join_head(arena, (struct treaty_str){id, sizeof(id)}, indexes);
    ready->header =
        join_head(arena, (struct treaty_str){guid, sizeof(guid)}, indexes);
    if (!ready->prefix.data || !ready->header.data)
        return treaty_fail_nomem(err);
    return TREATY_OK;
}

static enum treaty_code prepare_locked(struct treaty_serializer *serializer,
                                       struct treaty_error *err)
{
    static enum treaty_code (*const ask[])(
        struct treaty_serializer *, struct ready *, struct treaty_error *) = {
        [TREATY_ID_REGISTER] = ask_for_own,
        [TREATY_ID_LOOK_UP] = ask_for_own,
        [TREATY_ID_LATEST] = ask_for_latest,
        [TREATY_ID_FIXED] = ask_for_fixed,
    };
    struct ready made = {0};
    struct ready *ready;
    enum treaty_code code;

    if (atomic_load_explicit(&serializer->ready, memory_order_relaxed))
        return TREATY_OK;
    code = ask[serializer->id_source](serializer, &made, err);
    if (code == TREATY_OK)
        code = write_heads(serializer, &made, err);
    ready = TREATY_ARENA_NEW(&serializer->arena, struct ready);
    if (code == TREATY_OK && !ready)
        code = treaty_fail_nomem(err);
    if (code != TREATY_OK) {
        release_ready(&made);
        return code;
    }
    *ready = made;
    atomic_store_explicit(&serializer->ready, ready, memory_order_release);
    return TREATY_OK;
}

enum treaty_code treaty_serializer_prepare(struct treaty_serializer *serializer,
                                           struct treaty_error *err)
{
    enum treaty_code code;

    pthread_mutex_lock(&serializer->lock);
    code = prepare_locked(serializer, err);
    pthread_mutex_unlock(&serializer->lock);
    return code;
}

static enum treaty_code get_ready(struct treaty_serializer *serializer,
                                  const struct ready **ret,
                                  struct treaty_error *err)
{
    const struct treaty_telemetry *telemetry = &serializer->client->telemetry;
    const struct ready *ready =
        atomic_load_explicit(&serializer->ready, memory_order_acquire);
    enum treaty_code code;

    if (ready) {
        treaty_counter_add(telemetry->hits, 1);
        *ret = ready;
        return TREATY_OK;
    }
    treaty_counter_add(telemetry->misses, 1);
    code = treaty_serializer_prepare(serializer, err);
    if (code == TREATY_OK)
        *ret = atomic_load_explicit(&serializer->ready, memory_order_acquire);
    return code;
}

/* The prefix, unless the message has a header instead, then the payload. */
static enum treaty_code put_event(const struct ready *ready, bool in_header,
                                  const void *record, struct treaty_buf *out,
                                  struct treaty_error *err)
{
    size_t start = out->len;
    enum treaty_code code;

    if (!in_header)
        treaty_buf_put_mem(out, ready->prefix.data, ready->prefix.len);
    code = treaty_plan_encode(ready->plan, record, out, err);
    if (code != TREATY_OK)
        out->len = start;
    return code;
}

/* The same, measured now and then. */
static enum treaty_code put_sampled(const struct treaty_serializer *serializer,
                                    const struct ready *ready, bool in_header,
                                    const void *record, struct treaty_buf *out,
                                    struct treaty_error *err)
{
    uint64_t began = treaty_clock_mono_ns();
    enum treaty_code code = put_event(ready, in_header, record, out, err);

    treaty_sample_end(serializer->client->telemetry.serialize_time, began);
    return code;
}

enum treaty_code treaty_serializer_append(struct treaty_serializer *serializer,
                                          const void *record,
                                          struct treaty_scratch *scratch,
                                          struct treaty_buf *out,
                                          struct treaty_error *err)
{
    const struct ready *ready = NULL;
    enum treaty_code code = get_ready(serializer, &ready, err);

    if (code != TREATY_OK)
        return code;
    if (treaty_sample_is_due(scratch))
        return put_sampled(serializer, ready, false, record, out, err);
    return put_event(ready, false, record, out, err);
}

enum treaty_code treaty_serialize(struct treaty_serializer *serializer,
                                  const void *record,
                                  struct treaty_scratch *scratch,
                                  struct treaty_message *ret,
                                  struct treaty_error *err)
{
    bool in_header = serializer->place == TREATY_IN_HEADER;
    struct treaty_buf *out = &scratch->out;
    const struct ready *ready = NULL;
    enum treaty_code code = get_ready(serializer, &ready, err);

    if (code != TREATY_OK)
        return code;
    treaty_buf_clear(out);
    code = treaty_sample_is_due(scratch)
               ? put_sampled(serializer, ready, in_header, record, out, err)
               : put_event(ready, in_header, record, out, err);
    if (code != TREATY_OK)
        return code;
    *ret = (struct treaty_message){.value = treaty_buf_str(out)};
    if (in_header)
        ret->header = ready->header;
    return TREATY_OK;
}

struct treaty_str
treaty_serializer_subject(const struct treaty_serializer *serializer)
{
    return serializer->subject;
}

static const struct ready *peek(const struct treaty_serializer *serializer)
{
    return atomic_load_explicit(&serializer->ready, memory_order_acquire);
}

int32_t treaty_serializer_id(const struct treaty_serializer *serializer)
{
    const struct ready *ready = peek(serializer);

    return ready ? ready->id : 0;
}

const struct treaty_layout *
treaty_serializer_layout(const struct treaty_serializer *serializer)
{
    const struct ready *ready = peek(serializer);

    return ready ? ready->layout : serializer->own.layout;
}

const struct treaty_schema *
treaty_serializer_schema(const struct treaty_serializer *serializer)
{
    const struct ready *ready = peek(serializer);

    return ready ? ready->schema : serializer->own.schema;
}
