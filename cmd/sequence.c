/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/sequence.h"

#include "base/str.h"

void treaty_sequences_release(struct treaty_sequences *all)
{
    for (size_t i = 0; i < all->count; i++)
        free(all->items[i].runs);
    free(all->items);
    *all = (struct treaty_sequences){0};
}

/* Room for one more element; false leaves everything as it was. */
static bool grow(void **items, size_t count, size_t *cap, size_t size)
{
    size_t more = *cap ? *cap * 2 : 8;
    void *bigger;

    if (count < *cap)
        return true;
    bigger = realloc(*items, more * size);
    if (!bigger)
        return false;
    *items = bigger;
    *cap = more;
    return true;
}

static bool is_of(const struct treaty_sequence *one, uint32_t producer,
                  uint64_t seed)
{
    return one->producer == producer && one->seed == seed;
}

static struct treaty_sequence *find_or_add(struct treaty_sequences *all,
                                           uint32_t producer, uint64_t seed)
{
    void *items = all->items;

    if (all->hint < all->count && is_of(&all->items[all->hint], producer, seed))
        return &all->items[all->hint];
    for (size_t i = 0; i < all->count; i++) {
        if (is_of(&all->items[i], producer, seed)) {
            all->hint = i;
            return &all->items[i];
        }
    }
    if (!grow(&items, all->count, &all->cap, sizeof(*all->items)))
        return NULL;
    all->items = items;
    all->hint = all->count;
    all->items[all->count] =
        (struct treaty_sequence){.producer = producer, .seed = seed};
    return &all->items[all->count++];
}

/* The first run that ends at or after `number`. */
static size_t find_run(const struct treaty_sequence *one, uint64_t number)
{
    size_t low = 0;
    size_t high = one->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (one->runs[middle].last < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool insert_run(struct treaty_sequence *one, size_t at,
                       struct treaty_run run)
{
    void *runs = one->runs;

    if (!grow(&runs, one->count, &one->cap, sizeof(*one->runs)))
        return false;
    one->runs = runs;
    memmove(&one->runs[at + 1], &one->runs[at],
            (one->count - at) * sizeof(*one->runs));
    one->runs[at] = run;
    one->count++;
    return true;
}

static void remove_runs(struct treaty_sequence *one, size_t at, size_t n)
{
    memmove(&one->runs[at], &one->runs[at + n],
            (one->count - at - n) * sizeof(*one->runs));
    one->count -= n;
}

/*
 * Join `run` with all runs that it overlaps or touches; what it overlaps was
 * seen before. False when memory ran out.
 */
static bool add_run(struct treaty_sequence *one, struct treaty_run run)
{
    size_t at = find_run(one, run.first ? run.first - 1 : 0);
    size_t end = at;

    for (; end < one->count && one->runs[end].first <= run.last + 1; end++) {
        struct treaty_run other = one->runs[end];
        uint64_t from = other.first > run.first ? other.first : run.first;
        uint64_t to = other.last < run.last ? other.last : run.last;

        if (from <= to)
            one->duplicates += to - from + 1;
    }
    if (end == at)
        return insert_run(one, at, run);
    if (one->runs[at].first < run.first)
        run.first = one->runs[at].first;
    if (one->runs[end - 1].last > run.last)
        run.last = one->runs[end - 1].last;
    one->runs[at] = run;
    remove_runs(one, at + 1, end - at - 1);
    one->hint = at;
    return true;
}

void treaty_sequences_note(struct treaty_sequences *all,
                           const struct treaty_gen_identity *identity)
{
    struct treaty_sequence *one =
        find_or_add(all, identity->producer, identity->seed);
    uint64_t number = identity->sequence;
    size_t next;

    if (!one) {
        all->failed = true;
        return;
    }
    /* Nearly always the next number of the run that grew last. */
    next = one->hint + 1;
    if (one->hint < one->count && one->runs[one->hint].last + 1 == number &&
        (next == one->count || one->runs[next].first > number + 1)) {
        one->runs[one->hint].last = number;
        return;
    }
    if (!add_run(one, (struct treaty_run){number, number}))
        all->failed = true;
}

void treaty_sequences_write(const struct treaty_sequences *all,
                            struct treaty_buf *out)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct treaty_sequence *one = &all->items[i];

        treaty_buf_put_z(out, "seq ");
        treaty_buf_put_u64(out, one->producer);
        treaty_buf_put_c(out, ' ');
        treaty_buf_put_u64(out, one->seed);
        treaty_buf_put_c(out, ' ');
        treaty_buf_put_u64(out, one->duplicates);
        for (size_t k = 0; k < one->count; k++) {
            treaty_buf_put_c(out, ' ');
            treaty_buf_put_u64(out, one->runs[k].first);
            treaty_buf_put_c(out, '-');
            treaty_buf_put_u64(out, one->runs[k].last);
        }
        treaty_buf_put_c(out, '\n');
    }
}

