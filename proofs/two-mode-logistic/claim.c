/* SPDX-License-Identifier: GPL-3.0-or-later */
/* two-mode-logistic: (24) at the modes is a one-dimensional logistic integral, whose moments are elementary. */
#include "../two-mode.h"
#if defined(__FLINT_RELEASE) && __FLINT_RELEASE >= 30000
#include <flint/acb_calc.h>
#else
#include <acb_calc.h>
#endif

/* f(s) = s^n exp(s/2 - delta s^2/2) (sigma(s - log v) - sigma(s - log u)) with 0 < v < u. */
typedef struct { ulong n; arb_t u, v, delta; } integrand;

/* The same as s^n exp(3 s/2 - delta s^2/2) (u - v)/((e^s + u)(e^s + v)): meromorphic, so finite means analytic. */
static int evaluate(acb_ptr out, const acb_t s, void *param, slong order, slong prec)
{
    const integrand *f = param;
    acb_t e, t;
    (void) order;
    acb_init(e); acb_init(t);
    acb_mul_arb(t, s, f->delta, prec);
    acb_sub_ui(t, t, 3, prec);
    acb_mul(t, t, s, prec);
    acb_mul_2exp_si(t, t, -1);
    acb_neg(t, t);
    acb_exp(out, t, prec);
    acb_pow_ui(t, s, f->n, prec);
    acb_mul(out, out, t, prec);
    acb_exp(e, s, prec);
    acb_add_arb(t, e, f->u, prec);
    acb_add_arb(e, e, f->v, prec);
    acb_mul(t, t, e, prec);
    acb_div(out, out, t, prec);
    acb_set_arb(t, f->u);
    acb_sub_arb(t, t, f->v, prec);
    acb_mul(out, out, t, prec);
    acb_clear(e); acb_clear(t);
    return 0;
}

/* int_R^infinity s^n exp(-c s/2) ds = exp(-c R/2) sum_k n!/(n-k)! R^(n-k) (2/c)^(k+1). */
static void tail(arb_t out, ulong n, ulong c, slong R, slong prec)
{
    arb_t term, step;
    arb_init(term); arb_init(step);
    arb_set_si(term, R);
    arb_pow_ui(term, term, n, prec);
    arb_mul_2exp_si(term, term, 1);
    arb_div_ui(term, term, c, prec);
    arb_zero(out);
    for (ulong k = 0; k <= n; k++) {
        arb_add(out, out, term, prec);
        arb_mul_ui(term, term, 2 * (n - k), prec);
        arb_div_si(term, term, (slong) c * R, prec);
    }
    arb_set_si(step, -(slong) c * R);
    arb_mul_2exp_si(step, step, -1);
    arb_exp(step, step, prec);
    arb_mul(out, out, step, prec);
    arb_clear(term); arb_clear(step);
}

/* int over the real line: a window by acb_calc_integrate, and f <= (u - v) s^n e^(-s/2), (u - v)/(u v) s^n e^(3s/2) outside (n even). */
static void integral(arb_t out, const integrand *f, slong prec)
{
    slong R = 16 + 3 * prec / 2;
    acb_t lo, hi, sum;
    arb_t t;
    mag_t tol;
    acb_init(lo); acb_init(hi); acb_init(sum); arb_init(t); mag_init(tol);
    acb_set_si(lo, -R);
    acb_set_si(hi, R);
    mag_set_ui_2exp_si(tol, 1, -prec);
    acb_calc_integrate(sum, evaluate, (void *) f, lo, hi, prec, tol, NULL, prec);
    tail(t, f->n, 3, R, prec);
    arb_div(t, t, f->u, prec);
    arb_div(t, t, f->v, prec);
    tail(out, f->n, 1, R, prec);
    arb_add(t, t, out, prec);
    arb_sub(out, f->u, f->v, prec);
    arb_mul(t, t, out, prec);
    arb_get_mag(tol, t);
    arb_set(out, acb_realref(sum));
    arb_add_error_mag(out, tol);
    acb_clear(lo); acb_clear(hi); acb_clear(sum); arb_clear(t); mag_clear(tol);
}

