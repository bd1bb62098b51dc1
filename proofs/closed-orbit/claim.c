/* SPDX-License-Identifier: GPL-3.0-or-later */
/* closed-orbit: two places of a model on a line that move under the mean shift and come back: no functional whatever falls along every motion. */
#include <stdlib.h>
#include <string.h>

#include "../hopf.h"

/* The atoms of p at end e of the family: 0, 1, 2 or 0, 1, 3. */
static int atom(int e, int j)
{
    return j < 2 ? j : 2 + e;
}

/* The pull of the other place of q, P_i = share times distance, and P1_i, its derivative by the distance; m_i: where the kernel mean of p must be for rest. */
static void pulls(dp_check *c, int gaussian)
{
    dp_def_printed(c, "r", "x1 - x0");
    dp_def_printed(c, "K", gaussian ? "exp(-r^2/(2*h^2))" : "exp(-r/h)");
    dp_def_printed(c, "gr", gaussian ? "r/h^2" : "1/h");
    for (int i = 0; i < 2; i++) {
        const int o = 1 - i;
        char name[8];
        snprintf(name, sizeof name, "P%d", i), dp_def_printed(c, name, "q%d*K*r/(q%d + q%d*K)", o, i, o);
        snprintf(name, sizeof name, "P1%d", i), dp_def_printed(c, name, "q%d*K/(q%d + q%d*K) - r*q0*q1*K*gr/(q%d + q%d*K)^2", o, i, o, i, o);
        snprintf(name, sizeof name, "m%d", i), dp_def_printed(c, name, i ? "x1 - P1" : "x0 + P0");
        for (int j = 0; j < 4; j++) {
            dp_def_printed(c, dp_name("k", i, j), gaussian ? "exp(-(z%d - x%d)^2/(2*h^2))" : "exp(-abs(z%d - x%d)/h)", j, i);
            dp_def_printed(c, dp_name("g", i, j), gaussian ? "(z%d - x%d)/h^2" : "(z%d - x%d)/(h*abs(z%d - x%d))", j, i, j, i);
            dp_def_printed(c, dp_name("c", i, j), "k_%d_%d*(z%d - m%d)", i, j, j, i);
        }
    }
}

/* Weights w<e>_j that put both places at rest, and the diagonal J<e>_i of the Jacobian there. */
static void end(dp_check *c, int e)
{
    char name[12];
    for (int j = 0; j < 3; j++) {
        const int a = atom(e, (j + 1) % 3), b = atom(e, (j + 2) % 3);
        snprintf(name, sizeof name, "u%d", e), dp_def_printed(c, dp_name(name, j, -1), "c_0_%d*c_1_%d - c_0_%d*c_1_%d", a, b, b, a);
    }
    for (int j = 0; j < 3; j++)
        snprintf(name, sizeof name, "w%d", e), dp_def_printed(c, dp_name(name, j, -1), "u%d_%d/(u%d_0 + u%d_1 + u%d_2)", e, j, e, e, e);
    for (int i = 0; i < 2; i++) {
        char *top = dp_strdup("0"), *bottom = dp_strdup("0"), *more;
        for (int j = 0; j < 3; j++) {
            const int a = atom(e, j);
            more = dp_format("%s + w%d_%d*c_%d_%d*g_%d_%d", top, e, j, i, a, i, a), free(top), top = more;
            more = dp_format("%s + w%d_%d*k_%d_%d", bottom, e, j, i, a), free(bottom), bottom = more;
        }
        snprintf(name, sizeof name, "D%d", e), dp_def_printed(c, dp_name(name, i, -1), "%s", bottom);
        snprintf(name, sizeof name, "J%d", e), dp_def_printed(c, dp_name(name, i, -1), "(%s)/D%d_%d - 1 + P1%d", top, e, i, i);
        free(top), free(bottom);
    }
}

