/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-tails.c: log of k*q where transforms hide it in their noise, and densities by tables, against numbers from an independent program and another form of the same law. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "drift/est_fft.h"
#include "samples.h"

#define TWO "{weight: 1/3, mean: [0, 0], covariance: 1}, {weight: 2/3, mean: [1/2, -1/4], covariance: 1/196}"
#define THIN "{mean: [0, 0], covariance: [[1, 9/10], [9/10, 1]]}"

/* log (k*q) at (8, -1), (9, 0), (10, 1), 13 deviations and 40 widths of the kernel from q: from kernels as mixtures of Gaussians, by the trapezoidal rule with steps for 60 digits. */
static const struct { const char *q, *kernel; double want[3]; } tails[] = {
    {TWO, "family: laplace, bandwidth: 1/5", {-29.40363224424322307, -34.00869481924983692, -39.19454709834589949}},
    {THIN, "family: matern52, bandwidth: 1/3", {-39.04996215995172834, -41.83516416619431988, -45.28169124212127262}}};

/* At one level, at the ends and the middle of a mesh's diagonal. */
static void at_level(double log_z[3], const dp_problem *P, const est_axes *mesh, int level)
{
    est_kernel k;
    est_source s;
    dp_error e = {0};
    est_kernel_init(&k, P);
    assert_int_equal(est_source_init(&s, P, &k, P->q, NULL, 0, mesh, level, 2, &e), DP_OK);
    assert_int_equal(s.kind, EST_LATTICE);
    assert_int_equal(est_lattice_transform(&s, mesh, 0, 0, 0, 1, 2, &e), DP_OK);
    for (int i = 0; i < 3; i++) {
        const real x[3] = {mesh->x[0][i], mesh->x[1][i], 0};
        log_z[i] = est_lattice_log_at(&s, x);
    }
    est_lattice_clear(&s), est_source_clear(&s);
    free(k.part);
}

/* Two levels say how far the finer one may be off, and that is little: a rule that misses a narrow component at both, or the ridge of an elongated one, fails. */
static void hidden_by_noise(void **unused)
{
    (void) unused;
    double x[2][3] = {{8, 9, 10}, {-1, 0, 1}}, zero = 0;
    const est_axes mesh = {.dim = 2, .n = {3, 3, 1}, .x = {x[0], x[1], &zero}};
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        char *text = dp_format("dimension: 2\np: {mixture: [{mean: [9, 0], covariance: 1}]}\nq: {mixture: [%s]}\nkernel: {%s}\n", tails[i].q, tails[i].kernel);
        dp_problem *P = NULL;
        dp_error e = {0};
        double coarse[3], fine[3];
        if (dp_problem_parse(&P, "tails", text, NULL, 0, NULL, &e)) fail_msg("%s", e.text);
        at_level(coarse, P, &mesh, -1), at_level(fine, P, &mesh, 0);
        for (int j = 0; j < 3; j++)
            if (!(fabs(fine[j] - tails[i].want[j]) <= 4 * fabs(fine[j] - coarse[j]) + 1e-12) || !(fabs(fine[j] - coarse[j]) <= 1e-10))
                fail_msg("%zu, place %d: %.15g and %.15g, expected %.15g", i, j, coarse[j], fine[j], tails[i].want[j]);
        dp_problem_free(P), free(text);
    }
}

/* A table of equal values is the uniform law: fields agree within both errors, in either type; no value is rounded to a double on the way. */
static void table_is_uniform(void **unused)
{
    (void) unused;
    char *folder = sample_directory(), *file = dp_format("%s/flat.csv", folder), *path = dp_format("%s/case.yaml", folder);
    FILE *f = fopen(file, "w");
    assert_true(f && fputs("3\n3\n3\n3\n", f) >= 0 && fclose(f) == 0);
    static const char *const law[2] = {"{density: {file: flat.csv, lower: -57/97, upper: 103/97, shape: [4]}}", "{uniform: {lower: -57/97, upper: 103/97}}"};
    static const dp_tier tier[2] = {DP_TIER_DOUBLE, DP_TIER_QUAD};
    for (int t = 0; t < 2; t++) {
        dp_gridfield *g[2] = {NULL, NULL};
        for (int i = 0; i < 2; i++) {
            char *text = dp_format("dimension: 1\np: {mixture: [{mean: 1/3, covariance: 1/4}]}\nq: %s\nkernel: {bandwidth: 2/3}\n", law[i]);
            const slong n[3] = {7, 1, 1};
            dp_problem *P = NULL;
            dp_error e = {0};
            dp_mesh_t mesh;
            fmpq lo[1], hi[1];
            if (dp_problem_parse(&P, path, text, NULL, 0, NULL, &e)) fail_msg("%s", e.text);
            fmpq_init(lo), fmpq_init(hi), fmpq_set_si(lo, -1, 1), fmpq_set_si(hi, 4, 3);
            dp_mesh_init(mesh, 1, n, lo, hi);
            const dp_status status = dp_gridfield_eval(g + i, P, "mmd", mesh, DP_Q_VELOCITY, t ? 25 : 10, tier[t], 1, &e);
            assert_true(status == DP_OK || (t && strstr(e.text, "the tier quad is not in this build")));
            dp_mesh_clear(mesh), fmpq_clear(lo), fmpq_clear(hi);
            dp_problem_free(P), free(text);
        }
        for (slong j = 0; g[0] && j < 7; j++) {
            const dp_grid_values *a = dp_gridfield_find(g[0], DP_Q_VELOCITY), *b = dp_gridfield_find(g[1], DP_Q_VELOCITY);
            if (t ? !arb_overlaps(a->ball + j, b->ball + j) : !(fabs(a->mid[j] - b->mid[j]) <= a->rad[j] + b->rad[j]))
                fail_msg("node %ld: %.17g within %g, uniform %.17g", (long) j, a->mid[j], a->rad[j], b->mid[j]);
        }
        if (g[0]) dp_gridfield_free(g[0]), dp_gridfield_free(g[1]);
    }
    sample_remove(folder), free(file), free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hidden_by_noise), cmocka_unit_test(table_is_uniform)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
