/* SPDX-License-Identifier: GPL-3.0-or-later */
/* w2.c: half the squared Wasserstein distance of order 2, (45), (97): exact couplings on the line, Gaussians and single atoms in any dimension. */
#include <float.h>
#include <math.h>

#include "drift/transport.h"
#include "energy/expect.h"
#include "particle/ball.h"
#include "particle/transport.h"

/* ---- one component each ---- */

/* Sum of the square roots of the eigenvalues of A B, A and B symmetric positive semidefinite: they are real and not negative. */
static void trace_of_root(arb_t out, const fmpq_mat_t A, const fmpq_mat_t B, slong prec)
{
    const slong d = fmpq_mat_nrows(A);
    fmpq_mat_t AB;
    fmpq_poly_t chi;
    fmpz_poly_t num;
    fmpz_poly_factor_t parts;
    arb_t t;
    fmpq_mat_init(AB, d, d), fmpq_poly_init(chi), fmpz_poly_init(num), fmpz_poly_factor_init(parts), arb_init(t);
    fmpq_mat_mul(AB, A, B);
    fmpq_mat_charpoly(chi, AB);
    fmpq_poly_get_numerator(num, chi);
    fmpz_poly_factor_squarefree(parts, num);
    arb_zero(out);
    for (slong i = 0; i < parts->num; i++) {
        const slong n = fmpz_poly_degree(parts->p + i);
        acb_ptr root = _acb_vec_init(n);
        arb_fmpz_poly_complex_roots(root, parts->p + i, 0, prec);
        for (slong k = 0; k < n; k++) {
            arb_nonnegative_part(t, acb_realref(root + k));
            arb_sqrt(t, t, prec);
            arb_addmul_si(out, t, parts->exp[i], prec);
        }
        _acb_vec_clear(root, n);
    }
    fmpq_mat_clear(AB), fmpq_poly_clear(chi), fmpz_poly_clear(num), fmpz_poly_factor_clear(parts), arb_clear(t);
}

static void covariance(fmpq_mat_t C, const dp_measure_t mu, slong j)
{
    for (int k = 0; k < mu->dim * mu->dim && mu->family == DP_MIXTURE; k++)
        fmpq_set(fmpq_mat_entry(C, k / mu->dim, k % mu->dim), DP_COV(mu, j, 0, 0) + k);
}

/* |a - b|^2 + tr A + tr B - 2 tr (A B)^(1/2) for N(a, A), N(b, B); a matrix 0 is an atom. Halved. */
static void two_gaussians(arb_t out, const dp_measure_t q, slong i, const dp_measure_t p, slong j, slong prec)
{
    const int d = q->dim;
    fmpq_mat_t A, B;
    fmpq_t sum, t;
    arb_t root;
    fmpq_mat_init(A, d, d), fmpq_mat_init(B, d, d), fmpq_init(sum), fmpq_init(t), arb_init(root);
    covariance(A, q, i), covariance(B, p, j);
    fmpq_mat_trace(sum, A);
    fmpq_mat_trace(t, B);
    fmpq_add(sum, sum, t);
    for (int k = 0; k < d; k++) {
        fmpq_sub(t, DP_MEAN(q, i, k), DP_MEAN(p, j, k));
        fmpq_addmul(sum, t, t);
    }
    arb_set_fmpq(out, sum, prec);
    if (q->family == DP_MIXTURE && p->family == DP_MIXTURE)
        trace_of_root(root, A, B, prec);
    arb_submul_si(out, root, 2, prec);
    arb_mul_2exp_si(out, out, -1);
    fmpq_mat_clear(A), fmpq_mat_clear(B), fmpq_clear(sum), fmpq_clear(t), arb_clear(root);
}

/* An atom against anything: every coupling is the product. */
static void against_atom(arb_t out, const dp_measure_t atom, const dp_measure_t mu, slong prec)
{
    arb_t part, w;
    arb_init(part), arb_init(w);
    arb_zero(out);
    for (slong j = 0; j < mu->n; j++) {
        two_gaussians(part, atom, 0, mu, j, prec);
        arb_set_fmpq(w, DP_WEIGHT(mu, j), prec);
        arb_addmul(out, w, part, prec);
    }
    arb_clear(part), arb_clear(w);
}

/* ---- atoms on the line ---- */

