/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-audit-change.c: velocities that were changed before they were recorded - lengths, cuts, means, averages, mixtures, labels, further negatives, float16 - are named with the change, and nothing else is. */
#define _XOPEN_SOURCE 700
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"

#define REAL double
#define NAME(x) x##_double
#include "audit_naive.h"
#undef REAL
#undef NAME

enum { N = 14, M = 11, D = 2, STEPS = 3, ND = N * D, MD = M * D };

static double normal(ulong seed, slong i)
{
    double u[2];
    dp_philox_pair(u, seed, i, 7);
    return sqrt(-2 * log(u[0])) * cos(6.283185307179586 * u[1]);
}

/* Algorithm 2 as it is printed, at every step; other points in each. */
static dp_recorded recorded(double b, ulong seed)
{
    dp_recorded r = {.steps = STEPS, .n = N, .m = M, .d = D, .declared = {.iterations = -1, .nbandwidths = 1, .bandwidth = {b}, .drift = dp_strdup("da2")}};
    r.x = dp_malloc(sizeof(double) * STEPS * ND), r.y = dp_malloc(sizeof(double) * STEPS * MD), r.v = dp_malloc(sizeof(double) * STEPS * ND), r.step = dp_malloc(sizeof(double) * STEPS);
    for (slong i = 0; i < STEPS * ND; i++) r.x[i] = normal(seed, i);
    for (slong i = 0; i < STEPS * MD; i++) r.y[i] = 1 + normal(seed + 1, i);
    for (size_t t = 0; t < STEPS; t++) r.step[t] = (double) (7 + t), program_double("da2", r.v + t * ND, r.x + t * ND, r.y + t * MD, N, M, D, b);
    return r;
}

static double length(const double *v) { return hypot(v[0], v[1]); }

static void change(dp_recorded *r, dp_change kind, double by)
{
    for (size_t t = 0; t < STEPS; t++) {
        double *v = r->v + t * ND, mean[D] = {0, 0}, square[D] = {0, 0};
        for (size_t i = 0; i < ND; i++) mean[i % D] += v[i] / N;
        for (size_t i = 0; i < ND; i++) square[i % D] += (v[i] - mean[i % D]) * (v[i] - mean[i % D]) / N;
        for (size_t i = 0; i < N && (kind == DP_UNIT || kind == DP_SHORTENED); i++) {
            const double l = length(v + D * i), s = kind == DP_UNIT ? by / l : fmin(1, by / l);
            v[D * i] *= s, v[D * i + 1] *= s;
        }
        for (size_t i = 0; i < ND; i++) {
            if (kind == DP_CLAMPED) v[i] = fmax(-by, fmin(by, v[i]));
            if (kind == DP_STANDARDISED) v[i] = by * (v[i] - mean[i % D]) / sqrt(square[i % D]);
            if (kind == DP_AVERAGED && t) v[i] = by * v[i - ND] + (1 - by) * v[i];
            if (kind == DP_COORDINATES) v[i] *= by * (i % D ? 1 : 3);
        }
        for (size_t i = 0; i < N && kind == DP_LENGTHS; i++) {
            const double s = 1 / (by + length(v + D * i));
            v[D * i] *= s, v[D * i + 1] *= s;
        }
    }
}

static void identify(dp_identity *id, const dp_recorded *r)
{
    dp_error e = {0};
    if (dp_identify(id, r, 0, 1, &e)) fail_msg("%s", e.text);
}

static void expect(const dp_recorded *r, dp_change kind, const char *note)
{
    dp_identity id;
    identify(&id, r);
    if (!dp_identity_matches(&id) || id.change != kind || !id.f[0].declared || id.f[0].single || id.f[0].exact > 1e-10) fail_msg("change %d: %zu matches, taken for %d, distance %g", (int) kind, dp_identity_matches(&id), (int) id.change, id.n ? id.f[0].exact : NAN);
    if (note && !strstr(id.f[0].note, note)) fail_msg("change %d: noted '%s', not '%s'", (int) kind, id.f[0].note, note);
    assert_false(dp_identity_as_declared(&id, &r->declared, 1));
    dp_identity_clear(&id);
}

static void expect_none(const dp_recorded *r)
{
    dp_identity id;
    identify(&id, r);
    if (dp_identity_matches(&id)) fail_msg("a match with change %d at %g", (int) id.change, id.f[0].exact);
    dp_identity_clear(&id);
}

