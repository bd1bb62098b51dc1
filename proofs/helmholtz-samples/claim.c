/* SPDX-License-Identifier: GPL-3.0-or-later */
/* helmholtz-samples: is the drift of samples the gradient of any energy? Its Jacobian in all coordinates, written out, must be symmetric. */
#include "../sample-drift.h"

/* Direction t: coordinate `axis` of point `point` moves. Names end in t. */
typedef struct { slong point, axis; } direction;

/* Definitions with tangents: "~" in names and patterns stands for the number of the direction. */
static char *tagged(const char *pattern, int t)
{
    char *out = dp_strdup(pattern);
    for (char *s = out; *s; s++)
        if (*s == '~')
            *s = (char) ('0' + t);
    return out;
}

static void pairs(dp_check *c, const sm_t *s, char rows, char columns, const char *name, const char *pattern, int t)
{
    char *n = tagged(name, t), *p = tagged(pattern, t);
    sm_pairs(c, s, rows, columns, n, p);
    free(n), free(p);
}

static void each(dp_check *c, const sm_t *s, char rows, const char *name, const char *pattern, int t)
{
    char *n = tagged(name, t), *p = tagged(pattern, t);
    sm_each(c, s, rows, n, p);
    free(n), free(p);
}

/* E<t>_i_k: 1 where x_i_k is what moves. G<ab><t>_i_j: derivative of log K, from that of the squared distance; H: of log k#, the sharp companion. */
static void logs(dp_check *c, const sm_t *s, char b, const direction *e, int t)
{
    int laplace = s->P->kernel == DP_KERNEL_LAPLACE;
    for (slong i = 0; i < s->n; i++)
        for (slong j = 0; j < sm_range(s, b); j++) {
            int moves = (i == e->point) - (b == 'x' && j == e->point);
            char name[40], text[160], sharp[200];
            snprintf(name, sizeof name, "G%c%d_#_$", b, t);
            snprintf(text, sizeof text, moves == 0 || sm_coincide(s, 'x', i, b, j) ? "0" : laplace ? "%s(x_#_%ld - %c_$_%ld)/(h*sqrt(Dx%c_#_$))" : "%s(x_#_%ld - %c_$_%ld)/h^2",
                     moves > 0 ? "-" : "", (long) e->axis, b, (long) e->axis, b);
            sm_def(c, s, i, j, name, text);
            name[0] = 'H';
            snprintf(sharp, sizeof sharp, laplace ? "G%c%d_#_$*sqrt(Dx%c_#_$)/(sqrt(Dx%c_#_$) + h)" : "G%c%d_#_$", b, t, b, b);
            sm_def(c, s, i, j, name, sharp);
        }
}

static void unit(dp_check *c, const sm_t *s, const direction *e, int t)
{
    for (slong i = 0; i < s->n; i++)
        for (slong k = 0; k < s->d; k++) {
            char name[40];
            snprintf(name, sizeof name, "E%d_#_$", t);
            sm_def(c, s, i, k, name, i == e->point && k == e->axis ? "1" : "0");
        }
}

/* Mean shift and its derivative: plans P = K/row, dP = P (G - sum P G). */
static void mean_shift(dp_check *c, const sm_t *s, int t)
{
    pairs(c, s, 'x', 'y', "Py~_#_$", "Kxy_#_$/rowxy_#", t), pairs(c, s, 'x', 'x', "Px~_#_$", "Kxx_#_$/rowxx_#", t);
    each(c, s, 'x', "gy~_#", "+y{Py~_#_%*Gy~_#_%}", t), each(c, s, 'x', "gx~_#", "+x{Px~_#_%*Gx~_#_%}", t);
    pairs(c, s, 'x', 'd', "shift~_#_$", "+y{Py~_#_%*(Gy~_#_% - gy~_#)*y_%_$} - +x{Px~_#_%*(Gx~_#_% - gx~_#)*x_%_$ + Px~_#_%*E~_%_$}", t);
}

