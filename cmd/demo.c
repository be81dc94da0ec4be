/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `treaty demo`: the whole story in a minute. Each step is the real command,
 * run as a process of its own, with the line that a person would type above
 * its output; only the brokers are librdkafka's mock cluster, inside this
 * process, since a demo should need no Java.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"
#include "cmd/beside.h"
#include "cmd/command.h"
#include "cmd/demo_schemas.h"
#include "cmd/flags.h"
#include "stream/mock.h"
#include "stream/producer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ARGS_MAX = 24,
    READY_TIMEOUT_MS = 10000,
    OUTPUT_MAX = 1 << 20,
};

enum { AS_AVRO, AS_PROTOBUF };

struct options {
    int64_t count;
    int format;
};

static const struct treaty_flag flags[] = {
    {"count", "N", "orders to write", TREATY_FLAG_INT,
     offsetof(struct options, count), 10, 5000},
    {"format", "avro|protobuf", "format of the orders", TREATY_FLAG_CHOICE,
     offsetof(struct options, format), 0, 0},
};

static const struct treaty_usage usage = {
    .command = "demo",
    .about = "Shows what Treaty does, on a registry and brokers of its own.",
    .flags = flags,
    .flag_count = sizeof(flags) / sizeof(flags[0]),
};

struct demo {
    struct options opt;
    struct treaty_arena arena;
    struct treaty_mock *mock;
    const char *bootstrap;
    const char *registry;
    pid_t registry_pid;
    char folder[64];    /* where the schemas are */
    char program[4096]; /* `treaty` */
    int step;
};

static bool complain(const char *what, const struct treaty_error *err)
{
    fprintf(stderr, "treaty demo: %s: %s\n", what, err->message);
    return false;
}

static bool find_program(struct demo *demo)
{
    static const char *const places[] = {"/treaty", "/../../bin/treaty", NULL};

    if (treaty_find_beside(places, demo->program, sizeof(demo->program)))
        return true;
    fputs("treaty demo: the program treaty is not beside treaty-stream\n",
          stderr);
    return false;
}

/* The schemas as files, so that each command shown can be typed. */
static bool write_schemas(struct demo *demo)
{
    (void)snprintf(demo->folder, sizeof(demo->folder),
                   "/tmp/treaty-demo-XXXXXX");
    if (!mkdtemp(demo->folder) || chdir(demo->folder) != 0) {
        fprintf(stderr, "treaty demo: %s: %s\n", demo->folder, strerror(errno));
        return false;
    }
    for (size_t i = 0; treaty_demo_schemas[i].name; i++) {
        FILE *file = fopen(treaty_demo_schemas[i].name, "w");
        bool ok = file && fputs(treaty_demo_schemas[i].text, file) >= 0;

        if (file && fclose(file) != 0)
            ok = false;
        if (!ok) {
            fprintf(stderr, "treaty demo: %s/%s: %s\n", demo->folder,
                    treaty_demo_schemas[i].name, strerror(errno));
            return false;
        }
    }
    return true;
}

static void remove_files(const struct demo *demo)
{
    static const char *const others[] = {"order.bin", "out"};

    if (!demo->folder[0])
        return;
    for (size_t i = 0; treaty_demo_schemas[i].name; i++)
        (void)unlink(treaty_demo_schemas[i].name);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        (void)unlink(others[i]);
    if (chdir("/") == 0)
        (void)rmdir(demo->folder);
}

static void say(struct demo *demo, const char *text)
{
    demo->step++;
    printf("\n%d. %s\n\n", demo->step, text);
}

/* Print a command as typed, without the addresses that every one has. */
static void print_command(char *const *args)
{
    printf("   $ treaty");
    for (size_t i = 1; args[i]; i++) {
        if (strcmp(args[i], "-bootstrap") == 0 ||
            strcmp(args[i], "-registry") == 0)
            i++;
        else
            printf(" %s", args[i]);
    }
    putchar('\n');
    fflush(stdout);
}

/* In the child: output into `out`, errors there too. */
static void become(const struct demo *demo, char *const *args, int out)
{
    (void)dup2(out, STDOUT_FILENO);
    (void)dup2(out, STDERR_FILENO);
    (void)execv(demo->program, args);
    _exit(127);
}

static pid_t start(struct demo *demo, char *const *args, int *ret_fd)
{
    int ends[2];
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    pid = fork();
    if (pid == 0)
        become(demo, args, ends[1]);
    (void)close(ends[1]);
    *ret_fd = ends[0];
    return pid;
}

