/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/prepare.h"

#include "base/error.h"
#include "base/json.h"
#include "base/map.h"
#include "base/str.h"
#include "format/schema.h"

#define REFERENCE_MAX 1000
#define REFERENCE_NAME_MAX 8192 /* bytes; as long as a URL */

/* A schema that is referred to, directly or not. */
struct target {
    struct treaty_reference reference;
    const struct treaty_entry *entry;
    struct target *next;
};

/*
 * The transitive closure of a reference list, by subject and version, in the
 * order of dependency. Of two that carry the same name, the first wins.
 */
struct closure {
    const struct treaty_prepare *p;
    bool live_only;
    struct treaty_map names;
    struct target *first;
    struct target **end;
    size_t count;
    size_t max;
    struct treaty_error *err;
};

static enum treaty_code find_target(struct closure *c,
                                    struct treaty_reference *reference,
                                    bool live_only,
                                    const struct treaty_entry **ret)
{
    const struct treaty_version *version;
    enum treaty_deleted deleted = live_only ? TREATY_LIVE : TREATY_WITH_DELETED;

    if (treaty_subject_parse(reference->subject, &reference->subject, NULL) !=
            TREATY_OK ||
        treaty_catalog_version(c->p->catalog, reference->subject,
                               reference->version, deleted, &version,
                               NULL) != TREATY_OK)
        return treaty_fail(c->err, TREATY_ESCHEMA, TREATY_NO_OFFSET,
                           "reference '%.*s' cannot be resolved: no version "
                           "%d of subject '%.*s'",
                           TREATY_STR_ARG(reference->name), reference->version,
                           TREATY_STR_ARG(reference->subject));
    reference->version = version->version;
    *ret = version->entry;
    return TREATY_OK;
}

static enum treaty_code close_over(struct closure *c,
                                   const struct treaty_reference *references,
                                   size_t count);

/* Take in one target: what it refers to comes before it. */
static enum treaty_code add_target(struct closure *c,
                                   struct treaty_reference reference,
                                   const struct treaty_entry *entry)
{
    struct target *t;
    enum treaty_code code;

    if (treaty_map_find(&c->names, reference.name))
        return TREATY_OK;
    if (c->names.live >= c->max)
        return treaty_fail(c->err, TREATY_ELIMIT, TREATY_NO_OFFSET,
                           "more than %zu references", c->max);
    t = TREATY_ARENA_NEW(c->p->arena, struct target);
    if (!t || treaty_map_put(&c->names, reference.name, t) != TREATY_OK)
        return treaty_fail_nomem(c->err);
    code = close_over(c, entry->references, entry->reference_count);
    if (code != TREATY_OK)
        return code;
    *t = (struct target){.reference = reference, .entry = entry};
    *c->end = t;
    c->end = &t->next;
    c->count++;
    return TREATY_OK;
}

/* The references of something stored: deleted targets still serve. */
static enum treaty_code close_over(struct closure *c,
                                   const struct treaty_reference *references,
                                   size_t count)
{
    enum treaty_code code = TREATY_OK;

    for (size_t i = 0; code == TREATY_OK && i < count; i++) {
        struct treaty_reference reference = references[i];
        const struct treaty_entry *entry = NULL;

        code = find_target(c, &reference, false, &entry);
        if (code == TREATY_OK)
            code = add_target(c, reference, entry);
    }
    return code;
}

static void closure_init(struct closure *c, const struct treaty_prepare *p,
                         struct treaty_error *err)
{
    *c = (struct closure){.p = p, .end = &c->first, .err = err};
    c->max =
        p->options->reference_max ? p->options->reference_max : REFERENCE_MAX;
    treaty_map_init(&c->names, p->arena);
}

static enum treaty_code resolve_one(struct closure *c,
                                    struct treaty_reference *reference)
{
    const struct treaty_entry *entry = NULL;
    enum treaty_code code;

