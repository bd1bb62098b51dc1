/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quadn.c: adaptive tensor Gauss-Legendre for vectors of analytic functions on boxes, with ellipse bounds axis by axis (lemmas Q1, Q2). */
#include "ball/row.h"
#include <math.h>

static const double thinnest = 0x1p-38; /* of the first box: keeps 12 + 38 bits of a centre inside a double */

typedef struct {
    const dp_quad_integrand *f;
    const dp_quad_opts *o;
    dp_quad_nodes *nodes;
    dp_quad_stat_struct *s;
    slong prec, degree;
    mag_t density;          /* error allowed per unit of volume */
    mag_ptr sup, best;      /* bounds of the count functions */
    mag_ptr rule, crude;    /* error so far, per function */
    arb_ptr acc;
    dp_quad_axis axis[DP_QUAD_MAXDIM];
    double b[DP_QUAD_MAXDIM]; /* last good semi-axis of the ellipse, per axis */
} run;

typedef struct { dp_quad_box *boxes; slong n, room; } stack;

static void run_init(run *r, const dp_quad_integrand *f, const dp_quad_opts *o, dp_quad_nodes *nodes, dp_quad_stat_struct *s, slong prec)
{
    r->f = f;
    r->o = o;
    r->nodes = nodes;
    r->s = s;
    r->prec = prec;
    r->degree = o->degree > 0 ? o->degree : 20 + (f->dim == 1 ? o->goal : o->goal / 2);
    r->degree = FLINT_MIN(r->degree, DP_ROW_ROOM);
    mag_init(r->density);
    r->sup = _mag_vec_init(f->count);
    r->best = _mag_vec_init(f->count);
    r->rule = _mag_vec_init(f->count);
    r->crude = _mag_vec_init(f->count);
    r->acc = _arb_vec_init(f->count);
    for (int k = 0; k < DP_QUAD_MAXDIM; k++) {
        dp_quad_axis_init(&r->axis[k]);
        r->b[k] = 1;
    }
}

static void run_clear(run *r)
{
    mag_clear(r->density);
    _mag_vec_clear(r->sup, r->f->count);
    _mag_vec_clear(r->best, r->f->count);
    _mag_vec_clear(r->rule, r->f->count);
    _mag_vec_clear(r->crude, r->f->count);
    _arb_vec_clear(r->acc, r->f->count);
    for (int k = 0; k < DP_QUAD_MAXDIM; k++)
        dp_quad_axis_clear(&r->axis[k]);
}

static double up(double v) { return v * (1 + 0x1p-48); }

static void box_volume(mag_t out, const dp_quad_box *b, int dim)
{
    mag_t len;
    mag_init(len);
    mag_one(out);
    for (int k = 0; k < dim; k++) {
        mag_set_d(len, 2 * b->radius[k]);
        mag_mul(out, out, len);
    }
    mag_clear(len);
}

static double largest_log2(mag_srcptr v, slong n)
{
    double m = -HUGE_VAL;
    for (slong c = 0; c < n; c++)
        m = fmax(m, mag_is_inf(v + c) ? HUGE_VAL : mag_is_zero(v + c) ? -HUGE_VAL : mag_get_d_log2_approx(v + c));
    return m;
}

/* Lemma Q1 for one axis: M (64/15) rho^{-2n} / (1 - rho^{-2}) x volume / 2, for every function. */
static void rule_bound(mag_ptr out, mag_srcptr sup, slong count, double b, slong n, const mag_t volume)
{
    double rho = (b + sqrt(1 + b * b)) * (1 - 0x1p-48); /* not above the true sum of the semi-axes */
    mag_t q, c;
    mag_init(q);
    mag_init(c);
    mag_set_d(q, up(1 / rho));
    mag_pow_ui(q, q, (ulong) (2 * n));
    mag_set_d(c, up(up(32.0 / 15) / (1 - up(up(1 / rho) * (1 / rho)))));
    mag_mul(q, q, c);
    mag_mul(q, q, volume);
    for (slong i = 0; i < count; i++)
        mag_mul(out + i, sup + i, q);
    mag_clear(q);
    mag_clear(c);
}

/* Points that make the rule's error per volume about 2^density when the functions stay below 2^sup on the ellipse of b. */
static double points(double sup, double density, double b)
{
    if (sup == HUGE_VAL)
        return HUGE_VAL;
    return fmax(2, ceil((sup - density + 1.1 + log2(1 + 1 / b)) / (2 * log2(b + sqrt(1 + b * b)))));
}

