/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/catalog.h"

#include "base/error.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "registry/state.h"

bool treaty_version_parse(struct treaty_str text, int32_t *ret)
{
    int64_t number;

    if (treaty_str_eq_nocase(text, TREATY_STR("latest"))) {
        *ret = TREATY_VERSION_LATEST;
        return true;
    }
    if (!treaty_str_to_i64(text, &number) || number < -1 || number == 0 ||
        number > INT32_MAX)
        return false;
    *ret = (int32_t)number;
    return true;
}

static bool has_control(struct treaty_str s)
{
    size_t at = 0;

    while (at < s.len) {
        uint32_t c = treaty_utf8_next(s, &at);

        if (c < 0x20 || (c >= 0x7f && c < 0xa0))
            return true;
    }
    return false;
}

/* Take `:.:` off; false when another context is named. */
static bool strip_context(struct treaty_str *name)
{
    if (treaty_str_starts(*name, TREATY_STR(":.:")))
        *name = treaty_str_sub(*name, 3, name->len);
    else if (treaty_str_starts(*name, TREATY_STR(":.")))
        return false;
    return true;
}

enum treaty_code treaty_subject_parse(struct treaty_str text,
                                      struct treaty_str *ret,
                                      struct treaty_error *err)
{
    struct treaty_str name = text.data ? text : TREATY_STR("");

    if (!treaty_utf8_valid(name))
        return treaty_fail(err, TREATY_ESUBJECT, treaty_utf8_check(name),
                           "the subject is not UTF-8");
    if (!strip_context(&name))
        return treaty_fail(err, TREATY_ESUBJECT, TREATY_NO_OFFSET,
                           "subject '%.*s' is in another context; this "
                           "registry has only the default one",
                           TREATY_STR_ARG(text));
    if (treaty_str_eq_z(name, "__GLOBAL") || treaty_str_eq_z(name, "__EMPTY") ||
        has_control(name))
        return treaty_fail(err, TREATY_ESUBJECT, TREATY_NO_OFFSET,
                           "'%.*s' cannot name a subject",
                           TREATY_STR_ARG(name));
    *ret = name;
    return TREATY_OK;
}

const struct treaty_entry *
treaty_catalog_by_id(const struct treaty_catalog *catalog, int64_t id)
{
    if (id < 0 || id > INT32_MAX)
        return NULL;
    return treaty_radix_get(&catalog->entries, (uint32_t)id);
}

/* A cursor at the entries with this GUID. */
static struct treaty_sorted_cursor
entries_from(const struct treaty_catalog *catalog, const uint8_t guid[16])
{
    struct treaty_guid_key key = {guid, 0};

    return treaty_sorted_from(&catalog->guids, treaty_order_guid, &key);
}

static bool has_guid(const struct treaty_entry *entry, const uint8_t guid[16])
{
    return entry && memcmp(entry->guid, guid, sizeof(entry->guid)) == 0;
}

const struct treaty_entry *
treaty_catalog_by_guid(const struct treaty_catalog *catalog,
                       const uint8_t guid[16])
{
    struct treaty_sorted_cursor c = entries_from(catalog, guid);
    const struct treaty_entry *entry = treaty_sorted_next(&c);

    return has_guid(entry, guid) ? entry : NULL;
}

static bool has_references(const struct treaty_entry *entry,
                           const struct treaty_content *content)
{
    if (entry->reference_count != content->reference_count)
        return false;
    for (size_t i = 0; i < content->reference_count; i++) {
        const struct treaty_reference *a = &entry->references[i];
        const struct treaty_reference *b = &content->references[i];

        if (a->version != b->version || !treaty_str_eq(a->name, b->name) ||
            !treaty_str_eq(a->subject, b->subject))
            return false;
    }
    return true;
}

const struct treaty_entry *
treaty_catalog_by_content(const struct treaty_catalog *catalog,
                          const struct treaty_content *content)
{
    struct treaty_sorted_cursor c = entries_from(catalog, content->guid);
    const struct treaty_entry *e = treaty_sorted_next(&c);

    for (; has_guid(e, content->guid); e = treaty_sorted_next(&c)) {
        if (e->format == content->format && e->extra.len == 0 &&
            treaty_str_eq(e->text_json, content->text_json) &&
            has_references(e, content))
            return e;
    }
    return NULL;
}

