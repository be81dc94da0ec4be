/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times as ProtoJSON spells them: a Timestamp as RFC 3339 in UTC, a Duration
 * as seconds, both with 0, 3, 6 or 9 digits of a second.
 *
 *     1972-01-01T10:00:20.021Z      -1.5s
 */
#include "record/text_inside.h"

#include "base/str.h"

#include <stdio.h>

#define DAY 86400

/* Printing. */

/* ".021", or nothing. */
static size_t put_fraction(char *out, int32_t nanos)
{
    if (nanos == 0)
        return 0;
    if (nanos % 1000000 == 0)
        return (size_t)snprintf(out, 8, ".%03d", (int)(nanos / 1000000));
    if (nanos % 1000 == 0)
        return (size_t)snprintf(out, 8, ".%06d", (int)(nanos / 1000));
    return (size_t)snprintf(out, 12, ".%09d", (int)nanos);
}

/*
 * A day of the Gregorian calendar from days since 1970-01-01. Years begin in
 * March here, so that the day of a leap year is the last one.
 */
struct date {
    int year;
    int month;
    int day;
};

static struct date to_date(int64_t days)
{
    int64_t shifted = days + 719468; /* since 0000-03-01 */
    int64_t era = shifted / 146097;  /* of 400 years; never negative here */
    int of_era = (int)(shifted - era * 146097);
    int year =
        (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * year + year / 4 - year / 100);
    int month = (5 * of_year + 2) / 153; /* 0: March */
    struct date date = {
        .year = (int)(era * 400) + year + (month >= 10),
        .month = month < 10 ? month + 3 : month - 9,
        .day = of_year - (153 * month + 2) / 5 + 1,
    };

    return date;
}

static int64_t from_date(struct date date)
{
    int64_t year = date.year - (date.month <= 2);
    int64_t era = year / 400;
    int64_t of_era = year - era * 400;
    int month = date.month > 2 ? date.month - 3 : date.month + 9;
    int64_t of_year = (153 * month + 2) / 5 + date.day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
           719468;
}

size_t treaty_timestamp_print(struct treaty_time time, char *out)
{
    int64_t days;
    int second;
    struct date date;
    size_t len;

    if (time.seconds < TREATY_TIMESTAMP_MIN ||
        time.seconds > TREATY_TIMESTAMP_MAX || time.nanos < 0 ||
        time.nanos > TREATY_NANOS_MAX)
        return 0;
    days = (time.seconds - TREATY_TIMESTAMP_MIN) / DAY;
    second = (int)((time.seconds - TREATY_TIMESTAMP_MIN) % DAY);
    date = to_date(days + TREATY_TIMESTAMP_MIN / DAY);
    len = (size_t)snprintf(out, 24, "%04d-%02d-%02dT%02d:%02d:%02d", date.year,
                           date.month, date.day, second / 3600,
                           second / 60 % 60, second % 60);
    len += put_fraction(out + len, time.nanos);
    out[len] = 'Z';
    return len + 1;
}

size_t treaty_duration_print(struct treaty_time time, char *out)
{
    bool negative = time.seconds < 0 || time.nanos < 0;
    size_t len;

    if (time.seconds < -TREATY_DURATION_MAX ||
        time.seconds > TREATY_DURATION_MAX || time.nanos < -TREATY_NANOS_MAX ||
        time.nanos > TREATY_NANOS_MAX)
        return 0;
    if (negative && (time.seconds > 0 || time.nanos > 0))
        return 0;
    if (negative) {
        time.seconds = -time.seconds;
        time.nanos = -time.nanos;
    }
    len = (size_t)snprintf(out, 24, "%s%lld", negative ? "-" : "",
                           (long long)time.seconds);
    len += put_fraction(out + len, time.nanos);
    out[len] = 's';
    return len + 1;
}

/* Parsing: a cursor over the text that fails for good. */

struct cursor {
    struct treaty_str rest;
    bool failed;
};

