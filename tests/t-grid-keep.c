/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-grid-keep.c: a mesh that goes on from what an interrupted evaluation left has the same bits; torn, foreign and altered parts are not taken. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drift/grid_keep.h"
#include "samples.h"

static const char plane[] =
    "title: plane\ndimension: 2\n"
    "p: {mixture: [{weight: 1/2, mean: [-1, 0], covariance: 1/4}, {weight: 1/2, mean: [1, 1/3], covariance: 1/2}]}\n"
    "q: {mixture: [{weight: 2/3, mean: [-1, 1/5], covariance: 1/3}, {weight: 1/3, mean: [1, 0], covariance: 1/4}]}\n"
    "kernel: {family: gaussian, bandwidth: 1/2}\ndigits: 12\n";
static const char points[] =
    "title: points\ndimension: 2\n"
    "p: {atoms: [{weight: 1/2, at: [-1, 0]}, {weight: 1/2, at: [1, 1/3]}]}\n"
    "q: {atoms: [{weight: 1/3, at: [-1, 1/5]}, {weight: 2/3, at: [1, 0]}]}\n"
    "kernel: {family: laplace, bandwidth: 1/2}\ndigits: 12\n";

static char *folder, *path;

/* Several bands of rows, or nodes one by one. */
static dp_gridfield *evaluate(const char *text, dp_grid_keep *keep, int threads)
{
    const slong count[2] = {text == plane ? 40 : 5, text == plane ? 500 : 4};
    fmpq *lo = _fmpq_vec_init(2), *hi = _fmpq_vec_init(2);
    dp_problem *P;
    dp_mesh_t mesh;
    dp_gridfield *f;
    dp_error e;
    fmpq_set_si(lo, -7, 2), fmpq_set_si(lo + 1, -3, 1), fmpq_set_si(hi, 11, 3), fmpq_set_si(hi + 1, 3, 1);
    assert_int_equal(dp_problem_parse(&P, "keep", text, NULL, 0, NULL, &e), DP_OK);
    dp_mesh_init(mesh, 2, count, lo, hi);
    assert_int_equal(dp_gridfield_eval_kept(&f, P, "mean-shift", mesh, DP_Q_VELOCITY | DP_Q_POTENTIAL, 12, DP_TIER_EXACT, threads, keep, &e), DP_OK);
    dp_mesh_clear(mesh), dp_problem_free(P), _fmpq_vec_clear(lo, 2), _fmpq_vec_clear(hi, 2);
    return f;
}

static void same(const dp_gridfield *f, const dp_gridfield *g)
{
    assert_int_equal(f->nvalues, g->nvalues);
    assert_int_equal(f->nledger, g->nledger);
    assert_string_equal(f->note, g->note);
    for (size_t i = 0; i < f->nledger; i++)
        assert_true(!strcmp(f->ledger[i].term, g->ledger[i].term) && f->ledger[i].bound == g->ledger[i].bound);
    for (int v = 0; v < f->nvalues; v++) {
        const dp_grid_values *a = f->value + v, *b = g->value + v;
        const slong n = dp_mesh_nodes(&f->mesh) * a->components;
        assert_true(a->quantity == b->quantity && !memcmp(a->mid, b->mid, sizeof(double) * (size_t) n) && !memcmp(a->rad, b->rad, sizeof(double) * (size_t) n));
        for (slong i = 0; i < n; i++)
            assert_true(arb_equal(a->ball + i, b->ball + i));
    }
}

/* Goes on from the file as it is; `taken`, `written`: parts that must have come from it, and gone to it. */
static void resume(const char *text, const dp_gridfield *truth, const char *key, slong taken, slong written)
{
    dp_grid_keep *k = dp_grid_keep_open(path, key, 0);
    assert_non_null(k);
    dp_gridfield *f = evaluate(text, k, 2);
    same(f, truth);
    assert_int_equal(dp_grid_keep_taken(k), taken);
    assert_int_equal(dp_grid_keep_written(k), written);
    dp_gridfield_free(f);
    dp_grid_keep_close(k, 0);
}

static long length_of(void)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    const long n = ftell(f);
    fclose(f);
    return n;
}

static void flip(long at)
{
    FILE *f = fopen(path, "r+b");
    fseek(f, at, SEEK_SET);
    const int c = fgetc(f);
    fseek(f, at, SEEK_SET);
    fputc(c ^ 1, f);
    fclose(f);
}

static void goes_on(const char *text, slong parts)
{
    folder = sample_directory(), path = dp_format("%s/mesh.part", folder);
    dp_gridfield *truth = evaluate(text, NULL, 1);
    dp_grid_keep *k = dp_grid_keep_open(path, "one", 1e9);   /* short meshes leave nothing */
    dp_gridfield *f = evaluate(text, k, 1);
    assert_int_equal(dp_grid_keep_written(k), 0);
    dp_gridfield_free(f), dp_grid_keep_close(k, 0);
    assert_true(access(path, F_OK));
    resume(text, truth, "one", 0, parts);                    /* nothing is there; then all is */
    resume(text, truth, "one", parts, 0);
    assert_int_equal(0, truncate(path, length_of() - 1));    /* the last record is torn */
    resume(text, truth, "one", parts - 1, 1);
    assert_int_equal(0, truncate(path, 200));                /* the first is */
    resume(text, truth, "one", 0, parts);
    flip(length_of() - 5);                                   /* a value is not what was written */
    resume(text, truth, "one", parts - 1, 1);
    k = dp_grid_keep_open(path, "one", 0);
    assert_int_equal(dp_grid_keep_found(k), parts);
    dp_grid_keep_close(k, 0);
    resume(text, truth, "another", 0, parts);                /* another question */
    k = dp_grid_keep_open(path, "another", 0);
    dp_grid_keep_close(k, 1);
    assert_true(access(path, F_OK));
    dp_gridfield_free(truth), sample_remove(folder), free(path);
}

static void bands(void **unused) { (void) unused, goes_on(plane, 3); }
static void nodes(void **unused) { (void) unused, goes_on(points, 20); }

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(bands), cmocka_unit_test(nodes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
