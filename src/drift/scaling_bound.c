/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scaling_bound.c: how far scaling factors are from the true ones (Lemmas S1, S2, S3), and the plan that workspaces keep. */
#include <math.h>

#include "drift/scaling.h"

#define AT(M, i, j, m) ((M) + (i) * (m) + (j))

/* t/(1 - t), infinite for t >= 1: a bound on -log(1 - t). */
static void minus_log1m(mag_t out, const mag_t t)
{
    mag_t room, one;
    mag_init(room), mag_init(one);
    mag_one(one);
    mag_sub_lower(room, one, t);
    if (mag_is_zero(room) || mag_is_inf(t))
        mag_inf(out);
    else
        mag_div(out, t, room);
    mag_clear(room), mag_clear(one);
}

/* The longest way through a tree of edges j - k of resistance 1/W_jk that Prim's rule picks by conductance: no effective resistance is larger. */
static void resistance(mag_t out, arb_srcptr W, slong m)
{
    char *in = dp_calloc((size_t) m, 1);
    slong *from = dp_calloc((size_t) m, sizeof *from);
    mag_ptr best = _mag_vec_init(m), way = _mag_vec_init(m * m); /* way: between nodes of the tree */
    mag_t r, t;
    mag_init(r), mag_init(t);
    mag_zero(out);
    in[0] = 1;
    for (slong j = 1; j < m; j++)
        arb_get_mag_lower(best + j, AT(W, 0, j, m));
    for (slong size = 1; size < m; size++) {
        slong j = -1;
        for (slong k = 1; k < m; k++)
            if (!in[k] && (j < 0 || mag_cmp(best + k, best + j) > 0))
                j = k;
        mag_inv(r, best + j); /* infinite when no lower bound is known */
        for (slong k = 0; k < m; k++)
            if (in[k]) {
                mag_add(AT(way, j, k, m), AT(way, from[j], k, m), r);
                mag_set(AT(way, k, j, m), AT(way, j, k, m));
                mag_max(out, out, AT(way, j, k, m));
            }
        in[j] = 1;
        for (slong k = 1; k < m; k++) {
            arb_get_mag_lower(t, AT(W, j, k, m));
            if (!in[k] && mag_cmp(t, best + k) > 0)
                mag_set(best + k, t), from[k] = j;
        }
    }
    _mag_vec_clear(best, m), _mag_vec_clear(way, m * m), mag_clear(r), mag_clear(t);
    free(in), free(from);
}

void dp_scaling_bound(mag_t error, const dp_pairs *s, arb_srcptr v)
{
    const slong m = s->m;
    arb_ptr pi = _arb_vec_init(s->n * m), W = _arb_vec_init(m * m), rho = _arb_vec_init(m);
    mag_t norm, t;
    mag_init(norm), mag_init(t);
    dp_scaling_rows(pi, s, s->K, v);
    dp_scaling_dual(rho, W, s, pi);
    for (slong j = 0; j < m; j++) {
        arb_get_mag(t, rho + j);
        mag_add(norm, norm, t);
    }
    resistance(t, W, m);
    mag_mul(t, t, norm);
    mag_mul_2exp_si(t, t, -1);
    minus_log1m(error, t);
    _arb_vec_clear(pi, s->n * m), _arb_vec_clear(W, m * m), _arb_vec_clear(rho, m), mag_clear(norm), mag_clear(t);
}

/* out_i = w_i (K b w)_i - 1: what rows of the self problem miss. */
static void row_excess(arb_ptr out, const dp_pairs *s, arb_srcptr w)
{
    arb_t t;
    arb_init(t);
    for (slong i = 0; i < s->n; i++) {
        arb_zero(out + i);
        for (slong j = 0; j < s->n; j++) {
            arb_mul(t, s->b + j, w + j, s->prec);
            arb_addmul(out + i, t, AT(s->K, i, j, s->n), s->prec);
        }
        arb_mul(out + i, out + i, w + i, s->prec);
        arb_sub_ui(out + i, out + i, 1, s->prec);
    }
    arb_clear(t);
}

