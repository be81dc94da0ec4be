/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_REGISTRY_CACHE_H
#define TREATY_SRC_REGISTRY_CACHE_H

/*
 * Parsed schemas, so that what is asked again and again is parsed once:
 * stored ones by id, submitted ones by their exact text and what it refers
 * to. Bounded by bytes; the least recently used goes first. Any thread may
 * use it; the lock is held for a probe and never while parsing.
 */
#include "format/format.h"

struct treaty_cache;

/* A parsed schema and what makes it comparable; shared by count. */
struct treaty_parsed {
    struct treaty_schema *schema;
    struct treaty_buf text_json; /* canonical or normalised, a JSON string */
    uint8_t guid[16];
    int refs; /* atomic */
};

/* Takes over `schema`, also on failure (NULL). */
struct treaty_parsed *treaty_parsed_new(struct treaty_schema *schema);
void treaty_parsed_unref(struct treaty_parsed *parsed);

/* NULL without memory. */
struct treaty_cache *treaty_cache_new(size_t bytes_max);
void treaty_cache_free(struct treaty_cache *cache);

/* What is kept under these bytes, one more count of it, or NULL. */
struct treaty_parsed *treaty_cache_get(struct treaty_cache *cache,
                                       struct treaty_str key);

/* Keep `parsed`, one more count of it, if there is memory. */
void treaty_cache_put(struct treaty_cache *cache, struct treaty_str key,
                      struct treaty_parsed *parsed);

struct treaty_cache_stats {
    uint64_t hits;
    uint64_t misses;
    uint64_t bytes;
};

void treaty_cache_stats(struct treaty_cache *cache,
                        struct treaty_cache_stats *ret);

#endif
