/* SPDX-License-Identifier: GPL-3.0-or-later */
/* damping-symbols: how fast a wave on a flat background is damped under the Gaussian and the Laplace kernel, with annealing, and in high dimension. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "../radial.h"

typedef struct { int gaussian, d; fmpq_t h, xi, a; } wave; /* a: parameter of 0F1; 0: the function is 1 */

static void wave_init(wave *w, const dp_problem *P, const fmpq_t xi, slong d)
{
    w->gaussian = P->kernel == DP_KERNEL_GAUSSIAN, w->d = (int) d;
    fmpq_init(w->h), fmpq_init(w->xi), fmpq_init(w->a);
    fmpq_set(w->h, P->bandwidth), fmpq_set(w->xi, xi);
}

static void wave_clear(wave *w) { fmpq_clear(w->h), fmpq_clear(w->xi), fmpq_clear(w->a); }

/* k(r) r^(d+1) 0F1(; d/2 + 1; -(r xi)^2/4), or k(r) r^(d-1). */
static void integrand(acb_t out, const acb_t r, void *context, slong prec)
{
    const wave *w = context;
    arb_t h;
    acb_t t;
    arb_init(h), acb_init(t);
    arb_set_fmpq(h, w->h, prec);
    acb_div_arb(t, r, h, prec);
    if (w->gaussian) acb_mul(t, t, t, prec), acb_mul_2exp_si(t, t, -1);
    acb_neg(t, t), acb_exp(out, t, prec);
    acb_pow_ui(t, r, (ulong) (fmpq_is_zero(w->a) ? w->d - 1 : w->d + 1), prec), acb_mul(out, out, t, prec);
    if (!fmpq_is_zero(w->a)) {
        arb_set_fmpq(h, w->xi, prec);
        acb_mul_arb(t, r, h, prec);
        rad_wave(t, w->a, t, prec), acb_mul(out, out, t, prec);
    }
    arb_clear(h), acb_clear(t);
}

/* Beyond R = h m (Laplace) or h sqrt(2 m): at most 2 h R^(d+1) e^-m, or 2 h^2 R^d e^-m; without 0F1 two powers of R less. m >= 2 d + 4 makes the factor fall. */
static void tail(arb_t out, const wave *w, const arb_t R, const arb_t m, slong prec)
{
    arb_t t;
    fmpz_t power;
    arb_init(t), fmpz_init(power);
    arb_set_fmpq(t, w->h, prec);
    if (w->gaussian) arb_mul(t, t, t, prec);
    fmpz_set_si(power, (w->gaussian ? w->d : w->d + 1) - (fmpq_is_zero(w->a) ? 2 : 0));
    arb_pow_fmpz(out, R, power, prec), arb_mul(out, out, t, prec), arb_mul_2exp_si(out, out, 1);
    arb_neg(t, m), arb_exp(t, t, prec), arb_mul(out, out, t, prec);
    arb_clear(t), fmpz_clear(power);
}

static int let_integral(dp_check *c, const char *name, wave *w)
{
    slong prec = dp_check_prec(c);
    arb_t zero, R, m, v, t;
    arb_init(zero), arb_init(R), arb_init(m), arb_init(v), arb_init(t);
    arb_set_si(m, 3 * prec / 4 + 8 * w->d + 20); /* R^(d+1) e^-m is below 2^-prec of what is kept */
    arb_set_fmpq(R, w->h, prec);
    if (w->gaussian) arb_mul_2exp_si(t, m, 1), arb_sqrt(t, t, prec), arb_mul(R, R, t, prec);
    else arb_mul(R, R, m, prec);
    arb_get_mid_arb(R, R);
    arb_set_fmpq(t, w->h, prec + 60), arb_div(m, R, t, prec + 60); /* the m of this exact R */
    if (w->gaussian) arb_mul(m, m, m, prec), arb_mul_2exp_si(m, m, -1);
    int ok = rad_integrate(v, c, integrand, w, zero, R, prec);
    if (ok) {
        tail(t, w, R, m, prec), arb_add_error(v, t);
        dp_let(c, name, v, "acb_calc_integrate");
    }
    arb_clear(zero), arb_clear(R), arb_clear(m), arb_clear(v), arb_clear(t);
    return ok;
}

