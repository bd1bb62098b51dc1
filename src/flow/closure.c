/* SPDX-License-Identifier: GPL-3.0-or-later */
/* closure.c: the affine fields of Gaussian p and q, in any dimension and with full covariances. */
#include "flow/closure_internal.h"

#include <math.h>
#include <string.h>

#include <gsl/gsl_integration.h>

#include "energy/energy.h"
#include "flow/dense.h"

/* ---- which drifts close ---- */

static const struct { const char *drift; dp_closure_kind kind; } table[] = {
    {"kl", DP_CLOSE_KL}, {"mean-shift", DP_CLOSE_MEAN_SHIFT}, {"sharp", DP_CLOSE_SMOOTHED}, {"sinkhorn", DP_CLOSE_SINKHORN},
    {"sliced-wasserstein", DP_CLOSE_SLICED}, {"smoothed-kl", DP_CLOSE_SMOOTHED}, {"wasserstein", DP_CLOSE_WASSERSTEIN}};

/* Why the others do not: docs/flow.md has a witness for each. */
static const struct { const char *drift, *why; } open[] = {
    {"blob", "its second term grad k*(q/(k*q)) is a Gaussian bump times an affine field"},
    {"chi2", "the resolvent of the kernel's operator makes it a sum of many Gaussian bumps"},
    {"da2", "its preconditioner 1/(sqrt(k*p) sqrt(k*q)) is not constant"},
    {"kale", "the dual function of a convex problem in the kernel's space is not quadratic"},
    {"mmd", "it is a difference of Gaussian bumps times affine fields"},
    {"sinkhorn-proxy", "its preconditioner eta is a Gaussian bump, not a constant"}};

const char *const dp_flow_energy_names[DP_FLOW_ENERGIES + 1] = {"blob", "chi2", "kale", "kl", "mmd2", "sinkhorn", "sliced", "smoothed-kl", "w2", NULL};

int dp_flow_energy_of(const char *drift)
{
    const dp_energy *E = dp_energy_of_drift(drift);
    int k = 0;
    if (!E || E->drift_power) return -1;
    while (dp_flow_energy_names[k] && strcmp(dp_flow_energy_names[k], E->name)) k++;
    return dp_flow_energy_names[k] ? k : -1;
}

static dp_status kind_of(dp_closure_kind *kind, const char *drift, dp_error *e)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (!strcmp(drift, table[i].drift)) return *kind = table[i].kind, DP_OK;
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        if (!strcmp(drift, open[i].drift))
            return dp_fail(e, DP_EUNSUPPORTED, "%s: Gaussians do not stay Gaussian: %s; expected --as particles", drift, open[i].why);
    return dp_fail(e, DP_EUNSUPPORTED, "%s: no Gaussian closure is known; expected --as particles", drift);
}

/* ---- making one ---- */

static int has_root(const double *root, int d)
{
    double s[DP_CLOSURE_DIM];
    dp_dense_svd(NULL, s, root, d);
    for (int i = 0; i < d; i++)
        if (!(s[i] > 0)) return 0;
    return 1;
}

dp_status dp_closure_of(dp_closure **out, int dim, const char *drift, const dp_gauss *p, double h, dp_error *e)
{
    dp_closure_kind kind;
    dp_status status = kind_of(&kind, drift, e);
    if (status) return status;
    if (dim < 1 || dim > DP_CLOSURE_DIM) return dp_fail(e, DP_EUNSUPPORTED, "a Gaussian closure in dimension %d: at most %d", dim, DP_CLOSURE_DIM);
    const int smooth = kind == DP_CLOSE_MEAN_SHIFT || kind == DP_CLOSE_SMOOTHED || kind == DP_CLOSE_SINKHORN;
    if (smooth && !(h > 0)) return dp_fail(e, DP_EUNSUPPORTED, "%s: Gaussians stay Gaussian with the Gaussian kernel only", drift);
    if (kind == DP_CLOSE_KL && !has_root(p->root, dim)) return dp_fail(e, DP_EUNSUPPORTED, "%s: p has no density", drift);
    dp_closure *c = dp_calloc(1, sizeof *c);
    *c = (dp_closure){.dim = dim, .kind = kind, .p = *p, .h = h};
    c->has_density = dp_dense_factor(c->density, p->root, 0, dim);
    if (h > 0) dp_dense_factor(c->smooth, p->root, h * h, dim);
    *out = c;
    return DP_OK;
}

int dp_gauss_of(dp_gauss *g, const dp_measure_t m)
{
    const int d = m->dim;
    double cov[DP_CLOSURE_DIM * DP_CLOSURE_DIM] = {0}, U[DP_CLOSURE_DIM * DP_CLOSURE_DIM], s[DP_CLOSURE_DIM];
    if (m->n != 1 || (m->family != DP_MIXTURE && m->family != DP_ATOMS)) return 0;
    memset(g, 0, sizeof *g);
    for (int i = 0; i < d; i++) g->mean[i] = fmpq_get_d(DP_MEAN(m, 0, i));
    if (m->family == DP_ATOMS) return 1;
    for (int i = 0; i < d * d; i++) cov[i] = fmpq_get_d(DP_COV(m, 0, i / d, i % d));
    dp_dense_svd(U, s, cov, d); /* of a symmetric positive matrix: U diag(s) U^T */
    for (int i = 0; i < d * d; i++) g->root[i] = U[i] * sqrt(s[i % d]);
    return 1;
}

