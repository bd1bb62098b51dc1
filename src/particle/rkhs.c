/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rkhs.c: KALE (54) and the de-regularised MMD (chi2) of samples: witnesses g = (m_q - sum_j c_j k(., y_j))/lambda with coefficients c_j = (1 + v_j)/m at the data. */
#include "particle/ball.h"
#include "particle/functional.h"
#include "particle/wide.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_STEPS = 3000, MOST_REFINEMENTS = 40, MOST_POINTS = 20000 };
static const long double STIFF = 1e-10L; /* lambda over k(0) below which doubles do not hold the inverse */
static const long double LEAST_KALE = 1e-17L, LEAST_CHI2 = 1e-25L; /* over k(0): below it Newton's steps (kale), or the one solve, leave nothing in long doubles */
static const long double LEAST_KNOWN = 1e-3L, NOTHING = 1e-6L; /* of a value; what is as good as 0 */

/* psi = m_q - m_p has no mass, so that constants in k cancel: F_ij = k(y_i, y_j) - k(0) by rows of the lower half, rho_j = psi(y_j), norm = |psi|^2, each to its own digits
   however wide the kernel. width, size_j: of the F behind norm and rho_j, which are known to `term` times these, as products with K are to `unit` times theirs. Then lambda g = psi - sum v_j k(., y_j)/m; t = m lambda g(y). inverse: a Cholesky factor by rows,
   in `deep` where lambda is small, else in work. u: room. */
typedef struct { const dp_sample *s; dp_pkernel k; long double lambda, top, norm, width, term, unit, *F, *rho, *size, *v, *t, *deep; size_t m; gsl_matrix *work; gsl_vector *u; } witness;

/* out_i = sum_j F_ij a_j + k(0) sum_j a_j. */
static void apply(long double *out, const witness *w, const long double *a)
{
    const long double *F = w->F;
    long double all = 0;
    for (size_t i = 0; i < w->m; i++) out[i] = 0, all += a[i];
    for (size_t i = 0; i < w->m; F += ++i) {
        for (size_t j = 0; j < i; j++) out[i] += F[j] * a[j], out[j] += F[j] * a[i];
        out[i] += w->top * all;
    }
}

static long double dot(const long double *a, const long double *b, size_t m)
{
    long double sum = 0;
    for (size_t j = 0; j < m; j++) sum += a[j] * b[j];
    return sum;
}

/* Means of F: psi(y_j), and |psi|^2 = mean over x and x - mean psi(y) - mean over x and y. */
static dp_status fill(witness *w, dp_error *e)
{
    const dp_sample *s = w->s;
    const long double n = (long double) s->n, m = (long double) s->m;
    const dp_pairing x = dp_pairing_negatives(s, &w->k, DP_FORM_KERNEL), y = dp_pairing_y(s, &w->k, DP_FORM_KERNEL), yx = dp_pairing_turned(&y);
    w->unit = (8 + n + m) * LDBL_EPSILON, w->term = w->unit + (dp_wide_long(&x) && dp_wide_long(&y) ? 0 : 8 * DBL_EPSILON);
    long double *row = dp_malloc(sizeof *row * s->n);
    dp_status status = dp_wide_rows(row, DP_WIDE_FALL, &x, e);
    if (!status) status = dp_wide_rows(w->rho, DP_WIDE_FALL, &yx, e);
    for (size_t i = 0; i < s->n; i++) w->norm += row[i] / n / n, w->width -= row[i] / n / n;
    for (size_t j = 0; j < s->m; j++) w->rho[j] /= n, w->norm -= w->rho[j] / m, w->width -= 2 * w->rho[j] / m, w->size[j] = -w->rho[j], w->t[j] = 0;
    for (size_t i = 0, at = 0; i < s->m; i++)
        for (size_t j = 0; j <= i; j++, at++) {
            w->F[at] = dp_wide_fall(&w->k, s->y + i * s->d, s->y + j * s->d, s->d);
            w->t[i] += w->F[at], w->t[j] += i == j ? 0 : w->F[at];
        }
    for (size_t j = 0; j < s->m; j++) w->size[j] -= w->t[j] / m, w->rho[j] -= w->t[j] / m, w->norm -= w->rho[j] / m, w->width -= w->t[j] / m / m;
    free(row);
    return status;
}

