/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-served.c: the table "What is served" of docs/field.md, cell by cell: what it says is served has a value on a mesh, what it says is refused is refused by name.
   With SERVED in the environment slow cells are asked too, and every answer is printed. */
#define _POSIX_C_SOURCE 200809L
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "drift/gridfield.h"
#include "samples.h"

static char *folder;

enum { DIMS = 3, MOST_PAIRS = 10 };

static const char *const kernels[][2] = {
    {"gaussian", "{bandwidth: 1}"}, {"laplace", "{family: laplace, bandwidth: 1}"}, {"matern32", "{family: matern32, bandwidth: 1}"},
    {"matern52", "{family: matern52, bandwidth: 1}"}, {"imq", "{family: imq, bandwidth: 1}"},
    {"gaussian+laplace", "{family: sum, parts: [{bandwidth: 1}, {family: laplace, bandwidth: 1}]}"},
    {"gaussian+imq", "{family: sum, parts: [{bandwidth: 1}, {family: imq, bandwidth: 1}]}"},
    {"laplace+imq", "{family: sum, parts: [{family: laplace, bandwidth: 1}, {family: imq, bandwidth: 1}]}"}};
enum { KERNELS = sizeof kernels / sizeof *kernels };

/* Pairs p q by the letters of the table: p(oints), m(ixture), u(niform), d(ensity), s(tudent), l(aplace), x product. */
static const char *const pairs[DIMS][MOST_PAIRS + 1] = {
    {"pp", "mm", "pm", "mp", "um", "mu", "dm", "sl", "ls", "sp"}, {"pp", "mm", "pm", "mp", "um", "mu", "dm", "xm"}, {"pp", "mm", "pm", "mp", "um", "mu", "dm", "xm"}};

/* The first d numbers of a list of three as a vector. */
static char *vector(int d, const char *three)
{
    const char *end = three;
    for (int k = 0; k < d; k++)
        end += strcspn(end + (k > 0), ",") + (k > 0);
    return dp_format("[%.*s]", (int) (end - three), three);
}

static char *law(char kind, int d, int side)
{
    static const char *const corner[2][2] = {{"-1,-1,-1", "2/3,1,1"}, {"-3/2,-3/4,-1", "1,5/4,1"}}, *const place[2][2] = {{"-3/4,1/3,1/7", "1,-1/5,1/4"}, {"1/4,1/2,-1/3", "-1/3,-2/3,1/5"}};
    static const char *const more[2] = {"", ", covariance: 1/3"};
    const int box = kind == 'u' || kind == 'd', mix = kind == 'm';
    char *a = vector(d, box ? corner[side][0] : place[side][0]), *b = vector(d, box ? corner[side][1] : place[side][1]), *text = NULL;
    if (kind == 'x') text = dp_format("{product: [{student: {location: 0, scale: 1/2, dof: 3}}, {laplace: {location: 1/4, scale: 1/3}}%s]}", d == 3 ? ", {uniform: {lower: -1, upper: 1}}" : "");
    else if (kind == 'u') text = dp_format("{uniform: {lower: %s, upper: %s}}", a, b);
    else if (box) text = dp_format("{density: {lower: %s, upper: %s, file: t-served-%d.csv, shape: [3%s]}}", a, b, d, d == 1 ? "" : d == 2 ? ", 3" : ", 3, 3");
    else if (mix || kind == 'p')
        text = dp_format("{%s: [{weight: 1/3, %s: %s%s}, {weight: 2/3, %s: %s%s}]}", mix ? "mixture" : "atoms", mix ? "mean" : "at", a, more[mix], mix ? "mean" : "at", b, more[mix]);
    else if (kind == 's') text = dp_format("{student: {location: %s, scale: 1/2, dof: 3}}", side ? "1/4" : "0");
    else text = dp_format("{laplace: {location: %s, scale: 1/3}}", side ? "1/4" : "0");
    free(a), free(b);
    return text;
}

