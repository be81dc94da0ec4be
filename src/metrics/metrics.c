/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 1. Families and series are only ever added, under the lock, and lie on one
 *    arena; so a handle stays good without the lock.
 * 2. Counters and histograms are split into shards, one cache line or more
 *    each; a thread always adds to the same shard, so that threads seldom
 *    meet. Readers add the shards up.
 * 3. A series is known by its labels as they are printed (`a="x",b="y"`):
 *    escaping makes that unambiguous.
 */
#include "metrics/metrics.h"

#include "base/decimal.h"
#include "base/map.h"
#include "base/str.h"
#include "metrics/text.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { CACHE_LINE = 64, SHARDS = 8 };

struct shard {
    _Alignas(CACHE_LINE) _Atomic uint64_t value;
};

struct treaty_counter {
    struct shard shards[SHARDS];
};

struct treaty_gauge {
    _Atomic uint64_t bits; /* of a double */
};

/* Each shard: the sum in nanoseconds, then a count for each bucket. */
struct treaty_histogram {
    const struct treaty_metric_desc *desc;
    size_t stride; /* of a shard, in values */
    _Atomic uint64_t *values;
};

struct series {
    struct series *next;
    struct treaty_str labels; /* as printed, without braces */
    void *handle;
};

struct family {
    struct family *next;
    const struct treaty_metric_desc *desc;
    struct treaty_map by_labels;
    struct series *first;
    struct series **last;
    size_t count; /* series, the one for "other" left out */
};

struct collector {
    struct collector *next;
    treaty_metrics_collect_fn fn;
    void *ctx;
};

struct treaty_metrics {
    struct treaty_alloc alloc;
    pthread_mutex_t lock; /* guards all below */
    struct treaty_arena arena;
    struct family *first;
    struct family **last;
    struct collector *collectors;
};

const uint64_t treaty_metric_serde_bounds_ns[TREATY_METRIC_SERDE_BOUNDS] = {
    50,    100,   200,   300,    500,    1000,    2000,    3000,     5000,
    10000, 20000, 50000, 100000, 300000, 1000000, 3000000, 10000000,
};

const uint64_t treaty_metric_request_bounds_ns[TREATY_METRIC_REQUEST_BOUNDS] = {
    100000,     200000,     500000,     1000000,     2000000,   5000000,
    10000000,   20000000,   50000000,   100000000,   200000000, 500000000,
    1000000000, 2000000000, 5000000000, 10000000000,
};

static void *call_libc(void *ctx, void *old, size_t old_size, size_t size)
{
    (void)ctx;
    (void)old_size;
    if (size)
        return realloc(old, size);
    free(old);
    return NULL;
}

struct treaty_metrics *treaty_metrics_new_with(const struct treaty_alloc *alloc)
{
    static const struct treaty_alloc libc = {.fn = call_libc};
    const struct treaty_alloc *a = alloc ? alloc : &libc;
    struct treaty_metrics *metrics =
        a->fn(a->ctx, NULL, 0, sizeof(struct treaty_metrics));

    if (!metrics)
        return NULL;
    *metrics = (struct treaty_metrics){.alloc = *a};
    metrics->last = &metrics->first;
    (void)pthread_mutex_init(&metrics->lock, NULL);
    treaty_arena_init(&metrics->arena, 0, a);
    return metrics;
}

struct treaty_metrics *treaty_metrics_new(void)
{
    return treaty_metrics_new_with(NULL);
}

void treaty_metrics_free(struct treaty_metrics *metrics)
{
    if (!metrics)
        return;
    treaty_arena_release(&metrics->arena);
    (void)pthread_mutex_destroy(&metrics->lock);
    (void)metrics->alloc.fn(metrics->alloc.ctx, metrics, sizeof(*metrics), 0);
}

static void *alloc_lines(struct treaty_arena *arena, size_t size)
{
    void *memory = treaty_arena_alloc_aligned(arena, size, CACHE_LINE);

    if (memory)
        memset(memory, 0, size);
    return memory;
}

