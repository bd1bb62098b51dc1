/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rkhs.c: the witness g of kale or chi2 for atoms p: the linear systems of chi2, g as a jet, and the field that drifts make of it. */
#include <math.h>
#include <string.h>

#include "drift/rkhs_internal.h"

void dp_rkhs_init(dp_rkhs_t s)
{
    memset(s, 0, sizeof *s);
    arb_init(s->lambda), arb_init(s->rest);
}

void dp_rkhs_clear(dp_rkhs_t s)
{
    _arb_vec_clear(s->c, s->n), _arb_vec_clear(s->v, s->n);
    arb_clear(s->lambda), arb_clear(s->rest);
    dp_problem_free(s->P);
}

/* ---- m_q = k*q ---- */

/* m_q as a jet: every kernel where q is atoms (weights may be negative), else what the point engine can. */
static dp_status embed_q(dp_jet_t out, const dp_problem *P, arb_srcptr x, int second, slong prec, dp_workspace *w, dp_error *e)
{
    if (P->q->family == DP_ATOMS) {
        dp_jet_t k;
        arb_t b;
        dp_jet_init(k, P->dim), arb_init(b);
        dp_jet_zero(out);
        for (slong i = 0; i < P->q->n; i++) {
            dp_kernel_jet(k, P, x, DP_MEAN(P->q, i, 0), prec);
            arb_set_fmpq(b, DP_WEIGHT(P->q, i), prec);
            dp_jet_mul_arb(k, k, b, prec);
            dp_jet_add(out, out, k, prec);
        }
        dp_jet_clear(k), arb_clear(b);
        return DP_OK;
    }
    dp_moments_t m;
    dp_moments_init(m, P->dim);
    dp_status status = dp_moments_eval(m, P, DP_OF_Q, x, second ? DP_ENGINE_QUADRATURE : DP_ENGINE_AUTO, prec, w, e);
    if (status == DP_OK)
        dp_jet_set(out, m->Z);
    dp_moments_clear(m);
    return status;
}

/* (k*q)(y) at an exact point. */
static dp_status blur_q(arb_t out, const dp_problem *P, const fmpq *y, int second, slong prec, dp_workspace *w, dp_error *e)
{
    dp_status status = DP_OK;
    if (P->q->family == DP_ATOMS) {
        arb_t k, b;
        arb_init(k), arb_init(b);
        arb_zero(out);
        for (slong i = 0; i < P->q->n; i++) {
            dp_kernel_exact(k, P, y, DP_MEAN(P->q, i, 0), prec);
            arb_set_fmpq(b, DP_WEIGHT(P->q, i), prec);
            arb_addmul(out, b, k, prec);
        }
        arb_clear(k), arb_clear(b);
        return DP_OK;
    }
    dp_jet_t Z;
    arb_ptr x = _arb_vec_init(P->dim);
    dp_jet_init(Z, P->dim);
    for (int k = 0; k < P->dim; k++)
        arb_set_fmpq(x + k, y + k, prec + 60);
    status = embed_q(Z, P, x, second, prec, w, e);
    arb_set(out, Z->v);
    dp_jet_clear(Z), _arb_vec_clear(x, P->dim);
    return status;
}

/* ---- the system over p's atoms ---- */

static void system_clear(rkhs_system *S)
{
    arb_mat_clear(S->K);
    _arb_vec_clear(S->a, S->n), _arb_vec_clear(S->kq, S->n);
    arb_clear(S->k0), arb_clear(S->lambda);
}

static dp_status system_init(rkhs_system *S, const dp_problem *P, int second, slong prec, dp_workspace *w, dp_error *e)
{
    const slong n = P->p->n;
    dp_status status = DP_OK;
    S->n = n, S->prec = prec;
    arb_mat_init(S->K, n, n);
    S->a = _arb_vec_init(n), S->kq = _arb_vec_init(n);
    arb_init(S->k0), arb_init(S->lambda);
    dp_kernel_diagonal(S->k0, P, prec);
    arb_set_fmpq(S->lambda, P->regularisation, prec);
    for (slong j = 0; j < n && status == DP_OK; j++) {
        arb_set_fmpq(S->a + j, DP_WEIGHT(P->p, j), prec);
        for (slong l = 0; l <= j; l++) {
            dp_kernel_exact(arb_mat_entry(S->K, j, l), P, DP_MEAN(P->p, j, 0), DP_MEAN(P->p, l, 0), prec);
            arb_set(arb_mat_entry(S->K, l, j), arb_mat_entry(S->K, j, l));
        }
        status = blur_q(S->kq + j, P, DP_MEAN(P->p, j, 0), second, prec, w, e);
    }
    if (status != DP_OK)
        system_clear(S);
    return status;
}

