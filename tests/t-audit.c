/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-audit.c: recorded runs of the programs in use, written naively in float32 and float64, and which of them the audit takes them for. */
#define _XOPEN_SOURCE 700
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "base/npy.h"

#define REAL double
#define NAME(x) x##_double
#include "audit_naive.h"
#undef REAL
#undef NAME
#define REAL float
#define NAME(x) x##_float
#include "audit_naive.h"

enum { N = 20, M = 15, D = 2, STEPS = 3, NX = N * D, MY = M * D };
static char file[] = "/tmp/t-audit-XXXXXX";

static double normal(ulong seed, slong i)
{
    double u[2];
    dp_philox_pair(u, seed, i, 7);
    return sqrt(-2 * log(u[0])) * cos(6.283185307179586 * u[1]);
}

/* ---- writing a run ---- */

static void member(dp_npz_writer *z, const char *name, const void *data, int single, size_t steps, size_t n)
{
    dp_error e = {0};
    dp_npy a = {.descr = single ? "<f4" : "<f8", .itemsize = single ? 4 : 8, .ndim = 3, .shape = {steps, n, D}, .data = data};
    if (dp_npz_add(z, name, &a, &e)) fail_msg("%s", e.text);
}

static void write_run(const void *x, const void *y, const void *v, int single, size_t steps, size_t n, size_t m, const char *meta)
{
    dp_error e = {0};
    dp_npy text;
    FILE *f = fopen(file, "wb");
    dp_npz_writer *z = dp_npz_begin(f);
    member(z, "x", x, single, steps, n), member(z, "y", y, single, steps, m);
    if (v) member(z, "v", v, single, steps, n);
    if (meta) {
        dp_npy_text(&text, meta);
        assert_int_equal(dp_npz_add(z, "meta", &text, &e), DP_OK);
        dp_npy_text_clear(&text);
    }
    dp_npz_end(z);
    fclose(f);
}

/* A program's run with fresh samples at every step, its velocity times `factor`. single: 0: float64; 1: float32; 2: computed in float32, stored as float64. */
static void record(const char *program, double b, double factor, const char *meta, int single, ulong seed)
{
    double x[STEPS * NX], y[STEPS * MY], v[STEPS * NX];
    float fx[STEPS * NX], fy[STEPS * MY], fv[STEPS * NX];
    for (slong i = 0; i < STEPS * NX; i++) fx[i] = (float) normal(seed, i), x[i] = single ? (double) fx[i] : normal(seed, i);
    for (slong i = 0; i < STEPS * MY; i++) fy[i] = (float) (1 + normal(seed + 1, i)), y[i] = single ? (double) fy[i] : 1 + normal(seed + 1, i);
    for (size_t t = 0; t < STEPS; t++) {
        if (single) program_float(program, fv + t * NX, fx + t * NX, fy + t * MY, N, M, D, (float) b);
        else program_double(program, v + t * NX, x + t * NX, y + t * MY, N, M, D, b);
    }
    for (size_t i = 0; i < STEPS * NX; i++) {
        fv[i] *= (float) factor;
        v[i] = single ? (double) fv[i] : v[i] * factor;
    }
    if (single == 1) write_run(fx, fy, fv, 1, STEPS, N, M, meta);
    else write_run(x, y, v, 0, STEPS, N, M, meta);
}

static void identify(dp_identity *id, dp_recorded *r)
{
    dp_error e = {0};
    if (dp_recorded_read(r, file, &e) || dp_identify(id, r, 0, 2, &e)) fail_msg("%s", e.text);
}

static void done(dp_identity *id, dp_recorded *r) { dp_identity_clear(id), dp_recorded_clear(r); }

/* ---- identification ---- */