static struct treaty_histogram *
new_histogram(struct treaty_arena *arena, const struct treaty_metric_desc *desc)
{
    const size_t per_line = CACHE_LINE / sizeof(uint64_t);
    struct treaty_histogram *h =
        TREATY_ARENA_NEW(arena, struct treaty_histogram);

    if (!h)
        return NULL;
    h->desc = desc;
    h->stride = (desc->bound_count + 2 + per_line - 1) / per_line * per_line;
    h->values = alloc_lines(arena, SHARDS * h->stride * sizeof(uint64_t));
    return h->values ? h : NULL;
}

static void *new_handle(struct treaty_arena *arena,
                        const struct treaty_metric_desc *desc)
{
    if (desc->kind == TREATY_METRIC_COUNTER)
        return alloc_lines(arena, sizeof(struct treaty_counter));
    if (desc->kind == TREATY_METRIC_GAUGE)
        return alloc_lines(arena, sizeof(struct treaty_gauge));
    return new_histogram(arena, desc);
}

/* By name, since two files may describe the same family. */
static struct family *find_family(struct treaty_metrics *metrics,
                                  const struct treaty_metric_desc *desc)
{
    struct family *family = metrics->first;

    while (family && family->desc != desc &&
           strcmp(family->desc->name, desc->name) != 0)
        family = family->next;
    return family;
}

static struct family *add_family(struct treaty_metrics *metrics,
                                 const struct treaty_metric_desc *desc)
{
    struct family *family = TREATY_ARENA_NEW(&metrics->arena, struct family);

    if (!family)
        return NULL;
    family->desc = desc;
    family->last = &family->first;
    treaty_map_init(&family->by_labels, &metrics->arena);
    *metrics->last = family;
    metrics->last = &family->next;
    return family;
}

static struct series *add_series(struct treaty_metrics *metrics,
                                 struct family *family,
                                 struct treaty_str labels)
{
    struct treaty_arena *arena = &metrics->arena;
    struct series *series = TREATY_ARENA_NEW(arena, struct series);

    if (!series)
        return NULL;
    series->labels = treaty_arena_dup(arena, labels);
    series->handle = new_handle(arena, family->desc);
    if (!series->labels.data || !series->handle)
        return NULL;
    if (treaty_map_put(&family->by_labels, series->labels, series))
        return NULL;
    *family->last = series;
    family->last = &series->next;
    return series;
}

/* The series with these labels, or the one for all that is too many. */
static struct series *find_series(struct treaty_metrics *metrics,
                                  struct family *family,
                                  const struct treaty_str *label_values,
                                  struct treaty_buf *labels)
{
    size_t most = family->desc->series_max;
    struct series *series;

    if (most == 0)
        most = TREATY_METRIC_SERIES_DEFAULT;
    treaty_metrics_put_labels(labels, family->desc, label_values);
    if (labels->failed)
        return NULL;
    series = treaty_map_find(&family->by_labels, treaty_buf_str(labels));
    if (series)
        return series;
    if (family->count < most) {
        series = add_series(metrics, family, treaty_buf_str(labels));
        family->count += series != NULL;
        return series;
    }
    treaty_buf_clear(labels);
    treaty_metrics_put_labels(labels, family->desc, NULL);
    series = treaty_map_find(&family->by_labels, treaty_buf_str(labels));
    if (series)
        return series;
    return add_series(metrics, family, treaty_buf_str(labels));
}

static struct series *find_series_locked(struct treaty_metrics *metrics,
                                         const struct treaty_metric_desc *desc,
                                         const struct treaty_str *label_values,
                                         struct treaty_buf *labels)
{
    struct family *family = find_family(metrics, desc);

    if (!family)
        family = add_family(metrics, desc);
    if (!family)
        return NULL;
    assert(family->desc->kind == desc->kind);
    return find_series(metrics, family, label_values, labels);
}

