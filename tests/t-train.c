/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-train.c: training: traces of NumPy and PyTorch, the loss and its slopes, streams, metrics, and runs that are interrupted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/npy.h"
#include "energy/energy.h"
#include "train/metrics.h"

static dp_train *read_case(const char *p, const char *train)
{
    char *text = dp_format("dimension: 2\np: %s\nkernel: {family: gaussian, bandwidth: 0.7}\ntrain: {%s}\n", p, train);
    dp_train *t = NULL;
    dp_error e = {0};
    if (dp_train_parse(&t, "tests/training/case.yaml", text, NULL, 0, &e)) print_message("%s\n", e.text);
    assert_non_null(t);
    free(text);
    return t;
}
static dp_trainer *trainer_of(const dp_train *t)
{
    dp_trainer *a;
    dp_error e = {0};
    if (dp_trainer_new(&a, t, 1, &e)) fail_msg("%s", e.text);
    return a;
}
static double apart(const double *a, const double *b, size_t n, double *top)
{
    double most = 0;
    *top = 0;
    for (size_t i = 0; i < n; i++) most = fmax(most, isnan(a[i] - b[i]) ? INFINITY : fabs(a[i] - b[i])), *top = fmax(*top, fabs(b[i]));
    return most;
}

/* ---- another program's trace ---- */

static void near(const dp_npz *z, const char *name, size_t row, const double *got, size_t n)
{
    dp_array a;
    dp_error e;
    double top;
    assert_int_equal(dp_npz_array(&a, z, name, &e), DP_OK);
    const double off = apart(got, a.data + row * n, n, &top);
    if (!(off <= 1e-13 * top)) print_message("%s of step %zu: off by %g of %g\n", name, row, off, top);
    assert_true(off <= 1e-13 * top);
    dp_array_clear(&a);
}

/* Initial weights, noise and data of the trace become files beside a case of this process. */
static void extract(const dp_npz *z, const char *name, const char *file, const char *prefix, const dp_trainer *a)
{
    dp_output o;
    dp_error e;
    assert_int_equal(dp_output_open(&o, file, &e), DP_OK);
    dp_npz_writer *to = a ? dp_npz_begin(o.f) : NULL;
    char layer[64];
    size_t in, out;
    for (int k = 0; a ? dp_trainer_layer(layer, &in, &out, a, k / 2) : k < 1; k++) {
        dp_array x;
        char *member = a ? dp_format("%s%s.%s", prefix, layer, k % 2 ? "bias" : "weight") : dp_strdup(name);
        assert_int_equal(dp_npz_array(&x, z, member, &e), DP_OK);
        dp_npy y = {.descr = "<f8", .itemsize = 8, .ndim = x.ndim, .data = x.data};
        memcpy(y.shape, x.shape, sizeof x.shape);
        if (a) assert_int_equal(dp_npz_add(to, member + strlen(prefix), &y, &e), DP_OK);
        else dp_npy_write(o.f, &y);
        dp_array_clear(&x), free(member);
    }
    if (a) dp_npz_end(to);
    assert_int_equal(dp_output_close(&o, &e), DP_OK);
}

