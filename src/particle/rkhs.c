/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rkhs.c: KALE (54) and the de-regularised MMD (chi2) of samples: witnesses g = (m_q - sum_j c_j k(., y_j))/lambda with coefficients c_j = (1 + v_j)/m at the data. */
#include "particle/functional.h"
#include "particle/wide.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_STEPS = 3000, MOST_REFINEMENTS = 40, MOST_POINTS = 20000 };

/* psi = m_q - m_p has no mass, so that constants in k cancel: F_ij = k(y_i, y_j) - k(0) by rows of the lower half, rho_j = psi(y_j), norm = |psi|^2, each to its own digits
   however wide the kernel. width: of the F behind norm, so that this is known to LDBL_EPSILON
   times width or so. Then lambda g = psi - sum v_j k(., y_j)/m; of kale log holds log(1 + v). t, u, work: room. */
typedef struct { const dp_sample *s; dp_pkernel k; double lambda; size_t m; long double top, norm, width, *F, *rho, *v, *log, *t; gsl_matrix *work; gsl_vector *u; } witness;

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

static double entry(const witness *w, size_t i, size_t j) { return (double) (w->top + w->F[i * (i + 1) / 2 + j]); } /* j <= i */

/* Means of F: psi(y_j), and |psi|^2 = mean over x and x - mean psi(y) - mean over x and y. */
static dp_status fill(witness *w, dp_error *e)
{
    const dp_sample *s = w->s;
    const long double n = (long double) s->n, m = (long double) s->m;
    const dp_pairing x = dp_pairing_negatives(s, &w->k, DP_FORM_KERNEL), y = dp_pairing_y(s, &w->k, DP_FORM_KERNEL), yx = dp_pairing_turned(&y);
    long double *row = dp_malloc(sizeof *row * s->n);
    dp_status status = dp_wide_rows(row, DP_WIDE_FALL, &x, e);
    if (!status) status = dp_wide_rows(w->rho, DP_WIDE_FALL, &yx, e);
    for (size_t i = 0; i < s->n; i++) w->norm += row[i] / n / n, w->width -= row[i] / n / n;
    for (size_t j = 0; j < s->m; j++) w->rho[j] /= n, w->norm -= w->rho[j] / m, w->width -= 2 * w->rho[j] / m, w->t[j] = 0;
    for (size_t i = 0, at = 0; i < s->m; i++)
        for (size_t j = 0; j <= i; j++, at++) {
            w->F[at] = dp_wide_fall(&w->k, s->y + i * s->d, s->y + j * s->d, s->d);
            w->t[i] += w->F[at], w->t[j] += i == j ? 0 : w->F[at];
        }
    for (size_t j = 0; j < s->m; j++) w->rho[j] -= w->t[j] / m, w->norm -= w->rho[j] / m, w->width -= w->t[j] / m / m;
    free(row);
    return status;
}

static dp_status witness_init(witness *w, const dp_sample *s, const char *name, dp_error *e)
{
    if (!s->lambda) return dp_fail(e, DP_EINPUT, "%s: no regularisation given; expected --regularisation L, L > 0", name);
    if (s->z || s->leave_out) return dp_fail(e, DP_EUNSUPPORTED, "%s: of x and y; negatives and masks have no part in it", name);
    if (s->m > MOST_POINTS) return dp_fail(e, DP_EUNSUPPORTED, "%s: a matrix of %zu data points squared is too large", name, s->m);
    *w = (witness){.s = s, .lambda = fmpq_get_d(s->lambda), .m = s->m};
    const dp_status status = dp_pkernel_init(&w->k, s, DP_FORM_KERNEL, e);
    if (status) return status;
    gsl_set_error_handler_off();
    w->top = dp_wide_top(&w->k);
    w->F = dp_malloc(sizeof *w->F * w->m * (w->m + 1) / 2), w->rho = dp_malloc(sizeof *w->rho * w->m), w->v = dp_calloc(w->m, sizeof *w->v), w->log = dp_calloc(w->m, sizeof *w->log), w->t = dp_malloc(sizeof *w->t * w->m);
    w->work = gsl_matrix_alloc(w->m, w->m), w->u = gsl_vector_alloc(w->m);
    return fill(w, e);
}

static void witness_clear(witness *w)
{
    if (w->work) gsl_matrix_free(w->work), gsl_vector_free(w->u), free(w->F), free(w->rho), free(w->v), free(w->log), free(w->t);
}

