/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-estimated-kinks.c: kernels with a kink in double precision against integrals by GSL with closed forms of k*p and k*q, and against an independent program in the plane. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_errno.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_sf_bessel.h>
#include <gsl/gsl_sf_erf.h>

#include "drift/estimated.h"

enum { PARTS = 2, NODES = 41, ROOM = 4000 };
typedef struct { double w[PARTS], m[PARTS], v[PARTS]; } law;
typedef struct { law p, q; double h, x; int what; } line;

static dp_gridfield *field(int dim, const char *text, const char *drift, const slong *n, const char *const *ends, slong digits, unsigned quantities)
{
    dp_mesh_t mesh;
    dp_gridfield *f = NULL;
    dp_problem *P = NULL;
    dp_error e = {0};
    fmpq *a = _fmpq_vec_init(3), *b = _fmpq_vec_init(3);
    if (dp_problem_parse(&P, "tests/kinks.yaml", text, NULL, 0, NULL, &e)) print_error("%s\n", e.text);
    assert_non_null(P);
    for (int k = 0; k < dim; k++) dp_fmpq_set_text(a + k, ends[2 * k]), dp_fmpq_set_text(b + k, ends[2 * k + 1]);
    dp_mesh_init(mesh, dim, n, a, b);
    if (dp_gridfield_eval(&f, P, drift, mesh, quantities, digits, DP_TIER_DOUBLE, 2, &e)) print_error("%s: %s\n", drift, e.text);
    dp_mesh_clear(mesh), _fmpq_vec_clear(a, 3), _fmpq_vec_clear(b, 3), dp_problem_free(P);
    assert_non_null(f);
    return f;
}

/* ---- on the line ---- */

/* log of exp(a) erfc(b) summed over both sides of |y - u|: int exp(-|y - u|/h) N(u; m, v) du. */
static double log_part(double y, double m, double v, double h)
{
    const double t = y - m, s = sqrt(v), l = v / (2 * h * h) - t / h + gsl_sf_log_erfc((s / h - t / s) / M_SQRT2), r = v / (2 * h * h) + t / h + gsl_sf_log_erfc((s / h + t / s) / M_SQRT2);
    return fmax(l, r) + log1p(exp(-fabs(l - r))) - M_LN2;
}

static double log_smooth(const law *a, double y, double h)
{
    double most = -INFINITY, l[PARTS], sum = 0;
    for (int j = 0; j < PARTS; j++) l[j] = log(a->w[j]) + log_part(y, a->m[j], a->v[j], h), most = fmax(most, l[j]);
    for (int j = 0; j < PARTS; j++) sum += exp(l[j] - most);
    return most + log(sum);
}

static double density(const law *a, double y)
{
    double sum = 0;
    for (int j = 0; j < PARTS; j++) sum += a->w[j] * exp(-(y - a->m[j]) * (y - a->m[j]) / (2 * a->v[j])) / sqrt(2 * M_PI * a->v[j]);
    return sum;
}

enum { RATIO_SLOPE, PT, PT_SHIFT, QT, QT_SHIFT, P52, P52_SHIFT, P52_SHARP, Q52, Q52_SHIFT, Q52_SHARP };

/* exp(-z) (1 + z + z^2/3), z = sqrt(5) r/h, and its primitive int_r^inf s k(s) ds. */
static double matern52(double r, double h) { const double z = sqrt(5) * r / h; return exp(-z) * (1 + z + z * z / 3); }
static double sharp52(double r, double h) { const double z = sqrt(5) * r / h; return h * h / 5 * exp(-z) * (5 + 5 * z + 2 * z * z + z * z * z / 3); }

static double integrand(double y, void *argument)
{
    const line *o = argument;
    const double t = y - o->x, k = exp(-fabs(t) / o->h);
    switch (o->what) {
    case RATIO_SLOPE: return k / o->h * (t > 0 ? 1 : -1) / (2 * o->h) * (log_smooth(&o->p, y, o->h) - log_smooth(&o->q, y, o->h));
    case PT: case PT_SHIFT: return (o->what == PT ? 1 : t) * density(&o->p, y) * exp(-fabs(t) / o->h - log_smooth(&o->q, y, o->h) / 2);
    case QT: case QT_SHIFT: return (o->what == QT ? 1 : t) * density(&o->q, y) * exp(-fabs(t) / o->h - log_smooth(&o->q, y, o->h) / 2);
    case P52: case Q52: return matern52(fabs(t), o->h) * density(o->what == P52 ? &o->p : &o->q, y);
    case P52_SHIFT: case Q52_SHIFT: return t * matern52(fabs(t), o->h) * density(o->what == P52_SHIFT ? &o->p : &o->q, y);
    default: return sharp52(fabs(t), o->h) * density(o->what == P52_SHARP ? &o->p : &o->q, y);
    }
}

