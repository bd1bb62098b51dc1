/* SPDX-License-Identifier: GPL-3.0-or-later */
/* helmholtz-samples: is the drift of samples the gradient of any energy? Its Jacobian in all coordinates, written out, must be symmetric. */
#include "../samples.h"

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

/* Proxy (row sums apart) and DA2 (together), no mask: A = K/sqrt(row column), dA = A (G - (drow/row + dcol/col)/2). */
static void pseudo_plan(dp_check *c, const sm_t *s, const char *stem, int joint, int t)
{
    char name[32], text[256];
    const char *row[2] = {joint ? "(rowxy_# + rowxx_#)" : "rowxy_#", joint ? "(rowxy_# + rowxx_#)" : "rowxx_#"};
    const char *drow[2] = {joint ? "(dry~_# + drx~_#)" : "dry~_#", joint ? "(dry~_# + drx~_#)" : "drx~_#"};
    for (int k = 0; k < 2; k++) {
        char b = k ? 'x' : 'y';
        snprintf(name, sizeof name, "%sA%c~_#_$", stem, b), snprintf(text, sizeof text, "Kx%c_#_$/sqrt(%s*colx%c_$)", b, row[k], b);
        pairs(c, s, 'x', b, name, text, t);
        snprintf(name, sizeof name, "%sB%c~_#_$", stem, b);
        snprintf(text, sizeof text, "%sA%c~_#_$*(G%c~_#_$ - (%s/%s + dc%c~_$/colx%c_$)/2)", stem, b, b, drow[k], row[k], b, b);
        pairs(c, s, 'x', b, name, text, t);
    }
    snprintf(name, sizeof name, "%s~_#_$", stem);
    char *whole = dp_format("+x{%sBx~_#_%%}*+y{%sAy~_#_%%*y_%%_$} + +x{%sAx~_#_%%}*+y{%sBy~_#_%%*y_%%_$} - +y{%sBy~_#_%%}*+x{%sAx~_#_%%*x_%%_$}"
                            " - +y{%sAy~_#_%%}*+x{%sBx~_#_%%*x_%%_$ + %sAx~_#_%%*E~_%%_$}", stem, stem, stem, stem, stem, stem, stem, stem, stem);
    pairs(c, s, 'x', 'd', name, whole, t);
    free(whole);
}

static void tangent(dp_check *c, const sm_t *s, const direction *e, int t)
{
    unit(c, s, e, t);
    logs(c, s, 'y', e, t), logs(c, s, 'x', e, t);
    each(c, s, 'x', "dry~_#", "+y{Kxy_#_%*Gy~_#_%}", t), each(c, s, 'x', "drx~_#", "+x{Kxx_#_%*Gx~_#_%}", t);
    each(c, s, 'y', "dcy~_#", "+x{Kxy_%_#*Gy~_%_#}", t), each(c, s, 'x', "dcx~_#", "+x{Kxx_%_#*Gx~_%_#}", t);
    mean_shift(c, s, t), sharp(c, s, t), mmd(c, s, t);
    pseudo_plan(c, s, "proxy", 0, t), pseudo_plan(c, s, "joint", 1, t);
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
        {"mean-shift", "shift", 0, "mean-shift", "1"}, {"sharp", "sharp", 0, "sharp", "1/h^2"}, {"sinkhorn-proxy", "proxy", 0, "sinkhorn-proxy", "sqrt(n/m)"}, {"DA2", "joint", 0, NULL, NULL},
        {"half MMD^2 of the companion kernel", "mmd", 1, "mmd", "1/h^2"}};
    direction e[2];
    sm_t s;
    if (!sm_read(&s, c))
        return;
    if (!read_direction(e, c, &s, "first", 0) || !read_direction(e + 1, c, &s, "second", 1) || (e[0].point == e[1].point && e[0].axis == e[1].axis)) {
        dp_give_up(c, DP_EINPUT, "first and second: two different coordinates, as [number of the point, axis], counted from 0");
        return;
    }
    sm_kernel(c, &s, 'x', 'y'), sm_kernel(c, &s, 'x', 'x'), sm_sums(c, &s);
    tangent(c, &s, e, 0), tangent(c, &s, e + 1, 1);
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        int symmetric = table[k].symmetric || dp_check_twin(c, "gradient");
        char *relation = dp_format("%s0_%ld_%ld %s %s1_%ld_%ld", table[k].stem, (long) e[1].point, (long) e[1].axis, !symmetric ? "!=" : dp_check_twin(c, "mmd") ? "== -" : "==", table[k].stem, (long) e[0].point,
                                   (long) e[0].axis);
        char *label = dp_format(table[k].symmetric ? "%s: the Jacobian is symmetric" : "%s: the Jacobian is not symmetric, no energy", table[k].name);
        dp_assert(c, label, relation);
        free(relation), free(label);
        /* DA2 of samples is no population drift; sharp and mmd agree with what is written out only where companion and kernel are one */
        int there = table[k].drift && (table[k].scale[0] != '1' || table[k].scale[1] == '\0' || s.P->kernel == DP_KERNEL_GAUSSIAN);
        for (int t = 0; t < 2 && there; t++)
            beside(c, &s, table[k].drift, table[k].stem, table[k].scale, e + t, e + 1 - t, t);
    }
}

static const dp_param_spec params[] = {
    {"first", DP_PARAM_VECTOR, NULL, "a coordinate: number of the point of q and axis, from 0; default [0, 0]"},
    {"second", DP_PARAM_VECTOR, NULL, "another one; default [1, 0]"},
    {0}};
static const char *const twins[] = {"gradient", "mmd", NULL};
DP_CLAIM(helmholtz_samples) = {
    .id = "helmholtz-samples",
    .title = "Mean shift, sharp, proxy and DA2 on samples are the gradient of no energy; displacements without a normaliser are",
    .equations = "(16), (30), (52), (67)",
    .kind = "EQ",
    .source = "derived here; Franz et al. for kernels other than the Gaussian, Turan and Ovsjanikov 2603.09936",
    .method = "Two entries of the Jacobian of the drift in all coordinates of the sample, which an energy would make equal, by the chain rule written out as expressions of the exact coordinates.",
    .params = params, .twins = twins, .run = run};
