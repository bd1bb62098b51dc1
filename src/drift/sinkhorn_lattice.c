/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sinkhorn_lattice.c: sinkhorn between mixtures on the line to any number of digits: lattices that are refined until two agree. */
#include "base/threads.h"
#include "drift/lattice_plan.h"
#include "drift/sinkhorn_lattice.h"

enum { MOST_NODES = 2400, DOUBLE_DIGITS = 13, ROUNDS = 7, SAFETY = 4, CHUNK = 16 };

/* What a round asks: step, half-window in deviations, bits of the potentials. */
typedef struct { double step, reach, goal; } ask;

/* ---- nodes ---- */

static double deviation(const dp_measure_struct *mu, slong j) { return sqrt(fmpq_get_d(DP_COV(mu, j, 0, 0))); }

static double extreme(const dp_measure_struct *mu, int largest)
{
    double out = deviation(mu, 0);
    for (slong j = 1; j < mu->n; j++)
        out = largest ? fmax(out, deviation(mu, j)) : fmin(out, deviation(mu, j));
    return out;
}

/* Deviation of y given x for N(., B^2) onto N(., A^2): the root of B^2 M^2 + h^2 M = A^2 times h^2. */
static double conditional(double A, double B, double h)
{
    return h * A * sqrt(2 / (h * h + sqrt(h * h * h * h + 4 * A * A * B * B)));
}

/* The least deviation of what is integrated, as far as one bump tells. */
static double narrowest(const dp_problem *P)
{
    const double h = fmpq_get_d(P->bandwidth), p = extreme(P->p, 0), q = extreme(P->q, 0);
    return fmin(fmin(conditional(p, extreme(P->q, 1), h), conditional(q, extreme(P->p, 1), h)), conditional(q, extreme(P->q, 1), h));
}

/* How many deviations the ends of the mesh lie from q. */
static double overhang(const dp_problem *P, const dp_mesh_t mesh)
{
    double most = 0;
    fmpq_t x;
    fmpq_init(x);
    for (int end = 0; end < 2; end++) {
        double least = INFINITY;
        dp_mesh_node(x, mesh, end ? dp_mesh_nodes(mesh) - 1 : 0);
        for (slong j = 0; j < P->q->n; j++)
            least = fmin(least, fabs(fmpq_get_d(x) - fmpq_get_d(DP_MEAN(P->q, j, 0))) / deviation(P->q, j));
        most = fmax(most, least);
    }
    fmpq_clear(x);
    return most;
}

/* Density times step at the nodes of a window around every component, scaled to sum 1. The number of nodes; nothing is made when there are too many. */
static double comb(dp_comb *out, const dp_measure_struct *mu, const ask *a, const fmpq_t step, slong prec)
{
    double lo = INFINITY, hi = -INFINITY;
    for (slong j = 0; j < mu->n; j++) {
        const double m = fmpq_get_d(DP_MEAN(mu, j, 0)), s = deviation(mu, j) * a->reach;
        lo = fmin(lo, m - s), hi = fmax(hi, m + s);
    }
    lo = floor(lo / a->step), hi = ceil(hi / a->step);
    if (!(hi - lo < MOST_NODES))
        return hi - lo + 1;
    dp_gsum_t g;
    fmpq_t y;
    arb_t x, sum;
    *out = (dp_comb){.first = (slong) lo, .n = (slong) (hi - lo) + 1};
    out->w = _arb_vec_init(out->n);
    fmpq_init(y), arb_init(x), arb_init(sum);
    dp_density_sum(g, mu, 0, mu->n, prec + 20);
    for (slong i = 0; i < out->n; i++) {
        fmpq_mul_si(y, step, out->first + i);
        arb_set_fmpq(x, y, prec + 20);
        dp_gsum_value(out->w + i, g, x, prec + 20);
        arb_add(sum, sum, out->w + i, prec + 20);
    }
    for (slong i = 0; i < out->n; i++)
        arb_div(out->w + i, out->w + i, sum, prec), arb_get_mid_arb(out->w + i, out->w + i);
    dp_gsum_clear(g), fmpq_clear(y), arb_clear(x), arb_clear(sum);
    return (double) out->n;
}

/* ---- a round ---- */

