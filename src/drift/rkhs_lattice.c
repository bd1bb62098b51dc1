/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rkhs_lattice.c: kale and chi2 where p has a density and kernels may have a kink: (T_p + lambda) h = k*q - k*p on a lattice that contains the mesh. What
   the kernel is applied to, p h and p e^g, is as smooth as p, so the kernel enters by its exact Fourier transform and its kink does no harm. */
#include <string.h>

#include "base/threads.h"
#include "drift/est_fft.h"
#include "drift/rkhs_mesh.h"

#define MOST_TOTAL 4.2e6 /* nodes of a period */
#define FAINT 30         /* images of the period fall below exp(-30), and what is left of them is stated */

typedef struct {
    est_source p, q;       /* their weights on one lattice; q: of points the points */
    slong length[3], total, bins, n, *at; /* at: places of p's n weights in the period */
    double *hat, *room, *xi[3];
    fftw_complex *spectrum;
    fftw_plan forward, inverse;
} lattice;

/* ---- the lattice ---- */

static slong place(const lattice *L, slong i)
{
    const slong *n = L->p.nodes.n, j = i / n[0];
    return i % n[0] + L->length[0] * (j % n[1] + L->length[1] * (j / n[1]));
}

static double hat_at(const lattice *L, const est_kernel *k, double w2)
{
    double sum = 0;
    for (slong p = 0; p < k->n; p++) {
        const est_fourier f = est_kernel_fourier(k->part + p, L->p.dim, 0);
        sum += k->part[p].weight * f.scale * (f.twice_power ? pow(1 + w2 / f.a2, -0.5 * f.twice_power) : exp(-f.a2 * w2));
    }
    return sum;
}

/* The kernel's transform over the period's volume; 0 beyond the band that the weights' own step carries. */
static void transform_kernel(lattice *L, const est_kernel *k)
{
    const slong half = L->length[0] / 2 + 1;
    double volume = (double) L->total;
    for (int a = 0; a < 3; a++) {
        const slong n = L->length[a];
        volume *= L->p.step[a];
        L->xi[a] = dp_calloc((size_t) n, sizeof(double));
        for (slong i = 0; a < L->p.dim && i < n; i++) {
            const slong m = 2 * i <= n ? i : i - n;
            L->xi[a][i] = 2 * FLINT_ABS(m) * L->p.thin[a] > n ? INFINITY : 2 * M_PI / ((double) n * L->p.step[a]) * (double) m;
        }
    }
    for (slong i = 0; i < L->bins; i++) {
        const double x = L->xi[0][i % half], y = L->xi[1][i / half % L->length[1]], z = L->xi[2][i / half / L->length[1]], w2 = x * x + y * y + z * z;
        L->hat[i] = w2 < INFINITY ? hat_at(L, k, w2) / volume : 0;
    }
}

/* Beyond, k is below exp(-FAINT), up to a Matern kernel's polynomial. */
static double image_reach(const est_part *part)
{
    return part->family == DP_KERNEL_GAUSSIAN ? sqrt(2.0 * FAINT) * part->h : FAINT * part->h / sqrt((double) est_twice_nu(part->family));
}

/* What images of unit mass add at most to a derivative of order 0, 1, 2 of the kernel's sums: from any of a period's nodes the next of them lie beyond the room that is left, one on either
   side of an axis; k and its derivatives fall with the distance there, and images that are moved along two axes lie further out by a factor sqrt(2) or more. */
static double images(const lattice *L, const est_kernel *k, int order)
{
    double sum = 0, phi, v[4];
    for (int a = 0; a < L->p.dim; a++) {
        const double r = L->p.step[a] * (double) (L->length[a] - L->p.nodes.n[a] + 1);
        for (slong i = 0; i < k->n; i++) {
            est_kernel_at(&phi, v, k->part + i, r * r);
            sum += 2 * k->part[i].weight * exp(-phi) * (order == 0 ? v[0] : order == 1 ? v[1] * r : v[2] * r * r + v[1]);
        }
    }
    return sum;
}