/* Points needed on axis k with the ellipse whose minor semi-axis is b radii; fills r->sup. */
static double try_ellipse(run *r, const dp_quad_box *box, int k, double b)
{
    dp_quad_box wide = *box;
    double density = mag_get_d_log2_approx(r->density) - log2((double) r->f->dim);
    wide.radius[k] = up(up(box->radius[k] * sqrt(1 + b * b)));
    r->f->bound(r->sup, &wide, k, up(b * box->radius[k]), r->f->context);
    return points(largest_log2(r->sup, r->f->count), density, b);
}

/* Walks from the ellipse *b in steps of `factor` while fewer points are needed; keeps the best bounds in r->best. */
static void walk(run *r, const dp_quad_box *box, int k, double factor, double *b, double *least)
{
    for (double next = *b * factor; next <= 16 && next >= 0x1p-20; next *= factor) {
        double n = try_ellipse(r, box, k, next);
        if (!(n < *least))
            return;
        *least = n;
        *b = next;
        for (slong c = 0; c < r->f->count; c++)
            mag_set(r->best + c, r->sup + c);
    }
}

/* The ellipse on axis k that needs fewest points, near the one that served the last box: fills r->best and *b, returns the
   number of points. HUGE_VAL when even the bound `real` on the real box would ask for more than r->degree points. */
static double best_ellipse(run *r, const dp_quad_box *box, int k, double real, double *b)
{
    double density = mag_get_d_log2_approx(r->density), least;
    *b = r->b[k];
    while ((least = try_ellipse(r, box, k, *b)) == HUGE_VAL) {
        *b /= 2;
        if (points(real, density, *b) > (double) r->degree)
            return HUGE_VAL;
    }
    for (slong c = 0; c < r->f->count; c++)
        mag_set(r->best + c, r->sup + c);
    double from = *b;
    walk(r, box, k, 1.4142135623730951, b, &least);
    if (*b == from)
        walk(r, box, k, 0.7071067811865476, b, &least);
    r->b[k] = *b;
    return least;
}

/* Adds the tensor rule on the box to r->acc. */
static void box_evaluate(run *r, const dp_quad_box *box, const slong *n)
{
    int d = r->f->dim;
    arb_t weight;
    arb_ptr outer = _arb_vec_init(DP_QUAD_MAXDIM);
    slong rows = 1;
    arb_init(weight);
    for (int k = 0; k < d; k++) {
        dp_quad_axis_set(&r->axis[k], n[k], box->centre[k], box->radius[k], r->nodes, r->prec);
        rows *= k < d - 1 ? n[k] : 1;
    }
    for (slong row = 0; row < rows; row++) {
        slong rest = row;
        arb_one(weight);
        for (int k = 0; k < d - 1; k++) {
            slong i = rest % n[k];
            rest /= n[k];
            arb_set(outer + k, r->axis[k].t + i);
            arb_mul(weight, weight, r->axis[k].w + i, r->prec);
        }
        r->f->line(r->acc, outer, weight, &r->axis[d - 1], r->f->context, r->prec);
    }
    r->s->evals += rows * n[d - 1];
    arb_clear(weight);
    _arb_vec_clear(outer, DP_QUAD_MAXDIM);
}

static slong round_degree(double n)
{
    slong m = (slong) n;
    return m <= 12 ? m : m <= 32 ? 2 * ((m + 1) / 2) : 4 * ((m + 3) / 4);
}

