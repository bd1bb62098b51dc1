/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_fft.c: any kernel against weights on a lattice that contains the mesh, by FFTW in double. Kernels with a kink enter through their exact
   Fourier transform (of a period so long that the images are negligible, or counted), the inverse multiquadric through its values with zero
   padding. The transforms' rounding is counted as an absolute error of every sum: in the tails it becomes a large relative one. */
#include <complex.h>
#include <string.h>

#include <fftw3.h>

#include "base/threads.h"
#include "drift/est_source.h"
#include "grid/conv_internal.h"

/* Sums that moments are made of: Z; its gradient; Hessian (a >= b); D; Jacobian of D (a >= b); k#*mu. */
enum { SUM_Z, SUM_G, SUM_H, SUM_D, SUM_J, SUM_K, MOST_SUMS = 24 };
typedef struct { int what, a, b; } sum_kind;

struct est_fft {
    slong length[3], total, bins;
    int nsums, order;
    sum_kind kind[MOST_SUMS];
    double *value[MOST_SUMS], floor[MOST_SUMS]; /* on the mesh, and the absolute error of all of them */
    double *log_z;                              /* on the lattice */
    slong mesh[3];
    double top, relative;                       /* log of the largest weight; relative error of every sum */
};

void est_lattice_clear(est_source *s)
{
    for (int i = 0; s->fft && i < s->fft->nsums; i++)
        free(s->fft->value[i]);
    if (s->fft)
        free(s->fft->log_z);
    free(s->fft);
    s->fft = NULL;
}

/* ---- the lattice ---- */

static int rough(const dp_measure_t mu) { return mu->family == DP_UNIFORM || mu->family == DP_LAPLACE || mu->family == DP_DENSITY; }

/* The step that analytic densities, and the scales of the others, ask for along an axis. */
static double wanted_step(const est_source *s, const dp_problem *P, int axis)
{
    const dp_measure_struct *side[2] = {P->p, P->q};
    double step = INFINITY;
    for (slong i = 0; i < s->k->n; i++) /* sampled kernels have poles at distance h from the line */
        if (s->k->part[i].family == DP_KERNEL_IMQ)
            step = fmin(step, 0.2 * s->k->part[i].h);
    for (int i = 0; i < 2; i++) {
        if (dp_measure_is_points(side[i]))
            continue;
        est_gsum g = {0};
        if (side[i]->family == DP_MIXTURE)
            est_gsum_init(&g, side[i], NULL);
        if (rough(side[i]))
            step = fmin(step, fmin(est_narrowest(s->k), est_smallest_width(side[i], &g, axis)) / 4);
        else
            step = fmin(step, 0.6 * est_smallest_width(side[i], &g, axis));
        if (side[i]->box)
            step = fmin(step, (fmpq_get_d(DP_UPPER(side[i], axis)) - fmpq_get_d(DP_LOWER(side[i], axis))) / 8);
        est_gsum_clear(&g);
    }
    return step;
}

/* Nodes first .. first + stride (n - 1) of the lattice are the mesh's. */
static void lay_axis(est_source *s, const dp_problem *P, const est_axes *out, int axis, int level)
{
    const slong n = out->n[axis];
    const double x0 = out->x[axis][0], mesh = (out->x[axis][n - 1] - x0) / (double) (n - 1), growth = pow(1.5, level);
    s->stride[axis] = (slong) fmin(fmax(ceil(mesh / (wanted_step(s, P, axis) * ldexp(1, -level))), 1), 1e7);
    if (level > 0 && s->stride[axis] == 1) /* the coarser level had a node for each of the mesh */
        s->stride[axis] = 1 << level;
    const double step = mesh / (double) s->stride[axis];
    double lo = x0, hi = out->x[axis][n - 1];
    const dp_measure_struct *side[2] = {P->p, P->q};
    for (int i = 0; i < 2; i++) {
        double a, b;
        if (dp_measure_is_points(side[i]))
            continue;
        est_bulk(&a, &b, side[i], axis, growth);
        lo = fmin(lo, a - step), hi = fmax(hi, b + step);
    }
    const double before = fmin(ceil((x0 - lo) / step), 1e8), after = fmin(ceil((hi - out->x[axis][n - 1]) / step), 1e8);
    s->first[axis] = (slong) before;
    s->nodes.n[axis] = (slong) before + (slong) after + (n - 1) * s->stride[axis] + 1;
}