/* 2 (1 - s^2)^d (1 + s^2)/((1 + s^2)/h - 2 i xi s)^(d + 2). */
static void direction(acb_t out, const acb_t s, void *context, slong prec)
{
    const wave *w = context;
    arb_t q;
    acb_t t, u;
    arb_init(q), acb_init(t), acb_init(u);
    acb_mul(t, s, s, prec);
    acb_add_ui(u, t, 1, prec), acb_sub_ui(t, t, 1, prec), acb_neg(t, t);
    acb_pow_ui(out, t, (ulong) w->d, prec), acb_mul(out, out, u, prec), acb_mul_2exp_si(out, out, 1);
    arb_set_fmpq(q, w->h, prec), acb_div_arb(u, u, q, prec);
    arb_set_fmpq(q, w->xi, prec), acb_mul_arb(t, s, q, prec), acb_mul_2exp_si(t, t, 1), acb_mul_onei(t, t);
    acb_sub(u, u, t, prec), acb_pow_ui(u, u, (ulong) w->d + 2, prec), acb_div(out, out, u, prec);
    arb_clear(q), acb_clear(t), acb_clear(u);
}

/* The same as let_integral for the Laplace kernel with its wave: the average of e^(i r xi u) over u = 2 s/(1 + s^2), with the integral over r done for each u. It does not oscillate. */
static int let_directions(dp_check *c, const char *name, wave *w)
{
    slong prec = dp_check_prec(c);
    arb_t zero, one, v, t;
    fmpq_t half;
    arb_init(zero), arb_init(one), arb_init(v), arb_init(t), fmpq_init(half);
    arb_one(one);
    int ok = rad_integrate(v, c, direction, w, zero, one, prec);
    if (ok) {
        arb_set_si(t, w->d + 2), arb_gamma(t, t, prec), arb_mul(v, v, t, prec), arb_mul_2exp_si(v, v, 1);
        arb_gamma_fmpq(t, w->a, prec), arb_mul(v, v, t, prec);
        fmpq_set_si(half, w->d + 1, 2), arb_gamma_fmpq(t, half, prec), arb_div(v, v, t, prec);
        arb_const_sqrt_pi(t, prec), arb_div(v, v, t, prec);
        dp_let(c, name, v, "acb_calc_integrate");
    }
    arb_clear(zero), arb_clear(one), arb_clear(v), arb_clear(t), fmpq_clear(half);
    return ok;
}

static void leaf_si(dp_check *c, const char *name, slong n)
{
    fmpq_t q;
    fmpq_init(q);
    fmpq_set_si(q, n, 1);
    dp_let_q(c, name, q);
    fmpq_clear(q);
}

/* t^(n/2), n whole, as text. */
static char *half_power(const char *t, slong n) { return n % 2 ? dp_format("(%s)^%ld*sqrt(%s)", t, (long) (n / 2), t) : dp_format("(%s)^%ld", t, (long) (n / 2)); }

static void symbol(dp_check *c, const dp_problem *P, const fmpq_t xi, slong d)
{
    wave w;
    wave_init(&w, P, xi, d);
    leaf_si(c, "d", d);
    int ok = let_integral(c, "den", &w);
    fmpq_set_si(w.a, d + 2, 2);
    if (ok) ok = (w.gaussian ? let_integral : let_directions)(c, "num", &w);
    if (ok) {
        slong n = d + (dp_check_twin(c, "exponent") ? 2 : 3); /* of the Laplace symbol */
        char *power = half_power("1 + h^2*xi^2", n), *most = half_power("(d + 1)/(d + 3)", d + 3), *text;
        dp_def(c, "lambda", "xi^2/d*num/den");
        text = w.gaussian ? dp_strdup(dp_check_twin(c, "exponent") ? "h^2*xi^2*exp(-h^2*xi^2)" : "h^2*xi^2*exp(-h^2*xi^2/2)") : dp_format("(d + 1)*h^2*xi^2/(%s)", power);
        dp_def(c, "symbol", text);
        free(text), text = w.gaussian ? dp_strdup("2*exp(-1)") : dp_format("2*%s", most);
        dp_def(c, "most", text);
        dp_assert(c, "the rate by integrals over the kernel is the closed form", "lambda == symbol");
        dp_assert(c, "and not above its maximum", "symbol <= most");
        if (!w.gaussian) dp_assert(c, "which is below that of the Gaussian kernel", "most < 2*exp(-1)");
        free(text), free(power), free(most);
    }
    wave_clear(&w);
}

