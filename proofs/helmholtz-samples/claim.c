/* SPDX-License-Identifier: GPL-3.0-or-later */
/* helmholtz-samples: is the drift of samples the gradient of any energy? Its Jacobian in all coordinates, written out, must be symmetric. */
#include "../tangents.h"

/* H<b><t>_i_j: derivative of log k#, the sharp companion. */
static void log_companion(dp_check *c, const sm_t *s, char b, int t)
{
    char *name = dp_format("H%c~_#_$", b), *text = dp_format(s->P->kernel == DP_KERNEL_LAPLACE ? "G%c~_#_$*sqrt(Dx%c_#_$)/(sqrt(Dx%c_#_$) + h)" : "G%c~_#_$", b, b, b);
    tn_pairs(c, s, 'x', b, name, text, t);
    free(name), free(text);
}

/* Mean shift and its derivative: plans P = K/row, dP = P (G - sum P G). */
static void mean_shift(dp_check *c, const sm_t *s, int t)
{
    tn_pairs(c, s, 'x', 'y', "Py~_#_$", "Kxy_#_$/rowxy_#", t), tn_pairs(c, s, 'x', 'x', "Px~_#_$", "Kxx_#_$/rowxx_#", t);
    tn_each(c, s, 'x', "gy~_#", "+y{Py~_#_%*Gy~_#_%}", t), tn_each(c, s, 'x', "gx~_#", "+x{Px~_#_%*Gx~_#_%}", t);
    tn_pairs(c, s, 'x', 'd', "shift~_#_$", "+y{Py~_#_%*(Gy~_#_% - gy~_#)*y_%_$} - +x{Px~_#_%*(Gx~_#_% - gx~_#)*x_%_$ + Px~_#_%*E~_%_$}", t);
}

/* Displacements under K over sums of the companion k# = h (r + h) e^(-r/h), or h^2 K for the Gaussian kernel. */
static void sharp(dp_check *c, const sm_t *s, int t)
{
    for (const char *b = "yx"; *b; b++) {
        char name[32], text[200];
        snprintf(name, sizeof name, "S%c~_#_$", *b), snprintf(text, sizeof text, s->P->kernel == DP_KERNEL_LAPLACE ? "h*(sqrt(Dx%c_#_$) + h)*Kx%c_#_$" : "h^2*Kx%c_#_$", *b, *b);
        tn_pairs(c, s, 'x', *b, name, text, t);
        snprintf(name, sizeof name, "Z%c~_#", *b), snprintf(text, sizeof text, "+%c{S%c~_#_%%}", *b, *b);
        tn_each(c, s, 'x', name, text, t);
        snprintf(name, sizeof name, "z%c~_#", *b), snprintf(text, sizeof text, "+%c{S%c~_#_%%*H%c~_#_%%}/Z%c~_#", *b, *b, *b, *b);
        tn_each(c, s, 'x', name, text, t);
    }
    tn_pairs(c, s, 'x', 'd', "sharp~_#_$",
          "h^2*(+y{Kxy_#_%*((Gy~_#_% - zy~_#)*(y_%_$ - x_#_$) - E~_#_$)}/Zy~_# - +x{Kxx_#_%*((Gx~_#_% - zx~_#)*(x_%_$ - x_#_$) + E~_%_$ - E~_#_$)}/Zx~_#)", t);
}

static void mmd(dp_check *c, const sm_t *s, int t)
{
    tn_pairs(c, s, 'x', 'd', "mmd~_#_$", "+y{Kxy_#_%*(Gy~_#_%*(y_%_$ - x_#_$) - E~_#_$)}/m - +x{Kxx_#_%*(Gx~_#_%*(x_%_$ - x_#_$) + E~_%_$ - E~_#_$)}/n", t);
}

/* Proxy (row sums apart) and DA2 (together): A = K/sqrt(row column), dA = A (G - (drow/row + dcol/col)/2). The mask takes K_ii = 1, whose derivative is 0,
   out of A, rows and columns. */