/* Displacements under K over sums of the companion k# = h (r + h) e^(-r/h), or h^2 K for the Gaussian kernel. */
static void sharp(dp_check *c, const sm_t *s, int t)
{
    for (const char *b = "yx"; *b; b++) {
        char name[32], text[200];
        snprintf(name, sizeof name, "S%c~_#_$", *b), snprintf(text, sizeof text, s->P->kernel == DP_KERNEL_LAPLACE ? "h*(sqrt(Dx%c_#_$) + h)*Kx%c_#_$" : "h^2*Kx%c_#_$", *b, *b);
        pairs(c, s, 'x', *b, name, text, t);
        snprintf(name, sizeof name, "Z%c~_#", *b), snprintf(text, sizeof text, "+%c{S%c~_#_%%}", *b, *b);
        each(c, s, 'x', name, text, t);
        snprintf(name, sizeof name, "z%c~_#", *b), snprintf(text, sizeof text, "+%c{S%c~_#_%%*H%c~_#_%%}/Z%c~_#", *b, *b, *b, *b);
        each(c, s, 'x', name, text, t);
    }
    pairs(c, s, 'x', 'd', "sharp~_#_$",
          "h^2*(+y{Kxy_#_%*((Gy~_#_% - zy~_#)*(y_%_$ - x_#_$) - E~_#_$)}/Zy~_# - +x{Kxx_#_%*((Gx~_#_% - zx~_#)*(x_%_$ - x_#_$) + E~_%_$ - E~_#_$)}/Zx~_#)", t);
}

static void mmd(dp_check *c, const sm_t *s, int t)
{
    pairs(c, s, 'x', 'd', "mmd~_#_$", "+y{Kxy_#_%*(Gy~_#_%*(y_%_$ - x_#_$) - E~_#_$)}/m - +x{Kxx_#_%*(Gx~_#_%*(x_%_$ - x_#_$) + E~_%_$ - E~_#_$)}/n", t);
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
        pairs(c, s, 'x', b, name, text, t);
        snprintf(name, sizeof name, "%sB%c~_#_$", stem, b);
        snprintf(text, sizeof text, "%sA%c~_#_$*(G%c~_#_$ - (%s/%s + dc%c~_$/%s)/2)", stem, b, b, drow[k], row[k], b, column);
        pairs(c, s, 'x', b, name, text, t);
    }
    snprintf(name, sizeof name, "%s~_#_$", stem);
    char *whole = dp_format("+x{%sBx~_#_%%}*+y{%sAy~_#_%%*y_%%_$} + +x{%sAx~_#_%%}*+y{%sBy~_#_%%*y_%%_$} - +y{%sBy~_#_%%}*+x{%sAx~_#_%%*x_%%_$}"
                            " - +y{%sAy~_#_%%}*+x{%sBx~_#_%%*x_%%_$ + %sAx~_#_%%*E~_%%_$}", stem, stem, stem, stem, stem, stem, stem, stem, stem);
    pairs(c, s, 'x', 'd', name, whole, t);
    free(whole);
}

#include "released.h"

static void tangent(dp_check *c, const sm_t *s, const direction *e, int t)
{
    unit(c, s, e, t);
    logs(c, s, 'y', e, t), logs(c, s, 'x', e, t);
    each(c, s, 'x', "dry~_#", "+y{Kxy_#_%*Gy~_#_%}", t), each(c, s, 'x', "drx~_#", "+x{Kxx_#_%*Gx~_#_%}", t);
    each(c, s, 'y', "dcy~_#", "+x{Kxy_%_#*Gy~_%_#}", t), each(c, s, 'x', "dcx~_#", "+x{Kxx_%_#*Gx~_%_#}", t);
    mean_shift(c, s, t), sharp(c, s, t), mmd(c, s, t);
    if (s->P->kernel == DP_KERNEL_LAPLACE) released_tangent(c, s, t);
    pseudo_plan(c, s, "proxy", 0, 0, t), pseudo_plan(c, s, "joint", 1, 0, t), pseudo_plan(c, s, "masked", 1, 1, t);
}

/* ---- controls ---- */

static char *replaced(const char *pattern, char letter)
{
    char *out = dp_strdup(pattern);
    for (char *s = out; *s; s++)
        if (*s == '~') *s = letter;
    return out;
}

