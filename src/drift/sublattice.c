/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sublattice.c: where the lattice of a group of components lies. */
#include <math.h>

#include "drift/sublattice.h"

#define WP 192             /* precision at which coefficients of the bounds are found, before they become doubles */
static const double delta = DP_MAJORANT_SHARE;

static double mid_d(const arb_t x)
{
    return arf_get_d(arb_midref(x), ARF_RND_NEAR);
}

/* log det of a positive definite matrix by its Cholesky factor; also the inverse. 0 when that is not certain. */
static int inverse_and_logdet(arb_mat_t inv, double *logdet, const arb_mat_t M)
{
    slong d = arb_mat_nrows(M);
    arb_mat_t L;
    arb_t t;
    arb_mat_init(L, d, d), arb_init(t);
    int ok = arb_mat_cho(L, M, WP) && arb_mat_inv(inv, M, WP);
    *logdet = 0;
    for (slong k = 0; ok && k < d; k++) {
        arb_log(t, arb_mat_entry(L, k, k), WP);
        *logdet += 2 * mid_d(t);
    }
    arb_mat_clear(L), arb_clear(t);
    return ok;
}

/* A lower bound of the least eigenvalue of h2 M by Gershgorin's circles of its inverse: 1/||M^{-1}||. */
static double least_eigenvalue(const arb_mat_t Minv, const arb_t h2)
{
    double most = 0;
    for (slong a = 0; a < arb_mat_nrows(Minv); a++) {
        double row = 0;
        for (slong b = 0; b < arb_mat_nrows(Minv); b++)
            row += fabs(mid_d(arb_mat_entry(Minv, a, b)));
        most = fmax(most, row);
    }
    return mid_d(h2) / most * (1 - 1e-12);
}

/* The majorant of component i against term j: K = I/h^2 + R^{-1} - A/2, r' = x'/h^2 - A n'/2, n' = n_j - m_i. */
static int majorant(dp_majorant *b, double *steep, double *flat, const dp_measure_struct *mu, slong i, const dp_gsum_t q, slong j, const fmpq_t h)
{
    int d = mu->dim;
    arb_mat_t R, Ri, K, Ki, A, n, An, KAn, T;
    arb_t h2, k, s, t;
    double logR, logK;
    arb_mat_init(R, d, d), arb_mat_init(Ri, d, d), arb_mat_init(K, d, d), arb_mat_init(Ki, d, d), arb_mat_init(A, d, d);
    arb_mat_init(n, d, 1), arb_mat_init(An, d, 1), arb_mat_init(KAn, d, 1), arb_mat_init(T, 1, d), arb_init(h2), arb_init(k), arb_init(s), arb_init(t);
    for (int a = 0; a < d; a++) {
        for (int c = 0; c < d; c++) {
            arb_set_fmpq(arb_mat_entry(R, a, c), DP_COV(mu, i, a, c), WP);
            arb_set(arb_mat_entry(A, a, c), DP_GSUM_A(q, j, a, c));
        }
        arb_set_fmpq(t, DP_MEAN(mu, i, a), WP);
        b->m[a] = mid_d(t);
        arb_sub(arb_mat_entry(n, a, 0), q->m + j * d + a, t, WP);
    }
    int ok = inverse_and_logdet(Ri, &logR, R);
    arb_set_fmpq(h2, h, WP), arb_mul(h2, h2, h2, WP), arb_inv(k, h2, WP);
    for (int a = 0; a < d; a++) {
        arb_mul(t, arb_mat_entry(Ri, a, a), h2, WP);
        steep[a] = fmax(steep[a], (1 + mid_d(t)) * (1 + 1e-12));
    }
    arb_mat_scalar_mul_2exp_si(K, A, -1), arb_mat_sub(K, Ri, K, WP);
    for (int a = 0; a < d; a++)
        arb_add(arb_mat_entry(K, a, a), arb_mat_entry(K, a, a), k, WP);
    ok = ok && inverse_and_logdet(Ki, &logK, K);
    arb_mat_mul(An, A, n, WP), arb_mat_mul(KAn, Ki, An, WP);
    arb_mat_transpose(T, An);
    for (int a = 0; a < d; a++) { /* n'A K^-1 A n'/8 + n'A n'/4 */
        arb_mul_2exp_si(t, arb_mat_entry(KAn, a, 0), -1), arb_add(t, t, arb_mat_entry(n, a, 0), WP);
        arb_addmul(s, t, arb_mat_entry(An, a, 0), WP);
        double kap = mid_d(k);
        b->l[a] = -kap * mid_d(arb_mat_entry(KAn, a, 0)) / 2;
        b->u[a] = -mid_d(arb_mat_entry(KAn, a, 0)) / 2;
        b->v[a] = mid_d(arb_mat_entry(Ki, a, a)), b->K[a] = mid_d(arb_mat_entry(K, a, a));
        for (int c = 0; c < d; c++) {
            arb_mul(t, arb_mat_entry(Ki, a, c), k, WP);
            b->U[a * d + c] = mid_d(t);
            if (a == c)
                arb_sub_si(t, t, 1, WP);
            arb_mul(t, t, k, WP);
            b->Q[a * d + c] = mid_d(t);
        }
    }
    arb_mul_2exp_si(s, s, -2);
    b->c = mid_d(s) - (logR + logK) / 2;
    arb_set_fmpq(t, DP_WEIGHT(mu, i), WP), arb_log(t, t, WP), b->c += mid_d(t);
    arb_log(t, q->c + j, WP), b->c -= mid_d(t) / 2;
    b->peak = logK / 2 + (log(fmpq_get_d(h)) - log(2 * M_PI) / 2) * d;
    *flat = fmin(*flat, least_eigenvalue(Ki, h2));
    arb_mat_clear(R), arb_mat_clear(Ri), arb_mat_clear(K), arb_mat_clear(Ki), arb_mat_clear(A);
    arb_mat_clear(n), arb_mat_clear(An), arb_mat_clear(KAn), arb_mat_clear(T), arb_clear(h2), arb_clear(k), arb_clear(s), arb_clear(t);
    return ok && isfinite(b->c);
}