#define SIZES "batch: 16, data_batch: 20, precision: double, "
#define SHAPE SIZES "drift: {name: mean-shift, gamma: 0.5}, generator: {width: 6, depth: 2, noise: 3}, optimiser: {lr: 1e-2}"
#define SHAPE_ADAMW SIZES "drift: {name: sinkhorn, iterations: 2, gamma: 0.5}, generator: {network: mlp, activation: tanh, width: 6, depth: 3, noise: 3}, optimiser: {method: adamw, lr: 1e-2, betas: [0.8, 0.95], weight_decay: 0.1}, loss: mean"
static void trace_of(const char *file, const char *shape, void **folder)
{
    char *start = dp_format("%s/start.npz", (char *) *folder), *noise = dp_format("%s/noise.npy", (char *) *folder), *data = dp_format("%s/data.npy", (char *) *folder);
    dp_npz *z;
    dp_error e = {0};
    assert_int_equal(dp_npz_read(&z, file, &e), DP_OK);
    dp_train *t = read_case("{atoms: [{at: [0, 0]}]}", shape);
    dp_trainer *a = trainer_of(t);
    extract(z, NULL, start, "start.", a), extract(z, "noise", noise, "", NULL), extract(z, "data", data, "", NULL);
    dp_trainer_free(a), dp_train_free(t);
    char *keys = dp_format("%s, parameters: \"%s\", noise_file: \"%s\", data_file: \"%s\"", shape, start, noise, data);
    t = read_case("{atoms: [{at: [0, 0]}]}", keys), a = trainer_of(t);
    const size_t size = dp_trainer_size(a);
    double *w = malloc(sizeof *w * size), loss, rms;
    for (size_t step = 0; step <= 10; step++) {
        static const struct { const char *name; dp_state state; } kept[] = {{"weights", DP_STATE_WEIGHTS}, {"exp_avg", DP_STATE_FIRST}, {"exp_avg_sq", DP_STATE_SECOND}};
        for (int k = 0; k < 3; k++) dp_trainer_get(w, a, kept[k].state), near(z, kept[k].name, step, w, size);
        if (step == 10) break;
        assert_int_equal(dp_trainer_gradient(&loss, &rms, a, &e), DP_OK);
        dp_trainer_get(w, a, DP_STATE_GRADIENT);
        near(z, "gradient", step, w, size), near(z, "loss", step, &loss, 1), near(z, "v", step, a->v, 32);
        dp_trainer_update(a);
    }
    dp_trainer_free(a), dp_train_free(t), dp_npz_free(z);
    free(w), free(start), free(noise), free(data), free(keys);
}

static void trace_of_numpy(void **folder) { trace_of("tests/training/trace.npz", SHAPE, folder); }
static void trace_of_pytorch(void **folder) { trace_of("tests/training/torch.npz", SHAPE, folder), trace_of("tests/training/torch-adamw.npz", SHAPE_ADAMW, folder); }

/* ---- the loss ---- */

/* Its gradient along a random direction against differences of c sum |x(w') - x(w) - gamma V(x(w))|^2, V held fixed, or not. */
static void slopes_of_the_loss(void **unused)
{
    (void) unused;
    static const char *const keys[] = {"drift: {name: sinkhorn, iterations: 5, gamma: 2}", "drift: {name: mmd, stop_gradient: false, gamma: 3/2}, loss: mean", "drift: {name: mean-shift, stop_gradient: false}",
                                       "drift: {name: da2}, loss: mean"};
    for (int k = 0; k < 4; k++) {
        char *all = dp_format("%s, precision: double, batch: 24, generator: {width: 11, depth: 1}", keys[k]);
        dp_train *t = read_case("{dataset: {name: circles, n: 10}}", all);
        dp_trainer *a = trainer_of(t);
        dp_error e = {0};
        const size_t size = dp_trainer_size(a), n = 48;
        double *w = malloc(sizeof *w * size), *g = malloc(sizeof *g * size), *u = malloc(sizeof *u * size), x[48], x0[48], v[48], loss, rms, other, dot = 0, slope = 0;
        const double h = 1e-5, c = 1 / (t->loss ? 48.0 : 24.0);
        assert_int_equal(dp_trainer_gradient(&loss, &rms, a, &e), DP_OK);
        memcpy(x0, a->x, sizeof x0), memcpy(v, a->v, sizeof v);
        dp_trainer_get(w, a, DP_STATE_WEIGHTS), dp_trainer_get(g, a, DP_STATE_GRADIENT);
        dp_stream_normal(u, size, 5, 0);
        for (size_t i = 0; i < size; i++) dot += u[i] * g[i];
        for (int side = -1; side <= 1; side += 2) {
            for (size_t i = 0; i < size; i++) g[i] = w[i] + side * h * u[i];
            dp_trainer_set(a, DP_STATE_WEIGHTS, g);
            assert_int_equal(dp_trainer_gradient(&other, &rms, a, &e), DP_OK);
            memcpy(x, a->x, sizeof x);
            double sum = 0;
            for (size_t i = 0; i < n; i++) sum += (x[i] - x0[i] - t->gamma * v[i]) * (x[i] - x0[i] - t->gamma * v[i]);
            slope += side * (t->differentiate ? other : c * sum) / 2 / h;
        }
        double held = 0;
        for (size_t i = 0; i < n; i++) held += c * t->gamma * t->gamma * v[i] * v[i];
        assert_true(fabs(held - loss) <= 1e-14 * loss);
        assert_true(fabs(slope - dot) <= 1e-6 * fabs(dot));
        dp_trainer_free(a), dp_train_free(t);
        free(w), free(g), free(u), free(all);
    }
}