/* u, v of the case; at the mode -D/2 the substitution s -> -s turns them into 1/v, 1/u. */
static void odds(integrand *f, const tm_t t, int inverted, slong prec)
{
    arb_t one;
    arb_init(one);
    arb_set_fmpq(f->u, inverted ? t->beta : t->alpha, prec);
    arb_set_fmpq(f->v, inverted ? t->alpha : t->beta, prec);
    for (int i = 0; i < 2; i++) {
        arb_ptr x = i ? f->v : f->u;
        arb_sub_ui(one, x, 1, prec);
        arb_neg(one, one);
        if (inverted)
            arb_div(x, one, x, prec);
        else
            arb_div(x, x, one, prec);
    }
    arb_clear(one);
}

static void leaf(dp_check *c, const char *name, const tm_t t, ulong n, int inverted, int smoothed)
{
    slong prec = dp_check_prec(c);
    integrand f = {.n = n};
    arb_t out;
    arb_init(f.u); arb_init(f.v); arb_init(f.delta); arb_init(out);
    odds(&f, t, inverted, prec);
    if (smoothed) {
        arb_set_fmpq(f.delta, t->h, prec);
        arb_set_fmpq(out, t->D, prec);
        arb_div(f.delta, f.delta, out, prec);
        arb_sqr(f.delta, f.delta, prec);
    }
    integral(out, &f, prec);
    dp_let(c, name, out, "acb_calc_integrate");
    arb_clear(f.u); arb_clear(f.v); arb_clear(f.delta); arb_clear(out);
}

static const tm_row rows[] = {
    {"int e^(s/2) (difference of logistic functions)", "I0 == pi*(sqrt(u) - sqrt(v))"},
    {"the same with s^2", "I2 == pi*(sqrt(u)*(log(u)^2 + pi^2) - sqrt(v)*(log(v)^2 + pi^2))"},
    {"the same with s^4",
     "I4 == pi*(sqrt(u)*(log(u)^4 + 6*pi^2*log(u)^2 + 5*pi^4) - sqrt(v)*(log(v)^4 + 6*pi^2*log(v)^2 + 5*pi^4))"},
    {"(24) at +D/2 is this integral with a Gaussian factor of variance (D/tau)^2", "h^2*p_V_0 == factor*Ip"},
    {"(24) at -D/2, with the odds 1/v, 1/u", "h^2*m_V_0 == factor*Im"},
    {NULL, NULL}
};

static void run(dp_check *c)
{
    tm_t t;
    if (dp_check_problem(c)->kernel != DP_KERNEL_GAUSSIAN) {
        dp_give_up(c, DP_EINPUT, "(24) is claimed for the Gaussian kernel only");
        return;
    }
    tm_init(t);
    if (tm_read(t, c)) {
        tm_names(c, t);
        leaf(c, "I0", t, 0, 0, 0);
        leaf(c, "I2", t, 2, 0, 0);
        leaf(c, "I4", t, 4, 0, 0);
        leaf(c, "Ip", t, 0, 0, 1);
        leaf(c, "Im", t, 0, 1, 1);
        tm_sabotaged(c, "factor", "-h/sqrt(2*pi)*exp(-D^2/(8*h^2))");
        if (tm_velocity(c, "p_", "smoothed-kl", 1) && tm_velocity(c, "m_", "smoothed-kl", -1))
            tm_assert_all(c, "", rows);
    }
    tm_clear(t);
}

static const char *const twins[] = {"sign", "constant", "swapped", NULL};

DP_CLAIM(two_mode_logistic) = {
    .id = "two-mode-logistic",
    .title = "Two modes: (24) as a logistic integral, and the elementary moments of that integral",
    .equations = "(24), (25)",
    .kind = "EQ",
    .source = "derived here",
    .method = "The logistic integrals by validated integration in one variable with closed-form tails; the velocity (24) by the engines, which "
              "integrate the logarithm of the ratio of the smoothed densities. Both sides agree to the digits asked.",
    .params = NULL,
    .twins = twins,
    .run = run,
};
