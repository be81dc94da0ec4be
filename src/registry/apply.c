/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each kind of record means (confluent.md 4.2). Records come in order of
 * offset; the meaning of one never depends on an earlier record of its own
 * key, since compaction may have taken that away.
 */
#include "base/json.h"
#include "base/str.h"
#include "registry/builder.h"
#include "registry/record.h"

#include <string.h>

/* What is being applied; `value` NULL for a tombstone. */
struct record {
    struct treaty_builder *b;
    const struct treaty_journal_record *raw;
    const struct treaty_json *key;
    const struct treaty_json *value;
    struct treaty_str subject; /* of the key; .data NULL: none */
};

/* TREATY_EJSON from these means "skip it"; only TREATY_ENOMEM ends a batch. */
typedef enum treaty_code (*apply_fn)(const struct record *r);

static enum treaty_code done(bool enough_memory)
{
    return enough_memory ? TREATY_OK : TREATY_ENOMEM;
}

static bool get_i32(const struct treaty_json *object, const char *name,
                    int32_t *ret)
{
    const struct treaty_json *node = treaty_json_get(object, name);
    int64_t number;

    if (!node || node->kind != TREATY_JSON_NUMBER ||
        !treaty_json_to_i64(node, &number) || number < 0 || number > INT32_MAX)
        return false;
    *ret = (int32_t)number;
    return true;
}

static struct treaty_str get_text(const struct treaty_json *object,
                                  const char *name)
{
    const struct treaty_json *node = treaty_json_get(object, name);

    if (!node || node->kind != TREATY_JSON_STRING)
        return (struct treaty_str){0};
    return node->text;
}

static bool get_truth(const struct treaty_json *object, const char *name)
{
    const struct treaty_json *node = treaty_json_get(object, name);

    return node && node->kind == TREATY_JSON_BOOL && node->truth;
}

static enum treaty_code apply_schema_value(const struct record *r,
                                           int32_t version)
{
    struct treaty_version_change change = {
        .subject = r->subject,
        .version = version,
        .deleted = get_truth(r->value, "deleted"),
        .ts_ms = r->raw->ts_ms,
        .original_json = treaty_record_original(r->value, r->raw->value),
    };
    struct treaty_entry *entry = NULL;
    enum treaty_code code;
    int32_t id;

    if (!get_i32(r->value, "id", &id) || id == 0)
        return TREATY_EJSON;
    change.entry = treaty_catalog_by_id(&r->b->work, id);
    if (!change.entry) {
        code = treaty_record_read_entry(&r->b->share, &r->b->scratch, r->value,
                                        r->raw->value, &entry);
        if (code != TREATY_OK)
            return code;
        if (!treaty_builder_add_entry(r->b, entry))
            return TREATY_ENOMEM;
        change.entry = entry;
    }
    if (id > r->b->work.id_max)
        r->b->work.id_max = id;
    return done(treaty_builder_put_version(r->b, &change));
}

static enum treaty_code apply_schema(const struct record *r)
{
    int32_t version;

    if (!r->subject.data || !get_i32(r->key, "version", &version) ||
        version == 0)
        return TREATY_EJSON;
    if (!r->value)
        return done(treaty_builder_remove_version(r->b, r->subject, version));
    return apply_schema_value(r, version);
}

/* The versions up to `last` that `deleted` says, on the scratch. */
static enum treaty_code list_versions(const struct record *r, bool deleted,
                                      int32_t last,
                                      const struct treaty_version ***ret,
                                      size_t *ret_count)
{
    const struct treaty_subject *s =
        treaty_catalog_find_subject(&r->b->work, r->subject);
    struct treaty_sorted_cursor c;
    const struct treaty_version *v;

    *ret_count = 0;
    if (!s)
        return TREATY_OK;
    *ret = treaty_arena_alloc(&r->b->scratch,
                              treaty_sorted_count(&s->versions) *
                                  sizeof(const struct treaty_version *));
    if (!*ret)
        return TREATY_ENOMEM;
    c = treaty_sorted_from(&s->versions, NULL, NULL);
    for (v = treaty_sorted_next(&c); v; v = treaty_sorted_next(&c)) {
        if (v->deleted == deleted && v->version <= last)
            (*ret)[(*ret_count)++] = v;
    }
    return TREATY_OK;
}

static enum treaty_code apply_delete_subject(const struct record *r)
{
    const struct treaty_version **list = NULL;
    enum treaty_code code;
    int32_t last;
    size_t n;

    if (!r->value)
        return TREATY_OK; /* what it deleted stays deleted, by its record */
    if (!r->subject.data || !get_i32(r->value, "version", &last))
        return TREATY_EJSON;
    code = list_versions(r, false, last, &list, &n);
    for (size_t i = 0; code == TREATY_OK && i < n; i++) {
        struct treaty_version_change change = {
            .subject = r->subject,
            .version = list[i]->version,
            .deleted = true,
            .ts_ms = list[i]->ts_ms,
            .entry = list[i]->entry,
            .original_json = list[i]->original_json,
        };

        code = done(treaty_builder_put_version(r->b, &change));
    }
    return code;
}