/* (47): with V of an energy's flow the gradient is 2 gamma dF/dtheta; with mean-shift and the smoothed KL it is not. */
static void surrogate_gradients(void **unused)
{
    (void) unused;
    static const struct { const char *drift, *energy; int holds; } pair[] = {{"mmd", "mmd2", 1}, {"sinkhorn, iterations: converged", "sinkhorn", 1}, {"sliced-wasserstein, directions_drawn: once", "sliced", 1}, {"mean-shift", "smoothed-kl", 0}};
    for (int k = 0; k < 4; k++) {
        char *all = dp_format("drift: {name: %s}, precision: double, batch: 15, generator: {width: 8, depth: 1}", pair[k].drift);
        dp_train *t = read_case("{dataset: {name: moons, n: 10}}", all);
        dp_trainer *a = trainer_of(t);
        dp_error e = {0};
        const size_t size = dp_trainer_size(a);
        double *w = malloc(sizeof *w * size), *g = malloc(sizeof *g * size), *u = malloc(sizeof *u * size), loss, rms, value, dot = 0, slope = 0;
        const double h = 1e-5;
        assert_int_equal(dp_trainer_gradient(&loss, &rms, a, &e), DP_OK);
        dp_trainer_get(w, a, DP_STATE_WEIGHTS), dp_trainer_get(g, a, DP_STATE_GRADIENT);
        dp_stream_normal(u, size, 6, 0);
        for (size_t i = 0; i < size; i++) dot += u[i] * g[i];
        for (int side = -1; side <= 1; side += 2) {
            for (size_t i = 0; i < size; i++) g[i] = w[i] + side * h * u[i];
            dp_trainer_set(a, DP_STATE_WEIGHTS, g);
            dp_trainer_generate(a->x, a, a->z, 15);
            assert_int_equal(dp_trainer_energy(&value, a, pair[k].energy, &e), DP_OK);
            slope += side * value / 2 / h;
        }
        assert_int_equal(fabs(dot - 2 * slope) <= 1e-5 * fabs(dot), pair[k].holds);
        dp_trainer_free(a), dp_train_free(t);
        free(w), free(g), free(u), free(all);
    }
}

/* The critic's velocity is -n times the derivative of its dual by the samples; a trained one is near the difference of scores. */
static void critics(void **unused)
{
    (void) unused;
    static const char *const divergence[] = {"kl", "js", "chi2", "kale, regularisation: 1/10"};
    for (int k = 0; k < 4; k++) {
        char *keys = dp_format("drift: {name: fgan}, critic: {divergence: %s, width: 7, depth: %d}, precision: double, batch: 9, data_batch: 5, generator: {width: 4, depth: 1}", divergence[k], k % 3);
        dp_train *t = read_case("{dataset: {name: moons, n: 10}}", keys);
        dp_trainer *a = trainer_of(t);
        dp_error e = {0};
        double x[18], v[18], other[18], y[10], up, down, value;
        dp_stream_normal(x, 18, 8, 0), dp_stream_normal(y, 10, 9, 0);
        assert_int_equal(dp_critic_velocity(v, &value, a->critic, x, y, 2, &e), DP_OK);
        for (int i = 0; i < 18; i++) {
            const double at = x[i], h = 1e-5;
            x[i] = at + h, assert_int_equal(dp_critic_velocity(other, &up, a->critic, x, y, 2, &e), DP_OK);
            x[i] = at - h, assert_int_equal(dp_critic_velocity(other, &down, a->critic, x, y, 2, &e), DP_OK);
            x[i] = at;
            assert_true(fabs(v[i] + 9 * (up - down) / 2 / h) <= 1e-9);
        }
        assert_int_equal(a->critic->updates, 3);
        dp_trainer_free(a), dp_train_free(t), free(keys);
    }
    enum { N = 600 };
    static const double truth[] = {0.5, 0, 1.71828182845904524};
    for (int k = 0; k < 3; k += 2) { /* q standard normal, p moved by 1 along the first axis */
        char *keys = dp_format("drift: {name: fgan}, critic: {divergence: %s, width: 16, depth: 1, lr: 1e-2}, batch: 600, generator: {width: 4, depth: 1}", divergence[k]);
        dp_train *t = read_case("{dataset: {name: moons, n: 10}}", keys);
        dp_trainer *a = trainer_of(t);
        dp_error e = {0};
        double x[2 * N], y[2 * N], v[2 * N], value, dual = 0, mean = 0;
        for (slong step = 0; step < 700; step++) {
            dp_stream_normal(x, 2 * N, 10, (ulong) (step * 2 * N)), dp_stream_normal(y, 2 * N, 11, (ulong) (step * 2 * N));
            for (int i = 0; i < N; i++) y[2 * i]++;
            assert_int_equal(dp_critic_velocity(v, &value, a->critic, x, y, step, &e), DP_OK);
            if (step >= 600) dual += value / 100;
        }
        for (int i = 0; i < N; i++) mean += v[2 * i] / N;
        assert_true(fabs(dual - truth[k]) < 0.15 * truth[k]);
        if (k == 0) assert_true(fabs(mean - 1) < 0.15); /* grad log p - grad log q */
        dp_trainer_free(a), dp_train_free(t), free(keys);
    }
}

