/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sinkhorn_lattice.c: sinkhorn between mixtures on the line and in the plane to any number of digits: lattices that are refined until two agree. */
#include <math.h>

#include "base/threads.h"
#include "drift/sinkhorn_lattice.h"

enum { DOUBLE_DIGITS = 13, ROUNDS = 7, SAFETY = 4, CHUNK = 16 };

/* ---- a round ---- */

/* Makes and solves the plans; *last is where to begin (NULL: from nothing) and is replaced. Residuals get more bits where the network of columns has weak links. */
static dp_status solve(dp_lattice_plan **last, const dp_problem *P, const dp_lattice_shape *shape, const dp_lattice_ask *a, int threads, dp_error *e)
{
    enum { TRIES = 6 };
    dp_lattice_plan *s = dp_calloc(1, sizeof *s);
    double missing = 0;
    dp_status status = dp_lattice_nodes(s, P, shape, a, (slong) a->goal + 64, threads, e);
    if (status != DP_OK) {
        free(s);
        return status;
    }
    if (*last)
        dp_lattice_plan_recall(s, *last);
    int ok = dp_lattice_plan_solve(s, a->goal, *last != NULL, &missing);
    for (int k = 0; k < TRIES && !ok && missing >= 0; k++) {
        const double before = missing;
        s->prec += (slong) missing + 64;
        ok = dp_lattice_plan_solve(s, a->goal, 1, &missing);
        if (P->dim > 1 && missing > before - 8)
            break;
    }
    if (ok) {
        if (*last)
            dp_lattice_plan_clear(*last), free(*last);
        *last = s;
        return DP_OK;
    }
    dp_lattice_plan_clear(s), free(s);
    return dp_fail(e, DP_EUNSUPPORTED, "sinkhorn: the plans were not solved to 2^-%.0f: %s; --tier double", a->goal,
                   P->dim == 1 ? "conductances beyond the range of long doubles" : "pieces of p too barely linked for conjugate gradients in doubles");
}

/* ---- fields ---- */

/* Velocity, Jacobian and potential at each node of a line. */
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
    for (slong i = 0; i < s->q.size; i++) {
        arb_mul(t, s->w + i, s->Z + i, s->prec), arb_log(t, t, s->prec), arb_neg(t, t);
        arb_addmul(out, t, s->q.w + i, s->prec);
    }
    arb_get_mid_arb(out, out), arb_clear(t);
}

static void on_line(arb_ptr out, const dp_gridfield *f, const dp_problem *P, const dp_lattice_plan *s, int threads)
{
    dp_error e;
    sweep w = {.f = f, .P = P, .s = s, .out = out};
    arb_ptr c = _arb_vec_init(FLINT_MAX(s->p.size, s->q.size));
    arb_init(w.mean);
    for (slong j = 0; j < s->p.size; j++)
        arb_mul(c + j, s->p.w + j, s->v + j, s->prec);
    dp_comb_sum_init(&w.p, &s->p, c, s->step, s->epsilon, s->prec);
    for (slong i = 0; i < s->q.size; i++)
        arb_mul(c + i, s->q.w + i, s->w + i, s->prec);
    dp_comb_sum_init(&w.q, &s->q, c, s->step, s->epsilon, s->prec);
    mean_log(w.mean, s);
    dp_parallel(some_nodes, &w, (dp_mesh_nodes(&f->mesh) + CHUNK - 1) / CHUNK, threads, &e);
    dp_comb_sum_clear(&w.p), dp_comb_sum_clear(&w.q), arb_clear(w.mean);
    _arb_vec_clear(c, FLINT_MAX(s->p.size, s->q.size));
}

/* In the plane: velocity, Jacobian's upper half and potential from the moments about the node. */
enum { IN_PLANE = 6 };

static void from_moments(arb_ptr out, arb_srcptr p, arb_srcptr q, const arb_t mean, const arb_t h2, slong prec)
{
    arb_ptr m[2] = {_arb_vec_init(5), _arb_vec_init(5)}; /* means, second moments about them */
    for (int side = 0; side < 2; side++) {
        arb_srcptr Z = side ? q : p;
        _arb_vec_scalar_div(m[side], Z + 1, 5, Z, prec);
        for (int c = 0; c < 3; c++)
            arb_submul(m[side] + 2 + c, m[side] + (c == 2), m[side] + (c > 0), prec);
    }
    _arb_vec_sub(out, m[0], m[1], 5, prec);
    _arb_vec_scalar_div(out + 2, out + 2, 3, h2, prec);
    arb_div(out + 5, q, p, prec), arb_log(out + 5, out + 5, prec);
    arb_sub(out + 5, out + 5, mean, prec), arb_mul(out + 5, out + 5, h2, prec);
    for (int c = 0; c < IN_PLANE; c++)
        arb_get_mid_arb(out + c, out + c);
    _arb_vec_clear(m[0], 5), _arb_vec_clear(m[1], 5);
}

