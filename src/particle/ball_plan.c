/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ball_plan.c: the optimal plan between samples in any dimension, decided in exact arithmetic: a plan in doubles is mended until exact potentials prove it. */
#include "particle/ball.h"
#include "particle/transport.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PAIRS = 1 << 22 };

/* Points at one place are one atom: row[i] and column[j] say which, first and first_y where it was first seen. Coordinates are whole numbers in units of
   2^low, costs in units of 2^(2 low). Nodes of the residual graph: rows 0 .. n - 1, columns n .. n + m - 1; potentials are distances, so
   v_j <= u_i + c_ij everywhere, with equality where mass flows, proves the plan (lemma: complementary slackness). from: where a distance came from. */
typedef struct {
    const dp_sample *s;
    size_t n, m, *row, *column, *first, *first_y, *from;
    slong low, *mass;
    fmpz *cost, *at;
} plan;

static const size_t none = (size_t) -1;

/* ---- the exact problem ---- */

/* Classes of equal points: which of the `count` distinct ones each is. */
static size_t distinct(size_t *which, size_t *first, const double *a, size_t n, size_t d)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        size_t c = 0, k = 0;
        for (; c < count; c++) {
            for (k = 0; k < d && a[i * d + k] == a[first[c] * d + k]; k++) continue;
            if (k == d) break;
        }
        if (c == count) first[count++] = i;
        which[i] = c;
    }
    return count;
}

static void lower(slong *low, const double *a, size_t count)
{
    int exponent;
    for (size_t i = 0; i < count; i++)
        if (a[i] != 0) frexp(a[i], &exponent), *low = FLINT_MIN(*low, exponent - 53);
}

/* a/2^low, a whole number. */
static void whole(fmpz_t out, double a, slong low)
{
    int exponent = 0;
    const double f = frexp(a, &exponent);
    fmpz_set_si(out, (slong) ldexp(f, 53));
    if (a != 0) fmpz_mul_2exp(out, out, (ulong) (exponent - 53 - low));
}

static void costs(plan *p)
{
    const size_t d = p->s->d;
    fmpz *x = _fmpz_vec_init((slong) (p->n * d)), *y = _fmpz_vec_init((slong) (p->m * d));
    fmpz_t t;
    fmpz_init(t);
    for (size_t i = 0; i < p->n * d; i++) whole(x + i, p->s->x[p->first[i / d] * d + i % d], p->low);
    for (size_t j = 0; j < p->m * d; j++) whole(y + j, p->s->y[p->first_y[j / d] * d + j % d], p->low);
    for (size_t q = 0; q < p->n * p->m; q++)
        for (size_t k = 0; k < d; k++) fmpz_sub(t, x + q / p->m * d + k, y + q % p->m * d + k), fmpz_addmul(p->cost + q, t, t);
    fmpz_clear(t);
    _fmpz_vec_clear(x, (slong) (p->n * d)), _fmpz_vec_clear(y, (slong) (p->m * d));
}

static void plan_init(plan *p, const dp_sample *s)
{
    *p = (plan){.s = s, .row = dp_malloc(sizeof(size_t) * s->n), .first = dp_malloc(sizeof(size_t) * s->n), .column = dp_malloc(sizeof(size_t) * s->m), .first_y = dp_malloc(sizeof(size_t) * s->m), .low = 2000};
    p->n = distinct(p->row, p->first, s->x, s->n, s->d), p->m = distinct(p->column, p->first_y, s->y, s->m, s->d);
    lower(&p->low, s->x, s->n * s->d), lower(&p->low, s->y, s->m * s->d);
    p->from = dp_malloc(sizeof(size_t) * (p->n + p->m)), p->mass = dp_calloc(p->n * p->m, sizeof(slong));
    p->cost = _fmpz_vec_init((slong) (p->n * p->m)), p->at = _fmpz_vec_init((slong) (p->n + p->m));
    costs(p);
}

