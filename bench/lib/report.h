/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_BENCH_LIB_REPORT_H
#define TREATY_BENCH_LIB_REPORT_H

/*
 * One figure of a benchmark: a JSON object a line on standard output, which
 * tools/bench gathers. Texts must not need escaping.
 */
struct bench_figure {
    const char *name; /* "avro.encode" */
    double value;
    const char *unit;  /* "ns" */
    const char *rival; /* "avro-c"; NULL: none */
    double rival_value;
    double ratio;        /* how many times better than the rival; 0: not told */
    const char *command; /* that made it */
};

void bench_report(const struct bench_figure *figure);

#endif
