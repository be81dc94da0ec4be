/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_REGISTRY_STATE_H
#define TREATY_SRC_REGISTRY_STATE_H

/*
 * What a catalog is made of. All of it lives in share.h's objects.
 *
 *     entries   id -> treaty_entry                  one object each
 *     uses      id -> sorted set of treaty_version  by subject, version
 *     guids     treaty_entry, by guid, id           content to entry
 *     subjects  treaty_subject, by name             -> its versions
 *     edges     treaty_edge, by target, id          who refers to a version
 *     configs, modes                                treaty_setting, by scope
 *
 * 1. An entry is there exactly as long as it has a use.
 * 2. A subject is there exactly as long as it has a version, deleted or not.
 * 3. A version is in its subject's set and in its entry's uses.
 */
#include "registry/catalog.h"
#include "registry/radix.h"
#include "registry/sorted.h"

struct treaty_subject {
    struct treaty_str name; /* an object of its own: versions point to it */
    struct treaty_sorted versions; /* treaty_version, by number */
    uint32_t live;
    uint32_t referring; /* versions whose schema has references */
};

/* Schema `entry` refers to this version. */
struct treaty_edge {
    struct treaty_str subject;
    int32_t version;
    const struct treaty_entry *entry;
};

/* A configuration or a mode. `.value` is the level or the mode. */
struct treaty_setting {
    struct treaty_str scope; /* .data NULL: global */
    struct treaty_str value; /* .data NULL: none */
    struct treaty_str extra; /* `,"alias":...`: members we only carry along */
    enum treaty_tristate normalize;
};

struct treaty_catalog {
    struct treaty_radix entries;
    struct treaty_radix uses; /* values are roots of sorted sets */
    struct treaty_sorted guids;
    struct treaty_sorted subjects;
    struct treaty_sorted edges;
    struct treaty_sorted configs;
    struct treaty_sorted modes;
    const struct treaty_setting *global_config; /* or NULL */
    const struct treaty_setting *global_mode;   /* or NULL */
    const struct treaty_setting *default_level; /* or NULL: BACKWARD */
    size_t schema_count;
    size_t live_subjects;
    int32_t id_max;
};

/* Orders of the sets; each takes the key type that its comment names. */
int treaty_order_guid(const void *key, const void *item);    /* guid_key */
int treaty_order_subject(const void *key, const void *item); /* treaty_str */
int treaty_order_version(const void *key, const void *item); /* int32_t */
int treaty_order_use(const void *key, const void *item);     /* use_key */
int treaty_order_edge(const void *key, const void *item);    /* edge_key */
int treaty_order_setting(const void *key, const void *item); /* treaty_str */

struct treaty_guid_key {
    const uint8_t *guid;
    int32_t id;
};

struct treaty_use_key {
    struct treaty_str subject;
    int32_t version;
};

struct treaty_edge_key {
    struct treaty_str subject;
    int32_t version;
    int32_t id;
};

const struct treaty_subject *
treaty_catalog_find_subject(const struct treaty_catalog *catalog,
                            struct treaty_str name);
/* Any version, deleted or not, or NULL. */
const struct treaty_version *
treaty_catalog_find_version(const struct treaty_catalog *catalog,
                            struct treaty_str subject, int32_t version);
/* The newest one that is not deleted, or NULL. */
const struct treaty_version *
treaty_subject_latest(const struct treaty_subject *subject);
/* The highest number in use, deleted ones included, or 0. */
int32_t treaty_subject_highest(const struct treaty_subject *subject);

struct treaty_sorted treaty_catalog_uses_of(const struct treaty_catalog *c,
                                            int32_t id);

/* The text of a level or a mode as it takes effect. */
struct treaty_str treaty_catalog_level(const struct treaty_catalog *catalog,
                                       struct treaty_str subject);
bool treaty_catalog_normalizes(const struct treaty_catalog *catalog,
                               struct treaty_str subject);
const struct treaty_setting *
treaty_catalog_own_config(const struct treaty_catalog *catalog,
                          struct treaty_str scope);
const struct treaty_setting *
treaty_catalog_own_mode(const struct treaty_catalog *catalog,
                        struct treaty_str scope);

/*
 * What decides whether two schemas are the same: kind, canonical text (as a
 * JSON string), references. The GUID only says where to look.
 */
struct treaty_content {
    const struct treaty_format *format;
    struct treaty_str text_json;
    const struct treaty_reference *references;
    size_t reference_count;
    uint8_t guid[16];
};

/* The entry with this content, or NULL. */
const struct treaty_entry *
treaty_catalog_by_content(const struct treaty_catalog *catalog,
                          const struct treaty_content *content);

/* The newest use of `id` in `subject`, live ones first; NULL for none. */
const struct treaty_version *
treaty_catalog_use_in(const struct treaty_catalog *catalog, int32_t id,
                      struct treaty_str subject, bool deleted);

/* Does a schema in use refer to this version? `except`: uses in this subject
 * do not count; .data NULL: all do. */
bool treaty_catalog_is_referenced(const struct treaty_catalog *catalog,
                                  const struct treaty_version *version,
                                  enum treaty_deleted deleted,
                                  struct treaty_str except);

#endif
