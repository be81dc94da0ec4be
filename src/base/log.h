/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_BASE_LOG_H
#define TREATY_SRC_BASE_LOG_H

/*
 * Log lines for programs: text for people or JSON lines for machines, on
 * standard error, one write(2) a line, safe from many threads. Libraries do
 * not log; the caller who can decide does, once.
 *
 *     2026-11-22T09:12:44.120Z WARN  store: commit failed code=50001 wait_ms=3
 *     {"ts":"...","level":"warn","area":"store","msg":"commit failed
 * code=50001"}
 */
#include <treaty/base.h>

enum treaty_log_level {
    TREATY_LOG_DEBUG,
    TREATY_LOG_INFO,
    TREATY_LOG_WARN,
    TREATY_LOG_ERROR,
};

enum treaty_log_form { TREATY_LOG_TEXT, TREATY_LOG_JSON };

/* Process-wide, set once at start; defaults: INFO, TEXT. */
void treaty_log_setup(enum treaty_log_level least, enum treaty_log_form form);

/*
 * `area` is the part of the program ("store", "http"). `format` makes the
 * message, with facts as name=value at its end ("wait_ms=%d"); it stays one
 * string in JSON form. Controls are escaped, what exceeds 2047 bytes is cut.
 */
void treaty_log(enum treaty_log_level level, const char *area,
                const char *format, ...) TREATY_PRINTF(3, 4);

#endif