/* Each change, and one of the runs with a number wrong, that of a point which no cut touches. */
static void changes(void **state)
{
    static const struct { dp_change kind; double by; const char *note; } c[] = {{DP_UNIT, 0.3, "lengths 0.3"}, {DP_SHORTENED, 0.25, "0.25"}, {DP_CLAMPED, 0.2, "0.2"}, {DP_STANDARDISED, 1, NULL}, {DP_AVERAGED, 0.9, "v_t = 0.9 v_(t-1) + 0.1 u_t"},
        {DP_COORDINATES, 0.5, "root mean squares"}, {DP_LENGTHS, 0.2, NULL}};
    (void) state;
    for (size_t k = 0; k < sizeof c / sizeof *c; k++) {
        dp_recorded r = recorded(0.5, 40 + k);
        change(&r, c[k].kind, c[k].by);
        expect(&r, c[k].kind, c[k].note);
        size_t least = 0;
        for (size_t i = 1; i < N; i++)
            if (length(r.v + 2 * ND + D * i) < length(r.v + 2 * ND + D * least)) least = i;
        const double a = r.v[2 * ND + D * least];
        r.v[2 * ND + D * least] = r.v[2 * ND + D * least + 1] + 0.03, r.v[2 * ND + D * least + 1] = -a;
        if (k == 1) expect_none(&r); /* the trials of the others are among these */
        dp_recorded_clear(&r);
    }
}

/* A factor of its own for each coordinate, one of them below 0. */
static void mirrored(void **state)
{
    dp_recorded r = recorded(0.5, 155);
    (void) state;
    for (size_t i = 0; i < STEPS * ND; i++) r.v[i] *= i % D ? 0.5 : -2;
    expect(&r, DP_COORDINATES, "root mean squares");
    dp_recorded_clear(&r);
}

/* No change that is tried: points whose signs are turned, coordinates that are mixed, entries squeezed. */
static void near_misses(void **state)
{
    (void) state;
    for (int kind = 0; kind < 3; kind++) {
        dp_recorded r = recorded(0.5, 150);
        for (size_t i = 0; i < STEPS * N; i++) {
            double *v = r.v + D * i, a = v[0], b = v[1];
            if (kind == 0 && i % 5 == 0) v[0] = -a, v[1] = -b;
            if (kind == 1) v[0] = 0.8 * a - 0.6 * b, v[1] = 0.6 * a + 0.8 * b;
            if (kind == 2) v[0] = tanh(3 * a), v[1] = tanh(3 * b);
        }
        expect_none(&r);
        dp_recorded_clear(&r);
    }
}

/* Steps that do not follow one another are no averages of each other. */
static void gaps(void **state)
{
    dp_recorded r = recorded(0.5, 50);
    (void) state;
    change(&r, DP_AVERAGED, 0.9);
    for (size_t t = 0; t < STEPS; t++) r.step[t] *= 2;
    expect_none(&r);
    dp_recorded_clear(&r);
}

/* Two bandwidths: weights, and each divided by its root mean square. */
static void mixtures(void **state)
{
    (void) state;
    for (int kind = 0; kind < 2; kind++) {
        dp_recorded r = recorded(0.5, 60), other = recorded(0.2, 60);
        r.declared.nbandwidths = 2, r.declared.bandwidth[1] = 0.2;
        for (size_t t = 0; t < STEPS; t++) {
            double *v = r.v + t * ND, *w = other.v + t * ND, vv = 0, ww = 0;
            for (size_t i = 0; i < ND; i++) vv += v[i] * v[i] / ND, ww += w[i] * w[i] / ND;
            for (size_t i = 0; i < ND; i++) v[i] = kind == 1 ? v[i] / sqrt(vv) + w[i] / sqrt(ww) : 0.7 * v[i] + 1.5 * w[i];
        }
        if (kind == 0) expect(&r, DP_MIXED, "weights 0.7 1.5");
        else {
            dp_identity id; /* the released code without its clip does just that with da2 */
            identify(&id, &r);
            assert_true(dp_identity_matches(&id) > 0 && !strcmp(id.f[0].variant.drift, "da2-released") && !id.change);
            dp_identity_clear(&id);
        }
        dp_recorded_clear(&r), dp_recorded_clear(&other);
    }
}

/* Labels whose velocities have weights of their own, in another order at every second step. */
static void weighted_labels(void **state)
{
    dp_recorded r = recorded(0.5, 70);
    (void) state;
    r.xlabel = dp_malloc(sizeof(double) * STEPS * N), r.ylabel = dp_malloc(sizeof(double) * STEPS * M);
    for (size_t t = 0; t < STEPS; t++) {
        const double first = t % 2 ? 3 : -1, second = t % 2 ? -1 : 3;
        for (size_t i = 0; i < N; i++) r.xlabel[t * N + i] = i < 7 ? first : second;
        for (size_t i = 0; i < M; i++) r.ylabel[t * M + i] = i < 6 ? first : second;
        program_double("da2", r.v + t * ND, r.x + t * ND, r.y + t * MD, 7, 6, D, 0.5);
        program_double("da2", r.v + t * ND + 7 * D, r.x + t * ND + 7 * D, r.y + t * MD + 6 * D, N - 7, M - 6, D, 0.5);
        for (size_t i = 0; i < ND; i++) r.v[t * ND + i] *= r.xlabel[t * N + i / D] < 0 ? 0.7 : 1.5;
    }
    expect(&r, DP_MIXED, "weights 0.7 1.5");
    dp_recorded_clear(&r);
}