/* The dyadic number of 40 bits next to x. */
static void set_step(fmpq_t out, double x)
{
    const int e = 40 - ilogb(x);
    fmpq_set_si(out, (slong) ldexp(x, e), 1);
    if (e > 0)
        fmpq_div_2exp(out, out, (flint_bitcnt_t) e);
    else
        fmpq_mul_2exp(out, out, (flint_bitcnt_t) -e);
}

/* Makes and solves the plans; *last is where to begin (0: from nothing) and is replaced. Residuals get more bits where the network of columns has weak links. */
static dp_status solve(dp_lattice_plan **last, const dp_problem *P, const ask *a, dp_error *e)
{
    enum { TRIES = 6 };
    dp_lattice_plan *s = dp_calloc(1, sizeof *s);
    dp_comb p = {0}, q = {0};
    fmpq_t step, eps;
    double missing = 0, most;
    slong prec = (slong) a->goal + 64;
    dp_status status = DP_OK;
    fmpq_init(step), fmpq_init(eps);
    set_step(step, a->step);
    fmpq_mul(eps, P->bandwidth, P->bandwidth);
    most = comb(&p, P->p, a, step, prec + 64);
    most = fmax(most, comb(&q, P->q, a, step, prec + 64));
    int ok = most <= MOST_NODES, made = ok;
    if (ok) {
        dp_lattice_plan_init(s, step, eps, &p, &q, prec);
        if (*last)
            dp_lattice_plan_recall(s, *last);
        ok = dp_lattice_plan_solve(s, a->goal, *last != NULL, &missing);
        for (int k = 0; k < TRIES && !ok && missing >= 0; k++) {
            s->prec += (slong) missing + 64;
            ok = dp_lattice_plan_solve(s, a->goal, 1, &missing);
        }
    } else
        _arb_vec_clear(p.w, p.n), _arb_vec_clear(q.w, q.n);
    if (!made)
        status = dp_fail(e, DP_EUNSUPPORTED, "sinkhorn: a lattice of %.3g nodes would be needed for a density, the most are %d: fewer digits, a smaller window, or --tier double", most, MOST_NODES);
    else if (!ok)
        status = dp_fail(e, DP_EUNSUPPORTED, "sinkhorn: the plans were not solved to 2^-%.0f: conductances beyond the range of long doubles; --tier double", a->goal);
    if (status == DP_OK || made) {
        if (status == DP_OK && *last)
            dp_lattice_plan_clear(*last), free(*last);
        if (status == DP_OK)
            *last = s;
        else
            dp_lattice_plan_clear(s), free(s);
    } else
        free(s);
    fmpq_clear(step), fmpq_clear(eps);
    return status;
}

/* Velocity, Jacobian and potential at each node. */
typedef struct { const dp_gridfield *f; const dp_problem *P; const dp_lattice_plan *s; dp_comb_sum p, q; arb_t mean; arb_ptr out; } sweep;

static void one_node(arb_ptr out, const sweep *s, const arb_t x)
{
    const slong prec = s->s->prec;
    arb_ptr a = _arb_vec_init(7), b = a + 3, h2 = a + 6;
    dp_comb_sum_at(a, a + 1, a + 2, &s->p, x), dp_comb_sum_at(b, b + 1, b + 2, &s->q, x);
    dp_arb_set_h2(h2, s->P, prec);
    arb_sub(out, a + 1, b + 1, prec);
    arb_sub(out + 1, a + 2, b + 2, prec), arb_div(out + 1, out + 1, h2, prec);
    arb_div(out + 2, b, a, prec), arb_log(out + 2, out + 2, prec);
    arb_sub(out + 2, out + 2, s->mean, prec), arb_mul(out + 2, out + 2, h2, prec);
    _arb_vec_clear(a, 7);
}

static dp_status some_nodes(void *argument, slong job, int worker, dp_error *e)
{
    sweep *s = argument;
    const slong end = FLINT_MIN((job + 1) * CHUNK, dp_mesh_nodes(&s->f->mesh));
    fmpq_t y;
    arb_t x;
    (void) worker, (void) e;
    fmpq_init(y), arb_init(x);
    for (slong i = job * CHUNK; i < end; i++) {
        dp_mesh_node(y, &s->f->mesh, i);
        arb_set_fmpq(x, y, s->s->prec + 40);
        one_node(s->out + 3 * i, s, x);
    }
    fmpq_clear(y), arb_clear(x);
    return DP_OK;
}

