/* SPDX-License-Identifier: GPL-3.0-or-later */
/* smoothed-kl-threshold: for which separations of two data points one particle can move so that the smoothed KL increases, and where. */
#include <math.h>
#include "../samples.h"

/* Two atoms of p at separation L, weight w >= 1/2 at the right one; positions from the middle, h = 1: mean shift at x of a model that is one atom there, plain or averaged over x + Z. */
static double shift(double x, double half, double t, int averaged)
{
    double u = half*x + t, sum = 0, norm = 0;
    for (int i = -160; averaged && i <= 160; i++) {
        double z = i/20., g = exp(-z*z/2);
        sum += g*tanh(u + half*z), norm += g;
    }
    return half*(averaged ? sum/norm : tanh(u)) - x;
}

/* Is the sign of the shift at x the wanted one beyond what doubles and the lattice leave open? A place that is guessed wrongly must not refute anything. */
static int clear_sign(double x, double half, double t, int averaged, int positive)
{
    const double v = shift(x, half, t, averaged);
    return (positive ? v : -v) > 1e-13*(1 + half);
}

/* The last zero, between max(0, -t/half) and half, by halving; 0 where there is none: for guesses only. */
static double last_zero(double half, double t, int averaged)
{
    double lo = 1e-7, hi = half;
    for (int k = 0; k < 80; k++) {
        double mid = (lo + hi)/2;
        *(shift(mid, half, t, averaged) > 0 ? &lo : &hi) = mid;
    }
    return lo < 2e-7 ? 0 : lo;
}

/* The case with data at -+L/2 (the heavier one, w, at the right) and the model one atom at x, all exact. */
static dp_problem *placed(const dp_problem *P, const fmpq_t L, const fmpq_t x)
{
    dp_problem *D = dp_problem_copy(P);
    slong right = fmpq_cmp(DP_WEIGHT(P->p, 0), DP_WEIGHT(P->p, 1)) > 0 ? 0 : 1;
    fmpq_div_2exp(DP_MEAN(D->p, right, 0), L, 1);
    fmpq_neg(DP_MEAN(D->p, 1 - right, 0), DP_MEAN(D->p, right, 0));
    fmpq_set(DP_MEAN(D->q, 0, 0), x);
    return D;
}

/* Leaves <a><name>_V_0, (14), and <b><name>_V_0, (24), with the model's atom at x; the sabotage "unsmoothed" has (14) for both. */
static int velocities(dp_check *c, const char *name, const fmpq_t L, const fmpq_t at)
{
    dp_problem *D = placed(dp_check_problem(c), L, at);
    char *a = dp_format("a%s_", name), *b = dp_format("b%s_", name);
    arb_t x;
    arb_init(x);
    arb_set_fmpq(x, at, dp_check_prec(c));
    int ok = dp_let_field(c, a, D, "mean-shift", x, DP_HAVE_VELOCITY)
             && dp_let_field(c, b, D, dp_check_twin(c, "unsmoothed") ? "mean-shift" : "smoothed-kl", x, DP_HAVE_VELOCITY);
    arb_clear(x), dp_problem_free(D), free(a), free(b);
    return ok;
}

static void assert_here(dp_check *c, slong k, const char *label, const char *pattern)
{
    sm_t s = {dp_check_problem(c), 0, 0, 1};
    char *full = dp_format("separation #: %s", label);
    sm_state(dp_suffice, c, &s, k, -1, full, pattern);
    free(full);
}

/* The place `guess` h, as name_k, with both velocities. */
static int place(dp_check *c, const char *stem, slong k, const fmpq_t L, double guess)
{
    fmpq_t x;
    arf_t a;
    char *name = dp_format("%s%ld", stem, (long) k);
    fmpq_init(x), arf_init(a);
    arf_set_d(a, guess), arf_get_fmpq(x, a);
    fmpq_mul(x, x, dp_check_problem(c)->bandwidth);
    char *leaf = dp_format("x%s", name);
    dp_let_q(c, leaf, x);
    int ok = velocities(c, name, L, x);
    fmpq_clear(x), arf_clear(a), free(name), free(leaf);
    return ok;
}