static const struct { const char *program; double b; const char *meta, *first; int declared; } runs[] = {
    {"da2", 0.5, "{\"drift\": \"da2\", \"bandwidth\": 0.5, \"mask\": \"self\"}", "da2, laplace, self left out", 1},
    {"da2-unmasked", 0.5, "{\"drift\": \"da2\", \"bandwidth\": 0.5, \"mask\": \"none\"}", "da2, laplace, self kept", 1},
    {"da2-unmasked", 0.5, "{\"drift\": \"da2\", \"bandwidth\": 0.5}", "da2, laplace, self kept", 0},
    {"da2-squared", 0.72, "{\"drift\": \"da2\", \"kernel\": \"gaussian\", \"tau\": 0.72, \"mask\": \"none\"}", "da2, gaussian, self kept, bandwidth read as tau", 1},
    {"da2-squared", 0.72, "{\"drift\": \"da2\", \"kernel\": \"gaussian\", \"bandwidth\": 0.72, \"mask\": \"none\"}", "da2, gaussian, self kept, bandwidth read as tau", 0},
    {"da2-no-root", 0.5, "{\"drift\": \"da2\", \"bandwidth\": 0.5}", "da2 with row times column softmax without the root, cross-weighted, laplace, self left out", 0},
    {"da2-no-root", 0.5, "{\"drift\": \"da2\", \"bandwidth\": 0.5, \"normalisation\": \"product\"}", "da2 with row times column softmax without the root", 1},
    {"da2-rows", 0.5, "{\"drift\": \"da2\", \"bandwidth\": 0.5}", "da2 with row softmax only, cross-weighted, laplace, self left out", 0},
    {"da2-columns", 0.5, "{\"drift\": \"da2\", \"bandwidth\": 0.5}", "affinities with column softmax only, cross-weighted, laplace, self left out", 0},
    {"toy", 0.05, "{\"drift\": \"da2\", \"bandwidth\": 0.05, \"normalisation\": \"clamp\"}", "da2 with root of row times column softmax, cross-weighted, product of sums clamped at 1e-12", 1},
    {"toy", 0.05, "{\"drift\": \"da2\", \"bandwidth\": 0.05}", "da2 with root of row times column softmax, cross-weighted, product of sums clamped at 1e-12", 0},
    {"released", 0.2, "{\"drift\": \"da2-released\", \"bandwidth\": 0.2}", "da2-released, laplace", 1},
    {"released", 0.2, "{\"drift\": \"da2\", \"bandwidth\": 0.2}", "da2-released, laplace", 0},
    {"means", 0.5, "{\"drift\": \"mmd\", \"bandwidth\": 0.5}", "affinities with kernel without softmax, each side divided by its number of points, laplace", 0},
    {"means", 0.5, "{\"drift\": \"sinkhorn-proxy\", \"kernel\": \"laplace\", \"bandwidth\": 0.5, \"normalisation\": \"none\", \"weights\": \"mean\"}", "affinities with kernel without softmax, each side divided by its number of points, laplace", 1},
    {"mean-shift", 0.6, "{\"bandwidth\": 0.848528137423857}", "mean-shift, gaussian, self kept, bandwidth read as b in logits -r^2/b^2", 0},
    {"proxy", 0.72, "{\"drift\": \"sinkhorn-proxy\", \"bandwidth\": 0.6, \"scaling\": \"algorithm\"}", "sinkhorn-proxy, algorithm scaling, gaussian, self kept", 1},
    {"mean-shift", 0.6, "{\"drift\": \"mean-shift\", \"bandwidth\": 0.6}", "mean-shift, gaussian, self kept", 1},
    {"mean-shift-masked", 0.6, "{\"drift\": \"mean-shift\", \"bandwidth\": 0.6, \"mask\": true}", "mean-shift, gaussian, self left out", 1},
    {"mean-shift-masked", 0.6, "{\"drift\": \"mean-shift\", \"bandwidth\": 0.6}", "mean-shift, gaussian, self left out", 0},
    {"mmd", 0.6, "{\"drift\": \"mmd\", \"bandwidth\": 0.6}", "mmd, gaussian, self kept", 1},
    {"sinkhorn", 0.6, "{\"drift\": \"sinkhorn\", \"bandwidth\": 0.6, \"iterations\": 20}", "sinkhorn after 20 sweeps, rows first", 1}};

static void identifies(int single, double digits)
{
    for (size_t k = single == 2; k < sizeof runs / sizeof *runs; k += single == 2 ? 5 : 1) {
        dp_identity id;
        dp_recorded r;
        record(runs[k].program, runs[k].b, 1, runs[k].meta, single, 100 + k);
        identify(&id, &r);
        if (!dp_identity_matches(&id)) fail_msg("%s, %s: no match, nearest at %g", runs[k].program, runs[k].meta, id.n ? id.f[0].distance : NAN);
        char *name = dp_variant_name(&id.f[0].variant);
        if (strncmp(name, runs[k].first, strlen(runs[k].first))) fail_msg("%s, %s: taken for %s", runs[k].program, runs[k].meta, name);
        if (!id.f[0].factor || strcmp(id.f[0].factor, "1") || id.f[0].exact > pow(10, -digits)) fail_msg("%s: factor %g, distance %g", name, id.f[0].value, id.f[0].exact);
        if (dp_identity_as_declared(&id, &r.declared, 0) != runs[k].declared) fail_msg("%s, %s: as declared should be %d", runs[k].program, runs[k].meta, runs[k].declared);
        assert_int_equal(id.f[0].single, single == 2);
        assert_int_equal(r.single, single == 1);
        free(name), done(&id, &r);
    }
}

static void programs_in_float64(void **state) { (void) state, identifies(0, 11); }
static void programs_in_float32(void **state) { (void) state, identifies(1, 3); }
static void programs_in_float32_stored_wide(void **state) { (void) state, identifies(2, 3); }