static void pseudo_plan(dp_check *c, const sm_t *s, const char *stem, int joint, int masked, int t)
{
    char name[32], text[256];
    const char *both = masked ? "(rowxy_# + rowxx_# - 1)" : "(rowxy_# + rowxx_#)", *row[2] = {joint ? both : "rowxy_#", joint ? both : "rowxx_#"};
    const char *drow[2] = {joint ? "(dry~_# + drx~_#)" : "dry~_#", joint ? "(dry~_# + drx~_#)" : "drx~_#"};
    for (int k = 0; k < 2; k++) {
        const char b = k ? 'x' : 'y', *kernel = k && masked ? "Nxx_#_$" : k ? "Kxx_#_$" : "Kxy_#_$", *column = k && masked ? "(colxx_$ - 1)" : k ? "colxx_$" : "colxy_$";
        snprintf(name, sizeof name, "%sA%c~_#_$", stem, b), snprintf(text, sizeof text, "%s/sqrt(%s*%s)", kernel, row[k], column);
        tn_pairs(c, s, 'x', b, name, text, t);
        snprintf(name, sizeof name, "%sB%c~_#_$", stem, b);
        snprintf(text, sizeof text, "%sA%c~_#_$*(G%c~_#_$ - (%s/%s + dc%c~_$/%s)/2)", stem, b, b, drow[k], row[k], b, column);
        tn_pairs(c, s, 'x', b, name, text, t);
    }
    snprintf(name, sizeof name, "%s~_#_$", stem);
    char *whole = dp_format("+x{%sBx~_#_%%}*+y{%sAy~_#_%%*y_%%_$} + +x{%sAx~_#_%%}*+y{%sBy~_#_%%*y_%%_$} - +y{%sBy~_#_%%}*+x{%sAx~_#_%%*x_%%_$}"
                            " - +y{%sAy~_#_%%}*+x{%sBx~_#_%%*x_%%_$ + %sAx~_#_%%*E~_%%_$}", stem, stem, stem, stem, stem, stem, stem, stem, stem);
    tn_pairs(c, s, 'x', 'd', name, whole, t);
    free(whole);
}

#include "released.h"

static void tangent(dp_check *c, const sm_t *s, const tn_direction *e, int t)
{
    tn_unit(c, s, e, t);
    for (const char *b = "yx"; *b; b++) tn_log_kernel(c, s, *b, e, t), log_companion(c, s, *b, t);
    tn_each(c, s, 'x', "dry~_#", "+y{Kxy_#_%*Gy~_#_%}", t), tn_each(c, s, 'x', "drx~_#", "+x{Kxx_#_%*Gx~_#_%}", t);
    tn_each(c, s, 'y', "dcy~_#", "+x{Kxy_%_#*Gy~_%_#}", t), tn_each(c, s, 'x', "dcx~_#", "+x{Kxx_%_#*Gx~_%_#}", t);
    mean_shift(c, s, t), sharp(c, s, t), mmd(c, s, t);
    for (int k = 0; k < 2 && s->P->kernel == DP_KERNEL_LAPLACE; k++) released_tangent(c, s, released_kinds + k, t);
    pseudo_plan(c, s, "proxy", 0, 0, t), pseudo_plan(c, s, "joint", 1, 0, t), pseudo_plan(c, s, "masked", 1, 1, t);
}

/* ---- controls ---- */

