/* SPDX-License-Identifier: GPL-3.0-or-later */
/* threads.c: numbered jobs on a few threads. */
#include <pthread.h>
#include <stdatomic.h>

#include "base/progress.h"
#include "base/threads.h"

static _Thread_local int inside; /* a job of this thread is running */

typedef struct {
    dp_job run;
    void *argument;
    slong jobs, failed_job;
    atomic_long next;
    atomic_int workers, failed;
    int outermost; /* its jobs are what progress is told of */
    pthread_mutex_t lock;
    dp_error first;
} pool;

/* Jobs below a failed one have begun already, so that the lowest failure does not depend on the timing. */
static void failure(pool *p, slong job, const dp_error *e)
{
    pthread_mutex_lock(&p->lock);
    if (!p->failed || job < p->failed_job)
        p->failed_job = job, p->first = *e;
    p->failed = 1;
    pthread_mutex_unlock(&p->lock);
}

static void work(pool *p)
{
    const int worker = atomic_fetch_add(&p->workers, 1);
    const int was_inside = inside;
    dp_error e = {0};
    inside = 1;
    for (slong job; !p->failed && (job = atomic_fetch_add(&p->next, 1)) < p->jobs;) {
        if (p->run(p->argument, job, worker, &e) != DP_OK)
            failure(p, job, &e);
        if (p->outermost)
            dp_progress_job();
    }
    inside = was_inside;
}

static void *helper(void *argument)
{
    work(argument);
    flint_cleanup();
    return NULL;
}

dp_status dp_parallel(dp_job run, void *argument, slong jobs, int threads, dp_error *e)
{
    pool p = {.run = run, .argument = argument, .jobs = jobs, .lock = PTHREAD_MUTEX_INITIALIZER, .outermost = !inside};
    pthread_t thread[DP_THREADS];
    int started = 0;
    if (p.outermost)
        dp_progress_step(jobs);
    while (started < FLINT_MIN(FLINT_MIN(threads, DP_THREADS), jobs) - 1 && pthread_create(thread + started, NULL, helper, &p) == 0)
        started++;
    work(&p);
    for (int i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
    return p.failed ? dp_fail(e, p.first.status, "%s", p.first.text) : DP_OK;
}
