/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rkhs_level.c: the witnesses of kale and chi2 between two clouds of weighted points, in double precision. */
#include <string.h>

#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>

#include "drift/rkhs_mesh.h"

enum { MOST_POINTS = 2000, MOST_NODES = 4000, MOST_OTHERS = 20000, MOST_STEPS = 300, MOST_HALVINGS = 200 };

/* ---- the system ---- */

static double dot(const double *a, const double *b, slong n)
{
    double sum[4] = {0, 0, 0, 0};
    slong i = 0;
    for (; i + 4 <= n; i += 4)
        for (int k = 0; k < 4; k++)
            sum[k] += a[i + k] * b[i + k];
    for (; i < n; i++)
        sum[0] += a[i] * b[i];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

static void place(double x[3], const rkhs_cloud *at, slong i)
{
    for (int a = 0; a < at->dim; a++)
        x[a] = at->x[a][i];
}

/* Row i of the kernel's matrix between `at` and c. */
static void row(double *out, const est_kernel *k, const rkhs_cloud *c, const rkhs_cloud *at, slong i)
{
    double x[3] = {0, 0, 0};
    place(x, at, i);
    rkhs_cloud_row(out, k, c, x);
}

/* k*q at point i of `at`; t: room for q's cloud. A cloud's rounding shows between levels, which take its points in another order; that of the closed form goes to *slip. */
static double smoothed_q(double *slip, double *t, const rkhs_level *l, const rkhs_cloud *at, slong i)
{
    double x[3] = {0, 0, 0};
    place(x, at, i);
    if (l->closed.part)
        return rkhs_closed_at(slip, &l->closed, x);
    rkhs_cloud_row(t, l->k, &l->q, x);
    return dot(t, l->q.w, l->q.n);
}

/* K over p's points, kq = k*q there, and room for the solver. */
typedef struct { slong n; double lambda, k0, slip, *K, *kq, *Kc, *root; gsl_matrix *M; gsl_vector *t; rkhs_product *product; void *argument; } dense; /* product: instead of K */

static void dense_init(dense *D, const rkhs_level *l)
{
    const rkhs_cloud *p = &l->p;
    const slong n = p->n;
    double *t = dp_malloc((size_t) (l->q.n + 1) * sizeof *t);
    *D = (dense){.n = n, .lambda = l->lambda};
    D->K = dp_malloc((size_t) (n * n) * sizeof(double)), D->kq = dp_calloc((size_t) n, sizeof(double)), D->Kc = dp_calloc((size_t) n, sizeof(double));
    D->root = dp_calloc((size_t) n, sizeof(double));
    D->M = p->exact ? gsl_matrix_alloc((size_t) n, (size_t) n) : NULL, D->t = gsl_vector_alloc((size_t) n);
    for (slong i = 0; i < n; i++) {
        row(D->K + i * n, l->k, p, p, i);
        D->kq[i] = smoothed_q(&D->slip, t, l, p, i);
    }
    D->k0 = D->K[0];
    free(t);
}

static void dense_clear(dense *D)
{
    free(D->K), free(D->kq), free(D->Kc), free(D->root);
    if (D->M)
        gsl_matrix_free(D->M);
    gsl_vector_free(D->t);
}

static void times(double *out, const dense *D, const double *c)
{
    if (D->product) {
        D->product(out, D->argument, c);
        return;
    }
    for (slong i = 0; i < D->n; i++)
        out[i] = dot(D->K + i * D->n, c, D->n);
}

/* R = diag sqrt(alpha), and for points Cholesky's factor of lambda + R K R. */
static int shifted_factor(dense *D, const double *alpha)
{
    const slong n = D->n;
    for (slong i = 0; i < n; i++)
        D->root[i] = sqrt(alpha[i]);
    if (!D->M)
        return isfinite(dot(D->root, D->root, n));
    gsl_error_handler_t *old = gsl_set_error_handler_off();
    for (slong i = 0; i < n; i++)
        for (slong j = 0; j < n; j++)
            gsl_matrix_set(D->M, (size_t) i, (size_t) j, D->root[i] * D->root[j] * D->K[i * n + j] + (i == j ? D->lambda : 0));
    const int ok = gsl_linalg_cholesky_decomp1(D->M) == GSL_SUCCESS;
    gsl_set_error_handler(old);
    return ok;
}

/* out = (lambda + R K R) t; u: room. */
static void apply(double *out, const dense *D, const double *t, double *u)
{
    for (slong i = 0; i < D->n; i++)
        u[i] = D->root[i] * t[i];
    times(out, D, u);
    for (slong i = 0; i < D->n; i++)
        out[i] = D->lambda * t[i] + D->root[i] * out[i];
}

/* t := (lambda + R K R)^{-1} t by conjugate gradients: about as many steps as K has eigenvalues above lambda, few for smooth kernels. */
static void gradients(double *t, const dense *D)
{
    enum { MOST = 2000 };
    const slong n = D->n;
    double *room = dp_calloc((size_t) (4 * n), sizeof *room), *r = room, *z = room + n, *Az = room + 2 * n, *u = room + 3 * n;
    memcpy(r, t, (size_t) n * sizeof *r), memcpy(z, t, (size_t) n * sizeof *z);
    memset(t, 0, (size_t) n * sizeof *t);
    double rr = dot(r, r, n);
    const double goal = rr * 1e-28;
    for (int k = 0; k < MOST && rr > goal; k++) {
        apply(Az, D, z, u);
        const double step = rr / dot(z, Az, n);
        for (slong i = 0; i < n; i++)
            t[i] += step * z[i], r[i] -= step * Az[i];
        const double next = dot(r, r, n), beta = next / rr;
        for (slong i = 0; i < n; i++)
            z[i] = r[i] + beta * z[i];
        rr = next;
    }
    free(room);
}

/* z with (lambda + K diag(alpha)) z = b: t = R z solves (lambda + R K R) t = R b, z = (b - K R t)/lambda. */
static void shifted_solve(double *z, dense *D, const double *b)
{
    for (slong i = 0; i < D->n; i++)
        gsl_vector_set(D->t, (size_t) i, D->root[i] * b[i]);
    D->M ? (void) gsl_linalg_cholesky_svx(D->M, D->t) : gradients(D->t->data, D);
    for (slong i = 0; i < D->n; i++)
        z[i] = D->root[i] * gsl_vector_get(D->t, (size_t) i);
    times(D->Kc, D, z);
    for (slong i = 0; i < D->n; i++)
        z[i] = (b[i] - D->Kc[i]) / D->lambda;
}

/* ---- chi2 ---- */

/* Three rounds: the later ones take the residual's solution, which the first's rounding left. */
static int solve_chi2(rkhs_level *l, dense *D)
{
    const slong n = D->n;
    double *b = dp_malloc((size_t) n * sizeof *b), *z = dp_malloc((size_t) n * sizeof *z);
    const int ok = shifted_factor(D, l->p.w);
    for (int round = 0; round < 3 && ok; round++) {
        for (slong i = 0; i < n; i++)
            l->c[i] = l->p.w[i] * (1 + l->v[i]);
        times(D->Kc, D, l->c);
        for (slong i = 0; i < n; i++)
            b[i] = D->kq[i] - D->Kc[i] - D->lambda * l->v[i];
        shifted_solve(z, D, b);
        for (slong i = 0; i < n; i++)
            l->v[i] += z[i];
    }
    for (slong i = 0; i < n; i++)
        l->c[i] = l->p.w[i] * (1 + l->v[i]);
    free(b), free(z);
    return ok;
}

/* ---- kale: the iteration of rkhs_kale.c ---- */

typedef struct { double tau, *alpha, *b, *dv, *dc; } step;

static double slope_at(const rkhs_level *l, const dense *D, const step *s, double h)
{
    const double m = (1 - s->tau) * D->k0 - dot(s->dc, D->kq, D->n);
    double sum = (1 - s->tau) * (1 - h) * m / D->lambda;
    for (slong j = 0; j < D->n; j++)
        if (s->dv[j] != 0)
            sum -= (l->p.w[j] * exp(l->v[j] + h * s->dv[j]) - l->c[j] - h * s->dc[j]) * s->dv[j];
    return sum;
}

static double fraction(const rkhs_level *l, const dense *D, const step *s)
{
    const double start = slope_at(l, D, s, 0);
    double lo = 0, hi = 1, h = 1, at = slope_at(l, D, s, 1);
    for (int i = 0; i < MOST_HALVINGS && start > 0 && !(at >= -start / 2); i++) {
        h = (lo + hi) / 2, at = slope_at(l, D, s, h);
        if (at > start / 2)
            lo = h, at = -INFINITY;
        else if (!(at >= -start / 2))
            hi = h;
    }
    return h;
}

static int newton(rkhs_level *l, dense *D, step *s)
{
    for (slong j = 0; j < D->n; j++)
        s->alpha[j] = l->p.w[j] * exp(l->v[j]);
    times(D->Kc, D, s->alpha);
    for (slong j = 0; j < D->n; j++)
        s->b[j] = D->kq[j] - D->Kc[j] - D->lambda * l->v[j];
    const int ok = shifted_factor(D, s->alpha);
    if (ok)
        shifted_solve(s->dv, D, s->b);
    for (slong j = 0; j < D->n; j++)
        s->dc[j] = s->alpha[j] * (1 + s->dv[j]) - l->c[j];
    return ok;
}

/* Until a step changes nothing that doubles can see, or no longer gets smaller. */
static int solve_kale(rkhs_level *l, dense *D)
{
    const slong n = D->n;
    double *room = dp_calloc((size_t) (4 * n), sizeof *room), before = INFINITY;
    step s = {0, room, room + n, room + 2 * n, room + 3 * n};
    int done = 0;
    for (int i = 0; i < MOST_STEPS && !done && newton(l, D, &s); i++) {
        double most = 0;
        for (slong j = 0; j < n; j++)
            most = fmax(most, fabs(s.dv[j]) / (1 + fabs(l->v[j])) * fmin(1, s.alpha[j] / l->p.w[j] + fabs(s.dc[j]) / l->p.w[j]));
        if (isnan(most) || isinf(most))
            break;
        const double h = most < 1e-3 ? 1 : fraction(l, D, &s);
        for (slong j = 0; j < n; j++)
            l->v[j] += h * s.dv[j], l->c[j] += h * s.dc[j];
        s.tau += h * (1 - s.tau);
        done = s.tau == 1 && most < 1e-6 && (most < 1e-15 || most > before / 4);
        before = most;
    }
    for (slong j = 0; j < n; j++)
        l->c[j] = l->p.w[j] * exp(l->v[j]);
    times(D->Kc, D, l->c);
    l->gap = 0;
    for (slong j = 0; j < n; j++) { /* sum alpha (e^d - 1 - d), d = g(y) - v */
        const double d = (D->kq[j] - D->Kc[j]) / D->lambda - l->v[j];
        l->gap += l->c[j] * (fabs(d) < 1e-4 ? d * d / 2 * (1 + d / 3) : expm1(d) - d);
    }
    free(room);
    return done;
}

/* Largest of |k*q - K c - lambda v|, where c is p(1 + v) or p e^v. */
static double residual_of(const rkhs_level *l, dense *D)
{
    double most = 0;
    times(D->Kc, D, l->c);
    for (slong j = 0; j < D->n; j++)
        most = fmax(most, fabs(D->kq[j] - D->Kc[j] - l->lambda * l->v[j]));
    return most;
}

/* (1 + lambda) (int int k dq dq - c.kq)/lambda and so on, as in rkhs.h. */
static double value_of(const rkhs_level *l, const dense *D, dp_rkhs_kind kind)
{
    const rkhs_cloud *q = &l->q;
    double *t = dp_malloc((size_t) (q->n + 1) * sizeof *t), Q = (l->closed.part ? rkhs_closed_integral(&l->closed) : 0) - dot(l->c, D->kq, D->n), sum = 0, slip = 0;
    for (slong i = 0; i < q->n; i++)
        Q += q->w[i] * smoothed_q(&slip, t, l, q, i);
    for (slong j = 0; j < D->n; j++)
        sum -= kind == DP_RKHS_CHI2 ? l->p.w[j] * l->v[j] : l->c[j] * (1 - l->v[j] / 2) - l->p.w[j];
    free(t);
    return (1 + l->lambda) * (kind == DP_RKHS_CHI2 ? Q / l->lambda + sum : Q / (2 * l->lambda) + sum);
}

dp_status rkhs_level_solve(rkhs_level *l, double *value, dp_rkhs_kind kind, dp_error *e)
{
    dense D;
    const slong most = l->p.exact ? MOST_POINTS : MOST_NODES;
    if (l->p.n > most)
        return dp_fail(e, DP_EBUDGET, "p takes %ld %s here, more than the %ld that a dense system may have", (long) l->p.n, l->p.exact ? "points" : "nodes", (long) most);
    if (l->q.n > MOST_OTHERS)
        return dp_fail(e, DP_EBUDGET, "q takes %ld %s here, the most are %d", (long) l->q.n, l->q.exact ? "points" : "nodes", MOST_OTHERS);
    l->c = dp_calloc((size_t) l->p.n, sizeof *l->c), l->v = dp_calloc((size_t) l->p.n, sizeof *l->v);
    dense_init(&D, l);
    const int ok = kind == DP_RKHS_CHI2 ? solve_chi2(l, &D) : solve_kale(l, &D);
    l->residual = residual_of(l, &D) + D.slip;
    if (value)
        *value = value_of(l, &D, kind);
    dense_clear(&D);
    return ok ? DP_OK : dp_fail(e, DP_EUNSUPPORTED, "lambda is too small for double precision here");
}

dp_status rkhs_level_solve_by(rkhs_level *l, const double *kq, double k0, rkhs_product *product, void *argument, dp_rkhs_kind kind, dp_error *e)
{
    const slong n = l->p.n;
    dense D = {.n = n, .lambda = l->lambda, .k0 = k0, .product = product, .argument = argument};
    D.kq = dp_malloc((size_t) n * sizeof(double)), D.Kc = dp_calloc((size_t) n, sizeof(double)), D.root = dp_calloc((size_t) n, sizeof(double));
    D.t = gsl_vector_alloc((size_t) n);
    memcpy(D.kq, kq, (size_t) n * sizeof(double));
    l->c = dp_calloc((size_t) n, sizeof *l->c), l->v = dp_calloc((size_t) n, sizeof *l->v);
    const int ok = kind == DP_RKHS_CHI2 ? solve_chi2(l, &D) : solve_kale(l, &D);
    l->residual = residual_of(l, &D);
    dense_clear(&D);
    return ok ? DP_OK : dp_fail(e, DP_EUNSUPPORTED, "lambda is too small for double precision here");
}

void rkhs_level_clear(rkhs_level *l)
{
    rkhs_cloud_clear(&l->p), rkhs_cloud_clear(&l->q), rkhs_closed_clear(&l->closed);
    free(l->c), free(l->v);
    memset(l, 0, sizeof *l);
}
