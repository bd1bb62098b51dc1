/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quad_atoms.c: second engine for finite sums: kernel moments of atoms in MPFI intervals (MPFR directed rounding), no Arb arithmetic. */
#include "drift/quadrature.h"
#include <math.h>
#include <mpfi.h>

/* One interval accumulator per moment: S0; S1_i; S2_ij (Gaussian) or Z, grad, Hess, D, J straight away (Laplace). */
typedef struct {
    int dim;
    mpfr_prec_t prec;
    mpfi_t *v;                 /* atom - x */
    mpfi_t Z, *g, *H, *D, *J;
    mpfi_t h, k, t, u, r;
    int kink;
} sums;

static mpfi_t *vector_init(int n, mpfr_prec_t prec)
{
    mpfi_t *v = dp_malloc((size_t) n * sizeof(mpfi_t));
    for (int i = 0; i < n; i++) {
        mpfi_init2(v[i], prec);
        mpfi_set_ui(v[i], 0);
    }
    return v;
}

static void vector_clear(mpfi_t *v, int n)
{
    for (int i = 0; i < n; i++)
        mpfi_clear(v[i]);
    free(v);
}

static void sums_init(sums *s, int d, mpfr_prec_t prec)
{
    s->dim = d;
    s->prec = prec;
    s->kink = 0;
    s->v = vector_init(d, prec);
    s->g = vector_init(d, prec);
    s->D = vector_init(d, prec);
    s->H = vector_init(d * d, prec);
    s->J = vector_init(d * d, prec);
    mpfi_init2(s->Z, prec);
    mpfi_set_ui(s->Z, 0);
    mpfi_init2(s->h, prec);
    mpfi_init2(s->k, prec);
    mpfi_init2(s->t, prec);
    mpfi_init2(s->u, prec);
    mpfi_init2(s->r, prec);
}

static void sums_clear(sums *s)
{
    vector_clear(s->v, s->dim);
    vector_clear(s->g, s->dim);
    vector_clear(s->D, s->dim);
    vector_clear(s->H, s->dim * s->dim);
    vector_clear(s->J, s->dim * s->dim);
    mpfi_clear(s->Z);
    mpfi_clear(s->h);
    mpfi_clear(s->k);
    mpfi_clear(s->t);
    mpfi_clear(s->u);
    mpfi_clear(s->r);
}

static void set_q(mpfi_t out, const fmpq_t q)
{
    mpq_t t;
    mpq_init(t);
    fmpq_get_mpq(t, q);
    mpfi_set_q(out, t);
    mpq_clear(t);
}

static void set_arb(mpfi_t out, const arb_t x)
{
    mpfr_t a, b;
    mpfr_init2(a, mpfi_get_prec(out));
    mpfr_init2(b, mpfi_get_prec(out));
    arb_get_interval_mpfr(a, b, x);
    mpfi_interv_fr(out, a, b);
    mpfr_clear(a);
    mpfr_clear(b);
}

static void get_arb(arb_t out, mpfi_srcptr x, slong prec)
{
    mpfr_t a, b;
    mpfr_init2(a, mpfi_get_prec(x));
    mpfr_init2(b, mpfi_get_prec(x));
    mpfi_get_left(a, x);
    mpfi_get_right(b, x);
    if (mpfr_number_p(a) && mpfr_number_p(b))
        arb_set_interval_mpfr(out, a, b, prec);
    else
        arb_indeterminate(out);
    mpfr_clear(a);
    mpfr_clear(b);
}

static void add_product(mpfi_t sum, mpfi_srcptr a, mpfi_srcptr b, mpfi_t scratch)
{
    mpfi_mul(scratch, a, b);
    mpfi_add(sum, sum, scratch);
}

/* |v|^2 into s->r. */
static void squared_distance(sums *s)
{
    mpfi_set_ui(s->r, 0);
    for (int i = 0; i < s->dim; i++) {
        mpfi_sqr(s->t, s->v[i]);
        mpfi_add(s->r, s->r, s->t);
    }
}