void dp_scaling_bound_self(mag_t error, const dp_pairs *s, arb_srcptr w)
{
    arb_ptr r = _arb_vec_init(s->n);
    arb_t eta, least, t, u;
    arb_init(eta), arb_init(least), arb_init(t), arb_init(u);
    row_excess(r, s, w);
    arb_pos_inf(least);
    for (slong i = 0; i < s->n; i++) { /* b (1 - rs)^2/rs, and b rs */
        arb_add_ui(t, r + i, 1, s->prec);
        arb_mul(u, s->b + i, t, s->prec);
        arb_min(least, least, u, s->prec);
        arb_div(t, s->b + i, t, s->prec);
        arb_sqr(u, r + i, s->prec);
        arb_addmul(eta, t, u, s->prec);
    }
    arb_div(eta, eta, least, s->prec);
    arb_sqrtpos(eta, eta, s->prec);
    arb_mul_2exp_si(eta, eta, 1);
    mag_t m;
    mag_init(m);
    arb_get_mag(m, eta);
    minus_log1m(error, m);
    mag_mul_2exp_si(error, error, -1);
    mag_clear(m);
    _arb_vec_clear(r, s->n), arb_clear(eta), arb_clear(least), arb_clear(t), arb_clear(u);
}

/* ---- Birkhoff ---- */

/* Delta: the largest log K_ij K_kl/(K_il K_kj). */
static void diameter(arb_t out, const dp_pairs *s)
{
    arb_t t, low, high;
    arb_init(t), arb_init(low), arb_init(high);
    arb_zero(out);
    for (slong i = 0; i < s->n; i++)
        for (slong k = 0; k < i; k++) {
            for (slong j = 0; j < s->m; j++) {
                arb_sub(t, AT(s->minus_log, i, j, s->m), AT(s->minus_log, k, j, s->m), 64);
                if (j == 0)
                    arb_set(low, t), arb_set(high, t);
                arb_min(low, low, t, 64), arb_max(high, high, t, 64);
            }
            arb_sub(t, high, low, 64);
            arb_max(out, out, t, 64);
        }
    arb_clear(t), arb_clear(low), arb_clear(high);
}

/* 1/(1 - kappa^2) = cosh(Delta/4)^2 for two half sweeps, 1/(1 - kappa) = (exp(Delta/2) + 1)/2 for one. */
static void amplification(arb_t out, const dp_pairs *s, int self)
{
    diameter(out, s);
    arb_mul_2exp_si(out, out, self ? -1 : -2);
    if (self) {
        arb_exp(out, out, 64);
        arb_add_ui(out, out, 1, 64);
        arb_mul_2exp_si(out, out, -1);
    } else {
        arb_cosh(out, out, 64);
        arb_sqr(out, out, 64);
    }
}

double dp_scaling_birkhoff_bits(const dp_pairs *s, int self)
{
    arb_t d;
    (void) self; /* both factors are below exp(Delta/2) + 1 */
    arb_init(d);
    diameter(d, s);
    double bits = arf_get_d(arb_midref(d), ARF_RND_UP) / 2 * M_LOG2E + 2;
    arb_clear(d);
    return bits;
}

/* Upper bounds on max - min and on max |.| of log(1 + r_i). */
static void log_range(mag_t range, mag_t most, arb_srcptr r, slong n, slong prec)
{
    arb_t t, low, high;
    arb_init(t), arb_init(low), arb_init(high);
    mag_zero(most);
    for (slong i = 0; i < n; i++) {
        mag_t m;
        mag_init(m);
        arb_log1p(t, r + i, prec);
        arb_get_mag(m, t);
        mag_max(most, most, m);
        mag_clear(m);
        if (i == 0)
            arb_set(low, t), arb_set(high, t);
        arb_min(low, low, t, prec), arb_max(high, high, t, prec);
    }
    arb_sub(t, high, low, prec);
    arb_get_mag(range, t);
    arb_clear(t), arb_clear(low), arb_clear(high);
}

