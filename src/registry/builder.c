/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/builder.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

void treaty_builder_init(struct treaty_builder *b)
{
    *b = (struct treaty_builder){0};
    treaty_arena_init(&b->scratch, 0, NULL);
}

void treaty_builder_release(struct treaty_builder *b)
{
    treaty_arena_release(&b->scratch);
}

static struct treaty_use_key key_of(const struct treaty_version *v)
{
    return (struct treaty_use_key){v->subject, v->version};
}

/* An empty subject; its name is an object of its own. */
static struct treaty_subject *new_subject(struct treaty_builder *b,
                                          struct treaty_str name)
{
    struct treaty_subject *s = treaty_share_alloc(&b->share, sizeof(*s));
    char *bytes = treaty_share_alloc(&b->share, name.len + 1);

    if (!s || !bytes)
        return NULL;
    if (name.len)
        memcpy(bytes, name.data, name.len);
    bytes[name.len] = '\0';
    *s = (struct treaty_subject){.name = {bytes, name.len}};
    return s;
}

/* The subject `name`, made when missing, in a state to be changed. */
static struct treaty_subject *own_subject(struct treaty_builder *b,
                                          struct treaty_str name)
{
    const struct treaty_subject *old =
        treaty_catalog_find_subject(&b->work, name);
    struct treaty_subject *s;

    if (old && treaty_share_is_fresh(old))
        return (struct treaty_subject *)(uintptr_t)old;
    if (old) {
        s = treaty_share_alloc(&b->share, sizeof(*s));
        if (!s)
            return NULL;
        *s = *old;
        treaty_share_drop(&b->share, old);
    } else {
        s = new_subject(b, name);
        if (!s)
            return NULL;
    }
    if (!treaty_sorted_put(&b->share, &b->work.subjects, treaty_order_subject,
                           &s->name, s))
        return NULL;
    return s;
}

/* Count `v` in or out (`by` 1 or -1). */
static void count(struct treaty_builder *b, struct treaty_subject *s,
                  const struct treaty_version *v, int by)
{
    bool was_live = s->live > 0;

    if (!v->deleted)
        s->live += (uint32_t)by;
    if (v->entry->reference_count)
        s->referring += (uint32_t)by;
    if (was_live && s->live == 0)
        b->work.live_subjects--;
    if (!was_live && s->live > 0)
        b->work.live_subjects++;
}

static bool set_uses(struct treaty_builder *b, int32_t id,
                     struct treaty_sorted uses)
{
    return treaty_radix_set(&b->share, &b->work.uses, (uint32_t)id, uses.root);
}

static bool add_use(struct treaty_builder *b, const struct treaty_version *v)
{
    struct treaty_sorted uses = treaty_catalog_uses_of(&b->work, v->entry->id);
    struct treaty_use_key key = key_of(v);

    return treaty_sorted_put(&b->share, &uses, treaty_order_use, &key, v) &&
           set_uses(b, v->entry->id, uses);
}

static bool add_edges(struct treaty_builder *b,
                      const struct treaty_entry *entry)
{
    for (uint32_t i = 0; i < entry->reference_count; i++) {
        const struct treaty_reference *r = &entry->references[i];
        struct treaty_edge_key key = {r->subject, r->version, entry->id};
        struct treaty_edge *edge;

        /* One schema may refer to a version twice, under two names. */
        if (treaty_sorted_find(&b->work.edges, treaty_order_edge, &key))
            continue;
        edge = treaty_share_alloc(&b->share, sizeof(*edge));
        if (!edge)
            return false;
        *edge = (struct treaty_edge){r->subject, r->version, entry};
        if (!treaty_sorted_put(&b->share, &b->work.edges, treaty_order_edge,
                               &key, edge))
            return false;
    }
    return true;
}

static bool remove_edges(struct treaty_builder *b,
                         const struct treaty_entry *entry)
{
    for (uint32_t i = 0; i < entry->reference_count; i++) {
        const struct treaty_reference *r = &entry->references[i];
        struct treaty_edge_key key = {r->subject, r->version, entry->id};
        const struct treaty_edge *edge =
            treaty_sorted_find(&b->work.edges, treaty_order_edge, &key);

        if (!edge)
            continue;
        if (!treaty_sorted_remove(&b->share, &b->work.edges, treaty_order_edge,
                                  &key))
            return false;
        treaty_share_drop(&b->share, edge);
    }
    return true;
}