/* Separation number k: the two edges of the range, each between two places 2 delta apart. */
static void range(dp_check *c, slong k, const fmpq_t L, double half, double t)
{
    double delta = 1e-6, in = last_zero(half, t, 1), out = last_zero(half, t, 0);
    if (out - in < 4*delta) delta = (out - in)/8;
    int from_zero = in == 0;
    if (delta <= 0 || !((from_zero && t == 0) || clear_sign(in - delta, half, t, 1, 1)) || !clear_sign(in + delta, half, t, 1, 0) || !clear_sign(out - delta, half, t, 0, 1) || !clear_sign(out + delta, half, t, 0, 0)) {
        dp_give_up(c, DP_EUNSUPPORTED, "separation %ld: the ends of the range are too close together, or to the middle, for guesses in doubles", (long) k);
        return;
    }
    if (!(from_zero || place(c, "O", k, L, in - delta)) || !place(c, "I", k, L, in + delta) || !place(c, "J", k, L, out - delta) || !place(c, "P", k, L, out + delta))
        return;
    if (!from_zero) {
        assert_here(c, k, "below the range both velocities point to the heavier atom", "bO#_V_0 > 0");
        assert_here(c, k, "the place below is on its side of the weights' balance", "L_#*xO#/h^2 + lw > 0");
    } else
        assert_here(c, k, "the range may begin at 0: equal weights", "w <= 1/2");
    assert_here(c, k, "at the lower end of the range (24) points back", "bI#_V_0 < 0");
    assert_here(c, k, "at the upper end (14) still points on", "aJ#_V_0 > 0");
    assert_here(c, k, "there the smoothed KL increases", "-aJ#_V_0*bJ#_V_0 > 0");
    assert_here(c, k, "and at the lower end, too", "-aI#_V_0*bI#_V_0 > 0");
    assert_here(c, k, "above the range (14) points back as well", "aP#_V_0 < 0");
    assert_here(c, k, "the range is not empty", "xJ# > xI#");
}

/* No range: equal weights, L <= 2 h. */
static void none(dp_check *c, slong k, const fmpq_t L, double half)
{
    assert_here(c, k, "equal weights and at most two bandwidths apart", "L_# <= 2*h");
    if (place(c, "I", k, L, half/8) && place(c, "J", k, L, half/2)) {
        assert_here(c, k, "the smoothed KL falls", "-aI#_V_0*bI#_V_0 < 0");
        assert_here(c, k, "and further out, too", "-aJ#_V_0*bJ#_V_0 < 0");
    }
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *L = dp_check_param(c, "separations");
    if (P->dim != 1 || P->kernel != DP_KERNEL_GAUSSIAN || P->p->family != DP_ATOMS || P->p->n != 2 || P->q->family != DP_ATOMS || P->q->n != 1 || !L) {
        dp_give_up(c, DP_EINPUT, "needs a line, the Gaussian kernel, p two atoms (their weights are used), q one atom, and separations");
        return;
    }
    slong right = fmpq_cmp(DP_WEIGHT(P->p, 0), DP_WEIGHT(P->p, 1)) > 0 ? 0 : 1;
    dp_let_q(c, "h", P->bandwidth), dp_let_q(c, "w", DP_WEIGHT(P->p, right));
    int equal = fmpq_equal(DP_WEIGHT(P->p, 0), DP_WEIGHT(P->p, 1));
    dp_def(c, "lw", equal ? "0" : "log(w/(1 - w))");
    double w = fmpq_get_d(DP_WEIGHT(P->p, right)), h = fmpq_get_d(P->bandwidth);
    int narrow = 0;
    fmpq_t twice;
    fmpq_init(twice), fmpq_mul_2exp(twice, P->bandwidth, 1);
    for (slong k = 0; k < L->cols && !dp_check_stopped(c); k++) {
        if (fmpq_sgn(L->value + k) <= 0) {
            dp_give_up(c, DP_EINPUT, "separations: expected numbers > 0");
            break;
        }
        double half = fmpq_get_d(L->value + k)/(2*h);
        const int close = equal && fmpq_cmp(L->value + k, twice) <= 0;
        dp_let_q(c, dp_name("L", k, -1), L->value + k);
        narrow |= close;
        if (close && !dp_check_twin(c, "everywhere"))
            none(c, k, L->value + k, half);
        else if (close) {
            if (place(c, "I", k, L->value + k, half/8))
                assert_here(c, k, "the smoothed KL increases near the middle", "-aI#_V_0*bI#_V_0 > 0");
        } else
            range(c, k, L->value + k, half, log(w/(1 - w))/2);
    }
    fmpq_clear(twice);
    if (!narrow)
        dp_twin_unfit(c, "everywhere");
}

static const dp_param_spec params[] = {{"separations", DP_PARAM_VECTOR, NULL, "distances L > 0 of the two atoms of p, in the units of the case; required"}, {0}};
static const char *const twins[] = {"unsmoothed", "everywhere", "roles", NULL};
DP_CLAIM(smoothed_kl_threshold) = {
    .id = "smoothed-kl-threshold",
    .title = "No smallest separation: unless two data points weigh the same and are at most two bandwidths apart, one particle can move so that the smoothed KL increases",
    .equations = "(14), (24)",
    .kind = "INEQ",
    .source = "derived here; answers the question which separation the witness of mean-shift-increases-smoothed-kl needs",
    .method = "Signs of (14) and (24) at four places for each separation, each field by two engines; a concavity argument makes them the edges of one exact range.",
    .params = params, .twins = twins, .run = run};