void dp_scaling_bound_birkhoff(mag_t error, const dp_pairs *s, arb_srcptr v)
{
    const slong m = s->m;
    arb_ptr pi = _arb_vec_init(s->n * m), sum = _arb_vec_init(m);
    arb_t t;
    mag_t most;
    arb_init(t), mag_init(most);
    dp_scaling_rows(pi, s, s->K, v);
    for (slong j = 0; j < m; j++) { /* column sum over a_j, minus 1: v over the next v, minus 1 */
        for (slong i = 0; i < s->n; i++)
            arb_addmul(sum + j, s->b + i, AT(pi, i, j, m), s->prec);
        arb_div(sum + j, sum + j, s->a + j, s->prec);
        arb_sub_ui(sum + j, sum + j, 1, s->prec);
    }
    log_range(error, most, sum, m, s->prec);
    amplification(t, s, 0);
    arb_get_mag(most, t);
    mag_mul(error, error, most);
    _arb_vec_clear(pi, s->n * m), _arb_vec_clear(sum, m), arb_clear(t), mag_clear(most);
}

void dp_scaling_bound_self_birkhoff(mag_t error, const dp_pairs *s, arb_srcptr w)
{
    arb_ptr r = _arb_vec_init(s->n);
    arb_t t;
    mag_t most, factor;
    arb_init(t), mag_init(most), mag_init(factor);
    row_excess(r, s, w);
    log_range(error, most, r, s->n, s->prec);
    amplification(t, s, 1);
    arb_get_mag(factor, t);
    mag_mul(error, error, factor);
    mag_add(error, error, most);
    mag_mul_2exp_si(error, error, -1);
    _arb_vec_clear(r, s->n), arb_clear(t), mag_clear(most), mag_clear(factor);
}

/* ---- plans ---- */

void dp_plan_free(dp_plan *plan)
{
    if (!plan)
        return;
    _arb_vec_clear(plan->v, plan->m), _arb_vec_clear(plan->w, plan->n);
    arb_clear(plan->mean), mag_clear(plan->error);
    free(plan);
}

void dp_scaling_widen(arb_ptr v, slong n, const mag_t s)
{
    mag_t t;
    mag_init(t);
    mag_expm1(t, s);
    for (slong j = 0; j < n; j++) {
        mag_t r;
        mag_init(r);
        arb_get_mag(r, v + j);
        mag_mul(r, r, t);
        arb_add_error_mag(v + j, r);
        mag_clear(r);
    }
    mag_clear(t);
}

/* v_j = 1/sum_i K_ij b_i u_i: a half sweep, which moves potentials no further apart. s: rows u, columns v. */
static void half_sweep(arb_ptr v, const dp_pairs *s, arb_srcptr u)
{
    arb_t t;
    arb_init(t);
    _arb_vec_zero(v, s->m);
    for (slong i = 0; i < s->n; i++) {
        arb_mul(t, s->b + i, u + i, s->prec);
        for (slong j = 0; j < s->m; j++)
            arb_addmul(v + j, t, AT(s->K, i, j, s->m), s->prec);
    }
    for (slong j = 0; j < s->m; j++)
        arb_inv(v + j, v + j, s->prec);
    arb_clear(t);
}

typedef void (*bound)(mag_t error, const dp_pairs *s, arb_srcptr v);

/* Columns' factors, up to a common one; the side with fewer atoms is solved for. */
static void cross_factors(dp_plan *plan, const dp_problem *P, bound certify, slong prec)
{
    const int few_columns = P->p->n <= P->q->n;
    dp_pairs s, turned;
    dp_pairs_init(&s, P->q, P->p, P->bandwidth, prec);
    if (few_columns) {
        dp_scaling_guess(plan->v, &s);
        certify(plan->error, &s, plan->v);
        dp_scaling_widen(plan->v, plan->m, plan->error);
    } else {
        arb_ptr u = _arb_vec_init(plan->n);
        dp_pairs_init(&turned, P->p, P->q, P->bandwidth, prec);
        dp_scaling_guess(u, &turned);
        certify(plan->error, &turned, u);
        dp_scaling_widen(u, plan->n, plan->error);
        half_sweep(plan->v, &s, u);
        _arb_vec_clear(u, plan->n), dp_pairs_clear(&turned);
    }
    dp_pairs_clear(&s);
}

