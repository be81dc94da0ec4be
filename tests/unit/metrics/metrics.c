/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/metrics.h"

#include "harness/tap.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <sys/resource.h>

static const struct treaty_metric_desc errors = {
    .kind = TREATY_METRIC_COUNTER,
    .name = "deserialize_errors_total",
    .help = "Events that could not be decoded.\nBack\\slash \"here\".",
    .labels = {"subject", "reason"},
};

static const struct treaty_metric_desc plain = {
    .kind = TREATY_METRIC_COUNTER,
    .name = "events_total",
    .help = "Events.",
};

static const struct treaty_metric_desc lag = {
    .kind = TREATY_METRIC_GAUGE,
    .name = "consumer_lag",
    .help = "Events behind.",
    .labels = {"partition"},
    .series_max = 2,
};

static const uint64_t bounds[] = {50, 1000, 2500000000};

static const struct treaty_metric_desc decode = {
    .kind = TREATY_METRIC_HISTOGRAM,
    .name = "decode_seconds",
    .help = "Time to decode.",
    .labels = {"format"},
    .bounds_ns = bounds,
    .bound_count = 3,
};

static const struct treaty_metric_desc bare = {
    .kind = TREATY_METRIC_HISTOGRAM,
    .name = "bare_seconds",
    .help = "No labels.",
    .bounds_ns = bounds,
    .bound_count = 1,
};

static void check_text(struct treaty_metrics *m, const char *want)
{
    struct treaty_buf out;

    treaty_buf_init(&out, 0);
    treaty_metrics_write(m, &out);
    CHECK_STR_Z(treaty_buf_str(&out), want);
    treaty_buf_release(&out);
}

static void counts(void)
{
    struct treaty_metrics *m = treaty_metrics_new();
    struct treaty_str values[] = {TREATY_STR("a\"b\\c\nd"), TREATY_STR("eof")};
    struct treaty_counter *c = treaty_metrics_counter(m, &errors, values);
    struct treaty_counter *p = treaty_metrics_counter(m, &plain, NULL);

    check_text(m, "# HELP deserialize_errors_total Events that could not be "
                  "decoded.\\nBack\\\\slash \"here\".\n"
                  "# TYPE deserialize_errors_total counter\n"
                  "deserialize_errors_total{subject=\"a\\\"b\\\\c\\nd\","
                  "reason=\"eof\"} 0\n"
                  "# HELP events_total Events.\n"
                  "# TYPE events_total counter\n"
                  "events_total 0\n");
    treaty_counter_add(c, 3);
    treaty_counter_add(c, 4);
    treaty_counter_add(p, UINT64_C(1) << 60);
    CHECK_INT(treaty_counter_value(c), 7);
    CHECK_INT(treaty_counter_value(p), INT64_C(1) << 60);
    CHECK(treaty_metrics_counter(m, &errors, values) == c);
    values[1] = TREATY_STR("other reason");
    CHECK(treaty_metrics_counter(m, &errors, values) != c);
    treaty_metrics_free(m);
}

/* Two descriptions of one name are one family. */
static void families_go_by_name(void)
{
    struct treaty_metrics *m = treaty_metrics_new();
    struct treaty_metric_desc twin = plain;

    CHECK(treaty_metrics_counter(m, &plain, NULL) ==
          treaty_metrics_counter(m, &twin, NULL));
    treaty_metrics_free(m);
}

static void gauges(void)
{
    struct treaty_metrics *m = treaty_metrics_new();
    struct treaty_str zero = TREATY_STR("0"), one = TREATY_STR("1");
    struct treaty_gauge *a = treaty_metrics_gauge(m, &lag, &zero);
    struct treaty_gauge *b = treaty_metrics_gauge(m, &lag, &one);

    treaty_gauge_set(a, 12);
    treaty_gauge_add(a, -13);
    treaty_gauge_set(b, 0.25);
    CHECK(treaty_gauge_value(a) == -1);
    check_text(m, "# HELP consumer_lag Events behind.\n"
                  "# TYPE consumer_lag gauge\n"
                  "consumer_lag{partition=\"0\"} -1\n"
                  "consumer_lag{partition=\"1\"} 0.25\n");
    treaty_gauge_set(a, HUGE_VAL);
    treaty_gauge_set(b, NAN);
    check_text(m, "# HELP consumer_lag Events behind.\n"
                  "# TYPE consumer_lag gauge\n"
                  "consumer_lag{partition=\"0\"} +Inf\n"
                  "consumer_lag{partition=\"1\"} NaN\n");
    treaty_gauge_set(a, -HUGE_VAL);
    treaty_gauge_set(b, 1e300);
    check_text(m, "# HELP consumer_lag Events behind.\n"
                  "# TYPE consumer_lag gauge\n"
                  "consumer_lag{partition=\"0\"} -Inf\n"
                  "consumer_lag{partition=\"1\"} 1.0E300\n");
    treaty_metrics_free(m);
}

