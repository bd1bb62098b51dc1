/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lattice_network.c: Newton steps on the line by an elimination in long doubles that adds positive numbers only: modes that are barely linked keep their digits. */
#include <math.h>

#include "drift/lattice_work.h"

#define AT(M, i, j, m) ((M)[(size_t) (i) * (size_t) (m) + (size_t) (j)])

static void set_ld(arb_t out, long double x)
{
    int e;
    const long double m = frexpl(x, &e);
    arf_set_si_2exp_si(arb_midref(out), (slong) ldexpl(m, 62), e - 62);
    mag_zero(arb_radref(out));
}

void lattice_network_clear(lattice_network *N)
{
    if (N->order)
        _arb_vec_clear(N->T, N->m * N->m), _arb_vec_clear(N->total, N->m);
    free(N->order);
    *N = (lattice_network){0};
}

static slong *by_weight(arb_srcptr a, slong m)
{
    slong *order = dp_malloc((size_t) m * sizeof *order), lo = 0, hi = m - 1, at = 0;
    /* insertion: weights of a few bumps are nearly sorted from both ends */
    for (; lo <= hi; at++)
        order[at] = arf_cmp(arb_midref(a + lo), arb_midref(a + hi)) < 0 ? lo++ : hi--;
    for (slong i = 1; i < m; i++) {
        const slong x = order[i];
        slong k = i;
        for (; k > 0 && arf_cmp(arb_midref(a + order[k - 1]), arb_midref(a + x)) > 0; k--)
            order[k] = order[k - 1];
        order[k] = x;
    }
    return order;
}

/* Conductances W_jk = sum_i b_i pi_ij pi_ik, j < k in the order. */
static long double *conductances(const lattice_work *w, const slong *order)
{
    const dp_lattice_plan *s = w->s;
    const slong n = s->q.size, m = s->p.size;
    long double *W = dp_calloc((size_t) (m * m), sizeof *W), *pi = dp_malloc((size_t) m * sizeof *pi);
    long double *la = lattice_logs(s->p.w, s->v, m), *lZ = lattice_logs(s->Z, NULL, n), *lb = lattice_logs(s->q.w, NULL, n);
    for (slong i = 0; i < n; i++) {
        for (slong j = 0; j < m; j++) {
            const long double t = (long double) (s->q.first[0] + i - s->p.first[0] - order[j]);
            pi[j] = expl(la[order[j]] - lZ[i] - t * t * w->K[0].c);
        }
        const long double b = expl(lb[i]);
        for (slong j = 0; j < m; j++) {
            const long double t = b * pi[j];
            long double *row = &AT(W, j, 0, m);
            for (slong k = j + 1; k < m; k++)
                row[k] += t * pi[k];
        }
    }
    free(pi), free(la), free(lZ), free(lb);
    return W;
}

/* Eliminates one column after the other: conductances only grow, so that each keeps its digits. 0: a sum left the range. */
int lattice_network_set(lattice_network *N, const lattice_work *w)
{
    const slong m = w->s->p.size;
    lattice_network_clear(N);
    *N = (lattice_network){.m = m, .order = by_weight(w->s->p.w, m), .T = _arb_vec_init(m * m), .total = _arb_vec_init(m)};
    long double *W = conductances(w, N->order);
    int ok = 1;
    for (slong i = 0; i < m - 1 && ok; i++) {
        long double total = 0, *from = &AT(W, i, 0, m);
        for (slong k = i + 1; k < m; k++)
            total += from[k];
        ok = total > 0 && isfinite(total);
        for (slong j = i + 1; j < m && ok; j++) {
            const long double t = from[j] / total;
            long double *row = &AT(W, j, 0, m);
            for (slong k = j + 1; k < m; k++)
                row[k] += t * from[k];
            set_ld(&AT(N->T, i, j, m), t);
        }
        set_ld(N->total + i, total);
    }
    free(W);
    return ok;
}

/* d: the step for log v that the network gives for the residual. Sums at full precision: the currents of a mode cancel. */
void lattice_network_step(lattice_work *w, const lattice_network *N)
{
    const slong m = N->m, prec = w->s->prec;
    arb_ptr x = _arb_vec_init(m);
    arb_t t;
    arb_init(t);
    for (slong i = 0; i < m - 1; i++) {
        arb_mul(t, w->s->p.w + N->order[i], w->r + N->order[i], prec), arb_neg(t, t), arb_get_mid_arb(t, t);
        arb_approx_dot(x + i, t, 0, N->T + i, m, x, 1, i, prec);
    }
    for (slong i = m - 2; i >= 0; i--) {
        arb_div(t, x + i, N->total + i, prec), arb_get_mid_arb(t, t);
        arb_approx_dot(x + i, t, 0, &AT(N->T, i, i + 1, m), 1, x + i + 1, 1, m - 1 - i, prec);
    }
    for (slong i = 0; i < m; i++)
        arb_set(w->d + N->order[i], x + i);
    _arb_vec_clear(x, m), arb_clear(t);
}