/* sum over y of |overlap of quantile intervals| (x - y)^2, exactly; the orders by position. */
static void two_atomic(arb_t out, const dp_measure_t q, const slong *oq, const dp_measure_t p, const slong *op, slong prec)
{
    fmpq_t left_q, left_p, step, t, sum;
    fmpq_init(left_q), fmpq_init(left_p), fmpq_init(step), fmpq_init(t), fmpq_init(sum);
    for (slong i = 0, j = 0; i < q->n && j < p->n;) { /* what is left of the atoms i and j */
        if (fmpq_is_zero(left_q))
            fmpq_set(left_q, DP_WEIGHT(q, oq[i]));
        if (fmpq_is_zero(left_p))
            fmpq_set(left_p, DP_WEIGHT(p, op[j]));
        fmpq_set(step, fmpq_cmp(left_q, left_p) < 0 ? left_q : left_p);
        fmpq_sub(t, DP_MEAN(q, oq[i], 0), DP_MEAN(p, op[j], 0));
        fmpq_mul(t, t, t);
        fmpq_addmul(sum, t, step);
        fmpq_sub(left_q, left_q, step), fmpq_sub(left_p, left_p, step);
        i += fmpq_is_zero(left_q), j += fmpq_is_zero(left_p);
    }
    fmpq_div_2exp(sum, sum, 1);
    arb_set_fmpq(out, sum, prec);
    fmpq_clear(left_q), fmpq_clear(left_p), fmpq_clear(step), fmpq_clear(t), fmpq_clear(sum);
}

/* ---- atoms against a mixture on the line ---- */

/* F[0] = mass, F[1] = first moment of a mixture on (-inf, z], z a ball: component by component Phi(u) and m Phi(u) - s phi(u), u = (z - m)/s. */
static void below(arb_ptr F, const dp_measure_t mu, const arb_t z, slong prec)
{
    arb_t s, u, P, f, w;
    arb_init(s), arb_init(u), arb_init(P), arb_init(f), arb_init(w);
    _arb_vec_zero(F, 2);
    for (slong j = 0; j < mu->n; j++) {
        arb_set_fmpq(s, DP_COV(mu, j, 0, 0), prec);
        arb_sqrt(s, s, prec);
        arb_set_fmpq(w, DP_MEAN(mu, j, 0), prec);
        arb_sub(u, z, w, prec);
        arb_div(u, u, s, prec);
        arb_sqr(f, u, prec);
        arb_mul_2exp_si(f, f, -1);
        arb_neg(f, f);
        arb_exp(f, f, prec);
        arb_const_pi(P, prec);
        arb_mul_2exp_si(P, P, 1);
        arb_rsqrt(P, P, prec);
        arb_mul(f, f, P, prec);
        arb_mul(f, f, s, prec); /* s phi(u) */
        arb_set_ui(P, 2);
        arb_rsqrt(P, P, prec);
        arb_mul(u, u, P, prec);
        arb_neg(u, u);
        arb_hypgeom_erfc(P, u, prec);
        arb_mul_2exp_si(P, P, -1);
        arb_mul(u, w, P, prec);
        arb_sub(u, u, f, prec);
        arb_set_fmpq(w, DP_WEIGHT(mu, j), prec);
        arb_addmul(F, w, P, prec), arb_addmul(F + 1, w, u, prec);
    }
    arb_clear(s), arb_clear(u), arb_clear(P), arb_clear(f), arb_clear(w);
}

/* The side of z that the mass u of mu lies on: -1 and 1 when certain, else 0. */
static int side_of(const dp_measure_t mu, const arf_t z, const arb_t u, slong prec)
{
    arb_ptr F = _arb_vec_init(2);
    arb_t at;
    arb_init(at);
    arb_set_arf(at, z);
    below(F, mu, at, prec);
    const int side = arb_lt(F, u) ? -1 : arb_gt(F, u) ? 1 : 0;
    arb_clear(at), _arb_vec_clear(F, 2);
    return side;
}