static dp_status witness_init(witness *w, const dp_sample *s, const char *name, dp_error *e)
{
    if (!s->lambda) return dp_fail(e, DP_EINPUT, "%s: no regularisation given; expected --regularisation L, L > 0", name);
    if (s->z || s->leave_out) return dp_fail(e, DP_EUNSUPPORTED, "%s: of x and y; negatives and masks have no part in it", name);
    if (s->m > MOST_POINTS) return dp_fail(e, DP_EUNSUPPORTED, "%s: a matrix of %zu data points squared is too large", name, s->m);
    *w = (witness){.s = s, .lambda = dp_fmpq_get_ld(s->lambda), .m = s->m};
    const dp_status status = dp_pkernel_init(&w->k, s, DP_FORM_KERNEL, e);
    if (status) return status;
    gsl_set_error_handler_off();
    w->top = dp_wide_top(&w->k);
    w->F = dp_malloc(sizeof *w->F * w->m * (w->m + 1) / 2), w->rho = dp_malloc(sizeof *w->rho * w->m), w->size = dp_malloc(sizeof *w->size * w->m), w->v = dp_calloc(w->m, sizeof *w->v), w->t = dp_malloc(sizeof *w->t * w->m);
    if (w->lambda < STIFF * w->top) w->deep = dp_malloc(sizeof *w->deep * w->m * (w->m + 1) / 2);
    else w->work = gsl_matrix_alloc(w->m, w->m), w->u = gsl_vector_alloc(w->m);
    return fill(w, e);
}

static void witness_clear(witness *w)
{
    if (w->work) gsl_matrix_free(w->work), gsl_vector_free(w->u);
    free(w->F), free(w->rho), free(w->size), free(w->v), free(w->t), free(w->deep);
}

/* ---- linear systems ---- */

/* A row of L after another, in place of the lower half of a matrix. Returns whether it is positive definite. */
static int decompose_long(long double *L, size_t m)
{
    long double *row = L;
    for (size_t i = 0; i < m; row += ++i) {
        const long double *other = L;
        for (size_t j = 0; j <= i; other += ++j) {
            const long double left = row[j] - dot(row, other, j);
            if (j == i && !(left > 0)) return 0;
            row[j] = j < i ? left / other[j] : sqrtl(left);
        }
    }
    return 1;
}

/* x <- (L L^T)^-1 x. */
static void solve_long(const long double *L, long double *x, size_t m)
{
    const long double *row = L;
    for (size_t i = 0; i < m; row += ++i) x[i] = (x[i] - dot(row, x, i)) / row[i];
    for (size_t i = m; i-- > 0;) {
        row -= i + 1, x[i] /= row[i];
        for (size_t j = 0; j < i; j++) x[j] -= row[j] * x[i];
    }
}

/* shift + factor S K S with S = diag(s), s NULL: 1, for `solve`; whether it is positive definite in this arithmetic. */
static int decompose(witness *w, const long double *s, long double shift, long double factor)
{
    for (size_t i = 0, at = 0; i < w->m; i++)
        for (size_t j = 0; j <= i; j++, at++) {
            const long double a = factor * (s ? s[i] * s[j] : 1) * (w->top + w->F[at]) + (i == j ? shift : 0);
            if (w->deep) w->deep[at] = a;
            else gsl_matrix_set(w->work, i, j, (double) a);
        }
    return w->deep ? decompose_long(w->deep, w->m) : !gsl_linalg_cholesky_decomp1(w->work);
}

/* x becomes the solution; in doubles in units of the largest. */
static void solve(witness *w, long double *x)
{
    long double unit = 0;
    if (w->deep) {
        solve_long(w->deep, x, w->m);
        return;
    }
    for (size_t i = 0; i < w->m; i++) unit = fmaxl(unit, fabsl(x[i]));
    for (size_t i = 0; i < w->m; i++) gsl_vector_set(w->u, i, unit > 0 ? (double) (x[i] / unit) : 0);
    gsl_linalg_cholesky_svx(w->work, w->u);
    for (size_t i = 0; i < w->m; i++) x[i] = unit * gsl_vector_get(w->u, i);
}