static void plan_clear(plan *p)
{
    _fmpz_vec_clear(p->cost, (slong) (p->n * p->m)), _fmpz_vec_clear(p->at, (slong) (p->n + p->m));
    free(p->row), free(p->first), free(p->column), free(p->first_y), free(p->from), free(p->mass);
}

/* Flows and potentials as the solver in doubles has them: a place to begin, which nothing rests on. */
static dp_status start(plan *p, dp_error *e)
{
    dp_shipment *flows;
    size_t count;
    double *v = dp_malloc(sizeof(double) * p->s->m);
    fmpz_t t;
    const dp_status status = dp_transport_flows(&flows, &count, v, p->s, e);
    fmpz_init(t);
    for (size_t k = 0; k < count && !status; k++) p->mass[p->row[flows[k].row] * p->m + p->column[flows[k].column]] += flows[k].mass;
    for (size_t j = 0; j < p->m && !status; j++)
        if (isfinite(v[p->first_y[j]])) {
            arf_t a;
            arf_init(a), arf_set_d(a, v[p->first_y[j]]), arf_mul_2exp_si(a, a, -2 * p->low);
            arf_get_fmpz(p->at + p->n + j, a, ARF_RND_NEAR);
            arf_clear(a);
        }
    for (size_t i = 0; i < p->n && !status; i++)
        for (size_t j = 0; j < p->m; j++) {
            fmpz_sub(t, p->at + p->n + j, p->cost + i * p->m + j);
            if (j == 0 || fmpz_cmp(t, p->at + i) > 0) fmpz_set(p->at + i, t);
        }
    fmpz_clear(t);
    if (!status) free(flows);
    free(v);
    return status;
}

/* ---- optimality ---- */

/* One round of Bellman and Ford; whether a distance fell. */
static int relax(plan *p)
{
    int moved = 0;
    fmpz_t t;
    fmpz_init(t);
    for (size_t q = 0; q < p->n * p->m; q++) {
        const size_t i = q / p->m, j = p->n + q % p->m;
        fmpz_add(t, p->at + i, p->cost + q);
        const int c = fmpz_cmp(t, p->at + j);
        if (c < 0) fmpz_swap(p->at + j, t), p->from[j] = i, moved = 1;
        else if (c > 0 && p->mass[q]) fmpz_sub(p->at + i, p->at + j, p->cost + q), p->from[i] = j, moved = 1;
    }
    fmpz_clear(t);
    return moved;
}

/* A node on a cycle of `from`, which has a negative length; none: there is no cycle. */
static size_t cycle(const plan *p)
{
    const size_t nodes = p->n + p->m;
    size_t found = none, *seen = dp_calloc(nodes, sizeof *seen);
    for (size_t i = 0; i < nodes && found == none; i++) {
        size_t k = i;
        while (k != none && !seen[k]) seen[k] = i + 1, k = p->from[k];
        if (k != none && seen[k] == i + 1) found = k;
    }
    free(seen);
    return found;
}

/* Mass goes round: less on each arc from a column back to a row, more on each from a row to a column. */
static void cancel(plan *p, size_t node)
{
    slong least = WORD_MAX;
    for (int pass = 0; pass < 2; pass++) {
        size_t k = node;
        do {
            const size_t f = p->from[k], i = k < p->n ? k : f, j = (k < p->n ? f : k) - p->n;
            slong *mass = p->mass + i * p->m + j;
            if (pass) *mass += k < p->n ? -least : least;
            else if (k < p->n) least = FLINT_MIN(least, *mass);
            k = f;
        } while (k != node);
    }
}

/* Ends: each cycle that is cancelled makes the plan cheaper, and there are finitely many plans. */
static void optimise(plan *p)
{
    for (int moved = 1; moved;) {
        size_t node = none;
        for (size_t k = 0; k < p->n + p->m; k++) p->from[k] = none;
        while (node == none && (moved = relax(p))) node = cycle(p);
        if (node != none) cancel(p, node);
    }
}

