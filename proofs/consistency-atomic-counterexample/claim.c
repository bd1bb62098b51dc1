/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where q is atomic, V can vanish q-almost everywhere although p != q: consistency holds on R^d, not on the support of q. */
#include "driftproof.h"

static const char *const nonzero[] = {"@V_0^2 > 0", "@V_0^2 + @V_1^2 > 0", "@V_0^2 + @V_1^2 + @V_2^2 > 0"};

static const char *drift_name(const dp_check *c)
{
    const dp_param *drift = dp_check_param(c, "drift");
    return drift == NULL ? "sinkhorn-proxy" : drift->word;
}

/* Exact: p gives q's atom less than all its mass, so p is not q. */
static void different(dp_check *c, const dp_problem *P)
{
    fmpq_t mass;
    fmpq_init(mass);
    for (slong j = 0; j < P->p->n; j++) {
        int same = 1;
        for (slong a = 0; a < P->dim; a++)
            same = same && fmpq_equal(DP_MEAN(P->p, j, a), DP_MEAN(P->q, 0, a));
        if (same)
            fmpq_add(mass, mass, DP_WEIGHT(P->p, j));
    }
    dp_let_q(c, "mass_there", mass);
    dp_assert(c, "p is not q", "mass_there < 1");
    fmpq_clear(mass);
}

/* Exact: all atoms of p at one distance from q's atom, their mean there. */
static int balanced(const dp_problem *P)
{
    fmpq_t first, square, mean, t;
    int ok = 1;
    fmpq_init(first), fmpq_init(square), fmpq_init(mean), fmpq_init(t);
    for (slong j = 0; j < P->p->n; j++) {
        fmpq_zero(square);
        for (slong a = 0; a < P->dim; a++) fmpq_sub(t, DP_MEAN(P->p, j, a), DP_MEAN(P->q, 0, a)), fmpq_addmul(square, t, t);
        if (j == 0) fmpq_set(first, square);
        ok = ok && fmpq_equal(square, first);
    }
    for (slong a = 0; a < P->dim; a++) {
        fmpq_zero(mean);
        for (slong j = 0; j < P->p->n; j++) fmpq_addmul(mean, DP_WEIGHT(P->p, j), DP_MEAN(P->p, j, a));
        ok = ok && fmpq_equal(mean, DP_MEAN(P->q, 0, a));
    }
    fmpq_clear(first), fmpq_clear(square), fmpq_clear(mean), fmpq_clear(t);
    return ok;
}

/* V = 0 at the atom of q, in units of h. */
static void at_atom(dp_check *c, const dp_problem *P)
{
    dp_problem *D = dp_problem_copy(P);
    dp_point at;
    if (dp_check_twin(c, "moved"))
        dp_nudge_for(c, DP_MEAN(D->p, 0, 0), D->bandwidth);
    dp_let_q(c, "unit", P->bandwidth);
    dp_point_init(&at, D);
    dp_point_set(&at, c, 1000, DP_MEAN(P->q, 0, 0));
    if (dp_let_velocity(c, &at, "V", D, drift_name(c), at.x, DP_ENGINE_AUTO, NULL))
        for (slong i = 0; i < at.dim; i++)
            dp_assert_at(c, &at, i, -1, "V = 0 at the atom", "@V_#/unit == 0");
    dp_point_clear(&at);
    dp_problem_free(D);
}

static void elsewhere(dp_check *c, const dp_point *at, void *data)
{
    (void) data;
    if (!dp_let_field(c, at->prefix, at->P, drift_name(c), at->x, DP_HAVE_VELOCITY))
        return;
    if (!dp_check_twin(c, "everywhere"))
        dp_suffice_at(c, at, -1, -1, "V is not zero", nonzero[at->dim - 1]);
    else
        for (slong i = 0; i < at->dim; i++)
            dp_assert_at(c, at, i, -1, "V is zero", "@V_#/h == 0");
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    if (P->kernel != DP_KERNEL_GAUSSIAN || P->p->family != DP_ATOMS || P->q->family != DP_ATOMS || P->q->n != 1 || !balanced(P)) {
        dp_give_up(c, DP_EINPUT, "expected a Gaussian kernel, one atom for q, and atoms for p at one distance from it with their mean there");
        return;
    }
    different(c, P);
    at_atom(c, P);
    dp_each_point(c, elsewhere, NULL);
}

static const dp_param_spec params[] = {
    DP_PARAM_AT,
    {"drift", DP_PARAM_WORD, "mean-shift|sinkhorn-proxy|da2", "the field; default sinkhorn-proxy"},
    {0}};
static const char *const twins[] = {"moved", "everywhere", NULL};
DP_CLAIM(consistency_atomic_counterexample) = {
    .id = "consistency-atomic-counterexample",
    .title = "On an atomic q the field can vanish q-almost everywhere although p is not q",
    .equations = "(14), (21), (34), (35)",
    .kind = "EQ",
    .source = "derived here",
    .method = "Balanced atoms around the single atom of q: V is 0 there by algebra and by enclosure, and is bounded away from 0 at other points, "
              "so that the field itself still tells p from q.",
    .params = params, .twins = twins, .run = run};
