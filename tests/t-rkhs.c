/* SPDX-License-Identifier: GPL-3.0-or-later */
/* t-rkhs.c: drifts and values of kale and chi2: two solvers, independent numbers, closed forms, limits, extremes, refusals. */
#include "laws.h"

#include <math.h>

#include "witness.h"

static const dp_rkhs_kind kinds[] = {DP_RKHS_CHI2, DP_RKHS_KALE};
static const char *const names[] = {"chi2", "kale"};

static const char plane[] = "dimension: 2\n"
    "p: {atoms: [{weight: 1/2, at: [0, 0]}, {weight: 1/3, at: [1, 1/2]}, {weight: 1/6, at: [-1, 1]}]}\n"
    "q: {atoms: [{weight: 3/5, at: [1/2, 0]}, {weight: 2/5, at: [0, 0]}]}\n"
    "kernel: {family: gaussian, bandwidth: 1}\n";

static void must(dp_status status, const dp_error *e)
{
    if (status != DP_OK) fail_msg("%s", e->text);
}

static void value(arb_t out, const dp_problem *P, int kind, int second, slong prec)
{
    dp_error e = {0};
    must(dp_rkhs_value(out, P, kinds[kind], second, prec, NULL, &e), &e);
}

static void lambda(dp_problem *P, const char *text) { dp_fmpq_set_text(P->regularisation, text); }

/* Contains the number that a decimal stands for, to its last digits, and is that narrow. */
static void holds(const arb_t got, const char *decimal, slong bits)
{
    arb_t want;
    arb_init(want);
    arb_set_str(want, decimal, 200);
    mag_t r;
    mag_init(r);
    arb_get_mag(r, want), mag_mul_2exp_si(r, r, -95), arb_add_error_mag(want, r);
    if (!arb_overlaps(got, want) || arb_rel_accuracy_bits(got) < bits) {
        char *s = arb_get_str(got, 40, 0);
        fail_msg("got %s, expected %s", s, decimal);
    }
    arb_clear(want), mag_clear(r);
}

static void near(double got, double want, double within)
{
    if (!(fabs(got - want) <= within)) fail_msg("got %.15g, expected %.15g within %g", got, want, within);
}

/* ---- independent numbers: primal problems over all atoms in another arithmetic (mpmath, 40 digits) ---- */

static void independent(void **state)
{
    static const struct { const char *lambda; int kind; const char *v0, *v1, *potential, *value; } table[] = {
        {"1/10", 0, "-2.11478283772024553184321975084", "1.26245795844365671336786038746", "2.11692435056757193281801119881", "0.658637755855041447928440554596"},
        {"1/10", 1, "-1.11944783925104727361603338232", "0.682161789803800879517868783739", "1.02501423330788679736785726133", "0.33859842637834354797040161804"},
        {"1e-4", 0, "-2358.57153556201518214609849451", "793.907098737352703256554390597", "883.536209413654355862680650705", "285.587337096415019492587939174"},
        {"1e-4", 1, "-1241.55795108465054884247811033", "508.542647034968618064514241378", "536.943140343511210900912076573", "161.527723443969120098064282772"},
        {"1e4", 0, "-0.132636723022738841049220533158", "0.0743859996280103579795143629675", "0.498542063282535371301866498844", "0.113312832135205953993038573792"},
        {"1e4", 1, "-0.0663183615326324387760775073524", "0.037192999847503497757393239636", "0.249271031553020929645837140999", "0.0566564160623297280085795882545"}};
    (void) state;
    dp_problem *P = case_of(plane);
    fmpq *x = _fmpq_vec_init(2);
    dp_field_t f;
    arb_t F;
    dp_field_init(f, 2), arb_init(F);
    fmpq_set_si(x, 1, 4), fmpq_set_si(x + 1, -1, 3);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        dp_error e = {0};
        lambda(P, table[i].lambda);
        must(dp_field_digits(f, P, names[table[i].kind], x, 35, NULL, &e), &e);
        holds(f->velocity, table[i].v0, 110), holds(f->velocity + 1, table[i].v1, 110), holds(f->potential, table[i].potential, 110);
        value(F, P, table[i].kind, 0, 200);
        holds(F, table[i].value, 110);
        assert_int_equal(f->engine, DP_ENGINE_CLOSED);
    }
    dp_field_clear(f), arb_clear(F), _fmpq_vec_clear(x, 2), dp_problem_free(P);
}

/* ---- one atom each: closed forms, with Lambert's W for kale ---- */

