/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rkhs.c: KALE (54) and the de-regularised MMD (chi2) of samples: witnesses g = (m_q - sum_j c_j k(., y_j))/lambda with coefficients at the data. */
#include "particle/functional.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>

enum { MOST_STEPS = 3000, MOST_POINTS = 20000 };

/* K_ij = k(y_i, y_j), b_j = mean over x of k(x, y_j), Q = mean of k over x with itself. */
typedef struct { const dp_sample *s; dp_pkernel k; double lambda, Q; size_t m; gsl_matrix *K, *work; gsl_vector *b, *c, *t, *u, *log_mc; } witness;

static double kernel(const witness *w, const double *a, const double *b)
{
    double r2 = 0;
    for (size_t i = 0; i < w->s->d; i++) r2 += (a[i] - b[i]) * (a[i] - b[i]);
    return exp(-dp_over_eps(&w->k, dp_pkernel_cost(&w->k, DP_FORM_KERNEL, r2)));
}

static dp_status witness_init(witness *w, const dp_sample *s, const char *name, dp_error *e)
{
    const size_t d = s->d;
    if (!s->lambda) return dp_fail(e, DP_EINPUT, "%s: no regularisation given; expected --regularisation L, L > 0", name);
    if (s->z || s->leave_out) return dp_fail(e, DP_EUNSUPPORTED, "%s: of x and y; negatives and masks have no part in it", name);
    if (s->m > MOST_POINTS) return dp_fail(e, DP_EUNSUPPORTED, "%s: a matrix of %zu data points squared is too large", name, s->m);
    *w = (witness){.s = s, .lambda = fmpq_get_d(s->lambda), .m = s->m};
    dp_status status = dp_pkernel_init(&w->k, s, DP_FORM_KERNEL, e);
    if (status) return status;
    gsl_set_error_handler_off();
    w->K = gsl_matrix_alloc(w->m, w->m), w->work = gsl_matrix_alloc(w->m, w->m);
    w->b = gsl_vector_calloc(w->m), w->c = gsl_vector_alloc(w->m), w->t = gsl_vector_alloc(w->m), w->u = gsl_vector_alloc(w->m), w->log_mc = gsl_vector_calloc(w->m);
    for (size_t i = 0; i < w->m; i++) {
        for (size_t j = 0; j <= i; j++) {
            const double k = kernel(w, s->y + i * d, s->y + j * d);
            gsl_matrix_set(w->K, i, j, k), gsl_matrix_set(w->K, j, i, k);
        }
        for (size_t j = 0; j < s->n; j++) *gsl_vector_ptr(w->b, i) += kernel(w, s->y + i * d, s->x + j * d) / (double) s->n;
    }
    for (size_t i = 0; i < s->n; i++) {
        double row = 0;
        for (size_t j = 0; j < s->n; j++) row += kernel(w, s->x + i * d, s->x + j * d);
        w->Q += row / (double) s->n / (double) s->n;
    }
    return DP_OK;
}

static void witness_clear(witness *w)
{
    if (w->K) gsl_matrix_free(w->K), gsl_matrix_free(w->work), gsl_vector_free(w->b), gsl_vector_free(w->c), gsl_vector_free(w->t), gsl_vector_free(w->u), gsl_vector_free(w->log_mc);
}

/* out = K a. */
static void apply(gsl_vector *out, const witness *w, const gsl_vector *a) { gsl_blas_dgemv(CblasNoTrans, 1, w->K, a, 0, out); }

static double dot(const gsl_vector *a, const gsl_vector *b)
{
    double sum = 0;
    gsl_blas_ddot(a, b, &sum);
    return sum;
}

void dp_add_gradients(double *v, double factor, const double *coeff, const dp_pairing *p)
{
    for (size_t i = 0; i < p->n; i++)
        for (size_t j = 0; j < p->m; j++) {
            const double *a = p->a + i * p->d, *b = p->b + j * p->d;
            double r2 = 0;
            if (p->skip && i == j) continue;
            for (size_t c = 0; c < p->d; c++) r2 += (a[c] - b[c]) * (a[c] - b[c]);
            const double w = factor * (coeff ? coeff[j] : 1) * exp(-dp_over_eps(p->kernel, dp_pkernel_cost(p->kernel, DP_FORM_SLOPE, r2)));
            for (size_t c = 0; c < p->d; c++) v[i * p->d + c] += w * (b[c] - a[c]);
        }
}

