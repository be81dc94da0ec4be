/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREATY_SRC_STREAM_CONF_H
#define TREATY_SRC_STREAM_CONF_H

/*
 * Properties of librdkafka, as people give them: `-X key=value`, and files of
 * such lines with `#` comments (`-F FILE`), both as kcat takes them. They come
 * after our own defaults, in the order given, so that the last one wins.
 *
 * Values may be passwords. They are never part of a message of ours.
 */
#include "base/arena.h"

#include <librdkafka/rdkafka.h>

#include <stdbool.h>

struct treaty_prop {
    const char *key;
    const char *value;
    struct treaty_prop *next;
};

/* Everything lies on `arena`. Zeroed but for the arena, it is empty. */
struct treaty_props {
    struct treaty_arena *arena;
    struct treaty_prop *first;
    struct treaty_prop *last;
};

/* TREATY_EUSAGE when there is no `=` or no key; TREATY_ENOMEM. */
TREATY_MUST_CHECK enum treaty_code
treaty_props_add(struct treaty_props *props, struct treaty_str assignment,
                 struct treaty_error *err);
TREATY_MUST_CHECK enum treaty_code treaty_props_set(struct treaty_props *props,
                                                    const char *key,
                                                    const char *value,
                                                    struct treaty_error *err);
/* TREATY_EUSAGE names file and line; or what treaty_file_read returns. */
TREATY_MUST_CHECK enum treaty_code treaty_props_read(struct treaty_props *props,
                                                     const char *path,
                                                     struct treaty_error *err);

/* The value set last under `key`, or NULL. */
const char *treaty_props_get(const struct treaty_props *props, const char *key);

/* One line from librdkafka; `level` as syslog has it (3 error, 6 info). */
typedef void (*treaty_stream_log_fn)(void *ctx, int level, const char *facility,
                                     const char *text);

struct treaty_stream_log {
    treaty_stream_log_fn fn; /* NULL: nobody listens */
    void *ctx;
};

/* What every client of Kafka is told. */
struct treaty_stream_options {
    const struct treaty_props *props; /* the user's, or NULL */
    const char *bootstrap;            /* "host:port,..."; NULL if in props */
    const char *client_id;
    struct treaty_stream_log log;
    uint32_t instances; /* processes that share the machine; 0: 1 */
};

/*
 * A configuration with `defaults` (pairs, a NULL key at the end), then what
 * `options` says. TREATY_EUSAGE names the property that is wrong.
 */
struct treaty_prop_default {
    const char *key;
    const char *value;
};

TREATY_MUST_CHECK enum treaty_code
treaty_stream_conf(const struct treaty_stream_options *options,
                   const struct treaty_prop_default *defaults,
                   rd_kafka_conf_t **ret, struct treaty_error *err);

/* One property; TREATY_EUSAGE without the value in the message. */
enum treaty_code treaty_stream_set(rd_kafka_conf_t *conf, const char *key,
                                   const char *value, struct treaty_error *err);

/* To the user's log, but for warnings that a property is of the other kind. */
void treaty_stream_pass_log(const struct treaty_stream_log *log, int level,
                            const char *facility, const char *text);

/* TREATY_EUNREACHABLE, TREATY_ETIMEOUT, TREATY_EIO...: what Kafka's code
 * means to us, described in `err` with `doing` in front. */
enum treaty_code treaty_stream_fail(struct treaty_error *err,
                                    rd_kafka_resp_err_t code,
                                    const char *doing);

#endif
