/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid_log.c: moments of log((k*p)/(k*q)) at all nodes of a mesh by sums over one lattice, with the bounds of lemma L8. */
#include <math.h>

#include "ball/rule.h"
#include "drift/mesh_sums.h"

/* Lengths in units of h, places relative to the centre of the mesh. G = k*p and H = k*q have index 0 and 1. */
typedef struct {
    int dim;
    dp_sublattice s;
    dp_strip strip[2][3];
    double growth[2];              /* K of lemma L5 */
    double unit[3], half[3];       /* step and half width of the mesh, rounded up */
    double eta[3], bits, reach;    /* steps of the lattice; what the strips are certified for; from a node to the window's end */
} log_lattice;

/* out(u) = g(centre of the mesh + h u). */
static void centred(dp_gsum_t out, const dp_gsum_t g, const dp_mesh_t mesh, const fmpq_t h, slong prec)
{
    int d = g->dim;
    arb_mat_t L, Linv;
    arb_ptr y = _arb_vec_init(d);
    fmpq_t t;
    arb_mat_init(L, d, d), arb_mat_init(Linv, d, d), fmpq_init(t);
    for (int k = 0; k < d; k++) {
        arb_set_fmpq(arb_mat_entry(L, k, k), h, prec), arb_inv(arb_mat_entry(Linv, k, k), arb_mat_entry(L, k, k), prec);
        fmpq_mul_si(t, mesh->step + k, mesh->n[k] - 1), fmpq_div_2exp(t, t, 1), fmpq_add(t, t, mesh->origin + k);
        arb_set_fmpq(y + k, t, prec);
    }
    dp_gsum_init(out, d, g->n);
    dp_gsum_affine(out, g, y, L, Linv, prec);
    arb_mat_clear(L), arb_mat_clear(Linv), fmpq_clear(t);
    _arb_vec_clear(y, d);
}

static double widest(const dp_strip *s, int d)
{
    double a = 0;
    for (int k = 0; k < d; k++)
        a = fmax(a, s[k].a);
    return a;
}

static double log_growth(const dp_gsum_t G, const dp_strip *strip)
{
    arb_t K;
    arf_t up;
    arb_init(K), arf_init(up);
    dp_rule_log_growth(K, G, strip);
    arb_get_ubound_arf(up, K, DP_RULE_PREC);
    double d = arf_get_d(up, ARF_RND_UP);
    arb_clear(K), arf_clear(up);
    return d;
}

/* log of 2 (1 + |u|^2) sum (1 + a^2) K for a node at distance^2 `far` from the centre: the integrand is at most that times
   (1 + |v|^2)^2 exp(-|v|^2/2 + t^2/2) on both strips, v = u - node. */
static double log_size(const log_lattice *a, double far)
{
    double sum = 0;
    for (int i = 0; i < 2; i++)
        sum += (1 + pow(widest(a->strip[i], a->dim), 2)) * a->growth[i];
    return log(2 * (1 + far)) + log(sum) + 1e-9;
}

/* Distance from a node beyond which (1 + r^2)^2 exp(-r^2/2) stays below 2^-bits. */
static double reach_of(double bits)
{
    double r = 0;
    for (int i = 0; i < 6; i++)
        r = sqrt(2 * bits * M_LN2 + 4 * log1p(r * r));
    return r;
}

/* Strips of both sums around the mesh; `want` the smaller of their steps. */
static int strips(log_lattice *a, double *want, dp_gsum_t sum[2], double most)
{
    dp_strip_goal goal = {.bits = a->bits, .kappa = 1, .growth = 1};
    dp_box box = {{0, 0, 0}, {0, 0, 0}};
    double wide = 0;
    int ok = 1;
    for (int k = 0; k < a->dim; k++) {
        goal.slack[k] = a->half[k];
        box.radius[k] = a->half[k] + a->reach + 3; /* the window ends within three steps */
        wide = fmax(wide, box.radius[k]), want[k] = INFINITY;
    }
    goal.step_min = dp_sublattice_finest(wide, a->dim, most);
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < a->dim && ok; k++) {
            ok = dp_strip_certify(a->strip[i] + k, sum[i], &box, k, &goal, dp_sublattice_boxes(a->dim));
            want[k] = fmin(want[k], a->strip[i][k].step);
        }
    return ok;
}

