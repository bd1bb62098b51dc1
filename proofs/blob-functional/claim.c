/* SPDX-License-Identifier: GPL-3.0-or-later */
/* blob-functional: the drift is the flow of int q log(k*q/k*p) with one term dropped: the one that moves the centres. */
#include "../sample-drift.h"

/* x_a against b_j, exponent of the kernel; coordinate k of x_i is moved by `shift` wherever it stands. */
static char *kernel(const sm_t *s, slong a, char family, slong j, slong i, slong k, const char *shift)
{
    char *square = dp_strdup("0"), *more;
    for (slong e = 0; e < s->d; e++) {
        const char *first = a == i && e == k ? shift : "", *second = family == 'x' && j == i && e == k ? shift : "";
        more = dp_format("%s + (x_%ld_%ld%s - (%c_%ld_%ld%s))^2", square, (long) a, (long) e, first, family, (long) j, (long) e, second), free(square), square = more;
    }
    more = dp_format("exp(-(%s)/(2*h^2))", square);
    free(square);
    return more;
}

/* n G with coordinate k of x_i moved. */
static char *functional(const sm_t *s, slong i, slong k, const char *shift)
{
    char *sum = dp_strdup("0"), *more;
    for (slong a = 0; a < s->n; a++) {
        char *part[2] = {dp_strdup("0"), dp_strdup("0")};
        for (int side = 0; side < 2; side++)
            for (slong j = 0; j < (side ? s->m : s->n); j++) {
                char *one = kernel(s, a, side ? 'y' : 'x', j, i, k, shift);
                more = dp_format("%s + %s", part[side], one), free(part[side]), free(one), part[side] = more;
            }
        more = dp_format("%s + log(m*(%s)/(n*(%s)))", sum, part[0], part[1]);
        free(sum), free(part[0]), free(part[1]), sum = more;
    }
    return sum;
}

static void run(dp_check *c)
{
    static const dp_sample like = {.iterations = -1, .tolerance = -1};
    sm_t s;
    if (!sm_read(&s, c)) return;
    if (s.P->kernel != DP_KERNEL_GAUSSIAN) {
        dp_give_up(c, DP_EINPUT, "needs the Gaussian kernel");
        return;
    }
    if (!sd_let(c, &s, "blob", "blob", &like, NULL, -1) || !sm_library(c, &s, "shift", "mean-shift")) return;
    sm_kernel(c, &s, 'x', 'x'), sm_kernel(c, &s, 'x', 'y');
    sm_each(c, &s, 'x', "Q_#", "+x{Kxx_#_%}/n"), sm_each(c, &s, 'x', "P_#", "+y{Kxy_#_%}/m");
    sm_pairs(c, &s, 'x', 'd', "third_#_$", dp_check_twin(c, "third") ? "0" : "+x{Kxx_#_%*(x_%_$ - x_#_$)/h^2/Q_%}/n");
    sm_def(c, &s, -1, -1, "t", "h/10^12");
    sm_assert_pairs(c, &s, 'x', 'd', "the flow is the drift and a third term, x_# [$]", "h*blob_#_$ + 1 == shift_#_$/h - h*third_#_$ + 1");
    for (slong i = 0; i < s.n; i++)
        for (slong k = 0; k < s.d; k++) {
            char *plus = functional(&s, i, k, " + t"), *minus = functional(&s, i, k, " - t");
            dp_def(c, dp_name("Gplus", i, k), plus), dp_def(c, dp_name("Gminus", i, k), minus);
            free(plus), free(minus);
            sm_def(c, &s, i, k, "slope_#_$", dp_check_twin(c, "sign") ? "(Gplus_#_$ - Gminus_#_$)/(2*t)" : "-(Gplus_#_$ - Gminus_#_$)/(2*t)");
            sm_def(c, &s, i, k, "whole_#_$", "+y{Kxy_#_%*(y_%_$ - x_#_$)}/h^2/(m*P_#) - +x{Kxx_#_%*(x_%_$ - x_#_$)}/h^2/(n*Q_#) - third_#_$");
            sm_state(dp_aim, c, &s, i, k, "which is the slope of the functional, x_# [$]", "h*abs(slope_#_$ - whole_#_$) < 1/10^15");
        }
}

static const char *const twins[] = {"third", "sign", "kernel", "roles", NULL};
DP_CLAIM(blob_functional) = {
    .id = "blob-functional",
    .title = "The drift is the flow of int q log((k*q)/(k*p)) with the term dropped that moves the centres",
    .equations = "(14), (24)",
    .kind = "EQ",
    .source = "Carrillo, Craig and Patacchini (the functional); Franz et al. 2604.06333 (loss with detached centres), under the reading that it is this one; derived here",
    .method = "The library's flow of samples in balls against scores and a third term in exact coordinates, and against differences of the functional.",
    .params = NULL, .twins = twins, .run = run};