void dp_rkhs_values(arb_ptr v, const rkhs_system *S, arb_srcptr c, slong prec)
{
    for (slong j = 0; j < S->n; j++) {
        arb_dot(v + j, S->kq + j, 1, arb_mat_entry(S->K, j, 0), 1, c, 1, S->n, prec);
        arb_div(v + j, v + j, S->lambda, prec);
    }
}

/* ---- chi2 ---- */

static void give_up(dp_rkhs_t s)
{
    _arb_vec_indeterminate(s->c, s->n), _arb_vec_indeterminate(s->v, s->n);
}

/* <m_q - m_p, g> = Q/lambda + rest, rest = -c.kq/lambda - a.v */
static void chi2_rest(dp_rkhs_t s, const rkhs_system *S)
{
    arb_dot(s->rest, NULL, 1, s->c, 1, S->kq, 1, S->n, S->prec);
    arb_div(s->rest, s->rest, S->lambda, S->prec);
    for (slong j = 0; j < S->n; j++)
        arb_submul(s->rest, S->a + j, s->v + j, S->prec);
}

/* (lambda + R K R) t = R (m_q - m_p)(y), R = diag sqrt(a); v = t/sqrt(a), c = a (1 + v). */
static void chi2_symmetric(dp_rkhs_t s, const rkhs_system *S)
{
    const slong n = S->n, prec = S->prec;
    arb_mat_t M, b, t;
    arb_ptr root = _arb_vec_init(n);
    arb_mat_init(M, n, n), arb_mat_init(b, n, 1), arb_mat_init(t, n, 1);
    for (slong j = 0; j < n; j++)
        arb_sqrt(root + j, S->a + j, prec);
    for (slong j = 0; j < n; j++) {
        for (slong l = 0; l < n; l++) {
            arb_ptr m = arb_mat_entry(M, j, l);
            arb_mul(m, arb_mat_entry(S->K, j, l), root + j, prec), arb_mul(m, m, root + l, prec);
            if (j == l)
                arb_add(m, m, S->lambda, prec);
        }
        arb_ptr r = arb_mat_entry(b, j, 0);
        arb_dot(r, S->kq + j, 1, arb_mat_entry(S->K, j, 0), 1, S->a, 1, n, prec);
        arb_mul(r, r, root + j, prec);
    }
    if (!arb_mat_spd_solve(t, M, b, prec) && !arb_mat_solve_precond(t, M, b, prec))
        give_up(s);
    else
        for (slong j = 0; j < n; j++) {
            arb_div(s->v + j, arb_mat_entry(t, j, 0), root + j, prec);
            arb_add_ui(s->c + j, s->v + j, 1, prec), arb_mul(s->c + j, s->c + j, S->a + j, prec);
        }
    arb_mat_clear(M), arb_mat_clear(b), arb_mat_clear(t), _arb_vec_clear(root, n);
}

/* Over the atoms z of p and then q: g = sum_z beta_z k(., z) with lambda beta_z + A_z sum_z' k(z, z') beta_z' = w_z, where A is p's weight on p's
   atoms and 0 on q's, and w = -p, +q; c = -lambda beta on p's atoms. */