static void place(dp_check *c, const sm_t *s, char rows, char columns, const char *name, const char *pattern, char letter)
{
    char *n = replaced(name, letter), *p = replaced(pattern, letter);
    if (columns) sm_pairs(c, s, rows, columns, n, p);
    else sm_each(c, s, rows, n, p);
    free(n), free(p);
}

/* Algorithm 2 itself, both ways, at places <letter>_i_k: V<letter>u_i_k without and V<letter>m_i_k with the mask. Knows nothing of derivatives. */
static void algorithm2(dp_check *c, const sm_t *s, char letter)
{
    const int gaussian = s->P->kernel == DP_KERNEL_GAUSSIAN;
    place(c, s, 'x', 'y', "a2D~y_#_$", "+d{(~_#_% - y_$_%)^2}", letter);
    place(c, s, 'x', 'y', "a2K~y_#_$", gaussian ? "exp(-a2D~y_#_$/(2*h^2))" : "exp(-sqrt(a2D~y_#_$)/h)", letter);
    for (slong i = 0; i < s->n; i++)
        for (slong j = 0; j < s->n; j++) {
            char *square = replaced(i == j ? "0" : "+d{(~_#_% - ~_$_%)^2}", letter), *D = replaced("a2D~x_#_$", letter);
            sm_def(c, s, i, j, D, square);
            free(square), free(D);
        }
    place(c, s, 'x', 'x', "a2K~x_#_$", gaussian ? "exp(-a2D~x_#_$/(2*h^2))" : "exp(-sqrt(a2D~x_#_$)/h)", letter);
    place(c, s, 'y', 0, "a2C~y_#", "+x{a2K~y_%_#}", letter);
    for (int masked = 0; masked < 2; masked++) {
        const char *less = masked ? " - 1" : "", way = masked ? 'm' : 'u';
        char *row = dp_format("a2R~%c_#", way), *column = dp_format("a2C~%c_#", way), *P = dp_format("a2P~%c_#_$", way), *Q = dp_format("a2Q~%c_#_$", way), *V = dp_format("V~%c_#_$", way);
        char *rows = dp_format("+y{a2K~y_#_%%} + +x{a2K~x_#_%%}%s", less), *columns = dp_format("+x{a2K~x_%%_#}%s", less);
        char *toy = dp_format("sqrt((a2K~y_#_$/a2R~%c_#)*(a2K~y_#_$/a2C~y_$))", way), *tox = dp_format("sqrt((a2K~x_#_$/a2R~%c_#)*(a2K~x_#_$/a2C~%c_$))", way, way);
        char *v = dp_format("+x{a2Q~%c_#_%%}*+y{a2P~%c_#_%%*y_%%_$} - +y{a2P~%c_#_%%}*+x{a2Q~%c_#_%%*~_%%_$}", way, way, way, way);
        place(c, s, 'x', 0, row, rows, letter), place(c, s, 'x', 0, column, columns, letter);
        place(c, s, 'x', 'y', P, toy, letter);
        for (slong i = 0; i < s->n; i++)
            for (slong j = 0; j < s->n; j++) {
                char *name = replaced(Q, letter), *text = replaced(masked && i == j ? "0" : tox, letter);
                sm_def(c, s, i, j, name, text);
                free(name), free(text);
            }
        place(c, s, 'x', 'd', V, v, letter);
        free(row), free(column), free(P), free(Q), free(V), free(rows), free(columns), free(toy), free(tox), free(v);
    }
}

