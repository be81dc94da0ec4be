/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/versions.h"

#include <stdlib.h>

void treaty_versions_init(struct treaty_versions *versions,
                          struct treaty_client *client, const char *subject)
{
    *versions = (struct treaty_versions){.client = client, .subject = subject};
    versions->scratch = treaty_scratch_new(0, NULL);
}

void treaty_versions_release(struct treaty_versions *versions)
{
    treaty_scratch_free(versions->scratch);
    free(versions->rows);
}

static void add(struct treaty_versions *v, int32_t id, int32_t version)
{
    if (v->count == v->cap) {
        size_t cap = v->cap ? v->cap * 2 : 16;
        struct treaty_version_row *rows = realloc(v->rows, cap * sizeof(*rows));

        if (!rows)
            return; /* it is asked about again */
        v->rows = rows;
        v->cap = cap;
    }
    v->rows[v->count++] = (struct treaty_version_row){id, version};
}

/* Ask for the versions above those that are known; false if nobody answers. */
static bool ask(struct treaty_versions *v)
{
    struct treaty_numbers numbers;

    if (!v->scratch)
        return false;
    treaty_scratch_reset(v->scratch);
    if (treaty_client_versions(v->client, v->subject, v->scratch, &numbers,
                               NULL))
        return false;
    for (size_t i = 0; i < numbers.count; i++) {
        struct treaty_schema_info info;

        if (numbers.items[i] <= v->latest)
            continue;
        if (treaty_client_get_version(v->client, v->subject, numbers.items[i],
                                      v->scratch, &info, NULL))
            return false;
        add(v, info.id, numbers.items[i]);
        v->latest = numbers.items[i];
    }
    return true;
}

static const struct treaty_version_row *find(const struct treaty_versions *v,
                                             int32_t id)
{
    for (size_t i = 0; i < v->count; i++)
        if (v->rows[i].id == id)
            return &v->rows[i];
    return NULL;
}

int32_t treaty_versions_of(struct treaty_versions *v, int32_t id)
{
    const struct treaty_version_row *row = find(v, id);

    if (row || id <= 0)
        return row ? row->version : 0;
    if (!ask(v))
        return 0;
    row = find(v, id);
    if (!row)
        add(v, id, 0);
    return row ? row->version : 0;
}
