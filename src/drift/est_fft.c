/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_fft.c: any kernel against weights on a lattice that contains the mesh, by FFTW. Kernels with a kink enter through their exact
   Fourier transform (of a period so long that the images are negligible, or counted), the inverse multiquadric through its values with zero
   padding. The transforms' rounding is counted as an absolute error of every sum: in the tails it becomes a large relative one. */
#include <string.h>

#include "base/threads.h"
#include "drift/est_fft.h"

typedef struct {
    est_source *s;
    struct est_fft *f;
    const est_axes *out;
    const real_complex *weights;
    R_FFTW(plan) forward, inverse;
    real norm, mass, step[3], top;
    real *xi[3], *square[3]; /* frequencies along axes and their squares; infinite squares beyond the band that the weights' step can carry */
    char by_value[64];       /* parts that enter by their values: those that no period holds, and those without a transform */
    int sampled;             /* any */
    struct { real_complex *P; real *room, *line; } own[DP_THREADS]; /* of each worker, kept from sum to sum: fresh pages cost as much as the transforms */
} transform;

static real *reals(slong n) { return (real *) dp_fft_alloc((size_t) n * sizeof(real) / sizeof(double)); }

/* ---- kernels ---- */

/* At t = 0 derivatives multiply t or t t, which make them 0 whatever they are there; -k'/r alone stays, infinite at a kink. */
static void at_kink(real *const v[4], const sum_kind *w, real r2)
{
    if (r2 == 0)
        *v[2] = 0, *v[1] = w->what == SUM_H ? *v[1] : 0;
}

/* What the kernel of a sum is at t = x - y, for a part. */
static real kernel_value(const sum_kind *w, const est_part *part, const real t[3], real r2)
{
    real phi, v[4];
    const real one = w->a == w->b;
    est_kernel_at(&phi, v, part, r2);
    at_kink((real *const[4]) {v, v + 1, v + 2, v + 3}, w, r2);
    const real g = part->weight * r_exp(-phi);
    switch (w->what) {
    case SUM_Z: return g * v[0];
    case SUM_G: return -g * v[1] * t[w->a];
    case SUM_H: return g * (v[2] * t[w->a] * t[w->b] - one * v[1]);
    case SUM_D: return -g * v[0] * t[w->a];
    case SUM_J: return g * (v[1] * t[w->a] * t[w->b] - one * v[0]);
    default: return g * v[3];
    }
}

#define EACH for (int i = 0; i < DP_LANES; i++)

/* The same at all lanes, added to a line. */
EST_SIMD static void add_values(real *restrict to, const sum_kind *w, real weight, real v[4][DP_LANES], real t[3][DP_LANES])
{
    const real *restrict a = t[w->a], *restrict b = t[w->b], *restrict k = v[0], *restrict first = v[1], *restrict second = v[2], *restrict sharp = v[3];
    const real one = w->a == w->b;
    switch (w->what) {
    case SUM_Z: EACH to[i] += weight * k[i]; break;
    case SUM_G: EACH to[i] -= weight * first[i] * a[i]; break;
    case SUM_H: EACH to[i] += weight * (second[i] * a[i] * b[i] - one * first[i]); break;
    case SUM_D: EACH to[i] -= weight * k[i] * a[i]; break;
    case SUM_J: EACH to[i] += weight * (first[i] * a[i] * b[i] - one * k[i]); break;
    default: EACH to[i] += weight * sharp[i];
    }
}

/* Offset of a padded index: the second half is negative. */
static real offset(slong i, slong n, real step) { return step * (real) (2 * i < n ? i : i - n); }

/* The sign of a sum's kernel when the offset along an axis changes its sign. */
static int parity(const sum_kind *w, int axis)
{
    const int first = w->a == axis, second = w->b == axis, two = w->what == SUM_H || w->what == SUM_J, one = w->what == SUM_G || w->what == SUM_D;
    return (one && first) || (two && first != second) ? -1 : 1;
}

