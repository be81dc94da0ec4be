/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_FUZZ_MUTATE_H
#define TREATY_FUZZ_MUTATE_H

/*
 * Changes to a JSON text that keep it JSON: a value replaced by another of the
 * text, a member or an item said again elsewhere, or taken away. Bytes changed
 * at random hardly ever move a whole type to where it matters.
 *
 * Half of the time, and always when the text is no JSON, libFuzzer changes
 * bytes. Only its own programs may include this.
 */
#include "base/json.h"
#include "base/rng.h"
#include "base/str.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned seed);

enum { MUTATE_NODES_MAX = 512 };

struct mutate_nodes {
    const struct treaty_json *node[MUTATE_NODES_MAX];
    const struct treaty_json *parent[MUTATE_NODES_MAX];
    size_t count;
};

static void mutate_collect(struct mutate_nodes *nodes,
                           const struct treaty_json *parent,
                           const struct treaty_json *node)
{
    if (nodes->count == MUTATE_NODES_MAX)
        return;
    nodes->node[nodes->count] = node;
    nodes->parent[nodes->count] = parent;
    nodes->count++;
    for (const struct treaty_json *c = node->child; c; c = c->next)
        mutate_collect(nodes, node, c);
}

/* Where node `i` begins, with its name if it is a member. */
static size_t mutate_start(const struct mutate_nodes *nodes, size_t i)
{
    const struct treaty_json *parent = nodes->parent[i];

    return parent && parent->kind == TREATY_JSON_OBJECT
               ? nodes->node[i]->name_pos
               : nodes->node[i]->pos;
}

/* `text` with what lies from `from` to `to` replaced by `by`. */
static void mutate_put(struct treaty_buf *out, struct treaty_str text,
                       size_t from, size_t to, struct treaty_str by)
{
    treaty_buf_put_mem(out, text.data, from);
    treaty_buf_put(out, by);
    treaty_buf_put_mem(out, text.data + to, text.len - to);
}

static void mutate_remove(struct treaty_buf *out, struct treaty_str text,
                          const struct mutate_nodes *nodes, size_t i)
{
    const struct treaty_json *next = nodes->node[i]->next;
    size_t from = mutate_start(nodes, i);
    size_t to = nodes->node[i]->end;

    if (next)
        to = nodes->parent[i]->kind == TREATY_JSON_OBJECT ? next->name_pos
                                                          : next->pos;
    mutate_put(out, text, from, to, TREATY_STR(""));
}

/* Say node `i` again in front of `at`, if both are members or both items. */
static void mutate_insert(struct treaty_buf *out, struct treaty_str text,
                          const struct mutate_nodes *nodes, size_t i, size_t at)
{
    size_t from = mutate_start(nodes, i);
    size_t to = mutate_start(nodes, at);

    if (!nodes->parent[i] || !nodes->parent[at] ||
        nodes->parent[i]->kind != nodes->parent[at]->kind)
        return;
    treaty_buf_put_mem(out, text.data, to);
    treaty_buf_put_mem(out, text.data + from, nodes->node[i]->end - from);
    treaty_buf_put_c(out, ',');
    treaty_buf_put_mem(out, text.data + to, text.len - to);
}

static void mutate_change(struct treaty_buf *out, struct treaty_str text,
                          const struct mutate_nodes *nodes,
                          struct treaty_rng *rng)
{
    static const char *const words[] = {
        "\"\"",     "0",          "null",      "\"null\"", "\"int\"",
        "\"long\"", "\"string\"", "\"bytes\"", "[]",       "{}",
        "\"A\"",    "\"a.A\"",    "-1",        "1.5",      "true",
    };
    size_t i = (size_t)treaty_rng_below(rng, nodes->count);
    size_t k = (size_t)treaty_rng_below(rng, nodes->count);
    const struct treaty_json *node = nodes->node[i];
    const struct treaty_json *other = nodes->node[k];
    size_t word = (size_t)treaty_rng_below(rng, sizeof(words) / sizeof(*words));

    switch (treaty_rng_below(rng, 4)) {
    case 0:
        mutate_put(out, text, node->pos, node->end,
                   treaty_str_sub(text, other->pos, other->end - other->pos));
        break;
    case 1:
        mutate_put(out, text, node->pos, node->end, treaty_str_z(words[word]));
        break;
    case 2:
        mutate_insert(out, text, nodes, i, k);
        break;
    default:
        mutate_remove(out, text, nodes, i);
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned seed)
{
    static struct mutate_nodes nodes;
    struct treaty_str text = {(const char *)data, size};
    struct treaty_arena arena = {0};
    const struct treaty_json *root;
    struct treaty_buf out;
    struct treaty_rng rng;
    size_t len = 0;

    treaty_rng_init(&rng, seed);
    treaty_buf_init(&out, max_size);
    nodes.count = 0;
    if (treaty_rng_below(&rng, 2) &&
        !treaty_json_parse(&arena, text, NULL, &root, NULL)) {
        mutate_collect(&nodes, NULL, root);
        mutate_change(&out, text, &nodes, &rng);
        if (!treaty_buf_status(&out, NULL))
            len = out.len;
        if (len)
            memcpy(data, out.data, len);
    }
    treaty_buf_release(&out);
    treaty_arena_release(&arena);
    return len ? len : LLVMFuzzerMutate(data, size, max_size);
}

#endif
