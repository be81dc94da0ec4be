/* SPDX-License-Identifier: Apache-2.0 */
/* What instances count, on its way to their supervisor and out. */
#include "base/rng.h"
#include "cmd/supervise.h"

#include "tap.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static void tallies_add_up(void)
{
    struct treaty_tally a;
    struct treaty_tally b;
    struct treaty_buf text;
    struct treaty_str rest;
    struct treaty_str line;

    treaty_tally_init(&a);
    treaty_tally_init(&b);
    treaty_buf_init(&text, 0);
    treaty_tally_add_z(&a, "events", "consumed", 3);
    treaty_tally_add_z(&a, "errors", "a b/truncated", 1);
    treaty_tally_add_z(&a, "events", "consumed", 4);
    treaty_tally_add_z(&b, "events", "consumed", 5);
    treaty_tally_write(&a, &text);
    rest = treaty_buf_str(&text);
    while (treaty_str_split(&rest, '\n', &line))
        CHECK_INT(treaty_tally_read(&b, line), line.len > 0);
    CHECK_INT(treaty_tally_get(&b, "events", "consumed"), 12);
    CHECK_INT(treaty_tally_get(&b, "errors", "a b/truncated"), 1);
    CHECK_INT(treaty_tally_get(&b, "errors", "none"), 0);
    treaty_buf_release(&text);
    treaty_tally_release(&a);
    treaty_tally_release(&b);
}

static void tallies_print_json(void)
{
    struct treaty_tally tally;
    struct treaty_buf out;
    struct treaty_json_writer writer = {&out, false};

    treaty_tally_init(&tally);
    treaty_buf_init(&out, 0);
    treaty_tally_add_z(&tally, "events", "a", 1);
    treaty_tally_add_z(&tally, "errors", "x \"y\"", 2);
    treaty_tally_add_z(&tally, "events", "b", 0);
    treaty_json_begin_object(&writer);
    treaty_tally_put_json(&tally, &writer);
    treaty_json_end_object(&writer);
    CHECK_STR_Z(treaty_buf_str(&out), "{\"events\":{\"a\":1,\"b\":0},"
                                      "\"errors\":{\"x \\\"y\\\"\":2}}");
    treaty_buf_release(&out);
    treaty_tally_release(&tally);
}

static void note(struct treaty_sequences *all, uint32_t producer,
                 uint64_t sequence)
{
    struct treaty_gen_identity identity = {producer, sequence, 7};

    treaty_sequences_note(all, &identity);
}

static void check_counts(const struct treaty_sequences *all, uint64_t seen,
                         uint64_t duplicates, uint64_t missing)
{
    struct treaty_sequence_counts counts = treaty_sequences_counts(all);

    CHECK_INT(counts.seen, seen);
    CHECK_INT(counts.duplicates, duplicates);
    CHECK_INT(counts.missing, missing);
}

static void sequences_find_gaps_and_repeats(void)
{
    struct treaty_sequences all = {0};

    for (uint64_t i = 0; i < 10; i++)
        note(&all, 0, i);
    check_counts(&all, 10, 0, 0);
    note(&all, 0, 12);
    check_counts(&all, 11, 0, 2);
    note(&all, 0, 11);
    note(&all, 0, 10); /* closes the gap between two runs */
    check_counts(&all, 13, 0, 0);
    CHECK_INT(all.items[0].count, 1);
    note(&all, 0, 5);
    note(&all, 0, 12);
    check_counts(&all, 13, 2, 0);
    note(&all, 1, 100); /* another producer's numbers are its own */
    check_counts(&all, 14, 2, 0);
    treaty_sequences_release(&all);
}

