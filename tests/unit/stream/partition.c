/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/partition.h"

#include "tap.h"

static void takes_in_order_and_drops_the_past(void)
{
    struct treaty_partition p;

    treaty_partition_init(&p, 0.1);
    CHECK(!treaty_partition_offer(&p, 5)); /* not ours */
    treaty_partition_assign(&p);
    CHECK_INT(treaty_partition_storable(&p), -1);
    CHECK(treaty_partition_offer(&p, 5));
    treaty_partition_done(&p);
    CHECK_INT(treaty_partition_storable(&p), 6);
    CHECK(!treaty_partition_offer(&p, 5));
    CHECK(treaty_partition_offer(&p, 8)); /* a gap while reading is true */
    treaty_partition_done(&p);
    CHECK_INT(p.skipped, 2);
    CHECK_INT(treaty_partition_storable(&p), 9);
    treaty_partition_revoke(&p);
    CHECK(!treaty_partition_offer(&p, 9));
    CHECK_INT(treaty_partition_storable(&p), -1);
}

static void waits_and_comes_back_to_the_same_record(void)
{
    struct treaty_partition p;
    struct treaty_rng rng;

    treaty_rng_init(&rng, 1);
    treaty_partition_init(&p, 0.1);
    treaty_partition_assign(&p);
    CHECK(treaty_partition_offer(&p, 10));
    treaty_partition_wait(&p, 1000, &rng);
    CHECK_INT(treaty_partition_storable(&p), 10);
    CHECK(!treaty_partition_offer(&p, 11));
    CHECK_INT(treaty_partition_wish(&p, 5000), TREATY_WISH_PAUSE);
    treaty_partition_paused(&p);
    CHECK_INT(treaty_partition_wish(&p, 1000), TREATY_WISH_NOTHING);
    CHECK_INT(treaty_partition_wish(&p, 1100), TREATY_WISH_RESUME);
    treaty_partition_sought(&p);
    CHECK_INT(treaty_partition_wish(&p, 1100), TREATY_WISH_NOTHING);
    CHECK(treaty_partition_offer(&p, 10));
    treaty_partition_done(&p);
    CHECK_INT(treaty_partition_storable(&p), 11);
}

static void waits_longer_each_time(void)
{
    struct treaty_partition p;
    struct treaty_rng rng;
    int64_t last = 0;

    treaty_rng_init(&rng, 1);
    treaty_partition_init(&p, 0.1);
    treaty_partition_assign(&p);
    for (int i = 0; i < 40; i++) {
        CHECK(treaty_partition_offer(&p, 10));
        treaty_partition_wait(&p, 0, &rng);
        CHECK(p.due_ms >= 50 && p.due_ms <= TREATY_PARTITION_BACKOFF_MAX_MS);
        last = p.due_ms;
        treaty_partition_sought(&p);
    }
    CHECK(last >= TREATY_PARTITION_BACKOFF_MAX_MS / 2);
    CHECK(treaty_partition_offer(&p, 10));
    treaty_partition_done(&p);
    CHECK(treaty_partition_offer(&p, 11));
    treaty_partition_wait(&p, 0, &rng);
    CHECK(p.due_ms <= TREATY_PARTITION_BACKOFF_MS);
}

static void believes_a_gap_after_a_seek_only_twice(void)
{
    struct treaty_partition p;

    treaty_partition_init(&p, 0.1);
    treaty_partition_assign(&p);
    CHECK(treaty_partition_offer(&p, 10));
    treaty_partition_done(&p);
    treaty_partition_sought(&p);
    CHECK(!treaty_partition_offer(&p, 14)); /* fetched before the seek */
    CHECK_INT(treaty_partition_wish(&p, 0), TREATY_WISH_SEEK);
    CHECK(!treaty_partition_offer(&p, 15));
    treaty_partition_sought(&p);
    CHECK(!treaty_partition_offer(&p, 12)); /* another one, so not sure yet */
    treaty_partition_sought(&p);
    CHECK(treaty_partition_offer(&p, 12)); /* 11 is truly missing */
    CHECK_INT(p.skipped, 1);
}

static void commits_only_below_copies_that_are_on_their_way(void)
{
    struct treaty_partition p;

    treaty_partition_init(&p, 0.1);
    treaty_partition_assign(&p);
    for (int64_t i = 0; i < 4; i++) {
        CHECK(treaty_partition_offer(&p, i));
        if (i == 1 || i == 2)
            CHECK(treaty_partition_reject(&p, 0));
        else
            treaty_partition_done(&p);
    }
    CHECK_INT(treaty_partition_storable(&p), 1);
    treaty_partition_copied(&p, p.era, 2);
    CHECK_INT(treaty_partition_storable(&p), 1);
    treaty_partition_copied(&p, p.era - 1, 1); /* of another assignment */
    CHECK_INT(treaty_partition_storable(&p), 1);
    treaty_partition_copied(&p, p.era, 1);
    CHECK_INT(treaty_partition_storable(&p), 4);
    treaty_partition_release(&p);
}

