/* SPDX-License-Identifier: GPL-3.0-or-later */
/* training-damping: particles that are moved by the mean shift damp a wave on a flat background at the rate of the closed symbol: velocities of recorded particles in balls, their part along the wave. */
#include "../draws.h"

enum { WAVES = 8 };

/* n particles at rest at equal distances on [0, length], and data there; shape: the wave at rest; of them `seen` from `from` on, whole periods in the middle third, where no border is felt. */
typedef struct { dp_check *c; slong n, from, seen, k; double length, h, *x, *rest, *y, *shape, *v; } line;

/* Sum over those seen of v_i shape_i over that of shape_i^2. */
static void along(arb_t out, const line *s, arb_srcptr v, slong prec)
{
    arb_t w, square;
    arb_init(w), arb_init(square), arb_zero(out);
    for (slong i = 0; i < s->seen; i++) {
        arb_set_d(w, s->shape[s->from + i]);
        arb_addmul(out, v + i, w, prec), arb_addmul(square, w, w, prec);
    }
    arb_div(out, out, square, prec);
    arb_clear(w), arb_clear(square);
}

/* Leaf a_k_t: the size of the wave, exact. */
static void size(const line *s, slong t)
{
    fmpq_t sum, square, a, b;
    arf_t v;
    fmpq_init(sum), fmpq_init(square), fmpq_init(a), fmpq_init(b), arf_init(v);
    for (slong i = s->from; i < s->from + s->seen; i++) {
        arf_set_d(v, s->x[i]), arf_get_fmpq(a, v);
        arf_set_d(v, s->rest[i]), arf_get_fmpq(b, v);
        fmpq_sub(a, a, b);
        arf_set_d(v, s->shape[i]), arf_get_fmpq(b, v);
        fmpq_addmul(sum, a, b), fmpq_addmul(square, b, b);
    }
    fmpq_div(sum, sum, square);
    dp_let_q(s->c, dp_name("a", s->k, t), sum);
    fmpq_clear(sum), fmpq_clear(square), fmpq_clear(a), fmpq_clear(b), arf_clear(v);
}

/* The velocities of those seen: by the definition with matrices, or point by point by the population engine with atoms at the particles. */
static int velocities(arb_ptr v, const line *s, int second)
{
    const dp_sample like = {.iterations = -1};
    const slong digits = dp_check_prec(s->c) * 3 / 10;
    dp_kernel_part part;
    dp_error e = {DP_OK, ""};
    arb_t at;
    dp_field_t f;
    const dp_sample d = second ? dr_sample(&part, dp_check_problem(s->c), &like, s->x, s->n, s->y, s->n, NULL, 0) : dr_sample(&part, dp_check_problem(s->c), &like, s->x + s->from, s->seen, s->y, s->n, s->x, s->n);
    dp_problem *D = second ? dp_sample_case(&d, "mean-shift", &e) : NULL;
    int ok = second ? !!D : !dp_check_failed(s->c, dp_drift_sample_ball(v, "mean-shift", &d, digits, &e), &e);
    arb_init(at), dp_field_init(f, 1);
    for (slong i = 0; i < s->seen && ok && second; i++) {
        arb_set_d(at, s->x[s->from + i]);
        ok = !dp_check_failed(s->c, dp_field_eval(f, D, "mean-shift", at, DP_ENGINE_CLOSED, 4 * digits + 40, NULL, &e), &e);
        if (ok) arb_set(v + i, f->velocity);
    }
    if (second && !D) dp_check_failed(s->c, e.status, &e);
    if (D) dp_problem_free(D);
    dr_part_clear(&part), arb_clear(at), dp_field_clear(f);
    return ok;
}

/* Leaves a_k_t and c_k_t of the particles as they stand, and the relation between them. */
static void look(const line *s, slong t, double wave)
{
    const long k = (long) s->k, at = (long) t;
    arb_ptr v = _arb_vec_init(s->seen);
    arb_t part;
    arb_init(part);
    size(s, t);
    int ok = velocities(v, s, 0);
    along(part, s, v, dp_check_prec(s->c) + 60);
    const double measured = arf_get_d(arb_midref(part), ARF_RND_NEAR);
    if (ok) dp_let(s->c, dp_name("c", k, at), part, "matrices");
    ok = ok && velocities(v, s, 1);
    along(part, s, v, dp_check_prec(s->c) + 60);
    if (ok) {
        dp_let_second(s->c, dp_name("c", k, at), part, "population");
        char *label = dp_format("xi h = %.3g, step %ld: velocity along the wave %.6g", wave, at, measured), *text = dp_format("abs(c_%ld_%ld + symbol_%ld*a_%ld_%ld) < within*symbol_%ld*a_%ld_%ld", k, at, k, k, at, k, k, at);
        dp_assert(s->c, label, text);
        free(label), free(text);
    }
    _arb_vec_clear(v, s->seen), arb_clear(part);
}

