/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/record.h"

#include "base/base64.h"
#include "base/str.h"

#include <string.h>

#define ORIGINAL "treatyOriginal"

static void put_text_or_null(struct treaty_buf *out, struct treaty_str s)
{
    if (s.data)
        treaty_json_quote(out, s);
    else
        treaty_buf_put_z(out, "null");
}

void treaty_record_schema_key(struct treaty_buf *out, struct treaty_str subject,
                              int32_t version)
{
    treaty_buf_put_z(out, "{\"keytype\":\"SCHEMA\",\"subject\":");
    treaty_json_quote(out, subject);
    treaty_buf_put_z(out, ",\"version\":");
    treaty_buf_put_i64(out, version);
    treaty_buf_put_z(out, ",\"magic\":1}");
}

void treaty_record_subject_key(struct treaty_buf *out, const char *keytype,
                               struct treaty_str subject)
{
    treaty_buf_put_z(out, "{\"keytype\":\"");
    treaty_buf_put_z(out, keytype);
    treaty_buf_put_z(out, "\",\"subject\":");
    put_text_or_null(out, subject);
    treaty_buf_put_z(out, ",\"magic\":0}");
}

void treaty_record_high_id_key(struct treaty_buf *out)
{
    treaty_buf_put_z(out, "{\"keytype\":\"NOOP\",\"magic\":0,"
                          "\"treaty\":\"HIGHID\",\"context\":\".\"}");
}

void treaty_record_default_level_key(struct treaty_buf *out)
{
    treaty_buf_put_z(out, "{\"keytype\":\"NOOP\",\"magic\":0,"
                          "\"treaty\":\"DEFAULT_LEVEL\"}");
}

void treaty_record_references(struct treaty_buf *out,
                              const struct treaty_reference *references,
                              size_t count)
{
    for (size_t i = 0; i < count; i++) {
        treaty_buf_put_z(out, i ? ",{\"name\":" : "[{\"name\":");
        treaty_json_quote(out, references[i].name);
        treaty_buf_put_z(out, ",\"subject\":");
        treaty_json_quote(out, references[i].subject);
        treaty_buf_put_z(out, ",\"version\":");
        treaty_buf_put_i64(out, references[i].version);
        treaty_buf_put_c(out, '}');
    }
    if (count)
        treaty_buf_put_c(out, ']');
}

void treaty_record_schema_value(struct treaty_buf *out,
                                const struct treaty_schema_record *r)
{
    struct treaty_str md5 = {(const char *)r->content.guid,
                             sizeof(r->content.guid)};

    treaty_buf_put_z(out, "{\"subject\":");
    treaty_json_quote(out, r->subject);
    treaty_buf_put_z(out, ",\"version\":");
    treaty_buf_put_i64(out, r->version);
    treaty_buf_put_z(out, ",\"id\":");
    treaty_buf_put_i64(out, r->id);
    treaty_buf_put_z(out, ",\"md5\":\"");
    treaty_base64_put(out, TREATY_BASE64, md5);
    treaty_buf_put_z(out, "\",\"schemaType\":");
    treaty_json_quote(out, r->type);
    if (r->content.reference_count) {
        treaty_buf_put_z(out, ",\"references\":");
        treaty_record_references(out, r->content.references,
                                 r->content.reference_count);
    }
    treaty_buf_put(out, r->extra);
    treaty_buf_put_z(out, ",\"schema\":");
    treaty_buf_put(out, r->content.text_json);
    treaty_buf_put_z(out,
                     r->deleted ? ",\"deleted\":true" : ",\"deleted\":false");
    if (r->original_json.data) {
        treaty_buf_put_z(out, ",\"" ORIGINAL "\":");
        treaty_buf_put(out, r->original_json);
    }
    treaty_buf_put_c(out, '}');
}

struct treaty_str treaty_record_original(const struct treaty_json *value,
                                         struct treaty_str raw)
{
    const struct treaty_json *node = treaty_json_get(value, ORIGINAL);

    if (!node || node->kind != TREATY_JSON_STRING)
        return (struct treaty_str){0};
    return treaty_str_sub(raw, node->pos, node->end - node->pos);
}