/* A line of the sampled parts' values: offsets up to half the length, the others by parity. */
static void sampled_line(real *to, const transform *x, const sum_kind *w, slong line)
{
    const slong *n = x->f->length, most = n[0] / 2;
    const int sign = parity(w, 0);
    real t[3][DP_LANES], r2[DP_LANES], phi[DP_LANES] __attribute__((aligned(64))), v[4][DP_LANES], sum[DP_LANES];
    for (slong from = 0; from <= most; from += DP_LANES) {
        EACH {
            t[0][i] = offset(FLINT_MIN(from + i, most), n[0], x->step[0]), t[1][i] = offset(line % n[1], n[1], x->step[1]), t[2][i] = offset(line / n[1], n[2], x->step[2]);
            r2[i] = t[0][i] * t[0][i] + t[1][i] * t[1][i] + t[2][i] * t[2][i], sum[i] = 0;
        }
        for (slong p = 0; p < x->s->k->n; p++)
            if (x->by_value[p]) {
                est_kernel_lanes(phi, v, x->s->k->part + p, r2);
                EACH phi[i] = -phi[i];
                est_vexp(phi, phi);
                for (int i = 0; i < DP_LANES; i++) {
                    real *const k[4] = {v[0] + i, v[1] + i, v[2] + i, v[3] + i};
                    at_kink(k, w, r2[i]);
                    for (int j = 0; j < 4; j++)
                        *k[j] *= phi[i];
                }
                add_values(sum, w, x->s->k->part[p].weight, v, t);
            }
        memcpy(to + from, sum, (size_t) FLINT_MIN(DP_LANES, most + 1 - from) * sizeof *sum);
    }
    for (slong i = most + 1; i < n[0]; i++)
        to[i] = (real) sign * to[n[0] - i];
}

/* The sampled parts' transform to H; lines of negative offsets are those of positive ones. */
static void sampled_transform(real_complex *H, real *room, const transform *x, const sum_kind *w)
{
    const slong *n = x->f->length;
    for (slong l = 0; l < n[2]; l++)
        for (slong j = 0; j < n[1]; j++) {
            const slong near = 2 * j > n[1] ? n[1] - j : j, deep = 2 * l > n[2] ? n[2] - l : l;
            const real sign = (real) ((near != j ? parity(w, 1) : 1) * (deep != l ? parity(w, 2) : 1));
            real *to = room + (l * n[1] + j) * n[0];
            const real *from = room + (deep * n[1] + near) * n[0];
            if (near == j && deep == l)
                sampled_line(to, x, w, l * n[1] + j);
            else
                for (slong i = 0; i < n[0]; i++)
                    to[i] = sign * from[i];
        }
    R_FFTW(execute_dft_r2c)(x->forward, room, H);
}

/* Adds a part's Fourier transform at squared frequencies rest + square[i]. */
EST_SIMD static void add_fourier(real *restrict to, const est_fourier *k, const real *restrict square, real rest, real weight, slong n)
{
    const real scale = k->scale * weight, a2 = k->a2;
    const int whole = k->twice_power / 2, half = k->twice_power % 2;
    for (slong i = 0; i < n; i++) {
        const real s = 1 / (1 + (rest + square[i]) / a2);
        real power = half ? r_sqrt(s) : 1;
        for (int j = 0; j < whole; j++)
            power *= s;
        to[i] += scale * power;
    }
}

static void add_gauss(real *restrict to, const est_fourier *k, const real *restrict square, real rest, real weight, slong n)
{
    for (slong i = 0; i < n; i++)
        to[i] += k->scale * weight * r_exp(-k->a2 * (rest + square[i]));
}

/* A line of the transformed kernel of a sum without its factors i xi: real. */
static void fourier_line(real *to, const transform *x, int primitive, slong j, slong l)
{
    const slong half = x->f->length[0] / 2 + 1;
    memset(to, 0, (size_t) half * sizeof *to);
    for (slong p = 0; p < x->s->k->n; p++) {
        const est_part *part = x->s->k->part + p;
        if (x->by_value[p])
            continue;
        const est_fourier k = est_kernel_fourier(part, x->s->dim, primitive);
        const real rest = x->square[1][j] + x->square[2][l];
        if (k.twice_power)
            add_fourier(to, &k, x->square[0], rest, part->weight, half);
        else
            add_gauss(to, &k, x->square[0], rest, part->weight, half);
    }
}

