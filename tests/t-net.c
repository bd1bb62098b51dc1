/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-net.c: networks and optimisers: values and gradients against loops written out and against differences, activations against the C library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "train/field.h"
#include "train/net.h"

static unsigned long state = 88172645463325252ul;
static double uniform(void)
{
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return (double) (state >> 11) * 0x1p-53;
}
static double *numbers(size_t n, double scale)
{
    double *v = malloc(sizeof *v * (n + 1));
    for (size_t i = 0; i < n; i++) v[i] = scale * (2 * uniform() - 1);
    return v;
}
static double largest(const double *v, size_t n)
{
    double top = 0;
    for (size_t i = 0; i < n; i++) top = fmax(top, fabs(v[i]));
    return top;
}
static double apart(const double *a, const double *b, size_t n)
{
    double top = 0;
    for (size_t i = 0; i < n; i++) top = fmax(top, isnan(a[i] - b[i]) ? INFINITY : fabs(a[i] - b[i]));
    return top;
}

/* ---- the network in loops ---- */

static double act(double *d, double x, int kind)
{
    const double s = 1 / (1 + exp(-x)), t = tanh(x), p = erfc(-x / sqrt(2)) / 2;
    *d = kind == 0 ? s + x * s / (1 + exp(x)) : kind == 1 ? x > 0 : kind == 2 ? 1 - t * t : p + x * exp(-x * x / 2) / sqrt(2 * acos(-1));
    return kind == 0 ? x * s : kind == 1 ? fmax(x, 0) : kind == 2 ? t : x * p;
}

/* y = W x + b from parameters in their order; then slopes back: g += and dx = . */
static void apply(double *y, const double *w, const double *x, size_t in, size_t out)
{
    for (size_t o = 0; o < out; o++) {
        y[o] = w[in * out + o];
        for (size_t i = 0; i < in; i++) y[o] += w[o * in + i] * x[i];
    }
}
static void back(double *g, double *dx, const double *w, const double *x, const double *dy, size_t in, size_t out)
{
    for (size_t i = 0; i < in; i++) dx[i] = 0;
    for (size_t o = 0; o < out; o++) {
        g[in * out + o] += dy[o];
        for (size_t i = 0; i < in; i++) g[o * in + i] += dy[o] * x[i], dx[i] += w[o * in + i] * dy[o];
    }
}

enum { WIDE = 128 };
/* One point: x = f(z), g += gradient of c.f(z). */
static void one_point(double *x, double *g, const dp_net_shape *s, const double *w, const double *z, const double *c)
{
    static double h[12][WIDE], a[12][WIDE], d[12][WIDE], e[WIDE], t[WIDE], *wl[30];
    const size_t n = (size_t) dp_net_layers(s), b = s->depth, width = s->width;
    size_t at = 0, in, out;
    for (size_t k = 0; k < n; k++) dp_net_layer(&in, &out, s, (int) k), wl[k] = (double *) (uintptr_t) w + at, at += (in + 1) * out;
    const int plain = s->network == DP_NETWORK_MLP;
    if (plain) memcpy(h[0], z, sizeof(double) * s->noise);
    else apply(h[0], wl[0], z, s->noise, width);
    for (size_t k = 0; k < b; k++) {
        const double *first = plain ? wl[k] : wl[1 + 2 * k];
        in = plain && k == 0 ? s->noise : width;
        apply(t, first, h[k], in, width);
        for (size_t i = 0; i < width; i++) a[k][i] = act(d[k] + i, t[i], s->activation);
        if (plain) memcpy(h[k + 1], a[k], sizeof a[k]);
        else {
            apply(t, wl[2 + 2 * k], a[k], width, width);
            for (size_t i = 0; i < width; i++) h[k + 1][i] = h[k][i] + t[i];
        }
    }
    in = plain && b == 0 ? s->noise : width;
    apply(x, wl[n - 1], h[b], in, s->dim);
    back(g + (wl[n - 1] - w), e, wl[n - 1], h[b], c, in, s->dim);
    for (size_t k = b; k-- > 0;) {
        double u[WIDE];
        const size_t first = plain ? k : 1 + 2 * k;
        memcpy(u, e, sizeof u);
        if (!plain) back(g + (wl[first + 1] - w), u, wl[first + 1], a[k], e, width, width);
        for (size_t i = 0; i < width; i++) u[i] *= d[k][i];
        back(g + (wl[first] - w), t, wl[first], h[k], u, plain && k == 0 ? s->noise : width, width);
        for (size_t i = 0; i < width; i++) e[i] = plain ? t[i] : e[i] + t[i];
    }
    if (!plain) back(g, t, wl[0], z, e, s->noise, width);
}