/* V = -scale grad g at x. */
static dp_status flow(double *out, const witness *w, long double scale, long double least, dp_error *e)
{
    if (w->lambda < least * w->top) return dp_fail(e, DP_EBUDGET, "regularisation lambda below %Lg of k(0): rounding may leave no digit; take --precision DIGITS", least);
    const size_t n = w->s->n, d = w->s->d;
    const dp_pairing y = dp_pairing_y(w->s, &w->k, DP_FORM_SLOPE), x = dp_pairing_negatives(w->s, &w->k, DP_FORM_SLOPE);
    long double *v = dp_calloc(n * d, sizeof *v), *c = w->t;
    for (size_t j = 0; j < w->m; j++) c[j] = 1 + w->v[j];
    dp_status status = dp_wide_gradients(v, scale / w->lambda / (long double) w->m, c, &y, e);
    if (!status) status = dp_wide_gradients(v, -scale / w->lambda / (long double) n, NULL, &x, e);
    for (size_t i = 0; i < n * d; i++) out[i] = (double) v[i];
    free(v);
    return status;
}

/* t = m lambda g(y) = m rho - K v. */
static void at_data(witness *w)
{
    apply(w->t, w, w->v);
    for (size_t j = 0; j < w->m; j++) w->t[j] = (long double) w->m * w->rho[j] - w->t[j];
}

/* lambda <g, psi> and lambda^2 |g|^2. */
static long double along_psi(const witness *w) { return w->norm - dot(w->rho, w->v, w->m) / (long double) w->m; }
static long double square_of_g(const witness *w)
{
    const long double m = (long double) w->m;
    return fmaxl(0, along_psi(w) - dot(w->t, w->v, w->m) / m / m);
}

/* What rounding does to lambda <g, psi>, lambda^2 |g|^2 and the mean of f(g(y)), of which the part of no v is `rest`, at most, over lambda: t_j is off by what m size_j and the sum of |K_ji v_i| <= k(0) |v_i|
   (of F and of k(0), twice) lose; slope: |f'| at g(y). Each twice for sums of these. */
static long double harm(const witness *w, const long double *slope, long double rest)
{
    const long double m = (long double) w->m;
    long double first = w->width, all = 0, slopes = 0;
    for (size_t j = 0; j < w->m; j++) {
        const long double a = fabsl(w->v[j]), b = a + slope[j];
        first += (a + b) * w->size[j] / m, all += a / m, slopes += b / m;
    }
    return 2 * (w->term * first + 2 * w->unit * w->top * all * slopes) / w->lambda + 2 * w->unit * rest;
}

/* The functional over 1 + lambda is in [primal - rounding, primal + gap + rounding]. */
typedef struct { long double primal, gap, rounding; } bounds;

/* Its value with what is known of it; an error where that is next to nothing. */
static dp_status note_values(double *value, dp_drifted *out, const witness *w, const bounds *b, const char *name, dp_error *e)
{
    const long double scale = 1 + w->lambda, known = b->gap + b->rounding;
    const double nearest = (double) (scale * b->primal);
    if (!(known <= fmaxl(LEAST_KNOWN * fabsl(b->primal), NOTHING)))
        return dp_fail(e, DP_EBUDGET, "%s: %.3g is known to %.3g only, which is what lambda = %.3g leaves of the digits; take a larger lambda or --precision DIGITS", name, nearest, (double) (scale * known), (double) w->lambda);
    if (value) *value = nearest;
    if (!out) return DP_OK;
    dp_drifted_note(out, "primal", nearest), dp_drifted_note(out, "dual", (double) (scale * (b->primal + b->gap)));
    dp_drifted_note(out, "gap", (double) (scale * known * (1 + 4 * DBL_EPSILON) + DBL_EPSILON * fabs(nearest) + (known > 0 || b->primal != 0 ? 2 * DBL_TRUE_MIN : 0)));
    return DP_OK;
}

/* Where x and y are one law psi is 0, which no sum of numbers that are rounded would say. */
static void vanish(double *value, dp_drifted *out, const witness *w)
{
    static const char *const zero[] = {"primal", "dual", "gap"};
    if (value) *value = 0;
    for (int i = 0; out && i < 3; i++) dp_drifted_note(out, zero[i], 0);
    if (out && out->v) memset(out->v, 0, sizeof(double) * w->s->n * w->s->d);
}

/* ---- chi2 ---- */

