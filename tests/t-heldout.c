/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-heldout.c: fields in double precision against numbers from an independent program: stated errors contain them on every mesh and are of use.

   The truths come from a script in another language that knows nothing of this engine. It integrates the raw definitions of the drifts in 38 digits: composite
   Gauss-Legendre rules of 40 nodes on panels that end at every jump and kink of p, q and the kernel and are no longer than twice the scale of what they hold, k*q inside p~, q~ and
   q/(k*q) again by such a rule; sums where the measure is points; a Gaussian kernel with a mixture by its closed form. Rules of 30 nodes agreed to 37 digits, and for da2 and smoothed-kl, where they
   would have been slow, 24 nodes in arithmetic of 19 digits agreed to 18.

   heldout.py computes six of the cases again, by another rule.

   Every case is taken on several meshes that have the two points as their ends: lattices then fall differently about the jumps of boxes and tables. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "drift/estimated.h"
#include "energy/energy.h"
#include "samples.h"

#define MIX "{mixture: [{weight: 1/3, mean: -1, covariance: 1/2}, {weight: 2/3, mean: 3/4, covariance: 5/16}]}"
#define NARROW "{mixture: [{weight: 2/5, mean: -1/2, covariance: 3/4}, {weight: 3/5, mean: 1, covariance: 1/100}]}"
#define BOX "{uniform: {lower: -57/97, upper: 103/97}}"
#define POINTS "{samples: points.csv}"
#define TABLE "{density: {file: table.csv, lower: -3/4, upper: 5/4, shape: [5]}}"
#define CELLS "{density: {file: table.csv, lower: -3/4, upper: -1/4, shape: [5]}}" /* much narrower than the kernel: levels of refinement must not agree by being equal */
#define LAPLACE "{laplace: {location: 1/5, scale: 2/3}}"
#define STUDENT "{student: {location: -1/4, scale: 3/5, dof: 5}}"

enum { USEFUL = 10 /* decimal digits by which a stated error may exceed the true one, or the last place */ };

static const struct { const char *p, *q, *kernel, *drift, *truth[2]; } held[] = {
    {MIX, BOX, "family: sum, parts: [{bandwidth: 5/6, weight: 1/2}, {family: laplace, bandwidth: 1, weight: 2/3}]", "mean-shift", {"-0.177997326075575141511931411615", "0.325724728277154767459799195074"}},
    {MIX, TABLE, "family: matern52, bandwidth: 4/3", "mmd", {"-0.11561917812626401232202891541", "0.0757620156732917194894892920044"}},
    {TABLE, BOX, "family: laplace, bandwidth: 3/4", "mean-shift", {"-0.0528676701482371183846604406649", "0.26620450792776142511789399894"}},
    {LAPLACE, BOX, "family: matern52, bandwidth: 1", "sharp", {"-0.113509280220473327600874765008", "0.122211306328210561747077905493"}},
    {MIX, LAPLACE, "family: imq, bandwidth: 3/4", "mmd", {"-0.0999185067171621595407052254419", "0.0270894401938531636816240410128"}},
    {POINTS, MIX, "family: imq, bandwidth: 3/4", "mean-shift", {"0.00963500598367203978756647704474", "0.0838079715191434793859984725434"}},
    {BOX, POINTS, "family: gaussian, bandwidth: 1/2", "sinkhorn-proxy", {"0.376172417955321081713387455154", "-0.356358562276953102578376426154"}},
    {STUDENT, BOX, "family: gaussian, bandwidth: 3/4", "da2", {"-0.235088665220594962504289660032", "-0.00545426432470811814029889529088"}},
    {MIX, POINTS, "family: matern52, bandwidth: 1", "blob", {"-0.0702383197378071343525286435641", "0.145702853885174905428476488348"}},
    {POINTS, TABLE, "family: gaussian, bandwidth: 2/3", "blob", {"-1.13530578253522470629180680765", "1.13629396251377013442228851166"}},
    {LAPLACE, STUDENT, "family: gaussian, bandwidth: 3/4", "sharp", {"0.415349182716736758071967419697", "0.467885163397688233758514814243"}},
    {MIX, NARROW, "family: gaussian, bandwidth: 4/5", "smoothed-kl", {"-0.184432607548164300046983988462", "-0.0375654522873736569593356542358"}},
    {STUDENT, MIX, "family: gaussian, bandwidth: 1", "kl", {"0.752816630741122637281193799921", "-0.611437922305648890027638792852"}},
    {CELLS, MIX, "family: gaussian, bandwidth: 3/4", "mean-shift", {"-0.250741487584830556171170938911", "-1.29477311612121097678651291298"}},
    {POINTS, MIX, "family: matern32, bandwidth: 1", "mmd", {"-0.0298194151163531124748815880598", "0.0830714180185828941319674586074"}}
};
enum { CASES = sizeof held / sizeof *held };