/* The lattice's mass at a node: the density, or its mean over the cell along the axis where it jumps or has a kink. */
static double cell_mean(const dp_measure_struct *mu, int axis, double y, double step)
{
    if (mu->family == DP_UNIFORM) {
        const double lo = fmpq_get_d(DP_LOWER(mu, axis)), hi = fmpq_get_d(DP_UPPER(mu, axis));
        return fmax(0, fmin(hi, y + step / 2) - fmax(lo, y - step / 2)) / step / (hi - lo);
    }
    const double b = fmpq_get_d(mu->scale), z = fabs(y - fmpq_get_d(DP_MEAN(mu, 0, 0))) / b, half = step / (2 * b);
    return z >= half ? exp(-z) * sinh(half) / step : (1 - exp(-half) * cosh(z)) / step;
}

static double log_mean(const est_source *s, const est_gsum *density, const double *y, const double *step)
{
    double f = 1;
    if (s->mu->family != DP_UNIFORM && s->mu->family != DP_LAPLACE)
        return est_log_density(s->mu, density, y);
    for (int k = 0; k < s->dim; k++)
        f *= cell_mean(s->mu, k, y[k], step[k]);
    return log(f);
}

dp_status est_lattice_init(est_source *s, const est_gsum *density, const dp_problem *P, const est_axes *out, int level, dp_error *e)
{
    double total = 1, volume = 1, *step = s->step;
    s->nodes.dim = s->dim;
    for (int k = 0; k < 3; k++) {
        s->nodes.n[k] = 1, s->first[k] = 0, s->stride[k] = 1, step[k] = 1;
        if (k < s->dim)
            lay_axis(s, P, out, k, level);
        total *= 2 * (double) s->nodes.n[k];
    }
    if (total > (level > 1 ? 1.6e7 : 6.4e7)) /* more rounds are not worth minutes */
        return dp_fail(e, DP_EBUDGET, "a lattice with the mesh's nodes that resolves the measures needs %.3g nodes, zero padding included", total);
    for (int k = 0; k < 3; k++) {
        s->nodes.x[k] = dp_calloc((size_t) s->nodes.n[k], sizeof(double));
        if (k < s->dim)
            step[k] = (out->x[k][out->n[k] - 1] - out->x[k][0]) / (double) ((out->n[k] - 1) * s->stride[k]);
        for (slong i = 0; k < s->dim && i < s->nodes.n[k]; i++)
            s->nodes.x[k][i] = out->x[k][0] + (double) (i - s->first[k]) * step[k];
        volume *= step[k];
    }
    const slong n = est_size(&s->nodes);
    s->log_w = dp_malloc((size_t) n * sizeof *s->log_w);
    for (slong i = 0; i < n; i++) {
        const slong j = i / s->nodes.n[0];
        const double y[3] = {s->nodes.x[0][i % s->nodes.n[0]], s->nodes.x[1][j % s->nodes.n[1]], s->nodes.x[2][j / s->nodes.n[1]]};
        s->log_w[i] = log_mean(s, density, y, step) + log(volume);
    }
    return DP_OK;
}

/* ---- transforms ---- */

typedef struct {
    est_source *s;
    struct est_fft *f;
    const est_axes *out;
    const fftw_complex *weights;
    fftw_plan forward, inverse;
    double norm, mass, step[3], top;
    int sampled; /* a part enters by its values */
} transform;

/* What the kernel of a sum is at t = x - y, for a part. */
static double kernel_value(const sum_kind *w, const est_part *part, const double t[3], double r2)
{
    double phi, v[4];
    const double one = w->a == w->b;
    est_kernel_at(&phi, v, part, r2);
    const double g = part->weight * exp(-phi);
    switch (w->what) {
    case SUM_Z: return g * v[0];
    case SUM_G: return -g * v[1] * t[w->a];
    case SUM_H: return g * (v[2] * t[w->a] * t[w->b] - one * v[1]);
    case SUM_D: return -g * v[0] * t[w->a];
    case SUM_J: return g * (v[1] * t[w->a] * t[w->b] - one * v[0]);
    default: return g * v[3];
    }
}