/* (K/(m lambda) + 1) v = rho/lambda, refined with residuals in long double as long as that helps; t = m lambda g(y). Returns the relative residual, or NAN. */
static double solve_chi2(witness *w)
{
    const long double m = (long double) w->m, size = sqrtl(dot(w->rho, w->rho, w->m)) / w->lambda;
    long double *r = dp_malloc(sizeof *r * w->m);
    double residual = 0, last = INFINITY;
    if (!decompose(w, NULL, 1, 1 / m / w->lambda)) residual = NAN;
    for (int step = 0; !isnan(residual) && step < MOST_REFINEMENTS; step++, last = residual) {
        at_data(w);
        for (size_t j = 0; j < w->m; j++) r[j] = w->t[j] / m / w->lambda - w->v[j];
        residual = size > 0 ? (double) (sqrtl(dot(r, r, w->m)) / size) : 0;
        if (!(residual < last / 2)) break;
        solve(w, r);
        for (size_t j = 0; j < w->m; j++) w->v[j] += r[j];
    }
    free(r);
    return residual;
}

/* The value is mean g(y)^2 + lambda |g|^2 = <g, psi>; with any v at hand 2 <g, psi> less the first is at most that, mean v^2 + lambda |g|^2 at least, and mean (v - g(y))^2 between them. */
static bounds chi2_bounds(const witness *w)
{
    const long double m = (long double) w->m;
    long double squares = 0, gap = 0, *slope = dp_malloc(sizeof *slope * w->m);
    for (size_t j = 0; j < w->m; j++) {
        const long double g = w->t[j] / m / w->lambda;
        squares += g * g / m, gap += (w->v[j] - g) * (w->v[j] - g) / m, slope[j] = 2 * fabsl(g);
    }
    const bounds b = {(2 * along_psi(w) - square_of_g(w)) / w->lambda - squares, gap, harm(w, slope, squares)};
    free(slope);
    return b;
}

dp_status dp_chi2_sample(double *value, dp_drifted *out, const dp_sample *s, dp_error *e)
{
    witness w;
    dp_status status = witness_init(&w, s, "chi2", e);
    if (status) return status;
    const int one = dp_sample_same_law(s);
    const double residual = one ? 0 : solve_chi2(&w);
    if (one) vanish(value, out, &w);
    if (isnan(residual)) status = dp_fail(e, DP_EBUDGET, "chi2: K/m + lambda is not positive definite in this arithmetic; take a larger lambda or --precision DIGITS");
    if (!status && !one) {
        const bounds b = chi2_bounds(&w);
        status = note_values(value, out, &w, &b, "chi2", e);
        if (!status && out && out->v) status = flow(out->v, &w, 2 * (1 + w.lambda), LEAST_CHI2, e);
    }
    if (out) dp_drifted_note(out, "residual", residual);
    witness_clear(&w);
    return status;
}

/* ---- kale ---- */

/* mean (exp(g(y)) - 1 - g(y)) */
static long double mean_beyond(const witness *w)
{
    long double sum = 0;
    for (size_t j = 0; j < w->m; j++) sum += dp_wide_beyond(w->t[j] / (long double) w->m / w->lambda) / (long double) w->m;
    return sum;
}

/* The concave bracket at g: 1 + mean g(x) - mean exp(g(y)) - lambda |g|^2/2 = <g, psi> - mean (exp(g(y)) - 1 - g(y)) - lambda |g|^2/2. */
static long double bracket(const witness *w) { return (along_psi(w) - square_of_g(w) / 2) / w->lambda - mean_beyond(w); }

/* r = exp(g(y)) - 1 - v, which vanishes at the optimum; s: roots of exp(g(y)), or NULL. */
static void residual(long double *r, long double *s, const witness *w)
{
    for (size_t j = 0; j < w->m; j++) {
        const long double g = w->t[j] / (long double) w->m / w->lambda;
        r[j] = expm1l(g) - w->v[j];
        if (s) s[j] = expl(g / 2);
    }
}

/* What rounding does to the bracket. */
static long double kale_harm(const witness *w, long double *room)
{
    residual(room, NULL, w);
    for (size_t j = 0; j < w->m; j++) room[j] = fabsl(room[j] + w->v[j]);
    return harm(w, room, mean_beyond(w));
}

