/* SPDX-License-Identifier: GPL-3.0-or-later */
/* released-clip: the clip in the released code gives two modes a drift that no temperature makes small, and does not mend its direction. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "driftproof.h"

enum { MOST = 60 };

/* n w as a whole number, or -1. */
static slong times(slong n, const fmpq_t w)
{
    fmpq_t q;
    fmpq_init(q);
    fmpq_mul_si(q, w, n);
    slong k = fmpz_is_one(fmpq_denref(q)) ? fmpz_get_si(fmpq_numref(q)) : -1;
    fmpq_clear(q);
    return k;
}

/* The released numbers as they are written there. */
static void leaf(dp_check *c, const char *name, slong top, ulong bottom)
{
    fmpq_t q;
    fmpq_init(q);
    fmpq_set_si(q, top, bottom), dp_let_q(c, name, q);
    fmpq_clear(q);
}

/* Definitions with s for a mode ("m", "p"), o for the other. */
static void define(dp_check *c, const char *pattern, const char *text)
{
    for (int mode = 0; mode < 2; mode++) {
        char *out[2];
        for (int k = 0; k < 2; k++) {
            out[k] = dp_strdup(k ? text : pattern);
            for (char *t = out[k]; *t; t++) *t = (char) (*t == '#' ? "mp"[mode] : *t == '$' ? "pm"[mode] : *t);
        }
        dp_def(c, out[0], out[1]);
        free(out[0]), free(out[1]);
    }
}

static void assert_both(dp_check *c, const char *label, const char *relation)
{
    for (int mode = 0; mode < 2; mode++) {
        char *t = dp_strdup(relation), *l = dp_format("%s, mode %c D/2", label, "-+"[mode]);
        for (char *s = t; *s; s++) *s = (char) (*s == '#' ? "mp"[mode] : *s == '$' ? "pm"[mode] : *s);
        (strstr(t, "==") ? dp_assert : dp_suffice)(c, l, t); /* which pairs the clip holds, and how much it makes, is a matter of the case */
        free(t), free(l);
    }
}

/* Softmaxes by counts: a_m, a_p data and b_m, b_p particles at -D/2 and +D/2. */
static void softmaxes(dp_check *c)
{
    int mask = !dp_check_twin(c, "mask");
    dp_def(c, "r0", "sqrt(floor)"), dp_def(c, "clip_root", "sqrt(clip)");
    dp_def(c, "scale", "(r0*(b_m*(a_m + b_m) + b_p*(a_p + b_p)) + D*(b_m*(a_p + b_p) + b_p*(a_m + b_m)))/(n*2*n)");
    dp_def(c, "E0", "exp(-r0/(scale*h))"), dp_def(c, "ED", "exp(-D/(scale*h))"), dp_def(c, "Em", "exp(-(r0/scale + mask)/h)");
    define(c, "own_#", mask ? "(b_# - 1)*E0 + Em" : "b_#*E0");
    define(c, "row_#", "own_# + b_$*ED + a_#*E0 + a_$*ED"), define(c, "colneg_#", "own_# + b_$*ED"), define(c, "colpos_#", "b_#*E0 + b_$*ED");
    define(c, "same_neg_#", "E0/sqrt(row_#*colneg_#)"), define(c, "same_pos_#", "E0/sqrt(row_#*colpos_#)");
    define(c, "cross_neg_#", "ED/sqrt(row_#*colneg_$)"), define(c, "cross_pos_#", "ED/sqrt(row_#*colpos_$)"), define(c, "cross_self_#", "Em/sqrt(row_#*colneg_#)");
    assert_both(c, "no clip within a mode, particles", "same_neg_# > clip_root"), assert_both(c, "no clip within a mode, data", "same_pos_# > clip_root");
    assert_both(c, "clip between modes, particles", "cross_neg_# < clip_root"), assert_both(c, "clip between modes, data", "cross_pos_# < clip_root");
    assert_both(c, "clip on the diagonal", "cross_self_# < clip_root");
    define(c, "P_#", "a_#*same_pos_# + a_$*clip_root");
    define(c, "N_#", mask ? "(b_# - 1)*same_neg_# + clip_root + b_$*clip_root" : "b_#*same_neg_# + b_$*clip_root");
    dp_def(c, "v_p", "-D*(a_m*clip_root/P_p - b_m*clip_root/N_p)"), dp_def(c, "v_m", "D*(a_p*clip_root/P_m - b_p*clip_root/N_m)");
    define(c, "P0_#", "a_#*same_pos_# + a_$*cross_pos_#"), define(c, "N0_#", "(b_# - 1)*same_neg_# + cross_self_# + b_$*cross_neg_#");
    dp_def(c, "w_p", "-D*(a_m*cross_pos_p/P0_p - b_m*cross_neg_p/N0_p)"), dp_def(c, "w_m", "D*(a_p*cross_pos_m/P0_m - b_p*cross_neg_m/N0_m)");
}

