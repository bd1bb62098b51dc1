/* SPDX-License-Identifier: GPL-3.0-or-later */
/* variation.c: the derivative (3) of a KL divergence in a direction of mass zero, straight from its definition. */
#include "claim/variation.h"
#include <string.h>

static int chi_fits(dp_check *c, const dp_param *p, const fmpq_t blur)
{
    fmpq_t mass, v;
    int ok = 1;
    fmpq_init(mass);
    fmpq_init(v);
    for (slong i = 0; i + 2 < p->cols; i += 3) {
        fmpq_add(mass, mass, p->value + i);
        fmpq_add(v, p->value + i + 2, blur);
        ok &= fmpq_sgn(p->value + i + 2) >= 0 && fmpq_sgn(v) > 0 && !fmpq_is_zero(p->value + i);
    }
    if (!ok)
        dp_give_up(c, DP_EINPUT, "chi: weights other than 0 and variances >= 0 (> 0 without smoothing) are needed");
    else if (p->cols < 6 || p->cols % 3 != 0 || !fmpq_is_zero(mass)) {
        dp_give_up(c, DP_EINPUT, "chi: triples weight, mean, variance with weights of sum 0 are needed");
        ok = 0;
    }
    fmpq_clear(mass);
    fmpq_clear(v);
    return ok;
}

int dp_chi_read(dp_line_mixture_t chi, dp_check *c, const fmpq_t blur)
{
    const dp_param *p = dp_check_param(c, "chi");
    if (p == NULL)
        dp_give_up(c, DP_EINPUT, "this claim needs the parameter chi");
    if (p == NULL || !chi_fits(c, p, blur))
        return 0;
    fmpq_t v;
    fmpq_init(v);
    dp_line_mixture_init(chi, p->cols / 3);
    for (slong j = 0; j < chi->n; j++) {
        fmpq_add(v, p->value + 3 * j + 2, blur);
        dp_line_mixture_set(chi, j, p->value + 3 * j, p->value + 3 * j + 1, v);
    }
    fmpq_clear(v);
    return 1;
}

/* K for component i of chi against component j of q; 0 when j does not dominate. */
static int ratio_sup(arb_t K, const dp_line_mixture_t chi, slong i, const dp_line_mixture_t q, slong j, slong prec)
{
    fmpq_t gap, t, shift;
    arb_t x;
    fmpq_init(gap);
    fmpq_init(t);
    fmpq_init(shift);
    arb_init(x);
    fmpq_sub(gap, q->var + j, chi->var + i);
    fmpq_sub(shift, q->mean + j, chi->mean + i);
    int same = fmpq_is_zero(gap) && fmpq_is_zero(shift), ok = fmpq_sgn(q->weight + j) > 0 && (same || fmpq_sgn(gap) > 0);
    if (ok) {
        arb_zero(K);
        if (!same) {
            fmpq_mul(t, shift, shift);
            fmpq_div(t, t, gap);
            fmpq_div_2exp(t, t, 1);
            arb_set_fmpq(K, t, prec);
        }
        arb_exp(K, K, prec);
        fmpq_div(t, q->var + j, chi->var + i);
        arb_set_fmpq(x, t, prec);
        arb_sqrt(x, x, prec);
        arb_mul(K, K, x, prec);
        fmpq_div(t, chi->weight + i, q->weight + j);
        fmpq_abs(t, t);
        arb_set_fmpq(x, t, prec);
        arb_mul(K, K, x, prec);
    }
    fmpq_clear(gap);
    fmpq_clear(t);
    fmpq_clear(shift);
    arb_clear(x);
    return ok;
}

int dp_chi_dominated(arb_t K, const dp_line_mixture_t chi, const dp_line_mixture_t q, slong prec)
{
    arb_t best, t;
    int ok = 1;
    arb_init(best);
    arb_init(t);
    arb_zero(K);
    for (slong i = 0; i < chi->n && ok; i++) {
        arb_pos_inf(best);
        for (slong j = 0; j < q->n; j++)
            if (ratio_sup(t, chi, i, q, j, prec))
                arb_min(best, best, t, prec);
        ok = arb_is_finite(best);
        arb_add(K, K, best, prec);
    }
    arb_clear(best);
    arb_clear(t);
    return ok;
}