static void waits_for_a_copy_that_failed(void)
{
    struct treaty_partition p;

    treaty_partition_init(&p, 0.1);
    treaty_partition_assign(&p);
    CHECK(treaty_partition_offer(&p, 7));
    CHECK(treaty_partition_reject(&p, 0));
    treaty_partition_copy_failed(&p, p.era, 7, 100);
    CHECK(!treaty_partition_offer(&p, 8));
    treaty_partition_paused(&p);
    CHECK_INT(treaty_partition_wish(&p, 99999), TREATY_WISH_NOTHING);
    CHECK_INT(treaty_partition_storable(&p), 7);
    treaty_partition_copied(&p, p.era, 7);
    CHECK_INT(treaty_partition_wish(&p, 99999), TREATY_WISH_RESUME);
    CHECK_INT(treaty_partition_storable(&p), 8);
    treaty_partition_release(&p);
}

static void holds_a_bounded_number_of_copies(void)
{
    struct treaty_partition p;

    treaty_partition_init(&p, 1);
    treaty_partition_assign(&p);
    for (int64_t i = 0; i < TREATY_PARTITION_COPIES_MAX; i++) {
        CHECK(treaty_partition_offer(&p, i));
        CHECK(treaty_partition_reject(&p, 0));
    }
    CHECK(treaty_partition_offer(&p, TREATY_PARTITION_COPIES_MAX));
    CHECK(!treaty_partition_reject(&p, 0));
    CHECK_INT(p.state, TREATY_PARTITION_WAITING);
    treaty_partition_paused(&p);
    CHECK_INT(treaty_partition_wish(&p, 99999), TREATY_WISH_NOTHING);
    treaty_partition_copied(&p, p.era, 0);
    CHECK_INT(treaty_partition_wish(&p, 99999), TREATY_WISH_RESUME);
    treaty_partition_release(&p);
}

/* Every `every`-th record of `total` is rejected and copied at once. */
static int64_t run_until_stopped(struct treaty_partition *p, int every,
                                 int64_t total)
{
    int64_t from = p->next < 0 ? 0 : p->next;

    for (int64_t i = from; i < from + total; i++) {
        if (!CHECK(treaty_partition_offer(p, i)))
            return -2;
        if (i % every) {
            treaty_partition_done(p);
            continue;
        }
        if (!treaty_partition_reject(p, 0))
            return i;
        treaty_partition_copied(p, p->era, i);
    }
    return -1;
}

static void stops_above_the_ratio(void)
{
    struct treaty_partition p;

    treaty_partition_init(&p, 0.1);
    treaty_partition_assign(&p);
    CHECK_INT(run_until_stopped(&p, 10, 50000), -1); /* exactly a tenth */
    CHECK_INT(p.window_bad, 1000);
    CHECK(run_until_stopped(&p, 9, 50000) > 50000);
    CHECK_INT(p.state, TREATY_PARTITION_STOPPED);
    CHECK_INT(treaty_partition_storable(&p), p.next);
    treaty_partition_paused(&p);
    CHECK_INT(treaty_partition_wish(&p, 1 << 30), TREATY_WISH_NOTHING);
    treaty_partition_go_on(&p, 5);
    CHECK_INT(treaty_partition_wish(&p, 5), TREATY_WISH_RESUME);
    treaty_partition_sought(&p);
    CHECK(treaty_partition_offer(&p, p.next));
    CHECK(treaty_partition_reject(&p, 0));
    treaty_partition_release(&p);
}

static void ratios_at_the_ends(void)
{
    struct treaty_partition p;

    treaty_partition_init(&p, 0);
    treaty_partition_assign(&p);
    CHECK_INT(run_until_stopped(&p, 1, 1), 0); /* none may be rejected */
    treaty_partition_release(&p);
    treaty_partition_init(&p, 1);
    treaty_partition_assign(&p);
    CHECK_INT(run_until_stopped(&p, 1, 30000), -1); /* all may */
    treaty_partition_release(&p);
}

/* ---- a group under random trouble -------------------------------------- */

#define MEMBERS 3
#define PARTS 4
#define RECORDS 400
#define QUEUE 64
#define FLIGHT 4096

/*
 * A member's Kafka client for one partition: where it fetches, and what it has
 * fetched. A seek may leave up to two records of before it in the queue.
 */
struct feed {
    int64_t position;
    bool paused;
    bool leaky; /* the last seek left records of before it */
    int count;
    int64_t queue[QUEUE];
};

