/* SPDX-License-Identifier: GPL-3.0-or-later */
/* curl-cover: the curl of the Sinkhorn proxy has one sign on a whole box of the plane, by a cover of boxes with the mean-value form. */
#include "driftproof.h"

/* One engine at work: everything that does not change from box to box. */
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

/* Narrows value and gradient over the cell by the mean-value form from the jets at its centre. */
static void narrow(jets *whole, const jets *centre, const dp_tile *b, slong prec)
{
    for (int k = 0; k < 4; k++) {
        dp_jet_struct *z = whole->z[k];
        for (int i = 0; i < 2; i++)
            dp_tile_cut(z->g + i, centre->z[k]->g + i, DP_JET_H(z, i, 0), b, 2, prec);
        dp_tile_cut(z->v, centre->z[k]->v, z->g, b, 2, prec);
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

/* u encloses sign * curl V/eta on the cell: u(centre) + grad u(cell).(cell - centre), cut with the plain evaluation over the cell. */
static int on_cell(arb_t u, const dp_tile *b, void *data)
{
    engine_data *o = data;
    arb_ptr x = _arb_vec_init(4), g = x + 2;
    arb_t middle;
    jets centre, whole;
    jets_init(&centre);
    jets_init(&whole);
    arb_init(middle);
    dp_tile_balls(x, b, 2, 0, o->prec);
    int ok = jets_at(&centre, o, x);
    dp_tile_balls(x, b, 2, 1, o->prec);
    ok = ok && jets_at(&whole, o, x);
    if (ok) {
        narrow(&whole, &centre, b, o->prec);
        curl_over_eta(middle, g, &centre, o->prec);
        curl_over_eta(u, g, &whole, o->prec);
        dp_tile_cut(u, middle, g, b, 2, o->prec);
        arb_mul_si(u, u, o->sign, o->prec);
    }
    jets_clear(&centre);
    jets_clear(&whole);
    _arb_vec_clear(x, 4);
    arb_clear(middle);
    return ok;
}

static int at_centre(arb_t u, engine_data *o, const dp_tile *b)
{
    arb_ptr x = _arb_vec_init(4);
    jets centre;
    jets_init(&centre);
    dp_tile_balls(x, b, 2, 0, o->prec);
    int ok = jets_at(&centre, o, x);
    if (ok)
        curl_over_eta(u, x + 2, &centre, o->prec);
    jets_clear(&centre);
    _arb_vec_clear(x, 4);
    return ok;
}

/* Covers the box; low starts at the value at the centre. Returns 1 when the sign holds everywhere. */
static int cover(arf_t low, dp_check *c, const fmpq *centre, const fmpq *half, engine_data *o, slong budget)
{
    dp_cover_t K;
    char left[256];
    dp_cover_init(K, 2, centre, half);
    int ok = dp_cover_positive(low, K, budget, on_cell, o, o->prec);
    o->boxes = K->done;
    dp_cover_left(left, sizeof left, K);
    if (!ok && o->status == DP_OK)
        dp_give_up(c, DP_EUNSUPPORTED, "cover: %ld boxes left over after %ld, the first at %s", (long) (K->tail - K->head), (long) budget, left);
    dp_cover_clear(K);
    return ok;
}

/* A ball around inf over the box of sign*u, from one engine: between the cover's bound and the value at the centre.
   o->sign 0: chosen from the centre. Returns the sign, 0 on failure (already told). */
static int infimum(arb_t out, dp_check *c, const fmpq *centre, const fmpq *half, engine_data *o, slong budget)
{
    dp_tile root = {(fmpq *) centre, (fmpq *) half};
    arb_t u;
    arf_t low, high;
    arf_init(low);
    arf_init(high);
    arb_init(u);
    int ok = at_centre(u, o, &root);
    if (ok && o->sign == 0)
        o->sign = arb_is_positive(u) ? 1 : arb_is_negative(u) ? -1 : 0;
    if (ok && o->sign == 0)
        dp_give_up(c, DP_EBUDGET, "the curl at the centre of the box cannot be told from 0 at %ld bits", (long) o->prec);
    else if (ok) {
        arb_mul_si(u, u, o->sign, o->prec);
        arb_get_ubound_arf(high, u, o->prec);
        arf_set(low, high);
        ok = cover(low, c, centre, half, o, budget);
        if (ok)
            arb_set_interval_arf(out, low, high, o->prec);
    }
    dp_check_failed(c, o->status, &o->e);
    arb_clear(u);
    arf_clear(low);
    arf_clear(high);
    return ok ? o->sign : 0;
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

static void over_box(dp_check *c, const fmpq *centre, const fmpq *half, slong budget)
{
    const dp_problem *P = dp_check_problem(c);
    engine_data fast = {P, DP_ENGINE_AUTO, 53, dp_check_workspace(c), {DP_OK, ""}, DP_OK, 0, 0};
    engine_data slow = {P, DP_ENGINE_QUADRATURE, 40, NULL, {DP_OK, ""}, DP_OK, 0, 0};
    arb_t v;
    arb_init(v);
    slow.sign = infimum(v, c, centre, half, &fast, budget);
    if (slow.sign != 0) {
        dp_let(c, "inf", v, first_engine(P));
        if (infimum(v, c, centre, half, &slow, budget) != 0)
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
    if (P->dim != 2 || P->kernel != DP_KERNEL_GAUSSIAN)
        dp_give_up(c, DP_EINPUT, "expected the Gaussian kernel in dimension 2");
    else if (centre == NULL || centre->cols != 2 || radius == NULL || fmpq_sgn(radius->value) <= 0)
        dp_give_up(c, DP_EINPUT, "expected centre: two numbers, and radius: a positive number");
    else {
        dp_let_q(c, "centre_0", centre->value);
        dp_let_q(c, "centre_1", centre->value + 1);
        dp_let_q(c, "radius", radius->value);
        fmpq half[2] = {*radius->value, *radius->value};      /* read only */
        over_box(c, centre->value, half, budget == NULL ? 500 : (slong) fmpq_get_d(budget->value));
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