static dp_status lay(lattice *L, const dp_problem *P, const est_kernel *k, const est_axes *out, int level, int threads, dp_error *e)
{
    est_source *s[2] = {&L->p, &L->q};
    double reach = 0, total = 1;
    for (int i = 0; i < 2; i++) {
        const dp_measure_struct *mu = i ? P->q : P->p;
        if (i && dp_measure_is_points(mu)) {
            const dp_status points = est_source_init(s[i], P, k, mu, NULL, 0, out, level, threads, e);
            if (points != DP_OK)
                return points;
            continue;
        }
        *s[i] = (est_source){.k = k, .mu = mu, .dim = P->dim, .kind = EST_LATTICE};
        est_law_init(&s[i]->law, mu);
        const dp_status status = est_lattice_init(s[i], P, out, level, threads, e);
        if (status != DP_OK)
            return status;
    }
    for (slong i = 0; i < k->n; i++)
        reach = fmax(reach, image_reach(k->part + i));
    L->total = L->bins = 1;
    for (int a = 0; a < 3; a++) {
        const double wanted = (double) L->p.nodes.n[a] + (a < P->dim ? reach / L->p.step[a] : 0);
        slong odd = 0;
        total *= wanted;
        L->length[a] = a < P->dim && total < MOST_TOTAL ? dp_fft_length((slong) wanted, &odd) : 1;
        L->total *= L->length[a], L->bins *= a ? L->length[a] : L->length[0] / 2 + 1;
    }
    return total < MOST_TOTAL ? DP_OK : dp_fail(e, DP_EBUDGET, "a period with room for the kernel needs %.3g nodes, the most are %.3g", total, MOST_TOTAL);
}

static dp_status lattice_init(lattice *L, const dp_problem *P, const est_kernel *k, const est_axes *out, int level, int threads, dp_error *e)
{
    memset(L, 0, sizeof *L);
    const dp_status status = lay(L, P, k, out, level, threads, e);
    if (status != DP_OK)
        return status;
    const slong nodes = est_size(&L->p.nodes);
    const int n[3] = {(int) L->length[2], (int) L->length[1], (int) L->length[0]}, skip = 3 - P->dim;
    L->hat = dp_fft_alloc((size_t) L->bins), L->room = dp_fft_alloc((size_t) L->total), L->spectrum = (fftw_complex *) dp_fft_alloc((size_t) (2 * L->bins));
    dp_fft_lock();
    L->forward = fftw_plan_dft_r2c(P->dim, n + skip, L->room, L->spectrum, FFTW_ESTIMATE);
    L->inverse = fftw_plan_dft_c2r(P->dim, n + skip, L->spectrum, L->room, FFTW_ESTIMATE);
    dp_fft_unlock();
    L->at = dp_malloc((size_t) nodes * sizeof *L->at);
    for (slong i = 0; i < nodes; i++)
        if (L->p.log_w[i] > -600)
            L->at[L->n++] = i;
    transform_kernel(L, k);
    return DP_OK;
}

static void lattice_clear(lattice *L)
{
    dp_fft_lock();
    if (L->forward)
        fftw_destroy_plan(L->forward), fftw_destroy_plan(L->inverse);
    dp_fft_unlock();
    free(L->hat), free(L->room), free(L->spectrum), free(L->at);
    for (int a = 0; a < 3; a++)
        free(L->xi[a]);
    est_source_clear(&L->p), est_source_clear(&L->q);
}

/* ---- the kernel's matrix between p's nodes ---- */

static void multiply(lattice *L)
{
    fftw_execute(L->forward);
    for (slong i = 0; i < L->bins; i++)
        L->spectrum[i][0] *= L->hat[i], L->spectrum[i][1] *= L->hat[i];
}