/* ---- uniqueness ---- */

/* Residual arcs of reduced cost 0: from a row to its tight columns, from a column to the rows that send it mass. Those of node k: to[start[k]] .. to[start[k + 1] - 1]. */
typedef struct { size_t *start, *to; } arcs;

static int tight(const plan *p, size_t i, size_t j)
{
    fmpz_t t;
    fmpz_init(t);
    fmpz_add(t, p->at + i, p->cost + i * p->m + j);
    const int is = fmpz_equal(t, p->at + p->n + j);
    fmpz_clear(t);
    return is;
}

static void arcs_init(arcs *a, const plan *p)
{
    size_t count = 0, room = 4 * (p->n + p->m);
    *a = (arcs){dp_malloc(sizeof(size_t) * (p->n + p->m + 1)), dp_malloc(sizeof(size_t) * room)};
    for (size_t k = 0; k < p->n + p->m; k++) {
        a->start[k] = count;
        for (size_t l = 0; l < (k < p->n ? p->m : p->n); l++) {
            if (k < p->n ? !tight(p, k, l) : p->mass[l * p->m + k - p->n] == 0) continue;
            if (count == room) a->to = dp_realloc(a->to, sizeof(size_t) * (room *= 2));
            a->to[count++] = k < p->n ? p->n + l : l;
        }
    }
    a->start[p->n + p->m] = count;
}

/* Whether node `to` is reached from `from`, not by the arc between them. */
static int reaches(char *seen, size_t *stack, const arcs *a, size_t nodes, size_t from, size_t to)
{
    size_t top = 0;
    memset(seen, 0, nodes);
    seen[from] = 1, stack[top++] = from;
    while (top && !seen[to]) {
        const size_t k = stack[--top];
        for (size_t l = a->start[k]; l < a->start[k + 1]; l++)
            if (!seen[a->to[l]] && (k != from || a->to[l] != to)) seen[a->to[l]] = 1, stack[top++] = a->to[l];
    }
    return seen[to];
}

/* Another optimal plan takes a cycle of such arcs: from a row to a tight column, and a way back that does not undo it. */
static dp_status unique(const plan *p, dp_error *e)
{
    const size_t nodes = p->n + p->m;
    char *seen = dp_malloc(nodes);
    size_t *stack = dp_malloc(sizeof *stack * nodes);
    dp_status status = DP_OK;
    arcs a;
    arcs_init(&a, p);
    for (size_t i = 0; i < p->n && !status; i++)
        for (size_t l = a.start[i]; l < a.start[i + 1] && !status; l++)
            if (reaches(seen, stack, &a, nodes, a.to[l], i))
                status = dp_fail(e, DP_EINPUT, "wasserstein: several plans are optimal, so there is no one velocity: x %zu may send more or less of its mass to y %zu at no cost (both counted from 0)",
                                 p->first[i], p->first_y[a.to[l] - p->n]);
    free(seen), free(stack), free(a.start), free(a.to);
    return status;
}

/* ---- what the plan gives ---- */

static dp_status solve(plan *p, const dp_sample *s, dp_error *e)
{
    if (s->n > MOST_PAIRS / s->m) return dp_fail(e, DP_EUNSUPPORTED, "wasserstein: %zu times %zu pairs are too many for the plan in exact arithmetic; doubles take more", s->n, s->m);
    plan_init(p, s);
    const dp_status status = start(p, e);
    if (!status) optimise(p);
    else plan_clear(p);
    return status;
}

