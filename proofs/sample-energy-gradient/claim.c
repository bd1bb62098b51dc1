/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sample-energy-gradient: -n times the derivative of an energy of the sample in x_i is the drift at x_i: half MMD^2 (both statistics), the blob functional, KALE, de-regularised MMD, smoothed KL. */
#include "energy/rkhs_value.h"
#include "../sample-drift.h"

/* Coordinate `axis` of x_point is moved by `sign` times the leaf delta; sign 0: nothing moves. */
typedef struct { const sm_t *s; slong point, axis; int sign, leave_out; } moved;

static char *joined(char *sum, char *more, const char *sign)
{
    char *all = dp_format("%s%s%s", sum, sign, more);
    free(sum), free(more);
    return all;
}

static char *place(const moved *v, char letter, slong i, slong k)
{
    return dp_format(v->sign && letter == 'x' && i == v->point && k == v->axis ? v->sign > 0 ? "(%c_%ld_%ld + delta)" : "(%c_%ld_%ld - delta)" : "%c_%ld_%ld", letter, (long) i, (long) k);
}

static char *squares(const moved *v, slong i, char letter, slong j)
{
    char *sum = dp_strdup("0");
    for (slong k = 0; k < v->s->d; k++) {
        char *a = place(v, 'x', i, k), *b = place(v, letter, j, k);
        sum = joined(sum, dp_format("(%s - %s)^2", a, b), " + ");
        free(a), free(b);
    }
    return sum;
}

/* k(x_i, b_j); 1 for a point and itself. */
static char *kernel(const moved *v, slong i, char letter, slong j)
{
    if (letter == 'x' && i == j) return dp_strdup("1");
    char *r2 = squares(v, i, letter, j), *k = dp_format(v->s->P->kernel == DP_KERNEL_GAUSSIAN ? "exp(-(%s)/(2*h^2))" : "exp(-sqrt(%s)/h)", r2);
    free(r2);
    return k;
}

/* Component k of the gradient of k(x_i, b_j) in x_i; 0 for a point and itself. */
static char *slope(const moved *v, slong i, char letter, slong j, slong k)
{
    if (letter == 'x' && i == j) return dp_strdup("0");
    char *K = kernel(v, i, letter, j), *r2 = squares(v, i, letter, j);
    char *out = v->s->P->kernel == DP_KERNEL_GAUSSIAN ? dp_format("%s*(%c_%ld_%ld - x_%ld_%ld)/h^2", K, letter, (long) j, (long) k, (long) i, (long) k)
                                                      : dp_format("%s*(%c_%ld_%ld - x_%ld_%ld)/(h*sqrt(%s))", K, letter, (long) j, (long) k, (long) i, (long) k, r2);
    free(K), free(r2);
    return out;
}

static char *sum_kernel(const moved *v, slong i, char letter)
{
    char *sum = dp_strdup("0");
    for (slong j = 0; j < sm_range(v->s, letter); j++)
        if (!(v->leave_out && letter == 'x' && i == j)) sum = joined(sum, kernel(v, i, letter, j), " + ");
    return sum;
}

static char *sum_slope(const moved *v, slong i, char letter, slong k)
{
    char *sum = dp_strdup("0");
    for (slong j = 0; j < sm_range(v->s, letter); j++) sum = joined(sum, slope(v, i, letter, j, k), " + ");
    return sum;
}

/* Half MMD^2 but for the part of y alone; with leave_out the U-statistic. */
static char *mmd2(const moved *v)
{
    char *own = dp_strdup("0"), *cross = dp_strdup("0");
    for (slong i = 0; i < v->s->n; i++) own = joined(own, sum_kernel(v, i, 'x'), " + "), cross = joined(cross, sum_kernel(v, i, 'y'), " + ");
    char *all = dp_format(v->leave_out ? "(%s)/(2*n*(n - 1)) - (%s)/(n*m)" : "(%s)/(2*n^2) - (%s)/(n*m)", own, cross);
    free(own), free(cross);
    return all;
}

/* (1/n) sum_i log of k*q over k*p at x_i. */
static char *blob(const moved *v)
{
    char *sum = dp_strdup("0");
    for (slong i = 0; i < v->s->n; i++) {
        char *q = sum_kernel(v, i, 'x'), *p = sum_kernel(v, i, 'y');
        sum = joined(sum, dp_format("log((%s)/n/((%s)/m))", q, p), " + ");
        free(q), free(p);
    }
    char *all = dp_format("(%s)/n", sum);
    free(sum);
    return all;
}