static void product(double *out, void *argument, const double *c)
{
    lattice *L = argument;
    memset(L->room, 0, (size_t) L->total * sizeof *L->room);
    for (slong i = 0; i < L->n; i++)
        L->room[place(L, L->at[i])] = c[i];
    multiply(L);
    fftw_execute(L->inverse);
    for (slong i = 0; i < L->n; i++)
        out[i] = L->room[place(L, L->at[i])];
}

/* q's weights at their places; nothing where q is points. */
static void put_q(lattice *L)
{
    memset(L->room, 0, (size_t) L->total * sizeof *L->room);
    for (slong i = 0; L->q.kind == EST_LATTICE && i < est_size(&L->p.nodes); i++)
        L->room[place(L, i)] = exp(L->q.log_w[i]);
}

/* k*q and derivatives at a point, of a q of points: value, gradient, Hessian; as far as they exist. */
static void points_entries(double *entry, double *error, dp_lanes *on, const lattice *L, const double x[3])
{
    const int d = L->p.dim;
    dp_emoments m;
    est_at at;
    dp_lanes_release(on, 0);
    est_moments_new(&m, on, d, 2);
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < DP_LANES; i++)
            at.x[k][i] = k < d ? x[k] : 0;
    est_pointwise(&m, on, &L->q, &at, 2);
    const double Z = exp(*(double *) m.log.v), slip = *(double *) m.log.e;
    entry[0] += Z, error[0] += Z * slip;
    for (int a = 0; a < d; a++)
        entry[1 + a] += Z * *(double *) m.u[a].v, error[1 + a] += Z * (*(double *) m.u[a].e + slip * fabs(*(double *) m.u[a].v));
    for (int a = 0; a < d * d; a++)
        entry[4 + a] += Z * *(double *) m.U[a].v, error[4 + a] += Z * (*(double *) m.U[a].e + slip * fabs(*(double *) m.U[a].v));
}

/* k*q at p's nodes. */
static void smooth_q(double *kq, lattice *L)
{
    const slong *n = L->p.nodes.n;
    double entry[RKHS_ENTRIES], error[RKHS_ENTRIES];
    put_q(L);
    multiply(L);
    fftw_execute(L->inverse);
    for (slong i = 0; i < L->n; i++)
        kq[i] = L->room[place(L, L->at[i])];
    if (L->q.kind == EST_LATTICE)
        return;
    dp_lanes *on = dp_lanes_new(&R_OPS);
    for (slong i = 0; i < L->n; i++) {
        const slong j = L->at[i] / n[0];
        const double x[3] = {L->p.nodes.x[0][L->at[i] % n[0]], L->p.nodes.x[1][j % n[1]], L->p.nodes.x[2][j / n[1]]};
        memset(entry, 0, sizeof entry);
        points_entries(entry, error, on, L, x);
        kq[i] = entry[0];
    }
    dp_lanes_free(on);
}

/* ---- the witness on the mesh ---- */

/* One derivative of lambda g for all nodes of the mesh: `a`, `b` < 0: none; one that is odd along an axis is 0 at that axis' Nyquist frequency. Its rounding goes to every node's error. */
static void one_sum(double *entry, double *error, int index, lattice *L, fftw_complex *c, const est_axes *out, int a, int b, double lost)
{
    const slong half = L->length[0] / 2 + 1;
    double power = 0;
    for (slong i = 0; i < L->bins; i++) {
        const slong at[3] = {i % half, i / half % L->length[1], i / half / L->length[1]};
        const double xa = a < 0 ? 1 : L->xi[a][at[a]], xb = b < 0 ? 1 : L->xi[b][at[b]];
        const double g = L->hat[i] == 0 ? 0 : L->hat[i] * (a >= 0 && b >= 0 ? -1 : 1) * xa * xb, re = g * c[i][0], im = g * c[i][1];
        const int odd = a >= 0 && b < 0, mixed = a >= 0 && b >= 0 && a != b;
        const int nyquist = ((odd || mixed) && 2 * at[a] == L->length[a]) || (mixed && 2 * at[b] == L->length[b]);
        L->spectrum[i][0] = nyquist ? 0 : odd ? -im : re, L->spectrum[i][1] = nyquist ? 0 : odd ? re : im;
        power += re * re + im * im;
    }
    fftw_execute(L->inverse);
    const double floor = 4 * DP_ULP * log2((double) L->total + 2) * sqrt(2 * power) + lost;
    for (slong i = 0; i < est_size(out); i++) {
        const slong j = i / out->n[0], at[3] = {i % out->n[0], j % out->n[1], j / out->n[1]};
        const est_source *s = &L->p;
        entry[i * RKHS_ENTRIES + index] = L->room[s->first[0] + at[0] * s->stride[0] + L->length[0] * (s->first[1] + at[1] * s->stride[1] + L->length[1] * (s->first[2] + at[2] * s->stride[2]))];
        error[i * RKHS_ENTRIES + index] = floor;
    }
}

