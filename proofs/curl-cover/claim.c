/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The curl of the Sinkhorn proxy has one sign on a whole box of the plane: a cover by boxes with the mean-value form. */
#include <flint/fmpq_vec.h>
#include "driftproof.h"

/* A box |x_i - centre_i| <= half_i. */
typedef struct { fmpq centre[2], half[2]; } box;
typedef struct { box *item; slong head, tail, room; } queue;

static void push(queue *Q, const box *b)
{
    if (Q->tail == Q->room) {
        Q->room = 2 * Q->room + 16;
        Q->item = dp_realloc(Q->item, (size_t) Q->room * sizeof *Q->item);
    }
    box *n = Q->item + Q->tail++;
    for (int i = 0; i < 2; i++) {
        fmpq_init(n->centre + i);
        fmpq_init(n->half + i);
        fmpq_set(n->centre + i, b->centre + i);
        fmpq_set(n->half + i, b->half + i);
    }
}

static void queue_clear(queue *Q)
{
    for (slong k = 0; k < Q->tail; k++)
        for (int i = 0; i < 2; i++) {
            fmpq_clear(Q->item[k].centre + i);
            fmpq_clear(Q->item[k].half + i);
        }
    free(Q->item);
}

/* Cuts the longer side of b in two and puts both halves at the end. */
static void split(queue *Q, slong k)
{
    box part;
    int a = fmpq_cmp(Q->item[k].half, Q->item[k].half + 1) < 0;
    for (int i = 0; i < 2; i++) {
        fmpq_init(part.centre + i);
        fmpq_init(part.half + i);
        fmpq_set(part.centre + i, Q->item[k].centre + i);
        fmpq_set(part.half + i, Q->item[k].half + i);
    }
    fmpq_div_2exp(part.half + a, part.half + a, 1);
    fmpq_sub(part.centre + a, part.centre + a, part.half + a);
    push(Q, &part);
    fmpq_add(part.centre + a, part.centre + a, part.half + a);
    fmpq_add(part.centre + a, part.centre + a, part.half + a);
    push(Q, &part);
    for (int i = 0; i < 2; i++) {
        fmpq_clear(part.centre + i);
        fmpq_clear(part.half + i);
    }
}

/* Enclosure of the box by balls; half = NULL: its centre. */
static void set_balls(arb_ptr X, const box *b, int whole, slong prec)
{
    arb_t r;
    arb_init(r);
    for (int i = 0; i < 2; i++) {
        arb_set_fmpq(X + i, b->centre + i, prec);
        arb_set_fmpq(r, b->half + i, prec);
        if (whole)
            arb_add_error(X + i, r);
    }
    arb_clear(r);
}

/* One engine: everything that does not change from box to box. */
typedef struct { const dp_problem *P; dp_engine engine; slong prec; dp_workspace *w; dp_error e; dp_status status; int sign; slong boxes; } engine_data;

/* Jets of k*p, k*q, k*p~, k*q~ over the balls x. */
typedef struct { dp_jet_t z[4]; } jets;

static void jets_init(jets *J)
{
    for (int k = 0; k < 4; k++)
        dp_jet_init(J->z[k], 2);
}

static void jets_clear(jets *J)
{
    for (int k = 0; k < 4; k++)
        dp_jet_clear(J->z[k]);
}

static int jets_at(jets *J, engine_data *o, arb_srcptr x)
{
    dp_moments_t m;
    dp_moments_init(m, 2);
    for (int k = 0; k < 4 && o->status == DP_OK; k++) {
        o->status = dp_moments_eval(m, o->P, (dp_which) k, x, o->engine, o->prec, o->w, &o->e);
        dp_jet_set(J->z[k], m->Z);
    }
    dp_moments_clear(m);
    return o->status == DP_OK;
}

