/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_fft.c: any kernel against weights on a lattice that contains the mesh, by FFTW. Kernels with a kink enter through their exact
   Fourier transform (of a period so long that the images are negligible, or counted), the inverse multiquadric through its values with zero
   padding. The transforms' rounding is counted as an absolute error of every sum: in the tails it becomes a large relative one. */
#include <string.h>

#include "drift/est_fft.h"

static real *reals(slong n) { return (real *) dp_fft_alloc((size_t) n * sizeof(real) / sizeof(double)); }

/* The factor of a derivative along an axis, 0 at the Nyquist frequency of an even length where it is odd. */
static real factor(const est_transform *x, int axis, slong i, int odd)
{
    return odd && 2 * i == x->f->length[axis] ? 0 : x->xi[axis][i];
}

/* One line of the product of the weights' transform with a sum's kernel. Returns the sum of the kernel's squares. */
static real multiply_line(real_complex *P, real *line, const est_transform *x, const sum_kind *w, slong j, slong l)
{
    const slong half = x->f->length[0] / 2 + 1, index[3] = {0, j, l};
    const int odd = w->what == SUM_G || w->what == SUM_D, even = w->what == SUM_H || w->what == SUM_J;
    const real_complex *W = x->weights + (l * x->f->length[1] + j) * half;
    real cell = (real) x->f->total, power = 0;
    for (int k = 0; k < x->s->dim; k++)
        cell *= x->step[k];
    est_fourier_line(line, x, w, j, l);
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

/* ---- sums ---- */

/* Of the sampled parts: P = H W/total, and the sum of |H|^2. */
static real multiply_sampled(real_complex *P, const est_transform *x)
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

/* log Z on the lattice where it is above the noise; what is left of it there goes to the weights that are divided by Z: est_lattice_slip_at. */
static void keep_logs(est_transform *x, const real *room)
{
    const real above = EST_KEPT(x->s->mu);
    struct est_fft *f = x->f;
    const est_source *s = x->s;
    f->log_z = dp_malloc((size_t) est_size(&s->nodes) * sizeof *f->log_z);
    for (slong i = 0; i < est_size(&s->nodes); i++) {
        const slong j = i / s->nodes.n[0];
        const real z = room[i % s->nodes.n[0] + f->length[0] * (j % s->nodes.n[1] + f->length[1] * (j / s->nodes.n[1]))];
        f->log_z[i] = z > above * f->floor[0] ? r_log(z) + x->top : (real) NAN;
    }
}

/* The convolution of the weights with a kernel, on the lattice: returns the worker's room, and in *floor its absolute error by rounding. */
static real *convolve(real *floor, est_transform *x, const sum_kind *w, int worker)
{
    const struct est_fft *f = x->f;
    if (!x->own[worker].P)
        x->own[worker].P = (real_complex *) reals(2 * f->bins), x->own[worker].room = reals(f->total), x->own[worker].line = reals(f->length[0] / 2 + 1);
    real_complex *P = x->own[worker].P;
    real *room = x->own[worker].room, *line = x->own[worker].line, power = 0;
    memset(P, 0, (size_t) f->bins * sizeof *P);
    if (x->sampled) {
        est_sampled_transform(P, room, x, w);
        power = multiply_sampled(P, x);
    }
    for (slong l = 0; l < f->length[2]; l++)
        for (slong j = 0; j < f->length[1]; j++)
            power += multiply_line(P + (l * f->length[1] + j) * (f->length[0] / 2 + 1), line, x, w, j, l);
    R_FFTW(execute_dft_c2r)(x->inverse, P, room);
    *floor = 2 * R_ULP * r_log((real) f->total + 2) / r_log(2) * r_sqrt(power / (real) f->total) * x->norm;
    return room;
}

/* What the mesh needs of it. */
static real *on_mesh(const est_transform *x, const real *room)
{
    const struct est_fft *f = x->f;
    const est_source *s = x->s;
    real *value = dp_malloc((size_t) est_size(x->out) * sizeof *value);
    for (slong i = 0; i < est_size(x->out); i++) {
        const slong j = i / f->mesh[0], at[3] = {i % f->mesh[0], j % f->mesh[1], j / f->mesh[1]};
        value[i] = room[s->first[0] + at[0] * s->stride[0] + f->length[0] * (s->first[1] + at[1] * s->stride[1] + f->length[1] * (s->first[2] + at[2] * s->stride[2]))];
    }
    return value;
}

static dp_status one_sum(void *argument, slong job, int worker, dp_error *e)
{
    est_transform *x = argument;
    struct est_fft *f = x->f;
    (void) e;
    const real *room = convolve(f->floor + job, x, f->kind + job, worker);
    f->floor[job] += x->mass * est_images(x, f->kind + job);
    f->value[job] = on_mesh(x, room);
    if (job == 0 && x->s->tails)
        keep_logs(x, room);
    return DP_OK;
}

/* What errors of the weights do to all sums of a form at most (Lemma W1). */
static dp_status one_bound(void *argument, slong form, int worker, dp_error *e)
{
    est_transform *x = argument;
    struct est_fft *f = x->f;
    const sum_kind w = {SUM_BOUND + (int) form, 0, 0};
    int used = 0;
    real floor;
    (void) e;
    for (int i = 0; i < f->nsums; i++)
        used |= f->kind[i].what == (int) form;
    if (!used)
        return DP_OK;
    const real *room = convolve(&floor, x, &w, worker);
    real *slip = f->slip[form] = on_mesh(x, room);
    for (slong i = 0; i < est_size(x->out); i++)
        slip[i] = slip[i] < 0 ? floor : slip[i] + floor < INFINITY ? slip[i] + floor : (real) INFINITY;
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
static void lengths(struct est_fft *f, est_transform *x)
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
static void frequencies(est_transform *x)
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

/* Of the weights, or of what their errors may be. */
static real_complex *transform_weights(est_transform *x, const real *slip)
{
    struct est_fft *f = x->f;
    const est_source *s = x->s;
    real *room = reals(f->total), norm = 0;
    x->mass = 0;
    real_complex *W = (real_complex *) reals(2 * f->bins);
    memset(room, 0, (size_t) f->total * sizeof *room);
    for (slong i = 0; i < est_size(&s->nodes); i++) {
        const slong j = i / s->nodes.n[0];
        if (!(s->log_w[i] > x->top + R_LOG_LEAST))
            continue;
        const real w = r_exp(s->log_w[i] - x->top) * (slip ? slip[i] : 1);
        room[i % s->nodes.n[0] + f->length[0] * (j % s->nodes.n[1] + f->length[1] * (j / s->nodes.n[1]))] = w;
        norm += w * w, x->mass += w;
    }
    x->norm = r_sqrt(norm);
    R_FFTW(execute_dft_r2c)(x->forward, room, W);
    free(room);
    return W;
}

static void make_plans(est_transform *x)
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
    est_transform x = {.s = s, .f = f, .out = out, .step = {s->step[0], s->step[1], s->step[2]}, .top = -INFINITY};
    f->order = order, s->tails = tails;
    for (int k = 0; k < 3; k++)
        f->mesh[k] = out->n[k];
    for (slong i = 0; i < est_size(&s->nodes); i++)
        x.top = r_max(x.top, s->log_w[i]);
    lengths(f, &x);
    frequencies(&x);
    list_sums(f, s->dim, order, u > 1 ? u : u || order > 1, sharp);
    make_plans(&x);
    dp_status status = DP_OK;
    for (int errors = 0; errors < (s->slip ? 2 : 1) && status == DP_OK; errors++) {
        x.weights = (const real_complex *) transform_weights(&x, errors ? s->slip : NULL);
        status = dp_parallel(errors ? one_bound : one_sum, &x, errors ? SUM_FORMS : f->nsums, threads, e);
        free((void *) x.weights);
    }
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
