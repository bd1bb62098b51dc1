/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hodge.c: weighted projection onto gradients: line integrals on edges, cosine transforms as the solver, and as the preconditioner of conjugate gradients. */
#include <fftw3.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid/conv_internal.h"
#include "grid/hodge_internal.h"

enum { STENCIL = 8, SLOPES = 9, IDLE = 60 };
/* The largest residual, as a share of the right side, that a solution may have. */
#define SOLVED 1e-8
/* log of the share of the largest weight below which nodes leave the global solve, whose unknowns are phi times the root of the weight. */
#define CUT (-24.0)

/* ---- rules on a line ---- */

/* Lagrange's basis of nodes 0 .. n-1: value of number j at t. */
static double basis(int n, int j, double t)
{
    double v = 1;
    for (int i = 0; i < n; i++)
        if (i != j)
            v *= (t - i) / (j - i);
    return v;
}

/* Weights of the integral from p to p + 1, exact for polynomials through n nodes: five Gauss points. */
static void integral_weights(double *w, int n, int p)
{
    static const double at[5] = {-0.9061798459386640, -0.5384693101056831, 0, 0.5384693101056831, 0.9061798459386640};
    static const double weight[5] = {0.2369268850561891, 0.4786286704993665, 0.5688888888888889, 0.4786286704993665, 0.2369268850561891};
    for (int j = 0; j < n; j++) {
        w[j] = 0;
        for (int g = 0; g < 5; g++)
            w[j] += weight[g] / 2 * basis(n, j, p + (1 + at[g]) / 2);
    }
}

/* Weights of the derivative at node p. */
static void slope_weights(double *w, int n, int p)
{
    for (int j = 0; j < n; j++) {
        w[j] = 0;
        for (int l = 0; l < n; l++) { /* derivative of the factor l */
            double v = 1.0 / (j - l + (j == l));
            for (int i = 0; i < n && l != j; i++)
                if (i != j && i != l)
                    v *= (double) (p - i) / (j - i);
            w[j] += l != j ? v : 0;
        }
    }
}

/* Node 0 of the stencil of n nodes about `at`, of `all`. */
static slong first_of(slong at, slong n, slong all) { return FLINT_MAX(0, FLINT_MIN(at, all - n)); }

/* ---- edges ---- */

/* A node's share of the dual cell across axis k: one half at the window's border. */
static double half(const hodge *h, slong node, int k)
{
    const slong i = place(h, node, k);
    return i == 0 || i == h->m->n[k] - 1 ? 0.5 : 1;
}

static double mass(const hodge *h, slong node) { return h->root[node] * h->root[node]; }

static void make_tables(hodge *h)
{
    for (slong i = 0; i < h->nodes; i++) {
        double m = 1, lambda = 0;
        for (int k = 0; k < h->m->dim; k++) {
            const double t = sin(M_PI * (double) place(h, i, k) / (double) (h->m->n[k] - 1) / 2) / h->m->step[k];
            m *= half(h, i, k), lambda += 4 * t * t;
        }
        h->root[i] = sqrt(m), h->lambda[i] = lambda;
    }
}

/* log w in the middle of an edge: four nodes where they are finite, else the two ends. */
static double middle(const hodge *h, slong node, int k)
{
    const slong s = h->stride[k], i = place(h, node, k);
    const double *l = h->log_w + node, two = (l[0] + l[s]) / 2;
    if (i == 0 || i + 2 >= h->m->n[k])
        return two;
    const double four = (9 * (l[0] + l[s]) - l[-s] - l[2 * s]) / 16;
    return isfinite(four) ? four : two;
}

static void make_edges(hodge *h, int k)
{
    const slong n = h->m->n[k], s = h->stride[k];
    const int points = (int) FLINT_MIN(STENCIL, n), d = h->m->dim;
    double w[STENCIL][STENCIL];
    for (int p = 0; p + 1 < points; p++)
        integral_weights(w[p], points, p);
    for (slong node = 0; node < h->nodes; node++) {
        const slong i = place(h, node, k), first = first_of(i - points / 2 + 1, points, n);
        double sum = 0, face = 1;
        h->edge[k][node] = 0, h->log_c[k][node] = -INFINITY;
        if (i == n - 1)
            continue;
        for (int j = 0; j < points; j++)
            sum += w[i - first][j] * h->V[(node + (first + j - i) * s) * d + k];
        for (int l = 0; l < d; l++)
            face *= l == k ? 1 : half(h, node, l);
        h->edge[k][node] = sum;
        h->log_c[k][node] = (h->log_w ? middle(h, node, k) : 0) + log(face) - 2 * log(h->m->step[k]);
    }
}

/* ---- cosine transforms ---- */

/* room = V (Lambda + shift)^-1 V^-1 room: V the cosines, Lambda the eigenvalues of the Laplacian with natural borders; the constant is dropped at 0. */
static void cosine_solve(hodge *h, double shift)
{
    double norm = 1;
    for (int k = 0; k < h->m->dim; k++)
        norm *= 2 * (double) (h->m->n[k] - 1);
    fftw_execute(h->cosines);
    for (slong i = 0; i < h->nodes; i++)
        h->room[i] *= h->lambda[i] + shift > 0 ? 1 / ((h->lambda[i] + shift) * norm) : 0;
    fftw_execute(h->cosines);
}