static void single_atoms(void **state)
{
    (void) state;
    static const char *const lambdas[] = {"1e-8", "1/7", "3", "1e8"}, *const bandwidths[] = {"1/2", "1", "40"};
    arb_t l, k, t, u, want, got;
    arb_init(l), arb_init(k), arb_init(t), arb_init(u), arb_init(want), arb_init(got);
    for (int i = 0; i < 24; i++) {
        const slong prec = 300;
        const int kind = i % 2;
        char *text = dp_format("dimension: 1\np: {atoms: [{at: 0}]}\nq: {atoms: [{at: 1}]}\nkernel: {bandwidth: %s}\nregularisation: %s\n",
                               bandwidths[i / 8], lambdas[i / 2 % 4]);
        dp_problem *P = case_of(text);
        dp_kernel_exact(k, P, P->p->mean, P->q->mean, prec);
        arb_set_fmpq(l, P->regularisation, prec);
        if (kind == 0) { /* (1 + l)/l (2 - 2 k - (1 - k)^2/(1 + l)) */
            arb_sub_ui(t, k, 1, prec), arb_sqr(u, t, prec), arb_mul_si(want, t, -2, prec);
            arb_add_ui(t, l, 1, prec), arb_div(u, u, t, prec), arb_sub(want, want, u, prec);
            arb_mul(want, want, t, prec), arb_div(want, want, l, prec);
        } else { /* v = k/l - c/l, c = l W(e^(k/l)/l): 1 + (1 - c k)/(2 l) - c + c v/2 */
            arb_div(t, k, l, prec), arb_set(u, t), arb_exp(t, t, prec), arb_div(t, t, l, prec), arb_lambertw(t, t, 0, prec);
            arb_sub(u, u, t, prec), arb_mul(t, t, l, prec);
            arb_mul(want, t, k, prec), arb_sub_ui(want, want, 1, prec), arb_neg(want, want), arb_div(want, want, l, prec);
            arb_addmul(want, t, u, prec), arb_mul_2exp_si(want, want, -1), arb_sub(want, want, t, prec), arb_add_ui(want, want, 1, prec);
            arb_add_ui(t, l, 1, prec), arb_mul(want, want, t, prec);
        }
        for (int second = 0; second < 2; second++) {
            value(got, P, kind, second, 200);
            assert_true(arb_overlaps(got, want) && arb_rel_accuracy_bits(got) > 60);
        }
        dp_problem_free(P), free(text);
    }
    arb_clear(l), arb_clear(k), arb_clear(t), arb_clear(u), arb_clear(want), arb_clear(got);
}

/* ---- R34, R35 on two points that the kernel does not see together: K = I ---- */

static void known_limits(void **state)
{
    /* slopes at 0 of value - limit, and lambda (value - limit) at infinity */
    static const double limit0[] = {0.0625 / (0.45 * 0.55), 0}, slope0[] = {-0.26273, -0.15386}, far[] = {0.125, 0.0625}, slope1[] = {0.0625, 0.03125};
    (void) state;
    dp_problem *P = case_of("dimension: 1\np: {atoms: [{weight: 9/20, at: 0}, {weight: 11/20, at: 1000}]}\n"
                            "q: {atoms: [{weight: 7/10, at: 0}, {weight: 3/10, at: 1000}]}\nkernel: {bandwidth: 1}\n");
    arb_t F;
    arb_init(F);
    for (int kind = 0; kind < 2; kind++) {
        const double start = kind == 0 ? limit0[0] : 0.7 * log(0.7 / 0.45) + 0.3 * log(0.3 / 0.55);
        lambda(P, "1e-7"), value(F, P, kind, 0, 200);
        near((arf_get_d(arb_midref(F), ARF_RND_NEAR) - start) * 1e7, slope0[kind], 1e-5);
        lambda(P, "1e7"), value(F, P, kind, 0, 200);
        near((arf_get_d(arb_midref(F), ARF_RND_NEAR) - far[kind]) * 1e7, slope1[kind], 1e-5);
    }
    arb_clear(F), dp_problem_free(P);
}