/* ---- the field ---- */

static void fields_are_summed_and_scheduled(void **unused)
{
    (void) unused;
    dp_train *t = read_case("{dataset: {name: moons, n: 10}}", "drift: {name: mean-shift, bandwidths: [1/2, 2], normalise: rms}, precision: double, batch: 30, steps: 100, schedule: {bandwidth: geometric, to: 1/4}");
    dp_train_field f;
    dp_error e = {0};
    double x[60], y[60], v[60], want[60] = {0}, top;
    dp_stream_normal(x, 60, 1, 0), dp_stream_normal(y, 60, 2, 0);
    dp_train_field_init(&f, t, 1, 1);
    assert_int_equal(dp_train_velocity(v, &f, x, 30, y, 30, 50, &e), DP_OK); /* half way: half the bandwidth */
    for (int k = 0; k < 2; k++) {
        double one[60], sum = 0;
        dp_drifted out = {.v = one};
        dp_kernel_part part = {.family = DP_KERNEL_GAUSSIAN};
        fmpq_init(&part.weight), fmpq_init(&part.bandwidth);
        fmpq_one(&part.weight), fmpq_set_si(&part.bandwidth, 1, k ? 1 : 4);
        const dp_sample s = {.n = 30, .m = 30, .d = 2, .x = x, .y = y, .nparts = 1, .part = &part, .iterations = -1, .tolerance = -1, .threads = 1};
        assert_int_equal(dp_drift_sample(&out, "mean-shift", &s, &e), DP_OK);
        for (int i = 0; i < 60; i++) sum += one[i] * one[i];
        for (int i = 0; i < 60; i++) want[i] += one[i] / sqrt(sum / 60);
        fmpq_clear(&part.weight), fmpq_clear(&part.bandwidth);
    }
    assert_true(apart(v, want, 60, &top) <= 1e-13 * top);
    dp_train_field_clear(&f), dp_train_free(t);
    static const struct { const char *how; double first, half, last, after; } ways[] = {{"constant", 1, 1, 1, 1}, {"linear", 1, 0.75, 0.5, 0.5}, {"cosine", 1, 0.75, 0.5, 0.5}, {"geometric", 1, 0.70710678118654752, 0.5, 0.5}};
    for (int k = 0; k < 4; k++) {
        char *keys = dp_format("drift: {name: mmd}, steps: 90, schedule: {bandwidth: %s, to: 1/2, over: 40}", ways[k].how);
        t = read_case("{dataset: {name: moons, n: 10}}", keys);
        assert_true(dp_train_factor(t, 0) == ways[k].first && fabs(dp_train_factor(t, 20) - ways[k].half) < 1e-15 && fabs(dp_train_factor(t, 40) - ways[k].last) < 1e-15 && dp_train_factor(t, 80) == ways[k].after);
        dp_train_free(t), free(keys);
    }
}

/* ---- batches ---- */

