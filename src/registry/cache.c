/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/cache.h"

#include "base/str.h"

#include <pthread.h>
#include <stdlib.h>

#define BUCKETS 4096

struct node {
    struct node *chain;
    struct node *newer; /* neighbours in order of use */
    struct node *older;
    struct treaty_parsed *parsed;
    uint64_t hash;
    size_t cost;
    size_t key_len;
    char key[];
};

struct treaty_cache {
    pthread_mutex_t lock;
    struct node *buckets[BUCKETS];
    struct node *newest;
    struct node *oldest;
    size_t bytes_max;
    struct treaty_cache_stats stats;
};

struct treaty_parsed *treaty_parsed_new(struct treaty_schema *schema)
{
    struct treaty_parsed *parsed = calloc(1, sizeof(*parsed));

    if (!parsed) {
        treaty_schema_unref(schema);
        return NULL;
    }
    parsed->schema = schema;
    parsed->refs = 1;
    treaty_buf_init(&parsed->text_json, 0);
    return parsed;
}

static void ref(struct treaty_parsed *parsed)
{
    (void)__atomic_fetch_add(&parsed->refs, 1, __ATOMIC_RELAXED);
}

void treaty_parsed_unref(struct treaty_parsed *parsed)
{
    if (!parsed || __atomic_sub_fetch(&parsed->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    treaty_schema_unref(parsed->schema);
    treaty_buf_release(&parsed->text_json);
    free(parsed);
}

struct treaty_cache *treaty_cache_new(size_t bytes_max)
{
    struct treaty_cache *cache = calloc(1, sizeof(*cache));

    if (!cache)
        return NULL;
    if (pthread_mutex_init(&cache->lock, NULL) != 0) {
        free(cache);
        return NULL;
    }
    cache->bytes_max = bytes_max;
    return cache;
}

static void unlink_node(struct treaty_cache *cache, struct node *n)
{
    if (n->newer)
        n->newer->older = n->older;
    else
        cache->newest = n->older;
    if (n->older)
        n->older->newer = n->newer;
    else
        cache->oldest = n->newer;
}

static void push_newest(struct treaty_cache *cache, struct node *n)
{
    n->newer = NULL;
    n->older = cache->newest;
    if (n->older)
        n->older->newer = n;
    else
        cache->oldest = n;
    cache->newest = n;
}

static struct node **bucket_of(struct treaty_cache *cache, uint64_t hash)
{
    return &cache->buckets[hash % BUCKETS];
}

static struct node *find_node(struct treaty_cache *cache, uint64_t hash,
                              struct treaty_str key)
{
    struct node *n = *bucket_of(cache, hash);

    while (n && !(n->hash == hash &&
                  treaty_str_eq((struct treaty_str){n->key, n->key_len}, key)))
        n = n->chain;
    return n;
}

static void evict_oldest(struct treaty_cache *cache)
{
    struct node *n = cache->oldest;
    struct node **at = bucket_of(cache, n->hash);

    while (*at != n)
        at = &(*at)->chain;
    *at = n->chain;
    cache->oldest = n->newer;
    if (cache->oldest)
        cache->oldest->older = NULL;
    else
        cache->newest = NULL;
    cache->stats.bytes -= n->cost;
    treaty_parsed_unref(n->parsed);
    free(n);
}

void treaty_cache_free(struct treaty_cache *cache)
{
    if (!cache)
        return;
    while (cache->oldest)
        evict_oldest(cache);
    (void)pthread_mutex_destroy(&cache->lock);
    free(cache);
}

static struct treaty_parsed *get_locked(struct treaty_cache *cache,
                                        uint64_t hash, struct treaty_str key)
{
    struct node *n = find_node(cache, hash, key);

    if (!n) {
        cache->stats.misses++;
        return NULL;
    }
    cache->stats.hits++;
    unlink_node(cache, n);
    push_newest(cache, n);
    ref(n->parsed);
    return n->parsed;
}

struct treaty_parsed *treaty_cache_get(struct treaty_cache *cache,
                                       struct treaty_str key)
{
    uint64_t hash = treaty_str_hash(key);
    struct treaty_parsed *parsed;

    (void)pthread_mutex_lock(&cache->lock);
    parsed = get_locked(cache, hash, key);
    (void)pthread_mutex_unlock(&cache->lock);
    return parsed;
}

/* The node stays the caller's when another thread came first. */
static bool put_locked(struct treaty_cache *cache, struct node *n)
{
    struct node **bucket = bucket_of(cache, n->hash);

    if (find_node(cache, n->hash, (struct treaty_str){n->key, n->key_len}))
        return false;
    n->chain = *bucket;
    *bucket = n;
    push_newest(cache, n);
    ref(n->parsed);
    cache->stats.bytes += n->cost;
    while (cache->oldest && cache->stats.bytes > cache->bytes_max)
        evict_oldest(cache);
    return true;
}

void treaty_cache_put(struct treaty_cache *cache, struct treaty_str key,
                      struct treaty_parsed *parsed)
{
    struct node *n = malloc(sizeof(*n) + key.len);
    bool kept;

    if (!n)
        return;
    *n = (struct node){
        .parsed = parsed,
        .hash = treaty_str_hash(key),
        .cost = sizeof(*n) + key.len + sizeof(*parsed) + parsed->text_json.cap +
                parsed->schema->arena.size,
        .key_len = key.len,
    };
    memcpy(n->key, key.data, key.len);
    (void)pthread_mutex_lock(&cache->lock);
    kept = put_locked(cache, n);
    (void)pthread_mutex_unlock(&cache->lock);
    if (!kept)
        free(n);
}

void treaty_cache_stats(struct treaty_cache *cache,
                        struct treaty_cache_stats *ret)
{
    (void)pthread_mutex_lock(&cache->lock);
    *ret = cache->stats;
    (void)pthread_mutex_unlock(&cache->lock);
}
