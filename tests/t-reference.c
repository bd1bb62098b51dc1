/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-reference.c: drifts made of kernels' sums, in doubles and floats, against their definitions in balls: any sizes, up to 100 dimensions, scales 1e-8 to 1e8, bandwidths 1e-3 to 1e3 of the scale
   or of 1, all kernels, by the bounds that docs/drift.md states. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "reference.h"

static void mean_shifts(int single, int rounds)
{
    for (int k = 0; k < rounds; k++) {
        static trial t;
        static side y, z;
        num far;
        trial_init(&t, POINTS, WIDE, below(6) ? 5 : 1, single), repelled(&t);
        both(&t, "mean-shift"), sides_of(&y, &z, &t);
        for (size_t i = 0; i < t.s.n; i++) within(&t, "mean-shift", i, mean_error(&far, &t, &y, i) + mean_error(&far, &t, &z, i));
        trial_clear(&t);
    }
}

/* Weights within rows of A = K/sqrt(R C): K_ij C_j^(-1/2). */
static void by_columns(side *a, const trial *t)
{
    for (size_t j = 0; j < a->m; j++) {
        num error, log_c = log_sum(&error, a, j, 1);
        for (size_t i = 0; i < a->n; i++)
            if (a->c[i][j] < INFINITY) a->c[i][j] += log_c / 2, a->eta[i][j] += error / 2 + unit(t) * fminl(fabsl(log_c), t->s.single ? 1024 : INFINITY);
    }
}

/* V = r^p r^q (mean over y - mean over negatives), (30), with r = sum_j K_ij C_j^(-1/2)/sqrt(R_i) but for sizes. */
static void pseudo_plans(const char *drift, int single, int rounds)
{
    for (int k = 0; k < rounds; k++) {
        static trial t;
        static side y, z;
        num row[2][POINTS], far[2], error[2];
        trial_init(&t, POINTS, WIDE, below(6) ? 5 : 1, single), repelled(&t), t.s.drop_sizes = (int) below(2);
        both(&t, drift), sides_of(&y, &z, &t);
        for (size_t i = 0; i < t.s.n; i++) log_sum(row[0] + i, &y, i, 0), log_sum(row[1] + i, &z, i, 0);
        by_columns(&y, &t), by_columns(&z, &t);
        for (size_t i = 0; i < t.s.n; i++) {
            const num core = mean_error(far, &t, &y, i) + mean_error(far + 1, &t, &z, i);
            log_sum(error, &y, i, 0), log_sum(error + 1, &z, i, 0);
            const num off = error[0] + error[1] + fmaxl(row[0][i], row[1][i]) + 8 * unit(&t);
            within(&t, drift, i, off > 1 ? INFINITY : t.mass[2 * i] * t.mass[2 * i + 1] * expl(off) * (core + expm1l(off) * (far[0] + far[1])));
        }
        trial_clear(&t);
    }
}

static void test_pseudo_plans(void **unused)
{
    (void) unused;
    pseudo_plans("sinkhorn-proxy", 0, 70), pseudo_plans("da2", 0, 70), bounds_count();
    pseudo_plans("sinkhorn-proxy", 1, 70), pseudo_plans("da2", 1, 70), bounds_count();
}

static void test_mean_shift(void **unused) { (void) unused, mean_shifts(0, 120), mean_shifts(1, 120), bounds_count(); }

/* ---- scores ---- */

/* The kernel, |grad k|, k# and k r. */
typedef enum { VALUE, GRADIENT, COMPANION, LEVER } what;

/* The form of one part without e^(-c), z = r/h times the kernel's rate. */
static num form(dp_kernel_family family, what w, num r, num h)
{
    if (w == LEVER) return r * form(family, VALUE, r, h);
    const num rate = family == DP_KERNEL_MATERN32 ? sqrtl(3) : family == DP_KERNEL_MATERN52 ? sqrtl(5) : 1, z = rate * r / h;
    switch (family) {
    case DP_KERNEL_GAUSSIAN: return w == VALUE ? 1 : w == GRADIENT ? r / (h * h) : h * h;
    case DP_KERNEL_LAPLACE: return w == VALUE ? 1 : w == GRADIENT ? (r > 0) / h : h * h * (1 + z);
    case DP_KERNEL_MATERN32: return w == VALUE ? 1 + z : w == GRADIENT ? 3 * r / (h * h) : h * h / 3 * (3 + 3 * z + z * z);
    case DP_KERNEL_MATERN52: return w == VALUE ? 1 + z + z * z / 3 : w == GRADIENT ? 5 * r / (3 * h * h) * (1 + z) : h * h / 5 * (5 + 5 * z + 2 * z * z + z * z * z / 3);
    case DP_KERNEL_IMQ: return w == VALUE ? 1 : r / (h * h) / (1 + z * z);
    default: return w == GRADIENT && r > 0;
    }
}

/* e^low times a form at distance r, and what that may be off by. */
static num pair(num *error, const trial *t, what w, num r, num low)
{
    num sum = 0;
    for (slong p = 0; p < t->s.nparts; p++) {
        const num c = part_exponent(t->part + p, r), term = fmpq_get_d(&t->part[p].weight) * form(t->part[p].family, w, r, fmpq_get_d(&t->part[p].bandwidth)) * expl(low - c);
        sum += term, *error += term * expm1l(fminl(1, eta(t, r, c, c)));
        if (t->part[p].family == DP_KERNEL_GAUSSIAN && (w == GRADIENT || w == LEVER)) /* displacements of floats move, too */
            *error += fmpq_get_d(&t->part[p].weight) * form(DP_KERNEL_GAUSSIAN, w, t->moved, fmpq_get_d(&t->part[p].bandwidth)) * expl(low - c);
    }
    return sum;
}