/* The core: the box of the means of the majorants that dp_group_error will use, over all nodes of the mesh; deviation: the largest of each axis. */
static void core(dp_group *g, double *deviation, const dp_mesh_t mesh)
{
    int d = g->dim;
    double *at[3], x[3], L, *lo = g->core_lo, *hi = g->core_hi;
    for (int k = 0; k < d; k++)
        lo[k] = INFINITY, hi[k] = -INFINITY, deviation[k] = 0, at[k] = dp_mesh_axis_d(mesh, k);
    for (slong node = 0; node < dp_mesh_nodes(mesh); node++) {
        slong rest = node;
        for (int k = 0; k < d; k++)
            x[k] = at[k][rest % mesh->n[k]], rest /= mesh->n[k];
        for (slong i = 0; i < g->n; i++) {
            const dp_majorant *b = dp_majorant_least(&L, g, i, x);
            for (int k = 0; k < d; k++) {
                double r, m = dp_majorant_mean(&r, b, x, d, k);
                lo[k] = fmin(lo[k], m - r), hi[k] = fmax(hi[k], m + r);
                deviation[k] = fmax(deviation[k], sqrt(b->v[k]));
            }
        }
    }
    for (int k = 0; k < d; k++)
        free(at[k]);
}

double dp_sublattice_finest(double radius, int dim, double most)
{
    return 2 * radius / (dim == 1 ? most : dim == 2 ? 6 * sqrt(most) : 12 * cbrt(most));
}

slong dp_sublattice_boxes(int dim)
{
    return dim == 1 ? 20000 : dim == 2 ? 60000 : 100000;
}

