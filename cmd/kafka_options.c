/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/kafka_options.h"

#include "base/log.h"
#include "base/str.h"

static enum treaty_log_level our_level(int syslog_level)
{
    if (syslog_level <= 2)
        return TREATY_LOG_ERROR;
    if (syslog_level <= 4)
        return TREATY_LOG_WARN;
    return syslog_level == 7 ? TREATY_LOG_DEBUG : TREATY_LOG_INFO;
}

static void pass_log(void *ctx, int level, const char *facility,
                     const char *text)
{
    (void)ctx;
    treaty_log(our_level(level), "kafka", "%s: %s", facility, text);
}

enum treaty_code treaty_kafka_options_read(
    const struct treaty_kafka_options *options, struct treaty_props *props,
    struct treaty_stream_options *ret, struct treaty_error *err)
{
    enum treaty_code code = TREATY_OK;

    for (size_t i = 0; !code && i < options->files.count; i++)
        code = treaty_props_read(props, options->files.items[i], err);
    for (size_t i = 0; !code && i < options->set.count; i++)
        code =
            treaty_props_add(props, treaty_str_z(options->set.items[i]), err);
    if (code)
        return code;
    ret->props = props;
    ret->log.fn = pass_log;
    ret->bootstrap = options->bootstrap;
    if (!ret->bootstrap && !treaty_props_get(props, "bootstrap.servers"))
        ret->bootstrap = "127.0.0.1:9092";
    return TREATY_OK;
}
