/* SPDX-License-Identifier: GPL-3.0-or-later */
/* two-mode-sizes: how large each drift is at the overcrowded mode, in displacement units, as a chain of inequalities. */
#include "../two-mode.h"

/* The label size_<drift> marks evidence whose value is a velocity at +D/2 in displacement units: reports plot it against D. */
static const tm_row sizes[] = {
    {"size_mmd", "size_mmd < 0"},
    {"size_mean-shift", "size_ms < 0"},
    {"size_sinkhorn-proxy", "size_prox < 0"},
    {"size_da2", "size_da2 < 0"},
    {"size_smoothed-kl", "size_skl < 0"},
    {"size_wasserstein", "size_w2 < 0"},
    {NULL, NULL}
};
static const tm_row order[] = {
    {"mmd is smaller than mean-shift", "abs(size_mmd) < abs(size_ms)"},
    {"da2 is smaller than half the proxy", "abs(size_da2) < abs(size_prox)/2"},
    {"mean-shift is smaller than smoothed-kl by more than epsilon^(1/4)", "abs(size_ms) < abs(size_skl)*root4"},
    {"proxy is smaller than smoothed-kl by more than epsilon^(1/4)", "abs(size_prox) < abs(size_skl)*root4"},
    {"mmd is smaller than smoothed-kl by more than epsilon^(1/4)", "abs(size_mmd) < abs(size_skl)*root4"},
    {"smoothed-kl is smaller than wasserstein by more than epsilon^(1/8)", "abs(size_skl) < abs(size_w2)*root8"},
    {NULL, NULL}
};

/* The drift wasserstein is exact arithmetic on quantiles; its leaf w2_V_0 is confirmed by the plan of two-mode-w2: what +D/2 holds too much of,
   (1 - beta) - (1 - alpha), crosses. */
static int transport(dp_check *c, const tm_t t)
{
    slong prec = dp_check_prec(c);
    dp_field_t f;
    dp_error e = {DP_OK, ""};
    dp_problem *P = tm_at_mode(c, 1);
    fmpq_t crossing, held;
    arb_t x;
    dp_field_init(f, 1);
    fmpq_init(crossing); fmpq_init(held); arb_init(x);
    int ok = !dp_check_failed(c, dp_field_eval(f, P, "wasserstein", x, DP_ENGINE_AUTO, prec, NULL, &e), &e);
    if (ok) {
        dp_let(c, "w2_V_0", f->velocity, "quantiles");
        fmpq_sub(crossing, t->beta, t->alpha);
        fmpq_mul(crossing, crossing, t->D);
        fmpq_set_si(held, 1, 1);
        fmpq_sub(held, held, t->beta);
        fmpq_div(crossing, crossing, held);
        arb_set_fmpq(x, crossing, prec);
        dp_let_second(c, "w2_V_0", x, "plan");
    }
    dp_field_clear(f);
    dp_problem_free(P);
    fmpq_clear(crossing); fmpq_clear(held); arb_clear(x);
    return ok;
}

static int leaves(dp_check *c, const tm_t t)
{
    return tm_velocity(c, "mmd_", "mmd", 1) && tm_velocity(c, "ms_", "mean-shift", 1) && tm_velocity(c, "prox_", "sinkhorn-proxy", 1)
           && tm_velocity(c, "da2_", "da2", 1) && tm_velocity(c, "skl_", "smoothed-kl", 1) && transport(c, t);
}

static void define(dp_check *c)
{
    dp_def(c, "size_mmd", "h^2*mmd_V_0");
    dp_def(c, "size_ms", "ms_V_0");
    dp_def(c, "size_prox", "prox_V_0");
    dp_def(c, "size_da2", "da2_V_0");
    dp_def(c, "size_skl", dp_check_twin(c, "units") ? "skl_V_0*eps" : "h^2*skl_V_0");
    dp_def(c, "size_w2", dp_check_twin(c, "sign") ? "-w2_V_0" : "w2_V_0");
    dp_def(c, "root4", "exp(-D^2/(8*h^2))");
    dp_def(c, "root8", "exp(-D^2/(16*h^2))");
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    if (P->kernel != DP_KERNEL_GAUSSIAN || P->dim != 1) {
        dp_give_up(c, DP_EINPUT, "sizes of six drifts are compared for the Gaussian kernel on the line");
        return;
    }
    tm_t t;
    fmpq_t excess;
    tm_init(t); fmpq_init(excess);
    if (tm_read(t, c)) {
        tm_names(c, t);
        fmpq_add(excess, t->alpha, t->beta);
        fmpq_sub_si(excess, excess, 1);
        int side = dp_check_twin(c, "crossed") ? -fmpq_sgn(excess) : fmpq_sgn(excess);
        if (leaves(c, t)) {
            define(c);
            tm_assert_all(c, "", sizes);
            tm_assert_all(c, "", order);
            if (side != 0)                              /* alpha + beta = 1: the two fields coincide at +D/2 */
                dp_assert(c, "the proxy is smaller than mean-shift if and only if alpha + beta > 1",
                          side > 0 ? "abs(size_prox) < abs(size_ms)" : "abs(size_prox) > abs(size_ms)");
        }
    }
    tm_clear(t); fmpq_clear(excess);
}

static const char *const twins[] = {"sign", "units", "crossed", NULL};

DP_CLAIM(two_mode_sizes) = {
    .id = "two-mode-sizes",
    .title = "Two modes: sizes of the velocity at +D/2 in order, from half MMD^2 to W_2",
    .equations = "(43), (44), (45), (51), (24)",
    .kind = "INEQ",
    .source = "derived here; the comparison of Gretton et al. 2605.05118, Section 3.3, extended to six drifts",
    .method = "All six velocities at +D/2 by two engines each, in displacement units (half MMD^2 and (24) times h^2), and certified inequalities "
              "between them.",
    .params = NULL,
    .twins = twins,
    .run = run,
};