/* Numbers so few that some factor, average or cut of every variant has them. */
static void few_numbers(void **state)
{
    static const struct { size_t n, d; } c[] = {{1, 1}, {2, 1}, {1, 2}};
    (void) state;
    for (size_t k = 0; k < sizeof c / sizeof *c; k++) {
        dp_recorded r = recorded(0.5, 100 + k);
        r.n = c[k].n, r.d = c[k].d, r.m = 3;
        for (size_t i = 0; i < STEPS * ND; i++) r.v[i] = normal(200 + k, (slong) i);
        expect_none(&r);
        r.steps = 1; /* as the formula says: no factor, and no chance */
        for (size_t i = 0; i < r.m * r.d; i++) r.y[i] += 0.1;
        program_double("da2-unmasked", r.v, r.x, r.y, r.n, r.m, r.d, 0.5);
        r.declared.mask = dp_strdup("none");
        dp_identity id;
        identify(&id, &r);
        assert_true(dp_identity_as_declared(&id, &r.declared, 0));
        dp_identity_clear(&id), dp_recorded_clear(&r);
    }
    dp_recorded r = recorded(0.5, 110);
    r.n = N * D, r.d = 1, r.m = M * D;
    for (size_t i = 0; i < STEPS * ND; i++) r.v[i] = i % ND ? 1 : 0.5;
    for (size_t i = 0; i < ND; i++) r.x[i] = i ? -20 - (double) i : -2; /* every velocity to the right, the first the shortest */
    r.steps = 1, expect_none(&r);
    dp_recorded_clear(&r);
}

/* Coordinates so large that float32 leaves nothing of the velocity: neither a match nor named factors. */
static void lost_in_rounding(void **state)
{
    dp_recorded r = recorded(0.5, 120);
    dp_identity id;
    (void) state;
    for (size_t i = 0; i < STEPS * ND; i++) r.x[i] += 4000, r.v[i] *= 1.5 * (1 + 0.2 * normal(121, (slong) i));
    for (size_t i = 0; i < STEPS * MD; i++) r.y[i] += 4000;
    r.single = 1;
    identify(&id, &r);
    size_t i = 0;
    while (!id.f[i].declared) i++;
    if (dp_identity_matches(&id) || id.f[i].fate != DP_UNTRIED || !strstr(id.f[i].why, "rounding")) fail_msg("%zu matches, the declared one: fate %d, limit %g, %s", dp_identity_matches(&id), (int) id.f[i].fate, id.f[i].limit, id.f[i].why);
    assert_false(dp_identity_as_declared(&id, &r.declared, 1));
    dp_identity_clear(&id), dp_recorded_clear(&r);
}

/* Bandwidths at which all velocities vanish: nothing to mix. v of no length that doubles have: not compared, and not as declared. */
static void nothing(void **state)
{
    dp_recorded r = recorded(0.5, 130);
    dp_identity id;
    (void) state;
    free(r.declared.drift), r.declared.drift = dp_strdup("mmd"), r.declared.mask = dp_strdup("self");
    r.declared.nbandwidths = 2, r.declared.bandwidth[0] = 1e-4, r.declared.bandwidth[1] = 2e-4;
    for (size_t i = 0; i < STEPS * MD; i++) r.y[i] += 1e3;
    expect_none(&r);
    for (size_t i = 0; i < STEPS * ND; i++) r.v[i] *= 1e-200;
    identify(&id, &r);
    assert_true(id.has_declared && id.compared == 0 && !dp_identity_as_declared(&id, &r.declared, 1));
    dp_identity_clear(&id), dp_recorded_clear(&r);
}

/* Two labels, each by itself: as declared with the labels; with labels that have nothing to do with it found without them. */
static void labels(void **state)
{
    dp_recorded r = recorded(0.5, 80);
    dp_identity id;
    (void) state;
    r.xlabel = dp_malloc(sizeof(double) * STEPS * N), r.ylabel = dp_malloc(sizeof(double) * STEPS * M);
    for (size_t i = 0; i < STEPS * N; i++) r.xlabel[i] = i % N < 7 ? 3 : -1;
    for (size_t i = 0; i < STEPS * M; i++) r.ylabel[i] = i % M < 6 ? 3 : -1;
    identify(&id, &r);
    assert_true(dp_identity_matches(&id) && id.mixed_labels && !dp_identity_as_declared(&id, &r.declared, 0));
    dp_identity_clear(&id);
    for (size_t t = 0; t < STEPS; t++) {
        program_double("da2", r.v + t * ND, r.x + t * ND, r.y + t * MD, 7, 6, D, 0.5);
        program_double("da2", r.v + t * ND + 7 * D, r.x + t * ND + 7 * D, r.y + t * MD + 6 * D, N - 7, M - 6, D, 0.5);
    }
    identify(&id, &r);
    assert_true(dp_identity_matches(&id) && !id.mixed_labels && !id.change && dp_identity_as_declared(&id, &r.declared, 0));
    dp_identity_clear(&id);
    dp_recorded_clear(&r);
}