/* The sharp drift and the displacements without a normaliser at the same places: V<letter>s, V<letter>d. Needs algorithm2. */
static void sharp_and_mmd(dp_check *c, const sm_t *s, char letter)
{
    const int gaussian = s->P->kernel == DP_KERNEL_GAUSSIAN;
    place(c, s, 'x', 'y', "a2S~y_#_$", gaussian ? "h^2*a2K~y_#_$" : "h*(sqrt(a2D~y_#_$) + h)*a2K~y_#_$", letter);
    place(c, s, 'x', 'x', "a2S~x_#_$", gaussian ? "h^2*a2K~x_#_$" : "h*(sqrt(a2D~x_#_$) + h)*a2K~x_#_$", letter);
    place(c, s, 'x', 'd', "V~s_#_$", "h^2*(+y{a2K~y_#_%*(y_%_$ - ~_#_$)}/+y{a2S~y_#_%} - +x{a2K~x_#_%*(~_%_$ - ~_#_$)}/+x{a2S~x_#_%})", letter);
    place(c, s, 'x', 'd', "V~d_#_$", "+y{a2K~y_#_%*(y_%_$ - ~_#_$)}/m - +x{a2K~x_#_%*(~_%_$ - ~_#_$)}/n", letter);
}

/* What no population engine confirms. The velocities at the places themselves are the library's; the derivatives are symmetric quotients of velocities at places
   moved by step, but for a multiple of step^2. */
static void by_quotients(dp_check *c, const sm_t *s, const direction *e)
{
    static const char up[2] = {'p', 'r'}, down[2] = {'q', 'w'};
    fmpq_t step;
    static const struct { const char *stem, *label; char way; } what[] = {
        {"joint", "the derivative is that of Algorithm 2, to the square of a step 10^-25, x_# [$]", 'u'}, {"masked", "the derivative is that of Algorithm 2 with the mask, x_# [$]", 'm'},
        {"sharp", "the derivative is that of the sharp drift, x_# [$]", 's'}, {"mmd", "the derivative is that of the displacements, x_# [$]", 'd'}};
    if (!sd_let(c, s, "sharp", "sharp", &(dp_sample){.leave_out = 0}, NULL, -1) || !sd_let(c, s, "da2u", "da2", &(dp_sample){.leave_out = 0}, NULL, 1) || !sd_let(c, s, "da2m", "da2", &(dp_sample){.leave_out = 1}, NULL, 1))
        return;
    fmpq_init(step);
    fmpq_set_si(step, 10, 1), fmpq_pow_si(step, step, -25);
    dp_let_q(c, "step", step);
    fmpq_clear(step);
    algorithm2(c, s, 'x'), sharp_and_mmd(c, s, 'x');
    sm_assert_pairs(c, s, 'x', 'd', "Algorithm 2 written out is the drift da2, x_# [$]", "da2u_#_$ == Vxu_#_$");
    sm_assert_pairs(c, s, 'x', 'd', "and with the mask, x_# [$]", "da2m_#_$ == Vxm_#_$");
    sm_assert_pairs(c, s, 'x', 'd', "the sharp drift written out is the drift sharp, x_# [$]", "h^2*sharp_#_$ == Vxs_#_$");
    for (int t = 0; t < 2; t++) {
        for (int sign = 0; sign < 2; sign++) {
            const char letter = sign ? down[t] : up[t];
            for (slong i = 0; i < s->n; i++)
                for (slong k = 0; k < s->d; k++) {
                    char name[8] = {letter, '_', '#', '_', '$', 0};
                    sm_def(c, s, i, k, name, i != e[t].point || k != e[t].axis ? "x_#_$" : sign ? "x_#_$ - step" : "x_#_$ + step");
                }
            algorithm2(c, s, letter), sharp_and_mmd(c, s, letter);
        }
        for (size_t k = 0; k < sizeof what / sizeof *what; k++) {
            char *relation = dp_format("abs((V%c%c_#_$ - V%c%c_#_$)/(2*step) - %s%d_#_$) < 1/10^15", up[t], what[k].way, down[t], what[k].way, what[k].stem, t);
            sm_assert(c, s, e[1 - t].point, e[1 - t].axis, what[k].label, relation);
            free(relation);
        }
    }
}

/* A relation != holds of many wrong formulas: `scale` times the derivative written out must be a symmetric difference quotient of the population drift
   `name` with atoms at the samples, by both engines, but for the square of the step 10^-25. */
static void beside(dp_check *c, const sm_t *s, const char *name, const char *stem, const char *scale, const direction *e, const direction *other, int t)
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