typedef struct { dp_net_shape s; size_t size, n; double *w, *z, *c, *x, *g, *y, *h; } problem;
static problem random_problem(int network, int activation)
{
    problem p = {.s = {network, activation, (size_t) (uniform() * 4), 1 + (size_t) (uniform() * 90), 1 + (size_t) (uniform() * 5), 1 + (size_t) (uniform() * 3), 1 + (size_t) (uniform() * 70)}};
    p.size = dp_net_size(&p.s), p.n = 1 + (size_t) (uniform() * (double) p.s.batch);
    if (p.n > p.s.batch) p.n = p.s.batch;
    p.w = numbers(p.size, 0.5), p.z = numbers(p.n * p.s.noise, 2), p.c = numbers(p.n * p.s.dim, 1);
    p.x = numbers(p.n * p.s.dim, 0), p.y = numbers(p.n * p.s.dim, 0), p.g = numbers(p.size, 0), p.h = numbers(p.size, 0);
    for (size_t i = 0; i < p.n; i++) one_point(p.y + i * p.s.dim, p.h, &p.s, p.w, p.z + i * p.s.noise, p.c + i * p.s.dim);
    return p;
}
static void clear(problem *p) { free(p->w), free(p->z), free(p->c), free(p->x), free(p->g), free(p->y), free(p->h); }

static void run(problem *p, const dp_net_kind *kind)
{
    dp_net *net = kind->make(&p->s);
    kind->set(net, DP_STATE_WEIGHTS, p->w);
    kind->forward(p->x, net, p->z, p->n);
    kind->backward(net, p->c, p->n);
    kind->get(p->g, net, DP_STATE_GRADIENT);
    kind->drop(net);
}

static void values_and_gradients(void **unused)
{
    (void) unused;
    for (int k = 0; k < 40; k++) {
        problem p = random_problem(k % 2, k / 2 % 4);
        run(&p, &dp_f64_net);
        assert_true(apart(p.x, p.y, p.n * p.s.dim) <= 1e-13 * largest(p.y, p.n * p.s.dim));
        assert_true(apart(p.g, p.h, p.size) <= 1e-13 * largest(p.h, p.size));
        run(&p, &dp_f32_net);
        assert_true(apart(p.x, p.y, p.n * p.s.dim) <= 1e-5 * largest(p.y, p.n * p.s.dim));
        if (p.s.activation != DP_ACTIVATION_RELU) assert_true(apart(p.g, p.h, p.size) <= 1e-5 * largest(p.h, p.size));
        clear(&p);
    }
}

/* Along a random direction, by central differences with two steps extrapolated. */
static void gradients_by_differences(void **unused)
{
    (void) unused;
    for (int k = 0; k < 12; k++) {
        problem p = random_problem(k % 2, k / 2 % 3 == 1 ? DP_ACTIVATION_GELU : k / 2 % 3);
        double *u = numbers(p.size, 1), *w = numbers(p.size, 0), *g = numbers(p.size, 0), dot = 0, slope[2];
        run(&p, &dp_f64_net);
        memcpy(g, p.g, sizeof *g * p.size), memcpy(w, p.w, sizeof *w * p.size);
        for (size_t i = 0; i < p.size; i++) dot += g[i] * u[i];
        for (int step = 0; step < 2; step++) {
            const double h = step ? 5e-4 : 1e-3;
            slope[step] = 0;
            for (int side = -1; side <= 1; side += 2) {
                for (size_t i = 0; i < p.size; i++) p.w[i] = w[i] + side * h * u[i];
                run(&p, &dp_f64_net);
                for (size_t i = 0; i < p.n * p.s.dim; i++) slope[step] += side * p.c[i] * p.x[i] / 2 / h;
            }
        }
        assert_true(fabs((4 * slope[1] - slope[0]) / 3 - dot) <= 1e-6 * (fabs(dot) + largest(g, p.size)));
        free(u), free(w), free(g), clear(&p);
    }
}

/* Rows do not see each other, and what a network did before leaves no trace. */
static void batches_do_not_matter(void **unused)
{
    (void) unused;
    problem p = random_problem(0, 0);
    p.s.batch = 64, p.n = 1;
    dp_net *net = dp_f32_net.make(&p.s);
    double *z = numbers(64 * p.s.noise, 2), *x = numbers(64 * p.s.dim, 0), *again = numbers(64 * p.s.dim, 0);
    dp_f32_net.set(net, DP_STATE_WEIGHTS, p.w);
    dp_f32_net.forward(x, net, z, 64);
    for (size_t i = 0; i < 64; i++) dp_f32_net.forward(again + i * p.s.dim, net, z + i * p.s.noise, 1);
    assert_memory_equal(x, again, sizeof *x * 64 * p.s.dim);
    dp_f32_net.drop(net);
    free(z), free(x), free(again), clear(&p);
}

static void activations(void **unused)
{
    (void) unused;
    enum { N = 4096 };
    static double x[N] __attribute__((aligned(64))), y[N] __attribute__((aligned(64))), d[N] __attribute__((aligned(64)));
    for (int kind = 0; kind < 4; kind++) {
        for (int i = 0; i < N; i++) x[i] = (uniform() - 0.5) * pow(10, 6 * uniform() - 3);
        x[0] = 0, x[1] = 1e300, x[2] = -1e300, x[3] = 709, x[4] = -709, x[5] = 40, x[6] = -40, x[7] = 1e-300, x[8] = -1e-20;
        dp_f64_activate(y, d, x, N, kind);
        for (int i = 0; i < N; i++) {
            double slope;
            const double value = act(&slope, x[i], kind), least = fabs(x[i]) < 1 ? 1e-15 * fabs(x[i]) : 1e-15;
            if (kind == 3 && fabs(x[i]) > 1e10) slope = x[i] > 0;
            assert_true(fabs(y[i] - (x[i] < -700 && kind != 2 ? 0 : value)) <= 4e-16 * fabs(value) + least);
            assert_true(fabs(d[i] - slope) <= 2e-15);
        }
    }
}