/* w = 1: K phi = b, K V = M V Lambda, M the masses. */
static void flat_solve(hodge *h)
{
    for (slong i = 0; i < h->nodes; i++) {
        double b = 0;
        for (int side = 0; side < 2 * h->m->dim; side++) {
            slong lower, other;
            int k;
            double face = 1;
            if (!neighbour(&lower, &other, &k, h, i, side))
                continue;
            for (int l = 0; l < h->m->dim; l++)
                face *= l == k ? 1 : half(h, i, l);
            b += face / (h->m->step[k] * h->m->step[k]) * outward(h, lower, k, side);
        }
        h->room[i] = b / mass(h, i);
    }
    cosine_solve(h, 0);
    memcpy(h->phi, h->room, (size_t) h->nodes * sizeof *h->phi);
}

/* ---- conjugate gradients ---- */

/* The equation in psi = sqrt(w m) phi: a symmetric matrix near -Laplace + U. */
typedef struct { double *diagonal, *link[3], *b, shift; char *on; } system_of;

static void system_init(system_of *S, const hodge *h)
{
    const slong n = h->nodes;
    double mean = 0, count = 0;
    S->diagonal = dp_calloc((size_t) n, sizeof(double)), S->b = dp_calloc((size_t) n, sizeof(double)), S->on = dp_calloc((size_t) n, 1);
    for (int k = 0; k < h->m->dim; k++)
        S->link[k] = dp_calloc((size_t) n, sizeof(double));
    for (slong i = 0; i < n; i++)
        S->on[i] = h->log_w[i] - h->top > CUT;
    for (slong i = 0; i < n; i++) {
        const double l = h->log_w[i] + log(mass(h, i));
        double flat = 0;
        for (int side = 0; side < 2 * h->m->dim && S->on[i]; side++) {
            slong lower, other;
            int k;
            if (!edge_at(&lower, &other, &k, h, i, side) || !S->on[other])
                continue;
            const double c = h->log_c[k][lower];
            S->diagonal[i] += exp(c - l);
            S->b[i] += exp(c - l / 2 - h->top / 2) * outward(h, lower, k, side);
            if (side % 2)
                S->link[k][i] = exp(c - l / 2 - (h->log_w[other] + log(mass(h, other))) / 2);
            flat += 1 / (h->m->step[k] * h->m->step[k]);
        }
        if (S->on[i])
            mean += fmax(0, S->diagonal[i] - flat), count++;
    }
    S->shift = mean / fmax(count, 1);
}

static void system_clear(system_of *S)
{
    free(S->diagonal), free(S->b), free(S->on);
    for (int k = 0; k < 3; k++)
        free(S->link[k]);
}

static void apply(double *out, const system_of *S, const hodge *h, const double *x)
{
    for (slong i = 0; i < h->nodes; i++)
        out[i] = S->diagonal[i] * x[i];
    for (int k = 0; k < h->m->dim; k++) {
        const slong s = h->stride[k];
        const double *link = S->link[k];
        for (slong i = 0; i + s < h->nodes; i++) { /* 0 where there is no edge */
            out[i] -= link[i] * x[i + s];
            out[i + s] -= link[i] * x[i];
        }
    }
}

static void precondition(double *z, const system_of *S, hodge *h, const double *r)
{
    for (slong i = 0; i < h->nodes; i++)
        h->room[i] = r[i] / h->root[i];
    cosine_solve(h, S->shift);
    for (slong i = 0; i < h->nodes; i++)
        z[i] = S->on[i] ? h->room[i] * h->root[i] : 0;
}

/* From phi as it stands (the flat solution: right already where V is a gradient), until the residual is 10^-13 of the right side, or rounding lets it fall no more: it then grows, without bound, as constants
   (times the root of w) solve the equation with no right side; the best iterate is kept. Returns its residual, as a share of the right side's. */
static double weighted_solve(hodge *h)
{
    const slong n = h->nodes;
    system_of S = {0};
    system_init(&S, h);
    double *x = dp_calloc((size_t) n, sizeof *x), *r = dp_calloc((size_t) n, sizeof *r), *z = dp_calloc((size_t) n, sizeof *z);
    double *p = dp_calloc((size_t) n, sizeof *p), *q = dp_calloc((size_t) n, sizeof *q);
    for (slong i = 0; i < n; i++)
        x[i] = S.on[i] ? exp((h->log_w[i] + log(mass(h, i)) - h->top) / 2) * h->phi[i] : 0;
    apply(r, &S, h, x);
    for (slong i = 0; i < n; i++)
        r[i] = S.b[i] - r[i];
    precondition(z, &S, h, r);
    memcpy(p, z, (size_t) n * sizeof *p);
    double rz = dot(r, z, n), least = dot(r, r, n), *best = dp_malloc((size_t) n * sizeof *best);
    const double size = dot(S.b, S.b, n), goal = 1e-26 * size;
    memcpy(best, x, (size_t) n * sizeof *best);
    for (int round = 0, idle = 0; round < DP_HODGE_ROUNDS && idle < IDLE && least > goal && rz > 0; round++) {
        apply(q, &S, h, p);
        const double pq = dot(p, q, n);
        if (!(pq > 0))
            break;
        const double a = rz / pq;
        for (slong i = 0; i < n; i++)
            x[i] += a * p[i], r[i] -= a * q[i];
        const double now = dot(r, r, n);
        idle = now < least ? 0 : idle + 1;
        if (now < least)
            least = now, memcpy(best, x, (size_t) n * sizeof *best);
        precondition(z, &S, h, r);
        const double next = dot(r, z, n), b = next / rz;
        rz = next;
        for (slong i = 0; i < n; i++)
            p[i] = z[i] + b * p[i];
    }
    for (slong i = 0; i < n; i++)
        if (S.on[i])
            h->phi[i] = best[i] / exp((h->log_w[i] + log(mass(h, i)) - h->top) / 2);
    free(x), free(r), free(z), free(p), free(q), free(best);
    system_clear(&S);
    return size > 0 ? sqrt(least / size) : 0;
}

