/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Consistency: V = 0 where p = q, and a certified lower bound on sup |V| over a box where p != q. */
#include "driftproof.h"

static const char *const exceeds[] = {
    "@V_0^2 > bound^2",
    "@V_0^2 + @V_1^2 > bound^2",
    "@V_0^2 + @V_1^2 + @V_2^2 > bound^2"};

static const char *drift_name(const dp_check *c)
{
    const dp_param *drift = dp_check_param(c, "drift");
    return drift == NULL ? "sinkhorn-proxy" : drift->word;
}

/* Node `index` of the grid of n^d interior points of the box [lo, hi]. */
static void node(fmpq *x, const dp_param *box, slong index, slong n)
{
    fmpq_t t;
    fmpq_init(t);
    for (slong a = 0; a < box->cols; a++, index /= n) {
        fmpq_sub(x + a, box->value + box->cols + a, box->value + a);
        fmpq_set_si(t, 1 + index % n, (ulong) (n + 1));
        fmpq_mul(x + a, x + a, t);
        fmpq_add(x + a, x + a, box->value + a);
    }
    fmpq_clear(t);
}

/* A guess, at 64 bits, of |V|^2 at x; negative when there is none. Only chooses where to look. */
static double size_estimate(const dp_problem *P, const char *drift, const fmpq *x, dp_workspace *w)
{
    dp_field_t f;
    arb_ptr y = _arb_vec_init(P->dim);
    double s = -1;
    for (int a = 0; a < P->dim; a++)
        arb_set_fmpq(y + a, x + a, 64);
    dp_field_init(f, P->dim);
    if (dp_field_eval(f, P, drift, y, DP_ENGINE_AUTO, 64, w, NULL) == DP_OK && (f->have & DP_HAVE_VELOCITY)) {
        s = 0;
        for (int a = 0; a < P->dim; a++) {
            double v = arf_get_d(arb_midref(f->velocity + a), ARF_RND_NEAR);
            s += v * v;
        }
    }
    dp_field_clear(f);
    _arb_vec_clear(y, P->dim);
    return s;
}

static void find_largest(fmpq *best, dp_check *c, const dp_param *box)
{
    const dp_problem *P = dp_check_problem(c);
    slong n = P->dim == 1 ? 9 : P->dim == 2 ? 4 : 2, all = 1;
    double top = -2;
    fmpq *x = _fmpq_vec_init(P->dim);
    dp_workspace *w = dp_workspace_new();
    for (int a = 0; a < P->dim; a++)
        all *= n;
    for (slong k = 0; k < all; k++) {
        node(x, box, k, n);
        double s = size_estimate(P, drift_name(c), x, w);
        if (s > top) {
            top = s;
            for (int a = 0; a < P->dim; a++)
                fmpq_set(best + a, x + a);
        }
    }
    dp_workspace_free(w);
    _fmpq_vec_clear(x, P->dim);
}

/* Leaves lo_i, hi_i of the box and the relations that the chosen point lies in it. */
static void inside(dp_check *c, const dp_point *at, const dp_param *box)
{
    for (slong a = 0; a < box->cols; a++) {
        dp_let_q(c, dp_name("lo", a, -1), box->value + a);
        dp_let_q(c, dp_name("hi", a, -1), box->value + box->cols + a);
        dp_assert_at(c, at, a, -1, "in the box, from below", "@x_# >= lo_#");
        dp_assert_at(c, at, a, -1, "in the box, from above", "@x_# <= hi_#");
    }
}

static void let_bound(dp_check *c)
{
    const dp_param *bound = dp_check_param(c, "bound");
    fmpq_t b;
    fmpq_init(b);
    if (bound != NULL)
        fmpq_set(b, bound->value);
    dp_let_q(c, "bound", b);
    fmpq_clear(b);
}

/* |V| at the point, at the check's precision. Returns 0 on failure, already told. */
static int size(arb_t out, dp_check *c, const dp_point *at)
{
    dp_field_t f;
    dp_error e = {DP_OK, ""};
    dp_field_init(f, at->dim);
    int ok = !dp_check_failed(c, dp_field_eval(f, at->P, drift_name(c), at->x, DP_ENGINE_AUTO, dp_check_prec(c), dp_check_workspace(c), &e), &e);
    arb_dot(out, NULL, 0, f->velocity, 1, f->velocity, 1, at->dim, dp_check_prec(c));
    arb_sqrtpos(out, out, dp_check_prec(c));
    dp_field_clear(f);
    return ok;
}

/* The twin's bound: (1 + 10^-digits) times the upper end of |V| at the point that was found. No closer one is false to the digits asked. */
static void let_false_bound(dp_check *c, const arb_t v)
{
    arf_t top;
    fmpz_t m, e;
    fmpq_t b, tiny;
    arf_init(top), fmpz_init(m), fmpz_init(e), fmpq_init(b), fmpq_init(tiny);
    arb_get_ubound_arf(top, v, dp_check_prec(c) + 32);
    arf_get_fmpz_2exp(m, e, top);
    fmpq_set_fmpz(b, m);
    if (fmpz_sgn(e) >= 0)
        fmpq_mul_2exp(b, b, fmpz_get_ui(e));
    else
        fmpq_div_2exp(b, b, (ulong) -fmpz_get_si(e));
    fmpq_set_si(tiny, 10, 1);
    fmpq_pow_si(tiny, tiny, -dp_check_digits(c));
    fmpq_add_si(tiny, tiny, 1);
    fmpq_mul(b, b, tiny);
    dp_let_q(c, "bound", b);
    arf_clear(top), fmpz_clear(m), fmpz_clear(e), fmpq_clear(b), fmpq_clear(tiny);
}

