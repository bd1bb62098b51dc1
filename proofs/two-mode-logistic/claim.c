/* SPDX-License-Identifier: GPL-3.0-or-later */
/* two-mode-logistic: (24) at the modes is a one-dimensional logistic integral, whose moments are elementary. */
#include <math.h>
#include "../two-mode.h"

enum { MOMENTS = 3 };   /* I_0, I_2, I_4 */

/* f(s) = exp(s/2 - delta s^2/2) (sigma(s - log v) - sigma(s - log u)) with 0 < v < u. */
typedef struct { arb_t u, v, delta; } integrand;

/* The rule: nodes j/m in [-L, R]; its error is bounded on |Im s| <= a <= 3 < pi. */
typedef struct { double a; slong m, L, R; } rule;

/* Not rigorous, and need not be: sizes that make the proved bounds about 2^-prec. */
static rule choose(const integrand *f, slong prec)
{
    double bits = 0.7 * (double) prec, delta = arf_get_d(arb_midref(f->delta), ARF_RND_NEAR), wide = sqrt(2 * bits / (delta + 1e-9));
    double a = fmin(3, wide), right = 16 + fmin(2.2 * bits, wide), left = 16 + fmin(0.8 * bits, wide);
    return (rule) {a, (slong) ceil((bits + delta * a * a / 2 + 8) / (6 * a)), (slong) left, (slong) right};
}

/* The same as exp(3 s/2 - delta s^2/2) (u - v)/((e^s + u)(e^s + v)) at s = j/m. */
static void evaluate(arb_t out, const integrand *f, slong j, slong m, slong prec)
{
    arb_t s, t;
    arb_init(s); arb_init(t);
    arb_set_si(s, j);
    arb_div_si(s, s, m, prec);
    arb_mul(t, s, f->delta, prec);
    arb_sub_ui(t, t, 3, prec);
    arb_mul(t, t, s, prec);
    arb_mul_2exp_si(t, t, -1);
    arb_neg(t, t);
    arb_exp(out, t, prec);
    arb_exp(s, s, prec);
    arb_add(t, s, f->u, prec);
    arb_div(out, out, t, prec);
    arb_add(t, s, f->v, prec);
    arb_div(out, out, t, prec);
    arb_sub(t, f->u, f->v, prec);
    arb_mul(out, out, t, prec);
    arb_clear(s); arb_clear(t);
}

/* exp(-delta R^2/2) int_R^infinity s^n exp(-c s/2) ds = exp(-delta R^2/2 - c R/2) sum_k n!/(n-k)! R^(n-k) (2/c)^(k+1). */
static void tail(arb_t out, const integrand *f, ulong n, ulong c, slong R, slong prec)
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
    arb_mul_si(step, f->delta, R, prec);
    arb_add_ui(step, step, c, prec);
    arb_mul_si(step, step, -R, prec);
    arb_mul_2exp_si(step, step, -1);
    arb_exp(step, step, prec);
    arb_mul(out, out, step, prec);
    arb_clear(term); arb_clear(step);
}

/* Nodes j/m beyond -L and R, or the integral there: s^n f <= (u - v) s^n e^(-s/2) on the right, (u - v)/(u v) |s|^n e^(-3|s|/2) on the
   left, times the Gaussian factor at the end of the window; both decrease there since L, R >= 16 > 2 n. */
static void outside(mag_t out, const integrand *f, ulong n, const rule *r, slong prec)
{
    arb_t t, sum;
    arb_init(t); arb_init(sum);
    tail(t, f, n, 3, r->L, prec);
    arb_div(t, t, f->u, prec);
    arb_div(t, t, f->v, prec);
    tail(sum, f, n, 1, r->R, prec);
    arb_add(sum, sum, t, prec);
    arb_sub(t, f->u, f->v, prec);
    arb_mul(sum, sum, t, prec);
    arb_get_mag(out, sum);
    arb_clear(t); arb_clear(sum);
}

/* sum of s^(2 i) f(s)/m over the nodes s = j/m in [-L, R]: I[i], i = 0, 1, 2, with what is outside as error. */
static void nodes(arb_ptr I, const integrand *f, const rule *r, slong prec)
{
    slong m = r->m;
    arb_t y, s2;
    mag_t rest;
    arb_init(y); arb_init(s2); mag_init(rest);
    _arb_vec_zero(I, MOMENTS);
    for (slong j = -r->L * m; j <= r->R * m; j++) {
        evaluate(y, f, j, m, prec);
        arb_set_si(s2, j * j);
        arb_div_si(s2, s2, m * m, prec);
        for (int i = 0; i < MOMENTS; i++) {
            arb_add(I + i, I + i, y, prec);
            arb_mul(y, y, s2, prec);
        }
    }
    for (int i = 0; i < MOMENTS; i++) {
        arb_div_si(I + i, I + i, m, prec);
        outside(rest, f, 2 * (ulong) i, r, prec);
        arb_add_error_mag(I + i, rest);
    }
    arb_clear(y); arb_clear(s2); mag_clear(rest);
}

