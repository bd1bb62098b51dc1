/* SPDX-License-Identifier: GPL-3.0-or-later */
/* open-set-shells: in dimension 3 the Laplace drift of two different laws on spheres is zero on a whole ball. */
#include <stdio.h>
#include <stdlib.h>

#include "../radial.h"

/* Radii R_l, the factors c_l of the law at hand, h; s: distance of the point from the middle. */
typedef struct { slong n; const fmpq *radius, *factor, *h, *s; int gaussian, moment; } shells;

/* sum_l a_l k(r) times 1, or times R t - s, at t = cos(angle); a_l = c_l R_l e^(R_l/h), r^2 = R^2 + s^2 - 2 R s t. */
static int integrand(acb_ptr out, const acb_t t, void *param, slong order, slong prec)
{
    const shells *S = param;
    acb_t r, k;
    arb_t R, s, h, a, x;
    arb_init(R), arb_init(s), arb_init(h), arb_init(a), arb_init(x), acb_init(r), acb_init(k);
    arb_set_fmpq(s, S->s, prec), arb_set_fmpq(h, S->h, prec);
    acb_zero(out);
    for (slong l = 0; l < S->n; l++) {
        arb_set_fmpq(R, S->radius + l, prec);
        arb_mul(x, R, s, prec), arb_mul_2exp_si(x, x, 1);
        acb_mul_arb(r, t, x, prec), acb_neg(r, r);
        arb_mul(x, R, R, prec), acb_add_arb(r, r, x, prec), arb_mul(x, s, s, prec), acb_add_arb(r, r, x, prec);
        if (!S->gaussian) acb_sqrt_analytic(r, r, order != 0, prec), acb_div_arb(r, r, h, prec);
        else arb_mul(x, h, h, prec), acb_div_arb(r, r, x, prec), acb_mul_2exp_si(r, r, -1);
        acb_neg(r, r), acb_exp(k, r, prec);
        arb_div(a, R, h, prec), arb_exp(a, a, prec), arb_mul(a, a, R, prec), arb_mul_fmpz(a, a, fmpq_numref(S->factor + l), prec), arb_div_fmpz(a, a, fmpq_denref(S->factor + l), prec);
        acb_mul_arb(k, k, a, prec);
        if (S->moment) acb_mul_arb(r, t, R, prec), acb_sub_arb(r, r, s, prec), acb_mul(k, k, r, prec);
        acb_add(out, out, k, prec);
    }
    arb_clear(R), arb_clear(s), arb_clear(h), arb_clear(a), arb_clear(x), acb_clear(r), acb_clear(k);
    return 0;
}

/* Half the integral over t from -1 to 1, as the leaf `name`: the mean over the spheres. */
static void let_mean(dp_check *c, const char *name, shells *S, int moment)
{
    acb_t a, b, v;
    mag_t tol;
    const slong prec = dp_check_prec(c);
    acb_init(a), acb_init(b), acb_init(v), mag_init(tol);
    S->moment = moment, acb_set_si(a, -1), acb_set_si(b, 1), mag_set_ui_2exp_si(tol, 1, -8*prec);
    if (acb_calc_integrate(v, integrand, S, a, b, prec, tol, NULL, prec) != ARB_CALC_SUCCESS) dp_give_up(c, DP_EBUDGET, "the integral %s did not come to an end", name);
    acb_mul_2exp_si(v, v, -1);
    dp_let(c, name, acb_realref(v), "acb_calc_integrate");
    acb_clear(a), acb_clear(b), acb_clear(v), mag_clear(tol);
}

