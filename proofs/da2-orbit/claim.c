/* SPDX-License-Identifier: GPL-3.0-or-later */
/* da2-orbit: three places of a model on a line that move under DA2, or under the proxy, and come back: no functional whatever falls along every motion. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../swing.h"

enum { N = 3, M = 5 };       /* places of q, atoms of p */

static const char *drift_of(dp_check *c)
{
    const dp_param *drift = dp_check_param(c, "drift");
    return drift ? drift->word : "da2";
}

/* Defines what `name` says as what `format` says: both with indices i, j, l in place of the letters #, $, %. */
static void def(dp_check *c, const char *name, const char *text, int i, int j, int l)
{
    char out[2][1400];
    const char *in[2] = {name, text};
    for (int k = 0; k < 2; k++) {
        size_t n = 0;
        for (const char *s = in[k]; *s && n + 2 < sizeof out[k]; s++)
            out[k][n++] = (char) (*s == '#' ? '0' + i : *s == '$' ? '0' + j : *s == '%' ? '0' + l : *s);
        out[k][n] = 0;
    }
    dp_def(c, out[0], out[1]);
}

/* The sum of `term` over % from 0 to n - 1, defined as `name`. */
static void total(dp_check *c, const char *name, const char *term, int i, int j, int n)
{
    char text[1400];
    size_t room = 0;
    for (int l = 0; l < n; l++) {
        if (l) text[room++] = '+';
        for (const char *s = term; *s && room + 2 < sizeof text; s++) text[room++] = (char) (*s == '%' ? '0' + l : *s);
    }
    text[room] = 0;
    def(c, name, text, i, j, 0);
}

/* N_i, the barycentre of q with weights over the root of k*q, and dN_i_j, its derivative when place j moves. */
static void model(dp_check *c)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            def(c, "kx_#_$", i == j ? "1" : "exp(-(x# - x$)^2/(2*h^2))", i, j, 0);
    for (int i = 0; i < N; i++) total(c, "Q_#", "q%*kx_#_%", i, 0, N);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) def(c, "u_#_$", "q$*kx_#_$/sqrt(Q_$)", i, j, 0);
    for (int i = 0; i < N; i++) total(c, "U_#", "u_#_%", i, 0, N), total(c, "S_#", "u_#_%*x%", i, 0, N), def(c, "N_#", "S_#/U_#", i, 0, 0);
    /* dQ_j_l: derivative of log Q_l when place j moves */
    for (int j = 0; j < N; j++)
        for (int l = 0; l < N; l++)
            if (j == l) total(c, "dQ_#_#", "q%*kx_#_%*(x% - x#)/(h^2*Q_#)", j, 0, N);
            else def(c, "dQ_#_$", "q#*kx_#_$*(x$ - x#)/(h^2*Q_$)", j, l, 0);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            for (int l = 0; l < N; l++) {
                const int moves = (i == j) - (l == j);
                def(c, "n_#_$_%", l == j ? moves ? "u_#_%*((x% - N_#)*(-(x% - x#)/h^2 - dQ_$_%/2) + 1)" : "u_#_%*(1 - (x% - N_#)*dQ_$_%/2)"
                                         : moves ? "u_#_%*(x% - N_#)*((x% - x#)/h^2 - dQ_$_%/2)" : "-u_#_%*(x% - N_#)*dQ_$_%/2", i, j, l);
            }
            def(c, "dN_#_$", "(n_#_$_0 + n_#_$_1 + n_#_$_2)/U_#", i, j, 0);
        }
}

/* b_i_l: weight of atom l at place i but for its mass; c_i_l: times its distance from N_i, so that rest is sum w c = 0; a_i_j_l: its part of the Jacobian. */
static void data(dp_check *c)
{
    for (int i = 0; i < N; i++)
        for (int l = 0; l < M; l++) def(c, "kz_#_%", "exp(-(x# - z%)^2/(2*h^2))", i, 0, l);
    for (int l = 0; l < M; l++) def(c, "R_%", "q0*kz_0_% + q1*kz_1_% + q2*kz_2_%", 0, 0, l);
    const int frozen = dp_check_twin(c, "frozen");
    for (int i = 0; i < N; i++)
        for (int l = 0; l < M; l++) {
            def(c, "b_#_%", "kz_#_%/sqrt(R_%)", i, 0, l), def(c, "c_#_%", "b_#_%*(z% - N_#)", i, 0, l);
            for (int j = 0; j < N; j++)
                def(c, "a_#_$_%", frozen ? i == j ? "c_#_%*(z% - x#)/h^2" : "0"
                                         : i == j ? "c_#_%*((z% - x#)/h^2 - q$*kz_$_%*(z% - x$)/(2*h^2*R_%))" : "-c_#_%*q$*kz_$_%*(z% - x$)/(2*h^2*R_%)", i, j, l);
        }
}