static double integral(line *o, int what, double reach)
{
    gsl_integration_workspace *w = gsl_integration_workspace_alloc(ROOM);
    gsl_function f = {integrand, o};
    double points[3] = {o->x - reach, o->x, o->x + reach}, value, error;
    o->what = what;
    gsl_integration_qagp(&f, points, 3, 1e-14, 1e-12, ROOM, w, &value, &error); /* near 0 it complains of roundoff: its error says how much */
    assert_true(error <= 1e-13 + 1e-11 * fabs(value));
    gsl_integration_workspace_free(w);
    return value;
}

/* V of smoothed-kl, of the proxy at o->x. */
static double truth(line *o, const char *drift)
{
    const double reach = 34 * o->h;
    if (!strcmp(drift, "smoothed-kl"))
        return integral(o, RATIO_SLOPE, reach);
    const double zp = integral(o, PT, 2 * reach), dp = integral(o, PT_SHIFT, 2 * reach), zq = integral(o, QT, 2 * reach), dq = integral(o, QT_SHIFT, 2 * reach);
    return exp(log(zq) + log(zp) - (log_smooth(&o->p, o->x, o->h) + log_smooth(&o->q, o->x, o->h)) / 2) * (dp / zp - dq / zq);
}

/* Narrow, as wide as the data, wide: all nodes of a mesh within the stated error, ten digits stated. */
static void laplace_on_the_line(void **state)
{
    (void) state;
    static const char *const drifts[] = {"smoothed-kl", "sinkhorn-proxy"}, *const widths[] = {"1/12", "1/2", "4"}, *const ends[] = {"-3", "3"};
    static const double width[] = {1.0 / 12, 0.5, 4};
    static const char text[] = "dimension: 1\np: {mixture: [{weight: 1/3, mean: [-1], covariance: 1/2}, {weight: 2/3, mean: [3/4], covariance: 5/16}]}\n"
                               "q: {mixture: [{weight: 2/5, mean: [-1/2], covariance: 3/4}, {weight: 3/5, mean: [1], covariance: 1/3}]}\nkernel: {family: laplace, bandwidth: %s}\n";
    line o = {{{1.0 / 3, 2.0 / 3}, {-1, 0.75}, {0.5, 0.3125}}, {{0.4, 0.6}, {-0.5, 1}, {0.75, 1.0 / 3}}, 0, 0, 0};
    const slong n = NODES;
    for (int d = 0; d < 2; d++)
        for (int w = 0; w < 3; w++) {
            char *case_text = dp_format(text, widths[w]);
            dp_gridfield *f = field(1, case_text, drifts[d], &n, ends, 10, DP_Q_VELOCITY | DP_Q_JACOBIAN);
            const dp_grid_values *v = dp_gridfield_find(f, DP_Q_VELOCITY), *J = dp_gridfield_find(f, DP_Q_JACOBIAN);
            o.h = width[w];
            for (slong i = 1; i < NODES; i += 6) {
                o.x = -3 + 6.0 * (double) i / (NODES - 1);
                const double want = truth(&o, drifts[d]), slack = 1e-11 * fabs(want) + 3e-14;
                if (!(fabs(v->mid[i] - want) <= v->rad[i] + slack)) print_error("%s h = %s x = %g: %.16g +- %.2g, not %.16g\n", drifts[d], widths[w], o.x, v->mid[i], v->rad[i], want);
                assert_true(fabs(v->mid[i] - want) <= v->rad[i] + slack);
                assert_true(v->rad[i] <= 1e-9 * fabs(v->mid[i]) + 1e-13);
                const double e = 1e-3 * o.h; /* a difference of the truth is near the Jacobian */
                o.x += e;
                const double above = truth(&o, drifts[d]);
                o.x -= 2 * e;
                assert_true(fabs((above - truth(&o, drifts[d])) / (2 * e) - J->mid[i]) <= J->rad[i] + 1e-4 * (fabs(J->mid[i]) + fabs(want) / o.h) + 1e-9);
            }
            dp_gridfield_free(f), free(case_text);
        }
}