/* A point's distance to itself that is not 0: granted to kernels with a kink, said, and no excuse for another velocity. */
static void products_of_matrices(void **state)
{
    (void) state;
    for (int single = 0; single < 2; single++) {
        dp_identity id;
        dp_recorded r;
        dp_error e = {0};
        record("da2-product", 0.5, 1, "{\"drift\": \"da2\", \"bandwidth\": 0.5, \"mask\": \"none\"}", single, 31);
        identify(&id, &r);
        assert_true(dp_identity_matches(&id) && id.f[0].declared && id.f[0].product && !id.target && dp_identity_as_declared(&id, &r.declared, 0));
        assert_true(id.f[0].exact > (single ? 1e-5 : 1e-10));
        for (size_t t = 0; t < STEPS; t++) r.v[t * NX] += 0.3;
        dp_identity_clear(&id);
        assert_int_equal(dp_identify(&id, &r, 0, 1, &e), DP_OK);
        assert_int_equal(dp_identity_matches(&id), 0);
        done(&id, &r);
        record("da2-unmasked", 0.5, 1, "{\"drift\": \"da2\", \"bandwidth\": 0.5, \"mask\": \"none\"}", single, 31);
        identify(&id, &r);
        assert_true(dp_identity_matches(&id) && !id.f[0].product);
        done(&id, &r);
    }
}

/* x + V in the place of V is found, and is not as declared. */
static void targets(void **state)
{
    dp_identity id;
    dp_recorded r;
    (void) state;
    record("target", 0.5, 1, "{\"drift\": \"da2\", \"bandwidth\": 0.5}", 0, 33);
    identify(&id, &r);
    assert_true(id.target && dp_identity_matches(&id) && id.f[0].declared && !strcmp(id.f[0].factor, "1"));
    assert_false(dp_identity_as_declared(&id, &r.declared, 1));
    done(&id, &r);
}

static void factors(void **state)
{
    static const struct { double factor; const char *name; int any; } c[] = {{-1, "-1", 0}, {2, "2", 1}, {(double) M / N, "m/n", 1}, {1 / 0.36, "1/h^2", 1}, {0.3517, NULL, 1}, {-0.3517, NULL, 0}};
    (void) state;
    for (size_t k = 0; k < sizeof c / sizeof *c; k++) {
        dp_identity id;
        dp_recorded r;
        record("mmd", 0.6, c[k].factor, "{\"drift\": \"mmd\", \"bandwidth\": 0.6}", 0, 7);
        identify(&id, &r);
        assert_true(dp_identity_matches(&id) && id.f[0].declared && fabs(id.f[0].value / c[k].factor - 1) < 1e-11);
        if (c[k].name ? !id.f[0].factor || strcmp(id.f[0].factor, c[k].name) : id.f[0].factor != NULL) fail_msg("factor %g: named %s", c[k].factor, id.f[0].factor);
        assert_false(dp_identity_as_declared(&id, &r.declared, 0));
        assert_int_equal(dp_identity_as_declared(&id, &r.declared, 1), c[k].any);
        done(&id, &r);
    }
    dp_identity id;
    dp_recorded r;
    record("mmd", 0.6, 0.25, "{\"drift\": \"mmd\", \"bandwidth\": 0.6, \"factor\": 0.25}", 0, 7);
    identify(&id, &r);
    assert_true(dp_identity_as_declared(&id, &r.declared, 0));
    done(&id, &r);
}

/* A bandwidth that is not the declared one is found; a velocity of no variant matches nothing. */
static void wrong_runs(void **state)
{
    (void) state;
    for (int single = 0; single < 2; single++) {
        dp_identity id;
        dp_recorded r;
        record("mmd", 0.41, 1, "{\"drift\": \"mmd\", \"bandwidth\": 0.6}", single, 9);
        identify(&id, &r);
        assert_int_equal(dp_identity_matches(&id), 0);
        assert_true(fabs(id.refit * 0.6 / 0.41 - 1) < (single ? 1e-4 : 1e-6));
        done(&id, &r);
        record("da2", 0.5, 1, "{\"drift\": \"mmd\", \"bandwidth\": 0.6}", single, 9);
        identify(&id, &r);
        assert_true(dp_identity_matches(&id) == 0 && id.refit == 0);
        done(&id, &r);
    }
}

