/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rigid motions and scalings of the whole problem move the field along: V'(Tx) = s^e R V(x) for T x = s R x + t. */
#include <string.h>
#include "driftproof.h"

/* The exponent e of each field: 1 for displacements, -1 for fields that carry a bare gradient. */
static const struct { const char *name; int exponent; } drifts[] = {
    {"mean-shift", 1}, {"sinkhorn-proxy", 1}, {"da2", 1}, {"mmd", -1}, {"smoothed-kl", -1}, {"kl", -1}, {NULL, 0}};

typedef struct { fmpq_mat_t turn; fmpq *shift; fmpq_t scale; dp_problem *image; dp_workspace *w; } motion;

/* d = 1: the reflection; d = 2: the rotation with cosine 3/5, sine 4/5; d = 3: that one after a rotation with 5/13, 12/13. */
static void rotation(fmpq_mat_t turn, int d)
{
    static const slong plane[3] = {3, 4, 5}, tilt[3] = {5, 12, 13};
    fmpq_mat_one(turn);
    if (d == 1)
        fmpq_set_si(fmpq_mat_entry(turn, 0, 0), -1, 1);
    for (int k = 0; k < d - 1; k++) {
        const slong *t = k == 0 ? plane : tilt;
        fmpq_mat_t R;
        fmpq_mat_init(R, d, d);
        fmpq_mat_one(R);
        fmpq_set_si(fmpq_mat_entry(R, k, k), t[0], (ulong) t[2]);
        fmpq_set_si(fmpq_mat_entry(R, k + 1, k + 1), t[0], (ulong) t[2]);
        fmpq_set_si(fmpq_mat_entry(R, k, k + 1), -t[1], (ulong) t[2]);
        fmpq_set_si(fmpq_mat_entry(R, k + 1, k), t[1], (ulong) t[2]);
        fmpq_mat_mul(turn, turn, R);
        fmpq_mat_clear(R);
    }
}

/* out = s R v + t; out and v may not overlap. */
static void move(fmpq *out, const motion *T, const fmpq *v)
{
    slong d = fmpq_mat_nrows(T->turn);
    for (slong a = 0; a < d; a++) {
        fmpq_zero(out + a);
        for (slong b = 0; b < d; b++)
            fmpq_addmul(out + a, fmpq_mat_entry(T->turn, a, b), v + b);
        fmpq_mul(out + a, out + a, T->scale);
        fmpq_add(out + a, out + a, T->shift + a);
    }
}

static void move_covariance(dp_measure_t out, const motion *T, const dp_measure_t in, slong j)
{
    slong d = in->dim;
    fmpq_mat_t C, X;
    fmpq_mat_init(C, d, d);
    fmpq_mat_init(X, d, d);
    for (slong a = 0; a < d * d; a++)
        fmpq_set(fmpq_mat_entry(C, a / d, a % d), in->cov + j * d * d + a);
    fmpq_mat_mul(X, T->turn, C);
    fmpq_mat_transpose(C, T->turn);
    fmpq_mat_mul(X, X, C);
    fmpq_mat_scalar_mul_fmpq(X, X, T->scale);
    fmpq_mat_scalar_mul_fmpq(X, X, T->scale);
    for (slong a = 0; a < d * d; a++)
        fmpq_set(out->cov + j * d * d + a, fmpq_mat_entry(X, a / d, a % d));
    fmpq_mat_clear(C);
    fmpq_mat_clear(X);
}

static void move_measure(dp_measure_t out, const motion *T, const dp_measure_t in)
{
    for (slong j = 0; j < in->n; j++) {
        move(DP_MEAN(out, j, 0), T, DP_MEAN(in, j, 0));
        if (in->family == DP_MIXTURE)
            move_covariance(out, T, in, j);
    }
    fmpq_mul(out->scale, in->scale, T->scale);
}

static void motion_init(motion *T, dp_check *c)
{
    static const slong shift[3][2] = {{1, 3}, {-2, 7}, {3, 11}};
    const dp_problem *P = dp_check_problem(c);
    fmpq_mat_init(T->turn, P->dim, P->dim);
    rotation(T->turn, P->dim);
    T->shift = dp_calloc((size_t) P->dim, sizeof(fmpq));
    for (int a = 0; a < P->dim; a++) {
        fmpq_init(T->shift + a);
        fmpq_set_si(T->shift + a, shift[a][0], (ulong) shift[a][1]);
    }
    fmpq_init(T->scale);
    fmpq_set_si(T->scale, 7, 5);
    T->image = dp_problem_copy(P);
    T->w = dp_workspace_new();
    move_measure(T->image->p, T, P->p);
    move_measure(T->image->q, T, P->q);
    if (!dp_check_twin(c, "bandwidth"))
        fmpq_mul(T->image->bandwidth, P->bandwidth, T->scale);
}

