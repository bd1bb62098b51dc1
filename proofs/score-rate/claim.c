/* SPDX-License-Identifier: GPL-3.0-or-later */
/* score-rate: error of the gradient of a kernel density estimate with a bandwidth that shrinks as N^(-1/(d+4)): exact at every N for Gaussian data. */
#include <stdlib.h>
#include "driftproof.h"

/* Mean square error of the gradient at distance r from the mean, at 1/h = b_k and N = b_k^power. */
static void at_size(dp_check *c, slong k, slong d, slong power)
{
    char *t[6];
    t[0] = dp_format("s + 1/b_%ld^2", (long) k), dp_def(c, dp_name("B", k, -1), t[0]);
    t[1] = dp_format("s + 1/(2*b_%ld^2)", (long) k), dp_def(c, dp_name("H", k, -1), t[1]);
    /* E of the estimate, and of its square for one point, along x and in all */
    t[2] = dp_format("r/B_%ld*exp(-r^2/(2*B_%ld))/sqrt(2*pi*B_%ld)^%ld", (long) k, (long) k, (long) k, (long) d), dp_def(c, dp_name("mean", k, -1), t[2]);
    t[3] = dp_format("b_%ld^4*sqrt(b_%ld^2/(4*pi))^%ld*exp(-r^2/(2*H_%ld))/sqrt(2*pi*H_%ld)^%ld*(%ld*s/(2*b_%ld^2*H_%ld) + r^2/(4*b_%ld^4*H_%ld^2))", (long) k, (long) k, (long) d, (long) k, (long) k, (long) d, (long) d,
                     (long) k, (long) k, (long) k, (long) k);
    dp_def(c, dp_name("square", k, -1), t[3]);
    t[4] = dp_format("(mean_%ld - truth)^2 + (square_%ld - mean_%ld^2)/b_%ld^%ld", (long) k, (long) k, (long) k, (long) k, (long) power), dp_def(c, dp_name("mse", k, -1), t[4]);
    t[5] = dp_format("abs(sqrt(mse_%ld)*b_%ld/limit - 1) < within", (long) k, (long) k);
    dp_suffice(c, "error times N^(1/(d+4)) over its limit", t[5]);
    for (int i = 0; i < 6; i++) free(t[i]);
}

static void run(dp_check *c)
{
    const dp_problem *P = dp_check_problem(c);
    const dp_param *b = dp_check_param(c, "inverse-bandwidths"), *within = dp_check_param(c, "within"), *at = dp_check_param(c, "at");
    const slong d = P->dim;
    fmpq_t r2, t;
    int ok = b && within && at && at->rows == 1 && P->kernel == DP_KERNEL_GAUSSIAN && P->p->family == DP_MIXTURE && P->p->n == 1;
    for (slong k = 0; k < d * d && ok; k++) ok = k % (d + 1) ? fmpq_is_zero(P->p->cov + k) : fmpq_equal(P->p->cov + k, P->p->cov);
    for (slong k = 0; ok && k < b->cols; k++) ok = fmpz_is_one(fmpq_denref(b->value + k)) && fmpq_sgn(b->value + k) > 0;
    if (!ok) {
        dp_give_up(c, DP_EINPUT, "needs the Gaussian kernel, p = N(m, s I), one point at, whole inverse-bandwidths and within");
        return;
    }
    fmpq_init(r2), fmpq_init(t);
    for (slong k = 0; k < d; k++) fmpq_sub(t, at->value + k, DP_MEAN(P->p, 0, k)), fmpq_addmul(r2, t, t);
    dp_let_q(c, "r2", r2), dp_let_q(c, "s", P->p->cov), dp_let_q(c, "within", within->value);
    char *truth = dp_format("r/s*exp(-r^2/(2*s))/sqrt(2*pi*s)^%ld", (long) d), *limit = dp_format("sqrt(%ld/2*exp(-r^2/(2*s))/sqrt(2*pi*s)^%ld/sqrt(4*pi)^%ld)", (long) d, (long) d, (long) d);
    dp_def(c, "r", "sqrt(r2)"), dp_def(c, "truth", truth), dp_def(c, "limit", dp_check_twin(c, "constant") ? "1" : limit);
    for (slong k = 0; k < b->cols; k++) dp_let_q(c, dp_name("b", k, -1), b->value + k), at_size(c, k, d, dp_check_twin(c, "schedule") ? d + 6 : d + 4);
    free(truth), free(limit), fmpq_clear(r2), fmpq_clear(t);
}

static const dp_param_spec params[] = {
    {"at", DP_PARAM_POINTS, NULL, "one point where the gradient is estimated; required"},
    {"inverse-bandwidths", DP_PARAM_VECTOR, NULL, "1/h, whole numbers; the sample has N = h^-(d+4) points; required"},
    {"within", DP_PARAM_RATIONAL, NULL, "how far error over limit may be from 1 at all of them; required"},
    {0}};
static const char *const twins[] = {"constant", "schedule", NULL};
DP_CLAIM(score_rate) = {
    .id = "score-rate",
    .title = "The gradient of a kernel density estimate errs as N^(-1/(d+4)) when the bandwidth is N^(-1/(d+4)), with the constant",
    .equations = "(12), (14)",
    .kind = "RATE",
    .source = "Balasubramanian 2605.22795, under the reading that the rate N^(-1/(d+4)) is the root mean square error of the estimated gradient at a point; constant derived here",
    .method = "Mean and variance of the estimate in closed form for Gaussian data, at sizes of the case; nothing is drawn.",
    .params = params, .twins = twins, .run = run};
