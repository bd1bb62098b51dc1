/* SPDX-License-Identifier: GPL-3.0-or-later */
/* divergence-weights: the weights with which the score difference becomes the field of KL(q|p), KL(p|q) and chi-square of smoothed densities. */
#include <stdio.h>
#include <stdlib.h>
#include "driftproof.h"

/* P and Q by both engines at x moved by `side` t along `axis`: leaves "@P<side>_axis", "@Q<side>_axis". */
static int densities(dp_check *c, const dp_point *at, slong axis, int side, const fmpq_t t)
{
    dp_moments_t m;
    dp_error e = {DP_OK, ""};
    slong prec = dp_check_prec(c) + 100;
    arb_ptr x = _arb_vec_init(at->dim);
    fmpq_t q;
    int ok = 1;
    fmpq_init(q), dp_moments_init(m, at->dim);
    for (int k = 0; k < at->dim; k++) {
        fmpq_set(q, at->q + k);
        if (k == axis) side > 0 ? fmpq_add(q, q, t) : fmpq_sub(q, q, t);
        arb_set_fmpq(x + k, q, prec);
    }
    for (int turn = 0; turn < 4 && ok; turn++) {
        char *name = dp_format("%s%c%s_%ld", at->prefix, "PQ"[turn / 2], side > 0 ? "plus" : "minus", (long) axis);
        dp_workspace *w = dp_check_workspace(c);
        ok = !dp_check_failed(c, dp_moments_eval(m, dp_shown(c, at->P), turn < 2 ? DP_OF_P : DP_OF_Q, x, turn % 2 ? DP_ENGINE_QUADRATURE : DP_ENGINE_AUTO, prec, w, &e), &e);
        if (ok) (turn % 2 ? dp_let_second : dp_let)(c, name, m->Z->v, turn % 2 ? "second" : "moments");
        free(name);
    }
    _arb_vec_clear(x, at->dim);
    fmpq_clear(q), dp_moments_clear(m);
    return ok;
}

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    fmpq_t t, scale;
    (void) data;
    fmpq_init(t), fmpq_init(scale);
    fmpz_ui_pow_ui(fmpq_denref(scale), 10, 12), fmpz_one(fmpq_numref(scale));
    fmpq_mul(t, at->P->bandwidth, scale);
    if (at->index == 0) dp_let_q(c, "t", t);
    char *prefix = dp_strdup(at->prefix);
    int ok = dp_let_field(c, prefix, at->P, "mean-shift", at->x, DP_HAVE_VELOCITY);
    char *stem[2] = {dp_format("%sp_", prefix), dp_format("%sq_", prefix)};
    if (ok) ok = dp_let_moments(c, stem[0], at->P, DP_OF_P, at->x) && dp_let_moments(c, stem[1], at->P, DP_OF_Q, at->x);
    if (ok) dp_def_at(c, at, -1, -1, "@u", "@q_Z/@p_Z");
    for (slong k = 0; ok && k < at->dim; k++) {
        ok = densities(c, at, k, 1, t) && densities(c, at, k, -1, t);
        if (!ok) break;
        dp_def_at(c, at, k, -1, "@up_#", "@Qplus_#/@Pplus_#"), dp_def_at(c, at, k, -1, "@um_#", "@Qminus_#/@Pminus_#");
        dp_def_at(c, at, k, -1, "@kl_#", "-(log(@up_#) - log(@um_#))/(2*t)");
        dp_def_at(c, at, k, -1, "@reverse_#", "-(1/@um_# - 1/@up_#)/(2*t)");
        dp_def_at(c, at, k, -1, "@chi_#", "-(2*@up_# - 2*@um_#)/(2*t)");
        dp_def_at(c, at, k, -1, "@slope_#", "(@q_Z_#*@p_Z - @q_Z*@p_Z_#)/@p_Z^2");
        static const char *const part[3][3] = {{"@kl_#", "-@slope_#/@u", "log u"}, {"@reverse_#", "-@slope_#/@u^2", "-1/u"}, {"@chi_#", "-2*@slope_#", "2(u - 1)"}};
        for (int f = 0; f < 3; f++) {
            char *label = dp_format("minus the gradient of f'(u) = %s", part[f][2]), *rule = dp_format("abs(%s - (%s)) <= abs(%s)/10^18", part[f][0], part[f][1], part[f][0]);
            dp_aim_at(c, at, k, -1, label, rule);
            free(label), free(rule);
        }
        dp_assert_at(c, at, k, -1, "KL(q|p): weight 1", dp_check_twin(c, "names") ? "-h^2*@slope_#/@u == @V_#/@u" : "-h^2*@slope_#/@u == @V_#");
        dp_assert_at(c, at, k, -1, "KL(p|q): weight p/q", "-h^2*@slope_#/@u^2 == @V_#/@u");
        dp_assert_at(c, at, k, -1, "chi-square: weight 2 q/p", dp_check_twin(c, "factor") ? "-2*h^2*@slope_# == @V_#*@u" : "-2*h^2*@slope_# == 2*@u*@V_#");
    }
    free(prefix), free(stem[0]), free(stem[1]);
    fmpq_clear(t), fmpq_clear(scale);
}

static void run(dp_check *c)
{
    if (dp_check_problem(c)->kernel != DP_KERNEL_GAUSSIAN) {
        dp_give_up(c, DP_EINPUT, "needs the Gaussian kernel");
        return;
    }
    dp_each_point(c, at_point, NULL);
}

static const dp_param_spec params[] = {DP_PARAM_AT, {0}};
static const char *const twins[] = {"names", "factor", "kernel", NULL};
DP_CLAIM(divergence_weights) = {
    .id = "divergence-weights",
    .title = "Which divergence the score difference belongs to: weights 1, p/q and 2 q/p for KL(q|p), KL(p|q) and chi-square of the smoothed densities",
    .equations = "(14), (17)",
    .kind = "EQ",
    .source = "Cao et al. 2603.10592 (table of f-divergences), under the reading that first variations are taken in the smoothed density; derived here",
    .method = "Differences of f'(q/p) of the engines' smoothed densities against the engines' field with the weight.",
    .params = params, .twins = twins, .run = run};
