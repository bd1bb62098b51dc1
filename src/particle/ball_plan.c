/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ball_plan.c: the optimal plan between samples in any dimension, decided in exact arithmetic: a plan in doubles is mended until exact potentials prove it. */
#include "particle/ball_plan.h"
#include "particle/transport.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PAIRS = 1 << 22 };

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

static void costs(dp_plan *p)
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

static void plan_init(dp_plan *p, const dp_sample *s)
{
    *p = (dp_plan) {.s = s, .row = dp_malloc(sizeof(size_t) * s->n), .first = dp_malloc(sizeof(size_t) * s->n), .column = dp_malloc(sizeof(size_t) * s->m), .first_y = dp_malloc(sizeof(size_t) * s->m), .low = 2000};
    p->n = distinct(p->row, p->first, s->x, s->n, s->d), p->m = distinct(p->column, p->first_y, s->y, s->m, s->d);
    lower(&p->low, s->x, s->n * s->d), lower(&p->low, s->y, s->m * s->d);
    p->from = dp_malloc(sizeof(size_t) * (p->n + p->m)), p->mass = dp_calloc(p->n * p->m, sizeof(slong));
    p->cost = _fmpz_vec_init((slong) (p->n * p->m)), p->at = _fmpz_vec_init((slong) (p->n + p->m));
    costs(p);
}

void dp_plan_clear(dp_plan *p)
{
    _fmpz_vec_clear(p->cost, (slong) (p->n * p->m)), _fmpz_vec_clear(p->at, (slong) (p->n + p->m));
    free(p->row), free(p->first), free(p->column), free(p->first_y), free(p->from), free(p->mass);
}

/* Flows and potentials as the solver in doubles has them: a place to begin, which nothing rests on. */
static dp_status start(dp_plan *p, dp_error *e)
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
static int relax(dp_plan *p)
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
static size_t cycle(const dp_plan *p)
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
static void cancel(dp_plan *p, size_t node)
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
static void optimise(dp_plan *p)
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

static int tight(const dp_plan *p, size_t i, size_t j)
{
    fmpz_t t;
    fmpz_init(t);
    fmpz_add(t, p->at + i, p->cost + i * p->m + j);
    const int is = fmpz_equal(t, p->at + p->n + j);
    fmpz_clear(t);
    return is;
}

static void arcs_init(arcs *a, const dp_plan *p)
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
static dp_status unique(const dp_plan *p, dp_error *e)
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

dp_status dp_plan_solve(dp_plan *p, const dp_sample *s, dp_error *e)
{
    if (s->n > MOST_PAIRS / s->m) return dp_fail(e, DP_EUNSUPPORTED, "wasserstein: %zu times %zu pairs are too many for the plan in exact arithmetic; doubles take more", s->n, s->m);
    plan_init(p, s);
    const dp_status status = start(p, e);
    if (!status) optimise(p);
    else dp_plan_clear(p);
    return status;
}

void dp_plan_barycentre(arb_ptr out, const dp_plan *p, size_t i, slong prec)
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
    dp_plan p;
    dp_status status = dp_plan_solve(&p, s, e);
    if (status) return status;
    status = unique(&p, e);
    arb_ptr v = _arb_vec_init((slong) s->d);
    for (size_t c = 0; c < p.n && !status; c++) {
        dp_plan_barycentre(v, &p, c, prec);
        for (size_t i = 0; i < s->n; i++)
            if (p.row[i] == c) _arb_vec_set(out + i * s->d, v, (slong) s->d);
    }
    _arb_vec_clear(v, (slong) s->d);
    dp_plan_clear(&p);
    return status;
}

dp_status dp_ball_plan_value(arb_t out, const dp_sample *s, slong prec, dp_error *e)
{
    dp_plan p;
    fmpz_t sum, masses;
    const dp_status status = dp_plan_solve(&p, s, e);
    if (status) return status;
    fmpz_init(sum), fmpz_init(masses);
    for (size_t q = 0; q < p.n * p.m; q++) fmpz_addmul_si(sum, p.cost + q, p.mass[q]), fmpz_add_si(masses, masses, p.mass[q]);
    arb_set_fmpz(out, sum);
    arb_div_fmpz(out, out, masses, prec);
    arb_mul_2exp_si(out, out, 2 * p.low);
    fmpz_clear(sum), fmpz_clear(masses);
    dp_plan_clear(&p);
    return DP_OK;
}