/* As lambda -> infinity: the flow of MMD^2 for chi2 (twice the drift mmd), of half of it for kale. */
static void drifts_at_infinity(void **state)
{
    (void) state;
    dp_problem *P = case_of(plane);
    dp_field_t f, m;
    arb_ptr x = _arb_vec_init(2);
    dp_error e = {0};
    dp_field_init(f, 2), dp_field_init(m, 2);
    lambda(P, "1e20");
    arb_set_d(x, 0.375), arb_set_d(x + 1, -0.25);
    must(dp_field_eval(m, P, "mmd", x, DP_ENGINE_AUTO, 100, NULL, &e), &e);
    for (int kind = 0; kind < 2; kind++) {
        must(dp_field_eval(f, P, names[kind], x, DP_ENGINE_AUTO, 100, NULL, &e), &e);
        for (int k = 0; k < 2; k++) {
            const double a = arf_get_d(arb_midref(f->velocity + k), ARF_RND_NEAR), b = arf_get_d(arb_midref(m->velocity + k), ARF_RND_NEAR);
            near(a, kind == 0 ? 2 * b : b, 1e-15);
        }
    }
    dp_field_clear(f), dp_field_clear(m), _arb_vec_clear(x, 2), dp_problem_free(P);
}

/* ---- random problems: two solvers, velocity and Jacobian against the potential ---- */

static void random_problem(dp_problem *P, int dim, int law_q)
{
    static const char *const lambdas[] = {"1e-8", "1e-3", "1/10", "2", "1e8"}, *const bandwidths[] = {"1/1000", "1/3", "1", "5", "1000"};
    static const dp_kernel_family families[] = {DP_KERNEL_GAUSSIAN, DP_KERNEL_GAUSSIAN, DP_KERNEL_LAPLACE, DP_KERNEL_MATERN32, DP_KERNEL_MATERN52, DP_KERNEL_IMQ};
    dp_kernel_family kernel = law_q ? DP_KERNEL_GAUSSIAN : families[n_randint(rnd, 6)];
    law_problem(P, dim, kernel, bandwidths[n_randint(rnd, 5)]);
    law_mixture(P->p, DP_ATOMS, dim, 1 + (slong) n_randint(rnd, 5), 2);
    law_mixture(P->q, law_q ? DP_MIXTURE : DP_ATOMS, dim, 1 + (slong) n_randint(rnd, 4), 2);
    if (n_randint(rnd, 2)) /* an atom of q, or a mean, on one of p's */
        for (int k = 0; k < dim; k++) fmpq_set(DP_MEAN(P->q, 0, k), DP_MEAN(P->p, 0, k));
    if (n_randint(rnd, 3) == 0 && P->p->n > 1) /* two of p's atoms at one place */
        for (int k = 0; k < dim; k++) fmpq_set(DP_MEAN(P->p, 1, k), DP_MEAN(P->p, 0, k));
    fmpq_init(P->regularisation);
    lambda(P, lambdas[n_randint(rnd, 5)]);
}

static void overlap(const dp_field_t a, const dp_field_t b)
{
    const int d = a->dim;
    assert_true(arb_overlaps(a->potential, b->potential));
    for (int k = 0; k < d; k++) assert_true(arb_overlaps(a->velocity + k, b->velocity + k));
    for (int k = 0; k < d * d; k++) assert_true(arb_overlaps(a->jacobian + k, b->jacobian + k));
}

static void two_solvers(void **state)
{
    (void) state;
    slong sharp = 0;
    for (int i = 0; i < 60; i++) {
        const int dim = 1 + i % 3, kind = i / 3 % 2, law_q = i % 10 == 0;
        dp_problem P;
        dp_field_t a, b;
        arb_t F, G;
        dp_error e = {0};
        arb_ptr x = _arb_vec_init(dim);
        random_problem(&P, dim, law_q);
        dp_field_init(a, dim), dp_field_init(b, dim), arb_init(F), arb_init(G);
        law_point(x, dim, 2);
        must(dp_field_eval(a, &P, names[kind], x, DP_ENGINE_AUTO, 160, NULL, &e), &e);
        if (!law_q) {
            must(dp_field_eval(b, &P, names[kind], x, DP_ENGINE_QUADRATURE, 100, NULL, &e), &e);
            overlap(a, b);
        }
        value(F, &P, kind, 0, 300), value(G, &P, kind, 1, 400);
        assert_true(arb_overlaps(F, G));
        const int zero = arb_contains_zero(F) && mag_cmp_2exp_si(arb_radref(F), -200) < 0; /* the same measure, written in two ways */
        if (!zero && (arb_rel_accuracy_bits(F) <= 50 || (!law_q && arb_rel_accuracy_bits(G) <= 50)))
            fail_msg("%s, kernel %d, h %g, lambda %g, %ld and %ld atoms: %ld and %ld bits", names[kind], (int) P.kernel, fmpq_get_d(P.bandwidth),
                     fmpq_get_d(P.regularisation), (long) P.p->n, (long) P.q->n, (long) arb_rel_accuracy_bits(F), (long) arb_rel_accuracy_bits(G));
        sharp += arb_rel_accuracy_bits(a->potential) > 60 && arb_is_finite(a->velocity);
        _arb_vec_clear(x, dim), dp_field_clear(a), dp_field_clear(b), arb_clear(F), arb_clear(G), law_problem_clear(&P);
    }
    assert_true(sharp >= 45); /* the others: small multiples of exp(-10^6), or points on atoms */
}