    if (reference->name.len > REFERENCE_NAME_MAX)
        return treaty_fail(c->err, TREATY_ELIMIT, TREATY_NO_OFFSET,
                           "the name of a reference exceeds %d bytes",
                           REFERENCE_NAME_MAX);
    code = find_target(c, reference, c->live_only, &entry);
    if (code != TREATY_OK)
        return code;
    return add_target(c, *reference, entry);
}

/* Resolve what was sent; `ret` gets the references with their versions. */
static enum treaty_code resolve_sent(struct closure *c,
                                     const struct treaty_task_schema *sent,
                                     struct treaty_reference **ret)
{
    struct treaty_reference *references;
    enum treaty_code code = TREATY_OK;

    if (sent->reference_count > c->max)
        return treaty_fail(c->err, TREATY_ELIMIT, TREATY_NO_OFFSET,
                           "more than %zu references", c->max);
    references = TREATY_ARENA_NEW_N(c->p->arena, struct treaty_reference,
                                    sent->reference_count + 1);
    if (!references)
        return treaty_fail_nomem(c->err);
    for (size_t i = 0; code == TREATY_OK && i < sent->reference_count; i++) {
        references[i] = sent->references[i];
        code = resolve_one(c, &references[i]);
    }
    *ret = references;
    return code;
}

static enum treaty_code make_imports(const struct closure *c,
                                     struct treaty_import **ret)
{
    struct treaty_import *imports =
        TREATY_ARENA_NEW_N(c->p->arena, struct treaty_import, c->count + 1);
    size_t n = 0;

    if (!imports)
        return treaty_fail_nomem(c->err);
    for (const struct target *t = c->first; t; t = t->next) {
        imports[n].reference = t->reference;
        imports[n].text = treaty_entry_text(t->entry, c->p->arena);
        if (!imports[n].text.data)
            return treaty_fail_nomem(c->err);
        n++;
    }
    *ret = imports;
    return TREATY_OK;
}

static void put_number(struct treaty_buf *out, int64_t number)
{
    treaty_buf_put_i64(out, number);
    treaty_buf_put_c(out, '\0');
}

static void put_text(struct treaty_buf *out, struct treaty_str s)
{
    put_number(out, (int64_t)s.len);
    treaty_buf_put(out, s);
}

/*
 * The cache's key of a sent schema: everything that parsing it looks at. The
 * ids of the closure stand for its texts, since an id never changes meaning.
 */
static void put_key(struct treaty_buf *out,
                    const struct treaty_task_schema *sent,
                    const struct treaty_format *format, const struct closure *c)
{
    treaty_buf_put_c(out, sent->normalize ? 'N' : 'T');
    treaty_buf_put_c(out, c->live_only ? 'r' : 'f');
    put_text(out, treaty_str_z(format->name));
    put_number(out, (int64_t)sent->reference_count);
    for (size_t i = 0; i < sent->reference_count; i++) {
        put_text(out, sent->references[i].name);
        put_text(out, sent->references[i].subject);
        put_number(out, sent->references[i].version);
    }
    put_number(out, (int64_t)c->count);
    for (const struct target *t = c->first; t; t = t->next) {
        put_text(out, t->reference.name);
        put_number(out, t->entry->id);
    }
    treaty_buf_put(out, sent->text);
}

/* `text` decides ids: keep it as JSON, and the GUID over it. */
static enum treaty_code keep_text(struct treaty_parsed *parsed,
                                  struct treaty_str text,
                                  struct treaty_error *err)
{
    const struct treaty_schema *schema = parsed->schema;
    enum treaty_code code = treaty_schema_guid(
        text, schema->references, schema->reference_count, parsed->guid);

    if (code != TREATY_OK)
        return treaty_fail(err, code, TREATY_NO_OFFSET, "%s",
                           treaty_code_text(code));
    treaty_json_quote(&parsed->text_json, text);
    return treaty_buf_status(&parsed->text_json, err);
}