/* |V| at the point exceeds the bound; where it does not, another point still may, and nothing is decided: the twin asserts it nevertheless. */
static void above(dp_check *c, const dp_point *at)
{
    const dp_param *bound = dp_check_param(c, "bound");
    arb_t v, b;
    arb_init(v), arb_init(b);
    if (size(v, c, at)) {
        if (bound != NULL)
            arb_set_fmpq(b, bound->value, dp_check_prec(c));
        if (dp_check_twin(c, "bound")) {
            let_false_bound(c, v);
            dp_assert_at(c, at, -1, -1, "|V| at the point found", exceeds[at->dim - 1]);
        } else if (arb_le(v, b))
            dp_give_up(c, DP_EBUDGET, "the search found no point of the box where |V| exceeds the bound; that there is none does not follow");
        else
            dp_assert_at(c, at, -1, -1, "sup |V| over the box", exceeds[at->dim - 1]);
    }
    arb_clear(v), arb_clear(b);
}

static void different(dp_check *c, const dp_param *box)
{
    if (dp_twin_unfit(c, "moved"))
        return;
    fmpq *best = _fmpq_vec_init(box->cols);
    dp_point at;
    if (!dp_check_twin(c, "bound"))
        let_bound(c);
    find_largest(best, c, box);
    dp_point_init(&at, dp_check_problem(c));
    dp_point_set(&at, c, 0, best);
    inside(c, &at, box);
    if (dp_let_field(c, at.prefix, at.P, drift_name(c), at.x, DP_HAVE_VELOCITY)) {
        if (!dp_check_twin(c, "zero"))
            above(c, &at);
        else
            for (slong i = 0; i < at.dim; i++)
                dp_assert_at(c, &at, i, -1, "V = 0", "@V_# == 0");
    }
    dp_point_clear(&at);
    _fmpq_vec_clear(best, box->cols);
}

/* p = q: the field vanishes at every node of a coarse grid of the box. */
static void equal(dp_check *c, const dp_param *box)
{
    if (dp_twin_unfit(c, "zero") || dp_twin_unfit(c, "bound"))
        return;
    dp_problem *P = dp_problem_copy(dp_check_problem(c));
    fmpq *x = _fmpq_vec_init(P->dim);
    dp_point at;
    if (dp_check_twin(c, "moved"))
        dp_nudge_for(c, DP_MEAN(P->q, 0, 0), P->bandwidth);
    dp_let_q(c, "h", P->bandwidth);
    dp_point_init(&at, P);
    for (slong k = 0; k < 1 << P->dim && !dp_check_stopped(c); k++) {
        node(x, box, k, 2);
        dp_point_set(&at, c, k, x);
        if (dp_let_velocity(c, &at, "V", P, drift_name(c), at.x, DP_ENGINE_AUTO, dp_check_workspace(c)))
            for (slong i = 0; i < at.dim; i++)
                dp_assert_at(c, &at, i, -1, "V = 0", "@V_#/h == 0");
    }
    dp_point_clear(&at);
    _fmpq_vec_clear(x, P->dim);
    dp_problem_free(P);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *box = dp_check_param(c, "box");
    if (P->kernel != DP_KERNEL_GAUSSIAN)
        dp_give_up(c, DP_EINPUT, "consistency is stated for the Gaussian kernel");
    else if (box == NULL || box->rows != 2)
        dp_give_up(c, DP_EINPUT, "parameter box: expected two points, the lower and the upper corner");
    else if (dp_measure_equal(P->p, P->q))
        equal(c, box);
    else
        different(c, box);
}

static const dp_param_spec params[] = {
    {"box", DP_PARAM_POINTS, NULL, "lower and upper corner of the box, in the units of the case"},
    {"bound", DP_PARAM_RATIONAL, NULL, "what sup |V| over the box exceeds, in the units of the case; default 0"},
    {"drift", DP_PARAM_WORD, "mean-shift|sinkhorn-proxy|da2", "the field; default sinkhorn-proxy"},
    {0}};
static const char *const twins[] = {"zero", "bound", "moved", NULL};
DP_CLAIM(consistency) = {
    .id = "consistency",
    .title = "The field vanishes identically if and only if p = q",
    .equations = "(14), (22), (34), (35)",
    .kind = "INEQ",
    .source = "Gretton et al. 2605.05118, Theorem (consistency); Turan and Ovsjanikov, Theorem 5.1, for mean-shift; derived here for da2",
    .method = "For p != q a point of the stated box is looked for, and |V| there is bounded below by two engines. For p = q the field is enclosed "
              "at points of the box and contains 0 with width below the asked digits.",
    .params = params, .twins = twins, .run = run};
