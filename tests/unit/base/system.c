/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks, random numbers, the processor. */
#include "base/clock.h"
#include "base/cpu.h"
#include "base/rng.h"
#include "harness/tap.h"

#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static void clocks(void)
{
    uint64_t before = treaty_clock_mono_ns();
    int64_t wall = treaty_clock_wall_ms();
    uint64_t slept;

    treaty_clock_sleep_ms(20);
    slept = treaty_clock_mono_ns() - before;
    CHECK(slept >= 20000000);
    CHECK(slept < 5000000000);
    CHECK(wall / 1000 >= (int64_t)time(NULL) - 2 &&
          wall / 1000 <= (int64_t)time(NULL));
}

static void ignore_signal(int number)
{
    (void)number;
}

/* A signal does not end the sleep. */
static void sleeps_through_signals(void)
{
    struct itimerval often = {{0, 3000}, {0, 3000}};
    struct itimerval never = {{0, 0}, {0, 0}};
    struct sigaction action = {.sa_handler = ignore_signal};
    uint64_t before = treaty_clock_mono_ns();

    (void)sigaction(SIGALRM, &action, NULL);
    (void)setitimer(ITIMER_REAL, &often, NULL);
    treaty_clock_sleep_ms(25);
    (void)setitimer(ITIMER_REAL, &never, NULL);
    CHECK(treaty_clock_mono_ns() - before >= 25000000);
}

/* The sequence is part of the contract: reports are made again from a seed. */
static void one_seed_one_sequence(void)
{
    struct treaty_rng a, b;

    treaty_rng_init(&a, 0);
    CHECK(a.s[0] == UINT64_C(0xe220a8397b1dcdaf));
    CHECK(a.s[1] == UINT64_C(0x6e789e6aa1b965f4));
    CHECK(a.s[2] == UINT64_C(0x06c45d188009454f));
    CHECK(a.s[3] == UINT64_C(0xf88bb8a8724c81ec));
    CHECK(treaty_rng_next(&a) == UINT64_C(0x99ec5f36cb75f2b4));
    treaty_rng_init(&a, 5);
    treaty_rng_init(&b, 5);
    for (int i = 0; i < 100; i++)
        CHECK(treaty_rng_next(&a) == treaty_rng_next(&b));
    treaty_rng_init(&b, 6);
    CHECK(treaty_rng_next(&a) != treaty_rng_next(&b));
}

static void bounds(void)
{
    struct treaty_rng rng;
    int counts[6] = {0};

    treaty_rng_init(&rng, 1);
    CHECK_INT(treaty_rng_below(&rng, 0), 0);
    CHECK_INT(treaty_rng_below(&rng, 1), 0);
    for (int i = 0; i < 60000; i++) {
        uint64_t n = treaty_rng_below(&rng, 6);

        if (CHECK(n < 6))
            counts[n]++;
    }
    for (int i = 0; i < 6; i++)
        CHECK(counts[i] > 9500 && counts[i] < 10500);
}

static void system_bytes_differ(void)
{
    unsigned char a[64] = {0};
    unsigned char b[64] = {0};

    treaty_rng_system(a, sizeof(a));
    treaty_rng_system(b, sizeof(b));
    CHECK(memcmp(a, b, sizeof(a)) != 0);
    memset(a, 7, sizeof(a));
    treaty_rng_system(a, 10);
    for (size_t i = 10; i < sizeof(a); i++)
        CHECK_INT(a[i], 7);
    treaty_rng_system(NULL, 0);
}

/* A child asks for the first time, so that the wish is heard. */
static void baseline_is_respected(void)
{
    pid_t child = fork();
    int status = -1;

    if (child == 0) {
        (void)setenv("TREATY_CPU", "baseline", 1);
        _exit((int)treaty_cpu_features());
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_INT(status, 0);
    CHECK_INT(treaty_cpu_features(), treaty_cpu_features());
    CHECK(treaty_cpu_features() < 4);
}

TAP_MAIN({"baseline is respected", baseline_is_respected}, {"clocks", clocks},
         {"sleeps through signals", sleeps_through_signals},
         {"one seed, one sequence", one_seed_one_sequence}, {"bounds", bounds},
         {"system bytes differ", system_bytes_differ})