/* Strips of k*q for every axis in units of h, around the core. */
static int strips(dp_group *g, const double *reach, const double *steep, double flat, double most, slong prec)
{
    int d = g->dim, ok = 1;
    const double *lo = g->core_lo, *hi = g->core_hi;
    arb_mat_t L, Linv;
    dp_gsum_t G;
    dp_box box;
    dp_strip_goal goal = {.bits = g->bits, .kappa = flat, .root = 1};
    arb_ptr zero = _arb_vec_init(d);
    arb_mat_init(L, d, d), arb_mat_init(Linv, d, d);
    double wide = 0;
    for (int k = 0; k < d; k++) {
        arb_set_d(arb_mat_entry(L, k, k), g->h), arb_inv(arb_mat_entry(Linv, k, k), arb_mat_entry(L, k, k), prec);
        box.centre[k] = (lo[k] + hi[k]) / 2 / g->h;
        goal.slack[k] = (hi[k] - lo[k]) / 2 / g->h * (1 + 1e-12) + 0x1p-44 * fabs(box.centre[k]);
        box.radius[k] = goal.slack[k] + reach[k] / g->h + 3; /* the window ends within three steps */
        wide = fmax(wide, box.radius[k]);
        g->box_lo[k] = (box.centre[k] - box.radius[k]) * g->h, g->box_hi[k] = (box.centre[k] + box.radius[k]) * g->h;
    }
    goal.step_min = dp_sublattice_finest(wide, d, most);
    dp_gsum_init(G, d, g->kq.n);
    dp_gsum_affine(G, &g->kq, zero, L, Linv, prec);
    for (int k = 0; k < d && ok; k++) {
        goal.growth = steep[k];
        ok = dp_strip_certify(g->strip + k, G, &box, k, &goal, dp_sublattice_boxes(d));
    }
    arb_mat_clear(L), arb_mat_clear(Linv), dp_gsum_clear(G);
    _arb_vec_clear(zero, d);
    return ok;
}

double dp_sublattice_align(dp_sublattice *s, double *eta, const dp_mesh_t mesh, const double *want, const double *lo, const double *hi, const double *reach)
{
    double nodes = 1;
    for (int k = 0; k < mesh->dim; k++) {
        double H = fmpq_get_d(mesh->step + k), x0 = fmpq_get_d(mesh->origin + k);
        s->up[k] = want[k] < H ? (slong) fmin(ceil(H / want[k]), 1e9) : 1;
        s->down[k] = want[k] < H ? 1 : (slong) fmax(1, fmin(floor(want[k] / H), 1e9));
        eta[k] = H * (double) s->down[k] / (double) s->up[k];
        s->lo[k] = (slong) floor((lo[k] - reach[k] - x0) / eta[k]) - 1;
        s->m[k] = (slong) ceil((hi[k] + reach[k] - x0) / eta[k]) + 2 - s->lo[k];
        nodes *= (double) s->m[k];
    }
    return nodes;
}

/* Steps not above the certified ones. */
static double align(dp_group *g, const dp_mesh_t mesh, const double *reach)
{
    double want[3];
    for (int k = 0; k < g->dim; k++)
        want[k] = g->strip[k].step * g->h * (1 - 1e-12);
    return dp_sublattice_align(&g->s, g->eta, mesh, want, g->core_lo, g->core_hi, reach);
}

/* Faces half a step outside the first and the last nodes, each rounded once. */
static void faces(dp_group *g, const dp_mesh_t mesh)
{
    const dp_sublattice *s = &g->s;
    fmpq_t y;
    fmpq_init(y);
    for (int k = 0; k < g->dim; k++)
        for (int upper = 0; upper < 2; upper++) {
            fmpq_set_si(y, (2 * (s->lo[k] + (upper ? s->m[k] : 0)) - 1) * s->down[k], 2 * (ulong) s->up[k]);
            fmpq_mul(y, y, mesh->step + k);
            fmpq_add(y, y, mesh->origin + k);
            g->edge[2 * k + upper] = fmpq_get_d(y);
        }
    fmpq_clear(y);
}

/* Whether the window lies where the strips are certified, roundings paid for. */
static int inside(const dp_group *g)
{
    int ok = 1;
    for (int k = 0; k < g->dim; k++) {
        double lo = g->edge[2 * k], hi = g->edge[2 * k + 1], slack = 0x1p-44 * (fabs(g->box_lo[k]) + fabs(g->box_hi[k]));
        ok &= lo >= g->box_lo[k] + slack && hi <= g->box_hi[k] - slack;
    }
    return ok;
}