/* V_k(x_i): (52), or the blob's. */
static char *velocity(const moved *v, int is_blob, slong i, slong k)
{
    char *y = sum_slope(v, i, 'y', k), *x = sum_slope(v, i, 'x', k), *out;
    if (!is_blob)
        out = dp_format(v->leave_out ? "(%s)/m - (%s)/(n - 1)" : "(%s)/m - (%s)/n", y, x);
    else {
        char *P = sum_kernel(v, i, 'y'), *Q = sum_kernel(v, i, 'x');
        out = dp_format("(%s)/(%s) - (%s)/(%s)", y, P, x, Q);
        free(P), free(Q);
        for (slong j = 0; j < v->s->n; j++) {
            char *g = slope(v, i, 'x', j, k), *own = sum_kernel(v, j, 'x');
            out = joined(out, dp_format("(%s)/(%s)", g, own), " - ");
            free(g), free(own);
        }
    }
    free(x), free(y);
    return out;
}

static const char *relation(const dp_check *c)
{
    return dp_check_twin(c, "sign") ? "abs(V_#_$ - n*slope_#_$) < tolerance" : dp_check_twin(c, "count") ? "abs(V_#_$ + slope_#_$) < tolerance" : "abs(V_#_$ + n*slope_#_$) < tolerance";
}

static void power_of_ten(dp_check *c, const char *name, slong n)
{
    fmpq_t q;
    fmpq_init(q);
    fmpq_set_si(q, 10, 1), fmpq_pow_si(q, q, n);
    dp_let_q(c, name, q);
    fmpq_clear(q);
}

/* Energy and velocity written out in exact coordinates; the velocity also against the library. */
static void written_out(dp_check *c, const sm_t *s, int is_blob, int leave_out)
{
    power_of_ten(c, "delta", -25), power_of_ten(c, "tolerance", -15);
    if (!sd_let(c, s, "library", is_blob ? "blob" : "mmd", &(dp_sample){.leave_out = leave_out}, NULL, -1))
        return;
    for (slong i = 0; i < s->n; i++)
        for (slong k = 0; k < s->d; k++) {
            char *E[2];
            for (int sign = 1; sign >= -1; sign -= 2) E[sign < 0] = (is_blob ? blob : mmd2)(&(moved){s, i, k, sign, leave_out});
            char *v = velocity(&(moved){s, i, k, 0, leave_out}, is_blob, i, k), *quotient = dp_format("(%s - (%s))/(2*delta)", E[0], E[1]);
            dp_def(c, dp_name("V", i, k), v), dp_def(c, dp_name("slope", i, k), quotient);
            sm_assert(c, s, i, k, "the velocity written out is the library's, x_# [$]", "library_#_$ == V_#_$");
            sm_assert(c, s, i, k, "-n dE/dx is the velocity, but for the square of a step 10^-25, x_# [$]", relation(c));
            free(E[0]), free(E[1]), free(v), free(quotient);
        }
}

/* F of the library at the samples D. KL(k*q | k*p) is the mean over q of the drift's potential; beyond the line, where the second engine would take hours, its definition on samples is second. */
static int value(arb_t out, dp_check *c, const dp_problem *D, const char *energy, int second, slong prec)
{
    dp_error e = {DP_OK, ""};
    if (strcmp(energy, "smoothed-kl"))
        return !dp_check_failed(c, dp_rkhs_value(out, D, strcmp(energy, "kale") ? DP_RKHS_CHI2 : DP_RKHS_KALE, second, prec, NULL, &e), &e);
    if (second && D->dim > 1) return sd_value(out, c, &(sm_t) {D, D->q->n, D->p->n, D->dim}, energy, 0, prec);
    dp_field_t f;
    arb_ptr x = _arb_vec_init(D->dim);
    dp_field_init(f, D->dim);
    arb_zero(out);
    int ok = 1;
    for (slong i = 0; i < D->q->n && ok; i++) {
        for (int k = 0; k < D->dim; k++) arb_set_fmpq(x + k, DP_MEAN(D->q, i, k), prec);
        ok = !dp_check_failed(c, dp_field_eval(f, D, energy, x, second ? DP_ENGINE_QUADRATURE : DP_ENGINE_AUTO, prec, NULL, &e), &e);
        arb_add(out, out, f->potential, prec);
    }
    arb_div_si(out, out, D->q->n, prec);
    dp_field_clear(f), _arb_vec_clear(x, D->dim);
    return ok;
}

