/* SPDX-License-Identifier: Apache-2.0 */
#include "client/call.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/rng.h"
#include "client/reply.h"

enum { REPLY_MAX = 64 << 20, NS_PER_MS = 1000000 };

/* One call on its way. */
struct run {
    struct treaty_client *client;
    const struct treaty_call *call;
    struct treaty_arena *arena;
    uint64_t end_ms;         /* when the deadline is */
    uint64_t retry_after_ms; /* the longest that was asked for this round */
    size_t start;            /* the endpoint to begin with */
    struct treaty_buf body;
    struct treaty_buf url;
    bool is_final; /* the last answer is the result */
};

static uint64_t now_ms(void)
{
    return treaty_clock_mono_ns() / NS_PER_MS;
}

/* Sleep, unless that would go past the deadline or must not be. */
static bool may_sleep(const struct run *run, uint64_t ms)
{
    if (run->call->no_wait || now_ms() + ms >= run->end_ms)
        return false;
    treaty_clock_sleep_ms(ms);
    return true;
}

static uint64_t take_place(struct treaty_client *client)
{
    uint64_t wait_ns;

    pthread_mutex_lock(&client->lock);
    wait_ns = treaty_limiter_take(&client->limiter, treaty_clock_mono_ns());
    pthread_mutex_unlock(&client->lock);
    return wait_ns;
}

static enum treaty_code wait_for_place(const struct run *run,
                                       struct treaty_error *err)
{
    uint64_t wait_ns = take_place(run->client);

    while (wait_ns) {
        if (!may_sleep(run, wait_ns / NS_PER_MS + 1))
            return treaty_fail(err, TREATY_EBUSY, TREATY_NO_OFFSET,
                               "%zu schemas were looked up in the last "
                               "second, which is the limit",
                               run->client->limiter.rate);
        wait_ns = take_place(run->client);
    }
    return TREATY_OK;
}

/* The time that the next request may take: 0 when there is none left. */
static uint64_t time_left(const struct run *run)
{
    uint64_t now = now_ms();
    uint64_t left = now < run->end_ms ? run->end_ms - now : 0;

    return left < run->client->timeout_ms ? left : run->client->timeout_ms;
}

/* Can the answer be the result, or is it worth asking somebody else? */
static bool settles(const struct run *run, const struct treaty_answer *answer)
{
    if (!treaty_answer_is_passing(answer))
        return true;
    return run->call->once && answer->may_have_arrived &&
           answer->status != 429 && answer->status != 503;
}

/* Ask one endpoint. Sets `is_final` when its answer is the result. */
static enum treaty_code ask(struct run *run, size_t index,
                            const struct treaty_json **ret,
                            struct treaty_error *err)
{
    struct treaty_client *client = run->client;
    const struct treaty_endpoint *endpoint = &client->endpoints[index];
    struct treaty_exchange exchange = {
        .method = run->call->method,
        .credentials = &endpoint->credentials,
        .body = run->call->body,
        .timeout_ms = time_left(run),
    };
    struct treaty_answer answer;
    enum treaty_code code;
    uint64_t began;

    treaty_buf_clear(&run->body);
    treaty_buf_clear(&run->url);
    treaty_buf_put(&run->url, endpoint->base);
    treaty_buf_put_z(&run->url, run->call->path);
    treaty_buf_put_c(&run->url, '\0');
    code = treaty_buf_status(&run->url, err);
    if (code != TREATY_OK)
        return code;

    exchange.url = run->url.data;
    began = treaty_clock_mono_ns();
    treaty_transport_run(&client->transport, &exchange, &run->body, &answer);
    treaty_telemetry_request(&client->telemetry, &answer,
                             treaty_clock_mono_ns() - began);
    run->is_final = settles(run, &answer);
    if (answer.retry_after_ms > run->retry_after_ms)
        run->retry_after_ms = answer.retry_after_ms;
    if (!treaty_answer_is_passing(&answer))
        atomic_store_explicit(&client->preferred, index, memory_order_relaxed);
    return treaty_answer_read(&answer, treaty_buf_str(&run->body),
                              endpoint->base, run->arena, ret, err);
}

/* Ask each endpoint until one settles it. */
static enum treaty_code run_round(struct run *run,
                                  const struct treaty_json **ret,
                                  struct treaty_error *err)
{
    size_t count = run->client->endpoint_count;
    enum treaty_code code = TREATY_OK;

    run->retry_after_ms = 0;
    for (size_t i = 0; i < count && !run->is_final; i++) {
        if (run->call->limited) {
            code = wait_for_place(run, err);
            if (code != TREATY_OK)
                break;
        }
        if (i > 0 && time_left(run) == 0)
            break;
        code = ask(run, (run->start + i) % count, ret, err);
        if (code == TREATY_ENOMEM)
            break;
    }
    return code;
}

/*
 * Half of the pause is fixed and half is random, so that a fleet which lost
 * its registry at one moment does not come back at one moment.
 */
static uint64_t pause_before(const struct run *run, unsigned round)
{
    uint64_t pause = run->client->backoff_ms;
    uint64_t random;

    while (round > 1 && pause < run->client->backoff_max_ms) {
        pause *= 2;
        round--;
    }
    if (pause > run->client->backoff_max_ms)
        pause = run->client->backoff_max_ms;
    treaty_rng_system(&random, sizeof(random));
    pause = pause / 2 + random % (pause / 2 + 1);
    return pause > run->retry_after_ms ? pause : run->retry_after_ms;
}

static enum treaty_code run_rounds(struct run *run,
                                   const struct treaty_json **ret,
                                   struct treaty_error *err)
{
    enum treaty_code code = run_round(run, ret, err);

    for (unsigned round = 1; round < run->client->rounds; round++) {
        if (run->is_final || code == TREATY_ENOMEM)
            break;
        if (!may_sleep(run, pause_before(run, round)))
            break;
        code = run_round(run, ret, err);
    }
    return code;
}

enum treaty_code treaty_call_run(struct treaty_client *client,
                                 const struct treaty_call *call,
                                 struct treaty_arena *arena,
                                 const struct treaty_json **ret,
                                 struct treaty_error *err)
{
    struct run run = {
        .client = client,
        .call = call,
        .arena = arena,
        .end_ms = now_ms() + client->deadline_ms,
        .start =
            atomic_load_explicit(&client->preferred, memory_order_relaxed) +
            call->first,
    };
    enum treaty_code code;

    treaty_buf_init(&run.body, REPLY_MAX);
    treaty_buf_init(&run.url, 0);
    code = run_rounds(&run, ret, err);
    treaty_buf_release(&run.body);
    treaty_buf_release(&run.url);
    return code;
}