void treaty_record_config_value(struct treaty_buf *out,
                                const struct treaty_setting *setting)
{
    treaty_buf_put_z(out, "{\"subject\":");
    put_text_or_null(out, setting->scope);
    if (setting->value.data) {
        treaty_buf_put_z(out, ",\"compatibilityLevel\":");
        treaty_json_quote(out, setting->value);
    }
    if (setting->normalize != TREATY_UNSET)
        treaty_buf_put_z(out, setting->normalize == TREATY_TRUE
                                  ? ",\"normalize\":true"
                                  : ",\"normalize\":false");
    treaty_buf_put(out, setting->extra);
    treaty_buf_put_c(out, '}');
}

void treaty_record_mode_value(struct treaty_buf *out, struct treaty_str scope,
                              struct treaty_str mode)
{
    treaty_buf_put_z(out, "{\"subject\":");
    put_text_or_null(out, scope);
    treaty_buf_put_z(out, ",\"mode\":");
    treaty_json_quote(out, mode);
    treaty_buf_put_c(out, '}');
}

/* `,"name":value` for each member that is not among `known`, as spelled. */
static void put_extra(struct treaty_buf *out, const struct treaty_json *object,
                      struct treaty_str raw, const char *const *known)
{
    for (const struct treaty_json *m = object->child; m; m = m->next) {
        const char *const *k = known;

        while (*k && !treaty_str_eq_z(m->name, *k))
            k++;
        if (*k || m->kind == TREATY_JSON_NULL || treaty_json_is_shadowed(m))
            continue;
        treaty_buf_put_c(out, ',');
        treaty_json_quote(out, m->name);
        treaty_buf_put_c(out, ':');
        treaty_buf_put(out, treaty_str_sub(raw, m->pos, m->end - m->pos));
    }
}

static bool read_reference(const struct treaty_json *node,
                           struct treaty_reference *ret)
{
    const struct treaty_json *name = treaty_json_get(node, "name");
    const struct treaty_json *subject = treaty_json_get(node, "subject");
    const struct treaty_json *version = treaty_json_get(node, "version");
    int64_t number;

    if (!name || name->kind != TREATY_JSON_STRING || !subject ||
        subject->kind != TREATY_JSON_STRING || !version ||
        version->kind != TREATY_JSON_NUMBER ||
        !treaty_json_to_i64(version, &number) || number < 0 ||
        number > INT32_MAX)
        return false;
    *ret =
        (struct treaty_reference){name->text, subject->text, (int32_t)number};
    return true;
}

static enum treaty_code read_references(struct treaty_arena *scratch,
                                        const struct treaty_json *list,
                                        struct treaty_reference **ret,
                                        size_t *ret_count)
{
    struct treaty_reference *references;
    size_t n = 0;

    *ret_count = 0;
    if (!list || list->kind == TREATY_JSON_NULL)
        return TREATY_OK;
    if (list->kind != TREATY_JSON_ARRAY)
        return TREATY_EJSON;
    references =
        TREATY_ARENA_NEW_N(scratch, struct treaty_reference, list->count + 1);
    if (!references)
        return TREATY_ENOMEM;
    for (const struct treaty_json *r = list->child; r; r = r->next) {
        if (r->kind != TREATY_JSON_OBJECT || !read_reference(r, &references[n]))
            return TREATY_EJSON;
        n++;
    }
    *ret = references;
    *ret_count = n;
    return TREATY_OK;
}

static struct treaty_str text_of(const struct treaty_json *object,
                                 const char *name)
{
    const struct treaty_json *node = treaty_json_get(object, name);

    if (!node || node->kind != TREATY_JSON_STRING)
        return (struct treaty_str){0};
    return node->text;
}

/* The hash that a record carries, if it is one. */
static bool read_md5(struct treaty_str text, uint8_t ret[16])
{
    struct treaty_buf bytes;
    bool ok;

    treaty_buf_init(&bytes, 32);
    ok = text.data && treaty_base64_get(&bytes, TREATY_BASE64, text) &&
         bytes.len == 16 && treaty_buf_status(&bytes, NULL) == TREATY_OK;
    if (ok)
        memcpy(ret, bytes.data, 16);
    treaty_buf_release(&bytes);
    return ok;
}

/* What read_entry gathers before it knows how large the entry is. */
struct draft {
    struct treaty_reference *references;
    size_t reference_count;
    struct treaty_str type;
    uint8_t guid[16];
    int32_t id;
    struct treaty_str text_json;
    struct treaty_buf quoted;          /* `text_json`, unless lent */
    struct treaty_buf references_json; /* or empty */
    struct treaty_buf extra;           /* or empty */
};

