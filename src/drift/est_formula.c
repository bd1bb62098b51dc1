/* SPDX-License-Identifier: GPL-3.0-or-later */
/* est_formula.c: what the drifts' formulas for columns of nodes share: gradients of log-ratios, differences of mean shifts, derived quantities. */
#include "drift/estimated.h"

void dp_efield_log_ratio(dp_efield *f, const dp_emoments *a, const dp_emoments *b, int sharp, double scale)
{
    const dp_emoments *side[2] = {a, b};
    dp_col L[2], g[2][3], H[2][9];
    for (int s = 0; s < 2; s++) {
        const dp_emoments *o = side[s];
        L[s] = sharp ? dp_col_add(o->log, dp_col_log(o->kappa)) : o->log;
        for (int i = 0; i < f->dim; i++)
            g[s][i] = sharp ? dp_col_div(o->m[i], o->kappa) : o->u[i];
        for (int i = 0; i < f->dim * f->dim && f->order > 1; i++)
            H[s][i] = dp_col_sub(sharp ? dp_col_div(o->M[i], o->kappa) : o->U[i], dp_col_mul(g[s][i / f->dim], g[s][i % f->dim]));
    }
    for (int i = 0; i < f->dim; i++)
        f->velocity[i] = dp_col_scale(dp_col_sub(g[0][i], g[1][i]), scale);
    for (int i = 0; i < f->dim * f->dim && f->order > 1; i++)
        f->jacobian[i] = dp_col_scale(dp_col_sub(H[0][i], H[1][i]), scale);
    f->potential = dp_col_scale(dp_col_sub(L[1], L[0]), scale);
    f->have = DP_HAVE_VELOCITY | DP_HAVE_JACOBIAN | DP_HAVE_POTENTIAL;
}

/* d m_i/d x_j = M_ij - m_i u_j. */
void dp_efield_shift(dp_efield *f, dp_col log_c, const dp_col *grad_log_c, const dp_emoments *a, const dp_emoments *b)
{
    const int d = f->dim;
    const dp_col c = dp_col_exp(log_c);
    dp_col shift[3];
    for (int i = 0; i < d; i++) {
        shift[i] = dp_col_sub(a->m[i], b->m[i]);
        f->velocity[i] = dp_col_mul(c, shift[i]);
    }
    for (int k = 0; k < d * d && f->order > 1; k++) {
        const int i = k / d, j = k % d;
        const dp_col from_a = dp_col_sub(a->M[k], dp_col_mul(a->m[i], a->u[j])), from_b = dp_col_sub(b->M[k], dp_col_mul(b->m[i], b->u[j]));
        f->jacobian[k] = dp_col_mul(c, dp_col_add(dp_col_sub(from_a, from_b), dp_col_mul(shift[i], grad_log_c[j])));
    }
    f->have = DP_HAVE_VELOCITY | DP_HAVE_JACOBIAN;
}

/* ---- derived quantities ---- */

static dp_col cross(const dp_col *a, const dp_col *b, int i, int d)
{
    const int j = d == 2 ? 0 : (i + 1) % 3, k = d == 2 ? 1 : (i + 2) % 3;
    return dp_col_sub(dp_col_mul(a[j], b[k]), dp_col_mul(a[k], b[j]));
}

dp_col dp_efield_component(const dp_efield *v, unsigned quantity, int c)
{
    const int d = v->dim, j = d == 2 ? 0 : (c + 1) % 3, k = d == 2 ? 1 : (c + 2) % 3;
    dp_col sum;
    switch (quantity) {
    case DP_Q_VELOCITY: return v->velocity[c];
    case DP_Q_JACOBIAN: return v->jacobian[c];
    case DP_Q_CURL: return dp_col_sub(v->jacobian[k * d + j], v->jacobian[j * d + k]);
    case DP_Q_POTENTIAL: return v->potential;
    case DP_Q_PRECONDITIONER: return v->preconditioner;
    case DP_Q_WEDGE: return cross(v->grad_eta, v->grad_ratio, c, d);
    default:
        sum = v->jacobian[0];
        for (int i = 1; i < d; i++)
            sum = dp_col_add(sum, v->jacobian[i * d + i]);
        return sum;
    }
}

unsigned dp_efield_quantities(const dp_efield *v)
{
    return (v->have & DP_HAVE_VELOCITY ? DP_Q_VELOCITY : 0u) | (v->have & DP_HAVE_JACOBIAN ? DP_Q_JACOBIAN | DP_Q_CURL | DP_Q_DIVERGENCE : 0u)
        | (v->have & DP_HAVE_POTENTIAL ? DP_Q_POTENTIAL : 0u) | (v->have & DP_HAVE_PRECONDITIONER ? DP_Q_PRECONDITIONER | DP_Q_WEDGE : 0u);
}