static void *find_handle(struct treaty_metrics *metrics,
                         const struct treaty_metric_desc *desc,
                         const struct treaty_str *label_values)
{
    struct treaty_buf labels;
    struct series *series;

    if (!metrics)
        return NULL;
    treaty_buf_init(&labels, 0);
    (void)pthread_mutex_lock(&metrics->lock);
    series = find_series_locked(metrics, desc, label_values, &labels);
    (void)pthread_mutex_unlock(&metrics->lock);
    treaty_buf_release(&labels);
    return series ? series->handle : NULL;
}

struct treaty_counter *
treaty_metrics_counter(struct treaty_metrics *metrics,
                       const struct treaty_metric_desc *desc,
                       const struct treaty_str *label_values)
{
    assert(desc->kind == TREATY_METRIC_COUNTER);
    return find_handle(metrics, desc, label_values);
}

struct treaty_gauge *treaty_metrics_gauge(struct treaty_metrics *metrics,
                                          const struct treaty_metric_desc *desc,
                                          const struct treaty_str *label_values)
{
    assert(desc->kind == TREATY_METRIC_GAUGE);
    return find_handle(metrics, desc, label_values);
}

struct treaty_histogram *
treaty_metrics_histogram(struct treaty_metrics *metrics,
                         const struct treaty_metric_desc *desc,
                         const struct treaty_str *label_values)
{
    assert(desc->kind == TREATY_METRIC_HISTOGRAM);
    return find_handle(metrics, desc, label_values);
}

/* Threads take shards in turn; 0 means that this one has none yet. */
static unsigned my_shard(void)
{
    static atomic_uint threads;
    static _Thread_local unsigned mine;

    if (mine == 0)
        mine = atomic_fetch_add(&threads, 1) % SHARDS + 1;
    return mine - 1;
}

static void add(_Atomic uint64_t *value, uint64_t n)
{
    (void)atomic_fetch_add_explicit(value, n, memory_order_relaxed);
}

static uint64_t load(const _Atomic uint64_t *value)
{
    return atomic_load_explicit(value, memory_order_relaxed);
}

void treaty_counter_add(struct treaty_counter *counter, uint64_t n)
{
    if (counter)
        add(&counter->shards[my_shard()].value, n);
}

uint64_t treaty_counter_value(const struct treaty_counter *counter)
{
    uint64_t sum = 0;

    for (size_t i = 0; counter && i < SHARDS; i++)
        sum += load(&counter->shards[i].value);
    return sum;
}