/* The library's drift at one particle of each mode: <stem>_m, <stem>_p. */
static int library(dp_check *c, const dp_problem *P, slong n, slong am, slong bm, double clip, const char *stem)
{
    double x[MOST], y[MOST];
    const double half = fmpq_get_d(DP_MEAN(P->p, 1, 0));
    dp_released o = dp_released_default;
    dp_kernel_part part = {.family = DP_KERNEL_LAPLACE};
    dp_sample s = {.n = (size_t) n, .m = (size_t) n, .d = 1, .x = x, .y = y, .nparts = 1, .part = &part, .leave_out = 1, .iterations = -1, .tolerance = -1, .released = &o, .threads = 1};
    dp_error e = {DP_OK, ""};
    arb_ptr v = _arb_vec_init(n);
    for (slong i = 0; i < n; i++) x[i] = i < bm ? -half : half, y[i] = i < am ? -half : half;
    o.clip = clip, o.coordinates = 0, o.rms = 0;
    fmpq_init(&part.weight), fmpq_init(&part.bandwidth);
    fmpq_one(&part.weight), fmpq_set(&part.bandwidth, P->bandwidth);
    int ok = !dp_check_failed(c, dp_drift_sample_ball(v, "da2-released", &s, dp_check_prec(c) * 3 / 10, &e), &e);
    char *name[2] = {dp_format("%s_m", stem), dp_format("%s_p", stem)};
    if (ok) dp_let(c, name[0], v, "samples"), dp_let(c, name[1], v + n - 1, "samples");
    free(name[0]), free(name[1]);
    fmpq_clear(&part.weight), fmpq_clear(&part.bandwidth), _arb_vec_clear(v, n);
    return ok;
}

static int fits(const dp_problem *P)
{
    fmpq_t sum, size;
    int ok = P->dim == 1 && P->kernel == DP_KERNEL_LAPLACE && P->p->family == DP_ATOMS && P->q->family == DP_ATOMS && P->p->n == 2 && P->q->n == 2;
    if (!ok) return 0;
    fmpq_init(sum), fmpq_init(size);
    fmpq_add(sum, DP_MEAN(P->p, 0, 0), DP_MEAN(P->p, 1, 0));
    ok = fmpq_is_zero(sum) && fmpq_sgn(DP_MEAN(P->p, 1, 0)) > 0 && fmpq_equal(DP_MEAN(P->p, 0, 0), DP_MEAN(P->q, 0, 0)) && fmpq_equal(DP_MEAN(P->p, 1, 0), DP_MEAN(P->q, 1, 0));
    ok = ok && fmpq_cmp(DP_WEIGHT(P->q, 0), DP_WEIGHT(P->p, 0)) < 0;
    ok = ok && fmpz_cmp_ui(fmpq_denref(DP_MEAN(P->p, 1, 0)), 1) == 0 && fmpz_cmp_ui(fmpq_numref(DP_MEAN(P->p, 1, 0)), 1000000) < 0;
    fmpq_clear(sum), fmpq_clear(size);
    return ok;
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *count = dp_check_param(c, "n");
    slong n = count ? fmpz_get_si(fmpq_numref(count->value)) : 20;
    slong am = fits(P) && n > 0 && n <= MOST ? times(n, DP_WEIGHT(P->p, 0)) : -1, bm = am < 0 ? -1 : times(n, DP_WEIGHT(P->q, 0));
    if (bm < 2 || n - am < 2) {
        dp_give_up(c, DP_EINPUT, "needs the two-mode pair on a line, modes at whole numbers -D/2 < D/2 in this order, alpha > beta, the Laplace kernel, and n up to %d with n alpha, n beta whole", MOST);
        return;
    }
    const struct { const char *name; slong v; } counts[] = {{"n", n}, {"a_m", am}, {"a_p", n - am}, {"b_m", bm}, {"b_p", n - bm}};
    fmpq_t q;
    fmpq_init(q);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) fmpq_set_si(q, counts[i].v, 1), dp_let_q(c, counts[i].name, q);
    fmpq_mul_2exp(q, DP_MEAN(P->p, 1, 0), 1), dp_let_q(c, "D", q);
    fmpq_clear(q);
    dp_let_q(c, "h", P->bandwidth), dp_let_q(c, "alpha", DP_WEIGHT(P->p, 0)), dp_let_q(c, "beta", DP_WEIGHT(P->q, 0));
    leaf(c, "clip", 1, 1000000), leaf(c, "floor", 1, 100000000), leaf(c, "mask", 100, 1);
    softmaxes(c);
    if (!library(c, P, n, am, bm, dp_check_twin(c, "noclip") ? 0 : dp_released_default.clip, "V") || !library(c, P, n, am, bm, 0, "V0")) return;
    assert_both(c, "the released drift, over P N, is the closed form", "V_#/(P_#*N_#) == v_#");
    assert_both(c, "without the clip, too", "V0_#/(P0_#*N0_#)/w_# == 1");
    assert_both(c, "the clip makes nearly all of it", "abs(w_#) < abs(v_#)/10^6");
    dp_assert(c, "the starved mode is pushed away", "v_m < 0"), dp_assert(c, "and the crowded one towards it", "v_p < 0");
    dp_def(c, "kappa", "n*clip_root*sqrt((2 - alpha - beta)*(1 - beta))");
    dp_suffice(c, "for many particles", "abs(v_p + D*(alpha*kappa/(alpha*kappa + 1 - alpha) - beta*kappa/(beta*kappa + 1 - beta))) < 10/n*abs(v_p)");
}

static const dp_param_spec params[] = {{"n", DP_PARAM_INTEGER, NULL, "particles, and data points, up to 60; default 20"}, {0}};
static const char *const twins[] = {"noclip", "mask", NULL};
DP_CLAIM(released_clip) = {
    .id = "released-clip",
    .title = "The clip of the released code gives two modes a drift that is not exponentially small at any temperature, and leaves its direction wrong",
    .equations = "(40), (41), (67)",
    .kind = "EQ",
    .source = "Deng et al., released code; Gretton et al. 2605.05118, Section 3.3, which speaks of the algorithm without it; derived here",
    .method = "Softmaxes by the counts at two modes as expressions of exact numbers; the library's drift of all points in balls, with the clip and without.",
    .params = params, .twins = twins, .run = run};
