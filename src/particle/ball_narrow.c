/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ball_narrow.c: converged Sinkhorn plans of narrow kernels: the exact optimal plan, and how far the entropic one can be from it. */
#include "particle/ball_plan.h"

#include <math.h>
#include <stdlib.h>

/* Lemma J. Cost c >= 0, marginals in multiples of 1/(n m), p the plan of least cost: unique, its support a forest; exact potentials with slacks s_ij >= 0 that vanish there. Every cycle that
   alternates between rows and columns has a mean slack over its pairs off the support; let M > 0 be no more than any. The entropic plan P for epsilon has |P_ij - p_ij| <= nm E,
   E = (nm)^r e^(-M/epsilon), r = min(n, m), and its value is that of p, entropy included, less at most epsilon nm H(nm E), H(t) = -t log t, for nm E <= 1/4.
   Proof: P - p is a sum of at most nm alternating cycles, each with signs of P - p. Negative pairs lie in the support, so a cycle has k >= 1 positive pairs off it. Take a pair off the support
   and a cycle of weight at least P_ij/(nm) through it: its k pairs have at least that mass, its other positive pairs at least 1/(nm). The product of P over positive pairs, divided by that over
   negative ones, is e^(-sum of slacks/epsilon) <= e^(-kM/epsilon): so (P_ij/(nm))^k (nm)^(k-r) <= e^(-kM/epsilon), P_ij <= E. Every cycle has weight from a pair off the support, so all pairs change
   by at most nm E. The value: p is feasible, P costs no less than p, and |H(a) - H(b)| <= H(|a - b|) for |a - b| <= 1/2. */

static size_t root_of(size_t *part, size_t k)
{
    while (part[k] != k) k = part[k] = part[part[k]];
    return k;
}

/* Numbers the trees of the support, 0 .. *count - 1, in part; 0 when it is no forest. */
static int forest(size_t *part, size_t *count, const dp_plan *p)
{
    const size_t nodes = p->n + p->m;
    int is = 1;
    for (size_t k = 0; k < nodes; k++) part[k] = k;
    for (size_t q = 0; q < p->n * p->m; q++) {
        if (!p->mass[q]) continue;
        const size_t a = root_of(part, q / p->m), b = root_of(part, p->n + q % p->m);
        is = is && a != b, part[b] = a;
    }
    size_t *name = dp_malloc(sizeof *name * nodes);
    *count = 0;
    for (size_t k = 0; k < nodes; k++)
        if (root_of(part, k) == k) name[k] = (*count)++;
    for (size_t k = 0; k < nodes; k++) part[k] = part[k] == k ? k : root_of(part, k);
    for (size_t k = 0; k < nodes; k++) part[k] = name[part[k]];
    free(name);
    return is;
}

/* Karp's walks: the least weight of a walk of so many arcs to every tree, from anywhere; the least mean of a cycle is min over ends of max over k of (D_c - D_k)/(c - k). Weights are slacks, rounded
   down to doubles. */
static double least_mean(const double *w, size_t c)
{
    double *D = dp_malloc(sizeof *D * (c + 1) * c), best = INFINITY;
    for (size_t j = 0; j < c; j++) D[j] = 0;
    for (size_t k = 1; k <= c; k++)
        for (size_t j = 0; j < c; j++) {
            D[k * c + j] = INFINITY;
            for (size_t i = 0; i < c; i++) D[k * c + j] = fmin(D[k * c + j], D[(k - 1) * c + i] + w[i * c + j]);
        }
    for (size_t j = 0; j < c; j++) {
        double most = -INFINITY;
        if (!isfinite(D[c * c + j])) continue;
        for (size_t k = 0; k < c; k++) most = fmax(most, (D[c * c + j] - D[k * c + j]) / (double) (c - k));
        best = fmin(best, most);
    }
    free(D);
    return best;
}

