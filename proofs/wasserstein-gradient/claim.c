/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wasserstein-gradient: for atoms on the line the velocity (45), (98) is minus the gradient of half W_2^2 in an atom's place, over its weight. */
#include "driftproof.h"

/* Half W_2^2 with atom i of q moved by t, as the leaf `name`. */
static void let_energy(dp_check *c, const char *name, const dp_problem *P, slong i, const fmpq_t t)
{
    dp_problem *Q = dp_problem_copy(P);
    dp_scalar_t F;
    dp_error e = {DP_OK, ""};
    dp_scalar_init(F);
    fmpq_add(DP_MEAN(Q->q, i, 0), DP_MEAN(Q->q, i, 0), t);
    if (!dp_check_failed(c, dp_energy_population(F, Q, "w2", dp_check_prec(c), 1, &e), &e)) {
        if (F->estimated)
            dp_give_up(c, DP_EUNSUPPORTED, "half W_2^2 came as an estimate");
        else
            dp_let(c, name, F->value, "coupling");
    }
    dp_scalar_clear(F);
    dp_problem_free(Q);
}

/* A third of the least distance between two atoms of q; 0 when two are at one place. */
static void safe_step(fmpq_t t, const dp_measure_t q)
{
    fmpq_t gap;
    fmpq_init(gap);
    fmpq_one(t);
    for (slong i = 0; i < q->n; i++)
        for (slong j = 0; j < i; j++) {
            fmpq_sub(gap, DP_MEAN(q, i, 0), DP_MEAN(q, j, 0));
            fmpq_abs(gap, gap);
            if (fmpq_cmp(gap, t) < 0)
                fmpq_set(t, gap);
        }
    fmpq_set_si(gap, 1, 3);
    fmpq_mul(t, t, gap);
    fmpq_clear(gap);
}

static void one_atom(dp_check *c, const dp_problem *P, slong i, const fmpq_t t)
{
    const char *names[3] = {"F_plus", "F_minus", "F_here"};
    dp_field_t f;
    dp_error e = {DP_OK, ""};
    arb_t x;
    fmpq_t s;
    dp_field_init(f, 1), arb_init(x), fmpq_init(s);
    for (int k = 0; k < 3; k++) {
        fmpq_mul_si(s, t, k == 0 ? 1 : k == 1 ? -1 : 0);
        let_energy(c, dp_name(names[k], i, -1), P, i, s);
    }
    arb_set_fmpq(x, DP_MEAN(P->q, i, 0), dp_check_prec(c));
    if (!dp_check_failed(c, dp_field_eval(f, P, "wasserstein", x, DP_ENGINE_AUTO, dp_check_prec(c), dp_check_workspace(c), &e), &e)) {
        char *relation = dp_format("(F_plus_%ld - F_minus_%ld)/(2*t) == factor*w_%ld*V_%ld", (long) i, (long) i, (long) i, (long) i);
        char *second = dp_format("(F_plus_%ld + F_minus_%ld - 2*F_here_%ld)/t^2 == w_%ld", (long) i, (long) i, (long) i, (long) i);
        dp_let(c, dp_name("V", i, -1), f->velocity, dp_engine_name(f->engine));
        dp_let_q(c, dp_name("w", i, -1), DP_WEIGHT(P->q, i));
        dp_assert(c, "(98): velocity and the cost of a moved atom", relation);
        dp_assert(c, "the cost is quadratic while the order stays", second);
        free(relation), free(second);
    }
    dp_field_clear(f), arb_clear(x), fmpq_clear(s);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    fmpq_t t, factor;
    if (P->dim != 1 || P->q->family != DP_ATOMS || P->p->family != DP_ATOMS) {
        dp_give_up(c, DP_EINPUT, "this check is about atoms on the line");
        return;
    }
    fmpq_init(t), fmpq_init(factor);
    safe_step(t, P->q);
    fmpq_set_si(factor, dp_check_twin(c, "sign") ? 1 : dp_check_twin(c, "whole") ? -2 : -1, 1);
    if (dp_check_twin(c, "constant"))
        dp_spoil_for(c, factor);
    if (fmpq_is_zero(t))
        dp_give_up(c, DP_EINPUT, "two atoms of q are at one place");
    else {
        dp_let_q(c, "t", t), dp_let_q(c, "factor", factor);
        for (slong i = 0; i < P->q->n && !dp_check_stopped(c); i++)
            one_atom(c, P, i, t);
    }
    fmpq_clear(t), fmpq_clear(factor);
}

static const char *const twins[] = {"sign", "constant", "whole", NULL};
DP_CLAIM(wasserstein_gradient) = {
    .id = "wasserstein-gradient",
    .title = "Half W_2^2 of atoms on the line: velocity against the cost of a moved atom",
    .equations = "(45), (98)",
    .kind = "EQ",
    .source = "Gretton et al. 2605.05118, (45), (98); factor one half derived here",
    .method = "The functional w2, a sum over the pieces of both quantile functions, at three places of an atom against the drift wasserstein; "
              "while the order stays, the cost is a quadratic polynomial, so the symmetric difference is exact.",
    .params = NULL, .twins = twins, .run = run};
