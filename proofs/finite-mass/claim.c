/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finite-mass threshold of section 9 for Gaussians: p/sqrt(k*q) is finite iff R^{-1} > (Sigma + h^2 I)^{-1}/2; q/sqrt(k*q) always. */
#include <string.h>
#include "driftproof.h"

static int side_is_finite(const dp_check *c)
{
    const dp_param *side = dp_check_param(c, "side");
    int finite = side == NULL || strcmp(side->word, "finite") == 0;
    return dp_check_twin(c, "side") ? !finite : finite;
}

/* Leaves <stem>_1.. <stem>_d: leading principal minors of M. Returns the first k whose minor is not positive, or d. */
static slong let_minors(dp_check *c, const char *stem, const fmpq_mat_t M)
{
    fmpq_t v;
    slong d = fmpq_mat_nrows(M), first = d;
    fmpq_init(v);
    for (slong k = d; k >= 1; k--) {
        dp_gaussian_minor(v, M, k);
        dp_let_q(c, dp_name(stem, k, -1), v);
        if (fmpq_sgn(v) <= 0)
            first = k;
    }
    fmpq_clear(v);
    return first;
}

static void assert_minor(dp_check *c, const char *label, const char *stem, slong k, const char *sign)
{
    char *relation = dp_format("%s %s 0", dp_name(stem, k, -1), sign);
    dp_assert(c, label, relation);
    free(relation);
}

/* d = 1, M <= 0: where w pull >= 0, w = y - b, the density of p~ is at least c = (S/h^2)^(1/4) exp(-square/2)/sqrt(2 pi R). */
static void half_line(dp_check *c, const dp_point *at, void *data)
{
    const dp_gaussian_struct *g = data;
    fmpq_t w;
    fmpq_init(w);
    fmpq_sub(w, at->q, g->centre);
    if (fmpq_sgn(w) * fmpq_sgn(g->pull) < 0)
        dp_give_up(c, DP_EINPUT, "parameter at: point %ld lies on the other half-line", (long) at->index);
    else if (dp_let_moments(c, at->prefix, at->P, DP_OF_Q, at->x)) {
        dp_def_at(c, at, -1, -1, "@p", "exp(-(@x_0 - a)^2/(2*R))/sqrt(2*pi*R)");
        dp_assert_at(c, at, -1, -1, "density of p~ on the half-line", "@p/sqrt(@Z) > 0.999*floor");
    }
    fmpq_clear(w);
}

static void divergence(dp_check *c, const dp_gaussian_t g)
{
    fmpq_t v;
    fmpq_init(v);
    fmpq_add(v, g->centre, g->shift);
    dp_let_q(c, "a", v);
    dp_let_q(c, "R", fmpq_mat_entry(g->R, 0, 0));
    fmpq_div(v, fmpq_mat_entry(g->S, 0, 0), g->h2);
    dp_let_q(c, "S_over_h2", v);
    dp_let_q(c, "square", g->square);
    dp_def(c, "floor", "sqrt(sqrt(S_over_h2))*exp(-square/2)/sqrt(2*pi*R)");
    dp_assert(c, "the floor is positive", "floor > 0");
    if (dp_check_param(c, "at") != NULL)
        dp_each_point(c, half_line, (void *) g);
    fmpq_clear(v);
}

static void judge(dp_check *c, const dp_gaussian_t g)
{
    slong first = let_minors(c, "minor_p", g->M);
    if (!side_is_finite(c)) {
        assert_minor(c, "p~ has infinite mass", "minor_p", first, "<=");
        if (g->dim == 1 && fmpq_sgn(fmpq_mat_entry(g->M, 0, 0)) <= 0)
            divergence(c, g);
    } else
        for (slong k = 1; k <= g->dim; k++)
            assert_minor(c, "p~ has finite mass", "minor_p", k, ">");
}

static int finite_at(dp_problem *P, const fmpq_t h)
{
    dp_gaussian_t g;
    fmpq_t half;
    fmpq_init(half);
    fmpq_set_si(half, 1, 2);
    fmpq_set(P->bandwidth, h);
    int finite = dp_gaussian_init(g, P, P->p, half);
    if (finite) {
        finite = dp_gaussian_is_finite(g);
        dp_gaussian_clear(g);
    }
    fmpq_clear(half);
    return finite;
}