/* potential(x + t e) - potential(x - t e) = -2 t V_e somewhere between; the same for V and its Jacobian. */
static void mean_value(void **state)
{
    (void) state;
    for (int i = 0; i < 30; i++) {
        const int dim = 1 + i % 3, kind = i / 3 % 2, axis = (int) n_randint(rnd, (ulong) dim);
        dp_problem P;
        dp_field_t at[3];
        dp_error e = {0};
        arb_t t;
        random_problem(&P, dim, i % 10 == 0);
        arb_ptr x = _arb_vec_init(dim), y = _arb_vec_init(dim);
        arb_init(t);
        law_point(x, dim, 2);
        for (int s = 0; s < 3; s++) { /* x - t, x + t, [x - t, x + t]; t = 2^-40 */
            dp_field_init(at[s], dim);
            _arb_vec_set(y, x, dim);
            arb_set_d(t, s == 0 ? -0x1p-40 : 0x1p-40);
            if (s < 2) arb_add(y + axis, y + axis, t, 300);
            else mag_set_d(arb_radref(y + axis), 0x1p-39);
            must(dp_field_eval(at[s], &P, names[kind], y, DP_ENGINE_AUTO, 200, NULL, &e), &e);
        }
        arb_sub(t, at[0]->potential, at[1]->potential, 300), arb_mul_2exp_si(t, t, 39);
        assert_true(arb_overlaps(t, at[2]->velocity + axis));
        for (int k = 0; k < dim; k++) {
            arb_sub(t, at[1]->velocity + k, at[0]->velocity + k, 300), arb_mul_2exp_si(t, t, 39);
            assert_true(arb_overlaps(t, at[2]->jacobian + k * dim + axis));
        }
        for (int s = 0; s < 3; s++) dp_field_clear(at[s]);
        arb_clear(t), _arb_vec_clear(x, dim), _arb_vec_clear(y, dim), law_problem_clear(&P);
    }
}

/* ---- p = q, kinks, sums of kernels ---- */

static void equal_measures(void **state)
{
    (void) state;
    for (int i = 0; i < 8; i++) {
        dp_problem P;
        dp_field_t f;
        dp_error e = {0};
        arb_t F;
        arb_ptr x = _arb_vec_init(2);
        random_problem(&P, 2, 0);
        dp_measure_clear(P.q), dp_measure_set(P.q, P.p);
        dp_field_init(f, 2), arb_init(F);
        law_point(x, 2, 3);
        must(dp_field_eval(f, &P, names[i % 2], x, DP_ENGINE_AUTO, 200, NULL, &e), &e);
        assert_true(arb_contains_zero(f->potential) && mag_cmp_2exp_si(arb_radref(f->potential), -60) < 0);
        for (int k = 0; k < 2 && arb_is_finite(f->velocity + k); k++)
            assert_true(arb_contains_zero(f->velocity + k) && mag_cmp_2exp_si(arb_radref(f->velocity + k), -60) < 0);
        value(F, &P, i % 2, 0, 200);
        assert_true(arb_contains_zero(F) && mag_cmp_2exp_si(arb_radref(F), -60) < 0);
        _arb_vec_clear(x, 2), dp_field_clear(f), arb_clear(F), law_problem_clear(&P);
    }
}