static void let_slope(dp_check *c, const sm_t *s, const char *energy, slong i, slong k, const fmpq_t delta, int second)
{
    const slong prec = second && !strcmp(energy, "smoothed-kl") ? 100 : dp_check_prec(c) + 100;
    arb_t E[2], step;
    arb_init(E[0]), arb_init(E[1]), arb_init(step);
    int ok = 1;
    for (int sign = 0; sign < 2 && ok; sign++) {
        dp_problem *D = dp_problem_copy(s->P);
        (sign ? fmpq_sub : fmpq_add)(DP_MEAN(D->q, i, k), DP_MEAN(D->q, i, k), delta);
        ok = value(E[sign], c, D, energy, second, prec);
        dp_problem_free(D);
    }
    arb_set_fmpq(step, delta, prec);
    arb_sub(E[0], E[0], E[1], prec), arb_div(E[0], E[0], step, prec), arb_mul_2exp_si(E[0], E[0], -1);
    if (ok) (second ? dp_let_second : dp_let)(c, dp_name("slope", i, k), E[0], second ? "second-solver" : "first-solver");
    arb_clear(E[0]), arb_clear(E[1]), arb_clear(step);
}

/* V of the smoothed KL as the drift of samples and, by another engine, as the population's field with atoms at the samples, which is `population` again. That both are one number is asserted,
   an identity, so that the claim is never more than verified. */
static int smoothed_velocity(dp_check *c, const sm_t *s)
{
    dp_field_t f;
    dp_error e = {DP_OK, ""};
    arb_ptr x = _arb_vec_init(s->d);
    const slong prec = dp_check_prec(c);
    int ok = sd_let(c, s, "V", "smoothed-kl", &(dp_sample){.iterations = -1}, NULL, -1);
    dp_field_init(f, (int) s->d);
    for (slong i = 0; i < s->n && ok; i++) {
        for (slong k = 0; k < s->d; k++) arb_set_fmpq(x + k, DP_MEAN(s->P->q, i, k), prec);
        ok = !dp_check_failed(c, dp_field_eval(f, s->P, "smoothed-kl", x, s->d == 1 ? DP_ENGINE_QUADRATURE : DP_ENGINE_AUTO, prec, NULL, &e), &e);
        for (slong k = 0; k < s->d && ok; k++) {
            dp_let_second(c, dp_name("V", i, k), f->velocity + k, "population"), dp_let(c, dp_name("population", i, k), f->velocity + k, "population");
            sm_assert(c, s, i, k, "the drift of the samples is the population's field there, x_# [$]", "population_#_$ == V_#_$");
        }
    }
    dp_field_clear(f), _arb_vec_clear(x, s->d);
    return ok;
}

/* The witness's coefficients c_j as leaves coefficient_j, by two solvers. */
static int let_coefficients(dp_check *c, const sm_t *s, dp_rkhs_kind kind)
{
    dp_rkhs_t g;
    dp_error e = {DP_OK, ""};
    int ok = 1;
    for (int second = 0; second < 2 && ok; second++) {
        dp_rkhs_init(g);
        ok = !dp_check_failed(c, dp_rkhs_solve(g, dp_shown(c, s->P), kind, second, dp_check_prec(c) + 60, NULL, &e), &e);
        for (slong j = 0; j < s->m && ok; j++) (second ? dp_let_second : dp_let)(c, dp_name("coefficient", j, -1), g->c + j, second ? "second-solver" : "first-solver");
        dp_rkhs_clear(g);
    }
    return ok;
}

