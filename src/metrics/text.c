/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/text.h"

#include "base/decimal.h"
#include "base/str.h"

#include <math.h>

static const char *const kind_names[] = {
    [TREATY_METRIC_COUNTER] = "counter",
    [TREATY_METRIC_GAUGE] = "gauge",
    [TREATY_METRIC_HISTOGRAM] = "histogram",
};

/* Backslash and line end are escaped everywhere, quotes only in labels. */
static void put_escaped(struct treaty_buf *out, struct treaty_str s,
                        bool is_label)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.data[i];

        if (c == '\n') {
            treaty_buf_put_z(out, "\\n");
            continue;
        }
        if (c == '\\' || (c == '"' && is_label))
            treaty_buf_put_c(out, '\\');
        treaty_buf_put_c(out, c);
    }
}

void treaty_metrics_put_head(struct treaty_buf *out,
                             const struct treaty_metric_desc *desc)
{
    treaty_buf_printf(out, "# HELP %s ", desc->name);
    put_escaped(out, treaty_str_z(desc->help), false);
    treaty_buf_printf(out, "\n# TYPE %s %s\n", desc->name,
                      kind_names[desc->kind]);
}

void treaty_metrics_put_labels(struct treaty_buf *out,
                               const struct treaty_metric_desc *desc,
                               const struct treaty_str *values)
{
    for (size_t i = 0; i < TREATY_METRIC_LABELS_MAX && desc->labels[i]; i++) {
        struct treaty_str value = TREATY_STR("other");

        if (values)
            value = values[i];
        if (i)
            treaty_buf_put_c(out, ',');
        treaty_buf_printf(out, "%s=\"", desc->labels[i]);
        put_escaped(out, value, true);
        treaty_buf_put_c(out, '"');
    }
}

void treaty_metrics_put_name(struct treaty_buf *out,
                             const struct treaty_metric_desc *desc,
                             const char *suffix, struct treaty_str labels)
{
    treaty_buf_put_z(out, desc->name);
    treaty_buf_put_z(out, suffix);
    if (labels.len) {
        treaty_buf_put_c(out, '{');
        treaty_buf_put(out, labels);
        treaty_buf_put_c(out, '}');
    }
    treaty_buf_put_c(out, ' ');
}

void treaty_metrics_put_bucket(struct treaty_buf *out,
                               const struct treaty_metric_desc *desc,
                               struct treaty_str labels, size_t i)
{
    treaty_buf_printf(out, "%s_bucket{", desc->name);
    treaty_buf_put(out, labels);
    if (labels.len)
        treaty_buf_put_c(out, ',');
    treaty_buf_put_z(out, "le=\"");
    if (i < desc->bound_count)
        treaty_metrics_put_seconds(out, desc->bounds_ns[i]);
    else
        treaty_buf_put_z(out, "+Inf");
    treaty_buf_put_z(out, "\"} ");
}

void treaty_metrics_put_number(struct treaty_buf *out, double value)
{
    const double exact_most = 9007199254740992.0; /* 2^53 */
    char text[TREATY_DECIMAL_SIZE];

    if (isnan(value))
        treaty_buf_put_z(out, "NaN");
    else if (isinf(value))
        treaty_buf_put_z(out, value > 0 ? "+Inf" : "-Inf");
    else if (value >= -exact_most && value <= exact_most &&
             value == (double)(int64_t)value)
        treaty_buf_put_i64(out, (int64_t)value);
    else
        treaty_buf_put_mem(out, text, treaty_decimal_put_double(text, value));
}

void treaty_metrics_put_seconds(struct treaty_buf *out, uint64_t ns)
{
    const uint64_t unit = 1000000000;
    uint64_t rest = ns % unit;
    int width = 9;

    treaty_buf_put_u64(out, ns / unit);
    if (rest == 0)
        return;
    while (rest % 10 == 0) {
        rest /= 10;
        width--;
    }
    treaty_buf_printf(out, ".%0*llu", width, (unsigned long long)rest);
}