struct flight {
    bool live;
    bool failed;
    int member;
    int part;
    uint32_t era;
    int64_t offset;
};

static struct world {
    struct treaty_rng rng;
    int64_t log[PARTS][RECORDS]; /* offsets that exist, ascending */
    bool bad[PARTS][RECORDS];
    int processed[PARTS][RECORDS];
    int copied[PARTS][RECORDS];
    int64_t committed[PARTS];
    int owner[PARTS];
    struct treaty_partition member[MEMBERS][PARTS];
    struct feed feed[MEMBERS][PARTS];
    struct flight flights[FLIGHT];
    int64_t now;
    bool registry_down;
    int outages;
    int rebalances;
    bool ever_wrong;
} w;

static uint64_t pick(uint64_t n)
{
    return treaty_rng_below(&w.rng, n);
}

static int index_of(int part, int64_t offset)
{
    for (int i = 0; i < RECORDS; i++)
        if (w.log[part][i] >= offset)
            return i;
    return RECORDS;
}

/* Everything below a committed offset must be taken, or copied for good. */
static void commit(int m, int part)
{
    int64_t offset = treaty_partition_storable(&w.member[m][part]);

    if (offset < 0)
        return;
    w.committed[part] = offset;
    for (int i = 0; i < RECORDS && w.log[part][i] < offset; i++) {
        int times = w.bad[part][i] ? w.copied[part][i] : w.processed[part][i];

        if (times == 0 && !w.ever_wrong) {
            tap_fail(__FILE__, __LINE__,
                     "partition %d: %lld committed, %lld lost", part,
                     (long long)offset, (long long)w.log[part][i]);
            w.ever_wrong = true;
        }
    }
}

static void give(int part, int m)
{
    w.owner[part] = m;
    w.feed[m][part] = (struct feed){.position = w.committed[part]};
    treaty_partition_assign(&w.member[m][part]);
}

/* Half the time the last commit is lost with the member. */
static void move_partition(int part)
{
    int from = w.owner[part];

    if (pick(2))
        commit(from, part);
    treaty_partition_revoke(&w.member[from][part]);
    give(part, (int)pick(MEMBERS));
    w.rebalances++;
}

static void send_copy(int m, int part, int64_t offset)
{
    for (int i = 0; i < FLIGHT; i++) {
        if (w.flights[i].live)
            continue;
        w.flights[i] = (struct flight){
            true, false, m, part, w.member[m][part].era, offset};
        return;
    }
    tap_fail(__FILE__, __LINE__, "too many copies in flight");
}

static void process(int m, int part, int64_t offset)
{
    struct treaty_partition *p = &w.member[m][part];
    int i = index_of(part, offset);

    if (!treaty_partition_offer(p, offset))
        return;
    if (w.registry_down) {
        treaty_partition_wait(p, w.now, &w.rng);
    } else if (!w.bad[part][i]) {
        w.processed[part][i]++;
        treaty_partition_done(p);
    } else if (treaty_partition_reject(p, w.now)) {
        send_copy(m, part, offset);
    }
}

static void fetch(struct feed *f, int part)
{
    int i = index_of(part, f->position);

    while (!f->paused && i < RECORDS && f->count < QUEUE && pick(8)) {
        f->queue[f->count++] = w.log[part][i];
        f->position = w.log[part][i] + 1;
        i++;
    }
}

/* A batch is taken first and processed after: in between, the group moves. */
static void take_batch(int m)
{
    int64_t batch[PARTS][QUEUE];
    int counts[PARTS];

    for (int part = 0; part < PARTS; part++) {
        struct feed *f = &w.feed[m][part];

        counts[part] = 0;
        if (w.owner[part] != m)
            continue;
        fetch(f, part);
        counts[part] = (int)pick((uint64_t)f->count + 1);
        memcpy(batch[part], f->queue, (size_t)counts[part] * sizeof(int64_t));
        f->count -= counts[part];
        memmove(f->queue, f->queue + counts[part],
                (size_t)f->count * sizeof(int64_t));
    }
    if (pick(20) == 0)
        move_partition((int)pick(PARTS));
    for (int part = 0; part < PARTS; part++)
        for (int i = 0; i < counts[part]; i++)
            process(m, part, batch[part][i]);
}

/* Leftovers of before the seek come first, but not twice in a row. */
static void seek(struct feed *f, int64_t offset)
{
    int kept = f->leaky || pick(4) ? 0 : (int)pick(3);

    f->count = kept < f->count ? kept : 0;
    f->leaky = f->count > 0;
    f->position = offset;
    f->paused = false;
}