static void in_plane(arb_ptr out, const dp_gridfield *f, const dp_problem *P, const dp_lattice_plan *s, int threads)
{
    const slong nodes = dp_mesh_nodes(&f->mesh), most = FLINT_MAX(s->p.size, s->q.size);
    arb_ptr c = _arb_vec_init(most), p = _arb_vec_init(6 * nodes), q = _arb_vec_init(6 * nodes), x[2], t = _arb_vec_init(2);
    fmpq_t y;
    fmpq_init(y);
    for (int k = 0; k < 2; k++) {
        x[k] = _arb_vec_init(f->mesh.n[k]);
        for (slong i = 0; i < f->mesh.n[k]; i++) {
            fmpq_mul_si(y, f->mesh.step + k, i), fmpq_add(y, y, f->mesh.origin + k);
            arb_set_fmpq(x[k] + i, y, s->prec + 40);
        }
    }
    for (slong j = 0; j < s->p.size; j++)
        arb_mul(c + j, s->p.w + j, s->v + j, s->prec), arb_get_mid_arb(c + j, c + j);
    dp_comb_moments(p, &s->p, c, s->step, s->epsilon, x, f->mesh.n, 2, s->prec, threads);
    for (slong i = 0; i < s->q.size; i++)
        arb_mul(c + i, s->q.w + i, s->w + i, s->prec), arb_get_mid_arb(c + i, c + i);
    dp_comb_moments(q, &s->q, c, s->step, s->epsilon, x, f->mesh.n, 2, s->prec, threads);
    mean_log(t, s), dp_arb_set_h2(t + 1, P, s->prec);
    for (slong i = 0; i < nodes; i++)
        from_moments(out + IN_PLANE * i, p + 6 * i, q + 6 * i, t, t + 1, s->prec);
    for (int k = 0; k < 2; k++)
        _arb_vec_clear(x[k], f->mesh.n[k]);
    _arb_vec_clear(c, most), _arb_vec_clear(p, 6 * nodes), _arb_vec_clear(q, 6 * nodes), _arb_vec_clear(t, 2), fmpq_clear(y);
}

/* ---- rounds ---- */

/* The field's components that a node's values are for, and their units. */
static int components(arb_ptr to[IN_PLANE], double unit[IN_PLANE], dp_field_t at, const dp_problem *P)
{
    const double h = fmpq_get_d(P->bandwidth);
    const int d = P->dim, values = d == 1 ? 3 : IN_PLANE;
    for (int c = 0; c < values; c++)
        unit[c] = c < d ? h : c < values - 1 ? 1 : h * h;
    to[0] = at->velocity, to[1] = d == 1 ? at->jacobian : at->velocity + 1;
    for (int c = d; c < values - 1; c++)
        to[c] = at->jacobian + (c == 2 ? 0 : c == 3 ? 1 : c == 4 ? 3 : 0);
    to[values - 1] = at->potential;
    return values;
}

/* fine +/- SAFETY (|fine - coarse| + what an error `size` of the log-factors does). Returns the bits that the worst node misses; *blur: those that it would miss if the two agreed. */
static slong compare(dp_gridfield *f, const dp_problem *P, arb_srcptr fine, arb_srcptr coarse, double size, mag_t largest, slong *blur)
{
    slong miss = -WORD_MAX / 4;
    *blur = miss;
    fmpq *y = _fmpq_vec_init(3);
    dp_field_t at;
    arb_ptr to[IN_PLANE], x = _arb_vec_init(3), gap = x + 2;
    double unit[IN_PLANE];
    mag_t error, t;
    dp_field_init(at, P->dim), mag_init(error), mag_init(t);
    const int values = components(to, unit, at, P);
    at->have = DP_HAVE_VELOCITY | DP_HAVE_JACOBIAN | DP_HAVE_POTENTIAL;
    mag_zero(largest);
    for (slong i = 0; i < dp_mesh_nodes(&f->mesh); i++) {
        for (int c = 0; c < values; c++) {
            mag_set_d(t, 8 * SAFETY * size * unit[c]);
            arb_set(to[c], fine + values * i + c), arb_add_error_mag(to[c], t);
        }
        dp_mesh_node(y, &f->mesh, i);
        for (int k = 0; k < P->dim; k++)
            arb_set_fmpq(x + k, y + k, 128);
        if (P->dim == 2)
            arb_set(at->jacobian + 2, at->jacobian + 1);
        *blur = FLINT_MAX(*blur, dp_field_shortfall(at, P, x, f->digits));
        for (int c = 0; c < values; c++) {
            arb_sub(gap, fine + values * i + c, coarse + values * i + c, 64);
            arb_get_mag(error, gap), mag_mul_ui(error, error, SAFETY);
            arb_add_error_mag(to[c], error), mag_set(error, arb_radref(to[c]));
            mag_set_d(t, unit[c]), mag_div(error, error, t), mag_max(largest, largest, error);
        }
        if (P->dim == 2)
            arb_set(at->jacobian + 2, at->jacobian + 1);
        dp_field_finish(at, ARF_PREC_EXACT);
        miss = FLINT_MAX(miss, dp_field_shortfall(at, P, x, f->digits));
        dp_gridfield_store(f, i, at);
    }
    _fmpq_vec_clear(y, 3), dp_field_clear(at), _arb_vec_clear(x, 3), mag_clear(error), mag_clear(t);
    return miss;
}

