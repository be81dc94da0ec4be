/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_BASE_ERROR_H
#define TREATY_SRC_BASE_ERROR_H

/*
 * Filling in a `struct treaty_error`. Every function accepts a NULL `err` and
 * returns `code`, so a failure is reported and returned in one statement:
 *
 *     return treaty_fail(err, TREATY_ENAME, pos, "\"%.*s\" is not a name",
 *                        TREATY_STR_ARG(name));
 */
#include <treaty/base.h>

#include <limits.h>
#include <stdarg.h>

/* For "%.*s"; cut at INT_MAX, and messages are cut far earlier. */
#define TREATY_STR_ARG(s)                                                      \
    treaty_str_precision((s).len), (s).data ? (s).data : ""

static inline int treaty_str_precision(size_t len)
{
    return len > INT_MAX ? INT_MAX : (int)len;
}

enum treaty_code treaty_fail(struct treaty_error *err, enum treaty_code code,
                             size_t offset, const char *format, ...)
    TREATY_PRINTF(4, 5);

enum treaty_code treaty_fail_v(struct treaty_error *err, enum treaty_code code,
                               size_t offset, const char *format, va_list args);

/* Code TREATY_ENOMEM with its sentence. */
enum treaty_code treaty_fail_nomem(struct treaty_error *err);

/*
 * The analyzer reads one file at a time and would take a failure for one that
 * may return TREATY_OK, and then warn of every output that stays unset.
 */
#ifdef __clang_analyzer__
#define treaty_fail(err, code, ...)                                            \
    ((void)treaty_fail((err), (code), __VA_ARGS__), (code))
#define treaty_fail_nomem(err) ((void)treaty_fail_nomem(err), TREATY_ENOMEM)
#endif

/* Set `err->path`, cutting the middle of what is too long. */
void treaty_error_set_path(struct treaty_error *err, struct treaty_str path);

/*
 * Put a slash and `step` before the path, as it is: "0/qty" is never made,
 * but "/items" + "/0/qty". Callers add their steps while they unwind.
 */
void treaty_error_prepend_path(struct treaty_error *err,
                               struct treaty_str step);

#endif