/* At the limit a new label set still gets its own series, past it none. */
static void too_many_series_are_other(void)
{
    struct treaty_metrics *m = treaty_metrics_new();
    struct treaty_str names[] = {TREATY_STR("0"), TREATY_STR("1"),
                                 TREATY_STR("2"), TREATY_STR("3")};
    struct treaty_gauge *g[4];

    for (int i = 0; i < 4; i++)
        g[i] = treaty_metrics_gauge(m, &lag, &names[i]);
    CHECK(g[0] != g[1] && g[1] != g[2]);
    CHECK(g[2] == g[3]);
    CHECK(treaty_metrics_gauge(m, &lag, &names[1]) == g[1]);
    treaty_gauge_set(g[3], 5);
    check_text(m, "# HELP consumer_lag Events behind.\n"
                  "# TYPE consumer_lag gauge\n"
                  "consumer_lag{partition=\"0\"} 0\n"
                  "consumer_lag{partition=\"1\"} 0\n"
                  "consumer_lag{partition=\"other\"} 5\n");
    treaty_metrics_free(m);
}

static void default_limit(void)
{
    struct treaty_metrics *m = treaty_metrics_new();
    struct treaty_counter *c[TREATY_METRIC_SERIES_DEFAULT + 2];
    char text[16];

    for (int i = 0; i < TREATY_METRIC_SERIES_DEFAULT + 2; i++) {
        struct treaty_str values[2] = {{text, 0}, TREATY_STR("x")};

        values[0].len = (size_t)snprintf(text, sizeof(text), "s%d", i);
        c[i] = treaty_metrics_counter(m, &errors, values);
    }
    CHECK(c[TREATY_METRIC_SERIES_DEFAULT - 1] !=
          c[TREATY_METRIC_SERIES_DEFAULT - 2]);
    CHECK(c[TREATY_METRIC_SERIES_DEFAULT - 1] !=
          c[TREATY_METRIC_SERIES_DEFAULT]);
    CHECK(c[TREATY_METRIC_SERIES_DEFAULT] ==
          c[TREATY_METRIC_SERIES_DEFAULT + 1]);
    treaty_metrics_free(m);
}

static void histograms(void)
{
    struct treaty_metrics *m = treaty_metrics_new();
    struct treaty_str avro = TREATY_STR("avro");
    struct treaty_histogram *h = treaty_metrics_histogram(m, &decode, &avro);
    struct treaty_histogram *b = treaty_metrics_histogram(m, &bare, NULL);

    treaty_histogram_observe(h, 50, 1); /* bounds are inclusive */
    treaty_histogram_observe(h, 51, 2);
    treaty_histogram_observe(h, 1001, 1);
    treaty_histogram_observe(h, UINT64_C(2500000001), 1);
    treaty_histogram_observe(b, 60, 1);
    CHECK_INT(treaty_histogram_count(h), 5);
    CHECK_INT(treaty_histogram_sum_ns(h), 50 + 102 + 1001 + 2500000001);
    check_text(m, "# HELP decode_seconds Time to decode.\n"
                  "# TYPE decode_seconds histogram\n"
                  "decode_seconds_bucket{format=\"avro\",le=\"0.00000005\"} 1\n"
                  "decode_seconds_bucket{format=\"avro\",le=\"0.000001\"} 3\n"
                  "decode_seconds_bucket{format=\"avro\",le=\"2.5\"} 4\n"
                  "decode_seconds_bucket{format=\"avro\",le=\"+Inf\"} 5\n"
                  "decode_seconds_sum{format=\"avro\"} 2.500001154\n"
                  "decode_seconds_count{format=\"avro\"} 5\n"
                  "# HELP bare_seconds No labels.\n"
                  "# TYPE bare_seconds histogram\n"
                  "bare_seconds_bucket{le=\"0.00000005\"} 0\n"
                  "bare_seconds_bucket{le=\"+Inf\"} 1\n"
                  "bare_seconds_sum 0.00000006\n"
                  "bare_seconds_count 1\n");
    treaty_metrics_free(m);
}

static const struct treaty_metric_desc request = {
    .kind = TREATY_METRIC_HISTOGRAM,
    .name = "request_seconds",
    .help = "Time to answer.",
    .bounds_ns = treaty_metric_request_bounds_ns,
    .bound_count = TREATY_METRIC_REQUEST_BOUNDS,
};