/* Z<law>_k and D<law>_k: the same means from antiderivatives in r; law p or q, the point at distance s_k. */
static void closed(dp_check *c, char law, slong k, slong n, int gaussian)
{
    char *Z = dp_strdup("0"), *D = dp_strdup("0"), *more, name[32];
    for (slong l = 0; l < n; l++) {
        for (int end = 0; end < 2; end++) {
            char *r = dp_format(end ? "(R_%ld + s_%ld)" : "abs(R_%ld - s_%ld)", (long) l, (long) k);
            char *one = gaussian ? dp_format("-h^2*exp(-%s^2/(2*h^2))", r) : dp_format("-h*(%s + h)*exp(-%s/h)", r, r);
            char *three = gaussian ? dp_format("-h^2*(%s^2 + 2*h^2)*exp(-%s^2/(2*h^2))", r, r) : dp_format("-h*(%s^3 + 3*h*%s^2 + 6*h^2*%s + 6*h^3)*exp(-%s/h)", r, r, r, r);
            snprintf(name, sizeof name, "F%c%d_%ld_%ld", law, end, (long) l, (long) k), dp_def(c, name, one);
            snprintf(name, sizeof name, "T%c%d_%ld_%ld", law, end, (long) l, (long) k), dp_def(c, name, three);
            free(r), free(one), free(three);
        }
        char *weight = dp_format("%c_%ld*exp(R_%ld/h)/(2*s_%ld)", law, (long) l, (long) l, (long) k);
        more = dp_format("%s + %s*(F%c1_%ld_%ld - F%c0_%ld_%ld)", Z, weight, law, (long) l, (long) k, law, (long) l, (long) k), free(Z), Z = more;
        more = dp_format("%s + %s*((R_%ld^2 - s_%ld^2)*(F%c1_%ld_%ld - F%c0_%ld_%ld) - (T%c1_%ld_%ld - T%c0_%ld_%ld))/(2*s_%ld)", D, weight, (long) l, (long) k, law, (long) l, (long) k, law, (long) l, (long) k,
                         law, (long) l, (long) k, law, (long) l, (long) k, (long) k), free(D), D = more;
        free(weight);
    }
    snprintf(name, sizeof name, "Z%c_%ld", law, (long) k), dp_def(c, name, Z);
    snprintf(name, sizeof name, "D%c_%ld", law, (long) k), dp_def(c, name, D);
    free(Z), free(D);
}

/* Both laws at distance s_k: integrals against formulas. */
static void at_distance(dp_check *c, shells *S, const fmpq *factors[2], slong k, const fmpq *s)
{
    S->s = s;
    dp_let_q(c, dp_name("s", k, -1), s);
    for (int b = 0; b < 2 && !dp_check_stopped(c); b++) {
        const char law = b ? 'q' : 'p';
        char leaf[2][16], relation[64];
        S->factor = factors[b];
        closed(c, law, k, S->n, S->gaussian);
        for (int m = 0; m < 2; m++) {
            snprintf(leaf[m], sizeof leaf[m], "I%c%c_%ld", m ? 'D' : 'Z', law, (long) k), let_mean(c, leaf[m], S, m);
            snprintf(relation, sizeof relation, "%s == %c%c_%ld", leaf[m], m ? 'D' : 'Z', law, (long) k);
            dp_assert(c, m ? "first moment of the kernel over the spheres" : "mean of the kernel over the spheres", relation);
        }
    }
}