/* n = m: the two scalings of the proxy are one; n != m: they differ by the named factor. One step that is off excludes a variant. */
static void alike_and_unlike(void **state)
{
    dp_identity id;
    dp_recorded r;
    size_t both = 0;
    (void) state;
    record("proxy", 0.72, 1, "{\"drift\": \"sinkhorn-proxy\", \"bandwidth\": 0.6}", 0, 11);
    identify(&id, &r);
    assert_true(id.f[0].declared && !strcmp(id.f[0].factor, "sqrt(m/n)") && !dp_identity_as_declared(&id, &r.declared, 0));
    for (size_t i = 0; i < dp_identity_matches(&id); i++) both += id.f[i].variant.drift && !strcmp(id.f[i].variant.drift, "sinkhorn-proxy");
    assert_int_equal(both, 2);
    r.v[2 * NX] += 1e-7;
    dp_identity_clear(&id);
    dp_error e = {0};
    assert_int_equal(dp_identify(&id, &r, 0, 1, &e), DP_OK);
    for (size_t i = 0; i < id.n; i++) assert_true(id.f[i].fate != DP_MATCHES || id.f[i].single); /* 1e-7 could be float32 */
    r.v[2 * NX] += 1e-2;
    dp_identity_clear(&id);
    assert_int_equal(dp_identify(&id, &r, 0, 1, &e), DP_OK);
    assert_int_equal(dp_identity_matches(&id), 0);
    done(&id, &r);
}

/* Affinities that the registry has too. */
static void affinities_against_the_registry(void **state)
{
    double x[NX], y[MY], u[NX], v[NX], h = 0.4;
    dp_error e = {0};
    (void) state;
    for (slong i = 0; i < NX; i++) x[i] = normal(21, i);
    for (slong i = 0; i < MY; i++) y[i] = 1 + normal(22, i);
    const dp_batch b = {.n = N, .m = M, .d = D, .nh = 1, .h = &h, .x = x, .y = y, .threads = 1};
    for (int k = 0; k < 12; k++) {
        const int which = k % 3;
        dp_variant own = {.family = k & 1 ? DP_KERNEL_LAPLACE : DP_KERNEL_GAUSSIAN, .mask = k / 6, .joint = which == 0, .norm = which == 2 ? DP_NORM_ROW : DP_NORM_ROOT}, there = own;
        there.drift = (const char *[]){"da2", "sinkhorn-proxy", "mean-shift"}[which], there.drop_sizes = 1, there.iterations = -1;
        assert_int_equal(dp_variant_eval(u, &own, &b, &e), DP_OK);
        assert_int_equal(dp_variant_eval(v, &there, &b, &e), DP_OK);
        for (size_t i = 0; i < NX; i++) assert_true(fabs(u[i] - v[i]) < 1e-13);
    }
}

/* ---- input ---- */

static void refuses(const char *meta, const char *word)
{
    dp_recorded r;
    dp_identity id = {0};
    dp_error e = {0};
    record("mmd", 0.6, 1, meta, 0, 7);
    dp_status status = dp_recorded_read(&r, file, &e);
    if (!status) status = dp_identify(&id, &r, 0, 1, &e);
    if (status != DP_EINPUT || !strstr(e.text, word)) fail_msg("%s: status %d, %s", meta, (int) status, e.text);
    done(&id, &r);
}

static void bad_meta(void **state)
{
    (void) state;
    refuses("[1]", "expected an object");
    refuses("{\"drift\": \"mmd\", \"bandwidth\": -1}", "above 0");
    refuses("{\"drift\": \"mmd\", \"bandwidth\": \"wide\"}", "finite number");
    refuses("{\"drift\": \"mmd\", \"bandwidth\": 1, \"tau\": 2}", "one of bandwidth and tau");
    refuses("{\"drift\": \"drift\", \"bandwidth\": 1}", "no drift of samples");
    refuses("{\"drift\": \"mmd\", \"kernel\": \"gauss\"}", "gaussian");
    refuses("{\"drift\": \"mmd\", \"normalisation\": \"row\"}", "belong to da2");
    refuses("{\"drift\": ", "meta");
}

static void bad_arrays(void **state)
{
    double x[2 * NX] = {0}, v[2 * NX] = {0};
    dp_recorded r;
    dp_error e = {0};
    FILE *f;
    (void) state;
    write_run(x, x, NULL, 0, 2, N, N, NULL);
    assert_int_equal(dp_recorded_read(&r, file, &e), DP_OK);
    assert_true(r.steps == 2 && !r.v && !r.declared.drift);
    dp_recorded_clear(&r);
    f = fopen(file, "wb");
    dp_npz_writer *z = dp_npz_begin(f);
    member(z, "x", x, 0, 2, N), member(z, "y", x, 0, 2, N), member(z, "v", v, 0, 2, N / 2);
    dp_npz_end(z), fclose(f);
    assert_int_equal(dp_recorded_read(&r, file, &e), DP_EINPUT);
    assert_non_null(strstr(e.text, "v: its shape"));
    dp_recorded_clear(&r);
    f = fopen(file, "wb");
    z = dp_npz_begin(f);
    member(z, "x", x, 0, 2, N), member(z, "y", x, 0, 1, N);
    dp_npz_end(z), fclose(f);
    assert_int_equal(dp_recorded_read(&r, file, &e), DP_EINPUT);
    assert_non_null(strstr(e.text, "y: 1 steps"));
    dp_recorded_clear(&r);
}