static void chi2_all_atoms(dp_rkhs_t s, const dp_problem *P, const rkhs_system *S)
{
    const slong n = S->n, m = n + P->q->n, prec = S->prec;
    arb_mat_t M, b, t;
    arb_mat_init(M, m, m), arb_mat_init(b, m, 1), arb_mat_init(t, m, 1);
    for (slong j = 0; j < m; j++) {
        for (slong l = 0; l < m && j < n; l++) {
            arb_ptr k = arb_mat_entry(M, j, l);
            dp_kernel_exact(k, P, DP_MEAN(P->p, j, 0), l < n ? DP_MEAN(P->p, l, 0) : DP_MEAN(P->q, l - n, 0), prec);
            arb_mul(k, k, S->a + j, prec);
        }
        arb_add(arb_mat_entry(M, j, j), arb_mat_entry(M, j, j), S->lambda, prec);
        arb_set_fmpq(arb_mat_entry(b, j, 0), j < n ? DP_WEIGHT(P->p, j) : DP_WEIGHT(P->q, j - n), prec);
        if (j < n)
            arb_neg(arb_mat_entry(b, j, 0), arb_mat_entry(b, j, 0));
    }
    if (!arb_mat_solve(t, M, b, prec))
        give_up(s);
    else {
        for (slong j = 0; j < n; j++)
            arb_mul(s->c + j, arb_mat_entry(t, j, 0), S->lambda, prec), arb_neg(s->c + j, s->c + j);
        for (slong j = 0; j < n; j++) /* g(y_j) itself: c/a - 1 would lose digits where g is small */
            arb_dot(s->v + j, S->kq + j, 1, arb_mat_entry(S->K, j, 0), 1, s->c, 1, n, prec), arb_div(s->v + j, s->v + j, S->lambda, prec);
    }
    arb_mat_clear(M), arb_mat_clear(b), arb_mat_clear(t);
}

/* ---- solving ---- */

/* What the witness depends on, without the case's texts. */
static dp_problem *data_of(const dp_problem *P)
{
    dp_problem *copy = dp_calloc(1, sizeof *copy);
    copy->dim = P->dim, copy->kernel = P->kernel, copy->nparts = P->nparts;
    dp_measure_set(copy->p, P->p), dp_measure_set(copy->q, P->q);
    fmpq_init(copy->bandwidth), fmpq_init(copy->regularisation);
    fmpq_set(copy->bandwidth, P->bandwidth), fmpq_set(copy->regularisation, P->regularisation);
    copy->parts = P->nparts ? dp_calloc((size_t) P->nparts, sizeof *copy->parts) : NULL;
    for (slong i = 0; i < P->nparts; i++) {
        copy->parts[i].family = P->parts[i].family;
        fmpq_init(&copy->parts[i].weight), fmpq_init(&copy->parts[i].bandwidth);
        fmpq_set(&copy->parts[i].weight, &P->parts[i].weight), fmpq_set(&copy->parts[i].bandwidth, &P->parts[i].bandwidth);
    }
    return copy;
}

static const char *name_of(dp_rkhs_kind kind) { return kind == DP_RKHS_KALE ? "kale" : "chi2"; }

static dp_status fits(const dp_problem *P, dp_rkhs_kind kind, dp_error *e)
{
    if (fmpq_sgn(P->regularisation) <= 0)
        return dp_fail(e, DP_EUNSUPPORTED, "%s: the case has no key 'regularisation' (lambda > 0); expected it there, or --regularisation L", name_of(kind));
    if (P->p->family != DP_ATOMS)
        return dp_fail(e, DP_EUNSUPPORTED, "%s: a p of atoms is needed, and p is of the family %s", name_of(kind),
                       dp_measure_family_name(P->p->family));
    return DP_OK;
}

/* Bits that division by lambda takes. */
static slong guard(const dp_problem *P)
{
    const double l = fmpq_get_d(P->regularisation);
    return l > 0 && l < 1 ? 2 * (slong) -ilogb(l) + 20 : 20;
}

