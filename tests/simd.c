/* SPDX-License-Identifier: GPL-3.0-or-later */
/* simd.c: prints fields on meshes, every bit; simd [THREADS]. Linked once with grid/ and the estimates of drift/ as they are and once with both for the least instruction set. */
#include <stdlib.h>
#include <string.h>

#include "drift/gridfield.h"
#include "grid/conv.h"

#define LINE "title: line\ndimension: 1\n" \
    "p: {mixture: [{weight: 1/3, mean: [-1], covariance: 1/2}, {weight: 2/3, mean: [3/4], covariance: 5/16}]}\n" \
    "q: {mixture: [{weight: 2/5, mean: [-1/2], covariance: 3/4}, {weight: 3/5, mean: [1], covariance: 1/3}]}\n"
#define PLANE "title: plane\ndimension: 2\n" \
    "p: {mixture: [{weight: 1/2, mean: [0, 1], covariance: [[1/2, 1/8], [1/8, 1/3]]}, {weight: 1/2, mean: [1, 0], covariance: 1/4}]}\n" \
    "q: {mixture: [{weight: 1/4, mean: [0, 0], covariance: 1/2}, {weight: 3/4, mean: [-1/2, 1/3], covariance: 1/3}]}\n"
#define BOXES "title: boxes\ndimension: 2\np: {uniform: {lower: [-1, -1/2], upper: [1/3, 1]}}\nq: {uniform: {lower: [-1/2, -1], upper: [1, 1/5]}}\n"
#define POINTS "title: points\ndimension: 2\np: {atoms: [{weight: 1/3, at: [-3/4, 1/3]}, {weight: 2/3, at: [1, -1/5]}]}\n" \
    "q: {atoms: [{weight: 1/3, at: [1/4, 1/2]}, {weight: 2/3, at: [-1/3, -2/3]}]}\n"
#define GAUSS(h) "kernel: {family: gaussian, bandwidth: " h "}\n"
#define SUM "kernel: {family: sum, parts: [{bandwidth: 1/4, weight: 1/2}, {family: laplace, bandwidth: 1}, {family: matern52, bandwidth: 1/2}]}\n"

/* What is asked: certified fields; then estimates by sums (narrow and usual kernels, kinks, sums of kernels, points, Sinkhorn), which take no transform. */
static const struct { const char *text; slong nodes; const char *drift; dp_tier tier; slong digits; } ask[] = {
    {LINE GAUSS("4/5"), 300, "sinkhorn-proxy", DP_TIER_EXACT, 30}, {LINE GAUSS("4/5"), 300, "da2", DP_TIER_EXACT, 30}, {LINE GAUSS("4/5"), 300, "smoothed-kl", DP_TIER_EXACT, 30},
    {PLANE GAUSS("1"), 12, "sinkhorn-proxy", DP_TIER_EXACT, 30}, {PLANE GAUSS("1"), 12, "da2", DP_TIER_EXACT, 30},
    {PLANE GAUSS("1/10"), 12, "sinkhorn-proxy", DP_TIER_EXACT, 12}, {LINE GAUSS("1"), 9, "sinkhorn", DP_TIER_EXACT, 20},
    {LINE GAUSS("1/20"), 40, "smoothed-kl", DP_TIER_DOUBLE, 10}, {POINTS SUM, 9, "sharp", DP_TIER_DOUBLE, 10}, {LINE SUM, 40, "mean-shift", DP_TIER_DOUBLE, 10},
    {PLANE GAUSS("1/40"), 9, "sinkhorn-proxy", DP_TIER_DOUBLE, 8}, {PLANE GAUSS("1/40"), 5, "blob", DP_TIER_DOUBLE, 6}, {PLANE SUM, 9, "mean-shift", DP_TIER_DOUBLE, 10},
    {BOXES GAUSS("1/5"), 9, "da2", DP_TIER_DOUBLE, 8}, {POINTS SUM, 9, "da2", DP_TIER_DOUBLE, 10}, {POINTS GAUSS("1/3"), 9, "sinkhorn", DP_TIER_DOUBLE, 10},
    {LINE GAUSS("4/5") "regularisation: 1/10\n", 9, "kale", DP_TIER_DOUBLE, 8}, {PLANE GAUSS("1"), 5, "sinkhorn", DP_TIER_DOUBLE, 6}, {PLANE GAUSS("1"), 5, "sliced-wasserstein", DP_TIER_DOUBLE, 8},
#ifdef DP_HAVE_FFTWQ
    {LINE SUM, 5, "mean-shift", DP_TIER_QUAD, 15}, {POINTS SUM, 5, "da2", DP_TIER_QUAD, 20},
#endif
};

static void print(const dp_gridfield *f)
{
    for (int v = 0; v < f->nvalues; v++)
        for (slong i = 0; i < dp_mesh_nodes(&f->mesh) * f->value[v].components; i++) {
            char *s = f->value[v].ball ? arb_dump_str(f->value[v].ball + i) : NULL;
            printf("%s %a %a\n", s ? s : "-", f->value[v].mid[i], f->value[v].rad[i]);
            flint_free(s);
        }
}

static dp_status field(size_t a, int threads, dp_error *e)
{
    dp_problem *P;
    dp_mesh_t m;
    dp_gridfield *f;
    dp_status status = dp_problem_parse(&P, "simd", ask[a].text, NULL, 0, NULL, e);
    if (status)
        return status;
    const slong n[2] = {ask[a].nodes, ask[a].nodes + 3};
    fmpq *lo = _fmpq_vec_init(2), *hi = _fmpq_vec_init(2);
    for (int k = 0; k < 2; k++)
        fmpq_set_si(lo + k, -7, 3), fmpq_set_si(hi + k, 5, 2);
    dp_mesh_init(m, P->dim, n, lo, hi);
    const unsigned what = strcmp(ask[a].drift, "sliced-wasserstein") ? DP_Q_VELOCITY | DP_Q_JACOBIAN : DP_Q_VELOCITY;
    status = dp_gridfield_eval(&f, P, ask[a].drift, m, what, ask[a].digits, ask[a].tier, threads, e);
    if (status == DP_OK)
        printf("%zu %s\n", a, ask[a].drift), print(f), dp_gridfield_free(f);
    dp_mesh_clear(m), dp_problem_free(P), _fmpq_vec_clear(lo, 2), _fmpq_vec_clear(hi, 2);
    return status;
}

int main(int count, char **word)
{
    const int threads = count > 1 ? atoi(word[1]) : 1;
    dp_error e;
    for (size_t a = 0; a < sizeof ask / sizeof *ask; a++)
        if (field(a, threads, &e)) {
            fprintf(stderr, "%zu: %s\n", a, e.text);
            return 1;
        }
    return 0;
}