/* v with so many bits in an array of float32, as .float().numpy() leaves it; but for number `but`, which keeps its own. */
static void shorten(float *v, size_t n, int bits, size_t but)
{
    for (size_t i = 0; i < n; i++) {
        int k;
        frexp((double) v[i], &k);
        if (i != but) v[i] = (float) ldexp(rint(ldexp((double) v[i], bits - k)), k - bits);
    }
}

/* Velocities of float16 and bfloat16 that were converted before they were stored are compared as such; with one number of more bits they are not, and nothing matches. */
static void converted(void **state)
{
    static const int bits[] = {11, 8};
    (void) state;
    for (int k = 0; k < 2; k++)
        for (int whole = 0; whole < 2; whole++) {
            float x[STEPS * NX], y[STEPS * MY], v[STEPS * NX];
            dp_identity id;
            dp_recorded r;
            for (slong i = 0; i < STEPS * NX; i++) x[i] = (float) normal(500, i);
            for (slong i = 0; i < STEPS * MY; i++) y[i] = (float) (1 + normal(501, i));
            for (size_t t = 0; t < STEPS; t++) program_float("da2", v + t * NX, x + t * NX, y + t * MY, N, M, D, 0.5F);
            shorten(v, STEPS * NX, bits[k], whole ? SIZE_MAX : 3);
            write_run(x, y, v, 1, STEPS, N, M, runs[0].meta);
            identify(&id, &r);
            assert_int_equal(r.half, whole ? 1 + k : 0);
            assert_int_equal(dp_identity_as_declared(&id, &r.declared, 0), whole);
            if (!whole) assert_int_equal(dp_identity_matches(&id), 0);
            for (size_t i = 0; i < dp_identity_matches(&id); i++) assert_true(!id.f[i].variant.drift || *id.f[i].variant.drift != 'm'); /* neither mmd nor mean-shift */
            done(&id, &r);
        }
}

/* A run of `program` in float32 with samples around `at` and velocities of `bits` bits, declared so; few: what it was computed of had as few, as under autocast, not what was recorded. */
static void write_short(const char *program, double b, double at, int bits, int few, const char *meta)
{
    float x[STEPS * NX], y[STEPS * MY], v[STEPS * NX], p[STEPS * NX], q[STEPS * MY];
    for (slong i = 0; i < STEPS * NX; i++) p[i] = x[i] = (float) (at + normal(520, i));
    for (slong i = 0; i < STEPS * MY; i++) q[i] = y[i] = (float) (at + 1 + normal(521, i));
    if (few) shorten(p, STEPS * NX, bits, SIZE_MAX), shorten(q, STEPS * MY, bits, SIZE_MAX);
    for (size_t t = 0; t < STEPS; t++) program_float(program, v + t * NX, p + t * NX, q + t * MY, N, M, D, (float) b);
    if (bits) shorten(v, STEPS * NX, bits, SIZE_MAX);
    write_run(x, y, v, 1, STEPS, N, M, meta);
}

/* Few bits of v excuse no other drift: x and y have more, and what is nearer decides. by: of the bandwidth, where that is what is wrong. */
static void few_bits_wrongly_declared(void **state)
{
    static const struct { const char *program; double b, at; int bits; double by; const char *meta; } c[] = {
        {"mean-shift", 0.5, 0, 8, 0.5 / 0.52, "{\"drift\": \"mean-shift\", \"bandwidth\": 0.52}"},
        {"mean-shift", 0.5, 3, 8, 0.5 / 0.57, "{\"drift\": \"mean-shift\", \"bandwidth\": 0.57}"},
        {"mean-shift", 0.3, 10, 11, 0.3 / 0.33, "{\"drift\": \"mean-shift\", \"bandwidth\": 0.33}"},
        {"da2", 1, 2, 8, 1 / 1.15, "{\"drift\": \"da2\", \"bandwidth\": 1.15}"},
        {"da2", 1, 4, 8, 0, "{\"drift\": \"da2\", \"bandwidth\": 1, \"mask\": \"none\"}"},
        {"sinkhorn", 0.6, 0, 8, 0, "{\"drift\": \"sinkhorn\", \"bandwidth\": 0.6, \"iterations\": 10}"},
        {"da2-no-root", 1, 12, 8, 0, "{\"drift\": \"da2\", \"bandwidth\": 1}"}};
    (void) state;
    for (size_t k = 0; k < sizeof c / sizeof *c; k++) {
        dp_identity id;
        dp_recorded r;
        write_short(c[k].program, c[k].b, c[k].at, c[k].bits, 0, c[k].meta);
        identify(&id, &r);
        const size_t matches = dp_identity_matches(&id);
        if (dp_identity_as_declared(&id, &r.declared, 1) || (c[k].by > 0 ? matches || fabs(id.refit / c[k].by - 1) > 4e-3 : !matches || id.f[0].declared || id.f[0].coarse || id.change))
            fail_msg("%s, %s: %zu matches, declared %d, refit %g", c[k].program, c[k].meta, matches, id.f[0].declared, id.refit);
        done(&id, &r);
    }
}

