/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sliced_atoms.c: sliced transport at an atom of q in the plane: arcs of directions on which no order changes, with exact ends. */
#include <stdlib.h>

#include "drift/sliced.h"

/* A direction with angle in [0, pi), not normalised. */
typedef struct { fmpq x, y; } ray;
typedef struct { ray *r; slong n, room; } rays;

/* Adds the directions orthogonal to (x, y), unless it is 0. */
static void push_normal(rays *s, const fmpq_t x, const fmpq_t y)
{
    if (fmpq_is_zero(x) && fmpq_is_zero(y))
        return;
    if (s->n == s->room) {
        s->room = 2 * s->room + 16;
        s->r = dp_realloc(s->r, sizeof(ray) * (size_t) s->room);
    }
    ray *t = s->r + s->n++;
    fmpq_init(&t->x), fmpq_init(&t->y);
    fmpq_neg(&t->x, y), fmpq_set(&t->y, x);
    if (fmpq_sgn(&t->y) < 0 || (fmpq_is_zero(&t->y) && fmpq_sgn(&t->x) < 0))
        fmpq_neg(&t->x, &t->x), fmpq_neg(&t->y, &t->y);
}

/* < 0: a comes first, by the sign of the cross product: angles in [0, pi). */
static int by_angle(const void *va, const void *vb)
{
    const ray *a = va, *b = vb;
    fmpq_t u, v;
    fmpq_init(u), fmpq_init(v);
    fmpq_mul(u, &a->x, &b->y), fmpq_mul(v, &a->y, &b->x);
    const int c = fmpq_cmp(v, u);
    fmpq_clear(u), fmpq_clear(v);
    return c;
}

static void rays_clear(rays *s)
{
    for (slong i = 0; i < s->n; i++)
        fmpq_clear(&s->r[i].x), fmpq_clear(&s->r[i].y);
    free(s->r);
}

/* Sorts and keeps one of each. */
static void rays_sort(rays *s)
{
    slong kept = 0;
    qsort(s->r, (size_t) s->n, sizeof(ray), by_angle);
    for (slong i = 0; i < s->n; i++)
        if (kept > 0 && by_angle(s->r + kept - 1, s->r + i) == 0)
            fmpq_clear(&s->r[i].x), fmpq_clear(&s->r[i].y);
        else
            s->r[kept++] = s->r[i];
    s->n = kept;
}

static void push_pair(rays *s, const dp_measure_t m, slong i, slong j)
{
    fmpq_t x, y;
    fmpq_init(x), fmpq_init(y);
    fmpq_sub(x, DP_MEAN(m, i, 0), DP_MEAN(m, j, 0)), fmpq_sub(y, DP_MEAN(m, i, 1), DP_MEAN(m, j, 1));
    push_normal(s, x, y);
    fmpq_clear(x), fmpq_clear(y);
}

/* Angle of a ray, and sin 2 phi, cos 2 phi exactly. */
static void angle_of(arb_t phi, fmpq_t s2, fmpq_t c2, const ray *r, slong prec)
{
    arb_t x, y;
    fmpq_t n;
    arb_init(x), arb_init(y), fmpq_init(n);
    arb_set_fmpq(x, &r->x, prec), arb_set_fmpq(y, &r->y, prec);
    arb_atan2(phi, y, x, prec);
    fmpq_mul(n, &r->x, &r->x), fmpq_mul(c2, &r->y, &r->y);
    fmpq_sub(s2, n, c2), fmpq_add(n, n, c2);
    fmpq_div(c2, s2, n);
    fmpq_mul(s2, &r->x, &r->y), fmpq_mul_2exp(s2, s2, 1);
    fmpq_div(s2, s2, n);
    arb_clear(x), arb_clear(y), fmpq_clear(n);
}

/* A ray strictly between number i and the next one (the last: before the first one turned by pi). */
static void between(ray *out, const rays *s, slong i)
{
    const ray *a = s->r + i, *b = s->r + (i + 1) % s->n;
    const int last = i == s->n - 1;
    if (s->n == 1)
        fmpq_neg(&out->x, &a->y), fmpq_set(&out->y, &a->x);
    else {
        (last ? fmpq_sub : fmpq_add)(&out->x, &a->x, &b->x);
        (last ? fmpq_sub : fmpq_add)(&out->y, &a->y, &b->y);
    }
}

