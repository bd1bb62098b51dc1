/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wrong-weight-equilibrium: two particles of any weights at which the mean shift is exactly zero, next to two data points of other weights. */
#include "../samples.h"
#include "../box.h"

/* k(u) as text, fresh. */
static char *kernel(const dp_problem *P, const char *u)
{
    return P->kernel == DP_KERNEL_GAUSSIAN ? dp_format("exp(-(%s)^2/(2*h^2))", u) : dp_format("exp(-abs(%s)/h)", u);
}

/* Posterior mean of the data at x less x, and the pull of the model's other particle: its share at distance r is `own` against `other`. */
static void velocity(dp_check *c, const dp_problem *P, const char *name, const char *x, const char *sign, const char *r, const char *other, const char *own, const char *kappa)
{
    char *at_D = dp_format("%s - D", x), *k0 = kernel(P, x), *kD = kernel(P, at_D);
    char *t = dp_format("b*D*%s/(beta*%s + b*%s) - %s %s (%s)*%s*%s/(%s + %s*%s)", kD, k0, kD, x, sign, r, other, kappa, own, other, kappa);
    dp_def(c, name, t);
    free(at_D), free(k0), free(kD), free(t);
}

/* FL_<name>, FR_<name>, kappa_<name>: velocities and the kernel between the particles at (L<left>, R<right>). */
static void corner(dp_check *c, const dp_problem *P, const char *name, char left, char right)
{
    char *kappa = dp_format("kappa_%s", name), *FL = dp_format("FL_%s", name), *FR = dp_format("FR_%s", name), L[3] = {'L', left, 0}, R[3] = {'R', right, 0};
    char *r = dp_format("%s - %s", R, L), *k = kernel(P, r);
    dp_def(c, kappa, k);
    velocity(c, P, FL, L, "-", r, "a", "alpha", kappa), velocity(c, P, FR, R, "+", r, "alpha", "a", kappa);
    free(kappa), free(FL), free(FR), free(r), free(k);
}