/* 1: there are values (at some node at least: transport has none beyond all atoms of q); 0: refused, and why says it. */
static int served(const char *drift, int kernel, const char *pair, int d, char *why, size_t room)
{
    static const slong nodes[DIMS][3] = {{3, 1, 1}, {3, 2, 1}, {2, 2, 2}};
    char *p = law(pair[0], d, 0), *q = law(pair[1], d, 1);
    char *text = dp_format("dimension: %d\np: %s\nq: %s\nkernel: %s\nregularisation: 1/10\n", d, p, q, kernels[kernel][1]);
    char *path = dp_format("%s/case.yaml", folder);
    dp_problem *P;
    dp_error e;
    if (dp_problem_parse(&P, path, text, NULL, 0, NULL, &e) != DP_OK) fail_msg("%s", e.text);
    dp_mesh_t m;
    fmpq *lo = _fmpq_vec_init(d), *hi = _fmpq_vec_init(d);
    for (int k = 0; k < d; k++)
        fmpq_set_si(lo + k, -5, 7), fmpq_set_si(hi + k, 6, 11);
    dp_mesh_init(m, d, nodes[d - 1], lo, hi);
    dp_gridfield *f = NULL;
    const dp_status s = dp_gridfield_eval(&f, P, drift, m, DP_Q_VELOCITY, 2, DP_TIER_AUTO, 1, &e);
    int good = 0;
    if (s == DP_OK) {
        const dp_grid_values *v = dp_gridfield_find(f, DP_Q_VELOCITY);
        for (slong i = 0; i < dp_mesh_nodes(m) * d; i++)
            good |= isfinite(v->mid[i]) && isfinite(v->rad[i]);
        snprintf(why, room, "%s", f->note), dp_gridfield_free(f);
    } else {
        if (s != DP_EUNSUPPORTED && s != DP_EINPUT && s != DP_EBUDGET) fail_msg("%s %s %s in dimension %d: status %d, %s", drift, kernels[kernel][0], pair, d, (int) s, e.text);
        snprintf(why, room, "%.*s", (int) room - 1, e.text);
    }
    dp_mesh_clear(m), dp_problem_free(P), _fmpq_vec_clear(lo, d), _fmpq_vec_clear(hi, d), free(p), free(q), free(text), free(path);
    return good;
}

/* ---- the table ---- */

static char *doc; /* its rows: | drift | kernels | on the line | in the plane | in space | why not | */

/* The text of column c (from 1) of a row, without blanks around it. */
static char *column(const char *row, int c)
{
    while (c--)
        row = strchr(row, '|') + 1;
    const char *end = strchr(row, '|');
    while (*row == ' ') row++;
    while (end > row && end[-1] == ' ') end--;
    return dp_format("%.*s", (int) (end - row), row);
}

/* Whether a list of words, after commas or blanks, has this one. */
static int has_word(const char *list, const char *word)
{
    const size_t n = strlen(word);
    for (const char *at = list; (at = strstr(at, word)) != NULL; at += n)
        if ((at == list || strchr(" ,`", at[-1])) && strchr(" ,`", at[n])) return 1;
    return 0;
}

/* The row for a drift and a kernel: the first that names the drift, and the kernel or "any". */
static const char *row_of(const char *drift, const char *kernel)
{
    for (const char *row = doc; row && *row == '|'; row = strchr(row, '\n') ? strchr(row, '\n') + 1 : NULL) {
        char *who = column(row, 1), *with = column(row, 2);
        const int good = has_word(who, drift) && (has_word(with, kernel) || has_word(with, "any"));
        free(who), free(with);
        if (good) return row;
    }
    fail_msg("docs/field.md has no row for %s with %s", drift, kernel);
    return NULL;
}

/* What the table says: "all", "none", "not" and the pairs that are refused, or the pairs that are served. */
static int said(const char *row, int d, const char *pair)
{
    char *cell = column(row, 2 + d);
    const int listed = has_word(cell, pair), good = !strcmp(cell, "all") ? 1 : !strcmp(cell, "none") ? 0 : has_word(cell, "not") ? !listed : listed;
    free(cell);
    return good;
}

