/* SPDX-License-Identifier: GPL-3.0-or-later */
/* measure.c: making, copying and comparing measures. */
#include "measure/measure.h"

#include <string.h>

static slong mean_size(const dp_measure_t m) { return m->n * m->dim; }

static slong cov_size(const dp_measure_t m)
{
    return m->family == DP_MIXTURE ? m->n * m->dim * m->dim : 0;
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
}

/* A cleared measure is empty; clearing it again, or one that is all zero bytes, does nothing. */
void dp_measure_clear(dp_measure_t m)
{
    if (m->weight != NULL) _fmpq_vec_clear(m->weight, m->n);
    if (m->mean != NULL) _fmpq_vec_clear(m->mean, mean_size(m));
    if (m->cov != NULL) _fmpq_vec_clear(m->cov, cov_size(m));
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
}

int dp_measure_equal(const dp_measure_t a, const dp_measure_t b)
{
    return a->family == b->family && a->dim == b->dim && a->n == b->n && same(a->weight, b->weight, a->n)
        && same(a->mean, b->mean, mean_size(a)) && same(a->cov, b->cov, cov_size(a))
        && fmpq_equal(a->scale, b->scale) && fmpq_equal(a->dof, b->dof);
}

const char *dp_measure_family_name(dp_measure_family family)
{
    static const char *const names[] = {"atoms", "mixture", "student", "laplace"};
    return (size_t) family < sizeof names / sizeof *names ? names[family] : "unknown";
}