dp_status dp_closure_new(dp_closure **out, const dp_problem *P, const char *drift, dp_error *e)
{
    dp_gauss p, q;
    dp_closure_kind kind;
    dp_status status = kind_of(&kind, drift, e);
    if (status) return status;
    if (!dp_gauss_of(&p, P->p) || !dp_gauss_of(&q, P->q))
        return dp_fail(e, DP_EUNSUPPORTED, "--as gaussian: %s is no single Gaussian or atom; expected --as particles", dp_gauss_of(&p, P->p) ? "q" : "p");
    status = dp_closure_of(out, P->dim, drift, &p, P->kernel == DP_KERNEL_GAUSSIAN ? fmpq_get_d(P->bandwidth) : 0, e);
    if (status) return status;
    double v[DP_CLOSURE_DIM], A[DP_CLOSURE_DIM * DP_CLOSURE_DIM];
    if (dp_closure_field(v, A, *out, &q)) return DP_OK;
    dp_closure_free(*out);
    return dp_fail(e, DP_EUNSUPPORTED, "%s: the field needs a density of q, and q is an atom", drift);
}

void dp_closure_free(dp_closure *c) { free(c); }
int dp_closure_dim(const dp_closure *c) { return c->dim; }

/* ---- fields ---- */

/* (S + w)^-1 - (P + w)^-1 = (S + w)^-1 (P - S) (P + w)^-1, so that nothing cancels but P - S; symmetric. */
static int score_slope(double *v, double *A, const dp_closure *c, const dp_gauss *q, double w)
{
    const int d = c->dim;
    const double *wide = w > 0 ? c->smooth : c->density;
    double F[DP_CLOSURE_DIM * DP_CLOSURE_DIM], own[DP_CLOSURE_DIM * DP_CLOSURE_DIM], B[DP_CLOSURE_DIM * DP_CLOSURE_DIM];
    if (!dp_dense_factor(F, q->root, w, d)) return 0;
    dp_dense_mult(own, q->root, q->root, d);
    dp_dense_mult(B, c->p.root, c->p.root, d);
    for (int i = 0; i < d * d; i++) B[i] -= own[i];
    dp_dense_solve(B, F, d, d);
    for (int i = 0; i < d; i++)
        for (int j = 0; j < d; j++) own[i * d + j] = B[j * d + i];
    dp_dense_solve(own, wide, d, d);
    for (int i = 0; i < d * d; i++) A[i] = (own[i] + own[i % d * d + i / d]) / 2;
    dp_dense_solve(v, wide, 1, d);
    return 1;
}

/* The slope below where B^T S B is singular: rotations give no vectors for s = 0, and f(z) = 1/e - z 4/(e (e + sqrt(e^2 + 4 z))^2) needs none. */
static void singular_slope(double *out, const double *B, const double *L, double e, int d)
{
    double K[DP_CLOSURE_DIM * DP_CLOSURE_DIM], U[DP_CLOSURE_DIM * DP_CLOSURE_DIM], W[DP_CLOSURE_DIM * DP_CLOSURE_DIM], s[DP_CLOSURE_DIM], P[DP_CLOSURE_DIM * DP_CLOSURE_DIM];
    dp_dense_tmul(K, B, L, d);
    dp_dense_svd(U, s, K, d);
    for (int i = 0; i < d; i++) {
        const double r = e + hypot(e, 2 * s[i]);
        s[i] = s[i] > 0 ? 4 * s[i] * s[i] / (e * r * r) : 0;
        for (int k = 0; k < d && s[i] == 0; k++) U[k * d + i] = 0;
    }
    dp_dense_mul(W, B, U, d);
    dp_dense_sandwich(out, W, s, d);
    dp_dense_mult(P, B, B, d);
    for (int i = 0; i < d * d; i++) out[i] = P[i] / e - out[i];
}

/* B f(B^T S B) B^T for P = B B^T: the slope of the barycentric map from N(., S) to N(., P); e = 0: of the optimal map. */
static int plan_slope(double *out, const double *B, const double *L, double e, int d)
{
    double K[DP_CLOSURE_DIM * DP_CLOSURE_DIM], U[DP_CLOSURE_DIM * DP_CLOSURE_DIM], W[DP_CLOSURE_DIM * DP_CLOSURE_DIM], s[DP_CLOSURE_DIM];
    dp_dense_tmul(K, B, L, d);
    dp_dense_svd(U, s, K, d);
    for (int i = 0; i < d; i++) {
        if (!(s[i] > 0)) {
            if (e > 0) singular_slope(out, B, L, e, d);
            return e > 0;
        }
        s[i] = 2 / (e + hypot(e, 2 * s[i]));
    }
    dp_dense_mul(W, B, U, d);
    dp_dense_sandwich(out, W, s, d);
    return 1;
}