/* lambda at time t: (h xi)^2 e^(-2 r t) exp(-(h xi)^2 e^(-2 r t)/2); context: h xi and r as rationals. */
static void rate_at(acb_t out, const acb_t t, void *context, slong prec)
{
    fmpq *q = context;
    arb_t a;
    acb_t u;
    arb_init(a), acb_init(u);
    arb_set_fmpq(a, q + 1, prec), acb_mul_arb(u, t, a, prec), acb_mul_si(u, u, -2, prec), acb_exp(u, u, prec);
    arb_set_fmpq(a, q, prec), arb_mul(a, a, a, prec), acb_mul_arb(u, u, a, prec);
    acb_mul_2exp_si(out, u, -1), acb_neg(out, out), acb_exp(out, out, prec), acb_mul(out, out, u, prec);
    arb_clear(a), acb_clear(u);
}

static void annealing(dp_check *c, const dp_problem *P, const fmpq_t xi)
{
    const dp_param *r = dp_check_param(c, "rate"), *T = dp_check_param(c, "time"), *delta = dp_check_param(c, "delta"), *reaches = dp_check_param(c, "reaches");
    if (!r || !T || !delta || !reaches || fmpq_sgn(r->value) <= 0 || fmpq_sgn(T->value) <= 0 || fmpq_sgn(delta->value) <= 0 || fmpq_cmp_si(delta->value, 1) >= 0) {
        dp_give_up(c, DP_EINPUT, "part annealing needs rate, time > 0, 0 < delta < 1 and reaches");
        return;
    }
    int yes = strcmp(reaches->word, "yes") == 0;
    fmpq *q = _fmpq_vec_init(2);
    arb_t a, b, v;
    arb_init(a), arb_init(b), arb_init(v);
    fmpq_mul(q, P->bandwidth, xi), fmpq_set(q + 1, r->value);
    arb_set_fmpq(b, T->value, dp_check_prec(c) + 60);
    dp_let_q(c, "r", r->value), dp_let_q(c, "T", T->value), dp_let_q(c, "delta", delta->value);
    if (rad_integrate(v, c, rate_at, q, a, b, dp_check_prec(c))) {
        dp_let(c, "work", v, "acb_calc_integrate");
        dp_def(c, "hT", "h*exp(-r*T)"), dp_def(c, "l", "log(1/delta)");
        dp_def(c, "closed", dp_check_twin(c, "sign") ? "(exp(-h^2*xi^2/2) - exp(-hT^2*xi^2/2))/r" : "(exp(-hT^2*xi^2/2) - exp(-h^2*xi^2/2))/r");
        dp_assert(c, "the damping over the whole time", "work == closed");
        dp_assert(c, "is below 1/r", "closed < 1/r");
        if (yes) {
            dp_assert(c, "the mode is damped to delta", "closed > l");
            dp_assert(c, "so the bandwidth falls slowly enough", "r*l < 1");
            dp_assert(c, "and the time grows as log(1/delta) log(h xi)", "T >= l*(log(h*xi) - log(2*log(1/(r*l)))/2)");
        } else {
            dp_assert(c, "the bandwidth falls too fast for delta", "r*l >= 1");
            dp_assert(c, "and the mode is not damped to delta", dp_check_twin(c, "accuracy") ? "closed > l" : "closed < l");
        }
    }
    _fmpq_vec_clear(q, 2);
    arb_clear(a), arb_clear(b), arb_clear(v);
}

