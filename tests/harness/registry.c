/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/registry.h"

#include "harness/tap.h"
#include "server/server.h"

struct tap_registry {
    struct treaty_journal *journal;
    struct treaty_registry *registry;
    struct treaty_metrics *metrics;
    struct treaty_server *server;
};

static enum treaty_code start(struct tap_registry *self,
                              struct treaty_error *err)
{
    struct treaty_registry_options registry = {0};
    struct treaty_server_options server = {.listen = "127.0.0.1:0"};
    enum treaty_code code =
        treaty_journal_open(TREATY_STR("memory:"), NULL, &self->journal, err);

    if (code != TREATY_OK)
        return code;
    registry.journal = self->journal;
    code = treaty_registry_open(&registry, &self->registry, err);
    if (code != TREATY_OK)
        return code;
    self->metrics = treaty_metrics_new();
    server.registry = self->registry;
    server.metrics = self->metrics;
    server.thread_count = 1;
    return treaty_server_start(&server, &self->server, err);
}

struct tap_registry *tap_registry_start(void)
{
    struct tap_registry *self = calloc(1, sizeof(*self));
    struct treaty_error err;

    if (self && start(self, &err) == TREATY_OK)
        return self;
    tap_fail(__FILE__, __LINE__, "no registry: %s",
             self ? err.message : "out of memory");
    tap_registry_stop(self);
    return NULL;
}

void tap_registry_stop(struct tap_registry *registry)
{
    if (!registry)
        return;
    treaty_server_stop(registry->server);
    treaty_registry_close(registry->registry);
    treaty_journal_close(registry->journal);
    treaty_metrics_free(registry->metrics);
    free(registry);
}

const char *tap_registry_url(const struct tap_registry *registry)
{
    return treaty_server_url(registry->server);
}

/* The sum of all series of its counter of requests, as printed. */
size_t tap_registry_requests(const struct tap_registry *registry)
{
    static const char name[] = "\ntreaty_registry_requests_total{";
    struct treaty_buf text;
    size_t sum = 0;
    const char *line;

    treaty_buf_init(&text, 0);
    treaty_metrics_write(registry->metrics, &text);
    treaty_buf_put_c(&text, '\0');
    line = text.data ? strstr(text.data, name) : NULL;
    while (line) {
        const char *end = strchr(line + 1, '\n');
        const char *value = end;

        while (value && value > line && value[-1] != ' ')
            value--;
        if (value)
            sum += strtoul(value, NULL, 10);
        line = end ? strstr(end, name) : NULL;
    }
    treaty_buf_release(&text);
    return sum;
}