/* Offset of a padded index: the second half is negative. */
static double offset(slong i, slong n, double step) { return step * (double) (2 * i < n ? i : i - n); }

/* Adds the sampled parts' transform to H. */
static void add_sampled(fftw_complex *H, double *room, const transform *x, const sum_kind *w)
{
    const slong *n = x->f->length;
    for (slong i = 0; i < x->f->total; i++) {
        const double t[3] = {offset(i % n[0], n[0], x->step[0]), offset(i / n[0] % n[1], n[1], x->step[1]), offset(i / n[0] / n[1], n[2], x->step[2])};
        const double r2 = t[0] * t[0] + t[1] * t[1] + t[2] * t[2];
        room[i] = 0;
        for (slong p = 0; p < x->s->k->n; p++)
            if (x->s->k->part[p].family == DP_KERNEL_IMQ)
                room[i] += kernel_value(w, x->s->k->part + p, t, r2);
    }
    fftw_execute_dft_r2c(x->forward, room, H);
}

/* i times a frequency, 0 at the Nyquist frequency of an even length; times another. */
static double complex derivative(const sum_kind *w, const double xi[3], const int nyquist[3])
{
    if (w->what == SUM_G || w->what == SUM_D)
        return nyquist[w->a] ? 0 : I * xi[w->a];
    if (w->what == SUM_H || w->what == SUM_J)
        return w->a != w->b && (nyquist[w->a] || nyquist[w->b]) ? 0 : -xi[w->a] * xi[w->b];
    return 1;
}

/* Adds the parts with a Fourier transform; the weights are masses, so that the sum over the lattice divides by the cell. */
static void add_exact(fftw_complex *H, const transform *x, const sum_kind *w)
{
    const slong *n = x->f->length, half = n[0] / 2 + 1;
    const int dim = x->s->dim, primitive = w->what >= SUM_D;
    double cell = 1;
    for (int k = 0; k < dim; k++)
        cell *= x->step[k];
    for (slong i = 0; i < x->f->bins; i++) {
        const slong at[3] = {i % half, i / half % n[1], i / half / n[1]};
        double xi[3] = {0}, w2 = 0, sum = 0, both[2];
        int nyquist[3];
        for (int k = 0; k < dim; k++) {
            xi[k] = 2 * M_PI / ((double) n[k] * x->step[k]) * (double) (2 * at[k] <= n[k] ? at[k] : at[k] - n[k]);
            nyquist[k] = 2 * at[k] == n[k];
            w2 += xi[k] * xi[k];
        }
        for (slong p = 0; p < x->s->k->n; p++) {
            const est_part *part = x->s->k->part + p;
            if (part->family == DP_KERNEL_IMQ)
                continue;
            est_kernel_fourier(both, part, dim, w2);
            sum += part->weight * both[primitive];
        }
        H[i] += derivative(w, xi, nyquist) * sum / cell;
    }
}

/* What the nearest images of the period add at most, per unit of mass. */
static double images(const transform *x, const sum_kind *w)
{
    double sum = 0;
    for (slong p = 0; p < x->s->k->n; p++)
        for (int k = 0; k < x->s->dim && x->s->k->part[p].family != DP_KERNEL_IMQ; k++) {
            const double r = x->step[k] * (double) (x->f->length[k] - x->s->nodes.n[k] + 1), t[3] = {r, r, r};
            const sum_kind straight = {w->what, 0, w->what == SUM_H || w->what == SUM_J ? 1 : 0};
            sum += 2 * fabs(kernel_value(&straight, x->s->k->part + p, t, r * r));
        }
    return sum;
}