static enum treaty_code apply_clear_subject(const struct record *r)
{
    const struct treaty_version **list = NULL;
    enum treaty_code code;
    size_t n;

    if (!r->value)
        return TREATY_OK;
    if (!r->subject.data)
        return TREATY_EJSON;
    code = list_versions(r, true, INT32_MAX, &list, &n);
    for (size_t i = 0; code == TREATY_OK && i < n; i++)
        code = done(
            treaty_builder_remove_version(r->b, r->subject, list[i]->version));
    return code;
}

/* Keep `setting` under its scope, or with NULL remove what is there. */
static enum treaty_code put_setting(const struct record *r,
                                    struct treaty_sorted *set,
                                    const struct treaty_setting **global,
                                    const struct treaty_setting *setting)
{
    struct treaty_share *share = &r->b->share;
    const struct treaty_setting *old;
    bool ok;

    if (!r->subject.data) {
        treaty_share_drop(share, *global);
        *global = setting;
        return TREATY_OK;
    }
    old = treaty_sorted_find(set, treaty_order_setting, &r->subject);
    if (setting)
        ok = treaty_sorted_put(share, set, treaty_order_setting,
                               &setting->scope, setting);
    else
        ok =
            treaty_sorted_remove(share, set, treaty_order_setting, &r->subject);
    treaty_share_drop(share, old);
    return done(ok);
}

static enum treaty_code apply_setting(const struct record *r,
                                      const char *value_name,
                                      struct treaty_sorted *set,
                                      const struct treaty_setting **global)
{
    struct treaty_setting *setting = NULL;
    enum treaty_code code = TREATY_OK;

    if (r->value)
        code = treaty_record_read_setting(&r->b->share, r->subject, value_name,
                                          r->value, r->raw->value, &setting);
    if (code != TREATY_OK)
        return code;
    return put_setting(r, set, global, setting);
}

static enum treaty_code apply_config(const struct record *r)
{
    return apply_setting(r, "compatibilityLevel", &r->b->work.configs,
                         &r->b->work.global_config);
}

static enum treaty_code apply_mode(const struct record *r)
{
    return apply_setting(r, "mode", &r->b->work.modes, &r->b->work.global_mode);
}

/* Ours among the NOOPs; Confluent's own has no value and no meaning. */
static enum treaty_code apply_noop(const struct record *r)
{
    struct treaty_str kind = get_text(r->key, "treaty");
    int32_t id;

    if (!kind.data || !r->value)
        return TREATY_OK;
    if (treaty_str_eq_z(kind, "DEFAULT_LEVEL"))
        return apply_setting(r, "compatibilityLevel", NULL,
                             &r->b->work.default_level);
    if (!treaty_str_eq_z(kind, "HIGHID") ||
        !treaty_str_eq_z(get_text(r->key, "context"), ".") ||
        !get_i32(r->value, "id", &id))
        return TREATY_EJSON;
    if (id > r->b->work.id_max)
        r->b->work.id_max = id;
    return TREATY_OK;
}

static const struct {
    const char *keytype;
    apply_fn apply;
} rows[] = {
    {"SCHEMA", apply_schema},
    {"CONFIG", apply_config},
    {"MODE", apply_mode},
    {"DELETE_SUBJECT", apply_delete_subject},
    {"CLEAR_SUBJECT", apply_clear_subject},
    {"NOOP", apply_noop},
};

static enum treaty_code apply_parsed(struct record *r)
{
    struct treaty_str keytype = get_text(r->key, "keytype");

    r->subject = get_text(r->key, "subject");
    if (treaty_str_starts(r->subject, TREATY_STR(":.")))
        return TREATY_EJSON; /* another context, which we do not keep */
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (treaty_str_eq_z(keytype, rows[i].keytype))
            return rows[i].apply(r);
    }
    return TREATY_EJSON;
}

enum treaty_code
treaty_builder_apply(struct treaty_builder *b,
                     const struct treaty_journal_record *record)
{
    static const struct treaty_json_options options = {.size_max = SIZE_MAX};
    struct record r = {.b = b, .raw = record};
    enum treaty_code code =
        treaty_json_parse(&b->scratch, record->key, &options, &r.key, NULL);

    if (code == TREATY_OK && r.key->kind != TREATY_JSON_OBJECT)
        code = TREATY_EJSON;
    if (code == TREATY_OK && record->value.data)
        code = treaty_json_parse(&b->scratch, record->value, &options, &r.value,
                                 NULL);
    if (code == TREATY_OK && r.value && r.value->kind != TREATY_JSON_OBJECT)
        code = TREATY_EJSON;
    if (code == TREATY_OK)
        code = apply_parsed(&r);
    treaty_arena_reset(&b->scratch);
    if (code == TREATY_OK || code == TREATY_ENOMEM)
        return code;
    b->skipped++;
    return TREATY_OK;
}
