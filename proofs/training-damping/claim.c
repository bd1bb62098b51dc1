/* SPDX-License-Identifier: GPL-3.0-or-later */
/* training-damping: particles that are moved by a drift damp a wave on a flat background at the rate of the closed symbol: Euler steps on samples, the wave's size fitted at each time. */
#include "../draws.h"

enum { WAVES = 8 };

/* n particles and data at equal distances on [0, length]; the wave has `periods` of them there; only the middle is looked at, where no border is felt. */
typedef struct { dp_check *c; slong n; double length, h; } line;

/* Component of x - rest along sin(xi rest) over whole periods in the middle third. */
static double wave(const line *s, const double *x, const double *rest, double xi)
{
    const double period = 6.283185307179586 / xi, from = s->length / 3, to = from + period * floor(s->length / 3 / period);
    double top = 0, below = 0;
    for (slong i = 0; i < s->n; i++)
        if (rest[i] >= from && rest[i] < to) top += (x[i] - rest[i]) * sin(xi * rest[i]), below += sin(xi * rest[i]) * sin(xi * rest[i]);
    return top / below;
}

/* -log(a(T)/a(0))/T for Euler steps of size eta, made comparable: log of the factor a step is log(1 - eta lambda). 0 after telling. */
static int rate(double *lambda, const line *s, double xi, slong steps, double eta)
{
    const dp_sample like = {.iterations = -1};
    const size_t bytes = (size_t) s->n * sizeof(double);
    double *x = dp_malloc(4 * bytes), *rest = x + s->n, *y = rest + s->n, *v = y + s->n;
    dp_error e = {DP_OK, ""};
    int ok = 1;
    for (slong i = 0; i < s->n; i++) rest[i] = y[i] = s->length * ((double) i + 0.5) / (double) s->n, x[i] = rest[i] + 0.001 * s->h * sin(xi * rest[i]);
    const double first = wave(s, x, rest, xi);
    for (slong t = 0; t < steps && ok; t++) {
        ok = !dp_check_failed(s->c, dr_drift(v, dp_check_problem(s->c), "mean-shift", &like, x, s->n, y, s->n, NULL, 0, &e), &e);
        for (slong i = 0; i < s->n; i++) x[i] += eta * v[i];
    }
    *lambda = (1 - pow(wave(s, x, rest, xi) / first, 1 / (double) steps)) / eta;
    free(x);
    return ok;
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *waves = dp_check_param(c, "waves");
    const slong per = dr_integer(c, "per", 10), lengths = dr_integer(c, "lengths", 60);
    if (P->dim != 1 || (P->kernel != DP_KERNEL_GAUSSIAN && P->kernel != DP_KERNEL_LAPLACE) || !waves || waves->cols > WAVES || per < 4 || lengths < 30) {
        dp_give_up(c, DP_EINPUT, "needs the line, the Gaussian or the Laplace kernel, up to %d waves, 4 particles or more to a bandwidth and 30 bandwidths or more", WAVES);
        return;
    }
    const double h = dp_nearest_d(P->bandwidth);
    const line s = {c, per * lengths, (double) lengths * h, h};
    for (slong k = 0; k < waves->cols && !dp_check_stopped(c); k++) {
        double measured;
        const double t = dp_nearest_d(waves->value + k), symbol = P->kernel == DP_KERNEL_GAUSSIAN ? t * t * exp(-t * t / 2) : 2 * t * t / ((1 + t * t) * (1 + t * t));
        if (!rate(&measured, &s, t / h, dr_integer(c, "steps", 5), 0.1)) break;
        dr_let(c, dp_name("measured", k, -1), measured), dr_let(c, dp_name("symbol", k, -1), dp_check_twin(c, "frequency") ? t * t : symbol);
        char *label = dp_format("rate at xi h = %.3g: measured %.4f, by the symbol: %.4f", t, measured, symbol), *text = dp_format("abs(measured_%ld - symbol_%ld) < symbol_%ld/100", (long) k, (long) k, (long) k);
        dp_assert(c, label, text);
        free(label), free(text);
    }
}

static const dp_param_spec params[] = {
    {"waves", DP_PARAM_VECTOR, NULL, "values of xi h"},
    {"per", DP_PARAM_INTEGER, NULL, "particles to a bandwidth; default 10"},
    {"lengths", DP_PARAM_INTEGER, NULL, "bandwidths of the background; default 60"},
    {"steps", DP_PARAM_INTEGER, NULL, "Euler steps of size 1/10; default 5"},
    {0}};
static const char *const twins[] = {"frequency", NULL};
DP_CLAIM(training_damping) = {
    .id = "training-damping",
    .title = "Particles moved by the mean shift damp waves at the rate of the symbol",
    .equations = "(14), (16)",
    .kind = "RATE",
    .source = "Turan and Ovsjanikov 2603.09936 (spectral damping); the symbols: claim damping-symbols",
    .method = "Equidistant particles with a small wave, Euler steps with the drift of samples, the wave's size in the middle of the line before and after; within 1 % of the closed symbol.",
    .params = params, .twins = twins, .run = run};