/* v := v cut with centre + slope.r: the mean-value form, where the interval |r_i| <= half_i is in r. */
static void cut(arb_t v, const arb_t centre, arb_srcptr slope, arb_srcptr r, slong prec)
{
    arb_t t;
    arb_init(t);
    arb_dot(t, centre, 0, slope, 1, r, 1, 2, prec);
    if (arb_is_finite(t) && (!arb_is_finite(v) || !arb_intersection(v, v, t, prec)))
        arb_set(v, t);
    arb_clear(t);
}

/* Narrows value and gradient over the box by the mean-value form from the jets at its centre. */
static void narrow(jets *whole, const jets *centre, arb_srcptr r, slong prec)
{
    for (int k = 0; k < 4; k++) {
        dp_jet_struct *z = whole->z[k];
        for (int i = 0; i < 2; i++)
            cut(z->g + i, centre->z[k]->g + i, DP_JET_H(z, i, 0), r, prec);
        cut(z->v, centre->z[k]->v, z->g, r, prec);
    }
}

/* L = log(eta/h^2) = log Z_p~ + log Z_q~ - (log Z_p + log Z_q)/2 and S = log Z_p~ - log Z_q~. */
static void logarithms(dp_jet_t L, dp_jet_t S, const jets *J, slong prec)
{
    dp_jet_t t;
    arb_t minus_half;
    arb_init(minus_half);
    arb_set_d(minus_half, -0.5);
    dp_jet_init(t, 2);
    dp_jet_log(L, J->z[DP_OF_P], prec);
    dp_jet_log(t, J->z[DP_OF_Q], prec);
    dp_jet_add(L, L, t, prec);
    dp_jet_mul_arb(L, L, minus_half, prec);
    dp_jet_log(S, J->z[DP_OF_PT], prec);
    dp_jet_log(t, J->z[DP_OF_QT], prec);
    dp_jet_add(L, L, S, prec);
    dp_jet_add(L, L, t, prec);
    dp_jet_sub(S, S, t, prec);
    dp_jet_clear(t);
    arb_clear(minus_half);
}

/* u = d1 L d2 S - d2 L d1 S, which is curl V/eta, and its gradient g. */
static void curl_over_eta(arb_t u, arb_ptr g, const jets *J, slong prec)
{
    dp_jet_t L, S;
    dp_jet_init(L, 2);
    dp_jet_init(S, 2);
    logarithms(L, S, J, prec);
    arb_mul(u, L->g, S->g + 1, prec);
    arb_submul(u, L->g + 1, S->g, prec);
    for (int k = 0; k < 2; k++) {
        arb_mul(g + k, DP_JET_H(L, 0, k), S->g + 1, prec);
        arb_addmul(g + k, L->g, DP_JET_H(S, 1, k), prec);
        arb_submul(g + k, DP_JET_H(L, 1, k), S->g, prec);
        arb_submul(g + k, L->g + 1, DP_JET_H(S, 0, k), prec);
    }
    dp_jet_clear(L);
    dp_jet_clear(S);
}

/* u encloses curl V/eta on b: u(centre) + grad u(b).(b - centre), cut with the plain evaluation over b. */
static int on_box(arb_t u, engine_data *o, const box *b)
{
    arb_ptr x = _arb_vec_init(6), g = x + 2, r = x + 4;
    arb_t middle;
    jets centre, whole;
    jets_init(&centre);
    jets_init(&whole);
    arb_init(middle);
    set_balls(x, b, 0, o->prec);
    int ok = jets_at(&centre, o, x);
    set_balls(x, b, 1, o->prec);
    ok = ok && jets_at(&whole, o, x);
    for (int i = 0; i < 2; i++) {
        arb_set_fmpq(middle, b->half + i, o->prec);
        arb_add_error(r + i, middle);
    }
    if (ok) {
        narrow(&whole, &centre, r, o->prec);
        curl_over_eta(middle, g, &centre, o->prec);
        curl_over_eta(u, g, &whole, o->prec);
        cut(u, middle, g, r, o->prec);
    }
    jets_clear(&centre);
    jets_clear(&whole);
    _arb_vec_clear(x, 6);
    arb_clear(middle);
    return ok;
}