/* k = w exp(-r^2/2h^2) onto S0, k v onto D, k v v' onto J. */
static void add_gauss(sums *s, mpfi_srcptr w)
{
    squared_distance(s);
    mpfi_sqr(s->t, s->h);
    mpfi_mul_ui(s->t, s->t, 2);
    mpfi_div(s->r, s->r, s->t);
    mpfi_neg(s->r, s->r);
    mpfi_exp(s->k, s->r);
    mpfi_mul(s->k, s->k, w);
    mpfi_add(s->Z, s->Z, s->k);
    for (int i = 0; i < s->dim; i++) {
        mpfi_mul(s->u, s->k, s->v[i]);
        mpfi_add(s->D[i], s->D[i], s->u);
        for (int j = 0; j < s->dim; j++)
            add_product(s->J[i * s->dim + j], s->u, s->v[j], s->t);
    }
}

/* grad Z = D/h^2, J = S2/h^2 - Z I, Hess Z = J/h^2. */
static void finish_gauss(sums *s)
{
    mpfi_sqr(s->t, s->h);
    for (int i = 0; i < s->dim; i++) {
        mpfi_div(s->g[i], s->D[i], s->t);
        for (int j = 0; j < s->dim; j++) {
            int ij = i * s->dim + j;
            mpfi_div(s->J[ij], s->J[ij], s->t);
            if (i == j)
                mpfi_sub(s->J[ij], s->J[ij], s->Z);
            mpfi_div(s->H[ij], s->J[ij], s->t);
        }
    }
}

/* t = v_i v_j / r, at most |v_i| in size where r may vanish. */
static void over_distance(mpfi_t t, const sums *s, int i, int j)
{
    if (mpfi_is_strictly_pos(s->r)) {
        mpfi_mul(t, s->v[i], s->v[j]);
        mpfi_div(t, t, s->r);
    } else {
        mpfr_t m;
        mpfr_init2(m, s->prec);
        mpfi_mag(m, s->v[i]);
        mpfi_set_fr(t, m);
        mpfr_neg(m, m, MPFR_RNDD);
        mpfi_put_fr(t, m);
        mpfr_clear(m);
    }
}

/* k = w exp(-r/h): grad k = k v/(h r), Hess k = (k/(h r)) (v v'/(h r) + v v'/r^2 - I), D = k v, J = k (v v'/(h r) - I). */
static void add_laplace(sums *s, mpfi_srcptr w)
{
    int d = s->dim;
    squared_distance(s);
    mpfi_sqrt(s->r, s->r);
    mpfi_div(s->t, s->r, s->h);
    mpfi_neg(s->t, s->t);
    mpfi_exp(s->k, s->t);
    mpfi_mul(s->k, s->k, w);
    mpfi_add(s->Z, s->Z, s->k);
    for (int i = 0; i < d; i++) {
        add_product(s->D[i], s->k, s->v[i], s->t);
        for (int j = 0; j < d; j++) {
            over_distance(s->t, s, i, j);
            mpfi_div(s->t, s->t, s->h);
            if (i == j)
                mpfi_sub_ui(s->t, s->t, 1);
            add_product(s->J[i * d + j], s->k, s->t, s->u);
        }
    }
    if (!mpfi_is_strictly_pos(s->r)) { /* at an atom the gradient of Z has no value */
        s->kink = 1;
        return;
    }
    mpfi_mul(s->u, s->h, s->r);
    mpfi_div(s->u, s->k, s->u);
    for (int i = 0; i < d; i++) {
        mpfi_mul(s->t, s->u, s->v[i]);
        mpfi_add(s->g[i], s->g[i], s->t);
        for (int j = 0; j < d; j++) {
            mpfi_t a;
            mpfi_init2(a, s->prec);
            over_distance(s->t, s, i, j);
            mpfi_div(a, s->t, s->r);
            mpfi_div(s->t, s->t, s->h);
            mpfi_add(a, a, s->t);
            if (i == j)
                mpfi_sub_ui(a, a, 1);
            add_product(s->H[i * d + j], s->u, a, s->t);
            mpfi_clear(a);
        }
    }
}