/* A text that grows past the limit when normalised could not be loaded. */
static enum treaty_code finish(struct treaty_parsed *parsed, bool normalize,
                               size_t text_max, struct treaty_error *err)
{
    const struct treaty_schema *schema = parsed->schema;
    struct treaty_buf normalized;
    enum treaty_code code;

    if (!normalize)
        return keep_text(parsed, schema->canonical, err);
    treaty_buf_init(&normalized, text_max);
    code = schema->format->normalize(schema, &normalized, err);
    if (code == TREATY_OK)
        code = treaty_buf_status(&normalized, err);
    if (code == TREATY_OK)
        code = keep_text(parsed, treaty_buf_str(&normalized), err);
    treaty_buf_release(&normalized);
    return code;
}

/*
 * Whatever is wrong with the text of a schema, the schema is invalid; a text
 * beyond a limit is too large. The message keeps saying how.
 */
static enum treaty_code blame_schema(enum treaty_code code,
                                     struct treaty_error *err)
{
    static const struct {
        enum treaty_code from;
        enum treaty_code to;
    } rows[] = {
        {TREATY_EJSON, TREATY_ESCHEMA},
        {TREATY_EUTF8, TREATY_ESCHEMA},
        {TREATY_EDEPTH, TREATY_ELIMIT},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (code == rows[i].from) {
            code = rows[i].to;
            break;
        }
    }
    if (err)
        err->code = code;
    return code;
}

static enum treaty_code parse(const struct closure *c,
                              const struct treaty_format *format,
                              struct treaty_source *source, bool normalize,
                              struct treaty_parsed **ret)
{
    struct treaty_import *imports = NULL;
    struct treaty_schema *schema;
    struct treaty_parsed *parsed;
    enum treaty_code code = make_imports(c, &imports);

    source->imports = imports;
    source->import_count = c->count;
    source->limits = c->p->options->limits;
    if (code == TREATY_OK)
        code = treaty_schema_parse(format, source, &schema, c->err);
    if (code != TREATY_OK)
        return blame_schema(code, c->err);
    parsed = treaty_parsed_new(schema);
    if (!parsed)
        return treaty_fail_nomem(c->err);
    code = finish(parsed, normalize,
                  treaty_limits_fill(source->limits).text_max, c->err);
    if (code == TREATY_OK)
        *ret = parsed;
    else
        treaty_parsed_unref(parsed);
    return code;
}

static const struct treaty_format *find_format(struct treaty_str type,
                                               struct treaty_error *err)
{
    const struct treaty_format *format = treaty_format_find(type);

    if (!format)
        (void)treaty_fail(err, TREATY_ESCHEMA, TREATY_NO_OFFSET,
                          "unknown schema type '%.*s'", TREATY_STR_ARG(type));
    return format;
}

/* From the cache, or parsed and put there. */
static enum treaty_code get_sent(const struct closure *c,
                                 const struct treaty_task_schema *sent,
                                 const struct treaty_format *format,
                                 struct treaty_parsed **ret)
{
    struct treaty_source source = {
        .text = sent->text,
        .references = sent->references,
        .reference_count = sent->reference_count,
        .strictness = c->live_only ? TREATY_NEW : TREATY_STORED,
    };
    enum treaty_code code;
    struct treaty_buf key;

    if (c->live_only && c->p->options->strict)
        source.strictness = TREATY_STRICT;
    treaty_buf_init(&key, 0);
    put_key(&key, sent, format, c);
    code = treaty_buf_status(&key, c->err);
    if (code != TREATY_OK)
        goto out;
    *ret = treaty_cache_get(c->p->cache, treaty_buf_str(&key));
    if (*ret)
        goto out;
    code = TREATY_EBUSY;
    if (c->p->cached_only)
        goto out;
    code = parse(c, format, &source, sent->normalize, ret);
    if (code == TREATY_OK)
        treaty_cache_put(c->p->cache, treaty_buf_str(&key), *ret);

out:
    treaty_buf_release(&key);
    return code;
}