/* `of` points of x beside the l further negatives at step t, fresh. */
static double *among(const dp_recorded *r, size_t t, size_t first, size_t of)
{
    double *b = dp_malloc(sizeof(double) * (of + r->l) * D);
    memcpy(b, r->x + t * ND + first * D, sizeof(double) * of * D), memcpy(b + of * D, r->z + t * r->l * D, sizeof(double) * r->l * D);
    return b;
}

/* Further negatives: as declared where they are used, of each label where there are labels; said where they are not used; nothing where they were not recorded. */
static void negatives(void **state)
{
    (void) state;
    for (int labelled = 0; labelled < 2; labelled++) {
        dp_recorded r = recorded(0.5, 160);
        dp_identity id;
        r.l = 5, r.z = dp_malloc(sizeof(double) * STEPS * r.l * D);
        for (slong i = 0; i < (slong) (STEPS * r.l * D); i++) r.z[i] = 1.5 * normal(162, i);
        r.xlabel = labelled ? dp_malloc(sizeof(double) * STEPS * N) : NULL, r.ylabel = labelled ? dp_malloc(sizeof(double) * STEPS * M) : NULL;
        for (size_t i = 0; labelled && i < STEPS * N; i++) r.xlabel[i] = i % N < 7;
        for (size_t i = 0; labelled && i < STEPS * M; i++) r.ylabel[i] = i % M < 6;
        identify(&id, &r); /* neither labels nor negatives have a part in v so far */
        assert_true(dp_identity_matches(&id) && id.f[0].declared && id.unused_negatives && id.mixed_labels == labelled && !dp_identity_as_declared(&id, &r.declared, 1));
        dp_identity_clear(&id);
        for (size_t t = 0; t < STEPS; t++)
            for (size_t part = 0; part <= (size_t) labelled; part++) {
                const size_t first = part ? 7 : 0, of = !labelled ? N : part ? N - 7 : 7, start = part ? 6 : 0, data = !labelled ? M : part ? M - 6 : 6;
                double *b = among(&r, t, first, of);
                da2_among_double(r.v + t * ND + first * D, r.x + t * ND + first * D, r.y + t * MD + start * D, b, of, data, of + r.l, D, 0.5, 0, 1, 'q');
                free(b);
            }
        identify(&id, &r);
        if (!dp_identity_as_declared(&id, &r.declared, 0) || id.unused_negatives || id.f[0].exact > 1e-10) fail_msg("labels %d: %zu matches, nearest at %g", labelled, dp_identity_matches(&id), id.n ? id.f[0].distance : NAN);
        dp_identity_clear(&id);
        free(r.z), r.z = NULL, r.l = 0;
        expect_none(&r);
        dp_recorded_clear(&r);
    }
}

static double to_half(double v)
{
    int k;
    frexp(v, &k);
    k = FLINT_MAX(k, -13);
    return ldexp(rint(ldexp(v, 11 - k)), k - 11);
}

/* Numbers with eleven bits: found among the candidates, the nearest first. */
static void halves(void **state)
{
    dp_recorded r = recorded(1, 90);
    dp_identity id;
    (void) state;
    r.half = 1;
    for (size_t i = 0; i < STEPS * ND; i++) r.x[i] = to_half(r.x[i]), r.v[i] = to_half(r.v[i]);
    for (size_t i = 0; i < STEPS * MD; i++) r.y[i] = to_half(r.y[i]);
    identify(&id, &r);
    assert_true(dp_identity_matches(&id) && id.f[0].declared && dp_identity_as_declared(&id, &r.declared, 0) && id.f[0].exact > 1e-5 && id.f[0].exact < 1e-2);
    for (size_t i = 0; i < dp_identity_matches(&id); i++) assert_true(!id.f[i].variant.drift || strncmp(id.f[i].variant.drift, "m", 1)); /* neither mmd nor mean-shift */
    dp_identity_clear(&id);
    dp_recorded_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(changes), cmocka_unit_test(mirrored), cmocka_unit_test(gaps), cmocka_unit_test(mixtures), cmocka_unit_test(labels), cmocka_unit_test(halves),
        cmocka_unit_test(weighted_labels), cmocka_unit_test(few_numbers), cmocka_unit_test(lost_in_rounding), cmocka_unit_test(nothing), cmocka_unit_test(near_misses), cmocka_unit_test(negatives)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