struct treaty_str treaty_entry_text(const struct treaty_entry *entry,
                                    struct treaty_arena *arena)
{
    static const struct treaty_json_options options = {.size_max = SIZE_MAX};
    const struct treaty_json *node;

    if (treaty_json_parse(arena, entry->text_json, &options, &node, NULL) !=
        TREATY_OK)
        return (struct treaty_str){0};
    return node->text;
}

const struct treaty_subject *
treaty_catalog_find_subject(const struct treaty_catalog *catalog,
                            struct treaty_str name)
{
    return treaty_sorted_find(&catalog->subjects, treaty_order_subject, &name);
}

const struct treaty_version *
treaty_catalog_find_version(const struct treaty_catalog *catalog,
                            struct treaty_str subject, int32_t version)
{
    const struct treaty_subject *s =
        treaty_catalog_find_subject(catalog, subject);

    if (!s)
        return NULL;
    return treaty_sorted_find(&s->versions, treaty_order_version, &version);
}

const struct treaty_version *
treaty_subject_latest(const struct treaty_subject *subject)
{
    const struct treaty_version *latest =
        treaty_sorted_last(&subject->versions);
    const struct treaty_version *v;
    struct treaty_sorted_cursor c;

    if (subject->live == 0 || !latest->deleted)
        return subject->live ? latest : NULL;
    c = treaty_sorted_from(&subject->versions, NULL, NULL);
    for (v = treaty_sorted_next(&c); v; v = treaty_sorted_next(&c)) {
        if (!v->deleted)
            latest = v;
    }
    return latest;
}

int32_t treaty_subject_highest(const struct treaty_subject *subject)
{
    const struct treaty_version *last =
        subject ? treaty_sorted_last(&subject->versions) : NULL;

    return last ? last->version : 0;
}

struct treaty_sorted treaty_catalog_uses_of(const struct treaty_catalog *c,
                                            int32_t id)
{
    return (struct treaty_sorted){treaty_radix_get(&c->uses, (uint32_t)id)};
}

const struct treaty_version *
treaty_catalog_use_in(const struct treaty_catalog *catalog, int32_t id,
                      struct treaty_str subject, bool deleted)
{
    struct treaty_sorted uses = treaty_catalog_uses_of(catalog, id);
    struct treaty_use_key key = {subject, 0};
    struct treaty_sorted_cursor c =
        treaty_sorted_from(&uses, treaty_order_use, &key);
    const struct treaty_version *v = treaty_sorted_next(&c);
    const struct treaty_version *live = NULL;
    const struct treaty_version *gone = NULL;

    for (; v && treaty_str_eq(v->subject, subject);
         v = treaty_sorted_next(&c)) {
        if (v->deleted)
            gone = v;
        else
            live = v;
    }
    return live || !deleted ? live : gone;
}

static bool wanted(const struct treaty_version *v, enum treaty_deleted deleted)
{
    if (deleted == TREATY_WITH_DELETED)
        return true;
    return v->deleted == (deleted == TREATY_ONLY_DELETED);
}

/* Is the entry in a use of that kind, outside subject `except`? */
static bool is_used(const struct treaty_catalog *catalog, int32_t id,
                    enum treaty_deleted deleted, struct treaty_str except)
{
    struct treaty_sorted uses = treaty_catalog_uses_of(catalog, id);
    struct treaty_sorted_cursor c = treaty_sorted_from(&uses, NULL, NULL);
    const struct treaty_version *v = treaty_sorted_next(&c);

    for (; v; v = treaty_sorted_next(&c)) {
        if (wanted(v, deleted) &&
            !(except.data && treaty_str_eq(v->subject, except)))
            return true;
    }
    return false;
}

