/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include "base/json.h"
#include "harness/tap.h"

#include <fcntl.h>
#include <unistd.h>

/* Log one line with standard error going to a pipe; what came out. */
static struct treaty_str capture(char *out, size_t size,
                                 enum treaty_log_level level, const char *text)
{
    int ends[2] = {-1, -1};
    int saved = dup(STDERR_FILENO);
    ssize_t n;

    if (!CHECK(saved >= 0 && pipe(ends) == 0))
        return TREATY_STR("");
    (void)dup2(ends[1], STDERR_FILENO);
    (void)close(ends[1]);
    treaty_log(level, "store", "%s code=%d", text, 5);
    (void)dup2(saved, STDERR_FILENO);
    (void)close(saved);
    n = read(ends[0], out, size);
    (void)close(ends[0]);
    return (struct treaty_str){out, n > 0 ? (size_t)n : 0};
}

/* "2026-11-22T09:12:44.120Z" with any digits. */
static bool is_time(struct treaty_str s)
{
    static const char form[] = "0000-00-00T00:00:00.000Z";

    if (s.len != sizeof(form) - 1)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        bool is_digit = s.data[i] >= '0' && s.data[i] <= '9';

        if (form[i] == '0' ? !is_digit : s.data[i] != form[i])
            return false;
    }
    return true;
}

static void text_lines(void)
{
    char out[8192];
    struct treaty_str line;

    treaty_log_setup(TREATY_LOG_DEBUG, TREATY_LOG_TEXT);
    line = capture(out, sizeof(out), TREATY_LOG_WARN, "a\nb\x7f\xc3\xa9");
    CHECK(is_time(treaty_str_sub(line, 0, 24)));
    CHECK_STR_Z(treaty_str_sub(line, 24, line.len),
                " WARN  store: a\\x0ab\\x7f\xc3\xa9 code=5\n");
    line = capture(out, sizeof(out), TREATY_LOG_DEBUG, "x");
    CHECK_STR_Z(treaty_str_sub(line, 24, line.len), " DEBUG store: x code=5\n");
    line = capture(out, sizeof(out), TREATY_LOG_INFO, "x");
    CHECK_STR_Z(treaty_str_sub(line, 24, line.len), " INFO  store: x code=5\n");
    line = capture(out, sizeof(out), TREATY_LOG_ERROR, "x");
    CHECK_STR_Z(treaty_str_sub(line, 24, line.len), " ERROR store: x code=5\n");
}

static void json_lines(void)
{
    struct treaty_arena arena = {0};
    const struct treaty_json *root = NULL;
    char out[8192];
    struct treaty_str line;

    treaty_log_setup(TREATY_LOG_INFO, TREATY_LOG_JSON);
    line = capture(out, sizeof(out), TREATY_LOG_ERROR, "a\n\"b\"");
    CHECK_INT(treaty_str_find(line, '\n'), line.len - 1);
    if (!CHECK_INT(treaty_json_parse(&arena, line, NULL, &root, NULL),
                   TREATY_OK))
        return;
    CHECK(is_time(treaty_json_get(root, "ts")->text));
    CHECK_STR_Z(treaty_json_get(root, "level")->text, "error");
    CHECK_STR_Z(treaty_json_get(root, "area")->text, "store");
    CHECK_STR_Z(treaty_json_get(root, "msg")->text, "a\n\"b\" code=5");
    treaty_arena_release(&arena);
}

static void quiet_below_the_level(void)
{
    char out[64];

    treaty_log_setup(TREATY_LOG_WARN, TREATY_LOG_TEXT);
    CHECK_INT(capture(out, sizeof(out), TREATY_LOG_INFO, "x").len, 0);
}

/* However long the message, one whole line comes out. */
static void cuts_long_messages(void)
{
    static char text[5000];
    char out[20000];
    struct treaty_str line;

    memset(text, '\x01', sizeof(text) - 1);
    treaty_log_setup(TREATY_LOG_INFO, TREATY_LOG_JSON);
    line = capture(out, sizeof(out), TREATY_LOG_WARN, text);
    /* Six bytes for each of 2047, and the rest of the line. */
    CHECK(line.len > 12282 && line.len < 12482);
    CHECK(treaty_str_ends(line, TREATY_STR("\\u0001\"}\n")));
}

/* A standard error that is gone does no harm. */
static void closed_standard_error(void)
{
    int saved = dup(STDERR_FILENO);

    (void)close(STDERR_FILENO);
    treaty_log(TREATY_LOG_ERROR, "store", "nobody reads this");
    (void)dup2(saved, STDERR_FILENO);
    (void)close(saved);
    CHECK(fcntl(STDERR_FILENO, F_GETFD) >= 0);
}

TAP_MAIN({"text lines", text_lines}, {"JSON lines", json_lines},
         {"quiet below the level", quiet_below_the_level},
         {"cuts long messages", cuts_long_messages},
         {"closed standard error", closed_standard_error})