dp_status dp_rkhs_solve(dp_rkhs_t s, const dp_problem *P, dp_rkhs_kind kind, int second, slong prec, dp_workspace *w, dp_error *e)
{
    rkhs_system S;
    dp_status status = fits(P, kind, e);
    if (status == DP_OK)
        status = system_init(&S, P, second, prec + guard(P), w, e);
    if (status != DP_OK)
        return status;
    dp_problem *copy = data_of(P);
    dp_rkhs_clear(s), dp_rkhs_init(s);
    s->P = copy, s->kind = kind, s->second = second, s->n = S.n, s->prec = prec;
    s->c = _arb_vec_init(S.n), s->v = _arb_vec_init(S.n);
    arb_set(s->lambda, S.lambda);
    if (kind == DP_RKHS_KALE)
        dp_rkhs_kale(s, &S, w);
    else {
        if (second && P->q->family == DP_ATOMS)
            chi2_all_atoms(s, P, &S);
        else
            chi2_symmetric(s, &S);
        chi2_rest(s, &S);
    }
    system_clear(&S);
    return DP_OK;
}

static int same_problem(const dp_problem *a, const dp_problem *b)
{
    int same = a->kernel == b->kernel && a->nparts == b->nparts && fmpq_equal(a->bandwidth, b->bandwidth) && fmpq_equal(a->regularisation, b->regularisation)
        && dp_measure_equal(a->p, b->p) && dp_measure_equal(a->q, b->q);
    for (slong i = 0; i < a->nparts && same; i++)
        same = a->parts[i].family == b->parts[i].family && fmpq_equal(&a->parts[i].weight, &b->parts[i].weight)
            && fmpq_equal(&a->parts[i].bandwidth, &b->parts[i].bandwidth);
    return same;
}

dp_status dp_rkhs_get(const dp_rkhs_struct **out, dp_rkhs_t own, const dp_problem *P, dp_rkhs_kind kind, int second, slong prec, dp_workspace *w, dp_error *e)
{
    dp_rkhs_struct *s = own;
    if (w && !w->rkhs)
        dp_rkhs_init(w->rkhs = dp_malloc(sizeof *w->rkhs));
    if (w)
        s = w->rkhs;
    *out = s;
    if (s->P && s->kind == kind && s->second == second && s->prec >= prec && s->prec <= 4 * prec && same_problem(s->P, P))
        return DP_OK;
    return dp_rkhs_solve(s, P, kind, second, prec, w, e);
}

dp_status dp_rkhs_jet(dp_jet_t out, const dp_rkhs_t s, arb_srcptr x, slong prec, dp_workspace *w, dp_error *e)
{
    const dp_problem *P = s->P;
    const slong wp = prec + guard(P);
    dp_jet_t k;
    arb_t t;
    dp_status status = embed_q(out, P, x, s->second, wp, w, e);
    if (status != DP_OK)
        return status;
    dp_jet_init(k, P->dim), arb_init(t);
    for (slong j = 0; j < s->n; j++) {
        dp_kernel_jet(k, P, x, DP_MEAN(P->p, j, 0), wp);
        dp_jet_mul_arb(k, k, s->c + j, wp);
        dp_jet_sub(out, out, k, wp);
    }
    arb_inv(t, s->lambda, wp);
    dp_jet_mul_arb(out, out, t, wp);
    dp_jet_clear(k), arb_clear(t);
    return DP_OK;
}

dp_status dp_rkhs_field(dp_field_t out, const dp_problem *P, dp_rkhs_kind kind, int scale, arb_srcptr x, dp_engine engine, slong prec, dp_workspace *w, dp_error *e)
{
    const int second = engine == DP_ENGINE_QUADRATURE;
    const dp_rkhs_struct *s;
    dp_rkhs_t own;
    dp_jet_t g;
    arb_t t;
    dp_rkhs_init(own), dp_jet_init(g, P->dim), arb_init(t);
    dp_status status = dp_rkhs_get(&s, own, P, kind, second, prec, w, e);
    if (status == DP_OK)
        status = dp_rkhs_jet(g, s, x, prec, w, e);
    if (status == DP_OK) {
        arb_add_ui(t, s->lambda, 1, prec + 20);
        arb_mul_si(t, t, -scale, prec + 20);
        dp_jet_mul_arb(g, g, t, prec + 20);
        dp_field_gradient(out, g);
        out->engine = second ? DP_ENGINE_QUADRATURE : DP_ENGINE_CLOSED;
        dp_format_why(out, "a gradient field: no preconditioner");
    }
    dp_rkhs_clear(own), dp_jet_clear(g), arb_clear(t);
    return status;
}