/* Newton's step dv for the v of g, Kdv its K: (1 + S^2 K/(m lambda)) dv = r, S^2 = exp(g(y)), so dv = r - S y with (1 + S K S/(m lambda)) y = S K r/(m lambda). Returns the decrement r K dv/(m^2 lambda), or NAN. */
static long double newton(long double *dv, long double *Kdv, witness *w)
{
    const size_t m = w->m;
    const long double ml = (long double) m * w->lambda;
    long double *s = dp_malloc(sizeof *s * m), decrement = NAN;
    residual(dv, s, w);
    if (decompose(w, s, 1, 1 / ml)) {
        long double *y = dp_malloc(sizeof *y * m);
        apply(y, w, dv);
        for (size_t j = 0; j < m; j++) y[j] *= s[j] / ml;
        solve(w, y);
        for (size_t j = 0; j < m; j++) y[j] = dv[j] - s[j] * y[j];
        apply(Kdv, w, y);
        decrement = dot(dv, Kdv, m) / ml / (long double) m;
        memcpy(dv, y, sizeof *dv * m);
        free(y);
    }
    free(s);
    return decrement;
}

/* Along the step, on which g is linear, halved until the bracket rises (but for its rounding). Returns whether it moved. */
static int move(witness *w, const long double *dv, const long double *Kdv, long double decrement, long double rounding)
{
    const long double from = bracket(w);
    long double at = 0;
    for (long double step = 1; step > 1e-12L; step /= 2) {
        for (size_t j = 0; j < w->m; j++) w->v[j] += (step - at) * dv[j], w->t[j] -= (step - at) * Kdv[j];
        at = step;
        const long double now = bracket(w);
        if (now >= from + step * decrement / 4 || (fabsl(decrement) <= rounding && isfinite(now))) return at_data(w), 1;
    }
    for (size_t j = 0; j < w->m; j++) w->v[j] -= at * dv[j];
    at_data(w);
    return 0;
}

/* From v as it is, at w->lambda; so many steps from where the decrement is below `small`, or what rounding leaves. Returns the last decrement. */
static long double iterate(witness *w, long double small, int more, int *steps)
{
    long double *dv = dp_malloc(sizeof *dv * w->m), *Kdv = dp_malloc(sizeof *Kdv * w->m), decrement = INFINITY;
    at_data(w);
    for (int last = 0; *steps < MOST_STEPS && last < more; ++*steps) {
        const long double rounding = kale_harm(w, dv);
        decrement = newton(dv, Kdv, w);
        if (isnan(decrement) || !move(w, dv, Kdv, decrement, rounding)) break;
        last += decrement < fmaxl(small, rounding);
    }
    free(dv), free(Kdv);
    return decrement;
}

/* Newton's method on the bracket, warmed up at larger lambda as long as that works. */
static long double solve_kale(witness *w)
{
    const long double lambda = w->lambda, unit = fminl(1, w->norm / w->lambda);
    int steps = 0;
    for (w->lambda = fmaxl(w->top, lambda); w->lambda > lambda; w->lambda /= 4)
        if (isnan(iterate(w, 0.1L, 1, &steps))) return NAN;
    w->lambda = lambda;
    return iterate(w, 1e-16L * unit, 3, &steps);
}

/* The dual mean ((1 + v') log(1 + v') - v') + lambda |g'|^2/2 at 1 + v' = exp(g(y)), g' made of v' as g of v, is the bracket at g and lambda |g' - g|^2/2 = r K r/(2 m^2 lambda). */
static bounds kale_bounds(const witness *w)
{
    const long double m = (long double) w->m;
    long double *r = dp_malloc(sizeof *r * w->m), *Kr = dp_malloc(sizeof *Kr * w->m);
    residual(r, NULL, w), apply(Kr, w, r);
    const bounds b = {bracket(w), fmaxl(0, dot(r, Kr, w->m) / 2 / m / m / w->lambda), kale_harm(w, r)};
    free(r), free(Kr);
    return b;
}

dp_status dp_kale_sample(double *value, dp_drifted *out, const dp_sample *s, dp_error *e)
{
    witness w;
    dp_status status = witness_init(&w, s, "kale", e);
    if (status) return status;
    const int one = dp_sample_same_law(s);
    if (one) vanish(value, out, &w);
    else if (isnan(solve_kale(&w))) status = dp_fail(e, DP_EBUDGET, "kale: Newton's matrix is not positive definite in this arithmetic; take a larger lambda or --precision DIGITS");
    if (!status && !one) {
        const bounds b = kale_bounds(&w);
        status = note_values(value, out, &w, &b, "kale", e);
        if (!status && out && out->v) status = flow(out->v, &w, 1 + w.lambda, LEAST_KALE, e);
    }
    witness_clear(&w);
    return status;
}
