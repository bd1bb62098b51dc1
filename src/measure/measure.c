/* SPDX-License-Identifier: GPL-3.0-or-later */
/* measure.c: making, copying and comparing measures. */
#include "measure/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static slong mean_size(const dp_measure_t m) { return m->n * m->dim; }

static slong cov_size(const dp_measure_t m)
{
    return m->family == DP_MIXTURE ? m->n * m->dim * m->dim : 0;
}

static slong box_size(const dp_measure_t m)
{
    return m->family == DP_UNIFORM || m->family == DP_DENSITY ? 2 * m->dim : 0;
}

slong dp_measure_width(const dp_measure_t m) { return m->family == DP_DENSITY ? 1 : m->dim; }

int dp_measure_is_points(const dp_measure_t m)
{
    return m->family == DP_ATOMS || m->family == DP_DATASET || m->family == DP_SAMPLES;
}

int dp_measure_has(const dp_measure_t m, dp_measure_family family)
{
    int has = m->family == family;
    for (int k = 0; m->marginal && k < m->dim; k++) has |= dp_measure_has(m->marginal + k, family);
    return has;
}

void dp_measure_init(dp_measure_t m, dp_measure_family family, int dim, slong n)
{
    m->family = family;
    m->dim = dim;
    m->n = n;
    m->weight = _fmpq_vec_init(n);
    m->mean = _fmpq_vec_init(mean_size(m));
    m->cov = family == DP_MIXTURE ? _fmpq_vec_init(cov_size(m)) : NULL;
    fmpq_init(m->scale);
    fmpq_init(m->dof);
    m->box = box_size(m) ? _fmpq_vec_init(box_size(m)) : NULL;
    m->ndata = 0, m->data = NULL;
    m->marginal = family == DP_PRODUCT ? dp_calloc((size_t) dim, sizeof *m->marginal) : NULL;
    m->dataset = 0, m->noise = 0;
    memset(m->shape, 0, sizeof m->shape);
}

/* A cleared measure is empty; clearing it again, or one that is all zero bytes, does nothing. */
void dp_measure_clear(dp_measure_t m)
{
    if (m->weight != NULL) _fmpq_vec_clear(m->weight, m->n);
    if (m->mean != NULL) _fmpq_vec_clear(m->mean, mean_size(m));
    if (m->cov != NULL) _fmpq_vec_clear(m->cov, cov_size(m));
    if (m->box != NULL) _fmpq_vec_clear(m->box, box_size(m));
    for (int k = 0; m->marginal != NULL && k < m->dim; k++) dp_measure_clear(m->marginal + k);
    free(m->marginal);
    free(m->data);
    fmpq_clear(m->scale);
    fmpq_clear(m->dof);
    memset(m, 0, sizeof *m);
}

static void copy(fmpq *out, const fmpq *in, slong n)
{
    for (slong i = 0; i < n; i++) fmpq_set(out + i, in + i);
}

static int same(const fmpq *a, const fmpq *b, slong n)
{
    for (slong i = 0; i < n; i++)
        if (!fmpq_equal(a + i, b + i)) return 0;
    return 1;
}

void dp_measure_set(dp_measure_t out, const dp_measure_t in)
{
    dp_measure_init(out, in->family, in->dim, in->n);
    copy(out->weight, in->weight, in->n);
    copy(out->mean, in->mean, mean_size(in));
    copy(out->cov, in->cov, cov_size(in));
    fmpq_set(out->scale, in->scale);
    fmpq_set(out->dof, in->dof);
    copy(out->box, in->box, box_size(in));
    memcpy(out->shape, in->shape, sizeof in->shape);
    out->dataset = in->dataset, out->noise = in->noise;
    memcpy(out->digest, in->digest, sizeof in->digest);
    for (int k = 0; in->marginal != NULL && k < in->dim; k++) dp_measure_set(out->marginal + k, in->marginal + k);
    if (in->data == NULL) return;
    size_t bytes = (size_t) (in->ndata * dp_measure_width(in)) * sizeof *in->data;
    dp_measure_take_data(out, memcpy(dp_malloc(bytes), in->data, bytes), in->ndata);
}

void dp_measure_take_data(dp_measure_t m, double *data, slong ndata)
{
    free(m->data);
    m->data = data, m->ndata = ndata;
}

/* ---- products ---- */

enum { MOST_COMPONENTS = 4096 };

/* Component `of` of the mixture: the product of one component of each marginal. */
static void multiply_components(dp_measure_t out, const dp_measure_t m, slong of)
{
    slong rest = of;
    fmpq_one(DP_WEIGHT(out, of));
    for (int k = 0; k < m->dim; k++) {
        const dp_measure_struct *one = m->marginal + k;
        const slong j = rest % one->n;
        rest /= one->n;
        fmpq_mul(DP_WEIGHT(out, of), DP_WEIGHT(out, of), DP_WEIGHT(one, j));
        fmpq_set(DP_MEAN(out, of, k), DP_MEAN(one, j, 0));
        fmpq_set(DP_COV(out, of, k, k), DP_COV(one, j, 0, 0));
    }
}

