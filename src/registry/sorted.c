/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/sorted.h"

#include <string.h>

#define LEAF_MAX 128

/* `leaves` 0: a leaf with `count` items in `slots`. Otherwise an index over
 * `leaves` leaves that hold `count` items between them. */
struct treaty_sorted_node {
    uint32_t count;
    uint32_t leaves;
    const void *slots[];
};

static const struct treaty_sorted_node *
leaf_of(const struct treaty_sorted_node *root, uint32_t i)
{
    return root->leaves ? root->slots[i] : root;
}

static uint32_t leaf_count(const struct treaty_sorted_node *root)
{
    return root->leaves ? root->leaves : 1;
}

size_t treaty_sorted_count(const struct treaty_sorted *set)
{
    return set->root ? set->root->count : 0;
}

/* The first place in a leaf whose item is not below `key`. */
static uint32_t seek_item(const struct treaty_sorted_node *leaf,
                          treaty_sorted_cmp cmp, const void *key)
{
    uint32_t low = 0;
    uint32_t high = leaf->count;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;

        if (cmp(key, leaf->slots[mid]) > 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* The leaf where `key` belongs: the last that does not begin above it. */
static uint32_t seek_leaf(const struct treaty_sorted_node *root,
                          treaty_sorted_cmp cmp, const void *key)
{
    uint32_t low = 0;
    uint32_t high = leaf_count(root) - 1;

    while (low < high) {
        uint32_t mid = low + (high - low + 1) / 2;

        if (cmp(key, leaf_of(root, mid)->slots[0]) < 0)
            high = mid - 1;
        else
            low = mid;
    }
    return low;
}

const void *treaty_sorted_find(const struct treaty_sorted *set,
                               treaty_sorted_cmp cmp, const void *key)
{
    const struct treaty_sorted_node *leaf;
    uint32_t at;

    if (!set->root)
        return NULL;
    leaf = leaf_of(set->root, seek_leaf(set->root, cmp, key));
    at = seek_item(leaf, cmp, key);
    if (at == leaf->count || cmp(key, leaf->slots[at]) != 0)
        return NULL;
    return leaf->slots[at];
}

const void *treaty_sorted_last(const struct treaty_sorted *set)
{
    const struct treaty_sorted_node *leaf;

    if (!set->root)
        return NULL;
    leaf = leaf_of(set->root, leaf_count(set->root) - 1);
    return leaf->slots[leaf->count - 1];
}

struct treaty_sorted_cursor treaty_sorted_from(const struct treaty_sorted *set,
                                               treaty_sorted_cmp cmp,
                                               const void *key)
{
    struct treaty_sorted_cursor cursor = {.root = set->root};

    if (set->root && key) {
        cursor.leaf = seek_leaf(set->root, cmp, key);
        cursor.at = seek_item(leaf_of(set->root, cursor.leaf), cmp, key);
    }
    return cursor;
}

const void *treaty_sorted_next(struct treaty_sorted_cursor *cursor)
{
    const struct treaty_sorted_node *leaf;

    if (!cursor->root || cursor->leaf >= leaf_count(cursor->root))
        return NULL;
    leaf = leaf_of(cursor->root, cursor->leaf);
    if (cursor->at < leaf->count)
        return leaf->slots[cursor->at++];
    cursor->leaf++;
    cursor->at = 0;
    return treaty_sorted_next(cursor);
}

/* A node with room for `n` slots; small ones exactly, since most sets have
 * one item, larger ones with some room to grow while they are fresh. */
static struct treaty_sorted_node *make(struct treaty_share *share, uint32_t n)
{
    size_t room = n < 4 ? n : (n + 8) & ~(size_t)7;

    return treaty_share_alloc(share, sizeof(struct treaty_sorted_node) +
                                         room * sizeof(void *));
}

static bool has_room(const struct treaty_sorted_node *n, uint32_t used)
{
    return treaty_share_is_fresh(n) &&
           treaty_share_size(n) >= sizeof(*n) + (used + 1) * sizeof(void *);
}

/* The node itself when it is fresh, else a copy in its place. */
static struct treaty_sorted_node *own(struct treaty_share *share,
                                      const struct treaty_sorted_node *old)
{
    uint32_t n = old->leaves ? old->leaves : old->count;
    struct treaty_sorted_node *copy;

    if (treaty_share_is_fresh(old))
        return (struct treaty_sorted_node *)(uintptr_t)old;
    copy = make(share, n);
    if (!copy)
        return NULL;
    memcpy(copy, old, sizeof(*copy) + n * sizeof(void *));
    treaty_share_drop(share, old);
    return copy;
}

/* `old` with `item` inserted at `at` among its `used` slots. */
static struct treaty_sorted_node *
with_slot(struct treaty_share *share, const struct treaty_sorted_node *old,
          uint32_t used, uint32_t at, const void *item)
{
    struct treaty_sorted_node *n;

    if (has_room(old, used)) {
        n = (struct treaty_sorted_node *)(uintptr_t)old;
    } else {
        n = make(share, used + 1);
        if (!n)
            return NULL;
        *n = *old;
        memcpy(n->slots, old->slots, used * sizeof(void *));
        treaty_share_drop(share, old);
    }
    memmove(n->slots + at + 1, n->slots + at, (used - at) * sizeof(void *));
    n->slots[at] = item;
    return n;
}

/* Make `leaf` the i-th one of the set, whose count has changed by `delta`. */
static bool replace_leaf(struct treaty_share *share, struct treaty_sorted *set,
                         uint32_t i, struct treaty_sorted_node *leaf, int delta)
{
    struct treaty_sorted_node *index;

    if (!set->root->leaves) {
        set->root = leaf;
        return true;
    }
    index = own(share, set->root);
    if (!index)
        return false;
    index->slots[i] = leaf;
    index->count = (uint32_t)((int64_t)index->count + delta);
    set->root = index;
    return true;
}

/* Cut a full leaf in two; an append to the very end leaves the left one full,
 * since names and numbers often come in order. */
static bool split_leaf(struct treaty_share *share, struct treaty_sorted *set,
                       uint32_t i, bool at_end)
{
    const struct treaty_sorted_node *old = leaf_of(set->root, i);
    uint32_t keep = at_end ? LEAF_MAX - 1 : LEAF_MAX / 2;
    struct treaty_sorted_node *left = make(share, keep);
    struct treaty_sorted_node *right = make(share, old->count - keep);
    struct treaty_sorted_node *index;

    if (!left || !right)
        return false;
    *left = (struct treaty_sorted_node){.count = keep};
    *right = (struct treaty_sorted_node){.count = old->count - keep};
    memcpy(left->slots, old->slots, keep * sizeof(void *));
    memcpy(right->slots, old->slots + keep, right->count * sizeof(void *));
    if (set->root->leaves) {
        index = with_slot(share, set->root, set->root->leaves, i + 1, right);
        if (!index)
            return false;
        index->slots[i] = left;
        index->leaves++;
    } else {
        index = make(share, 2);
        if (!index)
            return false;
        *index = (struct treaty_sorted_node){.count = old->count, .leaves = 2};
        index->slots[0] = left;
        index->slots[1] = right;
    }
    treaty_share_drop(share, old);
    set->root = index;
    return true;
}

/* Where a key is or belongs: a leaf, a place in it, and whether it is there. */
struct spot {
    uint32_t leaf;
    uint32_t at;
    bool found;
};

static struct spot seek(const struct treaty_sorted *set, treaty_sorted_cmp cmp,
                        const void *key)
{
    struct spot spot = {.leaf = seek_leaf(set->root, cmp, key)};
    const struct treaty_sorted_node *leaf = leaf_of(set->root, spot.leaf);

    spot.at = seek_item(leaf, cmp, key);
    spot.found = spot.at < leaf->count && cmp(key, leaf->slots[spot.at]) == 0;
    return spot;
}

/* Make room at a spot whose leaf is full, and say where it is then. */
static bool split_at(struct treaty_share *share, struct treaty_sorted *set,
                     struct spot *spot)
{
    bool at_end =
        spot->at == LEAF_MAX && spot->leaf == leaf_count(set->root) - 1;
    uint32_t left;

    if (!split_leaf(share, set, spot->leaf, at_end))
        return false;
    left = leaf_of(set->root, spot->leaf)->count;
    if (spot->at > left) {
        spot->leaf++;
        spot->at -= left;
    }
    return true;
}

static bool insert(struct treaty_share *share, struct treaty_sorted *set,
                   struct spot spot, const void *item)
{
    const struct treaty_sorted_node *leaf = leaf_of(set->root, spot.leaf);
    struct treaty_sorted_node *n;

    if (leaf->count == LEAF_MAX) {
        if (!split_at(share, set, &spot))
            return false;
        leaf = leaf_of(set->root, spot.leaf);
    }
    n = with_slot(share, leaf, leaf->count, spot.at, item);
    if (!n)
        return false;
    n->count++;
    return replace_leaf(share, set, spot.leaf, n, 1);
}

static bool replace(struct treaty_share *share, struct treaty_sorted *set,
                    struct spot spot, const void *item)
{
    struct treaty_sorted_node *leaf = own(share, leaf_of(set->root, spot.leaf));

    if (!leaf)
        return false;
    leaf->slots[spot.at] = item;
    return replace_leaf(share, set, spot.leaf, leaf, 0);
}

bool treaty_sorted_put(struct treaty_share *share, struct treaty_sorted *set,
                       treaty_sorted_cmp cmp, const void *key, const void *item)
{
    struct treaty_sorted_node *first;
    struct spot spot;

    if (!set->root) {
        first = make(share, 1);
        if (!first)
            return false;
        *first = (struct treaty_sorted_node){.count = 1};
        first->slots[0] = item;
        set->root = first;
        return true;
    }
    spot = seek(set, cmp, key);
    return spot.found ? replace(share, set, spot, item)
                      : insert(share, set, spot, item);
}

/* Take the i-th leaf, which has become empty, out of the index (rule 1). */
static bool remove_leaf(struct treaty_share *share, struct treaty_sorted *set,
                        uint32_t i)
{
    struct treaty_sorted_node *index;

    treaty_share_drop(share, leaf_of(set->root, i));
    if (set->root->leaves == 2) {
        const struct treaty_sorted_node *other = set->root->slots[1 - i];

        treaty_share_drop(share, set->root);
        set->root = other;
        return true;
    }
    index = own(share, set->root);
    if (!index)
        return false;
    index->leaves--;
    index->count--;
    memmove(index->slots + i, index->slots + i + 1,
            (index->leaves - i) * sizeof(void *));
    set->root = index;
    return true;
}

bool treaty_sorted_remove(struct treaty_share *share, struct treaty_sorted *set,
                          treaty_sorted_cmp cmp, const void *key)
{
    struct treaty_sorted_node *leaf;
    struct spot spot;

    if (!set->root)
        return true;
    spot = seek(set, cmp, key);
    if (!spot.found)
        return true;
    if (set->root->count == 1) {
        treaty_sorted_clear(share, set);
        return true;
    }
    if (leaf_of(set->root, spot.leaf)->count == 1)
        return remove_leaf(share, set, spot.leaf);
    leaf = own(share, leaf_of(set->root, spot.leaf));
    if (!leaf)
        return false;
    leaf->count--;
    memmove(leaf->slots + spot.at, leaf->slots + spot.at + 1,
            (leaf->count - spot.at) * sizeof(void *));
    return replace_leaf(share, set, spot.leaf, leaf, -1);
}

/* A leaf with `n` items. */
static struct treaty_sorted_node *make_leaf(struct treaty_share *share,
                                            const void *const *items, size_t n)
{
    struct treaty_sorted_node *leaf = make(share, (uint32_t)n);

    if (!leaf)
        return NULL;
    *leaf = (struct treaty_sorted_node){.count = (uint32_t)n};
    memcpy(leaf->slots, items, n * sizeof(void *));
    return leaf;
}

bool treaty_sorted_build(struct treaty_share *share, struct treaty_sorted *set,
                         const void *const *items, size_t n)
{
    /* Half full, so that the first insertions need not split. */
    const size_t step = LEAF_MAX / 2;
    struct treaty_sorted_node *index;

    if (n == 0)
        return true;
    if (n <= LEAF_MAX) {
        set->root = make_leaf(share, items, n);
        return set->root != NULL;
    }
    index = make(share, (uint32_t)((n + step - 1) / step));
    if (!index)
        return false;
    *index = (struct treaty_sorted_node){.count = (uint32_t)n};
    for (size_t at = 0; at < n; at += step) {
        size_t some = n - at < step ? n - at : step;
        struct treaty_sorted_node *leaf = make_leaf(share, items + at, some);

        if (!leaf)
            return false;
        index->slots[index->leaves++] = leaf;
    }
    set->root = index;
    return true;
}

void treaty_sorted_clear(struct treaty_share *share, struct treaty_sorted *set)
{
    if (!set->root)
        return;
    for (uint32_t i = 0; i < set->root->leaves; i++)
        treaty_share_drop(share, set->root->slots[i]);
    treaty_share_drop(share, set->root);
    set->root = NULL;
}
