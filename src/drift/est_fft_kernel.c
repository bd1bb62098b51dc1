/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_fft_kernel.c: the kernels of the sums on a lattice, by their values and by their Fourier transforms, and majorants of their moduli for what errors of weights do. */
#include <string.h>

#include "drift/est_fft.h"

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

/* Moduli's majorants at all lanes: a sum's kernel is no larger whatever the axes. */
static void add_moduli(real *restrict to, int form, real weight, real v[4][DP_LANES], const real *restrict r2)
{
    const real *k = v[0], *first = v[1], *second = v[2], *sharp = v[3];
    switch (form) {
    case SUM_Z: EACH to[i] += weight * k[i]; break;
    case SUM_G: EACH to[i] += weight * first[i] * r_sqrt(r2[i]); break;
    case SUM_H: EACH to[i] += weight * r_max(r_fabs(second[i] * r2[i] - first[i]), first[i]); break;
    case SUM_D: EACH to[i] += weight * k[i] * r_sqrt(r2[i]); break;
    case SUM_J: EACH to[i] += weight * (first[i] * r2[i] + k[i]); break;
    default: EACH to[i] += weight * r_fabs(sharp[i]);
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
static void sampled_line(real *to, const est_transform *x, const sum_kind *w, slong line)
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
                if (w->what >= SUM_BOUND)
                    add_moduli(sum, w->what - SUM_BOUND, x->s->k->part[p].weight, v, r2);
                else
                    add_values(sum, w, x->s->k->part[p].weight, v, t);
            }
        memcpy(to + from, sum, (size_t) FLINT_MIN(DP_LANES, most + 1 - from) * sizeof *sum);
    }
    for (slong i = most + 1; i < n[0]; i++)
        to[i] = (real) sign * to[n[0] - i];
}

/* The sampled parts' transform to H; lines of negative offsets are those of positive ones. */
void est_sampled_transform(real_complex *H, real *room, const est_transform *x, const sum_kind *w)
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

static est_fourier times(est_fourier k, real c) { k.scale *= c; return k; }

/* Of a Gaussian with s = r^2/h^2, by one of width sqrt(2) h: sqrt(s) e^(-s/4) <= sqrt(2/e), |s - 1| e^(-s/4) <= 4 e^(-5/4), (1 + s) e^(-s/4) <= 4 e^(-3/4). */
static est_fourier gauss_modulus(const est_part *part, int form, int dim)
{
    const real h = part->h;
    const est_part wide = {DP_KERNEL_GAUSSIAN, part->weight, h * r_sqrt(2)};
    const est_fourier g = est_kernel_fourier(&wide, dim, 0);
    switch (form) {
    case SUM_G: return times(g, r_sqrt(2 * r_exp(-1)) / h);
    case SUM_H: return times(g, 4 * r_exp(-(real) 5 / 4) / (h * h));
    case SUM_D: return times(g, r_sqrt(2 * r_exp(-1)) * h);
    default: return times(g, 4 * r_exp(-(real) 3 / 4));
    }
}

/* Fourier transforms whose functions' sum is at least the modulus of a part's kernel: with a = sqrt(2 nu)/h, z = a r, |k'| <= a k, r k <= a k#, r |k'| + k <= a^2 k#, and second derivatives are at most
   a^2 k, or for laplace a^2 k + a^2 e^-z/z, the last of Fourier transform 2 pi (d - 1) a^(2 - d) (1 + w^2/a^2)^((1 - d)/2) (Lemma W1). Returns how many. */
static int modulus(est_fourier out[2], const est_part *part, int form, int dim)
{
    const real a2 = (real) est_twice_nu(part->family) / (part->h * part->h);
    if (part->family == DP_KERNEL_GAUSSIAN && form != SUM_Z && form != SUM_K) {
        *out = gauss_modulus(part, form, dim);
        return 1;
    }
    *out = est_kernel_fourier(part, dim, form >= SUM_D);
    *out = times(*out, form == SUM_G || form == SUM_D ? r_sqrt(a2) : form == SUM_H || form == SUM_J ? a2 : 1);
    if (form != SUM_H || part->family != DP_KERNEL_LAPLACE)
        return 1;
    out[1] = (est_fourier) {2 * (dim - 1) * est_pi() * r_exp(r_log(a2) * (1 - (real) dim / 2)), a2, dim - 1};
    return 2;
}

void est_fourier_line(real *to, const est_transform *x, const sum_kind *w, slong j, slong l)
{
    const slong half = x->f->length[0] / 2 + 1;
    const real rest = x->square[1][j] + x->square[2][l];
    memset(to, 0, (size_t) half * sizeof *to);
    for (slong p = 0; p < x->s->k->n; p++) {
        const est_part *part = x->s->k->part + p;
        est_fourier k[2];
        if (x->by_value[p])
            continue;
        k[0] = est_kernel_fourier(part, x->s->dim, w->what >= SUM_D);
        const int n = w->what < SUM_BOUND ? 1 : modulus(k, part, w->what - SUM_BOUND, x->s->dim);
        for (int i = 0; i < n; i++)
            if (k[i].twice_power)
                add_fourier(to, k + i, x->square[0], rest, part->weight, half);
            else
                add_gauss(to, k + i, x->square[0], rest, part->weight, half);
    }
}

/* What the nearest images of the period add at most, per unit of mass. */
real est_images(const est_transform *x, const sum_kind *w)
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