/* Decides one box: 0 when it is done, else 1 + the axis to bisect. */
static int box_decide(run *r, const dp_quad_box *box, const mag_t volume)
{
    int d = r->f->dim, worst = 0;
    slong count = r->f->count, n[DP_QUAD_MAXDIM];
    double most = 0, real;
    mag_ptr err = _mag_vec_init(2 * count);
    r->f->bound(r->sup, box, -1, 0, r->f->context);
    real = largest_log2(r->sup, count);
    if (real <= mag_get_d_log2_approx(r->density) - 1) {
        for (slong c = 0; c < count; c++)
            mag_addmul(r->crude + c, r->sup + c, volume);
        _mag_vec_clear(err, 2 * count);
        return 0;
    }
    for (int k = 0; k < d; k++) {
        double b = 0, m = best_ellipse(r, box, k, real, &b);
        if (m > most || (m == most && box->radius[k] > box->radius[worst])) { /* between two hopeless axes, the longer one */
            most = m;
            worst = k;
        }
        if (m > (double) r->degree)
            continue;
        n[k] = round_degree(m);
        rule_bound(err + count, r->best, count, b, n[k], volume);
        for (slong c = 0; c < count; c++)
            mag_add(err + c, err + c, err + count + c);
    }
    if (most <= (double) r->degree) {
        for (slong c = 0; c < count; c++)
            mag_add(r->rule + c, r->rule + c, err + c);
        box_evaluate(r, box, n);
    }
    _mag_vec_clear(err, 2 * count);
    return most <= (double) r->degree ? 0 : 1 + worst;
}

static void push(stack *st, const dp_quad_box *box)
{
    if (st->n == st->room) {
        st->room = st->room == 0 ? 64 : 2 * st->room;
        st->boxes = dp_realloc(st->boxes, (size_t) st->room * sizeof(dp_quad_box));
    }
    st->boxes[st->n++] = *box;
}

/* Two halves along axis k; exact, because centres and radii keep fewer bits than a double has. */
static void push_halves(stack *st, const dp_quad_box *box, int k)
{
    dp_quad_box half = *box;
    half.radius[k] = box->radius[k] / 2;
    half.centre[k] = box->centre[k] - half.radius[k];
    push(st, &half);
    half.centre[k] = box->centre[k] + half.radius[k];
    push(st, &half);
}

static dp_status run_boxes(run *r, const dp_quad_box *first, dp_error *e)
{
    stack st = {NULL, 0, 0};
    dp_status status = DP_OK;
    slong boxes = 0, evals = r->s->evals;
    mag_t volume;
    mag_init(volume);
    push(&st, first);
    while (st.n > 0 && status == DP_OK) {
        dp_quad_box box = st.boxes[--st.n];
        int k;
        box_volume(volume, &box, r->f->dim);
        k = box_decide(r, &box, volume);
        boxes++;
        if (k > 0 && box.radius[k - 1] < first->radius[k - 1] * thinnest)
            status = dp_fail(e, DP_EBUDGET, "tensor Gauss-Legendre: a box was bisected %d times in vain", -ilogb(thinnest));
        else if (k > 0)
            push_halves(&st, &box, k - 1);
        if (boxes >= r->o->max_boxes && st.n > 0)
            status = dp_fail(e, DP_EBUDGET, "tensor Gauss-Legendre: %ld boxes did not reach %ld bits", (long) boxes, (long) r->o->goal);
        else if (r->s->evals - evals > r->o->max_evals)
            status = dp_fail(e, DP_EBUDGET, "tensor Gauss-Legendre: more than %ld points needed for %ld bits", (long) r->o->max_evals,
                             (long) r->o->goal);
    }
    r->s->boxes += boxes;
    free(st.boxes);
    mag_clear(volume);
    return status;
}

static void run_collect(arb_ptr out, run *r)
{
    for (slong c = 0; c < r->f->count; c++) {
        arb_set(out + c, r->acc + c);
        if (!(r->o->omit & DP_OMIT_RULE))
            arb_add_error_mag(out + c, r->rule + c);
        if (!(r->o->omit & DP_OMIT_CRUDE))
            arb_add_error_mag(out + c, r->crude + c);
        mag_max(r->s->rule, r->s->rule, r->rule + c);
        mag_max(r->s->crude, r->s->crude, r->crude + c);
    }
}

dp_status dp_quadn(arb_ptr out, const dp_quad_integrand *f, const double *half, const mag_t tol, const dp_quad_opts *o,
                   dp_quad_nodes *k, dp_quad_stat s, slong prec, dp_error *e)
{
    dp_quad_box first = {{0}, {0}};
    run r;
    mag_t volume;
    dp_status status;
    run_init(&r, f, o, k, s, prec);
    mag_init(volume);
    for (int i = 0; i < f->dim; i++)
        first.radius[i] = half[i];
    box_volume(volume, &first, f->dim);
    mag_div(r.density, tol, volume);
    status = run_boxes(&r, &first, e);
    if (status == DP_OK)
        run_collect(out, &r);
    mag_clear(volume);
    run_clear(&r);
    return status;
}
