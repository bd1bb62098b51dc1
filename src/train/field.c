/* SPDX-License-Identifier: GPL-3.0-or-later */
/* field.c: the velocity of samples as a case for training asks for it: bandwidths by a schedule, several of them summed, normalised. */
#include "train/field.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "energy/energy.h"
#include "particle/transport.h"
#include "train/config.h"

void dp_train_field_init(dp_train_field *f, const dp_train *t, ulong key, int threads)
{
    const dp_problem *P = t->P;
    *f = (dp_train_field){.t = t, .terms = t->nbandwidths ? t->nbandwidths : 1, .parts = P->nparts ? P->nparts : 1, .key = key, .threads = threads};
    const slong count = f->terms * f->parts;
    f->part = dp_calloc((size_t) count, sizeof *f->part), f->usual = dp_calloc((size_t) count, sizeof *f->usual);
    for (slong k = 0; k < count; k++) {
        dp_kernel_part *part = f->part + k;
        fmpq_init(&part->weight), fmpq_init(&part->bandwidth);
        part->family = P->nparts ? P->parts[k].family : P->kernel;
        if (P->nparts) fmpq_set(&part->weight, &P->parts[k].weight);
        else fmpq_one(&part->weight);
        f->usual[k] = dp_nearest_d(P->nparts ? &P->parts[k].bandwidth : t->nbandwidths ? t->bandwidth + k : P->bandwidth);
    }
    if (!strcmp(t->drift, "sliced-wasserstein")) f->direction = dp_malloc(sizeof(double) * (size_t) (t->directions * P->dim));
}

void dp_train_field_clear(dp_train_field *f)
{
    for (slong k = 0; k < f->terms * f->parts; k++) fmpq_clear(&f->part[k].weight), fmpq_clear(&f->part[k].bandwidth);
    free(f->part), free(f->usual), free(f->direction), free(f->sum);
}

double dp_train_factor(const dp_train *t, slong step)
{
    const double over = (double) (t->schedule_over ? t->schedule_over : t->steps), s = over > 0 ? fmin((double) step / over, 1) : 1;
    switch (t->schedule) {
    case DP_BANDWIDTH_LINEAR: return 1 + s * (t->schedule_to - 1);
    case DP_BANDWIDTH_COSINE: return t->schedule_to + (1 - t->schedule_to) * (1 + cos(3.14159265358979323846 * s)) / 2;
    case DP_BANDWIDTH_GEOMETRIC: return pow(t->schedule_to, s);
    default: return 1;
    }
}

/* A double as the fraction it is. */
static void exactly(fmpq_t out, double x)
{
    int exponent;
    const double m = frexp(x, &exponent);
    fmpq_set_si(out, (slong) ldexp(m, 53), 1);
    if (exponent >= 53) fmpq_mul_2exp(out, out, (flint_bitcnt_t) (exponent - 53));
    else fmpq_div_2exp(out, out, (flint_bitcnt_t) (53 - exponent));
}

static void set_bandwidths(dp_train_field *f, slong step)
{
    const double factor = dp_train_factor(f->t, step);
    for (slong k = 0; k < f->terms * f->parts; k++) exactly(&f->part[k].bandwidth, f->usual[k] * factor);
}

dp_sample dp_train_sample(dp_train_field *f, const double *x, size_t n, const double *y, size_t m, slong step)
{
    const dp_train *t = f->t;
    set_bandwidths(f, step);
    const int da2 = !strncmp(t->drift, "da2", 3);
    dp_sample s = {.n = n, .m = m, .d = (size_t) t->P->dim, .x = x, .y = y, .nparts = f->parts, .part = f->part, .leave_out = t->self == 0 ? da2 : t->self == 2, .drop_sizes = t->scaling,
                   .columns_first = t->order, .iterations = t->iterations, .tolerance = t->tolerance > 0 ? t->tolerance : -1, .single = t->precision == 0, .threads = f->threads};
    if (!fmpq_is_zero(t->P->regularisation)) s.lambda = t->P->regularisation;
    if (f->direction) {
        const ulong key = dp_stream_key(f->key, t->directions_once ? 0 : 1 + (unsigned) step);
        dp_directions_random(f->direction, (size_t) t->directions, s.d, key);
        s.direction = f->direction, s.ndirections = (size_t) t->directions;
    }
    return s;
}

/* v <- v/sqrt(mean of squares) over points and coordinates; a field that vanishes stays. */
static void normalise(double *v, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += v[i] * v[i];
    for (size_t i = 0; i < count && sum > 0; i++) v[i] /= sqrt(sum / (double) count);
}

dp_status dp_train_velocity(double *v, dp_train_field *f, const double *x, size_t n, const double *y, size_t m, slong step, dp_error *e)
{
    const size_t count = n * (size_t) f->t->P->dim;
    dp_status status = DP_OK;
    dp_sample s = dp_train_sample(f, x, n, y, m, step);
    double *term = f->terms > 1 ? dp_malloc(sizeof(double) * count) : v;
    for (slong k = 0; k < f->terms && !status; k++) {
        dp_drifted out = {.v = k ? term : v};
        s.part = f->part + k * f->parts;
        status = dp_drift_sample(&out, f->t->drift, &s, e);
        if (!status && f->t->normalise) normalise(out.v, count);
        for (size_t i = 0; k && i < count && !status; i++) v[i] += term[i];
    }
    if (term != v) free(term);
    return status;
}