static void obey(int m)
{
    for (int part = 0; part < PARTS; part++) {
        struct treaty_partition *p = &w.member[m][part];
        enum treaty_partition_wish wish = treaty_partition_wish(p, w.now);

        treaty_partition_next_batch(p);
        if (wish == TREATY_WISH_NOTHING)
            continue;
        if (wish == TREATY_WISH_PAUSE) {
            w.feed[m][part].paused = true;
            treaty_partition_paused(p);
        } else if (pick(10) == 0) {
            treaty_partition_seek_failed(p, w.now);
        } else {
            if (p->next < 0)
                treaty_partition_start_at(p, w.committed[part]);
            seek(&w.feed[m][part], p->next);
            treaty_partition_sought(p);
        }
    }
}

static void land_copies(void)
{
    for (int i = 0; i < FLIGHT; i++) {
        struct flight *f = &w.flights[i];
        struct treaty_partition *p;

        if (!f->live || pick(3) == 0)
            continue;
        p = &w.member[f->member][f->part];
        if (pick(4) == 0) {
            treaty_partition_copy_failed(p, f->era, f->offset, w.now);
            continue; /* and sent again */
        }
        w.copied[f->part][index_of(f->part, f->offset)]++;
        treaty_partition_copied(p, f->era, f->offset);
        f->live = false;
    }
}

static void begin(uint64_t seed)
{
    memset(&w, 0, sizeof(w));
    treaty_rng_init(&w.rng, seed);
    for (int part = 0; part < PARTS; part++) {
        int64_t offset = 0;

        for (int i = 0; i < RECORDS; i++) {
            offset += pick(5) ? 1 : 1 + (int64_t)pick(4);
            w.log[part][i] = offset;
            w.bad[part][i] = pick(12) == 0;
        }
        for (int m = 0; m < MEMBERS; m++)
            treaty_partition_init(&w.member[m][part], 1);
        give(part, (int)pick(MEMBERS));
    }
}

static bool finished(void)
{
    for (int part = 0; part < PARTS; part++)
        if (w.committed[part] <= w.log[part][RECORDS - 1])
            return false;
    return true;
}

static void step(int outages_max)
{
    w.now += (int64_t)pick(200);
    if (w.registry_down ? pick(5) == 0
                        : w.outages < outages_max && pick(3) == 0) {
        w.outages += !w.registry_down;
        w.registry_down = !w.registry_down;
    }
    for (int m = 0; m < MEMBERS; m++) {
        obey(m);
        take_batch(m);
    }
    land_copies();
    for (int part = 0; part < PARTS; part++)
        if (pick(4) == 0)
            commit(w.owner[part], part);
}

/* Read everything once more, as if it had never been read. */
static void start_over(void)
{
    memset(w.processed, 0, sizeof(w.processed));
    memset(w.copied, 0, sizeof(w.copied));
    memset(w.flights, 0, sizeof(w.flights));
    for (int part = 0; part < PARTS; part++) {
        w.committed[part] = 0;
        treaty_partition_revoke(&w.member[w.owner[part]][part]);
        give(part, (int)pick(MEMBERS));
    }
}

static void run_world(uint64_t seed, int outages)
{
    int steps = 0;

    begin(seed);
    /* All of the outages happen, however fast the log is read. */
    while ((!finished() || w.outages < outages) && steps++ < 1000000) {
        if (finished())
            start_over();
        step(outages);
    }
    CHECK(finished());
    for (int m = 0; m < MEMBERS; m++)
        for (int part = 0; part < PARTS; part++)
            treaty_partition_release(&w.member[m][part]);
}

static void a_hundred_outages_with_rebalances_lose_nothing(void)
{
    int outages = 0;
    int rebalances = 0;

    for (uint64_t seed = 1; seed <= 60; seed++) {
        run_world(seed, 100);
        outages += w.outages;
        rebalances += w.rebalances;
        if (w.ever_wrong) {
            tap_note("seed %llu", (unsigned long long)seed);
            break;
        }
    }
    tap_note("%d outages, %d rebalances", outages, rebalances);
    CHECK(outages >= 6000);
    CHECK(rebalances > 1000);
}

TAP_MAIN({"takes in order and drops the past",
          takes_in_order_and_drops_the_past},
         {"waits and comes back to the same record",
          waits_and_comes_back_to_the_same_record},
         {"waits longer each time", waits_longer_each_time},
         {"believes a gap after a seek only twice",
          believes_a_gap_after_a_seek_only_twice},
         {"commits only below copies that are on their way",
          commits_only_below_copies_that_are_on_their_way},
         {"waits for a copy that failed", waits_for_a_copy_that_failed},
         {"holds a bounded number of copies", holds_a_bounded_number_of_copies},
         {"stops above the ratio", stops_above_the_ratio},
         {"ratios at the ends", ratios_at_the_ends},
         {"a hundred outages with rebalances lose nothing",
          a_hundred_outages_with_rebalances_lose_nothing})