/* w<e>_0..3: the weights of atoms 0, 1, 2 and 3 + e that put all three places at rest: minors of the three equations. */
static void vertex(dp_check *c, int e)
{
    static const int sign[4] = {1, -1, 1, -1};
    for (int t = 0; t < 4; t++) {
        char o[3], text[400];
        int n = 0;
        for (int l = 0; l < 4; l++)
            if (l != t) o[n++] = (char) ('0' + (l < 3 ? l : 3 + e));
        snprintf(text, sizeof text, "%s(c_0_%c*(c_1_%c*c_2_%c - c_1_%c*c_2_%c) - c_0_%c*(c_1_%c*c_2_%c - c_1_%c*c_2_%c) + c_0_%c*(c_1_%c*c_2_%c - c_1_%c*c_2_%c))", sign[t] < 0 ? "-" : "",
                 o[0], o[1], o[2], o[2], o[1], o[1], o[0], o[2], o[2], o[0], o[2], o[0], o[1], o[1], o[0]);
        def(c, "m#_$", text, e, t, 0);
    }
    def(c, "m#", "m#_0 + m#_1 + m#_2 + m#_3", e, 0, 0);
    for (int t = 0; t < 4; t++) def(c, "w#_$", "m#_$/m#", e, t, 0);
}

/* The law at s<f>, and there G<f>_i_j, which is linear in s, the Jacobian J<f>_i_j, and the polynomial t^3 + C2 t^2 + C1 t + C0. */
static void end(dp_check *c, int f)
{
    const int proxy = !strcmp(drift_of(c), "sinkhorn-proxy");
    for (int l = 0; l < 3; l++) def(c, "W#_%", "(1 - s#)*w0_% + s#*w1_%", f, 0, l);
    def(c, "W#_3", "(1 - s#)*w0_3", f, 0, 0), def(c, "W#_4", "s#*w1_3", f, 0, 0);
    for (int i = 0; i < N; i++) {
        total(c, "D#_$", "W#_%*b_$_%", f, i, M), total(c, "p#_$", "W#_%*kz_$_%", f, i, M);
        def(c, "L#_$", proxy ? "U_$/sqrt(p#_$*Q_$)" : "U_$/(p#_$ + Q_$)", f, i, 0);
        for (int j = 0; j < N; j++) {
            char text[300];
            snprintf(text, sizeof text, "W#_0*a_$_%%_0 + W#_1*a_$_%%_1 + W#_2*a_$_%%_2 + W#_3*a_$_%%_3 + W#_4*a_$_%%_4 - D#_$*dN_$_%%");
            def(c, "G#_$_%", text, f, i, j), def(c, "J#_$_%", "L#_$*G#_$_%", f, i, j);
        }
    }
    def(c, "C2_#", "-(J#_0_0 + J#_1_1 + J#_2_2)", f, 0, 0);
    def(c, "C1_#", "J#_0_0*J#_1_1 - J#_0_1*J#_1_0 + J#_0_0*J#_2_2 - J#_0_2*J#_2_0 + J#_1_1*J#_2_2 - J#_1_2*J#_2_1", f, 0, 0);
    def(c, "C0_#", "-(J#_0_0*(J#_1_1*J#_2_2 - J#_1_2*J#_2_1) - J#_0_1*(J#_1_0*J#_2_2 - J#_1_2*J#_2_0) + J#_0_2*(J#_1_0*J#_2_1 - J#_1_1*J#_2_0))", f, 0, 0);
    def(c, "H#", "C1_#*C2_# - C0_#", f, 0, 0);
}

