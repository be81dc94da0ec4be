/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/tally.h"

#include "base/str.h"

struct entry {
    struct treaty_str group;
    struct treaty_str label;
    uint64_t count;
};

void treaty_tally_init(struct treaty_tally *tally)
{
    *tally = (struct treaty_tally){0};
    treaty_map_init(&tally->map, &tally->arena);
}

void treaty_tally_release(struct treaty_tally *tally)
{
    treaty_arena_release(&tally->arena);
}

static struct entry *make_entry(struct treaty_tally *tally,
                                struct treaty_str group,
                                struct treaty_str label)
{
    struct treaty_str key = treaty_arena_join(&tally->arena, group, ' ', label);
    struct entry *entry = TREATY_ARENA_NEW(&tally->arena, struct entry);

    if (!key.data || !entry)
        return NULL;
    entry->group = treaty_str_sub(key, 0, group.len);
    entry->label = treaty_str_sub(key, group.len + 1, label.len);
    return treaty_map_put(&tally->map, key, entry) ? NULL : entry;
}

static struct entry *find_entry(const struct treaty_tally *tally,
                                struct treaty_str group,
                                struct treaty_str label)
{
    struct treaty_map_entry *at = treaty_map_next(&tally->map, NULL);

    for (; at; at = treaty_map_next(&tally->map, at)) {
        struct entry *entry = at->value;

        if (treaty_str_eq(entry->group, group) &&
            treaty_str_eq(entry->label, label))
            return entry;
    }
    return NULL;
}

static void add(struct treaty_tally *tally, struct treaty_str group,
                struct treaty_str label, uint64_t n)
{
    struct entry *entry = find_entry(tally, group, label);

    if (!entry)
        entry = make_entry(tally, group, label);
    if (entry)
        entry->count += n;
    else
        tally->failed = true;
}

void treaty_tally_add(struct treaty_tally *tally, const char *group,
                      struct treaty_str label, uint64_t n)
{
    add(tally, treaty_str_z(group), label, n);
}

void treaty_tally_add_z(struct treaty_tally *tally, const char *group,
                        const char *label, uint64_t n)
{
    add(tally, treaty_str_z(group), treaty_str_z(label), n);
}

uint64_t treaty_tally_get(const struct treaty_tally *tally, const char *group,
                          const char *label)
{
    const struct entry *entry =
        find_entry(tally, treaty_str_z(group), treaty_str_z(label));

    return entry ? entry->count : 0;
}

bool treaty_tally_next(const struct treaty_tally *tally, const char *group,
                       size_t *at, struct treaty_str *ret_label,
                       uint64_t *ret_count)
{
    struct treaty_map_entry *entry = treaty_map_next(&tally->map, NULL);
    size_t skip = *at;

    for (; entry; entry = treaty_map_next(&tally->map, entry)) {
        const struct entry *mine = entry->value;

        if (skip) {
            skip--;
            continue;
        }
        ++*at;
        if (!treaty_str_eq_z(mine->group, group))
            continue;
        *ret_label = mine->label;
        *ret_count = mine->count;
        return true;
    }
    return false;
}

void treaty_tally_write(const struct treaty_tally *tally,
                        struct treaty_buf *out)
{
    struct treaty_map_entry *at = treaty_map_next(&tally->map, NULL);

    for (; at; at = treaty_map_next(&tally->map, at)) {
        const struct entry *entry = at->value;

        treaty_buf_put_z(out, "add ");
        treaty_buf_put_u64(out, entry->count);
        treaty_buf_put_c(out, ' ');
        treaty_buf_put(out, at->key);
        treaty_buf_put_c(out, '\n');
    }
}

bool treaty_tally_read(struct treaty_tally *tally, struct treaty_str line)
{
    struct treaty_str word;
    struct treaty_str group;
    uint64_t n;

    if (!treaty_str_split(&line, ' ', &word) || !treaty_str_eq_z(word, "add") ||
        !treaty_str_split(&line, ' ', &word) || !treaty_str_to_u64(word, &n) ||
        !treaty_str_split(&line, ' ', &group) || !line.data)
        return false;
    add(tally, group, line, n);
    return true;
}

static void put_group(const struct treaty_tally *tally, struct treaty_str group,
                      struct treaty_json_writer *out)
{
    struct treaty_map_entry *at = treaty_map_next(&tally->map, NULL);

    treaty_json_begin_object(out);
    for (; at; at = treaty_map_next(&tally->map, at)) {
        const struct entry *entry = at->value;

        if (!treaty_str_eq(entry->group, group))
            continue;
        /* Labels are the arena's copies, each ended by the key's NUL. */
        treaty_json_key(out, entry->label.data);
        treaty_json_value_i64(out, (int64_t)entry->count);
    }
    treaty_json_end_object(out);
}

/* True for the first entry of its group. */
static bool opens_group(const struct treaty_tally *tally,
                        const struct treaty_map_entry *entry)
{
    const struct entry *mine = entry->value;
    struct treaty_map_entry *at = treaty_map_next(&tally->map, NULL);

    for (; at != entry; at = treaty_map_next(&tally->map, at)) {
        const struct entry *other = at->value;

        if (treaty_str_eq(other->group, mine->group))
            return false;
    }
    return true;
}

void treaty_tally_put_json(const struct treaty_tally *tally,
                           struct treaty_json_writer *out)
{
    struct treaty_map_entry *at = treaty_map_next(&tally->map, NULL);

    for (; at; at = treaty_map_next(&tally->map, at)) {
        const struct entry *entry = at->value;
        char name[64];

        if (!opens_group(tally, at) || entry->group.len >= sizeof(name))
            continue;
        memcpy(name, entry->group.data, entry->group.len);
        name[entry->group.len] = '\0';
        treaty_json_key(out, name);
        put_group(tally, entry->group, out);
    }
}