/* The ends' factor int 2 rho(t)/(1 + e^{2 pi |t|/eta}) dt <= 2 Q^{-1/2}/(2 pi/eta - gamma a/2), lemma L3, and the monomials' bounds. */
static void factors(dp_group *g, const double *steep)
{
    double a = 0;
    for (int k = 0; k < g->dim; k++) {
        const dp_strip *s = g->strip + k;
        double rate = 2 * M_PI / g->eta[k] * g->h * (1 - 1e-12) - (steep[k] - s->amin / 2) * s->a / 2 * (1 + 1e-12);
        g->side[k] = rate > 0 ? 2 / sqrt(s->quotient) / rate * g->h * (1 + 1e-9) : INFINITY;
        a = fmax(a, s->a);
    }
    g->complex_growth = (1 + a * a) * (1 + 1e-9); /* |z + it|^2/h^2 <= (1 + a^2) max(1, |z|^2/h^2) */
}

slong dp_sublattice_nodes(const dp_sublattice *s, int dim)
{
    slong n = 1;
    for (int k = 0; k < dim; k++)
        n *= s->m[k];
    return n;
}

slong dp_group_nodes(const dp_group *g)
{
    return dp_sublattice_nodes(&g->s, g->dim);
}

/* What of the bounds is the same at all nodes. (1 + 4 s) e^{-delta s/2} <= 8/delta: s the quadratic form, |y - mean|^2/h^2 <= 2 s because K is at least I/2h^2. */
static void constants(dp_group *g)
{
    for (slong i = 0; i < g->n * g->terms; i++) {
        dp_majorant *b = g->of + i;
        b->beside = log(2 * g->dim) - log1p(-delta) / 2 * g->dim + log(8 / delta) + 1e-9;
        for (int k = 0; k < g->dim; k++) {
            b->face[k] = log1p(g->side[k] / sqrt(2 * M_PI * b->v[k])) + 1e-12;
            b->beside += log1p(g->eta[k] * sqrt(b->K[k] / (2 * M_PI)));
        }
    }
}

/* Everything that depends on where the mesh lies. */
static int place(dp_group *g, const dp_mesh_t mesh, slong prec, const double *steep, double flat, double most)
{
    double reach[3];
    core(g, reach, mesh);
    for (int k = 0; k < g->dim; k++)
        reach[k] *= sqrt(2 * ((double) prec + 28) * M_LN2 / (1 - delta));
    g->bits = (double) prec + 28; /* the bounds' constants cost some twenty bits */
    if (!strips(g, reach, steep, flat, most, prec) || align(g, mesh, reach) > most)
        return 0;
    faces(g, mesh);
    factors(g, steep);
    constants(g);
    return inside(g);
}

int dp_group_plan(dp_group *g, const dp_problem *P, const dp_measure_struct *mu, slong first, slong n, const dp_mesh_t mesh, slong prec, double most)
{
    int ok = 1;
    double steep[3] = {0, 0, 0}, flat = INFINITY;
    g->P = P, g->mu = mu, g->dim = P->dim, g->first = first, g->n = n, g->terms = P->q->n, g->h = fmpq_get_d(P->bandwidth);
    g->of = dp_calloc((size_t) (n * g->terms), sizeof *g->of);
    dp_smoothed_sum(&g->kq, P->q, P->bandwidth, prec + 40);
    for (slong i = 0; i < n && ok; i++)
        for (slong j = 0; j < g->terms && ok; j++)
            ok = majorant(g->of + i * g->terms + j, steep, &flat, mu, first + i, &g->kq, j, P->bandwidth);
    ok = ok && place(g, mesh, prec, steep, flat, most);
    if (!ok)
        dp_group_clear(g);
    return ok;
}

void dp_group_clear(dp_group *g)
{
    free(g->of);
    dp_gsum_clear(&g->kq);
}