/* E_q of log Z_q - log Z_p. */
static void mean_log(arb_t out, const dp_lattice_plan *s)
{
    arb_t t;
    arb_init(t);
    arb_zero(out);
    for (slong i = 0; i < s->q.n; i++) {
        arb_mul(t, s->w + i, s->Z + i, s->prec), arb_log(t, t, s->prec), arb_neg(t, t);
        arb_addmul(out, t, s->q.w + i, s->prec);
    }
    arb_get_mid_arb(out, out), arb_clear(t);
}

static dp_status all_nodes(arb_ptr out, const dp_gridfield *f, const dp_problem *P, const dp_lattice_plan *s, int threads, dp_error *e)
{
    sweep w = {.f = f, .P = P, .s = s, .out = out};
    arb_ptr c = _arb_vec_init(FLINT_MAX(s->p.n, s->q.n));
    arb_init(w.mean);
    for (slong j = 0; j < s->p.n; j++)
        arb_mul(c + j, s->p.w + j, s->v + j, s->prec);
    dp_comb_sum_init(&w.p, &s->p, c, s->step, s->epsilon, s->prec);
    for (slong i = 0; i < s->q.n; i++)
        arb_mul(c + i, s->q.w + i, s->w + i, s->prec);
    dp_comb_sum_init(&w.q, &s->q, c, s->step, s->epsilon, s->prec);
    mean_log(w.mean, s);
    dp_status status = dp_parallel(some_nodes, &w, (dp_mesh_nodes(&f->mesh) + CHUNK - 1) / CHUNK, threads, e);
    dp_comb_sum_clear(&w.p), dp_comb_sum_clear(&w.q), arb_clear(w.mean);
    _arb_vec_clear(c, FLINT_MAX(s->p.n, s->q.n));
    return status;
}

/* ---- rounds ---- */

/* fine +/- SAFETY (|fine - coarse| + what an error `size` of the log-factors does). *have: bits that the worst node agrees in; returns what the worst misses. */
static slong compare(dp_gridfield *f, const dp_problem *P, arb_srcptr fine, arb_srcptr coarse, double size, mag_t largest)
{
    slong miss = -WORD_MAX / 4;
    const double h = fmpq_get_d(P->bandwidth), unit[3] = {h, 1, h * h};
    fmpq_t y;
    dp_field_t at;
    arb_t x, gap;
    mag_t error, t;
    fmpq_init(y), dp_field_init(at, 1), arb_init(x), arb_init(gap), mag_init(error), mag_init(t);
    at->have = DP_HAVE_VELOCITY | DP_HAVE_JACOBIAN | DP_HAVE_POTENTIAL;
    mag_zero(largest);
    for (slong i = 0; i < dp_mesh_nodes(&f->mesh); i++) {
        arb_ptr to[3] = {at->velocity, at->jacobian, at->potential};
        for (int c = 0; c < 3; c++) {
            arb_sub(gap, fine + 3 * i + c, coarse + 3 * i + c, 64);
            arb_get_mag(error, gap);
            mag_set_d(t, 8 * size * unit[c]), mag_add(error, error, t);
            mag_mul_ui(error, error, SAFETY);
            arb_set(to[c], fine + 3 * i + c), arb_add_error_mag(to[c], error);
            mag_set_d(t, unit[c]), mag_div(error, error, t), mag_max(largest, largest, error);
        }
        arb_set(at->divergence, at->jacobian);
        dp_mesh_node(y, &f->mesh, i), arb_set_fmpq(x, y, 128);
        miss = FLINT_MAX(miss, dp_field_shortfall(at, P, x, f->digits));
        dp_gridfield_store(f, i, at);
    }
    fmpq_clear(y), dp_field_clear(at), arb_clear(x), arb_clear(gap), mag_clear(error), mag_clear(t);
    return miss;
}

/* What is known of convergence: `have` bits were right at a step by the last comparison, and `had` at the step before it (0: none). */
typedef struct { double step, have, before, had; } rate;

/* Poles of the factors beside the line make errors exp(k - c/step): the step that the bits need by the last two comparisons, or by the last with k = 0.
   Once there, a lattice that just suffices to compare with, and more bits for what cancels. */