static int sinkhorn_slope(double *A, const dp_closure *c, const dp_gauss *q)
{
    const int d = c->dim;
    double own[DP_CLOSURE_DIM * DP_CLOSURE_DIM];
    const double e = c->h * c->h;
    if (!plan_slope(A, c->p.root, q->root, e, d) || !plan_slope(own, q->root, q->root, e, d)) return 0;
    for (int i = 0; i < d * d; i++) A[i] -= own[i];
    return 1;
}

static int wasserstein_slope(double *A, const dp_closure *c, const dp_gauss *q)
{
    const int d = c->dim;
    if (!has_root(q->root, d)) return 0;
    if (!has_root(c->p.root, d) || !plan_slope(A, c->p.root, q->root, 0, d)) {
        if (c->has_density) return 0;
        memset(A, 0, sizeof *A * (size_t) (d * d)); /* to a point mass */
        for (int i = 0; i < d * d; i++)
            if (c->p.root[i] != 0) return 0;
    }
    for (int i = 0; i < d; i++) A[i * d + i] -= 1;
    return 1;
}

/* ---- directions ---- */

/* |root^T t| */
static double width_along(const double *root, const double *t, int d)
{
    double sum = 0;
    for (int k = 0; k < d; k++) {
        double s = 0;
        for (int i = 0; i < d; i++) s += root[i * d + k] * t[i];
        sum = hypot(sum, s);
    }
    return sum;
}

/* Adds weight times (what the direction gives) to sum. */
static void along(double *sum, double weight, const dp_closure *c, const dp_gauss *q, const double *t, int energy)
{
    const int d = c->dim;
    const double a = width_along(c->p.root, t, d), b = width_along(q->root, t, d);
    if (energy) {
        sum[0] += weight * (a - b) * (a - b) / 2;
        return;
    }
    for (int i = 0; i < d * d; i++) sum[i] += weight * (a - b) / b * t[i / d] * t[i % d];
}

/* The mean over directions with n angles: half a circle, or in space Gauss-Legendre in the third coordinate times circles. */
static void round_of(double *sum, const dp_closure *c, const dp_gauss *q, int n, int energy)
{
    const int d = c->dim;
    memset(sum, 0, sizeof *sum * (size_t) (energy ? 1 : d * d));
    if (d == 1) {
        along(sum, 1, c, q, (const double[]){1}, energy);
        return;
    }
    gsl_integration_glfixed_table *g = d == 3 ? gsl_integration_glfixed_table_alloc((size_t) n) : NULL;
    for (int k = 0; k < (g ? n : 1); k++) {
        double z = 0, w = 1;
        if (g) gsl_integration_glfixed_point(0, 1, (size_t) k, &z, &w, g);
        const int turns = g ? 2 * n : n;
        for (int i = 0; i < turns; i++) {
            const double angle = (g ? 2 : 1) * M_PI * (i + 0.5) / turns, r = sqrt(1 - z * z), t[3] = {r * cos(angle), r * sin(angle), z};
            along(sum, w / turns, c, q, t, energy);
        }
    }
    if (g) gsl_integration_glfixed_table_free(g);
}

int dp_closure_directions(double *out, const dp_closure *c, const dp_gauss *q, int energy)
{
    const int size = energy ? 1 : c->dim * c->dim, most = c->dim == 3 ? 512 : 1 << 16;
    double before[DP_CLOSURE_DIM * DP_CLOSURE_DIM];
    if (c->dim > 3) return 0;
    round_of(before, c, q, 16, energy);
    for (int n = 32;; n *= 2) {
        double moved = 0, largest = 0;
        round_of(out, c, q, n, energy);
        for (int i = 0; i < size; i++) moved = fmax(moved, fabs(out[i] - before[i])), largest = fmax(largest, fabs(out[i]));
        if (moved <= 1e-14 * largest || largest == 0) return 1;
        if (n >= most || !isfinite(moved)) return 0;
        memcpy(before, out, sizeof *out * (size_t) size);
    }
}

int dp_closure_field(double *v, double *A, const dp_closure *c, const dp_gauss *q)
{
    const int d = c->dim;
    int ok = 0;
    for (int i = 0; i < d; i++) v[i] = c->p.mean[i] - q->mean[i];
    switch (c->kind) {
    case DP_CLOSE_KL: return score_slope(v, A, c, q, 0);
    case DP_CLOSE_SMOOTHED: return score_slope(v, A, c, q, c->h * c->h);
    case DP_CLOSE_MEAN_SHIFT:
        ok = score_slope(v, A, c, q, c->h * c->h);
        for (int i = 0; i < d; i++) v[i] *= c->h * c->h;
        for (int i = 0; i < d * d; i++) A[i] *= c->h * c->h;
        return ok;
    case DP_CLOSE_SINKHORN: return sinkhorn_slope(A, c, q);
    case DP_CLOSE_WASSERSTEIN: return wasserstein_slope(A, c, q);
    case DP_CLOSE_SLICED:
        for (int i = 0; i < d; i++) v[i] /= d;
        return has_root(q->root, d) && dp_closure_directions(A, c, q, 0);
    }
    return ok;
}