static bool next_number(struct treaty_str *line, uint64_t *ret)
{
    struct treaty_str word;

    return treaty_str_split(line, ' ', &word) && treaty_str_to_u64(word, ret);
}

static bool read_run(struct treaty_str word, struct treaty_run *ret)
{
    size_t dash = treaty_str_find(word, '-');

    return treaty_str_to_u64(treaty_str_sub(word, 0, dash), &ret->first) &&
           treaty_str_to_u64(treaty_str_sub(word, dash + 1, word.len),
                             &ret->last);
}

bool treaty_sequences_read(struct treaty_sequences *all, struct treaty_str line)
{
    struct treaty_sequence *one;
    struct treaty_str word;
    struct treaty_run run;
    uint64_t producer;
    uint64_t seed;
    uint64_t duplicates;

    if (!treaty_str_split(&line, ' ', &word) || !treaty_str_eq_z(word, "seq") ||
        !next_number(&line, &producer) || !next_number(&line, &seed) ||
        !next_number(&line, &duplicates))
        return false;
    one = find_or_add(all, (uint32_t)producer, seed);
    if (!one) {
        all->failed = true;
        return true;
    }
    one->duplicates += duplicates;
    while (treaty_str_split(&line, ' ', &word))
        if (!read_run(word, &run) || !add_run(one, run))
            all->failed = true;
    return true;
}

struct treaty_sequence_counts
treaty_sequence_counts(const struct treaty_sequence *one)
{
    struct treaty_sequence_counts counts = {.duplicates = one->duplicates};

    for (size_t i = 0; i < one->count; i++) {
        counts.seen += one->runs[i].last - one->runs[i].first + 1;
        if (i)
            counts.missing += one->runs[i].first - one->runs[i - 1].last - 1;
    }
    return counts;
}

struct treaty_sequence_counts
treaty_sequences_counts(const struct treaty_sequences *all)
{
    struct treaty_sequence_counts sum = {0};

    for (size_t i = 0; i < all->count; i++) {
        struct treaty_sequence_counts one =
            treaty_sequence_counts(&all->items[i]);

        sum.seen += one.seen;
        sum.duplicates += one.duplicates;
        sum.missing += one.missing;
    }
    return sum;
}

static void put_one(const struct treaty_sequence *one,
                    struct treaty_json_writer *out)
{
    struct treaty_sequence_counts counts = treaty_sequence_counts(one);
    char seed[24];
    struct treaty_str text = {seed, 0};

    /* All 64 bits of it: JSON's readers know 53. */
    text.len = (size_t)snprintf(seed, sizeof(seed), "%016llx",
                                (unsigned long long)one->seed);
    treaty_json_begin_object(out);
    treaty_json_member_i64(out, "producer", one->producer);
    treaty_json_member_str(out, "seed", text);
    treaty_json_member_i64(out, "first", (int64_t)one->runs[0].first);
    treaty_json_member_i64(out, "last",
                           (int64_t)one->runs[one->count - 1].last);
    treaty_json_member_i64(out, "seen", (int64_t)counts.seen);
    treaty_json_member_i64(out, "duplicates", (int64_t)counts.duplicates);
    treaty_json_member_i64(out, "missing", (int64_t)counts.missing);
    treaty_json_end_object(out);
}

void treaty_sequences_put_json(const struct treaty_sequences *all,
                               struct treaty_json_writer *out)
{
    treaty_json_begin_array(out);
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].count)
            put_one(&all->items[i], out);
    treaty_json_end_array(out);
}