static char *folder;

static int write_files(void **state)
{
    static const char *const text[2] = {"-1.25\n-0.375\n0.5\n0.8125\n1.75\n", "1\n3\n0.5\n2\n4\n"};
    (void) state;
    static const char *const files[2] = {"points.csv", "table.csv"};
    folder = sample_directory();
    for (int i = 0; i < 2; i++) {
        char *path = dp_format("%s/%s", folder, files[i]);
        FILE *f = fopen(path, "w");
        free(path);
        if (!f || fputs(text[i], f) < 0 || fclose(f))
            return -1;
    }
    return 0;
}

static int remove_files(void **state)
{
    (void) state;
    sample_remove(folder);
    return 0;
}

static dp_gridfield *field(int i, slong nodes)
{
    char *path = dp_format("%s/case.yaml", folder), *text = dp_format("dimension: 1\np: %s\nq: %s\nkernel: {%s}\n", held[i].p, held[i].q, held[i].kernel);
    dp_problem *P = NULL;
    dp_gridfield *f = NULL;
    dp_error e = {0};
    dp_mesh_t mesh;
    fmpq lo[1], hi[1];
    const slong n[3] = {nodes, 1, 1};
    if (dp_problem_parse(&P, path, text, NULL, 0, NULL, &e)) print_error("%s\n", e.text);
    assert_non_null(P);
    fmpq_init(lo), fmpq_init(hi), fmpq_set_si(lo, -1, 2), fmpq_set_si(hi, 5, 4);
    dp_mesh_init(mesh, 1, n, lo, hi);
    if (dp_gridfield_eval(&f, P, held[i].drift, mesh, DP_Q_VELOCITY, 13, DP_TIER_DOUBLE, 1, &e)) print_error("%s: %s\n", held[i].drift, e.text);
    assert_non_null(f);
    dp_mesh_clear(mesh), fmpq_clear(lo), fmpq_clear(hi);
    dp_problem_free(P), free(text), free(path);
    return f;
}

static void stated_errors_hold(void **state)
{
    slong missed = 0, useless = 0;
    arb_t truth, m;
    (void) state;
    arb_init(truth), arb_init(m);
    for (int i = 0; i < CASES; i++)
        for (slong n = 2; n < 12; n++) {
            dp_gridfield *f = field(i, n);
            const dp_grid_values *v = dp_gridfield_find(f, DP_Q_VELOCITY);
            assert_true(v && v->estimated && !v->ball);
            for (int side = 0; side < 2; side++) {
                const double mid = v->mid[side * (n - 1)], rad = v->rad[side * (n - 1)];
                assert_int_equal(arb_set_str(truth, held[i].truth[side], 128), 0);
                arb_set_d(m, mid);
                arb_sub(m, truth, m, 128);
                const double off = fabs(arf_get_d(arb_midref(m), ARF_RND_NEAR));
                const int out = !(off <= rad), wide = rad > pow(10, USEFUL) * fmax(off, DP_ULP * fabs(mid));
                missed += out, useless += wide;
                if (out || wide || getenv("VERBOSE"))
                    print_message("%d %s, %ld nodes, end %d: %.17g +- %.2e, off by %.2e\n", i, held[i].drift, (long) n, side, mid, rad, off);
            }
            dp_gridfield_free(f);
        }
    arb_clear(truth), arb_clear(m);
    assert_int_equal(missed, 0);
    assert_int_equal(useless, 0);
}

/* Half the squared MMD of the table and an atom: five nodes make cells in which two rounds of an average once had the same nodes and agreed. The truth is Gauss-Legendre of each cell in 32 digits. */
static void average_over_a_table(void **state)
{
    (void) state;
    char *path = dp_format("%s/case.yaml", folder);
    dp_problem *P = NULL;
    dp_error e = {0};
    dp_scalar_t x;
    arb_t truth;
    dp_scalar_init(x), arb_init(truth);
    if (dp_problem_parse(&P, path, "dimension: 1\np: " TABLE "\nq: {atoms: [{at: 1/8}]}\nkernel: {bandwidth: 1/5}\n", NULL, 0, NULL, &e)) fail_msg("%s", e.text);
    if (dp_energy_population(x, P, "mmd2", 10, 1, &e)) fail_msg("%s", e.text);
    arb_set_str(truth, "0.4531544902890245820832465705", 128);
    assert_true(x->estimated && arb_overlaps(x->value, truth));
    assert_true(mag_cmp_2exp_si(arb_radref(x->value), -30) < 0);
    dp_scalar_clear(x), arb_clear(truth), dp_problem_free(P), free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(stated_errors_hold, write_files, remove_files), cmocka_unit_test_setup_teardown(average_over_a_table, write_files, remove_files)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