/* c_l exp(-(y-m)'P(y-m)/2), P = (R_l + h^2 I)^{-1}, c_l = w_l sqrt(h^{2d} det P); the exponent and c_l^2 are exact rationals. */
static void gauss_value(mpfi_t out, const dp_measure_struct *q, slong l, const fmpq *y, const fmpq_t h, mpfi_t t)
{
    int d = q->dim;
    fmpq_mat_t P;
    fmpq_t h2, e, a, b;
    fmpq_mat_init(P, d, d);
    fmpq_init(h2);
    fmpq_init(e);
    fmpq_init(a);
    fmpq_init(b);
    fmpq_mul(h2, h, h);
    for (int i = 0; i < d; i++) {
        for (int j = 0; j < d && q->family == DP_MIXTURE; j++)
            fmpq_set(fmpq_mat_entry(P, i, j), DP_COV(q, l, i, j));
        fmpq_add(fmpq_mat_entry(P, i, i), fmpq_mat_entry(P, i, i), h2);
    }
    fmpq_mat_inv(P, P);
    for (int i = 0; i < d; i++)
        for (int j = 0; j < d; j++) {
            fmpq_sub(a, y + i, DP_MEAN(q, l, i));
            fmpq_sub(b, y + j, DP_MEAN(q, l, j));
            fmpq_mul(a, a, b);
            fmpq_mul(a, a, fmpq_mat_entry(P, i, j));
            fmpq_add(e, e, a);
        }
    fmpq_neg(e, e);
    fmpq_div_2exp(e, e, 1);
    set_q(t, e);
    mpfi_exp(out, t);
    fmpq_mat_det(a, P);
    for (int i = 0; i < d; i++)
        fmpq_mul(a, a, h2);
    set_q(t, a);
    mpfi_sqrt(t, t);
    mpfi_mul(out, out, t);
    set_q(t, DP_WEIGHT(q, l));
    mpfi_mul(out, out, t);
    fmpq_mat_clear(P);
    fmpq_clear(h2);
    fmpq_clear(e);
    fmpq_clear(a);
    fmpq_clear(b);
}

/* w_l exp(-|y - m_l|/h), |y - m_l|^2 an exact rational. */
static void laplace_value(mpfi_t out, const dp_measure_struct *q, slong l, const fmpq *y, const fmpq_t h, mpfi_t t)
{
    fmpq_t e, a;
    fmpq_init(e);
    fmpq_init(a);
    for (int i = 0; i < q->dim; i++) {
        fmpq_sub(a, y + i, DP_MEAN(q, l, i));
        fmpq_addmul(e, a, a);
    }
    fmpq_div(e, e, h);
    fmpq_div(e, e, h);
    set_q(t, e);
    mpfi_sqrt(t, t);
    mpfi_neg(t, t);
    mpfi_exp(out, t);
    set_q(t, DP_WEIGHT(q, l));
    mpfi_mul(out, out, t);
    fmpq_clear(e);
    fmpq_clear(a);
}

/* (k*q)(y) at an atom y: a finite sum, or the integral itself when k*q is none. */
static dp_status smoothed(mpfi_t out, const dp_problem *P, const fmpq *y, mpfr_prec_t prec, dp_error *e)
{
    const dp_measure_struct *q = P->q;
    dp_status status = DP_OK;
    mpfi_t t, u;
    if (q->family != DP_ATOMS && (P->kernel == DP_KERNEL_LAPLACE || q->family != DP_MIXTURE)) {
        dp_moments_t m;
        arb_t x;
        dp_moments_init(m, 1);
        arb_init(x);
        arb_set_fmpq(x, y, prec);
        status = P->dim > 1 ? dp_fail(e, DP_EUNSUPPORTED, "Laplace kernel in dimension %d: k*q has no closed form for a density q", P->dim)
                            : dp_moments_quadrature(m, P, DP_OF_Q, x, prec, NULL, e);
        set_arb(out, m->Z->v);
        dp_moments_clear(m);
        arb_clear(x);
        return status;
    }
    mpfi_init2(t, prec);
    mpfi_init2(u, prec);
    mpfi_set_ui(out, 0);
    for (slong l = 0; l < q->n; l++) {
        if (P->kernel == DP_KERNEL_GAUSSIAN)
            gauss_value(u, q, l, y, P->bandwidth, t);
        else
            laplace_value(u, q, l, y, P->bandwidth, t);
        mpfi_add(out, out, u);
    }
    mpfi_clear(t);
    mpfi_clear(u);
    return status;
}