enum treaty_code treaty_prepare_sent(const struct treaty_prepare *p,
                                     const struct treaty_task_schema *sent,
                                     enum treaty_purpose purpose,
                                     struct treaty_prepared *ret,
                                     struct treaty_error *err)
{
    const struct treaty_format *format = find_format(sent->type, err);
    struct treaty_task_schema resolved = *sent;
    struct treaty_reference *references = NULL;
    struct treaty_parsed *parsed;
    enum treaty_code code;
    struct closure c;

    if (!format)
        return TREATY_ESCHEMA;
    closure_init(&c, p, err);
    c.live_only = purpose == TREATY_TO_REGISTER;
    code = resolve_sent(&c, sent, &references);
    if (code != TREATY_OK)
        return code;
    resolved.references = references;
    code = get_sent(&c, &resolved, format, &parsed);
    if (code != TREATY_OK)
        return code;
    *ret = (struct treaty_prepared){
        .parsed = parsed,
        .content =
            {
                .format = format,
                .text_json = treaty_buf_str(&parsed->text_json),
                .references = references,
                .reference_count = sent->reference_count,
            },
    };
    memcpy(ret->content.guid, parsed->guid, sizeof(parsed->guid));
    return TREATY_OK;
}

const struct treaty_entry *
treaty_prepare_verbatim(const struct treaty_prepare *p,
                        const struct treaty_task_schema *sent)
{
    struct treaty_content content = {
        .format = treaty_format_find(sent->type),
        .reference_count = sent->reference_count,
    };
    const struct treaty_entry *entry = NULL;
    struct treaty_reference *references = NULL;
    struct treaty_buf text_json;
    struct closure c;

    closure_init(&c, p, NULL);
    if (sent->normalize || !content.format ||
        resolve_sent(&c, sent, &references) != TREATY_OK ||
        treaty_schema_guid(sent->text, references, sent->reference_count,
                           content.guid) != TREATY_OK)
        return NULL;
    treaty_buf_init(&text_json, 0);
    treaty_json_quote(&text_json, sent->text);
    content.text_json = treaty_buf_str(&text_json);
    content.references = references;
    if (treaty_buf_status(&text_json, NULL) == TREATY_OK)
        entry = treaty_catalog_by_content(p->catalog, &content);
    treaty_buf_release(&text_json);
    return entry;
}

static enum treaty_code parse_stored(const struct treaty_prepare *p,
                                     const struct treaty_entry *entry,
                                     struct treaty_parsed **ret,
                                     struct treaty_error *err)
{
    struct treaty_source source = {
        .text = treaty_entry_text(entry, p->arena),
        .references = entry->references,
        .reference_count = entry->reference_count,
        .strictness = TREATY_STORED,
    };
    enum treaty_code code;
    struct closure c;

    if (!source.text.data)
        return treaty_fail_nomem(err);
    closure_init(&c, p, err);
    code = close_over(&c, entry->references, entry->reference_count);
    if (code != TREATY_OK)
        return code;
    return parse(&c, entry->format, &source, false, ret);
}

enum treaty_code treaty_prepare_stored(const struct treaty_prepare *p,
                                       const struct treaty_entry *entry,
                                       struct treaty_parsed **ret,
                                       struct treaty_error *err)
{
    char bytes[1 + sizeof(entry->id)] = "S";
    struct treaty_str key = {bytes, sizeof(bytes)};
    enum treaty_code code;

    if (!entry->format)
        return treaty_fail(err, TREATY_ESCHEMA, TREATY_NO_OFFSET,
                           "schema %d is of type '%.*s', which this registry "
                           "does not know",
                           entry->id, TREATY_STR_ARG(entry->type));
    memcpy(bytes + 1, &entry->id, sizeof(entry->id));
    *ret = treaty_cache_get(p->cache, key);
    if (*ret)
        return TREATY_OK;
    if (p->cached_only)
        return TREATY_EBUSY;
    code = parse_stored(p, entry, ret, err);
    if (code == TREATY_OK)
        treaty_cache_put(p->cache, key, *ret);
    return code;
}