/* V of KALE (scale 1) and of the de-regularised MMD (scale 2), -scale (1 + lambda)/lambda grad (m_q - sum_j c_j k(., y_j)), written out in exact coordinates but for the c_j. */
static int witness_velocity(dp_check *c, const sm_t *s, const char *energy)
{
    const int scale = strcmp(energy, "kale") ? 2 : 1;
    dp_let_q(c, "lambda", s->P->regularisation);
    if (!let_coefficients(c, s, scale == 2 ? DP_RKHS_CHI2 : DP_RKHS_KALE) || !sd_let(c, s, "library", energy, &(dp_sample){.iterations = -1}, NULL, -1)) return 0;
    const moved here = {s, -1, 0, 0, 0};
    for (slong i = 0; i < s->n; i++)
        for (slong k = 0; k < s->d; k++) {
            char *own = sum_slope(&here, i, 'x', k), *data = dp_strdup("0");
            for (slong j = 0; j < s->m; j++) {
                char *g = slope(&here, i, 'y', j, k);
                data = joined(data, dp_format("coefficient_%ld*%s", (long) j, g), " + ");
                free(g);
            }
            dp_def_printed(c, dp_name("V", i, k), "%d*(1 + lambda)/lambda*((%s) - (%s)/n)", scale, data, own);
            sm_assert(c, s, i, k, "the velocity written out is the library's, x_# [$]", "library_#_$ == V_#_$");
            free(own), free(data);
        }
    return 1;
}

static void by_values(dp_check *c, const sm_t *s, const char *energy)
{
    fmpq_t delta;
    if (!(strcmp(energy, "smoothed-kl") ? witness_velocity(c, s, energy) : smoothed_velocity(c, s)))
        return;
    fmpq_init(delta);
    fmpq_set_si(delta, 10, 1), fmpq_pow_si(delta, delta, -9);
    power_of_ten(c, "tolerance", -12);
    for (slong i = 0; i < s->n; i++)
        for (slong k = 0; k < s->d && !dp_check_stopped(c); k++) {
            for (int second = 0; second < 2 && !dp_check_stopped(c); second++) let_slope(c, s, energy, i, k, delta, second);
            sm_assert(c, s, i, k, "-n dE/dx is the velocity, but for the square of a step 10^-9, x_# [$]", relation(c));
        }
    fmpq_clear(delta);
}

static void run(dp_check *c)
{
    const dp_param *which = dp_check_param(c, "energy"), *self = dp_check_param(c, "self");
    const char *energy = which ? which->word : "mmd2";
    const int leave_out = self && !strcmp(self->word, "leave-out"), exact = !strcmp(energy, "mmd2") || !strcmp(energy, "blob");
    sm_t s;
    if (!sm_read(&s, c))
        return;
    if ((leave_out && (strcmp(energy, "mmd2") || s.n < 2)) || (!strcmp(energy, "smoothed-kl") && s.P->kernel != DP_KERNEL_GAUSSIAN) || ((!strcmp(energy, "kale") || !strcmp(energy, "chi2")) && fmpq_is_zero(s.P->regularisation))) {
        dp_give_up(c, DP_EINPUT, "self: leave-out is for mmd2 and two points or more; smoothed-kl needs the Gaussian kernel, kale and chi2 the key regularisation");
        return;
    }
    if (s.n == 1 && dp_twin_unfit(c, "count"))
        return;
    if (exact) written_out(c, &s, !strcmp(energy, "blob"), leave_out);
    else by_values(c, &s, energy);
}

static const dp_param_spec params[] = {
    {"energy", DP_PARAM_WORD, "mmd2|blob|kale|chi2|smoothed-kl", "which energy; default mmd2, half the square"},
    {"self", DP_PARAM_WORD, "keep|leave-out", "mmd2: V-statistic (default) or U-statistic"},
    {0}};
static const char *const twins[] = {"sign", "count", "kernel", NULL};
DP_CLAIM(sample_energy_gradient) = {
    .id = "sample-energy-gradient",
    .title = "The drift of a sample is -n times the gradient of the energy of the sample",
    .equations = "(24), (52), (54)",
    .kind = "EQ",
    .source = "Gretton et al. 2605.05118, Sections 2 and 4, for samples; blob: Carrillo, Craig and Patacchini",
    .method = "Symmetric difference quotients of energies in every coordinate of the sample: energies and velocities written out in exact coordinates (MMD, blob), or values by two solvers, and "
              "velocities written out with coefficients by two solvers (KALE, de-regularised MMD), or by the drift of samples and the population engine (smoothed KL).",
    .params = params, .twins = twins, .run = run};