/* The kernel at distance z. */
static void kernel(arb_t out, const fmpq_t z, const dp_problem *P, slong prec)
{
    fmpq_t t;
    fmpq_init(t);
    fmpq_div(t, z, P->bandwidth), fmpq_abs(t, t);
    if (P->kernel == DP_KERNEL_GAUSSIAN) fmpq_mul(t, t, t), fmpq_div_2exp(t, t, 1);
    fmpq_neg(t, t), arb_set_fmpq(out, t, prec), arb_exp(out, out, prec);
    fmpq_clear(t);
}

/* c_ij = k(x_i, z_j) (z_j - m_i) for the atoms of end 0. */
static void rest(arb_struct *c, const dp_problem *P, int i, slong prec)
{
    arb_t m, K, t;
    fmpq_t r;
    arb_init(m), arb_init(K), arb_init(t), fmpq_init(r);
    fmpq_sub(r, DP_MEAN(P->q, 1 - i, 0), DP_MEAN(P->q, i, 0)), kernel(K, r, P, prec);
    arb_mul_fmpz(K, K, fmpq_numref(DP_WEIGHT(P->q, 1 - i)), prec), arb_div_fmpz(K, K, fmpq_denref(DP_WEIGHT(P->q, 1 - i)), prec);
    arb_set_fmpq(t, DP_WEIGHT(P->q, i), prec), arb_add(t, t, K, prec), arb_div(K, K, t, prec);
    arb_set_fmpq(t, r, prec), arb_mul(m, K, t, prec);
    for (int j = 0; j < 3; j++) {
        fmpq_sub(r, DP_MEAN(P->p, j, 0), DP_MEAN(P->q, i, 0)), kernel(c + j, r, P, prec);
        arb_set_fmpq(t, r, prec), arb_sub(t, t, m, prec), arb_mul(c + j, c + j, t, prec);
    }
    arb_clear(m), arb_clear(K), arb_clear(t), fmpq_clear(r);
}

/* Weights of end 0, rounded to doubles that are the same on every machine; 0 where they are not positive. */
static int weights(double weight[3], const dp_problem *P)
{
    const slong prec = 256;
    arb_ptr c = _arb_vec_init(6), u = _arb_vec_init(4);
    int ok = 1;
    rest(c, P, 0, prec), rest(c + 3, P, 1, prec);
    for (int j = 0; j < 3; j++) {
        const int a = (j + 1) % 3, b = (j + 2) % 3;
        arb_mul(u + j, c + a, c + 3 + b, prec), arb_submul(u + j, c + b, c + 3 + a, prec), arb_add(u + 3, u + 3, u + j, prec);
    }
    for (int j = 0; j < 3; j++) {
        arb_div(u + j, u + j, u + 3, prec), weight[j] = arf_get_d(arb_midref(u + j), ARF_RND_NEAR);
        ok = ok && arb_is_positive(u + j) && weight[j] > 0;
    }
    _arb_vec_clear(c, 6), _arb_vec_clear(u, 4);
    return ok;
}

/* The case's p at end 0 with these weights, made to sum to 1, and q with place i moved by t. */
static dp_problem *at_end(const dp_problem *P, const double weight[3], int i, const fmpq_t t)
{
    dp_problem *D = dp_problem_copy(P);
    fmpq_t sum;
    arf_t w;
    fmpq_init(sum), arf_init(w);
    dp_measure_clear(D->p), dp_measure_init(D->p, DP_ATOMS, 1, 3);
    for (int j = 0; j < 3; j++) {
        arf_set_d(w, weight[j]), arf_get_fmpq(DP_WEIGHT(D->p, j), w);
        fmpq_add(sum, sum, DP_WEIGHT(D->p, j)), fmpq_set(DP_MEAN(D->p, j, 0), DP_MEAN(P->p, j, 0));
    }
    for (int j = 0; j < 3; j++) fmpq_div(DP_WEIGHT(D->p, j), DP_WEIGHT(D->p, j), sum);
    fmpq_add(DP_MEAN(D->q, i, 0), DP_MEAN(D->q, i, 0), t);
    fmpq_clear(sum), arf_clear(w);
    return D;
}