static void project(fmpq *out, const dp_measure_t m, const ray *d)
{
    for (slong j = 0; j < m->n; j++) {
        fmpq_mul(out + j, DP_MEAN(m, j, 0), &d->x);
        fmpq_addmul(out + j, DP_MEAN(m, j, 1), &d->y);
    }
}

/* Levels of the atom `at` of q in a direction on which no other projection meets its own. */
static void levels(fmpq_t lo, fmpq_t hi, const dp_measure_t q, const fmpq *t, slong at)
{
    fmpq_zero(lo), fmpq_zero(hi);
    for (slong i = 0; i < q->n; i++)
        if (fmpq_equal(t + i, t + at))
            fmpq_add(hi, hi, DP_WEIGHT(q, i));
        else if (fmpq_cmp(t + i, t + at) < 0)
            fmpq_add(lo, lo, DP_WEIGHT(q, i));
    fmpq_add(hi, hi, lo);
}

/* What happens on the arc number i: levels lo .. hi of the atom, ends a and b. */
typedef struct { const dp_problem *P; slong at, prec; fmpq *tq, *tp, *c; slong *order; fmpq_t lo, hi; arb_ptr sum; fmpq *exact; } sweep;

/* b = sum_j c_j y_j - x; V += (1/pi) (delta/2 b + [[ds, -dc], [-dc, -ds]] b/4), ds and dc the changes of sin 2 phi, cos 2 phi. */
static void add_arc(sweep *s, const ray *inside, const arb_t delta, const fmpq_t ds, const fmpq_t dc)
{
    const dp_measure_struct *p = s->P->p;
    fmpq *b = _fmpq_vec_init(4);
    arb_t t;
    arb_init(t);
    project(s->tp, p, inside);
    dp_reorder(s->order, s->tp, p->n);
    dp_image(s->c, p->weight, s->tp, s->order, p->n, s->lo, s->hi);
    for (int k = 0; k < 2; k++) {
        fmpq_neg(b + k, DP_MEAN(s->P->q, s->at, k));
        for (slong j = 0; j < p->n; j++)
            if (!fmpq_is_zero(s->c + j))
                fmpq_addmul(b + k, s->c + j, DP_MEAN(p, j, k));
        arb_set_fmpq(t, b + k, s->prec);
        arb_addmul(s->sum + k, t, delta, s->prec);
    }
    fmpq_mul(b + 2, ds, b), fmpq_mul(b + 3, dc, b + 1), fmpq_sub(b + 2, b + 2, b + 3);
    fmpq_add(s->exact, s->exact, b + 2);
    fmpq_mul(b + 2, dc, b), fmpq_mul(b + 3, ds, b + 1), fmpq_add(b + 2, b + 2, b + 3);
    fmpq_sub(s->exact + 1, s->exact + 1, b + 2);
    arb_clear(t), _fmpq_vec_clear(b, 4);
}

typedef struct { const sweep *s; int upper; arb_t a, b; slong prec; } arc; /* levels from the end `upper`: a < b */

/* E[Y; Y beyond the quantile] of p along the angle; the whole line when the level is 1. */
static void beyond(acb_t out, const arc *r, const dp_law_t mid, const dp_law_t box, const arb_t u, const acb_t step, int real, slong prec)
{
    arb_t one;
    arb_init(one), arb_one(one);
    if (arb_is_zero(u))
        acb_zero(out);
    else {
        if (arb_equal(u, one))
            acb_indeterminate(out);
        else if (real)
            acb_zero(out), dp_law_quantile(acb_realref(out), mid, u, r->upper, prec);
        else
            dp_law_quantile_box(out, mid, box, u, r->upper, step, prec);
        if (acb_is_finite(out) || arb_equal(u, one))
            dp_law_first(out, box, out, r->upper, prec);
    }
    arb_clear(one);
}

