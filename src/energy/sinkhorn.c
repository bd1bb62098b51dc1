/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sinkhorn.c: the Sinkhorn divergence (26), (59), cost r^2/2, epsilon = h^2: on samples, and at the population for atoms and for single Gaussians. */
#include "drift/scaling.h"
#include "drift/sinkhorn_gauss.h"
#include "energy/energy.h"
#include "particle/ball.h"
#include "particle/functional.h"

#include <float.h>
#include <math.h>

/* ---- atoms ---- */

/* exp(f_pp/epsilon) at the atoms of p: the self factors of a problem whose q is p. */
static dp_status self_plan(dp_plan **out, const dp_problem *P, dp_engine engine, slong prec, dp_error *e)
{
    dp_problem own = *P; /* borrows everything */
    *own.q = *P->p;
    return dp_plan_get(out, &own, engine, prec, NULL, e);
}

/* S = E_q (f_qp - f_qq) + E_p (g_qp - f_pp): OT is the sum of its potentials' means, and halves of the self terms are subtracted. */
dp_status dp_sinkhorn_atoms(arb_t out, const dp_problem *P, dp_engine engine, slong prec, dp_error *e)
{
    dp_plan *cross = NULL, *self = NULL;
    arb_t t, w;
    arb_init(t), arb_init(w);
    dp_status status = dp_plan_get(&cross, P, engine, prec, NULL, e);
    if (!status) status = self_plan(&self, P, engine, prec, e);
    if (!status) arb_set(out, cross->mean);
    for (slong j = 0; j < P->p->n && !status; j++) {
        arb_div(t, cross->v + j, self->w + j, prec);
        arb_log(t, t, prec);
        arb_set_fmpq(w, DP_WEIGHT(P->p, j), prec);
        arb_addmul(out, w, t, prec);
    }
    dp_arb_set_h2(t, P, prec);
    if (!status) arb_mul(out, out, t, prec);
    dp_plan_free(cross), dp_plan_free(self);
    arb_clear(t), arb_clear(w);
    return status;
}

/* ---- single Gaussians, an atom being one without width ---- */

static void covariance(fmpq_mat_t C, const dp_measure_t m)
{
    for (int k = 0; k < m->dim * m->dim && m->family == DP_MIXTURE; k++) fmpq_set(fmpq_mat_entry(C, k / m->dim, k % m->dim), m->cov + k);
}

/* OT(N(m, B), N(n, A)) - |m - n|^2/2 - (tr A + tr B)/2 = -tr MB + (epsilon/2) log det(1 + MB/epsilon), M the slope of the plan. 0: no slope at this precision. */
static int plan_cost(arb_t out, const dp_measure_t q, const dp_measure_t p, const fmpq_t eps, slong prec)
{
    const int d = q->dim;
    fmpq_mat_t A, B;
    arb_mat_t M, C;
    arb_t t, width;
    mag_t error;
    arb_zero(out);
    if (q->family == DP_ATOMS || p->family == DP_ATOMS) return 1;
    fmpq_mat_init(A, d, d), fmpq_mat_init(B, d, d), arb_mat_init(M, d, d), arb_mat_init(C, d, d), arb_init(t), arb_init(width), mag_init(error);
    covariance(A, p), covariance(B, q);
    const int ok = dp_gauss_slope(M, B, A, eps, DP_ENGINE_CLOSED, prec, error);
    arb_mat_set_fmpq_mat(C, B, prec);
    arb_mat_mul(C, M, C, prec);
    arb_mat_trace(out, C, prec);
    arb_neg(out, out);
    arb_set_fmpq(width, eps, prec);
    arb_mat_scalar_div_arb(C, C, width, prec);
    for (int a = 0; a < d; a++) arb_add_ui(arb_mat_entry(C, a, a), arb_mat_entry(C, a, a), 1, prec);
    arb_mat_det(t, C, prec);
    arb_log(t, t, prec);
    arb_mul_2exp_si(t, t, -1);
    arb_addmul(out, t, width, prec);
    fmpq_mat_clear(A), fmpq_mat_clear(B), arb_mat_clear(M), arb_mat_clear(C), arb_clear(t), arb_clear(width), mag_clear(error);
    return ok;
}

/* |m - n|^2/2 and the costs of the three plans; the traces cancel. */
static int gaussians(arb_t out, const dp_problem *P, slong prec)
{
    fmpq_t eps, t, sum;
    arb_t cost;
    fmpq_init(eps), fmpq_init(t), fmpq_init(sum), arb_init(cost);
    fmpq_mul(eps, P->bandwidth, P->bandwidth);
    for (int a = 0; a < P->dim; a++) {
        fmpq_sub(t, DP_MEAN(P->q, 0, a), DP_MEAN(P->p, 0, a));
        fmpq_addmul(sum, t, t);
    }
    fmpq_div_2exp(sum, sum, 1);
    arb_set_fmpq(out, sum, prec);
    int ok = plan_cost(cost, P->q, P->p, eps, prec);
    arb_add(out, out, cost, prec);
    for (int side = 0; side < 2; side++) {
        ok = plan_cost(cost, side ? P->p : P->q, side ? P->p : P->q, eps, prec) && ok;
        arb_mul_2exp_si(cost, cost, -1);
        arb_sub(out, out, cost, prec);
    }
    fmpq_clear(eps), fmpq_clear(t), fmpq_clear(sum), arb_clear(cost);
    return ok;
}