/* One sum: its kernel's transform, the product, back, and what the mesh needs. */
static dp_status one_sum(void *argument, slong job, int worker, dp_error *e)
{
    transform *x = argument;
    struct est_fft *f = x->f;
    const est_source *s = x->s;
    fftw_complex *H = (fftw_complex *) dp_fft_alloc((size_t) (2 * f->bins));
    double *room = dp_fft_alloc((size_t) f->total), power = 0;
    (void) worker, (void) e;
    memset(H, 0, (size_t) f->bins * sizeof *H);
    if (x->sampled)
        add_sampled(H, room, x, f->kind + job);
    add_exact(H, x, f->kind + job);
    for (slong i = 0; i < f->bins; i++) {
        const double a = cabs(H[i]);
        power += (i % (f->length[0] / 2 + 1) == 0 ? 1 : 2) * a * a;
        H[i] *= x->weights[i] / (double) f->total;
    }
    fftw_execute_dft_c2r(x->inverse, H, room);
    f->floor[job] = 2 * DP_ULP * log2((double) f->total + 2) * sqrt(power / (double) f->total) * x->norm + x->mass * images(x, f->kind + job);
    f->value[job] = dp_malloc((size_t) est_size(x->out) * sizeof(double));
    for (slong i = 0; i < est_size(x->out); i++) {
        const slong j = i / f->mesh[0], at[3] = {i % f->mesh[0], j % f->mesh[1], j / f->mesh[1]};
        f->value[job][i] = room[s->first[0] + at[0] * s->stride[0]
                                + f->length[0] * (s->first[1] + at[1] * s->stride[1] + f->length[1] * (s->first[2] + at[2] * s->stride[2]))];
    }
    for (slong i = 0; job == 0 && i < est_size(&s->nodes); i++) {
        const slong j = i / s->nodes.n[0];
        const double z = room[i % s->nodes.n[0] + f->length[0] * (j % s->nodes.n[1] + f->length[1] * (j / s->nodes.n[1]))];
        f->log_z[i] = z > f->floor[0] ? log(z) + x->top : NAN;
    }
    free(room), free(H);
    return DP_OK;
}

static void list_sums(struct est_fft *f, int d, int order, int sharp)
{
    f->kind[f->nsums++] = (sum_kind){SUM_Z, 0, 0};
    for (int a = 0; a < d && order > 0; a++) {
        f->kind[f->nsums++] = (sum_kind){SUM_G, a, 0};
        f->kind[f->nsums++] = (sum_kind){SUM_D, a, 0};
        for (int b = 0; b <= a && order > 1; b++) {
            f->kind[f->nsums++] = (sum_kind){SUM_H, a, b};
            f->kind[f->nsums++] = (sum_kind){SUM_J, a, b};
        }
    }
    if (sharp)
        f->kind[f->nsums++] = (sum_kind){SUM_K, 0, 0};
}

/* Lengths with room for the kernel's reach (exact transforms) or for all offsets (sampled kernels), as far as memory goes. */
static void lengths(struct est_fft *f, transform *x)
{
    double reach = 0;
    for (slong p = 0; p < x->s->k->n; p++) {
        x->sampled |= x->s->k->part[p].family == DP_KERNEL_IMQ;
        if (x->s->k->part[p].family != DP_KERNEL_IMQ)
            reach = fmax(reach, est_kernel_reach(x->s->k->part + p));
    }
    f->total = f->bins = 1;
    for (int k = 0; k < 3; k++) {
        const slong n = x->s->nodes.n[k], levels[1] = {0};
        slong l = levels[0], most = x->sampled ? 2 * n : n + (slong) fmin(reach / x->step[k] + 1, (x->s->dim == 1 ? 64.0 : 1.5) * (double) n);
        f->length[k] = n == 1 ? 1 : dp_fft_length(FLINT_MAX(most, x->sampled ? 2 * n : n), &l);
        f->total *= f->length[k];
        f->bins *= k == 0 ? f->length[0] / 2 + 1 : f->length[k];
    }
}

static fftw_complex *transform_weights(transform *x)
{
    struct est_fft *f = x->f;
    const est_source *s = x->s;
    double *room = dp_fft_alloc((size_t) f->total), norm = 0;
    fftw_complex *W = (fftw_complex *) dp_fft_alloc((size_t) (2 * f->bins));
    memset(room, 0, (size_t) f->total * sizeof *room);
    for (slong i = 0; i < est_size(&s->nodes); i++) {
        const slong j = i / s->nodes.n[0];
        const double w = exp(s->log_w[i] - x->top);
        room[i % s->nodes.n[0] + f->length[0] * (j % s->nodes.n[1] + f->length[1] * (j / s->nodes.n[1]))] = w;
        norm += w * w, x->mass += w;
    }
    x->norm = sqrt(norm);
    fftw_execute_dft_r2c(x->forward, room, W);
    free(room);
    return W;
}

