/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hodge_tails.c: the projection onto gradients where weights are small: a Markov chain's equations, by stabilised biconjugate gradients. */
#include <stdlib.h>
#include <string.h>

#include "grid/hodge_internal.h"

/* log of the share of the largest weight below which phi is found here. */
#define TAIL (-12.0)

/* Where weights are small phi_i = sum_j P_ij phi_j + carry_i: P_ij the shares of the edges at i, carry what V brings along them. In these unknowns every node counts
   the same, however small its weight. */
typedef struct { slong n, sides, *node, *other; double *share, *carry, size; } tail;

static void tail_init(tail *t, const hodge *h)
{
    slong *number = dp_malloc((size_t) h->nodes * sizeof *number);
    t->n = 0, t->sides = 2 * h->m->dim, t->size = 0;
    for (slong i = 0; i < h->nodes; i++)
        number[i] = h->log_w[i] - h->top < TAIL && h->log_w[i] > -INFINITY ? t->n++ : -1;
    const size_t n = (size_t) FLINT_MAX(t->n, 1), links = n * (size_t) t->sides;
    t->node = dp_malloc(n * sizeof(slong)), t->other = dp_malloc(links * sizeof(slong));
    t->share = dp_calloc(links, sizeof(double)), t->carry = dp_calloc(n, sizeof(double));
    for (slong i = 0, a = 0; i < h->nodes; i++) {
        double all = 0;
        if (number[i] < 0)
            continue;
        t->node[a] = i;
        for (int side = 0; side < t->sides; side++) {
            slong lower, other, link = a * t->sides + side;
            int k;
            t->other[link] = -1;
            if (!edge_at(&lower, &other, &k, h, i, side))
                continue;
            t->other[link] = number[other];
            t->share[link] = exp(h->log_c[k][lower] - h->log_w[i]);
            all += t->share[link];
            t->carry[a] += t->share[link] * (outward(h, lower, k, side) + h->phi[other] - h->phi[i]);
            t->size = fmax(t->size, fabs(outward(h, lower, k, side)));
        }
        for (int side = 0; side < t->sides; side++)
            t->share[a * t->sides + side] /= all > 0 ? all : 1;
        t->carry[a] /= all > 0 ? all : 1; /* what the equation lacks at phi as it stands */
        a++;
    }
    free(number);
}

/* out = (1 - P) x */
static void tail_apply(double *out, const tail *t, const double *x)
{
    for (slong i = 0; i < t->n; i++) {
        double sum = x[i];
        for (slong l = i * t->sides; l < (i + 1) * t->sides; l++)
            sum -= t->other[l] >= 0 ? t->share[l] * x[t->other[l]] : 0;
        out[i] = sum;
    }
}

/* z = one sweep forth and one back for (1 - P) z = r. */
static void tail_sweeps(double *z, const tail *t, const double *r)
{
    for (slong i = 0; i < t->n; i++) {
        z[i] = r[i];
        for (slong l = i * t->sides; l < (i + 1) * t->sides; l++)
            z[i] += t->other[l] >= 0 && t->other[l] < i ? t->share[l] * z[t->other[l]] : 0;
    }
    for (slong i = t->n - 1; i >= 0; i--)
        for (slong l = i * t->sides; l < (i + 1) * t->sides; l++)
            z[i] += t->other[l] > i ? t->share[l] * z[t->other[l]] : 0;
}

/* x = the solution of (1 - P) x = r by van der Vorst's stabilised biconjugate gradients; r is spent. */
static void tail_solve(double *x, const tail *t, double *r)
{
    const slong n = t->n;
    double *room = dp_calloc((size_t) (6 * n), sizeof *room), *r0 = room, *p = r0 + n, *v = p + n, *y = v + n, *z = y + n, *s = z + n;
    double rho = 1, alpha = 1, omega = 1;
    const double goal = 1e-13 * t->size * sqrt((double) n);
    memcpy(r0, r, (size_t) n * sizeof *r0);
    for (int round = 0; round < DP_HODGE_ROUNDS && sqrt(dot(r, r, n)) > goal; round++) {
        const double next = dot(r0, r, n), beta = next / rho * (alpha / omega);
        if (!(fabs(next) > 0) || !isfinite(beta))
            break;
        rho = next;
        for (slong i = 0; i < n; i++)
            p[i] = r[i] + beta * (p[i] - omega * v[i]);
        tail_sweeps(y, t, p);
        tail_apply(v, t, y);
        alpha = rho / dot(r0, v, n);
        for (slong i = 0; i < n; i++)
            r[i] -= alpha * v[i];
        tail_sweeps(z, t, r);
        tail_apply(s, t, z);
        const double ss = dot(s, s, n);
        omega = ss > 0 ? dot(s, r, n) / ss : 0;
        if (!isfinite(alpha) || !(fabs(omega) > 0))
            break;
        for (slong i = 0; i < n; i++)
            x[i] += alpha * y[i] + omega * z[i], r[i] -= omega * s[i];
    }
    free(room);
}

void dp_hodge_tails(hodge *h)
{
    tail t;
    tail_init(&t, h);
    double *x = dp_calloc((size_t) FLINT_MAX(t.n, 1), sizeof *x);
    tail_solve(x, &t, t.carry);
    for (slong i = 0; i < t.n; i++)
        h->phi[t.node[i]] += x[i];
    free(x), free(t.node), free(t.other), free(t.share), free(t.carry);
}