static int at_centre(arb_t u, engine_data *o, const box *b)
{
    arb_ptr x = _arb_vec_init(4);
    jets centre;
    jets_init(&centre);
    set_balls(x, b, 0, o->prec);
    int ok = jets_at(&centre, o, x);
    if (ok)
        curl_over_eta(u, x + 2, &centre, o->prec);
    jets_clear(&centre);
    _arb_vec_clear(x, 4);
    return ok;
}

/* low := min(low, lower end of sign * u); 1 when that end is positive. */
static int positive_part(arf_t low, const arb_t u, int sign, slong prec)
{
    arb_t v;
    arf_t end;
    arb_init(v);
    arf_init(end);
    arb_mul_si(v, u, sign, prec);
    arb_get_lbound_arf(end, v, prec);
    int ok = arb_is_positive(v);
    if (ok && arf_cmp(end, low) < 0)
        arf_set(low, end);
    arb_clear(v);
    arf_clear(end);
    return ok;
}

/* Names the first boxes that were left over: [x0,x1]x[y0,y1]. */
static void give_up_with_boxes(dp_check *c, const queue *Q, slong budget)
{
    char text[400];
    int n = 0;
    for (slong k = Q->head; k < Q->tail && k < Q->head + 4 && n < 300; k++) {
        const box *b = Q->item + k;
        n += snprintf(text + n, sizeof text - (size_t) n, "%s(%.6g,%.6g)+-(%.3g,%.3g)", k > Q->head ? " " : "", fmpq_get_d(b->centre),
                      fmpq_get_d(b->centre + 1), fmpq_get_d(b->half), fmpq_get_d(b->half + 1));
    }
    dp_give_up(c, DP_EUNSUPPORTED, "cover: %ld boxes left over after %ld, the first at %s", (long) (Q->tail - Q->head), (long) budget, text);
}

/* Works through the queue; low is a lower bound of sign*u over the boxes done. Returns 1 when none is left. */
static int cover(dp_check *c, queue *Q, arf_t low, engine_data *o, slong budget)
{
    arb_t u;
    arb_init(u);
    for (; Q->head < Q->tail && o->boxes < budget && o->status == DP_OK; o->boxes++) {
        slong k = Q->head++;
        if (on_box(u, o, Q->item + k) && !positive_part(low, u, o->sign, o->prec))
            split(Q, k);
    }
    if (o->status == DP_OK && Q->head < Q->tail)
        give_up_with_boxes(c, Q, budget);
    arb_clear(u);
    return o->status == DP_OK && Q->head == Q->tail;
}

/* A ball around inf over the root box of sign*u, from one engine: between the cover's bound and the value at the centre.
   sign 0: chosen from the centre. Returns the sign, 0 on failure (already told). */
static int infimum(arb_t out, dp_check *c, const box *root, engine_data *o, slong budget)
{
    queue Q = {NULL, 0, 0, 0};
    arb_t u;
    arf_t low, high;
    arb_init(u);
    arf_init(low);
    arf_init(high);
    int ok = at_centre(u, o, root);
    if (ok && o->sign == 0)
        o->sign = arb_is_positive(u) ? 1 : arb_is_negative(u) ? -1 : 0;
    if (ok && o->sign == 0)
        dp_give_up(c, DP_EBUDGET, "the curl at the centre of the box cannot be told from 0 at %ld bits", (long) o->prec);
    else if (ok) {
        arb_mul_si(u, u, o->sign, o->prec);
        arb_get_ubound_arf(high, u, o->prec);
        arf_set(low, high);
        push(&Q, root);
        ok = cover(c, &Q, low, o, budget);
        if (ok)
            arb_set_interval_arf(out, low, high, o->prec);
    }
    dp_check_failed(c, o->status, &o->e);
    queue_clear(&Q);
    arb_clear(u);
    arf_clear(low);
    arf_clear(high);
    return ok ? o->sign : 0;
}

