/* SPDX-License-Identifier: GPL-3.0-or-later */
/* metrics.c: how far samples of the network are from the data: MMD, exact and entropic transport, energy distance, shares of modes. */
#include "train/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "particle/functional.h"
#include "particle/transport.h"
#include "train/config.h"

/* ---- one part of a kernel ---- */

typedef struct { dp_kernel_part part; dp_sample s; } problem;

static void problem_init(problem *p, dp_kernel_family family, double h, const double *x, const double *y, size_t n, size_t d, int threads)
{
    *p = (problem){.part = {.family = family}};
    fmpq_init(&p->part.weight), fmpq_init(&p->part.bandwidth);
    fmpq_one(&p->part.weight);
    dp_fmpq_set_d(&p->part.bandwidth, h);
    p->s = (dp_sample){.n = n, .m = n, .d = d, .x = x, .y = y, .nparts = 1, .iterations = -1, .tolerance = -1, .threads = threads};
    p->s.part = &p->part;
}

static void problem_clear(problem *p) { fmpq_clear(&p->part.weight), fmpq_clear(&p->part.bandwidth); }

/* ---- MMD ---- */

static dp_status pairs(double *total, dp_pairing p, const double *a, const double *b, int skip, dp_error *e)
{
    double *sum = dp_malloc(sizeof(double) * p.n);
    p.a = a, p.b = b, p.skip = skip;
    const dp_status status = dp_rows(sum, NULL, &p, e);
    *total = 0;
    for (size_t i = 0; i < p.n && !status; i++) *total += exp(dp_over_eps(p.kernel, sum[i]));
    free(sum);
    return status;
}

dp_status dp_train_mmd2(double *u, double *v, const double *x, const double *y, size_t n, size_t d, double h, int threads, dp_error *e)
{
    const double count = (double) n;
    double xx, yy, xy;
    problem p;
    dp_pkernel k;
    problem_init(&p, DP_KERNEL_GAUSSIAN, h, x, y, n, d, threads);
    dp_status status = dp_pkernel_init(&k, &p.s, DP_FORM_KERNEL, e);
    const dp_pairing pairing = dp_pairing_y(&p.s, &k, DP_FORM_KERNEL);
    if (!status) status = pairs(&xx, pairing, x, x, 1, e);
    if (!status) status = pairs(&yy, pairing, y, y, 1, e);
    if (!status) status = pairs(&xy, pairing, x, y, 0, e);
    problem_clear(&p);
    if (status) return status;
    *u = (xx + yy) / count / (count - 1) - 2 * xy / count / count;
    *v = (xx + yy + 2 * count - 2 * xy) / count / count;
    return DP_OK;
}

static int ascending(const void *a, const void *b)
{
    const double s = *(const double *) a, t = *(const double *) b;
    return (s > t) - (s < t);
}

double dp_train_median(const double *y, size_t n, size_t d)
{
    const size_t m = FLINT_MIN(n, (size_t) 1000), count = m * (m - 1) / 2;
    double *r2 = dp_calloc(count + 1, sizeof(double)), *to = r2;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < i; j++, to++)
            for (size_t k = 0; k < d; k++) *to += (y[i * d + k] - y[j * d + k]) * (y[i * d + k] - y[j * d + k]);
    qsort(r2, count, sizeof(double), ascending);
    const double median = count ? sqrt(r2[(count - 1) / 2]) : 0;
    free(r2);
    return median;
}

/* ---- modes ---- */

/* Means of a mixture's components, or the centres of eight-gaussians, in the scale of the data; none where there are too many. */
static int centres(double *centre, const dp_train_streams *s)
{
    const dp_measure_struct *p = s->t->P->p;
    const slong n = p->family == DP_MIXTURE || p->family == DP_ATOMS ? p->n : p->dataset == 1 + dp_dataset_find("eight-gaussians") ? 8 : 0;
    if (n < 2 || n > DP_TRAIN_MODES) return 0;
    for (slong j = 0; j < n; j++)
        for (int k = 0; k < p->dim; k++) {
            const double angle = 0.78539816339744830962 * (double) j, eight = 2 * sqrt(2) * (k ? sin(angle) : cos(angle));
            centre[j * p->dim + k] = ((p->dataset ? eight : fmpq_get_d(DP_MEAN(p, j, k))) - s->shift[k]) / s->scale[k];
        }
    return (int) n;
}