/* Cells that take longer than about half a second: not asked unless SERVED says so. */
static int slow(const char *drift, int kernel, int d, const char *pair)
{
    const int kinked = kernel != 0 && kernel != 4, twice = has_word("da2 sinkhorn-proxy blob smoothed-kl", drift), points = !strcmp(pair, "pp"), mixtures = !strcmp(pair, "mm");
    if (pair[0] == 'x' && (kernel != 0 || d == 3 || has_word("sinkhorn chi2 kale smoothed-kl", drift))) return 1;
    if (has_word("kl wasserstein sliced-wasserstein da2-released", drift)) return kernel != 0; /* no kernel takes part */
    if (d == 3 && (has_word("sinkhorn", drift) ? !mixtures && !points : points && kernel && has_word("smoothed-kl", drift))) return 1;
    if (points) return kernel > 1 && kernel < 5 && d > 1;
    if (twice) return d == 1 ? kinked && !(kernel == 1 && mixtures) : d == 2 ? kernel != 0 : 1;
    if (has_word("kale chi2", drift)) return d == 1 ? kernel == 2 || kernel == 3 : kinked || d == 3;
    return d == 1 ? kernel == 2 || kernel == 3 : d == 2 ? kernel == 2 || kernel == 3 || (kernel > 0 && !mixtures) : !(kernel == 0 || (kernel == 1 && mixtures));
}

/* One test for each drift. */
static void cells_of(void **state)
{
    const char *drift = *state;
    const int all = getenv("SERVED") != NULL;
    int asked = 0, wrong = 0;
    for (int k = 0; k < KERNELS; k++)
        for (int d = 1; d <= DIMS; d++)
            for (int j = 0; j < MOST_PAIRS && pairs[d - 1][j]; j++) {
                const char *pair = pairs[d - 1][j];
                char why[300] = "";
                if (!all && slow(drift, k, d, pair)) continue;
                const clock_t start = clock();
                const int is = served(drift, k, pair, d, why, sizeof why), claim = said(row_of(drift, kernels[k][0]), d, pair);
                asked++, wrong += is != claim;
                if (is != claim) print_error("%s with %s, %s in dimension %d: the table says %s, but it is %s: %s\n", drift, kernels[k][0], pair, d, claim ? "served" : "refused", is ? "served" : "refused", why);
                if (all) print_message("%s %s %s %d: %d %.2f s %s\n", drift, kernels[k][0], pair, d, is, (double) (clock() - start) / CLOCKS_PER_SEC, why);
            }
    assert_int_equal(wrong, 0);
    assert_true(asked >= 24);
}

static int write_tables(void **state)
{
    (void) state;
    folder = sample_directory();
    for (int d = 1, n = 3; d <= DIMS; d++, n *= 3) {
        char *path = dp_format("%s/t-served-%d.csv", folder, d);
        FILE *f = fopen(path, "w");
        free(path);
        for (int i = 0; f && i < n; i++)
            fprintf(f, "%d\n", 1 + i * i % 5);
        if (!f || fclose(f)) return -1;
    }
    FILE *f = fopen("docs/field.md", "r");
    static char text[200000];
    if (!f) return -1;
    text[fread(text, 1, sizeof text - 1, f)] = 0, fclose(f);
    doc = strstr(text, "### What is served");
    if (doc) doc = strstr(doc, "\n| --- |");
    if (doc) doc = strchr(doc + 1, '\n') + 1;
    return doc == NULL;
}

static int remove_tables(void **state)
{
    (void) state;
    sample_remove(folder);
    return 0;
}

int main(void)
{
    struct CMUnitTest tests[32];
    size_t n = 0;
    for (; dp_drifts[n] != NULL && n < 32; n++)
        tests[n] = (struct CMUnitTest) {dp_drifts[n]->name, cells_of, NULL, NULL, (void *) (uintptr_t) dp_drifts[n]->name};
    return _cmocka_run_group_tests("served", tests, n, write_tables, remove_tables);
}