/* A cursor at the schemas that refer to a version, and its next one. */
static struct treaty_sorted_cursor
edges_from(const struct treaty_catalog *catalog,
           const struct treaty_version *version)
{
    struct treaty_edge_key key = {version->subject, version->version, 0};

    return treaty_sorted_from(&catalog->edges, treaty_order_edge, &key);
}

static const struct treaty_edge *next_edge(struct treaty_sorted_cursor *c,
                                           const struct treaty_version *to)
{
    const struct treaty_edge *edge = treaty_sorted_next(c);

    if (!edge || edge->version != to->version ||
        !treaty_str_eq(edge->subject, to->subject))
        return NULL;
    return edge;
}

bool treaty_catalog_is_referenced(const struct treaty_catalog *catalog,
                                  const struct treaty_version *version,
                                  enum treaty_deleted deleted,
                                  struct treaty_str except)
{
    struct treaty_sorted_cursor c = edges_from(catalog, version);
    const struct treaty_edge *edge = next_edge(&c, version);

    while (edge && !is_used(catalog, edge->entry->id, deleted, except))
        edge = next_edge(&c, version);
    return edge != NULL;
}

static bool subject_wanted(const struct treaty_subject *s,
                           enum treaty_deleted deleted)
{
    if (deleted == TREATY_WITH_DELETED)
        return true;
    return (s->live == 0) == (deleted == TREATY_ONLY_DELETED);
}

/* Does the `n`-th item (from 0) lie in the window? */
static bool in_page(struct treaty_page page, size_t n)
{
    uint64_t from = page.offset > 0 ? (uint64_t)page.offset : 0;

    return n >= from && (page.limit <= 0 || n - from < (uint64_t)page.limit);
}

enum treaty_code treaty_catalog_subjects(const struct treaty_catalog *catalog,
                                         struct treaty_str prefix,
                                         enum treaty_deleted deleted,
                                         struct treaty_page page,
                                         struct treaty_arena *arena,
                                         struct treaty_subject_list *ret)
{
    struct treaty_str from =
        treaty_str_eq_z(prefix, ":*:") ? TREATY_STR("") : prefix;
    struct treaty_sorted_cursor c;
    const struct treaty_subject *s;
    struct treaty_str *items;
    size_t seen = 0;
    size_t n = 0;

    *ret = (struct treaty_subject_list){0};
    if (!strip_context(&from))
        return TREATY_OK;
    items = TREATY_ARENA_NEW_N(arena, struct treaty_str,
                               treaty_sorted_count(&catalog->subjects) + 1);
    if (!items)
        return TREATY_ENOMEM;
    c = treaty_sorted_from(&catalog->subjects, treaty_order_subject, &from);
    for (s = treaty_sorted_next(&c); s && treaty_str_starts(s->name, from);
         s = treaty_sorted_next(&c)) {
        if (subject_wanted(s, deleted) && in_page(page, seen++))
            items[n++] = s->name;
    }
    *ret = (struct treaty_subject_list){items, n};
    return TREATY_OK;
}

/* The wanted ones of a set of versions, on `arena`. */
static enum treaty_code collect(const struct treaty_sorted *set,
                                enum treaty_deleted deleted,
                                struct treaty_arena *arena,
                                struct treaty_version_list *ret)
{
    const struct treaty_version **items = TREATY_ARENA_NEW_N(
        arena, const struct treaty_version *, treaty_sorted_count(set) + 1);
    struct treaty_sorted_cursor c = treaty_sorted_from(set, NULL, NULL);
    const struct treaty_version *v = treaty_sorted_next(&c);
    size_t n = 0;

    if (!items)
        return TREATY_ENOMEM;
    for (; v; v = treaty_sorted_next(&c)) {
        if (wanted(v, deleted))
            items[n++] = v;
    }
    *ret = (struct treaty_version_list){items, n};
    return TREATY_OK;
}

static enum treaty_code no_subject(struct treaty_str subject,
                                   struct treaty_error *err)
{
    return treaty_fail(err, TREATY_ENOSUBJECT, TREATY_NO_OFFSET,
                       "subject '%.*s' not found", TREATY_STR_ARG(subject));
}