static void shares(double *share, int modes, const double *centre, const double *x, size_t n, size_t d)
{
    for (int j = 0; j < modes; j++) share[j] = 0;
    for (size_t i = 0; i < n && modes; i++) {
        double least = INFINITY;
        int best = 0;
        for (int j = 0; j < modes; j++) {
            double r2 = 0;
            for (size_t k = 0; k < d; k++) r2 += (x[i * d + k] - centre[(size_t) j * d + k]) * (x[i * d + k] - centre[(size_t) j * d + k]);
            if (r2 < least) least = r2, best = j;
        }
        share[best] += 1 / (double) n;
    }
}

/* ---- all of them ---- */

typedef struct { double *mmd2_u, *mmd2_v, *w2, *sinkhorn, *energy; } places;

static dp_status distances(places to, const dp_train_metrics *m, double h, const double *x, const double *y, dp_error *e)
{
    const size_t some = FLINT_MIN(m->n, (size_t) m->t->evaluation_transport);
    double value = 0;
    problem p;
    dp_status status = h > 0 ? dp_train_mmd2(to.mmd2_u, to.mmd2_v, x, y, m->n, m->d, h, m->threads, e) : DP_OK;
    problem_init(&p, DP_KERNEL_ENERGY, 1, x, y, m->n, m->d, m->threads);
    if (!status) status = dp_mmd2_sample(to.energy, NULL, &p.s, e);
    *to.energy *= 2;
    problem_clear(&p);
    problem_init(&p, DP_KERNEL_GAUSSIAN, m->t->evaluation_sinkhorn, x, y, some, m->d, m->threads);
    if (!status && some) status = dp_w2_sample(&value, NULL, &p.s, e);
    if (some) *to.w2 = sqrt(fmax(2 * value, 0));
    if (!status && some && m->t->evaluation_sinkhorn > 0) status = dp_sinkhorn_sample(to.sinkhorn, NULL, &p.s, e);
    if (status == DP_EBUDGET) *to.sinkhorn = NAN, status = DP_OK; /* no convergence: not measured */
    problem_clear(&p);
    return status;
}

dp_status dp_train_metrics_init(dp_train_metrics *m, dp_train_result *r, const dp_trainer *a, int threads, dp_error *e)
{
    const size_t n = (size_t) a->t->evaluation_n, d = a->shape.dim;
    *m = (dp_train_metrics){.t = a->t, .n = n, .d = d, .threads = threads};
    m->z = dp_malloc(sizeof(double) * n * a->shape.noise), m->x = dp_malloc(sizeof(double) * n * d);
    m->y = dp_malloc(sizeof(double) * n * d), m->floor = dp_malloc(sizeof(double) * n * d), m->centre = dp_malloc(sizeof(double) * DP_TRAIN_MODES * d);
    dp_train_test_noise(m->z, &a->streams, n);
    dp_train_test_data(m->y, &a->streams, DP_FOR_TEST_DATA, n), dp_train_test_data(m->floor, &a->streams, DP_FOR_TEST_FLOOR, n);
    r->nmodes = centres(m->centre, &a->streams);
    shares(r->data_mode, r->nmodes, m->centre, m->y, n, d);
    r->mmd_bandwidth = dp_train_median(m->y, n, d);
    return distances((places){&r->floor_mmd2_u, &r->floor_mmd2_v, &r->floor_w2, &r->floor_sinkhorn, &r->floor_energy}, m, r->mmd_bandwidth, m->floor, m->y, e);
}

void dp_train_metrics_clear(dp_train_metrics *m) { free(m->z), free(m->x), free(m->y), free(m->floor), free(m->centre); }

/* Samples that have diverged are not measured. */
dp_status dp_train_measure(dp_train_result *r, dp_train_metrics *m, dp_trainer *a, dp_error *e)
{
    dp_trainer_generate(m->x, a, m->z, m->n);
    for (size_t i = 0; i < m->n * m->d; i++)
        if (!(fabs(m->x[i]) < 1e15)) return DP_OK;
    const dp_status status = distances((places){&r->mmd2_u, &r->mmd2_v, &r->w2, &r->sinkhorn, &r->energy}, m, r->mmd_bandwidth, m->x, m->y, e);
    shares(r->mode, r->nmodes, m->centre, m->x, m->n, m->d);
    if (!status) r->evaluated = a->step;
    return status;
}