/* V = -scale grad g at x. */
static dp_status flow(double *out, const witness *w, long double scale, dp_error *e)
{
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

/* lambda <g, psi> and lambda^2 |g|^2, with t = m lambda g(y). */
static long double along_psi(const witness *w) { return w->norm - dot(w->rho, w->v, w->m) / (long double) w->m; }
static long double square_of_g(const witness *w)
{
    const long double m = (long double) w->m;
    return fmaxl(0, along_psi(w) - dot(w->t, w->v, w->m) / m / m);
}

/* What dual and primal value are apart, and what rounding may have done to both. */
static void note_values(dp_drifted *out, const witness *w, long double primal, long double dual)
{
    const long double scale = 1 + w->lambda, terms = w->width + w->top * dot(w->v, w->v, w->m) / (long double) w->m, rounding = 32 * LDBL_EPSILON * terms / w->lambda + DBL_EPSILON * fabsl(primal);
    if (!out) return;
    dp_drifted_note(out, "primal", (double) (scale * primal)), dp_drifted_note(out, "dual", (double) (scale * dual));
    dp_drifted_note(out, "gap", (double) (scale * (fmaxl(0, dual - primal) + rounding)));
}

/* ---- chi2 ---- */

/* (K/m + lambda) v = rho, refined with residuals in long double as long as that helps; t = m lambda g(y). Returns the relative residual, or NAN. */
static double solve_chi2(witness *w)
{
    const long double m = (long double) w->m, size = sqrtl(dot(w->rho, w->rho, w->m));
    double residual = 0, last = INFINITY;
    for (size_t i = 0; i < w->m; i++)
        for (size_t j = 0; j <= i; j++) gsl_matrix_set(w->work, i, j, entry(w, i, j) / (double) m + (i == j ? w->lambda : 0));
    if (gsl_linalg_cholesky_decomp1(w->work)) return NAN;
    for (int step = 0; step < MOST_REFINEMENTS; step++, last = residual) {
        long double sum = 0;
        at_data(w);
        for (size_t j = 0; j < w->m; j++) {
            const long double r = w->t[j] / m - w->lambda * w->v[j];
            sum += r * r, gsl_vector_set(w->u, j, size > 0 ? (double) (r / size) : 0);
        }
        residual = size > 0 ? (double) (sqrtl(sum) / size) : 0;
        if (!(residual < last / 2)) break;
        gsl_linalg_cholesky_svx(w->work, w->u);
        for (size_t j = 0; j < w->m; j++) w->v[j] += size * gsl_vector_get(w->u, j);
    }
    return residual;
}

dp_status dp_chi2_sample(double *value, dp_drifted *out, const dp_sample *s, dp_error *e)
{
    witness w;
    dp_status status = witness_init(&w, s, "chi2", e);
    if (status) return status;
    const double residual = solve_chi2(&w);
    if (isnan(residual)) status = dp_fail(e, DP_EBUDGET, "chi2: K/m + lambda is not positive definite in doubles; take a larger lambda or --precision DIGITS");
    if (!status) {
        /* The value is mean g(y)^2 + lambda |g|^2 = <g, psi>; with any v at hand 2 <g, psi> less the first is at most that, and mean v^2 + lambda |g|^2 at least. */
        const long double m = (long double) w.m, g2 = square_of_g(&w) / w.lambda, dual = dot(w.v, w.v, w.m) / m + g2;
        const long double primal = 2 * along_psi(&w) / w.lambda - dot(w.t, w.t, w.m) / m / m / m / w.lambda / w.lambda - g2;
        if (value) *value = (double) ((1 + w.lambda) * primal);
        note_values(out, &w, primal, dual);
        if (out) dp_drifted_note(out, "residual", residual);
        if (out && out->v) status = flow(out->v, &w, 2 * (1 + w.lambda), e);
    }
    witness_clear(&w);
    return status;
}

/* ---- kale ---- */

/* From log(1 + v): a coefficient that no number holds counts as 0 and comes back. */
static void coefficients(witness *w)
{
    for (size_t j = 0; j < w->m; j++) w->v[j] = expm1l(w->log[j]);
}

/* The dual: phi(v) = mean ((1 + v) log(1 + v) - v) + lambda |g|^2/2, convex; phi >= the functional's bracket, equal at the optimum. t = m lambda g(y) on return. */
static long double phi(witness *w)
{
    long double sum = 0;
    at_data(w);
    for (size_t j = 0; j < w->m; j++) sum += dp_wide_entropy(w->log[j]) / (long double) w->m;
    return sum + square_of_g(w) / w->lambda / 2;
}

/* The bracket at g: 1 + mean g(x) - mean exp(g(y)) - lambda |g|^2/2 = <g, psi> - mean (exp(g(y)) - 1 - g(y)) - ...; t = m lambda g(y). */
static long double bracket(const witness *w)
{
    long double sum = (along_psi(w) - square_of_g(w) / 2) / w->lambda;
    for (size_t j = 0; j < w->m; j++) sum -= dp_wide_beyond(w->t[j] / (long double) w->m / w->lambda) / (long double) w->m;
    return sum;
}

/* Newton's step in u, for log(1 + v): -grad - K S y/(m lambda) with S = sqrt(1 + v), (1 + S K S/(m lambda)) y = -S grad, grad = log(1 + v) - g(y). Returns the decrement, or NAN. */
static double newton(witness *w)
{
    const size_t m = w->m;
    const double ml = (double) m * w->lambda;
    long double *grad = dp_malloc(sizeof *grad * m), *y = dp_malloc(sizeof *y * m), decrement = 0;
    at_data(w);
    for (size_t i = 0; i < m; i++) {
        const double s = (double) sqrtl(1 + w->v[i]);
        grad[i] = w->log[i] - w->t[i] / (long double) m / w->lambda;
        gsl_vector_set(w->u, i, -s * (double) grad[i]);
        for (size_t j = 0; j <= i; j++) gsl_matrix_set(w->work, i, j, s * (double) sqrtl(1 + w->v[j]) * entry(w, i, j) / ml + (i == j));
    }
    const int failed = gsl_linalg_cholesky_decomp1(w->work);
    if (!failed) {
        gsl_linalg_cholesky_svx(w->work, w->u);
        for (size_t i = 0; i < m; i++) y[i] = sqrtl(1 + w->v[i]) * gsl_vector_get(w->u, i), decrement -= grad[i] * y[i] / (long double) m;
        apply(w->t, w, y);
        for (size_t i = 0; i < m; i++) gsl_vector_set(w->u, i, (double) (-grad[i] - w->t[i] / ml));
    }
    free(grad), free(y);
    return failed ? NAN : (double) decrement;
}

/* Along the step, a growth bent to that of 1 + v itself, halved until phi falls (but for its rounding). Returns whether it moved. */
static int move(witness *w, double decrement, long double *at)
{
    long double *old = dp_malloc(sizeof *old * w->m);
    int moved = 0;
    memcpy(old, w->log, sizeof *old * w->m);
    for (double step = 1; step > 1e-12 && !moved; step /= 2) {
        for (size_t i = 0; i < w->m; i++) {
            const double change = step * gsl_vector_get(w->u, i);
            w->log[i] = old[i] + (change > 0 ? log1p(change) : change);
        }
        coefficients(w);
        const long double now = phi(w);
        moved = now <= *at - step * decrement / 4 || (decrement < 0x1p-50L * (fabsl(*at) + w->width / w->lambda) && isfinite(now));
        if (moved) *at = now;
    }
    if (!moved) memcpy(w->log, old, sizeof *old * w->m), coefficients(w);
    free(old);
    return moved;
}

/* From v as it is, at w->lambda; twice more once the decrement is below `small`. */
static double iterate(witness *w, double small, int *steps)
{
    long double at = phi(w);
    double decrement = INFINITY;
    for (int last = 0; *steps < MOST_STEPS && last < 2; ++*steps) {
        decrement = newton(w);
        if (isnan(decrement)) break;
        last += decrement < small;
        if (!move(w, decrement, &at)) break;
    }
    return decrement;
}

/* Newton's method, warmed up at larger lambda. */
static dp_status solve_kale(witness *w, dp_error *e)
{
    const double lambda = w->lambda, unit = fmin(1, (double) (w->norm / w->lambda));
    int steps = 0;
    for (w->lambda = fmax(1, lambda); w->lambda > 4 * lambda; w->lambda /= 4) iterate(w, 1e-4, &steps);
    w->lambda = lambda;
    const double decrement = iterate(w, 1e-16 * unit, &steps);
    if (isnan(decrement)) return dp_fail(e, DP_EBUDGET, "kale: Newton's matrix is not positive definite in doubles; take a larger lambda or --precision DIGITS");
    return decrement <= 1e-10 * unit ? DP_OK : dp_fail(e, DP_EBUDGET, "kale: Newton's method stopped at decrement %.3g after %d steps; take a larger lambda or --precision DIGITS", decrement, steps);
}

dp_status dp_kale_sample(double *value, dp_drifted *out, const dp_sample *s, dp_error *e)
{
    witness w;
    dp_status status = witness_init(&w, s, "kale", e);
    if (status) return status;
    status = solve_kale(&w, e);
    if (!status) {
        const long double dual = phi(&w), primal = bracket(&w);
        if (value) *value = (double) ((1 + w.lambda) * primal);
        note_values(out, &w, primal, dual);
        if (out && out->v) status = flow(out->v, &w, 1 + w.lambda, e);
    }
    witness_clear(&w);
    return status;
}