/* ---- the far tails of k*q ---- */

typedef struct { est_source *s; slong lo[3], hi[3], every[3]; } thin;

/* log of a plain sum over every few nodes where nearly all weight lies, for places where the transforms' noise hides Z: the kernel is smooth there. */
static double thin_sum(const thin *f, const double *x)
{
    const est_source *s = f->s;
    const slong *n = s->nodes.n;
    double top = -INFINITY, sum = 0;
    for (slong c = f->lo[2]; c <= f->hi[2]; c += f->every[2])
        for (slong b = f->lo[1]; b <= f->hi[1]; b += f->every[1])
            for (slong a = f->lo[0]; a <= f->hi[0]; a += f->every[0]) {
                const double t[3] = {s->nodes.x[0][a] - x[0], s->nodes.x[1][b] - x[1], s->nodes.x[2][c] - x[2]};
                for (slong p = 0; p < s->k->n; p++) {
                    double phi, v[4];
                    est_kernel_at(&phi, v, s->k->part + p, t[0] * t[0] + t[1] * t[1] + t[2] * t[2]);
                    const double l = s->log_w[a + n[0] * (b + n[1] * c)] - phi;
                    if (l > top)
                        sum *= exp(top - l), top = l;
                    sum += l > -INFINITY ? exp(l - top) * s->k->part[p].weight * v[0] : 0;
                }
            }
    return top + log(sum * (double) (f->every[0] * f->every[1] * f->every[2]));
}

static dp_status fill_row(void *argument, slong row, int worker, dp_error *e)
{
    const thin *f = argument;
    const est_source *s = f->s;
    const slong n = s->nodes.n[0], j = row % s->nodes.n[1], l = row / s->nodes.n[1];
    (void) worker, (void) e;
    for (slong i = 0; i < n; i++) {
        const double x[3] = {s->nodes.x[0][i], s->nodes.x[1][j], s->nodes.x[2][l]};
        if (isnan(s->fft->log_z[row * n + i]))
            s->fft->log_z[row * n + i] = thin_sum(f, x);
    }
    return DP_OK;
}

/* The box of the weights above e^-32 of the largest; at most 1024, 20 x 20 or 10 x 10 x 10 nodes of it are summed, an accuracy that the levels'
   difference shows. */
static dp_status fill_tails(est_source *s, double top, int threads, dp_error *e)
{
    const slong most = s->dim == 1 ? 1024 : s->dim == 2 ? 20 : 10, *n = s->nodes.n;
    thin f = {.s = s, .lo = {n[0] - 1, n[1] - 1, n[2] - 1}};
    for (slong i = 0; i < est_size(&s->nodes); i++) {
        const slong at[3] = {i % n[0], i / n[0] % n[1], i / n[0] / n[1]};
        for (int k = 0; k < 3 && s->log_w[i] > top - 32; k++)
            f.lo[k] = FLINT_MIN(f.lo[k], at[k]), f.hi[k] = FLINT_MAX(f.hi[k], at[k]);
    }
    for (int k = 0; k < 3; k++)
        f.every[k] = (f.hi[k] - f.lo[k] + most) / most;
    return dp_parallel(fill_row, &f, est_rows(&s->nodes), threads, e);
}

/* ---- all sums ---- */