static void limit(dp_check *c)
{
    const dp_param *dims = dp_check_param(c, "dims");
    int sign = dp_check_twin(c, "sign");
    for (slong i = 0; dims && i < dims->cols; i++) {
        if (!fmpz_is_one(fmpq_denref(dims->value + i)) || fmpq_cmp_si(dims->value + i, 1) < 0 || fmpq_cmp_si(dims->value + i, 1000000) > 0) {
            dp_give_up(c, DP_EINPUT, "dims: whole numbers from 1 to 1000000");
            return;
        }
        slong n = fmpz_get_si(fmpq_numref(dims->value + i)) + 1;
        char *quotient = dp_format("h^2*xi^2/2 - %ld/2*log(1 + h^2*xi^2/%ld)", (long) n + 2, (long) n), *name = dp_format("quotient_%ld", (long) n - 1), *relation;
        char *symbol = dp_format("h^2*xi^2*exp(-%ld/2*log(1 + h^2*xi^2/%ld))", (long) n + 2, (long) n);
        dp_def(c, name, quotient), dp_def(c, dp_name("lambda", n - 1, -1), symbol);
        relation = dp_format(sign ? "%s <= -h^2*xi^2/%ld" : "%s >= -h^2*xi^2/%ld", name, (long) n), dp_assert(c, "the quotient of the symbols from below", relation), free(relation);
        relation = dp_format("%s <= -h^2*xi^2/%ld + h^4*xi^4*%ld/(4*%ld^2)", name, (long) n, (long) n + 2, (long) n);
        dp_assert(c, "and from above", relation), free(relation);
        free(quotient), free(name), free(symbol);
    }
    if (!dims) dp_give_up(c, DP_EINPUT, "part limit needs dims");
}

static void run(dp_check *c)
{
    static const char *const twin_of[][2] = {{"exponent", "symbol"}, {"sign", "annealing limit"}, {"accuracy", "annealing"}};
    const dp_problem *P = dp_check_problem(c);
    const dp_param *part = dp_check_param(c, "part"), *xi = dp_check_param(c, "xi"), *dim = dp_check_param(c, "dim"), *reaches = dp_check_param(c, "reaches");
    const char *word = part ? part->word : "symbol";
    slong d = dim ? fmpz_get_si(fmpq_numref(dim->value)) : P->dim;
    if (!xi || fmpq_sgn(xi->value) <= 0 || d < 1 || d > 200 || P->kernel > DP_KERNEL_LAPLACE || (strcmp(word, "annealing") == 0 && P->kernel != DP_KERNEL_GAUSSIAN)) {
        dp_give_up(c, DP_EINPUT, "needs xi > 0, dim from 1 to 200, and the Gaussian or the Laplace kernel; part annealing the Gaussian one");
        return;
    }
    for (size_t i = 0; i < 3; i++)
        if (!strstr(twin_of[i][1], word) && dp_twin_unfit(c, twin_of[i][0])) return;
    if (reaches && strcmp(reaches->word, "yes") == 0 && dp_twin_unfit(c, "accuracy")) return;
    dp_let_q(c, "h", P->bandwidth), dp_let_q(c, "xi", xi->value);
    if (strcmp(word, "annealing") == 0) annealing(c, P, xi->value);
    else if (strcmp(word, "limit") == 0) limit(c);
    else symbol(c, P, xi->value, d);
}

static const dp_param_spec params[] = {
    {"part", DP_PARAM_WORD, "symbol|annealing|limit", "what is checked; default symbol"},
    {"xi", DP_PARAM_RATIONAL, NULL, "size of the wave vector; required"},
    {"dim", DP_PARAM_INTEGER, NULL, "dimension of the symbol, 1 to 200; default the case's"},
    {"rate", DP_PARAM_RATIONAL, NULL, "annealing: r, the bandwidth is h e^(-r t)"},
    {"time", DP_PARAM_RATIONAL, NULL, "annealing: T"},
    {"delta", DP_PARAM_RATIONAL, NULL, "annealing: fraction to which the wave is to be damped"},
    {"reaches", DP_PARAM_WORD, "yes|no", "annealing: whether it is"},
    {"dims", DP_PARAM_VECTOR, NULL, "limit: dimensions d; the bandwidth is then s, and that of the Laplace kernel s/sqrt(d + 1)"},
    {0}};
static const char *const twins[] = {"exponent", "sign", "accuracy", NULL};
DP_CLAIM(damping_symbols) = {
    .id = "damping-symbols",
    .title = "Waves on a flat background: damping under Gaussian and Laplace kernels, the price of annealing, and how the difference vanishes in high dimension",
    .equations = "(10), (11)",
    .kind = "RATE",
    .source = "Turan and Ovsjanikov 2603.09936, under the reading that its rates are those of the mean shift linearised about a flat density; annealing and limit derived here",
    .method = "Symbols by certified integrals over the kernel against closed forms; damping under annealing by a certified integral over time; the limit by inequalities.",
    .params = params, .twins = twins, .run = run};
