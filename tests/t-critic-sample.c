/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-critic-sample.c: the drift fgan on samples: a small critic by its formula, names and shapes in files, training by a seed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/npy.h"
#include "clouds.h"
#include "train/critic_sample.h"

/* g(z) = o + sum_k b_k tanh(c_k + <w_k, z>), two hidden numbers in the plane. */
typedef struct { double w[4], c[2], b[2], o; } small;

static void put(dp_npz_writer *z, const char *name, const double *data, int ndim, size_t rows, size_t cols)
{
    dp_error e = {0};
    const dp_npy a = {.descr = "<f8", .itemsize = 8, .ndim = ndim, .shape = {rows, cols}, .data = data};
    assert_int_equal(dp_npz_add(z, name, &a, &e), DP_OK);
}

static void store(const char *file, const small *s, const char *first, const char *last)
{
    char name[64];
    FILE *f = fopen(file, "wb");
    assert_non_null(f);
    dp_npz_writer *z = dp_npz_begin(f);
    snprintf(name, sizeof name, "%s.weight", first), put(z, name, s->w, 2, 2, 2);
    snprintf(name, sizeof name, "%s.bias", first), put(z, name, s->c, 1, 2, 1);
    snprintf(name, sizeof name, "%s.weight", last), put(z, name, s->b, 2, 1, 2);
    snprintf(name, sizeof name, "%s.bias", last), put(z, name, &s->o, 1, 1, 1);
    dp_npz_end(z);
    fclose(f);
}

static double critic(double grad[2], const small *s, const double *z)
{
    double g = s->o;
    grad[0] = grad[1] = 0;
    for (int k = 0; k < 2; k++) {
        const double t = tanh(s->c[k] + s->w[2 * k] * z[0] + s->w[2 * k + 1] * z[1]);
        g += s->b[k] * t;
        for (int a = 0; a < 2; a++) grad[a] += s->b[k] * (1 - t * t) * s->w[2 * k + a];
    }
    return g;
}

/* The dual and dF/dq by g, from the table at the head of the critic's file. */
static double expected(double *v, const toy *t, const small *s, int divergence, double lambda)
{
    double q = 0, p = 0, grad[2], norm = s->o * s->o;
    for (int k = 0; k < 4; k++) norm += s->w[k] * s->w[k];
    for (int k = 0; k < 2; k++) norm += s->c[k] * s->c[k] + s->b[k] * s->b[k];
    for (size_t i = 0; i < t->s.n; i++) {
        const double g = critic(grad, s, t->x + 2 * i), sigma = 1 / (1 + exp(-g));
        const double by[] = {1, 1 - sigma, 2, 1 + lambda}, of_q[] = {g, log(sigma), 2 * g, g};
        q += of_q[divergence] / (double) t->s.n;
        for (int a = 0; a < 2; a++) v[2 * i + (size_t) a] = -by[divergence] * grad[a];
    }
    for (size_t j = 0; j < t->s.m; j++) {
        const double g = critic(grad, s, t->y + 2 * j), of_p[] = {-exp(g), log(1 - 1 / (1 + exp(-g))), -g * g, -exp(g)};
        p += of_p[divergence] / (double) t->s.m;
    }
    const double constant[] = {1, log(4), -1, 1};
    return divergence == DP_DIVERGENCE_KALE ? (1 + lambda) * (1 + q + p - lambda / 2 * norm) : constant[divergence] + q + p;
}

static void test_formula(void **unused)
{
    (void) unused;
    static const char *const names[3][2] = {{"critic.hidden.0", "critic.output"}, {"hidden.0", "output"}, {"0", "2"}};
    char file[] = "critic-XXXXXX";
    close(mkstemp(file));
    for (int k = 0; k < 24; k++) {
        toy t;
        dp_error e = {0};
        small s;
        toy_init(&t, 1, 1);
        t.s.d = 2;
        for (int i = 0; i < 4; i++) s.w[i] = gauss();
        for (int i = 0; i < 2; i++) s.c[i] = gauss(), s.b[i] = gauss();
        s.o = gauss();
        store(file, &s, names[k % 3][0], names[k % 3][1]);
        dp_drifted out = {.v = t.v};
        const dp_critic_options o = {.divergence = k % 4, .activation = DP_ACTIVATION_TANH, .lambda = 0.3, .file = file};
        if (dp_critic_sample(&out, &t.s, &o, &e)) fail_msg("%s", e.text);
        const double dual = expected(t.w, &t, &s, k % 4, 0.3);
        close_to(t.v, t.w, 2 * t.s.n, 1e-12);
        assert_true(fabs(out.note[0].value - dual) <= 1e-12 * (1 + fabs(dual)));
        t.s.d = 1;
        assert_int_equal(dp_critic_sample(&out, &t.s, &o, &e), DP_EINPUT);
        assert_non_null(strstr(e.text, "expected the shape (2, 1)"));
        toy_clear(&t);
    }
    unlink(file);
}

/* More steps find more of the divergence; the same seed gives the same bytes, another one others. */
static void test_trained(void **unused)
{
    (void) unused;
    toy t;
    dp_error e = {0};
    toy_init(&t, 1, 1);
    t.s.n = t.s.m = MOST, t.s.d = 2;
    dp_drifted out = {.v = t.v};
    dp_critic_options o = {.divergence = DP_DIVERGENCE_JS, .depth = 2, .width = 16, .steps = 5, .seed = 3, .lr = 1e-3};
    assert_int_equal(dp_critic_sample(&out, &t.s, &o, &e), DP_OK);
    const double early = out.note[0].value;
    memcpy(t.w, t.v, sizeof t.v);
    assert_int_equal(dp_critic_sample(&out, &t.s, &o, &e), DP_OK);
    assert_memory_equal(t.v, t.w, sizeof t.v);
    o.steps = 300;
    assert_int_equal(dp_critic_sample(&out, &t.s, &o, &e), DP_OK);
    assert_true(out.note[0].value > early + 0.05);
    o.steps = 5, o.seed = 4;
    assert_int_equal(dp_critic_sample(&out, &t.s, &o, &e), DP_OK);
    assert_memory_not_equal(t.v, t.w, sizeof(double) * 2 * MOST);
    toy_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_formula), cmocka_unit_test(test_trained)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
