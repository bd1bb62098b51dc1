/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-slip.c: what the rounding of k*q in transforms does to weights mu/(k*q)^beta: sums over weights that are as wrong as rounding can make them stay within the stated errors, which are little more. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "drift/est_fft.h"

enum { NX = 12, NY = 9, BLOCKS = NY };

/* The sum of |K| w |error| over the lattice's nodes at node (i, j) of the mesh, K the kernel of a form along the first axis; the node itself apart where kernels have kinks. */
static double modulus_sum(const est_source *s, const est_axes *mesh, int i, int j, int form)
{
    double sum = 0;
    for (slong n = 0; n < est_size(&s->nodes); n++) {
        const double t[2] = {s->nodes.x[0][n % s->nodes.n[0]] - mesh->x[0][i], s->nodes.x[1][n / s->nodes.n[0]] - mesh->x[1][j]}, r2 = t[0] * t[0] + t[1] * t[1];
        for (slong p = 0; p < s->k->n && (r2 > 0 || form == SUM_Z) && s->log_w[n] > -INFINITY; p++) {
            double phi, v[4];
            est_kernel_at(&phi, v, s->k->part + p, r2);
            const double K = form == SUM_Z ? v[0] : form == SUM_G ? v[1] * t[0] : form == SUM_H ? v[2] * t[0] * t[0] - v[1] : form == SUM_D ? v[0] * t[0] : v[1] * t[0] * t[0] - v[0];
            sum += s->k->part[p].weight * exp(s->log_w[n] - s->fft->top - phi) * fabs(K) * s->slip[n];
        }
    }
    return sum;
}

/* Every form's bound is at least that sum, and at most so many times as large; what a plain sum makes of the kink is within two hundredths. */
static void check_majorants(const est_source *s, const est_axes *mesh)
{
    static const double most[] = {1.01, 5, 20, 20, 20};
    for (int form = SUM_Z; form <= SUM_J; form++)
        for (int i = 0; i < NX; i += 3) {
            const double want = modulus_sum(s, mesh, i, i % NY, form), bound = s->fft->slip[form][i + NX * (i % NY)];
            if (!(bound >= 0.98 * want && bound <= most[form] * want)) fail_msg("form %d: bound %g, plain sum %g", form, bound, want);
        }
}

/* The moments of p/sqrt(k*q) on the mesh, a block a line; wrong: +1 makes every log(k*q) as large as it may be, 0 none, -1 by random signs, -2 on one side of the mesh's middle only, on the other as small. */
static void moments(dp_emoments m[BLOCKS], dp_lanes *on, double *share, const dp_problem *P, const est_axes *mesh, int wrong, flint_rand_t state)
{
    est_kernel k;
    est_source q, p;
    dp_error e = {0};
    est_kernel_init(&k, P);
    assert_int_equal(est_source_init(&q, P, &k, P->q, NULL, 0, mesh, 0, 2, &e), DP_OK);
    assert_int_equal(q.kind, EST_LATTICE);
    assert_int_equal(est_lattice_transform(&q, mesh, 1, 0, 0, 1, 2, &e), DP_OK);
    for (slong i = 0; i < est_size(&q.nodes) && wrong; i++) {
        const slong *n = q.nodes.n;
        const double x[3] = {q.nodes.x[0][i % n[0]], q.nodes.x[1][i / n[0] % n[1]], 0};
        q.fft->log_z[i] += (wrong > 0 || (wrong == -1 && n_randint(state, 2)) || (wrong == -2 && x[0] > mesh->x[0][NX / 2]) ? 1 : -1) * est_lattice_slip_at(&q, x);
    }
    assert_int_equal(est_source_init(&p, P, &k, P->p, &q, 0.5, mesh, 0, 2, &e), DP_OK);
    assert_int_equal(est_lattice_transform(&p, mesh, 2, 1, 0, 0, 2, &e), DP_OK);
    *share = est_lattice_slipped(&p);
    if (!wrong) check_majorants(&p, mesh);
    for (slong line = 0; line < BLOCKS; line++) {
        est_moments_new(m + line, on, 2, 2);
        est_lattice_block(m + line, on, &p, line, 0, 2);
    }
    est_lattice_clear(&q), est_lattice_clear(&p), est_source_clear(&q), est_source_clear(&p);
    free(k.part);
}