static uint64_t to_bits(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static double from_bits(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

void treaty_gauge_set(struct treaty_gauge *gauge, double value)
{
    if (gauge)
        atomic_store_explicit(&gauge->bits, to_bits(value),
                              memory_order_relaxed);
}

void treaty_gauge_add(struct treaty_gauge *gauge, double delta)
{
    uint64_t old;

    if (!gauge)
        return;
    old = load(&gauge->bits);
    while (!atomic_compare_exchange_weak_explicit(
        &gauge->bits, &old, to_bits(from_bits(old) + delta),
        memory_order_relaxed, memory_order_relaxed))
        continue;
}

double treaty_gauge_value(const struct treaty_gauge *gauge)
{
    return gauge ? from_bits(load(&gauge->bits)) : 0;
}

/* Number of the bucket for `ns`; the last one has no bound. */
static size_t find_bucket(const struct treaty_metric_desc *desc, uint64_t ns)
{
    size_t low = 0;
    size_t high = desc->bound_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (ns <= desc->bounds_ns[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

void treaty_histogram_observe(struct treaty_histogram *histogram, uint64_t ns,
                              uint64_t weight)
{
    _Atomic uint64_t *shard;

    if (!histogram)
        return;
    shard = histogram->values + my_shard() * histogram->stride;
    add(&shard[0], ns * weight);
    add(&shard[1 + find_bucket(histogram->desc, ns)], weight);
}

/* Value `i` of all shards together. */
static uint64_t sum_shards(const struct treaty_histogram *h, size_t i)
{
    uint64_t sum = 0;

    for (size_t shard = 0; shard < SHARDS; shard++)
        sum += load(&h->values[shard * h->stride + i]);
    return sum;
}

uint64_t treaty_histogram_count(const struct treaty_histogram *histogram)
{
    uint64_t count = 0;

    for (size_t i = 0; histogram && i <= histogram->desc->bound_count; i++)
        count += sum_shards(histogram, 1 + i);
    return count;
}

uint64_t treaty_histogram_sum_ns(const struct treaty_histogram *histogram)
{
    return histogram ? sum_shards(histogram, 0) : 0;
}

enum treaty_code treaty_metrics_on_write(struct treaty_metrics *metrics,
                                         treaty_metrics_collect_fn fn,
                                         void *ctx)
{
    struct collector *collector;

    if (!metrics)
        return TREATY_OK;
    (void)pthread_mutex_lock(&metrics->lock);
    collector = TREATY_ARENA_NEW(&metrics->arena, struct collector);
    if (collector) {
        *collector = (struct collector){metrics->collectors, fn, ctx};
        metrics->collectors = collector;
    }
    (void)pthread_mutex_unlock(&metrics->lock);
    return collector ? TREATY_OK : TREATY_ENOMEM;
}

static void write_histogram(struct treaty_buf *out, struct treaty_str labels,
                            const struct treaty_histogram *h)
{
    const struct treaty_metric_desc *desc = h->desc;
    uint64_t count = 0;

    for (size_t i = 0; i <= desc->bound_count; i++) {
        count += sum_shards(h, 1 + i);
        treaty_metrics_put_bucket(out, desc, labels, i);
        treaty_buf_put_u64(out, count);
        treaty_buf_put_c(out, '\n');
    }
    treaty_metrics_put_name(out, desc, "_sum", labels);
    treaty_metrics_put_seconds(out, sum_shards(h, 0));
    treaty_buf_put_c(out, '\n');
    treaty_metrics_put_name(out, desc, "_count", labels);
    treaty_buf_put_u64(out, count);
    treaty_buf_put_c(out, '\n');
}

static void write_series(struct treaty_buf *out,
                         const struct treaty_metric_desc *desc,
                         const struct series *series)
{
    if (desc->kind == TREATY_METRIC_HISTOGRAM) {
        write_histogram(out, series->labels, series->handle);
        return;
    }
    treaty_metrics_put_name(out, desc, "", series->labels);
    if (desc->kind == TREATY_METRIC_COUNTER)
        treaty_buf_put_u64(out, treaty_counter_value(series->handle));
    else
        treaty_metrics_put_number(out, treaty_gauge_value(series->handle));
    treaty_buf_put_c(out, '\n');
}

static void write_locked(const struct treaty_metrics *metrics,
                         struct treaty_buf *out)
{
    for (const struct family *f = metrics->first; f; f = f->next) {
        treaty_metrics_put_head(out, f->desc);
        for (const struct series *s = f->first; s; s = s->next)
            write_series(out, f->desc, s);
    }
}

/*
 * Collectors run without the lock, since they use handles and may make new
 * ones. New collectors are put in front, so the chain behind is safe to walk.
 */
void treaty_metrics_write(struct treaty_metrics *metrics,
                          struct treaty_buf *out)
{
    const struct collector *collector;

    if (!metrics)
        return;
    (void)pthread_mutex_lock(&metrics->lock);
    collector = metrics->collectors;
    (void)pthread_mutex_unlock(&metrics->lock);
    for (; collector; collector = collector->next)
        collector->fn(collector->ctx);

    (void)pthread_mutex_lock(&metrics->lock);
    write_locked(metrics, out);
    (void)pthread_mutex_unlock(&metrics->lock);
}