/* z encloses the point where the mass of mu reaches u, 0 < u < 1: bisection until a point's side is uncertain, then steps away from it until both are. */
static void quantile(arb_t z, const dp_measure_t mu, const fmpq_t u, slong prec)
{
    arb_t level;
    arf_t lo, hi, mid, step;
    int side = 0;
    arb_init(level), arf_init(lo), arf_init(hi), arf_init(mid), arf_init(step);
    arb_set_fmpq(level, u, prec);
    arf_set_si(lo, -1), arf_set_si(hi, 1);
    while (side_of(mu, lo, level, prec) >= 0)
        arf_mul_2exp_si(lo, lo, 1);
    while (side_of(mu, hi, level, prec) <= 0)
        arf_mul_2exp_si(hi, hi, 1);
    do {
        arf_add(mid, lo, hi, prec + 60, ARF_RND_NEAR);
        arf_mul_2exp_si(mid, mid, -1);
        side = side_of(mu, mid, level, prec);
        if (side)
            arf_set(side < 0 ? lo : hi, mid);
    } while (side);
    arf_set_si_2exp_si(step, 1, -prec);
    for (int out = 0; out != 3; arf_mul_2exp_si(step, step, 1)) {
        arf_sub(lo, mid, step, prec + 60, ARF_RND_DOWN), arf_add(hi, mid, step, prec + 60, ARF_RND_UP);
        out = (side_of(mu, lo, level, prec) < 0 ? 1 : 0) | (side_of(mu, hi, level, prec) > 0 ? 2 : 0);
    }
    arb_set_interval_arf(z, lo, hi, prec + 60);
    arb_clear(level), arf_clear(lo), arf_clear(hi), arf_clear(mid), arf_clear(step);
}

/* (E x^2 + E y^2)/2 - E xy; the atom x_i meets the mixture's quantiles between the sums of the weights before it and with it. */
static void atoms_and_mixture(arb_t out, const dp_measure_t q, const slong *order, const dp_measure_t p, slong prec)
{
    fmpq_t mass, second, t;
    arb_t z, x;
    arb_ptr from = _arb_vec_init(2), to = _arb_vec_init(2);
    fmpq_init(mass), fmpq_init(second), fmpq_init(t), arb_init(z), arb_init(x);
    for (slong j = 0; j < p->n; j++) {
        fmpq_mul(t, DP_MEAN(p, j, 0), DP_MEAN(p, j, 0));
        fmpq_add(t, t, DP_COV(p, j, 0, 0));
        fmpq_addmul(second, DP_WEIGHT(p, j), t);
    }
    arb_zero(out);
    for (slong i = 0; i < q->n; i++, _arb_vec_set(from, to, 2)) {
        fmpq_mul(t, DP_MEAN(q, order[i], 0), DP_MEAN(q, order[i], 0));
        fmpq_addmul(second, DP_WEIGHT(q, order[i]), t);
        fmpq_add(mass, mass, DP_WEIGHT(q, order[i]));
        if (i + 1 < q->n) {
            quantile(z, p, mass, prec);
            below(to, p, z, prec);
        } else { /* the whole mean */
            fmpq_zero(t);
            for (slong j = 0; j < p->n; j++)
                fmpq_addmul(t, DP_WEIGHT(p, j), DP_MEAN(p, j, 0));
            arb_set_fmpq(to + 1, t, prec);
        }
        arb_sub(z, to + 1, from + 1, prec);
        arb_set_fmpq(x, DP_MEAN(q, order[i], 0), prec);
        arb_submul(out, x, z, prec);
    }
    arb_set_fmpq(x, second, prec);
    arb_mul_2exp_si(x, x, -1);
    arb_add(out, out, x, prec);
    fmpq_clear(mass), fmpq_clear(second), fmpq_clear(t), arb_clear(z), arb_clear(x);
    _arb_vec_clear(from, 2), _arb_vec_clear(to, 2);
}

/* ---- of a case ---- */

enum { MOST_LEVELS = 3000 }; /* of a mixture: each takes some hundred distribution functions */

/* What is closed, at one precision; 0: nothing is. */
static int closed(arb_t out, const dp_problem *P, slong prec)
{
    const dp_measure_struct *q = P->q, *p = P->p;
    const int atoms_q = q->family == DP_ATOMS, atoms_p = p->family == DP_ATOMS;
    if (!(atoms_q || q->family == DP_MIXTURE) || !(atoms_p || p->family == DP_MIXTURE))
        return 0;
    if (q->n == 1 && p->n == 1)
        two_gaussians(out, q, 0, p, 0, prec);
    else if (atoms_q && q->n == 1)
        against_atom(out, q, p, prec);
    else if (atoms_p && p->n == 1)
        against_atom(out, p, q, prec);
    else if (P->dim != 1 || !(atoms_q || atoms_p) || (!atoms_q && p->n > MOST_LEVELS) || (!atoms_p && q->n > MOST_LEVELS))
        return 0;
    else {
        slong *oq = dp_order(q->mean, q->n), *op = dp_order(p->mean, p->n);
        if (atoms_q && atoms_p)
            two_atomic(out, q, oq, p, op, prec);
        else
            atoms_and_mixture(out, atoms_q ? q : p, atoms_q ? oq : op, atoms_q ? p : q, prec);
        free(oq), free(op);
    }
    return 1;
}