/* Whether the window lies in the box of the strips: by indices, since far from zero the coordinates are rounded. */
static int inside(const log_lattice *a, const dp_mesh_t mesh)
{
    int ok = 1;
    for (int k = 0; k < a->dim; k++) {
        double cell = a->unit[k] * (double) a->s.down[k] / (double) a->s.up[k] / 2, room = (a->reach + 3) * (1 - 1e-12);
        double low = (double) (1 - 2 * a->s.lo[k]) * cell, up = (double) (2 * (a->s.lo[k] + a->s.m[k]) - 1) * cell - a->unit[k] * (double) (mesh->n[k] - 1);
        ok &= low <= room && up <= room;
    }
    return ok;
}

/* An error of about 2^-prec for the moments in units of h; the bounds' constants are paid for by more bits. wider: bits by which what lies outside
   the window shall be smaller still. */
static int plan(log_lattice *a, const dp_problem *P, const dp_mesh_t mesh, slong prec, double wider, double most)
{
    dp_gsum_t g, sum[2];
    double h = fmpq_get_d(P->bandwidth), far = 0, lo[3], hi[3], reach[3], want[3];
    a->dim = P->dim;
    for (int i = 0; i < a->dim; i++) {
        a->unit[i] = fmpq_get_d(mesh->step + i) / h * (1 + 1e-14), a->half[i] = a->unit[i] * (double) (mesh->n[i] - 1) / 2 * (1 + 1e-12);
        lo[i] = fmpq_get_d(mesh->origin + i), hi[i] = lo[i] + fmpq_get_d(mesh->step + i) * (double) (mesh->n[i] - 1);
        far += a->half[i] * a->half[i];
    }
    for (int i = 0; i < 2; i++) {
        dp_smoothed_sum(g, i ? P->q : P->p, P->bandwidth, prec + 40);
        centred(sum[i], g, mesh, P->bandwidth, prec + 40);
        dp_gsum_clear(g);
        for (int j = 0; j < a->dim; j++)
            a->strip[i][j] = (dp_strip) {.a = 2, .quotient = 1.0 / 64}; /* a guess, for the number of bits */
        a->growth[i] = log_growth(sum[i], a->strip[i]);
    }
    a->bits = (double) prec + 8 + log_size(a, far) * M_LOG2E;
    a->reach = reach_of(a->bits + wider);
    int ok = isfinite(a->bits) && strips(a, want, sum, most);
    for (int i = 0; i < 2; i++) {
        a->growth[i] = ok ? log_growth(sum[i], a->strip[i]) : 0;
        dp_gsum_clear(sum[i]);
    }
    for (int i = 0; i < a->dim && ok; i++)
        want[i] *= h * (1 - 1e-12), reach[i] = a->reach * h;
    if (!ok || dp_sublattice_align(&a->s, a->eta, mesh, want, lo, hi, reach) > most || !inside(a, mesh))
        return 0;
    for (int i = 0; i < a->dim; i++)
        a->eta[i] /= h;
    return 1;
}

/* ---- errors ---- */

/* Tail and end of lemma L8 at a face at distance R > 0; the other axes' factors apart. */
static double log_face(double R, double side)
{
    double r = R * R;
    return R > 0 ? log(side * (1 + r) * (1 + r) + R * (r + 5) + 6 / R) - r / 2 + 1e-9 : INFINITY;
}

/* Of every node along axis k: log of the larger face's tail and end. Distances from indices, so that the origin rounds nothing. */
static double *faces(const log_lattice *a, int k, slong n)
{
    double *out = dp_malloc(sizeof *out * (size_t) n), high = fmax(a->strip[0][k].a, a->strip[1][k].a);
    double rate = 2 * M_PI / a->eta[k] * (1 - 1e-12) - high / 2 * (1 + 1e-12), side = rate > 0 ? 2 / rate : INFINITY;
    const dp_sublattice *s = &a->s;
    for (slong i = 0; i < n; i++) {
        double cell = (double) s->down[k] / (double) s->up[k] / 2, x = (double) i;
        double low = x - (double) (2 * s->lo[k] - 1) * cell, up = (double) (2 * (s->lo[k] + s->m[k]) - 1) * cell - x;
        double slack = 1e-13 * (fabs(low) + fabs(up) + x);
        out[i] = log_face((fmin(low, up) - slack) * a->unit[k] * (1 - 1e-13), side);
    }
    return out;
}