static int arc_integrand(acb_ptr out, const acb_t angle, void *param, slong order, slong prec)
{
    const arc *r = param;
    const dp_measure_struct *p = r->s->P->p;
    const int real = order == 0 && acb_is_real(angle);
    arb_ptr x = _arb_vec_init(2);
    dp_law_t mid, box;
    acb_t m, step, t;
    acb_init(m), acb_init(step), acb_init(t);
    prec = real ? prec : FLINT_MIN(prec, 80);
    for (int k = 0; k < 2; k++)
        arb_set_fmpq(x + k, DP_MEAN(r->s->P->q, r->s->at, k), prec);
    acb_set(m, angle);
    if (!real)
        arb_get_mid_arb(acb_realref(m), acb_realref(angle)), arb_zero(acb_imagref(m));
    acb_sub(step, angle, m, prec);
    dp_law_slice(mid, p, x, m, prec), dp_law_slice(box, p, x, angle, prec);
    beyond(out, r, mid, box, r->b, step, real, prec);
    beyond(t, r, mid, box, r->a, step, real, prec);
    acb_sub(out, out, t, prec);
    acb_mul_onei(t, angle);
    acb_exp(t, t, prec);
    acb_mul(out, out, t, prec);
    dp_law_clear(mid), dp_law_clear(box), _arb_vec_clear(x, 2);
    acb_clear(m), acb_clear(step), acb_clear(t);
    return 0;
}

/* sum += int T theta over the arc, T the mean of p over the levels. */
static void add_smooth_arc(sweep *s, const arb_t phi, const arb_t end)
{
    arc r = {.s = s, .prec = s->prec};
    acb_t lo, hi, I;
    arb_t w;
    fmpq_t a, b, one;
    mag_t tol;
    acb_calc_integrate_opt_t o;
    acb_init(lo), acb_init(hi), acb_init(I), arb_init(w), arb_init(r.a), arb_init(r.b), mag_init(tol), fmpq_init(a), fmpq_init(b), fmpq_init(one);
    fmpq_one(one), fmpq_add(a, s->lo, s->hi);
    r.upper = fmpq_cmp(a, one) >= 0;
    fmpq_set(a, s->lo), fmpq_set(b, s->hi);
    if (r.upper)
        fmpq_sub(a, one, s->hi), fmpq_sub(b, one, s->lo);
    arb_set_fmpq(r.a, a, s->prec + 20), arb_set_fmpq(r.b, b, s->prec + 20);
    fmpq_sub(b, b, a), arb_set_fmpq(w, b, s->prec + 20);
    acb_set_arb(lo, phi), acb_set_arb(hi, end);
    mag_set_ui_2exp_si(tol, 1, -s->prec);
    acb_calc_integrate_opt_init(o);
    o->eval_limit = 12000;
    acb_calc_integrate(I, arc_integrand, &r, lo, hi, s->prec, tol, o, s->prec + 10);
    arb_div(acb_realref(I), acb_realref(I), w, s->prec), arb_div(acb_imagref(I), acb_imagref(I), w, s->prec);
    arb_add(s->sum, s->sum, acb_realref(I), s->prec), arb_add(s->sum + 1, s->sum + 1, acb_imagref(I), s->prec);
    acb_clear(lo), acb_clear(hi), acb_clear(I), arb_clear(w), arb_clear(r.a), arb_clear(r.b), mag_clear(tol), fmpq_clear(a), fmpq_clear(b), fmpq_clear(one);
}

