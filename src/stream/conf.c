/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/conf.h"

#include "base/error.h"
#include "base/file.h"
#include "base/str.h"

#define FILE_MAX ((size_t)1 << 20)

enum treaty_code treaty_props_set(struct treaty_props *props, const char *key,
                                  const char *value, struct treaty_error *err)
{
    struct treaty_prop *prop =
        TREATY_ARENA_NEW(props->arena, struct treaty_prop);
    struct treaty_str k = treaty_arena_dup(props->arena, treaty_str_z(key));
    struct treaty_str v = treaty_arena_dup(props->arena, treaty_str_z(value));

    if (!prop || !k.data || !v.data)
        return treaty_fail_nomem(err);
    prop->key = k.data;
    prop->value = v.data;
    if (props->last)
        props->last->next = prop;
    else
        props->first = prop;
    props->last = prop;
    return TREATY_OK;
}

/* A file's author may align the values; on the command line a space counts. */
static enum treaty_code add(struct treaty_props *props,
                            struct treaty_str assignment, bool in_file,
                            struct treaty_error *err)
{
    size_t at = treaty_str_find(assignment, '=');
    struct treaty_str key = treaty_str_trim(treaty_str_sub(assignment, 0, at));
    struct treaty_str value;

    /* The text after a missing `=` may be a secret too: it is not quoted. */
    if (at == assignment.len || key.len == 0)
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "a Kafka property is written key=value");
    value = treaty_str_sub(assignment, at + 1, assignment.len - at - 1);
    if (in_file)
        value = treaty_str_trim(value);
    key = treaty_arena_dup(props->arena, key);
    value = treaty_arena_dup(props->arena, value);
    if (!key.data || !value.data)
        return treaty_fail_nomem(err);
    return treaty_props_set(props, key.data, value.data, err);
}

enum treaty_code treaty_props_add(struct treaty_props *props,
                                  struct treaty_str assignment,
                                  struct treaty_error *err)
{
    return add(props, assignment, false, err);
}

enum treaty_code treaty_props_read(struct treaty_props *props, const char *path,
                                   struct treaty_error *err)
{
    struct treaty_str rest;
    struct treaty_str line;
    size_t number = 0;
    enum treaty_code code =
        treaty_file_read(props->arena, path, FILE_MAX, &rest, err);

    if (code)
        return code;
    while (treaty_str_split(&rest, '\n', &line)) {
        number++;
        line = treaty_str_trim(line);
        if (line.len == 0 || line.data[0] == '#')
            continue;
        code = add(props, line, true, NULL);
        if (code)
            return treaty_fail(err, code, TREATY_NO_OFFSET,
                               "%s:%zu: a Kafka property is written key=value",
                               path, number);
    }
    return TREATY_OK;
}

const char *treaty_props_get(const struct treaty_props *props, const char *key)
{
    const char *found = NULL;

    for (const struct treaty_prop *p = props->first; p; p = p->next)
        if (strcmp(p->key, key) == 0)
            found = p->value;
    return found;
}

/*
 * librdkafka's own text for a bad value quotes the value. Only its first half
 * ("No such configuration property") is free of it.
 */
enum treaty_code treaty_stream_set(rd_kafka_conf_t *conf, const char *key,
                                   const char *value, struct treaty_error *err)
{
    char text[256];
    rd_kafka_conf_res_t got =
        rd_kafka_conf_set(conf, key, value, text, sizeof(text));

    if (got == RD_KAFKA_CONF_UNKNOWN)
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "no such Kafka property: %s", key);
    if (got != RD_KAFKA_CONF_OK)
        return treaty_fail(err, TREATY_EUSAGE, TREATY_NO_OFFSET,
                           "bad value for the Kafka property %s", key);
    return TREATY_OK;
}

static enum treaty_code fill(rd_kafka_conf_t *conf,
                             const struct treaty_stream_options *options,
                             const struct treaty_prop_default *defaults,
                             struct treaty_error *err)
{
    enum treaty_code code = TREATY_OK;

    for (const struct treaty_prop_default *d = defaults; !code && d->key; d++)
        code = treaty_stream_set(conf, d->key, d->value, err);
    if (!code && options->client_id)
        code = treaty_stream_set(conf, "client.id", options->client_id, err);
    if (!code && options->bootstrap)
        code = treaty_stream_set(conf, "bootstrap.servers", options->bootstrap,
                                 err);
    if (!options->props)
        return code;
    for (struct treaty_prop *p = options->props->first; !code && p; p = p->next)
        code = treaty_stream_set(conf, p->key, p->value, err);
    return code;
}

enum treaty_code treaty_stream_conf(const struct treaty_stream_options *options,
                                    const struct treaty_prop_default *defaults,
                                    rd_kafka_conf_t **ret,
                                    struct treaty_error *err)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum treaty_code code = fill(conf, options, defaults, err);

    if (code) {
        rd_kafka_conf_destroy(conf);
        return code;
    }
    *ret = conf;
    return TREATY_OK;
}

void treaty_stream_pass_log(const struct treaty_stream_log *log, int level,
                            const char *facility, const char *text)
{
    /* One file of properties serves producers and consumers alike. */
    if (log->fn && strcmp(facility, "CONFWARN") != 0)
        log->fn(log->ctx, level, facility, text);
}

static const struct {
    rd_kafka_resp_err_t kafka;
    enum treaty_code ours;
} codes[] = {
    {RD_KAFKA_RESP_ERR__TRANSPORT, TREATY_EUNREACHABLE},
    {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, TREATY_EUNREACHABLE},
    {RD_KAFKA_RESP_ERR__RESOLVE, TREATY_EUNREACHABLE},
    {RD_KAFKA_RESP_ERR__TIMED_OUT, TREATY_ETIMEOUT},
    {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, TREATY_ETIMEOUT},
    {RD_KAFKA_RESP_ERR__INVALID_ARG, TREATY_EUSAGE},
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, TREATY_ETOOLARGE},
};

enum treaty_code treaty_stream_fail(struct treaty_error *err,
                                    rd_kafka_resp_err_t code, const char *doing)
{
    enum treaty_code ours = TREATY_EIO;

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (codes[i].kafka == code)
            ours = codes[i].ours;
    return treaty_fail(err, ours, TREATY_NO_OFFSET, "Kafka: %s: %s", doing,
                       rd_kafka_err2str(code));
}
