/* SPDX-License-Identifier: GPL-3.0-or-later */
/* own-centre: a particle is a centre of the smoothed model too: the divergence of its velocity has a term with the reciprocal of the density. */
#include "../centre.h"

/* Component k of V_i with coordinate k of x_i moved by `shift`, as argument and as centre. */
static char *velocity(const sm_t *s, slong i, slong k, const char *shift)
{
    char *part[4] = {dp_strdup("0"), dp_strdup("0"), dp_strdup("0"), dp_strdup("0")}, *more; /* P, its slope, Q, its slope */
    for (int side = 0; side < 2; side++)
        for (slong j = 0; j < (side ? s->n : s->m); j++) {
            char *square = dp_strdup("0");
            const char family = side ? 'x' : 'y', *other = side && j == i ? shift : "";
            for (slong e = 0; e < s->d; e++)
                more = dp_format("%s + (x_%ld_%ld%s - (%c_%ld_%ld%s))^2", square, (long) i, (long) e, e == k ? shift : "", family, (long) j, (long) e, e == k ? other : ""), free(square), square = more;
            more = dp_format("%s + exp(-(%s)/(2*h^2))", part[2 * side], square), free(part[2 * side]), part[2 * side] = more;
            more = dp_format("%s + exp(-(%s)/(2*h^2))*((%c_%ld_%ld%s) - (x_%ld_%ld%s))/h^2", part[2 * side + 1], square, family, (long) j, (long) k, other, (long) i, (long) k, shift);
            free(part[2 * side + 1]), part[2 * side + 1] = more;
            free(square);
        }
    more = dp_format("(%s)/(%s) - (%s)/(%s)", part[1], part[0], part[3], part[2]);
    for (int p = 0; p < 4; p++) free(part[p]);
    return more;
}

static void run(dp_check *c)
{
    sm_t s;
    if (!sm_read(&s, c)) return;
    if (s.P->kernel != DP_KERNEL_GAUSSIAN) {
        dp_give_up(c, DP_EINPUT, "needs the Gaussian kernel");
        return;
    }
    ce_divergence(c, &s);
    sm_def(c, &s, -1, -1, "t", "h/10^12");
    for (slong i = 0; i < s.n && ce_field(c, &s, i); i++) {
        char *sum = dp_strdup("0"), *more;
        for (slong k = 0; k < s.d; k++) {
            char *plus = velocity(&s, i, k, " + t"), *minus = velocity(&s, i, k, " - t");
            dp_def(c, dp_name("plus", i, k), plus), dp_def(c, dp_name("minus", i, k), minus);
            more = dp_format("%s + (plus_%ld_%ld - minus_%ld_%ld)/(2*t)", sum, (long) i, (long) k, (long) i, (long) k), free(sum), sum = more;
            free(plus), free(minus);
        }
        dp_def(c, dp_name("own", i, -1), sum), free(sum);
        sm_state(dp_aim, c, &s, i, -1, "what is written out is the derivative of the velocity, x_#", "h^2*abs(own_# - exact_#) < 1/10^15");
        sm_assert(c, &s, i, -1, "the divergence with its own centre, x_#", dp_check_twin(c, "fixed") ? "exact_# == div_#/h^2"
                                                                         : dp_check_twin(c, "dimension") ? "exact_# == div_#/h^2 - 2*d/h^2/rowxx_#" : "exact_# == div_#/h^2 - d/h^2/rowxx_#");
    }
}

static const char *const twins[] = {"fixed", "dimension", "kernel", "roles", NULL};
DP_CLAIM(own_centre) = {
    .id = "own-centre",
    .title = "A particle is a centre of the smoothed model: the divergence of its velocity has a term with the reciprocal of the density",
    .equations = "(14), (16)",
    .kind = "EQ",
    .source = "Balasubramanian 2605.22795 (divergence identity with a reciprocal term), under the reading that it is that of the particle's own coordinates; derived here",
    .method = "The engines' divergence of the field against the divergence of the particle's velocity in its own coordinates, written out and by differences, in exact numbers.",
    .params = NULL, .twins = twins, .run = run};