/* V = -scale grad g at x. */
static void flow(double *v, const witness *w, double scale)
{
    const dp_pairing y = dp_pairing_y(w->s, &w->k, DP_FORM_SLOPE), x = dp_pairing_negatives(w->s, &w->k, DP_FORM_SLOPE);
    for (size_t i = 0; i < w->s->n * w->s->d; i++) v[i] = 0;
    dp_add_gradients(v, scale / w->lambda, w->c->data, &y);
    dp_add_gradients(v, -scale / w->lambda / (double) w->s->n, NULL, &x);
}

/* ---- chi2 ---- */

/* (K/m + lambda) v = b - K 1/m, c = (1 + v)/m; one step of refinement. Returns the relative residual. */
static double solve_chi2(witness *w)
{
    const double m = (double) w->m;
    gsl_vector *rhs = gsl_vector_alloc(w->m), *v = gsl_vector_calloc(w->m);
    gsl_vector_set_all(w->t, -1 / m);
    apply(rhs, w, w->t);
    gsl_vector_add(rhs, w->b);
    gsl_matrix_memcpy(w->work, w->K), gsl_matrix_scale(w->work, 1 / m);
    for (size_t i = 0; i < w->m; i++) *gsl_matrix_ptr(w->work, i, i) += w->lambda;
    double residual = gsl_linalg_cholesky_decomp1(w->work) ? NAN : 0;
    for (int step = 0; step < 3 && !isnan(residual); step++) {
        apply(w->t, w, v);
        gsl_vector_scale(w->t, -1 / m), gsl_blas_daxpy(-w->lambda, v, w->t), gsl_vector_add(w->t, rhs);
        residual = gsl_blas_dnrm2(w->t) / fmax(gsl_blas_dnrm2(rhs), 1e-300);
        if (step == 2) break;
        gsl_linalg_cholesky_svx(w->work, w->t);
        gsl_vector_add(v, w->t);
    }
    for (size_t j = 0; j < w->m; j++) gsl_vector_set(w->c, j, (1 + gsl_vector_get(v, j)) / m);
    gsl_vector_free(rhs), gsl_vector_free(v);
    return residual;
}

/* |(T + lambda)^(-1/2) psi|^2 = <g, psi> with psi = m_q - m_p: mean g(x) - mean g(y). */
static double value_chi2(witness *w)
{
    double sum = w->Q - dot(w->b, w->c), ones = 0;
    apply(w->t, w, w->c);
    for (size_t j = 0; j < w->m; j++) ones += (gsl_vector_get(w->b, j) - gsl_vector_get(w->t, j)) / (double) w->m;
    return (1 + w->lambda) * (sum - ones) / w->lambda;
}

dp_status dp_chi2_sample(double *value, dp_drifted *out, const dp_sample *s, dp_error *e)
{
    witness w;
    dp_status status = witness_init(&w, s, "chi2", e);
    if (status) return status;
    const double residual = solve_chi2(&w);
    if (isnan(residual)) status = dp_fail(e, DP_EBUDGET, "chi2: K/m + lambda is not positive definite in doubles; take a larger lambda or --precision DIGITS");
    if (!status && value) *value = value_chi2(&w);
    if (!status && out && out->v) flow(out->v, &w, 2 * (1 + w.lambda));
    if (!status && out) dp_drifted_note(out, "residual", residual);
    witness_clear(&w);
    return status;
}

/* ---- kale ---- */

/* c = exp(log_mc)/m: coefficients far below the smallest double count as 0 and come back. */
static void coefficients(witness *w)
{
    for (size_t j = 0; j < w->m; j++) gsl_vector_set(w->c, j, exp(gsl_vector_get(w->log_mc, j)) / (double) w->m);
}

/* The dual: phi(c) = sum c log(m c) - c + (c'Kc - 2 b'c + Q)/(2 lambda) + 1, convex; phi >= the functional's bracket, equal at the optimum. t = K c on return. */
static double phi(witness *w)
{
    double sum = 1 + w->Q / (2 * w->lambda);
    apply(w->t, w, w->c);
    for (size_t j = 0; j < w->m; j++) {
        const double x = gsl_vector_get(w->c, j);
        if (x > 0) sum += x * (gsl_vector_get(w->log_mc, j) - 1) + x * (gsl_vector_get(w->t, j) / 2 - gsl_vector_get(w->b, j)) / w->lambda;
    }
    return sum;
}

/* The bracket at g = (m_q - sum c_j k(., y_j))/lambda; t = K c. */
static double bracket(const witness *w)
{
    const double bc = dot(w->b, w->c), norm2 = (w->Q - 2 * bc + dot(w->c, w->t)) / w->lambda / w->lambda;
    double sum = 1 + (w->Q - bc) / w->lambda - w->lambda / 2 * norm2;
    for (size_t j = 0; j < w->m; j++) sum -= exp((gsl_vector_get(w->b, j) - gsl_vector_get(w->t, j)) / w->lambda) / (double) w->m;
    return sum;
}