static void motion_clear(motion *T)
{
    for (slong a = 0; a < T->image->dim; a++)
        fmpq_clear(T->shift + a);
    free(T->shift);
    fmpq_mat_clear(T->turn);
    fmpq_clear(T->scale);
    dp_problem_free(T->image);
    dp_workspace_free(T->w);
}

/* Leaves M<k>_i_j = s^e R_ij of field k. */
static void let_factors(dp_check *c, const motion *T, int k)
{
    slong d = fmpq_mat_nrows(T->turn);
    fmpq_t v, s;
    char stem[16];
    fmpq_init(v);
    fmpq_init(s);
    snprintf(stem, sizeof stem, "M%d", k);
    fmpq_pow_si(s, T->scale, drifts[k].exponent);
    if (dp_check_twin(c, "constant"))
        dp_spoil_for(c, s);
    if (dp_check_twin(c, "sign"))
        fmpq_neg(s, s);
    for (slong a = 0; a < d * d; a++) {
        fmpq_mul(v, s, fmpq_mat_entry(T->turn, a / d, a % d));
        dp_let_q(c, dp_name(stem, a / d, a % d), v);
    }
    fmpq_clear(v);
    fmpq_clear(s);
}

/* 1 when the field exists here; a failure other than DP_EUNSUPPORTED stops the check. */
static int exists(dp_check *c, const dp_point *at, int k)
{
    dp_field_t f;
    dp_error e = {DP_OK, ""};
    dp_field_init(f, at->dim);
    dp_status s = dp_field_eval(f, at->P, drifts[k].name, at->x, DP_ENGINE_AUTO, dp_check_prec(c), dp_check_workspace(c), &e);
    int ok = s == DP_OK ? (f->have & DP_HAVE_VELOCITY) != 0 : s != DP_EUNSUPPORTED && !dp_check_failed(c, s, &e);
    dp_field_clear(f);
    return ok;
}

static void one_drift(dp_check *c, const dp_point *at, motion *T, arb_srcptr y, int k)
{
    static const char *const sum[] = {"@V%d_0*M%d_#_0", " + @V%d_1*M%d_#_1", " + @V%d_2*M%d_#_2"};
    char v[16], w[16], relation[160];
    snprintf(v, sizeof v, "V%d", k);
    snprintf(w, sizeof w, "W%d", k);
    if (at->index == 0)
        let_factors(c, T, k);
    if (!dp_let_velocity(c, at, v, at->P, drifts[k].name, at->x, DP_ENGINE_AUTO, dp_check_workspace(c)) ||
        !dp_let_velocity(c, at, w, T->image, drifts[k].name, y, DP_ENGINE_AUTO, T->w))
        return;
    int n = snprintf(relation, sizeof relation, "@W%d_# == ", k);
    for (int a = 0; a < at->dim; a++)
        n += snprintf(relation + n, sizeof relation - (size_t) n, sum[a], k, k);
    for (slong i = 0; i < at->dim; i++)
        dp_assert_at(c, at, i, -1, drifts[k].name, relation);
}

static void at_point(dp_check *c, const dp_point *at, void *data)
{
    motion *T = data;
    slong d = at->dim;
    fmpq_mat_t image;
    arb_ptr y = _arb_vec_init(d);
    fmpq_mat_init(image, 1, d);
    move(fmpq_mat_entry(image, 0, 0), T, at->q);
    if (dp_check_twin(c, "translation"))
        fmpq_sub(fmpq_mat_entry(image, 0, 0), fmpq_mat_entry(image, 0, 0), T->shift);
    for (slong a = 0; a < d; a++)
        arb_set_fmpq(y + a, fmpq_mat_entry(image, 0, a), dp_check_prec(c));
    for (int k = 0; drifts[k].name != NULL && !dp_check_stopped(c); k++)
        if (dp_drift_asked(c, drifts[k].name) && exists(c, at, k))
            one_drift(c, at, T, y, k);
    fmpq_mat_clear(image);
    _arb_vec_clear(y, d);
}

static void run(dp_check *c)
{
    motion T;
    motion_init(&T, c);
    dp_each_point(c, at_point, &T);
    motion_clear(&T);
}

static const dp_param_spec params[] = {DP_PARAM_AT, DP_PARAM_DRIFTS, {0}};
static const char *const twins[] = {"sign", "constant", "bandwidth", "translation", NULL};
DP_CLAIM(equivariance) = {
    .id = "equivariance",
    .title = "Moving, turning and scaling the problem moves, turns and scales the field",
    .equations = "(10), (14), (18), (24), (34), (51)",
    .kind = "EQ",
    .source = "derived here",
    .method = "The whole case is mapped by x -> s R x + t with s = 7/5 and a rational rotation (a reflection for d = 1), bandwidth s h, and every "
              "field that exists is evaluated on both sides. The algebra is a change of variables.",
    .params = params, .twins = twins, .run = run};