/* Everything that comes from `fd`, terminated; NULL without memory. */
static char *read_all(struct demo *demo, int fd)
{
    char *text = treaty_arena_alloc(&demo->arena, OUTPUT_MAX + 1);
    size_t len = 0;

    while (text && len < OUTPUT_MAX) {
        ssize_t n = read(fd, text + len, OUTPUT_MAX - len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    if (text)
        text[len] = '\0';
    return text;
}

/* Print at most `lines` lines of `text`, indented and cut to the screen. */
static void print_lines(struct treaty_str text, int lines)
{
    struct treaty_str line;
    int left = lines;

    while (left-- > 0 && treaty_str_split(&text, '\n', &line)) {
        if (line.len)
            printf("   %.*s%s\n", (int)(line.len < 320 ? line.len : 317),
                   line.data, line.len < 320 ? "" : "...");
    }
    if (text.data && text.len)
        puts("   ...");
}

/*
 * Run a command and print the first lines of what it says. True when its exit
 * status is `expected`. `ret` (or NULL) receives all of it.
 */
static bool run(struct demo *demo, char *const *args, int expected, int lines,
                const char **ret)
{
    int fd = -1;
    int status = 0;
    char *text;
    pid_t pid;

    print_command(args);
    pid = start(demo, args, &fd);
    if (pid < 0)
        return false;
    text = read_all(demo, fd);
    (void)close(fd);
    if (waitpid(pid, &status, 0) != pid || !text)
        return false;
    print_lines(treaty_str_z(text), lines);
    if (ret)
        *ret = text;
    if (WIFEXITED(status) && WEXITSTATUS(status) == expected)
        return true;
    fprintf(stderr, "treaty demo: the command ended with %d, not %d\n%s\n",
            WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
            expected, text);
    return false;
}

/* The arguments of one command; the addresses come last. */
#define RUN(demo, expected, lines, ret, ...)                                   \
    run((demo),                                                                \
        (char *const[]){(char *)(uintptr_t) "treaty", __VA_ARGS__,             \
                        A("-registry"), A((demo)->registry), NULL},            \
        (expected), (lines), (ret))
#define A(text) ((char *)(uintptr_t)(text))
#define KAFKA(demo) A("-bootstrap"), A((demo)->bootstrap)

/* The registry prints its address when it serves. */
static bool read_address(struct demo *demo, int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    char line[512];
    size_t len = 0;
    const char *found;

    while (len < sizeof(line) - 1 && poll(&ready, 1, READY_TIMEOUT_MS) == 1) {
        ssize_t n = read(fd, line + len, sizeof(line) - 1 - len);

        if (n <= 0)
            break;
        len += (size_t)n;
        line[len] = '\0';
        found = strstr(line, "http://");
        if (found && strchr(found, '\n')) {
            struct treaty_str url = treaty_str_z(found);

            url.len = strcspn(found, " \r\n");
            demo->registry = treaty_arena_dup(&demo->arena, url).data;
            return demo->registry != NULL;
        }
    }
    line[len] = '\0';
    fprintf(stderr, "treaty demo: the registry did not start: %s\n", line);
    return false;
}

static bool start_registry(struct demo *demo)
{
    char *args[] = {A("treaty"),  A("registry"),    A("-store"), A("memory:"),
                    A("-listen"), A("127.0.0.1:0"), NULL};
    int fd = -1;
    bool ok;

    say(demo, "A registry, in memory, and three embedded brokers.");
    print_command(args);
    demo->registry_pid = start(demo, args, &fd);
    ok = demo->registry_pid > 0 && read_address(demo, fd);
    /* The pipe stays open: the registry may log as long as it runs. */
    if (ok)
        printf("   listening on %s\n", demo->registry);
    return ok;
}

static bool start_brokers(struct demo *demo)
{
    struct treaty_error err;

    if (treaty_mock_start(3, &demo->mock, &err))
        return complain("brokers", &err);
    if (treaty_mock_create_topic(demo->mock, "orders", 4, 3, &err) ||
        treaty_mock_create_topic(demo->mock, "orders.quarantine", 1, 3, &err))
        return complain("topics", &err);
    demo->bootstrap = treaty_mock_bootstrap(demo->mock);
    return true;
}

/* The file of a schema in the demo's format; "" without memory. */
static const char *schema(struct demo *demo, const char *name)
{
    static const char *const endings[] = {
        [AS_AVRO] = "avsc", [AS_PROTOBUF] = "proto"};
    struct treaty_str file = treaty_arena_printf(&demo->arena, "%s.%s", name,
                                                 endings[demo->opt.format]);

    return file.data ? file.data : "";
}

static const char *number(struct demo *demo, int64_t n)
{
    return treaty_arena_printf(&demo->arena, "%lld", (long long)n).data;
}

static bool produce(struct demo *demo)
{
    say(demo, "Producers register version 1 of Order and write with it.");
    /* With a key, so that every partition has events to show. */
    return RUN(demo, 0, 12, NULL, A("producer"), A("-topic"), A("orders"),
               A("-schema"), A(schema(demo, "order-v1")), A("-compat"),
               A("FULL_TRANSITIVE"), A("-key"), A("order_id"), A("-count"),
               A(number(demo, demo->opt.count)), KAFKA(demo));
}

/* The number after `"name":` in a report; 0 when it is not there. */
static uint64_t number_in(const char *report, const char *name)
{
    struct treaty_str digits;
    uint64_t number = 0;
    const char *at = strstr(report, name);

    if (!at)
        return 0;
    at += strlen(name) + strlen("\":");
    digits = (struct treaty_str){at, strspn(at, "0123456789")};
    return treaty_str_to_u64(digits, &number) ? number : 0;
}

static bool print_cache(const char *report)
{
    uint64_t hits = number_in(report, "cache_hits");
    uint64_t misses = number_in(report, "cache_misses");
    uint64_t requests = number_in(report, "registry\":{\"requests");

    if (!hits)
        return false;
    printf("\n   The registry got %llu request(s) for %llu events: cache hit "
           "ratio %.4f.\n",
           (unsigned long long)requests, (unsigned long long)(hits + misses),
           (double)hits / (double)(hits + misses));
    return true;
}

static bool consume(struct demo *demo)
{
    const char *report = NULL;

    say(demo, "A consumer that knows version 2 reads them: fields that the "
              "writer lacks have their defaults, and every field is checked.");
    return RUN(demo, 0, 4, NULL, A("consumer"), A("-topic"), A("orders"),
               A("-schema"), A(schema(demo, "order-v2")), A("-offset"),
               A("beginning"), A("-count"), A("2"), A("-exit"), A("-o"),
               A("json"), KAFKA(demo)) &&
           RUN(demo, 0, 12, &report, A("consumer"), A("-topic"), A("orders"),
               A("-schema"), A(schema(demo, "order-v2")), A("-group"),
               A("billing"), A("-offset"), A("beginning"), A("-count"),
               A(number(demo, demo->opt.count)), A("-exit"), A("-verify"),
               KAFKA(demo)) &&
           print_cache(report);
}

static bool dump(struct demo *demo)
{
    say(demo, "One record, byte by byte.");
    return RUN(demo, 0, 40, NULL, A("frame"), A("-topic"), A("orders"),
               A("-partition"), A("0"), A("-offset"), A("0"), KAFKA(demo));
}

static bool refuse(struct demo *demo)
{
    say(demo, "A breaking change: the gate says where, why and what to do.");
    if (!RUN(demo, 1, 20, NULL, A("compat-check"), A("-subject"),
             A("orders-value"), A("-proposed"),
             A(schema(demo, "broken-add-required"))))
        return false;
    puts("");
    say(demo, "The registry refuses it, too.");
    return RUN(demo, 1, 8, NULL, A("producer"), A("-topic"), A("orders"),
               A("-schema"), A(schema(demo, "broken-add-required")),
               A("-count"), A("1"), KAFKA(demo));
}

static bool put_garbage(struct demo *demo)
{
    struct treaty_producer_options options = {
        .stream = {.bootstrap = demo->bootstrap, .client_id = "garbage"},
        .topic = "orders"};
    struct treaty_producer *producer = NULL;
    struct treaty_error err;
    bool ok = false;

    if (treaty_producer_new(&options, &producer, &err))
        return complain("producer", &err);
    if (treaty_producer_put(producer, (struct treaty_str){NULL, 0},
                            TREATY_STR("\x7fnot a frame"), &err) ||
        treaty_producer_flush(producer, 10000, &err))
        (void)complain("producing garbage", &err);
    else
        ok = true;
    treaty_producer_free(producer);
    return ok;
}

static bool quarantine(struct demo *demo)
{
    say(demo, "Somebody writes garbage. The consumer puts it aside and goes "
              "on; nothing is lost.");
    return put_garbage(demo) &&
           RUN(demo, 0, 12, NULL, A("consumer"), A("-topic"), A("orders"),
               A("-schema"), A(schema(demo, "order-v2")), A("-group"),
               A("billing"), A("-exit"), KAFKA(demo)) &&
           RUN(demo, 0, 12, NULL, A("consumer"), A("-topic"),
               A("orders.quarantine"), A("-offset"), A("beginning"),
               A("-count"), A("1"), A("-exit"), A("-o"), A("hex"), KAFKA(demo));
}

static bool tell(struct demo *demo)
{
    return find_program(demo) && write_schemas(demo) && start_brokers(demo) &&
           start_registry(demo) && produce(demo) && consume(demo) &&
           dump(demo) && refuse(demo) && quarantine(demo);
}

static void clean_up(struct demo *demo)
{
    if (demo->registry_pid > 0) {
        (void)kill(demo->registry_pid, SIGTERM);
        (void)waitpid(demo->registry_pid, NULL, 0);
    }
    treaty_mock_stop(demo->mock);
    remove_files(demo);
    treaty_arena_release(&demo->arena);
}

int treaty_cmd_demo(int argc, char **argv)
{
    struct demo demo = {.opt = {.count = 1000}};
    uint64_t start_ns = treaty_clock_mono_ns();
    int status;
    bool ok;

    if (!treaty_flags_parse(&usage, &argc, argv, &demo.opt, &status))
        return status;
    ok = tell(&demo);
    clean_up(&demo);
    if (ok)
        printf("\nThat was it, in %.1f seconds.\n",
               (double)(treaty_clock_mono_ns() - start_ns) / 1e9);
    return ok ? 0 : 2;
}
