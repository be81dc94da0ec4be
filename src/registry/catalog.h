/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_REGISTRY_CATALOG_H
#define TREATY_SRC_REGISTRY_CATALOG_H

/*
 * The catalog: everything a registry knows, at one moment. It never changes;
 * a write makes another one, which shares nearly all of its parts.
 *
 *     id 7 ----> entry (guid, text, references)
 *                  ^                ^
 *     subject "orders-value": v1 (deleted), v2     "payments-value": v1
 *
 * An entry is a schema, known by its id. A version is its use in a subject.
 * One catalog is pinned for the length of one callback (registry.h); every
 * view and pointer that these functions give lives until it is unpinned. They
 * take no lock and wait for nobody; lists are made on the caller's arena.
 */
#include "format/format.h"

struct treaty_catalog;

/*
 * A schema. `reply` is the larger part of what `GET /schemas/ids/{id}`
 * answers, ready to be copied between braces:
 *
 *     "guid":"...","schemaType":"AVRO","schema":"...","references":[...]
 *
 * The parts of it are there one by one for other orders; `references_json` is
 * empty when there are none (the member is then left out).
 */
struct treaty_entry {
    int32_t id;
    uint32_t reference_count;
    const struct treaty_format *format; /* NULL: of a kind unknown to us */
    struct treaty_str type;             /* "AVRO" */
    uint8_t guid[16];
    struct treaty_str reply;
    struct treaty_str guid_text;       /* 36 characters, without quotes */
    struct treaty_str text_json;       /* canonical text, as a JSON string */
    struct treaty_str references_json; /* `[{"name":...}]`, or empty */
    struct treaty_str extra; /* `,"metadata":...` as stored, or empty */
    const struct treaty_reference *references;
};

/* A use of an entry: what SCHEMA records say. */
struct treaty_version {
    struct treaty_str subject;
    int32_t version;
    bool deleted; /* softly */
    int64_t ts_ms;
    const struct treaty_entry *entry;
    /* The text as it was submitted, a JSON string; .data NULL: it was the
     * canonical one, or nobody kept it. */
    struct treaty_str original_json;
};

/* Which of the soft-deleted ones a question is about. */
enum treaty_deleted {
    TREATY_LIVE,         /* those that are not deleted */
    TREATY_WITH_DELETED, /* all */
    TREATY_ONLY_DELETED,
};

/* A window of a list, as the parameters `offset` and `limit` give it. */
struct treaty_page {
    int64_t offset; /* below 0 counts as 0 */
    int64_t limit;  /* 0 and below: no limit */
};

/* `latest`, and the path segment -1. */
#define TREATY_VERSION_LATEST ((int32_t)-1)

/*
 * The version in a path or body: 1 to 2^31-1, `latest` in any case, or -1.
 * False otherwise (TREATY_EVERSION to the caller of the API).
 */
bool treaty_version_parse(struct treaty_str text, int32_t *ret);

/*
 * Check a subject's name (confluent.md 3.1) and take off the prefix `:.:` of
 * the default context. TREATY_ESUBJECT for `__GLOBAL`, `__EMPTY`, control
 * characters, broken UTF-8, and for other contexts, which are not kept yet.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_subject_parse(struct treaty_str text, struct treaty_str *ret,
                     struct treaty_error *err);

/* The schema with this id, soft-deleted or not, or NULL. A few loads. */
const struct treaty_entry *
treaty_catalog_by_id(const struct treaty_catalog *catalog, int64_t id);

/* The schema with this GUID, the lowest id when texts collide, or NULL. */
const struct treaty_entry *
treaty_catalog_by_guid(const struct treaty_catalog *catalog,
                       const uint8_t guid[16]);

/* The canonical text itself, of `entry->text_json`; NULL data: no memory. */
struct treaty_str treaty_entry_text(const struct treaty_entry *entry,
                                    struct treaty_arena *arena);

struct treaty_subject_list {
    const struct treaty_str *items; /* sorted by bytes */
    size_t count;
};

struct treaty_version_list {
    const struct treaty_version *const *items;
    size_t count;
};

struct treaty_id_list {
    const int32_t *items; /* ascending */
    size_t count;
};

/*
 * Names that begin with `prefix`, which may be `:*:` (all). A prefix in
 * another context than the default one finds nothing. TREATY_ENOMEM.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_catalog_subjects(const struct treaty_catalog *catalog,
                        struct treaty_str prefix, enum treaty_deleted deleted,
                        struct treaty_page page, struct treaty_arena *arena,
                        struct treaty_subject_list *ret);

/* Ascending. TREATY_ENOSUBJECT when there is none at all, TREATY_ENOMEM. */
TREATY_MUST_CHECK enum treaty_code treaty_catalog_versions(
    const struct treaty_catalog *catalog, struct treaty_str subject,
    enum treaty_deleted deleted, struct treaty_arena *arena,
    struct treaty_version_list *ret, struct treaty_error *err);

/*
 * One version by number or TREATY_VERSION_LATEST, which is never a deleted
 * one. `deleted` TREATY_LIVE or TREATY_WITH_DELETED. TREATY_ENOSUBJECT when
 * the subject has no version to look among, TREATY_ENOVERSION.
 */
TREATY_MUST_CHECK enum treaty_code treaty_catalog_version(
    const struct treaty_catalog *catalog, struct treaty_str subject,
    int32_t version, enum treaty_deleted deleted,
    const struct treaty_version **ret, struct treaty_error *err);

/* Where an id is used, by subject and then version. TREATY_ENOSCHEMA when the
 * id is unknown, TREATY_ENOMEM. An id with none of the asked kind: no items. */
TREATY_MUST_CHECK enum treaty_code
treaty_catalog_uses(const struct treaty_catalog *catalog, int64_t id,
                    enum treaty_deleted deleted, struct treaty_arena *arena,
                    struct treaty_version_list *ret, struct treaty_error *err);

/* Ids of schemas that refer to `version`; with TREATY_LIVE only those in live
 * use. TREATY_ENOMEM. */
TREATY_MUST_CHECK enum treaty_code treaty_catalog_referenced_by(
    const struct treaty_catalog *catalog, const struct treaty_version *version,
    enum treaty_deleted deleted, struct treaty_arena *arena,
    struct treaty_id_list *ret);

/* The highest id given so far, 0 for none, and what there is. */
int32_t treaty_catalog_id_max(const struct treaty_catalog *catalog);
size_t treaty_catalog_schema_count(const struct treaty_catalog *catalog);
size_t treaty_catalog_subject_count(const struct treaty_catalog *catalog);

enum treaty_tristate {
    TREATY_UNSET,
    TREATY_FALSE,
    TREATY_TRUE,
};

/* A configuration: of a subject, of all, or as it takes effect. */
struct treaty_config {
    struct treaty_str level; /* "BACKWARD"; .data NULL: unset */
    enum treaty_tristate normalize;
};

/*
 * `scope` is a subject, or .data NULL for the global configuration, which
 * always has a level (the server's default where none is set).
 * TREATY_ENOCONFIG when the subject has none of its own and
 * `default_to_global` is false.
 */
TREATY_MUST_CHECK enum treaty_code
treaty_catalog_config(const struct treaty_catalog *catalog,
                      struct treaty_str scope, bool default_to_global,
                      struct treaty_config *ret, struct treaty_error *err);

/* The same for the mode, "READWRITE" or "READONLY"; TREATY_ENOMODE. */
TREATY_MUST_CHECK enum treaty_code
treaty_catalog_mode(const struct treaty_catalog *catalog,
                    struct treaty_str scope, bool default_to_global,
                    struct treaty_str *ret, struct treaty_error *err);

#endif