/* Algorithm 2 itself, both ways, at places <letter>_i_k: V<letter>u_i_k without and V<letter>m_i_k with the mask. Knows nothing of derivatives. */
static void algorithm2(dp_check *c, const sm_t *s, char letter)
{
    tn_kernel(c, s, "a2", letter);
    tn_place(c, s, 'y', 0, "a2C~y_#", "+x{a2K~y_%_#}", letter);
    for (int masked = 0; masked < 2; masked++) {
        const char *less = masked ? " - 1" : "", way = masked ? 'm' : 'u';
        char *row = dp_format("a2R~%c_#", way), *column = dp_format("a2C~%c_#", way), *P = dp_format("a2P~%c_#_$", way), *Q = dp_format("a2Q~%c_#_$", way), *V = dp_format("V~%c_#_$", way);
        char *rows = dp_format("+y{a2K~y_#_%%} + +x{a2K~x_#_%%}%s", less), *columns = dp_format("+x{a2K~x_%%_#}%s", less);
        char *toy = dp_format("sqrt((a2K~y_#_$/a2R~%c_#)*(a2K~y_#_$/a2C~y_$))", way), *tox = dp_format("sqrt((a2K~x_#_$/a2R~%c_#)*(a2K~x_#_$/a2C~%c_$))", way, way);
        char *v = dp_format("+x{a2Q~%c_#_%%}*+y{a2P~%c_#_%%*y_%%_$} - +y{a2P~%c_#_%%}*+x{a2Q~%c_#_%%*~_%%_$}", way, way, way, way);
        tn_place(c, s, 'x', 0, row, rows, letter), tn_place(c, s, 'x', 0, column, columns, letter);
        tn_place(c, s, 'x', 'y', P, toy, letter);
        for (slong i = 0; i < s->n; i++)
            for (slong j = 0; j < s->n; j++) tn_def(c, s, i, j, Q, masked && i == j ? "0" : tox, letter);
        tn_place(c, s, 'x', 'd', V, v, letter);
        free(row), free(column), free(P), free(Q), free(V), free(rows), free(columns), free(toy), free(tox), free(v);
    }
}

/* The sharp drift and the displacements without a normaliser at the same places: V<letter>s, V<letter>d. Needs algorithm2. */
static void sharp_and_mmd(dp_check *c, const sm_t *s, char letter)
{
    const int gaussian = s->P->kernel == DP_KERNEL_GAUSSIAN;
    tn_place(c, s, 'x', 'y', "a2S~y_#_$", gaussian ? "h^2*a2K~y_#_$" : "h*(sqrt(a2D~y_#_$) + h)*a2K~y_#_$", letter);
    tn_place(c, s, 'x', 'x', "a2S~x_#_$", gaussian ? "h^2*a2K~x_#_$" : "h*(sqrt(a2D~x_#_$) + h)*a2K~x_#_$", letter);
    tn_place(c, s, 'x', 'd', "V~s_#_$", "h^2*(+y{a2K~y_#_%*(y_%_$ - ~_#_$)}/+y{a2S~y_#_%} - +x{a2K~x_#_%*(~_%_$ - ~_#_$)}/+x{a2S~x_#_%})", letter);
    tn_place(c, s, 'x', 'd', "V~d_#_$", "+y{a2K~y_#_%*(y_%_$ - ~_#_$)}/m - +x{a2K~x_#_%*(~_%_$ - ~_#_$)}/n", letter);
}

/* All velocities at a place. */
static void velocities(dp_check *c, const sm_t *s, char letter)
{
    algorithm2(c, s, letter), sharp_and_mmd(c, s, letter);
    for (int k = 0; k < 2 && s->P->kernel == DP_KERNEL_LAPLACE; k++) released_at(c, s, released_kinds + k, letter);
}

