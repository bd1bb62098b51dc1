/* SPDX-License-Identifier: GPL-3.0-or-later */
/* own-centre: a particle is a centre of the smoothed model too: the divergence of its velocity has a term with the reciprocal of the density. */
#include "../samples.h"

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

/* The divergence of the field at x_i by both engines. */
static int field(dp_check *c, const sm_t *s, slong i)
{
    dp_field_t f;
    dp_error e = {DP_OK, ""};
    arb_ptr x = _arb_vec_init(s->d);
    arb_t div;
    int ok = 1;
    dp_field_init(f, (int) s->d), arb_init(div);
    for (slong k = 0; k < s->d; k++) arb_set_fmpq(x + k, DP_MEAN(s->P->q, i, k), dp_check_prec(c));
    for (int second = 0; second < 2 && ok; second++) {
        ok = !dp_check_failed(c, dp_field_eval(f, dp_shown(c, s->P), "mean-shift", x, second ? DP_ENGINE_QUADRATURE : DP_ENGINE_AUTO, dp_check_prec(c), dp_check_workspace(c), &e), &e);
        arb_zero(div);
        for (slong k = 0; ok && k < s->d; k++) arb_add(div, div, f->jacobian + k * s->d + k, dp_check_prec(c));
        if (ok) (second ? dp_let_second : dp_let)(c, dp_name("div", i, -1), div, second ? "second" : "first");
    }
    dp_field_clear(f), arb_clear(div), _arb_vec_clear(x, s->d);
    return ok;
}

/* exact_i: the divergence of V_i in its own coordinates, term by term: the particle's own kernel, one of those in Q, does not change as it moves. */
static void written_out(dp_check *c, const sm_t *s)
{
    sm_pairs(c, s, 'x', 'd', "gp_#_$", "+y{Kxy_#_%*(y_%_$ - x_#_$)}/rowxy_#/h^2"), sm_pairs(c, s, 'x', 'd', "gq_#_$", "+x{Kxx_#_%*(x_%_$ - x_#_$)}/rowxx_#/h^2");
    sm_each(c, s, 'x', "dp_#", "+y{Kxy_#_%*(Dxy_#_%/h^4 - d/h^2)}/rowxy_# - +d{gp_#_%^2}");
    sm_each(c, s, 'x', "dq_#", "(+x{Kxx_#_%*(Dxx_#_%/h^4 - d/h^2)} + d/h^2)/rowxx_# - +d{gq_#_%^2}");
    sm_each(c, s, 'x', "exact_#", "dp_# - dq_#");
}

static void run(dp_check *c)
{
    sm_t s;
    if (!sm_read(&s, c)) return;
    if (s.P->kernel != DP_KERNEL_GAUSSIAN) {
        dp_give_up(c, DP_EINPUT, "needs the Gaussian kernel");
        return;
    }
    sm_kernel(c, &s, 'x', 'x'), sm_kernel(c, &s, 'x', 'y'), sm_sums(c, &s);
    sm_count(c, "d", s.d);
    written_out(c, &s);
    sm_def(c, &s, -1, -1, "t", "h/10^12");
    for (slong i = 0; i < s.n && field(c, &s, i); i++) {
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