/* Arithmetic with the few bits of v is granted, where nothing else is nearer, and said. */
static void arithmetic_of_few_bits(void **state)
{
    dp_identity id;
    dp_recorded r;
    (void) state;
    write_short("mean-shift", 0.4, 3, 8, 1, "{\"drift\": \"mean-shift\", \"bandwidth\": 0.4}");
    identify(&id, &r);
    if (!dp_identity_as_declared(&id, &r.declared, 0) || !id.f[0].coarse) fail_msg("%zu matches, nearest at %g", dp_identity_matches(&id), id.n ? id.f[0].distance : NAN);
    done(&id, &r);
}

/* So far out that float32 leaves less than a digit: no drift matches, nor do changes, of which one or the other always fits so much. */
static void less_than_a_digit(void **state)
{
    static const struct { const char *program; double at; } c[] = {{"da2", 571.22}, {"da2-no-root", 439.4}};
    (void) state;
    for (size_t k = 0; k < sizeof c / sizeof *c; k++) {
        dp_identity id;
        dp_recorded r;
        write_short(c[k].program, 0.5, c[k].at, 24, 0, runs[0].meta);
        identify(&id, &r);
        if (dp_identity_matches(&id)) fail_msg("%s: a match with change %d at %g, rounding explains %g", c[k].program, (int) id.change, id.f[0].exact, id.f[0].limit);
        done(&id, &r);
    }
}

/* x and y on a grid of sixteenths: velocities between its points are short and exact; others that are short were rounded. */
static void grids(void **state)
{
    double x[STEPS * NX], y[STEPS * NX], v[STEPS * NX];
    float w[NX * STEPS];
    dp_error e = {0};
    (void) state;
    for (slong i = 0; i < STEPS * NX; i++) x[i] = rint(16 * normal(530, i)) / 16, y[i] = 1 + rint(16 * normal(531, i)) / 16;
    for (int kind = 0; kind < 2; kind++) {
        dp_identity id;
        dp_recorded r;
        for (size_t t = 0; t < STEPS; t++) {
            const dp_sample s = {.n = N, .m = N, .d = D, .x = x + t * NX, .y = y + t * NX, .iterations = -1, .tolerance = -1, .threads = 1};
            dp_drifted out = {.v = v + t * NX};
            if (kind) program_double("da2", v + t * NX, x + t * NX, y + t * NX, N, N, D, 0.5);
            else assert_int_equal(dp_drift_sample(&out, "wasserstein", &s, &e), DP_OK);
        }
        for (size_t i = 0; i < STEPS * NX; i++) w[i] = (float) v[i];
        if (kind) shorten(w, STEPS * NX, 8, SIZE_MAX);
        for (size_t i = 0; kind && i < STEPS * NX; i++) v[i] = (double) w[i];
        write_run(x, y, v, 0, STEPS, N, N, kind ? runs[0].meta : "{\"drift\": \"wasserstein\"}");
        identify(&id, &r);
        assert_int_equal(r.half, kind ? 2 : 0);
        assert_true(dp_identity_as_declared(&id, &r.declared, 0));
        done(&id, &r);
    }
}

/* A run with an axis of classes: classes points of x, and of y, in each; v: the drift within classes, or (across) of all together. labels: x_label and y_label beside it. */
static void write_classes(size_t classes, size_t of_y, int across, int labels)
{
    enum { STEP = 2 };
    double x[STEP * 12 * D], y[STEP * 12 * D], v[STEP * 12 * D], label[12] = {0};
    const dp_npy text = {.descr = "<f8", .itemsize = 8, .ndim = 1, .shape = {12}, .data = label};
    dp_npy a = {.descr = "<f8", .itemsize = 8, .ndim = 4, .shape = {STEP, classes, 12 / classes, D}, .data = x}, b = a, c = a, meta;
    dp_error e = {0};
    b.shape[1] = of_y, b.shape[2] = 12 / of_y, b.data = y, c.data = v;
    for (slong i = 0; i < STEP * 12 * D; i++) x[i] = normal(510, i), y[i] = 1 + normal(511, i);
    const size_t each = across ? 12 : 12 / classes;
    for (size_t i = 0; i < STEP * 12; i += each) program_double("da2", v + i * D, x + i * D, y + i * D, each, each, D, 0.5);
    FILE *f = fopen(file, "wb");
    dp_npz_writer *z = dp_npz_begin(f);
    assert_true(!dp_npz_add(z, "x", &a, &e) && !dp_npz_add(z, "y", &b, &e) && !dp_npz_add(z, "v", &c, &e));
    if (labels) assert_true(!dp_npz_add(z, "x_label", &text, &e) && !dp_npz_add(z, "y_label", &text, &e));
    dp_npy_text(&meta, runs[0].meta);
    assert_int_equal(dp_npz_add(z, "meta", &meta, &e), DP_OK);
    dp_npy_text_clear(&meta), dp_npz_end(z), fclose(f);
}