/* PyTorch's definitions, written down again. */
static void optimisers(void **unused)
{
    (void) unused;
    enum { N = 37 };
    const dp_net_shape s = {DP_NETWORK_MLP, 0, 0, 5, 6, 5, 1}; /* one layer: 6 x 5 + 5 = 35 */
    for (int k = 0; k < 8; k++) {
        dp_step o = {.method = k % 4 % 3, .nesterov = k == 5, .lr = 0.03, .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-3, .decay = k < 4 ? 0.1 : 0, .momentum = k == 2 ? 0 : 0.7, .dampening = k == 5 ? 0 : 0.2};
        dp_net *net = dp_f64_net.make(&s);
        double *w = numbers(N, 1), *m = numbers(N, 0), *v = numbers(N, 0), *got = numbers(N, 0);
        dp_f64_net.set(net, DP_STATE_WEIGHTS, w);
        for (int t = 1; t <= 6; t++) {
            double *g = numbers(N, 1);
            o.t = t;
            dp_f64_net.set(net, DP_STATE_GRADIENT, g), dp_f64_net.update(net, &o);
            for (size_t i = 0; i < dp_net_size(&s); i++) {
                const double x = g[i] + (o.method == DP_METHOD_ADAMW ? 0 : o.decay * w[i]);
                if (o.method == DP_METHOD_SGD) {
                    m[i] = t == 1 ? x : o.momentum * m[i] + (1 - o.dampening) * x;
                    w[i] -= o.lr * (o.momentum == 0 ? x : o.nesterov ? x + o.momentum * m[i] : m[i]);
                    continue;
                }
                if (o.method == DP_METHOD_ADAMW) w[i] -= o.lr * o.decay * w[i];
                m[i] = 0.8 * m[i] + 0.2 * x, v[i] = 0.95 * v[i] + 0.05 * x * x;
                w[i] -= o.lr * (m[i] / (1 - pow(0.8, t))) / (sqrt(v[i] / (1 - pow(0.95, t))) + o.eps);
            }
            free(g);
        }
        dp_f64_net.get(got, net, DP_STATE_WEIGHTS);
        assert_true(apart(got, w, dp_net_size(&s)) <= 1e-14);
        dp_f64_net.drop(net);
        free(w), free(m), free(v), free(got);
    }
}

/* The derivative of V by the particles against differences of V. */
static void derivatives_through_the_drift(void **unused)
{
    (void) unused;
    static const char *const cases[] = {"mean-shift}}", "mmd}}", "mean-shift, bandwidths: [1/2, 1]}}", "mmd, bandwidths: [2, 1/3]}}"};
    for (int k = 0; k < 4; k++) {
        enum { N = 7, M = 9, D = 2 };
        char *text = dp_format("dimension: 2\np: {atoms: [{at: [0, 0]}]}\nkernel: {family: gaussian, bandwidth: 4/5}\ntrain: {precision: double, drift: {stop_gradient: false, name: %s", cases[k]);
        dp_train *t;
        dp_error e;
        dp_train_field f;
        assert_int_equal(dp_train_parse(&t, "t", text, NULL, 0, &e), DP_OK);
        dp_train_field_init(&f, t, 1, 1);
        double *x = numbers(N * D, 1), *y = numbers(M * D, 1), *u = numbers(N * D, 1), g[N * D], v[2][N * D];
        assert_int_equal(dp_train_pull(g, &f, u, x, N, y, M, 0, &e), DP_OK);
        for (int i = 0; i < N * D; i++) {
            const double at = x[i], h = 1e-5;
            double slope = 0;
            x[i] = at + h, assert_int_equal(dp_train_velocity(v[0], &f, x, N, y, M, 0, &e), DP_OK);
            x[i] = at - h, assert_int_equal(dp_train_velocity(v[1], &f, x, N, y, M, 0, &e), DP_OK);
            x[i] = at;
            for (int j = 0; j < N * D; j++) slope += u[j] * (v[0][j] - v[1][j]) / 2 / h;
            assert_true(fabs(slope - g[i]) <= 1e-8 * (1 + largest(g, N * D)));
        }
        dp_train_field_clear(&f), dp_train_free(t);
        free(x), free(y), free(u), free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(values_and_gradients), cmocka_unit_test(gradients_by_differences), cmocka_unit_test(batches_do_not_matter), cmocka_unit_test(activations),
                                       cmocka_unit_test(optimisers), cmocka_unit_test(derivatives_through_the_drift)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