static void whole_seconds(void)
{
    struct treaty_metrics *m = treaty_metrics_new();
    struct treaty_histogram *h = treaty_metrics_histogram(m, &request, NULL);
    struct treaty_buf out;

    treaty_histogram_observe(h, 2000000000, 3);
    treaty_buf_init(&out, 0);
    treaty_metrics_write(m, &out);
    treaty_buf_put_c(&out, '\0');
    CHECK(strstr(out.data, "request_seconds_bucket{le=\"0.0001\"} 0\n"));
    CHECK(strstr(out.data, "request_seconds_bucket{le=\"1\"} 0\n"));
    CHECK(strstr(out.data, "request_seconds_bucket{le=\"2\"} 3\n"));
    CHECK(strstr(out.data, "request_seconds_bucket{le=\"10\"} 3\n"));
    CHECK(strstr(out.data, "request_seconds_sum 6\n"));
    treaty_buf_release(&out);
    treaty_metrics_free(m);
}

static void bounds_ascend(void)
{
    const uint64_t *s = treaty_metric_serde_bounds_ns;
    const uint64_t *r = treaty_metric_request_bounds_ns;

    CHECK_INT(s[0], 50);
    CHECK_INT(s[TREATY_METRIC_SERDE_BOUNDS - 1], 10000000);
    for (int i = 1; i < TREATY_METRIC_SERDE_BOUNDS; i++)
        CHECK(s[i] > s[i - 1]);
    for (int i = 1; i < TREATY_METRIC_REQUEST_BOUNDS; i++)
        CHECK(r[i] > r[i - 1]);
}

static void no_registry_is_ignored(void)
{
    struct treaty_buf out;

    CHECK(!treaty_metrics_counter(NULL, &plain, NULL));
    treaty_counter_add(NULL, 1);
    treaty_gauge_set(NULL, 1);
    treaty_gauge_add(NULL, 1);
    treaty_histogram_observe(NULL, 1, 1);
    CHECK_INT(treaty_counter_value(NULL), 0);
    CHECK(treaty_gauge_value(NULL) == 0);
    CHECK_INT(treaty_histogram_count(NULL), 0);
    CHECK_INT(treaty_histogram_sum_ns(NULL), 0);
    CHECK_INT(treaty_metrics_on_write(NULL, NULL, NULL), TREATY_OK);
    treaty_buf_init(&out, 0);
    treaty_metrics_write(NULL, &out);
    CHECK_INT(out.len, 0);
    treaty_metrics_free(NULL);
}

static void collect_lag(void *ctx)
{
    struct treaty_str zero = TREATY_STR("0");

    treaty_gauge_add(treaty_metrics_gauge(ctx, &lag, &zero), 21);
}

static void collectors_run_first(void)
{
    struct treaty_metrics *m = treaty_metrics_new();

    CHECK_INT(treaty_metrics_on_write(m, collect_lag, m), TREATY_OK);
    CHECK_INT(treaty_metrics_on_write(m, collect_lag, m), TREATY_OK);
    check_text(m, "# HELP consumer_lag Events behind.\n"
                  "# TYPE consumer_lag gauge\n"
                  "consumer_lag{partition=\"0\"} 42\n");
    treaty_metrics_free(m);
}

enum { THREADS = 10, ROUNDS = 2000 };

static void *hammer(void *ctx)
{
    struct treaty_metrics *m = ctx;
    struct treaty_str values[] = {TREATY_STR("s"), TREATY_STR("r")};
    struct treaty_str zero = TREATY_STR("0");

    for (int i = 0; i < ROUNDS; i++) {
        treaty_counter_add(treaty_metrics_counter(m, &errors, values), 1);
        treaty_gauge_add(treaty_metrics_gauge(m, &lag, &zero), 1);
        treaty_histogram_observe(treaty_metrics_histogram(m, &bare, NULL), 7,
                                 1);
    }
    return NULL;
}

static void threads_lose_nothing(void)
{
    struct treaty_metrics *m = treaty_metrics_new();
    struct treaty_str values[] = {TREATY_STR("s"), TREATY_STR("r")};
    struct treaty_str zero = TREATY_STR("0");
    struct treaty_histogram *h = treaty_metrics_histogram(m, &bare, NULL);
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, hammer, m), 0);
    for (int i = 0; i < THREADS; i++)
        CHECK_INT(pthread_join(threads[i], NULL), 0);
    CHECK_INT(treaty_counter_value(treaty_metrics_counter(m, &errors, values)),
              THREADS * ROUNDS);
    CHECK(treaty_gauge_value(treaty_metrics_gauge(m, &lag, &zero)) ==
          THREADS * ROUNDS);
    CHECK_INT(treaty_histogram_count(h), THREADS * ROUNDS);
    CHECK_INT(treaty_histogram_sum_ns(h), 7 * THREADS * ROUNDS);
    treaty_metrics_free(m);
}

static void no_collector(void *ctx)
{
    (void)ctx;
}

