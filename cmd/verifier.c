/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/verifier.h"

#include "base/error.h"
#include "base/map.h"
#include "base/str.h"
#include "record/verify.h"
#include "stream/measure.h"
#include "wire/frame.h"

/* What is needed to make and compare the events of one writer's schema, or of
 * one message of it. */
struct writer {
    struct writer *next;
    uint32_t id;               /* 0 when events name a GUID */
    struct treaty_str message; /* its full name; lives with the client */
    const struct treaty_layout *layout;
    size_t
        in_written; /* offset of `order_id` in the event as written, and in */
    size_t in_read; /* the one that was read; SIZE_MAX: not there */
    struct treaty_gen *gen;
    struct treaty_verify *verify;
    void *record;
};

struct field {
    struct treaty_str path;
    struct treaty_counter *counter;
    uint64_t count;
};

struct treaty_verifier {
    struct treaty_verifier_options options;
    struct treaty_deserializer *as_written;
    struct treaty_scratch *scratch;
    struct treaty_arena arena;   /* of fields */
    struct treaty_arena written; /* of the event made again */
    struct writer *writers;
    struct writer *last; /* the one used last, or NULL */
    struct treaty_map fields;
    struct treaty_sequences sequences;
    struct treaty_verified counts;
};

enum treaty_code
treaty_verifier_new(const struct treaty_verifier_options *options,
                    struct treaty_verifier **ret, struct treaty_error *err)
{
    struct treaty_deserializer_options as_written = {.no_wait = true};
    struct treaty_verifier *v = calloc(1, sizeof(*v));
    enum treaty_code code;

    if (!v)
        return treaty_fail_nomem(err);
    v->options = *options;
    treaty_map_init(&v->fields, &v->arena);
    v->scratch = treaty_scratch_new(0, NULL);
    code = v->scratch ? TREATY_OK : treaty_fail_nomem(err);
    if (!code)
        code = treaty_deserializer_new(options->client, &as_written,
                                       &v->as_written, err);
    if (code) {
        treaty_verifier_free(v);
        return code;
    }
    *ret = v;
    return TREATY_OK;
}

static void free_writer(struct writer *w)
{
    treaty_verify_free(w->verify);
    treaty_gen_free(w->gen);
    free(w->record);
    free(w);
}

void treaty_verifier_free(struct treaty_verifier *v)
{
    if (!v)
        return;
    while (v->writers) {
        struct writer *w = v->writers;

        v->writers = w->next;
        free_writer(w);
    }
    treaty_deserializer_free(v->as_written);
    treaty_scratch_free(v->scratch);
    treaty_sequences_release(&v->sequences);
    treaty_arena_release(&v->written);
    treaty_arena_release(&v->arena);
    free(v);
}

/*
 * Layouts are immutable but for their count, so a user who was lent one may
 * take a count of its own.
 */
static struct treaty_layout *countable(const struct treaty_layout *layout)
{
    union {
        const struct treaty_layout *lent;
        struct treaty_layout *owned;
    } u = {layout};

    return u.owned;
}

/* The reader's layout; without a reader's schema, events as written. */
static const struct treaty_layout *
reader_layout(const struct treaty_verifier *v,
              const struct treaty_layout *written)
{
    const struct treaty_layout *reader =
        treaty_deserializer_layout(v->options.reader);

    return reader ? reader : written;
}

/* Where a record of this layout keeps its identity. */
static size_t find_order_id(const struct treaty_layout *layout)
{
    const struct treaty_type *root = layout->root;

    for (uint32_t i = 0; i < root->field_count; i++)
        if (treaty_str_eq_z(root->fields[i].name, "order_id") &&
            root->fields[i].type->kind == TREATY_KIND_STRING)
            return root->fields[i].offset;
    return SIZE_MAX;
}

static enum treaty_code fill_writer(struct treaty_verifier *v, struct writer *w,
                                    struct treaty_error *err)
{
    const struct treaty_layout *reader = reader_layout(v, w->layout);
    enum treaty_code code;

    w->in_written = find_order_id(w->layout);
    w->in_read = find_order_id(reader);
    w->record = calloc(1, w->layout->root->size + 1);
    if (!w->record)
        return treaty_fail_nomem(err);
    code =
        treaty_gen_new(countable(w->layout), TREATY_GEN_LIKELY, &w->gen, err);
    if (code)
        return code;
    return treaty_verify_new(countable(w->layout), countable(reader),
                             &w->verify, err);
}

static enum treaty_code make_writer(struct treaty_verifier *v,
                                    const struct treaty_event *written,
                                    struct treaty_error *err)
{
    struct writer *w = calloc(1, sizeof(*w));
    enum treaty_code code;

    if (!w)
        return treaty_fail_nomem(err);
    w->id = (uint32_t)written->id;
    w->message = written->message;
    w->layout = written->layout;
    code = fill_writer(v, w, err);
    if (code) {
        free_writer(w);
        return code;
    }
    w->next = v->writers;
    v->writers = w;
    v->last = w;
    return TREATY_OK;
}

static bool is_writer_of(const struct writer *w,
                         const struct treaty_event *event)
{
    return w->id == (uint32_t)event->id &&
           treaty_str_eq(w->message, event->message);
}