/* The same summed over row i. */
static num total(num *error, const trial *t, const side *a, size_t i, what w, num low)
{
    num sum = 0;
    *error = 0;
    for (size_t j = 0; j < a->m; j++)
        if (a->c[i][j] < INFINITY) sum += pair(error, t, w, a->r[i][j], low);
    return sum;
}

/* A quotient of sums over row i, and what it may be off by. */
static num quotient(num *error, const trial *t, const side *a, size_t i, what above, what below)
{
    num low = INFINITY, e[2];
    for (size_t j = 0; j < a->m; j++) low = fminl(low, a->c[i][j]);
    if (!(low < INFINITY)) return *error = 0;
    const num x = total(e, t, a, i, above, low), y = total(e + 1, t, a, i, below, low);
    *error = e[0] / y + x / y * e[1] / y;
    return x / y;
}

/* What is lost where floats end, with one Gaussian: weights below 2^-126 of the row's sum (for the MMD without the point itself, whose pair has no gradient). */
static num lost(const trial *t, const side *a, size_t i, int own, int quotients)
{
    num sum = 0, far = 0;
    const num h = fmpq_get_d(&t->part->bandwidth);
    if (!t->s.single || t->s.nparts > 1 || t->part->family != DP_KERNEL_GAUSSIAN) return 0;
    for (size_t j = 0; j < a->m; j++) sum += own && i == j ? 0 : expl(-a->c[i][j]), far = fmaxl(far, a->r[i][j]);
    return 0x1p-125L * far / (h * h) * (quotients ? (num) a->m : sum);
}

/* Differences of what each side has: errors are those of its terms. */
static void scores(const char *drift, what above, what under, int kernels, int single, int rounds)
{
    for (int k = 0; k < rounds; k++) {
        static trial t;
        static side y, z;
        num e[2];
        trial_init(&t, POINTS, WIDE, below(6) ? kernels : 1, single);
        repelled(&t);
        both(&t, drift), sides_of(&y, &z, &t);
        const num sizes[] = {(num) t.s.m, (num) (dp_negatives(&t.s) - (t.s.leave_out && !t.s.z))};
        for (size_t i = 0; i < t.s.n; i++) {
            if (above == GRADIENT) total(e, &t, &y, i, above, 0), total(e + 1, &t, &z, i, above, 0), e[0] /= sizes[0], e[1] = e[1] > 0 ? e[1] / sizes[1] : 0;
            else quotient(e, &t, &y, i, above, under), quotient(e + 1, &t, &z, i, above, under);
            within(&t, drift, i, e[0] + e[1] + lost(&t, &y, i, 0, above != GRADIENT) + lost(&t, &z, i, !t.s.z, above != GRADIENT));
        }
        trial_clear(&t);
    }
}

/* sum_j |grad k(x_i, x_j)|/S_j, S_j the sums of rows: what it may be off by. */
static num third_error(const trial *t, const side *x, size_t i)
{
    num sum = 0;
    for (size_t j = 0; j < x->m; j++) {
        num e, off = 0;
        const num S = total(&e, t, x, j, VALUE, 0), term = pair(&off, t, GRADIENT, x->r[i][j], 0);
        sum += (off + term * e / S) / S;
    }
    return sum;
}

static void blobs(int single, int rounds)
{
    for (int k = 0; k < rounds; k++) {
        static trial t;
        static side y, x;
        num e[2];
        trial_init(&t, POINTS, WIDE, below(6) ? 5 : 1, single);
        both(&t, "blob"), sides_of(&y, &x, &t);
        for (size_t i = 0; i < t.s.n; i++) {
            quotient(e, &t, &y, i, GRADIENT, VALUE), quotient(e + 1, &t, &x, i, GRADIENT, VALUE);
            within(&t, "blob", i, e[0] + e[1] + third_error(&t, &x, i) + lost(&t, &y, i, 0, 1) + 2 * lost(&t, &x, i, 0, 1));
        }
        trial_clear(&t);
    }
}

static void test_scores(void **unused)
{
    (void) unused;
    for (int single = 0; single < 2; single++) {
        scores("mmd", GRADIENT, VALUE, 6, single, 70), bounds_count();
        scores("sharp", LEVER, COMPANION, 4, single, 70), bounds_count();
        blobs(single, 70), bounds_count();
    }
}

/* Points 16 bandwidths apart: both sides of the MMD's velocity are e^(-128)/h, 0 to a float beside the weight 1 of a point's own pair. */
static void test_far_pairs(void **unused)
{
    (void) unused;
    static trial t;
    static side y, z;
    num e[2];
    do trial_clear(&t), trial_init(&t, POINTS, 1, 1, 1); while (t.s.n != 2 || t.s.m != 1);
    t.x[0] = 0, t.x[1] = 16, t.y[0] = -16, exactly(&t.part->bandwidth, 1);
    both(&t, "mmd"), sides_of(&y, &z, &t);
    total(e, &t, &y, 0, GRADIENT, 0), total(e + 1, &t, &z, 0, GRADIENT, 0);
    assert_true(arf_get_d(arb_midref(t.exact), ARF_RND_NEAR) < -1e-56);
    within(&t, "mmd", 0, e[0] + e[1] / 2);
    trial_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_mean_shift), cmocka_unit_test(test_pseudo_plans), cmocka_unit_test(test_scores), cmocka_unit_test(test_far_pairs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
