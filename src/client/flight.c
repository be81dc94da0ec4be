/* SPDX-License-Identifier: Apache-2.0 */
#include "client/flight.h"

#include "base/error.h"

struct follower {
    struct treaty_flight_result *ret;
    bool done;
    struct follower *next;
};

struct treaty_flight {
    struct treaty_str key;
    bool no_wait;
    struct follower *followers;
    struct treaty_flight *next;
};

void treaty_flights_init(struct treaty_flights *flights)
{
    flights->first = NULL;
    pthread_cond_init(&flights->landed, NULL);
}

void treaty_flights_release(struct treaty_flights *flights)
{
    pthread_cond_destroy(&flights->landed);
}

static struct treaty_flight *find(const struct treaty_flights *flights,
                                  struct treaty_str key)
{
    struct treaty_flight *flight = flights->first;

    while (flight && !treaty_str_eq(flight->key, key))
        flight = flight->next;
    return flight;
}

static void follow(struct treaty_flights *flights, pthread_mutex_t *lock,
                   struct treaty_flight *flight,
                   struct treaty_flight_result *ret)
{
    struct follower self = {.ret = ret, .next = flight->followers};

    flight->followers = &self;
    while (!self.done)
        pthread_cond_wait(&flights->landed, lock);
}

static void land(struct treaty_flights *flights, struct treaty_flight *flight,
                 const struct treaty_flight_result *result)
{
    struct treaty_flight **link = &flights->first;

    while (*link != flight)
        link = &(*link)->next;
    *link = flight->next;
    for (struct follower *f = flight->followers; f; f = f->next) {
        *f->ret = *result;
        f->done = true;
    }
    pthread_cond_broadcast(&flights->landed);
}

static void lead(struct treaty_flights *flights, pthread_mutex_t *lock,
                 const struct treaty_flight_request *request,
                 struct treaty_flight_result *ret)
{
    struct treaty_flight flight = {
        .key = request->key,
        .no_wait = request->no_wait,
        .next = flights->first,
    };

    flights->first = &flight;
    pthread_mutex_unlock(lock);
    request->fn(request->ctx, ret);
    pthread_mutex_lock(lock);
    land(flights, &flight, ret);
}

static void run_locked(struct treaty_flights *flights, pthread_mutex_t *lock,
                       const struct treaty_flight_request *request,
                       struct treaty_flight_result *ret)
{
    struct treaty_flight *flight = find(flights, request->key);

    if (!flight)
        lead(flights, lock, request, ret);
    else if (request->no_wait && !flight->no_wait)
        ret->code = treaty_fail(&ret->err, TREATY_EBUSY, TREATY_NO_OFFSET,
                                "another thread is asking the registry");
    else
        follow(flights, lock, flight, ret);
}

void treaty_flight_run(struct treaty_flights *flights, pthread_mutex_t *lock,
                       const struct treaty_flight_request *request,
                       struct treaty_flight_result *ret)
{
    pthread_mutex_lock(lock);
    run_locked(flights, lock, request, ret);
    pthread_mutex_unlock(lock);
}
