/* SPDX-License-Identifier: GPL-3.0-or-later */
/* simd.c: prints certified fields on meshes, every bit; simd [THREADS]. Linked once with grid/ as it is and once with grid/ for the least instruction set. */
#include <stdlib.h>

#include "drift/gridfield.h"
#include "grid/conv.h"

static const char *const cases[] = {
    "title: line\ndimension: 1\n"
    "p: {mixture: [{weight: 1/3, mean: [-1], covariance: 1/2}, {weight: 2/3, mean: [3/4], covariance: 5/16}]}\n"
    "q: {mixture: [{weight: 2/5, mean: [-1/2], covariance: 3/4}, {weight: 3/5, mean: [1], covariance: 1/3}]}\n"
    "kernel: {family: gaussian, bandwidth: 4/5}\ndigits: 30\n",
    "title: plane\ndimension: 2\n"
    "p: {mixture: [{weight: 1/2, mean: [0, 1], covariance: [[1/2, 1/8], [1/8, 1/3]]}, {weight: 1/2, mean: [1, 0], covariance: 1/4}]}\n"
    "q: {mixture: [{weight: 1/4, mean: [0, 0], covariance: 1/2}, {weight: 3/4, mean: [-1/2, 1/3], covariance: 1/3}]}\n"
    "kernel: {family: gaussian, bandwidth: 1}\ndigits: 30\n"};

static void print(const dp_gridfield *f)
{
    for (int v = 0; v < f->nvalues; v++)
        for (slong i = 0; i < dp_mesh_nodes(&f->mesh) * f->value[v].components; i++) {
            char *s = arb_dump_str(f->value[v].ball + i);
            printf("%s %a %a\n", s, f->value[v].mid[i], f->value[v].rad[i]);
            flint_free(s);
        }
}

static dp_status field(const char *text, slong nodes, const char *drift, int threads, dp_error *e)
{
    dp_problem *P;
    dp_mesh_t m;
    dp_gridfield *f;
    dp_status status = dp_problem_parse(&P, "simd", text, NULL, 0, NULL, e);
    if (status)
        return status;
    const slong n[2] = {nodes, nodes + 3};
    fmpq *lo = _fmpq_vec_init(2), *hi = _fmpq_vec_init(2);
    for (int k = 0; k < 2; k++)
        fmpq_set_si(lo + k, -7, 3), fmpq_set_si(hi + k, 5, 2);
    dp_mesh_init(m, P->dim, n, lo, hi);
    status = dp_gridfield_eval(&f, P, drift, m, DP_Q_VELOCITY | DP_Q_JACOBIAN, 30, DP_TIER_EXACT, threads, e);
    if (status == DP_OK)
        print(f), dp_gridfield_free(f);
    dp_mesh_clear(m), dp_problem_free(P), _fmpq_vec_clear(lo, 2), _fmpq_vec_clear(hi, 2);
    return status;
}

int main(int count, char **word)
{
    static const char *const drifts[] = {"sinkhorn-proxy", "da2", "smoothed-kl"};
    const int threads = count > 1 ? atoi(word[1]) : 1;
    dp_error e;
    for (int d = 0; d < 2; d++)
        for (int i = 0; i < 3 - d; i++)
            if (field(cases[d], d ? 12 : 300, drifts[i], threads, &e)) {
                fprintf(stderr, "%s\n", e.text);
                return 1;
            }
    return 0;
}