static void batches(void **unused)
{
    (void) unused;
    static const char *const how[] = {"batches: fresh", "batches: fixed", "batches: full, data: points", "standardise: true"};
    for (int k = 0; k < 4; k++) {
        char *keys = dp_format("drift: {name: mmd}, batch: 500, %s", how[k]);
        dp_train *t = read_case("{dataset: {name: pinwheel, n: 700, seed: 3}}", keys);
        dp_trainer *a = trainer_of(t);
        const size_t m = dp_trainer_data(a);
        double *z = malloc(sizeof *z * 2000), *z2 = z + 1000, *y = malloc(sizeof *y * 4 * m), *y2 = y + 2 * m;
        assert_int_equal(m, k == 2 ? 700 : 500);
        dp_trainer_batch(z, y, a, 3), dp_trainer_batch(z2, y2, a, 4);
        assert_int_equal(!memcmp(z, z2, sizeof *z * 1000), k == 1);
        assert_int_equal(!memcmp(y, y2, sizeof *y * 2 * m), k == 1 || k == 2);
        if (k == 2) assert_memory_equal(y, t->P->p->data, sizeof *y * 2 * m);
        for (int c = 0; c < 2 && k == 3; c++) {
            double sum = 0, square = 0;
            for (size_t i = 0; i < m; i++) sum += y[2 * i + (size_t) c], square += y[2 * i + (size_t) c] * y[2 * i + (size_t) c];
            assert_true(fabs(sum / 500) < 5 / sqrt(500) && fabs(square / 500 - 1) < 0.3);
        }
        dp_trainer_free(a), dp_train_free(t);
        free(z), free(y), free(keys);
    }
}

/* Weights, means and covariances of many draws. */
static void draws_of_mixtures(void **unused)
{
    (void) unused;
    enum { N = 40000 };
    dp_train *t = read_case("{mixture: [{weight: 1/4, mean: [-9, 0], covariance: [[1, 1/2], [1/2, 2]]}, {weight: 3/4, mean: [9, 1], covariance: 1/4}]}", "drift: {name: mmd}");
    dp_draws *d;
    dp_error e;
    double *x = malloc(sizeof *x * 2 * N), sum[2][6] = {{0}};
    assert_int_equal(dp_draws_new(&d, t->P->p, 1, &e), DP_OK);
    dp_draws_points(x, d, 12, 0, N);
    for (int i = 0; i < N; i++) {
        double *s = sum[x[2 * i] > 0], a = x[2 * i] - (x[2 * i] > 0 ? 9 : -9), b = x[2 * i + 1] - (x[2 * i] > 0 ? 1 : 0);
        s[0]++, s[1] += a, s[2] += b, s[3] += a * a, s[4] += a * b, s[5] += b * b;
    }
    assert_true(fabs(sum[0][0] / N - 0.25) < 5 * sqrt(0.25 * 0.75 / N));
    for (int k = 0; k < 2; k++) {
        const double n = sum[k][0], cov[3] = {k ? 0.25 : 1, k ? 0 : 0.5, k ? 0.25 : 2};
        for (int c = 1; c < 3; c++) assert_true(fabs(sum[k][c] / n) < 5 * sqrt(cov[2 * c - 2] / n));
        for (int c = 0; c < 3; c++) assert_true(fabs(sum[k][3 + c] / n - cov[c]) < 5 * sqrt(2 * cov[0] * cov[2] / n) + 1e-3);
    }
    double again[20];
    dp_draws_points(again, d, 12, 100, 10);
    assert_memory_equal(again, x + 200, sizeof again);
    dp_draws_free(d), dp_train_free(t), free(x);
}

/* ---- metrics ---- */

static void mmd_of_metrics(void **unused)
{
    (void) unused;
    enum { N = 90 };
    double x[2 * N], y[2 * N], u, v, want;
    dp_error e;
    dp_kernel_part part = {.family = DP_KERNEL_GAUSSIAN};
    fmpq_init(&part.weight), fmpq_init(&part.bandwidth);
    fmpq_one(&part.weight), fmpq_set_si(&part.bandwidth, 3, 4);
    dp_stream_normal(x, 2 * N, 3, 0), dp_stream_normal(y, 2 * N, 4, 0);
    assert_int_equal(dp_train_mmd2(&u, &v, x, y, N, 2, 0.75, 1, &e), DP_OK);
    for (int k = 0; k < 2; k++) {
        const dp_sample s = {.n = N, .m = N, .d = 2, .x = x, .y = y, .nparts = 1, .part = &part, .leave_out = k, .threads = 1};
        assert_int_equal(dp_energy_sample(&want, NULL, &s, "mmd2", &e), DP_OK);
        assert_true(fabs(2 * want - (k ? u : v)) < 1e-14);
    }
    fmpq_clear(&part.weight), fmpq_clear(&part.bandwidth);
    const double four[8] = {0, 0, 3, 4, 0, 1, 0, 3}; /* distances 1 2 3 3.16 4.24 5 */
    assert_true(dp_train_median(four, 4, 2) == 3);
}