/* The determinant of rows from G at the ends f0, f1, f2. */
static char *mixed(int f0, int f1, int f2)
{
    return dp_format("G%d_0_0*(G%d_1_1*G%d_2_2 - G%d_1_2*G%d_2_1) - G%d_0_1*(G%d_1_0*G%d_2_2 - G%d_1_2*G%d_2_0) + G%d_0_2*(G%d_1_0*G%d_2_1 - G%d_1_1*G%d_2_0)", f0, f1, f2, f1, f2, f0, f1, f2, f1, f2, f0, f1, f2, f1, f2);
}

/* Between the ends: coefficients of the determinant in Bernstein's basis, and a bound of the trace. */
static void between(dp_check *c)
{
    static const int row[4][3][3] = {{{0, 0, 0}, {0, 0, 0}, {0, 0, 0}}, {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, {{0, 1, 1}, {1, 0, 1}, {1, 1, 0}}, {{1, 1, 1}, {1, 1, 1}, {1, 1, 1}}};
    for (int k = 0; k < 4; k++) {
        char *t[3], name[4] = {'B', (char) ('0' + k), 0, 0}, relation[16];
        for (int i = 0; i < 3; i++) t[i] = mixed(row[k][i][0], row[k][i][1], row[k][i][2]);
        char *text = dp_format("-((%s) + (%s) + (%s))/3", t[0], t[1], t[2]);
        dp_def(c, name, text);
        snprintf(relation, sizeof relation, "B%d > 0", k);
        dp_suffice(c, "the determinant is negative between the ends", relation);
        for (int i = 0; i < 3; i++) free(t[i]);
        free(text);
    }
    /* J_i_i is G_i_i, which is linear in s, times L_i, which is monotone: at most the largest of four products */
    for (int i = 0; i < N; i++) {
        for (int e = 0; e < 2; e++) def(c, "t_#_$", "(G$_#_#*L0_# + G$_#_#*L1_# + abs(G$_#_#*L0_# - G$_#_#*L1_#))/2", i, e, 0);
        def(c, "t_#", "(t_#_0 + t_#_1 + abs(t_#_0 - t_#_1))/2", i, 0, 0);
    }
    dp_suffice(c, "the trace is negative between the ends", "t_0 + t_1 + t_2 < 0");
}

/* The library's drift at all places, place i moved by by_i, as leaves <stem>_k, by two engines. */
static void let_all(dp_check *c, const char *stem, const fmpq *by)
{
    dp_problem *D = dp_problem_copy(dp_check_problem(c));
    dp_field_t f;
    arb_t x;
    dp_error e = {DP_OK, ""};
    dp_field_init(f, 1), arb_init(x);
    for (int i = 0; i < N; i++) fmpq_add(DP_MEAN(D->q, i, 0), DP_MEAN(D->q, i, 0), by + i);
    for (int k = 0; k < N; k++)
        for (int second = 0; second < 2 && !dp_check_stopped(c); second++) {
            arb_set_fmpq(x, DP_MEAN(D->q, k, 0), dp_check_prec(c) + 100);
            if (!dp_check_failed(c, dp_field_eval(f, D, drift_of(c), x, second ? DP_ENGINE_QUADRATURE : DP_ENGINE_CLOSED, dp_check_prec(c) + 100, NULL, &e), &e))
                (second ? dp_let_second : dp_let)(c, dp_name(stem, k, -1), f->velocity, dp_engine_name(f->engine));
        }
    dp_field_clear(f), arb_clear(x), dp_problem_free(D);
}

/* The weights of the case are those at the lower end, rounded; with them the library's drift is at rest, and quotients of its differences are the Jacobian. */
static void tie(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    fmpq_t t;
    fmpq *by = _fmpq_vec_init(N);
    fmpq_init(t);
    for (int l = 0; l < M; l++) {
        char relation[48];
        dp_let_q(c, dp_name("P", l, -1), DP_WEIGHT(P->p, l));
        snprintf(relation, sizeof relation, "abs(P_%d - W0_%d) < W0_%d/10^11", l, l, l), dp_suffice(c, "the weights of the case", relation);
    }
    fmpz_ui_pow_ui(fmpq_denref(t), 10, 8), fmpz_one(fmpq_numref(t)), fmpq_mul(t, t, P->bandwidth), dp_let_q(c, "t", t);
    for (int i = 0; i < N && !dp_check_stopped(c); i++) {
        char more[8], less[8], relation[96];
        snprintf(more, sizeof more, "F%d", i), snprintf(less, sizeof less, "E%d", i);
        fmpq_set(by + i, t), let_all(c, more, by), fmpq_neg(by + i, t), let_all(c, less, by), fmpq_zero(by + i);
        for (int k = 0; k < N; k++) {
            snprintf(relation, sizeof relation, "abs(F%d_%d + E%d_%d) < h/10^9", i, k, i, k), dp_assert(c, "the library's drift is at rest", relation);
            snprintf(relation, sizeof relation, "abs((F%d_%d - E%d_%d)/(2*t) - J0_%d_%d) < 1/10^8", i, k, i, k, k, i), dp_assert(c, "and its derivative is the Jacobian", relation);
        }
    }
    fmpq_clear(t), _fmpq_vec_clear(by, N);
}

/* Second and third derivatives of the library's drift along u13, from its values at t = 2, 1, -1, -2 times 10^-6, are those of the series; at the lower end, to whose law the case is tied. */
static void bends(dp_check *c, int proxy)
{
    static const char *const stem[4] = {"Y2", "Y1", "y1", "y2"};
    static const int times[4] = {2, 1, -1, -2};
    fmpq *by = _fmpq_vec_init(N);
    sw_direction(c, proxy, 0, 13, 3, "h*(3 - 2*#)*(1 + #)/4");
    for (int k = 0; k < 4; k++) {
        for (int i = 0; i < N; i++) fmpq_set_si(by + i, times[k] * (3 - 2 * i) * (1 + i), 4000000), fmpq_mul(by + i, by + i, dp_check_problem(c)->bandwidth);
        let_all(c, stem[k], by);
    }
    for (int i = 0; i < N; i++) {
        char relation[160];
        snprintf(relation, sizeof relation, "abs((Y2_%d + y2_%d - Y1_%d - y1_%d)*10^12/6 - V13_%d_2) < h/10^7", i, i, i, i, i), dp_assert(c, "the second derivative of the series is the library's", relation);
        snprintf(relation, sizeof relation, "abs((Y2_%d - y2_%d - 2*Y1_%d + 2*y1_%d)*10^18/12 - V13_%d_3) < h/10^7", i, i, i, i, i), dp_assert(c, "and so is the third", relation);
    }
    _fmpq_vec_clear(by, N);
}

/* What the closed orbits near the places do to motions beside them: `crossing` holds an s where the pair is imaginary, s4 is every number in it. */
static void stability(dp_check *c, int attracting)
{
    static const char *const word[2][2] = {{"the closed orbits repel", "lyapunov > 0"}, {"the closed orbits attract", "lyapunov < 0"}};
    const dp_param *p = dp_check_param(c, "crossing");
    arb_t any;
    if (!p || p->cols != 2) {
        dp_give_up(c, DP_EINPUT, "stability needs crossing: two numbers between lower and upper, the smaller first, with an s between them at which a pair of eigenvalues is imaginary");
        return;
    }
    dp_let_q(c, "s2", p->value), dp_let_q(c, "s3", p->value + 1);
    dp_suffice(c, "the crossing is between the ends", "s0 < s2"), dp_suffice(c, "its ends in order", "s2 < s3"), dp_suffice(c, "and below the upper end", "s3 < s1");
    end(c, 2), end(c, 3);
    dp_suffice(c, "a pair crosses the imaginary axis there", "H2*H3 < 0");
    arb_init(any), arb_unit_interval(any);
    dp_let(c, "any", any, "unit-interval"), dp_let_second(c, "any", any, "unit-interval-again");
    arb_clear(any);
    dp_def(c, "s4", "s2 + (s3 - s2)*any"), end(c, 4);
    const int proxy = !strcmp(drift_of(c), "sinkhorn-proxy");
    bends(c, proxy);
    if (dp_check_stopped(c)) return;
    sw_lyapunov(c, proxy, dp_check_twin(c, "quadratic"));
    for (int d = 0; d < 2; d++)
        for (int i = 0; i < N; i++) {
            char relation[160];
            snprintf(relation, sizeof relation, "abs(V%d_%d_1 - (J4_%d_0*u%d_0 + J4_%d_1*u%d_1 + J4_%d_2*u%d_2)) < 1/10^15", d, i, i, d, i, d, i, d);
            dp_assert(c, "the first derivative of the series is the Jacobian", relation);
        }
    dp_assert(c, word[attracting][0], word[attracting][1]);
}

static int fits(dp_check *c, const dp_problem *P)
{
    const dp_param *s[2] = {dp_check_param(c, "lower"), dp_check_param(c, "upper")};
    int ok = P->dim == 1 && P->kernel == DP_KERNEL_GAUSSIAN && P->p->family == DP_ATOMS && P->p->n == M && P->q->family == DP_ATOMS && P->q->n == N && s[0] && s[1];
    ok = ok && fmpq_sgn(s[0]->value) > 0 && fmpq_cmp(s[0]->value, s[1]->value) < 0 && fmpq_cmp_si(s[1]->value, 1) < 0;
    if (!ok) dp_give_up(c, DP_EINPUT, "needs a line, the Gaussian kernel, q three atoms, p five, and 0 < lower < upper < 1");
    else dp_let_q(c, "s0", s[0]->value), dp_let_q(c, "s1", s[1]->value);
    return ok;
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *wanted = dp_check_param(c, "stability");
    char name[4];
    if (!fits(c, P)) return;
    if (!wanted && dp_check_param(c, "crossing")) {
        dp_give_up(c, DP_EINPUT, "crossing is for stability, which is not asked for");
        return;
    }
    dp_let_q(c, "h", P->bandwidth);
    for (int i = 0; i < N; i++)
        snprintf(name, sizeof name, "x%d", i), dp_let_q(c, name, DP_MEAN(P->q, i, 0)), snprintf(name, sizeof name, "q%d", i), dp_let_q(c, name, DP_WEIGHT(P->q, i));
    for (int l = 0; l < M; l++) snprintf(name, sizeof name, "z%d", l), dp_let_q(c, name, DP_MEAN(P->p, l, 0));
    model(c), data(c);
    vertex(c, 0), vertex(c, 1), end(c, 0), end(c, 1);
    for (int e = 0; e < 2; e++)
        for (int t = 0; t < 4; t++) {
            char relation[16];
            snprintf(relation, sizeof relation, "w%d_%d > 0", e, t), dp_suffice(c, "the weights of the data are positive", relation);
        }
    tie(c);
    dp_suffice(c, "a pair of eigenvalues crosses the imaginary axis", dp_check_twin(c, "same") ? "H0*H1 > 0" : "H0*H1 < 0");
    between(c);
    if (wanted && !dp_check_stopped(c)) stability(c, !strcmp(wanted->word, "attracting"));
}

static const dp_param_spec params[] = {
    {"lower", DP_PARAM_RATIONAL, NULL, "the lower end of the range of s; required"},
    {"upper", DP_PARAM_RATIONAL, NULL, "the upper end; required"},
    {"drift", DP_PARAM_WORD, "da2|sinkhorn-proxy", "default da2"},
    {"stability", DP_PARAM_WORD, "attracting|repelling", "what the closed orbits do to motions of the three places beside them; default: not said"},
    {"crossing", DP_PARAM_VECTOR, NULL, "two numbers around one s of a crossing, for stability"},
    {0}};
static const char *const twins[] = {"same", "frozen", "quadratic", NULL};
DP_CLAIM(da2_orbit) = {
    .id = "da2-orbit",
    .title = "Closed orbits of DA2 and of the proxy on a line: a model leaves its state and returns to it, so no functional whatever falls along them",
    .equations = "(8), (30), (34), (67)",
    .kind = "INEQ",
    .source = "derived here; answers the question whether some functional falls along DA2, or along the proxy, on a line",
    .method = "Inequalities between expressions of exact numbers: an equilibrium of three places with a pair of eigenvalues that crosses the imaginary axis in a family of data. Velocity and derivatives also by the library, two engines.",
    .params = params, .twins = twins, .run = run};
