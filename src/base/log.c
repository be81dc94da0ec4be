/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 16 * 1024, MESSAGE_MAX = 2048 };

static atomic_int least_level = TREATY_LOG_INFO;
static atomic_int wanted_form = TREATY_LOG_TEXT;

static const struct level_row {
    const char *padded;
    const char *name;
} levels[] = {
    [TREATY_LOG_DEBUG] = {"DEBUG", "debug"},
    [TREATY_LOG_INFO] = {"INFO ", "info"},
    [TREATY_LOG_WARN] = {"WARN ", "warn"},
    [TREATY_LOG_ERROR] = {"ERROR", "error"},
};

void treaty_log_setup(enum treaty_log_level least, enum treaty_log_form form)
{
    atomic_store(&least_level, (int)least);
    atomic_store(&wanted_form, (int)form);
}

static void put_time(struct treaty_buf *line)
{
    int64_t now = treaty_clock_wall_ms();
    time_t seconds = (time_t)(now / 1000);
    struct tm utc;

    (void)gmtime_r(&seconds, &utc);
    treaty_buf_printf(line, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                      utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                      utc.tm_hour, utc.tm_min, utc.tm_sec, (int)(now % 1000));
}

/* One line stays one line, whatever a stranger's text holds. */
static void put_flat(struct treaty_buf *line, struct treaty_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.data[i];

        if (c < 0x20 || c == 0x7f)
            treaty_buf_printf(line, "\\x%02x", c);
        else
            treaty_buf_put_c(line, s.data[i]);
    }
}

static void put_text(struct treaty_buf *line, enum treaty_log_level level,
                     const char *area, struct treaty_str message)
{
    put_time(line);
    treaty_buf_printf(line, " %s %s: ", levels[level].padded, area);
    put_flat(line, message);
    treaty_buf_put_c(line, '\n');
}

static void put_json(struct treaty_buf *line, enum treaty_log_level level,
                     const char *area, struct treaty_str message)
{
    treaty_buf_put_z(line, "{\"ts\":\"");
    put_time(line);
    treaty_buf_printf(line,
                      "\",\"level\":\"%s\",\"area\":", levels[level].name);
    treaty_json_quote(line, treaty_str_z(area));
    treaty_buf_put_z(line, ",\"msg\":");
    treaty_json_quote(line, message);
    treaty_buf_put_z(line, "}\n");
}

void treaty_log(enum treaty_log_level level, const char *area,
                const char *format, ...)
{
    char message[MESSAGE_MAX];
    struct treaty_buf line;
    va_list args;

    if ((int)level < atomic_load(&least_level))
        return;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);

    treaty_buf_init(&line, LINE_MAX_BYTES);
    if (atomic_load(&wanted_form) == TREATY_LOG_JSON)
        put_json(&line, level, area, treaty_str_z(message));
    else
        put_text(&line, level, area, treaty_str_z(message));
    /* Nothing can be done about a standard error that is gone. */
    if (!line.failed && write(STDERR_FILENO, line.data, line.len) < 0)
        line.len = 0;
    treaty_buf_release(&line);
}