/* All arcs between the angles where the order against x changes, or the order of p's atoms. */
static dp_status at_atom(dp_field_t out, const dp_problem *P, slong at, int smooth, slong prec, dp_error *e)
{
    const dp_measure_struct *q = P->q, *p = P->p;
    rays s = {NULL, 0, 0};
    for (slong i = 0; i < q->n; i++)
        push_pair(&s, q, i, at);
    for (slong i = 0; i < p->n && !smooth; i++)
        for (slong j = 0; j < i; j++)
            push_pair(&s, p, i, j);
    rays_sort(&s);
    const int empty = s.n == 0;
    if (empty) { /* no order ever changes: one arc, from any ray to itself turned */
        fmpq_t one, zero;
        fmpq_init(one), fmpq_init(zero), fmpq_one(one);
        push_normal(&s, one, zero);
        fmpq_clear(one), fmpq_clear(zero);
    }
    if ((double) s.n * (double) (p->n + q->n) > 2e7) {
        rays_clear(&s);
        return dp_fail(e, DP_EUNSUPPORTED, "sliced-wasserstein: too many angles at which atoms change places for an exact sum; a mesh has estimates");
    }
    sweep a = {.P = P, .at = at, .prec = prec, .tq = _fmpq_vec_init(q->n), .tp = _fmpq_vec_init(p->n), .c = _fmpq_vec_init(p->n),
               .sum = _arb_vec_init(2), .exact = _fmpq_vec_init(2)};
    ray inside;
    arb_t phi, end, delta, pi;
    fmpq_t s2, c2, s3, c3;
    fmpq_init(&inside.x), fmpq_init(&inside.y), fmpq_init(a.lo), fmpq_init(a.hi), fmpq_init(s2), fmpq_init(c2), fmpq_init(s3), fmpq_init(c3);
    arb_init(phi), arb_init(end), arb_init(delta), arb_init(pi);
    arb_const_pi(pi, prec + 10);
    a.order = dp_order(a.tp, p->n);
    for (slong i = 0; i < s.n; i++) {
        between(&inside, &s, i);
        angle_of(phi, s2, c2, s.r + i, prec + 10), angle_of(end, s3, c3, s.r + (i + 1) % s.n, prec + 10);
        if (i == s.n - 1)
            arb_add(end, end, pi, prec + 10);
        arb_sub(delta, end, phi, prec + 10);
        fmpq_sub(s3, s3, s2), fmpq_sub(c3, c3, c2);
        project(a.tq, q, &inside);
        levels(a.lo, a.hi, q, a.tq, at);
        smooth ? add_smooth_arc(&a, phi, end) : add_arc(&a, &inside, delta, s3, c3);
    }
    for (int k = 0; k < 2; k++) {
        if (!smooth) {
            arb_mul_2exp_si(a.sum + k, a.sum + k, -1);
            fmpq_div_2exp(a.exact + k, a.exact + k, 2);
            arb_set_fmpq(phi, a.exact + k, prec);
            arb_add(a.sum + k, a.sum + k, phi, prec);
        }
        arb_div(out->velocity + k, a.sum + k, pi, prec);
    }
    out->have = DP_HAVE_VELOCITY;
    out->engine = smooth ? DP_ENGINE_QUADRATURE : DP_ENGINE_CLOSED;
    dp_format_why(out, "at an atom of q the velocity is the barycentric projection and has no derivatives");
    fmpq_clear(&inside.x), fmpq_clear(&inside.y), fmpq_clear(a.lo), fmpq_clear(a.hi), fmpq_clear(s2), fmpq_clear(c2), fmpq_clear(s3), fmpq_clear(c3);
    arb_clear(phi), arb_clear(end), arb_clear(delta), arb_clear(pi);
    _fmpq_vec_clear(a.tq, q->n), _fmpq_vec_clear(a.tp, p->n), _fmpq_vec_clear(a.c, p->n), _arb_vec_clear(a.sum, 2), _fmpq_vec_clear(a.exact, 2);
    free(a.order), rays_clear(&s);
    return DP_OK;
}

dp_status dp_sliced_atoms(dp_field_t out, const dp_problem *P, slong at, slong prec, dp_error *e)
{
    return at_atom(out, P, at, 0, prec, e);
}

dp_status dp_sliced_from_atoms(dp_field_t out, const dp_problem *P, slong at, slong prec, dp_error *e)
{
    dp_status status = at_atom(out, P, at, 1, prec, e);
    if (status == DP_OK && !(arb_is_finite(out->velocity) && arb_is_finite(out->velocity + 1)))
        status = dp_fail(e, DP_EBUDGET, "sliced-wasserstein: an integral over directions was not resolved");
    return status;
}
