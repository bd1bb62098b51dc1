/* SPDX-License-Identifier: GPL-3.0-or-later */
/* euler-ceiling: the Jacobian of the particle drift where model and data are the same points, and how long Euler steps may be there. */
#include "../samples.h"

/* w_i_j: softmax of -|x_i - x_j|^2/2h^2; T_i_k: weighted mean; J_i_k_j_l = -w_i_j (delta_kl + (x_j - T_i)_k (x_i - x_j)_l/h^2). */
static void jacobian(dp_check *c, const sm_t *s)
{
    sm_kernel(c, s, 'x', 'x');
    sm_each(c, s, 'x', "row_#", "+x{Kxx_#_%}");
    sm_pairs(c, s, 'x', 'x', "w_#_$", "Kxx_#_$/row_#");
    sm_pairs(c, s, 'x', 'd', "T_#_$", "+x{w_#_%*x_%_$}");
    for (slong k = 0; k < s->d; k++)
        for (slong l = 0; l < s->d; l++) {
            char *name = dp_format("J_#_%ld_$_%ld", (long) k, (long) l);
            char *text = dp_format("-w_#_$*(%d + (x_$_%ld - T_#_%ld)*(x_#_%ld - x_$_%ld)/h^2)", k == l, (long) k, (long) k, (long) l, (long) l);
            sm_pairs(c, s, 'x', 'x', name, text);
            free(name), free(text);
        }
}

/* The drift at all particles with coordinate l of particle j moved by t = 10^-20, over t, by both engines: column (j, l). */
static void column(dp_check *c, const sm_t *s, slong j, slong l)
{
    const slong prec = dp_check_prec(c) + 160;
    const char *turn = dp_check_twin(c, "sign") ? "+" : "-";
    dp_problem *D = dp_problem_copy(s->P);
    dp_field_t f;
    dp_error e = {DP_OK, ""};
    arb_ptr x = _arb_vec_init(s->d);
    arb_t step;
    fmpq_t t;
    fmpq_init(t), arb_init(step), dp_field_init(f, (int) s->d);
    fmpq_set_si(t, 10, 1), fmpq_pow_si(t, t, -20), arb_set_fmpq(step, t, prec);
    fmpq_add(DP_MEAN(D->q, j, l), DP_MEAN(D->q, j, l), t);
    for (slong i = 0; i < s->n && !dp_check_stopped(c); i++) {
        for (slong k = 0; k < s->d; k++) arb_set_fmpq(x + k, DP_MEAN(D->q, i, k), prec);
        for (int second = 0; second < 2 && !dp_check_stopped(c); second++) {
            if (dp_check_failed(c, dp_field_eval(f, D, "mean-shift", x, second ? DP_ENGINE_QUADRATURE : DP_ENGINE_CLOSED, prec, NULL, &e), &e)) break;
            for (slong k = 0; k < s->d; k++) {
                char *name = dp_format("F_%ld_%ld_%ld_%ld", (long) i, (long) k, (long) j, (long) l);
                arb_div(f->velocity + k, f->velocity + k, step, prec);
                (second ? dp_let_second : dp_let)(c, name, f->velocity + k, second ? "second" : "closed-form");
                free(name);
            }
        }
        for (slong k = 0; k < s->d && !dp_check_stopped(c); k++) {
            char *relation = dp_format("abs(F_%ld_%ld_%ld_%ld %s J_%ld_%ld_%ld_%ld) < 1/10^15", (long) i, (long) k, (long) j, (long) l, turn, (long) i, (long) k, (long) j, (long) l);
            dp_assert(c, "a particle moved by 10^-20: the drift over that is the Jacobian's column", relation);
            free(relation);
        }
    }
    fmpq_clear(t), arb_clear(step), dp_field_clear(f), _arb_vec_clear(x, s->d), dp_problem_free(D);
}

/* Two points on a line: both eigenvalues, and the longest stable step. */
static void pair(dp_check *c)
{
    dp_def(c, "omega", "w_0_1"), dp_def(c, "z", "(x_0_0 - x_1_0)^2/h^2");
    dp_def(c, "together", "-1 + z*omega*(1 - omega)"), dp_def(c, "apart", "-1 + 2*omega - z*omega*(1 - omega)");
    dp_agree(c, "shifts of the pair: eigenvalue", "J_0_0_0_0 + J_0_0_1_0 == together");
    dp_agree(c, "changes of its distance: eigenvalue", "J_0_0_0_0 - J_0_0_1_0 == apart");
    dp_assert(c, "both are attracting", "(abs(together - apart) + together + apart)/2 < 0");
    dp_def(c, "ceiling", dp_check_twin(c, "ceiling") ? "2*(1 + 2/10^30)/((abs(together) + abs(apart) + abs(abs(together) - abs(apart)))/2)" : "2/((abs(together) + abs(apart) + abs(abs(together) - abs(apart)))/2)");
    dp_def(c, "below", "ceiling*(1 - 1/10^30)"), dp_def(c, "above", "ceiling*(1 + 1/10^30)");
    dp_assert(c, "just below the ceiling a step contracts shifts", "abs(1 + below*together) < 1");
    dp_assert(c, "and distances", "abs(1 + below*apart) < 1");
    dp_assert(c, "just above it one of them grows", "(abs(1 + above*together) + abs(1 + above*apart) + abs(abs(1 + above*together) - abs(1 + above*apart)))/2 > 1");
    dp_aim(c, "where it lies", dp_check_param(c, "side") && dp_check_param(c, "side")->word[0] == 'a' ? "ceiling > 2" : "ceiling < 2");
}

static void run(dp_check *c)
{
    sm_t s;
    if (!sm_read(&s, c)) return;
    if (s.P->kernel != DP_KERNEL_GAUSSIAN || !dp_measure_same(s.P->p, s.P->q)) {
        dp_give_up(c, DP_EINPUT, "needs the Gaussian kernel and p = q: the same points of equal weights");
        return;
    }
    for (slong i = 0; i < s.n; i++)
        for (slong j = 0; j < i; j++)
            if (sm_coincide(&s, 'x', i, 'x', j)) {
                dp_give_up(c, DP_EINPUT, "needs points that differ");
                return;
            }
    const int two = s.n == 2 && s.d == 1;
    if (!two && dp_twin_unfit(c, "ceiling")) return;
    jacobian(c, &s);
    for (slong j = 0; j < s.n; j++)
        for (slong l = 0; l < s.d && !dp_check_stopped(c); l++) column(c, &s, j, l);
    if (two) pair(c);
}

static const dp_param_spec params[] = {{"side", DP_PARAM_WORD, "above|below", "two points on a line: whether the ceiling is above or below 2; default below"}, {0}};
static const char *const twins[] = {"sign", "ceiling", NULL};
DP_CLAIM(euler_ceiling) = {
    .id = "euler-ceiling",
    .title = "How long Euler steps may be where model and data are the same points: the exact Jacobian, and the ceiling for two points",
    .equations = "(9), (16)",
    .kind = "INEQ",
    .source = "Dronmong, drifting-identifiability (ceiling min -2 Re lambda/|lambda|^2 on its own test case); general Jacobian and the pair derived here",
    .method = "The Jacobian as an expression of exact coordinates against the drift of moved particles by two engines; eigenvalues of a pair in closed form.",
    .params = params, .twins = twins, .run = run};