/* The mean shift by both engines with q at the corner (L0, R0), against FL_00 and FR_00. */
static void tie(dp_check *c, const dp_problem *P)
{
    static const char *const names[] = {"VL", "VR"};
    dp_problem *D = dp_problem_copy(P);
    dp_field_t f;
    arb_t x;
    dp_error e = {DP_OK, ""};
    dp_field_init(f, 1), arb_init(x);
    for (int k = 0; k < 2; k++)
        fmpq_add(DP_MEAN(D->q, k, 0), DP_MEAN(P->p, k, 0), dp_check_param(c, k ? "right" : "left")->value);
    for (int k = 0; k < 2; k++)
        for (int second = 0; second < 2 && !dp_check_stopped(c); second++) {
            arb_set_fmpq(x, DP_MEAN(D->q, k, 0), dp_check_prec(c) + 60);
            if (!dp_check_failed(c, dp_field_eval(f, dp_shown(c, D), "mean-shift", x, second ? DP_ENGINE_QUADRATURE : DP_ENGINE_CLOSED, dp_check_prec(c) + 60, NULL, &e), &e))
                (second ? dp_let_second : dp_let)(c, names[k], f->velocity, dp_engine_name(f->engine));
        }
    dp_agree(c, "the left velocity is the engine's mean shift", "VL == FL_00");
    dp_agree(c, "and the right one", "VR == FR_00");
    dp_field_clear(f), arb_clear(x), dp_problem_free(D);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const int gaussian = P->kernel == DP_KERNEL_GAUSSIAN;
    if (P->dim != 1 || (P->kernel != DP_KERNEL_GAUSSIAN && P->kernel != DP_KERNEL_LAPLACE) || P->p->family != DP_ATOMS || P->p->n != 2 || P->q->family != DP_ATOMS || P->q->n != 2
        || !fmpq_is_zero(DP_MEAN(P->p, 0, 0)) || fmpq_sgn(DP_MEAN(P->p, 1, 0)) <= 0 || fmpq_equal(DP_WEIGHT(P->p, 0), DP_WEIGHT(P->q, 0))) {
        dp_give_up(c, DP_EINPUT, "needs a line, the Gaussian or the Laplace kernel, p with atoms at 0 and D > 0 in this order, and q two atoms of other weights");
        return;
    }
    dp_let_q(c, "beta", DP_WEIGHT(P->p, 0)), dp_let_q(c, "alpha", DP_WEIGHT(P->q, 0)), dp_let_q(c, "D", DP_MEAN(P->p, 1, 0)), dp_let_q(c, "h", P->bandwidth);
    dp_def(c, "a", "1 - alpha"), dp_def(c, "b", "1 - beta");
    if (!bx_read(c, "left", "L0", "L1", DP_MEAN(P->p, 0, 0), NULL) || !bx_read(c, "right", "R0", "R1", DP_MEAN(P->p, 1, 0), NULL))
        return;
    corner(c, P, "00", '0', '0'), corner(c, P, "01", '0', '1'), corner(c, P, "10", '1', '0'), corner(c, P, "11", '1', '1');
    tie(c, P);
    dp_suffice(c, "the two intervals are apart", "R0 > L1");
    int swapped = dp_check_twin(c, "swapped");
    dp_suffice(c, "left face: pushed right, upper corner", swapped ? "FL_01 < 0" : "FL_01 > 0"), dp_suffice(c, "left face: pushed right, lower corner", "FL_00 > 0");
    dp_suffice(c, "right face: pushed left, upper corner", "FL_11 < 0"), dp_suffice(c, "right face: pushed left, lower corner", "FL_10 < 0");
    dp_suffice(c, "lower face: pushed up, left corner", "FR_00 > 0"), dp_suffice(c, "lower face: pushed up, right corner", "FR_10 > 0");
    dp_suffice(c, "upper face: pushed down, left corner", "FR_01 < 0"), dp_suffice(c, "upper face: pushed down, right corner", "FR_11 < 0");
    dp_suffice(c, "the pull of the other particle falls with distance", gaussian ? "(R0 - L1)^2*alpha > h^2*(alpha + a*kappa_10)" : "(R0 - L1)*alpha > h*(alpha + a*kappa_10)");
    dp_suffice(c, "and so does that of the first", gaussian ? "(R0 - L1)^2*a > h^2*(alpha*kappa_10 + a)" : "(R0 - L1)*a > h*(alpha*kappa_10 + a)");
    dp_suffice(c, "the left interval is beside its data point", dp_check_twin(c, "elsewhere") ? "L0*L1 < 0" : "L0*L1 > 0");
    dp_suffice(c, "and so is the right one", "(R0 - D)*(R1 - D) > 0");
    /* the law of the displacement, to first order in eps */
    dp_def(c, "eps", gaussian ? "exp(-D^2/(2*h^2))" : "exp(-D/h)");
    dp_def(c, "law_R", "D*eps*(alpha/a - beta/b)"), dp_def(c, "law_L", "-D*eps*(a/alpha - b/beta)");
    dp_suffice(c, "the predicted displacement of the right one is in the box", "(R0 - D - law_R)*(R1 - D - law_R) < 0");
    dp_suffice(c, "the predicted displacement of the left one is in the box", "(L0 - law_L)*(L1 - law_L) < 0");
}

static const dp_param_spec params[] = {
    {"left", DP_PARAM_VECTOR, NULL, "the interval of the left particle, as offsets from 0; required"},
    {"right", DP_PARAM_VECTOR, NULL, "the interval of the right particle, as offsets from D; required"},
    {0}};
static const char *const twins[] = {"swapped", "elsewhere", "kernel", NULL};
DP_CLAIM(wrong_weight_equilibrium) = {
    .id = "wrong-weight-equilibrium",
    .title = "Exact equilibria of the mean shift with the wrong weights: two particles of any masses next to two data points",
    .equations = "(10), (14), (43)",
    .kind = "ROOT",
    .source = "derived here; strengthens Gretton et al. 2605.05118, (43), from small to zero",
    .method = "Signs of the two velocities at the corners of a box and monotonicity along its faces (Poincare and Miranda), as expressions of exact numbers.",
    .params = params, .twins = twins, .run = run};