/* sum_j mass_ij (y_j - x_i)/sum_j mass_ij */
static void barycentre(arb_ptr out, const plan *p, size_t i, slong prec)
{
    const size_t d = p->s->d;
    slong all = 0;
    arb_t x, y;
    arb_init(x), arb_init(y);
    _arb_vec_zero(out, (slong) d);
    for (size_t j = 0; j < p->m; j++) {
        const slong mass = p->mass[i * p->m + j];
        all += mass;
        for (size_t k = 0; k < d && mass; k++) {
            arb_set_d(x, p->s->x[p->first[i] * d + k]), arb_set_d(y, p->s->y[p->first_y[j] * d + k]);
            arb_sub(y, y, x, ARF_PREC_EXACT), arb_addmul_si(out + k, y, mass, prec);
        }
    }
    for (size_t k = 0; k < d; k++) arb_div_si(out + k, out + k, all, prec);
    arb_clear(x), arb_clear(y);
}

dp_status dp_ball_plan(arb_ptr out, const dp_sample *s, slong prec, dp_error *e)
{
    plan p;
    dp_status status = solve(&p, s, e);
    if (status) return status;
    status = unique(&p, e);
    arb_ptr v = _arb_vec_init((slong) s->d);
    for (size_t c = 0; c < p.n && !status; c++) {
        barycentre(v, &p, c, prec);
        for (size_t i = 0; i < s->n; i++)
            if (p.row[i] == c) _arb_vec_set(out + i * s->d, v, (slong) s->d);
    }
    _arb_vec_clear(v, (slong) s->d);
    plan_clear(&p);
    return status;
}

dp_status dp_ball_plan_value(arb_t out, const dp_sample *s, slong prec, dp_error *e)
{
    plan p;
    fmpz_t sum, masses;
    const dp_status status = solve(&p, s, e);
    if (status) return status;
    fmpz_init(sum), fmpz_init(masses);
    for (size_t q = 0; q < p.n * p.m; q++) fmpz_addmul_si(sum, p.cost + q, p.mass[q]), fmpz_add_si(masses, masses, p.mass[q]);
    arb_set_fmpz(out, sum);
    arb_div_fmpz(out, out, masses, prec);
    arb_mul_2exp_si(out, out, 2 * p.low);
    fmpz_clear(sum), fmpz_clear(masses);
    plan_clear(&p);
    return DP_OK;
}

/* ---- converged Sinkhorn plans of narrow kernels ----

   Lemma J. Cost c >= 0, marginals in multiples of 1/(n m), p the plan of least cost: unique, its support a forest; exact potentials with slacks s_ij >= 0 that vanish there. Every cycle that
   alternates between rows and columns has a mean slack over its pairs off the support; let M > 0 be no more than any. The entropic plan P for epsilon has |P_ij - p_ij| <= nm E,
   E = (nm)^r e^(-M/epsilon), r = min(n, m), and its value is that of p, entropy included, less at most epsilon nm H(nm E), H(t) = -t log t, for nm E <= 1/4.
   Proof: P - p is a sum of at most nm alternating cycles, each with signs of P - p. Negative pairs lie in the support, so a cycle has k >= 1 positive pairs off it. Take a pair off the support
   and a cycle of weight at least P_ij/(nm) through it: its k pairs have at least that mass, its other positive pairs at least 1/(nm). The product of P over positive pairs, divided by that over
   negative ones, is e^(-sum of slacks/epsilon) <= e^(-kM/epsilon): so (P_ij/(nm))^k (nm)^(k-r) <= e^(-kM/epsilon), P_ij <= E. Every cycle has weight from a pair off the support, so all pairs change
   by at most nm E. The value: p is feasible, P costs no less than p, and |H(a) - H(b)| <= H(|a - b|) for |a - b| <= 1/2. */

static size_t root_of(size_t *part, size_t k)
{
    while (part[k] != k) k = part[k] = part[part[k]];
    return k;
}