static void class_axis(void **state)
{
    dp_identity id;
    dp_recorded r;
    dp_error e = {0};
    (void) state;
    for (int across = 0; across < 2; across++) {
        write_classes(3, 3, across, 0);
        identify(&id, &r);
        assert_true(r.n == 12 && r.m == 12 && r.xlabel && r.xlabel[12 + 7] == 1 && r.ylabel[11] == 2);
        assert_true(dp_identity_matches(&id) && id.mixed_labels == across && dp_identity_as_declared(&id, &r.declared, 0) == !across);
        done(&id, &r);
    }
    write_classes(3, 2, 0, 0);
    assert_int_equal(dp_recorded_read(&r, file, &e), DP_EINPUT);
    assert_non_null(strstr(e.text, "y: 2 classes"));
    dp_recorded_clear(&r);
    write_classes(3, 3, 0, 1);
    assert_int_equal(dp_recorded_read(&r, file, &e), DP_EINPUT);
    assert_non_null(strstr(e.text, "neither x_label"));
    dp_recorded_clear(&r);
}

/* No variant is tried twice. */
static void each_once(const dp_identity *id)
{
    char **name = malloc(sizeof *name * id->n);
    assert_true(id->n > 500);
    for (size_t i = 0; i < id->n; i++) name[i] = dp_variant_name(&id->f[i].variant);
    for (size_t i = 0; i < id->n; i++)
        for (size_t k = 0; k < i; k++)
            if (!strcmp(name[i], name[k])) fail_msg("twice: %s", name[i]);
    for (size_t i = 0; i < id->n; i++) free(name[i]);
    free(name);
}

/* Points so far out that v - x is -x whatever v is: no target. Directions of no length. */
static void far_points(void **state)
{
    double x[STEPS * NX], y[STEPS * MY], v[STEPS * NX];
    dp_error e = {0};
    (void) state;
    for (slong i = 0; i < STEPS * NX; i++) x[i] = 1e8 + normal(41, i), v[i] = normal(42, i);
    for (slong i = 0; i < STEPS * MY; i++) y[i] = normal(43, i);
    write_run(x, y, v, 0, STEPS, N, M, "{\"bandwidth\": 1}");
    dp_recorded r;
    dp_identity id;
    identify(&id, &r);
    assert_true(dp_identity_matches(&id) == 0 && !id.target);
    each_once(&id);
    done(&id, &r);
    FILE *f = fopen(file, "wb");
    dp_npz_writer *z = dp_npz_begin(f);
    const double direction[4] = {1, 0, 0, 0};
    dp_npy a = {.descr = "<f8", .itemsize = 8, .ndim = 2, .shape = {2, D}, .data = direction};
    member(z, "x", x, 0, STEPS, N), member(z, "y", y, 0, STEPS, M);
    assert_int_equal(dp_npz_add(z, "directions", &a, &e), DP_OK);
    dp_npz_end(z), fclose(f);
    assert_int_equal(dp_recorded_read(&r, file, &e), DP_EINPUT);
    assert_non_null(strstr(e.text, "directions: row 1"));
    dp_recorded_clear(&r);
}

/* ---- what the samples say ---- */

/* x: centred at `from` at the first step and at `to` at the last, T steps; y standard normal. */
static void course(dp_recorded *r, size_t T, size_t n, double from, double to, ulong seed)
{
    *r = (dp_recorded){.steps = T, .n = n, .m = n, .d = D, .declared = {.iterations = -1, .nbandwidths = 1, .bandwidth = {2}}};
    r->x = dp_malloc(sizeof(double) * T * n * D), r->y = dp_malloc(sizeof(double) * T * n * D), r->step = dp_calloc(T, sizeof(double));
    for (size_t i = 0; i < T * n * D; i++) {
        const double t = (double) (i / (n * D)) / (double) (T - 1);
        r->x[i] = normal(seed, (slong) i) + from + t * (to - from), r->y[i] = normal(seed + 1, (slong) i);
    }
}

static const dp_variant mmd = {.drift = "mmd", .family = DP_KERNEL_GAUSSIAN, .iterations = -1};