/* M of Lemma J for c = r^2/2: from below, rounding of Karp's sums paid; not positive: unknown. Infinite: no pair is off the support. */
static void margin(arb_t M, const dp_plan *p, const size_t *part, size_t c)
{
    double *w = dp_malloc(sizeof *w * c * c), top = 0, most = INFINITY;
    fmpz_t t;
    arf_t u;
    fmpz_init(t), arf_init(u);
    for (size_t q = 0; q < c * c; q++) w[q] = INFINITY;
    for (size_t q = 0; q < p->n * p->m; q++) {
        double *a = w + part[q / p->m] * c + part[p->n + q % p->m];
        if (p->mass[q]) continue;
        fmpz_add(t, p->at + q / p->m, p->cost + q), fmpz_sub(t, t, p->at + p->n + q % p->m);
        arf_set_fmpz(u, t), arf_mul_2exp_si(u, u, 2 * p->low - 1);
        *a = fmin(*a, arf_get_d(u, ARF_RND_FLOOR));
    }
    for (size_t q = 0; q < c * c; q++) most = fmin(most, w[q] / 2 + w[q % c * c + q / c] / 2);
    for (size_t q = 0; q < c * c; q++) {
        w[q] = fmin(w[q], (double) c * most); /* a cycle that has more has a mean of more than that of two arcs which is `most`: rounding is of what counts, however far other points are */
        if (isfinite(w[q])) top = fmax(top, w[q]);
    }
    const double mean = least_mean(w, c);
    arb_set_d(M, isfinite(mean) ? mean - 4e-16 * (double) (c + 2) * (double) (c + 2) * top : mean);
    fmpz_clear(t), arf_clear(u);
    free(w);
}

/* nm E, and its share of the value over epsilon: infinite when they are not small. */
static void narrow_errors(mag_t change, mag_t entropy, const dp_plan *p, const arb_t M, const fmpq_t h, slong prec)
{
    const ulong pairs = p->s->n * p->s->m;
    arb_t t, u;
    arb_init(t), arb_init(u);
    arb_set_fmpq(u, h, prec), arb_div(t, M, u, prec), arb_div(t, t, u, prec), arb_neg(t, t);
    arb_log_ui(u, pairs, prec), arb_mul_ui(u, u, FLINT_MIN(p->n, p->m) + 1, prec), arb_add(t, t, u, prec);
    if (arf_is_neg_inf(arb_midref(t))) mag_zero(change), mag_zero(entropy);
    else if (!arb_is_positive(M) || arf_cmpabs_2exp_si(arb_midref(t), 1) < 0 || arf_sgn(arb_midref(t)) > 0) mag_inf(change), mag_inf(entropy);
    else {
        arb_exp(u, t, 64), arb_get_mag(change, u);
        arb_mul(u, u, t, 64), arb_mul_ui(u, u, pairs, 64), arb_get_mag(entropy, u);
    }
    arb_clear(t), arb_clear(u);
}

/* <c, p> + epsilon sum p log(p/(a b)) */
static void narrow_value(arb_t out, const dp_plan *p, const fmpq_t h, slong prec)
{
    slong *a = dp_calloc(p->n + p->m, sizeof *a), all = 0;
    fmpz_t sum;
    arb_t t, u;
    fmpz_init(sum), arb_init(t), arb_init(u);
    for (size_t q = 0; q < p->n * p->m; q++) a[q / p->m] += p->mass[q], a[p->n + q % p->m] += p->mass[q], all += p->mass[q], fmpz_addmul_si(sum, p->cost + q, p->mass[q]);
    arb_zero(u);
    for (size_t q = 0; q < p->n * p->m; q++) {
        if (!p->mass[q]) continue;
        arb_set_si(t, p->mass[q]), arb_mul_si(t, t, all, prec), arb_div_si(t, t, a[q / p->m], prec), arb_div_si(t, t, a[p->n + q % p->m], prec);
        arb_log(t, t, prec), arb_addmul_si(u, t, p->mass[q], prec);
    }
    arb_set_fmpq(t, h, prec), arb_mul(u, u, t, prec), arb_mul(u, u, t, prec);
    arb_set_fmpz(out, sum), arb_mul_2exp_si(out, out, 2 * p->low - 1);
    arb_add(out, out, u, prec), arb_div_si(out, out, all, prec);
    fmpz_clear(sum), arb_clear(t), arb_clear(u);
    free(a);
}