static void next_ask(ask *a, double bits, const rate *r)
{
    const double have = fmax(r->have, bits / 8), flat = have * r->step, least = 1.05 * r->step;
    const double secant = r->before > least && r->had > 0 ? (have - r->had) / (1 / r->step - 1 / r->before) : flat;
    const double need = 1 / (1 / r->step + (bits + 8 - have) / fmin(2 * flat, fmax(flat, secant)));
    if (a->step < 0.95 * r->step && a->step < 1.02 * need) {
        a->goal += fmax(0, bits - have);
        a->step = need > 1.15 * a->step ? fmin(need, 2 * a->step) : a->step / 1.15;
    } else
        a->step = fmax(a->step / 3, fmin(need, a->step / 1.15));
}

static void report(dp_gridfield *f, const dp_lattice_plan *s, const mag_t largest)
{
    dp_gridfield_drop(f, DP_Q_VELOCITY | DP_Q_JACOBIAN | DP_Q_DIVERGENCE | DP_Q_POTENTIAL);
    for (int v = 0; v < f->nvalues; v++)
        f->value[v].estimated = 1;
    dp_gridfield_note_term(f, "refinement", mag_get_d(largest));
    dp_gridfield_note_term(f, "potentials", s->size);
    dp_gridfield_note_term(f, "dual gap", s->gap);
    snprintf(f->note, sizeof f->note, "a gradient field: no preconditioner");
}

dp_status dp_sinkhorn_lattice(dp_gridfield *f, const dp_problem *P, int threads, dp_error *e)
{
    const double bits = (double) f->digits * 3.3219280948873626 + 8, narrow = narrowest(P), beyond = overhang(P, &f->mesh);
    const slong n = 3 * dp_mesh_nodes(&f->mesh);
    arb_ptr value[2] = {_arb_vec_init(n), _arb_vec_init(n)};
    dp_lattice_plan *s = NULL;
    dp_status status = DP_OK;
    mag_t largest;
    ask a;
    rate r = {0};
    double last = 0; /* step of the round before */
    int round = 0, stored = 0;
    mag_init(largest);
    a.step = narrow * M_PI * sqrt(2 / (fmin(40, bits) * M_LN2)); /* exp(-2 pi^2 s^2/step^2) */
    a.reach = beyond + sqrt(2 * M_LN2 * fmin(40, bits)), a.goal = 40;
    for (slong miss = 1; round < ROUNDS && miss > 0; round++) {
        status = solve(&s, P, &a, e);
        if (status == DP_OK)
            status = all_nodes(value[round & 1], f, P, s, threads, e);
        if (status != DP_OK)
            break;
        if (round > 0)
            miss = compare(f, P, value[round & 1], value[!(round & 1)], s->size, largest), stored = 1;
        if (round > 0)
            r = (rate){fmax(last, a.step), bits - (double) miss, r.step, r.have};
        last = a.step;
        if (round == 0)
            a.step /= 1.4, a.reach = beyond + sqrt(2 * M_LN2 * bits), a.goal = bits + 24;
        else
            next_ask(&a, bits, &r);
        a.reach = beyond + (a.reach - beyond) * 1.05;
    }
    if (stored) /* a round that could not be made leaves the last one's estimates */
        status = DP_OK, report(f, s, largest);
    if (s)
        dp_lattice_plan_clear(s), free(s);
    _arb_vec_clear(value[0], n), _arb_vec_clear(value[1], n), mag_clear(largest);
    return status;
}

dp_status dp_sinkhorn_mesh(dp_gridfield *f, const dp_problem *P, int threads, dp_error *e)
{
    const int mixtures = P->kernel == DP_KERNEL_GAUSSIAN && P->p->family == DP_MIXTURE && P->q->family == DP_MIXTURE && (P->p->n > 1 || P->q->n > 1);
    if (!mixtures || P->dim > 1)
        return dp_gridfield_pointwise(f, P, "sinkhorn", NULL, dp_mesh_nodes(&f->mesh), threads, e);
    if (f->tier == DP_TIER_AUTO && f->digits <= DOUBLE_DIGITS)
        return dp_fail(e, DP_EUNSUPPORTED, "sinkhorn: up to %d digits by doubles", DOUBLE_DIGITS);
    return dp_sinkhorn_lattice(f, P, threads, e);
}