static bool take_char(struct cursor *c, char wanted)
{
    if (!c->rest.len || c->rest.data[0] != wanted)
        return false;
    c->rest = treaty_str_sub(c->rest, 1, c->rest.len);
    return true;
}

static void need_char(struct cursor *c, char wanted)
{
    if (!take_char(c, wanted))
        c->failed = true;
}

static bool take_digit(struct cursor *c, int *ret)
{
    char digit = c->rest.len ? c->rest.data[0] : '\0';

    if (digit < '0' || digit > '9')
        return false;
    *ret = digit - '0';
    c->rest = treaty_str_sub(c->rest, 1, c->rest.len);
    return true;
}

/* Exactly `count` digits that make a number from `least` to `most`. */
static int need_number(struct cursor *c, int count, int least, int most)
{
    int value = 0;
    int digit = 0;

    for (int i = 0; i < count; i++) {
        if (!take_digit(c, &digit)) {
            c->failed = true;
            return least;
        }
        value = value * 10 + digit;
    }
    if (value < least || value > most) {
        c->failed = true;
        return least;
    }
    return value;
}

/* One to nine digits behind a point, if there is one. */
static int32_t take_fraction(struct cursor *c)
{
    int32_t nanos = 0;
    int32_t unit = 100000000;
    int digit = 0;

    if (!take_char(c, '.'))
        return 0;
    if (!take_digit(c, &digit)) {
        c->failed = true;
        return 0;
    }
    do {
        if (unit == 0)
            c->failed = true;
        nanos += digit * unit;
        unit /= 10;
    } while (take_digit(c, &digit));
    return nanos;
}

/* "Z", or what the local time is ahead, in seconds. */
static int64_t take_offset(struct cursor *c)
{
    int64_t sign;
    int64_t seconds;

    if (take_char(c, 'Z'))
        return 0;
    sign = take_char(c, '-') ? -1 : 1;
    if (sign > 0)
        need_char(c, '+');
    seconds = need_number(c, 2, 0, 23) * INT64_C(3600);
    need_char(c, ':');
    return sign * (seconds + need_number(c, 2, 0, 59) * INT64_C(60));
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return month == 2 && leap ? 29 : days[month - 1];
}

bool treaty_timestamp_parse(struct treaty_str text, struct treaty_time *ret)
{
    struct cursor c = {.rest = text};
    struct treaty_time time;
    struct date date;

    date.year = need_number(&c, 4, 1, 9999);
    need_char(&c, '-');
    date.month = need_number(&c, 2, 1, 12);
    need_char(&c, '-');
    date.day = need_number(&c, 2, 1, days_in(date.year, date.month));
    need_char(&c, 'T');
    time.seconds =
        from_date(date) * DAY + need_number(&c, 2, 0, 23) * INT64_C(3600);
    need_char(&c, ':');
    time.seconds += need_number(&c, 2, 0, 59) * INT64_C(60);
    need_char(&c, ':');
    time.seconds += need_number(&c, 2, 0, 59);
    time.nanos = take_fraction(&c);
    time.seconds -= take_offset(&c);
    if (c.failed || c.rest.len || time.seconds < TREATY_TIMESTAMP_MIN ||
        time.seconds > TREATY_TIMESTAMP_MAX)
        return false;
    *ret = time;
    return true;
}

bool treaty_duration_parse(struct treaty_str text, struct treaty_time *ret)
{
    struct cursor c = {.rest = text};
    bool negative = take_char(&c, '-');
    struct treaty_time time = {0, 0};
    int digit = 0;

    if (!take_digit(&c, &digit))
        return false;
    do {
        time.seconds = time.seconds * 10 + digit;
        if (time.seconds > TREATY_DURATION_MAX)
            return false;
    } while (take_digit(&c, &digit));
    time.nanos = take_fraction(&c);
    need_char(&c, 's');
    if (c.failed || c.rest.len)
        return false;
    if (time.seconds == TREATY_DURATION_MAX && time.nanos)
        return false;
    if (negative)
        time = (struct treaty_time){-time.seconds, -time.nanos};
    *ret = time;
    return true;
}