/* Bounds at the node with indices i: strip, and window (tails and ends). */
static void errors(mag_t strip, mag_t window, const log_lattice *a, double *const face[3], const slong *i, const slong *n)
{
    double far = 0, sum = 0, worst = -INFINITY;
    int d = a->dim;
    for (int k = 0; k < d; k++) {
        double u = ((double) i[k] - (double) (n[k] - 1) / 2) * a->unit[k];
        far += u * u * (1 + 1e-13);
        worst = fmax(worst, face[k][i[k]]);
        sum += a->strip[0][k].sum + a->strip[1][k].sum;
    }
    double size = log_size(a, far) - log(2 * M_PI) / 2 * d;
    dp_mag_exp_d(strip, size + log(sum * (1 + 1e-9)) - a->bits * M_LN2 * (1 - 1e-15) + 1e-9);
    dp_mag_exp_d(window, size + worst + log(2 * d) + log(25) * (d - 1));
}

/* Radii grow by strip and window terms, h^|alpha| times; first: the number of the first node. */
static void add_errors(dp_grid_moments *m, double term[2], const log_lattice *a, const dp_mesh_t mesh, const fmpq_t h, slong first)
{
    int d = a->dim;
    double *face[3] = {NULL, NULL, NULL};
    mag_t err[2], worst[2], most, unit, t, m1;
    mag_init(most), mag_init(unit), mag_init(t), mag_init(m1);
    for (int i = 0; i < 2; i++)
        mag_init(err[i]), mag_init(worst[i]);
    for (int k = 0; k < d; k++)
        face[k] = faces(a, k, mesh->n[k]);
    mag_set_d(unit, fmpq_get_d(h) * (1 + 1e-12));
    for (slong node = 0; node < m->nodes; node++) {
        slong i[3], rest = first + node;
        for (int k = 0; k < d; k++)
            i[k] = rest % mesh->n[k], rest /= mesh->n[k];
        errors(err[0], err[1], a, face, i, mesh->n);
        for (int k = 0; k < 2; k++)
            mag_max(worst[k], worst[k], err[k]);
        mag_add(t, err[0], err[1]);
        for (int s = 0; s < m->nslots; s++) {
            if (s == 1 || s == 1 + d)
                mag_mul(t, t, unit);
            if (s > 0 && s <= d)
                arb_get_mag(m1, m->slot[s] + node), mag_max(most, most, m1);
            mag_add(arb_radref(m->slot[s] + node), arb_radref(m->slot[s] + node), t);
        }
    }
    for (int i = 0; i < 2; i++) {
        mag_mul(worst[i], worst[i], unit), mag_div(worst[i], worst[i], most);
        term[i] = fmax(term[i], mag_get_d(worst[i]));
        mag_clear(err[i]), mag_clear(worst[i]);
    }
    mag_clear(most), mag_clear(unit), mag_clear(t), mag_clear(m1);
    for (int k = 0; k < d; k++)
        free(face[k]);
}

/* ---- weights ---- */

typedef struct { dp_gsum_t p, q; const dp_mesh_struct *mesh; arb_t unit; int dim; slong prec; } weights_of;

/* unit log(G/H) on some layers of the last axis. */
static dp_status weights(arb_ptr W, const dp_sublattice *s, const void *argument, dp_error *e)
{
    const weights_of *t = argument;
    int finite = 1;
    slong n = dp_sublattice_nodes(s, t->dim);
    arb_ptr G = dp_sublattice_values(t->p, t->mesh, s, t->prec), H = dp_sublattice_values(t->q, t->mesh, s, t->prec);
    for (slong i = 0; i < n; i++) {
        arb_div(G + i, G + i, H + i, t->prec);
        arb_log(G + i, G + i, t->prec);
        arb_mul(W + i, G + i, t->unit, t->prec);
        finite &= arb_is_finite(W + i);
    }
    _arb_vec_clear(G, n), _arb_vec_clear(H, n);
    return finite ? DP_OK : dp_fail(e, DP_EBUDGET, "grid: k*p or k*q is not resolved at %ld bits", (long) t->prec);
}