/* Newton's step in u, for log c: -grad - K S y/lambda with S = sqrt(c), (1 + S K S/lambda) y = -S grad. Returns the decrement, or NAN. */
static double newton(witness *w)
{
    gsl_vector *grad = gsl_vector_alloc(w->m);
    apply(w->t, w, w->c);
    for (size_t i = 0; i < w->m; i++) {
        const double s = sqrt(gsl_vector_get(w->c, i));
        gsl_vector_set(grad, i, gsl_vector_get(w->log_mc, i) + (gsl_vector_get(w->t, i) - gsl_vector_get(w->b, i)) / w->lambda);
        gsl_vector_set(w->u, i, -s * gsl_vector_get(grad, i));
        for (size_t j = 0; j <= i; j++)
            gsl_matrix_set(w->work, i, j, s * sqrt(gsl_vector_get(w->c, j)) * gsl_matrix_get(w->K, i, j) / w->lambda + (i == j));
    }
    gsl_vector_memcpy(w->t, w->u);
    if (gsl_linalg_cholesky_decomp1(w->work)) {
        gsl_vector_free(grad);
        return NAN;
    }
    gsl_linalg_cholesky_svx(w->work, w->u);
    const double decrement = dot(w->t, w->u);
    for (size_t i = 0; i < w->m; i++) *gsl_vector_ptr(w->u, i) *= sqrt(gsl_vector_get(w->c, i));
    apply(w->t, w, w->u);
    for (size_t i = 0; i < w->m; i++) gsl_vector_set(w->u, i, -gsl_vector_get(grad, i) - gsl_vector_get(w->t, i) / w->lambda);
    gsl_vector_free(grad);
    return decrement;
}

/* Along the step, a growth bent to that of c itself, halved until phi falls (but for its rounding). Returns whether it moved. */
static int move(witness *w, double decrement, double *at)
{
    gsl_vector *old = gsl_vector_alloc(w->m);
    int moved = 0;
    gsl_vector_memcpy(old, w->log_mc);
    for (double step = 1; step > 1e-12 && !moved; step /= 2) {
        for (size_t i = 0; i < w->m; i++) {
            const double change = step * gsl_vector_get(w->u, i);
            gsl_vector_set(w->log_mc, i, gsl_vector_get(old, i) + (change > 0 ? log1p(change) : change));
        }
        coefficients(w);
        const double now = phi(w);
        moved = now <= *at - step * decrement / 4 || (decrement < 0x1p-50 * (fabs(*at) + w->Q / w->lambda) && isfinite(now));
        if (moved) *at = now;
    }
    if (!moved) gsl_vector_memcpy(w->log_mc, old), coefficients(w);
    gsl_vector_free(old);
    return moved;
}

/* From c as it is, at w->lambda; twice more once the decrement is rounding. */
static double iterate(witness *w, double small, int *steps)
{
    double at = phi(w), decrement = INFINITY;
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
    const double lambda = w->lambda;
    int steps = 0;
    coefficients(w);
    for (w->lambda = fmax(1, lambda); w->lambda > 4 * lambda; w->lambda /= 4) iterate(w, 1e-4, &steps);
    w->lambda = lambda;
    const double decrement = iterate(w, 1e-16, &steps);
    if (isnan(decrement)) return dp_fail(e, DP_EBUDGET, "kale: Newton's matrix is not positive definite in doubles; take a larger lambda or --precision DIGITS");
    return decrement < 1e-10 ? DP_OK : dp_fail(e, DP_EBUDGET, "kale: Newton's method stopped at decrement %.3g after %d steps", decrement, steps);
}

dp_status dp_kale_sample(double *value, dp_drifted *out, const dp_sample *s, dp_error *e)
{
    witness w;
    dp_status status = witness_init(&w, s, "kale", e);
    if (status) return status;
    status = solve_kale(&w, e);
    if (!status) {
        const double factor = 1 + w.lambda, dual = factor * phi(&w), primal = factor * bracket(&w);
        if (value) *value = primal;
        if (out && out->v) flow(out->v, &w, factor);
        if (out) dp_drifted_note(out, "primal", primal), dp_drifted_note(out, "dual", dual), dp_drifted_note(out, "gap", dual - primal);
    }
    witness_clear(&w);
    return status;
}