static int one_place(const double *a, size_t n, size_t d)
{
    size_t i = d;
    while (i < n * d && a[i] == a[i - d]) i++;
    return i == n * d;
}

/* All of x or all of y is at one place: the plan is the product whatever the kernel, its barycentres are the mean of y and its cost the mean of r^2/2. */
static void product(arb_ptr shift, arb_t value, const dp_sample *s, slong prec)
{
    arb_t t, u;
    arb_init(t), arb_init(u);
    for (size_t q = 0; q < s->n * s->d && shift; q++) {
        arb_zero(u);
        for (size_t j = 0; j < s->m; j++) arb_set_d(t, s->y[j * s->d + q % s->d]), arb_add(u, u, t, prec);
        arb_set_d(t, s->x[q]), arb_div_ui(u, u, s->m, prec), arb_sub(shift + q, u, t, prec);
    }
    if (value) arb_zero(value);
    for (size_t q = 0; q < s->n * s->m * s->d && value; q++) {
        arb_set_d(t, s->x[q / s->d / s->m * s->d + q % s->d]), arb_set_d(u, s->y[q / s->d % s->m * s->d + q % s->d]);
        arb_sub(t, t, u, prec), arb_addmul(value, t, t, prec);
    }
    if (value) arb_div_ui(value, value, 2 * s->n, prec), arb_div_ui(value, value, s->m, prec);
    arb_clear(t), arb_clear(u);
}

dp_status dp_ball_narrow(arb_ptr shift, arb_t value, const dp_sample *s, slong prec, dp_error *e)
{
    dp_plan p;
    if (one_place(s->x, s->n, s->d) || one_place(s->y, s->m, s->d)) {
        product(shift, value, s, prec);
        return DP_OK;
    }
    dp_status status = dp_plan_solve(&p, s, e);
    if (status) return status;
    size_t *part = dp_malloc(sizeof *part * (p.n + p.m)), trees;
    arb_t M, t;
    mag_t change, entropy, far, one;
    arb_init(M), arb_init(t), mag_init(change), mag_init(entropy), mag_init(far), mag_init(one);
    if (forest(part, &trees, &p)) margin(M, &p, part, trees);
    narrow_errors(change, entropy, &p, M, &s->part->bandwidth, prec);
    if (mag_is_inf(change)) status = dp_fail(e, DP_EBUDGET, "sinkhorn: the kernel is not narrow, or several plans are optimal");
    for (size_t q = 0; q < p.n * p.m; q++) arb_set_fmpz(t, p.cost + q), arb_mul_2exp_si(t, t, 2 * p.low), arb_sqrt(t, t, 64), arb_get_mag(one, t), mag_max(far, far, one);
    mag_mul(far, far, change), mag_mul_ui(far, far, s->n), mag_mul_ui(far, far, s->m);
    for (size_t i = 0; i < s->n && shift && !status; i++) {
        dp_plan_barycentre(shift + i * s->d, &p, p.row[i], prec);
        for (size_t k = 0; k < s->d; k++) arb_add_error_mag(shift + i * s->d + k, far);
    }
    if (value && !status) {
        narrow_value(value, &p, &s->part->bandwidth, prec);
        arb_set_fmpq(t, &s->part->bandwidth, 64), arb_mul(t, t, t, 64), arb_get_mag(far, t), mag_mul(far, far, entropy), arb_add_error_mag(value, far);
    }
    arb_clear(M), arb_clear(t), mag_clear(change), mag_clear(entropy), mag_clear(far), mag_clear(one);
    free(part), dp_plan_clear(&p);
    return status;
}