/* ---- results ---- */

static void slopes(double *part, const hodge *h, int k)
{
    const slong n = h->m->n[k], s = h->stride[k];
    const int points = (int) FLINT_MIN(SLOPES, n);
    double w[SLOPES][SLOPES];
    for (int p = 0; p < points; p++)
        slope_weights(w[p], points, p);
    for (slong node = 0; node < h->nodes; node++) {
        const slong i = place(h, node, k), first = first_of(i - points / 2, points, n);
        double sum = 0;
        for (int j = 0; j < points; j++)
            sum += w[i - first][j] * h->phi[node + (first + j - i) * s];
        part[node * h->m->dim + k] = h->log_w && h->log_w[node] == -INFINITY ? NAN : -sum / h->m->step[k];
    }
}

static void shares(double share[2], const hodge *h)
{
    double cell = 1;
    share[0] = share[1] = 0;
    for (int k = 0; k < h->m->dim; k++)
        cell *= h->m->step[k];
    for (int k = 0; k < h->m->dim; k++)
        for (slong i = 0; i + h->stride[k] < h->nodes; i++) {
            if (!(h->log_c[k][i] > -INFINITY))
                continue;
            const double w = exp(h->log_c[k][i] - h->top) * h->m->step[k] * h->m->step[k] * cell;
            const double rest = h->edge[k][i] + (h->phi[i + h->stride[k]] - h->phi[i]) / h->m->step[k];
            share[0] += w * h->edge[k][i] * h->edge[k][i];
            share[1] += w * rest * rest;
        }
}

dp_status dp_hodge_project(double *part, double share[2], const double *V, const double *log_w, const dp_hodge_mesh *m, dp_error *e)
{
    hodge h = {.m = m, .nodes = 1, .V = V, .log_w = log_w, .top = log_w ? -INFINITY : 0};
    int n[3];
    fftw_r2r_kind kind[3] = {FFTW_REDFT00, FFTW_REDFT00, FFTW_REDFT00};
    for (int k = 0; k < m->dim; k++) {
        if (m->n[k] < 3)
            return dp_fail(e, DP_EINPUT, "the split into gradient and rotational part needs three nodes on each axis");
        h.stride[k] = h.nodes, h.nodes *= m->n[k];
        n[m->dim - 1 - k] = (int) m->n[k];
    }
    for (slong i = 0; i < h.nodes && log_w; i++)
        h.top = fmax(h.top, log_w[i]);
    if (!isfinite(h.top))
        return dp_fail(e, DP_EUNSUPPORTED, "the window has no weight: the split is not defined on it");
    const size_t nodes = (size_t) h.nodes;
    h.phi = dp_calloc(nodes, sizeof(double)), h.room = dp_calloc(nodes, sizeof(double));
    h.root = dp_malloc(nodes * sizeof(double)), h.lambda = dp_malloc(nodes * sizeof(double));
    make_tables(&h);
    for (int k = 0; k < m->dim; k++) {
        h.edge[k] = dp_malloc(nodes * sizeof(double)), h.log_c[k] = dp_malloc(nodes * sizeof(double));
        make_edges(&h, k);
    }
    dp_fft_lock();
    h.cosines = fftw_plan_r2r(m->dim, n, h.room, h.room, kind, FFTW_ESTIMATE);
    dp_fft_unlock();
    flat_solve(&h);
    const double residual = log_w ? weighted_solve(&h) : 0;
    if (log_w)
        dp_hodge_tails(&h);
    for (int k = 0; k < m->dim; k++)
        slopes(part, &h, k);
    shares(share, &h);
    dp_fft_lock();
    fftw_destroy_plan(h.cosines);
    dp_fft_unlock();
    for (int k = 0; k < 3; k++)
        free(h.edge[k]), free(h.log_c[k]);
    free(h.phi), free(h.room), free(h.root), free(h.lambda);
    return residual <= SOLVED ? DP_OK : dp_fail(e, DP_EBUDGET, "the split is not solved on a mesh of %ld nodes: the residual stays at %.1e", (long) h.nodes, residual);
}