/* Numbers the trees of the support, 0 .. *count - 1, in part; 0 when it is no forest. */
static int forest(size_t *part, size_t *count, const plan *p)
{
    const size_t nodes = p->n + p->m;
    int is = 1;
    for (size_t k = 0; k < nodes; k++) part[k] = k;
    for (size_t q = 0; q < p->n * p->m; q++) {
        if (!p->mass[q]) continue;
        const size_t a = root_of(part, q / p->m), b = root_of(part, p->n + q % p->m);
        is = is && a != b, part[b] = a;
    }
    size_t *name = dp_malloc(sizeof *name * nodes);
    *count = 0;
    for (size_t k = 0; k < nodes; k++)
        if (root_of(part, k) == k) name[k] = (*count)++;
    for (size_t k = 0; k < nodes; k++) part[k] = part[k] == k ? k : root_of(part, k);
    for (size_t k = 0; k < nodes; k++) part[k] = name[part[k]];
    free(name);
    return is;
}

/* Karp's walks: the least weight of a walk of so many arcs to every tree, from anywhere; the least mean of a cycle is min over ends of max over k of (D_c - D_k)/(c - k). Weights are slacks, rounded
   down to doubles. */
static double least_mean(const double *w, size_t c)
{
    double *D = dp_malloc(sizeof *D * (c + 1) * c), best = INFINITY;
    for (size_t j = 0; j < c; j++) D[j] = 0;
    for (size_t k = 1; k <= c; k++)
        for (size_t j = 0; j < c; j++) {
            D[k * c + j] = INFINITY;
            for (size_t i = 0; i < c; i++) D[k * c + j] = fmin(D[k * c + j], D[(k - 1) * c + i] + w[i * c + j]);
        }
    for (size_t j = 0; j < c; j++) {
        double most = -INFINITY;
        if (!isfinite(D[c * c + j])) continue;
        for (size_t k = 0; k < c; k++) most = fmax(most, (D[c * c + j] - D[k * c + j]) / (double) (c - k));
        best = fmin(best, most);
    }
    free(D);
    return best;
}

/* M of Lemma J for c = r^2/2: from below, rounding of Karp's sums paid; not positive: unknown. Infinite: no pair is off the support. */
static void margin(arb_t M, const plan *p, const size_t *part, size_t c)
{
    double *w = dp_malloc(sizeof *w * c * c), top = 0;
    fmpz_t t;
    arf_t u;
    fmpz_init(t), arf_init(u);
    for (size_t q = 0; q < c * c; q++) w[q] = INFINITY;
    for (size_t q = 0; q < p->n * p->m; q++) {
        double *a = w + part[q / p->m] * c + part[p->n + q % p->m];
        if (p->mass[q]) continue;
        fmpz_add(t, p->at + q / p->m, p->cost + q), fmpz_sub(t, t, p->at + p->n + q % p->m);
        arf_set_fmpz(u, t), arf_mul_2exp_si(u, u, 2 * p->low - 1);
        *a = fmin(*a, arf_get_d(u, ARF_RND_FLOOR));
    }
    for (size_t q = 0; q < c * c; q++)
        if (isfinite(w[q])) top = fmax(top, w[q]);
    const double mean = least_mean(w, c);
    arb_set_d(M, isfinite(mean) ? mean - 4e-16 * (double) (c + 2) * (double) (c + 2) * top : mean);
    fmpz_clear(t), arf_clear(u);
    free(w);
}

/* nm E, and its share of the value over epsilon: infinite when they are not small. */
static void narrow_errors(mag_t change, mag_t entropy, const plan *p, const arb_t M, const fmpq_t h, slong prec)
{
    const ulong pairs = p->s->n * p->s->m;
    arb_t t, u;
    arb_init(t), arb_init(u);
    arb_set_fmpq(u, h, prec), arb_div(t, M, u, prec), arb_div(t, t, u, prec), arb_neg(t, t);
    arb_log_ui(u, pairs, prec), arb_mul_ui(u, u, FLINT_MIN(p->n, p->m) + 1, prec), arb_add(t, t, u, prec);
    if (arf_is_neg_inf(arb_midref(t))) mag_zero(change), mag_zero(entropy);
    else if (!arb_is_positive(M) || arf_cmpabs_2exp_si(arb_midref(t), 1) < 0 || arf_sgn(arb_midref(t)) > 0) mag_inf(change), mag_inf(entropy);
    else {
        arb_exp(u, t, 64), arb_get_mag(change, u);
        arb_mul(u, u, t, 64), arb_mul_ui(u, u, pairs, 64), arb_get_mag(entropy, u);
    }
    arb_clear(t), arb_clear(u);
}

