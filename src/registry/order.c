/* SPDX-License-Identifier: Apache-2.0 */
/* The orders of a catalog's sets (state.h). */
#include "base/str.h"
#include "registry/state.h"

static int order_number(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

int treaty_order_guid(const void *key, const void *item)
{
    const struct treaty_guid_key *k = key;
    const struct treaty_entry *entry = item;
    int order = memcmp(k->guid, entry->guid, sizeof(entry->guid));

    return order ? order : order_number(k->id, entry->id);
}

int treaty_order_subject(const void *key, const void *item)
{
    const struct treaty_subject *subject = item;

    return treaty_str_cmp(*(const struct treaty_str *)key, subject->name);
}

int treaty_order_version(const void *key, const void *item)
{
    const struct treaty_version *version = item;

    return order_number(*(const int32_t *)key, version->version);
}

int treaty_order_use(const void *key, const void *item)
{
    const struct treaty_use_key *k = key;
    const struct treaty_version *version = item;
    int order = treaty_str_cmp(k->subject, version->subject);

    return order ? order : order_number(k->version, version->version);
}

int treaty_order_edge(const void *key, const void *item)
{
    const struct treaty_edge_key *k = key;
    const struct treaty_edge *edge = item;
    int order = treaty_str_cmp(k->subject, edge->subject);

    if (order == 0)
        order = order_number(k->version, edge->version);
    return order ? order : order_number(k->id, edge->entry->id);
}

int treaty_order_setting(const void *key, const void *item)
{
    const struct treaty_setting *setting = item;

    return treaty_str_cmp(*(const struct treaty_str *)key, setting->scope);
}
