/* SPDX-License-Identifier: Apache-2.0 */
#include "http/negotiate.h"

#include "base/str.h"

/* How exactly a range names a type. */
enum { NO_MATCH, ANY_TYPE, ANY_SUBTYPE, EXACT };

static int match(struct treaty_str range, struct treaty_str type)
{
    struct treaty_str head = treaty_str_before_last(range, '/');

    if (treaty_str_eq_nocase(range, type))
        return EXACT;
    if (!treaty_str_ends(range, TREATY_STR("/*")))
        return NO_MATCH;
    if (treaty_str_eq_z(head, "*"))
        return ANY_TYPE;
    return treaty_str_eq_nocase(head, treaty_str_before_last(type, '/'))
               ? ANY_SUBTYPE
               : NO_MATCH;
}

/* "0.85" as 850; anything that is no weight counts as 1. */
static int weight(struct treaty_str q)
{
    int value = 0;
    int unit = 100;

    if (!q.len || q.data[0] != '0')
        return 1000;
    for (size_t i = 2; i < q.len && unit; i++) {
        if (q.data[i] < '0' || q.data[i] > '9')
            return 1000;
        value += (q.data[i] - '0') * unit;
        unit /= 10;
    }
    return value;
}

/* The weight among a range's parameters: `; charset=utf-8; q=0.5`. */
static int range_weight(struct treaty_str params)
{
    struct treaty_str param;

    while (treaty_str_split(&params, ';', &param)) {
        param = treaty_str_trim(param);
        if (param.len >= 2 && (param.data[0] | 0x20) == 'q' &&
            param.data[1] == '=')
            return weight(treaty_str_sub(param, 2, param.len));
    }
    return 1000;
}

/* The client's weight of `type`, 0 when it does not want it. */
static int client_weight(struct treaty_str accept, struct treaty_str type)
{
    struct treaty_str range;
    int best_match = NO_MATCH;
    int result = 0;

    while (treaty_str_split(&accept, ',', &range)) {
        struct treaty_str name = {0};
        int matched;

        (void)treaty_str_split(&range, ';', &name);
        matched = match(treaty_str_trim(name), type);
        if (matched > best_match) {
            best_match = matched;
            result = range_weight(range);
        }
    }
    return result;
}

int treaty_negotiate_accept(const struct treaty_http_media *types, size_t count,
                            struct treaty_str accept)
{
    int best = -1;
    int best_weight = 0;

    if (!treaty_str_trim(accept).len || treaty_str_eq_z(accept, "*/*"))
        return 0;
    for (size_t i = 0; i < count; i++) {
        int client = client_weight(accept, treaty_str_z(types[i].type));
        int w = client * 1001 + types[i].q;

        if (client && w > best_weight) {
            best_weight = w;
            best = (int)i;
        }
    }
    return best;
}

bool treaty_negotiate_consumes(const char *const *types, size_t count,
                               struct treaty_str content_type)
{
    struct treaty_str name = {0};

    (void)treaty_str_split(&content_type, ';', &name);
    name = treaty_str_trim(name);
    for (size_t i = 0; i < count; i++)
        if (treaty_str_eq_nocase(name, treaty_str_z(types[i])))
            return true;
    return false;
}