/* The twin's bandwidth: across the threshold, and at most 10^-digits h from it, found by bisection between h and h/1024 or 1024 h. The minors are
   exact, so that the check would see any distance; this is the one that the case's digits name. When no threshold lies between, the farthest, on the case's own side. */
static void across_threshold(dp_problem *P, slong digits)
{
    fmpq_t here, there, middle, width, enough;
    fmpq_init(here), fmpq_init(there), fmpq_init(middle), fmpq_init(width), fmpq_init(enough);
    fmpq_set(here, P->bandwidth);
    int side = finite_at(P, here);
    if (side)
        fmpq_div_2exp(there, here, 10);
    else
        fmpq_mul_2exp(there, here, 10);
    fmpq_set_si(enough, 10, 1);
    fmpq_pow_si(enough, enough, -digits);
    fmpq_mul(enough, enough, here);
    int found = finite_at(P, there) != side;
    while (found && (fmpq_sub(width, there, here), fmpq_abs(width, width), fmpq_cmp(width, enough) > 0)) {
        fmpq_add(middle, here, there);
        fmpq_div_2exp(middle, middle, 1);
        fmpq_set(finite_at(P, middle) == side ? here : there, middle);
    }
    fmpq_set(P->bandwidth, there);
    fmpq_clear(here), fmpq_clear(there), fmpq_clear(middle), fmpq_clear(width), fmpq_clear(enough);
}

/* 1 if the sabotaged matrix puts the case on the same side as the true one: then nothing is sabotaged. */
static int same_side(const dp_check *c, const dp_gaussian_t sabotaged)
{
    const dp_problem *P = dp_check_problem(c);
    dp_gaussian_t g;
    fmpq_t half;
    fmpq_init(half);
    fmpq_set_si(half, 1, 2);
    int same = dp_gaussian_init(g, P, P->p, half) && dp_gaussian_is_finite(g) == dp_gaussian_is_finite(sabotaged);
    dp_gaussian_clear(g);
    fmpq_clear(half);
    return same;
}

static void run(dp_check *c)
{
    dp_problem *P = dp_problem_copy(dp_check_problem(c));
    dp_gaussian_t g;
    fmpq_t share;
    fmpq_init(share);
    fmpq_set_si(share, 1, dp_check_twin(c, "factor") ? 1 : 2);
    if (dp_check_twin(c, "bandwidth"))
        across_threshold(P, dp_check_digits(c));
    if (P->kernel != DP_KERNEL_GAUSSIAN || !dp_gaussian_init(g, P, P->p, share))
        dp_give_up(c, DP_EINPUT, "expected a Gaussian kernel, one Gaussian for p, and one Gaussian or one atom for q");
    else {
        if (same_side(c, g)) {
            dp_twin_unfit(c, "factor");
            dp_twin_unfit(c, "bandwidth");
        }
        judge(c, g);
        dp_gaussian_clear(g);
        if (dp_gaussian_init(g, P, P->q, share)) {
            let_minors(c, "minor_q", g->M);
            for (slong k = 1; k <= g->dim; k++)
                assert_minor(c, "q~ has finite mass", "minor_q", k, ">");
            dp_gaussian_clear(g);
        }
    }
    dp_problem_free(P);
    fmpq_clear(share);
}

static const dp_param_spec params[] = {
    {"at", DP_PARAM_POINTS, NULL, "dimension 1, infinite side: points of the half-line where the density of p~ is compared with its floor"},
    {"side", DP_PARAM_WORD, "finite|infinite", "what the case says about p~; default finite"},
    {0}};
static const char *const twins[] = {"side", "factor", "bandwidth", NULL};
DP_CLAIM(finite_mass) = {
    .id = "finite-mass",
    .title = "p/sqrt(k*q) has finite mass iff R^{-1} - (Sigma + h^2 I)^{-1}/2 is positive definite (Gaussians)",
    .equations = "(35)",
    .kind = "INEQ",
    .source = "Gretton et al. 2605.05118 gives the example in words; thresholds derived here",
    .method = "Leading principal minors in exact rationals decide definiteness by Sylvester's criterion. On the infinite side in dimension 1 the "
              "proof's constant floor under the density is also compared with the density at points, by two engines.",
    .params = params, .twins = twins, .run = run};