/* The writer of such events, into `v->last`; NULL if it is new. */
static void recall_writer(struct treaty_verifier *v,
                          const struct treaty_event *event)
{
    if (v->last && is_writer_of(v->last, event))
        return;
    v->last = v->writers;
    while (v->last && !is_writer_of(v->last, event))
        v->last = v->last->next;
}

static void recall_layout(struct treaty_verifier *v,
                          const struct treaty_layout *layout)
{
    v->last = v->writers;
    while (v->last && v->last->layout != layout)
        v->last = v->last->next;
}

/* A field that differs for the first time gets a series and an entry. */
static struct field *find_field(struct treaty_verifier *v,
                                struct treaty_str path)
{
    struct treaty_str labels[] = {v->options.subject, path};
    struct field *field = treaty_map_find(&v->fields, path);

    if (field)
        return field;
    field = TREATY_ARENA_NEW(&v->arena, struct field);
    if (!field)
        return NULL;
    field->path = treaty_arena_dup(&v->arena, path);
    field->counter = treaty_metrics_counter(
        v->options.metrics, treaty_measure(TREATY_MEASURE_MISMATCHES), labels);
    if (!field->path.data || treaty_map_put(&v->fields, field->path, field))
        return NULL;
    return field;
}

static void note_mismatch(void *ctx, struct treaty_str path)
{
    struct field *field = find_field(ctx, path);

    if (!field)
        return; /* the event itself is still counted as mismatched */
    field->count++;
    treaty_counter_add(field->counter, 1);
}

static bool parse_at(const void *record, size_t offset,
                     struct treaty_gen_identity *ret)
{
    struct treaty_str text;

    if (!record || offset == SIZE_MAX)
        return false;
    memcpy(&text, (const char *)record + offset, sizeof(text));
    return treaty_gen_identity_parse(text, ret);
}

static enum treaty_code compare(struct treaty_verifier *v, struct writer *w,
                                const struct treaty_gen_identity *identity,
                                const void *record)
{
    enum treaty_code code;

    treaty_arena_reset(&v->written);
    code = treaty_gen_event(w->gen, identity, w->record, &v->written);
    if (code)
        return code;
    treaty_sequences_note(&v->sequences, identity);
    v->counts.events++;
    if (treaty_verify_event(w->verify, w->record, record, note_mismatch, v))
        v->counts.mismatched++;
    return TREATY_OK;
}

/*
 * Read the event as it was written: for a writer that is new, and where the
 * reader does not show who made it. `*ret` is the event, on the scratch.
 */
static enum treaty_code read_as_written(struct treaty_verifier *v,
                                        const struct treaty_message *message,
                                        void **ret, struct treaty_error *err)
{
    struct treaty_event event;
    enum treaty_code code;

    treaty_scratch_reset(v->scratch);
    code = treaty_deserialize_event(v->as_written, message, v->scratch, &event,
                                    err);
    if (code)
        return code;
    *ret = event.record;
    recall_layout(v, event.layout);
    if (v->last && is_writer_of(v->last, &event))
        return TREATY_OK;
    return make_writer(v, &event, err);
}

static bool find_identity(const struct treaty_verifier *v, const void *record,
                          const void *written, struct treaty_str header,
                          struct treaty_gen_identity *ret)
{
    const struct writer *w = v->last;

    if (!treaty_gen_carries_identity(w->gen))
        return treaty_gen_identity_parse(header, ret);
    return parse_at(record, w->in_read, ret) ||
           parse_at(written, w->in_written, ret);
}

enum treaty_code treaty_verifier_check(struct treaty_verifier *v,
                                       const struct treaty_message *message,
                                       const struct treaty_event *event,
                                       struct treaty_str header,
                                       struct treaty_error *err)
{
    struct treaty_gen_identity identity;
    struct treaty_frame frame;
    void *written = NULL;
    enum treaty_code code =
        treaty_frame_parse(message->value, message->header, &frame, err);

    if (code)
        return code;
    recall_writer(v, event);
    /* Ids that are 0 stand for many schemas: each event tells its own. */
    if (frame.by_guid || !v->last || v->last->in_read == SIZE_MAX)
        code = read_as_written(v, message, &written, err);
    if (code)
        return code;
    if (!find_identity(v, event->record, written, header, &identity)) {
        v->counts.anonymous++;
        return TREATY_OK;
    }
    code = compare(v, v->last, &identity, event->record);
    return code ? treaty_fail_nomem(err) : TREATY_OK;
}

struct treaty_verified treaty_verifier_counts(const struct treaty_verifier *v)
{
    return v->counts;
}

void treaty_verifier_take_sequences(struct treaty_verifier *v,
                                    struct treaty_sequences *ret)
{
    *ret = v->sequences;
    v->sequences = (struct treaty_sequences){0};
}

bool treaty_verifier_mismatch(const struct treaty_verifier *v, size_t index,
                              struct treaty_str *ret_field, uint64_t *ret_count)
{
    const struct treaty_map_entry *at = treaty_map_next(&v->fields, NULL);
    const struct field *field;

    for (; at && index; index--)
        at = treaty_map_next(&v->fields, at);
    if (!at)
        return false;
    field = at->value;
    *ret_field = field->path;
    *ret_count = field->count;
    return true;
}