static void samples(void **state)
{
    dp_recorded r;
    dp_audit_theory t, again;
    dp_error e = {0};
    (void) state;
    course(&r, 8, 200, 3, 0, 31);
    assert_int_equal(dp_audit_theory_run(&t, &r, &mmd, 0.01, 1, 2, &e), DP_OK);
    assert_true(t.bad == SIZE_MAX && t.last == 7 && t.nchecks == 3);
    assert_string_equal(t.check[0].verdict, "supported"), assert_string_equal(t.check[1].verdict, "supported"), assert_string_equal(t.check[2].verdict, "supported");
    assert_true(t.promised && t.self == 0 && t.rms > 0);
    for (int k = 0; k < t.ntrends; k++) assert_string_equal(t.trend[k].trend, "down");
    dp_recorded_clear(&r);
    course(&r, 8, 60, 0, 3, 31);
    assert_int_equal(dp_audit_theory_run(&t, &r, &mmd, 0.01, 1, 2, &e), DP_OK);
    for (int k = 0; k < 3; k++) assert_string_equal(t.check[k].verdict, "refuted");
    for (int k = 0; k < t.ntrends; k++) assert_string_equal(t.trend[k].trend, "up");
    assert_int_equal(dp_audit_theory_run(&again, &r, &mmd, 0.01, 1, 1, &e), DP_OK);
    assert_true(again.check[0].p == t.check[0].p && again.check[1].floor == t.check[1].floor && again.trend[1].last == t.trend[1].last);
    r.x[6 * 60 * D + 3] = NAN;
    assert_int_equal(dp_audit_theory_run(&t, &r, NULL, 0.01, 1, 2, &e), DP_OK);
    assert_true(t.bad == 6 && t.last == 5 && t.nchecks == 1);
    r.x[2 * 60 * D + 1] = 1e200; /* squares overflow */
    assert_int_equal(dp_audit_theory_run(&t, &r, NULL, 0.01, 1, 2, &e), DP_OK);
    assert_true(t.bad == 2 && t.last == 1 && t.nchecks == 1);
    r.x[0] = INFINITY;
    assert_int_equal(dp_audit_theory_run(&t, &r, NULL, 0.01, 1, 2, &e), DP_OK);
    assert_true(t.bad == 0 && t.nchecks == 0);
    dp_recorded_clear(&r);
}

/* A drift without a kernel is one velocity, however many bandwidths are recorded. */
static void without_kernel(void **state)
{
    dp_recorded r;
    dp_identity id;
    dp_error e = {0};
    (void) state;
    course(&r, 3, N, 1, 0, 77);
    r.declared.drift = dp_strdup("wasserstein"), r.declared.nbandwidths = 3, r.declared.bandwidth[1] = 1, r.declared.bandwidth[2] = 0.5;
    r.v = dp_malloc(sizeof(double) * 3 * NX);
    for (size_t t = 0; t < 3; t++) {
        const dp_sample s = {.n = N, .m = N, .d = D, .x = r.x + t * NX, .y = r.y + t * NX, .iterations = -1, .tolerance = -1, .threads = 1};
        dp_drifted out = {.v = r.v + t * NX};
        assert_int_equal(dp_drift_sample(&out, "wasserstein", &s, &e), DP_OK);
    }
    assert_int_equal(dp_identify(&id, &r, 0, 2, &e), DP_OK);
    assert_true(dp_identity_as_declared(&id, &r.declared, 0));
    done(&id, &r);
}

/* p-values under p = q: at most a share a below a, up to chance: 40 runs, binomial(40, 0.2) exceeds 17 with probability 3e-4. */
static void level(void **state)
{
    int below[2] = {0, 0};
    dp_error e = {0};
    (void) state;
    for (ulong k = 0; k < 40; k++) {
        dp_recorded r;
        dp_audit_theory t;
        course(&r, 2, 20, 0, 0, 1000 + 2 * k);
        assert_int_equal(dp_audit_theory_run(&t, &r, &mmd, 0.01, k, 2, &e), DP_OK);
        for (int c = 0; c < 2; c++) below[c] += t.check[c].p <= 0.2;
        assert_string_equal(t.check[0].verdict, t.check[0].p <= 0.01 ? "refuted" : "undecided");
        dp_recorded_clear(&r);
    }
    assert_true(below[0] <= 17 && below[1] <= 17 && below[0] >= 1 && below[1] >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_in_float64), cmocka_unit_test(programs_in_float32), cmocka_unit_test(programs_in_float32_stored_wide), cmocka_unit_test(factors), cmocka_unit_test(products_of_matrices), cmocka_unit_test(targets),
        cmocka_unit_test(wrong_runs), cmocka_unit_test(alike_and_unlike), cmocka_unit_test(affinities_against_the_registry), cmocka_unit_test(bad_meta),
        cmocka_unit_test(bad_arrays), cmocka_unit_test(far_points), cmocka_unit_test(samples), cmocka_unit_test(level), cmocka_unit_test(converted), cmocka_unit_test(few_bits_wrongly_declared), cmocka_unit_test(arithmetic_of_few_bits), cmocka_unit_test(less_than_a_digit), cmocka_unit_test(grids), cmocka_unit_test(class_axis), cmocka_unit_test(without_kernel)};
    close(mkstemp(file));
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(file);
    return failed;
}