/* What no population engine confirms: the velocities at the points themselves are the library's. */
static void library(dp_check *c, const sm_t *s)
{
    if (!sd_let(c, s, "sharp", "sharp", &(dp_sample){.leave_out = 0}, NULL, -1) || !sd_let(c, s, "da2u", "da2", &(dp_sample){.leave_out = 0}, NULL, 1) || !sd_let(c, s, "da2m", "da2", &(dp_sample){.leave_out = 1}, NULL, 1))
        return;
    sm_assert_pairs(c, s, 'x', 'd', "Algorithm 2 written out is the drift da2, x_# [$]", "da2u_#_$ == Vxu_#_$");
    sm_assert_pairs(c, s, 'x', 'd', "and with the mask, x_# [$]", "da2m_#_$ == Vxm_#_$");
    sm_assert_pairs(c, s, 'x', 'd', "the sharp drift written out is the drift sharp, x_# [$]", "h^2*sharp_#_$ == Vxs_#_$");
    for (int k = 0; k < 2 && s->P->kernel == DP_KERNEL_LAPLACE; k++) released_floors(c, s, released_kinds + k), released_library(c, s, released_kinds + k);
}

/* The derivatives are symmetric quotients of velocities at places moved by step. */
static void by_quotients(dp_check *c, const sm_t *s, const tn_direction *e)
{
    static const struct { const char *stem, *label, *way; int laplace; } what[] = {
        {"joint", "the derivative is that of Algorithm 2, to the square of a step 10^-25, x_# [$]", "u", 0}, {"masked", "the derivative is that of Algorithm 2 with the mask, x_# [$]", "m", 0},
        {"sharp", "the derivative is that of the sharp drift, x_# [$]", "s", 0}, {"mmd", "the derivative is that of the displacements, x_# [$]", "d", 0},
        {"released", "the derivative is that of the released DA2, x_# [$]", "w", 1}, {"normalised", "the derivative is that of the released DA2, normalised, x_# [$]", "n", 1}};
    tn_step(c);
    for (int t = 0; t < 2; t++) {
        tn_moved(c, s, e + t, tn_up[t], 1), tn_moved(c, s, e + t, tn_down[t], 0);
        velocities(c, s, tn_up[t]), velocities(c, s, tn_down[t]);
        for (size_t k = 0; k < sizeof what / sizeof *what; k++)
            if (!what[k].laplace || s->P->kernel == DP_KERNEL_LAPLACE) tn_assert_quotient(c, s, what[k].label, what[k].way, what[k].stem, e + 1 - t, t);
    }
}

/* A relation != holds of many wrong formulas: `scale` times the derivative written out must be a symmetric difference quotient of the population drift
   `name` with atoms at the samples, by both engines, but for the square of the step 10^-25. */
static void beside(dp_check *c, const sm_t *s, const char *name, const char *stem, const char *scale, const tn_direction *e, const tn_direction *other, int t)
{
    const slong prec = dp_check_prec(c) + 200;
    char *leaf = dp_format("%squotient%d", stem, t), *relation = dp_format("abs(%s - %s*%s%d_%ld_%ld) < 1/10^15", leaf, scale, stem, t, (long) other->point, (long) other->axis);
    arb_ptr x = _arb_vec_init(s->d), v = _arb_vec_init(2);
    dp_field_t f;
    fmpq_t step;
    dp_field_init(f, (int) s->d), fmpq_init(step);
    for (int second = 0; second < 2 && !dp_check_stopped(c); second++) {
        for (int k = 0; k < 2 && !dp_check_stopped(c); k++) {
            dp_problem *D = dp_problem_copy(s->P);
            dp_error error = {DP_OK, ""};
            fmpq_set_si(step, 10, 1), fmpq_pow_si(step, step, -25);
            if (k) fmpq_neg(step, step);
            fmpq_add(DP_MEAN(D->q, e->point, e->axis), DP_MEAN(D->q, e->point, e->axis), step);
            for (slong i = 0; i < s->d; i++) arb_set_fmpq(x + i, DP_MEAN(D->q, other->point, i), prec);
            if (!dp_check_failed(c, dp_field_eval(f, D, name, x, second ? DP_ENGINE_QUADRATURE : DP_ENGINE_CLOSED, prec, NULL, &error), &error))
                arb_set(v + k, f->velocity + other->axis);
            dp_problem_free(D);
        }
        arb_sub(v, v, v + 1, prec), arb_mul_2exp_si(v, v, -1);
        fmpq_abs(step, step), arb_set_fmpq(v + 1, step, prec), arb_div(v, v, v + 1, prec);
        if (!dp_check_stopped(c)) (second ? dp_let_second : dp_let)(c, leaf, v, second ? "second" : "closed-form");
    }
    if (!dp_check_stopped(c)) dp_assert(c, "the derivative is that of the library's drift, to the square of a step 10^-25", relation);
    free(leaf), free(relation);
    dp_field_clear(f), fmpq_clear(step), _arb_vec_clear(x, s->d), _arb_vec_clear(v, 2);
}