/* <c, p> + epsilon sum p log(p/(a b)) */
static void narrow_value(arb_t out, const plan *p, const fmpq_t h, slong prec)
{
    slong *a = dp_calloc(p->n + p->m, sizeof *a), all = 0;
    fmpz_t sum;
    arb_t t, u;
    fmpz_init(sum), arb_init(t), arb_init(u);
    for (size_t q = 0; q < p->n * p->m; q++) a[q / p->m] += p->mass[q], a[p->n + q % p->m] += p->mass[q], all += p->mass[q], fmpz_addmul_si(sum, p->cost + q, p->mass[q]);
    arb_zero(u);
    for (size_t q = 0; q < p->n * p->m; q++) {
        if (!p->mass[q]) continue;
        arb_set_si(t, p->mass[q]), arb_mul_si(t, t, all, prec), arb_div_si(t, t, a[q / p->m], prec), arb_div_si(t, t, a[p->n + q % p->m], prec);
        arb_log(t, t, prec), arb_addmul_si(u, t, p->mass[q], prec);
    }
    arb_set_fmpq(t, h, prec), arb_mul(u, u, t, prec), arb_mul(u, u, t, prec);
    arb_set_fmpz(out, sum), arb_mul_2exp_si(out, out, 2 * p->low - 1);
    arb_add(out, out, u, prec), arb_div_si(out, out, all, prec);
    fmpz_clear(sum), arb_clear(t), arb_clear(u);
    free(a);
}

dp_status dp_ball_narrow(arb_ptr shift, arb_t value, const dp_sample *s, slong prec, dp_error *e)
{
    plan p;
    dp_status status = solve(&p, s, e);
    if (status) return status;
    size_t *part = dp_malloc(sizeof *part * (p.n + p.m)), trees;
    arb_t M, t;
    mag_t change, entropy, far, one;
    arb_init(M), arb_init(t), mag_init(change), mag_init(entropy), mag_init(far), mag_init(one);
    if (forest(part, &trees, &p)) margin(M, &p, part, trees);
    narrow_errors(change, entropy, &p, M, &s->part->bandwidth, prec);
    if (mag_is_inf(change)) status = dp_fail(e, DP_EBUDGET, "sinkhorn: the kernel is not narrow, or several plans are optimal");
    for (size_t q = 0; q < p.n * p.m; q++) arb_set_fmpz(t, p.cost + q), arb_mul_2exp_si(t, t, 2 * p.low), arb_sqrt(t, t, 64), arb_get_mag(one, t), mag_max(far, far, one);
    mag_mul(far, far, change), mag_mul_ui(far, far, s->n), mag_mul_ui(far, far, s->m);
    for (size_t i = 0; i < s->n && shift && !status; i++) {
        barycentre(shift + i * s->d, &p, p.row[i], prec);
        for (size_t k = 0; k < s->d; k++) arb_add_error_mag(shift + i * s->d + k, far);
    }
    if (value && !status) {
        narrow_value(value, &p, &s->part->bandwidth, prec);
        arb_set_fmpq(t, &s->part->bandwidth, 64), arb_mul(t, t, t, 64), arb_get_mag(far, t), mag_mul(far, far, entropy), arb_add_error_mag(value, far);
    }
    arb_clear(M), arb_clear(t), mag_clear(change), mag_clear(entropy), mag_clear(far), mag_clear(one);
    free(part), plan_clear(&p);
    return status;
}