static int fits(dp_check *c, const dp_problem *P, const dp_param *R, const dp_param *p, const dp_param *q, const dp_param *in, const dp_param *out)
{
    int ok = P->dim == 3 && P->kernel == DP_KERNEL_LAPLACE && R && p && q && in && out && R->cols >= 2 && p->cols == R->cols && q->cols == R->cols;
    slong own = 0, other = 0, apart = 0;
    fmpq_t a, b;
    fmpq_init(a), fmpq_init(b);
    for (slong l = 0; ok && l < R->cols; l++) {
        own += fmpq_sgn(p->value + l) > 0, other += fmpq_sgn(q->value + l) > 0;
        ok = l == 0 || fmpq_cmp(R->value + l - 1, R->value + l) < 0;
        for (slong k = 0; ok && k < l; k++) fmpq_mul(a, p->value + k, q->value + l), fmpq_mul(b, p->value + l, q->value + k), apart += !fmpq_equal(a, b);
        if (!ok) break;
        ok = fmpq_sgn(R->value + l) > 0 && fmpq_sgn(p->value + l) >= 0 && fmpq_sgn(q->value + l) >= 0 && fmpq_cmp(out->value, R->value + l) > 0;
        for (slong k = 0; ok && k < in->cols; k++) ok = fmpq_sgn(in->value + k) > 0 && fmpq_cmp(in->value + k, R->value + l) < 0;
    }
    ok = ok && own && other && apart;
    fmpq_clear(a), fmpq_clear(b);
    if (!ok) dp_give_up(c, DP_EINPUT, "needs dimension 3, the Laplace kernel, increasing radii, as many factors >= 0 of p and of q, not all 0 and not in one ratio, 0 < inside < all radii, and outside > all radii");
    return ok;
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *R = dp_check_param(c, "radii"), *p = dp_check_param(c, "p-factors"), *q = dp_check_param(c, "q-factors"), *in = dp_check_param(c, "inside"), *out = dp_check_param(c, "outside");
    if (!fits(c, P, R, p, q, in, out)) return;
    fmpq *other = _fmpq_vec_init(R->cols);
    for (slong l = 0; l < R->cols; l++) fmpq_set(other + l, q->value + l);
    if (dp_check_twin(c, "moment")) dp_spoil_for(c, other);
    dp_let_q(c, "h", P->bandwidth);
    char *A[2][3];
    for (int b = 0; b < 2; b++)
        for (int m = 0; m < 3; m++) A[b][m] = dp_strdup("0");
    for (slong l = 0; l < R->cols; l++) {
        dp_let_q(c, dp_name("R", l, -1), R->value + l), dp_let_q(c, dp_name("p", l, -1), p->value + l), dp_let_q(c, dp_name("q", l, -1), other + l);
        for (int b = 0; b < 2; b++)
            for (int m = 0; m < 3; m++) {
                char *more = dp_format("%s + %c_%ld*R_%ld^%d", A[b][m], b ? 'q' : 'p', (long) l, (long) l, m);
                free(A[b][m]), A[b][m] = more;
            }
    }
    for (int b = 0; b < 2; b++)
        for (int m = 0; m < 3; m++) {
            char name[4] = {'A', b ? 'q' : 'p', (char) ('0' + m), 0};
            dp_def(c, name, A[b][m]), free(A[b][m]);
        }
    dp_assert(c, "first moments of the factors in one ratio", "Ap1/Ap0 == Aq1/Aq0"), dp_assert(c, "second moments, too", "Ap2/Ap0 == Aq2/Aq0");
    const fmpq *factors[2] = {p->value, other};
    shells S = {R->cols, R->value, NULL, P->bandwidth, NULL, dp_check_twin(c, "gaussian"), 0};
    for (slong k = 0; k < in->cols && !dp_check_stopped(c); k++) {
        char relation[160];
        at_distance(c, &S, factors, k, in->value + k);
        snprintf(relation, sizeof relation, "IDp_%ld/IZp_%ld == IDq_%ld/IZq_%ld", (long) k, (long) k, (long) k, (long) k);
        dp_assert(c, "inside all spheres the two mean shifts are the same", relation);
    }
    if (!dp_check_stopped(c)) at_distance(c, &S, factors, in->cols, out->value);
    char relation[160];
    const long k = (long) in->cols;
    snprintf(relation, sizeof relation, "Dp_%ld/Zp_%ld != Dq_%ld/Zq_%ld", k, k, k, k);
    dp_assert(c, "outside they are not", relation);
    _fmpq_vec_clear(other, R->cols);
}

static const dp_param_spec params[] = {
    {"radii", DP_PARAM_VECTOR, NULL, "radii of the spheres; required"},
    {"p-factors", DP_PARAM_VECTOR, NULL, "the law p has the mass c R e^(R/h), up to a common factor, on the sphere of radius R: its numbers c; required"},
    {"q-factors", DP_PARAM_VECTOR, NULL, "those of q; required"},
    {"inside", DP_PARAM_VECTOR, NULL, "distances from the middle, inside all spheres, where the drift is checked; required"},
    {"outside", DP_PARAM_RATIONAL, NULL, "one outside all spheres; required"},
    {0}};
static const char *const twins[] = {"moment", "gaussian", NULL};
DP_CLAIM(open_set_shells) = {
    .id = "open-set-shells",
    .title = "Laplace kernel in dimension 3: the drift can be zero on a whole ball although p and q differ",
    .equations = "(10), (11)",
    .kind = "EQ",
    .source = "DMF 2604.18194 (zero on an open set identifies, for the Gaussian kernel; the Laplace kernel is named open); counterexample derived here",
    .method = "Inside spheres the drift of uniform laws on them depends on three moments only: exact rationals. Kernel means over the spheres by certified integrals over the angle against antiderivatives over the distance.",
    .params = params, .twins = twins, .run = run};