/* The highest moments that are carried from node to node. */
static void matern_on_the_line(void **state)
{
    (void) state;
    static const char *const ends[] = {"-3", "3"}, text[] = "dimension: 1\np: {mixture: [{weight: 1/3, mean: [-1], covariance: 1/2}, {weight: 2/3, mean: [3/4], covariance: 5/16}]}\n"
        "q: {mixture: [{weight: 2/5, mean: [-1/2], covariance: 3/4}, {weight: 3/5, mean: [1], covariance: 1/3}]}\nkernel: {family: matern52, bandwidth: 2/3}\n";
    line o = {{{1.0 / 3, 2.0 / 3}, {-1, 0.75}, {0.5, 0.3125}}, {{0.4, 0.6}, {-0.5, 1}, {0.75, 1.0 / 3}}, 2.0 / 3, 0, 0};
    const slong n = NODES;
    dp_gridfield *f = field(1, text, "mean-shift", &n, ends, 10, DP_Q_VELOCITY), *g = field(1, text, "sharp", &n, ends, 10, DP_Q_VELOCITY);
    const dp_grid_values *v = dp_gridfield_find(f, DP_Q_VELOCITY), *s = dp_gridfield_find(g, DP_Q_VELOCITY);
    for (slong i = 0; i < NODES; i += 5) {
        o.x = -3 + 6.0 * (double) i / (NODES - 1);
        const double dp = integral(&o, P52_SHIFT, 14), dq = integral(&o, Q52_SHIFT, 14), shift = dp / integral(&o, P52, 14) - dq / integral(&o, Q52, 14);
        const double sharp = dp / integral(&o, P52_SHARP, 14) - dq / integral(&o, Q52_SHARP, 14);
        assert_true(fabs(v->mid[i] - shift) <= v->rad[i] + 1e-11 && v->rad[i] < 1e-11);
        assert_true(fabs(s->mid[i] - sharp) <= s->rad[i] + 1e-11 && s->rad[i] < 1e-11);
    }
    dp_gridfield_free(f), dp_gridfield_free(g);
}

/* kappa*log((k*p)/(k*q)) for two atoms a, b: (|z - b| - |z - a|)/h smoothed, whose slope is (F(x - b) - F(x - a))/h with F(t) = sign(t) (1 - exp(-|t|/h)). */
static void two_atoms(void **state)
{
    (void) state;
    static const char *const ends[] = {"-1", "2"};
    const slong n = 31;
    const double h = 0.25, a = 1.0 / 3, b = -0.5;
    dp_gridfield *f = field(1, "dimension: 1\np: {atoms: [{at: 1/3}]}\nq: {atoms: [{at: -1/2}]}\nkernel: {family: laplace, bandwidth: 1/4}\n", "smoothed-kl", &n, ends, 10, DP_Q_VELOCITY | DP_Q_JACOBIAN);
    const dp_grid_values *v = dp_gridfield_find(f, DP_Q_VELOCITY), *J = dp_gridfield_find(f, DP_Q_JACOBIAN);
    for (slong i = 0; i < n; i++) {
        const double x = -1 + 0.1 * (double) i, A = fabs(x - a) / h, B = fabs(x - b) / h;
        const double want = (copysign(-expm1(-B), x - b) - copysign(-expm1(-A), x - a)) / h, slope = (exp(-B) - exp(-A)) / (h * h);
        assert_true(fabs(v->mid[i] - want) <= v->rad[i] + 1e-14 && v->rad[i] < 1e-10);
        assert_true(fabs(J->mid[i] - slope) <= J->rad[i] + 1e-13 && J->rad[i] < 1e-8);
    }
    dp_gridfield_free(f);
}

/* ---- in the plane ---- */