static void self_factors(dp_plan *plan, const dp_problem *P, bound certify, slong prec)
{
    mag_t error;
    dp_pairs s;
    mag_init(error);
    dp_pairs_init(&s, P->q, P->q, P->bandwidth, prec);
    dp_scaling_guess_self(plan->w, &s);
    certify(error, &s, plan->w);
    dp_scaling_widen(plan->w, plan->n, error);
    mag_max(plan->error, plan->error, error);
    mag_clear(error), dp_pairs_clear(&s);
}

/* Mean under q of log (K b w)_i - log (K a v)_i. */
static void mean_potential(dp_plan *plan, const dp_problem *P, slong prec)
{
    dp_pairs s;
    arb_t t, u;
    arb_init(t), arb_init(u);
    for (int side = 0; side < 2; side++) {
        dp_pairs_init(&s, P->q, side ? P->p : P->q, P->bandwidth, prec);
        for (slong i = 0; i < s.n; i++) {
            arb_zero(u);
            for (slong j = 0; j < s.m; j++) {
                arb_mul(t, s.a + j, (side ? plan->v : plan->w) + j, prec);
                arb_addmul(u, t, AT(s.K, i, j, s.m), prec);
            }
            arb_log(u, u, prec);
            arb_mul(u, u, s.b + i, prec);
            (side ? arb_sub : arb_add)(plan->mean, plan->mean, u, prec);
        }
        dp_pairs_clear(&s);
    }
    arb_clear(t), arb_clear(u);
}

/* Working precision of an engine: Birkhoff's bound needs as many bits more as it loses. */
static dp_status precision(slong *prec, const dp_problem *P, dp_engine engine, dp_error *e)
{
    if (engine != DP_ENGINE_QUADRATURE)
        return DP_OK;
    double lost = 0;
    for (int side = 0; side < 2; side++) {
        dp_pairs s;
        dp_pairs_init(&s, P->q, side ? P->p : P->q, P->bandwidth, 64);
        lost = fmax(lost, dp_scaling_birkhoff_bits(&s, !side));
        dp_pairs_clear(&s);
    }
    if (!(lost < 20000))
        return dp_fail(e, DP_EUNSUPPORTED, "sinkhorn: Birkhoff's bound would need %.0f bits more", lost);
    *prec += 2 * (slong) lost + 16; /* the residual may itself need as many to become small */
    return DP_OK;
}

dp_status dp_plan_get(dp_plan **out, const dp_problem *P, dp_engine engine, slong prec, dp_workspace *w, dp_error *e)
{
    const int second = engine == DP_ENGINE_QUADRATURE;
    if (w) {
        dp_workspace_follow(w, P);
        if (w->plan && w->plan->engine == engine && w->plan->prec >= prec && w->plan->prec <= 2 * prec + 128) {
            *out = w->plan;
            return DP_OK;
        }
    }
    slong inner = prec;
    dp_status status = precision(&inner, P, engine, e);
    if (status != DP_OK)
        return status;
    dp_plan *plan = dp_calloc(1, sizeof *plan);
    *plan = (dp_plan){.engine = engine, .prec = prec, .n = P->q->n, .m = P->p->n};
    plan->v = _arb_vec_init(plan->m), plan->w = _arb_vec_init(plan->n);
    arb_init(plan->mean), mag_init(plan->error);
    cross_factors(plan, P, second ? dp_scaling_bound_birkhoff : dp_scaling_bound, inner);
    self_factors(plan, P, second ? dp_scaling_bound_self_birkhoff : dp_scaling_bound_self, inner);
    mean_potential(plan, P, inner);
    if (w) {
        dp_plan_free(w->plan);
        w->plan = plan;
    }
    *out = plan;
    return DP_OK;
}