bool treaty_builder_add_entry(struct treaty_builder *b,
                              const struct treaty_entry *entry)
{
    struct treaty_guid_key key = {entry->guid, entry->id};

    b->work.schema_count++;
    if (!b->loading && !treaty_sorted_put(&b->share, &b->work.guids,
                                          treaty_order_guid, &key, entry))
        return false;
    return treaty_radix_set(&b->share, &b->work.entries, (uint32_t)entry->id,
                            entry) &&
           add_edges(b, entry);
}

static bool remove_entry(struct treaty_builder *b,
                         const struct treaty_entry *entry)
{
    struct treaty_guid_key key = {entry->guid, entry->id};

    b->work.schema_count--;
    if (!treaty_radix_set(&b->share, &b->work.entries, (uint32_t)entry->id,
                          NULL) ||
        !treaty_sorted_remove(&b->share, &b->work.guids, treaty_order_guid,
                              &key) ||
        !remove_edges(b, entry))
        return false;
    treaty_share_drop(&b->share, entry);
    return true;
}

/* Rule 1 of state.h: the last use takes the entry with it. */
static bool remove_use(struct treaty_builder *b, const struct treaty_version *v)
{
    struct treaty_sorted uses = treaty_catalog_uses_of(&b->work, v->entry->id);
    struct treaty_use_key key = key_of(v);

    if (!treaty_sorted_remove(&b->share, &uses, treaty_order_use, &key) ||
        !set_uses(b, v->entry->id, uses))
        return false;
    return uses.root || remove_entry(b, v->entry);
}

static const struct treaty_version *
new_version(struct treaty_builder *b, const struct treaty_subject *s,
            const struct treaty_version_change *change)
{
    struct treaty_str original = change->original_json;
    struct treaty_version *v =
        treaty_share_alloc(&b->share, sizeof(*v) + original.len);

    if (!v)
        return NULL;
    if (original.len) {
        memcpy(v + 1, original.data, original.len);
        original.data = (const char *)(v + 1);
    }
    *v = (struct treaty_version){
        .subject = s->name,
        .version = change->version,
        .deleted = change->deleted,
        .ts_ms = change->ts_ms,
        .entry = change->entry,
        .original_json = original,
    };
    return v;
}

bool treaty_builder_put_version(struct treaty_builder *b,
                                const struct treaty_version_change *change)
{
    struct treaty_subject *s = own_subject(b, change->subject);
    const struct treaty_version *old;
    const struct treaty_version *v;

    if (!s)
        return false;
    old = treaty_sorted_find(&s->versions, treaty_order_version,
                             &change->version);
    v = new_version(b, s, change);
    if (!v ||
        !treaty_sorted_put(&b->share, &s->versions, treaty_order_version,
                           &v->version, v) ||
        !add_use(b, v))
        return false;
    if (old)
        count(b, s, old, -1);
    count(b, s, v, 1);
    /* With the same entry, adding the use has replaced the old one. */
    if (old && old->entry != v->entry && !remove_use(b, old))
        return false;
    treaty_share_drop(&b->share, old);
    return true;
}

/* Rule 2 of state.h. */
static bool remove_subject(struct treaty_builder *b,
                           const struct treaty_subject *s)
{
    if (!treaty_sorted_remove(&b->share, &b->work.subjects,
                              treaty_order_subject, &s->name))
        return false;
    treaty_share_drop(&b->share, s->name.data);
    treaty_share_drop(&b->share, s);
    return true;
}

bool treaty_builder_remove_version(struct treaty_builder *b,
                                   struct treaty_str subject, int32_t version)
{
    const struct treaty_version *v =
        treaty_catalog_find_version(&b->work, subject, version);
    struct treaty_subject *s;

    if (!v)
        return true;
    s = own_subject(b, subject);
    if (!s || !treaty_sorted_remove(&b->share, &s->versions,
                                    treaty_order_version, &version))
        return false;
    count(b, s, v, -1);
    if (!remove_use(b, v) || (!s->versions.root && !remove_subject(b, s)))
        return false;
    treaty_share_drop(&b->share, v);
    return true;
}