/* Velocities at two nodes by a program of its own: scale mixtures for k*p and k*q, Gauss-Legendre in polar coordinates for the second smoothing. */
static void smoothed_in_the_plane(void **state)
{
    (void) state;
    static const struct { const char *kernel; double at[2][2], useful; } cases[] = {
        {"family: laplace, bandwidth: 1/2", {{-0.30529038, -0.38194267}, {-0.12652195, -0.17874369}}, 1e-4},
        {"family: matern32, bandwidth: 1/2", {{-0.42166484, -0.53162482}, {-0.20252313, -0.22966476}}, 1e-4},
        {"family: sum, parts: [{bandwidth: 1/2, weight: 1/3}, {family: matern52, bandwidth: 3/4, weight: 2}]", {{-0.27619135, -0.3392205}, {-0.09182653, -0.20894681}}, 1e-5},
        {"family: sum, parts: [{bandwidth: 1/2, weight: 1/3}, {bandwidth: 3/4, weight: 2}]", {{-0.3267659, -0.40117757}, {-0.11288282, -0.26199656}}, 1e-5}};
    static const char *const ends[] = {"-2", "2", "-1", "2"};
    const slong n[2] = {21, 17}, node[2] = {10 * 21 + 15, 20};
    for (int i = 0; i < 4; i++) {
        char *text = dp_format("dimension: 2\np: {mixture: [{weight: 1/2, mean: [0, 1], covariance: [[1/2, 1/8], [1/8, 1/3]]}, {weight: 1/2, mean: [1, 0], covariance: 1/4}]}\n"
                               "q: {mixture: [{weight: 1/4, mean: [0, 0], covariance: 1/2}, {weight: 3/4, mean: [1, 1], covariance: [[1/3, -1/9], [-1/9, 1/2]]}]}\nkernel: {%s}\n", cases[i].kernel);
        dp_gridfield *f = field(2, text, "smoothed-kl", n, ends, 4, DP_Q_VELOCITY);
        const dp_grid_values *v = dp_gridfield_find(f, DP_Q_VELOCITY);
        for (int k = 0; k < 4; k++) {
            const slong at = 2 * node[k / 2] + k % 2;
            if (!(fabs(v->mid[at] - cases[i].at[k / 2][k % 2]) <= v->rad[at] + 6e-9)) print_error("%s: %.12g +- %.2g\n", cases[i].kernel, v->mid[at], v->rad[at]);
            assert_true(fabs(v->mid[at] - cases[i].at[k / 2][k % 2]) <= v->rad[at] + 6e-9 && v->rad[at] < cases[i].useful);
        }
        dp_gridfield_free(f), free(text);
    }
}

/* exp(-r/h), (1 + z) exp(-z) with z = sqrt(3) r/h or (1 + r^2/h^2)^(-1/2) against N(m, v I) in the plane at distance D: over circles of radius r, where the angle's integral is a Bessel function. */
typedef struct { double h, v, D; int matern, moment; } circles;

static double on_circle(double r, void *argument)
{
    const circles *c = argument;
    const double z = c->matern ? sqrt(3) * r / c->h : r / c->h, k = c->matern == 2 ? 1 / hypot(1, r / c->h) : (c->matern ? 1 + z : 1) * exp(-z), t = r * c->D / c->v;
    const double I = c->moment ? r * gsl_sf_bessel_I1_scaled(t) : gsl_sf_bessel_I0_scaled(t); /* without exp(t) */
    return k * r / c->v * exp(-(r - c->D) * (r - c->D) / (2 * c->v)) * I;
}

/* The mean shift towards m, as a factor of (m - x). */
static double towards(circles c)
{
    gsl_integration_workspace *w = gsl_integration_workspace_alloc(ROOM);
    double sum[2] = {0, 0}, slip;
    for (c.moment = 0; c.moment < 2; c.moment++) {
        const gsl_function f = {on_circle, &c};
        double from = 0;
        for (int i = 0; i <= 40; i++) { /* pieces short enough for the narrowest scale, out to where both factors are gone */
            const double to = from + (c.h < 0.1 && i < 20 ? 3 * c.h : 0.4 + c.D / 16);
            double part;
            gsl_integration_qag(&f, from, to, 0, 1e-13, ROOM, GSL_INTEG_GAUSS61, w, &part, &slip);
            sum[c.moment] += part, from = to;
        }
    }
    gsl_integration_workspace_free(w);
    return sum[1] / sum[0] / c.D;
}