/* ---- of a case ---- */

static int one_gaussian(const dp_measure_t m) { return m->n == 1 && (m->family == DP_MIXTURE || m->family == DP_ATOMS); }

static dp_status population(dp_scalar_t out, const dp_problem *P, slong digits, int threads, dp_error *e)
{
    const int points = P->p->family == DP_ATOMS && P->q->family == DP_ATOMS;
    const slong bits = (slong) ((double) digits * 3.33) + 8;
    dp_status status = DP_OK;
    (void) threads;
    if (P->kernel != DP_KERNEL_GAUSSIAN) return dp_fail(e, DP_EUNSUPPORTED, "sinkhorn: the kernel is exp(-cost/epsilon) with cost r^2/2 and epsilon = h^2: family gaussian only");
    if (!points && !(one_gaussian(P->p) && one_gaussian(P->q)))
        return dp_fail(e, DP_EUNSUPPORTED, "sinkhorn: the value is there for atoms against atoms, and one Gaussian or atom against one");
    out->estimated = 0, out->how = points ? "certified potentials" : "closed form";
    for (slong prec = bits + 40; !status; prec += prec / 2) {
        if (points) status = dp_sinkhorn_atoms(out->value, P, DP_ENGINE_CLOSED, prec, e);
        else if (!gaussians(out->value, P, prec)) arb_indeterminate(out->value);
        if (arb_rel_accuracy_bits(out->value) >= bits || prec > 4 * bits + 200) break;
    }
    return status;
}

/* ---- of samples with a narrow kernel, or of one law ---- */

/* OT(x, y) - (OT(x, x) + OT(y, y))/2, of one law exactly 0; whether that has all digits but a dozen. */
static int divergence(arb_t out, arb_srcptr OT, const dp_sample *s, slong prec)
{
    arb_zero(out);
    if (dp_sample_same_law(s)) return 1;
    arb_add(out, OT + 1, OT + 2, prec), arb_mul_2exp_si(out, out, -1), arb_sub(out, OT, out, prec);
    return arb_rel_accuracy_bits(out) >= prec - 40;
}

static dp_status sample_ball(arb_t out, const dp_sample *s, slong prec, dp_error *e)
{
    arb_zero(out);
    if (dp_sinkhorn_plain(s) && dp_sample_same_law(s)) return DP_OK; /* a difference of equal numbers, which no enclosure would ever say */
    arb_ptr OT = _arb_vec_init(3);
    const dp_status status = dp_sinkhorn_narrow(NULL, OT, s, prec, e);
    const int known = divergence(out, OT, s, prec);
    _arb_vec_clear(OT, 3);
    return status || known ? status : dp_fail(e, DP_EUNSUPPORTED, "sinkhorn: as a law of atoms");
}

static dp_status sample(double *value, dp_drifted *out, const dp_sample *s, dp_error *e)
{
    static const char *const zero[] = {"gap", "gap_self_x", "gap_self_y"};
    arb_ptr OT = _arb_vec_init(3);
    arb_t S;
    arb_init(S);
    const int narrow = s->n + s->m <= 256 && !dp_sinkhorn_narrow(NULL, OT, s, 128, NULL) && divergence(S, OT, s, 128);
    if (narrow) *value = arf_get_d(arb_midref(S), ARF_RND_NEAR);
    if (narrow && out) {
        const double cost = arf_get_d(arb_midref(OT), ARF_RND_NEAR);
        dp_drifted_note(out, "dual", cost), dp_drifted_note(out, "primal", cost);
        for (int i = 0; i < 3; i++) dp_drifted_note(out, zero[i], mag_get_d(arb_radref(OT + i)) + (i ? 0 : DBL_EPSILON * (fabs(cost) + fabs(*value))));
    }
    _arb_vec_clear(OT, 3), arb_clear(S);
    const dp_status status = !narrow ? dp_sinkhorn_sample(value, out, s, e) : out && out->v ? dp_sinkhorn_in_doubles(out, s, e) : DP_OK;
    if (!status && dp_sinkhorn_plain(s) && dp_sample_same_law(s)) *value = 0; /* a difference of equal numbers */
    return status;
}

const dp_energy dp_energy_sinkhorn = {
    .name = "sinkhorn", .equations = "(26), (59)", .summary = "the Sinkhorn divergence, cost r^2/2", .drift = "sinkhorn", .population = population, .sample = sample, .sample_ball = sample_ball
};