void dp_measure_multiply(dp_measure_t m)
{
    dp_measure_t out;
    int mixtures = 1, boxes = 1;
    slong n = 1;
    if (m->dim == 1) {
        dp_measure_set(out, m->marginal);
        dp_measure_clear(m);
        *m = *out;
        return;
    }
    for (int k = 0; k < m->dim; k++) {
        mixtures &= m->marginal[k].family == DP_MIXTURE, boxes &= m->marginal[k].family == DP_UNIFORM;
        n = n <= MOST_COMPONENTS ? n * m->marginal[k].n : n;
    }
    if (!boxes && !(mixtures && n <= MOST_COMPONENTS)) return;
    dp_measure_init(out, boxes ? DP_UNIFORM : DP_MIXTURE, m->dim, boxes ? 1 : n);
    for (slong j = 0; mixtures && j < n; j++) multiply_components(out, m, j);
    for (int k = 0; boxes && k < m->dim; k++) fmpq_set(DP_LOWER(out, k), DP_LOWER(m->marginal + k, 0)), fmpq_set(DP_UPPER(out, k), DP_UPPER(m->marginal + k, 0));
    if (boxes) fmpq_one(DP_WEIGHT(out, 0));
    dp_measure_clear(m);
    *m = *out;
}

/* Integral of the multilinear interpolant: half weights at the ends of each axis. */
double dp_measure_integral(const dp_measure_t m)
{
    double sum = 0, cell = 1;
    for (slong i = 0; i < m->ndata; i++) {
        double w = m->data[i];
        slong rest = i;
        for (int k = 0; k < m->dim; rest /= m->shape[k], k++)
            if (rest % m->shape[k] == 0 || rest % m->shape[k] == m->shape[k] - 1) w /= 2;
        sum += w;
    }
    for (int k = 0; k < m->dim; k++) cell *= (fmpq_get_d(DP_UPPER(m, k)) - fmpq_get_d(DP_LOWER(m, k))) / (double) (m->shape[k] - 1);
    return sum * cell;
}

static int same_data(const dp_measure_t a, const dp_measure_t b)
{
    size_t n = (size_t) (a->ndata * dp_measure_width(a));
    return a->ndata == b->ndata && memcmp(a->shape, b->shape, sizeof a->shape) == 0 && (n == 0 || memcmp(a->data, b->data, n * sizeof *a->data) == 0);
}

/* The weight that m gives to component j of `of`: that of all its components with this mean and covariance. */
static void weight_at(fmpq_t sum, const dp_measure_t m, const dp_measure_t of, slong j)
{
    slong d = m->dim;
    fmpq_zero(sum);
    for (slong i = 0; i < m->n; i++)
        if (same(DP_MEAN(m, i, 0), DP_MEAN(of, j, 0), d) && (m->cov == NULL || same(DP_COV(m, i, 0, 0), DP_COV(of, j, 0, 0), d * d)))
            fmpq_add(sum, sum, DP_WEIGHT(m, i));
}

int dp_measure_same(const dp_measure_t a, const dp_measure_t b)
{
    const dp_measure_struct *side[2] = {a, b};
    fmpq_t x, y;
    int ok = a->family == b->family && a->dim == b->dim;
    if (!ok || (a->family != DP_ATOMS && a->family != DP_MIXTURE))
        return ok && dp_measure_equal(a, b);
    fmpq_init(x), fmpq_init(y);
    for (int s = 0; s < 2 && ok; s++)
        for (slong j = 0; j < side[s]->n && ok; j++) {
            weight_at(x, a, side[s], j), weight_at(y, b, side[s], j);
            ok = fmpq_equal(x, y);
        }
    fmpq_clear(x), fmpq_clear(y);
    return ok;
}

void dp_measure_retell(dp_measure_t out, const dp_measure_t in)
{
    fmpq_t third;
    slong d = in->dim;
    if (in->family != DP_ATOMS && in->family != DP_MIXTURE) {
        dp_measure_set(out, in);
        return;
    }
    dp_measure_init(out, in->family, in->dim, in->n + 1);
    fmpq_init(third);
    fmpq_set_si(third, 1, 3);
    for (slong j = 0; j <= in->n; j++) {
        slong from = j < in->n ? j : 0;
        fmpq_set(DP_WEIGHT(out, j), DP_WEIGHT(in, from));
        for (slong a = 0; a < d; a++)
            fmpq_set(DP_MEAN(out, j, a), DP_MEAN(in, from, a));
        for (slong a = 0; a < d * d && in->family == DP_MIXTURE; a++)
            fmpq_set(out->cov + j * d * d + a, in->cov + from * d * d + a);
    }
    fmpq_mul(DP_WEIGHT(out, 0), DP_WEIGHT(in, 0), third);
    fmpq_sub(DP_WEIGHT(out, in->n), DP_WEIGHT(in, 0), DP_WEIGHT(out, 0));
    fmpq_clear(third);
}

int dp_measure_equal(const dp_measure_t a, const dp_measure_t b)
{
    int marginals = a->family == b->family && a->dim == b->dim;
    for (int k = 0; marginals && a->marginal != NULL && k < a->dim; k++) marginals = dp_measure_equal(a->marginal + k, b->marginal + k);
    return marginals && a->n == b->n && same(a->weight, b->weight, a->n)
        && same(a->mean, b->mean, mean_size(a)) && same(a->cov, b->cov, cov_size(a))
        && fmpq_equal(a->scale, b->scale) && fmpq_equal(a->dof, b->dof) && same(a->box, b->box, box_size(a)) && same_data(a, b);
}

const char *dp_measure_family_name(dp_measure_family family)
{
    static const char *const names[] = {"atoms", "mixture", "student", "laplace", "uniform", "dataset", "samples", "density", "product"};
    return (size_t) family < sizeof names / sizeof *names ? names[family] : "unknown";
}