static void box_from_params(box *b, const dp_param *centre, const dp_param *radius)
{
    for (int i = 0; i < 2; i++) {
        fmpq_init(b->centre + i);
        fmpq_init(b->half + i);
        fmpq_set(b->centre + i, centre->value + i);
        fmpq_set(b->half + i, radius->value);
    }
}

static void box_clear(box *b)
{
    for (int i = 0; i < 2; i++) {
        fmpq_clear(b->centre + i);
        fmpq_clear(b->half + i);
    }
}

static const char *first_engine(const dp_problem *P)
{
    int closed = (P->p->family == DP_ATOMS && P->q->family == DP_ATOMS) || P->q->n == 1;
    return closed ? "cover/closed-form" : "cover/trapezoid";
}

static void let_count(dp_check *c, const char *name, slong n)
{
    fmpq_t v;
    fmpq_init(v);
    fmpq_set_si(v, n, 1);
    dp_let_q(c, name, v);
    fmpq_clear(v);
}

static void over_box(dp_check *c, const box *b, slong budget)
{
    const dp_problem *P = dp_check_problem(c);
    engine_data fast = {P, DP_ENGINE_AUTO, 53, dp_check_workspace(c), {DP_OK, ""}, DP_OK, 0, 0};
    engine_data slow = {P, DP_ENGINE_QUADRATURE, 40, NULL, {DP_OK, ""}, DP_OK, 0, 0};
    arb_t v;
    arb_init(v);
    slow.sign = infimum(v, c, b, &fast, budget);
    if (slow.sign != 0) {
        dp_let(c, "inf", v, first_engine(P));
        if (infimum(v, c, b, &slow, budget) != 0)
            dp_let_second(c, "inf", v, "cover/quadrature");
        let_count(c, "boxes", fast.boxes);
        let_count(c, "boxes_second", slow.boxes);
        dp_ledger_workspace(c);
        dp_assert(c, slow.sign > 0 ? "inf of curl V/eta over the box" : "inf of -curl V/eta over the box",
                  dp_check_twin(c, "sign") ? "inf < 0" : dp_check_twin(c, "zero") ? "inf == 0" : "inf > 0");
    }
    arb_clear(v);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *centre = dp_check_param(c, "centre"), *radius = dp_check_param(c, "radius"), *budget = dp_check_param(c, "budget");
    box b;
    if (P->dim != 2 || P->kernel != DP_KERNEL_GAUSSIAN)
        dp_give_up(c, DP_EINPUT, "expected the Gaussian kernel in dimension 2");
    else if (centre == NULL || centre->cols != 2 || radius == NULL || fmpq_sgn(radius->value) <= 0)
        dp_give_up(c, DP_EINPUT, "expected centre: two numbers, and radius: a positive number");
    else {
        dp_let_q(c, "centre_0", centre->value);
        dp_let_q(c, "centre_1", centre->value + 1);
        dp_let_q(c, "radius", radius->value);
        box_from_params(&b, centre, radius);
        over_box(c, &b, budget == NULL ? 500 : (slong) fmpq_get_d(budget->value));
        box_clear(&b);
    }
}

static const dp_param_spec params[] = {
    {"centre", DP_PARAM_VECTOR, NULL, "centre of the box, in the units of the case"},
    {"radius", DP_PARAM_RATIONAL, NULL, "half the side of the box, in the units of the case"},
    {"budget", DP_PARAM_INTEGER, NULL, "at most so many boxes are looked at; default 500"},
    {0}};
static const char *const twins[] = {"sign", "zero", NULL};
DP_CLAIM(curl_cover) = {
    .id = "curl-cover",
    .title = "The curl of the Sinkhorn proxy has one strict sign on a whole box",
    .equations = "(35), (36)",
    .kind = "INEQ",
    .source = "derived here",
    .method = "A queue of boxes, each decided by the mean-value form of curl V/eta with kernel moments over balls, or cut in two; once by the fast "
              "engine and once by quadrature. Boxes left over at the end of the budget are named and the verdict is undecided.",
    .params = params, .twins = twins, .run = run};