/* The factor of a derivative along an axis, 0 at the Nyquist frequency of an even length where it is odd. */
static real factor(const transform *x, int axis, slong i, int odd)
{
    return odd && 2 * i == x->f->length[axis] ? 0 : x->xi[axis][i];
}

/* One line of the product of the weights' transform with a sum's kernel. Returns the sum of the kernel's squares. */
static real multiply_line(real_complex *P, real *line, const transform *x, const sum_kind *w, slong j, slong l)
{
    const slong half = x->f->length[0] / 2 + 1, index[3] = {0, j, l};
    const int odd = w->what == SUM_G || w->what == SUM_D, even = w->what == SUM_H || w->what == SUM_J;
    const real_complex *W = x->weights + (l * x->f->length[1] + j) * half;
    real cell = (real) x->f->total, power = 0;
    for (int k = 0; k < x->s->dim; k++)
        cell *= x->step[k];
    fourier_line(line, x, w->what >= SUM_D, j, l);
    for (slong i = 0; i < half; i++) {
        const slong at_a = w->a == 0 ? i : index[w->a], at_b = w->b == 0 ? i : index[w->b];
        real g = line[i] / cell;
        if (odd)
            g *= factor(x, w->a, at_a, 1);
        if (even)
            g *= -factor(x, w->a, at_a, w->a != w->b) * factor(x, w->b, at_b, w->a != w->b);
        power += (i == 0 ? 1 : 2) * g * g;
        const real re = W[i][0] * g, im = W[i][1] * g;
        P[i][0] += odd ? -im : re, P[i][1] += odd ? re : im;
    }
    return power * (real) x->f->total * (real) x->f->total;
}

/* What the nearest images of the period add at most, per unit of mass. */
static real images(const transform *x, const sum_kind *w)
{
    real sum = 0;
    for (slong p = 0; p < x->s->k->n; p++)
        for (int k = 0; k < x->s->dim && !x->by_value[p]; k++) {
            const real r = x->step[k] * (real) (x->f->length[k] - x->s->nodes.n[k] + 1 + (x->s->tapered ? x->s->first[k] : 0)), t[3] = {r, r, r};
            const sum_kind straight = {w->what, 0, w->what == SUM_H || w->what == SUM_J ? 1 : 0};
            sum += 2 * r_fabs(kernel_value(&straight, x->s->k->part + p, t, r * r));
        }
    return sum;
}

/* ---- sums ---- */

/* Of the sampled parts: P = H W/total, and the sum of |H|^2. */
static real multiply_sampled(real_complex *P, const transform *x)
{
    const slong half = x->f->length[0] / 2 + 1;
    real power = 0;
    for (slong i = 0; i < x->f->bins; i++) {
        const real re = P[i][0], im = P[i][1], n = 1 / (real) x->f->total;
        power += (i % half == 0 ? 1 : 2) * (re * re + im * im);
        P[i][0] = (re * x->weights[i][0] - im * x->weights[i][1]) * n, P[i][1] = (re * x->weights[i][1] + im * x->weights[i][0]) * n;
    }
    return power;
}

/* log Z on the lattice where it is above the noise; of mixtures, which est_fill_tails knows to all digits, where it has six digits. */
static void keep_logs(transform *x, const real *room)
{
    const real above = x->s->mu->family == DP_MIXTURE ? 1e6 : 1;
    struct est_fft *f = x->f;
    const est_source *s = x->s;
    f->log_z = dp_malloc((size_t) est_size(&s->nodes) * sizeof *f->log_z);
    for (slong i = 0; i < est_size(&s->nodes); i++) {
        const slong j = i / s->nodes.n[0];
        const real z = room[i % s->nodes.n[0] + f->length[0] * (j % s->nodes.n[1] + f->length[1] * (j / s->nodes.n[1]))];
        f->log_z[i] = z > above * f->floor[0] ? r_log(z) + x->top : (real) NAN;
    }
}