/* ---- runs ---- */

static volatile sig_atomic_t enough;
static void count(void *to, const dp_train_result *now) { enough = now->step >= *(const slong *) to; }

static void same_file(const char *folder, const char *a, const char *b, const char *name)
{
    size_t n, m;
    dp_error e = {0};
    char *p = dp_format("%s/%s/%s", folder, a, name), *q = dp_format("%s/%s/%s", folder, b, name), *one = dp_file_read(p, &n, &e), *two = dp_file_read(q, &m, &e);
    assert_true(one && two);
    if (n != m || memcmp(one, two, n)) print_message("%s and %s differ\n", p, q);
    assert_true(n == m && !memcmp(one, two, n));
    free(p), free(q), free(one), free(two);
}

#define RUN "drift: {name: %s}, generator: {width: 9, depth: 1}, batch: 20, steps: 60, precision: %s, record: {history: 7, samples: 25, checkpoint: 10, energies: [mmd2]}, evaluation: {every: 30, n: 40, transport: 20}"
static void interrupted_runs(void **folder)
{
    static const char *const drift[] = {"sliced-wasserstein", "mean-shift", "fgan"}, *const files[] = {"run.yaml", "history.csv", "result.json", "parameters.npz", "samples-25.npy", "samples-60.npy", "data.npy"};
    for (int k = 0; k < 3; k++) {
        char *keys = dp_format(RUN, drift[k], k == 1 ? "double" : "single"), *one = dp_format("%s/one-%d", (char *) *folder, k), *two = dp_format("%s/two-%d", (char *) *folder, k);
        dp_train *t = read_case("{dataset: {name: eight-gaussians, n: 50}}", keys);
        dp_train_result r, s;
        dp_error e = {0};
        assert_int_equal(dp_train_run(&r, t, &(dp_train_options){.folder = one, .threads = 1}, &e), DP_OK);
        assert_true(r.finished && r.step == 60 && r.evaluated == 60 && r.nmodes == 8 && isfinite(r.mmd2_u + r.w2 + r.energy + r.loss) && isnan(r.sinkhorn));
        for (slong stop = 13; stop < 60; stop += 13) {
            enough = 0;
            const dp_train_options o = {.folder = two, .resume = 1, .threads = 2, .stop = &enough, .progress = count, .to = &stop};
            assert_int_equal(dp_train_run(&s, t, &o, &e), DP_EINTERRUPTED);
            if (stop != 26) continue; /* as after a kill: lines behind the checkpoint, the last one unfinished */
            char *path = dp_format("%s/history.csv", two);
            FILE *f = fopen(path, "a");
            fputs("28,1,2,3,,,,,,4,,,,,,,,\n35,0.12", f), fclose(f), free(path);
        }
        assert_int_equal(dp_train_run(&s, t, &(dp_train_options){.folder = two, .resume = 1, .threads = 2}, &e), DP_OK);
        char *a = dp_format("one-%d", k), *b = dp_format("two-%d", k);
        for (size_t i = 0; i < sizeof files / sizeof *files; i++) same_file(*folder, a, b, files[i]);
        assert_int_equal(dp_train_run(&s, t, &(dp_train_options){.folder = two, .threads = 1}, &e), DP_EINPUT);
        assert_int_equal(dp_train_run(&s, t, &(dp_train_options){.folder = two, .resume = 1, .threads = 1}, &e), DP_OK); /* finished: the result again */
        assert_true(s.finished && s.mmd2_u == r.mmd2_u && s.loss == r.loss);
        dp_train_free(t), t = read_case("{dataset: {name: eight-gaussians, n: 51}}", keys);
        assert_int_equal(dp_train_run(&s, t, &(dp_train_options){.folder = two, .resume = 1, .threads = 1}, &e), DP_EINPUT);
        dp_train_free(t), free(keys), free(one), free(two), free(a), free(b);
    }
}