/* The solve's residual, as at clouds, and images: of the mass of q and c in the sum itself and, like a residual of that size, in c. */
static void witness(double *entry, double *error, lattice *L, const rkhs_level *l, const est_axes *out)
{
    const int d = L->p.dim;
    const double h = est_narrowest(l->k);
    double mass = 0, lost[3];
    put_q(L);
    for (slong i = 0; L->q.kind == EST_LATTICE && i < est_size(&L->p.nodes); i++)
        mass += L->room[place(L, i)];
    for (slong i = 0; i < L->n; i++)
        L->room[place(L, L->at[i])] -= l->c[i], mass += fabs(l->c[i]);
    for (int order = 0; order < 3; order++)
        lost[order] = (l->residual + mass * images(L, l->k, 0)) / pow(h, order) + mass * images(L, l->k, order);
    fftw_execute(L->forward);
    fftw_complex *c = (fftw_complex *) dp_fft_alloc((size_t) (2 * L->bins));
    memcpy(c, L->spectrum, (size_t) L->bins * sizeof *c);
    one_sum(entry, error, 0, L, c, out, -1, -1, lost[0]);
    for (int a = 0; a < d; a++) {
        one_sum(entry, error, 1 + a, L, c, out, a, -1, lost[1]);
        for (int b = 0; b < d; b++)
            one_sum(entry, error, 4 + a * d + b, L, c, out, a, b, lost[2]);
    }
    free(c);
    dp_lanes *on = L->q.kind == EST_LATTICE ? NULL : dp_lanes_new(&R_OPS);
    for (slong i = 0; on && i < est_size(out); i++) {
        const slong j = i / out->n[0];
        const double x[3] = {out->x[0][i % out->n[0]], out->x[1][j % out->n[1]], out->x[2][j / out->n[1]]};
        points_entries(entry + i * RKHS_ENTRIES, error + i * RKHS_ENTRIES, on, L, x);
    }
    if (on)
        dp_lanes_free(on);
}

dp_status rkhs_lattice_level(double *entry, double *error, double *gap, const dp_problem *P, const est_kernel *k, dp_rkhs_kind kind, const est_axes *out, int level,
                             int threads, dp_error *e)
{
    lattice L;
    rkhs_level l = {.k = k, .lambda = fmpq_get_d(P->regularisation)};
    dp_status status = lattice_init(&L, P, k, out, level, threads, e);
    if (status == DP_OK) {
        double k0 = 0, *kq = dp_malloc((size_t) L.n * sizeof *kq);
        for (slong i = 0; i < k->n; i++)
            k0 += k->part[i].weight;
        l.p.n = L.n, l.p.w = dp_malloc((size_t) L.n * sizeof(double));
        for (slong i = 0; i < L.n; i++)
            l.p.w[i] = exp(L.p.log_w[L.at[i]]);
        smooth_q(kq, &L);
        status = rkhs_level_solve_by(&l, kq, k0, product, &L, kind, e);
        free(kq);
    }
    if (status == DP_OK) {
        witness(entry, error, &L, &l, out);
        *gap = l.gap;
    }
    rkhs_level_clear(&l);
    lattice_clear(&L);
    return status;
}