dp_status dp_train_functional(double *value, dp_train_field *f, const char *energy, const double *x, size_t n, const double *y, size_t m, slong step, dp_error *e)
{
    double *own = NULL;
    dp_sample s = dp_train_sample(f, x, n, y, m, step);
    s.leave_out = 0, s.single = 0;
    if (!strcmp(energy, "sliced") && !s.direction) {
        s.ndirections = (size_t) f->t->directions, own = dp_malloc(sizeof(double) * s.ndirections * s.d);
        dp_directions_random(own, s.ndirections, s.d, dp_stream_key(f->key, 0));
        s.direction = own;
    }
    dp_drifted out = {0};
    const dp_status status = dp_energy_sample(value, &out, &s, energy, e);
    free(own);
    return status;
}

/* ---- derivatives by the particles ---- */

typedef struct { const double *x, *y, *u; size_t n, m, d; double h2; double *g; } cloud;

static double gauss(const double *a, const double *b, size_t d, double h2)
{
    double r2 = 0;
    for (size_t k = 0; k < d; k++) r2 += (a[k] - b[k]) * (a[k] - b[k]);
    return exp(-r2 / 2 / h2);
}

/* One pair of mmd: V_i gets weight grad_1 k(x_i, b); its derivative by x_i applied to u_i goes to g_i, that by b to g_b (NULL: b stays). */
static void mmd_pair(const cloud *c, size_t i, const double *b, double *gb, double weight)
{
    const double *x = c->x + i * c->d, *u = c->u + i * c->d, k = weight * gauss(x, b, c->d, c->h2) / c->h2;
    double dot = 0;
    for (size_t a = 0; a < c->d; a++) dot += (b[a] - x[a]) * u[a];
    for (size_t a = 0; a < c->d; a++) {
        const double t = k * (dot * (b[a] - x[a]) / c->h2 - u[a]);
        c->g[i * c->d + a] += t;
        if (gb) gb[a] -= t;
    }
}

static void pull_mmd(const cloud *c, double weight)
{
    for (size_t i = 0; i < c->n; i++) {
        for (size_t j = 0; j < c->m; j++) mmd_pair(c, i, c->y + j * c->d, NULL, weight / (double) c->m);
        for (size_t j = 0; j < c->n; j++) mmd_pair(c, i, c->x + j * c->d, c->g + j * c->d, -weight / (double) c->n);
    }
}

/* One barycentre b_i of mean-shift with weights w_j: derivative by x_i: sum_j w_j (b_j - mean)(b_j - x_i)^T/h^2; by a column x_j that moves: w_j (1 + (b_j - mean)(x_i - b_j)^T/h^2). */
static void pull_barycentre(const cloud *c, size_t i, const double *b, size_t count, int moves, double sign, double *w, double *mean)
{
    const double *x = c->x + i * c->d, *u = c->u + i * c->d;
    double sum = 0, least = INFINITY;
    for (size_t j = 0; j < count; j++) {
        w[j] = 0;
        for (size_t a = 0; a < c->d; a++) w[j] += (x[a] - b[j * c->d + a]) * (x[a] - b[j * c->d + a]);
        least = fmin(least, w[j]);
    }
    for (size_t a = 0; a < c->d; a++) mean[a] = 0;
    for (size_t j = 0; j < count; j++) sum += w[j] = exp((least - w[j]) / 2 / c->h2);
    for (size_t j = 0; j < count; j++)
        for (size_t a = 0; a < c->d; a++) w[j] /= a ? 1 : sum, mean[a] += w[j] * b[j * c->d + a];
    for (size_t j = 0; j < count; j++) {
        double dot = 0;
        for (size_t a = 0; a < c->d; a++) dot += u[a] * (b[j * c->d + a] - mean[a]);
        for (size_t a = 0; a < c->d; a++) {
            const double t = sign * w[j] * dot * (b[j * c->d + a] - x[a]) / c->h2;
            c->g[i * c->d + a] += t;
            if (moves) c->g[j * c->d + a] += sign * w[j] * u[a] - t;
        }
    }
}

static void pull_mean_shift(const cloud *c)
{
    double *w = dp_malloc(sizeof(double) * (FLINT_MAX(c->n, c->m) + c->d)), *mean = w + FLINT_MAX(c->n, c->m);
    for (size_t i = 0; i < c->n; i++) {
        pull_barycentre(c, i, c->y, c->m, 0, 1, w, mean);
        pull_barycentre(c, i, c->x, c->n, 1, -1, w, mean);
    }
    free(w);
}

dp_status dp_train_pull(double *g, dp_train_field *f, const double *u, const double *x, size_t n, const double *y, size_t m, slong step, dp_error *e)
{
    const int mean_shift = !strcmp(f->t->drift, "mean-shift");
    if (!mean_shift && strcmp(f->t->drift, "mmd")) return dp_fail(e, DP_EUNSUPPORTED, "%s: no derivative of the drift by the particles", f->t->drift);
    const double factor = dp_train_factor(f->t, step);
    cloud c = {.x = x, .y = y, .u = u, .n = n, .m = m, .d = (size_t) f->t->P->dim, .g = g};
    memset(g, 0, sizeof(double) * n * c.d);
    for (slong k = 0; k < f->terms * f->parts; k++) {
        const double h = f->usual[k] * factor;
        c.h2 = h * h;
        if (mean_shift) pull_mean_shift(&c);
        else pull_mmd(&c, fmpq_get_d(&f->part[k].weight));
    }
    return DP_OK;
}