/* rho = 2 C/(e^(2 pi a m) - 1), C = e^(delta a^2/2)/cos(a/2)^2: |f(s + iy)| <= C f(s) for |y| <= a, see the statement. */
static void strip(arb_t rho, const integrand *f, const rule *r, slong prec)
{
    arb_t t;
    arb_init(t);
    arb_const_pi(rho, prec);
    arb_set_d(t, r->a);
    arb_mul(rho, rho, t, prec);
    arb_mul_si(rho, rho, 2 * r->m, prec);
    arb_expm1(rho, rho, prec);
    arb_mul_2exp_si(t, t, -1);
    arb_cos(t, t, prec);
    arb_sqr(t, t, prec);
    arb_mul(rho, rho, t, prec);
    arb_set_d(t, r->a);
    arb_sqr(t, t, prec);
    arb_mul(t, t, f->delta, prec);
    arb_mul_2exp_si(t, t, -1);
    arb_exp(t, t, prec);
    arb_div(rho, t, rho, prec);
    arb_mul_2exp_si(rho, rho, 1);
    arb_clear(t);
}

/* B = sum_{k < i} binomial(i, k) a^(2 (i - k)) I_k. */
static void below(arb_t B, arb_srcptr I, int i, double a, slong prec)
{
    static const slong binomial[MOMENTS][MOMENTS] = {{0, 0, 0}, {1, 0, 0}, {1, 2, 0}};
    arb_t t, square;
    arb_init(t); arb_init(square);
    arb_set_d(square, a);
    arb_sqr(square, square, prec);
    arb_zero(B);
    for (int k = 0; k < i; k++) {
        arb_pow_ui(t, square, (ulong) (i - k), prec);
        arb_mul_si(t, t, binomial[i][k], prec);
        arb_addmul(B, t, I + k, prec);
    }
    arb_clear(t); arb_clear(square);
}

/* I[i] = int s^(2 i) f over the line by the trapezoidal rule T_i. Its error is at most rho int (s^2 + a^2)^i f = rho (I_i + B), so
   I_i <= (T_i + rho B)/(1 - rho), and the error is at most rho (T_i + B)/(1 - rho). */
static void integrals(arb_ptr I, const integrand *f, const rule *r, slong prec)
{
    arb_t rho, B, t;
    mag_t error;
    arb_init(rho); arb_init(B); arb_init(t); mag_init(error);
    strip(rho, f, r, prec);
    nodes(I, f, r, prec);
    arb_sub_ui(t, rho, 1, prec);
    arb_neg(t, t);
    if (!arb_is_positive(t))
        arb_zero_pm_inf(t);
    for (int i = 0; i < MOMENTS; i++) {
        below(B, I, i, r->a, prec);
        arb_add(B, B, I + i, prec);
        arb_div(B, B, t, prec);
        arb_mul(B, B, rho, prec);
        arb_get_mag(error, B);
        arb_add_error_mag(I + i, error);
    }
    arb_clear(rho); arb_clear(B); arb_clear(t); mag_clear(error);
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

/* Leaves name[0], ..., name[count - 1] = I_0, I_2, ...; smoothed: with delta = h^2/D^2, else delta = 0. */
static void leaves(dp_check *c, const char *const *name, int count, const tm_t t, int inverted, int smoothed)
{
    slong prec = dp_check_prec(c);
    integrand f;
    arb_ptr I = _arb_vec_init(MOMENTS);
    arb_init(f.u); arb_init(f.v); arb_init(f.delta);
    odds(&f, t, inverted, prec);
    if (smoothed) {
        arb_set_fmpq(f.delta, t->h, prec);
        arb_set_fmpq(I, t->D, prec);
        arb_div(f.delta, f.delta, I, prec);
        arb_sqr(f.delta, f.delta, prec);
    }
    rule r = choose(&f, prec);
    integrals(I, &f, &r, prec);
    for (int i = 0; i < count; i++)
        dp_let(c, name[i], I + i, "trapezoid");
    arb_clear(f.u); arb_clear(f.v); arb_clear(f.delta);
    _arb_vec_clear(I, MOMENTS);
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
    dp_check_cap(c, 1000 + 6 * dp_check_digits(c));     /* the rule's cost grows with the square of the precision */
    tm_init(t);
    if (tm_read(t, c)) {
        tm_names(c, t);
        leaves(c, (const char *const[]) {"I0", "I2", "I4"}, MOMENTS, t, 0, 0);
        leaves(c, (const char *const[]) {"Ip"}, 1, t, 0, 1);
        leaves(c, (const char *const[]) {"Im"}, 1, t, 1, 1);
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
    .method = "The logistic integrals by a trapezoidal rule whose strip bound and tails are in closed form; the velocity (24) by the engines, which "
              "integrate the logarithm of the ratio of the smoothed densities. Both sides agree to the digits asked.",
    .params = NULL,
    .twins = twins,
    .run = run,
};