/* Bits that exponents lose: log2 of the largest squared distance over h^2, atoms to x and atoms to q. */
static slong guard_bits(const dp_problem *P, const dp_measure_struct *mu, arb_srcptr x)
{
    double far = 0, h = fmpq_get_d(P->bandwidth);
    for (slong j = 0; j < mu->n; j++)
        for (int k = 0; k < P->dim; k++) {
            double y = fmpq_get_d(DP_MEAN(mu, j, k));
            far = fmax(far, fabs(y - arf_get_d(arb_midref(x + k), ARF_RND_NEAR)));
            for (slong l = 0; l < P->q->n; l++)
                far = fmax(far, fabs(y - fmpq_get_d(DP_MEAN(P->q, l, k))));
        }
    return 40 + (slong) fmin(4000, 2 * log2(1 + far / h));
}

/* factor: multiplies the weights, or NULL. */
static dp_status add_all(sums *s, const dp_problem *P, const dp_measure_struct *mu, int reweighted, arb_srcptr factor, arb_srcptr x, dp_error *e)
{
    dp_status status = DP_OK;
    mpfi_t w, g;
    mpfi_init2(w, s->prec);
    mpfi_init2(g, s->prec);
    for (slong j = 0; j < mu->n && status == DP_OK; j++) {
        set_q(w, DP_WEIGHT(mu, j));
        if (reweighted) {
            status = smoothed(g, P, DP_MEAN(mu, j, 0), s->prec, e);
            mpfi_sqrt(g, g);
            mpfi_div(w, w, g);
        }
        if (factor) {
            set_arb(g, factor + j);
            mpfi_mul(w, w, g);
        }
        for (int k = 0; k < s->dim; k++) {
            set_q(s->v[k], DP_MEAN(mu, j, k));
            set_arb(g, x + k);
            mpfi_sub(s->v[k], s->v[k], g);
        }
        if (P->kernel == DP_KERNEL_GAUSSIAN)
            add_gauss(s, w);
        else
            add_laplace(s, w);
    }
    if (P->kernel == DP_KERNEL_GAUSSIAN)
        finish_gauss(s);
    mpfi_clear(w);
    mpfi_clear(g);
    return status;
}

dp_status dp_quadrature_atoms(dp_moments_t out, const dp_problem *P, dp_which which, arb_srcptr factor, arb_srcptr x, slong prec, dp_error *e)
{
    const dp_measure_struct *mu = dp_base_measure(P, which);
    int d = P->dim;
    mpfr_exp_t emin = mpfr_get_emin(), emax = mpfr_get_emax();
    sums s;
    dp_status status;
    mpfr_set_emin(mpfr_get_emin_min()); /* exp(-10^12) and far below must stay normal */
    mpfr_set_emax(mpfr_get_emax_max());
    sums_init(&s, d, (mpfr_prec_t) (prec + guard_bits(P, mu, x)));
    set_q(s.h, P->bandwidth);
    status = add_all(&s, P, mu, dp_is_reweighted(which), factor, x, e);
    get_arb(out->Z->v, s.Z, prec);
    for (int i = 0; i < d; i++) {
        get_arb(out->Z->g + i, s.g[i], prec);
        get_arb(out->D + i, s.D[i], prec);
    }
    for (int i = 0; i < d * d; i++) {
        get_arb(out->Z->h + i, s.H[i], prec);
        get_arb(out->J + i, s.J[i], prec);
    }
    for (int i = 0; i < d * d && s.kink; i++) {
        arb_indeterminate(out->Z->g + i % d);
        arb_indeterminate(out->Z->h + i);
    }
    out->used = DP_ENGINE_QUADRATURE;
    sums_clear(&s);
    mpfr_set_emin(emin);
    mpfr_set_emax(emax);
    return status;
}