static int read_direction(direction *e, const dp_check *c, const sm_t *s, const char *name, slong otherwise)
{
    const dp_param *p = dp_check_param(c, name);
    *e = (direction) {p ? fmpz_get_si(fmpq_numref(p->value)) : otherwise, p && p->cols > 1 ? fmpz_get_si(fmpq_numref(p->value + 1)) : 0};
    return e->point >= 0 && e->point < s->n && e->axis >= 0 && e->axis < s->d;
}

static void run(dp_check *c)
{
    static const struct { const char *name, *stem; int symmetric; const char *drift, *scale; } table[] = {
        {"mean-shift", "shift", 0, "mean-shift", "1"}, {"sharp", "sharp", 0, NULL, NULL}, {"sinkhorn-proxy", "proxy", 0, "sinkhorn-proxy", "sqrt(n/m)"}, {"DA2", "joint", 0, NULL, NULL},
        {"DA2 with the self mask", "masked", 0, NULL, NULL},
        {"the released DA2, its clip at work", "released", 0, NULL, NULL},
        {"half MMD^2 of the companion kernel", "mmd", 1, NULL, NULL}};
    direction e[2];
    sm_t s;
    if (!sm_read(&s, c))
        return;
    if (!read_direction(e, c, &s, "first", 0) || !read_direction(e + 1, c, &s, "second", 1) || (e[0].point == e[1].point && e[0].axis == e[1].axis)) {
        dp_give_up(c, DP_EINPUT, "first and second: two different coordinates, as [number of the point, axis], counted from 0");
        return;
    }
    sm_kernel(c, &s, 'x', 'y'), sm_kernel(c, &s, 'x', 'x'), sm_sums(c, &s);
    for (slong i = 0; i < s.n; i++)
        for (slong j = 0; j < s.n; j++) sm_def(c, &s, i, j, "Nxx_#_$", i == j ? "0" : "Kxx_#_$");
    if (s.P->kernel == DP_KERNEL_LAPLACE) released_sums(c, &s), released_affinities(c, &s);
    tangent(c, &s, e, 0), tangent(c, &s, e + 1, 1);
    by_quotients(c, &s, e);
    if (s.P->kernel == DP_KERNEL_LAPLACE) released_by_quotients(c, &s, e);
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        if (s.P->kernel != DP_KERNEL_LAPLACE && !strcmp(table[k].stem, "released")) continue;
        int symmetric = table[k].symmetric || dp_check_twin(c, "gradient");
        char *relation = dp_format("%s0_%ld_%ld %s %s1_%ld_%ld", table[k].stem, (long) e[1].point, (long) e[1].axis, !symmetric ? "!=" : dp_check_twin(c, "mmd") ? "== -" : "==", table[k].stem, (long) e[0].point,
                                   (long) e[0].axis);
        char *label = dp_format(table[k].symmetric ? "%s: the Jacobian is symmetric" : "%s: the Jacobian is not symmetric, no energy", table[k].name);
        dp_assert(c, label, relation);
        free(relation), free(label);
        for (int t = 0; t < 2 && table[k].drift; t++)
            beside(c, &s, table[k].drift, table[k].stem, table[k].scale, e + t, e + 1 - t, t);
    }
}

static const dp_param_spec params[] = {
    {"first", DP_PARAM_VECTOR, NULL, "a coordinate: number of the point of q and axis, from 0; default [0, 0]"},
    {"second", DP_PARAM_VECTOR, NULL, "another one; default [1, 0]"},
    {0}};
static const char *const twins[] = {"gradient", "mmd", "kernel", NULL};
DP_CLAIM(helmholtz_samples) = {
    .id = "helmholtz-samples",
    .title = "Mean shift, sharp, proxy and DA2, printed and released, on samples are the gradient of no energy; displacements without a normaliser are",
    .equations = "(16), (30), (52), (67)",
    .kind = "EQ",
    .source = "derived here; Franz et al. for kernels other than the Gaussian, Turan and Ovsjanikov 2603.09936",
    .method = "Two entries of the Jacobian of the drift in all coordinates of the sample, which an energy would make equal, by the chain rule written out as expressions of the exact coordinates.",
    .params = params, .twins = twins, .run = run};