dp_status est_lattice_transform(est_source *s, const est_axes *out, int order, int sharp, int tails, int threads, dp_error *e)
{
    struct est_fft *f = s->fft = dp_calloc(1, sizeof *f);
    transform x = {.s = s, .f = f, .out = out, .step = {1, 1, 1}, .top = -INFINITY};
    f->order = order;
    for (int k = 0; k < 3; k++) {
        if (k < s->dim)
            x.step[k] = s->step[k];
        f->mesh[k] = out->n[k];
    }
    for (slong i = 0; i < est_size(&s->nodes); i++)
        x.top = fmax(x.top, s->log_w[i]);
    lengths(f, &x);
    list_sums(f, s->dim, order, sharp);
    f->log_z = dp_malloc((size_t) est_size(&s->nodes) * sizeof *f->log_z);
    double *real = dp_fft_alloc((size_t) f->total), *spectrum = dp_fft_alloc((size_t) (2 * f->bins));
    const int n[3] = {(int) f->length[2], (int) f->length[1], (int) f->length[0]}, skip = 3 - s->dim;
    dp_fft_lock();
    x.forward = fftw_plan_dft_r2c(s->dim, n + skip, real, (fftw_complex *) spectrum, FFTW_ESTIMATE);
    x.inverse = fftw_plan_dft_c2r(s->dim, n + skip, (fftw_complex *) spectrum, real, FFTW_ESTIMATE);
    dp_fft_unlock();
    free(real), free(spectrum);
    x.weights = transform_weights(&x);
    dp_status status = dp_parallel(one_sum, &x, f->nsums, threads, e);
    free((void *) x.weights);
    dp_fft_lock();
    fftw_destroy_plan(x.forward), fftw_destroy_plan(x.inverse);
    dp_fft_unlock();
    f->top = x.top;
    f->relative = DP_ULP * (16 + 2 * fabs(x.top)); /* of the weights and of the kernel's transform */
    return status == DP_OK && tails ? fill_tails(s, x.top, threads, e) : status;
}

/* ---- moments ---- */

/* A sum at a node of the mesh; exactly unknown when it was not made. */
static dp_num value_of(const struct est_fft *f, int what, int a, int b, slong node)
{
    for (int i = 0; i < f->nsums; i++)
        if (f->kind[i].what == what && f->kind[i].a == a && f->kind[i].b == b)
            return (dp_num){f->value[i][node], f->floor[i] + f->relative * fabs(f->value[i][node])};
    return (dp_num){0, INFINITY};
}

void est_lattice_row(dp_emoments *out, const est_source *s, slong row, int order)
{
    const struct est_fft *f = s->fft;
    const int d = s->dim;
    for (slong i = 0; i < f->mesh[0]; i++) {
        const slong node = row * f->mesh[0] + i;
        const dp_num Z = value_of(f, SUM_Z, 0, 0, node);
        dp_emoments *o = out + i;
        o->log = dp_num_log(Z);
        o->log.v += f->top;
        o->kappa = dp_num_div(value_of(f, SUM_K, 0, 0, node), Z);
        for (int a = 0; a < d; a++) {
            o->u[a] = dp_num_div(value_of(f, SUM_G, a, 0, node), Z);
            o->m[a] = dp_num_div(value_of(f, SUM_D, a, 0, node), Z);
        }
        for (int j = 0; j < d * d && order > 1; j++) {
            const int a = FLINT_MAX(j / d, j % d), b = FLINT_MIN(j / d, j % d);
            o->U[j] = dp_num_div(value_of(f, SUM_H, a, b, node), Z);
            o->M[j] = dp_num_div(value_of(f, SUM_J, a, b, node), Z);
        }
    }
}

/* Lagrange weights of eight equidistant nodes around t (in steps from the first). */
static slong lagrange(double w[8], double t, slong n)
{
    const slong first = FLINT_MAX(0, FLINT_MIN((slong) floor(t) - 3, n - 8));
    for (int i = 0; i < 8; i++) {
        w[i] = 1;
        for (int j = 0; j < 8; j++)
            if (j != i)
                w[i] *= (t - (double) (first + j)) / (i - j);
    }
    return first;
}

double est_lattice_log_at(const est_source *s, const double *x)
{
    double w[3][8] = {{1}, {1}, {1}}, sum = 0;
    slong first[3] = {0};
    const slong *n = s->nodes.n;
    for (int k = 0; k < s->dim; k++) {
        const double t = (x[k] - s->nodes.x[k][0]) / s->step[k];
        if (fabs(t - rint(t)) < 1e-9 && rint(t) >= 0 && rint(t) < (double) n[k]) { /* a node */
            first[k] = (slong) rint(t);
            continue;
        }
        if (n[k] < 8 || t < 0 || t > (double) (n[k] - 1))
            return NAN;
        first[k] = lagrange(w[k], t, n[k]);
    }
    for (int c = 0; c < 8; c++)
        for (int b = 0; b < 8; b++)
            for (int a = 0; a < 8; a++) {
                const double v = w[0][a] * w[1][b] * w[2][c];
                if (v != 0)
                    sum += v * s->fft->log_z[first[0] + a + n[0] * (first[1] + b + n[1] * (first[2] + c))];
            }
    return sum;
}
