/* SPDX-License-Identifier: Apache-2.0 */
/*
 * C11 threads over POSIX threads, for programs built with TSan.
 *
 * Debian's librdkafka calls glibc's thrd_create and mtx_lock. TSan knows only
 * the pthread functions: it never hears of such a thread and dies when that
 * thread first calls something it watches. The program therefore defines the
 * C11 functions itself and exports them (-rdynamic), so that the library
 * finds these before glibc's; each is the pthread function that TSan knows.
 */
#pragma GCC visibility push(default) /* the build hides what is not marked */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

static_assert(sizeof(thrd_t) == sizeof(pthread_t), "thread handles differ");
static_assert(sizeof(mtx_t) >= sizeof(pthread_mutex_t), "mutexes differ");
static_assert(sizeof(cnd_t) >= sizeof(pthread_cond_t), "conditions differ");
static_assert(sizeof(tss_t) == sizeof(pthread_key_t), "keys differ");
static_assert(sizeof(once_flag) == sizeof(pthread_once_t), "flags differ");

struct start {
    thrd_start_t fn;
    void *arg;
};

static int to_thrd(int error)
{
    switch (error) {
    case 0:
        return thrd_success;
    case ENOMEM:
        return thrd_nomem;
    case ETIMEDOUT:
        return thrd_timedout;
    case EBUSY:
        return thrd_busy;
    default:
        return thrd_error;
    }
}

static void *run(void *arg)
{
    struct start start = *(struct start *)arg;

    free(arg);
    return (void *)(intptr_t)start.fn(start.arg);
}

int thrd_create(thrd_t *thread, thrd_start_t fn, void *arg)
{
    struct start *start = malloc(sizeof(*start));
    int error;

    if (!start)
        return thrd_nomem;
    *start = (struct start){fn, arg};
    error = pthread_create((pthread_t *)thread, NULL, run, start);
    if (error)
        free(start);
    return to_thrd(error);
}

int thrd_join(thrd_t thread, int *ret)
{
    void *result = NULL;
    int error = pthread_join((pthread_t)thread, &result);

    if (!error && ret)
        *ret = (int)(intptr_t)result;
    return to_thrd(error);
}

int thrd_detach(thrd_t thread)
{
    return to_thrd(pthread_detach((pthread_t)thread));
}

thrd_t thrd_current(void)
{
    return (thrd_t)pthread_self();
}

int mtx_init(mtx_t *mutex, int type)
{
    pthread_mutexattr_t attr;
    int error;

    pthread_mutexattr_init(&attr);
    if (type & mtx_recursive)
        pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    error = pthread_mutex_init((pthread_mutex_t *)mutex, &attr);
    pthread_mutexattr_destroy(&attr);
    return to_thrd(error);
}

int mtx_lock(mtx_t *mutex)
{
    return to_thrd(pthread_mutex_lock((pthread_mutex_t *)mutex));
}

int mtx_trylock(mtx_t *mutex)
{
    return to_thrd(pthread_mutex_trylock((pthread_mutex_t *)mutex));
}

int mtx_unlock(mtx_t *mutex)
{
    return to_thrd(pthread_mutex_unlock((pthread_mutex_t *)mutex));
}

void mtx_destroy(mtx_t *mutex)
{
    pthread_mutex_destroy((pthread_mutex_t *)mutex);
}

int cnd_init(cnd_t *cond)
{
    return to_thrd(pthread_cond_init((pthread_cond_t *)cond, NULL));
}

int cnd_signal(cnd_t *cond)
{
    return to_thrd(pthread_cond_signal((pthread_cond_t *)cond));
}

int cnd_broadcast(cnd_t *cond)
{
    return to_thrd(pthread_cond_broadcast((pthread_cond_t *)cond));
}

int cnd_wait(cnd_t *cond, mtx_t *mutex)
{
    return to_thrd(
        pthread_cond_wait((pthread_cond_t *)cond, (pthread_mutex_t *)mutex));
}

int cnd_timedwait(cnd_t *cond, mtx_t *mutex, const struct timespec *until)
{
    return to_thrd(pthread_cond_timedwait((pthread_cond_t *)cond,
                                          (pthread_mutex_t *)mutex, until));
}

void cnd_destroy(cnd_t *cond)
{
    pthread_cond_destroy((pthread_cond_t *)cond);
}

int tss_create(tss_t *key, tss_dtor_t destroy)
{
    return to_thrd(pthread_key_create((pthread_key_t *)key, destroy));
}

void *tss_get(tss_t key)
{
    return pthread_getspecific((pthread_key_t)key);
}

int tss_set(tss_t key, void *value)
{
    return to_thrd(pthread_setspecific((pthread_key_t)key, value));
}

void tss_delete(tss_t key)
{
    pthread_key_delete((pthread_key_t)key);
}

void call_once(once_flag *flag, void (*fn)(void))
{
    pthread_once((pthread_once_t *)flag, fn);
}

#pragma GCC visibility pop