enum treaty_code treaty_catalog_versions(const struct treaty_catalog *catalog,
                                         struct treaty_str subject,
                                         enum treaty_deleted deleted,
                                         struct treaty_arena *arena,
                                         struct treaty_version_list *ret,
                                         struct treaty_error *err)
{
    const struct treaty_subject *s =
        treaty_catalog_find_subject(catalog, subject);
    struct treaty_version_list list;

    if (!s)
        return no_subject(subject, err);
    if (collect(&s->versions, deleted, arena, &list) != TREATY_OK)
        return treaty_fail_nomem(err);
    if (list.count == 0)
        return no_subject(subject, err);
    *ret = list;
    return TREATY_OK;
}

enum treaty_code treaty_catalog_version(const struct treaty_catalog *catalog,
                                        struct treaty_str subject,
                                        int32_t version,
                                        enum treaty_deleted deleted,
                                        const struct treaty_version **ret,
                                        struct treaty_error *err)
{
    const struct treaty_subject *s =
        treaty_catalog_find_subject(catalog, subject);
    const struct treaty_version *v;

    if (!s || (s->live == 0 && deleted == TREATY_LIVE))
        return no_subject(subject, err);
    if (version == TREATY_VERSION_LATEST)
        v = treaty_subject_latest(s);
    else
        v = treaty_sorted_find(&s->versions, treaty_order_version, &version);
    if (!v || !wanted(v, deleted)) {
        if (version == TREATY_VERSION_LATEST)
            return treaty_fail(err, TREATY_ENOVERSION, TREATY_NO_OFFSET,
                               "subject '%.*s' has no live version",
                               TREATY_STR_ARG(subject));
        return treaty_fail(err, TREATY_ENOVERSION, TREATY_NO_OFFSET,
                           "version %d of subject '%.*s' not found", version,
                           TREATY_STR_ARG(subject));
    }
    *ret = v;
    return TREATY_OK;
}

enum treaty_code treaty_catalog_uses(const struct treaty_catalog *catalog,
                                     int64_t id, enum treaty_deleted deleted,
                                     struct treaty_arena *arena,
                                     struct treaty_version_list *ret,
                                     struct treaty_error *err)
{
    const struct treaty_entry *entry = treaty_catalog_by_id(catalog, id);
    struct treaty_sorted uses;

    if (!entry)
        return treaty_fail(err, TREATY_ENOSCHEMA, TREATY_NO_OFFSET,
                           "schema %lld not found", (long long)id);
    uses = treaty_catalog_uses_of(catalog, entry->id);
    if (collect(&uses, deleted, arena, ret) != TREATY_OK)
        return treaty_fail_nomem(err);
    return TREATY_OK;
}

enum treaty_code treaty_catalog_referenced_by(
    const struct treaty_catalog *catalog, const struct treaty_version *version,
    enum treaty_deleted deleted, struct treaty_arena *arena,
    struct treaty_id_list *ret)
{
    const struct treaty_edge *edge;
    struct treaty_sorted_cursor c = edges_from(catalog, version);
    int32_t *items;
    size_t n = 0;

    while (next_edge(&c, version))
        n++;
    items = TREATY_ARENA_NEW_N(arena, int32_t, n + 1);
    if (!items)
        return TREATY_ENOMEM;
    n = 0;
    c = edges_from(catalog, version);
    for (edge = next_edge(&c, version); edge; edge = next_edge(&c, version)) {
        if (is_used(catalog, edge->entry->id, deleted, (struct treaty_str){0}))
            items[n++] = edge->entry->id;
    }
    *ret = (struct treaty_id_list){items, n};
    return TREATY_OK;
}

int32_t treaty_catalog_id_max(const struct treaty_catalog *catalog)
{
    return catalog->id_max;
}

size_t treaty_catalog_schema_count(const struct treaty_catalog *catalog)
{
    return catalog->schema_count;
}

size_t treaty_catalog_subject_count(const struct treaty_catalog *catalog)
{
    return catalog->live_subjects;
}