/* A GUID's first bytes beside the entry: most comparisons end there. */
struct guid_row {
    uint64_t prefix;
    const struct treaty_entry *entry;
};

static int order_rows(const void *a, const void *b)
{
    const struct guid_row *x = a;
    const struct guid_row *y = b;
    struct treaty_guid_key key = {x->entry->guid, x->entry->id};

    if (x->prefix != y->prefix)
        return x->prefix < y->prefix ? -1 : 1;
    return treaty_order_guid(&key, y->entry);
}

static struct guid_row row_of(const struct treaty_entry *entry)
{
    struct guid_row row = {.entry = entry};

    for (size_t i = 0; i < sizeof(row.prefix); i++)
        row.prefix = row.prefix << 8 | entry->guid[i];
    return row;
}

enum treaty_code treaty_builder_finish_load(struct treaty_builder *b)
{
    size_t n = b->work.schema_count;
    struct guid_row *rows = malloc((n + 1) * sizeof(*rows));
    const void **items = malloc((n + 1) * sizeof(*items));
    int64_t id = treaty_radix_next(&b->work.entries, 0);
    bool ok = rows && items;

    for (size_t i = 0; ok && i < n; i++) {
        rows[i] = row_of(treaty_radix_get(&b->work.entries, (uint32_t)id));
        id = treaty_radix_next(&b->work.entries, (uint32_t)id + 1);
    }
    if (ok) {
        qsort(rows, n, sizeof(*rows), order_rows);
        for (size_t i = 0; i < n; i++)
            items[i] = rows[i].entry;
        ok = treaty_sorted_build(&b->share, &b->work.guids, items, n);
    }
    free(rows);
    free(items);
    b->loading = false;
    return ok ? TREATY_OK : TREATY_ENOMEM;
}

static void clear_subjects(struct treaty_builder *b)
{
    struct treaty_sorted_cursor c =
        treaty_sorted_from(&b->work.subjects, NULL, NULL);
    const struct treaty_subject *s = treaty_sorted_next(&c);

    for (; s; s = treaty_sorted_next(&c)) {
        struct treaty_sorted_cursor of =
            treaty_sorted_from(&s->versions, NULL, NULL);
        const struct treaty_version *v = treaty_sorted_next(&of);
        struct treaty_sorted versions = s->versions;

        for (; v; v = treaty_sorted_next(&of))
            treaty_share_drop(&b->share, v);
        treaty_sorted_clear(&b->share, &versions);
        treaty_share_drop(&b->share, s->name.data);
        treaty_share_drop(&b->share, s);
    }
    treaty_sorted_clear(&b->share, &b->work.subjects);
}

static void clear_entries(struct treaty_builder *b)
{
    int64_t id = treaty_radix_next(&b->work.entries, 0);

    for (; id >= 0 && id <= INT32_MAX;
         id = treaty_radix_next(&b->work.entries, (uint32_t)id + 1)) {
        struct treaty_sorted uses =
            treaty_catalog_uses_of(&b->work, (int32_t)id);

        treaty_sorted_clear(&b->share, &uses);
        treaty_share_drop(&b->share,
                          treaty_radix_get(&b->work.entries, (uint32_t)id));
    }
    treaty_radix_clear(&b->share, &b->work.entries);
    treaty_radix_clear(&b->share, &b->work.uses);
}

/* A set that owns its items. */
static void clear_set(struct treaty_builder *b, struct treaty_sorted *set)
{
    struct treaty_sorted_cursor c = treaty_sorted_from(set, NULL, NULL);
    const void *item = treaty_sorted_next(&c);

    for (; item; item = treaty_sorted_next(&c))
        treaty_share_drop(&b->share, item);
    treaty_sorted_clear(&b->share, set);
}

void treaty_builder_clear(struct treaty_builder *b)
{
    clear_subjects(b);
    clear_set(b, &b->work.edges);
    clear_set(b, &b->work.configs);
    clear_set(b, &b->work.modes);
    treaty_sorted_clear(&b->share, &b->work.guids);
    clear_entries(b);
    treaty_share_drop(&b->share, b->work.global_config);
    treaty_share_drop(&b->share, b->work.global_mode);
    treaty_share_drop(&b->share, b->work.default_level);
    b->work = (struct treaty_catalog){0};
}
