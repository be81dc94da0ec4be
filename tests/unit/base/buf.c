/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include "harness/tap.h"

#include <wchar.h>

/* What no locale can print, so that printing fails. */
#define NO_CHARACTER ((wint_t)0x7FFFFFFF)

/* Sizes that no machine has are to fail here as they do elsewhere. */
TREATY_API const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void appends(void)
{
    struct treaty_buf buf;

    treaty_buf_init(&buf, 0);
    CHECK_STR(treaty_buf_str(&buf), TREATY_STR(""));
    treaty_buf_put(&buf, TREATY_STR("ab"));
    treaty_buf_put(&buf, (struct treaty_str){0});
    treaty_buf_put_c(&buf, 'c');
    treaty_buf_put_z(&buf, "de");
    treaty_buf_put_mem(&buf, "f", 1);
    treaty_buf_put_hex(&buf, "\x00\x9f\xff", 3);
    treaty_buf_printf(&buf, "[%5.2d]", 7);
    CHECK_STR_Z(treaty_buf_str(&buf), "abcdef009fff[   07]");
    CHECK_INT(treaty_buf_status(&buf, NULL), TREATY_OK);
    treaty_buf_clear(&buf);
    CHECK_STR_Z(treaty_buf_str(&buf), "");
    treaty_buf_release(&buf);
    treaty_buf_release(&buf);
}

static void numbers(void)
{
    struct treaty_buf buf;

    treaty_buf_init(&buf, 0);
    treaty_buf_put_u64(&buf, 0);
    treaty_buf_put_c(&buf, ' ');
    treaty_buf_put_u64(&buf, UINT64_MAX);
    treaty_buf_put_c(&buf, ' ');
    treaty_buf_put_i64(&buf, INT64_MIN);
    treaty_buf_put_c(&buf, ' ');
    treaty_buf_put_i64(&buf, INT64_MAX);
    treaty_buf_put_c(&buf, ' ');
    treaty_buf_put_i64(&buf, -1);
    CHECK_STR_Z(treaty_buf_str(&buf),
                "0 18446744073709551615 -9223372036854775808 "
                "9223372036854775807 -1");
    treaty_buf_release(&buf);
}

static void grows(void)
{
    struct treaty_buf buf;

    treaty_buf_init(&buf, 0);
    for (int i = 0; i < 100000; i++)
        treaty_buf_put_c(&buf, (char)(i % 100));
    CHECK_INT(buf.len, 100000);
    for (int i = 0; i < 100000; i++) {
        if (!CHECK_INT(buf.data[i], i % 100))
            break;
    }
    treaty_buf_release(&buf);
}

/* The bound can be reached by every way of writing, and not passed. */
static void bound_holds(void)
{
    struct treaty_buf buf;
    struct treaty_error err;

    treaty_buf_init(&buf, 300);
    for (int i = 0; i < 29; i++)
        treaty_buf_put(&buf, TREATY_STR("0123456789"));
    treaty_buf_printf(&buf, "%s", "0123456789");
    CHECK_INT(buf.len, 300);
    CHECK_INT(treaty_buf_status(&buf, NULL), TREATY_OK);
    treaty_buf_put(&buf, TREATY_STR(""));
    CHECK_INT(treaty_buf_status(&buf, NULL), TREATY_OK);
    treaty_buf_put_c(&buf, 'x');
    CHECK_INT(treaty_buf_status(&buf, &err), TREATY_ELIMIT);
    CHECK_STR_Z(treaty_str_z(err.message), "the output exceeds 300 bytes");
    CHECK_INT(buf.len, 300);

    /* The failure sticks, until the buffer is cleared. */
    buf.len = 0;
    treaty_buf_put_c(&buf, 'x');
    treaty_buf_put_hex(&buf, "x", 1);
    treaty_buf_printf(&buf, "x");
    CHECK(!treaty_buf_reserve(&buf, 1));
    CHECK_INT(buf.len, 0);
    treaty_buf_clear(&buf);
    treaty_buf_put_c(&buf, 'x');
    CHECK_STR_Z(treaty_buf_str(&buf), "x");
    treaty_buf_release(&buf);
    CHECK_INT(buf.max, 300);
}

static void impossible_sizes(void)
{
    struct treaty_buf buf;
    struct treaty_error err;

    treaty_buf_init(&buf, 0);
    treaty_buf_put_c(&buf, 'x');
    CHECK(!treaty_buf_reserve(&buf, SIZE_MAX));
    CHECK_INT(treaty_buf_status(&buf, &err), TREATY_ENOMEM);
    CHECK_INT(err.code, TREATY_ENOMEM);
    treaty_buf_clear(&buf);
    treaty_buf_put_hex(&buf, "x", SIZE_MAX / 2 + 1);
    CHECK_INT(buf.failed, TREATY_ENOMEM);
    treaty_buf_clear(&buf);
    CHECK(!treaty_buf_reserve(&buf, SIZE_MAX / 2 + 1));
    CHECK_INT(buf.failed, TREATY_ENOMEM);
    treaty_buf_clear(&buf);
    /* As with more than INT_MAX bytes, which would take seconds to print. */
    treaty_buf_printf(&buf, "%lc", NO_CHARACTER);
    CHECK_INT(buf.failed, TREATY_ENOMEM);
    CHECK_INT(buf.len, 0);
    treaty_buf_clear(&buf);
    treaty_buf_put_c(&buf, 'y');
    CHECK_STR_Z(treaty_buf_str(&buf), "y");
    treaty_buf_release(&buf);
}

TAP_MAIN({"appends", appends}, {"numbers", numbers}, {"grows", grows},
         {"bound holds", bound_holds}, {"impossible sizes", impossible_sizes})
