/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Linux tells about a process, under the names that Prometheus' own
 * client libraries use. What cannot be read is left out.
 */
#include "base/str.h"
#include "metrics/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { PROC_TEXT_SIZE = 4096 };

/* The beginning of a file under /proc, cut at the size of `text`. */
static struct treaty_str read_proc(const char *path, char text[PROC_TEXT_SIZE])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    if (fd < 0)
        return (struct treaty_str){0};
    n = read(fd, text, PROC_TEXT_SIZE);
    (void)close(fd);
    if (n < 0)
        return (struct treaty_str){0};
    return (struct treaty_str){text, (size_t)n};
}

/* Word `n` of `s`, from 0, as a number. */
static bool read_word(struct treaty_str s, size_t n, uint64_t *ret)
{
    struct treaty_str word;

    s = treaty_str_trim(s);
    while (treaty_str_split(&s, ' ', &word)) {
        if (n-- == 0)
            return treaty_str_to_u64(treaty_str_trim(word), ret);
    }
    return false;
}

static void put_memory(struct treaty_buf *out)
{
    static const struct treaty_metric_desc resident = {
        .kind = TREATY_METRIC_GAUGE,
        .name = "process_resident_memory_bytes",
        .help = "Memory that is in RAM, in bytes.",
    };
    static const struct treaty_metric_desc all = {
        .kind = TREATY_METRIC_GAUGE,
        .name = "process_virtual_memory_bytes",
        .help = "Address space in use, in bytes.",
    };
    char text[PROC_TEXT_SIZE];
    struct treaty_str statm = read_proc("/proc/self/statm", text);
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t pages;

    if (read_word(statm, 1, &pages)) {
        treaty_metrics_put_head(out, &resident);
        treaty_buf_printf(out, "%s %llu\n", resident.name,
                          (unsigned long long)(pages * page));
    }
    if (read_word(statm, 0, &pages)) {
        treaty_metrics_put_head(out, &all);
        treaty_buf_printf(out, "%s %llu\n", all.name,
                          (unsigned long long)(pages * page));
    }
}

static void put_cpu(struct treaty_buf *out)
{
    static const struct treaty_metric_desc cpu = {
        .kind = TREATY_METRIC_COUNTER,
        .name = "process_cpu_seconds_total",
        .help = "CPU time used, user and system together, in seconds.",
    };
    struct timespec used = {0};

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    treaty_metrics_put_head(out, &cpu);
    treaty_metrics_put_name(out, &cpu, "", TREATY_STR(""));
    treaty_metrics_put_seconds(out, (uint64_t)used.tv_sec * 1000000000 +
                                        (uint64_t)used.tv_nsec);
    treaty_buf_put_c(out, '\n');
}

/* Entries of /proc/self/fd but the one that is open for counting. */
static bool count_files(uint64_t *ret)
{
    DIR *dir = opendir("/proc/self/fd");
    uint64_t count = 0;

    if (!dir)
        return false;
    for (const struct dirent *e = readdir(dir); e; e = readdir(dir))
        count += e->d_name[0] != '.';
    (void)closedir(dir);
    *ret = count - 1;
    return true;
}

static void put_files(struct treaty_buf *out)
{
    static const struct treaty_metric_desc open_files = {
        .kind = TREATY_METRIC_GAUGE,
        .name = "process_open_fds",
        .help = "Open file descriptors.",
    };
    static const struct treaty_metric_desc most = {
        .kind = TREATY_METRIC_GAUGE,
        .name = "process_max_fds",
        .help = "Most file descriptors that may be open.",
    };
    struct rlimit limit = {0};
    uint64_t count;

    if (count_files(&count)) {
        treaty_metrics_put_head(out, &open_files);
        treaty_buf_printf(out, "%s %llu\n", open_files.name,
                          (unsigned long long)count);
    }
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    treaty_metrics_put_head(out, &most);
    treaty_buf_printf(out, "%s %llu\n", most.name,
                      (unsigned long long)limit.rlim_cur);
}

static uint64_t to_ms(struct timespec t)
{
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/*
 * Start of the process in milliseconds since 1970: when the machine started
 * plus field 22 of /proc/self/stat, counted behind the name of the program,
 * which may hold blanks and parentheses.
 */
static bool find_start(uint64_t *ret_ms)
{
    char text[PROC_TEXT_SIZE];
    struct treaty_str stat = read_proc("/proc/self/stat", text);
    const uint64_t ticks = (uint64_t)sysconf(_SC_CLK_TCK);
    struct timespec now = {0}, up = {0};
    uint64_t started;

    if (!read_word(treaty_str_after_last(stat, ')'), 19, &started))
        return false;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)clock_gettime(CLOCK_BOOTTIME, &up);
    *ret_ms = to_ms(now) - to_ms(up) + started * 1000 / ticks;
    return true;
}

static void put_start(struct treaty_buf *out)
{
    static const struct treaty_metric_desc start = {
        .kind = TREATY_METRIC_GAUGE,
        .name = "process_start_time_seconds",
        .help = "Start of the process, in seconds since 1970.",
    };
    uint64_t ms;

    if (!find_start(&ms))
        return;
    treaty_metrics_put_head(out, &start);
    treaty_buf_printf(out, "%s %llu.%03llu\n", start.name,
                      (unsigned long long)(ms / 1000),
                      (unsigned long long)(ms % 1000));
}

void treaty_metrics_write_process(struct treaty_buf *out)
{
    put_cpu(out);
    put_memory(out);
    put_files(out);
    put_start(out);
}