/* One sum: its kernel's transform, the product, back, and what the mesh needs. */
static dp_status one_sum(void *argument, slong job, int worker, dp_error *e)
{
    transform *x = argument;
    struct est_fft *f = x->f;
    const est_source *s = x->s;
    if (!x->own[worker].P)
        x->own[worker].P = (real_complex *) reals(2 * f->bins), x->own[worker].room = reals(f->total), x->own[worker].line = reals(f->length[0] / 2 + 1);
    real_complex *P = x->own[worker].P;
    real *room = x->own[worker].room, *line = x->own[worker].line, power = 0;
    (void) e;
    memset(P, 0, (size_t) f->bins * sizeof *P);
    if (x->sampled) {
        sampled_transform(P, room, x, f->kind + job);
        power = multiply_sampled(P, x);
    }
    for (slong l = 0; l < f->length[2]; l++)
        for (slong j = 0; j < f->length[1]; j++)
            power += multiply_line(P + (l * f->length[1] + j) * (f->length[0] / 2 + 1), line, x, f->kind + job, j, l);
    R_FFTW(execute_dft_c2r)(x->inverse, P, room);
    f->floor[job] = 2 * R_ULP * r_log((real) f->total + 2) / r_log(2) * r_sqrt(power / (real) f->total) * x->norm + x->mass * images(x, f->kind + job);
    f->value[job] = dp_malloc((size_t) est_size(x->out) * sizeof(real));
    for (slong i = 0; i < est_size(x->out); i++) {
        const slong j = i / f->mesh[0], at[3] = {i % f->mesh[0], j % f->mesh[1], j / f->mesh[1]};
        f->value[job][i] = room[s->first[0] + at[0] * s->stride[0]
                                + f->length[0] * (s->first[1] + at[1] * s->stride[1] + f->length[1] * (s->first[2] + at[2] * s->stride[2]))];
    }
    if (job == 0 && s->tails)
        keep_logs(x, room);
    return DP_OK;
}

static void list_sums(struct est_fft *f, int d, int order, int u, int sharp)
{
    f->kind[f->nsums++] = (sum_kind){SUM_Z, 0, 0};
    for (int a = 0; a < d && order > 0; a++) {
        if (u)
            f->kind[f->nsums++] = (sum_kind){SUM_G, a, 0};
        if (u < 2)
            f->kind[f->nsums++] = (sum_kind){SUM_D, a, 0};
        for (int b = 0; b <= a && order > 1; b++) {
            f->kind[f->nsums++] = (sum_kind){SUM_H, a, b};
            if (u < 2)
                f->kind[f->nsums++] = (sum_kind){SUM_J, a, b};
        }
    }
    if (sharp)
        f->kind[f->nsums++] = (sum_kind){SUM_K, 0, 0};
}

/* ---- all sums ---- */

/* Whether images of a kernel at this distance are larger than what a sum over its values loses by its kink: about (step/h)^(2 nu + 1). */
static int images_harm_more(const est_part *part, real distance, real step)
{
    if (part->family == DP_KERNEL_IMQ)
        return 1;
    if (part->family == DP_KERNEL_GAUSSIAN)
        return distance < est_kernel_reach(part) && step < part->h / R_REACH / 4;
    const int nu2 = est_twice_nu(part->family);
    return -distance / part->h * r_sqrt((real) nu2) > (real) (nu2 + 1) * r_log(step / part->h) - 3;
}

/* Lengths with room for the kernel's reach (exact transforms) or for all offsets (sampled kernels), as far as memory goes. */
static void lengths(struct est_fft *f, transform *x)
{
    const double room = x->s->dim == 1 ? 64.0 : 1.5;
    real reach = 0;
    for (slong p = 0; p < x->s->k->n; p++) {
        const est_part *part = x->s->k->part + p;
        const real far = part->family == DP_KERNEL_IMQ ? INFINITY : est_kernel_reach(part);
        for (int k = 0; k < x->s->dim; k++)
            if (images_harm_more(part, room * (real) x->s->nodes.n[k] * x->step[k], x->step[k] * (real) x->s->thin[k]))
                x->by_value[p] = 1;
        x->sampled |= x->by_value[p];
        if (!x->by_value[p])
            reach = r_max(reach, far);
    }
    f->total = f->bins = 1;
    for (int k = 0; k < 3; k++) {
        const slong n = x->s->nodes.n[k];
        slong l = 0, most = n + (slong) r_min(reach / x->step[k] + 1, room * (real) n);
        most = x->sampled ? FLINT_MAX(2 * n, most) : x->s->tapered ? n : most;
        f->length[k] = n == 1 ? 1 : dp_fft_length(most, &l);
        f->total *= f->length[k];
        f->bins *= k == 0 ? f->length[0] / 2 + 1 : f->length[k];
    }
}

