/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/supervise.h"

#include "base/str.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define INSTANCES_MAX 1024

struct child {
    pid_t pid;
    int pipe; /* -1 once it is closed */
    struct treaty_buf text;
};

static volatile sig_atomic_t stop_asked;
static volatile sig_atomic_t go_on_asked;
static volatile sig_atomic_t pending; /* a signal to pass on, or 0 */

static void on_signal(int number)
{
    if (number == SIGUSR1)
        go_on_asked = 1;
    else
        stop_asked = 1;
    pending = number;
}

static void watch_signals(void)
{
    /* No SA_RESTART: a wait ends when there is something to do. */
    struct sigaction action = {.sa_handler = on_signal};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

bool treaty_stop_asked(void)
{
    return stop_asked != 0;
}

bool treaty_go_on_asked(void)
{
    bool asked = go_on_asked != 0;

    go_on_asked = 0;
    return asked;
}

void treaty_report_init(struct treaty_report *report)
{
    *report = (struct treaty_report){0};
    treaty_tally_init(&report->tally);
}

void treaty_report_release(struct treaty_report *report)
{
    treaty_tally_release(&report->tally);
    treaty_sequences_release(&report->sequences);
}

static void send_report(const struct treaty_report *report, int fd)
{
    struct treaty_buf out;
    size_t done = 0;

    treaty_buf_init(&out, 0);
    treaty_tally_write(&report->tally, &out);
    treaty_sequences_write(&report->sequences, &out);
    /* The last line says that none is missing. */
    if (!report->tally.failed && !report->sequences.failed)
        treaty_buf_put_z(&out, "end\n");
    while (done < out.len) {
        ssize_t n = write(fd, out.data + done, out.len - done);

        if (n < 0 && errno != EINTR)
            break;
        done += n > 0 ? (size_t)n : 0;
    }
    treaty_buf_release(&out);
}

/* False when the report is not whole. */
static bool take_report(struct treaty_report *report, struct treaty_str text)
{
    struct treaty_str line;
    bool whole = false;

    while (treaty_str_split(&text, '\n', &line)) {
        whole = whole || treaty_str_eq_z(line, "end");
        if (!treaty_tally_read(&report->tally, line))
            treaty_sequences_read(&report->sequences, line);
    }
    return whole;
}

struct job {
    const char *command;
    treaty_instance_fn run;
    void *ctx;
    unsigned count;
    struct child children[INSTANCES_MAX];
    unsigned alive;
    int status;
};

static _Noreturn void be_child(const struct job *job, unsigned index, int fd)
{
    struct treaty_report report;
    struct treaty_instance me = {index, job->count, &report};
    int status;

    /* A supervisor that is killed takes its instances along. */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    for (unsigned i = 0; i < index; i++)
        if (job->children[i].pipe >= 0)
            close(job->children[i].pipe);
    treaty_report_init(&report);
    status = job->run(&me, job->ctx);
    fflush(stdout);
    send_report(&report, fd);
    treaty_report_release(&report);
    _exit(status);
}

static bool start_child(struct job *job, unsigned index)
{
    struct child *child = &job->children[index];
    int ends[2];

    treaty_buf_init(&child->text, 0);
    child->pipe = -1;
    if (pipe(ends))
        return false;
    fflush(stdout);
    fflush(stderr);
    child->pid = fork();
    if (child->pid == 0) {
        close(ends[0]);
        be_child(job, index, ends[1]);
    }
    close(ends[1]);
    child->pipe = ends[0];
    job->alive += child->pid > 0;
    return child->pid > 0;
}

static void signal_all(const struct job *job, int number)
{
    for (unsigned i = 0; i < job->count; i++)
        if (job->children[i].pid > 0)
            kill(job->children[i].pid, number);
}

static void raise_status(struct job *job, int status)
{
    if (status > job->status)
        job->status = status;
}

static void note_exit(struct job *job, unsigned index, int how,
                      struct treaty_report *report)
{
    struct child *child = &job->children[index];
    bool whole = take_report(report, treaty_buf_str(&child->text));

    treaty_buf_release(&child->text);
    if (WIFSIGNALED(how)) {
        fprintf(stderr, "treaty %s: instance %u was ended by signal %d\n",
                job->command, index, WTERMSIG(how));
        raise_status(job, 2);
        return;
    }
    if (WEXITSTATUS(how))
        fprintf(stderr, "treaty %s: instance %u ended with status %d\n",
                job->command, index, WEXITSTATUS(how));
    raise_status(job, WEXITSTATUS(how));
    if (!whole) {
        fprintf(stderr, "treaty %s: the report of instance %u is not whole\n",
                job->command, index);
        raise_status(job, 2);
    }
}

/* A child that has closed its pipe is about to end. */
static void reap(struct job *job, unsigned index, struct treaty_report *report)
{
    struct child *child = &job->children[index];
    int how = 0;

    close(child->pipe);
    child->pipe = -1;
    while (waitpid(child->pid, &how, 0) < 0 && errno == EINTR)
        ;
    child->pid = 0;
    job->alive--;
    note_exit(job, index, how, report);
}

static void read_pipe(struct job *job, unsigned index,
                      struct treaty_report *report)
{
    struct child *child = &job->children[index];
    char bytes[1 << 16];
    ssize_t n = read(child->pipe, bytes, sizeof(bytes));

    if (n > 0)
        treaty_buf_put_mem(&child->text, bytes, (size_t)n);
    else if (n == 0 || (errno != EINTR && errno != EAGAIN))
        reap(job, index, report);
}

static void watch(struct job *job, struct treaty_report *report)
{
    struct pollfd fds[INSTANCES_MAX];

    while (job->alive) {
        int number = pending;

        pending = 0;
        if (number)
            signal_all(job, number);
        for (unsigned i = 0; i < job->count; i++)
            fds[i] = (struct pollfd){job->children[i].pipe, POLLIN, 0};
        /* A signal between the look above and here waits for a second. */
        if (poll(fds, job->count, 1000) <= 0)
            continue;
        for (unsigned i = 0; i < job->count; i++)
            if (fds[i].fd >= 0 && fds[i].revents)
                read_pipe(job, i, report);
    }
}

static int run_many(struct job *job, struct treaty_report *report)
{
    for (unsigned i = 0; i < job->count; i++) {
        if (start_child(job, i))
            continue;
        fprintf(stderr, "treaty %s: instance %u does not start: %s\n",
                job->command, i, strerror(errno));
        raise_status(job, 2);
        job->count = i;
        signal_all(job, SIGTERM);
    }
    watch(job, report);
    return job->status;
}

int treaty_supervise(const char *command, unsigned count,
                     treaty_instance_fn run, void *ctx,
                     struct treaty_report *report)
{
    struct treaty_instance me = {0, 1, report};
    struct job *job;
    int status;

    watch_signals();
    if (count <= 1)
        return run(&me, ctx);
    job = calloc(1, sizeof(*job));
    if (!job || count > INSTANCES_MAX) {
        fprintf(stderr, "treaty %s: too many instances\n", command);
        free(job);
        return 2;
    }
    job->command = command;
    job->run = run;
    job->ctx = ctx;
    job->count = count;
    status = run_many(job, report);
    free(job);
    return status;
}

/* True when all of `text` is in the file `path`. */
static bool write_out(struct treaty_buf *text, const char *path)
{
    bool to_stdout = strcmp(path, "-") == 0;
    FILE *file = to_stdout ? stdout : fopen(path, "w");
    bool ok;

    if (!file) {
        fprintf(stderr, "treaty: %s: %s\n", path, strerror(errno));
        return false;
    }
    ok = !text->failed && fwrite(text->data, 1, text->len, file) == text->len;
    if (to_stdout)
        return fflush(file) == 0 && ok;
    return fclose(file) == 0 && ok;
}

bool treaty_report_print(const struct treaty_report *report,
                         treaty_report_head_fn head, void *ctx,
                         const char *path)
{
    struct treaty_buf out;
    struct treaty_json_writer writer = {&out, false};
    bool ok;

    treaty_buf_init(&out, 0);
    treaty_json_begin_object(&writer);
    head(&writer, ctx);
    treaty_tally_put_json(&report->tally, &writer);
    if (report->sequences.count) {
        treaty_json_key(&writer, "producers");
        treaty_sequences_put_json(&report->sequences, &writer);
    }
    treaty_json_end_object(&writer);
    treaty_buf_put_c(&out, '\n');
    ok = write_out(&out, path);
    treaty_buf_release(&out);
    return ok;
}

bool treaty_report_print_sequences(const struct treaty_report *report,
                                   const char *path)
{
    struct treaty_buf out;
    bool ok;

    treaty_buf_init(&out, 0);
    treaty_sequences_write(&report->sequences, &out);
    ok = write_out(&out, path);
    treaty_buf_release(&out);
    return ok;
}