/* The library's mean shift at both places with place i moved by t, as leaves <stem>_0 and <stem>_1, by two engines. */
static void let_both(dp_check *c, const char *stem, const double weight[3], int i, const fmpq_t t)
{
    dp_problem *D = at_end(dp_check_problem(c), weight, i, t);
    dp_field_t f;
    arb_t x;
    dp_error e = {DP_OK, ""};
    dp_field_init(f, 1), arb_init(x);
    for (int k = 0; k < 2; k++)
        for (int second = 0; second < 2 && !dp_check_stopped(c); second++) {
            arb_set_fmpq(x, DP_MEAN(D->q, k, 0), dp_check_prec(c) + 200);
            if (!dp_check_failed(c, dp_field_eval(f, D, "mean-shift", x, second ? DP_ENGINE_QUADRATURE : DP_ENGINE_CLOSED, dp_check_prec(c) + 200, NULL, &e), &e))
                (second ? dp_let_second : dp_let)(c, dp_name(stem, k, -1), f->velocity, dp_engine_name(f->engine));
        }
    dp_field_clear(f), arb_clear(x), dp_problem_free(D);
}

/* At end 0, its weights rounded to doubles, the library's velocity is zero, and its quotients of differences are the Jacobian, to nine digits. */
static void tie(dp_check *c, const double weight[3])
{
    const dp_problem *P = dp_check_problem(c);
    fmpq_t t;
    fmpq_init(t);
    dp_problem *D = at_end(P, weight, 0, t);
    for (int j = 0; j < 3; j++) {
        char relation[48];
        dp_let_q(c, dp_name("P", j, -1), DP_WEIGHT(D->p, j));
        snprintf(relation, sizeof relation, "abs(P_%d - w0_%d) < w0_%d/10^13", j, j, j), dp_suffice(c, "its weights in doubles are good", relation);
    }
    dp_problem_free(D);
    let_both(c, "V", weight, 0, t);
    dp_assert(c, "the library's velocity is zero at the first place", "abs(V_0) < h/10^11");
    dp_assert(c, "and at the second", "abs(V_1) < h/10^11");
    fmpz_ui_pow_ui(fmpq_denref(t), 10, 10), fmpz_one(fmpq_numref(t)), fmpq_mul(t, t, P->bandwidth), dp_let_q(c, "t", t);
    for (int i = 0; i < 2; i++) {
        char *more = dp_format("F%d", i), *less = dp_format("B%d", i);
        let_both(c, more, weight, i, t), fmpq_neg(t, t), let_both(c, less, weight, i, t), fmpq_neg(t, t);
        char *own = dp_format("abs((F%d_%d - B%d_%d)/(2*t) - J0_%d) < 1/10^9", i, i, i, i, i), *cross = dp_format("abs((F%d_%d - B%d_%d)/(2*t) + P1%d) < 1/10^9", i, 1 - i, i, 1 - i, 1 - i);
        dp_assert(c, "its derivative by the own place", own), dp_assert(c, "and by the other place", cross);
        free(more), free(less), free(own), free(cross);
    }
    fmpq_clear(t);
}

/* What the closed orbits near the place of rest do to motions beside them. */
static void stability(dp_check *c, int gaussian, int attracting)
{
    hp_lyapunov(c, gaussian, dp_check_twin(c, "cubic"));
    dp_agree(c, "the trace is zero at s*", "f0_1 + y0_1 + f1_1 + y1_1 == 2");
    for (int i = 0; i < 2; i++) {
        char relation[24];
        snprintf(relation, sizeof relation, "f%d_0 == 0", i), dp_agree(c, "the place is at rest at s*", relation);
        snprintf(relation, sizeof relation, "y%d_1 == P1%d", i, i), dp_agree(c, "both derivatives of the pull", relation);
    }
    dp_assert(c, attracting ? "the closed orbits attract" : "the closed orbits repel", attracting ? "lyapunov < 0" : "lyapunov > 0");
}