/* What is known of convergence: `have` bits were right at a step by the last comparison, and `had` at the step before it (0: none). */
typedef struct { double step, have, before, had; } rate;

/* Poles of the factors beside the line make errors exp(k - c/step): the step that the bits need by the last two comparisons, or by the last with k = 8 log 2, which is usual.
   Once there, a lattice that just suffices to compare with. */
static void next_ask(dp_lattice_ask *a, double bits, const rate *r)
{
    const double have = fmax(r->have, bits / 8), flat = have * r->step, usual = (have + 8) * r->step, least = 1.05 * r->step;
    const double secant = r->before > least && r->had > 0 ? (have - r->had) / (1 / r->step - 1 / r->before) : usual;
    const double need = 1 / (1 / r->step + (bits + 8 - have) / fmin(2 * flat, fmax(flat, secant)));
    if (a->step < 0.95 * r->step && a->step < 1.02 * need)
        a->step = need > 1.15 * a->step ? fmin(need, 2 * a->step) : a->step / 1.15;
    else
        a->step = fmax(a->step / 3, fmin(need, a->step / 1.15));
}

static void report(dp_gridfield *f, const dp_lattice_plan *s, const mag_t largest)
{
    dp_gridfield_drop(f, DP_Q_VELOCITY | DP_Q_JACOBIAN | DP_Q_CURL | DP_Q_DIVERGENCE | DP_Q_POTENTIAL);
    for (int v = 0; v < f->nvalues; v++)
        f->value[v].estimated = 1;
    dp_gridfield_note_term(f, "refinement", mag_get_d(largest));
    dp_gridfield_note_term(f, "potentials", s->size);
    dp_gridfield_note_term(f, "dual gap", s->gap);
    dp_gridfield_note_term(f, "marginal error", s->marginal);
    snprintf(f->note, sizeof f->note, "a gradient field: no preconditioner");
}

dp_status dp_sinkhorn_lattice(dp_gridfield *f, const dp_problem *P, int threads, dp_error *e)
{
    const double bits = (double) f->digits * 3.3219280948873626 + 8;
    const slong n = (P->dim == 1 ? 3 : IN_PLANE) * dp_mesh_nodes(&f->mesh);
    arb_ptr value[2] = {_arb_vec_init(n), _arb_vec_init(n)};
    dp_lattice_plan *s = NULL;
    dp_lattice_shape shape;
    dp_status status = DP_OK;
    mag_t largest;
    dp_lattice_ask a;
    rate r = {0};
    double last = 0; /* step of the round before */
    int round = 0, stored = 0;
    mag_init(largest);
    dp_lattice_shape_of(&shape, P, &f->mesh);
    a.step = shape.narrowest * M_PI * sqrt(2 / (fmin(40, bits) * M_LN2)); /* exp(-2 pi^2 s^2/step^2) */
    a.reach = sqrt(2 * M_LN2 * fmin(40, bits)), a.goal = 40;
    for (slong miss = 1, blur = 0; round < ROUNDS && miss > 0; round++) {
        status = solve(&s, P, &shape, &a, threads, e);
        if (status != DP_OK)
            break;
        (P->dim == 1 ? on_line : in_plane)(value[round & 1], f, P, s, threads);
        if (round > 0)
            miss = compare(f, P, value[round & 1], value[!(round & 1)], s->size, largest, &blur), stored = 1;
        if (round > 0)
            r = (rate){fmax(last, a.step), bits - (double) miss, r.step, r.have};
        last = a.step;
        if (round == 0)
            a.step /= 1.4, a.reach = sqrt(2 * M_LN2 * bits), a.goal = bits + 24;
        else
            next_ask(&a, bits, &r), a.goal += fmax(0, (double) blur + 8);
        a.reach *= 1.05;
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
    if (!mixtures || P->dim > 2)
        return dp_gridfield_pointwise(f, P, "sinkhorn", NULL, dp_mesh_nodes(&f->mesh), threads, e);
    if (f->tier == DP_TIER_AUTO && f->digits <= DOUBLE_DIGITS)
        return dp_fail(e, DP_EUNSUPPORTED, "sinkhorn: up to %d digits by doubles", DOUBLE_DIGITS);
    return dp_sinkhorn_lattice(f, P, threads, e);
}
