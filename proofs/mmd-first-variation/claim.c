/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Half MMD^2: the norm (48)-(49), its first variation (50) and the velocity (51)-(52). */
#include <string.h>
#include "driftproof.h"

/* Appends to fresh text. */
static void add(char **text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(char **text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *piece = dp_vformat(format, args), *longer = dp_format("%s%s", *text, piece);
    va_end(args);
    free(*text), free(piece);
    *text = longer;
}

/* chi as a measure-like list; weights in *weights, places in *places. Returns 0 after telling the check. */
static int read_chi(dp_check *c, const dp_param **weights, const dp_param **places)
{
    fmpq_t mass;
    fmpq_init(mass);
    *weights = dp_check_param(c, "weights");
    *places = dp_check_param(c, "places");
    int ok = *weights != NULL && *places != NULL && (*weights)->cols == (*places)->rows;
    for (slong l = 0; ok && l < (*weights)->cols; l++)
        fmpq_add(mass, mass, (*weights)->value + l);
    ok = ok && fmpq_is_zero(mass);
    if (!ok)
        dp_give_up(c, DP_EINPUT, "parameters weights and places are needed: as many weights, of sum 0, as places");
    fmpq_clear(mass);
    return ok;
}

/* rho = q + s chi - p (p and q exchanged when sabotaged) */
static void difference(dp_signed_t rho, const dp_problem *P, const dp_param *weights, const dp_param *places, slong s, slong extra)
{
    slong d = P->dim, n = P->q->n, m = weights == NULL ? 0 : weights->cols;
    fmpq_t c;
    fmpq_init(c);
    fmpq_one(c);
    dp_signed_init(rho, P->dim, n + P->p->n + m + extra);
    dp_signed_put(rho, 0, P->q, c);
    fmpq_neg(c, c);
    dp_signed_put(rho, n, P->p, c);
    n += P->p->n;
    fmpq_set_si(c, s, 1);
    for (slong l = 0; l < m; l++) {
        fmpq_mul(rho->weight + n + l, c, weights->value + l);
        for (slong k = 0; k < d; k++)
            fmpq_set(rho->mean + (n + l) * d + k, places->value + l * d + k);
    }
    fmpq_clear(c);
}

static void let_energy(dp_check *c, const char *name, const dp_param *weights, const dp_param *places, slong s)
{
    const dp_problem *P = dp_check_problem(c);
    dp_signed_t rho;
    arb_t v;
    dp_error e = {DP_OK, ""};
    arb_init(v);
    difference(rho, P, weights, places, s, 0);
    if (!dp_check_failed(c, dp_mmd2_half(v, NULL, rho, P->kernel, P->bandwidth, dp_check_prec(c), &e), &e))
        dp_let(c, name, v, "double-sum");
    dp_signed_clear(rho);
    arb_clear(v);
}

/* Leaves Zp_<stem>l, Zq_<stem>l at a place given by dim rationals. */
static void let_blurs(dp_check *c, const dp_problem *D, const char *stem, slong l, const fmpq *place)
{
    dp_moments_t m;
    dp_error e = {DP_OK, ""};
    arb_ptr x = _arb_vec_init(D->dim);
    dp_moments_init(m, D->dim);
    for (int k = 0; k < D->dim; k++)
        arb_set_fmpq(x + k, place + k, dp_check_prec(c));
    for (int which = DP_OF_P; which <= DP_OF_Q; which++) {
        char *name = dp_format("Z%c_%s", which == DP_OF_P ? 'p' : 'q', stem);
        dp_status status = dp_moments_eval(m, D, (dp_which) which, x, DP_ENGINE_AUTO, dp_check_prec(c), dp_check_workspace(c), &e);
        if (!dp_check_failed(c, status, &e))
            dp_let(c, dp_name(name, l, -1), m->Z->v, dp_engine_name(m->used));
        free(name);
    }
    dp_moments_clear(m);
    _arb_vec_clear(x, D->dim);
}

/* (50): the derivative along chi, exact because F is quadratic. */
static void first_variation(dp_check *c, const dp_param *weights, const dp_param *places)
{
    const dp_problem *P = dp_check_problem(c);
    dp_problem *D = dp_problem_copy(P);
    if (dp_check_twin(c, "swapped"))
        dp_problem_swap(D);
    let_energy(c, "F_plus", weights, places, 1);
    let_energy(c, "F_minus", weights, places, -1);
    for (slong l = 0; l < weights->cols && !dp_check_stopped(c); l++) {
        dp_let_q(c, dp_name("c", l, -1), weights->value + l);
        let_blurs(c, D, "c", l, places->value + l * P->dim);
    }
    char *variation = dp_sum_text(weights->cols, "c_#*(Zq_c_# - Zp_c_#)");
    dp_def(c, "variation", variation);
    dp_assert(c, "(50): derivative of half MMD^2 along chi", "(F_plus - F_minus)/2 == factor*variation");
    free(variation);
    dp_problem_free(D);
}

/* ---- exact formulas for atoms ---- */

/* k between named points: exp(-((a_0 - b_0)^2 + ...)/(2*h2)) */
static void add_kernel(char **text, int d, const char *a, const char *b)
{
    add(text, "exp(-(");
    for (int k = 0; k < d; k++)
        add(text, "%s(%s_%d - %s_%d)^2", k == 0 ? "" : " + ", a, k, b, k);
    add(text, ")/(2*h2))");
}

/* Leaves for the atoms of mu: <stem>j_k positions, w<stem>j weights. */
static void let_atoms(dp_check *c, const char *stem, const dp_measure_t mu)
{
    for (slong j = 0; j < mu->n; j++) {
        char *place = dp_format("%s%ld", stem, (long) j), *weight = dp_format("w%s%ld", stem, (long) j);
        dp_let_q(c, weight, DP_WEIGHT(mu, j));
        for (int k = 0; k < mu->dim; k++)
            dp_let_q(c, dp_name(place, k, -1), DP_MEAN(mu, j, k));
        free(place);
        free(weight);
    }
}

/* "+ w<a>i*w<b>j*k(a i, b j)" over all pairs, with a sign */
static void add_pairs(char **text, int d, const char *sign, const char *a, slong n, const char *b, slong m)
{
    for (slong i = 0; i < n; i++)
        for (slong j = 0; j < m; j++) {
            char x[32], y[32];
            snprintf(x, sizeof x, "%s%ld", a, (long) i);
            snprintf(y, sizeof y, "%s%ld", b, (long) j);
            add(text, " %s w%s*w%s*", sign, x, y);
            add_kernel(text, d, x, y);
        }
}

/* (48)-(49): the norm, the witness that attains it, and a test function that does not. */
static void norms(dp_check *c, const dp_param *weights, const dp_param *places)
{
    const dp_problem *P = dp_check_problem(c);
    slong n = P->q->n, m = P->p->n, L = weights->cols;
    int d = P->dim;
    char *norm2 = dp_strdup("0"), *size2 = dp_strdup("0"), *test = dp_strdup("0"), *witness;
    for (slong l = 0; l < L; l++) {
        char *place = dp_format("z%ld", (long) l), *weight = dp_format("wz%ld", (long) l);
        dp_let_q(c, weight, weights->value + l);
        for (int k = 0; k < d; k++)
            dp_let_q(c, dp_name(place, k, -1), places->value + l * d + k);
        free(place);
        free(weight);
    }
    add_pairs(&norm2, d, "+", "y", m, "y", m);
    add_pairs(&norm2, d, "-2*", "y", m, "x", n);
    add_pairs(&norm2, d, "+", "x", n, "x", n);
    add_pairs(&size2, d, "+", "z", L, "z", L);
    add_pairs(&test, d, "+", "z", L, "y", m);
    add_pairs(&test, d, "-", "z", L, "x", n);
    dp_def(c, "norm2", norm2);
    dp_def(c, "size2", size2);
    dp_def(c, "test", test);
    for (slong j = 0; j < m; j++)
        let_blurs(c, P, "y", j, DP_MEAN(P->p, j, 0));
    for (slong i = 0; i < n; i++)
        let_blurs(c, P, "x", i, DP_MEAN(P->q, i, 0));
    char *up = dp_sum_text(m, "wy#*(Zp_y_# - Zq_y_#)"), *down = dp_sum_text(n, "wx#*(Zp_x_# - Zq_x_#)");
    witness = dp_format("%s - %s", up, down);
    dp_def(c, "witness", witness);
    dp_assert(c, "(48) = (49): the supremum is attained", "norm2 == factor*witness");
    dp_assert(c, "(48): Cauchy-Schwarz for a test function", "test^2 < norm2*size2");
    free(norm2);
    free(size2);
    free(test);
    free(up);
    free(down);
    free(witness);
}

/* (52): sum_j w_j (y_j - x)_i k/h^2 - sum_j w_j (x_j - x)_i k/h^2 */
static void assert_52(dp_check *c, const dp_point *at, int i)
{
    const dp_problem *P = at->P;
    const struct { const char *stem, *sign; slong n; } side[2] = {{"y", "+", P->p->n}, {"x", "-", P->q->n}};
    char *text = dp_format("@V_%d == factor*(0", i), here[40];
    snprintf(here, sizeof here, "@x");
    for (int s = 0; s < 2; s++)
        for (slong j = 0; j < side[s].n; j++) {
            char there[32];
            snprintf(there, sizeof there, "%s%ld", side[s].stem, (long) j);
            add(&text, " %s w%s*(%s_%d - @x_%d)*", side[s].sign, there, there, i, i);
            add_kernel(&text, at->dim, there, here);
        }
    add(&text, ")/h2");
    dp_assert_at(c, at, i, -1, "(52): velocity as a sum", text);
    free(text);
}

/* (51): velocity against the rate of F when unit mass at x starts to move. */
static void at_point(dp_check *c, const dp_point *at, void *data)
{
    const dp_problem *P = at->P;
    slong d = at->dim, n = P->q->n + P->p->n;
    dp_problem *D = dp_problem_copy(P);
    int atoms = *(int *) data;
    if (dp_check_twin(c, "swapped"))
        dp_problem_swap(D);
    int ok = dp_let_velocity(c, at, "V", D, "mmd", at->x, DP_ENGINE_AUTO, dp_check_workspace(c));
    for (int i = 0; i < d && ok; i++) {
        dp_signed_t rho;
        arb_t v;
        dp_error e = {DP_OK, ""};
        char *stem = dp_format("%sslope", at->prefix);
        arb_init(v);
        difference(rho, P, NULL, NULL, 0, 1);
        fmpq_one(rho->weight + n);
        for (slong k = 0; k < d; k++)
            fmpq_set(rho->mean + n * d + k, at->q + k);
        arb_one(rho->dot + n * d + i);
        ok = !dp_check_failed(c, dp_mmd2_half(NULL, v, rho, P->kernel, P->bandwidth, dp_check_prec(c), &e), &e);
        dp_let(c, dp_name(stem, i, -1), v, "dual-numbers");
        dp_assert_at(c, at, i, -1, "(51): velocity and moved mass", "@V_# == -factor*@slope_#");
        if (atoms)
            assert_52(c, at, i);
        dp_signed_clear(rho);
        arb_clear(v);
        free(stem);
    }
    dp_problem_free(D);
}

static void let_factor(dp_check *c)
{
    fmpq_t factor;
    fmpq_init(factor);
    fmpq_set_si(factor, dp_check_twin(c, "sign") ? -1 : dp_check_twin(c, "not-half") ? 2 : 1, 1);
    if (dp_check_twin(c, "constant"))
        dp_spoil_for(c, factor);
    dp_let_q(c, "factor", factor);
    fmpq_clear(factor);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *weights, *places;
    fmpq_t one;
    int atoms = P->p->family == DP_ATOMS && P->q->family == DP_ATOMS;
    if (P->kernel != DP_KERNEL_GAUSSIAN || P->p->family > DP_MIXTURE || P->q->family > DP_MIXTURE) {
        dp_give_up(c, DP_EINPUT, "this check is about atoms or Gaussian mixtures and the Gaussian kernel");
        return;
    }
    if (!read_chi(c, &weights, &places))
        return;
    fmpq_init(one);
    fmpq_one(one);
    let_factor(c);
    dp_let_power(c, "h2", one, P->bandwidth, 2);
    first_variation(c, weights, places);
    if (atoms) {
        let_atoms(c, "y", P->p);
        let_atoms(c, "x", P->q);
        norms(c, weights, places);
    }
    dp_each_point(c, at_point, &atoms);
    fmpq_clear(one);
}

static const dp_param_spec params[] = {
    DP_PARAM_AT,
    {"weights", DP_PARAM_VECTOR, NULL, "weights of the direction chi, of sum 0; required"},
    {"places", DP_PARAM_POINTS, NULL, "where the atoms of chi are, one for each weight; required"},
    {0}};
static const char *const twins[] = {"sign", "constant", "not-half", "swapped", NULL};
DP_CLAIM(mmd_first_variation) = {
    .id = "mmd-first-variation",
    .title = "Half MMD^2: norm, witness, first variation and velocity",
    .equations = "(48), (49), (50), (51), (52)",
    .kind = "EQ",
    .source = "Gretton et al. 2605.05118, (48)-(52)",
    .method = "The energy is quadratic, so its symmetric difference along chi is exact; double sums over all pairs of components on one side, kernel "
              "moments and the drift mmd on the other; for atoms the formulas stand in the certificate with exact data.",
    .params = params, .twins = twins, .run = run};