static void divergence_is_told(void **unused)
{
    (void) unused;
    dp_train *t = read_case("{dataset: {name: moons, n: 50}}", "drift: {name: mmd}, optimiser: {method: sgd, lr: 1e12}, generator: {width: 9, depth: 1}, batch: 20, steps: 60, evaluation: {n: 40, transport: 0}");
    dp_train_result r;
    dp_error e = {0};
    assert_int_equal(dp_train_run(&r, t, &(dp_train_options){.threads = 1}, &e), DP_OK);
    assert_true(r.diverged && !r.finished && r.step < 60 && r.evaluated == 0 && isnan(r.loss));
    dp_train_free(t);
}

/* The complete text of a case says the same case; wrong cases are refused with their place. */
static void cases_are_checked(void **unused)
{
    (void) unused;
    static const char *const wrong[][2] = {
        {"drift: {name: mean-shift, gama: 1}", "did you mean 'gamma'"}, {"drift: {}", "missing key 'name'"}, {"drift: {name: fgan}, critic: {divergence: kale}", "greater than 0"}, {"drift: {name: kl}", "not defined on samples"},
        {"drift: {name: kale}", "regularisation"}, {"drift: {name: sinkhorn, stop_gradient: false}", "no derivative"}, {"drift: {name: mmd}, batch: 0", "whole number from 1"},
        {"drift: {name: mmd}, optimiser: {lr: 0}", "greater than 0"}, {"drift: {name: mmd}, optimiser: {betas: [1, 1/2]}", "below 1"}, {"drift: {name: mmd}, batches: full", "all points of p"},
        {"drift: {name: mmd}, record: {energies: [mmd3]}", "functional of samples"}, {"drift: {name: mmd}, optimiser: {nesterov: true}", "momentum"}, {"drift: {name: mmd}, precision: half", "single"},
        {"drift: {name: sliced-wasserstein, bandwidths: [1, 2]}", "no bandwidth"}};
    dp_train *t = read_case("{dataset: {name: moons, n: 50}}", "drift: {name: mmd, bandwidths: [1/3]}, seed: 4"), *again;
    dp_error e = {0};
    assert_int_equal(dp_train_parse(&again, t->P->path, t->P->text, NULL, 0, &e), DP_OK);
    assert_string_equal(t->P->text, again->P->text);
    assert_true(again->seed == 4 && again->nbandwidths == 1 && again->iterations == 100 && again->lr == 1e-3 && again->beta[1] == 0.999);
    dp_train_free(t), dp_train_free(again);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char *text = dp_format("dimension: 2\np: {dataset: {name: moons, n: 50}}\nkernel: {bandwidth: 1}\ntrain: {%s}\n", wrong[i][0]);
        assert_int_equal(dp_train_parse(&t, "case.yaml", text, NULL, 0, &e), DP_EINPUT);
        if (!strstr(e.text, wrong[i][1]) || strncmp(e.text, "case.yaml:4:", 12)) print_message("%s\n", e.text);
        assert_true(strstr(e.text, wrong[i][1]) && !strncmp(e.text, "case.yaml:4:", 12));
        free(text);
    }
}

static int make_folder(void **folder)
{
    const char *tmp = getenv("TMPDIR");
    *folder = dp_format("%s/t-train-XXXXXX", tmp ? tmp : "/tmp");
    return mkdtemp(*folder) == NULL;
}
static int drop_folder(void **folder)
{
    char *command = dp_format("rm -rf '%s'", (char *) *folder);
    const int status = system(command);
    free(command), free(*folder);
    return status;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(trace_of_numpy), cmocka_unit_test(trace_of_pytorch), cmocka_unit_test(slopes_of_the_loss), cmocka_unit_test(surrogate_gradients), cmocka_unit_test(critics), cmocka_unit_test(fields_are_summed_and_scheduled),
                                       cmocka_unit_test(batches), cmocka_unit_test(draws_of_mixtures), cmocka_unit_test(mmd_of_metrics), cmocka_unit_test(interrupted_runs), cmocka_unit_test(divergence_is_told),
                                       cmocka_unit_test(cases_are_checked)};
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