static void run(dp_check *c)
{
    static const struct { const char *name, *stem, *twin; int symmetric, laplace; const char *drift, *scale; } table[] = {
        {"mean-shift", "shift", "gradient-mean-shift", 0, 0, "mean-shift", "1"}, {"sharp", "sharp", "gradient-sharp", 0, 0, NULL, NULL},
        {"sinkhorn-proxy", "proxy", "gradient-proxy", 0, 0, "sinkhorn-proxy", "sqrt(n/m)"}, {"DA2", "joint", "gradient-da2", 0, 0, NULL, NULL},
        {"DA2 with the self mask", "masked", "gradient-masked", 0, 0, NULL, NULL}, {"the released DA2 without normalisations, its clip at work", "released", "gradient-bare", 0, 1, NULL, NULL},
        {"the released DA2 with all its normalisations", "normalised", "gradient-released", 0, 1, NULL, NULL}, {"half MMD^2 of the companion kernel", "mmd", "mmd", 1, 0, NULL, NULL}};
    tn_direction e[2];
    sm_t s;
    if (!sm_read(&s, c) || !tn_read(e, c, &s))
        return;
    sm_kernel(c, &s, 'x', 'y'), sm_kernel(c, &s, 'x', 'x'), sm_sums(c, &s);
    for (slong i = 0; i < s.n; i++)
        for (slong j = 0; j < s.n; j++) sm_def(c, &s, i, j, "Nxx_#_$", i == j ? "0" : "Kxx_#_$");
    velocities(c, &s, 'x'), library(c, &s);
    tangent(c, &s, e, 0), tangent(c, &s, e + 1, 1);
    by_quotients(c, &s, e);
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        if (table[k].laplace && s.P->kernel != DP_KERNEL_LAPLACE) continue;
        const int twin = dp_check_twin(c, table[k].twin);
        char *label = dp_format(table[k].symmetric ? "%s: the Jacobian is symmetric" : "%s: the Jacobian is not symmetric, no energy", table[k].name);
        tn_assert_symmetry(c, &s, label, table[k].stem, table[k].symmetric || twin, table[k].symmetric && twin, e);
        free(label);
        for (int t = 0; t < 2 && table[k].drift; t++)
            beside(c, &s, table[k].drift, table[k].stem, table[k].scale, e + t, e + 1 - t, t);
    }
}

static const dp_param_spec params[] = {TN_PARAMS, {0}};
static const char *const twins[] = {"gradient-mean-shift", "gradient-sharp", "gradient-proxy", "gradient-da2", "gradient-masked", "gradient-bare", "gradient-released", "frozen", "mmd", "kernel", NULL};
DP_CLAIM(helmholtz_samples) = {
    .id = "helmholtz-samples",
    .title = "Mean shift, sharp, proxy and DA2, printed and released, on samples are the gradient of no energy; displacements without a normaliser are",
    .equations = "(16), (30), (52), (67)",
    .kind = "EQ",
    .source = "derived here; Franz et al. for kernels other than the Gaussian, Turan and Ovsjanikov 2603.09936",
    .method = "Two entries of the Jacobian of the drift in all coordinates of the sample, which an energy would make equal, by the chain rule written out as expressions of the exact coordinates.",
    .params = params, .twins = twins, .run = run};