/* Points as atoms at the doubles that were read; `most`, below 0 where none were, becomes the largest distance of one from 0 if that is more. */
static void as_atoms(dp_measure_t out, const dp_measure_t in, double *most)
{
    if (!in->data || in->family == DP_DENSITY) {
        dp_measure_set(out, in);
        return;
    }
    dp_measure_init(out, DP_ATOMS, in->dim, in->ndata);
    for (slong i = 0; i < in->ndata; i++) {
        double size = 0;
        fmpq_set_si(DP_WEIGHT(out, i), 1, (ulong) in->ndata);
        for (int k = 0; k < in->dim; k++) {
            const double at = in->data[i * in->dim + k];
            dp_fmpq_set_d(DP_MEAN(out, i, k), at);
            size = hypot(size, at);
        }
        *most = fmax(*most, size);
    }
}

/* Coordinates that were read are off by a part 2^-52 at most, two of their roundings, or below the least normal number by that part of it: so are both measures, by t = 2^-51 most in W_2 together, and
   W_2^2/2 by less than t (W_2 + t). */
static void as_read(dp_scalar_t out, double most)
{
    arb_t t, w;
    arb_init(t), arb_init(w);
    arb_set_d(t, most + DBL_MIN);
    arb_mul_2exp_si(t, t, -51);
    arb_mul_2exp_si(w, out->value, 1);
    arb_nonnegative_part(w, w);
    arb_sqrt(w, w, 64);
    arb_add(w, w, t, 64), arb_mul(w, w, t, 64);
    arb_add_error(out->value, w);
    out->estimated = 1, out->how = "points as they were read";
    arb_clear(t), arb_clear(w);
}

/* By a closed form, p and q as they are or their points as atoms; 0: there is none. */
static int by_closed_form(dp_scalar_t out, const dp_problem *P, slong digits)
{
    const slong bits = (slong) ceil((double) digits * 3.3219280948873626) + 8;
    dp_problem told = *P; /* borrows everything else */
    double most = -1;
    int found = 0;
    as_atoms(told.p, P->p, &most), as_atoms(told.q, P->q, &most);
    for (slong prec = bits + 30; closed(out->value, &told, prec); prec += prec / 2) {
        found = 1, out->estimated = 0, out->how = "closed form";
        if (dp_scalar_has(out, digits) || prec > 4 * bits)
            break;
    }
    if (found && most >= 0)
        as_read(out, most);
    dp_measure_clear(told.p), dp_measure_clear(told.q);
    return found;
}

/* Beyond the closed forms: where q is a density on the line the optimal coupling is a map, and E_q |V|^2 = W_2^2 for the drift wasserstein. */
static dp_status population(dp_scalar_t out, const dp_problem *P, slong digits, int threads, dp_error *e)
{
    static const dp_integrand square = {{"wasserstein", "wasserstein"}, DP_Q_VELOCITY};
    if (by_closed_form(out, P, digits))
        return DP_OK;
    if (P->dim != 1 || (dp_measure_is_points(P->q) && dp_measure_is_points(P->p)))
        return dp_fail(e, DP_EUNSUPPORTED, "w2: on the line, and in any dimension for one Gaussian or atom against one, or one atom against a mixture or points");
    dp_problem turned = *P; /* borrows all; W_2 is the same both ways, sums are over densities, and rules along the line know the kinks of the measure they sum over only */
    if (dp_measure_is_points(P->q) || (P->p->family == DP_LAPLACE && P->q->family != DP_LAPLACE))
        *turned.p = *P->q, *turned.q = *P->p;
    const dp_status status = dp_expect_estimate(out, &turned, turned.q, &square, digits, threads, e);
    arb_mul_2exp_si(out->value, out->value, -1);
    return status;
}

const dp_energy dp_energy_w2 = {
    .name = "w2", .equations = "(45), (97)-(103)", .summary = "half the squared Wasserstein distance of order 2", .drift = "wasserstein", .population = population, .sample = dp_w2_sample, .sample_ball = dp_ball_w2_value
};
