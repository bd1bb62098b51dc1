/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sampler.c: the flow of samples: dp_drift_sample and dp_energy_sample at the particles. */
#include <string.h>

#include "energy/energy.h"
#include "flow/sampler.h"
#include "particle/transport.h"

/* Points of one weight; atoms exactly so. */
static int equal_weights(const dp_measure_t mu)
{
    if (!dp_measure_is_points(mu)) return 0;
    for (slong j = 1; mu->family == DP_ATOMS && j < mu->n; j++)
        if (!fmpq_equal(DP_WEIGHT(mu, j), DP_WEIGHT(mu, 0))) return 0;
    return 1;
}

/* Those asked for; else the one there is on the line, or 100 at random. */
static void directions(dp_sampler *a, const dp_flow_sampling *o)
{
    a->s.ndirections = o->direction ? o->ndirections : a->s.d == 1 ? 1 : 100;
    a->direction = dp_malloc(sizeof(double) * a->s.ndirections * a->s.d);
    if (o->direction) memcpy(a->direction, o->direction, sizeof(double) * a->s.ndirections * a->s.d);
    else dp_directions_random(a->direction, a->s.ndirections, a->s.d, o->seed);
    a->s.direction = a->direction;
}

const char *dp_sampler_init(dp_sampler *a, const dp_flow *f, const dp_flow_sampling *o)
{
    const dp_problem *P = f->P;
    double *weight;
    slong m;
    dp_error e;
    if (dp_measure_is_points(P->q) && !equal_weights(P->q)) return "the atoms of q have unequal weights";
    if (!dp_measure_is_points(P->p)) return "p is no set of points; --data-particles M puts M points in its place";
    if (!equal_weights(P->p)) return "the atoms of p have unequal weights";
    *a = (dp_sampler){.drift = f->drift};
    fmpq_init(&a->part.weight), fmpq_init(&a->part.bandwidth);
    fmpq_one(&a->part.weight), fmpq_set(&a->part.bandwidth, P->bandwidth);
    a->part.family = P->kernel;
    if (dp_flow_points(&a->y, &weight, &m, P->p, 0, 0, &e)) return dp_sampler_clear(a), "p has no points";
    free(weight);
    a->s = (dp_sample){.n = (size_t) f->n, .m = (size_t) m, .d = (size_t) f->dim, .y = a->y, .part = P->nparts ? P->parts : &a->part, .nparts = P->nparts ? P->nparts : 1,
                       .leave_out = !strcmp(f->drift, "da2-released"), .iterations = -1, .tolerance = -1, .threads = o->threads};
    if (!fmpq_is_zero(P->regularisation)) a->s.lambda = P->regularisation;
    directions(a, o);
    return NULL;
}

void dp_sampler_clear(dp_sampler *a)
{
    fmpq_clear(&a->part.weight), fmpq_clear(&a->part.bandwidth);
    free(a->y), free(a->direction);
}

dp_status dp_sampler_rate(double *dy, const dp_sampler *a, const double *y, dp_error *e)
{
    dp_sample s = a->s;
    dp_drifted out = {.v = dy};
    s.x = y;
    return dp_drift_sample(&out, a->drift, &s, e);
}

dp_status dp_sampler_energy(double *value, const dp_sampler *a, const double *y, int energy, dp_error *e)
{
    dp_sample s = a->s;
    dp_drifted out = {0};
    s.x = y, s.leave_out = 0;
    return dp_energy_sample(value, &out, &s, dp_flow_energy_names[energy], e);
}