static int fits(const dp_problem *P)
{
    int ok = P->dim == 1 && (P->kernel == DP_KERNEL_GAUSSIAN || P->kernel == DP_KERNEL_LAPLACE) && P->p->family == DP_ATOMS && P->p->n == 4 && P->q->family == DP_ATOMS && P->q->n == 2
             && fmpq_cmp(DP_MEAN(P->q, 0, 0), DP_MEAN(P->q, 1, 0)) < 0;
    for (slong i = 0; ok && i < 2; i++)
        for (slong j = 0; j < 4; j++) ok = ok && !fmpq_equal(DP_MEAN(P->q, i, 0), DP_MEAN(P->p, j, 0));
    return ok;
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    double weight[3];
    if (!fits(P)) {
        dp_give_up(c, DP_EINPUT, "needs a line, the Gaussian or the Laplace kernel, q two atoms, the left one first, and p four atoms elsewhere (their weights are not used)");
        return;
    }
    if (!weights(weight, P)) {
        dp_give_up(c, DP_EUNSUPPORTED, "no positive weights of the first three atoms put both places at rest, or none that doubles can hold: no closed orbit is shown");
        return;
    }
    for (int i = 0; i < 2; i++)
        dp_let_q(c, i ? "x1" : "x0", DP_MEAN(P->q, i, 0)), dp_let_q(c, i ? "q1" : "q0", DP_WEIGHT(P->q, dp_check_twin(c, "swapped") ? 1 - i : i));
    for (int j = 0; j < 4; j++) {
        char name[3] = {'z', (char) ('0' + j), 0};
        dp_let_q(c, name, DP_MEAN(P->p, j, 0));
    }
    dp_let_q(c, "h", P->bandwidth);
    pulls(c, P->kernel == DP_KERNEL_GAUSSIAN);
    end(c, 0), end(c, 1);
    dp_def(c, "square", dp_check_twin(c, "symmetric") ? "-P10*P10" : "-P10*P11");
    char relation[64];
    for (int e = 0; e < 2; e++)
        for (int j = 0; j < 3; j++) snprintf(relation, sizeof relation, "w%d_%d > 0", e, j), dp_suffice(c, "the weights of the data are positive", relation);
    tie(c, weight);
    dp_suffice(c, "the places act on each other with opposite signs", "square > 0");
    for (int e = 0; e < 2; e++)
        for (int i = 0; i < 2; i++) snprintf(relation, sizeof relation, "J%d_%d^2 < square", e, i), dp_suffice(c, "the eigenvalues are not real when the trace is zero", relation);
    dp_suffice(c, "the trace changes its sign", dp_check_twin(c, "same") ? "(J0_0 + J0_1)*(J1_0 + J1_1) > 0" : "(J0_0 + J0_1)*(J1_0 + J1_1) < 0");
    const dp_param *how = dp_check_param(c, "stability");
    if (how) stability(c, P->kernel == DP_KERNEL_GAUSSIAN, !strcmp(how->word, "attracting"));
    else if (dp_check_twin(c, "cubic")) dp_give_up(c, DP_EINPUT, "the sabotage \"cubic\" needs the parameter stability");
}

static const dp_param_spec params[] = {
    {"stability", DP_PARAM_WORD, "attracting|repelling", "what the closed orbits near the place of rest are for the motions of the two places beside them; nothing is said of it when left out"},
    {0}};
static const char *const twins[] = {"symmetric", "same", "swapped", "cubic", NULL};
DP_CLAIM(closed_orbit) = {
    .id = "closed-orbit",
    .title = "Closed orbits of the mean shift on a line: a model leaves its state and returns to it, so no functional whatever falls along the drift",
    .equations = "(8), (10), (11), (14)",
    .kind = "INEQ",
    .source = "derived here",
    .method = "Inequalities between expressions of exact numbers: an equilibrium of two places whose eigenvalues cross the imaginary axis in a family of data. The velocity and its derivatives also by the library, two engines.",
    .params = params, .twins = twins, .run = run};