/* unit: (2 pi h^2)^{-d/2} times the cell's volume. */
static void weights_init(weights_of *w, const log_lattice *a, const dp_problem *P, const dp_mesh_t mesh, slong prec)
{
    arb_t t;
    arb_init(w->unit), arb_init(t);
    w->mesh = mesh, w->dim = a->dim, w->prec = prec;
    dp_smoothed_sum(w->p, P->p, P->bandwidth, prec + 40), dp_smoothed_sum(w->q, P->q, P->bandwidth, prec + 40);
    dp_arb_set_h2(t, P, prec + 10);
    arb_const_pi(w->unit, prec + 10), arb_mul_2exp_si(w->unit, w->unit, 1), arb_mul(w->unit, w->unit, t, prec + 10);
    arb_rsqrt(w->unit, w->unit, prec + 10), arb_pow_ui(w->unit, w->unit, (ulong) a->dim, prec + 10);
    dp_sublattice_cell(t, &a->s, mesh, prec + 10), arb_mul(w->unit, w->unit, t, prec + 10);
    arb_clear(t);
}

/* The bare sums. An absolute error of the logarithm is a relative one of its arguments; integers along rows lose what it grows by towards
   the window's corners, and a sum adds up. */
static dp_status sums(dp_mesh_sums *z, const log_lattice *a, const dp_problem *P, const dp_mesh_t mesh, int order, slong bits, int threads, dp_error *e)
{
    weights_of w;
    weights_init(&w, a, P, mesh, bits);
    dp_status status = dp_mesh_sums_init(z, &a->s, mesh, P->bandwidth, order, weights, &w, bits + 30, dp_sublattice_by_digits(&a->s, mesh), threads, e);
    dp_gsum_clear(w.p), dp_gsum_clear(w.q), arb_clear(w.unit);
    return status;
}

/* Whether lattices around every node for itself would be smaller altogether. */
static int few_nodes(const log_lattice *a, const dp_mesh_t mesh)
{
    double alone = (double) dp_mesh_nodes(mesh), common = 1;
    for (int k = 0; k < a->dim; k++)
        alone *= 2 * a->reach / a->eta[k], common *= (double) a->s.m[k];
    return common > 2 * alone;
}

struct dp_grid_log_struct { log_lattice a; dp_mesh_sums z; const dp_problem *P; const dp_mesh_struct *mesh; slong prec; };

dp_status dp_grid_log_new(dp_grid_log **out, const dp_problem *P, const dp_mesh_t mesh, int order, slong prec, int threads, dp_error *e)
{
    dp_grid_log *t = dp_calloc(1, sizeof *t);
    double most = dp_sublattice_limit(P->dim);
    dp_status status = DP_OK;
    t->P = P, t->mesh = mesh;
    if (!plan(&t->a, P, mesh, prec, 0, most))
        status = dp_fail(e, DP_EBUDGET, "grid: the zero-free strips of k*p and k*q need a lattice of more than %.0f nodes", most);
    else if (few_nodes(&t->a, mesh))
        status = dp_fail(e, DP_EBUDGET, "grid: so few nodes are done one by one");
    t->prec = (slong) t->a.bits + 4;
    if (status == DP_OK)
        status = sums(&t->z, &t->a, P, mesh, order, t->prec, threads, e);
    if (status == DP_OK)
        *out = t;
    else
        free(t);
    return status;
}

void dp_grid_log_free(dp_grid_log *t)
{
    if (t)
        dp_mesh_sums_clear(&t->z);
    free(t);
}

dp_status dp_grid_log_band(dp_grid_moments *out, double term[2], const dp_grid_log *t, slong first, slong rows, dp_error *e)
{
    dp_status status = dp_mesh_sums_band(out, &t->z, first, rows, t->prec + 20, e);
    if (status == DP_OK)
        add_errors(out, term, &t->a, t->mesh, t->P->bandwidth, first * t->z.rows);
    return status;
}