static void kinks_and_sums(void **state)
{
    (void) state;
    dp_problem *P = case_of(plane);
    dp_field_t f;
    dp_error e = {0};
    arb_ptr x = _arb_vec_init(2);
    dp_field_init(f, 2);
    lambda(P, "1/3");
    P->kernel = DP_KERNEL_LAPLACE; /* at an atom: a potential, no velocity */
    must(dp_field_eval(f, P, "chi2", x, DP_ENGINE_AUTO, 100, NULL, &e), &e);
    assert_true(arb_is_finite(f->potential) && !arb_is_finite(f->velocity));
    dp_problem_free(P);
    P = case_of("dimension: 1\np: {atoms: [{weight: 1/4, at: 0}, {weight: 3/4, at: 2}]}\nq: {atoms: [{at: 1/2}]}\nregularisation: 1/5\n"
                "kernel: {family: sum, parts: [{family: gaussian, bandwidth: 1, weight: 2}, {family: imq, bandwidth: 3}]}\n");
    dp_jet_t s, g, m;
    dp_jet_init(s, 1), dp_jet_init(g, 1), dp_jet_init(m, 1);
    dp_kernel_jet(s, P, x, P->q->mean, 100);
    dp_problem *Q = case_of("dimension: 1\np: {atoms: [{at: 0}]}\nq: {atoms: [{at: 0}]}\nkernel: {bandwidth: 1}\n");
    dp_kernel_jet(g, Q, x, P->q->mean, 100);
    Q->kernel = DP_KERNEL_IMQ, fmpq_set_si(Q->bandwidth, 3, 1);
    dp_kernel_jet(m, Q, x, P->q->mean, 100);
    dp_jet_add(m, m, g, 100), dp_jet_add(m, m, g, 100);
    assert_true(arb_overlaps(s->v, m->v) && arb_overlaps(s->g, m->g) && arb_overlaps(s->h, m->h) && arb_rel_accuracy_bits(s->h) > 80);
    dp_jet_clear(s), dp_jet_clear(g), dp_jet_clear(m), dp_problem_free(P), dp_problem_free(Q);
    dp_field_clear(f), _arb_vec_clear(x, 2);
}

/* ---- the workspace follows the problem; refusals ---- */

static void kept_witnesses(void **state)
{
    (void) state;
    dp_problem *P = case_of(plane);
    dp_workspace *w = dp_workspace_new();
    dp_field_t a, b;
    dp_error e = {0};
    arb_ptr x = _arb_vec_init(2);
    dp_field_init(a, 2), dp_field_init(b, 2);
    for (int i = 0; i < 12; i++) {
        lambda(P, i & 1 ? "1/5" : "1/6");
        fmpq_set_si(P->bandwidth, 1 + (i & 2), 1);
        fmpq_set_si(P->q->mean, 1 + (i & 4), 3);
        must(dp_field_eval(a, P, names[i % 3 == 0], x, DP_ENGINE_AUTO, 120, w, &e), &e);
        must(dp_field_eval(b, P, names[i % 3 == 0], x, DP_ENGINE_AUTO, 120, NULL, &e), &e);
        overlap(a, b);
    }
    dp_field_clear(a), dp_field_clear(b), _arb_vec_clear(x, 2), dp_workspace_free(w), dp_problem_free(P);
}

static void refuses(void **state)
{
    (void) state;
    dp_problem *P = case_of(plane);
    dp_field_t f;
    dp_error e = {0};
    arb_ptr x = _arb_vec_init(2);
    dp_field_init(f, 2);
    for (int kind = 0; kind < 2; kind++) {
        assert_int_equal(dp_field_eval(f, P, names[kind], x, DP_ENGINE_AUTO, 60, NULL, &e), DP_EUNSUPPORTED);
        assert_non_null(strstr(e.text, "regularisation"));
    }
    dp_problem_free(P);
    P = case_of("dimension: 1\np: {mixture: [{mean: 0, covariance: 1}]}\nq: {atoms: [{at: 0}]}\nkernel: {bandwidth: 1}\nregularisation: 1\n");
    assert_int_equal(dp_field_eval(f, P, "kale", x, DP_ENGINE_AUTO, 60, NULL, &e), DP_EUNSUPPORTED);
    assert_non_null(strstr(e.text, "mixture"));
    dp_problem *copy = dp_problem_copy(P);
    assert_true(fmpq_equal(copy->regularisation, P->regularisation));
    dp_problem_free(copy);
    dp_problem_free(P), dp_field_clear(f), _arb_vec_clear(x, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(independent), cmocka_unit_test(single_atoms), cmocka_unit_test(known_limits), cmocka_unit_test(drifts_at_infinity),
        cmocka_unit_test(two_solvers), cmocka_unit_test(mean_value), cmocka_unit_test(equal_measures), cmocka_unit_test(kinks_and_sums),
        cmocka_unit_test(kept_witnesses), cmocka_unit_test(refuses)};
    flint_randinit(rnd);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_randclear(rnd);
    flint_cleanup();
    return failed;
}
