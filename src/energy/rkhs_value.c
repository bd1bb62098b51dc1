/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rkhs_value.c: values of kale and chi2 from their witnesses. */
#include "energy/rkhs_value.h"

#include "drift/rkhs_mesh.h"
#include "energy/mmd2.h"

/* int int k dq dq */
static dp_status norm_q(arb_t out, const dp_problem *P, slong prec, dp_error *e)
{
    dp_status status = DP_OK;
    dp_signed_t rho;
    fmpq_t w;
    arb_t k, b;
    fmpq_init(w), arb_init(k), arb_init(b);
    arb_zero(out);
    if (P->q->family == DP_ATOMS)
        for (slong i = 0; i < P->q->n; i++)
            for (slong j = 0; j < P->q->n; j++) {
                dp_kernel_exact(k, P, DP_MEAN(P->q, i, 0), DP_MEAN(P->q, j, 0), prec);
                fmpq_mul(w, DP_WEIGHT(P->q, i), DP_WEIGHT(P->q, j));
                arb_set_fmpq(b, w, prec);
                arb_addmul(out, b, k, prec);
            }
    else if (P->q->family == DP_MIXTURE && P->kernel == DP_KERNEL_GAUSSIAN) {
        dp_signed_init(rho, P->dim, P->q->n);
        fmpq_one(w);
        dp_signed_put(rho, 0, P->q, w);
        status = dp_mmd2_half(out, NULL, rho, P->kernel, P->bandwidth, prec, e);
        arb_mul_2exp_si(out, out, 1);
        dp_signed_clear(rho);
    } else
        status = dp_fail(e, DP_EUNSUPPORTED, "the value needs a q of atoms, or a Gaussian mixture with the Gaussian kernel");
    fmpq_clear(w), arb_clear(k), arb_clear(b);
    return status;
}

dp_status dp_rkhs_value(arb_t out, const dp_problem *P, dp_rkhs_kind kind, int second, slong prec, dp_workspace *w, dp_error *e)
{
    const dp_rkhs_struct *s;
    dp_rkhs_t own;
    arb_t t;
    dp_rkhs_init(own), arb_init(t);
    dp_status status = dp_rkhs_get(&s, own, P, kind, second, prec, w, e);
    const slong wp = prec + 60;
    if (status == DP_OK)
        status = norm_q(out, P, 2 * wp, e);
    if (status == DP_OK) {
        arb_div(out, out, s->lambda, 2 * wp);
        if (kind == DP_RKHS_KALE)
            arb_mul_2exp_si(out, out, -1);
        arb_add(out, out, s->rest, 2 * wp);
        arb_add_ui(t, s->lambda, 1, wp);
        arb_mul(out, out, t, wp);
    }
    dp_rkhs_clear(own), arb_clear(t);
    return status;
}

/* Other measures: by nodes, with an error found by refinement. */
static dp_status by_nodes(dp_scalar_t out, const dp_problem *P, dp_rkhs_kind kind, slong digits, dp_error *e)
{
    double value = 0, error = INFINITY;
    dp_status status = dp_rkhs_estimate(&value, &error, P, kind, digits, e);
    mag_t r;
    mag_init(r);
    arb_set_d(out->value, value);
    mag_set_d(r, error), arb_add_error_mag(out->value, r);
    out->estimated = 1, out->how = "nodes, refined";
    mag_clear(r);
    return status;
}

dp_status dp_rkhs_population(dp_scalar_t out, const dp_problem *P, dp_rkhs_kind kind, slong digits, dp_error *e)
{
    const slong bits = (slong) ((double) digits * 3.33) + 8;
    dp_workspace *w = dp_workspace_new();
    dp_status status = DP_OK;
    out->estimated = 0, out->how = kind == DP_RKHS_KALE ? "Newton, duality gap" : "linear system";
    for (slong prec = bits + 40; status == DP_OK; prec += prec / 2) {
        status = dp_rkhs_value(out->value, P, kind, 0, prec, w, e);
        if (arb_rel_accuracy_bits(out->value) >= bits || prec > 4 * bits + 200)
            break;
    }
    dp_workspace_free(w);
    return status == DP_EUNSUPPORTED && !fmpq_is_zero(P->regularisation) ? by_nodes(out, P, kind, digits, e) : status;
}