/* The largest share of a's errors that lies between a and b. */
static double most_of(dp_col a, dp_col b)
{
    const double *v = a.v, *e = a.e, *w = b.v;
    double most = 0;
    for (int i = 0; i < NX; i++)
        if (e[i] < INFINITY) most = fmax(most, fabs(v[i] - w[i]) / e[i]);
    return most;
}

static double most_of_all(const dp_emoments *a, const dp_emoments *b)
{
    double most = 0;
    for (int line = 0; line < BLOCKS; line++) {
        most = fmax(most, most_of(a[line].log, b[line].log));
        for (int c = 0; c < 2; c++) most = fmax(most, fmax(most_of(a[line].u[c], b[line].u[c]), most_of(a[line].m[c], b[line].m[c])));
        for (int c = 0; c < 4; c++) most = fmax(most, fmax(most_of(a[line].U[c], b[line].U[c]), most_of(a[line].M[c], b[line].M[c])));
    }
    return most;
}

static const char *const kernels[] = {"family: laplace, bandwidth: 1/3", "family: matern32, bandwidth: 1/4", "family: matern52, bandwidth: 1/2", "family: imq, bandwidth: 1/2",
                                      "family: sum, parts: [{bandwidth: 1/2, weight: 1/2}, {family: laplace, bandwidth: 1/2}]"};

/* All logarithms as large as can be move Z by a good part of what is stated (the sums' own rounding is in it); random signs move the others less; without the term both are far beyond what the sums' own rounding explains. */
static void worst_weights(void **unused)
{
    (void) unused;
    double x[2][NX], zero = 0;
    const est_axes mesh = {.dim = 2, .n = {NX, NY, 1}, .x = {x[0], x[1], &zero}, .apart = 1};
    flint_rand_t state;
    flint_randinit(state);
    for (int i = 0; i < NX; i++) x[0][i] = -3.5 + 0.625 * i, x[1][i] = -3 + 0.75 * i;
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
        char *text = dp_format("dimension: 2\np: {mixture: [{weight: 1/2, mean: [0, 1], covariance: [[1/2, 1/8], [1/8, 1/3]]}, {weight: 1/2, mean: [1, 0], covariance: 1/4}]}\n"
                               "q: {mixture: [{weight: 1/4, mean: [0, 0], covariance: 1/2}, {weight: 3/4, mean: [1, 1], covariance: [[1/3, -1/9], [-1/9, 1/2]]}]}\nkernel: {%s}\n", kernels[i]);
        dp_problem *P = NULL;
        dp_error e = {0};
        dp_emoments right[BLOCKS], wrong[BLOCKS];
        dp_lanes *on = dp_lanes_new(&dp_col_double);
        double share, other, largest = 0;
        if (dp_problem_parse(&P, "slip", text, NULL, 0, NULL, &e)) fail_msg("%s", e.text);
        moments(right, on, &share, P, &mesh, 0, state);
        moments(wrong, on, &other, P, &mesh, 1, state);
        for (int line = 0; line < BLOCKS; line++) largest = fmax(largest, most_of(right[line].log, wrong[line].log));
        if (!(largest <= 1 && largest >= 0.25)) fail_msg("%s: log Z moves by %g of its error", kernels[i], largest);
        if (!(most_of_all(right, wrong) <= 1 && share > 0 && share < 1)) fail_msg("%s: a moment moves by %g of its error, weights by %g", kernels[i], most_of_all(right, wrong), share);
        for (int k = 0; k < 4; k++) {
            moments(wrong, on, &other, P, &mesh, k ? -1 : -2, state);
            if (!(most_of_all(right, wrong) <= 1)) fail_msg("%s: a moment moves by %g of its error", kernels[i], most_of_all(right, wrong));
        }
        dp_lanes_free(on), dp_problem_free(P), free(text);
    }
    flint_randclear(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(worst_weights)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