static int step(const line *s, double eta)
{
    const dp_sample like = {.iterations = -1};
    dp_error e = {DP_OK, ""};
    if (dp_check_failed(s->c, dr_drift(s->v, dp_check_problem(s->c), "mean-shift", &like, s->x, s->n, s->y, s->n, NULL, 0, &e), &e)) return 0;
    for (slong i = 0; i < s->n; i++) s->x[i] += eta * s->v[i];
    return 1;
}

/* One wave: at the start, after all steps, and what all steps make of its size. */
static void one_wave(line *s, double wave, slong steps)
{
    const double xi = wave / s->h, periods = floor(s->length / 3 * xi / 6.283185307179586), space = s->length / (double) s->n;
    s->from = s->n / 3, s->seen = (slong) floor(periods * 6.283185307179586 / xi / space + 0.5);
    if (periods < 1) {
        dp_give_up(s->c, DP_EINPUT, "no whole period of xi h = %.3g in the middle third: more lengths", wave);
        return;
    }
    for (slong i = 0; i < s->n; i++) s->rest[i] = s->y[i] = s->length * ((double) i + 0.5) / (double) s->n, s->shape[i] = sin(xi * s->rest[i]), s->x[i] = s->rest[i] + 0.001 * s->h * s->shape[i];
    look(s, 0, wave);
    for (slong t = 0; t < steps && !dp_check_stopped(s->c); t++) step(s, 0.1);
    if (dp_check_stopped(s->c) || !steps) return;
    look(s, steps, wave);
    const long k = (long) s->k, T = (long) steps;
    char *text = dp_format("abs(a_%ld_%ld - a_%ld_0*(1 - symbol_%ld/10)^%ld) < within*symbol_%ld*a_%ld_0*%ld/10", k, T, k, k, T, k, k, T), *label = dp_format("xi h = %.3g: the wave after %ld steps", wave, T);
    if (!dp_check_stopped(s->c)) dp_assert(s->c, label, text);
    free(text), free(label);
}

/* symbol_k, of xi h = wave_k. */
static void symbol(dp_check *c, slong k, const fmpq_t wave)
{
    const long n = (long) k;
    const char *form = dp_check_twin(c, "frequency") ? "wave_%ld^2" : dp_check_problem(c)->kernel == DP_KERNEL_GAUSSIAN ? "wave_%ld^2*exp(-wave_%ld^2/2)" : "2*wave_%ld^2/(1 + wave_%ld^2)^2";
    char *text = dp_format(form, n, n);
    dp_let_q(c, dp_name("wave", k, -1), wave);
    dp_def(c, dp_name("symbol", k, -1), text);
    free(text);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *waves = dp_check_param(c, "waves"), *within = dp_check_param(c, "within");
    const slong per = dr_integer(c, "per", 4), lengths = dr_integer(c, "lengths", 30), steps = dr_integer(c, "steps", 5);
    if (P->dim != 1 || (P->kernel != DP_KERNEL_GAUSSIAN && P->kernel != DP_KERNEL_LAPLACE) || !waves || waves->cols > WAVES || !within || per < 2 || lengths < 15 || steps < 0) {
        dp_give_up(c, DP_EINPUT, "needs the line, the Gaussian or the Laplace kernel, up to %d waves, 'within', 2 particles or more to a bandwidth and 15 bandwidths or more", WAVES);
        return;
    }
    const double h = dp_nearest_d(P->bandwidth);
    const slong n = per * lengths;
    double *room = dp_malloc(5 * (size_t) n * sizeof *room);
    line s = {.c = c, .n = n, .length = (double) lengths * h, .h = h, .x = room, .rest = room + n, .y = room + 2 * n, .shape = room + 3 * n, .v = room + 4 * n};
    dp_let_q(c, "within", within->value);
    for (; s.k < waves->cols && !dp_check_stopped(c); s.k++) {
        symbol(c, s.k, waves->value + s.k);
        one_wave(&s, dp_nearest_d(waves->value + s.k), steps);
    }
    free(room);
}

static const dp_param_spec params[] = {
    {"waves", DP_PARAM_VECTOR, NULL, "values of xi h, above 0"},
    {"within", DP_PARAM_RATIONAL, NULL, "by what part of the symbol the rate may differ from it"},
    {"per", DP_PARAM_INTEGER, NULL, "particles to a bandwidth; default 4"},
    {"lengths", DP_PARAM_INTEGER, NULL, "bandwidths of the background; default 30"},
    {"steps", DP_PARAM_INTEGER, NULL, "Euler steps of size 1/10; default 5"},
    {0}};
static const char *const twins[] = {"frequency", NULL};
DP_CLAIM(training_damping) = {
    .id = "training-damping",
    .title = "Particles moved by the mean shift damp waves at the rate of the symbol",
    .equations = "(14), (16)",
    .kind = "INEQ",
    .source = "Turan and Ovsjanikov 2603.09936 (spectral damping); the symbols: claim damping-symbols",
    .method = "Equidistant particles with a small wave as exact doubles; their velocities in balls by two engines, before and after Euler steps; the part along the wave against the closed symbol.",
    .params = params, .twins = twins, .run = run};