/*
 * Make everything once; true when no allocation failed. `before` collectors
 * move the borders of the blocks, so that each allocation gets to fail.
 */
static bool make_all(const struct treaty_alloc *alloc, int before)
{
    struct treaty_metrics *m = treaty_metrics_new_with(alloc);
    struct treaty_str two[] = {TREATY_STR("s"), TREATY_STR("r")};
    char wide[900] = {0};
    struct treaty_str one = {wide, sizeof(wide)};
    bool all = true;

    if (!m)
        return false;
    memset(wide, 'w', sizeof(wide));
    for (int i = 0; i < before; i++)
        all &= treaty_metrics_on_write(m, no_collector, NULL) == TREATY_OK;
    all &= treaty_metrics_counter(m, &errors, two) != NULL;
    all &= treaty_metrics_histogram(m, &decode, &one) != NULL;
    all &= treaty_metrics_gauge(m, &lag, &two[0]) != NULL;
    all &= treaty_metrics_gauge(m, &lag, &two[1]) != NULL;
    all &= treaty_metrics_gauge(m, &lag, &one) != NULL;
    for (int i = 0; i < 200; i++)
        all &= treaty_metrics_on_write(m, no_collector, NULL) == TREATY_OK;
    treaty_metrics_free(m);
    return all;
}

static void out_of_memory_gives_null(void)
{
    for (int before = 0; before < 64; before++) {
        bool all = false;

        for (size_t n = 1; !all; n++) {
            struct tap_alloc state = {.fail_at = n};
            struct treaty_alloc alloc = tap_alloc_hook(&state);

            all = make_all(&alloc, before);
            CHECK_INT(state.live, 0);
            CHECK(all == (state.calls < n));
        }
    }
}

/* The value printed for a metric without labels, or "". */
static struct treaty_str find_value(struct treaty_str text, const char *name)
{
    struct treaty_str line;

    while (treaty_str_split(&text, '\n', &line)) {
        size_t at = treaty_str_find(line, ' ');

        if (treaty_str_eq_z(treaty_str_sub(line, 0, at), name))
            return treaty_str_sub(line, at + 1, line.len);
    }
    return TREATY_STR("");
}

static void process_metrics(void)
{
    static const char *const names[] = {
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "process_virtual_memory_bytes",
        "process_open_fds",
        "process_max_fds",
        "process_start_time_seconds",
    };
    struct treaty_buf out;
    struct treaty_str text;
    double value, now;

    treaty_buf_init(&out, 0);
    treaty_metrics_write_process(&out);
    text = treaty_buf_str(&out);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        value = -1;
        CHECK(treaty_str_to_double(find_value(text, names[i]), &value));
        CHECK(value >= 0);
    }
    now = (double)time(NULL);
    CHECK(treaty_str_to_double(find_value(text, "process_start_time_seconds"),
                               &value));
    CHECK(value > now - 600 && value < now + 2);
    CHECK(treaty_str_to_double(
        find_value(text, "process_resident_memory_bytes"), &value));
    CHECK(value > 100000 && value < 1e12);
    treaty_buf_release(&out);
}

/* Without a descriptor left, /proc cannot be read: the rest still comes. */
static void process_metrics_without_proc(void)
{
    struct rlimit saved, none;
    struct treaty_buf out;

    CHECK_INT(getrlimit(RLIMIT_NOFILE, &saved), 0);
    none = saved;
    none.rlim_cur = 0;
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &none), 0);
    treaty_buf_init(&out, 0);
    treaty_metrics_write_process(&out);
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &saved), 0);
    CHECK(find_value(treaty_buf_str(&out), "process_cpu_seconds_total").len);
    CHECK_STR_Z(find_value(treaty_buf_str(&out), "process_max_fds"), "0");
    CHECK_STR_Z(find_value(treaty_buf_str(&out), "process_open_fds"), "");
    CHECK_STR_Z(find_value(treaty_buf_str(&out), "process_start_time_seconds"),
                "");
    CHECK_STR_Z(
        find_value(treaty_buf_str(&out), "process_resident_memory_bytes"), "");
    treaty_buf_release(&out);
}

TAP_MAIN({"counts", counts}, {"families go by name", families_go_by_name},
         {"gauges", gauges},
         {"too many series are other", too_many_series_are_other},
         {"default limit", default_limit}, {"histograms", histograms},
         {"whole seconds", whole_seconds}, {"bounds ascend", bounds_ascend},
         {"no registry is ignored", no_registry_is_ignored},
         {"collectors run first", collectors_run_first},
         {"threads lose nothing", threads_lose_nothing},
         {"out of memory gives NULL", out_of_memory_gives_null},
         {"process metrics", process_metrics},
         {"process metrics without /proc", process_metrics_without_proc})
