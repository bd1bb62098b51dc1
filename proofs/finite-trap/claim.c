/* SPDX-License-Identifier: GPL-3.0-or-later */
/* finite-trap: few particles around two far data points never change sides, however wrong their shares are: an invariant region of the mean shift. */
#include "../two-mode.h"

/* Places of five particles as parts of the radius s, for the check against the library: two at the left mode, three at the right one. */
static const struct { int sign; slong num; ulong den; } place[5] = {{-1, 1, 2}, {-1, -1, 1}, {1, -1, 1}, {1, 1, 4}, {1, 1, 1}};

/* The mean of the particles beside x, as the kernel sees it from particle `at`, from their own mode. */
static void cluster_mean(dp_check *c, int at, int gaussian)
{
    char *num = dp_strdup("0"), *den = dp_strdup("0"), *name = dp_format("C%d", at), *text;
    for (int j = 0; j < 5; j++) {
        if (place[j].sign != place[at].sign) continue;
        char *k = j == at ? dp_strdup("1") : dp_format(gaussian ? "exp(-(z_%d - z_%d)^2/(2*h^2))" : "exp(-abs(z_%d - z_%d)/h)", at, j);
        text = dp_format("%s + %s*z_%d", num, k, j), free(num), num = text;
        text = dp_format("%s + %s", den, k), free(den), den = text;
        free(k);
    }
    text = dp_format("(%s)/(%s)", num, den);
    dp_def(c, name, text);
    free(num), free(den), free(name), free(text);
}

/* V = -C + e with |e| < G, by the library at five particles. */
static void tie(dp_check *c, const tm_t t, const fmpq_t s)
{
    const dp_problem *P = dp_check_problem(c);
    dp_problem *D = dp_problem_copy(P);
    fmpq_t z, half;
    arb_t x;
    fmpq_init(z), fmpq_init(half), arb_init(x);
    dp_measure_clear(D->q);
    dp_measure_init(D->q, DP_ATOMS, 1, 5);
    fmpq_div_2exp(half, t->D, 1);
    for (int j = 0; j < 5; j++) {
        fmpq_set_si(z, place[j].num, place[j].den);
        fmpq_mul(z, z, s);
        dp_let_q(c, dp_name("z", j, -1), z);
        (place[j].sign > 0 ? fmpq_add : fmpq_sub)(DP_MEAN(D->q, j, 0), z, half);
        fmpq_sub_si(z, t->beta, place[j].sign > 0 ? 1 : 0);
        fmpq_abs(z, z);
        fmpq_div_fmpz(DP_WEIGHT(D->q, j), z, (fmpz[1]) {place[j].sign > 0 ? 3 : 2});
    }
    for (int j = 0; j < 5 && !dp_check_stopped(c); j++) {
        char *stem = dp_format("m%d_", j), *text = dp_format("abs(m%d_V_0 + C%d) < G%c%s", j, j, place[j].sign > 0 ? 'R' : 'L', dp_check_twin(c, "still") ? "/10^9" : "");
        arb_set_fmpq(x, DP_MEAN(D->q, j, 0), dp_check_prec(c));
        cluster_mean(c, j, P->kernel == DP_KERNEL_GAUSSIAN);
        if (dp_let_field(c, stem, D, "mean-shift", x, DP_HAVE_VELOCITY))
            dp_assert(c, "the velocity is minus the mean of the particles near by, up to what the far mode adds", text);
        free(stem), free(text);
    }
    /* the contraction lemma at the three particles on the right, 2 s apart at most */
    dp_def(c, "pull3", P->kernel == DP_KERNEL_GAUSSIAN ? "(2*s)^3*exp(-(2*s)^2/(2*h^2))/(2*h^2)" : "2*s*(1 - exp(-2*s/h))");
    dp_assert(c, "the outermost particles of a cluster see means that differ by the bound at least", dp_check_twin(c, "count") ? "C4 - C2 > pull3" : "C4 - C2 > pull3/3");
    fmpq_clear(z), fmpq_clear(half), arb_clear(x), dp_problem_free(D);
}

/* Positive numbers of particles on either side? */
static int counts(dp_check *c, const tm_t t, const fmpq_t N)
{
    fmpq_t left, right;
    fmpq_init(left), fmpq_init(right);
    fmpq_mul(left, N, t->beta);
    fmpq_sub(right, N, left);
    int ok = fmpz_is_one(fmpq_denref(left)) && fmpz_is_one(fmpq_denref(right)) && fmpq_sgn(N) > 0;
    if (dp_check_twin(c, "crowd")) {
        fmpz_t big;
        fmpz_init(big), fmpz_ui_pow_ui(big, 10, 40);
        fmpq_mul_fmpz(left, left, big), fmpq_mul_fmpz(right, right, big), fmpz_clear(big);
    }
    dp_let_q(c, "nL", left), dp_let_q(c, "nR", right);
    fmpq_clear(left), fmpq_clear(right);
    return ok;
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *N = dp_check_param(c, "particles"), *r = dp_check_param(c, "spread"), *s = dp_check_param(c, "radius");
    tm_t t;
    tm_init(t);
    if (P->dim != 1 || !N || !r || !s || fmpq_sgn(r->value) <= 0)
        dp_give_up(c, DP_EINPUT, "needs a line, particles, spread > 0 and radius");
    else if (tm_read(t, c)) {
        tm_names(c, t);
        int gaussian = P->kernel == DP_KERNEL_GAUSSIAN;
        if (!counts(c, t, N->value)) dp_give_up(c, DP_EINPUT, "particles: expected a number of particles that the weights of q divide into whole numbers");
        dp_let_q(c, "r", r->value), dp_let_q(c, "s", s->value);
        dp_def(c, "delta", gaussian ? "exp((4*s^2 - (D - 2*s)^2)/(2*h^2))" : "exp((4*s - D)/h)");
        dp_def(c, "GR", "(D*u + (D + 2*s)*v)*delta"), dp_def(c, "GL", "(D/u + (D + 2*s)/v)*delta");
        dp_def(c, "pull", gaussian ? "r^3*exp(-r^2/(2*h^2))/(2*h^2)" : "r*(1 - exp(-r/h))");
        dp_suffice(c, "the two regions are apart", "D > 2*s");
        if (!dp_check_stopped(c)) tie(c, t, s->value);
        dp_suffice(c, "a right cluster as wide as allowed shrinks", "pull > nR*GR");
        dp_suffice(c, "and so does a left one", "pull > nL*GL");
        dp_suffice(c, "the right cluster cannot leave its region", "s > r + GR");
        dp_suffice(c, "nor the left one", "s > r + GL");
    }
    tm_clear(t);
}

static const dp_param_spec params[] = {
    {"particles", DP_PARAM_INTEGER, NULL, "how many particles of equal weight; the weights of q times this must be whole; required"},
    {"spread", DP_PARAM_RATIONAL, NULL, "the largest width of a cluster; required"},
    {"radius", DP_PARAM_RATIONAL, NULL, "how far from its data point a particle may be; required"},
    {0}};
static const char *const twins[] = {"crowd", "still", "count", "roles", NULL};
DP_CLAIM(finite_trap) = {
    .id = "finite-trap",
    .title = "Finitely many particles around two far data points never change sides, whatever the weights: mean shift, exact, for all times",
    .equations = "(14), (16), (43)",
    .kind = "INEQ",
    .source = "derived here; the finite side of the metastability that Dronmong's atlas measured",
    .method = "Inequalities between exact numbers that make a region of all particles' places invariant; the bound on the far mode's share against the library at five particles.",
    .params = params, .twins = twins, .run = run};