static void draft_init(struct draft *d)
{
    *d = (struct draft){0};
    treaty_buf_init(&d->quoted, 0);
    treaty_buf_init(&d->references_json, 0);
    treaty_buf_init(&d->extra, 0);
}

static void draft_release(struct draft *d)
{
    treaty_buf_release(&d->quoted);
    treaty_buf_release(&d->references_json);
    treaty_buf_release(&d->extra);
}

/* Characters of a text that a JSON string must escape. */
static size_t count_special(struct treaty_str text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];

        count += (size_t)(c == '"') + (size_t)(c == '\\') + (size_t)(c < ' ');
    }
    return count;
}

/*
 * Is this spelling of a text the one that treaty_json_quote would choose? An
 * escape is at least one byte longer than what it stands for, so when the
 * spelling is longer (but for its quotes) by just the number of characters
 * that must be escaped, each of them has its short escape and no other has.
 */
static bool is_own_spelling(struct treaty_str text, struct treaty_str spelled)
{
    return spelled.len == text.len + 2 + count_special(text);
}

static enum treaty_code draft_text(struct draft *d,
                                   const struct treaty_json *schema,
                                   struct treaty_str raw)
{
    struct treaty_str spelled =
        treaty_str_sub(raw, schema->pos, schema->end - schema->pos);

    if (is_own_spelling(schema->text, spelled)) {
        d->text_json = spelled;
        return TREATY_OK;
    }
    treaty_json_quote(&d->quoted, schema->text);
    d->text_json = treaty_buf_str(&d->quoted);
    return treaty_buf_status(&d->quoted, NULL);
}

static enum treaty_code draft_rest(struct draft *d,
                                   const struct treaty_json *value,
                                   struct treaty_str raw)
{
    static const char *const known[] = {
        "subject",    "version", "id",     "md5", "schemaType", "schema",
        "references", "deleted", "offset", "ts",  ORIGINAL,     NULL};
    enum treaty_code code;

    treaty_record_references(&d->references_json, d->references,
                             d->reference_count);
    put_extra(&d->extra, value, raw, known);
    code = treaty_buf_status(&d->references_json, NULL);
    if (code == TREATY_OK)
        code = treaty_buf_status(&d->extra, NULL);
    return code;
}

/* Copy `s` to `*at` and move on. */
static struct treaty_str place(char **at, struct treaty_str s)
{
    struct treaty_str copy = {*at, s.len};

    if (s.len)
        memcpy(*at, s.data, s.len);
    *at += s.len;
    return copy;
}

/* The members around the parts of a reply. */
static const struct treaty_str before_guid = {"\"guid\":\"", 8};
static const struct treaty_str before_type = {"\",\"schemaType\":\"", 16};
static const struct treaty_str before_text = {"\",\"schema\":", 11};
static const struct treaty_str before_references = {",\"references\":", 14};

enum { GUID_TEXT = 36 };

static size_t size_of(const struct draft *d)
{
    size_t size = sizeof(struct treaty_entry) + before_guid.len + GUID_TEXT +
                  before_type.len + d->type.len + before_text.len +
                  d->text_json.len + before_references.len +
                  d->references_json.len + d->extra.len +
                  d->reference_count * sizeof(struct treaty_reference);

    for (size_t i = 0; i < d->reference_count; i++)
        size += d->references[i].name.len + d->references[i].subject.len;
    return size;
}

static void place_reply(struct treaty_entry *e, const struct draft *d,
                        char **at)
{
    char guid[GUID_TEXT + 1];

    treaty_guid_print(d->guid, guid);
    e->reply.data = *at;
    (void)place(at, before_guid);
    e->guid_text = place(at, (struct treaty_str){guid, GUID_TEXT});
    (void)place(at, before_type);
    e->type = place(at, d->type);
    (void)place(at, before_text);
    e->text_json = place(at, d->text_json);
    if (d->reference_count) {
        (void)place(at, before_references);
        e->references_json = place(at, treaty_buf_str(&d->references_json));
    }
    e->reply.len = (size_t)(*at - e->reply.data);
}