/* Weights at every thin-th node carry frequencies up to pi/(thin step): beyond, a kernel's transform is left out, as on a lattice of that step. */
static void frequencies(transform *x)
{
    for (int k = 0; k < 3; k++) {
        const slong n = x->f->length[k];
        x->xi[k] = reals(n), x->square[k] = reals(n);
        for (slong i = 0; i < n; i++) {
            const slong at = 2 * i <= n ? i : i - n;
            const real xi = k < x->s->dim ? 2 * est_pi() / ((real) n * x->step[k]) * (real) at : 0;
            x->xi[k][i] = xi, x->square[k][i] = 2 * FLINT_ABS(at) * x->s->thin[k] > n ? (real) INFINITY : xi * xi;
        }
    }
}

static real_complex *transform_weights(transform *x)
{
    struct est_fft *f = x->f;
    const est_source *s = x->s;
    real *room = reals(f->total), norm = 0;
    real_complex *W = (real_complex *) reals(2 * f->bins);
    memset(room, 0, (size_t) f->total * sizeof *room);
    for (slong i = 0; i < est_size(&s->nodes); i++) {
        const slong j = i / s->nodes.n[0];
        if (!(s->log_w[i] > x->top + R_LOG_LEAST))
            continue;
        const real w = r_exp(s->log_w[i] - x->top);
        room[i % s->nodes.n[0] + f->length[0] * (j % s->nodes.n[1] + f->length[1] * (j / s->nodes.n[1]))] = w;
        norm += w * w, x->mass += w;
    }
    x->norm = r_sqrt(norm);
    R_FFTW(execute_dft_r2c)(x->forward, room, W);
    free(room);
    return W;
}

static void make_plans(transform *x)
{
    const struct est_fft *f = x->f;
    const int n[3] = {(int) f->length[2], (int) f->length[1], (int) f->length[0]}, skip = 3 - x->s->dim;
    real *room = reals(f->total);
    real_complex *spectrum = (real_complex *) reals(2 * f->bins);
    dp_fft_lock();
    x->forward = R_FFTW(plan_dft_r2c)(x->s->dim, n + skip, room, spectrum, FFTW_ESTIMATE);
    x->inverse = R_FFTW(plan_dft_c2r)(x->s->dim, n + skip, spectrum, room, FFTW_ESTIMATE);
    dp_fft_unlock();
    free(room), free(spectrum);
}

dp_status est_lattice_transform(est_source *s, const est_axes *out, int order, int u, int sharp, int tails, int threads, dp_error *e)
{
    struct est_fft *f = s->fft = dp_calloc(1, sizeof *f);
    transform x = {.s = s, .f = f, .out = out, .step = {s->step[0], s->step[1], s->step[2]}, .top = -INFINITY};
    f->order = order, s->tails = tails;
    for (int k = 0; k < 3; k++)
        f->mesh[k] = out->n[k];
    for (slong i = 0; i < est_size(&s->nodes); i++)
        x.top = r_max(x.top, s->log_w[i]);
    lengths(f, &x);
    frequencies(&x);
    list_sums(f, s->dim, order, u > 1 ? u : u || order > 1, sharp);
    make_plans(&x);
    x.weights = (const real_complex *) transform_weights(&x);
    dp_status status = dp_parallel(one_sum, &x, f->nsums, threads, e);
    free((void *) x.weights);
    for (int i = 0; i < DP_THREADS; i++)
        free(x.own[i].P), free(x.own[i].room), free(x.own[i].line);
    for (int k = 0; k < 3; k++)
        free(x.xi[k]), free(x.square[k]);
    dp_fft_lock();
    R_FFTW(destroy_plan)(x.forward), R_FFTW(destroy_plan)(x.inverse);
    dp_fft_unlock();
    f->top = x.top;
    f->relative = R_ULP * (16 + 2 * r_fabs(x.top)); /* of the weights and of the kernel's transform */
    return status == DP_OK && tails ? est_fill_tails(s, f->log_z, x.top, threads, e) : status;
}