/* Mixtures under kernels with a kink and the inverse multiquadric, from the bulk to the far tails: relative digits everywhere, and bounds that hold. */
static void tails_in_the_plane(void **state)
{
    (void) state;
    const slong n[2] = {9, 7};
    const char *const ends[4] = {"-6", "13/2", "-4", "9/2"};
    static const struct { const char *kernel; double h; int matern; } with[] = {
        {"{family: laplace, bandwidth: 1/40}", 1.0 / 40, 0}, {"{family: laplace, bandwidth: 1/2}", 0.5, 0}, {"{family: laplace, bandwidth: 12}", 12, 0}, {"{family: matern32, bandwidth: 1/3}", 1.0 / 3, 1},
        {"{family: imq, bandwidth: 1/25}", 1.0 / 25, 2}, {"{family: imq, bandwidth: 3}", 3, 2}};
    gsl_set_error_handler_off();
    for (int k = 0; k < 6; k++) {
        char *text = dp_format("dimension: 2\np: {mixture: [{weight: 1, mean: [1, 0], covariance: 1/2}]}\nq: {mixture: [{weight: 1, mean: [0, 1/2], covariance: 1/3}]}\nkernel: %s\n", with[k].kernel);
        dp_gridfield *f = field(2, text, "mean-shift", n, ends, 12, DP_Q_VELOCITY);
        const dp_grid_values *v = dp_gridfield_find(f, DP_Q_VELOCITY);
        for (slong node = 0; node < n[0] * n[1]; node++) {
            const double x = -6 + 12.5 / 8 * (double) (node % n[0]), y = -4 + 8.5 / 6 * (double) (node / n[0]);
            const double p = towards((circles) {with[k].h, 0.5, hypot(x - 1, y), with[k].matern, 0}), q = towards((circles) {with[k].h, 1.0 / 3, hypot(x, y - 0.5), with[k].matern, 0});
            const double V[2] = {p * (1 - x) - q * (0 - x), p * (0 - y) - q * (0.5 - y)}, size = fabs(p) * hypot(x - 1, y) + fabs(q) * hypot(x, y - 0.5);
            for (int c = 0; c < 2; c++) {
                assert_true(fabs(v->mid[2 * node + c] - V[c]) <= v->rad[2 * node + c] + 3e-12 * size); /* the oracle has some twelve digits */
                assert_true(v->rad[2 * node + c] <= 1e-9 * size);
            }
        }
        dp_gridfield_free(f), free(text);
    }
}

/* So far from so narrow a mixture a kernel takes thousands of Gaussians: all quantities are there, and nodes mirror each other. */
static void many_widths(void **state)
{
    (void) state;
    const slong n[3] = {2, 2, 2};
    const char *const ends[6] = {"-4", "4", "-4", "4", "-4", "4"};
    dp_gridfield *f = field(3, "dimension: 3\np: {mixture: [{weight: 1, mean: [1/8, 0, 0], covariance: 1/400}]}\nq: {mixture: [{weight: 1/2, mean: [1/4, 0, 0], covariance: 1/400}, {weight: 1/2, mean: [-1/4, 0, 0], covariance: 1/400}]}\n"
                               "kernel: {family: laplace, bandwidth: 1/100}\n", "mean-shift", n, ends, 8, DP_Q_VELOCITY | DP_Q_JACOBIAN);
    const dp_grid_values *v = dp_gridfield_find(f, DP_Q_VELOCITY), *J = dp_gridfield_find(f, DP_Q_JACOBIAN);
    for (slong i = 0; i < 24; i++) { /* a reflection at the plane x_2 = 0 turns V_2 and leaves the others */
        const slong node = i / 3, other = node ^ 2;
        assert_true(isfinite(v->rad[i]) && isfinite(J->rad[3 * i]));
        assert_true(v->rad[i] <= 1e-5 * hypot(v->mid[3 * node], hypot(v->mid[3 * node + 1], v->mid[3 * node + 2])));
        assert_true(fabs(v->mid[i] - (i % 3 == 1 ? -1 : 1) * v->mid[3 * other + i % 3]) <= v->rad[i] + v->rad[3 * other + i % 3]);
    }
    dp_gridfield_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(laplace_on_the_line), cmocka_unit_test(matern_on_the_line), cmocka_unit_test(two_atoms), cmocka_unit_test(smoothed_in_the_plane), cmocka_unit_test(tails_in_the_plane), cmocka_unit_test(many_widths)};
    gsl_set_error_handler_off();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