/* One object: the entry, its references, and all their bytes. */
static struct treaty_entry *make_entry(struct treaty_share *share,
                                       const struct draft *d)
{
    struct treaty_entry *e = treaty_share_alloc(share, size_of(d));
    struct treaty_reference *list;
    char *at;

    if (!e)
        return NULL;
    list = (struct treaty_reference *)(e + 1);
    at = (char *)(list + d->reference_count);
    *e = (struct treaty_entry){
        .id = d->id,
        .reference_count = (uint32_t)d->reference_count,
        .format = treaty_format_find(d->type),
        .references = list,
    };
    memcpy(e->guid, d->guid, sizeof(e->guid));
    place_reply(e, d, &at);
    e->extra = place(&at, treaty_buf_str(&d->extra));
    for (size_t i = 0; i < d->reference_count; i++) {
        list[i].name = place(&at, d->references[i].name);
        list[i].subject = place(&at, d->references[i].subject);
        list[i].version = d->references[i].version;
    }
    return e;
}

/* A type's name goes into the reply as it is, so it must be a plain word. */
static bool is_word(struct treaty_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.data[i];

        if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') &&
            !(c >= '0' && c <= '9') && c != '_')
            return false;
    }
    return true;
}

static enum treaty_code read_draft(struct treaty_arena *scratch,
                                   const struct treaty_json *value,
                                   struct treaty_str raw, struct draft *d)
{
    const struct treaty_json *schema = treaty_json_get(value, "schema");
    const struct treaty_json *id = treaty_json_get(value, "id");
    enum treaty_code code =
        read_references(scratch, treaty_json_get(value, "references"),
                        &d->references, &d->reference_count);
    int64_t number;

    if (code != TREATY_OK)
        return code;
    d->type = text_of(value, "schemaType");
    if (!d->type.len)
        d->type = TREATY_STR("AVRO");
    if (!schema || schema->kind != TREATY_JSON_STRING || !id ||
        id->kind != TREATY_JSON_NUMBER || !treaty_json_to_i64(id, &number) ||
        !is_word(d->type))
        return TREATY_EJSON;
    d->id = (int32_t)number;
    if (!read_md5(text_of(value, "md5"), d->guid))
        code = treaty_schema_guid(schema->text, d->references,
                                  d->reference_count, d->guid);
    if (code == TREATY_OK)
        code = draft_text(d, schema, raw);
    if (code == TREATY_OK)
        code = draft_rest(d, value, raw);
    return code;
}

enum treaty_code treaty_record_read_entry(struct treaty_share *share,
                                          struct treaty_arena *scratch,
                                          const struct treaty_json *value,
                                          struct treaty_str raw,
                                          struct treaty_entry **ret)
{
    enum treaty_code code;
    struct draft d;

    draft_init(&d);
    code = read_draft(scratch, value, raw, &d);
    if (code == TREATY_OK) {
        *ret = make_entry(share, &d);
        if (!*ret)
            code = TREATY_ENOMEM;
    }
    draft_release(&d);
    return code;
}

static enum treaty_tristate truth_of(const struct treaty_json *object,
                                     const char *name)
{
    const struct treaty_json *node = treaty_json_get(object, name);

    if (!node || node->kind != TREATY_JSON_BOOL)
        return TREATY_UNSET;
    return node->truth ? TREATY_TRUE : TREATY_FALSE;
}

enum treaty_code
treaty_record_read_setting(struct treaty_share *share, struct treaty_str scope,
                           const char *name, const struct treaty_json *value,
                           struct treaty_str raw, struct treaty_setting **ret)
{
    const char *const known[] = {"subject", name, "normalize", NULL};
    struct treaty_str text = text_of(value, name);
    struct treaty_setting *s = NULL;
    struct treaty_buf extra;
    char *at;

    treaty_buf_init(&extra, 0);
    put_extra(&extra, value, raw, known);
    if (treaty_buf_status(&extra, NULL) == TREATY_OK)
        s = treaty_share_alloc(share, sizeof(*s) + scope.len + text.len +
                                          extra.len + 1);
    if (s) {
        at = (char *)(s + 1);
        *s = (struct treaty_setting){.normalize = truth_of(value, "normalize")};
        if (scope.data)
            s->scope = place(&at, scope);
        if (text.data)
            s->value = place(&at, text);
        s->extra = place(&at, treaty_buf_str(&extra));
        *ret = s;
    }
    treaty_buf_release(&extra);
    return s ? TREATY_OK : TREATY_ENOMEM;
}
