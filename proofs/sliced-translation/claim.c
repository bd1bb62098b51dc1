/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sliced-translation: where p is q moved by a, the velocity of half SW_2^2 is a/d everywhere. */
#include <string.h>
#include "driftproof.h"

/* a with p = q moved by a, component by component; 0 when there is none. */
static int shift_of(fmpq *a, const dp_measure_t q, const dp_measure_t p)
{
    slong d = q->dim;
    fmpq_t t;
    int ok = q->family == p->family && q->n == p->n && (q->family == DP_ATOMS || q->family == DP_MIXTURE);
    fmpq_init(t);
    for (slong j = 0; j < q->n && ok; j++) {
        ok = fmpq_equal(DP_WEIGHT(q, j), DP_WEIGHT(p, j));
        for (slong k = 0; k < d && ok; k++) {
            fmpq_sub(t, DP_MEAN(p, j, k), DP_MEAN(q, j, k));
            if (j == 0)
                fmpq_set(a + k, t);
            ok = fmpq_equal(a + k, t);
        }
        for (slong k = 0; k < d * d && ok && q->family == DP_MIXTURE; k++)
            ok = fmpq_equal(q->cov + j * d * d + k, p->cov + j * d * d + k);
    }
    fmpq_clear(t);
    return ok;
}

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    const char *relation = dp_check_twin(c, "whole") ? "@V_# == a_#" : dp_check_twin(c, "sign") ? "@V_# == -a_#/d" : "@V_# == a_#/d";
    const dp_engine engine = at->P->q->family == DP_MIXTURE && at->dim == 2 ? DP_ENGINE_TRAPEZOID : DP_ENGINE_AUTO;
    (void) data;
    if (dp_let_velocity(c, at, "V", at->P, "sliced-wasserstein", at->x, engine, dp_check_workspace(c)))
        for (int i = 0; i < at->dim; i++)
            dp_assert_at(c, at, i, -1, "(53): a translation is undone at the rate 1/d", relation);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    fmpq *a = _fmpq_vec_init(P->dim + 1);
    if (!shift_of(a, P->q, P->p))
        dp_give_up(c, DP_EINPUT, "p must be q moved: the same weights and covariances in the same order, all means moved by one vector");
    else if (P->dim == 1 && dp_check_twin(c, "whole"))
        dp_give_up(c, DP_EINPUT, "in dimension 1 the whole shift is right");
    else {
        for (slong k = 0; k < P->dim; k++) {
            if (dp_check_twin(c, "constant"))
                dp_spoil_for(c, a + k);
            dp_let_q(c, dp_name("a", k, -1), a + k);
        }
        fmpq_set_si(a + P->dim, P->dim, 1);
        dp_let_q(c, "d", a + P->dim);
        dp_each_point(c, at_point, NULL);
    }
    _fmpq_vec_clear(a, P->dim + 1);
}

static const dp_param_spec params[] = {DP_PARAM_AT, {0}};
static const char *const twins[] = {"sign", "constant", "whole", "roles", NULL};
DP_CLAIM(sliced_translation) = {
    .id = "sliced-translation",
    .title = "Half SW_2^2: a translation is undone at the rate 1/d, whatever the shape",
    .equations = "(53)",
    .kind = "EQ",
    .source = "derived here from Gretton et al. 2605.05118, (53)",
    .method = "The drift sliced-wasserstein, which transports every projection by its quantiles and knows nothing of translations, must give the shift "
              "over d: for mixtures by certified quadrature over angles, for atoms by exact arcs.",
    .params = params, .twins = twins, .run = run};