/* Random numbers in random order, against a plain array. */
static void sequences_agree_with_an_array(void)
{
    enum { RANGE = 300 };
    struct treaty_rng rng;

    treaty_rng_init(&rng, 5);
    for (int round = 0; round < 200; round++) {
        struct treaty_sequences all = {0};
        int times[RANGE] = {0};
        uint64_t seen = 0;
        uint64_t repeats = 0;
        int first = RANGE;
        int last = 0;

        for (uint64_t k = treaty_rng_below(&rng, 400) + 1; k; k--) {
            int i = (int)treaty_rng_below(&rng, RANGE);

            seen += times[i] == 0;
            repeats += times[i]++ > 0;
            first = i < first ? i : first;
            last = i > last ? i : last;
            note(&all, 3, (uint64_t)i);
        }
        check_counts(&all, seen, repeats, (uint64_t)(last - first + 1) - seen);
        treaty_sequences_release(&all);
    }
}

static void sequences_join(void)
{
    struct treaty_sequences one = {0};
    struct treaty_sequences other = {0};
    struct treaty_buf text;

    treaty_buf_init(&text, 0);
    for (uint64_t i = 0; i < 1000; i++) {
        note(i / 100 % 2 ? &one : &other, 4, i);
        if (i == 550)
            note(&other, 4, i); /* both read it */
    }
    note(&one, 4, 950);
    check_counts(&one, 500, 1, 400);
    treaty_sequences_write(&one, &text);
    text.len--; /* the line's end */
    CHECK(treaty_sequences_read(&other, treaty_buf_str(&text)));
    check_counts(&other, 1000, 2, 0);
    CHECK(!treaty_sequences_read(&other, TREATY_STR("add 1 a b")));
    treaty_buf_release(&text);
    treaty_sequences_release(&one);
    treaty_sequences_release(&other);
}

static int count_and_end(const struct treaty_instance *me, void *ctx)
{
    (void)ctx;
    treaty_tally_add_z(&me->report->tally, "events", "index", me->index);
    treaty_tally_add_z(&me->report->tally, "events", "all", 1);
    note(&me->report->sequences, me->index, 1);
    return me->index == 1 ? 1 : 0;
}

static void instances_hand_in_their_reports(void)
{
    struct treaty_report report;

    treaty_report_init(&report);
    CHECK_INT(treaty_supervise("test", 5, count_and_end, NULL, &report), 1);
    CHECK_INT(treaty_tally_get(&report.tally, "events", "index"), 10);
    CHECK_INT(treaty_tally_get(&report.tally, "events", "all"), 5);
    check_counts(&report.sequences, 5, 0, 0);
    treaty_report_release(&report);
}

static int wait_for_stop(const struct treaty_instance *me, void *ctx)
{
    (void)ctx;
    /* The last one gets the supervisor to pass a signal on to all. */
    if (me->index == 2)
        kill(getppid(), SIGTERM);
    for (int i = 0; i < 500 && !treaty_stop_asked(); i++)
        usleep(10000);
    treaty_tally_add_z(&me->report->tally, "events", "stopped",
                       treaty_stop_asked());
    return 0;
}

static void signals_are_passed_on(void)
{
    struct treaty_report report;

    treaty_report_init(&report);
    CHECK_INT(treaty_supervise("test", 3, wait_for_stop, NULL, &report), 0);
    CHECK_INT(treaty_tally_get(&report.tally, "events", "stopped"), 3);
    treaty_report_release(&report);
}

static int die(const struct treaty_instance *me, void *ctx)
{
    (void)ctx;
    if (me->index == 0)
        raise(SIGKILL);
    treaty_tally_add_z(&me->report->tally, "events", "all", 1);
    return 0;
}

static void a_dead_instance_is_told_of(void)
{
    struct treaty_report report;

    treaty_report_init(&report);
    CHECK_INT(treaty_supervise("test", 3, die, NULL, &report), 2);
    CHECK_INT(treaty_tally_get(&report.tally, "events", "all"), 2);
    treaty_report_release(&report);
}

TAP_MAIN({"tallies add up", tallies_add_up},
         {"tallies print JSON", tallies_print_json},
         {"sequences find gaps and repeats", sequences_find_gaps_and_repeats},
         {"sequences agree with an array", sequences_agree_with_an_array},
         {"sequences join", sequences_join},
         {"instances hand in their reports", instances_hand_in_their_reports},
         {"signals are passed on", signals_are_passed_on},
         {"a dead instance is told of", a_dead_instance_is_told_of})
