/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid_points.c: a field on a mesh by the point engine, node by node: the slow reference of the convolution tiers. */
#include <pthread.h>
#include <stdatomic.h>

#include "drift/grid_internal.h"
#include "drift/grid_keep.h"

typedef struct {
    dp_gridfield *f;
    const dp_problem *P;
    const char *drift;
    const slong *nodes; /* NULL: all */
    slong n;
    atomic_long next;
    atomic_int failed;
    pthread_mutex_t lock;
    unsigned have;
    dp_error first;
} shared;

enum { CHUNK = 16 }; /* nodes a thread takes at a time */

static void failure(shared *s, slong node, const dp_error *e)
{
    pthread_mutex_lock(&s->lock);
    if (!atomic_exchange(&s->failed, 1))
        dp_fail(&s->first, e->status, "node %ld: %s", (long) node, e->text);
    pthread_mutex_unlock(&s->lock);
}

/* What a node says goes to what all say. */
static void tell(shared *s, const dp_grid_part *part)
{
    pthread_mutex_lock(&s->lock);
    s->have |= part->have;
    if (part->why[0])
        snprintf(s->f->note, sizeof s->f->note, "%s", part->why);
    for (size_t i = 0; i < part->nterms; i++)
        dp_gridfield_note_term(s->f, part->term[i].term, part->term[i].bound);
    pthread_mutex_unlock(&s->lock);
}

/* A node whose digits cannot be reached keeps the enclosure that was. */
static void one_node(shared *s, dp_field_t at, fmpq *x, slong node, dp_workspace *w)
{
    dp_error e;
    dp_grid_part part = {.have = 0};
    if (dp_grid_keep_load(s->f->keep, s->f, "points", node, 1, NULL, &part)) {
        tell(s, &part);
        return;
    }
    dp_mesh_node(x, &s->f->mesh, node);
    dp_status status = dp_field_digits(at, s->P, s->drift, x, s->f->digits, w, &e);
    if (status != DP_OK && status != DP_EBUDGET) {
        failure(s, node, &e);
        return;
    }
    dp_gridfield_store(s->f, node, at);
    part.have = dp_field_quantities(at);
    snprintf(part.why, sizeof part.why, "%s", at->why);
    mag_t bound;
    mag_init(bound);
    for (; part.nterms < sizeof part.term / sizeof *part.term && dp_workspace_ledger(w, part.nterms, &part.term[part.nterms].term, bound); part.nterms++)
        part.term[part.nterms].bound = mag_get_d(bound);
    mag_clear(bound);
    dp_grid_keep_save(s->f->keep, s->f, "points", node, 1, NULL, &part);
    tell(s, &part);
}

static void work(shared *s)
{
    int d = s->f->mesh.dim;
    fmpq *x = _fmpq_vec_init(d);
    dp_field_t at;
    dp_workspace *w = dp_workspace_new();
    w->no_potential = !dp_gridfield_find(s->f, DP_Q_POTENTIAL);
    dp_field_init(at, d);
    for (slong lo; !atomic_load(&s->failed) && (lo = atomic_fetch_add(&s->next, CHUNK)) < s->n;)
        for (slong i = lo; i < FLINT_MIN(lo + CHUNK, s->n) && !atomic_load(&s->failed); i++)
            one_node(s, at, x, s->nodes ? s->nodes[i] : i, w);
    dp_field_clear(at);
    dp_workspace_free(w);
    _fmpq_vec_clear(x, d);
}

static void *helper(void *argument)
{
    work(argument);
    flint_cleanup();
    return NULL;
}

dp_status dp_gridfield_pointwise(dp_gridfield *f, const dp_problem *P, const char *drift, const slong *nodes, slong n, int threads, dp_error *e)
{
    shared s = {.f = f, .P = P, .drift = drift, .nodes = nodes, .n = n, .lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t thread[64];
    int started = 0;
    while (started < FLINT_MIN(threads, 64) - 1 && pthread_create(thread + started, NULL, helper, &s) == 0)
        started++;
    work(&s);
    for (int i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
    if (s.failed)
        return dp_fail(e, s.first.status, "%s", s.first.text);
    if (!nodes)
        dp_gridfield_drop(f, s.have);
    return DP_OK;
}
