/* SPDX-License-Identifier: GPL-3.0-or-later */
/* workspace.c: charts and lattices kept between points, and the error ledger of the last evaluation. */
#include <string.h>

#include "drift/rkhs.h"
#include "drift/scaling.h"

dp_workspace *dp_workspace_new(void)
{
    return dp_calloc(1, sizeof(dp_workspace));
}

static void chart_clear(dp_chart *c, int d)
{
    _fmpq_vec_clear(c->cov, d * d);
    arb_mat_clear(c->L), arb_mat_clear(c->Linv);
    _arb_vec_clear(c->y0, d);
    dp_gsum_clear(c->G);
    dp_lattice_free(c->lattice);
}

static void forget(dp_workspace *w)
{
    if (!w->set)
        return;
    for (slong i = 0; i < w->ncharts; i++)
        chart_clear(w->chart + i, w->p->dim);
    free(w->chart);
    w->chart = NULL;
    w->ncharts = 0;
    dp_plan_free(w->plan);
    w->plan = NULL;
    dp_measure_clear(w->p), dp_measure_clear(w->q), fmpq_clear(w->bandwidth);
    w->set = 0;
}

void dp_workspace_free(dp_workspace *w)
{
    if (!w)
        return;
    forget(w);
    if (w->rkhs)
        dp_rkhs_clear(w->rkhs);
    free(w->rkhs);
    dp_ledger_reset(w);
    free(w);
}

void dp_ledger_reset(dp_workspace *w)
{
    for (size_t i = 0; w && i < w->nledger; i++)
        mag_clear(w->ledger[i].bound);
    if (w)
        w->nledger = 0;
}

void dp_ledger_note(dp_workspace *w, const char *term, const mag_t bound)
{
    if (!w)
        return;
    for (size_t i = 0; i < w->nledger; i++)
        if (strcmp(w->ledger[i].term, term) == 0) {
            mag_max(w->ledger[i].bound, w->ledger[i].bound, bound);
            return;
        }
    if (w->nledger == DP_MAX_LEDGER)
        return;
    w->ledger[w->nledger].term = term;
    mag_init(w->ledger[w->nledger].bound);
    mag_set(w->ledger[w->nledger++].bound, bound);
}

int dp_workspace_ledger(const dp_workspace *w, size_t index, const char **term, mag_t bound)
{
    if (!w || index >= w->nledger)
        return 0;
    *term = w->ledger[index].term;
    mag_set(bound, w->ledger[index].bound);
    return 1;
}

void dp_workspace_follow(dp_workspace *w, const dp_problem *P)
{
    if (w->set && dp_measure_equal(w->p, P->p) && dp_measure_equal(w->q, P->q) && fmpq_equal(w->bandwidth, P->bandwidth))
        return;
    forget(w);
    dp_measure_set(w->p, P->p), dp_measure_set(w->q, P->q);
    fmpq_init(w->bandwidth), fmpq_set(w->bandwidth, P->bandwidth);
    w->set = 1;
}

/* Sigma = h^2 R (R + h^2 I)^{-1}, exactly. */
static void product_covariance(fmpq_mat_t S, const fmpq *R, int d, const fmpq_t h)
{
    fmpq_mat_t M, T;
    fmpq_t h2;
    fmpq_mat_init(M, d, d), fmpq_mat_init(T, d, d), fmpq_init(h2);
    fmpq_mul(h2, h, h);
    for (int a = 0; a < d; a++)
        for (int b = 0; b < d; b++) {
            fmpq_set(fmpq_mat_entry(T, a, b), R + a * d + b);
            fmpq_set(fmpq_mat_entry(M, a, b), R + a * d + b);
            if (a == b)
                fmpq_add(fmpq_mat_entry(M, a, b), fmpq_mat_entry(M, a, b), h2);
        }
    fmpq_mat_inv(M, M);
    fmpq_mat_mul(S, T, M);
    fmpq_mat_scalar_mul_fmpz(S, S, fmpq_numref(h2));
    fmpq_mat_scalar_div_fmpz(S, S, fmpq_denref(h2));
    fmpq_mat_clear(M), fmpq_mat_clear(T), fmpq_clear(h2);
}

/* Cholesky factor, turned so that the first axis meets the narrowest strip. Returns 0 when prec is too low for the covariance. */
static int chart_axes(dp_chart *c, const dp_problem *P, const dp_gsum_t g, slong prec)
{
    int d = P->dim;
    fmpq_mat_t S;
    arb_mat_t A, Q;
    fmpq_mat_init(S, d, d), arb_mat_init(A, d, d), arb_mat_init(Q, d, d);
    product_covariance(S, c->cov, d, P->bandwidth);
    arb_mat_set_fmpq_mat(A, S, prec);
    int ok = arb_mat_cho(c->L, A, prec) && arb_mat_inv(c->Linv, c->L, prec);
    if (ok && d > 1 && g->n > 1) {
        arb_ptr b = _arb_vec_init(d);
        dp_gsum_affine(c->G, g, c->y0, c->L, c->Linv, prec);
        dp_longest_pull(b, c->G, prec);
        dp_align(Q, b, prec);
        arb_mat_mul(c->L, c->L, Q, prec);
        arb_mat_transpose(Q, Q);
        arb_mat_mul(c->Linv, Q, c->Linv, prec);
        _arb_vec_clear(b, d);
    }
    fmpq_mat_clear(S), arb_mat_clear(A), arb_mat_clear(Q);
    return ok;
}

static int same_entries(const fmpq *a, const fmpq *b, int n)
{
    int same = 1;
    for (int i = 0; i < n; i++)
        same = same && fmpq_equal(a + i, b + i);
    return same;
}

dp_chart *dp_workspace_chart(dp_workspace *w, const dp_problem *P, const fmpq *R, slong prec)
{
    int d = P->dim;
    dp_chart *c = NULL;
    dp_workspace_follow(w, P);
    for (slong i = 0; i < w->ncharts && !c; i++)
        if (same_entries(w->chart[i].cov, R, d * d))
            c = w->chart + i;
    if (c && c->prec >= prec && c->prec <= 2 * prec + 128)
        return c;
    dp_gsum_t g;
    dp_smoothed_sum(g, P->q, P->bandwidth, prec);
    if (!c) {
        w->chart = dp_realloc(w->chart, sizeof(dp_chart) * (size_t) (w->ncharts + 1));
        c = w->chart + w->ncharts++;
        c->cov = _fmpq_vec_init(d * d);
        for (int i = 0; i < d * d; i++)
            fmpq_set(c->cov + i, R + i);
        arb_mat_init(c->L, d, d), arb_mat_init(c->Linv, d, d);
        c->y0 = _arb_vec_init(d);
        dp_gsum_init(c->G, d, g->n);
        c->lattice = NULL;
    }
    dp_lattice_free(c->lattice);
    c->lattice = NULL;
    c->prec = prec;
    for (int a = 0; a < d; a++) { /* origin: a dyadic point near the first mean of q */
        arb_set_fmpq(c->y0 + a, DP_MEAN(P->q, 0, a), 60);
        arb_get_mid_arb(c->y0 + a, c->y0 + a);
    }
    if (!chart_axes(c, P, g, prec))
        c->prec = 0;
    else
        dp_gsum_affine(c->G, g, c->y0, c->L, c->Linv, prec);
    dp_gsum_clear(g);
    return c->prec ? c : NULL;
}