/* u = q + s 2^-k chi; bounded below by q/2, hence by half its widest component. */
static void perturbed(dp_line_mixture_t u, const dp_line_mixture_t q, const dp_line_mixture_t chi, slong s, slong k)
{
    fmpq_t w;
    fmpq_init(w);
    dp_line_mixture_init(u, q->n + chi->n);
    for (slong j = 0; j < q->n; j++) {
        dp_line_mixture_set(u, j, q->weight + j, q->mean + j, q->var + j);
        if (fmpq_cmp(q->var + j, q->var + u->base) > 0)
            u->base = j;
    }
    for (slong j = 0; j < chi->n; j++) {
        fmpq_div_2exp(w, chi->weight + j, (ulong) k);
        if (s < 0)
            fmpq_neg(w, w);
        dp_line_mixture_set(u, q->n + j, w, chi->mean + j, chi->var + j);
    }
    u->floor = 0.5;
    fmpq_clear(w);
}

/* (2/3) K^2 |chi| 4^-k */
static void taylor_remainder(mag_t out, const dp_line_mixture_t chi, const arb_t K, slong k)
{
    arb_t t, w;
    arb_init(t);
    arb_init(w);
    for (slong j = 0; j < chi->n; j++) {
        arb_set_fmpq(w, chi->weight + j, 64);
        arb_abs(w, w);
        arb_add(t, t, w, 64);
    }
    arb_mul(t, t, K, 64);
    arb_mul(t, t, K, 64);
    arb_mul_2exp_si(t, t, 1 - 2 * k);
    arb_div_si(t, t, 3, 64);
    arb_get_mag(out, t);
    arb_clear(t);
    arb_clear(w);
}

dp_status dp_chi_quotient(arb_t out, mag_t remainder, const dp_line_mixture_t q, dp_line_mixture_t p, const dp_line_mixture_t chi,
                          const arb_t K, slong bits, dp_error *e)
{
    arb_t F;
    mag_t m;
    arb_init(F);
    mag_init(m);
    arb_get_mag(m, K);
    slong k = bits / 2 + 4 + (mag_cmp_2exp_si(m, 0) > 0 ? fmpz_get_si(MAG_EXPREF(m)) : 0), fine = bits + k + 8;
    dp_status status = DP_OK;
    dp_line_mixture_prepare(p, 1, fine + 32);
    arb_zero(out);
    for (slong s = 1; s >= -1 && status == DP_OK; s -= 2) {
        dp_line_mixture_t u;
        perturbed(u, q, chi, s, k);
        dp_line_mixture_prepare(u, 1, fine + 32);
        status = dp_line_kl(F, u, p, 0, fine, fine + 32, e);
        (s > 0 ? arb_add : arb_sub)(out, out, F, fine + 32);
        dp_line_mixture_clear(u);
    }
    arb_mul_2exp_si(out, out, k - 1);
    taylor_remainder(remainder, chi, K, k);
    arb_add_error_mag(out, remainder);
    arb_clear(F);
    mag_clear(m);
    return status;
}

int dp_chi_let_quotient(dp_check *c, const dp_line_mixture_t q, dp_line_mixture_t p, const dp_line_mixture_t chi)
{
    arb_t K, v;
    mag_t remainder;
    dp_error e = {DP_OK, ""};
    arb_init(K);
    arb_init(v);
    mag_init(remainder);
    int ok = dp_chi_dominated(K, chi, q, 64);
    if (!ok)
        dp_give_up(c, DP_EINPUT, "chi must be dominated by q: each component narrower than one of q, or with the mean and variance of one");
    else if (!dp_check_failed(c, dp_chi_quotient(v, remainder, q, p, chi, K, dp_check_prec(c), &e), &e)) {
        dp_let(c, "quotient", v, "difference-quotient");
        dp_ledger(c, "third derivative of KL along chi", remainder);
    }
    arb_clear(K);
    arb_clear(v);
    mag_clear(remainder);
    return ok && !dp_check_stopped(c);
}

char *dp_sum_text(slong n, const char *pattern)
{
    char *out = dp_malloc((size_t) n * (3 + 24 * strlen(pattern)) + 3), *end = out;
    for (slong i = 0; i < n; i++) {
        end = stpcpy(end, i == 0 ? "(" : " + ");
        for (const char *s = pattern; *s != '\0'; s++)
            end += *s == '#' ? sprintf(end, "%ld", (long) i) : sprintf(end, "%c", *s);
    }
    strcpy(end, ")");
    return out;
}
